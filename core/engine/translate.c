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

/* Translate one instruction; UNDEFINED instructions raise when executed. */
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

/*
 * Instructions from the cpu's PC on, up to the block's limits; fills in insn_uop. Returns how
 * many there are, at least one.
 */
static unsigned translate_run(struct el4_cpu *cpu, const struct el4_fetch_page *page,
                              struct el4_translator *t, uint16_t *insn_uop)
{
    /* Code outside memory (a flash in command mode) is fetched anew each time. */
    unsigned insns_max = cpu->mode.single_insn || !page->host ? 1 : EL4_BLOCK_INSNS_MAX;
    unsigned insns = 0;
    if (cpu->mode.illegal) {
        insn_uop[insns++] = 0;
        el4_emit_raise(t, EL4_RAISE_SYNC, EL4_ESR(EL4_EC_ILLEGAL_STATE, 0));
        t->offset += t->insn_bytes;
    }
    while (!t->ended && insns < insns_max && t->uop_count < EL4_BLOCK_UOPS_ENOUGH &&
           t->page_offset + t->offset + t->insn_bytes <= EL4_PAGE_SIZE) {
        t->insn = fetch(cpu, page, t->page_offset + t->offset);
        insn_uop[insns++] = (uint16_t)t->uop_count;
        translate_insn(cpu, t);
        t->offset += t->insn_bytes;
    }
    if (!t->ended) {
        el4_emit(t, EL4_UOP_B, 0, 0, 0, 0, 1, t->offset);
    }
    return insns;
}

struct el4_block *el4_block_translate(struct el4_cpu *cpu, const struct el4_fetch_page *page)
{
    struct el4_code_cache *cache = cpu->code_cache;
    uint16_t insn_uop[EL4_BLOCK_INSNS_MAX];
    struct el4_uop uops[EL4_BLOCK_UOPS_MAX];
    struct el4_translator t = {
        .features = &cpu->features,
        .mode = cpu->mode,
        .page_offset = (uint32_t)(cpu->slot[EL4_SLOT_PC] & ~EL4_PAGE_MASK),
        .insn_bytes = 4,
        .uops = uops,
        .uop_capacity = EL4_BLOCK_UOPS_MAX,
    };

    if (page->host) {
        mark_code_page(cpu, page->pa);
    }
    unsigned insns = translate_run(cpu, page, &t, insn_uop);
    unsigned count = t.uop_count;
    if (!cache->config.no_dead_flags) {
        el4_pass_dead_flags(uops, &count, insn_uop, insns);
    }

    struct el4_block *block = el4_block_new(cache, insns, count);
    block->pa = (page->pa & EL4_PAGE_MASK) | t.page_offset | (page->pa & 1);
    block->mode = cpu->mode.word;
    block->insn = t.insn;
    block->end_offset = t.offset;
    memcpy(block->insn_uop, insn_uop, insns * sizeof(uint16_t));
    memcpy(block->uops, uops, count * sizeof(struct el4_uop));
    if (page->host) {
        el4_block_enter(cache, block);
    }
    return block;
}
