/* SPDX-License-Identifier: MIT */
/*
 * The virtual CPU interface of one CPU: list registers, active priorities, maintenance. GICv2
 * shows it as GICH and GICV, GICv3 as the ICH and ICV system registers. The state is kept in
 * the layout of GICv3's ICH_LR<n>_EL2, ICH_VMCR_EL2 and ICH_HCR_EL2 (IHI 0069 12.4).
 */
#ifndef GIC_VIRTUAL_H
#define GIC_VIRTUAL_H

#include "gic-block.h"

#define GIC_LRS_MAX 16u

/* ICH_HCR_EL2 and GICH_HCR */
#define GIC_HCR_EN        (1u << 0)
#define GIC_HCR_UIE       (1u << 1)
#define GIC_HCR_LRENPIE   (1u << 2)
#define GIC_HCR_NPIE      (1u << 3)
#define GIC_HCR_VGRP0EIE  (1u << 4)
#define GIC_HCR_VGRP0DIE  (1u << 5)
#define GIC_HCR_VGRP1EIE  (1u << 6)
#define GIC_HCR_VGRP1DIE  (1u << 7)
#define GIC_HCR_EOI_COUNT 0xf8000000u

/* ICH_MISR_EL2 and GICH_MISR */
#define GIC_MISR_EOI    (1u << 0)
#define GIC_MISR_U      (1u << 1)
#define GIC_MISR_LRENP  (1u << 2)
#define GIC_MISR_NP     (1u << 3)
#define GIC_MISR_VGRP0E (1u << 4)
#define GIC_MISR_VGRP0D (1u << 5)
#define GIC_MISR_VGRP1E (1u << 6)
#define GIC_MISR_VGRP1D (1u << 7)

/* ICH_VMCR_EL2; GICH_VMCR differs in having the upper five bits of the mask only. */
#define GIC_VMCR_ENG0    (1u << 0)
#define GIC_VMCR_ENG1    (1u << 1)
#define GIC_VMCR_ACK_CTL (1u << 2)
#define GIC_VMCR_FIQ_EN  (1u << 3)
#define GIC_VMCR_CBPR    (1u << 4)
#define GIC_VMCR_EOIM    (1u << 9)
#define GIC_VMCR_BPR1    18
#define GIC_VMCR_BPR0    21
#define GIC_VMCR_PMR     24
#define GIC_VMCR_BITS    0xfffc021fu

/* ICH_LR<n>_EL2 */
#define GIC_LR_PENDING  (1ull << 62)
#define GIC_LR_ACTIVE   (1ull << 63)
#define GIC_LR_STATE    (GIC_LR_PENDING | GIC_LR_ACTIVE)
#define GIC_LR_HW       (1ull << 61)
#define GIC_LR_GROUP1   (1ull << 60)
#define GIC_LR_PRIORITY 48
#define GIC_LR_EOI      (1ull << 41) /* if HW is 0 */
#define GIC_LR_PINTID   32           /* if HW is 1, 13 bits */

struct gic_virtual {
    uint64_t lr[GIC_LRS_MAX];
    uint32_t apr[2][GIC_APRS];
    uint32_t hcr;
    uint32_t vmcr;
    uint32_t hcr_writable;
    unsigned lr_count;
    unsigned priority_bits;
    bool one_apr; /* GICv2: both groups share apr[0] */
};

/* To reset values; sizes stay. */
void el4_gic_virtual_reset(struct gic_virtual *v);
/* Write ICH_VMCR_EL2; binary points below the smallest become the smallest. */
void el4_gic_virtual_set_vmcr(struct gic_virtual *v, uint32_t value);
/* List register of the most urgent pending interrupt of an enabled group, -1 if none. */
int el4_gic_virtual_highest(const struct gic_virtual *v);
/* True if the priority mask and what is active let this list register's interrupt through. */
bool el4_gic_virtual_passes(const struct gic_virtual *v, int lr);
uint8_t el4_gic_virtual_running(const struct gic_virtual *v);
/* Levels of the two virtual interrupt lines. */
void el4_gic_virtual_lines(const struct gic_virtual *v, bool *virq, bool *vfiq);
/* Pending interrupt to active, its priority to active. */
void el4_gic_virtual_acknowledge(struct gic_virtual *v, int lr);
/* Priority drop: the priority that was dropped, GIC_IDLE if none was active. */
uint8_t el4_gic_virtual_drop(struct gic_virtual *v);
/* Active list register of a virtual INTID, -1 if none. */
int el4_gic_virtual_find_active(const struct gic_virtual *v, uint32_t vintid);
/* Deactivate; the physical INTID that is to be deactivated with it, -1 if none. */
int el4_gic_virtual_deactivate(struct gic_virtual *v, int lr);
/* An end of interrupt that no list register knows. */
void el4_gic_virtual_count_eoi(struct gic_virtual *v);
/* EISR and ELRSR: bit n for list register n. */
uint32_t el4_gic_virtual_eisr(const struct gic_virtual *v);
uint32_t el4_gic_virtual_elrsr(const struct gic_virtual *v);
/* MISR; the maintenance interrupt is asserted if HCR.En and any bit. */
uint32_t el4_gic_virtual_misr(const struct gic_virtual *v);
/* Binary point as the guest reads and writes it, group 0 or 1. */
unsigned el4_gic_virtual_bpr(const struct gic_virtual *v, unsigned group);
void el4_gic_virtual_set_bpr(struct gic_virtual *v, unsigned group, unsigned value);

static inline unsigned gic_lr_group(uint64_t lr)
{
    return lr & GIC_LR_GROUP1 ? 1 : 0;
}

static inline uint32_t gic_lr_vintid(uint64_t lr)
{
    return (uint32_t)lr;
}

static inline uint8_t gic_lr_priority(const struct gic_virtual *v, uint64_t lr)
{
    return (uint8_t)(lr >> GIC_LR_PRIORITY) & gic_priority_mask(v->priority_bits);
}

/* The mask for preemption among the guest's interrupts of a group. */
static inline uint8_t gic_virtual_group_mask(const struct gic_virtual *v, unsigned group)
{
    bool own = group == 1 && !(v->vmcr & GIC_VMCR_CBPR);
    return gic_group_mask(v->vmcr >> (own ? GIC_VMCR_BPR1 : GIC_VMCR_BPR0) & 7, own);
}

#endif
