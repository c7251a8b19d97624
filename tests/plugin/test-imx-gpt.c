/* SPDX-License-Identifier: MIT */
/*
 * i.MX GPT: counting, compares and clocks, against the i.MX 6UltraLite reference manual.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum { CR = 0x00, PR = 0x04, SR = 0x08, IR = 0x0c, OCR1 = 0x10, OCR2 = 0x14, CNT = 0x24 };

#define LINUX_CR 0x289u /* free run, wait enable, peripheral clock, enable */
#define SECOND   1000000000u

static int set_up(void **state)
{
    struct el4_instance *fake = fake_new(NULL, 1);
    fake_create_device(fake);
    fake_wire(fake, 0, true); /* the peripheral clock is the oscillator: 24 MHz */
    *state = fake;
    return 0;
}

static void test_reset_values(void **state)
{
    struct el4_instance *fake = *state;
    assert_int_equal(reg(fake, CR), 0);
    assert_int_equal(reg(fake, OCR1), 0xffffffff);
    assert_int_equal(reg(fake, CNT), 0);
    fake_advance(fake, SECOND);
    assert_int_equal(reg(fake, CNT), 0);
}

static void test_counts_as_linux_sets_it(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, CR, 0);
    set(fake, PR, 0);
    set(fake, CR, LINUX_CR);
    assert_int_equal(reg(fake, CR), LINUX_CR);
    fake_advance(fake, SECOND);
    assert_int_equal(reg(fake, CNT), 24000000);
    set(fake, CR, LINUX_CR & ~1u); /* ENMOD 0: it stands, and goes on from there */
    fake_advance(fake, SECOND);
    assert_int_equal(reg(fake, CNT), 24000000);
    set(fake, CR, LINUX_CR);
    fake_advance(fake, SECOND);
    assert_int_equal(reg(fake, CNT), 48000000);
}

static void test_wraps_after_179_seconds(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, CR, LINUX_CR);
    fake_advance(fake, 179ull * SECOND);
    assert_int_equal(reg(fake, CNT), (uint32_t)(179ull * 24000000));
    assert_int_equal(reg(fake, SR) & 0x20, 0x20);
    set(fake, SR, 0x3f);
    assert_int_equal(reg(fake, SR), 0);
}

static void test_clocks_and_dividers(void **state)
{
    static const struct {
        uint32_t control, prescaler, hz;
    } cases[] = {
        {0x201 | 1 << 6, 0, 66000000},
        {0x201 | 2 << 6, 0, 24000000},
        {0x201 | 2 << 6, 2, 8000000},
        {0x201 | 4 << 6, 0, 32768},
        {0x601 | 5 << 6, 0x7000, 3000000},
        {0x201 | 5 << 6, 0x7000, 0},
        {0x201, 0, 0},
    };
    struct el4_instance *fake = *state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set(fake, CR, 0);
        set(fake, PR, cases[i].prescaler);
        set(fake, CR, cases[i].control | 2); /* ENMOD: from 0 */
        fake_advance(fake, SECOND);
        assert_int_equal(reg(fake, CNT), cases[i].hz);
    }
    set(fake, CR, 0);
    set(fake, PR, 0);
    set(fake, CR, LINUX_CR | 2);
    fake_wire(fake, 0, false); /* 66 MHz, divided by 3 */
    fake_wire(fake, 2, true);
    fake_advance(fake, SECOND);
    assert_int_equal(reg(fake, CNT), 22000000);
}

static void test_compare_interrupts(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, CR, LINUX_CR);
    set(fake, OCR1, 24000);
    set(fake, IR, 1);
    assert_int_equal(fake_next_timer(fake), 1000000);
    fake_advance(fake, 999999);
    assert_false(fake->outputs[0]);
    fake_advance(fake, 1);
    assert_true(fake->outputs[0]);
    assert_int_equal(reg(fake, SR), 1);
    set(fake, SR, 1);
    assert_false(fake->outputs[0]);
    set(fake, OCR1, reg(fake, CNT) + 48000);
    fake_advance(fake, 2000000);
    assert_true(fake->outputs[0]);
}

/* A flag that nobody wanted is there when somebody looks. */
static void test_flags_without_interrupt(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, CR, LINUX_CR);
    set(fake, OCR2, 100);
    fake_advance(fake, SECOND);
    assert_int_equal(reg(fake, SR), 2);
    assert_false(fake->outputs[0]);
    set(fake, IR, 2);
    assert_true(fake->outputs[0]);
}

static void test_restart_mode(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, OCR1, 23999);
    set(fake, IR, 1);
    set(fake, CR, LINUX_CR & ~0x200u);
    for (unsigned i = 1; i <= 3; i++) {
        fake_advance(fake, 1000000);
        assert_true(fake->outputs[0]);
        assert_int_equal(reg(fake, CNT), 0);
        set(fake, SR, 1);
    }
    fake_advance(fake, 500000);
    assert_int_equal(reg(fake, CNT), 12000);
    set(fake, OCR1, 100); /* starts anew */
    assert_int_equal(reg(fake, CNT), 0);
}

static void test_software_reset(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, OCR1, 5);
    set(fake, CR, LINUX_CR);
    fake_advance(fake, SECOND);
    set(fake, CR, LINUX_CR | 1u << 15);
    assert_int_equal(reg(fake, OCR1), 0xffffffff);
    assert_int_equal(reg(fake, SR), 0);
    assert_int_equal(reg(fake, CR), LINUX_CR & 0x3f);
}

/* As Linux's clock events are set: many compares do not make the counter slow. */
static void test_compares_leave_the_count_alone(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, CR, LINUX_CR);
    uint64_t start = fake->now_ns;
    for (unsigned i = 0; i < 1000; i++) {
        fake_advance(fake, 1041); /* 24.98 ticks */
        set(fake, OCR1, reg(fake, CNT) + 100000);
    }
    uint64_t expected = (fake->now_ns - start) * 24 / 1000;
    assert_in_range(reg(fake, CNT), expected - 1, expected);
}

/* The clock goes on between two looks at it: no compare may be lost or late by that. */
static void test_near_compare(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, CR, LINUX_CR);
    set(fake, IR, 1);
    for (uint64_t step = 1; step < 83; step++) { /* two ticks */
        set(fake, SR, 1);
        uint64_t due = fake->now_ns + 125;
        fake->now_step_ns = step;
        set(fake, OCR1, reg(fake, CNT) + 3);
        fake->now_step_ns = 0;
        fake_advance(fake, due > fake->now_ns ? due - fake->now_ns : 0);
        assert_true(fake->outputs[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reset_values, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_counts_as_linux_sets_it, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_wraps_after_179_seconds, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_clocks_and_dividers, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_compare_interrupts, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_flags_without_interrupt, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_restart_mode, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_software_reset, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_compares_leave_the_count_alone, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_near_compare, set_up, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
