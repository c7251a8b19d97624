/* SPDX-License-Identifier: MIT */
/*
 * The sdei plugin against a fake host: states of events, what is entered and left with which
 * context, routing, nesting, bound interrupts (Arm DEN0054).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "service-calls.h"

#define CALL(n) (0xc4000020u + (n))
#define BOUND   1000
#define EL1H    5u
#define DAIF    0x3c0u

enum {
    VERSION,
    REGISTER,
    ENABLE,
    DISABLE,
    CONTEXT,
    COMPLETE,
    RESUME,
    UNREGISTER,
    STATUS,
    GET_INFO,
    ROUTING_SET,
    PE_MASK,
    PE_UNMASK,
    BIND,
    RELEASE,
    SIGNAL,
    FEATURES,
    PRIVATE_RESET,
    SHARED_RESET,
    COUNT
};

static struct el4_instance *make_with(const struct fake_setting *keys)
{
    struct el4_instance *sdei = fake_new(keys, 2);
    for (unsigned cpu = 0; cpu < 2; cpu++) {
        sdei->cpu_state[cpu].el = 1;
        sdei->context[cpu] = (struct el4_cpu_context){.pc = 0x1000 + cpu, .pstate = 0x60000000};
        for (unsigned i = 0; i < 31; i++) {
            sdei->context[cpu].x[i] = 100 * cpu + i;
        }
    }
    fake_create_service(sdei);
    return sdei;
}

static struct el4_instance *make(void)
{
    return make_with(NULL);
}

static int64_t ask(struct el4_instance *sdei, unsigned cpu, unsigned function, uint64_t x1,
                   uint64_t x2, uint64_t x3)
{
    return service_smc(sdei, cpu, CALL(function), x1, x2, x3);
}

static int64_t enroll(struct el4_instance *sdei, unsigned cpu, uint64_t event, uint64_t flags,
                      uint64_t affinity)
{
    struct el4_call call = service_make_call(cpu, CALL(REGISTER), event, 0x8000 + 4 * event, 7);
    call.args[4] = flags;
    call.args[5] = affinity;
    assert_int_equal(service_call(sdei, &call), EL4_HANDLED);
    return (int64_t)call.results[0];
}

/* The host calls back where it was asked to; true if a handler was entered. */
static bool run(struct el4_instance *sdei, unsigned cpu)
{
    unsigned before = sdei->context_sets;
    if (sdei->interrupt_asked[cpu]) {
        sdei->interrupt_asked[cpu] = false;
        fake_service_ops()->cpu_interrupted(sdei->state, cpu);
    }
    return sdei->context_sets != before;
}

static void enroll_and_enable(struct el4_instance *sdei, unsigned cpu, uint64_t event)
{
    assert_int_equal(enroll(sdei, cpu, event, 0, 0), 0);
    assert_int_equal(ask(sdei, cpu, ENABLE, event, 0, 0), 0);
    ask(sdei, cpu, PE_UNMASK, 0, 0, 0);
}

static void discovery(void **state)
{
    const struct fake_setting keys[] = {{"bind-slots", "3"}, {0}};
    struct el4_instance *sdei = make_with(keys);
    assert_int_equal(ask(sdei, 0, VERSION, 0, 0, 0), INT64_C(1) << 48);
    assert_int_equal(ask(sdei, 0, FEATURES, 0, 0, 0), 3 << 16);
    assert_int_equal(ask(sdei, 0, FEATURES, 1, 0, 0), -2);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_true(service_claims(sdei, EL4_CONDUIT_HVC, EL4_CALLER_NS_EL1, CALL(i)));
        struct el4_call call = service_make_call(0, CALL(i), 0, 0, 0);
        call.aarch32 = true;
        assert_int_equal(service_call(sdei, &call), EL4_HANDLED);
        assert_int_equal((int64_t)call.results[0], -1);
        call = service_make_call(0, CALL(i), 0, 0, 0);
        call.el = 2; /* not the client */
        assert_int_equal(service_call(sdei, &call), EL4_PASS);
    }
    assert_false(service_claims(sdei, EL4_CONDUIT_HVC, EL4_CALLER_NS_EL1, CALL(COUNT)));
    fake_service_fdt(sdei, EL4_CONDUIT_SMC);
    assert_true(fake_fdt_has(sdei, "compatible = arm,sdei-1.0"));
    assert_true(fake_fdt_has(sdei, "method = smc"));
    fake_free(sdei);
}

static void in_and_out(void **state)
{
    struct el4_instance *sdei = make();
    assert_int_equal(ask(sdei, 0, SIGNAL, 0, 0, 0), 0);
    assert_int_equal(enroll(sdei, 0, 0, 0, 0), 0);
    assert_int_equal(ask(sdei, 0, ENABLE, 0, 0, 0), 0);
    assert_false(run(sdei, 0)); /* masked from reset */
    assert_int_equal(ask(sdei, 0, PE_UNMASK, 0, 0, 0), 0);
    struct el4_cpu_context before = sdei->context[0];
    assert_true(run(sdei, 0));
    struct el4_cpu_context *now = &sdei->context[0];
    assert_int_equal(now->x[0], 0);
    assert_int_equal(now->x[1], 7);
    assert_int_equal(now->x[2], 0x1000);
    assert_int_equal(now->x[3], 0x60000000);
    for (unsigned i = 4; i < 31; i++) {
        assert_int_equal(now->x[i], i);
    }
    assert_int_equal(now->pc, 0x8000);
    assert_int_equal(now->pstate, DAIF | EL1H);
    assert_int_equal(ask(sdei, 0, STATUS, 0, 0, 0), 7);
    assert_int_equal(ask(sdei, 1, STATUS, 0, 0, 0), 0);
    assert_int_equal(ask(sdei, 0, CONTEXT, 17, 0, 0), 17);
    assert_int_equal(ask(sdei, 0, CONTEXT, 18, 0, 0), -2);
    assert_int_equal(ask(sdei, 1, CONTEXT, 0, 0, 0), -3);
    assert_int_equal(ask(sdei, 1, COMPLETE, 0, 0, 0), -3);
    /* The same event waits until its handler is done. */
    assert_int_equal(ask(sdei, 0, SIGNAL, 0, 0, 0), 0);
    assert_false(run(sdei, 0));
    memset(now->x, 0xee, sizeof(now->x));
    ask(sdei, 0, COMPLETE, 0, 0, 0);
    assert_memory_equal(now->x, before.x, 18 * sizeof(uint64_t));
    assert_int_equal(now->x[18], UINT64_C(0xeeeeeeeeeeeeeeee)); /* the handler's affair */
    assert_int_equal(now->pc, before.pc);
    assert_int_equal(now->pstate, before.pstate);
    assert_int_equal(now->elr[0], 0);
    assert_true(run(sdei, 0));
    /* And to somewhere else, which can return. */
    ask(sdei, 0, RESUME, 0x4440, 0, 0);
    assert_int_equal(now->pc, 0x4440);
    assert_int_equal(now->pstate, DAIF | EL1H);
    assert_int_equal(now->elr[0], before.pc);
    assert_int_equal(now->spsr[0], before.pstate);
    assert_int_equal(ask(sdei, 0, STATUS, 0, 0, 0), 3);
    assert_int_equal(ask(sdei, 0, COMPLETE, 0, 0, 0), -3);
    fake_free(sdei);
}

static void masks(void **state)
{
    struct el4_instance *sdei = make();
    enroll_and_enable(sdei, 0, 0);
    assert_int_equal(ask(sdei, 0, PE_MASK, 0, 0, 0), 1);
    assert_int_equal(ask(sdei, 0, PE_MASK, 0, 0, 0), 0);
    ask(sdei, 0, SIGNAL, 0, 0, 0);
    assert_false(run(sdei, 0));
    assert_int_equal(ask(sdei, 0, DISABLE, 0, 0, 0), 0);
    ask(sdei, 0, PE_UNMASK, 0, 0, 0);
    assert_false(run(sdei, 0));
    ask(sdei, 0, ENABLE, 0, 0, 0);
    assert_true(run(sdei, 0));
    fake_free(sdei);
}

static void waits_while_the_cpu_is_elsewhere(void **state)
{
    struct el4_instance *sdei = make();
    enroll_and_enable(sdei, 1, 0);
    sdei->cpu_state[1].el = 3;
    ask(sdei, 0, SIGNAL, 0, 1, 0);
    assert_false(run(sdei, 1));
    fake_advance(sdei, 100000);
    sdei->cpu_state[1].el = 1;
    sdei->context_is_refused = true;
    assert_false(run(sdei, 1));
    fake_advance(sdei, 100000);
    sdei->context_is_refused = false;
    assert_true(run(sdei, 1));
    assert_int_equal(sdei->context[1].x[2], 0x1001);
    fake_free(sdei);
}

static void unregistering(void **state)
{
    struct el4_instance *sdei = make();
    assert_int_equal(ask(sdei, 0, UNREGISTER, 0, 0, 0), -3);
    assert_int_equal(ask(sdei, 0, UNREGISTER, 9, 0, 0), -2);
    enroll_and_enable(sdei, 0, 0);
    assert_int_equal(enroll(sdei, 0, 0, 0, 0), -3);
    ask(sdei, 0, SIGNAL, 0, 0, 0);
    assert_true(run(sdei, 0));
    assert_int_equal(ask(sdei, 0, UNREGISTER, 0, 0, 0), -5);
    assert_int_equal(ask(sdei, 0, UNREGISTER, 0, 0, 0), -3);
    assert_int_equal(ask(sdei, 0, STATUS, 0, 0, 0), 4);
    assert_int_equal(ask(sdei, 0, ENABLE, 0, 0, 0), -3);
    assert_int_equal(enroll(sdei, 0, 0, 0, 0), -3);
    ask(sdei, 0, COMPLETE, 0, 0, 0);
    assert_int_equal(ask(sdei, 0, STATUS, 0, 0, 0), 0);
    assert_int_equal(enroll(sdei, 0, 0, 0, 0), 0);
    /* PRIVATE_RESET cannot end a handler. */
    ask(sdei, 0, ENABLE, 0, 0, 0);
    ask(sdei, 0, SIGNAL, 0, 0, 0);
    assert_true(run(sdei, 0));
    assert_int_equal(ask(sdei, 0, PRIVATE_RESET, 0, 0, 0), -3);
    ask(sdei, 0, COMPLETE, 0, 0, 0);
    assert_int_equal(ask(sdei, 0, PRIVATE_RESET, 0, 0, 0), 0);
    assert_int_equal(ask(sdei, 0, STATUS, 0, 0, 0), 0);
    fake_free(sdei);
}

static void interrupts(void **state)
{
    const struct fake_setting keys[] = {{"bind-slots", "2"}, {0}};
    struct el4_instance *sdei = make_with(keys);
    assert_int_equal(ask(sdei, 0, BIND, 31, 0, 0), -2);
    assert_int_equal(ask(sdei, 0, BIND, 1020, 0, 0), -2);
    assert_int_equal(ask(sdei, 0, BIND, 40, 0, 0), BOUND);
    assert_true(sdei->taken[40]);
    assert_int_equal(ask(sdei, 0, BIND, 40, 0, 0), BOUND);
    assert_int_equal(ask(sdei, 1, BIND, 41, 0, 0), BOUND + 1);
    assert_int_equal(ask(sdei, 1, BIND, 42, 0, 0), -10);
    assert_int_equal(ask(sdei, 0, GET_INFO, BOUND, 0, 0), 1);
    assert_int_equal(ask(sdei, 0, GET_INFO, BOUND, 1, 0), 0);
    assert_int_equal(ask(sdei, 0, GET_INFO, BOUND, 2, 0), 0);
    assert_int_equal(ask(sdei, 0, GET_INFO, BOUND, 5, 0), -2);
    enroll_and_enable(sdei, 0, BOUND);
    fake_service_ops()->interrupt_changed(sdei->state, 40, true);
    assert_true(run(sdei, 0));
    assert_false(run(sdei, 1));
    assert_int_equal(sdei->context[0].x[0], BOUND);
    /* Still high when the handler ends: again. */
    ask(sdei, 0, COMPLETE, 0, 0, 0);
    assert_true(run(sdei, 0));
    fake_service_ops()->interrupt_changed(sdei->state, 40, false);
    ask(sdei, 0, COMPLETE, 0, 0, 0);
    assert_false(run(sdei, 0));
    assert_int_equal(ask(sdei, 0, RELEASE, BOUND, 0, 0), -3);
    assert_int_equal(ask(sdei, 0, UNREGISTER, BOUND, 0, 0), 0);
    assert_int_equal(ask(sdei, 0, RELEASE, BOUND, 0, 0), 0);
    assert_false(sdei->taken[40]);
    assert_int_equal(ask(sdei, 0, RELEASE, BOUND, 0, 0), -2);
    assert_int_equal(ask(sdei, 0, RELEASE, 0, 0, 0), -2);
    sdei->taken[50] = true; /* somebody else's */
    assert_int_equal(ask(sdei, 0, BIND, 50, 0, 0), -3);
    assert_int_equal(ask(sdei, 0, SHARED_RESET, 0, 0, 0), 0);
    assert_false(sdei->taken[41]);
    /* It is high when it is bound. */
    sdei->levels[43] = true;
    assert_int_equal(ask(sdei, 0, BIND, 43, 0, 0), BOUND);
    enroll_and_enable(sdei, 1, BOUND);
    assert_true(run(sdei, 1));
    fake_service_ops()->reset(sdei->state);
    assert_false(sdei->taken[43]);
    fake_free(sdei);
}

static void routing(void **state)
{
    struct el4_instance *sdei = make();
    assert_int_equal(ask(sdei, 0, BIND, 40, 0, 0), BOUND);
    assert_int_equal(ask(sdei, 0, ROUTING_SET, BOUND, 1, 1), -3); /* not registered */
    assert_int_equal(enroll(sdei, 0, BOUND, 2, 0), -2);
    assert_int_equal(enroll(sdei, 0, BOUND, 1, 9), -2);
    assert_int_equal(enroll(sdei, 0, BOUND, 1, 1), 0);
    assert_int_equal(ask(sdei, 0, GET_INFO, BOUND, 3, 0), 1);
    assert_int_equal(ask(sdei, 0, GET_INFO, BOUND, 4, 0), 1);
    ask(sdei, 0, PE_UNMASK, 0, 0, 0);
    ask(sdei, 1, PE_UNMASK, 0, 0, 0);
    ask(sdei, 0, ENABLE, BOUND, 0, 0);
    assert_int_equal(ask(sdei, 0, ROUTING_SET, BOUND, 0, 0), -3);
    fake_service_ops()->interrupt_changed(sdei->state, 40, true);
    assert_false(run(sdei, 0));
    assert_true(run(sdei, 1));
    fake_service_ops()->interrupt_changed(sdei->state, 40, false);
    ask(sdei, 1, COMPLETE, 0, 0, 0);
    ask(sdei, 0, DISABLE, BOUND, 0, 0);
    assert_int_equal(ask(sdei, 0, ROUTING_SET, BOUND, 2, 0), -2);
    assert_int_equal(ask(sdei, 0, ROUTING_SET, 0, 0, 0), -2);
    assert_int_equal(ask(sdei, 0, ROUTING_SET, BOUND, 0, 0), 0);
    assert_int_equal(ask(sdei, 0, GET_INFO, BOUND, 3, 0), 0);
    assert_int_equal(ask(sdei, 0, GET_INFO, BOUND, 4, 0), -2);
    fake_free(sdei);
}

/* A critical event interrupts a normal one's handler, and not the other way round. */
static void nesting(void **state)
{
    const struct fake_setting keys[] = {{"bound-are-critical", "yes"}, {0}};
    struct el4_instance *sdei = make_with(keys);
    assert_int_equal(ask(sdei, 0, BIND, 40, 0, 0), BOUND);
    assert_int_equal(ask(sdei, 0, BIND, 41, 0, 0), BOUND + 1);
    assert_int_equal(ask(sdei, 0, GET_INFO, BOUND, 2, 0), 1);
    enroll_and_enable(sdei, 0, 0);
    enroll_and_enable(sdei, 0, BOUND);
    enroll_and_enable(sdei, 0, BOUND + 1);
    ask(sdei, 0, SIGNAL, 0, 0, 0);
    assert_true(run(sdei, 0));
    fake_service_ops()->interrupt_changed(sdei->state, 40, true);
    assert_true(run(sdei, 0));
    assert_int_equal(sdei->context[0].x[0], BOUND);
    assert_int_equal(sdei->context[0].x[2], 0x8000); /* event 0's handler */
    fake_service_ops()->interrupt_changed(sdei->state, 41, true);
    assert_false(run(sdei, 0));
    fake_service_ops()->interrupt_changed(sdei->state, 40, false);
    fake_service_ops()->interrupt_changed(sdei->state, 41, false);
    ask(sdei, 0, COMPLETE, 0, 0, 0);
    assert_int_equal(sdei->context[0].pc, 0x8000);
    assert_true(run(sdei, 0)); /* 41 was there */
    assert_int_equal(sdei->context[0].x[0], BOUND + 1);
    ask(sdei, 0, COMPLETE, 0, 0, 0);
    ask(sdei, 0, COMPLETE, 0, 0, 0);
    assert_int_equal(sdei->context[0].pc, 0x1000);
    fake_free(sdei);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discovery),     cmocka_unit_test(in_and_out),
        cmocka_unit_test(masks),         cmocka_unit_test(waits_while_the_cpu_is_elsewhere),
        cmocka_unit_test(unregistering), cmocka_unit_test(interrupts),
        cmocka_unit_test(routing),       cmocka_unit_test(nesting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
