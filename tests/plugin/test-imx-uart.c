/* SPDX-License-Identifier: MIT */
/*
 * i.MX UART, against the i.MX 6UltraLite reference manual, chapter 53.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum {
    URXD = 0x00,
    UTXD = 0x40,
    UCR1 = 0x80,
    UCR2 = 0x84,
    UCR4 = 0x8c,
    UFCR = 0x90,
    USR1 = 0x94,
    USR2 = 0x98,
    UBIR = 0xa4,
    UBMR = 0xa8,
    UTS = 0xb4,
};

/* 8 characters trigger; interrupts for that, and for aging. */
static void enable(struct el4_instance *fake)
{
    set(fake, UFCR, 0x0a80 | 8); /* the clock undivided */
    set(fake, UBIR, 15);
    set(fake, UBMR, 694); /* 115200 baud from 80 MHz */
    set(fake, UCR2, 0x402f);
    set(fake, UCR1, 0x0201);
}

static void test_reset_values(void **state)
{
    static const struct {
        unsigned offset;
        uint32_t value;
    } values[] = {{UCR1, 0},      {UCR2, 1},    {0x88, 0x700}, {UCR4, 0x8000}, {UFCR, 0x801},
                  {USR2, 0x4028}, {0x9c, 0x2b}, {0xac, 4},     {USR1, 0x6040}, {UTS, 0x60}};
    struct el4_instance *fake = *state;
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        assert_int_equal(reg(fake, values[i].offset), values[i].value);
    }
}

static void test_transmit(void **state)
{
    struct el4_instance *fake = *state;
    enable(fake);
    set(fake, UTXD, 'o');
    fake_write(fake, 0, UTXD, 1, 'k');
    assert_int_equal(fake->streams[0].output_bytes, 2);
    assert_memory_equal(fake->streams[0].output, "ok", 2);
    assert_false(fake->outputs[0]);
    set(fake, UCR1, 0x0241); /* the transmit FIFO is empty */
    assert_true(fake->outputs[0]);
    set(fake, UCR1, 0x0201);
    set(fake, UCR4, 0x8008); /* transmission complete */
    assert_true(fake->outputs[0]);
    set(fake, UCR4, 0x8000);
    assert_false(fake->outputs[0]);
}

static void test_receive(void **state)
{
    struct el4_instance *fake = *state;
    fake_type(fake, 0, "x", 1); /* waits until the receiver is on */
    assert_int_equal(reg(fake, USR2) & 1, 0);
    enable(fake);
    assert_int_equal(reg(fake, USR2) & 1, 1);
    assert_false(fake->outputs[0]);
    fake_type(fake, 0, "1234567", 7);
    assert_true(fake->outputs[0]);
    assert_int_equal(reg(fake, USR1) & 0x200, 0x200);
    assert_int_equal(reg(fake, URXD), 0x8000 | 'x');
    assert_false(fake->outputs[0]);
    for (unsigned i = 0; i < 7; i++) {
        assert_int_equal(reg(fake, URXD), 0x8000 | ('1' + i));
    }
    assert_int_equal(reg(fake, URXD), 0);
    assert_int_equal(reg(fake, UTS) & 0x20, 0x20);
}

/* Eight characters at 115200 baud are 694 microseconds. */
static void test_aging(void **state)
{
    struct el4_instance *fake = *state;
    enable(fake);
    fake_type(fake, 0, "x", 1);
    fake_advance(fake, 690000);
    assert_false(fake->outputs[0]);
    fake_advance(fake, 10000);
    assert_true(fake->outputs[0]);
    assert_int_equal(reg(fake, USR1) & 0x100, 0x100);
    set(fake, USR1, 0x100);
    assert_false(fake->outputs[0]);
}

static void test_nothing_typed_is_lost(void **state)
{
    struct el4_instance *fake = *state;
    char text[100];
    enable(fake);
    for (unsigned i = 0; i < sizeof(text); i++) {
        text[i] = (char)('!' + i % 90);
    }
    fake_type(fake, 0, text, sizeof(text));
    assert_int_equal(reg(fake, UTS) & 8, 8);
    for (unsigned i = 0; i < sizeof(text); i++) {
        assert_int_equal(reg(fake, URXD), 0x8000u | (unsigned char)text[i]);
    }
}

static void test_loopback_and_overrun(void **state)
{
    struct el4_instance *fake = *state;
    enable(fake);
    set(fake, UTS, 0x1000);
    for (unsigned i = 0; i < 33; i++) {
        set(fake, UTXD, i);
    }
    assert_int_equal(fake->streams[0].output_bytes, 0);
    assert_int_equal(reg(fake, USR2) & 2, 2);
    for (unsigned i = 0; i < 31; i++) {
        assert_int_equal(reg(fake, URXD), 0x8000 | i);
    }
    assert_int_equal(reg(fake, URXD), 0xe000 | 31);
    set(fake, USR2, 2);
    assert_int_equal(reg(fake, USR2) & 2, 0);
}

static void test_break_and_reset(void **state)
{
    struct el4_instance *fake = *state;
    enable(fake);
    fake->streams[0].event(fake->streams[0].opaque, EL4_STREAM_BREAK);
    assert_int_equal(reg(fake, USR2) & 5, 5);
    set(fake, UCR2, 0x402e); /* SRST */
    assert_int_equal(reg(fake, UCR2), 0x402f);
    assert_int_equal(reg(fake, USR2) & 5, 0);
    assert_int_equal(reg(fake, URXD), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reset_values, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_transmit, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_receive, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_aging, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_nothing_typed_is_lost, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_loopback_and_overrun, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_break_and_reset, fake_make, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
