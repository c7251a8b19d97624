/* SPDX-License-Identifier: MIT */
/*
 * FP addition, multiplication, division and fused multiply-add by the host's arithmetic, scalar
 * and 128-bit vector, single and double. Results that the host may not have right, flags
 * included, are left to the exact families of simd-fp.c. Nothing here may be contracted by the
 * compiler: no function has both a product and a sum.
 *
 * Advanced SIMD of AArch32 is here too, in single precision. Its Standard FPSCR value flushes
 * denormals, so the host may not see one.
 */
#include <float.h>

#include "isa/a32-simd.h"
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

/* ---- AArch32: d, a and b number D registers, aux is as in a32-simd.h ---- */

static inline bool is_denormal(uint32_t bits)
{
    return (bits & 0x7fffffff) - 1 < 0x007fffff;
}

static inline uint32_t *lanes_of(struct el4_cpu *cpu, unsigned d_register)
{
    return &cpu->v[d_register / 2 % EL4_VECTORS].s[d_register % 2 * 2];
}

/*
 * expr in x (lane of Vn), y (of Vm, or its one element) and z (of Vd before, if that is read).
 * A zero that is a result goes to the exact family, too: it may have been flushed.
 */
#define NEON(target, name, exact, lane_count, expr, reads_d, element)                          \
    target static void name##_##lane_count(struct el4_cpu *cpu, struct el4_uop_desc desc)      \
    {                                                                                          \
        const uint32_t *n = lanes_of(cpu, desc.a);                                             \
        const uint32_t *m = lanes_of(cpu, desc.b);                                             \
        uint32_t *d = lanes_of(cpu, desc.d);                                                   \
        const unsigned index = desc.aux >> EL4_A32_NEON_ARG_SHIFT & 1;                         \
        uint32_t result[lane_count];                                                           \
        unsigned unsafe = 0;                                                                   \
        for (unsigned i = 0; i < (lane_count); i++) {                                          \
            const float x = to_host_32(n[i]);                                                  \
            const float y = to_host_32(m[(element) ? index : i]);                              \
            const float z __attribute__((unused)) = to_host_32(d[i]);                          \
            result[i] = from_host_32(expr);                                                    \
        }                                                                                      \
        for (unsigned i = 0; i < (lane_count); i++) {                                          \
            unsafe |= !is_safe_32(result[i]) | is_denormal(n[i]) |                             \
                      is_denormal(m[(element) ? index : i]) |                                  \
                      ((reads_d) && is_denormal(d[i]));                                        \
        }                                                                                      \
        if ((cpu->fp->fpsr & EL4_FPSR_IXC) && !unsafe) {                                       \
            memcpy(d, result, sizeof(result));                                                 \
        } else {                                                                               \
            (exact)[2](cpu, desc);                                                             \
        }                                                                                      \
    }

#define NEON_BOTH(target, name, exact, expr, reads_d, element)                                 \
    NEON(target, name, exact, 2, expr, reads_d, element)                                       \
    NEON(target, name, exact, 4, expr, reads_d, element)

NEON_BOTH(, neon_add, el4_a32_neon_add, x + y, false, false)
NEON_BOTH(, neon_sub, el4_a32_neon_sub, x - y, false, false)
NEON_BOTH(, neon_mul, el4_a32_neon_mul, (x) * (y), false, false)
NEON_BOTH(, neon_mul_elem, el4_a32_neon_mul_elem, (x) * (y), false, true)
#ifdef FUSED
NEON_BOTH(FUSED, neon_fma, el4_a32_neon_fma, __builtin_fmaf(x, y, z), true, false)
NEON_BOTH(FUSED, neon_fms, el4_a32_neon_fms, __builtin_fmaf(-x, y, z), true, false)
#endif

static el4_vcall_fn *const neon_functions[EL4_A32_NEON_FAST_COUNT][2] = {
    [EL4_A32_NEON_FAST_ADD] = {neon_add_2, neon_add_4},
    [EL4_A32_NEON_FAST_SUB] = {neon_sub_2, neon_sub_4},
    [EL4_A32_NEON_FAST_MUL] = {neon_mul_2, neon_mul_4},
    [EL4_A32_NEON_FAST_MUL_ELEM] = {neon_mul_elem_2, neon_mul_elem_4},
#ifdef FUSED
    [EL4_A32_NEON_FAST_FMA] = {neon_fma_2, neon_fma_4},
    [EL4_A32_NEON_FAST_FMS] = {neon_fms_2, neon_fms_4},
#endif
};

el4_vcall_fn *el4_a32_neon_fast(enum el4_a32_neon_fast_op op, unsigned q)
{
    return op >= EL4_A32_NEON_FAST_FMA && !host_has_fused() ? NULL : neon_functions[op][q & 1];
}

#else

el4_vcall_fn *el4_a32_neon_fast(enum el4_a32_neon_fast_op op, unsigned q)
{
    return NULL;
}

el4_vcall_fn *el4_simd_fast(enum el4_simd_fast_op op, unsigned esz, unsigned width)
{
    return NULL;
}

#endif
