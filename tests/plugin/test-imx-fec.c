/* SPDX-License-Identifier: MIT */
/*
 * i.MX FEC: rings, loopback, checksums, the management bus, the 1588 timer, and rings that make
 * no sense.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum {
    EIR = 0x004,
    EIMR = 0x008,
    RDAR = 0x010,
    TDAR = 0x014,
    ECR = 0x024,
    MMFR = 0x040,
    MSCR = 0x044,
    RCR = 0x084,
    TCR = 0x0c4,
    PALR = 0x0e4,
    PAUR = 0x0e8,
    GAUR = 0x120,
    GALR = 0x124,
    RDSR = 0x180,
    TDSR = 0x184,
    MRBR = 0x188,
    RACC = 0x1c4,
    ATCR = 0x400,
    ATVR = 0x404,
    ATPER = 0x40c,
    ATINC = 0x414,
};

#define TXF   (1u << 27)
#define RXF   (1u << 25)
#define MII   (1u << 23)
#define EBERR (1u << 22)

#define RAM_BASE  0x80000000u
#define RAM_BYTES 0x40000u
#define RX_RING   0x0000u
#define TX_RING   0x1000u
#define RX_BUFFER 0x4000u
#define TX_BUFFER 0x20000u

/* Enable, enhanced little-endian descriptors, as Linux does. */
#define LINUX_ECR 0x112u

static const uint8_t broadcast_frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54,
                                            0,    0x12, 0x34, 0x56, 0x08, 0x06, 'h',  'i'};

static void put_word(struct el4_instance *fake, uint32_t offset, uint32_t value)
{
    memcpy(fake->ram + offset, &value, sizeof(value));
}

static uint32_t word(const struct el4_instance *fake, uint32_t offset)
{
    uint32_t value;
    memcpy(&value, fake->ram + offset, sizeof(value));
    return value;
}

static int set_up(void **state)
{
    static const struct fake_setting settings[] = {{"phys", "1, 2"}, {0}};
    struct el4_instance *fake = fake_new(settings, 1);
    fake->ram = calloc(1, RAM_BYTES);
    fake->ram_base = RAM_BASE;
    fake->ram_bytes = RAM_BYTES;
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

/* Loopback, two receive buffers of 2048 bytes, the frame in one transmit buffer. */
static void start(struct el4_instance *fake, uint32_t control)
{
    uint32_t stride = control & 0x10 ? 32 : 8;
    for (unsigned i = 0; i < 2; i++) {
        put_word(fake, RX_RING + stride * i, 0x80000000 | (i ? 0x20000000 : 0));
        put_word(fake, RX_RING + stride * i + 4, RAM_BASE + RX_BUFFER + 0x1000 * i);
        if (stride == 32) {
            put_word(fake, RX_RING + stride * i + 8, 1u << 23);
        }
    }
    set(fake, RCR, 0x05ee0001);
    set(fake, MRBR, 2048);
    set(fake, RDSR, RAM_BASE + RX_RING);
    set(fake, TDSR, RAM_BASE + TX_RING);
    set(fake, EIMR, TXF | RXF | MII | EBERR);
    set(fake, ECR, control);
    set(fake, RDAR, 1);
}

static void send(struct el4_instance *fake, const void *frame, uint32_t bytes, uint32_t flags)
{
    memcpy(fake->ram + TX_BUFFER, frame, bytes);
    put_word(fake, TX_RING, 0xac000000 | bytes); /* ready, wrap, last, with CRC */
    put_word(fake, TX_RING + 4, RAM_BASE + TX_BUFFER);
    put_word(fake, TX_RING + 8, flags);
    set(fake, TDAR, 1);
}

static void test_reset_values(void **state)
{
    struct el4_instance *fake = *state;
    assert_int_equal(reg(fake, ECR), 0xf0000000);
    assert_int_equal(reg(fake, RCR), 0x05ee0001);
    assert_int_equal(reg(fake, ATPER), 1000000000);
    fake_device_ops()->firmware_setup(fake->state, true);
    assert_int_equal(reg(fake, PALR), 0x52540012);
    assert_int_equal(reg(fake, PAUR), 0x34568808);
    set(fake, ECR, 1); /* the address survives */
    assert_int_equal(reg(fake, PALR), 0x52540012);
}

static void test_loopback(void **state)
{
    struct el4_instance *fake = *state;
    start(fake, LINUX_ECR);
    set(fake, RACC, 0x80); /* two bytes before the frame */
    send(fake, broadcast_frame, sizeof(broadcast_frame), 1u << 30);
    assert_int_equal(word(fake, TX_RING), 0x2c00003c);
    assert_int_equal(word(fake, RX_RING), 0x08800000 | 66); /* last, broadcast */
    assert_memory_equal(fake->ram + RX_BUFFER + 2, broadcast_frame, 60);
    assert_int_equal(reg(fake, EIR) & (TXF | RXF), TXF | RXF);
    assert_true(fake->outputs[0]);
    set(fake, EIR, UINT32_MAX);
    assert_false(fake->outputs[0]);
    assert_int_equal(reg(fake, TDAR), 0);
    assert_int_equal(reg(fake, 0x284), 0); /* counters are off after reset */
}

/* Old descriptors, big-endian, and a frame in two pieces. */
static void test_plain_descriptors(void **state)
{
    struct el4_instance *fake = *state;
    start(fake, 0x2);
    for (unsigned i = 0; i < 2; i++) {
        put_word(fake, RX_RING + 8 * i, __builtin_bswap32(0x80000000 | (i ? 0x20000000 : 0)));
        put_word(fake, RX_RING + 8 * i + 4,
                 __builtin_bswap32(RAM_BASE + RX_BUFFER + 0x1000 * i));
    }
    memcpy(fake->ram + TX_BUFFER, broadcast_frame, 60);
    put_word(fake, TX_RING, __builtin_bswap32(0x80000000 | 20));
    put_word(fake, TX_RING + 4, __builtin_bswap32(RAM_BASE + TX_BUFFER));
    put_word(fake, TX_RING + 8, __builtin_bswap32(0xac000000 | 40));
    put_word(fake, TX_RING + 12, __builtin_bswap32(RAM_BASE + TX_BUFFER + 20));
    set(fake, RDAR, 1);
    set(fake, TDAR, 1);
    assert_int_equal(__builtin_bswap32(word(fake, RX_RING)), 0x08800000 | 64);
    assert_memory_equal(fake->ram + RX_BUFFER, broadcast_frame, 60);
    assert_int_equal(reg(fake, EIR) & (TXF | RXF), TXF | RXF);
}

static void test_frames_wait_for_buffers(void **state)
{
    struct el4_instance *fake = *state;
    start(fake, LINUX_ECR);
    for (unsigned i = 0; i < 3; i++) {
        send(fake, broadcast_frame, 60, 0);
    }
    assert_int_equal(reg(fake, RDAR), 0);
    assert_int_equal(word(fake, RX_RING) >> 31, 0);
    put_word(fake, RX_RING, 0x80000000);
    set(fake, RDAR, 1);
    assert_int_equal(word(fake, RX_RING), 0x08800000 | 64);
    assert_int_not_equal(reg(fake, RDAR), 0);
}

static void test_address_filter(void **state)
{
    static const uint8_t all_hosts[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};
    struct el4_instance *fake = *state;
    uint8_t frame[60];
    memcpy(frame, broadcast_frame, sizeof(frame));
    start(fake, LINUX_ECR);
    memcpy(frame, all_hosts, 6);
    send(fake, frame, 60, 0);
    assert_int_equal(word(fake, RX_RING) >> 31, 1);
    set(fake, GAUR, UINT32_MAX);
    set(fake, GALR, UINT32_MAX);
    send(fake, frame, 60, 0);
    assert_int_equal(word(fake, RX_RING), 0x08400000 | 64); /* multicast */
    frame[0] = 0x02;
    send(fake, frame, 60, 0);
    assert_int_equal(word(fake, RX_RING + 32) >> 31, 1);
    set(fake, RCR, 0x05ee0009); /* promiscuous: it is marked as missed */
    send(fake, frame, 60, 0);
    assert_int_equal(word(fake, RX_RING + 32), 0x29000000 | 64);
}

/* An IPv4 header of RFC 1071's kind, and UDP over it. */
static void test_checksums(void **state)
{
    static const uint8_t head[] = {0x45, 0,  0, 32, 0x12, 0x34, 0,   0,   64,  17, 0xaa,
                                   0xaa, 10, 0, 2,  15,   10,   0,   2,   2,   0,  53,
                                   0,    53, 0, 12, 0xaa, 0xaa, 'a', 'b', 'c', 'd'};
    struct el4_instance *fake = *state;
    uint8_t frame[60];
    memcpy(frame, broadcast_frame, sizeof(frame));
    frame[12] = 0x08;
    frame[13] = 0x00;
    memcpy(frame + 14, head, sizeof(head));
    start(fake, LINUX_ECR);
    send(fake, frame, 60, 1u << 30 | 1u << 28 | 1u << 27);
    const uint8_t *ip = fake->ram + RX_BUFFER + 14;
    uint32_t header = 0, payload = 17 + 12;
    for (unsigned i = 0; i < 20; i += 2) {
        header += (uint32_t)ip[i] << 8 | ip[i + 1];
    }
    for (unsigned i = 12; i < 32; i += 2) {
        payload += (uint32_t)ip[i] << 8 | ip[i + 1];
    }
    assert_int_equal((header & 0xffff) + (header >> 16), 0xffff);
    assert_int_equal((payload & 0xffff) + (payload >> 16), 0xffff);
    /* Lengths that lie change nothing. */
    frame[14 + 2] = 0xff;
    send(fake, frame, 60, 1u << 28 | 1u << 27);
    assert_memory_equal(fake->ram + RX_BUFFER + 0x1000, frame, 60);
}

static void test_hostile_rings(void **state)
{
    struct el4_instance *fake = *state;
    /* A ring outside of memory */
    start(fake, LINUX_ECR);
    set(fake, ECR, 0);
    set(fake, TDSR, 0x1000);
    set(fake, ECR, LINUX_ECR);
    set(fake, TDAR, 1);
    assert_int_equal(reg(fake, EIR) & EBERR, EBERR);
    assert_int_equal(reg(fake, ECR) & 2, 0);
    /* A buffer outside of memory */
    set(fake, EIR, UINT32_MAX);
    start(fake, LINUX_ECR);
    put_word(fake, TX_RING, 0xac000000 | 60);
    put_word(fake, TX_RING + 4, RAM_BASE + RAM_BYTES - 1);
    set(fake, TDAR, 1);
    assert_int_equal(reg(fake, EIR) & EBERR, EBERR);
    /* Pieces without end: too long, and all of them are given back */
    set(fake, EIR, UINT32_MAX);
    start(fake, LINUX_ECR);
    for (unsigned i = 0; i < 16; i++) {
        put_word(fake, TX_RING + 32 * i, (i == 15 ? 0xac000000 : 0x80000000) | 0xffff);
        put_word(fake, TX_RING + 32 * i + 4, RAM_BASE);
    }
    set(fake, TDAR, 1);
    assert_int_equal(reg(fake, EIR) >> 29 & 1, 1); /* BABT */
    assert_int_equal(word(fake, TX_RING + 32 * 15) >> 31, 0);
    /* Receive buffers of no length, and a receive ring that is too short for a frame */
    set(fake, MRBR, 0);
    send(fake, broadcast_frame, 60, 0);
    assert_int_equal(word(fake, RX_RING) >> 31, 1);
    set(fake, MRBR, 16);
    send(fake, broadcast_frame, 60, 0);
    assert_int_equal(word(fake, RX_RING) >> 31, 1);
}

/* A ring of all memory does not hold the machine up: it goes on by and by. */
static void test_endless_ring(void **state)
{
    struct el4_instance *fake = *state;
    start(fake, LINUX_ECR);
    for (uint32_t at = TX_RING; at + 32 <= RAM_BYTES; at += 32) {
        put_word(fake, at, 0x80000000);
        put_word(fake, at + 4, RAM_BASE);
    }
    set(fake, TDAR, 1);
    assert_int_equal(word(fake, TX_RING + 1023 * 32) >> 31, 0);
    assert_int_equal(word(fake, TX_RING + 1024 * 32) >> 31, 1);
    assert_int_equal(reg(fake, EIR) & EBERR, 0);
    fake_advance(fake, 1);
    assert_int_equal(reg(fake, EIR) & EBERR, EBERR); /* beyond memory */
}

static uint32_t mdio_read(struct el4_instance *fake, uint32_t phy, uint32_t number)
{
    set(fake, MMFR, 0x60020000 | phy << 23 | number << 18);
    assert_int_equal(reg(fake, EIR) & MII, MII);
    set(fake, EIR, MII);
    return reg(fake, MMFR) & 0xffff;
}

static void test_phys(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, MMFR, 0x60020000);
    assert_int_equal(reg(fake, EIR) & MII, 0); /* no clock yet */
    set(fake, MSCR, 0x1a);
    assert_int_equal(mdio_read(fake, 0, 2), 0xffff);
    for (uint32_t phy = 1; phy <= 2; phy++) {
        assert_int_equal(mdio_read(fake, phy, 2), 0x0022);
        assert_int_equal(mdio_read(fake, phy, 3), 0x1560);
        assert_int_equal(mdio_read(fake, phy, 1), 0x786d);
    }
    set(fake, MMFR, 0x50020000 | 1u << 23 | 0x1a00); /* power down, restart */
    assert_int_equal(mdio_read(fake, 1, 0), 0x1800);
    assert_int_equal(mdio_read(fake, 1, 1) & 4, 0);
    set(fake, MMFR, 0x50020000 | 1u << 23 | 0x8000);
    assert_int_equal(mdio_read(fake, 1, 0), 0x3100);
}

static void test_timer(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, ATINC, 40);
    set(fake, EIMR, 1u << 15);
    set(fake, ATCR, 0x11);
    fake_advance(fake, 1000);
    set(fake, ATCR, 0x811); /* capture */
    assert_int_equal(reg(fake, ATVR), 1000);
    fake_advance(fake, 1000000000);
    assert_true(fake->outputs[1]);
    assert_false(fake->outputs[0]);
    set(fake, ATCR, 0x811);
    assert_int_equal(reg(fake, ATVR), 1000);
    set(fake, EIR, 1u << 15);
    assert_false(fake->outputs[1]);
}

/* Linux reads the time by capturing it: that must not make the clock slow. */
static void test_captures_leave_the_time_alone(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, ATINC, 40);
    set(fake, ATCR, 0x11);
    uint64_t start = fake->now_ns;
    fake->now_step_ns = 7;
    for (unsigned i = 0; i < 1000; i++) {
        fake_advance(fake, 55);
        set(fake, ATCR, 0x811);
    }
    uint64_t now = fake->now_ns;
    set(fake, ATCR, 0x811);
    assert_int_equal(reg(fake, ATVR), (now - start) / 40 * 40);
}

/* An access when the period is over, before the host's timer says so. */
static void test_capture_at_the_end_of_the_period(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, ATINC, 40);
    set(fake, ATCR, 0x11);
    fake->now_ns += 1000000040;
    set(fake, ATCR, 0x811);
    assert_int_equal(reg(fake, ATVR), 40);
    assert_int_equal(reg(fake, EIR), 1u << 15);
    set(fake, EIR, 1u << 15);
    fake_advance(fake, 999999959);
    assert_int_equal(reg(fake, EIR), 0);
    fake_advance(fake, 1);
    assert_int_equal(reg(fake, EIR), 1u << 15);
}

static void test_graceful_stop(void **state)
{
    struct el4_instance *fake = *state;
    start(fake, LINUX_ECR);
    set(fake, TCR, 1);
    assert_int_equal(reg(fake, EIR) >> 28 & 1, 1);
    send(fake, broadcast_frame, 60, 0);
    assert_int_equal(word(fake, TX_RING) >> 31, 1);
    set(fake, TCR, 0);
    assert_int_equal(word(fake, TX_RING) >> 31, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reset_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_loopback, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_plain_descriptors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_frames_wait_for_buffers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_address_filter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_checksums, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hostile_rings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_endless_ring, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_phys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_timer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_captures_leave_the_time_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_capture_at_the_end_of_the_period, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_graceful_stop, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
