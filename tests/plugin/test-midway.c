/* SPDX-License-Identifier: MIT */
/*
 * midway: what it has other than highbank, against Linux's device tree (ecx-2000.dts).
 */
#include "board-helpers.h"

static void test_map(void **state)
{
    for (unsigned el2 = 0; el2 < 2; el2++) {
        struct el4_instance *fake = make_board(NULL, 4, 512 * MIB, el2, EL3_EMULATOR);
        assert_true(build_board(fake));
        const struct el4_board_device *gic = find_device(fake, "gicv2", 0xfff11000);
        assert_non_null(gic);
        assert_true(gic->interrupt_controller);
        assert_int_equal(gic->region_count, el2 ? 4 : 2);
        assert_int_equal(gic->regions[1].base, 0xfff12000);
        assert_int_equal(gic->regions[3].base, 0xfff16000);
        assert_null(find_device(fake, "pl310", 0xfff12000));
        assert_null(find_device(fake, "a9-twd", 0xfff10600));
        expect_device(fake, "sp804", 0xfff34000, 18);
        expect_device(fake, "pl011", 0xfff36000, 20);
        assert_int_equal(fake->boot.periphbase, 0xfff10000);
        fake_free(fake);
    }
}

static void test_wires(void **state)
{
    struct el4_instance *fake = make_board(NULL, 4, 512 * MIB, true, EL3_EMULATOR);
    assert_true(build_board(fake));
    for (unsigned cpu = 0; cpu < 4; cpu++) {
        assert_true(
            has_wire(fake, NULL, cpu, EL4_CPU_WIRE_TIMER_SEC, EL4_INPUT_PRIVATE(cpu, 29)));
        assert_true(
            has_wire(fake, NULL, cpu, EL4_CPU_WIRE_TIMER_NS_PHYS, EL4_INPUT_PRIVATE(cpu, 30)));
        assert_true(
            has_wire(fake, NULL, cpu, EL4_CPU_WIRE_TIMER_VIRT, EL4_INPUT_PRIVATE(cpu, 27)));
        assert_true(
            has_wire(fake, NULL, cpu, EL4_CPU_WIRE_TIMER_HYP, EL4_INPUT_PRIVATE(cpu, 26)));
        assert_true(has_wire(fake, NULL, cpu, EL4_CPU_WIRE_PMU, 32 + 76 - cpu));
    }
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_wires),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
