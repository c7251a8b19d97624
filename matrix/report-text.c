/* SPDX-License-Identifier: MIT */
/*
 * Console output as text. What a guest writes is hostile: it may be no UTF-8, and escape
 * sequences in it may do what they like to the terminal of who reads a report.
 */
#include "report-private.h"

#include <string.h>

enum { ESCAPE = 0x1b };

/* Past the letter that ends a control sequence (ECMA-48 5.4), or NULL if it has no end. */
static const char *control_sequence_end(const char *at, const char *end)
{
    while (at < end && (guchar)*at >= 0x30 && (guchar)*at <= 0x3f) {
        at++;
    }
    while (at < end && (guchar)*at >= 0x20 && (guchar)*at <= 0x2f) {
        at++;
    }
    return at < end && (guchar)*at >= 0x40 && (guchar)*at <= 0x7e ? at + 1 : NULL;
}

/* Past the BEL or ST that ends a control string. One that reaches a line's end has none. */
static const char *control_string_end(const char *at, const char *end)
{
    for (; at < end && *at != '\n'; at++) {
        if (*at == '\a') {
            return at + 1;
        }
        if (*at == ESCAPE && at + 1 < end && at[1] == '\\') {
            return at + 2;
        }
    }
    return NULL;
}

/* Past the escape sequence that begins at `at`; NULL: it is none, only the character. */
static const char *escape_end(const char *at, const char *end)
{
    if (++at == end) {
        return NULL;
    }
    if (*at == '[') {
        return control_sequence_end(at + 1, end);
    }
    if (strchr("]PX^_", *at)) {
        return control_string_end(at + 1, end);
    }
    while (at < end && (guchar)*at >= 0x20 && (guchar)*at <= 0x2f) {
        at++;
    }
    return at < end && (guchar)*at >= 0x30 && (guchar)*at <= 0x7e ? at + 1 : NULL;
}

static void append_character(gunichar character, GString *out)
{
    if (character == 0x7f) {
        character = 0x2421;
    } else if (character < 0x20) {
        character += 0x2400;
    } else if ((character >= 0x80 && character < 0xa0) || (character & 0xfffe) == 0xfffe) {
        character = 0xfffd;
    }
    g_string_append_unichar(out, character);
}

void el4_matrix_report_plain(const char *text, gsize bytes, GString *out)
{
    const char *end = text + bytes;
    const char *past;
    for (const char *at = text; at < end; at = past) {
        past = at + 1;
        if (*at == '\n' || *at == '\t') {
            g_string_append_c(out, *at);
        } else if (*at == '\r') {
            /* \r\n is one end of line, and so is \r\r\n, as some firmware writes it. */
            while (past < end && *past == '\r') {
                past++;
            }
            past += past < end && *past == '\n';
            g_string_append_c(out, '\n');
        } else if (*at == ESCAPE && (past = escape_end(at, end)) != NULL) {
            continue;
        } else {
            gunichar character = g_utf8_get_char_validated(at, end - at);
            bool is_valid = character != (gunichar)-1 && character != (gunichar)-2;
            /* A NUL is valid, and the function takes it for the text's end. */
            is_valid |= *at == 0;
            append_character(*at == 0 ? 0 : is_valid ? character : 0xfffd, out);
            past = is_valid && *at ? g_utf8_next_char(at) : at + 1;
        }
    }
}

gsize el4_matrix_report_tail(const char *text, gsize bytes, gsize most)
{
    if (bytes <= most) {
        return 0;
    }
    gsize start = bytes - most;
    const char *line = memchr(text + start, '\n', most);
    if (line && (gsize)(line - text) + 1 < bytes && (gsize)(line - text) - start < most / 8) {
        return line + 1 - text;
    }
    while (start < bytes && ((guchar)text[start] & 0xc0) == 0x80) {
        start++;
    }
    return start;
}
