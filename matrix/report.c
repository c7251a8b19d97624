/* SPDX-License-Identifier: MIT */
/*
 * The formats by name, what they share, and the two short ones: TAP 14 and JSON lines.
 */
#include "report-private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- shared ---- */

static int compare_places(gconstpointer a, gconstpointer b)
{
    const struct el4_matrix_result *one = *(struct el4_matrix_result *const *)a;
    const struct el4_matrix_result *other = *(struct el4_matrix_result *const *)b;
    if (one->index != other->index) {
        return one->index < other->index ? -1 : 1;
    }
    return strcmp(one->cell, other->cell);
}

GPtrArray *el4_matrix_report_order(const struct el4_matrix_results *results)
{
    GPtrArray *order = g_ptr_array_new();
    GHashTableIter iter;
    gpointer result;
    g_hash_table_iter_init(&iter, results->last);
    while (g_hash_table_iter_next(&iter, NULL, &result)) {
        g_ptr_array_add(order, result);
    }
    g_ptr_array_sort(order, compare_places);
    return order;
}

struct el4_matrix_tally el4_matrix_report_tally(const GPtrArray *order)
{
    struct el4_matrix_tally tally = {0};
    for (guint i = 0; i < order->len; i++) {
        const struct el4_matrix_result *result = g_ptr_array_index(order, i);
        tally.outcomes[result->outcome]++;
        tally.seconds += result->seconds;
    }
    return tally;
}

/* ---- TAP 14 ---- */

enum { TAP_CONSOLE_BYTES = 4096 };

/* A description or directive: '#' and '\' have meanings, an end of line ends it. */
static void tap_text(GString *out, const char *text)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    el4_matrix_report_plain(text, strlen(text), plain);
    for (const char *at = plain->str; *at; at++) {
        if (*at == '#' || *at == '\\') {
            g_string_append_c(out, '\\');
        }
        g_string_append_c(out, *at == '\n' || *at == '\t' ? ' ' : *at);
    }
}

/* In double quotes, of YAML's escapes those that TAP's older readers know as well. */
static void yaml_string(GString *out, const char *text, gsize bytes)
{
    g_string_append_c(out, '"');
    for (gsize i = 0; i < bytes; i++) {
        if (text[i] == '"' || text[i] == '\\') {
            g_string_append_printf(out, "\\%c", text[i]);
        } else if (text[i] == '\n' || text[i] == '\t') {
            g_string_append(out, text[i] == '\n' ? "\\n" : "\\t");
        } else {
            g_string_append_c(out, text[i]);
        }
    }
    g_string_append_c(out, '"');
}

/* All reasons as one text, and not a list: TAP's older readers take an item with a ':' in it
 * for a mapping, whatever quotes it has. */
static void tap_message(GString *out, const struct el4_matrix_result *result)
{
    g_autoptr(GString) reasons = g_string_new(NULL);
    for (guint i = 0; i < result->reasons->len; i++) {
        const char *reason = g_ptr_array_index(result->reasons, i);
        g_string_append(reasons, i ? "\n" : "");
        el4_matrix_report_plain(reason, strlen(reason), reasons);
    }
    g_string_append(out, "  message: ");
    yaml_string(out, reasons->str, reasons->len);
    g_string_append_c(out, '\n');
}

/* The console's end as comments, which people can read. */
static void tap_console(GString *out, const GString *console)
{
    gsize start = el4_matrix_report_tail(console->str, console->len, TAP_CONSOLE_BYTES);
    g_autoptr(GString) plain = g_string_new(NULL);
    el4_matrix_report_plain(console->str + start, console->len - start, plain);
    for (const char *line = plain->str; *line;) {
        gsize length = strcspn(line, "\n");
        g_string_append(out, "# | ");
        g_string_append_len(out, line, length);
        g_string_append_c(out, '\n');
        line += length + (line[length] == '\n');
    }
}

static void tap_diagnostic(GString *out, const struct el4_matrix_result *result)
{
    g_string_append_printf(out, "  ---\n  outcome: %s\n  attempt: %u\n  seconds: ",
                           el4_matrix_outcome_name(result->outcome), result->attempt);
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append(out, g_ascii_formatd(number, sizeof(number), "%.3f", result->seconds));
    g_string_append_c(out, '\n');
    if (result->reasons->len > 0) {
        tap_message(out, result);
    }
    g_string_append(out, "  ...\n");
    tap_console(out, result->console);
}

void el4_matrix_report_tap(const struct el4_matrix_results *results, GString *out)
{
    g_autoptr(GPtrArray) order = el4_matrix_report_order(results);
    g_string_append_printf(out, "TAP version 14\n1..%u%s\n", order->len,
                           order->len ? "" : " # SKIP no cell was run");
    if (order->len != results->run.cells) {
        g_string_append_printf(out, "# results of %u of the %u cells of ", order->len,
                               results->run.cells);
        tap_text(out, results->run.matrix);
        g_string_append_c(out, '\n');
    }
    for (guint i = 0; i < order->len; i++) {
        const struct el4_matrix_result *result = g_ptr_array_index(order, i);
        g_string_append_printf(out, "%s %u - ",
                               result->outcome == EL4_MATRIX_PASS ? "ok" : "not ok", i + 1);
        tap_text(out, result->cell);
        if (result->outcome == EL4_MATRIX_KNOWN_FAILURE) {
            /* For TAP a test that is "to do" may fail. One that passes is no fault for it,
             * for us it is: that one has no directive. */
            g_string_append(out, " # TODO ");
            tap_text(out, result->known_failure ? result->known_failure : "known failure");
        }
        g_string_append_c(out, '\n');
        if (result->outcome != EL4_MATRIX_PASS) {
            tap_diagnostic(out, result);
        }
    }
}

/* ---- JSON lines ---- */

void el4_matrix_report_json(const struct el4_matrix_results *results, GString *out)
{
    g_autoptr(GPtrArray) order = el4_matrix_report_order(results);
    g_autofree char *run = el4_matrix_run_to_json(&results->run);
    g_string_append_printf(out, "%s\n", run);
    for (guint i = 0; i < order->len; i++) {
        g_autofree char *line = el4_matrix_result_to_json(g_ptr_array_index(order, i));
        g_string_append_printf(out, "%s\n", line);
    }
}

/* ---- formats ---- */

static const struct {
    const char *name;
    const char *suffix; /* of files that are usually called so */
} formats[] = {
    [EL4_MATRIX_TAP] = {"tap", ".tap"},
    [EL4_MATRIX_JUNIT] = {"junit", ".xml"},
    [EL4_MATRIX_JSON] = {"json", ".jsonl"},
    [EL4_MATRIX_HTML] = {"html", ".html"},
};

const char *el4_matrix_report_format_name(guint format)
{
    return format < G_N_ELEMENTS(formats) ? formats[format].name : NULL;
}

bool el4_matrix_report_format(const char *name, enum el4_matrix_format *format)
{
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (!strcmp(name, formats[i].name)) {
            *format = (enum el4_matrix_format)i;
            return true;
        }
    }
    return false;
}

bool el4_matrix_report_format_of_file(const char *path, enum el4_matrix_format *format)
{
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (g_str_has_suffix(path, formats[i].suffix)) {
            *format = (enum el4_matrix_format)i;
            return true;
        }
    }
    return false;
}

/* A device or a FIFO, which no file must take the place of. */
static bool is_special(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static void set_file_error(const char *path, int number, GError **error)
{
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(number),
                "%s: the report can't be written: %s", path, g_strerror(number));
}

bool el4_matrix_report_check_file(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    int number = 0;
    if (!strcmp(path, "-")) {
        return true;
    }
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        number = EISDIR;
    } else if (!is_special(path) && access(folder, W_OK | X_OK) != 0) {
        number = errno;
    }
    if (number) {
        set_file_error(path, number, error);
    }
    return !number;
}

static bool write_all(FILE *stream, const GString *text)
{
    return fwrite(text->str, 1, text->len, stream) == text->len && fflush(stream) == 0;
}

static bool write_special(const char *path, const GString *text)
{
    FILE *stream = fopen(path, "we");
    bool written = stream && write_all(stream, text);
    int number = errno;
    if (stream) {
        fclose(stream);
    }
    errno = number;
    return written;
}

/* By another name first: whoever reads it meanwhile sees the old one or the new. */
static bool replace(const char *path, const GString *text, GError **error)
{
    /* A link stays one. */
    g_autofree char *target = realpath(path, NULL);
    if (g_file_set_contents(target ? target : path, text->str, (gssize)text->len, error)) {
        return true;
    }
    g_prefix_error(error, "%s: the report can't be written: ", path);
    return false;
}

bool el4_matrix_report_write(const struct el4_matrix_results *results,
                             const struct el4_matrix_results *before,
                             enum el4_matrix_format format, const char *path, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    switch (format) {
    case EL4_MATRIX_TAP: el4_matrix_report_tap(results, out); break;
    case EL4_MATRIX_JUNIT: el4_matrix_report_junit(results, out); break;
    case EL4_MATRIX_JSON: el4_matrix_report_json(results, out); break;
    case EL4_MATRIX_HTML: el4_matrix_report_html(results, before, out); break;
    }
    bool to_output = !strcmp(path, "-");
    if (!to_output && !is_special(path)) {
        return replace(path, out, error);
    }
    if (to_output ? write_all(stdout, out) : write_special(path, out)) {
        return true;
    }
    set_file_error(to_output ? "standard output" : path, errno, error);
    return false;
}
