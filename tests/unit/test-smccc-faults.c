/* SPDX-License-Identifier: MIT */
/*
 * Faults injected into service calls, and the counts of calls: which calls a rule hits, what
 * becomes of them, that the same seed hits the same ones; and that counts add up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smccc/smccc.h"

#define ID 0x84000003u

static enum el4_verdict answer(void *state, struct el4_call *call)
{
    unsigned *asked = state;
    (*asked)++;
    el4_call_return(call, 0, 7);
    return EL4_HANDLED;
}

/* Chains on SMC with one service that claims everything but 0xffff0000 on. */
static struct el4_smccc *make(unsigned *asked)
{
    struct el4_smccc *smccc = el4_smccc_new();
    const struct el4_smccc_handler handler = {.name = "real", .call = answer, .state = asked};
    const struct el4_claim claim = {.struct_size = sizeof(claim),
                                    .conduits = EL4_CONDUITS_ALL,
                                    .last = 0xfffeffff,
                                    .name = "all"};
    struct el4_smccc_service *service = el4_smccc_add_service(smccc, &handler);
    assert_true(el4_smccc_chain(smccc, EL4_CONDUIT_SMC, service, NULL));
    assert_true(el4_smccc_claim(smccc, service, &claim, NULL));
    return smccc;
}

static struct el4_smccc_fault rule(enum el4_smccc_fault_action action)
{
    return (struct el4_smccc_fault){
        .name = "rule",
        .conduits = EL4_CONDUITS_ALL,
        .callers = EL4_CALLERS_ALL,
        .action = action,
        .results = {(uint64_t)-3, 5, 9},
        .result_mask = 5,
    };
}

static struct el4_call call_with(uint64_t x0)
{
    struct el4_call call = {.struct_size = sizeof(call), .caller = EL4_CALLER_NS_EL1};
    call.args[0] = x0;
    return call;
}

/* A bit for each of up to 64 calls that met the fault. */
static uint64_t hits(struct el4_smccc *smccc, unsigned calls)
{
    uint64_t result = 0;
    for (unsigned i = 0; i < calls; i++) {
        struct el4_call call = call_with(ID);
        struct el4_smccc_answer answer;
        el4_smccc_dispatch(smccc, &call, &answer);
        result |= (uint64_t)(answer.fault != NULL) << i;
    }
    return result;
}

static uint64_t hits_of(struct el4_smccc_fault fault, unsigned calls)
{
    unsigned asked = 0;
    struct el4_smccc *smccc = make(&asked);
    el4_smccc_add_fault(smccc, &fault);
    assert_true(el4_smccc_freeze(smccc, NULL));
    uint64_t result = hits(smccc, calls);
    el4_smccc_free(smccc);
    return result;
}

static void which_calls(void **state)
{
    static const uint64_t nth[] = {1, 4, 100};
    struct el4_smccc_fault fault = rule(EL4_SMCCC_FAULT_DROP);
    assert_true(hits_of(fault, 64) == 0);
    fault.every = 1;
    assert_true(hits_of(fault, 64) == UINT64_MAX);
    fault.limit = 3;
    assert_true(hits_of(fault, 64) == 7);
    fault.limit = 0;
    fault.every = 3;
    assert_true(hits_of(fault, 9) == 0x124);
    fault.nth = nth;
    fault.nth_count = 3;
    assert_true(hits_of(fault, 9) == (0x124 | 1 | 8));
}

static void chance(void **state)
{
    struct el4_smccc_fault fault = rule(EL4_SMCCC_FAULT_DROP);
    fault.probability = 1;
    assert_true(hits_of(fault, 64) == UINT64_MAX);
    fault.probability = 0.25;
    uint64_t first = hits_of(fault, 64);
    int count = __builtin_popcountll(first);
    assert_in_range(count, 6, 30);
    assert_true(hits_of(fault, 64) == first);
    fault.seed = 2;
    assert_true(hits_of(fault, 64) != first);
    /* Other conditions do not shift what chance chooses. */
    fault.seed = 0;
    fault.every = 2;
    assert_true(hits_of(fault, 64) == (first | 0xaaaaaaaaaaaaaaaa));
}

static void which_ids(void **state)
{
    static const struct el4_config_range ranges[] = {{0x84000000, 0x84000001}, {ID, ID}};
    static const struct {
        uint64_t x0;
        bool hit;
    } cases[] = {
        {0x83ffffff, false},  {0x84000000, true}, {0x84000001, true},
        {0x84000002, false},  {ID, true},         {0x1234567800000000 | ID, true},
        {ID | 0x10000, true}, /* the hint */
        {ID + 1, false},
    };
    unsigned asked = 0;
    struct el4_smccc *smccc = make(&asked);
    struct el4_smccc_fault fault = rule(EL4_SMCCC_FAULT_DROP);
    fault.every = 1;
    fault.ids = ranges;
    fault.id_count = 2;
    el4_smccc_add_fault(smccc, &fault);
    assert_true(el4_smccc_freeze(smccc, NULL));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct el4_call call = call_with(cases[i].x0);
        struct el4_smccc_answer result;
        el4_smccc_dispatch(smccc, &call, &result);
        assert_int_equal(result.fault != NULL, cases[i].hit);
    }
    el4_smccc_free(smccc);
}

static void conduit_caller_selector(void **state)
{
    static const struct el4_config_range range = {0x102, 0x102};
    unsigned asked = 0;
    struct el4_smccc *smccc = make(&asked);
    struct el4_smccc_fault fault = rule(EL4_SMCCC_FAULT_DROP);
    fault.every = 1;
    fault.selector = 12;
    fault.ids = &range;
    fault.id_count = 1;
    fault.conduits = EL4_CONDUITS_HVC;
    fault.callers = EL4_CALLER_NS_EL2;
    el4_smccc_add_fault(smccc, &fault);
    assert_true(el4_smccc_freeze(smccc, NULL));
    for (unsigned i = 0; i < 8; i++) {
        struct el4_call call = call_with(0x102);
        struct el4_smccc_answer result;
        call.args[12] = i & 1 ? 0x102 : 0;
        call.conduit = i & 2 ? EL4_CONDUIT_HVC : EL4_CONDUIT_SMC;
        call.caller = i & 4 ? EL4_CALLER_NS_EL2 : EL4_CALLER_NS_EL1;
        el4_smccc_dispatch(smccc, &call, &result);
        assert_int_equal(result.fault != NULL, i == 7);
    }
    el4_smccc_free(smccc);
}

static void actions(void **state)
{
    static const struct {
        enum el4_smccc_fault_action action;
        enum el4_smccc_outcome outcome;
        uint32_t mask;
        unsigned asked;
    } cases[] = {
        {EL4_SMCCC_FAULT_RETURN, EL4_SMCCC_HANDLED, 5, 0},
        {EL4_SMCCC_FAULT_DROP, EL4_SMCCC_HANDLED, 0, 0},
        {EL4_SMCCC_FAULT_TRAP, EL4_SMCCC_ARCHITECTURAL, 0, 0},
        {EL4_SMCCC_FAULT_DELAY, EL4_SMCCC_HANDLED, 1, 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned asked = 0;
        struct el4_smccc *smccc = make(&asked);
        struct el4_smccc_fault fault = rule(cases[i].action);
        fault.every = 1;
        fault.delay_ns = 11;
        el4_smccc_add_fault(smccc, &fault);
        assert_true(el4_smccc_freeze(smccc, NULL));
        struct el4_call call = call_with(ID);
        struct el4_smccc_answer result;
        el4_smccc_dispatch(smccc, &call, &result);
        assert_int_equal(result.outcome, cases[i].outcome);
        assert_int_equal(call.result_mask, cases[i].mask);
        assert_int_equal(asked, cases[i].asked);
        assert_true(result.delay_ns == 11);
        assert_string_equal(result.fault, "rule");
        el4_smccc_free(smccc);
    }
}

/* The first rule that hits decides, but all that match count. */
static void order_of_rules(void **state)
{
    unsigned asked = 0;
    struct el4_smccc *smccc = make(&asked);
    struct el4_smccc_fault fault = rule(EL4_SMCCC_FAULT_DROP);
    static const uint64_t second = 2;
    fault.name = "first";
    fault.nth = &second;
    fault.nth_count = 1;
    el4_smccc_add_fault(smccc, &fault);
    fault.name = "all";
    fault.nth_count = 0;
    fault.every = 1;
    el4_smccc_add_fault(smccc, &fault);
    assert_true(el4_smccc_freeze(smccc, NULL));
    static const char *const names[] = {"all", "first", "all"};
    for (unsigned i = 0; i < 3; i++) {
        struct el4_call call = call_with(ID);
        struct el4_smccc_answer result;
        el4_smccc_dispatch(smccc, &call, &result);
        assert_string_equal(result.fault, names[i]);
    }
    el4_smccc_free(smccc);
}

static void immediates_meet_no_fault(void **state)
{
    unsigned asked = 0;
    struct el4_smccc *smccc = make(&asked);
    struct el4_smccc_fault fault = rule(EL4_SMCCC_FAULT_DROP);
    fault.every = 1;
    el4_smccc_add_fault(smccc, &fault);
    assert_true(el4_smccc_freeze(smccc, NULL));
    struct el4_call call = call_with(ID);
    struct el4_smccc_answer result;
    call.immediate = 1;
    el4_smccc_dispatch(smccc, &call, &result);
    assert_null(result.fault);
    assert_int_equal(result.outcome, EL4_SMCCC_ARCHITECTURAL);
    el4_smccc_free(smccc);
}

/* ---- counts ---- */

struct seen {
    unsigned entries;
    uint64_t calls, histogram;
    struct el4_smccc_count last;
};

static void note(const struct el4_smccc_count *count, void *data)
{
    struct seen *seen = data;
    seen->entries++;
    seen->calls += count->handled + count->trapped + count->unclaimed;
    for (unsigned i = 0; i < EL4_SMCCC_BUCKETS; i++) {
        seen->histogram += count->histogram[i];
    }
    seen->last = *count;
}

/* Of that verdict, by a service or by nobody; each stands there once. */
static uint64_t tally_of(const struct el4_smccc_count *count, enum el4_smccc_verdict verdict,
                         bool has_service)
{
    uint64_t calls = 0;
    for (const struct el4_smccc_tally *tally = count->tallies; tally; tally = tally->next) {
        if (tally->verdict == verdict && (tally->service != NULL) == has_service) {
            assert_int_equal(calls, 0);
            calls = tally->count;
        }
    }
    return calls;
}

static void counts(void **state)
{
    unsigned asked = 0;
    struct el4_smccc *smccc = make(&asked);
    struct el4_smccc_fault fault = rule(EL4_SMCCC_FAULT_TRAP);
    static const uint64_t third = 3;
    fault.nth = &third;
    fault.nth_count = 1;
    el4_smccc_add_fault(smccc, &fault);
    el4_smccc_enable_counts(smccc);
    assert_true(el4_smccc_freeze(smccc, NULL));
    hits(smccc, 10);
    struct seen seen = {0};
    el4_smccc_visit_counts(smccc, note, &seen);
    assert_int_equal(seen.entries, 1);
    assert_true(seen.last.handled == 9 && seen.last.trapped == 1 && seen.last.faults == 1);
    assert_true(seen.histogram == 10 && seen.last.longest_ns <= seen.last.total_ns);
    assert_int_equal(tally_of(&seen.last, EL4_SMCCC_WAS_HANDLED, true), 9);
    assert_int_equal(tally_of(&seen.last, EL4_SMCCC_WAS_TRAPPED, false), 1);

    struct el4_call call = call_with(0xffff0001);
    struct el4_smccc_answer result;
    el4_smccc_dispatch(smccc, &call, &result);
    seen = (struct seen){0};
    el4_smccc_visit_counts(smccc, note, &seen);
    assert_int_equal(seen.entries, 2);
    assert_true(seen.last.unclaimed == 1 && seen.last.id == 0xffff0001);
    assert_int_equal(tally_of(&seen.last, EL4_SMCCC_WAS_UNCLAIMED, false), 1);
    el4_smccc_free(smccc);
}

/* A guest that calls ever new ids gets a bounded table, and every call is in it. */
static void many_ids(void **state)
{
    unsigned asked = 0;
    struct el4_smccc *smccc = make(&asked);
    el4_smccc_enable_counts(smccc);
    assert_true(el4_smccc_freeze(smccc, NULL));
    for (uint32_t i = 0; i < 10000; i++) {
        struct el4_call call = call_with(0x82000000 + i);
        struct el4_smccc_answer result;
        el4_smccc_dispatch(smccc, &call, &result);
    }
    struct seen seen = {0};
    el4_smccc_visit_counts(smccc, note, &seen);
    assert_in_range(seen.entries, 100, 5000);
    assert_true(seen.calls == 10000);
    assert_true(seen.last.others);
    el4_smccc_free(smccc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_calls),
        cmocka_unit_test(chance),
        cmocka_unit_test(which_ids),
        cmocka_unit_test(conduit_caller_selector),
        cmocka_unit_test(actions),
        cmocka_unit_test(order_of_rules),
        cmocka_unit_test(immediates_meet_no_fault),
        cmocka_unit_test(counts),
        cmocka_unit_test(many_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
