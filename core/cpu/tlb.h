/* SPDX-License-Identifier: MIT */
/*
 * The tagged TLB of one cpu: it stands between the fast TLBs (cpu.h), which only know the
 * current context, and the table walker. Lines are tagged by regime, security state, VMID and
 * ASID, and keep the size of the block they were made from; stage 2 translations have lines of
 * their own, so that a nested walk does not square.
 *
 * The invalidation functions have the signature of a cross-call, so that a broadcast posts
 * them as they are. All work on one cpu, from its own thread, and drop what must go from the
 * fast TLBs too. They may drop more than asked, as the architecture allows.
 */
#ifndef EL4_CPU_TLB_H
#define EL4_CPU_TLB_H

#include <stdbool.h>
#include <stdint.h>

struct el4_cpu;

enum el4_regime {
    EL4_REGIME_EL10, /* EL1&0, with stage 2 or without */
    EL4_REGIME_EL20, /* EL2&0: HCR_EL2.E2H */
    EL4_REGIME_EL2,
    EL4_REGIME_EL3,
    EL4_REGIME_STAGE2, /* intermediate physical addresses */
};

/* What a TLBI works on, as one word: regime, security state and VMID of the issuing cpu. */
uint64_t el4_tlb_scope(enum el4_regime regime, bool secure, unsigned vmid);
/* The scope of the TLBI operations named for an exception level ("E1", "E2", "E3"). */
uint64_t el4_tlb_scope_for_el(const struct el4_cpu *cpu, unsigned el);
/* The scope of TLBI IPAS2*, and the stage 2 half of VMALLS12E1. */
uint64_t el4_tlb_scope_stage2(const struct el4_cpu *cpu);

/* Everything of every regime (reset, and whenever in doubt). */
void el4_tlb_invalidate_all(struct el4_cpu *cpu, uint64_t unused_a, uint64_t unused_b,
                            uint64_t unused_c);
/* TLBI ALLE1 (all VMIDs, stage 1 and 2), ALLE2, ALLE3: the VMID of the scope does not count. */
void el4_tlb_invalidate_regime(struct el4_cpu *cpu, uint64_t scope, uint64_t unused_b,
                               uint64_t unused_c);
/* TLBI VMALLE1 (stage 1) and, with stage2 set, VMALLS12E1. */
void el4_tlb_invalidate_vmid(struct el4_cpu *cpu, uint64_t scope, uint64_t stage2,
                             uint64_t unused_c);
/* TLBI ASIDE1: the non-global lines of an ASID. */
void el4_tlb_invalidate_asid(struct el4_cpu *cpu, uint64_t scope, uint64_t asid,
                             uint64_t unused_c);
/* TLBI VAE1, VALE1, VAE2 ...: global lines of va, and those of the ASID. */
void el4_tlb_invalidate_va(struct el4_cpu *cpu, uint64_t scope, uint64_t va, uint64_t asid);
/* TLBI VAAE1, VAALE1: lines of va whatever their ASID. */
void el4_tlb_invalidate_va_all_asid(struct el4_cpu *cpu, uint64_t scope, uint64_t va,
                                    uint64_t unused_c);
/* TLBI IPAS2E1: stage 2 lines only; software follows it with VMALLE1, as it must. */
void el4_tlb_invalidate_ipa(struct el4_cpu *cpu, uint64_t scope, uint64_t ipa,
                            uint64_t unused_c);

#endif
