/* SPDX-License-Identifier: MIT */
/*
 * The el4 command: a thin user of libel4. Each subcommand is a function in commands.c or run.c;
 * what they share, options and loading, stands here.
 */
#ifndef EL4_CLI_CLI_H
#define EL4_CLI_CLI_H

#include <glib.h>

#include "config/config.h"
#include "machine/machine.h"
#include "plugin/plugin.h"

/* What the command line says about a machine, common to all subcommands that take one. */
struct cli_options {
    char *file;               /* configuration file, NULL: none */
    GPtrArray *more_files;    /* char *: of --config, on top of it */
    double timeout_s;         /* 0: none */
    double machine_timeout_s; /* the same of the machine's clock */
    GPtrArray *arguments;     /* other words, in order */
    struct el4_config *config;
    GPtrArray *extras; /* struct el4_machine_extra, in order; owns */
};

/*
 * Read the words after the subcommand: options go into options->config (overrides and
 * shortcuts), the first other word is the file, further ones are arguments, of which there may
 * be so many. Loads the file. False after a message on standard error; *status is what to exit
 * with.
 */
bool cli_parse(struct cli_options *options, int argc, char **argv, guint arguments_max,
               enum el4_exit *status);
void cli_clear(struct cli_options *options);

/* What the command line knows of an option. */
struct cli_option {
    const char *name; /* as the usage text writes it */
    bool has_operand;
    const char *section, *key; /* that its operand is for; NULL if it is not that simple */
};
void cli_each_option(void (*visit)(const struct cli_option *option, void *data), void *data);

/* Schemas of everything that the plugins which are found have to configure. */
void cli_add_plugin_schemas(struct el4_config *config, struct el4_plugins *plugins);

/* The names of the subcommands; NULL past their end. */
const char *cli_command_name(size_t i);

/* Plugins with the search path of this installation or build tree; NULL after a message. */
struct el4_plugins *cli_plugins(void);

/* Build the machine; NULL after messages. */
struct el4_machine *cli_machine(struct cli_options *options, struct el4_plugins *plugins,
                                enum el4_machine_use use);

/* Print "el4: " and the text to standard error, with a newline; the prefix is coloured on a
 * terminal. */
void cli_error(const char *format, ...) G_GNUC_PRINTF(1, 2);
bool cli_colour(int fd);

/* ---- where.c: paths that the caller frees; NULL where there is nothing ---- */
/* The plugin map of the build tree that el4 runs from. */
char *cli_where_map(void);
/* The plugins' folder of the installation that el4 runs from. */
char *cli_where_plugins(void);
/* The folder of templates for `el4 new`. */
char *cli_where_templates(void);

/* ---- fault.c ---- */
/* From now on a fault of el4's own ends with EL4_EXIT_INTERNAL and an orderly terminal. */
void cli_catch_faults(void);
/* Restore the terminal, write why to standard error and exit with EL4_EXIT_INTERNAL, freeing
 * nothing. May be called from a signal handler. */
void cli_leave_at_once(const char *why) G_GNUC_NORETURN;

enum el4_exit cli_run(int argc, char **argv);
enum el4_exit cli_check(int argc, char **argv);
enum el4_exit cli_explain(int argc, char **argv);
enum el4_exit cli_chain(int argc, char **argv);
enum el4_exit cli_dtb(int argc, char **argv);
enum el4_exit cli_plugins_list(int argc, char **argv);
enum el4_exit cli_help(int argc, char **argv);
enum el4_exit cli_top(int argc, char **argv);
extern const char cli_top_usage[];
enum el4_exit cli_matrix(int argc, char **argv);
extern const char cli_matrix_usage[];
enum el4_exit cli_new(int argc, char **argv);
enum el4_exit cli_complete(int argc, char **argv);

#endif
