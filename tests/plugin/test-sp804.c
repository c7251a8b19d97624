/* SPDX-License-Identifier: MIT */
/*
 * SP804: modes, prescalers, widths, interrupts, identification (Arm DDI 0271).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum {
    LOAD = 0x00,
    VALUE = 0x04,
    CONTROL = 0x08,
    INTCLR = 0x0c,
    RIS = 0x10,
    MIS = 0x14,
    BGLOAD = 0x18,
    SECOND = 0x20
};
enum {
    ONE_SHOT = 1,
    WIDE = 2,
    BY16 = 4,
    BY256 = 8,
    INTERRUPT = 0x20,
    PERIODIC = 0x40,
    ENABLE = 0x80
};
enum { OUT_BOTH, OUT_FIRST, OUT_SECOND };

#define TICK_NS 1000u

static int set_up(void **state)
{
    static const struct fake_setting settings[] = {{"frequency", "1000000"}, {0}};
    struct el4_instance *fake = fake_new(settings, 1);
    fake_create_device(fake);
    *state = fake;
    return 0;
}

static void test_reset_values(void **state)
{
    static const uint32_t ids[] = {0x04, 0x18, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct el4_instance *fake = *state;
    for (unsigned at = 0; at <= SECOND; at += SECOND) {
        assert_int_equal(reg(fake, at + LOAD), 0);
        assert_int_equal(reg(fake, at + VALUE), UINT32_MAX);
        assert_int_equal(reg(fake, at + CONTROL), 0x20);
        assert_int_equal(reg(fake, at + RIS), 0);
    }
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(reg(fake, 0xfe0 + 4 * i), ids[i]);
    }
}

/* Linux's clock source: from all ones down, 32 bits, for ever. */
static void test_free_running(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, LOAD, UINT32_MAX);
    set(fake, VALUE, 5); /* read only */
    set(fake, CONTROL, WIDE | PERIODIC | ENABLE);
    fake_advance(fake, 10 * TICK_NS);
    assert_int_equal(reg(fake, VALUE), UINT32_MAX - 10);
    set(fake, CONTROL, WIDE);
    fake_advance(fake, 10 * TICK_NS);
    assert_int_equal(reg(fake, VALUE), UINT32_MAX - 10);
    /* 16 bits wrap to 0xffff. */
    set(fake, CONTROL, ENABLE);
    set(fake, LOAD, 0x12340003);
    fake_advance(fake, 3 * TICK_NS);
    assert_int_equal(reg(fake, VALUE), 0);
    assert_int_equal(reg(fake, RIS), 1);
    fake_advance(fake, TICK_NS);
    assert_int_equal(reg(fake, VALUE), 0xffff);
}

static void test_periodic(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, LOAD, 100);
    set(fake, CONTROL, WIDE | PERIODIC | INTERRUPT | ENABLE);
    fake_advance(fake, 99 * TICK_NS);
    assert_int_equal(reg(fake, VALUE), 1);
    assert_false(fake->outputs[OUT_FIRST]);
    for (unsigned i = 0; i < 3; i++) {
        fake_advance(fake, i ? 100 * TICK_NS : TICK_NS);
        assert_true(fake->outputs[OUT_FIRST]);
        assert_true(fake->outputs[OUT_BOTH]);
        assert_false(fake->outputs[OUT_SECOND]);
        assert_int_equal(reg(fake, MIS), 1);
        assert_int_equal(reg(fake, VALUE), 100);
        set(fake, INTCLR, 0);
        assert_int_equal(reg(fake, RIS), 0);
        assert_false(fake->outputs[OUT_BOTH]);
    }
    /* BGLOAD counts from the next time on. */
    fake_advance(fake, 50 * TICK_NS);
    set(fake, BGLOAD, 10);
    assert_int_equal(reg(fake, VALUE), 50);
    fake_advance(fake, 50 * TICK_NS);
    assert_int_equal(reg(fake, VALUE), 10);
    assert_int_equal(reg(fake, LOAD), 10);
}

static void test_one_shot_and_prescaler(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, SECOND + LOAD, 5);
    set(fake, SECOND + CONTROL, WIDE | ONE_SHOT | BY16 | INTERRUPT | ENABLE);
    fake_advance(fake, 79 * TICK_NS);
    assert_int_equal(reg(fake, SECOND + VALUE), 1);
    fake_advance(fake, TICK_NS);
    assert_true(fake->outputs[OUT_SECOND]);
    assert_true(fake->outputs[OUT_BOTH]);
    fake_advance(fake, 1000 * TICK_NS);
    assert_int_equal(reg(fake, SECOND + VALUE), 0);
    set(fake, SECOND + INTCLR, 1);
    fake_advance(fake, 1000 * TICK_NS);
    assert_false(fake->outputs[OUT_BOTH]);
    set(fake, SECOND + LOAD, 1);
    fake_advance(fake, 16 * TICK_NS);
    assert_true(fake->outputs[OUT_SECOND]);
}

/* Nothing is due while the interrupt cannot be seen. */
static void test_no_needless_timers(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, LOAD, 0);
    set(fake, CONTROL, WIDE | PERIODIC | INTERRUPT | ENABLE);
    assert_int_equal(reg(fake, RIS), 1);
    assert_true(fake_next_timer(fake) == UINT64_MAX);
    set(fake, CONTROL, WIDE | PERIODIC | ENABLE);
    set(fake, LOAD, 3);
    set(fake, INTCLR, 0);
    assert_true(fake_next_timer(fake) == UINT64_MAX);
    fake_advance(fake, 3 * TICK_NS);
    assert_int_equal(reg(fake, RIS), 1);
    assert_int_equal(reg(fake, MIS), 0);
}

static void test_registers_that_are_not_there(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, 0xf00, 1);
    assert_int_equal(reg(fake, 0xf04), 0);
    assert_int_equal(fake->log_count[EL4_LOG_UNIMPLEMENTED], 2);
    assert_int_equal(reg(fake, 0x1c), 0);
    set(fake, 0x40, 1);
    assert_int_equal(fake->log_count[EL4_LOG_GUEST_ERROR], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reset_values, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_free_running, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_periodic, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_one_shot_and_prescaler, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_no_needless_timers, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_registers_that_are_not_there, set_up, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
