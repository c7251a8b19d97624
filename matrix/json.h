/* SPDX-License-Identifier: MIT */
/*
 * Members of JSON objects, written and read. Reading takes any JSON: a member that is missing,
 * or of another type, is as if it had no value.
 */
#ifndef EL4_MATRIX_JSON_H
#define EL4_MATRIX_JSON_H

#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Writing: to the end of a text, commas included. `name` is NULL for what is no member of an
 * object: an array's elements, and the outermost value. Texts are valid UTF-8.
 */
void el4_json_begin_object(GString *json, const char *name);
void el4_json_end_object(GString *json);
void el4_json_begin_array(GString *json, const char *name);
void el4_json_end_array(GString *json);
/* NULL is written as null. */
void el4_json_add_text(GString *json, const char *name, const char *text);
void el4_json_add_number(GString *json, const char *name, int64_t number);
/* As "0x" and at least so many digits: readers of JSON would round large numbers. */
void el4_json_add_hex(GString *json, const char *name, int digits, uint64_t number);
void el4_json_add_flag(GString *json, const char *name, bool flag);
void el4_json_add_real(GString *json, const char *name, double number);
/* An array of char *. */
void el4_json_add_texts(GString *json, const char *name, const GPtrArray *texts);

/* Valid UTF-8, which the caller frees; NULL: no text. */
char *el4_json_text(JsonObject *object, const char *name);
char *el4_json_text_of_node(JsonNode *node);
int64_t el4_json_number(JsonObject *object, const char *name, int64_t otherwise);
bool el4_json_flag(JsonObject *object, const char *name);
/* Within what a clock or a duration can be: what is computed from it must not overflow. */
double el4_json_seconds(JsonObject *object, const char *name);
/* Appends an array's texts to what the caller owns. */
void el4_json_texts(JsonObject *object, const char *name, GPtrArray *into);
/* Of hexadecimal text; 0 if it is none. */
uint64_t el4_json_hex(JsonObject *object, const char *name);
uint64_t el4_json_hex_of_node(JsonNode *node);
/* NULL: no object. */
JsonObject *el4_json_object(JsonObject *object, const char *name);

/* The object that a text is, owned by the parser; NULL and *error if it is something else. */
JsonObject *el4_json_parse(JsonParser *parser, const char *text, gsize length, GError **error);

#endif
