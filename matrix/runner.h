/* SPDX-License-Identifier: MIT */
/*
 * Runs cells: one process each, as many at once as the machine has room for, each within its
 * limits; every result goes to the journal before anything else is done with it.
 */
#ifndef EL4_MATRIX_RUNNER_H
#define EL4_MATRIX_RUNNER_H

#include "journal.h"
#include "matrix.h"
#include "progress.h"
#include "starter.h"

struct el4_matrix_runner_options {
    unsigned jobs; /* at once; 0: as cores and memory allow */
    /* Results of the same folder: cells whose inputs are still those are not run again, but
     * for attempts that are due. NULL: run all. */
    const struct el4_matrix_results *before;
    bool failed_again;   /* of those in `before`, run the ones that failed nevertheless */
    double room_seconds; /* how long to wait when results can't be written */
};

/*
 * Run the cells (struct el4_matrix_cell, not owned) in their order; what becomes of them goes
 * to `progress`. False and *error if the run itself failed: the journal can't be written, no
 * process can be made; or ended early, with what ran killed, by SIGINT, SIGTERM or SIGHUP.
 * What the journal has then is good: the run can be resumed.
 *
 * To be called by the only thread of the process, which must have no children but the starter.
 */
bool el4_matrix_run_cells(const GPtrArray *cells, struct el4_matrix_starter *starter,
                          struct el4_matrix_journal *journal,
                          const struct el4_matrix_runner_options *options,
                          struct el4_matrix_progress *progress, GError **error);

#endif
