/* SPDX-License-Identifier: MIT */
/*
 * What serial ports have in common: the configuration key of the backend, and FIFOs whose
 * entries are characters with their flags. How deep a FIFO is, is the port's business.
 */
#ifndef UART_H
#define UART_H

#include <el4/device.h>

/* The deepest FIFO of all ports. */
#define UART_FIFO_MAX 32u

/* For a port's table of keys; uart_open reads it. */
#define UART_KEY_BACKEND                                                                       \
    {                                                                                          \
        .name = "backend", .type = EL4_CONFIG_STRING, .default_text = "null",                  \
        .help = "Where the characters go: terminal, null, file:PATH, pty, socket:PATH or "     \
                "tcp:HOST:PORT.",                                                              \
    }

static inline struct el4_stream *
uart_open(const struct el4_host *host, struct el4_instance *self,
          void (*event)(void *opaque, enum el4_stream_event event), void *opaque)
{
    return host->stream_open(self, host->config_string(self, "backend"), event, opaque);
}

struct uart_fifo {
    uint16_t entries[UART_FIFO_MAX];
    unsigned first, count;
};

static inline void uart_fifo_clear(struct uart_fifo *fifo)
{
    fifo->first = 0;
    fifo->count = 0;
}

/* There must be room. */
static inline void uart_fifo_push(struct uart_fifo *fifo, uint16_t entry)
{
    fifo->entries[(fifo->first + fifo->count) % UART_FIFO_MAX] = entry;
    fifo->count++;
}

/* An empty FIFO gives 0. */
static inline uint16_t uart_fifo_pop(struct uart_fifo *fifo)
{
    if (!fifo->count) {
        return 0;
    }
    uint16_t entry = fifo->entries[fifo->first];
    fifo->first = (fifo->first + 1) % UART_FIFO_MAX;
    fifo->count--;
    return entry;
}

/* The entry that came last; the FIFO must not be empty. */
static inline uint16_t *uart_fifo_last(struct uart_fifo *fifo)
{
    return &fifo->entries[(fifo->first + fifo->count - 1) % UART_FIFO_MAX];
}

#endif
