/* SPDX-License-Identifier: MIT */
/*
 * The errata plugin against a fake host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "service-calls.h"

static struct el4_call ask(struct el4_instance *fake, uint32_t id, uint64_t x1, uint64_t x2)
{
    struct el4_call call = service_make_call(0, id, x1, x2, 0);
    assert_int_equal(service_call(fake, &call), EL4_HANDLED);
    return call;
}

static void passes(struct el4_instance *fake, uint32_t id)
{
    struct el4_call call = service_make_call(0, id, 0, 0, 0);
    assert_false(service_claims(fake, EL4_CONDUIT_HVC, EL4_CALLER_NS_EL1, id));
    assert_int_equal(service_call(fake, &call), EL4_PASS);
}

static struct el4_instance *make(const struct fake_setting *keys)
{
    struct el4_instance *fake = fake_new(keys, 1);
    fake_create_service(fake);
    return fake;
}

static int64_t erratum(struct el4_instance *errata, uint64_t number, uint64_t forward)
{
    return (int64_t)ask(errata, 0x840000f2, number, forward).results[0];
}

static void answers(void **state)
{
    const struct fake_setting keys[] = {
        {"affected", "843419 1"}, {"not-affected", "835769"}, {"mitigated", "2054223"}, {0}};
    struct el4_instance *errata = make(keys);
    assert_int_equal(ask(errata, 0x840000f0, 0, 0).results[0], 0x10000);
    assert_int_equal(ask(errata, 0x840000f1, 0x840000f2, 0).results[0], 0);
    assert_int_equal((int64_t)ask(errata, 0x840000f1, 0x840000f3, 0).results[0], -1);
    assert_int_equal((int64_t)ask(errata, 0x840000f1, 0x84000000, 0).results[0], -1);
    assert_int_equal(erratum(errata, 843419, 0), 1);
    assert_int_equal(erratum(errata, 1, 1), 1);
    assert_int_equal(erratum(errata, 835769, 0), 2);
    assert_int_equal(erratum(errata, 2054223, 0), 3);
    assert_int_equal(erratum(errata, 5, 0), -3);
    assert_int_equal(erratum(errata, 1, 2), -2);
    assert_int_equal(erratum(errata, UINT64_C(0x100000001), 0), 1); /* w1 alone */
    passes(errata, 0x840000f3);
    passes(errata, 0xc40000f0);
    fake_free(errata);
}

static void others(void **state)
{
    const struct fake_setting keys[] = {{"others", "not-affected"}, {0}};
    struct el4_instance *errata = make(keys);
    assert_int_equal(erratum(errata, 5, 0), 2);
    fake_free(errata);
}

static void bad_configurations(void **state)
{
    static const char *const words[] = {"x", "1x", "-1", "4294967296", "+1"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const struct fake_setting keys[] = {{"mitigated", words[i]}, {0}};
        struct el4_instance *errata = fake_new(keys, 1);
        assert_false(fake_try_create_service(errata));
        assert_memory_equal(errata->failure, "mitigated: ", 11);
        fake_free(errata);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(others),
        cmocka_unit_test(bad_configurations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
