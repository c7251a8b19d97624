/* SPDX-License-Identifier: MIT */
/*
 * virtio-mmio: a small driver of the test's own talks to the transport and to the device types
 * but block (test-virtio-mmio-block.c), and breaks the ring's rules in the ways that a hostile
 * guest would.
 */
#include "virtio-disk.h"
#include "virtio-driver.h"

/* ---- transport ---- */

static void test_empty_slot(void **state)
{
    struct el4_instance *fake = make(NULL);
    assert_int_equal(reg(fake, MAGIC), 0x74726976);
    assert_int_equal(reg(fake, VERSION), 2);
    assert_int_equal(reg(fake, DEVICE_ID), 0);
    assert_int_equal(reg(fake, QUEUE_NUM_MAX), 0);
    for (unsigned offset = 0; offset < 0x200; offset += 4) {
        set(fake, offset, UINT32_MAX);
        reg(fake, offset);
    }
    assert_int_equal(reg(fake, STATUS), 0);
    finish(fake);
}

static void test_negotiation(void **state)
{
    const struct fake_setting settings[] = {{"device", "rng"}, {0}};
    struct el4_instance *fake = make(settings);
    assert_int_equal(reg(fake, DEVICE_ID), 4);
    assert_true(offered(fake) ==
                (1ull << F_INDIRECT | 1ull << F_EVENT_IDX | 1ull << F_VERSION_1));
    set(fake, DEVICE_FEATURES_SEL, 2);
    assert_int_equal(reg(fake, DEVICE_FEATURES), 0);
    /* Without VERSION_1, or with a feature that is not offered: no FEATURES_OK. */
    set(fake, STATUS, 3);
    accept_features(fake, 0);
    set(fake, STATUS, 11);
    assert_int_equal(reg(fake, STATUS), 3);
    accept_features(fake, 1ull << F_VERSION_1 | 1);
    set(fake, STATUS, 11);
    assert_int_equal(reg(fake, STATUS), 3);
    accept_features(fake, 1ull << F_VERSION_1);
    set(fake, STATUS, 11);
    assert_int_equal(reg(fake, STATUS), 11);
    /* Frozen now. */
    accept_features(fake, UINT64_MAX);
    set(fake, STATUS, 15);
    assert_int_equal(reg(fake, STATUS), 15);
    set(fake, STATUS, 0);
    assert_int_equal(reg(fake, STATUS), 0);
    finish(fake);
}

/* A driver whose features were refused, or that never asked, is not served. */
static void test_no_service_without_features_ok(void **state)
{
    static const uint64_t features[] = {0, 1ull << F_VERSION_1 | 1, 1ull << F_VERSION_1};
    const struct fake_setting settings[] = {{"device", "rng"}, {0}};
    for (unsigned i = 0; i < 3; i++) {
        struct el4_instance *fake = make(settings);
        start(fake, 0, 1);
        set(fake, STATUS, 0);
        accept_features(fake, features[i]);
        describe(fake, 0, 0, BUFFERS, 64, WRITE, 0);
        set(fake, QUEUE_SEL, 0);
        set(fake, QUEUE_NUM, QUEUE_SIZE);
        set_address(fake, QUEUE_DESC, DESCRIPTORS(0));
        set_address(fake, QUEUE_DRIVER, DRIVER_RING(0));
        set_address(fake, QUEUE_DEVICE, DEVICE_RING(0));
        set(fake, QUEUE_READY, 1);
        offer(fake, 0, 0);
        set(fake, STATUS, i < 2 ? 15 : 7);
        kick(fake, 0);
        assert_int_equal(used_index(fake, 0), 0);
        assert_true(fake->log_count[EL4_LOG_GUEST_ERROR] > 0);
        set(fake, STATUS, 15);
        kick(fake, 0);
        assert_int_equal(used_index(fake, 0), i == 2);
        finish(fake);
    }
}

static void test_bad_queues(void **state)
{
    const struct fake_setting settings[] = {{"device", "rng"}, {0}};
    struct el4_instance *fake = make(settings);
    static const uint32_t sizes[] = {0, 3, 512, 0x80000000, UINT32_MAX};
    for (unsigned i = 0; i < 5; i++) {
        set(fake, QUEUE_SEL, 0);
        set(fake, QUEUE_NUM, sizes[i]);
        set(fake, QUEUE_READY, 1);
        assert_int_equal(reg(fake, QUEUE_READY), 0);
    }
    set(fake, QUEUE_SEL, 77);
    assert_int_equal(reg(fake, QUEUE_NUM_MAX), 0);
    set(fake, QUEUE_NUM, 8);
    set(fake, QUEUE_READY, 1);
    assert_int_equal(reg(fake, QUEUE_READY), 0);
    set(fake, QUEUE_NOTIFY, 77);
    set(fake, QUEUE_NOTIFY, 0);
    finish(fake);
}

/* ---- rng, and the rings with it ---- */

static struct el4_instance *make_rng(uint64_t features)
{
    const struct fake_setting settings[] = {{"device", "rng"}, {0}};
    struct el4_instance *fake = make(settings);
    start(fake, features, 1);
    return fake;
}

static void test_rng(void **state)
{
    struct el4_instance *fake = make_rng(0);
    describe(fake, 0, 0, BUFFERS, 10, WRITE | NEXT, 5);
    describe(fake, 0, 5, BUFFERS + 100, 22, WRITE, 0);
    offer(fake, 0, 0);
    kick(fake, 0);
    assert_int_equal(used_index(fake, 0), 1);
    assert_int_equal(used_bytes(fake, 0, 0), 32);
    assert_int_equal(get(fake, BUFFERS + 10, 4), 0);
    assert_int_equal(get(fake, BUFFERS + 122, 4), 0);
    assert_true(get(fake, BUFFERS, 8) || get(fake, BUFFERS + 100, 8));
    assert_true(fake->outputs[0]);
    assert_int_equal(reg(fake, INTERRUPT_STATUS), 1);
    set(fake, INTERRUPT_ACK, 1);
    assert_false(fake->outputs[0]);
    finish(fake);
}

static void test_interrupt_suppression(void **state)
{
    struct el4_instance *fake = make_rng(0);
    describe(fake, 0, 0, BUFFERS, 4, WRITE, 0);
    put(fake, DRIVER_RING(0), 1, 2); /* NO_INTERRUPT */
    offer(fake, 0, 0);
    kick(fake, 0);
    assert_int_equal(used_index(fake, 0), 1);
    assert_false(fake->outputs[0]);
    finish(fake);
}

static void test_event_index(void **state)
{
    struct el4_instance *fake = make_rng(1ull << F_EVENT_IDX);
    uint64_t used_event = DRIVER_RING(0) + 4 + 2 * QUEUE_SIZE;
    uint64_t avail_event = DEVICE_RING(0) + 4 + 8 * QUEUE_SIZE;
    describe(fake, 0, 0, BUFFERS, 4, WRITE, 0);
    put(fake, used_event, 2, 2);
    for (unsigned i = 1; i <= 40; i++) {
        offer(fake, 0, 0);
        kick(fake, 0);
        assert_int_equal(used_index(fake, 0), i);
        assert_int_equal(get(fake, avail_event, 2), i);
        assert_int_equal(fake->outputs[0], i >= 3);
    }
    set(fake, INTERRUPT_ACK, 1);
    /* It is passed within a batch. */
    put(fake, used_event, 41, 2);
    offer(fake, 0, 0);
    kick(fake, 0);
    assert_false(fake->outputs[0]);
    offer(fake, 0, 0);
    offer(fake, 0, 0);
    kick(fake, 0);
    assert_true(fake->outputs[0]);
    finish(fake);
}

static void test_edge_after_each_acknowledgement(void **state)
{
    struct el4_instance *fake = make_rng(0);
    describe(fake, 0, 0, BUFFERS, 4, WRITE, 0);
    offer(fake, 0, 0);
    kick(fake, 0);
    unsigned changes = fake->output_changes[0];
    set(fake, INTERRUPT_ACK, 2); /* not the bit that is set: it is raised again */
    assert_true(fake->outputs[0]);
    assert_int_equal(fake->output_changes[0], changes + 2);
    finish(fake);
}

static void test_indirect(void **state)
{
    struct el4_instance *fake = make_rng(1ull << F_INDIRECT);
    uint64_t table = BUFFERS + 0x1000;
    for (unsigned i = 0; i < 100; i++) {
        describe_at(fake, table, i, BUFFERS + i, 1, WRITE | (i < 99 ? NEXT : 0), i + 1);
    }
    describe(fake, 0, 3, table, 1600, INDIRECT, 0);
    offer(fake, 0, 3);
    kick(fake, 0);
    assert_int_equal(used_bytes(fake, 0, 0), 100);
    assert_int_equal(reg(fake, STATUS), 15);
    finish(fake);
}

/* Each case breaks the device; a reset mends it. */
static void expect_broken(struct el4_instance *fake)
{
    kick(fake, 0);
    assert_int_equal(reg(fake, STATUS), 15 | 64);
    assert_int_equal(used_index(fake, 0), 0);
    assert_int_equal(reg(fake, INTERRUPT_STATUS) & 2, 2);
    kick(fake, 0);
    set(fake, STATUS, 15);
    assert_int_equal(reg(fake, STATUS), 15 | 64);
    start(fake, 1ull << F_INDIRECT, 1);
}

static void test_broken_rings(void **state)
{
    struct el4_instance *fake = make_rng(1ull << F_INDIRECT);
    uint64_t table = BUFFERS + 0x1000;

    /* a loop of two, and of one */
    describe(fake, 0, 0, BUFFERS, 1, WRITE | NEXT, 1);
    describe(fake, 0, 1, BUFFERS, 1, WRITE | NEXT, 0);
    offer(fake, 0, 0);
    expect_broken(fake);
    describe(fake, 0, 0, BUFFERS, UINT32_MAX, WRITE | NEXT, 0);
    offer(fake, 0, 0);
    expect_broken(fake);
    /* numbers beyond the table */
    offer(fake, 0, QUEUE_SIZE);
    expect_broken(fake);
    offer(fake, 0, 0xffff);
    expect_broken(fake);
    describe(fake, 0, 0, BUFFERS, 1, WRITE | NEXT, QUEUE_SIZE);
    offer(fake, 0, 0);
    expect_broken(fake);
    /* readable after writable */
    describe(fake, 0, 0, BUFFERS, 1, WRITE | NEXT, 1);
    describe(fake, 0, 1, BUFFERS, 1, 0, 0);
    offer(fake, 0, 0);
    expect_broken(fake);
    /* indirect: of no length, of a broken length, nested, with a next, nowhere, a loop */
    describe(fake, 0, 0, table, 0, INDIRECT, 0);
    offer(fake, 0, 0);
    expect_broken(fake);
    describe(fake, 0, 0, table, 17, INDIRECT, 0);
    offer(fake, 0, 0);
    expect_broken(fake);
    describe(fake, 0, 0, table, 16, INDIRECT, 0);
    describe_at(fake, table, 0, table, 16, INDIRECT, 0);
    offer(fake, 0, 0);
    expect_broken(fake);
    describe(fake, 0, 0, table, 16, INDIRECT | NEXT, 0);
    offer(fake, 0, 0);
    expect_broken(fake);
    describe(fake, 0, 0, 0xfffffffffffffff0, 0xfffffff0, INDIRECT, 0);
    offer(fake, 0, 0);
    expect_broken(fake);
    describe(fake, 0, 0, table, 32, INDIRECT, 0);
    describe_at(fake, table, 0, BUFFERS, 1, WRITE | NEXT, 1);
    describe_at(fake, table, 1, BUFFERS, 1, WRITE | NEXT, 0);
    offer(fake, 0, 0);
    expect_broken(fake);
    /* more entries than the ring has */
    put(fake, DRIVER_RING(0) + 2, QUEUE_SIZE + 1, 2);
    expect_broken(fake);
    /* it still works */
    describe(fake, 0, 0, BUFFERS, 4, WRITE, 0);
    offer(fake, 0, 0);
    kick(fake, 0);
    assert_int_equal(used_index(fake, 0), 1);
    finish(fake);
}

static void test_rings_nowhere(void **state)
{
    static const unsigned registers[] = {QUEUE_DESC, QUEUE_DRIVER, QUEUE_DEVICE};
    static const uint64_t addresses[] = {0, UINT64_MAX - 1, RAM_BASE + RAM_BYTES - 1};
    const struct fake_setting settings[] = {{"device", "rng"}, {0}};
    struct el4_instance *fake = make(settings);
    for (unsigned i = 0; i < 9; i++) {
        start(fake, 0, 1);
        set(fake, QUEUE_SEL, 0);
        set(fake, QUEUE_READY, 0);
        set(fake, QUEUE_NUM, QUEUE_SIZE);
        set_address(fake, QUEUE_DESC, DESCRIPTORS(0));
        set_address(fake, QUEUE_DRIVER, DRIVER_RING(0));
        set_address(fake, QUEUE_DEVICE, DEVICE_RING(0));
        set_address(fake, registers[i / 3], addresses[i % 3]);
        set(fake, QUEUE_READY, 1);
        describe(fake, 0, 0, BUFFERS, 4, WRITE, 0);
        offer(fake, 0, 0);
        kick(fake, 0);
        assert_int_equal(reg(fake, STATUS) & 64, 64);
    }
    finish(fake);
}

static void test_buffers_nowhere(void **state)
{
    struct el4_instance *fake = make_rng(0);
    describe(fake, 0, 0, 0, 100, WRITE, 0);
    offer(fake, 0, 0);
    describe(fake, 0, 1, RAM_BASE + RAM_BYTES - 8, 16, WRITE, 0);
    offer(fake, 0, 1);
    describe(fake, 0, 2, BUFFERS, 16, 0, 0);
    offer(fake, 0, 2);
    kick(fake, 0);
    assert_int_equal(used_index(fake, 0), 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(used_bytes(fake, 0, i), 0);
    }
    finish(fake);
}

static void test_legacy(void **state)
{
    const struct fake_setting settings[] = {{"device", "rng"}, {"legacy", "yes"}, {0}};
    struct el4_instance *fake = make(settings);
    uint64_t ring = RAM_BASE + 0x3000;
    assert_int_equal(reg(fake, VERSION), 1);
    assert_true(offered(fake) == (1ull << F_INDIRECT | 1ull << F_EVENT_IDX));
    set(fake, STATUS, 3);
    set(fake, GUEST_PAGE_SIZE, 4096);
    set(fake, QUEUE_SEL, 0);
    set(fake, QUEUE_NUM, 8);
    set(fake, QUEUE_ALIGN, 4096);
    set(fake, QUEUE_PFN, (uint32_t)(ring / 4096));
    assert_int_equal(reg(fake, QUEUE_PFN), ring / 4096);
    set(fake, STATUS, 7);
    describe_at(fake, ring, 0, BUFFERS, 16, WRITE, 0);
    put(fake, ring + 8 * 16 + 2, 1, 2);
    kick(fake, 0);
    assert_int_equal(get(fake, ring + 0x1000 + 2, 2), 1);
    assert_int_equal(get(fake, ring + 0x1000 + 8, 4), 16);
    set(fake, QUEUE_PFN, 0);
    assert_int_equal(reg(fake, QUEUE_PFN), 0);
    finish(fake);
}

/* ---- console ---- */

static void test_console(void **state)
{
    const struct fake_setting settings[] = {{"device", "console"}, {0}};
    struct el4_instance *fake = make(settings);
    assert_int_equal(reg(fake, DEVICE_ID), 3);
    start(fake, 0, 2);
    /* Output from two buffers. */
    memcpy(at(fake, BUFFERS), "hello, world", 12);
    describe(fake, 1, 0, BUFFERS, 5, NEXT, 1);
    describe(fake, 1, 1, BUFFERS + 5, 7, 0, 0);
    offer(fake, 1, 0);
    kick(fake, 1);
    assert_int_equal(fake->streams[0].output_bytes, 12);
    assert_memory_equal(fake->streams[0].output, "hello, world", 12);
    assert_int_equal(used_index(fake, 1), 1);
    /* Input waits for a buffer, and a buffer for input. */
    fake_type(fake, 0, "abc", 3);
    assert_int_equal(used_index(fake, 0), 0);
    describe(fake, 0, 0, DATA, 2, WRITE, 0);
    offer(fake, 0, 0);
    offer(fake, 0, 0);
    offer(fake, 0, 0);
    kick(fake, 0);
    assert_int_equal(used_index(fake, 0), 2);
    assert_int_equal(used_bytes(fake, 0, 0), 2);
    assert_int_equal(used_bytes(fake, 0, 1), 1);
    fake_type(fake, 0, "d", 1);
    assert_int_equal(used_index(fake, 0), 3);
    assert_int_equal(get(fake, DATA, 1), 'd');
    /* Emergency write. */
    fake_write(fake, 0, CONFIG + 8, 4, '!');
    assert_int_equal(fake->streams[0].output[12], '!');
    finish(fake);
}

/* ---- net ---- */

static const uint8_t arp_request[42] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x08, 0x06,
    0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56,
    10,   0,    2,    15,   0,    0,    0,    0,    0,    0,    10,   0,    2,    2,
};

static void send_arp(struct el4_instance *fake)
{
    memset(at(fake, BUFFERS), 0, 12);
    memcpy(at(fake, BUFFERS + 12), arp_request, sizeof(arp_request));
    describe(fake, 1, 0, BUFFERS, 12 + sizeof(arp_request), 0, 0);
    offer(fake, 1, 0);
    kick(fake, 1);
}

static void check_arp_reply(struct el4_instance *fake, const uint8_t *frame)
{
    assert_memory_equal(frame, arp_request + 6, 6);
    assert_int_equal(frame[12] << 8 | frame[13], 0x0806);
    assert_int_equal(frame[21], 2);
    assert_memory_equal(frame + 28, "\x0a\0\2\2", 4);
}

static void test_net(void **state)
{
    const struct fake_setting settings[] = {{"device", "net"}, {0}};
    struct el4_instance *fake = make(settings);
    assert_int_equal(reg(fake, DEVICE_ID), 1);
    assert_int_equal(fake_read(fake, 0, CONFIG, 1), 0x52);
    assert_int_equal(fake_read(fake, 0, CONFIG + 5, 1), 0x56);
    assert_int_equal(fake_read(fake, 0, CONFIG + 6, 2), 1);
    start(fake, 0, 2);
    describe(fake, 0, 0, DATA, 2048, WRITE, 0);
    offer(fake, 0, 0);
    kick(fake, 0);
    send_arp(fake);
    assert_int_equal(used_index(fake, 1), 1);
    assert_int_equal(used_index(fake, 0), 1);
    assert_true(used_bytes(fake, 0, 0) >= 12 + 42);
    assert_memory_equal(at(fake, DATA), "\0\0\0\0\0\0\0\0\0\0\1\0", 12);
    check_arp_reply(fake, at(fake, DATA + 12));
    assert_true(fake->poll_kicks > 0);
    finish(fake);
}

/* The reply waits until there is a buffer; then it takes several small ones. */
static void test_net_merged_buffers(void **state)
{
    const struct fake_setting settings[] = {{"device", "net"}, {0}};
    struct el4_instance *fake = make(settings);
    uint8_t frame[64] = {0};
    start(fake, 1ull << 15, 2);
    send_arp(fake);
    for (unsigned i = 0; i < 8; i++) {
        describe(fake, 0, i, DATA + 0x100 * i, 20, WRITE, 0);
        offer(fake, 0, i);
        if (i == 0) {
            kick(fake, 0);
            assert_int_equal(used_index(fake, 0), 0);
        }
    }
    kick(fake, 0);
    unsigned used = used_index(fake, 0);
    assert_true(used >= 3 && used <= 8);
    assert_int_equal(get(fake, DATA + 10, 2), used);
    for (unsigned i = 0; i < 3; i++) {
        memcpy(frame + 20 * i, at(fake, DATA + 0x100 * i), 20);
    }
    check_arp_reply(fake, frame + 12);
    finish(fake);
}

static void test_net_hostile(void **state)
{
    const struct fake_setting settings[] = {{"device", "net"}, {"restrict", "yes"}, {0}};
    struct el4_instance *fake = make(settings);
    start(fake, 1ull << 15, 2);
    /* Too short, far too long, nowhere; then receive buffers without any room. */
    describe(fake, 1, 0, BUFFERS, 3, 0, 0);
    offer(fake, 1, 0);
    describe(fake, 1, 1, BUFFERS, UINT32_MAX, NEXT, 2);
    describe(fake, 1, 2, BUFFERS, UINT32_MAX, 0, 0);
    offer(fake, 1, 1);
    describe(fake, 1, 3, 0, 100, 0, 0);
    offer(fake, 1, 3);
    describe(fake, 1, 4, BUFFERS, 12, 0, 0);
    offer(fake, 1, 4);
    kick(fake, 1);
    assert_int_equal(used_index(fake, 1), 4);
    for (unsigned i = 0; i < QUEUE_SIZE; i++) {
        describe(fake, 0, i, DATA, 0, WRITE, 0);
        offer(fake, 0, i);
    }
    kick(fake, 0);
    for (unsigned i = 0; i < 300; i++) {
        send_arp(fake);
    }
    assert_int_equal(used_index(fake, 0), 0);
    set(fake, STATUS, 0);
    finish(fake);
}

static void test_net_configuration(void **state)
{
    static const struct {
        const char *key, *value;
        bool good;
    } cases[] = {
        {"mac", "52:54:00:aa:bb:cc", true},
        {"mac", "52:54:00:aa:bb", false},
        {"mac", "53:54:00:aa:bb:cc", false},
        {"mac", "52:54:00:aa:bb:cg", false},
        {"mac", "", false},
        {"hostfwd", "tcp:127.0.0.1:0-22", false},
        {"hostfwd", "tcp:22-22", false},
        {"hostfwd", "xcp:127.0.0.1:1-22", false},
        {"hostfwd", "tcp:1.2.3:1-22", false},
        {"hostfwd", "tcp::70000-22", false},
        {"hostfwd", "tcp::1-", false},
        {"hostfwd", "tcp", false},
        {"hostfwd", "udp:127.0.0.1:46122-10.0.2.15:22", true},
        {"hostfwd", "tcp:127.0.0.1:46122-:22", true},
        {"hostfwd", "tcp:127.0.0.1:46122-22", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct fake_setting settings[] = {
            {"device", "net"}, {cases[i].key, cases[i].value}, {0}};
        struct el4_instance *fake = fake_new(settings, 1);
        assert_int_equal(fake_try_create_device(fake), cases[i].good);
        assert_int_equal(strlen(fake->failure) == 0, cases[i].good);
        fake_free(fake);
    }
}

/* Random descriptors and registers: no crash, no hang. */
static void test_random(void **state)
{
    static const char *const devices[] = {"rng", "console", "net", "block"};
    uint32_t seed = 99;
    for (unsigned d = 0; d < 4; d++) {
        const struct fake_setting settings[] = {
            {"device", devices[d]}, {"file", disk_path}, {"snapshot", "yes"}, {0}};
        struct el4_instance *fake = make(settings);
        for (unsigned round = 0; round < 300; round++) {
            start(fake, offered(fake), devices[d][0] == 'c' || devices[d][0] == 'n' ? 2 : 1);
            for (unsigned i = 0; i < 2 * QUEUE_SIZE; i++) {
                seed = seed * 1664525 + 1013904223;
                uint32_t bytes = seed >> 8 & 7 ? seed >> 12 & 0x1fff : seed;
                bytes &= devices[d][0] == 'c' ? 0xff : UINT32_MAX; /* the fake's room */
                describe(fake, i & 1, i / 2, BUFFERS + (seed >> 4 & 0xfff0), bytes,
                         seed >> 29 & 7, seed >> 20 & 0xf);
            }
            put(fake, BUFFERS, seed >> 13 & 15, 8);
            for (unsigned i = 0; i < 8; i++) {
                seed = seed * 1664525 + 1013904223;
                offer(fake, 0, seed >> 28);
                offer(fake, 1, seed >> 24 & 0xf);
            }
            kick(fake, 0);
            kick(fake, 1);
            fake_advance(fake, 1000);
            fake->streams[0].output_bytes = 0;
            fake_write(fake, 0, seed >> 16 & 0xfc, 4, seed);
        }
        finish(fake);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_slot),
        cmocka_unit_test(test_negotiation),
        cmocka_unit_test(test_no_service_without_features_ok),
        cmocka_unit_test(test_bad_queues),
        cmocka_unit_test(test_rng),
        cmocka_unit_test(test_interrupt_suppression),
        cmocka_unit_test(test_event_index),
        cmocka_unit_test(test_edge_after_each_acknowledgement),
        cmocka_unit_test(test_indirect),
        cmocka_unit_test(test_broken_rings),
        cmocka_unit_test(test_rings_nowhere),
        cmocka_unit_test(test_buffers_nowhere),
        cmocka_unit_test(test_legacy),
        cmocka_unit_test(test_console),
        cmocka_unit_test(test_net),
        cmocka_unit_test(test_net_merged_buffers),
        cmocka_unit_test(test_net_hostile),
        cmocka_unit_test(test_net_configuration),
        cmocka_unit_test_setup_teardown(test_random, make_disk, remove_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
