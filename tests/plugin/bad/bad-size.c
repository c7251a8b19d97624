/* SPDX-License-Identifier: MIT */
/*
 * A descriptor that says it is shorter than any release's.
 */
#include "device.h"

EL4_PLUGIN_DEFINE(bad_size) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = 16,
    .kind = EL4_PLUGIN_DEVICE,
    .name = "bad-size",
    .version = "1",
    .description = "Test device",
    .operations = &device_operations,
};
