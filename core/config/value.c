/* SPDX-License-Identifier: MIT */
/*
 * From a key's text to its typed value, and back. Numbers are parsed here, not with strtoull(),
 * which takes octal, signs and white space that a reader of the file would not expect.
 */
#include "config/value.h"

#include "config/config.h"
#include "config/text.h"

#include <inttypes.h>
#include <string.h>

bool el4_config_type_is_list(uint32_t type)
{
    return type == EL4_CONFIG_LIST || type == EL4_CONFIG_RANGES || type == EL4_CONFIG_PATHS;
}

void el4_config_value_clear(struct el4_config_value *value)
{
    g_free(value->text);
    if (value->words) {
        g_ptr_array_unref(value->words);
    }
    if (value->ranges) {
        g_array_unref(value->ranges);
    }
    *value = (struct el4_config_value){0};
}

/* How a number's text can fail, so that each caller can say what it wanted instead. */
enum number_result {
    NUMBER_FINE,
    NUMBER_BAD,
    NUMBER_LEADING_ZERO,
    NUMBER_TOO_LARGE,
};

/* All of `length` bytes must be digits: decimal, or hex after 0x. */
static enum number_result parse_number(const char *text, size_t length, uint64_t *number)
{
    unsigned base = 10;
    size_t at = 0;
    if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        at = 2;
    } else if (length == 0) {
        return NUMBER_BAD;
    }
    bool too_large = false;
    uint64_t result = 0;
    for (size_t i = at; i < length; i++) {
        int digit = base == 16 ? g_ascii_xdigit_value(text[i]) : g_ascii_digit_value(text[i]);
        if (digit < 0) {
            return NUMBER_BAD;
        }
        too_large |= result > (UINT64_MAX - (unsigned)digit) / base;
        result = result * base + (unsigned)digit;
    }
    if (base == 10 && length > 1 && text[0] == '0') {
        return NUMBER_LEADING_ZERO;
    }
    *number = result;
    return too_large ? NUMBER_TOO_LARGE : NUMBER_FINE;
}

static char *number_problem(enum number_result result, const char *text, const char *wanted)
{
    switch (result) {
    case NUMBER_LEADING_ZERO:
        return g_strdup_printf("'%s' has a leading zero; write it without, or as 0x... in hex",
                               text);
    case NUMBER_TOO_LARGE:
        return g_strdup_printf("'%s' does not fit 64 bits; give a smaller number", text);
    default: return g_strdup_printf("'%s' is not a %s", text, wanted);
    }
}

static bool has_limits(const struct el4_config_key *key)
{
    return key->min || key->max;
}

void el4_config_append_limits(const struct el4_config_key *key, GString *out)
{
    if (!has_limits(key)) {
        return;
    }
    switch (key->type) {
    case EL4_CONFIG_INT:
        g_string_append_printf(out, "%" PRId64 " to %" PRId64, (int64_t)key->min,
                               (int64_t)key->max);
        break;
    case EL4_CONFIG_RANGES:
        g_string_append_printf(out, "0x%" PRIx64 " to 0x%" PRIx64, key->min, key->max);
        break;
    default: g_string_append_printf(out, "%" PRIu64 " to %" PRIu64, key->min, key->max);
    }
}

static char *limits_problem(const struct el4_config_key *key, const char *text)
{
    g_autoptr(GString) limits = g_string_new(NULL);
    el4_config_append_limits(key, limits);
    return g_strdup_printf("'%s' is out of range; give %s", text, limits->str);
}

static bool parse_bool(struct el4_config_value *value, const char *text, char **problem)
{
    static const char *const names[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            value->boolean = i & 1;
            return true;
        }
    }
    *problem = g_strdup_printf("'%s' is neither yes nor no; write one of them", text);
    return false;
}

static bool parse_int(struct el4_config_value *value, const struct el4_config_key *key,
                      const char *text, char **problem)
{
    bool negative = text[0] == '-';
    const char *digits = text + (negative || text[0] == '+');
    uint64_t magnitude = 0;
    enum number_result result = parse_number(digits, strlen(digits), &magnitude);
    if (result == NUMBER_FINE && magnitude > (uint64_t)INT64_MAX + negative) {
        result = NUMBER_TOO_LARGE;
    }
    if (result != NUMBER_FINE) {
        *problem = number_problem(result, text, "number; write a decimal or 0x number");
        return false;
    }
    value->integer = (int64_t)(negative ? 0 - magnitude : magnitude);
    if (has_limits(key) &&
        (value->integer < (int64_t)key->min || value->integer > (int64_t)key->max)) {
        *problem = limits_problem(key, text);
        return false;
    }
    return true;
}

/* The power of two that a size's last byte stands for; 0 if it is no suffix. */
static unsigned size_suffix_shift(char byte)
{
    switch (byte) {
    case 'k':
    case 'K': return 10;
    case 'm':
    case 'M': return 20;
    case 'g':
    case 'G': return 30;
    case 't':
    case 'T': return 40;
    default: return 0;
    }
}

static enum number_result parse_size(const char *text, size_t length, uint64_t *size)
{
    unsigned shift = length ? size_suffix_shift(text[length - 1]) : 0;
    uint64_t number = 0;
    enum number_result result = parse_number(text, length - (shift != 0), &number);
    *size = number << shift;
    return result == NUMBER_FINE && number > UINT64_MAX >> shift ? NUMBER_TOO_LARGE : result;
}

bool el4_config_read_number(const char *text, size_t length, uint64_t *number)
{
    return parse_size(text, length, number) == NUMBER_FINE;
}

static bool parse_unsigned(struct el4_config_value *value, const struct el4_config_key *key,
                           const char *text, char **problem)
{
    bool is_size = key->type == EL4_CONFIG_SIZE;
    uint64_t number = 0;
    enum number_result result = is_size ? parse_size(text, strlen(text), &number)
                                        : parse_number(text, strlen(text), &number);
    if (result != NUMBER_FINE) {
        *problem = number_problem(
            result, text,
            is_size ? "size; write a whole number, with K, M, G or T behind it if need be"
                    : "number; write a decimal or 0x number without a sign");
        return false;
    }
    value->number = number;
    if (has_limits(key) && (value->number < key->min || value->number > key->max)) {
        *problem = limits_problem(key, text);
        return false;
    }
    return true;
}

static bool parse_enum(struct el4_config_value *value, const struct el4_config_key *key,
                       const char *text, char **problem)
{
    for (int i = 0; key->choices[i]; i++) {
        if (strcmp(text, key->choices[i]) == 0) {
            value->integer = i;
            return true;
        }
    }
    g_autofree char *choices = g_strjoinv(", ", (char **)key->choices);
    *problem = g_strdup_printf("'%s' is not a choice here; write one of %s", text, choices);
    return false;
}

/*
 * Words between commas and white space. A comma may end the line, since the next may go on with
 * the list; two commas with nothing between are more likely a slip.
 */
static GPtrArray *split_words(const char *text, char **problem)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    bool want_word = true;
    const char *at = text;
    while (*at) {
        size_t length = strcspn(at, ", \t");
        if (length) {
            g_ptr_array_add(words, g_strndup(at, length));
            want_word = false;
            at += length;
        } else if (*at == ',' && want_word) {
            *problem = g_strdup("there is nothing before a comma; remove the comma");
            return NULL;
        } else {
            want_word |= *at == ',';
            at++;
        }
    }
    return g_steal_pointer(&words);
}

/* The array takes the words over. */
static void add_words(struct el4_config_value *value, GPtrArray *words)
{
    if (value->words) {
        g_ptr_array_extend_and_steal(value->words, words);
    } else {
        value->words = words;
    }
}

static bool parse_list(struct el4_config_value *value, const char *text, char **problem)
{
    GPtrArray *words = split_words(text, problem);
    if (words) {
        add_words(value, words);
    }
    return words;
}

static bool parse_id(const char *text, size_t length, uint64_t *id)
{
    return length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') &&
           parse_number(text, length, id) == NUMBER_FINE;
}

static bool parse_range(const struct el4_config_key *key, const char *word,
                        struct el4_config_range *range, char **problem)
{
    const char *dash = strchr(word, '-');
    size_t first_length = dash ? (size_t)(dash - word) : strlen(word);
    const char *last = dash ? dash + 1 : word;
    if (!parse_id(word, first_length, &range->first) ||
        !parse_id(last, strlen(last), &range->last)) {
        *problem = g_strdup_printf("'%s' is not a range of ids; write 0xFIRST-0xLAST without "
                                   "spaces, or one id as 0xID",
                                   word);
        return false;
    }
    if (range->first > range->last) {
        *problem = g_strdup_printf("'%s' ends before it starts; swap the ids", word);
        return false;
    }
    if (has_limits(key) && (range->first < key->min || range->last > key->max)) {
        *problem = limits_problem(key, word);
        return false;
    }
    return true;
}

static bool parse_ranges(struct el4_config_value *value, const struct el4_config_key *key,
                         const char *text, char **problem)
{
    g_autoptr(GPtrArray) words = split_words(text, problem);
    if (!words) {
        return false;
    }
    if (!value->ranges) {
        value->ranges = g_array_new(FALSE, TRUE, sizeof(struct el4_config_range));
    }
    for (guint i = 0; i < words->len; i++) {
        struct el4_config_range range = {0};
        if (!parse_range(key, g_ptr_array_index(words, i), &range, problem)) {
            return false;
        }
        g_array_append_val(value->ranges, range);
    }
    return true;
}

/* Not canonical: "a/../b" is another file than "b" where a is a symbolic link. */
static char *absolute_path(const char *text, const char *folder)
{
    if (g_path_is_absolute(text)) {
        return g_strdup(text);
    }
    g_autofree char *working_folder = folder ? NULL : g_get_current_dir();
    return g_build_filename(folder ? folder : working_folder, text, NULL);
}

static bool parse_paths(struct el4_config_value *value, const char *text, const char *folder,
                        char **problem)
{
    GPtrArray *words = split_words(text, problem);
    for (guint i = 0; words && i < words->len; i++) {
        char *word = words->pdata[i];
        words->pdata[i] = absolute_path(word, folder);
        g_free(word);
    }
    if (words) {
        add_words(value, words);
    }
    return words;
}

bool el4_config_value_add(struct el4_config_value *value, const struct el4_config_key *key,
                          const char *text, const char *folder, char **problem)
{
    value->set = true;
    switch ((enum el4_config_type)key->type) {
    case EL4_CONFIG_BOOL: return parse_bool(value, text, problem);
    case EL4_CONFIG_INT: return parse_int(value, key, text, problem);
    case EL4_CONFIG_UINT:
    case EL4_CONFIG_SIZE: return parse_unsigned(value, key, text, problem);
    case EL4_CONFIG_ENUM: return parse_enum(value, key, text, problem);
    case EL4_CONFIG_LIST: return parse_list(value, text, problem);
    case EL4_CONFIG_PATHS: return parse_paths(value, text, folder, problem);
    case EL4_CONFIG_RANGES: return parse_ranges(value, key, text, problem);
    case EL4_CONFIG_STRING:
        g_free(value->text);
        value->text = g_strdup(text);
        return true;
    case EL4_CONFIG_PATH:
        g_free(value->text);
        value->set = text[0] != '\0';
        value->text = value->set ? absolute_path(text, folder) : NULL;
        return true;
    }
    g_assert_not_reached(); /* el4_config_add_schema() refuses other types */
}
