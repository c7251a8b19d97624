/* SPDX-License-Identifier: MIT */
/*
 * Writing and reading the protocol's lines. The peer is not trusted: whatever it sends is an
 * answer as it should be, or an error that says what was wrong.
 */
#include "message.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <string.h>

#define PROBLEM g_quark_from_static_string("el4-remote")

/* ---- writing: nothing in here needs escaping ---- */

char *message_hello(unsigned cpus)
{
    return g_strdup_printf("{\"hello\": \"el4\", \"protocol\": %d, \"cpus\": %u}\n",
                           MESSAGE_PROTOCOL, cpus);
}

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

char *message_call(uint64_t number, const struct el4_call *call)
{
    static const char *const conduits[] = {"smc", "hvc", "el4"};
    static const char *const callers[] = {"ns-el1", "ns-el2", "s-el1", "s-el2", "el3"};
    GString *line = g_string_sized_new(1024);
    g_string_append_printf(
        line,
        "{\"call\": %" G_GUINT64_FORMAT ", \"id\": \"0x%08x\", \"conduit\": \"%s\", "
        "\"caller\": \"%s\", \"cpu\": %u, \"el\": %u, \"secure\": %s, \"aarch32\": %s, "
        "\"hint\": %s, \"immediate\": %u, \"selector\": %u, \"args\": [",
        number, call->id, conduits[call->conduit], callers[__builtin_ctz(call->caller)],
        call->cpu, call->el, truth(call->secure), truth(call->aarch32), truth(call->hint),
        call->immediate, call->selector);
    for (unsigned i = 0; i < 18; i++) {
        g_string_append_printf(line, "%s\"0x%" G_GINT64_MODIFIER "x\"", i ? ", " : "",
                               el4_call_arg(call, i));
    }
    g_string_append(line, "]}\n");
    return g_string_free(line, FALSE);
}

char *message_data(const uint8_t *data, size_t bytes)
{
    if (!data) {
        return g_strdup("{\"data\": null}\n");
    }
    GString *line = g_string_sized_new(16 + 2 * bytes);
    g_string_append(line, "{\"data\": \"");
    for (size_t i = 0; i < bytes; i++) {
        g_string_append_printf(line, "%02x", data[i]);
    }
    g_string_append(line, "\"}\n");
    return g_string_free(line, FALSE);
}

char *message_written(bool is_memory)
{
    return g_strdup_printf("{\"written\": %s}\n", truth(is_memory));
}

/* ---- reading ---- */

/* An integer, or text that says one: "0x1f", "31", "-1". */
static bool take_number(JsonNode *node, const char *what, uint64_t *value, GError **error)
{
    GType type = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : 0;
    if (type == G_TYPE_INT64) {
        *value = (uint64_t)json_node_get_int(node);
        return true;
    }
    if (type == G_TYPE_STRING) {
        const char *text = json_node_get_string(node);
        char *end;
        errno = 0;
        *value = *text == '-' ? (uint64_t)g_ascii_strtoll(text, &end, 0)
                              : g_ascii_strtoull(text, &end, 0);
        if (!errno && end != text && !*end) {
            return true;
        }
    }
    g_set_error(error, PROBLEM, 0, "%s is no integer of 64 bits (write large ones as text)",
                what);
    return false;
}

static bool take_verdict(JsonObject *object, struct message *message, GError **error)
{
    static const struct {
        const char *name;
        enum el4_verdict verdict;
    } verdicts[] = {{"handled", EL4_HANDLED}, {"pass", EL4_PASS}, {"trap", EL4_TRAP}};
    message->verdict = EL4_HANDLED;
    if (!json_object_has_member(object, "verdict")) {
        return true;
    }
    const char *name = json_object_get_string_member_with_default(object, "verdict", "");
    for (size_t i = 0; i < G_N_ELEMENTS(verdicts); i++) {
        if (!g_strcmp0(name, verdicts[i].name)) {
            message->verdict = verdicts[i].verdict;
            return true;
        }
    }
    g_set_error(error, PROBLEM, 0, "\"verdict\" is not handled, pass or trap");
    return false;
}

static bool take_results(JsonObject *object, struct message *message, GError **error)
{
    JsonNode *node = json_object_get_member(object, "results");
    if (!node) {
        return true;
    }
    JsonArray *results = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    if (!results || json_array_get_length(results) > G_N_ELEMENTS(message->results)) {
        g_set_error(error, PROBLEM, 0, "\"results\" is no array of at most 18");
        return false;
    }
    for (guint i = 0; i < json_array_get_length(results); i++) {
        JsonNode *result = json_array_get_element(results, i);
        if (JSON_NODE_HOLDS_NULL(result)) {
            continue;
        }
        if (!take_number(result, "a result", &message->results[i], error)) {
            return false;
        }
        message->result_mask |= 1u << i;
    }
    return true;
}

static bool take_answer(JsonObject *object, struct message *message, GError **error)
{
    message->kind = MESSAGE_ANSWER;
    return take_number(json_object_get_member(object, "call"), "\"call\"", &message->call,
                       error) &&
           take_verdict(object, message, error) && take_results(object, message, error);
}

static bool take_place(JsonObject *object, const char *name, struct message *message,
                       GError **error)
{
    message->secure = json_object_get_boolean_member_with_default(object, "secure", FALSE);
    return take_number(json_object_get_member(object, name), name, &message->address, error);
}

static bool take_read(JsonObject *object, struct message *message, GError **error)
{
    uint64_t bytes;
    message->kind = MESSAGE_READ;
    if (!take_place(object, "read", message, error) ||
        !take_number(json_object_get_member(object, "bytes"), "\"bytes\"", &bytes, error)) {
        return false;
    }
    if (bytes > MESSAGE_BYTES_MAX) {
        g_set_error(error, PROBLEM, 0, "\"bytes\" is more than %u", MESSAGE_BYTES_MAX);
        return false;
    }
    message->bytes = bytes;
    return true;
}

static bool take_write(JsonObject *object, struct message *message, GError **error)
{
    message->kind = MESSAGE_WRITE;
    if (!take_place(object, "write", message, error)) {
        return false;
    }
    const char *digits = json_object_get_string_member_with_default(object, "data", NULL);
    size_t length = digits ? strlen(digits) : 1;
    bool fits = length % 2 == 0 && length / 2 <= MESSAGE_BYTES_MAX;
    for (size_t i = 0; fits && i < length; i++) {
        fits = g_ascii_isxdigit(digits[i]);
    }
    if (!fits) {
        g_set_error(error, PROBLEM, 0, "\"data\" is not up to %u bytes in hex digits",
                    MESSAGE_BYTES_MAX);
        return false;
    }
    message->bytes = length / 2;
    for (size_t i = 0; i < message->bytes; i++) {
        message->data[i] = (uint8_t)(g_ascii_xdigit_value(digits[2 * i]) << 4 |
                                     g_ascii_xdigit_value(digits[2 * i + 1]));
    }
    return true;
}

bool message_parse(const char *line, size_t length, struct message *message, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    if (!json_parser_load_from_data(parser, line, (gssize)length, error)) {
        return false;
    }
    JsonNode *root = json_parser_get_root(parser);
    JsonObject *object =
        root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
    message->result_mask = 0;
    if (object && json_object_has_member(object, "call")) {
        return take_answer(object, message, error);
    }
    if (object && json_object_has_member(object, "read")) {
        return take_read(object, message, error);
    }
    if (object && json_object_has_member(object, "write")) {
        return take_write(object, message, error);
    }
    g_set_error(error, PROBLEM, 0, "no object with \"call\", \"read\" or \"write\"");
    return false;
}
