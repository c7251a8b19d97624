/* SPDX-License-Identifier: MIT */
/*
 * The code cache of one vCPU: look-up by physical address, translation on a miss, invalidation
 * by physical page. Only the owning vCPU's thread touches it; others ask through cross-calls.
 */
#include "engine/block.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bus/bus.h"
#include "cpu/code.h"
#include "cpu/crosscall.h"
#include "cpu/exception.h"
#include "cpu/mem.h"
#include "cpu/mmu.h"
#include "engine/emit.h"

#define CACHE_BYTES_DEFAULT (24u << 20)
#define BLOCK_BYTES_MAX                                                                        \
    (sizeof(struct el4_block) + EL4_BLOCK_INSNS_MAX * sizeof(uint16_t) + 16 +                  \
     EL4_BLOCK_UOPS_MAX * sizeof(struct el4_uop))

static unsigned hash_pa(uint64_t pa, uint32_t mode)
{
    uint64_t mixed = (pa >> 2 ^ (uint64_t)mode << 20) * 0x9e3779b97f4a7c15u;
    return (unsigned)(mixed >> (64 - EL4_BLOCK_HASH_BITS));
}

static unsigned hash_page(uint64_t pa)
{
    uint64_t mixed = (pa >> EL4_PAGE_BITS) * 0x9e3779b97f4a7c15u;
    return (unsigned)(mixed >> (64 - EL4_PAGE_HASH_BITS));
}

struct el4_block *el4_block_find(struct el4_code_cache *cache, uint64_t pa, uint32_t mode)
{
    struct el4_block *block = cache->hash[hash_pa(pa, mode)];
    while (block && (block->pa != pa || block->mode != mode || !block->valid)) {
        block = block->hash_next;
    }
    return block;
}

unsigned el4_block_insn_at(const struct el4_block *block, const struct el4_uop *uop)
{
    size_t index = (size_t)(uop - block->uops);
    unsigned insn = 0;
    while (insn + 1 < block->insn_count && block->insn_uop[insn + 1] <= index) {
        insn++;
    }
    return insn;
}

static void cache_empty(struct el4_code_cache *cache)
{
    memset(cache->hash, 0, sizeof(cache->hash));
    memset(cache->pages, 0, sizeof(cache->pages));
    memset(cache->jump, 0, sizeof(cache->jump));
    cache->arena_used = 0;
    cache->flushes++;
}

void el4_engine_flush(struct el4_cpu *cpu)
{
    struct el4_code_cache *cache = cpu->code_cache;
    /*
     * Blocks may be running: mark them all invalid now. The arena itself is emptied by the
     * next translation, which never happens inside a block.
     */
    for (unsigned i = 0; i < 1u << EL4_PAGE_HASH_BITS; i++) {
        for (struct el4_block *block = cache->pages[i]; block; block = block->page_next) {
            block->valid = false;
        }
    }
    cache->arena_used = cache->arena_bytes;
    cpu->tlb_generation++;
}

void el4_engine_invalidate_page(struct el4_cpu *cpu, uint64_t pa)
{
    struct el4_code_cache *cache = cpu->code_cache;
    struct el4_block **link = &cache->pages[hash_page(pa)];

    while (*link) {
        struct el4_block *block = *link;
        if (((block->pa ^ pa) & (EL4_PAGE_MASK | 1)) == 0) {
            struct el4_block **in_hash = &cache->hash[hash_pa(block->pa, block->mode)];
            while (*in_hash && *in_hash != block) {
                in_hash = &(*in_hash)->hash_next;
            }
            if (*in_hash) {
                *in_hash = block->hash_next;
            }
            block->valid = false;
            *link = block->page_next;
        } else {
            link = &block->page_next;
        }
    }
}

static void mark_code_page(struct el4_cpu *cpu, uint64_t pa)
{
    struct el4_bus_page page;
    if (!el4_bus_lookup_page(cpu->bus, pa & EL4_PAGE_MASK, pa & 1, &page) || !page.code) {
        return;
    }
    if (atomic_exchange_explicit(page.code, EL4_BUS_CODE_THERE, memory_order_seq_cst) !=
        EL4_BUS_CODE_THERE) {
        el4_mem_protect_code_page(cpu, pa);
    }
}

struct el4_uop *el4_emit(struct el4_translator *t, enum el4_uop_code op, unsigned d, unsigned a,
                         unsigned b, unsigned c, unsigned aux, uint64_t imm)
{
    struct el4_uop *uop = &t->uops[t->uop_count++];
    uop->desc = (struct el4_uop_desc){(uint8_t)d, (uint8_t)a,    (uint8_t)b,
                                      (uint8_t)c, (uint16_t)aux, (uint16_t)op};
    uop->imm = imm;
    return uop;
}

bool el4_emit_fp_check(struct el4_translator *t)
{
    if (t->mode.fp_trap_el == 0) {
        return true;
    }
    /* EC 0x07 with CV = 1 and COND = 0b1110, DDI 0487 ISS encoding for access to SIMD or FP. */
    el4_emit_raise(t, EL4_RAISE_FP_TRAP, EL4_ESR(EL4_EC_FP_ACCESS, 0x1e00000));
    return false;
}

static uint64_t check_sp(struct el4_cpu *cpu, uint64_t sp, uint64_t b, uint64_t c, uint32_t aux)
{
    if (sp & 15) {
        el4_cpu_raise(cpu, EL4_RAISE_SYNC, EL4_ESR(EL4_EC_SP_ALIGNMENT, 0));
    }
    return 0;
}

void el4_emit_sp_check(struct el4_translator *t, unsigned rn)
{
    if (rn == 31 && t->mode.sp_align_check) {
        el4_emit_call(t, check_sp, EL4_SLOT_SINK, EL4_SLOT_SP, EL4_SLOT_ZERO, EL4_SLOT_ZERO, 0);
    }
}

static uint32_t fetch(struct el4_cpu *cpu, const struct el4_fetch_page *page, uint64_t offset)
{
    if (page->host) {
        /* Another cpu may be writing it: what is read then is dropped soon (mem.c). */
        return __atomic_load_n((const uint32_t *)(const void *)(page->host + offset),
                               __ATOMIC_RELAXED);
    }
    struct el4_bus_attrs attrs = {.secure = page->pa & 1,
                                  .privileged = cpu->mode.el > 0,
                                  .instruction = true,
                                  .cpu = (int)cpu->index};
    uint64_t value = 0;
    el4_crosscall_leave_guest(cpu);
    enum el4_bus_result result =
        el4_bus_read(cpu->bus, (page->pa & EL4_PAGE_MASK) + offset, 4, &value, &attrs);
    el4_crosscall_enter_guest(cpu);
    if (result != EL4_BUS_OK) {
        const struct el4_mmu_fault fault = {.fsc = EL4_FSC_EXTERNAL, .external = true};
        el4_mmu_raise(cpu, &fault, cpu->slot[EL4_SLOT_PC], EL4_ABORT_EXECUTE);
    }
    return (uint32_t)value;
}

/* Translate one instruction at t's end; UNDEFINED instructions raise when executed. */
static void translate_insn(struct el4_cpu *cpu, struct el4_translator *t)
{
    unsigned start = t->uop_count;
    t->temp_next = EL4_SLOT_TEMP;
    if (!cpu->code_cache->config.decode_a64(t, t->insn)) {
        t->uop_count = start;
        t->ended = false;
        el4_emit_raise(t, EL4_RAISE_UNDEF, EL4_ESR(EL4_EC_UNKNOWN, 0));
    }
}

struct el4_block *el4_block_translate(struct el4_cpu *cpu, const struct el4_fetch_page *page)
{
    struct el4_code_cache *cache = cpu->code_cache;
    uint64_t pc = cpu->slot[EL4_SLOT_PC];
    uint64_t page_offset = pc & ~EL4_PAGE_MASK;

    if (cache->arena_bytes - cache->arena_used < BLOCK_BYTES_MAX) {
        cache_empty(cache);
    }
    if (page->host) {
        mark_code_page(cpu, page->pa);
    }

    uint16_t insn_uop[EL4_BLOCK_INSNS_MAX];
    struct el4_uop uops[EL4_BLOCK_UOPS_MAX];
    struct el4_translator t = {
        .features = &cpu->features,
        .mode = cpu->mode,
        .page_offset = (uint32_t)page_offset,
        .insn_bytes = 4,
        .uops = uops,
        .uop_capacity = EL4_BLOCK_UOPS_MAX,
    };
    /* Code outside memory (a flash in command mode) is fetched anew each time. */
    unsigned insns_max = cpu->mode.single_insn || !page->host ? 1 : EL4_BLOCK_INSNS_MAX;
    unsigned insns = 0;
    if (cpu->mode.illegal) {
        insn_uop[insns++] = 0;
        el4_emit_raise(&t, EL4_RAISE_SYNC, EL4_ESR(EL4_EC_ILLEGAL_STATE, 0));
        t.offset += 4;
    }
    while (!t.ended && insns < insns_max && t.uop_count < EL4_BLOCK_UOPS_ENOUGH &&
           page_offset + t.offset + 4 <= EL4_PAGE_SIZE) {
        t.insn = fetch(cpu, page, page_offset + t.offset);
        insn_uop[insns++] = (uint16_t)t.uop_count;
        translate_insn(cpu, &t);
        t.offset += 4;
    }
    if (!t.ended) {
        el4_emit(&t, EL4_UOP_B, 0, 0, 0, 0, 1, t.offset);
    }
    unsigned count = t.uop_count;
    if (!cache->config.no_dead_flags) {
        el4_pass_dead_flags(uops, &count, insn_uop, insns);
    }

    struct el4_block *block = (struct el4_block *)(cache->arena + cache->arena_used);
    size_t header = (sizeof(*block) + insns * sizeof(uint16_t) + 15) & ~(size_t)15;
    *block = (struct el4_block){
        .pa = (page->pa & EL4_PAGE_MASK) | page_offset | (page->pa & 1),
        .mode = cpu->mode.word,
        .insn_count = (uint16_t)insns,
        .insn = t.insn,
        .uop_count = (uint16_t)count,
        .end_offset = t.offset,
        .uops = (struct el4_uop *)((uint8_t *)block + header),
    };
    memcpy(block->insn_uop, insn_uop, insns * sizeof(uint16_t));
    memcpy(block->uops, uops, count * sizeof(struct el4_uop));
    cache->blocks_made++;
    if (!page->host) {
        return block; /* not entered anywhere: its memory is reused by the next translation */
    }
    cache->arena_used += header + count * sizeof(struct el4_uop);
    block->valid = true;
    struct el4_block **bucket = &cache->hash[hash_pa(block->pa, block->mode)];
    block->hash_next = *bucket;
    *bucket = block;
    bucket = &cache->pages[hash_page(block->pa)];
    block->page_next = *bucket;
    *bucket = block;
    return block;
}

static const struct el4_code_ops code_ops = {
    .invalidate_page = el4_engine_invalidate_page,
    .flush = el4_engine_flush,
};

bool el4_engine_attach(struct el4_cpu *cpu, const struct el4_engine_config *config)
{
    size_t bytes = config->cache_bytes ? config->cache_bytes : CACHE_BYTES_DEFAULT;
    if (bytes < 2 * BLOCK_BYTES_MAX) {
        bytes = 2 * BLOCK_BYTES_MAX;
    }
    struct el4_code_cache *cache = calloc(1, sizeof(*cache));
    if (!cache) {
        return false;
    }
    cache->config = *config;
    cache->arena = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (cache->arena == MAP_FAILED) {
        free(cache);
        return false;
    }
    cache->arena_bytes = bytes;
    cpu->code_cache = cache;
    cpu->code_ops = &code_ops;
    return true;
}

void el4_engine_detach(struct el4_cpu *cpu)
{
    if (cpu->code_cache) {
        munmap(cpu->code_cache->arena, cpu->code_cache->arena_bytes);
        free(cpu->code_cache);
        cpu->code_cache = NULL;
        cpu->code_ops = NULL;
    }
}
