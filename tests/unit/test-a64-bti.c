/* SPDX-License-Identifier: MIT */
/*
 * FEAT_BTI, which the comparison with qemu-aarch64 (tests/insn) does not reach: what an
 * indirect branch may land on in a guarded page, by branch, landing instruction and SCTLR.BT0
 * (DDI 0487 D8.4.5), and that PSTATE.BTYPE is gone one instruction later. Also the alignment
 * check of SP, which that comparison has off.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "cpu/tlb.h"
#include "engine/engine.h"
#include "isa/a64.h"
#include "test-engine-fixture.h"

#define BLOCK_SIZE UINT64_C(0x200000)
#define CODE       (RAM + 0x1000)
#define LANDING    (RAM + 0x2000)
#define VECTORS    (RAM + BLOCK_SIZE)
#define TABLES     (VECTORS + 0x10000)   /* three pages */
#define STOP       (VECTORS + 0x400 + 4) /* where a run ends: after the vector's WFI */

#define DESC_BLOCK (UINT64_C(1) | 1 << 10 | 3 << 8)
#define DESC_EL0   (UINT64_C(1) << 6)
#define DESC_GP    (UINT64_C(1) << 50)

enum {
    INSN_NOP = 0xd503201f,
    INSN_WFI = 0xd503207f,
    INSN_BTI = 0xd503241f,
    INSN_BTI_C = 0xd503245f,
    INSN_BTI_J = 0xd503249f,
    INSN_BTI_JC = 0xd50324df,
    INSN_PACIASP = 0xd503233f,
    INSN_PACIBSP = 0xd503237f,
    INSN_AUTIASP = 0xd50323bf,
    INSN_BR_X0 = 0xd61f0000,
    INSN_BR_X16 = 0xd61f0200,
    INSN_BR_X17 = 0xd61f0220,
    INSN_BLR_X0 = 0xd63f0000,
    INSN_RET_X0 = 0xd65f0000,
    INSN_BRK = 0xd4200000,
    INSN_UDF = 0x00000000,
    INSN_B_LANDING = 0x14000400, /* from CODE */
    INSN_LDR_SP = 0xf94003e1,    /* LDR X1, [SP] */
};

struct fixture {
    struct el4_bus *bus;
    struct el4_cpu *cpu;
    uint8_t *host;
};

static void put64(struct fixture *f, uint64_t address, uint64_t value)
{
    memcpy(f->host + (address - RAM), &value, sizeof(value));
}

static void put32(struct fixture *f, uint64_t address, uint32_t value)
{
    memcpy(f->host + (address - RAM), &value, sizeof(value));
}

static int set_up(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);
    const struct el4_cpu_config config = {0};
    engine_set_up(&config, &f->bus, &f->cpu, &f->host);
    put64(f, TABLES, (TABLES + 0x1000) | 3);
    put64(f, TABLES + 0x1000 + 8 * (RAM >> 30), (TABLES + 0x2000) | 3);
    put64(f, TABLES + 0x2000 + 8, VECTORS | DESC_BLOCK);
    put32(f, VECTORS + 0x400, INSN_WFI);

    struct el4_sysregs *regs = &f->cpu->regs;
    regs->mair[1] = 0xff;
    regs->tcr[1] = 16 | UINT64_C(16) << 16 | UINT64_C(2) << 30 | 0x3500 | UINT64_C(2) << 32;
    regs->ttbr0[1] = TABLES;
    regs->vbar[1] = VECTORS;
    regs->cpacr_el1 = 3u << 20;
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

/* Run from CODE at EL0 until an exception; its syndrome is what comes back. */
static uint64_t run(struct fixture *f, uint32_t branch, uint32_t landing, bool guarded,
                    uint64_t sctlr)
{
    struct el4_cpu *cpu = f->cpu;
    put64(f, TABLES + 0x2000, RAM | DESC_BLOCK | DESC_EL0 | (guarded ? DESC_GP : 0));
    put32(f, CODE, branch);
    put32(f, CODE + 4, INSN_BRK);
    put32(f, LANDING, landing);
    put32(f, LANDING + 4, INSN_BRK);
    el4_engine_flush(cpu);
    el4_tlb_invalidate_all(cpu, 0, 0, 0);

    cpu->pstate = 0;
    cpu->regs.sctlr[1] = EL4_SCTLR_M | EL4_SCTLR_C | EL4_SCTLR_I | sctlr;
    cpu->slot[EL4_SLOT_PC] = CODE;
    cpu->slot[EL4_SLOT_SP] = RAM + 0x8000;
    cpu->slot[0] = cpu->slot[16] = cpu->slot[17] = LANDING;
    el4_cpu_update_mode(cpu);
    cpu->icount_limit = cpu->icount + 100;
    assert_int_equal(el4_engine_run(cpu), EL4_ENGINE_WAIT);
    assert_int_equal(el4_cpu_pc(cpu), STOP);
    return cpu->regs.esr[1];
}

static void expect_landed(struct fixture *f, uint32_t branch, uint32_t landing, bool guarded,
                          uint64_t sctlr)
{
    uint64_t esr = run(f, branch, landing, guarded, sctlr);
    assert_int_equal(esr >> 26, EL4_EC_BRK64);
    uint64_t end = landing == INSN_BRK ? LANDING : LANDING + 4;
    assert_int_equal(f->cpu->regs.elr[1], end);
}

static void expect_refused(struct fixture *f, uint32_t branch, uint32_t landing, unsigned btype,
                           uint64_t sctlr)
{
    uint64_t esr = run(f, branch, landing, true, sctlr);
    assert_int_equal(esr, EL4_ESR(EL4_EC_BTI, btype));
    assert_int_equal(f->cpu->regs.elr[1], LANDING);
    uint64_t saved = (f->cpu->regs.spsr[1] & EL4_PSTATE_BTYPE) >> EL4_PSTATE_BTYPE_SHIFT;
    assert_int_equal(saved, btype);
}

static void bti_allows_by_kind_of_branch(void **state)
{
    struct fixture *f = *state;
    static const struct {
        uint32_t branch;
        unsigned btype;
        bool c, j;
    } branches[] = {
        {INSN_BR_X0, 3, false, true},
        {INSN_BR_X16, 1, true, true},
        {INSN_BR_X17, 1, true, true},
        {INSN_BLR_X0, 2, true, false},
    };
    for (unsigned i = 0; i < sizeof(branches) / sizeof(branches[0]); i++) {
        uint32_t branch = branches[i].branch;
        unsigned btype = branches[i].btype;
        expect_landed(f, branch, INSN_BTI_JC, true, 0);
        expect_landed(f, branch, INSN_BRK, true, 0);
        expect_refused(f, branch, INSN_NOP, btype, 0);
        expect_refused(f, branch, INSN_BTI, btype, 0);
        expect_refused(f, branch, INSN_AUTIASP, btype, 0);
        expect_refused(f, branch, INSN_UDF, btype, 0); /* comes before UNDEFINED */
        if (branches[i].c) {
            expect_landed(f, branch, INSN_BTI_C, true, 0);
        } else {
            expect_refused(f, branch, INSN_BTI_C, btype, 0);
        }
        if (branches[i].j) {
            expect_landed(f, branch, INSN_BTI_J, true, 0);
        } else {
            expect_refused(f, branch, INSN_BTI_J, btype, 0);
        }
    }
}

static void paciasp_is_a_landing_pad(void **state)
{
    struct fixture *f = *state;
    static const uint32_t landings[] = {INSN_PACIASP, INSN_PACIBSP};
    for (unsigned i = 0; i < 2; i++) {
        expect_landed(f, INSN_BLR_X0, landings[i], true, EL4_SCTLR_BT0);
        expect_landed(f, INSN_BR_X16, landings[i], true, EL4_SCTLR_BT0);
        expect_landed(f, INSN_BR_X0, landings[i], true, 0);
        expect_refused(f, INSN_BR_X0, landings[i], 3, EL4_SCTLR_BT0);
    }
}

static void other_branches_and_pages_are_free(void **state)
{
    struct fixture *f = *state;
    expect_landed(f, INSN_RET_X0, INSN_NOP, true, 0);
    expect_landed(f, INSN_B_LANDING, INSN_NOP, true, 0);
    expect_landed(f, INSN_BR_X0, INSN_NOP, false, 0);
    expect_landed(f, INSN_BLR_X0, INSN_NOP, false, 0);
}

/* The BRK behind the landing pad saves PSTATE: BTYPE of the branch must be gone. */
static void btype_lasts_for_one_instruction(void **state)
{
    struct fixture *f = *state;
    expect_landed(f, INSN_BLR_X0, INSN_BTI_C, true, 0);
    assert_int_equal(f->cpu->regs.spsr[1] & EL4_PSTATE_BTYPE, 0);
}

static void sp_alignment_is_checked_where_asked(void **state)
{
    struct fixture *f = *state;
    expect_landed(f, INSN_RET_X0, INSN_LDR_SP, false, EL4_SCTLR_SA0);
    struct el4_cpu *cpu = f->cpu;
    for (unsigned checked = 0; checked < 2; checked++) {
        put32(f, LANDING, INSN_LDR_SP);
        put32(f, LANDING + 4, INSN_BRK);
        cpu->pstate = 0;
        cpu->regs.sctlr[1] =
            EL4_SCTLR_M | EL4_SCTLR_C | EL4_SCTLR_I | (checked ? EL4_SCTLR_SA0 : 0);
        cpu->slot[EL4_SLOT_PC] = LANDING;
        cpu->slot[EL4_SLOT_SP] = RAM + 0x8008;
        el4_cpu_update_mode(cpu);
        assert_int_equal(el4_engine_run(cpu), EL4_ENGINE_WAIT);
        assert_int_equal(cpu->regs.esr[1] >> 26, checked ? EL4_EC_SP_ALIGNMENT : EL4_EC_BRK64);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bti_allows_by_kind_of_branch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(paciasp_is_a_landing_pad, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_branches_and_pages_are_free, set_up, tear_down),
        cmocka_unit_test_setup_teardown(btype_lasts_for_one_instruction, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sp_alignment_is_checked_where_asked, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
