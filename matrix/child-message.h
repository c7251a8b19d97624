/* SPDX-License-Identifier: MIT */
/*
 * What the runner and a machine that cells are forked from say on the socket between them
 * (SOCK_SEQPACKET), and what the kernel adds to it: files, or who said it.
 */
#ifndef EL4_MATRIX_CHILD_MESSAGE_H
#define EL4_MATRIX_CHILD_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum el4_matrix_child_word {
    EL4_MATRIX_CHILD_READY,   /* from it: the point is reached */
    EL4_MATRIX_CHILD_REFUSED, /* from it: it can't be shared; `text` says why, and it ends */
    EL4_MATRIX_CHILD_FORK,    /* to it: cell `number`, with its console and result as files */
    EL4_MATRIX_CHILD_FORKED,  /* from the cell's process: here it is; or from it, with an errno
                               */
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

#endif
