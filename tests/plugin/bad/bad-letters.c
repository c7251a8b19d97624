/* SPDX-License-Identifier: MIT */
/*
 * A name with characters that no name may have.
 */
#include "device.h"

EL4_PLUGIN_DEFINE(bad_letters) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "bad/letters",
    .version = "1",
    .description = "Test device",
    .operations = &device_operations,
};
