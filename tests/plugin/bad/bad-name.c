/* SPDX-License-Identifier: MIT */
/*
 * A name that is not the file's.
 */
#include "device.h"

EL4_PLUGIN_DEFINE(bad_name) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "other",
    .version = "1",
    .description = "Test device",
    .operations = &device_operations,
};
