/* SPDX-License-Identifier: MIT */
/*
 * AArch32: who takes interrupts (DDI 0406C B1.8.6, B1.9.3) and calls (section 6 of the
 * reference), what their syndromes say (section 7), returns within AArch32 and between the
 * widths, and who may use floating point.
 */
#include "test-cpu-fixture.h"

#define A9  "cortex-a9"
#define A15 "cortex-a15"
#define PC  UINT64_C(0x8000)

#define USR EL4_A32_USR
#define SVC EL4_A32_SVC
#define HYP EL4_A32_HYP
#define MON EL4_A32_MON
#define UND EL4_A32_UND

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void be_in(struct el4_cpu *cpu, uint32_t mode)
{
    el4_a32_set_mode(cpu, mode);
    el4_cpu_update_mode(cpu);
}

static void set_masks(struct el4_cpu *cpu, bool masked)
{
    uint32_t all = EL4_PSTATE_A | EL4_PSTATE_I | EL4_PSTATE_F;
    cpu->pstate = masked ? cpu->pstate | all : cpu->pstate & ~all;
}

/* ---- interrupts ---- */

/* Where it goes if CPSR lets it; the small letter: CPSR does not mask it. 0: not taken. */
static const struct interrupt_row {
    const char *model;
    uint32_t mode;
    uint64_t scr, hcr;
    char irq, fiq, serror;
} interrupt_rows[] = {
    /* Secure: to Secure PL1 (EL3), or to Monitor if SCR says; always maskable */
    {A15, USR, 0, 0, '3', '3', '3'},
    {A15, SVC, 0, 0, '3', '3', '3'},
    {A15, SVC, EL4_SCR_FIQ, EL4_HCR_FMO | EL4_HCR_TGE, '3', '3', '3'},
    {A15, MON, EL4_SCR_NS | EL4_SCR_FIQ, 0, '3', '3', '3'},
    /* Non-secure, nothing routed */
    {A15, USR, EL4_SCR_NS, 0, '1', '1', '1'},
    {A15, SVC, EL4_SCR_NS, 0, '1', '1', '1'},
    {A15, HYP, EL4_SCR_NS, 0, '2', '2', '2'},
    /* to Hyp: CPSR does not mask what HCR routes away */
    {A15, SVC, EL4_SCR_NS, EL4_HCR_IMO, 'B', '1', '1'},
    {A15, SVC, EL4_SCR_NS, EL4_HCR_FMO, '1', 'B', '1'},
    {A15, SVC, EL4_SCR_NS, EL4_HCR_AMO, '1', '1', 'B'},
    {A15, USR, EL4_SCR_NS, EL4_HCR_TGE, 'B', 'B', 'B'},
    {A15, HYP, EL4_SCR_NS, EL4_HCR_IMO | EL4_HCR_FMO, '2', '2', '2'},
    /* to Monitor: FIQ and aborts cannot be masked unless SCR.FW and AW allow it */
    {A15, SVC, EL4_SCR_NS | EL4_SCR_FIQ, 0, '1', 'C', '1'},
    {A15, SVC, EL4_SCR_NS | EL4_SCR_FIQ | EL4_SCR_FW, 0, '1', '3', '1'},
    {A15, SVC, EL4_SCR_NS | EL4_SCR_FIQ | EL4_SCR_FW, EL4_HCR_FMO, '1', 'C', '1'},
    {A15, HYP, EL4_SCR_NS | EL4_SCR_FIQ, 0, '2', 'C', '2'},
    {A15, HYP, EL4_SCR_NS | EL4_SCR_FIQ | EL4_SCR_FW, EL4_HCR_FMO, '2', '3', '2'},
    {A15, SVC, EL4_SCR_NS | EL4_SCR_EA, 0, '1', '1', 'C'},
    {A15, SVC, EL4_SCR_NS | EL4_SCR_EA | EL4_SCR_AW, 0, '1', '1', '3'},
    {A15, SVC, EL4_SCR_NS | EL4_SCR_IRQ, 0, '3', '1', '1'},
    {A15, SVC, EL4_SCR_NS | EL4_SCR_IRQ, EL4_HCR_IMO, 'C', '1', '1'},
    /* without the Virtualization Extensions CPSR masks everything */
    {A9, SVC, EL4_SCR_NS | EL4_SCR_FIQ | EL4_SCR_EA, 0, '1', '3', '3'},
    {A9, USR, EL4_SCR_IRQ, 0, '3', '3', '3'},
};

static void check_interrupt(const struct el4_cpu *cpu, enum el4_vector_offset vector,
                            char expected, bool masked)
{
    bool maskable = expected < 'A';
    unsigned target = (unsigned)(maskable ? expected - '0' : expected - 'A' + 1);
    assert_int_equal(el4_cpu_physical_target(cpu, vector), masked && maskable ? 0 : target);
}

static void test_interrupts(void **state)
{
    for (size_t i = 0; i < COUNT(interrupt_rows); i++) {
        const struct interrupt_row *row = &interrupt_rows[i];
        struct machine machine;
        struct el4_cpu *cpu =
            machine_cpu(&machine, (struct machine_options){.model = row->model});
        cpu->regs.scr_el3 = row->scr;
        cpu->regs.hcr_el2 = row->hcr;
        be_in(cpu, row->mode);
        for (unsigned masked = 0; masked < 2; masked++) {
            set_masks(cpu, masked);
            check_interrupt(cpu, EL4_VECTOR_IRQ, row->irq, masked);
            check_interrupt(cpu, EL4_VECTOR_FIQ, row->fiq, masked);
            check_interrupt(cpu, EL4_VECTOR_SERROR, row->serror, masked);
        }
        el4_cpu_free(cpu);
    }
}

static void test_virtual_interrupts(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.model = A15});
    cpu->regs.scr_el3 = EL4_SCR_NS;
    cpu->regs.hcr_el2 = EL4_HCR_IMO | EL4_HCR_FMO | EL4_HCR_AMO | EL4_HCR_VI;
    cpu->regs.vbar[1] = 0x10000;
    be_in(cpu, HYP);
    set_masks(cpu, false);
    assert_int_equal(el4_cpu_virtual_target(cpu, EL4_VECTOR_IRQ), 0);
    be_in(cpu, SVC);
    set_masks(cpu, true);
    assert_int_equal(el4_cpu_virtual_target(cpu, EL4_VECTOR_IRQ), 0);
    set_masks(cpu, false);
    assert_int_equal(el4_cpu_virtual_target(cpu, EL4_VECTOR_IRQ), 1);
    cpu->slot[EL4_SLOT_PC] = PC;
    assert_true(el4_cpu_service_attention(cpu));
    assert_int_equal(cpu->a32.mode, EL4_A32_IRQ);
    assert_int_equal(cpu->slot[14], PC + 4);
    assert_int_equal(el4_cpu_pc(cpu), 0x10018);

    /* A virtual abort is taken once, as an asynchronous one. */
    cpu->regs.hcr_el2 = EL4_HCR_AMO | EL4_HCR_VSE;
    be_in(cpu, SVC);
    set_masks(cpu, false);
    cpu->slot[EL4_SLOT_PC] = PC;
    assert_true(el4_cpu_service_attention(cpu));
    assert_int_equal(cpu->a32.mode, EL4_A32_ABT);
    assert_int_equal(cpu->regs.esr[1], 0x406); /* FS = 0b10110 */
    assert_false(cpu->regs.hcr_el2 & EL4_HCR_VSE);
    el4_cpu_free(cpu);
}

/* ---- SVC, HVC, SMC ---- */

#define HANDLED 0u /* a mode that is none: the service chain answered */

static const struct call_row {
    enum el4_raise_kind kind;
    const char *model;
    uint32_t mode;
    uint64_t scr, hcr;
    bool no_el3, emulated, handled;
    uint32_t to;      /* mode */
    uint32_t vector;  /* in its table */
    unsigned lr_plus; /* preferred return: 0 the instruction, 4 the next */
    uint64_t hsr;     /* in Hyp mode */
} call_rows[] = {
    /* SVC */
    {EL4_RAISE_SVC, A15, USR, EL4_SCR_NS, .to = SVC, .vector = 8, .lr_plus = 4},
    {EL4_RAISE_SVC, A15, USR, EL4_SCR_NS, EL4_HCR_TGE, .to = HYP, .vector = 0x14, .lr_plus = 4,
     .hsr = 0x46000012},
    {EL4_RAISE_SVC, A15, USR, 0, EL4_HCR_TGE, .to = SVC, .vector = 8, .lr_plus = 4},
    {EL4_RAISE_SVC, A15, SVC, EL4_SCR_NS, .to = SVC, .vector = 8, .lr_plus = 4},
    {EL4_RAISE_SVC, A15, HYP, EL4_SCR_NS, .to = HYP, .vector = 8, .lr_plus = 4,
     .hsr = 0x46000012},
    {EL4_RAISE_SVC, A15, MON, 0, .to = SVC, .vector = 8, .lr_plus = 4},
    /* HVC */
    {EL4_RAISE_HVC, A15, USR, EL4_SCR_NS | EL4_SCR_HCE, .to = UND, .vector = 4, .lr_plus = 4},
    {EL4_RAISE_HVC, A15, SVC, EL4_SCR_NS | EL4_SCR_HCE, .to = HYP, .vector = 0x14, .lr_plus = 4,
     .hsr = 0x4a000012},
    {EL4_RAISE_HVC, A15, SVC, EL4_SCR_NS, .to = UND, .vector = 4, .lr_plus = 4},
    {EL4_RAISE_HVC, A15, HYP, EL4_SCR_NS | EL4_SCR_HCE, .to = HYP, .vector = 8, .lr_plus = 4,
     .hsr = 0x4a000012},
    {EL4_RAISE_HVC, A15, SVC, EL4_SCR_HCE, .to = UND, .vector = 4, .lr_plus = 4},
    {EL4_RAISE_HVC, A15, MON, EL4_SCR_NS | EL4_SCR_HCE, .to = UND, .vector = 4, .lr_plus = 4},
    {EL4_RAISE_HVC, A15, SVC, .no_el3 = true, .to = HYP, .vector = 0x14, .lr_plus = 4,
     .hsr = 0x4a000012},
    {EL4_RAISE_HVC, A15, SVC, 0, EL4_HCR_HCD, .no_el3 = true, .to = UND, .vector = 4,
     .lr_plus = 4},
    {EL4_RAISE_HVC, A9, SVC, EL4_SCR_NS | EL4_SCR_HCE, .to = UND, .vector = 4, .lr_plus = 4},
    {EL4_RAISE_HVC, A9, SVC, EL4_SCR_NS, .handled = true, .to = HANDLED},
    /* SMC */
    {EL4_RAISE_SMC, A15, USR, EL4_SCR_NS, .to = UND, .vector = 4, .lr_plus = 4},
    {EL4_RAISE_SMC, A15, SVC, EL4_SCR_NS, .to = MON, .vector = 8, .lr_plus = 4},
    {EL4_RAISE_SMC, A15, SVC, EL4_SCR_NS, EL4_HCR_TSC, .to = HYP, .vector = 0x14,
     .hsr = 0x4fe00000},
    {EL4_RAISE_SMC, A15, SVC, EL4_SCR_NS | EL4_SCR_SMD, EL4_HCR_TSC, .to = HYP, .vector = 0x14,
     .hsr = 0x4fe00000},
    {EL4_RAISE_SMC, A15, SVC, EL4_SCR_NS, EL4_HCR_TSC, .handled = true, .to = HYP,
     .vector = 0x14, .hsr = 0x4fe00000},
    {EL4_RAISE_SMC, A15, SVC, EL4_SCR_NS | EL4_SCR_SMD, .to = UND, .vector = 4, .lr_plus = 4},
    {EL4_RAISE_SMC, A15, HYP, EL4_SCR_NS, EL4_HCR_TSC, .to = MON, .vector = 8, .lr_plus = 4},
    {EL4_RAISE_SMC, A15, HYP, EL4_SCR_NS | EL4_SCR_SMD, .to = HYP, .vector = 4,
     .hsr = 0x02000000},
    {EL4_RAISE_SMC, A15, SVC, EL4_SCR_SMD, .to = MON, .vector = 8, .lr_plus = 4},
    {EL4_RAISE_SMC, A15, MON, 0, .to = MON, .vector = 8, .lr_plus = 4},
    {EL4_RAISE_SMC, A9, SVC, EL4_SCR_NS | EL4_SCR_SMD, .to = MON, .vector = 8, .lr_plus = 4},
    {EL4_RAISE_SMC, A15, SVC, .no_el3 = true, .to = UND, .vector = 4, .lr_plus = 4},
    {EL4_RAISE_SMC, A15, SVC, EL4_SCR_NS, .emulated = true, .to = UND, .vector = 4,
     .lr_plus = 4},
    {EL4_RAISE_SMC, A15, SVC, EL4_SCR_NS, .emulated = true, .handled = true, .to = HANDLED},
};

static enum el4_ec class_of(enum el4_raise_kind kind)
{
    return kind == EL4_RAISE_SVC   ? EL4_EC_SVC32
           : kind == EL4_RAISE_HVC ? EL4_EC_HVC32
                                   : EL4_EC_SMC32;
}

static uint64_t base_of(uint32_t mode, bool secure)
{
    return mode == MON ? 0x40000 : mode == HYP ? 0x20000 : secure ? 0x30000 : 0x10000;
}

static void check_call(const struct call_row *row)
{
    struct machine machine;
    struct el4_cpu *cpu =
        machine_cpu(&machine, (struct machine_options){.model = row->model,
                                                       .no_el3 = row->no_el3,
                                                       .emulated_el3 = row->emulated});
    if (!row->no_el3) {
        cpu->regs.scr_el3 = row->scr;
    }
    cpu->regs.hcr_el2 = row->hcr;
    machine.answer = row->handled ? EL4_CONDUIT_HANDLED : EL4_CONDUIT_NOT_CLAIMED;
    cpu->regs.vbar[1] = 0x10000;
    cpu->regs.vbar[2] = 0x20000;
    cpu->regs.vbar[3] = 0x30000;
    cpu->regs.a32.mvbar = 0x40000;
    be_in(cpu, row->mode);
    bool secure = el4_cpu_is_secure(cpu);
    raise_and_take(cpu, row->kind, EL4_ESR(class_of(row->kind), 0x12), PC);

    if (row->to == HANDLED) {
        assert_int_equal(machine.calls, 1);
        assert_int_equal(cpu->a32.mode, row->mode);
        assert_int_equal(el4_cpu_pc(cpu), PC + 4);
        el4_cpu_free(cpu);
        return;
    }
    assert_int_equal(cpu->a32.mode, row->to);
    assert_int_equal(el4_cpu_pc(cpu), base_of(row->to, secure) + row->vector);
    if (row->to == HYP) {
        assert_int_equal(cpu->regs.elr[2], PC + row->lr_plus);
        assert_int_equal(cpu->regs.esr[2], row->hsr);
    } else {
        assert_int_equal(cpu->slot[14], PC + row->lr_plus);
    }
    el4_cpu_free(cpu);
}

static void test_calls(void **state)
{
    for (size_t i = 0; i < COUNT(call_rows); i++) {
        check_call(&call_rows[i]);
    }
}

/* The IT block goes on behind a call that was answered, and stays for one that is undefined. */
static void test_calls_in_it_block(void **state)
{
    for (unsigned handled = 0; handled < 2; handled++) {
        struct machine machine;
        struct el4_cpu *cpu =
            machine_cpu(&machine, (struct machine_options){.model = A15, .emulated_el3 = true});
        machine.answer = handled ? EL4_CONDUIT_HANDLED : EL4_CONDUIT_NOT_CLAIMED;
        be_in(cpu, SVC);
        cpu->pstate |= EL4_PSTATE_T | el4_pstate_of_it(0x14);
        el4_cpu_update_mode(cpu);
        el4_cpu_raise_at(cpu, EL4_RAISE_SMC, EL4_ESR(EL4_EC_SMC32, 0), PC);
        if (handled) {
            assert_int_equal(el4_pstate_it(cpu->pstate), 0x08);
        } else {
            assert_int_equal(el4_pstate_it(el4_a32_read_spsr(cpu)), 0x14);
            assert_int_equal(cpu->slot[14], PC + 2);
        }
        el4_cpu_free(cpu);
    }
}

/* A T16 SVC: IL is clear, the next instruction two bytes on. */
static void test_short_svc(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.model = A15});
    cpu->regs.scr_el3 = EL4_SCR_NS;
    cpu->regs.hcr_el2 = EL4_HCR_TGE;
    be_in(cpu, USR);
    el4_cpu_raise_at(cpu, EL4_RAISE_SVC, EL4_ESR(EL4_EC_SVC32, 5) & ~(uint64_t)EL4_ESR_IL, PC);
    assert_int_equal(cpu->regs.esr[2], 0x44000005);
    assert_int_equal(cpu->regs.elr[2], PC + 2);
    el4_cpu_free(cpu);
}

/* ---- returns ---- */

static void test_returns(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.model = A15});
    cpu->regs.scr_el3 = EL4_SCR_NS;
    be_in(cpu, SVC);
    cpu->exclusive_va = 0x1000;
    /* to T32 in an IT block, big-endian: everything comes back */
    el4_a32_exception_return(cpu, 0x9003, 0xa80f0e30 | 2u << 25);
    assert_int_equal(el4_a32_cpsr(cpu), 0xa80f0e30 | 2u << 25);
    assert_int_equal(el4_cpu_pc(cpu), 0x9002);
    assert_true(cpu->mode.thumb && cpu->mode.big_endian && el4_cpu_el(cpu) == 0);
    assert_int_equal(cpu->exclusive_va, EL4_TLB_NO_TAG);
    /* to A32: IT makes no sense there, and the address is a word's */
    be_in(cpu, EL4_A32_IRQ);
    el4_a32_exception_return(cpu, 0x9003, 0x06000c13);
    assert_int_equal(el4_a32_cpsr(cpu), 0x13);
    assert_int_equal(el4_cpu_pc(cpu), 0x9000);
    /* up, and to no mode: v7 keeps the mode */
    el4_a32_exception_return(cpu, 0x9000, 0x1a);
    assert_int_equal(cpu->a32.mode, SVC);
    el4_a32_exception_return(cpu, 0x9000, 0x03);
    assert_int_equal(cpu->a32.mode, SVC);
    /* ERET in Hyp mode: ELR_hyp, and the banks of the mode it goes to */
    be_in(cpu, HYP);
    cpu->a32.r13[EL4_A32_BANK_ABT] = 0x77;
    cpu->regs.elr[2] = 0xfffffff0;
    cpu->regs.spsr[2] = 0x197;
    el4_a32_eret(cpu);
    assert_int_equal(el4_a32_cpsr(cpu), 0x197);
    assert_int_equal(el4_cpu_pc(cpu), 0xfffffff0);
    assert_int_equal(cpu->slot[13], 0x77);
    /* Monitor to the Non-secure world: with SCR.NS set the target is EL1, or Hyp mode */
    be_in(cpu, MON);
    cpu->slot[14] = 0x8000;
    cpu->regs.spsr[3] = 0x1d3;
    el4_a32_eret(cpu);
    assert_true(el4_cpu_el(cpu) == 1 && !el4_cpu_is_secure(cpu));
    be_in(cpu, MON);
    el4_a32_exception_return(cpu, 0x8000, 0x1da);
    assert_int_equal(el4_cpu_el(cpu), 2);
    el4_cpu_free(cpu);
}

static void test_illegal_return_v8(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){0});
    struct el4_cpu_entry entry = {.pc = 0x8000, .el = 1, .aarch32 = true};
    static const uint32_t spsrs[] = {0x1c5, 0x1da, 0x1d6, 0x1d4};
    for (size_t i = 0; i < COUNT(spsrs); i++) {
        el4_cpu_enter(cpu, &entry);
        el4_a32_exception_return(cpu, 0x8000, spsrs[i] | 0x80000000);
        assert_true(cpu->mode.illegal);
        assert_int_equal(el4_a32_cpsr(cpu), 0x801001d3 | 0);
    }
    el4_cpu_free(cpu);
}

/* ---- between the widths ---- */

static struct el4_cpu *at_el(struct machine *machine, unsigned el, uint64_t scr, uint64_t hcr)
{
    struct el4_cpu *cpu = machine_cpu(machine, (struct machine_options){0});
    cpu->regs.scr_el3 = scr;
    cpu->regs.hcr_el2 = hcr;
    machine_set_el(cpu, el);
    for (unsigned el_of = 1; el_of <= 3; el_of++) {
        cpu->regs.vbar[el_of] = 0x100000 * el_of;
    }
    for (unsigned n = 0; n <= 30; n++) {
        cpu->slot[n] = UINT64_C(0xabcd00000000) + 0x100 + n;
    }
    cpu->slot[EL4_SLOT_SP] = UINT64_C(0x1111000000000000) + el;
    return cpu;
}

static uint64_t eret(struct el4_cpu *cpu, uint64_t target, uint32_t spsr)
{
    cpu->regs.spsr[el4_cpu_el(cpu)] = spsr;
    el4_cpu_exception_return(cpu, target);
    return el4_cpu_pc(cpu);
}

static void test_user_under_a64(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = at_el(&machine, 1, EL4_SCR_NS | EL4_SCR_RW, EL4_HCR_RW);
    uint32_t spsr = 0x680a0030 | 1u << 24; /* Z, C, Q, GE, DIT, T32 */
    assert_int_equal(eret(cpu, 0x12345679, spsr), 0x12345678);
    assert_int_equal(el4_cpu_spsr(cpu), spsr);
    assert_int_equal(el4_a32_cpsr(cpu), 0x682a0030); /* DIT is elsewhere in the CPSR */
    assert_true(cpu->mode.aarch32 && cpu->mode.thumb && cpu->mode.el == 0);
    assert_int_equal(cpu->slot[14], 0x10e);
    cpu->slot[14] = 0xffffffff;
    el4_cpu_raise_at(cpu, EL4_RAISE_SVC, EL4_ESR(EL4_EC_SVC32, 7) & ~(uint64_t)EL4_ESR_IL,
                     0x12345678);
    assert_false(cpu->mode.aarch32);
    assert_int_equal(cpu->regs.esr[1], 0x44000007);
    assert_int_equal(cpu->regs.elr[1], 0x1234567a);
    assert_int_equal(cpu->regs.spsr[1], spsr);
    assert_int_equal(el4_cpu_pc(cpu), 0x100600);
    assert_int_equal(cpu->slot[14], 0xffffffff);
    assert_int_equal(cpu->slot[15], UINT64_C(0xabcd0000010f)); /* was out of reach */
    assert_int_equal(cpu->slot[EL4_SLOT_SP], UINT64_C(0x1111000000000001));
    assert_int_equal(cpu->pstate & 0x3ff, 0x3c5);
    el4_cpu_free(cpu);
}

static void test_guest_under_a64(void **state)
{
    struct machine machine;
    uint64_t scr = EL4_SCR_NS | EL4_SCR_RW | EL4_SCR_HCE;
    struct el4_cpu *cpu = at_el(&machine, 2, scr, 0); /* HCR_EL2.RW clear */
    assert_int_equal(eret(cpu, 0x8000, 0x1d3), 0x8000);
    assert_int_equal(cpu->a32.mode, SVC);
    assert_int_equal(cpu->slot[13], 0x113); /* X19, X18 */
    assert_int_equal(cpu->slot[14], 0x112);
    /* DDI 0487 D1.20: where every banked register comes from */
    static const struct {
        uint32_t mode;
        unsigned n, x;
    } map[] = {
        {USR, 13, 13},         {USR, 14, 14}, {HYP, 13, 15}, {EL4_A32_IRQ, 14, 16},
        {EL4_A32_IRQ, 13, 17}, {SVC, 14, 18}, {SVC, 13, 19}, {EL4_A32_ABT, 14, 20},
        {EL4_A32_ABT, 13, 21}, {UND, 14, 22}, {UND, 13, 23}, {EL4_A32_FIQ, 13, 29},
        {EL4_A32_FIQ, 14, 30},
    };
    for (size_t i = 0; i < COUNT(map); i++) {
        assert_int_equal(el4_a32_read_mode_reg(cpu, map[i].mode, map[i].n), 0x100 + map[i].x);
        el4_a32_write_mode_reg(cpu, map[i].mode, map[i].n, 0x80000200 + map[i].x);
    }
    be_in(cpu, EL4_A32_FIQ);
    assert_int_equal(cpu->slot[8], 0x118);
    cpu->slot[12] = 0x80000300;
    /* an undefined instruction stays in AArch32 EL1 */
    el4_cpu_raise_at(cpu, EL4_RAISE_UNDEF, EL4_ESR(EL4_EC_UNKNOWN, 0), 0x8100);
    assert_int_equal(cpu->a32.mode, UND);
    assert_int_equal(el4_cpu_pc(cpu), 0x100004);
    el4_a32_write_mode_reg(cpu, UND, 14, 0x80000216);
    el4_cpu_raise_at(cpu, EL4_RAISE_HVC, EL4_ESR(EL4_EC_HVC32, 0), 0x8104);
    assert_int_equal(cpu->regs.esr[2], 0x4a000000);
    assert_int_equal(cpu->regs.elr[2], 0x8108);
    assert_int_equal(cpu->regs.spsr[2] & 0x1f, UND);
    assert_int_equal(el4_cpu_pc(cpu), 0x200600);
    for (unsigned n = 0; n <= 30; n++) {
        bool mapped = (n >= 13 && n <= 23) || n >= 29;
        uint64_t low = n < 13    ? 0x100 + n
                       : mapped  ? 0x80000200 + n
                       : n == 28 ? 0x80000300
                                 : UINT64_C(0xabcd00000100) + n;
        assert_int_equal(cpu->slot[n], low);
    }
    el4_cpu_free(cpu);
}

static void test_smc_under_a64(void **state)
{
    struct machine machine;
    /* EL3 in AArch64 above Secure AArch32 EL1: SMC is EC 0x13 without the immediate */
    struct el4_cpu *cpu = at_el(&machine, 3, 0, 0);
    eret(cpu, 0x8000, 0x1d3);
    assert_true(el4_cpu_is_secure(cpu) && el4_cpu_el(cpu) == 1);
    el4_cpu_raise_at(cpu, EL4_RAISE_SMC, EL4_ESR(EL4_EC_SMC32, 5), 0x8000);
    assert_int_equal(cpu->regs.esr[3], 0x4e000000);
    assert_int_equal(cpu->regs.elr[3], 0x8004);
    assert_int_equal(el4_cpu_pc(cpu), 0x300600);
    /* EL2 in AArch32, too: User under Hyp mode, a data abort to Hyp */
    cpu->regs.scr_el3 = EL4_SCR_NS;
    cpu->regs.hcr_el2 = EL4_HCR_TGE;
    eret(cpu, 0x8000, 0x10);
    struct el4_exception e = {
        .esr = EL4_ESR(EL4_EC_DATA_ABORT_LOWER, 0x21),
        .far = 0x3,
        .far_valid = true,
        .target_el = el4_cpu_sync_target(cpu),
        .kind = EL4_RAISE_TARGET,
    };
    el4_cpu_take_exception(cpu, &e, 0x8004);
    assert_int_equal(cpu->a32.mode, HYP);
    assert_int_equal(el4_cpu_pc(cpu), 0x200014);
    assert_int_equal(cpu->regs.esr[2], 0x92000021);
    assert_int_equal(cpu->regs.far[2], 3);
    el4_cpu_free(cpu);

    /* TSC: v8 has neither condition nor immediate in the syndrome */
    cpu = at_el(&machine, 2, EL4_SCR_NS | EL4_SCR_RW, EL4_HCR_TSC);
    eret(cpu, 0x8000, 0x1d3);
    el4_cpu_raise_at(cpu, EL4_RAISE_SMC, EL4_ESR(EL4_EC_SMC32, 5), 0x8000);
    assert_int_equal(cpu->regs.esr[2], 0x4e000000);
    assert_int_equal(cpu->regs.elr[2], 0x8000);
    el4_cpu_free(cpu);
}

static void test_illegal_widths(void **state)
{
    static const struct {
        unsigned el;
        uint64_t scr, hcr;
        uint32_t spsr;
        bool legal;
    } rows[] = {
        {1, EL4_SCR_NS | EL4_SCR_RW, EL4_HCR_RW, 0x1d0, true},
        {1, EL4_SCR_NS | EL4_SCR_RW, EL4_HCR_RW, 0x1d3, false},
        {1, EL4_SCR_NS | EL4_SCR_RW, EL4_HCR_RW, 0x1dc, false}, /* no mode */
        {2, EL4_SCR_NS | EL4_SCR_RW, 0, 0x1d3, true},
        {2, EL4_SCR_NS | EL4_SCR_RW, 0, 0x1df, true},
        {2, EL4_SCR_NS | EL4_SCR_RW, 0, 0x3c0, false}, /* EL0 wider than EL1 */
        {2, EL4_SCR_NS | EL4_SCR_RW, 0, 0x1da, false},
        {2, EL4_SCR_NS | EL4_SCR_RW, EL4_HCR_TGE, 0x1d3, false},
        {3, EL4_SCR_NS, 0, 0x1da, true},
        {3, 0, 0, 0x1da, false},          /* no Secure Hyp mode */
        {3, EL4_SCR_NS, 0, 0x1d6, false}, /* no Monitor below AArch64 */
        {3, EL4_SCR_NS | EL4_SCR_RW, 0, 0x1da, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct machine machine;
        struct el4_cpu *cpu = at_el(&machine, rows[i].el, rows[i].scr, rows[i].hcr);
        eret(cpu, 0x8000, rows[i].spsr);
        assert_int_equal(!cpu->mode.illegal, rows[i].legal);
        assert_int_equal(cpu->mode.aarch32, rows[i].legal);
        el4_cpu_free(cpu);
    }
}

/* ---- floating point ---- */

#define CP10_ALL  (3u << 20)
#define CP10_PRIV (1u << 20)

static void test_fp_access(void **state)
{
    static const struct {
        uint32_t mode;
        uint64_t cpacr, nsacr, hcptr, fpexc;
        bool secure;
        unsigned trap; /* mode.fp_trap_el */
        uint64_t esr;
        bool simd_off;
    } rows[] = {
        {SVC, CP10_ALL, EL4_NSACR_CP10, 0, EL4_FPEXC_EN, false, 0, 0, false},
        {SVC, 0, EL4_NSACR_CP10, 0, EL4_FPEXC_EN, false, 1, 0x02000000, true},
        {USR, CP10_PRIV, EL4_NSACR_CP10, 0, EL4_FPEXC_EN, false, 1, 0x02000000, true},
        {SVC, CP10_PRIV, EL4_NSACR_CP10, 0, EL4_FPEXC_EN, false, 0, 0, false},
        {SVC, CP10_ALL, 0, 0, EL4_FPEXC_EN, false, 1, 0x02000000, true},
        {SVC, CP10_ALL, 0, 0, EL4_FPEXC_EN, true, 0, 0, false},
        {SVC, CP10_ALL, EL4_NSACR_CP10, 0, 0, false, 1, 0x02000000, true},
        {SVC, CP10_ALL, EL4_NSACR_CP10, EL4_HCPTR_TCP10, EL4_FPEXC_EN, false, 2, 0x1fe0000a,
         true},
        {HYP, 0, EL4_NSACR_CP10, EL4_HCPTR_TCP10, EL4_FPEXC_EN, false, 2, 0x1fe0000a, true},
        {HYP, 0, EL4_NSACR_CP10, 0, EL4_FPEXC_EN, false, 0, 0, false},
        {HYP, 0, 0, 0, EL4_FPEXC_EN, false, 2, 0x1fe0000a, true},
        {SVC, CP10_ALL, EL4_NSACR_CP10, EL4_HCPTR_TASE, EL4_FPEXC_EN, false, 0, 0, true},
        {SVC, CP10_ALL | EL4_CPACR_ASEDIS, EL4_NSACR_CP10, 0, EL4_FPEXC_EN, false, 0, 0, true},
        {SVC, CP10_ALL, EL4_NSACR_CP10 | EL4_NSACR_NSASEDIS, 0, EL4_FPEXC_EN, false, 0, 0,
         true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct machine machine;
        struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.model = A15});
        cpu->regs.scr_el3 = rows[i].secure ? 0 : EL4_SCR_NS;
        cpu->regs.cpacr_el1 = rows[i].cpacr;
        cpu->regs.a32.nsacr = rows[i].nsacr;
        cpu->regs.cptr_el2 = rows[i].hcptr;
        cpu->regs.fpexc32_el2 = rows[i].fpexc;
        be_in(cpu, rows[i].mode);
        assert_int_equal(cpu->mode.fp_trap_el, rows[i].trap);
        assert_int_equal(cpu->mode.simd_off, rows[i].simd_off);
        assert_false(cpu->mode.d32_off || cpu->mode.fp_vectors);
        if (rows[i].trap) {
            struct el4_exception e = {0};
            assert_true(el4_a32_fp_is_trapped(cpu, true, 0, &e));
            assert_int_equal(e.esr, rows[i].esr);
            assert_int_equal(e.target_el, rows[i].trap);
        }
        el4_cpu_free(cpu);
    }
    /* HCPTR.TASE: Advanced SIMD alone, with TA in the syndrome. */
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.model = A15});
    cpu->regs.scr_el3 = EL4_SCR_NS;
    cpu->regs.cpacr_el1 = CP10_ALL | EL4_CPACR_D32DIS;
    cpu->regs.a32.nsacr = EL4_NSACR_CP10;
    cpu->regs.cptr_el2 = EL4_HCPTR_TASE;
    cpu->regs.fpexc32_el2 = EL4_FPEXC_EN;
    cpu->regs.fp.fpcr = 1u << 16;
    be_in(cpu, SVC);
    assert_true(cpu->mode.d32_off && cpu->mode.fp_vectors);
    raise_and_take(cpu, EL4_RAISE_FP_TRAP, 0x1f00020, PC);
    assert_int_equal(cpu->a32.mode, HYP);
    assert_int_equal(cpu->regs.esr[2], 0x1ff00020);
    el4_cpu_free(cpu);
}

/* ---- WFI ---- */

static void test_wait_traps(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.model = A15});
    uint64_t result;
    cpu->regs.scr_el3 = EL4_SCR_NS;
    cpu->regs.sctlr[1] = 0; /* nTWI and nTWE are v8's */
    be_in(cpu, USR);
    assert_true(try_call(cpu, el4_wfi_call, 0, 0, 0, &result));
    assert_true(cpu->waiting);
    cpu->regs.hcr_el2 = EL4_HCR_TWI;
    assert_false(try_call(cpu, el4_wfi_call, 0, 0, 0, &result));
    assert_int_equal(cpu->exception.target_el, 2);
    assert_int_equal(cpu->exception.esr, 0x07e00000);
    el4_cpu_free(cpu);
}

static void wait_is_trapped(struct el4_cpu *cpu, uint32_t from, uint32_t to, uint64_t vector)
{
    uint64_t result;
    be_in(cpu, from);
    assert_false(try_call(cpu, el4_wfe_call, 0, 0, 0, &result));
    const struct el4_exception e = cpu->exception;
    el4_cpu_take_exception(cpu, &e, PC);
    assert_int_equal(cpu->a32.mode, to);
    assert_int_equal(cpu->slot[14], PC + 4);
    assert_int_equal(el4_cpu_pc(cpu), vector);
}

/* v8 with an AArch32 EL3: SCR's traps are Monitor Traps, what SCTLR denies is UNDEFINED. */
static void test_wait_traps_to_monitor(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(
        &machine, (struct machine_options){.model = "cortex-a53", .aarch32_only = true});
    cpu->regs.a32.mvbar = 0x20000;
    cpu->regs.vbar[3] = 0x10000;
    cpu->regs.scr_el3 = EL4_SCR_TWE;
    cpu->regs.sctlr[3] |= EL4_SCTLR_NTWE;
    wait_is_trapped(cpu, SVC, MON, 0x20004);
    wait_is_trapped(cpu, USR, MON, 0x20004);
    cpu->regs.sctlr[3] &= ~EL4_SCTLR_NTWE;
    wait_is_trapped(cpu, USR, UND, 0x10004);
    el4_cpu_free(cpu);
}

/* A v8 core without AArch64: what was derived from the AA64 registers has to come from others.
 */
static void test_v8_in_aarch32_only(void **state)
{
    static const char *const models[] = {"cortex-a53", "max"};
    for (size_t i = 0; i < COUNT(models); i++) {
        struct machine machine;
        struct el4_cpu *both =
            machine_cpu(&machine, (struct machine_options){.model = models[i]});
        struct el4_features f = both->features;
        el4_cpu_free(both);
        struct el4_cpu *cpu = machine_cpu(
            &machine, (struct machine_options){.model = models[i], .aarch32_only = true});
        assert_false(cpu->features.aarch64);
        assert_true(cpu->features.el2 && cpu->features.el3_a32 && cpu->features.a32_v8);
        assert_false(cpu->features.vhe || cpu->features.lse || cpu->features.pauth);
        assert_int_equal(cpu->features.breakpoints, f.breakpoints);
        assert_int_equal(cpu->features.watchpoints, f.watchpoints);
        assert_int_equal(cpu->features.context_breakpoints, f.context_breakpoints);
        assert_int_equal(cpu->features.pan, f.pan);
        assert_int_equal(cpu->features.dit, f.dit);
        assert_int_equal(cpu->features.ssbs, f.ssbs);
        assert_int_equal(cpu->a32.mode, SVC);
        assert_int_equal(el4_cpu_el(cpu), 3);
        assert_true(el4_cpu_is_secure(cpu));
        el4_cpu_free(cpu);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interrupts),
        cmocka_unit_test(test_virtual_interrupts),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_calls_in_it_block),
        cmocka_unit_test(test_short_svc),
        cmocka_unit_test(test_returns),
        cmocka_unit_test(test_illegal_return_v8),
        cmocka_unit_test(test_user_under_a64),
        cmocka_unit_test(test_guest_under_a64),
        cmocka_unit_test(test_smc_under_a64),
        cmocka_unit_test(test_illegal_widths),
        cmocka_unit_test(test_fp_access),
        cmocka_unit_test(test_wait_traps),
        cmocka_unit_test(test_wait_traps_to_monitor),
        cmocka_unit_test(test_v8_in_aarch32_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
