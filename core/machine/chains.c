/* SPDX-License-Identifier: MIT */
/*
 * From [chain ...] and [service ...] sections to frozen chains. The board names default chains;
 * the configuration replaces them key by key. Every [service NAME] understands a few keys of
 * el4's own beside its plugin's: which plugin it is, and what replaces the plugin's claims.
 */
#include "machine/described.h"

#include <string.h>

static const char *const immediates_choices[] = {"zero", "any", NULL};

static const struct el4_config_key chain_keys[] = {
    {.name = "services",
     .type = EL4_CONFIG_LIST,
     .help = "Services that are asked, in order; none: every call takes its architectural "
             "exception. The board has a default."},
    {.name = "immediate",
     .type = EL4_CONFIG_ENUM,
     .default_text = "zero",
     .choices = immediates_choices,
     .help = "Which immediates of the instruction make it a service call: zero alone, as the "
             "SMCCC has it, or any."},
};

static const struct el4_config_schema chain_schema = {
    .struct_size = sizeof(chain_schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "Who answers the calls of one conduit.",
    .keys = chain_keys,
    .key_count = G_N_ELEMENTS(chain_keys),
};

/* How calls of the el4 conduit are made; for the others that is the architecture's business. */
static const struct el4_config_key way_keys[] = {
    {.name = "hlt",
     .type = EL4_CONFIG_UINT,
     .max = UINT16_MAX,
     .help =
         "The immediate of HLT that makes a call, as in 'hlt = 0x34', on CPUs with Armv8. "
         "T32 has 6 bits for it, so one over 0x3f is not for T32. Not set: HLT makes none."},
    {.name = "doorbell",
     .type = EL4_CONFIG_UINT,
     .help =
         "A physical address, multiple of 8: any store of a CPU there makes a call, in both "
         "security states. Use a store without writeback. Not set: there is none."},
    {.name = "sysreg",
     .type = EL4_CONFIG_STRING,
     .help = "An IMPLEMENTATION DEFINED system register whose write makes a call: "
             "S3_<op1>_C<n>_C<m>_<op2> with n 11 or 15; from AArch32 it is MCR p15, op1, Rt, "
             "Cn, Cm, op2. Not set: there is none."},
};

static const struct el4_config_schema way_schema = {
    .struct_size = sizeof(way_schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "Who answers the calls that guest firmware hands on to el4, and how it makes them.",
    .keys = way_keys,
    .key_count = G_N_ELEMENTS(way_keys),
};

static const struct el4_config_key service_keys[] = {
    {.name = "plugin",
     .type = EL4_CONFIG_STRING,
     .help = "The plugin that makes this service; its own name is the default."},
    {.name = "claim",
     .type = EL4_CONFIG_RANGES,
     .max = UINT32_MAX,
     .help = "Function ids that this service answers, instead of those its plugin claims."},
    {.name = "callers",
     .type = EL4_CONFIG_LIST,
     .help = "Callers that are answered: ns-el1, ns-el2, s-el1, s-el2, el3; default: what the "
             "plugin says, usually all."},
    {.name = "selector",
     .type = EL4_CONFIG_UINT,
     .min = 0,
     .max = 17,
     .help = "Number of the register that holds the function id, for calls that do not follow "
             "the SMCCC; used with 'claim'."},
    {.name = "conduits",
     .type = EL4_CONFIG_LIST,
     .help =
         "Conduits for which 'claim' holds: smc, hvc, el4; default: all whose chain has the "
         "service."},
};

static const struct el4_config_schema service_schema = {
    .struct_size = sizeof(service_schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "A service that answers calls.",
    .keys = service_keys,
    .key_count = G_N_ELEMENTS(service_keys),
};

bool el4_machine_read_callers(const struct el4_config *config, const char *section,
                              uint32_t *callers, GError **error)
{
    const char *const *words = el4_config_get_list(config, section, "callers", NULL);
    *callers = 0;
    for (; words && *words; words++) {
        uint32_t caller = el4_smccc_caller_from_name(*words);
        if (!caller) {
            el4_config_value_error(config, section, "callers", error,
                                   "'%s' is no caller; use ns-el1, ns-el2, s-el1, s-el2 or el3",
                                   *words);
            return false;
        }
        *callers |= caller;
    }
    return true;
}

bool el4_machine_read_conduits(const struct el4_config *config, const char *section,
                               uint32_t *conduits, GError **error)
{
    const char *const *words = el4_config_get_list(config, section, "conduits", NULL);
    *conduits = 0;
    for (; words && *words; words++) {
        int conduit = el4_smccc_conduit_from_name(*words);
        if (conduit < 0) {
            el4_config_value_error(config, section, "conduits", error,
                                   "'%s' is no conduit; use smc, hvc or el4", *words);
            return false;
        }
        *conduits |= 1u << conduit;
    }
    if (!*conduits) {
        *conduits = EL4_CONDUITS_ALL;
    }
    return true;
}

static char *chain_section(enum el4_conduit conduit)
{
    return g_strdup_printf("chain %s", el4_smccc_conduit_name(conduit));
}

bool el4_machine_chain_schemas(struct el4_config *config, GError **error)
{
    for (int conduit = 0; conduit < EL4_CONDUIT_COUNT; conduit++) {
        g_autofree char *section = chain_section(conduit);
        if (!el4_config_add_schema(config, section, &chain_schema, error)) {
            return false;
        }
    }
    return el4_config_add_schema(config, EL4_WAYS_SECTION, &way_schema, error);
}

bool el4_machine_check_section(struct el4_machine *machine, const char *section, GError **error)
{
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    if (el4_config_check_section(machine->config, section, messages)) {
        return true;
    }
    g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG, "%s",
                (const char *)g_ptr_array_index(messages, 0));
    return false;
}

/* What the configuration says about the service's claims. */
static bool configure_claims(struct el4_instance *service, GError **error)
{
    struct el4_machine *machine = service->machine;
    const struct el4_config *config = machine->config;
    uint32_t callers;
    uint32_t conduits;
    if (!el4_machine_read_callers(config, service->section, &callers, error) ||
        !el4_machine_read_conduits(config, service->section, &conduits, error)) {
        return false;
    }
    size_t count = 0;
    const struct el4_config_range *ranges =
        el4_config_get_ranges(config, service->section, "claim", &count);
    if (!count) {
        el4_smccc_limit_claims(machine->smccc, service->service, conduits, callers);
        return true;
    }
    el4_smccc_drop_claims(machine->smccc, service->service);
    for (size_t i = 0; i < count; i++) {
        struct el4_claim claim = {
            .struct_size = sizeof(claim),
            .conduits = conduits,
            .callers = callers,
            .selector = (uint32_t)el4_config_get_uint(config, service->section, "selector"),
            .first = (uint32_t)ranges[i].first,
            .last = (uint32_t)ranges[i].last,
            .name = service->name,
        };
        g_autoptr(GError) problem = NULL;
        if (!el4_smccc_claim(machine->smccc, service->service, &claim, &problem)) {
            el4_config_value_error(config, service->section, "claim", error, "%s",
                                   problem->message);
            return false;
        }
    }
    return true;
}

bool el4_machine_service_schema(struct el4_config *config, const char *section, GError **error)
{
    return el4_config_add_schema(config, section, &service_schema, error);
}

static bool create_service(struct el4_machine *machine, const char *name,
                           struct el4_instance **created, GError **error)
{
    g_autofree char *section = g_strdup_printf("service %s", name);
    if (!el4_machine_service_schema(machine->config, section, error)) {
        return false;
    }
    const char *plugin = el4_config_get_text(machine->config, section, "plugin");
    struct el4_instance *service =
        el4_instance_new(machine, EL4_PLUGIN_SERVICE, plugin ? plugin : name, name, error);
    if (!service) {
        g_prefix_error(error, "[%s]: ", section);
        return false;
    }
    g_ptr_array_add(machine->instances, service);
    if (!el4_machine_check_section(machine, section, error)) {
        return false;
    }
    struct el4_smccc_handler handler = {
        .name = service->name,
        .call = el4_instance_service(service)->call,
    };
    service->service = el4_smccc_add_service(machine->smccc, &handler);
    if (!el4_instance_create(service, error)) {
        return false;
    }
    el4_smccc_set_state(service->service, service->state);
    *created = service;
    return configure_claims(service, error);
}

static struct el4_instance *find_service(struct el4_machine *machine, const char *name)
{
    for (guint i = 0; i < machine->instances->len; i++) {
        struct el4_instance *instance = g_ptr_array_index(machine->instances, i);
        if (instance->kind == EL4_PLUGIN_SERVICE && !strcmp(instance->name, name)) {
            return instance;
        }
    }
    return NULL;
}

static bool build_chain(struct el4_machine *machine, enum el4_conduit conduit, GError **error)
{
    g_autofree char *section = chain_section(conduit);
    const char *fallback =
        machine->board_ops->default_chain
            ? machine->board_ops->default_chain(machine->board->state, conduit)
            : NULL;
    if (fallback && *fallback &&
        !el4_config_set(machine->config, EL4_CONFIG_LAYER_BOARD, section, "services", fallback,
                        "board default", error)) {
        return false;
    }
    if (!el4_machine_check_section(machine, section, error)) {
        return false;
    }
    el4_smccc_set_immediates(
        machine->smccc, conduit,
        (enum el4_smccc_immediates)el4_config_get_enum(machine->config, section, "immediate"));
    const char *const *names = el4_config_get_list(machine->config, section, "services", NULL);
    for (; names && *names; names++) {
        struct el4_instance *service = find_service(machine, *names);
        if (!service && !create_service(machine, *names, &service, error)) {
            return false;
        }
        g_autoptr(GError) problem = NULL;
        if (!el4_smccc_chain(machine->smccc, conduit, service->service, &problem)) {
            el4_config_value_error(machine->config, section, "services", error, "%s",
                                   problem->message);
            return false;
        }
    }
    return true;
}

/*
 * A file may be shared by machines that do not all have the same services and devices: a
 * section that means nothing here is worth a warning. Said on the command line it is a mistake.
 */
static bool check_unused_services(struct el4_machine *machine, GError **error)
{
    g_autoptr(GPtrArray) sections = el4_config_sections(machine->config, "service");
    for (guint i = 0; i < sections->len; i++) {
        const char *section = g_ptr_array_index(sections, i);
        const char *name = section + strcspn(section, " ");
        name += *name == ' ';
        if (find_service(machine, name)) {
            continue;
        }
        g_autofree char *origin = el4_config_section_origin(machine->config, section);
        g_autofree char *text = g_strdup_printf(
            "%s: [%s]: no chain names this service; add '%s' to services of [chain smc] or "
            "[chain hvc], or remove the section",
            origin, section, name);
        if (!el4_config_ignore_section(machine->config, section)) {
            g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG, "%s", text);
            return false;
        }
        g_log("el4", G_LOG_LEVEL_WARNING, "warning: %s", text);
    }
    return true;
}

static void ignore_unknown_devices(struct el4_machine *machine)
{
    g_autoptr(GPtrArray) sections = el4_config_sections(machine->config, "device");
    for (guint i = 0; i < sections->len; i++) {
        const char *section = g_ptr_array_index(sections, i);
        const char *name = section + strcspn(section, " ");
        name += *name == ' ';
        if (!g_hash_table_contains(machine->devices, name) &&
            !el4_described_is_device(machine->config, section) &&
            el4_config_ignore_section(machine->config, section)) {
            g_autofree char *origin = el4_config_section_origin(machine->config, section);
            g_log("el4", G_LOG_LEVEL_WARNING,
                  "warning: %s: [%s]: board '%s' has no such device, so the section has no "
                  "effect; 'el4 explain' lists the devices",
                  origin, section, machine->board->plugin->name);
        }
    }
}

/* What the end of each chain means on this machine. */
static void say_otherwise(struct el4_machine *machine)
{
    static const char *const smc[] = {
        [EL3_NONE] = "UNDEFINED: the machine has no EL3",
        [EL3_GUEST] = "architectural exception to the guest's EL3, or UNDEFINED while "
                      "SCR_EL3.SMD is set",
        [EL3_EMULATOR] = "UNDEFINED: el4 owns EL3, and there is no guest code to take it",
    };
    el4_smccc_set_otherwise(machine->smccc, EL4_CONDUIT_SMC, smc[machine->el3]);
    el4_smccc_set_otherwise(machine->smccc, EL4_CONDUIT_HVC,
                            machine->el2 ? "architectural exception to the guest's EL2, or "
                                           "UNDEFINED while HVC is disabled there"
                                         : "UNDEFINED: the machine has no EL2");
    el4_smccc_set_otherwise(machine->smccc, EL4_CONDUIT_EL4,
                            "UNDEFINED for HLT and the system register; nothing happens for "
                            "the doorbell");
}

bool el4_machine_build_chains(struct el4_machine *machine, GError **error)
{
    say_otherwise(machine);
    for (int conduit = 0; conduit < EL4_CONDUIT_COUNT; conduit++) {
        if (!build_chain(machine, conduit, error)) {
            return false;
        }
    }
    ignore_unknown_devices(machine);
    return check_unused_services(machine, error) && el4_machine_add_faults(machine, error) &&
           el4_smccc_freeze(machine->smccc, error);
}

unsigned el4_machine_kernel_el(const struct el4_machine *machine)
{
    if (machine->boot.kernel_el) {
        return machine->boot.kernel_el;
    }
    return machine->el2 ? 2 : 1;
}

uint32_t el4_machine_kernel_caller(const struct el4_machine *machine)
{
    if (machine->boot.kernel_secure) {
        return EL4_CALLER_S_EL1;
    }
    return el4_machine_kernel_el(machine) == 2 ? EL4_CALLER_NS_EL2 : EL4_CALLER_NS_EL1;
}

bool el4_machine_starts_cpus(const struct el4_machine *machine)
{
    uint32_t caller = el4_machine_kernel_caller(machine);
    return el4_smccc_starts_cpus(machine->smccc, EL4_CONDUIT_SMC, caller) ||
           el4_smccc_starts_cpus(machine->smccc, EL4_CONDUIT_HVC, caller);
}
