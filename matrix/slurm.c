/* SPDX-License-Identifier: MIT */
/*
 * Submits shards as a job array, follows it by squeue, and trusts nothing but the tasks'
 * journals: a task is done when each of its cells has a result there.
 */
#include "slurm.h"

#include "select.h"

#include <errno.h>
#include <gio/gio.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What a task may take at worst is at most this, if there may be so many tasks. */
#define TASK_SECONDS (30 * 60.0)
/* Slurm's own default of MaxArraySize is 1001. */
#define TASKS_MAX 1000
/* Fewer tasks than these leave nodes idle. */
#define TASKS_USUAL 16
/* For starting el4, and for a file system that is slow to show what was written. */
#define MARGIN_SECONDS 120
/* How often a task is submitted. */
#define SUBMISSIONS_MAX 4
#define POLL_SECONDS    2
/* Polls between two lines that tell how it stands. */
#define POLLS_PER_LINE 15

struct task {
    GPtrArray *cells; /* struct el4_matrix_cell, of its shard */
    char *folder;
    guint submissions;
    bool is_queued; /* squeue knows it */
    bool is_done;
};

struct follower {
    const struct el4_matrix_slurm *slurm;
    char *folder;     /* of ours: FOLDER/slurm */
    GPtrArray *tasks; /* struct task; that of shard N at N - 1 */
    GPtrArray *jobs;  /* char *: ids */
};

static void task_free(void *data)
{
    struct task *task = data;
    g_ptr_array_unref(task->cells);
    g_free(task->folder);
    g_free(task);
}

/* ---- tools ---- */

/* Standard output of a command that succeeds. */
static char *run_tool(const GPtrArray *words, GError **error)
{
    char *output = NULL;
    g_autofree char *complaint = NULL;
    int status = 0;
    const char *name = words->pdata[0];
    if (!g_spawn_sync(NULL, (char **)words->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
                      &output, &complaint, &status, error)) {
        g_prefix_error(error, "Slurm is needed: ");
        return NULL;
    }
    if (!g_spawn_check_wait_status(status, NULL)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", name,
                    g_strstrip(complaint));
        g_free(output);
        return NULL;
    }
    return output;
}

/* ---- how many tasks, how long ---- */

static double worst_seconds(const GPtrArray *cells)
{
    double seconds = 0;
    for (guint i = 0; i < cells->len; i++) {
        const struct el4_matrix_cell *cell = g_ptr_array_index(cells, i);
        seconds += cell->limits.seconds * (1 + cell->retries);
    }
    return seconds;
}

static guint cpus_of(const struct el4_matrix_slurm *slurm)
{
    return MAX(slurm->cpus, 1);
}

static guint count_tasks(const struct el4_matrix_slurm *slurm, const GPtrArray *cells)
{
    double wanted = ceil(worst_seconds(cells) / cpus_of(slurm) / TASK_SECONDS);
    double tasks = slurm->tasks ? slurm->tasks : CLAMP(wanted, TASKS_USUAL, TASKS_MAX);
    return (guint)MIN(tasks, cells->len);
}

/* As sbatch takes it, in minutes. */
static char *time_limit(const struct follower *follower)
{
    double worst = 0;
    for (guint i = 0; i < follower->tasks->len; i++) {
        const struct task *task = g_ptr_array_index(follower->tasks, i);
        worst = MAX(worst, worst_seconds(task->cells));
    }
    double minutes = ceil((worst / cpus_of(follower->slurm) + MARGIN_SECONDS) / 60);
    return g_strdup_printf("--time=%.0f", minutes);
}

/* ---- submitting ---- */

static bool write_script(const struct follower *follower, GError **error)
{
    const struct el4_matrix_slurm *slurm = follower->slurm;
    g_autoptr(GString) script =
        g_string_new("#!/bin/sh\n# Written by `el4 matrix run --slurm`.\nexec");
    for (const char *const *word = slurm->command; *word; word++) {
        g_autofree char *quoted = g_shell_quote(*word);
        g_string_append_printf(script, " %s", quoted);
    }
    g_autofree char *results = g_shell_quote(follower->folder);
    g_string_append_printf(script,
                           " --shard \"$SLURM_ARRAY_TASK_ID/%u\" --resume -j %u --results "
                           "%s/task-\"$SLURM_ARRAY_TASK_ID\"\n",
                           follower->tasks->len, cpus_of(slurm), results);
    g_autofree char *path = g_build_filename(follower->folder, "task.sh", NULL);
    return g_file_set_contents_full(path, script->str, (gssize)script->len,
                                    G_FILE_SET_CONTENTS_CONSISTENT, 0755, error);
}

static bool save_jobs(const struct follower *follower, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "%u\n", follower->tasks->len);
    for (guint i = 0; i < follower->jobs->len; i++) {
        g_string_append_printf(text, "%s\n", (char *)g_ptr_array_index(follower->jobs, i));
    }
    g_autofree char *path = g_build_filename(follower->folder, "job", NULL);
    return g_file_set_contents(path, text->str, (gssize)text->len, error);
}

/* Submit all tasks that are neither done nor queued, as one array. */
static bool submit(struct follower *follower, GError **error)
{
    const struct el4_matrix_slurm *slurm = follower->slurm;
    g_autoptr(GString) array = g_string_new("--array=");
    gsize empty = array->len;
    for (guint i = 0; i < follower->tasks->len; i++) {
        struct task *task = g_ptr_array_index(follower->tasks, i);
        if (!task->is_done && !task->is_queued && task->submissions < SUBMISSIONS_MAX) {
            task->submissions++;
            g_string_append_printf(array, "%s%u", array->len > empty ? "," : "", i + 1);
        }
    }
    if (array->len == empty) {
        return true;
    }
    g_autofree char *name = g_strdup_printf("--job-name=el4-%s", slurm->matrix->name);
    g_autofree char *cpus = g_strdup_printf("--cpus-per-task=%u", cpus_of(slurm));
    g_autofree char *time = time_limit(follower);
    g_autofree char *log = g_strdup_printf("--output=%s/task-%%a.log", follower->folder);
    g_autofree char *script = g_build_filename(follower->folder, "task.sh", NULL);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    char *const usual[] = {"sbatch",   "--parsable", "--requeue", "--open-mode=append",
                           array->str, name,         cpus,        time,
                           log};
    for (size_t i = 0; i < G_N_ELEMENTS(usual); i++) {
        g_ptr_array_add(words, usual[i]);
    }
    for (const char *const *word = slurm->options; word && *word; word++) {
        g_ptr_array_add(words, (char *)*word);
    }
    g_ptr_array_add(words, script);
    g_ptr_array_add(words, NULL);
    g_autofree char *output = run_tool(words, error);
    if (!output) {
        return false;
    }
    /* "JOB" or "JOB;CLUSTER" */
    char *job = g_strndup(output, strspn(output, "0123456789"));
    g_ptr_array_add(follower->jobs, job);
    fprintf(stderr, "slurm: job %s: %s of %u tasks\n", job, array->str + 2,
            follower->tasks->len);
    return save_jobs(follower, error);
}

/* ---- following ---- */

static void take_queue_line(struct follower *follower, const char *line)
{
    guint64 number = g_ascii_strtoull(line, NULL, 10);
    if (number >= 1 && number <= follower->tasks->len) {
        struct task *task = g_ptr_array_index(follower->tasks, number - 1);
        task->is_queued = true;
    }
}

/* Ask which tasks are waiting or running; a job that ended long ago is unknown. */
static bool ask_queue(struct follower *follower, GError **error)
{
    for (guint i = 0; i < follower->tasks->len; i++) {
        struct task *task = g_ptr_array_index(follower->tasks, i);
        task->is_queued = false;
    }
    for (guint i = 0; i < follower->jobs->len; i++) {
        const char *const squeue[] = {"squeue",  "--noheader",
                                      "--array", "--format=%K",
                                      "--jobs",  g_ptr_array_index(follower->jobs, i),
                                      NULL};
        g_autoptr(GPtrArray) words = g_ptr_array_new();
        for (size_t k = 0; k < G_N_ELEMENTS(squeue); k++) {
            g_ptr_array_add(words, (char *)squeue[k]);
        }
        g_autoptr(GError) problem = NULL;
        g_autofree char *output = run_tool(words, &problem);
        if (!output && !strstr(problem->message, "Invalid job id")) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        g_auto(GStrv) lines = g_strsplit(output ? output : "", "\n", -1);
        for (char **line = lines; *line; line++) {
            take_queue_line(follower, g_strstrip(*line));
        }
    }
    return true;
}

static bool has_all_results(const struct task *task)
{
    struct el4_matrix_results *results = el4_matrix_results_read(task->folder, NULL);
    bool all = results != NULL;
    for (guint i = 0; all && i < task->cells->len; i++) {
        const struct el4_matrix_cell *cell = g_ptr_array_index(task->cells, i);
        all = g_hash_table_contains(results->last, cell->name);
    }
    el4_matrix_results_free(results);
    return all;
}

/* See which tasks are done; returns how many can still become so. */
static guint look_at_tasks(struct follower *follower, guint *done)
{
    guint open = 0;
    *done = 0;
    for (guint i = 0; i < follower->tasks->len; i++) {
        struct task *task = g_ptr_array_index(follower->tasks, i);
        if (!task->is_done && !task->is_queued) {
            task->is_done = has_all_results(task);
        }
        *done += task->is_done;
        open += task->is_queued || (!task->is_done && task->submissions < SUBMISSIONS_MAX);
    }
    return open;
}

/* True when it is over, with or without all results; false and *error if sbatch failed. */
static bool follow(struct follower *follower, GError **error)
{
    for (guint poll = 0;; poll++) {
        g_autoptr(GError) problem = NULL;
        guint done = 0;
        if (!ask_queue(follower, &problem)) {
            /* The controller may be down for a while; tasks run on. */
            fprintf(stderr, "slurm: %s; trying again\n", problem->message);
        } else if (!look_at_tasks(follower, &done)) {
            return true;
        } else if (!submit(follower, error)) {
            return false;
        }
        if (!problem && poll % POLLS_PER_LINE == 0) {
            fprintf(stderr, "slurm: %u of %u tasks done\n", done, follower->tasks->len);
        }
        g_usleep(POLL_SECONDS * G_USEC_PER_SEC);
    }
}

/* ---- merging ---- */

/* Add what the journal of the whole does not have. False and *error if it can't be written. */
static bool merge_task(const struct task *task, GHashTable *known,
                       struct el4_matrix_journal *journal, GError **error)
{
    struct el4_matrix_results *results = el4_matrix_results_read(task->folder, NULL);
    bool written = true;
    for (guint i = 0; results && written && i < results->attempts->len; i++) {
        const struct el4_matrix_result *result = g_ptr_array_index(results->attempts, i);
        if (!g_hash_table_contains(known, result->cell)) {
            written = el4_matrix_journal_add(journal, result, error);
        }
    }
    el4_matrix_results_free(results);
    return written;
}

/* Names of the cells that an earlier run has merged; NULL and *error if they can't be read. */
static GHashTable *known_cells(const char *folder, GError **error)
{
    GHashTable *known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    struct el4_matrix_results *results = el4_matrix_results_read(folder, error);
    if (!results) {
        g_hash_table_unref(known);
        return NULL;
    }
    for (guint i = 0; i < results->attempts->len; i++) {
        const struct el4_matrix_result *result = g_ptr_array_index(results->attempts, i);
        g_hash_table_add(known, g_strdup(result->cell));
    }
    el4_matrix_results_free(results);
    return known;
}

static bool merge(const struct follower *follower, struct el4_matrix_journal *journal,
                  GError **error)
{
    g_autoptr(GHashTable) known = known_cells(follower->slurm->folder, error);
    if (!known) {
        return false;
    }
    guint incomplete = 0;
    for (guint i = 0; i < follower->tasks->len; i++) {
        const struct task *task = g_ptr_array_index(follower->tasks, i);
        incomplete += !task->is_done;
        if (!merge_task(task, known, journal, error)) {
            return false;
        }
    }
    if (incomplete) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "%u of %u tasks ended without all of their results, after %d submissions; "
                    "see %s/task-*.log",
                    incomplete, follower->tasks->len, SUBMISSIONS_MAX, follower->folder);
    }
    return !incomplete;
}

/* ---- the whole ---- */

/* The jobs of an earlier run, and how many tasks that had; 0: there was none. */
static guint load_jobs(struct follower *follower)
{
    g_autofree char *path = g_build_filename(follower->folder, "job", NULL);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        return 0;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines[0] ? lines + 1 : lines; *line; line++) {
        if (**line) {
            g_ptr_array_add(follower->jobs, g_strdup(*line));
        }
    }
    return (guint)g_ascii_strtoull(lines[0] ? lines[0] : "", NULL, 10);
}

static void make_tasks(struct follower *follower, guint count)
{
    for (guint i = 0; i < count; i++) {
        struct task *task = g_new0(struct task, 1);
        task->cells = g_ptr_array_copy((GPtrArray *)follower->slurm->cells, NULL, NULL);
        el4_matrix_take_shard(task->cells, i + 1, count);
        task->folder = g_strdup_printf("%s/task-%u", follower->folder, i + 1);
        g_ptr_array_add(follower->tasks, task);
    }
}

static bool prepare(struct follower *follower, GError **error)
{
    const struct el4_matrix_slurm *slurm = follower->slurm;
    if (g_mkdir_with_parents(follower->folder, 0777) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", follower->folder,
                    g_strerror(errno));
        return false;
    }
    guint before = load_jobs(follower);
    make_tasks(follower, before ? before : count_tasks(slurm, slurm->cells));
    return write_script(follower, error);
}

bool el4_matrix_slurm_run(const struct el4_matrix_slurm *slurm,
                          struct el4_matrix_journal *journal, GError **error)
{
    struct follower follower = {
        .slurm = slurm,
        .folder = g_build_filename(slurm->folder, "slurm", NULL),
        .tasks = g_ptr_array_new_with_free_func(task_free),
        .jobs = g_ptr_array_new_with_free_func(g_free),
    };
    bool done = prepare(&follower, error) && follow(&follower, error) &&
                merge(&follower, journal, error);
    g_ptr_array_unref(follower.jobs);
    g_ptr_array_unref(follower.tasks);
    g_free(follower.folder);
    return done;
}
