/* SPDX-License-Identifier: MIT */
/*
 * Counting calls: by conduit and id, what came of them and how long the answers took.
 */
#include "smccc/private.h"

#include <time.h>

/* A guest that calls every id there is must not use up the host's memory. */
#define COUNTS_MAX 4096

static guint hash_count(gconstpointer data)
{
    const struct el4_smccc_count *count = data;
    return (count->id ^ (guint)count->conduit << 29) + count->others;
}

static gboolean equal_counts(gconstpointer a, gconstpointer b)
{
    const struct el4_smccc_count *x = a, *y = b;
    return x->id == y->id && x->conduit == y->conduit && x->others == y->others;
}

static void free_count(gpointer data)
{
    struct el4_smccc_count *count = data;
    struct el4_smccc_tally *tally = count->tallies;
    while (tally) {
        struct el4_smccc_tally *next = tally->next;
        g_free(tally);
        tally = next;
    }
    g_free(count);
}

void el4_smccc_enable_counts(struct el4_smccc *smccc)
{
    if (!smccc->counts) {
        smccc->counts = g_hash_table_new_full(hash_count, equal_counts, NULL, free_count);
    }
}

uint64_t el4_smccc_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static struct el4_smccc_count *find_count(GHashTable *counts, const struct el4_call *call)
{
    struct el4_smccc_count key = {.conduit = (enum el4_conduit)call->conduit, .id = call->id};
    struct el4_smccc_count *count = g_hash_table_lookup(counts, &key);
    if (!count && g_hash_table_size(counts) >= COUNTS_MAX) {
        key.id = 0;
        key.others = true;
        count = g_hash_table_lookup(counts, &key);
    }
    if (!count) {
        count = g_memdup2(&key, sizeof(key));
        g_hash_table_add(counts, count);
    }
    return count;
}

enum el4_smccc_verdict el4_smccc_verdict(const struct el4_smccc_answer *answer)
{
    if (answer->outcome == EL4_SMCCC_HANDLED) {
        return EL4_SMCCC_WAS_HANDLED;
    }
    return answer->service || answer->fault ? EL4_SMCCC_WAS_TRAPPED : EL4_SMCCC_WAS_UNCLAIMED;
}

const char *el4_smccc_verdict_name(enum el4_smccc_verdict verdict)
{
    static const char *const names[] = {"handled", "trapped", "unclaimed"};
    return names[verdict];
}

/* As few as there are services in a chain, and nearly always one. */
static void count_tally(struct el4_smccc_count *count, enum el4_smccc_verdict verdict,
                        const struct el4_smccc_service *service)
{
    struct el4_smccc_tally *tally = count->tallies;
    while (tally && (tally->verdict != verdict || tally->service != service)) {
        tally = tally->next;
    }
    if (!tally) {
        tally = g_new0(struct el4_smccc_tally, 1);
        tally->next = count->tallies;
        tally->verdict = verdict;
        tally->service = service;
        count->tallies = tally;
    }
    tally->count++;
}

void el4_smccc_count(struct el4_smccc *smccc, const struct el4_call *call,
                     const struct el4_smccc_answer *answer, uint64_t ns)
{
    struct el4_smccc_count *count = find_count(smccc->counts, call);
    enum el4_smccc_verdict verdict = el4_smccc_verdict(answer);
    count->handled += verdict == EL4_SMCCC_WAS_HANDLED;
    count->trapped += verdict == EL4_SMCCC_WAS_TRAPPED;
    count->unclaimed += verdict == EL4_SMCCC_WAS_UNCLAIMED;
    count_tally(count, verdict, answer->service);
    count->faults += answer->fault != NULL;
    count->total_ns += ns;
    count->longest_ns = MAX(count->longest_ns, ns);
    unsigned bits = ns ? 64 - (unsigned)__builtin_clzll(ns) : 0;
    count->histogram[MIN(bits, EL4_SMCCC_BUCKETS - 1)]++;
}

static int compare_counts(gconstpointer a, gconstpointer b)
{
    const struct el4_smccc_count *x = *(const struct el4_smccc_count *const *)a;
    const struct el4_smccc_count *y = *(const struct el4_smccc_count *const *)b;
    if (x->conduit != y->conduit) {
        return x->conduit < y->conduit ? -1 : 1;
    }
    if (x->others != y->others) {
        return x->others ? 1 : -1;
    }
    return x->id < y->id ? -1 : x->id > y->id;
}

void el4_smccc_visit_counts(const struct el4_smccc *smccc,
                            void (*visit)(const struct el4_smccc_count *count, void *data),
                            void *data)
{
    if (!smccc->counts) {
        return;
    }
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    GHashTableIter iter;
    gpointer count;
    g_hash_table_iter_init(&iter, smccc->counts);
    while (g_hash_table_iter_next(&iter, NULL, &count)) {
        g_ptr_array_add(sorted, count);
    }
    g_ptr_array_sort(sorted, compare_counts);
    for (guint i = 0; i < sorted->len; i++) {
        visit(g_ptr_array_index(sorted, i), data);
    }
}
