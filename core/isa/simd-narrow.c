/* SPDX-License-Identifier: MIT */
/*
 * SIMD helpers whose result lanes are narrower than their operands': shifts with narrowing,
 * XTN and its saturating kin (a shift by 0), and the high halves of sums.
 */
#include "isa/simd-lanes.h"

#define LANE_BITS 8
#include "isa/simd-narrow-template.h"
#define LANE_BITS 16
#include "isa/simd-narrow-template.h"
#define LANE_BITS 32
#include "isa/simd-narrow-template.h"

#define FAMILY(name) el4_simd_family el4_simd_##name = {name##_8, name##_16, name##_32, NULL};

FAMILY(shrn)
FAMILY(rshrn)
FAMILY(sqshrn)
FAMILY(uqshrn)
FAMILY(sqrshrn)
FAMILY(uqrshrn)
FAMILY(sqshrun)
FAMILY(sqrshrun)
FAMILY(addhn)
FAMILY(raddhn)
FAMILY(subhn)
FAMILY(rsubhn)
