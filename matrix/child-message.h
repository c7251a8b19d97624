/* SPDX-License-Identifier: MIT */
/*
 * What the runner and a process that cells are forked from say on the socket between them, and
 * what the kernel adds to it: files, or who said it. To the starter it is a stream
 * (SOCK_STREAM), to a shared machine one of messages (SOCK_SEQPACKET).
 */
#ifndef EL4_MATRIX_CHILD_MESSAGE_H
#define EL4_MATRIX_CHILD_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum el4_matrix_child_word {
    EL4_MATRIX_CHILD_READY,   /* from it: the point is reached */
    EL4_MATRIX_CHILD_REFUSED, /* from it: it can't be shared; `text` says why, and it ends */
    /* To it: its cell of that number, with its console and result as files. To the starter: the
     * cell that so many bytes behind it are. */
    EL4_MATRIX_CHILD_FORK,
    /* From the cell's process: here it is; or from it, with an errno. From the starter: the
     * process, or a negative errno. */
    EL4_MATRIX_CHILD_FORKED,
    /* From a cell's process to the starter: it had to load the plugin `text`, of kind `number`.
     */
    EL4_MATRIX_CHILD_LOADED,
};

struct el4_matrix_child_message {
    int32_t word, number;
    char text[248];
};

/*
 * Send it with `size` bytes of such an addition (SCM_RIGHTS, say), without waiting. False if
 * the other side is gone or takes no more.
 */
bool el4_matrix_child_send(int fd, const struct el4_matrix_child_message *message, int type,
                           const void *addition, size_t size);
/*
 * Receive one; `flags` as of recvmsg(). The number of bytes of an addition of that type, which
 * has room for `size`; 0 without it. -1: it was no whole message, there is none, or no more.
 */
int el4_matrix_child_receive(int fd, struct el4_matrix_child_message *message, int flags,
                             int type, void *addition, size_t size);

/* All of these bytes, on a stream; false if the other side is gone. */
bool el4_matrix_child_send_bytes(int fd, const void *bytes, size_t size);
bool el4_matrix_child_receive_bytes(int fd, void *bytes, size_t size);

#endif
