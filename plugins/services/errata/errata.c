/* SPDX-License-Identifier: MIT */
/*
 * Errata management (Arm DEN0100 1.0): a guest asks of a CPU erratum by its number whether it
 * must work around it. The answers are the configuration's.
 */
#include <el4/service.h>

#include <errno.h>
#include <stdlib.h>

#define EM_VERSION              0x840000f0u
#define EM_FEATURES             0x840000f1u
#define EM_CPU_ERRATUM_FEATURES 0x840000f2u
#define VERSION_1_0             0x10000u
#define NOT_SUPPORTED           (-1)
#define INVALID_PARAMETERS      (-2)
#define UNKNOWN_ERRATUM         (-3)

/* DEN0100's answers, and the keys whose lists have them. */
enum { AFFECTED = 1, NOT_AFFECTED = 2, HIGHER_EL_MITIGATION = 3 };

static const struct {
    const char *key;
    int32_t answer;
} lists[] = {
    {"affected", AFFECTED},
    {"not-affected", NOT_AFFECTED},
    {"mitigated", HIGHER_EL_MITIGATION},
};
#define LIST_COUNT (sizeof(lists) / sizeof(lists[0]))

struct errata {
    const struct el4_host *host;
    struct el4_instance *self;
    bool others_are_known; /* as not affecting */
};

static bool read_number(const char *word, uint32_t *number)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(word, &end, 10);
    *number = (uint32_t)value;
    return *word >= '0' && *word <= '9' && !*end && !errno && value <= UINT32_MAX;
}

static bool is_listed(const struct errata *errata, const char *key, uint32_t number)
{
    const char *word;
    uint32_t listed;
    for (size_t i = 0; (word = errata->host->config_list(errata->self, key, i)); i++) {
        if (read_number(word, &listed) && listed == number) {
            return true;
        }
    }
    return false;
}

static int32_t erratum(const struct errata *errata, uint32_t number, uint32_t forward)
{
    if (forward > 1) {
        return INVALID_PARAMETERS;
    }
    for (size_t i = 0; i < LIST_COUNT; i++) {
        if (is_listed(errata, lists[i].key, number)) {
            return lists[i].answer;
        }
    }
    return errata->others_are_known ? NOT_AFFECTED : UNKNOWN_ERRATUM;
}

static int32_t feature(const struct errata *errata, const struct el4_call *call)
{
    uint32_t id = (uint32_t)call->args[1];
    bool exists = id >= EM_VERSION && id <= EM_CPU_ERRATUM_FEATURES &&
                  errata->host->call_is_claimed(errata->self, call->conduit, id, call->cpu);
    return exists ? 0 : NOT_SUPPORTED;
}

static enum el4_verdict call(void *state, struct el4_call *call)
{
    const struct errata *errata = state;
    switch (call->id) {
    case EM_VERSION: el4_call_return(call, 0, VERSION_1_0); return EL4_HANDLED;
    case EM_FEATURES: el4_call_return_code(call, feature(errata, call)); return EL4_HANDLED;
    case EM_CPU_ERRATUM_FEATURES:
        el4_call_return_code(call,
                             erratum(errata, (uint32_t)call->args[1], (uint32_t)call->args[2]));
        return EL4_HANDLED;
    default: return EL4_PASS; /* a claim of the configuration goes further than this plugin */
    }
}

static bool check_list(const struct errata *errata, const char *key)
{
    const char *word;
    uint32_t number;
    for (size_t i = 0; (word = errata->host->config_list(errata->self, key, i)); i++) {
        if (!read_number(word, &number)) {
            errata->host->fail(errata->self, "%s: '%s' is no number of an erratum", key, word);
            return false;
        }
    }
    return true;
}

static bool build(struct errata *errata)
{
    const struct el4_host *host = errata->host;
    errata->others_are_known = host->config_enum(errata->self, "others") == 1;
    bool made = true;
    for (size_t i = 0; i < LIST_COUNT && made; i++) {
        made = check_list(errata, lists[i].key);
    }
    return made && el4_claim_function(host, errata->self, EM_VERSION, "EM_VERSION") &&
           el4_claim_function(host, errata->self, EM_FEATURES, "EM_FEATURES") &&
           el4_claim_function(host, errata->self, EM_CPU_ERRATUM_FEATURES,
                              "EM_CPU_ERRATUM_FEATURES");
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct errata *errata = calloc(1, sizeof(*errata));
    if (!errata) {
        host->fail(self, "out of memory");
        return NULL;
    }
    errata->host = host;
    errata->self = self;
    if (!build(errata)) {
        free(errata);
        return NULL;
    }
    return errata;
}

static void destroy(void *state)
{
    free(state);
}

static const char *const others_choices[] = {"unknown", "not-affected", NULL};

static const struct el4_config_key keys[] = {
    {.name = "affected",
     .type = EL4_CONFIG_LIST,
     .help = "Numbers of errata that the guest must work around."},
    {.name = "not-affected",
     .type = EL4_CONFIG_LIST,
     .help = "Numbers of errata that the CPUs do not have."},
    {.name = "mitigated",
     .type = EL4_CONFIG_LIST,
     .help = "Numbers of errata that firmware has worked around."},
    {.name = "others",
     .type = EL4_CONFIG_ENUM,
     .default_text = "unknown",
     .choices = others_choices,
     .help = "The answer for all others."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(keys[0]),
    .help = "Errata management (Arm DEN0100).",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .call = call,
};

EL4_PLUGIN_DEFINE(errata) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "errata",
    .version = "1.0",
    .description = "Errata management (EM 1.0)",
    .schema = &schema,
    .operations = &operations,
};
