/* SPDX-License-Identifier: MIT */
/*
 * A64 branches, with what FEAT_BTI and FEAT_PAuth add to them, and the instructions that sign
 * and authenticate pointers. Also the way in from the engine, el4_a64_translate(), since BTI's
 * check of a branch target comes before the instruction there.
 */
#include "cpu/cpu.h"
#include "cpu/exception.h"
#include "cpu/pauth.h"
#include "isa/a64.h"

enum { LINK_REGISTER = 30 };

/* PSTATE.BTYPE after an indirect branch: DDI 0487 D8.4.5, "BTypeNext". */
enum btype { BTYPE_NONE, BTYPE_JUMP_16_17, BTYPE_CALL, BTYPE_JUMP };

/* Direct branches */

static uint64_t branch_offset(const struct el4_translator *t, int32_t words)
{
    return t->offset + (uint64_t)((int64_t)words * 4);
}

bool el4_a64_B(struct el4_translator *t, const struct a64_args_branch *a)
{
    el4_emit_branch(t, (int64_t)a->imm * 4);
    return true;
}

bool el4_a64_BL(struct el4_translator *t, const struct a64_args_branch *a)
{
    el4_emit_pcrel(t, LINK_REGISTER, 4);
    el4_emit_branch(t, (int64_t)a->imm * 4);
    return true;
}

bool el4_a64_B_cond(struct el4_translator *t, const struct a64_args_branch_cond *a)
{
    if (a->cond >= 14) { /* AL, NV */
        el4_emit_branch(t, (int64_t)a->imm * 4);
        return true;
    }
    el4_emit(t, EL4_UOP_BCOND, 0, 0, 0, 0, el4_condition_mask(a->cond),
             branch_offset(t, a->imm));
    t->ended = true;
    return true;
}

static bool conditional_on(struct el4_translator *t, enum el4_uop_code op, unsigned rt,
                           unsigned bit, int32_t imm)
{
    el4_emit(t, op, 0, el4_reg(rt), 0, 0, bit, branch_offset(t, imm));
    t->ended = true;
    return true;
}

bool el4_a64_CBZ(struct el4_translator *t, const struct a64_args_cmp_branch *a)
{
    return conditional_on(t, a->sf ? EL4_UOP_CBZ64 : EL4_UOP_CBZ32, a->rt, 0, a->imm);
}

bool el4_a64_CBNZ(struct el4_translator *t, const struct a64_args_cmp_branch *a)
{
    return conditional_on(t, a->sf ? EL4_UOP_CBNZ64 : EL4_UOP_CBNZ32, a->rt, 0, a->imm);
}

bool el4_a64_TBZ(struct el4_translator *t, const struct a64_args_test_branch *a)
{
    return conditional_on(t, EL4_UOP_TBZ, a->rt, a->bit, a->imm);
}

bool el4_a64_TBNZ(struct el4_translator *t, const struct a64_args_test_branch *a)
{
    return conditional_on(t, EL4_UOP_TBNZ, a->rt, a->bit, a->imm);
}

/* Indirect branches */

static uint64_t call_set_btype(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                               uint32_t aux)
{
    cpu->pstate = (cpu->pstate & ~EL4_PSTATE_BTYPE) | aux << EL4_PSTATE_BTYPE_SHIFT;
    return 0;
}

static void emit_indirect(struct el4_translator *t, unsigned target, enum btype btype)
{
    el4_emit(t, EL4_UOP_BR, 0, target, 0, 0, t->features->bti ? btype : BTYPE_NONE, 0);
    t->ended = true;
}

/* A jump from an unguarded page counts as one through X16 or X17. */
static enum btype jump_btype(const struct el4_translator *t, unsigned rn)
{
    return t->mode.bti && rn != 16 && rn != 17 ? BTYPE_JUMP : BTYPE_JUMP_16_17;
}

bool el4_a64_BR(struct el4_translator *t, const struct a64_args_branch_reg *a)
{
    emit_indirect(t, el4_reg(a->rn), jump_btype(t, a->rn));
    return true;
}

bool el4_a64_BLR(struct el4_translator *t, const struct a64_args_branch_reg *a)
{
    unsigned target = el4_reg(a->rn);
    if (a->rn == LINK_REGISTER) {
        target = el4_temp(t);
        el4_emit_da(t, EL4_UOP_MOV, target, LINK_REGISTER);
    }
    el4_emit_pcrel(t, LINK_REGISTER, 4);
    emit_indirect(t, target, BTYPE_CALL);
    return true;
}

bool el4_a64_RET(struct el4_translator *t, const struct a64_args_branch_reg *a)
{
    emit_indirect(t, el4_reg(a->rn), BTYPE_NONE);
    return true;
}

/* Indirect branches with authentication */

static unsigned authenticated(struct el4_translator *t, unsigned rn, unsigned modifier,
                              unsigned key_b)
{
    unsigned target = el4_temp(t);
    el4_emit_call(t, el4_pauth_auth_call, target, el4_reg(rn), modifier, EL4_SLOT_ZERO,
                  key_b ? EL4_KEY_IB : EL4_KEY_IA);
    return target;
}

bool el4_a64_BRAA(struct el4_translator *t, const struct a64_args_branch_auth *a)
{
    if (!t->features->pauth) {
        return false;
    }
    unsigned modifier = a->z ? EL4_SLOT_ZERO : el4_reg_sp(a->rm);
    unsigned target = authenticated(t, a->rn, modifier, a->m);
    emit_indirect(t, target, jump_btype(t, a->rn));
    return true;
}

bool el4_a64_BLRAA(struct el4_translator *t, const struct a64_args_branch_auth *a)
{
    if (!t->features->pauth) {
        return false;
    }
    unsigned modifier = a->z ? EL4_SLOT_ZERO : el4_reg_sp(a->rm);
    unsigned target = authenticated(t, a->rn, modifier, a->m);
    el4_emit_pcrel(t, LINK_REGISTER, 4);
    emit_indirect(t, target, BTYPE_CALL);
    return true;
}

bool el4_a64_RETAA(struct el4_translator *t, const struct a64_args_return_auth *a)
{
    if (!t->features->pauth) {
        return false;
    }
    emit_indirect(t, authenticated(t, LINK_REGISTER, EL4_SLOT_SP, a->m), BTYPE_NONE);
    return true;
}

/* Sign, authenticate, strip */

static bool emit_pauth(struct el4_translator *t, const struct a64_args_pac *a, el4_call_fn *fn,
                       enum el4_pauth_key key)
{
    if (!t->features->pauth) {
        return false;
    }
    el4_emit_call(t, fn, el4_reg_out(a->rd), el4_reg(a->rd),
                  a->z ? EL4_SLOT_ZERO : el4_reg_sp(a->rn), EL4_SLOT_ZERO, key);
    return true;
}

bool el4_a64_PACIA(struct el4_translator *t, const struct a64_args_pac *a)
{
    return emit_pauth(t, a, el4_pauth_sign_call, EL4_KEY_IA);
}

bool el4_a64_PACIB(struct el4_translator *t, const struct a64_args_pac *a)
{
    return emit_pauth(t, a, el4_pauth_sign_call, EL4_KEY_IB);
}

bool el4_a64_PACDA(struct el4_translator *t, const struct a64_args_pac *a)
{
    return emit_pauth(t, a, el4_pauth_sign_call, EL4_KEY_DA);
}

bool el4_a64_PACDB(struct el4_translator *t, const struct a64_args_pac *a)
{
    return emit_pauth(t, a, el4_pauth_sign_call, EL4_KEY_DB);
}

bool el4_a64_AUTIA(struct el4_translator *t, const struct a64_args_pac *a)
{
    return emit_pauth(t, a, el4_pauth_auth_call, EL4_KEY_IA);
}

bool el4_a64_AUTIB(struct el4_translator *t, const struct a64_args_pac *a)
{
    return emit_pauth(t, a, el4_pauth_auth_call, EL4_KEY_IB);
}

bool el4_a64_AUTDA(struct el4_translator *t, const struct a64_args_pac *a)
{
    return emit_pauth(t, a, el4_pauth_auth_call, EL4_KEY_DA);
}

bool el4_a64_AUTDB(struct el4_translator *t, const struct a64_args_pac *a)
{
    return emit_pauth(t, a, el4_pauth_auth_call, EL4_KEY_DB);
}

static bool emit_strip(struct el4_translator *t, const struct a64_args_xpac *a, bool data)
{
    if (!t->features->pauth) {
        return false;
    }
    el4_emit_call(t, el4_pauth_strip_call, el4_reg_out(a->rd), el4_reg(a->rd), EL4_SLOT_ZERO,
                  EL4_SLOT_ZERO, data);
    return true;
}

bool el4_a64_XPACI(struct el4_translator *t, const struct a64_args_xpac *a)
{
    return emit_strip(t, a, false);
}

bool el4_a64_XPACD(struct el4_translator *t, const struct a64_args_xpac *a)
{
    return emit_strip(t, a, true);
}

bool el4_a64_PACGA(struct el4_translator *t, const struct a64_args_rrr *a)
{
    if (!t->features->pacga) {
        return false;
    }
    el4_emit_call(t, el4_pauth_generic_call, el4_reg_out(a->rd), el4_reg(a->rn),
                  el4_reg_sp(a->rm), EL4_SLOT_ZERO, EL4_KEY_GA);
    return true;
}

/* The hint space of FEAT_PAuth: NOPs where it is absent. CRm 0, 1 and 3. */
void el4_a64_hint_pauth(struct el4_translator *t, unsigned crm, unsigned op2)
{
    if (!t->features->pauth) {
        return;
    }
    if (crm == 0) { /* XPACLRI */
        el4_emit_call(t, el4_pauth_strip_call, LINK_REGISTER, LINK_REGISTER, EL4_SLOT_ZERO,
                      EL4_SLOT_ZERO, 0);
        return;
    }
    el4_call_fn *fn = op2 & 4 ? el4_pauth_auth_call : el4_pauth_sign_call;
    enum el4_pauth_key key = op2 & 2 ? EL4_KEY_IB : EL4_KEY_IA;
    if (crm == 1) { /* PACIA1716 and the like; op2 is even */
        el4_emit_call(t, fn, 17, 17, 16, EL4_SLOT_ZERO, key);
        return;
    }
    /* PACIAZ, PACIASP and the like */
    el4_emit_call(t, fn, LINK_REGISTER, LINK_REGISTER, op2 & 1 ? EL4_SLOT_SP : EL4_SLOT_ZERO,
                  EL4_SLOT_ZERO, key);
}

/* The check of a branch target (FEAT_BTI, DDI 0487 D8.4.5) */

static uint64_t call_bti_fault(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                               uint32_t aux)
{
    call_set_btype(cpu, 0, 0, 0, aux);
    el4_cpu_raise(cpu, EL4_RAISE_SYNC, EL4_ESR(EL4_EC_BTI, aux));
}

/* PACIASP after a BR of BTYPE 11: SCTLR_ELx.BT (BT0 for EL0) says whether it counts. */
static uint64_t call_bti_pacixsp(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                 uint32_t aux)
{
    uint64_t sctlr = cpu->regs.sctlr[el4_cpu_regime_el(cpu)];
    if (sctlr & (el4_cpu_el(cpu) == 0 ? EL4_SCTLR_BT0 : EL4_SCTLR_BT1)) {
        call_bti_fault(cpu, 0, 0, 0, aux);
    }
    return 0;
}

static void emit_bti_call(struct el4_translator *t, el4_call_fn *fn)
{
    el4_emit_call(t, fn, EL4_SLOT_SINK, EL4_SLOT_ZERO, EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                  t->mode.btype);
}

static bool is_breakpoint(uint32_t insn)
{
    return (insn & 0xffe0001f) == 0xd4200000;
}

static bool is_halt(uint32_t insn)
{
    return (insn & 0xffe0001f) == 0xd4400000;
}

/* BTI, with c in bit 6 and j in bit 7. */
static bool is_bti(uint32_t insn)
{
    return (insn & 0xffffff3f) == 0xd503241f;
}

/* PACIASP and PACIBSP. */
static bool is_pacixsp(uint32_t insn)
{
    return (insn & 0xffffffbf) == 0xd503233f;
}

/* Emit what a branch target needs before it runs; false: it is no target for this BTYPE. */
static bool emit_bti_check(struct el4_translator *t, uint32_t insn)
{
    enum btype btype = t->mode.btype;

    if (is_breakpoint(insn)) {
        emit_bti_call(t, call_set_btype); /* SPSR_ELx shows it */
        return true;
    }
    if (is_bti(insn)) {
        bool for_calls = insn & 0x40;
        bool for_jumps = insn & 0x80;
        return (for_calls && btype != BTYPE_JUMP) || (for_jumps && btype != BTYPE_CALL);
    }
    if (is_pacixsp(insn) && t->features->pauth) {
        if (btype == BTYPE_JUMP) {
            emit_bti_call(t, call_bti_pacixsp);
        }
        return true;
    }
    return is_halt(insn);
}

bool el4_a64_translate(struct el4_translator *t, uint32_t insn)
{
    if (t->mode.bti && t->mode.btype != BTYPE_NONE && t->offset == 0 &&
        !emit_bti_check(t, insn)) {
        emit_bti_call(t, call_bti_fault);
        el4_emit_exit_next(t); /* not reached, but a block must end */
        return true;
    }
    return el4_a64_decode(t, insn);
}
