/* SPDX-License-Identifier: MIT */
/*
 * What a board's tables become: memory and devices on the bus, wires between them. These are
 * the board_* functions of the host table.
 */
#include "machine/described.h"

#include <inttypes.h>
#include <string.h>

static bool refuse(struct el4_instance *board, GError *error)
{
    el4_instance_fail(board, "%s", error->message);
    g_error_free(error);
    return false;
}

static enum el4_bus_view bus_view(uint32_t view)
{
    return view == EL4_VIEW_SECURE      ? EL4_BUS_SECURE
           : view == EL4_VIEW_NONSECURE ? EL4_BUS_NONSECURE
                                        : EL4_BUS_BOTH;
}

bool el4_machine_take(struct el4_instance *board, const char *type, const void *from, void *to,
                      size_t bytes, size_t least)
{
    if (board->kind != EL4_PLUGIN_BOARD || !board->building || !board->state) {
        el4_instance_fail(board, "a struct %s is passed outside a board's build()", type);
        return false;
    }
    return el4_instance_take(board, type, from, to, bytes, least);
}

static bool add_memory(struct el4_instance *board, const struct el4_board_memory *memory)
{
    struct el4_machine *machine = board->machine;
    GError *error = NULL;
    if (!memory->name || memory->kind > EL4_MEMORY_ROM || memory->bytes % 4096 ||
        memory->base % 4096) {
        el4_instance_fail(board,
                          "memory '%s' at 0x%" PRIx64 ", 0x%" PRIx64 " bytes: it needs a "
                          "name, a known kind, and multiples of 4096",
                          memory->name ? memory->name : "", memory->base, memory->bytes);
        return false;
    }
    enum el4_bus_view view = bus_view(memory->view);
    bool done = memory->kind == EL4_MEMORY_RAM
                    ? el4_bus_add_ram(machine->bus, memory->name, memory->base, memory->bytes,
                                      view, &error)
                    : el4_bus_add_rom(machine->bus, memory->name, memory->base, memory->bytes,
                                      view, &error);
    if (!done) {
        return refuse(board, error);
    }
    if (memory->kind == EL4_MEMORY_RAM) {
        if (machine->ram_count == G_N_ELEMENTS(machine->ram)) {
            el4_instance_fail(board, "more than %zu pieces of RAM", G_N_ELEMENTS(machine->ram));
            return false;
        }
        machine->ram[machine->ram_count].name = g_strdup(memory->name);
        machine->ram[machine->ram_count].base = memory->base;
        machine->ram[machine->ram_count].bytes = memory->bytes;
        machine->ram[machine->ram_count].view = view;
        machine->ram[machine->ram_count].main = memory->main;
        machine->ram_count++;
    }
    return true;
}

bool el4_machine_add_memory(struct el4_instance *board, const struct el4_board_memory *memory)
{
    struct el4_board_memory taken;
    return el4_machine_take(board, "el4_board_memory", memory, &taken, sizeof(taken),
                            EL4_END_OF(struct el4_board_memory, main)) &&
           add_memory(board, &taken);
}

static struct el4_access device_access(const struct el4_bus_attrs *attrs)
{
    return (struct el4_access){
        .struct_size = sizeof(struct el4_access),
        .cpu = attrs->cpu,
        .secure = attrs->secure,
        .privileged = attrs->privileged,
    };
}

static enum el4_bus_result region_read(void *opaque, uint64_t offset, unsigned size,
                                       uint64_t *value, const struct el4_bus_attrs *attrs)
{
    struct region *region = opaque;
    struct el4_access access = device_access(attrs);
    enum el4_mmio_result result =
        region->mmio.read(region->owner->state, offset, size, value, &access);
    return result == EL4_MMIO_OK ? EL4_BUS_OK : EL4_BUS_REFUSED;
}

static enum el4_bus_result region_write(void *opaque, uint64_t offset, unsigned size,
                                        uint64_t value, const struct el4_bus_attrs *attrs)
{
    struct region *region = opaque;
    struct el4_access access = device_access(attrs);
    enum el4_mmio_result result =
        region->mmio.write(region->owner->state, offset, size, value, &access);
    return result == EL4_MMIO_OK ? EL4_BUS_OK : EL4_BUS_REFUSED;
}

static bool map_region(struct el4_machine *machine, struct el4_instance *device, unsigned index,
                       const struct el4_board_device *entry, GError **error)
{
    struct region *region = &device->regions[index];
    uint64_t base = entry->regions[index].base;
    uint64_t wanted = entry->regions[index].bytes;

    if (!region->declared) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                    "[device %s]: the board maps region %u, which %s does not have",
                    device->name, index, device->plugin->name);
        return false;
    }
    uint64_t own = region->is_memory ? region->memory.bytes : region->mmio.bytes;
    uint64_t bytes = wanted ? wanted : own;
    if (bytes > own) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                    "[device %s]: the board wants 0x%" PRIx64 " bytes of region %u, which has "
                    "0x%" PRIx64,
                    device->name, bytes, index, own);
        return false;
    }
    if (region->is_memory && bytes != own) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                    "[device %s]: the board maps 0x%" PRIx64 " bytes of region %u, which is "
                    "memory of 0x%" PRIx64 ": memory is mapped as a whole",
                    device->name, bytes, index, own);
        return false;
    }
    region->base = base;
    region->view = bus_view(entry->view);
    region->mapped = true;
    const struct el4_mmio *mmio = region->is_memory ? region->memory.mmio : &region->mmio;
    struct el4_bus_mmio_ops ops = {.read = region_read, .write = region_write};
    if (mmio) {
        ops.size_min = mmio->size_min;
        ops.size_max = mmio->size_max;
    }
    if (!region->is_memory) {
        return el4_bus_add_mmio(machine->bus, region->name, base, bytes, region->view, &ops,
                                region, error);
    }
    if (mmio) {
        return el4_bus_add_romd(machine->bus, region->name, base, bytes, region->view, &ops,
                                region, error);
    }
    return region->memory.writable
               ? el4_bus_add_ram(machine->bus, region->name, base, bytes, region->view, error)
               : el4_bus_add_rom(machine->bus, region->name, base, bytes, region->view, error);
}

/*
 * The board's defaults for the device's section, below whatever the user says. `known`: leave
 * out what the device has no key for.
 */
static bool apply_settings(struct el4_instance *device,
                           const struct el4_board_setting *settings, bool known, GError **error)
{
    const struct el4_config *config = device->machine->config;
    for (; settings && settings->key; settings++) {
        if (known && !el4_config_find_key(config, device->section, settings->key)) {
            continue;
        }
        if (!el4_config_set(device->machine->config, EL4_CONFIG_LAYER_BOARD, device->section,
                            settings->key, settings->value, "board default", error)) {
            return false;
        }
    }
    return true;
}

static void remember_entry(struct el4_instance *device, const struct el4_board_device *entry)
{
    struct board_device *kept = &device->board;
    kept->node = g_strdup(entry->node);
    kept->compatible = g_strdupv((char **)entry->compatible);
    kept->fdt = entry->fdt;
    kept->irq_count = entry->irq_count;
    memcpy(kept->irqs, entry->irqs, sizeof(kept->irqs));
    kept->region_count = entry->region_count;
    for (unsigned i = 0; i < entry->region_count; i++) {
        const struct region *region = &device->regions[i];
        uint64_t own = region->is_memory ? region->memory.bytes : region->mmio.bytes;
        kept->regions[i].base = entry->regions[i].base;
        kept->regions[i].bytes = entry->regions[i].bytes ? entry->regions[i].bytes : own;
    }
    kept->secure_only = entry->view == EL4_VIEW_SECURE;
}

static bool check_entry(const struct el4_machine *machine, const struct el4_board_device *entry,
                        GError **error)
{
    const char *mistake = NULL;
    if (!entry->name || !entry->plugin) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                    "the board's entry for device '%s' has no %s",
                    entry->name     ? entry->name
                    : entry->plugin ? entry->plugin
                                    : "",
                    entry->name ? "plugin" : "name");
        return false;
    }
    if (g_hash_table_contains(machine->devices, entry->name)) {
        mistake = "is the second of that name";
    } else if (entry->region_count > EL4_BOARD_REGIONS_MAX ||
               entry->irq_count > EL4_BOARD_IRQS_MAX) {
        mistake = "has too many regions or interrupts";
    } else if (entry->interrupt_controller && machine->interrupt_controller) {
        mistake = "is the second interrupt controller";
    }
    for (uint32_t i = 0; !mistake && i < entry->irq_count; i++) {
        mistake = entry->irqs[i].output > EL4_OUTPUT_MAX
                      ? "has an output with too high a number"
                      : NULL;
    }
    if (mistake) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                    "the board's entry for device '%s' %s", entry->name, mistake);
    }
    return !mistake;
}

/* Somebody gives the machine a device of a name that a board plugin's table has. */
static bool check_type(const struct el4_instance *device, GError **error)
{
    const struct el4_config *config = device->machine->config;
    if (el4_config_find_key(config, device->section, "type") ||
        !el4_described_is_device(config, device->section)) {
        return true;
    }
    el4_config_value_error(config, device->section, "type", error,
                           "the board has this device; leave the type out to set its keys, or "
                           "give a device of your own another name");
    return false;
}

struct el4_instance *el4_machine_make_device(struct el4_machine *machine,
                                             const struct el4_board_device *entry, bool known,
                                             GError **error)
{
    if (!el4_machine_add_usual_place(machine, entry->name, error)) {
        return NULL;
    }
    struct el4_instance *device =
        el4_instance_new(machine, EL4_PLUGIN_DEVICE, entry->plugin, entry->name, error);
    if (!device) {
        g_prefix_error(error, "[device %s]: ", entry->name);
        return NULL;
    }
    g_ptr_array_add(machine->instances, device);
    g_hash_table_insert(machine->devices, device->name, device);
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    if (!check_type(device, error) || !apply_settings(device, entry->settings, known, error)) {
        return NULL;
    }
    if (!el4_config_check_section(machine->config, device->section, messages)) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG, "%s",
                    (const char *)g_ptr_array_index(messages, 0));
        return NULL;
    }
    return el4_instance_create(device, error) ? device : NULL;
}

bool el4_machine_place_device(struct el4_instance *device, const struct el4_board_device *entry,
                              GError **error)
{
    struct el4_machine *machine = device->machine;
    for (unsigned i = 0; i < entry->region_count; i++) {
        if (!map_region(machine, device, i, entry, error)) {
            return false;
        }
    }
    remember_entry(device, entry);
    if (entry->interrupt_controller && !el4_instance_device(device)->wire_changed) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                    "the board's interrupt controller '%s' (plugin %s) has no inputs: "
                    "wire_changed is NULL in its operations",
                    device->name, device->plugin->name);
        return false;
    }
    if (entry->interrupt_controller) {
        machine->interrupt_controller = device;
    }
    return true;
}

static bool add_device(struct el4_instance *board, const struct el4_board_device *entry,
                       GError **error)
{
    struct el4_machine *machine = board->machine;
    if (!check_entry(machine, entry, error)) {
        return false;
    }
    struct el4_instance *device = el4_machine_make_device(machine, entry, false, error);
    if (!device) {
        board->failure_is_whole = !board->failure;
        return false;
    }
    return el4_machine_place_device(device, entry, error);
}

bool el4_machine_add_device(struct el4_instance *board, const struct el4_board_device *device)
{
    GError *error = NULL;
    struct el4_board_device taken;
    return el4_machine_take(board, "el4_board_device", device, &taken, sizeof(taken),
                            EL4_END_OF(struct el4_board_device, interrupt_controller)) &&
           (add_device(board, &taken, &error) || refuse(board, error));
}

static struct el4_instance *find_device(const struct el4_machine *machine, const char *name)
{
    return name ? g_hash_table_lookup(machine->devices, name) : NULL;
}

static bool add_wire(struct el4_instance *board, const struct el4_board_wire *wire)
{
    struct el4_machine *machine = board->machine;
    struct el4_instance *to = find_device(machine, wire->to_device);
    if (!to || !el4_instance_device(to)->wire_changed) {
        el4_instance_fail(board, "wire to '%s', which is %s",
                          wire->to_device ? wire->to_device : "",
                          to ? "a device without inputs" : "no device");
        return false;
    }
    if (wire->from_device) {
        struct el4_instance *from = find_device(machine, wire->from_device);
        if (!from || wire->output > EL4_OUTPUT_MAX) {
            el4_instance_fail(board, "wire from '%s' output %u, which is not there",
                              wire->from_device, wire->output);
            return false;
        }
        el4_instance_connect(from, wire->output, to, wire->input);
        return true;
    }
    if (wire->cpu >= machine->cpu_count || wire->output >= EL4_CPU_OUT_COUNT) {
        el4_instance_fail(board, "wire from output %u of CPU %u, which is not there",
                          wire->output, wire->cpu);
        return false;
    }
    GArray *outputs = g_ptr_array_index(machine->wires_cpu, wire->cpu);
    g_array_index(outputs, struct wire_end, wire->output) = (struct wire_end){to, wire->input};
    return true;
}

bool el4_machine_add_wire(struct el4_instance *board, const struct el4_board_wire *wire)
{
    struct el4_board_wire taken;
    return el4_machine_take(board, "el4_board_wire", wire, &taken, sizeof(taken),
                            EL4_END_OF(struct el4_board_wire, input)) &&
           add_wire(board, &taken);
}

bool el4_machine_add_boot(struct el4_instance *board, const struct el4_board_boot *boot)
{
    struct el4_machine *machine = board->machine;
    machine->have_boot =
        el4_machine_take(board, "el4_board_boot", boot, &machine->boot, sizeof(machine->boot),
                         EL4_END_OF(struct el4_board_boot, all_cpus_start));
    return machine->have_boot;
}
