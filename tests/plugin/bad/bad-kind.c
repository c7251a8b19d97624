/* SPDX-License-Identifier: MIT */
/*
 * A kind that this el4 does not know.
 */
#include "device.h"

EL4_PLUGIN_DEFINE(bad_kind) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = 99,
    .name = "bad-kind",
    .version = "1",
    .description = "Test device",
    .operations = &device_operations,
};
