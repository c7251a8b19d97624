/* SPDX-License-Identifier: MIT */
/*
 * Bitwise SIMD helpers, and the modified immediates that read their destination.
 */
#include "isa/simd-lanes.h"

/* expr: in a (Vn), b (Vm) and d (Vd before), 64 bits at a time. */
#define LOGIC(name, expr)                                                                      \
    void el4_simd_##name(struct el4_cpu *cpu, struct el4_uop_desc desc)                        \
    {                                                                                          \
        const union el4_vec x = cpu->v[desc.a];                                                \
        const union el4_vec y = cpu->v[desc.b];                                                \
        const union el4_vec z = cpu->v[desc.d];                                                \
        union el4_vec result;                                                                  \
        for (unsigned i = 0; i < 2; i++) {                                                     \
            const uint64_t a = x.d[i];                                                         \
            const uint64_t b __attribute__((unused)) = y.d[i];                                 \
            const uint64_t d __attribute__((unused)) = z.d[i];                                 \
            result.d[i] = (expr);                                                              \
        }                                                                                      \
        simd_put(cpu, desc, result);                                                           \
    }

LOGIC(and, a &b)
LOGIC(bic, a & ~b)
LOGIC(orr, a | b)
LOGIC(orn, a | ~b)
LOGIC(eor, a ^ b)
LOGIC(bsl, (a & d) | (b & ~d))
LOGIC(bit, (a & b) | (d & ~b))
LOGIC(bif, (a & ~b) | (d & b))
LOGIC(not, ~a)

uint64_t el4_simd_orr_imm(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    union el4_vec *v = &cpu->v[aux & 31];
    v->d[0] |= a;
    v->d[1] = aux & 32 ? v->d[1] | a : 0;
    return 0;
}

uint64_t el4_simd_bic_imm(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    union el4_vec *v = &cpu->v[aux & 31];
    v->d[0] &= ~a;
    v->d[1] = aux & 32 ? v->d[1] & ~a : 0;
    return 0;
}
