/* SPDX-License-Identifier: MIT */
/*
 * virt: the parts of the device tree that the board's tables do not say: clocks, timers, PMU,
 * keys. Bindings are those of Linux's Documentation/devicetree/bindings.
 */
#include <string.h>

#include "virt.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define CELL_PPI   1u
#define KEY_POWER  116u /* Linux input event code */
#define POWER_PIN  3u
#define CLOCK_CELL "apb-pclk"

/* The third cell of a PPI: GICv2 has a mask of CPUs in bits 15:8. */
static uint32_t ppi_flags(struct virt *board)
{
    uint32_t flags = EL4_IRQ_LEVEL_HIGH;
    if (board->gic_version == 2) {
        unsigned cpus = board->base.host->cpu_count(board->base.self);
        flags |= ((1u << (cpus > 8 ? 8 : cpus)) - 1) << 8;
    }
    return flags;
}

static void write_ppis(struct virt *board, struct el4_fdt *fdt, const uint8_t *intids,
                       size_t count)
{
    uint32_t cells[5 * 3];
    uint32_t flags = ppi_flags(board);
    for (size_t i = 0; i < count && i < 5; i++) {
        cells[i * 3] = CELL_PPI;
        cells[i * 3 + 1] = intids[i] - 16u;
        cells[i * 3 + 2] = flags;
    }
    board->base.host->fdt_cells(fdt, "interrupts", cells, count * 3);
}

void virt_fdt_flash(void *state, struct el4_fdt *fdt)
{
    const struct virt *board = state;
    el4_fdt_add_cell(board->base.host, fdt, "bank-width", 4);
}

static void write_clocks(struct virt *board, struct el4_fdt *fdt, size_t count,
                         const char *const *names)
{
    uint32_t clock = board->base.host->fdt_phandle(fdt, CLOCK_CELL);
    uint32_t cells[2] = {clock, clock};
    board->base.host->fdt_cells(fdt, "clocks", cells, count);
    board->base.host->fdt_strings(fdt, "clock-names", names);
}

void virt_fdt_uart(void *state, struct el4_fdt *fdt)
{
    static const char *const names[] = {"uartclk", "apb_pclk", NULL};
    write_clocks(state, fdt, 2, names);
}

void virt_fdt_rtc(void *state, struct el4_fdt *fdt)
{
    static const char *const names[] = {"apb_pclk", NULL};
    write_clocks(state, fdt, 1, names);
}

static void write_gpio(struct virt *board, struct el4_fdt *fdt, const char *label)
{
    static const char *const names[] = {"apb_pclk", NULL};
    board->base.host->fdt_flag(fdt, "gpio-controller");
    el4_fdt_add_cell(board->base.host, fdt, "#gpio-cells", 2);
    write_clocks(board, fdt, 1, names);
    board->base.host->fdt_label(fdt, label);
}

void virt_fdt_gpio(void *state, struct el4_fdt *fdt)
{
    write_gpio(state, fdt, "gpio");
}

void virt_fdt_secure_gpio(void *state, struct el4_fdt *fdt)
{
    write_gpio(state, fdt, "secure-gpio");
}

void virt_fdt_dma_coherent(void *state, struct el4_fdt *fdt)
{
    struct virt *board = state;
    board->base.host->fdt_flag(fdt, "dma-coherent");
}

static void write_clock_node(struct virt *board, struct el4_fdt *fdt)
{
    board->base.host->fdt_begin(fdt, "apb-pclk");
    el4_fdt_add_string(board->base.host, fdt, "compatible", "fixed-clock");
    el4_fdt_add_cell(board->base.host, fdt, "#clock-cells", 0);
    el4_fdt_add_cell(board->base.host, fdt, "clock-frequency", 24000000);
    el4_fdt_add_string(board->base.host, fdt, "clock-output-names", "clk24mhz");
    board->base.host->fdt_label(fdt, CLOCK_CELL);
    board->base.host->fdt_end(fdt);
}

/* The order is the binding's: secure, non-secure, virtual, hypervisor physical. */
static void write_timer_node(struct virt *board, struct el4_fdt *fdt)
{
    static const char *const compatible[] = {"arm,armv8-timer", "arm,armv7-timer", NULL};
    static const uint8_t intids[] = {BOARD_INTID_TIMER_SEC, BOARD_INTID_TIMER_NS_PHYS,
                                     BOARD_INTID_TIMER_VIRT, BOARD_INTID_TIMER_HYP};
    board->base.host->fdt_begin(fdt, "timer");
    board->base.host->fdt_strings(fdt, "compatible", compatible);
    write_ppis(board, fdt, intids, COUNT(intids));
    board->base.host->fdt_flag(fdt, "always-on");
    board->base.host->fdt_end(fdt);
}

static void write_pmu_node(struct virt *board, struct el4_fdt *fdt)
{
    static const uint8_t intids[] = {VIRT_INTID_PMU};
    board->base.host->fdt_begin(fdt, "pmu");
    el4_fdt_add_string(board->base.host, fdt, "compatible", "arm,armv8-pmuv3");
    write_ppis(board, fdt, intids, COUNT(intids));
    board->base.host->fdt_end(fdt);
}

static void write_keys_node(struct virt *board, struct el4_fdt *fdt)
{
    const struct el4_host *host = board->base.host;
    uint32_t gpios[3] = {host->fdt_phandle(fdt, "gpio"), POWER_PIN, 0};
    host->fdt_begin(fdt, "gpio-keys");
    el4_fdt_add_string(board->base.host, fdt, "compatible", "gpio-keys");
    host->fdt_begin(fdt, "poweroff");
    el4_fdt_add_string(board->base.host, fdt, "label", "GPIO Key Poweroff");
    el4_fdt_add_cell(board->base.host, fdt, "linux,code", KEY_POWER);
    host->fdt_cells(fdt, "gpios", gpios, COUNT(gpios));
    host->fdt_end(fdt);
    host->fdt_end(fdt);
}

void virt_fdt_root(void *state, struct el4_fdt *fdt)
{
    struct virt *board = state;
    el4_fdt_add_string(board->base.host, fdt, "compatible", "linux,dummy-virt");
    el4_fdt_add_string(board->base.host, fdt, "model", "linux,dummy-virt");
    el4_fdt_add_cell(board->base.host, fdt, "#address-cells", 2);
    el4_fdt_add_cell(board->base.host, fdt, "#size-cells", 2);
    el4_fdt_add_cell(board->base.host, fdt, "interrupt-parent",
                     board->base.host->fdt_phandle(fdt, "gic"));

    /* stdout-path, which el4 writes, names this alias. */
    board->base.host->fdt_begin(fdt, "aliases");
    el4_fdt_add_string(board->base.host, fdt, "serial0", "/pl011@9000000");
    board->base.host->fdt_end(fdt);
    write_clock_node(board, fdt);
    write_timer_node(board, fdt);
    write_pmu_node(board, fdt);
    write_keys_node(board, fdt);
}
