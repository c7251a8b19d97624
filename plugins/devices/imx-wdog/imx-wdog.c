/* SPDX-License-Identifier: MIT */
/*
 * WDOG: the watchdog of the i.MX6UL (i.MX 6UltraLite reference manual, chapter 57). Registers
 * have 16 bits. A software reset (WCR.SRS) and a time-out reset the machine; so does WDOG_B
 * (WCR.WDA), if it leads to the board's reset. Output 0 is the interrupt before the time-out,
 * output 1 rises at a reset and tells the SRC about it.
 */
#include "../imx-common/imx-registers.h"

enum {
    REG_WCR = 0x0,
    REG_WSR = 0x2,
    REG_WRSR = 0x4,
    REG_WICR = 0x6,
    REG_WMCR = 0x8,
};

#define WCR_WDE        (1u << 2)
#define WCR_WDT        (1u << 3)
#define WCR_SRS        (1u << 4) /* 0: reset */
#define WCR_WDA        (1u << 5) /* 0: WDOG_B is asserted */
#define WCR_WT(wcr)    ((wcr) >> 8 & 0xff)
#define WCR_RESET      (WCR_WDA | WCR_SRS)
#define WCR_WRITE_ONCE (WCR_WDE | WCR_WDT | 3u /* WDBG, WDZST */)

#define WICR_WIE  (1u << 15)
#define WICR_WTIS (1u << 14)
#define WICR_WICT 0xffu

#define WRSR_SOFTWARE (1u << 0)
#define WRSR_TIMEOUT  (1u << 1)
#define WRSR_POWER_ON (1u << 4)

enum { OUT_INTERRUPT, OUT_RESET };

#define HALF_SECOND_NS 500000000u

struct imx_wdog {
    const struct el4_host *host;
    struct el4_instance *self;
    struct el4_timer *timeout;
    struct el4_timer *warning;
    bool external;       /* WDOG_B leads to the board's reset */
    uint64_t reset_at;   /* when the count ends, if it runs */
    uint16_t next_cause; /* WRSR after the reset that was asked for; 0: not ours */

    uint16_t control;
    uint16_t written; /* write-once bits of WCR that have been set */
    uint16_t service;
    uint16_t cause;
    uint16_t interrupt;
    uint16_t misc;
};

static void reset_machine(struct imx_wdog *wdog, uint16_t cause)
{
    wdog->next_cause = cause;
    wdog->host->wire_set(wdog->self, OUT_RESET, true);
    wdog->host->system_event(wdog->self, EL4_SYSTEM_RESET);
}

static void timed_out(void *opaque, uint64_t now_ns)
{
    reset_machine(opaque, WRSR_TIMEOUT);
}

static void update_wire(struct imx_wdog *wdog)
{
    wdog->host->wire_set(wdog->self, OUT_INTERRUPT,
                         (wdog->interrupt & WICR_WIE) && (wdog->interrupt & WICR_WTIS));
}

static void warned(void *opaque, uint64_t now_ns)
{
    struct imx_wdog *wdog = opaque;
    wdog->interrupt |= WICR_WTIS;
    update_wire(wdog);
}

/* The interrupt comes before the end of the count; one whose time is over does not. */
static void set_warning(struct imx_wdog *wdog, uint64_t now_ns)
{
    uint64_t before_ns = (wdog->interrupt & WICR_WICT) * (uint64_t)HALF_SECOND_NS;
    bool wanted = (wdog->control & WCR_WDE) && (wdog->interrupt & WICR_WIE);
    if (wanted && now_ns + before_ns < wdog->reset_at) {
        wdog->host->timer_set(wdog->self, wdog->warning, wdog->reset_at - before_ns);
    } else {
        wdog->host->timer_cancel(wdog->self, wdog->warning);
    }
}

/* Count from WT down again. */
static void reload(struct imx_wdog *wdog)
{
    if (!(wdog->control & WCR_WDE)) {
        return;
    }
    uint64_t now = wdog->host->now_ns(wdog->self);
    uint64_t halves = WCR_WT(wdog->control) + 1u;
    wdog->reset_at = now + halves * HALF_SECOND_NS;
    wdog->host->timer_set(wdog->self, wdog->timeout, wdog->reset_at);
    set_warning(wdog, now);
}

static void write_control(struct imx_wdog *wdog, uint16_t value)
{
    bool was_on = wdog->control & WCR_WDE;
    /* Once set, WDE and its like stay until the reset. */
    wdog->written |= value & WCR_WRITE_ONCE;
    wdog->control = value | wdog->written;
    if (!(value & WCR_SRS) || (wdog->external && !(value & WCR_WDA))) {
        reset_machine(wdog, WRSR_SOFTWARE);
        return;
    }
    if (!was_on) {
        reload(wdog);
    }
}

static void write_service(struct imx_wdog *wdog, uint16_t value)
{
    if (value == 0xaaaa && wdog->service == 0x5555) {
        reload(wdog);
    }
    wdog->service = value;
}

static void write_interrupt(struct imx_wdog *wdog, uint16_t value)
{
    uint16_t status = wdog->interrupt & WICR_WTIS & (uint16_t)~value;
    wdog->interrupt = (value & (WICR_WIE | WICR_WICT)) | status;
    update_wire(wdog);
    set_warning(wdog, wdog->host->now_ns(wdog->self));
}

static enum el4_mmio_result wdog_read(void *state, uint64_t offset, unsigned size,
                                      uint64_t *value, const struct el4_access *access)
{
    struct imx_wdog *wdog = state;
    *value = 0;
    switch (offset) {
    case REG_WCR: *value = wdog->control; break;
    case REG_WSR: *value = wdog->service; break;
    case REG_WRSR: *value = wdog->cause; break;
    case REG_WICR: *value = wdog->interrupt; break;
    case REG_WMCR: *value = wdog->misc; break;
    default: imx_log_unknown(wdog->host, wdog->self, "read", offset);
    }
    return EL4_MMIO_OK;
}

static enum el4_mmio_result wdog_write(void *state, uint64_t offset, unsigned size,
                                       uint64_t value, const struct el4_access *access)
{
    struct imx_wdog *wdog = state;
    switch (offset) {
    case REG_WCR: write_control(wdog, (uint16_t)value); break;
    case REG_WSR: write_service(wdog, (uint16_t)value); break;
    case REG_WRSR: break; /* read only */
    case REG_WICR: write_interrupt(wdog, (uint16_t)value); break;
    case REG_WMCR: wdog->misc = value & 1; break;
    default: imx_log_unknown(wdog->host, wdog->self, "write", offset);
    }
    return EL4_MMIO_OK;
}

static void wdog_reset(void *state)
{
    struct imx_wdog *wdog = state;
    wdog->control = WCR_RESET;
    wdog->written = 0;
    wdog->service = 0;
    wdog->cause = wdog->next_cause ? wdog->next_cause : WRSR_POWER_ON;
    wdog->next_cause = 0;
    wdog->interrupt = 4;
    wdog->misc = 1;
    wdog->host->timer_cancel(wdog->self, wdog->timeout);
    wdog->host->timer_cancel(wdog->self, wdog->warning);
    wdog->host->wire_set(wdog->self, OUT_RESET, false);
    update_wire(wdog);
}

static void *wdog_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .bytes = IMX_BLOCK_BYTES,
        .size_min = 2,
        .size_max = 2,
        .read = wdog_read,
        .write = wdog_write,
    };
    struct imx_wdog *wdog = calloc(1, sizeof(*wdog));
    if (!wdog) {
        host->fail(self, "out of memory");
        return NULL;
    }
    wdog->host = host;
    wdog->self = self;
    wdog->external = host->config_bool(self, "external-reset");
    wdog->timeout = host->timer_new(self, timed_out, wdog);
    wdog->warning = host->timer_new(self, warned, wdog);
    if (!host->mmio_declare(self, 0, &mmio)) {
        free(wdog);
        return NULL;
    }
    return wdog;
}

static const struct el4_config_key keys[] = {
    {.name = "external-reset",
     .type = EL4_CONFIG_BOOL,
     .default_text = "no",
     .help = "Whether the pin WDOG_B leads to the board's reset."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "i.MX watchdog.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = wdog_create,
    .destroy = free,
    .reset = wdog_reset,
};

EL4_PLUGIN_DEFINE(imx_wdog) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "imx-wdog",
    .version = "1.0",
    .description = "i.MX watchdog (WDOG)",
    .schema = &schema,
    .operations = &operations,
};
