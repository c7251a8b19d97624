/* SPDX-License-Identifier: MIT */
/*
 * System registers of Versatile Express: counters, flags, the configuration bus (Arm DUI 0447,
 * chapter 4).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum {
    ID = 0x00,
    LED = 0x08,
    HZ100 = 0x24,
    FLAGS = 0x30,
    FLAGS_CLEAR = 0x34,
    NVFLAGS = 0x38,
    NVFLAGS_CLEAR = 0x3c,
    MHZ24 = 0x5c,
    PROCID0 = 0x84,
    DATA = 0xa0,
    CTRL = 0xa4,
    STAT = 0xa8
};

#define READ(function, site, device)                                                           \
    (1u << 31 | (uint32_t)(function) << 20 | (site) << 16 | (device))
#define WRITE(function, site, device) (READ(function, site, device) | 1u << 30)
#define COMPLETE                      1u
#define FAILED                        2u

static int set_up(void **state)
{
    static const struct fake_setting settings[] = {
        {"daughterboard-clocks", "60000000, 0, 40000000"},
        {0},
    };
    struct el4_instance *fake = fake_new(settings, 1);
    fake_create_device(fake);
    *state = fake;
    return 0;
}

static void test_counters(void **state)
{
    struct el4_instance *fake = *state;
    assert_int_equal(reg(fake, ID), 0x1190f500);
    assert_int_equal(reg(fake, PROCID0), 0x14000237);
    fake_advance(fake, 2500000000u);
    assert_int_equal(reg(fake, MHZ24), 60000000);
    assert_int_equal(reg(fake, HZ100), 250);
    fake_device_ops()->reset(fake->state);
    assert_int_equal(reg(fake, MHZ24), 0);
}

static void test_flags(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, FLAGS, 0x80008000);
    set(fake, FLAGS, 1);
    assert_int_equal(reg(fake, FLAGS), 0x80008001);
    set(fake, FLAGS_CLEAR, 0x80000001);
    assert_int_equal(reg(fake, FLAGS), 0x8000);
    set(fake, NVFLAGS, 6);
    set(fake, NVFLAGS_CLEAR, 2);
    fake_device_ops()->reset(fake->state);
    assert_int_equal(reg(fake, FLAGS), 0);
    assert_int_equal(reg(fake, NVFLAGS), 4);
}

static uint32_t configure(struct el4_instance *fake, uint32_t control)
{
    set(fake, STAT, 0);
    set(fake, CTRL, control);
    return reg(fake, STAT);
}

static void test_oscillators(void **state)
{
    struct el4_instance *fake = *state;
    assert_int_equal(configure(fake, READ(1, 0, 1)), COMPLETE);
    assert_int_equal(reg(fake, DATA), 23750000);
    assert_int_equal(configure(fake, READ(1, 1, 2)), COMPLETE);
    assert_int_equal(reg(fake, DATA), 40000000);
    set(fake, DATA, 30000000);
    assert_int_equal(configure(fake, WRITE(1, 1, 2)), COMPLETE);
    set(fake, DATA, 0);
    assert_int_equal(configure(fake, READ(1, 1, 2)), COMPLETE);
    assert_int_equal(reg(fake, DATA), 30000000);
    assert_int_equal(configure(fake, READ(1, 1, 3)), COMPLETE | FAILED);
    assert_int_equal(configure(fake, READ(1, 2, 0)), COMPLETE | FAILED);
    assert_int_equal(configure(fake, READ(1, 0, 0) | 1u << 12), COMPLETE | FAILED);
    assert_int_equal(configure(fake, READ(4, 0, 0)), COMPLETE | FAILED);
    assert_int_equal(configure(fake, READ(2, 1, 0)), COMPLETE);
    assert_int_equal(reg(fake, DATA), 900000);
    /* A write to what is not there leaves alone what is. */
    set(fake, DATA, 3);
    assert_int_equal(configure(fake, WRITE(7, 0, 0)), COMPLETE);
    set(fake, DATA, 4);
    assert_int_equal(configure(fake, WRITE(7, 0, 1)), COMPLETE | FAILED);
    assert_int_equal(configure(fake, READ(7, 0, 0)), COMPLETE);
    assert_int_equal(reg(fake, DATA), 3);
    /* Without the start bit nothing happens. */
    assert_int_equal(configure(fake, READ(1, 0, 1) & ~(1u << 31)), 0);
}

static void test_power(void **state)
{
    struct el4_instance *fake = *state;
    assert_int_equal(configure(fake, READ(8, 0, 0)), COMPLETE | FAILED);
    assert_int_equal(configure(fake, WRITE(8, 1, 0)), COMPLETE | FAILED);
    assert_int_equal(fake->event, -1);
    configure(fake, WRITE(9, 0, 0));
    assert_int_equal(fake->event, EL4_SYSTEM_RESET);
    configure(fake, WRITE(8, 0, 0));
    assert_int_equal(fake->event, EL4_SYSTEM_OFF);
}

static void test_bad_clocks(void **state)
{
    static const struct fake_setting settings[] = {{"motherboard-clocks", "24MHz"}, {0}};
    struct el4_instance *fake = fake_new(settings, 1);
    assert_false(fake_try_create_device(fake));
    assert_string_equal(fake->failure,
                        "motherboard-clocks: up to 16 frequencies in Hz, not '24MHz'");
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_counters, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_flags, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_oscillators, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_power, set_up, fake_drop),
        cmocka_unit_test(test_bad_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
