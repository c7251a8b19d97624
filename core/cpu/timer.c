/* SPDX-License-Identifier: MIT */
/* Generic timers: conditions, lines and deadlines (DDI 0487 D11.2). */
#include "cpu/timer.h"

#include <string.h>

#include "cpu/cpu.h"
#include "cpu/env.h"
#include "cpu/pmu.h"

/* How often counters are looked at for overflow interrupts: a millisecond of virt's counter. */
#define PMU_POLL_TICKS 62500

#define CTL_ENABLE  1u
#define CTL_IMASK   2u
#define CTL_ISTATUS 4u

static const enum el4_cpu_output outputs[EL4_TIMER_COUNT] = {
    [EL4_TIMER_PHYS] = EL4_CPU_OUT_TIMER_NS_PHYS,
    [EL4_TIMER_VIRT] = EL4_CPU_OUT_TIMER_VIRT,
    [EL4_TIMER_HYP] = EL4_CPU_OUT_TIMER_HYP,
    [EL4_TIMER_SEC] = EL4_CPU_OUT_TIMER_SEC,
    [EL4_TIMER_HYP_VIRT] = EL4_CPU_OUT_TIMER_HYP_VIRT,
};

uint64_t el4_timer_physical_count(const struct el4_cpu *cpu)
{
    return cpu->env && cpu->env->counter ? cpu->env->counter(cpu->env_data) : 0;
}

/* CNTVOFF_EL2 applies only where EL2 is implemented; its reset value serves otherwise. */
static uint64_t offset_of(const struct el4_cpu *cpu, enum el4_timer_id id)
{
    return id == EL4_TIMER_VIRT && cpu->features.el2 ? cpu->regs.cntvoff_el2 : 0;
}

uint64_t el4_timer_virtual_count(const struct el4_cpu *cpu)
{
    uint64_t count = el4_timer_physical_count(cpu);
    bool host =
        el4_cpu_el(cpu) == 2 ? el4_cpu_e2h(cpu) : el4_cpu_el(cpu) == 0 && el4_cpu_e2h_tge(cpu);
    return host ? count : count - offset_of(cpu, EL4_TIMER_VIRT);
}

static bool condition(const struct el4_cpu *cpu, enum el4_timer_id id, uint64_t count)
{
    return count - offset_of(cpu, id) >= cpu->regs.timer_cval[id];
}

static void drive(struct el4_cpu *cpu, enum el4_timer_id id, bool level)
{
    if (cpu->timers->line[id] == level) {
        return;
    }
    cpu->timers->line[id] = level;
    if (cpu->env && cpu->env->output) {
        cpu->env->output(cpu->env_data, cpu, outputs[id], level);
    }
}

/*
 * Counter value at which the timer's condition, not met now, becomes true; UINT64_MAX for
 * never. The timer's own count may be a negative number, with CNTVOFF_EL2 ahead of the counter.
 */
static uint64_t due_at(const struct el4_cpu *cpu, enum el4_timer_id id, uint64_t count)
{
    uint64_t due = count + (cpu->regs.timer_cval[id] - (count - offset_of(cpu, id)));
    return due < count ? UINT64_MAX : due;
}

void el4_timer_update(struct el4_cpu *cpu)
{
    uint64_t count = el4_timer_physical_count(cpu);
    uint64_t deadline = UINT64_MAX;
    for (unsigned id = 0; id < EL4_TIMER_COUNT; id++) {
        uint64_t ctl = cpu->regs.timer_ctl[id];
        bool met = (ctl & CTL_ENABLE) && condition(cpu, id, count);
        drive(cpu, id, met && !(ctl & CTL_IMASK));
        if ((ctl & CTL_ENABLE) && !(ctl & CTL_IMASK) && !met) {
            uint64_t due = due_at(cpu, id, count);
            deadline = due < deadline ? due : deadline;
        }
    }
    cpu->timers->polls_pmu = el4_pmu_may_interrupt(cpu);
    if (cpu->timers->polls_pmu && count + PMU_POLL_TICKS < deadline) {
        deadline = count + PMU_POLL_TICKS;
    }
    if (deadline != cpu->timers->deadline) {
        cpu->timers->deadline = deadline;
        if (cpu->env && cpu->env->timer_deadline) {
            cpu->env->timer_deadline(cpu->env_data, cpu, deadline);
        }
    } else if (deadline != UINT64_MAX && deadline <= el4_timer_physical_count(cpu)) {
        /* It passed while we looked. */
        el4_cpu_notice(cpu, EL4_ATTENTION_TIMER);
    }
}

void el4_timer_reset(struct el4_cpu *cpu)
{
    memset(cpu->regs.timer_ctl, 0, sizeof(cpu->regs.timer_ctl));
    memset(cpu->regs.timer_cval, 0, sizeof(cpu->regs.timer_cval));
    el4_timer_update(cpu);
}

uint64_t el4_timer_read_ctl(const struct el4_cpu *cpu, enum el4_timer_id id)
{
    uint64_t ctl = cpu->regs.timer_ctl[id];
    bool met = (ctl & CTL_ENABLE) && condition(cpu, id, el4_timer_physical_count(cpu));
    return ctl | (met ? CTL_ISTATUS : 0);
}

uint64_t el4_timer_read_tval(const struct el4_cpu *cpu, enum el4_timer_id id)
{
    uint64_t count = el4_timer_physical_count(cpu) - offset_of(cpu, id);
    return (uint32_t)(cpu->regs.timer_cval[id] - count);
}

void el4_timer_write_ctl(struct el4_cpu *cpu, enum el4_timer_id id, uint64_t value)
{
    cpu->regs.timer_ctl[id] = value & (CTL_ENABLE | CTL_IMASK);
    el4_timer_update(cpu);
}

void el4_timer_write_tval(struct el4_cpu *cpu, enum el4_timer_id id, uint64_t value)
{
    uint64_t count = el4_timer_physical_count(cpu) - offset_of(cpu, id);
    cpu->regs.timer_cval[id] = count + (uint64_t)(int64_t)(int32_t)value;
    el4_timer_update(cpu);
}

void el4_timer_write_cval(struct el4_cpu *cpu, enum el4_timer_id id, uint64_t value)
{
    cpu->regs.timer_cval[id] = value;
    el4_timer_update(cpu);
}
