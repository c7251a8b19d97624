/* SPDX-License-Identifier: MIT */
/*
 * Dynamic root of trust for measurement (Arm DEN0113 1.0), the way of a platform that may not
 * launch: there is no TPM to measure into and no DMA protection, so that a launch is DENIED and
 * the features that one needs are NOT_SUPPORTED. Version, boot CPU and the last error are told.
 */
#include <el4/service.h>

#include <stdlib.h>

#define VERSION        0xc4000110u
#define FEATURES       0xc4000111u
#define DYNAMIC_LAUNCH 0xc4000114u
#define GET_ERROR      0xc4000116u
#define VERSION_1_0    0x10000u

/* Of FEATURES' argument: with bit 63 the number of a feature is in bits 7:0, else bits 31:0
 * are a function's id (3.3). */
#define IS_FEATURE      (UINT64_C(1) << 63)
#define FEATURE_MASK    0xffu
#define FEATURE_BOOT_PE 4u
#define FEATURE_IS_HERE 1u
#define AFFINITY_MASK   UINT64_C(0xff00ffffff)

#define SUCCESS       0
#define NOT_SUPPORTED (-1)
#define DENIED        (-3)

static const struct {
    uint32_t id;
    const char *name;
} functions[] = {
    {VERSION, "DRTM_VERSION"},
    {FEATURES, "DRTM_FEATURES"},
    {DYNAMIC_LAUNCH, "DRTM_DYNAMIC_LAUNCH"},
    {GET_ERROR, "DRTM_GET_ERROR"},
};
#define FUNCTION_COUNT (sizeof(functions) / sizeof(functions[0]))

struct drtm {
    const struct el4_host *host;
    struct el4_instance *self;
};

static bool is_function(uint32_t id)
{
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        if (functions[i].id == id) {
            return true;
        }
    }
    return false;
}

static void features(const struct drtm *drtm, struct el4_call *call)
{
    uint64_t what = call->args[1];
    if (!(what & IS_FEATURE)) {
        uint32_t id = (uint32_t)what;
        bool exists = is_function(id) &&
                      drtm->host->call_is_claimed(drtm->self, call->conduit, id, call->cpu);
        el4_call_return_code(call, exists ? SUCCESS : NOT_SUPPORTED);
    } else if ((what & FEATURE_MASK) == FEATURE_BOOT_PE) {
        el4_call_return(call, 0, FEATURE_IS_HERE);
        el4_call_return(call, 1, drtm->host->cpu_mpidr(drtm->self, 0) & AFFINITY_MASK);
    } else {
        el4_call_return_code(call, NOT_SUPPORTED);
    }
}

static enum el4_verdict call(void *state, struct el4_call *call)
{
    const struct drtm *drtm = state;
    if (!is_function(call->id)) {
        return EL4_PASS; /* a claim of the configuration goes further than this plugin */
    }
    if (call->aarch32) {
        el4_call_return_code(call, NOT_SUPPORTED); /* all ids are SMC64 */
        return EL4_HANDLED;
    }
    switch (call->id) {
    case VERSION: el4_call_return(call, 0, VERSION_1_0); break;
    case FEATURES: features(drtm, call); break;
    case DYNAMIC_LAUNCH: el4_call_return_code(call, DENIED); break;
    default: /* GET_ERROR: nothing was launched, so nothing has failed after a launch */
        el4_call_return_code(call, SUCCESS);
        el4_call_return(call, 1, 0);
        break;
    }
    return EL4_HANDLED;
}

static bool build(const struct drtm *drtm)
{
    bool made = true;
    for (size_t i = 0; i < FUNCTION_COUNT && made; i++) {
        const struct el4_claim claim = {
            .struct_size = sizeof(claim),
            .conduits = EL4_CONDUITS_ALL,
            .callers = EL4_CALLERS_NS,
            .first = functions[i].id,
            .last = functions[i].id,
            .name = functions[i].name,
        };
        made = drtm->host->claim(drtm->self, &claim);
    }
    return made;
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct drtm *drtm = calloc(1, sizeof(*drtm));
    if (!drtm) {
        host->fail(self, "out of memory");
        return NULL;
    }
    drtm->host = host;
    drtm->self = self;
    if (!build(drtm)) {
        free(drtm);
        return NULL;
    }
    return drtm;
}

static void destroy(void *state)
{
    free(state);
}

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .call = call,
};

EL4_PLUGIN_DEFINE(drtm) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "drtm",
    .version = "1.0",
    .description = "DRTM 1.0: discovery; every launch is denied",
    .operations = &operations,
};
