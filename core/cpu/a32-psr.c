/* SPDX-License-Identifier: MIT */
/*
 * CPSR and SPSR: MSR, CPS, SETEND, and what an exception return restores (DDI 0487 G1.10 and
 * G1.15, DDI 0406C B1.3.3 for what v7 does otherwise).
 */
#include "cpu/a32-private.h"
#include "cpu/cpu.h"
#include "cpu/env.h"
#include "cpu/pmu.h"

/* PSTATE bits at the same place in the CPSR. */
#define SAME_BITS                                                                              \
    (EL4_PSTATE_T | EL4_PSTATE_F | EL4_PSTATE_I | EL4_PSTATE_A | EL4_PSTATE_E |                \
     EL4_PSTATE_IT | EL4_PSTATE_IL | EL4_PSTATE_PAN)
#define PSTATE_SSBS_A32 EL4_CPSR_SSBS /* the bit of UAO in AArch64 */

uint32_t el4_a32_cpsr(const struct el4_cpu *cpu)
{
    uint32_t cpsr = (cpu->pstate & (SAME_BITS | PSTATE_SSBS_A32)) | cpu->a32.mode;
    cpsr |= cpu->pstate & EL4_PSTATE_DIT ? EL4_CPSR_DIT : 0;
    return cpsr | (uint32_t)(cpu->slot[EL4_SLOT_NZCV] | cpu->slot[EL4_SLOT_GE] |
                             cpu->slot[EL4_SLOT_Q]);
}

static void replace(struct el4_cpu *cpu, uint32_t bits, uint32_t value)
{
    cpu->pstate = (cpu->pstate & ~bits) | (value & bits);
}

/* Without the Virtualization Extensions SCR.AW and FW keep Non-secure code off A and F. */
bool el4_a32_mask_is_locked(const struct el4_cpu *cpu, uint64_t scr_enable)
{
    return cpu->features.el3_a32 && !cpu->features.el2 && !el4_cpu_is_secure(cpu) &&
           !(cpu->regs.scr_el3 & scr_enable);
}

static uint32_t writable_masks(const struct el4_cpu *cpu)
{
    return EL4_CPSR_I | (el4_a32_mask_is_locked(cpu, EL4_SCR_AW) ? 0 : EL4_CPSR_A) |
           (el4_a32_mask_is_locked(cpu, EL4_SCR_FW) ? 0 : EL4_CPSR_F);
}

static void set_flags(struct el4_cpu *cpu, uint32_t value)
{
    cpu->slot[EL4_SLOT_NZCV] = value & EL4_CPSR_NZCV;
    cpu->slot[EL4_SLOT_Q] = value & EL4_CPSR_Q;
}

/* The bits of byte 2: PAN is privileged, and each is there with its feature only. */
static void set_byte2(struct el4_cpu *cpu, uint32_t value, uint32_t mask, bool privileged)
{
    const struct el4_features *features = &cpu->features;
    if (features->ssbs) {
        replace(cpu, PSTATE_SSBS_A32 & mask, value);
    }
    if (features->pan && privileged) {
        replace(cpu, EL4_PSTATE_PAN & mask, value);
    }
    if (features->dit && (mask & EL4_CPSR_DIT)) {
        replace(cpu, EL4_PSTATE_DIT, value & EL4_CPSR_DIT ? EL4_PSTATE_DIT : 0);
    }
    cpu->slot[EL4_SLOT_GE] =
        (cpu->slot[EL4_SLOT_GE] & ~mask & EL4_CPSR_GE) | (value & mask & EL4_CPSR_GE);
}

/* An illegal mode: PSTATE.IL in v8; v7 leaves it open, and the mode stays. */
static void refuse_mode(struct el4_cpu *cpu)
{
    if (cpu->features.a32_v8) {
        cpu->pstate |= EL4_PSTATE_IL;
    }
}

/* AArch32.WriteModeByInstr() */
static void write_mode(struct el4_cpu *cpu, uint32_t mode)
{
    uint32_t old = cpu->a32.mode;
    unsigned el;
    bool valid = el4_a32_mode_el(cpu, mode, &el) && el <= el4_cpu_el(cpu);
    if ((old == EL4_A32_HYP) != (mode == EL4_A32_HYP)) {
        valid = false; /* Hyp is entered and left by exceptions only */
    }
    if (old == EL4_A32_MON && el == 1 && (el4_cpu_hcr(cpu) & EL4_HCR_TGE)) {
        valid = false;
    }
    if (!valid) {
        refuse_mode(cpu);
    } else if (mode != old) {
        el4_a32_set_mode(cpu, mode);
    }
}

static void write_by_instruction(struct el4_cpu *cpu, uint32_t value, uint32_t mask)
{
    bool privileged = el4_cpu_el(cpu) != 0;
    if (mask & EL4_CPSR_NZCV) {
        set_flags(cpu, value);
    }
    set_byte2(cpu, value, mask, privileged);
    replace(cpu, EL4_PSTATE_E & mask, value);
    if (privileged) {
        replace(cpu, writable_masks(cpu) & mask, value);
        if (mask & EL4_CPSR_M) {
            write_mode(cpu, value & EL4_CPSR_M);
        }
    }
}

/* RestoredITBits(): ITSTATE makes sense in T32 only. */
static uint32_t restored_it(uint32_t spsr)
{
    uint32_t it = el4_pstate_it(spsr);
    if (!(spsr & EL4_CPSR_T) || !(it & 15)) {
        return 0;
    }
    return spsr & EL4_CPSR_IT;
}

/* The part of SetPSTATEFromPSR() that an illegal return does too; mode and IL come before. */
static void restore(struct el4_cpu *cpu, uint32_t spsr, uint32_t masks)
{
    set_flags(cpu, spsr);
    cpu->slot[EL4_SLOT_GE] = spsr & EL4_CPSR_GE;
    if (cpu->features.pan) {
        replace(cpu, EL4_PSTATE_PAN, spsr);
    }
    replace(cpu, EL4_PSTATE_IT, restored_it(spsr));
    replace(cpu, EL4_PSTATE_T | EL4_PSTATE_E | masks, spsr);
}

/* IllegalExceptionReturn() for a return within AArch32. */
static bool is_illegal(const struct el4_cpu *cpu, uint32_t spsr)
{
    unsigned el;
    if (!el4_a32_mode_el(cpu, spsr & EL4_CPSR_M, &el) || el > el4_cpu_el(cpu)) {
        return true;
    }
    return el == 1 && (el4_cpu_hcr(cpu) & EL4_HCR_TGE);
}

void el4_a32_set_psr(struct el4_cpu *cpu, uint32_t spsr)
{
    uint32_t masks = writable_masks(cpu);
    cpu->pstate &= ~EL4_PSTATE_SS;
    if (is_illegal(cpu, spsr)) {
        refuse_mode(cpu);
    } else {
        uint32_t mode = spsr & EL4_CPSR_M;
        replace(cpu, EL4_PSTATE_IL, cpu->features.a32_v8 ? spsr : 0);
        if (mode != cpu->a32.mode) {
            el4_a32_set_mode(cpu, mode);
        }
        if (cpu->features.ssbs) {
            replace(cpu, PSTATE_SSBS_A32, spsr);
        }
    }
    if (cpu->features.dit) {
        replace(cpu, EL4_PSTATE_DIT, spsr & EL4_CPSR_DIT ? EL4_PSTATE_DIT : 0);
    }
    restore(cpu, spsr, masks);
}

void el4_a32_write_cpsr(struct el4_cpu *cpu, uint32_t value, uint32_t mask,
                        bool by_exception_return)
{
    unsigned el = el4_cpu_el(cpu);
    if (by_exception_return || (mask & EL4_CPSR_M)) {
        el4_pmu_sync(cpu); /* counts by EL */
    }
    if (by_exception_return) {
        el4_a32_set_psr(cpu, value);
    } else {
        write_by_instruction(cpu, value, mask);
    }
    el4_cpu_update_mode(cpu);
    bool left_el3 = el == 3 && el4_cpu_el(cpu) != 3; /* Monitor mode, or to Secure User */
    if (left_el3 && cpu->env && cpu->env->control_changed) {
        cpu->env->control_changed(cpu->env_data, cpu);
    }
}

void el4_a32_cps(struct el4_cpu *cpu, uint32_t value, uint32_t mask)
{
    if (el4_cpu_el(cpu)) {
        el4_a32_write_cpsr(cpu, value,
                           mask & (EL4_CPSR_A | EL4_CPSR_I | EL4_CPSR_F | EL4_CPSR_M), false);
    }
}

void el4_a32_setend(struct el4_cpu *cpu, bool big_endian)
{
    uint64_t sctlr = cpu->regs.sctlr[el4_cpu_regime_el(cpu)];
    if (cpu->features.a32_v8 && (sctlr & EL4_SCTLR_A32_SED)) {
        el4_cpu_raise_undefined(cpu);
    }
    replace(cpu, EL4_PSTATE_E, big_endian ? EL4_PSTATE_E : 0);
    el4_cpu_update_mode(cpu);
}

static uint64_t *current_spsr(struct el4_cpu *cpu)
{
    uint64_t *spsr = el4_a32_spsr_of(cpu, cpu->a32.mode);
    if (!spsr) {
        el4_cpu_raise_undefined(cpu);
    }
    return spsr;
}

uint32_t el4_a32_read_spsr(struct el4_cpu *cpu)
{
    return (uint32_t)*current_spsr(cpu);
}

void el4_a32_write_spsr(struct el4_cpu *cpu, uint32_t value, uint32_t mask)
{
    uint64_t *spsr = current_spsr(cpu);
    *spsr = ((uint32_t)*spsr & ~mask) | (value & mask);
}

uint32_t el4_a32_align_pc(const struct el4_cpu *cpu, uint64_t pc)
{
    return (uint32_t)pc & (cpu->pstate & EL4_PSTATE_T ? ~1u : ~3u);
}

void el4_a32_enter_from_a64(struct el4_cpu *cpu, uint32_t spsr)
{
    el4_cpu_set_el_sp(cpu, 0, false);
    el4_a32_adopt_x(cpu);
    cpu->pstate = EL4_PSTATE_NRW;
    el4_a32_set_mode(cpu, spsr & EL4_CPSR_M);
    replace(cpu, EL4_PSTATE_IL, spsr);
    if (cpu->features.ssbs) {
        replace(cpu, PSTATE_SSBS_A32, spsr);
    }
    if (cpu->features.dit) {
        replace(cpu, EL4_PSTATE_DIT, spsr); /* SPSR_ELx has it where PSTATE does */
    }
    restore(cpu, spsr, EL4_PSTATE_A | EL4_PSTATE_I | EL4_PSTATE_F);
}
