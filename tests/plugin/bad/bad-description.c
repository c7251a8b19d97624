/* SPDX-License-Identifier: MIT */
/*
 * A descriptor without a description.
 */
#include "device.h"

EL4_PLUGIN_DEFINE(bad_description) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "bad-description",
    .version = "1",
    .description = NULL,
    .operations = &device_operations,
};
