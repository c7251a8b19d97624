/* SPDX-License-Identifier: MIT */
/*
 * el4 matrix: picks the subcommand; list.
 */
#include "matrix.h"

#include <stdio.h>
#include <string.h>

const char cli_matrix_usage[] =
    "el4 matrix - run the cells of a test matrix (docs/matrix.md, man el4-matrix)\n"
    "\n"
    "  el4 matrix list FILE             the cells' names, one a line\n"
    "  el4 matrix show FILE [CELL]      the axes; or all that holds for one cell\n"
    "  el4 matrix run FILE              run the cells, each in a process of its own\n"
    "\n"
    "Reports of results:\n"
    "  el4 matrix report FOLDER...      of a run, or of its shards as one\n"
    "  --format tap|junit|json|html     without it, as the suffix of -o FILE says; tap\n"
    "  --before FOLDER                  html: beside an earlier run\n"
    "  -o FILE                          to a file instead of standard output\n"
    "\n"
    "Which cells; all that is said must fit:\n"
    "  -w RULE                AXIS=VALUE|VALUE, AXIS!=VALUE, tag=WORD; several in one RULE or\n"
    "                         several -w\n"
    "  --tag TAG              cells with the tag; several --tag: with any of them\n"
    "  --cell NAME            by name, in which * and ? stand for any text, any character\n"
    "  --failed FOLDER        cells whose last result in the folder was not good\n"
    "  --changed-since FOLDER cells without a good result there, or whose files or settings\n"
    "                         have changed since\n"
    "  --shard K/N            the K-th of N parts of what the others leave\n"
    "  --order listed|random  in the file's order, or in that of --seed N\n"
    "\n"
    "What is in them:\n"
    "  -D NAME=VALUE          what ${NAME} stands for, over what [define] says\n"
    "  -s SECTION.KEY=VALUE   a setting of every cell, over what the file says\n"
    "\n"
    "Of run:\n"
    "  --results FOLDER       where results go; NAME.results, by the matrix' name\n"
    "  --resume               go on with what the folder has; cells of which something\n"
    "                         changed since are run again\n"
    "  -j N                   so many cells at once, not as many as CPUs and memory allow\n"
    "  --wait SECONDS         how long to wait for room when results can't be written (60)\n"
    "  --report FORMAT=FILE   tap, junit, json or html, at the end; - is standard output\n"
    "  --quiet                no progress, only the summary\n"
    "  --slurm                as a job array of a Slurm cluster (docs/matrix-ci.md); with\n"
    "  --slurm-tasks N        so many tasks, of\n"
    "  --slurm-cpus N         so many CPUs each (1), and\n"
    "  --slurm-option WORD    a word for sbatch, such as --partition=NAME; repeatable\n"
    "\n"
    "Exit status: 0 good, 1 usage, 2 mistakes in the matrix file, 3 a cell failed, 5 the run\n"
    "itself failed or was ended, or a report can't be made.\n";

static enum el4_exit list(int argc, char **argv)
{
    struct cli_matrix matrix;
    enum el4_exit status;
    if (cli_matrix_parse(&matrix, argc, argv, NULL, NULL, 1, &status) &&
        cli_matrix_load(&matrix, &status)) {
        for (guint i = 0; i < matrix.cells->len; i++) {
            const struct el4_matrix_cell *cell = g_ptr_array_index(matrix.cells, i);
            puts(cell->name);
        }
        status = EL4_EXIT_OFF;
    }
    cli_matrix_clear(&matrix);
    return status;
}

/* Each subcommand gets the words after its name. */
static const struct {
    const char *name;
    enum el4_exit (*run)(int argc, char **argv);
} commands[] = {
    {"list", list},
    {"show", cli_matrix_show},
    {"run", cli_matrix_run},
    {"report", cli_matrix_report},
};

const char *cli_matrix_command_name(size_t i)
{
    return i < G_N_ELEMENTS(commands) ? commands[i].name : NULL;
}

enum el4_exit cli_matrix(int argc, char **argv)
{
    if (!argc) {
        fputs(cli_matrix_usage, stderr);
        return EL4_EXIT_USAGE;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (!strcmp(argv[0], commands[i].name)) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    cli_error("there is no command 'matrix %s'; 'el4 matrix --help' lists them", argv[0]);
    return EL4_EXIT_USAGE;
}
