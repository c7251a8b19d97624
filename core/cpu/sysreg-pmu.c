/* SPDX-License-Identifier: MIT */
/* Access functions of the performance monitor registers. */
#include "cpu/cpu.h"
#include "cpu/pmu.h"
#include "cpu/sysreg-private.h"

#define READER(name)                                                                           \
    uint64_t el4_sr_read_##name(struct el4_cpu *cpu, const struct el4_sysreg *reg)
#define WRITER(name)                                                                           \
    void el4_sr_write_##name(struct el4_cpu *cpu, const struct el4_sysreg *reg, uint64_t value)

#define EVTYPER_BITS UINT64_C(0xfc0003ff)
#define CYCLES       31

/* Bits of the counters that the current EL sees; the cycle counter always. */
static uint64_t visible(const struct el4_cpu *cpu)
{
    return EL4_BIT(CYCLES) | (EL4_BIT(el4_pmu_visible_counters(cpu)) - 1);
}

READER(pmcr)
{
    uint64_t count = el4_pmu_visible_counters(cpu);
    uint64_t id = cpu->ids.pmcr & ~UINT64_C(0xf800) & ~UINT64_C(0xff);
    return id | count << 11 | cpu->regs.pmcr_el0;
}

WRITER(pmcr)
{
    el4_pmu_write_control(cpu, value);
}

READER(pmcnten)
{
    return cpu->regs.pmcnten & visible(cpu);
}

READER(pminten)
{
    return cpu->regs.pminten & visible(cpu);
}

READER(pmovs)
{
    el4_pmu_sync(cpu);
    return cpu->regs.pmovs & visible(cpu);
}

READER(pmceid)
{
    return el4_pmu_common_events(EL4_SYSREG_OP2(reg->encoding) - 6);
}

/* Set or clear bits of a set register, between accounting before and the line after. */
static void change(struct el4_cpu *cpu, uint64_t *set, uint64_t value, bool on)
{
    el4_pmu_sync(cpu);
    value &= visible(cpu);
    *set = on ? *set | value : *set & ~value;
    el4_pmu_update(cpu);
}

WRITER(pmcntenset)
{
    change(cpu, &cpu->regs.pmcnten, value, true);
}

WRITER(pmcntenclr)
{
    change(cpu, &cpu->regs.pmcnten, value, false);
}

WRITER(pmintenset)
{
    change(cpu, &cpu->regs.pminten, value, true);
}

WRITER(pmintenclr)
{
    change(cpu, &cpu->regs.pminten, value, false);
}

WRITER(pmovsset)
{
    change(cpu, &cpu->regs.pmovs, value, true);
}

WRITER(pmovsclr)
{
    change(cpu, &cpu->regs.pmovs, value, false);
}

WRITER(pmswinc)
{
    el4_pmu_software_increment(cpu, value);
}

READER(pmccntr)
{
    return el4_pmu_read_cycles(cpu);
}

WRITER(pmccntr)
{
    el4_pmu_write_cycles(cpu, value);
}

WRITER(pmccfiltr)
{
    el4_pmu_sync(cpu);
    cpu->regs.pmccfiltr_el0 = value & reg->write_mask;
}

/* A counter that is not there, or EL2's own, is RAZ/WI (CONSTRAINED UNPREDICTABLE). */
static bool is_there(const struct el4_cpu *cpu, unsigned n)
{
    return n < el4_pmu_visible_counters(cpu);
}

static unsigned numbered(const struct el4_sysreg *reg)
{
    return (EL4_SYSREG_CRM(reg->encoding) & 3) << 3 | EL4_SYSREG_OP2(reg->encoding);
}

static uint64_t read_type(struct el4_cpu *cpu, unsigned n)
{
    return is_there(cpu, n) ? cpu->regs.pmevtyper[n] : 0;
}

static void write_type(struct el4_cpu *cpu, unsigned n, uint64_t value)
{
    if (is_there(cpu, n)) {
        el4_pmu_sync(cpu);
        cpu->regs.pmevtyper[n] = value & EVTYPER_BITS;
    }
}

READER(pmevtyper)
{
    return read_type(cpu, numbered(reg));
}

WRITER(pmevtyper)
{
    write_type(cpu, numbered(reg), value);
}

READER(pmevcntr)
{
    unsigned n = numbered(reg);
    return is_there(cpu, n) ? el4_pmu_read_counter(cpu, n) : 0;
}

WRITER(pmevcntr)
{
    unsigned n = numbered(reg);
    if (is_there(cpu, n)) {
        el4_pmu_write_counter(cpu, n, value);
    }
}

READER(pmxevtyper)
{
    unsigned n = cpu->regs.pmselr_el0;
    return n == CYCLES ? cpu->regs.pmccfiltr_el0 : read_type(cpu, n);
}

WRITER(pmxevtyper)
{
    unsigned n = cpu->regs.pmselr_el0;
    if (n == CYCLES) {
        el4_pmu_sync(cpu);
        cpu->regs.pmccfiltr_el0 = value & UINT64_C(0xfc000000);
    } else {
        write_type(cpu, n, value);
    }
}

READER(pmxevcntr)
{
    unsigned n = cpu->regs.pmselr_el0;
    return is_there(cpu, n) ? el4_pmu_read_counter(cpu, n) : 0;
}

WRITER(pmxevcntr)
{
    unsigned n = cpu->regs.pmselr_el0;
    if (is_there(cpu, n)) {
        el4_pmu_write_counter(cpu, n, value);
    }
}
