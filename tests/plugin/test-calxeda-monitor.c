/* SPDX-License-Identifier: MIT */
/*
 * The calxeda-monitor plugin against a fake host: the cache controller's control register gets
 * what the caller has in r0, and nothing else is claimed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "service-calls.h"

static struct el4_instance *make(const struct fake_setting *keys, uint64_t base, uint32_t id)
{
    struct el4_instance *monitor = fake_new(keys, 1);
    monitor->outside[0].address = base + 0x100;
    monitor->outside[1].address = base;
    monitor->outside[1].value = id;
    monitor->outside_count = base ? 2 : 0;
    fake_create_service(monitor);
    return monitor;
}

static struct el4_call make_call(uint32_t id, uint32_t r0)
{
    struct el4_call call = service_make_call(0, id, 0x11, 0x22, 0x33);
    call.args[0] = r0;
    call.args[12] = id;
    call.selector = 12;
    call.aarch32 = true;
    return call;
}

static void writes_the_register(void **state)
{
    struct el4_instance *monitor = make(NULL, 0xfff12000, 0x410000c8);
    for (uint32_t value = 2; value-- > 0;) {
        struct el4_call call = make_call(0x102, value);
        assert_int_equal(service_call(monitor, &call), EL4_HANDLED);
        assert_int_equal(call.result_mask, 0);
        assert_int_equal(monitor->outside[0].value, value);
    }
    assert_int_equal(monitor->outside[0].writes, 2);
    fake_free(monitor);
}

static void claims_one_function(void **state)
{
    struct el4_instance *monitor = make(NULL, 0, 0);
    assert_int_equal(monitor->claim_count, 1);
    assert_int_equal(monitor->claims[0].selector, 12);
    assert_int_equal(monitor->claims[0].first, 0x102);
    assert_int_equal(monitor->claims[0].last, 0x102);
    assert_int_equal(monitor->claims[0].callers, EL4_CALLERS_NS);
    assert_false(service_claims(monitor, EL4_CONDUIT_HVC, EL4_CALLER_NS_EL1, 0x102));
    struct el4_call other = make_call(0x109, 1);
    assert_int_equal(service_call(monitor, &other), EL4_PASS);
    struct el4_call by_r0 = make_call(0x102, 0x102);
    by_r0.selector = 0;
    assert_int_equal(service_call(monitor, &by_r0), EL4_PASS);
    fake_free(monitor);
}

static void is_not_answered(uint64_t base, uint32_t id)
{
    struct el4_instance *monitor = make(NULL, base, id);
    for (unsigned i = 0; i < 3; i++) {
        struct el4_call call = make_call(0x102, 1);
        assert_int_equal(service_call(monitor, &call), EL4_PASS);
        assert_int_equal(call.result_mask, 0);
    }
    assert_int_equal(monitor->outside[0].writes, 0);
    assert_int_equal(monitor->log_count[EL4_LOG_WARNING], 1);
    fake_free(monitor);
}

/* Nothing there; midway's GICC_CTLR; another part number. */
static void no_controller(void **state)
{
    is_not_answered(0, 0);
    is_not_answered(0xfff12000, 1);
    is_not_answered(0xfff12000, 0x41000080);
}

static void elsewhere(void **state)
{
    const struct fake_setting keys[] = {{"l2-controller", "0x48242000"}, {0}};
    struct el4_instance *monitor = make(keys, 0x48242000, 0x410000c4);
    struct el4_call call = make_call(0x102, 1);
    assert_int_equal(service_call(monitor, &call), EL4_HANDLED);
    assert_int_equal(monitor->outside[0].value, 1);
    fake_free(monitor);
    const struct fake_setting odd[] = {{"l2-controller", "0x48242100"}, {0}};
    monitor = fake_new(odd, 1);
    assert_false(fake_try_create_service(monitor));
    assert_non_null(strstr(monitor->failure, "l2-controller: "));
    fake_free(monitor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_register),
        cmocka_unit_test(claims_one_function),
        cmocka_unit_test(no_controller),
        cmocka_unit_test(elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
