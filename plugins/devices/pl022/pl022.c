/* SPDX-License-Identifier: MIT */
/*
 * PL022: the PrimeCell synchronous serial port (Arm DDI 0194). Nothing is connected to it: a
 * transfer is over at once, and receives zeros, or in loop-back mode what was sent.
 */
#include "../primecell-common/primecell.h"
#include "../uart-common/uart.h"
#include <stdlib.h>

enum {
    REG_CR0 = 0x00,
    REG_CR1 = 0x04,
    REG_DR = 0x08,
    REG_SR = 0x0c,
    REG_CPSR = 0x10,
    REG_IMSC = 0x14,
    REG_RIS = 0x18,
    REG_MIS = 0x1c,
    REG_ICR = 0x20,
    REG_DMACR = 0x24,
    REG_TEST = 0x80, /* integration test: TCR, ITIP, ITOP, TDR */
    REG_TEST_END = 0x90,
};

#define FIFO_DEPTH   8u
#define CR1_LOOPBACK (1u << 0)
#define CR1_ENABLE   (1u << 1)
#define SR_TX_EMPTY  (1u << 0)
#define SR_TX_ROOM   (1u << 1)
#define SR_RX_SOME   (1u << 2)
#define SR_RX_FULL   (1u << 3)
#define INT_OVERRUN  (1u << 0)
#define INT_TIMEOUT  (1u << 1)
#define INT_RX       (1u << 2)
#define INT_TX       (1u << 3)

struct pl022 {
    const struct el4_host *host;
    struct el4_instance *self;
    uint32_t cr0, cr1, prescale, mask, dma;
    struct uart_fifo tx, rx; /* tx fills only while the port is disabled */
    bool overrun;
};

static const struct primecell cell = {0x00041022, REG_TEST, REG_TEST_END};

static bool push(struct uart_fifo *fifo, uint16_t value)
{
    if (fifo->count == FIFO_DEPTH) {
        return false;
    }
    uart_fifo_push(fifo, value);
    return true;
}

/* Bits of a frame, from its size less one in CR0[3:0]; 3 to 15 are allowed. */
static uint16_t frame_mask(const struct pl022 *port)
{
    return (uint16_t)((2u << (port->cr0 & 0xf)) - 1);
}

static uint32_t raw_interrupts(const struct pl022 *port)
{
    return (port->tx.count <= FIFO_DEPTH / 2 ? INT_TX : 0) |
           (port->rx.count >= FIFO_DEPTH / 2 ? INT_RX : 0) |
           /* data waits, and the line is idle */
           (port->rx.count ? INT_TIMEOUT : 0) | (port->overrun ? INT_OVERRUN : 0);
}

static void update(struct pl022 *port)
{
    while ((port->cr1 & CR1_ENABLE) && port->tx.count) {
        uint16_t sent = uart_fifo_pop(&port->tx);
        uint16_t got = port->cr1 & CR1_LOOPBACK ? sent & frame_mask(port) : 0;
        if (!push(&port->rx, got)) {
            port->overrun = true;
        }
    }
    port->host->wire_set(port->self, 0, (raw_interrupts(port) & port->mask) != 0);
}

static uint32_t status(const struct pl022 *port)
{
    return (port->tx.count == 0 ? SR_TX_EMPTY : 0) |
           (port->tx.count < FIFO_DEPTH ? SR_TX_ROOM : 0) | (port->rx.count ? SR_RX_SOME : 0) |
           (port->rx.count == FIFO_DEPTH ? SR_RX_FULL : 0);
}

static uint32_t read_register(struct pl022 *port, uint64_t offset)
{
    switch (offset) {
    case REG_CR0: return port->cr0;
    case REG_CR1: return port->cr1;
    case REG_DR: return uart_fifo_pop(&port->rx);
    case REG_SR: return status(port);
    case REG_CPSR: return port->prescale;
    case REG_IMSC: return port->mask;
    case REG_RIS: return raw_interrupts(port);
    case REG_MIS: return raw_interrupts(port) & port->mask;
    case REG_ICR: return 0;
    case REG_DMACR: return port->dma;
    default: break;
    }
    return el4_primecell_read(&cell, port->host, port->self, offset);
}

static enum el4_mmio_result pl022_read(void *state, uint64_t offset, unsigned size,
                                       uint64_t *value, const struct el4_access *access)
{
    *value = offset & 3 ? 0 : read_register(state, offset);
    update(state);
    return EL4_MMIO_OK;
}

static enum el4_mmio_result pl022_write(void *state, uint64_t offset, unsigned size,
                                        uint64_t value, const struct el4_access *access)
{
    struct pl022 *port = state;
    switch (offset) {
    case REG_CR0: port->cr0 = value & 0xffff; break;
    case REG_CR1: port->cr1 = value & 0xf; break;
    case REG_DR: push(&port->tx, (uint16_t)value); break; /* lost if there is no room */
    case REG_CPSR: port->prescale = value & 0xfe; break;
    case REG_IMSC: port->mask = value & 0xf; break;
    case REG_ICR: port->overrun = port->overrun && !(value & INT_OVERRUN); break;
    case REG_DMACR: port->dma = value & 3; break; /* nobody takes its requests */
    case REG_SR:
    case REG_RIS:
    case REG_MIS: break;
    default: el4_primecell_write(&cell, port->host, port->self, offset); break;
    }
    update(port);
    return EL4_MMIO_OK;
}

static void pl022_reset(void *state)
{
    struct pl022 *port = state;
    port->cr0 = 0;
    port->cr1 = 0;
    port->prescale = 0;
    port->mask = 0;
    port->dma = 0;
    uart_fifo_clear(&port->tx);
    uart_fifo_clear(&port->rx);
    port->overrun = false;
    update(port);
}

static void *pl022_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = PRIMECELL_BYTES,
        .size_min = 1,
        .size_max = 4,
        .read = pl022_read,
        .write = pl022_write,
    };
    struct pl022 *port = calloc(1, sizeof(*port));
    if (!port) {
        host->fail(self, "out of memory");
        return NULL;
    }
    port->host = host;
    port->self = self;
    if (!host->mmio_declare(self, 0, &registers)) {
        free(port);
        return NULL;
    }
    return port;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = pl022_create,
    .destroy = free,
    .reset = pl022_reset,
};

EL4_PLUGIN_DEFINE(pl022) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "pl022",
    .version = "1.0",
    .description = "PrimeCell synchronous serial port (PL022), with nothing connected",
    .operations = &operations,
};
