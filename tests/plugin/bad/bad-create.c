/* SPDX-License-Identifier: MIT */
/*
 * Operations without the call-back that makes an instance.
 */
#include "device.h"

static const struct el4_device_operations no_create = {
    .struct_size = sizeof(struct el4_device_operations),
};

EL4_PLUGIN_DEFINE(bad_create) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "bad-create",
    .version = "1",
    .description = "Test device",
    .operations = &no_create,
};
