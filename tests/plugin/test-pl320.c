/* SPDX-License-Identifier: MIT */
/*
 * PL320: a mailbox's life from source to acknowledge, masks, identification (Arm DDI 0306).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum {
    SOURCE = 0x00,
    DEST_SET = 0x04,
    DEST_CLEAR = 0x08,
    DEST = 0x0c,
    MODE = 0x10,
    MASK_SET = 0x14,
    MASK_CLEAR = 0x18,
    MASK = 0x1c,
    SEND = 0x20,
    DATA = 0x24,
    BOX = 0x40
};

#define MIS(channel) (0x800 + 8 * (channel))
#define RIS(channel) (0x804 + 8 * (channel))

static void test_ids(void **state)
{
    static const uint32_t ids[] = {0x20, 0x13, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct el4_instance *fake = *state;
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(reg(fake, 0xfe0 + 4 * i), ids[i]);
    }
    assert_int_equal(reg(fake, 0x900), 0x00202007);
}

/* A message of channel 1 to channel 0 in mailbox 3, and its acknowledge. */
static void test_message(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, 3 * BOX + DATA, 1); /* nobody's yet */
    set(fake, 3 * BOX + SOURCE, 1u << 1);
    set(fake, 3 * BOX + SOURCE, 1u << 2); /* taken */
    assert_int_equal(reg(fake, 3 * BOX + SOURCE), 2);
    assert_int_equal(reg(fake, 3 * BOX + DATA), 0);
    set(fake, 3 * BOX + DEST_SET, 1);
    set(fake, 3 * BOX + MASK_SET, 3);
    for (unsigned i = 0; i < 7; i++) {
        set(fake, 3 * BOX + DATA + 4 * i, 100 + i);
    }
    set(fake, 3 * BOX + SEND, 1);
    assert_true(fake->outputs[0]);
    assert_false(fake->outputs[1]);
    assert_int_equal(reg(fake, MIS(0)), 1u << 3);
    assert_int_equal(reg(fake, 3 * BOX + DATA + 24), 106);
    set(fake, 3 * BOX + MASK_CLEAR, 1);
    assert_false(fake->outputs[0]);
    assert_int_equal(reg(fake, MIS(0)), 0);
    assert_int_equal(reg(fake, RIS(0)), 1u << 3);
    set(fake, 3 * BOX + SEND, 2);
    assert_true(fake->outputs[1]);
    assert_int_equal(reg(fake, MIS(1)), 1u << 3);
    set(fake, 3 * BOX + SOURCE, 0);
    assert_false(fake->outputs[1]);
    assert_int_equal(reg(fake, 3 * BOX + DATA + 24), 0);
    assert_int_equal(reg(fake, 3 * BOX + MASK), 0);
}

static void test_auto_acknowledge(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, SOURCE, 1u << 5);
    set(fake, MODE, 1);
    set(fake, DEST_SET, 6);
    set(fake, MASK_SET, UINT32_MAX);
    set(fake, SEND, 1);
    set(fake, DEST_CLEAR, 2);
    assert_int_equal(reg(fake, DEST), 4);
    assert_false(fake->outputs[5]);
    set(fake, DEST_CLEAR, 4);
    assert_int_equal(reg(fake, SEND), 2);
    assert_true(fake->outputs[5]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ids, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_message, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_auto_acknowledge, fake_make, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
