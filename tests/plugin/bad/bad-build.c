/* SPDX-License-Identifier: MIT */
/*
 * Operations of a board without the call-back that lays it out.
 */
#include <el4/board.h>

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    return self;
}

static const struct el4_board_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
};

EL4_PLUGIN_DEFINE(bad_build) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_BOARD,
    .name = "bad-build",
    .version = "1",
    .description = "Test board",
    .operations = &operations,
};
