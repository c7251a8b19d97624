/* SPDX-License-Identifier: MIT */
/*
 * el4 top: watch a running machine through its control socket ([machine] control): CPUs, and
 * which calls are made, how often, and how long their answers take.
 */
#include "cli.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <inttypes.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char cli_top_usage[] =
    "el4 top SOCKET [--once] [--seconds N]\n"
    "\n"
    "Watch a running machine. SOCKET is what [machine] control says: a path, socket:PATH or\n"
    "tcp:HOST:PORT. Start the machine with one:\n"
    "  el4 run -s machine.control=socket:/tmp/el4.sock ...\n"
    "\n"
    "  --once        print the state once and end; so does output that is no terminal\n"
    "  --seconds N   between two looks, default 1\n"
    "\n"
    "Ctrl-C ends it; the machine runs on.\n";

struct top {
    const char *spec;
    bool once;
    double seconds;
    GSocketConnection *connection;
    GDataInputStream *in;
    GHashTable *before; /* "conduit id" -> calls at the look before */
    double before_s;
};

/* One line of the screen. */
struct row {
    const char *conduit, *id, *name;
    int64_t calls, trapped, unclaimed, faults, total_ns, max_ns;
    double rate; /* calls a second */
    JsonArray *histogram;
};

static bool connect_to(struct top *top, GError **error)
{
    g_autoptr(GSocketClient) client = g_socket_client_new();
    const char *spec = top->spec;
    if (g_str_has_prefix(spec, "tcp:")) {
        top->connection =
            g_socket_client_connect_to_host(client, spec + strlen("tcp:"), 0, NULL, error);
    } else {
        const char *path = g_str_has_prefix(spec, "socket:") ? spec + strlen("socket:") : spec;
        g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
        top->connection =
            g_socket_client_connect(client, G_SOCKET_CONNECTABLE(address), NULL, error);
    }
    if (!top->connection) {
        return false;
    }
    g_socket_set_timeout(g_socket_connection_get_socket(top->connection), 10);
    top->in =
        g_data_input_stream_new(g_io_stream_get_input_stream(G_IO_STREAM(top->connection)));
    return true;
}

/* The machine's state, or NULL: the machine is gone, or it is no machine. */
static JsonNode *ask(struct top *top, GError **error)
{
    static const char command[] = "status\n";
    GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(top->connection));
    if (!g_output_stream_write_all(out, command, strlen(command), NULL, NULL, error)) {
        return NULL;
    }
    g_autofree char *line = g_data_input_stream_read_line(top->in, NULL, NULL, error);
    if (!line) {
        return NULL;
    }
    JsonNode *state = json_from_string(line, error);
    JsonObject *object =
        state && JSON_NODE_HOLDS_OBJECT(state) ? json_node_get_object(state) : NULL;
    JsonNode *cpus = object ? json_object_get_member(object, "cpus") : NULL;
    JsonNode *calls = object ? json_object_get_member(object, "calls") : NULL;
    if (!cpus || !JSON_NODE_HOLDS_ARRAY(cpus) || !calls || !JSON_NODE_HOLDS_ARRAY(calls)) {
        g_clear_pointer(&state, json_node_unref);
        if (error && !*error) {
            g_set_error(error, g_quark_from_static_string("el4-top"), 0,
                        "what answers there is no machine of el4's");
        }
    }
    return state;
}

/* ---- what changed ---- */

static int64_t number(JsonObject *object, const char *name)
{
    return json_object_get_int_member_with_default(object, name, 0);
}

static const char *text(JsonObject *object, const char *name)
{
    return json_object_get_string_member_with_default(object, name, "-");
}

static struct row make_row(struct top *top, JsonObject *call, double elapsed_s)
{
    struct row row = {
        .conduit = text(call, "conduit"),
        .id = text(call, "id"),
        .name = text(call, "name"),
        .calls = number(call, "calls"),
        .trapped = number(call, "trapped"),
        .unclaimed = number(call, "unclaimed"),
        .faults = number(call, "faults"),
        .total_ns = number(call, "total_ns"),
        .max_ns = number(call, "max_ns"),
        .histogram = json_object_get_array_member(call, "histogram"),
    };
    char *key = g_strdup_printf("%s %s", row.conduit, row.id);
    int64_t *before = g_hash_table_lookup(top->before, key);
    row.rate = elapsed_s > 0 ? (double)(row.calls - (before ? *before : 0)) / elapsed_s : 0;
    g_hash_table_insert(top->before, key, g_memdup2(&row.calls, sizeof(row.calls)));
    return row;
}

static int compare_rows(gconstpointer a, gconstpointer b)
{
    const struct row *x = a, *y = b;
    if (x->rate != y->rate) {
        return x->rate > y->rate ? -1 : 1;
    }
    return x->calls > y->calls ? -1 : x->calls < y->calls;
}

/* ---- on the screen ---- */

/* From 64 ns to 16 ms, two powers of two a letter: how the answers' times are spread. */
static void append_spread(JsonArray *histogram, GString *out)
{
    static const char levels[] = " .:-=+*#%@";
    int64_t columns[9] = {0}, most = 0;
    for (guint i = 0; histogram && i < json_array_get_length(histogram); i++) {
        guint column = i < 7 ? 0 : MIN((i - 7) / 2, G_N_ELEMENTS(columns) - 1);
        columns[column] += json_array_get_int_element(histogram, i);
        most = MAX(most, columns[column]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        int64_t level = most ? (columns[i] * 9 + most - 1) / most : 0;
        g_string_append_c(out, levels[CLAMP(level, 0, 9)]);
    }
}

static void append_cpus(JsonArray *cpus, GString *out)
{
    for (guint i = 0; i < json_array_get_length(cpus); i++) {
        JsonObject *cpu = json_array_get_object_element(cpus, i);
        g_string_append_printf(out, "%scpu%" PRId64 " %s %" PRId64,
                               i % 4 ? "   "
                               : i   ? "\n"
                                     : "",
                               number(cpu, "cpu"), text(cpu, "power"), number(cpu, "calls"));
    }
    g_string_append(out, "\n\n");
}

static void append_rows(const GArray *rows, guint lines, GString *out)
{
    g_string_append_printf(out, "%-4s %-10s %-28s %9s %8s %8s %8s %7s %8s %8s  %s\n", "by",
                           "id", "function", "calls", "/s", "trapped", "unclaim.", "faults",
                           "mean us", "max us", "64ns-16ms");
    for (guint i = 0; i < rows->len && i < lines; i++) {
        const struct row *row = &g_array_index(rows, struct row, i);
        g_string_append_printf(out,
                               "%-4s %-10s %-28.28s %9" PRId64 " %8.0f %8" PRId64 " %8" PRId64
                               " %7" PRId64 " %8.2f %8.1f  ",
                               row->conduit, row->id, row->name, row->calls, row->rate,
                               row->trapped, row->unclaimed, row->faults,
                               row->calls ? (double)row->total_ns / (double)row->calls / 1000
                                          : 0,
                               (double)row->max_ns / 1000);
        append_spread(row->histogram, out);
        g_string_append_c(out, '\n');
    }
}

static guint screen_lines(void)
{
    struct winsize size;
    bool known = !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row > 8;
    return known ? size.ws_row : 24;
}

static void show(struct top *top, JsonObject *state)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(struct row));
    JsonArray *calls = json_object_get_array_member(state, "calls");
    JsonArray *cpus = json_object_get_array_member(state, "cpus");
    double now_s = (double)g_get_monotonic_time() / 1e6;
    double elapsed_s = top->before_s > 0 ? now_s - top->before_s : 0, rate = 0;
    int64_t total = 0;
    for (guint i = 0; i < json_array_get_length(calls); i++) {
        struct row row = make_row(top, json_array_get_object_element(calls, i), elapsed_s);
        g_array_append_val(rows, row);
        total += row.calls;
        rate += row.rate;
    }
    top->before_s = now_s;
    g_array_sort(rows, compare_rows);
    g_string_append_printf(out, "machine time %.3f s   %" PRId64 " calls   %.0f/s\n",
                           (double)number(state, "ns") / 1e9, total, rate);
    append_cpus(cpus, out);
    guint used = 4 + (json_array_get_length(cpus) + 3) / 4;
    guint lines = screen_lines();
    append_rows(rows, top->once ? G_MAXUINT : lines > used ? lines - used : 1, out);
    if (!top->once) {
        fputs("\033[H\033[J", stdout);
    }
    fputs(out->str, stdout);
    fflush(stdout);
}

static bool read_arguments(struct top *top, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "--once")) {
            top->once = true;
        } else if (!strcmp(argv[i], "--seconds") && i + 1 < argc) {
            char *end;
            top->seconds = g_ascii_strtod(argv[++i], &end);
            if (*end || !(top->seconds >= 0.05 && top->seconds <= 3600)) {
                cli_error("--seconds: '%s' is no number from 0.05 to 3600", argv[i]);
                return false;
            }
        } else if (!top->spec && argv[i][0] != '-') {
            top->spec = argv[i];
        } else {
            cli_error("top: '%s' is not understood; 'el4 top --help' explains", argv[i]);
            return false;
        }
    }
    if (!top->spec) {
        fputs(cli_top_usage, stderr);
    }
    return top->spec;
}

enum el4_exit cli_top(int argc, char **argv)
{
    struct top top = {.seconds = 1, .once = !isatty(STDOUT_FILENO)};
    if (!read_arguments(&top, argc, argv)) {
        return EL4_EXIT_USAGE;
    }
    g_autoptr(GError) error = NULL;
    top.before = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    bool fine = connect_to(&top, &error);
    while (fine) {
        g_autoptr(JsonNode) state = ask(&top, &error);
        fine = state != NULL;
        if (fine) {
            show(&top, json_node_get_object(state));
        }
        if (top.once) {
            break;
        }
        if (fine) {
            g_usleep((gulong)(top.seconds * 1e6));
        }
    }
    if (error) {
        cli_error("%s: %s", top.spec, error->message);
    } else if (!fine) {
        fprintf(stderr, "el4: %s: the machine has ended\n", top.spec);
    }
    g_clear_object(&top.in);
    g_clear_object(&top.connection);
    g_hash_table_destroy(top.before);
    return error ? EL4_EXIT_CONFIG : EL4_EXIT_OFF;
}
