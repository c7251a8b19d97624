/* SPDX-License-Identifier: MIT */
/*
 * i.MX EPIT: counting down, reload, compare interrupts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum { CR = 0x00, SR = 0x04, LR = 0x08, CMPR = 0x0c, CNR = 0x10 };

#define IPG 0x01000000u /* 66 MHz */

static void test_reset_values(void **state)
{
    struct el4_instance *fake = *state;
    assert_int_equal(reg(fake, CR), 0);
    assert_int_equal(reg(fake, LR), 0xffffffff);
    assert_int_equal(reg(fake, CMPR), 0);
    assert_int_equal(reg(fake, CNR), 0xffffffff);
}

static void test_free_run(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, CR, IPG | 65 << 4 | 1); /* 1 MHz */
    fake_advance(fake, 1000000);
    assert_int_equal(reg(fake, CNR), 0xffffffffu - 1000);
}

/* Every millisecond, from 999 to 0. */
static void test_periodic(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, LR, 999);
    set(fake, CR, IPG | 65 << 4 | 0xf);
    for (unsigned i = 0; i < 3; i++) {
        fake_advance(fake, i ? 999999 : 998999);
        assert_false(fake->outputs[0]);
        fake_advance(fake, 1);
        assert_true(fake->outputs[0]);
        assert_int_equal(reg(fake, CNR), 0);
        set(fake, SR, 1);
        assert_false(fake->outputs[0]);
    }
    fake_advance(fake, 1000);
    assert_int_equal(reg(fake, CNR), 999);
}

static void test_load_at_once(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, CR, IPG | 65 << 4 | 0x20009); /* IOVW, RLD */
    set(fake, LR, 5000);
    assert_int_equal(reg(fake, CNR), 5000);
    set(fake, CMPR, 4000);
    fake_advance(fake, 1000000);
    assert_int_equal(reg(fake, SR), 1);
    set(fake, LR, 0); /* a period of one tick */
    fake_advance(fake, 1000000);
    assert_int_equal(reg(fake, CNR), 0);
    set(fake, CR, 0x10000);
    assert_int_equal(reg(fake, LR), 0xffffffff);
}

/* The clock goes on between two looks at it: a match between them comes, and comes once. */
static void test_near_match(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, CR, IPG | 10 << 4 | 5);
    for (uint64_t phase = 0; phase < 150; phase++) { /* of a tick of 167 ns */
        set(fake, CR, IPG | 10 << 4 | 5);
        fake_advance(fake, phase);
        fake->now_step_ns = 10;
        set(fake, CMPR, reg(fake, CNR) - 1);
        set(fake, CR, IPG | 10 << 4 | 5);
        fake->now_step_ns = 0;
        fake_advance(fake, 0);
        bool came = fake->outputs[0];
        set(fake, SR, 1);
        fake_advance(fake, 1000);
        assert_true(fake->outputs[0] == !came);
        set(fake, SR, 1);
    }
}

static void test_writes_leave_the_count_alone(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, CR, IPG | 1);
    uint64_t start = fake->now_ns;
    fake->now_step_ns = 7;
    for (unsigned i = 0; i < 1000; i++) {
        set(fake, CMPR, i);
        set(fake, LR, i);
    }
    uint64_t now = fake->now_ns;
    assert_int_equal(reg(fake, CNR), UINT32_MAX - (now - start) * 66 / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reset_values, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_free_run, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_periodic, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_load_at_once, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_near_match, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_writes_leave_the_count_alone, fake_make,
                                        fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
