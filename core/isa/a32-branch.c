/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 branches, and IT. A conditional direct branch looks at its condition itself
 * (el4_a32_branch); everything else stands behind the SKIP of a32.c. A branch in an IT block
 * must be its last instruction; elsewhere it is UNPREDICTABLE, here UNDEFINED.
 */
#include "a32.h"
#include "cpu/cp.h"

static bool may_branch(const struct el4_translator *t)
{
    return !el4_a32_in_it(t) || el4_a32_last_in_it(t);
}

/*
 * The long branches of T32 have the offset's bits 23 and 22 as J1 and J2: equal to the sign if
 * set (DDI 0487, T32 encoding T4 of B).
 */
static int32_t far_offset(int32_t imm)
{
    return imm < 0 ? imm : imm ^ 3 << 22;
}

/* ---- direct ---- */

bool el4_a32_B(struct el4_translator *t, const struct a32_args_branch *a)
{
    if (!may_branch(t)) {
        return false;
    }
    el4_a32_branch(t, a->imm);
    return true;
}

bool el4_a32_B_far(struct el4_translator *t, const struct a32_args_branch *a)
{
    const struct a32_args_branch near = {.imm = far_offset(a->imm)};
    return el4_a32_B(t, &near);
}

/* T32's own conditional branch; not in IT blocks. */
bool el4_a32_B_cond(struct el4_translator *t, const struct a32_args_branch_cond *a)
{
    if (el4_a32_in_it(t)) {
        return false;
    }
    el4_emit(t, EL4_UOP_BCOND, 0, 0, 0, 0, el4_condition_mask(a->cond),
             el4_a32_branch_imm(t, a->imm));
    t->ended = true;
    return true;
}

bool el4_a32_BL(struct el4_translator *t, const struct a32_args_branch *a)
{
    if (!may_branch(t)) {
        return false;
    }
    el4_a32_link(t);
    el4_a32_branch(t, a->imm);
    return true;
}

bool el4_a32_BL_far(struct el4_translator *t, const struct a32_args_branch *a)
{
    const struct a32_args_branch near = {.imm = far_offset(a->imm)};
    return el4_a32_BL(t, &near);
}

bool el4_a32_BLX_imm(struct el4_translator *t, const struct a32_args_branch *a)
{
    if (!may_branch(t)) {
        return false;
    }
    el4_a32_link(t);
    el4_a32_branch_exchange(t, a->imm);
    return true;
}

bool el4_a32_BLX_far(struct el4_translator *t, const struct a32_args_branch *a)
{
    const struct a32_args_branch near = {.imm = far_offset(a->imm)};
    return el4_a32_BLX_imm(t, &near);
}

bool el4_a32_CB(struct el4_translator *t, const struct a32_args_cmp_branch *a)
{
    if (el4_a32_in_it(t)) {
        return false;
    }
    el4_emit(t, a->nonzero ? EL4_UOP_CBNZ32 : EL4_UOP_CBZ32, 0, a->rn, 0, 0, 0,
             el4_a32_branch_imm(t, (int32_t)a->imm));
    t->ended = true;
    return true;
}

/* ---- indirect ---- */

bool el4_a32_BX(struct el4_translator *t, const struct a32_args_branch_reg *a)
{
    if (!may_branch(t)) {
        return false;
    }
    el4_a32_write_pc_bx(t, el4_a32_reg(t, a->rm));
    return true;
}

/* Without Jazelle as BX; the hypervisor of a v7 core may trap it. */
bool el4_a32_BXJ(struct el4_translator *t, const struct a32_args_branch_reg *a)
{
    if (a->rm == EL4_A32_PC || !may_branch(t)) {
        return false;
    }
    if (t->features->el2 && !t->features->a32_v8 && t->mode.el <= 1) {
        unsigned iss = el4_a32_constant(t, el4_a32_iss_cond(t) | a->rm);
        el4_emit_call(t, el4_cp_check_bxj, EL4_SLOT_SINK, EL4_SLOT_ZERO, iss, EL4_SLOT_ZERO, 0);
    }
    return el4_a32_BX(t, a);
}

bool el4_a32_BLX_reg(struct el4_translator *t, const struct a32_args_branch_reg *a)
{
    if (a->rm == EL4_A32_PC || !may_branch(t)) {
        return false;
    }
    unsigned target = a->rm;
    if (target == EL4_A32_LR) {
        target = el4_temp(t);
        el4_emit_da(t, EL4_UOP_MOV32, target, EL4_A32_LR);
    }
    el4_a32_link(t);
    el4_a32_write_pc_bx(t, target);
    return true;
}

/* TBB, TBH: forward by twice what the table of bytes or halfwords says. */
bool el4_a32_TB(struct el4_translator *t, const struct a32_args_table *a)
{
    if (a->rm == EL4_A32_PC || !may_branch(t)) {
        return false;
    }
    unsigned base = el4_a32_reg(t, a->rn);
    unsigned index = a->rm;
    if (a->h) {
        index = el4_temp(t);
        el4_emit_dai(t, EL4_UOP_LSLI32, index, a->rm, 1);
    }
    unsigned target = el4_temp(t);
    el4_emit_dab(t, EL4_UOP_ADD32, target, base, index);
    el4_emit(t, a->h ? EL4_UOP_LD16 : EL4_UOP_LD8, target, target, 0, 0, el4_mem_aux(t), 0);
    el4_emit_dai(t, EL4_UOP_LSLI32, target, target, 1);
    el4_emit_dab(t, EL4_UOP_ADD32, target, target, el4_a32_read_pc(t));
    el4_a32_write_pc_branch(t, target);
    return true;
}

/* ---- IT ---- */

bool el4_a32_IT(struct el4_translator *t, const struct a32_args_if_then *a)
{
    bool one_only = (a->mask & (a->mask - 1)) == 0;
    if (el4_a32_in_it(t) || a->cond == 15 || (a->cond == EL4_A32_ALWAYS && !one_only)) {
        return false;
    }
    if (t->mode.it_disable && a->mask != 8) {
        return false;
    }
    t->it_next = (uint8_t)(a->cond << 4 | a->mask);
    return true;
}
