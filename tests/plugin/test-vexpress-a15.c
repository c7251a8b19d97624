/* SPDX-License-Identifier: MIT */
/*
 * vexpress-a15: its map, wires and boot against Linux's device tree (vexpress-v2p-ca15-tc1.dts,
 * vexpress-v2m-rs1.dtsi).
 */
#include "board-helpers.h"

static void test_map(void **state)
{
    struct el4_instance *fake = make_board(NULL, 2, GIB, false, EL3_GUEST);
    assert_true(build_board(fake));
    assert_true(fake->memories[0].base == 0x80000000 && fake->memories[0].main);
    for (unsigned i = 1; i < fake->memory_count; i++) {
        assert_false(fake->memories[i].main);
    }
    expect_device(fake, "vexpress-sysreg", 0x1c010000, -1);
    for (unsigned i = 0; i < 4; i++) {
        expect_device(fake, "pl011", 0x1c090000 + 0x10000 * i, 5 + (int)i);
        expect_device(fake, "virtio-mmio", 0x1c130000 + 0x200 * i, 40 + (int)i);
    }
    expect_device(fake, "sp805", 0x1c0f0000, 0);
    expect_device(fake, "sp804", 0x1c110000, 2);
    expect_device(fake, "sp804", 0x1c120000, 3);
    expect_device(fake, "pl031", 0x1c170000, 4);
    expect_device(fake, "cfi-flash", 0x08000000, -1);
    expect_device(fake, "cfi-flash", 0x0c000000, -1);
    expect_device(fake, "absent", 0x1c020000, -1);
    assert_int_equal(find_device(fake, "gicv2", 0x2c001000)->regions[1].base, 0x2c002000);
    fake_free(fake);
}

static void test_wires(void **state)
{
    struct el4_instance *fake = make_board(NULL, 2, GIB, false, EL3_GUEST);
    assert_true(build_board(fake));
    for (unsigned cpu = 0; cpu < 2; cpu++) {
        assert_true(
            has_wire(fake, NULL, cpu, EL4_CPU_WIRE_TIMER_VIRT, EL4_INPUT_PRIVATE(cpu, 27)));
        assert_true(has_wire(fake, NULL, cpu, EL4_CPU_WIRE_PMU, 32 + 68 + cpu));
    }
    fake_free(fake);
}

/* The pen is the others' first code, and reads what the kernel writes. */
static void test_boot(void **state)
{
    for (unsigned el3 = EL3_NONE; el3 <= EL3_EMULATOR; el3++) {
        struct el4_instance *fake = make_board(NULL, 2, GIB, true, el3);
        assert_true(build_board(fake));
        const struct el4_board_boot *boot = &fake->boot;
        assert_int_equal(boot->kernel_secure, el3 == EL3_GUEST);
        assert_int_equal(boot->stub.address, 0x2e000000);
        assert_int_equal(boot->stub.other_cpus, 0x2e000000);
        assert_int_equal(boot->stub.first_cpu, 0);
        assert_int_equal(boot->stub.code[boot->stub.words - 2], 0x2c002000);
        assert_int_equal(boot->stub.code[boot->stub.words - 1], 0x1c010030);
        assert_null(fake_board_ops()->default_chain);
        fake_free(fake);
    }
    struct el4_instance *fake = make_board(NULL, 2, 3 * GIB, true, EL3_NONE);
    assert_false(build_board(fake));
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_wires),
        cmocka_unit_test(test_boot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
