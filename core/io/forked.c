/* SPDX-License-Identifier: MIT */
/*
 * One machine goes on in several processes: what of the loop they can't share (io.h).
 */
#include "io/io.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "io/private.h"

char *el4_io_fork_problem(struct el4_io *io)
{
    char *problem = NULL;
    el4_io_lock(io);
    for (guint i = 0; i < io->streams->len && !problem; i++) {
        const struct el4_io_stream *stream = g_ptr_array_index(io->streams, i);
        if (stream->kind != STREAM_NULL && stream->kind != STREAM_TERMINAL) {
            problem = g_strdup_printf("a device is connected to '%s'", stream->spec);
        } else if (stream->is_tty) {
            problem = g_strdup("a terminal is connected");
        }
    }
    if (!problem && io->sources->len) {
        problem = g_strdup("something of the host's (a network, the debugger) is connected");
    }
    el4_io_unlock(io);
    return problem;
}

void el4_io_forked(struct el4_io *io)
{
    el4_io_lock(io);
    if (io->kick_fd >= 0) {
        close(io->kick_fd);
        io->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
    atomic_store(&io->kicked, false);
    for (guint i = 0; i < io->streams->len; i++) {
        struct el4_io_stream *stream = g_ptr_array_index(io->streams, i);
        if (stream->kind == STREAM_TERMINAL) {
            el4_io_terminal_forked(stream);
        }
    }
    el4_io_unlock(io);
}
