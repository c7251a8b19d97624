/* SPDX-License-Identifier: MIT */
/*
 * el4 matrix report: results of one or several folders as TAP, JUnit XML, JSON lines or a page.
 */
#include "matrix.h"

#include <string.h>

#include "matrix/report.h"

struct report {
    GPtrArray *before; /* char *: folders */
    const char *file;  /* NULL: standard output */
    bool has_format;
    enum el4_matrix_format format;
};

static bool take_format(void *user, const char *operand)
{
    struct report *report = user;
    report->has_format = el4_matrix_report_format(operand, &report->format);
    if (!report->has_format) {
        cli_error("--format: '%s' is no format; write tap, junit, json or html", operand);
    }
    return report->has_format;
}

static bool take_before(void *user, const char *operand)
{
    g_ptr_array_add(((struct report *)user)->before, g_strdup(operand));
    return true;
}

static bool take_file(void *user, const char *operand)
{
    ((struct report *)user)->file = operand;
    return true;
}

const struct cli_matrix_option cli_matrix_report_options[] = {
    {"--format", true, take_format},
    {"--before", true, take_before},
    {"-o", true, take_file},
    {0},
};

/* The shared parser knows options that pick cells; results have only those that were run. */
static bool check_words(const struct cli_matrix *words, const struct report *report)
{
    if (words->when->len || words->tags->len || words->names->len || words->shards ||
        words->is_random || words->has_seed || words->defines->len || words->settings->len ||
        words->failed || words->changed_since) {
        cli_error("el4 matrix report takes no options that pick cells; it has --format, "
                  "--before and -o");
        return false;
    }
    if (!words->arguments->len) {
        cli_error("there is no folder of results; name one that el4 matrix run has written");
        return false;
    }
    if (report->before->len && report->format != EL4_MATRIX_HTML) {
        cli_error("--before is for --format html; the other formats have no place for it");
        return false;
    }
    return true;
}

static bool choose_format(struct report *report)
{
    if (report->has_format) {
        return true;
    }
    if (!report->file || !strcmp(report->file, "-")) {
        report->format = EL4_MATRIX_TAP;
        return true;
    }
    if (el4_matrix_report_format_of_file(report->file, &report->format)) {
        return true;
    }
    cli_error("-o: the suffix of '%s' is of no format; use .tap, .xml, .jsonl or .html, or say "
              "--format",
              report->file);
    return false;
}

static bool write_report(const struct cli_matrix *words, const struct report *report)
{
    GError *error = NULL;
    struct el4_matrix_results *before = NULL;
    struct el4_matrix_results *results = el4_matrix_results_merge(words->arguments, &error);
    if (results && report->before->len) {
        before = el4_matrix_results_merge(report->before, &error);
    }
    const char *file = report->file ? report->file : "-";
    if (!error && el4_matrix_report_check_file(file, &error)) {
        el4_matrix_report_write(results, before, report->format, file, &error);
    }
    bool is_good = !error;
    if (error) {
        cli_error("%s", error->message);
        g_error_free(error);
    }
    el4_matrix_results_free(results);
    el4_matrix_results_free(before);
    return is_good;
}

enum el4_exit cli_matrix_report(int argc, char **argv)
{
    struct report report = {.before = g_ptr_array_new_with_free_func(g_free)};
    struct cli_matrix words;
    enum el4_exit status;
    if (cli_matrix_parse(&words, argc, argv, cli_matrix_report_options, &report, G_MAXUINT,
                         &status)) {
        status = EL4_EXIT_USAGE;
        if (choose_format(&report) && check_words(&words, &report)) {
            status = write_report(&words, &report) ? EL4_EXIT_OFF : EL4_EXIT_INTERNAL;
        }
    }
    cli_matrix_clear(&words);
    g_ptr_array_unref(report.before);
    return status;
}
