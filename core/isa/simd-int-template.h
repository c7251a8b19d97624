/* SPDX-License-Identifier: MIT */
/*
 * Lane-by-lane integer helpers for one element size; included by simd-int.c for each LANE_BITS.
 *
 * MAP_U and MAP_S define a helper from an expression in a (lane of Vn), b (of Vm) and d (of Vd
 * before), unsigned or signed. All 128 bits are computed, whatever the width: that lets the
 * compiler use the host's vectors, and simd_put() cuts the result.
 */
#include "isa/simd-lane.h"

#define MAP(name, type, lanes, expr)                                                           \
    static inline void FN(name##_of)(struct el4_cpu * cpu, struct el4_uop_desc desc,           \
                                     const union el4_vec y)                                    \
    {                                                                                          \
        const union el4_vec x = cpu->v[desc.a];                                                \
        const union el4_vec z = cpu->v[desc.d];                                                \
        union el4_vec result;                                                                  \
        for (unsigned i = 0; i < LANE_COUNT; i++) {                                            \
            const type a __attribute__((unused)) = x.lanes[i];                                 \
            const type b __attribute__((unused)) = y.lanes[i];                                 \
            const type d __attribute__((unused)) = z.lanes[i];                                 \
            result.LANES_U[i] = (LANE_U)(expr);                                                \
        }                                                                                      \
        simd_put(cpu, desc, result);                                                           \
    }                                                                                          \
    static void FN(name)(struct el4_cpu * cpu, struct el4_uop_desc desc)                       \
    {                                                                                          \
        FN(name##_of)(cpu, desc, cpu->v[desc.b]);                                              \
    }

#define MAP_U(name, expr) MAP(name, LANE_U, LANES_U, expr)
#define MAP_S(name, expr) MAP(name, LANE_S, LANES_S, expr)

MAP_U(add, a + b)
MAP_U(sub, a - b)
MAP_U(cmhi, a > b ? LANE_UMAX : 0)
MAP_U(cmhs, a >= b ? LANE_UMAX : 0)
MAP_U(cmeq, a == b ? LANE_UMAX : 0)
MAP_U(cmtst, (a & b) != 0 ? LANE_UMAX : 0)
MAP_S(cmgt, a > b ? LANE_UMAX : 0)
MAP_S(cmge, a >= b ? LANE_UMAX : 0)
MAP_S(cmgt_zero, a > 0 ? LANE_UMAX : 0)
MAP_S(cmge_zero, a >= 0 ? LANE_UMAX : 0)
MAP_S(cmeq_zero, a == 0 ? LANE_UMAX : 0)
MAP_S(cmle_zero, a <= 0 ? LANE_UMAX : 0)
MAP_S(cmlt_zero, a < 0 ? LANE_UMAX : 0)
MAP_S(abs, a < 0 ? (LANE_U)0 - (LANE_U)a : (LANE_U)a)
MAP_U(neg, (LANE_U)0 - a)

#if LANE_BITS < 64
/* 1u: else the product of two uint16_t would be one of ints, and could overflow. */
MAP_U(mul, 1u * a * b)
MAP_U(mla, d + 1u * a * b)
MAP_U(mls, d - 1u * a * b)
MAP_S(shadd, (a >> 1) + (b >> 1) + (a & b & 1))
MAP_U(uhadd, (a >> 1) + (b >> 1) + (a & b & 1))
MAP_S(srhadd, (a >> 1) + (b >> 1) + ((a | b) & 1))
MAP_U(urhadd, (a >> 1) + (b >> 1) + ((a | b) & 1))
MAP_S(shsub, (a >> 1) - (b >> 1) - (~a & b & 1))
MAP_U(uhsub, (a >> 1) - (b >> 1) - (~a & b & 1))
MAP_S(smax, a > b ? a : b)
MAP_U(umax, a > b ? a : b)
MAP_S(smin, a < b ? a : b)
MAP_U(umin, a < b ? a : b)
MAP_S(sabd, a > b ? (LANE_U)a - (LANE_U)b : (LANE_U)b - (LANE_U)a)
MAP_U(uabd, a > b ? a - b : b - a)
MAP_S(saba, (LANE_U)d + (a > b ? (LANE_U)a - (LANE_U)b : (LANE_U)b - (LANE_U)a))
MAP_U(uaba, d + (a > b ? a - b : b - a))
MAP_U(clz, a ? __builtin_clz(a) - (32 - LANE_BITS) : LANE_BITS)
/* Sign bits but one: leading zeroes of the bits that differ from their lower neighbours. */
MAP_S(cls, __builtin_clz((((uint32_t)(int32_t)a ^ (uint32_t)(int32_t)a << 1) | 1)
                         << (32 - LANE_BITS)))
#endif

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

#if LANE_BITS == 16 || LANE_BITS == 32
WITH_ELEMENT(mul)
WITH_ELEMENT(mla)
WITH_ELEMENT(mls)
#endif

/* Neighbours in Vn, then neighbours in Vm. Each number of pairs has its own code, unrolled. */
#define PAIRS(name, type, lanes, expr)                                                         \
    static inline __attribute__((always_inline)) void FN(name##_n)(                            \
        struct el4_cpu * cpu, struct el4_uop_desc desc, unsigned pairs)                        \
    {                                                                                          \
        const union el4_vec x = cpu->v[desc.a];                                                \
        const union el4_vec y = cpu->v[desc.b];                                                \
        union el4_vec result = {0};                                                            \
        for (unsigned i = 0; i < pairs; i++) {                                                 \
            const type a = x.lanes[2 * i];                                                     \
            const type b = x.lanes[2 * i + 1];                                                 \
            result.LANES_U[i] = (LANE_U)(expr);                                                \
        }                                                                                      \
        for (unsigned i = 0; i < pairs; i++) {                                                 \
            const type a = y.lanes[2 * i];                                                     \
            const type b = y.lanes[2 * i + 1];                                                 \
            result.LANES_U[pairs + i] = (LANE_U)(expr);                                        \
        }                                                                                      \
        cpu->v[desc.d] = result;                                                               \
    }                                                                                          \
    static void FN(name)(struct el4_cpu * cpu, struct el4_uop_desc desc)                       \
    {                                                                                          \
        if (LANE_BITS == 64 || simd_width(desc) == 4) {                                        \
            FN(name##_n)(cpu, desc, LANE_COUNT / 2);                                           \
        } else {                                                                               \
            FN(name##_n)(cpu, desc, LANE_COUNT / 4);                                           \
        }                                                                                      \
    }

PAIRS(addp, LANE_U, LANES_U, a + b)
#if LANE_BITS < 64
PAIRS(smaxp, LANE_S, LANES_S, a > b ? a : b)
PAIRS(umaxp, LANE_U, LANES_U, a > b ? a : b)
PAIRS(sminp, LANE_S, LANES_S, a < b ? a : b)
PAIRS(uminp, LANE_U, LANES_U, a < b ? a : b)
#endif

#if LANE_BITS == 8
static inline uint8_t polynomial_multiply(uint8_t a, uint8_t b)
{
    unsigned product = 0;
    for (unsigned i = 0; i < 8; i++) {
        product ^= (b >> i & 1) * ((unsigned)a << i);
    }
    return (uint8_t)product;
}

/* By sums of neighbouring bits, pairs and nibbles: unlike a popcount instruction, vectorises.
 */
static inline uint8_t count_bits(uint8_t a)
{
    a = (uint8_t)(a - (a >> 1 & 0x55));
    a = (uint8_t)((a & 0x33) + (a >> 2 & 0x33));
    return (uint8_t)((a + (a >> 4)) & 15);
}

static inline uint8_t reverse_bits(uint8_t a)
{
    a = (uint8_t)((a & 0x55) << 1 | (a >> 1 & 0x55));
    a = (uint8_t)((a & 0x33) << 2 | (a >> 2 & 0x33));
    return (uint8_t)(a << 4 | a >> 4);
}

MAP_U(pmul, polynomial_multiply(a, b))
MAP_U(cnt, count_bits(a))
MAP_U(rbit, reverse_bits(a))
#endif

#if LANE_BITS == 32
MAP_U(urecpe, el4_unsigned_recip_estimate(a))
MAP_U(ursqrte, el4_unsigned_rsqrt_estimate(a))
#endif

#undef MAP
#undef MAP_U
#undef MAP_S
#undef WITH_ELEMENT
#undef PAIRS
#undef LANE_BITS
