/* SPDX-License-Identifier: MIT */
/*
 * The machine's link to time and to the host: clock and timers, the poll loop, character
 * streams. Everything here runs under one lock, the machine's device lock, which struct el4_io
 * owns; "locked" below means the caller holds it.
 *
 * Two modes. Real clock: a thread of its own (el4_io_start) polls descriptors and fires timers
 * on time. Virtual clock: there is no thread; the machine moves time (el4_io_set_time) and
 * calls el4_io_poll() between quanta.
 */
#ifndef EL4_IO_IO_H
#define EL4_IO_IO_H

#include <glib.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EL4_IO_ERROR g_quark_from_static_string("el4-io")

struct el4_io;
struct el4_io_timer;
struct el4_io_stream;

struct el4_io *el4_io_new(bool virtual_clock);
/* From now on streams are only checked: opened they lead nowhere, and nothing comes of them. */
void el4_io_set_look_only(struct el4_io *io);
/* Stops the thread, closes streams, restores the terminal. Timers must have been freed. */
void el4_io_free(struct el4_io *io);

/* ---- the device lock; not recursive ---- */
void el4_io_lock(struct el4_io *io);
bool el4_io_try_lock(struct el4_io *io); /* true: locked */
void el4_io_unlock(struct el4_io *io);

/* ---- time: nanoseconds since the machine was made; any thread, no lock needed ---- */
uint64_t el4_io_now(const struct el4_io *io);
/* Virtual clock: move time forward (never back); fires nothing by itself. */
void el4_io_set_time(struct el4_io *io, uint64_t now_ns);

/* ---- timers: all locked but free-standing reads ---- */
struct el4_io_timer *el4_io_timer_new(struct el4_io *io,
                                      void (*expired)(void *opaque, uint64_t now_ns),
                                      void *opaque);
void el4_io_timer_free(struct el4_io_timer *timer);
void el4_io_timer_set(struct el4_io_timer *timer, uint64_t at_ns);
void el4_io_timer_cancel(struct el4_io_timer *timer);
/* It is set, and no other timer is. */
bool el4_io_timer_is_alone(const struct el4_io_timer *timer);
/* Earliest deadline, UINT64_MAX if none is set. Any thread. */
uint64_t el4_io_next_deadline(struct el4_io *io);
/* Fire every timer that is due, in order of time, then of creation (deterministic), and each
 * once: one that sets itself to a time that is over waits for the next call. Locked. */
void el4_io_run_timers(struct el4_io *io);

/* ---- poll loop ---- */
/* fill: put descriptors into fds, lower *timeout_ns (INT64_MAX: none) if something is due
 * earlier, return how many there are; it is asked again with more room if `capacity` was
 * filled. ready: the same descriptors after poll(), revents set; also called after a time-out.
 */
struct el4_io_source_ops {
    size_t (*fill)(void *opaque, struct pollfd *fds, size_t capacity, int64_t *timeout_ns);
    void (*ready)(void *opaque, struct pollfd *fds, size_t count);
};
/* Locked. The source's functions are called with the lock held; ops are copied. */
bool el4_io_add_source(struct el4_io *io, const struct el4_io_source_ops *ops, void *opaque);
/* Make the loop ask the sources again. Any thread. */
void el4_io_kick(struct el4_io *io);
/* Real clock: start the thread. */
bool el4_io_start(struct el4_io *io, GError **error);
void el4_io_stop(struct el4_io *io);
/* One round without the thread: wait up to timeout_ns for descriptors, dispatch; fires no
 * timers. Not locked. */
void el4_io_poll(struct el4_io *io, uint64_t timeout_ns);

/* Whether anything could still come from the host: a stream that is not at its end, or a
 * source. Not locked. */
bool el4_io_has_input(struct el4_io *io);

/* ---- character streams; locked ---- */
enum el4_io_stream_event { EL4_IO_READABLE, EL4_IO_CLOSED, EL4_IO_BREAK };

/*
 * "terminal" (stdin and stdout; raw mode when a terminal, with the Ctrl-A escapes; at most
 * one), "null", "file:PATH" (for writing), "pty" (its name goes to stderr), "socket:PATH"
 * (Unix, listening), "tcp:HOST:PORT" (listening). Streams are closed by el4_io_free(). Output
 * goes out through the poll loop; while no client is there, or when 1 MiB waits, it is dropped.
 * event may be NULL.
 */
struct el4_io_stream *el4_io_stream_open(struct el4_io *io, const char *spec,
                                         void (*event)(void *opaque,
                                                       enum el4_io_stream_event event),
                                         void *opaque, GError **error);
size_t el4_io_stream_write(struct el4_io_stream *stream, const void *data, size_t bytes);
size_t el4_io_stream_read(struct el4_io_stream *stream, void *data, size_t bytes);

/*
 * What a program sees of, and types on, the stream "terminal" in the user's place. output: the
 * guest has written this; locked. look: there was output since the last look; not locked, from
 * the loop's thread, at the end of a round. With the virtual clock rounds come at points of the
 * machine's time that are the same in every run.
 */
struct el4_io_tap {
    void (*output)(void *opaque, const void *data, size_t bytes);
    void (*look)(void *opaque);
};
/* The tap is copied; before the machine runs. */
void el4_io_set_tap(struct el4_io *io, const struct el4_io_tap *tap, void *opaque);
/* As if these bytes came from standard input, all at once: the guest takes them as fast as its
 * device does. False if no stream is the terminal. Locked. */
bool el4_io_type(struct el4_io *io, const void *data, size_t bytes);

/*
 * Processes forked from this one in the middle of a run, between two rounds and without the
 * thread: why they can't each go on with the streams and sources, for the caller to free; NULL:
 * they can. And in such a process: leave its parent's files alone, take those of its own
 * standard output.
 */
char *el4_io_fork_problem(struct el4_io *io);
void el4_io_forked(struct el4_io *io);

/* Whether a file could be opened for writing, made if need be: 0 or an errno, without doing it.
 */
int el4_io_check_writable(const char *path);

/* What a Ctrl-A key of the terminal asks for: 'x' quit, 'h' help (printed), 'b' break (event),
 * 'a' sends Ctrl-A itself. quit is called without the lock, from the loop's thread. */
void el4_io_set_quit(struct el4_io *io, void (*quit)(void *opaque), void *opaque);
/* Write out what can be (at exit), bounded in time; then restore the terminal. */
void el4_io_flush(struct el4_io *io);

#endif
