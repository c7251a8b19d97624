/* SPDX-License-Identifier: MIT */
/*
 * The ffa plugin against a fake host: what a platform without partitions says.
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

static void answers(void **state)
{
    struct el4_instance *ffa = make(NULL);
    assert_int_equal(ask(ffa, 0x84000063, 0x10000, 0).results[0], 0x10001);
    assert_int_equal(ask(ffa, 0x84000063, 0x20000, 0).results[0], 0x10001);
    assert_int_equal((int64_t)ask(ffa, 0x84000063, 0x9, 0).results[0], -1);
    assert_int_equal((int64_t)ask(ffa, 0x84000063, 0x80010000, 0).results[0], -1);
    struct el4_call id = ask(ffa, 0x84000069, 0, 0);
    assert_int_equal(id.results[0], 0x84000061);
    assert_int_equal(id.results[2], 0);
    assert_int_equal(ask(ffa, 0x84000064, 0x84000069, 0).results[0], 0x84000061);
    struct el4_call none = ask(ffa, 0x84000064, 0x84000071, 0);
    assert_int_equal(none.results[0], 0x84000060);
    assert_int_equal(none.results[2], 0xffffffff);
    fake_free(ffa);
}

static void the_rest_is_refused(void **state)
{
    static const uint32_t refused[] = {0x84000065, 0x84000068, 0x8400006f, 0xc400006f,
                                       0x84000077, 0x8400007a, 0xc400008b};
    struct el4_instance *ffa = make(NULL);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct el4_call call = ask(ffa, refused[i], 0, 0);
        assert_int_equal(call.results[0], 0x84000060);
        assert_int_equal(call.results[2], 0xffffffff);
        assert_int_equal(call.result_mask, 0xff);
    }
    struct el4_call call = service_make_call(0, 0xc400006f, 0, 0, 0);
    call.aarch32 = true;
    assert_int_equal(service_call(ffa, &call), EL4_HANDLED);
    assert_int_equal((int64_t)call.results[0], -1);
    passes(ffa, 0x8400005f);
    passes(ffa, 0x84000078);
    passes(ffa, 0x8400008c);
    passes(ffa, 0x840000f0);
    passes(ffa, 0xc4000063);
    fake_free(ffa);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(the_rest_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
