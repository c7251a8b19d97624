/* SPDX-License-Identifier: MIT */
/*
 * What was counted of service calls, for people and for programs: the report at the end of a
 * run ([calls]), and the state of a running machine, which the control socket gives out.
 */
#include "machine/private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECTION "calls"

static const struct el4_config_key calls_keys[] = {
    {.name = "count",
     .type = EL4_CONFIG_BOOL,
     .default_text = "no",
     .help = "Count service calls by id, and report them at the end of the run."},
    {.name = "file",
     .type = EL4_CONFIG_PATH,
     .help = "Where the report goes; standard error by default."},
    {.name = "json",
     .type = EL4_CONFIG_BOOL,
     .default_text = "no",
     .help = "The report as a JSON object instead of a table."},
};

static const struct el4_config_schema calls_schema = {
    .struct_size = sizeof(calls_schema),
    .key_size = sizeof(struct el4_config_key),
    .section = SECTION,
    .help = "What is counted of service calls.",
    .keys = calls_keys,
    .key_count = G_N_ELEMENTS(calls_keys),
};

bool el4_calls_add_schema(struct el4_config *config, GError **error)
{
    return el4_config_add_schema(config, NULL, &calls_schema, error);
}

bool el4_calls_from_config(struct el4_machine *machine, GError **error)
{
    const struct el4_config *config = machine->config;
    if (el4_config_get_bool(config, SECTION, "count")) {
        el4_smccc_enable_counts(machine->smccc);
    } else if (el4_config_get_path(config, SECTION, "file")) {
        el4_config_value_error(config, SECTION, "file", error,
                               "nothing is counted; set count = yes, or use --calls");
        return false;
    }
    const char *path = el4_config_get_path(config, SECTION, "file");
    int unwritable = path ? el4_io_check_writable(path) : 0;
    if (unwritable) {
        el4_config_value_error(config, SECTION, "file", error, "%s: cannot be written: %s",
                               path, g_strerror(unwritable));
        return false;
    }
    return true;
}

/* ---- as a table ---- */

static uint64_t all_of(const struct el4_smccc_count *count)
{
    return count->handled + count->trapped + count->unclaimed;
}

static void append_row(const struct el4_smccc_count *count, void *data)
{
    const char *name = count->others ? NULL : el4_smccc_function_name(count->id);
    g_autofree char *id =
        count->others ? g_strdup("more ids") : g_strdup_printf("0x%08x", count->id);
    g_string_append_printf(data,
                           "%-4s %-10s %-28s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64
                           " %7" PRIu64 " %9.2f %9.2f\n",
                           el4_smccc_conduit_name(count->conduit), id, name ? name : "-",
                           all_of(count), count->handled, count->trapped, count->unclaimed,
                           count->faults,
                           (double)count->total_ns / (double)all_of(count) / 1000,
                           (double)count->longest_ns / 1000);
}

static void append_table(const struct el4_machine *machine, GString *out)
{
    g_string_append_printf(out, "%-4s %-10s %-28s %9s %9s %9s %9s %7s %9s %9s\n", "by", "id",
                           "function", "calls", "handled", "trapped", "unclaimed", "faults",
                           "mean us", "max us");
    el4_smccc_visit_counts(machine->smccc, append_row, out);
}

/* ---- as JSON: nothing in here needs escaping ---- */

static void append_call(const struct el4_smccc_count *count, void *data)
{
    GString *out = data;
    const char *name = count->others ? "more ids" : el4_smccc_function_name(count->id);
    g_string_append_printf(out, "%s{\"conduit\":\"%s\",\"id\":\"0x%08x\",\"name\":",
                           out->str[out->len - 1] == '[' ? "" : ",",
                           el4_smccc_conduit_name(count->conduit), count->id);
    g_string_append_printf(out, name ? "\"%s\"" : "null", name);
    g_string_append_printf(out,
                           ",\"calls\":%" PRIu64 ",\"handled\":%" PRIu64 ",\"trapped\":%" PRIu64
                           ",\"unclaimed\":%" PRIu64 ",\"faults\":%" PRIu64
                           ",\"total_ns\":%" PRIu64 ",\"max_ns\":%" PRIu64 ",\"histogram\":[",
                           all_of(count), count->handled, count->trapped, count->unclaimed,
                           count->faults, count->total_ns, count->longest_ns);
    for (unsigned i = 0; i < EL4_SMCCC_BUCKETS; i++) {
        g_string_append_printf(out, "%s%" PRIu64, i ? "," : "", count->histogram[i]);
    }
    g_string_append(out, "]}");
}

void el4_machine_append_status(struct el4_machine *machine, GString *out)
{
    g_string_append_printf(out, "{\"ns\":%" PRIu64 ",\"cpus\":[", el4_machine_now_ns(machine));
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        const struct vcpu *vcpu = &machine->vcpus[i];
        g_string_append_printf(out,
                               "%s{\"cpu\":%u,\"mpidr\":\"0x%" PRIx64
                               "\",\"power\":\"%s\",\"calls\":%" PRIu64 "}",
                               i ? "," : "", i, el4_machine_mpidr(machine, i),
                               el4_machine_power_name(vcpu), vcpu->calls);
    }
    g_string_append(out, "],\"calls\":[");
    el4_smccc_visit_counts(machine->smccc, append_call, out);
    g_string_append(out, "]}\n");
}

void el4_calls_report(struct el4_machine *machine)
{
    const struct el4_config *config = machine->config;
    if (!el4_config_get_bool(config, SECTION, "count")) {
        return;
    }
    const char *path = el4_config_get_path(config, SECTION, "file");
    g_autoptr(GString) out = g_string_new(NULL);
    if (el4_config_get_bool(config, SECTION, "json")) {
        el4_machine_append_status(machine, out);
    } else {
        append_table(machine, out);
    }
    FILE *file = path ? fopen(path, "we") : stderr;
    bool written = file && fputs(out->str, file) >= 0 && !fflush(file);
    if (!written) {
        g_log("el4", G_LOG_LEVEL_WARNING, "calls: %s: cannot be written: %s",
              path ? path : "standard error", g_strerror(errno));
    }
    if (file && path) {
        fclose(file);
    }
}
