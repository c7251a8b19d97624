/* SPDX-License-Identifier: MIT */
/*
 * virt: the tables that it builds, against the well-known board's map (docs of the machine).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake-host.h"

enum { EL3_NONE, EL3_GUEST, EL3_EMULATOR };

#define MIB (1ull << 20)
#define GIB (1ull << 30)

static struct el4_instance *make(const char *gic, unsigned cpus, uint64_t memory, bool el2,
                                 unsigned el3)
{
    static struct fake_setting settings[2];
    settings[0] = (struct fake_setting){"gic", gic};
    struct el4_instance *fake = fake_new(settings, cpus);
    fake->machine_memory = memory;
    fake->machine_el2 = el2;
    fake->machine_el3 = el3;
    assert_true(fake_try_create_board(fake));
    return fake;
}

static bool build(struct el4_instance *fake)
{
    fake->creating = true;
    bool built = fake_board_ops()->build(fake->state);
    fake->creating = false;
    assert_int_equal(built, strlen(fake->failure) == 0);
    return built;
}

static const struct el4_board_device *find(const struct el4_instance *fake, const char *plugin,
                                           uint64_t base)
{
    for (unsigned i = 0; i < fake->device_count; i++) {
        if (!strcmp(fake->devices[i].plugin, plugin) &&
            fake->devices[i].regions[0].base == base) {
            return &fake->devices[i];
        }
    }
    return NULL;
}

static void expect_device(const struct el4_instance *fake, const char *plugin, uint64_t base,
                          uint32_t spi)
{
    const struct el4_board_device *device = find(fake, plugin, base);
    assert_non_null(device);
    assert_int_equal(device->irq_count, spi ? 1 : 0);
    assert_int_equal(device->irqs[0].intid, spi ? spi + 32 : 0);
}

static void test_map(void **state)
{
    struct el4_instance *fake = make("2", 1, 512 * MIB, false, EL3_NONE);
    assert_true(build(fake));
    assert_int_equal(fake->memory_count, 1);
    assert_true(fake->memories[0].base == 0x40000000 && fake->memories[0].main);
    assert_int_equal(fake->memories[0].bytes, 512 * MIB);
    expect_device(fake, "gicv2", 0x08000000, 0);
    expect_device(fake, "cfi-flash", 0, 0);
    expect_device(fake, "cfi-flash", 64 * MIB, 0);
    expect_device(fake, "pl011", 0x09000000, 1);
    expect_device(fake, "pl031", 0x09010000, 2);
    expect_device(fake, "fw-cfg", 0x09020000, 0);
    expect_device(fake, "pl061", 0x09030000, 7);
    for (unsigned slot = 0; slot < 32; slot++) {
        expect_device(fake, "virtio-mmio", 0x0a000000 + 0x200 * slot, 16 + slot);
    }
    assert_null(find(fake, "pl011", 0x09040000));
    assert_int_equal(fake->boot.ram_base, 0x40000000);
    assert_int_equal(fake->boot.dtb_address, 0x40000000);
    assert_int_equal(fake->boot.bios_bytes, 64 * MIB);
    assert_int_equal(fake->boot.reset_address, 0);
    fake_free(fake);
}

static void test_controllers(void **state)
{
    static const struct {
        const char *gic, *plugin;
        bool el2;
        unsigned cpus, regions;
        uint64_t second;
    } cases[] = {
        {"2", "gicv2", false, 8, 2, 0x08010000},
        {"2", "gicv2", true, 1, 4, 0x08010000},
        {"3", "gicv3", true, 16, 2, 0x080a0000},
    };
    for (unsigned i = 0; i < 3; i++) {
        struct el4_instance *fake =
            make(cases[i].gic, cases[i].cpus, GIB, cases[i].el2, EL3_NONE);
        assert_true(build(fake));
        const struct el4_board_device *gic = find(fake, cases[i].plugin, 0x08000000);
        assert_non_null(gic);
        assert_true(gic->interrupt_controller);
        assert_int_equal(gic->region_count, cases[i].regions);
        assert_int_equal(gic->regions[1].base, cases[i].second);
        assert_int_equal(fake->wire_count, 6 * cases[i].cpus);
        fake_free(fake);
    }
}

static void test_wires(void **state)
{
    static const uint32_t intids[] = {
        [EL4_CPU_WIRE_TIMER_NS_PHYS] = 30,  [EL4_CPU_WIRE_TIMER_VIRT] = 27,
        [EL4_CPU_WIRE_TIMER_HYP] = 26,      [EL4_CPU_WIRE_TIMER_SEC] = 29,
        [EL4_CPU_WIRE_TIMER_HYP_VIRT] = 28, [EL4_CPU_WIRE_PMU] = 23,
    };
    struct el4_instance *fake = make("2", 2, GIB, false, EL3_NONE);
    assert_true(build(fake));
    for (unsigned i = 0; i < fake->wire_count; i++) {
        const struct el4_board_wire *wire = &fake->wires[i];
        assert_null(wire->from_device);
        assert_string_equal(wire->to_device, "gic");
        assert_int_equal(wire->input, EL4_INPUT_PRIVATE(wire->cpu, intids[wire->output]));
    }
    fake_free(fake);
}

static void test_secure_world(void **state)
{
    for (unsigned el3 = EL3_GUEST; el3 <= EL3_EMULATOR; el3++) {
        struct el4_instance *fake = make("3", 1, GIB, true, el3);
        assert_true(build(fake));
        expect_device(fake, "pl011", 0x09040000, 8);
        assert_int_equal(find(fake, "pl011", 0x09040000)->view, EL4_VIEW_SECURE);
        assert_int_equal(find(fake, "pl061", 0x090b0000)->view, EL4_VIEW_SECURE);
        assert_int_equal(fake->memory_count, 2);
        assert_int_equal(fake->memories[1].base, 0x0e000000);
        assert_int_equal(fake->memories[1].view, EL4_VIEW_SECURE);
        assert_false(fake->memories[1].main);
        assert_int_equal(find(fake, "cfi-flash", 0)->view,
                         el3 == EL3_GUEST ? EL4_VIEW_SECURE : 0);
        fake_free(fake);
    }
}

static void test_limits(void **state)
{
    static const struct {
        const char *gic;
        unsigned cpus;
        uint64_t memory;
        bool good;
    } cases[] = {
        {"2", 8, GIB, true},       {"2", 9, GIB, false},       {"3", 9, GIB, true},
        {"3", 1, 255 * GIB, true}, {"3", 1, 256 * GIB, false}, {"3", 1, GIB + 1, false},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct el4_instance *fake =
            make(cases[i].gic, cases[i].cpus, cases[i].memory, false, EL3_NONE);
        assert_int_equal(build(fake), cases[i].good);
        fake_free(fake);
    }
}

static void test_chains(void **state)
{
    static const char *const list = "psci, smccc-arch, smccc-unknown";
    const struct {
        bool el2;
        unsigned el3;
        const char *smc, *hvc;
    } cases[] = {
        {false, EL3_NONE, NULL, list},     {true, EL3_NONE, list, NULL},
        {false, EL3_GUEST, NULL, NULL},    {true, EL3_GUEST, NULL, NULL},
        {false, EL3_EMULATOR, list, NULL}, {true, EL3_EMULATOR, list, NULL},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct el4_instance *fake = make("2", 1, GIB, cases[i].el2, cases[i].el3);
        const struct el4_board_operations *ops = fake_board_ops();
        const char *expected[] = {cases[i].smc, cases[i].hvc, NULL};
        for (unsigned conduit = 0; conduit < EL4_CONDUIT_COUNT; conduit++) {
            const char *chain = ops->default_chain(fake->state, conduit);
            assert_string_equal(chain ? chain : "none",
                                expected[conduit] ? expected[conduit] : "none");
        }
        fake_free(fake);
    }
}

static void test_affinity(void **state)
{
    struct el4_instance *fake = make("3", 1, GIB, false, EL3_NONE);
    assert_int_equal(fake_board_ops()->cpu_affinity(fake->state, 15), 0x00f);
    assert_int_equal(fake_board_ops()->cpu_affinity(fake->state, 16), 0x100);
    assert_int_equal(fake_board_ops()->cpu_affinity(fake->state, 122), 0x70a);
    fake_free(fake);
    fake = make("2", 1, GIB, false, EL3_NONE);
    assert_int_equal(fake_board_ops()->cpu_affinity(fake->state, 7), 7);
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map),      cmocka_unit_test(test_controllers),
        cmocka_unit_test(test_wires),    cmocka_unit_test(test_secure_world),
        cmocka_unit_test(test_limits),   cmocka_unit_test(test_chains),
        cmocka_unit_test(test_affinity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
