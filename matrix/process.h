/* SPDX-License-Identifier: MIT */
/*
 * One attempt at a cell in a process of its own, seen from the runner: it is started, its
 * output is read, it is killed if it takes too long or writes too much, and what it left
 * becomes a result.
 */
#ifndef EL4_MATRIX_PROCESS_H
#define EL4_MATRIX_PROCESS_H

#include <poll.h>

#include "child.h"
#include "matrix.h"
#include "result.h"
#include "shared.h"
#include "starter.h"

struct el4_matrix_process;

/*
 * Fork: from the starter, or, if it is not NULL, from a shared machine which is ready and whose
 * cell it is. NULL and *error if the system has no process or file to give, or the machine does
 * not answer.
 */
struct el4_matrix_process *el4_matrix_process_start(struct el4_matrix_starter *starter,
                                                    const struct el4_matrix_cell *cell,
                                                    struct el4_matrix_shared *shared,
                                                    GError **error);

pid_t el4_matrix_process_pid(const struct el4_matrix_process *process);

/* Its two pipes, to be polled; of -1 once they are at their end. */
#define EL4_MATRIX_PROCESS_PIPES 2
void el4_matrix_process_poll(const struct el4_matrix_process *process, struct pollfd *fds);
/* Read what there is, without waiting; kill it if that is more than it may write. */
void el4_matrix_process_read(struct el4_matrix_process *process);

/* Microseconds of the monotonic clock after which it is to be killed. */
int64_t el4_matrix_process_deadline(const struct el4_matrix_process *process);
void el4_matrix_process_kill_late(struct el4_matrix_process *process);

/*
 * It has ended, but was not waited for: kill what is left of its group, reap it, read the rest
 * of its output, and make it a result, judged. Frees the process. *broke_off: it told nothing,
 * and that not because of a limit that the runner keeps.
 */
struct el4_matrix_result *el4_matrix_process_finish(struct el4_matrix_process *process,
                                                    bool *broke_off);

/* Kill and reap it, drop what it has told. */
void el4_matrix_process_abandon(struct el4_matrix_process *process);

#endif
