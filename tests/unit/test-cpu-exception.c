/* SPDX-License-Identifier: MIT */
/*
 * Exceptions: routing of SVC, HVC, SMC and UNDEFINED (every row of the reference), the masking
 * table of DDI 0487 D1.3.6, entry state, and returns, legal and illegal.
 */
#include "test-cpu-fixture.h"

#define PC UINT64_C(0x4000)

/* What is expected of a call. */
enum outcome { TO_1, TO_2, TO_3, UNDEF, HANDLED, TRAP_TO_2 };

struct call_row {
    enum el4_raise_kind kind;
    unsigned el;
    bool no_el2, no_el3, emulated;
    bool smc_conduit, handled;
    uint64_t scr, hcr;
    enum el4_conduit_result answer; /* 0, and not handled: nobody claims it */
    enum outcome outcome;
    unsigned undef_el; /* where UNDEFINED goes */
};

#define SMC EL4_RAISE_SMC
#define HVC EL4_RAISE_HVC
#define SVC EL4_RAISE_SVC
#define NS  (EL4_SCR_NS | EL4_SCR_RW)

static const struct call_row call_rows[] = {
    /* SVC */
    {SVC, 0, .scr = NS, .outcome = TO_1},
    {SVC, 0, .scr = NS, .hcr = EL4_HCR_TGE, .outcome = TO_2},
    {SVC, 0, .scr = EL4_SCR_RW, .hcr = EL4_HCR_TGE, .outcome = TO_1}, /* Secure: no EL2 */
    {SVC, 1, .scr = NS, .outcome = TO_1},
    {SVC, 2, .scr = NS, .outcome = TO_2},
    {SVC, 3, .scr = NS, .outcome = TO_3},
    /* HVC */
    {HVC, 0, .scr = NS | EL4_SCR_HCE, .outcome = UNDEF, .undef_el = 1},
    {HVC, 1, .scr = NS | EL4_SCR_HCE, .outcome = TO_2},
    {HVC, 1, .scr = NS, .outcome = UNDEF, .undef_el = 1},
    {HVC, 1, .scr = EL4_SCR_RW | EL4_SCR_HCE, .outcome = UNDEF, .undef_el = 1},
    {HVC, 1, .no_el3 = true, .outcome = TO_2},
    {HVC, 1, .no_el3 = true, .hcr = EL4_HCR_HCD, .outcome = UNDEF, .undef_el = 1},
    {HVC, 2, .no_el3 = true, .hcr = EL4_HCR_HCD, .outcome = UNDEF, .undef_el = 2},
    {HVC, 2, .scr = NS | EL4_SCR_HCE, .outcome = TO_2},
    {HVC, 2, .scr = NS, .outcome = UNDEF, .undef_el = 2},
    {HVC, 3, .scr = NS | EL4_SCR_HCE, .outcome = TO_3},
    {HVC, 3, .scr = NS, .outcome = UNDEF, .undef_el = 3},
    {HVC, 3, .no_el2 = true, .scr = NS | EL4_SCR_HCE, .outcome = UNDEF, .undef_el = 3},
    {HVC, 1, .no_el2 = true, .no_el3 = true, .outcome = UNDEF, .undef_el = 1},
    {HVC, 1, .no_el2 = true, .no_el3 = true, .handled = true, .outcome = HANDLED},
    {HVC, 1, .scr = NS, .handled = true, .outcome = HANDLED},
    {HVC, 0, .scr = NS, .handled = true, .outcome = UNDEF, .undef_el = 1},
    {HVC, 1, .scr = NS | EL4_SCR_HCE, .answer = EL4_CONDUIT_UNDEFINED, .outcome = UNDEF,
     .undef_el = 1},
    {HVC, 1, .scr = NS | EL4_SCR_HCE, .answer = EL4_CONDUIT_TRAP, .outcome = TO_2},
    /* SMC */
    {SMC, 0, .scr = NS, .outcome = UNDEF, .undef_el = 1},
    {SMC, 0, .scr = NS, .hcr = EL4_HCR_TSC, .outcome = UNDEF, .undef_el = 1},
    {SMC, 0, .scr = NS, .hcr = EL4_HCR_TGE, .outcome = UNDEF, .undef_el = 2},
    {SMC, 1, .scr = NS, .outcome = TO_3},
    {SMC, 1, .scr = EL4_SCR_RW, .outcome = TO_3},
    {SMC, 1, .scr = NS, .hcr = EL4_HCR_TSC, .outcome = TRAP_TO_2},
    {SMC, 1, .scr = NS | EL4_SCR_SMD, .hcr = EL4_HCR_TSC, .outcome = TRAP_TO_2},
    {SMC, 1, .scr = EL4_SCR_RW, .hcr = EL4_HCR_TSC, .outcome = TO_3},
    {SMC, 1, .scr = NS | EL4_SCR_SMD, .outcome = UNDEF, .undef_el = 1},
    {SMC, 1, .scr = EL4_SCR_RW | EL4_SCR_SMD, .outcome = UNDEF, .undef_el = 1},
    {SMC, 2, .scr = NS, .hcr = EL4_HCR_TSC, .outcome = TO_3},
    {SMC, 2, .scr = NS | EL4_SCR_SMD, .outcome = UNDEF, .undef_el = 2},
    {SMC, 3, .scr = NS, .outcome = TO_3},
    {SMC, 3, .scr = NS | EL4_SCR_SMD, .outcome = UNDEF, .undef_el = 3},
    {SMC, 1, .no_el3 = true, .outcome = UNDEF, .undef_el = 1},
    {SMC, 2, .no_el3 = true, .outcome = UNDEF, .undef_el = 2},
    {SMC, 1, .no_el3 = true, .hcr = EL4_HCR_TSC, .outcome = UNDEF, .undef_el = 1},
    {SMC, 1, .no_el3 = true, .smc_conduit = true, .hcr = EL4_HCR_TSC, .outcome = TRAP_TO_2},
    {SMC, 1, .emulated = true, .scr = NS, .outcome = UNDEF, .undef_el = 1},
    {SMC, 1, .emulated = true, .scr = NS, .handled = true, .outcome = HANDLED},
    /* the guest's hypervisor comes before the chain; the chain before SMD */
    {SMC, 1, .scr = NS, .hcr = EL4_HCR_TSC, .handled = true, .outcome = TRAP_TO_2},
    {SMC, 1, .scr = NS | EL4_SCR_SMD, .handled = true, .outcome = HANDLED},
    {SMC, 1, .scr = NS, .answer = EL4_CONDUIT_UNDEFINED, .outcome = UNDEF, .undef_el = 1},
    {SMC, 1, .scr = NS, .answer = EL4_CONDUIT_TRAP, .outcome = TO_3},
    {SMC, 0, .scr = NS, .handled = true, .outcome = UNDEF, .undef_el = 1},
};

static enum el4_ec class_of(enum el4_raise_kind kind)
{
    return kind == SVC ? EL4_EC_SVC64 : kind == HVC ? EL4_EC_HVC64 : EL4_EC_SMC64;
}

static void check_call(const struct call_row *row)
{
    struct machine machine;
    struct el4_cpu *cpu =
        machine_cpu(&machine, (struct machine_options){.no_el2 = row->no_el2,
                                                       .no_el3 = row->no_el3,
                                                       .emulated_el3 = row->emulated,
                                                       .smc_conduit = row->smc_conduit});
    if (!row->no_el3) {
        cpu->regs.scr_el3 = row->scr;
    }
    cpu->regs.hcr_el2 = EL4_HCR_RW | row->hcr;
    if (row->handled || row->answer) {
        machine.answer = row->handled ? EL4_CONDUIT_HANDLED : row->answer;
    }
    machine_set_el(cpu, row->el);
    raise_and_take(cpu, row->kind, EL4_ESR(class_of(row->kind), 0x1234), PC);

    if (row->outcome == HANDLED) {
        assert_int_equal(machine.calls, 1);
        assert_int_equal(el4_cpu_el(cpu), row->el);
        assert_int_equal(el4_cpu_pc(cpu), PC + 4);
    } else if (row->outcome == UNDEF) {
        assert_int_equal(el4_cpu_el(cpu), row->undef_el);
        assert_int_equal(cpu->regs.esr[row->undef_el], 0x02000000);
        assert_int_equal(cpu->regs.elr[row->undef_el], PC);
    } else {
        unsigned target = row->outcome == TRAP_TO_2 ? 2 : (unsigned)row->outcome + 1;
        assert_int_equal(el4_cpu_el(cpu), target);
        assert_int_equal(cpu->regs.esr[target], EL4_ESR(class_of(row->kind), 0x1234));
        assert_int_equal(cpu->regs.elr[target], row->outcome == TRAP_TO_2 ? PC : PC + 4);
        assert_int_equal(el4_cpu_pc(cpu), target > row->el ? 0x400 : 0x200);
    }
    if (row->outcome == TRAP_TO_2 || row->el == 0) {
        assert_int_equal(machine.calls, 0);
    }
    el4_cpu_free(cpu);
}

static void test_call_routing(void **state)
{
    for (size_t i = 0; i < sizeof(call_rows) / sizeof(call_rows[0]); i++) {
        check_call(&call_rows[i]);
    }
}

static void test_reference_syndromes(void **state)
{
    assert_int_equal(EL4_ESR(EL4_EC_SMC64, 1), 0x5e000001);
    assert_int_equal(EL4_ESR(EL4_EC_HVC64, 1), 0x5a000001);
}

/*
 * DDI 0487 D1.3.6, physical interrupts with EL2 and EL3 in AArch64, Non-secure: per current EL
 * the target and whether PSTATE masks it ('m') or not ('-'); 0: not taken.
 */
struct mask_row {
    bool scr, tge, imo, e2h;
    const char *by_el[4];
};

static const struct mask_row mask_rows[] = {
    {0, 0, 0, 0, {"1m", "1m", "0", "0"}},   {0, 0, 0, 1, {"1m", "1m", "0", "0"}},
    {0, 0, 1, 0, {"2-", "2-", "2m", "0"}},  {0, 0, 1, 1, {"2-", "2-", "2m", "0"}},
    {0, 1, 0, 0, {"2-", NULL, "2m", "0"}},  {0, 1, 1, 0, {"2-", NULL, "2m", "0"}},
    {0, 1, 0, 1, {"2m", NULL, "2m", "0"}},  {0, 1, 1, 1, {"2m", NULL, "2m", "0"}},
    {1, 0, 0, 0, {"3-", "3-", "3-", "3m"}}, {1, 0, 1, 0, {"3-", "3-", "3-", "3m"}},
    {1, 1, 0, 1, {"3-", NULL, "3-", "3m"}}, {1, 1, 1, 0, {"3-", NULL, "3-", "3m"}},
};

static const struct {
    enum el4_vector_offset vector;
    uint64_t scr, hcr;
    uint32_t mask;
} interrupt_kinds[] = {
    {EL4_VECTOR_IRQ, EL4_SCR_IRQ, EL4_HCR_IMO, EL4_PSTATE_I},
    {EL4_VECTOR_FIQ, EL4_SCR_FIQ, EL4_HCR_FMO, EL4_PSTATE_F},
    {EL4_VECTOR_SERROR, EL4_SCR_EA, EL4_HCR_AMO, EL4_PSTATE_A},
};

static void check_masks(struct el4_cpu *cpu, const struct mask_row *row, unsigned kind)
{
    cpu->regs.scr_el3 = NS | (row->scr ? interrupt_kinds[kind].scr : 0);
    cpu->regs.hcr_el2 = EL4_HCR_RW | (row->tge ? EL4_HCR_TGE : 0) |
                        (row->imo ? interrupt_kinds[kind].hcr : 0) |
                        (row->e2h ? EL4_HCR_E2H : 0);
    for (unsigned el = 0; el < 4; el++) {
        const char *expected = row->by_el[el];
        if (!expected) {
            continue;
        }
        machine_set_el(cpu, el);
        unsigned target = (unsigned)(expected[0] - '0');
        cpu->pstate &= ~interrupt_kinds[kind].mask;
        assert_int_equal(el4_cpu_physical_target(cpu, interrupt_kinds[kind].vector), target);
        cpu->pstate |= interrupt_kinds[kind].mask;
        assert_int_equal(el4_cpu_physical_target(cpu, interrupt_kinds[kind].vector),
                         expected[1] == '-' ? target : 0);
    }
}

static void test_physical_masks(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){0});
    for (size_t i = 0; i < sizeof(mask_rows) / sizeof(mask_rows[0]); i++) {
        for (unsigned kind = 0; kind < 3; kind++) {
            check_masks(cpu, &mask_rows[i], kind);
        }
    }
    /* Secure: EL2 is out of the game whatever HCR_EL2 says. */
    cpu->regs.scr_el3 = EL4_SCR_RW;
    cpu->regs.hcr_el2 = EL4_HCR_IMO | EL4_HCR_TGE;
    machine_set_el(cpu, 0);
    cpu->pstate &= ~EL4_PSTATE_I;
    assert_int_equal(el4_cpu_physical_target(cpu, EL4_VECTOR_IRQ), 1);
    el4_cpu_free(cpu);
}

static void test_virtual_interrupts(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.no_el3 = true});
    cpu->regs.hcr_el2 = EL4_HCR_RW | EL4_HCR_IMO | EL4_HCR_AMO;
    for (unsigned el = 0; el <= 2; el++) {
        machine_set_el(cpu, el);
        cpu->pstate &= ~EL4_PSTATE_I;
        assert_int_equal(el4_cpu_virtual_target(cpu, EL4_VECTOR_IRQ), el < 2 ? 1 : 0);
        assert_int_equal(el4_cpu_virtual_target(cpu, EL4_VECTOR_FIQ), 0);
        cpu->pstate |= EL4_PSTATE_I;
        assert_int_equal(el4_cpu_virtual_target(cpu, EL4_VECTOR_IRQ), 0);
    }
    /* HCR_EL2.VSE is taken once, and cleared. */
    machine_set_el(cpu, 1);
    cpu->pstate &= ~EL4_PSTATE_A;
    cpu->regs.hcr_el2 |= EL4_HCR_VSE;
    cpu->slot[EL4_SLOT_PC] = PC;
    assert_true(el4_cpu_wfi_wakes(cpu));
    assert_true(el4_cpu_service_attention(cpu));
    assert_int_equal(el4_cpu_pc(cpu), 0x200 + EL4_VECTOR_SERROR);
    assert_int_equal(exception_class(cpu->regs.esr[1]), EL4_EC_SERROR);
    assert_int_equal(cpu->regs.elr[1], PC);
    assert_false(cpu->regs.hcr_el2 & EL4_HCR_VSE);
    el4_cpu_free(cpu);
}

static void test_attention(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.no_el3 = true});
    machine_set_el(cpu, 1);
    cpu->slot[EL4_SLOT_PC] = PC;
    el4_cpu_notice(cpu, EL4_ATTENTION_IRQ);
    assert_true(el4_cpu_wfi_wakes(cpu)); /* masked, but wakes */
    assert_true(el4_cpu_service_attention(cpu));
    assert_int_equal(el4_cpu_pc(cpu), PC);
    assert_false(cpu->attention_enabled & EL4_ATTENTION_IRQ);
    uint64_t ignored;
    assert_true(try_call(cpu, el4_msr_daifclr_call, 0, 0, 2, &ignored));
    assert_true(cpu->attention_enabled & EL4_ATTENTION_IRQ);
    assert_true(el4_cpu_service_attention(cpu));
    assert_int_equal(el4_cpu_pc(cpu), 0x200 + EL4_VECTOR_IRQ);
    assert_true(cpu->pstate & EL4_PSTATE_I);
    el4_cpu_notice(cpu, EL4_ATTENTION_STOP);
    assert_false(el4_cpu_service_attention(cpu));
    el4_cpu_free(cpu);
}

static void test_entry_state(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.no_el3 = true});
    cpu->regs.vbar[1] = 0xffff000000010800;
    cpu->regs.sctlr[1] = EL4_SCTLR_DSSBS; /* SPAN clear */
    cpu->regs.sp[1] = 0x1111;
    machine_set_el(cpu, 0);
    cpu->slot[EL4_SLOT_SP] = 0x2222;
    cpu->slot[EL4_SLOT_NZCV] = 0x60000000;
    cpu->pstate = EL4_PSTATE_UAO | EL4_PSTATE_BTYPE | EL4_PSTATE_DIT;
    raise_and_take(cpu, EL4_RAISE_SVC, EL4_ESR(EL4_EC_SVC64, 7), PC);
    assert_int_equal(cpu->regs.spsr[1], 0x60000000 | EL4_PSTATE_UAO | EL4_PSTATE_DIT);
    assert_int_equal(cpu->regs.elr[1], PC + 4);
    assert_int_equal(cpu->slot[EL4_SLOT_SP], 0x1111);
    assert_int_equal(cpu->regs.sp[0], 0x2222);
    assert_true(el4_cpu_pc(cpu) == 0xffff000000010c00);
    assert_int_equal(cpu->pstate, EL4_PSTATE_SP | 1 << EL4_PSTATE_EL_SHIFT | EL4_PSTATE_D |
                                      EL4_PSTATE_A | EL4_PSTATE_I | EL4_PSTATE_F |
                                      EL4_PSTATE_SSBS | EL4_PSTATE_PAN | EL4_PSTATE_DIT);
    /* A breakpoint instruction keeps BTYPE; the same EL with SP_EL0 uses the first vectors. */
    el4_cpu_set_el_sp(cpu, 1, false);
    cpu->pstate |= EL4_PSTATE_BTYPE;
    raise_and_take(cpu, EL4_RAISE_BRK, EL4_ESR(EL4_EC_BRK64, 3), PC);
    assert_true(cpu->regs.spsr[1] & EL4_PSTATE_BTYPE);
    assert_true(el4_cpu_pc(cpu) == 0xffff000000010800);
    el4_cpu_free(cpu);
}

static void test_debug_and_fp_routing(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.no_el3 = true});
    machine_set_el(cpu, 1);
    cpu->regs.mdcr_el2 |= EL4_MDCR2_TDE;
    raise_and_take(cpu, EL4_RAISE_BRK, EL4_ESR(EL4_EC_BRK64, 3), PC);
    assert_int_equal(el4_cpu_el(cpu), 2);

    machine_set_el(cpu, 0);
    assert_int_equal(cpu->mode.fp_trap_el, 1);
    raise_and_take(cpu, EL4_RAISE_FP_TRAP, 0, PC);
    assert_int_equal(cpu->regs.esr[1], EL4_ESR(EL4_EC_FP_ACCESS, 0x1e00000));
    machine_set_el(cpu, 0);
    cpu->regs.hcr_el2 |= EL4_HCR_TGE;
    raise_and_take(cpu, EL4_RAISE_FP_TRAP, 0, PC);
    assert_int_equal(cpu->regs.esr[2], 0x02000000);

    cpu->regs.hcr_el2 = EL4_HCR_RW;
    cpu->regs.cpacr_el1 = 1 << 20; /* EL0 traps */
    machine_set_el(cpu, 1);
    assert_int_equal(cpu->mode.fp_trap_el, 0);
    machine_set_el(cpu, 0);
    assert_int_equal(cpu->mode.fp_trap_el, 1);
    cpu->regs.cpacr_el1 = 3 << 20;
    cpu->regs.cptr_el2 |= EL4_CPTR_TFP;
    machine_set_el(cpu, 1);
    assert_int_equal(cpu->mode.fp_trap_el, 2);
    cpu->regs.hcr_el2 |= EL4_HCR_E2H | EL4_HCR_TGE;
    cpu->regs.cptr_el2 = 1 << 20;
    machine_set_el(cpu, 0);
    assert_int_equal(cpu->mode.fp_trap_el, 2);
    machine_set_el(cpu, 2);
    assert_int_equal(cpu->mode.fp_trap_el, 0);
    el4_cpu_free(cpu);
}

struct return_row {
    unsigned from;
    uint64_t spsr;
    uint64_t scr, hcr;
    bool no_el2, legal;
};

static const struct return_row return_rows[] = {
    {3, 0x3cd, NS, EL4_HCR_RW, .legal = true},
    {3, 0x3c9, NS, EL4_HCR_RW, .legal = true},
    {3, 0x3c8, NS, EL4_HCR_RW, .legal = true},
    {3, 0x3c5, NS, EL4_HCR_RW, .legal = true},
    {3, 0x3c0, NS, EL4_HCR_RW, .legal = true},
    {3, 0x3c5, EL4_SCR_RW, 0, .legal = true},           /* Secure EL1: HCR_EL2 is out */
    {3, 0x3c9, EL4_SCR_RW, EL4_HCR_RW, .legal = false}, /* Secure EL2 is not there */
    {3, 0x3c9, NS, EL4_HCR_RW, .no_el2 = true, .legal = false},
    {3, 0x3c9, EL4_SCR_NS, EL4_HCR_RW, .legal = false},       /* EL2 would be AArch32 */
    {3, 0x3c5, NS, 0, .legal = false},                        /* EL1 would be AArch32 */
    {2, 0x3c0, NS, 0, .legal = false},                        /* so would EL0 */
    {2, 0x3c0, NS, EL4_HCR_E2H | EL4_HCR_TGE, .legal = true}, /* the host's EL0 */
    {2, 0x3c5, NS, EL4_HCR_RW | EL4_HCR_TGE, .legal = false},
    {2, 0x3c0, NS, EL4_HCR_RW | EL4_HCR_TGE, .legal = true},
    {1, 0x3c9, NS, EL4_HCR_RW, .legal = false}, /* up */
    {2, 0x3cd, NS, EL4_HCR_RW, .legal = false},
    {1, 0x3c1, NS, EL4_HCR_RW, .legal = false}, /* EL0 with SPSel */
    {1, 0x3c7, NS, EL4_HCR_RW, .legal = false}, /* M[1] */
    {1, 0x3d3, NS, EL4_HCR_RW, .legal = false}, /* AArch32 Supervisor: EL1 is wider */
};

static void test_returns(void **state)
{
    for (size_t i = 0; i < sizeof(return_rows) / sizeof(return_rows[0]); i++) {
        const struct return_row *row = &return_rows[i];
        struct machine machine;
        struct el4_cpu *cpu =
            machine_cpu(&machine, (struct machine_options){.no_el2 = row->no_el2});
        cpu->regs.scr_el3 = row->scr;
        cpu->regs.hcr_el2 = row->hcr;
        machine_set_el(cpu, row->from);
        cpu->regs.spsr[row->from] = row->spsr | 0x90000000;
        uint64_t pc;
        assert_true(try_call(cpu, el4_eret_call, PC, 0, 0, &pc));
        assert_int_equal(pc, PC);
        assert_int_equal(cpu->slot[EL4_SLOT_NZCV], 0x90000000);
        assert_int_equal(!(cpu->pstate & EL4_PSTATE_IL), row->legal);
        assert_int_equal(cpu->mode.illegal, !row->legal);
        unsigned el = row->legal ? (row->spsr >> 2) & 3 : row->from;
        assert_int_equal(el4_cpu_el(cpu), el);
        assert_int_equal(cpu->pstate & 0x3c0, row->spsr & 0x3c0);
        el4_cpu_free(cpu);
    }
}

/* The stack pointers of all levels survive a walk through them. */
static void test_stack_pointers(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){0});
    for (unsigned el = 0; el < 4; el++) {
        machine_set_el(cpu, el);
        cpu->slot[EL4_SLOT_SP] = 0x100 + el;
    }
    for (unsigned el = 0; el < 4; el++) {
        machine_set_el(cpu, el);
        assert_int_equal(cpu->slot[EL4_SLOT_SP], 0x100 + el);
    }
    uint64_t value;
    assert_int_equal(read_register(cpu, EL4_SYSREG(3, 6, 4, 1, 0)), 0x102);
    assert_true(try_call(cpu, el4_msr_spsel_call, 0, 0, 0, &value));
    assert_int_equal(cpu->slot[EL4_SLOT_SP], 0x100);
    assert_false(try_read(cpu, EL4_SYSREG(3, 0, 4, 1, 0), &value)); /* SP_EL0 in use */
    el4_cpu_free(cpu);
}

static void test_boot_protocol(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){0});
    assert_int_equal(el4_cpu_spsr(cpu), 0x3cd);
    assert_int_equal(el4_cpu_pc(cpu), 0x1000);
    assert_int_equal(cpu->regs.sctlr[3], 0x00c50838);
    struct el4_cpu_entry entry = {.pc = 0x40080000, .x0 = 0x48000000, .el = 1};
    el4_cpu_enter(cpu, &entry);
    assert_int_equal(el4_cpu_spsr(cpu), 0x3c5);
    assert_int_equal(cpu->slot[0], 0x48000000);
    assert_false(el4_cpu_is_secure(cpu));
    assert_int_equal(cpu->regs.scr_el3 & 0x30501, 0x30501); /* API, APK, RW, HCE, NS */
    assert_true(cpu->regs.hcr_el2 & EL4_HCR_APK);
    uint64_t value;
    assert_true(try_read(cpu, EL4_SYSREG(3, 3, 14, 0, 1), &value)); /* CNTPCT_EL0 */
    assert_int_equal(read_register(cpu, EL4_SYSREG(3, 0, 0, 0, 0)), 0x000f0510);
    assert_int_equal(read_register(cpu, EL4_SYSREG(3, 0, 0, 0, 5)), 0x80000000);
    entry = (struct el4_cpu_entry){.pc = 0x1000, .el = 2, .big_endian = true};
    el4_cpu_enter(cpu, &entry);
    assert_int_equal(el4_cpu_spsr(cpu), 0x3c9);
    assert_int_equal(cpu->mode.big_endian, 1);
    el4_cpu_free(cpu);
}

static void test_waiting(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.no_el3 = true});
    uint64_t value;
    cpu->regs.sctlr[1] &= ~EL4_SCTLR_NTWI;
    machine_set_el(cpu, 0);
    assert_false(try_call(cpu, el4_wfi_call, 0, 0, 0, &value));
    assert_int_equal(cpu->exception.target_el, 1);
    assert_int_equal(cpu->exception.esr, EL4_ESR(EL4_EC_WFX, 0x1e00000));
    cpu->regs.hcr_el2 |= EL4_HCR_TWE;
    machine_set_el(cpu, 1);
    assert_true(try_call(cpu, el4_sevl_call, 0, 0, 0, &value));
    assert_true(try_call(cpu, el4_wfe_call, 0, 0, 0, &value)); /* the event was there */
    assert_int_equal(value, 0);
    assert_false(try_call(cpu, el4_wfe_call, 0, 0, 0, &value));
    assert_int_equal(cpu->exception.target_el, 2);
    assert_int_equal(cpu->exception.esr, EL4_ESR(EL4_EC_WFX, 0x1e00001));
    assert_true(try_call(cpu, el4_wfi_call, 0, 0, 0, &value));
    assert_true(cpu->waiting);
    assert_false(el4_cpu_wfi_wakes(cpu));
    assert_true(try_call(cpu, el4_sev_call, 0, 0, 0, &value));
    assert_false(el4_cpu_wfi_wakes(cpu)); /* an event is nothing to a WFI */
    el4_cpu_notice(cpu, EL4_ATTENTION_FIQ);
    assert_true(el4_cpu_wfi_wakes(cpu));
    cpu->waiting = false;
    assert_true(try_call(cpu, el4_wfi_call, 0, 0, 0, &value));
    assert_false(cpu->waiting);
    el4_cpu_free(cpu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_call_routing),
        cmocka_unit_test(test_reference_syndromes),
        cmocka_unit_test(test_physical_masks),
        cmocka_unit_test(test_virtual_interrupts),
        cmocka_unit_test(test_attention),
        cmocka_unit_test(test_entry_state),
        cmocka_unit_test(test_debug_and_fp_routing),
        cmocka_unit_test(test_returns),
        cmocka_unit_test(test_stack_pointers),
        cmocka_unit_test(test_boot_protocol),
        cmocka_unit_test(test_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
