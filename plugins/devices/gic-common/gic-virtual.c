/* SPDX-License-Identifier: MIT */
/*
 * The virtual CPU interface that GICv2 and GICv3 share, see gic-virtual.h. A list register
 * holds an interrupt that the hypervisor gives to its guest; there are few, so they are simply
 * walked.
 */
#include "gic-virtual.h"

#define LPI_FIRST 8192u

void el4_gic_virtual_reset(struct gic_virtual *v)
{
    for (unsigned i = 0; i < GIC_LRS_MAX; i++) {
        v->lr[i] = 0;
    }
    for (unsigned i = 0; i < GIC_APRS; i++) {
        v->apr[0][i] = v->apr[1][i] = 0;
    }
    v->hcr = 0;
    el4_gic_virtual_set_vmcr(v, 0);
}

static unsigned smallest_bpr(const struct gic_virtual *v, unsigned group)
{
    return 7 - gic_preemption_bits(v->priority_bits) + group;
}

static uint32_t with_bpr(const struct gic_virtual *v, uint32_t vmcr, unsigned group,
                         unsigned value)
{
    unsigned shift = group ? GIC_VMCR_BPR1 : GIC_VMCR_BPR0;
    unsigned smallest = smallest_bpr(v, group);
    value = value < smallest ? smallest : value;
    return (vmcr & ~(7u << shift)) | value << shift;
}

void el4_gic_virtual_set_vmcr(struct gic_virtual *v, uint32_t value)
{
    uint32_t mask = GIC_VMCR_BITS & ~(0xffu << GIC_VMCR_PMR);
    mask |= (uint32_t)gic_priority_mask(v->priority_bits) << GIC_VMCR_PMR;
    value &= mask;
    value = with_bpr(v, value, 0, value >> GIC_VMCR_BPR0 & 7);
    v->vmcr = with_bpr(v, value, 1, value >> GIC_VMCR_BPR1 & 7);
}

unsigned el4_gic_virtual_bpr(const struct gic_virtual *v, unsigned group)
{
    unsigned common = v->vmcr >> GIC_VMCR_BPR0 & 7;
    if (group == 0) {
        return common;
    }
    if (v->vmcr & GIC_VMCR_CBPR) {
        return common < 7 ? common + 1 : 7;
    }
    return v->vmcr >> GIC_VMCR_BPR1 & 7;
}

void el4_gic_virtual_set_bpr(struct gic_virtual *v, unsigned group, unsigned value)
{
    if (group == 0 || !(v->vmcr & GIC_VMCR_CBPR)) {
        v->vmcr = with_bpr(v, v->vmcr, group, value & 7);
    }
}

int el4_gic_virtual_highest(const struct gic_virtual *v)
{
    int best = -1;
    unsigned best_priority = 0x100;
    if (!(v->hcr & GIC_HCR_EN)) {
        return -1;
    }
    for (unsigned i = 0; i < v->lr_count; i++) {
        uint64_t lr = v->lr[i];
        if ((lr & GIC_LR_STATE) != GIC_LR_PENDING ||
            !(v->vmcr & (gic_lr_group(lr) ? GIC_VMCR_ENG1 : GIC_VMCR_ENG0))) {
            continue;
        }
        unsigned priority = gic_lr_priority(v, lr);
        if (priority < best_priority) {
            best = (int)i;
            best_priority = priority;
        }
    }
    return best;
}

static unsigned first_active(const struct gic_virtual *v, unsigned *group)
{
    unsigned level0 = gic_apr_first(v->apr[0]);
    unsigned level1 = gic_apr_first(v->apr[1]);
    *group = level1 < level0;
    return level1 < level0 ? level1 : level0;
}

uint8_t el4_gic_virtual_running(const struct gic_virtual *v)
{
    unsigned group;
    return gic_apr_priority(first_active(v, &group), gic_preemption_bits(v->priority_bits));
}

bool el4_gic_virtual_passes(const struct gic_virtual *v, int lr)
{
    uint8_t priority = gic_lr_priority(v, v->lr[lr]);
    if (priority >= v->vmcr >> GIC_VMCR_PMR) {
        return false;
    }
    unsigned group = gic_lr_group(v->lr[lr]);
    return (priority & gic_virtual_group_mask(v, group)) < el4_gic_virtual_running(v);
}

void el4_gic_virtual_lines(const struct gic_virtual *v, bool *virq, bool *vfiq)
{
    int lr = el4_gic_virtual_highest(v);
    *virq = *vfiq = false;
    if (lr < 0 || !el4_gic_virtual_passes(v, lr)) {
        return;
    }
    if (gic_lr_group(v->lr[lr]) == 0 && (v->vmcr & GIC_VMCR_FIQ_EN)) {
        *vfiq = true;
    } else {
        *virq = true;
    }
}

void el4_gic_virtual_acknowledge(struct gic_virtual *v, int lr)
{
    uint64_t value = v->lr[lr];
    unsigned group = gic_lr_group(value);
    uint8_t priority = gic_lr_priority(v, value) & gic_virtual_group_mask(v, group);
    gic_apr_set(v->apr[v->one_apr ? 0 : group], priority,
                gic_preemption_bits(v->priority_bits));
    value &= ~GIC_LR_STATE;
    /* LPIs have no active state. */
    if (gic_lr_vintid(value) < LPI_FIRST) {
        value |= GIC_LR_ACTIVE;
    }
    v->lr[lr] = value;
}

uint8_t el4_gic_virtual_drop(struct gic_virtual *v)
{
    unsigned group;
    unsigned level = first_active(v, &group);
    if (level != GIC_APR_NOTHING) {
        gic_apr_clear_first(v->apr[group]);
    }
    return gic_apr_priority(level, gic_preemption_bits(v->priority_bits));
}

int el4_gic_virtual_find_active(const struct gic_virtual *v, uint32_t vintid)
{
    for (unsigned i = 0; i < v->lr_count; i++) {
        if ((v->lr[i] & GIC_LR_ACTIVE) && gic_lr_vintid(v->lr[i]) == vintid) {
            return (int)i;
        }
    }
    return -1;
}

int el4_gic_virtual_deactivate(struct gic_virtual *v, int lr)
{
    v->lr[lr] &= ~GIC_LR_ACTIVE;
    if (!(v->lr[lr] & GIC_LR_HW)) {
        return -1;
    }
    return (int)(v->lr[lr] >> GIC_LR_PINTID & 0x1fff);
}

void el4_gic_virtual_count_eoi(struct gic_virtual *v)
{
    v->hcr += 1u << 27; /* wraps within its own field, which is the topmost */
}

uint32_t el4_gic_virtual_eisr(const struct gic_virtual *v)
{
    uint32_t bits = 0;
    for (unsigned i = 0; i < v->lr_count; i++) {
        uint64_t lr = v->lr[i];
        if (!(lr & (GIC_LR_STATE | GIC_LR_HW)) && (lr & GIC_LR_EOI)) {
            bits |= 1u << i;
        }
    }
    return bits;
}

uint32_t el4_gic_virtual_elrsr(const struct gic_virtual *v)
{
    uint32_t bits = 0;
    for (unsigned i = 0; i < v->lr_count; i++) {
        uint64_t lr = v->lr[i];
        /* One that still owes an EOI maintenance interrupt is not free. */
        if (!(lr & GIC_LR_STATE) && ((lr & GIC_LR_HW) || !(lr & GIC_LR_EOI))) {
            bits |= 1u << i;
        }
    }
    return bits;
}

uint32_t el4_gic_virtual_misr(const struct gic_virtual *v)
{
    unsigned valid = 0, pending = 0;
    for (unsigned i = 0; i < v->lr_count; i++) {
        valid += (v->lr[i] & GIC_LR_STATE) != 0;
        pending += (v->lr[i] & GIC_LR_STATE) == GIC_LR_PENDING;
    }
    uint32_t misr = el4_gic_virtual_eisr(v) ? GIC_MISR_EOI : 0;
    if ((v->hcr & GIC_HCR_UIE) && valid < 2) {
        misr |= GIC_MISR_U;
    }
    if ((v->hcr & GIC_HCR_LRENPIE) && (v->hcr & GIC_HCR_EOI_COUNT)) {
        misr |= GIC_MISR_LRENP;
    }
    if ((v->hcr & GIC_HCR_NPIE) && pending == 0) {
        misr |= GIC_MISR_NP;
    }
    uint32_t enabled0 = v->vmcr & GIC_VMCR_ENG0, enabled1 = v->vmcr & GIC_VMCR_ENG1;
    misr |= v->hcr & (enabled0 ? GIC_HCR_VGRP0EIE : GIC_HCR_VGRP0DIE);
    misr |= v->hcr & (enabled1 ? GIC_HCR_VGRP1EIE : GIC_HCR_VGRP1DIE);
    return misr;
}
