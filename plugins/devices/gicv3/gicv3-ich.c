/* SPDX-License-Identifier: MIT */
/*
 * GICv3 virtualization: the hypervisor's ICH system registers (IHI 0069 12.4), and the ICV
 * registers (12.3) that EL1 gets in place of ICC ones while HCR_EL2.IMO or FMO is set.
 */
#include "gicv3.h"

#define ICH(crm, op2) EL4_SYSREG(3, 4, 12, crm, op2)

#define ICH_AP0R0_EL2 ICH(8, 0)
#define ICH_AP0R3_EL2 ICH(8, 3)
#define ICH_AP1R0_EL2 ICH(9, 0)
#define ICH_AP1R3_EL2 ICH(9, 3)
#define ICH_HCR_EL2   ICH(11, 0)
#define ICH_VTR_EL2   ICH(11, 1)
#define ICH_MISR_EL2  ICH(11, 2)
#define ICH_EISR_EL2  ICH(11, 3)
#define ICH_ELRSR_EL2 ICH(11, 5)
#define ICH_VMCR_EL2  ICH(11, 7)
#define ICH_LR0_EL2   ICH(12, 0)
#define ICH_LR15_EL2  ICH(13, 7)

#define ICH_HCR_TRAPS (ICH_HCR_TC | ICH_HCR_TALL0 | ICH_HCR_TALL1 | ICH_HCR_TDIR)
#define ICH_HCR_BITS  (GIC_HCR_EOI_COUNT | ICH_HCR_TRAPS | 0xffu)
#define ICH_LR_BITS   0xf0ff1fff0000ffffull

#define VTR_TDS (1u << 19) /* ICH_HCR_EL2.TDIR is there */
#define VTR_NV4 (1u << 20) /* no direct injection */
#define VTR_A3V (1u << 21)

#define LPI_FIRST    8192u
#define SPECIAL_LAST 1023u

static unsigned apr_words(const struct gic_virtual *v)
{
    return gic_apr_words(gic_preemption_bits(v->priority_bits));
}

/* VFIQEn is fixed at 1 and VAckCtl at 0 where there is no GICv2 way (12.4.8). */
static void set_vmcr(struct gic_virtual *v, uint32_t value)
{
    el4_gic_virtual_set_vmcr(v, (value & ~GIC_VMCR_ACK_CTL) | GIC_VMCR_FIQ_EN);
}

/* ---- ICH ---- */

static uint32_t *ich_apr_word(struct gic_virtual *v, uint32_t encoding)
{
    bool group1 = encoding >= ICH_AP1R0_EL2;
    unsigned n = encoding - (group1 ? ICH_AP1R0_EL2 : ICH_AP0R0_EL2);
    return n < apr_words(v) ? &v->apr[group1][n] : NULL;
}

static bool is_lr(uint32_t encoding)
{
    return encoding >= ICH_LR0_EL2 && encoding <= ICH_LR15_EL2;
}

static bool is_apr(uint32_t encoding)
{
    return (encoding >= ICH_AP0R0_EL2 && encoding <= ICH_AP0R3_EL2) ||
           (encoding >= ICH_AP1R0_EL2 && encoding <= ICH_AP1R3_EL2);
}

static bool may_access(const struct gicv3 *gic, const struct el4_sysreg_access *access)
{
    return access->cpu < gic->cpu_count && access->has_el2 && access->el >= 2;
}

static bool read_ich(struct gic_virtual *v, struct el4_sysreg_access *access)
{
    if (is_lr(access->encoding)) {
        unsigned n = access->encoding - ICH_LR0_EL2;
        access->value = n < v->lr_count ? v->lr[n] : 0;
        return n < v->lr_count;
    }
    if (is_apr(access->encoding)) {
        const uint32_t *word = ich_apr_word(v, access->encoding);
        access->value = word ? *word : 0;
        return word;
    }
    switch (access->encoding) {
    case ICH_HCR_EL2: access->value = v->hcr; return true;
    case ICH_VTR_EL2:
        access->value = (v->priority_bits - 1) << 29 |
                        (gic_preemption_bits(v->priority_bits) - 1) << 26 | VTR_A3V | VTR_NV4 |
                        VTR_TDS | (v->lr_count - 1);
        return true;
    case ICH_MISR_EL2: access->value = el4_gic_virtual_misr(v); return true;
    case ICH_EISR_EL2: access->value = el4_gic_virtual_eisr(v); return true;
    case ICH_ELRSR_EL2: access->value = el4_gic_virtual_elrsr(v); return true;
    case ICH_VMCR_EL2: access->value = v->vmcr; return true;
    default: return false;
    }
}

static uint64_t lr_bits(const struct gic_virtual *v, uint64_t value)
{
    uint64_t unimplemented = 0xffu & ~gic_priority_mask(v->priority_bits);
    return value & ICH_LR_BITS & ~(unimplemented << GIC_LR_PRIORITY);
}

static bool write_ich(struct gic_virtual *v, const struct el4_sysreg_access *access)
{
    if (is_lr(access->encoding)) {
        unsigned n = access->encoding - ICH_LR0_EL2;
        if (n < v->lr_count) {
            v->lr[n] = lr_bits(v, access->value);
        }
        return n < v->lr_count;
    }
    if (is_apr(access->encoding)) {
        uint32_t *word = ich_apr_word(v, access->encoding);
        if (word) {
            *word = (uint32_t)access->value;
        }
        return word;
    }
    switch (access->encoding) {
    case ICH_HCR_EL2: v->hcr = (uint32_t)access->value & v->hcr_writable; return true;
    case ICH_VMCR_EL2: set_vmcr(v, (uint32_t)access->value); return true;
    default: return false;
    }
}

static enum el4_sysreg_verdict ich_read(void *state, struct el4_sysreg_access *access)
{
    struct gicv3 *gic = state;
    if (!may_access(gic, access)) {
        return EL4_SYSREG_UNDEF;
    }
    return read_ich(&gic->cpus[access->cpu].virtual, access) ? EL4_SYSREG_DONE
                                                             : EL4_SYSREG_UNDEF;
}

static enum el4_sysreg_verdict ich_write(void *state, struct el4_sysreg_access *access)
{
    struct gicv3 *gic = state;
    if (!may_access(gic, access) || !write_ich(&gic->cpus[access->cpu].virtual, access)) {
        return EL4_SYSREG_UNDEF;
    }
    el4_gicv3_update_virtual(gic, access->cpu);
    return EL4_SYSREG_DONE;
}

/* ---- ICV ---- */

static uint32_t read_viar(struct gic_virtual *v, unsigned group)
{
    int lr = el4_gic_virtual_highest(v);
    if (lr < 0 || gic_lr_group(v->lr[lr]) != group || !el4_gic_virtual_passes(v, lr)) {
        return GIC_INTID_NONE;
    }
    uint32_t vintid = gic_lr_vintid(v->lr[lr]);
    if (vintid >= GIC_INTID_SECURE && vintid <= SPECIAL_LAST) {
        v->lr[lr] &= ~GIC_LR_STATE; /* a special INTID can't be active */
        return vintid;
    }
    el4_gic_virtual_acknowledge(v, lr);
    return vintid;
}

static uint32_t read_vhppir(const struct gic_virtual *v, unsigned group)
{
    int lr = el4_gic_virtual_highest(v);
    return lr >= 0 && gic_lr_group(v->lr[lr]) == group ? gic_lr_vintid(v->lr[lr])
                                                       : GIC_INTID_NONE;
}

static void deactivate_lr(struct gicv3 *gic, unsigned cpu, int lr)
{
    int physical = el4_gic_virtual_deactivate(&gic->cpus[cpu].virtual, lr);
    if (physical >= (int)GIC_SGIS && gicv3_exists(gic, (unsigned)physical)) {
        el4_gicv3_deactivate(gic, cpu, (unsigned)physical);
    }
}

static void write_veoir(struct gicv3 *gic, unsigned cpu, uint64_t value, unsigned group)
{
    struct gic_virtual *v = &gic->cpus[cpu].virtual;
    uint32_t vintid = value & 0xffffff;
    if (vintid >= GIC_INTID_SECURE && vintid <= SPECIAL_LAST) {
        return;
    }
    uint8_t dropped = el4_gic_virtual_drop(v);
    bool split = v->vmcr & GIC_VMCR_EOIM;
    if (dropped == GIC_IDLE || split || vintid >= LPI_FIRST) {
        return;
    }
    int lr = el4_gic_virtual_find_active(v, vintid);
    if (lr < 0) {
        el4_gic_virtual_count_eoi(v);
        return;
    }
    uint8_t mask = gic_virtual_group_mask(v, group);
    if (gic_lr_group(v->lr[lr]) == group && (gic_lr_priority(v, v->lr[lr]) & mask) == dropped) {
        deactivate_lr(gic, cpu, lr);
    }
}

static void write_vdir(struct gicv3 *gic, unsigned cpu, uint64_t value)
{
    struct gic_virtual *v = &gic->cpus[cpu].virtual;
    uint32_t vintid = value & 0xffffff;
    if (!(v->vmcr & GIC_VMCR_EOIM) || vintid >= GIC_INTID_SECURE) {
        return;
    }
    int lr = el4_gic_virtual_find_active(v, vintid);
    if (lr < 0) {
        el4_gic_virtual_count_eoi(v);
    } else {
        deactivate_lr(gic, cpu, lr);
    }
}

static uint32_t read_vctlr(const struct gic_virtual *v)
{
    return (v->priority_bits - 1) << ICC_CTLR_PRIBITS | ICC_CTLR_A3V | ICC_CTLR_RSS |
           (v->vmcr & GIC_VMCR_CBPR ? 1 : 0) | (v->vmcr & GIC_VMCR_EOIM ? 2 : 0);
}

static void write_vctlr(struct gic_virtual *v, uint64_t value)
{
    uint32_t vmcr = v->vmcr & ~(GIC_VMCR_CBPR | GIC_VMCR_EOIM);
    vmcr |= (value & 1 ? GIC_VMCR_CBPR : 0) | (value & 2 ? GIC_VMCR_EOIM : 0);
    set_vmcr(v, vmcr);
}

static void set_enable(struct gic_virtual *v, uint32_t bit, uint64_t value)
{
    v->vmcr = (v->vmcr & ~bit) | (value & 1 ? bit : 0);
}

/* The words of ICV_AP0R and ICV_AP1R are those of ICH_AP0R and ICH_AP1R. */
static uint32_t *icv_apr_word(struct gic_virtual *v, uint32_t encoding)
{
    if (encoding >= ICC_AP0R0_EL1 && encoding <= ICC_AP0R3_EL1) {
        unsigned n = encoding - ICC_AP0R0_EL1;
        return n < apr_words(v) ? &v->apr[0][n] : NULL;
    }
    if (encoding >= ICC_AP1R0_EL1 && encoding <= ICC_AP1R3_EL1) {
        unsigned n = encoding - ICC_AP1R0_EL1;
        return n < apr_words(v) ? &v->apr[1][n] : NULL;
    }
    return NULL;
}

bool el4_gicv3_icv_read(struct gicv3 *gic, struct el4_sysreg_access *access)
{
    struct gic_virtual *v = &gic->cpus[access->cpu].virtual;
    switch (access->encoding) {
    case ICC_PMR_EL1: access->value = v->vmcr >> GIC_VMCR_PMR; return true;
    case ICC_IAR0_EL1:
    case ICC_IAR1_EL1:
        access->value = read_viar(v, access->encoding == ICC_IAR1_EL1);
        el4_gicv3_update_virtual(gic, access->cpu);
        return true;
    case ICC_HPPIR0_EL1: access->value = read_vhppir(v, 0); return true;
    case ICC_HPPIR1_EL1: access->value = read_vhppir(v, 1); return true;
    case ICC_RPR_EL1: access->value = el4_gic_virtual_running(v); return true;
    case ICC_BPR0_EL1: access->value = el4_gic_virtual_bpr(v, 0); return true;
    case ICC_BPR1_EL1: access->value = el4_gic_virtual_bpr(v, 1); return true;
    case ICC_CTLR_EL1: access->value = read_vctlr(v); return true;
    case ICC_IGRPEN0_EL1: access->value = v->vmcr & GIC_VMCR_ENG0 ? 1 : 0; return true;
    case ICC_IGRPEN1_EL1: access->value = v->vmcr & GIC_VMCR_ENG1 ? 1 : 0; return true;
    default: break;
    }
    const uint32_t *word = icv_apr_word(v, access->encoding);
    access->value = word ? *word : 0;
    return word;
}

bool el4_gicv3_icv_write(struct gicv3 *gic, const struct el4_sysreg_access *access)
{
    unsigned cpu = access->cpu;
    struct gic_virtual *v = &gic->cpus[cpu].virtual;
    uint32_t *word = icv_apr_word(v, access->encoding);
    if (word) {
        *word = (uint32_t)access->value;
        el4_gicv3_update_virtual(gic, cpu);
        return true;
    }
    switch (access->encoding) {
    case ICC_PMR_EL1:
        set_vmcr(v, (v->vmcr & 0xffffff) | (uint32_t)(access->value & 0xff) << GIC_VMCR_PMR);
        break;
    case ICC_EOIR0_EL1: write_veoir(gic, cpu, access->value, 0); break;
    case ICC_EOIR1_EL1: write_veoir(gic, cpu, access->value, 1); break;
    case ICC_DIR_EL1: write_vdir(gic, cpu, access->value); break;
    case ICC_BPR0_EL1: el4_gic_virtual_set_bpr(v, 0, access->value & 7); break;
    case ICC_BPR1_EL1: el4_gic_virtual_set_bpr(v, 1, access->value & 7); break;
    case ICC_CTLR_EL1: write_vctlr(v, access->value); break;
    case ICC_IGRPEN0_EL1: set_enable(v, GIC_VMCR_ENG0, access->value); break;
    case ICC_IGRPEN1_EL1: set_enable(v, GIC_VMCR_ENG1, access->value); break;
    default: return false;
    }
    el4_gicv3_update_virtual(gic, cpu);
    return true;
}

void el4_gicv3_reset_virtual(struct gicv3 *gic, unsigned cpu)
{
    struct gic_virtual *v = &gic->cpus[cpu].virtual;
    el4_gic_virtual_reset(v);
    set_vmcr(v, 0);
    v->hcr_writable = ICH_HCR_BITS;
}

bool el4_gicv3_claim_virtual(struct gicv3 *gic)
{
    static const struct {
        uint32_t first, last;
    } claims[] = {
        {ICH_AP0R0_EL2, ICH_AP0R3_EL2}, {ICH_AP1R0_EL2, ICH_AP1R3_EL2},
        {ICH_HCR_EL2, ICH_EISR_EL2},    {ICH_ELRSR_EL2, ICH_ELRSR_EL2},
        {ICH_VMCR_EL2, ICH_VMCR_EL2},   {ICH_LR0_EL2, ICH_LR15_EL2},
    };
    struct el4_sysreg_ops ops = {
        .struct_size = sizeof(ops),
        .read = ich_read,
        .write = ich_write,
    };
    for (unsigned i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        if (!gic->host->sysreg_claim(gic->self, claims[i].first, claims[i].last, &ops)) {
            return false;
        }
    }
    return true;
}
