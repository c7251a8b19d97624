/* SPDX-License-Identifier: MIT */
/*
 * i.MX GPIO: levels, edges, interrupts of both halves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum {
    DR = 0x00,
    GDIR = 0x04,
    PSR = 0x08,
    ICR1 = 0x0c,
    ICR2 = 0x10,
    IMR = 0x14,
    ISR = 0x18,
    EDGE_SEL = 0x1c
};

static void test_levels(void **state)
{
    struct el4_instance *fake = *state;
    fake_wire(fake, 31, true);
    set(fake, GDIR, 0x3);
    set(fake, DR, 0x5);
    assert_int_equal(reg(fake, DR), 0x80000001);
    assert_int_equal(reg(fake, PSR), 0x80000001);
    assert_true(fake->outputs[2]);
    assert_false(fake->outputs[3]);
    assert_false(fake->outputs[4]);
    fake_device_ops()->reset(fake->state);
    assert_int_equal(reg(fake, DR), 0x80000000);
    assert_false(fake->outputs[2]);
}

static void test_edges(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, ICR1, 2u << 4 | 3u << 6); /* pin 2 rising, pin 3 falling */
    set(fake, EDGE_SEL, 1u << 20);
    set(fake, ISR, UINT32_MAX);
    set(fake, IMR, 1u << 2 | 1u << 3 | 1u << 20);
    fake_wire(fake, 2, true);
    assert_true(fake->outputs[0]);
    assert_int_equal(reg(fake, ISR) & 0xc, 4);
    set(fake, ISR, 4);
    assert_false(fake->outputs[0]);
    fake_wire(fake, 2, false);
    fake_wire(fake, 3, true);
    assert_false(fake->outputs[0]);
    fake_wire(fake, 3, false);
    assert_true(fake->outputs[0]);
    for (unsigned i = 0; i < 4; i++) {
        fake_wire(fake, 20, i % 2 == 0);
        assert_true(fake->outputs[1]);
        set(fake, ISR, 1u << 20);
        assert_false(fake->outputs[1]);
    }
}

static void test_levels_interrupt(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, ICR2, 1u << 0); /* pin 16 high */
    set(fake, IMR, 1u << 16);
    fake_wire(fake, 16, true);
    assert_true(fake->outputs[1]);
    set(fake, ISR, 1u << 16); /* still high */
    assert_true(fake->outputs[1]);
    fake_wire(fake, 16, false);
    set(fake, ISR, 1u << 16);
    assert_false(fake->outputs[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_levels, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_edges, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_levels_interrupt, fake_make, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
