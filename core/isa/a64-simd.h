/* SPDX-License-Identifier: MIT */
/*
 * What the translate functions of Advanced SIMD share: a width for the helpers, and emitting
 * one VCALL of a family. See simd.h for the families.
 */
#ifndef EL4_ISA_A64_SIMD_H
#define EL4_ISA_A64_SIMD_H

#include "isa/a64.h"
#include "isa/simd.h"

/* Width for aux: one element, or the 64 or 128 bits that Q says. */
static inline unsigned simd_shape(unsigned scalar, unsigned q, unsigned esz)
{
    return scalar ? esz : 3 + q;
}

/* Check the FP access and emit; false (UNDEFINED) if there is no such function. */
static inline bool emit_simd(struct el4_translator *t, el4_vcall_fn *fn, unsigned d, unsigned a,
                             unsigned b, unsigned c, unsigned aux)
{
    if (!fn) {
        return false;
    }
    if (el4_emit_fp_check(t)) {
        el4_emit_vcall(t, fn, d, a, b, c, aux);
    }
    return true;
}

/* FP arithmetic in half precision needs FEAT_FP16; esz 0 does not occur. */
static inline bool simd_fp_allowed(const struct el4_translator *t, unsigned esz)
{
    return esz != 1 || t->features->fp16;
}

/* The host's arithmetic where it serves, else the exact family. */
static inline el4_vcall_fn *simd_fp_function(enum el4_simd_fast_op op,
                                             el4_vcall_fn *const *family, unsigned esz,
                                             unsigned width)
{
    el4_vcall_fn *fast = el4_simd_fast(op, esz, width);
    return fast ? fast : family[esz];
}

/* VFPExpandImm(): the 8-bit immediate of FMOV. */
uint64_t el4_a64_fp_immediate(unsigned esz, unsigned imm8);

/* The encoding's ftype (0 single, 1 double, 3 half) as log2 of the bytes. */
static inline unsigned fp_type_size(unsigned ftype)
{
    return ftype == 3 ? 1 : 2 + ftype;
}

#endif
