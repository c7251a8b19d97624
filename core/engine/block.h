/* SPDX-License-Identifier: MIT */
/*
 * Translated blocks and the code cache that holds them. A block is a straight run of guest
 * instructions within one 4 KiB physical page, keyed by physical address and mode word. Blocks
 * lie in a bump arena: an invalidated block only loses its valid flag, memory comes back when
 * the whole cache is emptied, so a running block may be invalidated under its own feet.
 */
#ifndef EL4_ENGINE_BLOCK_H
#define EL4_ENGINE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/cpu.h"
#include "cpu/mem.h"
#include "engine/emit.h"
#include "engine/engine.h"
#include "engine/uop.h"

#define EL4_BLOCK_INSNS_MAX 64
/* A block is closed when this many micro-ops are there, so that one more instruction fits. */
#define EL4_BLOCK_UOPS_ENOUGH 512
#define EL4_BLOCK_UOPS_MAX    (EL4_BLOCK_UOPS_ENOUGH + EL4_UOPS_PER_INSN_MAX + 1)

/* What an exception must know of one instruction. */
struct el4_block_insn {
    uint16_t uop;   /* its first micro-op */
    uint8_t offset; /* from the block's first instruction, in halfwords */
    uint8_t it;     /* its ITSTATE */
};

struct el4_block {
    /* What running it takes, close together. */
    uint64_t cpu_mode; /* the cpu's mode: that below without what page and entry add */
    struct el4_uop *uops;
    /*
     * Successors within the same page: taken (0) and fall-through (1). Only the page's own
     * mapping decides where they are, so a link needs no look-up; it counts while the target
     * is valid.
     */
    struct el4_block *link[2];
    bool valid;
    uint16_t insn_count;
    uint32_t end_offset; /* of the instruction after the block, from its first */

    uint16_t uop_count;
    uint32_t insn; /* last encoding; the instruction trace runs blocks of one */
    uint64_t pa;   /* of the first instruction; bit 0: Secure space */
    uint64_t mode;
    struct el4_block *hash_next;
    struct el4_block *page_next;
    struct el4_block_insn insns[];
};

/*
 * PSTATE.IT is clear inside a block. An exception is raised with that of the instruction;
 * el4_cpu_take_exception() advances it if it returns to the next one.
 */
static inline void el4_block_restore_it(struct el4_cpu *cpu, const struct el4_block *block,
                                        unsigned insn)
{
    uint32_t it = block->insns[insn].it;
    if (__builtin_expect(it != 0, 0)) {
        cpu->pstate |= el4_pstate_of_it(it);
    }
}

/* Bits of a block's mode that its page and the way it was reached add to the cpu's mode. */
#define EL4_MODE_ENTRY_BITS (((union el4_cpu_mode){.btype = 3, .it = 0xff}).word)
#define EL4_MODE_AARCH32    (((union el4_cpu_mode){.aarch32 = 1}).word)
#define EL4_MODE_BLOCK_BITS (((union el4_cpu_mode){.bti = 1, .btype = 3, .it = 0xff}).word)

#define EL4_JUMP_CACHE_BITS 12
#define EL4_JUMP_CACHE_SIZE (1u << EL4_JUMP_CACHE_BITS)

/* Virtual PC to block; good for one state of the translation (el4_code_generation). */
struct el4_jump_entry {
    uint64_t pc;
    uint64_t generation;
    struct el4_block *block;
};

/* Both only ever grow, so that the sum tells whether either did. */
static inline uint64_t el4_code_generation(struct el4_cpu *cpu, uint64_t pc)
{
    return cpu->tlb_generation + *el4_cpu_page_generation(cpu, pc);
}

#define EL4_BLOCK_HASH_BITS 15
#define EL4_PAGE_HASH_BITS  12

struct el4_code_cache {
    struct el4_engine_config config;
    uint8_t *arena;
    size_t arena_bytes;
    size_t arena_used;
    struct el4_block *hash[1u << EL4_BLOCK_HASH_BITS];
    struct el4_block *pages[1u << EL4_PAGE_HASH_BITS];
    struct el4_jump_entry jump[EL4_JUMP_CACHE_SIZE];
    /* Statistics, for the tests. */
    uint64_t blocks_made;
    uint64_t flushes;
};

static inline struct el4_jump_entry *el4_jump_slot(struct el4_code_cache *cache, uint64_t pc)
{
    /* Bit 1, which is only ever set in T32, goes to the top of the index. */
    return &cache
                ->jump[(pc >> 2 ^ pc << (EL4_JUMP_CACHE_BITS - 2)) & (EL4_JUMP_CACHE_SIZE - 1)];
}

/* Find a valid block, NULL if there is none. */
struct el4_block *el4_block_find(struct el4_code_cache *cache, uint64_t pa, uint64_t mode);

/*
 * Room for a block of so many instructions and micro-ops, for the caller to fill. A full cache
 * is emptied first. Until the block is entered the next one takes its place.
 */
struct el4_block *el4_block_new(struct el4_code_cache *cache, unsigned insns, unsigned uops);
/* From now on the block is found by its pa and mode. */
void el4_block_enter(struct el4_code_cache *cache, struct el4_block *block);

/*
 * Translate at the cpu's PC (translate.c). page is where its bytes are. Raises instruction
 * aborts of code that is not in memory. Never fails: a full cache is emptied first.
 */
struct el4_block *el4_block_translate(struct el4_cpu *cpu, const struct el4_fetch_page *page);

/* Index of the instruction that a micro-op belongs to. */
unsigned el4_block_insn_at(const struct el4_block *block, const struct el4_uop *uop);

/* Passes over a finished list of micro-ops (passes.c); *count and insns are updated. */
void el4_pass_dead_flags(struct el4_uop *uops, unsigned *count, struct el4_block_insn *insns,
                         unsigned insn_count);
void el4_pass_fuse(struct el4_uop *uops, unsigned *count, struct el4_block_insn *insns,
                   unsigned insn_count);

/* Run from a block until something needs the loop in engine.c (interp.c). */
void el4_interpret(struct el4_cpu *cpu, struct el4_block *block);

#endif
