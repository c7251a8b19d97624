/* SPDX-License-Identifier: MIT */
/*
 * fw-cfg: items by data register and by DMA, the file directory, and what a guest can do wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake-host.h"

#define RAM_BASE  0x40000000ull
#define RAM_BYTES 0x10000u
#define TABLE     (RAM_BASE + 0x100)
#define BUFFER    (RAM_BASE + 0x1000)

#define DMA_ERROR  1u
#define DMA_READ   2u
#define DMA_SKIP   4u
#define DMA_SELECT 8u
#define DMA_WRITE  16u

static const struct fake_blob blobs[] = {
    {"kernel", "KERNELDATA", 10},
    {"initrd", "ramdisk", 7},
    {"cmdline", "console=ttyAMA0", 15},
    {0},
};

static struct el4_instance *make(const struct fake_setting *settings)
{
    struct el4_instance *fake = fake_new(settings, 4);
    fake->blobs = blobs;
    fake->machine_memory = 0x123456789000;
    fake->ram_base = RAM_BASE;
    fake->ram_bytes = RAM_BYTES;
    fake->ram = calloc(1, RAM_BYTES);
    return fake;
}

static int set_up(void **state)
{
    struct el4_instance *fake = make(NULL);
    fake_create_device(fake);
    *state = fake;
    return 0;
}

static int tear_down(void **state)
{
    struct el4_instance *fake = *state;
    free(fake->ram);
    fake_free(fake);
    return 0;
}

static void select_key(struct el4_instance *fake, uint16_t key)
{
    fake_write(fake, 0, 8, 2, (uint16_t)(key >> 8 | key << 8));
}

static void expect_item(struct el4_instance *fake, uint16_t key, const void *data, size_t bytes)
{
    const uint8_t *expected = data;
    select_key(fake, key);
    for (size_t i = 0; i < bytes; i++) {
        assert_int_equal(fake_read(fake, 0, 0, 1), expected[i]);
    }
}

static void put_be(uint8_t *to, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        to[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    }
}

/* The control word afterwards. */
static uint32_t dma(struct el4_instance *fake, uint32_t control, uint32_t bytes,
                    uint64_t address)
{
    uint8_t *table = fake->ram + (TABLE - RAM_BASE);
    put_be(table, control, 4);
    put_be(table + 4, bytes, 4);
    put_be(table + 8, address, 8);
    fake_write(fake, 0, 0x10, 8, __builtin_bswap64(TABLE));
    return (uint32_t)table[0] << 24 | table[1] << 16 | table[2] << 8 | table[3];
}

static void test_items(void **state)
{
    struct el4_instance *fake = *state;
    expect_item(fake, 0x00, "QEMU", 4);
    expect_item(fake, 0x01, "\3\0\0\0", 4);
    expect_item(fake, 0x03, "\x00\x90\x78\x56\x34\x12\0\0", 8);
    expect_item(fake, 0x05, "\4\0", 2);
    expect_item(fake, 0x0f, "\4\0", 2);
    expect_item(fake, 0x08, "\x0a\0\0\0", 4);
    expect_item(fake, 0x11, "KERNELDATA\0\0\0", 13);
    expect_item(fake, 0x0b, "\7\0\0\0", 4);
    expect_item(fake, 0x12, "ramdisk", 7);
    expect_item(fake, 0x14, "\x10\0\0\0", 4);
    expect_item(fake, 0x15, "console=ttyAMA0", 16);
    expect_item(fake, 0x19, "\0\0\0\0", 4);
    expect_item(fake, 0x7777, "\0\0\0\0", 4);
    expect_item(fake, 0x8000, "\0\0\0\0", 4);
}

static void test_wide_reads_keep_the_order(void **state)
{
    struct el4_instance *fake = *state;
    select_key(fake, 0x11);
    assert_int_equal(fake_read(fake, 0, 0, 4), 0x4e52454b); /* "KERN" in memory */
    assert_int_equal(fake_read(fake, 0, 0, 2), 0x4c45);
    assert_int_equal(fake_read(fake, 0, 0, 8), 0x41544144);
}

static void test_dma_signature(void **state)
{
    struct el4_instance *fake = *state;
    uint64_t value = fake_read(fake, 0, 0x10, 8);
    assert_memory_equal(&value, "QEMU CFG", 8);
    value = fake_read(fake, 0, 0x14, 4);
    assert_memory_equal(&value, " CFG", 4);
}

static void test_dma_read(void **state)
{
    struct el4_instance *fake = *state;
    uint8_t *buffer = fake->ram + (BUFFER - RAM_BASE);
    memset(buffer, 0xee, 32);
    assert_int_equal(dma(fake, 0x110000 | DMA_SELECT | DMA_READ, 4, BUFFER), 0);
    assert_memory_equal(buffer, "KERN\xee", 5);
    assert_int_equal(dma(fake, DMA_SKIP, 2, 0), 0);
    assert_int_equal(dma(fake, DMA_READ, 8, BUFFER), 0);
    assert_memory_equal(buffer, "DATA\0\0\0\0\xee", 9);
}

static void test_dma_by_halves(void **state)
{
    struct el4_instance *fake = *state;
    uint8_t *table = fake->ram + (TABLE - RAM_BASE);
    put_be(table, 0x000000 | DMA_SELECT | DMA_READ, 4);
    put_be(table + 4, 4, 4);
    put_be(table + 8, BUFFER, 8);
    fake_write(fake, 0, 0x10, 4, 0);
    fake_write(fake, 0, 0x14, 4, __builtin_bswap32((uint32_t)TABLE));
    assert_memory_equal(fake->ram + (BUFFER - RAM_BASE), "QEMU", 4);
}

static void test_dma_errors(void **state)
{
    struct el4_instance *fake = *state;
    assert_int_equal(dma(fake, 0x110000 | DMA_SELECT | DMA_WRITE, 4, BUFFER), DMA_ERROR);
    assert_int_equal(dma(fake, 0x110000 | DMA_SELECT | DMA_READ, 4, 0x1000), DMA_ERROR);
    assert_int_equal(dma(fake, DMA_READ, UINT32_MAX, BUFFER), DMA_ERROR);
    assert_int_equal(dma(fake, DMA_SKIP, UINT32_MAX, BUFFER), 0);
    /* The descriptor itself is nowhere, or wraps around. */
    fake_write(fake, 0, 0x10, 8, 0);
    fake_write(fake, 0, 0x10, 8, UINT64_MAX);
    fake_write(fake, 0, 0x10, 8, __builtin_bswap64(RAM_BASE + RAM_BYTES - 4));
    assert_true(fake->log_count[EL4_LOG_GUEST_ERROR] >= 3);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_files(void **state)
{
    char path[] = "/tmp/el4-fw-cfg-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    write_file(path, "hello");
    char list[128];
    snprintf(list, sizeof(list), "opt/z=%s, etc/a=%s", path, path);
    const struct fake_setting settings[] = {{"files", list}, {0}};
    struct el4_instance *fake = make(settings);
    fake_create_device(fake);

    uint8_t directory[4 + 2 * 64] = {0};
    put_be(directory, 2, 4);
    put_be(directory + 4, 5, 4);
    put_be(directory + 8, 0x20, 2);
    strcpy((char *)directory + 12, "etc/a");
    put_be(directory + 68, 5, 4);
    put_be(directory + 72, 0x21, 2);
    strcpy((char *)directory + 76, "opt/z");
    expect_item(fake, 0x19, directory, sizeof(directory));
    expect_item(fake, 0x21, "hello", 6);
    unlink(path);
    free(fake->ram);
    fake_free(fake);
}

static void test_bad_files(void **state)
{
    static const char *const lists[] = {
        "nothing",
        "=x",
        "a=/nonexistent",
        "a=/dev/null, a=/dev/null",
        "a=/",
        "0123456789012345678901234567890123456789012345678901234567890=/dev/null",
    };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const struct fake_setting settings[] = {{"files", lists[i]}, {0}};
        struct el4_instance *fake = make(settings);
        assert_false(fake_try_create_device(fake));
        assert_true(strlen(fake->failure) > 0);
        free(fake->ram);
        fake_free(fake);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_items, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wide_reads_keep_the_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dma_signature, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dma_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dma_by_halves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dma_errors, set_up, tear_down),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_bad_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
