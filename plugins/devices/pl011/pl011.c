/* SPDX-License-Identifier: MIT */
/*
 * PL011: the PrimeCell UART (Arm DDI 0183). Transmission is instantaneous: the transmit FIFO is
 * always empty, and what the backend cannot take is el4's stream buffer's business. Received
 * characters wait in the backend until the receive FIFO has room, so that nothing typed or
 * piped in is lost; an overrun is only possible in loopback.
 */
#include "../primecell-common/primecell.h"
#include "../uart-common/uart.h"
#include <stdlib.h>
#include <string.h>

enum {
    REG_DR = 0x000,
    REG_RSR = 0x004,
    REG_FR = 0x018,
    REG_ILPR = 0x020,
    REG_IBRD = 0x024,
    REG_FBRD = 0x028,
    REG_LCR_H = 0x02c,
    REG_CR = 0x030,
    REG_IFLS = 0x034,
    REG_IMSC = 0x038,
    REG_RIS = 0x03c,
    REG_MIS = 0x040,
    REG_ICR = 0x044,
    REG_DMACR = 0x048,
    REG_TEST = 0x080, /* integration test: TCR, ITIP, ITOP, TDR */
    REG_TEST_END = 0x090,
};

/* UARTFR */
#define FR_CTS  (1u << 0)
#define FR_DSR  (1u << 1)
#define FR_DCD  (1u << 2)
#define FR_RXFE (1u << 4)
#define FR_RXFF (1u << 6)
#define FR_TXFE (1u << 7)
#define FR_RI   (1u << 8)

/* UARTRIS, UARTMIS, UARTIMSC, UARTICR */
#define INT_RI    (1u << 0)
#define INT_CTS   (1u << 1)
#define INT_DCD   (1u << 2)
#define INT_DSR   (1u << 3)
#define INT_RX    (1u << 4)
#define INT_TX    (1u << 5)
#define INT_RT    (1u << 6)
#define INT_FE    (1u << 7)
#define INT_PE    (1u << 8)
#define INT_BE    (1u << 9)
#define INT_OE    (1u << 10)
#define INT_MODEM (INT_RI | INT_CTS | INT_DCD | INT_DSR)
#define INT_ERROR (INT_FE | INT_PE | INT_BE | INT_OE)
#define INT_ALL   0x7ffu

/* UARTDR: error flags of a received character */
#define DR_FE (1u << 8)
#define DR_BE (1u << 10)
#define DR_OE (1u << 11)

#define LCR_H_BRK (1u << 0)
#define LCR_H_FEN (1u << 4)

#define CR_UARTEN (1u << 0)
#define CR_LBE    (1u << 7)
#define CR_DTR    (1u << 10)
#define CR_RTS    (1u << 11)
#define CR_OUT1   (1u << 12)
#define CR_OUT2   (1u << 13)

#define FIFO_DEPTH 16u
/* UARTCLK, for the length of the receive time-out only. */
#define CLOCK_HZ 24000000u

enum { OUT_ALL, OUT_RX, OUT_TX, OUT_RT, OUT_MODEM, OUT_ERROR, OUT_COUNT };

struct pl011 {
    const struct el4_host *host;
    struct el4_instance *self;
    struct el4_stream *stream;
    struct el4_timer *receive_timeout;
    bool warned;

    struct uart_fifo fifo; /* characters and their error flags, as UARTDR has them */
    bool overrun;          /* the next character that gets into the FIFO carries OE */

    uint32_t rsr;
    uint32_t modem; /* FR_CTS, FR_DSR, FR_DCD, FR_RI */
    uint32_t ilpr;
    uint32_t ibrd;
    uint32_t fbrd;
    uint32_t lcr_h;
    uint32_t cr;
    uint32_t ifls;
    uint32_t imsc;
    uint32_t ris;
    uint32_t dmacr;
};

/* UARTPeriphID0-3, UARTPCellID0-3 */
static const struct primecell cell = {0x00141011, REG_TEST, REG_TEST_END};

static void update_wires(struct pl011 *uart)
{
    static const uint32_t masks[OUT_COUNT] = {
        [OUT_ALL] = INT_ALL, [OUT_RX] = INT_RX,       [OUT_TX] = INT_TX,
        [OUT_RT] = INT_RT,   [OUT_MODEM] = INT_MODEM, [OUT_ERROR] = INT_ERROR,
    };
    uint32_t mis = uart->ris & uart->imsc;
    for (unsigned output = 0; output < OUT_COUNT; output++) {
        uart->host->wire_set(uart->self, output, (mis & masks[output]) != 0);
    }
}

static unsigned fifo_depth(const struct pl011 *uart)
{
    return uart->lcr_h & LCR_H_FEN ? FIFO_DEPTH : 1;
}

/* UARTIFLS.RXIFLSEL: 1/8, 1/4, 1/2, 3/4, 7/8 of the FIFO; reserved values mean the last. */
static unsigned receive_trigger(const struct pl011 *uart)
{
    static const uint8_t levels[8] = {2, 4, 8, 12, 14, 14, 14, 14};
    return uart->lcr_h & LCR_H_FEN ? levels[uart->ifls >> 3 & 7] : 1;
}

/* The receive time-out comes when nothing was received for 32 bit periods (DDI 0183 2.8.4). */
static void start_receive_timeout(struct pl011 *uart)
{
    uint64_t divisor = (uint64_t)uart->ibrd << 6 | uart->fbrd; /* in 1/64 */
    if (!uart->ibrd) {
        divisor = 13 << 6; /* as good as 115200 baud */
    }
    uint64_t bit_ns = divisor * 16u * 1000000000u / 64u / CLOCK_HZ;
    uart->host->timer_set(uart->self, uart->receive_timeout,
                          uart->host->now_ns(uart->self) + 32 * bit_ns);
}

static void receive_timeout_expired(void *opaque, uint64_t now_ns)
{
    struct pl011 *uart = opaque;
    if (uart->fifo.count) {
        uart->ris |= INT_RT;
        update_wires(uart);
    }
}

static void fifo_flush(struct pl011 *uart)
{
    uart_fifo_clear(&uart->fifo);
    uart->overrun = false;
    uart->ris &= ~(INT_RX | INT_RT);
    uart->host->timer_cancel(uart->self, uart->receive_timeout);
}

/* A character (with DR_FE, DR_BE) comes in from the line. */
static void receive(struct pl011 *uart, uint16_t entry)
{
    if (uart->fifo.count >= fifo_depth(uart)) {
        uart->overrun = true;
        uart->ris |= INT_OE;
        return;
    }
    if (uart->overrun) {
        entry |= DR_OE;
        uart->overrun = false;
    }
    if (entry & DR_BE) {
        uart->ris |= INT_BE;
    }
    if (entry & DR_FE) {
        uart->ris |= INT_FE;
    }
    uart_fifo_push(&uart->fifo, entry);
    if (uart->fifo.count >= receive_trigger(uart)) {
        uart->ris |= INT_RX;
    }
    start_receive_timeout(uart);
}

/* Fetch as much as there is room for; in loopback the line is cut off. */
static void receive_from_stream(struct pl011 *uart)
{
    uint8_t character;
    while (!(uart->cr & CR_LBE) && uart->fifo.count < fifo_depth(uart) &&
           uart->host->stream_read(uart->self, uart->stream, &character, 1)) {
        receive(uart, character);
    }
}

static void stream_event(void *opaque, enum el4_stream_event event)
{
    struct pl011 *uart = opaque;
    if (event == EL4_STREAM_READABLE) {
        receive_from_stream(uart);
    } else if (event == EL4_STREAM_BREAK && !(uart->cr & CR_LBE)) {
        receive(uart, DR_BE);
    }
    update_wires(uart);
}

static uint32_t read_data(struct pl011 *uart)
{
    if (!uart->fifo.count) {
        return 0;
    }
    uint32_t entry = uart_fifo_pop(&uart->fifo);
    uart->rsr = entry >> 8;
    if (uart->fifo.count < receive_trigger(uart)) {
        uart->ris &= ~INT_RX;
    }
    if (!uart->fifo.count) {
        uart->ris &= ~INT_RT;
        uart->host->timer_cancel(uart->self, uart->receive_timeout);
    }
    receive_from_stream(uart);
    update_wires(uart);
    return entry;
}

static void write_data(struct pl011 *uart, uint8_t character)
{
    if (!(uart->cr & CR_UARTEN) && !uart->warned) {
        uart->warned = true;
        uart->host->log(uart->self, EL4_LOG_GUEST_ERROR, "sends while UARTCR.UARTEN is 0");
    }
    if (uart->cr & CR_LBE) {
        receive(uart, character);
    } else {
        uart->host->stream_write(uart->self, uart->stream, &character, 1);
    }
    /* It is sent: the FIFO has fallen to any trigger level. */
    uart->ris |= INT_TX;
    update_wires(uart);
}

/* Modem inputs follow the outputs in loopback (DDI 0183 3.3.8), else nothing is connected. */
static void update_modem(struct pl011 *uart)
{
    static const struct {
        uint32_t control, flag, interrupt;
    } lines[] = {
        {CR_RTS, FR_CTS, INT_CTS},
        {CR_DTR, FR_DSR, INT_DSR},
        {CR_OUT1, FR_DCD, INT_DCD},
        {CR_OUT2, FR_RI, INT_RI},
    };
    for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        bool on = (uart->cr & CR_LBE) && (uart->cr & lines[i].control);
        if (on != ((uart->modem & lines[i].flag) != 0)) {
            uart->modem ^= lines[i].flag;
            uart->ris |= lines[i].interrupt;
        }
    }
}

static uint32_t read_flags(const struct pl011 *uart)
{
    uint32_t flags = uart->modem | FR_TXFE;
    if (!uart->fifo.count) {
        flags |= FR_RXFE;
    }
    if (uart->fifo.count >= fifo_depth(uart)) {
        flags |= FR_RXFF;
    }
    return flags;
}

static uint32_t read_register(struct pl011 *uart, uint64_t offset)
{
    switch (offset) {
    case REG_DR: return read_data(uart);
    case REG_RSR: return uart->rsr;
    case REG_FR: return read_flags(uart);
    case REG_ILPR: return uart->ilpr;
    case REG_IBRD: return uart->ibrd;
    case REG_FBRD: return uart->fbrd;
    case REG_LCR_H: return uart->lcr_h;
    case REG_CR: return uart->cr;
    case REG_IFLS: return uart->ifls;
    case REG_IMSC: return uart->imsc;
    case REG_RIS: return uart->ris;
    case REG_MIS: return uart->ris & uart->imsc;
    case REG_ICR: return 0;
    case REG_DMACR: return uart->dmacr;
    default: break;
    }
    return el4_primecell_read(&cell, uart->host, uart->self, offset);
}

static enum el4_mmio_result pl011_read(void *state, uint64_t offset, unsigned size,
                                       uint64_t *value, const struct el4_access *access)
{
    /* Only the lowest byte lanes of a register have side effects. */
    *value = offset & 3 ? 0 : read_register(state, offset);
    return EL4_MMIO_OK;
}

static void write_line_control(struct pl011 *uart, uint32_t value)
{
    uint32_t changed = uart->lcr_h ^ value;
    uart->lcr_h = value;
    if (changed & LCR_H_FEN) {
        fifo_flush(uart);
        receive_from_stream(uart);
    }
    if ((changed & value & LCR_H_BRK) && (uart->cr & CR_LBE)) {
        receive(uart, DR_BE);
    }
}

static void write_register(struct pl011 *uart, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case REG_DR: write_data(uart, (uint8_t)value); return;
    case REG_RSR: uart->rsr = 0; return;
    case REG_ILPR: uart->ilpr = value & 0xff; return;
    case REG_IBRD: uart->ibrd = value & 0xffff; return;
    case REG_FBRD: uart->fbrd = value & 0x3f; return;
    case REG_LCR_H: write_line_control(uart, value & 0xff); break;
    case REG_CR:
        uart->cr = value & 0xff87;
        update_modem(uart);
        receive_from_stream(uart);
        break;
    case REG_IFLS: uart->ifls = value & 0x3f; return;
    case REG_IMSC: uart->imsc = value & INT_ALL; break;
    case REG_ICR:
        uart->ris &= ~value;
        /* What is still in the FIFO will time out again. */
        if ((value & (INT_RX | INT_RT)) && uart->fifo.count) {
            start_receive_timeout(uart);
        }
        break;
    case REG_DMACR: uart->dmacr = value & 7; return;
    default: el4_primecell_write(&cell, uart->host, uart->self, offset); return;
    }
    update_wires(uart);
}

static enum el4_mmio_result pl011_write(void *state, uint64_t offset, unsigned size,
                                        uint64_t value, const struct el4_access *access)
{
    if (!(offset & 3)) {
        write_register(state, offset, (uint32_t)value);
    }
    return EL4_MMIO_OK;
}

static void pl011_reset(void *state)
{
    struct pl011 *uart = state;
    fifo_flush(uart);
    uart->rsr = 0;
    uart->modem = 0;
    uart->ilpr = 0;
    uart->ibrd = 0;
    uart->fbrd = 0;
    uart->lcr_h = 0;
    uart->cr = 0x300;
    uart->ifls = 0x12;
    uart->imsc = 0;
    uart->ris = 0;
    uart->dmacr = 0;
    update_wires(uart);
}

static void *pl011_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = PRIMECELL_BYTES,
        .size_min = 1,
        .size_max = 4,
        .read = pl011_read,
        .write = pl011_write,
    };
    struct pl011 *uart = calloc(1, sizeof(*uart));
    if (!uart) {
        host->fail(self, "out of memory");
        return NULL;
    }
    uart->host = host;
    uart->self = self;
    uart->stream = uart_open(host, self, stream_event, uart);
    uart->receive_timeout = host->timer_new(self, receive_timeout_expired, uart);
    if (!uart->stream || !host->mmio_declare(self, 0, &registers)) {
        free(uart);
        return NULL;
    }
    return uart;
}

static const struct el4_config_key keys[] = {
    UART_KEY_BACKEND,
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "PL011 UART.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = pl011_create,
    .destroy = free,
    .reset = pl011_reset,
};

EL4_PLUGIN_DEFINE(pl011) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "pl011",
    .version = "1.0",
    .description = "PrimeCell UART (PL011)",
    .schema = &schema,
    .operations = &operations,
};
