/* SPDX-License-Identifier: MIT */
/*
 * The driver's side of virtio-mmio for its tests: registers, rings in the fake's RAM,
 * descriptors one by one, so that a test can get each of them wrong.
 */
#ifndef VIRTIO_DRIVER_H
#define VIRTIO_DRIVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake-host.h"

#define RAM_BASE   0x40000000ull
#define RAM_BYTES  0x100000u
#define QUEUE_SIZE 16u

/* Where the driver keeps things: queue n at + n * 0x4000. */
#define DESCRIPTORS(q) (RAM_BASE + 0x0000 + (q)*0x4000ull)
#define DRIVER_RING(q) (RAM_BASE + 0x1000 + (q)*0x4000ull)
#define DEVICE_RING(q) (RAM_BASE + 0x2000 + (q)*0x4000ull)
#define BUFFERS        (RAM_BASE + 0x20000)
#define DATA           (BUFFERS + 0x1000)

#define F_INDIRECT  28
#define F_EVENT_IDX 29
#define F_VERSION_1 32

#define NEXT     1u
#define WRITE    2u
#define INDIRECT 4u

enum {
    MAGIC = 0x000,
    VERSION = 0x004,
    DEVICE_ID = 0x008,
    DEVICE_FEATURES = 0x010,
    DEVICE_FEATURES_SEL = 0x014,
    DRIVER_FEATURES = 0x020,
    DRIVER_FEATURES_SEL = 0x024,
    GUEST_PAGE_SIZE = 0x028,
    QUEUE_SEL = 0x030,
    QUEUE_NUM_MAX = 0x034,
    QUEUE_NUM = 0x038,
    QUEUE_ALIGN = 0x03c,
    QUEUE_PFN = 0x040,
    QUEUE_READY = 0x044,
    QUEUE_NOTIFY = 0x050,
    INTERRUPT_STATUS = 0x060,
    INTERRUPT_ACK = 0x064,
    STATUS = 0x070,
    QUEUE_DESC = 0x080,
    QUEUE_DRIVER = 0x090,
    QUEUE_DEVICE = 0x0a0,
    CONFIG = 0x100,
};

static uint16_t available[2];

/* ---- the driver ---- */

static inline uint8_t *at(struct el4_instance *fake, uint64_t address)
{
    assert_true(address >= RAM_BASE && address < RAM_BASE + RAM_BYTES);
    return fake->ram + (address - RAM_BASE);
}

static inline void put(struct el4_instance *fake, uint64_t address, uint64_t value,
                       unsigned bytes)
{
    memcpy(at(fake, address), &value, bytes);
}

static inline uint64_t get(struct el4_instance *fake, uint64_t address, unsigned bytes)
{
    uint64_t value = 0;
    memcpy(&value, at(fake, address), bytes);
    return value;
}

static inline uint32_t reg(struct el4_instance *fake, unsigned offset)
{
    return (uint32_t)fake_read(fake, 0, offset, 4);
}

static inline void set(struct el4_instance *fake, unsigned offset, uint32_t value)
{
    fake_write(fake, 0, offset, 4, value);
}

static inline struct el4_instance *make(const struct fake_setting *settings)
{
    struct el4_instance *fake = fake_new(settings, 1);
    fake->ram_base = RAM_BASE;
    fake->ram_bytes = RAM_BYTES;
    fake->ram = calloc(1, RAM_BYTES);
    fake_create_device(fake);
    return fake;
}

static inline void finish(struct el4_instance *fake)
{
    free(fake->ram);
    fake->ram = NULL;
    fake_free(fake);
}

static inline uint64_t offered(struct el4_instance *fake)
{
    set(fake, DEVICE_FEATURES_SEL, 1);
    uint64_t features = (uint64_t)reg(fake, DEVICE_FEATURES) << 32;
    set(fake, DEVICE_FEATURES_SEL, 0);
    return features | reg(fake, DEVICE_FEATURES);
}

static inline void accept_features(struct el4_instance *fake, uint64_t features)
{
    set(fake, DRIVER_FEATURES_SEL, 1);
    set(fake, DRIVER_FEATURES, (uint32_t)(features >> 32));
    set(fake, DRIVER_FEATURES_SEL, 0);
    set(fake, DRIVER_FEATURES, (uint32_t)features);
}

static inline void set_address(struct el4_instance *fake, unsigned offset, uint64_t address)
{
    set(fake, offset, (uint32_t)address);
    set(fake, offset + 4, (uint32_t)(address >> 32));
}

static inline void start(struct el4_instance *fake, uint64_t features, unsigned queues)
{
    set(fake, STATUS, 0);
    set(fake, STATUS, 3);
    accept_features(fake, features | 1ull << F_VERSION_1);
    set(fake, STATUS, 11);
    assert_int_equal(reg(fake, STATUS), 11);
    memset(fake->ram, 0, 0x10000);
    for (unsigned q = 0; q < queues; q++) {
        available[q] = 0;
        set(fake, QUEUE_SEL, q);
        assert_true(reg(fake, QUEUE_NUM_MAX) >= QUEUE_SIZE);
        set(fake, QUEUE_NUM, QUEUE_SIZE);
        set_address(fake, QUEUE_DESC, DESCRIPTORS(q));
        set_address(fake, QUEUE_DRIVER, DRIVER_RING(q));
        set_address(fake, QUEUE_DEVICE, DEVICE_RING(q));
        set(fake, QUEUE_READY, 1);
        assert_int_equal(reg(fake, QUEUE_READY), 1);
    }
    set(fake, STATUS, 15);
    assert_int_equal(reg(fake, STATUS), 15);
}

static inline void describe_at(struct el4_instance *fake, uint64_t table, unsigned index,
                               uint64_t address, uint32_t bytes, unsigned flags, unsigned next)
{
    put(fake, table + 16ull * index, address, 8);
    put(fake, table + 16ull * index + 8, bytes, 4);
    put(fake, table + 16ull * index + 12, flags, 2);
    put(fake, table + 16ull * index + 14, next, 2);
}

static inline void describe(struct el4_instance *fake, unsigned q, unsigned index,
                            uint64_t address, uint32_t bytes, unsigned flags, unsigned next)
{
    describe_at(fake, DESCRIPTORS(q), index, address, bytes, flags, next);
}

static inline void offer(struct el4_instance *fake, unsigned q, unsigned head)
{
    put(fake, DRIVER_RING(q) + 4 + 2ull * (available[q] % QUEUE_SIZE), head, 2);
    put(fake, DRIVER_RING(q) + 2, ++available[q], 2);
}

static inline void kick(struct el4_instance *fake, unsigned q)
{
    set(fake, QUEUE_NOTIFY, q);
}

static inline uint16_t used_index(struct el4_instance *fake, unsigned q)
{
    return (uint16_t)get(fake, DEVICE_RING(q) + 2, 2);
}

static inline uint32_t used_bytes(struct el4_instance *fake, unsigned q, unsigned entry)
{
    return (uint32_t)get(fake, DEVICE_RING(q) + 4 + 8ull * (entry % QUEUE_SIZE) + 4, 4);
}

#endif
