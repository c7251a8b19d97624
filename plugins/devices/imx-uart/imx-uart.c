/* SPDX-License-Identifier: MIT */
/*
 * UART of the i.MX6UL (i.MX 6UltraLite reference manual, chapter 53). Transmission takes no
 * time; characters from outside wait in the backend until the receive FIFO has room, so that
 * nothing is lost. No DMA requests, no infrared, no automatic baud detection; the modem lines
 * say that the other side is ready.
 */
#include "../imx-common/imx-registers.h"
#include "../uart-common/uart.h"

enum {
    REG_URXD = 0x00, /* to 0x3c */
    REG_UTXD = 0x40, /* to 0x7c */
    REG_UCR1 = 0x80,
    REG_UCR2 = 0x84,
    REG_UCR3 = 0x88,
    REG_UCR4 = 0x8c,
    REG_UFCR = 0x90,
    REG_USR1 = 0x94,
    REG_USR2 = 0x98,
    REG_UESC = 0x9c,
    REG_UTIM = 0xa0,
    REG_UBIR = 0xa4,
    REG_UBMR = 0xa8,
    REG_UBRC = 0xac,
    REG_ONEMS = 0xb0,
    REG_UTS = 0xb4,
    REG_UMCR = 0xb8,
    REG_END = 0xbc,
};

#define URXD_READY   (1u << 15)
#define URXD_ERROR   (1u << 14)
#define URXD_OVERRUN (1u << 13)
#define URXD_FRAME   (1u << 12)
#define URXD_BREAK   (1u << 11)

#define UCR1_UARTEN   (1u << 0)
#define UCR1_TXMPTYEN (1u << 6)
#define UCR1_RRDYEN   (1u << 9)
#define UCR1_IDEN     (1u << 12)
#define UCR1_TRDYEN   (1u << 13)
#define UCR2_SRST     (1u << 0) /* 0: reset */
#define UCR2_RXEN     (1u << 1)
#define UCR2_TXEN     (1u << 2)
#define UCR2_ATEN     (1u << 3)
#define UCR3_AWAKEN   (1u << 4)
#define UCR4_DREN     (1u << 0)
#define UCR4_OREN     (1u << 1)
#define UCR4_BKEN     (1u << 2)
#define UCR4_TCEN     (1u << 3)

#define USR1_AWAKE     (1u << 4)
#define USR1_RXDS      (1u << 6) /* receiver idle */
#define USR1_AGTIM     (1u << 8)
#define USR1_RRDY      (1u << 9)
#define USR1_TRDY      (1u << 13)
#define USR1_RTSS      (1u << 14)
#define USR1_CLEARABLE 0x9db0u
#define USR2_RDR       (1u << 0)
#define USR2_ORE       (1u << 1)
#define USR2_BRCD      (1u << 2)
#define USR2_TXDC      (1u << 3)
#define USR2_DCDIN     (1u << 5)
#define USR2_IDLE      (1u << 12)
#define USR2_TXFE      (1u << 14)
#define USR2_CLEARABLE 0xb996u

#define UFCR_RXTL(ufcr)  ((ufcr)&0x3f)
#define UFCR_RFDIV(ufcr) ((ufcr) >> 7 & 7)

#define UTS_RXFULL  (1u << 3)
#define UTS_RXEMPTY (1u << 5)
#define UTS_TXEMPTY (1u << 6)
#define UTS_LOOP    (1u << 12)

#define FIFO_DEPTH 32u
#define CLOCK_HZ   80000000u /* UART_CLK_ROOT: PLL3 / 6; for the aging timer only */

struct imx_uart {
    const struct el4_host *host;
    struct el4_instance *self;
    struct el4_stream *stream;
    struct el4_timer *aging;

    struct uart_fifo fifo; /* as URXD has them */
    uint32_t usr1, usr2;   /* the bits that stay until they are cleared */
    uint32_t registers[REG_END / 4];
};

static const struct imx_reset_value reset_values[] = {
    {REG_UCR2, 0x0001}, {REG_UCR3, 0x0700}, {REG_UCR4, 0x8000},
    {REG_UFCR, 0x0801}, {REG_UESC, 0x002b}, {REG_UBRC, 0x0004},
};

static uint32_t reg(const struct imx_uart *uart, unsigned offset)
{
    return uart->registers[offset / 4];
}

/* ---- status and interrupt ---- */

static uint32_t status1(const struct imx_uart *uart)
{
    uint32_t level = UFCR_RXTL(reg(uart, REG_UFCR));
    uint32_t status = uart->usr1 | USR1_TRDY | USR1_RTSS;
    if (uart->fifo.count && uart->fifo.count >= level) {
        status |= USR1_RRDY;
    }
    return uart->fifo.count ? status : status | USR1_RXDS;
}

static uint32_t status2(const struct imx_uart *uart)
{
    uint32_t status = uart->usr2 | USR2_TXFE | USR2_TXDC | USR2_DCDIN;
    return uart->fifo.count ? status | USR2_RDR : status;
}

static void update(struct imx_uart *uart)
{
    static const struct {
        uint8_t enable_register;
        uint8_t second_status;
        uint16_t enable, flag;
    } sources[] = {
        {REG_UCR1, 0, UCR1_RRDYEN, USR1_RRDY},   {REG_UCR1, 0, UCR1_TRDYEN, USR1_TRDY},
        {REG_UCR1, 1, UCR1_TXMPTYEN, USR2_TXFE}, {REG_UCR1, 1, UCR1_IDEN, USR2_IDLE},
        {REG_UCR2, 0, UCR2_ATEN, USR1_AGTIM},    {REG_UCR3, 0, UCR3_AWAKEN, USR1_AWAKE},
        {REG_UCR4, 1, UCR4_DREN, USR2_RDR},      {REG_UCR4, 1, UCR4_OREN, USR2_ORE},
        {REG_UCR4, 1, UCR4_BKEN, USR2_BRCD},     {REG_UCR4, 1, UCR4_TCEN, USR2_TXDC},
    };
    const uint32_t status[] = {status1(uart), status2(uart)};
    bool pending = false;
    for (unsigned i = 0; i < IMX_COUNT(sources); i++) {
        pending |= (reg(uart, sources[i].enable_register) & sources[i].enable) &&
                   (status[sources[i].second_status] & sources[i].flag);
    }
    uart->host->wire_set(uart->self, 0, pending && (reg(uart, REG_UCR1) & UCR1_UARTEN));
}

/* ---- receiving ---- */

/* Aging: nothing came for eight characters of ten bits, and the FIFO is not empty. */
static void start_aging(struct imx_uart *uart)
{
    static const uint8_t dividers[8] = {6, 5, 4, 3, 2, 1, 7, 1};
    uint64_t divisor =
        16u * (uint64_t)(reg(uart, REG_UBMR) + 1) * dividers[UFCR_RFDIV(reg(uart, REG_UFCR))];
    uint64_t ns =
        80u * divisor * 1000000000u / ((uint64_t)(reg(uart, REG_UBIR) + 1) * CLOCK_HZ);
    uart->host->timer_set(uart->self, uart->aging, uart->host->now_ns(uart->self) + ns);
}

static void aged(void *opaque, uint64_t now_ns)
{
    struct imx_uart *uart = opaque;
    if (uart->fifo.count) {
        uart->usr1 |= USR1_AGTIM;
        update(uart);
    }
}

static void receive(struct imx_uart *uart, uint16_t entry)
{
    if (uart->fifo.count == FIFO_DEPTH) {
        /* In loopback only: the FIFO's last entry tells of the loss. */
        *uart_fifo_last(&uart->fifo) |= URXD_OVERRUN | URXD_ERROR;
        uart->usr2 |= USR2_ORE;
        return;
    }
    uart_fifo_push(&uart->fifo, entry | URXD_READY);
    uart->usr1 |= USR1_AWAKE;
    start_aging(uart);
}

static bool receives(const struct imx_uart *uart)
{
    return (reg(uart, REG_UCR1) & UCR1_UARTEN) && (reg(uart, REG_UCR2) & UCR2_RXEN);
}

/* Fetch as much as there is room for; in loopback the line is cut off. */
static void receive_from_stream(struct imx_uart *uart)
{
    uint8_t character;
    bool connected = receives(uart) && !(reg(uart, REG_UTS) & UTS_LOOP);
    while (connected && uart->fifo.count < FIFO_DEPTH &&
           uart->host->stream_read(uart->self, uart->stream, &character, 1)) {
        receive(uart, character);
    }
}

static void stream_event(void *opaque, enum el4_stream_event event)
{
    struct imx_uart *uart = opaque;
    if (event == EL4_STREAM_READABLE) {
        receive_from_stream(uart);
    } else if (event == EL4_STREAM_BREAK && receives(uart)) {
        uart->usr2 |= USR2_BRCD;
        receive(uart, URXD_ERROR | URXD_FRAME | URXD_BREAK);
    }
    update(uart);
}

static uint32_t read_data(struct imx_uart *uart)
{
    if (!uart->fifo.count) {
        return 0;
    }
    uint32_t entry = uart_fifo_pop(&uart->fifo);
    receive_from_stream(uart);
    if (uart->fifo.count) {
        start_aging(uart);
    } else {
        uart->usr1 &= ~USR1_AGTIM;
        uart->usr2 |= USR2_IDLE;
        uart->host->timer_cancel(uart->self, uart->aging);
    }
    update(uart);
    return entry;
}

/* ---- registers ---- */

static uint32_t read_test(const struct imx_uart *uart)
{
    uint32_t value = reg(uart, REG_UTS) | UTS_TXEMPTY;
    value |= uart->fifo.count ? 0 : UTS_RXEMPTY;
    return uart->fifo.count == FIFO_DEPTH ? value | UTS_RXFULL : value;
}

static uint32_t read_register(struct imx_uart *uart, uint64_t offset)
{
    if (offset < REG_UTXD) {
        return read_data(uart);
    }
    switch (offset) {
    case REG_USR1: return status1(uart);
    case REG_USR2: return status2(uart);
    case REG_UTS: return read_test(uart);
    default: break;
    }
    if (offset >= REG_UCR1 && offset < REG_END) {
        return reg(uart, (unsigned)offset);
    }
    if (offset >= REG_END) {
        imx_log_unknown(uart->host, uart->self, "read", offset);
    }
    return 0; /* UTXD is write-only */
}

static enum el4_mmio_result uart_read(void *state, uint64_t offset, unsigned size,
                                      uint64_t *value, const struct el4_access *access)
{
    *value = lane_extract(read_register(state, offset & ~UINT64_C(3)), offset, size);
    return EL4_MMIO_OK;
}

static void send(struct imx_uart *uart, uint8_t character)
{
    if (reg(uart, REG_UTS) & UTS_LOOP) {
        receive(uart, character);
        update(uart);
    } else {
        uart->host->stream_write(uart->self, uart->stream, &character, 1);
    }
}

/* SRST: the FIFOs and status are as after a reset, the registers stay (53.4). */
static void software_reset(struct imx_uart *uart)
{
    uart_fifo_clear(&uart->fifo);
    uart->usr1 = 0;
    uart->usr2 = 0;
    uart->registers[REG_UBRC / 4] = 4;
    uart->host->timer_cancel(uart->self, uart->aging);
}

static void write_register(struct imx_uart *uart, unsigned offset, uint32_t value)
{
    switch (offset) {
    case REG_UCR2:
        if (!(value & UCR2_SRST)) {
            software_reset(uart);
        }
        uart->registers[REG_UCR2 / 4] = (value & 0xffff) | UCR2_SRST;
        break;
    case REG_USR1: uart->usr1 &= ~(value & USR1_CLEARABLE); break;
    case REG_USR2: uart->usr2 &= ~(value & USR2_CLEARABLE); break;
    case REG_UBRC: break; /* read only */
    case REG_UTS:
        if (value & 1) {
            software_reset(uart);
        }
        uart->registers[REG_UTS / 4] = value & 0x3e00;
        break;
    case REG_ONEMS: uart->registers[REG_ONEMS / 4] = value & 0xffffff; break;
    default: uart->registers[offset / 4] = value & 0xffff; break;
    }
    receive_from_stream(uart);
    update(uart);
}

static enum el4_mmio_result uart_write(void *state, uint64_t offset, unsigned size,
                                       uint64_t value, const struct el4_access *access)
{
    struct imx_uart *uart = state;
    unsigned target = (unsigned)offset & ~3u;
    if (target >= REG_END) {
        imx_log_unknown(uart->host, uart->self, "write", offset);
    } else if (target >= REG_UCR1) {
        bool clears = target == REG_USR1 || target == REG_USR2;
        uint32_t old = clears ? 0 : reg(uart, target);
        write_register(uart, target, lane_merge(old, offset, size, value));
    } else if (offset == target && target >= REG_UTXD) {
        send(uart, (uint8_t)value);
    }
    return EL4_MMIO_OK;
}

/* ---- the plugin ---- */

static void uart_reset(void *state)
{
    struct imx_uart *uart = state;
    imx_registers_reset(uart->registers, IMX_COUNT(uart->registers), reset_values,
                        IMX_COUNT(reset_values));
    software_reset(uart);
    update(uart);
}

static void *uart_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .bytes = IMX_BLOCK_BYTES,
        .size_min = 1,
        .size_max = 4,
        .read = uart_read,
        .write = uart_write,
    };
    struct imx_uart *uart = calloc(1, sizeof(*uart));
    if (!uart) {
        host->fail(self, "out of memory");
        return NULL;
    }
    uart->host = host;
    uart->self = self;
    uart->stream = uart_open(host, self, stream_event, uart);
    uart->aging = host->timer_new(self, aged, uart);
    if (!uart->stream || !host->mmio_declare(self, 0, &mmio)) {
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
    .help = "i.MX UART.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = uart_create,
    .destroy = free,
    .reset = uart_reset,
};

EL4_PLUGIN_DEFINE(imx_uart) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "imx-uart",
    .version = "1.0",
    .description = "i.MX UART",
    .schema = &schema,
    .operations = &operations,
};
