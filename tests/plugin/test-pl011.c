/* SPDX-License-Identifier: MIT */
/*
 * PL011: register by register, expected values from Arm DDI 0183.
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
    RSR = 0x04,
    FR = 0x18,
    IBRD = 0x24,
    FBRD = 0x28,
    LCR_H = 0x2c,
    CR = 0x30,
    IFLS = 0x34,
    IMSC = 0x38,
    RIS = 0x3c,
    MIS = 0x40,
    ICR = 0x44,
    DMACR = 0x48,
};

#define INT_RX (1u << 4)
#define INT_TX (1u << 5)
#define INT_RT (1u << 6)
#define INT_BE (1u << 9)
#define INT_OE (1u << 10)

/* 115200 baud from 24 MHz, FIFOs on, enabled. */
static void enable(struct el4_instance *fake)
{
    set(fake, IBRD, 13);
    set(fake, FBRD, 1);
    set(fake, LCR_H, 0x70);
    set(fake, CR, 0x301);
}

static void test_reset_values(void **state)
{
    static const uint32_t ids[] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct el4_instance *fake = *state;
    assert_string_equal(fake->streams[0].spec, "null");
    assert_int_equal(reg(fake, FR), 0x90);
    assert_int_equal(reg(fake, CR), 0x300);
    assert_int_equal(reg(fake, IFLS), 0x12);
    assert_int_equal(reg(fake, LCR_H), 0);
    assert_int_equal(reg(fake, IMSC), 0);
    assert_int_equal(reg(fake, RIS), 0);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(reg(fake, 0xfe0 + 4 * i), ids[i]);
    }
}

static void test_registers_keep_their_bits(void **state)
{
    static const struct {
        unsigned offset;
        uint32_t bits;
    } registers[] = {{IBRD, 0xffff}, {FBRD, 0x3f},  {LCR_H, 0xff}, {CR, 0xff87},
                     {IFLS, 0x3f},   {IMSC, 0x7ff}, {DMACR, 7}};
    struct el4_instance *fake = *state;
    for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        set(fake, registers[i].offset, UINT32_MAX);
        assert_int_equal(reg(fake, registers[i].offset), registers[i].bits);
        set(fake, registers[i].offset, 0);
        assert_int_equal(reg(fake, registers[i].offset), 0);
    }
}

static void test_transmit(void **state)
{
    struct el4_instance *fake = *state;
    enable(fake);
    set(fake, IMSC, INT_TX);
    set(fake, DR, 'h');
    fake_write(fake, 0, DR, 1, 'i');
    assert_int_equal(fake->streams[0].output_bytes, 2);
    assert_memory_equal(fake->streams[0].output, "hi", 2);
    assert_int_equal(reg(fake, FR), 0x90);
    assert_int_equal(reg(fake, MIS), INT_TX);
    assert_true(fake->outputs[0]);
    assert_true(fake->outputs[2]);
    set(fake, ICR, INT_TX);
    assert_int_equal(reg(fake, RIS), 0);
    assert_false(fake->outputs[0]);
}

static void test_receive_triggers_at_half(void **state)
{
    struct el4_instance *fake = *state;
    enable(fake);
    set(fake, IMSC, INT_RX);
    fake_type(fake, 0, "1234567", 7);
    assert_int_equal(reg(fake, RIS), 0);
    assert_int_equal(reg(fake, FR), 0x80);
    fake_type(fake, 0, "8", 1);
    assert_int_equal(reg(fake, RIS), INT_RX);
    assert_true(fake->outputs[0]);
    assert_true(fake->outputs[1]);
    assert_int_equal(reg(fake, DR), '1');
    assert_int_equal(reg(fake, RIS), 0);
    assert_false(fake->outputs[0]);
}

static void test_receive_trigger_levels(void **state)
{
    static const uint8_t levels[] = {2, 4, 8, 12, 14};
    struct el4_instance *fake = *state;
    enable(fake);
    for (unsigned i = 0; i < 5; i++) {
        set(fake, IFLS, i << 3);
        for (unsigned n = 1; n <= levels[i]; n++) {
            assert_int_equal(reg(fake, RIS) & INT_RX, 0);
            fake_type(fake, 0, "x", 1);
        }
        assert_int_equal(reg(fake, RIS) & INT_RX, INT_RX);
        while (!(reg(fake, FR) & 0x10)) {
            reg(fake, DR);
        }
        assert_int_equal(reg(fake, RIS), 0);
    }
}

/* 32 bits at 115200 baud are 278 microseconds. */
static void test_receive_timeout(void **state)
{
    struct el4_instance *fake = *state;
    enable(fake);
    set(fake, IMSC, INT_RT);
    fake_type(fake, 0, "x", 1);
    fake_advance(fake, 270000);
    assert_int_equal(reg(fake, RIS), 0);
    fake_advance(fake, 10000);
    assert_int_equal(reg(fake, MIS), INT_RT);
    assert_true(fake->outputs[0]);
    assert_true(fake->outputs[3]);
    assert_int_equal(reg(fake, DR), 'x');
    assert_int_equal(reg(fake, RIS), 0);
    assert_false(fake->outputs[0]);
    assert_true(fake_next_timer(fake) == UINT64_MAX);
}

static void test_cleared_interrupts_come_again(void **state)
{
    struct el4_instance *fake = *state;
    enable(fake);
    fake_type(fake, 0, "0123456789", 10);
    set(fake, ICR, INT_RX | INT_RT);
    assert_int_equal(reg(fake, RIS), 0);
    fake_advance(fake, 1000000);
    assert_int_equal(reg(fake, RIS), INT_RT);
}

static void test_fifo_holds_sixteen(void **state)
{
    struct el4_instance *fake = *state;
    enable(fake);
    fake_type(fake, 0, "abcdefghijklmnopqrstuvwxyz", 26);
    assert_int_equal(reg(fake, FR), 0xc0);
    assert_int_equal(fake->streams[0].input_bytes, 10);
    for (char c = 'a'; c <= 'z'; c++) {
        assert_int_equal(reg(fake, DR), c);
    }
    assert_int_equal(reg(fake, FR), 0x90);
    assert_int_equal(reg(fake, RIS) & INT_OE, 0);
}

static void test_without_fifo_one_character(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, CR, 0x301);
    fake_type(fake, 0, "ab", 2);
    assert_int_equal(reg(fake, FR), 0xc0);
    assert_int_equal(reg(fake, RIS), INT_RX);
    assert_int_equal(reg(fake, DR), 'a');
    assert_int_equal(reg(fake, DR), 'b');
    assert_int_equal(reg(fake, RIS), 0);
}

static void test_break(void **state)
{
    struct el4_instance *fake = *state;
    enable(fake);
    set(fake, IMSC, INT_BE);
    fake->streams[0].event(fake->streams[0].opaque, EL4_STREAM_BREAK);
    assert_int_equal(reg(fake, MIS), INT_BE);
    assert_true(fake->outputs[5]);
    assert_int_equal(reg(fake, DR), 0x400);
    assert_int_equal(reg(fake, RSR), 4);
    set(fake, RSR, 0);
    assert_int_equal(reg(fake, RSR), 0);
    set(fake, ICR, 0x7ff);
    assert_false(fake->outputs[0]);
}

static void test_loopback(void **state)
{
    struct el4_instance *fake = *state;
    enable(fake);
    set(fake, CR, 0x381);
    for (unsigned i = 0; i < 17; i++) {
        set(fake, DR, 'A' + i);
    }
    assert_int_equal(fake->streams[0].output_bytes, 0);
    assert_int_equal(reg(fake, RIS) & INT_OE, INT_OE);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(reg(fake, DR), 'A' + i);
    }
    set(fake, DR, 'z');
    assert_int_equal(reg(fake, DR), 0x800 | 'z');
    /* RTS, DTR, Out1, Out2 show as CTS, DSR, DCD, RI */
    set(fake, CR, 0x3f81 & ~0x80u);
    assert_int_equal(reg(fake, FR), 0x90);
    set(fake, CR, 0x3f81);
    assert_int_equal(reg(fake, FR), 0x197);
    assert_int_equal(reg(fake, RIS) & 0xf, 0xf);
}

static void test_hostile_offsets(void **state)
{
    struct el4_instance *fake = *state;
    for (unsigned offset = 0; offset < 0x1000; offset++) {
        fake_write(fake, 0, offset, 1, 0xff);
        fake_read(fake, 0, offset, 1);
    }
    assert_true(fake->streams[0].output_bytes <= 2);
}

/* Nothing is stored there; what exists on hardware is told apart from what does not. */
static void test_registers_that_are_not_there(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, 0x080, UINT32_MAX);
    assert_int_equal(reg(fake, 0x080), 0);
    assert_int_equal(fake->log_count[EL4_LOG_UNIMPLEMENTED], 2);
    assert_int_equal(fake->log_count[EL4_LOG_GUEST_ERROR], 0);
    set(fake, 0x050, UINT32_MAX);
    assert_int_equal(reg(fake, 0x050), 0);
    assert_int_equal(fake->log_count[EL4_LOG_GUEST_ERROR], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reset_values, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_registers_keep_their_bits, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_transmit, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_receive_triggers_at_half, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_receive_trigger_levels, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_receive_timeout, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_cleared_interrupts_come_again, fake_make,
                                        fake_drop),
        cmocka_unit_test_setup_teardown(test_fifo_holds_sixteen, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_without_fifo_one_character, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_break, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_loopback, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_hostile_offsets, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_registers_that_are_not_there, fake_make,
                                        fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
