/* SPDX-License-Identifier: MIT */
/*
 * What the boards highbank (ECX-1000) and midway (ECX-2000) share: the peripherals of the SoCs,
 * which are the same but for the CPUs and what belongs to them, and the dummy monitor.
 */
#ifndef CALXEDA_H
#define CALXEDA_H

#include "../board-common/parts.h"

#define CALXEDA_CPUS_MAX      4u
#define CALXEDA_RAM_BYTES_MAX 0xff800000ull
#define CALXEDA_MONITOR_WORDS 24u

struct calxeda {
    struct board base;
    const char *compatible, *model; /* of the root node */
    uint64_t ram_bytes_max;
    uint64_t periphbase;
    uint32_t monitor[CALXEDA_MONITOR_WORDS];
};

/* RAM, SRAM, all peripherals but interrupt controller and what is at PERIPHBASE, and the boot.
 */
bool calxeda_build(struct calxeda *board);
const char *calxeda_default_chain(void *state, unsigned conduit);
void calxeda_fdt_root(void *state, struct el4_fdt *fdt);

/* The shared interrupts of the CPUs' PMUs. */
extern const uint8_t calxeda_pmu_spis[CALXEDA_CPUS_MAX];
extern const struct el4_config_schema calxeda_schema;

#endif
