/* SPDX-License-Identifier: MIT */
/*
 * The drtm plugin against a fake host: what is told, and that nothing is launched (Arm
 * DEN0113).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "service-calls.h"

#define VERSION   0xc4000110u
#define FEATURES  0xc4000111u
#define LAUNCH    0xc4000114u
#define GET_ERROR 0xc4000116u
#define FEATURE   (UINT64_C(1) << 63)

static struct el4_instance *make(void)
{
    struct el4_instance *fake = fake_new(NULL, 2);
    fake->mpidr[0] = 0x80000900;
    fake_create_service(fake);
    return fake;
}

static int64_t ask(struct el4_instance *drtm, uint32_t id, uint64_t x1)
{
    return service_smc(drtm, 0, id, x1, 0, 0);
}

static void discovery(void **state)
{
    struct el4_instance *drtm = make();
    assert_int_equal(ask(drtm, VERSION, 0), 0x10000);
    for (uint32_t id = VERSION; id < VERSION + 0x20; id++) {
        bool exists = id == VERSION || id == FEATURES || id == LAUNCH || id == GET_ERROR;
        assert_int_equal(ask(drtm, FEATURES, id), exists ? 0 : -1);
        assert_int_equal(service_claims(drtm, EL4_CONDUIT_SMC, EL4_CALLER_NS_EL2, id), exists);
        assert_false(service_claims(drtm, EL4_CONDUIT_SMC, EL4_CALLER_S_EL1, id));
    }
    assert_int_equal(ask(drtm, FEATURES, 0x84000110), -1);
    fake_free(drtm);
}

/* All of what a launch would need is missing; the CPU that could ask for one is known. */
static void features(void **state)
{
    struct el4_instance *drtm = make();
    for (unsigned feature = 0; feature < 8; feature++) {
        if (feature != 4) {
            assert_int_equal(ask(drtm, FEATURES, FEATURE | feature), -1);
        }
    }
    struct el4_call call = service_make_call(1, FEATURES, FEATURE | 4, 0, 0);
    assert_int_equal(service_call(drtm, &call), EL4_HANDLED);
    assert_int_equal(call.result_mask, 3);
    assert_int_equal(call.results[0], 1);
    assert_int_equal(call.results[1], 0x900);
    fake_free(drtm);
}

static void nothing_is_launched(void **state)
{
    struct el4_instance *drtm = make();
    assert_int_equal(ask(drtm, LAUNCH, 0x1000), -3);
    assert_int_equal(ask(drtm, LAUNCH, 0), -3);
    struct el4_call call = service_make_call(0, GET_ERROR, 0, 0, 0);
    assert_int_equal(service_call(drtm, &call), EL4_HANDLED);
    assert_int_equal(call.result_mask, 3);
    assert_int_equal(call.results[0], 0);
    assert_int_equal(call.results[1], 0);
    call = service_make_call(0, VERSION, 0, 0, 0);
    call.aarch32 = true;
    assert_int_equal(service_call(drtm, &call), EL4_HANDLED);
    assert_int_equal((int64_t)call.results[0], -1);
    call = service_make_call(0, 0xc4000113, 0, 0, 0);
    assert_int_equal(service_call(drtm, &call), EL4_PASS);
    fake_free(drtm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discovery),
        cmocka_unit_test(features),
        cmocka_unit_test(nothing_is_launched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
