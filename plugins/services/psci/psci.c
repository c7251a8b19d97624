/* SPDX-License-Identifier: MIT */
/*
 * PSCI, the Power State Coordination Interface (Arm DEN0022, 0.1 to 1.3), as a service: what it
 * can do is made of the power calls of the host table that every service has.
 *
 * One table says which functions there are. Claims are made from it for the configured version,
 * and PSCI_FEATURES asks el4 what is claimed, so the two cannot disagree. What a version lacks
 * is left to the rest of the chain.
 */
#include <stdlib.h>

#include "psci.h"

#define PSCI_BASE   0x84000000u
#define PSCI_NUMBER 0x1fu
#define SMC64       (1u << 30)
#define FORM_32     1u
#define FORM_64     2u
#define FORM_BOTH   (FORM_32 | FORM_64)

#define SMCCC_VERSION 0x80000000u

#define FEATURE_EXTENDED     2
#define FEATURE_OS_INITIATED 1
#define FEATURE_HIBERNATE    1

enum psci_number {
    FN_CPU_SUSPEND = 0x01,
    FN_SYSTEM_OFF2 = 0x15,
};

typedef void psci_handler(struct psci *psci, struct el4_call *call);

struct psci_function {
    const char *name; /* NULL: no such number */
    enum psci_version since;
    uint32_t forms;
    psci_handler *call;
    bool (*exists)(const struct psci *psci); /* NULL: always, from its version on */
};

static const char *const version_choices[] = {"0.1", "0.2", "1.0", "1.1", "1.2", "1.3", NULL};
static const char *const format_choices[] = {"original", "extended", NULL};
static const char *const start_choices[] = {"normal-world", "el3", NULL};
static const char *const trusted_os_choices[] = {"none", "migratable", "fixed", NULL};
static const char *const old_keys[OLD_COUNT] = {"cpu_suspend", "cpu_off", "cpu_on", "migrate"};

uint64_t psci_arg(const struct psci *psci, const struct el4_call *call, unsigned n)
{
    if (psci->version == PSCI_0_1) {
        return call->aarch32 ? (uint32_t)call->args[n] : call->args[n];
    }
    return el4_call_arg(call, n);
}

/* ---- discovery ---- */

static void psci_version(struct psci *psci, struct el4_call *call)
{
    static const uint32_t versions[] = {0x00001, 0x00002, 0x10000, 0x10001, 0x10002, 0x10003};
    el4_call_return(call, 0, versions[psci->version]);
}

static int32_t feature_flags(const struct psci *psci, uint32_t number)
{
    switch (number) {
    case FN_CPU_SUSPEND:
        return (psci->extended_format ? FEATURE_EXTENDED : 0) |
               (psci->has_os_initiated ? FEATURE_OS_INITIATED : 0);
    case FN_SYSTEM_OFF2: return FEATURE_HIBERNATE;
    default: return 0;
    }
}

/* Functions of PSCI, and by special mention SMCCC_VERSION, through which SMCCC 1.1 is found. */
static void psci_features(struct psci *psci, struct el4_call *call)
{
    uint32_t id = (uint32_t)call->args[1];
    bool is_psci = (id & ~(SMC64 | PSCI_NUMBER)) == PSCI_BASE;
    bool is_wide = id & SMC64;
    if ((!is_psci && id != SMCCC_VERSION) || (is_wide && call->aarch32) ||
        !psci->host->call_is_claimed(psci->self, call->conduit, id, call->cpu)) {
        el4_call_return_code(call, PSCI_NOT_SUPPORTED);
        return;
    }
    el4_call_return_code(call, is_psci ? feature_flags(psci, id & PSCI_NUMBER) : 0);
}

/* ---- the functions ---- */

static bool has_trusted_os(const struct psci *psci)
{
    return psci->trusted_os != TRUSTED_OS_NONE;
}

static bool has_default_state(const struct psci *psci)
{
    return psci_default_state(psci) != NO_STATE;
}

static bool has_os_initiated(const struct psci *psci)
{
    return psci->has_os_initiated;
}

static const struct psci_function functions[PSCI_NUMBER + 1] = {
    /* clang-format off */
    [0x00] = {"PSCI_VERSION", PSCI_0_2, FORM_32, psci_version},
    [FN_CPU_SUSPEND] = {"CPU_SUSPEND", PSCI_0_2, FORM_BOTH, psci_cpu_suspend},
    [0x02] = {"CPU_OFF", PSCI_0_2, FORM_32, psci_cpu_off},
    [0x03] = {"CPU_ON", PSCI_0_2, FORM_BOTH, psci_cpu_on},
    [0x04] = {"AFFINITY_INFO", PSCI_0_2, FORM_BOTH, psci_affinity_info},
    [0x05] = {"MIGRATE", PSCI_0_2, FORM_BOTH, psci_migrate, has_trusted_os},
    [0x06] = {"MIGRATE_INFO_TYPE", PSCI_0_2, FORM_32, psci_migrate_info_type},
    [0x07] = {"MIGRATE_INFO_UP_CPU", PSCI_0_2, FORM_BOTH, psci_migrate_info_up_cpu,
              has_trusted_os},
    [0x08] = {"SYSTEM_OFF", PSCI_0_2, FORM_32, psci_system_off},
    [0x09] = {"SYSTEM_RESET", PSCI_0_2, FORM_32, psci_system_reset},
    [0x0a] = {"PSCI_FEATURES", PSCI_1_0, FORM_32, psci_features},
    [0x0b] = {"CPU_FREEZE", PSCI_1_0, FORM_32, psci_cpu_freeze},
    [0x0c] = {"CPU_DEFAULT_SUSPEND", PSCI_1_0, FORM_BOTH, psci_cpu_default_suspend,
              has_default_state},
    [0x0d] = {"NODE_HW_STATE", PSCI_1_0, FORM_BOTH, psci_node_hw_state},
    [0x0e] = {"SYSTEM_SUSPEND", PSCI_1_0, FORM_BOTH, psci_system_suspend},
    [0x0f] = {"PSCI_SET_SUSPEND_MODE", PSCI_1_0, FORM_32, psci_set_suspend_mode,
              has_os_initiated},
    [0x10] = {"PSCI_STAT_RESIDENCY", PSCI_1_0, FORM_BOTH, psci_stat_residency},
    [0x11] = {"PSCI_STAT_COUNT", PSCI_1_0, FORM_BOTH, psci_stat_count},
    [0x12] = {"SYSTEM_RESET2", PSCI_1_1, FORM_BOTH, psci_system_reset2},
    [0x13] = {"MEM_PROTECT", PSCI_1_1, FORM_32, psci_mem_protect},
    [0x14] = {"MEM_PROTECT_CHECK_RANGE", PSCI_1_1, FORM_BOTH, psci_mem_protect_check_range},
    [FN_SYSTEM_OFF2] = {"SYSTEM_OFF2", PSCI_1_3, FORM_BOTH, psci_system_off2},
    /* clang-format on */
};

static psci_handler *const old_functions[OLD_COUNT] = {
    [OLD_CPU_SUSPEND] = psci_cpu_suspend,
    [OLD_CPU_OFF] = psci_cpu_off,
    [OLD_CPU_ON] = psci_cpu_on,
    [OLD_MIGRATE] = psci_migrate,
};

/* The function that an id means in this version; NULL if there is none. */
static const struct psci_function *find_function(const struct psci *psci, uint32_t id)
{
    if ((id & ~(SMC64 | PSCI_NUMBER)) != PSCI_BASE) {
        return NULL;
    }
    const struct psci_function *function = &functions[id & PSCI_NUMBER];
    if (!function->name || psci->version < function->since ||
        !(function->forms & (id & SMC64 ? FORM_64 : FORM_32)) ||
        (function->exists && !function->exists(psci))) {
        return NULL;
    }
    return function;
}

/* What carries the call out; NULL if a claim of the configuration goes further than the
 * version. */
static psci_handler *find_handler(const struct psci *psci, const struct el4_call *call)
{
    if (psci->version != PSCI_0_1) {
        const struct psci_function *function = find_function(psci, call->id);
        return function ? function->call : NULL;
    }
    for (unsigned i = 0; i < OLD_COUNT; i++) {
        if (psci->old[i].used && psci->old[i].id == call->id) {
            return old_functions[i];
        }
    }
    return NULL;
}

static enum el4_verdict call(void *state, struct el4_call *call)
{
    struct psci *psci = state;
    /* PSCI is there for the Normal world, and for firmware that hands calls on. */
    if (call->secure && !psci->secure_callers && call->conduit != EL4_CONDUIT_EL4) {
        return EL4_PASS;
    }
    psci_handler *handler = find_handler(psci, call);
    if (!handler) {
        return EL4_PASS;
    }
    psci_note_awake(psci, call->cpu);
    if (call->aarch32 && (call->id & SMC64) && psci->version != PSCI_0_1) {
        el4_call_return_code(call, PSCI_NOT_SUPPORTED);
    } else {
        handler(psci, call);
    }
    return EL4_HANDLED;
}

/* ---- the instance ---- */

static bool claim_id(struct psci *psci, uint32_t id, const char *name, bool starts_cpus)
{
    struct el4_claim by_normal_world = {
        .struct_size = sizeof(by_normal_world),
        .conduits = EL4_CONDUITS_SMC | EL4_CONDUITS_HVC,
        .callers = psci->secure_callers ? EL4_CALLERS_ALL : EL4_CALLERS_NS,
        .first = id,
        .last = id,
        .name = name,
        .flags = starts_cpus ? EL4_CLAIM_STARTS_CPUS : 0,
    };
    struct el4_claim handed_on = by_normal_world;
    handed_on.conduits = EL4_CONDUITS_EL4;
    handed_on.callers = EL4_CALLERS_ALL;
    return psci->host->claim(psci->self, &by_normal_world) &&
           psci->host->claim(psci->self, &handed_on);
}

static bool claim_functions(struct psci *psci)
{
    for (uint32_t number = 0; number <= PSCI_NUMBER; number++) {
        for (unsigned wide = 0; wide < 2; wide++) {
            uint32_t id = PSCI_BASE | number | (wide ? SMC64 : 0);
            const struct psci_function *function = find_function(psci, id);
            if (function &&
                !claim_id(psci, id, function->name, function->call == psci_cpu_on)) {
                return false;
            }
        }
    }
    return true;
}

/* The ids that KVM made popular, unless the configuration names some: then only those. */
static bool claim_old_functions(struct psci *psci)
{
    static const char *const names[OLD_COUNT] = {"CPU_SUSPEND", "CPU_OFF", "CPU_ON", "MIGRATE"};
    bool any = false;
    for (unsigned i = 0; i < OLD_COUNT; i++) {
        psci->old[i].used = psci->host->config_is_set(psci->self, old_keys[i]);
        any |= psci->old[i].used;
        if (psci->old[i].used) {
            psci->old[i].id = (uint32_t)psci->host->config_uint(psci->self, old_keys[i]);
        }
    }
    for (unsigned i = 0; i < OLD_COUNT; i++) {
        if (!any) {
            psci->old[i].used = true;
            psci->old[i].id = 0x95c1ba5e + i;
        }
        if (psci->old[i].used && !claim_id(psci, psci->old[i].id, names[i], i == OLD_CPU_ON)) {
            return false;
        }
    }
    return true;
}

static bool refuse_old_keys(const struct psci *psci)
{
    for (unsigned i = 0; i < OLD_COUNT; i++) {
        if (psci->host->config_is_set(psci->self, old_keys[i])) {
            psci->host->fail(psci->self, "%s chooses an id of version 0.1, but version is %s",
                             old_keys[i], version_choices[psci->version]);
            return false;
        }
    }
    return true;
}

static bool configure(struct psci *psci)
{
    const struct el4_host *host = psci->host;
    struct el4_instance *self = psci->self;
    psci->version = (enum psci_version)host->config_enum(self, "version");
    psci->extended_format = host->config_enum(self, "suspend-format") == 1;
    psci->has_os_initiated =
        psci->version >= PSCI_1_0 && host->config_bool(self, "os-initiated");
    psci->secure_callers = host->config_bool(self, "secure-callers");
    psci->has_node = host->config_bool(self, "device-tree");
    psci->check_entry = host->config_bool(self, "check-entry");
    psci->start_at_el3 = host->config_enum(self, "el3-starts-at") == 1;
    psci->trusted_os = (enum psci_trusted_os)host->config_enum(self, "trusted-os");
    uint64_t resident = host->config_uint(self, "trusted-os-cpu");
    if (psci->extended_format && psci->version < PSCI_1_0) {
        host->fail(self, "suspend-format = extended needs version 1.0 or newer");
        return false;
    }
    if (psci->trusted_os != TRUSTED_OS_NONE && resident >= psci->cpu_count) {
        host->fail(self, "trusted-os-cpu: there is no such CPU");
        return false;
    }
    psci->trusted_os_first_cpu = (unsigned)resident;
    return psci_read_states(psci) && psci_read_vendor_resets(psci);
}

static void reset(void *state)
{
    struct psci *psci = state;
    psci->os_initiated = false;
    psci->suspended_in_mode = false;
    psci->memory_protected = false;
    psci->trusted_os_cpu = psci->trusted_os_first_cpu;
    psci_reset_states(psci);
}

static void destroy(void *state)
{
    struct psci *psci = state;
    free(psci->cpus);
    free(psci);
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    unsigned cpu_count = host->cpu_count(self);
    struct psci *psci = calloc(1, sizeof(*psci));
    struct psci_cpu *cpus = calloc(cpu_count ? cpu_count : 1, sizeof(*cpus));
    if (!psci || !cpus) {
        host->fail(self, "out of memory");
        free(psci);
        free(cpus);
        return NULL;
    }
    psci->host = host;
    psci->self = self;
    psci->cpu_count = cpu_count;
    psci->cpus = cpus;
    bool done = configure(psci);
    if (done && psci->version == PSCI_0_1) {
        done = claim_old_functions(psci);
    } else if (done) {
        done = refuse_old_keys(psci) && claim_functions(psci);
    }
    if (!done) {
        destroy(psci);
        return NULL;
    }
    reset(psci);
    return psci;
}

static void cpu_woke(void *state, unsigned cpu)
{
    struct psci *psci = state;
    if (cpu < psci->cpu_count) {
        psci_note_awake(psci, cpu);
    }
}

/* ---- device tree: Linux, Documentation/devicetree/bindings/arm/psci.yaml ---- */

static void fdt(void *state, struct el4_fdt *fdt, unsigned conduit)
{
    static const char *const compatible_0_1[] = {"arm,psci", NULL};
    static const char *const compatible_0_2[] = {"arm,psci-0.2", NULL};
    static const char *const compatible_1_0[] = {"arm,psci-1.0", "arm,psci-0.2", NULL};
    struct psci *psci = state;
    const struct el4_host *host = psci->host;
    if (!psci->has_node || (conduit != EL4_CONDUIT_SMC && conduit != EL4_CONDUIT_HVC)) {
        return; /* no binding has a name for other conduits */
    }
    host->fdt_begin(fdt, "psci");
    host->fdt_strings(fdt, "compatible",
                      psci->version == PSCI_0_1   ? compatible_0_1
                      : psci->version == PSCI_0_2 ? compatible_0_2
                                                  : compatible_1_0);
    el4_fdt_add_method(host, fdt, conduit);
    for (unsigned i = 0; i < OLD_COUNT; i++) {
        if (psci->old[i].used) {
            el4_fdt_add_cell(host, fdt, old_keys[i], psci->old[i].id);
        }
    }
    host->fdt_end(fdt);
}

static const struct el4_config_key keys[] = {
    {.name = "version",
     .type = EL4_CONFIG_ENUM,
     .default_text = "1.3",
     .choices = version_choices,
     .help = "Version of PSCI; ids that it lacks are left to the rest of the chain."},
    {.name = "suspend-format",
     .type = EL4_CONFIG_ENUM,
     .default_text = "original",
     .choices = format_choices,
     .help = "Format of the power_state argument."},
    {.name = "states",
     .type = EL4_CONFIG_LIST,
     .help = "Power states, as NAME=VALUE[@LEVEL]; the value is the power_state argument, "
             "@LEVEL (0 core, 1 cluster, 2, 3) is needed in the extended format only. Default: "
             "standby, power-down of a core, power-down of a cluster."},
    {.name = "os-initiated",
     .type = EL4_CONFIG_BOOL,
     .default_text = "yes",
     .help = "Offer OS-initiated mode (PSCI_SET_SUSPEND_MODE), from version 1.0 on."},
    {.name = "secure-callers",
     .type = EL4_CONFIG_BOOL,
     .default_text = "no",
     .help =
         "Also answer SMC and HVC from the Secure world and from EL3, as some emulators do; "
         "a Secure caller's CPUs then start in the Secure world."},
    {.name = "check-entry",
     .type = EL4_CONFIG_BOOL,
     .default_text = "yes",
     .help = "Refuse entry points outside Non-secure RAM; no for guests that run from flash."},
    {.name = "el3-starts-at",
     .type = EL4_CONFIG_ENUM,
     .default_text = "normal-world",
     .choices = start_choices,
     .help =
         "Where CPUs start or wake that EL3 asks for (conduit el4): at the highest "
         "Non-secure level, for firmware that hands calls on as they are, or at EL3 itself."},
    {.name = "trusted-os",
     .type = EL4_CONFIG_ENUM,
     .default_text = "none",
     .choices = trusted_os_choices,
     .help = "Pretend that a uniprocessor Trusted OS sits on one CPU: MIGRATE and its kin are "
             "offered, and that CPU cannot be switched off."},
    {.name = "trusted-os-cpu",
     .type = EL4_CONFIG_UINT,
     .default_text = "0",
     .help = "Number of the CPU on which the Trusted OS is at reset."},
    {.name = "vendor-resets",
     .type = EL4_CONFIG_LIST,
     .help = "Vendor types of SYSTEM_RESET2, as TYPE=EVENT with a type from 0x80000000 on and "
             "off, reset, warm-reset or crash; others are refused."},
    {.name = "device-tree",
     .type = EL4_CONFIG_BOOL,
     .default_text = "yes",
     .help = "Write the /psci node if this service is the one that answers; no for a second "
             "instance beside the one that guests are to find."},
    {.name = "cpu_suspend",
     .type = EL4_CONFIG_UINT,
     .max = UINT32_MAX,
     .help = "Id of CPU_SUSPEND in version 0.1. If none of the four is set, KVM's are used."},
    {.name = "cpu_off",
     .type = EL4_CONFIG_UINT,
     .max = UINT32_MAX,
     .help = "Id of CPU_OFF in version 0.1."},
    {.name = "cpu_on",
     .type = EL4_CONFIG_UINT,
     .max = UINT32_MAX,
     .help = "Id of CPU_ON in version 0.1."},
    {.name = "migrate",
     .type = EL4_CONFIG_UINT,
     .max = UINT32_MAX,
     .help = "Id of MIGRATE in version 0.1."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(keys[0]),
    .help = "Power State Coordination Interface.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .call = call,
    .fdt = fdt,
    .cpu_woke = cpu_woke,
};

EL4_PLUGIN_DEFINE(psci) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "psci",
    .version = "1.0",
    .description = "PSCI 0.1 to 1.3: switches CPUs and the machine on and off",
    .schema = &schema,
    .operations = &operations,
};
