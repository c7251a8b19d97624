/* SPDX-License-Identifier: MIT */
/*
 * A plugin of a later release of the same ABI, whose structures have grown: the loader must
 * take it.
 */
#include "device.h"

static const struct {
    struct el4_device_operations first;
    void (*later)(void);
} grown_operations = {
    .first =
        {
            .struct_size = sizeof(grown_operations),
            .create = device_create,
        },
};

EL4_PLUGIN_DEFINE(newer_minor) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin) + 64,
    .kind = EL4_PLUGIN_DEVICE,
    .name = "newer-minor",
    .version = "2",
    .description = "Test device",
    .operations = &grown_operations,
};
