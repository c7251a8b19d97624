/* SPDX-License-Identifier: MIT */
/*
 * System registers of the Versatile Express motherboard (Arm DUI 0447, chapter 4) in the memory
 * map of the newer daughterboards: identification, counters, flags, and the configuration bus
 * by which software sets oscillators, restarts the board and switches it off.
 */
#include <el4/device.h>
#include <stdlib.h>

enum {
    REG_ID = 0x00,
    REG_SW = 0x04,
    REG_LED = 0x08,
    REG_100HZ = 0x24,
    REG_FLAGS = 0x30, /* a write sets */
    REG_FLAGS_CLEAR = 0x34,
    REG_NVFLAGS = 0x38,
    REG_NVFLAGS_CLEAR = 0x3c,
    REG_MCI = 0x48,
    REG_FLASH = 0x4c,
    REG_CFGSW = 0x58,
    REG_24MHZ = 0x5c,
    REG_MISC = 0x60,
    REG_DMA = 0x64,
    REG_PROCID0 = 0x84,
    REG_PROCID1 = 0x88,
    REG_CFGDATA = 0xa0,
    REG_CFGCTRL = 0xa4,
    REG_CFGSTAT = 0xa8,
    REG_END = 0x1000,
};

/* SYS_CFGCTRL. */
#define CFG_START             (1u << 31)
#define CFG_WRITE             (1u << 30)
#define CFG_DCC(control)      ((control) >> 26 & 0xf)
#define CFG_FUNCTION(control) ((control) >> 20 & 0x3f)
#define CFG_SITE(control)     ((control) >> 16 & 3)
#define CFG_POSITION(control) ((control) >> 12 & 0xf)
#define CFG_DEVICE(control)   ((control)&0xfff)
#define CFG_COMPLETE          (1u << 0)
#define CFG_ERROR             (1u << 1)

enum function {
    FUNCTION_OSCILLATOR = 1,
    FUNCTION_VOLTAGE = 2,
    FUNCTION_RESET = 5,
    FUNCTION_MUXFPGA = 7,
    FUNCTION_SHUTDOWN = 8,
    FUNCTION_REBOOT = 9,
    FUNCTION_DVIMODE = 11,
};

enum { SITE_MOTHERBOARD, SITE_DAUGHTERBOARD, SITES };

#define OSCILLATORS_MAX 16u
#define MICROVOLTS_VIO  3300000u
#define NS_PER_100HZ    10000000u

struct vexpress_sysreg {
    const struct el4_host *host;
    struct el4_instance *self;
    uint64_t start_ns; /* of the counters */
    uint32_t led, flags, flash, cfgsw, dma, cfgdata, cfgctrl, cfgstat;
    uint32_t nvflags; /* outlive a reset */
    uint32_t muxfpga, dvimode;
    uint32_t oscillators[SITES][OSCILLATORS_MAX];
    uint32_t oscillators_at_reset[SITES][OSCILLATORS_MAX];
    unsigned oscillator_count[SITES];
};

static uint32_t number(const struct vexpress_sysreg *sysreg, const char *key)
{
    return (uint32_t)sysreg->host->config_uint(sysreg->self, key);
}

/* ---- configuration bus ---- */

static uint32_t *find_oscillator(struct vexpress_sysreg *sysreg, uint32_t control)
{
    unsigned site = CFG_SITE(control), device = CFG_DEVICE(control);
    return site < SITES && device < sysreg->oscillator_count[site]
               ? &sysreg->oscillators[site][device]
               : NULL;
}

static bool configure_read(struct vexpress_sysreg *sysreg, uint32_t control)
{
    unsigned site = CFG_SITE(control), device = CFG_DEVICE(control);
    switch (CFG_FUNCTION(control)) {
    case FUNCTION_OSCILLATOR: {
        const uint32_t *oscillator = find_oscillator(sysreg, control);
        sysreg->cfgdata = oscillator ? *oscillator : sysreg->cfgdata;
        return oscillator;
    }
    case FUNCTION_VOLTAGE:
        sysreg->cfgdata =
            site == SITE_MOTHERBOARD ? MICROVOLTS_VIO : number(sysreg, "core-microvolts");
        return site < SITES && device == 0;
    case FUNCTION_MUXFPGA: sysreg->cfgdata = sysreg->muxfpga; return device == 0;
    case FUNCTION_DVIMODE: sysreg->cfgdata = sysreg->dvimode; return device == 0;
    default: return false;
    }
}

static bool configure_write(struct vexpress_sysreg *sysreg, uint32_t control)
{
    bool is_board = CFG_SITE(control) == SITE_MOTHERBOARD && CFG_DEVICE(control) == 0;
    if (CFG_FUNCTION(control) == FUNCTION_OSCILLATOR) {
        uint32_t *oscillator = find_oscillator(sysreg, control);
        if (oscillator) {
            *oscillator = sysreg->cfgdata; /* nothing runs faster or slower for it */
        }
        return oscillator;
    }
    if (!is_board) {
        return false;
    }
    switch (CFG_FUNCTION(control)) {
    case FUNCTION_MUXFPGA: sysreg->muxfpga = sysreg->cfgdata; return true;
    case FUNCTION_DVIMODE: sysreg->dvimode = sysreg->cfgdata; return true;
    case FUNCTION_SHUTDOWN:
        sysreg->host->system_event(sysreg->self, EL4_SYSTEM_OFF);
        return true;
    case FUNCTION_RESET:
    case FUNCTION_REBOOT:
        sysreg->host->system_event(sysreg->self, EL4_SYSTEM_RESET);
        return true;
    default: return false;
    }
}

static void write_cfgctrl(struct vexpress_sysreg *sysreg, uint32_t control)
{
    sysreg->cfgctrl = control & ~CFG_START;
    if (!(control & CFG_START)) {
        return;
    }
    bool first_board = CFG_DCC(control) == 0 && CFG_POSITION(control) == 0;
    bool done = first_board && (control & CFG_WRITE ? configure_write(sysreg, control)
                                                    : configure_read(sysreg, control));
    sysreg->cfgstat = CFG_COMPLETE | (done ? 0 : CFG_ERROR);
    if (!done) {
        sysreg->host->log(sysreg->self, EL4_LOG_UNIMPLEMENTED,
                          "%s of function %u, device %u of site %u",
                          control & CFG_WRITE ? "write" : "read", CFG_FUNCTION(control),
                          CFG_DEVICE(control), CFG_SITE(control));
    }
}

/* ---- registers ---- */

static uint64_t since_reset(const struct vexpress_sysreg *sysreg)
{
    return sysreg->host->now_ns(sysreg->self) - sysreg->start_ns;
}

static uint32_t read_register(struct vexpress_sysreg *sysreg, uint64_t offset)
{
    switch (offset) {
    case REG_ID: return number(sysreg, "id");
    case REG_SW: return 0;
    case REG_LED: return sysreg->led;
    case REG_100HZ: return (uint32_t)(since_reset(sysreg) / NS_PER_100HZ);
    case REG_FLAGS: return sysreg->flags;
    case REG_NVFLAGS: return sysreg->nvflags;
    case REG_FLAGS_CLEAR:
    case REG_NVFLAGS_CLEAR: return 0;
    case REG_MCI: /* no card */
    case REG_MISC: return 0;
    case REG_FLASH: return sysreg->flash;
    case REG_CFGSW: return sysreg->cfgsw;
    case REG_24MHZ: /* 24 MHz are 3 ticks in 125 ns */
        return (uint32_t)((unsigned __int128)since_reset(sysreg) * 3 / 125);
    case REG_DMA: return sysreg->dma;
    case REG_PROCID0: return number(sysreg, "procid0");
    case REG_PROCID1: return number(sysreg, "procid1");
    case REG_CFGDATA: return sysreg->cfgdata;
    case REG_CFGCTRL: return sysreg->cfgctrl;
    case REG_CFGSTAT: return sysreg->cfgstat;
    default:
        sysreg->host->log(sysreg->self, EL4_LOG_UNIMPLEMENTED, "read of 0x%03x",
                          (unsigned)offset);
        return 0;
    }
}

static enum el4_mmio_result vexpress_sysreg_read(void *state, uint64_t offset, unsigned size,
                                                 uint64_t *value,
                                                 const struct el4_access *access)
{
    *value = read_register(state, offset);
    return EL4_MMIO_OK;
}

static enum el4_mmio_result vexpress_sysreg_write(void *state, uint64_t offset, unsigned size,
                                                  uint64_t value,
                                                  const struct el4_access *access)
{
    struct vexpress_sysreg *sysreg = state;
    uint32_t word = (uint32_t)value;
    switch (offset) {
    case REG_LED: sysreg->led = word & 0xff; break;
    case REG_FLAGS: sysreg->flags |= word; break;
    case REG_FLAGS_CLEAR: sysreg->flags &= ~word; break;
    case REG_NVFLAGS: sysreg->nvflags |= word; break;
    case REG_NVFLAGS_CLEAR: sysreg->nvflags &= ~word; break;
    case REG_MCI: break;
    case REG_FLASH: sysreg->flash = word & 1; break; /* the write enable of flash */
    case REG_CFGSW: sysreg->cfgsw = word; break;
    case REG_MISC: break; /* which daughterboard is master: not for software to choose */
    case REG_DMA: sysreg->dma = word; break;
    case REG_CFGDATA: sysreg->cfgdata = word; break;
    case REG_CFGCTRL: write_cfgctrl(sysreg, word); break;
    case REG_CFGSTAT: sysreg->cfgstat = word & (CFG_COMPLETE | CFG_ERROR); break;
    case REG_ID:
    case REG_SW:
    case REG_100HZ:
    case REG_24MHZ:
    case REG_PROCID0:
    case REG_PROCID1: break;
    default:
        sysreg->host->log(sysreg->self, EL4_LOG_UNIMPLEMENTED, "write of 0x%x to 0x%03x", word,
                          (unsigned)offset);
        break;
    }
    return EL4_MMIO_OK;
}

static void vexpress_sysreg_reset(void *state)
{
    struct vexpress_sysreg *sysreg = state;
    sysreg->start_ns = sysreg->host->now_ns(sysreg->self);
    sysreg->led = 0;
    sysreg->flags = 0;
    sysreg->flash = 0;
    sysreg->cfgsw = 0;
    sysreg->dma = 0;
    sysreg->cfgdata = 0;
    sysreg->cfgctrl = 0;
    sysreg->cfgstat = 0;
    sysreg->muxfpga = 0;
    sysreg->dvimode = 0;
    for (unsigned i = 0; i < SITES * OSCILLATORS_MAX; i++) {
        unsigned site = i / OSCILLATORS_MAX, device = i % OSCILLATORS_MAX;
        sysreg->oscillators[site][device] = sysreg->oscillators_at_reset[site][device];
    }
}

/* ---- instance ---- */

static bool read_oscillators(struct vexpress_sysreg *sysreg, unsigned site, const char *key)
{
    const char *word;
    for (unsigned i = 0; (word = sysreg->host->config_list(sysreg->self, key, i)); i++) {
        char *end;
        unsigned long long hz = strtoull(word, &end, 0);
        if (*word < '0' || *word > '9' || *end || hz > UINT32_MAX || i >= OSCILLATORS_MAX) {
            sysreg->host->fail(sysreg->self, "%s: up to %u frequencies in Hz, not '%s'", key,
                               OSCILLATORS_MAX, word);
            return false;
        }
        sysreg->oscillators_at_reset[site][i] = (uint32_t)hz;
        sysreg->oscillator_count[site] = i + 1;
    }
    return true;
}

static void *vexpress_sysreg_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = REG_END,
        .read = vexpress_sysreg_read,
        .write = vexpress_sysreg_write,
    };
    struct vexpress_sysreg *sysreg = calloc(1, sizeof(*sysreg));
    if (!sysreg) {
        host->fail(self, "out of memory");
        return NULL;
    }
    sysreg->host = host;
    sysreg->self = self;
    if (!read_oscillators(sysreg, SITE_MOTHERBOARD, "motherboard-clocks") ||
        !read_oscillators(sysreg, SITE_DAUGHTERBOARD, "daughterboard-clocks") ||
        !host->mmio_declare(self, 0, &registers)) {
        free(sysreg);
        return NULL;
    }
    return sysreg;
}

static const struct el4_config_key keys[] = {
    {.name = "id",
     .type = EL4_CONFIG_UINT,
     .default_text = "0x1190f500",
     .max = UINT32_MAX,
     .help = "SYS_ID: the motherboard, HBI0190."},
    {.name = "procid0",
     .type = EL4_CONFIG_UINT,
     .default_text = "0x14000237",
     .max = UINT32_MAX,
     .help = "SYS_PROCID0: the daughterboard on site 1."},
    {.name = "procid1",
     .type = EL4_CONFIG_UINT,
     .default_text = "0xff000000",
     .max = UINT32_MAX,
     .help = "SYS_PROCID1: the daughterboard on site 2; 0xff in its upper byte: none."},
    {.name = "motherboard-clocks",
     .type = EL4_CONFIG_LIST,
     .default_text = "50000000, 23750000, 24000000",
     .help = "The motherboard's oscillators in Hz."},
    {.name = "daughterboard-clocks",
     .type = EL4_CONFIG_LIST,
     .default_text = "",
     .help = "The oscillators of the daughterboard on site 1, in Hz."},
    {.name = "core-microvolts",
     .type = EL4_CONFIG_UINT,
     .default_text = "900000",
     .max = UINT32_MAX,
     .help = "The voltage of the daughterboard's cores."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "System registers of the Versatile Express motherboard.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = vexpress_sysreg_create,
    .destroy = free,
    .reset = vexpress_sysreg_reset,
};

EL4_PLUGIN_DEFINE(vexpress_sysreg) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "vexpress-sysreg",
    .version = "1.0",
    .description = "System registers of the Versatile Express motherboard",
    .schema = &schema,
    .operations = &operations,
};
