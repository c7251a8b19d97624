/* SPDX-License-Identifier: MIT */
/*
 * Input that is typed on the machine's terminal once the guest has said what it is waited for.
 */
#ifndef EL4_MACHINE_TYPING_H
#define EL4_MACHINE_TYPING_H

#include "machine/machine.h"

/* Exported from libel4. */
#pragma GCC visibility push(default)

/* The longest text that a pattern is found in, counted back from the last output. */
#define EL4_MACHINE_TYPING_WINDOW 8192

struct el4_machine_typing {
    const GRegex *after; /* of bytes (G_REGEX_RAW) */
    const void *text;
    size_t bytes;
    /*
     * The pattern has come, and all output so far is written out; may still change what is
     * typed. On the caller's thread with `clock = virtual`, nothing locked. NULL: nothing.
     */
    void (*reached)(struct el4_machine *machine, void *data);
    void *data;
    bool is_done; /* set when the text was typed */
};

/*
 * Type a text once the terminal's output fits a pattern; to be called once, before the run.
 * `typing` must outlive the run. With `clock = virtual` that happens at a point of the
 * machine's time which is the same in every run.
 */
void el4_machine_type(struct el4_machine *machine, struct el4_machine_typing *typing);

#pragma GCC visibility pop

#endif
