/* SPDX-License-Identifier: MIT */
/*
 * The inside of the service chains, shared by the files of core/smccc and nobody else.
 *
 * While the machine is built, claims lie unsorted at their services (smccc.c). Freezing makes
 * one table for each conduit and selector register (table.c): disjoint intervals of ids, each
 * with the services to ask in chain order. Calls read those tables only (dispatch.c).
 */
#ifndef EL4_SMCCC_PRIVATE_H
#define EL4_SMCCC_PRIVATE_H

#include "smccc/smccc.h"

#define EL4_SMCCC_SELECTORS 18 /* as many registers as el4_call.args has */

/* A checked claim; the name is a copy. */
struct claim {
    uint32_t conduits;
    uint32_t callers;
    uint32_t selector;
    uint32_t first;
    uint32_t last;
    uint32_t flags; /* EL4_CLAIM_* */
    char *name;     /* NULL: nothing better than the service's name */
};

struct el4_smccc_service {
    char *name;
    struct el4_smccc_handler handler; /* its name is `name` */
    GPtrArray *claims;                /* struct claim; owns */
    GPtrArray *dropped; /* struct claim that the configuration replaced; NULL: none; owns */
};

/* "This service, for these callers", one step of an interval's order. */
struct entry {
    const struct el4_smccc_service *service;
    const struct claim *claim;
    uint32_t callers;
    uint32_t position; /* of the service in the chain */
};

struct interval {
    uint32_t first;
    uint32_t last;
    uint32_t entry; /* index of its first entry */
    uint32_t count; /* at least 1 */
};

/* All claims of one conduit and selector: intervals sorted by id, none overlapping. */
struct table {
    uint32_t selector;
    GArray *intervals; /* struct interval */
    GArray *entries;   /* struct entry; those of an interval by position, then claim order */
};

struct chain {
    GPtrArray *services; /* struct el4_smccc_service, in order; not owned */
    enum el4_smccc_immediates immediates;
    char *otherwise; /* what happens to a call that nobody takes, in words; NULL: in general */
    struct table tables[EL4_SMCCC_SELECTORS]; /* by selector; only those in use */
    unsigned table_count;
};

struct el4_smccc {
    GPtrArray *services; /* struct el4_smccc_service; owns */
    struct chain chains[EL4_CONDUIT_COUNT];
    GPtrArray *faults;  /* struct fault, see faults.c; owns */
    GHashTable *counts; /* struct el4_smccc_count, see counts.c; owns; NULL: not counted */
    bool frozen;
};

/* Index of the interval that holds id, or -1. */
static inline gssize el4_smccc_find(const struct table *table, uint32_t id)
{
    const struct interval *intervals = (const struct interval *)(void *)table->intervals->data;
    guint low = 0;
    guint high = table->intervals->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (id > intervals[middle].last) {
            low = middle + 1;
        } else if (id < intervals[middle].first) {
            high = middle;
        } else {
            return middle;
        }
    }
    return -1;
}

static inline const struct entry *el4_smccc_entries(const struct table *table, gssize interval,
                                                    guint *count)
{
    const struct interval *found = &g_array_index(table->intervals, struct interval, interval);
    *count = found->count;
    return &g_array_index(table->entries, struct entry, found->entry);
}

/* Bits 23:17, which must be zero in a fast id. */
#define EL4_SMCCC_ZERO_BITS 0x00fe0000u

/*
 * The id that a selector's value stands for. A fast id with some of EL4_SMCCC_ZERO_BITS set is
 * no SMCCC function, and its bit 16 no hint (KVM's PSCI 0.1 ids, 0x95C1BA5E).
 */
static inline uint32_t el4_smccc_id(unsigned selector, uint64_t value, bool *hint)
{
    uint32_t id = (uint32_t)value;
    *hint = false;
    if (selector == 0 && el4_smccc_is_fast(id) && !(id & EL4_SMCCC_ZERO_BITS)) {
        *hint = id & EL4_SMCCC_HINT;
        id &= ~EL4_SMCCC_HINT;
    }
    return id;
}

/* ---- table.c ---- */
void el4_smccc_flatten(struct chain *chain, enum el4_conduit conduit);
void el4_smccc_clear_tables(struct chain *chain);
/* The callers that see the same order of services as `caller` does. */
uint32_t el4_smccc_same_order(const struct entry *entries, guint count, uint32_t caller);

/* ---- names.c ---- */
/* Who owns an id by its bits, for people. */
const char *el4_smccc_owner_name(uint32_t id);

/* ---- faults.c ---- */
void el4_smccc_free_fault(gpointer fault);
/* Count the call for all rules; true if a rule decides it, with answer and results set. A rule
 * that only delays sets answer->fault and delay_ns, and leaves the call to the chain. */
bool el4_smccc_inject(struct el4_smccc *smccc, struct el4_call *call,
                      struct el4_smccc_answer *answer);

/* ---- counts.c ---- */
void el4_smccc_count(struct el4_smccc *smccc, const struct el4_call *call,
                     const struct el4_smccc_answer *answer, uint64_t ns);
uint64_t el4_smccc_clock_ns(void);

#endif
