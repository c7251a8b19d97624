/* SPDX-License-Identifier: MIT */
/*
 * Runs one cell in the process that calls it: builds the machine of the cell's configuration,
 * runs it, sees what became of it. The runner calls it in a forked child; it knows
 * nothing of limits, journals and other cells.
 */
#ifndef EL4_MATRIX_EXECUTE_H
#define EL4_MATRIX_EXECUTE_H

#include "config/config.h"
#include "machine/machine.h"
#include "matrix.h"
#include "plugin/plugin.h"
#include "result.h"

/* Of the timeline, so many calls are kept. */
#define EL4_MATRIX_EVENTS_MAX 1000

/* A configuration with core's schemas and nothing else, for a cell. NULL and *error if that
 * fails. Free it with el4_config_free(). */
struct el4_config *el4_matrix_config_new(GError **error);
/*
 * Make it that of a cell: the cell's files, its settings as -s would set them. Mistakes in a
 * setting name its place, and relative paths in it are relative to the folder of its file (a
 * place of line 0 is the command line). False and *error if it can't be read.
 */
bool el4_matrix_config_fill(struct el4_config *config, const struct el4_matrix_cell *cell,
                            GError **error);

/* The place at which input is typed, for who forks cells from there. */
struct el4_matrix_point {
    /* The machine is made, and does not run yet. */
    void (*made)(struct el4_machine *machine, void *data);
    /* The pattern has come, and the process has no other thread. Returns, in whichever process,
     * the cell that goes on there: alike but for its input. */
    const struct el4_matrix_cell *(*reached)(struct el4_machine *machine, void *data);
    void *data;
};

/*
 * `config`: of el4_matrix_config_new(); it is filled here.
 *
 * Fill in what was seen of the machine (see struct el4_matrix_result), but neither console
 * (which goes to standard output and standard error) nor what the host measures. With
 * EL4_MATRIX_ERROR as outcome and reasons if the machine can't be made. Ends by itself after
 * the cell's limit of seconds, or of machine time (result->machine_limit), with the status of
 * a time-out; with `clock = virtual` at once when no CPU can ever run again, which is a
 * time-out too (result->stuck). Blocks SIGINT, SIGTERM and SIGHUP for good, one of which ends
 * it as if the guest were off.
 */
void el4_matrix_execute(const struct el4_matrix_cell *cell, struct el4_config *config,
                        struct el4_plugins *plugins, struct el4_matrix_result *result,
                        const struct el4_matrix_point *point);

#endif
