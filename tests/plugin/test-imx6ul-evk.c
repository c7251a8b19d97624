/* SPDX-License-Identifier: MIT */
/*
 * imx6ul-evk: the tables that it builds, against the reference manual's map (and the device
 * tree of Linux).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake-host.h"

enum { EL3_NONE, EL3_GUEST, EL3_EMULATOR };

#define MIB (1ull << 20)

static struct el4_instance *make(const struct fake_setting *settings, unsigned el3)
{
    struct el4_instance *fake = fake_new(settings, 1);
    fake->machine_memory = 512 * MIB;
    fake->machine_el2 = 1;
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

static const struct el4_board_wire *find_wire(const struct el4_instance *fake, const char *from,
                                              unsigned output)
{
    for (unsigned i = 0; i < fake->wire_count; i++) {
        const struct el4_board_wire *wire = &fake->wires[i];
        if (wire->output == output &&
            (from ? wire->from_device && !strcmp(wire->from_device, from)
                  : !wire->from_device)) {
            return wire;
        }
    }
    return NULL;
}

/* An output leads through the GPC to the GIC. */
static void expect_spi(const struct el4_instance *fake, const char *from, unsigned output,
                       unsigned spi)
{
    const struct el4_board_wire *wire = find_wire(fake, from, output);
    assert_non_null(wire);
    assert_string_equal(wire->to_device, "gpc");
    assert_int_equal(wire->input, spi);
    wire = find_wire(fake, "gpc", spi);
    assert_non_null(wire);
    assert_string_equal(wire->to_device, "gic");
    assert_int_equal(wire->input, spi + 32);
}

static void expect_device(const struct el4_instance *fake, const char *name, const char *plugin,
                          uint64_t base)
{
    for (unsigned i = 0; i < fake->device_count; i++) {
        if (!strcmp(fake->devices[i].name, name)) {
            assert_string_equal(fake->devices[i].plugin, plugin);
            assert_int_equal(fake->devices[i].regions[0].base, base);
            return;
        }
    }
    fail_msg("there is no device '%s'", name);
}

static void test_map(void **state)
{
    struct el4_instance *fake = make(NULL, EL3_EMULATOR);
    assert_true(build(fake));
    assert_int_equal(fake->memories[0].base, 0x80000000);
    assert_true(fake->memories[0].main && !fake->memories[1].main);
    assert_int_equal(fake->memories[1].base, 0x00900000);
    expect_device(fake, "gic", "gicv2", 0x00a01000);
    expect_device(fake, "uart1", "imx-uart", 0x02020000);
    expect_device(fake, "gpt1", "imx-gpt", 0x02098000);
    expect_device(fake, "fec1", "imx-fec", 0x02188000);
    expect_device(fake, "fec2", "imx-fec", 0x020b4000);
    expect_device(fake, "usdhc1", "imx-usdhc", 0x02190000);
    expect_device(fake, "snvs", "imx-snvs", 0x020cc000);
    expect_device(fake, "gpc", "imx-gpc", 0x020dc000);
    expect_spi(fake, "uart1", 0, 26);
    expect_spi(fake, "gpt1", 0, 55);
    expect_spi(fake, "gpio5", 1, 75);
    expect_spi(fake, "fec1", 0, 118);
    expect_spi(fake, "fec1", 1, 119);
    expect_spi(fake, "usdhc2", 0, 23);
    expect_spi(fake, "wdog3", 0, 11);
    expect_spi(fake, NULL, EL4_CPU_WIRE_PMU, 94);
    assert_string_equal(find_wire(fake, "ccm", 7)->to_device, "gpt2");
    assert_int_equal(find_wire(fake, "usdhc1", 1)->input, 19);
    fake_free(fake);
}

static void test_places(void **state)
{
    struct el4_instance *fake = make(NULL, EL3_EMULATOR);
    assert_true(build(fake));
    static const char *const devices[] = {"usdhc1", "usdhc2", "fec1", "fec2", "uart1"};
    assert_int_equal(fake->place_count, 5);
    for (unsigned i = 0; i < 5; i++) {
        assert_string_equal(fake->places[i].device, devices[i]);
        assert_int_equal(fake->places[i].disk != NULL, i < 2);
        assert_int_equal(fake->places[i].network != NULL, i == 2 || i == 3);
        assert_int_equal(fake->places[i].console != NULL, i == 4);
    }
    assert_string_equal(fake->places[2].network[0].key, "network");
    fake_free(fake);
}

static void test_boot(void **state)
{
    struct el4_instance *fake = make(NULL, EL3_GUEST);
    assert_true(build(fake));
    assert_int_equal(fake->boot.reset_address, 0x87800000);
    assert_int_equal(fake->boot.bios_bytes, 512 * MIB - 0x7800000);
    assert_int_equal(fake->boot.periphbase, 0x00a00000);
    assert_null(fake_board_ops()->default_chain(fake->state, EL4_CONDUIT_SMC));
    fake_free(fake);

    static const struct fake_setting ocram[] = {{"firmware-address", "0x00908000"}, {0}};
    fake = make(ocram, EL3_EMULATOR);
    assert_true(build(fake));
    assert_int_equal(fake->boot.bios_bytes, 0x18000);
    assert_non_null(fake_board_ops()->default_chain(fake->state, EL4_CONDUIT_SMC));
    assert_null(fake_board_ops()->default_chain(fake->state, EL4_CONDUIT_HVC));
    fake_free(fake);

    static const struct fake_setting nowhere[] = {{"firmware-address", "0x1000"}, {0}};
    fake = make(nowhere, EL3_GUEST);
    assert_false(build(fake));
    fake_free(fake);
}

static void test_too_much_memory(void **state)
{
    struct el4_instance *fake = make(NULL, EL3_GUEST);
    fake->machine_memory = 2048 * MIB + 4096;
    assert_false(build(fake));
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_boot),
        cmocka_unit_test(test_too_much_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
