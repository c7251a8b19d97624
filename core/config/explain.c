/* SPDX-License-Identifier: MIT */
/*
 * Prints the effective configuration as an INI text that reads back to the same values.
 */
#include "config/private.h"
#include "config/text.h"

#include <string.h>

/* Values and origins longer than this do not push the column of comments any further. */
#define VALUE_COLUMN_MAX 40
/* A list's line is ended here and goes on in the next. */
#define LIST_COLUMN_MAX 64

/* One key's lines, before the comments are aligned. */
struct explained {
    char *name;
    GPtrArray *lines; /* quoted values; the first stands behind the name; NULL if unset */
    char *origin;
};

static void free_explained(void *data)
{
    struct explained *explained = data;
    g_free(explained->name);
    if (explained->lines) {
        g_ptr_array_unref(explained->lines);
    }
    g_free(explained->origin);
    g_free(explained);
}

/* For what comes from the file system: a folder's name may hold a line feed, or no UTF-8. */
static char *printable(const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);
    for (char *at = valid; *at; at++) {
        if (g_ascii_iscntrl(*at)) {
            *at = '?';
        }
    }
    return valid;
}

static void add_line(GPtrArray *lines, const char *value)
{
    GString *quoted = g_string_new(NULL);
    el4_config_append_quoted(quoted, value);
    g_ptr_array_add(lines, g_string_free(quoted, FALSE));
}

/* One line each, as they were written. */
static void add_pieces(GPtrArray *lines, const struct config_setting *setting)
{
    for (guint i = 0; i < setting->pieces->len; i++) {
        const struct config_piece *piece = g_ptr_array_index(setting->pieces, i);
        add_line(lines, piece->text);
    }
}

/* Words with commas between, divided so that no line gets too long to be read back. */
static void add_words(GPtrArray *lines, const char *text)
{
    g_auto(GStrv) words = g_strsplit_set(text, ", \t", -1);
    g_autoptr(GString) line = g_string_new(NULL);
    for (size_t i = 0; words[i]; i++) {
        if (!*words[i]) {
            continue;
        }
        if (line->len) {
            g_string_append_c(line, ',');
        }
        if (line->len + strlen(words[i]) > LIST_COLUMN_MAX && line->len) {
            add_line(lines, line->str);
            g_string_truncate(line, 0);
        }
        g_string_append_printf(line, "%s%s", line->len ? " " : "", words[i]);
    }
    add_line(lines, line->str);
}

/* Text as it was written says more than a parsed number; only a path has to be resolved. */
static GPtrArray *known_lines(const struct config_section *section,
                              const struct el4_config_key *key)
{
    const struct config_setting *setting =
        el4_config_top_setting(el4_config_find_entry(section, key->name));
    const char *text = setting ? setting->text->str : key->default_text;
    if (!text) {
        return NULL;
    }
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    struct el4_config_value value = {0};
    if (!el4_config_parse_effective(section, key, &value)) {
        add_pieces(lines, setting);
    } else if (key->type == EL4_CONFIG_PATHS) {
        g_ptr_array_add(value.words, NULL);
        g_autofree char *paths = g_strjoinv(" ", (char **)value.words->pdata);
        g_autofree char *words = printable(paths);
        add_words(lines, words);
    } else if (el4_config_type_is_list(key->type)) {
        add_words(lines, text);
    } else if (key->type == EL4_CONFIG_PATH && value.set) {
        g_autofree char *path = printable(value.text);
        add_line(lines, path);
    } else {
        add_line(lines, text);
    }
    el4_config_value_clear(&value);
    return lines;
}

/* Takes over the lines. */
static struct explained *new_explained(const struct el4_config *config, const char *section,
                                       const char *key, GPtrArray *lines)
{
    g_autofree char *origin = el4_config_origin(config, section, key);
    struct explained *explained = g_new0(struct explained, 1);
    explained->name = g_strdup(key);
    explained->lines = lines;
    explained->origin = printable(origin);
    return explained;
}

static GPtrArray *explain_section(const struct el4_config *config,
                                  const struct config_section *section)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(free_explained);
    for (guint i = 0; i < section->keys->len; i++) {
        const struct config_known_key *known = g_ptr_array_index(section->keys, i);
        g_ptr_array_add(all, new_explained(config, section->name, known->key.name,
                                           known_lines(section, &known->key)));
    }
    for (guint i = 0; i < section->entries->len; i++) {
        const struct config_entry *entry = g_ptr_array_index(section->entries, i);
        if (!el4_config_find_known_key(section, entry->name)) {
            /* Nobody knows what it means, but it was written. */
            GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
            add_pieces(lines, el4_config_top_setting(entry));
            g_ptr_array_add(all, new_explained(config, section->name, entry->name, lines));
        }
    }
    return all;
}

static void append_explained(const struct explained *explained, int name_width, int value_width,
                             GString *out)
{
    if (!explained->lines) {
        g_string_append_printf(out, "; %s is unset\n", explained->name);
        return;
    }
    for (guint i = 0; i < explained->lines->len; i++) {
        const char *line = g_ptr_array_index(explained->lines, i);
        if (i == 0) {
            g_string_append_printf(out, "%-*s = %-*s ; %s\n", name_width, explained->name,
                                   value_width, line, explained->origin);
        } else {
            g_string_append_printf(out, "%*s %s\n", name_width + 2, "", line);
        }
    }
}

static void append_section(const struct config_section *section, const GPtrArray *all,
                           GString *out)
{
    size_t name_width = 0;
    size_t value_width = 0;
    for (guint i = 0; i < all->len; i++) {
        const struct explained *explained = g_ptr_array_index(all, i);
        if (explained->lines) {
            size_t width = strlen(g_ptr_array_index(explained->lines, 0));
            name_width = MAX(name_width, strlen(explained->name));
            value_width = MAX(value_width, MIN(width, VALUE_COLUMN_MAX));
        }
    }
    g_string_append_printf(out, "%s[%s]\n", out->len ? "\n" : "", section->name);
    for (guint i = 0; i < all->len; i++) {
        append_explained(g_ptr_array_index(all, i), (int)name_width, (int)value_width, out);
    }
}

void el4_config_explain(const struct el4_config *config, GString *out)
{
    for (guint i = 0; i < config->sections->len; i++) {
        const struct config_section *section = g_ptr_array_index(config->sections, i);
        g_autoptr(GPtrArray) all = explain_section(config, section);
        append_section(section, all, out);
    }
}
