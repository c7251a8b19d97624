/* SPDX-License-Identifier: MIT */
/*
 * The journal of a run: `results.jsonl` in the folder of results. Its first line tells of the
 * run, each further one is the result of an attempt, written as it comes, whole or not at all.
 * Survives a crash at any byte: a torn last line is dropped when it is read again.
 */
#ifndef EL4_MATRIX_JOURNAL_H
#define EL4_MATRIX_JOURNAL_H

#include "matrix.h"
#include "result.h"

struct el4_matrix_journal;

/* The first line. */
struct el4_matrix_run {
    char *matrix;       /* its name */
    char *file;         /* of the matrix, as the user named it */
    char *version;      /* of el4 */
    GPtrArray *options; /* char *: -D and -s of the command line; NULL: none */
    double started;
    guint cells;            /* of the whole matrix */
    unsigned shard, shards; /* 1, 1: all of it */
};

/* As one line of JSON, without its newline. The caller frees it. */
char *el4_matrix_run_to_json(const struct el4_matrix_run *run);

/* Results of a folder: what `--resume`, `--failed`, `--changed-since`, reports and merges read.
 */
struct el4_matrix_results {
    struct el4_matrix_run run;
    GPtrArray *attempts; /* struct el4_matrix_result, as they came */
    GHashTable *last;    /* cell name -> its last attempt in attempts (not owned) */
};

/*
 * Start a journal in the folder, which is made if need be, or go on with the one that is there
 * (`resume`). Refuses a folder with results otherwise, and one that another runner holds.
 * *error: NULL return.
 */
struct el4_matrix_journal *el4_matrix_journal_open(const char *folder,
                                                   const struct el4_matrix_run *run,
                                                   bool resume, GError **error);
void el4_matrix_journal_close(struct el4_matrix_journal *journal);

/*
 * Append a result; on the disk when it returns true. False, with the file as it was before, if
 * there is no room, say: may be tried again.
 */
bool el4_matrix_journal_add(struct el4_matrix_journal *journal,
                            const struct el4_matrix_result *result, GError **error);

/*
 * The same for many results: each is written at once, and outlives this process; all are on the
 * disk when the sync returns true. If it returns false, all since the one before it are
 * dropped, and have to be written again.
 */
bool el4_matrix_journal_write(struct el4_matrix_journal *journal,
                              const struct el4_matrix_result *result, GError **error);
bool el4_matrix_journal_sync(struct el4_matrix_journal *journal, GError **error);

/* Read what a folder (or a journal file) holds. */
struct el4_matrix_results *el4_matrix_results_read(const char *path, GError **error);
void el4_matrix_results_free(struct el4_matrix_results *results);

/*
 * Several folders' results as one (shards, Slurm tasks): each cell once; its last attempt
 * counts. Refuses results of different matrices.
 */
struct el4_matrix_results *el4_matrix_results_merge(const GPtrArray *paths, GError **error);

#endif
