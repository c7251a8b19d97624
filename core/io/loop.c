/* SPDX-License-Identifier: MIT */
/*
 * The poll loop: what streams and sources wait for is collected under the lock, waited for
 * without it, and seen to under it again. Streams and sources are only ever added, so an index
 * that was good before the wait is good after it.
 */
#include "io/io.h"

#include <string.h>
#include <unistd.h>

#include "io/private.h"

/* Room for a source's descriptors that grows, as a source does not say how many it has. */
#define SOURCE_FDS_FIRST 64u
#define SOURCE_FDS_MAX   16384u

bool el4_io_add_source(struct el4_io *io, const struct el4_io_source_ops *ops, void *opaque)
{
    struct source source = {.ops = *ops, .opaque = opaque};
    if (!ops->fill || !ops->ready) {
        return false;
    }
    g_array_append_val(io->sources, source);
    el4_io_kick(io);
    return true;
}

void el4_io_kick(struct el4_io *io)
{
    /* The poller drains the descriptor, then clears the flag, then looks: nothing is lost. */
    if (io->kick_fd >= 0 && !atomic_exchange(&io->kicked, true)) {
        uint64_t one = 1;
        ssize_t written = write(io->kick_fd, &one, sizeof(one));
        g_assert(written == (ssize_t)sizeof(one));
    }
}

static void drain_kicks(struct el4_io *io)
{
    uint64_t count;
    if (read(io->kick_fd, &count, sizeof(count)) > 0) {
        atomic_store(&io->kicked, false);
    }
}

static void fill_source(struct source *source, GArray *fds, int64_t *timeout_ns)
{
    source->first = fds->len;
    size_t room = SOURCE_FDS_FIRST;
    for (;;) {
        g_array_set_size(fds, (guint)(source->first + room));
        struct pollfd *first = &g_array_index(fds, struct pollfd, source->first);
        memset(first, 0, room * sizeof(*first));
        source->count = source->ops.fill(source->opaque, first, room, timeout_ns);
        if (source->count < room || room >= SOURCE_FDS_MAX) {
            break;
        }
        room *= 2;
    }
    source->count = MIN(source->count, room);
    g_array_set_size(fds, (guint)(source->first + source->count));
}

/* Collect all descriptors; returns how long to wait at most. Locked. */
static int64_t fill(struct el4_io *io, int64_t timeout_ns)
{
    struct pollfd kick = {.fd = io->kick_fd, .events = POLLIN};
    g_array_set_size(io->fds, 0);
    g_array_append_val(io->fds, kick);
    for (guint i = 0; i < io->streams->len; i++) {
        el4_io_stream_fill(g_ptr_array_index(io->streams, i), io->fds);
    }
    for (guint i = 0; i < io->sources->len; i++) {
        fill_source(&g_array_index(io->sources, struct source, i), io->fds, &timeout_ns);
    }
    return timeout_ns;
}

/* See to the first `streams` and `sources`, which took part in this round. Locked. */
static void dispatch(struct el4_io *io, guint streams, guint sources)
{
    for (guint i = 0; i < streams; i++) {
        el4_io_stream_ready(g_ptr_array_index(io->streams, i), io->fds);
    }
    for (guint i = 0; i < sources; i++) {
        /* By value: the call-back may add a source, and the array may move. */
        struct source source = g_array_index(io->sources, struct source, i);
        struct pollfd *first = &g_array_index(io->fds, struct pollfd, 0) + source.first;
        source.ops.ready(source.opaque, first, source.count);
    }
}

static int64_t until(uint64_t deadline_ns, uint64_t now_ns)
{
    if (deadline_ns == UINT64_MAX) {
        return INT64_MAX;
    }
    uint64_t wait_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    return (int64_t)MIN(wait_ns, (uint64_t)INT64_MAX);
}

void el4_io_round(struct el4_io *io, uint64_t timeout_ns, bool timers)
{
    el4_io_lock(io);
    int64_t wait_ns = until(timeout_ns, 0);
    if (timers) {
        el4_io_run_timers(io);
        uint64_t deadline_ns = el4_io_next_deadline(io);
        wait_ns = MIN(wait_ns, until(deadline_ns, el4_io_now(io)));
        io->wakes_at = deadline_ns;
    }
    wait_ns = MAX(fill(io, wait_ns), 0);
    guint streams = io->streams->len, sources = io->sources->len;
    el4_io_unlock(io);

    struct timespec wait = {.tv_sec = wait_ns / 1000000000, .tv_nsec = wait_ns % 1000000000};
    struct pollfd *fds = &g_array_index(io->fds, struct pollfd, 0);
    if (ppoll(fds, io->fds->len, wait_ns == INT64_MAX ? NULL : &wait, NULL) < 0) {
        /* Interrupted, or out of memory: as if the time were over. */
        for (guint i = 0; i < io->fds->len; i++) {
            fds[i].revents = 0;
        }
    }
    drain_kicks(io);

    el4_io_lock(io);
    if (timers) {
        /* From here to the next round's look at the timers nobody needs to wake the thread. */
        io->wakes_at = 0;
    }
    dispatch(io, streams, sources);
    void (*quit)(void *opaque) = io->quit_wanted ? io->quit : NULL;
    void *quit_opaque = io->quit_opaque;
    io->quit_wanted = false;
    void (*look)(void *opaque) = io->tap_has_news ? io->tap.look : NULL;
    io->tap_has_news = false;
    el4_io_unlock(io);
    if (look) {
        look(io->tap_opaque);
    }
    if (quit) {
        quit(quit_opaque);
    }
}

bool el4_io_has_input(struct el4_io *io)
{
    el4_io_lock(io);
    /* Who looks at the output may type. */
    bool has_input = io->sources->len > 0 || io->tap_has_news;
    for (guint i = 0; i < io->streams->len && !has_input; i++) {
        const struct el4_io_stream *stream = g_ptr_array_index(io->streams, i);
        has_input = stream->in_fd >= 0 || stream->kind == STREAM_LISTENER;
    }
    el4_io_unlock(io);
    return has_input;
}

void el4_io_poll(struct el4_io *io, uint64_t timeout_ns)
{
    el4_io_round(io, timeout_ns, false);
}

static void *run(void *data)
{
    struct el4_io *io = data;
    while (!atomic_load(&io->stopping)) {
        el4_io_round(io, UINT64_MAX, true);
    }
    return NULL;
}

bool el4_io_start(struct el4_io *io, GError **error)
{
    g_assert(!io->virtual_clock && !io->thread);
    if (io->kick_fd < 0) {
        g_set_error(error, EL4_IO_ERROR, 0,
                    "the I/O thread cannot be woken, as there was no eventfd: too many open "
                    "files?");
        return false;
    }
    atomic_store(&io->stopping, false);
    io->thread = g_thread_try_new("el4-io", run, io, error);
    return io->thread != NULL;
}

void el4_io_stop(struct el4_io *io)
{
    if (io->thread) {
        atomic_store(&io->stopping, true);
        el4_io_kick(io);
        g_thread_join(io->thread);
        io->thread = NULL;
    }
}
