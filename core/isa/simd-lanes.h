/* SPDX-License-Identifier: MIT */
/*
 * What the SIMD helpers share: reading the descriptor's aux, and writing results so that the
 * bits above the operation's width become zero. Helpers read all their operands before
 * they write, because Vd may be any of them.
 */
#ifndef EL4_ISA_SIMD_LANES_H
#define EL4_ISA_SIMD_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "cpu/cpu.h"
#include "fp/fp.h"
#include "isa/simd.h"

static const union el4_vec simd_width_mask[8] = {
    {.d = {0xff, 0}},
    {.d = {0xffff, 0}},
    {.d = {0xffffffff, 0}},
    {.d = {UINT64_MAX, 0}},
    {.d = {UINT64_MAX, UINT64_MAX}},
};

static inline unsigned simd_width(struct el4_uop_desc desc)
{
    return desc.aux & EL4_SIMD_WIDTH;
}

static inline unsigned simd_arg(struct el4_uop_desc desc)
{
    return desc.aux >> EL4_SIMD_ARG_SHIFT & EL4_SIMD_ARG_MASK;
}

/* The low 2^width bytes. */
static inline union el4_vec simd_keep(union el4_vec v, unsigned width)
{
    const union el4_vec *mask = &simd_width_mask[width & EL4_SIMD_WIDTH];
    v.d[0] &= mask->d[0];
    v.d[1] &= mask->d[1];
    return v;
}

static inline void simd_put(struct el4_cpu *cpu, struct el4_uop_desc desc, union el4_vec result)
{
    cpu->v[desc.d] = simd_keep(result, simd_width(desc));
}

/* A narrowing result, in the low 64 bits: to the half that UPPER says, keeping the lower one.
 */
static inline void simd_put_narrow(struct el4_cpu *cpu, struct el4_uop_desc desc,
                                   union el4_vec result)
{
    if (desc.aux & EL4_SIMD_UPPER) {
        cpu->v[desc.d].d[1] = result.d[0];
    } else {
        result.d[1] = 0;
        simd_put(cpu, desc, result);
    }
}

/* The narrow operand of a long operation, in the low 64 bits; scalars are cut to size. */
static inline union el4_vec simd_narrow_source(struct el4_uop_desc desc, union el4_vec v)
{
    v.d[0] = desc.aux & EL4_SIMD_UPPER ? v.d[1] : v.d[0];
    return simd_keep(v, simd_width(desc) - 1);
}

static inline void simd_set_qc(struct el4_cpu *cpu, bool saturated)
{
    if (saturated) {
        cpu->fp->fpsr |= EL4_FPSR_QC;
    }
}

#endif
