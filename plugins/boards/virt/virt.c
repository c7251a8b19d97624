/* SPDX-License-Identifier: MIT */
/*
 * virt: a machine that exists on no desk, with the memory map and device tree of the well-known
 * `virt`, so that kernels and firmware built for that one run here unchanged. It has no PCIe.
 *
 * Inputs of the interrupt controller are INTIDs: shared interrupt n of the device tree is
 * INTID n + 32.
 */
#include <el4/service.h>
#include <stdio.h>
#include <stdlib.h>

#include "virt.h"

#define MIB           (1ull << 20)
#define GIB           (1ull << 30)
#define RAM_BASE      0x40000000ull
#define RAM_BYTES_MAX (255 * GIB)
#define FLASH_BYTES   (64 * MIB)

#define CPUS_MAX_GICV2 8u
#define CPUS_MAX_GICV3 123u /* redistributors fit between 0x080a0000 and 0x09000000 */
#define REDISTRIBUTOR  0x20000u

#define VIRTIO_BASE   0x0a000000ull
#define VIRTIO_STRIDE 0x200u
#define VIRTIO_COUNT  32u
#define VIRTIO_SPI    16u

/* The INTID of a shared interrupt. */
#define SPI(n) ((n) + 32u)

/* What machine_uint says of "el3". */
enum { EL3_NONE, EL3_GUEST, EL3_EMULATOR };

static const char *const compatible_pl011[] = {"arm,pl011", "arm,primecell", NULL};
static const char *const compatible_pl031[] = {"arm,pl031", "arm,primecell", NULL};
static const char *const compatible_pl061[] = {"arm,pl061", "arm,primecell", NULL};
static const char *const compatible_fw_cfg[] = {"qemu,fw-cfg-mmio", NULL};
static const char *const compatible_flash[] = {"cfi-flash", NULL};
static const char *const compatible_virtio[] = {"virtio,mmio", NULL};

static const struct el4_board_setting uart0_settings[] = {{"backend", "terminal"}, {0}};

/* ---- devices ---- */

static bool add(struct virt *board, const struct el4_board_device *device)
{
    struct el4_board_device entry = *device;
    entry.struct_size = sizeof(entry);
    return board->host->board_device(board->self, &entry);
}

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
    return add(board, &gic);
}

static bool wire_cpu(struct virt *board, unsigned cpu)
{
    static const struct {
        uint32_t output, intid;
    } wires[] = {
        {EL4_CPU_WIRE_TIMER_NS_PHYS, VIRT_INTID_TIMER_NS_PHYS},
        {EL4_CPU_WIRE_TIMER_VIRT, VIRT_INTID_TIMER_VIRT},
        {EL4_CPU_WIRE_TIMER_HYP, VIRT_INTID_TIMER_HYP},
        {EL4_CPU_WIRE_TIMER_SEC, VIRT_INTID_TIMER_SEC},
        {EL4_CPU_WIRE_TIMER_HYP_VIRT, VIRT_INTID_TIMER_HYP_VIRT},
        {EL4_CPU_WIRE_PMU, VIRT_INTID_PMU},
    };
    for (unsigned i = 0; i < sizeof(wires) / sizeof(wires[0]); i++) {
        struct el4_board_wire wire = {
            .struct_size = sizeof(wire),
            .cpu = cpu,
            .output = wires[i].output,
            .to_device = "gic",
            .input = EL4_INPUT_PRIVATE(cpu, wires[i].intid),
        };
        if (!board->host->board_wire(board->self, &wire)) {
            return false;
        }
    }
    return true;
}

static bool add_flash(struct virt *board, const char *name, uint64_t base, uint32_t view)
{
    return add(board, &(struct el4_board_device){
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

static bool add_peripherals(struct virt *board)
{
    const struct el4_board_device devices[] = {
        {.name = "uart0",
         .plugin = "pl011",
         .regions = {{.base = 0x09000000}},
         .region_count = 1,
         .irqs = {{0, SPI(1), EL4_IRQ_LEVEL_HIGH}},
         .irq_count = 1,
         .settings = uart0_settings,
         .node = "pl011",
         .compatible = compatible_pl011,
         .fdt = virt_fdt_uart},
        {.name = "rtc",
         .plugin = "pl031",
         .regions = {{.base = 0x09010000}},
         .region_count = 1,
         .irqs = {{0, SPI(2), EL4_IRQ_LEVEL_HIGH}},
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
         .irqs = {{0, SPI(7), EL4_IRQ_LEVEL_HIGH}},
         .irq_count = 1,
         .node = "pl061",
         .compatible = compatible_pl061,
         .fdt = virt_fdt_gpio},
    };
    for (unsigned i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        if (!add(board, &devices[i])) {
            return false;
        }
    }
    return true;
}

/* What only Secure software sees: its console, its memory, its GPIO. */
static bool add_secure(struct virt *board)
{
    const struct el4_board_memory memory = {
        .struct_size = sizeof(memory),
        .name = "secure-ram",
        .base = 0x0e000000,
        .bytes = 16 * MIB,
        .kind = EL4_MEMORY_RAM,
        .view = EL4_VIEW_SECURE,
    };
    const struct el4_board_device uart = {
        .name = "uart1",
        .plugin = "pl011",
        .regions = {{.base = 0x09040000}},
        .region_count = 1,
        .view = EL4_VIEW_SECURE,
        .irqs = {{0, SPI(8), EL4_IRQ_LEVEL_HIGH}},
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
    return board->host->board_memory(board->self, &memory) && add(board, &uart) &&
           add(board, &gpio);
}

/* An empty slot is there, too: its device id is 0. */
static bool add_virtio(struct virt *board)
{
    for (unsigned slot = 0; slot < VIRTIO_COUNT; slot++) {
        char name[16];
        snprintf(name, sizeof(name), "virtio%u", slot);
        const struct el4_board_device device = {
            .name = name,
            .plugin = "virtio-mmio",
            .regions = {{.base = VIRTIO_BASE + (uint64_t)slot * VIRTIO_STRIDE}},
            .region_count = 1,
            .irqs = {{0, SPI(VIRTIO_SPI + slot), EL4_IRQ_EDGE_RISING}},
            .irq_count = 1,
            .node = "virtio_mmio",
            .compatible = compatible_virtio,
            .fdt = virt_fdt_dma_coherent,
        };
        if (!add(board, &device)) {
            return false;
        }
    }
    return true;
}

/* ---- the board ---- */

static bool check(struct virt *board, uint64_t cpus, uint64_t memory)
{
    unsigned cpus_max = board->gic_version == 2 ? CPUS_MAX_GICV2 : CPUS_MAX_GICV3;
    if (cpus > cpus_max) {
        board->host->fail(board->self, "%u CPUs are too many for a GICv%u, which takes %u%s",
                          (unsigned)cpus, board->gic_version, cpus_max,
                          board->gic_version == 2 ? "; try gic = 3" : "");
        return false;
    }
    if (memory > RAM_BYTES_MAX || memory % 4096) {
        board->host->fail(board->self,
                          "memory must be a multiple of 4 KiB and at most 255 GiB");
        return false;
    }
    return true;
}

static bool virt_build(void *state)
{
    struct virt *board = state;
    const struct el4_host *host = board->host;
    uint64_t cpus = host->machine_uint(board->self, "cpus");
    uint64_t memory = host->machine_uint(board->self, "memory");
    uint64_t el3 = host->machine_uint(board->self, "el3");
    bool el2 = host->machine_uint(board->self, "el2") != 0;

    if (!check(board, cpus, memory)) {
        return false;
    }
    const struct el4_board_memory ram = {
        .struct_size = sizeof(ram),
        .name = "ram",
        .base = RAM_BASE,
        .bytes = memory,
        .kind = EL4_MEMORY_RAM,
        .main = true,
    };
    const struct el4_board_boot boot = {
        .struct_size = sizeof(boot),
        .ram_base = RAM_BASE,
        .reset_address = 0,
        .bios_base = 0,
        .bios_bytes = FLASH_BYTES,
        .dtb_address = RAM_BASE,
        .all_cpus_start = true,
    };
    if (!host->board_memory(board->self, &ram) ||
        !add_gic(board, (unsigned)cpus, el2, el3 != EL3_NONE)) {
        return false;
    }
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        if (!wire_cpu(board, cpu)) {
            return false;
        }
    }
    /* Firmware that owns EL3 has the first bank to itself. */
    return add_flash(board, "flash0", 0, el3 == EL3_GUEST ? EL4_VIEW_SECURE : 0) &&
           add_flash(board, "flash1", FLASH_BYTES, 0) && add_peripherals(board) &&
           (el3 == EL3_NONE || add_secure(board)) && add_virtio(board) &&
           host->board_boot(board->self, &boot);
}

/* As many CPUs a cluster as one SGI register's target list can name. */
static uint64_t virt_cpu_affinity(void *state, unsigned cpu)
{
    const struct virt *board = state;
    unsigned cluster = board->gic_version == 2 ? 8 : 16;
    return (uint64_t)(cpu / cluster) << 8 | cpu % cluster;
}

/*
 * Calls are answered at the level above the guest's highest: by HVC if it has EL1 only, by SMC
 * if it has EL2, or if EL3 is there and el4 plays its firmware. A guest that owns EL3 gets all
 * of its calls itself.
 */
static const char *virt_default_chain(void *state, unsigned conduit)
{
    static const char services[] = "psci, smccc-arch, smccc-unknown";
    struct virt *board = state;
    uint64_t el3 = board->host->machine_uint(board->self, "el3");
    bool el2 = board->host->machine_uint(board->self, "el2") != 0;
    unsigned answered = el3 == EL3_EMULATOR || el2 ? EL4_CONDUIT_SMC : EL4_CONDUIT_HVC;
    return el3 != EL3_GUEST && conduit == answered ? services : NULL;
}

static void *virt_create(const struct el4_host *host, struct el4_instance *self)
{
    struct virt *board = calloc(1, sizeof(*board));
    if (!board) {
        host->fail(self, "out of memory");
        return NULL;
    }
    board->host = host;
    board->self = self;
    board->gic_version = host->config_enum(self, "gic") == 1 ? 3 : 2;
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
    .key_count = sizeof(keys) / sizeof(keys[0]),
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
    .memory_default = 512 * MIB,
    .default_chain = virt_default_chain,
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
