/* SPDX-License-Identifier: MIT */
/*
 * SIMD helpers whose result lanes are wider than their operands': the L and W forms, pairwise
 * long sums, dot products and carry-less multiplication.
 */
#include "isa/simd-lanes.h"

#define LANE_BITS 8
#include "isa/simd-wide-template.h"
#define LANE_BITS 16
#include "isa/simd-wide-template.h"
#define LANE_BITS 32
#include "isa/simd-wide-template.h"

#define FAMILY_3(name) el4_simd_family el4_simd_##name = {name##_8, name##_16, name##_32, NULL};

#define FAMILY_HS(name) el4_simd_family el4_simd_##name = {NULL, name##_16, name##_32, NULL};

FAMILY_3(saddl)
FAMILY_3(uaddl)
FAMILY_3(ssubl)
FAMILY_3(usubl)
FAMILY_3(sabdl)
FAMILY_3(uabdl)
FAMILY_3(sabal)
FAMILY_3(uabal)
FAMILY_3(smull)
FAMILY_3(umull)
FAMILY_3(smlal)
FAMILY_3(umlal)
FAMILY_3(smlsl)
FAMILY_3(umlsl)
FAMILY_3(sshll)
FAMILY_3(ushll)
FAMILY_3(saddw)
FAMILY_3(uaddw)
FAMILY_3(ssubw)
FAMILY_3(usubw)
FAMILY_3(saddlp)
FAMILY_3(uaddlp)
FAMILY_3(sadalp)
FAMILY_3(uadalp)

FAMILY_HS(sqdmull)
FAMILY_HS(sqdmlal)
FAMILY_HS(sqdmlsl)
FAMILY_HS(smull_elem)
FAMILY_HS(umull_elem)
FAMILY_HS(smlal_elem)
FAMILY_HS(umlal_elem)
FAMILY_HS(smlsl_elem)
FAMILY_HS(umlsl_elem)
FAMILY_HS(sqdmull_elem)
FAMILY_HS(sqdmlal_elem)
FAMILY_HS(sqdmlsl_elem)

/* Products over GF(2), of polynomials of 8 and 64 bits. */
static void pmull_8(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const union el4_vec x = simd_narrow_source(desc, cpu->v[desc.a]);
    const union el4_vec y = simd_narrow_source(desc, cpu->v[desc.b]);
    union el4_vec result = {0};

    for (unsigned i = 0; i < 8; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            const unsigned taken = y.b[i] >> bit & 1;
            result.h[i] ^= (uint16_t)(taken * ((unsigned)x.b[i] << bit));
        }
    }
    simd_put(cpu, desc, result);
}

static void pmull_64(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const uint64_t x = simd_narrow_source(desc, cpu->v[desc.a]).d[0];
    const uint64_t y = simd_narrow_source(desc, cpu->v[desc.b]).d[0];
    unsigned __int128 multiples[16];
    unsigned __int128 product = 0;

    /* x times every polynomial of four bits, then four bits of y at a time. */
    multiples[0] = 0;
    for (unsigned i = 1; i < 16; i++) {
        multiples[i] = multiples[i >> 1] << 1 ^ (i & 1 ? x : 0);
    }
    for (int nibble = 15; nibble >= 0; nibble--) {
        product = product << 4 ^ multiples[y >> (4 * nibble) & 15];
    }
    const union el4_vec result = {.d = {(uint64_t)product, (uint64_t)(product >> 64)}};
    simd_put(cpu, desc, result);
}

el4_simd_family el4_simd_pmull = {pmull_8, NULL, NULL, pmull_64};

/* Each word of Vd and the sum of the products of the four bytes beside it. */
#define DOT(name, type, lanes)                                                                 \
    static inline void name##_of(struct el4_cpu *cpu, struct el4_uop_desc desc,                \
                                 const union el4_vec y)                                        \
    {                                                                                          \
        const union el4_vec x = cpu->v[desc.a];                                                \
        union el4_vec result = cpu->v[desc.d];                                                 \
        for (unsigned i = 0; i < 4; i++) {                                                     \
            type sum = 0;                                                                      \
            for (unsigned j = 4 * i; j < 4 * i + 4; j++) {                                     \
                sum += (type)x.lanes[j] * (type)y.lanes[j];                                    \
            }                                                                                  \
            result.s[i] += (uint32_t)sum;                                                      \
        }                                                                                      \
        simd_put(cpu, desc, result);                                                           \
    }                                                                                          \
    void el4_simd_##name(struct el4_cpu *cpu, struct el4_uop_desc desc)                        \
    {                                                                                          \
        name##_of(cpu, desc, cpu->v[desc.b]);                                                  \
    }                                                                                          \
    void el4_simd_##name##_elem(struct el4_cpu *cpu, struct el4_uop_desc desc)                 \
    {                                                                                          \
        const uint32_t word = cpu->v[desc.b].s[simd_arg(desc) % 4];                            \
        name##_of(cpu, desc, (union el4_vec){.s = {word, word, word, word}});                  \
    }

DOT(sdot, int32_t, sb)
DOT(udot, uint32_t, b)
