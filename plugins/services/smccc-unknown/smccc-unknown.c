/* SPDX-License-Identifier: MIT */
/*
 * The last of a chain: answers -1, "unknown function", as Arm DEN0028 section 5.2 asks of an
 * SMCCC implementation. Without it, what nobody claims takes its architectural exception.
 * The `claim` key of its section narrows it to ranges.
 */
#include <el4/service.h>

#include <stdlib.h>

struct unknown {
    const struct el4_host *host;
};

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct unknown *unknown = calloc(1, sizeof(*unknown));
    if (!unknown) {
        host->fail(self, "out of memory");
        return NULL;
    }
    unknown->host = host;
    struct el4_claim everything = {
        .struct_size = sizeof(everything),
        .conduits = EL4_CONDUITS_ALL,
        .callers = EL4_CALLERS_ALL,
        .first = 0,
        .last = UINT32_MAX,
        .name = "unknown functions",
        .flags = EL4_CLAIM_UNKNOWN,
    };
    if (!host->claim(self, &everything)) {
        free(unknown);
        return NULL;
    }
    return unknown;
}

static void destroy(void *state)
{
    free(state);
}

static enum el4_verdict call(void *state, struct el4_call *call)
{
    el4_call_return_code(call, -1);
    return EL4_HANDLED;
}

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .call = call,
};

EL4_PLUGIN_DEFINE(smccc_unknown) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "smccc-unknown",
    .version = "1.0",
    .description = "Answers -1 to calls that no other service wants (SMCCC 5.2)",
    .operations = &operations,
};
