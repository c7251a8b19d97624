/* SPDX-License-Identifier: MIT */
/*
 * Private timers and watchdogs of the Cortex-A9: banking, reload, prescaler, watchdog mode (Arm
 * DDI 0407, chapter 4).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake-host.h"

enum {
    LOAD = 0x00,
    COUNTER = 0x04,
    CONTROL = 0x08,
    STATUS = 0x0c,
    RESET_STATUS = 0x10,
    DISABLE = 0x14,
    WATCHDOG = 0x20
};
enum { ENABLE = 1, RELOAD = 2, INTERRUPT = 4, WATCHDOG_MODE = 8 };

#define TICK_NS 1000u

static int set_up(void **state)
{
    static const struct fake_setting settings[] = {{"frequency", "1000000"}, {0}};
    struct el4_instance *fake = fake_new(settings, 4);
    fake_create_device(fake);
    *state = fake;
    return 0;
}

static uint32_t reg(struct el4_instance *fake, int cpu, unsigned offset)
{
    fake->access.cpu = cpu;
    return (uint32_t)fake_read(fake, 0, offset, 4);
}

static void set(struct el4_instance *fake, int cpu, unsigned offset, uint32_t value)
{
    fake->access.cpu = cpu;
    fake_write(fake, 0, offset, 4, value);
}

/* The period is load + 1 ticks (4.1.1). */
static void test_reload(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, 0, LOAD, 9);
    set(fake, 0, CONTROL, ENABLE | RELOAD | INTERRUPT);
    fake_advance(fake, 8 * TICK_NS);
    assert_int_equal(reg(fake, 0, COUNTER), 1);
    assert_false(fake->outputs[0]);
    fake_advance(fake, TICK_NS);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(fake->outputs[0]);
        set(fake, 0, STATUS, 1);
        assert_int_equal(reg(fake, 0, STATUS), 0);
        assert_false(fake->outputs[0]);
        fake_advance(fake, 10 * TICK_NS);
    }
    assert_int_equal(reg(fake, 0, STATUS), 1);
}

static void test_one_shot(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, 2, CONTROL, ENABLE | INTERRUPT | 3u << 8);
    assert_int_equal(reg(fake, 2, STATUS), 0); /* nothing to count */
    set(fake, 2, COUNTER, 5);
    fake_advance(fake, 19 * TICK_NS);
    assert_int_equal(reg(fake, 2, COUNTER), 1);
    fake_advance(fake, TICK_NS);
    assert_true(fake->outputs[2 * 2]);
    set(fake, 2, STATUS, 1);
    fake_advance(fake, 1000 * TICK_NS);
    assert_int_equal(reg(fake, 2, STATUS), 0);
    assert_int_equal(reg(fake, 2, COUNTER), 0);
    assert_true(fake_next_timer(fake) == UINT64_MAX);
}

/* The shortest times that Linux asks for: they pass while the registers are being written. */
static void test_short(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, 1, CONTROL, INTERRUPT);
    for (uint64_t step = TICK_NS / 8; step <= 4 * TICK_NS; step += TICK_NS / 8) {
        fake->now_step_ns = step;
        set(fake, 1, COUNTER, 3);
        set(fake, 1, CONTROL, ENABLE | INTERRUPT);
        fake->now_step_ns = 0;
        fake_advance(fake, 4 * TICK_NS);
        assert_true(fake->outputs[1 * 2]);
        set(fake, 1, CONTROL, INTERRUPT);
        set(fake, 1, STATUS, 1);
        assert_false(fake->outputs[1 * 2]);
    }
}

/* The same while it counts already: a new value, and Control written again. */
static void test_short_again(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, 1, CONTROL, ENABLE | INTERRUPT);
    for (uint64_t step = TICK_NS / 8; step <= 4 * TICK_NS; step += TICK_NS / 8) {
        fake->now_step_ns = step;
        set(fake, 1, COUNTER, 3);
        set(fake, 1, CONTROL, ENABLE | INTERRUPT);
        fake->now_step_ns = 0;
        fake_advance(fake, 4 * TICK_NS);
        assert_true(fake->outputs[1 * 2]);
        set(fake, 1, STATUS, 1);
        assert_false(fake->outputs[1 * 2]);
    }
}

static void test_banking(void **state)
{
    struct el4_instance *fake = *state;
    for (int cpu = 0; cpu < 4; cpu++) {
        set(fake, cpu, LOAD, 100 + (uint32_t)cpu);
        set(fake, cpu, WATCHDOG + LOAD, 200 + (uint32_t)cpu);
    }
    for (int cpu = 0; cpu < 4; cpu++) {
        assert_int_equal(reg(fake, cpu, COUNTER), 100 + cpu);
        assert_int_equal(reg(fake, cpu, WATCHDOG + COUNTER), 200 + cpu);
    }
    set(fake, 3, CONTROL, ENABLE | INTERRUPT);
    fake_advance(fake, 103 * TICK_NS);
    assert_true(fake->outputs[3 * 2]);
    assert_false(fake->outputs[0]);
}

/* Without the mode it is a second timer. */
static void test_watchdog_as_timer(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, 1, WATCHDOG + LOAD, 4);
    set(fake, 1, WATCHDOG + CONTROL, ENABLE | INTERRUPT);
    fake_advance(fake, 4 * TICK_NS);
    assert_true(fake->outputs[1 * 2 + 1]);
    assert_int_equal(fake->event, -1);
}

static void test_watchdog_mode(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, 0, WATCHDOG + LOAD, 50);
    set(fake, 0, WATCHDOG + CONTROL, ENABLE | WATCHDOG_MODE);
    set(fake, 0, WATCHDOG + CONTROL, 0); /* the mode can't be left like that */
    assert_int_equal(reg(fake, 0, WATCHDOG + CONTROL), WATCHDOG_MODE);
    set(fake, 0, WATCHDOG + COUNTER, 1000); /* nor the counter set */
    fake_advance(fake, 40 * TICK_NS);
    set(fake, 0, WATCHDOG + LOAD, 50);
    fake_advance(fake, 49 * TICK_NS);
    assert_int_equal(fake->event, -1);
    fake_advance(fake, TICK_NS);
    assert_int_equal(fake->event, EL4_SYSTEM_RESET);
    fake_device_ops()->reset(fake->state);
    assert_int_equal(reg(fake, 0, WATCHDOG + CONTROL), 0);
    assert_int_equal(reg(fake, 0, WATCHDOG + RESET_STATUS), 1);
    set(fake, 0, WATCHDOG + RESET_STATUS, 1);
    assert_int_equal(reg(fake, 0, WATCHDOG + RESET_STATUS), 0);
}

static void test_watchdog_disable(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, 0, WATCHDOG + LOAD, 50);
    set(fake, 0, WATCHDOG + CONTROL, WATCHDOG_MODE);
    set(fake, 0, WATCHDOG + DISABLE, 0x87654321);
    set(fake, 0, WATCHDOG + DISABLE, 0x12345678);
    assert_int_equal(reg(fake, 0, WATCHDOG + CONTROL), WATCHDOG_MODE);
    set(fake, 0, WATCHDOG + DISABLE, 0x87654321);
    assert_int_equal(reg(fake, 0, WATCHDOG + CONTROL), 0);
    fake_advance(fake, 1000 * TICK_NS);
    assert_int_equal(fake->event, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reload, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_one_shot, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_short, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_short_again, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_banking, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_watchdog_as_timer, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_watchdog_mode, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_watchdog_disable, set_up, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
