/* SPDX-License-Identifier: MIT */
/*
 * Help texts, made from the schemas alone: what `el4 help` prints.
 */
#include "config/private.h"
#include "config/text.h"

#include <string.h>

static const char *type_text(uint32_t type)
{
    switch ((enum el4_config_type)type) {
    case EL4_CONFIG_BOOL: return "yes or no";
    case EL4_CONFIG_INT: return "number";
    case EL4_CONFIG_UINT: return "number without a sign";
    case EL4_CONFIG_SIZE: return "size, with K, M, G or T";
    case EL4_CONFIG_STRING: return "text";
    case EL4_CONFIG_ENUM: return "choice";
    case EL4_CONFIG_LIST: return "list of words";
    case EL4_CONFIG_RANGES: return "list of hex ids and ranges";
    case EL4_CONFIG_PATH: return "path";
    case EL4_CONFIG_PATHS: return "list of paths";
    }
    return "?";
}

static const char *default_text(const struct el4_config_key *key)
{
    if (key->default_text) {
        return *key->default_text ? key->default_text : "empty";
    }
    return key->flags & EL4_CONFIG_REQUIRED ? "none, the key is required" : "unset";
}

static void append_key(const struct config_section *section, const struct el4_config_key *key,
                       GString *out)
{
    g_string_append_printf(out, "%s.%s\n  %s\n  type:    %s", section->name, key->name,
                           key->help, type_text(key->type));
    g_autoptr(GString) limits = g_string_new(NULL);
    el4_config_append_limits(key, limits);
    if (limits->len) {
        g_string_append_printf(out, ", %s", limits->str);
    }
    g_string_append_c(out, '\n');
    if (key->choices) {
        g_autofree char *choices = g_strjoinv(", ", (char **)key->choices);
        g_string_append_printf(out, "  choices: %s\n", choices);
    }
    g_string_append_printf(out, "  default: %s\n", default_text(key));
}

static void append_section(const struct config_section *section, GString *out)
{
    g_string_append_printf(out, "[%s]\n", section->name);
    if (section->help) {
        g_string_append_printf(out, "  %s\n", section->help);
    }
    for (guint i = 0; i < section->keys->len; i++) {
        const struct config_known_key *known = g_ptr_array_index(section->keys, i);
        g_string_append_printf(out, "  %-16s %s\n", known->key.name, known->key.help);
    }
}

static bool append_all(const struct el4_config *config, GString *out)
{
    const char *separator = "";
    for (guint i = 0; i < config->sections->len; i++) {
        const struct config_section *section = g_ptr_array_index(config->sections, i);
        if (section->has_schema) {
            g_string_append(out, separator);
            append_section(section, out);
            separator = "\n";
        }
    }
    return true;
}

/* "service psci" and "board (virt)" are also called by their last word. "board (virt)" and
 * "fault NAME" are for sections of other names in a file, so their first word will do, too. */
static bool is_called(const struct config_section *section, const char *topic)
{
    const char *space = strrchr(section->name, ' ');
    g_autofree char *bracketed = g_strdup_printf("(%s)", topic);
    if (strcmp(section->name, topic) == 0 ||
        (space && (strcmp(space + 1, topic) == 0 || strcmp(space + 1, bracketed) == 0))) {
        return true;
    }
    size_t first_word = space ? (size_t)(space - section->name) : 0;
    return first_word && strlen(topic) == first_word &&
           (space[1] == '(' || !strcmp(space, " NAME")) &&
           strncmp(section->name, topic, first_word) == 0;
}

/* A key in every section that has it and is called so (NULL: whatever it is called). */
static bool append_key_where(const struct el4_config *config, const char *called,
                             const char *name, GString *out)
{
    bool found = false;
    for (guint i = 0; i < config->sections->len; i++) {
        const struct config_section *section = g_ptr_array_index(config->sections, i);
        const struct config_known_key *known = !called || is_called(section, called)
                                                   ? el4_config_find_known_key(section, name)
                                                   : NULL;
        if (known) {
            g_string_append(out, found ? "\n" : "");
            append_key(section, &known->key, out);
            found = true;
        }
    }
    return found;
}

static bool append_dotted(const struct el4_config *config, const char *topic, const char *dot,
                          GString *out)
{
    g_autofree char *name = g_strndup(topic, (size_t)(dot - topic));
    return append_key_where(config, name, dot + 1, out);
}

static bool append_sections_called(const struct el4_config *config, const char *topic,
                                   GString *out)
{
    bool found = false;
    for (guint i = 0; i < config->sections->len; i++) {
        const struct config_section *section = g_ptr_array_index(config->sections, i);
        if (section->has_schema && is_called(section, topic)) {
            g_string_append(out, found ? "\n" : "");
            append_section(section, out);
            found = true;
        }
    }
    return found;
}

static bool has_part(const char *name, const char *part)
{
    g_autofree char *lower_name = g_ascii_strdown(name, -1);
    g_autofree char *lower_part = g_ascii_strdown(part, -1);
    return strstr(lower_name, lower_part);
}

/* One line for each section and key that has the topic as a part of its name. */
static bool append_matches(const struct el4_config *config, const char *topic, GString *out)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    for (guint i = 0; i < config->sections->len && *topic; i++) {
        const struct config_section *section = g_ptr_array_index(config->sections, i);
        if (section->has_schema && has_part(section->name, topic)) {
            g_string_append_printf(lines, "  [%s]  %s\n", section->name,
                                   section->help ? section->help : "");
        }
        for (guint j = 0; j < section->keys->len; j++) {
            const struct config_known_key *known = g_ptr_array_index(section->keys, j);
            if (has_part(known->key.name, topic)) {
                g_string_append_printf(lines, "  %s.%s  %s\n", section->name, known->key.name,
                                       known->key.help);
            }
        }
    }
    if (lines->len) {
        g_string_append_printf(out, "There is no section or key '%.60s', but:\n%s", topic,
                               lines->str);
    }
    return lines->len;
}

static const char *guess_topic(const struct el4_config *config, const char *topic)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < config->sections->len; i++) {
        const struct config_section *section = g_ptr_array_index(config->sections, i);
        if (section->has_schema) {
            g_ptr_array_add(names, g_strdup(section->name));
        }
        for (guint j = 0; j < section->keys->len; j++) {
            const struct config_known_key *known = g_ptr_array_index(section->keys, j);
            g_ptr_array_add(names, g_strdup(known->key.name));
            g_ptr_array_add(names, g_strdup_printf("%s.%s", section->name, known->key.name));
        }
    }
    return g_intern_string(el4_config_suggest(topic, names));
}

bool el4_config_help(const struct el4_config *config, const char *topic, GString *out,
                     GError **error)
{
    if (!topic) {
        return append_all(config, out);
    }
    const char *dot = strrchr(topic, '.');
    g_autoptr(GString) keys = g_string_new(NULL);
    bool has_sections = append_sections_called(config, topic, out);
    bool has_keys = append_key_where(config, NULL, topic, keys);
    g_string_append_printf(out, "%s%s", has_sections && has_keys ? "\n" : "", keys->str);
    if (has_sections || has_keys || (dot && append_dotted(config, topic, dot, out)) ||
        append_matches(config, topic, out)) {
        return true;
    }
    const char *guess = guess_topic(config, topic);
    g_set_error(error, EL4_CONFIG_ERROR, EL4_CONFIG_ERROR_VALUE,
                guess ? "there is no section or key '%.60s'; did you mean '%s'?"
                      : "there is no section or key '%.60s'; help without a topic lists all",
                topic, guess);
    return false;
}
