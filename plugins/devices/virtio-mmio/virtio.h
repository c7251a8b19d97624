/* SPDX-License-Identifier: MIT */
/*
 * virtio-mmio: what transport, queues and device types share.
 *
 * The transport (virtio-mmio.c) has the registers and the device's status; queue.c walks the
 * rings in guest memory; each device type fills in a struct virtio_type. Everything in a ring
 * is the guest's word and may be wrong: a queue that makes no sense marks the whole device as
 * needing a reset, and is left alone until then.
 */
#ifndef VIRTIO_H
#define VIRTIO_H

#include <el4/device.h>

#define VIRTIO_QUEUES_MAX     2u
#define VIRTIO_QUEUE_SIZE_MAX 256u
/* Longest chain of buffers: a queue's worth, and as much for an indirect table. */
#define VIRTIO_CHAIN_MAX 1024u

/* Feature bits of the transport (virtio 1.2, 6) */
#define VIRTIO_F_INDIRECT_DESC (1ull << 28)
#define VIRTIO_F_EVENT_IDX     (1ull << 29)
#define VIRTIO_F_VERSION_1     (1ull << 32)

struct virtio;

/* A device type: what is behind the transport. */
struct virtio_type {
    uint32_t id;
    unsigned queue_count;
    unsigned config_bytes;
    /* Make the type's state; NULL after fail(). */
    void *(*create)(struct virtio *virtio);
    void (*destroy)(void *state);
    uint64_t (*features)(void *state);
    /* Device or system reset; may be NULL. */
    void (*reset)(void *state);
    /* Copy the configuration space, config_bytes long; not called if that is 0. */
    void (*read_config)(void *state, uint8_t *config);
    /* Buffers may have become available; called with the device running. */
    void (*notify)(void *state, unsigned queue);
    /* A write to the configuration space; may be NULL. */
    void (*write_config)(void *state, uint64_t offset, unsigned size, uint64_t value);
};

extern const struct virtio_type el4_virtio_block;
extern const struct virtio_type el4_virtio_net;
extern const struct virtio_type el4_virtio_console;
extern const struct virtio_type el4_virtio_rng;

struct virtio_queue {
    uint16_t size; /* power of two */
    bool ready;
    uint64_t descriptors;
    uint64_t driver; /* available ring */
    uint64_t device; /* used ring */
    uint32_t legacy_page;
    uint32_t legacy_align;

    uint16_t next_available; /* index of the next chain to take */
    uint16_t next_used;
    uint16_t signalled; /* next_used when an interrupt was last considered */
};

struct virtio {
    const struct el4_host *host;
    struct el4_instance *self;
    const struct virtio_type *type; /* NULL: an empty slot */
    void *state;
    bool legacy;
    struct el4_timer *later; /* goes on with queues that were not emptied */
    uint32_t unfinished;     /* their numbers, as bits */

    uint64_t features; /* accepted by the driver */
    uint32_t status;
    uint32_t interrupts;
    bool feature_high[2]; /* device, driver: which half is selected; beyond: none */
    bool feature_none[2];
    uint32_t queue_select;
    uint32_t page_size; /* legacy */
    struct virtio_queue queues[VIRTIO_QUEUES_MAX];
};

/* ---- virtio-mmio.c ---- */

/* True if the driver is up and the device is not broken. */
bool el4_virtio_running(const struct virtio *virtio);
/* The guest broke the rules: ask for a reset, and do nothing until it comes. */
void el4_virtio_break(struct virtio *virtio, const char *why);
/* Tell the guest about used buffers. */
void el4_virtio_interrupt(struct virtio *virtio);
/* Let the type's notify be called again soon, with the lock dropped in between. */
void el4_virtio_continue_later(struct virtio *virtio, unsigned queue);

/* ---- queue.c ---- */

struct virtio_segment {
    uint64_t address;
    uint32_t bytes;
};

/* Buffers of one request: those that the device reads, then those that it writes. */
struct virtio_chain {
    uint16_t head;
    unsigned readable_count;
    unsigned count;
    uint64_t readable_bytes;
    uint64_t writable_bytes;
    struct virtio_segment segments[VIRTIO_CHAIN_MAX];
};

void el4_virtio_queue_reset(struct virtio_queue *queue);
/* Take the next chain; false if there is none or the device broke. */
bool el4_virtio_queue_take(struct virtio *virtio, unsigned queue, struct virtio_chain *chain);
/* Undo the last takes: the chains are taken again later. */
void el4_virtio_queue_untake(struct virtio *virtio, unsigned queue, unsigned count);
/* Hand a chain back with so many bytes written into it. */
void el4_virtio_queue_give(struct virtio *virtio, unsigned queue, uint16_t head,
                           uint32_t written);
/* The same in two steps, for several chains that must show up at once: fill in the entry so far
 * ahead of the next, then publish that many. */
bool el4_virtio_queue_fill(struct virtio *virtio, unsigned queue, unsigned ahead, uint16_t head,
                           uint32_t written);
void el4_virtio_queue_publish(struct virtio *virtio, unsigned queue, unsigned count);
/* Interrupt the guest if chains were handed back and it wants to know. */
void el4_virtio_queue_signal(struct virtio *virtio, unsigned queue);
/* Copy out of the readable, or into the writable buffers from a position on. False if the
 * chain is too short or not in memory. */
bool el4_virtio_chain_read(struct virtio *virtio, const struct virtio_chain *chain,
                           uint64_t position, void *data, size_t bytes);
bool el4_virtio_chain_write(struct virtio *virtio, const struct virtio_chain *chain,
                            uint64_t position, const void *data, size_t bytes);

/* ---- little-endian numbers in guest structures ---- */

static inline uint64_t virtio_get_le(const uint8_t *from, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = bytes; i > 0; i--) {
        value = value << 8 | from[i - 1];
    }
    return value;
}

static inline void virtio_put_le(uint8_t *to, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        to[i] = (uint8_t)(value >> (8 * i));
    }
}

#endif
