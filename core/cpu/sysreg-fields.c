/* SPDX-License-Identifier: MIT */
/*
 * Access functions of the table for identification, control, debug, PMU and timer registers:
 * whatever is more than storage under a mask.
 */
#include <stddef.h>
#include <sys/random.h>

#include "cpu/cpu.h"
#include "cpu/env.h"
#include "cpu/pmu.h"
#include "cpu/sysreg-private.h"
#include "cpu/timer.h"

#define READER(name)                                                                           \
    uint64_t el4_sr_read_##name(struct el4_cpu *cpu, const struct el4_sysreg *reg)
#define WRITER(name)                                                                           \
    void el4_sr_write_##name(struct el4_cpu *cpu, const struct el4_sysreg *reg, uint64_t value)

static uint64_t *storage(struct el4_cpu *cpu, const struct el4_sysreg *reg)
{
    return (uint64_t *)(void *)((char *)&cpu->regs + reg->field);
}

WRITER(nothing)
{
}

/* ---- identification ---- */

READER(id)
{
    return cpu->ids.id[EL4_SYSREG_CRM(reg->encoding)][EL4_SYSREG_OP2(reg->encoding)];
}

/* EL1 of a guest sees what the hypervisor says. */
static bool sees_virtual_id(const struct el4_cpu *cpu)
{
    return el4_cpu_el(cpu) == 1 && el4_cpu_el2_enabled(cpu);
}

READER(midr)
{
    return sees_virtual_id(cpu) ? cpu->regs.vpidr_el2 : cpu->ids.id[EL4_ID_MIDR][0];
}

READER(mpidr)
{
    return sees_virtual_id(cpu) ? cpu->regs.vmpidr_el2 : cpu->regs.mpidr_el1;
}

READER(vpidr)
{
    return cpu->features.el2 ? cpu->regs.vpidr_el2 : cpu->ids.id[EL4_ID_MIDR][0];
}

READER(vmpidr)
{
    return cpu->features.el2 ? cpu->regs.vmpidr_el2 : cpu->regs.mpidr_el1;
}

READER(revidr)
{
    return cpu->ids.revidr;
}

READER(clidr)
{
    return cpu->ids.clidr;
}

READER(ctr)
{
    return cpu->ids.ctr;
}

READER(ccsidr)
{
    switch (cpu->regs.csselr_el1) {
    case 0: return cpu->ids.ccsidr[0];
    case 1: return cpu->ids.ccsidr[1];
    case 2: return cpu->ids.ccsidr[2];
    default: return 0; /* no such cache: UNKNOWN */
    }
}

/* DZP says whether DC ZVA is prohibited here, by SCTLR.DZE or HCR_EL2.TDZ. */
READER(dczid)
{
    unsigned el = el4_cpu_el(cpu);
    bool guest = el <= 1 && !el4_cpu_e2h_tge(cpu);
    bool prohibited = guest && (el4_cpu_hcr(cpu) & EL4_HCR_TDZ);
    if (el == 0 && !(cpu->regs.sctlr[el4_cpu_regime_el(cpu)] & EL4_SCTLR_DZE)) {
        prohibited = true;
    }
    return cpu->ids.dczid | (prohibited ? 1u << 4 : 0);
}

READER(rvbar)
{
    return cpu->regs.rvbar;
}

/* AA64 reads as one; a warm reset request (RR) is not supported, it is left to PSCI. */
READER(rmr)
{
    return 1;
}

/* Cores of the cluster in 25:24, as U-Boot and EDK2 read it. */
READER(l2ctlr)
{
    unsigned count = 1;
    if (cpu->env && cpu->env->cpus) {
        cpu->env->cpus(cpu->env_data, &count);
    }
    return (uint64_t)((count < 4 ? count : 4) - 1) << 24;
}

/* Pending interrupts: the virtual ones for an EL1 whose physical ones go to EL2. */
READER(isr)
{
    static const struct {
        uint64_t hcr_route, hcr_pending;
        uint32_t line, virtual_line, bit;
    } kinds[] = {
        {EL4_HCR_AMO, EL4_HCR_VSE, EL4_ATTENTION_SERROR, 0, EL4_PSTATE_A},
        {EL4_HCR_IMO, EL4_HCR_VI, EL4_ATTENTION_IRQ, EL4_ATTENTION_VIRQ, EL4_PSTATE_I},
        {EL4_HCR_FMO, EL4_HCR_VF, EL4_ATTENTION_FIQ, EL4_ATTENTION_VFIQ, EL4_PSTATE_F},
    };
    uint32_t lines = atomic_load_explicit(&cpu->attention, memory_order_acquire);
    uint64_t hcr = el4_cpu_hcr(cpu);
    uint64_t value = 0;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        bool is_virtual = el4_cpu_el(cpu) == 1 && (hcr & kinds[i].hcr_route);
        bool pending = is_virtual
                           ? (lines & kinds[i].virtual_line) || (hcr & kinds[i].hcr_pending)
                           : lines & kinds[i].line;
        value |= pending ? kinds[i].bit : 0;
    }
    return value;
}

/* RNDR, RNDRRS: NZCV = 0000 says that the number is good. */
READER(rndr)
{
    uint64_t value = 0;
    bool good = true;
    if (cpu->env && cpu->env->random) {
        value = cpu->env->random(cpu->env_data);
    } else {
        good = getrandom(&value, sizeof(value), 0) == (ssize_t)sizeof(value);
    }
    cpu->slot[EL4_SLOT_NZCV] = good ? 0 : UINT64_C(0x40000000);
    return good ? value : 0;
}

/* ---- control ---- */

static uint64_t sctlr_res0(const struct el4_features *f)
{
    uint64_t res0 = ~UINT64_C(0) << 45 | EL4_SCTLR_NAA | UINT64_C(0x3ff) << 32;
    if (f->bti) {
        res0 &= ~(EL4_SCTLR_BT0 | EL4_SCTLR_BT1);
    }
    if (!f->pauth) {
        res0 |= EL4_SCTLR_ENIA | EL4_SCTLR_ENIB | EL4_SCTLR_ENDA | EL4_SCTLR_ENDB;
    }
    if (!f->ssbs) {
        res0 |= EL4_SCTLR_DSSBS;
    }
    if (!f->specres) {
        res0 |= EL4_SCTLR_ENRCTX;
    }
    return res0;
}

WRITER(sctlr)
{
    *storage(cpu, reg) = value & ~sctlr_res0(&cpu->features);
}

static uint64_t hcr_valid(const struct el4_cpu *cpu)
{
    const struct el4_features *f = &cpu->features;
    uint64_t valid = (UINT64_C(1) << 34) - 1;
    if (f->el3) {
        valid &= ~EL4_HCR_HCD;
    } else if (!cpu->smc_conduit) {
        valid &= ~EL4_HCR_TSC;
    }
    valid |= f->vhe ? EL4_HCR_E2H : 0;
    valid |= f->lor ? EL4_HCR_TLOR : 0;
    valid |= f->pauth ? EL4_HCR_APK | EL4_HCR_API : 0;
    valid |= f->csv2 ? EL4_HCR_ENSCXT : 0;
    valid |= f->evt ? EL4_HCR_TID4 | EL4_HCR_TICAB | EL4_HCR_TOCU | EL4_HCR_TTLBIS : 0;
    return valid | EL4_HCR_MIOCNCE;
}

WRITER(hcr)
{
    cpu->regs.hcr_el2 = value & hcr_valid(cpu);
}

WRITER(scr)
{
    const struct el4_features *f = &cpu->features;
    uint64_t valid = EL4_SCR_NS | EL4_SCR_IRQ | EL4_SCR_FIQ | EL4_SCR_EA | EL4_SCR_SMD |
                     EL4_SCR_SIF | EL4_SCR_RW | EL4_SCR_ST | EL4_SCR_TWI | EL4_SCR_TWE;
    valid |= f->el2 ? EL4_SCR_HCE : 0;
    valid |= f->lor ? EL4_SCR_TLOR : 0;
    valid |= f->pauth ? EL4_SCR_APK | EL4_SCR_API : 0;
    valid |= f->csv2 ? EL4_SCR_ENSCXT : 0;
    el4_pmu_sync(cpu);
    cpu->regs.scr_el3 = (value & valid) | 0x30; /* RES1 */
}

/* With E2H the layout is CPACR_EL1's, else it has RES1 bits of its own. */
WRITER(cptr_el2)
{
    if (el4_cpu_hcr(cpu) & EL4_HCR_E2H) {
        cpu->regs.cptr_el2 = value & (EL4_CPTR_TCPAC | UINT64_C(3) << 20);
    } else {
        cpu->regs.cptr_el2 = (value & (EL4_CPTR_TCPAC | EL4_CPTR_TFP)) | 0x33ff;
    }
}

/* MDCR_EL2, MDCR_EL3: they gate event counting too. */
WRITER(mdcr)
{
    el4_pmu_sync(cpu);
    *storage(cpu, reg) = value & reg->write_mask;
    el4_pmu_update(cpu);
}

WRITER(oslar)
{
    cpu->regs.os_lock = value & 1;
}

READER(oslsr)
{
    return 8 | (cpu->regs.os_lock & 1) << 1; /* OSLM = 0b10: the lock is there */
}

/* No external debug: every feature reads as not implemented, but that NS invasive is. */
READER(dbgauthstatus)
{
    return cpu->features.el3 ? 0xaa : 0x0a;
}

READER(claimset)
{
    return 0xff;
}

READER(claimclr)
{
    return cpu->regs.dbgclaim;
}

WRITER(claimset)
{
    cpu->regs.dbgclaim |= value & 0xff;
}

WRITER(claimclr)
{
    cpu->regs.dbgclaim &= ~value;
}

/* ---- generic timer ---- */

WRITER(cntfrq)
{
    bool has_el3 = cpu->features.el3 && !cpu->el3_is_emulated;
    unsigned highest = has_el3 ? 3 : cpu->features.el2 ? 2 : 1;
    if (el4_cpu_el(cpu) < highest) {
        el4_cpu_raise_undefined(cpu);
    }
    cpu->regs.cntfrq_el0 = value & reg->write_mask;
}

READER(cntpct)
{
    return el4_timer_physical_count(cpu);
}

READER(cntvct)
{
    return el4_timer_virtual_count(cpu);
}

WRITER(cntvoff)
{
    cpu->regs.cntvoff_el2 = value;
    el4_timer_update(cpu);
}

/* Which timer an encoding names: CRm and op1 (EL0's pair, EL2's pair, CNTPS). */
static enum el4_timer_id timer_of(const struct el4_sysreg *reg)
{
    bool virtual = EL4_SYSREG_CRM(reg->encoding) == 3;
    switch (EL4_SYSREG_OP1(reg->encoding)) {
    case 4: return virtual ? EL4_TIMER_HYP_VIRT : EL4_TIMER_HYP;
    case 7: return EL4_TIMER_SEC;
    default: return virtual ? EL4_TIMER_VIRT : EL4_TIMER_PHYS;
    }
}

READER(timer_ctl)
{
    return el4_timer_read_ctl(cpu, timer_of(reg));
}

READER(timer_tval)
{
    return el4_timer_read_tval(cpu, timer_of(reg));
}

READER(timer_cval)
{
    return cpu->regs.timer_cval[timer_of(reg)];
}

WRITER(timer_ctl)
{
    el4_timer_write_ctl(cpu, timer_of(reg), value);
}

WRITER(timer_tval)
{
    el4_timer_write_tval(cpu, timer_of(reg), value);
}

WRITER(timer_cval)
{
    el4_timer_write_cval(cpu, timer_of(reg), value);
}
