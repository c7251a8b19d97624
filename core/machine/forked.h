/* SPDX-License-Identifier: MIT */
/*
 * One machine that goes on in several processes, which are forked from the one that ran it so
 * far.
 */
#ifndef EL4_MACHINE_FORKED_H
#define EL4_MACHINE_FORKED_H

#include "machine/machine.h"

/* Exported from libel4. */
#pragma GCC visibility push(default)

/*
 * Why this process can't be forked in the middle of the machine's run, so that each goes on as
 * if it were alone; NULL: it can. The caller frees it. To be asked when the machine is made,
 * and at the place itself, where it has one thread (el4_machine_typing.reached, without a
 * watcher). Of a machine of EL4_MACHINE_LOOK only what its configuration tells. own_fd: a file
 * that the machine has nothing to do with; -1: none. Standard files are none of its business,
 * either.
 */
char *el4_machine_fork_problem(struct el4_machine *machine, int own_fd);

/* In the new process, which has standard files of its own: let go of what is its parent's. */
void el4_machine_forked(struct el4_machine *machine);

#pragma GCC visibility pop

#endif
