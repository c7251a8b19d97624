/* SPDX-License-Identifier: MIT */
/*
 * i.MX OCOTP: fuses, read and programmed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum { CTRL = 0x00, DATA = 0x20, READ_CTRL = 0x30, READ_DATA = 0x40, SHADOW = 0x400 };

static void test_fuses(void **state)
{
    struct el4_instance *fake = *state;
    assert_int_equal(reg(fake, 0x440) >> 16 & 3, 1);
    assert_int_equal(reg(fake, 0x620), 0x00123456);
    assert_int_equal(reg(fake, 0x630) & 0xffff, 0x5254);
    set(fake, CTRL, 0x22);
    set(fake, READ_CTRL, 1);
    assert_int_equal(reg(fake, READ_DATA), 0x00123456);
    set(fake, CTRL, 0x7f); /* beyond the fuses */
    set(fake, READ_CTRL, 1);
    assert_int_equal(reg(fake, READ_DATA), 0);
}

static void test_programming(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, CTRL, 0x26);
    set(fake, DATA, 0xff);
    assert_int_equal(reg(fake, CTRL) & 0x200, 0x200); /* it is locked */
    set(fake, CTRL + 8, 0x200);
    set(fake, CTRL, 0x3e770026);
    set(fake, DATA, 0xf0);
    assert_int_equal(reg(fake, SHADOW + 0x26 * 16), 0xf0);
    assert_int_equal(reg(fake, CTRL), 0x26);
    set(fake, CTRL + 4, 0x400); /* reload */
    assert_int_equal(reg(fake, SHADOW + 0x26 * 16), 0);
    assert_int_equal(reg(fake, CTRL) & 0x400, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fuses, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_programming, fake_make, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
