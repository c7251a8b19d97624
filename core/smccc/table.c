/* SPDX-License-Identifier: MIT */
/*
 * Flattening: the claims of a chain, cut at every boundary, become sorted intervals in which
 * one order of services holds; and reading the result back for people.
 */
#include "smccc/private.h"

#include <string.h>

static void free_table(struct table *table)
{
    if (table->intervals) {
        g_array_free(table->intervals, TRUE);
        g_array_free(table->entries, TRUE);
    }
    memset(table, 0, sizeof(*table));
}

void el4_smccc_clear_tables(struct chain *chain)
{
    for (unsigned i = 0; i < chain->table_count; i++) {
        free_table(&chain->tables[i]);
    }
    chain->table_count = 0;
}

static int compare_bounds(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static int compare_position(const void *a, const void *b)
{
    const struct entry *left = *(const struct entry *const *)a;
    const struct entry *right = *(const struct entry *const *)b;
    if (left->position != right->position) {
        return left->position < right->position ? -1 : 1;
    }
    /* One service's claims on one interval have no caller in common. */
    return left->callers < right->callers ? -1 : left->callers > right->callers;
}

/* Every claim of the chain on this conduit and selector, as entries in chain order. */
static GArray *gather(const struct chain *chain, enum el4_conduit conduit, unsigned selector)
{
    GArray *entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
    for (guint i = 0; i < chain->services->len; i++) {
        const struct el4_smccc_service *service = g_ptr_array_index(chain->services, i);
        for (guint j = 0; j < service->claims->len; j++) {
            const struct claim *claim = g_ptr_array_index(service->claims, j);
            if (claim->selector == selector && (claim->conduits >> conduit & 1)) {
                struct entry entry = {service, claim, claim->callers, i};
                g_array_append_val(entries, entry);
            }
        }
    }
    return entries;
}

/* First ids of claims, and the ids just after them, sorted; may hold a value twice. */
static GArray *bounds_of(const GArray *entries)
{
    GArray *bounds = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    for (guint i = 0; i < entries->len; i++) {
        const struct claim *claim = g_array_index(entries, struct entry, i).claim;
        uint64_t first = claim->first;
        uint64_t end = (uint64_t)claim->last + 1;
        g_array_append_val(bounds, first);
        g_array_append_val(bounds, end);
    }
    g_array_sort(bounds, compare_bounds);
    return bounds;
}

static int compare_first(const void *a, const void *b)
{
    const struct entry *left = *(const struct entry *const *)a;
    const struct entry *right = *(const struct entry *const *)b;
    return left->claim->first < right->claim->first   ? -1
           : left->claim->first > right->claim->first ? 1
                                                      : 0;
}

/* Write the interval's entries in order; those that ended before it leave the active set. */
static void emit_interval(struct table *table, GPtrArray *active, uint64_t first, uint64_t end)
{
    for (guint i = active->len; i > 0; i--) {
        const struct entry *entry = g_ptr_array_index(active, i - 1);
        if (entry->claim->last < first) {
            g_ptr_array_remove_index_fast(active, i - 1);
        }
    }
    if (!active->len) {
        return;
    }
    g_ptr_array_sort(active, compare_position);
    struct interval interval = {
        .first = (uint32_t)first,
        .last = (uint32_t)(end - 1),
        .entry = table->entries->len,
        .count = active->len,
    };
    g_array_append_val(table->intervals, interval);
    for (guint i = 0; i < active->len; i++) {
        g_array_append_vals(table->entries, g_ptr_array_index(active, i), 1);
    }
}

static void fill_table(struct table *table, GArray *entries)
{
    g_autoptr(GArray) bounds = bounds_of(entries);
    g_autoptr(GPtrArray) by_first = g_ptr_array_sized_new(entries->len);
    g_autoptr(GPtrArray) active = g_ptr_array_new();
    for (guint i = 0; i < entries->len; i++) {
        g_ptr_array_add(by_first, &g_array_index(entries, struct entry, i));
    }
    g_ptr_array_sort(by_first, compare_first);
    guint next = 0;
    for (guint i = 0; i + 1 < bounds->len; i++) {
        uint64_t first = g_array_index(bounds, uint64_t, i);
        uint64_t end = g_array_index(bounds, uint64_t, i + 1);
        if (first == end) {
            continue;
        }
        for (; next < by_first->len; next++) {
            struct entry *entry = g_ptr_array_index(by_first, next);
            if (entry->claim->first > first) {
                break;
            }
            g_ptr_array_add(active, entry);
        }
        emit_interval(table, active, first, end);
    }
}

void el4_smccc_flatten(struct chain *chain, enum el4_conduit conduit)
{
    el4_smccc_clear_tables(chain);
    for (unsigned selector = 0; selector < EL4_SMCCC_SELECTORS; selector++) {
        g_autoptr(GArray) entries = gather(chain, conduit, selector);
        if (!entries->len) {
            continue;
        }
        struct table *table = &chain->tables[chain->table_count++];
        table->selector = selector;
        table->intervals = g_array_new(FALSE, FALSE, sizeof(struct interval));
        table->entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
        fill_table(table, entries);
    }
}

uint32_t el4_smccc_same_order(const struct entry *entries, guint count, uint32_t caller)
{
    uint32_t same = EL4_CALLERS_ALL;
    for (guint i = 0; i < count; i++) {
        uint32_t callers = entries[i].callers;
        same &= callers & caller ? callers : ~callers;
    }
    return same;
}

static void visit_interval(const struct table *table, guint index,
                           void (*visit)(const struct el4_smccc_row *row, void *data),
                           void *data)
{
    const struct interval *interval = &g_array_index(table->intervals, struct interval, index);
    guint count;
    const struct entry *entries = el4_smccc_entries(table, index, &count);
    g_autofree const struct el4_smccc_service **services =
        g_new(const struct el4_smccc_service *, count + 1);
    g_autofree const char **claims = g_new(const char *, count + 1);
    uint32_t left = EL4_CALLERS_ALL;
    while (left) {
        uint32_t caller = left & -left;
        struct el4_smccc_row row = {
            .first = interval->first,
            .last = interval->last,
            .selector = table->selector,
            .callers = el4_smccc_same_order(entries, count, caller) & left,
            .services = services,
            .claims = claims,
        };
        for (guint i = 0; i < count; i++) {
            if (entries[i].callers & caller) {
                services[row.count] = entries[i].service;
                claims[row.count++] = entries[i].claim->name;
            }
        }
        services[row.count] = NULL;
        claims[row.count] = NULL;
        if (row.count) {
            visit(&row, data);
        }
        left &= ~row.callers;
    }
}

void el4_smccc_visit(const struct el4_smccc *smccc, enum el4_conduit conduit,
                     void (*visit)(const struct el4_smccc_row *row, void *data), void *data)
{
    g_assert((unsigned)conduit < EL4_CONDUIT_COUNT);
    const struct chain *chain = &smccc->chains[conduit];
    for (unsigned i = 0; i < chain->table_count; i++) {
        for (guint j = 0; j < chain->tables[i].intervals->len; j++) {
            visit_interval(&chain->tables[i], j, visit, data);
        }
    }
}

struct first_search {
    const struct el4_smccc_service *service;
    uint32_t caller;
    bool found;
};

static void look_for_first(const struct el4_smccc_row *row, void *data)
{
    struct first_search *search = data;
    if ((row->callers & search->caller) && row->count && row->services[0] == search->service) {
        search->found = true;
    }
}

bool el4_smccc_answers(const struct el4_smccc *smccc, const struct el4_smccc_service *service,
                       enum el4_conduit conduit, uint32_t caller)
{
    struct first_search search = {.service = service, .caller = caller};
    el4_smccc_visit(smccc, conduit, look_for_first, &search);
    return search.found;
}
