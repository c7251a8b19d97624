/* SPDX-License-Identifier: MIT */
/*
 * Messages with additions (child-message.h).
 */
#include "child-message.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/socket.h>

/* Two files, or the kernel's word for who sent it. */
#define ADDITION_MAX sizeof(struct ucred)

union control {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(ADDITION_MAX)];
};

/* With room for just so much, so that the kernel drops what nobody wants: files, say. */
static struct msghdr header_of(struct iovec *part, union control *control, size_t size)
{
    g_assert(size <= ADDITION_MAX);
    return (struct msghdr){.msg_iov = part,
                           .msg_iovlen = 1,
                           .msg_control = control->bytes,
                           .msg_controllen = CMSG_SPACE(size)};
}

bool el4_matrix_child_send(int fd, const struct el4_matrix_child_message *message, int type,
                           const void *addition, size_t size)
{
    union control control = {0};
    struct iovec part = {.iov_base = (void *)message, .iov_len = sizeof(*message)};
    struct msghdr head = header_of(&part, &control, size);
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = type;
    control.head.cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(&control.head), addition, size);
    return sendmsg(fd, &head, MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
}

bool el4_matrix_child_send_bytes(int fd, const void *bytes, size_t size)
{
    const char *rest = bytes;
    while (size) {
        ssize_t sent = send(fd, rest, size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) {
            return false;
        }
        if (sent > 0) {
            rest += sent;
            size -= (size_t)sent;
        }
    }
    return true;
}

bool el4_matrix_child_receive_bytes(int fd, void *bytes, size_t size)
{
    char *rest = bytes;
    while (size) {
        ssize_t got = recv(fd, rest, size, MSG_WAITALL);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        if (got > 0) {
            rest += got;
            size -= (size_t)got;
        }
    }
    return true;
}

int el4_matrix_child_receive(int fd, struct el4_matrix_child_message *message, int flags,
                             int type, void *addition, size_t size)
{
    union control control = {0};
    struct iovec part = {.iov_base = message, .iov_len = sizeof(*message)};
    struct msghdr head = header_of(&part, &control, size);
    ssize_t got;
    while ((got = recvmsg(fd, &head, flags | MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
    }
    if (got != (ssize_t)sizeof(*message)) {
        return -1;
    }
    message->text[sizeof(message->text) - 1] = '\0';
    const struct cmsghdr *added = CMSG_FIRSTHDR(&head);
    if (!added || added->cmsg_type != type) {
        return 0;
    }
    size_t bytes = MIN(added->cmsg_len - CMSG_LEN(0), size);
    memcpy(addition, CMSG_DATA(added), bytes);
    return (int)bytes;
}
