/* SPDX-License-Identifier: MIT */
/*
 * One cell in this process (execute.h).
 */
#include "execute.h"

#include <string.h>
#include <unistd.h>

#include "machine/machine.h"
#include "machine/seen.h"
#include "machine/typing.h"
#include "machine/watch.h"

/* A configuration that is wrong throughout is not listed to its end. */
#define MISTAKES_MAX 20

/* ---- configuration ---- */

static bool add_setting(struct el4_config *config, const struct el4_matrix_setting *setting,
                        GError **error)
{
    return setting->place.line
               ? el4_config_set_override_of(config, setting->option, setting->place.file,
                                            setting->place.line, error)
               : el4_config_set_override(config, setting->option, error);
}

struct el4_config *el4_matrix_config_new(GError **error)
{
    struct el4_config *config = el4_config_new();
    if (!el4_machine_add_schemas(config, error)) {
        el4_config_free(config);
        return NULL;
    }
    return config;
}

bool el4_matrix_config_fill(struct el4_config *config, const struct el4_matrix_cell *cell,
                            GError **error)
{
    for (guint i = 0; i < cell->configs->len; i++) {
        if (!el4_config_load_file(config, g_ptr_array_index(cell->configs, i), error)) {
            return false;
        }
    }
    if (!cell->configs->len && !el4_config_set(config, EL4_CONFIG_LAYER_BOARD, "machine",
                                               "board", "virt", "no file given", error)) {
        return false;
    }
    for (guint i = 0; i < cell->settings->len; i++) {
        if (!add_setting(config, g_ptr_array_index(cell->settings, i), error)) {
            return false;
        }
    }
    return true;
}

/* ---- what was seen ---- */

static void see_count(const struct el4_smccc_count *count, void *data)
{
    struct el4_matrix_result *result = data;
    for (const struct el4_smccc_tally *tally = count->tallies; tally; tally = tally->next) {
        const char *name =
            count->others ? EL4_MATRIX_MORE_IDS : el4_smccc_function_name(count->id);
        struct el4_matrix_count *seen = g_new0(struct el4_matrix_count, 1);
        seen->conduit = g_strdup(el4_smccc_conduit_name(count->conduit));
        seen->id = count->id;
        seen->name = g_strdup(name);
        seen->verdict = g_strdup(el4_smccc_verdict_name(tally->verdict));
        seen->service =
            tally->service ? g_strdup(el4_smccc_service_name(tally->service)) : NULL;
        seen->count = tally->count;
        g_ptr_array_add(result->counts, seen);
    }
}

static void see_events(const struct el4_machine *machine, struct el4_matrix_result *result)
{
    guint count;
    const struct el4_machine_call *calls =
        el4_machine_kept_calls(machine, &count, &result->events_dropped);
    for (guint i = 0; i < count; i++) {
        const struct el4_machine_call *call = &calls[i];
        struct el4_matrix_event *event = g_new0(struct el4_matrix_event, 1);
        event->ns = call->ns;
        event->cpu = call->cpu;
        event->conduit = g_strdup(el4_smccc_conduit_name(call->conduit));
        event->id = call->id;
        event->verdict = g_strdup(el4_smccc_verdict_name(call->verdict));
        event->service = call->service ? g_strdup(el4_smccc_service_name(call->service)) : NULL;
        event->result = call->result;
        g_ptr_array_add(result->events, event);
    }
}

static void see_register(const char *name, uint64_t value, void *data)
{
    struct el4_matrix_cpu *cpu = data;
    struct el4_matrix_register *seen = g_new0(struct el4_matrix_register, 1);
    seen->name = g_strdup(name);
    seen->value = value;
    g_ptr_array_add(cpu->registers, seen);
}

static void see_cpus(const struct el4_machine *machine, struct el4_matrix_result *result)
{
    for (unsigned i = 0; i < el4_machine_cpu_count(machine); i++) {
        struct el4_matrix_cpu *cpu = el4_matrix_cpu_new();
        cpu->power = g_strdup(el4_machine_cpu_power(machine, i));
        el4_machine_visit_registers(machine, i, see_register, cpu);
        g_ptr_array_add(result->cpus, cpu);
    }
}

static void see(struct el4_machine *machine, struct el4_matrix_result *result)
{
    result->timed_out = result->status == EL4_EXIT_TIMEOUT;
    result->stuck = el4_machine_is_stuck(machine);
    result->machine_limit = el4_machine_is_at_limit(machine);
    result->guest_status = el4_machine_guest_status(machine);
    result->machine_ns = el4_machine_time_ns(machine);
    el4_smccc_visit_counts(el4_machine_smccc(machine), see_count, result);
    see_events(machine, result);
    see_cpus(machine, result);
}

/* ---- the run ---- */

static void fail(struct el4_matrix_result *result, enum el4_exit status, const char *reason)
{
    result->outcome = EL4_MATRIX_ERROR;
    result->status = status;
    g_ptr_array_add(result->reasons, g_strdup(reason));
    /* Where `el4 run` has it, and where patterns of an expected refusal look. */
    g_printerr("el4: %s\n", reason);
}

static struct el4_machine *make_machine(struct el4_config *config, struct el4_plugins *plugins,
                                        struct el4_matrix_result *result)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    struct el4_machine *machine =
        el4_machine_new(config, plugins, NULL, EL4_MACHINE_RUN, messages, &error);
    if (machine) {
        return machine;
    }
    if (!messages->len) {
        fail(result, EL4_EXIT_CONFIG, error->message);
    }
    for (guint i = 0; i < MIN(messages->len, MISTAKES_MAX); i++) {
        fail(result, EL4_EXIT_CONFIG, g_ptr_array_index(messages, i));
    }
    return NULL;
}

static void leave(const char *why)
{
    /* What cannot be written here cannot be helped. */
    if (write(STDERR_FILENO, why, strlen(why)) < 0) {
        _exit(EL4_EXIT_INTERNAL);
    }
    _exit(EL4_EXIT_INTERNAL);
}

/* What one run needs from before it to its end. */
struct run {
    const struct el4_matrix_cell *cell;
    const struct el4_matrix_point *point;
    struct el4_machine_typing typing;
    struct el4_machine_watch watch;
};

static void fill_typing(struct run *run)
{
    const struct el4_matrix_input *input = run->cell->input;
    run->typing.text = input ? input->bytes : NULL;
    run->typing.bytes = input ? input->length : 0;
}

static void reached(struct el4_machine *machine, void *data)
{
    struct run *run = data;
    g_autoptr(GError) error = NULL;
    el4_machine_watch_no_more(machine);
    run->cell = run->point->reached(machine, run->point->data);
    fill_typing(run);
    if (!el4_machine_watch(machine, &run->watch, &error)) {
        g_printerr("el4: %s\n", error->message);
        leave("");
    }
}

static void prepare_typing(struct el4_machine *machine, struct run *run)
{
    run->typing.after = run->cell->input_after->regex;
    run->typing.reached = run->point ? reached : NULL;
    run->typing.data = run;
    fill_typing(run);
    el4_machine_type(machine, &run->typing);
}

static void tell_nothing_typed(const struct el4_matrix_cell *cell,
                               struct el4_matrix_result *result)
{
    const struct el4_matrix_pattern *after = cell->input_after;
    g_ptr_array_add(result->reasons,
                    g_strdup_printf("console: nothing matches \"%s\" (%s:%u), so the input was "
                                    "not typed",
                                    after->text, after->place.file, after->place.line));
}

static void run_machine(struct el4_machine *machine, struct run *run,
                        struct el4_matrix_result *result)
{
    g_autoptr(GError) error = NULL;
    el4_machine_keep_calls(machine, EL4_MATRIX_EVENTS_MAX);
    if (run->cell->input_after) {
        prepare_typing(machine, run);
    }
    enum el4_exit status = el4_machine_run_watched(machine, &run->watch, &error);
    result->status = status;
    if (error) {
        fail(result, status, error->message);
    }
    if (run->cell->input_after && !run->typing.is_done) {
        tell_nothing_typed(run->cell, result);
    }
    see(machine, result);
}

void el4_matrix_execute(const struct el4_matrix_cell *cell, struct el4_config *config,
                        struct el4_plugins *plugins, struct el4_matrix_result *result,
                        const struct el4_matrix_point *point)
{
    el4_machine_block_signals();
    g_autoptr(GError) error = NULL;
    if (!el4_matrix_config_fill(config, cell, &error)) {
        fail(result, EL4_EXIT_CONFIG, error->message);
        return;
    }
    struct run run = {
        .cell = cell,
        .point = point,
        .watch = {.seconds = cell->limits.seconds,
                  .machine_seconds = cell->limits.machine_seconds,
                  .end_when_stuck = true,
                  .begins_late = true,
                  .leave = leave},
    };
    struct el4_machine *machine = make_machine(config, plugins, result);
    if (machine && point) {
        point->made(machine, point->data);
    }
    if (machine) {
        run_machine(machine, &run, result);
    }
    el4_machine_free(machine);
}
