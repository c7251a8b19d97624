/* SPDX-License-Identifier: MIT */
/*
 * SIMD helpers that reduce the lanes of Vn to one scalar: ADDV and kin, FMAXV and kin, and
 * the scalar pairwise forms. Here aux's width is that of Vn; the result is one element.
 */
#include "isa/simd-lanes.h"

/* expr: the accumulated r and the next lane a. */
#define REDUCE(name, type, result_type, lanes, expr)                                           \
    static void name(struct el4_cpu *cpu, struct el4_uop_desc desc)                            \
    {                                                                                          \
        const union el4_vec x = cpu->v[desc.a];                                                \
        const unsigned count = (1u << simd_width(desc)) / sizeof(x.lanes[0]);                  \
        type r = x.lanes[0];                                                                   \
        for (unsigned i = 1; i < count; i++) {                                                 \
            const type a = x.lanes[i];                                                         \
            r = (type)(expr);                                                                  \
        }                                                                                      \
        cpu->v[desc.d] = (union el4_vec){.d = {(result_type)r, 0}};                            \
    }

#define REDUCE_SIZES(name, s_or_nothing, sign, expr)                                           \
    REDUCE(name##_8, sign##8_t, uint8_t, s_or_nothing##b, expr)                                \
    REDUCE(name##_16, sign##16_t, uint16_t, s_or_nothing##h, expr)                             \
    REDUCE(name##_32, sign##32_t, uint32_t, s_or_nothing##s, expr)                             \
    el4_simd_family el4_simd_##name = {name##_8, name##_16, name##_32, NULL};

REDUCE_SIZES(addv, , uint, r + a)
REDUCE_SIZES(smaxv, s, int, r > a ? r : a)
REDUCE_SIZES(umaxv, , uint, r > a ? r : a)
REDUCE_SIZES(sminv, s, int, r < a ? r : a)
REDUCE_SIZES(uminv, , uint, r < a ? r : a)

/* To an element of twice the size. */
REDUCE(saddlv_8, int64_t, uint16_t, sb, r + a)
REDUCE(saddlv_16, int64_t, uint32_t, sh, r + a)
REDUCE(saddlv_32, int64_t, uint64_t, ss, r + a)
REDUCE(uaddlv_8, uint64_t, uint16_t, b, r + a)
REDUCE(uaddlv_16, uint64_t, uint32_t, h, r + a)
REDUCE(uaddlv_32, uint64_t, uint64_t, s, r + a)

el4_simd_family el4_simd_saddlv = {saddlv_8, saddlv_16, saddlv_32};
el4_simd_family el4_simd_uaddlv = {uaddlv_8, uaddlv_16, uaddlv_32};

void el4_simd_addp_pair(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const union el4_vec x = cpu->v[desc.a];

    cpu->v[desc.d] = (union el4_vec){.d = {x.d[0] + x.d[1], 0}};
}

/* Reduce() halves the vector again and again: neighbours meet first, the lower one on the left.
 */
#define FP_REDUCE(name, bits, lanes, operation)                                                \
    static void name(struct el4_cpu *cpu, struct el4_uop_desc desc)                            \
    {                                                                                          \
        union el4_vec x = cpu->v[desc.a];                                                      \
        unsigned count = (8u << simd_width(desc)) / bits;                                      \
        while (count > 1) {                                                                    \
            count /= 2;                                                                        \
            for (unsigned i = 0; i < count; i++) {                                             \
                x.lanes[i] = operation(x.lanes[2 * i], x.lanes[2 * i + 1], cpu->fp);           \
            }                                                                                  \
        }                                                                                      \
        cpu->v[desc.d] = (union el4_vec){.d = {x.lanes[0], 0}};                                \
    }

#define FP_REDUCE_SIZES(name, operation)                                                       \
    FP_REDUCE(name##_16, 16, h, el4_fp16_##operation)                                          \
    FP_REDUCE(name##_32, 32, s, el4_fp32_##operation)                                          \
    FP_REDUCE(name##_64, 64, d, el4_fp64_##operation)

/* What the V and the scalar pairwise forms need: the latter reduce two elements. */
FP_REDUCE_SIZES(reduce_max, max)
FP_REDUCE_SIZES(reduce_min, min)
FP_REDUCE_SIZES(reduce_maxnum, maxnum)
FP_REDUCE_SIZES(reduce_minnum, minnum)
FP_REDUCE_SIZES(reduce_add, add)

el4_simd_family el4_simd_fp_addv = {NULL, reduce_add_16, reduce_add_32, reduce_add_64};
el4_simd_family el4_simd_fp_maxv = {NULL, reduce_max_16, reduce_max_32, reduce_max_64};
el4_simd_family el4_simd_fp_minv = {NULL, reduce_min_16, reduce_min_32, reduce_min_64};
el4_simd_family el4_simd_fp_maxnumv = {NULL, reduce_maxnum_16, reduce_maxnum_32,
                                       reduce_maxnum_64};
el4_simd_family el4_simd_fp_minnumv = {NULL, reduce_minnum_16, reduce_minnum_32,
                                       reduce_minnum_64};
