/* SPDX-License-Identifier: MIT */
/*
 * midway: the Calxeda ECX-2000, four Cortex-A15 with their interrupt controller at PERIPHBASE
 * (Arm DDI 0438, 8.2.1) and generic timers. Unmodified Linux kernels run with their
 * ecx-2000.dtb.
 */
#include "../calxeda-common/calxeda.h"
#include <stdlib.h>

#define PERIPHBASE 0xfff10000u

static bool midway_build(void *state)
{
    struct calxeda *board = state;
    return el4_board_add_core_gic(&board->base, PERIPHBASE, "cortex-a15") &&
           el4_board_connect_cores(&board->base, calxeda_pmu_spis) && calxeda_build(board);
}

static void *midway_create(const struct el4_host *host, struct el4_instance *self)
{
    struct calxeda *board = el4_board_create(host, self, sizeof(*board));
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
