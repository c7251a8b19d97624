/* SPDX-License-Identifier: MIT */
/*
 * Cells and results as GVariants (transfer.h). JSON, which the journal has, took its reader a
 * fifteenth of a small cell's CPU time. Texts are bytes here: a path need not be UTF-8.
 */
#include "transfer.h"

#include <string.h>

#include "pattern.h"

/* A text, or what is typed; the file and line that it comes from. */
#define PLACED_TYPE "(ayayu)"
#define LIMITS_TYPE "(ddtttub)"
/* Name; configurations; settings; limits; pattern; input. */
#define CELL_TYPE  "(ayaaya" PLACED_TYPE LIMITS_TYPE "m" PLACED_TYPE "m" PLACED_TYPE ")"
#define COUNT_TYPE "(ayumayaymayt)"
#define EVENT_TYPE "(tuayuaymayt)"
/* Power; names of the registers, with a space behind each; values of these. */
#define CPU_TYPE "(ayayat)"
/* Status, whether it is an error, how it ended, what the guest said, its clock; reasons. */
#define RESULT_TYPE "(ibbbbxtaaya" COUNT_TYPE "a" EVENT_TYPE "ta" CPU_TYPE ")"

#define TRANSFER_ERROR g_quark_from_static_string("el4-matrix-transfer")

static GBytes *to_bytes(GVariant *value)
{
    g_variant_ref_sink(value);
    GBytes *bytes = g_variant_get_data_as_bytes(value);
    g_variant_unref(value);
    return bytes;
}

/* NULL and *error unless the bytes are just what writing gives. */
static GVariant *from_bytes(GBytes *bytes, const char *type, const char *what, GError **error)
{
    GVariant *value =
        g_variant_ref_sink(g_variant_new_from_bytes(G_VARIANT_TYPE(type), bytes, FALSE));
    if (g_variant_is_normal_form(value)) {
        return value;
    }
    g_variant_unref(value);
    g_set_error(error, TRANSFER_ERROR, 0, "%zu bytes that are no %s", g_bytes_get_size(bytes),
                what);
    return NULL;
}

static GVariant *pack_texts(const GPtrArray *texts)
{
    return g_variant_new_bytestring_array((const char *const *)texts->pdata,
                                          (gssize)texts->len);
}

/* Each item of an array by pack(); type: of all of them. */
static GVariant *pack_all(const GPtrArray *items, const char *type,
                          GVariant *(*pack)(const void *item))
{
    GVariantBuilder builder;
    g_variant_builder_init(&builder, G_VARIANT_TYPE(type));
    for (guint i = 0; i < items->len; i++) {
        g_variant_builder_add_value(&builder, pack(g_ptr_array_index(items, i)));
    }
    return g_variant_builder_end(&builder);
}

/* ---- a cell, there ---- */

static GVariant *pack_placed(const char *text, const struct el4_matrix_place *place)
{
    return g_variant_new("(^ay^ayu)", text, place->file, place->line);
}

static GVariant *pack_setting(const void *item)
{
    const struct el4_matrix_setting *setting = item;
    return pack_placed(setting->option, &setting->place);
}

static GVariant *pack_limits(const struct el4_matrix_limits *limits)
{
    return g_variant_new(LIMITS_TYPE, limits->seconds, limits->machine_seconds,
                         limits->memory_bytes, limits->output_bytes, limits->file_bytes,
                         limits->files, limits->network);
}

static GVariant *pack_input(const struct el4_matrix_input *input)
{
    GVariant *typed =
        g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, input->bytes, input->length, 1);
    return g_variant_new("(@ay^ayu)", typed, input->place.file, input->place.line);
}

GBytes *el4_matrix_cell_to_bytes(const struct el4_matrix_cell *cell)
{
    const struct el4_matrix_pattern *after = cell->input_after;
    return to_bytes(g_variant_new(
        "(^ay@aay@a" PLACED_TYPE "@" LIMITS_TYPE "m@" PLACED_TYPE "m@" PLACED_TYPE ")",
        cell->name, pack_texts(cell->configs),
        pack_all(cell->settings, "a" PLACED_TYPE, pack_setting), pack_limits(&cell->limits),
        after ? pack_placed(after->text, &after->place) : NULL,
        cell->input ? pack_input(cell->input) : NULL));
}

/* ---- a cell, here ---- */

static void setting_free(void *data)
{
    struct el4_matrix_setting *setting = data;
    g_free(setting->option);
    g_free((char *)setting->place.file);
    g_free(setting);
}

static void pattern_free(struct el4_matrix_pattern *pattern)
{
    g_free(pattern->text);
    g_free((char *)pattern->place.file);
    g_clear_pointer(&pattern->regex, g_regex_unref);
    g_free(pattern);
}

static void input_free(struct el4_matrix_input *input)
{
    g_free(input->bytes);
    g_free((char *)input->place.file);
    g_free(input);
}

void el4_matrix_cell_free(struct el4_matrix_cell *cell)
{
    if (!cell) {
        return;
    }
    g_free(cell->name);
    g_ptr_array_unref(cell->configs);
    g_ptr_array_unref(cell->settings);
    if (cell->input_after) {
        pattern_free((struct el4_matrix_pattern *)cell->input_after);
    }
    if (cell->input) {
        input_free((struct el4_matrix_input *)cell->input);
    }
    g_free(cell);
}

static GPtrArray *unpack_settings(GVariant *packed)
{
    GPtrArray *settings = g_ptr_array_new_with_free_func(setting_free);
    GVariantIter iter;
    struct el4_matrix_setting one;
    g_variant_iter_init(&iter, packed);
    while (g_variant_iter_next(&iter, "(^ay^ayu)", &one.option, &one.place.file,
                               &one.place.line)) {
        g_ptr_array_add(settings, g_memdup2(&one, sizeof(one)));
    }
    return settings;
}

static void unpack_limits(GVariant *packed, struct el4_matrix_limits *limits)
{
    gboolean network;
    g_variant_get(packed, LIMITS_TYPE, &limits->seconds, &limits->machine_seconds,
                  &limits->memory_bytes, &limits->output_bytes, &limits->file_bytes,
                  &limits->files, &network);
    limits->network = network;
}

static struct el4_matrix_pattern *unpack_pattern(GVariant *packed, GError **error)
{
    struct el4_matrix_pattern *pattern = g_new0(struct el4_matrix_pattern, 1);
    g_variant_get(packed, "(^ay^ayu)", &pattern->text, &pattern->place.file,
                  &pattern->place.line);
    pattern->regex = el4_matrix_regex_of_bytes(pattern->text, error);
    return pattern;
}

static struct el4_matrix_input *unpack_input(GVariant *packed)
{
    struct el4_matrix_input *input = g_new0(struct el4_matrix_input, 1);
    g_autoptr(GVariant) typed = NULL;
    g_variant_get(packed, "(@ay^ayu)", &typed, &input->place.file, &input->place.line);
    const void *bytes = g_variant_get_fixed_array(typed, &input->length, 1);
    input->bytes = g_memdup2(bytes, input->length);
    return input;
}

struct el4_matrix_cell *el4_matrix_cell_from_bytes(GBytes *bytes, GError **error)
{
    g_autoptr(GVariant) value = from_bytes(bytes, CELL_TYPE, "cell", error);
    if (!value) {
        return NULL;
    }
    g_autoptr(GVariant) settings = NULL, limits = NULL, after = NULL, input = NULL;
    g_auto(GStrv) configs = NULL;
    struct el4_matrix_cell *cell = g_new0(struct el4_matrix_cell, 1);
    g_variant_get(
        value, "(^ay^aay@a" PLACED_TYPE "@" LIMITS_TYPE "m@" PLACED_TYPE "m@" PLACED_TYPE ")",
        &cell->name, &configs, &settings, &limits, &after, &input);
    cell->configs = g_ptr_array_new_with_free_func(g_free);
    for (char **config = configs; *config; config++) {
        g_ptr_array_add(cell->configs, g_strdup(*config));
    }
    cell->settings = unpack_settings(settings);
    unpack_limits(limits, &cell->limits);
    cell->input = input ? unpack_input(input) : NULL;
    cell->input_after = after ? unpack_pattern(after, error) : NULL;
    if (after && !cell->input_after->regex) {
        g_clear_pointer(&cell, el4_matrix_cell_free);
    }
    return cell;
}

/* ---- a result, there ---- */

static GVariant *pack_count(const void *item)
{
    const struct el4_matrix_count *count = item;
    return g_variant_new("(^ayum^ay^aym^ayt)", count->conduit, count->id, count->name,
                         count->verdict, count->service, count->count);
}

static GVariant *pack_event(const void *item)
{
    const struct el4_matrix_event *event = item;
    return g_variant_new("(tu^ayu^aym^ayt)", event->ns, event->cpu, event->conduit, event->id,
                         event->verdict, event->service, event->result);
}

/* A machine has hundreds of registers, which as pairs took as long as all the rest. */
static GVariant *pack_cpu(const void *item)
{
    const struct el4_matrix_cpu *cpu = item;
    const GPtrArray *registers = cpu->registers;
    g_autoptr(GString) names = g_string_sized_new(registers->len * 4);
    g_autofree uint64_t *values = g_new(uint64_t, registers->len);
    for (guint i = 0; i < registers->len; i++) {
        const struct el4_matrix_register *reg = g_ptr_array_index(registers, i);
        g_string_append(names, reg->name);
        g_string_append_c(names, ' ');
        values[i] = reg->value;
    }
    return g_variant_new("(^ay^ay@at)", cpu->power, names->str,
                         g_variant_new_fixed_array(G_VARIANT_TYPE_UINT64, values,
                                                   registers->len, sizeof(*values)));
}

GBytes *el4_matrix_result_to_bytes(const struct el4_matrix_result *result)
{
    return to_bytes(g_variant_new(
        "(ibbbbxt@aay@a" COUNT_TYPE "@a" EVENT_TYPE "t@a" CPU_TYPE ")", result->status,
        result->outcome == EL4_MATRIX_ERROR, result->timed_out, result->machine_limit,
        result->stuck, result->guest_status, result->machine_ns, pack_texts(result->reasons),
        pack_all(result->counts, "a" COUNT_TYPE, pack_count),
        pack_all(result->events, "a" EVENT_TYPE, pack_event), result->events_dropped,
        pack_all(result->cpus, "a" CPU_TYPE, pack_cpu)));
}

/* ---- a result, here ---- */

static char *text_of(const char *bytes)
{
    return bytes ? g_utf8_make_valid(bytes, -1) : NULL;
}

static void unpack_reasons(char **reasons, struct el4_matrix_result *result)
{
    for (char **reason = reasons; *reason; reason++) {
        g_ptr_array_add(result->reasons, text_of(*reason));
    }
}

static void unpack_counts(GVariantIter *counts, struct el4_matrix_result *result)
{
    const char *conduit, *name, *verdict, *service;
    uint32_t id;
    guint64 number;
    while (g_variant_iter_next(counts, "(^&ayum^&ay^&aym^&ayt)", &conduit, &id, &name, &verdict,
                               &service, &number)) {
        struct el4_matrix_count *count = g_new(struct el4_matrix_count, 1);
        *count = (struct el4_matrix_count){.conduit = text_of(conduit),
                                           .id = id,
                                           .name = text_of(name),
                                           .verdict = text_of(verdict),
                                           .service = text_of(service),
                                           .count = number};
        g_ptr_array_add(result->counts, count);
    }
}

static void unpack_events(GVariantIter *events, struct el4_matrix_result *result)
{
    const char *conduit, *verdict, *service;
    uint32_t cpu, id;
    guint64 ns, answer;
    while (g_variant_iter_next(events, "(tu^&ayu^&aym^&ayt)", &ns, &cpu, &conduit, &id,
                               &verdict, &service, &answer)) {
        if (cpu >= EL4_MATRIX_CPUS_MOST) {
            continue;
        }
        struct el4_matrix_event *event = g_new(struct el4_matrix_event, 1);
        *event = (struct el4_matrix_event){.ns = ns,
                                           .cpu = cpu,
                                           .conduit = text_of(conduit),
                                           .id = id,
                                           .verdict = text_of(verdict),
                                           .service = text_of(service),
                                           .result = answer};
        g_ptr_array_add(result->events, event);
    }
}

static void unpack_registers(const char *names, GVariant *values, GPtrArray *into)
{
    gsize count;
    const uint64_t *value = g_variant_get_fixed_array(values, &count, sizeof(*value));
    const char *space;
    for (gsize i = 0; i < count && (space = strchr(names, ' ')); i++, names = space + 1) {
        struct el4_matrix_register *reg = g_new(struct el4_matrix_register, 1);
        *reg = (struct el4_matrix_register){g_utf8_make_valid(names, space - names), value[i]};
        g_ptr_array_add(into, reg);
    }
}

static void unpack_cpus(GVariantIter *cpus, struct el4_matrix_result *result)
{
    const char *power, *names;
    GVariant *values;
    while (g_variant_iter_next(cpus, "(^&ay^&ay@at)", &power, &names, &values)) {
        struct el4_matrix_cpu *cpu = el4_matrix_cpu_new();
        cpu->power = text_of(power);
        unpack_registers(names, values, cpu->registers);
        g_ptr_array_add(result->cpus, cpu);
        g_variant_unref(values);
    }
}

struct el4_matrix_result *el4_matrix_result_from_bytes(GBytes *bytes, GError **error)
{
    g_autoptr(GVariant) value = from_bytes(bytes, RESULT_TYPE, "result", error);
    if (!value) {
        return NULL;
    }
    struct el4_matrix_result *result = el4_matrix_result_new();
    g_autoptr(GVariantIter) counts = NULL, events = NULL, cpus = NULL;
    g_auto(GStrv) reasons = NULL;
    gboolean is_error, timed_out, machine_limit, stuck;
    int status;
    g_variant_get(value, "(ibbbbxt^aaya" COUNT_TYPE "a" EVENT_TYPE "ta" CPU_TYPE ")", &status,
                  &is_error, &timed_out, &machine_limit, &stuck, &result->guest_status,
                  &result->machine_ns, &reasons, &counts, &events, &result->events_dropped,
                  &cpus);
    result->status = el4_matrix_status_name(status) ? status : -1;
    result->outcome = is_error ? EL4_MATRIX_ERROR : EL4_MATRIX_PASS;
    result->timed_out = timed_out;
    result->machine_limit = machine_limit;
    result->stuck = stuck;
    unpack_reasons(reasons, result);
    unpack_counts(counts, result);
    unpack_events(events, result);
    unpack_cpus(cpus, result);
    return result;
}
