/* SPDX-License-Identifier: MIT */
/*
 * el4 run: build the machine, run it, exit with its status. Signals and the time limit are
 * waited for by one watcher thread, so that nothing happens in a signal handler.
 */
#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

struct watcher {
    struct el4_machine *machine;
    double timeout_s;
    sigset_t signals;
};

/* Tells the watcher that the machine is done; not a signal that anyone else sends. */
#define SIGNAL_DONE SIGUSR2

static gpointer watch(gpointer data)
{
    struct watcher *watcher = data;
    struct timespec limit = {
        .tv_sec = (time_t)watcher->timeout_s,
        .tv_nsec = (long)((watcher->timeout_s - (double)(time_t)watcher->timeout_s) * 1e9),
    };
    int number;
    do {
        number = watcher->timeout_s > 0 ? sigtimedwait(&watcher->signals, NULL, &limit)
                                        : sigwaitinfo(&watcher->signals, NULL);
    } while (number < 0 && errno == EINTR);
    if (number == SIGNAL_DONE) {
        return NULL;
    }
    if (number < 0) {
        cli_error("the guest was still running after %g s", watcher->timeout_s);
    }
    el4_machine_stop(watcher->machine, number < 0 ? EL4_EXIT_TIMEOUT : EL4_EXIT_OFF);
    return NULL;
}

static enum el4_exit run_watched(struct el4_machine *machine, double timeout_s)
{
    struct watcher watcher = {.machine = machine, .timeout_s = timeout_s};
    GError *error = NULL;

    sigemptyset(&watcher.signals);
    sigaddset(&watcher.signals, SIGINT);
    sigaddset(&watcher.signals, SIGTERM);
    sigaddset(&watcher.signals, SIGHUP);
    sigaddset(&watcher.signals, SIGNAL_DONE);
    /* Inherited by every thread made from here on: only the watcher sees them. */
    pthread_sigmask(SIG_BLOCK, &watcher.signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    GThread *thread = g_thread_new("watcher", watch, &watcher);
    enum el4_exit status = el4_machine_run(machine, &error);
    kill(getpid(), SIGNAL_DONE);
    g_thread_join(thread);
    if (error) {
        cli_error("%s", error->message);
        g_error_free(error);
    }
    return status;
}

enum el4_exit cli_run(int argc, char **argv)
{
    struct cli_options options;
    enum el4_exit status;
    if (cli_parse(&options, argc, argv, false, &status)) {
        struct el4_plugins *plugins = cli_plugins();
        struct el4_machine *machine = plugins ? cli_machine(&options, plugins) : NULL;
        status = machine ? run_watched(machine, options.timeout_s) : EL4_EXIT_CONFIG;
        el4_machine_free(machine);
        el4_plugins_free(plugins);
    }
    cli_clear(&options);
    return status;
}
