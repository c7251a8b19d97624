/* SPDX-License-Identifier: MIT */
/*
 * Character streams: two buffers, and descriptors that only the poll loop reads and writes. A
 * writer therefore never waits, and many small writes become one.
 */
#include "io/io.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io/private.h"

/* At exit the other side has this long to take what is left. */
#define FLUSH_NS 1000000000

static void set_open_error(GError **error, const char *spec, int number)
{
    g_set_error(error, EL4_IO_ERROR, 0, "cannot open '%s': %s", spec, g_strerror(number));
}

int el4_io_check_writable(const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0) {
        return S_ISDIR(status.st_mode) ? EISDIR : access(path, W_OK) ? errno : 0;
    }
    if (errno != ENOENT) {
        return errno;
    }
    g_autofree char *folder = g_path_get_dirname(path);
    return access(folder, W_OK | X_OK) ? errno : 0;
}

static bool open_file(struct el4_io_stream *stream, const char *path, GError **error)
{
    if (stream->io->look_only) {
        int problem = el4_io_check_writable(path);
        if (problem) {
            set_open_error(error, stream->spec, problem);
        }
        return !problem;
    }
    /* Non-blocking is for FIFOs: without it, opening one waits for a reader. */
    stream->out_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0666);
    if (stream->out_fd < 0) {
        set_open_error(error, stream->spec, errno);
        return false;
    }
    return true;
}

static bool open_pty(struct el4_io_stream *stream, GError **error)
{
    if (stream->io->look_only) {
        return true;
    }
    struct termios raw = {0};
    cfmakeraw(&raw);
    raw.c_cflag |= CREAD;
    char name[64];
    int master = -1;
    if (openpty(&master, &stream->slave_fd, name, &raw, NULL)) {
        set_open_error(error, stream->spec, errno);
        return false;
    }
    fcntl(master, F_SETFD, FD_CLOEXEC);
    fcntl(stream->slave_fd, F_SETFD, FD_CLOEXEC);
    fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_NONBLOCK);
    stream->in_fd = stream->out_fd = master;
    fprintf(stderr, "el4: a console is on %s\n", name);
    return true;
}

static bool open_spec(struct el4_io_stream *stream, GError **error)
{
    const char *spec = stream->spec;
    if (strcmp(spec, "null") == 0) {
        return true;
    }
    if (strcmp(spec, "terminal") == 0) {
        stream->kind = STREAM_TERMINAL;
        return el4_io_terminal_open(stream, error);
    }
    if (strcmp(spec, "pty") == 0) {
        stream->kind = STREAM_PTY;
        return open_pty(stream, error);
    }
    if (g_str_has_prefix(spec, "file:") && spec[5]) {
        stream->kind = STREAM_FILE;
        return open_file(stream, spec + 5, error);
    }
    if (g_str_has_prefix(spec, "socket:") && spec[7]) {
        stream->kind = STREAM_LISTENER;
        return el4_io_unix_open(stream, spec + 7, error);
    }
    if (g_str_has_prefix(spec, "tcp:")) {
        stream->kind = STREAM_LISTENER;
        return el4_io_tcp_open(stream, spec + 4, error);
    }
    g_set_error(error, EL4_IO_ERROR, 0,
                "'%s' is not a stream: it may be 'terminal', 'null', 'pty', 'file:PATH', "
                "'socket:PATH' or 'tcp:HOST:PORT'",
                spec);
    return false;
}

struct el4_io_stream *el4_io_stream_open(struct el4_io *io, const char *spec,
                                         void (*event)(void *opaque,
                                                       enum el4_io_stream_event event),
                                         void *opaque, GError **error)
{
    struct el4_io_stream *stream = g_new0(struct el4_io_stream, 1);
    stream->io = io;
    stream->kind = STREAM_NULL;
    stream->spec = g_strdup(spec);
    stream->event = event;
    stream->opaque = opaque;
    stream->in_fd = stream->out_fd = stream->listen_fd = stream->slave_fd = -1;
    stream->poll_in = stream->poll_out = -1;
    stream->input = g_byte_array_new();
    stream->output = g_byte_array_new();
    if (!open_spec(stream, error)) {
        el4_io_stream_free(stream);
        return NULL;
    }
    g_ptr_array_add(io->streams, stream);
    el4_io_kick(io);
    return stream;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

/* Both directions; stdin and stdout are not ours to close (terminal.c opens them anew). */
static void close_sides(struct el4_io_stream *stream)
{
    if (stream->out_fd == stream->in_fd) {
        stream->out_fd = -1;
    }
    close_fd(&stream->in_fd);
    close_fd(&stream->out_fd);
}

void el4_io_stream_free(struct el4_io_stream *stream)
{
    el4_io_terminal_restore(stream);
    close_sides(stream);
    close_fd(&stream->listen_fd);
    close_fd(&stream->slave_fd);
    if (stream->unlink_path) {
        unlink(stream->unlink_path);
    }
    g_free(stream->unlink_path);
    g_free(stream->spec);
    g_byte_array_unref(stream->input);
    g_byte_array_unref(stream->output);
    g_free(stream);
}

static void send_event(struct el4_io_stream *stream, enum el4_io_stream_event event)
{
    if (stream->event) {
        stream->event(stream->opaque, event);
    }
}

static void warn_once(struct el4_io_stream *stream, const char *what)
{
    if (!stream->warned) {
        stream->warned = true;
        g_log("el4", G_LOG_LEVEL_WARNING, "io: %s: %s", stream->spec, what);
    }
}

static void show_tap(const struct el4_io_stream *stream, const void *data, size_t bytes)
{
    struct el4_io *io = stream->io;
    if (stream->kind != STREAM_TERMINAL || !io->tap.output || !bytes) {
        return;
    }
    io->tap.output(io->tap_opaque, data, bytes);
    if (!io->tap_has_news) {
        io->tap_has_news = true;
        el4_io_kick(io);
    }
}

size_t el4_io_stream_write(struct el4_io_stream *stream, const void *data, size_t bytes)
{
    show_tap(stream, data, bytes);
    if (stream->out_fd < 0 || bytes == 0) {
        return bytes; /* nobody is there: as on a line without a plug */
    }
    size_t room = OUTPUT_BYTES_MAX - MIN(stream->output->len, OUTPUT_BYTES_MAX);
    size_t taken = MIN(bytes, room);
    if (taken < bytes) {
        warn_once(stream, "the other side does not read; output is dropped");
    }
    if (taken > 0) {
        bool was_empty = stream->output->len == 0;
        g_byte_array_append(stream->output, data, (guint)taken);
        if (was_empty) {
            el4_io_kick(stream->io);
        }
    }
    return bytes;
}

size_t el4_io_stream_read(struct el4_io_stream *stream, void *data, size_t bytes)
{
    size_t taken = MIN(bytes, stream->input->len);
    if (taken > 0) {
        bool was_full = stream->input->len >= INPUT_BYTES_MAX;
        memcpy(data, stream->input->data, taken);
        g_byte_array_remove_range(stream->input, 0, (guint)taken);
        if (was_full) {
            el4_io_kick(stream->io);
        }
    }
    return taken;
}

bool el4_io_type(struct el4_io *io, const void *data, size_t bytes)
{
    for (guint i = 0; i < io->streams->len; i++) {
        struct el4_io_stream *stream = g_ptr_array_index(io->streams, i);
        if (stream->kind == STREAM_TERMINAL) {
            g_byte_array_append(stream->input, data, (guint)bytes);
            if (bytes) {
                send_event(stream, EL4_IO_READABLE);
            }
            return true;
        }
    }
    return false;
}

/* ---- the loop's side ---- */

static int add_fd(GArray *fds, int fd, short events)
{
    struct pollfd entry = {.fd = fd, .events = events};
    g_array_append_val(fds, entry);
    return (int)fds->len - 1;
}

void el4_io_stream_fill(struct el4_io_stream *stream, GArray *fds)
{
    stream->poll_in = stream->poll_out = -1;
    /* A terminal is read even if the guest is not: there may be a Ctrl-A for us. */
    bool wants_input = stream->is_tty || stream->input->len < INPUT_BYTES_MAX;
    if (stream->in_fd >= 0 && wants_input) {
        stream->poll_in = add_fd(fds, stream->in_fd, POLLIN);
    } else if (stream->kind == STREAM_LISTENER && stream->in_fd < 0) {
        stream->poll_in = add_fd(fds, stream->listen_fd, POLLIN);
    }
    if (stream->out_fd >= 0 && stream->output->len > 0) {
        stream->poll_out = add_fd(fds, stream->out_fd, POLLOUT);
    }
}

/* What poll() said of a descriptor of ours, unless it was closed in the meantime. */
static short revents_of(const GArray *fds, int place, int fd)
{
    if (place < 0) {
        return 0;
    }
    const struct pollfd *entry = &g_array_index(fds, struct pollfd, place);
    return entry->fd == fd ? entry->revents : 0;
}

static void hang_up(struct el4_io_stream *stream)
{
    if (stream->kind == STREAM_LISTENER) {
        close_sides(stream);
        g_byte_array_set_size(stream->output, 0);
    } else {
        close_fd(&stream->in_fd); /* the end of stdin: output goes on */
    }
    send_event(stream, EL4_IO_CLOSED);
}

static void read_input(struct el4_io_stream *stream)
{
    uint8_t buffer[INPUT_BYTES_MAX];
    size_t room = INPUT_BYTES_MAX - MIN(stream->input->len, INPUT_BYTES_MAX);
    ssize_t bytes = read(stream->in_fd, buffer, stream->is_tty ? sizeof(buffer) : room);
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (bytes <= 0) {
        hang_up(stream);
        return;
    }
    size_t before = stream->input->len;
    if (stream->is_tty) {
        el4_io_terminal_keys(stream, buffer, (size_t)bytes);
    } else {
        g_byte_array_append(stream->input, buffer, (guint)bytes);
    }
    if (stream->input->len > before) {
        send_event(stream, EL4_IO_READABLE);
    }
}

/*
 * write(), but a pipe that nobody reads is an error and not a signal; the signal's disposition
 * is the program's business.
 */
static ssize_t write_quietly(int fd, const void *data, size_t bytes)
{
    sigset_t pipe_signal, pending, old;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &old);
    ssize_t written = write(fd, data, bytes);
    int error = errno;
    if (written < 0 && error == EPIPE && !was_pending) {
        static const struct timespec no_wait;
        sigtimedwait(&pipe_signal, NULL, &no_wait);
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = error;
    return written;
}

static void write_output(struct el4_io_stream *stream)
{
    if (stream->out_fd < 0 || stream->output->len == 0) {
        return;
    }
    ssize_t bytes = write_quietly(stream->out_fd, stream->output->data, stream->output->len);
    if (bytes >= 0) {
        g_byte_array_remove_range(stream->output, 0, (guint)bytes);
        return;
    }
    if (errno == EAGAIN || errno == EINTR) {
        return;
    }
    if (stream->kind == STREAM_LISTENER) {
        hang_up(stream);
        return;
    }
    g_autofree char *what = g_strdup_printf("%s; no more output", g_strerror(errno));
    warn_once(stream, what);
    g_byte_array_set_size(stream->output, 0);
    if (stream->kind != STREAM_PTY) {
        close_fd(&stream->out_fd);
    }
}

void el4_io_stream_ready(struct el4_io_stream *stream, const GArray *fds)
{
    int place = stream->poll_in;
    if (stream->kind == STREAM_LISTENER && revents_of(fds, place, stream->listen_fd)) {
        el4_io_listener_accept(stream);
    } else if (revents_of(fds, place, stream->in_fd)) {
        read_input(stream);
    }
    if (revents_of(fds, stream->poll_out, stream->out_fd)) {
        write_output(stream);
    }
}

static uint64_t host_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Write what goes without waiting; true, and whom to wait for, if something is left. Locked. */
static bool flush_some(struct el4_io *io, GArray *fds)
{
    g_array_set_size(fds, 0);
    for (guint i = 0; i < io->streams->len; i++) {
        struct el4_io_stream *stream = g_ptr_array_index(io->streams, i);
        write_output(stream);
        if (stream->out_fd >= 0 && stream->output->len > 0) {
            add_fd(fds, stream->out_fd, POLLOUT);
        }
    }
    return fds->len > 0;
}

void el4_io_flush(struct el4_io *io)
{
    uint64_t end_ns = host_ns() + FLUSH_NS;
    GArray *fds = g_array_new(FALSE, FALSE, sizeof(struct pollfd));
    el4_io_lock(io);
    while (flush_some(io, fds) && host_ns() < end_ns) {
        el4_io_unlock(io);
        poll((struct pollfd *)(void *)fds->data, fds->len, 20);
        el4_io_lock(io);
    }
    for (guint i = 0; i < io->streams->len; i++) {
        el4_io_terminal_restore(g_ptr_array_index(io->streams, i));
    }
    el4_io_unlock(io);
    g_array_unref(fds);
}
