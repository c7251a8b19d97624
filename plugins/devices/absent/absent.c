/* SPDX-License-Identifier: MIT */
/*
 * A block that a board has and el4 does not model, but that its kernels touch: it reads as
 * zero, but for the constants that its configuration names, and writes are ignored. The first
 * access is logged, so that nobody takes it for more.
 */
#include <el4/device.h>
#include <errno.h>
#include <stdlib.h>

#define CONSTANTS_MAX 16u

struct absent {
    const struct el4_host *host;
    struct el4_instance *self;
    bool was_touched;
    unsigned constant_count;
    struct {
        uint32_t offset, value; /* of a word of 32 bits */
    } constants[CONSTANTS_MAX];
};

static void note(struct absent *absent, const char *access, uint64_t offset)
{
    if (!absent->was_touched) {
        absent->was_touched = true;
        absent->host->log(absent->self, EL4_LOG_UNIMPLEMENTED,
                          "%s at 0x%x: %s is not modelled; it %s", access, (unsigned)offset,
                          absent->host->config_string(absent->self, "what"),
                          absent->constant_count ? "does nothing" : "reads as zero");
    }
}

static enum el4_mmio_result absent_read(void *state, uint64_t offset, unsigned size,
                                        uint64_t *value, const struct el4_access *access)
{
    const struct absent *absent = state;
    note(state, "read", offset);
    *value = 0;
    for (unsigned i = 0; i < absent->constant_count; i++) {
        for (unsigned byte = 0; byte < 4; byte++) {
            uint64_t at = absent->constants[i].offset + (uint64_t)byte - offset;
            if (at < size) {
                *value |= (uint64_t)(absent->constants[i].value >> 8 * byte & 0xff) << 8 * at;
            }
        }
    }
    return EL4_MMIO_OK;
}

static enum el4_mmio_result absent_write(void *state, uint64_t offset, unsigned size,
                                         uint64_t value, const struct el4_access *access)
{
    note(state, "write", offset);
    return EL4_MMIO_OK;
}

static void absent_reset(void *state)
{
}

/* "OFFSET=VALUE", both of 32 bits; the offset a multiple of 4. */
static bool parse_constant(const char *word, uint32_t *offset, uint32_t *value)
{
    char *end;
    errno = 0;
    unsigned long long first = strtoull(word, &end, 0);
    if (errno || end == word || *end != '=' || first > UINT32_MAX || first % 4) {
        return false;
    }
    const char *text = end + 1;
    unsigned long long second = strtoull(text, &end, 0);
    if (errno || end == text || *end || second > UINT32_MAX) {
        return false;
    }
    *offset = (uint32_t)first;
    *value = (uint32_t)second;
    return true;
}

static bool read_constants(struct absent *absent)
{
    const char *word;
    for (size_t i = 0; (word = absent->host->config_list(absent->self, "constants", i)); i++) {
        if (i == CONSTANTS_MAX) {
            absent->host->fail(absent->self, "constants: there is room for %u", CONSTANTS_MAX);
            return false;
        }
        if (!parse_constant(word, &absent->constants[i].offset, &absent->constants[i].value)) {
            absent->host->fail(absent->self,
                               "constants: '%s' is no OFFSET=VALUE of 32-bit numbers with a "
                               "multiple of 4 before the sign",
                               word);
            return false;
        }
        absent->constant_count++;
    }
    return true;
}

static void *absent_create(const struct el4_host *host, struct el4_instance *self)
{
    struct absent *absent = calloc(1, sizeof(*absent));
    if (!absent) {
        host->fail(self, "out of memory");
        return NULL;
    }
    absent->host = host;
    absent->self = self;
    const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = host->config_uint(self, "bytes"),
        .size_min = 1,
        .size_max = 8,
        .read = absent_read,
        .write = absent_write,
    };
    if (!read_constants(absent) || !host->mmio_declare(self, 0, &registers)) {
        free(absent);
        return NULL;
    }
    return absent;
}

static const struct el4_config_key keys[] = {
    {.name = "bytes",
     .type = EL4_CONFIG_SIZE,
     .default_text = "4K",
     .min = 4,
     .max = 1u << 30,
     .help = "Length of the block."},
    {.name = "what",
     .type = EL4_CONFIG_STRING,
     .default_text = "this block",
     .help = "What would be there, for the log."},
    {.name = "constants",
     .type = EL4_CONFIG_LIST,
     .default_text = "",
     .help = "32-bit registers that do not read as zero: OFFSET=VALUE, for drivers that would "
             "take a zero for broken hardware."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "A block that is not modelled: reads as zero, ignores writes.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = absent_create,
    .destroy = free,
    .reset = absent_reset,
};

EL4_PLUGIN_DEFINE(absent) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "absent",
    .version = "1.0",
    .description = "A block that is not modelled: reads as zero, ignores writes",
    .schema = &schema,
    .operations = &operations,
};
