/* SPDX-License-Identifier: MIT */
/*
 * What the subcommands of `el4 matrix` share: their options, and the cells that these pick.
 */
#ifndef EL4_CLI_MATRIX_H
#define EL4_CLI_MATRIX_H

#include "cli.h"
#include "matrix/matrix.h"
#include "matrix/select.h"

struct cli_matrix {
    GPtrArray *arguments; /* char *: words that are no options; the first is the file */
    /* What options said. */
    GPtrArray *defines, *settings, *when, *tags, *names; /* char * */
    char *failed, *changed_since;                        /* folders of results; NULL */
    unsigned shard, shards;                              /* 0, 0: all */
    bool is_random, has_seed;
    uint64_t seed;
    /* What cli_matrix_load() made of it. */
    struct el4_matrix *matrix;
    GPtrArray *cells; /* struct el4_matrix_cell, not owned: those to list, show or run */
};

/* An option of one subcommand. */
struct cli_matrix_option {
    const char *name; /* "--resume", "-j" */
    bool has_operand;
    /* `operand` is NULL for an option without one. False after a message. */
    bool (*take)(void *user, const char *operand);
};

/*
 * Read the words after the subcommand: those that are in `own` (ended by a name of NULL; may be
 * NULL) go to its functions with `user`, the filters, -D and -s into `matrix`. False, with
 * *status to exit with, after a message. Free with cli_matrix_clear() in any case.
 */
bool cli_matrix_parse(struct cli_matrix *matrix, int argc, char **argv,
                      const struct cli_matrix_option *own, void *user, guint arguments_max,
                      enum el4_exit *status);

/* Load the file that the first argument names, and pick the cells; warnings go to standard
 * error. */
bool cli_matrix_load(struct cli_matrix *matrix, enum el4_exit *status);
void cli_matrix_clear(struct cli_matrix *matrix);

enum el4_exit cli_matrix_show(int argc, char **argv);
enum el4_exit cli_matrix_run(int argc, char **argv);
enum el4_exit cli_matrix_report(int argc, char **argv);
/* The options of `run` alone; NULL past their end. */
const struct cli_matrix_option *cli_matrix_run_option(size_t i);
/* Those of `report`; a name of NULL past their end. */
extern const struct cli_matrix_option cli_matrix_report_options[];

/* The options of all subcommands that pick cells; NULL past their end. */
const struct cli_matrix_option *cli_matrix_option(size_t i);
/* The names of the subcommands; NULL past their end. */
const char *cli_matrix_command_name(size_t i);

#endif
