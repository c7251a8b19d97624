/* SPDX-License-Identifier: MIT */
/*
 * Device trees: what is written is read back with libfdt, faults of the writer's callers are
 * reported, and blobs of users, however damaged, are completed or refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <glib.h>
#include <libfdt.h>

#include "boot/boot.h"
#include "boot/fdt.h"

static const void *data_of(GBytes *blob)
{
    const void *data = g_bytes_get_data(blob, NULL);
    assert_int_equal(fdt_check_full(data, g_bytes_get_size(blob)), 0);
    return data;
}

static uint64_t number_at(const void *fdt, const char *path, const char *property)
{
    int bytes = 0;
    const uint8_t *value = fdt_getprop(fdt, fdt_path_offset(fdt, path), property, &bytes);
    assert_non_null(value);
    uint64_t number = 0;
    for (int i = 0; i < bytes && i < 8; i++) {
        number = number << 8 | value[i];
    }
    return number;
}

static const char *string_at(const void *fdt, const char *path, const char *property)
{
    int bytes = 0;
    const char *value = fdt_getprop(fdt, fdt_path_offset(fdt, path), property, &bytes);
    assert_true(!value || (bytes > 0 && value[bytes - 1] == '\0'));
    return value;
}

static void begin_root(struct el4_fdt *fdt)
{
    static const uint32_t two = 2;
    el4_fdt_string(fdt, "compatible", "test,board");
    el4_fdt_cells(fdt, "#address-cells", &two, 1);
    el4_fdt_cells(fdt, "#size-cells", &two, 1);
}

/* A small board's tree; with_memory: 0 none, 1 an empty node, 2 a full one. */
static GBytes *make_board(int with_memory)
{
    struct el4_fdt *fdt = el4_fdt_new();
    begin_root(fdt);
    el4_fdt_begin(fdt, "psci");
    el4_fdt_string(fdt, "method", "smc");
    el4_fdt_string(fdt, "compatible", "arm,psci");
    el4_fdt_end(fdt);
    el4_fdt_begin(fdt, "chosen");
    el4_fdt_string(fdt, "stdout-path", "/uart@0");
    uint64_t old = 0x1234;
    el4_fdt_u64s(fdt, "linux,initrd-start", &old, 1);
    el4_fdt_u64s(fdt, "linux,initrd-end", &old, 1);
    el4_fdt_end(fdt);
    if (with_memory) {
        uint64_t reg[2] = {0x80000000, with_memory == 2 ? 0x1000000 : 0};
        el4_fdt_begin(fdt, "memory@80000000");
        el4_fdt_string(fdt, "device_type", "memory");
        el4_fdt_u64s(fdt, "reg", reg, 2);
        el4_fdt_end(fdt);
    }
    GBytes *blob = el4_fdt_finish(fdt, NULL);
    assert_non_null(blob);
    el4_fdt_free(fdt);
    return blob;
}

static void test_write(void **state)
{
    struct el4_fdt *fdt = el4_fdt_new();
    begin_root(fdt);
    uint32_t phandle = el4_fdt_phandle(fdt, "gic");
    el4_fdt_begin(fdt, "intc@8000000");
    static const char *const compatible[] = {"arm,gic-v3", "arm,gic", NULL};
    el4_fdt_strings(fdt, "compatible", compatible);
    el4_fdt_flag(fdt, "interrupt-controller");
    uint64_t reg[] = {0x8000000, 0x10000, 0x80a0000, 0xf60000};
    el4_fdt_u64s(fdt, "reg", reg, 4);
    el4_fdt_label(fdt, "gic");
    el4_fdt_end(fdt);
    /* A property of the root after its first child. */
    el4_fdt_cells(fdt, "interrupt-parent", &phandle, 1);
    GBytes *blob = el4_fdt_finish(fdt, NULL);
    el4_fdt_free(fdt);

    const void *data = data_of(blob);
    int intc = fdt_path_offset(data, "/intc@8000000");
    assert_int_equal(fdt_node_offset_by_phandle(data, phandle), intc);
    assert_int_equal(number_at(data, "/", "interrupt-parent"), phandle);
    assert_int_equal(fdt_stringlist_count(data, intc, "compatible"), 2);
    assert_int_equal(fdt_stringlist_search(data, intc, "compatible", "arm,gic"), 1);
    int bytes = -1;
    assert_non_null(fdt_getprop(data, intc, "interrupt-controller", &bytes));
    assert_int_equal(bytes, 0);
    assert_int_equal(number_at(data, "/intc@8000000", "reg"), 0x8000000);
    g_bytes_unref(blob);
}

static void test_write_large(void **state)
{
    struct el4_fdt *fdt = el4_fdt_new();
    begin_root(fdt);
    g_autofree uint8_t *big = g_malloc0(100000);
    for (int i = 0; i < 10; i++) {
        g_autofree char *name = g_strdup_printf("node@%d", i);
        el4_fdt_begin(fdt, name);
        el4_fdt_bytes(fdt, "data", big, 100000);
        el4_fdt_end(fdt);
    }
    GBytes *blob = el4_fdt_finish(fdt, NULL);
    assert_true(fdt_path_offset(data_of(blob), "/node@9") > 0);
    g_bytes_unref(blob);

    for (int i = 10; i < 30; i++) {
        g_autofree char *name = g_strdup_printf("node@%d", i);
        el4_fdt_begin(fdt, name);
        el4_fdt_bytes(fdt, "data", big, 100000);
        el4_fdt_end(fdt);
    }
    g_autoptr(GError) error = NULL;
    assert_null(el4_fdt_finish(fdt, &error));
    assert_string_equal(error->message, "the device tree cannot be written "
                                        "(FDT_ERR_NOSPACE); it may have 2 MiB at most");
    el4_fdt_free(fdt);
}

static void fault_name(struct el4_fdt *fdt)
{
    el4_fdt_begin(fdt, "a/b");
    el4_fdt_end(fdt);
}

static void fault_property(struct el4_fdt *fdt)
{
    el4_fdt_begin(fdt, "uart");
    el4_fdt_flag(fdt, "bad name");
    el4_fdt_end(fdt);
}

static void fault_twice(struct el4_fdt *fdt)
{
    el4_fdt_begin(fdt, "uart");
    el4_fdt_flag(fdt, "reg");
    el4_fdt_flag(fdt, "reg");
    el4_fdt_end(fdt);
    el4_fdt_end(fdt);
}

static void fault_nodes(struct el4_fdt *fdt)
{
    el4_fdt_begin(fdt, "uart");
    el4_fdt_end(fdt);
    el4_fdt_begin(fdt, "uart");
    el4_fdt_end(fdt);
}

static void fault_open(struct el4_fdt *fdt)
{
    el4_fdt_begin(fdt, "uart");
}

static void fault_close(struct el4_fdt *fdt)
{
    el4_fdt_end(fdt);
}

static void fault_phandle(struct el4_fdt *fdt)
{
    el4_fdt_phandle(fdt, "gic");
}

static void fault_label(struct el4_fdt *fdt)
{
    el4_fdt_begin(fdt, "a");
    el4_fdt_label(fdt, "gic");
    el4_fdt_end(fdt);
    el4_fdt_begin(fdt, "b");
    el4_fdt_label(fdt, "gic");
    el4_fdt_end(fdt);
}

static void test_write_faults(void **state)
{
    static const struct {
        void (*make)(struct el4_fdt *fdt);
        const char *message;
    } cases[] = {
        {fault_name, "device tree node /: 'a/b' is not a node's name"},
        {fault_property, "device tree node /uart: 'bad name' is not a property's name"},
        {fault_twice, "device tree node /uart: there are two properties 'reg'"},
        {fault_nodes, "device tree node /: there are two nodes 'uart'"},
        {fault_open, "device tree node /uart: is not closed"},
        {fault_close, "device tree node /: closed once too often"},
        {fault_phandle, "device tree node /: some node refers to 'gic', which no node is"},
        {fault_label, "device tree node /b: label 'gic' is another node's already"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct el4_fdt *fdt = el4_fdt_new();
        cases[i].make(fdt);
        g_autoptr(GError) error = NULL;
        assert_null(el4_fdt_finish(fdt, &error));
        assert_string_equal(error->message, cases[i].message);
        el4_fdt_free(fdt);
    }
}

static GBytes *complete(int with_memory, const struct el4_fdt_completion *completion)
{
    GBytes *board = make_board(with_memory);
    g_autoptr(GError) error = NULL;
    GBytes *blob = el4_fdt_complete(board, completion, &error);
    assert_string_equal(error ? error->message : "", "");
    g_bytes_unref(board);
    return blob;
}

static void test_complete(void **state)
{
    uint8_t seed[64];
    for (size_t i = 0; i < sizeof(seed); i++) {
        seed[i] = (uint8_t)(i + 1);
    }
    struct el4_fdt_completion completion = {
        .bootargs = "console=ttyAMA0",
        .initrd_start = 0x48000000,
        .initrd_end = 0x48123456,
        .ram_base = 0x40000000,
        .ram_bytes = 0x20000000,
        .seed = seed,
    };
    GBytes *blob = complete(0, &completion);
    const void *data = data_of(blob);
    assert_string_equal(string_at(data, "/chosen", "bootargs"), "console=ttyAMA0");
    assert_string_equal(string_at(data, "/chosen", "stdout-path"), "/uart@0");
    assert_int_equal(number_at(data, "/chosen", "linux,initrd-start"), 0x48000000);
    assert_int_equal(number_at(data, "/chosen", "linux,initrd-end"), 0x48123456);
    assert_int_equal(number_at(data, "/chosen", "kaslr-seed"), 0x0102030405060708);
    assert_int_equal(number_at(data, "/chosen", "rng-seed"), 0x090a0b0c0d0e0f10);
    assert_int_equal(number_at(data, "/memory@40000000", "reg"), 0x40000000);
    assert_string_equal(string_at(data, "/memory@40000000", "device_type"), "memory");
    assert_string_equal(string_at(data, "/psci", "method"), "smc");
    g_bytes_unref(blob);

    /* Nothing asked for: only what is certainly wrong is taken out. */
    struct el4_fdt_completion nothing = {.ram_base = 0x40000000, .ram_bytes = 0x20000000};
    blob = complete(2, &nothing);
    data = data_of(blob);
    assert_int_equal(number_at(data, "/memory@80000000", "reg"), 0x80000000);
    assert_true(fdt_path_offset(data, "/memory@40000000") < 0);
    assert_null(string_at(data, "/chosen", "bootargs"));
    assert_null(string_at(data, "/chosen", "linux,initrd-start"));
    g_bytes_unref(blob);

    blob = complete(1, &nothing);
    assert_int_equal(number_at(data_of(blob), "/memory@80000000", "reg"), 0x40000000);
    g_bytes_unref(blob);
}

/* A board's own tree names all the memory it takes; the machine may have less. */
static void test_clip_memory(void **state)
{
    static const struct {
        const char *name;
        uint64_t reg[4];
    } nodes[] = {
        {"memory@0", {0, 0x50000000, 0xc0000000, 0x1000}},
        {"memory@200000000", {0x200000000, 0x300000000, 0, 0}},
    };
    struct el4_fdt *fdt = el4_fdt_new();
    begin_root(fdt);
    for (size_t i = 0; i < G_N_ELEMENTS(nodes); i++) {
        el4_fdt_begin(fdt, nodes[i].name);
        el4_fdt_string(fdt, "device_type", "memory");
        el4_fdt_u64s(fdt, "reg", nodes[i].reg, 4);
        el4_fdt_end(fdt);
    }
    g_autoptr(GBytes) board = el4_fdt_finish(fdt, NULL);
    el4_fdt_free(fdt);
    struct el4_fdt_completion completion = {.ram_base = 0x40000000, .ram_bytes = 0x20000000};
    g_autoptr(GBytes) blob = el4_fdt_complete(board, &completion, NULL);
    assert_non_null(blob);
    const void *data = data_of(blob);
    int bytes, node = fdt_path_offset(data, "/memory@0");
    assert_true(node > 0);
    const fdt64_t *reg = fdt_getprop(data, node, "reg", &bytes);
    assert_int_equal(bytes, 16);
    assert_int_equal(fdt64_to_cpu(reg[0]), 0x40000000);
    assert_int_equal(fdt64_to_cpu(reg[1]), 0x10000000);
    assert_true(fdt_path_offset(data, "/memory@200000000") < 0);
}

static void test_overlay(void **state)
{
    struct el4_fdt *fdt = el4_fdt_new();
    el4_fdt_begin(fdt, "psci");
    el4_fdt_string(fdt, "compatible", "arm,psci-1.0");
    el4_fdt_begin(fdt, "inner");
    el4_fdt_flag(fdt, "deep");
    el4_fdt_end(fdt);
    el4_fdt_end(fdt);
    el4_fdt_begin(fdt, "firmware");
    el4_fdt_end(fdt);
    GBytes *overlay = el4_fdt_finish(fdt, NULL);
    el4_fdt_free(fdt);

    struct el4_fdt_completion completion = {
        .overlay = overlay, .ram_base = 0x40000000, .ram_bytes = 0x1000};
    GBytes *blob = complete(0, &completion);
    const void *data = data_of(blob);
    assert_string_equal(string_at(data, "/psci", "compatible"), "arm,psci-1.0");
    assert_null(string_at(data, "/psci", "method"));
    assert_true(fdt_path_offset(data, "/psci/inner") > 0);
    assert_true(fdt_path_offset(data, "/firmware") > 0);
    g_bytes_unref(blob);
    g_bytes_unref(overlay);
}

/* What services share with the given tree's author: other children stay, cells are the root's.
 */
static void test_shared_nodes(void **state)
{
    const uint32_t one = 1;
    struct el4_fdt *fdt = el4_fdt_new();
    el4_fdt_cells(fdt, "#address-cells", &one, 1);
    el4_fdt_cells(fdt, "#size-cells", &one, 1);
    el4_fdt_begin(fdt, "firmware");
    el4_fdt_begin(fdt, "theirs");
    el4_fdt_end(fdt);
    el4_fdt_begin(fdt, "ours");
    el4_fdt_flag(fdt, "old");
    el4_fdt_end(fdt);
    el4_fdt_end(fdt);
    GBytes *given = el4_fdt_finish(fdt, NULL);
    el4_fdt_free(fdt);

    const uint64_t reg[2] = {0x4fff0000, 0x10000};
    fdt = el4_fdt_new();
    el4_fdt_set_first_phandle(fdt, 0x100);
    el4_fdt_begin(fdt, "reserved-memory");
    el4_fdt_begin(fdt, "records@4fff0000");
    el4_fdt_u64s(fdt, "reg", reg, 2);
    el4_fdt_label(fdt, "records");
    el4_fdt_end(fdt);
    el4_fdt_end(fdt);
    el4_fdt_open(fdt, "firmware");
    el4_fdt_begin(fdt, "ours");
    el4_fdt_end(fdt);
    el4_fdt_end(fdt);
    el4_fdt_open(fdt, "firmware"); /* another service */
    el4_fdt_begin(fdt, "more");
    el4_fdt_end(fdt);
    el4_fdt_end(fdt);
    GBytes *overlay = el4_fdt_finish(fdt, NULL);
    el4_fdt_free(fdt);
    assert_non_null(overlay);

    struct el4_fdt_completion completion = {
        .overlay = overlay, .ram_base = 0x40000000, .ram_bytes = 0x10000000};
    GBytes *blob = el4_fdt_complete(given, &completion, NULL);
    assert_non_null(blob);
    const void *data = data_of(blob);
    assert_true(fdt_path_offset(data, "/firmware/theirs") > 0);
    assert_true(fdt_path_offset(data, "/firmware/more") > 0);
    assert_null(fdt_getprop(data, fdt_path_offset(data, "/firmware/ours"), "old", NULL));
    assert_int_equal(number_at(data, "/reserved-memory/records@4fff0000", "reg"),
                     0x4fff000000010000);
    assert_int_equal(
        fdt_get_phandle(data, fdt_path_offset(data, "/reserved-memory/records@4fff0000")),
        0x100);
    assert_int_equal(fdt_address_cells(data, fdt_path_offset(data, "/reserved-memory")), 1);
    g_bytes_unref(blob);
    g_bytes_unref(overlay);
    g_bytes_unref(given);
}

static void test_cells(void **state)
{
    struct el4_fdt *fdt = el4_fdt_new();
    uint32_t one = 1;
    el4_fdt_cells(fdt, "#address-cells", &one, 1);
    el4_fdt_cells(fdt, "#size-cells", &one, 1);
    GBytes *board = el4_fdt_finish(fdt, NULL);
    el4_fdt_free(fdt);
    struct el4_fdt_completion completion = {.ram_base = 0x40000000, .ram_bytes = 0x1000};
    GBytes *blob = el4_fdt_complete(board, &completion, NULL);
    assert_int_equal(number_at(data_of(blob), "/memory@40000000", "reg"), 0x4000000000001000);
    g_bytes_unref(blob);

    g_autoptr(GError) error = NULL;
    completion.ram_bytes = 0x100000000;
    assert_null(el4_fdt_complete(board, &completion, &error));
    assert_string_equal(error->message,
                        "the device tree has no memory, and its #address-cells 1 and "
                        "#size-cells 1 do not hold the machine's (0x100000000 bytes at "
                        "0x40000000): make both 2, or write a memory node");
    g_bytes_unref(board);
}

static void assert_refused(const void *data, size_t bytes, const char *message)
{
    GBytes *blob = g_bytes_new(data, bytes);
    struct el4_fdt_completion completion = {.ram_base = 0x40000000, .ram_bytes = 0x1000};
    g_autoptr(GError) error = NULL;
    assert_null(el4_fdt_complete(blob, &completion, &error));
    assert_string_equal(error->message, message);
    g_bytes_unref(blob);
}

static void test_hostile(void **state)
{
    const char *not_one = "the device tree is not a device tree blob: it should begin with "
                          "0xd00dfeed (a .dts source must be compiled with dtc first)";
    assert_refused("", 0, not_one);
    assert_refused("\xd0\x0d\xfe", 3, not_one);
    assert_refused("/dts-v1/;", 9, not_one);
    assert_refused("\xd0\x0d\xfe\xed", 4,
                   "the device tree is damaged (FDT_ERR_TRUNCATED): make it again with dtc, or "
                   "copy it again");
    g_autofree char *large = g_malloc0(EL4_BOOT_DTB_MAX + 1);
    memcpy(large, "\xd0\x0d\xfe\xed", 4);
    assert_refused(large, EL4_BOOT_DTB_MAX + 1,
                   "the device tree has 2097153 bytes, more than the 2097152 that fit");

    /* Damage of all kinds: refused or completed, never a fault. */
    GBytes *board = make_board(2);
    size_t bytes = g_bytes_get_size(board);
    struct el4_fdt_completion completion = {
        .bootargs = "x", .ram_base = 0x40000000, .ram_bytes = 0x1000, .overlay = board};
    GRand *random = g_rand_new_with_seed(4);
    for (int i = 0; i < 20000; i++) {
        g_autofree uint8_t *copy = g_memdup2(g_bytes_get_data(board, NULL), bytes);
        for (int n = g_rand_int_range(random, 1, 4); n; n--) {
            size_t at = (size_t)g_rand_int_range(random, 4, (int)bytes);
            copy[at] = (uint8_t)g_rand_int(random);
        }
        size_t length = g_rand_int_range(random, 0, 4)
                            ? bytes
                            : (size_t)g_rand_int_range(random, 0, (int)bytes);
        GBytes *blob = g_bytes_new(copy, length);
        g_autoptr(GError) error = NULL;
        GBytes *done = el4_fdt_complete(blob, &completion, &error);
        assert_true(!done != !error);
        g_clear_pointer(&done, g_bytes_unref);
        g_bytes_unref(blob);
    }
    g_rand_free(random);
    g_bytes_unref(board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write),        cmocka_unit_test(test_write_large),
        cmocka_unit_test(test_write_faults), cmocka_unit_test(test_complete),
        cmocka_unit_test(test_clip_memory),  cmocka_unit_test(test_overlay),
        cmocka_unit_test(test_shared_nodes), cmocka_unit_test(test_cells),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
