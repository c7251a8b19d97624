/* SPDX-License-Identifier: MIT */
/*
 * el4 matrix run --slurm (matrix-slurm.h): the words that each task repeats, and what the
 * summary is to know of the results.
 */
#include "matrix-slurm.h"

#include <stdlib.h>

#include "matrix/slurm.h"

static void add_word(GPtrArray *words, const char *word)
{
    g_ptr_array_add(words, g_strdup(word));
}

static void add_option(GPtrArray *words, const char *option, const char *operand)
{
    add_word(words, option);
    add_word(words, operand);
}

static void add_options(GPtrArray *words, const char *option, const GPtrArray *operands)
{
    for (guint i = 0; i < operands->len; i++) {
        add_option(words, option, g_ptr_array_index(operands, i));
    }
}

/* `el4 matrix run` of the same cells, by this very program; NULL at its end. */
static GPtrArray *task_words(const struct cli_matrix *matrix)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    add_word(words, program ? program : "el4");
    add_word(words, "matrix");
    add_word(words, "run");
    add_word(words, g_ptr_array_index(matrix->arguments, 0));
    add_options(words, "-D", matrix->defines);
    add_options(words, "-s", matrix->settings);
    add_options(words, "-w", matrix->when);
    add_options(words, "--tag", matrix->tags);
    add_options(words, "--cell", matrix->names);
    if (matrix->failed) {
        add_option(words, "--failed", matrix->failed);
    }
    if (matrix->changed_since) {
        add_option(words, "--changed-since", matrix->changed_since);
    }
    add_word(words, "--quiet");
    g_ptr_array_add(words, NULL);
    return words;
}

static bool add_to_progress(const char *folder, struct el4_matrix_progress *progress,
                            GError **error)
{
    struct el4_matrix_results *results = el4_matrix_results_read(folder, error);
    for (guint i = 0; results && i < results->attempts->len; i++) {
        const struct el4_matrix_result *result = g_ptr_array_index(results->attempts, i);
        bool is_last = g_hash_table_lookup(results->last, result->cell) == result;
        el4_matrix_progress_add(progress, result, is_last, false);
    }
    bool done = results != NULL;
    el4_matrix_results_free(results);
    return done;
}

bool cli_matrix_slurm_run(const struct cli_matrix_slurm *slurm, const struct cli_matrix *matrix,
                          const char *folder, struct el4_matrix_journal *journal,
                          struct el4_matrix_progress *progress, GError **error)
{
    g_autoptr(GPtrArray) words = task_words(matrix);
    g_autofree char *absolute = realpath(folder, NULL);
    g_autoptr(GPtrArray) options = g_ptr_array_copy(slurm->options, NULL, NULL);
    g_ptr_array_set_free_func(options, NULL);
    g_ptr_array_add(options, NULL);
    const struct el4_matrix_slurm job = {
        .matrix = matrix->matrix,
        .cells = matrix->cells,
        .command = (const char *const *)words->pdata,
        .folder = absolute ? absolute : folder,
        .options = (const char *const *)options->pdata,
        .tasks = slurm->tasks,
        .cpus = slurm->cpus,
    };
    bool good = el4_matrix_slurm_run(&job, journal, error);
    /* What there is, is told in any case. */
    return add_to_progress(folder, progress, good ? error : NULL) && good;
}
