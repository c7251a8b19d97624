/* SPDX-License-Identifier: MIT */
/*
 * The psci plugin against a fake host: which ids each version claims, every function's results
 * and error codes as Arm DEN0022 has them, power states and statistics.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "psci-fixture.h"

/* ---- claims and discovery ---- */

/* For each function number, the first version that has it, and its forms.
 */
static const struct {
    unsigned since; /* 2: 0.2; 10: 1.0; 11; 13; 99: never */
    bool wide;
} table[0x20] = {
    /* clang-format off */
    {2, false}, {2, true}, {2, false}, {2, true}, {2, true},     /* VERSION .. AFFINITY_INFO */
    {99, true}, {2, false}, {99, true},                          /* MIGRATE .. UP_CPU */
    {2, false}, {2, false}, {10, false}, {10, false},            /* OFF .. FREEZE */
    {10, true}, {10, true}, {10, true}, {10, false},             /* DEFAULT .. SET_MODE */
    {10, true}, {10, true}, {11, true}, {11, false}, {11, true}, /* STAT .. CHECK_RANGE */
    {13, true}, {99, true}, {99, true},
    {99, true}, {99, true}, {99, true}, {99, true}, {99, true}, {99, true}, {99, true},
    {99, true},
    /* clang-format on */
};

static void claims_follow_the_version(void **state)
{
    static const struct {
        const char *text;
        unsigned number;
        int64_t answer;
    } versions[] = {{"0.2", 2, 0x2},
                    {"1.0", 10, 0x10000},
                    {"1.1", 11, 0x10001},
                    {"1.2", 12, 0x10002},
                    {"1.3", 13, 0x10003}};
    for (size_t v = 0; v < sizeof(versions) / sizeof(versions[0]); v++) {
        struct el4_instance *psci = make_version(versions[v].text);
        for (uint32_t n = 0; n < 0x20; n++) {
            bool has = table[n].since <= versions[v].number;
            bool claims =
                service_claims(psci, EL4_CONDUIT_SMC, EL4_CALLER_NS_EL1, 0x84000000 + n);
            bool wide =
                service_claims(psci, EL4_CONDUIT_HVC, EL4_CALLER_NS_EL2, 0xc4000000 + n);
            assert_int_equal(claims, has);
            assert_int_equal(wide, has && table[n].wide);
            if (versions[v].number >= 10) {
                int64_t feature = call1(psci, FEATURES, 0x84000000 + n);
                assert_int_equal(feature >= 0, has);
                feature = call1(psci, FEATURES, 0xc4000000 + n);
                assert_int_equal(feature >= 0, has && table[n].wide);
            }
        }
        assert_int_equal(call1(psci, 0x84000000, 0), versions[v].answer);
        fake_free(psci);
    }
    struct el4_instance *psci = make(4, NULL);
    assert_int_equal(call1(psci, 0x84000000, 0), 0x10003); /* the default */
    fake_free(psci);
}

static void only_the_normal_world_calls(void **state)
{
    struct el4_instance *psci = make(4, NULL);
    static const uint32_t others[] = {EL4_CALLER_S_EL1, EL4_CALLER_S_EL2, EL4_CALLER_EL3};
    for (size_t i = 0; i < 3; i++) {
        assert_false(service_claims(psci, EL4_CONDUIT_SMC, others[i], CPU_ON));
        assert_false(service_claims(psci, EL4_CONDUIT_HVC, others[i], CPU_ON));
        assert_true(service_claims(psci, EL4_CONDUIT_EL4, others[i], CPU_ON));
    }
    struct el4_call call = service_make_call(0, 0x84000000, 0, 0, 0);
    call.secure = true;
    assert_int_equal(service_call(psci, &call), EL4_PASS);
    call.conduit = EL4_CONDUIT_EL4;
    assert_int_equal(service_call(psci, &call), EL4_HANDLED);
    fake_free(psci);

    static const struct fake_setting all[] = {{"secure-callers", "yes"}, {0}};
    psci = make(4, all);
    assert_true(service_claims(psci, EL4_CONDUIT_SMC, EL4_CALLER_EL3, CPU_ON));
    call = service_make_call(0, CPU_ON, 1, ENTRY, 0);
    call.secure = true;
    assert_int_equal(service_call(psci, &call), EL4_HANDLED);
    assert_true(psci->cpu_on_entry[1].secure);
    assert_int_equal(psci->cpu_on_entry[1].el, 1);
    fake_free(psci);
}

static bool everything_is_claimed(unsigned conduit, uint32_t id, unsigned cpu)
{
    return true;
}

static void features(void **state)
{
    struct el4_instance *psci = make(4, NULL);
    assert_int_equal(call1(psci, FEATURES, SUSPEND), 1); /* original format, OS-initiated */
    assert_int_equal(call1(psci, FEATURES, SYSTEM_OFF2), 1);
    assert_int_equal(call1(psci, FEATURES, SYSTEM_RESET2 | SMC64), 0);
    assert_int_equal(call1(psci, FEATURES, 0x80000000), NOT_SUPPORTED);
    psci->is_claimed = everything_is_claimed; /* so SMCCC_VERSION is there now */
    assert_int_equal(call1(psci, FEATURES, 0x80000000), 0);
    assert_int_equal(call1(psci, FEATURES, 0xdeadbeef80000000), 0);
    /* What is no PSCI function is not PSCI's to tell. */
    assert_int_equal(call1(psci, FEATURES, 0x84000050), NOT_SUPPORTED);
    assert_int_equal(call1(psci, FEATURES, 0x80000001), NOT_SUPPORTED);
    assert_int_equal(call1(psci, FEATURES, 0x95c1ba5e), NOT_SUPPORTED);

    struct el4_call call = service_make_call(0, FEATURES, CPU_ON | SMC64, 0, 0);
    call.aarch32 = true;
    service_call(psci, &call);
    assert_int_equal((int64_t)call.results[0], NOT_SUPPORTED);
    fake_free(psci);

    static const struct fake_setting extended[] = {
        {"suspend-format", "extended"}, {"os-initiated", "no"}, {0}};
    psci = make(4, extended);
    assert_int_equal(call1(psci, FEATURES, SUSPEND), 2);
    assert_int_equal(call1(psci, FEATURES, SET_MODE), NOT_SUPPORTED);
    assert_false(service_claims(psci, EL4_CONDUIT_SMC, EL4_CALLER_NS_EL1, SET_MODE));
    fake_free(psci);
}

static void smc64_from_aarch32(void **state)
{
    struct el4_instance *psci = make(4, NULL);
    for (uint32_t n = 0; n < 0x20; n++) {
        struct el4_call call = service_make_call(0, 0xc4000000 + n, 1, ENTRY, 0);
        call.aarch32 = true;
        if (service_call(psci, &call) == EL4_HANDLED) {
            assert_int_equal((int64_t)call.results[0], NOT_SUPPORTED);
        }
    }
    assert_int_equal(psci->cpu_power[1], EL4_CPU_OFF);
    fake_free(psci);
}

/* ---- CPUs ---- */

static void cpu_on(void **state)
{
    struct el4_instance *psci = make(4, NULL);
    assert_int_equal(call3(psci, CPU_ON | SMC64, 1, ENTRY, 0x123456789abcdef0), SUCCESS);
    assert_int_equal(psci->cpu_on_entry[1].pc, ENTRY);
    assert_int_equal(psci->cpu_on_entry[1].context_id, 0x123456789abcdef0);
    assert_int_equal(psci->cpu_on_entry[1].el, 1);
    assert_false(psci->cpu_on_entry[1].secure);
    assert_int_equal(call3(psci, CPU_ON, 1, ENTRY, 0), ON_PENDING);
    assert_int_equal(call3(psci, AFFINITY_INFO, 1, 0, 0), 2);
    psci->cpu_power[1] = EL4_CPU_ON;
    assert_int_equal(call3(psci, CPU_ON, 1, ENTRY, 0), ALREADY_ON);
    psci->cpu_power[1] = EL4_CPU_SUSPENDED;
    assert_int_equal(call3(psci, CPU_ON, 1, ENTRY, 0), ALREADY_ON);
    assert_int_equal(call3(psci, CPU_ON, 0, ENTRY, 0), ALREADY_ON);

    /* No such CPU; bits outside the affinity fields, MPIDR's own bit 31 among them. */
    static const uint64_t bad[] = {4,          0x100,      0x80000001,         0x40000001,
                                   0x01000001, 0x80000000, 0x0000010000000002, UINT64_MAX};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(call3(psci, CPU_ON | SMC64, bad[i], ENTRY, 0), INVALID_PARAMETERS);
    }
    /* An SMC32 id has 32-bit arguments: what is above is not looked at. */
    assert_int_equal(
        call3(psci, CPU_ON, 0xffffffff00000002, 0xffffffff00000000 | ENTRY, 0xffffffff00000007),
        SUCCESS);
    assert_int_equal(psci->cpu_on_entry[2].pc, ENTRY);
    assert_int_equal(psci->cpu_on_entry[2].context_id, 7);

    static const uint64_t entries[] = {OTHER_CODE,  ENTRY + 1,          ENTRY + 2,
                                       0,           UINT64_MAX & ~3ull, 0x3ffffffcu,
                                       0x50000000u, 0x140001000u};
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        assert_int_equal(call3(psci, CPU_ON | SMC64, 3, entries[i], 0), INVALID_ADDRESS);
    }
    /* The target is looked at before the entry. */
    assert_int_equal(call3(psci, CPU_ON, 9, OTHER_CODE, 0), INVALID_PARAMETERS);
    assert_int_equal(psci->cpu_power[3], EL4_CPU_OFF);
    psci->cpu_on_result = -EIO;
    assert_int_equal(call3(psci, CPU_ON, 3, ENTRY, 0), INTERNAL_FAILURE);
    fake_free(psci);
}

static void cpu_on_before_1_0(void **state)
{
    struct el4_instance *psci = make_version("0.2");
    assert_int_equal(call3(psci, CPU_ON, 1, OTHER_CODE, 0), INVALID_PARAMETERS);
    assert_int_equal(call3(psci, CPU_ON, 1, ENTRY, 0), SUCCESS);
    fake_free(psci);
}

static void entry_level(void **state)
{
    static const struct fake_setting at_el3[] = {{"el3-starts-at", "el3"}, {0}};
    struct el4_instance *psci = make(4, NULL);
    psci->cpu_state[0].has_el2 = true;
    psci->cpu_state[0].big_endian = true;
    call3(psci, CPU_ON, 1, ENTRY, 0);
    assert_int_equal(psci->cpu_on_entry[1].el,
                     2); /* not the caller's level, the highest allowed */
    assert_true(psci->cpu_on_entry[1].big_endian);

    struct el4_call call = service_make_call(0, CPU_ON, 2, ENTRY, 0);
    call.conduit = EL4_CONDUIT_EL4;
    call.caller = EL4_CALLER_EL3;
    call.el = 3;
    call.secure = true;
    service_call(psci, &call);
    assert_int_equal(psci->cpu_on_entry[2].el, 2);
    assert_false(psci->cpu_on_entry[2].secure);

    call = service_make_call(0, CPU_ON, 3, ENTRY + 1, 0);
    call.aarch32 = true;
    service_call(psci, &call);
    assert_true(psci->cpu_on_entry[3].thumb);
    assert_true(psci->cpu_on_entry[3].aarch32);
    assert_int_equal(psci->cpu_on_entry[3].pc, ENTRY);
    fake_free(psci);

    psci = make(4, at_el3);
    call = service_make_call(0, CPU_ON, 2, ENTRY, 0);
    call.conduit = EL4_CONDUIT_EL4;
    call.el = 3;
    call.secure = true;
    service_call(psci, &call);
    assert_int_equal(psci->cpu_on_entry[2].el, 3);
    assert_true(psci->cpu_on_entry[2].secure);
    fake_free(psci);
}

static void entry_unchecked(void **state)
{
    static const struct fake_setting keys[] = {{"check-entry", "no"}, {0}};
    struct el4_instance *psci = make(4, keys);
    assert_int_equal(call3(psci, CPU_ON, 1, OTHER_CODE, 0), SUCCESS);
    assert_int_equal(call3(psci, CPU_ON, 2, OTHER_CODE + 1, 0), INVALID_ADDRESS);
    fake_free(psci);
}

static void cpu_off(void **state)
{
    struct el4_instance *psci = make(4, NULL);
    assert_int_equal(service_smc(psci, 0, CPU_OFF, 0, 0, 0), SERVICE_NOTHING);
    assert_true(was_switched_off(psci));
    assert_int_equal(service_smc(psci, 0, FREEZE, 0, 0, 0), SERVICE_NOTHING);
    assert_true(was_switched_off(psci));
    fake_free(psci);
}

static void affinity_info(void **state)
{
    struct el4_instance *psci = make(8, NULL); /* clusters 0-3 and 4-7 */
    assert_int_equal(call3(psci, AFFINITY_INFO, 0, 0, 0), 0);
    assert_int_equal(call3(psci, AFFINITY_INFO, 1, 0, 0), 1);
    assert_int_equal(call3(psci, AFFINITY_INFO, 0x103, 0, 0), 1);
    assert_int_equal(call3(psci, AFFINITY_INFO, 0x104, 0, 0), INVALID_PARAMETERS);
    assert_int_equal(call3(psci, AFFINITY_INFO, 0x80000000, 0, 0), INVALID_PARAMETERS);
    assert_int_equal(call3(psci, AFFINITY_INFO, 0, 4, 0), INVALID_PARAMETERS);
    assert_int_equal(call3(psci, AFFINITY_INFO, 0, 0xffffffff, 0), INVALID_PARAMETERS);

    /* Above level 0 the lower fields do not matter. */
    assert_int_equal(call3(psci, AFFINITY_INFO, 0xff, 1, 0), 0);
    assert_int_equal(call3(psci, AFFINITY_INFO, 0x1ff, 1, 0), 1);
    assert_int_equal(call3(psci, AFFINITY_INFO, 0x200, 1, 0), INVALID_PARAMETERS);
    psci->cpu_power[5] = EL4_CPU_ON_PENDING;
    assert_int_equal(call3(psci, AFFINITY_INFO, 0x100, 1, 0), 2);
    psci->cpu_power[7] = EL4_CPU_SUSPENDED;
    assert_int_equal(call3(psci, AFFINITY_INFO, 0x100, 1, 0), 0);
    assert_int_equal(call3(psci, AFFINITY_INFO, 0x103, 0, 0), 0);
    assert_int_equal(call3(psci, AFFINITY_INFO, 0xffff, 2, 0), 0);
    assert_int_equal(call3(psci, AFFINITY_INFO | SMC64, 0xffffff, 3, 0), 0);
    assert_int_equal(call3(psci, AFFINITY_INFO | SMC64, 0x100000000, 3, 0), INVALID_PARAMETERS);
    fake_free(psci);
}

static void no_trusted_os(void **state)
{
    struct el4_instance *psci = make(4, NULL);
    assert_int_equal(call1(psci, MIGRATE_TYPE, 0), 2);
    struct el4_call call = service_make_call(0, MIGRATE, 1, 0, 0);
    assert_int_equal(service_call(psci, &call), EL4_PASS);
    fake_free(psci);
}

static void trusted_os(void **state)
{
    static const struct fake_setting migratable[] = {
        {"version", "0.2"}, {"trusted-os", "migratable"}, {"trusted-os-cpu", "1"}, {0}};
    static const struct fake_setting fixed[] = {
        {"version", "0.2"}, {"trusted-os", "fixed"}, {0}};
    struct el4_instance *psci = make(4, migratable);
    assert_int_equal(call1(psci, MIGRATE_TYPE, 0), 0);
    assert_int_equal(call1(psci, MIGRATE_UP_CPU, 0), 1);
    assert_int_equal(call1(psci, MIGRATE, 2), NOT_PRESENT);
    assert_int_equal(service_smc(psci, 1, CPU_OFF, 0, 0, 0), DENIED);
    assert_false(was_switched_off(psci));
    assert_int_equal(service_smc(psci, 1, MIGRATE, 9, 0, 0), INVALID_PARAMETERS);
    assert_int_equal(service_smc(psci, 1, MIGRATE, 2, 0, 0), SUCCESS);
    assert_int_equal(call1(psci, MIGRATE_UP_CPU | SMC64, 0), 2);
    service_smc(psci, 1, CPU_OFF, 0, 0, 0);
    assert_true(was_switched_off(psci));
    fake_free(psci);

    psci = make(4, fixed);
    assert_int_equal(call1(psci, MIGRATE_TYPE, 0), 1);
    assert_int_equal(call1(psci, MIGRATE, 2), DENIED);
    fake_free(psci);
}

static void describe(struct el4_instance *psci, unsigned conduit)
{
    psci->fdt[0] = '\0';
    fake_service_ops()->fdt(psci->state, (struct el4_fdt *)(void *)psci, conduit);
    assert_int_equal(psci->fdt_depth, 0);
}

/* ---- version 0.1 ---- */

static void old_version(void **state)
{
    struct el4_instance *psci = make_version("0.1");
    assert_int_equal(psci->claim_count, 8); /* four, each for the el4 conduit too */
    assert_true(service_claims(psci, EL4_CONDUIT_HVC, EL4_CALLER_NS_EL1, 0x95c1ba5e));
    assert_true(service_claims(psci, EL4_CONDUIT_HVC, EL4_CALLER_NS_EL1, 0x95c1ba61));
    assert_false(service_claims(psci, EL4_CONDUIT_HVC, EL4_CALLER_NS_EL1, 0x84000000));
    /* 64-bit arguments though bit 30 is clear, no context id, no codes below -3. */
    assert_int_equal(call3(psci, 0x95c1ba60, 0x100000001, ENTRY, 5), INVALID_PARAMETERS);
    assert_int_equal(call3(psci, 0x95c1ba60, 1, ENTRY, 5), SUCCESS);
    assert_int_equal(psci->cpu_on_entry[1].context_id, 0);
    assert_int_equal(call3(psci, 0x95c1ba60, 1, ENTRY, 5), INVALID_PARAMETERS);
    assert_int_equal(call3(psci, 0x95c1ba60, 0, ENTRY, 5), INVALID_PARAMETERS);
    assert_int_equal(call3(psci, 0x95c1ba60, 2, OTHER_CODE, 5), INVALID_PARAMETERS);
    assert_int_equal(call1(psci, 0x95c1ba61, 1), NOT_SUPPORTED);
    assert_int_equal(call3(psci, 0x95c1ba5e, CORE_OFF, ENTRY, 5), SUCCESS);
    assert_true(psci->suspend_has_entry);
    assert_int_equal(psci->suspend_entry.context_id, 0);
    call1(psci, 0x95c1ba5f, 0);
    assert_true(was_switched_off(psci));
    struct el4_call call = service_make_call(0, 0x84000000, 0, 0, 0);
    assert_int_equal(service_call(psci, &call), EL4_PASS);
    fake_free(psci);
}

static void calxeda_ids(void **state)
{
    static const struct fake_setting keys[] = {{"version", "0.1"},
                                               {"cpu_suspend", "0x84000002"},
                                               {"cpu_off", "0x84000004"},
                                               {"cpu_on", "0x84000006"},
                                               {0}};
    struct el4_instance *psci = make(4, keys);
    assert_int_equal(psci->claim_count, 6);
    assert_int_equal(call3(psci, 0x84000006, 1, ENTRY, 0), SUCCESS);
    assert_int_equal(psci->cpu_power[1], EL4_CPU_ON_PENDING);
    describe(psci, EL4_CONDUIT_SMC);
    assert_true(fake_fdt_has(psci, "compatible = arm,psci"));
    assert_true(fake_fdt_has(psci, "method = smc"));
    assert_true(fake_fdt_has(psci, "cpu_suspend = 0x84000002"));
    assert_true(fake_fdt_has(psci, "cpu_off = 0x84000004"));
    assert_true(fake_fdt_has(psci, "cpu_on = 0x84000006"));
    assert_null(strstr(psci->fdt, "migrate"));
    fake_free(psci);
}

static void device_tree(void **state)
{
    static const struct {
        const char *version;
        const char *text;
    } cases[] = {{"0.2", "psci {\ncompatible = arm,psci-0.2\nmethod = hvc\n}\n"},
                 {"1.0", "psci {\ncompatible = arm,psci-1.0 arm,psci-0.2\nmethod = hvc\n}\n"},
                 {"1.3", "psci {\ncompatible = arm,psci-1.0 arm,psci-0.2\nmethod = hvc\n}\n"}};
    for (size_t i = 0; i < 3; i++) {
        struct el4_instance *psci = make_version(cases[i].version);
        describe(psci, EL4_CONDUIT_HVC);
        assert_string_equal(psci->fdt, cases[i].text);
        describe(psci, EL4_CONDUIT_EL4);
        assert_string_equal(psci->fdt, "");
        fake_free(psci);
    }
    static const struct fake_setting hidden[] = {{"device-tree", "no"}, {0}};
    struct el4_instance *psci = make(4, hidden);
    describe(psci, EL4_CONDUIT_HVC);
    assert_string_equal(psci->fdt, "");
    fake_free(psci);
}

/* ---- suspend ---- */

static void suspend(void **state)
{
    struct el4_instance *psci = make(4, NULL);
    assert_int_equal(call3(psci, SUSPEND, STANDBY, 0, 0), SUCCESS);
    assert_true(was_suspended(psci));
    assert_false(psci->suspend_has_entry);
    assert_int_equal(call3(psci, SUSPEND | SMC64, CORE_OFF, ENTRY, 0x1122334455667788),
                     SUCCESS);
    assert_true(psci->suspend_has_entry);
    assert_int_equal(psci->suspend_entry.pc, ENTRY);
    assert_int_equal(psci->suspend_entry.context_id, 0x1122334455667788);
    /* power_state has 32 bits in the SMC64 form too. */
    assert_int_equal(call3(psci, SUSPEND | SMC64, 0xffffffff00000000 | CLUSTER_OFF, ENTRY, 0),
                     SUCCESS);
    assert_true(was_suspended(psci));
    static const uint32_t bad[] = {0x80000000, 0x40000000, 0x04000000, 0x00020000,
                                   0x00000001, 0x02010000, 0x03000000, UINT32_MAX};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(call3(psci, SUSPEND, bad[i], ENTRY, 0), INVALID_PARAMETERS);
        assert_false(was_suspended(psci));
    }
    assert_int_equal(call3(psci, SUSPEND, CORE_OFF, OTHER_CODE, 0), INVALID_ADDRESS);
    assert_false(was_suspended(psci));
    assert_int_equal(call3(psci, SUSPEND, STANDBY, OTHER_CODE, 0), SUCCESS); /* not used */
    assert_int_equal(call3(psci, DEFAULT_SUSPEND, ENTRY, 7, 0), SUCCESS);
    assert_int_equal(psci->suspend_entry.context_id, 7);
    assert_int_equal(call3(psci, DEFAULT_SUSPEND, ENTRY + 1, 7, 0), INVALID_ADDRESS);
    fake_free(psci);
}

static void suspend_extended(void **state)
{
    static const struct fake_setting keys[] = {{"suspend-format", "extended"}, {0}};
    struct el4_instance *psci = make(4, keys);
    assert_int_equal(call3(psci, SUSPEND, 1, 0, 0), SUCCESS);
    assert_false(psci->suspend_has_entry);
    assert_int_equal(call3(psci, SUSPEND, 0x40000002, ENTRY, 0), SUCCESS);
    assert_true(psci->suspend_has_entry);
    assert_int_equal(call3(psci, SUSPEND, CORE_OFF, ENTRY, 0), INVALID_PARAMETERS);
    fake_free(psci);
}

static void states_key(void **state)
{
    static const char *const bad[] = {
        "x",
        "=1",
        "x=",
        "x=zz",
        "x=-1",
        "x=0x100000000",
        "x=0x80000000",
        "x=0x00020000",
        "x=0@4",
        "x=0@",
        "x=0@1",
        "x=0 y=0",
        "x=1z",
        "averyveryverylongnameindeed=0",
        "a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8 i=9 j=10 k=11 l=12 m=13 n=14 o=15 p=16 q=17",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct fake_setting keys[] = {{"states", bad[i]}, {0}};
        struct el4_instance *psci = prepare(4, keys);
        assert_false(fake_try_create_service(psci));
        assert_non_null(strstr(psci->failure, "states"));
        fake_free(psci);
    }
    static const struct fake_setting deep[] = {{"states", "off=0x02010007, idle=0x5@0"}, {0}};
    struct el4_instance *psci = make(4, deep);
    assert_int_equal(call3(psci, SUSPEND, 0x02010007, ENTRY, 0), SUCCESS);
    assert_int_equal(call3(psci, SUSPEND, 5, 0, 0), SUCCESS);
    assert_int_equal(call3(psci, SUSPEND, 0, 0, 0), INVALID_PARAMETERS);
    /* No power-down of a core alone: no default for CPU_DEFAULT_SUSPEND. */
    assert_int_equal(call1(psci, FEATURES, DEFAULT_SUSPEND), NOT_SUPPORTED);
    fake_free(psci);
    static const struct fake_setting none[] = {{"states", ""}, {0}};
    psci = make(4, none);
    assert_int_equal(call3(psci, SUSPEND, 0, 0, 0), INVALID_PARAMETERS);
    fake_free(psci);
}

static void bad_configurations(void **state)
{
    static const struct fake_setting cases[][4] = {
        {{"version", "0.2"}, {"suspend-format", "extended"}},
        {{"version", "1.0"}, {"cpu_on", "0x84000006"}},
        {{"trusted-os", "fixed"}, {"trusted-os-cpu", "4"}},
        {{"vendor-resets", "0x7fffffff=reset"}},
        {{"vendor-resets", "0x80000000=restart"}},
        {{"vendor-resets", "0x80000000"}},
        {{"vendor-resets", "=reset"}},
        {{"vendor-resets", "0x180000000=reset"}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct el4_instance *psci = prepare(4, cases[i]);
        assert_false(fake_try_create_service(psci));
        fake_free(psci);
    }
}

static void system_suspend(void **state)
{
    struct el4_instance *psci = make(4, NULL);
    psci->cpu_power[2] = EL4_CPU_ON_PENDING;
    assert_int_equal(call3(psci, SYSTEM_SUSPEND, ENTRY, 3, 0), DENIED);
    psci->cpu_power[2] = EL4_CPU_SUSPENDED;
    assert_int_equal(call3(psci, SYSTEM_SUSPEND, ENTRY, 3, 0), DENIED);
    assert_false(was_suspended(psci));
    psci->cpu_power[2] = EL4_CPU_OFF;
    assert_int_equal(call3(psci, SYSTEM_SUSPEND, OTHER_CODE, 3, 0), INVALID_ADDRESS);
    assert_int_equal(call3(psci, SYSTEM_SUSPEND, ENTRY, 3, 0), SUCCESS);
    assert_true(psci->suspend_has_entry);
    assert_int_equal(psci->suspend_entry.context_id, 3);
    fake_free(psci);
}

static void suspend_mode(void **state)
{
    struct el4_instance *psci = make(4, NULL);
    assert_int_equal(call1(psci, SET_MODE, 2), INVALID_PARAMETERS);
    assert_int_equal(call1(psci, SET_MODE, 0), SUCCESS); /* it is that already */
    /* To OS-initiated: CPUs may be on, off, or asleep by CPU_DEFAULT_SUSPEND. */
    psci->cpu_power[1] = EL4_CPU_ON;
    assert_int_equal(service_smc(psci, 1, DEFAULT_SUSPEND, ENTRY, 0, 0), SUCCESS);
    psci->cpu_power[1] = EL4_CPU_SUSPENDED;
    assert_int_equal(call3(psci, SUSPEND, 0x12345, ENTRY, 0), INVALID_PARAMETERS);
    assert_int_equal(call1(psci, SET_MODE, 1), SUCCESS);
    assert_int_equal(call1(psci, SET_MODE, 1), SUCCESS);
    /* Back: only when all others are off. */
    assert_int_equal(call1(psci, SET_MODE, 0), DENIED);
    psci->cpu_power[1] = EL4_CPU_OFF;
    assert_int_equal(call3(psci, SUSPEND, STANDBY, 0, 0), SUCCESS);
    wake(psci, 0);
    assert_int_equal(call1(psci, SET_MODE, 0), SUCCESS);
    /* Nobody may have called CPU_SUSPEND since the last change, even if all run again. */
    assert_int_equal(call3(psci, SUSPEND, STANDBY, 0, 0), SUCCESS);
    wake(psci, 0);
    assert_int_equal(call1(psci, SET_MODE, 1), DENIED);
    fake_service_ops()->reset(psci->state);
    assert_int_equal(call1(psci, SET_MODE, 1), SUCCESS);
    fake_free(psci);
}

static void sleep_now(struct el4_instance *psci, unsigned cpu, uint32_t power_state)
{
    assert_int_equal(service_smc(psci, cpu, SUSPEND, power_state, ENTRY, 0), SUCCESS);
    psci->cpu_power[cpu] = power_state & 0x10000 ? EL4_CPU_SUSPENDED : EL4_CPU_ON;
}

static void os_initiated(void **state)
{
    struct el4_instance *psci = make(8, NULL);
    for (unsigned i = 0; i < 8; i++) {
        psci->cpu_power[i] = EL4_CPU_ON;
    }
    assert_int_equal(call1(psci, SET_MODE, 1), SUCCESS);
    sleep_now(psci, 0, CORE_OFF);
    sleep_now(psci, 1, CORE_OFF);
    /* CPU 3 still runs; the other cluster does not matter. */
    assert_int_equal(service_smc(psci, 2, SUSPEND, CLUSTER_OFF, ENTRY, 0), DENIED);
    sleep_now(psci, 3, STANDBY);
    assert_int_equal(service_smc(psci, 2, SUSPEND, CLUSTER_OFF, ENTRY, 0), INVALID_PARAMETERS);
    wake(psci, 3);
    sleep_now(psci, 3, CORE_OFF);
    sleep_now(psci, 2, CLUSTER_OFF);
    assert_int_equal(service_smc(psci, 4, NODE_HW_STATE, 0, 1, 0), 1);
    wake(psci, 1);
    psci->cpu_power[1] = EL4_CPU_ON;
    assert_int_equal(service_smc(psci, 4, NODE_HW_STATE, 0, 1, 0), 0);
    assert_int_equal(service_smc(psci, 4, STAT_COUNT, 2, CLUSTER_OFF, 0), 1);
    fake_free(psci);
}

static void statistics(void **state)
{
    struct el4_instance *psci = make(8, NULL);
    psci->cpu_power[1] = EL4_CPU_ON;
    psci->cpu_power[4] = EL4_CPU_ON;
    psci->now_ns = 1000000;
    sleep_now(psci, 0, CLUSTER_OFF);
    assert_int_equal(service_smc(psci, 4, NODE_HW_STATE, 0, 0, 0), 1);
    assert_int_equal(service_smc(psci, 4, NODE_HW_STATE, 0, 1, 0), 0);
    psci->now_ns = 3000000;
    sleep_now(psci, 1, CLUSTER_OFF); /* the last one: now the cluster is off */
    assert_int_equal(service_smc(psci, 4, NODE_HW_STATE, 1, 1, 0), 1);
    assert_int_equal(service_smc(psci, 4, STAT_COUNT, 0, CLUSTER_OFF, 0), 0);
    psci->now_ns = 8000000;
    wake(psci, 0);
    psci->cpu_power[0] = EL4_CPU_ON;
    psci->now_ns = 9000000;
    wake(psci, 1);
    psci->cpu_power[1] = EL4_CPU_ON;
    assert_int_equal(call3(psci, STAT_COUNT, 1, CLUSTER_OFF, 0), 1);
    assert_int_equal(call3(psci, STAT_RESIDENCY, 0, CLUSTER_OFF, 0), 5000);
    assert_int_equal(call3(psci, STAT_RESIDENCY | SMC64, 0, CORE_OFF, 0), 7000);
    assert_int_equal(call3(psci, STAT_RESIDENCY, 1, CORE_OFF, 0), 6000);
    assert_int_equal(call3(psci, STAT_COUNT, 1, CORE_OFF, 0), 1);
    assert_int_equal(call3(psci, STAT_COUNT, 0x100, CLUSTER_OFF, 0), 0);
    sleep_now(psci, 1, STANDBY);
    assert_int_equal(call3(psci, NODE_HW_STATE, 1, 0, 0), 2);
    psci->now_ns += 250000;
    wake(psci, 1);
    assert_int_equal(call3(psci, STAT_RESIDENCY, 1, STANDBY, 0), 250);
    /* Errors give 0. */
    assert_int_equal(call3(psci, STAT_COUNT, 0x200, CLUSTER_OFF, 0), 0);
    assert_int_equal(call3(psci, STAT_COUNT, 0, 0x12345, 0), 0);
    /* A CPU switched off lets the cluster go down; one switched on brings it up. */
    sleep_now(psci, 0, CLUSTER_OFF);
    service_smc(psci, 1, CPU_OFF, 0, 0, 0);
    psci->cpu_power[1] = EL4_CPU_OFF;
    assert_int_equal(service_smc(psci, 4, NODE_HW_STATE, 1, 1, 0), 1);
    service_smc(psci, 4, CPU_ON, 1, ENTRY, 0);
    assert_int_equal(service_smc(psci, 4, NODE_HW_STATE, 1, 1, 0), 0);
    assert_int_equal(service_smc(psci, 4, STAT_COUNT, 1, CLUSTER_OFF, 0), 2);

    fake_service_ops()->reset(psci->state);
    assert_int_equal(service_smc(psci, 4, STAT_COUNT, 1, CLUSTER_OFF, 0), 0);
    fake_free(psci);
}

/* A CPU that was never on is no cause for its cluster to stay down once it is started. */
static void cluster_comes_up_with_a_new_cpu(void **state)
{
    struct el4_instance *psci = make(8, NULL);
    psci->cpu_power[4] = EL4_CPU_ON;
    sleep_now(psci, 4, CLUSTER_OFF);
    assert_int_equal(call3(psci, NODE_HW_STATE, 0x100, 1, 0), 1);
    assert_int_equal(call3(psci, CPU_ON, 0x101, ENTRY, 0), SUCCESS);
    psci->cpu_power[5] = EL4_CPU_ON_PENDING;
    assert_int_equal(call3(psci, NODE_HW_STATE, 0x100, 1, 0), 0);
    assert_int_equal(call3(psci, STAT_COUNT, 0x100, CLUSTER_OFF, 0), 1);
    fake_free(psci);
}

/* Claims of the configuration go further than the version: such calls leave no trace. */
static void passed_calls_change_nothing(void **state)
{
    static const struct {
        const char *version;
        uint32_t id;
    } cases[] = {{"0.1", CPU_OFF}, {"0.2", SYSTEM_SUSPEND}, {"1.2", SYSTEM_OFF2},
                 {"1.3", MIGRATE}, {"1.3", 0x8400001f},     {"1.3", CPU_OFF | SMC64}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct el4_instance *psci = make_version(cases[i].version);
        if (i > 0) {
            sleep_now(psci, 0, CORE_OFF);
            was_suspended(psci);
        }
        struct el4_call call = service_make_call(0, cases[i].id, 0, ENTRY, 0);
        assert_int_equal(service_call(psci, &call), EL4_PASS);
        assert_int_equal(call.result_mask, 0);
        assert_false(was_suspended(psci));
        assert_false(was_switched_off(psci));
        assert_int_equal(last_event(psci), -1);
        if (i > 1) {
            /* Not even the note that CPU 0 sleeps is gone. */
            assert_int_equal(service_smc(psci, 1, NODE_HW_STATE, 0, 0, 0), 1);
        }
        fake_free(psci);
    }
}

static void node_hw_state_errors(void **state)
{
    struct el4_instance *psci = make(8, NULL);
    assert_int_equal(call3(psci, NODE_HW_STATE, 0, 0, 0), 0);
    assert_int_equal(call3(psci, NODE_HW_STATE, 1, 0, 0), 1);
    assert_int_equal(call3(psci, NODE_HW_STATE, 0x100, 1, 0), 1);
    assert_int_equal(call3(psci, NODE_HW_STATE, 0x200, 0, 0), INVALID_PARAMETERS);
    assert_int_equal(call3(psci, NODE_HW_STATE, 0, 2, 0), INVALID_PARAMETERS);
    assert_int_equal(call3(psci, NODE_HW_STATE, 0, 0xffffffff, 0), INVALID_PARAMETERS);
    fake_free(psci);
}

/* ---- the machine ---- */

static void system_calls(void **state)
{
    static const struct fake_setting keys[] = {
        {"vendor-resets", "0x80000001=crash, 0x80000002=off"}, {0}};
    struct el4_instance *psci = make(4, keys);
    call1(psci, SYSTEM_OFF, 0);
    assert_int_equal(last_event(psci), EL4_SYSTEM_OFF);
    call1(psci, SYSTEM_RESET, 0);
    assert_int_equal(last_event(psci), EL4_SYSTEM_RESET);
    call1(psci, SYSTEM_RESET2, 0);
    assert_int_equal(last_event(psci), EL4_SYSTEM_WARM_RESET);
    call1(psci, SYSTEM_RESET2 | SMC64, 0xffffffff80000001);
    assert_int_equal(last_event(psci), EL4_SYSTEM_CRASH);
    call1(psci, SYSTEM_RESET2, 0x80000002);
    assert_int_equal(last_event(psci), EL4_SYSTEM_OFF);
    assert_int_equal(call1(psci, SYSTEM_RESET2, 1), INVALID_PARAMETERS);
    assert_int_equal(call1(psci, SYSTEM_RESET2, 0x80000000), INVALID_PARAMETERS);
    assert_int_equal(last_event(psci), -1);
    call1(psci, SYSTEM_OFF2, 0);
    assert_int_equal(last_event(psci), EL4_SYSTEM_OFF);
    call1(psci, SYSTEM_OFF2 | SMC64, 1);
    assert_int_equal(last_event(psci), EL4_SYSTEM_OFF);
    assert_int_equal(call1(psci, SYSTEM_OFF2, 2), INVALID_PARAMETERS);
    assert_int_equal(call3(psci, SYSTEM_OFF2, 1, 1, 0), INVALID_PARAMETERS);
    assert_int_equal(last_event(psci), -1);
    fake_free(psci);
}

static void memory_protection(void **state)
{
    struct el4_instance *psci = make(4, NULL);
    assert_int_equal(call1(psci, MEM_PROTECT, 1), 0);
    assert_true(psci->memory_protect);
    assert_int_equal(call1(psci, MEM_PROTECT, 1), 1);
    assert_int_equal(call1(psci, MEM_PROTECT, 0), 1);
    assert_false(psci->memory_protect);
    assert_int_equal(call1(psci, MEM_PROTECT, 0), 0);

    assert_int_equal(call3(psci, CHECK_RANGE, RAM_BASE, RAM_BYTES, 0), SUCCESS);
    assert_int_equal(call3(psci, CHECK_RANGE, RAM_BASE, RAM_BYTES + 1, 0), DENIED);
    assert_int_equal(call3(psci, CHECK_RANGE, RAM_BASE - 1, 1, 0), DENIED);
    assert_int_equal(call3(psci, CHECK_RANGE, RAM_BASE, 0, 0), DENIED);
    assert_int_equal(call3(psci, CHECK_RANGE | SMC64, RAM_BASE, UINT64_MAX, 0), DENIED);
    assert_int_equal(call3(psci, CHECK_RANGE | SMC64, UINT64_MAX, 2, 0), DENIED);
    fake_free(psci);
}

/* Any id with any argument, whatever the version: no crash, and x0 is all that changes. */
static void hostile_calls(void **state)
{
    static const uint64_t words[] = {0,          1,          3,        0x80000000,  0xffffffff,
                                     UINT64_MAX, 1ull << 63, CORE_OFF, CLUSTER_OFF, ENTRY};
    static const char *const versions[] = {"0.1", "0.2", "1.0", "1.3"};
    for (size_t v = 0; v < 4; v++) {
        struct el4_instance *psci = make_version(versions[v]);
        for (uint32_t n = 0; n < 0x40; n++) {
            for (size_t i = 0; i < 1000; i++) {
                uint64_t id = (n & 0x20 ? 0xc4000000 : 0x84000000) | (n & 0x1f);
                struct el4_call call = service_make_call(i % 4, id, words[i % 10],
                                                         words[i / 10 % 10], words[i / 100]);
                if (service_call(psci, &call) == EL4_HANDLED) {
                    assert_int_equal(call.result_mask & ~1u, 0);
                }
            }
        }
        wake(psci, 0);
        wake(psci, UINT32_MAX);
        fake_free(psci);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_follow_the_version),
        cmocka_unit_test(only_the_normal_world_calls),
        cmocka_unit_test(features),
        cmocka_unit_test(smc64_from_aarch32),
        cmocka_unit_test(cpu_on),
        cmocka_unit_test(cpu_on_before_1_0),
        cmocka_unit_test(entry_level),
        cmocka_unit_test(entry_unchecked),
        cmocka_unit_test(cpu_off),
        cmocka_unit_test(affinity_info),
        cmocka_unit_test(no_trusted_os),
        cmocka_unit_test(trusted_os),
        cmocka_unit_test(old_version),
        cmocka_unit_test(calxeda_ids),
        cmocka_unit_test(device_tree),
        cmocka_unit_test(suspend),
        cmocka_unit_test(suspend_extended),
        cmocka_unit_test(states_key),
        cmocka_unit_test(bad_configurations),
        cmocka_unit_test(system_suspend),
        cmocka_unit_test(suspend_mode),
        cmocka_unit_test(os_initiated),
        cmocka_unit_test(statistics),
        cmocka_unit_test(cluster_comes_up_with_a_new_cpu),
        cmocka_unit_test(passed_calls_change_nothing),
        cmocka_unit_test(node_hw_state_errors),
        cmocka_unit_test(system_calls),
        cmocka_unit_test(memory_protection),
        cmocka_unit_test(hostile_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
