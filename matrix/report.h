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

enum el4_matrix_format {
    EL4_MATRIX_TAP,
    EL4_MATRIX_JUNIT,
    EL4_MATRIX_JSON,
    EL4_MATRIX_HTML,
};

/* NULL past their end. */
const char *el4_matrix_report_format_name(guint format);

/* The format of a name ("tap", "junit", "json", "html"), or that a file's suffix stands for
 * (.tap, .xml, .jsonl, .html). False if there is none. */
bool el4_matrix_report_format(const char *name, enum el4_matrix_format *format);
bool el4_matrix_report_format_of_file(const char *path, enum el4_matrix_format *format);

/* Whether a report may be written there, as far as that can be told before it is made. */
bool el4_matrix_report_check_file(const char *path, GError **error);

/*
 * Write a report to a file, which has its old content until the new one is complete, or to
 * standard output ("-").
 */
bool el4_matrix_report_write(const struct el4_matrix_results *results,
                             const struct el4_matrix_results *before,
                             enum el4_matrix_format format, const char *path, GError **error);

#endif
