/* SPDX-License-Identifier: MIT */
/*
 * A plugin that the loader must take; it is also linked in, to test that way.
 */
#include "device.h"

EL4_PLUGIN_DEFINE(good) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "good",
    .version = "1",
    .description = "Test device",
    .operations = &device_operations,
};
