/* SPDX-License-Identifier: MIT */
/*
 * The host table: what plugins may ask of el4. Each function finds its machine through the
 * instance, checks what a plugin could get wrong, and hands over to the part that does it.
 * Memory is in host-memory.c, CPUs and services are in host-cpu.c; the rest is here.
 */
#include "machine/private.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/random.h>

/* A message of a guest's doing is dropped after so many of its kind from one instance. */
#define GUEST_MESSAGES_MAX 100

struct el4_timer {
    struct el4_io_timer *timer;
};

static const char *const level_names[] = {"error",       "warning",       "info",
                                          "guest error", "unimplemented", "debug"};

void el4_machine_log(struct el4_machine *machine, enum el4_log_level level, const char *who,
                     const char *text)
{
    static const GLogLevelFlags glib_levels[] = {
        G_LOG_LEVEL_CRITICAL, G_LOG_LEVEL_WARNING, G_LOG_LEVEL_MESSAGE,
        G_LOG_LEVEL_INFO,     G_LOG_LEVEL_INFO,    G_LOG_LEVEL_DEBUG,
    };
    g_log("el4", glib_levels[level], "%s: %s: %s", who, level_names[level], text);
}

void el4_instance_log(struct el4_instance *self, enum el4_log_level level, const char *format,
                      ...)
{
    if ((unsigned)level >= G_N_ELEMENTS(level_names)) {
        level = EL4_LOG_WARNING;
    }
    bool guests = level == EL4_LOG_GUEST_ERROR || level == EL4_LOG_UNIMPLEMENTED;
    int count = guests ? g_atomic_int_add(&self->log_count[level], 1) : 0;
    if (count >= GUEST_MESSAGES_MAX) {
        /* Never so many that the count wraps. */
        g_atomic_int_add(&self->log_count[level], -1);
        return;
    }
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    el4_machine_log(self->machine, level, self->name, text);
    if (count + 1 == GUEST_MESSAGES_MAX) {
        el4_machine_log(self->machine, level, self->name, "more of this kind is not shown");
    }
}

void el4_instance_fail(struct el4_instance *self, const char *format, ...)
{
    if (self->failure) {
        return; /* the first reason is the one that matters */
    }
    va_list args;
    va_start(args, format);
    self->failure = g_strdup_vprintf(format, args);
    va_end(args);
    if (!self->building) {
        /* The machine is made, with this instance in it: nobody will look at the reason. */
        el4_instance_log(self, EL4_LOG_ERROR, "%s", self->failure);
    }
}

/* ---- configuration ---- */

static bool key_is(struct el4_instance *self, const char *key, uint32_t type, uint32_t other)
{
    const struct el4_config_key *known =
        el4_config_find_key(self->machine->config, self->section, key);
    if (known && (known->type == type || known->type == other)) {
        return true;
    }
    el4_instance_log(self, EL4_LOG_ERROR, "the plugin reads key '%s', %s", key,
                     known ? "which its schema gives another type"
                           : "which its schema does not have");
    return false;
}

static bool host_config_bool(struct el4_instance *self, const char *key)
{
    return key_is(self, key, EL4_CONFIG_BOOL, EL4_CONFIG_BOOL) &&
           el4_config_get_bool(self->machine->config, self->section, key);
}

static int64_t host_config_int(struct el4_instance *self, const char *key)
{
    return key_is(self, key, EL4_CONFIG_INT, EL4_CONFIG_INT)
               ? el4_config_get_int(self->machine->config, self->section, key)
               : 0;
}

static uint64_t host_config_uint(struct el4_instance *self, const char *key)
{
    if (!key_is(self, key, EL4_CONFIG_UINT, EL4_CONFIG_SIZE)) {
        return 0;
    }
    const struct el4_config_key *known =
        el4_config_find_key(self->machine->config, self->section, key);
    return known->type == EL4_CONFIG_UINT
               ? el4_config_get_uint(self->machine->config, self->section, key)
               : el4_config_get_size(self->machine->config, self->section, key);
}

static const char *host_config_string(struct el4_instance *self, const char *key)
{
    if (!key_is(self, key, EL4_CONFIG_STRING, EL4_CONFIG_PATH)) {
        return NULL;
    }
    const struct el4_config_key *known =
        el4_config_find_key(self->machine->config, self->section, key);
    return known->type == EL4_CONFIG_STRING
               ? el4_config_get_string(self->machine->config, self->section, key)
               : el4_config_get_path(self->machine->config, self->section, key);
}

static int host_config_enum(struct el4_instance *self, const char *key)
{
    return key_is(self, key, EL4_CONFIG_ENUM, EL4_CONFIG_ENUM)
               ? el4_config_get_enum(self->machine->config, self->section, key)
               : -1;
}

static const char *host_config_list(struct el4_instance *self, const char *key, size_t i)
{
    if (!key_is(self, key, EL4_CONFIG_LIST, EL4_CONFIG_PATHS)) {
        return NULL;
    }
    size_t count = 0;
    const char *const *words =
        el4_config_get_list(self->machine->config, self->section, key, &count);
    return i < count ? words[i] : NULL;
}

static bool host_config_range(struct el4_instance *self, const char *key, size_t i,
                              uint64_t *first, uint64_t *last)
{
    if (!key_is(self, key, EL4_CONFIG_RANGES, EL4_CONFIG_RANGES)) {
        return false;
    }
    size_t count = 0;
    const struct el4_config_range *ranges =
        el4_config_get_ranges(self->machine->config, self->section, key, &count);
    if (i >= count) {
        return false;
    }
    *first = ranges[i].first;
    *last = ranges[i].last;
    return true;
}

static bool host_config_is_set(struct el4_instance *self, const char *key)
{
    return el4_config_is_set(self->machine->config, self->section, key);
}

static const char *host_name(struct el4_instance *self)
{
    return self->name;
}

/* ---- time ---- */

static uint64_t host_now_ns(struct el4_instance *self)
{
    return el4_machine_now_ns(self->machine);
}

static int64_t host_wall_clock_s(struct el4_instance *self)
{
    return el4_machine_wall_clock_s(self->machine);
}

void el4_machine_free_timers(struct el4_machine *machine)
{
    for (guint i = 0; i < machine->timers->len; i++) {
        struct el4_timer *timer = g_ptr_array_index(machine->timers, i);
        el4_io_timer_free(timer->timer);
        g_free(timer);
    }
    g_ptr_array_unref(machine->timers);
}

static void expire_nobody(void *opaque, uint64_t now_ns)
{
}

static struct el4_timer *host_timer_new(struct el4_instance *self,
                                        void (*expired)(void *opaque, uint64_t now_ns),
                                        void *opaque)
{
    struct el4_timer *timer = g_new0(struct el4_timer, 1);
    if (!expired) {
        el4_instance_fail(self, "it makes a timer without a call-back");
        expired = expire_nobody;
    }
    timer->timer = el4_io_timer_new(self->machine->io, expired, opaque);
    g_ptr_array_add(self->machine->timers, timer);
    return timer;
}

static void host_timer_set(struct el4_instance *self, struct el4_timer *timer, uint64_t at_ns)
{
    if (at_ns > EL4_MACHINE_TIME_MAX) {
        el4_io_timer_cancel(timer->timer);
        return;
    }
    el4_io_timer_set(timer->timer, at_ns);
    el4_machine_deadline_moved(self->machine, at_ns);
}

static void host_timer_cancel(struct el4_instance *self, struct el4_timer *timer)
{
    el4_io_timer_cancel(timer->timer);
}

/* ---- host I/O ---- */

/* The STRING key of the instance whose value this is (the very same text), or NULL. */
static const char *key_of_value(const struct el4_instance *self, const char *value)
{
    const struct el4_config_schema *schema = self->plugin->schema;
    for (size_t i = 0; schema && i < schema->key_count; i++) {
        const struct el4_config_key *key =
            (const void *)((const char *)schema->keys + i * schema->key_size);
        if (key->type == EL4_CONFIG_STRING &&
            el4_config_get_string(self->machine->config, self->section, key->name) == value) {
            return key->name;
        }
    }
    return NULL;
}

static struct el4_stream *
host_stream_open(struct el4_instance *self, const char *spec,
                 void (*event)(void *opaque, enum el4_stream_event event), void *opaque)
{
    GError *error = NULL;
    if (!spec) {
        el4_instance_fail(self, "it opens a stream without saying which");
        return NULL;
    }
    /* The two event enumerations have the same values (asserted below). */
    struct el4_io_stream *stream =
        el4_io_stream_open(self->machine->io, spec,
                           (void (*)(void *, enum el4_io_stream_event))event, opaque, &error);
    if (!stream) {
        const char *key = key_of_value(self, spec);
        el4_instance_fail(self, "%s%s%s", key ? key : "", key ? ": " : "", error->message);
        g_error_free(error);
    }
    return (struct el4_stream *)stream;
}

_Static_assert((int)EL4_STREAM_READABLE == (int)EL4_IO_READABLE &&
                   (int)EL4_STREAM_CLOSED == (int)EL4_IO_CLOSED &&
                   (int)EL4_STREAM_BREAK == (int)EL4_IO_BREAK,
               "stream events pass through unchanged");

static size_t host_stream_write(struct el4_instance *self, struct el4_stream *stream,
                                const void *data, size_t bytes)
{
    return el4_io_stream_write((struct el4_io_stream *)stream, data, bytes);
}

static size_t host_stream_read(struct el4_instance *self, struct el4_stream *stream, void *data,
                               size_t bytes)
{
    return el4_io_stream_read((struct el4_io_stream *)stream, data, bytes);
}

static bool host_poll_add(struct el4_instance *self, const struct el4_poll_ops *ops,
                          void *opaque)
{
    struct el4_poll_ops taken;
    if (!el4_instance_take(self, "el4_poll_ops", ops, &taken, sizeof(taken),
                           EL4_END_OF(struct el4_poll_ops, ready))) {
        return false;
    }
    struct el4_io_source_ops source = {.fill = taken.fill, .ready = taken.ready};
    if (!el4_io_add_source(self->machine->io, &source, opaque)) {
        el4_instance_fail(self, "its poll operations lack a call-back");
        return false;
    }
    return true;
}

static void host_poll_kick(struct el4_instance *self)
{
    el4_io_kick(self->machine->io);
}

static const void *host_boot_blob(struct el4_instance *self, const char *name, size_t *bytes)
{
    GBytes *blob = g_hash_table_lookup(self->machine->blobs, name);
    *bytes = 0;
    return blob ? g_bytes_get_data(blob, bytes) : NULL;
}

static void host_random(struct el4_instance *self, void *buffer, size_t bytes)
{
    el4_machine_random(self->machine, buffer, bytes);
}

void el4_machine_random(struct el4_machine *machine, void *buffer, size_t bytes)
{
    uint8_t *out = buffer;
    if (machine->random) {
        for (size_t i = 0; i < bytes; i++) {
            out[i] = (uint8_t)g_rand_int(machine->random);
        }
        return;
    }
    while (bytes) {
        ssize_t got = getrandom(out, bytes, 0);
        if (got > 0) {
            out += got;
            bytes -= (size_t)got;
        } else if (errno != EINTR) {
            g_error("getrandom: %s", g_strerror(errno));
        }
    }
}

/* ---- boards ---- */

static uint64_t host_machine_uint(struct el4_instance *self, const char *what)
{
    const struct el4_machine *machine = self->machine;
    if (!strcmp(what, "cpus")) {
        return machine->cpu_count;
    }
    if (!strcmp(what, "memory")) {
        return machine->memory_bytes;
    }
    if (!strcmp(what, "el2")) {
        return machine->el2;
    }
    if (!strcmp(what, "el3")) {
        return machine->el3;
    }
    if (!strcmp(what, "look-only")) {
        return machine->look_only;
    }
    if (!strcmp(what, "gic-list-registers")) {
        return machine->model->gic_list_registers;
    }
    el4_instance_log(self, EL4_LOG_ERROR, "asks for the machine's '%s', which nobody knows",
                     what);
    return 0;
}

void el4_machine_fill_host(struct el4_host *host)
{
    *host = (struct el4_host){
        .struct_size = sizeof(*host),
        .abi_major = EL4_ABI_MAJOR,
        .log = el4_instance_log,
        .fail = el4_instance_fail,
        .config_bool = host_config_bool,
        .config_int = host_config_int,
        .config_uint = host_config_uint,
        .config_string = host_config_string,
        .config_enum = host_config_enum,
        .config_list = host_config_list,
        .config_range = host_config_range,
        .config_is_set = host_config_is_set,
        .name = host_name,
        .now_ns = host_now_ns,
        .wall_clock_s = host_wall_clock_s,
        .timer_new = host_timer_new,
        .timer_set = host_timer_set,
        .timer_cancel = host_timer_cancel,
        .stream_open = host_stream_open,
        .stream_write = host_stream_write,
        .stream_read = host_stream_read,
        .poll_add = host_poll_add,
        .poll_kick = host_poll_kick,
        .boot_blob = host_boot_blob,
        .random = host_random,
        .board_memory = el4_machine_add_memory,
        .board_device = el4_machine_add_device,
        .board_wire = el4_machine_add_wire,
        .board_boot = el4_machine_add_boot,
        .machine_uint = host_machine_uint,
        .fdt_begin = el4_fdt_begin,
        .fdt_end = el4_fdt_end,
        .fdt_bytes = el4_fdt_bytes,
        .fdt_cells = el4_fdt_cells,
        .fdt_u64s = el4_fdt_u64s,
        .fdt_strings = el4_fdt_strings,
        .fdt_flag = el4_fdt_flag,
        .fdt_phandle = el4_fdt_phandle,
        .fdt_label = el4_fdt_label,
        .fdt_open = el4_fdt_open,
        .memory_reserve = el4_machine_reserve,
        .board_place = el4_machine_add_place,
    };
    el4_machine_fill_host_memory(host);
    el4_machine_fill_host_cpu(host);
}
