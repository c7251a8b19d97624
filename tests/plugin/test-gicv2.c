/* SPDX-License-Identifier: MIT */
/*
 * GICv2 distributor and CPU interfaces: what software sees by IHI 0048B.
 */
#include "test-gicv2.h"

/* Level-sensitive, enabled, to CPU 0 with this priority. */
static void enable_spi(struct el4_instance *fake, unsigned intid, uint8_t priority)
{
    fake_write(fake, DIST, GICD_IPRIORITYR + intid, 1, priority);
    fake_write(fake, DIST, GICD_ITARGETSR + intid, 1, 1);
    set_bit(fake, GICD_ISENABLER, intid);
}

/* A GIC without Security Extensions and all of it enabled. */
static struct el4_instance *plain_gic(unsigned cpus)
{
    struct el4_instance *fake = fake_new(NULL, cpus);
    fake_create_device(fake);
    set(fake, DIST, GICD_CTLR, 3);
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        as(fake, (int)cpu, false);
        set(fake, CPU, GICC_PMR, 0xff);
        set(fake, CPU, GICC_CTLR, 3);
    }
    as(fake, 0, false);
    return fake;
}

static const struct fake_setting secure_settings[] = {
    {"security", "true"}, {"virtualization", "true"}, {NULL, NULL}};

/* One with them, both groups enabled, FIQEn. */
static struct el4_instance *secure_gic(unsigned cpus)
{
    struct el4_instance *fake = fake_new(secure_settings, cpus);
    fake_create_device(fake);
    as(fake, 0, true);
    set(fake, DIST, GICD_CTLR, 3);
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        as(fake, (int)cpu, true);
        set(fake, CPU, GICC_PMR, 0xff);
        set(fake, CPU, GICC_CTLR, 0xb);
    }
    as(fake, 0, true);
    return fake;
}

/* ---- identification, what is not there ---- */

static void test_identification(void **unused)
{
    struct el4_instance *fake = plain_gic(2);
    /* 224 shared interrupts: 8 lines of 32, less one; CPUs less one in 7:5. */
    assert_int_equal(get(fake, DIST, GICD_TYPER), 7 | 1 << 5);
    assert_int_equal(get(fake, DIST, 0xfe8), 0x2b); /* PIDR2: GICv2 */
    assert_int_equal(get(fake, DIST, 0xff0), 0x0d);
    assert_int_equal(get(fake, DIST, 0xffc), 0xb1);
    assert_int_equal(get(fake, CPU, 0xfc) & 0xfffff, 0x2143b);
    /* Beyond the implemented interrupts. */
    set(fake, DIST, GICD_ISENABLER + 4 * 8, ~0u);
    assert_int_equal(get(fake, DIST, GICD_ISENABLER + 4 * 8), 0);
    assert_int_equal(get(fake, DIST, GICD_IPRIORITYR + 256), 0);
    assert_int_equal(get(fake, CPU, GICC_IAR), 1023);
    fake_free(fake);
}

static void test_models(void **state)
{
    static const struct {
        const char *model;
        uint32_t gicd, gicc, pidr1, pidr2;
    } models[] = {
        {"gic-400", 0x0200143b, 0x0202143b, 0xb4, 0x2b},
        {"cortex-a9", 0x0102043b, 0x3901243b, 0xb3, 0x1b},
        {"cortex-a15", 0x0000043b, 0x0002043b, 0xb4, 0x2b},
    };
    for (unsigned i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        const struct fake_setting settings[] = {{"model", models[i].model}, {0}};
        struct el4_instance *fake = fake_new(settings, 1);
        fake_create_device(fake);
        assert_int_equal(get(fake, DIST, 0x008), models[i].gicd);
        assert_int_equal(get(fake, CPU, 0x0fc), models[i].gicc);
        assert_int_equal(get(fake, DIST, 0xfe4), models[i].pidr1);
        assert_int_equal(get(fake, DIST, 0xfe8), models[i].pidr2);
        fake_free(fake);
    }
}

static void test_largest(void **unused)
{
    static const struct fake_setting settings[] = {{"spis", "988"}, {NULL, NULL}};
    struct el4_instance *fake = fake_new(settings, 1);
    fake_create_device(fake);
    assert_int_equal(get(fake, DIST, GICD_TYPER) & 31, 31);
    /* INTIDs 1020 to 1023 are no interrupts. */
    set(fake, DIST, GICD_ISENABLER + 4 * 31, ~0u);
    assert_int_equal(get(fake, DIST, GICD_ISENABLER + 4 * 31), 0x0fffffff);
    fake_wire(fake, 1020, true);
    assert_int_equal(fake->log_count[EL4_LOG_WARNING], 1);
    fake_wire(fake, 1019, true);
    assert_int_equal(get(fake, DIST, GICD_ISPENDR + 4 * 31), 1u << 27);
    fake_free(fake);
}

static void test_too_many_cpus(void **unused)
{
    struct el4_instance *fake = fake_new(NULL, 9);
    assert_false(fake_try_create_device(fake));
    assert_non_null(strstr(fake->failure, "1 to 8"));
    fake_free(fake);
}

/* ---- level and edge ---- */

static void test_level(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    enable_spi(fake, 40, 0xa0);
    fake_wire(fake, 40, true);
    assert_true(irq(fake, 0));
    assert_true(get_bit(fake, GICD_ISPENDR, 40));
    /* Gone before anybody asked: nothing to deliver, and nothing is remembered. */
    fake_wire(fake, 40, false);
    assert_false(irq(fake, 0));
    assert_false(get_bit(fake, GICD_ISPENDR, 40));
    assert_int_equal(get(fake, CPU, GICC_IAR), 1023);
    assert_false(get_bit(fake, GICD_ISACTIVER, 40));
    fake_wire(fake, 40, true);
    assert_int_equal(get(fake, CPU, GICC_HPPIR), 40);
    assert_int_equal(get(fake, CPU, GICC_IAR), 40);
    assert_false(irq(fake, 0));
    /* Active and pending: the line is still high. */
    assert_true(get_bit(fake, GICD_ISACTIVER, 40));
    assert_true(get_bit(fake, GICD_ISPENDR, 40));
    assert_int_equal(get(fake, CPU, GICC_RPR), 0xa0);
    set(fake, CPU, GICC_EOIR, 40);
    assert_true(irq(fake, 0)); /* again, as nobody served the device */
    assert_int_equal(get(fake, CPU, GICC_IAR), 40);
    fake_wire(fake, 40, false);
    set(fake, CPU, GICC_EOIR, 40);
    assert_false(irq(fake, 0));
    assert_int_equal(get(fake, CPU, GICC_IAR), 1023);
    assert_int_equal(get(fake, CPU, GICC_RPR), 0xff);
    fake_free(fake);
}

static void test_edge(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    enable_spi(fake, 40, 0xa0);
    set(fake, DIST, GICD_ICFGR + 40 / 16 * 4, 2u << (40 % 16 * 2));
    assert_int_equal(get(fake, DIST, GICD_ICFGR + 40 / 16 * 4), 2u << (40 % 16 * 2));
    fake_wire(fake, 40, true);
    fake_wire(fake, 40, false);
    assert_true(irq(fake, 0)); /* an edge is remembered */
    assert_int_equal(get(fake, CPU, GICC_IAR), 40);
    assert_false(get_bit(fake, GICD_ISPENDR, 40));
    fake_wire(fake, 40, true); /* another while active */
    assert_true(get_bit(fake, GICD_ISPENDR, 40));
    assert_false(irq(fake, 0));
    set(fake, CPU, GICC_EOIR, 40);
    assert_true(irq(fake, 0));
    set_bit(fake, GICD_ICPENDR, 40);
    assert_false(irq(fake, 0)); /* the high line alone is no edge */
    fake_free(fake);
}

static void test_software_pending(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    enable_spi(fake, 33, 0x10);
    set_bit(fake, GICD_ISPENDR, 33);
    assert_true(irq(fake, 0));
    set_bit(fake, GICD_ICPENDR, 33);
    assert_false(irq(fake, 0));
    fake_wire(fake, 33, true);
    set_bit(fake, GICD_ICPENDR, 33); /* has no effect on a level that is asserted */
    assert_true(irq(fake, 0));
    set_bit(fake, GICD_ICENABLER, 33);
    assert_false(irq(fake, 0));
    assert_false(get_bit(fake, GICD_ISENABLER, 33));
    set_bit(fake, GICD_ISENABLER, 33);
    set_bit(fake, GICD_ISACTIVER, 33);
    assert_false(irq(fake, 0));
    set_bit(fake, GICD_ICACTIVER, 33);
    assert_true(irq(fake, 0));
    fake_free(fake);
}

/* ---- priorities ---- */

static void test_priority_order(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    enable_spi(fake, 60, 0x40);
    enable_spi(fake, 50, 0x80);
    enable_spi(fake, 70, 0x40);
    fake_wire(fake, 50, true);
    fake_wire(fake, 70, true);
    fake_wire(fake, 60, true);
    /* The same priority: lowest INTID first. */
    assert_int_equal(get(fake, CPU, GICC_IAR), 60);
    assert_int_equal(get(fake, CPU, GICC_IAR), 1023); /* 70 does not preempt its equal */
    fake_wire(fake, 60, false);
    set(fake, CPU, GICC_EOIR, 60);
    assert_int_equal(get(fake, CPU, GICC_IAR), 70);
    fake_wire(fake, 70, false);
    set(fake, CPU, GICC_EOIR, 70);
    assert_int_equal(get(fake, CPU, GICC_IAR), 50);
    fake_free(fake);
}

static void test_implemented_bits(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    set(fake, DIST, GICD_IPRIORITYR + 32, 0xffffffff);
    assert_int_equal(get(fake, DIST, GICD_IPRIORITYR + 32), 0xf8f8f8f8);
    assert_int_equal(get(fake, CPU, GICC_PMR), 0xf8);
    set(fake, CPU, GICC_BPR, 0);
    assert_int_equal(get(fake, CPU, GICC_BPR), 2); /* 5 bits can all preempt */
    set(fake, CPU, GICC_ABPR, 0);
    assert_int_equal(get(fake, CPU, GICC_ABPR), 3);
    fake_free(fake);
}

static void test_preemption(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    enable_spi(fake, 40, 0x80);
    enable_spi(fake, 41, 0x78);
    enable_spi(fake, 42, 0x20);
    fake_wire(fake, 40, true);
    assert_int_equal(get(fake, CPU, GICC_IAR), 40);
    fake_wire(fake, 41, true);
    assert_true(irq(fake, 0));
    /* With binary point 4 only bits 7:5 decide: 0x78 is 0x60, still less than 0x80. */
    set(fake, CPU, GICC_BPR, 4);
    assert_true(irq(fake, 0));
    assert_int_equal(get(fake, CPU, GICC_IAR), 41);
    assert_int_equal(get(fake, CPU, GICC_RPR), 0x60);
    fake_wire(fake, 42, true);
    assert_int_equal(get(fake, CPU, GICC_IAR), 42);
    assert_int_equal(get(fake, CPU, GICC_RPR), 0x20);
    assert_int_equal(get(fake, CPU, GICC_APR), 1u << (0x80 / 8) | 1u << (0x60 / 8) | 1u << 4);
    set(fake, CPU, GICC_EOIR, 42);
    assert_int_equal(get(fake, CPU, GICC_RPR), 0x60);
    set(fake, CPU, GICC_EOIR, 41);
    assert_int_equal(get(fake, CPU, GICC_RPR), 0x80);
    set(fake, CPU, GICC_EOIR, 40);
    assert_int_equal(get(fake, CPU, GICC_RPR), 0xff);
    fake_free(fake);
}

static void test_no_preemption_in_group(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    set(fake, CPU, GICC_BPR, 7); /* nothing preempts */
    enable_spi(fake, 40, 0x80);
    enable_spi(fake, 41, 0x08);
    fake_wire(fake, 40, true);
    assert_int_equal(get(fake, CPU, GICC_IAR), 40);
    fake_wire(fake, 41, true);
    assert_false(irq(fake, 0));
    assert_int_equal(get(fake, CPU, GICC_HPPIR), 41);
    set(fake, CPU, GICC_EOIR, 40);
    assert_int_equal(get(fake, CPU, GICC_IAR), 41);
    fake_free(fake);
}

static void test_mask(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    enable_spi(fake, 40, 0x80);
    fake_wire(fake, 40, true);
    set(fake, CPU, GICC_PMR, 0x80); /* must be higher in number than the priority */
    assert_false(irq(fake, 0));
    assert_int_equal(get(fake, CPU, GICC_IAR), 1023);
    assert_int_equal(get(fake, CPU, GICC_HPPIR), 40);
    set(fake, CPU, GICC_PMR, 0x88);
    assert_true(irq(fake, 0));
    set(fake, CPU, GICC_CTLR, 0);
    assert_false(irq(fake, 0));
    set(fake, CPU, GICC_CTLR, 1);
    set(fake, DIST, GICD_CTLR, 0);
    assert_false(irq(fake, 0));
    fake_free(fake);
}

/* ---- routing, banking, SGIs ---- */

static void test_targets(void **unused)
{
    struct el4_instance *fake = plain_gic(3);
    enable_spi(fake, 45, 0x80);
    fake_write(fake, DIST, GICD_ITARGETSR + 45, 1, 0xfe); /* CPUs that are not there: no */
    assert_int_equal(fake_read(fake, DIST, GICD_ITARGETSR + 45, 1), 6);
    fake_wire(fake, 45, true);
    assert_false(irq(fake, 0));
    assert_true(irq(fake, 1) && irq(fake, 2));
    as(fake, 2, false);
    assert_int_equal(get(fake, CPU, GICC_IAR), 45);
    assert_false(irq(fake, 1)); /* one of N: no longer pending for the other */
    as(fake, 1, false);
    assert_int_equal(get(fake, CPU, GICC_IAR), 1023);
    /* Each CPU finds its own bit in the private part. */
    assert_int_equal(get(fake, DIST, GICD_ITARGETSR + 28), 0x02020202);
    set(fake, DIST, GICD_ITARGETSR + 28, 0x01010101);
    assert_int_equal(get(fake, DIST, GICD_ITARGETSR + 28), 0x02020202);
    fake_free(fake);
}

static void test_private(void **unused)
{
    struct el4_instance *fake = plain_gic(2);
    as(fake, 1, false);
    fake_write(fake, DIST, GICD_IPRIORITYR + 27, 1, 0x30);
    set_bit(fake, GICD_ISENABLER, 27);
    fake_wire(fake, EL4_INPUT_PRIVATE(0, 27), true);
    assert_false(irq(fake, 0)); /* enabled for CPU 1 only */
    fake_wire(fake, EL4_INPUT_PRIVATE(1, 27), true);
    assert_true(irq(fake, 1));
    assert_int_equal(get(fake, CPU, GICC_IAR), 27);
    as(fake, 0, false);
    assert_false(get_bit(fake, GICD_ISENABLER, 27));
    assert_int_equal(fake_read(fake, DIST, GICD_IPRIORITYR + 27, 1), 0);
    fake_wire(fake, EL4_INPUT_PRIVATE(2, 27), true);
    fake_wire(fake, EL4_INPUT_PRIVATE(0, 3), true);
    assert_int_equal(fake->log_count[EL4_LOG_WARNING], 2);
    fake_free(fake);
}

static void test_sgi(void **unused)
{
    struct el4_instance *fake = plain_gic(4);
    as(fake, 1, false);
    set(fake, DIST, GICD_SGIR, 1u << 16 | 5); /* to CPU 0 */
    as(fake, 3, false);
    set(fake, DIST, GICD_SGIR, 1u << 16 | 5);
    as(fake, 0, false);
    assert_true(irq(fake, 0));
    assert_int_equal(fake_read(fake, DIST, GICD_SPENDSGIR + 5, 1), 1 << 1 | 1 << 3);
    assert_int_equal(get(fake, CPU, GICC_HPPIR), 1 << 10 | 5);
    /* One interrupt a source, told in 12:10. */
    assert_int_equal(get(fake, CPU, GICC_IAR), 1 << 10 | 5);
    assert_int_equal(fake_read(fake, DIST, GICD_CPENDSGIR + 5, 1), 1 << 3);
    set(fake, CPU, GICC_EOIR, 1 << 10 | 5);
    assert_int_equal(get(fake, CPU, GICC_IAR), 3 << 10 | 5);
    set(fake, CPU, GICC_EOIR, 3 << 10 | 5);
    assert_false(irq(fake, 0));
    fake_free(fake);
}

static void test_sgi_filters(void **unused)
{
    struct el4_instance *fake = plain_gic(3);
    as(fake, 1, false);
    set(fake, DIST, GICD_SGIR, 1u << 24 | 2); /* all but self */
    assert_true(irq(fake, 0) && !irq(fake, 1) && irq(fake, 2));
    set(fake, DIST, GICD_SGIR, 2u << 24 | 7); /* self */
    assert_int_equal(get(fake, CPU, GICC_IAR), 1 << 10 | 7);
    set(fake, DIST, GICD_SGIR, 3u << 24 | 0xff0000 | 9); /* reserved */
    assert_int_equal(fake_read(fake, DIST, GICD_SPENDSGIR + 9, 1), 0);
    as(fake, 2, false);
    fake_write(fake, DIST, GICD_CPENDSGIR + 2, 1, 1 << 1);
    assert_false(irq(fake, 2));
    fake_write(fake, DIST, GICD_SPENDSGIR + 2, 1, 0xff);
    assert_int_equal(fake_read(fake, DIST, GICD_SPENDSGIR + 2, 1), 7);
    /* SGIs are always enabled and edge-triggered. */
    set(fake, DIST, GICD_ICENABLER, 0xffffffff);
    assert_int_equal(get(fake, DIST, GICD_ISENABLER), 0xffff);
    set(fake, DIST, GICD_ICFGR, 0);
    assert_int_equal(get(fake, DIST, GICD_ICFGR), 0xaaaaaaaa);
    fake_free(fake);
}

/* ---- end of interrupt ---- */

static void test_split_eoi(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    set(fake, CPU, GICC_CTLR, 1 | 1 << 9); /* EOImode */
    enable_spi(fake, 40, 0x80);
    enable_spi(fake, 41, 0x80);
    fake_wire(fake, 40, true);
    assert_int_equal(get(fake, CPU, GICC_IAR), 40);
    set(fake, CPU, GICC_EOIR, 40);
    assert_int_equal(get(fake, CPU, GICC_RPR), 0xff); /* priority dropped, */
    assert_true(get_bit(fake, GICD_ISACTIVER, 40));   /* still active */
    assert_false(irq(fake, 0));
    fake_wire(fake, 41, true);
    assert_int_equal(get(fake, CPU, GICC_IAR), 41);
    set(fake, CPU, GICC_DIR, 40);
    assert_false(get_bit(fake, GICD_ISACTIVER, 40));
    set(fake, CPU, GICC_EOIR, 41);
    assert_true(irq(fake, 0));
    /* Without the mode DIR has no effect. */
    set(fake, CPU, GICC_CTLR, 1);
    assert_int_equal(get(fake, CPU, GICC_IAR), 40);
    set(fake, CPU, GICC_DIR, 40);
    assert_true(get_bit(fake, GICD_ISACTIVER, 40));
    assert_int_equal(fake->log_count[EL4_LOG_GUEST_ERROR], 1);
    set(fake, CPU, GICC_EOIR, 1023);
    set(fake, CPU, GICC_EOIR, 0x3ff0);
    assert_int_equal(get(fake, CPU, GICC_RPR), 0x80);
    fake_free(fake);
}

/* ---- groups without Security Extensions ---- */

static void test_groups(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    set(fake, CPU, GICC_CTLR, 1 | 2 | 8); /* FIQEn */
    enable_spi(fake, 40, 0x80);
    enable_spi(fake, 41, 0x90);
    set_bit(fake, GICD_IGROUPR, 40);
    fake_wire(fake, 40, true);
    assert_true(irq(fake, 0) && !fiq(fake, 0));
    assert_int_equal(get(fake, CPU, GICC_IAR), 1022); /* AckCtl is 0 */
    assert_int_equal(get(fake, CPU, GICC_AHPPIR), 40);
    assert_int_equal(get(fake, CPU, GICC_AIAR), 40);
    assert_int_equal(get(fake, CPU, GICC_NSAPR), 1u << (0x80 / 8));
    set(fake, CPU, GICC_AEOIR, 40);
    fake_wire(fake, 40, false);
    assert_int_equal(get(fake, CPU, GICC_NSAPR), 0);
    set_bit(fake, GICD_ICPENDR, 40);
    fake_wire(fake, 41, true);
    assert_true(fiq(fake, 0) && !irq(fake, 0));
    assert_int_equal(get(fake, CPU, GICC_AIAR), 1023);
    assert_int_equal(get(fake, CPU, GICC_IAR), 41);
    set(fake, CPU, GICC_EOIR, 41);
    fake_wire(fake, 41, false);
    set(fake, CPU, GICC_CTLR, 7); /* AckCtl, no FIQEn */
    fake_wire(fake, 40, true);
    assert_int_equal(get(fake, CPU, GICC_IAR), 40);
    fake_free(fake);
}

/* ---- Security Extensions ---- */

static void test_secure_distributor(void **unused)
{
    struct el4_instance *fake = secure_gic(2);
    assert_int_equal(get(fake, DIST, GICD_TYPER) >> 10 & 1, 1);
    enable_spi(fake, 40, 0x50);
    enable_spi(fake, 41, 0xc0);
    set_bit(fake, GICD_IGROUPR, 41);
    as(fake, 0, false);
    /* Group 0 is not there for Non-secure software. */
    assert_int_equal(get(fake, DIST, GICD_IGROUPR + 4), 0);
    assert_int_equal(get(fake, DIST, GICD_ISENABLER + 4), 1u << 9);
    assert_int_equal(fake_read(fake, DIST, GICD_IPRIORITYR + 40, 1), 0);
    assert_int_equal(fake_read(fake, DIST, GICD_ITARGETSR + 40, 1), 0);
    set_bit(fake, GICD_ICENABLER, 40);
    set_bit(fake, GICD_ISPENDR, 40);
    fake_write(fake, DIST, GICD_IPRIORITYR + 40, 1, 0x10);
    set(fake, DIST, GICD_IGROUPR + 4, 0xffffffff);
    /* Group 1 is: priorities are seen and written as the lower half. */
    assert_int_equal(fake_read(fake, DIST, GICD_IPRIORITYR + 41, 1), 0x80);
    fake_write(fake, DIST, GICD_IPRIORITYR + 41, 1, 0xa0);
    assert_int_equal(fake_read(fake, DIST, GICD_IPRIORITYR + 41, 1), 0xa0);
    as(fake, 0, true);
    assert_int_equal(fake_read(fake, DIST, GICD_IPRIORITYR + 41, 1), 0xd0);
    assert_int_equal(fake_read(fake, DIST, GICD_IPRIORITYR + 40, 1), 0x50);
    assert_int_equal(get(fake, DIST, GICD_ISENABLER + 4), 3u << 8);
    assert_int_equal(get(fake, DIST, GICD_IGROUPR + 4), 1u << 9);
    assert_int_equal(get(fake, DIST, GICD_ISPENDR + 4), 0);
    /* GICD_CTLR bit 0 is EnableGrp1 for Non-secure software. */
    set(fake, DIST, GICD_CTLR, 1);
    as(fake, 0, false);
    assert_int_equal(get(fake, DIST, GICD_CTLR), 0);
    set(fake, DIST, GICD_CTLR, 1);
    as(fake, 0, true);
    assert_int_equal(get(fake, DIST, GICD_CTLR), 3);
    fake_free(fake);
}

static void test_secure_cpu_views(void **unused)
{
    struct el4_instance *fake = secure_gic(1);
    as(fake, 0, false);
    /* EnableGrp1 is bit 0, EOImodeNS bit 9; Secure software sees 1 and 10. */
    assert_int_equal(get(fake, CPU, GICC_CTLR), 1);
    set(fake, CPU, GICC_CTLR, 1 << 9 | 3 << 5);
    as(fake, 0, true);
    assert_int_equal(get(fake, CPU, GICC_CTLR), 1 | 8 | 3 << 7 | 1 << 10);
    /* The mask: half of the range, and none of the Secure half. */
    as(fake, 0, false);
    assert_int_equal(get(fake, CPU, GICC_PMR), 0xf0);
    set(fake, CPU, GICC_PMR, 0xa0);
    as(fake, 0, true);
    assert_int_equal(get(fake, CPU, GICC_PMR), 0xd0);
    set(fake, CPU, GICC_PMR, 0x40);
    as(fake, 0, false);
    assert_int_equal(get(fake, CPU, GICC_PMR), 0);
    set(fake, CPU, GICC_PMR, 0xf0);
    as(fake, 0, true);
    assert_int_equal(get(fake, CPU, GICC_PMR), 0x40);
    /* Binary points: a copy each; with CBPR one more than the Secure one. */
    set(fake, CPU, GICC_BPR, 4);
    as(fake, 0, false);
    set(fake, CPU, GICC_BPR, 6);
    assert_int_equal(get(fake, CPU, GICC_BPR), 6);
    assert_int_equal(get(fake, CPU, GICC_ABPR), 0);
    as(fake, 0, true);
    assert_int_equal(get(fake, CPU, GICC_BPR), 4);
    assert_int_equal(get(fake, CPU, GICC_ABPR), 6);
    set(fake, CPU, GICC_CTLR, 0x1b);
    as(fake, 0, false);
    assert_int_equal(get(fake, CPU, GICC_BPR), 5);
    set(fake, CPU, GICC_BPR, 7);
    as(fake, 0, true);
    assert_int_equal(get(fake, CPU, GICC_BPR), 4);
    fake_free(fake);
}

static void test_secure_acknowledge(void **unused)
{
    struct el4_instance *fake = secure_gic(1);
    enable_spi(fake, 40, 0x40);
    enable_spi(fake, 41, 0xc0);
    set_bit(fake, GICD_IGROUPR, 41);
    fake_wire(fake, 41, true);
    assert_true(irq(fake, 0) && !fiq(fake, 0));
    assert_int_equal(get(fake, CPU, GICC_IAR), 1022);
    as(fake, 0, false);
    assert_int_equal(get(fake, CPU, GICC_HPPIR), 41);
    assert_int_equal(get(fake, CPU, GICC_IAR), 41);
    assert_int_equal(get(fake, CPU, GICC_RPR), 0x80);
    assert_int_equal(get(fake, CPU, GICC_APR), 1u << (0x80 / 16));
    assert_int_equal(get(fake, CPU, GICC_NSAPR), 0);
    /* A Group 0 interrupt preempts as FIQ. Non-secure software is not told. */
    fake_wire(fake, 40, true);
    assert_true(fiq(fake, 0) && !irq(fake, 0));
    assert_int_equal(get(fake, CPU, GICC_IAR), 1023);
    assert_int_equal(get(fake, CPU, GICC_HPPIR), 1023);
    assert_int_equal(get(fake, CPU, GICC_AIAR), 0);
    as(fake, 0, true);
    assert_int_equal(get(fake, CPU, GICC_IAR), 40);
    assert_int_equal(get(fake, CPU, GICC_RPR), 0x40);
    as(fake, 0, false);
    assert_int_equal(get(fake, CPU, GICC_RPR), 0); /* in the Secure half */
    set(fake, CPU, GICC_EOIR, 40);                 /* not Non-secure software's */
    as(fake, 0, true);
    assert_int_equal(get(fake, CPU, GICC_RPR), 0x40);
    fake_wire(fake, 40, false);
    set(fake, CPU, GICC_EOIR, 40);
    assert_int_equal(get(fake, CPU, GICC_RPR), 0xc0);
    fake_wire(fake, 41, false);
    as(fake, 0, false);
    set(fake, CPU, GICC_EOIR, 41);
    assert_int_equal(get(fake, CPU, GICC_RPR), 0xff);
    fake_free(fake);
}

static void test_secure_sgi(void **unused)
{
    struct el4_instance *fake = secure_gic(2);
    as(fake, 1, true);
    set(fake, DIST, GICD_IGROUPR, 1u << 8); /* SGI 8 is Non-secure at CPU 1 */
    as(fake, 0, false);
    set(fake, DIST, GICD_SGIR, 2u << 16 | 3);
    assert_false(irq(fake, 1) || fiq(fake, 1));
    set(fake, DIST, GICD_SGIR, 2u << 16 | 8);
    assert_true(irq(fake, 1));
    as(fake, 1, false);
    assert_int_equal(get(fake, CPU, GICC_IAR), 8);
    set(fake, CPU, GICC_EOIR, 8);
    as(fake, 0, true);
    set(fake, DIST, GICD_SGIR, 2u << 16 | 8); /* NSATT 0: to Group 0 only */
    assert_false(irq(fake, 1) || fiq(fake, 1));
    set(fake, DIST, GICD_SGIR, 2u << 16 | 1u << 15 | 8);
    assert_true(irq(fake, 1));
    set(fake, DIST, GICD_SGIR, 2u << 16 | 3);
    assert_true(fiq(fake, 1));
    fake_free(fake);
}

static void test_firmware(void **unused)
{
    struct el4_instance *fake = fake_new(secure_settings, 2);
    fake_create_device(fake);
    fake_device_ops()->firmware_setup(fake->state, true);
    as(fake, 1, false);
    set(fake, DIST, GICD_CTLR, 1);
    set(fake, CPU, GICC_CTLR, 1);
    set(fake, CPU, GICC_PMR, 0xf0);
    assert_int_equal(get(fake, CPU, GICC_PMR), 0xf0);
    set(fake, DIST, GICD_SGIR, 2u << 16 | 0);
    assert_true(irq(fake, 1) && !fiq(fake, 1));
    assert_int_equal(get(fake, CPU, GICC_IAR), 1 << 10);
    set(fake, CPU, GICC_EOIR, 1 << 10);
    enable_spi(fake, 100, 0xa0);
    fake_write(fake, DIST, GICD_ITARGETSR + 100, 1, 2);
    fake_wire(fake, 100, true);
    assert_true(irq(fake, 1));
    /* A CPU that starts anew finds its mask usable, too. */
    fake_device_ops()->cpu_reset(fake->state, 1);
    assert_false(irq(fake, 1));
    set(fake, CPU, GICC_PMR, 0xf0);
    set(fake, CPU, GICC_CTLR, 1);
    assert_true(irq(fake, 1));
    /* A system reset forgets it all, but for the wires. */
    fake_device_ops()->reset(fake->state);
    assert_false(irq(fake, 1));
    as(fake, 0, true);
    assert_int_equal(get(fake, DIST, GICD_IGROUPR), 0);
    assert_int_equal(get(fake, DIST, GICD_ISPENDR + 12), 1u << 4);
    fake_free(fake);
}

/* ---- device tree, hostile accesses ---- */

static void test_fdt(void **unused)
{
    struct el4_instance *fake = plain_gic(1);
    fake_fdt(fake);
    assert_true(fake_fdt_has(fake, "compatible = arm,cortex-a15-gic"));
    assert_true(fake_fdt_has(fake, "#interrupt-cells = 0x3"));
    assert_true(fake_fdt_has(fake, "interrupt-controller"));
    assert_true(fake_fdt_has(fake, "label gic"));
    assert_false(fake_fdt_has(fake, "interrupts = 0x1 0x9 0x4"));
    fake_free(fake);
    fake = secure_gic(1);
    fake_fdt(fake);
    assert_true(fake_fdt_has(fake, "interrupts = 0x1 0x9 0x4"));
    fake_free(fake);
}

/* Accesses without sense, for the sanitizers to look at; the seed is fixed. */
static void test_noise(void **unused)
{
    struct el4_instance *fake = secure_gic(3);
    uint64_t random = 0x9e3779b97f4a7c15;
    for (unsigned i = 0; i < 400000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint32_t pick = (uint32_t)(random >> 33);
        unsigned region = pick % 4;
        unsigned size = region == DIST ? 1u << (pick >> 2) % 3 : 4;
        uint32_t span = (pick >> 4) % 8 ? 0x1010 : 0x10000;
        uint32_t offset = (pick >> 7) % span & ~(size - 1);
        as(fake, (int)((pick >> 5) % 5) - 1, pick >> 20 & 1);
        random = random * 6364136223846793005u + 1442695040888963407u;
        if (random >> 40 & 1) {
            fake_write(fake, region, offset, size, random >> 16 & 0xffffffffu);
        } else {
            fake_read(fake, region, offset, size);
        }
        if (i % 16 == 0) {
            fake_wire(fake, (unsigned)(random >> 20 & 0x3ffff), random >> 50 & 1);
        }
    }
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_identification),
        cmocka_unit_test(test_largest),
        cmocka_unit_test(test_too_many_cpus),
        cmocka_unit_test(test_level),
        cmocka_unit_test(test_edge),
        cmocka_unit_test(test_software_pending),
        cmocka_unit_test(test_priority_order),
        cmocka_unit_test(test_implemented_bits),
        cmocka_unit_test(test_preemption),
        cmocka_unit_test(test_no_preemption_in_group),
        cmocka_unit_test(test_mask),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_private),
        cmocka_unit_test(test_sgi),
        cmocka_unit_test(test_sgi_filters),
        cmocka_unit_test(test_split_eoi),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_secure_distributor),
        cmocka_unit_test(test_secure_cpu_views),
        cmocka_unit_test(test_secure_acknowledge),
        cmocka_unit_test(test_secure_sgi),
        cmocka_unit_test(test_firmware),
        cmocka_unit_test(test_fdt),
        cmocka_unit_test(test_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
