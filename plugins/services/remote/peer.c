/* SPDX-License-Identifier: MIT */
/*
 * A Unix stream socket with lines on it. Nothing here blocks but poll(), and that only up to
 * the deadline.
 */
#include "peer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PROBLEM g_quark_from_static_string("el4-remote")
/* Somewhat more than the longest line that has a meaning. */
#define LINE_MAX_BYTES (256u << 10)

struct peer {
    struct sockaddr_un address;
    int fd;
    GByteArray *received;
    size_t consumed; /* of received: the line that was given out */
};

size_t peer_path_max(void)
{
    return sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
}

struct peer *peer_new(const char *path)
{
    struct peer *peer = g_new0(struct peer, 1);
    peer->address.sun_family = AF_UNIX;
    g_strlcpy(peer->address.sun_path, path, sizeof(peer->address.sun_path));
    peer->fd = -1;
    peer->received = g_byte_array_new();
    return peer;
}

void peer_free(struct peer *peer)
{
    peer_disconnect(peer);
    g_byte_array_unref(peer->received);
    g_free(peer);
}

bool peer_is_connected(const struct peer *peer)
{
    return peer->fd >= 0;
}

void peer_disconnect(struct peer *peer)
{
    if (peer->fd >= 0) {
        close(peer->fd);
    }
    peer->fd = -1;
    peer->consumed = 0;
    g_byte_array_set_size(peer->received, 0);
}

bool peer_connect(struct peer *peer, GError **error)
{
    peer->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (peer->fd >= 0 && connect(peer->fd, (const struct sockaddr *)&peer->address,
                                 sizeof(peer->address)) == 0) {
        return true;
    }
    g_set_error(error, PROBLEM, 0, "nobody answers at %s: %s", peer->address.sun_path,
                g_strerror(errno));
    peer_disconnect(peer);
    return false;
}

int64_t peer_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* False when the deadline has passed. */
static bool wait_for(const struct peer *peer, short events, int64_t deadline)
{
    for (;;) {
        int64_t left = MAX(deadline - peer_now(), 0);
        const struct timespec timeout = {left / 1000000000, left % 1000000000};
        struct pollfd fd = {.fd = peer->fd, .events = events};
        int count = ppoll(&fd, 1, &timeout, NULL);
        if (count > 0) {
            return true;
        }
        if (count == 0 || errno != EINTR) {
            return false;
        }
    }
}

static void fail(struct peer *peer, const char *what, GError **error)
{
    g_set_error(error, PROBLEM, 0, "%s", what);
    peer_disconnect(peer);
}

bool peer_send(struct peer *peer, const char *line, int64_t deadline, GError **error)
{
    size_t left = strlen(line);
    while (left) {
        ssize_t sent = send(peer->fd, line, left, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            line += sent;
            left -= (size_t)sent;
        } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
            fail(peer, g_strerror(errno), error);
            return false;
        } else if (!wait_for(peer, POLLOUT, deadline)) {
            fail(peer, "the peer does not read what it is sent", error);
            return false;
        }
    }
    return true;
}

const char *peer_receive(struct peer *peer, int64_t deadline, size_t *length, bool *timed_out,
                         GError **error)
{
    *timed_out = false;
    g_byte_array_remove_range(peer->received, 0, (guint)peer->consumed);
    peer->consumed = 0;
    size_t searched = 0;
    for (;;) {
        const uint8_t *start = peer->received->data;
        const uint8_t *end =
            peer->received->len > searched
                ? memchr(start + searched, '\n', peer->received->len - searched)
                : NULL;
        if (end) {
            *length = (size_t)(end - start);
            peer->consumed = *length + 1;
            return (const char *)start;
        }
        searched = peer->received->len;
        if (searched > LINE_MAX_BYTES) {
            fail(peer, "the peer sent a line of over 256 KiB", error);
            return NULL;
        }
        uint8_t bytes[4096];
        ssize_t count = recv(peer->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (count > 0) {
            g_byte_array_append(peer->received, bytes, (guint)count);
        } else if (count == 0) {
            fail(peer, "the peer closed the connection", error);
            return NULL;
        } else if (errno != EAGAIN && errno != EINTR) {
            fail(peer, g_strerror(errno), error);
            return NULL;
        } else if (!wait_for(peer, POLLIN, deadline)) {
            *timed_out = true;
            g_set_error(error, PROBLEM, 0, "the peer took too long");
            return NULL;
        }
    }
}
