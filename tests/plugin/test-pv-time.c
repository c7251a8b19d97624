/* SPDX-License-Identifier: MIT */
/*
 * The pv-time plugin against a fake host: records as Arm DEN0057A has them, and what is in
 * them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "service-calls.h"

#define FEATURES  0xc5000020u
#define ST        0xc5000021u
#define RAM_BASE  UINT64_C(0x40000000)
#define RAM_BYTES UINT64_C(0x20000)
#define RECORDS   UINT64_C(0x10000) /* offset in RAM */
#define MS        UINT64_C(1000000)
#define CPUS      3

static struct el4_instance *make_without_service(const struct fake_setting *keys)
{
    struct el4_instance *fake = fake_new(keys, CPUS);
    fake->ram_base = RAM_BASE;
    fake->ram_bytes = RAM_BYTES;
    fake->ram = malloc(RAM_BYTES);
    memset(fake->ram, 0xee, RAM_BYTES);
    return fake;
}

static struct el4_instance *make(const struct fake_setting *keys)
{
    struct el4_instance *fake = make_without_service(keys);
    fake_create_service(fake);
    return fake;
}

static void drop(struct el4_instance *fake)
{
    free(fake->ram);
    fake->ram = NULL;
    fake_free(fake);
}

static uint64_t word(const struct el4_instance *fake, unsigned cpu, unsigned offset)
{
    uint64_t value;
    memcpy(&value, fake->ram + RECORDS + 64 * cpu + offset, sizeof(value));
    return value;
}

static uint64_t stolen(const struct el4_instance *fake, unsigned cpu)
{
    return word(fake, cpu, 8);
}

static void discovery(void **state)
{
    struct el4_instance *time = make(NULL);
    assert_int_equal(service_smc(time, 0, FEATURES, FEATURES, 0, 0), 0);
    assert_int_equal(service_smc(time, 0, FEATURES, ST, 0, 0), 0);
    assert_int_equal(service_smc(time, 0, FEATURES, 0xc5000022, 0, 0), -1);
    assert_int_equal(service_smc(time, 0, FEATURES, 0x84000000, 0, 0), -1);
    assert_false(service_claims(time, EL4_CONDUIT_HVC, EL4_CALLER_NS_EL1, 0xc5000022));
    assert_false(service_claims(time, EL4_CONDUIT_HVC, EL4_CALLER_NS_EL1, 0x85000020));
    static const uint32_t ids[] = {FEATURES, ST};
    for (unsigned i = 0; i < 2; i++) {
        struct el4_call call = service_make_call(0, ids[i], ST, 0, 0);
        call.aarch32 = true;
        assert_int_equal(service_call(time, &call), EL4_HANDLED);
        assert_int_equal((int64_t)call.results[0], -1);
    }
    struct el4_call other = service_make_call(0, 0xc5000022, 0, 0, 0);
    assert_int_equal(service_call(time, &other), EL4_PASS);
    assert_int_equal(time->reservation.bytes, 0x10000);
    assert_int_equal(time->reservation.alignment, 0x10000);
    drop(time);
}

static void measured(void **state)
{
    struct el4_instance *time = make(NULL);
    time->stolen_ns[1] = 5 * MS;
    assert_int_equal(service_smc(time, 1, ST, 0, 0, 0), RAM_BASE + RECORDS + 64);
    /* Revision and attributes are 0, and it counts from now; nobody else's is touched. */
    assert_int_equal(word(time, 1, 0), 0);
    assert_int_equal(stolen(time, 1), 0);
    assert_int_equal(stolen(time, 0), UINT64_C(0xeeeeeeeeeeeeeeee));
    time->stolen_ns[1] = 12 * MS;
    fake_advance(time, 10 * MS);
    assert_int_equal(stolen(time, 1), 7 * MS);
    assert_int_equal(stolen(time, 0), UINT64_C(0xeeeeeeeeeeeeeeee));
    time->stolen_ns[1] = 13 * MS;
    fake_advance(time, 10 * MS);
    assert_int_equal(stolen(time, 1), 8 * MS);
    /* Asked again, it goes on. */
    assert_int_equal(service_smc(time, 1, ST, 0, 0, 0), RAM_BASE + RECORDS + 64);
    fake_advance(time, 10 * MS);
    assert_int_equal(stolen(time, 1), 8 * MS);
    /* A measure that goes back does not show. */
    time->stolen_ns[1] = 1 * MS;
    fake_advance(time, 10 * MS);
    assert_int_equal(stolen(time, 1), 8 * MS);
    drop(time);
}

static void injected(void **state)
{
    const struct fake_setting keys[] = {{"steal", "25%"}, {0}};
    struct el4_instance *time = make(keys);
    fake_advance(time, 1000 * MS);
    assert_int_equal(service_smc(time, 0, ST, 0, 0, 0), RAM_BASE + RECORDS);
    fake_advance(time, 100 * MS);
    assert_int_equal(stolen(time, 0), 25 * MS);
    fake_advance(time, 100 * MS);
    assert_int_equal(stolen(time, 0), 50 * MS);
    drop(time);
}

static void reset_forgets(void **state)
{
    struct el4_instance *time = make(NULL);
    service_smc(time, 0, ST, 0, 0, 0);
    fake_service_ops()->reset(time->state);
    assert_int_equal(fake_next_timer(time), UINT64_MAX);
    memset(time->ram, 0xee, RAM_BYTES);
    fake_advance(time, 100 * MS);
    assert_int_equal(stolen(time, 0), UINT64_C(0xeeeeeeeeeeeeeeee));
    drop(time);
}

static void host_does_not_measure(void **state)
{
    struct el4_instance *time = make(NULL);
    time->stolen_is_unknown = true;
    assert_int_equal(service_smc(time, 0, FEATURES, FEATURES, 0, 0), 0);
    assert_int_equal(service_smc(time, 0, FEATURES, ST, 0, 0), -1);
    assert_int_equal(service_smc(time, 0, ST, 0, 0, 0), -1);
    drop(time);
}

static void bad_configurations(void **state)
{
    static const char *const values[] = {"",    "25",  "%",           "101%",
                                         "-1%", "1%%", "4294967297%", "Measured"};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        const struct fake_setting keys[] = {{"steal", values[i]}, {0}};
        struct el4_instance *time = make_without_service(keys);
        assert_false(fake_try_create_service(time));
        assert_memory_equal(time->failure, "steal: ", 7);
        drop(time);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discovery),
        cmocka_unit_test(measured),
        cmocka_unit_test(injected),
        cmocka_unit_test(reset_forgets),
        cmocka_unit_test(host_does_not_measure),
        cmocka_unit_test(bad_configurations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
