/* SPDX-License-Identifier: MIT */
/*
 * From guest instructions to a block: fetch, translate (the instruction set's function does
 * that, core/isa), run the passes, and hand the block to the cache.
 */
#include <string.h>

#include "bus/bus.h"
#include "cpu/crosscall.h"
#include "cpu/exception.h"
#include "cpu/mmu.h"
#include "engine/block.h"

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

/* Bytes of code: 2 or 4 at an address of the page; instructions are always little-endian. */
static uint32_t fetch(struct el4_cpu *cpu, const struct el4_fetch_page *page, uint64_t va,
                      unsigned bytes)
{
    uint64_t offset = va & ~EL4_PAGE_MASK;
    if (page->host) {
        /* Another cpu may be writing it: what is read then is dropped soon (mem.c). */
        const void *host = page->host + offset;
        return bytes == 4 ? __atomic_load_n((const uint32_t *)host, __ATOMIC_RELAXED)
                          : __atomic_load_n((const uint16_t *)host, __ATOMIC_RELAXED);
    }
    struct el4_bus_attrs attrs = {.secure = page->pa & 1,
                                  .privileged = cpu->mode.el > 0,
                                  .instruction = true,
                                  .cpu = (int)cpu->index};
    uint64_t value = 0;
    el4_crosscall_leave_guest(cpu);
    enum el4_bus_result result =
        el4_bus_read(cpu->bus, (page->pa & EL4_PAGE_MASK) + offset, bytes, &value, &attrs);
    el4_crosscall_enter_guest(cpu);
    if (result != EL4_BUS_OK) {
        const struct el4_mmu_fault fault = {
            .fsc = EL4_FSC_EXTERNAL, .external = true, .domain = EL4_NO_DOMAIN};
        el4_mmu_raise(cpu, &fault, va, EL4_ABORT_EXECUTE);
    }
    return (uint32_t)value;
}

/*
 * The T32 instruction at t's end. The second half of the block's first one may lie in the next
 * page, *crosses then; any other that does so is left to a block of its own (false).
 */
static bool fetch_t32(struct el4_cpu *cpu, const struct el4_fetch_page *page,
                      struct el4_translator *t, bool *crosses)
{
    uint64_t va = cpu->slot[EL4_SLOT_PC] + t->offset;
    uint32_t first = fetch(cpu, page, va, 2);
    if (first >> 11 < 0x1d) {
        t->insn = first;
        t->insn_bytes = 2;
        return true;
    }
    struct el4_fetch_page next_page = *page;
    if ((va & ~EL4_PAGE_MASK) + 4 > EL4_PAGE_SIZE) {
        if (t->offset) {
            return false;
        }
        *crosses = true;
        el4_mem_fetch_page(cpu, (uint32_t)(va + 2), &next_page);
    }
    t->insn = first << 16 | fetch(cpu, &next_page, (uint32_t)(va + 2), 2);
    t->insn_bytes = 4;
    return true;
}

/* The instruction at t's end into t->insn; false: none begins, or ends, in this page. */
static bool fetch_insn(struct el4_cpu *cpu, const struct el4_fetch_page *page,
                       struct el4_translator *t, bool *crosses)
{
    if (t->page_offset + t->offset >= EL4_PAGE_SIZE) {
        return false;
    }
    if (t->mode.thumb) {
        return fetch_t32(cpu, page, t, crosses);
    }
    t->insn = fetch(cpu, page, cpu->slot[EL4_SLOT_PC] + t->offset, 4);
    return true;
}

/* Translate one instruction at t's end; UNDEFINED instructions raise when executed. */
static void translate_insn(struct el4_cpu *cpu, struct el4_translator *t)
{
    const struct el4_engine_config *config = &cpu->code_cache->config;
    el4_decode_fn *decode = t->mode.thumb     ? config->decode_t32
                            : t->mode.aarch32 ? config->decode_a32
                                              : config->decode_a64;
    unsigned start = t->uop_count;
    t->temp_next = EL4_SLOT_TEMP;
    if (!decode || !decode(t, t->insn)) {
        t->uop_count = start;
        t->ended = false;
        el4_emit_raise(t, EL4_RAISE_UNDEF, EL4_ESR(EL4_EC_UNKNOWN, 0));
    }
}

/* A block ends where it must, or is full: not within an IT block if that can be helped. */
static bool wants_more(const struct el4_translator *t, unsigned insns, unsigned insns_max)
{
    bool full =
        t->mode.thumb && !t->it && insns_max > 4 ? insns >= insns_max - 4 : insns >= insns_max;
    return !t->ended && !full && t->uop_count < EL4_BLOCK_UOPS_ENOUGH;
}

/* Translate from t's start on; returns the number of instructions. */
static unsigned translate_insns(struct el4_cpu *cpu, const struct el4_fetch_page *page,
                                struct el4_translator *t, struct el4_block_insn *insns,
                                bool *crosses)
{
    /* Code outside memory (a flash in command mode) is fetched anew each time. */
    unsigned max = cpu->mode.single_insn || !page->host ? 1 : EL4_BLOCK_INSNS_MAX;
    unsigned count = 0;
    if (cpu->mode.illegal) {
        insns[count++] = (struct el4_block_insn){.it = t->it};
        el4_emit_raise(t, EL4_RAISE_SYNC, EL4_ESR(EL4_EC_ILLEGAL_STATE, 0));
        t->offset += 4;
    }
    while (wants_more(t, count, max) && fetch_insn(cpu, page, t, crosses)) {
        insns[count++] = (struct el4_block_insn){
            .uop = (uint16_t)t->uop_count,
            .offset = (uint8_t)(t->offset / 2),
            .it = t->it,
        };
        translate_insn(cpu, t);
        t->offset += t->insn_bytes;
        t->it = t->it_next;
        if (*crosses) {
            break;
        }
    }
    if (!t->ended && t->it) {
        el4_emit_set_it(t, t->it);
        el4_emit(t, EL4_UOP_EXIT, 0, 0, 0, 0, 0, t->offset);
    } else if (!t->ended) {
        el4_emit(t, EL4_UOP_B, 0, 0, 0, 0, 1, t->offset);
    }
    return count;
}

struct el4_block *el4_block_translate(struct el4_cpu *cpu, const struct el4_fetch_page *page)
{
    struct el4_code_cache *cache = cpu->code_cache;
    struct el4_block_insn insns[EL4_BLOCK_INSNS_MAX];
    struct el4_uop uops[EL4_BLOCK_UOPS_MAX];
    struct el4_translator t = {
        .features = &cpu->features,
        .mode = cpu->mode,
        .page_offset = (uint32_t)(cpu->slot[EL4_SLOT_PC] & ~EL4_PAGE_MASK),
        .insn_bytes = 4,
        .cond = 14,
        .it = (uint8_t)cpu->mode.it,
        .uops = uops,
        .uop_capacity = EL4_BLOCK_UOPS_MAX,
    };

    if (page->host) {
        mark_code_page(cpu, page->pa);
    }
    bool crosses = false;
    unsigned insn_count = translate_insns(cpu, page, &t, insns, &crosses);
    unsigned count = t.uop_count;
    if (!cache->config.no_passes) {
        el4_pass_dead_flags(uops, &count, insns, insn_count);
        el4_pass_fuse(uops, &count, insns, insn_count);
    }

    struct el4_block *block = el4_block_new(cache, insn_count, count);
    block->pa = (page->pa & EL4_PAGE_MASK) | t.page_offset | (page->pa & 1);
    block->mode = cpu->mode.word;
    block->cpu_mode = cpu->mode.word & ~EL4_MODE_BLOCK_BITS;
    block->insn = t.insn;
    block->end_offset = t.offset;
    memcpy(block->insns, insns, insn_count * sizeof(insns[0]));
    memcpy(block->uops, uops, count * sizeof(struct el4_uop));
    if (page->host && !crosses) {
        el4_block_enter(cache, block);
    }
    return block; /* one that was not entered: its memory is reused by the next translation */
}
