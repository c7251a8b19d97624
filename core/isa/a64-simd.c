/* SPDX-License-Identifier: MIT */
/*
 * A64 Advanced SIMD, integer: operations lane by lane, on pairs, across lanes, long, wide and
 * narrowing, by element (DDI 0487 C4.1, "Advanced SIMD ..."). Each is one VCALL of a helper
 * chosen by element size; the tables have already refused the reserved encodings, but for what
 * depends on features.
 */
#include "isa/a64-simd.h"

/* Vd, Vn, Vm of the same arrangement, or scalars. */
static bool three_same(struct el4_translator *t, const struct a64_args_simd_rrr *a,
                       el4_vcall_fn *const *family)
{
    return emit_simd(t, family[a->esz], a->rd, a->rn, a->rm, 0,
                     simd_shape(a->scalar, a->q, a->esz));
}

#define THREE_SAME(name, family)                                                               \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_simd_rrr *a)           \
    {                                                                                          \
        return three_same(t, a, el4_simd_##family);                                            \
    }

THREE_SAME(SHADD_v, shadd)
THREE_SAME(UHADD_v, uhadd)
THREE_SAME(SRHADD_v, srhadd)
THREE_SAME(URHADD_v, urhadd)
THREE_SAME(SHSUB_v, shsub)
THREE_SAME(UHSUB_v, uhsub)
THREE_SAME(SQADD_v, sqadd)
THREE_SAME(UQADD_v, uqadd)
THREE_SAME(SQSUB_v, sqsub)
THREE_SAME(UQSUB_v, uqsub)
THREE_SAME(CMGT_v, cmgt)
THREE_SAME(CMHI_v, cmhi)
THREE_SAME(CMGE_v, cmge)
THREE_SAME(CMHS_v, cmhs)
THREE_SAME(CMTST_v, cmtst)
THREE_SAME(CMEQ_v, cmeq)
THREE_SAME(SSHL_v, sshl)
THREE_SAME(USHL_v, ushl)
THREE_SAME(SRSHL_v, srshl)
THREE_SAME(URSHL_v, urshl)
THREE_SAME(SQSHL_reg, sqshl)
THREE_SAME(UQSHL_reg, uqshl)
THREE_SAME(SQRSHL_v, sqrshl)
THREE_SAME(UQRSHL_v, uqrshl)
THREE_SAME(SMAX_v, smax)
THREE_SAME(UMAX_v, umax)
THREE_SAME(SMIN_v, smin)
THREE_SAME(UMIN_v, umin)
THREE_SAME(SABD_v, sabd)
THREE_SAME(UABD_v, uabd)
THREE_SAME(SABA_v, saba)
THREE_SAME(UABA_v, uaba)
THREE_SAME(ADD_v, add)
THREE_SAME(SUB_v, sub)
THREE_SAME(MLA_v, mla)
THREE_SAME(MLS_v, mls)
THREE_SAME(MUL_v, mul)
THREE_SAME(PMUL_v, pmul)
THREE_SAME(SMAXP_v, smaxp)
THREE_SAME(UMAXP_v, umaxp)
THREE_SAME(SMINP_v, sminp)
THREE_SAME(UMINP_v, uminp)
THREE_SAME(ADDP_v, addp)
THREE_SAME(SQDMULH_v, sqdmulh)
THREE_SAME(SQRDMULH_v, sqrdmulh)
THREE_SAME(UZP1, uzp1)
THREE_SAME(UZP2, uzp2)
THREE_SAME(TRN1, trn1)
THREE_SAME(TRN2, trn2)
THREE_SAME(ZIP1, zip1)
THREE_SAME(ZIP2, zip2)

bool el4_a64_SQRDMLAH_v(struct el4_translator *t, const struct a64_args_simd_rrr *a)
{
    return t->features->rdm && three_same(t, a, el4_simd_sqrdmlah);
}

bool el4_a64_SQRDMLSH_v(struct el4_translator *t, const struct a64_args_simd_rrr *a)
{
    return t->features->rdm && three_same(t, a, el4_simd_sqrdmlsh);
}

/* Bitwise operations, and dot products, whose arrangement only Q decides. */
static bool three_any(struct el4_translator *t, const struct a64_args_simd_logic *a,
                      el4_vcall_fn *fn)
{
    return emit_simd(t, fn, a->rd, a->rn, a->rm, 0, 3 + a->q);
}

#define LOGIC(name, fn)                                                                        \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_simd_logic *a)         \
    {                                                                                          \
        return three_any(t, a, el4_simd_##fn);                                                 \
    }

LOGIC(AND_v, and)
LOGIC(BIC_v, bic)
LOGIC(ORN_v, orn)
LOGIC(EOR_v, eor)
LOGIC(BSL_v, bsl)
LOGIC(BIT_v, bit)
LOGIC(BIF_v, bif)

/* ORR of a register with itself is MOV. */
bool el4_a64_ORR_v(struct el4_translator *t, const struct a64_args_simd_logic *a)
{
    if (a->rn != a->rm) {
        return three_any(t, a, el4_simd_orr);
    }
    if (el4_emit_fp_check(t)) {
        el4_emit(t, EL4_UOP_VMOV, a->rd, a->rn, 0, 0, !a->q, 0);
    }
    return true;
}

bool el4_a64_SDOT_v(struct el4_translator *t, const struct a64_args_simd_logic *a)
{
    return t->features->dotprod && three_any(t, a, el4_simd_sdot);
}

bool el4_a64_UDOT_v(struct el4_translator *t, const struct a64_args_simd_logic *a)
{
    return t->features->dotprod && three_any(t, a, el4_simd_udot);
}

static bool dot_elem(struct el4_translator *t, const struct a64_args_simd_long_elem *a,
                     el4_vcall_fn *fn)
{
    return t->features->dotprod &&
           emit_simd(t, fn, a->rd, a->rn, a->rm, 0, el4_simd_aux(3 + a->q, a->idx));
}

bool el4_a64_SDOT_elem(struct el4_translator *t, const struct a64_args_simd_long_elem *a)
{
    return dot_elem(t, a, el4_simd_sdot_elem);
}

bool el4_a64_UDOT_elem(struct el4_translator *t, const struct a64_args_simd_long_elem *a)
{
    return dot_elem(t, a, el4_simd_udot_elem);
}

/* Narrow operands, wide result: Q selects the half of the narrow operands. */
static unsigned long_aux(unsigned scalar, unsigned q, unsigned esz)
{
    return (scalar ? esz + 1 : 4) | (q ? EL4_SIMD_UPPER : 0);
}

#define LONG(name, family)                                                                     \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_simd_rrr *a)           \
    {                                                                                          \
        return emit_simd(t, el4_simd_##family[a->esz], a->rd, a->rn, a->rm, 0,                 \
                         long_aux(a->scalar, a->q, a->esz));                                   \
    }

LONG(SADDL, saddl)
LONG(UADDL, uaddl)
LONG(SSUBL, ssubl)
LONG(USUBL, usubl)
LONG(SABDL, sabdl)
LONG(UABDL, uabdl)
LONG(SABAL, sabal)
LONG(UABAL, uabal)
LONG(SMULL_v, smull)
LONG(UMULL_v, umull)
LONG(SMLAL_v, smlal)
LONG(UMLAL_v, umlal)
LONG(SMLSL_v, smlsl)
LONG(UMLSL_v, umlsl)
LONG(SQDMULL_v, sqdmull)
LONG(SQDMLAL_v, sqdmlal)
LONG(SQDMLSL_v, sqdmlsl)
LONG(SADDW, saddw)
LONG(UADDW, uaddw)
LONG(SSUBW, ssubw)
LONG(USUBW, usubw)

/* Of bytes in the base architecture, of doublewords with FEAT_PMULL. */
bool el4_a64_PMULL(struct el4_translator *t, const struct a64_args_simd_rrr *a)
{
    if (a->esz == 3 && !t->features->pmull) {
        return false;
    }
    return emit_simd(t, el4_simd_pmull[a->esz], a->rd, a->rn, a->rm, 0,
                     long_aux(0, a->q, a->esz));
}

/* Wide operands, narrow result: Q selects the half of the destination. */
static unsigned narrow_aux(unsigned scalar, unsigned q, unsigned esz, unsigned arg)
{
    return el4_simd_aux(scalar ? esz : 3, arg) | (q ? EL4_SIMD_UPPER : 0);
}

#define HIGH_HALF(name, family)                                                                \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_simd_rrr *a)           \
    {                                                                                          \
        return emit_simd(t, el4_simd_##family[a->esz], a->rd, a->rn, a->rm, 0,                 \
                         narrow_aux(0, a->q, a->esz, 0));                                      \
    }

HIGH_HALF(ADDHN, addhn)
HIGH_HALF(RADDHN, raddhn)
HIGH_HALF(SUBHN, subhn)
HIGH_HALF(RSUBHN, rsubhn)

/* By element. */
#define ELEMENT(name, family, aux)                                                             \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_simd_elem *a)          \
    {                                                                                          \
        return emit_simd(t, el4_simd_##family[a->esz], a->rd, a->rn, a->rm, 0,                 \
                         (aux) | el4_simd_aux(0, a->idx));                                     \
    }

#define ELEMENT_SAME(name, family) ELEMENT(name, family, simd_shape(a->scalar, a->q, a->esz))
#define ELEMENT_LONG(name, family) ELEMENT(name, family, long_aux(a->scalar, a->q, a->esz))

ELEMENT_SAME(MUL_elem, mul_elem)
ELEMENT_SAME(MLA_elem, mla_elem)
ELEMENT_SAME(MLS_elem, mls_elem)
ELEMENT_SAME(SQDMULH_elem, sqdmulh_elem)
ELEMENT_SAME(SQRDMULH_elem, sqrdmulh_elem)
ELEMENT_LONG(SMULL_elem, smull_elem)
ELEMENT_LONG(UMULL_elem, umull_elem)
ELEMENT_LONG(SMLAL_elem, smlal_elem)
ELEMENT_LONG(UMLAL_elem, umlal_elem)
ELEMENT_LONG(SMLSL_elem, smlsl_elem)
ELEMENT_LONG(UMLSL_elem, umlsl_elem)
ELEMENT_LONG(SQDMULL_elem, sqdmull_elem)
ELEMENT_LONG(SQDMLAL_elem, sqdmlal_elem)
ELEMENT_LONG(SQDMLSL_elem, sqdmlsl_elem)

static bool rounding_double_elem(struct el4_translator *t, const struct a64_args_simd_elem *a,
                                 el4_vcall_fn *const *family)
{
    return t->features->rdm &&
           emit_simd(t, family[a->esz], a->rd, a->rn, a->rm, 0,
                     el4_simd_aux(simd_shape(a->scalar, a->q, a->esz), a->idx));
}

bool el4_a64_SQRDMLAH_elem(struct el4_translator *t, const struct a64_args_simd_elem *a)
{
    return rounding_double_elem(t, a, el4_simd_sqrdmlah_elem);
}

bool el4_a64_SQRDMLSH_elem(struct el4_translator *t, const struct a64_args_simd_elem *a)
{
    return rounding_double_elem(t, a, el4_simd_sqrdmlsh_elem);
}

/* Two registers. */
#define TWO(name, family)                                                                      \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_simd_rr *a)            \
    {                                                                                          \
        return emit_simd(t, el4_simd_##family[a->esz], a->rd, a->rn, 0, 0,                     \
                         simd_shape(a->scalar, a->q, a->esz));                                 \
    }

TWO(REV64_v, rev64)
TWO(REV32_v, rev32)
TWO(REV16_v, rev16)
TWO(SADDLP, saddlp)
TWO(UADDLP, uaddlp)
TWO(SADALP, sadalp)
TWO(UADALP, uadalp)
TWO(SUQADD_v, suqadd)
TWO(USQADD_v, usqadd)
TWO(CLS_v, cls)
TWO(CLZ_v, clz)
TWO(CNT_v, cnt)
TWO(SQABS_v, sqabs)
TWO(SQNEG_v, sqneg)
TWO(CMGT_zero, cmgt_zero)
TWO(CMGE_zero, cmge_zero)
TWO(CMEQ_zero, cmeq_zero)
TWO(CMLE_zero, cmle_zero)
TWO(CMLT_zero, cmlt_zero)
TWO(ABS_v, abs)
TWO(NEG_v, neg)
TWO(RBIT_v, rbit)
TWO(URECPE_v, urecpe)
TWO(URSQRTE_v, ursqrte)

bool el4_a64_NOT_v(struct el4_translator *t, const struct a64_args_simd_rr *a)
{
    return emit_simd(t, el4_simd_not, a->rd, a->rn, 0, 0, 3 + a->q);
}

/* Narrowing without a shift, or a shift by 0. */
#define EXTRACT_NARROW(name, family)                                                           \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_simd_rr *a)            \
    {                                                                                          \
        return emit_simd(t, el4_simd_##family[a->esz], a->rd, a->rn, 0, 0,                     \
                         narrow_aux(a->scalar, a->q, a->esz, 0));                              \
    }

EXTRACT_NARROW(XTN, shrn)
EXTRACT_NARROW(SQXTN, sqshrn)
EXTRACT_NARROW(UQXTN, uqshrn)
EXTRACT_NARROW(SQXTUN, sqshrun)

/* SHLL shifts by the element size. */
bool el4_a64_SHLL(struct el4_translator *t, const struct a64_args_simd_rr *a)
{
    return emit_simd(t, el4_simd_ushll[a->esz], a->rd, a->rn, 0, 0,
                     long_aux(0, a->q, a->esz) | el4_simd_aux(0, 8u << a->esz));
}

/* Across lanes. */
#define ACROSS(name, family)                                                                   \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_simd_across *a)        \
    {                                                                                          \
        return emit_simd(t, el4_simd_##family[a->esz], a->rd, a->rn, 0, 0, 3 + a->q);          \
    }

ACROSS(SADDLV, saddlv)
ACROSS(UADDLV, uaddlv)
ACROSS(SMAXV, smaxv)
ACROSS(UMAXV, umaxv)
ACROSS(SMINV, sminv)
ACROSS(UMINV, uminv)
ACROSS(ADDV, addv)

bool el4_a64_ADDP_pair(struct el4_translator *t, const struct a64_args_simd_across *a)
{
    return emit_simd(t, el4_simd_addp_pair, a->rd, a->rn, 0, 0, 3);
}

/* Shifts by immediate: immh:immb is size + amount to the left, 2 * size - amount to the right.
 */
static unsigned shift_size(const struct a64_args_simd_shift *a)
{
    return 28 - (unsigned)__builtin_clz(a->imm);
}

static unsigned left_amount(const struct a64_args_simd_shift *a)
{
    return a->imm - (8u << shift_size(a));
}

static unsigned right_amount(const struct a64_args_simd_shift *a)
{
    return (16u << shift_size(a)) - a->imm;
}

#define SHIFT(name, family, aux, amount)                                                       \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_simd_shift *a)         \
    {                                                                                          \
        return emit_simd(t, el4_simd_##family[shift_size(a)], a->rd, a->rn, 0, 0,              \
                         (aux) | el4_simd_aux(0, amount));                                     \
    }

#define SHIFT_SHAPE                simd_shape(a->scalar, a->q, shift_size(a))
#define SHIFT_NARROW_SHAPE         narrow_aux(a->scalar, a->q, shift_size(a), 0)
#define SHIFT_LEFT(name, family)   SHIFT(name, family, SHIFT_SHAPE, left_amount(a))
#define SHIFT_RIGHT(name, family)  SHIFT(name, family, SHIFT_SHAPE, right_amount(a))
#define SHIFT_NARROW(name, family) SHIFT(name, family, SHIFT_NARROW_SHAPE, right_amount(a))
#define SHIFT_LONG(name, family)                                                               \
    SHIFT(name, family, long_aux(0, a->q, shift_size(a)), left_amount(a))

SHIFT_RIGHT(SSHR, sshr_imm)
SHIFT_RIGHT(USHR, ushr_imm)
SHIFT_RIGHT(SSRA, ssra_imm)
SHIFT_RIGHT(USRA, usra_imm)
SHIFT_RIGHT(SRSHR, srshr_imm)
SHIFT_RIGHT(URSHR, urshr_imm)
SHIFT_RIGHT(SRSRA, srsra_imm)
SHIFT_RIGHT(URSRA, ursra_imm)
SHIFT_RIGHT(SRI, sri_imm)
SHIFT_LEFT(SHL, shl_imm)
SHIFT_LEFT(SLI, sli_imm)
SHIFT_LEFT(SQSHLU, sqshlu_imm)
SHIFT_LEFT(SQSHL_imm, sqshl_imm)
SHIFT_LEFT(UQSHL_imm, uqshl_imm)
SHIFT_NARROW(SHRN, shrn)
SHIFT_NARROW(RSHRN, rshrn)
SHIFT_NARROW(SQSHRN, sqshrn)
SHIFT_NARROW(UQSHRN, uqshrn)
SHIFT_NARROW(SQRSHRN, sqrshrn)
SHIFT_NARROW(UQRSHRN, uqrshrn)
SHIFT_NARROW(SQSHRUN, sqshrun)
SHIFT_NARROW(SQRSHRUN, sqrshrun)
SHIFT_LONG(SSHLL, sshll)
SHIFT_LONG(USHLL, ushll)
