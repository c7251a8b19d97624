/* SPDX-License-Identifier: MIT */
/*
 * PL310 (L2C-310) level 2 cache controller r3p2 (Arm DDI 0246). Memory is always coherent here,
 * so there is no cache behind it: maintenance is done as soon as it is asked for, and the
 * registers hold what is written, by those who may write them.
 */
#include <el4/device.h>
#include <stdlib.h>

enum {
    REG_CACHE_ID = 0x000,
    REG_CACHE_TYPE = 0x004,
    REG_CONTROL = 0x100,
    REG_AUX_CONTROL = 0x104,
    REG_TAG_LATENCY = 0x108,
    REG_DATA_LATENCY = 0x10c,
    REG_EVENT_CONTROL = 0x200,
    REG_EVENT_CONFIG1 = 0x204,
    REG_EVENT_CONFIG0 = 0x208,
    REG_EVENT_COUNT1 = 0x20c,
    REG_EVENT_COUNT0 = 0x210,
    REG_INT_MASK = 0x214,
    REG_INT_MASKED = 0x218,
    REG_INT_RAW = 0x21c,
    REG_INT_CLEAR = 0x220,
    REG_MAINTENANCE = 0x700, /* sync, invalidate, clean: 0x730 to 0x7fc */
    REG_MAINTENANCE_END = 0x800,
    REG_LOCKDOWN = 0x900, /* data and instruction, for each of 8 masters */
    REG_LOCKDOWN_END = 0x940,
    REG_LOCK_LINE = 0x950,
    REG_UNLOCK_WAY = 0x954,
    REG_FILTER_START = 0xc00,
    REG_FILTER_END = 0xc04,
    REG_DEBUG = 0xf40,
    REG_PREFETCH = 0xf60,
    REG_POWER = 0xf80,
    REG_END = 0x1000,
};

#define CACHE_ID         0x410000c8u
#define CACHE_TYPE       0x1c000000u
#define AUX_RESET        0x02000000u
#define AUX_SIZE         17 /* bits 19:17: 16 KiB << (n - 1) a way */
#define AUX_16_WAYS      (1u << 16)
#define AUX_NS_LOCKDOWN  (1u << 26)
#define AUX_NS_INTERRUPT (1u << 27)
#define AUX_EARLY_BRESP  (1u << 30)
#define AUX_BITS         0x7fffffffu
#define LATENCY_RESET    0x777u
#define PREFETCH_RESET   0x04000000u
#define LOCKDOWNS        16u
#define DEBUG_SPNIDEN    (1u << 2)
#define POWER_STANDBY    (1u << 0)
#define POWER_GATING     (1u << 1) /* of clocks, dynamically */

/* Words that hold what is written, with their bits and reset values. */
struct word {
    uint32_t offset, bits, reset;
    bool secure_only; /* to write */
};

static const struct word words[] = {
    {REG_TAG_LATENCY, LATENCY_RESET, LATENCY_RESET, true},
    {REG_DATA_LATENCY, LATENCY_RESET, LATENCY_RESET, true},
    {REG_EVENT_CONTROL, 0x1, 0, false},
    {REG_EVENT_CONFIG1, 0x3f, 0, false},
    {REG_EVENT_CONFIG0, 0x3f, 0, false},
    {REG_EVENT_COUNT1, UINT32_MAX, 0, false},
    {REG_EVENT_COUNT0, UINT32_MAX, 0, false},
    {REG_LOCK_LINE, 0x1, 0, false},
    {REG_FILTER_START, 0xfff00001, 0, true},
    {REG_FILTER_END, 0xfff00000, 0, true},
    {REG_DEBUG, 0x3, 0, true},
    {REG_PREFETCH, 0x71e0001f | PREFETCH_RESET, PREFETCH_RESET, true},
    {REG_POWER, 0x3, 0, true},
};

#define WORDS (sizeof(words) / sizeof(words[0]))

struct pl310 {
    const struct el4_host *host;
    struct el4_instance *self;
    uint32_t geometry; /* way size and ways, as in AUX_CONTROL */
    bool firmware_enables;
    bool enabled;
    uint32_t aux;
    uint32_t interrupt_mask;
    uint32_t values[WORDS];
    uint32_t lockdown[LOCKDOWNS];
};

static int find_word(uint32_t offset)
{
    for (unsigned i = 0; i < WORDS; i++) {
        if (words[i].offset == offset) {
            return (int)i;
        }
    }
    return -1;
}

static uint32_t cache_type(const struct pl310 *cache)
{
    uint32_t size = cache->aux >> AUX_SIZE & 7;
    uint32_t ways = cache->aux & AUX_16_WAYS ? 1 : 0;
    return CACHE_TYPE | size << 20 | ways << 18 | size << 8 | ways << 6;
}

static bool is_maintenance(uint32_t offset)
{
    return offset >= REG_MAINTENANCE && offset < REG_MAINTENANCE_END;
}

static uint32_t read_register(struct pl310 *cache, uint32_t offset)
{
    int word = find_word(offset);
    if (word >= 0) {
        return cache->values[word] | (offset == REG_DEBUG ? DEBUG_SPNIDEN : 0);
    }
    if (is_maintenance(offset)) {
        return 0; /* done */
    }
    if (offset >= REG_LOCKDOWN && offset < REG_LOCKDOWN_END) {
        return cache->lockdown[(offset - REG_LOCKDOWN) / 4];
    }
    switch (offset) {
    case REG_CACHE_ID: return CACHE_ID;
    case REG_CACHE_TYPE: return cache_type(cache);
    case REG_CONTROL: return cache->enabled;
    case REG_AUX_CONTROL: return cache->aux;
    case REG_INT_MASK: return cache->interrupt_mask;
    case REG_INT_MASKED:
    case REG_INT_RAW:
    case REG_INT_CLEAR:
    case REG_UNLOCK_WAY: return 0;
    default:
        cache->host->log(cache->self, EL4_LOG_UNIMPLEMENTED, "read of 0x%03x",
                         (unsigned)offset);
        return 0;
    }
}

static enum el4_mmio_result pl310_read(void *state, uint64_t offset, unsigned size,
                                       uint64_t *value, const struct el4_access *access)
{
    *value = read_register(state, (uint32_t)offset);
    return EL4_MMIO_OK;
}

/* Hardware answers DECERR or SLVERR, which is an imprecise abort; here the write is dropped. */
static void refuse(const struct pl310 *cache, uint32_t offset, const char *why)
{
    cache->host->log(cache->self, EL4_LOG_GUEST_ERROR, "write to 0x%03x: %s", (unsigned)offset,
                     why);
}

static void write_word(struct pl310 *cache, unsigned index, uint32_t value, bool secure)
{
    if (words[index].secure_only && !secure) {
        refuse(cache, words[index].offset, "Non-secure software may not");
        return;
    }
    cache->values[index] = value & words[index].bits;
}

static void write_aux(struct pl310 *cache, uint32_t value, bool secure)
{
    if (!secure) {
        refuse(cache, REG_AUX_CONTROL, "Non-secure software may not");
    } else if (cache->enabled) {
        refuse(cache, REG_AUX_CONTROL, "not while the cache is enabled");
    } else {
        cache->aux = value & AUX_BITS;
    }
}

static void write_register(struct pl310 *cache, uint32_t offset, uint32_t value, bool secure)
{
    int word = find_word(offset);
    if (word >= 0) {
        write_word(cache, (unsigned)word, value, secure);
        return;
    }
    if (is_maintenance(offset)) {
        return;
    }
    if (offset >= REG_LOCKDOWN && offset < REG_LOCKDOWN_END) {
        if (secure || (cache->aux & AUX_NS_LOCKDOWN)) {
            cache->lockdown[(offset - REG_LOCKDOWN) / 4] = value & 0xffff;
        }
        return;
    }
    switch (offset) {
    case REG_CONTROL:
        if (secure) {
            cache->enabled = value & 1;
        } else {
            refuse(cache, offset, "Non-secure software may not");
        }
        break;
    case REG_AUX_CONTROL: write_aux(cache, value, secure); break;
    case REG_INT_MASK:
        if (secure || (cache->aux & AUX_NS_INTERRUPT)) {
            cache->interrupt_mask = value & 0x1ff;
        }
        break;
    case REG_INT_CLEAR: break; /* there are none */
    case REG_UNLOCK_WAY:
        for (unsigned i = 0; i < LOCKDOWNS; i++) {
            cache->lockdown[i] &= ~value;
        }
        break;
    default:
        cache->host->log(cache->self, EL4_LOG_UNIMPLEMENTED, "write of 0x%x to 0x%03x", value,
                         (unsigned)offset);
        break;
    }
}

static enum el4_mmio_result pl310_write(void *state, uint64_t offset, unsigned size,
                                        uint64_t value, const struct el4_access *access)
{
    write_register(state, (uint32_t)offset, (uint32_t)value, access->secure);
    return EL4_MMIO_OK;
}

static void pl310_reset(void *state)
{
    struct pl310 *cache = state;
    cache->enabled = false;
    cache->aux = AUX_RESET | cache->geometry;
    cache->interrupt_mask = 0;
    for (unsigned i = 0; i < WORDS; i++) {
        cache->values[i] = words[i].reset;
    }
    for (unsigned i = 0; i < LOCKDOWNS; i++) {
        cache->lockdown[i] = 0;
    }
}

/*
 * A kernel that is started Non-secure could not set these: firmware has. It has enabled the
 * cache, too, unless the kernel is to ask a monitor for that.
 */
static void pl310_firmware_setup(void *state, bool nonsecure)
{
    struct pl310 *cache = state;
    if (nonsecure) {
        cache->aux |= AUX_NS_LOCKDOWN | AUX_NS_INTERRUPT | AUX_EARLY_BRESP;
        cache->values[find_word(REG_POWER)] = POWER_GATING | POWER_STANDBY;
        cache->enabled = cache->firmware_enables;
    }
}

static void *pl310_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = REG_END,
        .read = pl310_read,
        .write = pl310_write,
    };
    struct pl310 *cache = calloc(1, sizeof(*cache));
    if (!cache) {
        host->fail(self, "out of memory");
        return NULL;
    }
    cache->host = host;
    cache->self = self;
    cache->geometry = (uint32_t)(host->config_enum(self, "way-size") + 1) << AUX_SIZE;
    cache->geometry |= host->config_enum(self, "ways") == 1 ? AUX_16_WAYS : 0;
    cache->firmware_enables = host->config_bool(self, "firmware-enables");
    if (!host->mmio_declare(self, 0, &registers)) {
        free(cache);
        return NULL;
    }
    return cache;
}

static const char *const way_sizes[] = {"16K", "32K", "64K", "128K", "256K", "512K", NULL};
static const char *const way_counts[] = {"8", "16", NULL};

static const struct el4_config_key keys[] = {
    {.name = "way-size",
     .type = EL4_CONFIG_ENUM,
     .default_text = "16K",
     .choices = way_sizes,
     .help = "Size of a way, as the registers tell it."},
    {.name = "ways",
     .type = EL4_CONFIG_ENUM,
     .default_text = "8",
     .choices = way_counts,
     .help = "Number of ways, as the registers tell it."},
    {.name = "firmware-enables",
     .type = EL4_CONFIG_BOOL,
     .default_text = "yes",
     .help = "A kernel that is started Non-secure finds it enabled."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "PL310 level 2 cache controller.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = pl310_create,
    .destroy = free,
    .reset = pl310_reset,
    .firmware_setup = pl310_firmware_setup,
};

EL4_PLUGIN_DEFINE(pl310) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "pl310",
    .version = "1.0",
    .description = "Level 2 cache controller (PL310)",
    .schema = &schema,
    .operations = &operations,
};
