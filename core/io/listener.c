/* SPDX-License-Identifier: MIT */
/*
 * The streams "socket:PATH" and "tcp:HOST:PORT": they listen, and have one client at a time;
 * the next is accepted when that one is gone.
 */
#include "io/io.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/private.h"

static bool listen_error(struct el4_io_stream *stream, const char *reason, GError **error)
{
    g_set_error(error, EL4_IO_ERROR, 0, "cannot listen on '%s': %s", stream->spec, reason);
    return false;
}

/* True if the path is a socket that nobody listens on any more: a crashed el4 left it. */
static bool is_stale(const struct sockaddr_un *address)
{
    struct stat status;
    if (lstat(address->sun_path, &status) || !S_ISSOCK(status.st_mode)) {
        return false;
    }
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool stale = probe >= 0 &&
                 connect(probe, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
                 errno == ECONNREFUSED;
    if (probe >= 0) {
        close(probe);
    }
    return stale;
}

bool el4_io_unix_open(struct el4_io_stream *stream, const char *path, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path)) {
        g_autofree char *reason = g_strdup_printf(
            "the path of a socket may have %zu bytes at most", sizeof(address.sun_path) - 1);
        return listen_error(stream, reason, error);
    }
    if (stream->io->look_only) {
        return true;
    }
    memcpy(address.sun_path, path, strlen(path));
    if (is_stale(&address)) {
        unlink(path);
    }
    stream->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (stream->listen_fd < 0 ||
        bind(stream->listen_fd, (const struct sockaddr *)&address, sizeof(address))) {
        return listen_error(stream, g_strerror(errno), error);
    }
    stream->unlink_path = g_strdup(path);
    if (listen(stream->listen_fd, 1)) {
        return listen_error(stream, g_strerror(errno), error);
    }
    return true;
}

/* Try one of the addresses that a name has; errno says why not. */
static bool listen_on(struct el4_io_stream *stream, const struct addrinfo *address)
{
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    address->ai_protocol);
    if (fd < 0) {
        return false;
    }
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, address->ai_addr, address->ai_addrlen) || listen(fd, 1)) {
        int number = errno;
        close(fd);
        errno = number;
        return false;
    }
    stream->listen_fd = fd;
    return true;
}

bool el4_io_tcp_open(struct el4_io_stream *stream, const char *address, GError **error)
{
    const char *colon = strrchr(address, ':');
    uint64_t port = 0;
    if (!colon || !g_ascii_string_to_unsigned(colon + 1, 10, 1, UINT16_MAX, &port, NULL)) {
        return listen_error(stream, "it should be tcp:HOST:PORT, with a port of 1 to 65535",
                            error);
    }
    /* An IPv6 address stands in brackets; without a host only this one may connect. */
    g_autofree char *host = g_strndup(address, (size_t)(colon - address));
    size_t length = strlen(host);
    if (length >= 2 && host[0] == '[' && host[length - 1] == ']') {
        host[length - 1] = '\0';
        memmove(host, host + 1, length - 1);
    }
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC};
    struct addrinfo *found = NULL;
    int status = getaddrinfo(*host ? host : "127.0.0.1", colon + 1, &hints, &found);
    if (status) {
        return listen_error(stream, gai_strerror(status), error);
    }
    bool listening = stream->io->look_only;
    for (const struct addrinfo *try = found; try && !listening; try = try->ai_next) {
        listening = listen_on(stream, try);
    }
    int number = errno;
    freeaddrinfo(found);
    return listening || listen_error(stream, g_strerror(number), error);
}

void el4_io_listener_accept(struct el4_io_stream *stream)
{
    int client = accept4(stream->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) {
        return; /* it went away again */
    }
    /* Keys should not wait for each other; no harm on a Unix socket, where it fails. */
    int one = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    stream->in_fd = stream->out_fd = client;
}
