/* SPDX-License-Identifier: MIT */
/*
 * Runs one cell in the process that calls it: builds the machine of the cell's configuration,
 * runs it, sees what became of it. The runner calls it in a forked child; it knows
 * nothing of limits, journals and other cells.
 */
#ifndef EL4_MATRIX_EXECUTE_H
#define EL4_MATRIX_EXECUTE_H

#include "matrix.h"
#include "plugin/plugin.h"
#include "result.h"

/*
 * Fill in what was seen of the machine (see struct el4_matrix_result), but neither console
 * (which goes to standard output and standard error) nor what the host measures. With
 * EL4_MATRIX_ERROR as outcome and reasons if the machine can't be made. Ends by itself after
 * the cell's limit of seconds, with the status of a time-out.
 */
void el4_matrix_execute(const struct el4_matrix_cell *cell, struct el4_plugins *plugins,
                        struct el4_matrix_result *result);

#endif
