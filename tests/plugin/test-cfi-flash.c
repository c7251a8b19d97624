/* SPDX-License-Identifier: MIT */
/*
 * cfi-flash: identification, programming, erasing, locking, as a driver for two interleaved x16
 * chips does it; the image file; and commands out of order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake-host.h"

#define SECTOR 0x40000u
#define BANK   (64u << 20)

#define READY      0x00800080u
#define BOTH(byte) ((byte)*0x00010001u)

static uint32_t get(struct el4_instance *fake, uint32_t offset)
{
    return (uint32_t)fake_read(fake, 0, offset, 4);
}

static void put(struct el4_instance *fake, uint32_t offset, uint32_t value)
{
    fake_write(fake, 0, offset, 4, value);
}

/* A command byte to both chips. */
static void command(struct el4_instance *fake, uint32_t offset, uint8_t byte)
{
    put(fake, offset, BOTH(byte));
}

static void erase(struct el4_instance *fake, uint32_t offset)
{
    command(fake, offset, 0x20);
    command(fake, offset, 0xd0);
}

static void program(struct el4_instance *fake, uint32_t offset, uint32_t value)
{
    command(fake, offset, 0x40);
    put(fake, offset, value);
}

static void test_array_is_direct(void **state)
{
    struct el4_instance *fake = *state;
    assert_true(fake->regions[0].direct);
    assert_int_equal(fake->regions[0].memory.bytes, BANK);
    command(fake, 0, 0x70);
    assert_false(fake->regions[0].direct);
    assert_int_equal(get(fake, 0x1234), READY);
    command(fake, 0, 0xff);
    assert_true(fake->regions[0].direct);
    /* One chip alone is enough to take the bank out of direct mode. */
    put(fake, 0, 0x00700000);
    assert_false(fake->regions[0].direct);
    assert_int_equal(get(fake, 0), 0x00800000);
    put(fake, 0, 0x00ff0000);
    assert_true(fake->regions[0].direct);
}

static void test_identification(void **state)
{
    struct el4_instance *fake = *state;
    command(fake, 0, 0x90);
    assert_int_equal(get(fake, 0), BOTH(0x89));
    assert_int_equal(get(fake, 4), BOTH(0x18));
    assert_int_equal(get(fake, 8), 0);
}

static void test_query(void **state)
{
    static const uint8_t expected[][2] = {
        {0x10, 'Q'},  {0x11, 'R'},  {0x12, 'Y'},  {0x13, 0x01},
        {0x14, 0x00}, {0x15, 0x31}, {0x27, 25},   /* 32 MiB a chip */
        {0x28, 0x01},                             /* x16 */
        {0x2a, 9},                                /* 512 bytes of buffer */
        {0x2c, 1},    {0x2d, 0xff}, {0x2e, 0x00}, /* 256 blocks ... */
        {0x2f, 0x00}, {0x30, 0x02},               /* ... of 128 KiB */
        {0x31, 'P'},  {0x32, 'R'},  {0x33, 'I'},  {0x34, '1'},
    };
    struct el4_instance *fake = *state;
    command(fake, 0x55 * 4, 0x98);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        assert_int_equal(get(fake, expected[i][0] * 4u), BOTH((uint32_t)expected[i][1]));
    }
    command(fake, 0, 0xf0);
    assert_true(fake->regions[0].direct);
}

static void test_erase_and_program(void **state)
{
    struct el4_instance *fake = *state;
    erase(fake, SECTOR);
    assert_int_equal(get(fake, SECTOR), READY);
    program(fake, SECTOR + 8, 0x12345678);
    assert_int_equal(get(fake, SECTOR), READY);
    command(fake, 0, 0xff);
    assert_int_equal(get(fake, SECTOR - 4), 0);
    assert_int_equal(get(fake, SECTOR), 0xffffffff);
    assert_int_equal(get(fake, SECTOR + 8), 0x12345678);
    assert_int_equal(get(fake, 2 * SECTOR - 4), 0xffffffff);
    assert_int_equal(get(fake, 2 * SECTOR), 0);
    /* Bits only become zeros. */
    program(fake, SECTOR + 8, 0xff0000ff);
    command(fake, 0, 0xff);
    assert_int_equal(get(fake, SECTOR + 8), 0x12000078);
}

static void test_narrow_program(void **state)
{
    struct el4_instance *fake = *state;
    erase(fake, 0);
    fake_write(fake, 0, 2, 2, 0x40);
    fake_write(fake, 0, 2, 2, 0xabcd);
    fake_write(fake, 0, 4, 1, 0x40);
    fake_write(fake, 0, 5, 1, 0x77);
    /* Four 16-bit words by the buffer. */
    fake_write(fake, 0, 8, 2, 0xe8);
    fake_write(fake, 0, 8, 2, 3);
    for (unsigned i = 0; i < 4; i++) {
        fake_write(fake, 0, 8 + 2 * i, 2, 0x1110 * i);
    }
    fake_write(fake, 0, 8, 2, 0xd0);
    assert_int_equal(get(fake, 0), READY);
    fake_write(fake, 0, 8, 2, 0xff);
    assert_true(fake->regions[0].direct);
    assert_int_equal(get(fake, 0), 0xabcdffff);
    assert_int_equal(get(fake, 4), 0xffff77ff);
    assert_int_equal(get(fake, 8), 0x11100000);
    assert_int_equal(get(fake, 12), 0x33302220);
    assert_int_equal(get(fake, 16), 0xffffffff);
}

/* 32 words in both chips at once, as EDK2 does. */
static void test_buffered_program(void **state)
{
    struct el4_instance *fake = *state;
    uint32_t base = 3 * SECTOR + 0x100;
    erase(fake, base);
    command(fake, base, 0xe8);
    assert_int_equal(get(fake, base), READY);
    command(fake, base, 31);
    for (uint32_t i = 0; i < 32; i++) {
        put(fake, base + 4 * i, 0x01000000 * i + i);
    }
    command(fake, 0, 0xd0);
    assert_int_equal(get(fake, base), READY);
    command(fake, 0, 0xff);
    for (uint32_t i = 0; i < 32; i++) {
        assert_int_equal(get(fake, base + 4 * i), 0x01000000 * i + i);
    }
    assert_int_equal(get(fake, base + 4 * 32), 0xffffffff);
}

static void test_bad_buffers(void **state)
{
    struct el4_instance *fake = *state;
    erase(fake, 0);
    erase(fake, SECTOR);
    /* More words than there is room for. */
    command(fake, 0, 0xe8);
    put(fake, 0, BOTH(0xffff));
    assert_int_equal(get(fake, 0), BOTH(0xb0));
    command(fake, 0, 0x50);
    /* Data beyond the count, and beyond the block. */
    command(fake, SECTOR - 4, 0xe8);
    command(fake, SECTOR - 4, 1);
    put(fake, SECTOR - 4, 0);
    put(fake, SECTOR, 0);
    command(fake, SECTOR - 4, 0xd0);
    assert_int_equal(get(fake, 0), BOTH(0xb0));
    command(fake, 0, 0x50);
    /* No confirmation. */
    command(fake, 0, 0xe8);
    command(fake, 0, 0);
    put(fake, 0, 0);
    command(fake, 0, 0xff);
    assert_int_equal(get(fake, 0), BOTH(0xb0));
    command(fake, 0, 0x50);
    command(fake, 0, 0xff);
    assert_int_equal(get(fake, 0), 0xffffffff);
    assert_int_equal(get(fake, SECTOR - 4), 0xffffffff);
    assert_int_equal(get(fake, SECTOR), 0xffffffff);
}

static void test_erase_without_confirmation(void **state)
{
    struct el4_instance *fake = *state;
    erase(fake, 0);
    program(fake, 0, 0);
    command(fake, 0, 0x20);
    command(fake, 0, 0xff);
    assert_int_equal(get(fake, 0), BOTH(0xb0));
    command(fake, 0, 0x50);
    assert_int_equal(get(fake, 0), 0);
}

static void test_locks(void **state)
{
    struct el4_instance *fake = *state;
    erase(fake, 0);
    command(fake, 0, 0x60);
    command(fake, 0, 0x01);
    command(fake, 0, 0x90);
    assert_int_equal(get(fake, 8), BOTH(1));
    assert_int_equal(get(fake, SECTOR + 8), 0);
    program(fake, 0x10, 0);
    assert_int_equal(get(fake, 0), BOTH(0x92));
    command(fake, 0, 0x50);
    erase(fake, 0);
    command(fake, 0, 0x70);
    assert_int_equal(get(fake, 0), BOTH(0xa2));
    command(fake, 0, 0x50);
    assert_int_equal(get(fake, 0x10), 0xffffffff);
    command(fake, 0, 0x60);
    command(fake, 0, 0xd0);
    program(fake, 0x10, 0);
    assert_int_equal(get(fake, 0), READY);
    /* Locked down: only a reset unlocks it. */
    command(fake, 0, 0x60);
    command(fake, 0, 0x2f);
    command(fake, 0, 0x60);
    command(fake, 0, 0xd0);
    command(fake, 0, 0x90);
    assert_int_equal(get(fake, 8), BOTH(3));
    fake_device_ops()->reset(fake->state);
    command(fake, 0, 0x90);
    assert_int_equal(get(fake, 8), 0);
    command(fake, 0, 0xff);
    assert_int_equal(get(fake, 0x10), 0);
}

static void test_last_words(void **state)
{
    struct el4_instance *fake = *state;
    erase(fake, BANK - 4);
    command(fake, BANK - 4, 0xe8);
    command(fake, BANK - 4, 255);
    for (uint32_t i = 0; i < 256; i++) {
        put(fake, BANK - 4, 0);
    }
    command(fake, BANK - 4, 0xd0);
    command(fake, 0, 0xff);
    assert_int_equal(get(fake, BANK - 4), 0);
    assert_int_equal(get(fake, BANK - 8), 0xffffffff);
}

/* Any sequence of writes: nothing but the array may change, nothing may hang. */
static void test_random_commands(void **state)
{
    static const uint8_t bytes[] = {0xff, 0x90, 0x98, 0x70, 0x50, 0x40, 0x10, 0xe8,
                                    0x20, 0x60, 0xd0, 0xb0, 0xc0, 0x01, 0x2f, 0x03};
    struct el4_instance *fake = *state;
    uint32_t seed = 12345;
    for (unsigned i = 0; i < 20000; i++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t offset = (seed >> 4) % BANK & ~7u;
        unsigned size = 1u << (seed >> 30);
        uint64_t value = bytes[seed >> 8 & 15] * 0x0001000100010001ull;
        fake_write(fake, 0, offset, size, value);
        fake_read(fake, 0, offset, size);
    }
}

static char *make_image(size_t bytes)
{
    static char path[32];
    strcpy(path, "/tmp/el4-flash-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "image", 5), 5);
    assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
    close(fd);
    return path;
}

static void check_image(const char *persist, bool expect_change)
{
    char *path = make_image(0x1000);
    const struct fake_setting settings[] = {{"image", path}, {"persist", persist}, {0}};
    struct el4_instance *fake = fake_new(settings, 1);
    fake_create_device(fake);
    assert_int_equal(get(fake, 0), 0x67616d69); /* "imag" */
    program(fake, 0, 0);
    erase(fake, SECTOR);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, expect_change ? 2 * SECTOR : 0x1000);
    FILE *file = fopen(path, "rb");
    char text[6] = {0};
    assert_int_equal(fread(text, 1, 5, file), 5);
    assert_memory_equal(text, expect_change ? "\0\0\0\0e" : "image", 5);
    fclose(file);
    fake_free(fake);
    unlink(path);
}

static void test_image(void **state)
{
    check_image("no", false);
    check_image("yes", true);
}

static void test_bad_images(void **state)
{
    char *path = make_image((size_t)BANK + 1);
    const char *const paths[] = {"/nonexistent", "/tmp", "/dev/null", path};
    for (unsigned i = 0; i < 4; i++) {
        const struct fake_setting settings[] = {{"image", paths[i]}, {0}};
        struct el4_instance *fake = fake_new(settings, 1);
        assert_false(fake_try_create_device(fake));
        assert_true(strlen(fake->failure) > 0);
        fake_free(fake);
    }
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_array_is_direct, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_identification, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_query, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_erase_and_program, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_narrow_program, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_buffered_program, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_bad_buffers, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_erase_without_confirmation, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_locks, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_last_words, fake_make, fake_drop),
        cmocka_unit_test_setup_teardown(test_random_commands, fake_make, fake_drop),
        cmocka_unit_test(test_image),
        cmocka_unit_test(test_bad_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
