/* SPDX-License-Identifier: MIT */
/*
 * el4 matrix run --slurm: its options, and the run.
 */
#ifndef EL4_CLI_MATRIX_SLURM_H
#define EL4_CLI_MATRIX_SLURM_H

#include "matrix.h"
#include "matrix/journal.h"
#include "matrix/progress.h"

struct cli_matrix_slurm {
    bool is_wanted;
    guint tasks, cpus;  /* 0: as slurm.h has it */
    GPtrArray *options; /* char *: further words for sbatch */
};

/*
 * Run the cells on the cluster, and add what came of them to the journal of `folder`, and to
 * `progress`. False and *error if some have no result.
 */
bool cli_matrix_slurm_run(const struct cli_matrix_slurm *slurm, const struct cli_matrix *matrix,
                          const char *folder, struct el4_matrix_journal *journal,
                          struct el4_matrix_progress *progress, GError **error);

#endif
