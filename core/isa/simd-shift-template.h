/* SPDX-License-Identifier: MIT */
/*
 * Shifts for one element size; included by simd-shift.c for each LANE_BITS.
 */
#include "isa/simd-lane.h"

/* By the signed low byte of each lane of Vm: DDI 0487 SSHL, USHL and their kin. */
#define BY_REGISTER(name, type, lane_function, rounds, saturates)                              \
    static void FN(name)(struct el4_cpu * cpu, struct el4_uop_desc desc)                       \
    {                                                                                          \
        const union el4_vec x = simd_keep(cpu->v[desc.a], simd_width(desc));                   \
        const union el4_vec y = cpu->v[desc.b];                                                \
        union el4_vec result;                                                                  \
        bool saturated = false;                                                                \
        for (unsigned i = 0; i < LANE_COUNT; i++) {                                            \
            result.LANES_U[i] =                                                                \
                (LANE_U)lane_function((type)x.LANES_U[i], (int8_t)y.LANES_U[i], LANE_BITS,     \
                                      rounds, saturates, &saturated);                          \
        }                                                                                      \
        simd_put(cpu, desc, result);                                                           \
        simd_set_qc(cpu, saturated);                                                           \
    }

BY_REGISTER(sshl, LANE_S, shift_signed, false, false)
BY_REGISTER(ushl, LANE_U, shift_unsigned, false, false)
BY_REGISTER(srshl, LANE_S, shift_signed, true, false)
BY_REGISTER(urshl, LANE_U, shift_unsigned, true, false)
BY_REGISTER(sqshl, LANE_S, shift_signed, false, true)
BY_REGISTER(uqshl, LANE_U, shift_unsigned, false, true)
BY_REGISTER(sqrshl, LANE_S, shift_signed, true, true)
BY_REGISTER(uqrshl, LANE_U, shift_unsigned, true, true)

/*
 * By an immediate n: expr in a (lane of Vn) and d (of Vd before). Right shifts have n from 1 to
 * LANE_BITS, hence the shift in two steps, which C allows for all of them.
 */
#define BY_IMMEDIATE(name, type, lanes, expr)                                                  \
    static void FN(name##_imm)(struct el4_cpu * cpu, struct el4_uop_desc desc)                 \
    {                                                                                          \
        const union el4_vec x = cpu->v[desc.a];                                                \
        const union el4_vec z = cpu->v[desc.d];                                                \
        const unsigned n = simd_arg(desc);                                                     \
        union el4_vec result;                                                                  \
        for (unsigned i = 0; i < LANE_COUNT; i++) {                                            \
            const type a = x.lanes[i];                                                         \
            const LANE_U d __attribute__((unused)) = z.LANES_U[i];                             \
            result.LANES_U[i] = (LANE_U)(expr);                                                \
        }                                                                                      \
        simd_put(cpu, desc, result);                                                           \
    }

#define RIGHT         (a >> (n - 1) >> 1)
#define RIGHT_ROUNDED ((LANE_U)RIGHT + (LANE_U)(a >> (n - 1) & 1))

BY_IMMEDIATE(sshr, LANE_S, LANES_S, RIGHT)
BY_IMMEDIATE(ushr, LANE_U, LANES_U, RIGHT)
BY_IMMEDIATE(ssra, LANE_S, LANES_S, d + (LANE_U)RIGHT)
BY_IMMEDIATE(usra, LANE_U, LANES_U, d + RIGHT)
BY_IMMEDIATE(srshr, LANE_S, LANES_S, RIGHT_ROUNDED)
BY_IMMEDIATE(urshr, LANE_U, LANES_U, RIGHT_ROUNDED)
BY_IMMEDIATE(srsra, LANE_S, LANES_S, d + RIGHT_ROUNDED)
BY_IMMEDIATE(ursra, LANE_U, LANES_U, d + RIGHT_ROUNDED)
BY_IMMEDIATE(sri, LANE_U, LANES_U, RIGHT | (d & ~(LANE_UMAX >> (n - 1) >> 1)))
BY_IMMEDIATE(shl, LANE_U, LANES_U, (LANE_U)(a << n))
BY_IMMEDIATE(sli, LANE_U, LANES_U, (LANE_U)(a << n) | (d & ~(LANE_U)(LANE_UMAX << n)))

#define BY_IMMEDIATE_SAT(name, type, expr)                                                     \
    static void FN(name##_imm)(struct el4_cpu * cpu, struct el4_uop_desc desc)                 \
    {                                                                                          \
        const union el4_vec x = simd_keep(cpu->v[desc.a], simd_width(desc));                   \
        const int n = (int)simd_arg(desc);                                                     \
        union el4_vec result;                                                                  \
        bool saturated = false;                                                                \
        for (unsigned i = 0; i < LANE_COUNT; i++) {                                            \
            const type a = (type)x.LANES_U[i];                                                 \
            result.LANES_U[i] = (LANE_U)(expr);                                                \
        }                                                                                      \
        simd_put(cpu, desc, result);                                                           \
        simd_set_qc(cpu, saturated);                                                           \
    }

BY_IMMEDIATE_SAT(sqshl, LANE_S, shift_signed(a, n, LANE_BITS, false, true, &saturated))
BY_IMMEDIATE_SAT(uqshl, LANE_U, shift_unsigned(a, n, LANE_BITS, false, true, &saturated))
BY_IMMEDIATE_SAT(sqshlu, LANE_S,
                 a < 0 ? (saturated = true, 0)
                       : shift_unsigned((LANE_U)a, n, LANE_BITS, false, true, &saturated))

#undef BY_REGISTER
#undef BY_IMMEDIATE
#undef BY_IMMEDIATE_SAT
#undef RIGHT
#undef RIGHT_ROUNDED
#undef LANE_BITS
