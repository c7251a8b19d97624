/* SPDX-License-Identifier: MIT */
/*
 * Tells people how a run stands, on standard error: a line that is rewritten on a terminal,
 * plain lines elsewhere; a summary at the end. Keeps what it needs for that: counts, and the
 * cells that failed.
 */
#ifndef EL4_MATRIX_PROGRESS_H
#define EL4_MATRIX_PROGRESS_H

#include "result.h"

struct el4_matrix_progress {
    guint cells;     /* to be run in all */
    bool is_quiet;   /* nothing but the summary */
    bool has_colour; /* of a terminal that shows it */
    /* What came of them. */
    guint outcomes[EL4_MATRIX_OUTCOMES]; /* of the cells that are done */
    guint done, resumed;                 /* of these, done by an earlier run */
    guint retried;                       /* attempts that were not a cell's last one */
    GPtrArray *failures;                 /* char *: cell, reason, cell, reason ... */
    GPtrArray *flaky;                    /* char *: cells that passed after they had failed */
    /* For the lines. */
    bool is_terminal, line_is_open;
    int64_t began, last_line;
};

struct el4_matrix_progress *el4_matrix_progress_new(guint cells, bool is_quiet,
                                                    bool has_colour);
void el4_matrix_progress_free(struct el4_matrix_progress *progress);

/* A result is in the journal. is_last: no further attempt follows; is_old: by an earlier run.
 */
void el4_matrix_progress_add(struct el4_matrix_progress *progress,
                             const struct el4_matrix_result *result, bool is_last, bool is_old);
/* To be called often: shows how it stands, if that is due. */
void el4_matrix_progress_tick(struct el4_matrix_progress *progress, guint running);
/* One line for people, on top of the one that is rewritten. */
void el4_matrix_progress_say(struct el4_matrix_progress *progress, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

/* Of the cells that are done, how many were not good. */
guint el4_matrix_progress_failed(const struct el4_matrix_progress *progress);
/* Counts and failed cells; `again` is the command line up to the cell's name that repeats one.
 */
void el4_matrix_progress_summary(struct el4_matrix_progress *progress, const char *again);

#endif
