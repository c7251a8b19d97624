/* SPDX-License-Identifier: MIT */
/*
 * OP-TEE, present but refusing: who asks learns that the Trusted OS is OP-TEE, and which one;
 * its offer to share memory and every call that would need some get the errors that OP-TEE's
 * ABI has for them. Nothing trusted runs here. Numbers are those of OP-TEE's optee_smc.h and
 * optee_msg.h, which Linux has, too (drivers/tee/optee/).
 */
#include <el4/service.h>

#include <stdlib.h>
#include <string.h>

/* Owners of Arm DEN0028 6.2: 63 is asked about all Trusted OSes, 50 is OP-TEE. */
#define CALLS_COUNT           0xbf00ff00u
#define CALLS_UID             0xbf00ff01u
#define CALLS_REVISION        0xbf00ff03u
#define GET_OS_UUID           0xb2000000u
#define GET_OS_REVISION       0xb2000001u
#define GET_SHM_CONFIG        0xb2000007u
#define EXCHANGE_CAPABILITIES 0xb2000009u
#define DISABLE_SHM_CACHE     0xb200000au
#define ENABLE_ASYNC_NOTIF    0xb2000010u
#define GET_ASYNC_NOTIF_VALUE 0xb2000011u
#define RETURN_FROM_RPC       0x32000003u
#define CALL_WITH_ARG         0x32000004u
#define CALL_WITH_RPC_ARG     0x32000012u
#define CALL_WITH_REGD_ARG    0x32000013u

/* What OP-TEE returns in a0. */
enum code { CODE_OK = 0, CODE_ERESUME = 3, CODE_EBADADDR = 4, CODE_ENOTAVAIL = 7 };

#define API_MAJOR 2 /* of optee_msg.h */
#define API_MINOR 0

enum capabilities { CAPABILITIES_REFUSED, CAPABILITIES_NONE };

/* The calls, and the error of those that do nothing else: as for a Trusted OS that shares no
 * memory, whose callers thus have no address and nothing to resume, and that notifies nobody.
 */
static const struct function {
    uint32_t id;
    const char *name;
    enum code refusal;
} functions[] = {
    {CALLS_COUNT, "OP-TEE CALLS_COUNT", CODE_OK},
    {CALLS_UID, "OP-TEE CALLS_UID", CODE_OK},
    {CALLS_REVISION, "OP-TEE CALLS_REVISION", CODE_OK},
    {GET_OS_UUID, "OP-TEE GET_OS_UUID", CODE_OK},
    {GET_OS_REVISION, "OP-TEE GET_OS_REVISION", CODE_OK},
    {EXCHANGE_CAPABILITIES, "OP-TEE EXCHANGE_CAPABILITIES", CODE_ENOTAVAIL},
    {GET_SHM_CONFIG, "OP-TEE GET_SHM_CONFIG", CODE_ENOTAVAIL},
    {DISABLE_SHM_CACHE, "OP-TEE DISABLE_SHM_CACHE", CODE_ENOTAVAIL},
    {ENABLE_ASYNC_NOTIF, "OP-TEE ENABLE_ASYNC_NOTIF", CODE_ENOTAVAIL},
    {GET_ASYNC_NOTIF_VALUE, "OP-TEE GET_ASYNC_NOTIF_VALUE", CODE_ENOTAVAIL},
    {RETURN_FROM_RPC, "OP-TEE RETURN_FROM_RPC", CODE_ERESUME},
    {CALL_WITH_ARG, "OP-TEE CALL_WITH_ARG", CODE_EBADADDR},
    {CALL_WITH_RPC_ARG, "OP-TEE CALL_WITH_RPC_ARG", CODE_EBADADDR},
    {CALL_WITH_REGD_ARG, "OP-TEE CALL_WITH_REGD_ARG", CODE_EBADADDR},
};
#define FUNCTION_COUNT (sizeof(functions) / sizeof(functions[0]))

struct optee {
    const struct el4_host *host;
    struct el4_instance *self;
    uint32_t os_major, os_minor, os_build;
    enum capabilities capabilities;
};

/* As OP-TEE does it: the UUID's text from left to right, a word of eight digits a register. */
static void return_words(struct el4_call *call, const uint32_t words[4])
{
    for (unsigned n = 0; n < 4; n++) {
        el4_call_return(call, n, words[n]);
    }
}

static void return_revision(struct el4_call *call, uint32_t major, uint32_t minor)
{
    el4_call_return(call, 0, major);
    el4_call_return(call, 1, minor);
}

/* a1: capabilities of the Secure world, none in either case. */
static void exchange(const struct optee *optee, struct el4_call *call)
{
    bool agrees = optee->capabilities == CAPABILITIES_NONE;
    el4_call_return(call, 0, agrees ? CODE_OK : CODE_ENOTAVAIL);
    el4_call_return(call, 1, 0);
    if (agrees) {
        el4_call_return(call, 2, 0); /* the highest number of a notification */
    }
}

static void answer(const struct optee *optee, const struct function *function,
                   struct el4_call *call)
{
    static const uint32_t api[4] = {0x384fb3e0, 0xe7f811e3, 0xaf630002, 0xa5d5c51b};
    static const uint32_t os[4] = {0x486178e0, 0xe7f811e3, 0xbc5e0002, 0xa5d5c51b};
    switch (function->id) {
    case CALLS_COUNT: el4_call_return(call, 0, FUNCTION_COUNT); break;
    case CALLS_UID: return_words(call, api); break;
    case CALLS_REVISION: return_revision(call, API_MAJOR, API_MINOR); break;
    case GET_OS_UUID: return_words(call, os); break;
    case GET_OS_REVISION:
        return_revision(call, optee->os_major, optee->os_minor);
        el4_call_return(call, 2, optee->os_build);
        break;
    case EXCHANGE_CAPABILITIES: exchange(optee, call); break;
    default: el4_call_return(call, 0, function->refusal); break;
    }
}

static enum el4_verdict call(void *state, struct el4_call *call)
{
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        if (functions[i].id == call->id) {
            answer(state, &functions[i], call);
            return EL4_HANDLED;
        }
    }
    return EL4_PASS; /* a claim of the configuration goes further than this plugin */
}

/* Linux' binding arm/firmware/linaro,optee-tz. */
static void fdt(void *state, struct el4_fdt *fdt, unsigned conduit)
{
    static const char *const compatible[] = {"linaro,optee-tz", NULL};
    const struct optee *optee = state;
    const struct el4_host *host = optee->host;
    const char *const method[] = {conduit == EL4_CONDUIT_SMC ? "smc" : "hvc", NULL};
    if (conduit == EL4_CONDUIT_EL4) {
        return;
    }
    host->fdt_open(fdt, "firmware");
    host->fdt_begin(fdt, "optee");
    host->fdt_strings(fdt, "compatible", compatible);
    host->fdt_strings(fdt, "method", method);
    host->fdt_end(fdt);
    host->fdt_end(fdt);
}

/* MAJOR.MINOR, each in decimal. */
static bool read_revision(const char *text, uint32_t *major, uint32_t *minor)
{
    uint32_t *const parts[] = {major, minor};
    for (unsigned i = 0; i < 2; i++) {
        char *end;
        if (*text < '0' || *text > '9' || strspn(text, "0123456789") > 9) {
            return false;
        }
        *parts[i] = (uint32_t)strtoul(text, &end, 10);
        if (*end != (i ? '\0' : '.')) {
            return false;
        }
        text = end + 1;
    }
    return true;
}

static bool build(struct optee *optee)
{
    const struct el4_host *host = optee->host;
    const char *revision = host->config_string(optee->self, "os-revision");
    optee->os_build = (uint32_t)host->config_uint(optee->self, "os-build");
    optee->capabilities = (enum capabilities)host->config_enum(optee->self, "capabilities");
    if (!read_revision(revision, &optee->os_major, &optee->os_minor)) {
        host->fail(optee->self, "os-revision: '%s' is not of the form MAJOR.MINOR", revision);
        return false;
    }
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
        made = host->claim(optee->self, &claim);
    }
    return made;
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct optee *optee = calloc(1, sizeof(*optee));
    if (!optee) {
        host->fail(self, "out of memory");
        return NULL;
    }
    optee->host = host;
    optee->self = self;
    if (!build(optee)) {
        free(optee);
        return NULL;
    }
    return optee;
}

static void destroy(void *state)
{
    free(state);
}

static const char *const capabilities_choices[] = {"refused", "none", NULL};

static const struct el4_config_key keys[] = {
    {.name = "os-revision",
     .type = EL4_CONFIG_STRING,
     .default_text = "4.0",
     .help = "Revision of the Trusted OS, as MAJOR.MINOR."},
    {.name = "os-build",
     .type = EL4_CONFIG_UINT,
     .default_text = "0",
     .max = UINT32_MAX,
     .help = "Its build identifier; 0: unspecified."},
    {.name = "capabilities",
     .type = EL4_CONFIG_ENUM,
     .default_text = "refused",
     .choices = capabilities_choices,
     .help = "EXCHANGE_CAPABILITIES fails, or succeeds and there are none: no shared memory of "
             "any kind."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(keys[0]),
    .help = "OP-TEE that is there and refuses to work.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .call = call,
    .fdt = fdt,
};

EL4_PLUGIN_DEFINE(optee) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "optee",
    .version = "1.0",
    .description = "OP-TEE, present but refusing: discovery alone",
    .schema = &schema,
    .operations = &operations,
};
