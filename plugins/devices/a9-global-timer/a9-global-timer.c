/* SPDX-License-Identifier: MIT */
/*
 * Global timer of the Cortex-A9 MPCore (Arm DDI 0407, 4.3 and 4.4): one 64-bit counter that
 * counts up, and for each CPU a comparator with an interrupt, which can move itself on. From
 * r2p0 on it fires when the counter is at or above the comparator.
 */
#include "../mpcore-common/mpcore.h"
#include "../timer-common/ticks.h"
#include <stdlib.h>

enum {
    REG_COUNTER_LOW = 0x00,
    REG_COUNTER_HIGH = 0x04,
    REG_CONTROL = 0x08,
    REG_STATUS = 0x0c,
    REG_COMPARE_LOW = 0x10,
    REG_COMPARE_HIGH = 0x14,
    REG_INCREMENT = 0x18,
    REG_END = 0x20,
};

#define CONTROL_ENABLE    (1u << 0)
#define CONTROL_COMPARE   (1u << 1)
#define CONTROL_INTERRUPT (1u << 2)
#define CONTROL_INCREMENT (1u << 3)
#define CONTROL_BANKED    0xeu
#define CONTROL_SHARED    0xff01u /* enable, prescaler */

struct comparator {
    struct global_timer *owner;
    unsigned cpu;
    struct el4_timer *timer;
    uint32_t control; /* CONTROL_BANKED */
    uint64_t compare;
    uint32_t increment;
    bool event;
};

struct global_timer {
    const struct el4_host *host;
    struct el4_instance *self;
    unsigned cpus;
    struct tick_rate rate;
    uint32_t control; /* CONTROL_SHARED */
    uint64_t start;   /* value at start_ns, or while it stands still */
    uint64_t start_ns;
    struct comparator comparators[MPCORE_CPUS_MAX];
};

static uint64_t counter_at(const struct global_timer *timer, uint64_t now_ns)
{
    bool running = timer->control & CONTROL_ENABLE;
    return timer->start + (running ? ticks_of_ns(timer->rate, now_ns - timer->start_ns) : 0);
}

static void set_counter(struct global_timer *timer, uint64_t value, uint64_t now_ns)
{
    timer->start = value;
    timer->start_ns = now_ns;
}

/* The comparator was reached: note it, and move it beyond the counter if it is to move. */
static void fire(struct comparator *c, uint64_t counter)
{
    c->event = true;
    if ((c->control & CONTROL_INCREMENT) && c->increment) {
        uint64_t steps = (counter - c->compare) / c->increment + 1;
        c->compare += steps * c->increment;
    }
}

static void update(struct comparator *c, uint64_t now)
{
    struct global_timer *timer = c->owner;
    uint64_t counter = counter_at(timer, now);
    bool compares = (timer->control & CONTROL_ENABLE) && (c->control & CONTROL_COMPARE);
    if (compares && counter >= c->compare) {
        fire(c, counter);
    }
    uint64_t at = TICKS_NEVER;
    if (compares && !c->event && c->compare > counter) {
        uint64_t after = ns_of_ticks(timer->rate, c->compare - timer->start);
        at = after > TICKS_NEVER - timer->start_ns ? TICKS_NEVER : timer->start_ns + after;
    }
    ticks_wake_at(timer->host, timer->self, c->timer, at);
    timer->host->wire_set(timer->self, c->cpu, c->event && (c->control & CONTROL_INTERRUPT));
}

static void update_all(struct global_timer *timer, uint64_t now)
{
    for (unsigned cpu = 0; cpu < timer->cpus; cpu++) {
        update(&timer->comparators[cpu], now);
    }
}

static void timer_expired(void *opaque, uint64_t now_ns)
{
    update(opaque, now_ns);
}

/* ---- registers ---- */

static struct comparator *comparator_of(struct global_timer *timer,
                                        const struct el4_access *access)
{
    return &timer->comparators[mpcore_cpu_of(access, timer->cpus)];
}

static enum el4_mmio_result global_timer_read(void *state, uint64_t offset, unsigned size,
                                              uint64_t *value, const struct el4_access *access)
{
    struct global_timer *timer = state;
    struct comparator *c = comparator_of(timer, access);
    uint64_t now = timer->host->now_ns(timer->self);
    uint64_t counter = counter_at(timer, now);
    update(c, now);
    switch (offset) {
    case REG_COUNTER_LOW: *value = (uint32_t)counter; break;
    case REG_COUNTER_HIGH: *value = counter >> 32; break;
    case REG_CONTROL: *value = timer->control | c->control; break;
    case REG_STATUS: *value = c->event; break;
    case REG_COMPARE_LOW: *value = (uint32_t)c->compare; break;
    case REG_COMPARE_HIGH: *value = c->compare >> 32; break;
    case REG_INCREMENT: *value = c->increment; break;
    default:
        *value = 0;
        timer->host->log(timer->self, EL4_LOG_GUEST_ERROR, "read at 0x%02x, where nothing is",
                         (unsigned)offset);
        break;
    }
    return EL4_MMIO_OK;
}

static uint64_t with_low(uint64_t old, uint64_t value)
{
    return (old & ~(uint64_t)UINT32_MAX) | value;
}

static uint64_t with_high(uint64_t old, uint64_t value)
{
    return (old & UINT32_MAX) | value << 32;
}

/*
 * Started anew at its whole ticks the counter falls behind, so only what concerns it does that:
 * Linux writes Control twice for each time that it asks for.
 */
static void write_control(struct global_timer *timer, struct comparator *c, uint32_t value,
                          uint64_t now)
{
    c->control = value & CONTROL_BANKED;
    if ((value & CONTROL_SHARED) == timer->control) {
        return;
    }
    set_counter(timer, counter_at(timer, now), now);
    timer->control = value & CONTROL_SHARED;
    timer->rate.divider = mpcore_divider(value);
}

static enum el4_mmio_result global_timer_write(void *state, uint64_t offset, unsigned size,
                                               uint64_t value, const struct el4_access *access)
{
    struct global_timer *timer = state;
    struct comparator *c = comparator_of(timer, access);
    uint64_t now = timer->host->now_ns(timer->self);
    uint64_t counter = counter_at(timer, now);
    update(c, now);
    switch (offset) {
    case REG_COUNTER_LOW: set_counter(timer, with_low(counter, value), now); break;
    case REG_COUNTER_HIGH: set_counter(timer, with_high(counter, value), now); break;
    case REG_CONTROL: write_control(timer, c, (uint32_t)value, now); break;
    case REG_STATUS: c->event = c->event && !(value & 1); break;
    case REG_COMPARE_LOW: c->compare = with_low(c->compare, value); break;
    case REG_COMPARE_HIGH: c->compare = with_high(c->compare, value); break;
    case REG_INCREMENT: c->increment = (uint32_t)value; break;
    default:
        timer->host->log(timer->self, EL4_LOG_GUEST_ERROR, "write at 0x%02x, where nothing is",
                         (unsigned)offset);
        break;
    }
    update_all(timer, now);
    return EL4_MMIO_OK;
}

static void global_timer_reset(void *state)
{
    struct global_timer *timer = state;
    timer->control = 0;
    timer->rate.divider = 1;
    set_counter(timer, 0, 0);
    for (unsigned cpu = 0; cpu < timer->cpus; cpu++) {
        struct comparator *c = &timer->comparators[cpu];
        c->control = 0;
        c->compare = 0;
        c->increment = 0;
        c->event = false;
    }
    update_all(timer, timer->host->now_ns(timer->self));
}

static bool make_comparators(struct global_timer *timer)
{
    for (unsigned cpu = 0; cpu < timer->cpus; cpu++) {
        struct comparator *c = &timer->comparators[cpu];
        c->owner = timer;
        c->cpu = cpu;
        c->timer = timer->host->timer_new(timer->self, timer_expired, c);
        if (!c->timer) {
            return false;
        }
    }
    return true;
}

static void *global_timer_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = REG_END,
        .read = global_timer_read,
        .write = global_timer_write,
    };
    unsigned cpus = mpcore_cpus(host, self);
    if (!cpus) {
        return NULL;
    }
    struct global_timer *timer = calloc(1, sizeof(*timer));
    if (!timer) {
        host->fail(self, "out of memory");
        return NULL;
    }
    timer->host = host;
    timer->self = self;
    timer->cpus = cpus;
    timer->rate = (struct tick_rate){host->config_uint(self, "frequency"), 1};
    if (!make_comparators(timer) || !host->mmio_declare(self, 0, &registers)) {
        free(timer);
        return NULL;
    }
    return timer;
}

static const struct el4_config_key keys[] = {
    MPCORE_KEY_FREQUENCY,
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "Global timer of the Cortex-A9 MPCore.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = global_timer_create,
    .destroy = free,
    .reset = global_timer_reset,
};

EL4_PLUGIN_DEFINE(a9_global_timer) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "a9-global-timer",
    .version = "1.0",
    .description = "Global timer of the Cortex-A9 MPCore",
    .schema = &schema,
    .operations = &operations,
};
