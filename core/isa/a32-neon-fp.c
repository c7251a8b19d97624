/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 Advanced SIMD floating point: one micro-op each where a32-neon-ops.c has it; what
 * A64's families do is put between two that change the FPCR. Half precision needs FEAT_FP16,
 * but for VCVT between half and single.
 */
#include "fp/fp.h"
#include "isa/a32-neon.h"

/* False: UNDEFINED. esz 1 half, 2 single. */
static bool begin(struct el4_translator *t, unsigned esz, unsigned q, unsigned highest)
{
    return (esz == 2 || (esz == 1 && t->features->a32_fp16)) && a32_neon_begin(t, highest + q);
}

static unsigned vector_aux(unsigned q, unsigned arg)
{
    return (q ? 2 : 1) | arg << EL4_A32_NEON_ARG_SHIFT;
}

/* ---- three registers ---- */

static bool three(struct el4_translator *t, const struct a32_args_neon_fp *a, el4_vcall_fn *fn)
{
    const unsigned esz = a->sz ? 1 : 2;

    if (!begin(t, esz, a->q, a32_highest3(a->vd, a->vn, a->vm))) {
        return false;
    }
    el4_emit_vcall(t, fn, a->vd, a->vn, a->vm, 0, vector_aux(a->q, 0));
    return true;
}

#define THREE(name, family, feature)                                                           \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_neon_fp *a)            \
    {                                                                                          \
        return t->features->feature && three(t, a, el4_a32_neon_##family[a->sz ? 1 : 2]);      \
    }

/* The function of simd-fp-fast.c if it has one, else that of the family. */
static el4_vcall_fn *fast_or(enum el4_a32_neon_fast_op op, unsigned esz, unsigned q,
                             el4_vcall_fn *const *family)
{
    el4_vcall_fn *fast = esz == 2 ? el4_a32_neon_fast(op, q) : NULL;
    return fast ? fast : family[esz];
}

#define THREE_FAST(name, family, feature, op)                                                  \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_neon_fp *a)            \
    {                                                                                          \
        return t->features->feature && three(t, a,                                             \
                                             fast_or(EL4_A32_NEON_FAST_##op, a->sz ? 1 : 2,    \
                                                     a->q, el4_a32_neon_##family));            \
    }

THREE_FAST(VADD_f, add, neon, ADD)
THREE_FAST(VSUB_f, sub, neon, SUB)
THREE_FAST(VMUL_f, mul, neon, MUL)
THREE(VMLA_f, mla, neon)
THREE(VMLS_f, mls, neon)
THREE_FAST(VFMA, fma, vfp4, FMA)
THREE_FAST(VFMS, fms, vfp4, FMS)
THREE(VABD_f, abd, neon)
THREE(VMAX_f, max, neon)
THREE(VMIN_f, min, neon)
THREE(VMAXNM, maxnm, a32_v8)
THREE(VMINNM, minnm, a32_v8)
THREE(VRECPS, recps, neon)
THREE(VRSQRTS, rsqrts, neon)
THREE(VCEQ_f, ceq, neon)
THREE(VCGE_f, cge, neon)
THREE(VCGT_f, cgt, neon)
THREE(VACGE, acge, neon)
THREE(VACGT, acgt, neon)
THREE(VPADD_f, padd, neon)
THREE(VPMAX_f, pmax, neon)
THREE(VPMIN_f, pmin, neon)

static bool element(struct el4_translator *t, const struct a32_args_neon_elem *a,
                    el4_vcall_fn *fn)
{
    if (!begin(t, a->size, a->q, a32_highest3(a->vd, a->vn, a->vm))) {
        return false;
    }
    el4_emit_vcall(t, fn, a->vd, a->vn, a->vm, 0, vector_aux(a->q, a->idx));
    return true;
}

bool el4_a32_VMUL_felem(struct el4_translator *t, const struct a32_args_neon_elem *a)
{
    return element(t, a,
                   fast_or(EL4_A32_NEON_FAST_MUL_ELEM, a->size, a->q, el4_a32_neon_mul_elem));
}

#define ELEMENT(name, family)                                                                  \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_neon_elem *a)          \
    {                                                                                          \
        return element(t, a, el4_a32_neon_##family[a->size]);                                  \
    }

ELEMENT(VMLA_felem, mla_elem)
ELEMENT(VMLS_felem, mls_elem)

/* ---- two registers ---- */

static bool two(struct el4_translator *t, unsigned size, unsigned q, unsigned vd, unsigned vm,
                el4_vcall_fn *const *family, unsigned b, unsigned c, unsigned arg)
{
    if (!begin(t, size, q, a32_highest2(vd, vm))) {
        return false;
    }
    el4_emit_vcall(t, family[size], vd, vm, b, c, vector_aux(q, arg));
    return true;
}

#define TWO(name, family, feature, b, arg)                                                     \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_neon_rr *a)            \
    {                                                                                          \
        return t->features->feature &&                                                         \
               two(t, a->size, a->q, a->vd, a->vm, el4_a32_neon_##family, b, 0, arg);          \
    }

TWO(VCGT_fzero, cgt_zero, neon, 0, 0)
TWO(VCGE_fzero, cge_zero, neon, 0, 0)
TWO(VCEQ_fzero, ceq_zero, neon, 0, 0)
TWO(VCLE_fzero, cle_zero, neon, 0, 0)
TWO(VCLT_fzero, clt_zero, neon, 0, 0)
TWO(VABS_f, abs, neon, 0, 0)
TWO(VNEG_f, neg, neon, 0, 0)
TWO(VRECPE_f, recpe, neon, 0, 0)
TWO(VRSQRTE_f, rsqrte, neon, 0, 0)
TWO(VRINTN_v, rint, a32_v8, EL4_FP_TIEEVEN, 0)
TWO(VRINTX_v, rint, a32_v8, EL4_FP_TIEEVEN, 1)
TWO(VRINTA_v, rint, a32_v8, EL4_FP_TIEAWAY, 0)
TWO(VRINTZ_v, rint, a32_v8, EL4_FP_ZERO, 0)
TWO(VRINTM_v, rint, a32_v8, EL4_FP_NEGINF, 0)
TWO(VRINTP_v, rint, a32_v8, EL4_FP_POSINF, 0)

/* ---- conversions ---- */

bool el4_a32_VCVT_vrm(struct el4_translator *t, const struct a32_args_neon_vrm *a)
{
    return t->features->a32_v8 &&
           two(t, a->size, a->q, a->vd, a->vm, el4_a32_neon_to_int,
               a32_rounding_of(a->rm) | (a->u ? EL4_SIMD_UNSIGNED : 0), 0, 0);
}

static bool convert(struct el4_translator *t, unsigned to_int, unsigned u, unsigned size,
                    unsigned q, unsigned vd, unsigned vm, unsigned fraction_bits)
{
    return two(t, size, q, vd, vm, to_int ? el4_a32_neon_to_int : el4_a32_neon_from_int,
               (unsigned)EL4_FP_ZERO | (u ? EL4_SIMD_UNSIGNED : 0), fraction_bits, 0);
}

bool el4_a32_VCVT_vint(struct el4_translator *t, const struct a32_args_neon_vint *a)
{
    return convert(t, a->op, a->u, a->size, a->q, a->vd, a->vm, 0);
}

bool el4_a32_VCVT_vfix(struct el4_translator *t, const struct a32_args_neon_fix *a)
{
    return convert(t, a->op, a->u, a->sz ? 1 : 2, a->q, a->vd, a->vm, 32 - a->imm);
}

/* A family of simd.h under the Standard FPSCR value, d being the V register it writes. */
static void emit_standard(struct el4_translator *t, el4_vcall_fn *fn, unsigned d, unsigned a,
                          unsigned b, unsigned c, unsigned aux)
{
    el4_emit_vcall(t, el4_a32_neon_standard_begin, 0, 0, 0, 0, 0);
    el4_emit_vcall(t, fn, d, a, b, c, aux);
    el4_emit_vcall(t, el4_a32_neon_standard_end, 0, 0, 0, 0, 0);
}

bool el4_a32_VCVT_narrow(struct el4_translator *t, const struct a32_args_neon_rr *a)
{
    if (!t->features->vfp_half || !a32_neon_begin(t, a32_highest2(a->vd, a->vm + 1))) {
        return false;
    }
    emit_standard(t, el4_simd_fcvtn[1], A32_TEMP_D, a->vm / 2, 0, 0, 3);
    a32_move_d(t, a->vd, A32_D_OF(A32_TEMP_D));
    return true;
}

bool el4_a32_VCVT_widen(struct el4_translator *t, const struct a32_args_neon_rr *a)
{
    if (!t->features->vfp_half || !a32_neon_begin(t, a32_highest2(a->vd + 1, a->vm))) {
        return false;
    }
    emit_standard(t, el4_simd_fcvtl[1], a->vd / 2, a->vm / 2, 0, 0,
                  4 | (a->vm % 2 ? EL4_SIMD_UPPER : 0));
    return true;
}

/* ---- complex numbers (FEAT_FCMA) ---- */

static bool rotated(struct el4_translator *t, const struct a32_args_neon_rot *a,
                    el4_vcall_fn *const *family, unsigned quarters)
{
    const unsigned esz = a->s ? 2 : 1;

    if (!t->features->a32_fcma || !begin(t, esz, a->q, a32_highest3(a->vd, a->vn, a->vm))) {
        return false;
    }
    const unsigned n = a32_neon_source(t, a->q, a->vn, A32_TEMP_N);
    const unsigned m = a32_neon_source(t, a->q, a->vm, A32_TEMP_M);
    const unsigned d = a32_neon_target(t, a->q, a->vd, true);
    emit_standard(t, family[esz], d, n, m, 0, el4_simd_aux(3 + a->q, quarters));
    a32_neon_done(t, a->q, a->vd);
    return true;
}

bool el4_a32_VCMLA(struct el4_translator *t, const struct a32_args_neon_rot *a)
{
    return rotated(t, a, el4_simd_fcmla, a->rot);
}

bool el4_a32_VCADD(struct el4_translator *t, const struct a32_args_neon_rot *a)
{
    return rotated(t, a, el4_simd_fcadd, a->rot ? 3 : 1);
}

bool el4_a32_VCMLA_elem(struct el4_translator *t, const struct a32_args_neon_rot_elem *a)
{
    const unsigned esz = a->s ? 2 : 1;
    const unsigned in_d = a->s ? 1 : 2; /* complex numbers in a D register */

    /* The element is in a D register, whatever q is. */
    const unsigned m = a->q ? a->vm & ~1u : a->vm;
    if (!t->features->a32_fcma || !begin(t, esz, a->q, a32_highest3(a->vd, a->vn, m))) {
        return false;
    }
    const unsigned n = a32_neon_source(t, a->q, a->vn, A32_TEMP_N);
    const unsigned d = a32_neon_target(t, a->q, a->vd, true);
    emit_standard(t, el4_simd_fcmla_elem[esz], d, n, a->vm / 2, a->idx + a->vm % 2 * in_d,
                  el4_simd_aux(3 + a->q, a->rot));
    a32_neon_done(t, a->q, a->vd);
    return true;
}

/* ---- VFMAL and VFMSL (FEAT_FHM): the operands are half as wide as the result ---- */

/* V register whose lowest part is Sn, or Dn if q. */
static unsigned narrow_source(struct el4_translator *t, unsigned q, unsigned n, unsigned temp)
{
    if (q) {
        return a32_neon_source(t, 0, n, temp);
    }
    if (n % 4 == 0) {
        return n / 4;
    }
    a32_move_s(t, 4 * temp, n);
    return temp;
}

bool el4_a32_VFML(struct el4_translator *t, const struct a32_args_neon_fml *a)
{
    const unsigned highest = a->q ? a32_highest3(a->vd + 1, a->vn, a->vm) : a->vd;

    if (!t->features->a32_fhm || !a32_neon_begin(t, highest)) {
        return false;
    }
    const unsigned n = narrow_source(t, a->q, a->vn, A32_TEMP_N);
    const unsigned m = narrow_source(t, a->q, a->vm, A32_TEMP_M);
    const unsigned d = a32_neon_target(t, a->q, a->vd, true);
    emit_standard(t, a->s ? el4_simd_fmlsl : el4_simd_fmlal, d, n, m, 0, 3 + a->q);
    a32_neon_done(t, a->q, a->vd);
    return true;
}

bool el4_a32_VFML_elem(struct el4_translator *t, const struct a32_args_neon_fml_elem *a)
{
    const unsigned highest = a->q ? a32_highest2(a->vd + 1, a->vn) : a->vd;
    const unsigned v = a->q ? a->vm / 2 : a->vm / 4;
    const unsigned element = a->idx + (a->q ? a->vm % 2 * 4 : a->vm % 4 * 2);

    if (!t->features->a32_fhm || !a32_neon_begin(t, highest)) {
        return false;
    }
    const unsigned n = narrow_source(t, a->q, a->vn, A32_TEMP_N);
    const unsigned d = a32_neon_target(t, a->q, a->vd, true);
    emit_standard(t, a->s ? el4_simd_fmlsl_elem : el4_simd_fmlal_elem, d, n, v, element,
                  3 + a->q);
    a32_neon_done(t, a->q, a->vd);
    return true;
}
