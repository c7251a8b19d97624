/* SPDX-License-Identifier: MIT */
/*
 * What the process of a cell may do: limits of resources, and a seccomp filter that leaves it
 * the system calls a machine needs. No new programs or processes, no signals to others, no
 * network unless the cell asks for it.
 */
#ifndef EL4_MATRIX_SANDBOX_H
#define EL4_MATRIX_SANDBOX_H

#include "matrix.h"

struct el4_matrix_sandbox;

/* Make the filters, which all cells share. NULL and *error if that fails. */
struct el4_matrix_sandbox *el4_matrix_sandbox_new(GError **error);
void el4_matrix_sandbox_free(struct el4_matrix_sandbox *sandbox);

/* Address space of this process in bytes; 0 if it can't be told. */
uint64_t el4_matrix_sandbox_space(void);

/*
 * Confine this process for good; to be called while it has one thread. cpu_seconds: of all its
 * threads together; space: what it has beside the limit of memory. False and *error if the
 * system refuses: then nothing must be run in it.
 */
bool el4_matrix_sandbox_enter(const struct el4_matrix_sandbox *sandbox,
                              const struct el4_matrix_limits *limits, double cpu_seconds,
                              uint64_t space, GError **error);

/*
 * The same for a process in which several cells start as one. It may fork, and do what its
 * children need to call el4_matrix_sandbox_enter_forked(), which makes them as confined as
 * el4_matrix_sandbox_enter() does; their limits are those it has.
 */
bool el4_matrix_sandbox_enter_shared(const struct el4_matrix_limits *limits, double cpu_seconds,
                                     GError **error);
bool el4_matrix_sandbox_enter_forked(const struct el4_matrix_sandbox *sandbox, GError **error);

/* How a process of el4_matrix_sandbox_enter_shared() forks: its children are its parent's, and
 * the C library knows their threads. */
#define EL4_MATRIX_SANDBOX_FORK                                                                \
    (CLONE_PARENT | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD)

#endif
