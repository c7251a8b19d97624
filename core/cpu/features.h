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
    bool crc32, lse, rdm, pan, pan2, uao, vhe, dotprod, fp16, rcpc, rcpc2, jscvt, fcma;
    bool flagm, flagm2, bti, pauth, pacga, aes, pmull, sha1, sha256, sha512, sha3;
    bool dit, sb, ssbs, rng, frintts, fhm, dpb, dpb2, dgh, specres;
    bool hafdbs_af, hafdbs_dbm; /* hardware access flag; and dirty state too */
    bool hpds, xnx, ttcnp, ttst, vmid16, asid16, lva, lpa, csv2, lor, st, tgran16, tgran64;
    bool tgran4_stage2, tgran16_stage2, tgran64_stage2, ets, evt, sel2, idst, e0pd, uscat;
    unsigned pa_bits; /* ID_AA64MMFR0_EL1.PARange in bits */
    unsigned va_bits; /* 48, or 52 with lva and the 64 KiB granule */
    unsigned breakpoints, watchpoints, context_breakpoints; /* ID_AA64DFR0_EL1 */
    unsigned pauth_epac; /* 0 none, 1 PAuth, 2 EPAC, 3 PAuth2, 4 FPAC, 5 FPACCOMBINE */
};

#endif
