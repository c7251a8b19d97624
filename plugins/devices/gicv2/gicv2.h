/* SPDX-License-Identifier: MIT */
/*
 * GICv2 (Arm IHI 0048B), private to the plugin. gicv2.c holds the instance and decides what is
 * signalled; gicv2-dist.c is the distributor, gicv2-cpu.c the CPU interfaces, gicv2-virtual.c
 * the virtualization extensions.
 */
#ifndef GICV2_H
#define GICV2_H

#include "../gic-common/gic-block.h"
#include "../gic-common/gic-virtual.h"
#include <el4/device.h>

#define GICV2_CPUS_MAX 8u

/* GICC_CTLR as Secure software sees it; this layout is what is stored. */
#define GICC_ENABLE_GROUP0 (1u << 0)
#define GICC_ENABLE_GROUP1 (1u << 1)
#define GICC_ACK_CTL       (1u << 2)
#define GICC_FIQ_EN        (1u << 3)
#define GICC_CBPR          (1u << 4)
#define GICC_EOI_MODE_S    (1u << 9)
#define GICC_EOI_MODE_NS   (1u << 10)

/* IAR and EOIR: interrupt and, for an SGI, who sent it. */
#define GICC_INTID(value)  ((value)&0x3ffu)
#define GICC_SOURCE(value) ((value) >> 10 & 7u)

/* Whose identification the registers show. */
struct gicv2_model {
    uint32_t gicd_iidr, gicc_iidr;
    uint8_t pidr[4]; /* PIDR0 to PIDR3 */
};

struct gicv2_cpu {
    struct gic_block private;
    uint8_t sgi_sources[GIC_SGIS]; /* a bit for each CPU that sent it and waits */
    uint32_t control;
    uint8_t priority_mask;
    uint8_t binary_point[2]; /* by group */
    uint32_t apr[2][GIC_APRS];
    uint32_t lines; /* what is driven: bit n for enum el4_cpu_line n */
    struct gic_virtual virtual;
};

struct gicv2 {
    const struct el4_host *host;
    struct el4_instance *self;
    const struct gicv2_model *model;
    unsigned cpu_count;
    unsigned blocks; /* of 32 INTIDs, the private one included */
    unsigned priority_bits;
    bool security;
    bool virtualization;
    bool firmware_ran; /* the guest is Non-secure and el4 plays the firmware */
    uint32_t control;  /* GICD_CTLR: enable bits of the groups */
    struct gicv2_cpu cpus[GICV2_CPUS_MAX];
    struct gic_block shared[GIC_BLOCKS_MAX]; /* [0] unused */
    uint8_t targets[GIC_BLOCKS_MAX * 32];
    uint32_t shared_candidates; /* bit n: shared[n] has candidates */
};

/* The interrupt that a CPU would be told of, were there no masks. */
struct gicv2_choice {
    unsigned intid; /* GIC_INTID_NONE: none */
    unsigned group;
    uint8_t priority;
};

static inline struct gic_block *gicv2_block(struct gicv2 *gic, unsigned cpu, unsigned intid)
{
    return intid < GIC_PRIVATE ? &gic->cpus[cpu].private : &gic->shared[intid / 32];
}

static inline bool gicv2_exists(const struct gicv2 *gic, unsigned intid)
{
    return intid < gic->blocks * 32 && intid < GIC_INTID_SECURE;
}

/* Accesses by no CPU (a debugger) see CPU 0's view. */
static inline unsigned gicv2_accessor(const struct gicv2 *gic, const struct el4_access *access)
{
    return access->cpu >= 0 && (unsigned)access->cpu < gic->cpu_count ? (unsigned)access->cpu
                                                                      : 0;
}

static inline bool gicv2_is_ns(const struct gicv2 *gic, const struct el4_access *access)
{
    return gic->security && !access->secure;
}

static inline unsigned gicv2_smallest_bpr(const struct gicv2 *gic, unsigned group)
{
    return 7 - gic_preemption_bits(gic->priority_bits) + group;
}

/* The most urgent interrupt of an enabled group. */
struct gicv2_choice el4_gicv2_choose(const struct gicv2 *gic, unsigned cpu);
uint8_t el4_gicv2_running(const struct gicv2 *gic, unsigned cpu);
/* True if mask and running priority let the interrupt through. */
bool el4_gicv2_passes(const struct gicv2 *gic, unsigned cpu, const struct gicv2_choice *choice);
uint8_t el4_gicv2_group_mask(const struct gicv2_cpu *cpu, unsigned group);

/* State changed: drive the CPU's lines accordingly. */
void el4_gicv2_update(struct gicv2 *gic, unsigned cpu);
void el4_gicv2_update_all(struct gicv2 *gic);
/* State of one interrupt changed. */
void el4_gicv2_update_intid(struct gicv2 *gic, unsigned cpu, unsigned intid);
/* State of the virtual interface changed: virtual lines and maintenance interrupt. */
void el4_gicv2_update_virtual(struct gicv2 *gic, unsigned cpu);
/* Drive one line of a CPU if it is not so yet. */
void el4_gicv2_drive(struct gicv2 *gic, unsigned cpu, enum el4_cpu_line line, bool level);

/* Active to inactive. */
void el4_gicv2_deactivate(struct gicv2 *gic, unsigned cpu, unsigned intid);
void el4_gicv2_reset_cpu(struct gicv2 *gic, unsigned cpu);
void el4_gicv2_reset_distributor(struct gicv2 *gic);

bool el4_gicv2_declare_distributor(struct gicv2 *gic);
bool el4_gicv2_declare_cpu(struct gicv2 *gic);
bool el4_gicv2_declare_virtual(struct gicv2 *gic);

#endif
