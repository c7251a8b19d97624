/* SPDX-License-Identifier: MIT */
/*
 * i.MX SRC: reset status, requests that clear themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake-host.h"

static int set_up(void **state)
{
    struct el4_instance *fake = fake_new(NULL, 1);
    fake_create_device(fake);
    *state = fake;
    return 0;
}

static int tear_down(void **state)
{
    fake_free(*state);
    return 0;
}

static uint32_t reg(struct el4_instance *fake, unsigned offset)
{
    return (uint32_t)fake_read(fake, 0, offset, 4);
}

static void set(struct el4_instance *fake, unsigned offset, uint32_t value)
{
    fake_write(fake, 0, offset, 4, value);
}

static void test_control(void **state)
{
    struct el4_instance *fake = *state;
    assert_int_equal(reg(fake, 0x00), 0x521);
    set(fake, 0x00, 0x520);
    assert_int_equal(reg(fake, 0x00), 0x520);
    set(fake, 0x00, 0x520 | 0x1e);
    assert_int_equal(reg(fake, 0x00), 0x520);
}

static void test_reset_status(void **state)
{
    struct el4_instance *fake = *state;
    assert_int_equal(reg(fake, 0x08), 1);
    set(fake, 0x08, 1);
    assert_int_equal(reg(fake, 0x08), 0);
    fake_wire(fake, 0, true);
    fake_wire(fake, 0, false);
    fake_device_ops()->reset(fake->state);
    assert_int_equal(reg(fake, 0x08), 0x10);
    fake_device_ops()->reset(fake->state);
    assert_int_equal(reg(fake, 0x08), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_control, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reset_status, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
