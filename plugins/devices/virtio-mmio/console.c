/* SPDX-License-Identifier: MIT */
/*
 * virtio-mmio: console (virtio 1.2, 5.3) with one port. Input waits in the backend until the
 * guest has given a buffer for it.
 */
#include <stdlib.h>

#include "virtio.h"

#define F_EMERG_WRITE (1ull << 2)

enum { QUEUE_RECEIVE, QUEUE_TRANSMIT };

#define CONFIG_BYTES     12u
#define CONFIG_EMERGENCY 8u
#define COPY_BYTES       4096u

struct console {
    struct virtio *virtio;
    struct el4_stream *stream;
};

static void receive(struct console *console)
{
    struct virtio *virtio = console->virtio;
    struct virtio_chain chain;
    uint8_t data[COPY_BYTES];
    unsigned budget = VIRTIO_QUEUE_SIZE_MAX;
    while (budget && el4_virtio_queue_take(virtio, QUEUE_RECEIVE, &chain)) {
        size_t room = chain.writable_bytes < COPY_BYTES ? (size_t)chain.writable_bytes
                                                        : (size_t)COPY_BYTES;
        size_t got =
            room ? virtio->host->stream_read(virtio->self, console->stream, data, room) : 0;
        if (room && !got) {
            el4_virtio_queue_untake(virtio, QUEUE_RECEIVE, 1);
            break;
        }
        bool written = el4_virtio_chain_write(virtio, &chain, 0, data, got);
        el4_virtio_queue_give(virtio, QUEUE_RECEIVE, chain.head, written ? (uint32_t)got : 0);
        budget--;
    }
    el4_virtio_queue_signal(virtio, QUEUE_RECEIVE);
    if (!budget) {
        el4_virtio_continue_later(virtio, QUEUE_RECEIVE);
    }
}

/* A chain may be long: no more than a queue's worth of copies before others get the lock. */
static void transmit_chain(struct console *console, const struct virtio_chain *chain)
{
    struct virtio *virtio = console->virtio;
    uint8_t data[COPY_BYTES];
    uint64_t bytes = chain->readable_bytes;
    if (bytes > (uint64_t)COPY_BYTES * VIRTIO_QUEUE_SIZE_MAX) {
        bytes = (uint64_t)COPY_BYTES * VIRTIO_QUEUE_SIZE_MAX;
    }
    for (uint64_t done = 0; done < bytes; done += COPY_BYTES) {
        size_t piece = (size_t)(bytes - done < COPY_BYTES ? bytes - done : COPY_BYTES);
        if (!el4_virtio_chain_read(virtio, chain, done, data, piece)) {
            return;
        }
        virtio->host->stream_write(virtio->self, console->stream, data, piece);
    }
}

static void transmit(struct console *console)
{
    struct virtio *virtio = console->virtio;
    struct virtio_chain chain;
    unsigned budget = VIRTIO_QUEUE_SIZE_MAX;
    while (budget && el4_virtio_queue_take(virtio, QUEUE_TRANSMIT, &chain)) {
        transmit_chain(console, &chain);
        el4_virtio_queue_give(virtio, QUEUE_TRANSMIT, chain.head, 0);
        budget--;
    }
    el4_virtio_queue_signal(virtio, QUEUE_TRANSMIT);
    if (!budget) {
        el4_virtio_continue_later(virtio, QUEUE_TRANSMIT);
    }
}

static void stream_event(void *opaque, enum el4_stream_event event)
{
    struct console *console = opaque;
    if (event == EL4_STREAM_READABLE) {
        receive(console);
    }
}

static void *console_create(struct virtio *virtio)
{
    const struct el4_host *host = virtio->host;
    struct console *console = calloc(1, sizeof(*console));
    if (!console) {
        host->fail(virtio->self, "out of memory");
        return NULL;
    }
    console->virtio = virtio;
    console->stream = host->stream_open(
        virtio->self, host->config_string(virtio->self, "backend"), stream_event, console);
    if (!console->stream) {
        free(console);
        return NULL;
    }
    return console;
}

static uint64_t console_features(void *state)
{
    return F_EMERG_WRITE;
}

static void console_read_config(void *state, uint8_t *config)
{
    virtio_put_le(config + 4, 1, 4); /* max_nr_ports */
}

static void console_write_config(void *state, uint64_t offset, unsigned size, uint64_t value)
{
    struct console *console = state;
    uint8_t character = (uint8_t)value;
    if (offset == CONFIG_EMERGENCY) {
        console->virtio->host->stream_write(console->virtio->self, console->stream, &character,
                                            1);
    }
}

static void console_notify(void *state, unsigned queue)
{
    if (queue == QUEUE_RECEIVE) {
        receive(state);
    } else {
        transmit(state);
    }
}

const struct virtio_type el4_virtio_console = {
    .id = 3,
    .queue_count = 2,
    .config_bytes = CONFIG_BYTES,
    .create = console_create,
    .destroy = free,
    .features = console_features,
    .read_config = console_read_config,
    .notify = console_notify,
    .write_config = console_write_config,
};
