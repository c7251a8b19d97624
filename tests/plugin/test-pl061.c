/* SPDX-License-Identifier: MIT */
/*
 * PL061: masked data, direction, edge and level interrupts, identification (Arm DDI 0190).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum {
    DATA_ALL = 0x3fc,
    DIR = 0x400,
    IS = 0x404,
    IBE = 0x408,
    IEV = 0x40c,
    IE = 0x410,
    RIS = 0x414,
    MIS = 0x418,
    IC = 0x41c,
    AFSEL = 0x420,
};

#define POWER_KEY 3

static void test_reset_values(void **state)
{
    static const uint32_t ids[] = {0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct el4_instance *fake = *state;
    for (unsigned offset = DATA_ALL; offset <= AFSEL; offset += 4) {
        assert_int_equal(reg(fake, offset), 0);
    }
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(reg(fake, 0xfe0 + 4 * i), ids[i]);
    }
}

/* DDI 0190 figures 2-2 and 2-3: address bits 9:2 are the mask. */
static void test_masked_data(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, DIR, 0xff);
    set(fake, 0x098, 0xfb);
    assert_int_equal(reg(fake, DATA_ALL), 0x22);
    set(fake, DATA_ALL, 0xf3);
    assert_int_equal(reg(fake, 0x0c4), 0x31);
    assert_true(fake->outputs[1]);
    assert_false(fake->outputs[1 + 2]);
    assert_true(fake->outputs[1 + 7]);
}

static void test_inputs_and_outputs(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, DIR, 0x0f);
    set(fake, DATA_ALL, 0xff);
    assert_int_equal(reg(fake, DATA_ALL), 0x0f);
    fake_wire(fake, 4, true);
    fake_wire(fake, 0, true);
    assert_int_equal(reg(fake, DATA_ALL), 0x1f);
    assert_false(fake->outputs[1 + 4]);
    set(fake, DIR, 0);
    assert_int_equal(reg(fake, DATA_ALL), 0x11);
    assert_false(fake->outputs[1]);
}

static void test_rising_edge(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, IEV, 1u << POWER_KEY);
    set(fake, IE, 1u << POWER_KEY);
    fake_wire(fake, POWER_KEY, true);
    assert_int_equal(reg(fake, MIS), 8);
    assert_true(fake->outputs[0]);
    fake_wire(fake, POWER_KEY, false);
    assert_int_equal(reg(fake, RIS), 8);
    set(fake, IC, 8);
    assert_int_equal(reg(fake, RIS), 0);
    assert_false(fake->outputs[0]);
}

static void test_falling_and_both_edges(void **state)
{
    struct el4_instance *fake = *state;
    fake_wire(fake, 0, true);
    assert_int_equal(reg(fake, RIS), 0);
    fake_wire(fake, 0, false);
    assert_int_equal(reg(fake, RIS), 1);
    set(fake, IC, 0xff);
    set(fake, IBE, 1);
    fake_wire(fake, 0, true);
    assert_int_equal(reg(fake, RIS), 1);
    set(fake, IC, 1);
    fake_wire(fake, 0, false);
    assert_int_equal(reg(fake, RIS), 1);
    assert_int_equal(reg(fake, MIS), 0);
    assert_false(fake->outputs[0]);
}

static void test_level(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, IS, 0x03);
    set(fake, IEV, 0x01);
    set(fake, IE, 0x01);
    assert_int_equal(reg(fake, RIS), 0x02); /* pin 1 is low */
    fake_wire(fake, 0, true);
    assert_int_equal(reg(fake, MIS), 0x01);
    assert_true(fake->outputs[0]);
    set(fake, IC, 0xff);
    assert_int_equal(reg(fake, MIS), 0x01);
    fake_wire(fake, 0, false);
    assert_int_equal(reg(fake, MIS), 0);
    assert_false(fake->outputs[0]);
}

/* Nothing is stored there; what exists on hardware is told apart from what does not. */
static void test_registers_that_are_not_there(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, 0x610, UINT32_MAX);
    assert_int_equal(reg(fake, 0x610), 0);
    assert_int_equal(fake->log_count[EL4_LOG_UNIMPLEMENTED], 2);
    assert_int_equal(fake->log_count[EL4_LOG_GUEST_ERROR], 0);
    set(fake, 0x424, UINT32_MAX);
    assert_int_equal(reg(fake, 0x424), 0);
    assert_int_equal(fake->log_count[EL4_LOG_GUEST_ERROR], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reset_values, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_masked_data, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_inputs_and_outputs, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_rising_edge, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_falling_and_both_edges, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_level, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_registers_that_are_not_there, fake_make,
                                        fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
