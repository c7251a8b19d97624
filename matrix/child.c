/* SPDX-License-Identifier: MIT */
/*
 * The inside of the runner's child processes (child.h).
 *
 * A cell that is forked from a shared machine is a child of the runner nevertheless
 * (CLONE_PARENT): so it dies with the runner, which waits for it and kills it as it does with
 * any other, and the shared process may end before its cells.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child-message.h"
#include "execute.h"
#include "machine/forked.h"
#include "machine/machine.h"

/* The file that its result goes to, or by which it is controlled. */
#define RUNNER_FD 3
/* The kernel prefers a cell to the runner when memory is short. */
#define OOM_SCORE "900"

/* ---- the beginning and the end of each ---- */

static void write_all(int fd, const char *bytes, size_t length)
{
    while (length) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno != EINTR) {
            return; /* the runner is gone, or has had enough */
        }
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
}

static bool arrange_files(int console, int runner_file)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    /* Of the pipe ends none is below 3: standard files are open in the runner. */
    return nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 &&
           dup2(console, STDOUT_FILENO) >= 0 && dup2(console, STDERR_FILENO) >= 0 &&
           (runner_file == RUNNER_FD || dup2(runner_file, RUNNER_FD) >= 0) &&
           close_range(RUNNER_FD + 1, ~0u, 0) == 0;
}

static void restore_signals(void)
{
    static const int numbers[] = {SIGINT,  SIGTERM, SIGHUP,  SIGCHLD, SIGXFSZ,
                                  SIGPIPE, SIGABRT, SIGUSR1, SIGUSR2, SIGQUIT,
#ifndef __SANITIZE_ADDRESS__ /* it has a better handler of its own */
                                  SIGSEGV, SIGBUS,  SIGILL,  SIGFPE
#endif
    };
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        signal(numbers[i], SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void prefer_for_oom(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        write_all(fd, OOM_SCORE, strlen(OOM_SCORE));
        close(fd);
    }
}

static double cpu_seconds(const struct el4_matrix_spawner *spawner,
                          const struct el4_matrix_cell *cell)
{
    return (cell->limits.seconds + EL4_MATRIX_GRACE_SECONDS) * spawner->cpus + 1;
}

/* Of two steps, as the runner may die between the fork and the first. */
static bool belong_to(pid_t runner)
{
    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == runner && setsid() >= 0;
}

static void begin(pid_t runner, int console, int runner_file)
{
    if (!belong_to(runner) || !arrange_files(console, runner_file)) {
        _exit(EL4_EXIT_INTERNAL);
    }
    restore_signals();
    prefer_for_oom();
}

static G_NORETURN void tell_result(const struct el4_matrix_cell *cell,
                                   struct el4_matrix_result *result)
{
    fflush(stdout);
    result->cell = g_strdup(cell->name); /* a result without one is none */
    char *json = el4_matrix_result_to_json(result);
    write_all(RUNNER_FD, json, strlen(json));
    _exit(0);
}

static void refuse(struct el4_matrix_result *result, const char *why)
{
    result->outcome = EL4_MATRIX_ERROR;
    g_ptr_array_add(result->reasons, g_strdup(why));
}

/* ---- a cell on its own ---- */

void el4_matrix_child_be_cell(const struct el4_matrix_spawner *spawner,
                              const struct el4_matrix_cell *cell, pid_t runner, int console,
                              int result_fd)
{
    begin(runner, console, result_fd);
    struct el4_matrix_result *result = el4_matrix_result_new();
    g_autoptr(GError) error = NULL;
    if (el4_matrix_sandbox_enter(spawner->sandbox, &cell->limits, cpu_seconds(spawner, cell),
                                 &error)) {
        el4_matrix_execute(cell, spawner->plugins, result, NULL);
    } else {
        refuse(result, error->message);
    }
    tell_result(cell, result);
}

/* ---- a machine that cells are forked from ---- */

struct shared {
    const struct el4_matrix_spawner *spawner;
    const GPtrArray *cells;
    pid_t runner;
    const struct el4_matrix_cell *cell; /* in a process that was forked from it; NULL */
};

static void say(enum el4_matrix_child_word word, int number, const char *text)
{
    struct el4_matrix_child_message message = {.word = (int)word, .number = number};
    g_strlcpy(message.text, text, sizeof(message.text));
    if (send(RUNNER_FD, &message, sizeof(message), MSG_NOSIGNAL) < 0) {
        _exit(0); /* the runner wants no more */
    }
}

static void leave_if_not_alone(struct el4_machine *machine)
{
    g_autofree char *problem = el4_machine_fork_problem(machine, RUNNER_FD);
    if (problem) {
        say(EL4_MATRIX_CHILD_REFUSED, 0, problem);
        _exit(0);
    }
}

static void on_made(struct el4_machine *machine, void *data)
{
    leave_if_not_alone(machine);
}

/* Wait for a request. Files that were not all there, as too many are open, are -1. */
static struct el4_matrix_child_message receive(int files[2])
{
    struct el4_matrix_child_message message = {0};
    files[0] = files[1] = -1;
    if (el4_matrix_child_receive(RUNNER_FD, &message, 0, SCM_RIGHTS, files,
                                 2 * sizeof(files[0])) < 0) {
        _exit(0); /* the runner wants no more */
    }
    return message;
}

static void close_files(const int files[2])
{
    for (int i = 0; i < 2; i++) {
        if (files[i] >= 0) {
            close(files[i]);
        }
    }
}

static void be_forked(const struct shared *shared, struct el4_machine *machine,
                      const int files[2])
{
    g_autoptr(GError) error = NULL;
    if (!belong_to(shared->runner)) {
        _exit(EL4_EXIT_INTERNAL);
    }
    say(EL4_MATRIX_CHILD_FORKED, 0, "");
    if (dup2(files[0], STDOUT_FILENO) < 0 || dup2(files[0], STDERR_FILENO) < 0 ||
        dup2(files[1], RUNNER_FD) < 0) {
        _exit(EL4_EXIT_INTERNAL);
    }
    close_files(files);
    if (!el4_matrix_sandbox_enter_forked(shared->spawner->sandbox, &error)) {
        _exit(EL4_EXIT_INTERNAL);
    }
    el4_machine_forked(machine);
}

/* The C library's fork() knows no other parent. No other thread is there to hold a lock, and
 * nothing stands in buffers: all was written out when the point was reached. */
static pid_t fork_beside(void)
{
    return (pid_t)syscall(SYS_clone, EL4_MATRIX_SANDBOX_FORK, NULL, NULL, NULL, NULL);
}

static const struct el4_matrix_cell *on_reached(struct el4_machine *machine, void *data)
{
    struct shared *shared = data;
    leave_if_not_alone(machine);
    say(EL4_MATRIX_CHILD_READY, 0, "");
    for (;;) {
        int files[2];
        struct el4_matrix_child_message message = receive(files);
        bool is_good = files[0] >= 0 && files[1] >= 0 && message.number >= 0 &&
                       (guint)message.number < shared->cells->len;
        pid_t pid = is_good ? fork_beside() : -1;
        if (pid == 0) {
            be_forked(shared, machine, files);
            shared->cell = g_ptr_array_index(shared->cells, (guint)message.number);
            return shared->cell;
        }
        int number = is_good ? errno : EMFILE;
        close_files(files);
        if (pid < 0) {
            say(EL4_MATRIX_CHILD_FORKED, number, "");
        }
    }
}

void el4_matrix_child_be_shared(const struct el4_matrix_spawner *spawner,
                                const GPtrArray *cells, pid_t runner, int console, int control)
{
    const struct el4_matrix_cell *first = g_ptr_array_index(cells, 0);
    struct shared shared = {.spawner = spawner, .cells = cells, .runner = runner};
    const struct el4_matrix_point point = {
        .made = on_made, .reached = on_reached, .data = &shared};
    begin(runner, console, control);
    g_autoptr(GError) error = NULL;
    if (!el4_matrix_sandbox_enter_shared(&first->limits, cpu_seconds(spawner, first), &error)) {
        say(EL4_MATRIX_CHILD_REFUSED, 0, error->message);
        _exit(0);
    }
    struct el4_matrix_result *result = el4_matrix_result_new();
    el4_matrix_execute(first, spawner->plugins, result, &point);
    if (shared.cell) {
        tell_result(shared.cell, result);
    }
    say(EL4_MATRIX_CHILD_REFUSED, 0, "the guest ended before the console matched input-after");
    _exit(0);
}
