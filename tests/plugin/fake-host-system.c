/* SPDX-License-Identifier: MIT */
/*
 * The fake host's other half: power, claims, streams, what boards build, the device tree.
 */
#include "fake-host-private.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* ---- power ---- */

static void host_cpu_state(struct el4_instance *self, unsigned cpu, struct el4_cpu_state *state)
{
    assert_true(cpu < self->cpu_count);
    *state = self->cpu_state[cpu];
}

static unsigned host_cpu_power(struct el4_instance *self, unsigned cpu)
{
    return cpu < self->cpu_count ? self->cpu_power[cpu] : (unsigned)EL4_CPU_OFF;
}

static int host_cpu_on(struct el4_instance *self, unsigned cpu,
                       const struct el4_power_entry *entry)
{
    if (self->cpu_on_result) {
        return self->cpu_on_result;
    }
    if (cpu >= self->cpu_count) {
        return -EINVAL;
    }
    switch (self->cpu_power[cpu]) {
    case EL4_CPU_OFF: break;
    case EL4_CPU_ON_PENDING: return -EINPROGRESS;
    default: return -EALREADY;
    }
    self->cpu_power[cpu] = EL4_CPU_ON_PENDING;
    self->cpu_on_entry[cpu] = *entry;
    return 0;
}

static void host_cpu_off(struct el4_instance *self)
{
    self->cpu_off_count++;
    self->cpu_power[self->caller] = EL4_CPU_OFF;
}

static void host_cpu_suspend(struct el4_instance *self, const struct el4_power_entry *entry)
{
    self->suspend_count++;
    self->suspend_has_entry = entry;
    if (entry) {
        self->suspend_entry = *entry;
    }
}

static void host_system_event(struct el4_instance *self, enum el4_system_event event)
{
    self->event = (int)event;
}

static void host_memory_protect(struct el4_instance *self, bool enable)
{
    self->memory_protect = enable;
}

static bool host_cpu_stolen_ns(struct el4_instance *self, unsigned cpu, uint64_t *ns)
{
    *ns = self->stolen_ns[cpu];
    return !self->stolen_is_unknown;
}

static void host_cpu_clock(struct el4_instance *self, unsigned cpu, bool is_virtual,
                           uint64_t *wall_ns, uint64_t *count)
{
    assert_true(cpu < self->cpu_count);
    *wall_ns = (uint64_t)self->wall_clock_s * 1000000000;
    *count = is_virtual ? self->now_ns - 1 : self->now_ns;
}

/* ---- memory ---- */

/* The end of `ram` is for that; what the plugin wants is there for the test to see. */
static bool host_memory_reserve(struct el4_instance *self,
                                const struct el4_reservation *reservation, uint64_t *base)
{
    assert_true(self->creating && reservation->bytes % 4096 == 0);
    self->reservation = *reservation;
    if (reservation->bytes > self->ram_bytes) {
        snprintf(self->failure, sizeof(self->failure), "no memory");
        return false;
    }
    *base = self->ram_base + self->ram_bytes - reservation->bytes;
    return true;
}

/* ---- interrupting CPUs ---- */

static bool host_cpu_interrupt(struct el4_instance *self, unsigned cpu)
{
    assert_true(cpu < self->cpu_count);
    bool runs = self->cpu_power[cpu] == EL4_CPU_ON || self->cpu_power[cpu] == EL4_CPU_SUSPENDED;
    self->interrupt_asked[cpu] |= runs;
    return runs;
}

static bool host_cpu_context_get(struct el4_instance *self, unsigned cpu,
                                 struct el4_cpu_context *context)
{
    assert_int_equal(context->struct_size, sizeof(*context));
    *context = self->context[cpu];
    context->struct_size = sizeof(*context);
    return true;
}

static bool host_cpu_context_set(struct el4_instance *self, unsigned cpu,
                                 const struct el4_cpu_context *context)
{
    assert_int_equal(context->struct_size, sizeof(*context));
    if (self->context_is_refused) {
        return false;
    }
    self->context[cpu] = *context;
    self->context_sets++;
    return true;
}

static bool host_interrupt_take(struct el4_instance *self, uint32_t intid, bool *level)
{
    if (intid < 32 || intid > 1019 || self->taken[intid]) {
        return false;
    }
    self->taken[intid] = true;
    *level = self->levels[intid];
    return true;
}

static void host_interrupt_give_back(struct el4_instance *self, uint32_t intid)
{
    assert_true(intid < 1024 && self->taken[intid]);
    self->taken[intid] = false;
}

/* ---- claims ---- */

static bool host_claim(struct el4_instance *self, const struct el4_claim *claim)
{
    assert_true(self->creating && self->claim_count < FAKE_CLAIMS_MAX);
    assert_true(claim->first <= claim->last);
    self->claims[self->claim_count++] = *claim;
    return true;
}

static bool host_call_is_claimed(struct el4_instance *self, unsigned conduit, uint32_t id,
                                 unsigned cpu)
{
    if (self->is_claimed) {
        return self->is_claimed(conduit, id, cpu);
    }
    for (unsigned i = 0; i < self->claim_count; i++) {
        const struct el4_claim *claim = &self->claims[i];
        if ((claim->conduits >> conduit & 1) && id >= claim->first && id <= claim->last) {
            return true;
        }
    }
    return false;
}

/* ---- host I/O ---- */

static struct el4_stream *
host_stream_open(struct el4_instance *self, const char *spec,
                 void (*event)(void *opaque, enum el4_stream_event event), void *opaque)
{
    for (unsigned i = 0; i < FAKE_STREAMS_MAX; i++) {
        struct el4_stream *stream = &self->streams[i];
        if (!stream->open) {
            stream->open = true;
            snprintf(stream->spec, sizeof(stream->spec), "%s", spec);
            stream->event = event;
            stream->opaque = opaque;
            return stream;
        }
    }
    fail_msg("more streams than the fake has");
    return NULL;
}

static size_t host_stream_write(struct el4_instance *self, struct el4_stream *stream,
                                const void *data, size_t bytes)
{
    assert_true(stream->output_bytes + bytes <= sizeof(stream->output));
    memcpy(stream->output + stream->output_bytes, data, bytes);
    stream->output_bytes += bytes;
    return bytes;
}

static size_t host_stream_read(struct el4_instance *self, struct el4_stream *stream, void *data,
                               size_t bytes)
{
    bytes = bytes < stream->input_bytes ? bytes : stream->input_bytes;
    memcpy(data, stream->input, bytes);
    stream->input_bytes -= bytes;
    memmove(stream->input, stream->input + bytes, stream->input_bytes);
    return bytes;
}

void fake_type(struct el4_instance *fake, unsigned stream, const void *data, size_t bytes)
{
    assert_true(stream < FAKE_STREAMS_MAX && fake->streams[stream].open);
    struct el4_stream *s = &fake->streams[stream];
    assert_true(s->input_bytes + bytes <= sizeof(s->input));
    memcpy(s->input + s->input_bytes, data, bytes);
    s->input_bytes += bytes;
    if (s->event) {
        s->event(s->opaque, EL4_STREAM_READABLE);
    }
}

static bool host_poll_add(struct el4_instance *self, const struct el4_poll_ops *ops,
                          void *opaque)
{
    self->poll_ops = ops;
    self->poll_opaque = opaque;
    return true;
}

static void host_poll_kick(struct el4_instance *self)
{
    self->poll_kicks++;
}

static const void *host_boot_blob(struct el4_instance *self, const char *name, size_t *bytes)
{
    for (const struct fake_blob *blob = self->blobs; blob && blob->name; blob++) {
        if (!strcmp(blob->name, name)) {
            *bytes = blob->bytes;
            return blob->data;
        }
    }
    *bytes = 0;
    return NULL;
}

/* The same bytes at each run. */
static void host_random(struct el4_instance *self, void *buffer, size_t bytes)
{
    uint8_t *out = buffer;
    for (size_t i = 0; i < bytes; i++) {
        out[i] = (uint8_t)(0xa5 + 37 * i);
    }
}

/* ---- boards ---- */

static bool host_board_memory(struct el4_instance *self, const struct el4_board_memory *memory)
{
    assert_true(self->memory_count < FAKE_LIST_MAX);
    self->memories[self->memory_count++] = *memory;
    return true;
}

static bool host_board_device(struct el4_instance *self, const struct el4_board_device *device)
{
    assert_true(self->device_count < FAKE_LIST_MAX);
    self->devices[self->device_count++] = *device;
    return true;
}

static bool host_board_wire(struct el4_instance *self, const struct el4_board_wire *wire)
{
    assert_true(self->wire_count < FAKE_LIST_MAX);
    self->wires[self->wire_count++] = *wire;
    return true;
}

static bool host_board_place(struct el4_instance *self, const struct el4_board_place *place)
{
    assert_true(self->place_count < FAKE_LIST_MAX);
    unsigned i = self->place_count++;
    snprintf(self->places[i].device, sizeof(self->places[i].device), "%s", place->device);
    self->places[i].disk = place->disk;
    self->places[i].network = place->network;
    self->places[i].console = place->console;
    return true;
}

static bool host_board_boot(struct el4_instance *self, const struct el4_board_boot *boot)
{
    self->boot = *boot;
    return true;
}

static uint64_t host_machine_uint(struct el4_instance *self, const char *what)
{
    const struct {
        const char *what;
        uint64_t value;
    } facts[] = {
        {"cpus", self->cpu_count},  {"memory", self->machine_memory},
        {"el2", self->machine_el2}, {"el3", self->machine_el3},
        {"look-only", 0},
    };
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        if (!strcmp(facts[i].what, what)) {
            return facts[i].value;
        }
    }
    return 0;
}

/* ---- device tree ---- */

/* The opaque tree is the fake itself. */
static struct el4_instance *fake_of(struct el4_fdt *fdt)
{
    return (struct el4_instance *)(void *)fdt;
}

static void add_text(struct el4_fdt *fdt, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_text(struct el4_fdt *fdt, const char *format, ...)
{
    struct el4_instance *fake = fake_of(fdt);
    size_t used = strlen(fake->fdt);
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(fake->fdt + used, sizeof(fake->fdt) - used, format, arguments);
    va_end(arguments);
    assert_true(length >= 0 && used + (size_t)length < sizeof(fake->fdt));
}

static void host_fdt_begin(struct el4_fdt *fdt, const char *name)
{
    add_text(fdt, "%s {\n", name);
    fake_of(fdt)->fdt_depth++;
}

/* Text goes on where it is: the test sees the node twice. */
static void host_fdt_open(struct el4_fdt *fdt, const char *name)
{
    host_fdt_begin(fdt, name);
}

static void host_fdt_end(struct el4_fdt *fdt)
{
    assert_true(fake_of(fdt)->fdt_depth > 0);
    fake_of(fdt)->fdt_depth--;
    add_text(fdt, "}\n");
}

static void host_fdt_bytes(struct el4_fdt *fdt, const char *property, const void *data,
                           size_t bytes)
{
    add_text(fdt, "%s =", property);
    for (size_t i = 0; i < bytes; i++) {
        add_text(fdt, " %02x", ((const uint8_t *)data)[i]);
    }
    add_text(fdt, "\n");
}

static void host_fdt_cells(struct el4_fdt *fdt, const char *property, const uint32_t *cells,
                           size_t count)
{
    add_text(fdt, "%s =", property);
    for (size_t i = 0; i < count; i++) {
        add_text(fdt, " 0x%x", cells[i]);
    }
    add_text(fdt, "\n");
}

static void host_fdt_u64s(struct el4_fdt *fdt, const char *property, const uint64_t *values,
                          size_t count)
{
    add_text(fdt, "%s =", property);
    for (size_t i = 0; i < count; i++) {
        add_text(fdt, " 0x%" PRIx64, values[i]);
    }
    add_text(fdt, "\n");
}

static void host_fdt_strings(struct el4_fdt *fdt, const char *property,
                             const char *const *strings)
{
    add_text(fdt, "%s =", property);
    for (; *strings; strings++) {
        add_text(fdt, " %s", *strings);
    }
    add_text(fdt, "\n");
}

static void host_fdt_flag(struct el4_fdt *fdt, const char *property)
{
    add_text(fdt, "%s\n", property);
}

/* A number that depends on the label alone. */
static uint32_t host_fdt_phandle(struct el4_fdt *fdt, const char *label)
{
    uint32_t number = 1;
    for (; *label; label++) {
        number = number * 31 + (uint8_t)*label;
    }
    return number;
}

static void host_fdt_label(struct el4_fdt *fdt, const char *label)
{
    add_text(fdt, "label %s\n", label);
}

void fake_fdt(struct el4_instance *fake)
{
    fake->fdt[0] = '\0';
    fake_device_ops()->fdt(fake->state, (struct el4_fdt *)(void *)fake);
    assert_int_equal(fake->fdt_depth, 0);
}

void fake_service_fdt(struct el4_instance *fake, unsigned conduit)
{
    fake->fdt[0] = '\0';
    fake_service_ops()->fdt(fake->state, (struct el4_fdt *)(void *)fake, conduit);
    assert_int_equal(fake->fdt_depth, 0);
}

bool fake_fdt_has(const struct el4_instance *fake, const char *line)
{
    size_t length = strlen(line);
    for (const char *at = fake->fdt; *at;) {
        size_t here = strcspn(at, "\n");
        if (here == length && !memcmp(at, line, length)) {
            return true;
        }
        at += here + (at[here] == '\n');
    }
    return false;
}

void fake_fill_system(struct el4_host *table)
{
    table->cpu_state = host_cpu_state;
    table->cpu_power = host_cpu_power;
    table->cpu_on = host_cpu_on;
    table->cpu_off = host_cpu_off;
    table->cpu_suspend = host_cpu_suspend;
    table->system_event = host_system_event;
    table->memory_protect = host_memory_protect;
    table->claim = host_claim;
    table->call_is_claimed = host_call_is_claimed;
    table->stream_open = host_stream_open;
    table->stream_write = host_stream_write;
    table->stream_read = host_stream_read;
    table->poll_add = host_poll_add;
    table->poll_kick = host_poll_kick;
    table->boot_blob = host_boot_blob;
    table->random = host_random;
    table->board_memory = host_board_memory;
    table->board_device = host_board_device;
    table->board_wire = host_board_wire;
    table->board_boot = host_board_boot;
    table->board_place = host_board_place;
    table->machine_uint = host_machine_uint;
    table->fdt_begin = host_fdt_begin;
    table->fdt_end = host_fdt_end;
    table->fdt_bytes = host_fdt_bytes;
    table->fdt_cells = host_fdt_cells;
    table->fdt_u64s = host_fdt_u64s;
    table->fdt_strings = host_fdt_strings;
    table->fdt_flag = host_fdt_flag;
    table->fdt_phandle = host_fdt_phandle;
    table->fdt_label = host_fdt_label;
    table->fdt_open = host_fdt_open;
    table->memory_reserve = host_memory_reserve;
    table->cpu_stolen_ns = host_cpu_stolen_ns;
    table->cpu_clock = host_cpu_clock;
    table->cpu_interrupt = host_cpu_interrupt;
    table->cpu_context_get = host_cpu_context_get;
    table->cpu_context_set = host_cpu_context_set;
    table->interrupt_take = host_interrupt_take;
    table->interrupt_give_back = host_interrupt_give_back;
}
