/* SPDX-License-Identifier: MIT */
/*
 * PL330: what a driver's probe reads, debug instructions, and that nothing runs (Arm DDI 0424).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum {
    INTEN = 0x020,
    EVENTS = 0x024,
    INTMIS = 0x028,
    INTCLR = 0x02c,
    DBGSTATUS = 0xd00,
    DBGCMD = 0xd04,
    DBGINST0 = 0xd08,
    DBGINST1 = 0xd0c
};

static void debug(struct el4_instance *fake, uint32_t instruction)
{
    fake_write(fake, 0, DBGINST0, 4, instruction);
    fake_write(fake, 0, DBGINST1, 4, 0x1000);
    fake_write(fake, 0, DBGCMD, 4, 0);
}

static void test_probe(void **state)
{
    static const uint32_t ids[] = {0x30, 0x13, 0x24, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct el4_instance *fake = *state;
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(reg(fake, 0xfe0 + 4 * i), ids[i]);
    }
    assert_int_equal(reg(fake, 0xe00), 0x003ff071); /* 8 channels, 32 requests, 32 events */
    assert_int_equal(reg(fake, 0xe14) & 7, 3);
    assert_int_equal(reg(fake, DBGSTATUS), 0);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(reg(fake, 0x100 + 8 * i), 0); /* stopped */
    }
}

static void test_debug_instructions(void **state)
{
    struct el4_instance *fake = *state;
    debug(fake, 0x01u << 16); /* DMAKILL */
    assert_int_equal(fake->log_count[EL4_LOG_UNIMPLEMENTED], 0);
    debug(fake, 0x34u << 16 | 9u << 27); /* DMASEV 9 */
    assert_int_equal(reg(fake, EVENTS), 1u << 9);
    assert_false(fake->outputs[9]);
    fake_write(fake, 0, INTEN, 4, 1u << 8);
    debug(fake, 0x34u << 16 | 8u << 27);
    assert_int_equal(reg(fake, INTMIS), 1u << 8);
    assert_true(fake->outputs[8]);
    fake_write(fake, 0, INTCLR, 4, 1u << 8);
    assert_false(fake->outputs[8]);
    debug(fake, 0xa2u << 16 | 1u << 8); /* DMAGO */
    assert_int_equal(fake->log_count[EL4_LOG_UNIMPLEMENTED], 1);
    assert_int_equal(reg(fake, 0x100), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_probe, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_debug_instructions, fake_make, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
