/* SPDX-License-Identifier: MIT */
/*
 * Registers schema tables. A table may come from a plugin that was compiled against an older or
 * newer kit, so entries are read by the stride it states, cut or filled up with zeros to what
 * this core knows; a mistake in it is refused with a sentence, since its author reads that.
 */
#include "config/private.h"
#include "config/text.h"

#include <stdarg.h>
#include <string.h>

/* The fields of version 1: what a table must have at least. Grows never. */
#define SCHEMA_SIZE_MIN (offsetof(struct el4_config_schema, key_count) + sizeof(size_t))
#define KEY_SIZE_MIN    (offsetof(struct el4_config_key, help) + sizeof(const char *))

static bool refuse(GError **error, const char *section, const char *key, const char *format,
                   ...) G_GNUC_PRINTF(4, 5);

static bool refuse(GError **error, const char *section, const char *key, const char *format,
                   ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, EL4_CONFIG_ERROR, EL4_CONFIG_ERROR_SCHEMA, "schema of [%s]%s%s: %s",
                section, key ? " " : "", key ? key : "", text);
    return false;
}

static struct el4_config_key read_key(const struct el4_config_schema *schema, size_t index)
{
    struct el4_config_key key = {0};
    memcpy(&key, (const char *)schema->keys + index * schema->key_size,
           MIN(sizeof(key), schema->key_size));
    return key;
}

static bool check_limits(const struct el4_config_key *key, const char *section, GError **error)
{
    bool fine = true;
    switch ((enum el4_config_type)key->type) {
    case EL4_CONFIG_INT: fine = (int64_t)key->min <= (int64_t)key->max; break;
    case EL4_CONFIG_UINT:
    case EL4_CONFIG_SIZE:
    case EL4_CONFIG_RANGES: fine = key->min <= key->max; break;
    default:
        if (key->min || key->max) {
            return refuse(error, section, key->name, "min and max must be 0 for this type");
        }
    }
    return fine || refuse(error, section, key->name, "min is above max");
}

static bool check_default(const struct el4_config_key *key, const char *section, GError **error)
{
    if (!key->default_text) {
        return true;
    }
    if (key->flags & EL4_CONFIG_REQUIRED) {
        return refuse(error, section, key->name, "a required key can't have a default");
    }
    g_autofree char *problem = NULL;
    const char *bad_text =
        el4_config_text_problem(key->default_text, strlen(key->default_text));
    struct el4_config_value value = {0};
    if (bad_text || !el4_config_value_add(&value, key, key->default_text, NULL, &problem)) {
        el4_config_value_clear(&value);
        return refuse(error, section, key->name, "bad default: %s",
                      bad_text ? bad_text : problem);
    }
    el4_config_value_clear(&value);
    return true;
}

static bool check_key(const struct el4_config_key *key, const char *section, GError **error)
{
    const char *problem =
        key->name ? el4_config_key_name_problem(key->name) : "a key has no name";
    if (problem) {
        return refuse(error, section, NULL, "%s", problem);
    }
    if (strcmp(key->name, "include") == 0) {
        return refuse(error, section, key->name, "the name is reserved");
    }
    if (key->type > EL4_CONFIG_PATHS) {
        return refuse(error, section, key->name,
                      "type %u is not known; was it made for a newer el4?", key->type);
    }
    if (key->flags & ~EL4_CONFIG_REQUIRED) {
        return refuse(error, section, key->name,
                      "flags 0x%x are not known; was it made for a newer el4?", key->flags);
    }
    bool has_choices = key->choices && key->choices[0];
    if (has_choices != (key->type == EL4_CONFIG_ENUM)) {
        return refuse(error, section, key->name,
                      has_choices ? "only an enum has choices" : "an enum needs choices");
    }
    if (!key->help) {
        return refuse(error, section, key->name, "there is no help");
    }
    return check_limits(key, section, error) && check_default(key, section, error);
}

static bool check_schema(const char *section, const struct el4_config_schema *schema,
                         GError **error)
{
    if (schema->struct_size < SCHEMA_SIZE_MIN) {
        return refuse(error, section, NULL, "struct_size is %u, but must be at least %zu",
                      schema->struct_size, SCHEMA_SIZE_MIN);
    }
    if (schema->key_count && (!schema->keys || schema->key_size < KEY_SIZE_MIN ||
                              schema->key_size % _Alignof(struct el4_config_key))) {
        return refuse(error, section, NULL, "key_size is %u, but must be at least %zu",
                      schema->key_size, KEY_SIZE_MIN);
    }
    for (size_t i = 0; i < schema->key_count; i++) {
        struct el4_config_key key = read_key(schema, i);
        if (!check_key(&key, section, error)) {
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(read_key(schema, j).name, key.name) == 0) {
                return refuse(error, section, key.name, "the key is declared twice");
            }
        }
    }
    return true;
}

static const char *keep(struct el4_config *config, const char *text)
{
    return text ? g_string_chunk_insert(config->strings, text) : NULL;
}

static const char *const *keep_choices(struct el4_config *config, const char *const *choices)
{
    if (!choices || !choices[0]) {
        return NULL;
    }
    GPtrArray *kept = g_ptr_array_new();
    for (size_t i = 0; choices[i]; i++) {
        g_ptr_array_add(kept, (void *)keep(config, choices[i]));
    }
    g_ptr_array_add(kept, NULL);
    return (const char *const *)g_ptr_array_free(kept, FALSE);
}

static struct config_table *copy_schema(struct el4_config *config,
                                        const struct el4_config_schema *schema)
{
    struct config_table *table = g_new0(struct config_table, 1);
    table->count = schema->key_count;
    table->keys = g_new0(struct el4_config_key, table->count);
    table->help = keep(config, schema->help);
    for (size_t i = 0; i < table->count; i++) {
        struct el4_config_key *key = &table->keys[i];
        *key = read_key(schema, i);
        key->name = keep(config, key->name);
        key->default_text = keep(config, key->default_text);
        key->choices = keep_choices(config, key->choices);
        key->help = keep(config, key->help);
    }
    return table;
}

static const struct config_table *take_table(struct el4_config *config, const char *section,
                                             const struct el4_config_schema *schema,
                                             GError **error)
{
    if (!check_schema(section, schema, error)) {
        return NULL;
    }
    struct config_table *table = copy_schema(config, schema);
    g_ptr_array_add(config->tables, table);
    return table;
}

static bool check_new(const struct config_section *section, const struct config_table *table,
                      GError **error)
{
    for (size_t i = 0; i < table->count; i++) {
        if (el4_config_find_known_key(section, table->keys[i].name)) {
            return refuse(error, section->name, table->keys[i].name,
                          "the key is declared twice");
        }
    }
    return true;
}

static void add_keys(struct config_section *section, const struct config_table *table)
{
    section->has_schema = true;
    if (!section->help) {
        section->help = g_strdup(table->help);
    }
    for (size_t i = 0; i < table->count; i++) {
        struct config_known_key *known = g_new0(struct config_known_key, 1);
        known->key = table->keys[i];
        g_ptr_array_add(section->keys, known);
    }
    section->checked = false;
}

static bool add_table(struct el4_config *config, const char *name,
                      const struct config_table *table, GError **error)
{
    const struct config_section *earlier = el4_config_find_section(config, name);
    if (earlier && !check_new(earlier, table, error)) {
        return false;
    }
    add_keys(el4_config_make_section(config, name), table);
    return true;
}

/* NULL and *error if it is none; the caller frees it. */
static char *take_name(const char *wanted, GError **error)
{
    const char *problem = "the section has no name";
    char *name = wanted ? el4_config_section_name(wanted, strlen(wanted), &problem) : NULL;
    if (!name) {
        refuse(error, wanted ? wanted : "?", NULL, "%s", problem);
    }
    return name;
}

bool el4_config_add_schema(struct el4_config *config, const char *section,
                           const struct el4_config_schema *schema, GError **error)
{
    g_autofree char *name = take_name(section ? section : schema->section, error);
    if (!name) {
        return false;
    }
    const struct config_table *table = take_table(config, name, schema, error);
    return table && add_table(config, name, table, error);
}

bool el4_config_add_lasting_schema(struct el4_config *config, const char *section,
                                   const struct el4_config_schema *schema, GError **error)
{
    g_autofree char *name = take_name(section, error);
    if (!name) {
        return false;
    }
    const struct config_table *table = g_hash_table_lookup(config->lasting, schema);
    if (!table) {
        table = take_table(config, name, schema, error);
        if (table) {
            g_hash_table_insert(config->lasting, (void *)schema, (void *)table);
        }
    }
    return table && add_table(config, name, table, error);
}
