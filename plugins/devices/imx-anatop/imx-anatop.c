/* SPDX-License-Identifier: MIT */
/*
 * ANATOP: the analog part of the i.MX6UL, CCM_ANALOG, PMU, TEMPMON and the USB detectors
 * (i.MX 6UltraLite reference manual, chapters 18, 39, 49 and 52). Every register has SET, CLR
 * and TOG addresses after it. PLLs lock and regulators settle when they are switched on; the
 * chip has room temperature.
 */
#include "../imx-common/imx-registers.h"

enum {
    REG_PLL_ARM = 0x000,
    REG_PLL_USB1 = 0x010,
    REG_PLL_USB2 = 0x020,
    REG_PLL_SYS = 0x030,
    REG_PLL_AUDIO = 0x070,
    REG_PLL_VIDEO = 0x0a0,
    REG_PLL_ENET = 0x0e0,
    REG_PFD_480 = 0x0f0,
    REG_PFD_528 = 0x100,
    REG_1P1 = 0x110,
    REG_3P0 = 0x120,
    REG_2P5 = 0x130,
    REG_TEMPSENSE0 = 0x180,
    REG_USB1_DETECT_STATUS = 0x1c0,
    REG_USB2_DETECT_STATUS = 0x220,
    REG_DIGPROG = 0x260,
    REG_END = 0x270,
};

#define PLL_LOCK        (1u << 31)
#define PLL_POWER       (1u << 12) /* the USB PLLs: on; the others: down */
#define PFD_STABLE      0x40404040u
#define REGULATOR_ON    (1u << 0)
#define REGULATOR_OK    (1u << 17)
#define REGULATOR_BO    (1u << 16) /* brown-out */
#define TEMP_POWER_DOWN (1u << 0)
#define TEMP_MEASURE    (1u << 1)
#define TEMP_FINISHED   (1u << 2)
#define TEMP_COUNT      (0xfffu << 8)

/* The count at 25 degrees Celsius that imx-ocotp has as calibration. */
#define ROOM_COUNT 0x5a0u

static const struct imx_reset_value reset_values[] = {
    {REG_PLL_ARM, 0x00013063},    {REG_PLL_USB1, 0x00012000}, {REG_PLL_USB2, 0x00012000},
    {REG_PLL_SYS, 0x00013001},    {0x060, 0x00000012}, /* PLL_SYS_DENOM */
    {REG_PLL_AUDIO, 0x00011006},  {0x080, 0x05f5e100}, /* PLL_AUDIO_NUM */
    {0x090, 0x2964619c},                               /* PLL_AUDIO_DENOM */
    {REG_PLL_VIDEO, 0x0001100c},  {0x0b0, 0x05f5e100}, /* PLL_VIDEO_NUM */
    {0x0c0, 0x10a24447},                               /* PLL_VIDEO_DENOM */
    {REG_PLL_ENET, 0x00011001},   {REG_PFD_480, 0x1311100c},  {REG_PFD_528, 0x1018101b},
    {REG_1P1, 0x00001073},        {REG_3P0, 0x00000f74},      {REG_2P5, 0x00001073},
    {0x140, 0x00482012},                               /* REG_CORE */
    {0x150, 0x04000000},                               /* MISC0 */
    {0x170, 0x00272727},                               /* MISC2 */
    {REG_TEMPSENSE0, 0x00000001}, {0x190, 0x00000001}, /* TEMPSENSE1 */
    {0x1a0, 0x00000004},                               /* USB1_VBUS_DETECT */
    {0x1f0, 0x00000002},                               /* USB1_MISC */
    {0x200, 0x00000004},                               /* USB2_VBUS_DETECT */
    {0x250, 0x00000002},                               /* USB2_MISC */
    {REG_DIGPROG, 0x00640000},                         /* i.MX6UL, revision 1.0 */
};

struct imx_anatop {
    const struct el4_host *host;
    struct el4_instance *self;
    uint32_t registers[REG_END / 16]; /* the ones every 16 bytes */
};

static uint32_t read_register(const struct imx_anatop *anatop, uint32_t offset)
{
    uint32_t value = anatop->registers[offset / 16];
    switch (offset) {
    case REG_PLL_USB1:
    case REG_PLL_USB2: return value & PLL_POWER ? value | PLL_LOCK : value;
    case REG_PLL_ARM:
    case REG_PLL_SYS:
    case REG_PLL_AUDIO:
    case REG_PLL_VIDEO:
    case REG_PLL_ENET: return value & PLL_POWER ? value : value | PLL_LOCK;
    case REG_1P1:
    case REG_3P0:
    case REG_2P5: return value & REGULATOR_ON ? value | REGULATOR_OK : value;
    case REG_TEMPSENSE0:
        return value & TEMP_MEASURE && !(value & TEMP_POWER_DOWN)
                   ? value | TEMP_FINISHED | ROOM_COUNT << 8
                   : value;
    default: return value;
    }
}

static uint32_t read_only_bits(uint32_t offset)
{
    switch (offset) {
    case REG_PLL_ARM:
    case REG_PLL_USB1:
    case REG_PLL_USB2:
    case REG_PLL_SYS:
    case REG_PLL_AUDIO:
    case REG_PLL_VIDEO:
    case REG_PLL_ENET: return PLL_LOCK;
    case REG_PFD_480:
    case REG_PFD_528: return PFD_STABLE;
    case REG_1P1:
    case REG_3P0:
    case REG_2P5: return REGULATOR_OK | REGULATOR_BO;
    case REG_TEMPSENSE0: return TEMP_FINISHED | TEMP_COUNT;
    case REG_USB1_DETECT_STATUS:
    case REG_USB2_DETECT_STATUS:
    case REG_DIGPROG: return UINT32_MAX;
    default: return 0;
    }
}

static enum el4_mmio_result anatop_read(void *state, uint64_t offset, unsigned size,
                                        uint64_t *value, const struct el4_access *access)
{
    struct imx_anatop *anatop = state;
    *value = 0;
    if (offset < REG_END) {
        *value = read_register(anatop, (uint32_t)offset & ~0xfu);
    } else {
        imx_log_unknown(anatop->host, anatop->self, "read", offset);
    }
    return EL4_MMIO_OK;
}

static enum el4_mmio_result anatop_write(void *state, uint64_t offset, unsigned size,
                                         uint64_t value, const struct el4_access *access)
{
    struct imx_anatop *anatop = state;
    if (offset >= REG_END) {
        imx_log_unknown(anatop->host, anatop->self, "write", offset);
        return EL4_MMIO_OK;
    }
    uint32_t *target = &anatop->registers[offset / 16];
    uint32_t fixed = read_only_bits((uint32_t)offset & ~0xfu);
    uint32_t next = imx_set_clear_toggle(*target, (uint32_t)value, offset);
    *target = (*target & fixed) | (next & ~fixed);
    return EL4_MMIO_OK;
}

static void anatop_reset(void *state)
{
    struct imx_anatop *anatop = state;
    memset(anatop->registers, 0, sizeof(anatop->registers));
    for (size_t i = 0; i < IMX_COUNT(reset_values); i++) {
        anatop->registers[reset_values[i].offset / 16] = reset_values[i].value;
    }
}

/* What the boot ROM leaves: the PLLs of the CPU, the memory and UARTs run. */
static void anatop_firmware_setup(void *state, bool nonsecure)
{
    struct imx_anatop *anatop = state;
    anatop->registers[REG_PLL_ARM / 16] = 0x00002042;
    anatop->registers[REG_PLL_SYS / 16] = 0x00002001;
    anatop->registers[REG_PLL_USB1 / 16] = 0x00003000;
}

static void *anatop_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .bytes = 0x1000, /* the USB PHYs follow */
        .read = anatop_read,
        .write = anatop_write,
    };
    struct imx_anatop *anatop = calloc(1, sizeof(*anatop));
    if (!anatop) {
        host->fail(self, "out of memory");
        return NULL;
    }
    anatop->host = host;
    anatop->self = self;
    if (!host->mmio_declare(self, 0, &mmio)) {
        free(anatop);
        return NULL;
    }
    return anatop;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = anatop_create,
    .destroy = free,
    .reset = anatop_reset,
    .firmware_setup = anatop_firmware_setup,
};

EL4_PLUGIN_DEFINE(imx_anatop) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "imx-anatop",
    .version = "1.0",
    .description = "i.MX6UL analog block: PLLs, regulators, thermometer",
    .operations = &operations,
};
