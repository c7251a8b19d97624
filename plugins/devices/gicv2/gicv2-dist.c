/* SPDX-License-Identifier: MIT */
/*
 * GICv2 distributor (IHI 0048B 4.3). Words are the natural size; priorities, targets and SGI
 * pending bytes may be accessed as bytes, other narrow writes are refused.
 */
#include "../lane-common/lanes.h"
#include "gicv2.h"
#include <string.h>

#define GICD_CTLR       0x000
#define GICD_TYPER      0x004
#define GICD_IIDR       0x008
#define GICD_IGROUPR    0x080
#define GICD_IPRIORITYR 0x400
#define GICD_ITARGETSR  0x800
#define GICD_ICFGR      0xc00
#define GICD_PPISR      0xd00 /* GIC-400: state of the inputs */
#define GICD_NSACR      0xe00
#define GICD_SGIR       0xf00
#define GICD_CPENDSGIR  0xf10
#define GICD_SPENDSGIR  0xf20
#define GICD_PIDR4      0xfd0
#define GICD_BYTES      0x1000

#define GICD_REGION_BYTES 0x10000
#define SGI_BITS          0xffffu

/* PIDR4 to 7, PIDR0 to 3, CIDR0 to 3. */
static uint32_t read_id(const struct gicv2 *gic, unsigned n)
{
    static const uint8_t common[] = {0x04, 0, 0, 0, 0, 0, 0, 0, 0x0d, 0xf0, 0x05, 0xb1};
    return n >= 4 && n < 8 ? gic->model->pidr[n - 4] : common[n];
}

/* Interrupts of a block that the access may see. */
static uint32_t visible(const struct gic_block *block, bool ns)
{
    return ns ? block->implemented & block->group : block->implemented;
}

static uint32_t read_ctlr(const struct gicv2 *gic, bool ns)
{
    return ns ? gic->control >> 1 & 1 : gic->control;
}

static uint32_t read_typer(const struct gicv2 *gic)
{
    return (gic->blocks - 1) | (gic->cpu_count - 1) << 5 | (gic->security ? 1u << 10 : 0);
}

static uint8_t read_priority(struct gicv2 *gic, unsigned cpu, unsigned intid, bool ns)
{
    const struct gic_block *block = gicv2_block(gic, cpu, intid);
    if (!(visible(block, ns) >> (intid % 32) & 1)) {
        return 0;
    }
    uint8_t priority = block->priority[intid % 32];
    return ns ? gic_priority_to_ns(priority) : priority;
}

static uint8_t read_target(struct gicv2 *gic, unsigned cpu, unsigned intid, bool ns)
{
    if (gic->cpu_count == 1) {
        return 0; /* RAZ/WI in a uniprocessor system */
    }
    const struct gic_block *block = gicv2_block(gic, cpu, intid);
    if (!(visible(block, ns) >> (intid % 32) & 1)) {
        return 0;
    }
    return intid < GIC_PRIVATE ? (uint8_t)(1u << cpu) : gic->targets[intid];
}

static uint8_t read_sgi_sources(struct gicv2 *gic, unsigned cpu, unsigned intid, bool ns)
{
    const struct gicv2_cpu *c = &gic->cpus[cpu];
    return visible(&c->private, ns) >> intid & 1 ? c->sgi_sources[intid] : 0;
}

static uint8_t read_byte(struct gicv2 *gic, unsigned cpu, uint32_t offset, bool ns)
{
    if (offset < GICD_ITARGETSR) {
        unsigned intid = offset - GICD_IPRIORITYR;
        return gicv2_exists(gic, intid) ? read_priority(gic, cpu, intid, ns) : 0;
    }
    if (offset < GICD_ICFGR) {
        unsigned intid = offset - GICD_ITARGETSR;
        return gicv2_exists(gic, intid) ? read_target(gic, cpu, intid, ns) : 0;
    }
    return read_sgi_sources(gic, cpu, (offset - GICD_CPENDSGIR) % GIC_SGIS, ns);
}

static bool is_bytes(uint32_t offset)
{
    return (offset >= GICD_IPRIORITYR && offset < GICD_ICFGR) ||
           (offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR + GIC_SGIS);
}

/* The block that a bit register or ICFGR belongs to, NULL if it is not there. */
static struct gic_block *block_of(struct gicv2 *gic, unsigned cpu, unsigned number)
{
    return number < gic->blocks ? gicv2_block(gic, cpu, number * 32) : NULL;
}

static uint32_t read_inputs(struct gicv2 *gic, unsigned cpu, unsigned number, bool ns)
{
    const struct gic_block *block = block_of(gic, cpu, number);
    if (!block) {
        return 0;
    }
    uint32_t lines = block->line & visible(block, ns);
    return number == 0 ? lines >> 16 : lines;
}

static uint32_t read_word(struct gicv2 *gic, unsigned cpu, uint32_t offset, bool ns)
{
    if (is_bytes(offset)) {
        uint32_t value = 0;
        for (unsigned i = 0; i < 4; i++) {
            value |= (uint32_t)read_byte(gic, cpu, offset + i, ns) << (8 * i);
        }
        return value;
    }
    if (offset >= GICD_IGROUPR && offset < GIC_BANKS_END) {
        const struct gic_block *block = block_of(gic, cpu, offset % 0x80 / 4);
        enum gic_bank bank = offset & ~0x7fu;
        if (!block || (bank == GIC_BANK_GROUP && ns)) {
            return 0;
        }
        return gic_block_read(block, bank) & visible(block, ns);
    }
    if (offset >= GICD_ICFGR && offset < GICD_PPISR) {
        unsigned n = (offset - GICD_ICFGR) / 4;
        const struct gic_block *block = block_of(gic, cpu, n / 2);
        return block ? gic_block_read_config(block, n % 2, visible(block, ns)) : 0;
    }
    if (offset >= GICD_PPISR && offset < GICD_NSACR) {
        return read_inputs(gic, cpu, (offset - GICD_PPISR) / 4, ns);
    }
    if (offset >= GICD_PIDR4 && offset < GICD_BYTES) {
        return read_id(gic, (offset - GICD_PIDR4) / 4);
    }
    switch (offset) {
    case GICD_CTLR: return read_ctlr(gic, ns);
    case GICD_TYPER: return read_typer(gic);
    case GICD_IIDR: return gic->model->gicd_iidr;
    default:
        /* NSACR is optional, and SGIR is write only. */
        if ((offset < GICD_NSACR || offset > GICD_SGIR)) {
            gic->host->log(gic->self, EL4_LOG_UNIMPLEMENTED, "read of GICD 0x%x", offset);
        }
        return 0;
    }
}

/* ---- writes ---- */

static void send_sgi(struct gicv2 *gic, unsigned sender, unsigned target, unsigned intid)
{
    struct gicv2_cpu *c = &gic->cpus[target];
    c->sgi_sources[intid] |= (uint8_t)(1u << sender);
    c->private.latch |= 1u << intid;
    el4_gicv2_update(gic, target);
}

static void write_sgir(struct gicv2 *gic, unsigned cpu, uint32_t value, bool ns)
{
    unsigned intid = value & 0xf;
    uint32_t everybody = (1u << gic->cpu_count) - 1, targets;
    switch (value >> 24 & 3) {
    case 0: targets = value >> 16 & everybody; break;
    case 1: targets = everybody & ~(1u << cpu); break;
    case 2: targets = 1u << cpu; break;
    default: return; /* reserved */
    }
    /* Non-secure software sends Group 1, Secure software what NSATT says (IHI 0048B 4.3.15). */
    unsigned group = ns || (value >> 15 & 1);
    for (unsigned target = 0; target < gic->cpu_count; target++) {
        unsigned is_group = gic->cpus[target].private.group >> intid & 1;
        if ((targets >> target & 1) && (!gic->security || is_group == group)) {
            send_sgi(gic, cpu, target, intid);
        }
    }
}

static void write_byte(struct gicv2 *gic, unsigned cpu, uint32_t offset, uint8_t value, bool ns)
{
    if (offset < GICD_ICFGR) {
        bool is_priority = offset < GICD_ITARGETSR;
        unsigned intid = offset - (is_priority ? GICD_IPRIORITYR : GICD_ITARGETSR);
        if (!gicv2_exists(gic, intid)) {
            return;
        }
        struct gic_block *block = gicv2_block(gic, cpu, intid);
        if (!(visible(block, ns) >> (intid % 32) & 1)) {
            return;
        }
        if (is_priority) {
            value = ns ? gic_priority_from_ns(value) : value;
            block->priority[intid % 32] = value & gic_priority_mask(gic->priority_bits);
        } else if (intid >= GIC_PRIVATE && gic->cpu_count > 1) {
            gic->targets[intid] = value & (uint8_t)((1u << gic->cpu_count) - 1);
        }
        return;
    }
    struct gicv2_cpu *c = &gic->cpus[cpu];
    unsigned intid = (offset - GICD_CPENDSGIR) % GIC_SGIS;
    if (!(visible(&c->private, ns) >> intid & 1)) {
        return;
    }
    if (offset < GICD_SPENDSGIR) {
        c->sgi_sources[intid] &= (uint8_t)~value;
    } else {
        c->sgi_sources[intid] |= value & (uint8_t)((1u << gic->cpu_count) - 1);
    }
    uint32_t bit = 1u << intid;
    c->private.latch = (c->private.latch & ~bit) | (c->sgi_sources[intid] ? bit : 0);
}

static void write_bits(struct gicv2 *gic, unsigned cpu, uint32_t offset, uint32_t value,
                       bool ns)
{
    struct gic_block *block = block_of(gic, cpu, offset % 0x80 / 4);
    enum gic_bank bank = offset & ~0x7fu;
    if (!block || (bank == GIC_BANK_GROUP && ns)) {
        return;
    }
    uint32_t writable = visible(block, ns);
    if (block == &gic->cpus[cpu].private &&
        (bank == GIC_BANK_CLEAR_ENABLE || bank == GIC_BANK_SET_PENDING ||
         bank == GIC_BANK_CLEAR_PENDING)) {
        /* SGIs are always enabled, and have SPENDSGIR and CPENDSGIR instead. */
        writable &= ~SGI_BITS;
    }
    gic_block_write(block, bank, value, writable);
}

static void write_config(struct gicv2 *gic, unsigned cpu, uint32_t offset, uint32_t value,
                         bool ns)
{
    unsigned n = (offset - GICD_ICFGR) / 4;
    struct gic_block *block = block_of(gic, cpu, n / 2);
    if (block && n > 0) {
        gic_block_write_config(block, n % 2, value, visible(block, ns));
    }
}

static void write_word(struct gicv2 *gic, unsigned cpu, uint32_t offset, uint32_t value,
                       bool ns)
{
    if (is_bytes(offset)) {
        for (unsigned i = 0; i < 4; i++) {
            write_byte(gic, cpu, offset + i, (uint8_t)(value >> (8 * i)), ns);
        }
    } else if (offset >= GICD_IGROUPR && offset < GIC_BANKS_END) {
        write_bits(gic, cpu, offset, value, ns);
    } else if (offset >= GICD_ICFGR && offset < GICD_PPISR) {
        write_config(gic, cpu, offset, value, ns);
    } else if (offset == GICD_CTLR && ns) {
        gic->control = (gic->control & ~GICC_ENABLE_GROUP1) | (value & 1) << 1;
    } else if (offset == GICD_CTLR) {
        gic->control = value & (GICC_ENABLE_GROUP0 | GICC_ENABLE_GROUP1);
    } else if (offset < GICD_NSACR || offset >= GICD_SGIR) {
        gic->host->log(gic->self, EL4_LOG_GUEST_ERROR, "write of 0x%x to GICD 0x%x", value,
                       offset);
    }
}

static enum el4_mmio_result dist_read(void *state, uint64_t offset, unsigned size,
                                      uint64_t *value, const struct el4_access *access)
{
    struct gicv2 *gic = state;
    *value = 0;
    if (offset < GICD_BYTES) {
        uint32_t word = read_word(gic, gicv2_accessor(gic, access), (uint32_t)offset & ~3u,
                                  gicv2_is_ns(gic, access));
        *value = lane_extract(word, offset, size);
    }
    return EL4_MMIO_OK;
}

static enum el4_mmio_result dist_write(void *state, uint64_t offset, unsigned size,
                                       uint64_t value, const struct el4_access *access)
{
    struct gicv2 *gic = state;
    unsigned cpu = gicv2_accessor(gic, access);
    bool ns = gicv2_is_ns(gic, access);
    if (offset >= GICD_BYTES) {
        return EL4_MMIO_OK;
    }
    if (offset == GICD_SGIR && size == 4) {
        write_sgir(gic, cpu, (uint32_t)value, ns); /* updates those it concerns */
        return EL4_MMIO_OK;
    }
    if (size == 4) {
        write_word(gic, cpu, (uint32_t)offset, (uint32_t)value, ns);
    } else if (is_bytes((uint32_t)offset)) {
        for (unsigned i = 0; i < size; i++) {
            write_byte(gic, cpu, (uint32_t)offset + i, (uint8_t)(value >> (8 * i)), ns);
        }
    } else {
        gic->host->log(gic->self, EL4_LOG_GUEST_ERROR, "%u-byte write to GICD 0x%x", size,
                       (unsigned)offset);
        return EL4_MMIO_OK;
    }
    el4_gicv2_update_all(gic);
    return EL4_MMIO_OK;
}

void el4_gicv2_reset_distributor(struct gicv2 *gic)
{
    gic->control = 0;
    for (unsigned n = 1; n < gic->blocks; n++) {
        gic_block_reset(&gic->shared[n], gic_block_existing(n));
    }
    memset(gic->targets, gic->cpu_count == 1 ? 1 : 0, sizeof(gic->targets));
    for (unsigned cpu = 0; cpu < gic->cpu_count; cpu++) {
        struct gicv2_cpu *c = &gic->cpus[cpu];
        gic_block_reset(&c->private, UINT32_MAX);
        c->private.enabled = SGI_BITS;
        c->private.edge = SGI_BITS;
        memset(c->sgi_sources, 0, sizeof(c->sgi_sources));
    }
}

bool el4_gicv2_declare_distributor(struct gicv2 *gic)
{
    struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .name = "gicd",
        .bytes = GICD_REGION_BYTES,
        .size_min = 1,
        .size_max = 4,
        .read = dist_read,
        .write = dist_write,
    };
    return gic->host->mmio_declare(gic->self, 0, &mmio);
}
