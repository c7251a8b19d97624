/* SPDX-License-Identifier: MIT */
/*
 * The smccc-unknown plugin: every id is claimed, without a name, and answered -1 in x0 alone
 * (Arm DEN0028 section 5.2).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service-calls.h"

static void answers_everything(void **state)
{
    struct el4_instance *unknown = fake_new(NULL, 1);
    fake_create_service(unknown);
    assert_int_equal(unknown->claim_count, 1);
    assert_int_equal(unknown->claims[0].flags, EL4_CLAIM_UNKNOWN);
    static const uint32_t ids[] = {0,          0x84000000, 0xc4000000,
                                   0x32000000, 0x8600ff01, 0xffffffff};
    for (size_t i = 0; i < 6; i++) {
        assert_true(service_claims(unknown, EL4_CONDUIT_EL4, EL4_CALLER_EL3, ids[i]));
        struct el4_call call = service_make_call(0, ids[i], 1, 2, 3);
        assert_int_equal(service_call(unknown, &call), EL4_HANDLED);
        assert_int_equal(call.result_mask, 1);
        assert_true(call.results[0] == UINT64_MAX);
    }
    fake_free(unknown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers_everything)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
