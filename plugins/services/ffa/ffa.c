/* SPDX-License-Identifier: MIT */
/*
 * Firmware Framework for A-profile (Arm DEN0077), the way of a platform without partitions: who
 * asks learns the version and its own id, and every other function is refused as FF-A has it.
 */
#include <el4/service.h>

#include <stdlib.h>

#define SMC64         0x40000000u
#define FFA_ERROR     0x84000060u
#define FFA_SUCCESS   0x84000061u
#define FFA_VERSION   0x84000063u
#define FFA_FEATURES  0x84000064u
#define FFA_ID_GET    0x84000069u
#define NOT_SUPPORTED (-1)
#define NORMAL_WORLD  0u /* the id of its kernel or hypervisor */
#define MAJOR(v)      ((v) >> 16)

struct ffa {
    const struct el4_host *host;
    struct el4_instance *self;
    uint32_t version;
};

/* What is refused with FFA_ERROR: ids that DEN0077 1.2 has, with either width. */
static const struct {
    uint32_t first, last;
} refused[] = {
    {0x84000062, 0x84000062},
    {0x84000065, 0x84000068},
    {0x8400006a, 0x84000077},
    {0x8400007a, 0x8400008b},
};
#define REFUSED_COUNT (sizeof(refused) / sizeof(refused[0]))

static void return_status(struct el4_call *call, uint32_t function, uint64_t w2)
{
    el4_call_return(call, 0, function);
    el4_call_return(call, 1, 0);
    el4_call_return(call, 2, w2);
    for (unsigned n = 3; n < 8; n++) {
        el4_call_return(call, n, 0);
    }
}

static void refuse(struct el4_call *call)
{
    return_status(call, FFA_ERROR, (uint32_t)NOT_SUPPORTED);
}

/* A caller of an older major version can't be served (13.2). */
static void version(const struct ffa *ffa, struct el4_call *call)
{
    uint32_t theirs = (uint32_t)call->args[1];
    if ((theirs >> 31) || MAJOR(theirs) < MAJOR(ffa->version)) {
        el4_call_return_code(call, NOT_SUPPORTED);
    } else {
        el4_call_return(call, 0, ffa->version);
    }
}

static void features(struct el4_call *call)
{
    switch ((uint32_t)call->args[1]) {
    case FFA_ERROR:
    case FFA_SUCCESS:
    case FFA_VERSION:
    case FFA_FEATURES:
    case FFA_ID_GET: return_status(call, FFA_SUCCESS, 0); return;
    default: refuse(call);
    }
}

static bool is_refused(uint32_t id)
{
    for (size_t i = 0; i < REFUSED_COUNT; i++) {
        if ((id & ~SMC64) >= refused[i].first && (id & ~SMC64) <= refused[i].last) {
            return true;
        }
    }
    return false;
}

static enum el4_verdict call(void *state, struct el4_call *call)
{
    const struct ffa *ffa = state;
    switch (call->id) {
    case FFA_VERSION: version(ffa, call); return EL4_HANDLED;
    case FFA_FEATURES: features(call); return EL4_HANDLED;
    case FFA_ID_GET: return_status(call, FFA_SUCCESS, NORMAL_WORLD); return EL4_HANDLED;
    default: break;
    }
    if (!is_refused(call->id)) {
        return EL4_PASS; /* a claim of the configuration goes further than this plugin */
    }
    if (call->aarch32 && (call->id & SMC64)) {
        el4_call_return_code(call, NOT_SUPPORTED);
    } else {
        refuse(call);
    }
    return EL4_HANDLED;
}

static bool claim_refused(struct ffa *ffa, uint32_t width)
{
    bool made = true;
    for (size_t i = 0; i < REFUSED_COUNT && made; i++) {
        const struct el4_claim claim = {
            .struct_size = sizeof(claim),
            .conduits = EL4_CONDUITS_ALL,
            .callers = EL4_CALLERS_NS,
            .first = refused[i].first | width,
            .last = refused[i].last | width,
            .name = "FF-A, refused",
            .flags = EL4_CLAIM_UNKNOWN,
        };
        made = ffa->host->claim(ffa->self, &claim);
    }
    return made;
}

static bool build(struct ffa *ffa)
{
    const struct el4_host *host = ffa->host;
    ffa->version = 0x10000u + (uint32_t)host->config_enum(ffa->self, "version");
    return el4_claim_function(host, ffa->self, FFA_VERSION, "FFA_VERSION") &&
           el4_claim_function(host, ffa->self, FFA_FEATURES, "FFA_FEATURES") &&
           el4_claim_function(host, ffa->self, FFA_ID_GET, "FFA_ID_GET") &&
           claim_refused(ffa, 0) && claim_refused(ffa, SMC64);
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct ffa *ffa = calloc(1, sizeof(*ffa));
    if (!ffa) {
        host->fail(self, "out of memory");
        return NULL;
    }
    ffa->host = host;
    ffa->self = self;
    if (!build(ffa)) {
        free(ffa);
        return NULL;
    }
    return ffa;
}

static void destroy(void *state)
{
    free(state);
}

static const char *const version_choices[] = {"1.0", "1.1", "1.2", NULL};

static const struct el4_config_key keys[] = {
    {.name = "version",
     .type = EL4_CONFIG_ENUM,
     .default_text = "1.1",
     .choices = version_choices,
     .help = "What FFA_VERSION returns."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(keys[0]),
    .help = "Firmware Framework for A-profile (Arm DEN0077).",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .call = call,
};

EL4_PLUGIN_DEFINE(ffa) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "ffa",
    .version = "1.0",
    .description = "FF-A without partitions: version, features, own id",
    .schema = &schema,
    .operations = &operations,
};
