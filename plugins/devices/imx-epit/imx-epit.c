/* SPDX-License-Identifier: MIT */
/*
 * EPIT: the enhanced periodic interrupt timer of the i.MX6UL (i.MX 6UltraLite reference manual,
 * chapter 24): a 32-bit down-counter with one compare register. The output pin is not
 * modelled. The peripheral clock is what the CCM says by wires.
 */
#include "../imx-common/imx-registers.h"
#include "../imx-common/imx-ticker.h"

enum {
    REG_CR = 0x00,
    REG_SR = 0x04,
    REG_LR = 0x08,
    REG_CMPR = 0x0c,
    REG_CNR = 0x10,
};

#define CR_EN           (1u << 0)
#define CR_ENMOD        (1u << 1)
#define CR_OCIEN        (1u << 2)
#define CR_RLD          (1u << 3)
#define CR_PRESCALER(c) ((c) >> 4 & 0xfff)
#define CR_SWR          (1u << 16)
#define CR_IOVW         (1u << 17)
#define CR_KEPT_BY_SWR  (CR_EN | CR_ENMOD | 7u << 19 /* WAITEN, DBGEN, STOPEN */)
#define CR_CLKSRC(c)    ((c) >> 24 & 3)
#define CR_BITS         0x03fbffffu

enum { CLOCK_NONE, CLOCK_IPG, CLOCK_PERIPHERAL, CLOCK_LOW };

struct imx_epit {
    const struct el4_host *host;
    struct el4_instance *self;
    struct el4_timer *timer;
    uint32_t perclk; /* the CCM's wires */

    /* It counts from `start` to 0, then from top() again; ticks up to `seen` set the flag. */
    struct imx_ticker ticker;
    uint32_t start;
    uint64_t seen;

    uint32_t control;
    uint32_t load;
    uint32_t compare;
    bool status;
};

static uint32_t top(const struct imx_epit *epit)
{
    return epit->control & CR_RLD ? epit->load : UINT32_MAX;
}

static uint64_t clock_hz(const struct imx_epit *epit)
{
    switch (CR_CLKSRC(epit->control)) {
    case CLOCK_IPG: return IMX_IPG_HZ;
    case CLOCK_PERIPHERAL: return imx_perclk_hz(epit->perclk);
    case CLOCK_LOW: return IMX_LOW_HZ;
    default: return 0;
    }
}

static uint32_t count(const struct imx_epit *epit, uint64_t now_ns)
{
    uint64_t done = imx_ticker_ticks(&epit->ticker, now_ns);
    if (done <= epit->start) {
        return epit->start - (uint32_t)done;
    }
    return top(epit) - (uint32_t)((done - epit->start - 1) % ((uint64_t)top(epit) + 1));
}

/* The first tick after `after` at which the count is the compare register's; or none. */
static uint64_t next_match(const struct imx_epit *epit, uint64_t after)
{
    uint64_t every = (uint64_t)top(epit) + 1;
    if (epit->compare <= epit->start && epit->start - epit->compare > after) {
        return epit->start - epit->compare;
    }
    if (epit->compare > top(epit)) {
        return UINT64_MAX;
    }
    uint64_t first = (uint64_t)epit->start + 1 + (top(epit) - epit->compare);
    return after < first ? first : first + ((after - first) / every + 1) * every;
}

static void set_flag(struct imx_epit *epit, uint64_t now_ns)
{
    uint64_t now = imx_ticker_ticks(&epit->ticker, now_ns);
    epit->status |= next_match(epit, epit->seen) <= now;
    epit->seen = now;
}

static void update(struct imx_epit *epit, uint64_t now_ns)
{
    set_flag(epit, now_ns);
    bool wanted = epit->control & CR_OCIEN;
    epit->host->wire_set(epit->self, 0, wanted && epit->status);
    uint64_t match = next_match(epit, epit->seen);
    uint64_t at = UINT64_MAX;
    if (wanted && !epit->status && match != UINT64_MAX) {
        at = imx_ticker_time(&epit->ticker, match);
    }
    ticks_wake_at(epit->host, epit->self, epit->timer, at);
}

static void expired(void *opaque, uint64_t now_ns)
{
    update(opaque, now_ns);
}

static void restart(struct imx_epit *epit, uint32_t from, uint64_t now_ns)
{
    epit->start = from;
    epit->seen = 0;
    epit->ticker.base_ns = now_ns;
    epit->ticker.rate.hz = epit->control & CR_EN ? clock_hz(epit) : 0;
    epit->ticker.rate.divider = CR_PRESCALER(epit->control) + 1;
    update(epit, now_ns);
}

static void clear_registers(struct imx_epit *epit, uint64_t now_ns)
{
    epit->control &= CR_KEPT_BY_SWR;
    epit->load = UINT32_MAX;
    epit->compare = 0;
    epit->status = false;
    restart(epit, UINT32_MAX, now_ns);
}

static void write_control(struct imx_epit *epit, uint32_t value, uint64_t now_ns)
{
    uint32_t old = epit->control, from = count(epit, now_ns);
    set_flag(epit, now_ns);
    epit->control = value & CR_BITS & ~CR_SWR;
    if (value & CR_SWR) {
        clear_registers(epit, now_ns);
        return;
    }
    bool starts = epit->control & ~old & CR_EN;
    restart(epit, starts && (epit->control & CR_ENMOD) ? top(epit) : from, now_ns);
}

/* Started anew at its whole ticks the count would fall behind: only if the value concerns it.
 */
static void write_load(struct imx_epit *epit, uint32_t value, uint64_t now_ns)
{
    if (!(epit->control & (CR_RLD | CR_IOVW))) {
        epit->load = value;
        return;
    }
    uint32_t from = count(epit, now_ns);
    set_flag(epit, now_ns);
    epit->load = value;
    restart(epit, epit->control & CR_IOVW ? value : from, now_ns);
}

static enum el4_mmio_result epit_read(void *state, uint64_t offset, unsigned size,
                                      uint64_t *value, const struct el4_access *access)
{
    struct imx_epit *epit = state;
    uint64_t now_ns = epit->host->now_ns(epit->self);
    *value = 0;
    switch (offset) {
    case REG_CR: *value = epit->control; break;
    case REG_SR:
        set_flag(epit, now_ns);
        *value = epit->status;
        break;
    case REG_LR: *value = epit->load; break;
    case REG_CMPR: *value = epit->compare; break;
    case REG_CNR: *value = count(epit, now_ns); break;
    default: imx_log_unknown(epit->host, epit->self, "read", offset);
    }
    return EL4_MMIO_OK;
}

static enum el4_mmio_result epit_write(void *state, uint64_t offset, unsigned size,
                                       uint64_t value, const struct el4_access *access)
{
    struct imx_epit *epit = state;
    uint64_t now_ns = epit->host->now_ns(epit->self);
    switch (offset) {
    case REG_CR: write_control(epit, (uint32_t)value, now_ns); break;
    case REG_SR:
        set_flag(epit, now_ns);
        epit->status &= !(value & 1);
        update(epit, now_ns);
        break;
    case REG_LR: write_load(epit, (uint32_t)value, now_ns); break;
    case REG_CMPR:
        set_flag(epit, now_ns);
        epit->compare = (uint32_t)value;
        update(epit, now_ns);
        break;
    case REG_CNR: break; /* read only */
    default: imx_log_unknown(epit->host, epit->self, "write", offset);
    }
    return EL4_MMIO_OK;
}

static void epit_wire_changed(void *state, unsigned input, bool level)
{
    struct imx_epit *epit = state;
    if (input < IMX_PERCLK_WIRES) {
        uint64_t now_ns = epit->host->now_ns(epit->self);
        uint32_t from = count(epit, now_ns);
        set_flag(epit, now_ns);
        epit->perclk = (epit->perclk & ~(1u << input)) | (uint32_t)level << input;
        restart(epit, from, now_ns);
    }
}

static void epit_reset(void *state)
{
    struct imx_epit *epit = state;
    epit->control = 0;
    clear_registers(epit, epit->host->now_ns(epit->self));
}

static void *epit_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .bytes = IMX_BLOCK_BYTES,
        .read = epit_read,
        .write = epit_write,
    };
    struct imx_epit *epit = calloc(1, sizeof(*epit));
    if (!epit) {
        host->fail(self, "out of memory");
        return NULL;
    }
    epit->host = host;
    epit->self = self;
    epit->ticker.rate.divider = 1;
    epit->timer = host->timer_new(self, expired, epit);
    if (!host->mmio_declare(self, 0, &mmio)) {
        free(epit);
        return NULL;
    }
    return epit;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = epit_create,
    .destroy = free,
    .reset = epit_reset,
    .wire_changed = epit_wire_changed,
};

EL4_PLUGIN_DEFINE(imx_epit) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "imx-epit",
    .version = "1.0",
    .description = "i.MX periodic interrupt timer (EPIT)",
    .operations = &operations,
};
