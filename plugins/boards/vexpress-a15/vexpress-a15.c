/* SPDX-License-Identifier: MIT */
/*
 * vexpress-a15: the Versatile Express motherboard in the newer memory map (Arm DUI 0447) with
 * the CoreTile Express A15x2 (Arm DUI 0604). No firmware answers calls: secondary CPUs wait in
 * a holding pen, code in the tile's SRAM, as the board's boot monitor leaves them.
 */
#include "../board-common/parts.h"
#include <stdlib.h>

#define RAM_BASE      0x80000000ull
#define RAM_BYTES_MAX (2048 * BOARD_MIB)
#define PERIPHBASE    0x2c000000u
#define SRAM_BASE     0x2e000000u
#define SRAM_BYTES    0x10000u
#define FLASH_BYTES   (64 * BOARD_MIB)
#define FLASH0_BASE   0x08000000u
#define FLASH1_BASE   0x0c000000u
#define PSRAM_BASE    0x14000000u
#define PSRAM_BYTES   (32 * BOARD_MIB)
#define VRAM_BASE     0x18000000u
#define VRAM_BYTES    (8 * BOARD_MIB)
#define VIRTIO_BASE   0x1c130000u
#define VIRTIO_COUNT  4u
#define VIRTIO_SPI    40u
#define CPUS_MAX      2u

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

static const char *const compatible_flash[] = {"arm,vexpress-flash", "cfi-flash", NULL};
static const uint8_t pmu_spis[CPUS_MAX] = {68, 69};
static const struct el4_board_setting uart0_settings[] = {{"backend", "terminal"}, {0}};
static const struct el4_board_setting timer_settings[] = {{"frequency", "1000000"}, {0}};
static const struct el4_board_setting sysreg_settings[] = {
    {"procid0", "0x14000237"},
    /* CPU, -, -, -, AXI, HDLCD pixels, static memory, system, DDR */
    {"daughterboard-clocks",
     "60000000, 0, 0, 0, 40000000, 23750000, 50000000, 60000000, 40000000"},
    {0},
};

/* ---- parts ---- */

static const struct board_device devices[] = {
    {"sysreg", "vexpress-sysreg", 0x1c010000, {0}, sysreg_settings},
    {"uart0", "pl011", 0x1c090000, BOARD_IRQ(0, 5), uart0_settings},
    {"uart1", "pl011", 0x1c0a0000, BOARD_IRQ(0, 6), NULL},
    {"uart2", "pl011", 0x1c0b0000, BOARD_IRQ(0, 7), NULL},
    {"uart3", "pl011", 0x1c0c0000, BOARD_IRQ(0, 8), NULL},
    {"watchdog", "sp805", 0x1c0f0000, BOARD_IRQ(0, 0), NULL},
    {"timer01", "sp804", 0x1c110000, BOARD_IRQ(0, 2), timer_settings},
    {"timer23", "sp804", 0x1c120000, BOARD_IRQ(0, 3), timer_settings},
    {"rtc", "pl031", 0x1c170000, BOARD_IRQ(0, 4), NULL},
    {"dma", "pl330", 0x7ffb0000, BOARD_IRQ(0, 88), NULL},
};

/* Blocks that kernels touch. */
static const struct board_absent blocks[] = {
    {"lan9118", "the LAN9118 Ethernet controller", 0x1a000000, 0x10000, NULL},
    {"usb", "the ISP1761 USB controller", 0x1b000000, 0x20000, NULL},
    {"sysctl", "the SP810 system controller", 0x1c020000, 0x1000, NULL},
    {"pcie-i2c", "an I2C bus", 0x1c030000, 0x1000, NULL},
    {"aaci", "the PL041 audio interface", 0x1c040000, 0x1000, NULL},
    {"mmci", "the PL180 card interface", 0x1c050000, 0x1000, NULL},
    {"kmi0", "a PL050 keyboard interface", 0x1c060000, 0x1000, NULL},
    {"kmi1", "a PL050 mouse interface", 0x1c070000, 0x1000, NULL},
    {"dvi-i2c", "an I2C bus", 0x1c160000, 0x1000, NULL},
    {"cf", "the CompactFlash slot", 0x1c1a0000, 0x1000, NULL},
    {"clcd", "the PL111 display controller", 0x1c1f0000, 0x1000, NULL},
    {"hdlcd", "the HDLCD display controller", 0x2b000000, 0x1000, NULL},
    {"tile-watchdog", "the tile's SP805", 0x2b060000, 0x1000, NULL},
    {"dmc", "the PL341 memory controller", 0x2b0a0000, 0x1000, NULL},
    {"smc", "the PL354 memory controller", 0x7ffd0000, 0x1000, NULL},
};

/* Besides the main memory. */
static const struct board_memory memories[] = {
    {"sram", SRAM_BASE, SRAM_BYTES},
    {"psram", PSRAM_BASE, PSRAM_BYTES},
    {"vram", VRAM_BASE, VRAM_BYTES},
};

static bool add_flash(const struct board *board, const char *name, uint64_t base)
{
    const struct el4_board_device device = {
        .name = name,
        .plugin = "cfi-flash",
        .regions = {{.base = base, .bytes = FLASH_BYTES}},
        .region_count = 1,
        .compatible = compatible_flash,
    };
    return el4_board_add(board, &device);
}

/* ---- the board ---- */

static bool say_boot(const struct board *board)
{
    bool is_guests = el4_board_el3(board) == BOARD_EL3_GUEST;
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
                 .words = BOARD_COUNT(pen_code),
                 .address = SRAM_BASE,
                 .other_cpus = SRAM_BASE},
    };
    return board->host->board_boot(board->self, &boot);
}

static bool vexpress_build(void *state)
{
    static const struct el4_board_device slot = {0}; /* not in Linux's device tree */
    const struct board *board = state;
    if (!el4_board_add_ram(board, RAM_BASE, RAM_BYTES_MAX) ||
        !el4_board_add_memories(board, memories, BOARD_COUNT(memories)) ||
        !el4_board_add_core_gic(board, PERIPHBASE, "cortex-a15") ||
        !el4_board_connect_cores(board, pmu_spis)) {
        return false;
    }
    /* virtio is on no real board; the emulated board of the same name has it there. */
    return add_flash(board, "flash0", FLASH0_BASE) && add_flash(board, "flash1", FLASH1_BASE) &&
           el4_board_add_devices(board, devices, BOARD_COUNT(devices)) &&
           el4_board_add_absent(board, blocks, BOARD_COUNT(blocks)) &&
           el4_board_add_virtio(board, &slot, VIRTIO_BASE, VIRTIO_COUNT, VIRTIO_SPI) &&
           say_boot(board);
}

static void vexpress_fdt(void *state, struct el4_fdt *fdt)
{
    static const char *const compatible[] = {"arm,vexpress,v2p-ca15,tc1", "arm,vexpress", NULL};
    el4_board_fdt_root(state, fdt, compatible, "V2P-CA15");
}

static void *vexpress_create(const struct el4_host *host, struct el4_instance *self)
{
    return el4_board_create(host, self, sizeof(struct board));
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
