/* SPDX-License-Identifier: MIT */
/*
 * A CPU with the engine and RAM, and nothing else: what tests of instructions run code on.
 */
#ifndef TEST_ENGINE_FIXTURE_H
#define TEST_ENGINE_FIXTURE_H

#include "bus/bus.h"
#include "cpu/cpu.h"

#define RAM       UINT64_C(0x40000000)
#define RAM_BYTES 0x400000u

/* config says what the CPU has: bus is filled in, and a model that is NULL is "max". host is
 * where the RAM is. */
void engine_set_up(const struct el4_cpu_config *config, struct el4_bus **bus,
                   struct el4_cpu **cpu, uint8_t **host);
void engine_tear_down(struct el4_bus *bus, struct el4_cpu *cpu);

#endif
