/* SPDX-License-Identifier: MIT */
/*
 * el4 complete: what a shell offers at the end of a command line. It is called by the
 * completions that are installed for bash, zsh and fish with the words after `el4`; the last
 * one, maybe empty, is the one to complete. It prints a line for each word that fits:
 *
 *     WORD              or WORD, a tab, and what it means
 *
 * A WORD that ends in '=' or ',' goes on. The lines ":files PREFIX" and ":folders" ask for
 * names of files, after what PREFIX says of the word. All of it comes from the tables that el4
 * itself works with; keys are those of the very machine that the rest of the line describes.
 */
#include "cli.h"
#include "matrix.h"
#include "matrix/report.h"

#include <stdio.h>
#include <string.h>

static const char *const config_commands[] = {"run", "check", "explain", "chain", "dtb", NULL};

struct completion {
    const char *word;
    int word_count; /* before it, with the command */
    char **words;
    struct el4_plugins *plugins;
    struct el4_config *config; /* with schemas */
};

static void offer(const struct completion *completion, const char *word, const char *help)
{
    if (!g_str_has_prefix(word, completion->word)) {
        return;
    }
    if (help) {
        printf("%s\t%s\n", word, help);
    } else {
        puts(word);
    }
}

/* ---- values ---- */

struct plugin_offer {
    const struct completion *completion;
    const char *prefix;
    uint32_t kind;
};

static void offer_plugin(const struct el4_plugin_listing *listing, void *data)
{
    const struct plugin_offer *wanted = data;
    if (listing->plugin && listing->plugin->kind == wanted->kind) {
        g_autofree char *word = g_strconcat(wanted->prefix, listing->plugin->name, NULL);
        offer(wanted->completion, word, listing->plugin->description);
    }
}

static void offer_words(const struct completion *completion, const char *prefix,
                        const char *const *words)
{
    for (; *words; words++) {
        g_autofree char *word = g_strconcat(prefix, *words, NULL);
        offer(completion, word, NULL);
    }
}

/* What a key's value can be; `prefix` stands before it in the word. */
static void offer_values(const struct completion *completion, const char *prefix,
                         const char *section, const char *key)
{
    static const char *const bools[] = {"yes", "no", NULL};
    const struct el4_config_key *known = el4_config_find_key(completion->config, section, key);
    bool is_board = !strcmp(section, "machine") && !strcmp(key, "board");
    bool is_services = g_str_has_prefix(section, "chain ") && !strcmp(key, "services");
    if (is_board || is_services) {
        struct plugin_offer wanted = {completion, prefix,
                                      is_board ? EL4_PLUGIN_BOARD : EL4_PLUGIN_SERVICE};
        el4_plugins_list(completion->plugins, offer_plugin, &wanted);
    } else if (known && known->type == EL4_CONFIG_ENUM) {
        offer_words(completion, prefix, known->choices);
    } else if (known && known->type == EL4_CONFIG_BOOL) {
        offer_words(completion, prefix, bools);
    } else if (known && (known->type == EL4_CONFIG_PATH || known->type == EL4_CONFIG_PATHS)) {
        printf(":files %s\n", prefix);
    }
}

static void offer_key(const char *section, const struct el4_config_key *key, void *data)
{
    /* "board (virt)" is how help tells boards apart; in a machine there is one. */
    g_autofree char *word = g_strdup_printf("%s.%s=", section, key->name);
    if (!strchr(section, '(')) {
        offer(data, word, key->help);
    }
}

/* SECTION.KEY=VALUE, cut as el4_config_set_override() does. */
static void offer_setting(const struct completion *completion)
{
    const char *equals = strchr(completion->word, '=');
    g_autofree char *name =
        equals ? g_strndup(completion->word, (size_t)(equals - completion->word)) : NULL;
    char *dot = name ? strrchr(name, '.') : NULL;
    if (!equals) {
        el4_config_each_key(completion->config, offer_key, (void *)completion);
    } else if (dot) {
        g_autofree char *prefix = g_strdup_printf("%s=", name);
        *dot = '\0';
        offer_values(completion, prefix, name, dot + 1);
    }
}

/* ---- words ---- */

struct option_search {
    const char *word;
    struct cli_option found; /* name NULL: none */
};

static void compare_option(const struct cli_option *option, void *data)
{
    struct option_search *search = data;
    const char *word = search->word;
    if (word[0] == '-' &&
        !strcmp(word + strspn(word, "-"), option->name + strspn(option->name, "-"))) {
        search->found = *option;
    }
}

static struct cli_option find_option(const char *word)
{
    struct option_search search = {.word = word};
    cli_each_option(compare_option, &search);
    return search.found;
}

static void offer_option(const struct cli_option *option, void *data)
{
    offer(data, option->name, NULL);
}

/* The operand of the option before the word; false if it is none. */
static bool offer_operand(const struct completion *completion)
{
    static const char *const drive[] = {"file=", NULL}, *const network[] = {"user", NULL};
    struct cli_option option = find_option(completion->words[completion->word_count - 1]);
    if (!option.name || !option.has_operand) {
        return false;
    }
    if (option.key) {
        offer_values(completion, "", option.section, option.key);
    } else if (!strcmp(option.name, "-s")) {
        offer_setting(completion);
    } else if (!strcmp(option.name, "--config")) {
        puts(":files ");
    } else if (!strcmp(option.name, "-netdev") || !strcmp(option.name, "-nic")) {
        offer_words(completion, "", network);
    } else if (!strcmp(option.name, "-drive")) {
        if (g_str_has_prefix(completion->word, "file=")) {
            puts(":files file=");
        } else {
            offer_words(completion, "", drive);
        }
    }
    return true;
}

/* How many words before this one are neither options nor their operands. */
static int count_arguments(const struct completion *completion)
{
    int count = 0;
    for (int i = 1; i < completion->word_count; i++) {
        const char *word = completion->words[i];
        if (word[0] != '-') {
            count++;
        } else if (find_option(word).has_operand) {
            i++;
        }
    }
    return count;
}

static void complete_config_command(const struct completion *completion)
{
    static const char *const conduits[] = {"smc", "hvc", "el4", NULL};
    if (offer_operand(completion)) {
        return;
    }
    int arguments = count_arguments(completion);
    if (completion->word[0] == '-') {
        cli_each_option(offer_option, (void *)completion);
    } else if (arguments == 0) {
        puts(":files ");
    } else if (arguments == 1 && !strcmp(completion->words[0], "chain")) {
        offer_words(completion, "", conduits);
    }
}

static void offer_topic(const char *section, const struct el4_config_key *key, void *data)
{
    g_autofree char *word = g_strdup_printf("%s.%s", section, key->name);
    offer(data, word, key->help);
}

static void complete_new(const struct completion *completion)
{
    static const char *const kinds[] = {"board", "device", "service", NULL};
    if (completion->word_count == 1) {
        offer_words(completion, "", kinds);
    } else if (completion->word_count == 3) {
        puts(":folders");
    }
}

/* ---- el4 matrix ---- */

/* The options of the line's subcommand; NULL past their end. */
static const struct cli_matrix_option *matrix_option(const struct completion *completion,
                                                     size_t i)
{
    const struct cli_matrix_option *option = NULL;
    size_t own = 0;
    if (!strcmp(completion->words[1], "run")) {
        for (; (option = cli_matrix_run_option(own)); own++) {
            if (own == i) {
                return option;
            }
        }
    }
    return cli_matrix_option(i - own);
}

static const struct cli_matrix_option *find_matrix_option(const struct completion *completion,
                                                          const char *word)
{
    const struct cli_matrix_option *option;
    for (size_t i = 0; (option = matrix_option(completion, i)); i++) {
        if (!strcmp(word, option->name)) {
            return option;
        }
    }
    return NULL;
}

/* The matrix of the line: its first word that is neither an option nor an operand of one. NULL
 * if there is none, or if it has mistakes. */
static struct el4_matrix *load_matrix(const struct completion *completion, int *arguments)
{
    const char *file = NULL;
    *arguments = 0;
    for (int i = 2; i < completion->word_count; i++) {
        const struct cli_matrix_option *option =
            find_matrix_option(completion, completion->words[i]);
        if (completion->words[i][0] != '-') {
            file = file ? file : completion->words[i];
            (*arguments)++;
        } else if (option && option->has_operand) {
            i++;
        }
    }
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    return file ? el4_matrix_load(file, NULL, messages) : NULL;
}

static void offer_cells(const struct completion *completion, const struct el4_matrix *matrix)
{
    for (guint i = 0; i < matrix->cells->len; i++) {
        const struct el4_matrix_cell *cell = g_ptr_array_index(matrix->cells, i);
        offer(completion, cell->name, NULL);
    }
}

static void offer_rules(const struct completion *completion, const struct el4_matrix *matrix)
{
    for (guint i = 0; i < matrix->axes->len; i++) {
        const struct el4_matrix_axis *axis = g_ptr_array_index(matrix->axes, i);
        for (guint j = 0; j < axis->values->len; j++) {
            g_autofree char *word = g_strdup_printf(
                "%s=%s", axis->name, (const char *)g_ptr_array_index(axis->values, j));
            offer(completion, word, axis->help);
        }
    }
}

static void offer_matrix_operand(const struct completion *completion, const char *option,
                                 const struct el4_matrix *matrix)
{
    static const char *const orders[] = {"listed", "random", NULL};
    if (!strcmp(option, "-s")) {
        offer_setting(completion);
    } else if (!strcmp(option, "--order")) {
        offer_words(completion, "", orders);
    } else if (!strcmp(option, "--failed") || !strcmp(option, "--changed-since") ||
               !strcmp(option, "--results")) {
        puts(":folders");
    } else if (!strcmp(option, "-w") && matrix) {
        offer_rules(completion, matrix);
    } else if (!strcmp(option, "--cell") && matrix) {
        offer_cells(completion, matrix);
    }
}

static void complete_matrix_report(const struct completion *completion)
{
    const char *before = completion->words[completion->word_count - 1];
    const char *name;
    if (!strcmp(before, "--format")) {
        for (guint i = 0; (name = el4_matrix_report_format_name(i)); i++) {
            offer(completion, name, NULL);
        }
    } else if (!strcmp(before, "-o")) {
        puts(":files ");
    } else if (completion->word[0] == '-') {
        for (size_t i = 0; (name = cli_matrix_report_options[i].name); i++) {
            offer(completion, name, NULL);
        }
    } else {
        puts(":folders");
    }
}

static void complete_matrix(const struct completion *completion)
{
    const char *name;
    for (size_t i = 0; completion->word_count == 1 && (name = cli_matrix_command_name(i));
         i++) {
        offer(completion, name, NULL);
    }
    if (completion->word_count == 1) {
        return;
    }
    if (!strcmp(completion->words[1], "report")) {
        complete_matrix_report(completion);
        return;
    }
    int arguments;
    struct el4_matrix *matrix = load_matrix(completion, &arguments);
    const struct cli_matrix_option *option =
        find_matrix_option(completion, completion->words[completion->word_count - 1]);
    if (option && option->has_operand) {
        offer_matrix_operand(completion, option->name, matrix);
    } else if (completion->word[0] == '-') {
        for (size_t i = 0; (option = matrix_option(completion, i)); i++) {
            offer(completion, option->name, NULL);
        }
    } else if (arguments == 0) {
        puts(":files ");
    } else if (arguments == 1 && matrix && !strcmp(completion->words[1], "show")) {
        offer_cells(completion, matrix);
    }
    el4_matrix_free(matrix);
}

static void complete(const struct completion *completion)
{
    if (completion->word_count == 0) {
        const char *name;
        for (size_t i = 0; (name = cli_command_name(i)); i++) {
            offer(completion, name, NULL);
        }
        offer(completion, "--help", NULL);
        offer(completion, "--version", NULL);
    } else if (g_strv_contains(config_commands, completion->words[0])) {
        complete_config_command(completion);
    } else if (!strcmp(completion->words[0], "top")) {
        puts(":files ");
    } else if (!strcmp(completion->words[0], "plugins")) {
        puts(":folders");
    } else if (!strcmp(completion->words[0], "matrix")) {
        complete_matrix(completion);
    } else if (!strcmp(completion->words[0], "new")) {
        complete_new(completion);
    } else if (!strcmp(completion->words[0], "help")) {
        el4_config_each_key(completion->config, offer_topic, (void *)completion);
    }
}

/* The line without the word and the option that it is for makes a machine, whose sections are
 * the ones to offer. */
static struct el4_machine *describe(struct cli_options *options,
                                    const struct completion *completion)
{
    int count = completion->word_count;
    if (count == 0 || !g_strv_contains(config_commands, completion->words[0])) {
        return NULL;
    }
    if (find_option(completion->words[count - 1]).has_operand) {
        count--;
    }
    enum el4_exit status;
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    struct el4_machine *machine = NULL;
    if (cli_parse(options, count - 1, completion->words + 1, 2, &status)) {
        g_autoptr(GError) error = NULL;
        machine = el4_machine_new(options->config, completion->plugins, options->extras,
                                  EL4_MACHINE_LOOK, messages, &error);
    }
    return machine;
}

enum el4_exit cli_complete(int argc, char **argv)
{
    /* A line that is not finished has mistakes, and nobody wants to hear of them now. */
    if (argc < 1 || !freopen("/dev/null", "w", stderr)) {
        return EL4_EXIT_USAGE;
    }
    struct completion completion = {
        .word = argv[argc - 1],
        .word_count = argc - 1,
        .words = argv,
        .plugins = cli_plugins(),
    };
    if (!completion.plugins) {
        return EL4_EXIT_CONFIG;
    }
    struct cli_options options = {0};
    struct el4_machine *machine = describe(&options, &completion);
    struct el4_config *general = NULL;
    if (!machine) {
        general = el4_config_new();
        el4_machine_add_schemas(general, NULL);
        cli_add_plugin_schemas(general, completion.plugins);
        if (!g_strcmp0(argv[0], "help")) {
            el4_matrix_add_schemas(general, NULL);
        }
    }
    completion.config = machine ? options.config : general;
    complete(&completion);
    el4_machine_free(machine);
    if (options.config) {
        cli_clear(&options);
    }
    if (general) {
        el4_config_free(general);
    }
    el4_plugins_free(completion.plugins);
    return EL4_EXIT_OFF;
}
