/* SPDX-License-Identifier: MIT */
/*
 * GICv3 redistributors (IHI 0069 12.10, 12.11): for each CPU a frame of 64 KiB for control and
 * one for its SGIs and PPIs.
 */
#include "../lane-common/lanes.h"
#include "gicv3.h"

#define GICR_CTLR    0x0000
#define GICR_IIDR    0x0004
#define GICR_TYPER   0x0008
#define GICR_TYPER_H 0x000c
#define GICR_STATUSR 0x0010
#define GICR_WAKER   0x0014
#define GICR_PIDR4   0xffd0
#define SGI_FRAME    0x10000

#define GIC500_IIDR           0x0000043bu
#define TYPER_LAST            (1u << 4)
#define WAKER_PROCESSOR_SLEEP (1u << 1)
#define WAKER_CHILDREN_ASLEEP (1u << 2)
#define SGI_BITS              0xffffu

/* PIDR4 to 7, PIDR0 to 3, CIDR0 to 3 of a GIC-500's redistributor */
static const uint8_t id_registers[] = {0x44, 0,    0x00, 0x00, 0x93, 0xb4,
                                       0x3b, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

static uint32_t read_control(struct gicv3 *gic, unsigned cpu, uint32_t offset, bool ns)
{
    const struct gicv3_cpu *c = &gic->cpus[cpu];
    if (offset >= GICR_PIDR4) {
        return id_registers[(offset - GICR_PIDR4) / 4];
    }
    switch (offset) {
    case GICR_CTLR:
    case GICR_STATUSR: return 0; /* no LPIs to enable; writes have always taken effect */
    case GICR_IIDR: return GIC500_IIDR;
    case GICR_TYPER: return cpu << 8 | (cpu == gic->cpu_count - 1 ? TYPER_LAST : 0);
    case GICR_TYPER_H: return c->affinity;
    case GICR_WAKER:
        if (ns || !c->processor_sleep) {
            return 0;
        }
        return WAKER_PROCESSOR_SLEEP | WAKER_CHILDREN_ASLEEP;
    default:
        gic->host->log(gic->self, EL4_LOG_UNIMPLEMENTED, "read of GICR 0x%x", offset);
        return 0;
    }
}

static void write_control(struct gicv3 *gic, unsigned cpu, uint32_t offset, uint32_t value,
                          bool ns)
{
    struct gicv3_cpu *c = &gic->cpus[cpu];
    switch (offset) {
    case GICR_CTLR:
    case GICR_STATUSR: break;
    case GICR_WAKER:
        if (!ns) {
            c->processor_sleep = value & WAKER_PROCESSOR_SLEEP;
            c->asked_to_sleep = c->processor_sleep;
            el4_gicv3_update(gic, cpu);
        }
        break;
    default:
        gic->host->log(gic->self, EL4_LOG_UNIMPLEMENTED, "write of 0x%x to GICR 0x%x", value,
                       offset);
        break;
    }
}

static bool is_interrupts(uint32_t offset)
{
    return offset >= SGI_FRAME + GIC_INTERRUPTS_FIRST &&
           offset < SGI_FRAME + GIC_INTERRUPTS_END;
}

static uint32_t read_word(struct gicv3 *gic, unsigned cpu, uint32_t offset, bool ns)
{
    if (offset < SGI_FRAME) {
        return read_control(gic, cpu, offset, ns);
    }
    if (is_interrupts(offset)) {
        return el4_gicv3_read_interrupts(gic, (int)cpu, offset - SGI_FRAME, ns);
    }
    return 0;
}

static void write_narrow(struct gicv3 *gic, unsigned cpu, uint32_t offset, unsigned size,
                         uint32_t value, bool ns)
{
    if (is_interrupts(offset)) {
        el4_gicv3_write_interrupts(gic, (int)cpu, offset - SGI_FRAME, size, value, ns);
    } else if (offset < SGI_FRAME && size == 4) {
        write_control(gic, cpu, offset, value, ns);
    }
}

static enum el4_mmio_result redist_read(void *state, uint64_t offset, unsigned size,
                                        uint64_t *value, const struct el4_access *access)
{
    struct gicv3 *gic = state;
    unsigned cpu = (unsigned)(offset / GICR_BYTES_EACH);
    uint32_t within = (uint32_t)(offset % GICR_BYTES_EACH);
    bool ns = gicv3_is_ns(gic, access);
    *value = 0;
    if (cpu >= gic->cpu_count) {
        return EL4_MMIO_OK;
    }
    if (size == 8) {
        *value = read_word(gic, cpu, within, ns);
        *value |= (uint64_t)read_word(gic, cpu, within + 4, ns) << 32;
    } else {
        uint32_t word = read_word(gic, cpu, within & ~3u, ns);
        *value = lane_extract(word, offset, size);
    }
    return EL4_MMIO_OK;
}

static enum el4_mmio_result redist_write(void *state, uint64_t offset, unsigned size,
                                         uint64_t value, const struct el4_access *access)
{
    struct gicv3 *gic = state;
    unsigned cpu = (unsigned)(offset / GICR_BYTES_EACH);
    uint32_t within = (uint32_t)(offset % GICR_BYTES_EACH);
    bool ns = gicv3_is_ns(gic, access);
    if (cpu >= gic->cpu_count) {
        return EL4_MMIO_OK;
    }
    if (size == 8) {
        write_narrow(gic, cpu, within, 4, (uint32_t)value, ns);
        write_narrow(gic, cpu, within + 4, 4, (uint32_t)(value >> 32), ns);
    } else {
        write_narrow(gic, cpu, within, size, (uint32_t)value, ns);
    }
    return EL4_MMIO_OK;
}

void el4_gicv3_reset_redistributor(struct gicv3 *gic, unsigned cpu)
{
    struct gicv3_cpu *c = &gic->cpus[cpu];
    gic_block_reset(&c->private, UINT32_MAX);
    c->private.edge = SGI_BITS;
    c->processor_sleep = true;
    c->asked_to_sleep = false;
}

bool el4_gicv3_declare_redistributors(struct gicv3 *gic)
{
    struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .name = "gicr",
        .bytes = (uint64_t)GICR_BYTES_EACH * gic->cpu_count,
        .size_min = 1,
        .size_max = 8,
        .read = redist_read,
        .write = redist_write,
    };
    return gic->host->mmio_declare(gic->self, 1, &mmio);
}
