/* SPDX-License-Identifier: MIT */
/*
 * A64 Advanced SIMD, moves: modified immediates, DUP, INS, SMOV, UMOV, EXT, TBL and TBX. What
 * the simple vector micro-ops can do is done by them.
 */
#include "isa/a64-simd.h"

/* imm8 in each element of the given size. */
static uint64_t replicate(uint64_t element, unsigned esz)
{
    switch (esz) {
    case 0: return element * UINT64_C(0x0101010101010101);
    case 1: return element * UINT64_C(0x0001000100010001);
    case 2: return element * UINT64_C(0x0000000100000001);
    default: return element;
    }
}

/* AdvSIMDExpandImm() for the cmodes of MOVI, MVNI, ORR and BIC; not MOVI_d, not FMOV. */
static uint64_t expand_immediate(unsigned cmode, uint64_t imm8)
{
    if (cmode < 8) {
        return replicate(imm8 << 8 * (cmode >> 1), 2);
    }
    if (cmode < 12) {
        return replicate(imm8 << 8 * (cmode >> 1 & 1), 1);
    }
    if (cmode == 12) {
        return replicate(imm8 << 8 | 0xff, 2);
    }
    if (cmode == 13) {
        return replicate(imm8 << 16 | 0xffff, 2);
    }
    return replicate(imm8, 0);
}

static bool move_immediate(struct el4_translator *t, unsigned d, unsigned q, uint64_t imm)
{
    if (el4_emit_fp_check(t)) {
        el4_emit(t, EL4_UOP_VMOVI, d, 0, 0, 0, q, imm);
    }
    return true;
}

bool el4_a64_MOVI(struct el4_translator *t, const struct a64_args_simd_modimm *a)
{
    return move_immediate(t, a->rd, a->q, expand_immediate(a->cmode, a->imm));
}

bool el4_a64_MVNI(struct el4_translator *t, const struct a64_args_simd_modimm *a)
{
    return move_immediate(t, a->rd, a->q, ~expand_immediate(a->cmode, a->imm));
}

/* Each bit of imm8 becomes a byte. */
bool el4_a64_MOVI_d(struct el4_translator *t, const struct a64_args_simd_modimm *a)
{
    uint64_t imm = 0;

    for (unsigned i = 0; i < 8; i++) {
        imm |= (a->imm >> i & 1 ? UINT64_C(0xff) : 0) << 8 * i;
    }
    return move_immediate(t, a->rd, a->q, imm);
}

bool el4_a64_FMOV_v_imm(struct el4_translator *t, const struct a64_args_simd_fmov *a)
{
    if (!simd_fp_allowed(t, a->esz)) {
        return false;
    }
    return move_immediate(t, a->rd, a->q,
                          replicate(el4_a64_fp_immediate(a->esz, a->imm), a->esz));
}

static bool logic_immediate(struct el4_translator *t, const struct a64_args_simd_modimm *a,
                            el4_call_fn *fn)
{
    if (el4_emit_fp_check(t)) {
        const unsigned imm = el4_temp(t);
        el4_emit(t, EL4_UOP_MOVI, imm, 0, 0, 0, 0, expand_immediate(a->cmode, a->imm));
        el4_emit_call(t, fn, EL4_SLOT_SINK, imm, EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                      a->rd | a->q << 5);
    }
    return true;
}

bool el4_a64_ORR_v_imm(struct el4_translator *t, const struct a64_args_simd_modimm *a)
{
    return logic_immediate(t, a, el4_simd_orr_imm);
}

bool el4_a64_BIC_v_imm(struct el4_translator *t, const struct a64_args_simd_modimm *a)
{
    return logic_immediate(t, a, el4_simd_bic_imm);
}

bool el4_a64_DUP_elem(struct el4_translator *t, const struct a64_args_simd_dup_elem *a)
{
    return emit_simd(t, el4_simd_dup_elem[a->esz], a->rd, a->rn, 0, 0,
                     el4_simd_aux(simd_shape(a->scalar, a->q, a->esz), a->idx));
}

bool el4_a64_DUP_gp(struct el4_translator *t, const struct a64_args_simd_dup_gp *a)
{
    if (el4_emit_fp_check(t)) {
        el4_emit_call(t, el4_simd_dup_gp[a->esz], EL4_SLOT_SINK, el4_reg(a->rn), EL4_SLOT_ZERO,
                      EL4_SLOT_ZERO, a->rd | a->q << 5);
    }
    return true;
}

bool el4_a64_INS_gp(struct el4_translator *t, const struct a64_args_simd_ins_gp *a)
{
    if (el4_emit_fp_check(t)) {
        el4_emit_call(t, el4_simd_ins_gp[a->esz], EL4_SLOT_SINK, el4_reg(a->rn), EL4_SLOT_ZERO,
                      EL4_SLOT_ZERO, a->rd | a->idx << 5);
    }
    return true;
}

bool el4_a64_INS_elem(struct el4_translator *t, const struct a64_args_simd_ins_elem *a)
{
    return emit_simd(t, el4_simd_ins_elem[a->esz], a->rd, a->rn, a->src, 0,
                     el4_simd_aux(4, a->idx));
}

/* The 64 bits that hold the element, and where it begins in them. */
static unsigned get_containing(struct el4_translator *t, const struct a64_args_simd_mov_gp *a,
                               unsigned *first_bit)
{
    const unsigned bit = a->idx << (a->esz + 3);
    const unsigned whole = el4_temp(t);

    el4_emit(t, EL4_UOP_VGETD, whole, a->rn, 0, 0, bit / 64, 0);
    *first_bit = bit % 64;
    return whole;
}

bool el4_a64_UMOV(struct el4_translator *t, const struct a64_args_simd_mov_gp *a)
{
    const unsigned d = el4_reg_out(a->rd);

    if (!el4_emit_fp_check(t)) {
        return true;
    }
    if (a->esz == 3) {
        el4_emit(t, EL4_UOP_VGETD, d, a->rn, 0, 0, a->idx, 0);
    } else if (a->esz == 2) {
        el4_emit(t, EL4_UOP_VGETS, d, a->rn, 0, 0, a->idx, 0);
    } else {
        unsigned first_bit;
        const unsigned whole = get_containing(t, a, &first_bit);
        el4_emit(t, EL4_UOP_UBFX64, d, whole, 0, 0, first_bit, a->esz ? 0xffff : 0xff);
    }
    return true;
}

bool el4_a64_SMOV(struct el4_translator *t, const struct a64_args_simd_mov_gp *a)
{
    if (el4_emit_fp_check(t)) {
        unsigned first_bit;
        const unsigned whole = get_containing(t, a, &first_bit);
        el4_emit(t, a->q ? EL4_UOP_SBFX64 : EL4_UOP_SBFX32, el4_reg_out(a->rd), whole, 0, 0,
                 first_bit, 8u << a->esz);
    }
    return true;
}

bool el4_a64_EXT(struct el4_translator *t, const struct a64_args_simd_ext *a)
{
    return emit_simd(t, el4_simd_ext, a->rd, a->rn, a->rm, 0, el4_simd_aux(3 + a->q, a->imm));
}

bool el4_a64_TBL(struct el4_translator *t, const struct a64_args_simd_tbl *a)
{
    return emit_simd(t, el4_simd_tbl, a->rd, a->rn, a->rm, 0,
                     el4_simd_aux(3 + a->q, a->len + 1));
}

bool el4_a64_TBX(struct el4_translator *t, const struct a64_args_simd_tbl *a)
{
    return emit_simd(t, el4_simd_tbx, a->rd, a->rn, a->rm, 0,
                     el4_simd_aux(3 + a->q, a->len + 1));
}
