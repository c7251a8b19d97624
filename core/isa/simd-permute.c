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

/*
 * Turning parts of 2^part bytes around within containers of 2^container bytes is flipping the
 * bits of the byte's number from part up to container.
 */
#define REVERSE(name, container, part)                                                         \
    static void name(struct el4_cpu *cpu, struct el4_uop_desc desc)                            \
    {                                                                                          \
        const union el4_vec x = cpu->v[desc.a];                                                \
        union el4_vec result;                                                                  \
        for (unsigned i = 0; i < 16; i++) {                                                    \
            result.b[i] = x.b[i ^ ((1u << (container)) - (1u << (part)))];                     \
        }                                                                                      \
        simd_put(cpu, desc, result);                                                           \
    }

REVERSE(rev16_8, 1, 0)
REVERSE(rev32_8, 2, 0)
REVERSE(rev32_16, 2, 1)
REVERSE(rev64_8, 3, 0)
REVERSE(rev64_16, 3, 1)
REVERSE(rev64_32, 3, 2)

el4_simd_family el4_simd_rev16 = {rev16_8};
el4_simd_family el4_simd_rev32 = {rev32_8, rev32_16};
el4_simd_family el4_simd_rev64 = {rev64_8, rev64_16, rev64_32};

void el4_simd_ext(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const unsigned bytes = 1u << simd_width(desc);
    const unsigned first = simd_arg(desc) % bytes;
    uint8_t both[32];
    union el4_vec result = {0};

    memcpy(both, cpu->v[desc.a].b, bytes);
    memcpy(both + bytes, cpu->v[desc.b].b, bytes);
    memcpy(result.b, both + first, bytes);
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
