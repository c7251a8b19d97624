/* SPDX-License-Identifier: MIT */
/*
 * GICv2 virtualization extensions (IHI 0048B chapter 5): GICH, by which a hypervisor hands
 * virtual interrupts to its guest, and GICV, the CPU interface that the guest sees instead of
 * GICC. The state is struct gic_virtual; here are GICv2's layouts of it.
 */
#include "gicv2.h"

#define GICH_HCR   0x000
#define GICH_VTR   0x004
#define GICH_VMCR  0x008
#define GICH_MISR  0x010
#define GICH_EISR  0x020
#define GICH_ELRSR 0x030
#define GICH_APR   0x0f0
#define GICH_LR    0x100

#define GICV_CTLR   0x00
#define GICV_PMR    0x04
#define GICV_BPR    0x08
#define GICV_IAR    0x0c
#define GICV_EOIR   0x10
#define GICV_RPR    0x14
#define GICV_HPPIR  0x18
#define GICV_ABPR   0x1c
#define GICV_AIAR   0x20
#define GICV_AEOIR  0x24
#define GICV_AHPPIR 0x28
#define GICV_APR    0xd0
#define GICV_IIDR   0xfc
#define GICV_DIR    0x1000

#define REGION_BYTES     0x10000 /* the registers take 0x2000 */
#define ALL_CPUS         0x1000  /* GICH from here on: every CPU's registers, 0x200 each */
#define GIC400_GICV_IIDR 0x0202143bu

/* GICV_CTLR is the low bits of GICH_VMCR, at the same places. */
#define VCTLR_BITS 0x21fu

/* GICH_LRn: virtual INTID 9:0, physical INTID 19:10 or source CPU 12:10 and EOI 19,
 * priority 27:23, state 29:28, group 30, HW 31. */
static uint32_t lr_to_v2(uint64_t lr)
{
    uint32_t value = gic_lr_vintid(lr) & 0x3ff;
    value |= (uint32_t)(lr >> (GIC_LR_PRIORITY + 3) & 0x1f) << 23;
    value |= (uint32_t)(lr >> 62 & 3) << 28;
    value |= lr & GIC_LR_GROUP1 ? 1u << 30 : 0;
    if (lr & GIC_LR_HW) {
        return value | (uint32_t)(lr >> GIC_LR_PINTID & 0x3ff) << 10 | 1u << 31;
    }
    return value | (gic_lr_vintid(lr) & 0x1c00) | (lr & GIC_LR_EOI ? 1u << 19 : 0);
}

static uint64_t lr_from_v2(uint32_t value)
{
    uint64_t lr = value & 0x3ff;
    lr |= (uint64_t)(value >> 23 & 0x1f) << (GIC_LR_PRIORITY + 3);
    lr |= (uint64_t)(value >> 28 & 3) << 62;
    lr |= value & 1u << 30 ? GIC_LR_GROUP1 : 0;
    if (value & 1u << 31) {
        return lr | GIC_LR_HW | (uint64_t)(value >> 10 & 0x3ff) << GIC_LR_PINTID;
    }
    return lr | (value & 0x1c00) | (value & 1u << 19 ? GIC_LR_EOI : 0);
}

/* ---- GICH ---- */

static uint32_t gich_register(struct gicv2 *gic, unsigned cpu, uint32_t offset)
{
    const struct gic_virtual *v = &gic->cpus[cpu].virtual;
    if (offset >= GICH_LR) {
        unsigned n = (offset - GICH_LR) / 4;
        return n < v->lr_count ? lr_to_v2(v->lr[n]) : 0;
    }
    switch (offset) {
    case GICH_HCR: return v->hcr;
    case GICH_VTR:
        return (v->priority_bits - 1) << 29 | (v->priority_bits - 1) << 26 | (v->lr_count - 1);
    case GICH_VMCR: return v->vmcr;
    case GICH_MISR: return el4_gic_virtual_misr(v);
    case GICH_EISR: return el4_gic_virtual_eisr(v);
    case GICH_ELRSR: return el4_gic_virtual_elrsr(v);
    case GICH_EISR + 4:
    case GICH_ELRSR + 4: return 0; /* list registers from 32 on */
    case GICH_APR: return v->apr[0][0];
    default:
        gic->host->log(gic->self, EL4_LOG_UNIMPLEMENTED, "read of GICH 0x%x", offset);
        return 0;
    }
}

static void set_gich_register(struct gicv2 *gic, unsigned cpu, uint32_t offset, uint32_t value)
{
    struct gic_virtual *v = &gic->cpus[cpu].virtual;
    if (offset >= GICH_LR) {
        unsigned n = (offset - GICH_LR) / 4;
        if (n < v->lr_count) {
            v->lr[n] = lr_from_v2(value);
        }
        return;
    }
    switch (offset) {
    case GICH_HCR: v->hcr = value & v->hcr_writable; break;
    case GICH_VMCR: el4_gic_virtual_set_vmcr(v, value); break;
    case GICH_APR: v->apr[0][0] = value; break;
    default:
        gic->host->log(gic->self, EL4_LOG_GUEST_ERROR, "write of 0x%x to GICH 0x%x", value,
                       offset);
        break;
    }
}

/* Whose registers an offset means; it becomes one within them. -1: nobody's. */
static int gich_owner(struct gicv2 *gic, uint64_t *offset, const struct el4_access *access)
{
    unsigned cpu = gicv2_accessor(gic, access);
    if (*offset >= ALL_CPUS) {
        cpu = (unsigned)((*offset - ALL_CPUS) / 0x200);
        *offset %= 0x200;
    }
    return *offset < 0x200 && cpu < gic->cpu_count ? (int)cpu : -1;
}

static enum el4_mmio_result gich_read(void *state, uint64_t offset, unsigned size,
                                      uint64_t *value, const struct el4_access *access)
{
    struct gicv2 *gic = state;
    int cpu = gich_owner(gic, &offset, access);
    *value = cpu < 0 ? 0 : gich_register(gic, (unsigned)cpu, (uint32_t)offset);
    return EL4_MMIO_OK;
}

static enum el4_mmio_result gich_write(void *state, uint64_t offset, unsigned size,
                                       uint64_t value, const struct el4_access *access)
{
    struct gicv2 *gic = state;
    int cpu = gich_owner(gic, &offset, access);
    if (cpu >= 0) {
        set_gich_register(gic, (unsigned)cpu, (uint32_t)offset, (uint32_t)value);
        el4_gicv2_update_virtual(gic, (unsigned)cpu);
    }
    return EL4_MMIO_OK;
}

/* ---- GICV ---- */

/* What IAR or HPPIR (aliased: AIAR, AHPPIR) may tell of a list register. */
static uint32_t tellable(const struct gic_virtual *v, int lr, bool aliased)
{
    if (lr < 0) {
        return GIC_INTID_NONE;
    }
    unsigned group = gic_lr_group(v->lr[lr]);
    if (group == 0 && aliased) {
        return GIC_INTID_NONE;
    }
    if (group == 1 && !aliased && !(v->vmcr & GIC_VMCR_ACK_CTL)) {
        return GIC_INTID_GROUP1;
    }
    return gic_lr_vintid(v->lr[lr]) & 0x1fff;
}

static uint32_t read_viar(struct gic_virtual *v, bool aliased)
{
    int lr = el4_gic_virtual_highest(v);
    if (lr < 0 || !el4_gic_virtual_passes(v, lr)) {
        return GIC_INTID_NONE;
    }
    uint32_t told = tellable(v, lr, aliased);
    if (GICC_INTID(told) < GIC_INTID_SECURE) {
        el4_gic_virtual_acknowledge(v, lr);
    }
    return told;
}

/* Deactivate a virtual interrupt and the physical one behind it. */
static void deactivate_virtual(struct gicv2 *gic, unsigned cpu, uint32_t value)
{
    struct gic_virtual *v = &gic->cpus[cpu].virtual;
    int lr = el4_gic_virtual_find_active(v, value & 0x1fff);
    if (lr < 0) {
        el4_gic_virtual_count_eoi(v);
        return;
    }
    int physical = el4_gic_virtual_deactivate(v, lr);
    if (physical >= (int)GIC_SGIS && gicv2_exists(gic, (unsigned)physical)) {
        el4_gicv2_deactivate(gic, cpu, (unsigned)physical);
    }
}

static void write_veoir(struct gicv2 *gic, unsigned cpu, uint32_t value)
{
    struct gic_virtual *v = &gic->cpus[cpu].virtual;
    if (GICC_INTID(value) >= GIC_INTID_SECURE) {
        return;
    }
    el4_gic_virtual_drop(v);
    if (!(v->vmcr & GIC_VMCR_EOIM)) {
        deactivate_virtual(gic, cpu, value);
    }
}

static uint32_t gicv_register(struct gicv2 *gic, unsigned cpu, uint32_t offset)
{
    struct gic_virtual *v = &gic->cpus[cpu].virtual;
    switch (offset) {
    case GICV_CTLR: return v->vmcr & VCTLR_BITS;
    case GICV_PMR: return v->vmcr >> GIC_VMCR_PMR;
    case GICV_BPR: return el4_gic_virtual_bpr(v, 0);
    case GICV_ABPR: return v->vmcr >> GIC_VMCR_BPR1 & 7;
    case GICV_IAR: return read_viar(v, false);
    case GICV_AIAR: return read_viar(v, true);
    case GICV_RPR: return el4_gic_virtual_running(v);
    case GICV_HPPIR: return tellable(v, el4_gic_virtual_highest(v), false);
    case GICV_AHPPIR: return tellable(v, el4_gic_virtual_highest(v), true);
    case GICV_APR: return v->apr[0][0];
    case GICV_IIDR: return GIC400_GICV_IIDR;
    default: return 0;
    }
}

static void set_gicv_register(struct gicv2 *gic, unsigned cpu, uint32_t offset, uint32_t value)
{
    struct gic_virtual *v = &gic->cpus[cpu].virtual;
    switch (offset) {
    case GICV_CTLR:
        el4_gic_virtual_set_vmcr(v, (v->vmcr & ~VCTLR_BITS) | (value & VCTLR_BITS));
        break;
    case GICV_PMR:
        el4_gic_virtual_set_vmcr(v, (v->vmcr & 0xffffff) | (value & 0xff) << GIC_VMCR_PMR);
        break;
    case GICV_BPR: el4_gic_virtual_set_bpr(v, 0, value); break;
    case GICV_ABPR: el4_gic_virtual_set_bpr(v, 1, value); break;
    case GICV_EOIR:
    case GICV_AEOIR: write_veoir(gic, cpu, value); break;
    case GICV_DIR:
        if ((v->vmcr & GIC_VMCR_EOIM) && GICC_INTID(value) < GIC_INTID_SECURE) {
            deactivate_virtual(gic, cpu, value);
        }
        break;
    case GICV_APR: v->apr[0][0] = value; break;
    default: break;
    }
}

static enum el4_mmio_result gicv_read(void *state, uint64_t offset, unsigned size,
                                      uint64_t *value, const struct el4_access *access)
{
    struct gicv2 *gic = state;
    unsigned cpu = gicv2_accessor(gic, access);
    *value = gicv_register(gic, cpu, (uint32_t)offset);
    if (offset == GICV_IAR || offset == GICV_AIAR) {
        el4_gicv2_update_virtual(gic, cpu);
    }
    return EL4_MMIO_OK;
}

static enum el4_mmio_result gicv_write(void *state, uint64_t offset, unsigned size,
                                       uint64_t value, const struct el4_access *access)
{
    struct gicv2 *gic = state;
    unsigned cpu = gicv2_accessor(gic, access);
    set_gicv_register(gic, cpu, (uint32_t)offset, (uint32_t)value);
    el4_gicv2_update_virtual(gic, cpu);
    return EL4_MMIO_OK;
}

bool el4_gicv2_declare_virtual(struct gicv2 *gic)
{
    struct el4_mmio gich = {
        .struct_size = sizeof(gich),
        .name = "gich",
        .bytes = REGION_BYTES,
        .read = gich_read,
        .write = gich_write,
    };
    struct el4_mmio gicv = {
        .struct_size = sizeof(gicv),
        .name = "gicv",
        .bytes = REGION_BYTES,
        .read = gicv_read,
        .write = gicv_write,
    };
    return gic->host->mmio_declare(gic->self, 2, &gich) &&
           gic->host->mmio_declare(gic->self, 3, &gicv);
}
