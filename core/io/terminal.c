/* SPDX-License-Identifier: MIT */
/*
 * The stream "terminal": stdin and stdout. If stdin is a terminal and we are not in its
 * background, every key goes to the guest, Ctrl-C, too, and Ctrl-A is the way out. If it is no
 * terminal, bytes pass as they are.
 *
 * Non-blocking mode belongs to an open file, which other processes (the user's shell) share.
 * So terminals and pipes are opened once more, for ourselves.
 */
#include "io/io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/private.h"

#define CTRL_A 0x01

static const char help_text[] = "\r\n"
                                "Ctrl-A X  quit el4\r\n"
                                "Ctrl-A B  send a break\r\n"
                                "Ctrl-A H  this help\r\n"
                                "Ctrl-A A  send Ctrl-A\r\n";

/* A descriptor of our own for the same file, non-blocking if that is possible. */
static int open_again(int fd, int flags)
{
    struct stat status;
    if (fstat(fd, &status) == 0 && (isatty(fd) || S_ISFIFO(status.st_mode))) {
        g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
        int again = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (again >= 0) {
            return again;
        }
    }
    return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static void make_raw(struct el4_io_stream *stream)
{
    if (tcgetattr(stream->in_fd, &stream->saved)) {
        return;
    }
    struct termios raw = stream->saved;
    cfmakeraw(&raw);
    /* Our own messages are lines, and go to the same terminal. */
    raw.c_oflag |= stream->saved.c_oflag & (OPOST | ONLCR);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    stream->is_raw = tcsetattr(stream->in_fd, TCSANOW, &raw) == 0;
}

/* A terminal that does not control our session (setsid, some containers) has no foreground. */
static bool is_in_background(void)
{
    pid_t foreground = tcgetpgrp(STDIN_FILENO);
    return foreground >= 0 && foreground != getpgrp();
}

bool el4_io_terminal_open(struct el4_io_stream *stream, GError **error)
{
    if (stream->io->has_terminal) {
        g_set_error(error, EL4_IO_ERROR, 0,
                    "there is one terminal, and another device has it: use 'pty', 'file:PATH' "
                    "or 'socket:PATH' here");
        return false;
    }
    stream->io->has_terminal = true;
    if (stream->io->look_only) {
        return true;
    }
    stream->out_fd = open_again(STDOUT_FILENO, O_WRONLY);
    if (!isatty(STDIN_FILENO)) {
        stream->in_fd = open_again(STDIN_FILENO, O_RDONLY);
    } else if (!is_in_background()) {
        stream->in_fd = open_again(STDIN_FILENO, O_RDONLY);
        stream->is_tty = stream->in_fd >= 0;
        make_raw(stream);
    }
    /* In the background a terminal must not be read, or the shell stops us. */
    return true;
}

void el4_io_terminal_forked(struct el4_io_stream *stream)
{
    if (stream->out_fd >= 0) {
        close(stream->out_fd);
        stream->out_fd = open_again(STDOUT_FILENO, O_WRONLY);
    }
}

void el4_io_terminal_restore(struct el4_io_stream *stream)
{
    if (stream->is_raw) {
        stream->is_raw = false;
        tcsetattr(STDIN_FILENO, TCSANOW, &stream->saved);
    }
}

static void take_key(struct el4_io_stream *stream, uint8_t key)
{
    if (stream->input->len < KEYS_MAX) {
        g_byte_array_append(stream->input, &key, 1);
    }
}

static void take_command(struct el4_io_stream *stream, uint8_t key)
{
    switch (key) {
    case 'x':
    case 'X': stream->io->quit_wanted = true; break;
    case 'b':
    case 'B':
        if (stream->event) {
            stream->event(stream->opaque, EL4_IO_BREAK);
        }
        break;
    case 'h':
    case 'H':
    case '?': el4_io_stream_write(stream, help_text, strlen(help_text)); break;
    case 'a':
    case CTRL_A: take_key(stream, CTRL_A); break;
    default: break;
    }
}

void el4_io_terminal_keys(struct el4_io_stream *stream, const uint8_t *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (stream->escaped) {
            stream->escaped = false;
            take_command(stream, keys[i]);
        } else if (keys[i] == CTRL_A) {
            stream->escaped = true;
        } else {
            take_key(stream, keys[i]);
        }
    }
}
