/* SPDX-License-Identifier: MIT */
/*
 * Between mmu.c, walk.c, tlb.c and mem.c: the context of a translation, results of a walk, and
 * the tagged TLB's lines.
 */
#ifndef EL4_CPU_MMU_PRIVATE_H
#define EL4_CPU_MMU_PRIVATE_H

#include "cpu/mmu.h"
#include "cpu/tlb.h"

/* Everything that a walk depends on, read from the registers once. */
struct el4_mmu_context {
    enum el4_regime regime;
    unsigned el; /* whose registers: 1, 2 or 3 */
    bool secure;
    bool unpriv;
    bool pan;
    bool two_ranges;
    bool stage1_on;
    bool stage2_on;
    bool no_update;    /* AT: leave the access flag alone */
    bool aarch32;      /* the registers are those of VMSAv8-32 */
    bool short_format; /* and its tables have short descriptors */
    uint64_t sctlr;
    uint64_t tcr;
    uint64_t hcr;
    uint16_t asid;
    uint16_t vmid;
};

/* Permissions of a mapping, EL0's beside those of the higher level. */
#define EL4_MAP_PRIV_SHIFT   0 /* EL4_PERMIT_* */
#define EL4_MAP_UNPRIV_SHIFT 3
#define EL4_MAP_USER         0x40u /* stage 1 lets EL0 at the data: what PAN looks at */

struct el4_mapping {
    uint64_t base;       /* output address of the block */
    uint8_t size_bits;   /* of this mapping */
    uint8_t stage1_bits; /* of the stage 1 block it is part of */
    uint8_t permits;     /* EL4_MAP_* */
    uint8_t memory;      /* MAIR encoding */
    uint8_t share;
    uint8_t domain; /* of a short descriptor; permits do not contain what it allows */
    bool secure;
    bool global;
    bool guarded;
    bool device;
};

/* One line; valid while key is not zero. */
struct el4_tlb_line {
    uint64_t key; /* what must match at once: see tlb.c */
    uint64_t base;
    uint16_t asid;
    uint16_t vmid;
    uint8_t size_bits, stage1_bits;
    uint8_t permits, memory;
    uint8_t share;
    uint8_t flags;
    uint8_t domain;
    uint8_t unused[5];
};

/*
 * 512 x 4 was as fast as 256 x 8 and 128 x 16 or faster (30 to 60 ns a fast TLB miss with 1024
 * to 2048 pages in turn, against 120 to 170 ns where the pages do not fit).
 */
#define EL4_TLB_SETS 512
#define EL4_TLB_WAYS 4

struct el4_mmu_range {
    uint64_t base, mask; /* mask 0: everything; base 1: nothing */
};

struct el4_mmu {
    struct el4_tlb_line lines[EL4_TLB_SETS][EL4_TLB_WAYS];
    uint64_t sizes;   /* bit n: some line may have size_bits n */
    bool split_lines; /* some line is smaller than its stage 1 block */
    uint8_t next_way[EL4_TLB_SETS];
    uint8_t fast_used;    /* indices whose fast TLB may hold something */
    bool syndrome_wanted; /* see el4_mmu_complete_exception */
    bool el0_beyond_4g;   /* the fast TLB of EL0 holds such an entry (el4_mem_enter_aarch32) */
    /* What the fast TLBs hold pieces of: blocks above 4 KiB, by index and half of the space. */
    struct el4_mmu_range large[EL4_MMU_INDEX_COUNT][2];
    struct el4_mmu_range large_code[2]; /* the same of what was fetched from */
};

bool el4_tlb_find(struct el4_mmu *mmu, const struct el4_mmu_context *context, uint64_t va,
                  struct el4_mapping *mapping);
void el4_tlb_insert(struct el4_mmu *mmu, const struct el4_mmu_context *context, uint64_t va,
                    const struct el4_mapping *mapping);

void el4_mmu_context_for_index(const struct el4_cpu *cpu, enum el4_mmu_index index,
                               struct el4_mmu_context *context);

/* The page-table walks (walk.c); the access is checked against each stage's permissions. */
bool el4_walk_stage1(struct el4_cpu *cpu, const struct el4_mmu_context *context, uint64_t va,
                     enum el4_access_kind access, struct el4_mapping *mapping,
                     struct el4_mmu_fault *fault);
/*
 * A stage 1 descriptor's place, as stage 1 has it in *pa and *secure, goes through stage 2 if
 * that is on; then it is read, 4 or 8 bytes as they lie in memory (false: an external abort).
 */
bool el4_walk_descriptor_pa(struct el4_cpu *cpu, const struct el4_mmu_context *context,
                            enum el4_access_kind access, uint64_t *pa, bool *secure,
                            struct el4_mmu_fault *fault);
bool el4_walk_fetch(struct el4_cpu *cpu, uint64_t pa, bool secure, unsigned bytes,
                    uint64_t *value);
/* Short descriptors (walk-short.c). */
bool el4_walk_short(struct el4_cpu *cpu, const struct el4_mmu_context *context, uint64_t va,
                    enum el4_access_kind access, struct el4_mapping *mapping,
                    struct el4_mmu_fault *fault);
/* What DACR makes of the permissions of a page in a domain. */
unsigned el4_domain_permits(const struct el4_cpu *cpu, const struct el4_mmu_context *context,
                            unsigned domain, unsigned permits);
/* Through the TLB; for_walk: the address of a stage 1 descriptor. */
bool el4_stage2_translate(struct el4_cpu *cpu, const struct el4_mmu_context *context,
                          uint64_t ipa, enum el4_access_kind access, bool for_walk,
                          struct el4_mapping *mapping, struct el4_mmu_fault *fault);

/* VTTBR_EL2.VMID as VTCR_EL2.VS cuts it; 0 where there is no EL2. */
uint16_t el4_mmu_vmid(const struct el4_cpu *cpu);

/* Bits of permits that an access through this context has. */
unsigned el4_mmu_effective_permits(const struct el4_mmu_context *context, unsigned permits);
unsigned el4_mmu_needed_permit(enum el4_access_kind access);

/* FEAT_E0PD: EL0 gets a translation fault in this half, even for what the TLB holds. */
bool el4_mmu_hidden_from_el0(const struct el4_cpu *cpu, const struct el4_mmu_context *context,
                             uint64_t va);

/* TBI (and TBID for instructions) of a range: the top byte is ignored. */
bool el4_mmu_ignores_top_byte(const struct el4_cpu *cpu, const struct el4_mmu_context *context,
                              uint64_t va, bool execute);

#endif
