/* SPDX-License-Identifier: MIT */
/*
 * The rules for pieces of configuration text: which names and values are well formed, how a
 * value is quoted, and which known name a misspelt one was probably meant to be.
 */
#ifndef EL4_CORE_CONFIG_TEXT_H
#define EL4_CORE_CONFIG_TEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Exported from libel4. */
#pragma GCC visibility push(default)

/* NULL if `name` may name a key, else what is wrong with it, in static text. */
const char *el4_config_key_name_problem(const char *name);

/*
 * Bring a section's name into its one form: trimmed, single spaces between words. Returns NULL
 * and static text in `problem` if it can't be one. The caller frees the name.
 */
char *el4_config_section_name(const char *text, size_t length, const char **problem);

/*
 * Bring "SECTION.KEY", which the last '.' divides, into its one form. Returns NULL and static
 * text in `problem` if it isn't one. The caller frees the name.
 */
char *el4_config_setting_name(const char *text, size_t length, const char **problem);

/* NULL if `length` bytes may stand in a file or value (UTF-8, no control bytes but tab). */
const char *el4_config_text_problem(const char *text, size_t length);

/*
 * Where a quoted text ends: `text` starts with '"'; returns the byte after the closing quote,
 * or NULL if there is none before `end`.
 */
const char *el4_config_quote_end(const char *text, const char *end);

/* Take the quotes and backslashes off a quoted text. The caller frees the result. */
char *el4_config_unquote(const char *text, size_t length);

/* Append a value to `out` so that the reader reads it back unchanged, quoted if need be. */
void el4_config_append_quoted(GString *out, const char *value);

/* The candidate (char *) most like `word`, or NULL if none is close. */
const char *el4_config_suggest(const char *word, const GPtrArray *candidates);

#pragma GCC visibility pop

#endif
