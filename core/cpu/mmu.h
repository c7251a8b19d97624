/* SPDX-License-Identifier: MIT */
/*
 * Address translation (VMSAv8-64, DDI 0487 D8, and VMSAv8-32, G5): stage 1 of the EL1&0, EL2&0,
 * EL2 and EL3 regimes, stage 2, and their faults. With an AArch32 EL3 the Secure PL1&0 regime
 * is EL3's. Results are cached in the tagged TLB (tlb.h); a hit that
 * would fault is always walked again, so that a fault is exact and a relaxed permission needs
 * no invalidation. Everything here runs on the cpu's own thread.
 */
#ifndef EL4_CPU_MMU_H
#define EL4_CPU_MMU_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/cpu.h"

struct el4_mmu *el4_mmu_new(void);
void el4_mmu_free(struct el4_mmu *mmu);

/* Fault status codes: ESR_ELx.DFSC and IFSC; the level is added to the first five. */
enum el4_fsc {
    EL4_FSC_ADDRESS_SIZE = 0x00,
    EL4_FSC_TRANSLATION = 0x04,
    EL4_FSC_ACCESS_FLAG = 0x08,
    EL4_FSC_PERMISSION = 0x0c,
    EL4_FSC_EXTERNAL_WALK = 0x14,
    EL4_FSC_EXTERNAL = 0x10,
    EL4_FSC_ALIGNMENT = 0x21,
    EL4_FSC_ATOMIC = 0x35, /* unsupported exclusive or atomic access */
    EL4_FSC_DOMAIN = 0x3c, /* short descriptors; with the level, 1 or 2 */
};

#define EL4_NO_DOMAIN 0xff

struct el4_mmu_fault {
    uint8_t fsc;    /* with the level */
    bool stage2;    /* taken to EL2, with ipa in HPFAR_EL2 unless external */
    bool s1ptw;     /* a stage 2 fault on a stage 1 table walk */
    bool external;  /* routed as an external abort */
    bool is_write;  /* WnR: of the access, or of the walker's update of a descriptor */
    uint8_t domain; /* of a short descriptor, or EL4_NO_DOMAIN */
    uint64_t ipa;   /* with stage2 */
};

#define EL4_PERMIT_READ    1u
#define EL4_PERMIT_WRITE   2u
#define EL4_PERMIT_EXECUTE 4u

struct el4_translation {
    uint64_t pa;       /* of the very address asked for */
    bool secure;       /* in the Secure physical address space */
    bool device;       /* any Device type: unaligned accesses fault */
    bool guarded;      /* GP: FEAT_BTI applies */
    uint8_t permits;   /* EL4_PERMIT_*, for the index asked for; write only if known dirty */
    uint8_t size_bits; /* log2 of the page or block around it */
    uint8_t memory;    /* attributes as in MAIR_ELx, both stages combined */
    uint8_t share;     /* SH, likewise */
};

/* Translate for an access through the given index; false: *fault says why. */
bool el4_mmu_translate(struct el4_cpu *cpu, uint64_t va, enum el4_access_kind access,
                       enum el4_mmu_index index, struct el4_translation *out,
                       struct el4_mmu_fault *fault);

/* Address translation instructions (AT). */
struct el4_at {
    unsigned el; /* the regime's: 1, 2 or 3 */
    bool unpriv; /* S1E0, S12E0 */
    bool is_write;
    bool pan;     /* S1E1RP, S1E1WP with PSTATE.PAN set */
    bool stage12; /* S12E1, S12E0 */
};
/* A PAR in the long format as an AArch32 PAR in the short one (TTBCR.EAE clear). */
uint32_t el4_mmu_short_par(uint64_t par);
/* The value for PAR_EL1; raises for what is an abort instead (stage 2 fault on a stage 1 walk).
 */
uint64_t el4_mmu_at(struct el4_cpu *cpu, const struct el4_at *at, uint64_t va);

/* Flags of el4_mmu_raise. */
#define EL4_ABORT_EXECUTE     1u /* instruction abort */
#define EL4_ABORT_CACHE_MAINT 2u /* CM: cache maintenance and AT; WnR is set */

/* Raise the abort of a fault: routing, syndrome, FAR and HPFAR. */
_Noreturn void el4_mmu_raise(struct el4_cpu *cpu, const struct el4_mmu_fault *fault,
                             uint64_t va, unsigned flags);

/*
 * ESR bits 24:14 (ISV, SAS, SSE, SRT, SF, AR) of a single-register load or store without
 * write-back; 0 for every other instruction word. See DDI 0487, ISS encoding for Data Abort.
 */
uint32_t el4_isv_syndrome(uint32_t insn);
uint32_t el4_isv_syndrome_a32(uint32_t insn);
/* T32: bytes 2, or 4 and the first halfword on top. */
uint32_t el4_isv_syndrome_t32(uint32_t insn, unsigned bytes);
/* Add it to the ESR of an abort; code is the aborted instruction in host memory. */
void el4_isv_complete(const struct el4_cpu *cpu, const void *code, unsigned bytes_left,
                      struct el4_exception *exception);
/*
 * For the run loop, between unwinding and el4_cpu_take_exception: a stage 2 data abort gets
 * its instruction syndrome, for which the instruction at pc is read again.
 */
void el4_mmu_complete_exception(struct el4_cpu *cpu, struct el4_exception *exception,
                                uint64_t pc);

#endif
