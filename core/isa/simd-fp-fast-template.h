/* SPDX-License-Identifier: MIT */
/*
 * Host arithmetic for one format; included by simd-fp-fast.c for LANE_BITS 32 and 64.
 *
 * A result is taken if the mode is round to nearest without flushing, IXC is set already, and
 * every lane is finite and larger than the smallest normal number: then no operand was a NaN or
 * infinity, nothing overflowed or underflowed, and no flag but IXC can be due. Sums
 * may also be zero, as they can't underflow. Else the exact family does it again.
 */
#include "isa/simd-lane.h"

#if LANE_BITS == 32
#define HOST_FLOAT    float
#define HOST_FMA      __builtin_fmaf
#define FRACTION_BITS 23
#define FAMILY_INDEX  2
#else
#define HOST_FLOAT    double
#define HOST_FMA      __builtin_fma
#define FRACTION_BITS 52
#define FAMILY_INDEX  3
#endif

#define SMALLEST ((LANE_U)1 << FRACTION_BITS)
#define INFINITE (LANE_UMAX >> 1 & ~(SMALLEST - 1))

static inline HOST_FLOAT FN(to_host)(LANE_U bits)
{
    HOST_FLOAT value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline LANE_U FN(from_host)(HOST_FLOAT value)
{
    LANE_U bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static inline bool FN(is_safe)(LANE_U bits)
{
    return (bits & LANE_UMAX >> 1) - SMALLEST - 1 < INFINITE - SMALLEST - 1;
}

/* expr in x (Vn), y (Vm), z (Vd before) and, for scalars, w (Va). */
#define FAST_SCALAR(target, name, exact, expr, zero_allowed)                                   \
    target static void FN(name##_scalar)(struct el4_cpu * cpu, struct el4_uop_desc desc)       \
    {                                                                                          \
        const HOST_FLOAT x = FN(to_host)(cpu->v[desc.a].LANES_U[0]);                           \
        const HOST_FLOAT y = FN(to_host)(cpu->v[desc.b].LANES_U[simd_arg(desc) % LANE_COUNT]); \
        const HOST_FLOAT z __attribute__((unused)) = FN(to_host)(cpu->v[desc.d].LANES_U[0]);   \
        const HOST_FLOAT w __attribute__((unused)) = FN(to_host)(cpu->v[desc.c].LANES_U[0]);   \
        const LANE_U bits = FN(from_host)(expr);                                               \
        if (host_usable(cpu->fp) &&                                                            \
            (FN(is_safe)(bits) || (zero_allowed && (LANE_U)(bits << 1) == 0))) {               \
            cpu->v[desc.d] = (union el4_vec){.d = {bits, 0}};                                  \
        } else {                                                                               \
            exact[FAMILY_INDEX](cpu, desc);                                                    \
        }                                                                                      \
    }

/* All 128 bits; element says that y is one lane of Vm. */
#define FAST_VECTOR(target, name, exact, expr, element)                                        \
    target static void FN(name##_vector)(struct el4_cpu * cpu, struct el4_uop_desc desc)       \
    {                                                                                          \
        const union el4_vec *n = &cpu->v[desc.a];                                              \
        const union el4_vec *m = &cpu->v[desc.b];                                              \
        const union el4_vec *old = &cpu->v[desc.d];                                            \
        const unsigned index = simd_arg(desc) % LANE_COUNT;                                    \
        union el4_vec result;                                                                  \
        unsigned unsafe = 0;                                                                   \
        for (unsigned i = 0; i < LANE_COUNT; i++) {                                            \
            const HOST_FLOAT x = FN(to_host)(n->LANES_U[i]);                                   \
            const HOST_FLOAT y = FN(to_host)(m->LANES_U[element ? index : i]);                 \
            const HOST_FLOAT z __attribute__((unused)) = FN(to_host)(old->LANES_U[i]);         \
            result.LANES_U[i] = FN(from_host)(expr);                                           \
        }                                                                                      \
        for (unsigned i = 0; i < LANE_COUNT; i++) {                                            \
            unsafe |= !FN(is_safe)(result.LANES_U[i]);                                         \
        }                                                                                      \
        if (host_usable(cpu->fp) && !unsafe) {                                                 \
            cpu->v[desc.d] = result;                                                           \
        } else {                                                                               \
            exact[FAMILY_INDEX](cpu, desc);                                                    \
        }                                                                                      \
    }

FAST_SCALAR(, fadd, el4_simd_fadd, x + y, true)
FAST_SCALAR(, fsub, el4_simd_fsub, x - y, true)
FAST_SCALAR(, fmul, el4_simd_fmul, (x) * (y), false)
FAST_SCALAR(, fdiv, el4_simd_fdiv, x / y, false)
FAST_SCALAR(, fmul_elem, el4_simd_fmul_elem, (x) * (y), false)

FAST_VECTOR(, fadd, el4_simd_fadd, x + y, false)
FAST_VECTOR(, fsub, el4_simd_fsub, x - y, false)
FAST_VECTOR(, fmul, el4_simd_fmul, (x) * (y), false)
FAST_VECTOR(, fdiv, el4_simd_fdiv, x / y, false)
FAST_VECTOR(, fmul_elem, el4_simd_fmul_elem, (x) * (y), true)

#ifdef FUSED
FAST_SCALAR(FUSED, fmla_elem, el4_simd_fmla_elem, HOST_FMA(x, y, z), false)
FAST_SCALAR(FUSED, fmls_elem, el4_simd_fmls_elem, HOST_FMA(-x, y, z), false)
FAST_SCALAR(FUSED, fmadd, el4_simd_fmadd, HOST_FMA(x, y, w), false)
FAST_SCALAR(FUSED, fmsub, el4_simd_fmsub, HOST_FMA(-x, y, w), false)
FAST_SCALAR(FUSED, fnmadd, el4_simd_fnmadd, HOST_FMA(-x, y, -w), false)
FAST_SCALAR(FUSED, fnmsub, el4_simd_fnmsub, HOST_FMA(x, y, -w), false)

FAST_VECTOR(FUSED, fmla, el4_simd_fmla, HOST_FMA(x, y, z), false)
FAST_VECTOR(FUSED, fmls, el4_simd_fmls, HOST_FMA(-x, y, z), false)
FAST_VECTOR(FUSED, fmla_elem, el4_simd_fmla_elem, HOST_FMA(x, y, z), true)
FAST_VECTOR(FUSED, fmls_elem, el4_simd_fmls_elem, HOST_FMA(-x, y, z), true)
#endif

#undef HOST_FLOAT
#undef HOST_FMA
#undef FRACTION_BITS
#undef FAMILY_INDEX
#undef SMALLEST
#undef INFINITE
#undef FAST_SCALAR
#undef FAST_VECTOR
#undef LANE_BITS
