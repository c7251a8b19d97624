/* SPDX-License-Identifier: MIT */
/*
 * Who may access CP14 and CP15 registers: rights by mode and world, what a core does not have,
 * traps to Hyp mode, EL1, EL2 and EL3 and their syndromes.
 */
#include <string.h>

#include "cp-cases.h"

/* ---- rights ---- */

struct right {
    uint32_t key;
    const char *readers, *writers; /* U, P, S, H, M (Monitor, Secure bank), N (the other) */
};

static const struct right rights[] = {
    {MIDR, "PSHMN", ""},
    {SCTLR, "PSHMN", "PSHMN"},
    {SCR, "SMN", "SMN"},
    {SDER, "SMN", "SMN"},
    {NSACR, "PSHMN", "SMN"},
    {MVBAR, "SMN", "SMN"},
    {HSCTLR, "HN", "HN"},
    {HCR, "HN", "HN"},
    {TPIDRURW, "UPSHMN", "UPSHMN"},
    {TPIDRURO, "UPSHMN", "PSHMN"},
    {TPIDRPRW, "PSHMN", "PSHMN"},
    {CP15ISB, "", "UPSHMN"},
    {ICIALLU, "", "PSHMN"},
    {DCCISW, "", "PSHMN"},
    {TLBIALL, "", "PSHMN"},
    {TLBIALLH, "", "HN"},
    {CP15(4, 8, 7, 4), "", "HMN"},   /* TLBIALLNSNH */
    {CP15(4, 14, 2, 1), "HN", "HN"}, /* CNTHP_CTL */
    {CNTFRQ, "PSHMN", "SMN"},
    {DBGDIDR, "UPSHMN", ""},
    {DBGOSLAR, "", "PSHMN"},
    {TEEHBR, "UPSHMN", "UPSHMN"},
    {JIDR, "UPSHMN", ""},
    {L2CTLR, "PSHMN", "PSHMN"},
};

static void test_rights(void **state)
{
    static const struct {
        char letter;
        uint32_t mode;
        bool secure;
    } places[] = {{'U', EL4_A32_USR, false}, {'U', EL4_A32_USR, true},
                  {'P', EL4_A32_SVC, false}, {'S', EL4_A32_SYS, true},
                  {'H', EL4_A32_HYP, false}, {'M', EL4_A32_MON, true},
                  {'N', EL4_A32_MON, false}};
    struct machine machine;
    for (unsigned i = 0; i < COUNT(rights); i++) {
        for (unsigned p = 0; p < COUNT(places); p++) {
            struct el4_cpu *cpu = new_cpu(&machine, A15);
            be_in(cpu, places[p].mode, places[p].secure);
            if (reads(cpu, rights[i].key) != !!strchr(rights[i].readers, places[p].letter)) {
                fail_msg("row %u, place %u: read", i, p);
            }
            if (writes(cpu, rights[i].key, 0) !=
                !!strchr(rights[i].writers, places[p].letter)) {
                fail_msg("row %u, place %u: write", i, p);
            }
            el4_cpu_free(cpu);
        }
    }
}

/* What a core does not have is UNDEFINED; only what nobody knows is worth a word. */
static void test_what_is_missing(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A9);
    uint64_t value;
    assert_false(reads(cpu, CNTFRQ));
    assert_false(reads(cpu, HCR));
    assert_false(reads(cpu, L2CTLR));
    assert_false(try_call(cpu, call_read, 1, INFO, WIDE(0, 2), &value)); /* TTBR0 */
    assert_undefined(cpu);
    assert_int_equal(machine.unimplemented, 0);
    assert_false(reads(cpu, NOBODYS));
    assert_undefined(cpu);
    assert_int_equal(machine.unimplemented, 1);
    /* Its own: power control and diagnostic registers keep what is written. */
    set(cpu, CP15(0, 15, 0, 0), 0x300);
    assert_int_equal(get(cpu, CP15(0, 15, 0, 0)), 0x300);
    set(cpu, CP15(0, 15, 0, 1), 1u << 22);
    assert_int_equal(get(cpu, CP15(0, 15, 0, 1)), 1u << 22);
    cpu->regs.cbar_el1 = 0xfff10000;
    assert_int_equal(get(cpu, CBAR), 0xfff10000);
    el4_cpu_free(cpu);

    cpu = new_cpu(&machine, A15);
    cpu->regs.cbar_el1 = UINT64_C(0x122c000000);
    assert_int_equal(get(cpu, CBAR), 0x2c000012);
    assert_false(writes(cpu, CBAR, 0));
    assert_false(reads(cpu, CP15(0, 15, 0, 0)));
    assert_false(reads(cpu, CP15(0, 14, 8, 0))); /* PMEVCNTR0 is v8's */
    assert_int_equal(get(cpu, L2CTLR), 0x00800000);
    el4_cpu_free(cpu);
}

/* ---- traps ---- */

struct trap_row {
    uint64_t hcr, hdcr, hstr, hcptr;
    uint32_t key;
    bool on_read, on_write;
};

static const struct trap_row trap_rows[] = {
    {.hcr = EL4_HCR_TVM, .key = SCTLR, .on_write = true},
    {.hcr = EL4_HCR_TRVM, .key = TTBR0, .on_read = true},
    {.hcr = EL4_HCR_TVM, .key = DACR, .on_write = true},
    {.hcr = EL4_HCR_TVM, .key = CONTEXTIDR, .on_write = true},
    {.hcr = EL4_HCR_TACR, .key = ACTLR, .on_read = true, .on_write = true},
    {.hcr = EL4_HCR_TTLB, .key = TLBIMVA, .on_write = true},
    {.hcr = EL4_HCR_TSW, .key = DCCISW, .on_write = true},
    {.hcr = EL4_HCR_TPU, .key = ICIALLU, .on_write = true},
    {.hcr = EL4_HCR_TPCP, .key = DCCMVAC, .on_write = true},
    {.hcr = EL4_HCR_TID0, .key = JIDR, .on_read = true},
    {.hcr = EL4_HCR_TID1, .key = CP15(0, 0, 0, 3), .on_read = true},
    {.hcr = EL4_HCR_TID2, .key = CCSIDR, .on_read = true},
    {.hcr = EL4_HCR_TID3, .key = CP15(0, 0, 1, 0), .on_read = true},
    {.hcr = EL4_HCR_TIDCP, .key = L2CTLR, .on_read = true, .on_write = true},
    {.hcr = EL4_HCR_TIDCP, .key = CP15(2, 11, 15, 3), .on_read = true, .on_write = true},
    {.hcptr = EL4_CPTR_TCPAC, .key = CPACR, .on_read = true, .on_write = true},
    {.hstr = 1u << 13, .key = TPIDRPRW, .on_read = true, .on_write = true},
    {.hstr = 1u << 1, .key = SCR, .on_read = true, .on_write = true},
    {.hstr = 1u << 16, .key = TEECR, .on_read = true, .on_write = true},
    {.hdcr = EL4_MDCR2_TPM, .key = PMCCNTR, .on_read = true, .on_write = true},
    {.hdcr = EL4_MDCR2_TPMCR, .key = PMCR, .on_read = true, .on_write = true},
    {.hdcr = EL4_MDCR2_TDA, .key = DBGBVR0, .on_read = true, .on_write = true},
    {.hdcr = EL4_MDCR2_TDOSA, .key = DBGOSLSR, .on_read = true},
    {.hdcr = EL4_MDCR2_TDRA, .key = DBGDRAR, .on_read = true},
};

static void check_trap_row(struct el4_cpu *cpu, const struct trap_row *row, unsigned rt)
{
    cpu->regs.hcr_el2 |= row->hcr;
    cpu->regs.mdcr_el2 |= row->hdcr;
    cpu->regs.hstr_el2 = row->hstr;
    cpu->regs.cptr_el2 |= row->hcptr;
    if (row->on_read) {
        assert_false(reads(cpu, row->key));
        assert_trap(cpu, 2, syndrome(row->key, rt, true));
    }
    if (row->on_write) {
        assert_false(writes(cpu, row->key, 0));
        assert_trap(cpu, 2, syndrome(row->key, rt, false));
    }
}

/* To Hyp mode and to an AArch64 EL2, from PL1; from a mode whose R3 is R3. */
static void test_hyp_traps(void **state)
{
    struct machine machine;
    for (unsigned i = 0; i < COUNT(trap_rows); i++) {
        struct el4_cpu *cpu = new_cpu(&machine, A15);
        be_in(cpu, EL4_A32_SVC, false);
        check_trap_row(cpu, &trap_rows[i], 3);
        el4_cpu_free(cpu);
    }
}

static void test_el2_traps(void **state)
{
    struct machine machine;
    for (unsigned i = 0; i < COUNT(trap_rows); i++) {
        struct el4_cpu *cpu = new_cpu(&machine, A53);
        if (trap_rows[i].key == TEECR) {
            el4_cpu_free(cpu);
            continue;
        }
        be_in_below_a64(cpu, EL4_A32_SVC, true, false);
        check_trap_row(cpu, &trap_rows[i], 3);
        el4_cpu_free(cpu);
    }
}

/* HSTR.TJDBX: BXJ and the Jazelle controls, which v8 has not got. */
static void test_jazelle_traps(void **state)
{
    static const uint32_t keys[] = {CP14(7, 1, 0, 0), CP14(7, 2, 0, 0)}; /* JOSCR, JMCR */
    struct machine machine;
    uint64_t ignored;
    uint64_t iss = 1u << 24 | 14u << 20 | 5;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    be_in(cpu, EL4_A32_SVC, false);
    assert_true(try_call(cpu, el4_cp_check_bxj, 0, iss, 0, &ignored));
    cpu->regs.hstr_el2 = 1u << 17;
    assert_false(try_call(cpu, el4_cp_check_bxj, 0, iss, 0, &ignored));
    assert_trap(cpu, 2, EL4_ESR(EL4_EC_BXJ, iss));
    for (unsigned i = 0; i < COUNT(keys); i++) {
        assert_false(reads(cpu, keys[i]));
        assert_trap(cpu, 2, syndrome(keys[i], 3, true));
    }
    assert_true(reads(cpu, JIDR));
    be_in(cpu, EL4_A32_SVC, true);
    assert_true(try_call(cpu, el4_cp_check_bxj, 0, iss, 0, &ignored));
    assert_true(reads(cpu, keys[0]));
    el4_cpu_free(cpu);
    cpu = new_cpu(&machine, A53);
    be_in_below_a64(cpu, EL4_A32_SVC, true, false);
    cpu->regs.hstr_el2 = 1u << 17;
    assert_true(reads(cpu, keys[0]));
    el4_cpu_free(cpu);
}

/* HSTR.Tn: each CRn, or CRm of a 64-bit access, but 4 and 14; User mode's as far as it may. */
static void test_hstr(void **state)
{
    struct machine machine;
    for (unsigned n = 0; n < 16; n++) {
        struct el4_cpu *cpu = new_cpu(&machine, A15);
        uint64_t value;
        be_in(cpu, EL4_A32_SVC, false);
        cpu->regs.hstr_el2 = 1u << n;
        bool never = n == 4 || n == 14;
        assert_false(
            try_call(cpu, el4_cp_read, 0, INFO, EL4_CP_KEY(15, 3u, n, 7u, 5u), &value));
        assert_int_equal(cpu->exception.target_el, never ? 1 : 2);
        assert_int_equal(exception_class(cpu->exception.esr), never ? 0 : EL4_EC_CP15_32);
        assert_false(try_call(cpu, el4_cp_read64, 0, INFO, EL4_CP_KEY64(15, 9u, n), &value));
        assert_int_equal(exception_class(cpu->exception.esr), never ? 0 : EL4_EC_CP15_64);
        el4_cpu_free(cpu);
    }
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    be_in(cpu, EL4_A32_USR, false);
    cpu->regs.hstr_el2 = 1u << 13 | 1u << 1;
    assert_false(reads(cpu, TPIDRURO));
    assert_trap(cpu, 2, syndrome(TPIDRURO, 3, true));
    assert_false(reads(cpu, SCTLR));
    assert_undefined(cpu);
    el4_cpu_free(cpu);
}

/* The condition, the registers of a pair, and R14 of a mode as AArch64 numbers it. */
static void test_syndromes(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A53);
    uint64_t value;
    be_in_below_a64(cpu, EL4_A32_SVC, true, false);
    cpu->regs.hcr_el2 |= EL4_HCR_TRVM;
    uint32_t info = EL4_CP_INFO(14u, 13u, 3u); /* MRCCC, R14_svc and R13_svc */
    assert_false(try_call(cpu, el4_cp_read64, 0, info, WIDE(1, 2), &value));
    assert_trap(cpu, 2,
                EL4_ESR(EL4_EC_CP15_64,
                        1u << 24 | 3u << 20 | 1u << 16 | 19u << 10 | 18u << 5 | 2u << 1 | 1));
    assert_false(try_call(cpu, el4_cp_read, 0, info, TTBR0, &value));
    assert_trap(cpu, 2, EL4_ESR(EL4_EC_CP15_32, 1u << 24 | 3u << 20 | 2u << 10 | 18u << 5 | 1));
    cpu->regs.mdcr_el2 |= EL4_MDCR2_TDRA | EL4_MDCR2_TDA;
    assert_false(try_call(cpu, el4_cp_read64, 0, INFO, EL4_CP_KEY64(14, 0u, 1u), &value));
    assert_trap(
        cpu, 2,
        EL4_ESR(EL4_EC_CP14_64, 1u << 24 | 14u << 20 | 5u << 10 | 3u << 5 | 1u << 1 | 1));
    /* STC p14, c5, [r2, #-16]! */
    info = EL4_CP_INFO_MEMORY(2u, 4u, 14u, 0u, 3u);
    assert_false(try_call(cpu, el4_cp_read, 0, info, DBGDTRint, &value));
    assert_trap(cpu, 2,
                EL4_ESR(EL4_EC_CP14_LDC,
                        1u << 24 | 14u << 20 | 4u << 12 | 2u << 5 | 0u << 4 | 3u << 1 | 0));
    el4_cpu_free(cpu);
}

/* User mode: UNDEFINED below an AArch32 EL1, told in full to an AArch64 one. */
static void test_user_traps(void **state)
{
    static const uint32_t keys[] = {PMCCNTR, CNTP_CTL, CNTFRQ};
    struct machine machine;
    for (unsigned i = 0; i < COUNT(keys); i++) {
        struct el4_cpu *cpu = new_cpu(&machine, A53);
        be_in_below_a64(cpu, EL4_A32_USR, false, false);
        assert_false(reads(cpu, keys[i]));
        assert_trap(cpu, 1, syndrome(keys[i], 3, true));
        cpu->regs.cntkctl_el1 = 0x3ff;
        cpu->regs.pmuserenr_el0 = 15;
        assert_true(reads(cpu, keys[i]));
        assert_false(reads(cpu, SCTLR));
        assert_undefined(cpu);
        assert_true(reads(cpu, TPIDRURO));
        be_in_below_a64(cpu, EL4_A32_USR, true, false);
        cpu->regs.cntkctl_el1 = 0;
        cpu->regs.pmuserenr_el0 = 0;
        assert_false(reads(cpu, keys[i]));
        assert_undefined(cpu);
        assert_int_equal(cpu->exception.target_el, 1);
        el4_cpu_free(cpu);
    }
    /* DCC: MDSCR_EL1.TDCC; barriers: SCTLR_EL1.CP15BEN. */
    struct el4_cpu *cpu = new_cpu(&machine, A53);
    be_in_below_a64(cpu, EL4_A32_USR, false, false);
    cpu->regs.mdscr_el1 = EL4_MDSCR_TDCC;
    assert_false(reads(cpu, DBGDRAR));
    assert_trap(cpu, 1, syndrome(DBGDRAR, 3, true));
    assert_true(writes(cpu, CP15DSB, 0));
    cpu->regs.sctlr[1] &= ~EL4_SCTLR_A32_CP15BEN;
    assert_false(writes(cpu, CP15DSB, 0));
    assert_undefined(cpu);
    el4_cpu_free(cpu);
    /* Secure User mode: EL3's business. */
    cpu = new_cpu(&machine, A15);
    be_in(cpu, EL4_A32_USR, true);
    assert_false(reads(cpu, PMCCNTR));
    assert_undefined(cpu);
    assert_int_equal(cpu->exception.target_el, 3);
    el4_cpu_free(cpu);
}

/* Counters: CNTHCTL for PL1. */
static void test_counter_traps(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A15);
    uint64_t value;
    be_in(cpu, EL4_A32_SVC, false);
    assert_true(try_call(cpu, el4_cp_read64, 0, INFO, WIDE(0, 14), &value));
    cpu->regs.cnthctl_el2 = 0;
    assert_false(try_call(cpu, el4_cp_read64, 0, INFO, WIDE(0, 14), &value));
    assert_int_equal(exception_class(cpu->exception.esr), EL4_EC_CP15_64);
    assert_false(reads(cpu, CNTP_CTL));
    assert_trap(cpu, 2, syndrome(CNTP_CTL, 3, true));
    assert_true(try_call(cpu, el4_cp_read64, 0, INFO, WIDE(1, 14), &value));
    el4_cpu_free(cpu);
}

/* What Secure EL1 wants of a monitor goes to an AArch64 EL3. */
static void test_secure_el1(void **state)
{
    static const uint32_t keys[] = {SCR, NSACR, MVBAR};
    struct machine machine;
    struct el4_cpu *cpu = new_cpu(&machine, A53);
    be_in_below_a64(cpu, EL4_A32_SVC, true, false);
    for (unsigned i = 0; i < COUNT(keys); i++) {
        cpu->regs.scr_el3 &= ~EL4_SCR_NS;
        assert_false(writes(cpu, keys[i], 0));
        assert_trap(cpu, 3, syndrome(keys[i], 3, false));
        cpu->regs.scr_el3 |= EL4_SCR_NS;
        assert_false(writes(cpu, keys[i], 0));
        assert_undefined(cpu);
    }
    assert_int_equal(get(cpu, NSACR), 0xc00);
    el4_cpu_free(cpu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rights),        cmocka_unit_test(test_what_is_missing),
        cmocka_unit_test(test_hyp_traps),     cmocka_unit_test(test_el2_traps),
        cmocka_unit_test(test_syndromes),     cmocka_unit_test(test_user_traps),
        cmocka_unit_test(test_jazelle_traps), cmocka_unit_test(test_hstr),
        cmocka_unit_test(test_counter_traps), cmocka_unit_test(test_secure_el1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
