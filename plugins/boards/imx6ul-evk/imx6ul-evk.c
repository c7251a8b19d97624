/* SPDX-License-Identifier: MIT */
/*
 * imx6ul-evk: the i.MX6UL evaluation kit (mcimx6ul-evk), a Cortex-A7 with the peripherals that
 * its kernels need; addresses and interrupts are those of the i.MX 6UltraLite reference manual,
 * chapters 2 and 3. All interrupts pass through the GPC. What is not modelled reads as zero.
 */
#include <el4/board.h>
#include <el4/service.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB           (1ull << 20)
#define RAM_BASE      0x80000000ull
#define RAM_BYTES_MAX (2048 * MIB)
#define PERIPHBASE    0x00a00000u
#define OCRAM_BASE    0x00900000u
#define OCRAM_BYTES   0x20000u
#define COUNTER_HZ    8000000u
#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))

/* Where U-Boot for this board expects to be (its CONFIG_TEXT_BASE). */
#define FIRMWARE_ADDRESS "0x87800000"

/* The INTID of a shared interrupt. */
#define SPI(n)  ((n) + 32u)
#define SPI_PMU 94u

#define CARD_DETECT_PIN 19u /* of gpio1: uSDHC1 */
#define CCM_WIRES       7u  /* to each timer, see imx-ccm */

/* What machine_uint says of "el3". */
enum { EL3_NONE, EL3_GUEST, EL3_EMULATOR };

struct imx6ul {
    const struct el4_host *host;
    struct el4_instance *self;
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
static const struct {
    const char *name, *what;
    uint32_t base, bytes;
} blocks[] = {
    {"rom", "the boot ROM", 0x00000000, 0x18000},
    {"caam-ram", "the CAAM's memory", 0x00100000, 0x8000},
    {"periph", "what lies before the GIC", 0x00a00000, 0x1000},
    {"apbh", "the APBH DMA controller", 0x01804000, 0x2000},
    {"nand", "the NAND controller", 0x01806000, 0x4000},
    {"aips1-0", "a reserved block", 0x02000000, 0x4000},
    {"spdif", "the SPDIF interface", 0x02004000, 0x4000},
    {"ecspi", "eCSPI1 to 4", 0x02008000, 0x10000},
    {"aips1-1c", "a reserved block", 0x0201c000, 0x4000},
    {"sai", "SAI1 to 3", 0x02028000, 0xc000},
    {"asrc", "the ASRC", 0x02034000, 0x4000},
    {"spba", "the SPBA and reserved blocks", 0x02038000, 0x8000},
    {"tsc", "the touch screen controller", 0x02040000, 0x4000},
    {"aipstz1", "AIPSTZ1 and reserved blocks", 0x02044000, 0x3c000},
    {"pwm1", "PWM1 to 4", 0x02080000, 0x10000},
    {"can", "FlexCAN1 and 2", 0x02090000, 0x8000},
    {"aips1-b0", "a reserved block", 0x020b0000, 0x4000},
    {"kpp", "the keypad port", 0x020b8000, 0x4000},
    {"usbphy", "the USB PHYs", 0x020c9000, 0x3000},
    {"sdma", "the SDMA controller", 0x020ec000, 0x4000},
    {"pwm5", "PWM5 to 8", 0x020f0000, 0x10000},
    {"aips2", "reserved blocks", 0x02100000, 0x40000},
    {"caam", "the CAAM", 0x02140000, 0x3c000},
    {"aipstz2", "AIPSTZ2 and reserved blocks", 0x0217c000, 0x8000},
    {"usb", "the USB controllers", 0x02184000, 0x4000},
    {"aips2-8c", "a reserved block", 0x0218c000, 0x4000},
    {"adc", "the ADCs", 0x02198000, 0x8000},
    {"i2c1", "I2C1 to 3", 0x021a0000, 0xc000},
    {"romcp", "the ROM patch unit", 0x021ac000, 0x4000},
    {"mmdc", "the memory controller MMDC", 0x021b0000, 0x8000},
    {"eim", "the EIM", 0x021b8000, 0x4000},
    {"csu", "the CSU", 0x021c0000, 0x4000},
    {"csi", "the camera interface", 0x021c4000, 0x4000},
    {"lcdif", "the display controller", 0x021c8000, 0x4000},
    {"pxp", "the PXP", 0x021cc000, 0x4000},
    {"tzasc", "TZASC and reserved blocks", 0x021d0000, 0x10000},
    {"qspi", "the QSPI controller", 0x021e0000, 0x4000},
    {"i2c4", "I2C4", 0x021f8000, 0x4000},
    {"aips3", "AIPS-3", 0x02200000, 0x100000},
    {"qspi-flash", "the QSPI flash", 0x60000000, 0x10000000},
};

/* ---- devices ---- */

static bool wire(struct imx6ul *board, const char *from, uint32_t output, const char *to,
                 uint32_t input)
{
    const struct el4_board_wire entry = {
        .struct_size = sizeof(entry),
        .from_device = from, /* NULL: the CPU */
        .output = output,
        .to_device = to,
        .input = input,
    };
    return board->host->board_wire(board->self, &entry);
}

/* A shared interrupt goes through the GPC. */
static bool wire_spi(struct imx6ul *board, const char *from, uint32_t output, uint32_t spi)
{
    return wire(board, from, output, "gpc", spi) && wire(board, "gpc", spi, "gic", SPI(spi));
}

static bool add_gic(struct imx6ul *board)
{
    bool el3 = board->host->machine_uint(board->self, "el3") != EL3_NONE;
    bool el2 = board->host->machine_uint(board->self, "el2") != 0;
    const struct el4_board_setting settings[] = {
        {"spis", "128"},
        {"security", el3 ? "yes" : "no"},
        {"virtualization", el2 ? "yes" : "no"},
        {0},
    };
    const struct el4_board_device gic = {
        .struct_size = sizeof(gic),
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
    return board->host->board_device(board->self, &gic);
}

static bool add_devices(struct imx6ul *board)
{
    for (unsigned i = 0; i < COUNT(devices); i++) {
        const struct el4_board_device device = {
            .struct_size = sizeof(device),
            .name = devices[i].name,
            .plugin = devices[i].plugin,
            .regions = {{.base = devices[i].regions[0]}, {.base = devices[i].regions[1]}},
            .region_count = devices[i].regions[1] ? 2 : 1,
            .settings = devices[i].settings,
        };
        if (!board->host->board_device(board->self, &device)) {
            return false;
        }
        for (unsigned output = 0; output < COUNT(devices[i].spis); output++) {
            if (devices[i].spis[output] != NO_SPI &&
                !wire_spi(board, devices[i].name, output, devices[i].spis[output])) {
                return false;
            }
        }
    }
    return true;
}

static bool add_absent(struct imx6ul *board)
{
    for (unsigned i = 0; i < COUNT(blocks); i++) {
        char bytes[16];
        snprintf(bytes, sizeof(bytes), "0x%x", blocks[i].bytes);
        const struct el4_board_setting settings[] = {
            {"bytes", bytes},
            {"what", blocks[i].what},
            {0},
        };
        const struct el4_board_device device = {
            .struct_size = sizeof(device),
            .name = blocks[i].name,
            .plugin = "absent",
            .regions = {{.base = blocks[i].base}},
            .region_count = 1,
            .settings = settings,
        };
        if (!board->host->board_device(board->self, &device)) {
            return false;
        }
    }
    return true;
}

/* ---- wires ---- */

static bool wire_cpu(struct imx6ul *board)
{
    static const struct {
        uint32_t output, intid;
    } timers[] = {
        {EL4_CPU_WIRE_TIMER_HYP, 26},
        {EL4_CPU_WIRE_TIMER_VIRT, 27},
        {EL4_CPU_WIRE_TIMER_SEC, 29},
        {EL4_CPU_WIRE_TIMER_NS_PHYS, 30},
    };
    for (unsigned i = 0; i < COUNT(timers); i++) {
        if (!wire(board, NULL, timers[i].output, "gic",
                  EL4_INPUT_PRIVATE(0, timers[i].intid))) {
            return false;
        }
    }
    return wire_spi(board, NULL, EL4_CPU_WIRE_PMU, SPI_PMU);
}

/* The peripheral clock, the watchdogs' resets, the card-detect switch. */
static bool wire_rest(struct imx6ul *board)
{
    static const char *const timers[] = {"gpt1", "gpt2", "epit1", "epit2"};
    static const char *const watchdogs[] = {"wdog1", "wdog2", "wdog3"};
    for (unsigned i = 0; i < COUNT(timers) * CCM_WIRES; i++) {
        if (!wire(board, "ccm", i, timers[i / CCM_WIRES], i % CCM_WIRES)) {
            return false;
        }
    }
    for (unsigned i = 0; i < COUNT(watchdogs); i++) {
        if (!wire(board, watchdogs[i], 1, "src", i)) {
            return false;
        }
    }
    return wire(board, "usdhc1", 1, "gpio1", CARD_DETECT_PIN);
}

/* ---- the board ---- */

static bool add_memory(struct imx6ul *board)
{
    const struct el4_board_memory ram = {
        .struct_size = sizeof(ram),
        .name = "ram",
        .base = RAM_BASE,
        .bytes = board->host->machine_uint(board->self, "memory"),
        .kind = EL4_MEMORY_RAM,
        .main = true,
    };
    const struct el4_board_memory ocram = {
        .struct_size = sizeof(ocram),
        .name = "ocram",
        .base = OCRAM_BASE,
        .bytes = OCRAM_BYTES,
        .kind = EL4_MEMORY_RAM,
    };
    if (ram.bytes > RAM_BYTES_MAX || ram.bytes % 4096) {
        board->host->fail(board->self, "memory must be a multiple of 4 KiB and at most 2 GiB");
        return false;
    }
    return board->host->board_memory(board->self, &ram) &&
           board->host->board_memory(board->self, &ocram);
}

/* The boot ROM's part is done: an image lies in RAM, or in the on-chip RAM, and is started. */
static bool say_boot(struct imx6ul *board)
{
    uint64_t memory = board->host->machine_uint(board->self, "memory");
    uint64_t room = 0;
    if (board->firmware >= RAM_BASE && board->firmware - RAM_BASE < memory) {
        room = memory - (board->firmware - RAM_BASE);
    } else if (board->firmware >= OCRAM_BASE && board->firmware < OCRAM_BASE + OCRAM_BYTES) {
        room = OCRAM_BASE + OCRAM_BYTES - board->firmware;
    }
    if (!room || board->firmware % 4) {
        board->host->fail(board->self,
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
    return board->host->board_boot(board->self, &boot);
}

static bool imx6ul_build(void *state)
{
    struct imx6ul *board = state;
    return add_memory(board) && add_gic(board) && add_devices(board) && add_absent(board) &&
           wire_cpu(board) && wire_rest(board) && say_boot(board);
}

/* No firmware came with the chip: if the guest owns EL3, nobody else answers. */
static const char *imx6ul_default_chain(void *state, unsigned conduit)
{
    struct imx6ul *board = state;
    uint64_t el3 = board->host->machine_uint(board->self, "el3");
    bool el2 = board->host->machine_uint(board->self, "el2") != 0;
    unsigned answered = el3 == EL3_EMULATOR || el2 ? EL4_CONDUIT_SMC : EL4_CONDUIT_HVC;
    return el3 != EL3_GUEST && conduit == answered ? "psci, smccc-arch, smccc-unknown" : NULL;
}

static void imx6ul_fdt(void *state, struct el4_fdt *fdt)
{
    static const char *const compatible[] = {"fsl,imx6ul-14x14-evk", "fsl,imx6ul", NULL};
    static const char model[] = "Freescale i.MX6 UltraLite 14x14 EVK Board";
    static const uint32_t two = 2;
    struct imx6ul *board = state;
    board->host->fdt_strings(fdt, "compatible", compatible);
    board->host->fdt_bytes(fdt, "model", model, sizeof(model));
    board->host->fdt_cells(fdt, "#address-cells", &two, 1);
    board->host->fdt_cells(fdt, "#size-cells", &two, 1);
}

static void *imx6ul_create(const struct el4_host *host, struct el4_instance *self)
{
    struct imx6ul *board = calloc(1, sizeof(*board));
    if (!board) {
        host->fail(self, "out of memory");
        return NULL;
    }
    board->host = host;
    board->self = self;
    board->firmware = host->config_uint(self, "firmware-address");
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
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_board_operations operations = {
    .struct_size = sizeof(operations),
    .create = imx6ul_create,
    .destroy = free,
    .build = imx6ul_build,
    .default_cpu = "cortex-a7",
    .cpus_max = 1,
    .counter_hz = COUNTER_HZ,
    .memory_default = 512 * MIB,
    .default_chain = imx6ul_default_chain,
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
