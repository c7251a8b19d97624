/* SPDX-License-Identifier: MIT */
/*
 * What the translate functions of AArch32's floating point and Advanced SIMD share: access
 * checks, and bringing D and S registers to the helpers. Dn is half of V[n / 2], Sn a quarter
 * of V[n / 4].
 *
 * The families of simd.h work on whole V registers from bit 0 on, and clear what lies above
 * their result. So an odd D register is copied to a vector temporary before, and a D register
 * that is a result comes from one afterwards. Helpers of a32-vfp-ops.c and a32-neon-ops.c take
 * numbers of D and S registers as they are.
 */
#ifndef EL4_ISA_A32_SIMD_H
#define EL4_ISA_A32_SIMD_H

#include "cpu/a32.h"
#include "cpu/cpu.h"
#include "fp/fp.h"
#include "isa/a32.h"
#include "isa/simd.h"

/* Vector temporaries, and their first halves as D registers. */
enum { A32_TEMP_D = EL4_V_TEMP, A32_TEMP_N, A32_TEMP_M, A32_TEMP_OTHER };
#define A32_D_OF(v) (2u * (v))

/* ---- access checks (a32-vfp.c) ---- */

/*
 * What every instruction begins with: emits the call that raises if access is off. The second
 * is for Advanced SIMD, which can be off alone.
 */
void el4_a32_emit_fp_check(struct el4_translator *t);
void el4_a32_emit_simd_check(struct el4_translator *t);

/* Of the registers that take part. */
static inline unsigned a32_highest2(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static inline unsigned a32_highest3(unsigned a, unsigned b, unsigned c)
{
    return a32_highest2(a32_highest2(a, b), c);
}

/* One of the highest registers of an instruction exists, 31 at most. */
static inline bool a32_d_exists(const struct el4_translator *t, unsigned highest)
{
    return highest < 16 || (highest < 32 && !t->mode.d32_off);
}

/* Of S or D registers, as sz (log2 of the bytes) says. */
static inline bool a32_s_or_d_exists(const struct el4_translator *t, unsigned sz,
                                     unsigned highest)
{
    return sz < 3 || a32_d_exists(t, highest);
}

/* The format can be calculated with. */
static inline bool a32_vfp_has(const struct el4_translator *t, unsigned sz)
{
    const struct el4_features *f = t->features;
    return f->vfp && (sz == 1 ? f->a32_fp16 : sz == 2 || f->vfp_double);
}

/* The two bits of VRINT and VCVT that tell A, N, P, M. */
static inline unsigned a32_rounding_of(unsigned rm)
{
    static const uint8_t roundings[4] = {EL4_FP_TIEAWAY, EL4_FP_TIEEVEN, EL4_FP_POSINF,
                                         EL4_FP_NEGINF};
    return roundings[rm & 3];
}

/* ---- moving D and S registers ---- */

static inline void a32_move_d(struct el4_translator *t, unsigned d, unsigned n)
{
    el4_emit_vcall(t, el4_simd_ins_elem[3], d / 2, n / 2, n % 2, 0, el4_simd_aux(4, d % 2));
}

static inline void a32_move_s(struct el4_translator *t, unsigned d, unsigned n)
{
    el4_emit_vcall(t, el4_simd_ins_elem[2], d / 4, n / 4, n % 4, 0, el4_simd_aux(4, d % 4));
}

static inline void a32_get_d(struct el4_translator *t, unsigned slot, unsigned n)
{
    el4_emit(t, EL4_UOP_VGETD, slot, n / 2, 0, 0, n % 2, 0);
}

static inline void a32_get_s(struct el4_translator *t, unsigned slot, unsigned n)
{
    el4_emit(t, EL4_UOP_VGETS, slot, n / 4, 0, 0, n % 4, 0);
}

static inline void a32_set_d(struct el4_translator *t, unsigned d, unsigned slot)
{
    el4_emit_call(t, el4_simd_ins_gp[3], EL4_SLOT_SINK, slot, EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                  d / 2 | d % 2 << 5);
}

static inline void a32_set_s(struct el4_translator *t, unsigned d, unsigned slot)
{
    el4_emit_call(t, el4_simd_ins_gp[2], EL4_SLOT_SINK, slot, EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                  d / 4 | d % 4 << 5);
}

/* ---- helpers that take D and S numbers ---- */

/*
 * a32-vfp-ops.c: scalars under the FPSCR; d, a and b number S registers, D registers for
 * doubles; index 1 half, 2 single, 3 double.
 */
extern el4_simd_family el4_a32_vfp_add, el4_a32_vfp_sub, el4_a32_vfp_mul, el4_a32_vfp_div,
    el4_a32_vfp_nmul, el4_a32_vfp_mla, el4_a32_vfp_mls, el4_a32_vfp_nmla, el4_a32_vfp_nmls,
    el4_a32_vfp_fma, el4_a32_vfp_fms, el4_a32_vfp_fnma, el4_a32_vfp_fnms, el4_a32_vfp_maxnm,
    el4_a32_vfp_minnm, el4_a32_vfp_abs, el4_a32_vfp_neg, el4_a32_vfp_sqrt;
/* b: enum el4_fp_rounding or EL4_SIMD_FPCR_ROUNDING; aux: 1 if exact (VRINTX). */
extern el4_simd_family el4_a32_vfp_rint;
/* CALL: aux = Vd | Vm << 5 | EL4_SIMD_CMP_*; returns NZCV in bits 31:28. */
extern el4_call_fn *const el4_a32_vfp_cmp[4];
/* b: rounding as above, and EL4_SIMD_UNSIGNED; the integer's side is always an S register. */
extern el4_simd_family el4_a32_vfp_to_int, el4_a32_vfp_from_int;
/* In place; b: EL4_SIMD_UNSIGNED, c: fraction bits; aux: bits of the integer, 16 or 32. */
extern el4_simd_family el4_a32_vfp_to_fix, el4_a32_vfp_from_fix;
/* Half to or from the format of the index; aux 1: the top half of the S register. */
extern el4_simd_family el4_a32_vfp_from_half, el4_a32_vfp_to_half;
el4_vcall_fn el4_a32_vfp_single_to_double, el4_a32_vfp_double_to_single;
/* VJCVT: D aux >> 5 to S aux & 31; returns the new FPSCR.NZCV. */
el4_call_fn el4_a32_vfp_jcvt;

/*
 * a32-neon-ops.c: vectors under the Standard FPSCR value; d, a and b number D registers; aux:
 * how many D registers, 1 or 2, and an argument from bit EL4_A32_NEON_ARG_SHIFT on. Index 1
 * half, 2 single.
 */
#define EL4_A32_NEON_ARG_SHIFT 2
extern el4_simd_family el4_a32_neon_add, el4_a32_neon_sub, el4_a32_neon_mul, el4_a32_neon_mla,
    el4_a32_neon_mls, el4_a32_neon_fma, el4_a32_neon_fms, el4_a32_neon_abd, el4_a32_neon_max,
    el4_a32_neon_min, el4_a32_neon_maxnm, el4_a32_neon_minnm, el4_a32_neon_recps,
    el4_a32_neon_rsqrts, el4_a32_neon_ceq, el4_a32_neon_cge, el4_a32_neon_cgt,
    el4_a32_neon_acge, el4_a32_neon_acgt, el4_a32_neon_padd, el4_a32_neon_pmax,
    el4_a32_neon_pmin;
extern el4_simd_family el4_a32_neon_ceq_zero, el4_a32_neon_cge_zero, el4_a32_neon_cgt_zero,
    el4_a32_neon_cle_zero, el4_a32_neon_clt_zero, el4_a32_neon_abs, el4_a32_neon_neg,
    el4_a32_neon_recpe, el4_a32_neon_rsqrte;
/* The argument is the number of the element in the D register b. */
extern el4_simd_family el4_a32_neon_mul_elem, el4_a32_neon_mla_elem, el4_a32_neon_mls_elem;
/*
 * simd-fp-fast.c: single precision of the families of these names, for one or (q) two D
 * registers, by the host's arithmetic where that gives the Arm result. NULL: not on this host.
 */
enum el4_a32_neon_fast_op {
    EL4_A32_NEON_FAST_ADD,
    EL4_A32_NEON_FAST_SUB,
    EL4_A32_NEON_FAST_MUL,
    EL4_A32_NEON_FAST_MUL_ELEM,
    EL4_A32_NEON_FAST_FMA,
    EL4_A32_NEON_FAST_FMS,
    EL4_A32_NEON_FAST_COUNT,
};
el4_vcall_fn *el4_a32_neon_fast(enum el4_a32_neon_fast_op op, unsigned q);
/* b: rounding, argument 1: exact; b: rounding and EL4_SIMD_UNSIGNED, c: fraction bits. */
extern el4_simd_family el4_a32_neon_rint, el4_a32_neon_to_int, el4_a32_neon_from_int;
/* VTBL: D registers a .. a + c - 1 are the table, b has the indices; aux 1: VTBX. */
el4_vcall_fn el4_a32_neon_tbl;
/* CALL: a to all elements of D registers aux & 31 (and the next: bit 5); bits 7:6 the size. */
el4_call_fn el4_a32_neon_dup;
/* Around families of simd.h that look at the FPCR: it is the Standard FPSCR value between. */
el4_vcall_fn el4_a32_neon_standard_begin, el4_a32_neon_standard_end;

#endif
