/* SPDX-License-Identifier: MIT */
/*
 * The device tree, from the same tables that built the machine: root by the board, then chosen,
 * memory, CPUs, devices in the board's order, services that really answer. A given blob is
 * completed instead.
 */
#include "machine/described.h"

#include <inttypes.h>
#include <string.h>

#define RNG_SEED_BYTES 64
/* Far from those of a given tree: dtc counts from 1. */
#define OVERLAY_PHANDLES 0x0e140000u

static void write_chosen(struct el4_machine *machine, struct el4_fdt *fdt)
{
    const char *append = el4_config_get_string(machine->config, "boot", "append");
    uint8_t seed[RNG_SEED_BYTES];

    el4_fdt_begin(fdt, "chosen");
    el4_fdt_string(fdt, "stdout-path", "serial0");
    if (append) {
        el4_fdt_string(fdt, "bootargs", append);
    }
    if (machine->loaded.initrd_end > machine->loaded.initrd_start) {
        el4_fdt_u64s(fdt, "linux,initrd-start", &machine->loaded.initrd_start, 1);
        el4_fdt_u64s(fdt, "linux,initrd-end", &machine->loaded.initrd_end, 1);
    }
    el4_machine_random(machine, seed, sizeof(seed));
    el4_fdt_bytes(fdt, "kaslr-seed", seed, 8);
    el4_fdt_bytes(fdt, "rng-seed", seed + 8, 32);
    el4_fdt_end(fdt);
}

static void write_memory(struct el4_machine *machine, struct el4_fdt *fdt)
{
    for (unsigned i = 0; i < machine->ram_count; i++) {
        if (!machine->ram[i].main) {
            continue;
        }
        g_autofree char *name = g_strdup_printf("memory@%" PRIx64, machine->ram[i].base);
        uint64_t reg[] = {machine->ram[i].base, machine->ram[i].bytes};
        el4_fdt_begin(fdt, name);
        el4_fdt_string(fdt, "device_type", "memory");
        el4_fdt_u64s(fdt, "reg", reg, G_N_ELEMENTS(reg));
        el4_fdt_end(fdt);
    }
}

/* The conduit on which the kernel's calls really reach this service, or -1. */
static int conduit_of(const struct el4_machine *machine, const struct el4_instance *service)
{
    uint32_t caller = el4_machine_kernel_caller(machine);
    /* HVC from EL2 is a kernel's own vector, as a rule: SMC is asked first there. */
    bool smc_first = caller == EL4_CALLER_NS_EL2;
    enum el4_conduit order[] = {smc_first ? EL4_CONDUIT_SMC : EL4_CONDUIT_HVC,
                                smc_first ? EL4_CONDUIT_HVC : EL4_CONDUIT_SMC};
    for (unsigned i = 0; i < G_N_ELEMENTS(order); i++) {
        if (el4_smccc_answers(machine->smccc, service->service, order[i], caller)) {
            return order[i];
        }
    }
    return -1;
}

/* What services that answer the kernel say about one CPU. */
static void write_cpu_services(struct el4_machine *machine, struct el4_fdt *fdt, unsigned cpu)
{
    for (guint i = 0; i < machine->instances->len; i++) {
        struct el4_instance *instance = g_ptr_array_index(machine->instances, i);
        if (instance->kind == EL4_PLUGIN_SERVICE && el4_instance_service(instance)->fdt_cpu &&
            conduit_of(machine, instance) >= 0) {
            el4_instance_service(instance)->fdt_cpu(instance->state, fdt, cpu);
        }
    }
}

static void write_cpus(struct el4_machine *machine, struct el4_fdt *fdt)
{
    static const uint32_t zero = 0;
    uint32_t cells = machine->cpus[0]->features.aarch64 ? 2 : 1;
    g_autofree char *compatible = strcmp(machine->model->name, "max") == 0
                                      ? g_strdup("arm,armv8")
                                      : g_strdup_printf("arm,%s", machine->model->name);

    el4_fdt_begin(fdt, "cpus");
    el4_fdt_cells(fdt, "#address-cells", &cells, 1);
    el4_fdt_cells(fdt, "#size-cells", &zero, 1);
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        uint64_t affinity = machine->cpus[i]->regs.mpidr_el1 & UINT64_C(0xff00ffffff);
        g_autofree char *name = g_strdup_printf("cpu@%" PRIx64, affinity);
        el4_fdt_begin(fdt, name);
        el4_fdt_string(fdt, "device_type", "cpu");
        el4_fdt_string(fdt, "compatible", compatible);
        const uint32_t reg[2] = {(uint32_t)(affinity >> 32), (uint32_t)affinity};
        el4_fdt_cells(fdt, "reg", &reg[2 - cells], cells);
        if (el4_machine_starts_cpus(machine)) {
            el4_fdt_string(fdt, "enable-method", "psci");
        }
        write_cpu_services(machine, fdt, i);
        el4_fdt_end(fdt);
    }
    el4_fdt_end(fdt);
}

void el4_machine_interrupt_cells(const struct el4_board_irq *irq, uint32_t *cells)
{
    uint32_t intid = irq->intid & 0xffff;
    cells[0] = intid < 32 ? 1 : 0;
    cells[1] = intid < 32 ? intid - 16 : intid - 32;
    cells[2] = irq->flags;
}

static void write_interrupts(const struct board_device *device, struct el4_fdt *fdt)
{
    uint32_t cells[EL4_BOARD_IRQS_MAX * 3];
    for (unsigned i = 0; i < device->irq_count; i++) {
        el4_machine_interrupt_cells(&device->irqs[i], &cells[3 * i]);
    }
    if (device->irq_count) {
        el4_fdt_cells(fdt, "interrupts", cells, 3 * device->irq_count);
    }
}

static void write_device(struct el4_machine *machine, struct el4_instance *instance,
                         struct el4_fdt *fdt)
{
    const struct board_device *device = &instance->board;
    const struct el4_device_operations *ops = el4_instance_device(instance);
    if (!device->node) {
        return;
    }
    g_autofree char *name = device->region_count ? g_strdup_printf("%s@%" PRIx64, device->node,
                                                                   device->regions[0].base)
                                                 : g_strdup(device->node);
    uint64_t reg[2 * EL4_BOARD_REGIONS_MAX];
    for (unsigned i = 0; i < device->region_count; i++) {
        reg[2 * i] = device->regions[i].base;
        reg[2 * i + 1] = device->regions[i].bytes;
    }
    el4_fdt_begin(fdt, name);
    if (device->compatible) {
        el4_fdt_strings(fdt, "compatible", (const char *const *)device->compatible);
    }
    if (device->region_count) {
        el4_fdt_u64s(fdt, "reg", reg, 2 * device->region_count);
    }
    write_interrupts(device, fdt);
    if (device->secure_only) {
        el4_fdt_string(fdt, "status", "disabled");
        el4_fdt_string(fdt, "secure-status", "okay");
    }
    if (ops->fdt) {
        ops->fdt(instance->state, fdt);
    }
    if (device->fdt) {
        device->fdt(machine->board->state, fdt);
    }
    if (device->section) {
        el4_described_write_device(machine, instance, fdt);
    }
    el4_fdt_end(fdt);
}

static void write_services(struct el4_machine *machine, struct el4_fdt *fdt)
{
    for (guint i = 0; i < machine->instances->len; i++) {
        struct el4_instance *instance = g_ptr_array_index(machine->instances, i);
        if (instance->kind != EL4_PLUGIN_SERVICE || !el4_instance_service(instance)->fdt) {
            continue;
        }
        int conduit = conduit_of(machine, instance);
        if (conduit >= 0) {
            el4_instance_service(instance)->fdt(instance->state, fdt, (unsigned)conduit);
        }
    }
}

static GBytes *generate(struct el4_machine *machine, GError **error)
{
    struct el4_fdt *fdt = el4_fdt_new();
    if (machine->board_ops->fdt) {
        machine->board_ops->fdt(machine->board->state, fdt);
    }
    el4_described_write_nodes(machine, fdt);
    write_chosen(machine, fdt);
    write_memory(machine, fdt);
    el4_machine_write_reserved(machine, fdt);
    write_services(machine, fdt);
    write_cpus(machine, fdt);
    for (guint i = 0; i < machine->instances->len; i++) {
        struct el4_instance *instance = g_ptr_array_index(machine->instances, i);
        if (instance->kind == EL4_PLUGIN_DEVICE) {
            write_device(machine, instance, fdt);
        }
    }
    GBytes *blob = el4_fdt_finish(fdt, error);
    el4_fdt_free(fdt);
    return blob;
}

/* Root nodes that replace those of a given blob: what the services say. */
static GBytes *service_overlay(struct el4_machine *machine, GError **error)
{
    struct el4_fdt *fdt = el4_fdt_new();
    el4_fdt_set_first_phandle(fdt, OVERLAY_PHANDLES);
    el4_machine_write_reserved(machine, fdt);
    write_services(machine, fdt);
    GBytes *blob = el4_fdt_finish(fdt, error);
    el4_fdt_free(fdt);
    return blob;
}

static GBytes *complete(struct el4_machine *machine, const char *path, GError **error)
{
    g_autoptr(GBytes) given = el4_boot_read_file(path, EL4_BOOT_DTB_MAX, error);
    if (!given) {
        return NULL;
    }
    g_autoptr(GBytes) overlay = service_overlay(machine, error);
    if (!overlay) {
        return NULL;
    }
    uint8_t seed[RNG_SEED_BYTES];
    el4_machine_random(machine, seed, sizeof(seed));
    struct el4_fdt_completion completion = {
        .bootargs = el4_config_get_string(machine->config, "boot", "append"),
        .initrd_start = machine->loaded.initrd_start,
        .initrd_end = machine->loaded.initrd_end,
        .ram_base = machine->boot.ram_base,
        .ram_bytes = machine->memory_bytes,
        .seed = seed,
        .overlay = overlay,
    };
    GBytes *blob = el4_fdt_complete(given, &completion, error);
    if (!blob) {
        g_prefix_error(error, "%s: ", path);
    }
    return blob;
}

GBytes *el4_machine_make_dtb(struct el4_machine *machine, GError **error)
{
    const char *path = el4_config_get_path(machine->config, "boot", "dtb");
    return path ? complete(machine, path, error) : generate(machine, error);
}
