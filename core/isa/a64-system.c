/* SPDX-License-Identifier: MIT */
/*
 * A64 system instructions: exception generation and return, hints, barriers, PSTATE, system
 * registers. What a register does stands in core/cpu; here is what it means for the block: all
 * that may change how the next instruction translates, or unmask an interrupt, ends it.
 */
#include "cpu/cpu.h"
#include "cpu/crosscall.h"
#include "cpu/exception.h"
#include "cpu/pauth.h"
#include "cpu/sysreg.h"
#include "isa/a64.h"

enum { FLAG_N = 1u << 31, FLAG_Z = 1u << 30, FLAG_C = 1u << 29, FLAG_V = 1u << 28 };

static void emit_call(struct el4_translator *t, el4_call_fn *fn, unsigned aux)
{
    el4_emit_call(t, fn, EL4_SLOT_SINK, EL4_SLOT_ZERO, EL4_SLOT_ZERO, EL4_SLOT_ZERO, aux);
}

/* Exception generation */

bool el4_a64_SVC(struct el4_translator *t, const struct a64_args_exception *a)
{
    el4_emit_raise(t, EL4_RAISE_SVC, EL4_ESR(EL4_EC_SVC64, a->imm));
    return true;
}

bool el4_a64_HVC(struct el4_translator *t, const struct a64_args_exception *a)
{
    if (t->mode.el == 0) {
        return false;
    }
    el4_emit_raise(t, EL4_RAISE_HVC, EL4_ESR(EL4_EC_HVC64, a->imm));
    return true;
}

bool el4_a64_SMC(struct el4_translator *t, const struct a64_args_exception *a)
{
    if (t->mode.el == 0) {
        return false;
    }
    el4_emit_raise(t, EL4_RAISE_SMC, EL4_ESR(EL4_EC_SMC64, a->imm));
    return true;
}

bool el4_a64_BRK(struct el4_translator *t, const struct a64_args_exception *a)
{
    el4_emit_raise(t, EL4_RAISE_BRK, EL4_ESR(EL4_EC_BRK64, a->imm));
    return true;
}

/* The immediate goes in as ISS, for whoever takes it; else it is UNDEFINED (exception.c). */
bool el4_a64_HLT(struct el4_translator *t, const struct a64_args_exception *a)
{
    el4_emit_raise(t, EL4_RAISE_HLT, EL4_ESR(EL4_EC_UNKNOWN, a->imm));
    return true;
}

/* UNDEFINED in Non-debug state, and el4 has no Debug state. */
bool el4_a64_DCPS1(struct el4_translator *t, const struct a64_args_exception *a)
{
    return false;
}

bool el4_a64_DCPS2(struct el4_translator *t, const struct a64_args_exception *a)
{
    return false;
}

bool el4_a64_DCPS3(struct el4_translator *t, const struct a64_args_exception *a)
{
    return false;
}

bool el4_a64_DRPS(struct el4_translator *t, const struct a64_args_none *a)
{
    return false;
}

bool el4_a64_UDF(struct el4_translator *t, const struct a64_args_exception *a)
{
    return false;
}

/* Exception return */

static uint64_t call_elr(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    return cpu->regs.elr[el4_cpu_el(cpu)];
}

static void emit_exception_return(struct el4_translator *t, unsigned target)
{
    unsigned pc = el4_temp(t);
    el4_emit_call(t, el4_eret_call, pc, target, EL4_SLOT_ZERO, EL4_SLOT_ZERO, 0);
    el4_emit(t, EL4_UOP_EXITPC, 0, pc, 0, 0, 0, 0);
    t->ended = true;
}

bool el4_a64_ERET(struct el4_translator *t, const struct a64_args_none *a)
{
    if (t->mode.el == 0) {
        return false;
    }
    unsigned target = el4_temp(t);
    el4_emit_call(t, call_elr, target, EL4_SLOT_ZERO, EL4_SLOT_ZERO, EL4_SLOT_ZERO, 0);
    emit_exception_return(t, target);
    return true;
}

bool el4_a64_ERETAA(struct el4_translator *t, const struct a64_args_return_auth *a)
{
    if (t->mode.el == 0 || !t->features->pauth) {
        return false;
    }
    unsigned target = el4_temp(t);
    el4_emit_call(t, call_elr, target, EL4_SLOT_ZERO, EL4_SLOT_ZERO, EL4_SLOT_ZERO, 0);
    el4_emit_call(t, el4_pauth_auth_call, target, target, EL4_SLOT_SP, EL4_SLOT_ZERO,
                  a->m ? EL4_KEY_IB : EL4_KEY_IA);
    emit_exception_return(t, target);
    return true;
}

/* Hints. All that is not listed is a NOP: YIELD, DGH, ESB (no RAS), PSB, TSB, CSDB, BTI. */

enum { HINT_WFE = 2, HINT_WFI = 3, HINT_SEV = 4, HINT_SEVL = 5, HINT_XPACLRI = 7 };

static void hint_basic(struct el4_translator *t, unsigned op2)
{
    switch (op2) {
    case HINT_WFE:
        emit_call(t, el4_wfe_call, 0);
        el4_emit_exit_next(t);
        break;
    case HINT_WFI:
        emit_call(t, el4_wfi_call, 0);
        el4_emit_exit_next(t);
        break;
    case HINT_SEV: emit_call(t, el4_sev_call, 0); break;
    case HINT_SEVL: emit_call(t, el4_sevl_call, 0); break;
    case HINT_XPACLRI: el4_a64_hint_pauth(t, 0, op2); break;
    default: break;
    }
}

bool el4_a64_HINT(struct el4_translator *t, const struct a64_args_hint *a)
{
    if (a->crm == 0) {
        hint_basic(t, a->op2);
    } else if ((a->crm == 1 && (a->op2 & 1) == 0) || a->crm == 3) {
        el4_a64_hint_pauth(t, a->crm, a->op2);
    }
    return true;
}

/* Barriers */

enum { BARRIER_LOADS = 1, BARRIER_STORES = 2 };

static unsigned fence_kind(unsigned crm)
{
    switch (crm & 3) {
    case BARRIER_LOADS: return EL4_FENCE_ACQUIRE;
    case BARRIER_STORES: return EL4_FENCE_RELEASE;
    default: return EL4_FENCE_FULL;
    }
}

static uint64_t call_clrex(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                           uint32_t aux)
{
    cpu->exclusive_va = EL4_TLB_NO_TAG;
    return 0;
}

static uint64_t call_wait_for_others(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                     uint32_t aux)
{
    el4_crosscall_wait(cpu);
    return 0;
}

bool el4_a64_CLREX(struct el4_translator *t, const struct a64_args_barrier *a)
{
    emit_call(t, call_clrex, 0);
    return true;
}

bool el4_a64_DMB(struct el4_translator *t, const struct a64_args_barrier *a)
{
    el4_emit(t, EL4_UOP_FENCE, 0, 0, 0, 0, fence_kind(a->crm), 0);
    return true;
}

bool el4_a64_DSB(struct el4_translator *t, const struct a64_args_barrier *a)
{
    bool speculation_only = a->crm == 0 || a->crm == 4; /* SSBB, PSSBB */
    if (speculation_only) {
        return true;
    }
    el4_emit(t, EL4_UOP_FENCE, 0, 0, 0, 0, fence_kind(a->crm), 0);
    emit_call(t, call_wait_for_others, 0);
    return true;
}

bool el4_a64_ISB(struct el4_translator *t, const struct a64_args_barrier *a)
{
    el4_emit_exit_next(t);
    return true;
}

bool el4_a64_SB(struct el4_translator *t, const struct a64_args_barrier *a)
{
    return t->features->sb; /* nothing is executed speculatively */
}

/* Flags (FEAT_FlagM, FEAT_FlagM2) */

bool el4_a64_CFINV(struct el4_translator *t, const struct a64_args_none *a)
{
    if (!t->features->flagm) {
        return false;
    }
    unsigned flags = el4_temp(t);
    el4_emit(t, EL4_UOP_GETF, flags, 0, 0, 0, 0, 0);
    el4_emit_dai(t, EL4_UOP_EORI64, flags, flags, FLAG_C);
    el4_emit_da(t, EL4_UOP_SETF, 0, flags);
    return true;
}

static uint64_t call_xaflag(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                            uint32_t aux)
{
    uint32_t old = (uint32_t)cpu->slot[EL4_SLOT_NZCV];
    bool carry = old & FLAG_C;
    bool zero = old & FLAG_Z;

    cpu->slot[EL4_SLOT_NZCV] = (!carry && !zero ? FLAG_N : 0) | (zero && carry ? FLAG_Z : 0) |
                               (carry || zero ? FLAG_C : 0) | (!carry && zero ? FLAG_V : 0);
    return 0;
}

static uint64_t call_axflag(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                            uint32_t aux)
{
    uint32_t old = (uint32_t)cpu->slot[EL4_SLOT_NZCV];
    bool overflow = old & FLAG_V;

    cpu->slot[EL4_SLOT_NZCV] =
        ((old & FLAG_Z) || overflow ? FLAG_Z : 0) | ((old & FLAG_C) && !overflow ? FLAG_C : 0);
    return 0;
}

bool el4_a64_XAFLAG(struct el4_translator *t, const struct a64_args_none *a)
{
    if (!t->features->flagm2) {
        return false;
    }
    emit_call(t, call_xaflag, 0);
    return true;
}

bool el4_a64_AXFLAG(struct el4_translator *t, const struct a64_args_none *a)
{
    if (!t->features->flagm2) {
        return false;
    }
    emit_call(t, call_axflag, 0);
    return true;
}

/* MSR (immediate) */

bool el4_a64_MSR_imm_UAO(struct el4_translator *t, const struct a64_args_msr_imm *a)
{
    if (!t->features->uao || t->mode.el == 0) {
        return false;
    }
    emit_call(t, el4_msr_uao_call, a->crm);
    el4_emit_exit_next(t);
    return true;
}

bool el4_a64_MSR_imm_PAN(struct el4_translator *t, const struct a64_args_msr_imm *a)
{
    if (!t->features->pan || t->mode.el == 0) {
        return false;
    }
    emit_call(t, el4_msr_pan_call, a->crm);
    el4_emit_exit_next(t);
    return true;
}

bool el4_a64_MSR_imm_SPSel(struct el4_translator *t, const struct a64_args_msr_imm *a)
{
    if (t->mode.el == 0) {
        return false;
    }
    emit_call(t, el4_msr_spsel_call, a->crm);
    el4_emit_exit_next(t);
    return true;
}

bool el4_a64_MSR_imm_SSBS(struct el4_translator *t, const struct a64_args_msr_imm *a)
{
    if (!t->features->ssbs) {
        return false;
    }
    emit_call(t, el4_msr_ssbs_call, a->crm);
    return true;
}

bool el4_a64_MSR_imm_DIT(struct el4_translator *t, const struct a64_args_msr_imm *a)
{
    if (!t->features->dit) {
        return false;
    }
    emit_call(t, el4_msr_dit_call, a->crm);
    return true;
}

/* Setting masks takes effect without leaving the block: an interrupt comes in between blocks.
 */
bool el4_a64_MSR_imm_DAIFSet(struct el4_translator *t, const struct a64_args_msr_imm *a)
{
    emit_call(t, el4_msr_daifset_call, a->crm);
    return true;
}

bool el4_a64_MSR_imm_DAIFClr(struct el4_translator *t, const struct a64_args_msr_imm *a)
{
    emit_call(t, el4_msr_daifclr_call, a->crm);
    el4_emit_exit_next(t);
    return true;
}

/* System registers and system instructions */

#define ENCODING_NZCV EL4_SYSREG(3u, 3u, 4u, 2u, 0u)

static uint32_t encoding_of(const struct a64_args_sys_reg *a)
{
    return EL4_SYSREG(a->op0, a->op1, a->crn, a->crm, a->op2);
}

static bool emit_system_read(struct el4_translator *t, const struct a64_args_sys_reg *a)
{
    el4_emit_call(t, el4_sysreg_read_call, el4_reg_out(a->rt), EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                  EL4_SLOT_ZERO, encoding_of(a));
    return true;
}

static bool emit_system_write(struct el4_translator *t, const struct a64_args_sys_reg *a)
{
    el4_emit_call(t, el4_sysreg_write_call, EL4_SLOT_SINK, el4_reg(a->rt), EL4_SLOT_ZERO,
                  EL4_SLOT_ZERO, encoding_of(a));
    if (el4_sysreg_write_ends_block(encoding_of(a))) {
        el4_emit_exit_next(t);
    }
    return true;
}

bool el4_a64_SYS(struct el4_translator *t, const struct a64_args_sys_reg *a)
{
    return emit_system_write(t, a);
}

bool el4_a64_SYSL(struct el4_translator *t, const struct a64_args_sys_reg *a)
{
    return emit_system_read(t, a);
}

bool el4_a64_MSR_reg(struct el4_translator *t, const struct a64_args_sys_reg *a)
{
    if (encoding_of(a) == ENCODING_NZCV) {
        el4_emit_da(t, EL4_UOP_SETF, 0, el4_reg(a->rt));
        return true;
    }
    return emit_system_write(t, a);
}

bool el4_a64_MRS(struct el4_translator *t, const struct a64_args_sys_reg *a)
{
    if (encoding_of(a) == ENCODING_NZCV) {
        el4_emit(t, EL4_UOP_GETF, el4_reg_out(a->rt), 0, 0, 0, 0, 0);
        return true;
    }
    return emit_system_read(t, a);
}
