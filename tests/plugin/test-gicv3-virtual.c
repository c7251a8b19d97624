/* SPDX-License-Identifier: MIT */
/*
 * GICv3 virtualization: ICH for a hypervisor, ICV for its guest, as IHI 0069 chapter 6 and
 * sections 12.3 and 12.4 have them; then noise, for the sanitizers to look at.
 */
#include "test-gicv3.h"

#define LR_PENDING (1ull << 62)
#define LR_ACTIVE  (2ull << 62)
#define LR_HW      (1ull << 61)
#define LR_GROUP1  (1ull << 60)
#define LR_EOI     (1ull << 41)
#define LR_PRIO(p) ((uint64_t)(p) << 48)
#define LR_PHYS(i) ((uint64_t)(i) << 32)

/* A hypervisor at EL2 without EL3, and its guest. */
static const struct context HYP = {.el = 2, .has_el2 = true};
static const struct context GUEST = {.el = 1, .has_el2 = true, .hcr = HCR_IMO | HCR_FMO};

static struct el4_instance *virtual_gic(void)
{
    struct el4_instance *fake = plain_gic(2);
    msr(fake, HYP, 0, ICH_HCR, 1);
    msr(fake, HYP, 0, ICH_VMCR, 0xf8u << 24 | 3);
    return fake;
}

static bool virq(struct el4_instance *fake, unsigned cpu)
{
    return fake_cpu_line(fake, cpu, EL4_CPU_VIRQ);
}

static bool vfiq(struct el4_instance *fake, unsigned cpu)
{
    return fake_cpu_line(fake, cpu, EL4_CPU_VFIQ);
}

static bool maintenance(struct el4_instance *fake)
{
    return get_bit(fake, 0, GIC_ISPENDR, 25);
}

static unsigned lr_state(struct el4_instance *fake, unsigned n)
{
    return mrs(fake, HYP, 0, ICH_LR(n)) >> 62;
}

static void test_hypervisor_registers(void **unused)
{
    struct el4_instance *fake = virtual_gic();
    /* 4 list registers, 5 bits of priority and preemption, A3V, nV4, TDS. */
    assert_int_equal(mrs(fake, HYP, 0, ICH_VTR),
                     4u << 29 | 4 << 26 | 1 << 21 | 1 << 20 | 1 << 19 | 3);
    assert_int_equal(mrs(fake, HYP, 0, ICH_ELRSR), 0xf);
    msr(fake, HYP, 0, ICH_LR(3), ~0ull);
    assert_true(mrs(fake, HYP, 0, ICH_LR(3)) == 0xf0f81fff0000ffffull);
    assert_int_equal(mrs(fake, HYP, 0, ICH_ELRSR), 0x7);
    assert_int_equal(outcome(fake, HYP, ICH_LR(4), false), -1);
    assert_int_equal(outcome(fake, HYP, ICH_LR(15), true), -1);
    assert_int_equal(outcome(fake, HYP, ICH_AP1R0, false), 0);
    assert_int_equal(outcome(fake, HYP, ICH_AP1R0 + 1, false), -1);
    assert_int_equal(outcome(fake, HYP, ICH_MISR, true), -1);
    assert_int_equal(outcome(fake, GUEST, ICH_HCR, false), -1);
    msr(fake, HYP, 0, ICH_HCR, ~0ull);
    assert_int_equal(mrs(fake, HYP, 0, ICH_HCR), 0xf8005cff);
    /* VFIQEn is fixed at 1, VAckCtl at 0; binary points at least 2 and 3. */
    msr(fake, HYP, 0, ICH_VMCR, 4);
    assert_int_equal(mrs(fake, HYP, 0, ICH_VMCR), 2 << 21 | 3 << 18 | 8);
    fake_free(fake);
}

static void test_guest_view(void **unused)
{
    struct el4_instance *fake = virtual_gic();
    msr(fake, GUEST, 0, PMR, 0xa7);
    msr(fake, GUEST, 0, BPR0, 4);
    msr(fake, GUEST, 0, BPR1, 6);
    msr(fake, GUEST, 0, CTLR, 2);
    msr(fake, GUEST, 0, IGRPEN0, 0);
    assert_int_equal(mrs(fake, HYP, 0, ICH_VMCR),
                     0xa0u << 24 | 4 << 21 | 6 << 18 | 1 << 9 | 8 | 2);
    assert_int_equal(mrs(fake, GUEST, 0, PMR), 0xa0);
    assert_int_equal(mrs(fake, GUEST, 0, IGRPEN1), 1);
    assert_int_equal(mrs(fake, GUEST, 0, CTLR) & 3, 2);
    msr(fake, GUEST, 0, CTLR, 1);
    assert_int_equal(mrs(fake, GUEST, 0, BPR1), 5);
    msr(fake, GUEST, 0, BPR1, 7);
    assert_int_equal(mrs(fake, GUEST, 0, BPR1), 5);
    msr(fake, GUEST, 0, AP1R0, 0x80);
    assert_int_equal(mrs(fake, HYP, 0, ICH_AP1R0), 0x80);
    assert_int_equal(mrs(fake, GUEST, 0, RPR), 0x38);
    /* The physical interface has nothing of it. */
    assert_int_equal(mrs(fake, HYP, 0, PMR), 0xf8);
    assert_int_equal(mrs(fake, HYP, 0, RPR), 0xff);
    /* By group: FMO is Group 0, IMO Group 1, common ones either. */
    struct context irq_only = GUEST;
    irq_only.hcr = HCR_IMO;
    assert_int_equal(mrs(fake, irq_only, 0, IGRPEN0), 1);
    assert_int_equal(mrs(fake, GUEST, 0, IGRPEN0), 0);
    assert_int_equal(mrs(fake, irq_only, 0, PMR), 0xa0);
    fake_free(fake);
}

static void test_virtual_interrupts(void **unused)
{
    struct el4_instance *fake = virtual_gic();
    msr(fake, HYP, 0, ICH_LR(0), LR_PENDING | LR_GROUP1 | LR_PRIO(0x80) | 40);
    assert_true(virq(fake, 0) && !vfiq(fake, 0) && !virq(fake, 1));
    assert_int_equal(mrs(fake, GUEST, 0, HPPIR1), 40);
    assert_int_equal(mrs(fake, GUEST, 0, HPPIR0), 1023);
    assert_int_equal(mrs(fake, GUEST, 0, IAR0), 1023);
    assert_int_equal(mrs(fake, GUEST, 0, IAR1), 40);
    assert_false(virq(fake, 0));
    assert_int_equal(lr_state(fake, 0), 2);
    assert_int_equal(mrs(fake, HYP, 0, ICH_AP1R0), 1u << 16);
    /* Group 0 is FIQ, and preempts. */
    msr(fake, HYP, 0, ICH_LR(1), LR_PENDING | LR_PRIO(0x40) | 41);
    assert_true(vfiq(fake, 0) && !virq(fake, 0));
    assert_int_equal(mrs(fake, GUEST, 0, IAR0), 41);
    assert_int_equal(mrs(fake, GUEST, 0, RPR), 0x40);
    assert_int_equal(mrs(fake, HYP, 0, ICH_AP0R0), 1u << 8);
    msr(fake, GUEST, 0, EOIR0, 41);
    assert_int_equal(lr_state(fake, 1), 0);
    /* Pending again while active: after the end it is told once more. */
    msr(fake, HYP, 0, ICH_LR(0), LR_PENDING | LR_ACTIVE | LR_GROUP1 | LR_PRIO(0x80) | 40);
    assert_false(virq(fake, 0));
    msr(fake, GUEST, 0, EOIR1, 40);
    assert_int_equal(lr_state(fake, 0), 1);
    assert_true(virq(fake, 0));
    /* Masks of the guest. */
    msr(fake, GUEST, 0, PMR, 0x80);
    assert_false(virq(fake, 0));
    msr(fake, GUEST, 0, PMR, 0xf8);
    msr(fake, GUEST, 0, IGRPEN1, 0);
    assert_false(virq(fake, 0));
    msr(fake, GUEST, 0, IGRPEN1, 1);
    assert_true(virq(fake, 0));
    msr(fake, HYP, 0, ICH_HCR, 0);
    assert_false(virq(fake, 0));
    assert_int_equal(mrs(fake, GUEST, 0, IAR1), 1023);
    fake_free(fake);
}

static void test_hardware_interrupt(void **unused)
{
    struct el4_instance *fake = virtual_gic();
    set_up(fake, 0, 27, G1N, 0x80);
    msr(fake, HYP, 0, CTLR, 2); /* the hypervisor splits */
    fake_wire(fake, EL4_INPUT_PRIVATE(0, 27), true);
    assert_int_equal(mrs(fake, HYP, 0, IAR1), 27);
    msr(fake, HYP, 0, EOIR1, 27);
    msr(fake, HYP, 0, ICH_LR(0), LR_PENDING | LR_HW | LR_GROUP1 | LR_PHYS(27) | 30);
    assert_int_equal(mrs(fake, GUEST, 0, IAR1), 30);
    assert_true(get_bit(fake, 0, GIC_ISACTIVER, 27));
    assert_false(irq(fake, 0));
    msr(fake, GUEST, 0, EOIR1, 30);
    assert_false(get_bit(fake, 0, GIC_ISACTIVER, 27));
    assert_true(irq(fake, 0));
    /* The guest splits as well. */
    msr(fake, GUEST, 0, CTLR, 2);
    assert_int_equal(mrs(fake, HYP, 0, IAR1), 27);
    msr(fake, HYP, 0, EOIR1, 27);
    msr(fake, HYP, 0, ICH_LR(0), LR_PENDING | LR_HW | LR_GROUP1 | LR_PHYS(27) | 30);
    assert_int_equal(mrs(fake, GUEST, 0, IAR1), 30);
    msr(fake, GUEST, 0, EOIR1, 30);
    assert_int_equal(lr_state(fake, 0), 2);
    msr(fake, GUEST, 0, DIR, 30);
    assert_int_equal(lr_state(fake, 0), 0);
    assert_false(get_bit(fake, 0, GIC_ISACTIVER, 27));
    /* One that does not exist. */
    msr(fake, HYP, 0, ICH_LR(0), LR_ACTIVE | LR_HW | LR_PHYS(0x1fff) | 31);
    msr(fake, GUEST, 0, DIR, 31);
    assert_int_equal(lr_state(fake, 0), 0);
    fake_free(fake);
}

static void test_lpi_in_list_register(void **unused)
{
    struct el4_instance *fake = virtual_gic();
    msr(fake, HYP, 0, ICH_LR(0), LR_PENDING | LR_GROUP1 | LR_PRIO(0x80) | 8200);
    assert_int_equal(mrs(fake, GUEST, 0, IAR1), 8200);
    assert_int_equal(lr_state(fake, 0), 0); /* LPIs are never active */
    assert_int_equal(mrs(fake, GUEST, 0, RPR), 0x80);
    msr(fake, GUEST, 0, EOIR1, 8200);
    assert_int_equal(mrs(fake, GUEST, 0, RPR), 0xff);
    assert_int_equal(mrs(fake, HYP, 0, ICH_HCR), 1); /* no count */
    fake_free(fake);
}

static void test_maintenance(void **unused)
{
    struct el4_instance *fake = virtual_gic();
    set_up(fake, 0, 25, G1N, 0x80);
    assert_false(irq(fake, 0));
    msr(fake, HYP, 0, ICH_HCR, 1 | 2); /* UIE */
    assert_int_equal(mrs(fake, HYP, 0, ICH_MISR), 2);
    assert_true(maintenance(fake) && irq(fake, 0));
    msr(fake, HYP, 0, ICH_LR(0), LR_PENDING | LR_GROUP1 | LR_EOI | 40);
    msr(fake, HYP, 0, ICH_LR(1), LR_PENDING | LR_GROUP1 | LR_PRIO(8) | 41);
    assert_false(maintenance(fake) || irq(fake, 0));
    msr(fake, HYP, 0, ICH_HCR, 1);
    assert_int_equal(mrs(fake, GUEST, 0, IAR1), 40);
    msr(fake, GUEST, 0, EOIR1, 40);
    assert_int_equal(mrs(fake, HYP, 0, ICH_EISR), 1);
    assert_int_equal(mrs(fake, HYP, 0, ICH_ELRSR), 0xc);
    assert_int_equal(mrs(fake, HYP, 0, ICH_MISR), 1);
    assert_true(maintenance(fake));
    msr(fake, HYP, 0, ICH_LR(0), 0);
    msr(fake, HYP, 0, ICH_HCR, 1 | 8); /* NPIE */
    assert_false(maintenance(fake));
    assert_int_equal(mrs(fake, GUEST, 0, IAR1), 41);
    assert_int_equal(mrs(fake, HYP, 0, ICH_MISR), 8);
    /* An end without a list register: one that was active, then gone. */
    msr(fake, HYP, 0, ICH_LR(1), 0);
    msr(fake, HYP, 0, ICH_HCR, 1 | 4);
    msr(fake, GUEST, 0, EOIR1, 41);
    assert_int_equal(mrs(fake, HYP, 0, ICH_HCR), 1u << 27 | 1 | 4);
    assert_int_equal(mrs(fake, HYP, 0, ICH_MISR), 4);
    msr(fake, GUEST, 0, EOIR1, 41); /* nothing is active: not counted */
    assert_int_equal(mrs(fake, HYP, 0, ICH_HCR), 1u << 27 | 1 | 4);
    msr(fake, HYP, 0, ICH_HCR, 1 | 0xf0);
    assert_int_equal(mrs(fake, HYP, 0, ICH_MISR), 0x50);
    msr(fake, GUEST, 0, IGRPEN1, 0);
    assert_int_equal(mrs(fake, HYP, 0, ICH_MISR), 0x90);
    msr(fake, HYP, 0, ICH_HCR, 0xf0);
    assert_false(maintenance(fake));
    fake_free(fake);
}

static void test_traps_to_el2(void **unused)
{
    struct el4_instance *fake = virtual_gic();
    struct context plain = GUEST;
    plain.hcr = 0;
    assert_int_equal(outcome(fake, plain, SGI1R, true), 0);
    assert_int_equal(outcome(fake, GUEST, SGI1R, true), 2);
    assert_int_equal(outcome(fake, GUEST, ASGI1R, true), 2);
    assert_int_equal(outcome(fake, GUEST, SGI0R, true), 2);
    static const struct {
        uint32_t bit;
        uint32_t encoding;
        bool write;
        int expected;
    } rows[] = {
        {1 << 10, PMR, false, 2},  {1 << 10, CTLR, true, 2},  {1 << 10, RPR, false, 2},
        {1 << 10, DIR, true, 2},   {1 << 10, IAR1, false, 0}, {1 << 10, IGRPEN0, false, 0},
        {1 << 11, IAR0, false, 2}, {1 << 11, AP0R0, true, 2}, {1 << 11, BPR1, false, 0},
        {1 << 12, IAR1, false, 2}, {1 << 12, AP1R0, true, 2}, {1 << 12, BPR0, false, 0},
        {1 << 14, DIR, true, 2},   {1 << 14, PMR, true, 0},   {1 << 12, IGRPEN1, true, 2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        msr(fake, HYP, 0, ICH_HCR, 1 | rows[i].bit);
        assert_int_equal(outcome(fake, GUEST, rows[i].encoding, rows[i].write),
                         rows[i].expected);
        assert_int_equal(outcome(fake, plain, rows[i].encoding, rows[i].write),
                         rows[i].expected);
        assert_int_equal(outcome(fake, HYP, rows[i].encoding, rows[i].write), 0);
    }
    fake_free(fake);
}

static void test_reset(void **unused)
{
    struct el4_instance *fake = virtual_gic();
    msr(fake, HYP, 0, ICH_LR(0), LR_PENDING | LR_GROUP1 | 40);
    assert_true(virq(fake, 0));
    fake_device_ops()->cpu_reset(fake->state, 0);
    assert_false(virq(fake, 0));
    assert_int_equal(mrs(fake, HYP, 0, ICH_HCR), 0);
    assert_int_equal(mrs(fake, HYP, 0, ICH_VMCR), 2 << 21 | 3 << 18 | 8);
    assert_int_equal(mrs(fake, HYP, 0, IGRPEN1), 0);
    fake_device_ops()->cpu_reset(fake->state, 99);
    fake_free(fake);
}

/* ---- accesses without sense; the seed is fixed ---- */

static uint64_t next_random(uint64_t *random)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return *random >> 20;
}

static void noise_mmio(struct el4_instance *fake, uint64_t pick, uint64_t value)
{
    unsigned region = pick % 2, size = 1u << (pick >> 1) % 4;
    uint64_t span = region == DIST ? 0x10000 : fake->regions[REDIST].mmio.bytes;
    uint64_t offset = (pick >> 8) % ((pick >> 3) % 2 ? span : 0x1000);
    if (region == REDIST && (pick >> 4) % 2) {
        offset = offset % 0x1000 + SGI_FRAME + offset % 3 * GICR_EACH;
    }
    offset &= ~(uint64_t)(size - 1);
    fake->access.secure = pick >> 5 & 1;
    if (pick >> 6 & 1) {
        fake_write(fake, region, offset, size, size == 8 ? value : value & 0xffffffffu);
    } else {
        fake_read(fake, region, offset, size);
    }
}

static void noise_sysreg(struct el4_instance *fake, uint64_t pick, uint64_t value)
{
    static const struct context *const contexts[] = {&EL1, &NS_EL1, &NS_EL2, &S_EL1,
                                                     &EL3, &HYP,    &GUEST};
    uint32_t encoding;
    uint64_t claim = (pick >> 8) % fake->sysreg_count;
    uint32_t first = fake->sysregs[claim].first, last = fake->sysregs[claim].last;
    encoding = first + (uint32_t)((pick >> 20) % (last - first + 1));
    struct el4_sysreg_access access =
        access_of(*contexts[pick % 7], (unsigned)(pick >> 4) % 4, encoding);
    access.value = value;
    fake_sysreg(fake, &access, pick >> 3 & 1);
}

static void test_noise(void **unused)
{
    uint64_t random = 0x9e3779b97f4a7c15;
    for (unsigned round = 0; round < 8; round++) {
        struct el4_instance *fake = round % 2 ? secure_gic(3) : plain_gic(3);
        for (unsigned i = 0; i < 60000; i++) {
            uint64_t pick = next_random(&random);
            uint64_t value = next_random(&random) << 30 ^ next_random(&random);
            if (i % 3 == 0) {
                noise_mmio(fake, pick, value);
            } else {
                noise_sysreg(fake, pick, value);
            }
            if (i % 16 == 0) {
                fake_wire(fake, (unsigned)(value & 0x3ffff), value >> 30 & 1);
            }
        }
        fake_free(fake);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hypervisor_registers),
        cmocka_unit_test(test_guest_view),
        cmocka_unit_test(test_virtual_interrupts),
        cmocka_unit_test(test_hardware_interrupt),
        cmocka_unit_test(test_lpi_in_list_register),
        cmocka_unit_test(test_maintenance),
        cmocka_unit_test(test_traps_to_el2),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
