/* SPDX-License-Identifier: MIT */
/*
 * How a cell's result stands to that of an earlier run.
 */
#include "report-private.h"

#include <string.h>

static const char *const names[] = {
    [EL4_MATRIX_SAME] = "same",       [EL4_MATRIX_DETAIL] = "detail",
    [EL4_MATRIX_CHANGED] = "changed", [EL4_MATRIX_FIXED] = "fixed",
    [EL4_MATRIX_BROKEN] = "broken",   [EL4_MATRIX_NEW] = "new",
    [EL4_MATRIX_GONE] = "gone",
};

const char *el4_matrix_change_name(enum el4_matrix_change change)
{
    return names[change];
}

static bool same_words(const GPtrArray *one, const GPtrArray *other)
{
    bool is_same = one->len == other->len;
    for (guint i = 0; is_same && i < one->len; i++) {
        is_same = !strcmp(g_ptr_array_index(one, i), g_ptr_array_index(other, i));
    }
    return is_same;
}

/* Which calls there were, and what became of them; how many may differ by timing. */
static GHashTable *kinds_of_calls(const GPtrArray *counts)
{
    GHashTable *kinds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < counts->len; i++) {
        const struct el4_matrix_count *count = g_ptr_array_index(counts, i);
        g_hash_table_add(kinds, g_strdup_printf("%s %08x %s %s", count->conduit, count->id,
                                                count->verdict,
                                                count->service ? count->service : "-"));
    }
    return kinds;
}

static bool same_calls(const GPtrArray *one, const GPtrArray *other)
{
    g_autoptr(GHashTable) kinds = kinds_of_calls(one);
    g_autoptr(GHashTable) others = kinds_of_calls(other);
    bool is_same = g_hash_table_size(kinds) == g_hash_table_size(others);
    GHashTableIter iter;
    gpointer kind;
    g_hash_table_iter_init(&iter, kinds);
    while (is_same && g_hash_table_iter_next(&iter, &kind, NULL)) {
        is_same = g_hash_table_contains(others, kind);
    }
    return is_same;
}

static bool same_power(const GPtrArray *one, const GPtrArray *other)
{
    bool is_same = one->len == other->len;
    for (guint i = 0; is_same && i < one->len; i++) {
        const struct el4_matrix_cpu *a = g_ptr_array_index(one, i);
        const struct el4_matrix_cpu *b = g_ptr_array_index(other, i);
        is_same = !g_strcmp0(a->power, b->power);
    }
    return is_same;
}

/* As JSON, without what may differ though the same was seen. */
static char *seen(const struct el4_matrix_result *result)
{
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    char empty[] = "";
    struct el4_matrix_result copy = *result;
    copy.index = 0;
    copy.attempt = 1;
    copy.inputs = empty;
    copy.host = empty;
    copy.tags = none;
    copy.started = copy.seconds = copy.cpu_seconds = 0;
    copy.peak_bytes = 0;
    return el4_matrix_result_to_json(&copy);
}

enum el4_matrix_change el4_matrix_report_change(const struct el4_matrix_result *before,
                                                const struct el4_matrix_result *now)
{
    bool was_good = el4_matrix_outcome_is_good(before->outcome);
    if (was_good != el4_matrix_outcome_is_good(now->outcome)) {
        return was_good ? EL4_MATRIX_BROKEN : EL4_MATRIX_FIXED;
    }
    if (before->outcome != now->outcome || before->status != now->status ||
        before->signal != now->signal || before->timed_out != now->timed_out ||
        before->guest_status != now->guest_status ||
        !same_words(before->reasons, now->reasons) ||
        !same_calls(before->counts, now->counts) || !same_power(before->cpus, now->cpus)) {
        return EL4_MATRIX_CHANGED;
    }
    g_autofree char *then = seen(before);
    g_autofree char *today = seen(now);
    return strcmp(then, today) ? EL4_MATRIX_DETAIL : EL4_MATRIX_SAME;
}
