/* SPDX-License-Identifier: MIT */
/*
 * Access functions of the coprocessor table for identification, control, timer and debug
 * registers: whatever is more than storage under a mask or a view of an AArch64 register.
 */
#include "cpu/cp-private.h"
#include "cpu/cpu.h"
#include "cpu/pmu.h"
#include "cpu/sysreg-private.h"
#include "cpu/timer.h"

#define READER(name)                                                                           \
    uint64_t el4_cp_read_##name(struct el4_cpu *cpu, const struct el4_cp_reg *reg)
#define WRITER(name)                                                                           \
    void el4_cp_write_##name(struct el4_cpu *cpu, const struct el4_cp_reg *reg, uint64_t value)

#define UPPER UINT64_C(0xffffffff00000000)

/* SCTLR, HSCTLR */
#define SCTLR_Z    EL4_BIT(11)
#define SCTLR_RR   EL4_BIT(14)
#define HSCTLR_RAO EL4_BIT(11)
#define SCTLR_BOTH (EL4_SCTLR_M | EL4_SCTLR_A | EL4_SCTLR_C | EL4_SCTLR_I | EL4_SCTLR_EE)
#define SCTLR_PL1  (EL4_SCTLR_A32_V | EL4_SCTLR_A32_TRE | EL4_SCTLR_A32_AFE)
/* NSACR, CPACR, HCPTR */
#define NSACR_NS_SMP   EL4_BIT(18)
#define NSACR_NO_EL3   UINT64_C(0xc00) /* what the Non-secure world reads of an AArch64 EL3 */
#define CPACR_CP10_11  (UINT64_C(15) << 20)
#define HCPTR_TCP10_11 (EL4_HCPTR_TCP10 | EL4_BIT(11))
#define HCPTR_RES1     UINT64_C(0x33ff)
#define ACTLR_SMP      EL4_BIT(6)
/* TTBCR without and with EAE, HTCR, VTCR */
#define TTBCR_SHORT UINT64_C(0x37)
#define TTBCR_LONG  UINT64_C(0x3fc73f87)
#define HTCR_BITS   UINT64_C(0x3f07)
#define HTCR_RES1   UINT64_C(0x80800000)
#define VTCR_BITS   UINT64_C(0x3fdf)
#define VTCR_RES1   UINT64_C(0x80000000)
/* TEX remap registers as the TRMs of the v7 cores have them at reset. */
#define PRRR_RESET UINT64_C(0x00098aa4)
#define NMRR_RESET UINT64_C(0x44e048e0)

static void set_low(uint64_t *field, uint64_t value)
{
    *field = (*field & UPPER) | (uint32_t)value;
}

WRITER(nothing)
{
}

/* ---- identification ---- */

READER(ccsidr)
{
    uint64_t select =
        el4_cpu_el0_owner(cpu) == 3 ? cpu->regs.a32.csselr_s : cpu->regs.csselr_el1;
    return select < 3 ? cpu->ids.ccsidr[select] : 0; /* no such cache: UNKNOWN */
}

/* PERIPHBASE; the cores with LPAE have its bits 39:32 at the bottom. */
READER(cbar)
{
    uint64_t base = cpu->regs.cbar_el1;
    return cpu->features.lpae ? (base & 0xffff8000) | EL4_FIELD(base, 39, 32)
                              : base & 0xffffe000;
}

WRITER(cbar)
{
    if (cpu->model->a32_core != EL4_CORE_A9) {
        el4_cpu_raise_undefined(cpu);
    }
    cpu->regs.cbar_el1 = value & 0xffffe000;
}

/* Bit 23 of the v7 cores: there is an interrupt controller. */
READER(l2ctlr)
{
    return el4_sr_read_l2ctlr(cpu, NULL) | (cpu->features.a32_v8 ? 0 : EL4_BIT(23));
}

/* v7 cores have their own; v8 makes it out of ID_AA64DFR0: version 6, the bit that is one. */
READER(dbgdidr)
{
    const struct el4_features *f = &cpu->features;
    if (!f->a32_v8) {
        return cpu->ids.dbgdidr;
    }
    unsigned version = cpu->ids.id[EL4_ID_AA64DFR][0] & 15;
    uint64_t value = (uint64_t)(f->watchpoints - 1) << 28 | (f->breakpoints - 1) << 24 |
                     (f->context_breakpoints - 1) << 20 | version << 16 | 1u << 15;
    return value | (f->el3 ? 5u << 12 : 0);
}

/* DBGPRSR: powered up, and it has been all the time. */
READER(dbgprsr)
{
    return 1;
}

/* ---- control ---- */

/* VE is RAZ: no core has vectors of its own making. */
static uint64_t sctlr_writable(const struct el4_features *f)
{
    uint64_t bits = SCTLR_BOTH | SCTLR_PL1 | EL4_SCTLR_A32_TE;
    if (!f->a32_v8) {
        bits |= EL4_SCTLR_A32_SW | SCTLR_Z | SCTLR_RR;
        return f->lpae ? bits | EL4_SCTLR_WXN | EL4_SCTLR_A32_UWXN | EL4_SCTLR_A32_CP15BEN
                       : bits;
    }
    bits |= EL4_SCTLR_WXN | EL4_SCTLR_A32_UWXN | EL4_SCTLR_A32_CP15BEN | EL4_SCTLR_A32_SED |
            EL4_SCTLR_A32_ITD | EL4_SCTLR_NTWI | EL4_SCTLR_NTWE;
    return bits | (f->pan ? EL4_SCTLR_SPAN : 0) | (f->ssbs ? EL4_SCTLR_A32_DSSBS : 0);
}

WRITER(sctlr)
{
    uint64_t *field = el4_cp_storage(cpu, reg);
    uint64_t bits = sctlr_writable(&cpu->features);
    set_low(field, (*field & ~bits) | (value & bits));
}

WRITER(hsctlr)
{
    const struct el4_features *f = &cpu->features;
    uint64_t *field = el4_cp_storage(cpu, reg);
    uint64_t bits = SCTLR_BOTH | EL4_SCTLR_WXN | EL4_SCTLR_A32_CP15BEN | EL4_SCTLR_A32_TE;
    if (f->a32_v8) {
        bits |= EL4_SCTLR_A32_SED | EL4_SCTLR_A32_ITD | (f->ssbs ? EL4_SCTLR_A32_DSSBS : 0);
    }
    set_low(field, (*field & ~bits) | (value & bits));
}

/* The v7 cores share it between the worlds, and let the Non-secure one set SMP at most. */
WRITER(actlr)
{
    uint64_t bits = ~UINT64_C(0);
    if (el4_a32_nsacr_applies(cpu)) {
        bits = cpu->regs.a32.nsacr & NSACR_NS_SMP ? ACTLR_SMP : 0;
    }
    uint64_t *field = el4_cp_storage(cpu, reg);
    set_low(field, (*field & ~bits) | (value & bits));
}

/* What NSACR takes away from CPACR: fields that read as zero, and bits that read as one. */
static void cpacr_limits(const struct el4_cpu *cpu, uint64_t *clear, uint64_t *set)
{
    uint64_t nsacr = cpu->regs.a32.nsacr;
    bool applies = el4_a32_nsacr_applies(cpu);
    *clear = applies && !(nsacr & EL4_NSACR_CP10) ? CPACR_CP10_11 : 0;
    *set = (applies && (nsacr & EL4_NSACR_NSASEDIS) ? EL4_CPACR_ASEDIS : 0) |
           (applies && (nsacr & EL4_NSACR_NSD32DIS) ? EL4_CPACR_D32DIS : 0);
}

READER(cpacr)
{
    uint64_t clear, set;
    cpacr_limits(cpu, &clear, &set);
    return (cpu->regs.cpacr_el1 & ~clear) | set;
}

WRITER(cpacr)
{
    const struct el4_features *f = &cpu->features;
    uint64_t clear, set;
    uint64_t bits = f->vfp ? CPACR_CP10_11 : 0;
    bits |= f->neon ? EL4_CPACR_ASEDIS : 0;
    bits |= f->vfp_d32 && !f->a32_v8 ? EL4_CPACR_D32DIS : 0;
    cpacr_limits(cpu, &clear, &set);
    bits &= ~(clear | set);
    set_low(&cpu->regs.cpacr_el1, (cpu->regs.cpacr_el1 & ~bits) | (value & bits));
}

/* Of an AArch32 EL3: SCR_EL3 keeps what it has of it in the same places. No core has nET. */
WRITER(scr)
{
    uint64_t bits =
        EL4_SCR_NS | EL4_SCR_IRQ | EL4_SCR_FIQ | EL4_SCR_EA | EL4_SCR_FW | EL4_SCR_AW;
    bits |= cpu->features.el2 ? EL4_SCR_SMD | EL4_SCR_HCE | EL4_SCR_SIF : 0;
    el4_pmu_sync(cpu);
    cpu->regs.scr_el3 = value & bits;
}

READER(nsacr)
{
    return cpu->features.el3_a32 ? cpu->regs.a32.nsacr : NSACR_NO_EL3;
}

READER(hcptr)
{
    uint64_t nsacr = cpu->regs.a32.nsacr;
    uint64_t value = cpu->regs.cptr_el2;
    if (el4_a32_nsacr_applies(cpu)) {
        value |= nsacr & EL4_NSACR_CP10 ? 0 : HCPTR_TCP10_11;
        value |= nsacr & EL4_NSACR_NSASEDIS ? EL4_HCPTR_TASE : 0;
    }
    return value;
}

WRITER(hcptr)
{
    uint64_t bits = HCPTR_TCP10_11 | EL4_HCPTR_TASE | EL4_CPTR_TCPAC;
    cpu->regs.cptr_el2 = (value & bits) | HCPTR_RES1;
}

/* The bits that there are depend on the format. */
WRITER(ttbcr)
{
    uint64_t bits = TTBCR_SHORT;
    if (cpu->features.lpae && (value & EL4_TTBCR_EAE)) {
        bits = TTBCR_LONG | EL4_TTBCR_EAE;
    }
    set_low(el4_cp_storage(cpu, reg), value & bits);
}

WRITER(htcr)
{
    set_low(el4_cp_storage(cpu, reg), (value & HTCR_BITS) | HTCR_RES1);
}

WRITER(vtcr)
{
    set_low(el4_cp_storage(cpu, reg), (value & VTCR_BITS) | VTCR_RES1);
}

/* ---- the generic timer's banked registers ---- */

static enum el4_timer_id physical_timer(const struct el4_cpu *cpu)
{
    return el4_cpu_el0_owner(cpu) == 3 ? EL4_TIMER_SEC : EL4_TIMER_PHYS;
}

READER(cntp)
{
    enum el4_timer_id id = physical_timer(cpu);
    if (reg->key & EL4_CP_WIDE) {
        return cpu->regs.timer_cval[id];
    }
    return EL4_CP_OPC2(reg->key) ? el4_timer_read_ctl(cpu, id) : el4_timer_read_tval(cpu, id);
}

WRITER(cntp)
{
    enum el4_timer_id id = physical_timer(cpu);
    if (reg->key & EL4_CP_WIDE) {
        el4_timer_write_cval(cpu, id, value);
    } else if (EL4_CP_OPC2(reg->key)) {
        el4_timer_write_ctl(cpu, id, value);
    } else {
        el4_timer_write_tval(cpu, id, value);
    }
}

/* ---- debug ---- */

/* Unlike OSLAR_EL1 it wants a key to lock; anything else unlocks. */
WRITER(dbgoslar)
{
    cpu->regs.os_lock = value == 0xc5acce55;
}

/* DBGDSCR: MDSCR_EL1.{MDE, TDCC} under their old names MDBGen and UDCCdis, and more. */
#define DSCR_SHARED     (EL4_MDSCR_MDE | EL4_MDSCR_TDCC)
#define DSCR_RESTARTED  EL4_BIT(1)
#define DSCR_MOE_SHIFT  2
#define DSCR_SECURE_OFF (EL4_BIT(16) | EL4_BIT(17)) /* SPIDdis, SPNIDdis */
#define DSCR_NS         EL4_BIT(18)

READER(dbgdscr)
{
    const struct el4_features *f = &cpu->features;
    uint64_t value = cpu->regs.mdscr_el1 & DSCR_SHARED;
    value |= cpu->regs.a32.dbgdscr_moe << DSCR_MOE_SHIFT;
    value |= f->a32_v8 ? 0 : DSCR_RESTARTED;
    value |= f->a32_v8 && f->el3 ? DSCR_SECURE_OFF : 0;
    return value | (el4_cpu_is_secure(cpu) ? 0 : DSCR_NS);
}

WRITER(dbgdscr)
{
    uint64_t *mdscr = &cpu->regs.mdscr_el1;
    *mdscr = (*mdscr & ~DSCR_SHARED) | (value & DSCR_SHARED);
    cpu->regs.a32.dbgdscr_moe = EL4_FIELD(value, 5, 2);
}

/* v7 wants the signals of external debug for self-hosted debug too: all are tied high. */
READER(dbgauthstatus)
{
    uint64_t implemented = el4_sr_read_dbgauthstatus(cpu, NULL);
    return cpu->features.a32_v8 ? implemented : implemented | implemented >> 1;
}

/* ---- reset ---- */

void el4_cp_reset(struct el4_cpu *cpu)
{
    struct el4_sysregs *regs = &cpu->regs;
    if (cpu->features.aarch64) {
        return;
    }
    for (unsigned el = 1; el < 4; el += 2) {
        regs->mair[el] = NMRR_RESET << 32 | PRRR_RESET;
    }
    regs->sctlr[2] |= HSCTLR_RAO;
    regs->tcr[2] = HTCR_RES1;
    regs->vtcr_el2 = VTCR_RES1;
}
