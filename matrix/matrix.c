/* SPDX-License-Identifier: MIT */
/*
 * A matrix as a whole: from the file and the command line to its cells.
 */
#include "config/text.h"
#include "private.h"

#include <string.h>

static void unref_table(void *data)
{
    g_hash_table_unref(data);
}

static struct matrix_load *new_load(GPtrArray *messages, GPtrArray *warnings)
{
    struct matrix_load *load = g_new0(struct matrix_load, 1);
    load->pool = matrix_pool_new();
    load->scratch = matrix_pool_new();
    load->messages = messages;
    load->warnings = warnings;
    load->defines = g_hash_table_new(g_str_hash, g_str_equal);
    load->known_defines = g_hash_table_new(g_str_hash, g_str_equal);
    load->sources = g_ptr_array_new();
    load->tables = g_ptr_array_new_with_free_func(unref_table);
    load->unchecked = g_ptr_array_new();
    return load;
}

/* The pool goes to the matrix, or with the load if that has none. */
static void free_load(struct matrix_load *load)
{
    g_hash_table_unref(load->defines);
    g_hash_table_unref(load->known_defines);
    g_ptr_array_unref(load->sources);
    g_ptr_array_unref(load->tables);
    g_ptr_array_unref(load->unchecked);
    matrix_pool_free(load->scratch);
    matrix_pool_free(load->pool);
    g_free(load);
}

/* ---- the command line ---- */

static void take_defines(struct matrix_load *load, const GPtrArray *defines)
{
    for (guint i = 0; defines && i < defines->len; i++) {
        const char *define = g_ptr_array_index(defines, i);
        const char *equals = strchr(define, '=');
        g_autofree char *name = g_strndup(define, equals ? (size_t)(equals - define) : 0);
        const char *problem = equals ? el4_config_key_name_problem(name)
                                     : "there is no '=' in it; write -D NAME=VALUE";
        problem = problem ? problem : el4_config_text_problem(equals + 1, strlen(equals + 1));
        if (problem) {
            g_autofree char *shown = g_strescape(define, NULL);
            matrix_report(load, "-D option: '%.60s': %s", shown, problem);
        } else {
            g_hash_table_insert(load->defines, (void *)matrix_pool_text(load->pool, name),
                                (void *)matrix_pool_text(load->pool, equals + 1));
        }
    }
}

static void check_defines(struct matrix_load *load)
{
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, load->defines);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        if (!g_hash_table_contains(load->known_defines, name)) {
            g_autofree char *hint = matrix_hint(name, load->known_defines);
            matrix_report(load, "-D option: [define] has no '%s'; %s", (char *)name, hint);
        }
    }
}

/* -s: the last layer of every cell. */
static struct matrix_layer *take_settings(struct matrix_load *load, const GPtrArray *settings)
{
    struct matrix_layer *layer = matrix_pool_take(load->scratch, sizeof(*layer));
    g_autofree char *folder = g_get_current_dir();
    layer->lines = matrix_pool_array(load->scratch);
    for (guint i = 0; settings && i < settings->len; i++) {
        const char *option = g_ptr_array_index(settings, i);
        const char *equals = strchr(option, '=');
        size_t length = equals ? (size_t)(equals - option) : 0;
        const char *problem = "write section.key=value";
        g_autofree char *name =
            equals ? el4_config_setting_name(option, length, &problem) : NULL;
        const char *text_problem =
            name ? el4_config_text_problem(equals + 1, strlen(equals + 1)) : problem;
        if (text_problem) {
            g_autofree char *shown = g_strescape(option, NULL);
            matrix_report(load, "-s option: '%.60s' is not an override; %s", shown,
                          text_problem);
            continue;
        }
        g_autofree char *value = g_strstrip(g_strdup(equals + 1));
        struct matrix_line *line = matrix_pool_take(load->scratch, sizeof(*line));
        line->key = MATRIX_KEY_SETTING;
        line->name = matrix_pool_text(load->pool, name);
        line->text = matrix_pool_text(load->pool, value);
        line->folder = matrix_pool_text(load->pool, folder);
        line->place.file = matrix_pool_text(load->pool, "-s option");
        g_ptr_array_add(layer->lines, line);
    }
    return layer;
}

/* ---- ${} that is left ---- */

struct name_check {
    struct matrix_load *load;
    struct matrix_line *line;
    GHashTable *scope;
};

static void check_name(const char *name, void *data)
{
    const struct name_check *check = data;
    if (!g_hash_table_contains(check->scope, name)) {
        g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
        GHashTable *const tables[] = {check->scope, check->load->known_defines};
        for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
            GHashTableIter iter;
            gpointer candidate;
            g_hash_table_iter_init(&iter, tables[i]);
            while (g_hash_table_iter_next(&iter, &candidate, NULL)) {
                g_hash_table_add(known, candidate);
            }
        }
        g_autofree char *hint = matrix_hint(name, known);
        matrix_report_line(check->load, check->line,
                           "${%s} is neither in [define] nor an axis; %s", name, hint);
    }
}

static void check_names(struct matrix_load *load, GHashTable *scope)
{
    for (guint i = 0; i < load->unchecked->len; i++) {
        struct name_check check = {load, g_ptr_array_index(load->unchecked, i), scope};
        matrix_text_names(check.line->text, check_name, &check);
    }
}

/* ---- cells ---- */

static void free_axis(void *data)
{
    struct el4_matrix_axis *axis = data;
    g_ptr_array_unref(axis->values);
    g_free(axis->name);
    g_free(axis->help);
    g_free(axis);
}

/* The axes of a source and of those in it, each once, with all the values that it has. */
static void add_axes(struct el4_matrix *matrix, const struct matrix_source *source,
                     GHashTable *seen)
{
    if (!g_hash_table_add(seen, (void *)source)) {
        return;
    }
    for (guint i = 0; i < source->axes->len; i++) {
        const struct matrix_axis *from = g_ptr_array_index(source->axes, i);
        struct el4_matrix_axis *axis = NULL;
        for (guint j = 0; j < matrix->axes->len && !axis; j++) {
            axis = g_ptr_array_index(matrix->axes, j);
            axis = strcmp(axis->name, from->name) ? NULL : axis;
        }
        if (!axis) {
            axis = g_new0(struct el4_matrix_axis, 1);
            axis->name = g_strdup(from->name);
            axis->help = g_strdup(from->help);
            axis->values = g_ptr_array_new_with_free_func(g_free);
            g_ptr_array_add(matrix->axes, axis);
        }
        GHashTable *values = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint j = 0; j < axis->values->len; j++) {
            g_hash_table_add(values, g_ptr_array_index(axis->values, j));
        }
        for (guint j = 0; j < from->values->len; j++) {
            const struct matrix_value *value = g_ptr_array_index(from->values, j);
            if (!g_hash_table_contains(values, value->name)) {
                g_ptr_array_add(axis->values, g_strdup(value->name));
            }
            if (value->nested) {
                add_axes(matrix, value->nested, seen);
            }
        }
        g_hash_table_unref(values);
    }
}

static void make_cells(struct el4_matrix *matrix, struct matrix_load *load,
                       const struct matrix_source *source, const struct matrix_layer *settings)
{
    struct matrix_maker *maker = matrix_maker_new(load);
    for (guint i = 0; i < source->combos->len && !load->is_over; i++) {
        struct matrix_combo *combo = g_ptr_array_index(source->combos, i);
        struct el4_matrix_cell *cell = matrix_pool_take(load->pool, sizeof(*cell));
        cell->index = i;
        matrix_maker_make(maker, combo, settings, cell);
        g_ptr_array_add(matrix->cells, cell);
        g_hash_table_insert(matrix->by_name, cell->name, cell);
    }
    matrix_maker_free(maker);
}

static void read_matrix(struct el4_matrix *matrix, struct matrix_load *load, const char *path,
                        const struct el4_matrix_load_options *options)
{
    take_defines(load, options->defines);
    struct matrix_layer *settings = take_settings(load, options->settings);
    struct matrix_source *source = matrix_file_read(load, path, NULL);
    if (!source) {
        return;
    }
    check_defines(load);
    check_names(load, source->scope);
    if (load->message_count || !matrix_expand(source) || load->message_count) {
        return;
    }
    if (!source->combos->len) {
        matrix_report(load, "%s: every cell is excluded; take an [exclude] out", path);
        return;
    }
    make_cells(matrix, load, source, settings);
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    add_axes(matrix, source, seen);
    matrix->name = g_strdup(source->name);
    matrix->help = g_strdup(source->help);
}

struct el4_matrix *el4_matrix_load(const char *path,
                                   const struct el4_matrix_load_options *options,
                                   GPtrArray *messages)
{
    static const struct el4_matrix_load_options none;
    struct el4_matrix *matrix = g_new0(struct el4_matrix, 1);
    matrix->file = g_canonicalize_filename(path, NULL);
    matrix->axes = g_ptr_array_new_with_free_func(free_axis);
    matrix->cells = g_ptr_array_new();
    matrix->warnings = g_ptr_array_new_with_free_func(g_free);
    matrix->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    struct matrix_load *load = new_load(messages, matrix->warnings);
    read_matrix(matrix, load, path, options ? options : &none);
    bool is_good = !load->message_count;
    if (is_good) {
        matrix->pool = g_steal_pointer(&load->pool);
    }
    free_load(load);
    if (!is_good) {
        el4_matrix_free(matrix);
        return NULL;
    }
    return matrix;
}

void el4_matrix_free(struct el4_matrix *matrix)
{
    if (matrix) {
        g_hash_table_unref(matrix->by_name);
        g_ptr_array_unref(matrix->axes);
        g_ptr_array_unref(matrix->cells);
        g_ptr_array_unref(matrix->warnings);
        matrix_pool_free(matrix->pool);
        g_free(matrix->name);
        g_free(matrix->file);
        g_free(matrix->help);
        g_free(matrix);
    }
}

const struct el4_matrix_cell *el4_matrix_find(const struct el4_matrix *matrix, const char *name)
{
    return g_hash_table_lookup(matrix->by_name, name);
}
