/* SPDX-License-Identifier: MIT */
/*
 * Guest memory as instructions see it: virtual addresses in, data or a precise fault out. The
 * interpreter inlines the fast TLB hit (mem-inline.h) and comes here for everything else.
 * Every function may raise (does not return then) and must be called with cpu->fault_uop set.
 * aux is the aux of a memory micro-op (EL4_MEM_*).
 */
#ifndef EL4_CPU_MEM_H
#define EL4_CPU_MEM_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/cpu.h"

uint64_t el4_mem_read(struct el4_cpu *cpu, uint64_t va, unsigned bytes, uint32_t aux);
void el4_mem_write(struct el4_cpu *cpu, uint64_t va, uint64_t value, unsigned bytes,
                   uint32_t aux);
/* 128-bit accesses: two 64-bit halves, little-endian order of halves unless BIG_ENDIAN. */
void el4_mem_read128(struct el4_cpu *cpu, uint64_t va, uint64_t value[2], uint32_t aux);
void el4_mem_write128(struct el4_cpu *cpu, uint64_t va, const uint64_t value[2], uint32_t aux);

/*
 * Fault now if [va, va + bytes) cannot be accessed; for instructions that write several
 * places and must not be seen half done.
 */
void el4_mem_probe(struct el4_cpu *cpu, uint64_t va, unsigned bytes,
                   enum el4_access_kind access, uint32_t aux);

/* The alignment fault of an access whose instruction demands more than the micro-ops check. */
_Noreturn void el4_mem_raise_alignment(struct el4_cpu *cpu, uint64_t va, bool is_write);

/*
 * Host pointer for an atomic access of a naturally aligned 1..16 bytes, writable, in RAM; for
 * anything else it raises (alignment fault, permission fault, or the external abort /
 * unsupported exclusive fault of non-RAM memory). Invalidates translated code of that page.
 */
void *el4_mem_atomic_pointer(struct el4_cpu *cpu, uint64_t va, unsigned bytes, uint32_t aux);

/* DC ZVA: zero a naturally aligned block of at most a page; Device memory: alignment fault. */
void el4_mem_zero_block(struct el4_cpu *cpu, uint64_t va, unsigned bytes, uint32_t aux);

/* Atomic read-modify-write operations of FEAT_LSE. */
enum el4_atomic_op {
    EL4_ATOMIC_ADD,
    EL4_ATOMIC_CLR,
    EL4_ATOMIC_EOR,
    EL4_ATOMIC_SET,
    EL4_ATOMIC_SMAX,
    EL4_ATOMIC_SMIN,
    EL4_ATOMIC_UMAX,
    EL4_ATOMIC_UMIN,
    EL4_ATOMIC_SWP,
};
uint64_t el4_mem_atomic(struct el4_cpu *cpu, enum el4_atomic_op op, uint64_t va, uint64_t value,
                        unsigned bytes, uint32_t aux);
/* Compare and swap; returns the old value (zero-extended). */
uint64_t el4_mem_cas(struct el4_cpu *cpu, uint64_t va, uint64_t expected, uint64_t desired,
                     unsigned bytes, uint32_t aux);
/* CASP: expected is updated to the old value. */
void el4_mem_cas128(struct el4_cpu *cpu, uint64_t va, uint64_t expected[2],
                    const uint64_t desired[2], uint32_t aux);
/* CASP of two 32-bit words is a 64-bit el4_mem_cas of the joined words. */

/* Load-exclusive (bytes 1, 2, 4, 8 or 16; value[1] only for 16) marks the local monitor. */
void el4_mem_load_exclusive(struct el4_cpu *cpu, uint64_t va, unsigned bytes, uint64_t value[2],
                            uint32_t aux);
/* Store-exclusive; returns 0 on success, 1 on failure; clears the monitor. */
unsigned el4_mem_store_exclusive(struct el4_cpu *cpu, uint64_t va, unsigned bytes,
                                 const uint64_t value[2], uint32_t aux);

/* The engine's: 32-bit instruction fetch for translation; raises instruction aborts. */
struct el4_fetch_page {
    const uint8_t *host; /* host address of the page's first byte; NULL when not RAM */
    uint64_t pa;         /* physical page, bit 0: Secure space */
    bool guarded;        /* GP: BTI applies */
};
void el4_mem_fetch_page(struct el4_cpu *cpu, uint64_t va, struct el4_fetch_page *page);

/*
 * AArch32 code is about to run: its addresses wrap at 4 GiB only where they miss the fast TLB
 * (EL4_MEM_ADDR32), so that of EL0 must not hold what a 64-bit program left beyond.
 */
void el4_mem_enter_aarch32(struct el4_cpu *cpu);

/* Drop fast TLB entries: all, or those of one page in all indices (top byte ignored). */
void el4_mem_flush_fast_tlb(struct el4_cpu *cpu);
void el4_mem_flush_fast_tlb_page(struct el4_cpu *cpu, uint64_t va);
/*
 * Take away write permission for a physical page that now holds translated code, here and on
 * all other cpus. Call it after the page's code flag was set (the flag is the caller's). Where
 * another cpu may still have written meanwhile, it has the page's code dropped everywhere.
 */
void el4_mem_protect_code_page(struct el4_cpu *cpu, uint64_t pa);
/* Drop all translated code of this cpu; with the signature of a cross-call. */
void el4_mem_flush_code(struct el4_cpu *cpu, uint64_t unused_a, uint64_t unused_b,
                        uint64_t unused_c);
/*
 * A page that holds translated code is being written: drop that code on all cpus, in both
 * spaces. The second is for DMA (the bus's code_written hook), which belongs to no cpu.
 */
void el4_mem_code_written(struct el4_cpu *cpu, uint64_t pa);
void el4_mem_code_written_by_dma(struct el4_cpu *const *cpus, unsigned count, uint64_t pa);

#endif
