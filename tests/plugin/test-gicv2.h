/* SPDX-License-Identifier: MIT */
/*
 * What the tests of GICv2 share. Registers are named by their offsets in IHI 0048B, tables 4-1
 * (GICD) and 4-2 (GICC).
 */
#ifndef TEST_GICV2_H
#define TEST_GICV2_H

#include "fake-host.h"
#include <string.h>
/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { DIST, CPU, HYP, VCPU };

#define GICD_CTLR       0x000
#define GICD_TYPER      0x004
#define GICD_IGROUPR    0x080
#define GICD_ISENABLER  0x100
#define GICD_ICENABLER  0x180
#define GICD_ISPENDR    0x200
#define GICD_ICPENDR    0x280
#define GICD_ISACTIVER  0x300
#define GICD_ICACTIVER  0x380
#define GICD_IPRIORITYR 0x400
#define GICD_ITARGETSR  0x800
#define GICD_ICFGR      0xc00
#define GICD_SGIR       0xf00
#define GICD_CPENDSGIR  0xf10
#define GICD_SPENDSGIR  0xf20

#define GICC_CTLR   0x00
#define GICC_PMR    0x04
#define GICC_BPR    0x08
#define GICC_IAR    0x0c
#define GICC_EOIR   0x10
#define GICC_RPR    0x14
#define GICC_HPPIR  0x18
#define GICC_ABPR   0x1c
#define GICC_AIAR   0x20
#define GICC_AEOIR  0x24
#define GICC_AHPPIR 0x28
#define GICC_APR    0xd0
#define GICC_NSAPR  0xe0
#define GICC_DIR    0x1000

static inline uint32_t get(struct el4_instance *fake, unsigned region, uint32_t offset)
{
    return (uint32_t)fake_read(fake, region, offset, 4);
}

static inline void set(struct el4_instance *fake, unsigned region, uint32_t offset,
                       uint32_t value)
{
    fake_write(fake, region, offset, 4, value);
}

static inline void as(struct el4_instance *fake, int cpu, bool secure)
{
    fake->access.cpu = cpu;
    fake->access.secure = secure;
}

static inline bool irq(struct el4_instance *fake, unsigned cpu)
{
    return fake_cpu_line(fake, cpu, EL4_CPU_IRQ);
}

static inline bool fiq(struct el4_instance *fake, unsigned cpu)
{
    return fake_cpu_line(fake, cpu, EL4_CPU_FIQ);
}

static inline void set_bit(struct el4_instance *fake, uint32_t bank, unsigned intid)
{
    set(fake, DIST, bank + intid / 32 * 4, 1u << (intid % 32));
}

static inline bool get_bit(struct el4_instance *fake, uint32_t bank, unsigned intid)
{
    return get(fake, DIST, bank + intid / 32 * 4) >> (intid % 32) & 1;
}

#endif
