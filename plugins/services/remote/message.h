/* SPDX-License-Identifier: MIT */
/*
 * The lines of the protocol (README.md): JSON objects, one a line. Numbers that may have 64
 * bits travel as text, since JSON's readers differ in what they make of large ones.
 */
#ifndef EL4_REMOTE_MESSAGE_H
#define EL4_REMOTE_MESSAGE_H

#include <el4/service.h>
#include <glib.h>

#define MESSAGE_PROTOCOL  1
#define MESSAGE_BYTES_MAX 65536u /* of guest memory in one line */

enum message_kind { MESSAGE_ANSWER, MESSAGE_READ, MESSAGE_WRITE };

/* What the peer said. */
struct message {
    enum message_kind kind;
    uint64_t call; /* ANSWER: the number of the call */
    enum el4_verdict verdict;
    uint64_t results[18];
    uint32_t result_mask;
    uint64_t address; /* READ, WRITE */
    bool secure;
    size_t bytes; /* READ: how many; WRITE: in data */
    uint8_t data[MESSAGE_BYTES_MAX];
};

/* Lines, each with its newline; free with g_free. */
char *message_hello(unsigned cpus);
char *message_call(uint64_t number, const struct el4_call *call);
/* What a READ found; data NULL: not all of it is memory. */
char *message_data(const uint8_t *data, size_t bytes);
char *message_written(bool is_memory);

/* Understand a line of the peer's. False with the reason. */
bool message_parse(const char *line, size_t length, struct message *message, GError **error);

#endif
