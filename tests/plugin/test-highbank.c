/* SPDX-License-Identifier: MIT */
/*
 * highbank: its map, wires and boot against Linux's device tree (highbank.dts,
 * ecx-common.dtsi).
 */
#include "board-helpers.h"

#define PERIPHBASE 0xfff10000u

static void test_map(void **state)
{
    struct el4_instance *fake = make_board(NULL, 4, 512 * MIB, false, EL3_EMULATOR);
    assert_true(build_board(fake));
    assert_int_equal(fake->memory_count, 2);
    assert_true(fake->memories[0].base == 0 && fake->memories[0].main);
    assert_true(fake->memories[1].base == 0xfff88000 && !fake->memories[1].main);
    expect_device(fake, "a9-scu", PERIPHBASE, -1);
    expect_device(fake, "a9-global-timer", PERIPHBASE + 0x200, -1);
    expect_device(fake, "a9-twd", PERIPHBASE + 0x600, -1);
    expect_device(fake, "pl310", 0xfff12000, -1);
    expect_device(fake, "pl320", 0xfff20000, 7);
    expect_device(fake, "pl061", 0xfff33000, 17);
    expect_device(fake, "sp804", 0xfff34000, 18);
    expect_device(fake, "pl031", 0xfff35000, 19);
    expect_device(fake, "pl011", 0xfff36000, 20);
    expect_device(fake, "calxeda-sregs", 0xfff3c000, -1);
    expect_device(fake, "pl330", 0xfff3d000, 92);
    expect_device(fake, "absent", 0xfff50000, -1);
    const struct el4_board_device *gic = find_device(fake, "gicv2", PERIPHBASE + 0x1000);
    assert_non_null(gic);
    assert_true(gic->interrupt_controller);
    assert_int_equal(gic->regions[1].base, PERIPHBASE + 0x100);
    assert_int_equal(gic->regions[1].bytes, 0x100);
    assert_int_equal(fake->boot.periphbase, PERIPHBASE);
    fake_free(fake);
}

static void test_wires(void **state)
{
    struct el4_instance *fake = make_board(NULL, 4, 512 * MIB, false, EL3_EMULATOR);
    assert_true(build_board(fake));
    for (unsigned cpu = 0; cpu < 4; cpu++) {
        assert_true(has_wire(fake, "global-timer", 0, cpu, EL4_INPUT_PRIVATE(cpu, 27)));
        assert_true(has_wire(fake, "twd", 0, 2 * cpu, EL4_INPUT_PRIVATE(cpu, 29)));
        assert_true(has_wire(fake, "twd", 0, 2 * cpu + 1, EL4_INPUT_PRIVATE(cpu, 30)));
        assert_true(has_wire(fake, NULL, cpu, EL4_CPU_WIRE_PMU, 32 + 76 - cpu));
        assert_int_equal(fake_board_ops()->cpu_affinity(fake->state, cpu), 0x900 + cpu);
    }
    fake_free(fake);
}

static void test_boot(void **state)
{
    static const struct fake_setting dummy[] = {{"monitor", "dummy"}, {0}};
    static const struct {
        const struct fake_setting *settings;
        unsigned el3;
        bool secure, has_monitor, answers;
    } cases[] = {
        {NULL, EL3_NONE, false, false, true},      {NULL, EL3_EMULATOR, false, false, true},
        {NULL, EL3_GUEST, true, false, false},     {dummy, EL3_GUEST, false, true, false},
        {dummy, EL3_EMULATOR, false, false, true},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct el4_instance *fake =
            make_board(cases[i].settings, 1, 512 * MIB, false, cases[i].el3);
        assert_true(build_board(fake));
        assert_int_equal(fake->boot.kernel_secure, cases[i].secure);
        assert_int_equal(fake->boot.stub.first_cpu, cases[i].has_monitor ? 0x220 : 0);
        assert_int_equal(fake->boot.reset_address, 0xfff88000);
        const char *chain = fake_board_ops()->default_chain(fake->state, EL4_CONDUIT_SMC);
        assert_string_equal(chain ? chain : "", cases[i].answers ? "psci, smccc-unknown" : "");
        assert_null(fake_board_ops()->default_chain(fake->state, EL4_CONDUIT_HVC));
        fake_free(fake);
    }
}

/* SMC's vector returns; the setup is entered right behind the vectors. */
static void test_monitor(void **state)
{
    static const struct fake_setting dummy[] = {{"monitor", "dummy"}, {0}};
    for (unsigned el2 = 0; el2 < 2; el2++) {
        struct el4_instance *fake = make_board(dummy, 1, 512 * MIB, el2, EL3_GUEST);
        assert_true(build_board(fake));
        const uint32_t *code = fake->boot.stub.code;
        assert_int_equal(fake->boot.stub.address, 0x200);
        assert_int_equal(code[2], 0xe1b0f00e);
        assert_int_equal(code[8], 0xee113f51);
        assert_int_equal(code[17], el2 ? 0xe3833c01 : 0xe3833000);
        assert_int_equal(code[20], el2 ? 0xe30031da : 0xe30031d3);
        fake_free(fake);
    }
}

static void test_limits(void **state)
{
    struct el4_instance *fake = make_board(NULL, 1, 0xff900000, false, EL3_EMULATOR);
    assert_true(build_board(fake));
    fake_free(fake);
    fake = make_board(NULL, 1, 4 * GIB, false, EL3_EMULATOR);
    assert_false(build_board(fake));
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map),    cmocka_unit_test(test_wires),
        cmocka_unit_test(test_boot),   cmocka_unit_test(test_monitor),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
