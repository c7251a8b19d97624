/* SPDX-License-Identifier: MIT */
/*
 * PL031: time, load, alarm, identification (Arm DDI 0224).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum {
    DR = 0x00,
    MR = 0x04,
    LR = 0x08,
    CR = 0x0c,
    IMSC = 0x10,
    RIS = 0x14,
    MIS = 0x18,
    ICR = 0x1c
};

#define NOW    1700000000
#define SECOND 1000000000ull

static int set_up(void **state)
{
    struct el4_instance *fake = fake_new(NULL, 1);
    fake->wall_clock_s = NOW;
    fake_create_device(fake);
    *state = fake;
    return 0;
}

static void pass(struct el4_instance *fake, unsigned seconds)
{
    fake_advance(fake, seconds * SECOND);
}

static void test_reset_values(void **state)
{
    static const uint32_t ids[] = {0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct el4_instance *fake = *state;
    assert_int_equal(reg(fake, DR), NOW);
    assert_int_equal(reg(fake, MR), 0);
    assert_int_equal(reg(fake, LR), 0);
    assert_int_equal(reg(fake, CR), 1);
    assert_int_equal(reg(fake, IMSC), 0);
    assert_int_equal(reg(fake, RIS), 0);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(reg(fake, 0xfe0 + 4 * i), ids[i]);
    }
}

static void test_load_outlives_reset(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, LR, 1000);
    assert_int_equal(reg(fake, LR), 1000);
    assert_int_equal(reg(fake, DR), 1000);
    pass(fake, 5);
    assert_int_equal(reg(fake, DR), 1005);
    fake_device_ops()->reset(fake->state);
    assert_int_equal(reg(fake, DR), 1005);
    assert_int_equal(reg(fake, LR), 0);
}

static void test_alarm(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, IMSC, 1);
    set(fake, MR, NOW + 3);
    pass(fake, 2);
    assert_int_equal(reg(fake, RIS), 0);
    pass(fake, 1);
    assert_int_equal(reg(fake, RIS), 1);
    assert_int_equal(reg(fake, MIS), 1);
    assert_true(fake->outputs[0]);
    set(fake, IMSC, 0);
    assert_int_equal(reg(fake, MIS), 0);
    assert_false(fake->outputs[0]);
    set(fake, ICR, 1);
    assert_int_equal(reg(fake, RIS), 0);
    pass(fake, 3);
    assert_int_equal(reg(fake, RIS), 0);
}

static void test_alarm_now(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, MR, NOW);
    assert_int_equal(reg(fake, RIS), 1);
    assert_false(fake->outputs[0]);
    set(fake, IMSC, 1);
    assert_true(fake->outputs[0]);
}

static void test_clock_jumps_over_the_alarm(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, MR, NOW + 10);
    fake->wall_clock_s += 100;
    fake_advance(fake, 10 * SECOND);
    assert_int_equal(reg(fake, RIS), 1);
}

static void test_alarm_in_the_past_waits_for_the_wrap(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, MR, NOW - 1);
    pass(fake, 10);
    assert_int_equal(reg(fake, RIS), 0);
    assert_true(fake_next_timer(fake) > 4000000000ull * SECOND);
}

/* A second ends while the time is loaded: the alarm at that time is not one of the past. */
static void test_alarm_at_the_loaded_time(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, MR, 1000);
    fake->now_ns += SECOND - 1;
    fake->now_step_ns = 1;
    set(fake, LR, 1000);
    fake->now_step_ns = 0;
    assert_int_equal(reg(fake, RIS), 1);
}

/* Nothing is stored there; what exists on hardware is told apart from what does not. */
static void test_registers_that_are_not_there(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, 0x08c, UINT32_MAX);
    assert_int_equal(reg(fake, 0x08c), 0);
    assert_int_equal(fake->log_count[EL4_LOG_UNIMPLEMENTED], 2);
    assert_int_equal(fake->log_count[EL4_LOG_GUEST_ERROR], 0);
    set(fake, 0x020, UINT32_MAX);
    assert_int_equal(reg(fake, 0x020), 0);
    assert_int_equal(fake->log_count[EL4_LOG_GUEST_ERROR], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reset_values, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_load_outlives_reset, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_alarm, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_alarm_now, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_clock_jumps_over_the_alarm, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_alarm_in_the_past_waits_for_the_wrap, set_up,
                                        fake_drop),
        cmocka_unit_test_setup_teardown(test_alarm_at_the_loaded_time, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_registers_that_are_not_there, set_up, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
