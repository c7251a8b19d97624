/* SPDX-License-Identifier: MIT */
/*
 * Reads INI text through inih. Debian's libinih has a 200-byte line buffer that cuts longer
 * lines without a word, cuts section names at 49 bytes, gives its handler no line number, and
 * goes on after an error. So inih never sees the file: ini_parse_stream() asks feed_line(),
 * which has checked the line, taken the comment off, and hands a long value over in pieces, as
 * continuation lines that fit any buffer. Control bytes are refused in files, so two of them
 * are free to mark the ends of a piece and to stand for the ';' that inih would take for a
 * comment.
 */
#include "config/reader.h"

#include "config/config.h"
#include "config/text.h"

#include <ini.h>
#include <string.h>

/* Stands for ';' on the way through inih. */
#define SHIELD '\x01'
/* Around a piece, lest inih trims white space where a value was divided. */
#define FENCE '\x02'
/* The least line buffer that holds any section line, and a bit of any value. */
#define BUFFER_MIN 128
/* What inih gets for a key, whose name it would cut at 49 bytes; ours is in reader.key. */
#define KEY_HEAD "k="

struct reader {
    const char *name;
    const char *at;
    const char *end;
    unsigned line;
    const struct el4_config_events *events;
    void *user;
    GError **error;
    bool failed;
    /* The line that inih gets next, in pieces: "[section]", or head and value. */
    char head[EL4_CONFIG_NAME_MAX + 4];
    char key[EL4_CONFIG_SETTING_MAX + 1];
    GString *value;
    bool has_value;
    size_t fed;
    /* A key of this section was read, so that an indented line has something to continue. */
    bool can_continue;
    bool continued;
    /* The pieces that have come out of inih so far. */
    GString *collected;
};

static void G_GNUC_PRINTF(2, 3) fail(struct reader *reader, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(reader->error, EL4_CONFIG_ERROR, EL4_CONFIG_ERROR_SYNTAX, "%s:%u: %s",
                reader->name, reader->line, text);
    reader->failed = true;
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t')) {
        at++;
    }
    return at;
}

static bool is_blank_or_comment(const char *at, const char *end)
{
    return at == end || *at == ';' || *at == '#';
}

/* The end of an unquoted value: a ';' after white space starts a comment. There is always a
 * byte before the value, '=' or white space. */
static const char *plain_end(const char *start, const char *end)
{
    const char *stop = start;
    for (; stop < end; stop++) {
        if (*stop == ';' && (stop[-1] == ' ' || stop[-1] == '\t')) {
            break;
        }
    }
    while (stop > start && (stop[-1] == ' ' || stop[-1] == '\t')) {
        stop--;
    }
    return stop;
}

static bool prepare_value(struct reader *reader, const char *start, const char *end)
{
    const char *stop;
    if (start < end && *start == '"') {
        stop = el4_config_quote_end(start, end);
        if (!stop) {
            fail(reader, "the value has no closing quote; add '\"' at its end");
            return false;
        }
        const char *rest = skip_blanks(stop, end);
        if (rest < end && *rest != ';') {
            fail(reader, "text after the closing quote; put all of the value into the "
                         "quotes, with \\\" for a quote");
            return false;
        }
    } else {
        stop = plain_end(start, end);
    }
    if (stop - start > EL4_CONFIG_VALUE_MAX) {
        fail(reader, "value longer than %d bytes; split the list over several lines",
             EL4_CONFIG_VALUE_MAX);
        return false;
    }
    g_string_truncate(reader->value, 0);
    g_string_append_len(reader->value, start, stop - start);
    for (size_t i = 0; i < reader->value->len; i++) {
        if (reader->value->str[i] == ';') {
            reader->value->str[i] = SHIELD;
        }
    }
    reader->has_value = true;
    return true;
}

static bool prepare_section(struct reader *reader, const char *start, const char *end)
{
    const char *close = memchr(start, ']', (size_t)(end - start));
    if (!close) {
        fail(reader, "the section has no ']'; write [section]");
        return false;
    }
    const char *rest = skip_blanks(close + 1, end);
    if (!is_blank_or_comment(rest, end)) {
        fail(reader, "text after the section's ']'; put it on a line of its own");
        return false;
    }
    const char *problem = NULL;
    g_autofree char *name =
        el4_config_section_name(start + 1, (size_t)(close - start - 1), &problem);
    if (!name) {
        fail(reader, "%s", problem);
        return false;
    }
    g_snprintf(reader->head, sizeof(reader->head), "[%s]", name);
    reader->has_value = false;
    reader->can_continue = false;
    if (!reader->events->section(reader->user, name, reader->line, reader->error)) {
        reader->failed = true;
    }
    return !reader->failed;
}

/* The key before '=' in its one form. NULL after a failure; the caller frees it. */
static char *take_key(struct reader *reader, const char *start, const char *stop)
{
    const char *problem = NULL;
    g_autofree char *key = NULL;
    if (reader->events->takes_settings && memchr(start, '.', (size_t)(stop - start))) {
        key = el4_config_setting_name(start, (size_t)(stop - start), &problem);
    } else {
        key = g_strndup(start, (size_t)(stop - start));
        problem = el4_config_key_name_problem(key);
    }
    if (problem) {
        fail(reader, "%s", problem);
        return NULL;
    }
    return g_steal_pointer(&key);
}

static bool prepare_key(struct reader *reader, const char *start, const char *end)
{
    const char *stop = start;
    const char *ends = reader->events->takes_settings ? "=" : "=: \t";
    while (stop < end && !strchr(ends, *stop)) {
        stop++;
    }
    const char *equals = skip_blanks(stop, end);
    if (equals == end || *equals != '=') {
        fail(reader, "this is neither '[section]' nor 'key = value'");
        return false;
    }
    while (stop > start && (stop[-1] == ' ' || stop[-1] == '\t')) {
        stop--;
    }
    g_autofree char *key = take_key(reader, start, stop);
    if (!key) {
        return false;
    }
    g_strlcpy(reader->key, key, sizeof(reader->key));
    g_strlcpy(reader->head, KEY_HEAD, sizeof(reader->head));
    reader->continued = false;
    reader->can_continue = true;
    return prepare_value(reader, skip_blanks(equals + 1, end), end);
}

static bool prepare_continuation(struct reader *reader, const char *start, const char *end)
{
    if (*start == '[') {
        fail(reader, "the section is indented; start it at the first column");
        return false;
    }
    if (!reader->can_continue) {
        fail(reader, "the line is indented, but there is no key above it to continue; start "
                     "keys at the first column");
        return false;
    }
    g_strlcpy(reader->head, " ", sizeof(reader->head));
    reader->continued = true;
    return prepare_value(reader, start, end);
}

/* Check the next line of the file and make head and value of it. False at the end or on error.
 */
static bool prepare_line(struct reader *reader)
{
    if (reader->failed || reader->at == reader->end) {
        return false;
    }
    const char *start = reader->at;
    const char *end = memchr(start, '\n', (size_t)(reader->end - start));
    reader->at = end ? end + 1 : reader->end;
    end = end ? end : reader->end;
    reader->line++;
    if (end > start && end[-1] == '\r') {
        end--;
    }
    if (end - start > EL4_CONFIG_LINE_MAX) {
        fail(reader, "line longer than %d bytes; split the list over several lines",
             EL4_CONFIG_LINE_MAX);
        return false;
    }
    const char *problem = el4_config_text_problem(start, (size_t)(end - start));
    if (problem) {
        fail(reader, "%s", problem);
        return false;
    }
    reader->fed = 0;
    const char *text = skip_blanks(start, end);
    if (is_blank_or_comment(text, end)) {
        reader->head[0] = '\0';
        reader->has_value = false;
        return true;
    }
    if (text > start) {
        return prepare_continuation(reader, text, end);
    }
    return *text == '[' ? prepare_section(reader, text, end) : prepare_key(reader, text, end);
}

static bool has_more(const struct reader *reader)
{
    return reader->has_value && reader->fed < reader->value->len;
}

/* inih's fgets(): the next line, or the next piece of a long one. */
static char *feed_line(char *buffer, int size, void *stream)
{
    struct reader *reader = stream;
    if (size < BUFFER_MIN) {
        fail(reader, "this build of inih has a line buffer of only %d bytes", size);
        return NULL;
    }
    const char *head = " ";
    if (!has_more(reader)) {
        if (!prepare_line(reader)) {
            return NULL;
        }
        head = reader->head;
    }
    if (!reader->has_value) {
        g_snprintf(buffer, (gulong)size, "%s\n", head);
        return buffer;
    }
    /* Two fences, the line feed and the NUL, and one more byte: a full buffer means a cut line.
     */
    size_t room = (size_t)size - strlen(head) - 5;
    size_t length = MIN(room, reader->value->len - reader->fed);
    g_snprintf(buffer, (gulong)size, "%s%c%.*s%c\n", head, FENCE, (int)length,
               reader->value->str + reader->fed, FENCE);
    reader->fed += length;
    return buffer;
}

/* inih's handler: collect the pieces, and report the value after the last one. */
static int take_value(void *user, const char *section, const char *inih_key, const char *piece)
{
    struct reader *reader = user;
    size_t length = strlen(piece);
    if (reader->failed) {
        return 0;
    }
    if (length < 2 || piece[0] != FENCE || piece[length - 1] != FENCE) {
        fail(reader, "this build of inih divides lines in an unknown way");
        return 0;
    }
    g_string_append_len(reader->collected, piece + 1, (gssize)length - 2);
    if (has_more(reader)) {
        return 1;
    }
    GString *text = reader->collected;
    for (size_t i = 0; i < text->len; i++) {
        if (text->str[i] == SHIELD) {
            text->str[i] = ';';
        }
    }
    g_autofree char *value =
        text->str[0] == '"' ? el4_config_unquote(text->str, text->len) : g_strdup(text->str);
    g_string_truncate(text, 0);
    if (!reader->events->value(reader->user, section, reader->key, value, reader->line,
                               reader->continued, reader->error)) {
        reader->failed = true;
    }
    return !reader->failed;
}

bool el4_config_read_ini(const char *name, const char *bytes, size_t length,
                         const struct el4_config_events *events, void *user, GError **error)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    struct reader reader = {
        .name = name,
        .at = bytes,
        .end = bytes + length,
        .events = events,
        .user = user,
        .error = error,
        .value = g_string_new(NULL),
        .collected = g_string_new(NULL),
    };
    if (length >= 3 && memcmp(bytes, byte_order_mark, 3) == 0) {
        reader.at += 3;
    }
    int status = ini_parse_stream(feed_line, &reader, take_value, &reader);
    if (status && !reader.failed) {
        fail(&reader, "inih refuses the text (status %d)", status);
    }
    g_string_free(reader.value, TRUE);
    g_string_free(reader.collected, TRUE);
    return !reader.failed;
}
