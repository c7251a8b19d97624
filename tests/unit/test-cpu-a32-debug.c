/* SPDX-License-Identifier: MIT */
/*
 * Self-hosted debug in AArch32 state: what breakpoints, watchpoints and vector catch compare,
 * when debug exceptions are generated, and what PL1, Hyp mode and AArch64 levels are told of
 * them (DDI 0487 G2 and D2, DDI 0406C C3).
 */
#include "cp-cases.h"
#include "cpu/debug.h"

#define MAX  "max"
#define PC   UINT64_C(0x8000)
#define DATA UINT64_C(0x5000)

#define DBGDSCRext    CP14(0, 0, 2, 2)
#define DBGBCR0       CP14(0, 0, 0, 5)
#define DBGWVR0       CP14(0, 0, 0, 6)
#define DBGWCR0       CP14(0, 0, 0, 7)
#define DBGBVR5       CP14(0, 0, 5, 4)
#define DBGBCR5       CP14(0, 0, 5, 5)
#define DBGBXVR5      CP14(0, 1, 5, 1)
#define DBGVCR        CP14(0, 0, 7, 0)
#define DBGAUTHSTATUS CP14(0, 7, 14, 6)

#define MDBGEN    0x8000u
#define MOE(dscr) ((dscr) >> 2 & 15)

/* DBGBCR, DBGWCR */
#define ENABLED     1u
#define BY_PL1      (1u << 1)
#define BY_USER     (2u << 1)
#define BY_ANY      (3u << 1)
#define LOADS       (1u << 3)
#define STORES      (2u << 3)
#define BAS(bits)   ((uint32_t)(bits) << 5)
#define HMC         (1u << 13)
#define NS_ONLY     (1u << 14)
#define SECURE_ONLY (2u << 14)
#define LINK(n)     ((n) << 16)
#define TYPE(bt)    ((uint32_t)(bt) << 20)

static void start(struct el4_cpu *cpu)
{
    cpu->regs.os_lock = 0;
    cpu->regs.mdscr_el1 = EL4_MDSCR_MDE;
    cpu->regs.vbar[1] = 0x10000;
    cpu->regs.vbar[2] = 0x20000;
    cpu->regs.vbar[3] = 0x30000;
    cpu->regs.a32.mvbar = 0x40000;
}

/* A core that is in an AArch32 mode with debug enabled. */
static struct el4_cpu *debug_cpu(struct machine *machine, const char *model, uint32_t mode,
                                 bool secure)
{
    struct el4_cpu *cpu = new_cpu(machine, model);
    start(cpu);
    be_in(cpu, mode, secure);
    return cpu;
}

static void set_breakpoint(struct el4_cpu *cpu, unsigned n, uint64_t value, uint32_t control)
{
    cpu->regs.dbgbvr[n] = value;
    cpu->regs.dbgbcr[n] = control;
    el4_cpu_update_mode(cpu);
}

static void set_watchpoint(struct el4_cpu *cpu, uint64_t value, uint32_t control)
{
    cpu->regs.dbgwvr[0] = value;
    cpu->regs.dbgwcr[0] = control;
    el4_cpu_update_mode(cpu);
}

/* True if something is taken before the instruction at pc, in this mode. */
static bool stops_at(struct el4_cpu *cpu, uint64_t pc)
{
    cpu->slot[EL4_SLOT_PC] = pc;
    return el4_debug_before(cpu);
}

/* The same, coming back to the mode. */
static bool would_stop(struct el4_cpu *cpu, uint64_t pc)
{
    uint32_t mode = cpu->a32.mode;
    bool secure = el4_cpu_is_secure_below_el3(cpu);
    uint32_t pstate = cpu->pstate;
    bool stopped = stops_at(cpu, pc);
    be_in(cpu, mode, secure);
    cpu->pstate = pstate;
    el4_cpu_update_mode(cpu);
    return stopped;
}

static void watch(struct el4_cpu *cpu, uint64_t va, bool is_write)
{
    jmp_buf here;
    cpu->unwind = &here;
    if (!setjmp(here)) {
        el4_debug_check_watchpoints(cpu, va, 4, is_write, true);
        fail();
    }
    cpu->unwind = NULL;
    el4_cpu_take_exception(cpu, &cpu->exception, PC);
}

/* ---- what PL1 is told ---- */

static void test_breakpoint_to_abort_mode(void **state)
{
    struct machine machine;
    for (unsigned eae = 0; eae < 2; eae++) {
        struct el4_cpu *cpu = debug_cpu(&machine, A15, EL4_A32_USR, false);
        cpu->regs.tcr[1] = eae ? EL4_TTBCR_EAE : 0;
        set_breakpoint(cpu, 0, PC, ENABLED | BY_USER | BAS(15));
        assert_int_equal(cpu->mode.single_insn, 1);
        assert_false(stops_at(cpu, PC + 4));
        assert_true(stops_at(cpu, PC));
        assert_int_equal(cpu->a32.mode, EL4_A32_ABT);
        assert_int_equal(el4_cpu_pc(cpu), 0x1000c);
        assert_int_equal(cpu->slot[EL4_SLOT_X0 + 14], PC + 4);
        assert_int_equal(cpu->regs.spsr_abt & EL4_CPSR_M, EL4_A32_USR);
        assert_int_equal(get(cpu, IFSR), eae ? 0x222 : 2);
        assert_int_equal(MOE(get(cpu, DBGDSCRint)), 1);
        assert_int_equal(cpu->mode.single_insn, 1); /* PL1 may have breakpoints of its own */
        el4_cpu_free(cpu);
    }
}

static void test_watchpoint_to_abort_mode(void **state)
{
    struct machine machine;
    for (unsigned eae = 0; eae < 2; eae++) {
        struct el4_cpu *cpu = debug_cpu(&machine, A15, EL4_A32_SVC, false);
        cpu->regs.tcr[1] = eae ? EL4_TTBCR_EAE : 0;
        set_watchpoint(cpu, DATA, ENABLED | BY_PL1 | LOADS | STORES | BAS(15));
        assert_int_equal(cpu->mode.single_insn, 0);
        watch(cpu, DATA, true);
        assert_int_equal(el4_cpu_pc(cpu), 0x10010);
        assert_int_equal(cpu->slot[EL4_SLOT_X0 + 14], PC + 8);
        assert_int_equal(get(cpu, DFAR), DATA);
        assert_int_equal(get(cpu, DFSR), eae ? 0xa22 : 0x802);
        assert_int_equal(MOE(get(cpu, DBGDSCRint)), 10);
        be_in(cpu, EL4_A32_SVC, false);
        watch(cpu, DATA + 2, false);
        assert_int_equal(get(cpu, DFSR), eae ? 0x222 : 2);
        el4_cpu_free(cpu);
    }
}

/* ---- comparing ---- */

static void test_halfwords(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = debug_cpu(&machine, A15, EL4_A32_USR, false);
    cpu->pstate |= EL4_PSTATE_T;
    set_breakpoint(cpu, 0, PC, ENABLED | BY_USER | BAS(12));
    assert_false(would_stop(cpu, PC));
    assert_true(would_stop(cpu, PC + 2));
    set_breakpoint(cpu, 0, PC, ENABLED | BY_USER | BAS(3));
    assert_true(would_stop(cpu, PC));
    assert_false(would_stop(cpu, PC + 2));
    /* The upper half of a DBGBVR is DBGBXVR, which addresses do not have. */
    set_breakpoint(cpu, 5, EL4_BIT(40) | (PC + 8), ENABLED | BY_USER | BAS(15));
    assert_true(would_stop(cpu, PC + 8));
    el4_cpu_free(cpu);
}

/* How debuggers step: stop at whatever is not the given instruction. */
static void test_mismatch(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = debug_cpu(&machine, A15, EL4_A32_USR, false);
    cpu->pstate |= EL4_PSTATE_T;
    set_breakpoint(cpu, 0, PC, ENABLED | BY_USER | BAS(3) | TYPE(4));
    assert_false(would_stop(cpu, PC));
    assert_true(would_stop(cpu, PC + 2));
    assert_true(would_stop(cpu, PC + 4));
    /* linked: in one process only */
    set_breakpoint(cpu, 0, PC, ENABLED | BY_USER | BAS(15) | TYPE(5) | LINK(5));
    set_breakpoint(cpu, 5, 77, ENABLED | BY_USER | BAS(15) | TYPE(3));
    assert_false(would_stop(cpu, PC + 4));
    cpu->regs.contextidr[1] = 77;
    assert_true(would_stop(cpu, PC + 4));
    assert_false(would_stop(cpu, PC));
    be_in(cpu, EL4_A32_SVC, false);
    assert_false(would_stop(cpu, PC + 4));
    el4_cpu_free(cpu);

    /* AArch64's regime has no such breakpoints, User mode below it neither. */
    cpu = new_cpu(&machine, MAX);
    start(cpu);
    be_in_below_a64(cpu, EL4_A32_USR, false, false);
    set_breakpoint(cpu, 0, PC, ENABLED | BY_USER | BAS(15) | TYPE(4));
    assert_false(stops_at(cpu, PC + 4));
    el4_cpu_free(cpu);
}

static void test_contexts(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = debug_cpu(&machine, A15, EL4_A32_SVC, false);
    cpu->regs.contextidr[1] = 5;
    cpu->regs.contextidr[3] = 6;
    cpu->regs.vttbr_el2 = UINT64_C(9) << 48;
    set_breakpoint(cpu, 5, 5, ENABLED | BY_PL1 | BAS(15) | TYPE(2));
    assert_true(would_stop(cpu, PC));
    set_breakpoint(cpu, 5, 6, ENABLED | BY_PL1 | BAS(15) | TYPE(2));
    assert_false(would_stop(cpu, PC));
    be_in(cpu, EL4_A32_SVC, true); /* CONTEXTIDR is banked */
    assert_true(would_stop(cpu, PC));
    be_in(cpu, EL4_A32_SVC, false);
    set_breakpoint(cpu, 5, UINT64_C(9) << 32, ENABLED | BY_PL1 | BAS(15) | TYPE(8));
    assert_true(would_stop(cpu, PC));
    set_breakpoint(cpu, 5, UINT64_C(8) << 32, ENABLED | BY_PL1 | BAS(15) | TYPE(8));
    assert_false(would_stop(cpu, PC));
    el4_cpu_free(cpu);
}

static void test_states(void **state)
{
    static const struct {
        uint32_t mode;
        bool secure;
        uint32_t control;
        bool hit;
    } rows[] = {
        {EL4_A32_USR, false, BY_USER, true},
        {EL4_A32_USR, false, BY_PL1, false},
        {EL4_A32_SVC, false, BY_USER, false},
        {EL4_A32_SVC, false, BY_PL1, true},
        {EL4_A32_SVC, true, BY_PL1, true}, /* EL3, which is PL1 here */
        {EL4_A32_MON, true, BY_PL1, true},
        {EL4_A32_MON, true, BY_USER | HMC, false},
        {EL4_A32_SVC, true, BY_ANY | NS_ONLY, false},
        {EL4_A32_SVC, true, BY_ANY | SECURE_ONLY, true},
        {EL4_A32_SVC, false, BY_ANY | SECURE_ONLY, false},
        {EL4_A32_USR, true, BY_ANY | NS_ONLY, false},
        /* no level: User, System and Supervisor mode */
        {EL4_A32_USR, false, 0, true},
        {EL4_A32_SYS, false, 0, true},
        {EL4_A32_SVC, true, 0, true},
        {EL4_A32_SVC, false, SECURE_ONLY, false},
        {EL4_A32_IRQ, false, 0, false},
        {EL4_A32_ABT, true, 0, false},
        /* Hyp mode has no debug exceptions */
        {EL4_A32_HYP, false, BY_ANY | HMC, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct machine machine;
        struct el4_cpu *cpu = debug_cpu(&machine, A15, rows[i].mode, rows[i].secure);
        set_breakpoint(cpu, 0, PC, ENABLED | BAS(15) | rows[i].control);
        assert_int_equal(stops_at(cpu, PC), rows[i].hit);
        el4_cpu_free(cpu);
    }
}

static void test_watched_bytes(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = debug_cpu(&machine, A15, EL4_A32_SVC, false);
    uint32_t loads = ENABLED | BY_ANY | LOADS;
    set_watchpoint(cpu, DATA + 4, loads | BAS(12)); /* the upper half of a word */
    assert_false(el4_debug_watchpoint_hit(cpu, DATA + 4, 2, false, true));
    assert_true(el4_debug_watchpoint_hit(cpu, DATA + 6, 1, false, true));
    assert_true(el4_debug_watchpoint_hit(cpu, DATA + 4, 4, false, false));
    assert_false(el4_debug_watchpoint_hit(cpu, DATA + 6, 1, true, true));
    assert_false(el4_debug_watchpoint_hit(cpu, DATA + 2, 2, false, true));
    set_watchpoint(cpu, DATA + 4, loads | BAS(0xf0)); /* a word has no such bytes */
    assert_false(el4_debug_watchpoint_hit(cpu, DATA + 8, 4, false, true));
    set_watchpoint(cpu, DATA, loads | BAS(0xf0));
    assert_true(el4_debug_watchpoint_hit(cpu, DATA + 4, 4, false, true));
    assert_false(el4_debug_watchpoint_hit(cpu, DATA, 4, false, true));
    /* PL1's by an unprivileged instruction (LDRT) is User's. */
    set_watchpoint(cpu, DATA, ENABLED | BY_PL1 | LOADS | BAS(15));
    assert_true(el4_debug_watchpoint_hit(cpu, DATA, 4, false, true));
    assert_false(el4_debug_watchpoint_hit(cpu, DATA, 4, false, false));
    be_in(cpu, EL4_A32_SVC, true);
    assert_true(el4_debug_watchpoint_hit(cpu, DATA, 4, false, true));
    el4_cpu_free(cpu);
}

/* ---- vector catch ---- */

static void test_vector_catch(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = debug_cpu(&machine, A15, EL4_A32_SVC, false);
    set(cpu, DBGVCR, 0xffffffff);
    assert_int_equal(get(cpu, DBGVCR), 0xde00dcde);
    set(cpu, DBGVCR, 1u << 27 | 1u << 26); /* Non-secure SVC, Prefetch Abort */
    assert_int_equal(cpu->mode.single_insn, 1);
    assert_false(would_stop(cpu, 0x10004));
    assert_false(would_stop(cpu, 0x1000c)); /* would be caught for ever */
    assert_false(would_stop(cpu, 0x30008));
    assert_true(stops_at(cpu, 0x10008));
    assert_int_equal(el4_cpu_pc(cpu), 0x1000c);
    assert_int_equal(cpu->slot[EL4_SLOT_X0 + 14], 0x1000c);
    assert_int_equal(get(cpu, IFSR), 2);
    assert_int_equal(MOE(get(cpu, DBGDSCRint)), 5);
    cpu->regs.sctlr[1] |= EL4_SCTLR_A32_V;
    assert_true(would_stop(cpu, 0xffff0008));
    assert_false(would_stop(cpu, 0x10008));

    be_in(cpu, EL4_A32_MON, true);
    set(cpu, DBGVCR, 1u << 10 | 1u << 6); /* Monitor's SMC, Secure IRQ */
    assert_true(would_stop(cpu, 0x40008));
    assert_true(would_stop(cpu, 0x30018));
    assert_false(would_stop(cpu, 0x40018));
    assert_false(would_stop(cpu, 0x40009));
    be_in(cpu, EL4_A32_SVC, false);
    assert_false(would_stop(cpu, 0x40008));
    el4_cpu_free(cpu);

    /* Without EL3 the vectors are those of bits 7:0, and AArch64's EL2 has a class for it. */
    cpu = machine_cpu(&machine, (struct machine_options){.model = MAX, .no_el3 = true});
    start(cpu);
    be_in_below_a64(cpu, EL4_A32_SVC, true, false);
    cpu->regs.dbgvcr32_el2 = 1u << 3;
    cpu->regs.mdcr_el2 = EL4_MDCR2_TDE;
    el4_cpu_update_mode(cpu);
    assert_true(stops_at(cpu, 0x1000c)); /* no trouble: another level takes it */
    assert_int_equal(cpu->regs.esr[2], EL4_ESR(EL4_EC_VECTOR_CATCH, 0x22));
    assert_int_equal(cpu->regs.elr[2], 0x1000c);
    assert_int_equal(MOE(get(cpu, DBGDSCRint)), 0);
    el4_cpu_free(cpu);
}

/* ---- routing and enables ---- */

static void test_hyp_trap(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = debug_cpu(&machine, A15, EL4_A32_SVC, false);
    cpu->regs.mdcr_el2 = EL4_MDCR2_TDE;
    set_breakpoint(cpu, 0, PC, ENABLED | BY_PL1 | BAS(15));
    set_watchpoint(cpu, DATA, ENABLED | BY_PL1 | STORES | BAS(15));
    assert_true(stops_at(cpu, PC));
    assert_int_equal(cpu->a32.mode, EL4_A32_HYP);
    assert_int_equal(el4_cpu_pc(cpu), 0x20014);
    assert_int_equal(cpu->regs.elr[2], PC);
    assert_int_equal(cpu->regs.esr[2], EL4_ESR(EL4_EC_INSN_ABORT_LOWER, 0x22));
    assert_int_equal(MOE(cpu->regs.a32.dbgdscr_moe << 2), 1);
    be_in(cpu, EL4_A32_SVC, false);
    watch(cpu, DATA, true);
    assert_int_equal(el4_cpu_pc(cpu), 0x20014);
    assert_int_equal(cpu->regs.esr[2], EL4_ESR(EL4_EC_DATA_ABORT_LOWER, 0x62));
    assert_int_equal((uint32_t)cpu->regs.far[2], DATA);
    el4_cpu_free(cpu);
}

static void test_below_a64(void **state)
{
    static const struct {
        bool el1_a32;
        uint64_t mdcr;
        uint32_t mode;
        unsigned target; /* 0: to Abort mode */
    } rows[] = {
        {false, 0, EL4_A32_USR, 1},
        {false, EL4_MDCR2_TDE, EL4_A32_USR, 2},
        {true, 0, EL4_A32_USR, 0},
        {true, 0, EL4_A32_SVC, 0},
        {true, EL4_MDCR2_TDE, EL4_A32_USR, 2},
        {true, EL4_MDCR2_TDE, EL4_A32_SVC, 2},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct machine machine;
        struct el4_cpu *cpu = new_cpu(&machine, MAX);
        unsigned target = rows[i].target;
        start(cpu);
        cpu->regs.mdcr_el2 = rows[i].mdcr;
        be_in_below_a64(cpu, rows[i].mode, rows[i].el1_a32, false);
        set_breakpoint(cpu, 0, PC, ENABLED | BY_ANY | BAS(15));
        assert_true(stops_at(cpu, PC));
        if (!target) {
            assert_int_equal(cpu->a32.mode, EL4_A32_ABT);
            assert_int_equal(get(cpu, IFSR), 2);
        } else {
            assert_int_equal(el4_cpu_el(cpu), target);
            assert_false(el4_cpu_is_a32(cpu));
            assert_int_equal(cpu->regs.esr[target], EL4_ESR(EL4_EC_BREAKPOINT_LOWER, 0x22));
            assert_int_equal(cpu->regs.elr[target], PC);
        }
        el4_cpu_free(cpu);
    }
}

/* Software step is for AArch64 debuggers only. */
static void test_step(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, MAX);
    start(cpu);
    cpu->regs.mdscr_el1 = EL4_MDSCR_SS;
    be_in_below_a64(cpu, EL4_A32_USR, true, false);
    assert_int_equal(cpu->mode.step_active, 0);
    be_in_below_a64(cpu, EL4_A32_USR, false, false);
    assert_int_equal(cpu->mode.step_active, 1);
    cpu->regs.mdcr_el2 = EL4_MDCR2_TDE;
    be_in_below_a64(cpu, EL4_A32_SVC, true, false);
    assert_int_equal(cpu->mode.step_active, 1);
    el4_cpu_free(cpu);
}

static void test_enables(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = debug_cpu(&machine, A15, EL4_A32_SVC, false);
    set_breakpoint(cpu, 0, PC, ENABLED | BY_ANY | BAS(15));
    set(cpu, DBGDSCRext, 0);
    el4_cpu_update_mode(cpu);
    assert_false(would_stop(cpu, PC));
    set(cpu, DBGDSCRext, MDBGEN);
    assert_true(would_stop(cpu, PC));
    set(cpu, DBGOSLAR, 0xc5acce55);
    assert_false(would_stop(cpu, PC));
    el4_cpu_free(cpu);
}

/* The Secure world of v8: MDCR_EL3.SPD32, and SDER32_EL3 for User mode. */
static void test_secure_enables(void **state)
{
    static const struct {
        unsigned spd;
        bool suiden, user, svc;
    } rows[] = {
        {0, false, false, false}, /* by SPIDEN, which is low */
        {1, false, false, false}, {2, false, false, false},
        {3, false, true, true},   {2, true, true, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct machine machine;
        struct el4_cpu *cpu = new_cpu(&machine, MAX);
        start(cpu);
        cpu->regs.mdcr_el3 = (uint64_t)rows[i].spd << 14;
        cpu->regs.sder32_el3 = rows[i].suiden;
        be_in_below_a64(cpu, EL4_A32_USR, true, true);
        cpu->regs.scr_el3 = 0;
        el4_cpu_update_mode(cpu);
        assert_int_equal(el4_debug_exceptions_enabled(cpu), rows[i].user);
        el4_a32_set_mode(cpu, EL4_A32_SVC);
        el4_cpu_update_mode(cpu);
        assert_int_equal(el4_debug_exceptions_enabled(cpu), rows[i].svc);
        el4_cpu_free(cpu);

        /* The same below an AArch32 EL3, where it is SDCR.SPD and SDER. */
        cpu =
            machine_cpu(&machine, (struct machine_options){.model = A53, .aarch32_only = true});
        start(cpu);
        be_in(cpu, EL4_A32_SVC, true);
        set(cpu, CP15(0, 1, 3, 1), rows[i].spd << 14);
        set(cpu, SDER, rows[i].suiden);
        assert_int_equal(el4_debug_exceptions_enabled(cpu), rows[i].svc);
        be_in(cpu, EL4_A32_USR, true);
        assert_int_equal(el4_debug_exceptions_enabled(cpu), rows[i].user);
        el4_cpu_free(cpu);
    }
}

/* ---- registers ---- */

static void test_dbgdscr(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = debug_cpu(&machine, A15, EL4_A32_SVC, false);
    set(cpu, DBGDSCRext, 0xffffffff);
    assert_int_equal(get(cpu, DBGDSCRext), 0x4903e); /* NS, MDBGen, UDCCdis, MOE, RESTARTED */
    assert_int_equal(get(cpu, DBGDSCRint), 0x4903e);
    assert_int_equal(cpu->regs.mdscr_el1, EL4_MDSCR_MDE | EL4_MDSCR_TDCC);
    assert_int_equal(get(cpu, DBGAUTHSTATUS), 0xff);
    be_in(cpu, EL4_A32_SVC, true);
    assert_int_equal(get(cpu, DBGDSCRext), 0x903e);
    el4_cpu_free(cpu);

    cpu = new_cpu(&machine, MAX);
    start(cpu);
    cpu->regs.mdscr_el1 = EL4_MDSCR_KDE | EL4_MDSCR_SS;
    be_in_below_a64(cpu, EL4_A32_SVC, true, false);
    assert_int_equal(get(cpu, DBGDSCRext), 0x70000); /* the Secure world's is off */
    set(cpu, DBGDSCRext, MDBGEN);
    assert_int_equal(cpu->regs.mdscr_el1, EL4_MDSCR_KDE | EL4_MDSCR_SS | EL4_MDSCR_MDE);
    assert_int_equal(get(cpu, DBGAUTHSTATUS), 0xaa);
    el4_cpu_free(cpu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_breakpoint_to_abort_mode),
        cmocka_unit_test(test_watchpoint_to_abort_mode),
        cmocka_unit_test(test_halfwords),
        cmocka_unit_test(test_mismatch),
        cmocka_unit_test(test_contexts),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_watched_bytes),
        cmocka_unit_test(test_vector_catch),
        cmocka_unit_test(test_hyp_trap),
        cmocka_unit_test(test_below_a64),
        cmocka_unit_test(test_step),
        cmocka_unit_test(test_enables),
        cmocka_unit_test(test_secure_enables),
        cmocka_unit_test(test_dbgdscr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
