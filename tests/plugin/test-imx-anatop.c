/* SPDX-License-Identifier: MIT */
/*
 * i.MX ANATOP: what Linux reads of it on its way up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

#define LOCK (1u << 31)

static void test_version(void **state)
{
    struct el4_instance *fake = *state;
    fake_write(fake, 0, 0x264, 4, 0xff);
    assert_int_equal(reg(fake, 0x260), 0x00640000);
}

/* A PLL locks when it is on: bit 12 is power-down for most, power for those of USB. */
static void test_plls_lock(void **state)
{
    struct el4_instance *fake = *state;
    assert_int_equal(reg(fake, 0x000), 0x13063);
    fake_write(fake, 0, 0x008, 4, 1u << 12);
    assert_int_equal(reg(fake, 0x000), LOCK | 0x12063);
    fake_write(fake, 0, 0x000, 4, LOCK | 0x13063);
    assert_int_equal(reg(fake, 0x000), 0x13063);
    assert_int_equal(reg(fake, 0x010), 0x12000);
    fake_write(fake, 0, 0x014, 4, 1u << 12);
    fake_write(fake, 0, 0x01c, 4, 1u << 16);
    assert_int_equal(reg(fake, 0x010), LOCK | 0x3000);
    fake_device_ops()->firmware_setup(fake->state, true);
    assert_int_equal(reg(fake, 0x030), LOCK | 0x2001);
}

static void test_thermometer(void **state)
{
    struct el4_instance *fake = *state;
    assert_int_equal(reg(fake, 0x180), 1);
    fake_write(fake, 0, 0x188, 4, 1);
    fake_write(fake, 0, 0x184, 4, 2);
    assert_int_equal(reg(fake, 0x180), 0x5a0 << 8 | 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_version, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_plls_lock, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_thermometer, fake_make, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
