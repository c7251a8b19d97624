/* SPDX-License-Identifier: MIT */
/*
 * Time, timers, the poll loop and character streams, with a virtual clock where the order of
 * things is tested and with the thread where threads are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <pty.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "io/io.h"

#define MS 1000000u

/* ---- timers ---- */

struct log_entry {
    GString *log;
    const char *name;
    struct el4_io_timer *timer;
    uint64_t again_ns; /* set itself to this time when it fires; 0: no */
    struct el4_io_timer *victim;
};

static void note(void *opaque, uint64_t now_ns)
{
    struct log_entry *entry = opaque;
    g_string_append_printf(entry->log, "%s@%u ", entry->name, (unsigned)now_ns);
    if (entry->again_ns) {
        el4_io_timer_set(entry->timer, entry->again_ns);
    }
    if (entry->victim) {
        el4_io_timer_cancel(entry->victim);
    }
}

static struct el4_io_timer *new_timer(struct el4_io *io, struct log_entry *entry)
{
    entry->timer = el4_io_timer_new(io, note, entry);
    return entry->timer;
}

static void test_timer_order(void **state)
{
    struct el4_io *io = el4_io_new(true);
    GString *log = g_string_new(NULL);
    struct log_entry a = {log, "a"}, b = {log, "b"}, c = {log, "c"}, d = {log, "d"};
    el4_io_lock(io);
    new_timer(io, &a), new_timer(io, &b), new_timer(io, &c), new_timer(io, &d);
    assert_true(el4_io_next_deadline(io) == UINT64_MAX);
    el4_io_timer_set(d.timer, 50);
    el4_io_timer_set(c.timer, 10);
    el4_io_timer_set(b.timer, 10); /* made before c, set after it */
    el4_io_timer_set(a.timer, 99);
    el4_io_timer_set(a.timer, 20);
    assert_int_equal(el4_io_next_deadline(io), 10);
    el4_io_run_timers(io);
    assert_string_equal(log->str, "");
    el4_io_set_time(io, 30);
    el4_io_set_time(io, 7); /* never back */
    assert_int_equal(el4_io_now(io), 30);
    el4_io_run_timers(io);
    assert_string_equal(log->str, "b@30 c@30 a@30 ");
    assert_int_equal(el4_io_next_deadline(io), 50);
    el4_io_timer_cancel(d.timer);
    el4_io_timer_cancel(d.timer);
    assert_true(el4_io_next_deadline(io) == UINT64_MAX);
    el4_io_set_time(io, 100);
    el4_io_run_timers(io);
    assert_string_equal(log->str, "b@30 c@30 a@30 ");
    for (struct log_entry *const *e = (struct log_entry *[]){&a, &b, &c, &d, NULL}; *e; e++) {
        el4_io_timer_free((*e)->timer);
    }
    el4_io_unlock(io);
    g_string_free(log, TRUE);
    el4_io_free(io);
}

/* A timer that sets itself into the past fires once a call, and takes no other's turn. */
static void test_timer_again(void **state)
{
    struct el4_io *io = el4_io_new(true);
    GString *log = g_string_new(NULL);
    struct log_entry a = {log, "a", .again_ns = 1}, b = {log, "b"}, c = {log, "c"};
    el4_io_lock(io);
    new_timer(io, &a), new_timer(io, &b), new_timer(io, &c);
    b.victim = c.timer;
    el4_io_timer_set(a.timer, 5);
    el4_io_timer_set(b.timer, 6);
    el4_io_timer_set(c.timer, 7);
    el4_io_set_time(io, 10);
    el4_io_run_timers(io);
    assert_string_equal(log->str, "a@10 b@10 ");
    assert_int_equal(el4_io_next_deadline(io), 1);
    el4_io_run_timers(io);
    assert_string_equal(log->str, "a@10 b@10 a@10 ");
    el4_io_timer_free(a.timer);
    el4_io_timer_free(b.timer);
    el4_io_timer_free(c.timer);
    el4_io_unlock(io);
    g_string_free(log, TRUE);
    el4_io_free(io);
}

struct ping {
    struct el4_io *io;
    struct el4_io_timer *timer;
    atomic_uint count;
    _Atomic uint64_t last_ns;
};

static void ping_expired(void *opaque, uint64_t now_ns)
{
    struct ping *ping = opaque;
    atomic_store(&ping->last_ns, now_ns);
    if (atomic_fetch_add(&ping->count, 1) < 4) {
        el4_io_timer_set(ping->timer, now_ns + MS);
    }
}

static void wait_until(atomic_uint *count, unsigned wanted)
{
    for (int i = 0; i < 5000 && atomic_load(count) < wanted; i++) {
        g_usleep(1000);
    }
    assert_true(atomic_load(count) >= wanted);
}

static void test_thread_timers(void **state)
{
    struct el4_io *io = el4_io_new(false);
    struct ping ping = {.io = io};
    assert_true(el4_io_start(io, NULL));
    g_usleep(5000); /* the thread sleeps with no deadline: it must be woken */
    el4_io_lock(io);
    ping.timer = el4_io_timer_new(io, ping_expired, &ping);
    uint64_t first = el4_io_now(io) + 2 * MS;
    el4_io_timer_set(ping.timer, first);
    el4_io_unlock(io);
    wait_until(&ping.count, 5);
    assert_true(atomic_load(&ping.last_ns) >= first + 4 * MS);
    /* A far deadline, then a nearer one. */
    el4_io_lock(io);
    el4_io_timer_set(ping.timer, el4_io_now(io) + 3600000ull * MS);
    el4_io_unlock(io);
    g_usleep(5000);
    el4_io_lock(io);
    el4_io_timer_set(ping.timer, el4_io_now(io) + MS);
    el4_io_unlock(io);
    wait_until(&ping.count, 6);
    el4_io_stop(io);
    el4_io_timer_free(ping.timer);
    el4_io_free(io);
}

static void *set_and_cancel(void *data)
{
    struct ping *ping = data;
    for (int i = 0; i < 300; i++) {
        el4_io_lock(ping->io);
        el4_io_timer_set(ping->timer, el4_io_now(ping->io) + (uint64_t)(i % 3) * 10000u);
        el4_io_unlock(ping->io);
        (void)el4_io_next_deadline(ping->io);
        el4_io_kick(ping->io);
    }
    return NULL;
}

static void test_many_threads(void **state)
{
    struct el4_io *io = el4_io_new(false);
    struct ping pings[3] = {{.io = io}, {.io = io}, {.io = io}};
    GThread *threads[3];
    assert_true(el4_io_start(io, NULL));
    for (int i = 0; i < 3; i++) {
        pings[i].timer = el4_io_timer_new(io, ping_expired, &pings[i]);
    }
    for (int i = 0; i < 3; i++) {
        threads[i] = g_thread_new("setter", set_and_cancel, &pings[i]);
    }
    for (int i = 0; i < 3; i++) {
        g_thread_join(threads[i]);
        wait_until(&pings[i].count, 1);
    }
    el4_io_stop(io);
    for (int i = 0; i < 3; i++) {
        el4_io_timer_free(pings[i].timer);
    }
    el4_io_free(io);
}

/* ---- sources ---- */

struct pipe_source {
    int fd;
    unsigned filled, readies, bytes;
    unsigned copies; /* so many descriptors: more than fit at first */
};

static size_t pipe_fill(void *opaque, struct pollfd *fds, size_t capacity, int64_t *timeout_ns)
{
    struct pipe_source *source = opaque;
    size_t count = MIN(source->copies, capacity);
    source->filled++;
    for (size_t i = 0; i < count; i++) {
        fds[i] = (struct pollfd){.fd = source->fd, .events = POLLIN};
    }
    *timeout_ns = MIN(*timeout_ns, (int64_t)(20 * MS));
    return count;
}

static void pipe_ready(void *opaque, struct pollfd *fds, size_t count)
{
    struct pipe_source *source = opaque;
    assert_int_equal(count, source->copies);
    source->readies++;
    char byte;
    if (count && (fds[count - 1].revents & POLLIN) && read(source->fd, &byte, 1) == 1) {
        source->bytes++;
    }
}

static void test_sources(void **state)
{
    static const struct el4_io_source_ops ops = {.fill = pipe_fill, .ready = pipe_ready};
    struct el4_io *io = el4_io_new(true);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct pipe_source few = {.fd = ends[0], .copies = 1};
    struct pipe_source many = {.fd = ends[0], .copies = 300};
    struct pipe_source none = {.fd = ends[0], .copies = 0};
    el4_io_lock(io);
    assert_true(el4_io_add_source(io, &ops, &none));
    assert_true(el4_io_add_source(io, &ops, &few));
    assert_true(el4_io_add_source(io, &ops, &many));
    el4_io_unlock(io);
    el4_io_poll(io, 0);
    assert_int_equal(few.readies, 1);
    assert_int_equal(few.bytes, 0);
    assert_int_equal(write(ends[1], "ab", 2), 2);
    el4_io_poll(io, UINT64_MAX);
    assert_int_equal(few.bytes, 1);
    assert_int_equal(many.bytes, 1);
    assert_int_equal(none.readies, 2);
    /* The source's time-out ends a wait for ever. */
    el4_io_poll(io, UINT64_MAX);
    assert_int_equal(few.bytes, 1);
    el4_io_free(io);
    close(ends[0]);
    close(ends[1]);
}

/* ---- streams ---- */

struct events {
    unsigned readable, closed, breaks;
};

static void count_event(void *opaque, enum el4_io_stream_event event)
{
    struct events *events = opaque;
    switch (event) {
    case EL4_IO_READABLE: events->readable++; break;
    case EL4_IO_CLOSED: events->closed++; break;
    case EL4_IO_BREAK: events->breaks++; break;
    }
}

static struct el4_io_stream *open_stream(struct el4_io *io, const char *spec,
                                         struct events *events)
{
    g_autoptr(GError) error = NULL;
    el4_io_lock(io);
    struct el4_io_stream *stream =
        el4_io_stream_open(io, spec, events ? count_event : NULL, events, &error);
    el4_io_unlock(io);
    assert_string_equal(error ? error->message : "", "");
    return stream;
}

static void assert_open_fails(struct el4_io *io, const char *spec, const char *message)
{
    g_autoptr(GError) error = NULL;
    el4_io_lock(io);
    assert_null(el4_io_stream_open(io, spec, NULL, NULL, &error));
    el4_io_unlock(io);
    assert_string_equal(error->message, message);
}

static void write_text(struct el4_io *io, struct el4_io_stream *stream, const char *text)
{
    el4_io_lock(io);
    assert_int_equal(el4_io_stream_write(stream, text, strlen(text)), strlen(text));
    el4_io_unlock(io);
}

/* What the stream has for the guest now; valid until the next call. */
static const char *read_text(struct el4_io *io, struct el4_io_stream *stream, char *buffer,
                             size_t bytes)
{
    el4_io_lock(io);
    size_t length = el4_io_stream_read(stream, buffer, bytes - 1);
    el4_io_unlock(io);
    buffer[length] = '\0';
    return buffer;
}

static void poll_some(struct el4_io *io)
{
    for (int i = 0; i < 5; i++) {
        el4_io_poll(io, 2 * MS);
    }
}

static void test_specs(void **state)
{
    struct el4_io *io = el4_io_new(true);
    const char *wanted = " is not a stream: it may be 'terminal', 'null', 'pty', 'file:PATH', "
                         "'socket:PATH' or 'tcp:HOST:PORT'";
    static const char *const bad[] = {"", "stdio", "file:", "socket:", "null:", "File:/x"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *message = g_strdup_printf("'%s'%s", bad[i], wanted);
        assert_open_fails(io, bad[i], message);
    }
    assert_open_fails(io, "file:/nowhere/x",
                      "cannot open 'file:/nowhere/x': No such file or directory");
    assert_open_fails(io, "tcp:localhost",
                      "cannot listen on 'tcp:localhost': it should be tcp:HOST:PORT, with a "
                      "port of 1 to 65535");
    assert_open_fails(
        io, "tcp:localhost:99999",
        "cannot listen on 'tcp:localhost:99999': it should be tcp:HOST:PORT, with "
        "a port of 1 to 65535");
    assert_open_fails(io, "socket:/nowhere/x",
                      "cannot listen on 'socket:/nowhere/x': No such file or directory");
    g_autofree char *path = g_strnfill(200, 'x');
    g_autofree char *spec = g_strconcat("socket:", path, NULL);
    g_autofree char *message = g_strdup_printf(
        "cannot listen on '%s': the path of a socket may have 107 bytes at most", spec);
    assert_open_fails(io, spec, message);

    struct el4_io_stream *null = open_stream(io, "null", NULL);
    write_text(io, null, "nobody sees this");
    char buffer[8];
    assert_string_equal(read_text(io, null, buffer, sizeof(buffer)), "");
    el4_io_free(io);
}

static void test_file(void **state)
{
    g_autofree char *folder = g_dir_make_tmp("el4-io-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "out", NULL);
    g_autofree char *spec = g_strconcat("file:", path, NULL);
    assert_true(g_file_set_contents(path, "what was there before", -1, NULL));
    struct el4_io *io = el4_io_new(true);
    struct el4_io_stream *stream = open_stream(io, spec, NULL);
    write_text(io, stream, "one ");
    poll_some(io);
    write_text(io, stream, "two");
    el4_io_free(io); /* writes what is left */
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_string_equal(text, "one two");
    g_unlink(path);
    g_rmdir(folder);
}

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void test_socket(void **state)
{
    g_autofree char *folder = g_dir_make_tmp("el4-io-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "sock", NULL);
    g_autofree char *spec = g_strconcat("socket:", path, NULL);
    struct el4_io *io = el4_io_new(true);
    struct events events = {0};
    struct el4_io_stream *stream = open_stream(io, spec, &events);
    char buffer[64];
    write_text(io, stream, "before anybody is there");

    int first = connect_unix(path), second = connect_unix(path);
    assert_int_equal(write(first, "hello", 5), 5);
    assert_int_equal(write(second, "later", 5), 5);
    poll_some(io);
    assert_int_equal(events.readable, 1);
    assert_string_equal(read_text(io, stream, buffer, 4), "hel");
    assert_string_equal(read_text(io, stream, buffer, sizeof(buffer)), "lo");
    write_text(io, stream, "to the first");
    poll_some(io);
    assert_int_equal(read(first, buffer, sizeof(buffer)), 12);
    assert_memory_equal(buffer, "to the first", 12);

    /* The next one is served when the first is gone. */
    close(first);
    poll_some(io);
    assert_int_equal(events.closed, 1);
    assert_int_equal(events.readable, 2);
    assert_string_equal(read_text(io, stream, buffer, sizeof(buffer)), "later");
    write_text(io, stream, "x");
    close(second);
    poll_some(io);
    assert_int_equal(events.closed, 2);
    write_text(io, stream, "dropped");
    poll_some(io);

    /* Somebody listens: refused. Nobody does any more: the left-over is replaced. */
    g_autofree char *message =
        g_strdup_printf("cannot listen on '%s': Address already in use", spec);
    assert_open_fails(io, spec, message);
    el4_io_free(io);
    assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    int stale = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    assert_int_equal(bind(stale, (struct sockaddr *)&address, sizeof(address)), 0);
    close(stale);
    io = el4_io_new(true);
    open_stream(io, spec, NULL);
    el4_io_free(io);
    g_rmdir(folder);
}

/* A port that was free a moment ago. */
static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void test_tcp(void **state)
{
    int port = free_port();
    g_autofree char *spec = g_strdup_printf("tcp:127.0.0.1:%d", port);
    struct el4_io *io = el4_io_new(true);
    struct events events = {0};
    struct el4_io_stream *stream = open_stream(io, spec, &events);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)port)};
    int client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(write(client, "ping", 4), 4);
    poll_some(io);
    char buffer[64];
    assert_string_equal(read_text(io, stream, buffer, sizeof(buffer)), "ping");
    write_text(io, stream, "pong");
    poll_some(io);
    assert_int_equal(read(client, buffer, sizeof(buffer)), 4);
    close(client);
    el4_io_free(io);
}

static unsigned warnings;

static void count_warning(const char *domain, GLogLevelFlags level, const char *message,
                          void *data)
{
    assert_non_null(strstr(message, "output is dropped"));
    warnings++;
}

/* A client that does not read: the guest goes on, and what is too much is dropped. */
static void test_slow_client(void **state)
{
    g_autofree char *folder = g_dir_make_tmp("el4-io-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "sock", NULL);
    g_autofree char *spec = g_strconcat("socket:", path, NULL);
    struct el4_io *io = el4_io_new(true);
    struct el4_io_stream *stream = open_stream(io, spec, NULL);
    int client = connect_unix(path);
    poll_some(io);
    guint handler = g_log_set_handler("el4", G_LOG_LEVEL_WARNING, count_warning, NULL);
    warnings = 0;
    g_autofree char *chunk = g_malloc0(100000);
    for (int i = 0; i < 40; i++) {
        el4_io_lock(io);
        assert_int_equal(el4_io_stream_write(stream, chunk, 100000), 100000);
        el4_io_unlock(io);
        el4_io_poll(io, 0);
    }
    assert_int_equal(warnings, 1);
    g_log_remove_handler("el4", handler);

    size_t total = 0;
    for (ssize_t bytes = 1; bytes > 0;) {
        el4_io_poll(io, 0);
        bytes = recv(client, chunk, 100000, MSG_DONTWAIT);
        total += bytes > 0 ? (size_t)bytes : 0;
    }
    assert_true(total >= 1u << 20 && total < 4000000);
    close(client);
    el4_io_free(io);
    g_rmdir(folder);
}

/* More input than the stream holds: the other side waits, and nothing is lost. */
static void test_slow_guest(void **state)
{
    g_autofree char *folder = g_dir_make_tmp("el4-io-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "sock", NULL);
    g_autofree char *spec = g_strconcat("socket:", path, NULL);
    struct el4_io *io = el4_io_new(true);
    struct events events = {0};
    struct el4_io_stream *stream = open_stream(io, spec, &events);
    int client = connect_unix(path);
    uint8_t sent[20000], got[20000];
    for (size_t i = 0; i < sizeof(sent); i++) {
        sent[i] = (uint8_t)(i * 7 + i / 256);
    }
    assert_int_equal(write(client, sent, sizeof(sent)), sizeof(sent));
    size_t total = 0;
    for (int i = 0; i < 2000 && total < sizeof(got); i++) {
        el4_io_poll(io, 0);
        el4_io_lock(io);
        total += el4_io_stream_read(stream, got + total, MIN(33u, sizeof(got) - total));
        el4_io_unlock(io);
    }
    assert_int_equal(total, sizeof(sent));
    assert_memory_equal(sent, got, sizeof(sent));
    close(client);
    el4_io_free(io);
    g_rmdir(folder);
}

/* Run a test's part with stderr in a file, and return what was written there. */
static char *with_stderr(struct el4_io *io, const char *spec, struct el4_io_stream **stream)
{
    fflush(stderr);
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    *stream = open_stream(io, spec, NULL);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    char text[200] = "";
    size_t bytes = fread(text, 1, sizeof(text) - 1, file);
    text[bytes] = '\0';
    fclose(file);
    return g_strdup(text);
}

static void test_pty(void **state)
{
    struct el4_io *io = el4_io_new(true);
    struct el4_io_stream *stream = NULL;
    g_autofree char *text = with_stderr(io, "pty", &stream);
    assert_true(g_str_has_prefix(text, "el4: a console is on /dev/pts/"));
    g_autofree char *name = g_strstrip(g_strdup(strchr(text, '/')));
    char buffer[64];
    for (int i = 0; i < 2; i++) { /* it may be closed and opened again */
        int fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, "key\r", 4), 4);
        poll_some(io);
        assert_string_equal(read_text(io, stream, buffer, sizeof(buffer)), "key\r");
        write_text(io, stream, "out\n");
        poll_some(io);
        assert_int_equal(read(fd, buffer, sizeof(buffer)), 4);
        assert_memory_equal(buffer, "out\n", 4);
        close(fd);
    }
    el4_io_free(io);
}

/* ---- the terminal, in a child whose stdin and stdout are what the test wants ---- */

static void quit_count(void *opaque)
{
    atomic_fetch_add((atomic_uint *)opaque, 1);
}

/* Echoes what it reads in brackets; ends with a status that tells of the events. */
static int terminal_child(void)
{
    struct el4_io *io = el4_io_new(false);
    struct events events = {0};
    atomic_uint quits = 0;
    el4_io_set_quit(io, quit_count, &quits);
    struct el4_io_stream *stream = open_stream(io, "terminal", &events);
    assert_open_fails(io, "terminal",
                      "there is one terminal, and another device has it: use 'pty', "
                      "'file:PATH' or 'socket:PATH' here");
    write_text(io, stream, "ready\n");
    assert_true(el4_io_start(io, NULL));
    bool done = false;
    for (int i = 0; i < 5000 && !done; i++) {
        char buffer[64];
        g_usleep(1000);
        el4_io_lock(io);
        size_t bytes = el4_io_stream_read(stream, buffer, sizeof(buffer));
        if (bytes) {
            el4_io_stream_write(stream, "[", 1);
            el4_io_stream_write(stream, buffer, bytes);
            el4_io_stream_write(stream, "]", 1);
        }
        done = events.closed || atomic_load(&quits);
        el4_io_unlock(io);
    }
    el4_io_stop(io);
    el4_io_flush(io);
    el4_io_free(io);
    return (int)(events.closed + 2 * atomic_load(&quits) + 4 * events.breaks);
}

static int finish_child(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Read until `wanted` has come; false if the other side ends first. */
static bool expect(int fd, GString *seen, const char *wanted)
{
    while (!strstr(seen->str, wanted)) {
        struct pollfd entry = {.fd = fd, .events = POLLIN};
        char buffer[256];
        ssize_t bytes = poll(&entry, 1, 5000) == 1 ? read(fd, buffer, sizeof(buffer)) : 0;
        if (bytes <= 0) {
            return false;
        }
        g_string_append_len(seen, buffer, bytes);
    }
    return true;
}

static void test_terminal_tty(void **state)
{
    int master = -1;
    struct termios before, during, after;
    pid_t child = forkpty(&master, NULL, NULL, NULL);
    if (child == 0) {
        _exit(terminal_child());
    }
    assert_true(child > 0);
    /* The line may be changed before it is looked at here, so what it was is this one's. */
    int other = -1, slave = -1;
    assert_int_equal(openpty(&other, &slave, NULL, NULL, NULL), 0);
    tcgetattr(slave, &before);
    GString *seen = g_string_new(NULL);
    assert_true(expect(master, seen, "ready\r\n"));
    tcgetattr(master, &during);
    assert_false(during.c_lflag & (ICANON | ECHO | ISIG));
    assert_int_equal(write(master, "\x03ls\r", 4), 4); /* Ctrl-C is a key like others */
    assert_true(expect(master, seen, "[\x03ls\r]"));
    assert_int_equal(write(master, "\x01h", 2), 2);
    assert_true(expect(master, seen, "quit el4"));
    assert_int_equal(write(master,
                           "\x01"
                           "a\x01"
                           "b",
                           4),
                     4);
    assert_true(expect(master, seen, "[\x01]"));
    assert_int_equal(write(master, "\x01", 1), 1);
    assert_int_equal(write(master, "x", 1), 1);
    assert_int_equal(finish_child(child), 2 + 4);
    tcgetattr(master, &after);
    assert_int_equal(after.c_lflag, before.c_lflag);
    assert_int_equal(after.c_iflag, before.c_iflag);
    g_string_free(seen, TRUE);
    close(master);
    close(other);
    close(slave);
}

/* A terminal that does not control the session is ours to read all the same. */
static void test_terminal_of_nobody(void **state)
{
    int master = -1, slave = -1;
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    pid_t child = fork();
    if (child == 0) {
        setsid();
        dup2(slave, STDIN_FILENO);
        dup2(slave, STDOUT_FILENO);
        _exit(terminal_child());
    }
    GString *seen = g_string_new(NULL);
    assert_true(expect(master, seen, "ready\r\n"));
    assert_int_equal(write(master, "ls\r", 3), 3);
    assert_true(expect(master, seen, "[ls\r]"));
    assert_int_equal(write(master, "\x01x", 2), 2);
    assert_int_equal(finish_child(child), 2);
    g_string_free(seen, TRUE);
    close(master);
    close(slave);
}

static void test_terminal_pipe(void **state)
{
    int in[2], out[2];
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[0]), close(in[1]), close(out[0]), close(out[1]);
        int status = terminal_child();
        /* Nobody else's descriptor has become non-blocking. */
        bool leaks =
            (fcntl(STDIN_FILENO, F_GETFL) | fcntl(STDOUT_FILENO, F_GETFL)) & O_NONBLOCK;
        _exit(leaks ? 99 : status);
    }
    close(in[0]);
    close(out[1]);
    GString *seen = g_string_new(NULL);
    assert_true(expect(out[0], seen, "ready\n"));
    assert_int_equal(write(in[1], "a\x01x", 3), 3); /* no escapes without a terminal */
    assert_true(expect(out[0], seen, "[a\x01x]"));
    close(in[1]); /* the end of stdin is an event, no more */
    assert_int_equal(finish_child(child), 1);
    g_string_free(seen, TRUE);
    close(out[0]);
}

/* stdout goes away: no SIGPIPE, and the guest does not notice. */
static void test_terminal_broken_pipe(void **state)
{
    int in[2], out[2];
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGPIPE, SIG_DFL);
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        close(in[0]), close(in[1]), close(out[0]), close(out[1]);
        _exit(terminal_child());
    }
    close(in[0]);
    close(out[1]);
    GString *seen = g_string_new(NULL);
    assert_true(expect(out[0], seen, "ready\n"));
    close(out[0]);
    assert_int_equal(write(in[1], "key", 3), 3);
    g_usleep(20000);
    close(in[1]);
    assert_int_equal(finish_child(child), 1);
    g_string_free(seen, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timer_order),   cmocka_unit_test(test_timer_again),
        cmocka_unit_test(test_thread_timers), cmocka_unit_test(test_many_threads),
        cmocka_unit_test(test_sources),       cmocka_unit_test(test_specs),
        cmocka_unit_test(test_file),          cmocka_unit_test(test_socket),
        cmocka_unit_test(test_tcp),           cmocka_unit_test(test_slow_client),
        cmocka_unit_test(test_slow_guest),    cmocka_unit_test(test_pty),
        cmocka_unit_test(test_terminal_tty),  cmocka_unit_test(test_terminal_of_nobody),
        cmocka_unit_test(test_terminal_pipe), cmocka_unit_test(test_terminal_broken_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
