/* SPDX-License-Identifier: MIT */
/*
 * The lock, time and timers. Timers that are set stand in a sequence ordered by deadline and
 * then by creation, so that the same run fires them in the same order on every host.
 */
#include "io/io.h"

#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "io/private.h"

struct el4_io_timer {
    struct el4_io *io;
    void (*expired)(void *opaque, uint64_t now_ns);
    void *opaque;
    uint64_t at_ns;
    uint64_t number;      /* in the order of creation */
    uint64_t fired_round; /* el4_io.timer_rounds when it last fired */
    GSequenceIter *place; /* NULL: not set */
};

static uint64_t host_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct el4_io *el4_io_new(bool virtual_clock)
{
    struct el4_io *io = g_new0(struct el4_io, 1);
    pthread_mutex_init(&io->lock, NULL);
    io->virtual_clock = virtual_clock;
    io->start_ns = host_ns();
    io->timers = g_sequence_new(NULL);
    io->next_deadline = UINT64_MAX;
    io->wakes_at = UINT64_MAX;
    io->sources = g_array_new(FALSE, TRUE, sizeof(struct source));
    io->streams = g_ptr_array_new();
    io->fds = g_array_new(FALSE, TRUE, sizeof(struct pollfd));
    /* Without it (-1) only the thread cannot be: el4_io_start() says so. */
    io->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return io;
}

void el4_io_set_look_only(struct el4_io *io)
{
    io->look_only = true;
}

void el4_io_free(struct el4_io *io)
{
    if (!io) {
        return;
    }
    el4_io_stop(io);
    el4_io_flush(io);
    for (guint i = 0; i < io->streams->len; i++) {
        el4_io_stream_free(g_ptr_array_index(io->streams, i));
    }
    g_ptr_array_unref(io->streams);
    g_array_unref(io->sources);
    g_array_unref(io->fds);
    g_sequence_free(io->timers);
    if (io->kick_fd >= 0) {
        close(io->kick_fd);
    }
    pthread_mutex_destroy(&io->lock);
    g_free(io);
}

void el4_io_lock(struct el4_io *io)
{
    pthread_mutex_lock(&io->lock);
}

bool el4_io_try_lock(struct el4_io *io)
{
    return pthread_mutex_trylock(&io->lock) == 0;
}

void el4_io_unlock(struct el4_io *io)
{
    pthread_mutex_unlock(&io->lock);
}

uint64_t el4_io_now(const struct el4_io *io)
{
    return io->virtual_clock ? atomic_load(&io->virtual_ns) : host_ns() - io->start_ns;
}

void el4_io_set_time(struct el4_io *io, uint64_t now_ns)
{
    if (io->virtual_clock && now_ns > atomic_load(&io->virtual_ns)) {
        atomic_store(&io->virtual_ns, now_ns);
    }
}

static int compare_timers(const void *left, const void *right, void *data)
{
    const struct el4_io_timer *a = left, *b = right;
    if (a->at_ns != b->at_ns) {
        return a->at_ns < b->at_ns ? -1 : 1;
    }
    return a->number < b->number ? -1 : a->number > b->number;
}

static struct el4_io_timer *first_timer(struct el4_io *io)
{
    GSequenceIter *first = g_sequence_get_begin_iter(io->timers);
    return g_sequence_iter_is_end(first) ? NULL : g_sequence_get(first);
}

static void update_deadline(struct el4_io *io)
{
    const struct el4_io_timer *first = first_timer(io);
    atomic_store(&io->next_deadline, first ? first->at_ns : UINT64_MAX);
}

struct el4_io_timer *el4_io_timer_new(struct el4_io *io,
                                      void (*expired)(void *opaque, uint64_t now_ns),
                                      void *opaque)
{
    struct el4_io_timer *timer = g_new0(struct el4_io_timer, 1);
    timer->io = io;
    timer->expired = expired;
    timer->opaque = opaque;
    timer->number = io->timers_made++;
    return timer;
}

void el4_io_timer_free(struct el4_io_timer *timer)
{
    if (timer) {
        el4_io_timer_cancel(timer);
        g_free(timer);
    }
}

void el4_io_timer_set(struct el4_io_timer *timer, uint64_t at_ns)
{
    struct el4_io *io = timer->io;
    if (timer->place && timer->at_ns == at_ns) {
        return;
    }
    if (timer->place) {
        g_sequence_remove(timer->place);
    }
    timer->at_ns = at_ns;
    timer->place = g_sequence_insert_sorted(io->timers, timer, compare_timers, NULL);
    update_deadline(io);
    if (!io->virtual_clock && at_ns < io->wakes_at) {
        el4_io_kick(io);
    }
}

void el4_io_timer_cancel(struct el4_io_timer *timer)
{
    if (timer->place) {
        g_sequence_remove(timer->place);
        timer->place = NULL;
        update_deadline(timer->io);
    }
}

bool el4_io_timer_is_alone(const struct el4_io_timer *timer)
{
    return timer->place && g_sequence_get_length(timer->io->timers) == 1;
}

uint64_t el4_io_next_deadline(struct el4_io *io)
{
    return atomic_load(&io->next_deadline);
}

/*
 * The next that is due and has not fired in this round: one that sets itself to a time that is
 * over already must not keep the others, and the caller, waiting for ever.
 */
static struct el4_io_timer *due_timer(struct el4_io *io, uint64_t now_ns)
{
    GSequenceIter *place = g_sequence_get_begin_iter(io->timers);
    for (; !g_sequence_iter_is_end(place); place = g_sequence_iter_next(place)) {
        struct el4_io_timer *timer = g_sequence_get(place);
        if (timer->at_ns > now_ns) {
            return NULL;
        }
        if (timer->fired_round != io->timer_rounds) {
            return timer;
        }
    }
    return NULL;
}

void el4_io_run_timers(struct el4_io *io)
{
    uint64_t now_ns = el4_io_now(io);
    if (atomic_load(&io->next_deadline) > now_ns) {
        return;
    }
    io->timer_rounds++;
    struct el4_io_timer *timer;
    while ((timer = due_timer(io, now_ns))) {
        timer->fired_round = io->timer_rounds;
        el4_io_timer_cancel(timer);
        timer->expired(timer->opaque, now_ns);
    }
}

void el4_io_set_tap(struct el4_io *io, const struct el4_io_tap *tap, void *opaque)
{
    el4_io_lock(io);
    io->tap = *tap;
    io->tap_opaque = opaque;
    el4_io_unlock(io);
}

void el4_io_set_quit(struct el4_io *io, void (*quit)(void *opaque), void *opaque)
{
    el4_io_lock(io);
    io->quit = quit;
    io->quit_opaque = opaque;
    el4_io_unlock(io);
}
