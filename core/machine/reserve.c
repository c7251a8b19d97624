/* SPDX-License-Identifier: MIT */
/*
 * RAM that services take away from the guest's kernel, as firmware does for what it shares with
 * the kernel: from the top of main RAM down, named in the device tree's /reserved-memory.
 */
#include "machine/private.h"

#include <inttypes.h>
#include <string.h>

#define PAGE_BYTES 4096u
/* Kernels without LPAE reach no further. */
#define FOUR_GIB (UINT64_C(1) << 32)

struct reservation {
    char *name;
    char *compatible; /* may be NULL */
    uint64_t base, bytes;
};

static void reservation_clear(void *data)
{
    struct reservation *reservation = data;
    g_free(reservation->name);
    g_free(reservation->compatible);
}

/* The first address of main RAM that is not for kernels, and the base of that RAM. */
static uint64_t free_end(const struct el4_machine *machine, uint64_t *base)
{
    *base = machine->boot.ram_base;
    if (machine->reserved && machine->reserved->len) {
        return g_array_index(machine->reserved, struct reservation, machine->reserved->len - 1)
            .base;
    }
    uint64_t end = *base;
    for (unsigned i = 0; i < machine->ram_count; i++) {
        if (machine->ram[i].main && machine->ram[i].base == *base) {
            end = *base + machine->ram[i].bytes;
        }
    }
    return *base < FOUR_GIB ? MIN(end, FOUR_GIB) : end;
}

uint64_t el4_machine_loadable_bytes(const struct el4_machine *machine)
{
    uint64_t base;
    return machine->reserved ? free_end(machine, &base) - machine->boot.ram_base
                             : machine->memory_bytes;
}

static bool check(struct el4_instance *self, const struct el4_reservation *wanted)
{
    if (!self->building || self->kind != EL4_PLUGIN_SERVICE) {
        el4_instance_fail(self, "memory is reserved outside a service's create()");
        return false;
    }
    if (!wanted->name || !wanted->bytes || wanted->bytes % PAGE_BYTES ||
        wanted->alignment % PAGE_BYTES || (wanted->alignment & (wanted->alignment - 1))) {
        el4_instance_fail(self,
                          "it reserves 0x%" PRIx64 " bytes of memory aligned to 0x%" PRIx64
                          ": both must be of pages of 4096, with a name",
                          wanted->bytes, wanted->alignment);
        return false;
    }
    return true;
}

bool el4_machine_reserve(struct el4_instance *self, const struct el4_reservation *reservation,
                         uint64_t *base)
{
    struct el4_machine *machine = self->machine;
    struct el4_reservation wanted;
    if (!el4_instance_take(self, "el4_reservation", reservation, &wanted, sizeof(wanted),
                           EL4_END_OF(struct el4_reservation, compatible)) ||
        !check(self, &wanted)) {
        return false;
    }
    uint64_t first;
    uint64_t end = free_end(machine, &first);
    uint64_t alignment = wanted.alignment ? wanted.alignment : PAGE_BYTES;
    /* What is left must do for a kernel: half of it, as a rule of thumb. */
    if (wanted.bytes > (end - first) / 2) {
        el4_instance_fail(self,
                          "it reserves 0x%" PRIx64 " bytes of memory, and there are 0x%" PRIx64
                          " left: raise [machine] memory",
                          wanted.bytes, end - first);
        return false;
    }
    struct reservation made = {
        .name = g_strdup(wanted.name),
        .compatible = g_strdup(wanted.compatible),
        .base = (end - wanted.bytes) & ~(alignment - 1),
        .bytes = wanted.bytes,
    };
    if (!machine->reserved) {
        machine->reserved = g_array_new(FALSE, FALSE, sizeof(struct reservation));
        g_array_set_clear_func(machine->reserved, reservation_clear);
    }
    g_array_append_val(machine->reserved, made);
    *base = made.base;
    return true;
}

void el4_machine_write_reserved(const struct el4_machine *machine, struct el4_fdt *fdt)
{
    static const uint32_t two = 2;
    if (!machine->reserved) {
        return;
    }
    el4_fdt_begin(fdt, "reserved-memory");
    el4_fdt_cells(fdt, "#address-cells", &two, 1);
    el4_fdt_cells(fdt, "#size-cells", &two, 1);
    el4_fdt_flag(fdt, "ranges");
    for (guint i = 0; i < machine->reserved->len; i++) {
        const struct reservation *reservation =
            &g_array_index(machine->reserved, struct reservation, i);
        const uint64_t reg[2] = {reservation->base, reservation->bytes};
        g_autofree char *node =
            g_strdup_printf("%s@%" PRIx64, reservation->name, reservation->base);
        el4_fdt_begin(fdt, node);
        if (reservation->compatible) {
            el4_fdt_string(fdt, "compatible", reservation->compatible);
        }
        el4_fdt_u64s(fdt, "reg", reg, 2);
        el4_fdt_flag(fdt, "no-map");
        el4_fdt_label(fdt, reservation->name);
        el4_fdt_end(fdt);
    }
    el4_fdt_end(fdt);
}

void el4_machine_describe_reserved(const struct el4_machine *machine, GString *out)
{
    for (guint i = 0; machine->reserved && i < machine->reserved->len; i++) {
        const struct reservation *reservation =
            &g_array_index(machine->reserved, struct reservation, i);
        g_string_append_printf(out, "; %016" PRIx64 "-%016" PRIx64 "  reserved for %s\n",
                               reservation->base, reservation->base + reservation->bytes - 1,
                               reservation->name);
    }
}
