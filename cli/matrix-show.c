/* SPDX-License-Identifier: MIT */
/*
 * el4 matrix show: the axes of a matrix; or all that holds for one cell, where it was said, and
 * how to run it by hand.
 */
#include "machine/forked.h"
#include "matrix.h"
#include "matrix/execute.h"
#include "matrix/shared.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- the matrix ---- */

/* How many of the cells have each value of an axis. */
static GHashTable *count_values(const GPtrArray *cells, const char *axis)
{
    GHashTable *counts = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < cells->len; i++) {
        const struct el4_matrix_cell *cell = g_ptr_array_index(cells, i);
        for (guint j = 0; j < cell->axes->len; j += 2) {
            if (!strcmp(g_ptr_array_index(cell->axes, j), axis)) {
                gpointer value = g_ptr_array_index(cell->axes, j + 1);
                guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, value));
                g_hash_table_insert(counts, value, GUINT_TO_POINTER(count + 1));
            }
        }
    }
    return counts;
}

static void show_axis(const struct el4_matrix_axis *axis, const GPtrArray *cells)
{
    g_autoptr(GHashTable) counts = count_values(cells, axis->name);
    printf("\n[axis %s]%s%s\n", axis->name, axis->help ? " " : "",
           axis->help ? axis->help : "");
    for (guint i = 0; i < axis->values->len; i++) {
        const char *value = g_ptr_array_index(axis->values, i);
        printf("%8u  %s\n", GPOINTER_TO_UINT(g_hash_table_lookup(counts, value)), value);
    }
}

static void show_axes(const struct cli_matrix *matrix)
{
    const struct el4_matrix *shown = matrix->matrix;
    printf("%s%s%s\n", shown->name, shown->help ? ": " : "", shown->help ? shown->help : "");
    for (guint i = 0; i < shown->axes->len; i++) {
        show_axis(g_ptr_array_index(shown->axes, i), matrix->cells);
    }
    printf("\n%u cells", shown->cells->len);
    if (matrix->cells->len != shown->cells->len) {
        printf(", of which %u are picked", matrix->cells->len);
    }
    putchar('\n');
}

/* ---- a cell ---- */

static void show_place(const char *text, const struct el4_matrix_place *place)
{
    if (place->line) {
        printf("    %-44s ; %s:%u\n", text, place->file, place->line);
    } else {
        printf("    %-44s ; %s\n", text, place->file);
    }
}

static void show_size(const char *name, uint64_t bytes)
{
    static const char suffixes[] = "\0KMGT";
    unsigned power = 0;
    for (; bytes && bytes % 1024 == 0 && power < 4; power++) {
        bytes /= 1024;
    }
    printf("    %-12s = %" PRIu64 "%.1s\n", name, bytes, &suffixes[power]);
}

static void show_limits(const struct el4_matrix_cell *cell)
{
    const struct el4_matrix_limits *limits = &cell->limits;
    printf("  limits\n    %-12s = %g\n", "seconds", limits->seconds);
    if (limits->machine_seconds > 0) {
        printf("    %s = %.10g\n", "machine-seconds", limits->machine_seconds);
    }
    show_size("memory", limits->memory_bytes);
    show_size("output", limits->output_bytes);
    show_size("file-size", limits->file_bytes);
    printf("    %-12s = %u\n    %-12s = %s\n    %-12s = %u\n", "files", limits->files,
           "network", limits->network ? "yes" : "no", "retries", cell->retries);
}

static void show_patterns(const char *key, const GPtrArray *patterns)
{
    for (guint i = 0; i < patterns->len; i++) {
        const struct el4_matrix_pattern *pattern = g_ptr_array_index(patterns, i);
        g_autofree char *text = g_strdup_printf("%s = %s", key, pattern->text);
        show_place(text, &pattern->place);
    }
}

static void show_input(const struct el4_matrix_cell *cell)
{
    if (!cell->input_after) {
        return;
    }
    g_autofree char *after = g_strdup_printf("input-after = %s", cell->input_after->text);
    printf("  typed\n");
    show_place(after, &cell->input_after->place);
    if (cell->input) {
        g_autofree char *input = g_strdup_printf("input = %s", cell->input->text);
        show_place(input, &cell->input->place);
    }
}

static void show_expectations(const struct el4_matrix_expect *expect)
{
    printf("  expected\n    status = %s\n", el4_matrix_status_name(expect->status));
    if (expect->guest_status >= 0) {
        printf("    guest-status = %" PRId64 "\n", expect->guest_status);
    }
    show_patterns("console", expect->must);
    show_patterns("console-not", expect->must_not);
    show_patterns("console-order", expect->in_order);
    for (guint i = 0; i < expect->calls->len; i++) {
        const struct el4_matrix_call *call = g_ptr_array_index(expect->calls, i);
        g_autofree char *text =
            g_strdup_printf("calls%s = %s", call->most ? "" : "-not", call->text);
        show_place(text, &call->place);
    }
    for (guint i = 0; i < expect->states->len; i++) {
        const struct el4_matrix_state *state = g_ptr_array_index(expect->states, i);
        g_autofree char *text = g_strdup_printf("states = %s", state->text);
        show_place(text, &state->place);
    }
    if (expect->known_failure) {
        printf("    known-failure = %s\n", expect->known_failure);
    }
}

/* ---- by hand ---- */

static void append_word(GString *line, const char *word)
{
    static const char plain[] = "_-.,/:=+@%";
    bool is_plain = *word;
    for (const char *at = word; *at && is_plain; at++) {
        is_plain = g_ascii_isalnum(*at) || strchr(plain, *at);
    }
    g_autofree char *quoted = is_plain ? g_strdup(word) : g_shell_quote(word);
    g_string_append_printf(line, " %s", quoted);
}

static void append_option(GString *line, const char *option, const char *operand)
{
    g_string_append_printf(line, " %s", option);
    append_word(line, operand);
}

/* A setting as it must be written from the working folder: paths are the matrix file's. */
static char *absolute_option(const struct el4_config *config,
                             const struct el4_matrix_setting *setting)
{
    const char *equals = strchr(setting->option, '=');
    const char *dot = g_strrstr_len(setting->option, equals - setting->option, ".");
    g_autofree char *section = g_strndup(setting->option, (size_t)(dot - setting->option));
    g_autofree char *key = g_strndup(dot + 1, (size_t)(equals - dot - 1));
    const struct el4_config_key *known = el4_config_find_key(config, section, key);
    if (known && known->type == EL4_CONFIG_PATH && equals[1]) {
        return g_strdup_printf("%s.%s=%s", section, key,
                               el4_config_get_path(config, section, key));
    }
    if (known && known->type == EL4_CONFIG_PATHS && equals[1]) {
        const char *const *paths = el4_config_get_list(config, section, key, NULL);
        g_autofree char *joined = g_strjoinv(" ", (char **)paths);
        return g_strdup_printf("%s.%s=%s", section, key, joined);
    }
    return g_strdup(setting->option);
}

static void append_run(const struct el4_matrix_cell *cell, const struct el4_config *config,
                       GString *line)
{
    g_string_append(line, "el4 run");
    for (guint i = 0; i < cell->configs->len; i++) {
        g_string_append(line, i ? " --config" : "");
        append_word(line, g_ptr_array_index(cell->configs, i));
    }
    for (guint i = 0; i < cell->settings->len; i++) {
        const struct el4_matrix_setting *setting = g_ptr_array_index(cell->settings, i);
        g_autofree char *option =
            config ? absolute_option(config, setting) : g_strdup(setting->option);
        append_option(line, "-s", option);
    }
    g_string_append_printf(line, " --timeout %g", cell->limits.seconds);
    if (cell->limits.machine_seconds > 0) {
        g_string_append_printf(line, " --machine-timeout %.10g", cell->limits.machine_seconds);
    }
}

/* With whom the cell starts, or why it starts on its own; the machine may be NULL. */
static void show_start(const struct cli_matrix *matrix, const struct el4_matrix_cell *cell,
                       struct el4_machine *machine)
{
    if (!cell->shares_start) {
        return;
    }
    g_autofree char *of_machine = machine ? el4_machine_fork_problem(machine, -1) : NULL;
    const char *problem = el4_matrix_share_problem(cell);
    GHashTable *groups = el4_matrix_share_groups(matrix->cells);
    const GPtrArray *group = g_hash_table_lookup(groups, cell);
    if (!problem && !of_machine && group) {
        printf("  started\n    once for %u cells, which are the same until their input\n",
               group->len);
    } else {
        printf("  started\n    on its own: %s\n",
               problem      ? problem
               : of_machine ? of_machine
                            : "no other cell is the same until its input is typed");
    }
    g_hash_table_unref(groups);
}

/* The machine is made to find out which settings are paths, and whether it can be made. */
static void show_by_hand(const struct cli_matrix *matrix, const struct el4_matrix_cell *cell)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) line = g_string_new(NULL);
    struct el4_plugins *plugins = cli_plugins();
    struct el4_config *config = plugins ? el4_matrix_config_new(&error) : NULL;
    struct el4_machine *machine =
        config && el4_matrix_config_fill(config, cell, &error)
            ? el4_machine_new(config, plugins, NULL, EL4_MACHINE_LOOK, messages, &error)
            : NULL;
    show_start(matrix, cell, machine);
    append_run(cell, machine ? config : NULL, line);
    g_string_append(line, "\n    el4 matrix run");
    append_word(line, matrix->matrix->file);
    g_string_append(line, " --results \"$(mktemp -d)\"");
    append_option(line, "--cell", cell->name);
    for (guint i = 0; i < matrix->defines->len; i++) {
        append_option(line, "-D", g_ptr_array_index(matrix->defines, i));
    }
    for (guint i = 0; i < matrix->settings->len; i++) {
        append_option(line, "-s", g_ptr_array_index(matrix->settings, i));
    }
    printf("  by hand\n    %s\n", line->str);
    for (guint i = 0; i < messages->len; i++) {
        cli_error("%s", (const char *)g_ptr_array_index(messages, i));
    }
    if (error && !messages->len) {
        cli_error("%s", error->message);
    }
    el4_machine_free(machine);
    el4_config_free(config);
    el4_plugins_free(plugins);
}

static void show_cell(const struct cli_matrix *matrix, const struct el4_matrix_cell *cell)
{
    printf("%s\n", cell->name);
    for (guint i = 0; i < cell->tags->len; i++) {
        printf("%s%s%s", i ? " " : "  tags\n    ", (char *)g_ptr_array_index(cell->tags, i),
               i + 1 == cell->tags->len ? "\n" : "");
    }
    for (guint i = 0; i < cell->configs->len; i++) {
        printf("%s    %s\n", i ? "" : "  config\n",
               (char *)g_ptr_array_index(cell->configs, i));
    }
    for (guint i = 0; i < cell->settings->len; i++) {
        const struct el4_matrix_setting *setting = g_ptr_array_index(cell->settings, i);
        printf("%s", i ? "" : "  settings\n");
        show_place(setting->option, &setting->place);
    }
    show_limits(cell);
    show_input(cell);
    show_expectations(&cell->expect);
    show_by_hand(matrix, cell);
}

enum el4_exit cli_matrix_show(int argc, char **argv)
{
    struct cli_matrix matrix;
    enum el4_exit status;
    if (cli_matrix_parse(&matrix, argc, argv, NULL, NULL, 2, &status) &&
        cli_matrix_load(&matrix, &status)) {
        const char *name =
            matrix.arguments->len > 1 ? g_ptr_array_index(matrix.arguments, 1) : NULL;
        const struct el4_matrix_cell *cell = name ? el4_matrix_find(matrix.matrix, name) : NULL;
        status = EL4_EXIT_OFF;
        if (cell) {
            show_cell(&matrix, cell);
        } else if (name) {
            cli_error("no cell is called '%.200s'; 'el4 matrix list' lists them", name);
            status = EL4_EXIT_USAGE;
        } else {
            show_axes(&matrix);
        }
    }
    cli_matrix_clear(&matrix);
    return status;
}
