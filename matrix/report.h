/* SPDX-License-Identifier: MIT */
/*
 * Reports of results, in the order of the matrix, the last attempt of each cell: for machines
 * (TAP, JUnit XML, JSON lines) and for people (one HTML page).
 */
#ifndef EL4_MATRIX_REPORT_H
#define EL4_MATRIX_REPORT_H

#include "journal.h"

/* Append a report to out. */
void el4_matrix_report_tap(const struct el4_matrix_results *results, GString *out);
void el4_matrix_report_junit(const struct el4_matrix_results *results, GString *out);
void el4_matrix_report_json(const struct el4_matrix_results *results, GString *out);
/* `before`: an earlier run to compare with; may be NULL. */
void el4_matrix_report_html(const struct el4_matrix_results *results,
                            const struct el4_matrix_results *before, GString *out);

#endif
