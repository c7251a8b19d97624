/* SPDX-License-Identifier: MIT */
/*
 * What the cells of a matrix share: texts, arrays, patterns. A hundred thousand cells differ in
 * little, so each distinct thing is kept once and goes when the matrix goes.
 */
#include "pattern.h"
#include "private.h"

#include <string.h>

static guint hash_items(gconstpointer data)
{
    const GPtrArray *array = data;
    guint hash = 5381;
    for (guint i = 0; i < array->len; i++) {
        hash = hash * 33 + g_direct_hash(g_ptr_array_index(array, i));
    }
    return hash;
}

static gboolean items_equal(gconstpointer a, gconstpointer b)
{
    const GPtrArray *left = a, *right = b;
    return left->len == right->len &&
           (!left->len || !memcmp(left->pdata, right->pdata, left->len * sizeof(gpointer)));
}

static void free_array(void *data)
{
    g_ptr_array_free(data, TRUE);
}

static void free_regex(void *data)
{
    g_regex_unref(data);
}

static void free_finder(void *data)
{
    el4_matrix_finder_free(data);
}

struct matrix_pool *matrix_pool_new(void)
{
    struct matrix_pool *pool = g_new0(struct matrix_pool, 1);
    pool->strings = g_string_chunk_new(65536);
    pool->blocks = g_ptr_array_new_with_free_func(g_free);
    pool->arrays = g_ptr_array_new_with_free_func(free_array);
    pool->regexes = g_ptr_array_new_with_free_func(free_regex);
    pool->finders = g_ptr_array_new_with_free_func(free_finder);
    pool->shared = g_hash_table_new(hash_items, items_equal);
    return pool;
}

void matrix_pool_free(struct matrix_pool *pool)
{
    if (pool) {
        g_hash_table_unref(pool->shared);
        g_ptr_array_unref(pool->finders);
        g_ptr_array_unref(pool->regexes);
        g_ptr_array_unref(pool->arrays);
        g_ptr_array_unref(pool->blocks);
        g_string_chunk_free(pool->strings);
        g_free(pool);
    }
}

const char *matrix_pool_text(struct matrix_pool *pool, const char *text)
{
    return g_string_chunk_insert_const(pool->strings, text);
}

void *matrix_pool_take(struct matrix_pool *pool, size_t bytes)
{
    /* Small things come in blocks: there may be several for each of a million cells. */
    const size_t block_bytes = 65536;
    size_t rounded = (bytes + 15) & ~(size_t)15;
    if (rounded > pool->room) {
        size_t size = MAX(rounded, block_bytes);
        pool->at = g_malloc0(size);
        pool->room = size;
        g_ptr_array_add(pool->blocks, pool->at);
    }
    void *taken = pool->at;
    pool->at += rounded;
    pool->room -= rounded;
    return taken;
}

GPtrArray *matrix_pool_array(struct matrix_pool *pool)
{
    GPtrArray *array = g_ptr_array_new();
    g_ptr_array_add(pool->arrays, array);
    return array;
}

GPtrArray *matrix_pool_share(struct matrix_pool *pool, const GPtrArray *items)
{
    GPtrArray *shared = g_hash_table_lookup(pool->shared, items);
    if (!shared) {
        shared = matrix_pool_array(pool);
        for (guint i = 0; i < items->len; i++) {
            g_ptr_array_add(shared, g_ptr_array_index(items, i));
        }
        g_hash_table_add(pool->shared, shared);
    }
    return shared;
}
