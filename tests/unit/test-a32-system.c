/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 instructions of privileged modes, which the comparison with qemu-arm (tests/insn)
 * cannot reach as it is in User mode: exception returns, transfers of User mode's registers,
 * SRS and RFE, banked registers, SVC, HLT, SETPAN, LDC and STC. Each is run through the engine
 * on a v8 core whose EL3 is AArch32; what it must do is from DDI 0487 F5.1.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "cpu/a32-private.h"
#include "cpu/env.h"
#include "engine/engine.h"
#include "isa/isa.h"
#include "test-engine-fixture.h"

#define CODE    (RAM + 0x1000)
#define DATA    (RAM + 0x4000)
#define TARGET  (RAM + 0x5000)
#define VECTORS (RAM + 0x10000)

enum {
    WFI_A32 = 0xe320f003,
    WFI_T16 = 0xbf30,
    USR = EL4_A32_USR,
    FIQ = EL4_A32_FIQ,
    IRQ = EL4_A32_IRQ,
    SVC = EL4_A32_SVC,
    ABT = EL4_A32_ABT,
    HYP = EL4_A32_HYP,
    SPSR_USR = USR | 0x60000000,
    SPSR_USR_T = SPSR_USR | EL4_PSTATE_T,
};

struct fixture {
    struct el4_bus *bus;
    struct el4_cpu *cpu;
    uint8_t *host;
};

/* An instruction in both sets; 0: there is none. T16 if its upper half is 0. */
struct insn {
    uint32_t a32, t32;
};

static void put(struct fixture *f, uint64_t address, uint32_t value)
{
    memcpy(f->host + (address - RAM), &value, sizeof(value));
}

static uint32_t get(const struct fixture *f, uint64_t address)
{
    uint32_t value;
    memcpy(&value, f->host + (address - RAM), sizeof(value));
    return value;
}

static int set_up(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);
    const struct el4_cpu_config config = {
        .has_el2 = true, .has_el3 = true, .aarch32_only = true};
    engine_set_up(&config, &f->bus, &f->cpu, &f->host);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    engine_tear_down(f->bus, f->cpu);
    g_free(f);
    return 0;
}

static void set_banked(struct fixture *f, uint32_t mode, unsigned n, uint32_t value)
{
    uint32_t now = f->cpu->a32.mode;
    el4_a32_set_mode(f->cpu, mode);
    f->cpu->slot[n] = value;
    el4_a32_set_mode(f->cpu, now);
}

static uint32_t get_banked(struct fixture *f, uint32_t mode, unsigned n)
{
    uint32_t now = f->cpu->a32.mode;
    el4_a32_set_mode(f->cpu, mode);
    uint32_t value = (uint32_t)f->cpu->slot[n];
    el4_a32_set_mode(f->cpu, now);
    return value;
}

static void set_spsr(struct fixture *f, uint32_t mode, uint32_t value)
{
    *el4_a32_spsr_of(f->cpu, mode) = value;
}

/* In a mode, all registers a pattern, R0 and SP the address of the data. */
static void prepare(struct fixture *f, uint32_t mode)
{
    struct el4_cpu *cpu = f->cpu;
    el4_cpu_reset(cpu);
    cpu->regs.scr_el3 = mode == HYP ? EL4_SCR_NS | EL4_SCR_HCE : 0;
    cpu->regs.vbar[1] = cpu->regs.vbar[2] = cpu->regs.vbar[3] = VECTORS;
    el4_a32_set_mode(cpu, mode);
    for (unsigned n = 0; n < 15; n++) {
        cpu->slot[n] = 0x0e000000 + n;
    }
    cpu->slot[0] = cpu->slot[13] = DATA;
    for (uint64_t at = DATA - 32; at < DATA + 32; at += 4) {
        put(f, at, 0x11110000 + (uint32_t)(at & 0xffff));
    }
}

/* Until the WFI behind it, or where it leads to; returns the address of that WFI. */
static uint64_t run(struct fixture *f, uint32_t insn, bool thumb)
{
    struct el4_cpu *cpu = f->cpu;
    for (uint64_t at = 0; at < 32; at += 4) {
        put(f, VECTORS + at, WFI_A32);
    }
    put(f, CODE, insn);
    put(f, CODE + 4, WFI_A32);
    if (thumb) {
        bool is_short = insn >> 16 == 0;
        put(f, CODE, is_short ? insn | (uint32_t)WFI_T16 << 16 : insn >> 16 | insn << 16);
        put(f, CODE + 4, WFI_T16);
        cpu->pstate |= EL4_PSTATE_T;
    }
    cpu->slot[EL4_SLOT_PC] = CODE;
    el4_engine_flush(cpu);
    el4_cpu_update_mode(cpu);
    cpu->icount_limit = cpu->icount + 4;
    assert_int_equal(el4_engine_run(cpu), EL4_ENGINE_WAIT);
    return el4_cpu_pc(cpu) - (cpu->pstate & EL4_PSTATE_T ? 2 : 4);
}

/* An instruction that goes on behind itself, in the mode in which it was. */
static void run_through(struct fixture *f, uint32_t insn, bool thumb)
{
    uint32_t mode = f->cpu->a32.mode;
    assert_int_equal(run(f, insn, thumb), CODE + (thumb && insn >> 16 == 0 ? 2 : 4));
    assert_int_equal(f->cpu->a32.mode, mode);
}

/* One that returns to TARGET in User mode, with its flags, in A32 or T32. */
static void run_return(struct fixture *f, uint32_t insn, bool thumb, bool to_thumb)
{
    put(f, TARGET, to_thumb ? WFI_T16 : WFI_A32);
    assert_int_equal(run(f, insn, thumb), TARGET);
    assert_int_equal(f->cpu->a32.mode, USR);
    assert_int_equal(el4_a32_cpsr(f->cpu) & 0xf80001ff, to_thumb ? SPSR_USR_T : SPSR_USR);
}

/* ---- LDM and STM with ^ ---- */

static void test_user_registers(void **state)
{
    struct fixture *f = *state;
    prepare(f, IRQ);
    run_through(f, 0xe8d06002, false); /* LDMIA R0, {R1, SP, LR}^ */
    assert_int_equal(f->cpu->slot[1], get(f, DATA));
    assert_int_equal(get_banked(f, USR, 13), get(f, DATA + 4));
    assert_int_equal(get_banked(f, USR, 14), get(f, DATA + 8));
    assert_int_equal(f->cpu->slot[13], DATA);

    prepare(f, FIQ);
    run_through(f, 0xe9d01100, false); /* LDMIB R0, {R8, R12}^ */
    assert_int_equal(get_banked(f, USR, 8), get(f, DATA + 4));
    assert_int_equal(get_banked(f, USR, 12), get(f, DATA + 8));
    assert_int_equal(f->cpu->slot[8], 0x0e000008);

    prepare(f, IRQ);
    set_banked(f, USR, 13, 0x1313);
    set_banked(f, USR, 14, 0x1414);
    run_through(f, 0xe9406002, false); /* STMDB R0, {R1, SP, LR}^ */
    assert_int_equal(get(f, DATA - 12), 0x0e000001);
    assert_int_equal(get(f, DATA - 8), 0x1313);
    assert_int_equal(get(f, DATA - 4), 0x1414);
}

static void test_ldm_return(void **state)
{
    struct fixture *f = *state;
    for (unsigned to_thumb = 0; to_thumb < 2; to_thumb++) {
        prepare(f, SVC);
        put(f, DATA + 4, TARGET);
        set_spsr(f, SVC, to_thumb ? SPSR_USR_T : SPSR_USR);
        run_return(f, 0xe8fd8002, false, to_thumb); /* LDMIA SP!, {R1, PC}^ */
        assert_int_equal(f->cpu->slot[1], get(f, DATA));
        assert_int_equal(get_banked(f, SVC, 13), DATA + 8);
    }
}

/* ---- SRS and RFE ---- */

static void test_srs(void **state)
{
    struct fixture *f = *state;
    static const struct insn down = {0xf96d0512, 0xe82dc012}; /* SRSDB SP!, #IRQ */
    static const struct insn up = {0xf8cd0512, 0xe98dc012};   /* SRSIA SP, #IRQ */
    for (unsigned thumb = 0; thumb < 2; thumb++) {
        for (unsigned goes_up = 0; goes_up < 2; goes_up++) {
            const struct insn *insn = goes_up ? &up : &down;
            uint64_t at = goes_up ? DATA : DATA - 8;
            prepare(f, SVC);
            f->cpu->slot[13] = 0;
            set_banked(f, IRQ, 13, DATA);
            set_spsr(f, SVC, SPSR_USR_T);
            run_through(f, thumb ? insn->t32 : insn->a32, thumb);
            assert_int_equal(get(f, at), 0x0e00000e);
            assert_int_equal(get(f, at + 4), SPSR_USR_T);
            assert_int_equal(get_banked(f, IRQ, 13), at);
            assert_int_equal(f->cpu->slot[13], 0);
        }
    }
}

static void test_rfe(void **state)
{
    struct fixture *f = *state;
    static const struct insn up = {0xf8b00a00, 0xe9b0c000};   /* RFEIA R0! */
    static const struct insn down = {0xf9100a00, 0xe810c000}; /* RFEDB R0 */
    for (unsigned thumb = 0; thumb < 2; thumb++) {
        for (unsigned goes_up = 0; goes_up < 2; goes_up++) {
            const struct insn *insn = goes_up ? &up : &down;
            bool to_thumb = goes_up;
            uint64_t at = goes_up ? DATA : DATA - 8;
            prepare(f, SVC);
            put(f, at, TARGET);
            put(f, at + 4, to_thumb ? SPSR_USR_T : SPSR_USR);
            run_return(f, thumb ? insn->t32 : insn->a32, thumb, to_thumb);
            assert_int_equal(f->cpu->slot[0], goes_up ? DATA + 8 : DATA);
        }
    }
}

/* ---- banked registers ---- */

static void test_read_banked(void **state)
{
    static const struct {
        struct insn insn;
        uint32_t value;
    } rows[] = {
        {{0xe1051200, 0xf3e58120}, 0x1313},                   /* SP_usr */
        {{0xe1081200, 0xf3e88120}, 0x0808},                   /* R8_fiq */
        {{0xe1401300, 0xf3f08130}, 0x80000000 | EL4_A32_ABT}, /* SPSR_irq */
    };
    struct fixture *f = *state;
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (unsigned thumb = 0; thumb < 2; thumb++) {
            prepare(f, SVC);
            set_banked(f, USR, 13, 0x1313);
            set_banked(f, FIQ, 8, 0x0808);
            set_spsr(f, IRQ, 0x80000000 | EL4_A32_ABT);
            run_through(f, thumb ? rows[i].insn.t32 : rows[i].insn.a32, thumb);
            assert_int_equal(f->cpu->slot[1], rows[i].value);
        }
    }
}

static void test_write_banked(void **state)
{
    static const struct insn lr_irq = {0xe120f302, 0xf3828030};
    static const struct insn spsr_abt = {0xe164f302, 0xf3928430};
    struct fixture *f = *state;
    for (unsigned thumb = 0; thumb < 2; thumb++) {
        prepare(f, SVC);
        run_through(f, thumb ? lr_irq.t32 : lr_irq.a32, thumb);
        assert_int_equal(get_banked(f, IRQ, 14), 0x0e000002);
        assert_int_equal(f->cpu->slot[14], 0x0e00000e);
        prepare(f, SVC);
        f->cpu->slot[2] = SPSR_USR;
        run_through(f, thumb ? spsr_abt.t32 : spsr_abt.a32, thumb);
        assert_int_equal(*el4_a32_spsr_of(f->cpu, ABT), SPSR_USR);
    }
}

/* ---- returns, SVC ---- */

static void test_returns(void **state)
{
    static const struct insn eret = {0xe160006e, 0xf3de8f00};
    static const struct insn subs = {0xe25ef004, 0xf3de8f04}; /* SUBS PC, LR, #4 */
    struct fixture *f = *state;
    for (unsigned thumb = 0; thumb < 2; thumb++) {
        prepare(f, SVC);
        f->cpu->slot[14] = TARGET;
        set_spsr(f, SVC, SPSR_USR_T);
        run_return(f, thumb ? eret.t32 : eret.a32, thumb, true);
        prepare(f, HYP); /* LR is a register like others there */
        f->cpu->regs.elr[2] = TARGET;
        set_spsr(f, HYP, SPSR_USR);
        run_return(f, thumb ? eret.t32 : eret.a32, thumb, false);
        prepare(f, IRQ);
        f->cpu->slot[14] = TARGET + 4;
        set_spsr(f, IRQ, SPSR_USR);
        run_return(f, thumb ? subs.t32 : subs.a32, thumb, false);
    }
}

static void test_svc(void **state)
{
    static const struct insn svc = {0xef000005, 0xdf05};
    struct fixture *f = *state;
    for (unsigned thumb = 0; thumb < 2; thumb++) {
        prepare(f, USR);
        assert_int_equal(run(f, thumb ? svc.t32 : svc.a32, thumb), VECTORS + 8);
        assert_int_equal(f->cpu->a32.mode, SVC);
        assert_int_equal(f->cpu->slot[14], CODE + (thumb ? 2 : 4));
        uint32_t spsr = (uint32_t)*el4_a32_spsr_of(f->cpu, SVC);
        assert_int_equal(spsr & 0x3f, USR | (thumb ? EL4_PSTATE_T : 0));
    }
}

/* ---- semihosting and the EL4 call ---- */

static bool note_hlt(void *data, struct el4_cpu *cpu, uint16_t immediate)
{
    *(unsigned *)data = immediate;
    return true;
}

static bool note_semihosting(void *data, struct el4_cpu *cpu)
{
    *(unsigned *)data = 1;
    return true;
}

static void with_env(struct fixture *f, const struct el4_cpu_env *env, unsigned *note)
{
    *note = 0;
    f->cpu->env = env;
    f->cpu->env_data = note;
}

/* HLT is the machine's with any immediate; semihosting's SVC is never taken for a HLT. */
static void test_machine_calls(void **state)
{
    static const struct el4_cpu_env takes_hlt = {.hlt = note_hlt},
                                    takes_svc = {.semihosting = note_semihosting};
    static const struct insn hlt = {0xe1000374, 0xbab4}; /* HLT #0x34 */
    static const struct insn svc = {0xef123456, 0xdfab};
    struct fixture *f = *state;
    unsigned note;
    for (unsigned thumb = 0; thumb < 2; thumb++) {
        prepare(f, SVC);
        with_env(f, &takes_hlt, &note);
        run_through(f, thumb ? hlt.t32 : hlt.a32, thumb);
        assert_int_equal(note, 0x34);
        prepare(f, SVC);
        with_env(f, &takes_hlt, &note);
        assert_int_equal(run(f, thumb ? svc.t32 : svc.a32, thumb), VECTORS + 8);
        assert_int_equal(note, 0);
        prepare(f, SVC);
        with_env(f, &takes_svc, &note);
        run_through(f, thumb ? svc.t32 : svc.a32, thumb);
        assert_int_equal(note, 1);
        prepare(f, SVC);
        with_env(f, &takes_svc, &note);
        assert_int_equal(run(f, thumb ? hlt.t32 : hlt.a32, thumb), VECTORS + 4);
        f->cpu->env = NULL;
    }
}

/* ---- the rest ---- */

/* Nothing comes from a debugger: DBGDTRRXint is 0, and what DBGDTRTXint gets is lost. */
static void test_debug_transfers(void **state)
{
    static const struct insn ldc = {0xecb05e01, 0xecb05e01}; /* LDC p14, c5, [R0], #4 */
    static const struct insn stc = {0xeda05e01, 0xeda05e01}; /* STC p14, c5, [R0, #4]! */
    struct fixture *f = *state;
    for (unsigned thumb = 0; thumb < 2; thumb++) {
        prepare(f, SVC);
        run_through(f, thumb ? ldc.t32 : ldc.a32, thumb);
        assert_int_equal(f->cpu->slot[0], DATA + 4);
        prepare(f, SVC);
        run_through(f, thumb ? stc.t32 : stc.a32, thumb);
        assert_int_equal(f->cpu->slot[0], DATA + 4);
        assert_int_equal(get(f, DATA + 4), 0);
        assert_int_equal(get(f, DATA), 0x11114000);
    }
}

static void test_setpan(void **state)
{
    static const struct insn set = {0xf1100200, 0xb618}, clear = {0xf1100000, 0xb610};
    struct fixture *f = *state;
    for (unsigned thumb = 0; thumb < 2; thumb++) {
        prepare(f, SVC);
        run_through(f, thumb ? set.t32 : set.a32, thumb);
        assert_true(f->cpu->pstate & EL4_PSTATE_PAN);
        f->cpu->pstate &= ~EL4_PSTATE_T;
        run_through(f, thumb ? clear.t32 : clear.a32, thumb);
        assert_false(f->cpu->pstate & EL4_PSTATE_PAN);
        prepare(f, USR); /* no effect */
        run_through(f, thumb ? set.t32 : set.a32, thumb);
        assert_false(f->cpu->pstate & EL4_PSTATE_PAN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_user_registers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ldm_return, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_srs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rfe, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read_banked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_write_banked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_returns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_svc, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_machine_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_debug_transfers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_setpan, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
