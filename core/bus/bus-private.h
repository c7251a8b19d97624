/* SPDX-License-Identifier: MIT */
/*
 * Inside of the bus: the regions, and for each view a flat array of them sorted by address.
 * Regions of one view never overlap, so that one binary search on the last address decides.
 */
#ifndef EL4_BUS_BUS_PRIVATE_H
#define EL4_BUS_BUS_PRIVATE_H

#include <stdatomic.h>

#include "bus/bus.h"

#define EL4_BUS_PAGE_BITS 12
#define EL4_BUS_PAGE_SIZE ((uint64_t)1 << EL4_BUS_PAGE_BITS)

enum el4_bus_kind { EL4_BUS_RAM, EL4_BUS_ROM, EL4_BUS_MMIO, EL4_BUS_ROMD };

struct el4_bus_region {
    char *name;
    enum el4_bus_kind kind;
    enum el4_bus_view view;
    uint64_t base;
    uint64_t last; /* inclusive, so that a region may end at the top of the address space */
    struct el4_bus_mmio_ops ops;
    void *opaque;
    uint8_t *host;         /* address of base; NULL for MMIO */
    _Atomic uint8_t *code; /* one byte a 4 KiB page, beginning with the page of base */
    void *map;             /* what munmap gets */
    size_t map_bytes;
    size_t code_bytes;
    atomic_bool rom_mode; /* romd: reads come from host memory */
};

/* The bounds are kept beside the pointers: a search stays within one or two cache lines. */
struct el4_bus_range {
    uint64_t base, last;
    struct el4_bus_region *region;
};

struct el4_bus_map {
    struct el4_bus_range *ranges;
    size_t count;
};

struct el4_bus {
    GPtrArray *regions; /* struct el4_bus_region, owned, sorted by base */
    struct el4_bus_map secure, nonsecure;
    struct el4_bus_hooks hooks;
    bool frozen;
};

/* The first range that ends at or after pa (it may begin after it), or NULL. */
const struct el4_bus_range *el4_bus_search(const struct el4_bus *bus, uint64_t pa, bool secure);
/* The region that holds pa, or NULL. */
struct el4_bus_region *el4_bus_find(const struct el4_bus *bus, uint64_t pa, bool secure);

/* Loads from the region are plain reads of host memory right now. */
static inline bool el4_bus_region_reads_host(const struct el4_bus_region *region)
{
    return region->kind == EL4_BUS_RAM || region->kind == EL4_BUS_ROM ||
           (region->kind == EL4_BUS_ROMD &&
            atomic_load_explicit(&region->rom_mode, memory_order_acquire));
}

static inline _Atomic uint8_t *el4_bus_region_code(const struct el4_bus_region *region,
                                                   uint64_t pa)
{
    return region->code + ((pa >> EL4_BUS_PAGE_BITS) - (region->base >> EL4_BUS_PAGE_BITS));
}

#endif
