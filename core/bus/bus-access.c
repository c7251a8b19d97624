/* SPDX-License-Identifier: MIT */
/*
 * Accesses through the bus: single ones of a register's size, and copies for DMA and loaders.
 * Guest memory is shared with running vCPUs, so that every touch is a host atomic: acquire for
 * reads and release for writes, which orders a device's ring index against its payload and
 * costs nothing on x86.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bus/bus-private.h"

static uint64_t host_load(const uint8_t *host, unsigned size)
{
    if ((uintptr_t)host & (size - 1)) {
        uint64_t value = 0;
        for (unsigned i = 0; i < size; i++) {
            value |= (uint64_t)__atomic_load_n(host + i, __ATOMIC_RELAXED) << (8 * i);
        }
        return value;
    }
    switch (size) {
    case 1: return __atomic_load_n(host, __ATOMIC_ACQUIRE);
    case 2: return __atomic_load_n((const uint16_t *)(const void *)host, __ATOMIC_ACQUIRE);
    case 4: return __atomic_load_n((const uint32_t *)(const void *)host, __ATOMIC_ACQUIRE);
    default: return __atomic_load_n((const uint64_t *)(const void *)host, __ATOMIC_ACQUIRE);
    }
}

static void host_store(uint8_t *host, unsigned size, uint64_t value)
{
    if ((uintptr_t)host & (size - 1)) {
        for (unsigned i = 0; i < size; i++) {
            __atomic_store_n(host + i, (uint8_t)(value >> (8 * i)), __ATOMIC_RELAXED);
        }
        return;
    }
    switch (size) {
    case 1: __atomic_store_n(host, (uint8_t)value, __ATOMIC_RELEASE); break;
    case 2:
        __atomic_store_n((uint16_t *)(void *)host, (uint16_t)value, __ATOMIC_RELEASE);
        break;
    case 4:
        __atomic_store_n((uint32_t *)(void *)host, (uint32_t)value, __ATOMIC_RELEASE);
        break;
    default: __atomic_store_n((uint64_t *)(void *)host, value, __ATOMIC_RELEASE); break;
    }
}

static void copy_from_guest(uint8_t *to, const uint8_t *host, size_t bytes)
{
    while (bytes) {
        unsigned size = bytes >= 8 && !((uintptr_t)host & 7) ? 8 : 1;
        if (size == 1 && bytes >= 2 && !((uintptr_t)host & 1)) {
            size = bytes >= 4 && !((uintptr_t)host & 3) ? 4 : 2;
        }
        uint64_t value = host_load(host, size);
        memcpy(to, &value, size);
        to += size;
        host += size;
        bytes -= size;
    }
}

static void copy_to_guest(uint8_t *host, const uint8_t *from, size_t bytes)
{
    while (bytes) {
        unsigned size = bytes >= 8 && !((uintptr_t)host & 7) ? 8 : 1;
        if (size == 1 && bytes >= 2 && !((uintptr_t)host & 1)) {
            size = bytes >= 4 && !((uintptr_t)host & 3) ? 4 : 2;
        }
        uint64_t value = 0;
        memcpy(&value, from, size);
        host_store(host, size, value);
        from += size;
        host += size;
        bytes -= size;
    }
}

/*
 * Somebody may translate the page while it is written: the flag is looked at after the write,
 * with a read-modify-write as the full barrier, as the translator sets it before it reads.
 */
static void report_code(struct el4_bus *bus, struct el4_bus_region *region, uint64_t pa,
                        uint64_t bytes, bool secure)
{
    uint64_t last_page = (pa + (bytes - 1)) >> EL4_BUS_PAGE_BITS;
    for (uint64_t page = pa >> EL4_BUS_PAGE_BITS; page <= last_page; page++) {
        uint64_t page_pa = page << EL4_BUS_PAGE_BITS;
        _Atomic uint8_t *code = el4_bus_region_code(region, page_pa);
        if (atomic_fetch_or(code, 0) && bus->hooks.code_written) {
            uint8_t dropped = EL4_BUS_CODE_DROPPED;
            atomic_store(code, EL4_BUS_CODE_DROPPED);
            bus->hooks.code_written(bus->hooks.data, page_pa, secure);
            atomic_compare_exchange_strong(code, &dropped, EL4_BUS_CODE_NONE);
        }
    }
}

static bool size_taken(const struct el4_bus_region *region, uint64_t offset, unsigned size)
{
    return size >= region->ops.size_min && size <= region->ops.size_max &&
           (region->ops.unaligned || !(offset & (size - 1)));
}

/* Around call-backs, unless the device lock is held already. */
static void lock_if(const struct el4_bus *bus, bool must)
{
    if (must && bus->hooks.lock) {
        bus->hooks.lock(bus->hooks.data);
    }
}

static void unlock_if(const struct el4_bus *bus, bool must)
{
    if (must && bus->hooks.unlock) {
        bus->hooks.unlock(bus->hooks.data);
    }
}

static uint64_t low_bytes(uint64_t value, unsigned size)
{
    return size < 8 ? value & (((uint64_t)1 << (8 * size)) - 1) : value;
}

static enum el4_bus_result register_read(const struct el4_bus *bus,
                                         const struct el4_bus_region *region, uint64_t offset,
                                         unsigned size, uint64_t *value,
                                         const struct el4_bus_attrs *attrs, bool must_lock)
{
    if (!size_taken(region, offset, size)) {
        return EL4_BUS_BAD_SIZE;
    }
    if (!region->ops.read) {
        return EL4_BUS_REFUSED;
    }
    uint64_t result = 0;
    lock_if(bus, must_lock);
    enum el4_bus_result status = region->ops.read(region->opaque, offset, size, &result, attrs);
    unlock_if(bus, must_lock);
    *value = low_bytes(result, size);
    return status;
}

static enum el4_bus_result register_write(const struct el4_bus *bus,
                                          const struct el4_bus_region *region, uint64_t offset,
                                          unsigned size, uint64_t value,
                                          const struct el4_bus_attrs *attrs, bool must_lock)
{
    if (!size_taken(region, offset, size)) {
        return EL4_BUS_BAD_SIZE;
    }
    if (!region->ops.write) {
        return EL4_BUS_REFUSED;
    }
    value = low_bytes(value, size);
    lock_if(bus, must_lock);
    enum el4_bus_result status = region->ops.write(region->opaque, offset, size, value, attrs);
    unlock_if(bus, must_lock);
    return status;
}

static enum el4_bus_result mmio_read(const struct el4_bus *bus,
                                     const struct el4_bus_region *region, uint64_t offset,
                                     unsigned size, uint64_t *value,
                                     const struct el4_bus_attrs *attrs)
{
    return register_read(bus, region, offset, size, value, attrs, true);
}

static enum el4_bus_result mmio_write(const struct el4_bus *bus,
                                      const struct el4_bus_region *region, uint64_t offset,
                                      unsigned size, uint64_t value,
                                      const struct el4_bus_attrs *attrs)
{
    return register_write(bus, region, offset, size, value, attrs, true);
}

static bool valid_access(uint64_t pa, unsigned size)
{
    return (size == 1 || size == 2 || size == 4 || size == 8) && pa + (size - 1) >= pa;
}

enum el4_bus_result el4_bus_read(struct el4_bus *bus, uint64_t pa, unsigned size,
                                 uint64_t *value, const struct el4_bus_attrs *attrs)
{
    *value = 0;
    if (!valid_access(pa, size)) {
        return EL4_BUS_BAD_SIZE;
    }
    struct el4_bus_region *region = el4_bus_find(bus, pa, attrs->secure);
    if (region && region->last - pa >= size - 1) {
        uint64_t offset = pa - region->base;
        if (!el4_bus_region_reads_host(region)) {
            return mmio_read(bus, region, offset, size, value, attrs);
        }
        *value = host_load(region->host + offset, size);
        return EL4_BUS_OK;
    }
    if (!region && size == 1) {
        return EL4_BUS_NOTHING_THERE;
    }
    /* It straddles regions: byte by byte, each as the region there says. */
    for (unsigned i = 0; i < size; i++) {
        uint64_t byte = 0;
        enum el4_bus_result status = el4_bus_read(bus, pa + i, 1, &byte, attrs);
        if (status != EL4_BUS_OK) {
            return status;
        }
        *value |= byte << (8 * i);
    }
    return EL4_BUS_OK;
}

enum el4_bus_result el4_bus_write(struct el4_bus *bus, uint64_t pa, unsigned size,
                                  uint64_t value, const struct el4_bus_attrs *attrs)
{
    if (!valid_access(pa, size)) {
        return EL4_BUS_BAD_SIZE;
    }
    struct el4_bus_region *region = el4_bus_find(bus, pa, attrs->secure);
    if (region && region->last - pa >= size - 1) {
        uint64_t offset = pa - region->base;
        if (region->kind == EL4_BUS_ROM) {
            return EL4_BUS_REFUSED;
        }
        if (region->kind != EL4_BUS_RAM) {
            return mmio_write(bus, region, offset, size, value, attrs);
        }
        host_store(region->host + offset, size, value);
        report_code(bus, region, pa, size, attrs->secure);
        return EL4_BUS_OK;
    }
    if (!region && size == 1) {
        return EL4_BUS_NOTHING_THERE;
    }
    for (unsigned i = 0; i < size; i++) {
        enum el4_bus_result status =
            el4_bus_write(bus, pa + i, 1, (value >> (8 * i)) & 0xff, attrs);
        if (status != EL4_BUS_OK) {
            return status;
        }
    }
    return EL4_BUS_OK;
}

/* The region whose registers an access is to; NULL if it is to something else. */
static struct el4_bus_region *registers_at(struct el4_bus *bus, uint64_t pa, unsigned size,
                                           bool secure)
{
    struct el4_bus_region *region =
        valid_access(pa, size) ? el4_bus_find(bus, pa, secure) : NULL;
    bool is_register = region && region->kind == EL4_BUS_MMIO && region->last - pa >= size - 1;
    return is_register ? region : NULL;
}

enum el4_bus_result el4_bus_register_read(struct el4_bus *bus, uint64_t pa, unsigned size,
                                          uint64_t *value, const struct el4_bus_attrs *attrs)
{
    const struct el4_bus_region *region = registers_at(bus, pa, size, attrs->secure);
    *value = 0;
    return region ? register_read(bus, region, pa - region->base, size, value, attrs, false)
                  : EL4_BUS_REFUSED;
}

enum el4_bus_result el4_bus_register_write(struct el4_bus *bus, uint64_t pa, unsigned size,
                                           uint64_t value, const struct el4_bus_attrs *attrs)
{
    const struct el4_bus_region *region = registers_at(bus, pa, size, attrs->secure);
    return region ? register_write(bus, region, pa - region->base, size, value, attrs, false)
                  : EL4_BUS_REFUSED;
}

/* Size of the next piece of a copy that goes through registers; 0: none fits. */
static unsigned mmio_piece(const struct el4_bus_region *region, uint64_t offset, size_t bytes)
{
    for (unsigned size = 8; size; size /= 2) {
        if (size <= bytes && !(offset & (size - 1)) && size_taken(region, offset, size)) {
            return size;
        }
    }
    return 0;
}

static enum el4_bus_result copy_mmio(struct el4_bus *bus, struct el4_bus_region *region,
                                     uint64_t pa, uint8_t *buffer, size_t bytes, bool write,
                                     const struct el4_bus_attrs *attrs)
{
    uint64_t offset = pa - region->base;
    while (bytes) {
        unsigned size = mmio_piece(region, offset, bytes);
        if (!size) {
            return EL4_BUS_BAD_SIZE;
        }
        uint64_t value = 0;
        enum el4_bus_result status;
        if (write) {
            memcpy(&value, buffer, size);
            status = mmio_write(bus, region, offset, size, value, attrs);
        } else {
            status = mmio_read(bus, region, offset, size, &value, attrs);
            memcpy(buffer, &value, size);
        }
        if (status != EL4_BUS_OK) {
            return status;
        }
        offset += size;
        buffer += size;
        bytes -= size;
    }
    return EL4_BUS_OK;
}

/* How many of the bytes at pa belong to the same region, or to the same hole. */
static size_t run_length(const struct el4_bus *bus, uint64_t pa, size_t bytes, bool secure)
{
    const struct el4_bus_range *range = el4_bus_search(bus, pa, secure);
    if (!range) {
        return bytes;
    }
    uint64_t beyond = range->base <= pa ? range->last - pa : range->base - pa - 1;
    return beyond >= bytes ? bytes : (size_t)beyond + 1;
}

static enum el4_bus_result check_copy(const struct el4_bus *bus, uint64_t pa, size_t bytes)
{
    return bytes && pa + (bytes - 1) < pa ? EL4_BUS_NOTHING_THERE : EL4_BUS_OK;
}

enum el4_bus_result el4_bus_dma_read(struct el4_bus *bus, uint64_t pa, void *buffer,
                                     size_t bytes, bool secure)
{
    const struct el4_bus_attrs attrs = {.secure = secure, .privileged = true, .cpu = -1};
    uint8_t *to = buffer;
    enum el4_bus_result status = check_copy(bus, pa, bytes);
    while (status == EL4_BUS_OK && bytes) {
        struct el4_bus_region *region = el4_bus_find(bus, pa, secure);
        size_t run = run_length(bus, pa, bytes, secure);
        if (!region) {
            status = EL4_BUS_NOTHING_THERE;
        } else if (el4_bus_region_reads_host(region)) {
            copy_from_guest(to, region->host + (pa - region->base), run);
        } else {
            status = copy_mmio(bus, region, pa, to, run, false, &attrs);
        }
        to += run;
        pa += run;
        bytes -= run;
    }
    return status;
}

/* Zeros: whole pages go back to what they were before anyone touched them, which costs least.
 */
static void clear_memory(const struct el4_bus_region *region, uint8_t *host, size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t head = MIN(bytes, (page - (uintptr_t)host % page) % page);
    size_t pages = (bytes - head) / page * page;
    if (!region->map || madvise(host + head, pages, MADV_DONTNEED) != 0) {
        pages = 0;
    }
    memset(host, 0, head);
    memset(host + head + pages, 0, bytes - head - pages);
}

/* No guest runs that could see half a store. */
static void load(const struct el4_bus_region *region, uint8_t *host, const uint8_t *from,
                 size_t bytes)
{
    if (from) {
        memcpy(host, from, bytes);
    } else {
        clear_memory(region, host, bytes);
    }
}

static enum el4_bus_result copy_in(struct el4_bus *bus, uint64_t pa, const void *buffer,
                                   size_t bytes, bool secure, bool loader)
{
    const struct el4_bus_attrs attrs = {.secure = secure, .privileged = true, .cpu = -1};
    const uint8_t *from = buffer;
    enum el4_bus_result status = check_copy(bus, pa, bytes);
    while (status == EL4_BUS_OK && bytes) {
        struct el4_bus_region *region = el4_bus_find(bus, pa, secure);
        size_t run = run_length(bus, pa, bytes, secure);
        if (!region) {
            status = EL4_BUS_NOTHING_THERE;
        } else if (loader && region->host) {
            load(region, region->host + (pa - region->base), from, run);
            report_code(bus, region, pa, run, secure);
        } else if (!from) {
            status = EL4_BUS_REFUSED;
        } else if (region->kind == EL4_BUS_RAM) {
            copy_to_guest(region->host + (pa - region->base), from, run);
            report_code(bus, region, pa, run, secure);
        } else if (region->kind == EL4_BUS_ROM) {
            status = EL4_BUS_REFUSED;
        } else {
            status = copy_mmio(bus, region, pa, (uint8_t *)from, run, true, &attrs);
        }
        from += from ? run : 0;
        pa += run;
        bytes -= run;
    }
    return status;
}

enum el4_bus_result el4_bus_dma_write(struct el4_bus *bus, uint64_t pa, const void *buffer,
                                      size_t bytes, bool secure)
{
    return copy_in(bus, pa, buffer, bytes, secure, false);
}

enum el4_bus_result el4_bus_load(struct el4_bus *bus, uint64_t pa, const void *buffer,
                                 size_t bytes, bool secure)
{
    return copy_in(bus, pa, buffer, bytes, secure, true);
}
