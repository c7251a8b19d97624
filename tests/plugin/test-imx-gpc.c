/* SPDX-License-Identifier: MIT */
/*
 * i.MX GPC: interrupts pass whatever the masks say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

static void test_interrupts_pass(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, 0x08, UINT32_MAX);
    assert_int_equal(reg(fake, 0x08), UINT32_MAX);
    fake_wire(fake, 26, true);
    fake_wire(fake, 127, true);
    assert_true(fake->outputs[26] && fake->outputs[127]);
    assert_int_equal(reg(fake, 0x18), 1 << 26);
    assert_int_equal(reg(fake, 0x24), 1u << 31);
    set(fake, 0x18, 0);
    assert_int_equal(reg(fake, 0x18), 1 << 26);
    fake_device_ops()->reset(fake->state);
    assert_true(fake->outputs[26]);
    assert_int_equal(reg(fake, 0x08), 0);
    fake_wire(fake, 26, false);
    assert_false(fake->outputs[26]);
}

static void test_registers(void **state)
{
    struct el4_instance *fake = *state;
    assert_int_equal(reg(fake, 0x00), 0x00520000);
    set(fake, 0x2a0, 1);
    assert_int_equal(reg(fake, 0x2a0), 1);
    set(fake, 0x1000, 1);
    assert_int_equal(fake->log_count[EL4_LOG_UNIMPLEMENTED], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_interrupts_pass, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_registers, fake_make, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
