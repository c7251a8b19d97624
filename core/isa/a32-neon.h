/* SPDX-License-Identifier: MIT */
/*
 * What the translate functions of AArch32's Advanced SIMD share: D and Q registers as the V
 * registers that the families of simd.h work on. Q registers are V registers; a D register as
 * a source is copied only if it is an upper half, and as a result always comes from a
 * temporary.
 */
#ifndef EL4_ISA_A32_NEON_H
#define EL4_ISA_A32_NEON_H

#include "isa/a32-simd.h"

/* highest: of the D registers that take part. False: UNDEFINED. */
static inline bool a32_neon_begin(struct el4_translator *t, unsigned highest)
{
    if (!t->features->neon || !a32_d_exists(t, highest)) {
        return false;
    }
    el4_a32_emit_simd_check(t);
    return true;
}

/* V register whose low half, or all of which if q, is a source. */
static inline unsigned a32_neon_source(struct el4_translator *t, unsigned q, unsigned n,
                                       unsigned temp)
{
    if (q || n % 2 == 0) {
        return n / 2;
    }
    a32_move_d(t, A32_D_OF(temp), n);
    return temp;
}

/* V register for the result; is_read: it has the old value. a32_neon_done() comes after. */
static inline unsigned a32_neon_target(struct el4_translator *t, unsigned q, unsigned d,
                                       bool is_read)
{
    if (q) {
        return d / 2;
    }
    if (is_read) {
        a32_move_d(t, A32_D_OF(A32_TEMP_D), d);
    }
    return A32_TEMP_D;
}

static inline void a32_neon_done(struct el4_translator *t, unsigned q, unsigned d)
{
    if (!q) {
        a32_move_d(t, d, A32_D_OF(A32_TEMP_D));
    }
}

#endif
