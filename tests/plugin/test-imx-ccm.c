/* SPDX-License-Identifier: MIT */
/*
 * i.MX CCM: reset values, handshakes, and the peripheral clock for the timers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

static void test_reset_values(void **state)
{
    static const struct {
        unsigned offset;
        uint32_t value;
    } values[] = {{0x0c, 0x100},      {0x10, 0},          {0x14, 0x18d00},  {0x18, 0x24860324},
                  {0x1c, 0x04900080}, {0x20, 0x03192f06}, {0x24, 0x490b00}, {0x48, 0},
                  {0x68, UINT32_MAX}, {0x80, UINT32_MAX}};
    struct el4_instance *fake = *state;
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        assert_int_equal(reg(fake, values[i].offset), values[i].value);
    }
    set(fake, 0x48, UINT32_MAX);
    assert_int_equal(reg(fake, 0x48), 0);
    assert_int_equal(reg(fake, 0x3ffc), 0);
    assert_int_equal(fake->log_count[EL4_LOG_UNIMPLEMENTED], 1);
}

static void test_peripheral_clock(void **state)
{
    struct el4_instance *fake = *state;
    assert_false(fake->outputs[0]);
    set(fake, 0x1c, 0x04900045); /* the oscillator by 6 */
    for (unsigned timer = 0; timer < 4; timer++) {
        const bool *outputs = fake->outputs + 7 * timer;
        assert_true(outputs[0] && outputs[1] && outputs[3]);
        assert_false(outputs[2] || outputs[4] || outputs[5] || outputs[6]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reset_values, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_peripheral_clock, fake_make, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
