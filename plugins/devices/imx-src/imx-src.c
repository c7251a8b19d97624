/* SPDX-License-Identifier: MIT */
/*
 * SRC: the reset controller of the i.MX6UL (i.MX 6UltraLite reference manual, chapter 51).
 * Reset requests for blocks are done at once. The reset status says power-on, or watchdog if
 * input 0 was raised before the system reset.
 */
#include "../imx-common/imx-registers.h"

enum {
    REG_SCR = 0x00,
    REG_SBMR1 = 0x04,
    REG_SRSR = 0x08,
    REG_SISR = 0x14,
    REG_SIMR = 0x18,
    REG_SBMR2 = 0x1c,
    REG_GPR1 = 0x20,
    REG_END = 0x48,
};

/* SCR: requests that clear themselves when the block has been reset. */
#define SCR_CORE0_RST     (1u << 13)
#define SCR_CORE0_DBG_RST (1u << 17)
#define SCR_CORES_DBG_RST (1u << 21)
#define SCR_SELF_CLEARING                                                                      \
    (0x1eu | 1u << 12 | SCR_CORE0_RST | SCR_CORE0_DBG_RST | SCR_CORES_DBG_RST)

#define SRSR_POWER_ON (1u << 0)
#define SRSR_WATCHDOG (1u << 4)

static const struct imx_reset_value reset_values[] = {
    {REG_SCR, 0x00000521},
    {REG_SIMR, 0x0000001f},
    {REG_SBMR2, 0x02000000}, /* boots from what SBMR1 says */
};

struct imx_src {
    const struct el4_host *host;
    struct el4_instance *self;
    bool watchdog_fired;
    uint32_t registers[REG_END / 4];
};

static enum el4_mmio_result src_read(void *state, uint64_t offset, unsigned size,
                                     uint64_t *value, const struct el4_access *access)
{
    struct imx_src *src = state;
    *value = 0;
    if (offset < REG_END) {
        *value = src->registers[offset / 4];
    } else {
        imx_log_unknown(src->host, src->self, "read", offset);
    }
    return EL4_MMIO_OK;
}

static void write_control(struct imx_src *src, uint32_t value)
{
    if (value & SCR_CORE0_RST) {
        src->host->log(src->self, EL4_LOG_UNIMPLEMENTED, "reset of the core alone (SCR)");
    }
    src->registers[REG_SCR / 4] = value & ~SCR_SELF_CLEARING;
}

static enum el4_mmio_result src_write(void *state, uint64_t offset, unsigned size,
                                      uint64_t value, const struct el4_access *access)
{
    struct imx_src *src = state;
    switch (offset) {
    case REG_SCR: write_control(src, (uint32_t)value); break;
    case REG_SBMR1:
    case REG_SBMR2: break; /* straps and fuses */
    case REG_SRSR:
    case REG_SISR: src->registers[offset / 4] &= ~(uint32_t)value; break;
    default:
        if (offset == REG_SIMR || (offset >= REG_GPR1 && offset < REG_END)) {
            src->registers[offset / 4] = (uint32_t)value;
        } else {
            imx_log_unknown(src->host, src->self, "write", offset);
        }
    }
    return EL4_MMIO_OK;
}

static void src_wire_changed(void *state, unsigned input, bool level)
{
    struct imx_src *src = state;
    src->watchdog_fired |= level;
}

static void src_reset(void *state)
{
    struct imx_src *src = state;
    imx_registers_reset(src->registers, IMX_COUNT(src->registers), reset_values,
                        IMX_COUNT(reset_values));
    src->registers[REG_SRSR / 4] = src->watchdog_fired ? SRSR_WATCHDOG : SRSR_POWER_ON;
    src->watchdog_fired = false;
}

static void *src_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .bytes = IMX_BLOCK_BYTES,
        .read = src_read,
        .write = src_write,
    };
    struct imx_src *src = calloc(1, sizeof(*src));
    if (!src) {
        host->fail(self, "out of memory");
        return NULL;
    }
    src->host = host;
    src->self = self;
    if (!host->mmio_declare(self, 0, &mmio)) {
        free(src);
        return NULL;
    }
    return src;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = src_create,
    .destroy = free,
    .reset = src_reset,
    .wire_changed = src_wire_changed,
};

EL4_PLUGIN_DEFINE(imx_src) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "imx-src",
    .version = "1.0",
    .description = "i.MX reset controller (SRC)",
    .operations = &operations,
};
