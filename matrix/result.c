/* SPDX-License-Identifier: MIT */
/*
 * Results as JSON and back (result.h). Numbers of 64 bits are written as hexadecimal text where
 * JSON's readers would round them; reading trusts nothing.
 */
#include "result.h"

#include "json.h"

#include <inttypes.h>
#include <string.h>

#include "machine/machine.h"

/* Of a small result as JSON, without its console. */
#define RESULT_LENGTH 8192

#define RESULT_ERROR g_quark_from_static_string("el4-matrix-result")

static const char *const outcome_names[EL4_MATRIX_OUTCOMES] = {
    [EL4_MATRIX_PASS] = "pass",
    [EL4_MATRIX_FAIL] = "fail",
    [EL4_MATRIX_KNOWN_FAILURE] = "known-failure",
    [EL4_MATRIX_UNEXPECTED_PASS] = "unexpected-pass",
    [EL4_MATRIX_ERROR] = "error",
};

static const char *const status_names[] = {
    [EL4_EXIT_OFF] = "off",
    [EL4_EXIT_USAGE] = "usage",
    [EL4_EXIT_CONFIG] = "configuration",
    [EL4_EXIT_GUEST] = "guest-failure",
    [EL4_EXIT_TIMEOUT] = "time-out",
    [EL4_EXIT_INTERNAL] = "internal",
};

const char *el4_matrix_outcome_name(enum el4_matrix_outcome outcome)
{
    return outcome_names[outcome];
}

bool el4_matrix_outcome_is_good(enum el4_matrix_outcome outcome)
{
    return outcome == EL4_MATRIX_PASS || outcome == EL4_MATRIX_KNOWN_FAILURE;
}

const char *el4_matrix_status_name(int status)
{
    return status >= 0 && status < (int)G_N_ELEMENTS(status_names) ? status_names[status]
                                                                   : NULL;
}

/* ---- making and freeing ---- */

static void count_free(void *data)
{
    struct el4_matrix_count *count = data;
    g_free(count->conduit);
    g_free(count->name);
    g_free(count->verdict);
    g_free(count->service);
    g_free(count);
}

static void event_free(void *data)
{
    struct el4_matrix_event *event = data;
    g_free(event->conduit);
    g_free(event->verdict);
    g_free(event->service);
    g_free(event);
}

static void register_free(void *data)
{
    struct el4_matrix_register *reg = data;
    g_free(reg->name);
    g_free(reg);
}

static void cpu_free(void *data)
{
    struct el4_matrix_cpu *cpu = data;
    g_free(cpu->power);
    g_ptr_array_unref(cpu->registers);
    g_free(cpu);
}

struct el4_matrix_cpu *el4_matrix_cpu_new(void)
{
    struct el4_matrix_cpu *cpu = g_new0(struct el4_matrix_cpu, 1);
    cpu->registers = g_ptr_array_new_with_free_func(register_free);
    return cpu;
}

struct el4_matrix_result *el4_matrix_result_new(void)
{
    struct el4_matrix_result *result = g_new0(struct el4_matrix_result, 1);
    result->axes = g_ptr_array_new_with_free_func(g_free);
    result->tags = g_ptr_array_new_with_free_func(g_free);
    result->reasons = g_ptr_array_new_with_free_func(g_free);
    result->counts = g_ptr_array_new_with_free_func(count_free);
    result->events = g_ptr_array_new_with_free_func(event_free);
    result->cpus = g_ptr_array_new_with_free_func(cpu_free);
    result->console = g_string_new(NULL);
    result->status = -1;
    result->guest_status = -1;
    result->attempt = 1;
    return result;
}

void el4_matrix_result_free(struct el4_matrix_result *result)
{
    if (!result) {
        return;
    }
    g_free(result->cell);
    g_free(result->inputs);
    g_free(result->known_failure);
    g_free(result->host);
    g_ptr_array_unref(result->axes);
    g_ptr_array_unref(result->tags);
    g_ptr_array_unref(result->reasons);
    g_ptr_array_unref(result->counts);
    g_ptr_array_unref(result->events);
    g_ptr_array_unref(result->cpus);
    g_string_free(result->console, TRUE);
    g_free(result);
}

/* ---- writing ---- */

static void add_id(GString *json, uint32_t id)
{
    el4_json_add_hex(json, "id", 8, id);
}

static void add_axes(GString *json, const GPtrArray *axes)
{
    el4_json_begin_object(json, "axes");
    for (guint i = 0; i + 1 < axes->len; i += 2) {
        el4_json_add_text(json, g_ptr_array_index(axes, i), g_ptr_array_index(axes, i + 1));
    }
    el4_json_end_object(json);
}

static void add_counts(GString *json, const GPtrArray *counts)
{
    el4_json_begin_array(json, "counts");
    for (guint i = 0; i < counts->len; i++) {
        const struct el4_matrix_count *count = g_ptr_array_index(counts, i);
        el4_json_begin_object(json, NULL);
        el4_json_add_text(json, "conduit", count->conduit);
        add_id(json, count->id);
        el4_json_add_text(json, "name", count->name);
        el4_json_add_text(json, "verdict", count->verdict);
        el4_json_add_text(json, "service", count->service);
        el4_json_add_number(json, "count", (int64_t)count->count);
        el4_json_end_object(json);
    }
    el4_json_end_array(json);
}

static void add_events(GString *json, const GPtrArray *events)
{
    el4_json_begin_array(json, "events");
    for (guint i = 0; i < events->len; i++) {
        const struct el4_matrix_event *event = g_ptr_array_index(events, i);
        el4_json_begin_object(json, NULL);
        el4_json_add_number(json, "ns", (int64_t)event->ns);
        el4_json_add_number(json, "cpu", event->cpu);
        el4_json_add_text(json, "conduit", event->conduit);
        add_id(json, event->id);
        el4_json_add_text(json, "verdict", event->verdict);
        el4_json_add_text(json, "service", event->service);
        el4_json_add_hex(json, "result", 1, event->result);
        el4_json_end_object(json);
    }
    el4_json_end_array(json);
}

static void add_cpus(GString *json, const GPtrArray *cpus)
{
    el4_json_begin_array(json, "cpus");
    for (guint i = 0; i < cpus->len; i++) {
        const struct el4_matrix_cpu *cpu = g_ptr_array_index(cpus, i);
        el4_json_begin_object(json, NULL);
        el4_json_add_text(json, "power", cpu->power);
        el4_json_begin_object(json, "registers");
        for (guint k = 0; k < cpu->registers->len; k++) {
            const struct el4_matrix_register *reg = g_ptr_array_index(cpu->registers, k);
            el4_json_add_hex(json, reg->name, 1, reg->value);
        }
        el4_json_end_object(json);
        el4_json_end_object(json);
    }
    el4_json_end_array(json);
}

/* All that may differ between two runs of the same cell. */
static void add_times(GString *json, const struct el4_matrix_result *result)
{
    el4_json_begin_object(json, "times");
    el4_json_add_real(json, "started", result->started);
    el4_json_add_real(json, "seconds", result->seconds);
    el4_json_add_real(json, "cpu-seconds", result->cpu_seconds);
    el4_json_add_number(json, "peak-bytes", (int64_t)result->peak_bytes);
    el4_json_add_text(json, "host", result->host);
    el4_json_end_object(json);
}

static void add_seen(GString *json, const struct el4_matrix_result *result)
{
    el4_json_add_text(json, "status", el4_matrix_status_name(result->status));
    el4_json_add_number(json, "signal", result->signal);
    el4_json_add_flag(json, "timed-out", result->timed_out);
    el4_json_add_flag(json, "machine-limit", result->machine_limit);
    el4_json_add_flag(json, "stuck", result->stuck);
    el4_json_add_number(json, "guest-status", result->guest_status);
    el4_json_add_number(json, "machine-ns", (int64_t)result->machine_ns);
    add_counts(json, result->counts);
    add_events(json, result->events);
    el4_json_add_number(json, "events-dropped", (int64_t)result->events_dropped);
    add_cpus(json, result->cpus);
    g_autofree char *console =
        g_utf8_make_valid(result->console->str, (gssize)result->console->len);
    el4_json_add_text(json, "console", console);
    el4_json_add_number(json, "console-dropped", (int64_t)result->console_dropped);
}

char *el4_matrix_result_to_json(const struct el4_matrix_result *result)
{
    GString *json = g_string_sized_new(RESULT_LENGTH + result->console->len);
    el4_json_begin_object(json, NULL);
    el4_json_add_text(json, "type", "cell");
    el4_json_add_text(json, "cell", result->cell);
    el4_json_add_number(json, "index", result->index);
    add_axes(json, result->axes);
    el4_json_add_texts(json, "tags", result->tags);
    el4_json_add_text(json, "inputs", result->inputs);
    el4_json_add_number(json, "attempt", result->attempt);
    el4_json_add_text(json, "outcome", outcome_names[result->outcome]);
    el4_json_add_texts(json, "reasons", result->reasons);
    el4_json_add_text(json, "known-failure", result->known_failure);
    add_seen(json, result);
    add_times(json, result);
    el4_json_end_object(json);
    return g_string_free(json, FALSE);
}

/* ---- reading ---- */

/* The objects of an array, each given to take(). */
static void each_object(JsonObject *object, const char *name,
                        void (*take)(JsonObject *element, GPtrArray *into), GPtrArray *into)
{
    JsonNode *node = json_object_get_member(object, name);
    JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonNode *element = json_array_get_element(array, i);
        if (JSON_NODE_HOLDS_OBJECT(element)) {
            take(json_node_get_object(element), into);
        }
    }
}

static void read_axis(JsonObject *axes, const char *name, JsonNode *node, void *data)
{
    char *value = el4_json_text_of_node(node);
    if (value) {
        g_ptr_array_add(data, g_utf8_make_valid(name, -1));
        g_ptr_array_add(data, value);
    }
}

static void read_count(JsonObject *element, GPtrArray *into)
{
    struct el4_matrix_count *count = g_new0(struct el4_matrix_count, 1);
    count->conduit = el4_json_text(element, "conduit");
    count->id = (uint32_t)el4_json_hex(element, "id");
    count->name = el4_json_text(element, "name");
    count->verdict = el4_json_text(element, "verdict");
    count->service = el4_json_text(element, "service");
    count->count = (uint64_t)el4_json_number(element, "count", 0);
    g_ptr_array_add(into, count);
}

static void read_event(JsonObject *element, GPtrArray *into)
{
    int64_t cpu = el4_json_number(element, "cpu", 0);
    if (cpu < 0 || cpu >= EL4_MATRIX_CPUS_MOST) {
        return;
    }
    struct el4_matrix_event *event = g_new0(struct el4_matrix_event, 1);
    event->ns = (uint64_t)el4_json_number(element, "ns", 0);
    event->cpu = (unsigned)cpu;
    event->conduit = el4_json_text(element, "conduit");
    event->id = (uint32_t)el4_json_hex(element, "id");
    event->verdict = el4_json_text(element, "verdict");
    event->service = el4_json_text(element, "service");
    event->result = el4_json_hex(element, "result");
    g_ptr_array_add(into, event);
}

static void read_register(JsonObject *registers, const char *name, JsonNode *node, void *data)
{
    struct el4_matrix_register *reg = g_new0(struct el4_matrix_register, 1);
    reg->name = g_utf8_make_valid(name, -1);
    reg->value = el4_json_hex_of_node(node);
    g_ptr_array_add(data, reg);
}

static void read_cpu(JsonObject *element, GPtrArray *into)
{
    struct el4_matrix_cpu *cpu = el4_matrix_cpu_new();
    JsonObject *registers = el4_json_object(element, "registers");
    cpu->power = el4_json_text(element, "power");
    if (registers) {
        json_object_foreach_member(registers, read_register, cpu->registers);
    }
    g_ptr_array_add(into, cpu);
}

static int index_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; name && i < count; i++) {
        if (names[i] && !strcmp(name, names[i])) {
            return (int)i;
        }
    }
    return -1;
}

static void read_seen(JsonObject *object, struct el4_matrix_result *result)
{
    g_autofree char *status = el4_json_text(object, "status");
    g_autofree char *console = el4_json_text(object, "console");
    result->status = index_of(status, status_names, G_N_ELEMENTS(status_names));
    result->signal = (int)el4_json_number(object, "signal", 0);
    result->timed_out = el4_json_flag(object, "timed-out");
    result->machine_limit = el4_json_flag(object, "machine-limit");
    result->stuck = el4_json_flag(object, "stuck");
    result->guest_status = el4_json_number(object, "guest-status", -1);
    result->machine_ns = (uint64_t)el4_json_number(object, "machine-ns", 0);
    each_object(object, "counts", read_count, result->counts);
    each_object(object, "events", read_event, result->events);
    result->events_dropped = (uint64_t)el4_json_number(object, "events-dropped", 0);
    each_object(object, "cpus", read_cpu, result->cpus);
    g_string_assign(result->console, console ? console : "");
    result->console_dropped = (uint64_t)el4_json_number(object, "console-dropped", 0);
}

static void read_times(JsonObject *object, struct el4_matrix_result *result)
{
    JsonObject *times = el4_json_object(object, "times");
    if (times) {
        result->started = el4_json_seconds(times, "started");
        result->seconds = el4_json_seconds(times, "seconds");
        result->cpu_seconds = el4_json_seconds(times, "cpu-seconds");
        result->peak_bytes = (uint64_t)el4_json_number(times, "peak-bytes", 0);
        result->host = el4_json_text(times, "host");
    }
}

static struct el4_matrix_result *read_result(JsonObject *object, GError **error)
{
    g_autofree char *outcome = el4_json_text(object, "outcome");
    g_autofree char *cell = el4_json_text(object, "cell");
    int number = index_of(outcome, outcome_names, G_N_ELEMENTS(outcome_names));
    int64_t index = el4_json_number(object, "index", -1);
    int64_t attempt = el4_json_number(object, "attempt", 0);
    if (!cell || number < 0 || index < 0 || index > G_MAXINT || attempt < 1 ||
        attempt > G_MAXINT) {
        g_set_error(error, RESULT_ERROR, 0,
                    "no result of a cell: \"cell\", \"outcome\", \"index\" or \"attempt\" is "
                    "missing or wrong");
        return NULL;
    }
    struct el4_matrix_result *result = el4_matrix_result_new();
    result->cell = g_steal_pointer(&cell);
    result->outcome = (enum el4_matrix_outcome)number;
    result->index = (guint)index;
    result->attempt = (unsigned)attempt;
    result->inputs = el4_json_text(object, "inputs");
    result->known_failure = el4_json_text(object, "known-failure");
    JsonObject *axes = el4_json_object(object, "axes");
    if (axes) {
        json_object_foreach_member(axes, read_axis, result->axes);
    }
    el4_json_texts(object, "tags", result->tags);
    el4_json_texts(object, "reasons", result->reasons);
    read_seen(object, result);
    read_times(object, result);
    return result;
}

struct el4_matrix_result *el4_matrix_result_from_json(const char *line, gsize length,
                                                      GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    JsonObject *object = el4_json_parse(parser, line, length, error);
    return object ? read_result(object, error) : NULL;
}
