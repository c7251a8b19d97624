/* SPDX-License-Identifier: MIT */
/*
 * Operations shorter than any release's.
 */
#include "device.h"

static const struct el4_device_operations short_operations = {
    .struct_size = sizeof(uint32_t),
    .create = device_create,
};

EL4_PLUGIN_DEFINE(bad_opsize) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "bad-opsize",
    .version = "1",
    .description = "Test device",
    .operations = &short_operations,
};
