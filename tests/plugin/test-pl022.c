/* SPDX-License-Identifier: MIT */
/*
 * PL022: FIFOs, loop-back, interrupts, identification (Arm DDI 0194).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum {
    CR0 = 0x00,
    CR1 = 0x04,
    DR = 0x08,
    SR = 0x0c,
    CPSR = 0x10,
    IMSC = 0x14,
    RIS = 0x18,
    MIS = 0x1c,
    ICR = 0x20
};

static void test_reset_values(void **state)
{
    static const uint32_t ids[] = {0x22, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct el4_instance *fake = *state;
    assert_int_equal(reg(fake, CR0), 0);
    assert_int_equal(reg(fake, SR), 3);
    assert_int_equal(reg(fake, RIS), 8);
    assert_int_equal(reg(fake, MIS), 0);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(reg(fake, 0xfe0 + 4 * i), ids[i]);
    }
}

static void test_loopback(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, CR0, 7); /* 8 bits */
    for (unsigned i = 0; i < 9; i++) {
        set(fake, DR, 0x1a0 + i); /* the ninth does not fit */
    }
    assert_int_equal(reg(fake, SR), 0);
    assert_int_equal(reg(fake, RIS), 0);
    set(fake, IMSC, 4);
    assert_false(fake->outputs[0]);
    set(fake, CR1, 3);
    assert_true(fake->outputs[0]);
    assert_int_equal(reg(fake, SR), 0xf);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(reg(fake, DR), 0xa0 + i);
    }
    assert_int_equal(reg(fake, DR), 0);
    assert_int_equal(reg(fake, SR), 3);
    assert_false(fake->outputs[0]);
}

static void test_overrun(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, CR1, 2);
    set(fake, IMSC, 1);
    for (unsigned i = 0; i < 9; i++) {
        assert_false(fake->outputs[0]);
        set(fake, DR, 0xff);
    }
    assert_true(fake->outputs[0]);
    assert_int_equal(reg(fake, DR), 0); /* nobody answers */
    set(fake, ICR, 1);
    assert_false(fake->outputs[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reset_values, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_loopback, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_overrun, fake_make, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
