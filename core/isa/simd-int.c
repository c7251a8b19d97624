/* SPDX-License-Identifier: MIT */
/*
 * Integer SIMD helpers that work lane by lane or on pairs of neighbours, without saturation.
 * The operations stand in simd-int-template.h; here they become families by element size.
 */
#include "isa/simd-lanes.h"

#define LANE_BITS 8
#include "isa/simd-int-template.h"
#define LANE_BITS 16
#include "isa/simd-int-template.h"
#define LANE_BITS 32
#include "isa/simd-int-template.h"
#define LANE_BITS 64
#include "isa/simd-int-template.h"

#define FAMILY_4(name)                                                                         \
    el4_simd_family el4_simd_##name = {name##_8, name##_16, name##_32, name##_64};
#define FAMILY_3(name) el4_simd_family el4_simd_##name = {name##_8, name##_16, name##_32, NULL};

#define FAMILY_HS(name) el4_simd_family el4_simd_##name = {NULL, name##_16, name##_32, NULL};

FAMILY_4(add)
FAMILY_4(sub)
FAMILY_4(cmhi)
FAMILY_4(cmhs)
FAMILY_4(cmeq)
FAMILY_4(cmtst)
FAMILY_4(cmgt)
FAMILY_4(cmge)
FAMILY_4(cmgt_zero)
FAMILY_4(cmge_zero)
FAMILY_4(cmeq_zero)
FAMILY_4(cmle_zero)
FAMILY_4(cmlt_zero)
FAMILY_4(abs)
FAMILY_4(neg)
FAMILY_4(addp)

FAMILY_3(mul)
FAMILY_3(mla)
FAMILY_3(mls)
FAMILY_3(shadd)
FAMILY_3(uhadd)
FAMILY_3(srhadd)
FAMILY_3(urhadd)
FAMILY_3(shsub)
FAMILY_3(uhsub)
FAMILY_3(smax)
FAMILY_3(umax)
FAMILY_3(smin)
FAMILY_3(umin)
FAMILY_3(sabd)
FAMILY_3(uabd)
FAMILY_3(saba)
FAMILY_3(uaba)
FAMILY_3(cls)
FAMILY_3(clz)
FAMILY_3(smaxp)
FAMILY_3(umaxp)
FAMILY_3(sminp)
FAMILY_3(uminp)

FAMILY_HS(mul_elem)
FAMILY_HS(mla_elem)
FAMILY_HS(mls_elem)

el4_simd_family el4_simd_pmul = {pmul_8};
el4_simd_family el4_simd_cnt = {cnt_8};
el4_simd_family el4_simd_rbit = {rbit_8};
el4_simd_family el4_simd_urecpe = {NULL, NULL, urecpe_32};
el4_simd_family el4_simd_ursqrte = {NULL, NULL, ursqrte_32};
