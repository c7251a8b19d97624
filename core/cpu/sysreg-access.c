/* SPDX-License-Identifier: MIT */
/*
 * Who may access a system register: existence, exception level, and the traps of SCTLR,
 * CNTKCTL, PMUSERENR, HCR_EL2, CPTR, MDCR and SCR_EL3, in the order of the manual's accessor
 * pseudocode: what EL1 says about EL0, then EL2, then EL3.
 */
#include "cpu/cpu.h"
#include "cpu/sysreg.h"

#define CNTKCTL_EL0PCTEN 0
#define CNTKCTL_EL0VCTEN 1
#define CNTKCTL_EL0VTEN  8
#define CNTKCTL_EL0PTEN  9
/* CNTHCTL_EL2 has the EL1 enables in other places when E2H is set. */
#define CNTHCTL_EL1PCTEN     0
#define CNTHCTL_EL1PCEN      1
#define CNTHCTL_E2H_EL1PCTEN 10
#define CNTHCTL_E2H_EL1PTEN  11

#define PMUSERENR_EN EL4_BIT(0)
#define PMUSERENR_SW EL4_BIT(1)
#define PMUSERENR_CR EL4_BIT(2)
#define PMUSERENR_ER EL4_BIT(3)

/* What a trap rule looks at, gathered once. */
struct access {
    const struct el4_cpu *cpu;
    const struct el4_sysregs *regs;
    unsigned el;
    bool is_read;
    bool guest; /* EL0 or EL1, and not the host's EL0: HCR_EL2's guest traps apply */
    bool host;  /* EL0 under E2H and TGE */
    bool el3;
    uint64_t hcr;
};

/* The highest EL that the guest has: emulated firmware owns EL3 for itself. */
static unsigned highest_el(const struct el4_cpu *cpu)
{
    if (cpu->features.el3 && !cpu->el3_is_emulated) {
        return 3;
    }
    return cpu->features.el2 ? 2 : 1;
}

static bool is_needed_feature_there(const struct el4_cpu *cpu, const struct el4_sysreg *reg)
{
    const struct el4_features *f = &cpu->features;
    unsigned crm = EL4_SYSREG_CRM(reg->encoding);
    switch ((enum el4_need)reg->need) {
    case EL4_NEED_NONE: return true;
    case EL4_NEED_VHE: return f->vhe;
    case EL4_NEED_PAN: return f->pan;
    case EL4_NEED_PAN2: return f->pan2;
    case EL4_NEED_UAO: return f->uao;
    case EL4_NEED_DIT: return f->dit;
    case EL4_NEED_SSBS: return f->ssbs;
    case EL4_NEED_PAUTH: return f->pauth;
    case EL4_NEED_LOR: /* LORID_EL1 is there in Secure state too */
        return f->lor &&
               (!el4_cpu_is_secure_below_el3(cpu) || EL4_SYSREG_OP2(reg->encoding) == 7);
    case EL4_NEED_RNG: return f->rng;
    case EL4_NEED_CSV2: return f->csv2;
    case EL4_NEED_DPB: return f->dpb;
    case EL4_NEED_DPB2: return f->dpb2;
    case EL4_NEED_SPECRES: return f->specres;
    case EL4_NEED_CORTEX: return cpu->model->cortex;
    case EL4_NEED_BREAKPOINT: return crm < f->breakpoints;
    case EL4_NEED_WATCHPOINT: return crm < f->watchpoints;
    case EL4_NEED_HIGHEST: return highest_el(cpu) == reg->read_el;
    }
    return false;
}

/* EL0 is refused by a control of EL1 (or of the host's EL2): the EL that takes it. */
static int el0_trap(const struct access *at, bool allowed)
{
    return at->el == 0 && !allowed ? (int)el4_cpu_sync_target(at->cpu) : 0;
}

static bool sctlr_bit(const struct access *at, uint64_t bit)
{
    return at->regs->sctlr[el4_cpu_regime_el(at->cpu)] & bit;
}

/* A trap bit of HCR_EL2 for EL1, or for EL1 and EL0 of a guest. */
static int el1_hcr_trap(const struct access *at, uint64_t bits)
{
    return at->el == 1 && (at->hcr & bits) ? 2 : 0;
}

static int guest_hcr_trap(const struct access *at, uint64_t bits)
{
    return at->guest && (at->hcr & bits) ? 2 : 0;
}

static int first_of(int a, int b)
{
    return a ? a : b;
}

/* MDCR_EL2.{TDA,TDOSA,TDRA} (implied by TDE and TGE), then MDCR_EL3. */
static int debug_trap(const struct access *at, uint64_t mdcr2, uint64_t mdcr3)
{
    bool el2_traps = (at->regs->mdcr_el2 & (mdcr2 | EL4_MDCR2_TDE)) || (at->hcr & EL4_HCR_TGE);
    if (at->el <= 1 && el4_cpu_el2_enabled(at->cpu) && el2_traps) {
        return 2;
    }
    return at->el <= 2 && at->el3 && (at->regs->mdcr_el3 & mdcr3) ? 3 : 0;
}

static int pmu_trap(const struct access *at, uint64_t user_bits, uint64_t mdcr2)
{
    int trap = el0_trap(at, at->regs->pmuserenr_el0 & user_bits);
    if (trap) {
        return trap;
    }
    if (at->el <= 1 && el4_cpu_el2_enabled(at->cpu) && (at->regs->mdcr_el2 & mdcr2)) {
        return 2;
    }
    return at->el <= 2 && at->el3 && (at->regs->mdcr_el3 & EL4_MDCR3_TPM) ? 3 : 0;
}

static int pmu_class_trap(const struct access *at, enum el4_trap_class class)
{
    uint64_t read_too = at->is_read ? ~UINT64_C(0) : 0;
    switch (class) {
    case EL4_TRAP_PMCR: return pmu_trap(at, PMUSERENR_EN, EL4_MDCR2_TPM | EL4_MDCR2_TPMCR);
    case EL4_TRAP_PMSWINC: return pmu_trap(at, PMUSERENR_EN | PMUSERENR_SW, EL4_MDCR2_TPM);
    case EL4_TRAP_PMCCNTR:
        return pmu_trap(at, PMUSERENR_EN | (PMUSERENR_CR & read_too), EL4_MDCR2_TPM);
    case EL4_TRAP_PMEVCNTR:
        return pmu_trap(at, PMUSERENR_EN | (PMUSERENR_ER & read_too), EL4_MDCR2_TPM);
    case EL4_TRAP_PMSELR: return pmu_trap(at, PMUSERENR_EN | PMUSERENR_ER, EL4_MDCR2_TPM);
    case EL4_TRAP_PMUSERENR: {
        struct access any = *at;
        any.el = at->el ? at->el : 1; /* EL0 may always read it */
        return pmu_trap(&any, 0, EL4_MDCR2_TPM);
    }
    default: return pmu_trap(at, PMUSERENR_EN, EL4_MDCR2_TPM);
    }
}

/* EL0 bit in CNTKCTL_EL1, or in CNTHCTL_EL2 for a host's EL0. */
static bool counter_bit(const struct access *at, unsigned bit)
{
    uint64_t control = at->host ? at->regs->cnthctl_el2 : at->regs->cntkctl_el1;
    return control >> bit & 1;
}

/* CNTHCTL_EL2's say over the physical counter and timer of a guest. */
static int physical_timer_trap(const struct access *at, unsigned bit, unsigned e2h_bit)
{
    if (!at->guest || !el4_cpu_el2_enabled(at->cpu)) {
        return 0;
    }
    unsigned which = at->hcr & EL4_HCR_E2H ? e2h_bit : bit;
    return at->regs->cnthctl_el2 >> which & 1 ? 0 : 2;
}

static int timer_class_trap(const struct access *at, enum el4_trap_class class)
{
    switch (class) {
    case EL4_TRAP_CNTFRQ:
        return el0_trap(at,
                        counter_bit(at, CNTKCTL_EL0PCTEN) || counter_bit(at, CNTKCTL_EL0VCTEN));
    case EL4_TRAP_CNTPCT:
        return first_of(el0_trap(at, counter_bit(at, CNTKCTL_EL0PCTEN)),
                        physical_timer_trap(at, CNTHCTL_EL1PCTEN, CNTHCTL_E2H_EL1PCTEN));
    case EL4_TRAP_CNTVCT: return el0_trap(at, counter_bit(at, CNTKCTL_EL0VCTEN));
    case EL4_TRAP_CNTP:
        return first_of(el0_trap(at, counter_bit(at, CNTKCTL_EL0PTEN)),
                        physical_timer_trap(at, CNTHCTL_EL1PCEN, CNTHCTL_E2H_EL1PTEN));
    case EL4_TRAP_CNTV: return el0_trap(at, counter_bit(at, CNTKCTL_EL0VTEN));
    default: /* CNTPS: EL3, and Secure EL1 if SCR_EL3.ST lets it */
        if (at->el == 3) {
            return 0;
        }
        if (at->el != 1 || !el4_cpu_is_secure(at->cpu)) {
            return -1;
        }
        return at->regs->scr_el3 & EL4_SCR_ST ? 0 : 3;
    }
}

/* Cache, TLB and prediction maintenance. */
static int maintenance_trap(const struct access *at, enum el4_trap_class class)
{
    bool uci = sctlr_bit(at, EL4_SCTLR_UCI);
    switch (class) {
    case EL4_TRAP_IC_POU:
    case EL4_TRAP_DC_POU: return first_of(el0_trap(at, uci), guest_hcr_trap(at, EL4_HCR_TPU));
    case EL4_TRAP_DC_POC: return first_of(el0_trap(at, uci), guest_hcr_trap(at, EL4_HCR_TPCP));
    case EL4_TRAP_DC_IVAC: return el1_hcr_trap(at, EL4_HCR_TPCP);
    case EL4_TRAP_DC_SW: return el1_hcr_trap(at, EL4_HCR_TSW);
    case EL4_TRAP_DC_ZVA:
        return first_of(el0_trap(at, sctlr_bit(at, EL4_SCTLR_DZE)),
                        guest_hcr_trap(at, EL4_HCR_TDZ));
    case EL4_TRAP_TLB: return el1_hcr_trap(at, EL4_HCR_TTLB);
    case EL4_TRAP_TLB_IS: return el1_hcr_trap(at, EL4_HCR_TTLB | EL4_HCR_TTLBIS);
    case EL4_TRAP_RCTX: return el0_trap(at, sctlr_bit(at, EL4_SCTLR_ENRCTX));
    default: return 0;
    }
}

/* Enables rather than traps: EL2's (for a guest), then EL3's. */
static int enable_trap(const struct access *at, uint64_t hcr_enable, uint64_t scr_enable,
                       bool applies_to_el2s_guest)
{
    if (applies_to_el2s_guest && el4_cpu_el2_enabled(at->cpu) && !(at->hcr & hcr_enable)) {
        return 2;
    }
    return at->el <= 2 && at->el3 && !(at->regs->scr_el3 & scr_enable) ? 3 : 0;
}

static int coprocessor_trap(const struct access *at)
{
    if (at->el == 1 && el4_cpu_el2_enabled(at->cpu) && (at->regs->cptr_el2 & EL4_CPTR_TCPAC)) {
        return 2;
    }
    return at->el <= 2 && at->el3 && (at->regs->cptr_el3 & EL4_CPTR_TCPAC) ? 3 : 0;
}

static int control_trap(const struct access *at, enum el4_trap_class class)
{
    switch (class) {
    case EL4_TRAP_VM: return el1_hcr_trap(at, at->is_read ? EL4_HCR_TRVM : EL4_HCR_TVM);
    case EL4_TRAP_TID1: return el1_hcr_trap(at, EL4_HCR_TID1);
    case EL4_TRAP_TID2: return el1_hcr_trap(at, EL4_HCR_TID2 | EL4_HCR_TID4);
    case EL4_TRAP_TID2_CTR:
        return first_of(el0_trap(at, sctlr_bit(at, EL4_SCTLR_UCT)),
                        guest_hcr_trap(at, EL4_HCR_TID2));
    case EL4_TRAP_TID3: return el1_hcr_trap(at, EL4_HCR_TID3);
    case EL4_TRAP_TACR: return el1_hcr_trap(at, EL4_HCR_TACR);
    case EL4_TRAP_IMPDEF: return el1_hcr_trap(at, EL4_HCR_TIDCP);
    case EL4_TRAP_CPACR:
    case EL4_TRAP_CPTR: return coprocessor_trap(at);
    case EL4_TRAP_FP: return at->cpu->mode.fp_trap_el;
    case EL4_TRAP_LOR:
        return first_of(el1_hcr_trap(at, EL4_HCR_TLOR),
                        at->el3 && at->el <= 2 && (at->regs->scr_el3 & EL4_SCR_TLOR) ? 3 : 0);
    case EL4_TRAP_PAUTH: return enable_trap(at, EL4_HCR_APK, EL4_SCR_APK, at->el == 1);
    case EL4_TRAP_SCXTNUM:
        return first_of(el0_trap(at, !sctlr_bit(at, EL4_SCTLR_TSCXT)),
                        enable_trap(at, EL4_HCR_ENSCXT, EL4_SCR_ENSCXT, at->guest));
    case EL4_TRAP_DAIF: return el0_trap(at, sctlr_bit(at, EL4_SCTLR_UMA));
    case EL4_TRAP_TDA: return debug_trap(at, EL4_MDCR2_TDA, EL4_MDCR3_TDA);
    case EL4_TRAP_TDCC:
        return first_of(el0_trap(at, !(at->regs->mdscr_el1 & EL4_MDSCR_TDCC)),
                        debug_trap(at, EL4_MDCR2_TDA, EL4_MDCR3_TDA));
    case EL4_TRAP_TDRA: return debug_trap(at, EL4_MDCR2_TDRA, EL4_MDCR3_TDA);
    case EL4_TRAP_TDOSA: return debug_trap(at, EL4_MDCR2_TDOSA, EL4_MDCR3_TDOSA);
    default: return 0;
    }
}

static int class_trap(const struct access *at, enum el4_trap_class class)
{
    if (class >= EL4_TRAP_PM && class <= EL4_TRAP_PMUSERENR) {
        return pmu_class_trap(at, class);
    }
    if (class >= EL4_TRAP_CNTFRQ && class <= EL4_TRAP_CNTPS) {
        return timer_class_trap(at, class);
    }
    if (class >= EL4_TRAP_IC_POU) {
        return maintenance_trap(at, class);
    }
    return control_trap(at, class);
}

int el4_sysreg_class_trap(const struct el4_cpu *cpu, enum el4_trap_class class, bool is_read)
{
    unsigned el = el4_cpu_el(cpu);
    bool host_el0 = el == 0 && el4_cpu_e2h_tge(cpu);
    struct access at = {
        .cpu = cpu,
        .regs = &cpu->regs,
        .el = el,
        .is_read = is_read,
        .guest = el <= 1 && !host_el0,
        .host = host_el0,
        .el3 = cpu->features.el3 && !cpu->el3_is_emulated,
        .hcr = el4_cpu_hcr(cpu),
    };
    return class_trap(&at, class);
}

/* FEAT_IDST: EL0's reads of the feature ID space trap instead of being UNDEFINED. */
static bool is_feature_id(uint32_t encoding)
{
    return EL4_SYSREG_OP0(encoding) == 3 && EL4_SYSREG_CRN(encoding) == 0 &&
           (EL4_SYSREG_OP1(encoding) <= 1);
}

/* Registers of an EL that is not there. */
static bool is_level_there(const struct el4_cpu *cpu, const struct el4_sysreg *reg, unsigned el)
{
    unsigned op1 = EL4_SYSREG_OP1(reg->encoding);
    if (op1 == 6 || op1 == 7) {
        return cpu->features.el3;
    }
    if ((op1 == 4 || op1 == 5) && !cpu->features.el2) {
        return el == 3 && (reg->flags & (EL4_REG_RES0_EL3 | EL4_REG_KEPT_EL3));
    }
    return true;
}

int el4_sysreg_check(const struct el4_cpu *cpu, const struct el4_sysreg *reg, bool is_read)
{
    unsigned el = el4_cpu_el(cpu);
    unsigned lowest = is_read ? reg->read_el : reg->write_el;

    if (!is_needed_feature_there(cpu, reg) || !is_level_there(cpu, reg, el)) {
        return -1;
    }
    if (el < lowest) {
        bool traps = el == 0 && lowest < EL4_REG_NEVER && is_read && cpu->features.idst &&
                     is_feature_id(reg->encoding);
        return traps ? (int)el4_cpu_sync_target(cpu) : -1;
    }
    if (reg->flags & EL4_REG_E2H) {
        bool e2h = el == 3 ? el4_cpu_el2_enabled(cpu) && (cpu->regs.hcr_el2 & EL4_HCR_E2H)
                           : el4_cpu_e2h(cpu);
        if (!e2h || !cpu->features.vhe) {
            return -1;
        }
    }
    return el4_sysreg_class_trap(cpu, reg->trap, is_read);
}
