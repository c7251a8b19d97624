/* SPDX-License-Identifier: MIT */
/*
 * i.MX WDOG: time-out, warning, both resets, and what survives them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake-host.h"

enum { WCR = 0, WSR = 2, WRSR = 4, WICR = 6, WMCR = 8 };

#define SECOND 1000000000ull

static int set_up(void **state)
{
    static const struct fake_setting settings[] = {{"external-reset", "yes"}, {0}};
    struct el4_instance *fake = fake_new(settings, 1);
    fake_create_device(fake);
    *state = fake;
    return 0;
}

static uint32_t reg(struct el4_instance *fake, unsigned offset)
{
    return (uint32_t)fake_read(fake, 0, offset, 2);
}

static void set(struct el4_instance *fake, unsigned offset, uint32_t value)
{
    fake_write(fake, 0, offset, 2, value);
}

static void test_reset_values(void **state)
{
    struct el4_instance *fake = *state;
    assert_int_equal(reg(fake, WCR), 0x30);
    assert_int_equal(reg(fake, WSR), 0);
    assert_int_equal(reg(fake, WRSR), 0x10);
    assert_int_equal(reg(fake, WICR), 4);
    assert_int_equal(reg(fake, WMCR), 1);
}

static void test_software_reset(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, WCR, 0x24); /* SRS */
    assert_int_equal(fake->event, EL4_SYSTEM_RESET);
    assert_true(fake->outputs[1]);
    fake_device_ops()->reset(fake->state);
    assert_int_equal(reg(fake, WRSR), 1);
    assert_false(fake->outputs[1]);
    fake_device_ops()->reset(fake->state); /* somebody else's reset */
    assert_int_equal(reg(fake, WRSR), 0x10);
}

/* As Linux reboots the EVK. */
static void test_external_reset(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, WCR, 0x14);
    assert_int_equal(fake->event, EL4_SYSTEM_RESET);
}

static void test_timeout(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, WCR, 0x0134 | 9 << 8); /* ten half seconds */
    fake_advance(fake, 4 * SECOND);
    set(fake, WSR, 0x5555);
    set(fake, WSR, 0xaaaa);
    fake_advance(fake, 4 * SECOND);
    assert_int_equal(fake->event, -1);
    set(fake, WCR, 0x30); /* it can't be switched off */
    assert_int_equal(reg(fake, WCR) & 4, 4);
    set(fake, WSR, 0xaaaa); /* without the first half */
    fake_advance(fake, SECOND);
    assert_int_equal(fake->event, EL4_SYSTEM_RESET);
    fake_device_ops()->reset(fake->state);
    assert_int_equal(reg(fake, WRSR), 2);
}

static void test_warning(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, WICR, 0x8002); /* one second before */
    set(fake, WCR, 0x0934);
    fake_advance(fake, 4 * SECOND - 1);
    assert_false(fake->outputs[0]);
    fake_advance(fake, 1);
    assert_true(fake->outputs[0]);
    set(fake, WSR, 0x5555);
    set(fake, WSR, 0xaaaa);
    set(fake, WICR, 0xc002);
    assert_false(fake->outputs[0]);
}

/* Only the service sequence lets it count anew: not the handler's acknowledgement. */
static void test_warning_unheeded(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, WICR, 0x8002);
    set(fake, WCR, 0x0934);
    fake_advance(fake, 4 * SECOND);
    assert_true(fake->outputs[0]);
    set(fake, WICR, 0xc002);
    assert_false(fake->outputs[0]);
    fake_advance(fake, SECOND - 1);
    assert_false(fake->outputs[0]);
    assert_int_equal(fake->event, -1);
    fake_advance(fake, 1);
    assert_int_equal(fake->event, EL4_SYSTEM_RESET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reset_values, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_software_reset, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_external_reset, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_timeout, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_warning, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_warning_unheeded, set_up, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
