/* SPDX-License-Identifier: MIT */
/*
 * A descriptor without operations.
 */
#include "device.h"

EL4_PLUGIN_DEFINE(bad_null) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "bad-null",
    .version = "1",
    .description = "Test device",
    .operations = NULL,
};
