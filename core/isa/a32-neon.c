/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 Advanced SIMD integer arithmetic: three registers of one or different lengths, by
 * element, shifts, two registers, and the cryptographic instructions. All of it is done by the
 * families of simd.h.
 */
#include "isa/a32-neon.h"

/* ---- three registers of the same length ---- */

/* d = fn(n, m); the order of the operands is the caller's. */
static bool emit_three(struct el4_translator *t, el4_vcall_fn *fn, unsigned q, unsigned vd,
                       unsigned vn, unsigned vm, bool reads_d, unsigned arg)
{
    if (!fn || !a32_neon_begin(t, a32_highest3(vd, vn, vm) + q)) {
        return false;
    }
    const unsigned n = a32_neon_source(t, q, vn, A32_TEMP_N);
    const unsigned m = vm == vn ? n : a32_neon_source(t, q, vm, A32_TEMP_M);
    const unsigned d = a32_neon_target(t, q, vd, reads_d);
    el4_emit_vcall(t, fn, d, n, m, 0, el4_simd_aux(3 + q, arg));
    a32_neon_done(t, q, vd);
    return true;
}

#define THREE_IF(feature, name, s_family, u_family, reads_d)                                   \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_neon_rrr *a)           \
    {                                                                                          \
        el4_vcall_fn *fn = (a->u ? el4_simd_##u_family : el4_simd_##s_family)[a->size];        \
        return t->features->feature &&                                                         \
               emit_three(t, fn, a->q, a->vd, a->vn, a->vm, reads_d, 0);                       \
    }

#define THREE(name, s_family, u_family)      THREE_IF(neon, name, s_family, u_family, false)
#define ACCUMULATE(name, s_family, u_family) THREE_IF(neon, name, s_family, u_family, true)

THREE(VHADD, shadd, uhadd)
THREE(VQADD, sqadd, uqadd)
THREE(VRHADD, srhadd, urhadd)
THREE(VHSUB, shsub, uhsub)
THREE(VQSUB, sqsub, uqsub)
THREE(VCGT, cmgt, cmhi)
THREE(VCGE, cmge, cmhs)
THREE(VMAX, smax, umax)
THREE(VMIN, smin, umin)
THREE(VABD, sabd, uabd)
ACCUMULATE(VABA, saba, uaba)
THREE(VADD, add, add)
THREE(VSUB, sub, sub)
THREE(VTST, cmtst, cmtst)
THREE(VCEQ, cmeq, cmeq)
ACCUMULATE(VMLA, mla, mla)
ACCUMULATE(VMLS, mls, mls)
THREE(VMUL, mul, mul)
THREE(VMUL_p, pmul, pmul)
THREE(VPMAX, smaxp, umaxp)
THREE(VPMIN, sminp, uminp)
THREE(VPADD, addp, addp)
THREE(VQDMULH, sqdmulh, sqdmulh)
THREE(VQRDMULH, sqrdmulh, sqrdmulh)
THREE_IF(a32_rdm, VQRDMLAH, sqrdmlah, sqrdmlah, true)
THREE_IF(a32_rdm, VQRDMLSH, sqrdmlsh, sqrdmlsh, true)

/* Vm is shifted by Vn. */
#define SHIFT_BY(name, family)                                                                 \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_neon_rrr *a)           \
    {                                                                                          \
        el4_vcall_fn *fn = (a->u ? el4_simd_u##family : el4_simd_s##family)[a->size];          \
        return emit_three(t, fn, a->q, a->vd, a->vm, a->vn, false, 0);                         \
    }

SHIFT_BY(VSHL_reg, shl)
SHIFT_BY(VQSHL_reg, qshl)
SHIFT_BY(VRSHL, rshl)
SHIFT_BY(VQRSHL, qrshl)

#define LOGIC(name, fn, reads_d)                                                               \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_neon_logic *a)         \
    {                                                                                          \
        return emit_three(t, el4_simd_##fn, a->q, a->vd, a->vn, a->vm, reads_d, 0);            \
    }

LOGIC(VAND, and, false)
LOGIC(VBIC, bic, false)
LOGIC(VORN, orn, false)
LOGIC(VEOR, eor, false)
LOGIC(VBSL, bsl, true)
LOGIC(VBIT, bit, true)
LOGIC(VBIF, bif, true)

/* VORR of a register with itself is VMOV. */
bool el4_a32_VORR(struct el4_translator *t, const struct a32_args_neon_logic *a)
{
    if (a->vn != a->vm) {
        return emit_three(t, el4_simd_orr, a->q, a->vd, a->vn, a->vm, false, 0);
    }
    if (!a32_neon_begin(t, a32_highest2(a->vd, a->vm) + a->q)) {
        return false;
    }
    if (a->q) {
        el4_emit(t, EL4_UOP_VMOV, a->vd / 2, a->vm / 2, 0, 0, 0, 0);
    } else {
        a32_move_d(t, a->vd, a->vm);
    }
    return true;
}

/* ---- by element ---- */

/* Lane of V[m / 2] that element idx of Dm is. */
static unsigned lane_of(unsigned size, unsigned m, unsigned idx)
{
    return idx + (m % 2 << (3 - size));
}

static bool emit_element(struct el4_translator *t, const struct a32_args_neon_elem *a,
                         el4_vcall_fn *fn, bool reads_d)
{
    if (!fn || !a32_neon_begin(t, a32_highest3(a->vd, a->vn, a->vm) + a->q)) {
        return false;
    }
    const unsigned n = a32_neon_source(t, a->q, a->vn, A32_TEMP_N);
    const unsigned d = a32_neon_target(t, a->q, a->vd, reads_d);
    el4_emit_vcall(t, fn, d, n, a->vm / 2, 0,
                   el4_simd_aux(3 + a->q, lane_of(a->size, a->vm, a->idx)));
    a32_neon_done(t, a->q, a->vd);
    return true;
}

#define ELEMENT(name, family, feature, reads_d)                                                \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_neon_elem *a)          \
    {                                                                                          \
        return t->features->feature &&                                                         \
               emit_element(t, a, el4_simd_##family##_elem[a->size], reads_d);                 \
    }

ELEMENT(VMUL_elem, mul, neon, false)
ELEMENT(VMLA_elem, mla, neon, true)
ELEMENT(VMLS_elem, mls, neon, true)
ELEMENT(VQDMULH_elem, sqdmulh, neon, false)
ELEMENT(VQRDMULH_elem, sqrdmulh, neon, false)
ELEMENT(VQRDMLAH_elem, sqrdmlah, a32_rdm, true)
ELEMENT(VQRDMLSH_elem, sqrdmlsh, a32_rdm, true)

/* ---- three registers of different lengths ---- */

/* Dn and Dm to Qd. Two upper halves are what the families' UPPER is for. */
static bool emit_long(struct el4_translator *t, el4_vcall_fn *fn, unsigned vd, unsigned vn,
                      unsigned vm)
{
    if (!fn || !a32_neon_begin(t, a32_highest3(vd + 1, vn, vm))) {
        return false;
    }
    if (vn % 2 == 1 && vm % 2 == 1) {
        el4_emit_vcall(t, fn, vd / 2, vn / 2, vm / 2, 0, 4 | EL4_SIMD_UPPER);
        return true;
    }
    const unsigned n = a32_neon_source(t, 0, vn, A32_TEMP_N);
    const unsigned m = a32_neon_source(t, 0, vm, A32_TEMP_M);
    el4_emit_vcall(t, fn, vd / 2, n, m, 0, 4);
    return true;
}

#define LONG(name, family)                                                                     \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_neon_long *a)          \
    {                                                                                          \
        el4_vcall_fn *fn = (a->u ? el4_simd_u##family : el4_simd_s##family)[a->size];          \
        return emit_long(t, fn, a->vd, a->vn, a->vm);                                          \
    }

LONG(VADDL, addl)
LONG(VSUBL, subl)
LONG(VABAL, abal)
LONG(VABDL, abdl)
LONG(VMLAL, mlal)
LONG(VMLSL, mlsl)
LONG(VMULL, mull)

#define LONG_SATURATING(name, family)                                                          \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_neon_long *a)          \
    {                                                                                          \
        return emit_long(t, el4_simd_##family[a->size], a->vd, a->vn, a->vm);                  \
    }

LONG_SATURATING(VQDMLAL, sqdmlal)
LONG_SATURATING(VQDMLSL, sqdmlsl)
LONG_SATURATING(VQDMULL, sqdmull)

/* Of bytes, or (size 2 here) of doublewords. */
bool el4_a32_VMULL_p(struct el4_translator *t, const struct a32_args_neon_long *a)
{
    if (a->size != 0 && !t->features->a32_pmull) {
        return false;
    }
    return emit_long(t, el4_simd_pmull[a->size ? 3 : 0], a->vd, a->vn, a->vm);
}

static bool emit_wide(struct el4_translator *t, const struct a32_args_neon_long *a,
                      el4_vcall_fn *fn)
{
    if (!a32_neon_begin(t, a32_highest3(a->vd + 1, a->vn + 1, a->vm))) {
        return false;
    }
    el4_emit_vcall(t, fn, a->vd / 2, a->vn / 2, a->vm / 2, 0,
                   4 | (a->vm % 2 ? EL4_SIMD_UPPER : 0));
    return true;
}

bool el4_a32_VADDW(struct el4_translator *t, const struct a32_args_neon_long *a)
{
    return emit_wide(t, a, (a->u ? el4_simd_uaddw : el4_simd_saddw)[a->size]);
}

bool el4_a32_VSUBW(struct el4_translator *t, const struct a32_args_neon_long *a)
{
    return emit_wide(t, a, (a->u ? el4_simd_usubw : el4_simd_ssubw)[a->size]);
}

/* Q registers to Dd; an upper half is written in place. */
static bool emit_narrow(struct el4_translator *t, el4_vcall_fn *fn, unsigned vd, unsigned vn,
                        unsigned vm, unsigned arg)
{
    if (!fn || !a32_neon_begin(t, a32_highest3(vd, vn + 1, vm + 1))) {
        return false;
    }
    if (vd % 2 == 1) {
        el4_emit_vcall(t, fn, vd / 2, vn / 2, vm / 2, 0, el4_simd_aux(3, arg) | EL4_SIMD_UPPER);
        return true;
    }
    el4_emit_vcall(t, fn, A32_TEMP_D, vn / 2, vm / 2, 0, el4_simd_aux(3, arg));
    a32_neon_done(t, 0, vd);
    return true;
}

#define HIGH_HALF(name, family)                                                                \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_neon_long *a)          \
    {                                                                                          \
        return emit_narrow(t, el4_simd_##family[a->size], a->vd, a->vn, a->vm, 0);             \
    }

HIGH_HALF(VADDHN, addhn)
HIGH_HALF(VRADDHN, raddhn)
HIGH_HALF(VSUBHN, subhn)
HIGH_HALF(VRSUBHN, rsubhn)

static bool emit_long_element(struct el4_translator *t, const struct a32_args_neon_lelem *a,
                              el4_vcall_fn *fn)
{
    if (!fn || !a32_neon_begin(t, a32_highest3(a->vd + 1, a->vn, a->vm))) {
        return false;
    }
    el4_emit_vcall(t, fn, a->vd / 2, a->vn / 2, a->vm / 2, 0,
                   el4_simd_aux(4, lane_of(a->size, a->vm, a->idx)) |
                       (a->vn % 2 ? EL4_SIMD_UPPER : 0));
    return true;
}

#define LONG_ELEMENT(name, s_family, u_family)                                                 \
    bool el4_a32_##name##_elem(struct el4_translator *t, const struct a32_args_neon_lelem *a)  \
    {                                                                                          \
        return emit_long_element(                                                              \
            t, a, (a->u ? el4_simd_##u_family##_elem : el4_simd_##s_family##_elem)[a->size]);  \
    }

LONG_ELEMENT(VMLAL, smlal, umlal)
LONG_ELEMENT(VMLSL, smlsl, umlsl)
LONG_ELEMENT(VMULL, smull, umull)
LONG_ELEMENT(VQDMLAL, sqdmlal, sqdmlal)
LONG_ELEMENT(VQDMLSL, sqdmlsl, sqdmlsl)
LONG_ELEMENT(VQDMULL, sqdmull, sqdmull)

/* ---- two registers ---- */

static bool emit_two(struct el4_translator *t, el4_vcall_fn *fn, unsigned q, unsigned vd,
                     unsigned vm, bool reads_d, unsigned arg)
{
    if (!fn || !a32_neon_begin(t, a32_highest2(vd, vm) + q)) {
        return false;
    }
    const unsigned m = a32_neon_source(t, q, vm, A32_TEMP_M);
    const unsigned d = a32_neon_target(t, q, vd, reads_d);
    el4_emit_vcall(t, fn, d, m, 0, 0, el4_simd_aux(3 + q, arg));
    a32_neon_done(t, q, vd);
    return true;
}

#define TWO(name, family)                                                                      \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_neon_rr *a)            \
    {                                                                                          \
        return emit_two(t, el4_simd_##family[a->size], a->q, a->vd, a->vm, false, 0);          \
    }

TWO(VREV64, rev64)
TWO(VREV32, rev32)
TWO(VREV16, rev16)
TWO(VCLS, cls)
TWO(VCLZ, clz)
TWO(VCNT, cnt)
TWO(VQABS, sqabs)
TWO(VQNEG, sqneg)
TWO(VABS, abs)
TWO(VNEG, neg)
TWO(VCGT_zero, cmgt_zero)
TWO(VCGE_zero, cmge_zero)
TWO(VCEQ_zero, cmeq_zero)
TWO(VCLE_zero, cmle_zero)
TWO(VCLT_zero, cmlt_zero)
TWO(VRECPE, urecpe)
TWO(VRSQRTE, ursqrte)

bool el4_a32_VMVN(struct el4_translator *t, const struct a32_args_neon_rr *a)
{
    return emit_two(t, el4_simd_not, a->q, a->vd, a->vm, false, 0);
}

bool el4_a32_VPADDL(struct el4_translator *t, const struct a32_args_neon_rru *a)
{
    el4_vcall_fn *fn = (a->u ? el4_simd_uaddlp : el4_simd_saddlp)[a->size];
    return emit_two(t, fn, a->q, a->vd, a->vm, false, 0);
}

bool el4_a32_VPADAL(struct el4_translator *t, const struct a32_args_neon_rru *a)
{
    el4_vcall_fn *fn = (a->u ? el4_simd_uadalp : el4_simd_sadalp)[a->size];
    return emit_two(t, fn, a->q, a->vd, a->vm, true, 0);
}

bool el4_a32_VMOVN(struct el4_translator *t, const struct a32_args_neon_rr *a)
{
    return emit_narrow(t, el4_simd_shrn[a->size], a->vd, a->vm, 0, 0);
}

bool el4_a32_VQMOVUN(struct el4_translator *t, const struct a32_args_neon_rr *a)
{
    return emit_narrow(t, el4_simd_sqshrun[a->size], a->vd, a->vm, 0, 0);
}

bool el4_a32_VQMOVN(struct el4_translator *t, const struct a32_args_neon_rru *a)
{
    el4_vcall_fn *fn = (a->u ? el4_simd_uqshrn : el4_simd_sqshrn)[a->size];
    return emit_narrow(t, fn, a->vd, a->vm, 0, 0);
}

/* Dm to Qd, shifted left. */
static bool emit_long_shift(struct el4_translator *t, el4_vcall_fn *fn, unsigned vd,
                            unsigned vm, unsigned amount)
{
    if (!fn || !a32_neon_begin(t, a32_highest2(vd + 1, vm))) {
        return false;
    }
    el4_emit_vcall(t, fn, vd / 2, vm / 2, 0, 0,
                   el4_simd_aux(4, amount) | (vm % 2 ? EL4_SIMD_UPPER : 0));
    return true;
}

/* By the element's size: whether the lanes are signed does not matter then. */
bool el4_a32_VSHLL_max(struct el4_translator *t, const struct a32_args_neon_rr *a)
{
    return emit_long_shift(t, el4_simd_ushll[a->size], a->vd, a->vm, 8u << a->size);
}

/* ---- shifts: L:imm6 is size + amount to the left, 2 * size - amount to the right ---- */

static unsigned shift_size(const struct a32_args_neon_shift *a)
{
    return 28 - (unsigned)__builtin_clz(a->imm | 8);
}

static unsigned left_amount(const struct a32_args_neon_shift *a)
{
    return a->imm - (8u << shift_size(a));
}

static unsigned right_amount(const struct a32_args_neon_shift *a)
{
    return (16u << shift_size(a)) - a->imm;
}

#define SHIFT(name, s_family, u_family, reads_d, amount)                                       \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_neon_shift *a)         \
    {                                                                                          \
        el4_vcall_fn *fn = (a->u ? el4_simd_##u_family : el4_simd_##s_family)[shift_size(a)];  \
        return emit_two(t, fn, a->q, a->vd, a->vm, reads_d, amount(a));                        \
    }

SHIFT(VSHR, sshr_imm, ushr_imm, false, right_amount)
SHIFT(VSRA, ssra_imm, usra_imm, true, right_amount)
SHIFT(VRSHR, srshr_imm, urshr_imm, false, right_amount)
SHIFT(VRSRA, srsra_imm, ursra_imm, true, right_amount)
SHIFT(VSRI, sri_imm, sri_imm, true, right_amount)
SHIFT(VSHL_imm, shl_imm, shl_imm, false, left_amount)
SHIFT(VSLI, sli_imm, sli_imm, true, left_amount)
SHIFT(VQSHLU, sqshlu_imm, sqshlu_imm, false, left_amount)
SHIFT(VQSHL_imm, sqshl_imm, uqshl_imm, false, left_amount)

#define SHIFT_NARROW(name, s_family, u_family)                                                 \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_neon_shift *a)         \
    {                                                                                          \
        el4_vcall_fn *fn = (a->u ? el4_simd_##u_family : el4_simd_##s_family)[shift_size(a)];  \
        return emit_narrow(t, fn, a->vd, a->vm, 0, right_amount(a));                           \
    }

SHIFT_NARROW(VSHRN, shrn, shrn)
SHIFT_NARROW(VRSHRN, rshrn, rshrn)
SHIFT_NARROW(VQSHRUN, sqshrun, sqshrun)
SHIFT_NARROW(VQRSHRUN, sqrshrun, sqrshrun)
SHIFT_NARROW(VQSHRN, sqshrn, uqshrn)
SHIFT_NARROW(VQRSHRN, sqrshrn, uqrshrn)

bool el4_a32_VSHLL(struct el4_translator *t, const struct a32_args_neon_shift *a)
{
    el4_vcall_fn *fn = (a->u ? el4_simd_ushll : el4_simd_sshll)[shift_size(a)];
    return emit_long_shift(t, fn, a->vd, a->vm, left_amount(a));
}

/* ---- dot products ---- */

bool el4_a32_VDOT(struct el4_translator *t, const struct a32_args_neon_dot *a)
{
    return t->features->a32_dotprod && emit_three(t, a->u ? el4_simd_udot : el4_simd_sdot, a->q,
                                                  a->vd, a->vn, a->vm, true, 0);
}

bool el4_a32_VDOT_elem(struct el4_translator *t, const struct a32_args_neon_dot_elem *a)
{
    const struct a32_args_neon_elem element = {
        .size = 2, .q = a->q, .idx = a->idx, .vd = a->vd, .vn = a->vn, .vm = a->vm};
    return t->features->a32_dotprod &&
           emit_element(t, &element, a->u ? el4_simd_udot_elem : el4_simd_sdot_elem, true);
}

/* ---- crypto: Q registers only ---- */

#define CRYPTO2(name, fn, feature)                                                             \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_neon_crypto2 *a)       \
    {                                                                                          \
        return t->features->feature &&                                                         \
               emit_three(t, el4_simd_##fn, 1, a->vd, a->vm, a->vm, true, 0);                  \
    }

#define CRYPTO3(name, fn, feature)                                                             \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_neon_crypto3 *a)       \
    {                                                                                          \
        return t->features->feature &&                                                         \
               emit_three(t, el4_simd_##fn, 1, a->vd, a->vn, a->vm, true, 0);                  \
    }

CRYPTO2(AESE, aese, a32_aes)
CRYPTO2(AESD, aesd, a32_aes)
CRYPTO2(AESMC, aesmc, a32_aes)
CRYPTO2(AESIMC, aesimc, a32_aes)
CRYPTO2(SHA1H, sha1h, a32_sha1)
CRYPTO2(SHA1SU1, sha1su1, a32_sha1)
CRYPTO2(SHA256SU0, sha256su0, a32_sha256)
CRYPTO3(SHA1C, sha1c, a32_sha1)
CRYPTO3(SHA1P, sha1p, a32_sha1)
CRYPTO3(SHA1M, sha1m, a32_sha1)
CRYPTO3(SHA1SU0, sha1su0, a32_sha1)
CRYPTO3(SHA256H, sha256h, a32_sha256)
CRYPTO3(SHA256H2, sha256h2, a32_sha256)
CRYPTO3(SHA256SU1, sha256su1, a32_sha256)
