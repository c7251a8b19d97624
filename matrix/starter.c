/* SPDX-License-Identifier: MIT */
/*
 * The runner's side of the process that cells are forked from (starter.h).
 */
#include "starter.h"

#include <errno.h>
#include <gio/gio.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capacity.h"
#include "child-message.h"
#include "transfer.h"

struct el4_matrix_starter {
    struct el4_matrix_spawner spawner;
    pid_t pid; /* -1: it has ended */
    int control_fd;
};

static bool refuse(int number, GError **error)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(number),
                "no process can be made that starts cells: %s", g_strerror(number));
    return false;
}

static bool launch(struct el4_matrix_starter *starter, GError **error)
{
    int control[2];
    pid_t runner = getpid();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) < 0) {
        return refuse(errno, error);
    }
    /* What stands in buffers would be written by both. */
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        el4_matrix_child_be_starter(&starter->spawner, runner, control[1]);
    }
    int number = errno;
    close(control[1]);
    if (pid < 0) {
        close(control[0]);
        return refuse(number, error);
    }
    starter->pid = pid;
    starter->control_fd = control[0];
    return true;
}

/* It would leave when nobody talks to it any more, unless it was stopped. */
static void end(struct el4_matrix_starter *starter)
{
    if (starter->pid < 0) {
        return;
    }
    close(starter->control_fd);
    kill(starter->pid, SIGKILL);
    while (waitpid(starter->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    starter->pid = -1;
}

struct el4_matrix_starter *el4_matrix_starter_new(struct el4_plugins *plugins, GError **error)
{
    struct el4_matrix_sandbox *sandbox = el4_matrix_sandbox_new(error);
    if (!sandbox) {
        return NULL;
    }
    struct el4_matrix_starter *starter = g_new0(struct el4_matrix_starter, 1);
    struct el4_matrix_capacity *capacity = el4_matrix_capacity_new();
    starter->spawner = (struct el4_matrix_spawner){
        .plugins = plugins, .sandbox = sandbox, .cpus = el4_matrix_capacity_cpus(capacity)};
    el4_matrix_capacity_free(capacity);
    starter->pid = -1;
    if (!launch(starter, error)) {
        el4_matrix_starter_free(starter);
        return NULL;
    }
    return starter;
}

void el4_matrix_starter_free(struct el4_matrix_starter *starter)
{
    if (starter) {
        end(starter);
        el4_matrix_sandbox_free(starter->spawner.sandbox);
        g_free(starter);
    }
}

const struct el4_matrix_spawner *
el4_matrix_starter_spawner(const struct el4_matrix_starter *starter)
{
    return &starter->spawner;
}

/* *pid: the process, or a negative errno. False if the starter has ended. */
static bool ask(const struct el4_matrix_starter *starter, GBytes *cell, const int files[2],
                pid_t *pid)
{
    gsize size;
    const void *bytes = g_bytes_get_data(cell, &size);
    struct el4_matrix_child_message message = {.word = EL4_MATRIX_CHILD_FORK,
                                               .number = (int)size};
    struct el4_matrix_child_message answer;
    int fd = starter->control_fd;
    if (!el4_matrix_child_send(fd, &message, SCM_RIGHTS, files, 2 * sizeof(files[0])) ||
        !el4_matrix_child_send_bytes(fd, bytes, size) ||
        !el4_matrix_child_receive_bytes(fd, &answer, sizeof(answer))) {
        return false;
    }
    *pid = answer.number;
    return true;
}

pid_t el4_matrix_starter_fork(struct el4_matrix_starter *starter,
                              const struct el4_matrix_cell *cell, int console, int result,
                              GError **error)
{
    const int files[] = {console, result};
    g_autoptr(GBytes) bytes = el4_matrix_cell_to_bytes(cell);
    pid_t pid = -1;
    if (starter->pid < 0 && !launch(starter, error)) {
        return -1;
    }
    if (!ask(starter, bytes, files, &pid)) {
        end(starter);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED,
                    "the process that starts cells has ended");
    } else if (pid < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(-pid),
                    "no process can be made for a cell: %s", g_strerror(-pid));
    }
    return pid;
}

bool el4_matrix_starter_reap(struct el4_matrix_starter *starter, pid_t pid)
{
    if (pid != starter->pid) {
        return false;
    }
    end(starter);
    return true;
}
