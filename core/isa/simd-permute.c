/* SPDX-License-Identifier: MIT */
/*
 * SIMD helpers that move elements without changing them: ZIP, UZP, TRN, DUP, INS, REV, EXT and
 * table look-up.
 */
#include "isa/simd-lanes.h"

#define LANE_BITS 8
#include "isa/simd-permute-template.h"
#define LANE_BITS 16
#include "isa/simd-permute-template.h"
#define LANE_BITS 32
#include "isa/simd-permute-template.h"
#define LANE_BITS 64
#include "isa/simd-permute-template.h"

#define FAMILY(name)                                                                           \
    el4_simd_family el4_simd_##name = {name##_8, name##_16, name##_32, name##_64};

FAMILY(zip1)
FAMILY(zip2)
FAMILY(uzp1)
FAMILY(uzp2)
FAMILY(trn1)
FAMILY(trn2)
FAMILY(dup_elem)
FAMILY(ins_elem)

el4_call_fn *const el4_simd_dup_gp[4] = {dup_gp_8, dup_gp_16, dup_gp_32, dup_gp_64};
el4_call_fn *const el4_simd_ins_gp[4] = {ins_gp_8, ins_gp_16, ins_gp_32, ins_gp_64};

/* expr: in x, 64 bits of Vn. */
#define REVERSE(name, expr)                                                                    \
    static void name(struct el4_cpu *cpu, struct el4_uop_desc desc)                            \
    {                                                                                          \
        union el4_vec result;                                                                  \
        for (unsigned i = 0; i < 2; i++) {                                                     \
            const uint64_t x = cpu->v[desc.a].d[i];                                            \
            result.d[i] = (expr);                                                              \
        }                                                                                      \
        simd_put(cpu, desc, result);                                                           \
    }

/* Exchange what the mask selects, parts that far apart, with its upper neighbours. */
static uint64_t exchange(uint64_t x, uint64_t mask, unsigned distance)
{
    return (x & mask) << distance | (x >> distance & mask);
}

#define BYTES  UINT64_C(0x00ff00ff00ff00ff)
#define HALVES UINT64_C(0x0000ffff0000ffff)
#define WORDS  UINT64_C(0x00000000ffffffff)

REVERSE(rev16_8, exchange(x, BYTES, 8))
REVERSE(rev32_8, exchange(exchange(x, BYTES, 8), HALVES, 16))
REVERSE(rev32_16, exchange(x, HALVES, 16))
REVERSE(rev64_8, __builtin_bswap64(x))
REVERSE(rev64_16, exchange(exchange(x, HALVES, 16), WORDS, 32))
REVERSE(rev64_32, exchange(x, WORDS, 32))

el4_simd_family el4_simd_rev16 = {rev16_8};
el4_simd_family el4_simd_rev32 = {rev32_8, rev32_16};
el4_simd_family el4_simd_rev64 = {rev64_8, rev64_16, rev64_32};

/* The 64 bits that begin with the first-th byte (of 8) of low:high. */
static uint64_t extract(uint64_t low, uint64_t high, unsigned first)
{
    return first ? low >> 8 * first | high << (64 - 8 * first) : low;
}

void el4_simd_ext(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const union el4_vec x = cpu->v[desc.a];
    const union el4_vec y = cpu->v[desc.b];
    const unsigned first = simd_arg(desc);
    union el4_vec result = {0};

    if (simd_width(desc) == 3) {
        result.d[0] = extract(x.d[0], y.d[0], first % 8);
    } else if (first < 8) {
        result.d[0] = extract(x.d[0], x.d[1], first);
        result.d[1] = extract(x.d[1], y.d[0], first);
    } else {
        result.d[0] = extract(x.d[1], y.d[0], first % 8);
        result.d[1] = extract(y.d[0], y.d[1], first % 8);
    }
    cpu->v[desc.d] = result;
}

/* Vn and its followers (modulo 32) are the table, Vm the indices, result what is out of range.
 */
static void look_up(struct el4_cpu *cpu, struct el4_uop_desc desc, union el4_vec result)
{
    const union el4_vec index = cpu->v[desc.b];
    const unsigned count = simd_arg(desc);
    uint8_t table[64];

    for (unsigned i = 0; i < count; i++) {
        memcpy(table + 16 * i, cpu->v[(desc.a + i) % 32].b, 16);
    }
    for (unsigned i = 0; i < 16; i++) {
        if (index.b[i] < 16 * count) {
            result.b[i] = table[index.b[i]];
        }
    }
    simd_put(cpu, desc, result);
}

void el4_simd_tbl(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    look_up(cpu, desc, (union el4_vec){0});
}

void el4_simd_tbx(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    look_up(cpu, desc, cpu->v[desc.d]);
}
