/* SPDX-License-Identifier: MIT */
/*
 * The slow path of guest memory accesses: fast TLB fills, unaligned and page-crossing
 * accesses, device accesses through the bus, watchpoints, and the care for translated code.
 *
 * Code pages: a page whose code flag is set has no write entry in any fast TLB, so that the
 * first store comes here, has the code dropped everywhere and clears the flag. A cpu may write
 * through an entry it still has until it handles the call that takes the entry away; it then
 * has the code dropped once more, since that code may have been read before the write.
 *
 * Why no store is missed: a translator sets the flag, posts the call to all other cpus, and
 * only then reads the code. A writer finds the flag clear, writes, and shows by its write entry
 * that it may have. If the call was posted before the writer last looked at its queue, it is
 * run there and finds the entry; if after, the translator reads what was written. An entry that
 * goes for another reason (replaced, TLBI), and a store that leaves none (watched pages), would
 * fool the call: the first is noted if calls are under way, the second always (as are stores
 * across pages, of which one may replace the other's entry), as an "unseen write"
 * (crosscall.h), which counts as an entry of every page until the queue is found empty. Stores
 * of the table walker look at the flag after the store, as DMA does (bus-access.c).
 */
#include <string.h>

#include "bus/bus.h"
#include "cpu/code.h"
#include "cpu/crosscall.h"
#include "cpu/debug.h"
#include "cpu/env.h"
#include "cpu/mem-inline.h"
#include "cpu/mem-private.h"
#include "cpu/mmu-private.h"
#include "cpu/trace.h"

static unsigned index_of(uint32_t aux)
{
    return aux & EL4_MEM_INDEX_MASK;
}

/* The address of an AArch32 access wraps at 4 GiB: micro-ops add in 64 bits. */
static uint64_t wrap(uint64_t va, uint32_t aux)
{
    return aux & EL4_MEM_ADDR32 ? (uint32_t)va : va;
}

_Noreturn void el4_mem_raise_alignment(struct el4_cpu *cpu, uint64_t va, bool is_write)
{
    const struct el4_mmu_fault fault = {.fsc = EL4_FSC_ALIGNMENT, .is_write = is_write};
    el4_mmu_raise(cpu, &fault, va, 0);
}

static _Noreturn void raise_external(struct el4_cpu *cpu, uint64_t va, bool is_write)
{
    const struct el4_mmu_fault fault = {
        .fsc = EL4_FSC_EXTERNAL, .external = true, .is_write = is_write};
    el4_mmu_raise(cpu, &fault, va, 0);
}

static void invalidate_code(struct el4_cpu *cpu, uint64_t pa, uint64_t b, uint64_t c)
{
    if (cpu->code_ops && cpu->code_ops->invalidate_page) {
        /* The two spaces may be one memory; blocks are keyed by either. */
        cpu->code_ops->invalidate_page(cpu, pa & EL4_PAGE_MASK);
        cpu->code_ops->invalidate_page(cpu, (pa & EL4_PAGE_MASK) | 1);
    }
}

void el4_mem_flush_code(struct el4_cpu *cpu, uint64_t unused_a, uint64_t unused_b,
                        uint64_t unused_c)
{
    if (cpu->code_ops && cpu->code_ops->flush) {
        cpu->code_ops->flush(cpu);
    }
}

void el4_mem_code_written(struct el4_cpu *cpu, uint64_t pa)
{
    invalidate_code(cpu, pa, 0, 0);
    el4_crosscall_broadcast(cpu, invalidate_code, pa, 0, 0);
}

void el4_mem_code_written_by_dma(struct el4_cpu *const *cpus, unsigned count, uint64_t pa)
{
    el4_crosscall_post_all(NULL, cpus, count, invalidate_code, pa, 0, 0);
}

/* True: some write entry of the page was there. */
static bool remove_write_tags(struct el4_cpu *cpu, uint64_t pa)
{
    bool removed = false;
    for (unsigned index = 0; index < EL4_MMU_INDEX_COUNT; index++) {
        if (!(cpu->mmu->fast_used & (1u << index))) {
            continue;
        }
        for (unsigned i = 0; i < EL4_TLB_SIZE; i++) {
            struct el4_tlb_entry *entry = &cpu->tlb[index][i];
            if (((entry->pa ^ pa) & EL4_PAGE_MASK) == 0 && entry->write_tag != EL4_TLB_NO_TAG) {
                entry->write_tag = EL4_TLB_NO_TAG;
                removed = true;
            }
        }
    }
    return removed;
}

static void protect_for_other(struct el4_cpu *cpu, uint64_t pa, uint64_t threaded, uint64_t c)
{
    bool may_have_written = remove_write_tags(cpu, pa) || el4_crosscall_has_unseen_write(cpu);
    if (may_have_written && threaded) {
        el4_mem_code_written(cpu, pa);
    }
}

void el4_mem_protect_code_page(struct el4_cpu *cpu, uint64_t pa)
{
    bool threaded =
        !(cpu->env && cpu->env->single_threaded && cpu->env->single_threaded(cpu->env_data));
    remove_write_tags(cpu, pa);
    el4_crosscall_broadcast(cpu, protect_for_other, pa, threaded, 0);
}

/* Write entries go, but not by protect_for_other. */
static void forget_write_entries(struct el4_cpu *cpu)
{
    if (el4_crosscall_is_pending(cpu)) {
        el4_crosscall_note_unseen_write(cpu);
    }
}

void el4_mem_flush_fast_tlb(struct el4_cpu *cpu)
{
    struct el4_mmu *mmu = cpu->mmu;
    forget_write_entries(cpu);
    for (unsigned index = 0; index < EL4_MMU_INDEX_COUNT; index++) {
        if (mmu->fast_used & (1u << index)) {
            /* All ones is EL4_TLB_NO_TAG. */
            memset(cpu->tlb[index], 0xff, sizeof(cpu->tlb[index]));
            mmu->large[index][0].base = mmu->large[index][1].base = 1;
        }
    }
    mmu->large_code[0].base = mmu->large_code[1].base = 1;
    mmu->fast_used = 0;
    mmu->el0_beyond_4g = false;
    cpu->tlb_generation++;
}

void el4_mem_enter_aarch32(struct el4_cpu *cpu)
{
    if (cpu->mmu->el0_beyond_4g) {
        el4_mem_flush_fast_tlb(cpu);
    }
}

/* Address bits that tell pages of one context apart: all but the top byte. */
#define ADDRESS_BITS (EL4_BIT(56) - 1)

/* ranges: one for each half of the space. */
static void note_large(struct el4_mmu_range ranges[2], uint64_t va, unsigned size_bits)
{
    uint64_t mask = ADDRESS_BITS & ~(EL4_BIT(size_bits) - 1);
    struct el4_mmu_range *range = &ranges[(va >> 55) & 1];
    uint64_t base = va & mask;
    if (range->base != 1) {
        /* One range for all blocks seen: widen it until both fit. */
        mask &= range->mask;
        while ((base ^ range->base) & mask) {
            mask = (mask << 1) & ADDRESS_BITS;
        }
        base &= mask;
    }
    range->base = base;
    range->mask = mask;
}

static bool in_large(const struct el4_mmu_range ranges[2], uint64_t va)
{
    const struct el4_mmu_range *range = &ranges[(va >> 55) & 1];
    return range->base != 1 && !((va ^ range->base) & range->mask);
}

/* Code is not found by its address any longer: that of a page, and of the block it is part of.
 */
static void forget_code_at(struct el4_cpu *cpu, uint64_t va)
{
    if (in_large(cpu->mmu->large_code, va)) {
        cpu->tlb_generation++;
    } else {
        (*el4_cpu_page_generation(cpu, va))++;
    }
}

void el4_mem_flush_fast_tlb_page(struct el4_cpu *cpu, uint64_t va)
{
    struct el4_mmu *mmu = cpu->mmu;
    forget_write_entries(cpu);
    forget_code_at(cpu, va);
    for (unsigned index = 0; index < EL4_MMU_INDEX_COUNT; index++) {
        if (!(mmu->fast_used & (1u << index))) {
            continue;
        }
        if (in_large(mmu->large[index], va)) {
            memset(cpu->tlb[index], 0xff, sizeof(cpu->tlb[index]));
            mmu->large[index][0].base = mmu->large[index][1].base = 1;
            mmu->fast_used &= (uint8_t) ~(1u << index);
            continue;
        }
        /* Another tag of the same address sits in the same place. */
        struct el4_tlb_entry *entry = el4_mem_fast_entry(cpu, va, index);
        entry->read_tag = entry->write_tag = EL4_TLB_NO_TAG;
    }
}

static bool watched(const struct el4_cpu *cpu, uint64_t va)
{
    return __builtin_expect(cpu->debug_active & EL4_DEBUG_WATCHED_PAGES, 0) &&
           el4_debug_page_watched(cpu, va);
}

void el4_mem_check_watched(struct el4_cpu *cpu, uint64_t va, unsigned bytes, bool is_write,
                           uint32_t aux)
{
    if (__builtin_expect(cpu->debug_active & EL4_DEBUG_WATCHPOINTS, 0)) {
        el4_debug_check_watchpoints(cpu, va, bytes, is_write, index_of(aux) != EL4_MMU_EL0);
    }
}

/*
 * The page is about to be written by this cpu: no code of it may stay. The flag is cleared only
 * when all have been told, or else a cpu that saw it clear could write, and then run its old
 * code before the call reaches it.
 */
static void claim_for_writing(struct el4_cpu *cpu, const struct el4_bus_page *page, uint64_t pa)
{
    while (atomic_load_explicit(page->code, memory_order_acquire) != EL4_BUS_CODE_NONE) {
        uint8_t dropped = EL4_BUS_CODE_DROPPED;
        atomic_store(page->code, EL4_BUS_CODE_DROPPED);
        el4_mem_code_written(cpu, pa);
        atomic_compare_exchange_strong(page->code, &dropped, EL4_BUS_CODE_NONE);
    }
}

void el4_mem_written_by_walk(struct el4_cpu *cpu, const struct el4_bus_page *page, uint64_t pa)
{
    /* A full barrier: what a translator that sets the flag later reads is the new value. */
    if (atomic_fetch_or(page->code, 0) != EL4_BUS_CODE_NONE) {
        claim_for_writing(cpu, page, pa);
    }
}

/*
 * claimed: for a write, which follows. Then the write entry goes in even if the page became
 * one of code again this moment: the call that comes with it finds the entry, and knows.
 */
static void install(struct el4_cpu *cpu, uint64_t va, unsigned index,
                    const struct el4_translation *t, const struct el4_bus_page *page,
                    bool claimed)
{
    struct el4_mmu *mmu = cpu->mmu;
    struct el4_tlb_entry *entry = el4_mem_fast_entry(cpu, va, index);
    uint64_t tag = va & EL4_PAGE_MASK;
    if (!(mmu->fast_used & (1u << index))) {
        mmu->fast_used |= (uint8_t)(1u << index);
        mmu->large[index][0].base = mmu->large[index][1].base = 1;
        memset(cpu->tlb[index], 0xff, sizeof(cpu->tlb[index]));
    }
    if (entry->write_tag != EL4_TLB_NO_TAG) {
        forget_write_entries(cpu);
    }
    if (index == EL4_MMU_EL0 && tag >> 32) {
        mmu->el0_beyond_4g = true;
    }
    if (t->size_bits > EL4_PAGE_BITS) {
        note_large(mmu->large[index], va, t->size_bits);
    }
    bool writable = (t->permits & EL4_PERMIT_WRITE) && page->writable &&
                    (claimed || atomic_load_explicit(page->code, memory_order_acquire) ==
                                    EL4_BUS_CODE_NONE);
    *entry = (struct el4_tlb_entry){
        .read_tag = t->permits & EL4_PERMIT_READ ? tag : EL4_TLB_NO_TAG,
        .write_tag = writable ? tag : EL4_TLB_NO_TAG,
        .addend = (uintptr_t)page->host - (uintptr_t)tag,
        .pa = (t->pa & EL4_PAGE_MASK) | (t->secure ? EL4_TLB_PA_SECURE : 0) |
              (t->device ? EL4_TLB_PA_DEVICE : 0),
    };
}

static bool fast_place(struct el4_cpu *cpu, uint64_t va, enum el4_access_kind access,
                       uint32_t aux, struct el4_mem_place *place)
{
    const struct el4_tlb_entry *entry = el4_mem_fast_entry(cpu, va, aux);
    uint64_t tag = access == EL4_ACCESS_WRITE ? entry->write_tag : entry->read_tag;
    if (tag != (va & EL4_PAGE_MASK)) {
        return false;
    }
    place->host = (uint8_t *)(entry->addend + (uintptr_t)va);
    place->device = entry->pa & EL4_TLB_PA_DEVICE;
    return true;
}

void el4_mem_locate(struct el4_cpu *cpu, uint64_t va, enum el4_access_kind access, uint32_t aux,
                    struct el4_mem_place *place)
{
    if (fast_place(cpu, va, access, aux, place)) {
        return;
    }
    struct el4_translation t;
    struct el4_mmu_fault fault;
    struct el4_bus_page page;
    unsigned index = index_of(aux);
    if (!el4_mmu_translate(cpu, va, access, (enum el4_mmu_index)index, &t, &fault)) {
        el4_mmu_raise(cpu, &fault, va, 0);
    }
    *place = (struct el4_mem_place){.pa = t.pa, .secure = t.secure, .device = t.device};
    if (!el4_bus_lookup_page(cpu->bus, t.pa, t.secure, &page) || !page.host) {
        return;
    }
    if (access == EL4_ACCESS_WRITE) {
        if (!page.writable) {
            return;
        }
        claim_for_writing(cpu, &page, t.pa);
    }
    if (!watched(cpu, va)) {
        install(cpu, va, index, &t, &page, access == EL4_ACCESS_WRITE);
    } else if (access == EL4_ACCESS_WRITE) {
        el4_crosscall_note_unseen_write(cpu);
    }
    place->host = page.host + (va & ~EL4_PAGE_MASK);
}

uint64_t el4_mem_host_read(const uint8_t *host, unsigned bytes)
{
    if ((uintptr_t)host & (bytes - 1)) {
        uint64_t value = 0;
        for (unsigned i = 0; i < bytes; i++) {
            value |= (uint64_t)__atomic_load_n(host + i, __ATOMIC_RELAXED) << (8 * i);
        }
        return value;
    }
    switch (bytes) {
    case 1: return __atomic_load_n(host, __ATOMIC_RELAXED);
    case 2: return __atomic_load_n((const uint16_t *)(const void *)host, __ATOMIC_RELAXED);
    case 4: return __atomic_load_n((const uint32_t *)(const void *)host, __ATOMIC_RELAXED);
    default: return __atomic_load_n((const uint64_t *)(const void *)host, __ATOMIC_RELAXED);
    }
}

void el4_mem_host_write(uint8_t *host, uint64_t value, unsigned bytes)
{
    if ((uintptr_t)host & (bytes - 1)) {
        for (unsigned i = 0; i < bytes; i++) {
            __atomic_store_n(host + i, (uint8_t)(value >> (8 * i)), __ATOMIC_RELAXED);
        }
        return;
    }
    switch (bytes) {
    case 1: __atomic_store_n(host, (uint8_t)value, __ATOMIC_RELAXED); break;
    case 2:
        __atomic_store_n((uint16_t *)(void *)host, (uint16_t)value, __ATOMIC_RELAXED);
        break;
    case 4:
        __atomic_store_n((uint32_t *)(void *)host, (uint32_t)value, __ATOMIC_RELAXED);
        break;
    default: __atomic_store_n((uint64_t *)(void *)host, value, __ATOMIC_RELAXED); break;
    }
}

/* Device access: the vCPU counts as not in guest code meanwhile. The mapping may change. */
static uint64_t bus_access(struct el4_cpu *cpu, const struct el4_mem_place *place,
                           unsigned offset, unsigned bytes, uint64_t va, bool is_write,
                           uint64_t value, uint32_t aux)
{
    const struct el4_bus_attrs attrs = {
        .secure = place->secure,
        .privileged = index_of(aux) != EL4_MMU_EL0,
        .cpu = (int)cpu->index,
    };
    bool in_guest = atomic_load_explicit(&cpu->in_guest, memory_order_relaxed);
    if (in_guest) {
        el4_crosscall_leave_guest(cpu);
    }
    enum el4_bus_result result =
        is_write ? el4_bus_write(cpu->bus, place->pa + offset, bytes, value, &attrs)
                 : el4_bus_read(cpu->bus, place->pa + offset, bytes, &value, &attrs);
    if (in_guest) {
        el4_crosscall_enter_guest(cpu);
    }
    if (cpu->trace && (cpu->trace->kinds & EL4_TRACE_MMIO)) {
        static const char *const faults[] = {NULL, "nothing there", "bad size", "refused"};
        cpu->trace->mmio(cpu->trace, cpu, place->pa + offset, bytes, is_write, value,
                         faults[result]);
    }
    if (result != EL4_BUS_OK) {
        raise_external(cpu, va + offset, is_write);
    }
    if (cpu->doorbell_rung) {
        const struct el4_exception call = {.kind = EL4_RAISE_DOORBELL, .return_next = true};
        cpu->doorbell_rung = false;
        el4_cpu_raise_exception(cpu, &call);
    }
    return value;
}

static void check_alignment(struct el4_cpu *cpu, uint64_t va, unsigned bytes, bool is_write,
                            uint32_t aux)
{
    uint32_t checks = EL4_MEM_ALIGNED | EL4_MEM_ALIGN_CHECK;
    if (bytes == 16) {
        checks |= EL4_MEM_ALIGN16;
    }
    if ((va & (bytes - 1)) && (aux & checks)) {
        el4_mem_raise_alignment(cpu, va, is_write);
    }
}

static bool crosses_page(uint64_t va, unsigned bytes)
{
    return (va & ~EL4_PAGE_MASK) + bytes > EL4_PAGE_SIZE;
}

/* One page's bytes of an access over two pages, in memory order. */
static void access_bytes(struct el4_cpu *cpu, uint64_t va, const struct el4_mem_place *place,
                         uint8_t *data, unsigned bytes, bool is_write, uint32_t aux)
{
    for (unsigned i = 0; i < bytes; i++) {
        if (!place->host) {
            data[i] = (uint8_t)bus_access(cpu, place, i, 1, va, is_write, data[i], aux);
        } else if (is_write) {
            __atomic_store_n(place->host + i, data[i], __ATOMIC_RELAXED);
        } else {
            data[i] = __atomic_load_n(place->host + i, __ATOMIC_RELAXED);
        }
    }
}

/*
 * Memory-order bytes of an access over two pages. Both are translated before anything happens,
 * and RAM goes first: a bus access runs cross-calls, after which place[] may be outdated.
 */
static void cross_access(struct el4_cpu *cpu, uint64_t va, uint8_t *data, unsigned bytes,
                         bool is_write, uint32_t aux)
{
    enum el4_access_kind access = is_write ? EL4_ACCESS_WRITE : EL4_ACCESS_READ;
    unsigned first = EL4_PAGE_SIZE - (unsigned)(va & ~EL4_PAGE_MASK);
    struct el4_mem_place place[2];
    uint64_t second_va = wrap(va + first, aux);
    el4_mem_locate(cpu, va, access, aux, &place[0]);
    el4_mem_locate(cpu, second_va, access, aux, &place[1]);
    if (place[0].device || place[1].device) {
        el4_mem_raise_alignment(cpu, va, is_write);
    }
    el4_mem_check_watched(cpu, va, bytes, is_write, aux);
    if (is_write) {
        /* The second page may have taken the write entry of the first. */
        el4_crosscall_note_unseen_write(cpu);
    }
    for (unsigned pass = 0; pass < 2; pass++) {
        bool ram = pass == 0;
        if (!place[0].host != ram) {
            access_bytes(cpu, va, &place[0], data, first, is_write, aux);
        }
        if (!place[1].host != ram) {
            access_bytes(cpu, second_va, &place[1], data + first, bytes - first, is_write, aux);
        }
    }
}

/* LDRD and STRD: one access where it is aligned and in memory, else two of a word each. */
static bool is_one_access(struct el4_cpu *cpu, uint64_t va, enum el4_access_kind access,
                          uint32_t aux)
{
    struct el4_mem_place place;
    if (va & 7) {
        return false;
    }
    el4_mem_locate(cpu, va, access, aux, &place);
    return place.host;
}

static uint64_t read_words(struct el4_cpu *cpu, uint64_t va, uint32_t aux)
{
    uint32_t word_aux = aux | EL4_MEM_ALIGNED;
    uint64_t first = el4_mem_read(cpu, va, 4, word_aux);
    uint64_t second = el4_mem_read(cpu, va + 4, 4, word_aux);
    return aux & EL4_MEM_BIG_ENDIAN ? first << 32 | second : second << 32 | first;
}

static void write_words(struct el4_cpu *cpu, uint64_t va, uint64_t value, uint32_t aux)
{
    uint32_t word_aux = aux | EL4_MEM_ALIGNED;
    uint64_t low = (uint32_t)value;
    uint64_t high = value >> 32;
    bool swap = aux & EL4_MEM_BIG_ENDIAN;
    el4_mem_write(cpu, va, swap ? high : low, 4, word_aux);
    el4_mem_write(cpu, va + 4, swap ? low : high, 4, word_aux);
}

uint64_t el4_mem_read(struct el4_cpu *cpu, uint64_t va, unsigned bytes, uint32_t aux)
{
    struct el4_mem_place place;
    uint64_t value = 0;
    va = wrap(va, aux);
    if (bytes == 8 && (aux & EL4_MEM_WORD_PAIR) &&
        !is_one_access(cpu, va, EL4_ACCESS_READ, aux)) {
        return read_words(cpu, va, aux);
    }
    check_alignment(cpu, va, bytes, false, aux);
    if (crosses_page(va, bytes)) {
        cross_access(cpu, va, (uint8_t *)&value, bytes, false, aux);
        return el4_mem_order(value, bytes, aux);
    }
    el4_mem_locate(cpu, va, EL4_ACCESS_READ, aux, &place);
    if (place.device && (va & (bytes - 1))) {
        el4_mem_raise_alignment(cpu, va, false);
    }
    el4_mem_check_watched(cpu, va, bytes, false, aux);
    value = place.host ? el4_mem_host_read(place.host, bytes)
                       : bus_access(cpu, &place, 0, bytes, va, false, 0, aux);
    return el4_mem_order(value, bytes, aux);
}

void el4_mem_write(struct el4_cpu *cpu, uint64_t va, uint64_t value, unsigned bytes,
                   uint32_t aux)
{
    struct el4_mem_place place;
    va = wrap(va, aux);
    if (bytes == 8 && (aux & EL4_MEM_WORD_PAIR) &&
        !is_one_access(cpu, va, EL4_ACCESS_WRITE, aux)) {
        write_words(cpu, va, value, aux);
        return;
    }
    check_alignment(cpu, va, bytes, true, aux);
    value = el4_mem_order(value, bytes, aux);
    if (crosses_page(va, bytes)) {
        cross_access(cpu, va, (uint8_t *)&value, bytes, true, aux);
        return;
    }
    el4_mem_locate(cpu, va, EL4_ACCESS_WRITE, aux, &place);
    if (place.device && (va & (bytes - 1))) {
        el4_mem_raise_alignment(cpu, va, true);
    }
    el4_mem_check_watched(cpu, va, bytes, true, aux);
    if (place.host) {
        el4_mem_host_write(place.host, value, bytes);
    } else {
        bus_access(cpu, &place, 0, bytes, va, true, value, aux);
    }
}

/* Big-endian 128-bit data has its halves swapped too. */
static void order128(uint64_t to[2], const uint64_t from[2], uint32_t aux)
{
    bool swap = aux & EL4_MEM_BIG_ENDIAN;
    uint64_t low = swap ? __builtin_bswap64(from[1]) : from[0];
    uint64_t high = swap ? __builtin_bswap64(from[0]) : from[1];
    to[0] = low;
    to[1] = high;
}

void el4_mem_read128(struct el4_cpu *cpu, uint64_t va, uint64_t value[2], uint32_t aux)
{
    struct el4_mem_place place;
    va = wrap(va, aux);
    check_alignment(cpu, va, 16, false, aux);
    if (crosses_page(va, 16)) {
        cross_access(cpu, va, (uint8_t *)value, 16, false, aux);
        order128(value, value, aux);
        return;
    }
    el4_mem_locate(cpu, va, EL4_ACCESS_READ, aux, &place);
    if (place.device && (va & 7)) {
        el4_mem_raise_alignment(cpu, va, false);
    }
    el4_mem_check_watched(cpu, va, 16, false, aux);
    if (!place.host) {
        uint64_t low = bus_access(cpu, &place, 0, 8, va, false, 0, aux);
        value[1] = bus_access(cpu, &place, 8, 8, va, false, 0, aux);
        value[0] = low;
    } else if ((uintptr_t)place.host & 15) {
        value[0] = el4_mem_host_read(place.host, 8);
        value[1] = el4_mem_host_read(place.host + 8, 8);
    } else {
        el4_mem_host_read16(place.host, value);
    }
    order128(value, value, aux);
}

void el4_mem_write128(struct el4_cpu *cpu, uint64_t va, const uint64_t value[2], uint32_t aux)
{
    struct el4_mem_place place;
    uint64_t data[2];
    va = wrap(va, aux);
    check_alignment(cpu, va, 16, true, aux);
    order128(data, value, aux);
    if (crosses_page(va, 16)) {
        cross_access(cpu, va, (uint8_t *)data, 16, true, aux);
        return;
    }
    el4_mem_locate(cpu, va, EL4_ACCESS_WRITE, aux, &place);
    if (place.device && (va & 7)) {
        el4_mem_raise_alignment(cpu, va, true);
    }
    el4_mem_check_watched(cpu, va, 16, true, aux);
    if (!place.host) {
        bus_access(cpu, &place, 0, 8, va, true, data[0], aux);
        bus_access(cpu, &place, 8, 8, va, true, data[1], aux);
    } else if ((uintptr_t)place.host & 15) {
        el4_mem_host_write(place.host, data[0], 8);
        el4_mem_host_write(place.host + 8, data[1], 8);
    } else {
        el4_mem_host_write16(place.host, data);
    }
}

void el4_mem_probe(struct el4_cpu *cpu, uint64_t va, unsigned bytes,
                   enum el4_access_kind access, uint32_t aux)
{
    struct el4_mem_place place;
    if (!bytes) {
        return;
    }
    uint64_t last = (va + (bytes - 1)) & EL4_PAGE_MASK;
    uint64_t page = va & EL4_PAGE_MASK;
    el4_mem_locate(cpu, va, access, aux, &place);
    while (page != last) {
        page += EL4_PAGE_SIZE;
        el4_mem_locate(cpu, page, access, aux, &place);
    }
}

void el4_mem_zero_block(struct el4_cpu *cpu, uint64_t va, unsigned bytes, uint32_t aux)
{
    struct el4_mem_place place;
    el4_mem_locate(cpu, va, EL4_ACCESS_WRITE, aux, &place);
    if (place.device) {
        el4_mem_raise_alignment(cpu, va, true);
    }
    el4_mem_check_watched(cpu, va, bytes, true, aux);
    for (unsigned offset = 0; offset < bytes; offset += 8) {
        if (place.host) {
            el4_mem_host_write(place.host + offset, 0, 8);
        } else {
            bus_access(cpu, &place, offset, 8, va, true, 0, aux);
        }
    }
}

void el4_mem_fetch_page(struct el4_cpu *cpu, uint64_t va, struct el4_fetch_page *page)
{
    struct el4_translation t;
    struct el4_mmu_fault fault;
    struct el4_bus_page memory;
    if (!el4_mmu_translate(cpu, va, EL4_ACCESS_EXECUTE, (enum el4_mmu_index)cpu->mode.mmu_index,
                           &t, &fault)) {
        el4_mmu_raise(cpu, &fault, va, EL4_ABORT_EXECUTE);
    }
    if (t.size_bits > EL4_PAGE_BITS) {
        note_large(cpu->mmu->large_code, va, t.size_bits);
    }
    *page = (struct el4_fetch_page){
        .pa = (t.pa & EL4_PAGE_MASK) | (t.secure ? 1 : 0),
        .guarded = t.guarded,
    };
    if (el4_bus_lookup_page(cpu->bus, t.pa, t.secure, &memory)) {
        page->host = memory.host;
    }
}
