/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 loads and stores of S and D registers: VLDR, VSTR, VLDM, VSTM, and with them
 * VPUSH, VPOP and FLDMX. Addresses are word-aligned always (a half's: halfword-aligned). A D
 * register is two words to memory, in the order of their values: EL4_MEM_WORD_PAIR.
 */
#include "isa/a32-simd.h"

static void emit_load(struct el4_translator *t, unsigned sz, unsigned vd, unsigned base,
                      int32_t offset)
{
    static const enum el4_uop_code uops[4] = {[1] = EL4_UOP_LD16, EL4_UOP_LD32, EL4_UOP_LD64};
    unsigned value = el4_temp(t);
    uint64_t imm;
    base = el4_a32_address(t, base, offset, &imm);
    el4_emit(t, uops[sz], value, base, 0, 0,
             el4_mem_aux(t) | (sz == 3 ? EL4_MEM_WORD_PAIR : EL4_MEM_ALIGNED), imm);
    if (sz == 3) {
        a32_set_d(t, vd, value);
    } else {
        a32_set_s(t, vd, value);
    }
    t->temp_next--;
}

static void emit_store(struct el4_translator *t, unsigned sz, unsigned vd, unsigned base,
                       int32_t offset)
{
    static const enum el4_uop_code uops[4] = {[1] = EL4_UOP_ST16, EL4_UOP_ST32, EL4_UOP_ST64};
    unsigned value = el4_temp(t);
    uint64_t imm;
    if (sz == 3) {
        a32_get_d(t, value, vd);
    } else {
        a32_get_s(t, value, vd);
    }
    base = el4_a32_address(t, base, offset, &imm);
    el4_emit(t, uops[sz], 0, base, value, 0,
             el4_mem_aux(t) | (sz == 3 ? EL4_MEM_WORD_PAIR : EL4_MEM_ALIGNED), imm);
    t->temp_next--;
}

typedef void emit_fn(struct el4_translator *t, unsigned sz, unsigned vd, unsigned base,
                     int32_t offset);

/* ---- one register ---- */

static bool one(struct el4_translator *t, const struct a32_args_vfp_ldst *a, emit_fn *emit)
{
    int32_t offset = (int32_t)(a->imm << (a->sz == 1 ? 1 : 2));

    if (!t->features->vfp || (a->sz == 1 && !t->features->a32_fp16) ||
        !a32_s_or_d_exists(t, a->sz, a->vd)) {
        return false;
    }
    el4_a32_emit_fp_check(t);
    emit(t, a->sz, a->vd, el4_a32_base(t, a->rn), a->u ? offset : -offset);
    return true;
}

bool el4_a32_VLDR(struct el4_translator *t, const struct a32_args_vfp_ldst *a)
{
    return one(t, a, emit_load);
}

bool el4_a32_VSTR(struct el4_translator *t, const struct a32_args_vfp_ldst *a)
{
    return !(a->rn == EL4_A32_PC && el4_a32_is_thumb(t)) && one(t, a, emit_store);
}

/* ---- several ---- */

/*
 * imm counts words; an odd one of D registers (FLDMX, FSTMX) is space that is skipped. The base
 * is written last, so that the instruction can be restarted after a fault.
 */
static bool several(struct el4_translator *t, const struct a32_args_vfp_multi *a, emit_fn *emit)
{
    unsigned count = a->sz == 3 ? a->imm / 2 : a->imm;
    int32_t bytes = (int32_t)(4 * a->imm);
    int32_t offset = a->u ? 0 : -bytes;

    if (!t->features->vfp || count == 0 || a->vd + count > 32 || (a->sz == 3 && count > 16) ||
        !a32_s_or_d_exists(t, a->sz, a->vd + count - 1)) {
        return false;
    }
    el4_a32_emit_fp_check(t);
    unsigned base = el4_a32_base(t, a->rn);
    for (unsigned i = 0; i < count; i++) {
        emit(t, a->sz, a->vd + i, base, offset);
        offset += a->sz == 3 ? 8 : 4;
    }
    if (a->w) {
        el4_emit_dai(t, EL4_UOP_ADDI32, a->rn, a->rn, (uint32_t)(a->u ? bytes : -bytes));
    }
    return true;
}

bool el4_a32_VLDM(struct el4_translator *t, const struct a32_args_vfp_multi *a)
{
    return several(t, a, emit_load);
}

bool el4_a32_VSTM(struct el4_translator *t, const struct a32_args_vfp_multi *a)
{
    return !(a->rn == EL4_A32_PC && el4_a32_is_thumb(t)) && several(t, a, emit_store);
}
