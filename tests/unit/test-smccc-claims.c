/* SPDX-License-Identifier: MIT */
/*
 * Claims of services: which are refused and in what words, what configuration makes of them,
 * and what the finished chains say of an id.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smccc-fixture.h"

static void expect_refused(struct el4_smccc *smccc, struct fake *fake, struct el4_claim bad,
                           const char *part, const char *other_part)
{
    GError *error = NULL;
    assert_false(el4_smccc_claim(smccc, fake->service, &bad, &error));
    assert_non_null(error);
    if (!strstr(error->message, part) || !strstr(error->message, other_part)) {
        fail_msg("'%s' lacks '%s' or '%s'", error->message, part, other_part);
    }
    g_error_free(error);
    assert_false(el4_smccc_claim(smccc, fake->service, &bad, NULL));
}

static void bad_claims(void **state)
{
    struct el4_smccc *smccc = el4_smccc_new();
    struct fake fake = {.verdict = EL4_HANDLED};
    add(smccc, "psci", &fake);

    expect_refused(smccc, &fake, claim_of(2, 1, "CPU_OFF"), "psci", "CPU_OFF");
    expect_refused(smccc, &fake, claim_of(UINT32_MAX, 0, NULL), "psci", "before it begins");
    struct el4_claim bad = claim_of(1, 2, "CPU_OFF");
    bad.conduits = 0;
    expect_refused(smccc, &fake, bad, "CPU_OFF", "conduit");
    bad.conduits = 8;
    expect_refused(smccc, &fake, bad, "CPU_OFF", "conduit");
    bad = claim_of(1, 2, "CPU_OFF");
    bad.callers = 0x20;
    expect_refused(smccc, &fake, bad, "CPU_OFF", "caller");
    bad = claim_of(1, 2, "CPU_OFF");
    bad.selector = 18;
    expect_refused(smccc, &fake, bad, "CPU_OFF", "register 18");
    bad.selector = UINT32_MAX;
    expect_refused(smccc, &fake, bad, "CPU_OFF", "register");
    bad = claim_of(1, 2, "CPU_OFF");
    bad.struct_size = 8;
    expect_refused(smccc, &fake, bad, "psci", "8 bytes");
    expect_refused(smccc, &fake, claim_of(0x84010000, 0x84010000, "hinted"), "hinted",
                   "bit 16");
    expect_refused(smccc, &fake, claim_of(0x84010000, 0x8401ffff, "hinted"), "hinted",
                   "bit 16");

    claim_with(smccc, &fake, claim_of(0x84000000, 0x84000010, "first"));
    expect_refused(smccc, &fake, claim_of(0x84000010, 0x84000020, "second"), "first", "second");
    expect_refused(smccc, &fake, claim_of(0x84000004, 0x84000004, "second"), "first", "second");
    expect_refused(smccc, &fake, claim_of(0, UINT32_MAX, "second"), "first", "second");
    claim_with(smccc, &fake, claim_of(0x84000011, 0x84000020, "beside"));
    /* What is refused leaves no trace. */
    freeze(smccc);
    el4_smccc_free(smccc);
}

static void overlap_needs_common_ground(void **state)
{
    struct el4_smccc *smccc = el4_smccc_new();
    struct fake fake = {.verdict = EL4_HANDLED};
    add(smccc, "service", &fake);
    chain(smccc, EL4_CONDUIT_SMC, &fake);
    chain(smccc, EL4_CONDUIT_HVC, &fake);
    struct el4_claim one = claim_of(0, 9, "by SMC from EL1");
    one.conduits = EL4_CONDUITS_SMC;
    one.callers = EL4_CALLER_NS_EL1;
    claim_with(smccc, &fake, one);
    struct el4_claim other = one;
    other.name = "by HVC from EL1";
    other.conduits = EL4_CONDUITS_HVC;
    claim_with(smccc, &fake, other);
    other = one;
    other.name = "by SMC from EL2";
    other.callers = EL4_CALLER_NS_EL2;
    claim_with(smccc, &fake, other);
    other = one;
    other.name = "by x7";
    other.selector = 7;
    claim_with(smccc, &fake, other);
    other = one;
    other.name = "again";
    other.callers = EL4_CALLERS_ALL;
    expect_refused(smccc, &fake, other, "by SMC from EL1", "again");
    freeze(smccc);

    struct el4_call call = call_from(EL4_CALLER_NS_EL2, 3);
    assert_string_equal(smc(smccc, &call).claim, "by SMC from EL2");
    call = call_from(EL4_CALLER_NS_EL1, 3);
    assert_string_equal(smc(smccc, &call).claim, "by SMC from EL1");
    call.conduit = EL4_CONDUIT_HVC;
    assert_string_equal(smc(smccc, &call).claim, "by HVC from EL1");
    el4_smccc_free(smccc);
}

static void twice_in_a_chain(void **state)
{
    struct el4_smccc *smccc = el4_smccc_new();
    struct fake fake = {.verdict = EL4_HANDLED};
    add(smccc, "psci", &fake);
    assert_false(el4_smccc_has_chain(smccc, EL4_CONDUIT_SMC));
    chain(smccc, EL4_CONDUIT_SMC, &fake);
    GError *error = NULL;
    assert_false(el4_smccc_chain(smccc, EL4_CONDUIT_SMC, fake.service, &error));
    assert_non_null(strstr(error->message, "psci"));
    g_error_free(error);
    assert_true(el4_smccc_has_chain(smccc, EL4_CONDUIT_SMC));
    assert_false(el4_smccc_has_chain(smccc, EL4_CONDUIT_HVC));
    el4_smccc_free(smccc);
}

static void replaced_and_limited(void **state)
{
    struct el4_smccc *smccc = el4_smccc_new();
    struct fake fake = {.verdict = EL4_HANDLED};
    struct fake unknown = {.verdict = EL4_HANDLED};
    struct fake narrow = {.verdict = EL4_HANDLED};
    add(smccc, "moved", &fake);
    add(smccc, "unknown", &unknown);
    add(smccc, "narrow", &narrow);
    chain(smccc, EL4_CONDUIT_SMC, &fake);
    chain(smccc, EL4_CONDUIT_SMC, &narrow);
    chain(smccc, EL4_CONDUIT_SMC, &unknown);
    claim(smccc, &fake, 1, 2);
    el4_smccc_drop_claims(smccc, fake.service);
    claim(smccc, &fake, 3, 4);
    claim_with(smccc, &unknown, claim_of(0, UINT32_MAX, NULL));
    el4_smccc_drop_claims(smccc, unknown.service);
    claim_with(smccc, &unknown, claim_of(0, 0x100, "unknown"));
    claim(smccc, &narrow, 0x10, 0x1f);
    struct el4_claim hvc = claim_of(0x20, 0x2f, "by HVC");
    hvc.conduits = EL4_CONDUITS_HVC;
    claim_with(smccc, &narrow, hvc);
    el4_smccc_limit_claims(smccc, narrow.service, EL4_CONDUITS_SMC, EL4_CALLER_EL3);
    freeze(smccc);

    struct el4_call call = call_from(EL4_CALLER_NS_EL1, 1);
    assert_ptr_equal(smc(smccc, &call).service, unknown.service);
    call = call_from(EL4_CALLER_NS_EL1, 3);
    assert_ptr_equal(smc(smccc, &call).service, fake.service);
    call = call_from(EL4_CALLER_NS_EL1, 0x10);
    assert_ptr_equal(smc(smccc, &call).service, unknown.service);
    call = call_from(EL4_CALLER_EL3, 0x10);
    assert_ptr_equal(smc(smccc, &call).service, narrow.service);
    call = call_from(EL4_CALLER_EL3, 0x20);
    assert_ptr_equal(smc(smccc, &call).service, unknown.service);
    call = call_from(EL4_CALLER_EL3, 0x101);
    assert_null(smc(smccc, &call).service);
    /* Answering "unknown" is no implementation, whoever wrote the range. */
    assert_null(el4_smccc_who(smccc, EL4_CONDUIT_SMC, EL4_CALLER_NS_EL1, 0, 0x10, NULL));
    const char *name = NULL;
    assert_ptr_equal(el4_smccc_who(smccc, EL4_CONDUIT_SMC, EL4_CALLER_NS_EL1, 0, 3, &name),
                     fake.service);
    assert_string_equal(name, "function");
    el4_smccc_free(smccc);
}

static void starting_cpus(void **state)
{
    struct el4_smccc *smccc = el4_smccc_new();
    struct fake psci = {.verdict = EL4_HANDLED};
    add(smccc, "psci", &psci);
    assert_true(el4_smccc_chain(smccc, EL4_CONDUIT_HVC, psci.service, NULL));
    struct el4_claim cpu_on = claim_of(0x84000006, 0x84000006, "CPU_ON");
    cpu_on.flags = EL4_CLAIM_STARTS_CPUS;
    cpu_on.callers = EL4_CALLER_NS_EL1;
    claim_with(smccc, &psci, cpu_on);
    freeze(smccc);
    assert_true(el4_smccc_starts_cpus(smccc, EL4_CONDUIT_HVC, EL4_CALLER_NS_EL1));
    assert_false(el4_smccc_starts_cpus(smccc, EL4_CONDUIT_HVC, EL4_CALLER_NS_EL2));
    assert_false(el4_smccc_starts_cpus(smccc, EL4_CONDUIT_SMC, EL4_CALLER_NS_EL1));
    el4_smccc_free(smccc);
}

/* Ranges of the configuration keep the meaning; a service in front takes it away. */
static void starting_cpus_replaced(void **state)
{
    struct el4_smccc *smccc = el4_smccc_new();
    struct fake front = {.verdict = EL4_HANDLED};
    struct fake psci = {.verdict = EL4_HANDLED};
    add(smccc, "front", &front);
    add(smccc, "psci", &psci);
    assert_true(el4_smccc_chain(smccc, EL4_CONDUIT_SMC, front.service, NULL));
    assert_true(el4_smccc_chain(smccc, EL4_CONDUIT_SMC, psci.service, NULL));
    assert_true(el4_smccc_chain(smccc, EL4_CONDUIT_HVC, psci.service, NULL));
    struct el4_claim cpu_on = claim_of(0x84000003, 0x84000003, "CPU_ON");
    cpu_on.flags = EL4_CLAIM_STARTS_CPUS;
    claim_with(smccc, &psci, cpu_on);
    el4_smccc_drop_claims(smccc, psci.service);
    claim_with(smccc, &psci, claim_of(0x84000003, 0x84000003, "psci"));
    claim_with(smccc, &front, claim_of(0x84000000, 0x84000003, "front"));
    freeze(smccc);
    assert_true(el4_smccc_starts_cpus(smccc, EL4_CONDUIT_HVC, EL4_CALLER_NS_EL1));
    assert_false(el4_smccc_starts_cpus(smccc, EL4_CONDUIT_SMC, EL4_CALLER_NS_EL1));
    el4_smccc_free(smccc);
}

static void unknown_in_front_hides(void **state)
{
    struct el4_smccc *smccc = el4_smccc_new();
    struct fake unknown = {.verdict = EL4_HANDLED};
    struct fake psci = {.verdict = EL4_HANDLED};
    add(smccc, "unknown", &unknown);
    add(smccc, "psci", &psci);
    chain(smccc, EL4_CONDUIT_SMC, &unknown);
    chain(smccc, EL4_CONDUIT_SMC, &psci);
    chain(smccc, EL4_CONDUIT_HVC, &psci);
    chain(smccc, EL4_CONDUIT_HVC, &unknown);
    claim_with(smccc, &unknown, claim_of(0, UINT32_MAX, NULL));
    claim(smccc, &psci, 0x84000000, 0x84000000);
    freeze(smccc);
    assert_null(el4_smccc_who(smccc, EL4_CONDUIT_SMC, EL4_CALLER_NS_EL1, 0, 0x84000000, NULL));
    assert_ptr_equal(
        el4_smccc_who(smccc, EL4_CONDUIT_HVC, EL4_CALLER_NS_EL1, 0, 0x84010000, NULL),
        psci.service);
    assert_null(el4_smccc_who(smccc, EL4_CONDUIT_COUNT, EL4_CALLER_NS_EL1, 0, 0, NULL));
    el4_smccc_free(smccc);
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_claims),
        cmocka_unit_test(overlap_needs_common_ground),
        cmocka_unit_test(twice_in_a_chain),
        cmocka_unit_test(replaced_and_limited),
        cmocka_unit_test(starting_cpus),
        cmocka_unit_test(starting_cpus_replaced),
        cmocka_unit_test(unknown_in_front_hides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
