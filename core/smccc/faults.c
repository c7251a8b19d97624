/* SPDX-License-Identifier: MIT */
/*
 * Faults injected into calls before any service is asked. Each rule counts the calls that match
 * it and has its own generator for chance, so that what one rule does depends on no other, and
 * the same calls in the same order meet the same faults.
 */
#include "smccc/private.h"

#include <string.h>

struct fault {
    struct el4_smccc_fault rule; /* its arrays and name are copies */
    uint64_t seen;               /* calls that matched */
    uint64_t done;               /* and met the fault */
    uint64_t random;             /* state of the generator */
};

void el4_smccc_add_fault(struct el4_smccc *smccc, const struct el4_smccc_fault *rule)
{
    g_assert(!smccc->frozen);
    struct fault *fault = g_new0(struct fault, 1);
    fault->rule = *rule;
    fault->rule.name = g_strdup(rule->name);
    fault->rule.ids = g_memdup2(rule->ids, rule->id_count * sizeof(*rule->ids));
    fault->rule.nth = g_memdup2(rule->nth, rule->nth_count * sizeof(*rule->nth));
    fault->random = rule->seed;
    g_ptr_array_add(smccc->faults, fault);
}

void el4_smccc_free_fault(gpointer data)
{
    struct fault *fault = data;
    g_free((void *)fault->rule.name);
    g_free((void *)fault->rule.ids);
    g_free((void *)fault->rule.nth);
    g_free(fault);
}

static bool matches(const struct el4_smccc_fault *rule, const struct el4_call *call)
{
    if (!(rule->conduits >> call->conduit & 1) || !(rule->callers & call->caller)) {
        return false;
    }
    bool hint;
    uint32_t id = el4_smccc_id(rule->selector, call->args[rule->selector], &hint);
    for (size_t i = 0; i < rule->id_count; i++) {
        if (id >= rule->ids[i].first && id <= rule->ids[i].last) {
            return true;
        }
    }
    return rule->id_count == 0;
}

/* SplitMix64: small, and equal on every host. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* Whether it is this call's turn. The generator moves at every call, so that what the other
 * conditions choose does not shift what chance chooses. */
static bool hits(struct fault *fault)
{
    const struct el4_smccc_fault *rule = &fault->rule;
    bool chance = (double)(next_random(&fault->random) >> 11) * 0x1p-53 < rule->probability;
    bool hit = chance || (rule->every && fault->seen % rule->every == 0);
    for (size_t i = 0; i < rule->nth_count; i++) {
        hit |= fault->seen == rule->nth[i];
    }
    return hit && (!rule->limit || fault->done < rule->limit);
}

static bool decide(const struct el4_smccc_fault *rule, struct el4_call *call,
                   struct el4_smccc_answer *answer)
{
    answer->fault = rule->name;
    answer->delay_ns = rule->delay_ns;
    switch (rule->action) {
    case EL4_SMCCC_FAULT_RETURN:
        memcpy(call->results, rule->results, sizeof(call->results));
        call->result_mask = rule->result_mask;
        answer->outcome = EL4_SMCCC_HANDLED;
        return true;
    case EL4_SMCCC_FAULT_DROP: answer->outcome = EL4_SMCCC_HANDLED; return true;
    case EL4_SMCCC_FAULT_TRAP: answer->outcome = EL4_SMCCC_ARCHITECTURAL; return true;
    case EL4_SMCCC_FAULT_DELAY: break;
    }
    return false;
}

bool el4_smccc_inject(struct el4_smccc *smccc, struct el4_call *call,
                      struct el4_smccc_answer *answer)
{
    struct fault *decides = NULL;
    for (guint i = 0; i < smccc->faults->len; i++) {
        struct fault *fault = g_ptr_array_index(smccc->faults, i);
        if (!matches(&fault->rule, call)) {
            continue;
        }
        fault->seen++;
        if (hits(fault) && !decides) {
            fault->done++;
            decides = fault;
        }
    }
    return decides && decide(&decides->rule, call, answer);
}
