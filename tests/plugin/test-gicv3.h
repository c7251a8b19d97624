/* SPDX-License-Identifier: MIT */
/*
 * What the tests of GICv3 share: registers by their names in IHI 0069, and accesses as some
 * CPU in some state makes them.
 */
#ifndef TEST_GICV3_H
#define TEST_GICV3_H

#include "fake-host.h"
#include <string.h>
/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { DIST, REDIST };

#define GICD_CTLR      0x0000
#define GICD_TYPER     0x0004
#define GIC_IGROUPR    0x0080
#define GIC_ISENABLER  0x0100
#define GIC_ICENABLER  0x0180
#define GIC_ISPENDR    0x0200
#define GIC_ICPENDR    0x0280
#define GIC_ISACTIVER  0x0300
#define GIC_ICACTIVER  0x0380
#define GIC_IPRIORITYR 0x0400
#define GIC_ICFGR      0x0c00
#define GIC_IGRPMODR   0x0d00
#define GIC_NSACR      0x0e00
#define GICD_IROUTER   0x6000
#define GICR_TYPER     0x0008
#define GICR_WAKER     0x0014
#define SGI_FRAME      0x10000
#define GICR_EACH      0x20000

#define PMR         EL4_SYSREG(3, 0, 4, 6, 0)
#define IAR0        EL4_SYSREG(3, 0, 12, 8, 0)
#define EOIR0       EL4_SYSREG(3, 0, 12, 8, 1)
#define HPPIR0      EL4_SYSREG(3, 0, 12, 8, 2)
#define BPR0        EL4_SYSREG(3, 0, 12, 8, 3)
#define AP0R0       EL4_SYSREG(3, 0, 12, 8, 4)
#define AP1R0       EL4_SYSREG(3, 0, 12, 9, 0)
#define DIR         EL4_SYSREG(3, 0, 12, 11, 1)
#define RPR         EL4_SYSREG(3, 0, 12, 11, 3)
#define SGI1R       EL4_SYSREG(3, 0, 12, 11, 5)
#define ASGI1R      EL4_SYSREG(3, 0, 12, 11, 6)
#define SGI0R       EL4_SYSREG(3, 0, 12, 11, 7)
#define IAR1        EL4_SYSREG(3, 0, 12, 12, 0)
#define EOIR1       EL4_SYSREG(3, 0, 12, 12, 1)
#define HPPIR1      EL4_SYSREG(3, 0, 12, 12, 2)
#define BPR1        EL4_SYSREG(3, 0, 12, 12, 3)
#define CTLR        EL4_SYSREG(3, 0, 12, 12, 4)
#define SRE         EL4_SYSREG(3, 0, 12, 12, 5)
#define IGRPEN0     EL4_SYSREG(3, 0, 12, 12, 6)
#define IGRPEN1     EL4_SYSREG(3, 0, 12, 12, 7)
#define SRE_EL2     EL4_SYSREG(3, 4, 12, 9, 5)
#define CTLR_EL3    EL4_SYSREG(3, 6, 12, 12, 4)
#define SRE_EL3     EL4_SYSREG(3, 6, 12, 12, 5)
#define IGRPEN1_EL3 EL4_SYSREG(3, 6, 12, 12, 7)
#define ICH_AP0R0   EL4_SYSREG(3, 4, 12, 8, 0)
#define ICH_AP1R0   EL4_SYSREG(3, 4, 12, 9, 0)
#define ICH_HCR     EL4_SYSREG(3, 4, 12, 11, 0)
#define ICH_VTR     EL4_SYSREG(3, 4, 12, 11, 1)
#define ICH_MISR    EL4_SYSREG(3, 4, 12, 11, 2)
#define ICH_EISR    EL4_SYSREG(3, 4, 12, 11, 3)
#define ICH_ELRSR   EL4_SYSREG(3, 4, 12, 11, 5)
#define ICH_VMCR    EL4_SYSREG(3, 4, 12, 11, 7)
#define ICH_LR(n)   EL4_SYSREG(3, 4, 12, 12 + (n) / 8, (n) % 8)

#define SCR_NS  1u
#define SCR_IRQ 2u
#define SCR_FIQ 4u
#define HCR_FMO 8u
#define HCR_IMO 16u

/* The state of a CPU, to make accesses in. */
struct context {
    unsigned el;
    bool secure;
    uint64_t hcr, scr;
    bool has_el2, has_el3;
};

/* Small machines: EL1 alone; Linux below firmware; firmware itself; a Secure OS. */
static const struct context EL1 = {.el = 1};
static const struct context NS_EL1 = {
    .el = 1, .scr = SCR_NS | SCR_FIQ, .has_el2 = true, .has_el3 = true};
static const struct context NS_EL2 = {
    .el = 2, .scr = SCR_NS | SCR_FIQ, .has_el2 = true, .has_el3 = true};
static const struct context S_EL1 = {
    .el = 1, .secure = true, .scr = SCR_FIQ, .has_el2 = true, .has_el3 = true};
static const struct context EL3 = {.el = 3, .secure = true, .has_el2 = true, .has_el3 = true};

static inline struct el4_sysreg_access access_of(struct context c, unsigned cpu,
                                                 uint32_t encoding)
{
    return (struct el4_sysreg_access){
        .struct_size = sizeof(struct el4_sysreg_access),
        .encoding = encoding,
        .cpu = cpu,
        .el = c.el,
        .secure = c.secure,
        .hcr_el2 = c.hcr,
        .scr_el3 = c.scr,
        .has_el2 = c.has_el2,
        .has_el3 = c.has_el3,
    };
}

static inline uint64_t mrs(struct el4_instance *fake, struct context c, unsigned cpu,
                           uint32_t encoding)
{
    struct el4_sysreg_access access = access_of(c, cpu, encoding);
    assert_int_equal(fake_sysreg(fake, &access, false), EL4_SYSREG_DONE);
    return access.value;
}

static inline void msr(struct el4_instance *fake, struct context c, unsigned cpu,
                       uint32_t encoding, uint64_t value)
{
    struct el4_sysreg_access access = access_of(c, cpu, encoding);
    access.value = value;
    assert_int_equal(fake_sysreg(fake, &access, true), EL4_SYSREG_DONE);
}

/* 0: done, 1 to 3: traps there, -1: UNDEFINED. */
static inline int outcome(struct el4_instance *fake, struct context c, uint32_t encoding,
                          bool write)
{
    struct el4_sysreg_access access = access_of(c, 0, encoding);
    switch (fake_sysreg(fake, &access, write)) {
    case EL4_SYSREG_DONE: return 0;
    case EL4_SYSREG_TRAPS: return (int)access.trap_el;
    default: return -1;
    }
}

static inline void enter(struct el4_instance *fake, struct context c, unsigned cpu)
{
    struct el4_sysreg_access access = access_of(c, cpu, 0);
    fake_device_ops()->cpu_changed(fake->state, cpu, &access);
}

static inline uint32_t get(struct el4_instance *fake, unsigned region, uint32_t offset)
{
    return (uint32_t)fake_read(fake, region, offset, 4);
}

static inline void set(struct el4_instance *fake, unsigned region, uint32_t offset,
                       uint32_t value)
{
    fake_write(fake, region, offset, 4, value);
}

/* The region and offset of what an interrupt has at bits or bytes of a bank. */
static inline unsigned place(unsigned cpu, unsigned intid, uint32_t *offset)
{
    if (intid < 32) {
        *offset += cpu * GICR_EACH + SGI_FRAME;
        return REDIST;
    }
    return DIST;
}

static inline void set_bit(struct el4_instance *fake, unsigned cpu, uint32_t bank,
                           unsigned intid)
{
    unsigned region = place(cpu, intid, &bank);
    set(fake, region, bank + intid / 32 * 4, 1u << (intid % 32));
}

static inline bool get_bit(struct el4_instance *fake, unsigned cpu, uint32_t bank,
                           unsigned intid)
{
    unsigned region = place(cpu, intid, &bank);
    return get(fake, region, bank + intid / 32 * 4) >> (intid % 32) & 1;
}

static inline void set_priority(struct el4_instance *fake, unsigned cpu, unsigned intid,
                                uint8_t priority)
{
    uint32_t offset = GIC_IPRIORITYR;
    unsigned region = place(cpu, intid, &offset);
    fake_write(fake, region, offset + intid, 1, priority);
}

enum { G0, G1S, G1N };

/* Set up an interrupt, by a Secure access: enabled, of this group. */
static inline void set_up(struct el4_instance *fake, unsigned cpu, unsigned intid, int group,
                          uint8_t priority)
{
    uint32_t igroupr = GIC_IGROUPR, igrpmodr = GIC_IGRPMODR, bit = 1u << (intid % 32);
    fake->access.secure = true;
    unsigned region = place(cpu, intid, &igroupr);
    place(cpu, intid, &igrpmodr);
    igroupr += intid / 32 * 4;
    igrpmodr += intid / 32 * 4;
    uint32_t groups = get(fake, region, igroupr) & ~bit;
    uint32_t modifiers = get(fake, region, igrpmodr) & ~bit;
    set(fake, region, igroupr, groups | (group == G1N ? bit : 0));
    set(fake, region, igrpmodr, modifiers | (group == G1S ? bit : 0));
    set_priority(fake, cpu, intid, priority);
    set_bit(fake, cpu, GIC_ISENABLER, intid);
}

static inline bool irq(struct el4_instance *fake, unsigned cpu)
{
    return fake_cpu_line(fake, cpu, EL4_CPU_IRQ);
}

static inline bool fiq(struct el4_instance *fake, unsigned cpu)
{
    return fake_cpu_line(fake, cpu, EL4_CPU_FIQ);
}

/* One security state, all enabled. */
static inline struct el4_instance *plain_gic(unsigned cpus)
{
    struct el4_instance *fake = fake_new(NULL, cpus);
    fake_create_device(fake);
    set(fake, DIST, GICD_CTLR, 3);
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        enter(fake, EL1, cpu);
        msr(fake, EL1, cpu, PMR, 0xff);
        msr(fake, EL1, cpu, IGRPEN0, 1);
        msr(fake, EL1, cpu, IGRPEN1, 1);
    }
    return fake;
}

/* Two security states, all enabled; CPUs are at EL3. */
static inline struct el4_instance *secure_gic(unsigned cpus)
{
    static const struct fake_setting settings[] = {{"security", "true"}, {NULL, NULL}};
    struct el4_instance *fake = fake_new(settings, cpus);
    fake_create_device(fake);
    fake->access.secure = true;
    set(fake, DIST, GICD_CTLR, 7);
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        enter(fake, EL3, cpu);
        msr(fake, EL3, cpu, PMR, 0xff);
        msr(fake, EL3, cpu, IGRPEN0, 1);
        msr(fake, EL3, cpu, IGRPEN1_EL3, 3);
    }
    return fake;
}

#endif
