/* SPDX-License-Identifier: MIT */
/*
 * Saturating SIMD helpers lane by lane: sums, differences, negation, and the doubling
 * multiplies that return the high half. Operations are in simd-sat-template.h.
 */
#include "isa/simd-lanes.h"

#define LANE_BITS 8
#include "isa/simd-sat-template.h"
#define LANE_BITS 16
#include "isa/simd-sat-template.h"
#define LANE_BITS 32
#include "isa/simd-sat-template.h"
#define LANE_BITS 64
#include "isa/simd-sat-template.h"

#define FAMILY_4(name)                                                                         \
    el4_simd_family el4_simd_##name = {name##_8, name##_16, name##_32, name##_64};
#define FAMILY_HS(name) el4_simd_family el4_simd_##name = {NULL, name##_16, name##_32, NULL};

FAMILY_4(sqadd)
FAMILY_4(uqadd)
FAMILY_4(sqsub)
FAMILY_4(uqsub)
FAMILY_4(suqadd)
FAMILY_4(usqadd)
FAMILY_4(sqabs)
FAMILY_4(sqneg)

FAMILY_HS(sqdmulh)
FAMILY_HS(sqrdmulh)
FAMILY_HS(sqrdmlah)
FAMILY_HS(sqrdmlsh)
FAMILY_HS(sqdmulh_elem)
FAMILY_HS(sqrdmulh_elem)
FAMILY_HS(sqrdmlah_elem)
FAMILY_HS(sqrdmlsh_elem)
