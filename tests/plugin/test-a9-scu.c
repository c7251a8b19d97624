/* SPDX-License-Identifier: MIT */
/*
 * Snoop Control Unit of the Cortex-A9: what it tells of the CPUs, and who may write (Arm DDI
 * 0407, chapter 2).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake-host.h"

enum {
    CONTROL = 0x00,
    CONFIG = 0x04,
    POWER = 0x08,
    FILTER = 0x40,
    ACCESS = 0x50,
    NS_ACCESS = 0x54
};

static struct el4_instance *make(unsigned cpus)
{
    struct el4_instance *fake = fake_new(NULL, cpus);
    fake_create_device(fake);
    fake->access = (struct el4_access){sizeof(fake->access), 0, true, true};
    return fake;
}

static void test_config(void **state)
{
    static const uint32_t values[] = {0, 0x0110, 0x0531, 0x1572, 0x55f3};
    for (unsigned cpus = 1; cpus <= 4; cpus++) {
        struct el4_instance *fake = make(cpus);
        assert_int_equal(fake_read(fake, 0, CONFIG, 4), values[cpus]);
        assert_int_equal(fake_read(fake, 0, CONTROL, 4), 0);
        assert_int_equal(fake_read(fake, 0, ACCESS, 4), 0xf);
        assert_int_equal(fake_read(fake, 0, NS_ACCESS, 4), 0);
        fake_free(fake);
    }
    struct el4_instance *fake = fake_new(NULL, 5);
    assert_false(fake_try_create_device(fake));
    fake_free(fake);
}

static void test_bytes(void **state)
{
    struct el4_instance *fake = make(4);
    fake_write(fake, 0, POWER + 2, 1, 2);
    fake_write(fake, 0, POWER + 3, 1, 0xff);
    assert_int_equal(fake_read(fake, 0, POWER, 4), 0x03020000);
    assert_int_equal(fake_read(fake, 0, POWER + 2, 1), 2);
    fake_free(fake);
}

static void test_who_may_write(void **state)
{
    struct el4_instance *fake = make(2);
    fake->access.secure = false;
    fake_write(fake, 0, CONTROL, 4, 1);
    assert_int_equal(fake_read(fake, 0, CONTROL, 4), 0);
    fake->access.secure = true;
    fake_write(fake, 0, NS_ACCESS, 4, 2);
    fake->access.secure = false;
    fake_write(fake, 0, CONTROL, 4, 1);
    assert_int_equal(fake_read(fake, 0, CONTROL, 4), 0);
    fake->access.cpu = 1;
    fake_write(fake, 0, CONTROL, 4, 1);
    assert_int_equal(fake_read(fake, 0, CONTROL, 4), 1);
    fake_write(fake, 0, NS_ACCESS, 4, 0xfff); /* not for Non-secure software */
    assert_int_equal(fake_read(fake, 0, NS_ACCESS, 4), 2);
    fake->access.secure = true;
    fake_write(fake, 0, ACCESS, 4, 1);
    fake_write(fake, 0, FILTER, 4, UINT32_MAX);
    assert_int_equal(fake_read(fake, 0, FILTER, 4), 0);
    fake->access.cpu = 0;
    fake_write(fake, 0, FILTER, 4, UINT32_MAX);
    assert_int_equal(fake_read(fake, 0, FILTER, 4), 0xfff00000);
    fake_free(fake);
}

static void test_firmware(void **state)
{
    struct el4_instance *fake = make(1);
    fake_device_ops()->firmware_setup(fake->state, true);
    assert_int_equal(fake_read(fake, 0, NS_ACCESS, 4), 0xfff);
    assert_int_equal(fake_read(fake, 0, CONTROL, 4), 1);
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_who_may_write),
        cmocka_unit_test(test_firmware),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
