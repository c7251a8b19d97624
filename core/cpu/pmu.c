/* SPDX-License-Identifier: MIT */
/*
 * Performance monitors: counting by differences of cpu->icount, filters by EL and security
 * state, overflow. See pmu.h for what is counted.
 */
#include "cpu/pmu.h"

#include "cpu/cpu.h"
#include "cpu/env.h"
#include "cpu/timer.h"

#define PMCR_E  EL4_BIT(0)
#define PMCR_P  EL4_BIT(1)
#define PMCR_C  EL4_BIT(2)
#define PMCR_D  EL4_BIT(3)
#define PMCR_DP EL4_BIT(5)
#define PMCR_LC EL4_BIT(6)

#define EVENT_SW_INCR      0x00
#define EVENT_INST_RETIRED 0x08
#define EVENT_CPU_CYCLES   0x11
#define EVENT_CHAIN        0x1e

#define CYCLES 31 /* the cycle counter's bit in the enable and overflow sets */

/* Event counters that belong to EL2 (from MDCR_EL2.HPMN on) obey HPME instead of PMCR.E. */
static unsigned reserved_from(const struct el4_cpu *cpu)
{
    unsigned hpmn = cpu->regs.mdcr_el2 & EL4_MDCR2_HPMN;
    bool used = cpu->features.el2 && hpmn < cpu->pmu_counters;
    return used ? hpmn : cpu->pmu_counters;
}

unsigned el4_pmu_visible_counters(const struct el4_cpu *cpu)
{
    bool limited = el4_cpu_el2_enabled(cpu) && el4_cpu_el(cpu) <= 1;
    return limited ? reserved_from(cpu) : cpu->pmu_counters;
}

/* P, U, NSK, NSU, NSH, M of a filter register against the current EL and security state. */
static bool is_filtered(const struct el4_cpu *cpu, uint64_t filter)
{
    bool p = filter >> 31 & 1;
    bool u = filter >> 30 & 1;
    bool has_el3 = cpu->features.el3;
    bool nonsecure = has_el3 && !el4_cpu_is_secure(cpu);
    bool secure_pl1 = cpu->features.el3_a32 && el4_cpu_el(cpu) == 3;
    switch (secure_pl1 ? 1 : el4_cpu_el(cpu)) {
    case 0: return nonsecure ? u != (filter >> 28 & 1) : u;
    case 1: return nonsecure ? p != (filter >> 29 & 1) : p;
    case 2: return !(filter >> 27 & 1);
    default: return p != (filter >> 26 & 1);
    }
}

/*
 * Counting is prohibited in Secure state unless MDCR_EL3.SPME allows it. The v7 cores have a
 * signal for it (SPNIDEN), which a board would have high.
 */
static bool is_prohibited(const struct el4_cpu *cpu)
{
    return !cpu->features.el3_a32 && el4_cpu_is_secure(cpu) &&
           !(cpu->regs.mdcr_el3 & EL4_MDCR3_SPME);
}

static bool counts(const struct el4_cpu *cpu, unsigned n)
{
    const struct el4_sysregs *regs = &cpu->regs;
    if (!(regs->pmcnten >> n & 1)) {
        return false;
    }
    if (n == CYCLES) {
        bool stopped = is_prohibited(cpu) && (regs->pmcr_el0 & PMCR_DP);
        return (regs->pmcr_el0 & PMCR_E) && !stopped && !is_filtered(cpu, regs->pmccfiltr_el0);
    }
    bool enabled =
        n < reserved_from(cpu) ? regs->pmcr_el0 & PMCR_E : regs->mdcr_el2 & EL4_MDCR2_HPME;
    return enabled && !is_prohibited(cpu) && !is_filtered(cpu, regs->pmevtyper[n]);
}

static unsigned event_of(const struct el4_cpu *cpu, unsigned n)
{
    return cpu->regs.pmevtyper[n] & 0x3ff;
}

static bool counts_instructions(const struct el4_cpu *cpu, unsigned n)
{
    unsigned event = event_of(cpu, n);
    return event == EVENT_INST_RETIRED || event == EVENT_CPU_CYCLES;
}

/* Add to an event counter; an overflow sets its bit and may chain into the odd one above. */
static void add(struct el4_cpu *cpu, unsigned n, uint64_t amount)
{
    uint64_t sum = cpu->regs.pmevcntr[n] + amount;
    cpu->regs.pmevcntr[n] = (uint32_t)sum;
    uint64_t overflows = sum >> 32;
    if (!overflows) {
        return;
    }
    cpu->regs.pmovs |= EL4_BIT(n);
    unsigned above = n + 1;
    if (!(n & 1) && above < cpu->pmu_counters && event_of(cpu, above) == EVENT_CHAIN &&
        counts(cpu, above)) {
        add(cpu, above, overflows);
    }
}

static void add_cycles(struct el4_cpu *cpu, uint64_t amount)
{
    uint64_t old = cpu->regs.pmccntr;
    uint64_t now = old + amount;
    bool overflow = cpu->regs.pmcr_el0 & PMCR_LC ? now < old : (old ^ now) >> 32 != 0;
    cpu->regs.pmccntr = now;
    if (overflow) {
        cpu->regs.pmovs |= EL4_BIT(CYCLES);
    }
}

void el4_pmu_sync(struct el4_cpu *cpu)
{
    uint64_t amount = cpu->icount - cpu->pmu_seen;
    uint64_t by_64 = cpu->icount / 64 - cpu->pmu_seen / 64;
    cpu->pmu_seen = cpu->icount;
    if (!amount || !cpu->regs.pmcnten) {
        return;
    }
    if (counts(cpu, CYCLES)) {
        add_cycles(cpu, cpu->regs.pmcr_el0 & PMCR_D ? by_64 : amount);
    }
    for (unsigned n = 0; n < cpu->pmu_counters; n++) {
        if (counts_instructions(cpu, n) && counts(cpu, n)) {
            add(cpu, n, amount);
        }
    }
}

void el4_pmu_update(struct el4_cpu *cpu)
{
    if (!cpu->regs.pmcnten && !cpu->pmu_line) {
        return;
    }
    el4_pmu_sync(cpu);
    uint64_t pending = cpu->regs.pmovs & cpu->regs.pminten;
    uint64_t of_el2 = ~UINT64_C(0) << reserved_from(cpu) & ~EL4_BIT(CYCLES);
    uint64_t enabled = (cpu->regs.pmcr_el0 & PMCR_E ? ~of_el2 : 0) |
                       (cpu->regs.mdcr_el2 & EL4_MDCR2_HPME ? of_el2 : 0);
    bool level = pending & enabled;
    if (level != cpu->pmu_line) {
        cpu->pmu_line = level;
        if (cpu->env && cpu->env->output) {
            cpu->env->output(cpu->env_data, cpu, EL4_CPU_OUT_PMU, level);
        }
    }
    if (el4_pmu_may_interrupt(cpu) && !cpu->timers->polls_pmu) {
        el4_timer_update(cpu);
    }
}

bool el4_pmu_may_interrupt(const struct el4_cpu *cpu)
{
    return (cpu->regs.pmcnten & cpu->regs.pminten) && !cpu->pmu_line;
}

void el4_pmu_reset(struct el4_cpu *cpu)
{
    cpu->regs.pmcr_el0 = 0;
    cpu->pmu_seen = cpu->icount;
    el4_pmu_update(cpu);
}

uint64_t el4_pmu_read_cycles(struct el4_cpu *cpu)
{
    el4_pmu_sync(cpu);
    return cpu->regs.pmccntr;
}

void el4_pmu_write_cycles(struct el4_cpu *cpu, uint64_t value)
{
    el4_pmu_sync(cpu);
    cpu->regs.pmccntr = value;
}

uint64_t el4_pmu_read_counter(struct el4_cpu *cpu, unsigned n)
{
    el4_pmu_sync(cpu);
    return cpu->regs.pmevcntr[n];
}

void el4_pmu_write_counter(struct el4_cpu *cpu, unsigned n, uint64_t value)
{
    el4_pmu_sync(cpu);
    cpu->regs.pmevcntr[n] = (uint32_t)value;
}

void el4_pmu_write_control(struct el4_cpu *cpu, uint64_t value)
{
    el4_pmu_sync(cpu);
    if (value & PMCR_P) {
        for (unsigned n = 0; n < el4_pmu_visible_counters(cpu); n++) {
            cpu->regs.pmevcntr[n] = 0;
        }
    }
    if (value & PMCR_C) {
        cpu->regs.pmccntr = 0;
    }
    cpu->regs.pmcr_el0 = value & (PMCR_E | PMCR_D | EL4_BIT(4) | PMCR_DP | PMCR_LC);
    el4_pmu_update(cpu);
}

void el4_pmu_software_increment(struct el4_cpu *cpu, uint64_t mask)
{
    el4_pmu_sync(cpu);
    for (unsigned n = 0; n < el4_pmu_visible_counters(cpu); n++) {
        if ((mask >> n & 1) && event_of(cpu, n) == EVENT_SW_INCR && counts(cpu, n)) {
            add(cpu, n, 1);
        }
    }
    el4_pmu_update(cpu);
}

uint64_t el4_pmu_common_events(unsigned n)
{
    uint64_t events = EL4_BIT(EVENT_SW_INCR) | EL4_BIT(EVENT_INST_RETIRED) |
                      EL4_BIT(EVENT_CPU_CYCLES) | EL4_BIT(EVENT_CHAIN);
    return n == 0 ? events : 0;
}
