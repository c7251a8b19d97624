/* SPDX-License-Identifier: MIT */
/*
 * The imx-sip plugin against a fake host: what is told, what is set, what fails, and that the
 * rest is unknown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "service-calls.h"

#define SRTC      0xc2000002u
#define BUILDINFO 0xc2000003u
#define SRC       0xc2000005u
#define SOC_INFO  0xc2000006u
#define HAB       0xc2000007u
#define SNVS      0x30370000u

static struct el4_instance *make(const struct fake_setting *keys)
{
    struct el4_instance *fake = fake_new(keys, 1);
    static const uint16_t offsets[] = {0x38, 0x50, 0x54, 0xbf8};
    for (unsigned i = 0; i < 4; i++) {
        fake->outside[i].address = SNVS + offsets[i];
    }
    fake->outside[3].value = 0x003e0100;
    fake->outside_count = 4;
    fake_create_service(fake);
    return fake;
}

static int64_t ask(struct el4_instance *sip, uint32_t id, uint64_t x1)
{
    return service_smc(sip, 0, id, x1, 0, 0);
}

static bool claims(const struct el4_instance *sip, uint32_t id)
{
    return service_claims(sip, EL4_CONDUIT_SMC, EL4_CALLER_NS_EL1, id);
}

static void defaults(void **state)
{
    struct el4_instance *sip = make(NULL);
    for (uint32_t id = 0xc2000000; id < 0xc2000100; id++) {
        assert_int_equal(claims(sip, id), id == BUILDINFO || id == SRC || id == HAB);
    }
    assert_int_equal(ask(sip, BUILDINFO, 0), 0);
    assert_int_equal(ask(sip, BUILDINFO, 1), -1);
    assert_int_equal(ask(sip, SRC, 0x11), 0);
    for (unsigned x1 = 0; x1 < 0x11; x1++) {
        assert_int_equal(ask(sip, SRC, x1), -1);
    }
    struct el4_call call = service_make_call(0, 0xc2000000, 0, 0, 0);
    assert_int_equal(service_call(sip, &call), EL4_PASS);
    call = service_make_call(0, BUILDINFO, 0, 0, 0);
    call.aarch32 = true;
    assert_int_equal(service_call(sip, &call), EL4_HANDLED);
    assert_int_equal((int64_t)call.results[0], -1);
    fake_free(sip);
}

/* Nothing is authenticated, and no status is one of success (0xf0) or a warning (0x69). */
static void hab_fails(void **state)
{
    static const int64_t answers[] = {0, 0x33, 0x33, 0x33, 0x33, -1, 0x33, -1, 0, -1};
    struct el4_instance *sip = make(NULL);
    for (unsigned x1 = 0; x1 < sizeof(answers) / sizeof(answers[0]); x1++) {
        assert_int_equal(ask(sip, HAB, x1), answers[x1]);
    }
    fake_free(sip);
}

static void build_and_soc(void **state)
{
    const struct fake_setting keys[] = {{"build-commit", "8dbe286"}, {"soc-info", "0x21"}, {0}};
    struct el4_instance *sip = make(keys);
    int64_t commit = ask(sip, BUILDINFO, 0);
    assert_string_equal((const char *)&commit, "8dbe286");
    assert_true(claims(sip, SOC_INFO));
    assert_int_equal(ask(sip, SOC_INFO, 0), 0x21);
    fake_free(sip);
    static const char *const bad[] = {"8dbe2860", "8dbe28g", "8DBE286"};
    for (unsigned i = 0; i < 3; i++) {
        const struct fake_setting settings[] = {{"build-commit", bad[i]}, {0}};
        sip = fake_new(settings, 1);
        assert_false(fake_try_create_service(sip));
        assert_non_null(strstr(sip->failure, "build-commit: "));
        fake_free(sip);
    }
}

static int64_t set_time(struct el4_instance *sip, unsigned year, unsigned month, unsigned day,
                        unsigned hour, unsigned minute, unsigned second)
{
    struct el4_call call = service_make_call(0, SRTC, 0, year << 16 | month, day << 16 | hour);
    call.args[4] = minute << 16 | second;
    assert_int_equal(service_call(sip, &call), EL4_HANDLED);
    assert_int_equal(call.result_mask, 1);
    return (int64_t)call.results[0];
}

static uint64_t seconds_of(const struct el4_instance *sip)
{
    return ((uint64_t)sip->outside[1].value << 32 | sip->outside[2].value) >> 15;
}

static void clock_is_set(void **state)
{
    const struct fake_setting keys[] = {{"snvs", "0x30370000"}, {0}};
    struct el4_instance *sip = make(keys);
    sip->outside[0].value = 0x20;
    assert_int_equal(set_time(sip, 1970, 1, 1, 0, 0, 0), 0);
    assert_int_equal(seconds_of(sip), 0);
    assert_int_equal(sip->outside[0].value, 0x21); /* it counts, the rest is as it was */
    assert_int_equal(sip->outside[0].writes, 2);
    /* date -u -d ... +%s */
    assert_int_equal(set_time(sip, 2000, 2, 29, 12, 34, 56), 0);
    assert_int_equal(seconds_of(sip), 951827696);
    assert_int_equal(set_time(sip, 2024, 12, 31, 23, 59, 59), 0);
    assert_int_equal(seconds_of(sip), 1735689599);
    assert_int_equal(set_time(sip, 2106, 2, 7, 6, 28, 15), 0);
    assert_int_equal(seconds_of(sip), UINT32_MAX);
    assert_int_equal(ask(sip, SRTC, 1), -1); /* the watchdog's */
    fake_free(sip);
}

static void clock_is_not_set(void **state)
{
    static const unsigned times[][6] = {
        {2106, 2, 7, 6, 28, 16},   {1969, 12, 31, 0, 0, 0}, {2023, 2, 29, 0, 0, 0},
        {2100, 2, 29, 0, 0, 0},    {2024, 0, 1, 0, 0, 0},   {2024, 13, 1, 0, 0, 0},
        {2024, 4, 31, 0, 0, 0},    {2024, 1, 0, 0, 0, 0},   {2024, 1, 1, 24, 0, 0},
        {2024, 1, 1, 0, 60, 0},    {2024, 1, 1, 0, 0, 60},  {65535, 1, 1, 0, 0, 0},
        {2024, 65535, 1, 0, 0, 0},
    };
    const struct fake_setting keys[] = {{"snvs", "0x30370000"}, {0}};
    struct el4_instance *sip = make(keys);
    for (unsigned i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        const unsigned *t = times[i];
        assert_int_equal(set_time(sip, t[0], t[1], t[2], t[3], t[4], t[5]), 3);
    }
    assert_int_equal(sip->outside[0].writes, 0);
    sip->outside[3].value = 0x003f0100; /* something else */
    assert_int_equal(set_time(sip, 2024, 1, 1, 0, 0, 0), 11);
    sip->outside[3].address = 0; /* nothing */
    assert_int_equal(set_time(sip, 2024, 1, 1, 0, 0, 0), 11);
    assert_int_equal(sip->outside[0].writes, 0);
    fake_free(sip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),         cmocka_unit_test(hab_fails),
        cmocka_unit_test(build_and_soc),    cmocka_unit_test(clock_is_set),
        cmocka_unit_test(clock_is_not_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
