/* SPDX-License-Identifier: MIT */
/*
 * The words of `calls` and `states`.
 */
#include "private.h"

#include <string.h>

/* The largest number of a CPU; el4's boards have fewer. */
#define CPU_MAX 1023

static bool refuse(char **problem, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool refuse(char **problem, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *problem = g_strdup_vprintf(format, args);
    va_end(args);
    return false;
}

static bool read_number(const char *text, size_t length, uint64_t most, uint64_t *number)
{
    return el4_config_read_number(text, length, number) && *number <= most;
}

/* "ID" or "ID-ID", or "*". */
static bool parse_ids(const char *text, struct el4_matrix_call *call)
{
    uint64_t first = 0, last = UINT32_MAX;
    if (strcmp(text, "*") != 0) {
        const char *dash = strchr(text, '-');
        size_t length = dash ? (size_t)(dash - text) : strlen(text);
        if (!read_number(text, length, UINT32_MAX, &first)) {
            return false;
        }
        last = first;
        if (dash && !read_number(dash + 1, strlen(dash + 1), UINT32_MAX, &last)) {
            return false;
        }
    }
    call->first = (uint32_t)first;
    call->last = (uint32_t)last;
    return first <= last;
}

/* "N", "N-M" or "N-". */
static bool parse_count(const char *text, struct el4_matrix_call *call)
{
    const char *dash = strchr(text, '-');
    size_t length = dash ? (size_t)(dash - text) : strlen(text);
    if (!read_number(text, length, UINT64_MAX, &call->least)) {
        return false;
    }
    call->most = dash ? UINT64_MAX : call->least;
    return (!dash || !dash[1] ||
            read_number(dash + 1, strlen(dash + 1), UINT64_MAX, &call->most)) &&
           call->least <= call->most;
}

/* NULL for "*"; false if it is none of the words. */
static bool parse_choice(struct matrix_pool *pool, const char *text, const char *const *choices,
                         char **choice)
{
    *choice = NULL;
    if (!strcmp(text, "*")) {
        return true;
    }
    *choice = (char *)matrix_pool_text(pool, text);
    return g_strv_contains(choices, text);
}

bool matrix_parse_call(struct matrix_pool *pool, const char *word, bool is_not,
                       struct el4_matrix_call *call, char **problem)
{
    static const char *const conduits[] = {"smc", "hvc", "el4", NULL};
    static const char *const verdicts[] = {"handled", "trapped", "unclaimed", NULL};
    g_auto(GStrv) parts = g_strsplit(word, ":", 6);
    guint count = g_strv_length(parts);
    *call = (struct el4_matrix_call){
        .text = (char *)matrix_pool_text(pool, word),
        .last = UINT32_MAX,
        .least = is_not ? 0 : 1,
        .most = is_not ? 0 : UINT64_MAX,
    };
    if (count > (is_not ? 4 : 5)) {
        return refuse(problem,
                      "'%s' has too many parts; write CONDUIT:ID[-ID]:VERDICT:SERVICE%s", word,
                      is_not ? "" : ":COUNT");
    }
    if (!parse_choice(pool, parts[0], conduits, &call->conduit)) {
        return refuse(problem, "'%s': there is no conduit '%s'; write smc, hvc, el4 or *", word,
                      parts[0]);
    }
    if (count > 1 && !parse_ids(parts[1], call)) {
        return refuse(problem,
                      "'%s': '%s' is no function id; write 0x84000000, 0x84000000-0x8400001f "
                      "or *",
                      word, parts[1]);
    }
    if (count > 2 && !parse_choice(pool, parts[2], verdicts, &call->verdict)) {
        return refuse(problem,
                      "'%s': there is no verdict '%s'; write handled, trapped, unclaimed or *",
                      word, parts[2]);
    }
    if (count > 3 && !*parts[3]) {
        return refuse(problem, "'%s': the service has no name; write one, or *", word);
    }
    if (count > 3 && strcmp(parts[3], "*") != 0) {
        call->service = (char *)matrix_pool_text(pool, parts[3]);
    }
    if (count > 4 && !parse_count(parts[4], call)) {
        return refuse(problem, "'%s': '%s' is no count; write 3, 1-5 or 1-", word, parts[4]);
    }
    return true;
}

static bool is_register(const char *name)
{
    static const char *const others[] = {"sp", "pc", "pstate", "el", NULL};
    uint64_t number;
    if (g_strv_contains(others, name)) {
        return true;
    }
    return (name[0] == 'x' || name[0] == 'r') &&
           read_number(name + 1, strlen(name + 1), name[0] == 'x' ? 30 : 15, &number);
}

static bool parse_register(const char *word, const char *value, struct el4_matrix_state *state,
                           char **problem)
{
    const char *slash = strchr(value, '/');
    size_t length = slash ? (size_t)(slash - value) : strlen(value);
    state->mask = UINT64_MAX;
    if (!is_register(state->name)) {
        return refuse(problem,
                      "'%s': there is no '%s' to look at; write power, x0 to x30, r0 to r15, "
                      "sp, pc, pstate or el",
                      word, state->name);
    }
    if (!read_number(value, length, UINT64_MAX, &state->value) ||
        (slash && !read_number(slash + 1, strlen(slash + 1), UINT64_MAX, &state->mask))) {
        return refuse(problem,
                      "'%s': '%s' is no value; write 0x2a, or 0x80000/0xfffff000 to "
                      "compare under a mask",
                      word, value);
    }
    if (state->value & ~state->mask) {
        return refuse(problem,
                      "'%s': the value has bits that the mask leaves out, so it can't "
                      "fit; clear them",
                      word);
    }
    return true;
}

bool matrix_parse_state(struct matrix_pool *pool, const char *word,
                        struct el4_matrix_state *state, char **problem)
{
    static const char *const powers[] = {"on", "off", "suspended", "on-pending", NULL};
    const char *equals = strchr(word, '=');
    const char *dot = equals ? memchr(word, '.', (size_t)(equals - word)) : NULL;
    uint64_t cpu;
    if (!dot || !g_str_has_prefix(word, "cpu") ||
        !read_number(word + 3, (size_t)(dot - word) - 3, CPU_MAX, &cpu)) {
        return refuse(problem, "'%s' is no state; write cpu0.power=off or cpu0.x0=0x2a", word);
    }
    g_autofree char *name = g_strndup(dot + 1, (size_t)(equals - dot - 1));
    *state = (struct el4_matrix_state){
        .text = (char *)matrix_pool_text(pool, word),
        .cpu = (unsigned)cpu,
        .name = (char *)matrix_pool_text(pool, name),
    };
    if (strcmp(name, "power") != 0) {
        return parse_register(word, equals + 1, state, problem);
    }
    state->word = (char *)matrix_pool_text(pool, equals + 1);
    return g_strv_contains(powers, state->word) ||
           refuse(problem, "'%s': write on, off, suspended or on-pending", word);
}

/* ---- input ---- */

/* The byte that an escape stands for, and how long it is after its backslash; 0: it is none. */
static size_t read_escape(const char *text, uint8_t *byte)
{
    static const char letters[] = "nrt\\\"", bytes[] = "\n\r\t\\\"";
    if (text[0] == 'x' && g_ascii_isxdigit(text[1]) && g_ascii_isxdigit(text[2])) {
        *byte = (uint8_t)(g_ascii_xdigit_value(text[1]) << 4 | g_ascii_xdigit_value(text[2]));
        return 3;
    }
    const char *letter = *text ? strchr(letters, *text) : NULL;
    if (!letter) {
        return 0;
    }
    *byte = (uint8_t)bytes[letter - letters];
    return 1;
}

struct el4_matrix_input *matrix_parse_input(struct matrix_pool *pool, const char *text,
                                            char **problem)
{
    struct el4_matrix_input *input = matrix_pool_take(pool, sizeof(*input));
    input->text = (char *)matrix_pool_text(pool, text);
    input->bytes = matrix_pool_take(pool, strlen(text));
    for (const char *at = text; *at;) {
        uint8_t byte = (uint8_t)*at++;
        size_t length = byte == '\\' ? read_escape(at, &byte) : 0;
        if (byte == '\\' && !length) {
            *problem = g_strdup_printf("'\\%.1s' is no escape; write \\n, \\r, \\t, \\xNN, or "
                                       "\\\\ for a backslash",
                                       at);
            return NULL;
        }
        at += length;
        input->bytes[input->length++] = byte;
    }
    return input;
}
