/* SPDX-License-Identifier: MIT */
/*
 * The host table: what plugins may ask of el4. Each function finds its machine through the
 * instance, checks what a plugin could get wrong, and hands over to the part that does it.
 */
#include "machine/private.h"

#include <errno.h>
#include <inttypes.h>
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

static void host_log(struct el4_instance *self, enum el4_log_level level, const char *format,
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

static void host_fail(struct el4_instance *self, const char *format, ...)
{
    if (self->failure) {
        return; /* the first reason is the one that matters */
    }
    va_list args;
    va_start(args, format);
    self->failure = g_strdup_vprintf(format, args);
    va_end(args);
}

/* ---- configuration ---- */

static bool key_is(struct el4_instance *self, const char *key, uint32_t type, uint32_t other)
{
    const struct el4_config_key *known =
        el4_config_find_key(self->machine->config, self->section, key);
    if (known && (known->type == type || known->type == other)) {
        return true;
    }
    host_log(self, EL4_LOG_ERROR, "the plugin reads key '%s', %s", key,
             known ? "which its schema gives another type" : "which its schema does not have");
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
    if (!key_is(self, key, EL4_CONFIG_LIST, EL4_CONFIG_LIST)) {
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
        host_fail(self, "it makes a timer without a call-back");
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

/* ---- memory ---- */

static struct region *new_region(struct el4_instance *self, unsigned index, const char *name)
{
    if (!self->building || self->kind != EL4_PLUGIN_DEVICE) {
        host_fail(self, "region %u is declared outside a device's create()", index);
        return NULL;
    }
    if (index >= EL4_REGIONS_MAX) {
        host_fail(self, "region %u is declared; the last can be %u", index,
                  EL4_REGIONS_MAX - 1);
        return NULL;
    }
    if (self->regions[index].declared) {
        host_fail(self, "region %u is declared twice", index);
        return NULL;
    }
    struct region *region = &self->regions[index];
    region->declared = true;
    region->owner = self;
    region->name = name ? g_strdup_printf("%s.%s", self->name, name) : g_strdup(self->name);
    return region;
}

static bool size_is_fine(unsigned size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

/* A checked copy, with the default access sizes filled in. */
static bool take_mmio(struct el4_instance *self, unsigned index, const struct el4_mmio *from,
                      struct el4_mmio *mmio)
{
    if (!el4_instance_take(self, "el4_mmio", from, mmio, sizeof(*mmio),
                           EL4_END_OF(struct el4_mmio, write))) {
        return false;
    }
    mmio->size_min = mmio->size_min ? mmio->size_min : 4;
    mmio->size_max = mmio->size_max ? mmio->size_max : mmio->size_min;
    if (!mmio->read || !mmio->write) {
        host_fail(self, "region %u has no %s call-back", index, mmio->read ? "write" : "read");
        return false;
    }
    if (!size_is_fine(mmio->size_min) || !size_is_fine(mmio->size_max) ||
        mmio->size_min > mmio->size_max) {
        host_fail(self,
                  "region %u takes accesses of %u to %u bytes; both must be 1, 2, 4 or 8, "
                  "and the smallest not above the largest",
                  index, mmio->size_min, mmio->size_max);
        return false;
    }
    return true;
}

static bool host_mmio_declare(struct el4_instance *self, unsigned index,
                              const struct el4_mmio *mmio)
{
    struct el4_mmio taken;
    if (!take_mmio(self, index, mmio, &taken)) {
        return false;
    }
    if (!taken.bytes) {
        host_fail(self, "region %u has no length", index);
        return false;
    }
    struct region *region = new_region(self, index, taken.name);
    if (region) {
        region->mmio = taken;
    }
    return region != NULL;
}

static bool host_memory_declare(struct el4_instance *self, unsigned index,
                                const struct el4_memory *memory)
{
    struct el4_memory taken;
    struct el4_mmio mmio = {0};
    if (!el4_instance_take(self, "el4_memory", memory, &taken, sizeof(taken),
                           EL4_END_OF(struct el4_memory, mmio))) {
        return false;
    }
    if (!taken.bytes || taken.bytes % 4096) {
        host_fail(self, "memory region %u has 0x%" PRIx64 " bytes; give it a multiple of 4096",
                  index, taken.bytes);
        return false;
    }
    if (taken.mmio && !take_mmio(self, index, taken.mmio, &mmio)) {
        return false;
    }
    struct region *region = new_region(self, index, taken.name);
    if (!region) {
        return false;
    }
    region->is_memory = true;
    region->memory = taken;
    region->mmio = mmio;
    region->memory.mmio = taken.mmio ? &region->mmio : NULL;
    return true;
}

static uint8_t *host_memory_pointer(struct el4_instance *self, unsigned index)
{
    if (index >= EL4_REGIONS_MAX || !self->regions[index].mapped) {
        return NULL;
    }
    return el4_bus_host_pointer(self->machine->bus, self->regions[index].base);
}

static void host_memory_set_direct(struct el4_instance *self, unsigned index, bool direct)
{
    if (index < EL4_REGIONS_MAX && self->regions[index].mapped) {
        el4_bus_set_rom_mode(self->machine->bus, self->regions[index].base, direct);
    }
}

/*
 * Devices do DMA with the device lock held, so it must not end up in registers, whose
 * call-backs want that lock; and a device is no good bus master of other devices.
 */
static bool is_memory(const struct el4_machine *machine, uint64_t address, size_t bytes,
                      bool secure, bool to_write)
{
    if (bytes && address + (bytes - 1) < address) {
        return false;
    }
    uint64_t last = bytes ? address + (bytes - 1) : address;
    for (uint64_t page = address & ~UINT64_C(4095); bytes && page <= last; page += 4096) {
        struct el4_bus_page found;
        if (!el4_bus_lookup_page(machine->bus, page, secure, &found) || !found.host ||
            (to_write && !found.writable)) {
            return false;
        }
        if (page + 4096 < page) {
            break;
        }
    }
    return true;
}

static int host_dma_read(struct el4_instance *self, uint64_t address, void *buffer,
                         size_t bytes, bool secure)
{
    if (!is_memory(self->machine, address, bytes, secure, false)) {
        return -EFAULT;
    }
    return el4_bus_dma_read(self->machine->bus, address, buffer, bytes, secure) == EL4_BUS_OK
               ? 0
               : -EFAULT;
}

static int host_dma_write(struct el4_instance *self, uint64_t address, const void *buffer,
                          size_t bytes, bool secure)
{
    if (!is_memory(self->machine, address, bytes, secure, true)) {
        return -EFAULT;
    }
    return el4_bus_dma_write(self->machine->bus, address, buffer, bytes, secure) == EL4_BUS_OK
               ? 0
               : -EFAULT;
}

/* ---- wires and CPUs ---- */

static void host_wire_set(struct el4_instance *self, unsigned output, bool level)
{
    if (output < self->outputs->len) {
        const struct wire_end *end = &g_array_index(self->outputs, struct wire_end, output);
        if (end->device) {
            el4_instance_device(end->device)
                ->wire_changed(end->device->state, end->input, level);
        }
    }
}

static void host_cpu_line_set(struct el4_instance *self, unsigned cpu, unsigned line,
                              bool level)
{
    static const uint32_t bits[] = {EL4_ATTENTION_IRQ, EL4_ATTENTION_FIQ, EL4_ATTENTION_VIRQ,
                                    EL4_ATTENTION_VFIQ};
    if (cpu >= self->machine->cpu_count || line >= G_N_ELEMENTS(bits)) {
        return;
    }
    struct el4_cpu *target = self->machine->cpus[cpu];
    if (!target) {
        return; /* still being built: it will start with all lines low */
    }
    if (level) {
        el4_cpu_notice(target, bits[line]);
    } else {
        el4_cpu_notice_clear(target, bits[line]);
    }
}

static unsigned host_cpu_count(struct el4_instance *self)
{
    return self->machine->cpu_count;
}

static uint64_t host_cpu_mpidr(struct el4_instance *self, unsigned cpu)
{
    return cpu < self->machine->cpu_count ? el4_machine_mpidr(self->machine, cpu) : 0;
}

static bool host_sysreg_claim(struct el4_instance *self, uint32_t first, uint32_t last,
                              const struct el4_sysreg_ops *ops)
{
    GArray *claims = self->machine->sysregs;
    struct sysreg_claim claim = {.first = first, .last = last, .owner = self};
    if (!el4_instance_take(self, "el4_sysreg_ops", ops, &claim.ops, sizeof(claim.ops),
                           EL4_END_OF(struct el4_sysreg_ops, write))) {
        return false;
    }
    if (!self->building || first > last || !claim.ops.read || !claim.ops.write) {
        host_fail(self,
                  "system registers 0x%x to 0x%x are claimed outside create(), without a "
                  "call-back, or end before they begin",
                  first, last);
        return false;
    }
    for (guint i = 0; i < claims->len; i++) {
        const struct sysreg_claim *other = &g_array_index(claims, struct sysreg_claim, i);
        if (first <= other->last && other->first <= last) {
            host_fail(self,
                      "it claims system registers 0x%x to 0x%x, and '%s' claims 0x%x to "
                      "0x%x",
                      first, last, other->owner->name, other->first, other->last);
            return false;
        }
    }
    g_array_append_val(claims, claim);
    return true;
}

static void host_cpu_state(struct el4_instance *self, unsigned cpu, struct el4_cpu_state *state)
{
    struct el4_machine *machine = self->machine;
    if (cpu >= machine->cpu_count || !machine->cpus[cpu]) {
        return;
    }
    const struct el4_cpu *target = machine->cpus[cpu];
    unsigned el = el4_cpu_el(target);
    const size_t theirs = state->struct_size;
    const struct el4_cpu_state now = {
        .struct_size = sizeof(*state),
        .el = (uint8_t)el,
        .secure = el4_cpu_is_secure(target),
        .big_endian = target->regs.sctlr[el ? el : 1] >> 25 & 1,
        .has_el2 = target->features.el2 &&
                   (!target->features.el3 || (target->regs.scr_el3 & EL4_SCR_HCE)),
        .has_el3 = target->features.el3,
        .el3_is_guest = machine->el3 == EL3_GUEST,
        .wake_pending = el4_cpu_wfi_wakes(target),
    };
    memcpy(state, &now, MIN(theirs, sizeof(now)));
}

/* ---- power ---- */

/* Only a service that is being called has a caller to act on. */
static struct vcpu *calling_vcpu(struct el4_instance *self)
{
    struct vcpu *caller = self->machine->caller;
    if (!caller) {
        host_log(self, EL4_LOG_ERROR, "the plugin switches its caller's power outside a call");
    }
    return caller;
}

static unsigned host_cpu_power(struct el4_instance *self, unsigned cpu)
{
    return cpu < self->machine->cpu_count ? el4_power_state(&self->machine->vcpus[cpu])
                                          : (unsigned)EL4_CPU_OFF;
}

static int host_cpu_on(struct el4_instance *self, unsigned cpu,
                       const struct el4_power_entry *entry)
{
    struct el4_power_entry taken;
    if (!el4_instance_take(self, "el4_power_entry", entry, &taken, sizeof(taken),
                           EL4_END_OF(struct el4_power_entry, thumb))) {
        return -EINVAL;
    }
    return el4_power_on(self->machine, cpu, &taken);
}

static void host_cpu_off(struct el4_instance *self)
{
    struct vcpu *caller = calling_vcpu(self);
    if (caller) {
        el4_power_request(caller, REQUEST_OFF, NULL);
    }
}

static void host_cpu_suspend(struct el4_instance *self, const struct el4_power_entry *entry)
{
    struct vcpu *caller = calling_vcpu(self);
    struct el4_power_entry taken;
    if (!caller) {
        return;
    }
    if (!entry) {
        el4_power_request(caller, REQUEST_STANDBY, NULL);
    } else if (el4_instance_take(self, "el4_power_entry", entry, &taken, sizeof(taken),
                                 EL4_END_OF(struct el4_power_entry, thumb))) {
        el4_power_request(caller, REQUEST_SUSPEND, &taken);
    }
}

static void host_system_event(struct el4_instance *self, enum el4_system_event event)
{
    el4_power_event(self->machine, event);
}

static void host_memory_protect(struct el4_instance *self, bool enable)
{
    self->machine->memory_protected = enable;
}

static bool host_memory_is_ram(struct el4_instance *self, uint64_t base, uint64_t bytes)
{
    const struct el4_machine *machine = self->machine;
    for (unsigned i = 0; i < machine->ram_count; i++) {
        if (machine->ram[i].nonsecure && base >= machine->ram[i].base &&
            bytes <= machine->ram[i].bytes &&
            base - machine->ram[i].base <= machine->ram[i].bytes - bytes) {
            return true;
        }
    }
    return false;
}

/* ---- service calls ---- */

static bool host_claim(struct el4_instance *self, const struct el4_claim *claim)
{
    if (!self->building || !self->service) {
        host_fail(self, "a claim outside create()");
        return false;
    }
    GError *error = NULL;
    struct el4_claim taken;
    if (!el4_instance_take(self, "el4_claim", claim, &taken, sizeof(taken),
                           EL4_END_OF(struct el4_claim, name))) {
        return false;
    }
    if (!el4_smccc_claim(self->machine->smccc, self->service, &taken, &error)) {
        host_fail(self, "%s", error->message);
        g_error_free(error);
        return false;
    }
    return true;
}

static bool host_call_is_claimed(struct el4_instance *self, unsigned conduit, uint32_t id,
                                 unsigned cpu)
{
    struct el4_machine *machine = self->machine;
    if (conduit >= EL4_CONDUIT_COUNT || cpu >= machine->cpu_count || !machine->cpus[cpu]) {
        return false;
    }
    uint32_t caller = el4_machine_caller(machine->cpus[cpu]);
    return el4_smccc_who(machine->smccc, conduit, caller, 0, id, NULL) != NULL;
}

/* ---- host I/O ---- */

static struct el4_stream *
host_stream_open(struct el4_instance *self, const char *spec,
                 void (*event)(void *opaque, enum el4_stream_event event), void *opaque)
{
    GError *error = NULL;
    if (!spec) {
        host_fail(self, "it opens a stream without saying which");
        return NULL;
    }
    /* The two event enumerations have the same values (asserted below). */
    struct el4_io_stream *stream =
        el4_io_stream_open(self->machine->io, spec,
                           (void (*)(void *, enum el4_io_stream_event))event, opaque, &error);
    if (!stream) {
        host_fail(self, "%s", error->message);
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
        host_fail(self, "its poll operations lack a call-back");
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
    if (!strcmp(what, "gic-list-registers")) {
        return machine->model->gic_list_registers;
    }
    host_log(self, EL4_LOG_ERROR, "asks for the machine's '%s', which nobody knows", what);
    return 0;
}

void el4_machine_fill_host(struct el4_host *host)
{
    *host = (struct el4_host){
        .struct_size = sizeof(*host),
        .abi_major = EL4_ABI_MAJOR,
        .log = host_log,
        .fail = host_fail,
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
        .mmio_declare = host_mmio_declare,
        .memory_declare = host_memory_declare,
        .memory_pointer = host_memory_pointer,
        .memory_set_direct = host_memory_set_direct,
        .dma_read = host_dma_read,
        .dma_write = host_dma_write,
        .wire_set = host_wire_set,
        .cpu_line_set = host_cpu_line_set,
        .cpu_count = host_cpu_count,
        .cpu_mpidr = host_cpu_mpidr,
        .sysreg_claim = host_sysreg_claim,
        .cpu_state = host_cpu_state,
        .cpu_power = host_cpu_power,
        .cpu_on = host_cpu_on,
        .cpu_off = host_cpu_off,
        .cpu_suspend = host_cpu_suspend,
        .system_event = host_system_event,
        .memory_protect = host_memory_protect,
        .memory_is_ram = host_memory_is_ram,
        .claim = host_claim,
        .call_is_claimed = host_call_is_claimed,
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
    };
}
