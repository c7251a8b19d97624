/* SPDX-License-Identifier: MIT */
/*
 * SP804: the dual timer module (Arm DDI 0271). Two counters of 16 or 32 bits that count down:
 * free-running, periodic or once.
 */
#include "../primecell-common/primecell.h"
#include "../timer-common/ticks.h"
#include <stdlib.h>

enum {
    REG_LOAD = 0x00,
    REG_VALUE = 0x04,
    REG_CONTROL = 0x08,
    REG_INTCLR = 0x0c,
    REG_RIS = 0x10,
    REG_MIS = 0x14,
    REG_BGLOAD = 0x18,
    UNIT_BYTES = 0x20,
    REG_TEST = 0xf00, /* integration test: ITCR, ITOP */
    REG_TEST_END = 0xf08,
};

enum { OUT_COMBINED, OUT_TIMER1, OUT_TIMER2 };
enum { UNITS = 2 };

#define CONTROL_ONE_SHOT          (1u << 0)
#define CONTROL_SIZE_32           (1u << 1)
#define CONTROL_INTERRUPT         (1u << 5)
#define CONTROL_PERIODIC          (1u << 6)
#define CONTROL_ENABLE            (1u << 7)
#define CONTROL_BITS              0xefu
#define CONTROL_RESET             CONTROL_INTERRUPT
#define CONTROL_PRESCALE(control) ((control) >> 2 & 3)

struct unit {
    struct sp804 *owner;
    struct el4_timer *timer;
    struct down_counter counter;
    uint32_t load;
    uint32_t control;
    bool raw;
};

struct sp804 {
    const struct el4_host *host;
    struct el4_instance *self;
    uint64_t hz;
    struct unit units[UNITS];
};

static const struct primecell cell = {0x00141804, REG_TEST, REG_TEST_END};

static bool masked_interrupt(const struct unit *unit)
{
    return unit->raw && (unit->control & CONTROL_INTERRUPT);
}

static void update_wires(struct sp804 *timers)
{
    bool first = masked_interrupt(&timers->units[0]),
         second = masked_interrupt(&timers->units[1]);
    timers->host->wire_set(timers->self, OUT_TIMER1, first);
    timers->host->wire_set(timers->self, OUT_TIMER2, second);
    timers->host->wire_set(timers->self, OUT_COMBINED, first || second);
}

/* Look whether zero was reached; wake up again if the interrupt could then be seen. */
static void update(struct unit *unit, uint64_t now)
{
    struct sp804 *timers = unit->owner;
    if (down_counter_take_zeros(&unit->counter, now)) {
        unit->raw = true;
    }
    bool wanted = !unit->raw && (unit->control & CONTROL_INTERRUPT);
    uint64_t at = wanted ? down_counter_next_zero_ns(&unit->counter) : TICKS_NEVER;
    ticks_wake_at(timers->host, timers->self, unit->timer, at);
    update_wires(timers);
}

static void timer_expired(void *opaque, uint64_t now_ns)
{
    update(opaque, now_ns);
}

static uint32_t size_mask(const struct unit *unit)
{
    return unit->control & CONTROL_SIZE_32 ? UINT32_MAX : UINT16_MAX;
}

/* What follows zero is decided by the mode. */
static void apply_mode(struct unit *unit)
{
    static const uint32_t dividers[] = {1, 16, 256, 256 /* undefined */};
    struct down_counter *counter = &unit->counter;
    bool periodic = unit->control & CONTROL_PERIODIC;
    counter->rate.divider = dividers[CONTROL_PRESCALE(unit->control)];
    counter->one_shot = unit->control & CONTROL_ONE_SHOT;
    counter->skips_zero = periodic;
    counter->reload = periodic ? unit->load & size_mask(unit) : size_mask(unit);
}

static void write_control(struct unit *unit, uint32_t value, uint64_t now)
{
    bool was_enabled = unit->control & CONTROL_ENABLE;
    down_counter_hold(&unit->counter, now);
    unit->control = value & CONTROL_BITS;
    apply_mode(unit);
    if (!(value & CONTROL_ENABLE)) {
        unit->counter.running = false;
        return;
    }
    /* The width matters when it counts: Linux loads all 32 bits before it chooses them. */
    unit->counter.start &= size_mask(unit);
    unit->counter.running = unit->counter.running || !was_enabled;
}

static void write_load(struct unit *unit, uint32_t value, uint64_t now)
{
    unit->load = value;
    apply_mode(unit);
    unit->counter.running = unit->control & CONTROL_ENABLE;
    down_counter_set(&unit->counter, unit->counter.running ? value & size_mask(unit) : value,
                     now);
}

static uint32_t read_unit(struct unit *unit, uint64_t offset)
{
    uint64_t now = unit->owner->host->now_ns(unit->owner->self);
    update(unit, now);
    switch (offset) {
    case REG_LOAD:
    case REG_BGLOAD: return unit->load;
    case REG_VALUE: return down_counter_value(&unit->counter, now);
    case REG_CONTROL: return unit->control;
    case REG_RIS: return unit->raw;
    case REG_MIS: return masked_interrupt(unit);
    default: return 0;
    }
}

static bool is_unit(uint64_t offset)
{
    return offset < UNITS * UNIT_BYTES && offset % UNIT_BYTES <= REG_BGLOAD;
}

static enum el4_mmio_result sp804_read(void *state, uint64_t offset, unsigned size,
                                       uint64_t *value, const struct el4_access *access)
{
    struct sp804 *timers = state;
    *value = 0;
    if (offset & 3) {
        return EL4_MMIO_OK;
    }
    if (is_unit(offset)) {
        *value = read_unit(&timers->units[offset / UNIT_BYTES], offset % UNIT_BYTES);
    } else {
        *value = el4_primecell_read(&cell, timers->host, timers->self, offset);
    }
    return EL4_MMIO_OK;
}

static void write_unit(struct unit *unit, uint64_t offset, uint32_t value)
{
    uint64_t now = unit->owner->host->now_ns(unit->owner->self);
    update(unit, now);
    switch (offset) {
    case REG_LOAD: write_load(unit, value, now); break;
    case REG_CONTROL: write_control(unit, value, now); break;
    case REG_INTCLR: unit->raw = false; break;
    case REG_BGLOAD: /* used when zero is next reached */
        down_counter_hold(&unit->counter, now);
        unit->load = value;
        apply_mode(unit);
        break;
    default: break; /* the others can only be read */
    }
    update(unit, now);
}

static enum el4_mmio_result sp804_write(void *state, uint64_t offset, unsigned size,
                                        uint64_t value, const struct el4_access *access)
{
    struct sp804 *timers = state;
    if (offset & 3) {
        return EL4_MMIO_OK;
    }
    if (is_unit(offset)) {
        write_unit(&timers->units[offset / UNIT_BYTES], offset % UNIT_BYTES, (uint32_t)value);
    } else {
        el4_primecell_write(&cell, timers->host, timers->self, offset);
    }
    return EL4_MMIO_OK;
}

static void sp804_reset(void *state)
{
    struct sp804 *timers = state;
    uint64_t now = timers->host->now_ns(timers->self);
    for (unsigned i = 0; i < UNITS; i++) {
        struct unit *unit = &timers->units[i];
        unit->load = 0;
        unit->control = CONTROL_RESET;
        unit->raw = false;
        unit->counter = (struct down_counter){.rate = {timers->hz, 1}, .start = UINT32_MAX};
        apply_mode(unit);
        update(unit, now);
    }
}

static void *sp804_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = PRIMECELL_BYTES,
        .size_min = 1,
        .size_max = 4,
        .read = sp804_read,
        .write = sp804_write,
    };
    struct sp804 *timers = calloc(1, sizeof(*timers));
    if (!timers) {
        host->fail(self, "out of memory");
        return NULL;
    }
    timers->host = host;
    timers->self = self;
    timers->hz = host->config_uint(self, "frequency");
    for (unsigned i = 0; i < UNITS; i++) {
        timers->units[i].owner = timers;
        timers->units[i].timer = host->timer_new(self, timer_expired, &timers->units[i]);
    }
    if (!host->mmio_declare(self, 0, &registers)) {
        free(timers);
        return NULL;
    }
    return timers;
}

static const struct el4_config_key keys[] = {
    {.name = "frequency",
     .type = EL4_CONFIG_UINT,
     .default_text = "1000000",
     .min = 1,
     .max = 10000000000,
     .help = "Effective clock of both timers in Hz, before their prescalers."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "SP804 dual timer.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = sp804_create,
    .destroy = free,
    .reset = sp804_reset,
};

EL4_PLUGIN_DEFINE(sp804) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "sp804",
    .version = "1.0",
    .description = "Dual timer (SP804)",
    .schema = &schema,
    .operations = &operations,
};
