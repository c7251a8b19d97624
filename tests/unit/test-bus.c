/* SPDX-License-Identifier: MIT */
/*
 * The physical address space: what overlaps, what a page look-up says, how accesses are split,
 * and that no range, however hostile, reaches memory that is not the guest's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bus/bus.h"

#define RAM_BASE 0x40000000u

struct fake_device {
    uint64_t last_offset;
    unsigned last_size;
    uint64_t last_value;
    unsigned reads, writes;
    bool secure;
    enum el4_bus_result result;
    uint8_t bytes[64];
};

static enum el4_bus_result fake_read(void *opaque, uint64_t offset, unsigned size,
                                     uint64_t *value, const struct el4_bus_attrs *attrs)
{
    struct fake_device *device = opaque;
    device->last_offset = offset;
    device->last_size = size;
    device->secure = attrs->secure;
    device->reads++;
    *value = 0xa5a5a5a5a5a5a5a5u + offset;
    return device->result;
}

static enum el4_bus_result fake_write(void *opaque, uint64_t offset, unsigned size,
                                      uint64_t value, const struct el4_bus_attrs *attrs)
{
    struct fake_device *device = opaque;
    device->last_offset = offset;
    device->last_size = size;
    device->last_value = value;
    device->secure = attrs->secure;
    device->writes++;
    if (offset + size <= sizeof(device->bytes)) {
        memcpy(device->bytes + offset, &value, size);
    }
    return device->result;
}

static const struct el4_bus_mmio_ops ops_word = {.read = fake_read, .write = fake_write};
static const struct el4_bus_mmio_ops ops_any = {
    .read = fake_read, .write = fake_write, .size_min = 1, .size_max = 8};
static const struct el4_bus_attrs non_secure = {.cpu = 0};
static const struct el4_bus_attrs secure = {.cpu = 0, .secure = true};

struct counts {
    unsigned locks, unlocks, code_written, mapping_changed;
    uint64_t pa, base, bytes;
};

static void count_lock(void *data)
{
    ((struct counts *)data)->locks++;
}

static void count_unlock(void *data)
{
    ((struct counts *)data)->unlocks++;
}

static void count_code(void *data, uint64_t pa, bool is_secure)
{
    ((struct counts *)data)->code_written++;
    ((struct counts *)data)->pa = pa;
}

static void count_mapping(void *data, uint64_t base, uint64_t bytes)
{
    struct counts *counts = data;
    counts->mapping_changed++;
    counts->base = base;
    counts->bytes = bytes;
}

static struct el4_bus *bus_with_hooks(struct counts *counts)
{
    struct el4_bus *bus = el4_bus_new();
    const struct el4_bus_hooks hooks = {count_lock, count_unlock, count_code, count_mapping,
                                        counts};
    el4_bus_set_hooks(bus, &hooks);
    return bus;
}

static void assert_refused(bool ok, GError **error, int code, const char *a, const char *b)
{
    assert_false(ok);
    assert_non_null(*error);
    assert_int_equal((*error)->code, code);
    assert_non_null(strstr((*error)->message, a));
    assert_non_null(strstr((*error)->message, b));
    g_clear_error(error);
}

static void test_overlap_names_both(void **state)
{
    struct el4_bus *bus = el4_bus_new();
    GError *error = NULL;
    struct fake_device device = {0};
    struct fake_device secure_device = {0};
    assert_true(el4_bus_add_ram(bus, "dram", RAM_BASE, 0x10000, EL4_BUS_BOTH, NULL));
    assert_true(el4_bus_add_mmio(bus, "uart", 0x9000000, 0x1000, EL4_BUS_NONSECURE, &ops_word,
                                 &device, NULL));
    assert_refused(
        el4_bus_add_rom(bus, "flash", RAM_BASE - 0x1000, 0x1001, EL4_BUS_BOTH, &error), &error,
        EL4_BUS_ERROR_OVERLAP, "flash", "dram");
    assert_refused(el4_bus_add_ram(bus, "more", RAM_BASE + 0xffff, 1, EL4_BUS_SECURE, &error),
                   &error, EL4_BUS_ERROR_OVERLAP, "more", "dram");
    assert_refused(el4_bus_add_ram(bus, "all", 0, UINT64_MAX, EL4_BUS_NONSECURE, &error),
                   &error, EL4_BUS_ERROR_OVERLAP, "all", "uart");
    /* The same range in the other view does not collide. */
    assert_true(el4_bus_add_mmio(bus, "secure-uart", 0x9000000, 0x1000, EL4_BUS_SECURE,
                                 &ops_word, &secure_device, NULL));
    /* Neighbours do not collide. */
    assert_true(el4_bus_add_ram(bus, "next", RAM_BASE + 0x10000, 1, EL4_BUS_BOTH, NULL));
    uint64_t value;
    assert_int_equal(el4_bus_read(bus, 0x9000000, 4, &value, &secure), EL4_BUS_OK);
    assert_int_equal(secure_device.reads, 1);
    assert_int_equal(el4_bus_read(bus, 0x9000ffc, 4, &value, &non_secure), EL4_BUS_OK);
    assert_int_equal(device.reads, 1);
    assert_int_equal(el4_bus_read(bus, 0x9001000, 4, &value, &non_secure),
                     EL4_BUS_NOTHING_THERE);
    el4_bus_free(bus);
}

static void test_hostile_ranges(void **state)
{
    struct el4_bus *bus = el4_bus_new();
    GError *error = NULL;
    struct fake_device device = {0};
    assert_refused(el4_bus_add_ram(bus, "empty", 0, 0, EL4_BUS_BOTH, &error), &error,
                   EL4_BUS_ERROR_RANGE, "empty", "zero");
    assert_refused(
        el4_bus_add_ram(bus, "wrap", 0xfffffffffffff000u, 0x1001, EL4_BUS_BOTH, &error), &error,
        EL4_BUS_ERROR_RANGE, "wrap", "end of the address space");
    assert_refused(el4_bus_add_ram(bus, "wrap", 2, UINT64_MAX, EL4_BUS_BOTH, &error), &error,
                   EL4_BUS_ERROR_RANGE, "wrap", "end of the address space");
    assert_refused(el4_bus_add_ram(bus, "all", 1, UINT64_MAX, EL4_BUS_BOTH, &error), &error,
                   EL4_BUS_ERROR_MEMORY, "all", "large");
    assert_refused(el4_bus_add_ram(bus, "nowhere", 0, 1, 0, &error), &error,
                   EL4_BUS_ERROR_RANGE, "nowhere", "view");
    assert_refused(el4_bus_add_ram(bus, "huge", 0, (uint64_t)1 << 62, EL4_BUS_BOTH, &error),
                   &error, EL4_BUS_ERROR_MEMORY, "huge", "memory");
    /* Up to the very last byte is fine, and an access there must not wrap. */
    assert_true(el4_bus_add_mmio(bus, "top", 0xfffffffffffff000u, 0x1000, EL4_BUS_BOTH,
                                 &ops_any, &device, NULL));
    assert_true(el4_bus_add_ram(bus, "bottom", 0, 0x1000, EL4_BUS_BOTH, NULL));
    uint64_t value;
    assert_int_equal(el4_bus_read(bus, UINT64_MAX, 1, &value, &non_secure), EL4_BUS_OK);
    assert_int_equal(device.last_offset, 0xfff);
    assert_int_equal(el4_bus_read(bus, UINT64_MAX - 2, 8, &value, &non_secure),
                     EL4_BUS_BAD_SIZE);
    assert_int_equal(el4_bus_write(bus, UINT64_MAX, 2, 0, &non_secure), EL4_BUS_BAD_SIZE);
    uint8_t buffer[16];
    assert_int_equal(el4_bus_dma_read(bus, UINT64_MAX - 7, buffer, 16, false),
                     EL4_BUS_NOTHING_THERE);
    assert_int_equal(el4_bus_read(bus, 0, 3, &value, &non_secure), EL4_BUS_BAD_SIZE);
    assert_int_equal(el4_bus_read(bus, 0, 0, &value, &non_secure), EL4_BUS_BAD_SIZE);
    assert_int_equal(el4_bus_read(bus, 0, 16, &value, &non_secure), EL4_BUS_BAD_SIZE);
    el4_bus_freeze(bus);
    assert_refused(el4_bus_add_ram(bus, "late", 0x10000, 1, EL4_BUS_BOTH, &error), &error,
                   EL4_BUS_ERROR_FROZEN, "late", "frozen");
    el4_bus_free(bus);
}

static void test_page_lookup(void **state)
{
    struct el4_bus *bus = el4_bus_new();
    struct fake_device device = {0};
    struct el4_bus_page page;
    assert_true(el4_bus_add_ram(bus, "ram", RAM_BASE, 0x3000, EL4_BUS_BOTH, NULL));
    assert_true(el4_bus_add_ram(bus, "odd", 0x50000800, 0x1800, EL4_BUS_SECURE, NULL));
    assert_true(el4_bus_add_rom(bus, "rom", 0, 0x1000, EL4_BUS_BOTH, NULL));
    assert_true(el4_bus_add_mmio(bus, "fw-cfg", 0x9020000, 0x18, EL4_BUS_BOTH, &ops_any,
                                 &device, NULL));
    for (unsigned i = 0; i < 32; i++) {
        assert_true(el4_bus_add_mmio(bus, "virtio", 0xa000000 + 0x200 * i, 0x200, EL4_BUS_BOTH,
                                     &ops_any, &device, NULL));
    }
    assert_true(el4_bus_lookup_page(bus, RAM_BASE + 0x1234, false, &page));
    assert_non_null(page.host);
    assert_true(page.writable);
    assert_int_equal(*page.code, 0);
    struct el4_bus_page second;
    assert_true(el4_bus_lookup_page(bus, RAM_BASE + 0x2000, true, &second));
    assert_ptr_equal(second.host, page.host + 0x1000);
    assert_ptr_equal(second.code, page.code + 1);
    assert_true(el4_bus_lookup_page(bus, 0x10, false, &page));
    assert_non_null(page.host);
    assert_false(page.writable);
    assert_true(el4_bus_lookup_page(bus, 0x9020800, false, &page)); /* behind fw-cfg */
    assert_null(page.host);
    assert_true(el4_bus_lookup_page(bus, 0xa000600, false, &page));
    assert_null(page.host);
    assert_false(el4_bus_lookup_page(bus, 0xa004000, false, &page));
    /* The page that the odd region begins in is mixed; the next one is whole. */
    assert_true(el4_bus_lookup_page(bus, 0x50000000, true, &page));
    assert_null(page.host);
    assert_true(el4_bus_lookup_page(bus, 0x50001000, true, &page));
    assert_non_null(page.host);
    assert_int_equal((uintptr_t)page.host & 0xfff, 0);
    assert_false(el4_bus_lookup_page(bus, 0x50001000, false, &page));
    assert_false(el4_bus_lookup_page(bus, UINT64_MAX, false, &page));
    el4_bus_free(bus);
}

static void test_single_accesses(void **state)
{
    struct counts counts = {0};
    struct el4_bus *bus = bus_with_hooks(&counts);
    struct fake_device device = {0};
    struct fake_device narrow = {0};
    uint64_t value;
    assert_true(el4_bus_add_ram(bus, "ram", RAM_BASE, 0x2000, EL4_BUS_BOTH, NULL));
    assert_true(el4_bus_add_mmio(bus, "fw-cfg", 0x9020000, 0x18, EL4_BUS_BOTH, &ops_any,
                                 &device, NULL));
    assert_true(el4_bus_add_mmio(bus, "gpio", 0x9030000, 0x1000, EL4_BUS_SECURE, &ops_word,
                                 &narrow, NULL));
    for (unsigned size = 1; size <= 8; size *= 2) {
        assert_int_equal(
            el4_bus_write(bus, RAM_BASE + 0x101, size, 0x1122334455667788u, &non_secure),
            EL4_BUS_OK);
        assert_int_equal(el4_bus_read(bus, RAM_BASE + 0x101, size, &value, &secure),
                         EL4_BUS_OK);
        assert_true(value == (0x1122334455667788u & (UINT64_MAX >> (64 - 8 * size))));
    }
    assert_int_equal(counts.locks, 0);
    assert_int_equal(el4_bus_read(bus, 0x9020010, 2, &value, &secure), EL4_BUS_OK);
    assert_int_equal(value, 0xa5b5);
    assert_int_equal(device.last_offset, 0x10);
    assert_true(device.secure);
    assert_int_equal(el4_bus_read(bus, 0x9020011, 2, &value, &secure), EL4_BUS_BAD_SIZE);
    assert_int_equal(el4_bus_read(bus, 0x9020018, 1, &value, &secure), EL4_BUS_NOTHING_THERE);
    assert_int_equal(el4_bus_write(bus, 0x9030004, 4, 0x1ffffffffu, &secure), EL4_BUS_OK);
    assert_true(narrow.last_value == 0xffffffffu);
    assert_int_equal(el4_bus_write(bus, 0x9030004, 8, 1, &secure), EL4_BUS_BAD_SIZE);
    assert_int_equal(el4_bus_write(bus, 0x9030004, 1, 1, &secure), EL4_BUS_BAD_SIZE);
    assert_int_equal(el4_bus_write(bus, 0x9030004, 4, 1, &non_secure), EL4_BUS_NOTHING_THERE);
    narrow.result = EL4_BUS_REFUSED;
    assert_int_equal(el4_bus_write(bus, 0x9030004, 4, 1, &secure), EL4_BUS_REFUSED);
    assert_int_equal(counts.locks, 3);
    assert_int_equal(counts.unlocks, 3);
    el4_bus_free(bus);
}

static void test_straddling(void **state)
{
    struct el4_bus *bus = el4_bus_new();
    struct fake_device device = {0};
    uint64_t value;
    assert_true(el4_bus_add_ram(bus, "low", RAM_BASE, 0x1000, EL4_BUS_BOTH, NULL));
    assert_true(el4_bus_add_ram(bus, "high", RAM_BASE + 0x1000, 0x1000, EL4_BUS_BOTH, NULL));
    assert_true(el4_bus_add_mmio(bus, "device", RAM_BASE + 0x2000, 0x10, EL4_BUS_BOTH, &ops_any,
                                 &device, NULL));
    assert_int_equal(el4_bus_write(bus, RAM_BASE + 0xffd, 8, 0x0102030405060708u, &non_secure),
                     EL4_BUS_OK);
    assert_int_equal(el4_bus_read(bus, RAM_BASE + 0xffd, 8, &value, &non_secure), EL4_BUS_OK);
    assert_true(value == 0x0102030405060708u);
    assert_int_equal(el4_bus_read(bus, RAM_BASE + 0x1000, 1, &value, &non_secure), EL4_BUS_OK);
    assert_int_equal(value, 5);
    assert_int_equal(el4_bus_write(bus, RAM_BASE + 0x1ffe, 4, 0x11223344, &non_secure),
                     EL4_BUS_OK);
    assert_int_equal(device.writes, 2);
    assert_int_equal(device.bytes[0], 0x22);
    assert_int_equal(device.bytes[1], 0x11);
    assert_int_equal(el4_bus_read(bus, RAM_BASE - 1, 2, &value, &non_secure),
                     EL4_BUS_NOTHING_THERE);

    uint8_t out[0x1008];
    uint8_t in[0x1008];
    for (unsigned i = 0; i < sizeof(out); i++) {
        out[i] = (uint8_t)(i * 7);
    }
    assert_int_equal(el4_bus_dma_write(bus, RAM_BASE + 0xff8, out, 0x1008, false), EL4_BUS_OK);
    assert_int_equal(el4_bus_dma_read(bus, RAM_BASE + 0xff8, in, 0x1008, false), EL4_BUS_OK);
    assert_memory_equal(in, out, 0x1008);
    device.reads = 0;
    assert_int_equal(el4_bus_dma_read(bus, RAM_BASE + 0x1ff9, in, 0x10, false), EL4_BUS_OK);
    assert_int_equal(device.reads, 2); /* 8 bytes at 0, 1 byte at 8 */
    assert_int_equal(el4_bus_dma_read(bus, RAM_BASE + 0x2008, in, 0x10, false),
                     EL4_BUS_NOTHING_THERE);
    assert_int_equal(el4_bus_dma_read(bus, 0, in, SIZE_MAX, false), EL4_BUS_NOTHING_THERE);
    assert_int_equal(el4_bus_dma_read(bus, 0x123, in, 0, false), EL4_BUS_OK);
    el4_bus_free(bus);
}

/* Who holds the lock already gets registers by whole accesses, and nothing else. */
static void test_registers_with_the_lock_held(void **state)
{
    struct counts counts = {0};
    struct el4_bus *bus = bus_with_hooks(&counts);
    struct fake_device device = {0};
    uint64_t value;
    assert_true(el4_bus_add_ram(bus, "ram", RAM_BASE, 0x1000, EL4_BUS_BOTH, NULL));
    assert_true(el4_bus_add_mmio(bus, "device", RAM_BASE + 0x1000, 0x100, EL4_BUS_SECURE,
                                 &ops_word, &device, NULL));
    assert_int_equal(el4_bus_register_write(bus, RAM_BASE + 0x1004, 4, 0x1122334455, &secure),
                     EL4_BUS_OK);
    assert_int_equal(device.writes, 1);
    assert_int_equal(el4_bus_register_read(bus, RAM_BASE + 0x1004, 4, &value, &secure),
                     EL4_BUS_OK);
    assert_int_equal(value, 0xa5a5a5a9);
    assert_int_equal(device.bytes[5], 0x44);
    assert_int_equal(counts.locks, 0);
    assert_int_equal(el4_bus_register_read(bus, RAM_BASE + 0x1004, 4, &value, &non_secure),
                     EL4_BUS_REFUSED);
    assert_int_equal(el4_bus_register_read(bus, RAM_BASE + 0x1002, 4, &value, &secure),
                     EL4_BUS_BAD_SIZE);
    assert_int_equal(el4_bus_register_read(bus, RAM_BASE + 0x10fe, 4, &value, &secure),
                     EL4_BUS_REFUSED);
    assert_int_equal(el4_bus_register_read(bus, RAM_BASE + 0x1000, 3, &value, &secure),
                     EL4_BUS_REFUSED);
    assert_int_equal(el4_bus_register_write(bus, RAM_BASE, 4, 0, &secure), EL4_BUS_REFUSED);
    assert_int_equal(el4_bus_register_write(bus, UINT64_MAX, 4, 0, &secure), EL4_BUS_REFUSED);
    assert_int_equal(device.writes, 1);
    el4_bus_free(bus);
}

static void test_rom_and_flash(void **state)
{
    struct counts counts = {0};
    struct el4_bus *bus = bus_with_hooks(&counts);
    struct fake_device device = {0};
    struct el4_bus_page page;
    uint64_t value;
    const uint32_t word = 0xdeadbeef;
    assert_true(el4_bus_add_rom(bus, "rom", 0, 0x1000, EL4_BUS_BOTH, NULL));
    assert_true(el4_bus_add_romd(bus, "flash", 0x4000000, 0x4000, EL4_BUS_BOTH, &ops_word,
                                 &device, NULL));
    assert_int_equal(el4_bus_load(bus, 0x10, &word, 4, true), EL4_BUS_OK);
    assert_int_equal(el4_bus_dma_write(bus, 0x10, &word, 4, true), EL4_BUS_REFUSED);
    assert_int_equal(el4_bus_write(bus, 0x10, 4, 0, &secure), EL4_BUS_REFUSED);
    assert_int_equal(el4_bus_read(bus, 0x10, 4, &value, &secure), EL4_BUS_OK);
    assert_true(value == word);

    assert_int_equal(el4_bus_load(bus, 0x4001000, &word, 4, false), EL4_BUS_OK);
    assert_int_equal(el4_bus_read(bus, 0x4001000, 4, &value, &secure), EL4_BUS_OK);
    assert_true(value == word);
    assert_int_equal(device.reads, 0);
    assert_true(el4_bus_lookup_page(bus, 0x4001000, false, &page));
    assert_non_null(page.host);
    assert_false(page.writable);
    assert_int_equal(el4_bus_write(bus, 0x4001000, 4, 0x98, &secure), EL4_BUS_OK);
    assert_int_equal(device.last_offset, 0x1000);
    el4_bus_set_rom_mode(bus, 0x4000000, EL4_BUS_BOTH, true);
    assert_int_equal(counts.mapping_changed, 0);
    el4_bus_set_rom_mode(bus, 0x4000000, EL4_BUS_BOTH, false);
    assert_int_equal(counts.mapping_changed, 1);
    assert_true(counts.base == 0x4000000 && counts.bytes == 0x4000);
    assert_true(el4_bus_lookup_page(bus, 0x4001000, false, &page));
    assert_null(page.host);
    assert_int_equal(el4_bus_read(bus, 0x4001000, 4, &value, &secure), EL4_BUS_OK);
    assert_int_equal(device.reads, 1);
    el4_bus_set_rom_mode(bus, 0x999, EL4_BUS_BOTH, false); /* nothing there: nothing happens */
    el4_bus_free(bus);
}

/* Zeros of a loader end where they are said to, whatever pages of the host that concerns. */
static void test_load_zeros(void **state)
{
    static const struct {
        uint64_t base, first, bytes;
    } cases[] = {{0x10000, 0x10123, 0x5321}, {0x10000, 0x11000, 0x2000},
                 {0x10000, 0x10ffe, 4},      {0x10000, 0x10008, 1},
                 {0x40000, 0x41001, 0x1ffe}, {0x40000, 0x40000, 0x8000}};
    g_autofree uint8_t *ones = g_malloc(0x8000), *seen = g_malloc(0x8000);
    memset(ones, 0xff, 0x8000);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct el4_bus *bus = el4_bus_new();
        uint64_t base = cases[i].base, first = cases[i].first - base, bytes = cases[i].bytes;
        struct fake_device device = {0};
        assert_true(el4_bus_add_ram(bus, "ram", 0x10000, 0x8000, EL4_BUS_BOTH, NULL));
        assert_true(el4_bus_add_rom(bus, "rom", 0x40000, 0x8000, EL4_BUS_BOTH, NULL));
        assert_true(el4_bus_add_mmio(bus, "dev", 0x18000, 0x1000, EL4_BUS_BOTH, &ops_word,
                                     &device, NULL));
        assert_int_equal(el4_bus_load(bus, base, ones, 0x8000, false), EL4_BUS_OK);
        assert_int_equal(el4_bus_load(bus, cases[i].first, NULL, bytes, false), EL4_BUS_OK);
        assert_int_equal(el4_bus_dma_read(bus, base, seen, 0x8000, false), EL4_BUS_OK);
        for (uint64_t k = 0; k < 0x8000; k++) {
            assert_int_equal(seen[k], k - first < bytes ? 0 : 0xff);
        }
        assert_int_equal(el4_bus_load(bus, 0x18000, NULL, 8, false), EL4_BUS_REFUSED);
        el4_bus_free(bus);
    }
}

static void test_code_flag(void **state)
{
    struct counts counts = {0};
    struct el4_bus *bus = bus_with_hooks(&counts);
    struct el4_bus_page page;
    uint8_t buffer[0x1800] = {0};
    assert_true(el4_bus_add_ram(bus, "ram", RAM_BASE + 0x800, 0x8000, EL4_BUS_BOTH, NULL));
    assert_true(el4_bus_lookup_page(bus, RAM_BASE + 0x3000, false, &page));
    *page.code = 1;
    assert_int_equal(el4_bus_dma_write(bus, RAM_BASE + 0x1000, buffer, 0x1800, false),
                     EL4_BUS_OK);
    assert_int_equal(counts.code_written, 0);
    assert_int_equal(el4_bus_dma_write(bus, RAM_BASE + 0x2801, buffer, 0x800, false),
                     EL4_BUS_OK);
    assert_int_equal(counts.code_written, 1);
    assert_true(counts.pa == RAM_BASE + 0x3000);
    assert_int_equal(*page.code, 0);
    *page.code = 1;
    assert_int_equal(el4_bus_write(bus, RAM_BASE + 0x2ffc, 8, 1, &secure), EL4_BUS_OK);
    assert_int_equal(counts.code_written, 2);
    /* The last page of a region that ends within it has a flag of its own. */
    assert_int_equal(el4_bus_dma_write(bus, RAM_BASE + 0x8000, buffer, 0x800, false),
                     EL4_BUS_OK);
    assert_int_equal(counts.code_written, 2);
    el4_bus_free(bus);
}

static void check_order(const struct el4_bus_region_info *info, void *data)
{
    uint64_t *last = data;
    assert_true(info->base >= *last);
    *last = info->base;
}

/* Sparse: a terabyte of RAM must cost nothing but what is touched. */
static void test_sparse_and_visit(void **state)
{
    struct el4_bus *bus = el4_bus_new();
    struct fake_device device = {0};
    uint64_t value;
    uint64_t last = 0;
    assert_true(el4_bus_add_ram(bus, "ram", RAM_BASE, (uint64_t)1 << 40, EL4_BUS_BOTH, NULL));
    assert_true(
        el4_bus_add_mmio(bus, "low", 0x1000, 0x1000, EL4_BUS_BOTH, &ops_any, &device, NULL));
    uint64_t pa = RAM_BASE + ((uint64_t)1 << 39);
    assert_int_equal(el4_bus_write(bus, pa, 8, 42, &non_secure), EL4_BUS_OK);
    assert_int_equal(el4_bus_read(bus, pa, 8, &value, &non_secure), EL4_BUS_OK);
    assert_int_equal(value, 42);
    el4_bus_visit(bus, check_order, &last);
    assert_true(last == RAM_BASE);
    el4_bus_free(bus);
}

/* Every page of a random map, looked up through the binary search and by trying all regions. */
static void test_search_against_list(void **state)
{
    struct el4_bus *bus = el4_bus_new();
    struct fake_device device = {0};
    bool taken[2][256] = {{0}};
    uint32_t seed = 12345;
    for (unsigned i = 0; i < 400; i++) {
        seed = seed * 1664525 + 1013904223;
        unsigned first = (seed >> 8) & 255;
        unsigned count = 1 + ((seed >> 16) & 7);
        enum el4_bus_view view = 1 + (seed >> 24) % 3;
        bool free_range = first + count <= 256;
        for (unsigned j = first; j < first + count && free_range; j++) {
            free_range = !((view & EL4_BUS_SECURE) && taken[1][j]) &&
                         !((view & EL4_BUS_NONSECURE) && taken[0][j]);
        }
        if (first + count > 256) {
            continue;
        }
        assert_int_equal(el4_bus_add_mmio(bus, "x", first * 0x100, count * 0x100, view,
                                          &ops_any, &device, NULL),
                         free_range);
        for (unsigned j = first; j < first + count && free_range; j++) {
            taken[1][j] |= (view & EL4_BUS_SECURE) != 0;
            taken[0][j] |= (view & EL4_BUS_NONSECURE) != 0;
        }
    }
    for (unsigned i = 0; i < 256; i++) {
        uint64_t value;
        assert_int_equal(el4_bus_read(bus, i * 0x100, 1, &value, &non_secure),
                         taken[0][i] ? EL4_BUS_OK : EL4_BUS_NOTHING_THERE);
        assert_int_equal(el4_bus_read(bus, i * 0x100 + 0xff, 1, &value, &secure),
                         taken[1][i] ? EL4_BUS_OK : EL4_BUS_NOTHING_THERE);
    }
    el4_bus_free(bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overlap_names_both),
        cmocka_unit_test(test_hostile_ranges),
        cmocka_unit_test(test_page_lookup),
        cmocka_unit_test(test_single_accesses),
        cmocka_unit_test(test_straddling),
        cmocka_unit_test(test_registers_with_the_lock_held),
        cmocka_unit_test(test_rom_and_flash),
        cmocka_unit_test(test_load_zeros),
        cmocka_unit_test(test_code_flag),
        cmocka_unit_test(test_sparse_and_visit),
        cmocka_unit_test(test_search_against_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
