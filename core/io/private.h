/* SPDX-License-Identifier: MIT */
/*
 * The inside of core/io. Everything is under the device lock but for what is said to be atomic,
 * the poller's own (there is one poller at a time: the thread, or whoever calls el4_io_poll()),
 * or set before any thread runs.
 *
 * The lock is a pthread mutex and not a GMutex, as ThreadSanitizer cannot see the latter.
 */
#ifndef EL4_IO_PRIVATE_H
#define EL4_IO_PRIVATE_H

#include "io/io.h"

#include <pthread.h>
#include <stdatomic.h>
#include <termios.h>

/* What a stream holds for a guest that reads slowly; then the other side has to wait. */
#define INPUT_BYTES_MAX 4096u
/* The same of a terminal, which is read in any case: what is pasted beyond that is lost. */
#define KEYS_MAX (64u << 10)
/* What it holds for the other side; then output is dropped. */
#define OUTPUT_BYTES_MAX (1u << 20)

struct source {
    struct el4_io_source_ops ops;
    void *opaque;
    size_t first, count; /* its descriptors in this round; the poller's own */
};

struct el4_io {
    pthread_mutex_t lock;
    bool virtual_clock;
    bool look_only;
    uint64_t start_ns;              /* of the host's monotonic clock */
    _Atomic uint64_t virtual_ns;    /* virtual clock: now */
    GSequence *timers;              /* those that are set, in the order in which they fire */
    uint64_t timers_made;           /* so far: their creation order */
    uint64_t timer_rounds;          /* calls of el4_io_run_timers() */
    _Atomic uint64_t next_deadline; /* of the first timer */
    uint64_t wakes_at;              /* when the thread looks at the timers again by itself */

    GArray *sources;    /* struct source */
    GPtrArray *streams; /* struct el4_io_stream * */
    int kick_fd;
    atomic_bool kicked; /* kick_fd has been written since the poller last drained it */
    atomic_bool stopping;
    GThread *thread;
    GArray *fds; /* struct pollfd; the poller's own */

    struct el4_io_tap tap;
    void *tap_opaque;
    bool tap_has_news; /* output that was not looked at yet */

    bool has_terminal;
    bool quit_wanted;
    void (*quit)(void *opaque);
    void *quit_opaque;
};

enum stream_kind { STREAM_NULL, STREAM_FILE, STREAM_PTY, STREAM_TERMINAL, STREAM_LISTENER };

struct el4_io_stream {
    struct el4_io *io;
    enum stream_kind kind;
    char *spec; /* as given, for messages */
    void (*event)(void *opaque, enum el4_io_stream_event event);
    void *opaque;

    int in_fd, out_fd; /* -1: none now; the same one for sockets and ptys */
    int listen_fd;     /* of a LISTENER */
    int slave_fd;      /* of a PTY: held open, so that its master never hangs up */
    char *unlink_path; /* of a Unix socket */
    GByteArray *input, *output;
    bool warned; /* that output was dropped or failed */

    /* TERMINAL */
    bool is_tty;  /* stdin is one, and ours: raw mode and escapes */
    bool is_raw;  /* it must be restored */
    bool escaped; /* the last key was Ctrl-A */
    struct termios saved;

    /* In this round's descriptors, -1: none; the poller's own. */
    int poll_in, poll_out;
};

/* ---- loop.c ---- */
/* One round: wait until the time given (UINT64_MAX: for ever), see to descriptors. Not locked.
 */
void el4_io_round(struct el4_io *io, uint64_t timeout_ns, bool timers);

/* ---- stream.c; all locked ---- */
/* Add what the stream waits for. */
void el4_io_stream_fill(struct el4_io_stream *stream, GArray *fds);
/* See to what came of it. */
void el4_io_stream_ready(struct el4_io_stream *stream, const GArray *fds);
void el4_io_stream_free(struct el4_io_stream *stream);

/* ---- terminal.c ---- */
bool el4_io_terminal_open(struct el4_io_stream *stream, GError **error);
/* Of a process that was forked: output goes to what is standard output now. */
void el4_io_terminal_forked(struct el4_io_stream *stream);
void el4_io_terminal_restore(struct el4_io_stream *stream);
/* Keys that were typed: what is for the guest goes into the stream's input. */
void el4_io_terminal_keys(struct el4_io_stream *stream, const uint8_t *keys, size_t count);

/* ---- listener.c ---- */
bool el4_io_unix_open(struct el4_io_stream *stream, const char *path, GError **error);
bool el4_io_tcp_open(struct el4_io_stream *stream, const char *address, GError **error);
void el4_io_listener_accept(struct el4_io_stream *stream);

#endif
