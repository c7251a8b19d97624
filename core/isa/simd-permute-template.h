/* SPDX-License-Identifier: MIT */
/*
 * Moves of whole elements for one element size; included by simd-permute.c for each LANE_BITS.
 */
#include "isa/simd-lane.h"

/* Element i of n results is expr: x[] is Vn, y[] Vm. Each n has its own code, unrolled. */
#define PERMUTE(name, expr)                                                                    \
    static inline __attribute__((always_inline)) void FN(name##_n)(                            \
        struct el4_cpu * cpu, struct el4_uop_desc desc, unsigned n)                            \
    {                                                                                          \
        const union el4_vec first = cpu->v[desc.a];                                            \
        const union el4_vec second = cpu->v[desc.b];                                           \
        const LANE_U *x = first.LANES_U;                                                       \
        const LANE_U *y = second.LANES_U;                                                      \
        union el4_vec result = {0};                                                            \
        for (unsigned i = 0; i < n; i++) {                                                     \
            result.LANES_U[i] = (expr);                                                        \
        }                                                                                      \
        cpu->v[desc.d] = result;                                                               \
    }                                                                                          \
    static void FN(name)(struct el4_cpu * cpu, struct el4_uop_desc desc)                       \
    {                                                                                          \
        if (LANE_BITS == 64 || simd_width(desc) == 4) {                                        \
            FN(name##_n)(cpu, desc, LANE_COUNT);                                               \
        } else {                                                                               \
            FN(name##_n)(cpu, desc, LANE_COUNT / 2);                                           \
        }                                                                                      \
    }

PERMUTE(zip1, (i & 1 ? y : x)[i / 2])
PERMUTE(zip2, (i & 1 ? y : x)[(n + i) / 2])
PERMUTE(uzp1, i < n / 2 ? x[2 * i] : y[2 * i - n])
PERMUTE(uzp2, i < n / 2 ? x[2 * i + 1] : y[2 * i + 1 - n])
PERMUTE(trn1, (i & 1 ? y : x)[i & ~1u])
PERMUTE(trn2, (i & 1 ? y : x)[i | 1])

static void FN(dup_elem)(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const LANE_U element = cpu->v[desc.a].LANES_U[simd_arg(desc) % LANE_COUNT];
    union el4_vec result;

    for (unsigned i = 0; i < LANE_COUNT; i++) {
        result.LANES_U[i] = element;
    }
    simd_put(cpu, desc, result);
}

static void FN(ins_elem)(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    cpu->v[desc.d].LANES_U[simd_arg(desc) % LANE_COUNT] =
        cpu->v[desc.a].LANES_U[desc.b % LANE_COUNT];
}

static uint64_t FN(dup_gp)(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                           uint32_t aux)
{
    union el4_vec *v = &cpu->v[aux & 31];

    for (unsigned i = 0; i < LANE_COUNT; i++) {
        v->LANES_U[i] = (LANE_U)a;
    }
    if (!(aux & 32)) {
        v->d[1] = 0;
    }
    return 0;
}

static uint64_t FN(ins_gp)(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                           uint32_t aux)
{
    cpu->v[aux & 31].LANES_U[(aux >> 5) % LANE_COUNT] = (LANE_U)a;
    return 0;
}

#undef PERMUTE
#undef LANE_BITS
