/* SPDX-License-Identifier: MIT */
/*
 * CCM: the clock controller of the i.MX6UL (i.MX 6UltraLite reference manual, chapter 18).
 * Multiplexers, dividers and gates are registers that are read back; no handshake with a
 * divider is ever under way. Only the peripheral clock matters to other devices: its choice
 * (CSCMR1) goes out by wires, IMX_PERCLK_WIRES to each of four timers.
 */
#include "../imx-common/imx-registers.h"
#include "../imx-common/imx-ticker.h"

enum {
    REG_CSR = 0x08,
    REG_CSCMR1 = 0x1c,
    REG_CDHIPR = 0x48,
    REG_CISR = 0x58,
    REG_END = 0x8c,
};

#define CSCMR1_PERCLK_PODF 0x3fu
#define CSCMR1_PERCLK_OSC  (1u << 6)

static const struct imx_reset_value reset_values[] = {
    {0x00, 0x0401167f}, /* CCR */
    {0x08, 0x00000010}, /* CSR: the oscillator is ready */
    {0x0c, 0x00000100}, /* CCSR */
    {0x14, 0x00018d00}, /* CBCDR */
    {0x18, 0x24860324}, /* CBCMR */
    {0x1c, 0x04900080}, /* CSCMR1 */
    {0x20, 0x03192f06}, /* CSCMR2 */
    {0x24, 0x00490b00}, /* CSCDR1 */
    {0x28, 0x0ec102c1}, /* CS1CDR */
    {0x2c, 0x000336c1}, /* CS2CDR */
    {0x30, 0x33f71f92}, /* CDCDR */
    {0x34, 0x000292a4}, /* CHSCCDR */
    {0x38, 0x00029b48}, /* CSCDR2 */
    {0x3c, 0x00014841}, /* CSCDR3 */
    {0x54, 0x00000079}, /* CLPCR */
    {0x5c, 0xffffffff}, /* CIMR */
    {0x60, 0x000a0001}, /* CCOSR */
    {0x64, 0x0000fe62}, /* CGPR */
    {0x68, 0xffffffff}, {0x6c, 0xffffffff}, {0x70, 0xffffffff}, /* CCGR0 to 6 */
    {0x74, 0xffffffff}, {0x78, 0xffffffff}, {0x7c, 0xffffffff},
    {0x80, 0xffffffff}, {0x88, 0xffffffff}, /* CMEOR */
};

struct imx_ccm {
    const struct el4_host *host;
    struct el4_instance *self;
    uint32_t registers[REG_END / 4];
};

static void update_wires(struct imx_ccm *ccm)
{
    uint32_t select = ccm->registers[REG_CSCMR1 / 4];
    uint32_t wires = (select & CSCMR1_PERCLK_OSC ? 1u << IMX_PERCLK_WIRE_SELECT : 0) |
                     (select & CSCMR1_PERCLK_PODF) << IMX_PERCLK_WIRE_DIVIDER;
    for (unsigned i = 0; i < IMX_PERCLK_TIMERS * IMX_PERCLK_WIRES; i++) {
        ccm->host->wire_set(ccm->self, i, wires >> (i % IMX_PERCLK_WIRES) & 1);
    }
}

static enum el4_mmio_result ccm_read(void *state, uint64_t offset, unsigned size,
                                     uint64_t *value, const struct el4_access *access)
{
    struct imx_ccm *ccm = state;
    *value = 0;
    if (offset < REG_END) {
        *value = ccm->registers[offset / 4];
    } else {
        imx_log_unknown(ccm->host, ccm->self, "read", offset);
    }
    return EL4_MMIO_OK;
}

static enum el4_mmio_result ccm_write(void *state, uint64_t offset, unsigned size,
                                      uint64_t value, const struct el4_access *access)
{
    struct imx_ccm *ccm = state;
    switch (offset) {
    case REG_CSR:
    case REG_CDHIPR: break; /* read only */
    case REG_CISR: ccm->registers[offset / 4] &= ~(uint32_t)value; break;
    default:
        if (offset < REG_END) {
            ccm->registers[offset / 4] = (uint32_t)value;
        } else {
            imx_log_unknown(ccm->host, ccm->self, "write", offset);
        }
    }
    if (offset == REG_CSCMR1) {
        update_wires(ccm);
    }
    return EL4_MMIO_OK;
}

static void ccm_reset(void *state)
{
    struct imx_ccm *ccm = state;
    imx_registers_reset(ccm->registers, IMX_COUNT(ccm->registers), reset_values,
                        IMX_COUNT(reset_values));
    update_wires(ccm);
}

static void *ccm_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .bytes = IMX_BLOCK_BYTES,
        .read = ccm_read,
        .write = ccm_write,
    };
    struct imx_ccm *ccm = calloc(1, sizeof(*ccm));
    if (!ccm) {
        host->fail(self, "out of memory");
        return NULL;
    }
    ccm->host = host;
    ccm->self = self;
    if (!host->mmio_declare(self, 0, &mmio)) {
        free(ccm);
        return NULL;
    }
    return ccm;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = ccm_create,
    .destroy = free,
    .reset = ccm_reset,
};

EL4_PLUGIN_DEFINE(imx_ccm) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "imx-ccm",
    .version = "1.0",
    .description = "i.MX6UL clock controller (CCM)",
    .operations = &operations,
};
