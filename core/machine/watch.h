/* SPDX-License-Identifier: MIT */
/*
 * A run that is ended from outside: by SIGINT, SIGTERM or SIGHUP, when its time is up, or when
 * nothing can happen any more. Signals and the time limit are waited for by one thread, so that
 * nothing happens in a signal handler.
 */
#ifndef EL4_MACHINE_WATCH_H
#define EL4_MACHINE_WATCH_H

#include "machine/machine.h"

/* Exported from libel4. */
#pragma GCC visibility push(default)

struct el4_machine_watch {
    double seconds; /* of the host's time, then it ends as a time-out; 0: no limit */
    /* End as a time-out as soon as no CPU can ever run again: `clock = virtual`, no timer is
     * set, and the host has nothing more to say. */
    bool end_when_stuck;
    /* The time is up, the machine is told to end. From another thread; may be NULL. */
    void (*late)(double seconds);
    /* It was told to end and does not, or was told again: does not return. */
    void (*leave)(const char *why);
};

/*
 * Keep those signals for el4_machine_run_watched(): to be called by the only thread, before the
 * machine is made, as its console takes the terminal and must give it back.
 */
void el4_machine_block_signals(void);

/* el4_machine_run() under watch. */
enum el4_exit el4_machine_run_watched(struct el4_machine *machine,
                                      const struct el4_machine_watch *watch, GError **error);

/* The run ended because no CPU could ever run again. */
bool el4_machine_is_stuck(const struct el4_machine *machine);

#pragma GCC visibility pop

#endif
