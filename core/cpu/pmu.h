/* SPDX-License-Identifier: MIT */
/*
 * Performance monitors (FEAT_PMUv3): the cycle counter, SW_INCR, INST_RETIRED, CPU_CYCLES and
 * CHAIN. One instruction takes one cycle: INST_RETIRED and CPU_CYCLES both come from
 * cpu->icount, so that a run with a virtual clock counts the same on every host.
 *
 * Counters are brought up to date (el4_pmu_sync) whenever they are read and before anything
 * changes that starts, stops or filters them; so an overflow interrupt comes at the next such
 * event, not at the very instruction. While a counter may interrupt, the timers' deadline is at
 * most a millisecond away, so that there is one.
 */
#ifndef EL4_CPU_PMU_H
#define EL4_CPU_PMU_H

#include <stdbool.h>
#include <stdint.h>

struct el4_cpu;

void el4_pmu_reset(struct el4_cpu *cpu);
/* Account up to now, e.g. before the EL or the security state changes. */
void el4_pmu_sync(struct el4_cpu *cpu);
/* Account, and drive the overflow line. */
void el4_pmu_update(struct el4_cpu *cpu);

uint64_t el4_pmu_read_cycles(struct el4_cpu *cpu);
void el4_pmu_write_cycles(struct el4_cpu *cpu, uint64_t value);
uint64_t el4_pmu_read_counter(struct el4_cpu *cpu, unsigned n);
void el4_pmu_write_counter(struct el4_cpu *cpu, unsigned n, uint64_t value);
/* Some counter is enabled with its interrupt, and the line is low. */
bool el4_pmu_may_interrupt(const struct el4_cpu *cpu);
/* Counters that the current EL may see (MDCR_EL2.HPMN). */
unsigned el4_pmu_visible_counters(const struct el4_cpu *cpu);
void el4_pmu_write_control(struct el4_cpu *cpu, uint64_t value);
void el4_pmu_software_increment(struct el4_cpu *cpu, uint64_t mask);
/* PMCEID0_EL0, PMCEID1_EL0. */
uint64_t el4_pmu_common_events(unsigned n);

#endif
