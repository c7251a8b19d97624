/* SPDX-License-Identifier: MIT */
/*
 * Saturating lane-by-lane helpers for one element size; included by simd-sat.c.
 *
 * The operands are cut to the operation's width first: lanes of zeroes never saturate, so that
 * all lanes can be computed alike and only those that take part set QC.
 */
#include "isa/simd-lane.h"

#define MAP_SAT(name)                                                                          \
    static inline void FN(name##_of)(struct el4_cpu * cpu, struct el4_uop_desc desc,           \
                                     union el4_vec y)                                          \
    {                                                                                          \
        const union el4_vec x = simd_keep(cpu->v[desc.a], simd_width(desc));                   \
        const union el4_vec z = simd_keep(cpu->v[desc.d], simd_width(desc));                   \
        union el4_vec result;                                                                  \
        bool saturated = false;                                                                \
        y = simd_keep(y, simd_width(desc));                                                    \
        for (unsigned i = 0; i < LANE_COUNT; i++) {                                            \
            result.LANES_U[i] =                                                                \
                (LANE_U)FN(name##_lane)(x.LANES_U[i], y.LANES_U[i], z.LANES_U[i], &saturated); \
        }                                                                                      \
        simd_put(cpu, desc, result);                                                           \
        simd_set_qc(cpu, saturated);                                                           \
    }                                                                                          \
    static void FN(name)(struct el4_cpu * cpu, struct el4_uop_desc desc)                       \
    {                                                                                          \
        FN(name##_of)(cpu, desc, cpu->v[desc.b]);                                              \
    }

/* One lane of each operation: a of Vn, b of Vm, d of Vd before. */
static inline LANE_S FN(sqadd_lane)(LANE_S a, LANE_S b, LANE_S d, bool *saturated)
{
    LANE_S sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        *saturated = true;
        return a < 0 ? LANE_MIN : LANE_MAX;
    }
    return sum;
}

static inline LANE_U FN(uqadd_lane)(LANE_U a, LANE_U b, LANE_U d, bool *saturated)
{
    LANE_U sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        *saturated = true;
        return LANE_UMAX;
    }
    return sum;
}

static inline LANE_S FN(sqsub_lane)(LANE_S a, LANE_S b, LANE_S d, bool *saturated)
{
    LANE_S difference;
    if (__builtin_sub_overflow(a, b, &difference)) {
        *saturated = true;
        return a < 0 ? LANE_MIN : LANE_MAX;
    }
    return difference;
}

static inline LANE_U FN(uqsub_lane)(LANE_U a, LANE_U b, LANE_U d, bool *saturated)
{
    if (a < b) {
        *saturated = true;
        return 0;
    }
    return (LANE_U)(a - b);
}

/* SUQADD: unsigned Vn to signed Vd. The built-in works on the exact values. */
static inline LANE_S FN(suqadd_lane)(LANE_U a, LANE_U b, LANE_S d, bool *saturated)
{
    LANE_S sum;
    if (__builtin_add_overflow(a, d, &sum)) {
        *saturated = true;
        return LANE_MAX;
    }
    return sum;
}

/* USQADD: signed Vn to unsigned Vd. */
static inline LANE_U FN(usqadd_lane)(LANE_S a, LANE_U b, LANE_U d, bool *saturated)
{
    LANE_U sum;
    if (__builtin_add_overflow(a, d, &sum)) {
        *saturated = true;
        return a < 0 ? 0 : LANE_UMAX;
    }
    return sum;
}

static inline LANE_S FN(sqneg_lane)(LANE_S a, LANE_S b, LANE_S d, bool *saturated)
{
    if (a == LANE_MIN) {
        *saturated = true;
        return LANE_MAX;
    }
    return (LANE_S)-a;
}

static inline LANE_S FN(sqabs_lane)(LANE_S a, LANE_S b, LANE_S d, bool *saturated)
{
    return a < 0 ? FN(sqneg_lane)(a, b, d, saturated) : a;
}

MAP_SAT(sqadd)
MAP_SAT(uqadd)
MAP_SAT(sqsub)
MAP_SAT(uqsub)
MAP_SAT(suqadd)
MAP_SAT(usqadd)
MAP_SAT(sqabs)
MAP_SAT(sqneg)

#if LANE_BITS == 16 || LANE_BITS == 32
#if LANE_BITS == 16
#define EXACT int64_t
#else
/* The accumulator shifted up by 32, and twice a product of 63 bits. */
#define EXACT __int128
#endif

/* The high half of d * 2^LANE_BITS + 2 * product (+ rounding), saturated. */
static inline LANE_S FN(high_half)(LANE_S d, WIDE_S product, bool subtract, bool round,
                                   bool *saturated)
{
    EXACT sum = (EXACT)d * ((EXACT)1 << LANE_BITS);
    sum += subtract ? -2 * (EXACT)product : 2 * (EXACT)product;
    sum += round ? (EXACT)1 << (LANE_BITS - 1) : 0;
    sum >>= LANE_BITS;
    if (sum > LANE_MAX) {
        *saturated = true;
        return LANE_MAX;
    }
    if (sum < LANE_MIN) {
        *saturated = true;
        return LANE_MIN;
    }
    return (LANE_S)sum;
}
#undef EXACT

static inline LANE_S FN(sqdmulh_lane)(LANE_S a, LANE_S b, LANE_S d, bool *saturated)
{
    return FN(high_half)(0, (WIDE_S)a * b, false, false, saturated);
}

static inline LANE_S FN(sqrdmulh_lane)(LANE_S a, LANE_S b, LANE_S d, bool *saturated)
{
    return FN(high_half)(0, (WIDE_S)a * b, false, true, saturated);
}

static inline LANE_S FN(sqrdmlah_lane)(LANE_S a, LANE_S b, LANE_S d, bool *saturated)
{
    return FN(high_half)(d, (WIDE_S)a * b, false, true, saturated);
}

static inline LANE_S FN(sqrdmlsh_lane)(LANE_S a, LANE_S b, LANE_S d, bool *saturated)
{
    return FN(high_half)(d, (WIDE_S)a * b, true, true, saturated);
}

MAP_SAT(sqdmulh)
MAP_SAT(sqrdmulh)
MAP_SAT(sqrdmlah)
MAP_SAT(sqrdmlsh)

#define WITH_ELEMENT(name)                                                                     \
    static void FN(name##_elem)(struct el4_cpu * cpu, struct el4_uop_desc desc)                \
    {                                                                                          \
        const LANE_U element = cpu->v[desc.b].LANES_U[simd_arg(desc) % LANE_COUNT];            \
        union el4_vec y;                                                                       \
        for (unsigned i = 0; i < LANE_COUNT; i++) {                                            \
            y.LANES_U[i] = element;                                                            \
        }                                                                                      \
        FN(name##_of)(cpu, desc, y);                                                           \
    }

WITH_ELEMENT(sqdmulh)
WITH_ELEMENT(sqrdmulh)
WITH_ELEMENT(sqrdmlah)
WITH_ELEMENT(sqrdmlsh)
#undef WITH_ELEMENT
#endif

#undef MAP_SAT
#undef LANE_BITS
