/* SPDX-License-Identifier: MIT */
/*
 * SIMD shifts that keep the element size: by the lanes of a register, and by an immediate.
 */
#include "isa/simd-lanes.h"

/*
 * value * 2^shift in a lane of `bits`. To the right, rounding adds half of the last place,
 * which is the same as adding the last bit shifted out; that bit is a copy of nothing but
 * zeroes where the shift is longer than the lane (and for signed values where it's as long).
 */
static inline __attribute__((always_inline)) int64_t
shift_signed(int64_t value, int shift, int bits, bool rounds, bool saturates, bool *saturated)
{
    if (shift < 0) {
        const int n = -shift;
        if (n >= bits) {
            return rounds ? 0 : value >> 63;
        }
        return (value >> n) + (rounds ? value >> (n - 1) & 1 : 0);
    }
    if (shift < bits) {
        const int unused = 64 - bits;
        const int64_t result = (int64_t)((uint64_t)value << shift << unused) >> unused;
        if (!saturates || result >> shift == value) {
            return result;
        }
    } else if (!saturates || value == 0) {
        return 0;
    }
    *saturated = true;
    return value < 0 ? INT64_MIN >> (64 - bits) : INT64_MAX >> (64 - bits);
}

static inline __attribute__((always_inline)) uint64_t shift_unsigned(uint64_t value, int shift,
                                                                     int bits, bool rounds,
                                                                     bool saturates,
                                                                     bool *saturated)
{
    if (shift < 0) {
        const int n = -shift;
        if (n > bits) {
            return 0;
        }
        return (value >> (n - 1) >> 1) + (rounds ? value >> (n - 1) & 1 : 0);
    }
    if (shift < bits) {
        const int unused = 64 - bits;
        const uint64_t result = value << shift << unused >> unused;
        if (!saturates || result >> shift == value) {
            return result;
        }
    } else if (!saturates || value == 0) {
        return 0;
    }
    *saturated = true;
    return UINT64_MAX >> (64 - bits);
}

#define LANE_BITS 8
#include "isa/simd-shift-template.h"
#define LANE_BITS 16
#include "isa/simd-shift-template.h"
#define LANE_BITS 32
#include "isa/simd-shift-template.h"
#define LANE_BITS 64
#include "isa/simd-shift-template.h"

#define FAMILY(name)                                                                           \
    el4_simd_family el4_simd_##name = {name##_8, name##_16, name##_32, name##_64};

FAMILY(sshl)
FAMILY(ushl)
FAMILY(srshl)
FAMILY(urshl)
FAMILY(sqshl)
FAMILY(uqshl)
FAMILY(sqrshl)
FAMILY(uqrshl)
FAMILY(sshr_imm)
FAMILY(ushr_imm)
FAMILY(ssra_imm)
FAMILY(usra_imm)
FAMILY(srshr_imm)
FAMILY(urshr_imm)
FAMILY(srsra_imm)
FAMILY(ursra_imm)
FAMILY(sri_imm)
FAMILY(shl_imm)
FAMILY(sli_imm)
FAMILY(sqshlu_imm)
FAMILY(sqshl_imm)
FAMILY(uqshl_imm)
