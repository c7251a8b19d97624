/* SPDX-License-Identifier: MIT */
/*
 * What is said of a matrix file's mistakes, and when reading it must end.
 */
#include "private.h"

#include <stdarg.h>

static void add(struct matrix_load *load, char *text)
{
    if (load->message_count >= MATRIX_MESSAGES_MAX) {
        g_free(text);
        return;
    }
    g_ptr_array_add(load->messages, text);
    if (++load->message_count == MATRIX_MESSAGES_MAX) {
        g_ptr_array_add(load->messages,
                        g_strdup("further mistakes are not shown; mend these first"));
        load->is_over = true;
    }
}

void matrix_report(struct matrix_load *load, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(load, g_strdup_vprintf(format, args));
    va_end(args);
}

void matrix_report_line(struct matrix_load *load, struct matrix_line *line, const char *format,
                        ...)
{
    if (line->is_refused) {
        return;
    }
    line->is_refused = true;
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    if (line->place.line) {
        matrix_report(load, "%s:%u: [%s] %s: %s", line->place.file, line->place.line,
                      line->section, line->name, text);
    } else {
        matrix_report(load, "%s: %s: %s", line->place.file, line->name, text);
    }
}

void matrix_report_layer(struct matrix_load *load, const struct matrix_layer *layer,
                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    matrix_report(load, "%s: [%s]: %s", layer->origin, layer->section, text);
}

void matrix_warn(struct matrix_load *load, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = g_strdup_vprintf(format, args);
    va_end(args);
    if (load->warnings->len < MATRIX_MESSAGES_MAX) {
        g_ptr_array_add(load->warnings, text);
    } else {
        g_free(text);
    }
}

bool matrix_charge(struct matrix_load *load, uint64_t work)
{
    load->work += work;
    bool is_over = load->work > MATRIX_WORK_MAX || load->pool->bytes > MATRIX_BYTES_MAX;
    if (is_over && !load->is_over) {
        matrix_report(load,
                      "%s: so many cells with so many lines and rules take too long to "
                      "make; divide the matrix, or shorten what holds for every cell",
                      ((struct matrix_source *)g_ptr_array_index(load->sources, 0))->file);
        load->is_over = true;
    }
    return !load->is_over;
}
