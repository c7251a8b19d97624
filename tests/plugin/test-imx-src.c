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
#include "registers.h"

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
        cmocka_unit_test_setup_teardown(test_control, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_reset_status, fake_make, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
