/* SPDX-License-Identifier: MIT */
/*
 * CP14 and CP15 of AArch32: the table itself, ID registers against the reference, banking by
 * world, what is more than storage, what AArch64 sees of it all, and the operations that need
 * memory. Rights and traps are in test-cpu-cp-access.c.
 */
#include "bus/bus.h"
#include "cp-cases.h"
#include "cpu/mmu.h"

/* ---- the table ---- */

static void test_table(void **state)
{
    assert_true(el4_cp_table_count > 400);
    for (unsigned i = 0; i < el4_cp_table_count; i++) {
        const struct el4_cp_reg *reg = &el4_cp_table[i];
        bool wide = reg->key & EL4_CP_WIDE;
        assert_true(i == 0 || reg[-1].key < reg->key);
        assert_int_equal(reg->key & 1, 0);
        assert_int_equal(el4_cp_resolve(reg->key & 0xffff, wide), i << 1 | 1);
        assert_true(reg->field < sizeof(struct el4_sysregs));
        assert_true(!reg->view || el4_sysreg_lookup(reg->view));
        assert_false(reg->view && reg->field);
        assert_true(wide || reg->mask <= UINT32_MAX);
        if (reg->secure_field) {
            assert_true(reg->field && reg->secure_field < sizeof(struct el4_sysregs));
        }
    }
    assert_int_equal(el4_cp_resolve(NOBODYS, false), NOBODYS);
    char name[48];
    el4_cp_name(EL4_CP_ENCODING | CP15(1, 2, 3, 4), name, sizeof(name));
    assert_string_equal(name, "p15, 1, c2, c3, 4");
    el4_cp_name(EL4_CP_ENCODING | EL4_CP_WIDE | EL4_CP_KEY64(14, 2u, 9u), name, sizeof(name));
    assert_string_equal(name, "p14, 2, c9");
}

static const uint32_t all_modes[] = {EL4_A32_USR, EL4_A32_FIQ, EL4_A32_IRQ,
                                     EL4_A32_SVC, EL4_A32_MON, EL4_A32_ABT,
                                     EL4_A32_HYP, EL4_A32_UND, EL4_A32_SYS};

/* Reading and writing everything from everywhere crashes nothing and raises to a sane EL. */
static void test_everything_everywhere(void **state)
{
    static const char *const models[] = {A7, A9, A15};
    for (unsigned options = 0; options < 12; options++) {
        struct machine machine;
        struct el4_cpu *cpu =
            machine_cpu(&machine, (struct machine_options){.model = models[options / 4],
                                                           .no_el2 = options & 1,
                                                           .no_el3 = options & 2});
        for (unsigned i = 0; i < 2 * el4_cp_table_count * COUNT(all_modes); i++) {
            const struct el4_cp_reg *reg = &el4_cp_table[i / 2 / COUNT(all_modes)];
            uint32_t mode = all_modes[i / 2 % COUNT(all_modes)];
            bool wide = reg->key & EL4_CP_WIDE;
            unsigned el;
            uint64_t value = 0;
            if (!wide && EL4_CP_CRN(reg->key) == 7) {
                continue; /* operations by address need memory */
            }
            be_in(cpu, EL4_A32_SYS, false);
            be_in(cpu, EL4_A32_SYS, i & 1);
            if (!el4_a32_mode_el(cpu, mode, &el)) {
                continue;
            }
            be_in(cpu, mode, i & 1);
            if (!try_call(cpu, call_read, wide, INFO, reg->key & 0xffff, &value)) {
                assert_in_range(cpu->exception.target_el, el ? el : 1, 3);
            }
            if (!try_call(cpu, call_write, value, wide, reg->key & 0xffff, &value)) {
                assert_in_range(cpu->exception.target_el, el ? el : 1, 3);
            }
        }
        el4_cpu_free(cpu);
    }
}

/* ---- identification ---- */

struct id_row {
    uint32_t key;
    uint32_t a7, a9, a15;
};

/* Section 4 of the reference. */
static const struct id_row id_rows[] = {
    {MIDR, 0x410fc075, 0x410fc090, 0x414fc0f0},
    {CP15(0, 0, 0, 1), 0x84448003, 0x80038003, 0x8444c004}, /* CTR */
    {CP15(0, 0, 0, 2), 0, 0, 0},
    {CP15(0, 0, 0, 4), 0x410fc075, 0x410fc090, 0x414fc0f0}, /* MIDR again */
    {MPIDR, 0x80000000, 0x80000000, 0x80000000},
    {CP15(0, 0, 1, 0), 0x00001131, 0x00001031, 0x00001131}, /* ID_PFR0 */
    {CP15(0, 0, 1, 1), 0x00011011, 0x00000011, 0x00011011},
    {CP15(0, 0, 1, 2), 0x02010555, 0, 0x02010555}, /* ID_DFR0 */
    {CP15(0, 0, 1, 3), 0, 0, 0},
    {CP15(0, 0, 1, 4), 0x10101105, 0x00100103, 0x10201105}, /* ID_MMFR0 */
    {CP15(0, 0, 1, 5), 0x40000000, 0x20000000, 0x20000000},
    {CP15(0, 0, 1, 6), 0x01240000, 0x01230000, 0x01240000},
    {CP15(0, 0, 1, 7), 0x02102211, 0x00002111, 0x02102211},
    {CP15(0, 0, 2, 0), 0x02101110, 0x00101111, 0x02101110}, /* ID_ISAR0 */
    {CP15(0, 0, 2, 1), 0x13112111, 0x13112111, 0x13112111},
    {CP15(0, 0, 2, 2), 0x21232041, 0x21232041, 0x21232041},
    {CP15(0, 0, 2, 3), 0x11112131, 0x11112131, 0x11112131},
    {CP15(0, 0, 2, 4), 0x10011142, 0x00111142, 0x10011142},
    {CP15(0, 0, 2, 5), 0, 0, 0},
    {CP15(0, 0, 5, 0), 0, 0, 0},                            /* reserved */
    {CP15(1, 0, 0, 1), 0x0a200023, 0x09000003, 0x0a200023}, /* CLIDR */
    {SCTLR, 0x00c50078, 0x00c50078, 0x00c50078},
    {DBGDIDR, 0x3515f005, 0x35141000, 0x3515f021},
    {PRRR, 0x00098aa4, 0x00098aa4, 0x00098aa4},
    {NMRR, 0x44e048e0, 0x44e048e0, 0x44e048e0},
};

static void test_identification(void **state)
{
    static const char *const models[] = {A7, A9, A15};
    for (unsigned m = 0; m < COUNT(models); m++) {
        struct machine machine;
        struct el4_cpu *cpu = new_cpu(&machine, models[m]);
        for (unsigned i = 0; i < COUNT(id_rows); i++) {
            const uint32_t expected[] = {id_rows[i].a7, id_rows[i].a9, id_rows[i].a15};
            if (get(cpu, id_rows[i].key) != expected[m]) {
                fail_msg("%s, row %u: %x", models[m], i, get(cpu, id_rows[i].key));
            }
        }
        assert_int_equal(get(cpu, PMCR) & 0xffff0000, cpu->ids.pmcr & 0xffff0000);
        el4_cpu_free(cpu);
    }
}

/* Each world has its own CSSELR, and the caches are what it selects. */
static void test_caches(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    static const uint32_t sizes[] = {0x701fe00a, 0x201fe00a, 0x711fe07a, 0};
    for (unsigned i = 0; i < COUNT(sizes); i++) {
        set(cpu, CSSELR, i);
        assert_int_equal(get(cpu, CCSIDR), sizes[i]);
    }
    be_in(cpu, EL4_A32_SVC, false);
    assert_int_equal(get(cpu, CSSELR), 0);
    assert_int_equal(get(cpu, CCSIDR), sizes[0]);
    el4_cpu_free(cpu);
}

/* MIDR and MPIDR of a guest are the hypervisor's choice. */
static void test_virtual_identification(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    be_in(cpu, EL4_A32_HYP, false);
    assert_int_equal(get(cpu, CP15(4, 0, 0, 0)), 0x414fc0f0); /* VPIDR */
    set(cpu, CP15(4, 0, 0, 0), 0x12345678);
    set(cpu, CP15(4, 0, 0, 5), 0x80000301);
    assert_int_equal(get(cpu, MIDR), 0x414fc0f0);
    be_in(cpu, EL4_A32_SVC, false);
    assert_int_equal(get(cpu, MIDR), 0x12345678);
    assert_int_equal(get(cpu, MPIDR), 0x80000301);
    el4_cpu_free(cpu);
}

/* ---- banking ---- */

static const uint32_t banked_keys[] = {
    TTBR0,
    CP15(0, 2, 0, 1),
    DACR,
    DFSR,
    IFSR,
    DFAR,
    IFAR,
    PAR,
    PRRR,
    NMRR,
    CONTEXTIDR,
    TPIDRURW,
    TPIDRURO,
    TPIDRPRW,
    CP15(0, 5, 1, 0),
    CP15(0, 5, 1, 1),
    CP15(0, 10, 3, 0),
    CP15(0, 10, 3, 1),
};

static void test_banking(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    for (unsigned i = 0; i < COUNT(banked_keys); i++) {
        uint32_t key = banked_keys[i];
        be_in(cpu, EL4_A32_SVC, true);
        set(cpu, key, 0x11110000 + i);
        be_in(cpu, EL4_A32_SVC, false);
        assert_int_not_equal(get(cpu, key), 0x11110000 + i);
        set(cpu, key, 0x22220000 + i);
    }
    /* Hyp mode sees the Non-secure ones, Monitor mode the ones that SCR.NS says. */
    static const struct {
        uint32_t mode;
        bool secure;
    } views[] = {{EL4_A32_SVC, true},  {EL4_A32_SVC, false}, {EL4_A32_HYP, false},
                 {EL4_A32_MON, false}, {EL4_A32_MON, true},  {EL4_A32_ABT, true}};
    for (unsigned v = 0; v < COUNT(views); v++) {
        be_in(cpu, views[v].mode, views[v].secure);
        uint32_t expected = views[v].secure ? 0x11110000 : 0x22220000;
        for (unsigned i = 0; i < COUNT(banked_keys); i++) {
            assert_int_equal(get(cpu, banked_keys[i]), expected + i);
        }
    }
    be_in(cpu, EL4_A32_USR, true);
    uint32_t secure_id = get(cpu, TPIDRURW);
    be_in(cpu, EL4_A32_USR, false);
    assert_int_not_equal(get(cpu, TPIDRURW), secure_id);
    el4_cpu_free(cpu);
}

/* Where exception entry and translation look for them. */
static void test_where_registers_are(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    struct el4_sysregs *regs = &cpu->regs;
    for (unsigned secure = 0; secure < 2; secure++) {
        unsigned bank = secure ? 3 : 1;
        be_in(cpu, EL4_A32_SVC, secure);
        set(cpu, VBAR, 0xabcdefff);
        assert_int_equal(regs->vbar[bank], 0xabcdefe0);
        set(cpu, DFAR, 0x11112222);
        set(cpu, IFAR, 0x33334444);
        assert_int_equal(regs->far[bank], UINT64_C(0x3333444411112222));
        set(cpu, PRRR, 0x55556666);
        set(cpu, NMRR, 0x77778888);
        assert_int_equal(regs->mair[bank], UINT64_C(0x7777888855556666));
        set(cpu, SCTLR, 0xffffffff & ~1u);
        assert_true(regs->sctlr[bank] & EL4_SCTLR_A32_TRE);
        set(cpu, DACR, 0x55555555 + secure);
        set(cpu, IFSR, 7 + secure);
        set(cpu, TPIDRPRW, 0x9000 + secure);
        assert_int_equal(regs->tpidr[bank], 0x9000 + secure);
    }
    assert_int_equal(regs->dacr32_el2, 0x55555555);
    assert_int_equal(regs->a32.dacr_s, 0x55555556);
    assert_int_equal(regs->ifsr32_el2, 7);
    assert_int_equal(regs->a32.ifsr_s, 8);
    set(cpu, MVBAR, 0x12345677);
    assert_int_equal(regs->a32.mvbar, 0x12345660);
    el4_cpu_free(cpu);
}

/* ---- controls ---- */

static void test_controls(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    set(cpu, SCTLR, 0);
    assert_int_equal(get(cpu, SCTLR), 0x00c50058); /* what is RAO */
    set(cpu, SCTLR, 0xffffffff & ~1u);
    assert_int_equal(get(cpu, SCTLR), 0x72dd7c7e);
    set(cpu, SCR, 0xffffffff & ~1u);
    assert_int_equal(get(cpu, SCR), 0x3be);
    set(cpu, SCR, 0);
    set(cpu, NSACR, 0xffffffff);
    assert_int_equal(get(cpu, NSACR), 0x7cc00); /* no RFR, no trace */
    set(cpu, NSACR, 0);
    set(cpu, TTBCR, 0x7fffffff);
    assert_int_equal(get(cpu, TTBCR), 0x37);
    set(cpu, TTBCR, 0xffffffff);
    assert_int_equal(get(cpu, TTBCR), 0xbfc73f87);
    set(cpu, TTBCR, 0);
    set(cpu, ACTLR, 0x40);
    be_in(cpu, EL4_A32_SVC, false);
    assert_int_equal(get(cpu, ACTLR), 0x40);
    set(cpu, ACTLR, 0); /* NSACR.NS_SMP is clear */
    assert_int_equal(get(cpu, ACTLR), 0x40);
    be_in(cpu, EL4_A32_MON, true);
    set(cpu, NSACR, 1u << 18);
    be_in(cpu, EL4_A32_SVC, false);
    set(cpu, ACTLR, 0xff);
    set(cpu, ACTLR, 0);
    assert_int_equal(get(cpu, ACTLR), 0);
    el4_cpu_free(cpu);
    cpu = new_cpu(&machine, A53);
    be_in_below_a64(cpu, EL4_A32_SVC, true, true);
    set(cpu, SCTLR, 0x1a0); /* CP15BEN, ITD, SED */
    assert_int_equal(get(cpu, SCTLR) & 0x1a0, 0x1a0);
    set(cpu, SCTLR, 0);
    assert_int_equal(get(cpu, SCTLR) & 0x1a0, 0);
    be_in_below_a64(cpu, EL4_A32_HYP, true, true);
    set(cpu, HSCTLR, 0x1a0);
    assert_int_equal(get(cpu, HSCTLR) & 0x1a0, 0x1a0);
    el4_cpu_free(cpu);
}

/* NSACR rules CPACR and HCPTR of the Non-secure world. */
static void test_floating_point_access(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    set(cpu, CPACR, 0xffffffff);
    assert_int_equal(get(cpu, CPACR), 0xc0f00000);
    set(cpu, CPACR, 0x00f00000);
    cpu->regs.fpexc32_el2 = EL4_FPEXC_EN;
    el4_cpu_update_mode(cpu);
    assert_int_equal(cpu->mode.fp_trap_el, 0);
    be_in(cpu, EL4_A32_SVC, false);
    assert_int_equal(get(cpu, CPACR), 0);
    set(cpu, CPACR, 0);
    be_in(cpu, EL4_A32_HYP, false);
    assert_int_equal(get(cpu, HCPTR), 0x3fff);
    set(cpu, HCPTR, 0);
    be_in(cpu, EL4_A32_SVC, true);
    assert_int_equal(get(cpu, CPACR), 0x00f00000);
    set(cpu, NSACR, 0x8c00); /* NSASEDIS */
    be_in(cpu, EL4_A32_SVC, false);
    assert_int_equal(get(cpu, CPACR), 0x80f00000);
    be_in(cpu, EL4_A32_HYP, false);
    assert_int_equal(get(cpu, HCPTR), 0xb3ff);
    el4_cpu_free(cpu);
}

/* A Secure PL1 mode is in the Non-secure world as soon as it says so. */
static void test_scr_ns(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    assert_int_equal(el4_cpu_el(cpu), 3);
    set(cpu, SCR, EL4_SCR_NS);
    assert_int_equal(el4_cpu_el(cpu), 1);
    assert_int_equal(cpu->mode.secure, 0);
    assert_false(writes(cpu, SCR, 0));
    be_in(cpu, EL4_A32_MON, false);
    set(cpu, SCR, 0);
    assert_int_equal(el4_cpu_el(cpu), 3);
    el4_cpu_free(cpu);
}

/* Only a new value costs the fast TLBs. */
static void test_flushes(void **state)
{
    static const uint32_t keys[] = {DACR, TTBR0, CONTEXTIDR, PRRR, NMRR, TTBCR};
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    for (unsigned i = 0; i < COUNT(keys); i++) {
        uint64_t before = cpu->tlb_generation;
        set(cpu, keys[i], 0x15);
        assert_int_not_equal(cpu->tlb_generation, before);
        before = cpu->tlb_generation;
        set(cpu, keys[i], 0x15);
        assert_int_equal(cpu->tlb_generation, before);
    }
    uint64_t before = cpu->tlb_generation;
    set(cpu, TPIDRPRW, 5);
    set(cpu, VBAR, 0x1000);
    assert_int_equal(cpu->tlb_generation, before);
    el4_cpu_free(cpu);
}

/* The 32-bit forms of TTBR and PAR are the lower halves. */
static void test_wide_registers(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    set64(cpu, WIDE(0, 2), UINT64_C(0xff12003480001000));
    assert_int_equal(get64(cpu, WIDE(0, 2)), UINT64_C(0x0012003480001000));
    assert_int_equal(get(cpu, TTBR0), 0x80001000);
    set(cpu, TTBR0, 0x40002000);
    assert_int_equal(get64(cpu, WIDE(0, 2)), UINT64_C(0x0012003440002000));
    assert_int_equal(cpu->regs.ttbr0[3], UINT64_C(0x0012003440002000));
    assert_int_equal(cpu->regs.ttbr0[1], 0);
    set64(cpu, WIDE(0, 7), UINT64_C(0xff000000aaaa0000));
    assert_int_equal(get(cpu, PAR), 0xaaaa0000);
    be_in(cpu, EL4_A32_HYP, false);
    set64(cpu, WIDE(6, 2), UINT64_C(0x00ff000080000000)); /* VTTBR */
    assert_int_equal(cpu->regs.vttbr_el2, UINT64_C(0x00ff000080000000));
    el4_cpu_free(cpu);
}

/* ---- timers and counters ---- */

static void test_timers(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    machine.counter = 1000;
    set64(cpu, WIDE(2, 14), 500); /* CNTP_CVAL */
    set(cpu, CNTP_CTL, 1);
    assert_int_equal(get(cpu, CNTP_CTL), 5);
    assert_true(machine.output[EL4_CPU_OUT_TIMER_SEC]);
    assert_false(machine.output[EL4_CPU_OUT_TIMER_NS_PHYS]);
    be_in(cpu, EL4_A32_HYP, false);
    assert_int_equal(get(cpu, CNTP_CTL), 0);
    set(cpu, CP15(0, 14, 2, 0), 100); /* CNTP_TVAL */
    set(cpu, CNTP_CTL, 1);
    assert_int_equal(cpu->regs.timer_cval[EL4_TIMER_PHYS], 1100);
    assert_false(machine.output[EL4_CPU_OUT_TIMER_NS_PHYS]);
    assert_int_equal(machine.deadline, 1100);
    set64(cpu, WIDE(4, 14), 600); /* CNTVOFF */
    assert_int_equal(get64(cpu, WIDE(0, 14)), 1000);
    assert_int_equal(get64(cpu, WIDE(1, 14)), 400);
    assert_int_equal(get(cpu, CNTFRQ), 62500000);
    el4_cpu_free(cpu);
}

static void test_pmu(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    cpu->regs.pmccntr = UINT64_C(0x1234567800000000);
    set(cpu, PMCCNTR, 0x11);
    assert_int_equal(get(cpu, PMCCNTR), 0x11);
    assert_int_equal(cpu->regs.pmccntr, UINT64_C(0x1234567800000011));
    set(cpu, CP15(0, 9, 12, 5), 2); /* PMSELR */
    set(cpu, CP15(0, 9, 13, 1), 0x11);
    assert_int_equal(cpu->regs.pmevtyper[2], 0x11);
    be_in(cpu, EL4_A32_USR, false);
    assert_false(reads(cpu, PMCCNTR));
    assert_undefined(cpu);
    cpu->regs.pmuserenr_el0 = 1;
    assert_true(reads(cpu, PMCCNTR));
    el4_cpu_free(cpu);
}

/* ---- debug ---- */

static void test_debug(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    assert_int_equal(get(cpu, DBGOSLSR), 0xa);
    set(cpu, DBGOSLAR, 1); /* not the key */
    assert_int_equal(get(cpu, DBGOSLSR), 8);
    set(cpu, DBGOSLAR, 0xc5acce55);
    assert_int_equal(get(cpu, DBGOSLSR), 0xa);
    set(cpu, DBGOSLAR, 0);
    set(cpu, CP14(0, 0, 2, 2), 0x8000); /* DBGDSCRext.MDBGen */
    assert_int_equal(get(cpu, DBGDSCRint) & 0x8000, 0x8000);
    set(cpu, DBGBVR0, 0x1234);
    assert_int_equal(cpu->regs.dbgbvr[0], 0x1234);
    assert_int_equal(get(cpu, DBGBVR0), 0x1234);
    assert_false(reads(cpu, CP14(0, 0, 15, 4))); /* six breakpoints */
    assert_false(reads(cpu, CP14(0, 1, 3, 1)));  /* DBGBXVR3 compares no contexts */
    set(cpu, CP14(0, 1, 5, 1), 0x77);
    assert_int_equal(cpu->regs.dbgbvr[5] >> 32, 0x77);
    assert_int_equal(get(cpu, DBGDRAR), 0);
    set(cpu, CP14(0, 0, 2, 2), 0x1000); /* UDCCdis */
    be_in(cpu, EL4_A32_USR, false);
    assert_false(reads(cpu, DBGDSCRint));
    assert_false(reads(cpu, DBGDRAR));
    assert_false(reads(cpu, DBGDTRint));
    assert_undefined(cpu);
    el4_cpu_free(cpu);
}

static void test_thumbee(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    set(cpu, TEEHBR, 0xffffffff);
    assert_int_equal(get(cpu, TEEHBR), 0xfffffffc);
    set(cpu, TEECR, 1); /* XED */
    be_in(cpu, EL4_A32_USR, false);
    assert_false(reads(cpu, TEEHBR));
    el4_cpu_free(cpu);
    cpu = new_cpu(&machine, "max");
    be_in_below_a64(cpu, EL4_A32_SVC, true, false);
    assert_false(reads(cpu, TEECR));
    assert_int_equal(get(cpu, JIDR), 0);
    el4_cpu_free(cpu);
}

/* ---- AArch64's view ---- */

static void test_aarch64_view(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, "max");
    be_in_below_a64(cpu, EL4_A32_SVC, true, false);
    set(cpu, DACR, 0x12345678);
    set(cpu, IFSR, 0x11);
    set(cpu, DFSR, 0x22);
    set(cpu, DFAR, 0x33330000);
    set(cpu, IFAR, 0x44440000);
    set(cpu, PRRR, 0x55550000);
    set(cpu, NMRR, 0x66660000);
    set(cpu, TPIDRURO, 0x7777);
    set(cpu, TPIDRPRW, 0x8888);
    set64(cpu, WIDE(0, 2), UINT64_C(0x00120000ffff0000));
    set64(cpu, WIDE(2, 14), 0x9999);
    el4_a32_leave_to_a64(cpu);
    cpu->pstate = 2u << EL4_PSTATE_EL_SHIFT;
    cpu->regs.scr_el3 |= EL4_SCR_RW;
    el4_cpu_update_mode(cpu);
    static const struct {
        uint32_t encoding;
        uint64_t value;
    } rows[] = {
        {EL4_SYSREG(3, 4, 3, 0, 0), 0x12345678}, /* DACR32_EL2 */
        {EL4_SYSREG(3, 4, 5, 0, 1), 0x11},       /* IFSR32_EL2 */
        {EL4_SYSREG(3, 0, 5, 2, 0), 0x22},       /* ESR_EL1 */
        {EL4_SYSREG(3, 0, 6, 0, 0), UINT64_C(0x4444000033330000)},
        {EL4_SYSREG(3, 0, 10, 2, 0), UINT64_C(0x6666000055550000)},
        {EL4_SYSREG(3, 3, 13, 0, 3), 0x7777},
        {EL4_SYSREG(3, 0, 13, 0, 4), 0x8888},
        {EL4_SYSREG(3, 0, 2, 0, 0), UINT64_C(0x00120000ffff0000)},
        {EL4_SYSREG(3, 3, 14, 2, 2), 0x9999},
    };
    for (unsigned i = 0; i < COUNT(rows); i++) {
        assert_int_equal(read_register(cpu, rows[i].encoding), rows[i].value);
    }
    el4_cpu_free(cpu);
}

/* Hyp mode of a v8 core: HCR is the lower half of HCR_EL2, without RW. */
static void test_hcr(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, "max");
    be_in_below_a64(cpu, EL4_A32_HYP, true, true);
    set(cpu, HCR, 0xffffffff);
    assert_false(cpu->regs.hcr_el2 & EL4_HCR_RW);
    assert_true(cpu->regs.hcr_el2 & EL4_HCR_TVM);
    set(cpu, CP15(4, 1, 1, 4), 3); /* HCR2 */
    assert_int_equal(cpu->regs.hcr_el2 >> 32, 3);
    set(cpu, HCR, EL4_HCR_VM);
    assert_int_equal(cpu->regs.hcr_el2, EL4_HCR_CD | EL4_HCR_ID | EL4_HCR_VM);
    el4_cpu_free(cpu);
}

/* ---- devices ---- */

static void test_devices(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    assert_int_equal(get(cpu, ICC_IAR1), 1023);
    assert_int_equal(machine.devices_read, 2);
    be_in(cpu, EL4_A32_SVC, false);
    assert_false(reads(cpu, CP15(0, 12, 12, 1)));
    assert_trap(cpu, 2, syndrome(CP15(0, 12, 12, 1), 3, true));
    be_in(cpu, EL4_A32_USR, false);
    assert_false(reads(cpu, ICC_IAR1));
    assert_undefined(cpu);
    el4_cpu_free(cpu);
}

/* ---- operations on memory ---- */

#define RAM        UINT64_C(0x40000000)
#define RAM_BYTES  UINT64_C(0x100000)
#define VA         0x00100000u
#define SECTION    0x00000c02u /* full access, domain 0 */
#define NOT_GLOBAL 0x00020000u
#define WRITE_BACK 0x0000000cu

/* The entry for VA in the first-level table of a world. */
static uint64_t entry_address(bool secure)
{
    return RAM + (secure ? 0x4000 : 0) + 4;
}

static void set_entry(struct el4_cpu *cpu, bool secure, uint32_t descriptor)
{
    const struct el4_bus_attrs attrs = {.secure = true, .privileged = true};
    assert_int_equal(el4_bus_write(cpu->bus, entry_address(secure), 4, descriptor, &attrs),
                     EL4_BUS_OK);
}

/* Each world maps VA to a place of its own. */
static struct el4_cpu *mapped_cpu(struct machine *machine, const char *model)
{
    struct el4_cpu *cpu = new_cpu(machine, model);
    cpu->bus = el4_bus_new();
    assert_true(el4_bus_add_ram(cpu->bus, "ram", RAM, RAM_BYTES, EL4_BUS_BOTH, NULL));
    el4_bus_freeze(cpu->bus);
    for (unsigned secure = 0; secure < 2; secure++) {
        set_entry(cpu, secure, (secure ? 0x80000000 : 0x90000000) | SECTION | WRITE_BACK);
        be_in(cpu, EL4_A32_SVC, secure);
        set(cpu, TTBR0, (uint32_t)entry_address(secure) & ~0x3fffu);
        set(cpu, DACR, 1);
        set(cpu, SCTLR, get(cpu, SCTLR) | 1);
    }
    return cpu;
}

static void free_mapped(struct el4_cpu *cpu)
{
    struct el4_bus *bus = cpu->bus;
    el4_cpu_free(cpu);
    el4_bus_free(bus);
}

static void test_address_translation(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = mapped_cpu(&machine, A15);
    set(cpu, ATS1CPR, VA | 0x45678);
    assert_int_equal(get(cpu, PAR) & 0xfffff000, 0x80045000);
    assert_int_equal(get(cpu, PAR) & 0x201, 0); /* Secure, no fault */
    set(cpu, ATS12NSOPR, VA);
    assert_int_equal(get(cpu, PAR) & 0xfffff000, 0x90000000);
    assert_int_equal(get(cpu, PAR) & 0x201, 0x200);
    assert_true(el4_cpu_is_secure_below_el3(cpu));
    set(cpu, ATS1CPR, 0x00200000);
    assert_int_equal(get(cpu, PAR), 5u << 1 | 1); /* translation fault, section */
    set(cpu, DACR, 0);
    set(cpu, ATS1CPR, VA);
    assert_int_equal(get(cpu, PAR), 9u << 1 | 1); /* domain fault, section */
    be_in(cpu, EL4_A32_SVC, false);
    assert_int_equal(get(cpu, PAR), 0);
    set(cpu, ATS1CPR, VA);
    assert_int_equal(get(cpu, PAR) & 0xfffff201, 0x90000200);
    assert_false(writes(cpu, ATS12NSOPR, VA));
    assert_undefined(cpu);
    /* From Hyp mode the format is the long one. */
    be_in(cpu, EL4_A32_HYP, false);
    set(cpu, ATS1CPR, VA);
    assert_int_equal(get64(cpu, WIDE(0, 7)), UINT64_C(0xee00000090000a00));
    set(cpu, ATS1CPR, 0x00200000);
    assert_int_equal(get64(cpu, WIDE(0, 7)), 5u << 1 | 1 | 1u << 11);
    set(cpu, CP15(4, 7, 8, 0), 0x12345000); /* ATS1HR, its MMU is off */
    assert_int_equal(get64(cpu, WIDE(0, 7)) & UINT64_C(0xfffffff001), 0x12345000);
    free_mapped(cpu);
}

/* An abort on the way out of ATS12NSO* leaves the world as it was. */
static void test_address_translation_abort(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = mapped_cpu(&machine, A15);
    cpu->regs.ttbr0[1] = 0xc0000000; /* nothing is there */
    assert_false(writes(cpu, ATS12NSOPR, VA));
    assert_int_equal(exception_class(cpu->exception.esr), EL4_EC_DATA_ABORT_SAME);
    assert_true(el4_cpu_is_secure_below_el3(cpu));
    free_mapped(cpu);
}

static uint64_t translated(struct el4_cpu *cpu)
{
    struct el4_translation out;
    struct el4_mmu_fault fault;
    bool ok = el4_mmu_translate(cpu, VA, EL4_ACCESS_READ, cpu->mode.mmu_index, &out, &fault);
    return ok ? out.pa : 0;
}

/* What a TLBI of a world drops, and what it leaves. */
static void test_tlb_invalidation(void **state)
{
    static const struct {
        uint32_t key, argument;
        bool global, drops;
    } rows[] = {
        {TLBIALL, 0, true, true},
        {CP15(0, 8, 3, 0), 0, true, true},  /* TLBIALLIS */
        {CP15(0, 8, 5, 0), 0, true, true},  /* ITLBIALL */
        {CP15(0, 8, 6, 1), VA, true, true}, /* DTLBIMVA */
        {TLBIMVA, VA | 5, true, true},
        {TLBIMVA, VA | 7, false, true},
        {TLBIMVA, VA | 5, false, false}, /* another ASID */
        {TLBIMVA, 0x00500000 | 7, false, false},
        {CP15(0, 8, 7, 3), VA, false, true}, /* TLBIMVAA */
        {CP15(0, 8, 7, 2), 7, false, true},  /* TLBIASID */
        {CP15(0, 8, 7, 2), 5, false, false},
        {CP15(0, 8, 7, 2), 7, true, false},
    };
    struct machine machine;
    for (unsigned i = 0; i < COUNT(rows); i++) {
        uint32_t flags = SECTION | (rows[i].global ? 0 : NOT_GLOBAL);
        struct el4_cpu *cpu = mapped_cpu(&machine, A15);
        for (unsigned secure = 0; secure < 2; secure++) {
            set_entry(cpu, secure, 0xa0000000 | flags);
            be_in(cpu, EL4_A32_SVC, secure);
            set(cpu, CONTEXTIDR, 7);
            assert_int_equal(translated(cpu), 0xa0000000);
            set_entry(cpu, secure, 0xb0000000 | flags);
            assert_int_equal(translated(cpu), 0xa0000000);
        }
        set(cpu, rows[i].key, rows[i].argument);
        assert_int_equal(translated(cpu), rows[i].drops ? 0xb0000000 : 0xa0000000);
        be_in(cpu, EL4_A32_SVC, false);
        assert_int_equal(translated(cpu), 0xa0000000); /* the other world's */
        be_in(cpu, EL4_A32_MON, false);
        set(cpu, rows[i].key, rows[i].argument);
        be_in(cpu, EL4_A32_SVC, false);
        assert_int_equal(translated(cpu), rows[i].drops ? 0xb0000000 : 0xa0000000);
        free_mapped(cpu);
    }
}

/* The ASID is in CONTEXTIDR, DACR counts for what the TLB holds. */
static void test_tlb_tags(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = mapped_cpu(&machine, A15);
    set_entry(cpu, true, 0xa0000000 | SECTION | NOT_GLOBAL);
    set(cpu, CONTEXTIDR, 1);
    assert_int_equal(translated(cpu), 0xa0000000);
    set_entry(cpu, true, 0xb0000000 | SECTION | NOT_GLOBAL);
    set(cpu, CONTEXTIDR, 2);
    assert_int_equal(translated(cpu), 0xb0000000);
    set(cpu, CONTEXTIDR, 1);
    assert_int_equal(translated(cpu), 0xa0000000);
    set(cpu, DACR, 0);
    assert_int_equal(translated(cpu), 0);
    set(cpu, DACR, 3);
    assert_int_equal(translated(cpu), 0xa0000000);
    free_mapped(cpu);
}

/* Maintenance by address aborts where nothing is mapped, not where nobody may go. */
static void test_cache_maintenance(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = mapped_cpu(&machine, A9);
    set(cpu, DCCMVAC, VA + 0x1234);
    set(cpu, DCCISW, 0x40000000);
    assert_false(writes(cpu, DCCMVAC, 0x00200000));
    assert_int_equal(exception_class(cpu->exception.esr), EL4_EC_DATA_ABORT_SAME);
    assert_int_equal(cpu->exception.far, 0x00200000);
    assert_int_equal(cpu->exception.esr & 0x140, 0x140); /* CM, WnR */
    set(cpu, DACR, 0);
    set(cpu, DCCMVAC, VA + 0x1234);
    assert_false(writes(cpu, CP15(0, 7, 6, 1), VA + 0x1234)); /* DCIMVAC is like a store */
    assert_int_equal(cpu->exception.esr & 0x3c, EL4_FSC_DOMAIN);
    free_mapped(cpu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_everything_everywhere),
        cmocka_unit_test(test_identification),
        cmocka_unit_test(test_caches),
        cmocka_unit_test(test_virtual_identification),
        cmocka_unit_test(test_banking),
        cmocka_unit_test(test_where_registers_are),
        cmocka_unit_test(test_controls),
        cmocka_unit_test(test_floating_point_access),
        cmocka_unit_test(test_scr_ns),
        cmocka_unit_test(test_flushes),
        cmocka_unit_test(test_wide_registers),
        cmocka_unit_test(test_timers),
        cmocka_unit_test(test_pmu),
        cmocka_unit_test(test_debug),
        cmocka_unit_test(test_thumbee),
        cmocka_unit_test(test_aarch64_view),
        cmocka_unit_test(test_hcr),
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_address_translation),
        cmocka_unit_test(test_address_translation_abort),
        cmocka_unit_test(test_tlb_invalidation),
        cmocka_unit_test(test_tlb_tags),
        cmocka_unit_test(test_cache_maintenance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
