/* SPDX-License-Identifier: MIT */
/*
 * Snoop Control Unit of the Cortex-A9 MPCore (Arm DDI 0407, chapter 2). Caches are always
 * coherent here, so its registers hold what is written and nothing follows from it; but
 * software learns the number of CPUs from it, and who may write is checked.
 */
#include "../lane-common/lanes.h"
#include "../mpcore-common/mpcore.h"
#include <stdlib.h>

enum {
    REG_CONTROL = 0x00,
    REG_CONFIG = 0x04,
    REG_CPU_POWER = 0x08,
    REG_INVALIDATE = 0x0c,
    REG_FILTER_START = 0x40,
    REG_FILTER_END = 0x44,
    REG_ACCESS = 0x50,    /* SAC */
    REG_NS_ACCESS = 0x54, /* SNSAC */
    REG_END = 0x100,
};

#define CONTROL_BITS   0x7fu
#define POWER_BITS     0x03030303u
#define FILTER_BITS    0xfff00000u /* whole MiB */
#define ACCESS_ALL     0xfu
#define NS_ACCESS_BITS 0xfffu
#define TAG_RAM_32K    1u /* of each CPU's two bits from bit 8 on */

struct a9_scu {
    const struct el4_host *host;
    struct el4_instance *self;
    unsigned cpus;
    uint32_t control, power, filter_start, filter_end, access, ns_access;
};

/* All CPUs take part in coherency: bits 7:4. */
static uint32_t read_config(const struct a9_scu *scu)
{
    uint32_t value = scu->cpus - 1;
    for (unsigned cpu = 0; cpu < scu->cpus; cpu++) {
        value |= 1u << (4 + cpu) | TAG_RAM_32K << (8 + 2 * cpu);
    }
    return value;
}

static uint32_t read_register(struct a9_scu *scu, uint32_t offset)
{
    switch (offset) {
    case REG_CONTROL: return scu->control;
    case REG_CONFIG: return read_config(scu);
    case REG_CPU_POWER: return scu->power;
    case REG_INVALIDATE: return 0;
    case REG_FILTER_START: return scu->filter_start;
    case REG_FILTER_END: return scu->filter_end;
    case REG_ACCESS: return scu->access;
    case REG_NS_ACCESS: return scu->ns_access;
    default:
        scu->host->log(scu->self, EL4_LOG_UNIMPLEMENTED, "read of 0x%02x", (unsigned)offset);
        return 0;
    }
}

static enum el4_mmio_result a9_scu_read(void *state, uint64_t offset, unsigned size,
                                        uint64_t *value, const struct el4_access *access)
{
    *value = lane_extract(read_register(state, (uint32_t)offset & ~3u), offset, size);
    return EL4_MMIO_OK;
}

/* By the access registers, which rule out CPUs and the Non-secure world (2.2.7, 2.2.8). */
static bool may_write(const struct a9_scu *scu, const struct el4_access *access)
{
    uint32_t allowed = access->secure ? scu->access : scu->access & scu->ns_access;
    return access->cpu < 0 || (allowed >> (access->cpu & 3) & 1);
}

static void write_register(struct a9_scu *scu, uint32_t offset, uint32_t value, bool secure)
{
    switch (offset) {
    case REG_CONTROL: scu->control = value & CONTROL_BITS; break;
    case REG_CONFIG: break;
    case REG_CPU_POWER: scu->power = value & POWER_BITS; break;
    case REG_INVALIDATE: break; /* tags are always valid */
    case REG_FILTER_START: scu->filter_start = value & FILTER_BITS; break;
    case REG_FILTER_END: scu->filter_end = value & FILTER_BITS; break;
    case REG_ACCESS: scu->access = value & ACCESS_ALL; break;
    case REG_NS_ACCESS:
        if (secure) {
            scu->ns_access = value & NS_ACCESS_BITS;
        }
        break;
    default:
        scu->host->log(scu->self, EL4_LOG_UNIMPLEMENTED, "write of 0x%x to 0x%02x", value,
                       (unsigned)offset);
        break;
    }
}

/* The power register is written by bytes, one a CPU. */
static enum el4_mmio_result a9_scu_write(void *state, uint64_t offset, unsigned size,
                                         uint64_t value, const struct el4_access *access)
{
    struct a9_scu *scu = state;
    uint32_t word = (uint32_t)offset & ~3u;
    if (!may_write(scu, access)) {
        scu->host->log(scu->self, EL4_LOG_GUEST_ERROR,
                       "write to 0x%02x is not allowed to CPU %d", (unsigned)offset,
                       (int)access->cpu);
        return EL4_MMIO_OK;
    }
    if (size < 4) {
        value = lane_merge(read_register(scu, word), offset, size, value);
    }
    write_register(scu, word, (uint32_t)value, access->secure);
    return EL4_MMIO_OK;
}

static void a9_scu_reset(void *state)
{
    struct a9_scu *scu = state;
    scu->control = 0;
    scu->power = 0;
    for (unsigned cpu = scu->cpus; cpu < MPCORE_CPUS_MAX; cpu++) {
        scu->power |= 3u << (8 * cpu); /* not there: powered off */
    }
    scu->filter_start = 0;
    scu->filter_end = 0;
    scu->access = ACCESS_ALL;
    scu->ns_access = 0;
}

/* Firmware opens SCU and timers to a kernel that it starts in the Non-secure world. */
static void a9_scu_firmware_setup(void *state, bool nonsecure)
{
    struct a9_scu *scu = state;
    scu->control |= 1; /* enabled before the CPUs' caches */
    scu->ns_access = nonsecure ? NS_ACCESS_BITS : 0;
}

static void *a9_scu_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = REG_END,
        .size_min = 1,
        .size_max = 4,
        .read = a9_scu_read,
        .write = a9_scu_write,
    };
    unsigned cpus = mpcore_cpus(host, self);
    if (!cpus) {
        return NULL;
    }
    struct a9_scu *scu = calloc(1, sizeof(*scu));
    if (!scu) {
        host->fail(self, "out of memory");
        return NULL;
    }
    scu->host = host;
    scu->self = self;
    scu->cpus = cpus;
    if (!host->mmio_declare(self, 0, &registers)) {
        free(scu);
        return NULL;
    }
    return scu;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = a9_scu_create,
    .destroy = free,
    .reset = a9_scu_reset,
    .firmware_setup = a9_scu_firmware_setup,
};

EL4_PLUGIN_DEFINE(a9_scu) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "a9-scu",
    .version = "1.0",
    .description = "Snoop Control Unit of the Cortex-A9 MPCore",
    .operations = &operations,
};
