/* SPDX-License-Identifier: MIT */
/*
 * Operations from wide to narrow lanes for one (narrow) element size; included by simd-narrow.c
 * for LANE_BITS 8, 16 and 32.
 */
#include "isa/simd-lane.h"

#define WIDE_COUNT (LANE_COUNT / 2)

/* By an immediate n of 1 to LANE_BITS, or 0 without rounding. Saturated means changed by
 * `limited`. */
#define NARROW(name, type, lanes, rounds, limited)                                             \
    static void FN(name)(struct el4_cpu * cpu, struct el4_uop_desc desc)                       \
    {                                                                                          \
        const union el4_vec x = simd_keep(cpu->v[desc.a], simd_width(desc) + 1);               \
        const unsigned n = simd_arg(desc);                                                     \
        bool saturated = false;                                                                \
        union el4_vec result;                                                                  \
        for (unsigned i = 0; i < WIDE_COUNT; i++) {                                            \
            type a = x.lanes[i];                                                               \
            a = (type)((a >> n) + (rounds ? a >> (n - 1) & 1 : 0));                            \
            const type narrow = (type)(limited);                                               \
            saturated |= narrow != a;                                                          \
            result.LANES_U[i] = (LANE_U)narrow;                                                \
        }                                                                                      \
        simd_put_narrow(cpu, desc, result);                                                    \
        simd_set_qc(cpu, saturated);                                                           \
    }

#define TO_SIGNED          (a < LANE_MIN ? LANE_MIN : (a > LANE_MAX ? LANE_MAX : a))
#define TO_UNSIGNED        (a > LANE_UMAX ? LANE_UMAX : a)
#define SIGNED_TO_UNSIGNED (a < 0 ? 0 : (a > (WIDE_S)LANE_UMAX ? (WIDE_S)LANE_UMAX : a))

NARROW(sqshrn, WIDE_S, WIDES_S, false, TO_SIGNED)
NARROW(sqrshrn, WIDE_S, WIDES_S, true, TO_SIGNED)
NARROW(uqshrn, WIDE_U, WIDES_U, false, TO_UNSIGNED)
NARROW(uqrshrn, WIDE_U, WIDES_U, true, TO_UNSIGNED)
NARROW(sqshrun, WIDE_S, WIDES_S, false, SIGNED_TO_UNSIGNED)
NARROW(sqrshrun, WIDE_S, WIDES_S, true, SIGNED_TO_UNSIGNED)

/* The low part of expr in wide lanes a (of Vn) and b (of Vm). */
#define TRUNCATE(name, expr)                                                                   \
    static void FN(name)(struct el4_cpu * cpu, struct el4_uop_desc desc)                       \
    {                                                                                          \
        const union el4_vec x = cpu->v[desc.a];                                                \
        const union el4_vec y = cpu->v[desc.b];                                                \
        const unsigned n __attribute__((unused)) = simd_arg(desc);                             \
        union el4_vec result;                                                                  \
        for (unsigned i = 0; i < WIDE_COUNT; i++) {                                            \
            const WIDE_U a = x.WIDES_U[i];                                                     \
            const WIDE_U b __attribute__((unused)) = y.WIDES_U[i];                             \
            result.LANES_U[i] = (LANE_U)(expr);                                                \
        }                                                                                      \
        simd_put_narrow(cpu, desc, result);                                                    \
    }

#define HALF ((WIDE_U)1 << (LANE_BITS - 1))

TRUNCATE(shrn, a >> n)
TRUNCATE(rshrn, (a >> n) + (a >> (n - 1) & 1))
TRUNCATE(addhn, (WIDE_U)(a + b) >> LANE_BITS)
TRUNCATE(raddhn, (WIDE_U)(a + b + HALF) >> LANE_BITS)
TRUNCATE(subhn, (WIDE_U)(a - b) >> LANE_BITS)
TRUNCATE(rsubhn, (WIDE_U)(a - b + HALF) >> LANE_BITS)

#undef NARROW
#undef TRUNCATE
#undef TO_SIGNED
#undef TO_UNSIGNED
#undef SIGNED_TO_UNSIGNED
#undef HALF
#undef WIDE_COUNT
#undef LANE_BITS
