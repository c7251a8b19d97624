/* SPDX-License-Identifier: MIT */
/*
 * IOMUXC and its general purpose registers (i.MX 6UltraLite reference manual, chapter 32).
 * Nothing is multiplexed, so that all registers just keep what is written. Reset values are
 * those of ordinary pads (GPIO, keeper enabled); the few that differ are not told apart.
 */
#include "../imx-common/imx-registers.h"

enum {
    MUX_FIRST = 0x014, /* SW_MUX_CTL: boot mode pins first, NAND and CSI last */
    MUX_END = 0x204,
    PAD_FIRST = 0x2a0, /* SW_PAD_CTL; those of the memory lie before */
    PAD_END = 0x490,
    PINS_END = 0x650,
    GPR1 = 0x04,
    GPR_END = 0x3c, /* GPR0 to GPR14 */
};

#define MUX_GPIO     0x5u
#define PAD_ORDINARY 0x10b0u
#define GPR1_RESET   0x0f400005u

struct imx_iomuxc {
    const struct el4_host *host;
    struct el4_instance *self;
    uint32_t pins[PINS_END / 4];
    uint32_t general[GPR_END / 4];
};

static enum el4_mmio_result pins_read(void *state, uint64_t offset, unsigned size,
                                      uint64_t *value, const struct el4_access *access)
{
    struct imx_iomuxc *iomuxc = state;
    *value = 0;
    if (offset < PINS_END) {
        *value = iomuxc->pins[offset / 4];
    } else {
        imx_log_unknown(iomuxc->host, iomuxc->self, "read", offset);
    }
    return EL4_MMIO_OK;
}

static enum el4_mmio_result pins_write(void *state, uint64_t offset, unsigned size,
                                       uint64_t value, const struct el4_access *access)
{
    struct imx_iomuxc *iomuxc = state;
    if (offset < PINS_END) {
        iomuxc->pins[offset / 4] = (uint32_t)value;
    } else {
        imx_log_unknown(iomuxc->host, iomuxc->self, "write", offset);
    }
    return EL4_MMIO_OK;
}

static enum el4_mmio_result general_read(void *state, uint64_t offset, unsigned size,
                                         uint64_t *value, const struct el4_access *access)
{
    struct imx_iomuxc *iomuxc = state;
    *value = 0;
    if (offset < GPR_END) {
        *value = iomuxc->general[offset / 4];
    } else {
        imx_log_unknown(iomuxc->host, iomuxc->self, "read of GPR", offset);
    }
    return EL4_MMIO_OK;
}

static enum el4_mmio_result general_write(void *state, uint64_t offset, unsigned size,
                                          uint64_t value, const struct el4_access *access)
{
    struct imx_iomuxc *iomuxc = state;
    if (offset < GPR_END) {
        iomuxc->general[offset / 4] = (uint32_t)value;
    } else {
        imx_log_unknown(iomuxc->host, iomuxc->self, "write of GPR", offset);
    }
    return EL4_MMIO_OK;
}

static void iomuxc_reset(void *state)
{
    struct imx_iomuxc *iomuxc = state;
    memset(iomuxc->pins, 0, sizeof(iomuxc->pins));
    memset(iomuxc->general, 0, sizeof(iomuxc->general));
    for (unsigned offset = MUX_FIRST; offset < MUX_END; offset += 4) {
        iomuxc->pins[offset / 4] = MUX_GPIO;
    }
    for (unsigned offset = PAD_FIRST; offset < PAD_END; offset += 4) {
        iomuxc->pins[offset / 4] = PAD_ORDINARY;
    }
    iomuxc->general[GPR1 / 4] = GPR1_RESET;
}

static void *iomuxc_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio pins = {
        .struct_size = sizeof(pins),
        .bytes = IMX_BLOCK_BYTES,
        .read = pins_read,
        .write = pins_write,
    };
    static const struct el4_mmio general = {
        .struct_size = sizeof(general),
        .name = "iomuxc-gpr",
        .bytes = IMX_BLOCK_BYTES,
        .read = general_read,
        .write = general_write,
    };
    struct imx_iomuxc *iomuxc = calloc(1, sizeof(*iomuxc));
    if (!iomuxc) {
        host->fail(self, "out of memory");
        return NULL;
    }
    iomuxc->host = host;
    iomuxc->self = self;
    if (!host->mmio_declare(self, 0, &pins) || !host->mmio_declare(self, 1, &general)) {
        free(iomuxc);
        return NULL;
    }
    return iomuxc;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = iomuxc_create,
    .destroy = free,
    .reset = iomuxc_reset,
};

EL4_PLUGIN_DEFINE(imx_iomuxc) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "imx-iomuxc",
    .version = "1.0",
    .description = "i.MX6UL pin controller and general purpose registers",
    .operations = &operations,
};
