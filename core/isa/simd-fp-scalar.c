/* SPDX-License-Identifier: MIT */
/*
 * Helpers between FP scalars and the general registers or flags: comparisons and conversions.
 * They are CALLs, so that the slots they read and write show in the micro-op.
 */
#include "isa/simd-lanes.h"

/* The condition of a CSEL, CCMP ...: DDI 0487 ConditionHolds(). */
static bool condition_holds(unsigned condition, uint64_t nzcv)
{
    const bool n = nzcv >> 31 & 1;
    const bool z = nzcv >> 30 & 1;
    const bool c = nzcv >> 29 & 1;
    const bool v = nzcv >> 28 & 1;
    bool holds = true;

    switch (condition >> 1) {
    case 0: holds = z; break;
    case 1: holds = c; break;
    case 2: holds = n; break;
    case 3: holds = v; break;
    case 4: holds = c && !z; break;
    case 5: holds = n == v; break;
    case 6: holds = n == v && !z; break;
    default: return true;
    }
    return holds != (condition & 1);
}

#define COMPARE(bits, lanes)                                                                   \
    static uint64_t fcmp_##bits(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,       \
                                uint32_t aux)                                                  \
    {                                                                                          \
        const uint##bits##_t x = cpu->v[aux & 31].lanes[0];                                    \
        const uint##bits##_t y = aux & EL4_SIMD_CMP_ZERO ? 0 : cpu->v[aux >> 5 & 31].lanes[0]; \
        return (uint64_t)el4_fp##bits##_compare(x, y, aux & EL4_SIMD_CMP_SIGNAL, cpu->fp)      \
               << 28;                                                                          \
    }                                                                                          \
    static uint64_t fccmp_##bits(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,      \
                                 uint32_t aux)                                                 \
    {                                                                                          \
        return condition_holds(b & 15, a) ? fcmp_##bits(cpu, 0, 0, 0, aux) : b & 0xf0000000;   \
    }

COMPARE(16, h)
COMPARE(32, s)
COMPARE(64, d)

el4_call_fn *const el4_simd_fcmp[4] = {NULL, fcmp_16, fcmp_32, fcmp_64};
el4_call_fn *const el4_simd_fccmp[4] = {NULL, fccmp_16, fccmp_32, fccmp_64};

#define CONVERT(bits, lanes)                                                                   \
    static uint64_t to_gp_##bits(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,      \
                                 uint32_t aux)                                                 \
    {                                                                                          \
        return el4_fp##bits##_to_fixed(cpu->v[aux & 31].lanes[0], 0,                           \
                                       aux & EL4_SIMD_GP_UNSIGNED,                             \
                                       (enum el4_fp_rounding)(aux >> EL4_SIMD_GP_ARG_SHIFT),   \
                                       aux & EL4_SIMD_GP_64 ? 64 : 32, cpu->fp);               \
    }                                                                                          \
    static uint64_t to_gp_fix_##bits(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,  \
                                     uint32_t aux)                                             \
    {                                                                                          \
        return el4_fp##bits##_to_fixed(                                                        \
            cpu->v[aux & 31].lanes[0], aux >> EL4_SIMD_GP_ARG_SHIFT,                           \
            aux & EL4_SIMD_GP_UNSIGNED, EL4_FP_ZERO, aux & EL4_SIMD_GP_64 ? 64 : 32, cpu->fp); \
    }                                                                                          \
    static uint64_t from_gp_fix_##bits(struct el4_cpu *cpu, uint64_t a, uint64_t b,            \
                                       uint64_t c, uint32_t aux)                               \
    {                                                                                          \
        const uint64_t result = el4_fp##bits##_from_fixed(                                     \
            a, aux & EL4_SIMD_GP_64 ? 64 : 32, aux >> EL4_SIMD_GP_ARG_SHIFT,                   \
            aux & EL4_SIMD_GP_UNSIGNED, el4_fp_round_mode(cpu->fp), cpu->fp);                  \
        cpu->v[aux & 31] = (union el4_vec){.d = {result, 0}};                                  \
        return 0;                                                                              \
    }

CONVERT(16, h)
CONVERT(32, s)
CONVERT(64, d)

el4_call_fn *const el4_simd_fp_to_gp[4] = {NULL, to_gp_16, to_gp_32, to_gp_64};
el4_call_fn *const el4_simd_fp_to_gp_fix[4] = {NULL, to_gp_fix_16, to_gp_fix_32, to_gp_fix_64};
el4_call_fn *const el4_simd_gp_to_fp_fix[4] = {NULL, from_gp_fix_16, from_gp_fix_32,
                                               from_gp_fix_64};

uint64_t el4_simd_fjcvtzs(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    bool z;
    const uint32_t result = el4_fp64_to_int32_js(cpu->v[aux & 31].d[0], &z, cpu->fp);

    return result | (uint64_t)z << 62;
}
