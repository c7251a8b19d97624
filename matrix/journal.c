/* SPDX-License-Identifier: MIT */
/*
 * The journal (journal.h). A line is written by one write() at the end of the file that is
 * known to be good, and synced; what a failed or torn write left behind is cut off before the
 * next one.
 */
#include "journal.h"

#include "json.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNAL_FILE "results.jsonl"

#define LOCK_TRIES    20
#define LOCK_INTERVAL (G_USEC_PER_SEC / 20)
#define SCHEMA        1

struct el4_matrix_journal {
    char *path;
    int fd;
    off_t good;   /* the end of the last whole line */
    off_t synced; /* of these, so much is on the disk for certain */
};

static void set_errno_error(GError **error, const char *path, const char *what)
{
    int number = errno;
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(number), "%s: %s: %s", path, what,
                g_strerror(number));
}

/* ---- the first line ---- */

char *el4_matrix_run_to_json(const struct el4_matrix_run *run)
{
    GString *json = g_string_new(NULL);
    el4_json_begin_object(json, NULL);
    el4_json_add_text(json, "type", "run");
    el4_json_add_number(json, "schema", SCHEMA);
    el4_json_add_text(json, "matrix", run->matrix);
    el4_json_add_text(json, "file", run->file);
    el4_json_add_text(json, "version", run->version);
    if (run->options) {
        el4_json_add_texts(json, "options", run->options);
    }
    el4_json_add_number(json, "cells", run->cells);
    el4_json_add_number(json, "shard", run->shard);
    el4_json_add_number(json, "shards", run->shards);
    el4_json_begin_object(json, "times");
    el4_json_add_real(json, "started", run->started);
    el4_json_end_object(json);
    el4_json_end_object(json);
    return g_string_free(json, FALSE);
}

static guint count_of(JsonObject *object, const char *name)
{
    int64_t number = el4_json_number(object, name, 0);
    return number > 0 && number <= G_MAXINT ? (guint)number : 0;
}

static bool read_run(const char *line, gsize length, struct el4_matrix_run *run, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    JsonObject *object = el4_json_parse(parser, line, length, error);
    if (!object) {
        return false;
    }
    g_autofree char *type = el4_json_text(object, "type");
    run->matrix = el4_json_text(object, "matrix");
    if (g_strcmp0(type, "run") != 0 || count_of(object, "schema") != SCHEMA || !run->matrix) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "not the first line of a journal with schema %d", SCHEMA);
        return false;
    }
    run->file = el4_json_text(object, "file");
    run->version = el4_json_text(object, "version");
    run->options = g_ptr_array_new_with_free_func(g_free);
    el4_json_texts(object, "options", run->options);
    run->cells = count_of(object, "cells");
    run->shard = count_of(object, "shard");
    run->shards = count_of(object, "shards");
    JsonObject *times = el4_json_object(object, "times");
    run->started = times ? el4_json_seconds(times, "started") : 0;
    return true;
}

/* ---- writing ---- */

/* Drop what stands after the last whole line. */
static bool cut(struct el4_matrix_journal *journal, GError **error)
{
    if (ftruncate(journal->fd, journal->good) == 0) {
        return true;
    }
    set_errno_error(error, journal->path, "cannot be cut to its last whole line");
    return false;
}

static bool write_line(struct el4_matrix_journal *journal, const char *json, GError **error)
{
    g_autofree char *line = g_strconcat(json, "\n", NULL);
    size_t length = strlen(line), done = 0;
    ssize_t written;
    /* A disk that gets full takes a part, and says why with the next one. */
    do {
        written = pwrite(journal->fd, line + done, length - done, journal->good + (off_t)done);
        done += written > 0 ? (size_t)written : 0;
    } while (done < length && (written > 0 || (written < 0 && errno == EINTR)));
    if (done == length) {
        journal->good += (off_t)length;
        return true;
    }
    set_errno_error(error, journal->path, "a result can't be written");
    cut(journal, NULL);
    return false;
}

bool el4_matrix_journal_write(struct el4_matrix_journal *journal,
                              const struct el4_matrix_result *result, GError **error)
{
    g_autofree char *json = el4_matrix_result_to_json(result);
    return write_line(journal, json, error);
}

bool el4_matrix_journal_sync(struct el4_matrix_journal *journal, GError **error)
{
    if (fdatasync(journal->fd) == 0) {
        journal->synced = journal->good;
        return true;
    }
    set_errno_error(error, journal->path, "results can't be written");
    journal->good = journal->synced;
    cut(journal, NULL);
    return false;
}

bool el4_matrix_journal_add(struct el4_matrix_journal *journal,
                            const struct el4_matrix_result *result, GError **error)
{
    return el4_matrix_journal_write(journal, result, error) &&
           el4_matrix_journal_sync(journal, error);
}

/* ---- opening ---- */

/*
 * How much of these bytes is whole lines: up to the last newline, and before the first byte of
 * value 0, which no line has. Such bytes stand where a host that lost its power had made the
 * file longer, but had not written it yet.
 */
static size_t whole_lines(const char *bytes, size_t length)
{
    const char *hole = length ? memchr(bytes, 0, length) : NULL;
    size_t good = hole ? (size_t)(hole - bytes) : length;
    const char *newline = good ? memrchr(bytes, '\n', good) : NULL;
    return newline ? (size_t)(newline - bytes) + 1 : 0;
}

static bool find_good_end(struct el4_matrix_journal *journal, GError **error)
{
    g_autoptr(GMappedFile) mapped = g_mapped_file_new_from_fd(journal->fd, FALSE, error);
    if (!mapped) {
        g_prefix_error(error, "%s: ", journal->path);
        return false;
    }
    journal->good = (off_t)whole_lines(g_mapped_file_get_contents(mapped),
                                       g_mapped_file_get_length(mapped));
    journal->synced = journal->good;
    return true;
}

static bool check_same_matrix(const struct el4_matrix_journal *journal,
                              const struct el4_matrix_run *run, GError **error)
{
    struct el4_matrix_results *results = el4_matrix_results_read(journal->path, error);
    bool same = results && !strcmp(results->run.matrix, run->matrix) &&
                results->run.shard == run->shard && results->run.shards == run->shards;
    if (results && !same) {
        g_autofree char *name = g_strescape(results->run.matrix, NULL);
        g_set_error(
            error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
            "%s: holds results of matrix '%s', shard %u of %u, not of '%s', shard %u of "
            "%u; choose another folder with --results",
            journal->path, name, results->run.shard, results->run.shards, run->matrix,
            run->shard, run->shards);
    }
    el4_matrix_results_free(results);
    return same;
}

/* A process that a killed runner had just forked holds the lock a moment longer than it. */
static bool wait_for_lock(int fd)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            return true;
        }
        if (errno != EWOULDBLOCK && errno != EINTR) {
            break;
        }
        g_usleep(LOCK_INTERVAL);
    }
    return false;
}

static bool lock(struct el4_matrix_journal *journal, GError **error)
{
    journal->fd = open(journal->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (journal->fd < 0) {
        set_errno_error(error, journal->path, "cannot be opened");
        return false;
    }
    if (wait_for_lock(journal->fd)) {
        return true;
    }
    if (errno == EWOULDBLOCK) {
        g_set_error(
            error, G_IO_ERROR, G_IO_ERROR_BUSY,
            "%s: another el4 matrix run is writing it; wait for that, or choose another "
            "folder with --results",
            journal->path);
    } else {
        set_errno_error(error, journal->path, "cannot be locked");
    }
    return false;
}

static bool is_empty(const struct el4_matrix_journal *journal)
{
    struct stat status;
    return fstat(journal->fd, &status) == 0 && !status.st_size;
}

/* The name of the file is to outlive the host's power, too. */
static bool sync_folder(const struct el4_matrix_journal *journal, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(journal->path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (!synced) {
        set_errno_error(error, folder, "cannot be written to the disk");
    }
    if (fd >= 0) {
        close(fd);
    }
    return synced;
}

static bool begin(struct el4_matrix_journal *journal, const struct el4_matrix_run *run,
                  GError **error)
{
    g_autofree char *json = el4_matrix_run_to_json(run);
    return write_line(journal, json, error) && el4_matrix_journal_sync(journal, error) &&
           sync_folder(journal, error);
}

/* Begin anew, or go on with what is there. */
static bool start(struct el4_matrix_journal *journal, const struct el4_matrix_run *run,
                  bool resume, GError **error)
{
    if (!resume && !is_empty(journal)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                    "%s: is there already; go on with it by --resume, or choose another folder "
                    "with --results",
                    journal->path);
        return false;
    }
    if (!find_good_end(journal, error)) {
        return false;
    }
    if (journal->good && !check_same_matrix(journal, run, error)) {
        return false;
    }
    return cut(journal, error) && (journal->good || begin(journal, run, error));
}

struct el4_matrix_journal *el4_matrix_journal_open(const char *folder,
                                                   const struct el4_matrix_run *run,
                                                   bool resume, GError **error)
{
    if (g_mkdir_with_parents(folder, 0777) != 0) {
        set_errno_error(error, folder, "the folder of results cannot be made");
        return NULL;
    }
    struct el4_matrix_journal *journal = g_new0(struct el4_matrix_journal, 1);
    journal->path = g_build_filename(folder, JOURNAL_FILE, NULL);
    journal->fd = -1;
    if (!lock(journal, error) || !start(journal, run, resume, error)) {
        el4_matrix_journal_close(journal);
        return NULL;
    }
    return journal;
}

void el4_matrix_journal_close(struct el4_matrix_journal *journal)
{
    if (!journal) {
        return;
    }
    if (journal->fd >= 0) {
        close(journal->fd);
    }
    g_free(journal->path);
    g_free(journal);
}

/* ---- reading ---- */

static void add_attempt(struct el4_matrix_results *results, struct el4_matrix_result *result)
{
    g_ptr_array_add(results->attempts, result);
    g_hash_table_insert(results->last, result->cell, result);
}

static struct el4_matrix_results *results_new(void)
{
    struct el4_matrix_results *results = g_new0(struct el4_matrix_results, 1);
    results->attempts = g_ptr_array_new_with_free_func((GDestroyNotify)el4_matrix_result_free);
    results->last = g_hash_table_new(g_str_hash, g_str_equal);
    return results;
}

void el4_matrix_results_free(struct el4_matrix_results *results)
{
    if (!results) {
        return;
    }
    g_hash_table_unref(results->last);
    g_ptr_array_unref(results->attempts);
    g_free(results->run.matrix);
    g_free(results->run.file);
    g_free(results->run.version);
    if (results->run.options) {
        g_ptr_array_unref(results->run.options);
    }
    g_free(results);
}

/* One whole line; the first one is of another kind. */
static bool read_line(struct el4_matrix_results *results, unsigned number, const char *line,
                      gsize length, GError **error)
{
    if (number == 1) {
        return read_run(line, length, &results->run, error);
    }
    struct el4_matrix_result *result = el4_matrix_result_from_json(line, length, error);
    if (result) {
        add_attempt(results, result);
    }
    return result != NULL;
}

static char *journal_path(const char *path)
{
    return g_file_test(path, G_FILE_TEST_IS_DIR) ? g_build_filename(path, JOURNAL_FILE, NULL)
                                                 : g_strdup(path);
}

static GMappedFile *map_journal(const char *file, GError **error)
{
    /* A FIFO of that name would be waited for without an end. */
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        set_errno_error(error, file, "there are no results to read");
        return NULL;
    }
    GMappedFile *mapped = g_mapped_file_new_from_fd(fd, FALSE, error);
    if (!mapped) {
        g_prefix_error(error, "%s: ", file);
    }
    close(fd);
    return mapped;
}

struct el4_matrix_results *el4_matrix_results_read(const char *path, GError **error)
{
    g_autofree char *file = journal_path(path);
    g_autoptr(GMappedFile) mapped = map_journal(file, error);
    if (!mapped) {
        return NULL;
    }
    const char *bytes = g_mapped_file_get_contents(mapped);
    /* What a crash has torn is not read. */
    const char *end = bytes + whole_lines(bytes, g_mapped_file_get_length(mapped));
    struct el4_matrix_results *results = results_new();
    unsigned number = 0;
    for (const char *newline; bytes && (newline = memchr(bytes, '\n', (size_t)(end - bytes)));
         bytes = newline + 1) {
        if (!read_line(results, ++number, bytes, (gsize)(newline - bytes), error)) {
            g_prefix_error(error, "%s:%u: ", file, number);
            el4_matrix_results_free(results);
            return NULL;
        }
    }
    if (!number) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s: holds no results; is it the journal of an el4 matrix run?", file);
        el4_matrix_results_free(results);
        return NULL;
    }
    return results;
}

/* ---- merging ---- */

/* The earlier one first. */
static int compare_attempts(const struct el4_matrix_result *earlier,
                            const struct el4_matrix_result *later)
{
    if (later->started != earlier->started) {
        return later->started > earlier->started ? -1 : 1;
    }
    if (later->attempt != earlier->attempt) {
        return later->attempt > earlier->attempt ? -1 : 1;
    }
    int by_name = strcmp(earlier->cell, later->cell);
    if (by_name) {
        return by_name;
    }
    /* Any one will do, but the same one in whatever order the folders are named. */
    g_autofree char *one = el4_matrix_result_to_json(earlier);
    g_autofree char *other = el4_matrix_result_to_json(later);
    return strcmp(one, other);
}

static int compare_entries(gconstpointer a, gconstpointer b)
{
    return compare_attempts(*(struct el4_matrix_result *const *)a,
                            *(struct el4_matrix_result *const *)b);
}

static void merge_attempt(struct el4_matrix_results *into, struct el4_matrix_result *result)
{
    struct el4_matrix_result *known = g_hash_table_lookup(into->last, result->cell);
    g_ptr_array_add(into->attempts, result);
    if (!known || compare_attempts(known, result) < 0) {
        g_hash_table_replace(into->last, result->cell, result);
    }
}

static bool merge_results(struct el4_matrix_results *into, struct el4_matrix_results *more,
                          const char *path, GError **error)
{
    if (strcmp(into->run.matrix, more->run.matrix) != 0) {
        /* A journal may be anyone's, and the message goes to a terminal. */
        g_autofree char *one = g_strescape(into->run.matrix, NULL);
        g_autofree char *other = g_strescape(more->run.matrix, NULL);
        g_set_error(
            error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
            "%s: holds results of matrix '%s', not of '%s': they have no report in common",
            path, other, one);
        return false;
    }
    into->run.started = MIN(into->run.started, more->run.started);
    into->run.shard = 1;
    into->run.shards = 1;
    g_ptr_array_set_free_func(more->attempts, NULL);
    for (guint i = 0; i < more->attempts->len; i++) {
        merge_attempt(into, g_ptr_array_index(more->attempts, i));
    }
    g_ptr_array_set_size(more->attempts, 0);
    g_hash_table_remove_all(more->last);
    return true;
}

struct el4_matrix_results *el4_matrix_results_merge(const GPtrArray *paths, GError **error)
{
    struct el4_matrix_results *into = NULL;
    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i);
        struct el4_matrix_results *results = el4_matrix_results_read(path, error);
        bool good = results != NULL;
        if (good && into) {
            good = merge_results(into, results, path, error);
            el4_matrix_results_free(results);
        } else if (good) {
            into = results;
        }
        if (!good) {
            el4_matrix_results_free(into);
            return NULL;
        }
    }
    if (into && paths->len > 1) {
        g_ptr_array_sort(into->attempts, compare_entries);
    }
    return into;
}
