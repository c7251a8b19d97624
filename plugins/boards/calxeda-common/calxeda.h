/* SPDX-License-Identifier: MIT */
/*
 * What the boards highbank (ECX-1000) and midway (ECX-2000) share: the peripherals of the SoCs,
 * which are the same but for the CPUs and what belongs to them, and the dummy monitor.
 */
#ifndef CALXEDA_H
#define CALXEDA_H

#include <el4/board.h>

#define CALXEDA_CPUS_MAX 4u
/* The INTID of a shared interrupt. */
#define CALXEDA_SPI(n)        ((n) + 32u)
#define CALXEDA_RAM_BYTES_MAX 0xff800000ull
#define CALXEDA_MONITOR_WORDS 24u

/* What machine_uint says of "el3". */
enum calxeda_el3 { CALXEDA_EL3_NONE, CALXEDA_EL3_GUEST, CALXEDA_EL3_EMULATOR };

struct calxeda {
    const struct el4_host *host;
    struct el4_instance *self;
    const char *compatible, *model; /* of the root node */
    uint64_t ram_bytes_max;
    uint64_t periphbase;
    uint32_t monitor[CALXEDA_MONITOR_WORDS];
};

/* The board's instance; NULL after fail(). */
struct calxeda *calxeda_create(const struct el4_host *host, struct el4_instance *self);
bool calxeda_add(struct calxeda *board, const struct el4_board_device *device);
/* A wire to the interrupt controller "gic", from a device, or from a CPU if that is NULL. */
bool calxeda_wire(struct calxeda *board, const char *device, unsigned cpu, uint32_t output,
                  uint32_t input);
/* RAM, SRAM, all peripherals but interrupt controller and what is at PERIPHBASE, and the boot.
 */
bool calxeda_build(struct calxeda *board);
const char *calxeda_default_chain(void *state, unsigned conduit);
void calxeda_fdt_root(void *state, struct el4_fdt *fdt);

extern const struct el4_config_schema calxeda_schema;

#endif
