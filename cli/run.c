/* SPDX-License-Identifier: MIT */
/*
 * el4 run: build the machine, run it under watch, exit with its status.
 */
#include "cli.h"

#include "machine/watch.h"

static void say_late(double seconds, bool of_machine)
{
    cli_error("the guest was still running after %g s%s", seconds,
              of_machine ? " of the machine's time" : "");
}

static enum el4_exit run_watched(struct el4_machine *machine, const struct cli_options *options)
{
    struct el4_machine_watch watch = {
        .seconds = options->timeout_s,
        .machine_seconds = options->machine_timeout_s,
        .late = say_late,
        .leave = cli_leave_at_once,
    };
    GError *error = NULL;
    enum el4_exit status = el4_machine_run_watched(machine, &watch, &error);
    if (error) {
        cli_error("%s", error->message);
        g_error_free(error);
    }
    return status;
}

enum el4_exit cli_run(int argc, char **argv)
{
    struct cli_options options;
    enum el4_exit status;
    if (cli_parse(&options, argc, argv, 0, &status)) {
        el4_machine_block_signals();
        struct el4_plugins *plugins = cli_plugins();
        struct el4_machine *machine =
            plugins ? cli_machine(&options, plugins, EL4_MACHINE_RUN) : NULL;
        status = machine ? run_watched(machine, &options) : EL4_EXIT_CONFIG;
        el4_machine_free(machine);
        el4_plugins_free(plugins);
    }
    cli_clear(&options);
    return status;
}
