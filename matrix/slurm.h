/* SPDX-License-Identifier: MIT */
/*
 * Runs cells on a cluster: shards of the matrix as the tasks of a Slurm job array, each of
 * which is `el4 matrix run --shard` in a folder of its own. Needs sbatch and squeue, and a
 * folder of results that the nodes see, too.
 *
 *     FOLDER/results.jsonl          what came of it, merged when all tasks are done
 *     FOLDER/slurm/task.sh          what each task runs
 *     FOLDER/slurm/job              the jobs that were submitted, for --resume
 *     FOLDER/slurm/task-N/          results of shard N
 *     FOLDER/slurm/task-N.log       what it said
 */
#ifndef EL4_MATRIX_SLURM_H
#define EL4_MATRIX_SLURM_H

#include "journal.h"
#include "matrix.h"

struct el4_matrix_slurm {
    const struct el4_matrix *matrix;
    const GPtrArray *cells; /* struct el4_matrix_cell: those to run */
    const char *const
        *command;       /* words of an `el4 matrix run` of these cells, NULL at the end */
    const char *folder; /* absolute */
    const char *const *options; /* further words for sbatch; NULL at the end; may be NULL */
    guint tasks;                /* how many; 0: by the cells' limits */
    guint cpus;                 /* of each task; 0: one */
};

/*
 * Submit, follow and merge into the journal. A task that ends without all of its results is
 * submitted again, a few times. Goes on with the jobs of FOLDER/slurm/job if there are any.
 * False and *error if Slurm refuses, or some cells never got a result; what there is, is in
 * the journal then.
 */
bool el4_matrix_slurm_run(const struct el4_matrix_slurm *slurm,
                          struct el4_matrix_journal *journal, GError **error);

#endif
