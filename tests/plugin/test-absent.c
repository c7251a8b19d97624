/* SPDX-License-Identifier: MIT */
/*
 * A block that is not modelled: zero, whatever the size, and one line in the log.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake-host.h"

static void test_absent(void **state)
{
    static const struct fake_setting settings[] = {
        {"bytes", "0x100"}, {"what", "the cat"}, {0}};
    struct el4_instance *fake = fake_new(settings, 1);
    fake_create_device(fake);
    assert_int_equal(fake->regions[0].mmio.bytes, 0x100);
    assert_int_equal(fake->log_count[EL4_LOG_UNIMPLEMENTED], 0);
    for (unsigned size = 1; size <= 8; size *= 2) {
        fake_write(fake, 0, 0x40, size, UINT64_MAX >> (64 - 8 * size));
        assert_int_equal(fake_read(fake, 0, 0x40, size), 0);
    }
    assert_int_equal(fake->log_count[EL4_LOG_UNIMPLEMENTED], 1);
    assert_string_equal(fake->log, "write at 0x40: the cat is not modelled; it reads as zero");
    fake_free(fake);
}

static void test_constants(void **state)
{
    static const struct fake_setting settings[] = {
        {"what", "the dog"}, {"constants", "0x4=0x80000000, 8=0x12345678"}, {0}};
    struct el4_instance *fake = fake_new(settings, 1);
    fake_create_device(fake);
    fake_write(fake, 0, 0x8, 4, 0);
    assert_string_equal(fake->log, "write at 0x8: the dog is not modelled; it does nothing");
    assert_int_equal(fake_read(fake, 0, 0x0, 4), 0);
    assert_int_equal(fake_read(fake, 0, 0x0, 8), 0x8000000000000000);
    assert_int_equal(fake_read(fake, 0, 0x4, 4), 0x80000000);
    assert_int_equal(fake_read(fake, 0, 0x8, 8), 0x12345678);
    assert_int_equal(fake_read(fake, 0, 0x9, 1), 0x56);
    assert_int_equal(fake_read(fake, 0, 0xa, 2), 0x1234);
    assert_int_equal(fake_read(fake, 0, 0xc, 4), 0);
    fake_free(fake);
}

static void test_bad_constants(void **state)
{
    static const char *const bad[] = {
        "4", "0x4=", "=4", "2=1", "4=1x", "0x100000000=1", "4=1234567890123", "4 = 5"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct fake_setting settings[] = {{"constants", bad[i]}, {0}};
        struct el4_instance *fake = fake_new(settings, 1);
        assert_false(fake_try_create_device(fake));
        assert_non_null(strstr(fake->failure, "constants: "));
        fake_free(fake);
    }
    const struct fake_setting many[] = {
        {"constants", "0=1,0=1,0=1,0=1,0=1,0=1,0=1,0=1,0=1,0=1,0=1,0=1,0=1,0=1,0=1,0=1,0=1"},
        {0}};
    struct el4_instance *fake = fake_new(many, 1);
    assert_false(fake_try_create_device(fake));
    assert_string_equal(fake->failure, "constants: there is room for 16");
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_bad_constants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
