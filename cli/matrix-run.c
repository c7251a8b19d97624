/* SPDX-License-Identifier: MIT */
/*
 * el4 matrix run: run cells, keep their results in a folder, tell how it went.
 */
#include "matrix-slurm.h"
#include "matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matrix/execute.h"
#include "matrix/journal.h"
#include "matrix/report.h"
#include "matrix/runner.h"

/* How long to wait for room when results can't be written. */
#define ROOM_SECONDS 60
#define JOBS_MAX     4096
/* More tasks than any Slurm has room for in an array. */
#define SLURM_TASKS_MAX 100000

struct run_report {
    enum el4_matrix_format format;
    char *file; /* "-": standard output */
};

struct run_options {
    char *folder; /* NULL: by the matrix' name */
    bool resume, is_quiet;
    unsigned jobs; /* 0: as the host allows */
    double room_seconds;
    GPtrArray *reports; /* struct run_report */
    struct cli_matrix_slurm slurm;
};

/* ---- options ---- */

static bool take_results(void *user, const char *operand)
{
    struct run_options *options = user;
    g_free(options->folder);
    options->folder = g_strdup(operand);
    return true;
}

static bool take_resume(void *user, const char *operand)
{
    ((struct run_options *)user)->resume = true;
    return true;
}

static bool take_quiet(void *user, const char *operand)
{
    ((struct run_options *)user)->is_quiet = true;
    return true;
}

static bool take_number(const char *option, const char *operand, uint64_t least, uint64_t most,
                        uint64_t *number)
{
    if (el4_config_read_number(operand, strlen(operand), number) && *number >= least &&
        *number <= most) {
        return true;
    }
    cli_error("%s: '%s' is not a number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
              option, operand, least, most);
    return false;
}

static bool take_jobs(void *user, const char *operand)
{
    uint64_t jobs;
    bool good = take_number("-j", operand, 1, JOBS_MAX, &jobs);
    ((struct run_options *)user)->jobs = good ? (unsigned)jobs : 0;
    return good;
}

static bool take_wait(void *user, const char *operand)
{
    uint64_t seconds;
    bool good = take_number("--wait", operand, 0, 7 * 24 * 3600, &seconds);
    ((struct run_options *)user)->room_seconds = good ? (double)seconds : 0;
    return good;
}

static void report_free(void *data)
{
    struct run_report *report = data;
    g_free(report->file);
    g_free(report);
}

static bool take_report(void *user, const char *operand)
{
    struct run_options *options = user;
    const char *equals = strchr(operand, '=');
    g_autofree char *name = g_strndup(operand, equals ? (gsize)(equals - operand) : 0);
    enum el4_matrix_format format;
    if (!equals || !equals[1] || !el4_matrix_report_format(name, &format)) {
        cli_error("--report: '%s' is no report; write tap, junit, json or html, '=', and a "
                  "file or -",
                  operand);
        return false;
    }
    struct run_report *report = g_new0(struct run_report, 1);
    report->format = format;
    report->file = g_strdup(equals + 1);
    g_ptr_array_add(options->reports, report);
    return true;
}

static bool take_slurm(void *user, const char *operand)
{
    ((struct run_options *)user)->slurm.is_wanted = true;
    return true;
}

static bool take_slurm_tasks(void *user, const char *operand)
{
    uint64_t tasks;
    bool good = take_number("--slurm-tasks", operand, 1, SLURM_TASKS_MAX, &tasks);
    ((struct run_options *)user)->slurm.tasks = good ? (guint)tasks : 0;
    return good;
}

static bool take_slurm_cpus(void *user, const char *operand)
{
    uint64_t cpus;
    bool good = take_number("--slurm-cpus", operand, 1, JOBS_MAX, &cpus);
    ((struct run_options *)user)->slurm.cpus = good ? (guint)cpus : 0;
    return good;
}

static bool take_slurm_option(void *user, const char *operand)
{
    struct run_options *options = user;
    g_ptr_array_add(options->slurm.options, g_strdup(operand));
    return true;
}

static const struct cli_matrix_option run_options[] = {
    {"--results", true, take_results},
    {"--resume", false, take_resume},
    {"--quiet", false, take_quiet},
    {"--wait", true, take_wait},
    {"--report", true, take_report},
    {"-j", true, take_jobs},
    {"--slurm", false, take_slurm},
    {"--slurm-tasks", true, take_slurm_tasks},
    {"--slurm-cpus", true, take_slurm_cpus},
    {"--slurm-option", true, take_slurm_option},
    {NULL},
};

const struct cli_matrix_option *cli_matrix_run_option(size_t i)
{
    return i + 1 < G_N_ELEMENTS(run_options) ? &run_options[i] : NULL;
}

/* ---- the command line that repeats a cell ---- */

static void append_words(GString *line, const char *option, const GPtrArray *operands)
{
    for (guint i = 0; i < operands->len; i++) {
        g_autofree char *quoted = g_shell_quote(g_ptr_array_index(operands, i));
        g_string_append_printf(line, " %s %s", option, quoted);
    }
}

static char *command_line(const struct cli_matrix *matrix)
{
    g_autofree char *file = g_shell_quote(g_ptr_array_index(matrix->arguments, 0));
    GString *line = g_string_new("el4 matrix run ");
    g_string_append(line, file);
    append_words(line, "-D", matrix->defines);
    append_words(line, "-s", matrix->settings);
    return g_string_free(line, FALSE);
}

/* Up to the cell's name. */
static char *repeat_line(const struct cli_matrix *matrix)
{
    g_autofree char *command = command_line(matrix);
    return g_strconcat(command, " --results \"$(mktemp -d)\" --cell ", NULL);
}

/* ---- the run ---- */

struct run {
    const struct cli_matrix *matrix;
    struct run_options *options;
    struct el4_plugins *plugins;
    struct el4_matrix_starter *starter;
    struct el4_matrix_journal *journal;
    struct el4_matrix_results *before; /* NULL: nothing is resumed */
    struct el4_matrix_progress *progress;
};

static void add_words(GPtrArray *words, const char *option, const GPtrArray *operands)
{
    for (guint i = 0; i < operands->len; i++) {
        g_ptr_array_add(words, (char *)option);
        g_ptr_array_add(words, g_ptr_array_index(operands, i));
    }
}

static bool open_journal(struct run *run, GError **error)
{
    const struct cli_matrix *matrix = run->matrix;
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    add_words(words, "-D", matrix->defines);
    add_words(words, "-s", matrix->settings);
    const struct el4_matrix_run first = {
        .matrix = matrix->matrix->name,
        .file = g_ptr_array_index(matrix->arguments, 0),
        .version = (char *)EL4_VERSION,
        .options = words,
        .started = (double)g_get_real_time() / G_USEC_PER_SEC,
        .cells = matrix->matrix->cells->len,
        .shard = MAX(matrix->shard, 1),
        .shards = MAX(matrix->shards, 1),
    };
    const struct run_options *options = run->options;
    run->journal = el4_matrix_journal_open(options->folder, &first, options->resume, error);
    if (!run->journal || !options->resume) {
        return run->journal;
    }
    run->before = el4_matrix_results_read(options->folder, error);
    return run->before;
}

/* The filter picks from this very folder cells that failed: they have results, and are to run
 * again. */
static bool is_own_folder(const struct run *run, const char *folder)
{
    g_autofree char *own = realpath(run->options->folder, NULL);
    g_autofree char *other = folder ? realpath(folder, NULL) : NULL;
    return own && other && !strcmp(own, other);
}

static bool run_cells(struct run *run, GError **error)
{
    if (run->options->slurm.is_wanted) {
        return cli_matrix_slurm_run(&run->options->slurm, run->matrix, run->options->folder,
                                    run->journal, run->progress, error);
    }
    const struct el4_matrix_runner_options options = {
        .jobs = run->options->jobs,
        .before = run->before,
        .failed_again = is_own_folder(run, run->matrix->failed) ||
                        is_own_folder(run, run->matrix->changed_since),
        .room_seconds = run->options->room_seconds,
    };
    return el4_matrix_run_cells(run->matrix->cells, run->starter, run->journal, &options,
                                run->progress, error);
}

/* Of what the journal has, whatever became of the run. */
static bool write_reports(const struct run *run)
{
    const GPtrArray *reports = run->options->reports;
    if (!reports->len) {
        return true;
    }
    g_autoptr(GError) error = NULL;
    struct el4_matrix_results *results = el4_matrix_results_read(run->options->folder, &error);
    for (guint i = 0; results && i < reports->len && !error; i++) {
        const struct run_report *report = g_ptr_array_index(reports, i);
        el4_matrix_report_write(results, NULL, report->format, report->file, &error);
    }
    el4_matrix_results_free(results);
    if (error) {
        cli_error("%s", error->message);
    }
    return !error;
}

/* Better now than after hours. */
static bool check_reports(const struct run_options *options, GError **error)
{
    for (guint i = 0; i < options->reports->len; i++) {
        const struct run_report *report = g_ptr_array_index(options->reports, i);
        if (!el4_matrix_report_check_file(report->file, error)) {
            return false;
        }
    }
    return true;
}

static enum el4_exit run_all(struct run *run)
{
    g_autoptr(GError) error = NULL;
    if (!run->options->folder) {
        run->options->folder = g_strconcat(run->matrix->matrix->name, ".results", NULL);
    }
    if (!check_reports(run->options, &error) || !open_journal(run, &error)) {
        cli_error("%s", error->message);
        return EL4_EXIT_INTERNAL;
    }
    run->progress = el4_matrix_progress_new(run->matrix->cells->len, run->options->is_quiet,
                                            cli_colour(STDERR_FILENO));
    bool good = run_cells(run, &error);
    g_autofree char *again = repeat_line(run->matrix);
    el4_matrix_progress_summary(run->progress, again);
    bool reported = write_reports(run);
    if (!good) {
        g_autofree char *folder = g_shell_quote(run->options->folder);
        cli_error("%s; the results so far are in %s: the same command with --resume goes on",
                  error->message, folder);
        return EL4_EXIT_INTERNAL;
    }
    if (!reported) {
        return EL4_EXIT_INTERNAL;
    }
    return el4_matrix_progress_failed(run->progress) ? EL4_EXIT_GUEST : EL4_EXIT_OFF;
}

/* Before the matrix is read: starter.h. */
static bool make_starter(struct run *run)
{
    if (run->options->slurm.is_wanted) {
        return true;
    }
    g_autoptr(GError) error = NULL;
    run->plugins = cli_plugins();
    run->starter = run->plugins ? el4_matrix_starter_new(run->plugins, &error) : NULL;
    if (run->plugins && !run->starter) {
        cli_error("%s", error->message);
    }
    return run->starter;
}

static bool check_slurm(const struct cli_matrix_slurm *slurm, const struct cli_matrix *matrix)
{
    if (slurm->is_wanted && matrix->shards) {
        cli_error("--slurm makes shards of its own: leave --shard out");
        return false;
    }
    if (!slurm->is_wanted && (slurm->tasks || slurm->cpus || slurm->options->len)) {
        cli_error("--slurm-tasks, --slurm-cpus and --slurm-option go with --slurm: add it");
        return false;
    }
    return true;
}

enum el4_exit cli_matrix_run(int argc, char **argv)
{
    struct cli_matrix matrix;
    struct run_options options = {
        .room_seconds = ROOM_SECONDS,
        .reports = g_ptr_array_new_with_free_func(report_free),
        .slurm.options = g_ptr_array_new_with_free_func(g_free),
    };
    enum el4_exit status;
    if (cli_matrix_parse(&matrix, argc, argv, run_options, &options, 1, &status) &&
        check_slurm(&options.slurm, &matrix)) {
        struct run run = {.matrix = &matrix, .options = &options};
        status = EL4_EXIT_INTERNAL;
        if (make_starter(&run) && cli_matrix_load(&matrix, &status)) {
            status = run_all(&run);
        }
        el4_matrix_progress_free(run.progress);
        el4_matrix_results_free(run.before);
        el4_matrix_journal_close(run.journal);
        el4_matrix_starter_free(run.starter);
        el4_plugins_free(run.plugins);
    }
    g_ptr_array_unref(options.reports);
    g_ptr_array_unref(options.slurm.options);
    g_free(options.folder);
    cli_matrix_clear(&matrix);
    return status;
}
