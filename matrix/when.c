/* SPDX-License-Identifier: MIT */
/*
 * `when`: which cells a rule or a filter means.
 */
#include "config/text.h"
#include "private.h"

#include <string.h>

/* How many candidates a message lists. */
#define LISTED_MAX 12

static int compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *matrix_hint(const char *word, GHashTable *candidates)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, candidates);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        g_ptr_array_add(names, name);
    }
    g_ptr_array_sort(names, compare_texts);
    const char *guess = el4_config_suggest(word, names);
    if (guess) {
        return g_strdup_printf("did you mean '%s'?", guess);
    }
    GString *hint = g_string_new(names->len ? "there is " : "there are none");
    for (guint i = 0; i < names->len && i < LISTED_MAX; i++) {
        g_string_append_printf(hint, "%s%s", i ? ", " : "",
                               (char *)g_ptr_array_index(names, i));
    }
    g_string_append(hint, names->len > LISTED_MAX ? " ..." : "");
    return g_string_free(hint, FALSE);
}

/* All names of a tag or value must be among the known ones. */
static bool check_values(const struct matrix_word *word, const char *text, GHashTable *known,
                         char **problem)
{
    for (guint i = 0; i < word->values->len; i++) {
        const char *value = g_ptr_array_index(word->values, i);
        if (!*value) {
            *problem = g_strdup_printf("'%s' names no value; write AXIS=VALUE", text);
            return false;
        }
        if (known && !g_hash_table_contains(known, value)) {
            g_autofree char *hint = matrix_hint(value, known);
            *problem = !strcmp(word->axis, "tag")
                           ? g_strdup_printf("no cell has the tag '%s'; %s", value, hint)
                           : g_strdup_printf("the axis %s has no value '%s'; %s", word->axis,
                                             value, hint);
            return false;
        }
    }
    return true;
}

struct matrix_word *matrix_when_word(struct matrix_pool *pool, const char *text,
                                     GHashTable *scope, GHashTable *tags, char **problem)
{
    const char *equals = strchr(text, '=');
    bool is_not = equals > text && equals[-1] == '!';
    if (!equals || equals - is_not == text) {
        *problem = g_strdup_printf("'%s' is no rule; write AXIS=VALUE, AXIS=VALUE|VALUE, "
                                   "AXIS!=VALUE or tag=WORD",
                                   text);
        return NULL;
    }
    g_autofree char *axis = g_strndup(text, (size_t)(equals - text) - is_not);
    bool is_tag = !strcmp(axis, "tag");
    if (!is_tag && !g_hash_table_contains(scope, axis)) {
        g_autofree char *hint = matrix_hint(axis, scope);
        *problem = g_strdup_printf("there is no axis '%s'; %s", axis, hint);
        return NULL;
    }
    struct matrix_word *word = matrix_pool_take(pool, sizeof(*word));
    word->axis = matrix_pool_text(pool, axis);
    word->is_not = is_not;
    word->values = matrix_pool_array(pool);
    g_auto(GStrv) values = g_strsplit(equals + 1, "|", -1);
    for (char **value = values; *value; value++) {
        g_ptr_array_add(word->values, (void *)matrix_pool_text(pool, *value));
    }
    if (!word->values->len) {
        g_ptr_array_add(word->values, (void *)matrix_pool_text(pool, ""));
    }
    GHashTable *known = is_tag ? tags : g_hash_table_lookup(scope, axis);
    return check_values(word, text, known, problem) ? word : NULL;
}

struct matrix_when *matrix_when_parse(struct matrix_pool *pool, const char *text,
                                      GHashTable *scope, GHashTable *tags, char **problem)
{
    struct matrix_when *when = matrix_pool_take(pool, sizeof(*when));
    when->words = matrix_pool_array(pool);
    g_auto(GStrv) words = g_strsplit_set(text, " \t,", -1);
    for (char **text_word = words; *text_word; text_word++) {
        if (**text_word) {
            struct matrix_word *word = matrix_when_word(pool, *text_word, scope, tags, problem);
            if (!word) {
                return NULL;
            }
            when->has_tags |= !strcmp(word->axis, "tag");
            g_ptr_array_add(when->words, word);
        }
    }
    if (!when->words->len) {
        *problem = g_strdup("there is no word in it; write AXIS=VALUE");
        return NULL;
    }
    return when;
}

/* Most texts differ in their first character: a matrix compares millions. */
static bool is_same(const char *a, const char *b)
{
    return a == b || (*a == *b && !strcmp(a, b));
}

static bool has_value(const struct matrix_word *word, const char *value)
{
    for (guint i = 0; i < word->values->len; i++) {
        if (is_same(g_ptr_array_index(word->values, i), value)) {
            return true;
        }
    }
    return false;
}

static bool word_fits(const struct matrix_word *word, const char *const *axes, guint axis_words,
                      const GPtrArray *tags)
{
    bool found = false;
    if (is_same(word->axis, "tag")) {
        for (guint i = 0; i < tags->len && !found; i++) {
            found = has_value(word, g_ptr_array_index(tags, i));
        }
    } else {
        for (guint i = 0; i < axis_words && !found; i += 2) {
            found = is_same(axes[i], word->axis) && has_value(word, axes[i + 1]);
        }
    }
    return found != word->is_not;
}

bool matrix_when_fits(const struct matrix_when *when, const char *const *axes, guint axis_words,
                      const GPtrArray *tags)
{
    for (guint i = 0; i < when->words->len; i++) {
        if (!word_fits(g_ptr_array_index(when->words, i), axes, axis_words, tags)) {
            return false;
        }
    }
    return true;
}
