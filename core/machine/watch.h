/* SPDX-License-Identifier: MIT */
/*
 * A run that is ended from outside: by SIGINT, SIGTERM or SIGHUP, when its time is up, or when
 * nothing can happen any more. Signals and the host's time are waited for by one thread, so
 * that nothing happens in a signal handler; machine time is a timer of the machine.
 */
#ifndef EL4_MACHINE_WATCH_H
#define EL4_MACHINE_WATCH_H

#include "machine/machine.h"

/* Exported from libel4. */
#pragma GCC visibility push(default)

struct el4_machine_watch {
    double seconds; /* of the host's time, then it ends as a time-out; 0: no limit */
    /* The same by the machine's own clock, so that with `clock = virtual` every run ends at the
     * same instruction. */
    double machine_seconds;
    /* End as a time-out as soon as no CPU can ever run again: `clock = virtual`, no timer is
     * set, and the host has nothing more to say. */
    bool end_when_stuck;
    /*
     * With `clock = virtual` begin when the run has taken a million instructions, or is idle:
     * the thread costs a run that ends before it a twentieth of its time. For who does without
     * signals, and ends the process itself if a plugin hangs before that.
     */
    bool begins_late;
    /* The time is up, of the host or of the machine, which is told to end. From any thread; may
     * be NULL. */
    void (*late)(double seconds, bool of_machine);
    /* It was told to end and does not, or was told again: does not return. */
    void (*leave)(const char *why);
};

/*
 * Keep those signals for el4_machine_run_watched(): to be called by the only thread, before the
 * machine is made, as its console takes the terminal and must give it back.
 */
void el4_machine_block_signals(void);

/*
 * Start to watch, and stop. Only for who needs to be the process' only thread for a moment in
 * the middle of a run, which el4_machine_run_watched() has under watch. False and *error if
 * there is no thread or no file to be had; if it begins late, the run ends by an error then.
 */
bool el4_machine_watch(struct el4_machine *machine, const struct el4_machine_watch *watch,
                       GError **error);
void el4_machine_watch_no_more(struct el4_machine *machine);

/* el4_machine_run() under watch. */
enum el4_exit el4_machine_run_watched(struct el4_machine *machine,
                                      const struct el4_machine_watch *watch, GError **error);

/* The run ended because no CPU could ever run again. */
bool el4_machine_is_stuck(const struct el4_machine *machine);
/* The run ended at its limit of machine time. */
bool el4_machine_is_at_limit(const struct el4_machine *machine);

#pragma GCC visibility pop

#endif
