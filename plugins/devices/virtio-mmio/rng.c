/* SPDX-License-Identifier: MIT */
/*
 * virtio-mmio: entropy source (virtio 1.2, 5.4). The bytes are el4's: the host's, or those of a
 * seeded generator if the clock is virtual.
 */
#include "virtio.h"

#define BYTES_MAX 4096u

static void *rng_create(struct virtio *virtio)
{
    return virtio; /* it has no state of its own */
}

static void rng_destroy(void *state)
{
}

static uint64_t rng_features(void *state)
{
    return 0;
}

static void rng_notify(void *state, unsigned queue)
{
    struct virtio *virtio = state;
    struct virtio_chain chain;
    uint8_t bytes[BYTES_MAX];
    unsigned budget = VIRTIO_QUEUE_SIZE_MAX;
    while (budget && el4_virtio_queue_take(virtio, queue, &chain)) {
        /* A large buffer gets less than it has room for; the driver asks again. */
        uint32_t count =
            chain.writable_bytes < BYTES_MAX ? (uint32_t)chain.writable_bytes : BYTES_MAX;
        virtio->host->random(virtio->self, bytes, count);
        bool written = el4_virtio_chain_write(virtio, &chain, 0, bytes, count);
        el4_virtio_queue_give(virtio, queue, chain.head, written ? count : 0);
        budget--;
    }
    el4_virtio_queue_signal(virtio, queue);
    if (!budget) {
        el4_virtio_continue_later(virtio, queue);
    }
}

const struct virtio_type el4_virtio_rng = {
    .id = 4,
    .queue_count = 1,
    .create = rng_create,
    .destroy = rng_destroy,
    .features = rng_features,
    .notify = rng_notify,
};
