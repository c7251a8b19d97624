/* SPDX-License-Identifier: MIT */
/*
 * How many cells this host has room for at once: CPUs that this process may use, and memory
 * that is free, within the limits of its control groups (version 2).
 */
#ifndef EL4_MATRIX_CAPACITY_H
#define EL4_MATRIX_CAPACITY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct el4_matrix_capacity;

struct el4_matrix_capacity *el4_matrix_capacity_new(void);
void el4_matrix_capacity_free(struct el4_matrix_capacity *capacity);

/* CPUs; at least 1. */
unsigned el4_matrix_capacity_cpus(const struct el4_matrix_capacity *capacity);

/* What a cell took that ended. */
void el4_matrix_capacity_learn(struct el4_matrix_capacity *capacity, uint64_t peak_bytes);

/*
 * Whether there is memory for one more cell beside those that run (pids), each of which may yet
 * grow to what cells took of late.
 */
bool el4_matrix_capacity_has_memory(struct el4_matrix_capacity *capacity, const GArray *pids);

#endif
