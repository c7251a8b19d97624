/* SPDX-License-Identifier: MIT */
/*
 * The inside of the runner's child processes (child.h).
 *
 * A cell is forked by the starter or by a shared machine, and is a child of the runner
 * nevertheless (CLONE_PARENT): so it dies with the runner, which waits for it and kills it, and
 * the process that it was forked from may end before it.
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
#include "transfer.h"

/* The file that its result goes to, or by which it is controlled. */
#define RUNNER_FD 3
/* Between the starter and its cells' processes, which tell of the plugins that they had to
 * load. */
#define CELL_NEWS_FD    4
#define STARTER_NEWS_FD 5
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

static bool read_nothing(void)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0;
}

/* Of the files none is below 3: standard files are open in the runner. Those after `last` are
 * closed. */
static bool arrange_files(int console, int runner_file, unsigned last)
{
    return dup2(console, STDOUT_FILENO) >= 0 && dup2(console, STDERR_FILENO) >= 0 &&
           (runner_file == RUNNER_FD || dup2(runner_file, RUNNER_FD) >= 0) &&
           close_range(last + 1, ~0u, 0) == 0;
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

/* Of two steps, as the runner may die between the fork and the first. `name`: for ps. */
static bool belong_to(pid_t runner, const char *name)
{
    prctl(PR_SET_NAME, name);
    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == runner && setsid() >= 0;
}

static void begin(pid_t runner, const char *name, int console, int runner_file)
{
    if (!belong_to(runner, name) || !read_nothing() ||
        !arrange_files(console, runner_file, RUNNER_FD)) {
        _exit(EL4_EXIT_INTERNAL);
    }
    restore_signals();
    prefer_for_oom();
}

static G_NORETURN void tell_result(const struct el4_matrix_result *result)
{
    fflush(stdout);
    gsize size;
    GBytes *bytes = el4_matrix_result_to_bytes(result);
    const void *data = g_bytes_get_data(bytes, &size);
    write_all(RUNNER_FD, data, size);
    _exit(0);
}

static void refuse(struct el4_matrix_result *result, const char *why)
{
    result->outcome = EL4_MATRIX_ERROR;
    g_ptr_array_add(result->reasons, g_strdup(why));
}

/* Core's own schemas can't be wrong: tests read them all. */
static struct el4_config *make_config(void)
{
    g_autoptr(GError) error = NULL;
    struct el4_config *config = el4_matrix_config_new(&error);
    if (!config) {
        g_printerr("el4: %s\n", error->message);
        _exit(EL4_EXIT_INTERNAL);
    }
    return config;
}

/* ---- talking to the runner ---- */

static void say(enum el4_matrix_child_word word, int number, const char *text)
{
    struct el4_matrix_child_message message = {.word = (int)word, .number = number};
    g_strlcpy(message.text, text, sizeof(message.text));
    if (send(RUNNER_FD, &message, sizeof(message), MSG_NOSIGNAL) < 0) {
        _exit(0); /* the runner wants no more */
    }
}

/* Wait for a request; false when the runner wants no more. Files that were not all there, as
 * too many are open, are -1. */
static bool receive(struct el4_matrix_child_message *message, int files[2])
{
    files[0] = files[1] = -1;
    return el4_matrix_child_receive(RUNNER_FD, message, MSG_WAITALL, SCM_RIGHTS, files,
                                    2 * sizeof(files[0])) >= 0;
}

static void close_files(const int files[2])
{
    for (int i = 0; i < 2; i++) {
        if (files[i] >= 0) {
            close(files[i]);
        }
    }
}

/* ---- forking ---- */

/* Where the C library keeps the number of this thread, which its clock and some locks go by. */
static int *find_thread_number(void)
{
    int *number = NULL;
    return prctl(PR_GET_TID_ADDRESS, &number, 0, 0, 0) == 0 ? number : NULL;
}

/* The C library's fork() knows no other parent. No other thread is there to hold a lock, and
 * nothing stands in buffers. Which of the last two arguments is the number's place depends on
 * the host's architecture; the other one is not looked at. */
static pid_t fork_beside(int *thread_number)
{
    int unknown;
    int *number = thread_number ? thread_number : &unknown;
    return (pid_t)syscall(SYS_clone, EL4_MATRIX_SANDBOX_FORK, NULL, NULL, number, number);
}

/* ---- the starter, and a cell that it starts ---- */

/* What was made ready for all processes to come. */
struct starter {
    const struct el4_matrix_spawner *spawner;
    pid_t runner;
    struct el4_config *config;
    guint loaded;   /* plugins */
    uint64_t space; /* that they and all else take */
};

/* A cell's process: tell which plugins it would not have had to load. */
static void tell_loaded(const struct el4_plugins *plugins, guint before)
{
    const GPtrArray *loaded = el4_plugins_loaded(plugins);
    for (guint i = before; i < loaded->len; i++) {
        const struct el4_plugin *plugin = g_ptr_array_index(loaded, i);
        struct el4_matrix_child_message message = {.word = EL4_MATRIX_CHILD_LOADED,
                                                   .number = (int)plugin->kind};
        g_strlcpy(message.text, plugin->name, sizeof(message.text));
        if (write(CELL_NEWS_FD, &message, sizeof(message)) < 0) {
            return; /* too much news at once: another cell will tell */
        }
    }
}

/*
 * The starter: load them for all processes to come. Each has some seven mappings, which all
 * forks copy, so those that no cell wants are left alone. A plugin that is none is the matter
 * of the cells that want it.
 */
static void load_wanted(struct starter *starter)
{
    struct el4_plugins *plugins = starter->spawner->plugins;
    struct el4_matrix_child_message message;
    while (el4_matrix_child_receive(STARTER_NEWS_FD, &message, MSG_DONTWAIT, SCM_RIGHTS, NULL,
                                    0) == 0) {
        if (message.number >= EL4_PLUGIN_BOARD && message.number <= EL4_PLUGIN_SERVICE) {
            el4_plugins_find(plugins, (enum el4_plugin_kind)message.number, message.text, NULL);
        }
    }
    guint loaded = el4_plugins_loaded(plugins)->len;
    if (!starter->space || loaded != starter->loaded) {
        starter->loaded = loaded;
        starter->space = el4_matrix_sandbox_space();
    }
}

static G_NORETURN void be_cell(const struct starter *starter, GBytes *bytes, const int files[2])
{
    const struct el4_matrix_spawner *spawner = starter->spawner;
    if (!belong_to(starter->runner, "el4-cell") ||
        !arrange_files(files[0], files[1], CELL_NEWS_FD)) {
        _exit(EL4_EXIT_INTERNAL);
    }
    g_autoptr(GError) error = NULL;
    struct el4_matrix_result *result = el4_matrix_result_new();
    struct el4_matrix_cell *cell = el4_matrix_cell_from_bytes(bytes, &error);
    if (cell) {
        cell->limits.files += CELL_NEWS_FD - RUNNER_FD; /* that are ours */
    }
    if (cell && el4_matrix_sandbox_enter(spawner->sandbox, &cell->limits,
                                         cpu_seconds(spawner, cell), starter->space, &error)) {
        el4_matrix_execute(cell, starter->config, spawner->plugins, result, NULL);
        tell_loaded(spawner->plugins, starter->loaded);
    } else {
        refuse(result, error->message);
    }
    tell_result(result);
}

/* NULL when the runner wants no more. */
static GBytes *receive_cell(int files[2])
{
    struct el4_matrix_child_message message;
    if (!receive(&message, files)) {
        return NULL;
    }
    void *bytes = g_malloc((gsize)message.number);
    return el4_matrix_child_receive_bytes(RUNNER_FD, bytes, (size_t)message.number)
               ? g_bytes_new_take(bytes, (gsize)message.number)
               : NULL;
}

void el4_matrix_child_be_starter(const struct el4_matrix_spawner *spawner, pid_t runner,
                                 int control)
{
    struct starter starter = {.spawner = spawner, .runner = runner};
    int *thread_number = find_thread_number();
    int files[2];
    GBytes *bytes;
    begin(runner, "el4-starter", STDERR_FILENO, control);
    /* They are the first free ones. */
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, files) < 0 ||
        files[0] != CELL_NEWS_FD || files[1] != STARTER_NEWS_FD) {
        _exit(EL4_EXIT_INTERNAL);
    }
    starter.config = make_config();
    while ((bytes = receive_cell(files))) {
        load_wanted(&starter);
        bool is_good = files[0] >= 0 && files[1] >= 0;
        pid_t pid = is_good ? fork_beside(thread_number) : -1;
        if (pid == 0) {
            be_cell(&starter, bytes, files);
        }
        say(EL4_MATRIX_CHILD_FORKED, pid > 0 ? pid : is_good ? -errno : -EMFILE, "");
        close_files(files);
        g_bytes_unref(bytes);
    }
    _exit(0);
}

/* ---- a machine that cells are forked from ---- */

struct shared {
    const struct el4_matrix_spawner *spawner;
    const GPtrArray *cells;
    pid_t runner;
    const struct el4_matrix_cell *cell; /* in a process that was forked from it; NULL */
    int *thread_number;
};

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

static void be_forked(const struct shared *shared, struct el4_machine *machine,
                      const int files[2])
{
    g_autoptr(GError) error = NULL;
    if (!belong_to(shared->runner, "el4-cell")) {
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

static const struct el4_matrix_cell *on_reached(struct el4_machine *machine, void *data)
{
    struct shared *shared = data;
    leave_if_not_alone(machine);
    say(EL4_MATRIX_CHILD_READY, 0, "");
    int files[2];
    struct el4_matrix_child_message message;
    while (receive(&message, files)) {
        bool is_good = files[0] >= 0 && files[1] >= 0 && message.number >= 0 &&
                       (guint)message.number < shared->cells->len;
        pid_t pid = is_good ? fork_beside(shared->thread_number) : -1;
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
    _exit(0);
}

void el4_matrix_child_be_shared(const struct el4_matrix_spawner *spawner,
                                const GPtrArray *cells, pid_t runner, int console, int control)
{
    const struct el4_matrix_cell *first = g_ptr_array_index(cells, 0);
    struct shared shared = {.spawner = spawner,
                            .cells = cells,
                            .runner = runner,
                            .thread_number = find_thread_number()};
    const struct el4_matrix_point point = {
        .made = on_made, .reached = on_reached, .data = &shared};
    begin(runner, "el4-shared", console, control);
    g_autoptr(GError) error = NULL;
    if (!el4_matrix_sandbox_enter_shared(&first->limits, cpu_seconds(spawner, first), &error)) {
        say(EL4_MATRIX_CHILD_REFUSED, 0, error->message);
        _exit(0);
    }
    struct el4_matrix_result *result = el4_matrix_result_new();
    el4_matrix_execute(first, make_config(), spawner->plugins, result, &point);
    if (shared.cell) {
        tell_result(result);
    }
    say(EL4_MATRIX_CHILD_REFUSED, 0, "the guest ended before the console matched input-after");
    _exit(0);
}
