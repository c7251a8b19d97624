/* SPDX-License-Identifier: MIT */
/*
 * Picks cells of a matrix: by axes, tags, names, earlier results; a shard of them; their order.
 */
#ifndef EL4_MATRIX_SELECT_H
#define EL4_MATRIX_SELECT_H

#include "matrix.h"

struct el4_matrix_results;

/* All that is set must fit. Lists are of char *, and may be NULL. */
struct el4_matrix_filter {
    const GPtrArray *when;  /* "AXIS=VALUE|VALUE AXIS!=VALUE tag=WORD": all of them fit */
    const GPtrArray *tags;  /* any of them */
    const GPtrArray *names; /* any of them; with * and ? */
    const struct el4_matrix_results *failed;        /* the cell's last attempt was not good */
    const struct el4_matrix_results *changed_since; /* nor its inputs as they are now */
    unsigned shard, shards; /* from 1: part of what the others leave; 0, 0: all of it */
    bool is_random;         /* order, by the seed; else that of the file */
    uint64_t seed;
};

/*
 * The cells that the filter leaves (struct el4_matrix_cell, not owned); NULL and *error if the
 * filter itself is wrong: an axis, value, tag or name that the matrix doesn't have, or a file
 * that `changed_since` needs and that can't be read.
 *
 * Shards have the same number of cells, but for one, and are the same wherever this is called
 * with the same matrix and filter, whatever the order.
 */
GPtrArray *el4_matrix_select(const struct el4_matrix *matrix,
                             const struct el4_matrix_filter *filter, GError **error);

/* Leave the shard-th (from 1) of so many parts of the cells, as the filter's shard does. */
void el4_matrix_take_shard(GPtrArray *cells, unsigned shard, unsigned shards);

#endif
