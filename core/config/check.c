/* SPDX-License-Identifier: MIT */
/*
 * Holds what was written against what the schemas allow, reports every mistake with its place
 * and a way out, and leaves the effective values where the getters find them.
 */
#include "config/private.h"
#include "config/text.h"

#include <stdarg.h>
#include <string.h>

/* After so many, the file is something else than a configuration. */
#define MESSAGES_MAX 100

struct checker {
    const struct el4_config *config;
    GPtrArray *messages;
    guint count;
};

static bool is_full(const struct checker *checker)
{
    return checker->count >= MESSAGES_MAX;
}

static void G_GNUC_PRINTF(2, 3) report(struct checker *checker, const char *format, ...)
{
    if (is_full(checker)) {
        return;
    }
    va_list args;
    va_start(args, format);
    g_ptr_array_add(checker->messages, g_strdup_vprintf(format, args));
    va_end(args);
    if (++checker->count == MESSAGES_MAX) {
        g_ptr_array_add(checker->messages,
                        g_strdup("further mistakes are not shown; mend these first"));
    }
}

static void report_piece(struct checker *checker, const struct config_section *section,
                         const struct config_entry *entry, const struct config_setting *setting,
                         const struct config_piece *piece, const char *problem)
{
    g_autoptr(GString) origin = g_string_new(NULL);
    el4_config_append_origin(origin, setting, piece);
    report(checker, "%s: [%s] %s: %s", origin->str, section->name, entry->name, problem);
}

bool el4_config_parse_setting(const struct config_setting *setting,
                              const struct el4_config_key *key, struct el4_config_value *value,
                              const struct config_piece **bad_piece, char **problem)
{
    for (guint i = 0; i < setting->pieces->len; i++) {
        const struct config_piece *piece = g_ptr_array_index(setting->pieces, i);
        if (!el4_config_value_add(value, key, piece->text, setting->folder, problem)) {
            *bad_piece = piece;
            return false;
        }
    }
    return true;
}

bool el4_config_parse_effective(const struct config_section *section,
                                const struct el4_config_key *key,
                                struct el4_config_value *value)
{
    const struct config_setting *setting =
        el4_config_top_setting(el4_config_find_entry(section, key->name));
    const struct config_piece *bad_piece = NULL;
    g_autofree char *problem = NULL;
    if (setting) {
        return el4_config_parse_setting(setting, key, value, &bad_piece, &problem);
    }
    return !key->default_text ||
           el4_config_value_add(value, key, key->default_text, NULL, &problem);
}

/* The name of a section that has the key, for somebody who put it into the wrong one. */
static const char *find_home(const struct el4_config *config, const char *key)
{
    for (guint i = 0; i < config->sections->len; i++) {
        const struct config_section *section = g_ptr_array_index(config->sections, i);
        if (el4_config_find_known_key(section, key)) {
            return section->name;
        }
    }
    return NULL;
}

char *el4_config_key_hint(const struct el4_config *config, const struct config_section *section,
                          const char *name)
{
    const char *home = find_home(config, name);
    if (home) {
        return g_strdup_printf("it belongs to [%s]", home);
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < section->keys->len; i++) {
        const struct config_known_key *known = g_ptr_array_index(section->keys, i);
        g_ptr_array_add(names, (void *)known->key.name);
    }
    const char *guess = el4_config_suggest(name, names);
    return guess ? g_strdup_printf("did you mean '%s'?", guess)
                 : g_strdup_printf("'el4 help \"%s\"' lists the keys", section->name);
}

char *el4_config_section_hint(const struct el4_config *config, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < config->sections->len; i++) {
        const struct config_section *section = g_ptr_array_index(config->sections, i);
        if (section->has_schema) {
            g_ptr_array_add(names, section->name);
        }
    }
    const char *guess = el4_config_suggest(name, names);
    return guess ? g_strdup_printf("did you mean [%s]?", guess)
                 : g_strdup("'el4 help' lists the sections");
}

/* A line of its own or an indented one, after the first, for a key that has one value. */
static void check_single(struct checker *checker, const struct config_section *section,
                         const struct config_entry *entry, const struct config_setting *setting)
{
    const struct config_piece *first = g_ptr_array_index(setting->pieces, 0);
    for (guint i = 1; i < setting->pieces->len && !is_full(checker); i++) {
        const struct config_piece *piece = g_ptr_array_index(setting->pieces, i);
        g_autofree char *problem =
            piece->continued
                ? g_strdup("an indented line goes on with the value above, and this key takes "
                           "one line; start keys at the first column")
                : g_strdup_printf("set twice, first in line %u; remove one", first->line);
        report_piece(checker, section, entry, setting, piece, problem);
    }
}

static void check_setting(struct checker *checker, const struct config_section *section,
                          const struct config_entry *entry,
                          const struct config_setting *setting,
                          const struct el4_config_key *key)
{
    if (!el4_config_type_is_list(key->type)) {
        check_single(checker, section, entry, setting);
    }
    struct el4_config_value value = {0};
    const struct config_piece *bad_piece = NULL;
    g_autofree char *problem = NULL;
    if (!el4_config_parse_setting(setting, key, &value, &bad_piece, &problem)) {
        report_piece(checker, section, entry, setting, bad_piece, problem);
    }
    el4_config_value_clear(&value);
}

static void check_entry(struct checker *checker, const struct config_section *section,
                        const struct config_entry *entry)
{
    const struct config_known_key *known = el4_config_find_known_key(section, entry->name);
    g_autofree char *hint =
        known ? NULL : el4_config_key_hint(checker->config, section, entry->name);
    for (int layer = 0; layer < EL4_CONFIG_LAYER_COUNT; layer++) {
        const struct config_setting *setting = entry->layers[layer];
        if (setting && known) {
            check_setting(checker, section, entry, setting, &known->key);
        } else if (setting) {
            g_autofree char *problem = g_strdup_printf("unknown key; %s", hint);
            report_piece(checker, section, entry, setting,
                         g_ptr_array_index(setting->pieces, 0), problem);
        }
    }
}

static void check_required(struct checker *checker, const struct config_section *section)
{
    for (guint i = 0; i < section->keys->len; i++) {
        const struct config_known_key *known = g_ptr_array_index(section->keys, i);
        if ((known->key.flags & EL4_CONFIG_REQUIRED) &&
            !el4_config_is_set(checker->config, section->name, known->key.name)) {
            report(checker, "[%s] %s: not set, and there is no default; add '%s = ...' to [%s]",
                   section->name, known->key.name, known->key.name, section->name);
        }
    }
}

static void check_section(struct checker *checker, const struct config_section *section)
{
    if (section->ignored) {
        return;
    }
    if (!section->has_schema) {
        g_autofree char *hint = el4_config_section_hint(checker->config, section->name);
        report(checker, "%s: [%s]: unknown section; %s", section->origin, section->name, hint);
        return;
    }
    for (guint i = 0; i < section->entries->len && !is_full(checker); i++) {
        check_entry(checker, section, g_ptr_array_index(section->entries, i));
    }
    check_required(checker, section);
}

static void keep_values(struct config_section *section)
{
    if (section->checked) {
        return; /* pointers that a getter gave out stay good */
    }
    section->checked = true;
    for (guint i = 0; i < section->keys->len; i++) {
        struct config_known_key *known = g_ptr_array_index(section->keys, i);
        el4_config_value_clear(&known->value);
        el4_config_parse_effective(section, &known->key, &known->value);
        if (known->value.words) {
            g_ptr_array_add(known->value.words, NULL); /* as el4_config_get_list() promises */
        }
    }
}

bool el4_config_check(struct el4_config *config, GPtrArray *messages)
{
    struct checker checker = {.config = config, .messages = messages};
    for (guint i = 0; i < config->sections->len && !is_full(&checker); i++) {
        check_section(&checker, g_ptr_array_index(config->sections, i));
    }
    if (checker.count) {
        return false;
    }
    for (guint i = 0; i < config->sections->len; i++) {
        keep_values(g_ptr_array_index(config->sections, i));
    }
    return true;
}

bool el4_config_check_section(struct el4_config *config, const char *name, GPtrArray *messages)
{
    struct checker checker = {.config = config, .messages = messages};
    struct config_section *section = el4_config_make_section(config, name);
    check_section(&checker, section);
    if (checker.count) {
        return false;
    }
    keep_values(section);
    return true;
}
