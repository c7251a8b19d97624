/* SPDX-License-Identifier: MIT */
/*
 * Operations from narrow to wide lanes for one (narrow) element size; included by simd-wide.c
 * for LANE_BITS 8, 16 and 32. Wide lanes number 64 / LANE_BITS.
 */
#include "isa/simd-lane.h"

#define WIDE_COUNT (LANE_COUNT / 2)
#define WIDE_MAX   ((WIDE_S)((~(WIDE_U)0) >> 1))
#define WIDE_MIN   ((WIDE_S)(-WIDE_MAX - 1))

/* expr in a (lane of Vn), b (of Vm), widened, and d (wide lane of Vd before). */
#define LONG(name, type, lanes, wide, expr)                                                    \
    static inline void FN(name##_of)(struct el4_cpu * cpu, struct el4_uop_desc desc,           \
                                     const union el4_vec y)                                    \
    {                                                                                          \
        const union el4_vec x = simd_narrow_source(desc, cpu->v[desc.a]);                      \
        const union el4_vec z = simd_keep(cpu->v[desc.d], simd_width(desc));                   \
        bool saturated = false;                                                                \
        union el4_vec result;                                                                  \
        for (unsigned i = 0; i < WIDE_COUNT; i++) {                                            \
            const wide a = (type)x.lanes[i];                                                   \
            const wide b __attribute__((unused)) = (type)y.lanes[i];                           \
            const WIDE_U d __attribute__((unused)) = z.WIDES_U[i];                             \
            result.WIDES_U[i] = (WIDE_U)(expr);                                                \
        }                                                                                      \
        simd_put(cpu, desc, result);                                                           \
        simd_set_qc(cpu, saturated);                                                           \
    }                                                                                          \
    static void FN(name)(struct el4_cpu * cpu, struct el4_uop_desc desc)                       \
    {                                                                                          \
        FN(name##_of)(cpu, desc, simd_narrow_source(desc, cpu->v[desc.b]));                    \
    }

#define LONG_U(name, expr) LONG(name, LANE_U, LANES_U, WIDE_U, expr)
#define LONG_S(name, expr) LONG(name, LANE_S, LANES_S, WIDE_S, expr)

/* Exact: the product of two narrow numbers fits, and twice it too, but for MIN * MIN. */
static inline WIDE_S FN(double_product)(WIDE_S a, WIDE_S b, bool *saturated)
{
    const WIDE_S product = a * b;
    if (product > WIDE_MAX / 2) {
        *saturated = true;
        return WIDE_MAX;
    }
    return product * 2;
}

static inline WIDE_S FN(saturating_sum)(WIDE_S a, WIDE_S b, bool *saturated)
{
    WIDE_S sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        *saturated = true;
        return a < 0 ? WIDE_MIN : WIDE_MAX;
    }
    return sum;
}

static inline WIDE_S FN(saturating_difference)(WIDE_S a, WIDE_S b, bool *saturated)
{
    WIDE_S difference;
    if (__builtin_sub_overflow(a, b, &difference)) {
        *saturated = true;
        return a < 0 ? WIDE_MIN : WIDE_MAX;
    }
    return difference;
}

LONG_S(saddl, a + b)
LONG_U(uaddl, a + b)
LONG_S(ssubl, a - b)
LONG_U(usubl, a - b)
LONG_S(sabdl, a > b ? a - b : b - a)
LONG_U(uabdl, a > b ? a - b : b - a)
LONG_S(sabal, d + (WIDE_U)(a > b ? a - b : b - a))
LONG_U(uabal, d + (a > b ? a - b : b - a))
LONG_S(smull, a *b)
LONG_U(umull, 1u * a * b)
LONG_S(smlal, d + (WIDE_U)(a * b))
LONG_U(umlal, d + 1u * a * b)
LONG_S(smlsl, d - (WIDE_U)(a * b))
LONG_U(umlsl, d - 1u * a * b)

/* The argument is the amount, up to LANE_BITS (SHLL). */
LONG_S(sshll, (WIDE_U)a << simd_arg(desc))
LONG_U(ushll, a << simd_arg(desc))

#if LANE_BITS > 8
LONG_S(sqdmull, FN(double_product)(a, b, &saturated))
LONG_S(sqdmlal, FN(saturating_sum)((WIDE_S)d, FN(double_product)(a, b, &saturated), &saturated))
LONG_S(sqdmlsl,
       FN(saturating_difference)((WIDE_S)d, FN(double_product)(a, b, &saturated), &saturated))

#define WITH_ELEMENT(name)                                                                     \
    static void FN(name##_elem)(struct el4_cpu * cpu, struct el4_uop_desc desc)                \
    {                                                                                          \
        const LANE_U element = cpu->v[desc.b].LANES_U[simd_arg(desc) % LANE_COUNT];            \
        union el4_vec y = {0};                                                                 \
        for (unsigned i = 0; i < WIDE_COUNT; i++) {                                            \
            y.LANES_U[i] = element;                                                            \
        }                                                                                      \
        FN(name##_of)(cpu, desc, y);                                                           \
    }

WITH_ELEMENT(smull)
WITH_ELEMENT(umull)
WITH_ELEMENT(smlal)
WITH_ELEMENT(umlal)
WITH_ELEMENT(smlsl)
WITH_ELEMENT(umlsl)
WITH_ELEMENT(sqdmull)
WITH_ELEMENT(sqdmlal)
WITH_ELEMENT(sqdmlsl)
#undef WITH_ELEMENT
#endif

/* Wide Vn and narrow Vm. */
#define WIDE(name, type, lanes, operation)                                                     \
    static void FN(name)(struct el4_cpu * cpu, struct el4_uop_desc desc)                       \
    {                                                                                          \
        const union el4_vec x = cpu->v[desc.a];                                                \
        const union el4_vec y = simd_narrow_source(desc, cpu->v[desc.b]);                      \
        union el4_vec result;                                                                  \
        for (unsigned i = 0; i < WIDE_COUNT; i++) {                                            \
            result.WIDES_U[i] = (WIDE_U)(x.WIDES_U[i] operation(WIDE_U)(type) y.lanes[i]);     \
        }                                                                                      \
        simd_put(cpu, desc, result);                                                           \
    }

WIDE(saddw, WIDE_S, LANES_S, +)
WIDE(uaddw, WIDE_U, LANES_U, +)
WIDE(ssubw, WIDE_S, LANES_S, -)
WIDE(usubw, WIDE_U, LANES_U, -)

/* Sums of neighbours in Vn, added to what old says. */
#define PAIRWISE_LONG(name, wide, lanes, old)                                                  \
    static void FN(name)(struct el4_cpu * cpu, struct el4_uop_desc desc)                       \
    {                                                                                          \
        const union el4_vec x = cpu->v[desc.a];                                                \
        const union el4_vec z __attribute__((unused)) = cpu->v[desc.d];                        \
        union el4_vec result;                                                                  \
        for (unsigned i = 0; i < WIDE_COUNT; i++) {                                            \
            const wide sum = (wide)x.lanes[2 * i] + (wide)x.lanes[2 * i + 1];                  \
            result.WIDES_U[i] = (WIDE_U)((old) + (WIDE_U)sum);                                 \
        }                                                                                      \
        simd_put(cpu, desc, result);                                                           \
    }

PAIRWISE_LONG(saddlp, WIDE_S, LANES_S, 0)
PAIRWISE_LONG(uaddlp, WIDE_U, LANES_U, 0)
PAIRWISE_LONG(sadalp, WIDE_S, LANES_S, z.WIDES_U[i])
PAIRWISE_LONG(uadalp, WIDE_U, LANES_U, z.WIDES_U[i])

#undef LONG
#undef LONG_U
#undef LONG_S
#undef WIDE
#undef PAIRWISE_LONG
#undef WIDE_COUNT
#undef WIDE_MAX
#undef WIDE_MIN
#undef LANE_BITS
