/* SPDX-License-Identifier: MIT */
/*
 * The smccc-arch plugin against a fake host: what is claimed, what discovery
 * says of it, and results as Arm DEN0028 has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "service-calls.h"

#define VERSION       0x80000000u
#define ARCH_FEATURES 0x80000001u
#define SOC_ID        0x80000002u
#define SOC_ID_64     0xc0000002u
#define WORKAROUND_1  0x80008000u
#define WORKAROUND_2  0x80007fffu
#define WORKAROUND_3  0x80003fffu
#define WORKAROUND_4  0x80000004u

static struct el4_instance *make(const struct fake_setting *keys)
{
    struct el4_instance *arch = fake_new(keys, 1);
    fake_create_service(arch);
    return arch;
}

static bool claims(const struct el4_instance *arch, uint32_t id)
{
    return service_claims(arch, EL4_CONDUIT_SMC, EL4_CALLER_NS_EL1, id);
}

static int64_t feature(struct el4_instance *arch, uint32_t id)
{
    return service_smc(arch, 0, ARCH_FEATURES, id, 0, 0);
}

static void versions(void **state)
{
    static const char *const texts[] = {"1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6"};
    for (unsigned i = 0; i < 7; i++) {
        const struct fake_setting keys[] = {{"version", texts[i]}, {0}};
        struct el4_instance *arch = make(keys);
        assert_int_equal(service_smc(arch, 0, VERSION, 0, 0, 0), 0x10000 + i);
        assert_int_equal(claims(arch, ARCH_FEATURES), i >= 1);
        assert_int_equal(claims(arch, WORKAROUND_1), i >= 1);
        fake_free(arch);
    }
    struct el4_instance *arch = make(NULL);
    assert_int_equal(service_smc(arch, 0, VERSION, 0, 0, 0), 0x10002);
    fake_free(arch);
}

static bool everything_is_claimed(unsigned conduit, uint32_t id, unsigned cpu)
{
    return true;
}

static void features_follow_claims(void **state)
{
    struct el4_instance *arch = make(NULL);
    assert_int_equal(feature(arch, VERSION), 0);
    assert_int_equal(feature(arch, ARCH_FEATURES), 0);
    assert_int_equal(feature(arch, SOC_ID), -1);
    assert_int_equal(feature(arch, SOC_ID_64), -1);
    assert_int_equal(feature(arch, 0x80000003), -1);
    assert_int_equal(feature(arch, 0xc0000003), -1);
    assert_int_equal(feature(arch, 0xffffffff), -1);
    assert_int_equal(feature(arch, 0xc5000020), -1);
    arch->is_claimed = everything_is_claimed;
    assert_int_equal(feature(arch, 0xc5000020), 0);  /* says that it may be asked for here */
    assert_int_equal(feature(arch, 0xc0000005), 0);  /* another service's architecture call */
    assert_int_equal(feature(arch, 0x85000001), 0);  /* another hypervisor service */
    assert_int_equal(feature(arch, 0x84000000), -1); /* PSCI has its own discovery */
    assert_int_equal(feature(arch, 0x86000000), -1);
    assert_int_equal(feature(arch, 0x95c1ba5e), -1);
    struct el4_call call = service_make_call(0, ARCH_FEATURES, 0xc0000005, 0, 0);
    call.aarch32 = true;
    service_call(arch, &call);
    assert_int_equal((int64_t)call.results[0], -1);
    fake_free(arch);
}

static void workarounds(void **state)
{
    static const struct {
        const char *value;
        int64_t answers[4]; /* of ARCH_FEATURES for workaround 1 to 4 */
        bool called[4];
    } cases[] = {
        {"absent", {-1, -1, -1, -1}, {false, false, false, false}},
        {"needed", {0, 0, 0, 0}, {true, true, true, true}},
        {"unaffected", {1, -2, 1, -1}, {true, false, true, false}},
    };
    static const uint32_t ids[] = {WORKAROUND_1, WORKAROUND_2, WORKAROUND_3, WORKAROUND_4};
    for (size_t i = 0; i < 3; i++) {
        const struct fake_setting keys[] = {{"workaround-1", cases[i].value},
                                            {"workaround-2", cases[i].value},
                                            {"workaround-3", cases[i].value},
                                            {"workaround-4", cases[i].value},
                                            {0}};
        struct el4_instance *arch = make(keys);
        for (size_t j = 0; j < 4; j++) {
            assert_int_equal(feature(arch, ids[j]), cases[i].answers[j]);
            assert_int_equal(claims(arch, ids[j]), cases[i].called[j]);
            if (cases[i].called[j]) {
                /* They return nothing, not even in x0. */
                assert_int_equal(service_smc(arch, 0, ids[j], 1, 0, 0), SERVICE_NOTHING);
            }
        }
        fake_free(arch);
    }
}

static void soc_id(void **state)
{
    static const struct fake_setting keys[] = {{"version", "1.6"},
                                               {"soc-version", "0x043b0042"},
                                               {"soc-revision", "7"},
                                               {"soc-name", "el4 test SoC"},
                                               {0}};
    struct el4_instance *arch = make(keys);
    assert_int_equal(feature(arch, SOC_ID), 0);
    assert_int_equal(feature(arch, SOC_ID_64), 0);
    assert_int_equal(service_smc(arch, 0, SOC_ID, 0, 0, 0), 0x043b0042);
    assert_int_equal(service_smc(arch, 0, SOC_ID, 1, 0, 0), 7);
    assert_int_equal(service_smc(arch, 0, SOC_ID, 2, 0, 0), -3); /* SMC64 only */
    assert_int_equal(service_smc(arch, 0, SOC_ID, 3, 0, 0), -3);
    struct el4_call call = service_make_call(0, SOC_ID_64, 2, 0, 0);
    assert_int_equal(service_call(arch, &call), EL4_HANDLED);
    assert_int_equal(call.result_mask, 0x3ffff);
    assert_int_equal(call.results[0], 0);
    char name[136] = "";
    for (unsigned i = 0; i < 136; i++) {
        name[i] = (char)(call.results[1 + i / 8] >> (8 * (i % 8)));
    }
    assert_string_equal(name, "el4 test SoC");
    call = service_make_call(0, SOC_ID_64, 0, 0, 0);
    call.aarch32 = true;
    service_call(arch, &call);
    assert_int_equal((int64_t)call.results[0], -1);
    fake_free(arch);
}

static void bad_configurations(void **state)
{
    static char long_name[200];
    memset(long_name, 'x', 136);
    const struct fake_setting cases[][5] = {
        {{"workaround-1", "absent"}},
        {{"soc-version", "1"}},
        {{"soc-revision", "1"}},
        {{"version", "1.1"}, {"soc-version", "1"}, {"soc-revision", "1"}},
        {{"version", "1.6"}, {"soc-name", "x"}},
        {{"version", "1.2"}, {"soc-version", "1"}, {"soc-revision", "1"}, {"soc-name", "x"}},
        {{"version", "1.6"},
         {"soc-version", "1"},
         {"soc-revision", "1"},
         {"soc-name", long_name}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake_setting keys[6] = {0};
        memcpy(keys, cases[i], sizeof(cases[i]));
        struct el4_instance *arch = fake_new(keys, 1);
        assert_false(fake_try_create_service(arch));
        fake_free(arch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions),           cmocka_unit_test(features_follow_claims),
        cmocka_unit_test(workarounds),        cmocka_unit_test(soc_id),
        cmocka_unit_test(bad_configurations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
