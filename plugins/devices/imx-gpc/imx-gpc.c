/* SPDX-License-Identifier: MIT */
/*
 * GPC: the power controller of the i.MX6UL (i.MX 6UltraLite reference manual, chapter 27). All
 * shared interrupts pass through it to the GIC: input and output n are shared interrupt n. Its
 * masks only say what would wake the chip from a low-power mode, and so stop nothing here.
 * Power domains do as they are told at once.
 */
#include "../imx-common/imx-registers.h"

enum {
    REG_CNTR = 0x000,
    REG_PGR = 0x004,
    REG_IMR1 = 0x008,
    REG_ISR1 = 0x018,
    REG_ISR_END = 0x028,
    REG_PGC = 0x220, /* domain MEGA, then CPU at 0x2a0 */
    REG_PGC_END = 0x2b0,
};

enum { SOURCES = 128 };

static const struct imx_reset_value reset_values[] = {
    {REG_CNTR, 0x00520000}, {0x224, 0x00000f01}, {0x228, 0x00000101},
    {0x2a4, 0x00000f01},    {0x2a8, 0x00000101},
};

struct imx_gpc {
    const struct el4_host *host;
    struct el4_instance *self;
    uint32_t levels[SOURCES / 32];
    uint32_t registers[REG_PGC_END / 4];
};

static bool is_modelled(uint64_t offset)
{
    return offset < REG_ISR_END || (offset >= REG_PGC && offset < REG_PGC_END);
}

static enum el4_mmio_result gpc_read(void *state, uint64_t offset, unsigned size,
                                     uint64_t *value, const struct el4_access *access)
{
    struct imx_gpc *gpc = state;
    *value = 0;
    if (!is_modelled(offset)) {
        imx_log_unknown(gpc->host, gpc->self, "read", offset);
    } else if (offset >= REG_ISR1 && offset < REG_ISR_END) {
        *value = gpc->levels[(offset - REG_ISR1) / 4];
    } else {
        *value = gpc->registers[offset / 4];
    }
    return EL4_MMIO_OK;
}

static enum el4_mmio_result gpc_write(void *state, uint64_t offset, unsigned size,
                                      uint64_t value, const struct el4_access *access)
{
    struct imx_gpc *gpc = state;
    if (!is_modelled(offset)) {
        imx_log_unknown(gpc->host, gpc->self, "write", offset);
    } else if (offset < REG_ISR1 || offset >= REG_PGC) {
        gpc->registers[offset / 4] = (uint32_t)value;
    }
    return EL4_MMIO_OK;
}

static void gpc_wire_changed(void *state, unsigned input, bool level)
{
    struct imx_gpc *gpc = state;
    if (input < SOURCES) {
        uint32_t bit = 1u << (input % 32);
        gpc->levels[input / 32] = (gpc->levels[input / 32] & ~bit) | (level ? bit : 0);
        gpc->host->wire_set(gpc->self, input, level);
    }
}

/* The inputs keep their levels: they are other devices' to change. */
static void gpc_reset(void *state)
{
    struct imx_gpc *gpc = state;
    imx_registers_reset(gpc->registers, IMX_COUNT(gpc->registers), reset_values,
                        IMX_COUNT(reset_values));
    for (unsigned i = 0; i < SOURCES; i++) {
        gpc->host->wire_set(gpc->self, i, gpc->levels[i / 32] >> (i % 32) & 1);
    }
}

static void *gpc_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .bytes = IMX_BLOCK_BYTES,
        .read = gpc_read,
        .write = gpc_write,
    };
    struct imx_gpc *gpc = calloc(1, sizeof(*gpc));
    if (!gpc) {
        host->fail(self, "out of memory");
        return NULL;
    }
    gpc->host = host;
    gpc->self = self;
    if (!host->mmio_declare(self, 0, &mmio)) {
        free(gpc);
        return NULL;
    }
    return gpc;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = gpc_create,
    .destroy = free,
    .reset = gpc_reset,
    .wire_changed = gpc_wire_changed,
};

EL4_PLUGIN_DEFINE(imx_gpc) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "imx-gpc",
    .version = "1.0",
    .description = "i.MX power controller (GPC)",
    .operations = &operations,
};
