/* SPDX-License-Identifier: MIT */
/*
 * virt: a machine that exists on no desk, with the memory map and device tree of the well-known
 * `virt`, so that kernels and firmware built for that one run here unchanged. It has no PCIe.
 *
 * Inputs of the interrupt controller are INTIDs: shared interrupt n of the device tree is
 * INTID n + 32.
 */
#include <stdlib.h>

#include "virt.h"

#define RAM_BASE      0x40000000ull
#define RAM_BYTES_MAX (255 * BOARD_GIB)
#define FLASH_BYTES   (64 * BOARD_MIB)

#define CPUS_MAX_GICV2 8u
#define CPUS_MAX_GICV3 123u /* redistributors fit between 0x080a0000 and 0x09000000 */
#define REDISTRIBUTOR  0x20000u

#define VIRTIO_BASE  0x0a000000ull
#define VIRTIO_COUNT 32u
#define VIRTIO_SPI   16u

static const char *const compatible_pl011[] = {"arm,pl011", "arm,primecell", NULL};
static const char *const compatible_pl031[] = {"arm,pl031", "arm,primecell", NULL};
static const char *const compatible_pl061[] = {"arm,pl061", "arm,primecell", NULL};
static const char *const compatible_fw_cfg[] = {"qemu,fw-cfg-mmio", NULL};
static const char *const compatible_flash[] = {"cfi-flash", NULL};
static const char *const compatible_virtio[] = {"virtio,mmio", NULL};

static const struct el4_board_setting uart0_settings[] = {{"backend", "terminal"}, {0}};

/* ---- devices ---- */

/* It writes its own compatible and phandle (label "gic"). */
static bool add_gic(struct virt *board, unsigned cpus, bool el2, bool el3)
{
    const struct el4_board_setting settings[] = {
        {"security", el3 ? "yes" : "no"},
        {"virtualization", el2 ? "yes" : "no"},
        {0},
    };
    struct el4_board_device gic = {
        .name = "gic",
        .settings = settings,
        .node = "intc",
        .interrupt_controller = true,
    };
    gic.regions[0].base = 0x08000000;
    if (board->gic_version == 2) {
        gic.plugin = "gicv2";
        gic.regions[1].base = 0x08010000;
        gic.regions[2].base = 0x08030000;
        gic.regions[3].base = 0x08040000;
        gic.region_count = el2 ? 4 : 2;
    } else {
        gic.plugin = "gicv3";
        gic.regions[1].base = 0x080a0000;
        gic.regions[1].bytes = (uint64_t)cpus * REDISTRIBUTOR;
        gic.region_count = 2;
    }
    return el4_board_add(&board->base, &gic);
}

static bool connect_cpu(const struct board *board, unsigned cpu)
{
    return el4_board_connect_timers(board, cpu) &&
           el4_board_connect(board, NULL, cpu, EL4_CPU_WIRE_TIMER_HYP_VIRT, "gic",
                             EL4_INPUT_PRIVATE(cpu, BOARD_INTID_TIMER_HYP_VIRT)) &&
           el4_board_connect(board, NULL, cpu, EL4_CPU_WIRE_PMU, "gic",
                             EL4_INPUT_PRIVATE(cpu, VIRT_INTID_PMU));
}

static bool add_flash(const struct board *board, const char *name, uint64_t base, uint32_t view)
{
    return el4_board_add(board, &(struct el4_board_device){
                                    .name = name,
                                    .plugin = "cfi-flash",
                                    .regions = {{.base = base, .bytes = FLASH_BYTES}},
                                    .region_count = 1,
                                    .view = view,
                                    .node = "flash",
                                    .compatible = compatible_flash,
                                    .fdt = virt_fdt_flash,
                                });
}

static bool add_peripherals(const struct board *board)
{
    const struct el4_board_device devices[] = {
        {.name = "uart0",
         .plugin = "pl011",
         .regions = {{.base = 0x09000000}},
         .region_count = 1,
         .irqs = {{0, BOARD_SPI(1), EL4_IRQ_LEVEL_HIGH}},
         .irq_count = 1,
         .settings = uart0_settings,
         .node = "pl011",
         .compatible = compatible_pl011,
         .fdt = virt_fdt_uart},
        {.name = "rtc",
         .plugin = "pl031",
         .regions = {{.base = 0x09010000}},
         .region_count = 1,
         .irqs = {{0, BOARD_SPI(2), EL4_IRQ_LEVEL_HIGH}},
         .irq_count = 1,
         .node = "pl031",
         .compatible = compatible_pl031,
         .fdt = virt_fdt_rtc},
        {.name = "fw-cfg",
         .plugin = "fw-cfg",
         .regions = {{.base = 0x09020000}},
         .region_count = 1,
         .node = "fw-cfg",
         .compatible = compatible_fw_cfg,
         .fdt = virt_fdt_dma_coherent},
        {.name = "gpio",
         .plugin = "pl061",
         .regions = {{.base = 0x09030000}},
         .region_count = 1,
         .irqs = {{0, BOARD_SPI(7), EL4_IRQ_LEVEL_HIGH}},
         .irq_count = 1,
         .node = "pl061",
         .compatible = compatible_pl061,
         .fdt = virt_fdt_gpio},
    };
    for (size_t i = 0; i < BOARD_COUNT(devices); i++) {
        if (!el4_board_add(board, &devices[i])) {
            return false;
        }
    }
    return true;
}

/* What only Secure software sees: its console, its memory, its GPIO. */
static bool add_secure(const struct board *board)
{
    const struct el4_board_memory memory = {
        .struct_size = sizeof(memory),
        .name = "secure-ram",
        .base = 0x0e000000,
        .bytes = 16 * BOARD_MIB,
        .kind = EL4_MEMORY_RAM,
        .view = EL4_VIEW_SECURE,
    };
    const struct el4_board_device uart = {
        .name = "uart1",
        .plugin = "pl011",
        .regions = {{.base = 0x09040000}},
        .region_count = 1,
        .view = EL4_VIEW_SECURE,
        .irqs = {{0, BOARD_SPI(8), EL4_IRQ_LEVEL_HIGH}},
        .irq_count = 1,
        .node = "pl011",
        .compatible = compatible_pl011,
        .fdt = virt_fdt_uart,
    };
    const struct el4_board_device gpio = {
        .name = "secure-gpio",
        .plugin = "pl061",
        .regions = {{.base = 0x090b0000}},
        .region_count = 1,
        .view = EL4_VIEW_SECURE,
        .node = "pl061",
        .compatible = compatible_pl061,
        .fdt = virt_fdt_secure_gpio,
    };
    return board->host->board_memory(board->self, &memory) && el4_board_add(board, &uart) &&
           el4_board_add(board, &gpio);
}

/* Of a virtio slot; an empty one is there, too: its device id is 0. */
static const struct el4_board_device slot = {
    .node = "virtio_mmio",
    .compatible = compatible_virtio,
    .fdt = virt_fdt_dma_coherent,
};

/* ---- the board ---- */

static bool check_cpus(const struct virt *board, unsigned cpus)
{
    unsigned cpus_max = board->gic_version == 2 ? CPUS_MAX_GICV2 : CPUS_MAX_GICV3;
    if (cpus > cpus_max) {
        board->base.host->fail(
            board->base.self, "%u CPUs are too many for a GICv%u, which takes %u%s", cpus,
            board->gic_version, cpus_max, board->gic_version == 2 ? "; try gic = 3" : "");
        return false;
    }
    return true;
}

static bool virt_build(void *state)
{
    struct virt *virt = state;
    const struct board *board = &virt->base;
    unsigned cpus = el4_board_cpus(board);
    enum board_el3 el3 = el4_board_el3(board);
    const struct el4_board_boot boot = {
        .struct_size = sizeof(boot),
        .ram_base = RAM_BASE,
        .reset_address = 0,
        .bios_base = 0,
        .bios_bytes = FLASH_BYTES,
        .dtb_address = RAM_BASE,
        .all_cpus_start = true,
    };
    if (!check_cpus(virt, cpus) || !el4_board_add_ram(board, RAM_BASE, RAM_BYTES_MAX) ||
        !add_gic(virt, cpus, el4_board_has_el2(board), el3 != BOARD_EL3_NONE)) {
        return false;
    }
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        if (!connect_cpu(board, cpu)) {
            return false;
        }
    }
    /* Firmware that owns EL3 has the first bank to itself. */
    return add_flash(board, "flash0", 0, el3 == BOARD_EL3_GUEST ? EL4_VIEW_SECURE : 0) &&
           add_flash(board, "flash1", FLASH_BYTES, 0) && add_peripherals(board) &&
           (el3 == BOARD_EL3_NONE || add_secure(board)) &&
           el4_board_add_virtio(board, &slot, VIRTIO_BASE, VIRTIO_COUNT, VIRTIO_SPI) &&
           board->host->board_boot(board->self, &boot);
}

/* As many CPUs a cluster as one SGI register's target list can name. */
static uint64_t virt_cpu_affinity(void *state, unsigned cpu)
{
    const struct virt *board = state;
    unsigned cluster = board->gic_version == 2 ? 8 : 16;
    return (uint64_t)(cpu / cluster) << 8 | cpu % cluster;
}

static void *virt_create(const struct el4_host *host, struct el4_instance *self)
{
    struct virt *board = el4_board_create(host, self, sizeof(*board));
    if (board) {
        board->gic_version = host->config_enum(self, "gic") == 1 ? 3 : 2;
    }
    return board;
}

static const char *const gic_choices[] = {"2", "3", NULL};

static const struct el4_config_key keys[] = {
    {.name = "gic",
     .type = EL4_CONFIG_ENUM,
     .default_text = "2",
     .choices = gic_choices,
     .help = "Version of the interrupt controller: 2 takes up to 8 CPUs, 3 up to 123."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "The virt board.",
    .keys = keys,
    .key_count = BOARD_COUNT(keys),
};

static const struct el4_board_operations operations = {
    .struct_size = sizeof(operations),
    .create = virt_create,
    .destroy = free,
    .build = virt_build,
    .cpu_affinity = virt_cpu_affinity,
    /* What most recipes for this board ask for; its 44 address bits reach all of the map. */
    .default_cpu = "cortex-a57",
    .cpus_max = CPUS_MAX_GICV3,
    .counter_hz = 62500000,
    .memory_default = 512 * BOARD_MIB,
    .default_chain = el4_board_default_chain,
    .fdt = virt_fdt_root,
};

EL4_PLUGIN_DEFINE(virt) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_BOARD,
    .name = "virt",
    .version = "1.0",
    .description = "Virtual board with the memory map of the well-known one",
    .schema = &schema,
    .operations = &operations,
};
