/* SPDX-License-Identifier: MIT */
/*
 * Runs cells: one process each, as many at once as the machine has room for, each within its
 * limits; every result goes to the journal before anything else is done with it.
 */
#ifndef EL4_MATRIX_RUNNER_H
#define EL4_MATRIX_RUNNER_H

#include "journal.h"
#include "matrix.h"
#include "plugin/plugin.h"

struct el4_matrix_runner_options {
    unsigned jobs; /* at once; 0: as cores and memory allow */
    bool is_quiet; /* no progress */
};

struct el4_matrix_totals {
    guint outcomes[EL4_MATRIX_OUTCOMES];
    guint not_run; /* the run was ended before them */
};

/*
 * Run the cells (struct el4_matrix_cell, not owned) in their order. False and *error if the run
 * itself failed: the journal can't be written, no process can be made. Ends early, with what
 * runs killed, on SIGINT and SIGTERM.
 */
bool el4_matrix_run_cells(const GPtrArray *cells, struct el4_plugins *plugins,
                          struct el4_matrix_journal *journal,
                          const struct el4_matrix_runner_options *options,
                          struct el4_matrix_totals *totals, GError **error);

#endif
