/* SPDX-License-Identifier: MIT */
/*
 * A cell on its way to the process that runs it, and what was seen of it on the way back:
 * GVariants as bytes of this host. Reading trusts nothing: a process that ran a guest wrote it.
 */
#ifndef EL4_MATRIX_TRANSFER_H
#define EL4_MATRIX_TRANSFER_H

#include "matrix.h"
#include "result.h"

/* All of the cell that its process needs: neither axes, tags nor what is expected. */
GBytes *el4_matrix_cell_to_bytes(const struct el4_matrix_cell *cell);
/* NULL and *error if the bytes are no cell. */
struct el4_matrix_cell *el4_matrix_cell_from_bytes(GBytes *bytes, GError **error);
/* Of such a cell, or NULL. */
void el4_matrix_cell_free(struct el4_matrix_cell *cell);

/* What was seen of the machine and, of an outcome, whether it is EL4_MATRIX_ERROR. */
GBytes *el4_matrix_result_to_bytes(const struct el4_matrix_result *result);
/* NULL and *error if the bytes are no result. */
struct el4_matrix_result *el4_matrix_result_from_bytes(GBytes *bytes, GError **error);

#endif
