/* SPDX-License-Identifier: MIT */
/*
 * System registers of the Calxeda SoCs: clocks as Linux works them out, power requests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake-host.h"

#define PLL_LOCKED 0x30000000u

/* 33.333 MHz * (DIVF + 1) / 2^DIVQ, unless bypassed. */
static void test_plls(void **state)
{
    static const struct {
        uint32_t offset, mhz;
    } plls[] = {{0x100, 800}, {0x108, 400}, {0x10c, 200}};
    struct el4_instance *fake = *state;
    for (unsigned i = 0; i < 3; i++) {
        uint32_t value = (uint32_t)fake_read(fake, 0, plls[i].offset, 4);
        assert_int_equal(value & PLL_LOCKED, PLL_LOCKED);
        assert_int_equal(value & 2, 0);
        uint32_t hz = 33333000u / 1000 * ((value >> 20 & 0xff) + 1) >> (value >> 16 & 7);
        assert_int_equal((hz + 500) / 1000, plls[i].mhz);
    }
    assert_int_equal(fake_read(fake, 0, 0x104, 4), 2);
    fake_write(fake, 0, 0x100, 4, 0x04f20121);
    assert_int_equal(fake_read(fake, 0, 0x100, 4), 0x04f20121 | PLL_LOCKED);
    fake_device_ops()->reset(fake->state);
    assert_int_equal(fake_read(fake, 0, 0x100, 4), 0x05f20121 | PLL_LOCKED);
}

static void test_power_requests(void **state)
{
    static const struct {
        uint32_t request;
        int event;
    } cases[] = {{UINT32_MAX, -1},
                 {0, -1},
                 {1, EL4_SYSTEM_WARM_RESET},
                 {2, EL4_SYSTEM_RESET},
                 {3, EL4_SYSTEM_OFF}};
    struct el4_instance *fake = *state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fake->event = -1;
        fake_write(fake, 0, 0xf00, 4, cases[i].request);
        assert_int_equal(fake->event, cases[i].event);
        assert_int_equal(fake_read(fake, 0, 0xf00, 4), cases[i].request);
    }
    assert_int_equal(fake->log_count[EL4_LOG_UNIMPLEMENTED], 1); /* suspend */
}

static void test_stored_or_not(void **state)
{
    struct el4_instance *fake = *state;
    fake_write(fake, 0, 0x00c, 4, 0xff01);
    assert_int_equal(fake_read(fake, 0, 0x00c, 4), 0xff01);
    fake_write(fake, 0, 0x800, 4, 1);
    assert_int_equal(fake_read(fake, 0, 0x800, 4), 0);
    assert_int_equal(fake->log_count[EL4_LOG_UNIMPLEMENTED], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plls, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_power_requests, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_stored_or_not, fake_make, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
