/* SPDX-License-Identifier: MIT */
/*
 * Calls: who is asked for which id, in which order, and what comes of it; and that no claim
 * table or call makes dispatch differ from a plain walk over the claims.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smccc-fixture.h"

static void chain_order_decides(void **state)
{
    struct el4_smccc *smccc = el4_smccc_new();
    struct fake first = {.verdict = EL4_HANDLED, .result = 1};
    struct fake second = {.verdict = EL4_HANDLED, .result = 2};
    /* Made known in the other order: only the chain counts. */
    add(smccc, "second", &second);
    add(smccc, "first", &first);
    chain(smccc, EL4_CONDUIT_SMC, &first);
    chain(smccc, EL4_CONDUIT_SMC, &second);
    chain(smccc, EL4_CONDUIT_HVC, &second);
    chain(smccc, EL4_CONDUIT_HVC, &first);
    claim(smccc, &first, 0x84000003, 0x84000003);
    claim(smccc, &second, 0x84000000, 0x8400ffff);
    freeze(smccc);

    struct el4_call call = call_from(EL4_CALLER_NS_EL1, 0x84000003);
    struct el4_smccc_answer answer = smc(smccc, &call);
    assert_int_equal(answer.outcome, EL4_SMCCC_HANDLED);
    assert_ptr_equal(answer.service, first.service);
    assert_int_equal(call.results[0], 1);
    assert_int_equal(call.result_mask, 1);

    call = call_from(EL4_CALLER_NS_EL1, 0x84000003);
    call.conduit = EL4_CONDUIT_HVC;
    assert_ptr_equal(smc(smccc, &call).service, second.service);

    for (uint32_t id = 0x84000000; id < 0x84000008; id++) {
        call = call_from(EL4_CALLER_NS_EL1, id);
        assert_ptr_equal(smc(smccc, &call).service,
                         id == 0x84000003 ? first.service : second.service);
    }
    call = call_from(EL4_CALLER_NS_EL1, 0x83ffffff);
    answer = smc(smccc, &call);
    assert_int_equal(answer.outcome, EL4_SMCCC_ARCHITECTURAL);
    assert_null(answer.service);
    call = call_from(EL4_CALLER_NS_EL1, 0x84000003);
    call.conduit = EL4_CONDUIT_EL4; /* nothing is chained there */
    assert_int_equal(smc(smccc, &call).outcome, EL4_SMCCC_ARCHITECTURAL);
    el4_smccc_free(smccc);
}

static void verdicts(void **state)
{
    struct el4_smccc *smccc = el4_smccc_new();
    struct fake first = {.verdict = EL4_PASS, .result = 1};
    struct fake second = {.verdict = EL4_TRAP, .result = 2};
    struct fake third = {.verdict = EL4_HANDLED, .result = 3};
    struct fake *fakes[] = {&first, &second, &third};
    const char *names[] = {"first", "second", "third"};
    for (unsigned i = 0; i < 3; i++) {
        add(smccc, names[i], fakes[i]);
        chain(smccc, EL4_CONDUIT_SMC, fakes[i]);
        claim(smccc, fakes[i], 0, UINT32_MAX);
    }
    freeze(smccc);

    struct el4_call call = call_from(EL4_CALLER_NS_EL1, 0x84000000);
    struct el4_smccc_answer answer = smc(smccc, &call);
    assert_int_equal(answer.outcome, EL4_SMCCC_ARCHITECTURAL);
    assert_ptr_equal(answer.service, second.service);
    assert_string_equal(answer.claim, "function");
    assert_int_equal(call.result_mask, 0); /* a call that traps returns nothing */
    assert_int_equal(third.asked, 0);

    second.verdict = EL4_PASS;
    call = call_from(EL4_CALLER_NS_EL1, 0x84000000);
    assert_ptr_equal(smc(smccc, &call).service, third.service);
    assert_int_equal(call.results[0], 3);

    third.verdict = EL4_PASS;
    call = call_from(EL4_CALLER_NS_EL1, 0x84000000);
    answer = smc(smccc, &call);
    assert_int_equal(answer.outcome, EL4_SMCCC_ARCHITECTURAL);
    assert_null(answer.service);
    assert_int_equal(call.result_mask, 0);

    third.verdict = (enum el4_verdict)77; /* a service of a future or broken kit */
    call = call_from(EL4_CALLER_NS_EL1, 0x84000000);
    assert_int_equal(smc(smccc, &call).outcome, EL4_SMCCC_ARCHITECTURAL);
    assert_int_equal(call.result_mask, 0);
    el4_smccc_free(smccc);
}

static void ids_are_32_bits(void **state)
{
    struct el4_smccc *smccc = el4_smccc_new();
    struct fake fake = {.verdict = EL4_HANDLED};
    add(smccc, "all", &fake);
    chain(smccc, EL4_CONDUIT_SMC, &fake);
    claim(smccc, &fake, 0, UINT32_MAX);
    freeze(smccc);

    static const struct {
        uint64_t x0;
        uint32_t id;
        bool hint;
    } cases[] = {
        {0x84000000, 0x84000000, false},
        {0xdeadbeef84000000, 0x84000000, false},
        {0x84010000, 0x84000000, true}, /* the hint is no part of a fast id ... */
        {0xc4010003, 0xc4000003, true},
        {0x95c1ba5e, 0x95c1ba5e, false}, /* ... if bits 23:17 are zero */
        {0x84020000, 0x84020000, false},
        {0x84030000, 0x84030000, false},
        {0x32010004, 0x32010004, false}, /* nor of a yielding one is it a hint */
        {0x00010000, 0x00010000, false},
        {0xffffffffffffffff, 0xffffffff, false},
        {0, 0, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct el4_call call = call_from(EL4_CALLER_NS_EL2, cases[i].x0);
        assert_int_equal(smc(smccc, &call).outcome, EL4_SMCCC_HANDLED);
        assert_int_equal(fake.last.id, cases[i].id);
        assert_int_equal(fake.last.hint, cases[i].hint);
        assert_int_equal(fake.last.selector, 0);
        assert_int_equal(fake.last.args[0], cases[i].x0);
    }
    el4_smccc_free(smccc);
}

static void immediates(void **state)
{
    struct el4_smccc *smccc = el4_smccc_new();
    struct fake fake = {.verdict = EL4_HANDLED};
    add(smccc, "all", &fake);
    for (int i = 0; i < EL4_CONDUIT_COUNT; i++) {
        chain(smccc, (enum el4_conduit)i, &fake);
    }
    claim(smccc, &fake, 0, UINT32_MAX);
    el4_smccc_set_immediates(smccc, EL4_CONDUIT_HVC, EL4_SMCCC_IMMEDIATE_ANY);
    freeze(smccc);

    struct el4_call call = call_from(EL4_CALLER_NS_EL1, 0x84000000);
    call.immediate = 1;
    struct el4_smccc_answer answer = smc(smccc, &call);
    assert_int_equal(answer.outcome, EL4_SMCCC_ARCHITECTURAL);
    assert_null(answer.service);
    assert_int_equal(fake.asked, 0);
    call.conduit = EL4_CONDUIT_HVC;
    assert_int_equal(smc(smccc, &call).outcome, EL4_SMCCC_HANDLED);
    assert_int_equal(fake.last.immediate, 1);
    call.conduit = EL4_CONDUIT_EL4; /* which doorbell it was is the machine's business */
    assert_int_equal(smc(smccc, &call).outcome, EL4_SMCCC_HANDLED);
    call.conduit = 99;
    assert_int_equal(smc(smccc, &call).outcome, EL4_SMCCC_ARCHITECTURAL);
    el4_smccc_free(smccc);
}

static void callers(void **state)
{
    struct el4_smccc *smccc = el4_smccc_new();
    struct fake el1 = {.verdict = EL4_HANDLED};
    struct fake rest = {.verdict = EL4_HANDLED};
    add(smccc, "el1", &el1);
    add(smccc, "rest", &rest);
    chain(smccc, EL4_CONDUIT_SMC, &el1);
    chain(smccc, EL4_CONDUIT_SMC, &rest);
    struct el4_claim only = claim_of(0x84000000, 0x8400001f, "for EL1");
    only.callers = EL4_CALLER_NS_EL1;
    claim_with(smccc, &el1, only);
    only = claim_of(0x84000000, 0x84000000, "for EL2 and EL3");
    only.callers = EL4_CALLER_NS_EL2 | EL4_CALLER_EL3;
    claim_with(smccc, &rest, only);
    freeze(smccc);

    static const struct {
        uint32_t caller;
        uint32_t id;
        int who; /* 0 nobody, 1 el1, 2 rest */
    } cases[] = {
        {EL4_CALLER_NS_EL1, 0x84000000, 1}, {EL4_CALLER_NS_EL2, 0x84000000, 2},
        {EL4_CALLER_S_EL1, 0x84000000, 0},  {EL4_CALLER_S_EL2, 0x84000000, 0},
        {EL4_CALLER_EL3, 0x84000000, 2},    {EL4_CALLER_NS_EL1, 0x84000001, 1},
        {EL4_CALLER_EL3, 0x84000001, 0},    {0, 0x84000000, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct el4_call call = call_from(cases[i].caller, cases[i].id);
        struct el4_smccc_answer answer = smc(smccc, &call);
        const struct el4_smccc_service *who = cases[i].who == 1   ? el1.service
                                              : cases[i].who == 2 ? rest.service
                                                                  : NULL;
        assert_ptr_equal(answer.service, who);
        assert_ptr_equal(
            el4_smccc_who(smccc, EL4_CONDUIT_SMC, cases[i].caller, 0, cases[i].id, NULL), who);
    }
    el4_smccc_free(smccc);
}

/* highbank: r12 holds the number of monitor calls whose r0 is data, and PSCI is there too. */
static void selectors(void **state)
{
    for (int psci_first = 0; psci_first < 2; psci_first++) {
        struct el4_smccc *smccc = el4_smccc_new();
        struct fake monitor = {.verdict = EL4_TRAP};
        struct fake psci = {.verdict = EL4_HANDLED};
        add(smccc, "monitor", &monitor);
        add(smccc, "psci", &psci);
        chain(smccc, EL4_CONDUIT_SMC, psci_first ? &psci : &monitor);
        chain(smccc, EL4_CONDUIT_SMC, psci_first ? &monitor : &psci);
        struct el4_claim by_r12 = claim_of(0x100, 0x113, "monitor calls");
        by_r12.selector = 12;
        claim_with(smccc, &monitor, by_r12);
        claim(smccc, &psci, 0, 3);
        claim(smccc, &psci, 0x84000000, 0x8400001f);
        freeze(smccc);

        struct el4_call call = call_from(EL4_CALLER_NS_EL1, 1);
        call.args[12] = 0xffffffff00000102; /* only the low half is an id */
        struct el4_smccc_answer answer = smc(smccc, &call);
        assert_ptr_equal(answer.service, psci_first ? psci.service : monitor.service);
        if (!psci_first) {
            assert_int_equal(monitor.last.id, 0x102);
            assert_int_equal(monitor.last.selector, 12);
            monitor.verdict = EL4_PASS;
            call = call_from(EL4_CALLER_NS_EL1, 1);
            call.args[12] = 0x102;
            assert_ptr_equal(smc(smccc, &call).service, psci.service);
            assert_int_equal(psci.last.id, 1);
            assert_int_equal(psci.last.selector, 0);
        }
        call = call_from(EL4_CALLER_NS_EL1, 0x84000000);
        call.args[12] = 0x114;
        assert_ptr_equal(smc(smccc, &call).service, psci.service);
        call = call_from(EL4_CALLER_NS_EL1, 0x84010000);
        call.args[12] = 0x80010000; /* a hint is a thing of x0 alone */
        assert_ptr_equal(smc(smccc, &call).service, psci.service);
        el4_smccc_free(smccc);
    }
}

/* One service with a claim by each of two registers: asked for each, lower register first. */
static void one_service_two_selectors(void **state)
{
    struct el4_smccc *smccc = el4_smccc_new();
    struct fake fake = {.verdict = EL4_PASS};
    add(smccc, "both", &fake);
    chain(smccc, EL4_CONDUIT_SMC, &fake);
    struct el4_claim by_x17 = claim_of(5, 5, "x17");
    by_x17.selector = 17;
    claim_with(smccc, &fake, by_x17);
    claim(smccc, &fake, 5, 5);
    freeze(smccc);
    struct el4_call call = call_from(EL4_CALLER_NS_EL1, 5);
    call.args[17] = 5;
    assert_int_equal(smc(smccc, &call).outcome, EL4_SMCCC_ARCHITECTURAL);
    assert_int_equal(fake.asked, 2);
    assert_int_equal(fake.last.selector, 17);
    el4_smccc_free(smccc);
}

static enum el4_verdict return_everything(void *state, struct el4_call *call)
{
    call->result_mask = UINT32_MAX;
    return EL4_HANDLED;
}

static void result_mask_is_cut(void **state)
{
    struct el4_smccc *smccc = el4_smccc_new();
    struct el4_smccc_handler handler = {.name = "greedy", .call = return_everything};
    struct fake greedy = {.service = el4_smccc_add_service(smccc, &handler)};
    chain(smccc, EL4_CONDUIT_SMC, &greedy);
    claim(smccc, &greedy, 0, 0);
    freeze(smccc);
    struct el4_call call = call_from(EL4_CALLER_NS_EL1, 0);
    smc(smccc, &call);
    assert_int_equal(call.result_mask, 0x3ffff);
    call = call_from(EL4_CALLER_NS_EL1, 0);
    call.aarch32 = true;
    smc(smccc, &call);
    assert_int_equal(call.result_mask, 0x7fff); /* r15 is no result */
    el4_smccc_free(smccc);
}

static void edges_of_the_id_space(void **state)
{
    struct el4_smccc *smccc = el4_smccc_new();
    struct fake low = {.verdict = EL4_HANDLED};
    struct fake high = {.verdict = EL4_HANDLED};
    add(smccc, "low", &low);
    add(smccc, "high", &high);
    chain(smccc, EL4_CONDUIT_SMC, &low);
    chain(smccc, EL4_CONDUIT_SMC, &high);
    claim(smccc, &low, 0, 0);
    claim(smccc, &high, UINT32_MAX, UINT32_MAX);
    freeze(smccc);
    struct el4_call call = call_from(EL4_CALLER_EL3, 0);
    assert_ptr_equal(smc(smccc, &call).service, low.service);
    call = call_from(EL4_CALLER_EL3, UINT32_MAX);
    assert_ptr_equal(smc(smccc, &call).service, high.service);
    call = call_from(EL4_CALLER_EL3, UINT32_MAX - 1);
    assert_null(smc(smccc, &call).service);
    call = call_from(EL4_CALLER_EL3, 1);
    assert_null(smc(smccc, &call).service);
    el4_smccc_free(smccc);
}

/* ---- random chains against a walk over the claims as they were made ---- */

#define RANDOM_SERVICES 5
#define RANDOM_CLAIMS   12

struct model {
    struct el4_claim claims[RANDOM_SERVICES][RANDOM_CLAIMS];
    unsigned count[RANDOM_SERVICES];
};

static uint32_t random_id(GRand *random)
{
    static const uint32_t bases[] = {0,          0x84000000, 0x84010000,
                                     0xc4000000, 0x95c1ba50, 0xffffffe0};
    return bases[g_rand_int_range(random, 0, G_N_ELEMENTS(bases))] +
           (uint32_t)g_rand_int_range(random, 0, 32);
}

static void random_claims(struct el4_smccc *smccc, GRand *random, struct fake *fakes,
                          struct model *model)
{
    for (unsigned s = 0; s < RANDOM_SERVICES; s++) {
        for (unsigned i = 0; i < RANDOM_CLAIMS; i++) {
            struct el4_claim made = claim_of(random_id(random), random_id(random), "random");
            made.selector = g_rand_boolean(random) ? 0 : 12;
            made.conduits = (uint32_t)g_rand_int_range(random, 0, 8);
            made.callers = (uint32_t)g_rand_int_range(random, 0, 33);
            if (el4_smccc_claim(smccc, fakes[s].service, &made, NULL)) {
                model->claims[s][model->count[s]++] = made;
            }
        }
    }
}

static bool model_matches(const struct el4_claim *made, const struct el4_call *call)
{
    uint32_t id = (uint32_t)call->args[made->selector];
    if (made->selector == 0 && id >> 31 && !(id >> 17 & 0x7f)) {
        id &= ~(1u << 16);
    }
    return (made->conduits >> call->conduit & 1) &&
           (!made->callers || (made->callers & call->caller)) && id >= made->first &&
           id <= made->last;
}

static void check_random_call(struct el4_smccc *smccc, GRand *random, struct fake *fakes,
                              const struct model *model, struct fake **log,
                              unsigned *log_length)
{
    struct el4_call call = call_from(1u << g_rand_int_range(random, 0, 5), random_id(random));
    call.args[12] = random_id(random);
    call.conduit = (uint32_t)g_rand_int_range(random, 0, 3);
    struct fake *expected[RANDOM_SERVICES * 2];
    unsigned expected_length = 0;
    for (unsigned s = 0; s < RANDOM_SERVICES; s++) {
        for (unsigned i = 0; i < model->count[s]; i++) {
            if (model_matches(&model->claims[s][i], &call)) {
                expected[expected_length++] = &fakes[s];
            }
        }
    }
    *log_length = 0;
    assert_int_equal(smc(smccc, &call).outcome, EL4_SMCCC_ARCHITECTURAL);
    assert_int_equal(*log_length, expected_length);
    for (unsigned i = 0; i < expected_length; i++) {
        assert_ptr_equal(log[i], expected[i]);
    }
}

static void same_as_a_walk_over_claims(void **state)
{
    for (uint32_t seed = 1; seed <= 200; seed++) {
        GRand *random = g_rand_new_with_seed(seed);
        struct el4_smccc *smccc = el4_smccc_new();
        struct fake *log[RANDOM_SERVICES * 2];
        unsigned log_length = 0;
        struct fake fakes[RANDOM_SERVICES];
        struct model model = {0};
        for (unsigned s = 0; s < RANDOM_SERVICES; s++) {
            fakes[s] =
                (struct fake){.verdict = EL4_PASS, .log = log, .log_length = &log_length};
            add(smccc, "random", &fakes[s]);
            for (int i = 0; i < EL4_CONDUIT_COUNT; i++) {
                chain(smccc, (enum el4_conduit)i, &fakes[s]);
            }
        }
        random_claims(smccc, random, fakes, &model);
        freeze(smccc);
        for (unsigned i = 0; i < 500; i++) {
            check_random_call(smccc, random, fakes, &model, log, &log_length);
        }
        el4_smccc_free(smccc);
        g_rand_free(random);
    }
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chain_order_decides),
        cmocka_unit_test(verdicts),
        cmocka_unit_test(ids_are_32_bits),
        cmocka_unit_test(immediates),
        cmocka_unit_test(callers),
        cmocka_unit_test(selectors),
        cmocka_unit_test(one_service_two_selectors),
        cmocka_unit_test(result_mask_is_cut),
        cmocka_unit_test(edges_of_the_id_space),
        cmocka_unit_test(same_as_a_walk_over_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
