/* SPDX-License-Identifier: MIT */
/*
 * virtio-mmio with a disk: requests good and bad, snapshots, who may use a file beside whom.
 */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "virtio-disk.h"
#include "virtio-driver.h"

#define HEADER      BUFFERS
#define STATUS_BYTE (BUFFERS + 0x800)

static struct el4_instance *make_block(const char *readonly, const char *snapshot)
{
    const struct fake_setting settings[] = {{"device", "block"},      {"file", disk_path},
                                            {"readonly", readonly},   {"snapshot", snapshot},
                                            {"serial", "EL4-DISK-1"}, {0}};
    struct el4_instance *fake = make(settings);
    start(fake, offered(fake) & ~(1ull << F_EVENT_IDX), 1);
    return fake;
}

/* One request with `bytes` of data at DATA; its status byte. */
static uint8_t request(struct el4_instance *fake, uint32_t type, uint64_t sector,
                       uint32_t bytes, bool device_writes)
{
    uint16_t before = used_index(fake, 0);
    put(fake, HEADER, type, 8);
    put(fake, HEADER + 8, sector, 8);
    put(fake, STATUS_BYTE, 0xee, 1);
    describe(fake, 0, 0, HEADER, 16, NEXT, bytes ? 1 : 2);
    describe(fake, 0, 1, DATA, bytes, NEXT | (device_writes ? WRITE : 0), 2);
    describe(fake, 0, 2, STATUS_BYTE, 1, WRITE, 0);
    offer(fake, 0, 0);
    kick(fake, 0);
    assert_int_equal(used_index(fake, 0), (uint16_t)(before + 1));
    return (uint8_t)get(fake, STATUS_BYTE, 1);
}

static uint8_t file_byte(unsigned sector)
{
    uint8_t byte = 0;
    FILE *file = fopen(disk_path, "rb");
    assert_non_null(file);
    fseek(file, (long)sector * 512, SEEK_SET);
    assert_int_equal(fread(&byte, 1, 1, file), 1);
    fclose(file);
    return byte;
}

static void test_block_config(void **state)
{
    struct el4_instance *fake = make_block("no", "no");
    assert_int_equal(reg(fake, DEVICE_ID), 2);
    assert_int_equal(fake_read(fake, 0, CONFIG, 8), DISK_BYTES / 512);
    assert_int_equal(fake_read(fake, 0, CONFIG + 4, 4), 0);
    assert_int_equal(fake_read(fake, 0, CONFIG + 20, 4), 512);
    assert_int_equal(fake_read(fake, 0, CONFIG + 0xf8, 8), 0);
    assert_int_equal(offered(fake) & 0x6244, 0x6244);
    assert_int_equal(request(fake, 8, 0, 20, true), 0);
    assert_memory_equal(at(fake, DATA), "EL4-DISK-1\0\0\0\0\0\0\0\0\0\0", 20);
    assert_int_equal(request(fake, 4, 0, 0, false), 0);
    assert_int_equal(request(fake, 99, 0, 0, false), 2);
    finish(fake);
}

static void test_block_read_write(void **state)
{
    struct el4_instance *fake = make_block("no", "no");
    assert_int_equal(request(fake, 0, 7, 1024, true), 0);
    assert_int_equal(used_bytes(fake, 0, 0), 1025);
    assert_int_equal(get(fake, DATA, 1), 7);
    assert_int_equal(get(fake, DATA + 1023, 1), 8);
    memset(at(fake, DATA), 0x5a, 1024);
    assert_int_equal(request(fake, 1, 9, 1024, false), 0);
    assert_int_equal(used_bytes(fake, 0, 1), 1);
    assert_int_equal(file_byte(8), 8);
    assert_int_equal(file_byte(9), 0x5a);
    assert_int_equal(file_byte(10), 0x5a);
    assert_int_equal(file_byte(11), 11);
    finish(fake);
}

static void test_block_ranges(void **state)
{
    struct el4_instance *fake = make_block("no", "no");
    uint32_t sectors = DISK_BYTES / 512;
    assert_int_equal(request(fake, 0, sectors - 1, 512, true), 0);
    assert_int_equal(request(fake, 0, sectors - 1, 1024, true), 1);
    assert_int_equal(used_bytes(fake, 0, 1), 1);
    assert_int_equal(request(fake, 0, sectors, 512, true), 1);
    assert_int_equal(request(fake, 0, UINT64_MAX, 512, true), 1);
    assert_int_equal(request(fake, 0, UINT64_MAX / 512, 512, true), 1);
    assert_int_equal(request(fake, 0, 0, 511, true), 1);
    assert_int_equal(request(fake, 1, sectors, 512, false), 1);
    assert_int_equal(request(fake, 1, 0, 100, false), 1);
    finish(fake);
}

static void test_block_clear(void **state)
{
    struct el4_instance *fake = make_block("no", "no");
    put(fake, DATA, 4, 8);
    put(fake, DATA + 8, 2, 4);
    put(fake, DATA + 12, 1, 4);
    assert_int_equal(request(fake, 13, 0, 16, false), 0);
    assert_int_equal(file_byte(3), 3);
    assert_int_equal(file_byte(4), 0);
    assert_int_equal(file_byte(5), 0);
    assert_int_equal(file_byte(6), 6);
    assert_int_equal(request(fake, 11, 0, 16, false), 2); /* discard with a flag */
    put(fake, DATA + 12, 0, 4);
    assert_int_equal(request(fake, 11, 0, 16, false), 0);
    put(fake, DATA, DISK_BYTES / 512, 8);
    assert_int_equal(request(fake, 13, 0, 16, false), 1);
    assert_int_equal(request(fake, 13, 0, 15, false), 1);
    put(fake, DATA, 0, 8);
    put(fake, DATA + 8, UINT32_MAX, 4);
    assert_int_equal(request(fake, 13, 0, 16, false), 1);
    finish(fake);
}

static void test_block_readonly(void **state)
{
    struct el4_instance *fake = make_block("yes", "no");
    assert_int_equal(offered(fake) & (1u << 5), 1u << 5);
    assert_int_equal(request(fake, 0, 1, 512, true), 0);
    assert_int_equal(request(fake, 1, 1, 512, false), 1);
    assert_int_equal(request(fake, 13, 1, 16, false), 1);
    assert_int_equal(file_byte(1), 1);
    finish(fake);
}

static void test_block_snapshot(void **state)
{
    struct el4_instance *fake = make_block("no", "yes");
    memset(at(fake, DATA), 0xc3, 2048);
    /* Across a cluster's border at 128 sectors. */
    assert_int_equal(request(fake, 1, 126, 2048, false), 0);
    assert_int_equal(request(fake, 0, 125, 6 * 512, true), 0);
    assert_int_equal(get(fake, DATA + 511, 1), 125);
    assert_int_equal(get(fake, DATA + 512, 1), 0xc3);
    assert_int_equal(get(fake, DATA + 5 * 512 - 1, 1), 0xc3);
    assert_int_equal(get(fake, DATA + 5 * 512, 1), 130);
    assert_int_equal(file_byte(126), 126);
    assert_int_equal(file_byte(129), 129);
    put(fake, DATA, 127, 8);
    put(fake, DATA + 8, 1, 4);
    put(fake, DATA + 12, 0, 4);
    assert_int_equal(request(fake, 13, 0, 16, false), 0);
    assert_int_equal(request(fake, 0, 126, 1024, true), 0);
    assert_int_equal(get(fake, DATA + 511, 1), 0xc3);
    assert_int_equal(get(fake, DATA + 512, 1), 0);
    assert_int_equal(request(fake, 4, 0, 0, false), 0);
    finish(fake);
    /* Forgotten. */
    fake = make_block("no", "yes");
    assert_int_equal(request(fake, 0, 126, 512, true), 0);
    assert_int_equal(get(fake, DATA, 1), 126);
    finish(fake);
}

static bool can_open(const char *readonly, const char *snapshot)
{
    const struct fake_setting settings[] = {{"device", "block"},
                                            {"file", disk_path},
                                            {"readonly", readonly},
                                            {"snapshot", snapshot},
                                            {0}};
    struct el4_instance *fake = fake_new(settings, 1);
    bool done = fake_try_create_device(fake);
    fake_free(fake);
    return done;
}

static void test_block_locks(void **state)
{
    struct el4_instance *fake = make_block("no", "no");
    assert_false(can_open("no", "no"));
    assert_false(can_open("yes", "no"));
    assert_false(can_open("no", "yes"));
    finish(fake);
    fake = make_block("no", "yes");
    assert_false(can_open("no", "no"));
    assert_true(can_open("yes", "no"));
    assert_true(can_open("no", "yes"));
    finish(fake);
    assert_true(can_open("no", "no"));
}

static void test_block_odd_layouts(void **state)
{
    struct el4_instance *fake = make_block("no", "no");
    /* Header in pieces, data and status in one buffer (virtio 1.2, 2.6.4). */
    put(fake, HEADER, 0, 8);
    put(fake, HEADER + 8, 3, 8);
    describe(fake, 0, 0, HEADER, 1, NEXT, 1);
    describe(fake, 0, 1, HEADER + 1, 15, NEXT, 2);
    describe(fake, 0, 2, DATA, 200, NEXT | WRITE, 3);
    describe(fake, 0, 3, DATA + 200, 313, WRITE, 0);
    put(fake, DATA + 512, 0xee, 1);
    offer(fake, 0, 0);
    kick(fake, 0);
    assert_int_equal(used_bytes(fake, 0, 0), 513);
    assert_int_equal(get(fake, DATA + 511, 2), 3); /* and status 0 */
    /* Data nowhere: IOERR. */
    describe(fake, 0, 0, HEADER, 16, NEXT, 1);
    describe(fake, 0, 1, 0, 512, NEXT | WRITE, 2);
    describe(fake, 0, 2, STATUS_BYTE, 1, WRITE, 0);
    offer(fake, 0, 0);
    kick(fake, 0);
    assert_int_equal(get(fake, STATUS_BYTE, 1), 1);
    /* No status byte, a short header: broken. */
    describe(fake, 0, 0, HEADER, 16, 0, 0);
    offer(fake, 0, 0);
    kick(fake, 0);
    assert_int_equal(reg(fake, STATUS) & 64, 64);
    start(fake, 0, 1);
    describe(fake, 0, 0, HEADER, 15, NEXT, 1);
    describe(fake, 0, 1, STATUS_BYTE, 1, WRITE, 0);
    offer(fake, 0, 0);
    kick(fake, 0);
    assert_int_equal(reg(fake, STATUS) & 64, 64);
    finish(fake);
}

static void test_block_bad_files(void **state)
{
    static const char *const paths[] = {"/nonexistent", "/tmp", "/dev/null", NULL};
    for (unsigned i = 0; i < 4; i++) {
        const struct fake_setting settings[] = {
            {"device", "block"}, {paths[i] ? "file" : NULL, paths[i]}, {0}};
        struct el4_instance *fake = fake_new(settings, 1);
        assert_false(fake_try_create_device(fake));
        assert_true(strlen(fake->failure) > 0);
        fake_free(fake);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_block_config, make_disk, remove_disk),
        cmocka_unit_test_setup_teardown(test_block_read_write, make_disk, remove_disk),
        cmocka_unit_test_setup_teardown(test_block_ranges, make_disk, remove_disk),
        cmocka_unit_test_setup_teardown(test_block_clear, make_disk, remove_disk),
        cmocka_unit_test_setup_teardown(test_block_readonly, make_disk, remove_disk),
        cmocka_unit_test_setup_teardown(test_block_snapshot, make_disk, remove_disk),
        cmocka_unit_test_setup_teardown(test_block_locks, make_disk, remove_disk),
        cmocka_unit_test_setup_teardown(test_block_odd_layouts, make_disk, remove_disk),
        cmocka_unit_test(test_block_bad_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
