/* SPDX-License-Identifier: MIT */
/*
 * vexpress-a15: the Versatile Express motherboard in the newer memory map (Arm DUI 0447) with
 * the CoreTile Express A15x2 (Arm DUI 0604). No firmware answers calls: secondary CPUs wait in
 * a holding pen, code in the tile's SRAM, as the board's boot monitor leaves them.
 */
#include <el4/board.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB           (1ull << 20)
#define RAM_BASE      0x80000000ull
#define RAM_BYTES_MAX (2048 * MIB)
#define PERIPHBASE    0x2c000000u
#define SRAM_BASE     0x2e000000u
#define SRAM_BYTES    0x10000u
#define FLASH_BYTES   (64 * MIB)
#define FLASH0_BASE   0x08000000u
#define FLASH1_BASE   0x0c000000u
#define PSRAM_BASE    0x14000000u
#define PSRAM_BYTES   (32 * MIB)
#define VRAM_BASE     0x18000000u
#define VRAM_BYTES    (8 * MIB)
#define VIRTIO_BASE   0x1c130000u
#define VIRTIO_STRIDE 0x200u
#define VIRTIO_COUNT  4u
#define VIRTIO_SPI    40u
#define CPUS_MAX      2u
#define SPI_PMU       68u

/* The INTID of a shared interrupt. */
#define SPI(n) ((n) + 32u)

enum { EL3_NONE, EL3_GUEST, EL3_EMULATOR };

/*
 * The pen: let interrupts of any priority through to the CPU (it has them masked, but they end
 * WFI), and sleep until SYS_FLAGS holds an address to go to.
 */
static const uint32_t pen_code[] = {
    0xe59f2028, /* 0x00 ldr r2, [pc, #0x28]  @ CPU interface */
    0xe3a01001, /* 0x04 mov r1, #1 */
    0xe5821000, /* 0x08 str r1, [r2]         @ GICC_CTLR: enable */
    0xe3a010ff, /* 0x0c mov r1, #0xff */
    0xe5821004, /* 0x10 str r1, [r2, #4]     @ GICC_PMR: all priorities */
    0xe59f0018, /* 0x14 ldr r0, [pc, #0x18]  @ SYS_FLAGS */
    0xf57ff04f, /* 0x18 dsb */
    0xe320f003, /* 0x1c wfi */
    0xe5901000, /* 0x20 ldr r1, [r0] */
    0xe3510000, /* 0x24 cmp r1, #0 */
    0x0afffffa, /* 0x28 beq 0x18 */
    0xe12fff11, /* 0x2c bx r1 */
    PERIPHBASE + 0x2000, 0x1c010030,
};

struct vexpress {
    const struct el4_host *host;
    struct el4_instance *self;
};

static const char *const compatible_flash[] = {"arm,vexpress-flash", "cfi-flash", NULL};
static const struct el4_board_setting uart0_settings[] = {{"backend", "terminal"}, {0}};
static const struct el4_board_setting timer_settings[] = {{"frequency", "1000000"}, {0}};
static const struct el4_board_setting sysreg_settings[] = {
    {"procid0", "0x14000237"},
    /* CPU, -, -, -, AXI, HDLCD pixels, static memory, system, DDR */
    {"daughterboard-clocks",
     "60000000, 0, 0, 0, 40000000, 23750000, 50000000, 60000000, 40000000"},
    {0},
};

/* ---- devices ---- */

static bool add(struct vexpress *board, const struct el4_board_device *device)
{
    struct el4_board_device entry = *device;
    entry.struct_size = sizeof(entry);
    return board->host->board_device(board->self, &entry);
}

static bool add_gic(struct vexpress *board)
{
    bool el3 = board->host->machine_uint(board->self, "el3") != EL3_NONE;
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
    return add(board, &gic);
}

#define IRQ(output, spi)                                                                       \
    {                                                                                          \
        (output), SPI(spi), EL4_IRQ_LEVEL_HIGH                                                 \
    }

static bool add_motherboard(struct vexpress *board)
{
    static const struct {
        const char *name, *plugin;
        uint64_t base;
        struct el4_board_irq irq;
        const struct el4_board_setting *settings;
    } devices[] = {
        {"sysreg", "vexpress-sysreg", 0x1c010000, {0}, sysreg_settings},
        {"uart0", "pl011", 0x1c090000, IRQ(0, 5), uart0_settings},
        {"uart1", "pl011", 0x1c0a0000, IRQ(0, 6), NULL},
        {"uart2", "pl011", 0x1c0b0000, IRQ(0, 7), NULL},
        {"uart3", "pl011", 0x1c0c0000, IRQ(0, 8), NULL},
        {"watchdog", "sp805", 0x1c0f0000, IRQ(0, 0), NULL},
        {"timer01", "sp804", 0x1c110000, IRQ(0, 2), timer_settings},
        {"timer23", "sp804", 0x1c120000, IRQ(0, 3), timer_settings},
        {"rtc", "pl031", 0x1c170000, IRQ(0, 4), NULL},
        {"dma", "pl330", 0x7ffb0000, IRQ(0, 88), NULL},
    };
    for (unsigned i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        const struct el4_board_device device = {
            .name = devices[i].name,
            .plugin = devices[i].plugin,
            .regions = {{.base = devices[i].base}},
            .region_count = 1,
            .irqs = {devices[i].irq},
            .irq_count = devices[i].irq.intid ? 1 : 0,
            .settings = devices[i].settings,
        };
        if (!add(board, &device)) {
            return false;
        }
    }
    return true;
}

/* Blocks that kernels touch. */
static bool add_absent(struct vexpress *board)
{
    static const struct {
        const char *name, *what, *bytes;
        uint64_t base;
    } blocks[] = {
        {"lan9118", "the LAN9118 Ethernet controller", "0x10000", 0x1a000000},
        {"usb", "the ISP1761 USB controller", "0x20000", 0x1b000000},
        {"sysctl", "the SP810 system controller", "0x1000", 0x1c020000},
        {"pcie-i2c", "an I2C bus", "0x1000", 0x1c030000},
        {"aaci", "the PL041 audio interface", "0x1000", 0x1c040000},
        {"mmci", "the PL180 card interface", "0x1000", 0x1c050000},
        {"kmi0", "a PL050 keyboard interface", "0x1000", 0x1c060000},
        {"kmi1", "a PL050 mouse interface", "0x1000", 0x1c070000},
        {"dvi-i2c", "an I2C bus", "0x1000", 0x1c160000},
        {"cf", "the CompactFlash slot", "0x1000", 0x1c1a0000},
        {"clcd", "the PL111 display controller", "0x1000", 0x1c1f0000},
        {"hdlcd", "the HDLCD display controller", "0x1000", 0x2b000000},
        {"tile-watchdog", "the tile's SP805", "0x1000", 0x2b060000},
        {"dmc", "the PL341 memory controller", "0x1000", 0x2b0a0000},
        {"smc", "the PL354 memory controller", "0x1000", 0x7ffd0000},
    };
    for (unsigned i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        const struct el4_board_setting settings[] = {
            {"bytes", blocks[i].bytes},
            {"what", blocks[i].what},
            {0},
        };
        const struct el4_board_device device = {
            .name = blocks[i].name,
            .plugin = "absent",
            .regions = {{.base = blocks[i].base}},
            .region_count = 1,
            .settings = settings,
        };
        if (!add(board, &device)) {
            return false;
        }
    }
    return true;
}

static bool add_flash(struct vexpress *board)
{
    static const struct {
        const char *name;
        uint64_t base;
    } banks[] = {{"flash0", FLASH0_BASE}, {"flash1", FLASH1_BASE}};
    for (unsigned i = 0; i < sizeof(banks) / sizeof(banks[0]); i++) {
        const struct el4_board_device device = {
            .name = banks[i].name,
            .plugin = "cfi-flash",
            .regions = {{.base = banks[i].base, .bytes = FLASH_BYTES}},
            .region_count = 1,
            .compatible = compatible_flash,
        };
        if (!add(board, &device)) {
            return false;
        }
    }
    return true;
}

/* Not on any real board; the emulated board of the same name has them there. */
static bool add_virtio(struct vexpress *board)
{
    for (unsigned slot = 0; slot < VIRTIO_COUNT; slot++) {
        char name[sizeof("virtio") + 10];
        snprintf(name, sizeof(name), "virtio%u", slot);
        const struct el4_board_device device = {
            .name = name,
            .plugin = "virtio-mmio",
            .regions = {{.base = VIRTIO_BASE + (uint64_t)slot * VIRTIO_STRIDE}},
            .region_count = 1,
            .irqs = {{0, SPI(VIRTIO_SPI + slot), EL4_IRQ_EDGE_RISING}},
            .irq_count = 1,
        };
        if (!add(board, &device)) {
            return false;
        }
    }
    return true;
}

/* ---- memory, wires ---- */

static bool add_memory(struct vexpress *board)
{
    uint64_t bytes = board->host->machine_uint(board->self, "memory");
    const struct {
        const char *name;
        uint64_t base, bytes;
        bool main;
    } memories[] = {
        {"ram", RAM_BASE, bytes, true},
        {"sram", SRAM_BASE, SRAM_BYTES, false},
        {"psram", PSRAM_BASE, PSRAM_BYTES, false},
        {"vram", VRAM_BASE, VRAM_BYTES, false},
    };
    if (bytes > RAM_BYTES_MAX || bytes % 4096) {
        board->host->fail(board->self, "memory must be a multiple of 4 KiB and at most 2 GiB");
        return false;
    }
    for (unsigned i = 0; i < sizeof(memories) / sizeof(memories[0]); i++) {
        const struct el4_board_memory memory = {
            .struct_size = sizeof(memory),
            .name = memories[i].name,
            .base = memories[i].base,
            .bytes = memories[i].bytes,
            .kind = EL4_MEMORY_RAM,
            .main = memories[i].main,
        };
        if (!board->host->board_memory(board->self, &memory)) {
            return false;
        }
    }
    return true;
}

static bool wire_cpu(struct vexpress *board, unsigned cpu)
{
    const struct {
        uint32_t output, input;
    } wires[] = {
        {EL4_CPU_WIRE_TIMER_HYP, EL4_INPUT_PRIVATE(cpu, 26)},
        {EL4_CPU_WIRE_TIMER_VIRT, EL4_INPUT_PRIVATE(cpu, 27)},
        {EL4_CPU_WIRE_TIMER_SEC, EL4_INPUT_PRIVATE(cpu, 29)},
        {EL4_CPU_WIRE_TIMER_NS_PHYS, EL4_INPUT_PRIVATE(cpu, 30)},
        {EL4_CPU_WIRE_PMU, SPI(SPI_PMU + cpu)},
    };
    for (unsigned i = 0; i < sizeof(wires) / sizeof(wires[0]); i++) {
        const struct el4_board_wire wire = {
            .struct_size = sizeof(wire),
            .cpu = cpu,
            .output = wires[i].output,
            .to_device = "gic",
            .input = wires[i].input,
        };
        if (!board->host->board_wire(board->self, &wire)) {
            return false;
        }
    }
    return true;
}

/* ---- the board ---- */

static bool say_boot(struct vexpress *board)
{
    bool is_guests = board->host->machine_uint(board->self, "el3") == EL3_GUEST;
    const struct el4_board_boot boot = {
        .struct_size = sizeof(boot),
        .ram_base = RAM_BASE,
        .reset_address = FLASH0_BASE,
        .bios_base = FLASH0_BASE,
        .bios_bytes = FLASH_BYTES,
        /* The boot monitor stays in the Secure world, and starts kernels there. */
        .kernel_secure = is_guests,
        .kernel_el = is_guests ? 1 : 0,
        .all_cpus_start = true,
        .periphbase = PERIPHBASE,
        .stub = {.code = pen_code,
                 .words = sizeof(pen_code) / sizeof(pen_code[0]),
                 .address = SRAM_BASE,
                 .other_cpus = SRAM_BASE},
    };
    return board->host->board_boot(board->self, &boot);
}

static bool vexpress_build(void *state)
{
    struct vexpress *board = state;
    if (!add_memory(board) || !add_gic(board)) {
        return false;
    }
    for (unsigned cpu = 0; cpu < board->host->machine_uint(board->self, "cpus"); cpu++) {
        if (!wire_cpu(board, cpu)) {
            return false;
        }
    }
    return add_flash(board) && add_motherboard(board) && add_absent(board) &&
           add_virtio(board) && say_boot(board);
}

static void vexpress_fdt(void *state, struct el4_fdt *fdt)
{
    static const char *const compatible[] = {"arm,vexpress,v2p-ca15,tc1", "arm,vexpress", NULL};
    static const char model[] = "V2P-CA15";
    static const uint32_t two = 2;
    struct vexpress *board = state;
    board->host->fdt_strings(fdt, "compatible", compatible);
    board->host->fdt_bytes(fdt, "model", model, sizeof(model));
    board->host->fdt_cells(fdt, "#address-cells", &two, 1);
    board->host->fdt_cells(fdt, "#size-cells", &two, 1);
}

static void *vexpress_create(const struct el4_host *host, struct el4_instance *self)
{
    struct vexpress *board = calloc(1, sizeof(*board));
    if (!board) {
        host->fail(self, "out of memory");
        return NULL;
    }
    board->host = host;
    board->self = self;
    return board;
}

static const struct el4_board_operations operations = {
    .struct_size = sizeof(operations),
    .create = vexpress_create,
    .destroy = free,
    .build = vexpress_build,
    .default_cpu = "cortex-a15",
    .cpus_max = CPUS_MAX,
    .counter_hz = 62500000,
    .fdt = vexpress_fdt,
};

EL4_PLUGIN_DEFINE(vexpress_a15) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_BOARD,
    .name = "vexpress-a15",
    .version = "1.0",
    .description = "Versatile Express with the CoreTile Express A15x2",
    .operations = &operations,
};
