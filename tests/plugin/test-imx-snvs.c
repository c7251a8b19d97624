/* SPDX-License-Identifier: MIT */
/*
 * i.MX SNVS: the battery's clock, alarms, power-off.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum {
    HPCR = 0x08,
    HPSR = 0x14,
    HPRTCLR = 0x28,
    HPTALR = 0x30,
    LPCR = 0x38,
    LPSR = 0x4c,
    SRTCMR = 0x50,
    SRTCLR = 0x54,
    LPTAR = 0x58,
    LPGPR = 0x68,
};

#define SECOND 1000000000ull
#define NOW    1700000000ull

static int set_up(void **state)
{
    struct el4_instance *fake = fake_new(NULL, 1);
    fake->wall_clock_s = (int64_t)NOW;
    fake_create_device(fake);
    *state = fake;
    return 0;
}

static uint64_t counter(struct el4_instance *fake)
{
    return (uint64_t)reg(fake, SRTCMR) << 32 | reg(fake, SRTCLR);
}

static void test_clock(void **state)
{
    struct el4_instance *fake = *state;
    assert_int_equal(reg(fake, LPCR), 0x21);
    assert_true(counter(fake) == NOW << 15);
    fake_advance(fake, 10 * SECOND + SECOND / 2);
    assert_true(counter(fake) == ((NOW + 10) << 15) + 16384);
    set(fake, SRTCLR, 5); /* not while it runs */
    assert_true(counter(fake) == ((NOW + 10) << 15) + 16384);
    set(fake, LPCR, 0x20);
    set(fake, SRTCMR, 0);
    set(fake, SRTCLR, 100 << 15);
    fake_advance(fake, SECOND);
    assert_true(counter(fake) == 100 << 15);
    set(fake, LPCR, 0x21);
    set(fake, LPGPR, 0x1234);
    fake_advance(fake, SECOND);
    fake_device_ops()->reset(fake->state); /* the battery does not care */
    assert_true(counter(fake) == 101 << 15);
    assert_int_equal(reg(fake, LPGPR), 0x1234);
}

static void test_alarm(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, LPTAR, (uint32_t)NOW + 3);
    set(fake, LPCR, 0x23);
    fake_advance(fake, 3 * SECOND - 1);
    assert_false(fake->outputs[0]);
    fake_advance(fake, 1);
    assert_true(fake->outputs[0]);
    assert_int_equal(reg(fake, LPSR), 1);
    set(fake, LPSR, 1);
    assert_false(fake->outputs[0]);
}

/* An access right before the host's timer fires must not drop what is due. */
static void test_access_at_the_alarm(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, LPTAR, (uint32_t)NOW + 3);
    set(fake, LPCR, 0x23);
    fake->now_ns += 3 * SECOND;
    set(fake, LPGPR, 7);
    assert_true(fake->outputs[0]);
    assert_int_equal(reg(fake, LPSR), 1);
}

/* Linux turns the alarm's interrupt on and off in LPCR. */
static void test_control_leaves_the_count_alone(void **state)
{
    struct el4_instance *fake = *state;
    for (unsigned i = 0; i < 1000; i++) {
        fake_advance(fake, SECOND / 1000);
        set(fake, LPCR, i & 1 ? 0x21 : 0x23);
        set(fake, HPCR, i & 1 ? 1 : 3);
    }
    assert_true(counter(fake) == (NOW + 1) << 15);
    assert_int_equal(reg(fake, HPRTCLR), 32768 * 999 / 1000);
}

static void test_high_power_clock(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, HPTALR, 2 << 15);
    set(fake, HPCR, 3);
    fake_advance(fake, 2 * SECOND);
    assert_int_equal(reg(fake, HPRTCLR), 2 << 15);
    assert_true(fake->outputs[0]);
    set(fake, HPSR, 1);
    assert_false(fake->outputs[0]);
}

static void test_power_off(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, LPCR, 0x41); /* a smart PMIC would have to be asked */
    assert_int_equal(fake->event, -1);
    set(fake, LPCR, 0x61); /* as Linux does: value and mask 0x60 */
    assert_int_equal(fake->event, EL4_SYSTEM_OFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_clock, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_alarm, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_access_at_the_alarm, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_control_leaves_the_count_alone, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_high_power_clock, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_power_off, set_up, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
