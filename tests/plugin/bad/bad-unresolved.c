/* SPDX-License-Identifier: MIT */
/*
 * A call of a function that nobody has: it is only found when symbols are bound.
 */
#include "device.h"

void nobody_has_this(void);

static void reset(void *state)
{
    nobody_has_this();
}

static const struct el4_device_operations calling_operations = {
    .struct_size = sizeof(struct el4_device_operations),
    .create = device_create,
    .reset = reset,
};

EL4_PLUGIN_DEFINE(bad_unresolved) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "bad-unresolved",
    .version = "1",
    .description = "Test device",
    .operations = &calling_operations,
};
