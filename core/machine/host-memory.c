/* SPDX-License-Identifier: MIT */
/*
 * The host table's memory: regions that devices declare, and what they do with guest memory as
 * bus masters.
 */
#include "machine/private.h"

#include <errno.h>
#include <inttypes.h>

static struct region *new_region(struct el4_instance *self, unsigned index, const char *name)
{
    if (!self->building || self->kind != EL4_PLUGIN_DEVICE) {
        el4_instance_fail(self, "region %u is declared outside a device's create()", index);
        return NULL;
    }
    if (index >= EL4_REGIONS_MAX) {
        el4_instance_fail(self, "region %u is declared; the last can be %u", index,
                          EL4_REGIONS_MAX - 1);
        return NULL;
    }
    if (self->regions[index].declared) {
        el4_instance_fail(self, "region %u is declared twice", index);
        return NULL;
    }
    struct region *region = &self->regions[index];
    region->declared = true;
    region->owner = self;
    region->name = name ? g_strdup_printf("%s.%s", self->name, name) : g_strdup(self->name);
    return region;
}

static bool size_is_fine(unsigned size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

/* A checked copy, with the default access sizes filled in. */
static bool take_mmio(struct el4_instance *self, unsigned index, const struct el4_mmio *from,
                      struct el4_mmio *mmio)
{
    if (!el4_instance_take(self, "el4_mmio", from, mmio, sizeof(*mmio),
                           EL4_END_OF(struct el4_mmio, write))) {
        return false;
    }
    mmio->size_min = mmio->size_min ? mmio->size_min : 4;
    mmio->size_max = mmio->size_max ? mmio->size_max : mmio->size_min;
    if (!mmio->read || !mmio->write) {
        el4_instance_fail(self, "region %u has no %s call-back", index,
                          mmio->read ? "write" : "read");
        return false;
    }
    if (!size_is_fine(mmio->size_min) || !size_is_fine(mmio->size_max) ||
        mmio->size_min > mmio->size_max) {
        el4_instance_fail(
            self,
            "region %u takes accesses of %u to %u bytes; both must be 1, 2, 4 or 8, "
            "and the smallest not above the largest",
            index, mmio->size_min, mmio->size_max);
        return false;
    }
    return true;
}

static bool host_mmio_declare(struct el4_instance *self, unsigned index,
                              const struct el4_mmio *mmio)
{
    struct el4_mmio taken;
    if (!take_mmio(self, index, mmio, &taken)) {
        return false;
    }
    if (!taken.bytes) {
        el4_instance_fail(self, "region %u has no length", index);
        return false;
    }
    struct region *region = new_region(self, index, taken.name);
    if (region) {
        region->mmio = taken;
    }
    return region != NULL;
}

static bool host_memory_declare(struct el4_instance *self, unsigned index,
                                const struct el4_memory *memory)
{
    struct el4_memory taken;
    struct el4_mmio mmio = {0};
    if (!el4_instance_take(self, "el4_memory", memory, &taken, sizeof(taken),
                           EL4_END_OF(struct el4_memory, mmio))) {
        return false;
    }
    if (!taken.bytes || taken.bytes % 4096) {
        el4_instance_fail(
            self, "memory region %u has 0x%" PRIx64 " bytes; give it a multiple of 4096", index,
            taken.bytes);
        return false;
    }
    if (taken.mmio && !take_mmio(self, index, taken.mmio, &mmio)) {
        return false;
    }
    struct region *region = new_region(self, index, taken.name);
    if (!region) {
        return false;
    }
    region->is_memory = true;
    region->memory = taken;
    region->mmio = mmio;
    region->memory.mmio = taken.mmio ? &region->mmio : NULL;
    return true;
}

/* A region of memory that is on the bus; NULL after a message. */
static const struct region *mapped_memory(struct el4_instance *self, unsigned index)
{
    const struct region *region = index < EL4_REGIONS_MAX ? &self->regions[index] : NULL;
    if (!region || !region->is_memory) {
        el4_instance_log(self, EL4_LOG_ERROR,
                         "the plugin uses region %u as memory, but did not declare it so",
                         index);
        return NULL;
    }
    if (!region->mapped) {
        el4_instance_log(self, EL4_LOG_ERROR,
                         "the plugin uses the memory of region %u, which %s", index,
                         self->building ? "the board has not mapped yet: wait for reset()"
                                        : "the board does not map");
        return NULL;
    }
    return region;
}

static uint8_t *host_memory_pointer(struct el4_instance *self, unsigned index)
{
    const struct region *region = mapped_memory(self, index);
    return region ? el4_bus_host_pointer(self->machine->bus, region->base, region->view) : NULL;
}

static void host_memory_set_direct(struct el4_instance *self, unsigned index, bool direct)
{
    const struct region *region = mapped_memory(self, index);
    if (region && !region->memory.mmio) {
        el4_instance_log(self, EL4_LOG_ERROR,
                         "the plugin changes the mode of region %u, which has no call-backs",
                         index);
    } else if (region) {
        el4_bus_set_rom_mode(self->machine->bus, region->base, region->view, direct);
    }
}

/*
 * Devices do DMA with the device lock held, so it must not end up in registers, whose
 * call-backs want that lock; and a device is no good bus master of other devices.
 */
static bool is_memory(const struct el4_machine *machine, uint64_t address, size_t bytes,
                      bool secure, bool to_write)
{
    if (bytes && address + (bytes - 1) < address) {
        return false;
    }
    uint64_t last = bytes ? address + (bytes - 1) : address;
    for (uint64_t page = address & ~UINT64_C(4095); bytes && page <= last; page += 4096) {
        struct el4_bus_page found;
        if (!el4_bus_lookup_page(machine->bus, page, secure, &found) || !found.host ||
            (to_write && !found.writable)) {
            return false;
        }
        if (page + 4096 < page) {
            break;
        }
    }
    return true;
}

static int host_dma_read(struct el4_instance *self, uint64_t address, void *buffer,
                         size_t bytes, bool secure)
{
    if (!is_memory(self->machine, address, bytes, secure, false)) {
        return -EFAULT;
    }
    return el4_bus_dma_read(self->machine->bus, address, buffer, bytes, secure) == EL4_BUS_OK
               ? 0
               : -EFAULT;
}

static int host_dma_write(struct el4_instance *self, uint64_t address, const void *buffer,
                          size_t bytes, bool secure)
{
    if (!is_memory(self->machine, address, bytes, secure, true)) {
        return -EFAULT;
    }
    return el4_bus_dma_write(self->machine->bus, address, buffer, bytes, secure) == EL4_BUS_OK
               ? 0
               : -EFAULT;
}

/*
 * Only from a service's call: a device's call-back could end up in that device again, and so
 * could what a service does when it is told of an interrupt.
 */
static bool attributes_of_caller(struct el4_instance *self, bool secure,
                                 struct el4_bus_attrs *attrs)
{
    const struct vcpu *caller = self->kind == EL4_PLUGIN_SERVICE ? self->machine->caller : NULL;
    if (!caller) {
        el4_instance_log(self, EL4_LOG_ERROR,
                         "the plugin accesses a device's registers outside a call");
        return false;
    }
    *attrs = (struct el4_bus_attrs){
        .secure = secure, .privileged = true, .cpu = (int)caller->cpu->index};
    return true;
}

static int host_register_read(struct el4_instance *self, uint64_t address, unsigned size,
                              uint64_t *value, bool secure)
{
    struct el4_bus_attrs attrs;
    *value = 0;
    if (!attributes_of_caller(self, secure, &attrs)) {
        return -EPERM;
    }
    struct el4_bus *bus = self->machine->bus;
    return el4_bus_register_read(bus, address, size, value, &attrs) == EL4_BUS_OK ? 0 : -EFAULT;
}

static int host_register_write(struct el4_instance *self, uint64_t address, unsigned size,
                               uint64_t value, bool secure)
{
    struct el4_bus_attrs attrs;
    if (!attributes_of_caller(self, secure, &attrs)) {
        return -EPERM;
    }
    struct el4_bus *bus = self->machine->bus;
    return el4_bus_register_write(bus, address, size, value, &attrs) == EL4_BUS_OK ? 0
                                                                                   : -EFAULT;
}

void el4_machine_fill_host_memory(struct el4_host *host)
{
    host->mmio_declare = host_mmio_declare;
    host->memory_declare = host_memory_declare;
    host->memory_pointer = host_memory_pointer;
    host->memory_set_direct = host_memory_set_direct;
    host->dma_read = host_dma_read;
    host->dma_write = host_dma_write;
    host->register_read = host_register_read;
    host->register_write = host_register_write;
}
