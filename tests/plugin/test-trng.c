/* SPDX-License-Identifier: MIT */
/*
 * The trng plugin against a fake host: results as Arm DEN0098 has them, the pool, the seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "service-calls.h"

#define VERSION  0x84000050u
#define FEATURES 0x84000051u
#define GET_UUID 0x84000052u
#define RND32    0x84000053u
#define RND64    0xc4000053u
#define NS       UINT64_C(1000000000)

static struct el4_instance *make(const struct fake_setting *keys)
{
    struct el4_instance *trng = fake_new(keys, 1);
    fake_create_service(trng);
    return trng;
}

static struct el4_call ask(struct el4_instance *trng, uint32_t id, uint64_t x1)
{
    struct el4_call call = service_make_call(0, id, x1, 0, 0);
    assert_int_equal(service_call(trng, &call), EL4_HANDLED);
    return call;
}

/* x0, where x1 to x3 must be 0 if it is an error. */
static int64_t rnd(struct el4_instance *trng, uint32_t id, uint64_t bits)
{
    struct el4_call call = ask(trng, id, bits);
    assert_int_equal(call.result_mask, 0xf);
    if ((int64_t)call.results[0] < 0) {
        assert_int_equal(call.results[1] | call.results[2] | call.results[3], 0);
    }
    return (int64_t)call.results[0];
}

static void discovery(void **state)
{
    struct el4_instance *trng = make(NULL);
    assert_int_equal(service_smc(trng, 0, VERSION, 0, 0, 0), 0x10000);
    static const uint32_t there[] = {VERSION, FEATURES, GET_UUID, RND32, RND64};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(service_smc(trng, 0, FEATURES, there[i], 0, 0), 0);
        assert_true(service_claims(trng, EL4_CONDUIT_SMC, EL4_CALLER_NS_EL1, there[i]));
    }
    assert_int_equal(service_smc(trng, 0, FEATURES, 0x84000054, 0, 0), -1);
    assert_int_equal(service_smc(trng, 0, FEATURES, 0xc4000050, 0, 0), -1);
    assert_int_equal(service_smc(trng, 0, FEATURES, 0x84000000, 0, 0), -1);
    assert_false(service_claims(trng, EL4_CONDUIT_SMC, EL4_CALLER_NS_EL1, 0x84000054));
    struct el4_call other = service_make_call(0, 0x84000054, 0, 0, 0);
    assert_int_equal(service_call(trng, &other), EL4_PASS);
    fake_free(trng);
}

static void uuid_is_packed_from_byte_0(void **state)
{
    const struct fake_setting keys[] = {{"uuid", "0D21e000-4384-11eb-8070-5244554e5a4c"}, {0}};
    struct el4_instance *trng = make(keys);
    struct el4_call call = ask(trng, GET_UUID, 0);
    assert_int_equal(call.result_mask, 0xf);
    assert_int_equal(call.results[0], 0x00e0210d);
    assert_int_equal(call.results[1], 0xeb118443);
    assert_int_equal(call.results[2], 0x44527080);
    assert_int_equal(call.results[3], 0x4c5a4e55);
    fake_free(trng);
}

/* The fake host's bytes have bits set all over, so that a wrong mask shows. */
static void only_the_bits_asked_for(void **state)
{
    struct el4_instance *trng = make(NULL);
    const uint32_t ids[] = {RND32, RND64};
    for (unsigned i = 0; i < 2; i++) {
        unsigned width = i ? 64 : 32;
        uint64_t words[3];
        trng->table.random(trng, words, sizeof(words));
        for (unsigned bits = 1; bits <= 3 * width; bits++) {
            struct el4_call call = ask(trng, ids[i], bits);
            assert_int_equal(call.results[0], 0);
            for (unsigned bit = 0; bit < 3 * 64; bit++) {
                unsigned word = 2 - bit / 64;
                uint64_t got = call.results[1 + word] >> (bit % 64) & 1;
                bool wanted = bit % 64 < width && bit / 64 * width + bit % 64 < bits;
                assert_int_equal(got, wanted ? words[word] >> (bit % 64) & 1 : 0);
            }
        }
    }
    fake_free(trng);
}

static void bad_counts(void **state)
{
    struct el4_instance *trng = make(NULL);
    assert_int_equal(rnd(trng, RND32, 0), -2);
    assert_int_equal(rnd(trng, RND32, 97), -2);
    assert_int_equal(rnd(trng, RND64, 0), -2);
    assert_int_equal(rnd(trng, RND64, 193), -2);
    assert_int_equal(rnd(trng, RND64, UINT64_C(0x100000001)), -2);
    /* 32-bit calls look at w1 alone. */
    assert_int_equal(rnd(trng, RND32, UINT64_C(0x100000001)), 0);
    struct el4_call call = service_make_call(0, RND64, 64, 0, 0);
    call.aarch32 = true;
    assert_int_equal(service_call(trng, &call), EL4_HANDLED);
    assert_int_equal((int64_t)call.results[0], -1);
    call = service_make_call(0, FEATURES, RND64, 0, 0);
    call.aarch32 = true;
    service_call(trng, &call);
    assert_int_equal((int64_t)call.results[0], -1);
    fake_free(trng);
}

static void pool_runs_dry_and_fills(void **state)
{
    const struct fake_setting keys[] = {{"pool", "256"}, {"refill", "64"}, {0}};
    struct el4_instance *trng = make(keys);
    assert_int_equal(rnd(trng, RND64, 192), 0);
    assert_int_equal(rnd(trng, RND64, 65), -3);
    assert_int_equal(rnd(trng, RND64, 64), 0); /* the refusal took nothing */
    assert_int_equal(rnd(trng, RND32, 1), -3);
    fake_advance(trng, NS / 64 - 1);
    assert_int_equal(rnd(trng, RND32, 1), -3);
    fake_advance(trng, 1);
    assert_int_equal(rnd(trng, RND32, 1), 0);
    /* Looking often loses no time: 64 looks of half a bit each are 32 bits. */
    for (unsigned i = 0; i < 64; i++) {
        fake_advance(trng, NS / 128);
        assert_int_equal(rnd(trng, RND64, 64), -3);
    }
    assert_int_equal(rnd(trng, RND32, 33), -3);
    assert_int_equal(rnd(trng, RND32, 32), 0);
    fake_advance(trng, 1000 * NS); /* more than it holds */
    assert_int_equal(rnd(trng, RND64, 192), 0);
    assert_int_equal(rnd(trng, RND64, 64), 0);
    assert_int_equal(rnd(trng, RND32, 1), -3);
    fake_service_ops()->reset(trng->state);
    assert_int_equal(rnd(trng, RND64, 192), 0);
    fake_free(trng);
}

static void no_refill(void **state)
{
    const struct fake_setting keys[] = {{"pool", "192"}, {"refill", "0"}, {0}};
    struct el4_instance *trng = make(keys);
    assert_int_equal(rnd(trng, RND64, 192), 0);
    fake_advance(trng, UINT64_C(1) << 60);
    assert_int_equal(rnd(trng, RND32, 1), -3);
    fake_free(trng);
}

static void seed_repeats(void **state)
{
    const struct fake_setting keys[] = {{"seed", "7"}, {0}};
    struct el4_instance *trng = make(keys);
    struct el4_call first = ask(trng, RND64, 192);
    struct el4_call second = ask(trng, RND64, 192);
    assert_memory_not_equal(first.results, second.results, 4 * sizeof(uint64_t));
    fake_service_ops()->reset(trng->state);
    struct el4_call again = ask(trng, RND64, 192);
    assert_memory_equal(first.results, again.results, 4 * sizeof(uint64_t));
    fake_free(trng);
    const struct fake_setting others[] = {{"seed", "8"}, {0}};
    trng = make(others);
    again = ask(trng, RND64, 192);
    assert_memory_not_equal(first.results, again.results, 4 * sizeof(uint64_t));
    fake_free(trng);
}

static void bad_configurations(void **state)
{
    static const char *const uuids[] = {
        "",
        "0d21e000-4384-11eb-8070-5244554e5a4",
        "0d21e000-4384-11eb-8070-5244554e5a4c0",
        "0d21e000-4384-11eb-8070-5244554e5a4g",
        "0d21e000a4384-11eb-8070-5244554e5a4c",
        "ffffffff-4384-11eb-8070-5244554e5a4c",
    };
    for (size_t i = 0; i < sizeof(uuids) / sizeof(uuids[0]); i++) {
        const struct fake_setting keys[] = {{"uuid", uuids[i]}, {0}};
        struct el4_instance *trng = fake_new(keys, 1);
        assert_false(fake_try_create_service(trng));
        assert_memory_equal(trng->failure, "uuid: ", 6);
        fake_free(trng);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discovery),
        cmocka_unit_test(uuid_is_packed_from_byte_0),
        cmocka_unit_test(only_the_bits_asked_for),
        cmocka_unit_test(bad_counts),
        cmocka_unit_test(pool_runs_dry_and_fills),
        cmocka_unit_test(no_refill),
        cmocka_unit_test(seed_repeats),
        cmocka_unit_test(bad_configurations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
