/* SPDX-License-Identifier: MIT */
/*
 * Arm floating-point arithmetic on raw half, single and double bit patterns, bit-exact to the
 * pseudocode of DDI 0487 "shared/functions/float" in result and in cumulative FPSR flags.
 *
 * Every function takes the FPCR to obey and the FPSR to add flags to; nothing else is read or
 * written, so the calls are safe from any thread that owns its `struct el4_fp_env`. The host
 * must run with its default FP environment (round to nearest, no flush to zero): where the
 * host's own arithmetic surely gives the Arm bits it is used, and it is never reconfigured.
 *
 * Not implemented, and to be reported as absent by the ID registers: FEAT_AFP
 * (FPCR.AH/FIZ/NEP), FEAT_RPRES, FEAT_EBF16, and trapped exceptions (the FPCR enable bits are
 * RES0).
 */
#ifndef EL4_CORE_FP_FP_H
#define EL4_CORE_FP_FP_H

#include <stdbool.h>
#include <stdint.h>

/* FPCR controls, in AArch64 positions; AArch32's FPSCR has them in the same places. */
#define EL4_FPCR_FZ16        (UINT32_C(1) << 19)
#define EL4_FPCR_RMODE_SHIFT 22
#define EL4_FPCR_RMODE       (UINT32_C(3) << EL4_FPCR_RMODE_SHIFT)
#define EL4_FPCR_FZ          (UINT32_C(1) << 24)
#define EL4_FPCR_DN          (UINT32_C(1) << 25)
#define EL4_FPCR_AHP         (UINT32_C(1) << 26)

/* FPSR cumulative exception flags. QC (bit 27) belongs to the saturating integer code. */
#define EL4_FPSR_IOC (UINT32_C(1) << 0)
#define EL4_FPSR_DZC (UINT32_C(1) << 1)
#define EL4_FPSR_OFC (UINT32_C(1) << 2)
#define EL4_FPSR_UFC (UINT32_C(1) << 3)
#define EL4_FPSR_IXC (UINT32_C(1) << 4)
#define EL4_FPSR_IDC (UINT32_C(1) << 7)

struct el4_fp_env {
    uint32_t fpcr;
    uint32_t fpsr;
};

/* The first four have the values of FPCR.RMode. */
enum el4_fp_rounding {
    EL4_FP_TIEEVEN,
    EL4_FP_POSINF,
    EL4_FP_NEGINF,
    EL4_FP_ZERO,
    EL4_FP_TIEAWAY,
    EL4_FP_ODD,
};

static inline enum el4_fp_rounding el4_fp_round_mode(const struct el4_fp_env *env)
{
    return (enum el4_fp_rounding)((env->fpcr & EL4_FPCR_RMODE) >> EL4_FPCR_RMODE_SHIFT);
}

/*
 * The operations that all three formats have. FP<n>, with f = uint<n>_t:
 *
 * add sub mul div    FPAdd, FPSub, FPMul, FPDiv
 * mulx               FPMulX: infinity * 0 is 2.0
 * sqrt               FPSqrt
 * muladd             FPMulAdd: addend + a * b, rounded once
 * max min            FPMax, FPMin
 * maxnum minnum      FPMaxNum, FPMinNum: one quiet NaN loses against a number
 * compare            FPCompare: NZCV with N in bit 3
 * cmp_eq cmp_ge _gt  FPCompareEQ (quiet), FPCompareGE, FPCompareGT (signalling)
 * recip_estimate     FPRecipEstimate (FRECPE)
 * rsqrt_estimate     FPRSqrtEstimate (FRSQRTE)
 * recpx              FPRecpX
 * recip_step_fused   FPRecipStepFused: 2 - a * b
 * rsqrt_step_fused   FPRSqrtStepFused: (3 - a * b) / 2
 * round_int          FPRoundInt: FRINT*; exact says that inexactness sets IXC (FRINTX)
 * to_fixed           FPToFixed: saturates to intsize (16, 32, 64) bits and returns them
 *                    zero-extended; fbits <= 64
 * from_fixed         FixedToFP of the low intsize (16, 32, 64) bits of value; fbits <= 64. A64
 *                    passes el4_fp_round_mode(env), A32's fixed-point VCVT passes TIEEVEN
 */
#define EL4_FP_DECLARE(n, f)                                                                   \
    f el4_fp##n##_add(f a, f b, struct el4_fp_env *env);                                       \
    f el4_fp##n##_sub(f a, f b, struct el4_fp_env *env);                                       \
    f el4_fp##n##_mul(f a, f b, struct el4_fp_env *env);                                       \
    f el4_fp##n##_mulx(f a, f b, struct el4_fp_env *env);                                      \
    f el4_fp##n##_div(f a, f b, struct el4_fp_env *env);                                       \
    f el4_fp##n##_sqrt(f a, struct el4_fp_env *env);                                           \
    f el4_fp##n##_muladd(f addend, f a, f b, struct el4_fp_env *env);                          \
    f el4_fp##n##_max(f a, f b, struct el4_fp_env *env);                                       \
    f el4_fp##n##_min(f a, f b, struct el4_fp_env *env);                                       \
    f el4_fp##n##_maxnum(f a, f b, struct el4_fp_env *env);                                    \
    f el4_fp##n##_minnum(f a, f b, struct el4_fp_env *env);                                    \
    unsigned el4_fp##n##_compare(f a, f b, bool signal_nans, struct el4_fp_env *env);          \
    bool el4_fp##n##_cmp_eq(f a, f b, struct el4_fp_env *env);                                 \
    bool el4_fp##n##_cmp_ge(f a, f b, struct el4_fp_env *env);                                 \
    bool el4_fp##n##_cmp_gt(f a, f b, struct el4_fp_env *env);                                 \
    f el4_fp##n##_recip_estimate(f a, struct el4_fp_env *env);                                 \
    f el4_fp##n##_rsqrt_estimate(f a, struct el4_fp_env *env);                                 \
    f el4_fp##n##_recpx(f a, struct el4_fp_env *env);                                          \
    f el4_fp##n##_recip_step_fused(f a, f b, struct el4_fp_env *env);                          \
    f el4_fp##n##_rsqrt_step_fused(f a, f b, struct el4_fp_env *env);                          \
    f el4_fp##n##_round_int(f a, enum el4_fp_rounding rounding, bool exact,                    \
                            struct el4_fp_env *env);                                           \
    uint64_t el4_fp##n##_to_fixed(f a, unsigned fbits, bool is_unsigned,                       \
                                  enum el4_fp_rounding rounding, unsigned intsize,             \
                                  struct el4_fp_env *env);                                     \
    f el4_fp##n##_from_fixed(uint64_t value, unsigned intsize, unsigned fbits,                 \
                             bool is_unsigned, enum el4_fp_rounding rounding,                  \
                             struct el4_fp_env *env);                                          \
    static inline f el4_fp##n##_abs(f a)                                                       \
    {                                                                                          \
        return (f)(a & ~((f)1 << (n - 1)));                                                    \
    }                                                                                          \
    static inline f el4_fp##n##_neg(f a)                                                       \
    {                                                                                          \
        return (f)(a ^ ((f)1 << (n - 1)));                                                     \
    }

EL4_FP_DECLARE(16, uint16_t)
EL4_FP_DECLARE(32, uint32_t)
EL4_FP_DECLARE(64, uint64_t)
#undef EL4_FP_DECLARE

/* FPMulAddH (FMLAL, FMLSL): single addend + half a * half b, exact product, one rounding. */
uint32_t el4_fp_muladd_16_32(uint32_t addend, uint16_t a, uint16_t b, struct el4_fp_env *env);

/*
 * FPRecipStep and FPRSqrtStep, the unfused AArch32 VRECPS and VRSQRTS: product and difference
 * are rounded separately. The caller passes the Standard FPSCR value, as the manual does.
 */
uint32_t el4_fp32_recip_step(uint32_t a, uint32_t b, struct el4_fp_env *env);
uint32_t el4_fp32_rsqrt_step(uint32_t a, uint32_t b, struct el4_fp_env *env);

/* FPRoundIntN (FRINT32X/Z, FRINT64X/Z): intsize is 32 or 64. */
uint32_t el4_fp32_round_int_n(uint32_t a, enum el4_fp_rounding rounding, unsigned intsize,
                              struct el4_fp_env *env);
uint64_t el4_fp64_round_int_n(uint64_t a, enum el4_fp_rounding rounding, unsigned intsize,
                              struct el4_fp_env *env);

/*
 * FPConvert, named el4_fp_convert_<from>_<to>, rounded as FPCR says. FPCR.AHP selects the
 * alternative half format, FPCR.FZ16 does not apply.
 */
uint32_t el4_fp_convert_16_32(uint16_t a, struct el4_fp_env *env);
uint64_t el4_fp_convert_16_64(uint16_t a, struct el4_fp_env *env);
uint16_t el4_fp_convert_32_16(uint32_t a, struct el4_fp_env *env);
uint64_t el4_fp_convert_32_64(uint32_t a, struct el4_fp_env *env);
uint16_t el4_fp_convert_64_16(uint64_t a, struct el4_fp_env *env);
uint32_t el4_fp_convert_64_32(uint64_t a, struct el4_fp_env *env);

/* FCVTXN: double to single, rounded to odd. */
uint32_t el4_fp_convert_64_32_odd(uint64_t a, struct el4_fp_env *env);

/* FPToFixedJS (FJCVTZS): the low 32 bits of the truncated value; *z is the new PSTATE.Z. */
uint32_t el4_fp64_to_int32_js(uint64_t a, bool *z, struct el4_fp_env *env);

/* UnsignedRecipEstimate (URECPE) and UnsignedRSqrtEstimate (URSQRTE). */
uint32_t el4_unsigned_recip_estimate(uint32_t a);
uint32_t el4_unsigned_rsqrt_estimate(uint32_t a);

#endif
