/* SPDX-License-Identifier: MIT */
/*
 * What the reports share: the order of the cells, how often each outcome came, and console
 * output as text that every reader can show.
 */
#ifndef EL4_MATRIX_REPORT_PRIVATE_H
#define EL4_MATRIX_REPORT_PRIVATE_H

#include "report.h"

/* The last attempt of each cell (struct el4_matrix_result, not owned) in the matrix's order. */
GPtrArray *el4_matrix_report_order(const struct el4_matrix_results *results);

struct el4_matrix_tally {
    guint outcomes[EL4_MATRIX_OUTCOMES];
    double seconds; /* of all of them */
};

struct el4_matrix_tally el4_matrix_report_tally(const GPtrArray *order);

/*
 * Append text from a guest as valid UTF-8 without anything that controls a terminal: escape
 * sequences are left out, ends of lines are '\n', other control characters appear as their
 * pictures (U+2400...). An escape sequence without an end hides nothing.
 */
void el4_matrix_report_plain(const char *text, gsize bytes, GString *out);

/*
 * Where the last `most` bytes of a text begin, or a little later, at a line's or at least a
 * character's beginning.
 */
gsize el4_matrix_report_tail(const char *text, gsize bytes, gsize most);

/* What a cell of another run came to, beside the same cell of this one. */
enum el4_matrix_change {
    EL4_MATRIX_SAME,
    EL4_MATRIX_DETAIL,  /* the verdict holds; console, times or registers differ */
    EL4_MATRIX_CHANGED, /* as good or bad as before, for other reasons */
    EL4_MATRIX_FIXED,
    EL4_MATRIX_BROKEN,
    EL4_MATRIX_NEW,
    EL4_MATRIX_GONE,
};

enum el4_matrix_change el4_matrix_report_change(const struct el4_matrix_result *before,
                                                const struct el4_matrix_result *now);
const char *el4_matrix_change_name(enum el4_matrix_change change);

/*
 * The page of report.html with its style and script in it, made at build time: the data of a
 * run stand between the parts.
 */
enum { EL4_MATRIX_PAGE_PARTS = 3 };
extern const char *const el4_matrix_report_page[EL4_MATRIX_PAGE_PARTS];

#endif
