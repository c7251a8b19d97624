/* SPDX-License-Identifier: MIT */
/*
 * PL310: identification, geometry, who may write what (Arm DDI 0246).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum {
    CONTROL = 0x100,
    AUX = 0x104,
    TAG = 0x108,
    INT_MASK = 0x214,
    INVALIDATE_WAY = 0x77c,
    LOCKDOWN = 0x900,
    UNLOCK = 0x954,
    DEBUG = 0xf40,
    PREFETCH = 0xf60,
    POWER = 0xf80
};

static struct el4_instance *make(const char *ways, const char *size)
{
    static struct fake_setting settings[3];
    settings[0] = (struct fake_setting){"ways", ways};
    settings[1] = (struct fake_setting){"way-size", size};
    struct el4_instance *fake = fake_new(settings, 1);
    fake_create_device(fake);
    fake->access = (struct el4_access){sizeof(fake->access), 0, true, true};
    return fake;
}

static void test_reset_values(void **state)
{
    struct el4_instance *fake = make("8", "16K");
    assert_int_equal(reg(fake, 0x000), 0x410000c8);
    assert_int_equal(reg(fake, 0x004), 0x1c100100);
    assert_int_equal(reg(fake, CONTROL), 0);
    assert_int_equal(reg(fake, AUX), 0x02020000);
    assert_int_equal(reg(fake, TAG), 0x777);
    assert_int_equal(reg(fake, PREFETCH), 0x04000000);
    fake_free(fake);
    fake = make("16", "256K");
    assert_int_equal(reg(fake, AUX), 0x020b0000);
    assert_int_equal(reg(fake, 0x004), 0x1c540540);
    fake_free(fake);
}

static void test_secure(void **state)
{
    struct el4_instance *fake = make("8", "16K");
    set(fake, AUX, 0x70020000);
    set(fake, CONTROL, 1);
    set(fake, AUX, 0); /* not while it is enabled */
    assert_int_equal(reg(fake, AUX), 0x70020000);
    assert_int_equal(reg(fake, CONTROL), 1);
    set(fake, DEBUG, 3);
    assert_int_equal(reg(fake, DEBUG), 7);
    set(fake, LOCKDOWN + 4, 0xff);
    set(fake, UNLOCK, 0x0f);
    assert_int_equal(reg(fake, LOCKDOWN + 4), 0xf0);
    set(fake, INVALIDATE_WAY, 0xff);
    assert_int_equal(reg(fake, INVALIDATE_WAY), 0);
    fake_free(fake);
}

static void test_nonsecure(void **state)
{
    struct el4_instance *fake = make("8", "16K");
    static const uint32_t offsets[] = {CONTROL, AUX, TAG, INT_MASK, LOCKDOWN, DEBUG, PREFETCH};
    fake->access.secure = false;
    for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        uint32_t before = reg(fake, offsets[i]);
        set(fake, offsets[i], ~before);
        assert_int_equal(reg(fake, offsets[i]), before);
    }
    fake_device_ops()->firmware_setup(fake->state, true);
    assert_int_equal(reg(fake, CONTROL), 1);
    assert_int_equal(reg(fake, POWER), 3);
    set(fake, INT_MASK, 1);
    set(fake, LOCKDOWN, 1);
    assert_int_equal(reg(fake, INT_MASK), 1);
    assert_int_equal(reg(fake, LOCKDOWN), 1);
    fake_free(fake);
}

/* For a kernel that has it enabled by a monitor. */
static void test_firmware_leaves_it_off(void **state)
{
    const struct fake_setting keys[] = {{"firmware-enables", "no"}, {0}};
    struct el4_instance *fake = fake_new(keys, 1);
    fake_create_device(fake);
    fake_device_ops()->firmware_setup(fake->state, true);
    assert_int_equal(reg(fake, CONTROL), 0);
    assert_int_equal(reg(fake, POWER), 3);
    assert_int_equal(reg(fake, AUX) & 0x4c000000, 0x4c000000);
    fake_free(fake);
}

static void test_unknown(void **state)
{
    struct el4_instance *fake = make("8", "16K");
    set(fake, 0x300, 1);
    assert_int_equal(reg(fake, 0x300), 0);
    assert_int_equal(fake->log_count[EL4_LOG_UNIMPLEMENTED], 2);
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset_values), cmocka_unit_test(test_secure),
        cmocka_unit_test(test_nonsecure),    cmocka_unit_test(test_firmware_leaves_it_off),
        cmocka_unit_test(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
