/* SPDX-License-Identifier: MIT */
/*
 * One call: a binary search for each selector register that somebody claims by (nearly always
 * x0 alone), then the services found are asked in the chain's order. No lock, and no allocation
 * unless calls are counted.
 */
#include "smccc/private.h"

/* Where one selector's interval has got to. */
struct cursor {
    const struct entry *next;
    const struct entry *end;
    uint32_t selector;
    uint32_t id;
    bool hint;
};

static void skip_other_callers(struct cursor *cursor, uint32_t caller)
{
    while (cursor->next < cursor->end && !(cursor->next->callers & caller)) {
        cursor->next++;
    }
}

static unsigned find_cursors(const struct chain *chain, const struct el4_call *call,
                             struct cursor *cursors)
{
    unsigned count = 0;
    for (unsigned i = 0; i < chain->table_count; i++) {
        const struct table *table = &chain->tables[i];
        struct cursor *cursor = &cursors[count];
        cursor->selector = table->selector;
        cursor->id = el4_smccc_id(table->selector, call->args[table->selector], &cursor->hint);
        gssize interval = el4_smccc_find(table, cursor->id);
        if (interval < 0) {
            continue;
        }
        guint entries;
        cursor->next = el4_smccc_entries(table, interval, &entries);
        cursor->end = cursor->next + entries;
        skip_other_callers(cursor, call->caller);
        if (cursor->next < cursor->end) {
            count++;
        }
    }
    return count;
}

/* The cursor whose service stands first in the chain; NULL when all are at their ends. */
static struct cursor *first_in_chain(struct cursor *cursors, unsigned count)
{
    struct cursor *first = NULL;
    for (unsigned i = 0; i < count; i++) {
        if (cursors[i].next < cursors[i].end &&
            (!first || cursors[i].next->position < first->next->position)) {
            first = &cursors[i];
        }
    }
    return first;
}

static enum el4_verdict ask(const struct cursor *cursor, struct el4_call *call)
{
    const struct el4_smccc_handler *handler = &cursor->next->service->handler;
    call->id = cursor->id;
    call->hint = cursor->hint;
    call->selector = cursor->selector;
    call->result_mask = 0;
    return handler->call(handler->state, call);
}

/* A bit for each register that may hold a result: R0 to R14, or X0 to X17. */
static uint32_t caller_registers(const struct el4_call *call)
{
    return (1u << (call->aarch32 ? 15 : 18)) - 1;
}

static void dispatch(struct el4_smccc *smccc, struct el4_call *call,
                     struct el4_smccc_answer *answer)
{
    *answer = (struct el4_smccc_answer){.outcome = EL4_SMCCC_ARCHITECTURAL};
    call->id = el4_smccc_id(0, call->args[0], &call->hint); /* for traces of unclaimed calls */
    call->selector = 0;
    call->result_mask = 0;
    if (call->conduit >= EL4_CONDUIT_COUNT) {
        return;
    }
    const struct chain *chain = &smccc->chains[call->conduit];
    if (call->immediate && call->conduit != EL4_CONDUIT_EL4 &&
        chain->immediates == EL4_SMCCC_IMMEDIATE_ZERO) {
        return;
    }
    if (smccc->faults->len && el4_smccc_inject(smccc, call, answer)) {
        call->result_mask &= caller_registers(call);
        return;
    }
    struct cursor cursors[EL4_SMCCC_SELECTORS];
    unsigned count = find_cursors(chain, call, cursors);
    for (struct cursor *cursor; (cursor = first_in_chain(cursors, count));) {
        enum el4_verdict verdict = ask(cursor, call);
        if (verdict != EL4_PASS) {
            /* Anything that is no verdict of ours counts as TRAP: the safest of the three. */
            bool handled = verdict == EL4_HANDLED;
            answer->outcome = handled ? EL4_SMCCC_HANDLED : EL4_SMCCC_ARCHITECTURAL;
            answer->service = cursor->next->service;
            answer->claim = cursor->next->claim->name;
            call->result_mask &= handled ? caller_registers(call) : 0;
            return;
        }
        cursor->next++;
        skip_other_callers(cursor, call->caller);
    }
    call->result_mask = 0;
}

void el4_smccc_dispatch(struct el4_smccc *smccc, struct el4_call *call,
                        struct el4_smccc_answer *answer)
{
    g_assert(smccc->frozen);
    if (!smccc->counts) {
        dispatch(smccc, call, answer);
        return;
    }
    uint64_t start = el4_smccc_clock_ns();
    dispatch(smccc, call, answer);
    el4_smccc_count(smccc, call, answer, el4_smccc_clock_ns() - start);
}

const struct el4_smccc_service *el4_smccc_who(const struct el4_smccc *smccc,
                                              enum el4_conduit conduit, uint32_t caller,
                                              unsigned selector, uint32_t id,
                                              const char **claim_name)
{
    if (claim_name) {
        *claim_name = NULL;
    }
    if ((unsigned)conduit >= EL4_CONDUIT_COUNT) {
        return NULL;
    }
    const struct chain *chain = &smccc->chains[conduit];
    for (unsigned i = 0; i < chain->table_count; i++) {
        const struct table *table = &chain->tables[i];
        bool hint;
        gssize interval = table->selector == selector
                              ? el4_smccc_find(table, el4_smccc_id(selector, id, &hint))
                              : -1;
        if (interval < 0) {
            continue;
        }
        guint count;
        const struct entry *entries = el4_smccc_entries(table, interval, &count);
        for (guint j = 0; j < count; j++) {
            if (!(entries[j].callers & caller)) {
                continue;
            }
            if (entries[j].claim->flags & EL4_CLAIM_UNKNOWN) {
                return NULL;
            }
            if (claim_name) {
                *claim_name = entries[j].claim->name;
            }
            return entries[j].service;
        }
    }
    return NULL;
}
