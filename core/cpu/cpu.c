/* SPDX-License-Identifier: MIT */
/*
 * The mode word and the few primitives that everything else stands on: stack pointer banking,
 * PSTATE as a whole, the attention word.
 */
#include "cpu/cpu.h"

#include "cpu/debug.h"
#include "cpu/env.h"
#include "cpu/mem.h"

uint32_t el4_cpu_spsr(const struct el4_cpu *cpu)
{
    if (!el4_cpu_is_a32(cpu)) {
        return cpu->pstate | (uint32_t)cpu->slot[EL4_SLOT_NZCV];
    }
    uint32_t pstate = cpu->pstate & ~(3u << EL4_PSTATE_EL_SHIFT);
    return pstate | cpu->a32.mode |
           (uint32_t)(cpu->slot[EL4_SLOT_NZCV] | cpu->slot[EL4_SLOT_GE] |
                      cpu->slot[EL4_SLOT_Q]);
}

void el4_cpu_advance_it(struct el4_cpu *cpu)
{
    if (el4_cpu_is_a32(cpu)) {
        uint32_t it = el4_it_advance(el4_pstate_it(cpu->pstate));
        cpu->pstate = (cpu->pstate & ~EL4_PSTATE_IT) | el4_pstate_of_it(it);
    }
}

void el4_cpu_set_el_sp(struct el4_cpu *cpu, unsigned el, bool spsel)
{
    unsigned old = cpu->pstate & EL4_PSTATE_SP ? el4_cpu_el(cpu) : 0;
    unsigned now = spsel ? el : 0;
    cpu->regs.sp[old] = cpu->slot[EL4_SLOT_SP];
    cpu->slot[EL4_SLOT_SP] = cpu->regs.sp[now];
    cpu->pstate &= ~(3u << EL4_PSTATE_EL_SHIFT | EL4_PSTATE_SP);
    cpu->pstate |= el << EL4_PSTATE_EL_SHIFT | (spsel ? EL4_PSTATE_SP : 0);
}

void el4_cpu_notice(struct el4_cpu *cpu, uint32_t bits)
{
    uint32_t old = atomic_fetch_or_explicit(&cpu->attention, bits, memory_order_acq_rel);
    if ((old & bits) != bits && cpu->env && cpu->env->wake) {
        cpu->env->wake(cpu->env_data, cpu);
    }
}

void el4_cpu_masks_changed(struct el4_cpu *cpu)
{
    cpu->attention_enabled = UINT32_MAX;
    uint64_t pending = EL4_HCR_VF | EL4_HCR_VI | EL4_HCR_VSE;
    if (el4_cpu_hcr(cpu) & pending) {
        /* These have no line of their own in the attention word. */
        atomic_fetch_or_explicit(&cpu->attention, EL4_ATTENTION_RECHECK, memory_order_relaxed);
    }
}

unsigned el4_cpu_fp_trap_el(const struct el4_cpu *cpu, unsigned el)
{
    if (el <= 1 && !(el == 0 && el4_cpu_e2h_tge(cpu))) {
        unsigned fpen = EL4_FIELD(cpu->regs.cpacr_el1, 21, 20);
        if (!(fpen & 1) || (fpen == 1 && el == 0)) {
            return 1;
        }
    }
    return el4_cpu_fp_trap_above_el1(cpu, el);
}

unsigned el4_cpu_fp_trap_above_el1(const struct el4_cpu *cpu, unsigned el)
{
    const struct el4_sysregs *regs = &cpu->regs;
    if (el <= 2 && el4_cpu_el2_enabled(cpu) && !el4_cpu_el_is_a32(cpu, 2)) {
        if (el4_cpu_e2h(cpu)) {
            unsigned fpen = EL4_FIELD(regs->cptr_el2, 21, 20);
            bool tge = regs->hcr_el2 & EL4_HCR_TGE;
            if (!(fpen & 1) || (fpen == 1 && el == 0 && tge)) {
                return 2;
            }
        } else if (regs->cptr_el2 & EL4_CPTR_TFP) {
            return 2;
        }
    }
    return cpu->features.el3 && cpu->features.aarch64 && (regs->cptr_el3 & EL4_CPTR_TFP) ? 3
                                                                                         : 0;
}

static enum el4_mmu_index plain_index(const struct el4_cpu *cpu, unsigned el)
{
    switch (el) {
    case 0: return EL4_MMU_EL0;
    case 2:
        if (!el4_cpu_e2h(cpu)) {
            return EL4_MMU_EL2;
        }
        break;
    case 3: return EL4_MMU_EL3;
    default: break;
    }
    return cpu->pstate & EL4_PSTATE_PAN ? EL4_MMU_PRIV_PAN : EL4_MMU_PRIV;
}

/* LDTR and STTR: as EL0 at EL1 and at EL2 with E2H and TGE, unless PSTATE.UAO is set. */
static enum el4_mmu_index unprivileged_index(const struct el4_cpu *cpu, unsigned el)
{
    if (el4_cpu_is_a32(cpu)) {
        /* Not in Monitor mode, so that an SMC does not cost the EL0 fast TLB: no firmware
         * uses LDRT there. In Hyp mode it is UNPREDICTABLE. */
        bool as_el0 = el != 2 && cpu->a32.mode != EL4_A32_MON;
        return as_el0 ? EL4_MMU_EL0 : plain_index(cpu, el);
    }
    bool as_el0 = el == 1 || (el == 2 && el4_cpu_e2h_tge(cpu));
    if (as_el0 && !(cpu->pstate & EL4_PSTATE_UAO)) {
        return EL4_MMU_EL0;
    }
    return plain_index(cpu, el);
}

/* The EL0 and PRIV fast TLBs serve EL1&0 or EL2&0, Secure or not: drop them on a change. */
static void check_regime(struct el4_cpu *cpu, unsigned el)
{
    bool host = el == 2 ? el4_cpu_e2h(cpu) : el4_cpu_e2h_tge(cpu);
    bool monitor = cpu->a32.mode == EL4_A32_MON;
    if ((el == 3 && (!el4_cpu_is_a32(cpu) || monitor)) || (el == 2 && !host)) {
        return; /* these ELs use indices of their own; Secure PL1 of AArch32 has LDRT */
    }
    uint32_t regime = (host ? 2 : 1) | (el4_cpu_is_secure_below_el3(cpu) ? 4 : 0) |
                      (el4_cpu_el_is_a32(cpu, 1) ? 8 : 0);
    if (regime != cpu->regime) {
        cpu->regime = regime;
        el4_mem_flush_fast_tlb(cpu);
    } else if (el4_cpu_is_a32(cpu)) {
        el4_mem_enter_aarch32(cpu);
    }
}

/* What AArch32 and AArch64 have each for themselves. */
static void add_a32(const struct el4_cpu *cpu, union el4_cpu_mode *mode, uint64_t sctlr)
{
    mode->aarch32 = 1;
    mode->thumb = !!(cpu->pstate & EL4_PSTATE_T);
    mode->big_endian = !!(cpu->pstate & EL4_PSTATE_E);
    mode->fp_trap_el = el4_a32_fp_trap_el(cpu);
    mode->simd_off = el4_a32_simd_off(cpu);
    mode->d32_off = el4_a32_d32_off(cpu);
    mode->it_disable = cpu->features.a32_v8 && (sctlr & EL4_SCTLR_A32_ITD);
    mode->fp_vectors = !!(cpu->regs.fp.fpcr & EL4_FPSCR_LEN);
}

static void add_a64(const struct el4_cpu *cpu, union el4_cpu_mode *mode, uint64_t sctlr)
{
    unsigned el = mode->el;
    mode->fp_trap_el = el4_cpu_fp_trap_el(cpu, el);
    mode->big_endian = !!(sctlr & (el ? EL4_SCTLR_EE : EL4_SCTLR_E0E));
    mode->sp_align_check = !!(sctlr & (el ? EL4_SCTLR_SA : EL4_SCTLR_SA0));
    mode->uma_trap = el == 0 && !(sctlr & EL4_SCTLR_UMA);
    mode->spsel = !!(cpu->pstate & EL4_PSTATE_SP);
}

void el4_cpu_update_mode(struct el4_cpu *cpu)
{
    union el4_cpu_mode mode = {0};
    bool aarch32 = el4_cpu_is_a32(cpu);
    if (aarch32) {
        el4_a32_follow_security(cpu);
    }
    unsigned el = el4_cpu_el(cpu);
    uint64_t sctlr = cpu->regs.sctlr[el4_cpu_regime_el(cpu)];

    check_regime(cpu, el);
    el4_debug_update(cpu);
    mode.el = el;
    mode.secure = el4_cpu_is_secure(cpu);
    mode.mmu_index = plain_index(cpu, el);
    mode.unpriv_index = unprivileged_index(cpu, el);
    mode.align_check = !!(sctlr & EL4_SCTLR_A);
    mode.step_active = !!(cpu->debug_active & EL4_DEBUG_STEP);
    mode.trace_insn = cpu->mode.trace_insn;
    mode.single_insn =
        mode.trace_insn || mode.step_active || (cpu->debug_active & EL4_DEBUG_BREAKPOINTS);
    mode.illegal = !!(cpu->pstate & EL4_PSTATE_IL);
    if (aarch32) {
        add_a32(cpu, &mode, sctlr);
    } else {
        add_a64(cpu, &mode, sctlr);
    }
    cpu->mode = mode;
    el4_cpu_masks_changed(cpu);
}
