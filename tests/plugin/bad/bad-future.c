/* SPDX-License-Identifier: MIT */
/*
 * A plugin for the next ABI.
 */
#include "device.h"

EL4_PLUGIN_DEFINE(bad_future) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR + 1,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "bad-future",
    .version = "1",
    .description = "Test device",
    .operations = &device_operations,
};
