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

/* How long the machine may take to end once it was told to, in seconds. */
#define END_SECONDS 20

/* The machine was told to end: wait for that, but not for ever, and not if asked again. */
static void wait_for_end(const struct watcher *watcher)
{
    const struct timespec limit = {.tv_sec = END_SECONDS};
    int number;
    do {
        number = sigtimedwait(&watcher->signals, NULL, &limit);
    } while (number < 0 && errno == EINTR);
    if (number != SIGNAL_DONE) {
        cli_leave_at_once(number < 0 ? "el4: the machine does not end; leaving it as it is\n"
                                     : "el4: asked again to end; leaving at once\n");
    }
}

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
    wait_for_end(watcher);
    return NULL;
}

/* Inherited by every thread made from here on: only the watcher sees them. */
static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGHUP);
    sigaddset(signals, SIGNAL_DONE);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static enum el4_exit run_watched(struct el4_machine *machine, const struct cli_options *options,
                                 const sigset_t *signals)
{
    struct watcher watcher = {
        .machine = machine, .timeout_s = options->timeout_s, .signals = *signals};
    GError *error = NULL;
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
    if (cli_parse(&options, argc, argv, 0, &status)) {
        /* Before the machine is made: its console takes the terminal, and must give it back. */
        sigset_t signals;
        block_signals(&signals);
        struct el4_plugins *plugins = cli_plugins();
        struct el4_machine *machine =
            plugins ? cli_machine(&options, plugins, EL4_MACHINE_RUN) : NULL;
        status = machine ? run_watched(machine, &options, &signals) : EL4_EXIT_CONFIG;
        el4_machine_free(machine);
        el4_plugins_free(plugins);
    }
    cli_clear(&options);
    return status;
}
