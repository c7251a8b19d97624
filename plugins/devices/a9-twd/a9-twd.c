/* SPDX-License-Identifier: MIT */
/*
 * Private timers and watchdogs of the Cortex-A9 MPCore (Arm DDI 0407, chapter 4). Each CPU sees
 * its own pair at the same addresses. Both are the same counter, but a watchdog can be put into
 * a mode in which zero resets the machine, and which is hard to leave.
 */
#include "../mpcore-common/mpcore.h"
#include "../timer-common/ticks.h"
#include <stdlib.h>

enum {
    REG_LOAD = 0x00,
    REG_COUNTER = 0x04,
    REG_CONTROL = 0x08,
    REG_STATUS = 0x0c,
    REG_RESET_STATUS = 0x10, /* the watchdog has two more */
    REG_DISABLE = 0x14,
    WATCHDOG_AT = 0x20,
    REG_END = 0x40,
};

enum { UNIT_TIMER, UNIT_WATCHDOG, UNITS };

#define CONTROL_ENABLE    (1u << 0)
#define CONTROL_RELOAD    (1u << 1)
#define CONTROL_INTERRUPT (1u << 2)
#define CONTROL_WATCHDOG  (1u << 3)
#define CONTROL_BITS      0xff07u
#define DISABLE_FIRST     0x12345678u
#define DISABLE_SECOND    0x87654321u

struct unit {
    struct a9_twd *twd;
    unsigned cpu, kind;
    struct el4_timer *timer;
    struct down_counter counter;
    uint32_t control;
    bool event;     /* the status register's bit */
    bool was_reset; /* by this watchdog; outlives the reset */
    bool half_disabled;
};

struct a9_twd {
    const struct el4_host *host;
    struct el4_instance *self;
    unsigned cpus;
    uint64_t hz;
    struct unit units[MPCORE_CPUS_MAX][UNITS];
};

/* Look whether zero was reached, and set the host's timer to the next time that matters. */
static void update(struct unit *unit, uint64_t now)
{
    struct a9_twd *twd = unit->twd;
    if (down_counter_take_zeros(&unit->counter, now)) {
        unit->event = true;
        if (unit->control & CONTROL_WATCHDOG) {
            unit->was_reset = true;
            unit->counter.running = false;
            twd->host->system_event(twd->self, EL4_SYSTEM_RESET);
        }
    }
    bool wanted = !unit->event || (unit->control & CONTROL_WATCHDOG);
    uint64_t at = wanted ? down_counter_next_zero_ns(&unit->counter) : TICKS_NEVER;
    ticks_wake_at(twd->host, twd->self, unit->timer, at);
    /* In watchdog mode the interrupt enable is ignored. */
    bool masked = !(unit->control & CONTROL_INTERRUPT) || (unit->control & CONTROL_WATCHDOG);
    twd->host->wire_set(twd->self, unit->cpu * UNITS + unit->kind, unit->event && !masked);
}

static void timer_expired(void *opaque, uint64_t now_ns)
{
    update(opaque, now_ns);
}

static void apply_control(struct unit *unit, uint32_t control, uint64_t now)
{
    struct down_counter *counter = &unit->counter;
    down_counter_hold(counter, now);
    unit->control = control;
    counter->rate.divider = mpcore_divider(control);
    counter->one_shot = !(control & (CONTROL_RELOAD | CONTROL_WATCHDOG));
    bool enabled = control & (CONTROL_ENABLE | CONTROL_WATCHDOG);
    /* Counting starts with a value, or with one that it can reload. */
    counter->running = enabled && (counter->start || (counter->reload && !counter->one_shot));
}

static void set_counter(struct unit *unit, uint32_t value, uint64_t now)
{
    down_counter_set(&unit->counter, value, now);
    apply_control(unit, unit->control, now);
}

/* ---- registers ---- */

/* The unit of the CPU that accesses, and the offset within it. */
static struct unit *find_unit(struct a9_twd *twd, uint64_t *offset,
                              const struct el4_access *access)
{
    unsigned kind = *offset >= WATCHDOG_AT ? UNIT_WATCHDOG : UNIT_TIMER;
    *offset %= WATCHDOG_AT;
    return &twd->units[mpcore_cpu_of(access, twd->cpus)][kind];
}

static void log_unknown(const struct unit *unit, const char *access, uint64_t offset)
{
    unit->twd->host->log(unit->twd->self, EL4_LOG_GUEST_ERROR, "%s at 0x%02x, where nothing is",
                         access, (unsigned)offset + (unit->kind ? WATCHDOG_AT : 0));
}

static enum el4_mmio_result a9_twd_read(void *state, uint64_t offset, unsigned size,
                                        uint64_t *value, const struct el4_access *access)
{
    struct a9_twd *twd = state;
    struct unit *unit = find_unit(twd, &offset, access);
    bool is_watchdog = unit->kind == UNIT_WATCHDOG;
    uint64_t now = twd->host->now_ns(twd->self);
    update(unit, now);
    *value = 0;
    switch (offset) {
    case REG_LOAD: *value = unit->counter.reload; break;
    case REG_COUNTER: *value = down_counter_value(&unit->counter, now); break;
    case REG_CONTROL: *value = unit->control; break;
    case REG_STATUS: *value = unit->event; break;
    case REG_RESET_STATUS:
        *value = unit->was_reset;
        if (!is_watchdog) {
            log_unknown(unit, "read", offset);
        }
        break;
    case REG_DISABLE:
        if (!is_watchdog) {
            log_unknown(unit, "read", offset);
        }
        break;
    default: log_unknown(unit, "read", offset); break;
    }
    return EL4_MMIO_OK;
}

/* Two numbers in a row end watchdog mode (4.1.8). */
static void write_disable(struct unit *unit, uint32_t value, uint64_t now)
{
    if (unit->half_disabled && value == DISABLE_SECOND) {
        apply_control(unit, unit->control & ~CONTROL_WATCHDOG, now);
    }
    unit->half_disabled = value == DISABLE_FIRST;
}

static void write_watchdog(struct unit *unit, uint64_t offset, uint32_t value, uint64_t now)
{
    if (offset == REG_RESET_STATUS) {
        unit->was_reset = unit->was_reset && !(value & 1);
    } else {
        write_disable(unit, value, now);
    }
}

static void write_register(struct unit *unit, uint64_t offset, uint32_t value, uint64_t now)
{
    bool is_watchdog = unit->kind == UNIT_WATCHDOG;
    switch (offset) {
    case REG_LOAD:
        unit->counter.reload = value;
        set_counter(unit, value, now);
        break;
    case REG_COUNTER:
        /* In watchdog mode only Load can be written. */
        if (!(unit->control & CONTROL_WATCHDOG)) {
            set_counter(unit, value, now);
        }
        break;
    case REG_CONTROL: {
        uint32_t kept = unit->control & CONTROL_WATCHDOG;
        uint32_t bits = CONTROL_BITS | (is_watchdog ? CONTROL_WATCHDOG : 0);
        apply_control(unit, (value & bits) | kept, now);
        break;
    }
    case REG_STATUS: unit->event = unit->event && !(value & 1); break;
    case REG_RESET_STATUS:
    case REG_DISABLE:
        if (is_watchdog) {
            write_watchdog(unit, offset, value, now);
        } else {
            log_unknown(unit, "write", offset);
        }
        break;
    default: log_unknown(unit, "write", offset); break;
    }
}

static enum el4_mmio_result a9_twd_write(void *state, uint64_t offset, unsigned size,
                                         uint64_t value, const struct el4_access *access)
{
    struct a9_twd *twd = state;
    struct unit *unit = find_unit(twd, &offset, access);
    uint64_t now = twd->host->now_ns(twd->self);
    update(unit, now);
    write_register(unit, offset, (uint32_t)value, now);
    update(unit, now);
    return EL4_MMIO_OK;
}

/* ---- instance ---- */

static void reset_unit(struct unit *unit, uint64_t now)
{
    unit->control = 0;
    unit->event = false;
    unit->half_disabled = false;
    unit->counter = (struct down_counter){
        .rate = {.hz = unit->twd->hz, .divider = 1},
        .one_shot = true,
    };
    update(unit, now);
}

static void a9_twd_reset(void *state)
{
    struct a9_twd *twd = state;
    uint64_t now = twd->host->now_ns(twd->self);
    for (unsigned i = 0; i < twd->cpus * UNITS; i++) {
        reset_unit(&twd->units[i / UNITS][i % UNITS], now);
    }
}

static bool make_units(struct a9_twd *twd)
{
    for (unsigned i = 0; i < twd->cpus * UNITS; i++) {
        struct unit *unit = &twd->units[i / UNITS][i % UNITS];
        *unit = (struct unit){.twd = twd, .cpu = i / UNITS, .kind = i % UNITS};
        unit->timer = twd->host->timer_new(twd->self, timer_expired, unit);
        if (!unit->timer) {
            return false;
        }
    }
    return true;
}

static void *a9_twd_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = REG_END,
        .read = a9_twd_read,
        .write = a9_twd_write,
    };
    unsigned cpus = mpcore_cpus(host, self);
    if (!cpus) {
        return NULL;
    }
    struct a9_twd *twd = calloc(1, sizeof(*twd));
    if (!twd) {
        host->fail(self, "out of memory");
        return NULL;
    }
    twd->host = host;
    twd->self = self;
    twd->cpus = cpus;
    twd->hz = host->config_uint(self, "frequency");
    if (!make_units(twd) || !host->mmio_declare(self, 0, &registers)) {
        free(twd);
        return NULL;
    }
    return twd;
}

static const struct el4_config_key keys[] = {
    MPCORE_KEY_FREQUENCY,
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "Private timers and watchdogs of the Cortex-A9 MPCore.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = a9_twd_create,
    .destroy = free,
    .reset = a9_twd_reset,
};

EL4_PLUGIN_DEFINE(a9_twd) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "a9-twd",
    .version = "1.0",
    .description = "Private timers and watchdogs of the Cortex-A9 MPCore",
    .schema = &schema,
    .operations = &operations,
};
