/* SPDX-License-Identifier: MIT */
/*
 * The thread that ends a run (watch.h).
 */
#include "machine/private.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

struct watcher {
    struct el4_machine *machine;
    const struct el4_machine_watch *watch;
    sigset_t signals;
};

/* Tells the watcher that the machine is done; not a signal that anyone else sends. */
#define SIGNAL_DONE SIGUSR2

/* How long the machine may take to end once it was told to, in seconds. */
#define END_SECONDS 20

static void fill_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGHUP);
    sigaddset(signals, SIGNAL_DONE);
}

/* Inherited by every thread made from here on: only the watcher sees them. */
void el4_machine_block_signals(void)
{
    sigset_t signals;
    fill_signals(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* The machine was told to end: wait for that, but not for ever, and not if asked again. */
static void wait_for_end(const struct watcher *watcher)
{
    const struct timespec limit = {.tv_sec = END_SECONDS};
    int number;
    do {
        number = sigtimedwait(&watcher->signals, NULL, &limit);
    } while (number < 0 && errno == EINTR);
    if (number != SIGNAL_DONE) {
        watcher->watch->leave(number < 0
                                  ? "el4: the machine does not end; leaving it as it is\n"
                                  : "el4: asked again to end; leaving at once\n");
    }
}

static gpointer wait_for_signals(gpointer data)
{
    struct watcher *watcher = data;
    double seconds = watcher->watch->seconds;
    struct timespec limit = {
        .tv_sec = (time_t)seconds,
        .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9),
    };
    int number;
    do {
        number = seconds > 0 ? sigtimedwait(&watcher->signals, NULL, &limit)
                             : sigwaitinfo(&watcher->signals, NULL);
    } while (number < 0 && errno == EINTR);
    if (number == SIGNAL_DONE) {
        return NULL;
    }
    if (number < 0 && watcher->watch->late) {
        watcher->watch->late(seconds, false);
    }
    el4_machine_stop(watcher->machine, number < 0 ? EL4_EXIT_TIMEOUT : EL4_EXIT_OFF);
    wait_for_end(watcher);
    return NULL;
}

/* Device lock. */
static void reach_limit(void *opaque, uint64_t now_ns)
{
    const struct watcher *watcher = opaque;
    struct el4_machine *machine = watcher->machine;
    if (atomic_load(&machine->exit_status) >= 0) {
        return; /* it ends already */
    }
    machine->at_limit = true;
    if (watcher->watch->late) {
        watcher->watch->late(watcher->watch->machine_seconds, true);
    }
    el4_machine_stop(machine, EL4_EXIT_TIMEOUT);
}

static void set_limit(struct watcher *watcher)
{
    struct el4_io *io = watcher->machine->io;
    double at_ns = ceil(watcher->watch->machine_seconds * 1e9);
    el4_io_lock(io);
    watcher->machine->limit = el4_io_timer_new(io, reach_limit, watcher);
    el4_io_timer_set(watcher->machine->limit, (uint64_t)at_ns);
    el4_io_unlock(io);
}

static void drop_limit(struct el4_machine *machine)
{
    el4_io_lock(machine->io);
    el4_io_timer_free(machine->limit);
    machine->limit = NULL;
    el4_io_unlock(machine->io);
}

enum el4_exit el4_machine_run_watched(struct el4_machine *machine,
                                      const struct el4_machine_watch *watch, GError **error)
{
    struct watcher watcher = {.machine = machine, .watch = watch};
    fill_signals(&watcher.signals);
    machine->end_when_stuck = watch->end_when_stuck;
    if (watch->machine_seconds > 0) {
        set_limit(&watcher);
    }
    GThread *thread = g_thread_new("watcher", wait_for_signals, &watcher);
    enum el4_exit status = el4_machine_run(machine, error);
    drop_limit(machine);
    kill(getpid(), SIGNAL_DONE);
    g_thread_join(thread);
    return status;
}

bool el4_machine_is_stuck(const struct el4_machine *machine)
{
    return machine->stuck;
}

bool el4_machine_is_at_limit(const struct el4_machine *machine)
{
    return machine->at_limit;
}
