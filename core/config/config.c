/* SPDX-License-Identifier: MIT */
/*
 * The store: settings by section, key and layer, and the getters. Nothing here knows what a
 * value's text means; check.c finds that out and leaves the result with the known key.
 */
#include "config/config.h"

#include "config/private.h"
#include "config/text.h"

#include <string.h>

GQuark el4_config_error_quark(void)
{
    return g_quark_from_static_string("el4-config-error");
}

static void free_piece(void *data)
{
    struct config_piece *piece = data;
    g_free(piece->text);
    g_free(piece);
}

static void free_setting(struct config_setting *setting)
{
    if (setting) {
        g_ptr_array_unref(setting->pieces);
        g_string_free(setting->text, TRUE);
        g_free(setting->origin);
        g_free(setting->folder);
        g_free(setting);
    }
}

static void free_entry(void *data)
{
    struct config_entry *entry = data;
    for (int layer = 0; layer < EL4_CONFIG_LAYER_COUNT; layer++) {
        free_setting(entry->layers[layer]);
    }
    g_free(entry->name);
    g_free(entry);
}

static void free_known_key(void *data)
{
    struct config_known_key *known = data;
    el4_config_value_clear(&known->value);
    g_free(known);
}

static void free_table(void *data)
{
    struct config_table *table = data;
    for (size_t i = 0; i < table->count; i++) {
        g_free((void *)table->keys[i].choices);
    }
    g_free(table->keys);
    g_free(table);
}

static void free_section(void *data)
{
    struct config_section *section = data;
    g_hash_table_unref(section->by_key);
    g_ptr_array_unref(section->entries);
    g_ptr_array_unref(section->keys);
    g_free(section->name);
    g_free(section->origin);
    g_free(section->help);
    g_free(section);
}

struct el4_config *el4_config_new(void)
{
    struct el4_config *config = g_new0(struct el4_config, 1);
    config->sections = g_ptr_array_new_with_free_func(free_section);
    config->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    config->mentioned = g_ptr_array_new();
    config->strings = g_string_chunk_new(4096);
    config->tables = g_ptr_array_new_with_free_func(free_table);
    config->lasting = g_hash_table_new(NULL, NULL);
    return config;
}

void el4_config_free(struct el4_config *config)
{
    if (config) {
        g_hash_table_unref(config->by_name);
        g_ptr_array_unref(config->mentioned);
        g_ptr_array_unref(config->sections);
        g_hash_table_unref(config->lasting);
        g_ptr_array_unref(config->tables);
        g_string_chunk_free(config->strings);
        g_free(config->working_folder);
        g_free(config);
    }
}

struct config_section *el4_config_find_section(const struct el4_config *config,
                                               const char *name)
{
    return g_hash_table_lookup(config->by_name, name);
}

struct config_section *el4_config_make_section(struct el4_config *config, const char *name)
{
    struct config_section *section = el4_config_find_section(config, name);
    if (!section) {
        section = g_new0(struct config_section, 1);
        section->name = g_strdup(name);
        section->entries = g_ptr_array_new_with_free_func(free_entry);
        section->by_key = g_hash_table_new(g_str_hash, g_str_equal);
        section->keys = g_ptr_array_new_with_free_func(free_known_key);
        g_ptr_array_add(config->sections, section);
        g_hash_table_insert(config->by_name, section->name, section);
    }
    return section;
}

struct config_section *el4_config_mention_section(struct el4_config *config, const char *name,
                                                  const char *origin, unsigned line)
{
    struct config_section *section = el4_config_make_section(config, name);
    if (!section->origin) {
        section->origin = line ? g_strdup_printf("%s:%u", origin, line) : g_strdup(origin);
        g_ptr_array_add(config->mentioned, section);
    }
    section->checked = false;
    return section;
}

struct config_entry *el4_config_find_entry(const struct config_section *section,
                                           const char *name)
{
    return g_hash_table_lookup(section->by_key, name);
}

struct config_known_key *el4_config_find_known_key(const struct config_section *section,
                                                   const char *name)
{
    for (guint i = 0; i < section->keys->len; i++) {
        struct config_known_key *known = g_ptr_array_index(section->keys, i);
        if (strcmp(known->key.name, name) == 0) {
            return known;
        }
    }
    return NULL;
}

static struct config_entry *make_entry(struct config_section *section, const char *name)
{
    struct config_entry *entry = el4_config_find_entry(section, name);
    if (!entry) {
        entry = g_new0(struct config_entry, 1);
        entry->name = g_strdup(name);
        g_ptr_array_add(section->entries, entry);
        g_hash_table_insert(section->by_key, entry->name, entry);
    }
    return entry;
}

static const char *working_folder(struct el4_config *config)
{
    if (!config->working_folder) {
        config->working_folder = g_get_current_dir();
    }
    return config->working_folder;
}

static struct config_setting *new_setting(struct el4_config *config,
                                          const struct config_source *source)
{
    struct config_setting *setting = g_new0(struct config_setting, 1);
    setting->pieces = g_ptr_array_new_with_free_func(free_piece);
    setting->text = g_string_new(NULL);
    setting->origin = g_strdup(source->origin);
    setting->folder = g_strdup(source->folder ? source->folder : working_folder(config));
    setting->reading = source->reading;
    return setting;
}

void el4_config_add_line(struct el4_config *config, const char *section, const char *key,
                         const char *value, const struct config_source *source)
{
    struct config_section *where =
        el4_config_mention_section(config, section, source->origin, source->line);
    struct config_entry *entry = make_entry(where, key);
    struct config_setting **setting = &entry->layers[source->layer];
    bool goes_on = *setting && source->reading && (*setting)->reading == source->reading;
    if (!goes_on) {
        free_setting(*setting);
        *setting = new_setting(config, source);
    }
    struct config_piece *piece = g_new0(struct config_piece, 1);
    piece->text = g_strdup(value);
    piece->line = source->line;
    piece->continued = source->continued;
    g_ptr_array_add((*setting)->pieces, piece);
    g_string_append_printf((*setting)->text, "%s%s", goes_on ? " " : "", value);
}

const struct config_setting *el4_config_top_setting(const struct config_entry *entry)
{
    for (int layer = EL4_CONFIG_LAYER_COUNT; entry && layer-- > 0;) {
        if (entry->layers[layer]) {
            return entry->layers[layer];
        }
    }
    return NULL;
}

static const char *layer_origin(enum el4_config_layer layer)
{
    switch (layer) {
    case EL4_CONFIG_LAYER_BOARD: return "board default";
    case EL4_CONFIG_LAYER_OVERRIDE: return "-s option";
    default: return "command line";
    }
}

static char *place_of(const struct config_source *source)
{
    return source->line ? g_strdup_printf("%s:%u", source->origin, source->line)
                        : g_strdup(source->origin);
}

static bool set_from(struct el4_config *config, const struct config_source *source,
                     const char *section, const char *key, const char *value, GError **error)
{
    const char *problem = NULL;
    g_autofree char *name = el4_config_section_name(section, strlen(section), &problem);
    if (name) {
        problem = el4_config_key_name_problem(key);
    }
    if (!problem) {
        problem = el4_config_text_problem(value, strlen(value));
    }
    if (!problem && strlen(value) > EL4_CONFIG_VALUE_MAX) {
        problem = "the value is longer than 4096 bytes; put it into a file";
    }
    if (problem) {
        g_autofree char *shown = g_strescape(key, NULL);
        g_autofree char *place = place_of(source);
        g_set_error(error, EL4_CONFIG_ERROR, EL4_CONFIG_ERROR_SYNTAX, "%s: [%s] %.60s: %s",
                    place, name ? name : "?", shown, problem);
        return false;
    }
    el4_config_add_line(config, name, key, value, source);
    return true;
}

bool el4_config_set(struct el4_config *config, enum el4_config_layer layer, const char *section,
                    const char *key, const char *value, const char *origin, GError **error)
{
    g_return_val_if_fail((unsigned)layer < EL4_CONFIG_LAYER_COUNT, false);
    struct config_source source = {.layer = layer,
                                   .origin = origin ? origin : layer_origin(layer)};
    return set_from(config, &source, section, key, value, error);
}

static bool set_option(struct el4_config *config, const struct config_source *source,
                       const char *option, GError **error)
{
    const char *equals = strchr(option, '=');
    const char *dot = equals ? g_strrstr_len(option, equals - option, ".") : NULL;
    if (!dot) {
        g_autofree char *shown = g_strescape(option, NULL);
        g_autofree char *place = place_of(source);
        g_set_error(error, EL4_CONFIG_ERROR, EL4_CONFIG_ERROR_SYNTAX,
                    "%s: '%.60s' is not an override; write section.key=value", place, shown);
        return false;
    }
    g_autofree char *section = g_strndup(option, (size_t)(dot - option));
    g_autofree char *key = g_strndup(dot + 1, (size_t)(equals - dot - 1));
    g_autofree char *value = g_strdup(equals + 1);
    return set_from(config, source, section, g_strstrip(key), g_strstrip(value), error);
}

bool el4_config_set_override(struct el4_config *config, const char *option, GError **error)
{
    struct config_source source = {.layer = EL4_CONFIG_LAYER_OVERRIDE,
                                   .origin = layer_origin(EL4_CONFIG_LAYER_OVERRIDE)};
    return set_option(config, &source, option, error);
}

bool el4_config_set_override_of(struct el4_config *config, const char *option, const char *file,
                                unsigned line, GError **error)
{
    g_autofree char *folder = el4_config_absolute_folder(file);
    struct config_source source = {
        .layer = EL4_CONFIG_LAYER_OVERRIDE, .origin = file, .folder = folder, .line = line};
    return set_option(config, &source, option, error);
}

void el4_config_allow_settings(struct el4_config *config)
{
    config->allows_settings = true;
}

static void visit_setting(const struct config_section *section,
                          const struct config_entry *entry,
                          void (*visit)(const struct el4_config_line *line, void *data),
                          void *data)
{
    const struct config_setting *setting = entry->layers[EL4_CONFIG_LAYER_FILE];
    for (guint i = 0; setting && i < setting->pieces->len; i++) {
        const struct config_piece *piece = g_ptr_array_index(setting->pieces, i);
        const struct el4_config_line line = {
            .section = section->name,
            .key = entry->name,
            .text = piece->text,
            .file = setting->origin,
            .folder = setting->folder,
            .line = piece->line,
            .continued = piece->continued,
            .again = i > 0,
        };
        visit(&line, data);
    }
}

void el4_config_each_line(const struct el4_config *config,
                          void (*visit)(const struct el4_config_line *line, void *data),
                          void *data)
{
    for (guint i = 0; i < config->mentioned->len; i++) {
        const struct config_section *section = g_ptr_array_index(config->mentioned, i);
        for (guint j = 0; j < section->entries->len; j++) {
            visit_setting(section, g_ptr_array_index(section->entries, j), visit, data);
        }
    }
}

GPtrArray *el4_config_sections(const struct el4_config *config, const char *prefix)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    size_t length = prefix ? strlen(prefix) : 0;
    for (guint i = 0; i < config->mentioned->len; i++) {
        const struct config_section *section = g_ptr_array_index(config->mentioned, i);
        const char *name = section->name;
        if (!prefix || (strncmp(name, prefix, length) == 0 &&
                        (name[length] == ' ' || name[length] == '\0'))) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    return names;
}

bool el4_config_ignore_section(struct el4_config *config, const char *section)
{
    struct config_section *found = el4_config_find_section(config, section);
    for (guint i = 0; found && i < found->entries->len; i++) {
        const struct config_entry *entry = g_ptr_array_index(found->entries, i);
        if (entry->layers[EL4_CONFIG_LAYER_OVERRIDE] ||
            entry->layers[EL4_CONFIG_LAYER_SHORTCUT]) {
            return false;
        }
    }
    if (found) {
        found->ignored = true;
    }
    return found != NULL;
}

char *el4_config_section_origin(const struct el4_config *config, const char *section)
{
    const struct config_section *found = el4_config_find_section(config, section);
    return found ? g_strdup(found->origin) : NULL;
}

static const struct config_setting *find_setting(const struct el4_config *config,
                                                 const char *section, const char *key)
{
    const struct config_section *found = el4_config_find_section(config, section);
    return found ? el4_config_top_setting(el4_config_find_entry(found, key)) : NULL;
}

const struct el4_config_key *el4_config_find_key(const struct el4_config *config,
                                                 const char *section, const char *key)
{
    const struct config_section *found = el4_config_find_section(config, section);
    const struct config_known_key *known = found ? el4_config_find_known_key(found, key) : NULL;
    return known ? &known->key : NULL;
}

const char *el4_config_get_text(const struct el4_config *config, const char *section,
                                const char *key)
{
    const struct config_setting *setting = find_setting(config, section, key);
    if (setting) {
        return setting->text->str;
    }
    const struct el4_config_key *known = el4_config_find_key(config, section, key);
    return known ? known->default_text : NULL;
}

bool el4_config_is_set(const struct el4_config *config, const char *section, const char *key)
{
    const char *text = el4_config_get_text(config, section, key);
    const struct el4_config_key *known = el4_config_find_key(config, section, key);
    return text && (*text || !known || known->type != EL4_CONFIG_PATH);
}

void el4_config_append_origin(GString *out, const struct config_setting *setting,
                              const struct config_piece *piece)
{
    g_string_append(out, setting->origin);
    if (piece->line) {
        g_string_append_printf(out, ":%u", piece->line);
    }
}

char *el4_config_origin(const struct el4_config *config, const char *section, const char *key)
{
    const struct config_setting *setting = find_setting(config, section, key);
    if (!setting) {
        return g_strdup(el4_config_get_text(config, section, key) ? "default" : "unset");
    }
    GString *origin = g_string_new(NULL);
    el4_config_append_origin(origin, setting, g_ptr_array_index(setting->pieces, 0));
    return g_string_free(origin, FALSE);
}

void el4_config_value_error(const struct el4_config *config, const char *section,
                            const char *key, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *origin = el4_config_origin(config, section, key);
    g_set_error(error, EL4_CONFIG_ERROR, EL4_CONFIG_ERROR_VALUE, "%s: [%s] %s: %s", origin,
                section, key, text);
}

void el4_config_each_key(const struct el4_config *config,
                         void (*visit)(const char *section, const struct el4_config_key *key,
                                       void *data),
                         void *data)
{
    for (guint i = 0; i < config->sections->len; i++) {
        const struct config_section *section = g_ptr_array_index(config->sections, i);
        for (guint j = 0; j < section->keys->len; j++) {
            const struct config_known_key *known = g_ptr_array_index(section->keys, j);
            visit(section->name, &known->key, data);
        }
    }
}

/* The checked value of a key of the given type; anything else is a mistake in the caller. */
static const struct el4_config_value *checked_value(const struct el4_config *config,
                                                    const char *section, const char *key,
                                                    enum el4_config_type type)
{
    const struct config_section *found = el4_config_find_section(config, section);
    const struct config_known_key *known = found ? el4_config_find_known_key(found, key) : NULL;
    if (!known) {
        g_error("no schema declares [%s] %s", section, key);
    }
    if (known->key.type != type) {
        g_error("[%s] %s is read as another type than its schema's", section, key);
    }
    if (!found->checked) {
        g_error("[%s] %s is read before el4_config_check()", section, key);
    }
    return &known->value;
}

bool el4_config_get_bool(const struct el4_config *config, const char *section, const char *key)
{
    return checked_value(config, section, key, EL4_CONFIG_BOOL)->boolean;
}

int64_t el4_config_get_int(const struct el4_config *config, const char *section,
                           const char *key)
{
    return checked_value(config, section, key, EL4_CONFIG_INT)->integer;
}

uint64_t el4_config_get_uint(const struct el4_config *config, const char *section,
                             const char *key)
{
    return checked_value(config, section, key, EL4_CONFIG_UINT)->number;
}

uint64_t el4_config_get_size(const struct el4_config *config, const char *section,
                             const char *key)
{
    return checked_value(config, section, key, EL4_CONFIG_SIZE)->number;
}

const char *el4_config_get_string(const struct el4_config *config, const char *section,
                                  const char *key)
{
    return checked_value(config, section, key, EL4_CONFIG_STRING)->text;
}

int el4_config_get_enum(const struct el4_config *config, const char *section, const char *key)
{
    const struct el4_config_value *value = checked_value(config, section, key, EL4_CONFIG_ENUM);
    return value->set ? (int)value->integer : -1;
}

const char *const *el4_config_get_list(const struct el4_config *config, const char *section,
                                       const char *key, size_t *count)
{
    const struct el4_config_key *known = el4_config_find_key(config, section, key);
    bool is_paths = known && known->type == EL4_CONFIG_PATHS;
    const struct el4_config_value *value =
        checked_value(config, section, key, is_paths ? EL4_CONFIG_PATHS : EL4_CONFIG_LIST);
    if (count) {
        /* The array's last element is the NULL. */
        *count = value->set ? value->words->len - 1 : 0;
    }
    return value->set ? (const char *const *)value->words->pdata : NULL;
}

const struct el4_config_range *el4_config_get_ranges(const struct el4_config *config,
                                                     const char *section, const char *key,
                                                     size_t *count)
{
    const struct el4_config_value *value =
        checked_value(config, section, key, EL4_CONFIG_RANGES);
    *count = value->set ? value->ranges->len : 0;
    return value->set ? (const struct el4_config_range *)value->ranges->data : NULL;
}

const char *el4_config_get_path(const struct el4_config *config, const char *section,
                                const char *key)
{
    return checked_value(config, section, key, EL4_CONFIG_PATH)->text;
}
