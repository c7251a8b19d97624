/* SPDX-License-Identifier: MIT */
/*
 * APBH-Bridge-DMA: the i.MX6UL's DMA controller for the NAND interface (i.MX 6UltraLite
 * reference manual, chapter "AHB-to-APBH Bridge with DMA"). Its registers, clock gate and soft
 * reset are as drivers expect them when they start. No channel runs: the devices that
 * they serve are not there, so a channel that is given commands says so and stays where it is.
 */
#include "../imx-common/imx-registers.h"

enum {
    REG_CTRL0 = 0x000,
    REG_CTRL1 = 0x010,
    REG_CTRL2 = 0x020,
    REG_CHANNEL_CTRL = 0x030,
    REG_BURST_SIZE = 0x050,
    REG_CHANNELS = 0x100, /* the first channel's; each has CHANNEL_BYTES */
    REG_VERSION = 0x800,
};

enum {
    CHANNEL_CURRENT = 0x00,
    CHANNEL_NEXT = 0x10,
    CHANNEL_COMMAND = 0x20,
    CHANNEL_BUFFER = 0x30,
    CHANNEL_SEMAPHORE = 0x40,
    CHANNEL_DEBUG = 0x50, /* and 0x60 */
    CHANNEL_BYTES = 0x70,
};

enum { CHANNELS = 16, OUT_INTERRUPT = 0 };

#define CTRL0_SOFT_RESET  (1u << 31)
#define CTRL0_CLOCK_GATE  (1u << 30)
#define CTRL0_AFTER_RESET (CTRL0_SOFT_RESET | CTRL0_CLOCK_GATE | 1u << 29)

#define SEMAPHORE_INCREMENT 0xffu
#define SEMAPHORE_PHORE_LSB 16
#define CHANNEL_RESET_LSB   16
#define VERSION             0x03010000u

struct imx_apbh {
    const struct el4_host *host;
    struct el4_instance *self;
    uint32_t control; /* CTRL0 */
    uint32_t completion, errors, channel_control, burst_size;
    uint32_t next[CHANNELS];
    uint8_t semaphore[CHANNELS];
};

/* CTRL1 has enables of its low half in its high half; errors interrupt always. */
static void update_interrupt(struct imx_apbh *apbh)
{
    uint32_t pending = (apbh->completion & apbh->completion >> 16) | (apbh->errors & 0xffff);
    apbh->host->wire_set(apbh->self, OUT_INTERRUPT, pending & 0xffff);
}

static void reset_channel(struct imx_apbh *apbh, unsigned channel)
{
    apbh->next[channel] = 0;
    apbh->semaphore[channel] = 0;
}

static void apbh_reset(void *state)
{
    struct imx_apbh *apbh = state;
    apbh->control = CTRL0_AFTER_RESET;
    apbh->completion = 0;
    apbh->errors = 0;
    apbh->channel_control = 0;
    apbh->burst_size = 0x00555555;
    for (unsigned channel = 0; channel < CHANNELS; channel++) {
        reset_channel(apbh, channel);
    }
    update_interrupt(apbh);
}

/* SFTRST resets all, and gates the clock when it is done, which drivers wait for. */
static void write_control(struct imx_apbh *apbh, uint64_t offset, uint32_t value)
{
    uint32_t control = imx_set_clear_toggle(apbh->control, value, offset);
    bool resets = control & ~apbh->control & CTRL0_SOFT_RESET;
    apbh->control = control;
    if (resets) {
        apbh_reset(apbh);
    }
}

static void write_channel_control(struct imx_apbh *apbh, uint64_t offset, uint32_t value)
{
    uint32_t control = imx_set_clear_toggle(apbh->channel_control, value, offset);
    for (unsigned channel = 0; channel < CHANNELS; channel++) {
        if (control >> (CHANNEL_RESET_LSB + channel) & 1) {
            reset_channel(apbh, channel);
        }
    }
    apbh->channel_control = control & 0xffff; /* resets end by themselves */
}

static uint32_t read_channel(const struct imx_apbh *apbh, unsigned channel, unsigned offset)
{
    switch (offset) {
    case CHANNEL_NEXT: return apbh->next[channel];
    case CHANNEL_SEMAPHORE: return (uint32_t)apbh->semaphore[channel] << SEMAPHORE_PHORE_LSB;
    default: return 0; /* nothing was ever executed */
    }
}

static void write_channel(struct imx_apbh *apbh, unsigned channel, unsigned offset,
                          uint32_t value)
{
    switch (offset) {
    case CHANNEL_NEXT: apbh->next[channel] = value; break;
    case CHANNEL_SEMAPHORE:
        apbh->semaphore[channel] += value & SEMAPHORE_INCREMENT;
        if (apbh->semaphore[channel]) {
            apbh->host->log(
                apbh->self, EL4_LOG_UNIMPLEMENTED,
                "channel %u is started: no channel runs, the command at 0x%08x waits", channel,
                (unsigned)apbh->next[channel]);
        }
        break;
    default: break; /* read only */
    }
}

/* The number of the channel that an offset belongs to; CHANNELS: none. */
static unsigned channel_of(uint64_t offset)
{
    uint64_t from_first = offset - REG_CHANNELS;
    return offset >= REG_CHANNELS && from_first < CHANNELS * CHANNEL_BYTES
               ? (unsigned)(from_first / CHANNEL_BYTES)
               : CHANNELS;
}

static unsigned channel_register(uint64_t offset)
{
    return (offset - REG_CHANNELS) % CHANNEL_BYTES & ~0xfu;
}

static enum el4_mmio_result apbh_read(void *state, uint64_t offset, unsigned size,
                                      uint64_t *value, const struct el4_access *access)
{
    struct imx_apbh *apbh = state;
    unsigned channel = channel_of(offset);
    *value = 0;
    if (channel < CHANNELS) {
        *value = read_channel(apbh, channel, channel_register(offset));
        return EL4_MMIO_OK;
    }
    switch (offset & ~UINT64_C(0xf)) {
    case REG_CTRL0: *value = apbh->control; break;
    case REG_CTRL1: *value = apbh->completion; break;
    case REG_CTRL2: *value = apbh->errors; break;
    case REG_CHANNEL_CTRL: *value = apbh->channel_control; break;
    case REG_BURST_SIZE: *value = apbh->burst_size; break;
    case REG_VERSION: *value = VERSION; break;
    default: imx_log_unknown(apbh->host, apbh->self, "read", offset);
    }
    return EL4_MMIO_OK;
}

static enum el4_mmio_result apbh_write(void *state, uint64_t offset, unsigned size,
                                       uint64_t value, const struct el4_access *access)
{
    struct imx_apbh *apbh = state;
    unsigned channel = channel_of(offset);
    uint32_t word = (uint32_t)value;
    if ((offset & ~UINT64_C(0xf)) == REG_CTRL0) {
        write_control(apbh, offset, word);
        return EL4_MMIO_OK;
    }
    if (apbh->control & (CTRL0_SOFT_RESET | CTRL0_CLOCK_GATE)) {
        return EL4_MMIO_OK; /* without a clock nothing is written */
    }
    if (channel < CHANNELS) {
        write_channel(apbh, channel, channel_register(offset), word);
        return EL4_MMIO_OK;
    }
    switch (offset & ~UINT64_C(0xf)) {
    case REG_CTRL1:
        apbh->completion = imx_set_clear_toggle(apbh->completion, word, offset);
        break;
    case REG_CTRL2: apbh->errors = imx_set_clear_toggle(apbh->errors, word, offset); break;
    case REG_CHANNEL_CTRL: write_channel_control(apbh, offset, word); break;
    case REG_BURST_SIZE: apbh->burst_size = word; break;
    case REG_VERSION: break; /* read only */
    default: imx_log_unknown(apbh->host, apbh->self, "write", offset);
    }
    update_interrupt(apbh);
    return EL4_MMIO_OK;
}

static void *apbh_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .bytes = 0x2000,
        .read = apbh_read,
        .write = apbh_write,
    };
    struct imx_apbh *apbh = calloc(1, sizeof(*apbh));
    if (!apbh) {
        host->fail(self, "out of memory");
        return NULL;
    }
    apbh->host = host;
    apbh->self = self;
    if (!host->mmio_declare(self, 0, &mmio)) {
        free(apbh);
        return NULL;
    }
    return apbh;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = apbh_create,
    .destroy = free,
    .reset = apbh_reset,
};

EL4_PLUGIN_DEFINE(imx_apbh) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "imx-apbh",
    .version = "1.0",
    .description = "i.MX DMA controller of the NAND interface (APBH), no channel runs",
    .operations = &operations,
};
