/* SPDX-License-Identifier: MIT */
/*
 * What the runner's child processes do, seen from inside: be a cell, or be a process from
 * which cells are forked, without a machine or with one. Each is a session and process group of
 * its own, dies with the runner, and has four files: nothing to read, its output twice, and one
 * to talk to the runner. It leaves by _exit(), so that nothing of the runner that it has copied
 * is ended twice.
 */
#ifndef EL4_MATRIX_CHILD_H
#define EL4_MATRIX_CHILD_H

#include <sys/types.h>

#include "matrix.h"
#include "plugin/plugin.h"
#include "sandbox.h"

/* What the processes of a run share. */
struct el4_matrix_spawner {
    struct el4_plugins *plugins;
    struct el4_matrix_sandbox *sandbox;
    unsigned cpus; /* of the host */
};

/* What a process must have beyond its cell's limit to make the machine and tell its result. */
#define EL4_MATRIX_GRACE_SECONDS 10

/*
 * To be called in a child of the runner: fork a cell for each request that comes on `control`,
 * a stream, until it is closed.
 */
G_NORETURN void el4_matrix_child_be_starter(const struct el4_matrix_spawner *spawner,
                                            pid_t runner, int control);

/*
 * The same for a machine that starts once for all of the cells (struct el4_matrix_cell), which
 * are alike up to their input. `control` is a socket of whole messages: the child says whether
 * it is there, and forks a cell for each request.
 */
G_NORETURN void el4_matrix_child_be_shared(const struct el4_matrix_spawner *spawner,
                                           const GPtrArray *cells, pid_t runner, int console,
                                           int control);

#endif
