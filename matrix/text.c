/* SPDX-License-Identifier: MIT */
/*
 * ${NAME} in the values of a matrix file. A text is filled in twice: with the file's defines
 * when it is read, with the axes' values for each cell. `$${` stands for `${` itself, and is
 * kept until the second time.
 */
#include "private.h"

#include <string.h>

/* How deep defines may name defines, lest the stack overflows. */
#define DEPTH_MAX 100

/* The end of the name after "${", or NULL with a problem. */
static const char *name_end(const char *name, char **problem)
{
    const char *end = name;
    while (g_ascii_isalnum(*end) || *end == '_' || *end == '-') {
        end++;
    }
    if (*end == '}' && end > name) {
        return end;
    }
    *problem = g_strdup("'${' begins no ${NAME}; write $${ for the text itself");
    return NULL;
}

/* The next "${" or "$${". */
static const char *next_mark(const char *text)
{
    for (; (text = strchr(text, '$')); text++) {
        if (text[1] == '{' || (text[1] == '$' && text[2] == '{')) {
            return text;
        }
    }
    return NULL;
}

static bool append_defined(struct matrix_source *source, const char *text, GString *out,
                           bool *has_axes, char **problem);

/* Each define is filled in once, so that none can be made to take for ever. False with a
 * problem; *value is NULL if there is no such define. */
static bool find_define(struct matrix_source *source, const char *name, const char **value,
                        bool *has_axes, char **problem)
{
    struct matrix_define *define = g_hash_table_lookup(source->defines, name);
    *value = NULL;
    if (!define) {
        return true;
    }
    if (!define->value) {
        if (define->is_open) {
            *problem =
                g_strdup_printf("${%s} stands for itself in the end; write it out", name);
            return false;
        }
        if (source->define_depth == DEPTH_MAX) {
            *problem = g_strdup_printf("defines name each other more than %d deep; write ${%s} "
                                       "out",
                                       DEPTH_MAX, name);
            return false;
        }
        g_autoptr(GString) out = g_string_new(NULL);
        define->is_open = true;
        source->define_depth++;
        bool is_fine = append_defined(source, define->text, out, &define->has_axes, problem);
        source->define_depth--;
        define->is_open = false;
        if (!is_fine) {
            return false;
        }
        define->value = matrix_pool_text(source->load->pool, out->str);
    }
    *has_axes |= define->has_axes;
    *value = define->value;
    return true;
}

static bool append_defined(struct matrix_source *source, const char *text, GString *out,
                           bool *has_axes, char **problem)
{
    const char *mark;
    for (; (mark = next_mark(text));) {
        g_string_append_len(out, text, mark - text);
        if (mark[1] == '$') {
            g_string_append(out, "$${");
            *has_axes = true;
            text = mark + 3;
            continue;
        }
        const char *end = name_end(mark + 2, problem);
        if (!end) {
            return false;
        }
        g_autofree char *name = g_strndup(mark + 2, (size_t)(end - mark - 2));
        const char *value;
        text = end + 1;
        if (!find_define(source, name, &value, has_axes, problem)) {
            return false;
        }
        if (value) {
            g_string_append(out, value);
        } else {
            g_string_append_printf(out, "${%s}", name);
            *has_axes = true;
        }
        if (out->len > EL4_CONFIG_VALUE_MAX) {
            *problem = g_strdup("the value is longer than 4096 bytes with its ${} filled in; "
                                "shorten it");
            return false;
        }
    }
    g_string_append(out, text);
    return true;
}

const char *matrix_text_define(struct matrix_source *source, const char *text, bool *has_axes,
                               char **problem)
{
    *has_axes = false;
    if (!next_mark(text)) {
        return matrix_pool_text(source->load->pool, text);
    }
    g_autoptr(GString) out = g_string_new(NULL);
    if (!append_defined(source, text, out, has_axes, problem)) {
        return NULL;
    }
    return matrix_pool_text(source->load->pool, out->str);
}

static const char *find_axis(const char *name, size_t length, const char *const *axes,
                             guint axis_words)
{
    for (guint i = 0; i < axis_words; i += 2) {
        if (!strncmp(axes[i], name, length) && !axes[i][length]) {
            return axes[i + 1];
        }
    }
    return NULL;
}

char *matrix_text_axes(const char *text, const char *const *axes, guint axis_words,
                       char **problem)
{
    GString *out = g_string_new(NULL);
    const char *mark;
    for (; (mark = next_mark(text));) {
        g_string_append_len(out, text, mark - text);
        if (mark[1] == '$') {
            g_string_append(out, "${");
            text = mark + 3;
            continue;
        }
        const char *end = strchr(mark, '}');
        const char *value = find_axis(mark + 2, (size_t)(end - mark - 2), axes, axis_words);
        if (!value) {
            *problem = g_strdup_printf("%.*s has no value in a cell for which the line holds: "
                                       "the cell has no such axis; add the axis to the cell",
                                       (int)(end - mark + 1), mark);
            g_string_free(out, TRUE);
            return NULL;
        }
        g_string_append(out, value);
        text = end + 1;
    }
    g_string_append(out, text);
    return g_string_free(out, FALSE);
}

void matrix_text_names(const char *text, void (*visit)(const char *name, void *data),
                       void *data)
{
    const char *mark;
    for (; (mark = next_mark(text));) {
        if (mark[1] == '$') {
            text = mark + 3;
            continue;
        }
        const char *end = strchr(mark, '}');
        g_autofree char *name = g_strndup(mark + 2, (size_t)(end - mark - 2));
        visit(name, data);
        text = end + 1;
    }
}
