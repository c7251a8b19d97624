/* SPDX-License-Identifier: MIT */
/*
 * The options that `el4 matrix list`, `show` and `run` share, and the cells that they pick.
 */
#include "matrix.h"
#include "matrix/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool keep(GPtrArray *list, const char *operand)
{
    g_ptr_array_add(list, g_strdup(operand));
    return true;
}

static bool take_define(void *user, const char *operand)
{
    return keep(((struct cli_matrix *)user)->defines, operand);
}

static bool take_setting(void *user, const char *operand)
{
    return keep(((struct cli_matrix *)user)->settings, operand);
}

static bool take_when(void *user, const char *operand)
{
    return keep(((struct cli_matrix *)user)->when, operand);
}

static bool take_tag(void *user, const char *operand)
{
    return keep(((struct cli_matrix *)user)->tags, operand);
}

static bool take_name(void *user, const char *operand)
{
    return keep(((struct cli_matrix *)user)->names, operand);
}

static bool take_failed(void *user, const char *operand)
{
    struct cli_matrix *matrix = user;
    g_free(matrix->failed);
    matrix->failed = g_strdup(operand);
    return true;
}

static bool take_changed_since(void *user, const char *operand)
{
    struct cli_matrix *matrix = user;
    g_free(matrix->changed_since);
    matrix->changed_since = g_strdup(operand);
    return true;
}

static bool take_shard(void *user, const char *operand)
{
    struct cli_matrix *matrix = user;
    const char *slash = strchr(operand, '/');
    uint64_t shard = 0, shards = 0;
    if (!slash || !el4_config_read_number(operand, (size_t)(slash - operand), &shard) ||
        !el4_config_read_number(slash + 1, strlen(slash + 1), &shards) || shard < 1 ||
        shard > shards || shards > EL4_MATRIX_CELLS_MAX) {
        cli_error("--shard: '%s' is no shard; write K/N, for example 1/4 to 4/4", operand);
        return false;
    }
    matrix->shard = (unsigned)shard;
    matrix->shards = (unsigned)shards;
    return true;
}

static bool take_order(void *user, const char *operand)
{
    struct cli_matrix *matrix = user;
    matrix->is_random = !strcmp(operand, "random");
    if (!matrix->is_random && strcmp(operand, "listed") != 0) {
        cli_error("--order: '%s' is no order; write listed or random", operand);
        return false;
    }
    return true;
}

static bool take_seed(void *user, const char *operand)
{
    struct cli_matrix *matrix = user;
    matrix->has_seed = el4_config_read_number(operand, strlen(operand), &matrix->seed);
    if (!matrix->has_seed) {
        cli_error("--seed: '%s' is not a number; write a decimal or 0x number", operand);
    }
    return matrix->has_seed;
}

static const struct cli_matrix_option shared[] = {
    {"-w", true, take_when},         {"--tag", true, take_tag},
    {"--cell", true, take_name},     {"--shard", true, take_shard},
    {"--order", true, take_order},   {"--seed", true, take_seed},
    {"--failed", true, take_failed}, {"--changed-since", true, take_changed_since},
    {"-D", true, take_define},       {"-s", true, take_setting},
};

const struct cli_matrix_option *cli_matrix_option(size_t i)
{
    return i < G_N_ELEMENTS(shared) ? &shared[i] : NULL;
}

/* "--name" or "-n"; "--name=OPERAND" and "-nOPERAND", too. */
static bool is_option(const char *word, const struct cli_matrix_option *option,
                      const char **operand)
{
    size_t length = strlen(option->name);
    bool is_long = option->name[1] == '-';
    *operand = NULL;
    if (strncmp(word, option->name, length) != 0) {
        return false;
    }
    if (!word[length]) {
        return true;
    }
    if (is_long && word[length] != '=') {
        return false;
    }
    *operand = word + length + is_long;
    return is_long || option->has_operand;
}

static const struct cli_matrix_option *find_option(const char *word,
                                                   const struct cli_matrix_option *own,
                                                   bool *is_own, const char **operand)
{
    *is_own = true;
    for (; own && own->name; own++) {
        if (is_option(word, own, operand)) {
            return own;
        }
    }
    *is_own = false;
    for (size_t i = 0; i < G_N_ELEMENTS(shared); i++) {
        if (is_option(word, &shared[i], operand)) {
            return &shared[i];
        }
    }
    return NULL;
}

static bool parse_words(struct cli_matrix *matrix, int argc, char **argv,
                        const struct cli_matrix_option *own, void *user, guint arguments_max)
{
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        if (word[0] != '-' || !word[1]) {
            if (matrix->arguments->len == arguments_max) {
                cli_error("'%s' is one word too many; 'el4 matrix --help' shows how to write "
                          "it",
                          word);
                return false;
            }
            g_ptr_array_add(matrix->arguments, g_strdup(word));
            continue;
        }
        bool is_own;
        const char *operand;
        const struct cli_matrix_option *option = find_option(word, own, &is_own, &operand);
        if (!option || (operand && !option->has_operand)) {
            cli_error("unknown option '%s'; 'el4 matrix --help' lists them", word);
            return false;
        }
        if (option->has_operand && !operand) {
            operand = ++i < argc ? argv[i] : NULL;
        }
        if (option->has_operand && !operand) {
            cli_error("option '%s' needs an operand", word);
            return false;
        }
        if (!option->take(is_own ? user : matrix, operand)) {
            return false;
        }
    }
    return true;
}

bool cli_matrix_parse(struct cli_matrix *matrix, int argc, char **argv,
                      const struct cli_matrix_option *own, void *user, guint arguments_max,
                      enum el4_exit *status)
{
    *matrix = (struct cli_matrix){0};
    GPtrArray **lists[] = {&matrix->arguments, &matrix->defines, &matrix->settings,
                           &matrix->when,      &matrix->tags,    &matrix->names};
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        *lists[i] = g_ptr_array_new_with_free_func(g_free);
    }
    *status = EL4_EXIT_USAGE;
    return parse_words(matrix, argc, argv, own, user, arguments_max);
}

void cli_matrix_clear(struct cli_matrix *matrix)
{
    GPtrArray *lists[] = {matrix->arguments, matrix->defines, matrix->settings,
                          matrix->when,      matrix->tags,    matrix->names};
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_ptr_array_unref(lists[i]);
    }
    g_free(matrix->failed);
    g_free(matrix->changed_since);
    if (matrix->cells) {
        g_ptr_array_unref(matrix->cells);
    }
    el4_matrix_free(matrix->matrix);
}

/* Earlier results; false after a message. */
static bool read_results(const char *folder, struct el4_matrix_results **results)
{
    GError *error = NULL;
    *results = folder ? el4_matrix_results_read(folder, &error) : NULL;
    if (error) {
        cli_error("%s", error->message);
        g_error_free(error);
        return false;
    }
    return true;
}

static bool select_cells(struct cli_matrix *matrix)
{
    GError *error = NULL;
    struct el4_matrix_results *failed = NULL, *changed_since = NULL;
    if (!read_results(matrix->failed, &failed) ||
        !read_results(matrix->changed_since, &changed_since)) {
        el4_matrix_results_free(failed);
        return false;
    }
    if (matrix->has_seed && !matrix->is_random) {
        cli_error("--seed goes with --order random: add that");
        return false;
    }
    if (matrix->is_random && !matrix->has_seed) {
        matrix->seed = g_random_int();
        fprintf(stderr, "el4: the order is that of --seed %" G_GUINT64_FORMAT "\n",
                matrix->seed);
    }
    const struct el4_matrix_filter filter = {
        .when = matrix->when,
        .tags = matrix->tags,
        .names = matrix->names,
        .failed = failed,
        .changed_since = changed_since,
        .shard = matrix->shard,
        .shards = matrix->shards,
        .is_random = matrix->is_random,
        .seed = matrix->seed,
    };
    matrix->cells = el4_matrix_select(matrix->matrix, &filter, &error);
    if (!matrix->cells) {
        cli_error("%s", error->message);
        g_error_free(error);
    }
    el4_matrix_results_free(failed);
    el4_matrix_results_free(changed_since);
    return matrix->cells;
}

bool cli_matrix_load(struct cli_matrix *matrix, enum el4_exit *status)
{
    *status = EL4_EXIT_USAGE;
    if (!matrix->arguments->len) {
        cli_error("there is no matrix file; name one, such as config/matrix/smc-policy.ini");
        return false;
    }
    const struct el4_matrix_load_options options = {matrix->defines, matrix->settings};
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    matrix->matrix =
        el4_matrix_load(g_ptr_array_index(matrix->arguments, 0), &options, messages);
    for (guint i = 0; i < messages->len; i++) {
        cli_error("%s", (const char *)g_ptr_array_index(messages, i));
    }
    if (!matrix->matrix) {
        *status = EL4_EXIT_CONFIG;
        return false;
    }
    for (guint i = 0; i < matrix->matrix->warnings->len; i++) {
        g_warning("%s", (const char *)g_ptr_array_index(matrix->matrix->warnings, i));
    }
    return select_cells(matrix);
}
