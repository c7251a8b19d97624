/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 system instructions: exception generation and return, PSTATE, hints, barriers,
 * and the status registers. What a status register does stands in core/cpu/a32*.c; here is
 * what it means for the block: all that may change how the next instruction translates, or
 * unmask an interrupt, ends it. Coprocessor instructions are in a32-cp.c.
 */
#include <stddef.h>

#include "a32.h"
#include "cpu/a32.h"
#include "cpu/cpu.h"
#include "cpu/crosscall.h"
#include "cpu/env.h"
#include "cpu/exception.h"
#include "cpu/sysreg.h"

#define CALL(name)                                                                             \
    static uint64_t name(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)

static void emit_call(struct el4_translator *t, el4_call_fn *fn, unsigned aux)
{
    el4_emit_call(t, fn, EL4_SLOT_SINK, EL4_SLOT_ZERO, EL4_SLOT_ZERO, EL4_SLOT_ZERO, aux);
}

/* ---- exception generation ---- */

/* A semihosting call if the machine has it; else an SVC: a is its ESR. */
CALL(call_semihosting)
{
    if (!(cpu->env && cpu->env->semihosting && cpu->env->semihosting(cpu->env_data, cpu))) {
        el4_cpu_raise(cpu, EL4_RAISE_SVC, a);
    }
    return 0;
}

bool el4_a32_SVC(struct el4_translator *t, const struct a32_args_exception *a)
{
    uint64_t esr = el4_a32_esr(t, EL4_EC_SVC32, a->imm & 0xffff);
    if (a->imm == (el4_a32_is_thumb(t) ? 0xab : 0x123456)) {
        el4_emit_call(t, call_semihosting, EL4_SLOT_SINK, el4_a32_constant(t, esr),
                      EL4_SLOT_ZERO, EL4_SLOT_ZERO, 0);
        el4_emit_exit_next(t);
    } else {
        el4_emit_raise(t, EL4_RAISE_SVC, esr);
    }
    return true;
}

/* No Debug state: UNDEFINED unless the machine takes it, for semihosting or the EL4 call. */
bool el4_a32_HLT(struct el4_translator *t, const struct a32_args_exception *a)
{
    if (el4_a32_in_it(t)) {
        return false;
    }
    el4_emit_raise(t, EL4_RAISE_HLT, el4_a32_esr(t, EL4_EC_UNKNOWN, a->imm));
    return true;
}

/* The Virtualization Extensions of v7; no core of that age has them without LPAE. */
static bool has_virtualization(const struct el4_translator *t)
{
    return t->features->a32_v8 || t->features->lpae;
}

bool el4_a32_HVC(struct el4_translator *t, const struct a32_args_exception *a)
{
    if (!has_virtualization(t) || t->mode.el == 0 || el4_a32_in_it(t)) {
        return false;
    }
    el4_emit_raise(t, EL4_RAISE_HVC, EL4_ESR(EL4_EC_HVC32, a->imm));
    return true;
}

/* The immediate goes in for the service chain; the syndrome of SMC32 has none (conduit.c). */
bool el4_a32_SMC(struct el4_translator *t, const struct a32_args_exception *a)
{
    if (t->mode.el == 0) {
        return false;
    }
    el4_emit_raise(t, EL4_RAISE_SMC, EL4_ESR(EL4_EC_SMC32, a->imm));
    return true;
}

/* Not conditional, even in an IT block. */
bool el4_a32_BKPT(struct el4_translator *t, const struct a32_args_exception *a)
{
    t->cond_taken = t->cond < EL4_A32_ALWAYS;
    el4_emit_raise(t, EL4_RAISE_BRK, el4_a32_esr(t, EL4_EC_BKPT32, a->imm));
    return true;
}

bool el4_a32_UDF(struct el4_translator *t, const struct a32_args_exception *a)
{
    return false;
}

/* ---- exception return ---- */

CALL(call_check_return)
{
    el4_a32_check_return(cpu, false);
    return 0;
}

CALL(call_return)
{
    el4_a32_check_return(cpu, false);
    el4_a32_exception_return(cpu, (uint32_t)a, el4_a32_read_spsr(cpu));
    return cpu->slot[EL4_SLOT_PC];
}

CALL(call_return_to)
{
    el4_a32_exception_return(cpu, (uint32_t)a, (uint32_t)b);
    return cpu->slot[EL4_SLOT_PC];
}

CALL(call_eret)
{
    el4_a32_check_return(cpu, true);
    el4_a32_eret(cpu);
    return cpu->slot[EL4_SLOT_PC];
}

static void emit_return(struct el4_translator *t, el4_call_fn *fn, unsigned a, unsigned b)
{
    unsigned pc = el4_temp(t);
    el4_emit_call(t, fn, pc, a, b, EL4_SLOT_ZERO, 0);
    el4_emit(t, EL4_UOP_EXITPC, 0, pc, 0, 0, 0, 0);
    t->ended = true;
}

/* In an IT block a return is its last instruction. */
static bool may_return(const struct el4_translator *t)
{
    return t->mode.el != 0 && (!el4_a32_in_it(t) || el4_a32_last_in_it(t));
}

bool el4_a32_return_with(struct el4_translator *t, unsigned slot)
{
    if (t->mode.el == 2 || !may_return(t)) {
        return false;
    }
    emit_return(t, call_return, slot, EL4_SLOT_ZERO);
    return true;
}

void el4_a32_return_to(struct el4_translator *t, unsigned slot, unsigned psr)
{
    emit_return(t, call_return_to, slot, psr);
}

void el4_a32_emit_check_return(struct el4_translator *t)
{
    emit_call(t, call_check_return, 0);
}

bool el4_a32_ERET(struct el4_translator *t, const struct a32_args_none *a)
{
    if (!may_return(t) || !(el4_a32_is_thumb(t) || has_virtualization(t))) {
        return false;
    }
    emit_return(t, call_eret, EL4_SLOT_ZERO, EL4_SLOT_ZERO);
    return true;
}

/* T32: SUBS PC, LR, #imm; ERET with an immediate of zero. */
bool el4_a32_SUBS_pc_lr(struct el4_translator *t, const struct a32_args_return_sub *a)
{
    if (a->imm == 0) {
        return el4_a32_ERET(t, NULL);
    }
    unsigned target = el4_temp(t);
    el4_emit_dai(t, EL4_UOP_ADDI32, target, EL4_A32_LR, -a->imm);
    return el4_a32_return_with(t, target);
}

/* ---- hints: all that is not listed is a NOP (YIELD, ESB, CSDB, DBG) ---- */

enum { HINT_WFE = 2, HINT_WFI = 3, HINT_SEV = 4, HINT_SEVL = 5 };

bool el4_a32_HINT(struct el4_translator *t, const struct a32_args_hint *a)
{
    switch (a->op) {
    case HINT_WFE:
        emit_call(t, el4_wfe_call, 0);
        el4_emit_exit_next(t);
        break;
    case HINT_WFI:
        emit_call(t, el4_wfi_call, 0);
        el4_emit_exit_next(t);
        break;
    case HINT_SEV: emit_call(t, el4_sev_call, 0); break;
    case HINT_SEVL:
        if (t->features->a32_v8) {
            emit_call(t, el4_sevl_call, 0);
        }
        break;
    default: break;
    }
    return true;
}

/* ---- barriers ---- */

enum { BARRIER_LOADS = 1, BARRIER_STORES = 2 };

static unsigned fence_kind(unsigned option)
{
    switch (option & 3) {
    case BARRIER_LOADS: return EL4_FENCE_ACQUIRE;
    case BARRIER_STORES: return EL4_FENCE_RELEASE;
    default: return EL4_FENCE_FULL;
    }
}

CALL(call_clrex)
{
    cpu->exclusive_va = EL4_TLB_NO_TAG;
    return 0;
}

CALL(call_wait_for_others)
{
    el4_crosscall_wait(cpu);
    return 0;
}

bool el4_a32_CLREX(struct el4_translator *t, const struct a32_args_none *a)
{
    emit_call(t, call_clrex, 0);
    return true;
}

bool el4_a32_DMB(struct el4_translator *t, const struct a32_args_barrier *a)
{
    el4_emit(t, EL4_UOP_FENCE, 0, 0, 0, 0, fence_kind(a->option), 0);
    return true;
}

bool el4_a32_DSB(struct el4_translator *t, const struct a32_args_barrier *a)
{
    bool speculation_only = a->option == 0 || a->option == 4; /* SSBB, PSSBB */
    if (speculation_only && t->features->a32_v8) {
        return true;
    }
    el4_emit(t, EL4_UOP_FENCE, 0, 0, 0, 0, fence_kind(a->option), 0);
    emit_call(t, call_wait_for_others, 0);
    return true;
}

bool el4_a32_ISB(struct el4_translator *t, const struct a32_args_barrier *a)
{
    el4_emit_exit_next(t);
    return true;
}

bool el4_a32_SB(struct el4_translator *t, const struct a32_args_none *a)
{
    return t->features->a32_sb && !el4_a32_in_it(t); /* nothing is executed speculatively */
}

/* ---- PSTATE: CPS, SETEND, SETPAN; UNPREDICTABLE in an IT block ---- */

enum { CPS_NONE = 0, CPS_ENABLE = 2, CPS_DISABLE = 3 };

CALL(call_cps)
{
    el4_a32_cps(cpu, (uint32_t)a, (uint32_t)b);
    return 0;
}

bool el4_a32_CPS(struct el4_translator *t, const struct a32_args_cps *a)
{
    bool masks = a->imod >= CPS_ENABLE;
    if (a->imod == 1 || (!masks && !a->m) || masks != (a->aif != 0) ||
        (a->mode != 0 && !a->m) || el4_a32_in_it(t)) {
        return false;
    }
    if (t->mode.el == 0) {
        return true; /* no effect */
    }
    uint32_t bits = (uint32_t)a->aif << 6;
    uint32_t value = (a->imod == CPS_DISABLE ? bits : 0) | a->mode;
    uint32_t mask = bits | (a->m ? EL4_CPSR_M : 0);
    el4_emit_call(t, call_cps, EL4_SLOT_SINK, el4_a32_constant(t, value),
                  el4_a32_constant(t, mask), EL4_SLOT_ZERO, 0);
    if (a->imod == CPS_ENABLE || a->m) {
        el4_emit_exit_next(t);
    }
    return true;
}

CALL(call_setend)
{
    el4_a32_setend(cpu, aux);
    return 0;
}

bool el4_a32_SETEND(struct el4_translator *t, const struct a32_args_endian *a)
{
    if (el4_a32_in_it(t)) {
        return false;
    }
    emit_call(t, call_setend, a->e);
    el4_emit_exit_next(t);
    return true;
}

bool el4_a32_SETPAN(struct el4_translator *t, const struct a32_args_pan *a)
{
    if (!t->features->pan || el4_a32_in_it(t)) {
        return false;
    }
    if (t->mode.el == 0) {
        return true; /* no effect */
    }
    emit_call(t, el4_msr_pan_call, a->imm);
    el4_emit_exit_next(t);
    return true;
}

/* ---- MRS and MSR ---- */

/* What MRS shows of the CPSR: not J, T and IT. */
#define MRS_CPSR 0xf8ff03dfu

CALL(call_read_cpsr)
{
    return el4_a32_cpsr(cpu) & MRS_CPSR;
}

CALL(call_write_cpsr)
{
    el4_a32_write_cpsr(cpu, (uint32_t)a, (uint32_t)b, false);
    return 0;
}

CALL(call_read_spsr)
{
    return el4_a32_read_spsr(cpu);
}

CALL(call_write_spsr)
{
    el4_a32_write_spsr(cpu, (uint32_t)a, (uint32_t)b);
    return 0;
}

CALL(call_read_banked)
{
    return el4_a32_read_banked(cpu, aux >> 5, aux & 31);
}

CALL(call_write_banked)
{
    el4_a32_write_banked(cpu, aux >> 5, aux & 31, (uint32_t)a);
    return 0;
}

bool el4_a32_MRS(struct el4_translator *t, const struct a32_args_mrs *a)
{
    if (a->rd == EL4_A32_PC || (a->r && t->mode.el == 0)) {
        return false;
    }
    el4_emit_call(t, a->r ? call_read_spsr : call_read_cpsr, a->rd, EL4_SLOT_ZERO,
                  EL4_SLOT_ZERO, EL4_SLOT_ZERO, 0);
    return true;
}

/* The four bits of a mask (c, x, s, f), a byte each. */
static uint32_t byte_mask(unsigned mask)
{
    return (mask & 1 ? 0xffu : 0) | (mask & 2 ? 0xff00u : 0) | (mask & 4 ? 0xff0000u : 0) |
           (mask & 8 ? 0xff000000u : 0);
}

static void write_flags(struct el4_translator *t, unsigned value)
{
    el4_emit_da(t, EL4_UOP_SETF, 0, value);
    el4_emit_dai(t, EL4_UOP_ANDI64, EL4_SLOT_Q, value, EL4_CPSR_Q);
}

static bool write_psr(struct el4_translator *t, unsigned r, unsigned mask, unsigned value)
{
    enum { MASK_X = 2, MASK_F = 8, MASK_SF = 12 };
    if (mask == 0 || (r && t->mode.el == 0)) {
        return false;
    }
    if (r) {
        el4_emit_call(t, call_write_spsr, EL4_SLOT_SINK, value,
                      el4_a32_constant(t, byte_mask(mask)), EL4_SLOT_ZERO, 0);
        return true;
    }
    if (mask == MASK_F) {
        write_flags(t, value);
        return true;
    }
    el4_emit_call(t, call_write_cpsr, EL4_SLOT_SINK, value,
                  el4_a32_constant(t, byte_mask(mask)), EL4_SLOT_ZERO, 0);
    bool flags_only = t->mode.el == 0 && !(mask & MASK_X);
    if (!flags_only) {
        el4_emit_exit_next(t);
    }
    return true;
}

bool el4_a32_MSR_reg(struct el4_translator *t, const struct a32_args_msr_reg *a)
{
    return a->rn != EL4_A32_PC && write_psr(t, a->r, a->mask, a->rn);
}

bool el4_a32_MSR_imm(struct el4_translator *t, const struct a32_args_msr_imm *a)
{
    uint32_t byte = a->imm & 0xff;
    unsigned rotation = (a->imm >> 8 & 15) * 2;
    uint32_t value = rotation ? byte >> rotation | byte << (32 - rotation) : byte;
    return write_psr(t, a->r, a->mask, el4_a32_constant(t, value));
}

static unsigned banked_aux(unsigned r, unsigned sysm)
{
    return r << 5 | sysm;
}

bool el4_a32_MRS_banked(struct el4_translator *t, const struct a32_args_mrs_banked *a)
{
    if (!has_virtualization(t) || a->rd == EL4_A32_PC || t->mode.el == 0) {
        return false;
    }
    el4_emit_call(t, call_read_banked, a->rd, EL4_SLOT_ZERO, EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                  banked_aux(a->r, a->sysm));
    return true;
}

bool el4_a32_MSR_banked(struct el4_translator *t, const struct a32_args_msr_banked *a)
{
    if (!has_virtualization(t) || a->rn == EL4_A32_PC || t->mode.el == 0) {
        return false;
    }
    el4_emit_call(t, call_write_banked, EL4_SLOT_SINK, a->rn, EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                  banked_aux(a->r, a->sysm));
    return true;
}
