/* SPDX-License-Identifier: MIT */
/*
 * GICv3 distributor, redistributors and CPU interfaces: what software sees by IHI 0069.
 */
#include "test-gicv3.h"

/* ---- identification, layout ---- */

static void test_distributor_identification(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    /* 224 shared interrupts; IDbits 10 - 1; A3V; No1N; RSS; one security state. */
    assert_int_equal(get(fake, DIST, GICD_TYPER), 7 | 9 << 19 | 1 << 24 | 1 << 25 | 1 << 26);
    assert_int_equal(get(fake, DIST, 0xffe8), 0x3b); /* PIDR2: GICv3 */
    assert_int_equal(get(fake, DIST, 0x000c), 0);    /* TYPER2 */
    /* DS and ARE are fixed. */
    set(fake, DIST, GICD_CTLR, 0);
    assert_int_equal(get(fake, DIST, GICD_CTLR), 1 << 6 | 1 << 4);
    set(fake, DIST, GICD_CTLR, 0x13); /* as Linux does */
    assert_int_equal(get(fake, DIST, GICD_CTLR), 0x53);
    /* What the redistributors have is not here. */
    set(fake, DIST, GIC_ISENABLER, 0xffffffff);
    assert_int_equal(get(fake, DIST, GIC_ISENABLER), 0);
    set(fake, DIST, GIC_ISENABLER + 4 * 8, 0xffffffff);
    assert_int_equal(get(fake, DIST, GIC_ISENABLER + 4 * 8), 0);
    fake_free(fake);
}

static void test_redistributor_identification(void **unused)
{
    struct el4_instance *fake = fake_new(NULL, 3);
    fake->mpidr[2] = 0x8100020304ull;
    fake->mpidr[2] |= 1u << 31;
    fake_create_device(fake);
    assert_int_equal(fake->regions[REDIST].mmio.bytes, 3 * GICR_EACH);
    assert_int_equal(fake_read(fake, REDIST, GICR_TYPER, 8), 0);
    assert_int_equal(fake_read(fake, REDIST, GICR_EACH + GICR_TYPER, 8), 1ull << 32 | 1 << 8);
    /* Aff3.Aff2.Aff1.Aff0, number, Last */
    assert_true(fake_read(fake, REDIST, 2 * GICR_EACH + GICR_TYPER, 8) ==
                (0x81020304ull << 32 | 2 << 8 | 1 << 4));
    assert_int_equal(get(fake, REDIST, 2 * GICR_EACH + GICR_TYPER + 4), 0x81020304);
    assert_int_equal(get(fake, REDIST, 0xffe8), 0x3b);
    /* The handshake of sleep. */
    assert_int_equal(get(fake, REDIST, GICR_WAKER), 6);
    set(fake, REDIST, GICR_WAKER, 0);
    assert_int_equal(get(fake, REDIST, GICR_WAKER), 0);
    /* No LPIs: they can't be enabled, and have no tables. */
    set(fake, REDIST, 0x0000, 1);
    assert_int_equal(get(fake, REDIST, 0x0000), 0); /* CTLR */
    for (uint32_t offset = 0x70; offset < 0x80; offset += 8) {
        fake_write(fake, REDIST, offset, 8, UINT64_MAX); /* PROPBASER, PENDBASER */
        assert_int_equal(fake_read(fake, REDIST, offset, 8), 0);
    }
    assert_true(fake->log_count[EL4_LOG_UNIMPLEMENTED] > 0);
    /* SGIs are edge-triggered for good. */
    set(fake, REDIST, SGI_FRAME + GIC_ICFGR, 0);
    assert_int_equal(get(fake, REDIST, SGI_FRAME + GIC_ICFGR), 0xaaaaaaaa);
    fake_free(fake);
}

static void test_cpu_registers(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    assert_int_equal(mrs(fake, EL1, 0, PMR), 0xf8); /* 5 bits */
    assert_int_equal(mrs(fake, EL1, 0, CTLR), 4 << 8 | 1 << 15 | 1 << 18);
    assert_int_equal(mrs(fake, EL1, 0, SRE), 7);
    msr(fake, EL1, 0, SRE, 0);
    assert_int_equal(mrs(fake, EL1, 0, SRE), 7);
    msr(fake, EL1, 0, BPR0, 0);
    msr(fake, EL1, 0, BPR1, 0);
    assert_int_equal(mrs(fake, EL1, 0, BPR0), 2);
    assert_int_equal(mrs(fake, EL1, 0, BPR1), 3);
    msr(fake, EL1, 0, CTLR, 1); /* CBPR */
    msr(fake, EL1, 0, BPR0, 5);
    assert_int_equal(mrs(fake, EL1, 0, BPR1), 6);
    msr(fake, EL1, 0, BPR1, 3);
    assert_int_equal(mrs(fake, EL1, 0, BPR1), 6);
    msr(fake, EL1, 0, BPR0, 7);
    assert_int_equal(mrs(fake, EL1, 0, BPR1), 7);
    msr(fake, EL1, 0, CTLR, 0);
    assert_int_equal(mrs(fake, EL1, 0, BPR1), 3);
    assert_int_equal(mrs(fake, EL1, 0, IAR1), 1023);
    assert_int_equal(mrs(fake, EL1, 0, RPR), 0xff);
    /* 32 levels make one word of active priorities. */
    assert_int_equal(outcome(fake, EL1, AP0R0, false), 0);
    assert_int_equal(outcome(fake, EL1, AP0R0 + 1, false), -1);
    assert_int_equal(outcome(fake, EL1, AP1R0 + 3, true), -1);
    /* Read only, write only, and of other levels. */
    assert_int_equal(outcome(fake, EL1, IAR1, true), -1);
    assert_int_equal(outcome(fake, EL1, EOIR1, false), -1);
    assert_int_equal(outcome(fake, EL1, SRE_EL2, false), -1);
    assert_int_equal(outcome(fake, NS_EL2, CTLR_EL3, false), -1);
    assert_int_equal(outcome(fake, EL1, ICH_HCR, false), -1);
    fake_free(fake);
}

/* ---- one security state ---- */

static void test_level_and_edge(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    set_up(fake, 0, 40, G1N, 0x80);
    fake_wire(fake, 40, true);
    assert_true(irq(fake, 0) && !fiq(fake, 0));
    assert_int_equal(mrs(fake, EL1, 0, HPPIR1), 40);
    assert_int_equal(mrs(fake, EL1, 0, IAR0), 1023);
    assert_int_equal(mrs(fake, EL1, 0, IAR1), 40);
    assert_false(irq(fake, 0));
    assert_int_equal(mrs(fake, EL1, 0, RPR), 0x80);
    assert_int_equal(mrs(fake, EL1, 0, AP1R0), 1u << 16);
    msr(fake, EL1, 0, EOIR0, 40); /* the wrong group: nothing */
    assert_int_equal(mrs(fake, EL1, 0, RPR), 0x80);
    msr(fake, EL1, 0, EOIR1, 40);
    assert_true(irq(fake, 0));
    fake_wire(fake, 40, false);
    assert_false(irq(fake, 0));
    set(fake, DIST, GIC_ICFGR + 8, 2u << 16); /* 40: edge */
    fake_wire(fake, 40, true);
    fake_wire(fake, 40, false);
    assert_int_equal(mrs(fake, EL1, 0, IAR1), 40);
    assert_false(get_bit(fake, 0, GIC_ISPENDR, 40));
    assert_true(get_bit(fake, 0, GIC_ISACTIVER, 40));
    fake_wire(fake, 40, true);
    assert_true(get_bit(fake, 0, GIC_ISPENDR, 40));
    msr(fake, EL1, 0, EOIR1, 40);
    assert_int_equal(mrs(fake, EL1, 0, IAR1), 40);
    msr(fake, EL1, 0, EOIR1, 40);
    assert_int_equal(mrs(fake, EL1, 0, IAR1), 1023);
    fake_free(fake);
}

static void test_groups_signal(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    set_up(fake, 0, 27, G0, 0x80);
    fake_wire(fake, EL4_INPUT_PRIVATE(0, 27), true);
    assert_true(fiq(fake, 0) && !irq(fake, 0));
    assert_int_equal(mrs(fake, EL1, 0, IAR1), 1023);
    assert_int_equal(mrs(fake, EL1, 0, HPPIR1), 1023);
    assert_int_equal(mrs(fake, EL1, 0, IAR0), 27);
    assert_int_equal(mrs(fake, EL1, 0, AP0R0), 1u << 16);
    msr(fake, EL1, 0, EOIR0, 27);
    msr(fake, EL1, 0, IGRPEN0, 0);
    assert_false(fiq(fake, 0));
    msr(fake, EL1, 0, IGRPEN0, 1);
    set(fake, DIST, GICD_CTLR, 2);
    assert_false(fiq(fake, 0));
    /* A disabled group does not stand before the other. */
    set_up(fake, 0, 40, G1N, 0xf0);
    fake_wire(fake, 40, true);
    assert_true(irq(fake, 0));
    fake_free(fake);
}

static void test_preemption(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    set_up(fake, 0, 40, G1N, 0x80);
    set_up(fake, 0, 41, G1N, 0x78);
    set_up(fake, 0, 42, G0, 0x70);
    fake_wire(fake, 40, true);
    assert_int_equal(mrs(fake, EL1, 0, IAR1), 40);
    /* BPR1 of 5 leaves bits 7:5: 0x78 is 0x60. */
    msr(fake, EL1, 0, BPR1, 5);
    fake_wire(fake, 41, true);
    assert_int_equal(mrs(fake, EL1, 0, IAR1), 41);
    assert_int_equal(mrs(fake, EL1, 0, RPR), 0x60);
    fake_wire(fake, 42, true);
    assert_false(fiq(fake, 0)); /* 0x70 is not below 0x60 */
    msr(fake, EL1, 0, EOIR1, 41);
    fake_wire(fake, 41, false);
    assert_int_equal(mrs(fake, EL1, 0, RPR), 0x80);
    /* BPR0 of 6 leaves bit 7: 0x70 is 0. */
    msr(fake, EL1, 0, BPR0, 6);
    assert_true(fiq(fake, 0));
    assert_int_equal(mrs(fake, EL1, 0, IAR0), 42);
    assert_int_equal(mrs(fake, EL1, 0, RPR), 0);
    /* CBPR: Group 1 by the same, and nothing of it preempts. */
    msr(fake, EL1, 0, EOIR1, 40); /* 42 is the running one: no effect */
    assert_int_equal(mrs(fake, EL1, 0, RPR), 0);
    fake_wire(fake, 42, false);
    msr(fake, EL1, 0, EOIR0, 42);
    msr(fake, EL1, 0, EOIR1, 40);
    msr(fake, EL1, 0, CTLR, 1);
    msr(fake, EL1, 0, BPR0, 7);
    assert_int_equal(mrs(fake, EL1, 0, IAR1), 40);
    set_priority(fake, 0, 41, 0);
    fake_wire(fake, 41, true);
    assert_false(irq(fake, 0));
    msr(fake, EL1, 0, EOIR1, 40);
    assert_true(irq(fake, 0));
    msr(fake, EL1, 0, PMR, 0);
    assert_false(irq(fake, 0));
    assert_int_equal(mrs(fake, EL1, 0, IAR1), 1023);
    assert_int_equal(mrs(fake, EL1, 0, HPPIR1), 41);
    fake_free(fake);
}

static void test_split_eoi(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    set_up(fake, 0, 40, G1N, 0x80);
    fake_wire(fake, 40, true);
    msr(fake, EL1, 0, CTLR, 2);
    assert_int_equal(mrs(fake, EL1, 0, IAR1), 40);
    msr(fake, EL1, 0, EOIR1, 40);
    assert_int_equal(mrs(fake, EL1, 0, RPR), 0xff);
    assert_false(irq(fake, 0));
    assert_true(get_bit(fake, 0, GIC_ISACTIVER, 40));
    msr(fake, EL1, 0, DIR, 1023);
    msr(fake, EL1, 0, DIR, 0xffffff);
    msr(fake, EL1, 0, DIR, 40);
    assert_true(irq(fake, 0));
    msr(fake, EL1, 0, CTLR, 0);
    assert_int_equal(mrs(fake, EL1, 0, IAR1), 40);
    msr(fake, EL1, 0, DIR, 40);
    assert_true(get_bit(fake, 0, GIC_ISACTIVER, 40));
    assert_int_equal(fake->log_count[EL4_LOG_GUEST_ERROR], 1);
    fake_free(fake);
}

static void test_routing(void **unused)
{
    struct el4_instance *fake = fake_new(NULL, 3);
    fake->mpidr[1] = 0x80000000u | 0x0100;
    fake->mpidr[2] = 0x80000000u | 0x0500000203ull;
    fake_create_device(fake);
    set(fake, DIST, GICD_CTLR, 3);
    for (unsigned cpu = 0; cpu < 3; cpu++) {
        msr(fake, EL1, cpu, PMR, 0xff);
        msr(fake, EL1, cpu, IGRPEN1, 1);
    }
    set_up(fake, 0, 50, G1N, 0x80);
    fake_wire(fake, 50, true);
    assert_true(irq(fake, 0));
    fake_write(fake, DIST, GICD_IROUTER + 50 * 8, 8, 0x0100);
    assert_true(!irq(fake, 0) && irq(fake, 1));
    /* By halves; Aff3 is in the upper. IRM can't be set: No1N. */
    set(fake, DIST, GICD_IROUTER + 50 * 8, 0x80000203);
    set(fake, DIST, GICD_IROUTER + 50 * 8 + 4, 5);
    assert_true(fake_read(fake, DIST, GICD_IROUTER + 50 * 8, 8) == 0x0500000203ull);
    assert_true(!irq(fake, 1) && irq(fake, 2));
    assert_int_equal(mrs(fake, EL1, 1, IAR1), 1023);
    fake_write(fake, DIST, GICD_IROUTER + 50 * 8, 8, 0x77);
    assert_false(irq(fake, 2)); /* nobody */
    /* Private interrupts and those that are not there have no route. */
    fake_write(fake, DIST, GICD_IROUTER, 8, 0x0100);
    assert_int_equal(fake_read(fake, DIST, GICD_IROUTER, 8), 0);
    fake_write(fake, DIST, 0x7fd8, 8, 0x0100);
    assert_int_equal(fake_read(fake, DIST, 0x7fd8, 8), 0);
    fake_free(fake);
}

static void test_sgi_affinity(void **unused)
{
    struct el4_instance *fake = fake_new(NULL, 4);
    fake->mpidr[1] = 0x80000000u | 0x0103;          /* 0.0.1.3 */
    fake->mpidr[2] = 0x80000000u | 0x0113;          /* 0.0.1.19 */
    fake->mpidr[3] = 0x80000000u | 0x0900070100ull; /* 9.7.1.0 */
    fake_create_device(fake);
    set(fake, DIST, GICD_CTLR, 3);
    for (unsigned cpu = 0; cpu < 4; cpu++) {
        msr(fake, EL1, cpu, PMR, 0xff);
        msr(fake, EL1, cpu, IGRPEN1, 1);
        set(fake, REDIST, cpu * GICR_EACH + SGI_FRAME + GIC_IGROUPR, 0xffffffff);
        set_bit(fake, cpu, GIC_ISENABLER, 6);
    }
    msr(fake, EL1, 0, SGI1R, 6ull << 24 | 1ull << 16 | 1 << 3);
    assert_true(!irq(fake, 0) && irq(fake, 1) && !irq(fake, 2) && !irq(fake, 3));
    assert_int_equal(mrs(fake, EL1, 1, IAR1), 6); /* no source */
    msr(fake, EL1, 1, EOIR1, 6);
    /* Range selector 1: Aff0 of 16 to 31. */
    msr(fake, EL1, 0, SGI1R, 1ull << 44 | 6ull << 24 | 1ull << 16 | 1 << 3);
    assert_true(!irq(fake, 1) && irq(fake, 2));
    msr(fake, EL1, 0, SGI1R, 9ull << 48 | 7ull << 32 | 6ull << 24 | 1ull << 16 | 1);
    assert_true(irq(fake, 3));
    /* IRM: all but the sender. */
    msr(fake, EL1, 1, SGI1R, 1ull << 40 | 6ull << 24);
    assert_true(irq(fake, 0) && !irq(fake, 1));
    /* Not enabled, it pends. */
    msr(fake, EL1, 1, SGI1R, 7ull << 24 | 1);
    assert_true(get_bit(fake, 0, GIC_ISPENDR, 7));
    /* Of Group 1, so SGI0R does not reach it. */
    msr(fake, EL1, 0, SGI0R, 8ull << 24 | 1);
    assert_false(get_bit(fake, 0, GIC_ISPENDR, 8));
    fake_free(fake);
}

static void test_sleep(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    set_up(fake, 0, 30, G1N, 0x80);
    set(fake, REDIST, GICR_WAKER, 0);
    msr(fake, EL1, 0, IGRPEN1, 0);
    set(fake, REDIST, GICR_WAKER, 2);
    assert_int_equal(get(fake, REDIST, GICR_WAKER), 6);
    assert_false(irq(fake, 0));
    fake_wire(fake, EL4_INPUT_PRIVATE(0, 30), true); /* WakeRequest */
    assert_true(irq(fake, 0));
    assert_int_equal(mrs(fake, EL1, 0, IAR1), 1023);
    set(fake, REDIST, GICR_WAKER, 0);
    assert_false(irq(fake, 0));
    msr(fake, EL1, 0, IGRPEN1, 1);
    assert_int_equal(mrs(fake, EL1, 0, IAR1), 30);
    fake_free(fake);
}

/* ---- two security states ---- */

static void test_secure_distributor(void **unused)
{
    struct el4_instance *fake = secure_gic(1);
    assert_int_equal(get(fake, DIST, GICD_TYPER) >> 10 & 1, 1);
    assert_int_equal(get(fake, DIST, GICD_CTLR), 7 | 3 << 4);
    set_up(fake, 0, 40, G0, 0x50);
    set_up(fake, 0, 41, G1S, 0x60);
    set_up(fake, 0, 42, G1N, 0xc0);
    fake->access.secure = false;
    assert_int_equal(get(fake, DIST, GICD_CTLR), 2 | 1 << 4);
    assert_int_equal(get(fake, DIST, GIC_IGROUPR + 4), 0);
    assert_int_equal(get(fake, DIST, GIC_IGRPMODR + 4), 0);
    assert_int_equal(get(fake, DIST, GIC_ISENABLER + 4), 1u << 10);
    assert_int_equal(get(fake, DIST, GIC_IPRIORITYR + 40), 0x00800000);
    set(fake, DIST, GIC_IPRIORITYR + 40, 0xa0a0a0a0);
    set(fake, DIST, GIC_ICENABLER + 4, 0x300);
    set(fake, DIST, GICD_CTLR, 0);
    fake_write(fake, DIST, GICD_IROUTER + 40 * 8, 8, 1);
    assert_int_equal(get(fake, REDIST, GICR_WAKER), 0);
    set(fake, REDIST, GICR_WAKER, 0);
    fake->access.secure = true;
    assert_int_equal(get(fake, REDIST, GICR_WAKER), 6);
    /* 43 is Secure, too, and stays at 0. */
    assert_int_equal(get(fake, DIST, GIC_IPRIORITYR + 40), 0x00d06050);
    assert_int_equal(get(fake, DIST, GIC_ISENABLER + 4), 7u << 8);
    assert_int_equal(get(fake, DIST, GICD_CTLR), 5 | 3 << 4);
    assert_int_equal(fake_read(fake, DIST, GICD_IROUTER + 40 * 8, 8), 0);
    /* DS, once set, stays; Secure Group 1 is no more. */
    set(fake, DIST, GICD_CTLR, 7 | 1 << 6);
    assert_int_equal(get(fake, DIST, GICD_CTLR), 3 | 1 << 4 | 1 << 6);
    set(fake, DIST, GICD_CTLR, 3);
    assert_int_equal(get(fake, DIST, GICD_CTLR), 3 | 1 << 4 | 1 << 6);
    assert_int_equal(get(fake, DIST, GIC_IGRPMODR + 4), 0);
    fake->access.secure = false;
    assert_int_equal(get(fake, DIST, GIC_ISENABLER + 4), 7u << 8);
    fake_free(fake);
}

static void test_nsacr(void **unused)
{
    struct el4_instance *fake = secure_gic(1);
    for (unsigned intid = 48; intid < 52; intid++) {
        set_up(fake, 0, intid, G0, 0x50);
    }
    set(fake, DIST, GIC_NSACR + 48 / 16 * 4, 0 | 1 << 2 | 2 << 4 | 3 << 6);
    assert_int_equal(get(fake, DIST, GIC_NSACR + 12), 0xe4);
    fake->access.secure = false;
    assert_int_equal(get(fake, DIST, GIC_NSACR + 12), 0);
    set(fake, DIST, GIC_ISPENDR + 4, 0xf0000);
    assert_int_equal(get(fake, DIST, GIC_ISPENDR + 4), 0xe0000);
    set(fake, DIST, GIC_ICPENDR + 4, 0xf0000);
    assert_int_equal(get(fake, DIST, GIC_ISPENDR + 4), 0x20000);
    fake_write(fake, DIST, GICD_IROUTER + 50 * 8, 8, 7);
    fake_write(fake, DIST, GICD_IROUTER + 51 * 8, 8, 7);
    fake->access.secure = true;
    assert_int_equal(fake_read(fake, DIST, GICD_IROUTER + 50 * 8, 8), 0);
    assert_int_equal(fake_read(fake, DIST, GICD_IROUTER + 51 * 8, 8), 7);
    fake_free(fake);
}

/* IRQ or FIQ by group and state (IHI 0069 table 4-3), EL3 being AArch64. */
static void test_signal_by_state(void **unused)
{
    struct el4_instance *fake = secure_gic(1);
    static const struct {
        int group;
        const struct context *context;
        bool is_fiq;
    } rows[] = {
        {G0, &EL3, true},     {G0, &S_EL1, true},    {G0, &NS_EL1, true},   {G1S, &EL3, true},
        {G1S, &S_EL1, false}, {G1S, &NS_EL1, true},  {G1S, &NS_EL2, true},  {G1N, &EL3, true},
        {G1N, &S_EL1, true},  {G1N, &NS_EL1, false}, {G1N, &NS_EL2, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_up(fake, 0, 60, rows[i].group, 0x80);
        fake_wire(fake, 60, true);
        enter(fake, *rows[i].context, 0);
        assert_int_equal(fiq(fake, 0), rows[i].is_fiq);
        assert_int_equal(irq(fake, 0), !rows[i].is_fiq);
        fake_wire(fake, 60, false);
        assert_false(fiq(fake, 0) || irq(fake, 0));
    }
    fake_free(fake);
}

static void test_special_intids(void **unused)
{
    struct el4_instance *fake = secure_gic(1);
    set_up(fake, 0, 60, G1S, 0x80);
    fake_wire(fake, 60, true);
    assert_int_equal(mrs(fake, EL3, 0, IAR0), 1020);
    assert_int_equal(mrs(fake, EL3, 0, HPPIR0), 1020);
    struct context ns_el1 = NS_EL1;
    ns_el1.scr = SCR_NS; /* nothing trapped */
    assert_int_equal(mrs(fake, ns_el1, 0, IAR1), 1023);
    struct context s_el1 = S_EL1;
    s_el1.scr = 0;
    assert_int_equal(mrs(fake, s_el1, 0, IAR0), 1023);
    assert_int_equal(mrs(fake, s_el1, 0, HPPIR1), 60);
    assert_int_equal(mrs(fake, s_el1, 0, IAR1), 60);
    msr(fake, ns_el1, 0, EOIR1, 60);
    assert_int_equal(mrs(fake, s_el1, 0, RPR), 0x80);
    msr(fake, s_el1, 0, EOIR1, 60);
    assert_int_equal(mrs(fake, s_el1, 0, RPR), 0xff);
    fake_wire(fake, 60, false);

    set_up(fake, 0, 61, G1N, 0xc0);
    fake_wire(fake, 61, true);
    assert_int_equal(mrs(fake, EL3, 0, IAR0), 1021);
    assert_int_equal(mrs(fake, s_el1, 0, IAR1), 1023);
    assert_int_equal(mrs(fake, ns_el1, 0, IAR1), 61);
    msr(fake, ns_el1, 0, EOIR1, 61);
    fake_wire(fake, 61, false);

    set_up(fake, 0, 62, G0, 0x40);
    fake_wire(fake, 62, true);
    assert_int_equal(mrs(fake, EL3, 0, IAR1), 1023);
    assert_int_equal(mrs(fake, ns_el1, 0, IAR0), 1023);
    assert_int_equal(mrs(fake, EL3, 0, IAR0), 62);
    msr(fake, ns_el1, 0, EOIR0, 62);
    assert_int_equal(mrs(fake, EL3, 0, RPR), 0x40);
    msr(fake, EL3, 0, EOIR0, 62);
    assert_int_equal(mrs(fake, EL3, 0, RPR), 0xff);
    fake_free(fake);
}

static void test_ns_priorities(void **unused)
{
    struct el4_instance *fake = secure_gic(1);
    /* SCR_EL3.FIQ is set: the lower half is all there is. */
    assert_int_equal(mrs(fake, NS_EL1, 0, PMR), 0xf0);
    msr(fake, NS_EL1, 0, PMR, 0xa0);
    assert_int_equal(mrs(fake, EL3, 0, PMR), 0xd0);
    msr(fake, EL3, 0, PMR, 0x70);
    assert_int_equal(mrs(fake, NS_EL1, 0, PMR), 0);
    msr(fake, NS_EL1, 0, PMR, 0xf0);
    assert_int_equal(mrs(fake, EL3, 0, PMR), 0x70);
    struct context open = NS_EL1;
    open.scr = SCR_NS;
    assert_int_equal(mrs(fake, open, 0, PMR), 0x70);
    msr(fake, EL3, 0, PMR, 0xf8);
    set_up(fake, 0, 61, G1N, 0xc0);
    fake_wire(fake, 61, true);
    assert_int_equal(mrs(fake, NS_EL1, 0, RPR), 0xff);
    assert_int_equal(mrs(fake, NS_EL1, 0, IAR1), 61);
    assert_int_equal(mrs(fake, NS_EL1, 0, RPR), 0x80);
    set_up(fake, 0, 62, G0, 0x40);
    fake_wire(fake, 62, true);
    assert_int_equal(mrs(fake, EL3, 0, IAR0), 62);
    assert_int_equal(mrs(fake, NS_EL1, 0, RPR), 0);
    fake_free(fake);
}

static void test_banked_registers(void **unused)
{
    struct el4_instance *fake = secure_gic(1);
    struct context el3_ns = EL3;
    el3_ns.secure = false;
    el3_ns.scr = SCR_NS;
    msr(fake, EL3, 0, IGRPEN1_EL3, 2);
    assert_int_equal(mrs(fake, S_EL1, 0, IGRPEN1), 1);
    assert_int_equal(mrs(fake, NS_EL1, 0, IGRPEN1), 0);
    msr(fake, NS_EL1, 0, IGRPEN1, 1);
    assert_int_equal(mrs(fake, EL3, 0, IGRPEN1_EL3), 3);
    msr(fake, EL3, 0, BPR1, 4);
    msr(fake, el3_ns, 0, BPR1, 6);
    assert_int_equal(mrs(fake, S_EL1, 0, BPR1), 4);
    assert_int_equal(mrs(fake, NS_EL1, 0, BPR1), 6);
    msr(fake, EL3, 0, BPR1, 0);
    assert_int_equal(mrs(fake, EL3, 0, BPR1), 2); /* Secure: as BPR0 */
    /* CTLR_EL3 has the banks' bits; CBPR is EL3's to write. */
    msr(fake, NS_EL1, 0, CTLR, 3);
    assert_int_equal(mrs(fake, EL3, 0, CTLR_EL3) & 0x7f, 1 << 4);
    msr(fake, EL3, 0, CTLR_EL3, 1 << 1 | 1 << 0);
    assert_int_equal(mrs(fake, NS_EL1, 0, CTLR) & 3, 1);
    assert_int_equal(mrs(fake, S_EL1, 0, CTLR) & 3, 1);
    msr(fake, EL3, 0, BPR0, 3);
    assert_int_equal(mrs(fake, S_EL1, 0, BPR1), 3);
    assert_int_equal(mrs(fake, NS_EL1, 0, BPR1), 4);
    msr(fake, S_EL1, 0, BPR1, 5); /* is BPR0 */
    assert_int_equal(mrs(fake, EL3, 0, BPR0), 5);
    assert_int_equal(mrs(fake, EL3, 0, BPR1), 2);
    assert_int_equal(mrs(fake, el3_ns, 0, BPR1), 6);
    fake_free(fake);
}

static void test_secure_sgi(void **unused)
{
    struct el4_instance *fake = secure_gic(2);
    set_up(fake, 1, 1, G0, 0);
    set_up(fake, 1, 2, G1S, 0);
    set_up(fake, 1, 3, G1N, 0x80);
    set_up(fake, 1, 4, G0, 0);
    set_up(fake, 1, 5, G1S, 0);
    /* NSACR: SGI 4 may be sent as Group 0, 5 as Secure Group 1. */
    set(fake, REDIST, GICR_EACH + SGI_FRAME + GIC_NSACR, 1 << 8 | 2 << 10);
    static const struct {
        const struct context *context;
        uint32_t encoding;
        uint32_t reached; /* of SGIs 1 to 5 */
    } rows[] = {
        {&EL3, SGI0R, 1 << 1 | 1 << 4}, {&EL3, SGI1R, 1 << 1 | 1 << 2 | 1 << 4 | 1 << 5},
        {&EL3, ASGI1R, 1 << 3},         {&NS_EL1, SGI0R, 1 << 4},
        {&NS_EL1, SGI1R, 1 << 3},       {&NS_EL1, ASGI1R, 1 << 4 | 1 << 5},
    };
    uint32_t ispendr = GICR_EACH + SGI_FRAME + GIC_ISPENDR;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (unsigned sgi = 1; sgi <= 5; sgi++) {
            msr(fake, *rows[i].context, 0, rows[i].encoding, (uint64_t)sgi << 24 | 2);
        }
        assert_int_equal(get(fake, REDIST, ispendr), rows[i].reached);
        set(fake, REDIST, ispendr + 0x80, 0xffffffff);
    }
    fake_free(fake);
}

/* ---- who may access what ---- */

static void test_traps_to_el3(void **unused)
{
    struct el4_instance *fake = secure_gic(1);
    struct context c = NS_EL1;
    assert_int_equal(outcome(fake, c, IAR0, false), 3); /* SCR_EL3.FIQ */
    assert_int_equal(outcome(fake, c, IGRPEN0, true), 3);
    assert_int_equal(outcome(fake, c, IAR1, false), 0);
    assert_int_equal(outcome(fake, c, PMR, false), 0);
    c.scr = SCR_NS | SCR_IRQ;
    assert_int_equal(outcome(fake, c, IAR0, false), 0);
    assert_int_equal(outcome(fake, c, IAR1, false), 3);
    assert_int_equal(outcome(fake, c, AP1R0, false), 3);
    assert_int_equal(outcome(fake, c, CTLR, false), 0);
    assert_int_equal(outcome(fake, c, SGI1R, true), 0);
    c.scr = SCR_NS | SCR_IRQ | SCR_FIQ;
    c.el = 2;
    assert_int_equal(outcome(fake, c, CTLR, false), 3);
    assert_int_equal(outcome(fake, c, DIR, true), 3);
    assert_int_equal(outcome(fake, c, SGI1R, true), 3);
    assert_int_equal(outcome(fake, c, ICH_HCR, true), 0);
    assert_int_equal(outcome(fake, EL3, CTLR, false), 0);
    /* ICC_SRE by the Enable bits above. */
    assert_int_equal(outcome(fake, NS_EL2, SRE_EL2, false), 3);
    assert_int_equal(outcome(fake, NS_EL1, SRE, false), 2);
    msr(fake, EL3, 0, SRE_EL3, 0xf);
    assert_int_equal(mrs(fake, EL3, 0, SRE_EL3), 0xf);
    assert_int_equal(outcome(fake, S_EL1, SRE, false), 0); /* no EL2 there */
    assert_int_equal(outcome(fake, NS_EL1, SRE, false), 2);
    msr(fake, NS_EL2, 0, SRE_EL2, 8);
    assert_int_equal(mrs(fake, NS_EL2, 0, SRE_EL2), 0xf);
    assert_int_equal(mrs(fake, NS_EL1, 0, SRE), 7);
    fake_free(fake);
}

/* ---- firmware, reset ---- */

static void test_firmware(void **unused)
{
    struct el4_instance *fake = secure_gic(2);
    fake_device_ops()->reset(fake->state);
    fake_device_ops()->firmware_setup(fake->state, true);
    fake->access.secure = false;
    for (unsigned cpu = 0; cpu < 2; cpu++) {
        enter(fake, NS_EL1, cpu);
        assert_int_equal(mrs(fake, NS_EL1, cpu, SRE), 7);
        msr(fake, NS_EL1, cpu, PMR, 0xf0);
        assert_int_equal(mrs(fake, NS_EL1, cpu, PMR), 0xf0);
        msr(fake, NS_EL1, cpu, IGRPEN1, 1);
    }
    set(fake, DIST, GICD_CTLR, 2);
    set_bit(fake, 1, GIC_ISENABLER, 0);
    set_priority(fake, 1, 0, 0xa0);
    msr(fake, NS_EL1, 0, SGI1R, 2);
    assert_true(irq(fake, 1) && !fiq(fake, 1));
    assert_int_equal(mrs(fake, NS_EL1, 1, IAR1), 0);
    assert_int_equal(mrs(fake, NS_EL1, 1, RPR), 0xa0);
    fake_device_ops()->cpu_reset(fake->state, 1);
    assert_int_equal(mrs(fake, NS_EL1, 1, RPR), 0xff);
    assert_int_equal(mrs(fake, NS_EL1, 1, PMR), 0xf0);
    assert_int_equal(mrs(fake, NS_EL1, 1, SRE), 7);
    fake->access.secure = true;
    assert_int_equal(get(fake, REDIST, GICR_WAKER), 0);
    assert_int_equal(get(fake, DIST, GICD_CTLR), 7 | 3 << 4);
    fake_free(fake);

    /* With one security state firmware only opens ICC_SRE. */
    fake = plain_gic(1);
    fake_device_ops()->reset(fake->state);
    fake_device_ops()->firmware_setup(fake->state, true);
    assert_int_equal(get(fake, REDIST, SGI_FRAME + GIC_IGROUPR), 0);
    assert_int_equal(get(fake, REDIST, GICR_WAKER), 6);
    assert_int_equal(mrs(fake, NS_EL1, 0, SRE), 7);
    fake_free(fake);
}

static void test_fdt(void **unused)
{
    static const struct fake_setting settings[] = {{"virtualization", "true"}, {NULL, NULL}};
    struct el4_instance *fake = fake_new(settings, 1);
    fake_create_device(fake);
    fake_fdt(fake);
    assert_true(fake_fdt_has(fake, "compatible = arm,gic-v3"));
    assert_true(fake_fdt_has(fake, "#interrupt-cells = 0x3"));
    assert_true(fake_fdt_has(fake, "#redistributor-regions = 0x1"));
    assert_true(fake_fdt_has(fake, "interrupts = 0x1 0x9 0x4"));
    assert_true(fake_fdt_has(fake, "label gic"));
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distributor_identification),
        cmocka_unit_test(test_redistributor_identification),
        cmocka_unit_test(test_cpu_registers),
        cmocka_unit_test(test_level_and_edge),
        cmocka_unit_test(test_groups_signal),
        cmocka_unit_test(test_preemption),
        cmocka_unit_test(test_split_eoi),
        cmocka_unit_test(test_routing),
        cmocka_unit_test(test_sgi_affinity),
        cmocka_unit_test(test_sleep),
        cmocka_unit_test(test_secure_distributor),
        cmocka_unit_test(test_nsacr),
        cmocka_unit_test(test_signal_by_state),
        cmocka_unit_test(test_special_intids),
        cmocka_unit_test(test_ns_priorities),
        cmocka_unit_test(test_banked_registers),
        cmocka_unit_test(test_secure_sgi),
        cmocka_unit_test(test_traps_to_el3),
        cmocka_unit_test(test_firmware),
        cmocka_unit_test(test_fdt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
