/* SPDX-License-Identifier: MIT */
/*
 * virt: what the files of the board share.
 */
#ifndef VIRT_H
#define VIRT_H

#include <el4/board.h>

/* Private peripheral interrupts, as INTIDs (Arm BSA: PPI n is INTID n + 16). */
enum {
    VIRT_INTID_PMU = 23,
    VIRT_INTID_TIMER_HYP = 26,
    VIRT_INTID_TIMER_VIRT = 27,
    VIRT_INTID_TIMER_HYP_VIRT = 28,
    VIRT_INTID_TIMER_SEC = 29,
    VIRT_INTID_TIMER_NS_PHYS = 30,
};

struct virt {
    const struct el4_host *host;
    struct el4_instance *self;
    unsigned gic_version; /* 2 or 3 */
};

/* virt-fdt.c: properties of single nodes (el4_board_device.fdt), and of the root. */
void virt_fdt_flash(void *state, struct el4_fdt *fdt);
void virt_fdt_uart(void *state, struct el4_fdt *fdt);
void virt_fdt_rtc(void *state, struct el4_fdt *fdt);
void virt_fdt_gpio(void *state, struct el4_fdt *fdt);
void virt_fdt_secure_gpio(void *state, struct el4_fdt *fdt);
void virt_fdt_dma_coherent(void *state, struct el4_fdt *fdt);
void virt_fdt_root(void *state, struct el4_fdt *fdt);

#endif
