/* SPDX-License-Identifier: MIT */
/*
 * GPT: the general purpose timer of the i.MX6UL (i.MX 6UltraLite reference manual, chapter 30):
 * a 32-bit up-counter with three compare registers. Input capture has no pins. The peripheral
 * clock is what the CCM says by wires. The count is worked out when somebody looks; a host
 * timer waits for the next compare that interrupts.
 */
#include "../imx-common/imx-registers.h"
#include "../imx-common/imx-ticker.h"

enum {
    REG_CR = 0x00,
    REG_PR = 0x04,
    REG_SR = 0x08,
    REG_IR = 0x0c,
    REG_OCR1 = 0x10,
    REG_OCR3 = 0x18,
    REG_ICR1 = 0x1c,
    REG_ICR2 = 0x20,
    REG_CNT = 0x24,
    REG_END = 0x28,
};

#define CR_EN          (1u << 0)
#define CR_ENMOD       (1u << 1)
#define CR_KEPT_BY_SWR 0x3fu /* EN to STOPEN */
#define CR_CLKSRC(cr)  ((cr) >> 6 & 7)
#define CR_FRR         (1u << 9) /* free run, else restart at OCR1 */
#define CR_EN_24M      (1u << 10)
#define CR_SWR         (1u << 15)
#define CR_BITS        0x1ffff7ffu

#define PR_BITS 0xffffu

#define INT_OF1 (1u << 0)
#define INT_ROV (1u << 5)
#define INT_ALL 0x3fu

enum { CLOCK_NONE, CLOCK_IPG, CLOCK_PERIPHERAL, CLOCK_EXTERNAL, CLOCK_LOW, CLOCK_OSC };

#define COMPARES 3u

struct imx_gpt {
    const struct el4_host *host;
    struct el4_instance *self;
    struct el4_timer *timer;
    uint32_t perclk; /* the CCM's wires */

    /* The count is (start + ticks) modulo period; ticks up to `seen` have set their flags. */
    struct imx_ticker ticker;
    uint64_t start;
    uint64_t seen;

    uint32_t control;
    uint32_t prescaler;
    uint32_t status;
    uint32_t enable;
    uint32_t compare[COMPARES];
};

static uint64_t period(const struct imx_gpt *gpt)
{
    return gpt->control & CR_FRR ? UINT64_C(1) << 32 : (uint64_t)gpt->compare[0] + 1;
}

static uint64_t clock_hz(const struct imx_gpt *gpt)
{
    switch (CR_CLKSRC(gpt->control)) {
    case CLOCK_IPG: return IMX_IPG_HZ;
    case CLOCK_PERIPHERAL: return imx_perclk_hz(gpt->perclk);
    case CLOCK_LOW: return IMX_LOW_HZ;
    case CLOCK_OSC:
        return gpt->control & CR_EN_24M ? IMX_OSC_HZ / ((gpt->prescaler >> 12) + 1) : 0;
    default: return 0; /* off, or a pin that nothing drives */
    }
}

/* The count as it would be if it never wrapped. */
static uint64_t position(const struct imx_gpt *gpt, uint64_t now_ns)
{
    return gpt->start + imx_ticker_ticks(&gpt->ticker, now_ns);
}

/* How often a count of `value` has come up to and with this position. */
static uint64_t times_reached(uint64_t at, uint64_t value, uint64_t every)
{
    return at < value ? 0 : (at - value) / every + 1;
}

static void update_wire(struct imx_gpt *gpt)
{
    gpt->host->wire_set(gpt->self, 0, (gpt->status & gpt->enable) != 0);
}

static void set_flags(struct imx_gpt *gpt, uint64_t now_ns)
{
    uint64_t now = position(gpt, now_ns), every = period(gpt);
    for (unsigned i = 0; i < COMPARES; i++) {
        uint64_t value = gpt->compare[i];
        if (value < every &&
            times_reached(now, value, every) != times_reached(gpt->seen, value, every)) {
            gpt->status |= INT_OF1 << i;
        }
    }
    if (every == UINT64_C(1) << 32 && now / every != gpt->seen / every) {
        gpt->status |= INT_ROV;
    }
    gpt->seen = now;
}

/* The next position at which a flag that interrupts would be set. */
static uint64_t next_event(const struct imx_gpt *gpt)
{
    uint64_t every = period(gpt), first = UINT64_MAX;
    uint32_t wanted = gpt->enable & ~gpt->status;
    for (unsigned i = 0; i < COMPARES; i++) {
        uint64_t value = gpt->compare[i];
        if ((wanted & INT_OF1 << i) && value < every) {
            uint64_t at = value + times_reached(gpt->seen, value, every) * every;
            first = at < first ? at : first;
        }
    }
    if ((wanted & INT_ROV) && every == UINT64_C(1) << 32) {
        uint64_t at = (gpt->seen / every + 1) * every;
        first = at < first ? at : first;
    }
    return first;
}

static void update(struct imx_gpt *gpt, uint64_t now_ns)
{
    set_flags(gpt, now_ns);
    update_wire(gpt);
    uint64_t event = next_event(gpt);
    uint64_t at =
        event == UINT64_MAX ? UINT64_MAX : imx_ticker_time(&gpt->ticker, event - gpt->start);
    ticks_wake_at(gpt->host, gpt->self, gpt->timer, at);
}

static void expired(void *opaque, uint64_t now_ns)
{
    update(opaque, now_ns);
}

/* Count on from `count` with what the registers say now. */
static void restart(struct imx_gpt *gpt, uint64_t count, uint64_t now_ns)
{
    gpt->start = count % period(gpt);
    gpt->seen = gpt->start;
    gpt->ticker.base_ns = now_ns;
    gpt->ticker.rate.hz = gpt->control & CR_EN ? clock_hz(gpt) : 0;
    gpt->ticker.rate.divider = (gpt->prescaler & 0xfff) + 1;
    update(gpt, now_ns);
}

static uint32_t count(const struct imx_gpt *gpt, uint64_t now_ns)
{
    return (uint32_t)(position(gpt, now_ns) % period(gpt));
}

static void clear_registers(struct imx_gpt *gpt, uint64_t now_ns)
{
    gpt->control &= CR_KEPT_BY_SWR;
    gpt->prescaler = 0;
    gpt->status = 0;
    gpt->enable = 0;
    memset(gpt->compare, 0xff, sizeof(gpt->compare));
    restart(gpt, 0, now_ns);
}

static void write_control(struct imx_gpt *gpt, uint32_t value, uint64_t now_ns)
{
    uint32_t old = gpt->control, from = count(gpt, now_ns);
    set_flags(gpt, now_ns);
    gpt->control = value & CR_BITS & ~CR_SWR;
    if (value & CR_SWR) {
        clear_registers(gpt, now_ns);
        return;
    }
    bool starts = gpt->control & ~old & CR_EN;
    restart(gpt, starts && (gpt->control & CR_ENMOD) ? 0 : from, now_ns);
}

/*
 * In restart mode a write of OCR1 starts the count anew (30.4.2). Otherwise the count is left
 * alone: started anew at its whole ticks it would fall behind with each write, and Linux makes
 * one for every timer.
 */
static void write_compare(struct imx_gpt *gpt, unsigned index, uint32_t value, uint64_t now_ns)
{
    set_flags(gpt, now_ns);
    gpt->compare[index] = value;
    if (index == 0 && !(gpt->control & CR_FRR)) {
        restart(gpt, 0, now_ns);
    } else {
        update(gpt, now_ns);
    }
}

static uint32_t read_register(struct imx_gpt *gpt, uint64_t offset)
{
    uint64_t now_ns = gpt->host->now_ns(gpt->self);
    switch (offset) {
    case REG_CR: return gpt->control;
    case REG_PR: return gpt->prescaler;
    case REG_SR: set_flags(gpt, now_ns); return gpt->status;
    case REG_IR: return gpt->enable;
    case REG_ICR1:
    case REG_ICR2: return 0;
    case REG_CNT: return count(gpt, now_ns);
    default: break;
    }
    if (offset >= REG_OCR1 && offset <= REG_OCR3) {
        return gpt->compare[(offset - REG_OCR1) / 4];
    }
    imx_log_unknown(gpt->host, gpt->self, "read", offset);
    return 0;
}

static enum el4_mmio_result gpt_read(void *state, uint64_t offset, unsigned size,
                                     uint64_t *value, const struct el4_access *access)
{
    *value = read_register(state, offset);
    return EL4_MMIO_OK;
}

static void write_register(struct imx_gpt *gpt, uint64_t offset, uint32_t value)
{
    uint64_t now_ns = gpt->host->now_ns(gpt->self);
    uint32_t from;
    switch (offset) {
    case REG_CR: write_control(gpt, value, now_ns); return;
    case REG_PR:
        from = count(gpt, now_ns);
        set_flags(gpt, now_ns);
        gpt->prescaler = value & PR_BITS;
        restart(gpt, from, now_ns);
        return;
    case REG_SR:
        set_flags(gpt, now_ns);
        gpt->status &= ~value;
        update(gpt, now_ns);
        return;
    case REG_IR:
        gpt->enable = value & INT_ALL;
        update(gpt, now_ns);
        return;
    case REG_ICR1:
    case REG_ICR2:
    case REG_CNT: return; /* read only */
    default: break;
    }
    if (offset >= REG_OCR1 && offset <= REG_OCR3) {
        write_compare(gpt, (unsigned)(offset - REG_OCR1) / 4, value, now_ns);
        return;
    }
    imx_log_unknown(gpt->host, gpt->self, "write", offset);
}

static enum el4_mmio_result gpt_write(void *state, uint64_t offset, unsigned size,
                                      uint64_t value, const struct el4_access *access)
{
    write_register(state, offset, (uint32_t)value);
    return EL4_MMIO_OK;
}

static void gpt_wire_changed(void *state, unsigned input, bool level)
{
    struct imx_gpt *gpt = state;
    if (input < IMX_PERCLK_WIRES) {
        uint64_t now_ns = gpt->host->now_ns(gpt->self);
        uint32_t from = count(gpt, now_ns);
        set_flags(gpt, now_ns);
        gpt->perclk = (gpt->perclk & ~(1u << input)) | (uint32_t)level << input;
        restart(gpt, from, now_ns);
    }
}

static void gpt_reset(void *state)
{
    struct imx_gpt *gpt = state;
    gpt->control = 0;
    clear_registers(gpt, gpt->host->now_ns(gpt->self));
}

static void *gpt_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .bytes = IMX_BLOCK_BYTES,
        .read = gpt_read,
        .write = gpt_write,
    };
    struct imx_gpt *gpt = calloc(1, sizeof(*gpt));
    if (!gpt) {
        host->fail(self, "out of memory");
        return NULL;
    }
    gpt->host = host;
    gpt->self = self;
    gpt->ticker.rate.divider = 1;
    gpt->timer = host->timer_new(self, expired, gpt);
    if (!host->mmio_declare(self, 0, &mmio)) {
        free(gpt);
        return NULL;
    }
    return gpt;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = gpt_create,
    .destroy = free,
    .reset = gpt_reset,
    .wire_changed = gpt_wire_changed,
};

EL4_PLUGIN_DEFINE(imx_gpt) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "imx-gpt",
    .version = "1.0",
    .description = "i.MX general purpose timer (GPT)",
    .operations = &operations,
};
