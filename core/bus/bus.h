/* SPDX-License-Identifier: MIT */
/*
 * Physical address space of one machine: RAM, ROM and flash, MMIO, each visible in the Secure
 * view, the Non-secure view or both. Built once, then frozen: look-ups take no lock. MMIO
 * call-backs run under the machine's device lock, which the bus takes through its lock ops.
 */
#ifndef EL4_BUS_BUS_H
#define EL4_BUS_BUS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum el4_bus_view {
    EL4_BUS_SECURE = 1,
    EL4_BUS_NONSECURE = 2,
    EL4_BUS_BOTH = 3,
};

/* Who accesses; devices such as the GIC bank registers by it. */
struct el4_bus_attrs {
    bool secure;
    bool privileged;
    bool instruction;
    int cpu; /* index, or -1 for DMA and the loader */
};

enum el4_bus_result {
    EL4_BUS_OK = 0,
    EL4_BUS_NOTHING_THERE, /* decode error */
    EL4_BUS_BAD_SIZE,      /* the region does not take this size or alignment */
    EL4_BUS_REFUSED,       /* write to ROM, or the device said no */
};

/* MMIO call-backs; offset is from the region's start, size 1, 2, 4 or 8. */
struct el4_bus_mmio_ops {
    enum el4_bus_result (*read)(void *opaque, uint64_t offset, unsigned size, uint64_t *value,
                                const struct el4_bus_attrs *attrs);
    enum el4_bus_result (*write)(void *opaque, uint64_t offset, unsigned size, uint64_t value,
                                 const struct el4_bus_attrs *attrs);
    unsigned size_min, size_max; /* other sizes are EL4_BUS_BAD_SIZE; 0: 4 */
    bool unaligned;
};

/* Errors of the builder functions, in this domain. */
enum el4_bus_error {
    EL4_BUS_ERROR_FROZEN,
    EL4_BUS_ERROR_RANGE,   /* empty, in no view, or beyond 2^64 */
    EL4_BUS_ERROR_OVERLAP, /* the message names both regions */
    EL4_BUS_ERROR_MEMORY,  /* the host has no room */
};
GQuark el4_bus_error_quark(void);

struct el4_bus;

struct el4_bus *el4_bus_new(void);
void el4_bus_free(struct el4_bus *bus);

/*
 * Build time; false sets *error with both names if the range overlaps in a common view.
 * RAM is an anonymous, untouched mapping: it costs the host only what the guest touches.
 */
bool el4_bus_add_ram(struct el4_bus *bus, const char *name, uint64_t base, uint64_t bytes,
                     enum el4_bus_view view, GError **error);
/* Read-only for the guest; writable through el4_bus_load(). contents may be NULL. */
bool el4_bus_add_rom(struct el4_bus *bus, const char *name, uint64_t base, uint64_t bytes,
                     enum el4_bus_view view, GError **error);
bool el4_bus_add_mmio(struct el4_bus *bus, const char *name, uint64_t base, uint64_t bytes,
                      enum el4_bus_view view, const struct el4_bus_mmio_ops *ops, void *opaque,
                      GError **error);
/*
 * A device's memory that reads like ROM and whose writes go to ops->write (CFI flash). While
 * rom_mode is true reads come from host memory; switch with el4_bus_set_rom_mode().
 */
bool el4_bus_add_romd(struct el4_bus *bus, const char *name, uint64_t base, uint64_t bytes,
                      enum el4_bus_view view, const struct el4_bus_mmio_ops *ops, void *opaque,
                      GError **error);
/* Changes take effect for every cpu before the caller returns to the guest (hook below). */
void el4_bus_set_rom_mode(struct el4_bus *bus, uint64_t base, enum el4_bus_view view,
                          bool rom_mode);

void el4_bus_freeze(struct el4_bus *bus);

/* State of the code flag of a page. */
enum el4_bus_code {
    EL4_BUS_CODE_NONE,    /* no cpu has translated code of the page */
    EL4_BUS_CODE_THERE,   /* some have */
    EL4_BUS_CODE_DROPPED, /* the page was written, and the cpus are being told */
};

/* What a page of the physical space is, for a TLB entry; see el4_bus_lookup_page. */
struct el4_bus_page {
    uint8_t *host; /* host address of the page (RAM, ROM, romd in ROM mode), or NULL */
    bool writable; /* plain stores to host are allowed */
    /*
     * With host: enum el4_bus_code. Whoever writes a page of code makes it
     * EL4_BUS_CODE_DROPPED, tells the cpus, and makes it EL4_BUS_CODE_NONE if nobody translated
     * from it meanwhile: NONE means that every cpu knows.
     */
    _Atomic uint8_t *code;
};

/* 4 KiB page around pa. False: nothing at all there; host NULL: MMIO or a mixed page. */
bool el4_bus_lookup_page(struct el4_bus *bus, uint64_t pa, bool secure,
                         struct el4_bus_page *page);

/* One access of any kind (slow path). Takes the device lock for MMIO. */
enum el4_bus_result el4_bus_read(struct el4_bus *bus, uint64_t pa, unsigned size,
                                 uint64_t *value, const struct el4_bus_attrs *attrs);
enum el4_bus_result el4_bus_write(struct el4_bus *bus, uint64_t pa, unsigned size,
                                  uint64_t value, const struct el4_bus_attrs *attrs);

/*
 * The same for who holds the device lock already, as a service that is called does: registers
 * alone, anything else is EL4_BUS_REFUSED.
 */
enum el4_bus_result el4_bus_register_read(struct el4_bus *bus, uint64_t pa, unsigned size,
                                          uint64_t *value, const struct el4_bus_attrs *attrs);
enum el4_bus_result el4_bus_register_write(struct el4_bus *bus, uint64_t pa, unsigned size,
                                           uint64_t value, const struct el4_bus_attrs *attrs);

/*
 * DMA and loaders: copies, RAM only unless a piece hits MMIO (then by register-sized pieces).
 * Written pages that hold translated code are reported through the code hook.
 */
enum el4_bus_result el4_bus_dma_read(struct el4_bus *bus, uint64_t pa, void *buffer,
                                     size_t bytes, bool secure);
enum el4_bus_result el4_bus_dma_write(struct el4_bus *bus, uint64_t pa, const void *buffer,
                                      size_t bytes, bool secure);
/* Loader, while no guest runs: also into ROM and flash. A NULL buffer stands for zeros, which
 * have no place in a device. */
enum el4_bus_result el4_bus_load(struct el4_bus *bus, uint64_t pa, const void *buffer,
                                 size_t bytes, bool secure);
/*
 * For the machine's builder and resets, by the base of a region and one of its views: its
 * host memory (NULL: there is no such region, or it is MMIO), and RAM back to untouched zeros.
 */
uint8_t *el4_bus_host_pointer(struct el4_bus *bus, uint64_t base, enum el4_bus_view view);
void el4_bus_clear_ram(struct el4_bus *bus, uint64_t base, enum el4_bus_view view);

/* Hooks, set by the machine before the freeze. */
struct el4_bus_hooks {
    void (*lock)(void *data); /* device lock around MMIO call-backs */
    void (*unlock)(void *data);
    /* A DMA or loader write hit a page whose code flag is set. */
    void (*code_written)(void *data, uint64_t pa, bool secure);
    /* Host mappings of [base, base + bytes) changed: cpus must drop fast TLB entries. */
    void (*mapping_changed)(void *data, uint64_t base, uint64_t bytes);
    void *data;
};
void el4_bus_set_hooks(struct el4_bus *bus, const struct el4_bus_hooks *hooks);

/* For `el4 explain` and traces: calls visit for each region in address order. */
struct el4_bus_region_info {
    const char *name;
    const char *kind; /* "ram", "rom", "mmio", "romd" */
    uint64_t base, bytes;
    enum el4_bus_view view;
};
void el4_bus_visit(const struct el4_bus *bus,
                   void (*visit)(const struct el4_bus_region_info *info, void *data),
                   void *data);

#endif
