/* SPDX-License-Identifier: MIT */
/*
 * Members of JSON objects (json.h).
 */
#include "json.h"

#include <inttypes.h>

#define JSON_ERROR g_quark_from_static_string("el4-json")
#define DEPTH_MAX  16

/* ---- writing ---- */

void el4_json_add_text(JsonBuilder *builder, const char *name, const char *text)
{
    json_builder_set_member_name(builder, name);
    if (text) {
        json_builder_add_string_value(builder, text);
    } else {
        json_builder_add_null_value(builder);
    }
}

void el4_json_add_number(JsonBuilder *builder, const char *name, int64_t number)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, number);
}

void el4_json_add_hex(JsonBuilder *builder, const char *name, int digits, uint64_t number)
{
    g_autofree char *text = g_strdup_printf("0x%0*" PRIx64, digits, number);
    el4_json_add_text(builder, name, text);
}

void el4_json_add_flag(JsonBuilder *builder, const char *name, bool flag)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_boolean_value(builder, flag);
}

void el4_json_add_real(JsonBuilder *builder, const char *name, double number)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_double_value(builder, number);
}

void el4_json_begin_array(JsonBuilder *builder, const char *name)
{
    json_builder_set_member_name(builder, name);
    json_builder_begin_array(builder);
}

void el4_json_begin_object(JsonBuilder *builder, const char *name)
{
    json_builder_set_member_name(builder, name);
    json_builder_begin_object(builder);
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
double el4_json_real(JsonObject *object, const char *name)
{
    JsonNode *node = member(object, name, G_TYPE_DOUBLE);
    return node ? json_node_get_double(node) : (double)el4_json_number(object, name, 0);
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
