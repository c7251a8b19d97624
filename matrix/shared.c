/* SPDX-License-Identifier: MIT */
/*
 * Cells that start as one, and the process that is their beginning (shared.h).
 */
#include "shared.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child-message.h"

/* A fork takes milliseconds; what takes so long is no answer. */
#define ANSWER_MS 5000

/* ---- which ---- */

const char *el4_matrix_share_problem(const struct el4_matrix_cell *cell)
{
    return cell->limits.network ? "network = yes" : NULL;
}

/* Texts of a matrix are one for all that are alike. A path is relative to its file. */
static bool has_same_settings(const GPtrArray *left, const GPtrArray *right)
{
    bool is_same = left->len == right->len;
    for (guint i = 0; left != right && is_same && i < left->len; i++) {
        const struct el4_matrix_setting *a = g_ptr_array_index(left, i);
        const struct el4_matrix_setting *b = g_ptr_array_index(right, i);
        is_same = a->option == b->option && a->place.file == b->place.file;
    }
    return is_same;
}

/* So are arrays of these. */
static gboolean is_alike(const void *left, const void *right)
{
    const struct el4_matrix_cell *a = left, *b = right;
    const struct el4_matrix_limits *of_a = &a->limits, *of_b = &b->limits;
    return a->configs == b->configs && has_same_settings(a->settings, b->settings) &&
           a->input_after->text == b->input_after->text && of_a->seconds == of_b->seconds &&
           of_a->machine_seconds == of_b->machine_seconds &&
           of_a->memory_bytes == of_b->memory_bytes &&
           of_a->output_bytes == of_b->output_bytes && of_a->file_bytes == of_b->file_bytes &&
           of_a->files == of_b->files;
}

static guint hash(const void *data)
{
    const struct el4_matrix_cell *cell = data;
    guint sum = g_direct_hash(cell->configs) ^ g_direct_hash(cell->input_after->text);
    for (guint i = 0; i < cell->settings->len; i++) {
        const struct el4_matrix_setting *setting = g_ptr_array_index(cell->settings, i);
        sum = sum * 31 + g_direct_hash(setting->option);
    }
    return sum;
}

static gboolean is_single(void *key, void *value, void *data)
{
    return ((const GPtrArray *)value)->len < 2;
}

static void unref_cells(void *cells)
{
    if (cells) {
        g_ptr_array_unref(cells);
    }
}

GHashTable *el4_matrix_share_groups(const GPtrArray *cells)
{
    GHashTable *alike = g_hash_table_new(hash, is_alike);
    GHashTable *groups =
        g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, unref_cells);
    for (guint i = 0; i < cells->len; i++) {
        struct el4_matrix_cell *cell = g_ptr_array_index(cells, i);
        if (!cell->shares_start || el4_matrix_share_problem(cell)) {
            continue;
        }
        GPtrArray *group = g_hash_table_lookup(alike, cell);
        group = group ? g_ptr_array_ref(group) : g_ptr_array_new();
        g_ptr_array_add(group, cell);
        g_hash_table_insert(alike, cell, group);
        g_hash_table_insert(groups, cell, group);
    }
    g_hash_table_foreach_remove(groups, is_single, NULL);
    g_hash_table_unref(alike);
    return groups;
}

/* ---- the process ---- */

struct el4_matrix_shared {
    GPtrArray *cells;
    pid_t pid;                  /* -1: it has ended */
    int console_fd, control_fd; /* -1: at its end */
    GString *console;
    bool is_ready;
    char *problem;
    int64_t deadline;
};

static struct el4_matrix_shared *shared_new(GPtrArray *cells, pid_t pid, int console,
                                            int control)
{
    const struct el4_matrix_cell *first = g_ptr_array_index(cells, 0);
    double seconds = first->limits.seconds + EL4_MATRIX_GRACE_SECONDS;
    struct el4_matrix_shared *shared = g_new0(struct el4_matrix_shared, 1);
    shared->cells = g_ptr_array_ref(cells);
    shared->pid = pid;
    shared->console_fd = console;
    shared->control_fd = control;
    shared->console = g_string_new(NULL);
    shared->deadline = g_get_monotonic_time() + (int64_t)(seconds * G_USEC_PER_SEC);
    return shared;
}

struct el4_matrix_shared *el4_matrix_shared_start(const struct el4_matrix_spawner *spawner,
                                                  GPtrArray *cells, GError **error)
{
    int console[2] = {-1, -1}, control[2] = {-1, -1};
    pid_t runner = getpid(), pid = -1;
    fflush(NULL);
    if (pipe2(console, O_CLOEXEC) == 0 &&
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) == 0) {
        pid = fork();
    }
    if (pid == 0) {
        el4_matrix_child_be_shared(spawner, cells, runner, console[1], control[1]);
    }
    if (pid > 0) {
        const int yes = 1;
        setsockopt(control[0], SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes));
        fcntl(console[0], F_SETFL, O_NONBLOCK);
        close(console[1]);
        close(control[1]);
        return shared_new(cells, pid, console[0], control[0]);
    }
    int number = errno;
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(number),
                "no process can be made for cells to start in: %s", g_strerror(number));
    for (int i = 0; i < 2; i++) {
        if (console[i] >= 0) {
            close(console[i]);
        }
        if (control[i] >= 0) {
            close(control[i]);
        }
    }
    return NULL;
}

static void close_file(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

/* Its cells have sessions of their own. */
static void kill_it(const struct el4_matrix_shared *shared)
{
    if (shared->pid > 0) {
        kill(shared->pid, SIGKILL);
        kill(-shared->pid, SIGKILL);
    }
}

static void wait_for_end(struct el4_matrix_shared *shared)
{
    while (shared->pid > 0 && waitpid(shared->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    shared->pid = -1;
}

void el4_matrix_shared_end(struct el4_matrix_shared *shared)
{
    kill_it(shared);
    wait_for_end(shared);
    close_file(&shared->console_fd);
    close_file(&shared->control_fd);
    g_string_free(shared->console, TRUE);
    g_ptr_array_unref(shared->cells);
    g_free(shared->problem);
    g_free(shared);
}

pid_t el4_matrix_shared_pid(const struct el4_matrix_shared *shared)
{
    return shared->pid;
}

int64_t el4_matrix_shared_deadline(const struct el4_matrix_shared *shared)
{
    return shared->is_ready || shared->problem ? INT64_MAX : shared->deadline;
}

bool el4_matrix_shared_is_ready(const struct el4_matrix_shared *shared)
{
    return shared->is_ready;
}

const char *el4_matrix_shared_problem(const struct el4_matrix_shared *shared)
{
    return shared->problem;
}

const GString *el4_matrix_shared_console(const struct el4_matrix_shared *shared)
{
    return shared->console;
}

static void give_up(struct el4_matrix_shared *shared, const char *why)
{
    shared->problem = shared->problem ? shared->problem : g_strdup(why);
    shared->is_ready = false;
    /* Cells that start on their own now may want what it has locked. */
    kill_it(shared);
    wait_for_end(shared);
    close_file(&shared->console_fd);
    close_file(&shared->control_fd);
}

/* ---- reading ---- */

void el4_matrix_shared_poll(const struct el4_matrix_shared *shared, struct pollfd *fds)
{
    fds[0] = (struct pollfd){.fd = shared->console_fd, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = shared->control_fd, .events = POLLIN};
}

static void read_console(struct el4_matrix_shared *shared)
{
    const struct el4_matrix_cell *first = g_ptr_array_index(shared->cells, 0);
    char buffer[65536];
    ssize_t got = 1;
    while (shared->console_fd >= 0 && got > 0) {
        got = read(shared->console_fd, buffer, sizeof(buffer));
        if (got > 0) {
            g_string_append_len(shared->console, buffer, got);
        } else if (got == 0) {
            close_file(&shared->console_fd);
        }
        if (shared->console->len > first->limits.output_bytes) {
            give_up(shared, "more than 'output' was written before the input");
        }
    }
}

/* *sender: the process that said it, which the kernel knows. */
static bool receive(struct el4_matrix_shared *shared, struct el4_matrix_child_message *message,
                    pid_t *sender)
{
    struct ucred credentials;
    int got = el4_matrix_child_receive(shared->control_fd, message, MSG_DONTWAIT,
                                       SCM_CREDENTIALS, &credentials, sizeof(credentials));
    if (got != (int)sizeof(credentials)) {
        return false;
    }
    *sender = credentials.pid;
    return true;
}

static bool has_news(const struct el4_matrix_shared *shared)
{
    struct pollfd control = {.fd = shared->control_fd, .events = POLLIN};
    return shared->control_fd >= 0 && poll(&control, 1, 0) > 0;
}

void el4_matrix_shared_read(struct el4_matrix_shared *shared)
{
    struct el4_matrix_child_message message;
    pid_t sender;
    bool said_something = has_news(shared);
    /* All that it wrote before it said something is in the pipe by now. */
    read_console(shared);
    if (shared->problem) {
        return;
    }
    if (said_something && !receive(shared, &message, &sender)) {
        give_up(shared, "the process in which they were to start has ended");
    } else if (said_something && message.word == EL4_MATRIX_CHILD_REFUSED) {
        g_autofree char *text = g_utf8_make_valid(message.text, -1);
        give_up(shared, text);
    } else if (said_something && message.word == EL4_MATRIX_CHILD_READY) {
        shared->is_ready = true;
    } else if (g_get_monotonic_time() >= el4_matrix_shared_deadline(shared)) {
        give_up(shared, "the process in which they were to start does not end");
    }
}

void el4_matrix_shared_reap(struct el4_matrix_shared *shared)
{
    /* First what it said. */
    el4_matrix_shared_read(shared);
    give_up(shared, "the process in which they were to start has ended");
}

/* ---- forking ---- */

static bool request(struct el4_matrix_shared *shared, guint number, const int files[2])
{
    struct el4_matrix_child_message message = {.word = EL4_MATRIX_CHILD_FORK,
                                               .number = (int)number};
    return el4_matrix_child_send(shared->control_fd, &message, SCM_RIGHTS, files,
                                 2 * sizeof(files[0]));
}

/* It ran a guest, and is not believed. A cell's process has that socket no more. */
static bool is_new_child(const struct el4_matrix_shared *shared, pid_t pid)
{
    siginfo_t info;
    return pid > 0 && pid != shared->pid &&
           waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

pid_t el4_matrix_shared_fork(struct el4_matrix_shared *shared,
                             const struct el4_matrix_cell *cell, int console, int result,
                             GError **error)
{
    struct el4_matrix_child_message message = {.number = 0};
    struct pollfd control = {.fd = shared->control_fd, .events = POLLIN};
    pid_t sender = -1;
    guint number;
    bool is_answered = shared->is_ready && g_ptr_array_find(shared->cells, cell, &number) &&
                       request(shared, number, (const int[]){console, result}) &&
                       poll(&control, 1, ANSWER_MS) > 0 && receive(shared, &message, &sender) &&
                       message.word == EL4_MATRIX_CHILD_FORKED;
    if (is_answered && !message.number && is_new_child(shared, sender)) {
        return sender;
    }
    g_autofree char *why = g_strdup_printf(
        "the process in which they were to start can't be forked: %s",
        is_answered && message.number > 0 ? g_strerror(message.number) : "it does not answer");
    give_up(shared, why);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s", why);
    return -1;
}
