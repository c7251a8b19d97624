/* SPDX-License-Identifier: MIT */
/*
 * imx6ul-evk: the i.MX6UL evaluation kit (mcimx6ul-evk), a Cortex-A7 with the peripherals that
 * its kernels need; addresses and interrupts are those of the i.MX 6UltraLite reference manual,
 * chapters 2 and 3. All interrupts pass through the GPC. What is not modelled reads as zero.
 */
#include "../board-common/parts.h"
#include <stdlib.h>

#define RAM_BASE      0x80000000ull
#define RAM_BYTES_MAX (2048 * BOARD_MIB)
#define PERIPHBASE    0x00a00000u
#define OCRAM_BASE    0x00900000u
#define OCRAM_BYTES   0x20000u
#define COUNTER_HZ    8000000u

/* Where U-Boot for this board expects to be (its CONFIG_TEXT_BASE). */
#define FIRMWARE_ADDRESS "0x87800000"

#define SPI_PMU 94u

#define CARD_DETECT_PIN 19u /* of gpio1: uSDHC1 */
#define CCM_WIRES       7u  /* to each timer, see imx-ccm */

struct imx6ul {
    struct board base;
    uint64_t firmware;
};

static const struct el4_board_setting terminal[] = {{"backend", "terminal"}, {0}};
static const struct el4_board_setting resets_board[] = {{"external-reset", "yes"}, {0}};
/* Both PHYs are on the management bus of the second MAC. */
static const struct el4_board_setting fec1_settings[] = {{"mac", "52:54:00:12:34:56"}, {0}};
static const struct el4_board_setting fec2_settings[] = {
    {"mac", "52:54:00:12:34:57"}, {"phys", "1, 2"}, {0}};

#define NO_SPI 0xffffu

/* In the order of addresses, but for the GPC, to which the interrupts of the others lead. */
static const struct {
    const char *name, *plugin;
    uint64_t regions[2];
    uint16_t spis[2]; /* of outputs 0 and 1 */
    const struct el4_board_setting *settings;
} devices[] = {
    {"gpc", "imx-gpc", {0x020dc000}, {NO_SPI, NO_SPI}, NULL},
    {"apbh", "imx-apbh", {0x01804000}, {13, NO_SPI}, NULL},
    {"uart7", "imx-uart", {0x02018000}, {39, NO_SPI}, NULL},
    {"uart1", "imx-uart", {0x02020000}, {26, NO_SPI}, terminal},
    {"uart8", "imx-uart", {0x02024000}, {40, NO_SPI}, NULL},
    {"gpt1", "imx-gpt", {0x02098000}, {55, NO_SPI}, NULL},
    {"gpio1", "imx-gpio", {0x0209c000}, {66, 67}, NULL},
    {"gpio2", "imx-gpio", {0x020a0000}, {68, 69}, NULL},
    {"gpio3", "imx-gpio", {0x020a4000}, {70, 71}, NULL},
    {"gpio4", "imx-gpio", {0x020a8000}, {72, 73}, NULL},
    {"gpio5", "imx-gpio", {0x020ac000}, {74, 75}, NULL},
    {"fec2", "imx-fec", {0x020b4000}, {120, 121}, fec2_settings},
    {"wdog1", "imx-wdog", {0x020bc000}, {80, NO_SPI}, resets_board},
    {"wdog2", "imx-wdog", {0x020c0000}, {81, NO_SPI}, NULL},
    {"ccm", "imx-ccm", {0x020c4000}, {NO_SPI, NO_SPI}, NULL},
    {"anatop", "imx-anatop", {0x020c8000}, {NO_SPI, NO_SPI}, NULL},
    {"snvs", "imx-snvs", {0x020cc000}, {19, NO_SPI}, NULL},
    {"epit1", "imx-epit", {0x020d0000}, {56, NO_SPI}, NULL},
    {"epit2", "imx-epit", {0x020d4000}, {57, NO_SPI}, NULL},
    {"src", "imx-src", {0x020d8000}, {NO_SPI, NO_SPI}, NULL},
    {"iomuxc", "imx-iomuxc", {0x020e0000, 0x020e4000}, {NO_SPI, NO_SPI}, NULL},
    {"gpt2", "imx-gpt", {0x020e8000}, {109, NO_SPI}, NULL},
    {"fec1", "imx-fec", {0x02188000}, {118, 119}, fec1_settings},
    {"usdhc1", "imx-usdhc", {0x02190000}, {22, NO_SPI}, NULL},
    {"usdhc2", "imx-usdhc", {0x02194000}, {23, NO_SPI}, NULL},
    {"ocotp", "imx-ocotp", {0x021bc000}, {NO_SPI, NO_SPI}, NULL},
    {"wdog3", "imx-wdog", {0x021e4000}, {11, NO_SPI}, NULL},
    {"uart2", "imx-uart", {0x021e8000}, {27, NO_SPI}, NULL},
    {"uart3", "imx-uart", {0x021ec000}, {28, NO_SPI}, NULL},
    {"uart4", "imx-uart", {0x021f0000}, {29, NO_SPI}, NULL},
    {"uart5", "imx-uart", {0x021f4000}, {30, NO_SPI}, NULL},
    {"uart6", "imx-uart", {0x021fc000}, {17, NO_SPI}, NULL},
};

/* All else between 0x02000000 and 0x022fffff, and what kernels touch elsewhere. */
static const struct board_absent blocks[] = {
    {"rom", "the boot ROM", 0x00000000, 0x18000, NULL},
    {"caam-ram", "the CAAM's memory", 0x00100000, 0x8000, NULL},
    {"periph", "what lies before the GIC", 0x00a00000, 0x1000, NULL},
    {"nand", "the NAND controller", 0x01806000, 0x4000, NULL},
    {"aips1-0", "a reserved block", 0x02000000, 0x4000, NULL},
    {"spdif", "the SPDIF interface", 0x02004000, 0x4000, NULL},
    {"ecspi", "eCSPI1 to 4", 0x02008000, 0x10000, NULL},
    {"aips1-1c", "a reserved block", 0x0201c000, 0x4000, NULL},
    {"sai", "SAI1 to 3", 0x02028000, 0xc000, NULL},
    {"asrc", "the ASRC", 0x02034000, 0x4000, NULL},
    {"spba", "the SPBA and reserved blocks", 0x02038000, 0x8000, NULL},
    {"tsc", "the touch screen controller", 0x02040000, 0x4000, NULL},
    {"aipstz1", "AIPSTZ1 and reserved blocks", 0x02044000, 0x3c000, NULL},
    {"pwm1", "PWM1 to 4", 0x02080000, 0x10000, NULL},
    {"can", "FlexCAN1 and 2", 0x02090000, 0x8000, NULL},
    {"aips1-b0", "a reserved block", 0x020b0000, 0x4000, NULL},
    {"kpp", "the keypad port", 0x020b8000, 0x4000, NULL},
    {"usbphy", "the USB PHYs", 0x020c9000, 0x3000, NULL},
    {"sdma", "the SDMA controller", 0x020ec000, 0x4000, NULL},
    {"pwm5", "PWM5 to 8", 0x020f0000, 0x10000, NULL},
    {"aips2", "reserved blocks", 0x02100000, 0x40000, NULL},
    {"caam", "the CAAM", 0x02140000, 0x3c000, NULL},
    {"aipstz2", "AIPSTZ2 and reserved blocks", 0x0217c000, 0x8000, NULL},
    {"usb", "the USB controllers", 0x02184000, 0x4000, NULL},
    {"aips2-8c", "a reserved block", 0x0218c000, 0x4000, NULL},
    {"adc", "the ADCs", 0x02198000, 0x8000, NULL},
    {"i2c1", "I2C1 to 3", 0x021a0000, 0xc000, NULL},
    {"romcp", "the ROM patch unit", 0x021ac000, 0x4000, NULL},
    {"mmdc", "the memory controller MMDC", 0x021b0000, 0x8000, NULL},
    {"eim", "the EIM", 0x021b8000, 0x4000, NULL},
    {"csu", "the CSU", 0x021c0000, 0x4000, NULL},
    {"csi", "the camera interface", 0x021c4000, 0x4000, NULL},
    {"lcdif", "the display controller", 0x021c8000, 0x4000, NULL},
    {"pxp", "the PXP", 0x021cc000, 0x4000, NULL},
    {"tzasc", "TZASC and reserved blocks", 0x021d0000, 0x10000, NULL},
    {"qspi", "the QSPI controller", 0x021e0000, 0x4000, NULL},
    {"i2c4", "I2C4", 0x021f8000, 0x4000, NULL},
    {"aips3", "AIPS-3", 0x02200000, 0x100000, NULL},
    {"qspi-flash", "the QSPI flash", 0x60000000, 0x10000000, NULL},
};

/* ---- devices ---- */

static bool add_places(const struct board *board)
{
    static const struct el4_board_setting as_it_is[] = {{0}};
    static const struct el4_board_setting cable[] = {{"network", "user"}, {0}};
    static const struct el4_board_place places[] = {
        {.device = "usdhc1", .disk = as_it_is},   {.device = "usdhc2", .disk = as_it_is},
        {.device = "fec1", .network = cable},     {.device = "fec2", .network = cable},
        {.device = "uart1", .console = as_it_is},
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (!el4_board_add_place(board, &places[i])) {
            return false;
        }
    }
    return true;
}

/* A shared interrupt goes through the GPC. from: a device, or NULL for the CPU. */
static bool connect_spi(const struct board *board, const char *from, uint32_t output,
                        uint32_t spi)
{
    return el4_board_connect(board, from, 0, output, "gpc", spi) &&
           el4_board_connect(board, "gpc", 0, spi, "gic", BOARD_SPI(spi));
}

static bool add_devices(const struct board *board)
{
    for (size_t i = 0; i < BOARD_COUNT(devices); i++) {
        const struct el4_board_device device = {
            .name = devices[i].name,
            .plugin = devices[i].plugin,
            .regions = {{.base = devices[i].regions[0]}, {.base = devices[i].regions[1]}},
            .region_count = devices[i].regions[1] ? 2 : 1,
            .settings = devices[i].settings,
        };
        if (!el4_board_add(board, &device)) {
            return false;
        }
        for (unsigned output = 0; output < BOARD_COUNT(devices[i].spis); output++) {
            if (devices[i].spis[output] != NO_SPI &&
                !connect_spi(board, devices[i].name, output, devices[i].spis[output])) {
                return false;
            }
        }
    }
    return true;
}

/* ---- wires ---- */

/* The peripheral clock, the watchdogs' resets, the card-detect switch. */
static bool connect_rest(const struct board *board)
{
    static const char *const timers[] = {"gpt1", "gpt2", "epit1", "epit2"};
    static const char *const watchdogs[] = {"wdog1", "wdog2", "wdog3"};
    for (unsigned i = 0; i < BOARD_COUNT(timers) * CCM_WIRES; i++) {
        if (!el4_board_connect(board, "ccm", 0, i, timers[i / CCM_WIRES], i % CCM_WIRES)) {
            return false;
        }
    }
    for (unsigned i = 0; i < BOARD_COUNT(watchdogs); i++) {
        if (!el4_board_connect(board, watchdogs[i], 0, 1, "src", i)) {
            return false;
        }
    }
    return el4_board_connect(board, "usdhc1", 0, 1, "gpio1", CARD_DETECT_PIN);
}

/* ---- the board ---- */

static const struct board_memory memories[] = {{"ocram", OCRAM_BASE, OCRAM_BYTES}};

/* The boot ROM's part is done: an image lies in RAM, or in the on-chip RAM, and is started. */
static bool say_boot(struct imx6ul *board)
{
    const struct el4_host *host = board->base.host;
    uint64_t memory = host->machine_uint(board->base.self, "memory");
    uint64_t room = 0;
    if (board->firmware >= RAM_BASE && board->firmware - RAM_BASE < memory) {
        room = memory - (board->firmware - RAM_BASE);
    } else if (board->firmware >= OCRAM_BASE && board->firmware < OCRAM_BASE + OCRAM_BYTES) {
        room = OCRAM_BASE + OCRAM_BYTES - board->firmware;
    }
    if (!room || board->firmware % 4) {
        host->fail(board->base.self,
                   "firmware-address: 0x%llx is no multiple of 4 in RAM or on-chip RAM",
                   (unsigned long long)board->firmware);
        return false;
    }
    const struct el4_board_boot boot = {
        .struct_size = sizeof(boot),
        .ram_base = RAM_BASE,
        .reset_address = board->firmware,
        .bios_base = board->firmware,
        .bios_bytes = room,
        .periphbase = PERIPHBASE,
    };
    return host->board_boot(board->base.self, &boot);
}

static bool imx6ul_build(void *state)
{
    struct imx6ul *imx6ul = state;
    const struct board *board = &imx6ul->base;
    return el4_board_add_ram(board, RAM_BASE, RAM_BYTES_MAX) &&
           el4_board_add_memories(board, memories, BOARD_COUNT(memories)) &&
           el4_board_add_core_gic(board, PERIPHBASE, NULL) && add_places(board) &&
           add_devices(board) && el4_board_add_absent(board, blocks, BOARD_COUNT(blocks)) &&
           el4_board_connect_timers(board, 0) &&
           connect_spi(board, NULL, EL4_CPU_WIRE_PMU, SPI_PMU) && connect_rest(board) &&
           say_boot(imx6ul);
}

static void imx6ul_fdt(void *state, struct el4_fdt *fdt)
{
    static const char *const compatible[] = {"fsl,imx6ul-14x14-evk", "fsl,imx6ul", NULL};
    el4_board_fdt_root(state, fdt, compatible, "Freescale i.MX6 UltraLite 14x14 EVK Board");
}

static void *imx6ul_create(const struct el4_host *host, struct el4_instance *self)
{
    struct imx6ul *board = el4_board_create(host, self, sizeof(*board));
    if (board) {
        board->firmware = host->config_uint(self, "firmware-address");
    }
    return board;
}

static const struct el4_config_key keys[] = {
    {.name = "firmware-address",
     .type = EL4_CONFIG_UINT,
     .default_text = FIRMWARE_ADDRESS,
     .help = "Where a firmware image (boot.bios) is loaded and started, in RAM or in the "
             "on-chip RAM at 0x00900000."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "The i.MX6UL evaluation kit.",
    .keys = keys,
    .key_count = BOARD_COUNT(keys),
};

static const struct el4_board_operations operations = {
    .struct_size = sizeof(operations),
    .create = imx6ul_create,
    .destroy = free,
    .build = imx6ul_build,
    .default_cpu = "cortex-a7",
    .cpus_max = 1,
    .counter_hz = COUNTER_HZ,
    .memory_default = 512 * BOARD_MIB,
    .default_chain = el4_board_default_chain,
    .fdt = imx6ul_fdt,
};

EL4_PLUGIN_DEFINE(imx6ul_evk) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_BOARD,
    .name = "imx6ul-evk",
    .version = "1.0",
    .description = "i.MX6UL evaluation kit",
    .schema = &schema,
    .operations = &operations,
};
