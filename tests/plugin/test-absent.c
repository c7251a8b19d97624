/* SPDX-License-Identifier: MIT */
/*
 * A block that is not modelled: zero, whatever the size, and one line in the log.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
