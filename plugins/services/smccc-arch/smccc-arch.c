/* SPDX-License-Identifier: MIT */
/*
 * Arm architecture calls (Arm DEN0028 section 7): SMCCC_VERSION, SMCCC_ARCH_FEATURES, the SoC's
 * identity and the workarounds for speculation flaws.
 *
 * What is not configured is not claimed, and ARCH_FEATURES answers from what is claimed.
 * Nothing needs to be done in a workaround call: no emulated CPU speculates, whatever flaws
 * the model's real one has. FEATURE_AVAILABILITY (1.5, optional) is not offered, because the
 * host table does not tell a service the CPU's features.
 */
#include <el4/service.h>

#include <stdlib.h>
#include <string.h>

#define SMC64             0x40000000u
#define SMCCC_VERSION     0x80000000u
#define ARCH_FEATURES     0x80000001u
#define SOC_ID            0x80000002u
#define SOC_ID_64         (SOC_ID | SMC64)
#define WORKAROUND_4      0x80000004u
#define WORKAROUND_3      0x80003fffu
#define WORKAROUND_2      0x80007fffu
#define WORKAROUND_1      0x80008000u
#define OWNER_MASK        0xbf000000u
#define ARCHITECTURE      0x80000000u
#define HYPERVISOR        0x85000000u
#define NOT_SUPPORTED     (-1)
#define NOT_REQUIRED      (-2)
#define INVALID_PARAMETER (-3)

#define SOC_NAME_BYTES 136 /* x1 to x17 */

enum smccc_version { V1_0, V1_1, V1_2, V1_3, V1_4, V1_5, V1_6 };

/* Index of the workaround keys' choices. */
enum affected { ABSENT, NEEDED, UNAFFECTED };

struct workaround {
    const char *key;
    const char *name;
    uint32_t id;
    int32_t if_unaffected; /* ARCH_FEATURES' answer */
};

enum workaround_index { NUMBER_1, NUMBER_2, NUMBER_3, NUMBER_4, WORKAROUND_COUNT };

static const struct workaround workarounds[WORKAROUND_COUNT] = {
    [NUMBER_1] = {"workaround-1", "SMCCC_ARCH_WORKAROUND_1", WORKAROUND_1, 1},
    /* All CPUs are alike, so that it is never "safe on this one" (1). */
    [NUMBER_2] = {"workaround-2", "SMCCC_ARCH_WORKAROUND_2", WORKAROUND_2, NOT_REQUIRED},
    [NUMBER_3] = {"workaround-3", "SMCCC_ARCH_WORKAROUND_3", WORKAROUND_3, 1},
    [NUMBER_4] = {"workaround-4", "SMCCC_ARCH_WORKAROUND_4", WORKAROUND_4, NOT_SUPPORTED},
};

struct arch {
    const struct el4_host *host;
    struct el4_instance *self;
    enum smccc_version version;
    enum affected affected[WORKAROUND_COUNT];
    bool has_soc_id;
    bool has_soc_name;
    uint32_t soc_version;
    uint32_t soc_revision;
    char soc_name[SOC_NAME_BYTES];
};

static void version(const struct arch *arch, struct el4_call *call)
{
    el4_call_return(call, 0, 0x10000u + (uint32_t)arch->version);
}

/* What a function says of itself; 0 if it is simply there. */
static int32_t feature_of(const struct arch *arch, uint32_t id)
{
    for (size_t i = 0; i < WORKAROUND_COUNT; i++) {
        if (workarounds[i].id == id && arch->affected[i] == UNAFFECTED) {
            return workarounds[i].if_unaffected;
        }
    }
    return 0;
}

/* Ids of other owners have discovery calls of their own (DEN0028 7.3). */
static void features(const struct arch *arch, struct el4_call *call)
{
    uint32_t id = (uint32_t)call->args[1];
    uint32_t owner = id & OWNER_MASK;
    bool may_be_asked = owner == ARCHITECTURE || owner == HYPERVISOR;
    int32_t feature = feature_of(arch, id);
    if (feature == NOT_REQUIRED) {
        /* The one answer about a call that does not exist. */
        el4_call_return_code(call, NOT_REQUIRED);
        return;
    }
    bool exists = may_be_asked && !(call->aarch32 && (id & SMC64)) &&
                  arch->host->call_is_claimed(arch->self, call->conduit, id, call->cpu);
    el4_call_return_code(call, exists ? feature : NOT_SUPPORTED);
}

static void return_soc_name(const struct arch *arch, struct el4_call *call)
{
    el4_call_return(call, 0, 0);
    for (unsigned i = 0; i < SOC_NAME_BYTES / 8; i++) {
        uint64_t word = 0;
        for (unsigned byte = 0; byte < 8; byte++) {
            word |= (uint64_t)(uint8_t)arch->soc_name[8 * i + byte] << (8 * byte);
        }
        el4_call_return(call, 1 + i, word);
    }
}

static void soc_id(const struct arch *arch, struct el4_call *call)
{
    switch ((uint32_t)call->args[1]) {
    case 0: el4_call_return(call, 0, arch->soc_version); return;
    case 1: el4_call_return(call, 0, arch->soc_revision); return;
    case 2:
        if (call->id == SOC_ID_64 && arch->has_soc_name) {
            return_soc_name(arch, call);
            return;
        }
        break;
    default: break;
    }
    el4_call_return_code(call, INVALID_PARAMETER);
}

static enum el4_verdict call(void *state, struct el4_call *call)
{
    const struct arch *arch = state;
    if (call->aarch32 && (call->id & SMC64)) {
        el4_call_return_code(call, NOT_SUPPORTED);
        return EL4_HANDLED;
    }
    switch (call->id) {
    case SMCCC_VERSION: version(arch, call); return EL4_HANDLED;
    case ARCH_FEATURES: features(arch, call); return EL4_HANDLED;
    case SOC_ID:
    case SOC_ID_64: soc_id(arch, call); return EL4_HANDLED;
    default: break;
    }
    for (size_t i = 0; i < WORKAROUND_COUNT; i++) {
        if (workarounds[i].id == call->id && arch->affected[i] != ABSENT) {
            return EL4_HANDLED; /* it returns nothing */
        }
    }
    return EL4_PASS; /* a claim of the configuration goes further than this plugin */
}

static bool claim_id(struct arch *arch, uint32_t id, const char *name)
{
    return el4_claim_function(arch->host, arch->self, id, name);
}

static bool claim_workarounds(struct arch *arch)
{
    for (size_t i = 0; i < WORKAROUND_COUNT; i++) {
        bool exists = arch->affected[i] == NEEDED ||
                      (arch->affected[i] == UNAFFECTED && workarounds[i].if_unaffected >= 0);
        if (exists && !claim_id(arch, workarounds[i].id, workarounds[i].name)) {
            return false;
        }
    }
    return true;
}

static bool claim_functions(struct arch *arch)
{
    if (!claim_id(arch, SMCCC_VERSION, "SMCCC_VERSION")) {
        return false;
    }
    if (arch->version < V1_1) {
        return true; /* it was optional in 1.0, and the only one */
    }
    return claim_id(arch, ARCH_FEATURES, "SMCCC_ARCH_FEATURES") && claim_workarounds(arch) &&
           (!arch->has_soc_id || claim_id(arch, SOC_ID, "SMCCC_ARCH_SOC_ID")) &&
           (!arch->has_soc_name || claim_id(arch, SOC_ID_64, "SMCCC_ARCH_SOC_ID"));
}

static bool configure_soc(struct arch *arch)
{
    const struct el4_host *host = arch->host;
    const char *name = host->config_string(arch->self, "soc-name");
    bool has_revision = host->config_is_set(arch->self, "soc-revision");
    arch->has_soc_id = host->config_is_set(arch->self, "soc-version");
    arch->has_soc_name = name && *name;
    if (arch->has_soc_id != has_revision) {
        host->fail(arch->self, "soc-version and soc-revision go together");
        return false;
    }
    if (arch->has_soc_id && arch->version < V1_2) {
        host->fail(arch->self, "soc-version needs version 1.2 or newer");
        return false;
    }
    if (arch->has_soc_name && (!arch->has_soc_id || arch->version < V1_6)) {
        host->fail(arch->self, "soc-name needs soc-version, and version 1.6");
        return false;
    }
    if (arch->has_soc_name && strlen(name) >= sizeof(arch->soc_name)) {
        host->fail(arch->self, "soc-name is longer than %d bytes", SOC_NAME_BYTES - 1);
        return false;
    }
    if (arch->has_soc_id) {
        arch->soc_version = (uint32_t)host->config_uint(arch->self, "soc-version");
        arch->soc_revision = (uint32_t)host->config_uint(arch->self, "soc-revision");
    }
    if (arch->has_soc_name) {
        strcpy(arch->soc_name, name);
    }
    return true;
}

static bool configure(struct arch *arch)
{
    const struct el4_host *host = arch->host;
    arch->version = (enum smccc_version)host->config_enum(arch->self, "version");
    for (size_t i = 0; i < WORKAROUND_COUNT; i++) {
        arch->affected[i] = (enum affected)host->config_enum(arch->self, workarounds[i].key);
    }
    if (arch->affected[NUMBER_3] != ABSENT && arch->affected[NUMBER_1] == ABSENT) {
        host->fail(arch->self, "workaround-3 needs workaround-1 (DEN0028 7.7)");
        return false;
    }
    return configure_soc(arch);
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct arch *arch = calloc(1, sizeof(*arch));
    if (!arch) {
        host->fail(self, "out of memory");
        return NULL;
    }
    arch->host = host;
    arch->self = self;
    if (!configure(arch) || !claim_functions(arch)) {
        free(arch);
        return NULL;
    }
    return arch;
}

static void destroy(void *state)
{
    free(state);
}

static const char *const version_choices[] = {"1.0", "1.1", "1.2", "1.3",
                                              "1.4", "1.5", "1.6", NULL};
static const char *const affected_choices[] = {"absent", "needed", "unaffected", NULL};

static const struct el4_config_key keys[] = {
    {.name = "version",
     .type = EL4_CONFIG_ENUM,
     .default_text = "1.2",
     .choices = version_choices,
     .help = "What SMCCC_VERSION returns; 1.0 offers nothing else. From 1.1 on, guests call "
             "functions to see whether they exist, so put smccc-unknown into the chain."},
    {.name = "soc-version",
     .type = EL4_CONFIG_UINT,
     .max = INT32_MAX,
     .help =
         "SOC_ID type 0: bits 30:24 JEP106 bank, 23:16 JEP106 id with parity, 15:0 the SoC. "
         "Unset: there is no SOC_ID."},
    {.name = "soc-revision",
     .type = EL4_CONFIG_UINT,
     .max = INT32_MAX,
     .help = "SOC_ID type 1: revision of the SoC."},
    {.name = "soc-name",
     .type = EL4_CONFIG_STRING,
     .help = "SOC_ID type 2: name of the SoC, at most 135 bytes (version 1.6)."},
    {.name = "workaround-1",
     .type = EL4_CONFIG_ENUM,
     .default_text = "unaffected",
     .choices = affected_choices,
     .help = "CVE-2017-5715: whether the call is there, and said to be needed."},
    {.name = "workaround-2",
     .type = EL4_CONFIG_ENUM,
     .default_text = "unaffected",
     .choices = affected_choices,
     .help = "CVE-2018-3639: whether the call is there; unaffected answers NOT_REQUIRED."},
    {.name = "workaround-3",
     .type = EL4_CONFIG_ENUM,
     .default_text = "unaffected",
     .choices = affected_choices,
     .help = "CVE-2022-23960: whether the call is there, and said to be needed."},
    {.name = "workaround-4",
     .type = EL4_CONFIG_ENUM,
     .default_text = "absent",
     .choices = affected_choices,
     .help =
         "CVE-2024-7881: needed says that it is mitigated; unaffected is the same as absent "
         "here."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(keys[0]),
    .help = "Arm architecture calls of the SMCCC.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .call = call,
};

EL4_PLUGIN_DEFINE(smccc_arch) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "smccc-arch",
    .version = "1.0",
    .description = "SMCCC_VERSION, ARCH_FEATURES, SOC_ID and workaround calls",
    .schema = &schema,
    .operations = &operations,
};
