/* SPDX-License-Identifier: MIT */
/*
 * Cells that start as one (`start = shared`): which they are, and the process in which their
 * machine starts, seen from the runner. Once its console has matched `input-after`, each of the
 * cells is forked from it.
 */
#ifndef EL4_MATRIX_SHARED_H
#define EL4_MATRIX_SHARED_H

#include <poll.h>

#include "child.h"
#include "matrix.h"

/* ---- which ---- */

/* Why the cell starts on its own whatever others do; NULL: nothing known of it without its
 * machine. */
const char *el4_matrix_share_problem(const struct el4_matrix_cell *cell);
/*
 * Groups of cells that are the same until their input is typed: struct el4_matrix_cell -> array
 * (GPtrArray *) with it and all that are like it, two or more, in the order of `cells`. Cells
 * that have no other like them are not in it.
 */
GHashTable *el4_matrix_share_groups(const GPtrArray *cells);

/* ---- the process ---- */

struct el4_matrix_shared;

/* Fork it. Keeps a reference to the cells. NULL and *error if there is no process or file. */
struct el4_matrix_shared *el4_matrix_shared_start(const struct el4_matrix_spawner *spawner,
                                                  GPtrArray *cells, GError **error);
/* Kill and reap it; cells that were forked from it go on. */
void el4_matrix_shared_end(struct el4_matrix_shared *shared);

/* -1 once it was reaped. */
pid_t el4_matrix_shared_pid(const struct el4_matrix_shared *shared);
/* As those of a cell's process (process.h). */
#define EL4_MATRIX_SHARED_FILES 2
void el4_matrix_shared_poll(const struct el4_matrix_shared *shared, struct pollfd *fds);
void el4_matrix_shared_read(struct el4_matrix_shared *shared);
/* It has ended, but was not waited for. */
void el4_matrix_shared_reap(struct el4_matrix_shared *shared);
/* Microseconds of the monotonic clock by which it must be ready. */
int64_t el4_matrix_shared_deadline(const struct el4_matrix_shared *shared);

/* It waits to be forked. */
bool el4_matrix_shared_is_ready(const struct el4_matrix_shared *shared);
/* Why it never will be, or is no more; NULL: it may be yet. */
const char *el4_matrix_shared_problem(const struct el4_matrix_shared *shared);
/* All that its cells have on their consoles when they are forked. */
const GString *el4_matrix_shared_console(const struct el4_matrix_shared *shared);

/* Fork a cell from it, which becomes a child of the caller. Negative and *error if that failed.
 */
pid_t el4_matrix_shared_fork(struct el4_matrix_shared *shared,
                             const struct el4_matrix_cell *cell, int console, int result,
                             GError **error);

#endif
