/* SPDX-License-Identifier: MIT */
/*
 * i.MX APBH DMA: what a driver does to start it, and that a started channel claims nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum {
    CTRL0 = 0x000,
    CTRL1 = 0x010,
    CTRL2 = 0x020,
    CHANNEL_CTRL = 0x030,
    CHANNEL3 = 0x100 + 3 * 0x70,
    NEXT = 0x10,
    SEMAPHORE = 0x40,
    VERSION = 0x800
};
enum { SET = 4, CLEAR = 8 };
#define SOFT_RESET 0x80000000u
#define CLOCK_GATE 0x40000000u

static void ungate(struct el4_instance *fake)
{
    set(fake, CTRL0 + CLEAR, SOFT_RESET);
    set(fake, CTRL0 + CLEAR, CLOCK_GATE);
}

static void test_soft_reset(void **state)
{
    struct el4_instance *fake = *state;
    assert_int_equal(reg(fake, CTRL0), 0xe0000000);
    set(fake, CHANNEL3 + NEXT, 0x80001000); /* gated: nothing happens */
    assert_int_equal(reg(fake, CHANNEL3 + NEXT), 0);
    ungate(fake);
    set(fake, CHANNEL3 + NEXT, 0x80001000);
    assert_int_equal(reg(fake, CHANNEL3 + NEXT), 0x80001000);
    assert_int_equal(reg(fake, CTRL0) & CLOCK_GATE, 0);
    set(fake, CTRL0 + SET, SOFT_RESET);
    assert_int_equal(reg(fake, CTRL0) & CLOCK_GATE, CLOCK_GATE);
    assert_int_equal(reg(fake, CHANNEL3 + NEXT), 0);
    assert_int_equal(reg(fake, VERSION), 0x03010000);
}

static void test_interrupt(void **state)
{
    struct el4_instance *fake = *state;
    ungate(fake);
    set(fake, CTRL1 + SET, 1u << 3);
    assert_false(fake->outputs[0]);
    set(fake, CTRL1 + SET, 1u << 19);
    assert_true(fake->outputs[0]);
    set(fake, CTRL1 + CLEAR, 1u << 3);
    assert_false(fake->outputs[0]);
    set(fake, CTRL2 + SET, 1u << 15);
    assert_true(fake->outputs[0]);
    fake_device_ops()->reset(fake->state);
    assert_false(fake->outputs[0]);
}

static void test_channel_stays(void **state)
{
    struct el4_instance *fake = *state;
    ungate(fake);
    set(fake, CHANNEL3 + NEXT, 0x80001000);
    set(fake, CHANNEL3 + SEMAPHORE, 1);
    assert_int_equal(reg(fake, CHANNEL3 + SEMAPHORE), 1u << 16);
    assert_int_equal(reg(fake, CTRL1), 0);
    assert_int_equal(reg(fake, CHANNEL3), 0); /* no current command */
    set(fake, CHANNEL_CTRL + SET, 1u << (16 + 3));
    assert_int_equal(reg(fake, CHANNEL3 + SEMAPHORE), 0);
    assert_int_equal(reg(fake, CHANNEL_CTRL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_soft_reset, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_interrupt, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_channel_stays, fake_make, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
