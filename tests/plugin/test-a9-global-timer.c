/* SPDX-License-Identifier: MIT */
/*
 * Global timer of the Cortex-A9: the counter is shared, comparators are banked (Arm DDI 0407,
 * 4.3 and 4.4).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake-host.h"

enum {
    LOW = 0x00,
    HIGH = 0x04,
    CONTROL = 0x08,
    STATUS = 0x0c,
    COMPARE_LOW = 0x10,
    COMPARE_HIGH = 0x14,
    INCREMENT = 0x18
};
enum { ENABLE = 1, COMPARE = 2, INTERRUPT = 4, AUTO = 8 };

#define TICK_NS 1000u

static int set_up(void **state)
{
    static const struct fake_setting settings[] = {{"frequency", "1000000"}, {0}};
    struct el4_instance *fake = fake_new(settings, 2);
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

static void test_counter(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, 0, LOW, 0xfffffff0);
    set(fake, 0, HIGH, 7);
    set(fake, 0, CONTROL, ENABLE | 1u << 8);
    fake_advance(fake, 64 * TICK_NS);
    assert_int_equal(reg(fake, 1, LOW), 0x10);
    assert_int_equal(reg(fake, 1, HIGH), 8);
    set(fake, 1, CONTROL, 0);
    fake_advance(fake, 64 * TICK_NS);
    assert_int_equal(reg(fake, 0, LOW), 0x10);
}

static void test_compare(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, 1, COMPARE_LOW, 100);
    set(fake, 1, CONTROL, ENABLE | COMPARE | INTERRUPT);
    assert_int_equal(reg(fake, 0, CONTROL), ENABLE); /* the others are banked */
    fake_advance(fake, 99 * TICK_NS);
    assert_false(fake->outputs[1]);
    fake_advance(fake, TICK_NS);
    assert_true(fake->outputs[1]);
    assert_false(fake->outputs[0]);
    assert_int_equal(reg(fake, 0, STATUS), 0);
    /* Still at or above the comparator: it comes again until that is moved. */
    set(fake, 1, STATUS, 1);
    assert_int_equal(reg(fake, 1, STATUS), 1);
    set(fake, 1, COMPARE_LOW, 200);
    set(fake, 1, STATUS, 1);
    assert_int_equal(reg(fake, 1, STATUS), 0);
    assert_false(fake->outputs[1]);
}

static void test_auto_increment(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, 0, COMPARE_LOW, 10);
    set(fake, 0, INCREMENT, 25);
    set(fake, 0, CONTROL, ENABLE | COMPARE | INTERRUPT | AUTO);
    fake_advance(fake, 10 * TICK_NS);
    for (unsigned i = 1; i < 4; i++) {
        assert_true(fake->outputs[0]);
        assert_int_equal(reg(fake, 0, COMPARE_LOW), 10 + 25 * i);
        set(fake, 0, STATUS, 1);
        assert_false(fake->outputs[0]);
        fake_advance(fake, 25 * TICK_NS);
    }
}

/* As Linux asks for a time: comparator off, set, on. The counter must not lose time by it. */
static void test_compares_leave_the_count_alone(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, 0, CONTROL, ENABLE);
    uint64_t start = fake->now_ns;
    fake->now_step_ns = 7;
    for (unsigned i = 0; i < 1000; i++) {
        fake_advance(fake, TICK_NS * 7 / 4);
        uint32_t at = reg(fake, 0, LOW) + 100;
        set(fake, 0, CONTROL, ENABLE);
        set(fake, 0, COMPARE_LOW, at);
        set(fake, 0, CONTROL, ENABLE | COMPARE | INTERRUPT);
    }
    uint64_t now = fake->now_ns;
    assert_int_equal(reg(fake, 0, LOW), (now - start) / TICK_NS);
}

/* Times so short that they pass between the writes. */
static void test_short(void **state)
{
    struct el4_instance *fake = *state;
    for (uint64_t step = TICK_NS / 8; step <= 4 * TICK_NS; step += TICK_NS / 8) {
        fake->now_step_ns = step;
        set(fake, 0, CONTROL, ENABLE);
        set(fake, 0, COMPARE_LOW, reg(fake, 0, LOW) + 3);
        set(fake, 0, STATUS, 1);
        set(fake, 0, CONTROL, ENABLE | COMPARE | INTERRUPT);
        fake->now_step_ns = 0;
        fake_advance(fake, 4 * TICK_NS);
        assert_true(fake->outputs[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_counter, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_compare, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_auto_increment, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_compares_leave_the_count_alone, set_up, fake_drop),
        cmocka_unit_test_setup_teardown(test_short, set_up, fake_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
