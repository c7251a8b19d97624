/* SPDX-License-Identifier: MIT */
/*
 * midway: the Calxeda ECX-2000, four Cortex-A15 with their interrupt controller at PERIPHBASE
 * (Arm DDI 0438, 8.2.1) and generic timers. Unmodified Linux kernels run with their
 * ecx-2000.dtb.
 */
#include "../calxeda-common/calxeda.h"
#include <stdlib.h>

#define PERIPHBASE 0xfff10000u

/* PMU interrupts: of CPU 0, those of the others go down from there. */
#define SPI_PMU 76u

static bool add_gic(struct calxeda *board)
{
    bool el3 = board->host->machine_uint(board->self, "el3") != CALXEDA_EL3_NONE;
    bool el2 = board->host->machine_uint(board->self, "el2") != 0;
    const struct el4_board_setting settings[] = {
        {"model", "cortex-a15"},
        {"spis", "128"},
        {"security", el3 ? "yes" : "no"},
        {"virtualization", el2 ? "yes" : "no"},
        {0},
    };
    const struct el4_board_device gic = {
        .name = "gic",
        .plugin = "gicv2",
        .regions = {{PERIPHBASE + 0x1000, 0x1000},
                    {PERIPHBASE + 0x2000, 0x2000},
                    {PERIPHBASE + 0x4000, 0x2000},
                    {PERIPHBASE + 0x6000, 0x2000}},
        .region_count = el2 ? 4 : 2,
        .settings = settings,
        .interrupt_controller = true,
    };
    return calxeda_add(board, &gic);
}

/* Private interrupts of the Cortex-A15 (DDI 0438, 8.2.2). */
static bool wire_cpu(struct calxeda *board, unsigned cpu)
{
    static const struct {
        uint32_t output, intid;
    } timers[] = {
        {EL4_CPU_WIRE_TIMER_HYP, 26},
        {EL4_CPU_WIRE_TIMER_VIRT, 27},
        {EL4_CPU_WIRE_TIMER_SEC, 29},
        {EL4_CPU_WIRE_TIMER_NS_PHYS, 30},
    };
    for (unsigned i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        if (!calxeda_wire(board, NULL, cpu, timers[i].output,
                          EL4_INPUT_PRIVATE(cpu, timers[i].intid))) {
            return false;
        }
    }
    return calxeda_wire(board, NULL, cpu, EL4_CPU_WIRE_PMU, CALXEDA_SPI(SPI_PMU - cpu));
}

static bool midway_build(void *state)
{
    struct calxeda *board = state;
    if (!add_gic(board)) {
        return false;
    }
    for (unsigned cpu = 0; cpu < board->host->machine_uint(board->self, "cpus"); cpu++) {
        if (!wire_cpu(board, cpu)) {
            return false;
        }
    }
    return calxeda_build(board);
}

static void *midway_create(const struct el4_host *host, struct el4_instance *self)
{
    struct calxeda *board = calxeda_create(host, self);
    if (board) {
        board->compatible = "calxeda,ecx-2000";
        board->model = "Calxeda ECX-2000";
        board->ram_bytes_max = CALXEDA_RAM_BYTES_MAX;
        board->periphbase = PERIPHBASE;
    }
    return board;
}

static const struct el4_board_operations operations = {
    .struct_size = sizeof(operations),
    .create = midway_create,
    .destroy = free,
    .build = midway_build,
    .default_cpu = "cortex-a15",
    .cpus_max = CALXEDA_CPUS_MAX,
    .counter_hz = 62500000,
    .default_chain = calxeda_default_chain,
    .fdt = calxeda_fdt_root,
};

EL4_PLUGIN_DEFINE(midway) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_BOARD,
    .name = "midway",
    .version = "1.0",
    .description = "Calxeda ECX-2000 (Cortex-A15)",
    .schema = &calxeda_schema,
    .operations = &operations,
};
