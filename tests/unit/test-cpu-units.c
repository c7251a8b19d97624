/* SPDX-License-Identifier: MIT */
/*
 * The parts beside the core: generic timers, performance monitors, breakpoints, watchpoints
 * and software step, pointer authentication (the vectors of IACR eprint 2016/444).
 */
#include "test-cpu-fixture.h"

#include "cpu/debug.h"
#include "cpu/pauth.h"
#include "cpu/pmu.h"
#include "cpu/timer.h"

#define CNTP_TVAL    EL4_SYSREG(3, 3, 14, 2, 0)
#define CNTP_CTL     EL4_SYSREG(3, 3, 14, 2, 1)
#define CNTP_CVAL    EL4_SYSREG(3, 3, 14, 2, 2)
#define CNTV_CTL     EL4_SYSREG(3, 3, 14, 3, 1)
#define CNTV_CVAL    EL4_SYSREG(3, 3, 14, 3, 2)
#define CNTVCT       EL4_SYSREG(3, 3, 14, 0, 2)
#define CNTVOFF      EL4_SYSREG(3, 4, 14, 0, 3)
#define PMCR         EL4_SYSREG(3, 3, 9, 12, 0)
#define PMCNTENSET   EL4_SYSREG(3, 3, 9, 12, 1)
#define PMOVSCLR     EL4_SYSREG(3, 3, 9, 12, 3)
#define PMSWINC      EL4_SYSREG(3, 3, 9, 12, 4)
#define PMCCNTR      EL4_SYSREG(3, 3, 9, 13, 0)
#define PMINTENSET   EL4_SYSREG(3, 0, 9, 14, 1)
#define PMCCFILTR    EL4_SYSREG(3, 3, 14, 15, 7)
#define PMEVCNTR(n)  EL4_SYSREG(3, 3, 14, 8, n)
#define PMEVTYPER(n) EL4_SYSREG(3, 3, 14, 12, n)
#define MDSCR        EL4_SYSREG(2, 0, 0, 2, 2)
#define OSLAR        EL4_SYSREG(2, 0, 1, 0, 4)

static void test_timer(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.no_el3 = true});
    machine.counter = 1000;
    write_register(cpu, CNTP_CVAL, 1500);
    assert_true(machine.deadline == UINT64_MAX);
    write_register(cpu, CNTP_CTL, 1);
    assert_int_equal(machine.deadline, 1500);
    assert_int_equal(read_register(cpu, CNTP_TVAL), 500);
    assert_int_equal(read_register(cpu, CNTP_CTL), 1);
    machine.counter = 1500;
    el4_cpu_notice(cpu, EL4_ATTENTION_TIMER);
    assert_true(el4_cpu_service_attention(cpu));
    assert_true(machine.output[EL4_CPU_OUT_TIMER_NS_PHYS]);
    assert_int_equal(read_register(cpu, CNTP_CTL), 5);
    write_register(cpu, CNTP_CTL, 3); /* masked */
    assert_false(machine.output[EL4_CPU_OUT_TIMER_NS_PHYS]);
    assert_int_equal(read_register(cpu, CNTP_CTL), 7);
    write_register(cpu, CNTP_CTL, 1);
    write_register(cpu, CNTP_TVAL, 0xffffffff); /* -1: in the past */
    assert_true(machine.output[EL4_CPU_OUT_TIMER_NS_PHYS]);
    write_register(cpu, CNTP_TVAL, 10);
    assert_false(machine.output[EL4_CPU_OUT_TIMER_NS_PHYS]);
    assert_int_equal(machine.deadline, 1510);

    write_register(cpu, CNTVOFF, 1400);
    assert_int_equal(read_register(cpu, CNTVCT), 100);
    write_register(cpu, CNTV_CVAL, 105);
    write_register(cpu, CNTV_CTL, 1);
    assert_int_equal(machine.deadline, 1505);
    machine.counter = 1505;
    el4_timer_update(cpu);
    assert_true(machine.output[EL4_CPU_OUT_TIMER_VIRT]);
    assert_int_equal(machine.deadline, 1510);
    el4_cpu_reset(cpu);
    assert_false(machine.output[EL4_CPU_OUT_TIMER_VIRT]);
    assert_true(machine.deadline == UINT64_MAX);
    el4_cpu_free(cpu);
}

static void test_pmu(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.no_el3 = true});
    machine_set_el(cpu, 1);
    write_register(cpu, PMCNTENSET, 0x80000007);
    write_register(cpu, PMEVTYPER(0), 8); /* INST_RETIRED */
    write_register(cpu, PMEVTYPER(1), 0x1e);
    write_register(cpu, PMEVTYPER(2), 0); /* SW_INCR */
    write_register(cpu, PMCR, 1 | 1 << 6);
    cpu->icount += 100;
    assert_int_equal(read_register(cpu, PMCCNTR), 100);
    assert_int_equal(read_register(cpu, PMEVCNTR(0)), 100);
    write_register(cpu, PMSWINC, 6);
    assert_int_equal(read_register(cpu, PMEVCNTR(2)), 1);
    write_register(cpu, PMCCFILTR, UINT64_C(1) << 31); /* not at EL1 */
    cpu->icount += 50;
    assert_int_equal(read_register(cpu, PMCCNTR), 100);
    assert_int_equal(read_register(cpu, PMEVCNTR(0)), 150);
    /* overflow: chained counter, status, interrupt */
    write_register(cpu, PMINTENSET, 1);
    write_register(cpu, PMEVCNTR(0), 0xfffffff0);
    cpu->icount += 0x20;
    assert_int_equal(read_register(cpu, PMEVCNTR(0)), 0x10);
    assert_int_equal(read_register(cpu, PMEVCNTR(1)), 1);
    assert_int_equal(read_register(cpu, PMOVSCLR), 1);
    el4_pmu_update(cpu);
    assert_true(machine.output[EL4_CPU_OUT_PMU]);
    write_register(cpu, PMOVSCLR, 1);
    assert_false(machine.output[EL4_CPU_OUT_PMU]);
    /* MDCR_EL2.HPMN keeps counters from EL1 */
    cpu->regs.mdcr_el2 = 2;
    assert_int_equal(read_register(cpu, PMCR) >> 11 & 31, 2);
    assert_int_equal(read_register(cpu, PMCNTENSET), 0x80000003);
    assert_int_equal(read_register(cpu, PMEVCNTR(2)), 0);
    el4_cpu_free(cpu);
}

static struct el4_cpu *debug_cpu(struct machine *machine)
{
    struct el4_cpu *cpu = machine_cpu(machine, (struct machine_options){.no_el3 = true});
    machine_set_el(cpu, 1);
    write_register(cpu, OSLAR, 0);
    return cpu;
}

static void test_software_step(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = debug_cpu(&machine);
    uint64_t pc;
    write_register(cpu, MDSCR, EL4_MDSCR_SS);
    assert_int_equal(cpu->mode.step_active, 0); /* EL1 without KDE */
    cpu->regs.spsr[1] = EL4_PSTATE_SS;
    assert_true(try_call(cpu, el4_eret_call, 0x4000, 0, 0, &pc));
    assert_int_equal(cpu->mode.step_active, 1);
    assert_true(cpu->pstate & EL4_PSTATE_SS);
    assert_false(el4_debug_before(cpu)); /* active, not pending: one instruction */
    el4_debug_after(cpu);
    cpu->slot[EL4_SLOT_PC] = 0x4004;
    assert_true(el4_debug_before(cpu));
    assert_int_equal(exception_class(cpu->regs.esr[1]), EL4_EC_STEP_LOWER);
    assert_int_equal(cpu->regs.elr[1], 0x4004);
    assert_false(cpu->regs.spsr[1] & EL4_PSTATE_SS);
    assert_int_equal(cpu->mode.step_active, 0);
    /* An SVC is a completed step, a fault is not. */
    cpu->regs.spsr[1] = EL4_PSTATE_SS;
    assert_true(try_call(cpu, el4_eret_call, 0x4004, 0, 0, &pc));
    raise_and_take(cpu, EL4_RAISE_SVC, EL4_ESR(EL4_EC_SVC64, 0), 0x4004);
    assert_false(cpu->regs.spsr[1] & EL4_PSTATE_SS);
    cpu->regs.spsr[1] = EL4_PSTATE_SS;
    assert_true(try_call(cpu, el4_eret_call, 0x4004, 0, 0, &pc));
    raise_and_take(cpu, EL4_RAISE_UNDEF, EL4_ESR(EL4_EC_UNKNOWN, 0), 0x4004);
    assert_true(cpu->regs.spsr[1] & EL4_PSTATE_SS);
    el4_cpu_free(cpu);
}

static void test_breakpoints(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = debug_cpu(&machine);
    write_register(cpu, EL4_SYSREG(2, 0, 0, 0, 4), 0x4000);
    write_register(cpu, EL4_SYSREG(2, 0, 0, 0, 5), 0x1e5); /* EL0, enabled */
    write_register(cpu, MDSCR, EL4_MDSCR_MDE);
    machine_set_el(cpu, 0);
    cpu->slot[EL4_SLOT_PC] = 0x4004;
    assert_int_equal(cpu->mode.single_insn, 1);
    assert_false(el4_debug_before(cpu));
    cpu->slot[EL4_SLOT_PC] = 0x4000;
    assert_true(el4_debug_before(cpu));
    assert_int_equal(cpu->regs.esr[1], EL4_ESR(EL4_EC_BREAKPOINT_LOWER, 0x22));
    /* linked to a context: number 5 can compare CONTEXTIDR_EL1 */
    write_register(cpu, EL4_SYSREG(2, 0, 0, 0, 5), 0x1e5 | 1 << 20 | 5 << 16);
    write_register(cpu, EL4_SYSREG(2, 0, 0, 5, 4), 77);
    write_register(cpu, EL4_SYSREG(2, 0, 0, 5, 5), 0x1e5 | 3 << 20);
    machine_set_el(cpu, 0);
    cpu->slot[EL4_SLOT_PC] = 0x4000;
    assert_false(el4_debug_before(cpu));
    cpu->regs.contextidr[1] = 77;
    assert_true(el4_debug_before(cpu));
    /* the OS lock silences everything */
    write_register(cpu, OSLAR, 1);
    machine_set_el(cpu, 0);
    assert_int_equal(cpu->mode.single_insn, 0);
    el4_cpu_free(cpu);
}

static void test_watchpoints(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = debug_cpu(&machine);
    write_register(cpu, EL4_SYSREG(2, 0, 0, 1, 6), 0x5000);
    /* bytes 4..5, stores, EL1 and EL0 */
    write_register(cpu, EL4_SYSREG(2, 0, 0, 1, 7), 0x30 << 5 | 2 << 3 | 3 << 1 | 1);
    write_register(cpu, MDSCR, EL4_MDSCR_MDE | EL4_MDSCR_KDE);
    cpu->pstate &= ~EL4_PSTATE_D;
    el4_cpu_update_mode(cpu);
    assert_true(cpu->debug_active & EL4_DEBUG_WATCHPOINTS);
    assert_true(el4_debug_page_watched(cpu, 0x5ff8));
    assert_false(el4_debug_page_watched(cpu, 0x6000));
    assert_true(el4_debug_watchpoint_hit(cpu, 0x5004, 1, true, true));
    assert_true(el4_debug_watchpoint_hit(cpu, 0x5000, 8, true, true));
    assert_true(el4_debug_watchpoint_hit(cpu, 0x5005, 4, true, false));
    assert_false(el4_debug_watchpoint_hit(cpu, 0x5004, 4, false, true));
    assert_false(el4_debug_watchpoint_hit(cpu, 0x5000, 4, true, true));
    assert_false(el4_debug_watchpoint_hit(cpu, 0x5006, 2, true, true));
    jmp_buf here;
    cpu->unwind = &here;
    if (!setjmp(here)) {
        el4_debug_check_watchpoints(cpu, 0x5004, 1, true, true);
        fail();
    }
    assert_int_equal(cpu->exception.esr, EL4_ESR(EL4_EC_WATCHPOINT_SAME, 0x62));
    assert_int_equal(cpu->exception.far, 0x5004);
    /* a mask of 4 KiB */
    write_register(cpu, EL4_SYSREG(2, 0, 0, 1, 7), 12 << 24 | 0xff << 5 | 3 << 3 | 3 << 1 | 1);
    assert_true(el4_debug_watchpoint_hit(cpu, 0x5ff0, 4, false, true));
    el4_cpu_free(cpu);
}

static void test_qarma_vectors(void **state)
{
    static const uint64_t expected[] = {
        UINT64_C(0xc003b93999b33765),
        UINT64_C(0x270a787275c48d10),
        UINT64_C(0x5c06a7501b63b2fd),
    };
    for (unsigned i = 0; i < 3; i++) {
        assert_true(el4_pauth_qarma(0xfb623599da6e8127, 0x477d469dec0b8762, 0x84be85ce9804e94b,
                                    0xec2802d4e0a488e9, 5 + i) == expected[i]);
    }
}

static void test_pointer_authentication(void **state)
{
    static const uint64_t pointers[] = {
        UINT64_C(0xffff800010081234),
        UINT64_C(0x0000aaaabbbbccc0),
        UINT64_C(0xffff000000000000),
        UINT64_C(0),
    };
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.no_el3 = true});
    cpu->regs.hcr_el2 |= EL4_HCR_API;
    cpu->regs.sctlr[1] |= EL4_SCTLR_ENIA | EL4_SCTLR_ENDB;
    cpu->regs.tcr[1] = 16 | 16 << 16 | UINT64_C(1) << 37; /* 48 bits, TBI0 */
    cpu->regs.pauth_key[EL4_KEY_IA][0] = 0xec2802d4e0a488e9;
    cpu->regs.pauth_key[EL4_KEY_IA][1] = 0x84be85ce9804e94b;
    machine_set_el(cpu, 1);
    for (unsigned i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
        uint64_t ptr = pointers[i];
        uint64_t signed_ptr = el4_pauth_sign_call(cpu, ptr, 0x1234, 0, EL4_KEY_IA);
        /* bits 54:48, and 63:56 without TBI, hold the PAC */
        uint64_t field = ptr >> 55 & 1 ? UINT64_C(0xff7f) << 48 : UINT64_C(0x7f) << 48;
        assert_true((signed_ptr & ~field) == (ptr & ~field));
        uint64_t pac = el4_pauth_qarma5(ptr, 0x1234, 0x84be85ce9804e94b, 0xec2802d4e0a488e9);
        assert_true(((signed_ptr ^ pac) & field) == 0);
        assert_true(el4_pauth_auth_call(cpu, signed_ptr, 0x1234, 0, EL4_KEY_IA) == ptr);
        assert_true(el4_pauth_strip_call(cpu, signed_ptr, 0, 0, 0) == ptr);
        uint64_t wrong =
            el4_pauth_auth_call(cpu, signed_ptr ^ UINT64_C(1) << 48, 0x1234, 0, EL4_KEY_IA);
        unsigned low = ptr >> 55 & 1 ? 61 : 53;
        assert_int_equal(wrong >> low & 3, 1);
        /* a disabled key leaves pointers alone */
        assert_true(el4_pauth_sign_call(cpu, ptr, 5, 0, EL4_KEY_IB) == ptr);
    }
    uint64_t bad = el4_pauth_auth_call(cpu, 0xffff800010081234, 0, 0, EL4_KEY_DB);
    assert_true(bad >> 61 == 6); /* key B: 10, below bit 63 */
    uint64_t generic;
    assert_true(try_call(cpu, el4_pauth_generic_call, 1, 2, 0, &generic));
    assert_int_equal((uint32_t)generic, 0);
    cpu->regs.hcr_el2 &= ~EL4_HCR_API;
    assert_false(try_call(cpu, el4_pauth_generic_call, 1, 2, 0, &generic));
    assert_int_equal(cpu->exception.target_el, 2);
    assert_int_equal(exception_class(cpu->exception.esr), EL4_EC_PAUTH_TRAP);
    el4_cpu_free(cpu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timer),
        cmocka_unit_test(test_pmu),
        cmocka_unit_test(test_software_step),
        cmocka_unit_test(test_breakpoints),
        cmocka_unit_test(test_watchpoints),
        cmocka_unit_test(test_qarma_vectors),
        cmocka_unit_test(test_pointer_authentication),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
