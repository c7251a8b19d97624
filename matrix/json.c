/* SPDX-License-Identifier: MIT */
/*
 * Members of JSON objects (json.h).
 */
#include "json.h"

#include <inttypes.h>

/* The year 5138. */
#define SECONDS_MOST 1e11

#define JSON_ERROR g_quark_from_static_string("el4-json")
#define DEPTH_MAX  16

/* ---- writing ---- */

/*
 * json-glib's writer makes an object of each value first, which took a sixteenth of a small
 * cell's CPU time.
 */

static void add_quoted(GString *json, const char *text)
{
    g_string_append_c(json, '"');
    for (const char *rest = text; *rest;) {
        size_t plain = 0;
        while ((unsigned char)rest[plain] >= ' ' && rest[plain] != '"' && rest[plain] != '\\') {
            plain++;
        }
        g_string_append_len(json, rest, (gssize)plain);
        rest += plain;
        switch (*rest) {
        case 0: continue;
        case '\n': g_string_append(json, "\\n"); break;
        case '"':
        case '\\':
            g_string_append_c(json, '\\');
            g_string_append_c(json, *rest);
            break;
        default: g_string_append_printf(json, "\\u%04x", (unsigned)*rest); break;
        }
        rest++;
    }
    g_string_append_c(json, '"');
}

/* A value follows: after its name, and a comma if it is not the first. */
static void begin_value(GString *json, const char *name)
{
    char last = json->len ? json->str[json->len - 1] : '{';
    if (last != '{' && last != '[') {
        g_string_append_c(json, ',');
    }
    if (name) {
        add_quoted(json, name);
        g_string_append_c(json, ':');
    }
}

void el4_json_begin_object(GString *json, const char *name)
{
    begin_value(json, name);
    g_string_append_c(json, '{');
}

void el4_json_end_object(GString *json)
{
    g_string_append_c(json, '}');
}

void el4_json_begin_array(GString *json, const char *name)
{
    begin_value(json, name);
    g_string_append_c(json, '[');
}

void el4_json_end_array(GString *json)
{
    g_string_append_c(json, ']');
}

void el4_json_add_text(GString *json, const char *name, const char *text)
{
    begin_value(json, name);
    if (text) {
        add_quoted(json, text);
    } else {
        g_string_append(json, "null");
    }
}

void el4_json_add_number(GString *json, const char *name, int64_t number)
{
    begin_value(json, name);
    g_string_append_printf(json, "%" PRId64, number);
}

void el4_json_add_hex(GString *json, const char *name, int digits, uint64_t number)
{
    begin_value(json, name);
    g_string_append_printf(json, "\"0x%0*" PRIx64 "\"", digits, number);
}

void el4_json_add_flag(GString *json, const char *name, bool flag)
{
    begin_value(json, name);
    g_string_append(json, flag ? "true" : "false");
}

void el4_json_add_real(GString *json, const char *name, double number)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    begin_value(json, name);
    g_string_append(json, g_ascii_formatd(text, sizeof(text), "%.16g", number));
}

void el4_json_add_texts(GString *json, const char *name, const GPtrArray *texts)
{
    el4_json_begin_array(json, name);
    for (guint i = 0; i < texts->len; i++) {
        el4_json_add_text(json, NULL, g_ptr_array_index(texts, i));
    }
    el4_json_end_array(json);
}

/* ---- reading ---- */

/* The member's node if it is there and holds a value of this type; else NULL. */
static JsonNode *member(JsonObject *object, const char *name, GType type)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type ? node
                                                                                         : NULL;
}

/* Half of a surrogate pair, written as \u and a number, becomes bytes that are no UTF-8. */
char *el4_json_text_of_node(JsonNode *node)
{
    bool is_text =
        node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
    return is_text ? g_utf8_make_valid(json_node_get_string(node), -1) : NULL;
}

char *el4_json_text(JsonObject *object, const char *name)
{
    return el4_json_text_of_node(json_object_get_member(object, name));
}

int64_t el4_json_number(JsonObject *object, const char *name, int64_t otherwise)
{
    JsonNode *node = member(object, name, G_TYPE_INT64);
    return node ? json_node_get_int(node) : otherwise;
}

bool el4_json_flag(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name, G_TYPE_BOOLEAN);
    return node && json_node_get_boolean(node);
}

/* Whole numbers are written without a point. */
double el4_json_seconds(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name, G_TYPE_DOUBLE);
    double seconds =
        node ? json_node_get_double(node) : (double)el4_json_number(object, name, 0);
    return seconds >= 0 ? MIN(seconds, SECONDS_MOST) : 0;
}

void el4_json_texts(JsonObject *object, const char *name, GPtrArray *into)
{
    JsonNode *node = json_object_get_member(object, name);
    JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        char *text = el4_json_text_of_node(json_array_get_element(array, i));
        if (text) {
            g_ptr_array_add(into, text);
        }
    }
}

uint64_t el4_json_hex_of_node(JsonNode *node)
{
    g_autofree char *text = el4_json_text_of_node(node);
    return text ? g_ascii_strtoull(text, NULL, 16) : 0;
}

uint64_t el4_json_hex(JsonObject *object, const char *name)
{
    return el4_json_hex_of_node(json_object_get_member(object, name));
}

JsonObject *el4_json_object(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

/*
 * json-glib reads nested values by recursion, with no bound of its own, so they are counted
 * before. It also takes comments and texts in single quotes, which JSON has not, and in which a
 * bracket or a quote is none: both are refused. False with *error.
 */
static bool can_be_parsed(const char *line, gsize length, GError **error)
{
    unsigned depth = 0;
    bool in_text = false;
    for (gsize i = 0; i < length; i++) {
        char c = line[i];
        if (in_text && c == '\\') {
            i++;
        } else if (c == '"') {
            in_text = !in_text;
        } else if (!in_text && (c == '/' || c == '\'')) {
            g_set_error(error, JSON_ERROR, 0, "'%c' outside of a text is not JSON", c);
            return false;
        } else if (!in_text && (c == '[' || c == '{') && ++depth > DEPTH_MAX) {
            g_set_error(error, JSON_ERROR, 0, "JSON is nested deeper than %d levels",
                        DEPTH_MAX);
            return false;
        } else if (!in_text && (c == ']' || c == '}')) {
            depth -= depth > 0;
        }
    }
    return true;
}

JsonObject *el4_json_parse(JsonParser *parser, const char *line, gsize length, GError **error)
{
    if (!can_be_parsed(line, length, error) ||
        !json_parser_load_from_data(parser, line, (gssize)length, error)) {
        return NULL;
    }
    JsonNode *root = json_parser_get_root(parser);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        g_set_error(error, JSON_ERROR, 0, "not a JSON object");
        return NULL;
    }
    return json_node_get_object(root);
}
