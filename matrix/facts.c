/* SPDX-License-Identifier: MIT */
/*
 * What a line of a matrix file says, as values: once for a line that is the same for all cells,
 * else once for each text that the axes make of it.
 */
#include "config/text.h"
#include "config/value.h"
#include "pattern.h"
#include "private.h"

#include <string.h>

/* Longest limit of time: a week. */
#define SECONDS_MAX 604800.0

static struct matrix_fact *parse_seconds(struct matrix_fact *fact, const char *text,
                                         char **problem)
{
    char *end;
    fact->seconds = g_ascii_strtod(text, &end);
    bool is_none = fact->seconds == 0 && fact->key == MATRIX_KEY_MACHINE_SECONDS;
    if (end != text && !*end && (fact->seconds > 0 || is_none) &&
        fact->seconds <= SECONDS_MAX) {
        return fact;
    }
    *problem = g_strdup_printf("'%s' is not a number of seconds; write for example 60 or 0.5, "
                               "at most a week",
                               text);
    return NULL;
}

static struct matrix_fact *parse_guest_status(struct matrix_fact *fact, const char *text,
                                              char **problem)
{
    uint64_t number;
    fact->integer = -1;
    if (!strcmp(text, "any")) {
        return fact;
    }
    if (!el4_config_read_number(text, strlen(text), &number) || number > INT64_MAX) {
        *problem = g_strdup_printf("'%s' is not a status; write a number, or any", text);
        return NULL;
    }
    fact->integer = (int64_t)number;
    return fact;
}

static const struct el4_matrix_pattern *
make_pattern(struct matrix_pool *pool, const struct matrix_line *line, const char *text,
             struct el4_matrix_finder *finder, GRegex *regex)
{
    struct el4_matrix_pattern *pattern = matrix_pool_take(pool, sizeof(*pattern));
    *pattern = (struct el4_matrix_pattern){
        .finder = finder,
        .regex = regex,
        .text = (char *)matrix_pool_text(pool, text),
        .place = line->place,
    };
    return pattern;
}

static const struct el4_matrix_pattern *parse_pattern(struct matrix_pool *pool,
                                                      const struct matrix_line *line,
                                                      const char *text, char **problem)
{
    g_autofree char *what = NULL;
    struct el4_matrix_finder *finder = el4_matrix_finder_new(text, &what);
    if (!finder) {
        *problem = g_strdup_printf("%s; mend the regular expression (PCRE)", what);
        return NULL;
    }
    g_ptr_array_add(pool->finders, finder);
    return make_pattern(pool, line, text, finder, NULL);
}

static const struct el4_matrix_pattern *parse_pattern_of_bytes(struct matrix_pool *pool,
                                                               const struct matrix_line *line,
                                                               const char *text, char **problem)
{
    g_autoptr(GError) error = NULL;
    GRegex *regex = el4_matrix_regex_of_bytes(text, &error);
    if (!regex) {
        *problem = g_strdup_printf("%s; mend the regular expression (PCRE)", error->message);
        return NULL;
    }
    g_ptr_array_add(pool->regexes, regex);
    return make_pattern(pool, line, text, NULL, regex);
}

static struct matrix_fact *parse_console(struct matrix_pool *pool,
                                         const struct matrix_line *line,
                                         struct matrix_fact *fact, const char *text,
                                         char **problem)
{
    fact->items = matrix_pool_array(pool);
    fact->is_empty = !*text;
    const struct el4_matrix_pattern *pattern =
        fact->is_empty ? NULL : parse_pattern(pool, line, text, problem);
    if (pattern) {
        g_ptr_array_add(fact->items, (void *)pattern);
    }
    return pattern || fact->is_empty ? fact : NULL;
}

static struct matrix_fact *parse_input(struct matrix_pool *pool, const struct matrix_line *line,
                                       struct matrix_fact *fact, const char *text,
                                       char **problem)
{
    fact->is_empty = !*text;
    if (fact->is_empty) {
        return fact;
    }
    if (line->key == MATRIX_KEY_INPUT_AFTER) {
        fact->pattern = parse_pattern_of_bytes(pool, line, text, problem);
        return fact->pattern ? fact : NULL;
    }
    struct el4_matrix_input *input = matrix_parse_input(pool, text, problem);
    if (input) {
        input->place = line->place;
    }
    fact->input = input;
    return input ? fact : NULL;
}

static bool parse_words(struct matrix_pool *pool, const struct matrix_line *line,
                        struct matrix_fact *fact, const GPtrArray *words, char **problem)
{
    for (guint i = 0; words && i < words->len; i++) {
        const char *word = g_ptr_array_index(words, i);
        void *item = (void *)matrix_pool_text(pool, word);
        if (line->key == MATRIX_KEY_STATES) {
            struct el4_matrix_state *state = item = matrix_pool_take(pool, sizeof(*state));
            if (!matrix_parse_state(pool, word, state, problem)) {
                return false;
            }
            state->place = line->place;
        } else if (line->key == MATRIX_KEY_CALLS || line->key == MATRIX_KEY_CALLS_NOT) {
            struct el4_matrix_call *call = item = matrix_pool_take(pool, sizeof(*call));
            bool is_not = line->key == MATRIX_KEY_CALLS_NOT;
            if (!matrix_parse_call(pool, word, is_not, call, problem)) {
                return false;
            }
            call->place = line->place;
        }
        g_ptr_array_add(fact->items, item);
    }
    return true;
}

/* By the key's schema. */
static struct matrix_fact *parse_value(struct matrix_pool *pool, const struct matrix_line *line,
                                       struct matrix_fact *fact, const char *text,
                                       char **problem)
{
    struct el4_config_value value = {0};
    bool is_fine =
        el4_config_value_add(&value, matrix_key_schema(line->key), text, line->folder, problem);
    if (is_fine && matrix_key_is_list(line->key)) {
        fact->items = matrix_pool_array(pool);
        fact->is_empty = !value.words || !value.words->len;
        is_fine = parse_words(pool, line, fact, value.words, problem);
    } else if (is_fine) {
        fact->yes = value.boolean;
        fact->number = value.number;
        fact->integer = value.integer;
        fact->text = value.text ? matrix_pool_text(pool, value.text) : NULL;
        fact->is_empty = !fact->text || !*fact->text;
    }
    el4_config_value_clear(&value);
    return is_fine ? fact : NULL;
}

static struct matrix_fact *make_setting(struct matrix_pool *pool,
                                        const struct matrix_line *line,
                                        struct matrix_fact *fact, const char *text)
{
    g_autofree char *option = g_strdup_printf("%s=%s", line->name, text);
    fact->setting = matrix_pool_take(pool, sizeof(*fact->setting));
    *fact->setting = (struct matrix_setting){
        .setting = {.option = (char *)matrix_pool_text(pool, option), .place = line->place},
        .name = line->name,
    };
    return fact;
}

static struct matrix_fact *parse(struct matrix_load *load, const struct matrix_line *line,
                                 const char *text, char **problem)
{
    struct matrix_pool *pool = load->pool;
    struct matrix_fact *fact = matrix_pool_take(load->scratch, sizeof(*fact));
    fact->key = line->key;
    if (strlen(text) > EL4_CONFIG_VALUE_MAX) {
        *problem = g_strdup("the value is longer than 4096 bytes with its ${} filled in; "
                            "shorten it");
        return NULL;
    }
    switch (line->key) {
    case MATRIX_KEY_SETTING: return make_setting(pool, line, fact, text);
    case MATRIX_KEY_SECONDS:
    case MATRIX_KEY_MACHINE_SECONDS: return parse_seconds(fact, text, problem);
    case MATRIX_KEY_GUEST_STATUS: return parse_guest_status(fact, text, problem);
    case MATRIX_KEY_CONSOLE:
    case MATRIX_KEY_CONSOLE_NOT:
    case MATRIX_KEY_CONSOLE_ORDER: return parse_console(pool, line, fact, text, problem);
    case MATRIX_KEY_INPUT_AFTER:
    case MATRIX_KEY_INPUT: return parse_input(pool, line, fact, text, problem);
    default: return parse_value(pool, line, fact, text, problem);
    }
}

static struct matrix_fact *parse_or_report(struct matrix_load *load, struct matrix_line *line,
                                           const char *text)
{
    g_autofree char *problem = NULL;
    struct matrix_fact *fact = parse(load, line, text, &problem);
    if (!fact) {
        matrix_report_line(load, line, "%s", problem);
    }
    return fact;
}

const struct matrix_fact *matrix_line_fact(struct matrix_load *load, struct matrix_line *line,
                                           const char *const *axes, guint axis_words)
{
    if (line->is_refused) {
        return NULL;
    }
    if (!line->has_axes) {
        line->fact = line->fact ? line->fact : parse_or_report(load, line, line->text);
        return line->fact;
    }
    g_autofree char *problem = NULL;
    g_autofree char *text = matrix_text_axes(line->text, axes, axis_words, &problem);
    if (!text) {
        matrix_report_line(load, line, "%s", problem);
        return NULL;
    }
    if (!line->facts) {
        line->facts = g_hash_table_new(g_str_hash, g_str_equal);
        g_ptr_array_add(load->tables, line->facts);
    }
    struct matrix_fact *fact = g_hash_table_lookup(line->facts, text);
    size_t length = strlen(text);
    matrix_charge(load, length / 64);
    if (!fact) {
        fact = parse_or_report(load, line, text);
        load->pool->bytes += length + sizeof(*fact);
        g_hash_table_insert(line->facts, (void *)matrix_pool_text(load->pool, text), fact);
    }
    return fact;
}
