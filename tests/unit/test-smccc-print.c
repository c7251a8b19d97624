/* SPDX-License-Identifier: MIT */
/* What people read of chains: rows by caller, printed chains and decisions, names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smccc-fixture.h"

struct rows {
    unsigned count;
    struct el4_smccc_row row[8];
    const char *first_service[8];
};

static void collect(const struct el4_smccc_row *row, void *data)
{
    struct rows *rows = data;
    assert_true(rows->count < 8);
    rows->row[rows->count] = *row;
    rows->first_service[rows->count++] = el4_smccc_service_name(row->services[0]);
    assert_null(row->services[row->count]);
}

static struct el4_smccc *printed_chain(struct fake *psci, struct fake *unknown)
{
    struct el4_smccc *smccc = el4_smccc_new();
    add(smccc, "psci", psci);
    add(smccc, "smccc-unknown", unknown);
    chain(smccc, EL4_CONDUIT_SMC, psci);
    chain(smccc, EL4_CONDUIT_SMC, unknown);
    struct el4_claim normal_world = claim_of(0x84000003, 0x84000003, "CPU_ON");
    normal_world.callers = EL4_CALLERS_NS;
    claim_with(smccc, psci, normal_world);
    struct el4_claim rest = claim_of(0x80000000, UINT32_MAX, NULL);
    rest.callers = EL4_CALLERS_ALL & ~EL4_CALLER_EL3;
    claim_with(smccc, unknown, rest);
    freeze(smccc);
    return smccc;
}

static void rows_by_caller(void **state)
{
    struct fake psci = {.verdict = EL4_HANDLED};
    struct fake unknown = {.verdict = EL4_HANDLED};
    struct el4_smccc *smccc = printed_chain(&psci, &unknown);
    struct rows rows = {0};
    el4_smccc_visit(smccc, EL4_CONDUIT_SMC, collect, &rows);
    assert_int_equal(rows.count, 4);
    assert_int_equal(rows.row[0].first, 0x80000000);
    assert_int_equal(rows.row[0].last, 0x84000002);
    assert_int_equal(rows.row[1].callers, EL4_CALLERS_NS);
    assert_string_equal(rows.first_service[1], "psci");
    assert_int_equal(rows.row[1].count, 2);
    assert_int_equal(rows.row[2].callers, EL4_CALLER_S_EL1 | EL4_CALLER_S_EL2);
    assert_string_equal(rows.first_service[2], "smccc-unknown");
    assert_int_equal(rows.row[3].last, UINT32_MAX);
    el4_smccc_free(smccc);
}

static void expect_text(const GString *text, const char *part)
{
    if (!strstr(text->str, part)) {
        fail_msg("'%s' is not in:\n%s", part, text->str);
    }
}

static void printed(void **state)
{
    struct fake psci = {.verdict = EL4_HANDLED};
    struct fake unknown = {.verdict = EL4_HANDLED};
    struct el4_smccc *smccc = printed_chain(&psci, &unknown);
    GString *text = g_string_new(NULL);
    el4_smccc_print_chain(smccc, EL4_CONDUIT_SMC, text);
    expect_text(text, "smc: psci, smccc-unknown\n");
    expect_text(text, "immediate 0 only");
    expect_text(text, "psci (CPU_ON), then smccc-unknown (unknown functions)");
    g_string_truncate(text, 0);
    el4_smccc_print_chain(smccc, EL4_CONDUIT_HVC, text);
    expect_text(text, "hvc: no services\n");
    g_string_truncate(text, 0);
    el4_smccc_print_decision(smccc, EL4_CONDUIT_SMC, 0x84010003, text);
    expect_text(text, "  CPU_ON\n");
    expect_text(text, "fast call, SMC32/HVC32, owner 4: standard secure service");
    expect_text(text, "the id is 0x84000003");
    expect_text(text, "from ns-el1,ns-el2:\n    psci (CPU_ON)\n");
    expect_text(text, "shadowed, asked only if psci passes");
    expect_text(text, "from el3:\n    nobody: architectural exception");
    g_string_truncate(text, 0);
    el4_smccc_print_decision(smccc, EL4_CONDUIT_HVC, 0x95c1ba5e, text);
    expect_text(text, "bits 23:17");
    expect_text(text, "from all:\n    nobody");
    if (getenv("EL4_TEST_SHOW")) {
        g_string_truncate(text, 0);
        el4_smccc_print_chain(smccc, EL4_CONDUIT_SMC, text);
        el4_smccc_print_decision(smccc, EL4_CONDUIT_SMC, 0x84000003, text);
        print_message("%s", text->str);
    }
    g_string_free(text, TRUE);
    el4_smccc_free(smccc);
}

static void names(void **state)
{
    for (uint32_t bit = 1; bit <= EL4_CALLERS_ALL; bit <<= 1) {
        assert_int_equal(el4_smccc_caller_from_name(el4_smccc_caller_name(bit)), bit);
    }
    assert_null(el4_smccc_caller_name(3));
    assert_null(el4_smccc_caller_name(0));
    assert_int_equal(el4_smccc_caller_from_name("EL1"), 0);
    for (int i = 0; i < EL4_CONDUIT_COUNT; i++) {
        assert_int_equal(
            el4_smccc_conduit_from_name(el4_smccc_conduit_name((enum el4_conduit)i)), i);
    }
    assert_int_equal(el4_smccc_conduit_from_name(""), -1);
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_by_caller),
        cmocka_unit_test(printed),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
