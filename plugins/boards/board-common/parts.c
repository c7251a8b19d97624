/* SPDX-License-Identifier: MIT */
/*
 * What boards are made of: see parts.h.
 */
#include "parts.h"

#include <el4/service.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VIRTIO_STRIDE 0x200u

void *el4_board_create(const struct el4_host *host, struct el4_instance *self, size_t bytes)
{
    struct board *board = calloc(1, bytes);
    if (!board) {
        host->fail(self, "out of memory");
        return NULL;
    }
    board->host = host;
    board->self = self;
    return board;
}

enum board_el3 el4_board_el3(const struct board *board)
{
    return (enum board_el3)board->host->machine_uint(board->self, "el3");
}

bool el4_board_has_el2(const struct board *board)
{
    return board->host->machine_uint(board->self, "el2") != 0;
}

unsigned el4_board_cpus(const struct board *board)
{
    return (unsigned)board->host->machine_uint(board->self, "cpus");
}

/* ---- devices ---- */

bool el4_board_add(const struct board *board, const struct el4_board_device *device)
{
    struct el4_board_device entry = *device;
    entry.struct_size = sizeof(entry);
    return board->host->board_device(board->self, &entry);
}

bool el4_board_add_devices(const struct board *board, const struct board_device *devices,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct el4_board_device device = {
            .name = devices[i].name,
            .plugin = devices[i].plugin,
            .regions = {{.base = devices[i].base}},
            .region_count = 1,
            .irqs = {devices[i].irq},
            .irq_count = devices[i].irq.intid ? 1 : 0,
            .settings = devices[i].settings,
        };
        if (!el4_board_add(board, &device)) {
            return false;
        }
    }
    return true;
}

bool el4_board_add_absent(const struct board *board, const struct board_absent *blocks,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char bytes[16];
        snprintf(bytes, sizeof(bytes), "0x%x", blocks[i].bytes);
        const struct el4_board_setting settings[] = {
            {"bytes", bytes},
            {"what", blocks[i].what},
            {blocks[i].constants ? "constants" : NULL, blocks[i].constants},
            {0},
        };
        const struct board_device device = {
            .name = blocks[i].name,
            .plugin = "absent",
            .base = blocks[i].base,
            .settings = settings,
        };
        if (!el4_board_add_devices(board, &device, 1)) {
            return false;
        }
    }
    return true;
}

bool el4_board_add_place(const struct board *board, const struct el4_board_place *place)
{
    struct el4_board_place sized = *place;
    sized.struct_size = sizeof(sized);
    return !EL4_HOST_HAS(board->host, board_place) ||
           board->host->board_place(board->self, &sized);
}

struct slot_name {
    char text[sizeof("virtio") + 10];
};

static struct slot_name slot_name(unsigned slot)
{
    struct slot_name name;
    snprintf(name.text, sizeof(name.text), "virtio%u", slot);
    return name;
}

static bool add_virtio_places(const struct board *board, unsigned count)
{
    static const struct el4_board_setting disk[] = {{"device", "block"}, {0}};
    static const struct el4_board_setting network[] = {{"device", "net"}, {0}};
    for (unsigned slot = count; slot-- > 0;) {
        const struct slot_name name = slot_name(slot);
        const struct el4_board_place place = {
            .device = name.text, .disk = disk, .network = network};
        if (!el4_board_add_place(board, &place)) {
            return false;
        }
    }
    return true;
}

bool el4_board_add_virtio(const struct board *board, const struct el4_board_device *like,
                          uint64_t base, unsigned count, unsigned spi)
{
    if (!add_virtio_places(board, count)) {
        return false;
    }
    for (unsigned slot = 0; slot < count; slot++) {
        const struct slot_name name = slot_name(slot);
        struct el4_board_device device = *like;
        device.name = name.text;
        device.plugin = "virtio-mmio";
        device.regions[0].base = base + (uint64_t)slot * VIRTIO_STRIDE;
        device.region_count = 1;
        device.irqs[0] = (struct el4_board_irq){0, BOARD_SPI(spi + slot), EL4_IRQ_EDGE_RISING};
        device.irq_count = 1;
        if (!el4_board_add(board, &device)) {
            return false;
        }
    }
    return true;
}

bool el4_board_add_core_gic(const struct board *board, uint64_t periphbase, const char *model)
{
    bool el2 = el4_board_has_el2(board);
    const struct el4_board_setting settings[] = {
        {"spis", "128"},
        {"security", el4_board_el3(board) != BOARD_EL3_NONE ? "yes" : "no"},
        {"virtualization", el2 ? "yes" : "no"},
        {model ? "model" : NULL, model},
        {0},
    };
    const struct el4_board_device gic = {
        .name = "gic",
        .plugin = "gicv2",
        .regions = {{periphbase + 0x1000, 0x1000},
                    {periphbase + 0x2000, 0x2000},
                    {periphbase + 0x4000, 0x2000},
                    {periphbase + 0x6000, 0x2000}},
        .region_count = el2 ? 4 : 2,
        .settings = settings,
        .interrupt_controller = true,
    };
    return el4_board_add(board, &gic);
}

/* ---- memory ---- */

static bool add_memory(const struct board *board, const struct board_memory *memory, bool main)
{
    const struct el4_board_memory entry = {
        .struct_size = sizeof(entry),
        .name = memory->name,
        .base = memory->base,
        .bytes = memory->bytes,
        .kind = EL4_MEMORY_RAM,
        .main = main,
    };
    return board->host->board_memory(board->self, &entry);
}

bool el4_board_add_ram(const struct board *board, uint64_t base, uint64_t bytes_max)
{
    const struct board_memory ram = {
        .name = "ram",
        .base = base,
        .bytes = board->host->machine_uint(board->self, "memory"),
    };
    bool is_in_gib = bytes_max % BOARD_GIB == 0;
    if (ram.bytes > bytes_max || ram.bytes % 4096) {
        board->host->fail(board->self, "memory must be a multiple of 4 KiB and at most %u %s",
                          (unsigned)(bytes_max / (is_in_gib ? BOARD_GIB : BOARD_MIB)),
                          is_in_gib ? "GiB" : "MiB");
        return false;
    }
    return add_memory(board, &ram, true);
}

bool el4_board_add_memories(const struct board *board, const struct board_memory *memories,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!add_memory(board, &memories[i], false)) {
            return false;
        }
    }
    return true;
}

/* ---- wires ---- */

bool el4_board_connect(const struct board *board, const char *from, unsigned cpu,
                       uint32_t output, const char *to, uint32_t input)
{
    const struct el4_board_wire wire = {
        .struct_size = sizeof(wire),
        .from_device = from,
        .cpu = cpu,
        .output = output,
        .to_device = to,
        .input = input,
    };
    return board->host->board_wire(board->self, &wire);
}

bool el4_board_connect_timers(const struct board *board, unsigned cpu)
{
    static const struct {
        uint32_t output, intid;
    } timers[] = {
        {EL4_CPU_WIRE_TIMER_HYP, BOARD_INTID_TIMER_HYP},
        {EL4_CPU_WIRE_TIMER_VIRT, BOARD_INTID_TIMER_VIRT},
        {EL4_CPU_WIRE_TIMER_SEC, BOARD_INTID_TIMER_SEC},
        {EL4_CPU_WIRE_TIMER_NS_PHYS, BOARD_INTID_TIMER_NS_PHYS},
    };
    for (size_t i = 0; i < BOARD_COUNT(timers); i++) {
        if (!el4_board_connect(board, NULL, cpu, timers[i].output, "gic",
                               EL4_INPUT_PRIVATE(cpu, timers[i].intid))) {
            return false;
        }
    }
    return true;
}

bool el4_board_connect_cores(const struct board *board, const uint8_t *pmu_spis)
{
    for (unsigned cpu = 0; cpu < el4_board_cpus(board); cpu++) {
        if (!el4_board_connect_timers(board, cpu) ||
            !el4_board_connect(board, NULL, cpu, EL4_CPU_WIRE_PMU, "gic",
                               BOARD_SPI(pmu_spis[cpu]))) {
            return false;
        }
    }
    return true;
}

/* ---- call-backs ---- */

void el4_board_fdt_root(const struct board *board, struct el4_fdt *fdt,
                        const char *const *compatible, const char *model)
{
    board->host->fdt_strings(fdt, "compatible", compatible);
    el4_fdt_add_string(board->host, fdt, "model", model);
    el4_fdt_add_cell(board->host, fdt, "#address-cells", 2);
    el4_fdt_add_cell(board->host, fdt, "#size-cells", 2);
}

const char *el4_board_default_chain(void *state, unsigned conduit)
{
    const struct board *board = state;
    enum board_el3 el3 = el4_board_el3(board);
    bool is_by_smc = el3 == BOARD_EL3_EMULATOR || el4_board_has_el2(board);
    unsigned answered = is_by_smc ? EL4_CONDUIT_SMC : EL4_CONDUIT_HVC;
    return el3 != BOARD_EL3_GUEST && conduit == answered ? "psci, smccc-arch, smccc-unknown"
                                                         : NULL;
}
