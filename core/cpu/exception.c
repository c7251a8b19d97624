/* SPDX-License-Identifier: MIT */
/*
 * Synchronous exceptions: raising, routing, entry and return (DDI 0487 D1.3). Interrupts are
 * in interrupt.c, what SMC and HVC mean in conduit.c, the entry to AArch32 in a32-exception.c.
 */
#include "cpu/exception.h"

#include <assert.h>
#include <string.h>

#include "cpu/a32-private.h"
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
    if (el4_cpu_hcr(cpu) & EL4_HCR_TGE && el == 0) {
        return 2;
    }
    return el4_cpu_el0_owner(cpu);
}

unsigned el4_cpu_debug_target(const struct el4_cpu *cpu)
{
    unsigned el = el4_cpu_el(cpu);
    if (el >= 2) {
        return el;
    }
    bool to_el2 = el4_debug_goes_to_el2(cpu, el4_cpu_is_secure_below_el3(cpu));
    return to_el2 ? 2 : el4_cpu_el0_owner(cpu);
}

void el4_cpu_raise_exception(struct el4_cpu *cpu, const struct el4_exception *e)
{
    assert(cpu->unwind);
    if (e != &cpu->exception) {
        cpu->exception = *e;
    }
    longjmp(*cpu->unwind, 1);
}

static void describe_fp_trap(const struct el4_cpu *cpu, struct el4_exception *e)
{
    if (el4_cpu_is_a32(cpu)) {
        if (!el4_a32_fp_is_trapped(cpu, true, (uint32_t)e->esr, e)) {
            e->target_el = el4_cpu_sync_target(cpu); /* what simd_off and d32_off refuse */
            e->esr = EL4_ESR(EL4_EC_UNKNOWN, 0);
        }
        return;
    }
    e->target_el = cpu->mode.fp_trap_el;
    e->esr = EL4_ESR(EL4_EC_FP_ACCESS, 0x1e00000); /* CV = 1, COND = always */
    if (e->target_el == 1 && (el4_cpu_hcr(cpu) & EL4_HCR_TGE)) {
        /* AArch64.AdvSIMDFPAccessTrap(): what EL1 would take is Unknown for EL2. */
        e->target_el = 2;
        e->esr = EL4_ESR(EL4_EC_UNKNOWN, 0);
    }
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
    case EL4_RAISE_DOORBELL: break; /* mem.c describes it itself */
    case EL4_RAISE_BRK: e.target_el = el4_cpu_debug_target(cpu); break;
    case EL4_RAISE_FP_TRAP: describe_fp_trap(cpu, &e); break;
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
    el4_cpu_take_exception(cpu, &e, e.return_next ? pc + el4_esr_insn_bytes(esr) : pc);
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

/* Where an exception or its return came from. */
struct origin {
    unsigned el;
    bool secure;
    bool ns; /* SCR.NS: an exception in Monitor mode clears it */
};

static struct origin origin_of(const struct el4_cpu *cpu)
{
    return (struct origin){
        .el = el4_cpu_el(cpu),
        .secure = el4_cpu_is_secure(cpu),
        .ns = cpu->regs.scr_el3 & EL4_SCR_NS,
    };
}

/* The GIC's CPU interface signals by whether this is EL3 and by the security state. */
static void tell_gic(struct el4_cpu *cpu, const struct origin *old)
{
    bool el3_changed = (old->el == 3) != (el4_cpu_el(cpu) == 3);
    bool ns_changed = old->ns != !!(cpu->regs.scr_el3 & EL4_SCR_NS);
    if ((el3_changed || ns_changed || old->secure != el4_cpu_is_secure(cpu)) && cpu->env &&
        cpu->env->control_changed) {
        cpu->env->control_changed(cpu->env_data, cpu);
    }
}

/* The level right below the target uses AArch32 (AArch64.TakeException). */
static bool lower_uses_a32(const struct el4_cpu *cpu, unsigned target)
{
    if (target == 3) {
        return el4_cpu_el_is_a32(cpu, el4_cpu_el2_enabled(cpu) ? 2 : 1);
    }
    bool host = target == 2 && el4_cpu_e2h_tge(cpu);
    return el4_cpu_el_is_a32(cpu, host ? 0 : target - 1);
}

static void enter_a64(struct el4_cpu *cpu, const struct el4_exception *e, uint64_t pc)
{
    struct el4_sysregs *regs = &cpu->regs;
    unsigned el = el4_cpu_el(cpu);
    unsigned target = e->target_el;

    unsigned offset = e->vector;
    if (target > el) {
        offset += lower_uses_a32(cpu, target) ? 0x600 : 0x400;
    } else if (cpu->pstate & EL4_PSTATE_SP) {
        offset += 0x200;
    }
    uint32_t spsr = el4_cpu_spsr(cpu);
    if (el4_cpu_is_a32(cpu)) {
        el4_a32_leave_to_a64(cpu);
    } else if (!keeps_btype(e)) {
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
}

static void enter(struct el4_cpu *cpu, const struct el4_exception *e, uint64_t pc)
{
    struct origin old = origin_of(cpu);

    assert(e->target_el >= old.el && e->target_el >= 1 && e->target_el <= 3);
    el4_pmu_sync(cpu);
    if (e->return_next) {
        el4_cpu_advance_it(cpu);
    }
    if (el4_cpu_el_is_a32(cpu, e->target_el)) {
        el4_a32_enter(cpu, e, pc);
    } else {
        enter_a64(cpu, e, pc);
    }
    el4_cpu_update_mode(cpu);
    el4_pmu_update(cpu);
    tell_gic(cpu, &old);
    if (cpu->trace && (cpu->trace->kinds & EL4_TRACE_EXCEPTION)) {
        cpu->trace->exception(cpu->trace, cpu, e, old.el, pc);
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

/* What was no exception after all: done, for software step and IT. */
static void complete_instruction(struct el4_cpu *cpu)
{
    cpu->pstate &= ~EL4_PSTATE_SS;
    el4_cpu_advance_it(cpu);
    el4_cpu_update_mode(cpu);
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
            complete_instruction(cpu);
            return;
        }
        enter_undefined(cpu,
                        pc - el4_esr_insn_bytes(copy.esr)); /* halting debug is not there */
        return;
    case EL4_RAISE_DOORBELL:
        cpu->slot[EL4_SLOT_PC] = pc;
        cpu->env->call(cpu->env_data, cpu, EL4_CPU_CONDUIT_EL4, 0);
        complete_instruction(cpu);
        return;
    default: el4_mmu_complete_exception(cpu, &copy, pc); enter(cpu, &copy, pc);
    }
}

/* ELFromSPSR(): false if the SPSR names no EL or mode that exists. */
static bool target_from_spsr(const struct el4_cpu *cpu, uint64_t spsr, unsigned *target)
{
    if (spsr & EL4_PSTATE_NRW) {
        return el4_a32_mode_el(cpu, spsr & EL4_CPSR_M, target) &&
               (cpu->features.a32_els >> *target & 1);
    }
    unsigned el = EL4_FIELD(spsr, 3, 2);
    *target = el;
    if (spsr & 2) {
        return false;
    }
    switch (el) {
    case 0: return !(spsr & EL4_PSTATE_SP);
    case 1: return true;
    case 2: return el4_cpu_el2_enabled(cpu);
    default: return cpu->features.el3;
    }
}

/* EL0 below an AArch64 EL1 may be either; else the width must be what the registers say. */
static bool width_is_wrong(const struct el4_cpu *cpu, uint64_t spsr, unsigned target)
{
    bool to_a32 = spsr & EL4_PSTATE_NRW;
    if (target == 0 && !el4_cpu_el_is_a32(cpu, 1)) {
        return false;
    }
    return to_a32 != el4_cpu_el_is_a32(cpu, target);
}

/* IllegalExceptionReturn() of the manual. */
static bool is_illegal_return(const struct el4_cpu *cpu, uint64_t spsr)
{
    unsigned target;
    if (!target_from_spsr(cpu, spsr, &target) || target > el4_cpu_el(cpu)) {
        return true;
    }
    if (width_is_wrong(cpu, spsr, target)) {
        return true;
    }
    return target == 1 && (el4_cpu_hcr(cpu) & EL4_HCR_TGE);
}

/* DebugExceptionReturnSS(): may the step bit of the SPSR come back? */
static bool step_restored(const struct el4_cpu *cpu, uint64_t spsr, bool illegal)
{
    if (!(spsr & EL4_PSTATE_SS)) {
        return false;
    }
    unsigned dest;
    if (illegal || !target_from_spsr(cpu, spsr, &dest)) {
        dest = el4_cpu_el(cpu);
    }
    bool secure = dest == 3 || el4_cpu_is_secure_below_el3(cpu);
    bool masked = (spsr & EL4_PSTATE_NRW ? cpu->pstate : spsr) & EL4_PSTATE_D;
    return el4_debug_step_enabled(cpu, secure) && !el4_debug_exceptions_enabled(cpu) &&
           el4_debug_exceptions_enabled_from(cpu, dest, secure, masked);
}

/* Bits of an SPSR that come back on a legal return only, by feature. */
static uint32_t legal_bits(const struct el4_features *features)
{
    return EL4_PSTATE_IL | (features->bti ? EL4_PSTATE_BTYPE : 0) |
           (features->ssbs ? EL4_PSTATE_SSBS : 0) | (features->uao ? EL4_PSTATE_UAO : 0) |
           (features->dit ? EL4_PSTATE_DIT : 0);
}

/* SetPSTATEFromPSR() of a return that ends in AArch64 state. */
static void restore_pstate(struct el4_cpu *cpu, uint64_t spsr, bool illegal)
{
    uint32_t always = EL4_PSTATE_A | EL4_PSTATE_I | EL4_PSTATE_F |
                      (spsr & EL4_PSTATE_NRW ? 0 : EL4_PSTATE_D) |
                      (cpu->features.pan ? EL4_PSTATE_PAN : 0);
    if (illegal) {
        cpu->pstate |= EL4_PSTATE_IL;
    } else {
        uint32_t mask = legal_bits(&cpu->features);
        el4_cpu_set_el_sp(cpu, EL4_FIELD(spsr, 3, 2), spsr & EL4_PSTATE_SP);
        cpu->pstate = (cpu->pstate & ~mask) | ((uint32_t)spsr & mask);
    }
    cpu->pstate = (cpu->pstate & ~always) | ((uint32_t)spsr & always);
    cpu->slot[EL4_SLOT_NZCV] = spsr & UINT64_C(0xf0000000);
}

/* What every return ends with; PSTATE is set. */
static void finish_return(struct el4_cpu *cpu, const struct origin *old, uint64_t target)
{
    uint64_t from = cpu->slot[EL4_SLOT_PC];
    cpu->exclusive_va = EL4_TLB_NO_TAG;
    atomic_store_explicit(&cpu->event, 1, memory_order_relaxed);
    cpu->slot[EL4_SLOT_PC] = el4_cpu_is_a32(cpu) ? el4_a32_align_pc(cpu, target)
                                                 : el4_cpu_branch_target(cpu, target);
    el4_cpu_update_mode(cpu);
    el4_pmu_update(cpu);
    tell_gic(cpu, old);
    if (cpu->trace && (cpu->trace->kinds & EL4_TRACE_EXCEPTION)) {
        cpu->trace->exception_return(cpu->trace, cpu, old->el, from);
    }
}

void el4_cpu_exception_return(struct el4_cpu *cpu, uint64_t target)
{
    struct origin old = origin_of(cpu);
    uint64_t spsr = cpu->regs.spsr[old.el];
    bool illegal = is_illegal_return(cpu, spsr);
    bool step = step_restored(cpu, spsr, illegal);

    el4_pmu_sync(cpu);
    if (!illegal && (spsr & EL4_PSTATE_NRW)) {
        el4_a32_enter_from_a64(cpu, (uint32_t)spsr);
    } else {
        restore_pstate(cpu, spsr, illegal);
    }
    cpu->pstate = (cpu->pstate & ~EL4_PSTATE_SS) | (step ? EL4_PSTATE_SS : 0);
    finish_return(cpu, &old, target);
}

void el4_a32_exception_return(struct el4_cpu *cpu, uint32_t new_pc, uint32_t spsr)
{
    struct origin old = origin_of(cpu);
    el4_pmu_sync(cpu);
    el4_a32_set_psr(cpu, spsr);
    finish_return(cpu, &old, new_pc);
}

uint32_t el4_cpu_save_x(struct el4_cpu *cpu, uint64_t x[31])
{
    uint32_t spsr = el4_cpu_spsr(cpu);
    bool aarch32 = el4_cpu_is_a32(cpu);
    if (aarch32) {
        el4_a32_leave_to_a64(cpu); /* for its registers to be where AArch64 has them */
    }
    memcpy(x, &cpu->slot[EL4_SLOT_X0], 31 * sizeof(*x));
    if (aarch32) {
        el4_a32_enter_from_a64(cpu, spsr);
        el4_cpu_update_mode(cpu);
    }
    return spsr;
}

bool el4_cpu_may_resume(const struct el4_cpu *cpu, uint32_t spsr)
{
    unsigned target;
    return target_from_spsr(cpu, spsr, &target) && target < 3 && cpu->features.aarch64 &&
           el4_cpu_el(cpu) < 3 && !width_is_wrong(cpu, spsr, target) &&
           !(target == 1 && (el4_cpu_hcr(cpu) & EL4_HCR_TGE));
}

void el4_cpu_resume(struct el4_cpu *cpu, const uint64_t x[31], uint64_t pc, uint32_t spsr)
{
    struct origin old = origin_of(cpu);
    el4_pmu_sync(cpu);
    if (el4_cpu_is_a32(cpu)) {
        el4_a32_leave_to_a64(cpu);
    }
    memcpy(&cpu->slot[EL4_SLOT_X0], x, 31 * sizeof(*x));
    if (spsr & EL4_PSTATE_NRW) {
        el4_a32_enter_from_a64(cpu, spsr);
    } else {
        restore_pstate(cpu, spsr, false);
    }
    cpu->pstate = (cpu->pstate & ~EL4_PSTATE_SS) | (spsr & EL4_PSTATE_SS);
    finish_return(cpu, &old, pc);
}
