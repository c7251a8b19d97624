/* SPDX-License-Identifier: MIT */
/*
 * A device with nothing but what a device must have: all other call-backs are NULL.
 */
#include <el4/device.h>
#include <stddef.h>

static enum el4_mmio_result read_register(void *state, uint64_t offset, unsigned size,
                                          uint64_t *value, const struct el4_access *access)
{
    *value = 0;
    return EL4_MMIO_OK;
}

static enum el4_mmio_result write_register(void *state, uint64_t offset, unsigned size,
                                           uint64_t value, const struct el4_access *access)
{
    return EL4_MMIO_OK;
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = 0x1000,
        .read = read_register,
        .write = write_register,
    };
    return host->mmio_declare(self, 0, &registers) ? self : NULL;
}

static const struct el4_config_key keys[] = {
    {.name = "speed", .type = EL4_CONFIG_UINT, .help = "Does nothing."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .keys = keys,
    .key_count = 1,
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
};

EL4_PLUGIN_DEFINE(test_device_bare) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "test-device-bare",
    .version = "1",
    .description = "Device without optional call-backs",
    .schema = &schema,
    .operations = &operations,
};
