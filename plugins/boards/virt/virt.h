/* SPDX-License-Identifier: MIT */
/*
 * virt: what the files of the board share.
 */
#ifndef VIRT_H
#define VIRT_H

#include "../board-common/parts.h"

/* A private interrupt (Arm BSA: PPI n is INTID n + 16). */
#define VIRT_INTID_PMU 23u

struct virt {
    struct board base;
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
