/* SPDX-License-Identifier: MIT */
/*
 * The subcommands that look at a configuration without running it.
 */
#include "cli.h"
#include "matrix/matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parse, build, let show print, clean up. */
static enum el4_exit with_machine(int argc, char **argv, guint arguments_max,
                                  enum el4_exit (*show)(struct cli_options *options,
                                                        struct el4_machine *machine))
{
    struct cli_options options;
    enum el4_exit status;
    if (cli_parse(&options, argc, argv, arguments_max, &status)) {
        struct el4_plugins *plugins = cli_plugins();
        struct el4_machine *machine =
            plugins ? cli_machine(&options, plugins, EL4_MACHINE_LOOK) : NULL;
        status = machine ? show(&options, machine) : EL4_EXIT_CONFIG;
        el4_machine_free(machine);
        el4_plugins_free(plugins);
    }
    cli_clear(&options);
    return status;
}

static enum el4_exit show_nothing(struct cli_options *options, struct el4_machine *machine)
{
    return EL4_EXIT_OFF;
}

enum el4_exit cli_check(int argc, char **argv)
{
    return with_machine(argc, argv, 0, show_nothing);
}

static enum el4_exit show_explanation(struct cli_options *options, struct el4_machine *machine)
{
    g_autoptr(GString) out = g_string_new(NULL);
    el4_config_explain(options->config, out);
    for (int conduit = 0; conduit < EL4_CONDUIT_COUNT; conduit++) {
        g_autoptr(GString) chain = g_string_new(NULL);
        el4_smccc_print_chain(el4_machine_smccc(machine), (enum el4_conduit)conduit, chain);
        g_auto(GStrv) lines = g_strsplit(chain->str, "\n", -1);
        for (char **line = lines; *line && (line[1] || **line); line++) {
            g_string_append_printf(out, "; %s\n", *line);
        }
    }
    el4_machine_describe(machine, out);
    fputs(out->str, stdout);
    return EL4_EXIT_OFF;
}

enum el4_exit cli_explain(int argc, char **argv)
{
    return with_machine(argc, argv, 0, show_explanation);
}

static bool parse_id(const char *text, uint32_t *id)
{
    char *end;
    guint64 value = g_ascii_strtoull(text, &end, 0);
    *id = (uint32_t)value;
    return end != text && !*end && value <= UINT32_MAX;
}

static enum el4_exit show_chain(struct cli_options *options, struct el4_machine *machine)
{
    const struct el4_smccc *smccc = el4_machine_smccc(machine);
    const GPtrArray *words = options->arguments;
    g_autoptr(GString) out = g_string_new(NULL);

    if (words->len == 0) {
        for (int conduit = 0; conduit < EL4_CONDUIT_COUNT; conduit++) {
            el4_smccc_print_chain(smccc, (enum el4_conduit)conduit, out);
        }
    } else {
        int conduit = el4_smccc_conduit_from_name(g_ptr_array_index(words, 0));
        uint32_t id;
        if (conduit < 0 || words->len != 2 || !parse_id(g_ptr_array_index(words, 1), &id)) {
            cli_error("write el4 chain FILE, or el4 chain FILE CONDUIT ID with smc, hvc or el4 "
                      "and a function id such as 0x84000003");
            return EL4_EXIT_USAGE;
        }
        el4_smccc_print_decision(smccc, (enum el4_conduit)conduit, id, out);
    }
    fputs(out->str, stdout);
    return EL4_EXIT_OFF;
}

enum el4_exit cli_chain(int argc, char **argv)
{
    return with_machine(argc, argv, 2, show_chain);
}

static enum el4_exit show_dtb(struct cli_options *options, struct el4_machine *machine)
{
    GError *error = NULL;
    g_autoptr(GBytes) blob = el4_machine_device_tree(machine, &error);
    if (!blob) {
        cli_error("%s", error->message);
        g_error_free(error);
        return EL4_EXIT_CONFIG;
    }
    gsize bytes;
    const void *data = g_bytes_get_data(blob, &bytes);
    fwrite(data, 1, bytes, stdout); /* main() looks whether all could be written */
    return EL4_EXIT_OFF;
}

enum el4_exit cli_dtb(int argc, char **argv)
{
    return with_machine(argc, argv, 0, show_dtb);
}

/* ---- plugins ---- */

static void print_plugin(const struct el4_plugin_listing *listing, void *data)
{
    if (!listing->plugin) {
        printf("refused  %s\n         %s\n", listing->path, listing->refusal);
        return;
    }
    const struct el4_plugin *plugin = listing->plugin;
    printf("%-8s %-14s %-8s %s\n         %s\n",
           el4_plugin_kind_name((enum el4_plugin_kind)plugin->kind), plugin->name,
           plugin->version ? plugin->version : "-", plugin->description, listing->path);
}

enum el4_exit cli_plugins_list(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] == '-') {
            cli_error("el4 plugins knows no option '%s'; it takes folders", argv[i]);
            return EL4_EXIT_USAGE;
        }
    }
    struct el4_plugins *plugins = cli_plugins();
    if (!plugins) {
        return EL4_EXIT_CONFIG;
    }
    for (int i = 0; i < argc; i++) {
        el4_plugins_add_folder(plugins, argv[i]);
    }
    el4_plugins_list(plugins, print_plugin, NULL);
    el4_plugins_free(plugins);
    return EL4_EXIT_OFF;
}

/* ---- help KEY ---- */

static void add_plugin_schema(const struct el4_plugin_listing *listing, void *data)
{
    const struct el4_plugin *plugin = listing->plugin;
    if (!plugin) {
        return;
    }
    /* The plugin's own words, also for one without keys. */
    struct el4_config_schema schema = {
        .struct_size = sizeof(schema),
        .key_size = sizeof(struct el4_config_key),
        .help = plugin->description,
    };
    if (plugin->schema) {
        schema.keys = plugin->schema->keys;
        schema.key_size = plugin->schema->key_size;
        schema.key_count = plugin->schema->key_count;
    }
    g_autofree char *section =
        plugin->kind == EL4_PLUGIN_BOARD
            ? g_strdup_printf("board (%s)", plugin->name)
            : g_strdup_printf("%s %s", el4_plugin_kind_name((enum el4_plugin_kind)plugin->kind),
                              plugin->name);
    g_autoptr(GError) error = NULL;
    if (!el4_config_add_schema(data, section, &schema, &error)) {
        cli_error("%s: %s", listing->path, error->message);
    }
}

void cli_add_plugin_schemas(struct el4_config *config, struct el4_plugins *plugins)
{
    el4_plugins_list(plugins, add_plugin_schema, config);
}

enum el4_exit cli_help(int argc, char **argv)
{
    struct el4_config *config = el4_config_new();
    GError *error = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    if (!el4_machine_add_schemas(config, &error) ||
        !el4_machine_add_named_schemas(config, &error) ||
        !el4_matrix_add_schemas(config, &error)) {
        g_error("core schemas: %s", error->message);
    }
    struct el4_plugins *plugins = cli_plugins();
    if (plugins) {
        cli_add_plugin_schemas(config, plugins);
    }
    /* The words of a section's name need no quotes: el4 help chain smc. */
    GString *topic = g_string_new(NULL);
    for (int i = 0; i < argc; i++) {
        g_string_append_printf(topic, "%s%s", i ? " " : "", argv[i]);
    }
    bool found = el4_config_help(config, argc > 0 ? topic->str : NULL, out, &error);
    g_string_free(topic, TRUE);
    if (found) {
        fputs(out->str, stdout);
    } else {
        cli_error("%s", error->message);
        g_error_free(error);
    }
    el4_plugins_free(plugins);
    el4_config_free(config);
    return found ? EL4_EXIT_OFF : EL4_EXIT_USAGE;
}
