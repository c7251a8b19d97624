/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 accesses to coprocessors 14 and 15: MCR, MRC, MCRR, MRRC, and the LDC and STC of
 * the debug transfer registers. What the registers do stands in core/cpu/cp.c. Any write may
 * change how the next instruction translates, so it ends the block.
 */
#include "a32.h"
#include "cpu/cp.h"

static unsigned info(struct el4_translator *t, unsigned rt, unsigned rt2)
{
    return el4_a32_constant(t, EL4_CP_INFO(rt, rt2, t->cond));
}

static uint32_t register_of(const struct a32_args_cp_reg *a)
{
    return el4_cp_resolve(EL4_CP_KEY(a->cp, a->opc1, a->crn, a->crm, a->opc2), false);
}

static uint32_t register_of_pair(const struct a32_args_cp_reg2 *a)
{
    return el4_cp_resolve(EL4_CP_KEY64(a->cp, a->opc1, a->crm), true);
}

bool el4_a32_MCR(struct el4_translator *t, const struct a32_args_cp_reg *a)
{
    if (a->rt == EL4_A32_PC) {
        return false;
    }
    el4_emit_call(t, el4_cp_write, EL4_SLOT_SINK, a->rt, EL4_SLOT_ZERO, info(t, a->rt, 0),
                  register_of(a));
    el4_emit_exit_next(t);
    return true;
}

/* With Rt = 15 bits 31:28 go to the flags. */
bool el4_a32_MRC(struct el4_translator *t, const struct a32_args_cp_reg *a)
{
    unsigned d = a->rt == EL4_A32_PC ? el4_temp(t) : a->rt;
    el4_emit_call(t, el4_cp_read, d, EL4_SLOT_ZERO, info(t, a->rt, 0), EL4_SLOT_ZERO,
                  register_of(a));
    if (a->rt == EL4_A32_PC) {
        el4_emit_da(t, EL4_UOP_SETF, 0, d);
    }
    return true;
}

bool el4_a32_MCRR(struct el4_translator *t, const struct a32_args_cp_reg2 *a)
{
    if (a->rt == EL4_A32_PC || a->rt2 == EL4_A32_PC) {
        return false;
    }
    unsigned both = el4_temp(t);
    el4_emit_dai(t, EL4_UOP_LSLI64, both, a->rt2, 32);
    el4_emit_dab(t, EL4_UOP_ORR64, both, both, a->rt);
    el4_emit_call(t, el4_cp_write64, EL4_SLOT_SINK, both, EL4_SLOT_ZERO, info(t, a->rt, a->rt2),
                  register_of_pair(a));
    el4_emit_exit_next(t);
    return true;
}

bool el4_a32_MRRC(struct el4_translator *t, const struct a32_args_cp_reg2 *a)
{
    if (a->rt == EL4_A32_PC || a->rt2 == EL4_A32_PC || a->rt == a->rt2) {
        return false;
    }
    unsigned both = el4_temp(t);
    el4_emit_call(t, el4_cp_read64, both, EL4_SLOT_ZERO, info(t, a->rt, a->rt2), EL4_SLOT_ZERO,
                  register_of_pair(a));
    el4_emit_da(t, EL4_UOP_MOV32, a->rt, both);
    el4_emit_dai(t, EL4_UOP_LSRI64, a->rt2, both, 32);
    return true;
}

/* ---- LDC and STC: memory to DBGDTRTXint, DBGDTRRXint to memory ---- */

#define KEY_DBGDTR EL4_CP_KEY(14, 0u, 0u, 5u, 0u)

/* Slot and immediate of the address; *step is what writeback adds. */
static unsigned transfer_address(struct el4_translator *t, const struct a32_args_cp_mem *a,
                                 uint64_t *imm, int32_t *step)
{
    int32_t offset = a->u ? (int32_t)a->imm : -(int32_t)a->imm;
    *step = a->w ? offset : 0;
    return el4_a32_address(t, el4_a32_base(t, a->rn), a->p ? offset : 0, imm);
}

static void emit_writeback(struct el4_translator *t, unsigned rn, int32_t step)
{
    if (step) {
        el4_emit_dai(t, EL4_UOP_ADDI32, rn, rn, (uint32_t)step);
    }
}

static unsigned transfer_info(struct el4_translator *t, const struct a32_args_cp_mem *a)
{
    /* AM of the syndrome: unindexed, post-indexed, offset, pre-indexed; 4 more for a literal.
     */
    unsigned am = (a->p ? 2u : 0u) | (a->w ? 1u : 0u) | (a->rn == EL4_A32_PC ? 4u : 0u);
    return el4_a32_constant(t, EL4_CP_INFO_MEMORY(a->rn, (uint32_t)a->imm >> 2 & 0xff, t->cond,
                                                  a->u ? 1u : 0u, am));
}

bool el4_a32_LDC(struct el4_translator *t, const struct a32_args_cp_mem *a)
{
    if (a->rn == EL4_A32_PC && a->w) {
        return false;
    }
    uint64_t imm;
    int32_t step;
    unsigned base = transfer_address(t, a, &imm, &step);
    unsigned value = el4_temp(t);
    el4_emit(t, EL4_UOP_LD32, value, base, 0, 0, el4_mem_aux(t) | EL4_MEM_ALIGNED, imm);
    el4_emit_call(t, el4_cp_write, EL4_SLOT_SINK, value, EL4_SLOT_ZERO, transfer_info(t, a),
                  KEY_DBGDTR);
    emit_writeback(t, a->rn, step);
    el4_emit_exit_next(t);
    return true;
}

bool el4_a32_STC(struct el4_translator *t, const struct a32_args_cp_mem *a)
{
    if (a->rn == EL4_A32_PC && (a->w || el4_a32_is_thumb(t))) {
        return false;
    }
    uint64_t imm;
    int32_t step;
    unsigned base = transfer_address(t, a, &imm, &step);
    unsigned value = el4_temp(t);
    el4_emit_call(t, el4_cp_read, value, EL4_SLOT_ZERO, transfer_info(t, a), EL4_SLOT_ZERO,
                  KEY_DBGDTR);
    el4_emit(t, EL4_UOP_ST32, 0, base, value, 0, el4_mem_aux(t) | EL4_MEM_ALIGNED, imm);
    emit_writeback(t, a->rn, step);
    return true;
}
