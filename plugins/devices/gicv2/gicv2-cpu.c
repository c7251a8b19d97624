/* SPDX-License-Identifier: MIT */
/*
 * GICv2 CPU interfaces (IHI 0048B 4.4): acknowledge, priority drop, deactivation, and the
 * Secure and Non-secure views of their registers.
 */
#include "gicv2.h"
#include <string.h>

#define GICC_CTLR   0x00
#define GICC_PMR    0x04
#define GICC_BPR    0x08
#define GICC_IAR    0x0c
#define GICC_EOIR   0x10
#define GICC_RPR    0x14
#define GICC_HPPIR  0x18
#define GICC_ABPR   0x1c
#define GICC_AIAR   0x20
#define GICC_AEOIR  0x24
#define GICC_AHPPIR 0x28
#define GICC_APR    0xd0
#define GICC_NSAPR  0xe0
#define GICC_IIDR   0xfc
#define GICC_DIR    0x1000

#define GICC_REGION_BYTES 0x10000 /* the registers take 0x2000 */

/* GICC_CTLR: what is stored, and the Non-secure view (enable, bypass bits, EOImodeNS). */
#define CTLR_BITS       0x7ffu
#define CTLR_BITS_ALONE 0x3ffu /* no Security Extensions: there is one EOImode */
#define CTLR_NS_BITS                                                                           \
    (GICC_ENABLE_GROUP1 | 1u << 7 | 1u << 8 /* bypass, group 1 */ | GICC_EOI_MODE_NS)

/* ---- acknowledge ---- */

static uint8_t take_source(struct gicv2_cpu *cpu, unsigned intid)
{
    unsigned source = (unsigned)__builtin_ctz(cpu->sgi_sources[intid] | 0x100u) & 7;
    cpu->sgi_sources[intid] &= (uint8_t) ~(1u << source);
    return (uint8_t)source;
}

static uint32_t activate(struct gicv2 *gic, unsigned cpu, const struct gicv2_choice *choice)
{
    struct gicv2_cpu *c = &gic->cpus[cpu];
    unsigned intid = choice->intid;
    struct gic_block *block = gicv2_block(gic, cpu, intid);
    uint32_t bit = 1u << (intid % 32), source = 0;

    gic_apr_set(c->apr[choice->group],
                choice->priority & el4_gicv2_group_mask(c, choice->group),
                gic_preemption_bits(gic->priority_bits));
    block->active |= bit;
    if (intid < GIC_SGIS) {
        source = take_source(c, intid);
        if (!c->sgi_sources[intid]) {
            block->latch &= ~bit;
        }
    } else {
        block->latch &= ~bit;
    }
    el4_gicv2_update_intid(gic, cpu, intid);
    return intid | source << 10;
}

/*
 * What a read of IAR, HPPIR (aliased: AIAR, AHPPIR) may tell: the interrupt, or a special
 * INTID (IHI 0048B 3.2.5 and 4.4.4).
 */
static unsigned tellable(const struct gicv2 *gic, unsigned cpu, bool ns, bool aliased,
                         const struct gicv2_choice *choice)
{
    if (choice->intid == GIC_INTID_NONE) {
        return GIC_INTID_NONE;
    }
    if (choice->group == 0) {
        return ns || aliased ? GIC_INTID_NONE : choice->intid;
    }
    if (!ns && !aliased && !(gic->cpus[cpu].control & GICC_ACK_CTL)) {
        return GIC_INTID_GROUP1;
    }
    return choice->intid;
}

static uint32_t read_iar(struct gicv2 *gic, unsigned cpu, bool ns, bool aliased)
{
    struct gicv2_choice choice = el4_gicv2_choose(gic, cpu);
    if (!el4_gicv2_passes(gic, cpu, &choice)) {
        return GIC_INTID_NONE;
    }
    unsigned told = tellable(gic, cpu, ns, aliased, &choice);
    return told < GIC_INTID_SECURE ? activate(gic, cpu, &choice) : told;
}

static uint32_t read_hppir(struct gicv2 *gic, unsigned cpu, bool ns, bool aliased)
{
    struct gicv2_choice choice = el4_gicv2_choose(gic, cpu);
    unsigned told = tellable(gic, cpu, ns, aliased, &choice);
    if (told < GIC_SGIS) {
        uint32_t sources = gic->cpus[cpu].sgi_sources[told];
        told |= ((unsigned)__builtin_ctz(sources | 0x100u) & 7) << 10;
    }
    return told;
}

/* ---- end of interrupt ---- */

static bool eoi_is_split(const struct gicv2 *gic, unsigned cpu, bool ns)
{
    return gic->cpus[cpu].control & (ns ? GICC_EOI_MODE_NS : GICC_EOI_MODE_S);
}

/* The group of an interrupt that the access may end, -1 if it may not. */
static int endable_group(struct gicv2 *gic, unsigned cpu, unsigned intid, bool ns)
{
    if (!gicv2_exists(gic, intid)) {
        return -1; /* the special INTIDs need no end */
    }
    int group = gicv2_block(gic, cpu, intid)->group >> (intid % 32) & 1;
    return ns && group == 0 ? -1 : group;
}

static void write_eoir(struct gicv2 *gic, unsigned cpu, uint32_t value, bool ns, bool aliased)
{
    unsigned intid = GICC_INTID(value);
    int group = endable_group(gic, cpu, intid, ns);
    if (group < 0 || (aliased && group == 0)) {
        return;
    }
    gic_apr_clear_first(gic->cpus[cpu].apr[group]);
    if (!eoi_is_split(gic, cpu, ns)) {
        el4_gicv2_deactivate(gic, cpu, intid);
    }
    el4_gicv2_update(gic, cpu);
}

static void write_dir(struct gicv2 *gic, unsigned cpu, uint32_t value, bool ns)
{
    unsigned intid = GICC_INTID(value);
    if (!eoi_is_split(gic, cpu, ns)) {
        gic->host->log(gic->self, EL4_LOG_GUEST_ERROR, "GICC_DIR written while EOImode is 0");
        return;
    }
    if (endable_group(gic, cpu, intid, ns) >= 0) {
        el4_gicv2_deactivate(gic, cpu, intid);
    }
}

/* ---- the plain registers and their views ---- */

static uint32_t read_ctlr(const struct gicv2_cpu *c, bool ns)
{
    /* The Non-secure view is the Group 1 bits moved down: 1 to 0, 8:7 to 6:5, 10 to 9. */
    if (!ns) {
        return c->control;
    }
    uint32_t bits = c->control & CTLR_NS_BITS;
    return (bits >> 1 & 0x201) | (bits >> 2 & 0x60);
}

static void write_ctlr(const struct gicv2 *gic, struct gicv2_cpu *c, uint32_t value, bool ns)
{
    if (ns) {
        uint32_t bits = (value & 0x201) << 1 | (value & 0x60) << 2;
        c->control = (c->control & ~CTLR_NS_BITS) | bits;
    } else {
        c->control = value & (gic->security ? CTLR_BITS : CTLR_BITS_ALONE);
    }
}

static void write_pmr(const struct gicv2 *gic, struct gicv2_cpu *c, uint32_t value, bool ns)
{
    uint8_t mask = (uint8_t)value;
    if (ns) {
        if (!(c->priority_mask & 0x80)) {
            return; /* in the Secure half: not Non-secure software's to change */
        }
        mask = gic_priority_from_ns(mask);
    }
    c->priority_mask = mask & gic_priority_mask(gic->priority_bits);
}

static uint32_t read_bpr(const struct gicv2_cpu *c, bool ns)
{
    if (ns && (c->control & GICC_CBPR)) {
        return c->binary_point[0] < 7 ? c->binary_point[0] + 1u : 7;
    }
    return c->binary_point[ns];
}

static void set_bpr(const struct gicv2 *gic, struct gicv2_cpu *c, unsigned group,
                    uint32_t value)
{
    unsigned smallest = gicv2_smallest_bpr(gic, group);
    value &= 7;
    c->binary_point[group] = (uint8_t)(value < smallest ? smallest : value);
}

/* Non-secure software sees the lower half of the Group 1 levels as if that were all. */
static uint32_t read_apr(const struct gicv2 *gic, const struct gicv2_cpu *c, unsigned index,
                         bool ns)
{
    unsigned words = gic_apr_words(gic_preemption_bits(gic->priority_bits));
    if (!ns) {
        return c->apr[0][index];
    }
    if (words == 1) {
        unsigned levels = 1u << gic_preemption_bits(gic->priority_bits);
        return index == 0 ? c->apr[1][0] >> (levels / 2) : 0;
    }
    return index < words / 2 ? c->apr[1][words / 2 + index] : 0;
}

static void write_apr(const struct gicv2 *gic, struct gicv2_cpu *c, unsigned group,
                      unsigned index, uint32_t value, bool ns)
{
    unsigned words = gic_apr_words(gic_preemption_bits(gic->priority_bits));
    unsigned levels = 1u << gic_preemption_bits(gic->priority_bits);
    uint32_t all = gic_apr_mask(gic_preemption_bits(gic->priority_bits));
    if (!ns) {
        c->apr[group][index] = index < words ? value & all : 0;
    } else if (words == 1 && index == 0) {
        uint32_t upper = (value << (levels / 2)) & all;
        c->apr[1][0] = (c->apr[1][0] & ((1u << (levels / 2)) - 1)) | upper;
    } else if (index < words / 2) {
        c->apr[1][words / 2 + index] = value;
    }
}

static uint32_t read_register(struct gicv2 *gic, unsigned cpu, uint32_t offset, bool ns)
{
    const struct gicv2_cpu *c = &gic->cpus[cpu];
    if (offset >= GICC_APR && offset < GICC_NSAPR) {
        return read_apr(gic, c, (offset - GICC_APR) / 4, ns);
    }
    if (offset >= GICC_NSAPR && offset < GICC_NSAPR + 16) {
        return ns ? 0 : c->apr[1][(offset - GICC_NSAPR) / 4];
    }
    switch (offset) {
    case GICC_CTLR: return read_ctlr(c, ns);
    case GICC_PMR: return ns ? gic_mask_to_ns(c->priority_mask) : c->priority_mask;
    case GICC_BPR: return read_bpr(c, ns);
    case GICC_IAR: return read_iar(gic, cpu, ns, false);
    case GICC_HPPIR: return read_hppir(gic, cpu, ns, false);
    case GICC_RPR: {
        uint8_t running = el4_gicv2_running(gic, cpu);
        return ns ? gic_running_to_ns(running) : running;
    }
    case GICC_ABPR: return ns ? 0 : c->binary_point[1];
    case GICC_AIAR: return ns ? 0 : read_iar(gic, cpu, false, true);
    case GICC_AHPPIR: return ns ? 0 : read_hppir(gic, cpu, false, true);
    case GICC_IIDR: return gic->model->gicc_iidr;
    case GICC_EOIR:
    case GICC_AEOIR:
    case GICC_DIR: return 0;
    default:
        gic->host->log(gic->self, EL4_LOG_UNIMPLEMENTED, "read of GICC 0x%x", offset);
        return 0;
    }
}

static void write_register(struct gicv2 *gic, unsigned cpu, uint32_t offset, uint32_t value,
                           bool ns)
{
    struct gicv2_cpu *c = &gic->cpus[cpu];
    if (offset >= GICC_APR && offset < GICC_NSAPR) {
        write_apr(gic, c, 0, (offset - GICC_APR) / 4, value, ns);
        return;
    }
    if (offset >= GICC_NSAPR && offset < GICC_NSAPR + 16) {
        if (!ns) {
            write_apr(gic, c, 1, (offset - GICC_NSAPR) / 4, value, false);
        }
        return;
    }
    switch (offset) {
    case GICC_CTLR: write_ctlr(gic, c, value, ns); break;
    case GICC_PMR: write_pmr(gic, c, value, ns); break;
    case GICC_BPR:
        if (!ns || !(c->control & GICC_CBPR)) {
            set_bpr(gic, c, ns, value);
        }
        break;
    case GICC_ABPR:
        if (!ns) {
            set_bpr(gic, c, 1, value);
        }
        break;
    case GICC_AEOIR:
        if (!ns) {
            write_eoir(gic, cpu, value, false, true);
        }
        break;
    case GICC_EOIR: write_eoir(gic, cpu, value, ns, false); break;
    case GICC_DIR: write_dir(gic, cpu, value, ns); break;
    default:
        gic->host->log(gic->self, EL4_LOG_UNIMPLEMENTED, "write of 0x%x to GICC 0x%x", value,
                       offset);
        break;
    }
}

static enum el4_mmio_result cpu_read(void *state, uint64_t offset, unsigned size,
                                     uint64_t *value, const struct el4_access *access)
{
    struct gicv2 *gic = state;
    *value = read_register(gic, gicv2_accessor(gic, access), (uint32_t)offset,
                           gicv2_is_ns(gic, access));
    return EL4_MMIO_OK;
}

static enum el4_mmio_result cpu_write(void *state, uint64_t offset, unsigned size,
                                      uint64_t value, const struct el4_access *access)
{
    struct gicv2 *gic = state;
    unsigned cpu = gicv2_accessor(gic, access);
    write_register(gic, cpu, (uint32_t)offset, (uint32_t)value, gicv2_is_ns(gic, access));
    if (offset != GICC_EOIR && offset != GICC_DIR) {
        el4_gicv2_update(gic, cpu); /* those two have done it */
    }
    return EL4_MMIO_OK;
}

void el4_gicv2_reset_cpu(struct gicv2 *gic, unsigned cpu)
{
    struct gicv2_cpu *c = &gic->cpus[cpu];
    c->control = 0;
    c->priority_mask = 0;
    memset(c->apr, 0, sizeof(c->apr));
    set_bpr(gic, c, 0, 0);
    set_bpr(gic, c, 1, 0);
    el4_gic_virtual_reset(&c->virtual);
    c->virtual.hcr_writable = 0xf80000ffu;
    if (gic->firmware_ran) {
        c->priority_mask = gic_priority_mask(gic->priority_bits);
    }
}

bool el4_gicv2_declare_cpu(struct gicv2 *gic)
{
    struct el4_mmio mmio = {
        .struct_size = sizeof(mmio),
        .name = "gicc",
        .bytes = GICC_REGION_BYTES,
        .read = cpu_read,
        .write = cpu_write,
    };
    return gic->host->mmio_declare(gic->self, 1, &mmio);
}
