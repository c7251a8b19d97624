/* SPDX-License-Identifier: MIT */
/*
 * The control socket of a running machine: commands in, one a line, and an answer of one line
 * of JSON to each.
 */
#include "machine/private.h"

#include <string.h>

#define COMMAND_MAX 256

struct control {
    struct el4_machine *machine;
    struct el4_io_stream *stream;
    char line[COMMAND_MAX];
    size_t length;
    bool too_long; /* the rest of the line is thrown away */
};

static void answer(struct control *control, const char *command)
{
    g_autoptr(GString) out = g_string_new(NULL);
    if (!strcmp(command, "status")) {
        el4_machine_append_status(control->machine, out);
    } else if (!strcmp(command, "quit")) {
        g_string_append(out, "{\"quit\":true}\n");
    } else if (!strcmp(command, "help")) {
        g_string_append(out, "{\"commands\":[\"status\",\"quit\",\"help\"]}\n");
    } else {
        g_string_append(out, "{\"error\":\"no such command; 'help' lists them\"}\n");
    }
    el4_io_stream_write(control->stream, out->str, out->len);
    if (!strcmp(command, "quit")) {
        el4_machine_stop(control->machine, EL4_EXIT_OFF);
    }
}

static void take(struct control *control, char c)
{
    if (c == '\r') {
        return;
    }
    if (c != '\n') {
        control->too_long |= control->length == sizeof(control->line) - 1;
        if (!control->too_long) {
            control->line[control->length++] = c;
        }
        return;
    }
    control->line[control->too_long ? 0 : control->length] = '\0';
    answer(control, control->line);
    control->length = 0;
    control->too_long = false;
}

static void event(void *opaque, enum el4_io_stream_event event)
{
    struct control *control = opaque;
    char bytes[256];
    size_t count;
    if (event == EL4_IO_CLOSED) {
        control->length = 0;
        control->too_long = false;
    }
    while (event == EL4_IO_READABLE &&
           (count = el4_io_stream_read(control->stream, bytes, sizeof(bytes)))) {
        for (size_t i = 0; i < count; i++) {
            take(control, bytes[i]);
        }
    }
}

bool el4_control_from_config(struct el4_machine *machine, GError **error)
{
    const char *spec = el4_config_get_string(machine->config, "machine", "control");
    if (!spec) {
        return true;
    }
    if (!g_str_has_prefix(spec, "socket:") && !g_str_has_prefix(spec, "tcp:")) {
        el4_config_value_error(machine->config, "machine", "control", error,
                               "'%s' is no socket; write socket:PATH or tcp:HOST:PORT", spec);
        return false;
    }
    struct control *control = g_new0(struct control, 1);
    g_autoptr(GError) problem = NULL;
    machine->control = control;
    control->machine = machine;
    el4_io_lock(machine->io);
    control->stream = el4_io_stream_open(machine->io, spec, event, control, &problem);
    el4_io_unlock(machine->io);
    if (!control->stream) {
        el4_config_value_error(machine->config, "machine", "control", error, "%s",
                               problem->message);
        return false;
    }
    el4_smccc_enable_counts(machine->smccc);
    return true;
}
