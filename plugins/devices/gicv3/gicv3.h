/* SPDX-License-Identifier: MIT */
/*
 * GICv3 (Arm IHI 0069), private to the plugin. gicv3.c holds the instance and decides what is
 * signalled; gicv3-dist.c has the distributor and the registers of interrupts, gicv3-redist.c
 * the redistributors, gicv3-icc.c the CPU interface's system registers, gicv3-ich.c those of
 * the hypervisor and of its guest.
 */
#ifndef GICV3_H
#define GICV3_H

#include "../gic-common/gic-block.h"
#include "../gic-common/gic-virtual.h"
#include <el4/device.h>

#define GICR_BYTES_EACH 0x20000u

/* GICD_CTLR as Secure software sees it; the three enables and DS are stored. */
#define GICD_ENABLE_GRP0  (1u << 0)
#define GICD_ENABLE_GRP1N (1u << 1)
#define GICD_ENABLE_GRP1S (1u << 2)
#define GICD_DS           (1u << 6)

#define SCR_EL3_IRQ  (1u << 1)
#define SCR_EL3_FIQ  (1u << 2)
#define SCR_EL3_EEL2 (1u << 18)
#define HCR_EL2_FMO  (1u << 3)
#define HCR_EL2_IMO  (1u << 4)

/* ICH_HCR_EL2: traps of EL1 accesses */
#define ICH_HCR_TC    (1u << 10)
#define ICH_HCR_TALL0 (1u << 11)
#define ICH_HCR_TALL1 (1u << 12)
#define ICH_HCR_TDIR  (1u << 14)

/* ICC_CTLR_EL1, ICC_CTLR_EL3, ICV_CTLR_EL1: what all of them tell. */
#define ICC_CTLR_PRIBITS 8
#define ICC_CTLR_A3V     (1u << 15)
#define ICC_CTLR_RSS     (1u << 18)

/* The bank of what Group 1 has twice is the group's own number. */
enum gicv3_group {
    GICV3_GROUP0,
    GICV3_GROUP1S,
    GICV3_GROUP1N,
    GICV3_GROUPS,
};

struct gicv3_cpu {
    struct gic_block private;
    uint32_t affinity;    /* Aff3.Aff2.Aff1.Aff0, a byte each */
    bool processor_sleep; /* GICR_WAKER */
    bool asked_to_sleep;  /* by software, as opposed to reset */
    uint32_t lines;       /* what is driven: bit n for enum el4_cpu_line n */

    /* What decides on IRQ or FIQ. */
    bool at_el3;
    bool secure;

    /* The CPU interface, by enum gicv3_group. */
    uint8_t priority_mask;
    uint8_t binary_point[GICV3_GROUPS];
    bool enabled[GICV3_GROUPS];
    uint32_t apr[GICV3_GROUPS][GIC_APRS];
    bool common_bpr[GICV3_GROUPS]; /* CBPR; [0] unused */
    bool eoi_split[GICV3_GROUPS];  /* EOImode; [0] is EL3's */
    bool pmhe;
    bool sre_enable_el2;
    bool sre_enable_el3;

    struct gic_virtual virtual;
};

struct gicv3 {
    const struct el4_host *host;
    struct el4_instance *self;
    unsigned cpu_count;
    unsigned blocks; /* of 32 INTIDs, the private one included */
    unsigned priority_bits;
    bool security;
    bool virtualization;
    bool firmware_ran; /* el4 plays the firmware of every CPU */
    bool firmware_left_nonsecure;
    uint32_t control;                        /* GICD_CTLR */
    struct gic_block shared[GIC_BLOCKS_MAX]; /* [0] unused */
    uint64_t router[GIC_BLOCKS_MAX * 32];    /* GICD_IROUTER */
    int16_t target[GIC_BLOCKS_MAX * 32];     /* CPU that it means, -1 none */
    uint32_t shared_candidates;              /* bit n: shared[n] has candidates */
    struct gicv3_cpu cpus[];
};

/* The interrupt that a CPU would be told of, were there no masks. */
struct gicv3_choice {
    unsigned intid; /* GIC_INTID_NONE: none */
    enum gicv3_group group;
    uint8_t priority;
};

static inline bool gicv3_ds(const struct gicv3 *gic)
{
    return gic->control & GICD_DS;
}

static inline struct gic_block *gicv3_block(struct gicv3 *gic, unsigned cpu, unsigned intid)
{
    return intid < GIC_PRIVATE ? &gic->cpus[cpu].private : &gic->shared[intid / 32];
}

static inline bool gicv3_exists(const struct gicv3 *gic, unsigned intid)
{
    return intid < gic->blocks * 32 && intid < GIC_INTID_SECURE;
}

static inline enum gicv3_group gicv3_group(const struct gicv3 *gic,
                                           const struct gic_block *block, unsigned bit)
{
    if (block->group >> bit & 1) {
        return GICV3_GROUP1N;
    }
    return (block->modifier >> bit & 1) && !gicv3_ds(gic) ? GICV3_GROUP1S : GICV3_GROUP0;
}

/* A register access that is limited to what Non-secure software may see. */
static inline bool gicv3_is_ns(const struct gicv3 *gic, const struct el4_access *access)
{
    return !gicv3_ds(gic) && !access->secure;
}

/* ---- gicv3.c ---- */

/* The most urgent interrupt that distributor and CPU interface have enabled the group of. */
struct gicv3_choice el4_gicv3_choose(const struct gicv3 *gic, unsigned cpu);
/* Group of what is active with the highest priority, GICV3_GROUPS if nothing is. */
enum gicv3_group el4_gicv3_active_group(const struct gicv3_cpu *cpu);
uint8_t el4_gicv3_running(const struct gicv3 *gic, unsigned cpu);
/* True if mask and running priority let the interrupt through. */
bool el4_gicv3_passes(const struct gicv3 *gic, unsigned cpu, const struct gicv3_choice *choice);
uint8_t el4_gicv3_group_mask(const struct gicv3_cpu *cpu, enum gicv3_group group);

/* State changed: drive the CPU's lines accordingly. */
void el4_gicv3_update(struct gicv3 *gic, unsigned cpu);
void el4_gicv3_update_all(struct gicv3 *gic);
/* State of one interrupt changed. */
void el4_gicv3_update_intid(struct gicv3 *gic, unsigned cpu, unsigned intid);
/* State of the virtual interface changed: virtual lines and maintenance interrupt. */
void el4_gicv3_update_virtual(struct gicv3 *gic, unsigned cpu);
/* The CPU's exception level and security state decide between IRQ and FIQ. */
void el4_gicv3_note_state(struct gicv3 *gic, unsigned cpu,
                          const struct el4_sysreg_access *control);
/* Active to inactive. */
void el4_gicv3_deactivate(struct gicv3 *gic, unsigned cpu, unsigned intid);

/* ---- gicv3-dist.c ---- */

/* Registers of interrupts, which distributor (cpu -1: blocks from 1) and redistributors (block
 * 0) have at the same offsets, 0x80 to 0xeff. */
#define GIC_INTERRUPTS_FIRST 0x080u
#define GIC_INTERRUPTS_END   0xf00u
uint32_t el4_gicv3_read_interrupts(struct gicv3 *gic, int cpu, uint32_t offset, bool ns);
void el4_gicv3_write_interrupts(struct gicv3 *gic, int cpu, uint32_t offset, unsigned size,
                                uint32_t value, bool ns);
void el4_gicv3_reset_distributor(struct gicv3 *gic);
bool el4_gicv3_declare_distributor(struct gicv3 *gic);

/* ---- gicv3-redist.c ---- */

void el4_gicv3_reset_redistributor(struct gicv3 *gic, unsigned cpu);
bool el4_gicv3_declare_redistributors(struct gicv3 *gic);

/* ---- gicv3-icc.c, gicv3-ich.c ---- */

void el4_gicv3_reset_cpu(struct gicv3 *gic, unsigned cpu);
bool el4_gicv3_claim_cpu(struct gicv3 *gic);
/* ICV registers: those of ICC when HCR_EL2 says so. False: there is none. */
bool el4_gicv3_icv_read(struct gicv3 *gic, struct el4_sysreg_access *access);
bool el4_gicv3_icv_write(struct gicv3 *gic, const struct el4_sysreg_access *access);
void el4_gicv3_reset_virtual(struct gicv3 *gic, unsigned cpu);
bool el4_gicv3_claim_virtual(struct gicv3 *gic);

/* ---- system registers of the CPU interface ---- */

#define ICC(crm, op2) EL4_SYSREG(3, 0, 12, crm, op2)

#define ICC_PMR_EL1     EL4_SYSREG(3, 0, 4, 6, 0)
#define ICC_IAR0_EL1    ICC(8, 0)
#define ICC_EOIR0_EL1   ICC(8, 1)
#define ICC_HPPIR0_EL1  ICC(8, 2)
#define ICC_BPR0_EL1    ICC(8, 3)
#define ICC_AP0R0_EL1   ICC(8, 4)
#define ICC_AP0R3_EL1   ICC(8, 7)
#define ICC_AP1R0_EL1   ICC(9, 0)
#define ICC_AP1R3_EL1   ICC(9, 3)
#define ICC_DIR_EL1     ICC(11, 1)
#define ICC_RPR_EL1     ICC(11, 3)
#define ICC_SGI1R_EL1   ICC(11, 5)
#define ICC_ASGI1R_EL1  ICC(11, 6)
#define ICC_SGI0R_EL1   ICC(11, 7)
#define ICC_IAR1_EL1    ICC(12, 0)
#define ICC_EOIR1_EL1   ICC(12, 1)
#define ICC_HPPIR1_EL1  ICC(12, 2)
#define ICC_BPR1_EL1    ICC(12, 3)
#define ICC_CTLR_EL1    ICC(12, 4)
#define ICC_SRE_EL1     ICC(12, 5)
#define ICC_IGRPEN0_EL1 ICC(12, 6)
#define ICC_IGRPEN1_EL1 ICC(12, 7)
#define ICC_SRE_EL2     EL4_SYSREG(3, 4, 12, 9, 5)
#define ICC_CTLR_EL3    EL4_SYSREG(3, 6, 12, 12, 4)
#define ICC_SRE_EL3     EL4_SYSREG(3, 6, 12, 12, 5)
#define ICC_IGRPEN1_EL3 EL4_SYSREG(3, 6, 12, 12, 7)

#endif
