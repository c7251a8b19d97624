/* SPDX-License-Identifier: MIT */
/*
 * The rules for pieces of configuration text. They are strict on purpose: a name or value that
 * passes here can be printed in a message or an INI file as it is, and read back.
 */
#include "config/text.h"

#include "config/config.h"

#include <string.h>

const char *el4_config_key_name_problem(const char *name)
{
    if (!*name) {
        return "the key has no name";
    }
    if (strlen(name) > EL4_CONFIG_NAME_MAX) {
        return "the key's name is longer than 48 bytes";
    }
    for (const char *at = name; *at; at++) {
        if (!g_ascii_isalnum(*at) && *at != '_' && *at != '-') {
            return "a key's name has only letters, digits, '_' and '-'";
        }
    }
    return NULL;
}

char *el4_config_section_name(const char *text, size_t length, const char **problem)
{
    g_autoptr(GString) name = g_string_new(NULL);
    for (size_t i = 0; i < length; i++) {
        char byte = text[i];
        if (byte == ' ' || byte == '\t') {
            if (name->len && name->str[name->len - 1] != ' ') {
                g_string_append_c(name, ' ');
            }
        } else if (!g_ascii_isgraph(byte) || strchr("[]\"=;#", byte)) {
            *problem = "a section's name has only printable ASCII, and none of [ ] \" = ; #";
            return NULL;
        } else {
            g_string_append_c(name, byte);
        }
    }
    if (name->len && name->str[name->len - 1] == ' ') {
        g_string_truncate(name, name->len - 1);
    }
    if (!name->len) {
        *problem = "the section has no name";
        return NULL;
    }
    if (name->len > EL4_CONFIG_NAME_MAX) {
        *problem = "the section's name is longer than 48 bytes";
        return NULL;
    }
    return g_string_free(g_steal_pointer(&name), FALSE);
}

char *el4_config_setting_name(const char *text, size_t length, const char **problem)
{
    const char *dot = g_strrstr_len(text, (gssize)length, ".");
    if (!dot) {
        *problem = "a setting is written SECTION.KEY";
        return NULL;
    }
    g_autofree char *section = el4_config_section_name(text, (size_t)(dot - text), problem);
    g_autofree char *key = g_strndup(dot + 1, length - (size_t)(dot + 1 - text));
    g_strstrip(key);
    if (!section) {
        return NULL;
    }
    const char *key_problem = el4_config_key_name_problem(key);
    if (key_problem) {
        *problem = key_problem;
        return NULL;
    }
    return g_strdup_printf("%s.%s", section, key);
}

const char *el4_config_text_problem(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (!byte) {
            return "there is a NUL byte; is this a text file?";
        }
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            return "there is a control character; remove it";
        }
    }
    if (!g_utf8_validate(text, (gssize)length, NULL)) {
        return "the text is not UTF-8; convert it";
    }
    return NULL;
}

const char *el4_config_quote_end(const char *text, const char *end)
{
    for (const char *at = text + 1; at < end; at++) {
        if (*at == '\\' && at + 1 < end) {
            at++;
        } else if (*at == '"') {
            return at + 1;
        }
    }
    return NULL;
}

char *el4_config_unquote(const char *text, size_t length)
{
    GString *value = g_string_sized_new(length);
    for (size_t i = 1; i + 1 < length; i++) {
        /* A backslash guards only what needs guarding, so that other texts keep theirs. */
        if (text[i] == '\\' && (text[i + 1] == '"' || text[i + 1] == '\\')) {
            i++;
        }
        g_string_append_c(value, text[i]);
    }
    return g_string_free(value, FALSE);
}

static bool needs_quotes(const char *value)
{
    size_t length = strlen(value);
    if (!length) {
        return false;
    }
    return strchr("\"[#", value[0]) || strchr(value, ';') || g_ascii_isspace(value[0]) ||
           g_ascii_isspace(value[length - 1]);
}

void el4_config_append_quoted(GString *out, const char *value)
{
    if (!needs_quotes(value)) {
        g_string_append(out, value);
        return;
    }
    g_string_append_c(out, '"');
    for (const char *at = value; *at; at++) {
        if (*at == '"' || *at == '\\') {
            g_string_append_c(out, '\\');
        }
        g_string_append_c(out, *at);
    }
    g_string_append_c(out, '"');
}

static size_t edit_distance(const char *a, const char *b)
{
    size_t columns = strlen(b) + 1;
    g_autofree size_t *row = g_new(size_t, columns);
    for (size_t j = 0; j < columns; j++) {
        row[j] = j;
    }
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j < columns; j++) {
            size_t changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = MIN(changed, MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[columns - 1];
}

const char *el4_config_suggest(const char *word, const GPtrArray *candidates)
{
    /* A third of the word may be wrong; more, and the guess confuses rather than helps. */
    size_t closest_distance = strlen(word) / 3 + 1;
    const char *closest = NULL;
    if (strlen(word) > 2 * EL4_CONFIG_NAME_MAX) {
        return NULL;
    }
    for (guint i = 0; i < candidates->len; i++) {
        const char *candidate = g_ptr_array_index(candidates, i);
        size_t distance = edit_distance(word, candidate);
        if (distance <= closest_distance && distance < strlen(word)) {
            if (!closest || distance < closest_distance) {
                closest = candidate;
                closest_distance = distance;
            }
        }
    }
    return closest;
}
