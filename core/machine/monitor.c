/* SPDX-License-Identifier: MIT */
/*
 * What looks on: the machine's trace, and semihosting for guests that ask for it.
 */
#include "machine/private.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

static const char *const format_choices[] = {"text", "json", "timeline", NULL};

static const struct el4_config_key trace_keys[] = {
    {.name = "kinds",
     .type = EL4_CONFIG_LIST,
     .help = "What is traced: smc, power, exception, mmio, insn. Nothing by default."},
    {.name = "file",
     .type = EL4_CONFIG_PATH,
     .help = "Where the trace goes; standard error by default."},
    {.name = "format",
     .type = EL4_CONFIG_ENUM,
     .default_text = "text",
     .choices = format_choices,
     .help = "Lines of text or of JSON; or timeline, which https://ui.perfetto.dev shows."},
    {.name = "arguments",
     .type = EL4_CONFIG_UINT,
     .default_text = "3",
     .min = 1,
     .max = 17,
     .help = "How many arguments of calls are shown, from x1 on."},
    {.name = "hash",
     .type = EL4_CONFIG_BOOL,
     .default_text = "no",
     .help = "Write no lines; print their SHA-256 at the end, as a run's fingerprint."},
};

static const struct el4_config_schema trace_schema = {
    .struct_size = sizeof(trace_schema),
    .key_size = sizeof(struct el4_config_key),
    .section = "trace",
    .help = "What is written down of a run.",
    .keys = trace_keys,
    .key_count = G_N_ELEMENTS(trace_keys),
};

bool el4_trace_add_schema(struct el4_config *config, GError **error)
{
    return el4_config_add_schema(config, NULL, &trace_schema, error);
}

static uint64_t now_ns(void *data)
{
    return el4_machine_now_ns(data);
}

/* Settings of a trace that was not asked for: better said than silently ignored. */
static bool refuse_without_kinds(const struct el4_config *config, GError **error)
{
    const char *key = el4_config_get_bool(config, "trace", "hash")     ? "hash"
                      : el4_config_get_path(config, "trace", "file")   ? "file"
                      : el4_config_get_enum(config, "trace", "format") ? "format"
                                                                       : NULL;
    if (key) {
        el4_config_value_error(config, "trace", key, error,
                               "nothing is traced; say what, for example with --trace "
                               "smc,exception,mmio, or set kinds in [trace]");
    }
    return !key;
}

bool el4_trace_from_config(struct el4_machine *machine, GError **error)
{
    const struct el4_config *config = machine->config;
    const char *const *words = el4_config_get_list(config, "trace", "kinds", NULL);
    if (!words || !*words) {
        return refuse_without_kinds(config, error);
    }
    g_autofree char *text = g_strjoinv(" ", (char **)words);
    g_autoptr(GError) problem = NULL;
    struct el4_trace_config trace = {
        .kinds = el4_trace_parse_kinds(text, &problem),
        .format = (enum el4_trace_format)el4_config_get_enum(config, "trace", "format"),
        .cpus = machine->cpu_count,
        .arguments = (unsigned)el4_config_get_uint(config, "trace", "arguments"),
        .hash_only = machine->look_only || el4_config_get_bool(config, "trace", "hash"),
        .path = el4_config_get_path(config, "trace", "file"),
        .now_ns = now_ns,
        .now_data = machine,
    };
    if (problem) {
        el4_config_value_error(config, "trace", "kinds", error, "%s", problem->message);
        return false;
    }
    int unwritable = machine->look_only && trace.path ? el4_io_check_writable(trace.path) : 0;
    if (unwritable) {
        el4_config_value_error(config, "trace", "file", error, "%s: cannot be written: %s",
                               trace.path, g_strerror(unwritable));
        return false;
    }
    machine->trace = el4_trace_new(&trace, &problem);
    if (!machine->trace) {
        el4_config_value_error(config, "trace", "file", error, "%s", problem->message);
        return false;
    }
    return true;
}

void el4_machine_report(struct el4_machine *machine)
{
    if (machine->trace) {
        el4_trace_flush(machine->trace);
    }
    if (machine->trace && el4_config_get_bool(machine->config, "trace", "hash")) {
        g_autofree char *hash = el4_trace_hash(machine->trace);
        g_printerr("trace sha256 %s\n", hash);
    }
    el4_calls_report(machine);
}

/* ---- semihosting ---- */

static void host_write(void *data, int stream, const void *bytes, size_t count)
{
    const char *from = bytes;
    while (count) {
        ssize_t done = write(stream == 2 ? STDERR_FILENO : STDOUT_FILENO, from, count);
        struct pollfd wait = {.fd = stream == 2 ? STDERR_FILENO : STDOUT_FILENO,
                              .events = POLLOUT};
        if (done < 0 && (errno == EAGAIN || errno == EINTR) && poll(&wait, 1, -1) >= 0) {
            continue;
        }
        if (done <= 0) {
            return; /* nobody listens: a guest is not stopped by that */
        }
        from += done;
        count -= (size_t)done;
    }
}

static int host_read(void *data)
{
    return -1; /* the terminal belongs to the console */
}

static void host_exit(void *data, bool application_exit, uint64_t status)
{
    struct el4_machine *machine = data;
    /* Another reason is a failure that comes without a number. */
    uint64_t number = application_exit ? status : 1;
    machine->guest_status = (int64_t)MIN(number, (uint64_t)INT64_MAX);
    el4_machine_stop(machine, application_exit && status == 0 ? EL4_EXIT_OFF : EL4_EXIT_GUEST);
}

static int64_t wall_clock_s(void *data)
{
    return el4_machine_wall_clock_s(data);
}

bool el4_machine_semihosting(struct el4_machine *machine, struct el4_cpu *cpu)
{
    struct el4_semihosting_ops ops = {
        .write = host_write,
        .read = host_read,
        .exit = host_exit,
        .now_ns = now_ns,
        .wall_clock_s = wall_clock_s,
        .command_line = el4_config_get_string(machine->config, "boot", "append"),
    };
    el4_semihosting_call(cpu, &ops, machine);
    return true;
}
