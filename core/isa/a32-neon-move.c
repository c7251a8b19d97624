/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 Advanced SIMD moves: permutations, VEXT, VTBL and VTBX, VDUP of an element, and
 * the modified immediates.
 */
#include "isa/a32-neon.h"
#include "isa/a64-simd.h"

/* ---- permutations, which write both of their registers ---- */

static bool emit_both(struct el4_translator *t, const struct a32_args_neon_rr *a,
                      el4_vcall_fn *first, el4_vcall_fn *second)
{
    if (!first || !a32_neon_begin(t, a32_highest2(a->vd, a->vm) + a->q)) {
        return false;
    }
    const unsigned d = a32_neon_source(t, a->q, a->vd, A32_TEMP_N);
    const unsigned m = a32_neon_source(t, a->q, a->vm, A32_TEMP_M);
    el4_emit_vcall(t, first, A32_TEMP_D, d, m, 0, 3 + a->q);
    el4_emit_vcall(t, second, A32_TEMP_OTHER, d, m, 0, 3 + a->q);
    if (a->q) {
        el4_emit(t, EL4_UOP_VMOV, a->vd / 2, A32_TEMP_D, 0, 0, 0, 0);
        el4_emit(t, EL4_UOP_VMOV, a->vm / 2, A32_TEMP_OTHER, 0, 0, 0, 0);
    } else {
        a32_move_d(t, a->vd, A32_D_OF(A32_TEMP_D));
        a32_move_d(t, a->vm, A32_D_OF(A32_TEMP_OTHER));
    }
    return true;
}

#define BOTH(name, family)                                                                     \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_neon_rr *a)            \
    {                                                                                          \
        return emit_both(t, a, el4_simd_##family##1 [a->size],                                 \
                         el4_simd_##family##2 [a->size]);                                      \
    }

BOTH(VTRN, trn)
BOTH(VUZP, uzp)
BOTH(VZIP, zip)

bool el4_a32_VSWP(struct el4_translator *t, const struct a32_args_neon_rr *a)
{
    if (!a32_neon_begin(t, a32_highest2(a->vd, a->vm) + a->q)) {
        return false;
    }
    if (a->q) {
        el4_emit(t, EL4_UOP_VMOV, A32_TEMP_D, a->vd / 2, 0, 0, 0, 0);
        el4_emit(t, EL4_UOP_VMOV, a->vd / 2, a->vm / 2, 0, 0, 0, 0);
        el4_emit(t, EL4_UOP_VMOV, a->vm / 2, A32_TEMP_D, 0, 0, 0, 0);
    } else {
        a32_move_d(t, A32_D_OF(A32_TEMP_D), a->vd);
        a32_move_d(t, a->vd, a->vm);
        a32_move_d(t, a->vm, A32_D_OF(A32_TEMP_D));
    }
    return true;
}

/* ---- one result ---- */

bool el4_a32_VEXT(struct el4_translator *t, const struct a32_args_neon_ext *a)
{
    if (!a32_neon_begin(t, a32_highest3(a->vd, a->vn, a->vm) + a->q)) {
        return false;
    }
    const unsigned n = a32_neon_source(t, a->q, a->vn, A32_TEMP_N);
    const unsigned m = a32_neon_source(t, a->q, a->vm, A32_TEMP_M);
    const unsigned d = a32_neon_target(t, a->q, a->vd, false);
    el4_emit_vcall(t, el4_simd_ext, d, n, m, 0, el4_simd_aux(3 + a->q, a->imm));
    a32_neon_done(t, a->q, a->vd);
    return true;
}

/* VTBL and VTBX. */
bool el4_a32_VTB(struct el4_translator *t, const struct a32_args_neon_tbl *a)
{
    if (!a32_neon_begin(t, a32_highest3(a->vd, a->vn + a->len, a->vm))) {
        return false;
    }
    el4_emit_vcall(t, el4_a32_neon_tbl, a->vd, a->vn, a->vm, a->len + 1, a->x);
    return true;
}

bool el4_a32_VDUP_elem(struct el4_translator *t, const struct a32_args_neon_dup *a)
{
    if (!a32_neon_begin(t, a32_highest2(a->vd + a->q, a->vm))) {
        return false;
    }
    const unsigned lane = a->idx + (a->vm % 2 << (3 - a->size));
    const unsigned d = a32_neon_target(t, a->q, a->vd, false);
    el4_emit_vcall(t, el4_simd_dup_elem[a->size], d, a->vm / 2, 0, 0,
                   el4_simd_aux(3 + a->q, lane));
    a32_neon_done(t, a->q, a->vd);
    return true;
}

/* ---- modified immediates ---- */

static uint64_t replicate(uint64_t element, unsigned esz)
{
    static const uint64_t ones[4] = {UINT64_C(0x0101010101010101), UINT64_C(0x0001000100010001),
                                     UINT64_C(0x0000000100000001), 1};
    return element * ones[esz];
}

/* AdvSIMDExpandImm(); VMVN and VBIC invert it. */
static uint64_t expand_immediate(unsigned op, unsigned cmode, uint64_t imm8)
{
    if (cmode < 8) {
        return replicate(imm8 << 8 * (cmode >> 1), 2);
    }
    if (cmode < 12) {
        return replicate(imm8 << 8 * (cmode >> 1 & 1), 1);
    }
    if (cmode < 14) {
        return replicate(cmode == 12 ? imm8 << 8 | 0xff : imm8 << 16 | 0xffff, 2);
    }
    if (cmode == 15) {
        return replicate(el4_a64_fp_immediate(2, (unsigned)imm8), 2);
    }
    if (!op) {
        return replicate(imm8, 0);
    }
    uint64_t bytes = 0; /* each bit becomes a byte */
    for (unsigned i = 0; i < 8; i++) {
        bytes |= (imm8 >> i & 1 ? UINT64_C(0xff) : 0) << 8 * i;
    }
    return bytes;
}

/* VORR and VBIC: cmode 0xx1 and 10x1. */
static bool combines(unsigned cmode)
{
    return cmode < 12 && (cmode & 1);
}

static void emit_combine(struct el4_translator *t, const struct a32_args_neon_imm *a,
                         uint64_t imm)
{
    const unsigned value = el4_temp(t);
    for (unsigned i = 0; i <= a->q; i++) {
        a32_get_d(t, value, a->vd + i);
        if (a->op) {
            el4_emit_dai(t, EL4_UOP_ANDI64, value, value, ~imm);
        } else {
            el4_emit_dai(t, EL4_UOP_ORRI64, value, value, imm);
        }
        a32_set_d(t, a->vd + i, value);
    }
}

/* VMOV, VMVN, VORR and VBIC (immediate). */
bool el4_a32_VMOV_imm(struct el4_translator *t, const struct a32_args_neon_imm *a)
{
    uint64_t imm = expand_immediate(a->op, a->cmode, a->imm);

    if (!a32_neon_begin(t, a->vd + a->q)) {
        return false;
    }
    if (combines(a->cmode)) {
        emit_combine(t, a, imm);
        return true;
    }
    if (a->op && a->cmode < 14) {
        imm = ~imm;
    }
    if (a->q) {
        el4_emit(t, EL4_UOP_VMOVI, a->vd / 2, 0, 0, 0, 1, imm);
    } else {
        const unsigned value = el4_temp(t);
        el4_emit_movi(t, value, imm);
        a32_set_d(t, a->vd, value);
    }
    return true;
}
