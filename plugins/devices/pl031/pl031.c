/* SPDX-License-Identifier: MIT */
/*
 * PL031: the PrimeCell real-time clock (Arm DDI 0224). Its counter is the machine's wall clock
 * plus an offset that the guest sets by loading another time; the offset outlives a reset, as a
 * clock with a battery would. The alarm is a timer that looks at the wall clock when it
 * expires, so that a host clock which is set meanwhile only moves it.
 */
#include "../primecell-common/primecell.h"
#include <stdlib.h>

enum {
    REG_DR = 0x00,
    REG_MR = 0x04,
    REG_LR = 0x08,
    REG_CR = 0x0c,
    REG_IMSC = 0x10,
    REG_RIS = 0x14,
    REG_MIS = 0x18,
    REG_ICR = 0x1c,
    REG_TEST = 0x80, /* integration test: ITCR to TCOUNT */
    REG_TEST_END = 0x94,
};

#define SECOND_NS 1000000000ull
/* How often to look during the last second: the wall clock's seconds have a phase of their own.
 */
#define LOOK_NS (20 * 1000000ull)

struct pl031 {
    const struct el4_host *host;
    struct el4_instance *self;
    struct el4_timer *alarm;
    uint32_t offset;
    uint32_t match;
    uint32_t load;
    bool mask;
    bool raw;
};

static const struct primecell cell = {0x00141031, REG_TEST, REG_TEST_END};

static uint32_t now_s(struct pl031 *rtc)
{
    return (uint32_t)(uint64_t)rtc->host->wall_clock_s(rtc->self) + rtc->offset;
}

static void update_wire(struct pl031 *rtc)
{
    rtc->host->wire_set(rtc->self, 0, rtc->raw && rtc->mask);
}

/* Seconds until the match, modulo 2^32: a time in the past comes after the counter wraps. */
static void set_alarm(struct pl031 *rtc, uint32_t now)
{
    uint32_t left = rtc->match - now;
    if (!left) {
        rtc->host->timer_cancel(rtc->self, rtc->alarm);
        rtc->raw = true;
        return;
    }
    uint64_t wait_ns = left > 1 ? (left - 1) * SECOND_NS : LOOK_NS;
    rtc->host->timer_set(rtc->self, rtc->alarm, rtc->host->now_ns(rtc->self) + wait_ns);
}

static void alarm_expired(void *opaque, uint64_t now_ns)
{
    struct pl031 *rtc = opaque;
    uint32_t now = now_s(rtc);
    /* At or just after the match: the clock may have jumped over it. */
    if ((int32_t)(rtc->match - now) <= 0) {
        rtc->raw = true;
    } else {
        set_alarm(rtc, now);
    }
    update_wire(rtc);
}

static uint32_t read_register(struct pl031 *rtc, uint64_t offset)
{
    switch (offset) {
    case REG_DR: return now_s(rtc);
    case REG_MR: return rtc->match;
    case REG_LR: return rtc->load;
    case REG_CR: return 1;
    case REG_IMSC: return rtc->mask;
    case REG_RIS: return rtc->raw;
    case REG_MIS: return rtc->raw && rtc->mask;
    case REG_ICR: return 0;
    default: break;
    }
    return el4_primecell_read(&cell, rtc->host, rtc->self, offset);
}

static enum el4_mmio_result pl031_read(void *state, uint64_t offset, unsigned size,
                                       uint64_t *value, const struct el4_access *access)
{
    *value = offset & 3 ? 0 : read_register(state, offset);
    return EL4_MMIO_OK;
}

static enum el4_mmio_result pl031_write(void *state, uint64_t offset, unsigned size,
                                        uint64_t value, const struct el4_access *access)
{
    struct pl031 *rtc = state;
    switch (offset) {
    case REG_MR:
        rtc->match = (uint32_t)value;
        set_alarm(rtc, now_s(rtc));
        break;
    case REG_LR:
        rtc->load = (uint32_t)value;
        rtc->offset += rtc->load - now_s(rtc);
        set_alarm(rtc, rtc->load);
        break;
    case REG_CR: break;
    case REG_IMSC: rtc->mask = value & 1; break;
    case REG_ICR: rtc->raw = rtc->raw && !(value & 1); break;
    default: el4_primecell_write(&cell, rtc->host, rtc->self, offset); break;
    }
    update_wire(rtc);
    return EL4_MMIO_OK;
}

static void pl031_reset(void *state)
{
    struct pl031 *rtc = state;
    rtc->host->timer_cancel(rtc->self, rtc->alarm);
    rtc->match = 0;
    rtc->load = 0;
    rtc->mask = false;
    rtc->raw = false;
    update_wire(rtc);
}

static void *pl031_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = PRIMECELL_BYTES,
        .size_min = 1,
        .size_max = 4,
        .read = pl031_read,
        .write = pl031_write,
    };
    struct pl031 *rtc = calloc(1, sizeof(*rtc));
    if (!rtc) {
        host->fail(self, "out of memory");
        return NULL;
    }
    rtc->host = host;
    rtc->self = self;
    rtc->alarm = host->timer_new(self, alarm_expired, rtc);
    if (!host->mmio_declare(self, 0, &registers)) {
        free(rtc);
        return NULL;
    }
    return rtc;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = pl031_create,
    .destroy = free,
    .reset = pl031_reset,
};

EL4_PLUGIN_DEFINE(pl031) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "pl031",
    .version = "1.0",
    .description = "PrimeCell real-time clock (PL031)",
    .operations = &operations,
};
