/* SPDX-License-Identifier: MIT */
/*
 * The process of a cell, seen from the runner (process.h). What it does itself is in child.c.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "judge.h"
#include "machine/machine.h"
#include "transfer.h"

/* More than this is no result: a console of the largest limit does not come this way. */
#define RESULT_MAX (64u << 20)
/* Read at once, before others get their turn; as much as a pipe can hold. */
#define READ_MAX (1u << 20)

struct el4_matrix_process {
    const struct el4_matrix_cell *cell;
    pid_t pid;
    int console_fd, result_fd; /* -1: at its end */
    GString *console;
    GByteArray *answer; /* the result (transfer.h) */
    bool flooded, too_late, talked_too_much;
    int64_t deadline;
    int64_t began; /* of the monotonic clock */
    double started;
};

/* ---- starting ---- */

static bool make_pipe(int fds[2], GError **error)
{
    if (pipe2(fds, O_CLOEXEC) == 0) {
        fcntl(fds[0], F_SETFL, O_NONBLOCK);
        return true;
    }
    int number = errno;
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(number),
                "no pipe to a cell's process can be made: %s", g_strerror(number));
    return false;
}

static void close_pipe(const int fds[2])
{
    close(fds[0]);
    close(fds[1]);
}

static struct el4_matrix_process *process_new(const struct el4_matrix_cell *cell)
{
    struct el4_matrix_process *process = g_new0(struct el4_matrix_process, 1);
    process->cell = cell;
    process->console = g_string_new(NULL);
    process->answer = g_byte_array_new();
    process->began = g_get_monotonic_time();
    process->started = (double)g_get_real_time() / G_USEC_PER_SEC;
    process->deadline =
        process->began +
        (int64_t)((cell->limits.seconds + EL4_MATRIX_GRACE_SECONDS) * G_USEC_PER_SEC);
    return process;
}

static void process_free(struct el4_matrix_process *process)
{
    if (process->console_fd >= 0) {
        close(process->console_fd);
    }
    if (process->result_fd >= 0) {
        close(process->result_fd);
    }
    g_string_free(process->console, TRUE);
    g_byte_array_unref(process->answer);
    g_free(process);
}

/* What the runner keeps of a process that it has started, or that was for it. */
static struct el4_matrix_process *follow(const struct el4_matrix_cell *cell, pid_t pid,
                                         const int console[2], const int result[2])
{
    close(console[1]);
    close(result[1]);
    struct el4_matrix_process *process = process_new(cell);
    process->pid = pid;
    process->console_fd = console[0];
    process->result_fd = result[0];
    return process;
}

static struct el4_matrix_process *start(struct el4_matrix_starter *starter,
                                        const struct el4_matrix_cell *cell,
                                        struct el4_matrix_shared *shared, GError **error)
{
    int console[2], result[2];
    if (!make_pipe(console, error)) {
        return NULL;
    }
    if (!make_pipe(result, error)) {
        close_pipe(console);
        return NULL;
    }
    pid_t pid = shared ? el4_matrix_shared_fork(shared, cell, console[1], result[1], error)
                       : el4_matrix_starter_fork(starter, cell, console[1], result[1], error);
    if (pid < 0) {
        close_pipe(console);
        close_pipe(result);
        return NULL;
    }
    return follow(cell, pid, console, result);
}

struct el4_matrix_process *el4_matrix_process_start(struct el4_matrix_starter *starter,
                                                    const struct el4_matrix_cell *cell,
                                                    struct el4_matrix_shared *shared,
                                                    GError **error)
{
    g_autoptr(GError) problem = NULL;
    struct el4_matrix_process *process = start(starter, cell, shared, &problem);
    if (g_error_matches(problem, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED)) {
        /* With files that nobody else holds. */
        g_clear_error(&problem);
        process = start(starter, cell, shared, &problem);
    }
    if (!process) {
        g_propagate_error(error, g_steal_pointer(&problem));
    } else if (shared) {
        const GString *before = el4_matrix_shared_console(shared);
        g_string_append_len(process->console, before->str, (gssize)before->len);
    }
    return process;
}

pid_t el4_matrix_process_pid(const struct el4_matrix_process *process)
{
    return process->pid;
}

int64_t el4_matrix_process_deadline(const struct el4_matrix_process *process)
{
    return process->deadline;
}

/* The process is not reaped yet, so both numbers are still its own. */
static void kill_all(const struct el4_matrix_process *process)
{
    kill(process->pid, SIGKILL);
    kill(-process->pid, SIGKILL);
}

void el4_matrix_process_kill_late(struct el4_matrix_process *process)
{
    process->too_late = true;
    process->deadline = INT64_MAX;
    kill_all(process);
}

/* ---- reading ---- */

void el4_matrix_process_poll(const struct el4_matrix_process *process, struct pollfd *fds)
{
    /* Of one that is killed the pipes have no reader until it has ended. */
    bool is_dying = process->flooded || process->talked_too_much;
    fds[0] = (struct pollfd){.fd = is_dying ? -1 : process->console_fd, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = is_dying ? -1 : process->result_fd, .events = POLLIN};
}

/* Read once; 0: nothing now, or nothing any more, in which case *fd is closed. */
static size_t read_some(int *fd, void *bytes, size_t size)
{
    ssize_t got = -1;
    while (*fd >= 0 && (got = read(*fd, bytes, size)) < 0 && errno == EINTR) {
    }
    if (*fd >= 0 && (got == 0 || (got < 0 && errno != EAGAIN))) {
        close(*fd);
        *fd = -1;
    }
    return got > 0 ? (size_t)got : 0;
}

static void read_console(struct el4_matrix_process *process)
{
    char buffer[65536];
    size_t total = 0, got = 0;
    while (!process->flooded && total < READ_MAX &&
           (got = read_some(&process->console_fd, buffer, sizeof(buffer)))) {
        uint64_t room = process->cell->limits.output_bytes - process->console->len;
        g_string_append_len(process->console, buffer, (gssize)MIN(got, room));
        total += got;
        if (got > room) {
            process->flooded = true;
            kill_all(process);
        }
    }
}

static void read_answer(struct el4_matrix_process *process)
{
    guint8 buffer[65536];
    size_t got = 0;
    while (!process->talked_too_much &&
           (got = read_some(&process->result_fd, buffer, sizeof(buffer)))) {
        g_byte_array_append(process->answer, buffer, (guint)got);
        if (process->answer->len > RESULT_MAX) {
            process->talked_too_much = true;
            kill_all(process);
        }
    }
}

void el4_matrix_process_read(struct el4_matrix_process *process)
{
    read_console(process);
    read_answer(process);
}

/* ---- the end ---- */

static void add_reason(struct el4_matrix_result *result, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

static void add_reason(struct el4_matrix_result *result, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_ptr_array_add(result->reasons, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

/* What it told, or an empty result if it did not get so far. */
static struct el4_matrix_result *answer_of(const struct el4_matrix_process *process,
                                           int wait_status)
{
    bool is_whole = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0 &&
                    !process->talked_too_much && !process->flooded && !process->too_late;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) answer = g_bytes_new_static(process->answer->data, process->answer->len);
    struct el4_matrix_result *result =
        is_whole ? el4_matrix_result_from_bytes(answer, &error) : NULL;
    if (result) {
        return result;
    }
    result = el4_matrix_result_new();
    if (is_whole) {
        add_reason(result, "the cell's process told no result: %s", error->message);
    }
    return result;
}

static void add_end(const struct el4_matrix_process *process, int wait_status,
                    struct el4_matrix_result *result)
{
    const struct el4_matrix_limits *limits = &process->cell->limits;
    if (process->flooded) {
        result->console_dropped = 1; /* that is known of; how much there was yet, nobody is */
        add_reason(result,
                   "output: the cell wrote more than %" G_GUINT64_FORMAT
                   " bytes to its console and was killed; 'output' is the limit",
                   limits->output_bytes);
    } else if (process->talked_too_much) {
        add_reason(result, "the cell's process told more than %u bytes and was killed",
                   RESULT_MAX);
    } else if (process->too_late) {
        result->timed_out = true;
        add_reason(result,
                   "seconds: the cell did not end by itself at its limit of %g s, and was "
                   "killed %d s after it",
                   limits->seconds, EL4_MATRIX_GRACE_SECONDS);
    } else if (WIFSIGNALED(wait_status)) {
        result->signal = WTERMSIG(wait_status);
    } else if (WEXITSTATUS(wait_status) != 0) {
        add_reason(result, "the cell's process ended with status %d before it told its result",
                   WEXITSTATUS(wait_status));
        result->status = WEXITSTATUS(wait_status) <= EL4_EXIT_INTERNAL
                             ? WEXITSTATUS(wait_status)
                             : EL4_EXIT_INTERNAL;
    }
}

static void copy_texts(GPtrArray *to, const GPtrArray *from)
{
    g_ptr_array_set_size(to, 0);
    for (guint i = 0; i < from->len; i++) {
        g_ptr_array_add(to, g_strdup(g_ptr_array_index(from, i)));
    }
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / G_USEC_PER_SEC;
}

/* What only the runner knows of it. */
static void describe(const struct el4_matrix_process *process, const struct rusage *usage,
                     struct el4_matrix_result *result)
{
    const struct el4_matrix_cell *cell = process->cell;
    g_free(result->cell);
    result->cell = g_strdup(cell->name);
    result->index = cell->index;
    copy_texts(result->axes, cell->axes);
    copy_texts(result->tags, cell->tags);
    g_autofree char *console =
        g_utf8_make_valid(process->console->str, (gssize)process->console->len);
    g_string_assign(result->console, console);
    result->started = process->started;
    result->seconds = (double)(g_get_monotonic_time() - process->began) / G_USEC_PER_SEC;
    result->cpu_seconds = seconds_of(usage->ru_utime) + seconds_of(usage->ru_stime);
    result->peak_bytes = (uint64_t)usage->ru_maxrss * 1024;
    g_free(result->host);
    result->host = g_strdup(g_get_host_name());
}

struct el4_matrix_result *el4_matrix_process_finish(struct el4_matrix_process *process,
                                                    bool *broke_off)
{
    struct rusage usage = {0};
    int wait_status = 0;
    kill_all(process);
    /* All of it is in the pipes, which hold less than is read at once. Reaped only then: what
     * is read may be too much, which kills by number. */
    el4_matrix_process_read(process);
    while (wait4(process->pid, &wait_status, 0, &usage) < 0 && errno == EINTR) {
    }
    struct el4_matrix_result *result = answer_of(process, wait_status);
    *broke_off = !process->flooded && !process->too_late &&
                 (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0);
    add_end(process, wait_status, result);
    describe(process, &usage, result);
    el4_matrix_judge(&process->cell->expect, result);
    process_free(process);
    return result;
}

void el4_matrix_process_abandon(struct el4_matrix_process *process)
{
    kill_all(process);
    while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    process_free(process);
}
