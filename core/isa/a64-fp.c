/* SPDX-License-Identifier: MIT */
/*
 * A64 scalar floating point (DDI 0487 C4.1, "Floating-point ..."). Arithmetic shares the
 * helpers of Advanced SIMD, with one lane; comparisons and moves to general registers are CALLs
 * or plain micro-ops. Half precision needs FEAT_FP16, but for FCVT.
 */
#include "fp/fp.h"
#include "isa/a64-simd.h"

/* VFPExpandImm(): aBbbbbbb.. of imm8 = abcdefgh: exponent NOT(b):b..b:cd, fraction efgh. */
uint64_t el4_a64_fp_immediate(unsigned esz, unsigned imm8)
{
    const unsigned bits = 8u << esz;
    const unsigned exponent_bits = esz == 1 ? 5 : (esz == 2 ? 8 : 11);
    const unsigned fraction_bits = bits - exponent_bits - 1;
    const uint64_t b = imm8 >> 6 & 1;
    const uint64_t middle = b ? (UINT64_C(1) << (exponent_bits - 3)) - 1 : 0;
    const uint64_t exponent = (b ^ 1) << (exponent_bits - 1) | middle << 2 | (imm8 >> 4 & 3);

    return (uint64_t)(imm8 >> 7) << (bits - 1) | exponent << fraction_bits |
           (uint64_t)(imm8 & 15) << (fraction_bits - 4);
}

/* The size of an operation's format, which has to be implemented. */
static bool fp_size(const struct el4_translator *t, unsigned ftype, unsigned *esz)
{
    *esz = fp_type_size(ftype);
    return simd_fp_allowed(t, *esz);
}

static bool two(struct el4_translator *t, const struct a64_args_fp_rr *a,
                el4_vcall_fn *const *family, unsigned b, unsigned c, unsigned arg)
{
    unsigned esz;

    return fp_size(t, a->ftype, &esz) &&
           emit_simd(t, family[esz], a->rd, a->rn, b, c, el4_simd_aux(esz, arg));
}

#define TWO(name, family, b, c, arg)                                                           \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_fp_rr *a)              \
    {                                                                                          \
        return two(t, a, el4_simd_##family, b, c, arg);                                        \
    }

TWO(FABS_s, fabs, 0, 0, 0)
TWO(FNEG_s, fneg, 0, 0, 0)
TWO(FSQRT_s, fsqrt, 0, 0, 0)
TWO(FRINTN_s, frint, EL4_FP_TIEEVEN, 0, 0)
TWO(FRINTP_s, frint, EL4_FP_POSINF, 0, 0)
TWO(FRINTM_s, frint, EL4_FP_NEGINF, 0, 0)
TWO(FRINTZ_s, frint, EL4_FP_ZERO, 0, 0)
TWO(FRINTA_s, frint, EL4_FP_TIEAWAY, 0, 0)
TWO(FRINTX_s, frint, EL4_SIMD_FPCR_ROUNDING, 0, 1)
TWO(FRINTI_s, frint, EL4_SIMD_FPCR_ROUNDING, 0, 0)

/* FEAT_FRINTTS. */
#define TWO_FRINTTS(name, rounding, bits)                                                      \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_fp_rr *a)              \
    {                                                                                          \
        return t->features->frintts && two(t, a, el4_simd_frint_n, rounding, bits, 0);         \
    }

TWO_FRINTTS(FRINT32Z_s, EL4_FP_ZERO, 32)
TWO_FRINTTS(FRINT32X_s, EL4_SIMD_FPCR_ROUNDING, 32)
TWO_FRINTTS(FRINT64Z_s, EL4_FP_ZERO, 64)
TWO_FRINTTS(FRINT64X_s, EL4_SIMD_FPCR_ROUNDING, 64)

/* A half, single or double from V[n] to a slot, zero-extended; and the way back. */
static void get_scalar(struct el4_translator *t, unsigned esz, unsigned slot, unsigned n)
{
    if (esz == 3) {
        el4_emit(t, EL4_UOP_VGETD, slot, n, 0, 0, 0, 0);
        return;
    }
    el4_emit(t, EL4_UOP_VGETS, slot, n, 0, 0, 0, 0);
    if (esz == 1) {
        el4_emit(t, EL4_UOP_ANDI32, slot, slot, 0, 0, 0, 0xffff);
    }
}

static void set_scalar(struct el4_translator *t, unsigned esz, unsigned d, unsigned slot)
{
    el4_emit_da(t, esz == 3 ? EL4_UOP_VSETD : EL4_UOP_VSETS, d, slot);
}

bool el4_a64_FMOV_s(struct el4_translator *t, const struct a64_args_fp_rr *a)
{
    unsigned esz;

    if (!fp_size(t, a->ftype, &esz)) {
        return false;
    }
    if (!el4_emit_fp_check(t)) {
        return true;
    }
    if (esz == 3) {
        el4_emit(t, EL4_UOP_VMOV, a->rd, a->rn, 0, 0, 1, 0);
    } else {
        const unsigned value = el4_temp(t);
        get_scalar(t, esz, value, a->rn);
        set_scalar(t, esz, a->rd, value);
    }
    return true;
}

bool el4_a64_FMOV_s_imm(struct el4_translator *t, const struct a64_args_fp_imm *a)
{
    unsigned esz;

    if (!fp_size(t, a->ftype, &esz)) {
        return false;
    }
    if (el4_emit_fp_check(t)) {
        el4_emit(t, EL4_UOP_VMOVI, a->rd, 0, 0, 0, 0, el4_a64_fp_immediate(esz, a->imm));
    }
    return true;
}

bool el4_a64_FCVT(struct el4_translator *t, const struct a64_args_fp_cvt *a)
{
    el4_vcall_fn *fn = el4_simd_fcvt[fp_type_size(a->ftype)][fp_type_size(a->opc)];

    return emit_simd(t, fn, a->rd, a->rn, 0, 0, 0);
}

/* Two operands. */
#define THREE(name, family)                                                                    \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_fp_rrr *a)             \
    {                                                                                          \
        unsigned esz;                                                                          \
        return fp_size(t, a->ftype, &esz) &&                                                   \
               emit_simd(t, el4_simd_##family[esz], a->rd, a->rn, a->rm, 0, esz);              \
    }

THREE(FMAX_s, fmax)
THREE(FMIN_s, fmin)
THREE(FMAXNM_s, fmaxnm)
THREE(FMINNM_s, fminnm)
THREE(FNMUL_s, fnmul)

#define THREE_FAST(name, family, op)                                                           \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_fp_rrr *a)             \
    {                                                                                          \
        unsigned esz;                                                                          \
        return fp_size(t, a->ftype, &esz) &&                                                   \
               emit_simd(t, simd_fp_function(EL4_SIMD_FAST_##op, el4_simd_##family, esz, esz), \
                         a->rd, a->rn, a->rm, 0, esz);                                         \
    }

THREE_FAST(FMUL_s, fmul, FMUL)
THREE_FAST(FDIV_s, fdiv, FDIV)
THREE_FAST(FADD_s, fadd, FADD)
THREE_FAST(FSUB_s, fsub, FSUB)

#define FOUR(name, family)                                                                     \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_fp_rrrr *a)            \
    {                                                                                          \
        unsigned esz;                                                                          \
        return fp_size(t, a->ftype, &esz) &&                                                   \
               emit_simd(t,                                                                    \
                         simd_fp_function(EL4_SIMD_FAST_##name, el4_simd_##family, esz, esz),  \
                         a->rd, a->rn, a->rm, a->ra, esz);                                     \
    }

FOUR(FMADD, fmadd)
FOUR(FMSUB, fmsub)
FOUR(FNMADD, fnmadd)
FOUR(FNMSUB, fnmsub)

/* Comparisons. */
static bool compare(struct el4_translator *t, const struct a64_args_fp_cmp *a, unsigned signal)
{
    unsigned esz;

    if (!fp_size(t, a->ftype, &esz)) {
        return false;
    }
    if (el4_emit_fp_check(t)) {
        const unsigned flags = el4_temp(t);
        el4_emit_call(t, el4_simd_fcmp[esz], flags, EL4_SLOT_ZERO, EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                      a->rn | a->rm << 5 | (a->z ? EL4_SIMD_CMP_ZERO : 0) | signal);
        el4_emit(t, EL4_UOP_SETF, 0, flags, 0, 0, 0, 0);
    }
    return true;
}

bool el4_a64_FCMP(struct el4_translator *t, const struct a64_args_fp_cmp *a)
{
    return compare(t, a, 0);
}

bool el4_a64_FCMPE(struct el4_translator *t, const struct a64_args_fp_cmp *a)
{
    return compare(t, a, EL4_SIMD_CMP_SIGNAL);
}

static bool conditional_compare(struct el4_translator *t, const struct a64_args_fp_cond_cmp *a,
                                unsigned signal)
{
    unsigned esz;

    if (!fp_size(t, a->ftype, &esz)) {
        return false;
    }
    if (el4_emit_fp_check(t)) {
        const unsigned flags = el4_temp(t);
        const unsigned otherwise = el4_temp(t);
        el4_emit(t, EL4_UOP_GETF, flags, 0, 0, 0, 0, 0);
        el4_emit(t, EL4_UOP_MOVI, otherwise, 0, 0, 0, 0, (uint64_t)a->nzcv << 28 | a->cond);
        el4_emit_call(t, el4_simd_fccmp[esz], flags, flags, otherwise, EL4_SLOT_ZERO,
                      a->rn | a->rm << 5 | signal);
        el4_emit(t, EL4_UOP_SETF, 0, flags, 0, 0, 0, 0);
    }
    return true;
}

bool el4_a64_FCCMP(struct el4_translator *t, const struct a64_args_fp_cond_cmp *a)
{
    return conditional_compare(t, a, 0);
}

bool el4_a64_FCCMPE(struct el4_translator *t, const struct a64_args_fp_cond_cmp *a)
{
    return conditional_compare(t, a, EL4_SIMD_CMP_SIGNAL);
}

bool el4_a64_FCSEL(struct el4_translator *t, const struct a64_args_fp_cond_sel *a)
{
    unsigned esz;

    if (!fp_size(t, a->ftype, &esz)) {
        return false;
    }
    if (el4_emit_fp_check(t)) {
        const unsigned x = el4_temp(t);
        const unsigned y = el4_temp(t);
        get_scalar(t, esz, x, a->rn);
        get_scalar(t, esz, y, a->rm);
        el4_emit(t, EL4_UOP_CSEL64, x, x, y, 0, el4_condition_mask(a->cond), 0);
        set_scalar(t, esz, a->rd, x);
    }
    return true;
}

/* Moves and conversions from and to general registers. */
bool el4_a64_FMOV_to_gp(struct el4_translator *t, const struct a64_args_fp_gp *a)
{
    unsigned esz;

    if (!fp_size(t, a->ftype, &esz)) {
        return false;
    }
    if (el4_emit_fp_check(t)) {
        get_scalar(t, esz, el4_reg_out(a->rd), a->rn);
    }
    return true;
}

bool el4_a64_FMOV_from_gp(struct el4_translator *t, const struct a64_args_fp_gp *a)
{
    unsigned esz;

    if (!fp_size(t, a->ftype, &esz)) {
        return false;
    }
    if (!el4_emit_fp_check(t)) {
        return true;
    }
    unsigned value = el4_reg(a->rn);
    if (esz == 1) {
        const unsigned half = el4_temp(t);
        el4_emit_da(t, EL4_UOP_UXTH, half, value);
        value = half;
    }
    set_scalar(t, esz, a->rd, value);
    return true;
}

bool el4_a64_FMOV_to_gp_top(struct el4_translator *t, const struct a64_args_fp_top *a)
{
    if (el4_emit_fp_check(t)) {
        el4_emit(t, EL4_UOP_VGETD, el4_reg_out(a->rd), a->rn, 0, 0, 1, 0);
    }
    return true;
}

bool el4_a64_FMOV_from_gp_top(struct el4_translator *t, const struct a64_args_fp_top *a)
{
    if (el4_emit_fp_check(t)) {
        el4_emit_call(t, el4_simd_ins_gp[3], EL4_SLOT_SINK, el4_reg(a->rn), EL4_SLOT_ZERO,
                      EL4_SLOT_ZERO, a->rd | 1 << 5);
    }
    return true;
}

/* arg: rounding mode, or fraction bits of the _fix functions. */
static bool to_general(struct el4_translator *t, unsigned ftype, unsigned sf, unsigned rd,
                       unsigned rn, el4_call_fn *const *functions, unsigned is_unsigned,
                       unsigned arg)
{
    unsigned esz;

    if (!fp_size(t, ftype, &esz)) {
        return false;
    }
    if (el4_emit_fp_check(t)) {
        el4_emit_call(
            t, functions[esz], el4_reg_out(rd), EL4_SLOT_ZERO, EL4_SLOT_ZERO, EL4_SLOT_ZERO,
            rn | (sf ? EL4_SIMD_GP_64 : 0) | (is_unsigned ? EL4_SIMD_GP_UNSIGNED : 0) |
                arg << EL4_SIMD_GP_ARG_SHIFT);
    }
    return true;
}

#define TO_GENERAL(name, is_unsigned, rounding)                                                \
    bool el4_a64_##name##_gp(struct el4_translator *t, const struct a64_args_fp_gp *a)         \
    {                                                                                          \
        return to_general(t, a->ftype, a->sf, a->rd, a->rn, el4_simd_fp_to_gp, is_unsigned,    \
                          rounding);                                                           \
    }

TO_GENERAL(FCVTNS, 0, EL4_FP_TIEEVEN)
TO_GENERAL(FCVTNU, 1, EL4_FP_TIEEVEN)
TO_GENERAL(FCVTAS, 0, EL4_FP_TIEAWAY)
TO_GENERAL(FCVTAU, 1, EL4_FP_TIEAWAY)
TO_GENERAL(FCVTPS, 0, EL4_FP_POSINF)
TO_GENERAL(FCVTPU, 1, EL4_FP_POSINF)
TO_GENERAL(FCVTMS, 0, EL4_FP_NEGINF)
TO_GENERAL(FCVTMU, 1, EL4_FP_NEGINF)
TO_GENERAL(FCVTZS, 0, EL4_FP_ZERO)
TO_GENERAL(FCVTZU, 1, EL4_FP_ZERO)

static bool from_general(struct el4_translator *t, unsigned ftype, unsigned sf, unsigned rd,
                         unsigned rn, unsigned is_unsigned, unsigned fraction_bits)
{
    unsigned esz;

    if (!fp_size(t, ftype, &esz)) {
        return false;
    }
    if (el4_emit_fp_check(t)) {
        el4_emit_call(t, el4_simd_gp_to_fp_fix[esz], EL4_SLOT_SINK, el4_reg(rn), EL4_SLOT_ZERO,
                      EL4_SLOT_ZERO,
                      rd | (sf ? EL4_SIMD_GP_64 : 0) |
                          (is_unsigned ? EL4_SIMD_GP_UNSIGNED : 0) |
                          fraction_bits << EL4_SIMD_GP_ARG_SHIFT);
    }
    return true;
}

bool el4_a64_SCVTF_gp(struct el4_translator *t, const struct a64_args_fp_gp *a)
{
    return from_general(t, a->ftype, a->sf, a->rd, a->rn, 0, 0);
}

bool el4_a64_UCVTF_gp(struct el4_translator *t, const struct a64_args_fp_gp *a)
{
    return from_general(t, a->ftype, a->sf, a->rd, a->rn, 1, 0);
}

bool el4_a64_SCVTF_gp_fix(struct el4_translator *t, const struct a64_args_fp_gp_fix *a)
{
    return from_general(t, a->ftype, a->sf, a->rd, a->rn, 0, 64 - a->scale);
}

bool el4_a64_UCVTF_gp_fix(struct el4_translator *t, const struct a64_args_fp_gp_fix *a)
{
    return from_general(t, a->ftype, a->sf, a->rd, a->rn, 1, 64 - a->scale);
}

bool el4_a64_FCVTZS_gp_fix(struct el4_translator *t, const struct a64_args_fp_gp_fix *a)
{
    return to_general(t, a->ftype, a->sf, a->rd, a->rn, el4_simd_fp_to_gp_fix, 0,
                      64 - a->scale);
}

bool el4_a64_FCVTZU_gp_fix(struct el4_translator *t, const struct a64_args_fp_gp_fix *a)
{
    return to_general(t, a->ftype, a->sf, a->rd, a->rn, el4_simd_fp_to_gp_fix, 1,
                      64 - a->scale);
}

/* The flags are N = C = V = 0 and Z for an exact result. */
bool el4_a64_FJCVTZS(struct el4_translator *t, const struct a64_args_fp_top *a)
{
    if (!t->features->jscvt) {
        return false;
    }
    if (el4_emit_fp_check(t)) {
        const unsigned both = el4_temp(t);
        const unsigned flags = el4_temp(t);
        el4_emit_call(t, el4_simd_fjcvtzs, both, EL4_SLOT_ZERO, EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                      a->rn);
        el4_emit_da(t, EL4_UOP_MOV32, el4_reg_out(a->rd), both);
        el4_emit(t, EL4_UOP_LSRI64, flags, both, 0, 0, 0, 32);
        el4_emit(t, EL4_UOP_SETF, 0, flags, 0, 0, 0, 0);
    }
    return true;
}
