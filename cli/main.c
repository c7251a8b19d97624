/* SPDX-License-Identifier: MIT */
/*
 * The el4 command: picks the subcommand, and what all subcommands share.
 */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage_text[] =
    "el4 - an emulator for Arm machines in which you say who answers an SMC or HVC\n"
    "\n"
    "  el4 run [FILE] [OPTIONS]         run the machine that FILE describes\n"
    "  el4 check [FILE]                 report the mistakes of a configuration\n"
    "  el4 explain [FILE]               the effective machine, each key with where it was set\n"
    "  el4 chain [FILE] [CONDUIT ID]    who answers calls; or one call, and why\n"
    "  el4 dtb [FILE]                   write the generated device tree to standard output\n"
    "  el4 matrix COMMAND ...           list, show: many machines, as one file says\n"
    "  el4 top SOCKET                   watch a running machine's calls and CPUs\n"
    "  el4 plugins [FOLDER...]          boards, devices and services that were found\n"
    "  el4 new KIND NAME [FOLDER]       write a plugin project: a board, device or service\n"
    "  el4 help [TOPIC]                 what a section, key or plugin means; all of them\n"
    "  el4 version\n"
    "\n"
    "Without FILE the board 'virt' is used with its defaults, for example:\n"
    "  el4 run -kernel vmlinuz -initrd initrd.gz -append console=ttyAMA0 -smp 2 -m 1G\n"
    "\n"
    "Options of all commands that take a FILE:\n"
    "  -s SECTION.KEY=VALUE   set a configuration key, over what FILE says\n"
    "  --config FILE          a further configuration file, over what FILE says\n"
    "  --board NAME           [machine] board      -cpu NAME      [machine] cpu\n"
    "  -smp N                 [machine] cpus       -m SIZE        [machine] memory (512, 1G)\n"
    "  -kernel FILE           Image, Image.gz, ELF or raw kernel\n"
    "  -initrd FILE  -append TEXT  -dtb FILE       what goes with the kernel\n"
    "  -bios FILE             firmware image to start at reset instead\n"
    "  -drive file=IMAGE[,readonly=on][,snapshot=on][,serial=S]  a raw disk image\n"
    "  -netdev user[,hostfwd=tcp::PORT-:PORT][,restrict=on][,mac=M]  a network; or -nic\n"
    "  -serial SPEC           console: terminal, null, pty, file:F, socket:F, tcp:HOST:PORT\n"
    "  -semihosting           HLT #0xF000 calls write to standard output and exit\n"
    "  --clock virtual        one thread, time is instructions retired, runs repeat exactly\n"
    "  --trace KINDS          smc,power,exception,mmio,insn    --trace-file FILE\n"
    "  --trace-format FORMAT  text, json, or timeline for https://ui.perfetto.dev\n"
    "  --calls                count service calls, and print a table of them at the end\n"
    "  --trace-hash           only print the trace's SHA-256 at the end\n"
    "  --timeout SECONDS      end the run with status 4\n"
    "  --machine-timeout SECONDS  the same by the machine's own clock\n"
    "\n"
    "In the console: Ctrl-A X quits, Ctrl-A H shows the others.\n"
    "Exit status: 0 power-off, 1 usage, 2 configuration, 3 the guest reported failure,\n"
    "4 time-out, 5 internal fault.\n";

static enum el4_exit show_version(int argc, char **argv)
{
    puts("el4 " EL4_VERSION);
    return EL4_EXIT_OFF;
}

static const struct {
    const char *name;
    enum el4_exit (*run)(int argc, char **argv);
    const char *usage; /* for --help; NULL: usage_text has it */
} commands[] = {
    {"run", cli_run, NULL},
    {"check", cli_check, NULL},
    {"explain", cli_explain, NULL},
    {"chain", cli_chain, NULL},
    {"dtb", cli_dtb, NULL},
    {"plugins", cli_plugins_list, NULL},
    {"new", cli_new, NULL},
    {"help", cli_help, NULL},
    {"matrix", cli_matrix, cli_matrix_usage},
    {"top", cli_top, cli_top_usage},
    {"version", show_version, NULL},
    {"complete", cli_complete, NULL},
};

/* All but "complete", which is for the shells. */
const char *cli_command_name(size_t i)
{
    return i + 1 < G_N_ELEMENTS(commands) ? commands[i].name : NULL;
}

bool cli_colour(int fd)
{
    const char *no_colour = getenv("NO_COLOR");
    return isatty(fd) && !(no_colour && *no_colour);
}

void cli_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    fprintf(stderr, cli_colour(STDERR_FILENO) ? "\033[1;31mel4:\033[0m %s\n" : "el4: %s\n",
            text);
}

struct el4_plugins *cli_plugins(void)
{
    GError *error = NULL;
    /* Run from a build tree, its own plugins are the ones to use. */
    g_autofree char *map = getenv("EL4_PLUGIN_MAP") ? NULL : cli_where_map();
    if (map) {
        setenv("EL4_PLUGIN_MAP", map, 1);
    }
    struct el4_plugins *plugins = el4_plugins_new(&error);
    if (!plugins) {
        cli_error("%s", error->message);
        g_error_free(error);
        return NULL;
    }
    g_autofree char *installed = cli_where_plugins();
    if (installed) {
        el4_plugins_set_installed(plugins, installed);
    }
    return plugins;
}

struct el4_machine *cli_machine(struct cli_options *options, struct el4_plugins *plugins,
                                enum el4_machine_use use)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    struct el4_machine *machine =
        el4_machine_new(options->config, plugins, options->extras, use, messages, &error);
    if (machine) {
        return machine;
    }
    for (guint i = 0; i < messages->len; i++) {
        cli_error("%s", (const char *)g_ptr_array_index(messages, i));
    }
    if (!messages->len) {
        cli_error("%s", error->message);
    }
    g_error_free(error);
    return NULL;
}

/* Log messages: one line each on standard error; debug ones only if G_MESSAGES_DEBUG asks. */
static GLogWriterOutput write_log(GLogLevelFlags level, const GLogField *fields, gsize count,
                                  gpointer data)
{
    const char *message = NULL;
    const char *domain = NULL;
    for (gsize i = 0; i < count; i++) {
        if (!strcmp(fields[i].key, "MESSAGE")) {
            message = fields[i].value;
        } else if (!strcmp(fields[i].key, "GLIB_DOMAIN")) {
            domain = fields[i].value;
        }
    }
    const char *wanted = getenv("G_MESSAGES_DEBUG");
    bool is_detail = level & (G_LOG_LEVEL_DEBUG | G_LOG_LEVEL_INFO);
    if (is_detail &&
        !(wanted && (!strcmp(wanted, "all") || (domain && strstr(wanted, domain))))) {
        return G_LOG_WRITER_HANDLED;
    }
    fprintf(stderr, "el4: %s\n", message ? message : "");
    return G_LOG_WRITER_HANDLED;
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h") || !strcmp(argv[i], "-help")) {
            return true;
        }
    }
    return false;
}

static enum el4_exit run_command(int argc, char **argv)
{
    if (argc < 2) {
        fputs(usage_text, stderr);
        return EL4_EXIT_USAGE;
    }
    const char *usage = usage_text;
    enum el4_exit (*run)(int argc, char **argv) = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (!strcmp(argv[1], commands[i].name)) {
            run = commands[i].run;
            usage = commands[i].usage ? commands[i].usage : usage_text;
        }
    }
    if (run != cli_complete && wants_help(argc - 1, argv + 1)) {
        fputs(usage, stdout);
        return EL4_EXIT_OFF;
    }
    if (run) {
        return run(argc - 2, argv + 2);
    }
    if (!strcmp(argv[1], "--version")) {
        return show_version(0, NULL);
    }
    cli_error("there is no command '%s'; 'el4 --help' lists them", argv[1]);
    return EL4_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    g_log_set_writer_func(write_log, NULL, NULL);
    cli_catch_faults();
    enum el4_exit status = run_command(argc, argv);
    if (fflush(stdout) || ferror(stdout)) {
        cli_error("standard output cannot be written: %s", g_strerror(errno));
        return EL4_EXIT_INTERNAL;
    }
    return (int)status;
}
