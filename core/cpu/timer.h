/* SPDX-License-Identifier: MIT */
/*
 * Generic timers of one cpu (DDI 0487 D11): five compare units over the machine's counter.
 * Output lines follow ENABLE, IMASK and the condition; one deadline, the nearest, is asked of
 * the machine, which answers with EL4_ATTENTION_TIMER. The cpu thread only.
 */
#ifndef EL4_CPU_TIMER_H
#define EL4_CPU_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/regs.h"

struct el4_cpu;

struct el4_timers {
    bool line[EL4_TIMER_COUNT]; /* level that was last driven */
    uint64_t deadline;          /* last asked for */
    bool polls_pmu;             /* the deadline is also to look at the PMU (pmu.h) */
};

/* Look at all timers: drive lines, ask for the next deadline. */
void el4_timer_update(struct el4_cpu *cpu);
/* Lines low, controls clear. */
void el4_timer_reset(struct el4_cpu *cpu);

/* CNTPCT, and CNTVCT as seen by the current EL. */
uint64_t el4_timer_physical_count(const struct el4_cpu *cpu);
uint64_t el4_timer_virtual_count(const struct el4_cpu *cpu);

uint64_t el4_timer_read_ctl(const struct el4_cpu *cpu, enum el4_timer_id id);
uint64_t el4_timer_read_tval(const struct el4_cpu *cpu, enum el4_timer_id id);
void el4_timer_write_ctl(struct el4_cpu *cpu, enum el4_timer_id id, uint64_t value);
void el4_timer_write_tval(struct el4_cpu *cpu, enum el4_timer_id id, uint64_t value);
void el4_timer_write_cval(struct el4_cpu *cpu, enum el4_timer_id id, uint64_t value);

#endif
