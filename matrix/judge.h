/* SPDX-License-Identifier: MIT */
/*
 * Holds what was seen of a cell against what is expected of it.
 */
#ifndef EL4_MATRIX_JUDGE_H
#define EL4_MATRIX_JUDGE_H

#include "matrix.h"
#include "result.h"

/* Set result's outcome and reasons, unless its outcome is EL4_MATRIX_ERROR already. */
void el4_matrix_judge(const struct el4_matrix_expect *expect, struct el4_matrix_result *result);

#endif
