/* SPDX-License-Identifier: MIT */
/*
 * OCOTP: the fuses of the i.MX6UL (i.MX 6UltraLite reference manual, chapter 37), read through
 * their shadow registers or READ_CTRL. Fuses are not blown: a write of one is logged and done
 * to the shadow only, as an override would be. They say: an unlocked chip for 528 MHz, the
 * thermometer's calibration, and two network addresses.
 */
#include "../imx-common/imx-registers.h"

enum {
    REG_CTRL = 0x00,
    REG_TIMING = 0x10,
    REG_DATA = 0x20,
    REG_READ_CTRL = 0x30,
    REG_READ_FUSE_DATA = 0x40,
    REG_SW_STICKY = 0x50,
    REG_SCS = 0x60,
    REG_VERSION = 0x90,
    REG_SHADOW = 0x400,
    REG_SHADOW_END = 0x6d0,  /* banks 0 to 4, and of bank 5 what there is */
    REG_SHADOW_HIGH = 0x800, /* banks 6 and up */
    REG_SHADOW_HIGH_END = 0x900,
    REG_END = 0x900,
};

#define CTRL_ADDRESS    0x7fu
#define CTRL_BUSY       (1u << 8)
#define CTRL_ERROR      (1u << 9)
#define CTRL_RELOAD     (1u << 10)
#define CTRL_UNLOCK     0xffff0000u
#define CTRL_UNLOCK_KEY 0x3e770000u

/* Words: the fuse's number is (offset - 0x400) / 16. */
static const struct imx_reset_value fuses[] = {
    {0x410, 0x454c3401}, {0x420, 0x00000001}, /* unique number */
    {0x440, 0x00010000},                      /* CFG3: speed grade 1, 528 MHz */
    {0x480, 0x00000000},                      /* MEM0: commercial temperature grade */
    {0x4e0, 0x5a052069},                      /* ANA1: counts at 25 and at 105 degrees, 105 */
    {0x620, 0x00123456}, {0x630, 0x34575254}, {0x640, 0x52540012}, /* network addresses */
};

struct imx_ocotp {
    const struct el4_host *host;
    struct el4_instance *self;
    uint32_t registers[REG_END / 16];
};

static bool is_shadow(uint64_t offset)
{
    return (offset >= REG_SHADOW && offset < REG_SHADOW_END) ||
           (offset >= REG_SHADOW_HIGH && offset < REG_SHADOW_HIGH_END);
}

static void load_fuses(struct imx_ocotp *ocotp)
{
    memset(&ocotp->registers[REG_SHADOW / 16], 0,
           (REG_END - REG_SHADOW) / 16 * sizeof(ocotp->registers[0]));
    for (size_t i = 0; i < IMX_COUNT(fuses); i++) {
        ocotp->registers[fuses[i].offset / 16] = fuses[i].value;
    }
}

static enum el4_mmio_result ocotp_read(void *state, uint64_t offset, unsigned size,
                                       uint64_t *value, const struct el4_access *access)
{
    struct imx_ocotp *ocotp = state;
    *value = 0;
    if (offset <= REG_VERSION + 0xf || is_shadow(offset)) {
        *value = ocotp->registers[offset / 16];
    } else {
        imx_log_unknown(ocotp->host, ocotp->self, "read", offset);
    }
    return EL4_MMIO_OK;
}

static void write_control(struct imx_ocotp *ocotp, uint64_t offset, uint32_t value)
{
    uint32_t *control = &ocotp->registers[REG_CTRL / 16];
    *control = imx_set_clear_toggle(*control, value, offset) & ~CTRL_BUSY;
    if (*control & CTRL_RELOAD) {
        *control &= ~CTRL_RELOAD;
        load_fuses(ocotp);
    }
}

/* A write of DATA programs the word that CTRL names, if it was unlocked; a fuse only grows. */
static void program(struct imx_ocotp *ocotp, uint32_t value)
{
    uint32_t *control = &ocotp->registers[REG_CTRL / 16];
    uint32_t offset = REG_SHADOW + (*control & CTRL_ADDRESS) * 16;
    ocotp->registers[REG_DATA / 16] = value;
    if ((*control & CTRL_UNLOCK) != CTRL_UNLOCK_KEY || !is_shadow(offset)) {
        *control |= CTRL_ERROR;
        return;
    }
    *control &= ~CTRL_UNLOCK;
    ocotp->registers[offset / 16] |= value;
    ocotp->host->log(ocotp->self, EL4_LOG_UNIMPLEMENTED,
                     "fuse 0x%03x is programmed: it will be forgotten at the next reset",
                     offset);
}

/* The fuse that READ_CTRL asks for is the one that CTRL names. */
static void read_fuse(struct imx_ocotp *ocotp, uint32_t value)
{
    uint32_t offset = REG_SHADOW + (ocotp->registers[REG_CTRL / 16] & CTRL_ADDRESS) * 16;
    if (value & 1) {
        ocotp->registers[REG_READ_FUSE_DATA / 16] =
            is_shadow(offset) ? ocotp->registers[offset / 16] : 0;
    }
    ocotp->registers[REG_READ_CTRL / 16] = 0;
}

static enum el4_mmio_result ocotp_write(void *state, uint64_t offset, unsigned size,
                                        uint64_t value, const struct el4_access *access)
{
    struct imx_ocotp *ocotp = state;
    switch (offset & ~UINT64_C(0xf)) {
    case REG_CTRL: write_control(ocotp, offset, (uint32_t)value); break;
    case REG_DATA: program(ocotp, (uint32_t)value); break;
    case REG_READ_CTRL: read_fuse(ocotp, (uint32_t)value); break;
    case REG_READ_FUSE_DATA:
    case REG_VERSION: break; /* read only */
    case REG_TIMING:
    case REG_SW_STICKY: ocotp->registers[offset / 16] = (uint32_t)value; break;
    case REG_SCS: {
        uint32_t *scs = &ocotp->registers[REG_SCS / 16];
        *scs = imx_set_clear_toggle(*scs, (uint32_t)value, offset);
        break;
    }
    default:
        if (is_shadow(offset)) {
            ocotp->registers[offset / 16] = (uint32_t)value;
        } else {
            imx_log_unknown(ocotp->host, ocotp->self, "write", offset);
        }
    }
    return EL4_MMIO_OK;
}

static void ocotp_reset(void *state)
{
    struct imx_ocotp *ocotp = state;
    memset(ocotp->registers, 0, sizeof(ocotp->registers));
    ocotp->registers[REG_TIMING / 16] = 0x01461299;
    ocotp->registers[REG_VERSION / 16] = 0x03000000;
    load_fuses(ocotp);
}

static void *ocotp_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .bytes = IMX_BLOCK_BYTES,
        .read = ocotp_read,
        .write = ocotp_write,
    };
    struct imx_ocotp *ocotp = calloc(1, sizeof(*ocotp));
    if (!ocotp) {
        host->fail(self, "out of memory");
        return NULL;
    }
    ocotp->host = host;
    ocotp->self = self;
    if (!host->mmio_declare(self, 0, &mmio)) {
        free(ocotp);
        return NULL;
    }
    return ocotp;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = ocotp_create,
    .destroy = free,
    .reset = ocotp_reset,
};

EL4_PLUGIN_DEFINE(imx_ocotp) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "imx-ocotp",
    .version = "1.0",
    .description = "i.MX6UL fuses (OCOTP)",
    .operations = &operations,
};
