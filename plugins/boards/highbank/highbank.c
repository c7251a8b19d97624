/* SPDX-License-Identifier: MIT */
/*
 * highbank: the Calxeda ECX-1000, four Cortex-A9 with their private peripherals at PERIPHBASE
 * (Arm DDI 0407, 1.5) and a PL310. Unmodified Linux kernels run with their highbank.dtb.
 */
#include "../calxeda-common/calxeda.h"
#include <stdlib.h>

#define PERIPHBASE    0xfff10000u
#define RAM_BYTES_MAX 0xff900000ull
#define CLUSTER       0x900u /* affinity of CPU 0, as the device tree has it */

/* Private peripheral interrupts of the Cortex-A9 MPCore (DDI 0407, 3.1.2). */
enum { INTID_GLOBAL_TIMER = 27, INTID_TIMER = 29, INTID_WATCHDOG = 30 };

static const struct el4_board_setting clock_settings[] = {{"frequency", "200000000"}, {0}};
/* 16 ways of 256 KiB: the ECX-1000 has 4 MiB. */
static const struct el4_board_setting cache_settings[] = {
    {"ways", "16"},
    {"way-size", "256K"},
    {0},
};

static const struct board_device devices[] = {
    {"scu", "a9-scu", PERIPHBASE, {0}, NULL},
    {"global-timer", "a9-global-timer", PERIPHBASE + 0x200, {0}, clock_settings},
    {"twd", "a9-twd", PERIPHBASE + 0x600, {0}, clock_settings},
    {"l2", "pl310", 0xfff12000, {0}, cache_settings},
};

static bool add_gic(const struct board *board)
{
    const struct el4_board_setting settings[] = {
        {"model", "cortex-a9"},
        {"spis", "128"},
        {"security", el4_board_el3(board) != BOARD_EL3_NONE ? "yes" : "no"},
        {0},
    };
    const struct el4_board_device gic = {
        .name = "gic",
        .plugin = "gicv2",
        .regions = {{PERIPHBASE + 0x1000, 0x1000}, {PERIPHBASE + 0x100, 0x100}},
        .region_count = 2,
        .settings = settings,
        .interrupt_controller = true,
    };
    return el4_board_add(board, &gic);
}

static bool connect_cpu(const struct board *board, unsigned cpu)
{
    const struct {
        const char *device;
        uint32_t output, input;
    } wires[] = {
        {"global-timer", cpu, EL4_INPUT_PRIVATE(cpu, INTID_GLOBAL_TIMER)},
        {"twd", 2 * cpu, EL4_INPUT_PRIVATE(cpu, INTID_TIMER)},
        {"twd", 2 * cpu + 1, EL4_INPUT_PRIVATE(cpu, INTID_WATCHDOG)},
        {NULL, EL4_CPU_WIRE_PMU, BOARD_SPI(calxeda_pmu_spis[cpu])},
    };
    for (size_t i = 0; i < BOARD_COUNT(wires); i++) {
        if (!el4_board_connect(board, wires[i].device, wires[i].device ? 0 : cpu,
                               wires[i].output, "gic", wires[i].input)) {
            return false;
        }
    }
    return true;
}

static bool highbank_build(void *state)
{
    struct calxeda *board = state;
    if (!add_gic(&board->base) ||
        !el4_board_add_devices(&board->base, devices, BOARD_COUNT(devices))) {
        return false;
    }
    for (unsigned cpu = 0; cpu < el4_board_cpus(&board->base); cpu++) {
        if (!connect_cpu(&board->base, cpu)) {
            return false;
        }
    }
    return calxeda_build(board);
}

static uint64_t highbank_cpu_affinity(void *state, unsigned cpu)
{
    return CLUSTER + cpu;
}

static void *highbank_create(const struct el4_host *host, struct el4_instance *self)
{
    struct calxeda *board = el4_board_create(host, self, sizeof(*board));
    if (board) {
        board->compatible = "calxeda,highbank";
        board->model = "Calxeda Highbank";
        board->ram_bytes_max = RAM_BYTES_MAX;
        board->periphbase = PERIPHBASE;
    }
    return board;
}

static const struct el4_board_operations operations = {
    .struct_size = sizeof(operations),
    .create = highbank_create,
    .destroy = free,
    .build = highbank_build,
    .cpu_affinity = highbank_cpu_affinity,
    .default_cpu = "cortex-a9",
    .cpus_max = CALXEDA_CPUS_MAX,
    .default_chain = calxeda_default_chain,
    .fdt = calxeda_fdt_root,
};

EL4_PLUGIN_DEFINE(highbank) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_BOARD,
    .name = "highbank",
    .version = "1.0",
    .description = "Calxeda ECX-1000 (Cortex-A9)",
    .schema = &calxeda_schema,
    .operations = &operations,
};
