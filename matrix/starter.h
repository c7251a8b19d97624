/* SPDX-License-Identifier: MIT */
/*
 * The process that cells are forked from, seen from the runner. It was forked before the matrix
 * was read, so that what a fork costs does not grow with the number of cells: the system copies
 * the tables of all memory that a process has used. Cells are the runner's children
 * nevertheless (child.c).
 */
#ifndef EL4_MATRIX_STARTER_H
#define EL4_MATRIX_STARTER_H

#include "child.h"
#include "matrix.h"

struct el4_matrix_starter;

/* Fork it; to be called by the only thread of the process, before much is in memory. `plugins`
 * must outlive it. NULL and *error if there is no process, or cells can't be confined. */
struct el4_matrix_starter *el4_matrix_starter_new(struct el4_plugins *plugins, GError **error);
/* End it; cells go on. NULL is taken, too. */
void el4_matrix_starter_free(struct el4_matrix_starter *starter);

/* What it shares with processes that the runner forks itself. */
const struct el4_matrix_spawner *
el4_matrix_starter_spawner(const struct el4_matrix_starter *starter);

/*
 * Start a process for the cell, a child of the caller, with these files as its console and for
 * its result. If the starter is known to have ended, as somebody killed it, another one is
 * forked. Negative and *error if the system has no process to give; or if the starter ends just
 * now (G_IO_ERROR_CONNECTION_CLOSED): it may have started a process that holds the files.
 */
pid_t el4_matrix_starter_fork(struct el4_matrix_starter *starter,
                              const struct el4_matrix_cell *cell, int console, int result,
                              GError **error);

/* A child that has ended, but was not waited for: reap it if it was the starter. */
bool el4_matrix_starter_reap(struct el4_matrix_starter *starter, pid_t pid);

#endif
