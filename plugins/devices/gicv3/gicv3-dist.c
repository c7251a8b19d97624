/* SPDX-License-Identifier: MIT */
/*
 * GICv3 distributor (IHI 0069 12.9), and the registers of interrupts that the redistributors
 * have at the same offsets (12.11): the distributor has those of INTID 32 and up.
 */
#include "../lane-common/lanes.h"
#include "gicv3.h"

#define GICD_CTLR        0x0000
#define GICD_TYPER       0x0004
#define GICD_IIDR        0x0008
#define GICD_TYPER2      0x000c
#define GICD_STATUSR     0x0010
#define GICD_SETSPI_NSR  0x0040
#define GICD_CLRSPI_SR   0x0058
#define GIC_IPRIORITYR   0x0400
#define GIC_ITARGETSR    0x0800
#define GIC_ICFGR        0x0c00
#define GIC_IGRPMODR     0x0d00
#define GIC_NSACR        0x0e00
#define GICD_SGIR        0x0f00
#define GICD_SGIR_END    0x0f30
#define GICD_IROUTER     0x6000
#define GICD_IROUTER_32  0x6100
#define GICD_IROUTER_END 0x7fe0
#define GICD_PIDR4       0xffd0
#define GICD_BYTES       0x10000

#define GIC500_IIDR     0x0000043bu
#define CTLR_ARE        (1u << 4) /* ARE, ARE_S, or ARE_NS in the Non-secure view */
#define CTLR_ARE_NS     (1u << 5)
#define TYPER_SECURITY  (1u << 10)
#define TYPER_ID_BITS   (9u << 19) /* 10: there are no LPIs */
#define TYPER_A3V       (1u << 24)
#define TYPER_NO_1_OF_N (1u << 25)
#define TYPER_RSS       (1u << 26)
#define IROUTER_BITS    0xff00ffffffull

/* PIDR4 to 7, PIDR0 to 3, CIDR0 to 3 of a GIC-500's distributor */
static const uint8_t id_registers[] = {0x44, 0,    0x00, 0x00, 0x92, 0xb4,
                                       0x3b, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

/* ---- registers of interrupts ---- */

static struct gic_block *block_of(struct gicv3 *gic, int cpu, unsigned number)
{
    if (cpu >= 0) {
        return number == 0 ? &gic->cpus[cpu].private : NULL;
    }
    return number > 0 && number < gic->blocks ? &gic->shared[number] : NULL;
}

/* Interrupts whose bits in this bank the access may see; NSACR can grant some (12.9.28). */
static uint32_t visible(const struct gic_block *block, uint32_t bank, bool ns)
{
    if (!ns) {
        return block->implemented;
    }
    switch (bank) {
    case GIC_BANK_GROUP: return 0;
    case GIC_BANK_SET_PENDING:
        return block->implemented & (block->group | block->ns_set | block->ns_clear);
    case GIC_BANK_CLEAR_PENDING:
    case GIC_BANK_SET_ACTIVE:
    case GIC_BANK_CLEAR_ACTIVE: return block->implemented & (block->group | block->ns_clear);
    default: return block->implemented & block->group;
    }
}

/* What may be written; of a Secure interrupt NSACR grants pending bits only. */
static uint32_t writable(const struct gic_block *block, uint32_t bank, bool ns)
{
    uint32_t bits = visible(block, bank, ns);
    if (ns && (bank == GIC_BANK_SET_ACTIVE || bank == GIC_BANK_CLEAR_ACTIVE)) {
        bits &= block->group;
    }
    return bits;
}

/* NSACR has two bits an interrupt. half: 0 or 1. */
static uint32_t read_nsacr(const struct gic_block *block, unsigned half)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < 16; i++) {
        unsigned bit = half * 16 + i;
        value |= ((block->ns_set >> bit & 1) | (block->ns_clear >> bit & 1) << 1) << (2 * i);
    }
    return value;
}

static void write_nsacr(struct gic_block *block, unsigned half, uint32_t value)
{
    uint32_t set = 0, clear = 0;
    for (unsigned i = 0; i < 16; i++) {
        set |= (value >> (2 * i) & 1) << (half * 16 + i);
        clear |= (value >> (2 * i + 1) & 1) << (half * 16 + i);
    }
    uint32_t keep = half ? 0xffffu : 0xffff0000u;
    block->ns_set = (block->ns_set & keep) | (set & block->implemented);
    block->ns_clear = (block->ns_clear & keep) | (clear & block->implemented);
}

static uint32_t read_priorities(struct gicv3 *gic, int cpu, uint32_t offset, bool ns)
{
    unsigned first = offset - GIC_IPRIORITYR;
    const struct gic_block *block = block_of(gic, cpu, first / 32);
    uint32_t value = 0;
    for (unsigned i = 0; block && i < 4; i++) {
        unsigned bit = first % 32 + i;
        if (visible(block, GIC_IPRIORITYR, ns) >> bit & 1) {
            uint8_t priority = block->priority[bit];
            value |= (uint32_t)(ns ? gic_priority_to_ns(priority) : priority) << (8 * i);
        }
    }
    return value;
}

static void write_priorities(struct gicv3 *gic, int cpu, uint32_t offset, unsigned size,
                             uint32_t value, bool ns)
{
    for (unsigned i = 0; i < size; i++, value >>= 8) {
        unsigned at = offset + i - GIC_IPRIORITYR;
        struct gic_block *block = block_of(gic, cpu, at / 32);
        if (block && (visible(block, GIC_IPRIORITYR, ns) >> (at % 32) & 1)) {
            uint8_t priority = (uint8_t)value;
            priority = ns ? gic_priority_from_ns(priority) : priority;
            block->priority[at % 32] = priority & gic_priority_mask(gic->priority_bits);
        }
    }
}

uint32_t el4_gicv3_read_interrupts(struct gicv3 *gic, int cpu, uint32_t offset, bool ns)
{
    const struct gic_block *block;
    if (offset < GIC_BANKS_END) {
        enum gic_bank bank = offset & ~0x7fu;
        block = block_of(gic, cpu, offset % 0x80 / 4);
        return block ? gic_block_read(block, bank) & visible(block, bank, ns) : 0;
    }
    if (offset < GIC_ITARGETSR) {
        return read_priorities(gic, cpu, offset & ~3u, ns);
    }
    if (offset < GIC_ICFGR) {
        return 0; /* ITARGETSR is RES0 with affinity routing */
    }
    if (offset < GIC_IGRPMODR) {
        unsigned n = (offset - GIC_ICFGR) / 4;
        block = block_of(gic, cpu, n / 2);
        return block ? gic_block_read_config(block, n % 2, visible(block, GIC_ICFGR, ns)) : 0;
    }
    if (ns || gicv3_ds(gic)) {
        return 0;
    }
    if (offset < GIC_NSACR) {
        block = block_of(gic, cpu, (offset - GIC_IGRPMODR) / 4);
        return block ? block->modifier : 0;
    }
    unsigned n = (offset - GIC_NSACR) / 4;
    block = block_of(gic, cpu, n / 2);
    return block ? read_nsacr(block, n % 2) : 0;
}

static void write_secure_word(struct gicv3 *gic, int cpu, uint32_t offset, uint32_t value)
{
    if (offset < GIC_NSACR) {
        struct gic_block *block = block_of(gic, cpu, (offset - GIC_IGRPMODR) / 4);
        if (block) {
            block->modifier = value & block->implemented;
        }
        return;
    }
    unsigned n = (offset - GIC_NSACR) / 4;
    struct gic_block *block = block_of(gic, cpu, n / 2);
    if (block) {
        write_nsacr(block, n % 2, value);
    }
}

void el4_gicv3_write_interrupts(struct gicv3 *gic, int cpu, uint32_t offset, unsigned size,
                                uint32_t value, bool ns)
{
    struct gic_block *block;
    if (offset >= GIC_IPRIORITYR && offset < GIC_ITARGETSR) {
        write_priorities(gic, cpu, offset, size, value, ns);
    } else if (size != 4) {
        gic->host->log(gic->self, EL4_LOG_GUEST_ERROR, "%u-byte write to GIC register 0x%x",
                       size, offset);
    } else if (offset < GIC_BANKS_END) {
        enum gic_bank bank = offset & ~0x7fu;
        block = block_of(gic, cpu, offset % 0x80 / 4);
        if (block) {
            gic_block_write(block, bank, value, writable(block, bank, ns));
        }
    } else if (offset >= GIC_ICFGR && offset < GIC_IGRPMODR) {
        unsigned n = (offset - GIC_ICFGR) / 4;
        block = block_of(gic, cpu, n / 2);
        /* SGIs are always edge-triggered. */
        if (block && (cpu < 0 || n > 0)) {
            gic_block_write_config(block, n % 2, value, visible(block, GIC_ICFGR, ns));
        }
    } else if (offset >= GIC_IGRPMODR && !ns && !gicv3_ds(gic)) {
        write_secure_word(gic, cpu, offset, value);
    }
    if (cpu >= 0) {
        el4_gicv3_update(gic, (unsigned)cpu);
    } else {
        el4_gicv3_update_all(gic);
    }
}

/* ---- routing ---- */

static void route(struct gicv3 *gic, unsigned intid, uint64_t router)
{
    uint32_t affinity = (uint32_t)(router >> 32 & 0xff) << 24 | (router & 0xffffff);
    gic->router[intid] = router & IROUTER_BITS;
    gic->target[intid] = -1;
    for (unsigned cpu = 0; cpu < gic->cpu_count; cpu++) {
        if (gic->cpus[cpu].affinity == affinity) {
            gic->target[intid] = (int16_t)cpu;
            return;
        }
    }
}

static bool may_route(const struct gicv3 *gic, unsigned intid, bool ns)
{
    const struct gic_block *block = &gic->shared[intid / 32];
    uint32_t granted = block->group | (block->ns_set & block->ns_clear);
    return !ns || (granted >> (intid % 32) & 1);
}

static unsigned routed_intid(uint64_t offset)
{
    return (unsigned)(offset - GICD_IROUTER) / 8;
}

static void write_router(struct gicv3 *gic, uint64_t offset, unsigned size, uint64_t value,
                         bool ns)
{
    unsigned intid = routed_intid(offset);
    if (!gicv3_exists(gic, intid) || !may_route(gic, intid, ns) || size < 4) {
        return;
    }
    if (size == 4 && (offset & 4)) {
        value = (uint32_t)gic->router[intid] | value << 32;
    } else if (size == 4) {
        value = (gic->router[intid] & ~(uint64_t)UINT32_MAX) | (uint32_t)value;
    }
    route(gic, intid, value);
    el4_gicv3_update_all(gic);
}

static uint64_t read_router(const struct gicv3 *gic, uint64_t offset, bool ns)
{
    unsigned intid = routed_intid(offset);
    if (!gicv3_exists(gic, intid) || !may_route(gic, intid, ns)) {
        return 0;
    }
    return gic->router[intid] >> (offset & 4 ? 32 : 0);
}

/* ---- control ---- */

static uint32_t read_ctlr(const struct gicv3 *gic, bool ns)
{
    if (ns) {
        return (gic->control & GICD_ENABLE_GRP1N) | CTLR_ARE;
    }
    return gic->control | CTLR_ARE | (gicv3_ds(gic) ? 0 : CTLR_ARE_NS);
}

static void write_ctlr(struct gicv3 *gic, uint32_t value, bool ns)
{
    uint32_t bits = GICD_ENABLE_GRP1N;
    if (!ns) {
        bits |= GICD_ENABLE_GRP0;
        if (!gicv3_ds(gic)) {
            bits |= GICD_ENABLE_GRP1S | GICD_DS; /* DS can be set, and stays so */
        }
    }
    gic->control = (gic->control & ~bits) | (value & bits);
    if (gicv3_ds(gic)) {
        gic->control &= ~GICD_ENABLE_GRP1S;
    }
    el4_gicv3_update_all(gic);
}

static uint32_t read_typer(const struct gicv3 *gic)
{
    return (gic->blocks - 1) | (gicv3_ds(gic) ? 0 : TYPER_SECURITY) | TYPER_ID_BITS |
           TYPER_A3V | TYPER_NO_1_OF_N | TYPER_RSS;
}

static uint32_t read_word(struct gicv3 *gic, uint32_t offset, bool ns)
{
    if (offset >= GIC_INTERRUPTS_FIRST && offset < GIC_INTERRUPTS_END) {
        return el4_gicv3_read_interrupts(gic, -1, offset, ns);
    }
    if (offset >= GICD_PIDR4) {
        return id_registers[(offset - GICD_PIDR4) / 4];
    }
    switch (offset) {
    case GICD_CTLR: return read_ctlr(gic, ns);
    case GICD_TYPER: return read_typer(gic);
    case GICD_IIDR: return GIC500_IIDR;
    case GICD_TYPER2:
    case GICD_STATUSR: return 0; /* optional, not there */
    default:
        if (offset < GICD_SGIR || offset >= GICD_SGIR_END) {
            gic->host->log(gic->self, EL4_LOG_UNIMPLEMENTED, "read of GICD 0x%x", offset);
        }
        return 0;
    }
}

static enum el4_mmio_result dist_read(void *state, uint64_t offset, unsigned size,
                                      uint64_t *value, const struct el4_access *access)
{
    struct gicv3 *gic = state;
    bool ns = gicv3_is_ns(gic, access);
    if (offset >= GICD_IROUTER && offset < GICD_IROUTER_END) {
        uint64_t router = offset < GICD_IROUTER_32 ? 0 : read_router(gic, offset, ns);
        *value = size == 8 ? router : lane_extract((uint32_t)router, offset, size);
        return EL4_MMIO_OK;
    }
    if (size == 8) {
        *value = read_word(gic, (uint32_t)offset, ns);
        *value |= (uint64_t)read_word(gic, (uint32_t)offset + 4, ns) << 32;
        return EL4_MMIO_OK;
    }
    uint32_t word = read_word(gic, (uint32_t)offset & ~3u, ns);
    *value = lane_extract(word, offset, size);
    return EL4_MMIO_OK;
}

static void write_narrow(struct gicv3 *gic, uint32_t offset, unsigned size, uint32_t value,
                         bool ns)
{
    if (offset >= GIC_INTERRUPTS_FIRST && offset < GIC_INTERRUPTS_END) {
        el4_gicv3_write_interrupts(gic, -1, offset, size, value, ns);
    } else if (offset == GICD_CTLR && size == 4) {
        write_ctlr(gic, value, ns);
    } else if (offset >= GICD_SETSPI_NSR && offset <= GICD_CLRSPI_SR) {
        gic->host->log(gic->self, EL4_LOG_UNIMPLEMENTED, "message-based interrupt 0x%x", value);
    } else if (offset != GICD_STATUSR && (offset < GICD_SGIR || offset >= GICD_SGIR_END)) {
        gic->host->log(gic->self, EL4_LOG_GUEST_ERROR, "write of 0x%x to GICD 0x%x", value,
                       offset);
    }
}

static enum el4_mmio_result dist_write(void *state, uint64_t offset, unsigned size,
                                       uint64_t value, const struct el4_access *access)
{
    struct gicv3 *gic = state;
    bool ns = gicv3_is_ns(gic, access);
    if (offset >= GICD_IROUTER && offset < GICD_IROUTER_END) {
        if (offset >= GICD_IROUTER_32) {
            write_router(gic, offset, size, value, ns);
        }
    } else if (size == 8) {
        write_narrow(gic, (uint32_t)offset, 4, (uint32_t)value, ns);
        write_narrow(gic, (uint32_t)offset + 4, 4, (uint32_t)(value >> 32), ns);
    } else {
        write_narrow(gic, (uint32_t)offset, size, (uint32_t)value, ns);
    }
    return EL4_MMIO_OK;
}

void el4_gicv3_reset_distributor(struct gicv3 *gic)
{
    gic->control = gic->security ? 0 : GICD_DS;
    for (unsigned n = 1; n < gic->blocks; n++) {
        gic_block_reset(&gic->shared[n], gic_block_existing(n));
    }
    for (unsigned intid = GIC_PRIVATE; intid < gic->blocks * 32; intid++) {
        route(gic, intid, 0);
    }
}

bool el4_gicv3_declare_distributor(struct gicv3 *gic)
{
    struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .name = "gicd",
        .bytes = GICD_BYTES,
        .size_min = 1,
        .size_max = 8,
        .read = dist_read,
        .write = dist_write,
    };
    return gic->host->mmio_declare(gic->self, 0, &mmio);
}
