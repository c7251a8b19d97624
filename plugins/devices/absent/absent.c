/* SPDX-License-Identifier: MIT */
/*
 * A block that a board has and el4 does not model, but that its kernels touch: it reads as
 * zero, and writes are ignored. The first access is logged, so that nobody takes it for more.
 */
#include <el4/device.h>
#include <stdlib.h>

struct absent {
    const struct el4_host *host;
    struct el4_instance *self;
    bool was_touched;
};

static void note(struct absent *absent, const char *access, uint64_t offset)
{
    if (!absent->was_touched) {
        absent->was_touched = true;
        absent->host->log(absent->self, EL4_LOG_UNIMPLEMENTED,
                          "%s at 0x%x: %s is not modelled; it reads as zero", access,
                          (unsigned)offset, absent->host->config_string(absent->self, "what"));
    }
}

static enum el4_mmio_result absent_read(void *state, uint64_t offset, unsigned size,
                                        uint64_t *value, const struct el4_access *access)
{
    note(state, "read", offset);
    *value = 0;
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
    if (!host->mmio_declare(self, 0, &registers)) {
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
