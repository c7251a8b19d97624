/* SPDX-License-Identifier: MIT */
/*
 * Building the physical address space and looking things up in it. RAM and ROM are anonymous
 * mappings that cost nothing until they are touched; so are the code flags beside them (one
 * byte a page). A region's host memory has the same offset within a page as its guest address,
 * so that natural alignment in the guest is natural alignment on the host.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "bus/bus-private.h"

G_DEFINE_QUARK(el4 - bus - error - quark, el4_bus_error)

static const char *const kind_names[] = {
    [EL4_BUS_RAM] = "ram",
    [EL4_BUS_ROM] = "rom",
    [EL4_BUS_MMIO] = "mmio",
    [EL4_BUS_ROMD] = "romd",
};

static void region_free(void *data)
{
    struct el4_bus_region *region = data;
    if (region->map) {
        munmap(region->map, region->map_bytes);
    }
    if (region->code) {
        munmap((void *)region->code, region->code_bytes);
    }
    g_free(region->name);
    g_free(region);
}

struct el4_bus *el4_bus_new(void)
{
    struct el4_bus *bus = g_new0(struct el4_bus, 1);
    bus->regions = g_ptr_array_new_with_free_func(region_free);
    return bus;
}

void el4_bus_free(struct el4_bus *bus)
{
    if (!bus) {
        return;
    }
    g_ptr_array_free(bus->regions, true);
    g_free(bus->secure.ranges);
    g_free(bus->nonsecure.ranges);
    g_free(bus);
}

const struct el4_bus_range *el4_bus_search(const struct el4_bus *bus, uint64_t pa, bool secure)
{
    const struct el4_bus_map *map = secure ? &bus->secure : &bus->nonsecure;
    size_t low = 0;
    size_t high = map->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->ranges[middle].last < pa) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < map->count ? &map->ranges[low] : NULL;
}

struct el4_bus_region *el4_bus_find(const struct el4_bus *bus, uint64_t pa, bool secure)
{
    const struct el4_bus_range *range = el4_bus_search(bus, pa, secure);
    return range && range->base <= pa ? range->region : NULL;
}

static bool check_range(const struct el4_bus *bus, const char *name, uint64_t base,
                        uint64_t bytes, enum el4_bus_view view, GError **error)
{
    if (bus->frozen) {
        g_set_error(error, el4_bus_error_quark(), EL4_BUS_ERROR_FROZEN,
                    "region '%s': the address space is frozen", name);
        return false;
    }
    if (!bytes || !(view & EL4_BUS_BOTH) || (view & ~EL4_BUS_BOTH)) {
        g_set_error(error, el4_bus_error_quark(), EL4_BUS_ERROR_RANGE,
                    "region '%s' at 0x%" G_GINT64_MODIFIER "x: %s", name, base,
                    bytes ? "not in any view" : "its size is zero");
        return false;
    }
    if (base + (bytes - 1) < base) {
        g_set_error(error, el4_bus_error_quark(), EL4_BUS_ERROR_RANGE,
                    "region '%s' at 0x%" G_GINT64_MODIFIER "x: 0x%" G_GINT64_MODIFIER
                    "x bytes go beyond the end of the address space",
                    name, base, bytes);
        return false;
    }
    uint64_t last = base + (bytes - 1);
    for (guint i = 0; i < bus->regions->len; i++) {
        const struct el4_bus_region *other = g_ptr_array_index(bus->regions, i);
        if ((other->view & view) && other->base <= last && base <= other->last) {
            g_set_error(error, el4_bus_error_quark(), EL4_BUS_ERROR_OVERLAP,
                        "region '%s' (0x%" G_GINT64_MODIFIER "x-0x%" G_GINT64_MODIFIER
                        "x) overlaps region '%s' (0x%" G_GINT64_MODIFIER
                        "x-0x%" G_GINT64_MODIFIER "x)",
                        name, base, last, other->name, other->base, other->last);
            return false;
        }
    }
    return true;
}

/* Anonymous pages that the host provides when they are touched, and no huge ones. */
static void *map_untouched(size_t bytes)
{
    void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED) {
        return NULL;
    }
    /* May be refused by kernels without huge pages, which is what is wanted anyway. */
    (void)madvise(map, bytes, MADV_NOHUGEPAGE);
    return map;
}

static bool map_memory(struct el4_bus_region *region, GError **error)
{
    uint64_t offset = region->base & (EL4_BUS_PAGE_SIZE - 1);
    uint64_t bytes = region->last - region->base + 1;
    if (bytes == 0 || bytes > SIZE_MAX / 2 - EL4_BUS_PAGE_SIZE) {
        g_set_error(error, el4_bus_error_quark(), EL4_BUS_ERROR_MEMORY,
                    "region '%s' is too large for this host", region->name);
        return false;
    }
    region->map_bytes = (size_t)(bytes + offset);
    region->code_bytes =
        (size_t)((region->last >> EL4_BUS_PAGE_BITS) - (region->base >> EL4_BUS_PAGE_BITS) + 1);
    region->map = map_untouched(region->map_bytes);
    int map_errno = errno;
    region->code = region->map ? map_untouched(region->code_bytes) : NULL;
    if (!region->code) {
        g_set_error(error, el4_bus_error_quark(), EL4_BUS_ERROR_MEMORY,
                    "region '%s': no memory for 0x%" G_GINT64_MODIFIER "x bytes: %s",
                    region->name, bytes, g_strerror(region->map ? errno : map_errno));
        return false;
    }
    region->host = (uint8_t *)region->map + offset;
    return true;
}

static gint compare_regions(gconstpointer a, gconstpointer b)
{
    const struct el4_bus_region *const *left = a;
    const struct el4_bus_region *const *right = b;
    return (*left)->base < (*right)->base ? -1 : (*left)->base > (*right)->base;
}

/* The flat arrays are kept right at every addition: loaders may run before the freeze. */
static void rebuild_map(struct el4_bus *bus, struct el4_bus_map *map, enum el4_bus_view view)
{
    map->ranges = g_renew(struct el4_bus_range, map->ranges, bus->regions->len);
    map->count = 0;
    for (guint i = 0; i < bus->regions->len; i++) {
        struct el4_bus_region *region = g_ptr_array_index(bus->regions, i);
        if (region->view & view) {
            map->ranges[map->count++] = (struct el4_bus_range){
                .base = region->base,
                .last = region->last,
                .region = region,
            };
        }
    }
}

static void insert_region(struct el4_bus *bus, struct el4_bus_region *region)
{
    g_ptr_array_add(bus->regions, region);
    g_ptr_array_sort(bus->regions, compare_regions);
    rebuild_map(bus, &bus->secure, EL4_BUS_SECURE);
    rebuild_map(bus, &bus->nonsecure, EL4_BUS_NONSECURE);
}

static bool add_region(struct el4_bus *bus, enum el4_bus_kind kind, const char *name,
                       uint64_t base, uint64_t bytes, enum el4_bus_view view,
                       const struct el4_bus_mmio_ops *ops, void *opaque, GError **error)
{
    if (!check_range(bus, name, base, bytes, view, error)) {
        return false;
    }
    struct el4_bus_region *region = g_new0(struct el4_bus_region, 1);
    region->name = g_strdup(name);
    region->kind = kind;
    region->view = view;
    region->base = base;
    region->last = base + (bytes - 1);
    region->opaque = opaque;
    atomic_init(&region->rom_mode, kind == EL4_BUS_ROMD);
    if (ops) {
        region->ops = *ops;
        unsigned size_max = ops->size_max ? ops->size_max : MAX(4u, ops->size_min);
        region->ops.size_min = ops->size_min ? ops->size_min : MIN(4u, size_max);
        region->ops.size_max = size_max;
    }
    if (kind != EL4_BUS_MMIO && !map_memory(region, error)) {
        region_free(region);
        return false;
    }
    insert_region(bus, region);
    return true;
}

bool el4_bus_add_ram(struct el4_bus *bus, const char *name, uint64_t base, uint64_t bytes,
                     enum el4_bus_view view, GError **error)
{
    return add_region(bus, EL4_BUS_RAM, name, base, bytes, view, NULL, NULL, error);
}

bool el4_bus_add_rom(struct el4_bus *bus, const char *name, uint64_t base, uint64_t bytes,
                     enum el4_bus_view view, GError **error)
{
    return add_region(bus, EL4_BUS_ROM, name, base, bytes, view, NULL, NULL, error);
}

bool el4_bus_add_mmio(struct el4_bus *bus, const char *name, uint64_t base, uint64_t bytes,
                      enum el4_bus_view view, const struct el4_bus_mmio_ops *ops, void *opaque,
                      GError **error)
{
    return add_region(bus, EL4_BUS_MMIO, name, base, bytes, view, ops, opaque, error);
}

bool el4_bus_add_romd(struct el4_bus *bus, const char *name, uint64_t base, uint64_t bytes,
                      enum el4_bus_view view, const struct el4_bus_mmio_ops *ops, void *opaque,
                      GError **error)
{
    return add_region(bus, EL4_BUS_ROMD, name, base, bytes, view, ops, opaque, error);
}

void el4_bus_set_rom_mode(struct el4_bus *bus, uint64_t base, enum el4_bus_view view,
                          bool rom_mode)
{
    for (guint i = 0; i < bus->regions->len; i++) {
        struct el4_bus_region *region = g_ptr_array_index(bus->regions, i);
        if (region->kind != EL4_BUS_ROMD || region->base != base || !(region->view & view)) {
            continue;
        }
        if (atomic_exchange(&region->rom_mode, rom_mode) != rom_mode &&
            bus->hooks.mapping_changed) {
            bus->hooks.mapping_changed(bus->hooks.data, region->base,
                                       region->last - region->base + 1);
        }
    }
}

/* Region with memory of its own that begins at base in one of these views, or NULL. */
static struct el4_bus_region *find_memory(struct el4_bus *bus, uint64_t base,
                                          enum el4_bus_view view)
{
    for (guint i = 0; i < bus->regions->len; i++) {
        struct el4_bus_region *region = g_ptr_array_index(bus->regions, i);
        if (region->base == base && (region->view & view) && region->host) {
            return region;
        }
    }
    return NULL;
}

uint8_t *el4_bus_host_pointer(struct el4_bus *bus, uint64_t base, enum el4_bus_view view)
{
    const struct el4_bus_region *region = find_memory(bus, base, view);
    return region ? region->host : NULL;
}

void el4_bus_clear_ram(struct el4_bus *bus, uint64_t base, enum el4_bus_view view)
{
    struct el4_bus_region *region = find_memory(bus, base, view);
    if (region && region->kind == EL4_BUS_RAM) {
        /* Private anonymous pages come back as zeros when they are next touched. */
        madvise(region->map, region->map_bytes, MADV_DONTNEED);
    }
}

void el4_bus_freeze(struct el4_bus *bus)
{
    bus->frozen = true;
}

void el4_bus_set_hooks(struct el4_bus *bus, const struct el4_bus_hooks *hooks)
{
    bus->hooks = *hooks;
}

bool el4_bus_lookup_page(struct el4_bus *bus, uint64_t pa, bool secure,
                         struct el4_bus_page *page)
{
    uint64_t first = pa & ~(EL4_BUS_PAGE_SIZE - 1);
    uint64_t last = first + (EL4_BUS_PAGE_SIZE - 1);
    *page = (struct el4_bus_page){0};
    const struct el4_bus_range *range = el4_bus_search(bus, first, secure);
    if (!range || range->base > last) {
        return false;
    }
    const struct el4_bus_region *region = range->region;
    if (range->base <= first && range->last >= last && el4_bus_region_reads_host(region)) {
        page->host = region->host + (first - region->base);
        page->writable = region->kind == EL4_BUS_RAM;
        page->code = el4_bus_region_code(region, first);
    }
    return true;
}

void el4_bus_visit(const struct el4_bus *bus,
                   void (*visit)(const struct el4_bus_region_info *info, void *data),
                   void *data)
{
    for (guint i = 0; i < bus->regions->len; i++) {
        const struct el4_bus_region *region = g_ptr_array_index(bus->regions, i);
        struct el4_bus_region_info info = {
            .name = region->name,
            .kind = kind_names[region->kind],
            .base = region->base,
            .bytes = region->last - region->base + 1,
            .view = region->view,
        };
        visit(&info, data);
    }
}
