/* SPDX-License-Identifier: MIT */
/*
 * FP SIMD helpers lane by lane, exact in result and flags: every lane goes through core/fp.
 * The scalar forms of vector instructions use them with one lane; simd-fp-fast.c has what must
 * be fast. Operations are in simd-fp-template.h.
 */
#include "isa/simd-lanes.h"

static inline enum el4_fp_rounding rounding_of(struct el4_uop_desc desc,
                                               const struct el4_fp_env *env)
{
    return desc.b == EL4_SIMD_FPCR_ROUNDING ? el4_fp_round_mode(env)
                                            : (enum el4_fp_rounding)desc.b;
}

#define LANE_BITS 16
#include "isa/simd-fp-template.h"
#define LANE_BITS 32
#include "isa/simd-fp-template.h"
#define LANE_BITS 64
#include "isa/simd-fp-template.h"

#define FAMILY(name) el4_simd_family el4_simd_##name = {NULL, name##_16, name##_32, name##_64};

FAMILY(fadd)
FAMILY(fsub)
FAMILY(fmul)
FAMILY(fnmul)
FAMILY(fmulx)
FAMILY(fdiv)
FAMILY(fmax)
FAMILY(fmin)
FAMILY(fmaxnm)
FAMILY(fminnm)
FAMILY(fabd)
FAMILY(frecps)
FAMILY(frsqrts)
FAMILY(fmla)
FAMILY(fmls)
FAMILY(fmadd)
FAMILY(fmsub)
FAMILY(fnmadd)
FAMILY(fnmsub)
FAMILY(fcmeq)
FAMILY(fcmge)
FAMILY(fcmgt)
FAMILY(facge)
FAMILY(facgt)
FAMILY(fcmeq_zero)
FAMILY(fcmge_zero)
FAMILY(fcmgt_zero)
FAMILY(fcmle_zero)
FAMILY(fcmlt_zero)
FAMILY(fabs)
FAMILY(fneg)
FAMILY(fsqrt)
FAMILY(frecpe)
FAMILY(frsqrte)
FAMILY(frecpx)
FAMILY(frint)
FAMILY(fcvt_to_int)
FAMILY(int_to_fp)
FAMILY(fmul_elem)
FAMILY(fmulx_elem)
FAMILY(fmla_elem)
FAMILY(fmls_elem)
FAMILY(faddp)
FAMILY(fmaxp)
FAMILY(fminp)
FAMILY(fmaxnmp)
FAMILY(fminnmp)
FAMILY(fcadd)
FAMILY(fcmla)

el4_simd_family el4_simd_fcmla_elem = {NULL, fcmla_elem_16, fcmla_elem_32};
el4_simd_family el4_simd_frint_n = {NULL, NULL, frint_n_32, frint_n_64};
