/* SPDX-License-Identifier: MIT */
/*
 * GICv2 virtualization extensions: what hypervisor and guest see by IHI 0048B chapter 5. GICH
 * registers are at the offsets of table 5-1, GICV's at those of table 5-2.
 */
#include "test-gicv2.h"

#define GICH_LR(n) (0x100 + 4 * (n))
#define LR_PENDING (1u << 28)
#define LR_ACTIVE  (2u << 28)
#define LR_EOI     (1u << 19)
#define LR_HW      (1u << 31)
#define LR_PRIO(p) ((uint32_t)(p) / 8 << 23)

static void enable_virtual(struct el4_instance *fake)
{
    as(fake, 0, false);
    set(fake, HYP, 0x000, 1);             /* HCR.En */
    set(fake, HYP, 0x008, 3 | 31u << 27); /* VMCR: both groups, mask 0xf8 */
}

static bool maintenance(struct el4_instance *fake)
{
    return get(fake, DIST, GICD_ISPENDR) >> 25 & 1;
}

static struct el4_instance *virtual_gic(void)
{
    static const struct fake_setting settings[] = {{"virtualization", "true"}, {NULL, NULL}};
    struct el4_instance *fake = fake_new(settings, 2);
    fake_create_device(fake);
    enable_virtual(fake);
    set(fake, DIST, GICD_CTLR, 3);
    set(fake, CPU, GICC_PMR, 0xff);
    set(fake, CPU, GICC_CTLR, 3 | 1 << 9);
    return fake;
}

static void test_virtual_registers(void **unused)
{
    struct el4_instance *fake = virtual_gic();
    assert_int_equal(get(fake, HYP, 0x004), 0x90000003); /* as a GIC-400 */
    assert_int_equal(get(fake, HYP, 0x030), 0xf);        /* all empty */
    uint32_t lr = LR_PENDING | LR_PRIO(0xa8) | LR_EOI | 5 << 10 | 9;
    set(fake, HYP, GICH_LR(2), lr);
    assert_int_equal(get(fake, HYP, GICH_LR(2)), lr);
    lr = LR_HW | LR_ACTIVE | 1u << 30 | LR_PRIO(0x50) | 345 << 10 | 77;
    set(fake, HYP, GICH_LR(3), lr);
    assert_int_equal(get(fake, HYP, GICH_LR(3)), lr);
    set(fake, HYP, GICH_LR(4), lr);
    assert_int_equal(get(fake, HYP, GICH_LR(4)), 0);
    assert_int_equal(get(fake, HYP, 0x030), 0x3);
    /* The same by the other CPU's registers, and what it has itself. */
    assert_int_equal(get(fake, HYP, 0x1000 + GICH_LR(3)), lr);
    assert_int_equal(get(fake, HYP, 0x1200 + GICH_LR(3)), 0);
    assert_int_equal(get(fake, HYP, 0x1400 + GICH_LR(3)), 0); /* no CPU 2 */
    /* VMCR and the guest's view of it. */
    set(fake, VCPU, 0x04, 0x97);
    set(fake, VCPU, 0x08, 5);
    set(fake, VCPU, 0x1c, 0);
    assert_int_equal(get(fake, VCPU, 0x1c), 3);
    set(fake, VCPU, 0x00, 0x201);
    assert_int_equal(get(fake, HYP, 0x008), 0x201 | 3 << 18 | 5 << 21 | 0x90u << 24);
    fake_free(fake);
}

static void test_virtual_interrupt(void **unused)
{
    struct el4_instance *fake = virtual_gic();
    set(fake, HYP, GICH_LR(1), LR_PENDING | LR_PRIO(0x80) | 2 << 10 | 6);
    assert_true(fake_cpu_line(fake, 0, EL4_CPU_VIRQ));
    assert_false(fake_cpu_line(fake, 1, EL4_CPU_VIRQ));
    assert_int_equal(get(fake, VCPU, 0x18), 2 << 10 | 6);
    assert_int_equal(get(fake, VCPU, 0x0c), 2 << 10 | 6);
    assert_false(fake_cpu_line(fake, 0, EL4_CPU_VIRQ));
    assert_int_equal(get(fake, VCPU, 0x14), 0x80);
    assert_int_equal(get(fake, HYP, 0x0f0), 1u << 16);
    assert_int_equal(get(fake, HYP, GICH_LR(1)) >> 28 & 3, 2);
    set(fake, HYP, GICH_LR(0), LR_PENDING | LR_PRIO(0x40) | 50);
    assert_true(fake_cpu_line(fake, 0, EL4_CPU_VIRQ)); /* preempts */
    set(fake, VCPU, 0x04, 0x40);
    assert_false(fake_cpu_line(fake, 0, EL4_CPU_VIRQ)); /* masked */
    set(fake, VCPU, 0x10, 2 << 10 | 6);
    assert_int_equal(get(fake, HYP, GICH_LR(1)) >> 28 & 3, 0);
    assert_int_equal(get(fake, VCPU, 0x14), 0xff);
    /* VFIQEn: Group 0 as virtual FIQ. */
    set(fake, VCPU, 0x04, 0xf8);
    set(fake, VCPU, 0x00, 3 | 8);
    assert_true(fake_cpu_line(fake, 0, EL4_CPU_VFIQ));
    assert_false(fake_cpu_line(fake, 0, EL4_CPU_VIRQ));
    set(fake, HYP, 0x000, 0);
    assert_false(fake_cpu_line(fake, 0, EL4_CPU_VFIQ));
    assert_int_equal(get(fake, VCPU, 0x0c), 1023);
    fake_free(fake);
}

static void test_virtual_group1(void **unused)
{
    struct el4_instance *fake = virtual_gic();
    set(fake, HYP, GICH_LR(0), LR_PENDING | 1u << 30 | LR_PRIO(0x40) | 50);
    assert_true(fake_cpu_line(fake, 0, EL4_CPU_VIRQ));
    assert_int_equal(get(fake, VCPU, 0x0c), 1022);
    assert_int_equal(get(fake, VCPU, 0x28), 50);
    assert_int_equal(get(fake, VCPU, 0x20), 50);
    set(fake, VCPU, 0x24, 50);
    assert_int_equal(get(fake, HYP, GICH_LR(0)) >> 28 & 3, 0);
    fake_free(fake);
}

static void test_virtual_hardware(void **unused)
{
    struct el4_instance *fake = virtual_gic();
    /* The hypervisor takes 48, drops its priority, hands it to the guest as 70. */
    fake_write(fake, DIST, GICD_IPRIORITYR + 48, 1, 0x80);
    fake_write(fake, DIST, GICD_ITARGETSR + 48, 1, 1);
    set_bit(fake, GICD_ISENABLER, 48);
    fake_wire(fake, 48, true);
    assert_int_equal(get(fake, CPU, GICC_IAR), 48);
    set(fake, CPU, GICC_EOIR, 48);
    set(fake, HYP, GICH_LR(0), LR_PENDING | LR_HW | LR_PRIO(0x80) | 48 << 10 | 70);
    assert_int_equal(get(fake, VCPU, 0x0c), 70);
    assert_true(get_bit(fake, GICD_ISACTIVER, 48));
    fake_wire(fake, 48, false);
    set(fake, VCPU, 0x10, 70);
    assert_false(get_bit(fake, GICD_ISACTIVER, 48)); /* both are done with */
    /* Split: DIR does it. */
    set(fake, VCPU, 0x00, 3 | 1 << 9);
    fake_wire(fake, 48, true);
    assert_int_equal(get(fake, CPU, GICC_IAR), 48);
    set(fake, HYP, GICH_LR(0), LR_PENDING | LR_HW | LR_PRIO(0x80) | 48 << 10 | 70);
    assert_int_equal(get(fake, VCPU, 0x0c), 70);
    set(fake, VCPU, 0x10, 70);
    assert_true(get_bit(fake, GICD_ISACTIVER, 48));
    set(fake, VCPU, 0x1000, 70);
    assert_false(get_bit(fake, GICD_ISACTIVER, 48));
    /* A physical INTID that does not exist harms nobody. */
    set(fake, HYP, GICH_LR(0), LR_ACTIVE | LR_HW | 1023 << 10 | 71);
    set(fake, VCPU, 0x1000, 71);
    assert_int_equal(get(fake, HYP, GICH_LR(0)) >> 28 & 3, 0);
    fake_free(fake);
}

static void test_maintenance(void **unused)
{
    struct el4_instance *fake = virtual_gic();
    assert_false(maintenance(fake));
    set(fake, HYP, 0x000, 1 | 2); /* UIE: none or one list register in use */
    assert_int_equal(get(fake, HYP, 0x010), 2);
    assert_true(maintenance(fake));
    set(fake, HYP, GICH_LR(0), LR_PENDING | LR_PRIO(0x80) | LR_EOI | 40);
    assert_true(maintenance(fake));
    set(fake, HYP, GICH_LR(1), LR_PENDING | LR_PRIO(0x90) | 41);
    assert_false(maintenance(fake));
    set(fake, HYP, 0x000, 1 | 8); /* NPIE */
    assert_false(maintenance(fake));
    assert_int_equal(get(fake, VCPU, 0x0c), 40);
    set(fake, VCPU, 0x10, 40); /* asked for EOI maintenance */
    assert_int_equal(get(fake, HYP, 0x020), 1);
    assert_int_equal(get(fake, HYP, 0x030), 0xc); /* is not free yet */
    assert_int_equal(get(fake, HYP, 0x010), 1);
    assert_true(maintenance(fake));
    set(fake, HYP, GICH_LR(0), 0);
    assert_false(maintenance(fake));
    assert_int_equal(get(fake, VCPU, 0x0c), 41);
    assert_int_equal(get(fake, HYP, 0x010), 8); /* none pending */
    /* An end that no list register knows is counted. */
    set(fake, HYP, 0x000, 1 | 4);
    set(fake, VCPU, 0x10, 99);
    assert_int_equal(get(fake, HYP, 0x000), 1u << 27 | 1 | 4);
    assert_int_equal(get(fake, HYP, 0x010), 4);
    set(fake, HYP, 0x000, 1 | 0xf0); /* group enables and disables */
    assert_int_equal(get(fake, HYP, 0x010), 0x50);
    set(fake, VCPU, 0x00, 1);
    assert_int_equal(get(fake, HYP, 0x010), 0x90);
    set(fake, HYP, 0x000, 0xf0);
    assert_false(maintenance(fake));
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_virtual_registers), cmocka_unit_test(test_virtual_interrupt),
        cmocka_unit_test(test_virtual_group1),    cmocka_unit_test(test_virtual_hardware),
        cmocka_unit_test(test_maintenance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
