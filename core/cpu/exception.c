/* SPDX-License-Identifier: MIT */
/*
 * Synchronous exceptions: raising, routing, entry and return (DDI 0487 D1.3). Interrupts are
 * in interrupt.c, what SMC and HVC mean in conduit.c.
 */
#include "cpu/exception.h"

#include <assert.h>

#include "cpu/branch.h"
#include "cpu/cpu.h"
#include "cpu/debug.h"
#include "cpu/env.h"
#include "cpu/mmu.h"
#include "cpu/pmu.h"
#include "cpu/trace.h"

unsigned el4_cpu_sync_target(const struct el4_cpu *cpu)
{
    unsigned el = el4_cpu_el(cpu);
    if (el >= 2) {
        return el;
    }
    return el4_cpu_hcr(cpu) & EL4_HCR_TGE && el == 0 ? 2 : 1;
}

unsigned el4_cpu_debug_target(const struct el4_cpu *cpu)
{
    unsigned el = el4_cpu_el(cpu);
    if (el >= 2) {
        return el;
    }
    bool to_el2 = el4_cpu_el2_enabled(cpu) &&
                  ((cpu->regs.hcr_el2 & EL4_HCR_TGE) || (cpu->regs.mdcr_el2 & EL4_MDCR2_TDE));
    return to_el2 ? 2 : 1;
}

void el4_cpu_raise_exception(struct el4_cpu *cpu, const struct el4_exception *e)
{
    assert(cpu->unwind);
    if (e != &cpu->exception) {
        cpu->exception = *e;
    }
    longjmp(*cpu->unwind, 1);
}

static struct el4_exception describe(const struct el4_cpu *cpu, enum el4_raise_kind kind,
                                     uint64_t esr)
{
    struct el4_exception e = {.esr = esr, .vector = EL4_VECTOR_SYNC, .kind = kind};
    switch (kind) {
    case EL4_RAISE_UNDEF:
    case EL4_RAISE_SYNC: e.target_el = el4_cpu_sync_target(cpu); break;
    case EL4_RAISE_SVC:
        e.target_el = el4_cpu_sync_target(cpu);
        e.return_next = true;
        break;
    case EL4_RAISE_HVC:
    case EL4_RAISE_SMC:
    case EL4_RAISE_HLT: e.return_next = true; break;
    case EL4_RAISE_BRK: e.target_el = el4_cpu_debug_target(cpu); break;
    case EL4_RAISE_FP_TRAP:
        e.target_el = cpu->mode.fp_trap_el;
        e.esr = EL4_ESR(EL4_EC_FP_ACCESS, 0x1e00000); /* CV = 1, COND = always */
        if (e.target_el == 1 && (el4_cpu_hcr(cpu) & EL4_HCR_TGE)) {
            /* AArch64.AdvSIMDFPAccessTrap(): what EL1 would take is Unknown for EL2. */
            e.target_el = 2;
            e.esr = EL4_ESR(EL4_EC_UNKNOWN, 0);
        }
        break;
    case EL4_RAISE_TARGET: e.target_el = cpu->exception.target_el; break;
    }
    return e;
}

void el4_cpu_raise(struct el4_cpu *cpu, enum el4_raise_kind kind, uint64_t esr)
{
    struct el4_exception e = describe(cpu, kind, esr);
    el4_cpu_raise_exception(cpu, &e);
}

void el4_cpu_raise_at(struct el4_cpu *cpu, enum el4_raise_kind kind, uint64_t esr, uint64_t pc)
{
    struct el4_exception e = describe(cpu, kind, esr);
    el4_cpu_take_exception(cpu, &e, e.return_next ? pc + 4 : pc);
}

void el4_cpu_raise_to(struct el4_cpu *cpu, unsigned target_el, uint64_t esr)
{
    struct el4_exception e = {
        .esr = esr,
        .target_el = target_el,
        .vector = EL4_VECTOR_SYNC,
        .kind = EL4_RAISE_TARGET,
    };
    el4_cpu_raise_exception(cpu, &e);
}

/* SPSR_ELx.BTYPE is kept for these (AArch64.TakeException), and zero for all others. */
static bool keeps_btype(const struct el4_exception *e)
{
    if (e->vector != EL4_VECTOR_SYNC) {
        return true;
    }
    switch ((e->esr >> 26) & 0x3f) {
    case EL4_EC_BTI:
    case EL4_EC_ILLEGAL_STATE:
    case EL4_EC_INSN_ABORT_LOWER:
    case EL4_EC_INSN_ABORT_SAME:
    case EL4_EC_PC_ALIGNMENT:
    case EL4_EC_BREAKPOINT_LOWER:
    case EL4_EC_BREAKPOINT_SAME:
    case EL4_EC_STEP_LOWER:
    case EL4_EC_STEP_SAME:
    case EL4_EC_BRK64: return true;
    default: return false;
    }
}

/* PSTATE at the entry of an exception to AArch64, EL and SP already set. */
static void set_entry_pstate(struct el4_cpu *cpu, unsigned target)
{
    const struct el4_features *features = &cpu->features;
    uint64_t sctlr = cpu->regs.sctlr[target];
    cpu->pstate &= ~(EL4_PSTATE_IL | EL4_PSTATE_SS | EL4_PSTATE_BTYPE | EL4_PSTATE_UAO);
    cpu->pstate |= EL4_PSTATE_D | EL4_PSTATE_A | EL4_PSTATE_I | EL4_PSTATE_F;
    if (features->ssbs) {
        cpu->pstate &= ~EL4_PSTATE_SSBS;
        cpu->pstate |= sctlr & EL4_SCTLR_DSSBS ? EL4_PSTATE_SSBS : 0;
    }
    bool el2_host = target == 2 && el4_cpu_e2h_tge(cpu);
    if (features->pan && !(sctlr & EL4_SCTLR_SPAN) && (target == 1 || el2_host)) {
        cpu->pstate |= EL4_PSTATE_PAN;
    }
}

/* The GIC's CPU interface signals by whether this is EL3 and by the security state. */
static void tell_gic(struct el4_cpu *cpu, unsigned old_el, bool old_secure)
{
    bool el3_changed = (old_el == 3) != (el4_cpu_el(cpu) == 3);
    if ((el3_changed || old_secure != el4_cpu_is_secure(cpu)) && cpu->env &&
        cpu->env->control_changed) {
        cpu->env->control_changed(cpu->env_data, cpu);
    }
}

static void enter(struct el4_cpu *cpu, const struct el4_exception *e, uint64_t pc)
{
    struct el4_sysregs *regs = &cpu->regs;
    unsigned el = el4_cpu_el(cpu);
    unsigned target = e->target_el;
    bool secure = el4_cpu_is_secure(cpu);

    assert(target >= el && target >= 1 && target <= 3);
    el4_pmu_sync(cpu);
    unsigned offset = e->vector;
    if (target > el) {
        offset += 0x400;
    } else if (cpu->pstate & EL4_PSTATE_SP) {
        offset += 0x200;
    }
    uint32_t spsr = el4_cpu_spsr(cpu);
    if (!keeps_btype(e)) {
        spsr &= ~EL4_PSTATE_BTYPE;
    }
    if (e->return_next) {
        spsr &= ~EL4_PSTATE_SS; /* SSAdvance(): SVC, HVC and SMC complete before it */
    }
    regs->spsr[target] = spsr;
    regs->elr[target] = pc;
    if (e->vector == EL4_VECTOR_SYNC || e->vector == EL4_VECTOR_SERROR) {
        regs->esr[target] = e->esr;
    }
    if (e->far_valid) {
        regs->far[target] = e->far;
    }
    if (e->hpfar_valid) {
        regs->hpfar_el2 = e->hpfar;
    }
    el4_cpu_set_el_sp(cpu, target, true);
    set_entry_pstate(cpu, target);
    cpu->slot[EL4_SLOT_PC] = (regs->vbar[target] & ~UINT64_C(0x7ff)) + offset;
    el4_cpu_update_mode(cpu);
    el4_pmu_update(cpu);
    tell_gic(cpu, el, secure);
    if (cpu->trace && (cpu->trace->kinds & EL4_TRACE_EXCEPTION)) {
        cpu->trace->exception(cpu->trace, cpu, e, el, pc);
    }
}

static void enter_undefined(struct el4_cpu *cpu, uint64_t pc)
{
    struct el4_exception e = {
        .esr = EL4_ESR(EL4_EC_UNKNOWN, 0),
        .target_el = el4_cpu_sync_target(cpu),
        .vector = EL4_VECTOR_SYNC,
        .kind = EL4_RAISE_UNDEF,
    };
    enter(cpu, &e, pc);
}

void el4_cpu_take_exception(struct el4_cpu *cpu, const struct el4_exception *e, uint64_t pc)
{
    struct el4_exception copy = *e; /* *e may be cpu->exception, and a service may raise */
    uint16_t immediate = (uint16_t)copy.esr;

    switch (copy.kind) {
    case EL4_RAISE_SMC: el4_cpu_smc(cpu, immediate, pc); return;
    case EL4_RAISE_HVC: el4_cpu_hvc(cpu, immediate, pc); return;
    case EL4_RAISE_HLT:
        cpu->slot[EL4_SLOT_PC] = pc;
        if (cpu->env && cpu->env->hlt && cpu->env->hlt(cpu->env_data, cpu, immediate)) {
            cpu->pstate &= ~EL4_PSTATE_SS; /* a completed instruction for software step */
            el4_cpu_update_mode(cpu);
            return;
        }
        enter_undefined(cpu, pc - 4); /* halting debug is not there */
        return;
    default: el4_mmu_complete_exception(cpu, &copy, pc); enter(cpu, &copy, pc);
    }
}

/* ELFromSPSR(): false if the SPSR names no EL that exists in AArch64 state. */
static bool target_from_spsr(const struct el4_cpu *cpu, uint64_t spsr, unsigned *target)
{
    unsigned el = EL4_FIELD(spsr, 3, 2);
    *target = el;
    if (spsr & (EL4_PSTATE_NRW | 2)) {
        return false; /* AArch32 (not in el4 yet), or M[1] */
    }
    switch (el) {
    case 0: return !(spsr & EL4_PSTATE_SP);
    case 1: return true;
    case 2: return el4_cpu_el2_enabled(cpu);
    default: return cpu->features.el3;
    }
}

/* The EL that an ERET would give is in AArch32 state by SCR_EL3.RW or HCR_EL2.RW. */
static bool target_uses_aarch32(const struct el4_cpu *cpu, unsigned target)
{
    if (target == 3) {
        return false;
    }
    if (!(cpu->regs.scr_el3 & EL4_SCR_RW)) {
        return true; /* all that is below EL3; EL0 cannot be wider than EL1 */
    }
    return target <= 1 && !(el4_cpu_hcr(cpu) & EL4_HCR_RW) && !el4_cpu_e2h_tge(cpu);
}

/* IllegalExceptionReturn() of the manual. */
static bool is_illegal_return(const struct el4_cpu *cpu, uint64_t spsr)
{
    unsigned target;
    if (!target_from_spsr(cpu, spsr, &target) || target > el4_cpu_el(cpu)) {
        return true;
    }
    if (target_uses_aarch32(cpu, target)) {
        return true;
    }
    return target == 1 && (el4_cpu_hcr(cpu) & EL4_HCR_TGE);
}

/* DebugExceptionReturnSS(): may the step bit of the SPSR come back? */
static bool step_restored(const struct el4_cpu *cpu, uint64_t spsr, bool illegal)
{
    if (!(cpu->regs.mdscr_el1 & EL4_MDSCR_SS) || !(spsr & EL4_PSTATE_SS)) {
        return false;
    }
    unsigned dest = illegal ? el4_cpu_el(cpu) : (unsigned)EL4_FIELD(spsr, 3, 2);
    bool secure = dest == 3 || el4_cpu_is_secure_below_el3(cpu);
    return !el4_debug_exceptions_enabled(cpu) &&
           el4_debug_exceptions_enabled_from(cpu, dest, secure && cpu->features.el3,
                                             spsr & EL4_PSTATE_D);
}

/* Bits of an SPSR that come back on a legal return only, by feature. */
static uint32_t legal_bits(const struct el4_features *features)
{
    return EL4_PSTATE_IL | (features->bti ? EL4_PSTATE_BTYPE : 0) |
           (features->ssbs ? EL4_PSTATE_SSBS : 0) | (features->uao ? EL4_PSTATE_UAO : 0) |
           (features->dit ? EL4_PSTATE_DIT : 0);
}

void el4_cpu_exception_return(struct el4_cpu *cpu, uint64_t target)
{
    unsigned el = el4_cpu_el(cpu);
    bool secure = el4_cpu_is_secure(cpu);
    uint64_t from = cpu->slot[EL4_SLOT_PC];
    uint64_t spsr = cpu->regs.spsr[el];
    bool illegal = is_illegal_return(cpu, spsr);
    bool step = step_restored(cpu, spsr, illegal);
    uint32_t always = EL4_PSTATE_D | EL4_PSTATE_A | EL4_PSTATE_I | EL4_PSTATE_F |
                      (cpu->features.pan ? EL4_PSTATE_PAN : 0);

    el4_pmu_sync(cpu);
    if (illegal) {
        cpu->pstate |= EL4_PSTATE_IL;
    } else {
        uint32_t mask = legal_bits(&cpu->features);
        el4_cpu_set_el_sp(cpu, EL4_FIELD(spsr, 3, 2), spsr & EL4_PSTATE_SP);
        cpu->pstate = (cpu->pstate & ~mask) | ((uint32_t)spsr & mask);
    }
    always |= EL4_PSTATE_SS;
    cpu->pstate = (cpu->pstate & ~always) | ((uint32_t)spsr & always & ~EL4_PSTATE_SS) |
                  (step ? EL4_PSTATE_SS : 0);
    cpu->slot[EL4_SLOT_NZCV] = spsr & UINT64_C(0xf0000000);
    cpu->exclusive_va = EL4_TLB_NO_TAG;
    atomic_store_explicit(&cpu->event, 1, memory_order_relaxed);
    cpu->slot[EL4_SLOT_PC] = el4_cpu_branch_target(cpu, target);
    el4_cpu_update_mode(cpu);
    el4_pmu_update(cpu);
    tell_gic(cpu, el, secure);
    if (cpu->trace && (cpu->trace->kinds & EL4_TRACE_EXCEPTION)) {
        cpu->trace->exception_return(cpu->trace, cpu, el, from);
    }
}
