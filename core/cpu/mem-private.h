/* SPDX-License-Identifier: MIT */
/* Between mem.c and mem-atomic.c: where an access goes. */
#ifndef EL4_CPU_MEM_PRIVATE_H
#define EL4_CPU_MEM_PRIVATE_H

#include "cpu/mem.h"

struct el4_bus_page;

/* Bits of el4_tlb_entry.pa below the page. */
#define EL4_TLB_PA_SECURE 1u
#define EL4_TLB_PA_DEVICE 2u /* unaligned accesses fault */

struct el4_mem_place {
    uint8_t *host; /* of the very byte, or NULL: through the bus */
    uint64_t pa;   /* with host NULL only */
    bool secure;
    bool device;
};

/* Translate one access within a page, through the fast TLB; raises. */
void el4_mem_locate(struct el4_cpu *cpu, uint64_t va, enum el4_access_kind access, uint32_t aux,
                    struct el4_mem_place *place);

/* Watchpoints, after translation and before the access. */
void el4_mem_check_watched(struct el4_cpu *cpu, uint64_t va, unsigned bytes, bool is_write,
                           uint32_t aux);

/* RAM was written by a table walk (FEAT_HAFDBS): no code that was there may stay. */
void el4_mem_written_by_walk(struct el4_cpu *cpu, const struct el4_bus_page *page, uint64_t pa);

/* Accesses to host memory; unaligned ones byte by byte. */
uint64_t el4_mem_host_read(const uint8_t *host, unsigned bytes);
void el4_mem_host_write(uint8_t *host, uint64_t value, unsigned bytes);

/* Reverse the low bytes of a value. */
static inline uint64_t el4_mem_swap(uint64_t value, unsigned bytes)
{
    return __builtin_bswap64(value) >> (64 - 8 * bytes);
}

static inline uint64_t el4_mem_order(uint64_t value, unsigned bytes, uint32_t aux)
{
    return aux & EL4_MEM_BIG_ENDIAN ? el4_mem_swap(value, bytes) : value;
}

#endif
