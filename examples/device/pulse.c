/* SPDX-License-Identifier: MIT */
/* A device: it raises its interrupt every so many microseconds until the guest takes note. */
#include <el4/device.h>
#include <stdlib.h>

enum {
    REG_PERIOD = 0x0,  /* microseconds between two pulses; 0 stops them */
    REG_PENDING = 0x4, /* bit 0: a pulse was not taken note of; writing 1 does so */
    REG_COUNT = 0x8,   /* how many there were, read only */
    REG_END = 0x1000,
};

struct pulse {
    const struct el4_host *host;
    struct el4_instance *self;
    struct el4_timer *timer;
    uint32_t period_us, pending, count;
};

static void start(struct pulse *pulse, uint64_t now_ns)
{
    if (pulse->period_us) {
        pulse->host->timer_set(pulse->self, pulse->timer, now_ns + pulse->period_us * 1000ull);
    } else {
        pulse->host->timer_cancel(pulse->self, pulse->timer);
    }
}

static void expired(void *opaque, uint64_t now_ns)
{
    struct pulse *pulse = opaque;
    pulse->count++;
    pulse->pending = 1;
    pulse->host->wire_set(pulse->self, 0, true);
    start(pulse, now_ns);
}

static enum el4_mmio_result read_register(void *state, uint64_t offset, unsigned size,
                                          uint64_t *value, const struct el4_access *access)
{
    const struct pulse *pulse = state;
    *value = offset == REG_PERIOD    ? pulse->period_us
             : offset == REG_PENDING ? pulse->pending
             : offset == REG_COUNT   ? pulse->count
                                     : 0;
    return EL4_MMIO_OK;
}

static enum el4_mmio_result write_register(void *state, uint64_t offset, unsigned size,
                                           uint64_t value, const struct el4_access *access)
{
    struct pulse *pulse = state;
    if (offset == REG_PERIOD) {
        pulse->period_us = (uint32_t)value;
        start(pulse, pulse->host->now_ns(pulse->self));
    } else if (offset == REG_PENDING) {
        pulse->pending &= ~(uint32_t)value;
        pulse->host->wire_set(pulse->self, 0, pulse->pending);
    } else {
        pulse->host->log(pulse->self, EL4_LOG_GUEST_ERROR, "write to 0x%x", (unsigned)offset);
    }
    return EL4_MMIO_OK;
}

static void reset(void *state)
{
    struct pulse *pulse = state;
    pulse->period_us = pulse->pending = pulse->count = 0;
    start(pulse, 0);
    pulse->host->wire_set(pulse->self, 0, false);
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {.struct_size = sizeof(registers),
                                              .bytes = REG_END,
                                              .read = read_register,
                                              .write = write_register};
    struct pulse *pulse = calloc(1, sizeof(*pulse));
    if (!pulse || !host->mmio_declare(self, 0, &registers)) {
        free(pulse);
        return NULL;
    }
    *pulse = (struct pulse){.host = host, .self = self};
    pulse->timer = host->timer_new(self, expired, pulse);
    return pulse;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations), .create = create, .destroy = free, .reset = reset};

EL4_PLUGIN_DEFINE(pulse) = {.magic = EL4_PLUGIN_MAGIC,
                            .abi_major = EL4_ABI_MAJOR,
                            .struct_size = sizeof(struct el4_plugin),
                            .kind = EL4_PLUGIN_DEVICE,
                            .name = "pulse",
                            .version = "1.0",
                            .description = "Interrupts at a steady pace",
                            .operations = &operations};
