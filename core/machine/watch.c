/* SPDX-License-Identifier: MIT */
/*
 * The thread that ends a run (watch.h).
 */
#include "machine/private.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

struct watcher {
    struct el4_machine *machine;
    struct el4_machine_watch watch;
    GThread *thread; /* NULL: it has not begun */
    int64_t end;     /* wait_for_news() */
    int signal_fd;
    int done_fd; /* the machine is done */
};

/* How long the machine may take to end once it was told to, in seconds. */
#define END_SECONDS 20

static void fill_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGHUP);
}

/* Inherited by every thread made from here on: only the watcher sees them. */
void el4_machine_block_signals(void)
{
    sigset_t signals;
    fill_signals(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

enum news { NEWS_DONE, NEWS_SIGNAL, NEWS_NONE };

/* Wait, at most until a time of the monotonic clock, in microseconds; 0: for ever. */
static enum news wait_for_news(const struct watcher *watcher, int64_t end)
{
    struct pollfd fds[] = {
        {.fd = watcher->done_fd, .events = POLLIN},
        {.fd = watcher->signal_fd, .events = POLLIN},
    };
    int ready;
    do {
        int64_t left = MAX(end - g_get_monotonic_time(), 0);
        const struct timespec wait = {.tv_sec = left / G_USEC_PER_SEC,
                                      .tv_nsec = left % G_USEC_PER_SEC * 1000};
        ready = ppoll(fds, G_N_ELEMENTS(fds), end ? &wait : NULL, NULL);
    } while (ready < 0 && errno == EINTR);
    struct signalfd_siginfo info;
    if (ready > 0 && fds[0].revents) {
        return NEWS_DONE;
    }
    return ready > 0 && read(watcher->signal_fd, &info, sizeof(info)) > 0 ? NEWS_SIGNAL
                                                                          : NEWS_NONE;
}

static int64_t end_after(double seconds)
{
    return g_get_monotonic_time() + (int64_t)(seconds * G_USEC_PER_SEC);
}

static gpointer watch_machine(gpointer data)
{
    struct watcher *watcher = data;
    enum news news = wait_for_news(watcher, watcher->end);
    if (news == NEWS_DONE) {
        return NULL;
    }
    if (news == NEWS_NONE && watcher->watch.late) {
        watcher->watch.late(watcher->watch.seconds, false);
    }
    el4_machine_stop(watcher->machine, news == NEWS_NONE ? EL4_EXIT_TIMEOUT : EL4_EXIT_OFF);
    /* It was told to end: wait for that, but not for ever, and not if asked again. */
    news = wait_for_news(watcher, end_after(END_SECONDS));
    if (news != NEWS_DONE) {
        watcher->watch.leave(news == NEWS_NONE
                                 ? "el4: the machine does not end; leaving it as it is\n"
                                 : "el4: asked again to end; leaving at once\n");
    }
    return NULL;
}

/* Device lock. */
static void reach_limit(void *opaque, uint64_t now_ns)
{
    struct el4_machine *machine = opaque;
    const struct el4_machine_watch *watch = &machine->watcher->watch;
    if (atomic_load(&machine->exit_status) >= 0) {
        return; /* it ends already */
    }
    machine->at_limit = true;
    if (watch->late) {
        watch->late(watch->machine_seconds, true);
    }
    el4_machine_stop(machine, EL4_EXIT_TIMEOUT);
}

static void set_limit(struct el4_machine *machine, double machine_seconds)
{
    el4_io_lock(machine->io);
    machine->limit = el4_io_timer_new(machine->io, reach_limit, machine);
    el4_io_timer_set(machine->limit, (uint64_t)ceil(machine_seconds * 1e9));
    el4_io_unlock(machine->io);
}

static void drop_limit(struct el4_machine *machine)
{
    el4_io_lock(machine->io);
    el4_io_timer_free(machine->limit);
    machine->limit = NULL;
    el4_io_unlock(machine->io);
}

static void watcher_free(struct watcher *watcher)
{
    if (watcher->signal_fd >= 0) {
        close(watcher->signal_fd);
    }
    if (watcher->done_fd >= 0) {
        close(watcher->done_fd);
    }
    g_free(watcher);
}

/* The files at once: how many a plugin finds open does not depend on when the thread begins. */
static bool open_files(struct watcher *watcher, GError **error)
{
    sigset_t signals;
    fill_signals(&signals);
    watcher->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    watcher->done_fd = eventfd(0, EFD_CLOEXEC);
    if (watcher->signal_fd >= 0 && watcher->done_fd >= 0) {
        return true;
    }
    g_set_error(error, EL4_MACHINE_ERROR, 0, "the run can't be watched: %s", g_strerror(errno));
    return false;
}

static bool begin(struct watcher *watcher, GError **error)
{
    watcher->thread = g_thread_try_new("watcher", watch_machine, watcher, error);
    return watcher->thread;
}

bool el4_machine_watch(struct el4_machine *machine, const struct el4_machine_watch *watch,
                       GError **error)
{
    struct watcher *watcher = g_new0(struct watcher, 1);
    watcher->machine = machine;
    watcher->watch = *watch;
    watcher->end = watch->seconds > 0 ? end_after(watch->seconds) : 0;
    bool begins_late = watch->begins_late && machine->virtual_clock;
    if (!open_files(watcher, error) || (!begins_late && !begin(watcher, error))) {
        watcher_free(watcher);
        return false;
    }
    machine->end_when_stuck = watch->end_when_stuck;
    machine->watcher = watcher;
    return true;
}

void el4_machine_begin_watch(struct el4_machine *machine)
{
    struct watcher *watcher = machine->watcher;
    g_autoptr(GError) error = NULL;
    if (watcher && !watcher->thread && !begin(watcher, &error)) {
        g_printerr("el4: %s\n", error->message);
        el4_machine_stop(machine, EL4_EXIT_INTERNAL);
    }
}

void el4_machine_watch_no_more(struct el4_machine *machine)
{
    struct watcher *watcher = machine->watcher;
    if (watcher->thread) {
        uint64_t one = 1;
        ssize_t written = write(watcher->done_fd, &one, sizeof(one));
        g_assert(written == (ssize_t)sizeof(one));
        g_thread_join(watcher->thread);
    }
    watcher_free(watcher);
    machine->watcher = NULL;
}

enum el4_exit el4_machine_run_watched(struct el4_machine *machine,
                                      const struct el4_machine_watch *watch, GError **error)
{
    if (!el4_machine_watch(machine, watch, error)) {
        return EL4_EXIT_INTERNAL;
    }
    if (watch->machine_seconds > 0) {
        set_limit(machine, watch->machine_seconds);
    }
    enum el4_exit status = el4_machine_run(machine, error);
    drop_limit(machine);
    el4_machine_watch_no_more(machine);
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
