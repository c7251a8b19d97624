/* SPDX-License-Identifier: MIT */
/*
 * SP805: the watchdog module (Arm DDI 0270). The first time that its counter comes to zero it
 * interrupts, the second time, if nobody cared, it resets the machine. Registers can be locked.
 */
#include "../primecell-common/primecell.h"
#include "../timer-common/ticks.h"
#include <stdlib.h>

enum {
    REG_LOAD = 0x000,
    REG_VALUE = 0x004,
    REG_CONTROL = 0x008,
    REG_INTCLR = 0x00c,
    REG_RIS = 0x010,
    REG_MIS = 0x014,
    REG_LOCK = 0xc00,
    REG_TEST = 0xf00, /* integration test: ITCR, ITOP */
    REG_TEST_END = 0xf08,
};

#define CONTROL_INTERRUPT (1u << 0) /* also lets the counter run */
#define CONTROL_RESET     (1u << 1)
#define CONTROL_BITS      3u
#define LOCK_KEY          0x1acce551u

struct sp805 {
    const struct el4_host *host;
    struct el4_instance *self;
    struct el4_timer *timer;
    uint64_t hz;
    struct down_counter counter;
    uint32_t control;
    bool raw;
    bool locked;
};

static const struct primecell cell = {0x00141805, REG_TEST, REG_TEST_END};

static void note_zeros(struct sp805 *watchdog, uint64_t zeros)
{
    bool unheeded = watchdog->raw || zeros > 1;
    watchdog->raw = true;
    if (unheeded && (watchdog->control & CONTROL_RESET)) {
        watchdog->counter.running = false;
        watchdog->host->log(watchdog->self, EL4_LOG_INFO, "time is up: the machine is reset");
        watchdog->host->system_event(watchdog->self, EL4_SYSTEM_RESET);
    }
}

static void update(struct sp805 *watchdog, uint64_t now)
{
    uint64_t zeros = down_counter_take_zeros(&watchdog->counter, now);
    if (zeros) {
        note_zeros(watchdog, zeros);
    }
    bool wanted = !watchdog->raw || (watchdog->control & CONTROL_RESET);
    uint64_t at = wanted ? down_counter_next_zero_ns(&watchdog->counter) : TICKS_NEVER;
    ticks_wake_at(watchdog->host, watchdog->self, watchdog->timer, at);
    watchdog->host->wire_set(watchdog->self, 0,
                             watchdog->raw && (watchdog->control & CONTROL_INTERRUPT));
}

static void timer_expired(void *opaque, uint64_t now_ns)
{
    update(opaque, now_ns);
}

static uint32_t read_register(struct sp805 *watchdog, uint64_t offset)
{
    uint64_t now = watchdog->host->now_ns(watchdog->self);
    update(watchdog, now);
    switch (offset) {
    case REG_LOAD: return watchdog->counter.reload;
    case REG_VALUE: return down_counter_value(&watchdog->counter, now);
    case REG_CONTROL: return watchdog->control;
    case REG_INTCLR: return 0;
    case REG_RIS: return watchdog->raw;
    case REG_MIS: return watchdog->raw && (watchdog->control & CONTROL_INTERRUPT);
    case REG_LOCK: return watchdog->locked;
    default: break;
    }
    return el4_primecell_read(&cell, watchdog->host, watchdog->self, offset);
}

static enum el4_mmio_result sp805_read(void *state, uint64_t offset, unsigned size,
                                       uint64_t *value, const struct el4_access *access)
{
    *value = offset & 3 ? 0 : read_register(state, offset);
    return EL4_MMIO_OK;
}

static void write_control(struct sp805 *watchdog, uint32_t value, uint64_t now)
{
    struct down_counter *counter = &watchdog->counter;
    bool was_running = counter->running;
    down_counter_hold(counter, now);
    watchdog->control = value & CONTROL_BITS;
    counter->running = value & CONTROL_INTERRUPT;
    if (counter->running && !was_running) {
        down_counter_set(counter, counter->reload, now);
    }
}

static void write_register(struct sp805 *watchdog, uint64_t offset, uint32_t value,
                           uint64_t now)
{
    switch (offset) {
    case REG_LOAD:
        watchdog->counter.reload = value;
        down_counter_set(&watchdog->counter, value, now);
        break;
    case REG_CONTROL: write_control(watchdog, value, now); break;
    case REG_INTCLR:
        watchdog->raw = false;
        down_counter_set(&watchdog->counter, watchdog->counter.reload, now);
        break;
    default: el4_primecell_write(&cell, watchdog->host, watchdog->self, offset); break;
    }
}

static enum el4_mmio_result sp805_write(void *state, uint64_t offset, unsigned size,
                                        uint64_t value, const struct el4_access *access)
{
    struct sp805 *watchdog = state;
    if (offset & 3) {
        return EL4_MMIO_OK;
    }
    uint64_t now = watchdog->host->now_ns(watchdog->self);
    update(watchdog, now);
    if (offset == REG_LOCK) {
        watchdog->locked = value != LOCK_KEY;
    } else if (!watchdog->locked) {
        write_register(watchdog, offset, (uint32_t)value, now);
    }
    update(watchdog, now);
    return EL4_MMIO_OK;
}

static void sp805_reset(void *state)
{
    struct sp805 *watchdog = state;
    watchdog->control = 0;
    watchdog->raw = false;
    watchdog->locked = false;
    watchdog->counter = (struct down_counter){
        .rate = {watchdog->hz, 1},
        .reload = UINT32_MAX,
        .start = UINT32_MAX,
    };
    update(watchdog, watchdog->host->now_ns(watchdog->self));
}

static void *sp805_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = PRIMECELL_BYTES,
        .size_min = 1,
        .size_max = 4,
        .read = sp805_read,
        .write = sp805_write,
    };
    struct sp805 *watchdog = calloc(1, sizeof(*watchdog));
    if (!watchdog) {
        host->fail(self, "out of memory");
        return NULL;
    }
    watchdog->host = host;
    watchdog->self = self;
    watchdog->hz = host->config_uint(self, "frequency");
    watchdog->timer = host->timer_new(self, timer_expired, watchdog);
    if (!host->mmio_declare(self, 0, &registers)) {
        free(watchdog);
        return NULL;
    }
    return watchdog;
}

static const struct el4_config_key keys[] = {
    {.name = "frequency",
     .type = EL4_CONFIG_UINT,
     .default_text = "32768",
     .min = 1,
     .max = 10000000000,
     .help = "WDOGCLK in Hz."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "SP805 watchdog.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = sp805_create,
    .destroy = free,
    .reset = sp805_reset,
};

EL4_PLUGIN_DEFINE(sp805) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "sp805",
    .version = "1.0",
    .description = "Watchdog (SP805)",
    .schema = &schema,
    .operations = &operations,
};
