/* SPDX-License-Identifier: MIT */
/*
 * Floating point and Advanced SIMD that AArch32 may not use: which control refuses them, what
 * exception that is, where it lands and with which syndrome (DDI 0487
 * AArch32.CheckAdvSIMDOrFPEnabled; DDI 0406C B1.11).
 */
#include "cp-cases.h"

#define MAX "max"
#define PC  UINT64_C(0x8000)

#define FP       (1u << 24 | 14u << 20) /* CV and COND as translate functions give them */
#define FP_IF_EQ (1u << 24)
#define ADVSIMD  (FP | 1u << 5)

#define CP10_ALL  (UINT64_C(3) << 20)
#define CP10_PRIV (UINT64_C(1) << 20)

enum { NOTHING, UNDEFINED, TRAP };

struct fp_row {
    uint32_t mode;
    bool secure;
    uint64_t cpacr, nsacr, hcptr, hcr, fpexc;
    uint32_t iss;  /* what the instruction is */
    int result;    /* UNDEFINED: Undefined mode; TRAP: Hyp mode */
    uint32_t told; /* ISS in HSR */
};

#define NSACR_ON EL4_NSACR_CP10
#define ON       EL4_FPEXC_EN

static const struct fp_row v7_rows[] = {
    {EL4_A32_SVC, false, CP10_ALL, NSACR_ON, 0, 0, ON, ADVSIMD, NOTHING, 0},
    {EL4_A32_USR, false, CP10_ALL, NSACR_ON, 0, 0, ON, FP, NOTHING, 0},
    /* CPACR */
    {EL4_A32_SVC, false, 0, NSACR_ON, 0, 0, ON, FP, UNDEFINED, 0},
    {EL4_A32_SVC, true, 0, 0, 0, 0, ON, FP, UNDEFINED, 0},
    {EL4_A32_USR, false, CP10_PRIV, NSACR_ON, 0, 0, ON, FP, UNDEFINED, 0},
    {EL4_A32_SVC, false, CP10_ALL | EL4_CPACR_ASEDIS, NSACR_ON, 0, 0, ON, FP, NOTHING, 0},
    {EL4_A32_SVC, false, CP10_ALL | EL4_CPACR_ASEDIS, NSACR_ON, 0, 0, ON, ADVSIMD, UNDEFINED,
     0},
    /* and before HCPTR */
    {EL4_A32_SVC, false, 0, NSACR_ON, EL4_HCPTR_TCP10, 0, ON, FP, UNDEFINED, 0},
    /* NSACR, for the Non-secure world alone */
    {EL4_A32_SVC, false, CP10_ALL, 0, 0, 0, ON, FP, UNDEFINED, 0},
    {EL4_A32_SVC, true, CP10_ALL, 0, 0, 0, ON, FP, NOTHING, 0},
    {EL4_A32_SVC, false, CP10_ALL, NSACR_ON | EL4_NSACR_NSASEDIS, 0, 0, ON, ADVSIMD, UNDEFINED,
     0},
    {EL4_A32_SVC, true, CP10_ALL, EL4_NSACR_NSASEDIS, 0, 0, ON, ADVSIMD, NOTHING, 0},
    {EL4_A32_HYP, false, CP10_ALL, 0, 0, 0, ON, FP, TRAP, FP | 10},
    {EL4_A32_HYP, false, CP10_ALL, NSACR_ON | EL4_NSACR_NSASEDIS, 0, 0, ON, ADVSIMD, TRAP,
     ADVSIMD},
    /* FPEXC */
    {EL4_A32_SVC, false, CP10_ALL, NSACR_ON, EL4_HCPTR_TCP10, 0, 0, FP, UNDEFINED, 0},
    {EL4_A32_HYP, false, 0, NSACR_ON, 0, 0, 0, FP, UNDEFINED, 0},
    /* HCPTR: no trap for the Secure world, and CPACR none for Hyp mode */
    {EL4_A32_SVC, false, CP10_ALL, NSACR_ON, EL4_HCPTR_TCP10, 0, ON, FP, TRAP, FP | 10},
    {EL4_A32_USR, false, CP10_ALL, NSACR_ON, EL4_HCPTR_TCP10, 0, ON, FP_IF_EQ, TRAP,
     FP_IF_EQ | 10},
    {EL4_A32_SVC, false, CP10_ALL, NSACR_ON, EL4_HCPTR_TCP10, 0, ON, ADVSIMD, TRAP, ADVSIMD},
    {EL4_A32_SVC, false, CP10_ALL, NSACR_ON, EL4_HCPTR_TASE, 0, ON, ADVSIMD, TRAP, ADVSIMD},
    {EL4_A32_SVC, false, CP10_ALL, NSACR_ON, EL4_HCPTR_TASE, 0, ON, FP, NOTHING, 0},
    {EL4_A32_SVC, true, CP10_ALL, NSACR_ON, EL4_HCPTR_TCP10, 0, ON, FP, NOTHING, 0},
    {EL4_A32_HYP, false, 0, NSACR_ON, 0, 0, ON, ADVSIMD, NOTHING, 0},
};

static bool is_refused(struct el4_cpu *cpu, uint32_t iss)
{
    struct el4_exception e = {0};
    return el4_a32_fp_is_trapped(cpu, true, iss, &e);
}

/* The mode word must agree with what is refused, or nobody would look. */
static void check_mode_word(struct el4_cpu *cpu, uint32_t iss)
{
    bool is_simd = iss & 1u << 5;
    bool looks = cpu->mode.fp_trap_el || (is_simd && cpu->mode.simd_off);
    assert_true(looks || !is_refused(cpu, iss));
    assert_true(is_refused(cpu, iss) || !cpu->mode.fp_trap_el);
}

static void check_v7_row(const struct fp_row *row)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    cpu->regs.vbar[1] = 0x10000;
    cpu->regs.vbar[2] = 0x20000;
    cpu->regs.vbar[3] = 0x30000;
    cpu->regs.cpacr_el1 = row->cpacr;
    cpu->regs.a32.nsacr = row->nsacr;
    cpu->regs.cptr_el2 = row->hcptr;
    cpu->regs.hcr_el2 = row->hcr;
    cpu->regs.fpexc32_el2 = row->fpexc;
    be_in(cpu, row->mode, row->secure);
    check_mode_word(cpu, row->iss);
    assert_int_equal(is_refused(cpu, row->iss), row->result != NOTHING);
    if (row->result == NOTHING) {
        el4_cpu_free(cpu);
        return;
    }
    raise_and_take(cpu, EL4_RAISE_FP_TRAP, row->iss, PC);
    if (row->mode == EL4_A32_HYP || row->result == TRAP) {
        enum el4_ec ec = row->result == TRAP ? EL4_EC_FP_ACCESS : EL4_EC_UNKNOWN;
        assert_int_equal(cpu->a32.mode, EL4_A32_HYP);
        assert_int_equal(el4_cpu_pc(cpu), row->mode == EL4_A32_HYP ? 0x20004 : 0x20014);
        assert_int_equal(cpu->regs.elr[2], PC);
        assert_int_equal(cpu->regs.esr[2], EL4_ESR(ec, row->told));
    } else {
        assert_int_equal(cpu->a32.mode, EL4_A32_UND);
        assert_int_equal(el4_cpu_pc(cpu), row->secure ? 0x30004 : 0x10004);
        assert_int_equal(cpu->slot[EL4_SLOT_X0 + 14], PC + 4);
        assert_int_equal(cpu->regs.spsr_und & EL4_CPSR_M, row->mode);
    }
    el4_cpu_free(cpu);
}

static void test_v7(void **state)
{
    for (size_t i = 0; i < COUNT(v7_rows); i++) {
        check_v7_row(&v7_rows[i]);
    }
}

/* VMRS and VMSR of FPEXC and the ID registers: FPEXC.EN does not count, all else does. */
static void test_without_fpexc(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    struct el4_exception e = {0};
    cpu->regs.a32.nsacr = NSACR_ON;
    cpu->regs.cpacr_el1 = CP10_ALL;
    be_in(cpu, EL4_A32_SVC, false);
    assert_true(el4_a32_fp_is_trapped(cpu, true, FP, &e));
    assert_false(el4_a32_fp_is_trapped(cpu, false, FP, &e));
    cpu->regs.cptr_el2 = EL4_HCPTR_TCP10;
    assert_true(el4_a32_fp_is_trapped(cpu, false, FP, &e));
    assert_int_equal(e.target_el, 2);
    cpu->regs.cpacr_el1 = 0;
    assert_true(el4_a32_fp_is_trapped(cpu, false, FP, &e));
    assert_int_equal(e.target_el, 1);
    el4_cpu_free(cpu);
}

/* Levels above that use AArch64: their syndrome has no coprocessor. */
static void test_below_a64(void **state)
{
    static const struct {
        bool el1_a32;
        uint32_t mode;
        uint64_t cpacr, cptr2, cptr3, fpexc;
        unsigned target; /* 0: UNDEFINED for EL1, in AArch32 */
    } rows[] = {
        /* User mode below an AArch64 EL1: CPACR_EL1.FPEN, no FPEXC */
        {false, EL4_A32_USR, 0, 0, 0, 0, 1},
        {false, EL4_A32_USR, CP10_PRIV, 0, 0, 0, 1},
        {false, EL4_A32_USR, CP10_ALL, EL4_CPTR_TFP, 0, 0, 2},
        {false, EL4_A32_USR, CP10_ALL, 0, EL4_CPTR_TFP, 0, 3},
        /* EL1 uses AArch32: CPACR and FPEXC come first */
        {true, EL4_A32_SVC, 0, EL4_CPTR_TFP, 0, ON, 0},
        {true, EL4_A32_USR, CP10_PRIV, 0, 0, ON, 0},
        {true, EL4_A32_SVC, CP10_ALL, EL4_CPTR_TFP, 0, 0, 0},
        {true, EL4_A32_SVC, CP10_ALL, EL4_CPTR_TFP, EL4_CPTR_TFP, ON, 2},
        {true, EL4_A32_USR, CP10_ALL, 0, EL4_CPTR_TFP, ON, 3},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct machine machine;
        struct el4_cpu *cpu = new_cpu(&machine, MAX);
        unsigned target = rows[i].target;
        cpu->regs.cpacr_el1 = rows[i].cpacr;
        cpu->regs.cptr_el2 = rows[i].cptr2;
        cpu->regs.cptr_el3 = rows[i].cptr3;
        cpu->regs.fpexc32_el2 = rows[i].fpexc;
        be_in_below_a64(cpu, rows[i].mode, rows[i].el1_a32, false);
        check_mode_word(cpu, ADVSIMD);
        assert_true(is_refused(cpu, ADVSIMD));
        raise_and_take(cpu, EL4_RAISE_FP_TRAP, ADVSIMD, PC);
        if (target) {
            assert_int_equal(el4_cpu_el(cpu), target);
            assert_int_equal(cpu->regs.esr[target], EL4_ESR(EL4_EC_FP_ACCESS, FP));
            assert_int_equal(cpu->regs.elr[target], PC);
        } else {
            assert_int_equal(cpu->a32.mode, EL4_A32_UND);
        }
        el4_cpu_free(cpu);
    }
    /* With HCR_EL2.TGE what EL1 would be told is UNDEFINED for EL2. */
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, MAX);
    be_in_below_a64(cpu, EL4_A32_USR, false, false);
    cpu->regs.hcr_el2 |= EL4_HCR_TGE;
    cpu->regs.cpacr_el1 = 0;
    el4_cpu_update_mode(cpu);
    raise_and_take(cpu, EL4_RAISE_FP_TRAP, FP, PC);
    assert_int_equal(el4_cpu_el(cpu), 2);
    assert_int_equal(cpu->regs.esr[2], EL4_ESR(EL4_EC_UNKNOWN, 0));
    el4_cpu_free(cpu);
}

static void test_few_registers(void **state)
{
    static const struct {
        const char *model;
        uint32_t mode;
        bool secure;
        uint64_t cpacr, nsacr;
        bool off;
    } rows[] = {
        {A15, EL4_A32_SVC, false, 0, 0, false},
        {A15, EL4_A32_SVC, false, EL4_CPACR_D32DIS, 0, true},
        {A15, EL4_A32_USR, true, EL4_CPACR_D32DIS, 0, true},
        {A15, EL4_A32_SVC, false, 0, EL4_NSACR_NSD32DIS, true},
        {A15, EL4_A32_SVC, true, 0, EL4_NSACR_NSD32DIS, false},
        {A15, EL4_A32_HYP, false, EL4_CPACR_D32DIS, EL4_NSACR_NSD32DIS, false},
        {A9, EL4_A32_SVC, true, EL4_CPACR_D32DIS, 0, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct machine machine;
        struct el4_cpu *cpu = new_cpu(&machine, rows[i].model);
        cpu->regs.cpacr_el1 = rows[i].cpacr;
        cpu->regs.a32.nsacr = rows[i].nsacr;
        be_in(cpu, rows[i].mode, rows[i].secure);
        assert_int_equal(cpu->mode.d32_off, rows[i].off);
        el4_cpu_free(cpu);
    }
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A53);
    cpu->regs.cpacr_el1 = EL4_CPACR_D32DIS; /* v8 has no such bit */
    be_in_below_a64(cpu, EL4_A32_SVC, true, false);
    assert_false(cpu->mode.d32_off);
    el4_cpu_free(cpu);
}

static void test_vectors(void **state)
{
    static const char *const models[] = {A7, A9, A15, A53, MAX};
    for (size_t i = 0; i < COUNT(models); i++) {
        struct machine machine;
        struct el4_cpu *cpu = new_cpu(&machine, models[i]);
        assert_int_equal(cpu->features.vfp_short_vectors, i < 3);
        if (i < 3) {
            cpu->regs.fp.fpcr = 3u << 20; /* Stride alone says nothing */
            be_in(cpu, EL4_A32_SVC, false);
            assert_false(cpu->mode.fp_vectors);
            cpu->regs.fp.fpcr = 7u << 16;
            be_in(cpu, EL4_A32_SVC, false);
            assert_true(cpu->mode.fp_vectors);
        }
        el4_cpu_free(cpu);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_v7),        cmocka_unit_test(test_without_fpexc),
        cmocka_unit_test(test_below_a64), cmocka_unit_test(test_few_registers),
        cmocka_unit_test(test_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
