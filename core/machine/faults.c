/* SPDX-License-Identifier: MIT */
/*
 * Faults that the configuration injects into service calls: each [fault NAME] becomes a rule
 * of the dispatcher. What they are for is to see how a guest copes with firmware that fails.
 */
#include "machine/private.h"

#include <errno.h>
#include <string.h>

#include "cpu/crosscall.h"

#define US_PER_S UINT64_C(1000000)

static const char *const action_choices[] = {"return", "drop", "trap", "delay", NULL};

static const struct el4_config_key fault_keys[] = {
    {.name = "action",
     .type = EL4_CONFIG_ENUM,
     .flags = EL4_CONFIG_REQUIRED,
     .choices = action_choices,
     .help = "What happens instead of asking the services: return gives the results of "
             "'values', drop goes on after the call with no register changed, trap takes the "
             "architectural exception; delay asks them, but later."},
    {.name = "values",
     .type = EL4_CONFIG_LIST,
     .default_text = "-1",
     .help = "Results for action return: x0, x1 and so on, decimal or 0x; a '-' leaves a "
             "register as it is."},
    {.name = "delay-us",
     .type = EL4_CONFIG_UINT,
     .max = 3600 * US_PER_S,
     .help = "Microseconds of machine time by which the call takes longer, with any action."},
    {.name = "ids",
     .type = EL4_CONFIG_RANGES,
     .max = UINT32_MAX,
     .help = "Function ids of the calls that it is about; default: all."},
    {.name = "selector",
     .type = EL4_CONFIG_UINT,
     .max = 17,
     .help = "Number of the register that holds the id."},
    {.name = "conduits",
     .type = EL4_CONFIG_LIST,
     .help = "Conduits of these calls: smc, hvc, el4; default: all."},
    {.name = "callers",
     .type = EL4_CONFIG_LIST,
     .help = "Callers of these calls: ns-el1, ns-el2, s-el1, s-el2, el3; default: all."},
    {.name = "nth",
     .type = EL4_CONFIG_LIST,
     .help = "Which of these calls it hits, counted from 1 since the machine was made."},
    {.name = "every",
     .type = EL4_CONFIG_UINT,
     .help = "It hits each such call: 3 is every third."},
    {.name = "probability",
     .type = EL4_CONFIG_STRING,
     .help = "It hits a call with this probability, 0 to 1; '0.01' is one in a hundred."},
    {.name = "seed",
     .type = EL4_CONFIG_UINT,
     .default_text = "1",
     .help = "Of the probability: the same seed and the same calls give the same hits."},
    {.name = "limit",
     .type = EL4_CONFIG_UINT,
     .help = "How often it hits at most; default: without limit."},
};

static const struct el4_config_schema fault_schema = {
    .struct_size = sizeof(fault_schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "A fault that is injected into service calls on purpose. Without nth, every and "
            "probability it hits each call that it is about.",
    .keys = fault_keys,
    .key_count = G_N_ELEMENTS(fault_keys),
};

static bool read_number(const char *text, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = *text == '-' ? (uint64_t)g_ascii_strtoll(text, &end, 0)
                          : g_ascii_strtoull(text, &end, 0);
    return !errno && end != text && !*end;
}

static bool read_values(const struct el4_config *config, const char *section,
                        struct el4_smccc_fault *fault, GError **error)
{
    const char *const *words = el4_config_get_list(config, section, "values", NULL);
    for (size_t i = 0; words[i]; i++) {
        if (i == G_N_ELEMENTS(fault->results)) {
            el4_config_value_error(config, section, "values", error,
                                   "more than %zu results; there are no more registers", i);
            return false;
        }
        if (!strcmp(words[i], "-")) {
            continue;
        }
        if (!read_number(words[i], &fault->results[i])) {
            el4_config_value_error(config, section, "values", error,
                                   "'%s' is no number of 64 bits and no '-'", words[i]);
            return false;
        }
        fault->result_mask |= 1u << i;
    }
    return true;
}

static bool read_nth(const struct el4_config *config, const char *section, GArray *nth,
                     GError **error)
{
    const char *const *words = el4_config_get_list(config, section, "nth", NULL);
    for (; words && *words; words++) {
        uint64_t number;
        if (**words == '-' || !read_number(*words, &number) || !number) {
            el4_config_value_error(config, section, "nth", error,
                                   "'%s' is no number of a call; the first is 1", *words);
            return false;
        }
        g_array_append_val(nth, number);
    }
    return true;
}

static bool read_probability(const struct el4_config *config, const char *section,
                             double *probability, GError **error)
{
    const char *text = el4_config_get_string(config, section, "probability");
    char *end = NULL;
    *probability = text ? g_ascii_strtod(text, &end) : 0;
    if (text && (end == text || *end || !(*probability >= 0 && *probability <= 1))) {
        el4_config_value_error(config, section, "probability", error,
                               "'%s' is no number from 0 to 1", text);
        return false;
    }
    return true;
}

static bool add_fault(struct el4_machine *machine, const char *section, GError **error)
{
    const struct el4_config *config = machine->config;
    g_autoptr(GArray) nth = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    struct el4_smccc_fault fault = {
        .name = section + strlen("fault "),
        .selector = (uint32_t)el4_config_get_uint(config, section, "selector"),
        .every = el4_config_get_uint(config, section, "every"),
        .seed = el4_config_get_uint(config, section, "seed"),
        .limit = el4_config_get_uint(config, section, "limit"),
        .delay_ns = el4_config_get_uint(config, section, "delay-us") * 1000,
        .action = (enum el4_smccc_fault_action)el4_config_get_enum(config, section, "action"),
    };
    fault.ids = el4_config_get_ranges(config, section, "ids", &fault.id_count);
    if (!el4_machine_read_callers(config, section, &fault.callers, error) ||
        !el4_machine_read_conduits(config, section, &fault.conduits, error) ||
        !read_values(config, section, &fault, error) ||
        !read_nth(config, section, nth, error) ||
        !read_probability(config, section, &fault.probability, error)) {
        return false;
    }
    if (fault.action == EL4_SMCCC_FAULT_DELAY && !fault.delay_ns) {
        el4_config_value_error(config, section, "action", error,
                               "a delay of no time; set 'delay-us'");
        return false;
    }
    if (!fault.callers) {
        fault.callers = EL4_CALLERS_ALL;
    }
    fault.nth = (const uint64_t *)(void *)nth->data;
    fault.nth_count = nth->len;
    if (!nth->len && !fault.every && !el4_config_is_set(config, section, "probability")) {
        fault.every = 1;
    }
    el4_smccc_add_fault(machine->smccc, &fault);
    return true;
}

bool el4_machine_fault_schema(struct el4_config *config, const char *section, GError **error)
{
    return el4_config_add_schema(config, section, &fault_schema, error);
}

bool el4_machine_add_faults(struct el4_machine *machine, GError **error)
{
    g_autoptr(GPtrArray) sections = el4_config_sections(machine->config, "fault");
    for (guint i = 0; i < sections->len; i++) {
        const char *section = g_ptr_array_index(sections, i);
        if (!strcmp(section, "fault")) {
            g_autofree char *origin = el4_config_section_origin(machine->config, section);
            g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                        "%s: [fault]: a fault has a name, as in [fault flaky-cpu-on]", origin);
            return false;
        }
        if (!el4_machine_fault_schema(machine->config, section, error) ||
            !el4_machine_check_section(machine, section, error) ||
            !add_fault(machine, section, error)) {
            return false;
        }
    }
    return true;
}

/* ---- waiting ---- */

static void sleep_real(struct vcpu *vcpu, uint64_t ns)
{
    struct el4_machine *machine = vcpu->machine;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ns / 1000000000);
    until.tv_nsec += (long)(ns % 1000000000);
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    el4_crosscall_leave_guest(vcpu->cpu);
    pthread_mutex_lock(&vcpu->sleep_lock);
    int result = 0;
    while (!result && atomic_load(&machine->stop_event) == STOP_NONE) {
        result = pthread_cond_timedwait(&vcpu->sleep_wake, &vcpu->sleep_lock, &until);
    }
    pthread_mutex_unlock(&vcpu->sleep_lock);
    el4_crosscall_enter_guest(vcpu->cpu);
}

void el4_machine_delay(struct vcpu *vcpu, uint64_t ns)
{
    if (!vcpu->machine->virtual_clock) {
        sleep_real(vcpu, ns);
        return;
    }
    /* All wait with it: one thread has one time. What is due meanwhile happens when the turn,
     * which ends here, is over. */
    vcpu->machine->idle_ns += ns;
    vcpu->cpu->icount_limit = vcpu->cpu->icount;
}
