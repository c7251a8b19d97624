/* SPDX-License-Identifier: MIT */
/*
 * A machine: one configuration made into CPUs, memory, devices and service chains, and run. The
 * only part of libel4 that the command and the tests of whole machines talk to.
 *
 * Steps: el4_machine_new() reads everything and builds (all configuration errors come from
 * here), el4_machine_run() runs until the guest is off, el4_machine_free(). el4_machine_stop()
 * may be called from any thread and from signal handlers' helpers.
 */
#ifndef EL4_MACHINE_MACHINE_H
#define EL4_MACHINE_MACHINE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "plugin/plugin.h"
#include "smccc/smccc.h"

/* Exported from libel4. */
#pragma GCC visibility push(default)

/* Exit statuses of el4: part of its interface. */
enum el4_exit {
    EL4_EXIT_OFF = 0, /* the guest powered off (or the user quit) */
    EL4_EXIT_USAGE = 1,
    EL4_EXIT_CONFIG = 2,
    EL4_EXIT_GUEST = 3, /* the guest reported failure */
    EL4_EXIT_TIMEOUT = 4,
    EL4_EXIT_INTERNAL = 5,
};

struct el4_machine;

/* What a machine is made for. */
enum el4_machine_use {
    EL4_MACHINE_RUN,
    /* It is only described and checked: nothing that a run would write to is opened, created
     * or truncated, and no port is listened on. */
    EL4_MACHINE_LOOK,
};

/* Register the schemas of [machine], [boot], [trace] and [chain ...] that do not need a board.
 */
bool el4_machine_add_schemas(struct el4_config *config, GError **error);
/* What sections have in common whose name is the user's choice, as "service NAME" and "fault
 * NAME": for help, not for a configuration that is read. */
bool el4_machine_add_named_schemas(struct el4_config *config, GError **error);

/* What a board can be asked to hold without naming one of its devices. */
enum el4_machine_extra_kind {
    EL4_EXTRA_DISK,
    EL4_EXTRA_NETWORK,
    EL4_EXTRA_CONSOLE,
    EL4_EXTRA_KINDS
};

struct el4_machine_extra {
    enum el4_machine_extra_kind kind;
    const char *option;  /* that asked for it, for messages and explain: "-drive" */
    GPtrArray *settings; /* char *: key, value, key, value ... for the section of its device */
};

/*
 * Build a machine. Neither config nor plugins are owned; both must outlive it. extras (struct
 * el4_machine_extra, may be NULL) go to the board's places in their order, as settings of the
 * layer EL4_CONFIG_LAYER_SHORTCUT; they are needed for this call alone. On failure NULL
 * and *error, and, when it was the check of the configuration that failed, all messages
 * (char *) in messages.
 */
struct el4_machine *el4_machine_new(struct el4_config *config, struct el4_plugins *plugins,
                                    const GPtrArray *extras, enum el4_machine_use use,
                                    GPtrArray *messages, GError **error);
void el4_machine_free(struct el4_machine *machine);

/* Load what [boot] names, reset, run: a machine of EL4_MACHINE_RUN. *error is set for 2 and 5.
 */
enum el4_exit el4_machine_run(struct el4_machine *machine, GError **error);

/* Make el4_machine_run() return with this status soon. Any thread. */
void el4_machine_stop(struct el4_machine *machine, enum el4_exit status);

/* The frozen chains, for `el4 chain`. */
const struct el4_smccc *el4_machine_smccc(const struct el4_machine *machine);
/* The device tree that the guest would get; NULL sets *error. Free with g_bytes_unref. */
GBytes *el4_machine_device_tree(struct el4_machine *machine, GError **error);
/* Append the memory map and the devices with their addresses, as comments, for explain. */
void el4_machine_describe(const struct el4_machine *machine, GString *out);

#pragma GCC visibility pop

#endif
