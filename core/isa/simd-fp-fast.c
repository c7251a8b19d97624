/* SPDX-License-Identifier: MIT */
/*
 * FP addition, multiplication, division and fused multiply-add by the host's arithmetic, scalar
 * and 128-bit vector, single and double. Results that the host may not have right, flags
 * included, are left to the exact families of simd-fp.c. Nothing here may be contracted by the
 * compiler: no function has both a product and a sum.
 */
#include <float.h>

#include "isa/simd-lanes.h"

#if !defined(EL4_FP_NO_HOST) && FLT_EVAL_METHOD == 0

/* Fused multiply-add only where the host has the instruction: see core/fp/host.h. */
#if defined(__FP_FAST_FMA) && defined(__FP_FAST_FMAF)
#define FUSED
static bool host_has_fused(void)
{
    return true;
}
#elif defined(__x86_64__)
#define FUSED __attribute__((target("fma")))
static bool host_has_fused(void)
{
    return __builtin_cpu_supports("fma");
}
#else
static bool host_has_fused(void)
{
    return false;
}
#endif

static inline bool host_usable(const struct el4_fp_env *env)
{
    return !(env->fpcr & (EL4_FPCR_RMODE | EL4_FPCR_FZ)) && (env->fpsr & EL4_FPSR_IXC);
}

#define LANE_BITS 32
#include "isa/simd-fp-fast-template.h"
#define LANE_BITS 64
#include "isa/simd-fp-fast-template.h"

struct fast_functions {
    el4_vcall_fn *scalar[2]; /* single, double */
    el4_vcall_fn *vector[2];
};

#define SCALAR(name) .scalar = {name##_scalar_32, name##_scalar_64}
#define VECTOR(name) .vector = {name##_vector_32, name##_vector_64}

static const struct fast_functions fast_functions[EL4_SIMD_FAST_COUNT] = {
    [EL4_SIMD_FAST_FADD] = {SCALAR(fadd), VECTOR(fadd)},
    [EL4_SIMD_FAST_FSUB] = {SCALAR(fsub), VECTOR(fsub)},
    [EL4_SIMD_FAST_FMUL] = {SCALAR(fmul), VECTOR(fmul)},
    [EL4_SIMD_FAST_FDIV] = {SCALAR(fdiv), VECTOR(fdiv)},
    [EL4_SIMD_FAST_FMUL_ELEM] = {SCALAR(fmul_elem), VECTOR(fmul_elem)},
#ifdef FUSED
    [EL4_SIMD_FAST_FMLA] = {VECTOR(fmla)},
    [EL4_SIMD_FAST_FMLS] = {VECTOR(fmls)},
    [EL4_SIMD_FAST_FMLA_ELEM] = {SCALAR(fmla_elem), VECTOR(fmla_elem)},
    [EL4_SIMD_FAST_FMLS_ELEM] = {SCALAR(fmls_elem), VECTOR(fmls_elem)},
    [EL4_SIMD_FAST_FMADD] = {SCALAR(fmadd)},
    [EL4_SIMD_FAST_FMSUB] = {SCALAR(fmsub)},
    [EL4_SIMD_FAST_FNMADD] = {SCALAR(fnmadd)},
    [EL4_SIMD_FAST_FNMSUB] = {SCALAR(fnmsub)},
#endif
};

el4_vcall_fn *el4_simd_fast(enum el4_simd_fast_op op, unsigned esz, unsigned width)
{
    if (esz < 2 || (op >= EL4_SIMD_FAST_FMLA && !host_has_fused())) {
        return NULL;
    }
    if (width == 4) {
        return fast_functions[op].vector[esz - 2];
    }
    return width == esz ? fast_functions[op].scalar[esz - 2] : NULL;
}

#else

el4_vcall_fn *el4_simd_fast(enum el4_simd_fast_op op, unsigned esz, unsigned width)
{
    return NULL;
}

#endif
