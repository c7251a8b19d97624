/* SPDX-License-Identifier: MIT */
/*
 * The C helpers behind the SIMD, FP and crypto micro-ops: families of VCALL functions, one for
 * each element size (log2 of the bytes), NULL where the architecture has no such size. The
 * translate functions (a64-fp.c, a64-simd*.c, a64-crypto.c) pick one when they translate.
 *
 * A VCALL's descriptor: d, a and b are the V registers Vd, Vn and Vm, unless said otherwise;
 * aux tells how many bytes take part and carries one small operand.
 */
#ifndef EL4_ISA_SIMD_H
#define EL4_ISA_SIMD_H

#include <stddef.h>

#include "engine/uop.h"

/*
 * aux bits 2:0: log2 of the bytes of a result: 0 to 2 an element that is a scalar, 3 a scalar
 * or vector of 64 bits, 4 a vector of 128 bits. What lies above becomes zero. Long operations
 * give the width of the wide result, narrowing ones that of the narrow result (at most 3).
 */
#define EL4_SIMD_WIDTH     0x0007
#define EL4_SIMD_ARG_SHIFT 3 /* bits 10:3: element index, shift amount, immediate */
#define EL4_SIMD_ARG_MASK  0xff
#define EL4_SIMD_UPPER     0x8000 /* SADDL2, XTN2 ...: upper half of the narrow side */

static inline unsigned el4_simd_aux(unsigned width, unsigned arg)
{
    return width | arg << EL4_SIMD_ARG_SHIFT;
}

/* FPSR.QC: set when a saturating instruction saturated. */
#define EL4_FPSR_QC (UINT32_C(1) << 27)

typedef el4_vcall_fn *const el4_simd_family[4];

/* simd-int.c: lane by lane. The argument of the _elem families is the element's index. */
extern el4_simd_family el4_simd_add, el4_simd_sub, el4_simd_mul, el4_simd_mla, el4_simd_mls,
    el4_simd_mul_elem, el4_simd_mla_elem, el4_simd_mls_elem, el4_simd_shadd, el4_simd_uhadd,
    el4_simd_srhadd, el4_simd_urhadd, el4_simd_shsub, el4_simd_uhsub, el4_simd_cmgt,
    el4_simd_cmhi, el4_simd_cmge, el4_simd_cmhs, el4_simd_cmtst, el4_simd_cmeq, el4_simd_smax,
    el4_simd_umax, el4_simd_smin, el4_simd_umin, el4_simd_sabd, el4_simd_uabd, el4_simd_saba,
    el4_simd_uaba, el4_simd_pmul, el4_simd_cmgt_zero, el4_simd_cmge_zero, el4_simd_cmeq_zero,
    el4_simd_cmle_zero, el4_simd_cmlt_zero, el4_simd_abs, el4_simd_neg, el4_simd_cls,
    el4_simd_clz, el4_simd_cnt, el4_simd_rbit, el4_simd_urecpe, el4_simd_ursqrte;
/* Pairs of Vn:Vm. */
extern el4_simd_family el4_simd_addp, el4_simd_smaxp, el4_simd_umaxp, el4_simd_sminp,
    el4_simd_uminp;
/*
 * simd-reduce.c: across the lanes of Vn; esz and the width are of the source. The scalar
 * pairwise forms of FP are reductions of two elements.
 */
extern el4_simd_family el4_simd_addv, el4_simd_smaxv, el4_simd_umaxv, el4_simd_sminv,
    el4_simd_uminv, el4_simd_saddlv, el4_simd_uaddlv, el4_simd_fp_addv, el4_simd_fp_maxv,
    el4_simd_fp_minv, el4_simd_fp_maxnumv, el4_simd_fp_minnumv;
el4_vcall_fn el4_simd_addp_pair;

/* simd-logic.c: bitwise, whatever the element. */
el4_vcall_fn el4_simd_and, el4_simd_bic, el4_simd_orr, el4_simd_orn, el4_simd_eor, el4_simd_bsl,
    el4_simd_bit, el4_simd_bif, el4_simd_not;
/* CALL: V[aux & 31] with the immediate a in each 64 bits; aux bit 5: 128 bits. */
el4_call_fn el4_simd_orr_imm, el4_simd_bic_imm;

/* simd-sat.c: saturating, setting QC. */
extern el4_simd_family el4_simd_sqadd, el4_simd_uqadd, el4_simd_sqsub, el4_simd_uqsub,
    el4_simd_suqadd, el4_simd_usqadd, el4_simd_sqabs, el4_simd_sqneg, el4_simd_sqdmulh,
    el4_simd_sqrdmulh, el4_simd_sqrdmlah, el4_simd_sqrdmlsh, el4_simd_sqdmulh_elem,
    el4_simd_sqrdmulh_elem, el4_simd_sqrdmlah_elem, el4_simd_sqrdmlsh_elem;

/* simd-shift.c: by a register's lanes, and by the argument. */
extern el4_simd_family el4_simd_sshl, el4_simd_ushl, el4_simd_srshl, el4_simd_urshl,
    el4_simd_sqshl, el4_simd_uqshl, el4_simd_sqrshl, el4_simd_uqrshl;
extern el4_simd_family el4_simd_sshr_imm, el4_simd_ushr_imm, el4_simd_ssra_imm,
    el4_simd_usra_imm, el4_simd_srshr_imm, el4_simd_urshr_imm, el4_simd_srsra_imm,
    el4_simd_ursra_imm, el4_simd_sri_imm, el4_simd_shl_imm, el4_simd_sli_imm,
    el4_simd_sqshlu_imm, el4_simd_sqshl_imm, el4_simd_uqshl_imm;

/* simd-wide.c: narrow to wide (esz is of the narrow side), and wide to narrow. */
extern el4_simd_family el4_simd_saddl, el4_simd_uaddl, el4_simd_ssubl, el4_simd_usubl,
    el4_simd_sabdl, el4_simd_uabdl, el4_simd_sabal, el4_simd_uabal, el4_simd_smull,
    el4_simd_umull, el4_simd_smlal, el4_simd_umlal, el4_simd_smlsl, el4_simd_umlsl,
    el4_simd_sqdmull, el4_simd_sqdmlal, el4_simd_sqdmlsl, el4_simd_smull_elem,
    el4_simd_umull_elem, el4_simd_smlal_elem, el4_simd_umlal_elem, el4_simd_smlsl_elem,
    el4_simd_umlsl_elem, el4_simd_sqdmull_elem, el4_simd_sqdmlal_elem, el4_simd_sqdmlsl_elem,
    el4_simd_sshll, el4_simd_ushll, el4_simd_saddw, el4_simd_uaddw, el4_simd_ssubw,
    el4_simd_usubw, el4_simd_pmull, el4_simd_saddlp, el4_simd_uaddlp, el4_simd_sadalp,
    el4_simd_uadalp;
/* simd-narrow.c; the shift amount may be 0 in those that do not round: XTN, SQXTN, ... */
extern el4_simd_family el4_simd_shrn, el4_simd_rshrn, el4_simd_sqshrn, el4_simd_uqshrn,
    el4_simd_sqrshrn, el4_simd_uqrshrn, el4_simd_sqshrun, el4_simd_sqrshrun, el4_simd_addhn,
    el4_simd_raddhn, el4_simd_subhn, el4_simd_rsubhn;
/* Bytes to words; the argument of _elem is the word's index. */
el4_vcall_fn el4_simd_sdot, el4_simd_udot, el4_simd_sdot_elem, el4_simd_udot_elem;

/* simd-permute.c. REV: esz of the parts turned around within the container of the name. */
extern el4_simd_family el4_simd_zip1, el4_simd_zip2, el4_simd_uzp1, el4_simd_uzp2,
    el4_simd_trn1, el4_simd_trn2, el4_simd_rev64, el4_simd_rev32, el4_simd_rev16;
/* The argument is the element's index; INS: it's the destination's, and b the source's. */
extern el4_simd_family el4_simd_dup_elem, el4_simd_ins_elem;
/* EXT: the argument is the first byte's number. TBL, TBX: it's the number of table registers.
 */
el4_vcall_fn el4_simd_ext, el4_simd_tbl, el4_simd_tbx;
/* CALL: a to V[aux & 31]; all elements (bit 5: 128 bits), or to element aux >> 5 alone. */
extern el4_call_fn *const el4_simd_dup_gp[4];
extern el4_call_fn *const el4_simd_ins_gp[4];

/* simd-fp.c: esz 1 half, 2 single, 3 double; any width. */
extern el4_simd_family el4_simd_fadd, el4_simd_fsub, el4_simd_fmul, el4_simd_fmulx,
    el4_simd_fnmul, el4_simd_fdiv, el4_simd_fmax, el4_simd_fmin, el4_simd_fmaxnm,
    el4_simd_fminnm, el4_simd_fabd, el4_simd_frecps, el4_simd_frsqrts, el4_simd_fcmeq,
    el4_simd_fcmge, el4_simd_fcmgt, el4_simd_facge, el4_simd_facgt, el4_simd_fmla,
    el4_simd_fmls, el4_simd_fmul_elem, el4_simd_fmulx_elem, el4_simd_fmla_elem,
    el4_simd_fmls_elem, el4_simd_fabs, el4_simd_fneg, el4_simd_fsqrt, el4_simd_frecpe,
    el4_simd_frsqrte, el4_simd_frecpx, el4_simd_fcmeq_zero, el4_simd_fcmge_zero,
    el4_simd_fcmgt_zero, el4_simd_fcmle_zero, el4_simd_fcmlt_zero, el4_simd_faddp,
    el4_simd_fmaxp, el4_simd_fminp, el4_simd_fmaxnmp, el4_simd_fminnmp;
/* Scalars; c is Va. */
extern el4_simd_family el4_simd_fmadd, el4_simd_fmsub, el4_simd_fnmadd, el4_simd_fnmsub;
/* The argument is the rotation in quarters; _elem: c is the index of the complex element. */
extern el4_simd_family el4_simd_fcadd, el4_simd_fcmla, el4_simd_fcmla_elem;
/* b: enum el4_fp_rounding or EL4_SIMD_FPCR_ROUNDING; the argument is 1 if exact (FRINTX). */
extern el4_simd_family el4_simd_frint;
/* The same, and c: 32 or 64 bits of integer. */
extern el4_simd_family el4_simd_frint_n;
/* b: enum el4_fp_rounding, and EL4_SIMD_UNSIGNED; c: fraction bits. */
extern el4_simd_family el4_simd_fcvt_to_int, el4_simd_int_to_fp;
#define EL4_SIMD_FPCR_ROUNDING 7
#define EL4_SIMD_UNSIGNED      8
/* Half to single; the argument is the index of the first half of Vn, _elem: c that of Vm. */
el4_vcall_fn el4_simd_fmlal, el4_simd_fmlsl, el4_simd_fmlal_elem, el4_simd_fmlsl_elem;
/* esz is of the narrow side. */
extern el4_simd_family el4_simd_fcvtl, el4_simd_fcvtn;
el4_vcall_fn el4_simd_fcvtxn;

/*
 * simd-fp-fast.c: the same as the families of these names, by the host's arithmetic where that
 * gives the Arm result. NULL: none for this operation, element size and width, or on this host.
 */
enum el4_simd_fast_op {
    EL4_SIMD_FAST_FADD,
    EL4_SIMD_FAST_FSUB,
    EL4_SIMD_FAST_FMUL,
    EL4_SIMD_FAST_FDIV,
    EL4_SIMD_FAST_FMUL_ELEM,
    EL4_SIMD_FAST_FMLA,
    EL4_SIMD_FAST_FMLS,
    EL4_SIMD_FAST_FMLA_ELEM,
    EL4_SIMD_FAST_FMLS_ELEM,
    EL4_SIMD_FAST_FMADD,
    EL4_SIMD_FAST_FMSUB,
    EL4_SIMD_FAST_FNMADD,
    EL4_SIMD_FAST_FNMSUB,
    EL4_SIMD_FAST_COUNT,
};

el4_vcall_fn *el4_simd_fast(enum el4_simd_fast_op op, unsigned esz, unsigned width);

/*
 * simd-fp-scalar.c: between FP scalars, general registers and flags; esz 1 half to 3 double.
 * FCMP: aux = Vn | Vm << 5 | EL4_SIMD_CMP_*; returns NZCV in bits 31:28.
 * FCCMP: the same, with the current NZCV in a, and in b the NZCV for a false condition in bits
 * 31:28 and the condition in bits 3:0.
 */
#define EL4_SIMD_CMP_ZERO   0x0400 /* with +0.0, not with Vm */
#define EL4_SIMD_CMP_SIGNAL 0x0800 /* FCMPE */
extern el4_call_fn *const el4_simd_fcmp[4];
extern el4_call_fn *const el4_simd_fccmp[4];

/* To a general register: V[aux & 31]; returns the value. From one: a to V[aux & 31]. */
#define EL4_SIMD_GP_64        0x0020 /* the integer has 64 bits */
#define EL4_SIMD_GP_UNSIGNED  0x0040
#define EL4_SIMD_GP_ARG_SHIFT 7 /* rounding mode, or for the _fix families fraction bits */
extern el4_call_fn *const el4_simd_fp_to_gp[4];
extern el4_call_fn *const el4_simd_fp_to_gp_fix[4];
extern el4_call_fn *const el4_simd_gp_to_fp_fix[4];
/* FJCVTZS: V[aux]; returns the word, and in bits 63:60 the new NZCV. */
el4_call_fn el4_simd_fjcvtzs;
/* FCVT: [from][to], NULL where equal; Vn to Vd. */
extern el4_vcall_fn *const el4_simd_fcvt[4][4];

/* simd-aes.c, simd-sha.c: d is read too where the manual's instruction reads Vd. */
el4_vcall_fn el4_simd_aese, el4_simd_aesd, el4_simd_aesmc, el4_simd_aesimc;
el4_vcall_fn el4_simd_sha1c, el4_simd_sha1p, el4_simd_sha1m, el4_simd_sha1su0, el4_simd_sha1h,
    el4_simd_sha1su1, el4_simd_sha256h, el4_simd_sha256h2, el4_simd_sha256su0,
    el4_simd_sha256su1, el4_simd_sha512h, el4_simd_sha512h2, el4_simd_sha512su0,
    el4_simd_sha512su1;
/* EOR3 and BCAX: c is Va; XAR: the argument is the amount. */
el4_vcall_fn el4_simd_rax1, el4_simd_eor3, el4_simd_bcax, el4_simd_xar;

#endif
