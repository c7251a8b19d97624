/* SPDX-License-Identifier: MIT */
/*
 * The vendor-hyp plugin against a fake host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "service-calls.h"

static struct el4_call ask(struct el4_instance *fake, uint32_t id, uint64_t x1, uint64_t x2)
{
    struct el4_call call = service_make_call(0, id, x1, x2, 0);
    assert_int_equal(service_call(fake, &call), EL4_HANDLED);
    return call;
}

static void passes(struct el4_instance *fake, uint32_t id)
{
    struct el4_call call = service_make_call(0, id, 0, 0, 0);
    assert_false(service_claims(fake, EL4_CONDUIT_HVC, EL4_CALLER_NS_EL1, id));
    assert_int_equal(service_call(fake, &call), EL4_PASS);
}

static struct el4_instance *make(const struct fake_setting *keys)
{
    struct el4_instance *fake = fake_new(keys, 1);
    fake_create_service(fake);
    return fake;
}

static void with_ptp(void **state)
{
    struct el4_instance *hyp = make(NULL);
    struct el4_call uid = ask(hyp, 0x8600ff01, 0, 0);
    static const uint64_t kvm[4] = {0xb66fb428, 0xe911c52e, 0x564bcaa9, 0x743a004d};
    assert_int_equal(uid.result_mask, 0xf);
    assert_memory_equal(uid.results, kvm, sizeof(kvm));
    struct el4_call features = ask(hyp, 0x86000000, 0, 0);
    assert_int_equal(features.result_mask, 0xf);
    assert_int_equal(features.results[0], 3);
    assert_int_equal(features.results[1] | features.results[2] | features.results[3], 0);
    hyp->wall_clock_s = 1700000000;
    hyp->now_ns = UINT64_C(0x123456789);
    struct el4_call ptp = ask(hyp, 0x86000001, 1, 0);
    assert_int_equal(ptp.results[0], UINT64_C(1700000000000000000) >> 32);
    assert_int_equal(ptp.results[1], UINT64_C(1700000000000000000) & UINT32_MAX);
    assert_int_equal(ptp.results[2], 1);
    assert_int_equal(ptp.results[3], 0x23456789);
    assert_int_equal(ask(hyp, 0x86000001, 0, 0).results[3], 0x23456788);
    assert_int_equal((int64_t)ask(hyp, 0x86000001, 2, 0).results[0], -1);
    passes(hyp, 0x86000002);
    passes(hyp, 0xc6000001);
    passes(hyp, 0x8600ff03);
    fake_free(hyp);
}

static void without_ptp(void **state)
{
    const struct fake_setting keys[] = {{"ptp", "no"}, {0}};
    struct el4_instance *hyp = make(keys);
    assert_int_equal(ask(hyp, 0x86000000, 0, 0).results[0], 1);
    passes(hyp, 0x86000001);
    fake_free(hyp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_ptp),
        cmocka_unit_test(without_ptp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
