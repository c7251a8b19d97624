/* SPDX-License-Identifier: MIT */
/*
 * The optee plugin against a fake host: discovery as OP-TEE's ABI has it, and everything else
 * refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "service-calls.h"

static struct el4_instance *make(const struct fake_setting *keys)
{
    struct el4_instance *fake = fake_new(keys, 1);
    fake_create_service(fake);
    return fake;
}

static void returns(struct el4_instance *optee, uint32_t id, unsigned count,
                    const uint32_t *results)
{
    struct el4_call call = service_make_call(0, id, 0, 0, 0);
    assert_true(service_claims(optee, EL4_CONDUIT_SMC, EL4_CALLER_NS_EL1, id));
    assert_false(service_claims(optee, EL4_CONDUIT_SMC, EL4_CALLER_S_EL1, id));
    assert_int_equal(service_call(optee, &call), EL4_HANDLED);
    assert_int_equal(call.result_mask, (1u << count) - 1);
    for (unsigned n = 0; n < count; n++) {
        assert_int_equal(call.results[n], results[n]);
    }
}

#define RETURNS(optee, id, ...)                                                                \
    returns(optee, id, sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t),                   \
            (uint32_t[]){__VA_ARGS__})

static void discovery(void **state)
{
    const struct fake_setting keys[] = {{"os-revision", "4.10"}, {"os-build", "0xabcd"}, {0}};
    struct el4_instance *optee = make(keys);
    RETURNS(optee, 0xbf00ff00, 14);
    RETURNS(optee, 0xbf00ff01, 0x384fb3e0, 0xe7f811e3, 0xaf630002, 0xa5d5c51b);
    RETURNS(optee, 0xbf00ff03, 2, 0);
    RETURNS(optee, 0xb2000000, 0x486178e0, 0xe7f811e3, 0xbc5e0002, 0xa5d5c51b);
    RETURNS(optee, 0xb2000001, 4, 10, 0xabcd);
    assert_int_equal(optee->claim_count, 14);
    fake_free(optee);
}

static void refusals(void **state)
{
    struct el4_instance *optee = make(NULL);
    RETURNS(optee, 0xb2000001, 4, 0, 0);
    RETURNS(optee, 0xb2000009, 7, 0);
    RETURNS(optee, 0xb2000007, 7);
    RETURNS(optee, 0xb200000a, 7);
    RETURNS(optee, 0xb2000010, 7);
    RETURNS(optee, 0xb2000011, 7);
    RETURNS(optee, 0x32000003, 3);
    RETURNS(optee, 0x32000004, 4);
    RETURNS(optee, 0x32000012, 4);
    RETURNS(optee, 0x32000013, 4);
    fake_free(optee);
    const struct fake_setting keys[] = {{"capabilities", "none"}, {0}};
    optee = make(keys);
    RETURNS(optee, 0xb2000009, 0, 0, 0);
    RETURNS(optee, 0x32000004, 4);
    fake_free(optee);
}

/* Numbers that OP-TEE has, but not this one, and those of nobody. */
static void the_rest_is_unknown(void **state)
{
    static const uint32_t unknown[] = {0xbf00ff02, 0xb2000008, 0xb200000b, 0xb200000c,
                                       0xb200000f, 0xb2000014, 0x32000005, 0xf2000009};
    struct el4_instance *optee = make(NULL);
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        struct el4_call call = service_make_call(0, unknown[i], 0, 0, 0);
        assert_false(service_claims(optee, EL4_CONDUIT_SMC, EL4_CALLER_NS_EL1, unknown[i]));
        assert_int_equal(service_call(optee, &call), EL4_PASS);
    }
    fake_free(optee);
}

static void bad_revisions(void **state)
{
    static const char *const texts[] = {"4",    "4.",  ".1",  "4.1.2",        "4 .1",
                                        "-4.1", "a.b", "4.x", "4.1000000000", "4.1 "};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const struct fake_setting keys[] = {{"os-revision", texts[i]}, {0}};
        struct el4_instance *optee = fake_new(keys, 1);
        assert_false(fake_try_create_service(optee));
        assert_non_null(strstr(optee->failure, "os-revision: "));
        fake_free(optee);
    }
}

static void device_tree(void **state)
{
    struct el4_instance *optee = make(NULL);
    fake_service_fdt(optee, EL4_CONDUIT_SMC);
    assert_true(fake_fdt_has(optee, "compatible = linaro,optee-tz"));
    assert_true(fake_fdt_has(optee, "method = smc"));
    fake_service_fdt(optee, EL4_CONDUIT_HVC);
    assert_true(fake_fdt_has(optee, "method = hvc"));
    fake_free(optee);
    optee = make(NULL);
    fake_service_fdt(optee, EL4_CONDUIT_EL4);
    assert_string_equal(optee->fdt, "");
    fake_free(optee);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discovery),           cmocka_unit_test(refusals),
        cmocka_unit_test(the_rest_is_unknown), cmocka_unit_test(bad_revisions),
        cmocka_unit_test(device_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
