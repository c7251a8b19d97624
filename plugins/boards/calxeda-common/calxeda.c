/* SPDX-License-Identifier: MIT */
/*
 * Calxeda ECX-1000 and ECX-2000: what they share. Addresses and interrupts are those of Linux's
 * device trees (arch/arm/boot/dts/ecx-common.dtsi).
 */
#include "calxeda.h"

#include <el4/service.h>
#include <string.h>

#define SRAM_BASE  0xfff88000u
#define SRAM_BYTES 0x8000u
/* The device trees reserve the first page for the firmware's use. */
#define MONITOR_AT    0x200u
#define MONITOR_ENTRY (MONITOR_AT + 8 * 4)

/* ---- dummy monitor ---- */

/*
 * Vectors in which SMC returns at once, and what sets them: it runs in Secure Supervisor mode,
 * leaves through Monitor mode, and enters the kernel (r14) in the Non-secure world with r0 to
 * r2 as they were.
 */
static const uint32_t monitor_code[CALXEDA_MONITOR_WORDS] = {
    0xeafffffe, /* 0x200 reset:          b . */
    0xeafffffe, /*       undefined:      b . */
    0xe1b0f00e, /*       SMC:            movs pc, lr */
    0xeafffffe, /*       prefetch abort: b . */
    0xeafffffe, /*       data abort:     b . */
    0xeafffffe, /*       Hyp trap:       b . */
    0xeafffffe, /*       IRQ:            b . */
    0xeafffffe, /*       FIQ:            b . */
    0xee113f51, /* 0x220 mrc p15, 0, r3, c1, c1, 2   @ NSACR */
    0xe3833b03, /*       orr r3, r3, #0xc00          @ coprocessors 10 and 11 */
    0xee013f51, /*       mcr p15, 0, r3, c1, c1, 2 */
    0xe3a03c02, /*       mov r3, #0x200 */
    0xee0c3f30, /*       mcr p15, 0, r3, c12, c0, 1  @ MVBAR */
    0xe1a0400e, /*       mov r4, lr                  @ r14 is banked */
    0xf1020016, /*       cps #0x16                   @ Monitor */
    0xee113f11, /*       mrc p15, 0, r3, c1, c1, 0   @ SCR */
    0xe3833031, /*       orr r3, r3, #0x31           @ NS, FW, AW */
    0xe3833000, /*       orr r3, r3, #0              @ or #0x100: HCE */
    0xee013f11, /*       mcr p15, 0, r3, c1, c1, 0 */
    0xf57ff06f, /*       isb */
    0xe30031d3, /*       movw r3, #0x1d3             @ Supervisor, masked; or 0x1da: Hyp */
    0xe16ff003, /*       msr spsr_fsxc, r3 */
    0xe1b0f004, /*       movs pc, r4 */
    0xeafffffe, /*       b . */
};

enum { MONITOR_HCE = 17, MONITOR_MODE = 20 };

static void make_monitor(struct calxeda *board)
{
    memcpy(board->monitor, monitor_code, sizeof(board->monitor));
    if (el4_board_has_el2(&board->base)) {
        board->monitor[MONITOR_HCE] = 0xe3833c01;  /* orr r3, r3, #0x100 */
        board->monitor[MONITOR_MODE] = 0xe30031da; /* movw r3, #0x1da */
    }
}

/* ---- parts ---- */

const uint8_t calxeda_pmu_spis[CALXEDA_CPUS_MAX] = {76, 75, 74, 73};

static const struct el4_board_setting uart_settings[] = {{"backend", "terminal"}, {0}};
static const struct el4_board_setting timer_settings[] = {{"frequency", "150000000"}, {0}};

static const struct board_device devices[] = {
    {"ipc", "pl320", 0xfff20000, BOARD_IRQ(1, 7), NULL}, /* the CPUs are channel 1 */
    {"gpio0", "pl061", 0xfff30000, BOARD_IRQ(0, 14), NULL},
    {"gpio1", "pl061", 0xfff31000, BOARD_IRQ(0, 15), NULL},
    {"gpio2", "pl061", 0xfff32000, BOARD_IRQ(0, 16), NULL},
    {"gpio3", "pl061", 0xfff33000, BOARD_IRQ(0, 17), NULL},
    {"timer", "sp804", 0xfff34000, BOARD_IRQ(0, 18), timer_settings},
    {"rtc", "pl031", 0xfff35000, BOARD_IRQ(0, 19), NULL},
    {"uart0", "pl011", 0xfff36000, BOARD_IRQ(0, 20), uart_settings},
    {"spi", "pl022", 0xfff39000, BOARD_IRQ(0, 23), NULL},
    {"sregs", "calxeda-sregs", 0xfff3c000, {0}, NULL},
    {"dma", "pl330", 0xfff3d000, BOARD_IRQ(0, 92), NULL},
};

/*
 * As a controller with one port and no disk: CAP is 0 (one port); GHC.AE, PI, VS (AHCI 1.3);
 * of the port PxTFD, PxSIG, PxSCTL (no limits, no power saving) after reset (AHCI 1.3.1, 3.1,
 * 3.3). PxSSTS is 0: nothing there.
 */
#define AHCI_IDLE                                                                              \
    "0x4=0x80000000, 0xc=0x1, 0x10=0x10300, 0x120=0x7f, 0x124=0xffffffff, 0x12c=0x300"

/* Blocks that drivers touch when they are loaded. */
static const struct board_absent blocks[] = {
    {"ahci", "the SATA controller", 0xffe08000, 0x4000, AHCI_IDLE},
    {"sdhci", "the SD host controller", 0xffe0e000, 0x1000, NULL},
    {"ddr", "the memory controller", 0xfff00000, 0x1000, NULL},
    {"smic", "the IPMI interface", 0xfff3a000, 0x1000, NULL},
    {"xgmac0", "an Ethernet controller", 0xfff50000, 0x1000, NULL},
    {"xgmac1", "an Ethernet controller", 0xfff51000, 0x1000, NULL},
    {"combophy0", "a PHY", 0xfff58000, 0x1000, NULL},
    {"combophy5", "a PHY", 0xfff5d000, 0x1000, NULL},
};

static const struct board_memory memories[] = {{"sram", SRAM_BASE, SRAM_BYTES}};

static bool say_boot(struct calxeda *board)
{
    const struct el4_host *host = board->base.host;
    struct el4_board_boot boot = {
        .struct_size = sizeof(boot),
        .ram_base = 0,
        .reset_address = SRAM_BASE,
        .bios_base = SRAM_BASE,
        .bios_bytes = SRAM_BYTES,
        .all_cpus_start = true,
        .periphbase = board->periphbase,
    };
    bool is_guests = el4_board_el3(&board->base) == BOARD_EL3_GUEST;
    if (host->config_enum(board->base.self, "monitor") == 1 && is_guests) {
        make_monitor(board);
        boot.stub.code = board->monitor;
        boot.stub.words = CALXEDA_MONITOR_WORDS;
        boot.stub.address = MONITOR_AT;
        boot.stub.first_cpu = MONITOR_ENTRY;
    } else {
        /* A directly booted kernel without a monitor has the Secure world, if the guest does.
         */
        boot.kernel_secure = is_guests;
        boot.kernel_el = is_guests ? 1 : 0;
    }
    return host->board_boot(board->base.self, &boot);
}

bool calxeda_build(struct calxeda *board)
{
    return el4_board_add_ram(&board->base, 0, board->ram_bytes_max) &&
           el4_board_add_memories(&board->base, memories, BOARD_COUNT(memories)) &&
           el4_board_add_devices(&board->base, devices, BOARD_COUNT(devices)) &&
           el4_board_add_absent(&board->base, blocks, BOARD_COUNT(blocks)) && say_boot(board);
}

/* As the boards' own firmware does, unless the guest is that firmware. */
const char *calxeda_default_chain(void *state, unsigned conduit)
{
    const struct calxeda *board = state;
    bool is_guests = el4_board_el3(&board->base) == BOARD_EL3_GUEST;
    return conduit == EL4_CONDUIT_SMC && !is_guests ? "psci, smccc-unknown" : NULL;
}

void calxeda_fdt_root(void *state, struct el4_fdt *fdt)
{
    const struct calxeda *board = state;
    const char *const compatible[] = {board->compatible, NULL};
    el4_board_fdt_root(&board->base, fdt, compatible, board->model);
}

/* ---- configuration ---- */

static const char *const monitor_choices[] = {"none", "dummy", NULL};

static const struct el4_config_key keys[] = {
    {.name = "monitor",
     .type = EL4_CONFIG_ENUM,
     .default_text = "none",
     .choices = monitor_choices,
     .help = "With el3 = guest and a directly booted kernel: none starts it in the Secure "
             "world; dummy puts guest code at 0x200 that lets SMC return at once, and starts "
             "the kernel in the Non-secure world."},
};

const struct el4_config_schema calxeda_schema = {
    .struct_size = sizeof(calxeda_schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "A Calxeda board.",
    .keys = keys,
    .key_count = BOARD_COUNT(keys),
};
