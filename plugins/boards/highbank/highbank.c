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

/* PMU interrupts: of CPU 0, those of the others go down from there. */
#define SPI_PMU 76u

static bool add_mpcore(struct calxeda *board)
{
    static const struct el4_board_setting clock[] = {{"frequency", "200000000"}, {0}};
    bool el3 = board->host->machine_uint(board->self, "el3") != CALXEDA_EL3_NONE;
    const struct el4_board_setting gic_settings[] = {
        {"model", "cortex-a9"},
        {"spis", "128"},
        {"security", el3 ? "yes" : "no"},
        {0},
    };
    const struct el4_board_device devices[] = {
        {.name = "gic",
         .plugin = "gicv2",
         .regions = {{PERIPHBASE + 0x1000, 0x1000}, {PERIPHBASE + 0x100, 0x100}},
         .region_count = 2,
         .settings = gic_settings,
         .interrupt_controller = true},
        {.name = "scu",
         .plugin = "a9-scu",
         .regions = {{.base = PERIPHBASE}},
         .region_count = 1},
        {.name = "global-timer",
         .plugin = "a9-global-timer",
         .regions = {{.base = PERIPHBASE + 0x200}},
         .region_count = 1,
         .settings = clock},
        {.name = "twd",
         .plugin = "a9-twd",
         .regions = {{.base = PERIPHBASE + 0x600}},
         .region_count = 1,
         .settings = clock},
    };
    for (unsigned i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        if (!calxeda_add(board, &devices[i])) {
            return false;
        }
    }
    return true;
}

/* 16 ways of 256 KiB: the ECX-1000 has 4 MiB. */
static bool add_cache(struct calxeda *board)
{
    static const struct el4_board_setting settings[] = {
        {"ways", "16"},
        {"way-size", "256K"},
        {0},
    };
    const struct el4_board_device cache = {
        .name = "l2",
        .plugin = "pl310",
        .regions = {{.base = 0xfff12000}},
        .region_count = 1,
        .settings = settings,
    };
    return calxeda_add(board, &cache);
}

static bool wire_cpu(struct calxeda *board, unsigned cpu)
{
    return calxeda_wire(board, "global-timer", 0, cpu,
                        EL4_INPUT_PRIVATE(cpu, INTID_GLOBAL_TIMER)) &&
           calxeda_wire(board, "twd", 0, 2 * cpu, EL4_INPUT_PRIVATE(cpu, INTID_TIMER)) &&
           calxeda_wire(board, "twd", 0, 2 * cpu + 1, EL4_INPUT_PRIVATE(cpu, INTID_WATCHDOG)) &&
           calxeda_wire(board, NULL, cpu, EL4_CPU_WIRE_PMU, CALXEDA_SPI(SPI_PMU - cpu));
}

static bool highbank_build(void *state)
{
    struct calxeda *board = state;
    if (!add_mpcore(board) || !add_cache(board)) {
        return false;
    }
    for (unsigned cpu = 0; cpu < board->host->machine_uint(board->self, "cpus"); cpu++) {
        if (!wire_cpu(board, cpu)) {
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
    struct calxeda *board = calxeda_create(host, self);
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
