/* SPDX-License-Identifier: MIT */
/*
 * SIMD helpers between FP formats: FCVTL, FCVTN, FCVTXN, scalar FCVT, and the multiply-add of
 * half to single precision (FMLAL, FMLSL).
 */
#include "isa/simd-lanes.h"

#define LONGER(name, count, wide, narrow, convert)                                             \
    static void name(struct el4_cpu *cpu, struct el4_uop_desc desc)                            \
    {                                                                                          \
        const union el4_vec x = simd_narrow_source(desc, cpu->v[desc.a]);                      \
        union el4_vec result;                                                                  \
        for (unsigned i = 0; i < count; i++) {                                                 \
            result.wide[i] = convert(x.narrow[i], cpu->fp);                                    \
        }                                                                                      \
        cpu->v[desc.d] = result;                                                               \
    }

LONGER(fcvtl_16, 4, s, h, el4_fp_convert_16_32)
LONGER(fcvtl_32, 2, d, s, el4_fp_convert_32_64)

el4_simd_family el4_simd_fcvtl = {NULL, fcvtl_16, fcvtl_32};

/* The width is that of the narrow result; FCVTXN may be a scalar. */
#define NARROWER(name, narrow, wide, convert)                                                  \
    void name(struct el4_cpu *cpu, struct el4_uop_desc desc)                                   \
    {                                                                                          \
        const union el4_vec x = cpu->v[desc.a];                                                \
        const unsigned count = (1u << simd_width(desc)) / sizeof(x.narrow[0]);                 \
        union el4_vec result = {0};                                                            \
        for (unsigned i = 0; i < count; i++) {                                                 \
            result.narrow[i] = convert(x.wide[i], cpu->fp);                                    \
        }                                                                                      \
        simd_put_narrow(cpu, desc, result);                                                    \
    }

static NARROWER(fcvtn_16, h, s, el4_fp_convert_32_16) static NARROWER(fcvtn_32, s, d,
                                                                      el4_fp_convert_64_32)
    NARROWER(el4_simd_fcvtxn, s, d, el4_fp_convert_64_32_odd)

        el4_simd_family el4_simd_fcvtn = {NULL, fcvtn_16, fcvtn_32};

#define SCALAR(name, from, convert)                                                            \
    static void name(struct el4_cpu *cpu, struct el4_uop_desc desc)                            \
    {                                                                                          \
        const uint64_t result = convert(cpu->v[desc.a].from[0], cpu->fp);                      \
        cpu->v[desc.d] = (union el4_vec){.d = {result, 0}};                                    \
    }

SCALAR(fcvt_16_32, h, el4_fp_convert_16_32)
SCALAR(fcvt_16_64, h, el4_fp_convert_16_64)
SCALAR(fcvt_32_16, s, el4_fp_convert_32_16)
SCALAR(fcvt_32_64, s, el4_fp_convert_32_64)
SCALAR(fcvt_64_16, d, el4_fp_convert_64_16)
SCALAR(fcvt_64_32, d, el4_fp_convert_64_32)

el4_vcall_fn *const el4_simd_fcvt[4][4] = {
    [1] = {NULL, NULL, fcvt_16_32, fcvt_16_64},
    [2] = {NULL, fcvt_32_16, NULL, fcvt_32_64},
    [3] = {NULL, fcvt_64_16, fcvt_64_32, NULL},
};

/* y holds the halves that belong to the lanes, from 0 on. */
static inline void multiply_long(struct el4_cpu *cpu, struct el4_uop_desc desc,
                                 const uint16_t *y, bool subtract)
{
    const union el4_vec x = cpu->v[desc.a];
    const union el4_vec z = cpu->v[desc.d];
    const unsigned first = simd_arg(desc);
    const unsigned count = simd_width(desc) == 4 ? 4 : 2;
    union el4_vec result = {0};

    for (unsigned i = 0; i < count; i++) {
        uint16_t a = x.h[(first + i) % 8];
        if (subtract) {
            a = el4_fp16_neg(a);
        }
        result.s[i] = el4_fp_muladd_16_32(z.s[i], a, y[i], cpu->fp);
    }
    cpu->v[desc.d] = result;
}

static inline void multiply_long_vector(struct el4_cpu *cpu, struct el4_uop_desc desc,
                                        bool subtract)
{
    uint16_t y[4];

    for (unsigned i = 0; i < 4; i++) {
        y[i] = cpu->v[desc.b].h[(simd_arg(desc) + i) % 8];
    }
    multiply_long(cpu, desc, y, subtract);
}

static inline void multiply_long_element(struct el4_cpu *cpu, struct el4_uop_desc desc,
                                         bool subtract)
{
    const uint16_t element = cpu->v[desc.b].h[desc.c % 8];
    const uint16_t y[4] = {element, element, element, element};

    multiply_long(cpu, desc, y, subtract);
}

void el4_simd_fmlal(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    multiply_long_vector(cpu, desc, false);
}

void el4_simd_fmlsl(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    multiply_long_vector(cpu, desc, true);
}

void el4_simd_fmlal_elem(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    multiply_long_element(cpu, desc, false);
}

void el4_simd_fmlsl_elem(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    multiply_long_element(cpu, desc, true);
}
