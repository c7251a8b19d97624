/* SPDX-License-Identifier: MIT */
/*
 * Operations of a service without the call-back that answers.
 */
#include <el4/service.h>

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    return self;
}

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
};

EL4_PLUGIN_DEFINE(bad_call) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "bad-call",
    .version = "1",
    .description = "Test service",
    .operations = &operations,
};
