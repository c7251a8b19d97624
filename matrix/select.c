/* SPDX-License-Identifier: MIT */
/*
 * Picks cells of a matrix, and puts them in order.
 */
#include "select.h"

#include "journal.h"
#include "private.h"
#include "result.h"

#include <stdarg.h>
#include <string.h>

struct selection {
    const struct el4_matrix *matrix;
    const struct el4_matrix_filter *filter;
    struct matrix_pool *pool;
    GPtrArray *whens;    /* struct matrix_when */
    GPtrArray *patterns; /* GPatternSpec * */
    struct el4_matrix_digester *digester;
};

static bool refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool refuse(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, EL4_CONFIG_ERROR, EL4_CONFIG_ERROR_VALUE, "%s", text);
    return false;
}

/* ---- what the filter may name ---- */

static GHashTable *known_axes(const struct el4_matrix *matrix)
{
    GHashTable *scope = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                              (GDestroyNotify)g_hash_table_unref);
    for (guint i = 0; i < matrix->axes->len; i++) {
        const struct el4_matrix_axis *axis = g_ptr_array_index(matrix->axes, i);
        GHashTable *values = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint j = 0; j < axis->values->len; j++) {
            g_hash_table_add(values, g_ptr_array_index(axis->values, j));
        }
        g_hash_table_insert(scope, axis->name, values);
    }
    return scope;
}

static GHashTable *known_tags(const struct el4_matrix *matrix)
{
    GHashTable *tags = g_hash_table_new(g_str_hash, g_str_equal);
    const GPtrArray *last = NULL;
    for (guint i = 0; i < matrix->cells->len; i++) {
        const struct el4_matrix_cell *cell = g_ptr_array_index(matrix->cells, i);
        /* Cells with the same tags share them. */
        for (guint j = 0; cell->tags != last && j < cell->tags->len; j++) {
            g_hash_table_add(tags, g_ptr_array_index(cell->tags, j));
        }
        last = cell->tags;
    }
    return tags;
}

static bool take_words(struct selection *selection, GError **error)
{
    const struct el4_matrix_filter *filter = selection->filter;
    g_autoptr(GHashTable) axes = known_axes(selection->matrix);
    g_autoptr(GHashTable) tags = known_tags(selection->matrix);
    for (guint i = 0; filter->when && i < filter->when->len; i++) {
        g_autofree char *problem = NULL;
        struct matrix_when *when = matrix_when_parse(
            selection->pool, g_ptr_array_index(filter->when, i), axes, tags, &problem);
        if (!when) {
            return refuse(error, "-w: %s", problem);
        }
        g_ptr_array_add(selection->whens, when);
    }
    for (guint i = 0; filter->tags && i < filter->tags->len; i++) {
        const char *tag = g_ptr_array_index(filter->tags, i);
        if (!g_hash_table_contains(tags, tag)) {
            g_autofree char *hint = matrix_hint(tag, tags);
            return refuse(error, "--tag: no cell has the tag '%s'; %s", tag, hint);
        }
    }
    return true;
}

static bool fits_any(const GPtrArray *patterns, const struct el4_matrix_cell *cell)
{
    for (guint i = 0; i < patterns->len; i++) {
        if (g_pattern_spec_match_string(g_ptr_array_index(patterns, i), cell->name)) {
            return true;
        }
    }
    return false;
}

/* A name without * and ? that no cell has is a slip of the hand. */
static bool take_names(struct selection *selection, GError **error)
{
    const struct el4_matrix *matrix = selection->matrix;
    const GPtrArray *names = selection->filter->names;
    for (guint i = 0; names && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        GPatternSpec *pattern = g_pattern_spec_new(name);
        bool is_found =
            strpbrk(name, "*?") == NULL ? el4_matrix_find(matrix, name) != NULL : false;
        for (guint j = 0; !is_found && strpbrk(name, "*?") && j < matrix->cells->len; j++) {
            const struct el4_matrix_cell *cell = g_ptr_array_index(matrix->cells, j);
            is_found = g_pattern_spec_match_string(pattern, cell->name);
        }
        g_ptr_array_add(selection->patterns, pattern);
        if (!is_found) {
            return refuse(error,
                          "--cell: no cell is called '%.200s'; 'el4 matrix list' lists "
                          "them",
                          name);
        }
    }
    return true;
}

/* ---- each cell ---- */

static bool has_any_tag(const struct el4_matrix_cell *cell, const GPtrArray *tags)
{
    for (guint i = 0; i < tags->len; i++) {
        for (guint j = 0; j < cell->tags->len; j++) {
            if (!strcmp(g_ptr_array_index(tags, i), g_ptr_array_index(cell->tags, j))) {
                return true;
            }
        }
    }
    return false;
}

static bool fits_words(const struct selection *selection, const struct el4_matrix_cell *cell)
{
    const struct el4_matrix_filter *filter = selection->filter;
    for (guint i = 0; i < selection->whens->len; i++) {
        if (!matrix_when_fits(g_ptr_array_index(selection->whens, i),
                              (const char *const *)cell->axes->pdata, cell->axes->len,
                              cell->tags)) {
            return false;
        }
    }
    return (!filter->tags || !filter->tags->len || has_any_tag(cell, filter->tags)) &&
           (!selection->patterns->len || fits_any(selection->patterns, cell));
}

/* Good results of the same inputs need no other run. False with *error. */
static bool has_changed(const struct selection *selection, const struct el4_matrix_cell *cell,
                        bool *changed, GError **error)
{
    const struct el4_matrix_result *last =
        g_hash_table_lookup(selection->filter->changed_since->last, cell->name);
    *changed = !last || !el4_matrix_outcome_is_good(last->outcome);
    if (*changed) {
        return true;
    }
    g_autofree char *inputs = el4_matrix_inputs(selection->digester, cell, error);
    *changed = inputs && g_strcmp0(inputs, last->inputs) != 0;
    return inputs;
}

static bool has_failed(const struct el4_matrix_results *results,
                       const struct el4_matrix_cell *cell)
{
    const struct el4_matrix_result *last = g_hash_table_lookup(results->last, cell->name);
    return last && !el4_matrix_outcome_is_good(last->outcome);
}

static bool pick(struct selection *selection, GPtrArray *cells, GError **error)
{
    const struct el4_matrix *matrix = selection->matrix;
    for (guint i = 0; i < matrix->cells->len; i++) {
        struct el4_matrix_cell *cell = g_ptr_array_index(matrix->cells, i);
        const struct el4_matrix_filter *filter = selection->filter;
        bool fits = fits_words(selection, cell) &&
                    (!filter->failed || has_failed(filter->failed, cell));
        if (fits && filter->changed_since && !has_changed(selection, cell, &fits, error)) {
            return false;
        }
        if (fits) {
            g_ptr_array_add(cells, cell);
        }
    }
    return true;
}

/* ---- shards and order ---- */

/* FNV-1a with a last mixing; the same on every host. */
static uint64_t hash_name(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name; name++) {
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    }
    hash ^= hash >> 32;
    return hash * 0x9e3779b97f4a7c15u;
}

struct ranked {
    uint64_t rank;
    struct el4_matrix_cell *cell;
};

static int compare_ranks(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;
    if (left->rank != right->rank) {
        return left->rank < right->rank ? -1 : 1;
    }
    return strcmp(left->cell->name, right->cell->name);
}

static int compare_indexes(const void *a, const void *b)
{
    const struct el4_matrix_cell *left = *(struct el4_matrix_cell *const *)a;
    const struct el4_matrix_cell *right = *(struct el4_matrix_cell *const *)b;
    return left->index < right->index ? -1 : left->index > right->index;
}

/* Cells are dealt out in the order of their names' hashes: by turns in the file's order, a
 * shard could get all of an axis' slow value. */
void el4_matrix_take_shard(GPtrArray *cells, unsigned shard, unsigned shards)
{
    g_autofree struct ranked *ranked = g_new(struct ranked, cells->len);
    guint count = cells->len;
    for (guint i = 0; i < count; i++) {
        ranked[i].cell = g_ptr_array_index(cells, i);
        ranked[i].rank = hash_name(ranked[i].cell->name);
    }
    qsort(ranked, count, sizeof(ranked[0]), compare_ranks);
    g_ptr_array_set_size(cells, 0);
    for (guint i = shard - 1; i < count; i += shards) {
        g_ptr_array_add(cells, ranked[i].cell);
    }
    g_ptr_array_sort(cells, compare_indexes);
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t value = *state += 0x9e3779b97f4a7c15u;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

static void shuffle(GPtrArray *cells, uint64_t seed)
{
    for (guint i = cells->len; i > 1; i--) {
        guint j = (guint)(next_random(&seed) % i);
        void *other = g_ptr_array_index(cells, j);
        g_ptr_array_index(cells, j) = g_ptr_array_index(cells, i - 1);
        g_ptr_array_index(cells, i - 1) = other;
    }
}

static void free_pattern(void *data)
{
    g_pattern_spec_free(data);
}

GPtrArray *el4_matrix_select(const struct el4_matrix *matrix,
                             const struct el4_matrix_filter *filter, GError **error)
{
    struct selection selection = {
        .matrix = matrix,
        .filter = filter,
        .pool = matrix_pool_new(),
        .whens = g_ptr_array_new(),
        .patterns = g_ptr_array_new_with_free_func(free_pattern),
        .digester = el4_matrix_digester_new(),
    };
    GPtrArray *cells = g_ptr_array_new();
    bool is_fine = take_words(&selection, error) && take_names(&selection, error) &&
                   pick(&selection, cells, error);
    if (is_fine && filter->shards) {
        el4_matrix_take_shard(cells, filter->shard, filter->shards);
    }
    if (is_fine && filter->is_random) {
        shuffle(cells, filter->seed);
    }
    matrix_pool_free(selection.pool);
    g_ptr_array_unref(selection.whens);
    g_ptr_array_unref(selection.patterns);
    el4_matrix_digester_free(selection.digester);
    if (!is_fine) {
        g_ptr_array_unref(cells);
        return NULL;
    }
    return cells;
}
