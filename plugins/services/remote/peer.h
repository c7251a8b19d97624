/* SPDX-License-Identifier: MIT */
/*
 * The connection to the program that answers: lines out, lines in, never longer than to a
 * deadline. Times are the host's: a machine with a virtual clock stands still meanwhile.
 */
#ifndef EL4_REMOTE_PEER_H
#define EL4_REMOTE_PEER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct peer;

/* The longest path of a socket, without its NUL. */
size_t peer_path_max(void);

struct peer *peer_new(const char *path);
void peer_free(struct peer *peer);

bool peer_is_connected(const struct peer *peer);
/* False at once, with the reason, if nobody listens. */
bool peer_connect(struct peer *peer, GError **error);
void peer_disconnect(struct peer *peer);

/* Now in nanoseconds, for deadlines. */
int64_t peer_now(void);

/* Both disconnect when they fail, but for a receive that only took too long: then *timed_out
 * is true and the rest of the line may come later. */
bool peer_send(struct peer *peer, const char *line, int64_t deadline, GError **error);
/* The next line without its newline, valid until the next receive. */
const char *peer_receive(struct peer *peer, int64_t deadline, size_t *length, bool *timed_out,
                         GError **error);

#endif
