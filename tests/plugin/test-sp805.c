/* SPDX-License-Identifier: MIT */
/*
 * SP805: interrupt, then reset; the lock; identification (Arm DDI 0270).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum {
    LOAD = 0x000,
    VALUE = 0x004,
    CONTROL = 0x008,
    INTCLR = 0x00c,
    RIS = 0x010,
    MIS = 0x014,
    LOCK = 0xc00
};
enum { INTERRUPT = 1, RESET = 2 };

#define TICK_NS 1000000u

static int set_up(void **state)
{
    static const struct fake_setting settings[] = {{"frequency", "1000"}, {0}};
    struct el4_instance *fake = fake_new(settings, 1);
    fake_create_device(fake);
    *state = fake;
    return 0;
}

static void test_reset_values(void **state)
{
    static const uint32_t ids[] = {0x05, 0x18, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct el4_instance *fake = *state;
    assert_int_equal(reg(fake, LOAD), UINT32_MAX);
    assert_int_equal(reg(fake, VALUE), UINT32_MAX);
    assert_int_equal(reg(fake, CONTROL), 0);
    assert_int_equal(reg(fake, LOCK), 0);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(reg(fake, 0xfe0 + 4 * i), ids[i]);
    }
}

static void test_unheeded(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, LOAD, 10);
    fake_advance(fake, 100 * TICK_NS);
    assert_int_equal(reg(fake, VALUE), 10); /* it does not run */
    set(fake, CONTROL, INTERRUPT | RESET);
    fake_advance(fake, 10 * TICK_NS);
    assert_true(fake->outputs[0]);
    assert_int_equal(reg(fake, MIS), 1);
    assert_int_equal(fake->event, -1);
    fake_advance(fake, 11 * TICK_NS);
    assert_int_equal(fake->event, EL4_SYSTEM_RESET);
}

static void test_heeded(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, LOAD, 10);
    set(fake, CONTROL, INTERRUPT | RESET);
    for (unsigned i = 0; i < 5; i++) {
        fake_advance(fake, 15 * TICK_NS);
        assert_int_equal(reg(fake, RIS), 1);
        set(fake, INTCLR, 0);
        assert_int_equal(reg(fake, RIS), 0);
        assert_int_equal(reg(fake, VALUE), 10);
    }
    set(fake, CONTROL, INTERRUPT);
    fake_advance(fake, 100 * TICK_NS);
    assert_int_equal(fake->event, -1);
    assert_true(fake_next_timer(fake) == UINT64_MAX);
}

static void test_lock(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, LOCK, 0);
    assert_int_equal(reg(fake, LOCK), 1);
    set(fake, LOAD, 10);
    set(fake, CONTROL, INTERRUPT);
    assert_int_equal(reg(fake, LOAD), UINT32_MAX);
    assert_int_equal(reg(fake, CONTROL), 0);
    set(fake, LOCK, 0x1acce551);
    set(fake, LOAD, 10);
    assert_int_equal(reg(fake, LOAD), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reset_values, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_unheeded, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_heeded, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_lock, set_up, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
