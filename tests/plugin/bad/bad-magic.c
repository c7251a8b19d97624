/* SPDX-License-Identifier: MIT */
/*
 * The magic number in the wrong byte order.
 */
#include "device.h"

EL4_PLUGIN_DEFINE(bad_magic) = {
    .magic = 0x454c3450u,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "bad-magic",
    .version = "1",
    .description = "Test device",
    .operations = &device_operations,
};
