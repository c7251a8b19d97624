/* SPDX-License-Identifier: MIT */
/*
 * What a cpu can do, worked out once from its ID registers (after EL2 and EL3 were hidden or
 * shown), so that the ID registers and the behaviour cannot disagree. Names are the FEAT_
 * names.
 */
#ifndef EL4_CPU_FEATURES_H
#define EL4_CPU_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

struct el4_features {
    bool el2, el3;
    bool aarch64;       /* false: every EL is AArch32, as on a v7 core */
    bool el3_a32;       /* EL3 is there and uses AArch32: Monitor and Secure PL1 modes */
    uint8_t a32_els;    /* bit n: ELn can use AArch32 */
    bool generic_timer; /* always, but for Cortex-A9 */
    bool crc32, lse, rdm, pan, pan2, uao, vhe, dotprod, fp16, rcpc, rcpc2, jscvt, fcma;
    bool flagm, flagm2, bti, pauth, pacga, aes, pmull, sha1, sha256, sha512, sha3;
    bool dit, sb, ssbs, rng, frintts, fhm, dpb, dpb2, dgh, specres;
    bool hafdbs_af, hafdbs_dbm; /* hardware access flag; and dirty state too */
    bool hpds, xnx, ttcnp, ttst, vmid16, asid16, lva, lpa, csv2, lor, st, tgran16, tgran64;
    bool tgran4_stage2, tgran16_stage2, tgran64_stage2, ets, evt, sel2, idst, e0pd, uscat;
    unsigned pa_bits; /* ID_AA64MMFR0_EL1.PARange in bits */
    unsigned va_bits; /* 48, or 52 with lva and the 64 KiB granule */
    unsigned breakpoints, watchpoints, context_breakpoints; /* ID_AA64DFR0_EL1 */
    /* AArch32, from ID_ISARn, ID_MMFRn, ID_PFRn and MVFRn. */
    bool a32_v8;            /* the v8 instructions and rules (ITD, SED, IL, HLT, LDA ...) */
    bool multiprocessing;   /* MPIDR format, PLDW, broadcast maintenance */
    bool lpae;              /* long descriptors, 64-bit PAR and TTBRs */
    bool a32_divide_t32;    /* SDIV, UDIV in T32 */
    bool a32_divide_a32;    /* and in A32 */
    bool a32_swp;           /* SWP, SWPB */
    bool a32_thumbee;       /* TEECR, TEEHBR are there (the state itself is not in el4) */
    bool vfp;               /* floating point at all */
    bool vfp_double;        /* of double precision too */
    bool vfp_d32;           /* D16..D31 */
    bool vfp_half;          /* conversion to and from half precision */
    bool vfp4;              /* fused multiply-add: VFMA, VFMS, VFNMA, VFNMS */
    bool vfp_short_vectors; /* FPSCR.Len and Stride can be set, for support code to see */
    bool neon;              /* Advanced SIMD */
    bool a32_aes, a32_pmull, a32_sha1, a32_sha256, a32_crc32, a32_rdm, a32_fcma;
    bool a32_jscvt, a32_dotprod, a32_fhm, a32_sb, a32_fp16;
    unsigned pauth_epac; /* 0 none, 1 PAuth, 2 EPAC, 3 PAuth2, 4 FPAC, 5 FPACCOMBINE */
};

#endif
