/* SPDX-License-Identifier: MIT */
/*
 * A64 Advanced SIMD, floating point: vector forms, the scalar forms that share their encodings,
 * by element, across lanes and pairwise (DDI 0487 C4.1, "Advanced SIMD ..."). Half precision
 * needs FEAT_FP16, except where it is only converted from or to.
 */
#include "fp/fp.h"
#include "isa/a64-simd.h"

static bool three_same(struct el4_translator *t, const struct a64_args_simd_rrr *a,
                       el4_vcall_fn *const *family)
{
    return simd_fp_allowed(t, a->esz) && emit_simd(t, family[a->esz], a->rd, a->rn, a->rm, 0,
                                                   simd_shape(a->scalar, a->q, a->esz));
}

#define THREE_SAME(name, family)                                                               \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_simd_rrr *a)           \
    {                                                                                          \
        return three_same(t, a, el4_simd_##family);                                            \
    }

THREE_SAME(FMAXNM_v, fmaxnm)
THREE_SAME(FMINNM_v, fminnm)
THREE_SAME(FMAX_v, fmax)
THREE_SAME(FMIN_v, fmin)
THREE_SAME(FMULX_v, fmulx)
THREE_SAME(FRECPS_v, frecps)
THREE_SAME(FRSQRTS_v, frsqrts)
THREE_SAME(FCMEQ_v, fcmeq)
THREE_SAME(FCMGE_v, fcmge)
THREE_SAME(FCMGT_v, fcmgt)
THREE_SAME(FACGE_v, facge)
THREE_SAME(FACGT_v, facgt)
THREE_SAME(FABD_v, fabd)
THREE_SAME(FADDP_v, faddp)
THREE_SAME(FMAXP_v, fmaxp)
THREE_SAME(FMINP_v, fminp)
THREE_SAME(FMAXNMP_v, fmaxnmp)
THREE_SAME(FMINNMP_v, fminnmp)

static bool three_same_fast(struct el4_translator *t, const struct a64_args_simd_rrr *a,
                            enum el4_simd_fast_op op, el4_vcall_fn *const *family)
{
    const unsigned shape = simd_shape(a->scalar, a->q, a->esz);

    return simd_fp_allowed(t, a->esz) &&
           emit_simd(t, simd_fp_function(op, family, a->esz, shape), a->rd, a->rn, a->rm, 0,
                     shape);
}

#define THREE_SAME_FAST(name, family, op)                                                      \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_simd_rrr *a)           \
    {                                                                                          \
        return three_same_fast(t, a, EL4_SIMD_FAST_##op, el4_simd_##family);                   \
    }

THREE_SAME_FAST(FADD_v, fadd, FADD)
THREE_SAME_FAST(FSUB_v, fsub, FSUB)
THREE_SAME_FAST(FMUL_v, fmul, FMUL)
THREE_SAME_FAST(FDIV_v, fdiv, FDIV)
THREE_SAME_FAST(FMLA_v, fmla, FMLA)
THREE_SAME_FAST(FMLS_v, fmls, FMLS)

static bool by_element(struct el4_translator *t, const struct a64_args_simd_elem *a,
                       enum el4_simd_fast_op op, el4_vcall_fn *const *family)
{
    const unsigned shape = simd_shape(a->scalar, a->q, a->esz);
    el4_vcall_fn *fn =
        op < EL4_SIMD_FAST_COUNT ? simd_fp_function(op, family, a->esz, shape) : family[a->esz];

    return simd_fp_allowed(t, a->esz) &&
           emit_simd(t, fn, a->rd, a->rn, a->rm, 0, el4_simd_aux(shape, a->idx));
}

#define BY_ELEMENT(name, family, op)                                                           \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_simd_elem *a)          \
    {                                                                                          \
        return by_element(t, a, EL4_SIMD_FAST_##op, el4_simd_##family);                        \
    }

BY_ELEMENT(FMLA_elem, fmla_elem, FMLA_ELEM)
BY_ELEMENT(FMLS_elem, fmls_elem, FMLS_ELEM)
BY_ELEMENT(FMUL_elem, fmul_elem, FMUL_ELEM)
BY_ELEMENT(FMULX_elem, fmulx_elem, COUNT)

/* Two registers. */
static bool two(struct el4_translator *t, const struct a64_args_simd_rr *a,
                el4_vcall_fn *const *family, unsigned b, unsigned c, unsigned arg)
{
    return simd_fp_allowed(t, a->esz) &&
           emit_simd(t, family[a->esz], a->rd, a->rn, b, c,
                     el4_simd_aux(simd_shape(a->scalar, a->q, a->esz), arg));
}

#define TWO(name, family, b, c, arg)                                                           \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_simd_rr *a)            \
    {                                                                                          \
        return two(t, a, el4_simd_##family, b, c, arg);                                        \
    }

TWO(FCMGT_zero, fcmgt_zero, 0, 0, 0)
TWO(FCMGE_zero, fcmge_zero, 0, 0, 0)
TWO(FCMEQ_zero, fcmeq_zero, 0, 0, 0)
TWO(FCMLE_zero, fcmle_zero, 0, 0, 0)
TWO(FCMLT_zero, fcmlt_zero, 0, 0, 0)
TWO(FABS_v, fabs, 0, 0, 0)
TWO(FNEG_v, fneg, 0, 0, 0)
TWO(FSQRT_v, fsqrt, 0, 0, 0)
TWO(FRECPE_v, frecpe, 0, 0, 0)
TWO(FRSQRTE_v, frsqrte, 0, 0, 0)
TWO(FRECPX, frecpx, 0, 0, 0)

TWO(FRINTN_v, frint, EL4_FP_TIEEVEN, 0, 0)
TWO(FRINTP_v, frint, EL4_FP_POSINF, 0, 0)
TWO(FRINTM_v, frint, EL4_FP_NEGINF, 0, 0)
TWO(FRINTZ_v, frint, EL4_FP_ZERO, 0, 0)
TWO(FRINTA_v, frint, EL4_FP_TIEAWAY, 0, 0)
TWO(FRINTX_v, frint, EL4_SIMD_FPCR_ROUNDING, 0, 1)
TWO(FRINTI_v, frint, EL4_SIMD_FPCR_ROUNDING, 0, 0)

TWO(FCVTNS_v, fcvt_to_int, EL4_FP_TIEEVEN, 0, 0)
TWO(FCVTNU_v, fcvt_to_int, EL4_FP_TIEEVEN | EL4_SIMD_UNSIGNED, 0, 0)
TWO(FCVTMS_v, fcvt_to_int, EL4_FP_NEGINF, 0, 0)
TWO(FCVTMU_v, fcvt_to_int, EL4_FP_NEGINF | EL4_SIMD_UNSIGNED, 0, 0)
TWO(FCVTAS_v, fcvt_to_int, EL4_FP_TIEAWAY, 0, 0)
TWO(FCVTAU_v, fcvt_to_int, EL4_FP_TIEAWAY | EL4_SIMD_UNSIGNED, 0, 0)
TWO(FCVTPS_v, fcvt_to_int, EL4_FP_POSINF, 0, 0)
TWO(FCVTPU_v, fcvt_to_int, EL4_FP_POSINF | EL4_SIMD_UNSIGNED, 0, 0)
TWO(FCVTZS_v, fcvt_to_int, EL4_FP_ZERO, 0, 0)
TWO(FCVTZU_v, fcvt_to_int, EL4_FP_ZERO | EL4_SIMD_UNSIGNED, 0, 0)
TWO(SCVTF_v, int_to_fp, 0, 0, 0)
TWO(UCVTF_v, int_to_fp, EL4_SIMD_UNSIGNED, 0, 0)

/* FEAT_FRINTTS. */
#define TWO_FRINTTS(name, rounding, bits)                                                      \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_simd_rr *a)            \
    {                                                                                          \
        return t->features->frintts && two(t, a, el4_simd_frint_n, rounding, bits, 0);         \
    }

TWO_FRINTTS(FRINT32Z_v, EL4_FP_ZERO, 32)
TWO_FRINTTS(FRINT32X_v, EL4_SIMD_FPCR_ROUNDING, 32)
TWO_FRINTTS(FRINT64Z_v, EL4_FP_ZERO, 64)
TWO_FRINTTS(FRINT64X_v, EL4_SIMD_FPCR_ROUNDING, 64)

/* Fixed point: immh:immb is twice the element size less the number of fraction bits. */
static bool fixed(struct el4_translator *t, const struct a64_args_simd_shift *a,
                  el4_vcall_fn *const *family, unsigned b)
{
    const unsigned esz = 28 - (unsigned)__builtin_clz(a->imm);
    const unsigned fraction_bits = (16u << esz) - a->imm;

    return simd_fp_allowed(t, esz) && emit_simd(t, family[esz], a->rd, a->rn, b, fraction_bits,
                                                simd_shape(a->scalar, a->q, esz));
}

#define FIXED(name, family, b)                                                                 \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_simd_shift *a)         \
    {                                                                                          \
        return fixed(t, a, el4_simd_##family, b);                                              \
    }

FIXED(SCVTF_fix, int_to_fp, 0)
FIXED(UCVTF_fix, int_to_fp, EL4_SIMD_UNSIGNED)
FIXED(FCVTZS_fix, fcvt_to_int, EL4_FP_ZERO)
FIXED(FCVTZU_fix, fcvt_to_int, EL4_FP_ZERO | EL4_SIMD_UNSIGNED)

/* Between formats. */
bool el4_a64_FCVTL(struct el4_translator *t, const struct a64_args_simd_rr *a)
{
    return emit_simd(t, el4_simd_fcvtl[a->esz], a->rd, a->rn, 0, 0,
                     4 | (a->q ? EL4_SIMD_UPPER : 0));
}

bool el4_a64_FCVTN(struct el4_translator *t, const struct a64_args_simd_rr *a)
{
    return emit_simd(t, el4_simd_fcvtn[a->esz], a->rd, a->rn, 0, 0,
                     3 | (a->q ? EL4_SIMD_UPPER : 0));
}

bool el4_a64_FCVTXN(struct el4_translator *t, const struct a64_args_simd_narrow *a)
{
    return emit_simd(t, el4_simd_fcvtxn, a->rd, a->rn, 0, 0,
                     (a->scalar ? 2 : 3) | (a->q ? EL4_SIMD_UPPER : 0));
}

/* Across lanes; the scalar pairwise forms reduce two elements. */
#define ACROSS(name, family, width)                                                            \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_simd_across *a)        \
    {                                                                                          \
        return simd_fp_allowed(t, a->esz) &&                                                   \
               emit_simd(t, el4_simd_##family[a->esz], a->rd, a->rn, 0, 0, width);             \
    }

ACROSS(FMAXV, fp_maxv, 3 + a->q)
ACROSS(FMINV, fp_minv, 3 + a->q)
ACROSS(FMAXNMV, fp_maxnumv, 3 + a->q)
ACROSS(FMINNMV, fp_minnumv, 3 + a->q)
ACROSS(FADDP_pair, fp_addv, a->esz + 1)
ACROSS(FMAXP_pair, fp_maxv, a->esz + 1)
ACROSS(FMINP_pair, fp_minv, a->esz + 1)
ACROSS(FMAXNMP_pair, fp_maxnumv, a->esz + 1)
ACROSS(FMINNMP_pair, fp_minnumv, a->esz + 1)

/* FEAT_FCMA: rot of FCADD is 0 for 90 degrees and 1 for 270. */
static bool rotated(struct el4_translator *t, const struct a64_args_simd_rot *a,
                    el4_vcall_fn *const *family, unsigned quarters)
{
    return t->features->fcma && simd_fp_allowed(t, a->esz) &&
           emit_simd(t, family[a->esz], a->rd, a->rn, a->rm, 0,
                     el4_simd_aux(3 + a->q, quarters));
}

bool el4_a64_FCADD_v(struct el4_translator *t, const struct a64_args_simd_rot *a)
{
    return rotated(t, a, el4_simd_fcadd, a->rot ? 3 : 1);
}

bool el4_a64_FCMLA_v(struct el4_translator *t, const struct a64_args_simd_rot *a)
{
    return rotated(t, a, el4_simd_fcmla, a->rot);
}

bool el4_a64_FCMLA_elem(struct el4_translator *t, const struct a64_args_simd_rot_elem *a)
{
    return t->features->fcma && simd_fp_allowed(t, a->esz) &&
           emit_simd(t, el4_simd_fcmla_elem[a->esz], a->rd, a->rn, a->rm, a->idx,
                     el4_simd_aux(3 + a->q, a->rot));
}

/* FEAT_FHM: the "2" forms take the upper half of as many halves as there are results, twice. */
static bool multiply_long(struct el4_translator *t, const struct a64_args_simd_long *a,
                          el4_vcall_fn *fn, unsigned part)
{
    return t->features->fhm && emit_simd(t, fn, a->rd, a->rn, a->rm, 0,
                                         el4_simd_aux(3 + a->q, part * (a->q ? 4 : 2)));
}

static bool multiply_long_elem(struct el4_translator *t,
                               const struct a64_args_simd_long_elem *a, el4_vcall_fn *fn,
                               unsigned part)
{
    return t->features->fhm && emit_simd(t, fn, a->rd, a->rn, a->rm, a->idx,
                                         el4_simd_aux(3 + a->q, part * (a->q ? 4 : 2)));
}

#define MULTIPLY_LONG(name, fn, part)                                                          \
    bool el4_a64_##name##_v(struct el4_translator *t, const struct a64_args_simd_long *a)      \
    {                                                                                          \
        return multiply_long(t, a, el4_simd_##fn, part);                                       \
    }                                                                                          \
    bool el4_a64_##name##_elem(struct el4_translator *t,                                       \
                               const struct a64_args_simd_long_elem *a)                        \
    {                                                                                          \
        return multiply_long_elem(t, a, el4_simd_##fn##_elem, part);                           \
    }

MULTIPLY_LONG(FMLAL, fmlal, 0)
MULTIPLY_LONG(FMLSL, fmlsl, 0)
MULTIPLY_LONG(FMLAL2, fmlal, 1)
MULTIPLY_LONG(FMLSL2, fmlsl, 1)
