/* SPDX-License-Identifier: MIT */
/*
 * Progress (progress.h). Names and reasons come from files and guests: they are shown without
 * control characters, which a terminal would obey.
 */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Failures in the summary; the reports have them all. */
#define SHOWN_MAX 20
/* Between two lines, in microseconds. */
#define TERMINAL_INTERVAL (G_USEC_PER_SEC / 10)
#define PLAIN_INTERVAL    (10 * (int64_t)G_USEC_PER_SEC)

struct el4_matrix_progress *el4_matrix_progress_new(guint cells, bool is_quiet, bool has_colour)
{
    struct el4_matrix_progress *progress = g_new0(struct el4_matrix_progress, 1);
    progress->cells = cells;
    progress->is_quiet = is_quiet;
    progress->has_colour = has_colour;
    progress->is_terminal = isatty(STDERR_FILENO);
    progress->failures = g_ptr_array_new_with_free_func(g_free);
    progress->flaky = g_ptr_array_new_with_free_func(g_free);
    progress->began = g_get_monotonic_time();
    progress->last_line = progress->began;
    return progress;
}

void el4_matrix_progress_free(struct el4_matrix_progress *progress)
{
    if (progress) {
        g_ptr_array_unref(progress->failures);
        g_ptr_array_unref(progress->flaky);
        g_free(progress);
    }
}

/* ---- lines ---- */

static void clear_line(struct el4_matrix_progress *progress)
{
    if (progress->line_is_open) {
        fputs("\r\033[K", stderr);
        progress->line_is_open = false;
    }
}

/* One line, without control characters; the caller frees it. */
static char *plain(const char *text)
{
    char *copy = g_utf8_make_valid(text, -1);
    for (char *c = copy; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            *c = ' ';
        }
    }
    return copy;
}

void el4_matrix_progress_say(struct el4_matrix_progress *progress, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *line = plain(text);
    clear_line(progress);
    fprintf(stderr, "%s\n", line);
}

static unsigned columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static double rate_of(const struct el4_matrix_progress *progress)
{
    double seconds = (double)(g_get_monotonic_time() - progress->began) / G_USEC_PER_SEC;
    return seconds > 0 ? (progress->done - progress->resumed) / seconds : 0;
}

static char *how_it_stands(const struct el4_matrix_progress *progress, guint running)
{
    double rate = rate_of(progress);
    g_autofree char *left =
        rate > 0
            ? g_strdup_printf(", about %.0f s left", (progress->cells - progress->done) / rate)
            : g_strdup("");
    return g_strdup_printf("%u of %u cells done, %u failed, %u running, %.1f a second%s",
                           progress->done, progress->cells,
                           el4_matrix_progress_failed(progress), running, rate, left);
}

void el4_matrix_progress_tick(struct el4_matrix_progress *progress, guint running)
{
    int64_t now = g_get_monotonic_time();
    int64_t interval = progress->is_terminal ? TERMINAL_INTERVAL : PLAIN_INTERVAL;
    if (progress->is_quiet || now < progress->last_line + interval) {
        return;
    }
    progress->last_line = now;
    g_autofree char *text = how_it_stands(progress, running);
    if (!progress->is_terminal) {
        fprintf(stderr, "%s\n", text);
        return;
    }
    /* A line that is wider than the terminal could not be rewritten. */
    fprintf(stderr, "\r%.*s\033[K", (int)columns() - 1, text);
    fflush(stderr);
    progress->line_is_open = true;
}

/* ---- results ---- */

static const char *first_reason(const struct el4_matrix_result *result)
{
    return result->reasons->len ? g_ptr_array_index(result->reasons, 0)
                                : el4_matrix_outcome_name(result->outcome);
}

static void show_failure(struct el4_matrix_progress *progress,
                         const struct el4_matrix_result *result, bool is_last)
{
    if (!progress->is_quiet) {
        el4_matrix_progress_say(progress, "%s: %s: %s%s",
                                el4_matrix_outcome_name(result->outcome), result->cell,
                                first_reason(result), is_last ? "" : " (it is tried again)");
    }
}

void el4_matrix_progress_add(struct el4_matrix_progress *progress,
                             const struct el4_matrix_result *result, bool is_last, bool is_old)
{
    bool is_good = el4_matrix_outcome_is_good(result->outcome);
    if (!is_good && !is_old) {
        show_failure(progress, result, is_last);
    }
    if (!is_last) {
        progress->retried++;
        return;
    }
    progress->outcomes[result->outcome]++;
    progress->done++;
    progress->resumed += is_old;
    if (!is_good) {
        g_ptr_array_add(progress->failures, g_strdup(result->cell));
        g_ptr_array_add(progress->failures, g_strdup(first_reason(result)));
    } else if (result->attempt > 1) {
        g_ptr_array_add(progress->flaky, g_strdup(result->cell));
    }
}

guint el4_matrix_progress_failed(const struct el4_matrix_progress *progress)
{
    guint failed = 0;
    for (int i = 0; i < EL4_MATRIX_OUTCOMES; i++) {
        failed +=
            el4_matrix_outcome_is_good((enum el4_matrix_outcome)i) ? 0 : progress->outcomes[i];
    }
    return failed;
}

/* ---- the summary ---- */

static void show_failed_cells(struct el4_matrix_progress *progress, const char *again)
{
    guint count = progress->failures->len / 2;
    for (guint i = 0; i < MIN(count, SHOWN_MAX); i++) {
        g_autofree char *cell = plain(g_ptr_array_index(progress->failures, 2 * i));
        g_autofree char *reason = plain(g_ptr_array_index(progress->failures, 2 * i + 1));
        fprintf(stderr, "%sfailed:%s %s\n        %s\n",
                progress->has_colour ? "\033[1;31m" : "", progress->has_colour ? "\033[0m" : "",
                cell, reason);
    }
    if (count > SHOWN_MAX) {
        fprintf(stderr, "... and %u more; --report or `el4 matrix report` has them all\n",
                count - SHOWN_MAX);
    }
    if (count) {
        g_autofree char *quoted = g_shell_quote(g_ptr_array_index(progress->failures, 0));
        fprintf(stderr, "repeat one: %s%s\n", again, quoted);
    }
}

static void show_flaky_cells(const struct el4_matrix_progress *progress)
{
    for (guint i = 0; i < MIN(progress->flaky->len, SHOWN_MAX); i++) {
        g_autofree char *cell = plain(g_ptr_array_index(progress->flaky, i));
        fprintf(stderr, "flaky: %s\n", cell);
    }
    if (progress->flaky->len > SHOWN_MAX) {
        fprintf(stderr, "... and %u more flaky cells\n", progress->flaky->len - SHOWN_MAX);
    }
}

void el4_matrix_progress_summary(struct el4_matrix_progress *progress, const char *again)
{
    static const char *const words[EL4_MATRIX_OUTCOMES] = {
        [EL4_MATRIX_PASS] = "passed",
        [EL4_MATRIX_FAIL] = "failed",
        [EL4_MATRIX_KNOWN_FAILURE] = "failed as known",
        [EL4_MATRIX_UNEXPECTED_PASS] = "passed unexpectedly",
        [EL4_MATRIX_ERROR] = "could not be run",
    };
    clear_line(progress);
    show_flaky_cells(progress);
    show_failed_cells(progress, again);
    g_autoptr(GString) line = g_string_new(NULL);
    g_string_append_printf(line, "%u of %u cells done", progress->done, progress->cells);
    for (int i = 0; i < EL4_MATRIX_OUTCOMES; i++) {
        if (progress->outcomes[i]) {
            g_string_append_printf(line, ", %u %s", progress->outcomes[i], words[i]);
        }
    }
    if (progress->flaky->len) {
        g_string_append_printf(line, ", %u flaky", progress->flaky->len);
    }
    if (progress->resumed) {
        g_string_append_printf(line, "; %u of them by an earlier run", progress->resumed);
    }
    if (progress->done > progress->resumed) {
        g_string_append_printf(line, "; %.1f a second", rate_of(progress));
    }
    fprintf(stderr, "%s\n", line->str);
}
