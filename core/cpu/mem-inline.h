/* SPDX-License-Identifier: MIT */
/*
 * The fast path of guest memory accesses, for the interpreter to inline: one compare that
 * checks page and natural alignment at once, then a plain host access. All else (misses,
 * unaligned, big-endian, devices) goes to mem.c. Host accesses are relaxed atomics: what two
 * guest cpus do to the same word is their business, but must not be undefined here.
 */
#ifndef EL4_CPU_MEM_INLINE_H
#define EL4_CPU_MEM_INLINE_H

#include "cpu/mem.h"

#define EL4_TLB_ENTRY_BITS 5
_Static_assert(sizeof(struct el4_tlb_entry) == 1u << EL4_TLB_ENTRY_BITS, "found by its bytes");

static inline struct el4_tlb_entry *el4_mem_fast_entry(struct el4_cpu *cpu, uint64_t va,
                                                       uint32_t aux)
{
    /*
     * A hash, not the low bits alone: buffers a power of two apart would fight for the same
     * entries. Copying between two 16 MiB apart became 2.6 times as fast. The top byte stays
     * out of it, so that all tags of a page share an entry (el4_mem_flush_fast_tlb_page).
     * It is made in bytes: with an index, scaled later, a load's data came two cycles later.
     */
    uint64_t place = (va >> (EL4_PAGE_BITS - EL4_TLB_ENTRY_BITS) ^
                      va >> (EL4_PAGE_BITS - EL4_TLB_ENTRY_BITS + EL4_TLB_BITS)) &
                     ((EL4_TLB_SIZE - 1) << EL4_TLB_ENTRY_BITS);
    uint8_t *table = (uint8_t *)cpu->tlb[aux & EL4_MEM_INDEX_MASK];
    return (struct el4_tlb_entry *)(void *)(table + place);
}

#define EL4_MEM_FAST_ACCESS(bytes, type)                                                       \
    static inline uint64_t el4_mem_fast_read##bytes(struct el4_cpu *cpu, uint64_t va,          \
                                                    uint32_t aux)                              \
    {                                                                                          \
        const struct el4_tlb_entry *entry = el4_mem_fast_entry(cpu, va, aux);                  \
        if (__builtin_expect(entry->read_tag == (va & (EL4_PAGE_MASK | (bytes - 1))) &&        \
                                 !(aux & EL4_MEM_BIG_ENDIAN),                                  \
                             1)) {                                                             \
            return __atomic_load_n((const type *)(entry->addend + va), __ATOMIC_RELAXED);      \
        }                                                                                      \
        return el4_mem_read(cpu, va, bytes, aux);                                              \
    }                                                                                          \
    static inline void el4_mem_fast_write##bytes(struct el4_cpu *cpu, uint64_t va,             \
                                                 uint64_t value, uint32_t aux)                 \
    {                                                                                          \
        const struct el4_tlb_entry *entry = el4_mem_fast_entry(cpu, va, aux);                  \
        if (__builtin_expect(entry->write_tag == (va & (EL4_PAGE_MASK | (bytes - 1))) &&       \
                                 !(aux & EL4_MEM_BIG_ENDIAN),                                  \
                             1)) {                                                             \
            __atomic_store_n((type *)(entry->addend + va), (type)value, __ATOMIC_RELAXED);     \
            return;                                                                            \
        }                                                                                      \
        el4_mem_write(cpu, va, value, bytes, aux);                                             \
    }

EL4_MEM_FAST_ACCESS(1, uint8_t)
EL4_MEM_FAST_ACCESS(2, uint16_t)
EL4_MEM_FAST_ACCESS(4, uint32_t)
EL4_MEM_FAST_ACCESS(8, uint64_t)

/*
 * 16 bytes, aligned so: one host vector access, which x86-64 hosts with AVX do at once, as
 * FEAT_LSE2 asks. The thread sanitizer only knows of atomics up to the compiler's own, so that
 * it gets two halves.
 */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
typedef long long el4_host_vector __attribute__((vector_size(16), may_alias));

static inline void el4_mem_host_read16(const void *host, uint64_t value[2])
{
    el4_host_vector both = *(const volatile el4_host_vector *)host;
    value[0] = (uint64_t)both[0];
    value[1] = (uint64_t)both[1];
}

static inline void el4_mem_host_write16(void *host, const uint64_t value[2])
{
    *(volatile el4_host_vector *)host =
        (el4_host_vector){(long long)value[0], (long long)value[1]};
}
#else
static inline void el4_mem_host_read16(const void *host, uint64_t value[2])
{
    const uint64_t *words = host;
    value[0] = __atomic_load_n(words, __ATOMIC_RELAXED);
    value[1] = __atomic_load_n(words + 1, __ATOMIC_RELAXED);
}

static inline void el4_mem_host_write16(void *host, const uint64_t value[2])
{
    uint64_t *words = host;
    __atomic_store_n(words, value[0], __ATOMIC_RELAXED);
    __atomic_store_n(words + 1, value[1], __ATOMIC_RELAXED);
}
#endif

static inline void el4_mem_fast_read16(struct el4_cpu *cpu, uint64_t va, uint64_t value[2],
                                       uint32_t aux)
{
    const struct el4_tlb_entry *entry = el4_mem_fast_entry(cpu, va, aux);
    if (__builtin_expect(
            entry->read_tag == (va & (EL4_PAGE_MASK | 15)) && !(aux & EL4_MEM_BIG_ENDIAN), 1)) {
        el4_mem_host_read16((const void *)(entry->addend + va), value);
        return;
    }
    el4_mem_read128(cpu, va, value, aux);
}

static inline void el4_mem_fast_write16(struct el4_cpu *cpu, uint64_t va,
                                        const uint64_t value[2], uint32_t aux)
{
    const struct el4_tlb_entry *entry = el4_mem_fast_entry(cpu, va, aux);
    if (__builtin_expect(entry->write_tag == (va & (EL4_PAGE_MASK | 15)) &&
                             !(aux & EL4_MEM_BIG_ENDIAN),
                         1)) {
        el4_mem_host_write16((void *)(entry->addend + va), value);
        return;
    }
    el4_mem_write128(cpu, va, value, aux);
}

#endif
