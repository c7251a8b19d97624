/* SPDX-License-Identifier: MIT */
/*
 * Synchronous exceptions: where they go, ESR, ELR, FAR and SPSR of each kind, PSTATE at entry
 * and after ERET, illegal returns, traps of EL0 and of the levels above (DDI 0487 D1.3, D17.2
 * ESR_EL1). Also small things that only show at EL1: big-endian data, alignment checks, RNDR.
 */
#include "common/cpu.h"

#define INSN_SVC(imm)  (0xd4000001u | (imm) << 5)
#define INSN_HVC(imm)  (0xd4000002u | (imm) << 5)
#define INSN_SMC(imm)  (0xd4000003u | (imm) << 5)
#define INSN_BRK(imm)  (0xd4200000u | (imm) << 5)
#define INSN_HLT(imm)  (0xd4400000u | (imm) << 5)
#define INSN_WFI       0xd503207fu
#define INSN_WFE       0xd503205fu
#define INSN_FMOV      0x1e604000u /* FMOV D0, D0 */
#define INSN_MSR_SCTLR 0xd5181000u /* MSR SCTLR_EL1, X0 */
#define INSN_MRS_SCTLR 0xd5381000u
#define INSN_DAIFSET   0xd5034fdfu
#define INSN_MRS_CTR   0xd53b0020u
#define INSN_DC_ZVA    0xd50b7420u
#define INSN_IC_IVAU   0xd50b7520u
#define INSN_LDR       0xf9400000u /* LDR X0, [X0] */
#define INSN_LDXR      0xc85f7c00u
#define INSN_LDAR      0xc8dffc00u
#define INSN_BR_X0     0xd61f0000u

#define UNDEFINED ESR(0, 0)

/* EC 0x18: access to a system register, or a system instruction (D17.2.37). */
#define ESR_SYS(op0, op1, crn, crm, op2, rt, is_read)                                          \
    ESR(0x18, (op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (rt) << 5 | (crm) << 1 | \
                  (is_read))

static uint64_t run_at(uint64_t code, uint64_t x0)
{
    return ((uint64_t(*)(uint64_t))code)(x0);
}

/* A WFE comes twice: ERET has set the event register, and the first clears it (D1.7.1). */
static uint64_t made(uint32_t insn)
{
    uint64_t at = SCRATCH;
    put32(at, insn);
    if (insn == INSN_WFE) {
        at += 4;
        put32(at, insn);
    }
    put32(at + 4, INSN_RET);
    sync_code(SCRATCH);
    return SCRATCH;
}

/* One instruction at the current level; it must make one exception, with all of this. */
static void expect(const char *name, uint32_t insn, uint64_t x0, unsigned level, uint64_t esr,
                   uint64_t elr_offset)
{
    uint64_t code = made(insn);
    uint64_t before = note()->count;
    run_at(code, x0);
    const struct note *got = note();
    check(name, got->count - before, 1);
    check("... level", got->level, level);
    check("... ESR", got->esr, esr);
    check("... ELR - instruction", got->elr - code, elr_offset);
}

/* The same at EL0, called at EL1 with the MMU on. */
static void expect_el0(const char *name, uint32_t insn, unsigned level, uint64_t esr,
                       uint64_t elr_offset)
{
    uint64_t code = user(made(insn));
    uint64_t before = note()->count;
    run_lower(SPSR_EL0, (uint64_t(*)(uint64_t))code, code + 0x100);
    const struct note *got = note();
    check(name, got->count - before, 1);
    check("... level", got->level, level);
    check("... ESR", got->esr, esr);
    check("... ELR - instruction", got->elr - code, elr_offset);
}

/* ---- calls, breakpoint instructions, UNDEFINED ---- */

static void check_undefined(void)
{
    static const uint32_t insns[] = {
        0x00000000,             /* UDF #0 */
        0x0000ffff,             /* UDF #65535 */
        0x00010000,             /* reserved */
        0xffffffff, 0x0bc00000, /* ADD (shifted register) with shift 3 */
        0x0b008000,             /* ... of W by 32 or more */
        0x12400000,             /* AND (immediate) of W with N set */
        0x1ac00000,             /* data-processing (2 source), opcode 0 */
        0x5ac0fc00,             /* data-processing (1 source), opcode 63 */
        0xd4a00001,             /* DCPS1 in Non-debug state */
        0xd6bf03e0,             /* DRPS in Non-debug state */
        0xd4e00000,             /* exception generation, opc 7 */
    };
    uint64_t wrong = 0;
    for (unsigned i = 0; i < sizeof(insns) / sizeof(insns[0]); i++) {
        uint64_t code = made(insns[i]);
        uint64_t before = note()->count;
        run_at(code, 0);
        bool good = note()->count == before + 1 && note()->esr == UNDEFINED &&
                    note()->elr == code && note()->level == 1;
        if (!good) {
            check("UNDEFINED encoding", insns[i], 0);
        }
        wrong += !good;
    }
    check("UNDEFINED encodings: wrong exceptions", wrong, 0);
}

static void check_calls(void)
{
    expect("SVC", INSN_SVC(0x123u), 0, 1, ESR(0x15, 0x123), 4);
    expect("HVC", INSN_HVC(0x234u), 0, 2, ESR(0x16, 0x234), 4);
    expect("SMC", INSN_SMC(0x345u), 0, 3, ESR(0x17, 0x345), 4);
    expect("BRK", INSN_BRK(0xbeefu), 0, 1, ESR(0x3c, 0xbeef), 0);
    expect("HLT that nobody takes", INSN_HLT(0x12u), 0, 1, UNDEFINED, 0);
    expect_el0("SVC at EL0", INSN_SVC(0xffffu), 1, ESR(0x15, 0xffff), 4);
    check("... vector", note()->kind, 8);
    check("... SPSR.M", note()->spsr & 0x1f, 0);
    expect_el0("BRK at EL0", INSN_BRK(1u), 1, ESR(0x3c, 1), 0);
    expect_el0("HVC at EL0", INSN_HVC(1u), 1, UNDEFINED, 0);
    expect_el0("SMC at EL0", INSN_SMC(1u), 1, UNDEFINED, 0);
    expect_el0("ERET at EL0", 0xd69f03e0, 1, UNDEFINED, 0);
}

/* ---- PSTATE ---- */

static uint64_t seen_daif, seen_spsel, seen_pan;

static bool look_at_pstate(struct frame *frame)
{
    seen_daif = read_reg(daif);
    seen_spsel = read_reg(spsel);
    seen_pan = read_reg(S3_0_C4_C2_3);
    return false;
}

static void check_pstate(void)
{
    uint64_t flags;
    exception_hook = look_at_pstate;
    write_reg(daif, 0);
    __asm__ volatile("msr nzcv, %1\n\tsvc #1\n\tmrs %0, nzcv"
                     : "=r"(flags)
                     : "r"(0xa0000000ull)
                     : "memory", "cc");
    check("entry: DAIF all set (D1.3.3)", seen_daif, 0x3c0);
    check("entry: SPSel", seen_spsel, 1);
    check("entry: PAN as SCTLR.SPAN = 1 leaves it", seen_pan, 0);
    check("entry: vector for SPx", note()->kind, 4);
    check("SPSR: NZCV, no masks, EL1h", note()->spsr, 0xa0000005);
    check("NZCV after ERET", flags, 0xa0000000);
    check("DAIF after ERET", read_reg(daif), 0);
    write_reg(daif, 0x3c0);
    set_sctlr(1, sctlr_of(1) & ~SCTLR_SPAN);
    __asm__ volatile("svc #1" ::: "memory");
    check("entry: PAN with SCTLR.SPAN = 0", seen_pan, 1u << 22);
    check("PAN after ERET", read_reg(S3_0_C4_C2_3), 0);
    set_sctlr(1, sctlr_of(1) | SCTLR_SPAN);
    exception_hook = NULL;
    write_reg(S3_0_C4_C2_4, 1u << 23); /* UAO */
    __asm__ volatile("svc #1" ::: "memory");
    check("SPSR.UAO", note()->spsr >> 23 & 1, 1);
    check("UAO after ERET", read_reg(S3_0_C4_C2_4), 1u << 23);
    write_reg(S3_0_C4_C2_4, 0);
    write_reg(sp_el0, SCRATCH + 0x8000);
    uint64_t sp;
    __asm__ volatile("mov x9, sp\n\tmsr spsel, #0\n\tsvc #2\n\tmov %0, sp\n\tmsr spsel, #1\n\t"
                     "mov x10, sp\n\tsub x9, x9, x10"
                     : "=r"(sp)::"x9", "x10", "memory");
    check("SP_EL0 kept", sp, SCRATCH + 0x8000);
    check("vector for SP0", note()->kind, 0);
    check("SPSR: EL1t", note()->spsr & 0xf, 4);
}

static unsigned depth, depth_max;

static bool nest(struct frame *frame)
{
    if (CLASS(frame->esr) != 0x15 || (frame->esr & 0xff00) != 0x4200) {
        return false;
    }
    depth++;
    depth_max = depth > depth_max ? depth : depth_max;
    if (depth < 6) {
        __asm__ volatile("svc #0x4201" ::: "memory");
    }
    depth--;
    frame->x[0]++;
    return true;
}

static void check_nesting(void)
{
    exception_hook = nest;
    register uint64_t x0 __asm__("x0") = 10;
    __asm__ volatile("svc #0x4200" : "+r"(x0)::"memory");
    exception_hook = NULL;
    check("nested exceptions: x0 of the outermost", x0, 11);
    check("nested exceptions: depth", depth_max, 6);
}

/* ---- illegal returns (D1.3.4.2) ---- */

static void expect_illegal(const char *name, uint64_t spsr)
{
    uint64_t landing;
    uint64_t before = note()->count;
    __asm__ volatile("adr %0, 1f\n\tmsr elr_el1, %0\n\tmsr spsr_el1, %1\n\tisb\n\teret\n1: nop"
                     : "=&r"(landing)
                     : "r"(spsr)
                     : "memory", "cc");
    check(name, note()->count - before, 1);
    check("... Illegal Execution state", note()->esr, ESR(0xe, 0));
    check("... ELR", note()->elr, landing);
    check("... SPSR: IL, NZCV of the bad one, EL1h", note()->spsr & 0xf010001f,
          (spsr & 0xf0000000) | 1u << 20 | 5);
}

static bool clear_il(struct frame *frame)
{
    frame->spsr &= ~(1ull << 20);
    return true;
}

static void check_illegal_returns(void)
{
    exception_hook = clear_il;
    expect_illegal("ERET to EL2 from EL1", 0x600003c9);
    expect_illegal("ERET to EL3 from EL1", 0x300003cd);
    expect_illegal("ERET to EL0 with SP_EL1", 0x3c1);
    expect_illegal("ERET to EL1 with M[1]", 0x3c7);
    expect_illegal("ERET to AArch32, EL2", 0x3da);
    exception_hook = NULL;
}

/* ---- alignment ---- */

static void check_alignment(void)
{
    uint64_t data = SCRATCH + 0x2000;
    *(volatile uint64_t *)data = 0x1122334455667788;
    *(volatile uint64_t *)(data + 8) = 0x99;
    check("unaligned load", run_at(made(INSN_LDR), data + 1), 0x9911223344556677);
    set_sctlr(1, sctlr_of(1) | SCTLR_A);
    expect("unaligned load, SCTLR.A", INSN_LDR, data + 1, 1, ESR(0x25, 0x21), 0);
    check("... FAR", note()->far, data + 1);
    expect("unaligned store, SCTLR.A", 0xf9000000, data + 3, 1, ESR(0x25, 0x61), 0);
    check("LDP of words at 4, SCTLR.A", run_at(made(0x29400400), data + 4), 0x11223344);
    expect("LDP at 4, SCTLR.A", 0xa9400400, data + 4, 1, ESR(0x25, 0x21), 0);
    set_sctlr(1, sctlr_of(1) & ~SCTLR_A);
    expect("unaligned LDXR", INSN_LDXR, data + 4, 1, ESR(0x25, 0x21), 0);
    /* FEAT_LSE2: within 16 bytes an unaligned LDAR is fine, across it is not. */
    if (read_reg(id_aa64mmfr2_el1) >> 32 & 15) {
        check("LDAR within 16 bytes", run_at(made(INSN_LDAR), data + 1), 0x9911223344556677);
    }
    expect("LDAR across 16 bytes", INSN_LDAR, data + 12, 1, ESR(0x25, 0x21), 0);
}

static void check_sp_alignment(void)
{
    set_sctlr(1, sctlr_of(1) | SCTLR_SA);
    uint64_t before = note()->count;
    uint64_t at;
    __asm__ volatile("msr sp_el0, %1\n\tmsr spsel, #0\n\tadr %0, 1f\n1: ldr x9, [sp]\n\t"
                     "msr spsel, #1"
                     : "=&r"(at)
                     : "r"(SCRATCH + 0x8008)
                     : "x9", "memory");
    check("SP not aligned, SCTLR.SA", note()->count - before, 1);
    check("... ESR", note()->esr, ESR(0x26, 0));
    check("... ELR", note()->elr, at);
    set_sctlr(1, sctlr_of(1) & ~SCTLR_SA);
    before = note()->count;
    __asm__ volatile("msr spsel, #0\n\tldr x9, [sp]\n\tmsr spsel, #1" ::: "x9", "memory");
    check("SP not aligned, SA clear", note()->count - before, 0);
    set_sctlr(1, sctlr_of(1) | SCTLR_SA);
}

static void expect_pc_alignment(const char *name, uint64_t target)
{
    check(name, note()->esr, ESR(0x22, 0));
    check("... ELR", note()->elr, target);
    check("... FAR", note()->far, target);
    check("... level", note()->level, 1);
}

static void check_pc_alignment(void)
{
    uint64_t code = made(INSN_NOP);
    note()->esr = 0;
    run_at(code + 2, 0);
    expect_pc_alignment("BLR to an unaligned address", code + 2);
    note()->esr = 0;
    __asm__ volatile("adr x30, 2f\n\tmsr elr_el1, %0\n\tmov x9, #0x3c5\n\t"
                     "msr spsr_el1, x9\n\tisb\n\teret\n2:" ::"r"(code + 1)
                     : "x9", "x30", "memory");
    expect_pc_alignment("ERET to an unaligned address", code + 1);
    note()->esr = 0;
    run_lower(SPSR_EL0, (uint64_t(*)(uint64_t))user(code + 3), 0);
    expect_pc_alignment("EL0: BLR to an unaligned address", user(code + 3));
    check("... vector", note()->kind, 8);
    /* It comes before the fetch and what that may fault with (D1.3.5). */
    note()->esr = 0;
    run_at(WINDOW + 0x1002, 0);
    expect_pc_alignment("unaligned and not mapped", WINDOW + 0x1002);
}

/* ---- traps of EL0 by EL1 ---- */

static void check_el0_traps(void)
{
    uint64_t sctlr = sctlr_of(1);
    set_sctlr(1, sctlr & ~(1u << 9 | 1u << 14 | 1u << 15 | 1u << 16 | 1u << 18 | 1u << 26));
    expect_el0("MRS of an EL1 register", INSN_MRS_SCTLR, 1, UNDEFINED, 0);
    expect_el0("DAIFSet, UMA clear", INSN_DAIFSET, 1, ESR_SYS(0, 3, 4, 15, 6, 31, 0), 0);
    expect_el0("CTR_EL0, UCT clear", INSN_MRS_CTR, 1, ESR_SYS(3, 3, 0, 0, 1, 0, 1), 0);
    expect_el0("DC ZVA, DZE clear", INSN_DC_ZVA, 1, ESR_SYS(1, 3, 7, 4, 1, 0, 0), 0);
    expect_el0("IC IVAU, UCI clear", INSN_IC_IVAU, 1, ESR_SYS(1, 3, 7, 5, 1, 0, 0), 0);
    expect_el0("WFI, nTWI clear", INSN_WFI, 1, ESR(1, 0x1e00000), 0);
    expect_el0("WFE, nTWE clear", INSN_WFE, 1, ESR(1, 0x1e00001), 4);
    set_sctlr(1, sctlr);
    write_reg(cpacr_el1, 0);
    expect("FMOV, CPACR.FPEN 0", INSN_FMOV, 0, 1, ESR(7, 0x1e00000), 0);
    write_reg(cpacr_el1, 1u << 20);
    expect_el0("FMOV at EL0, FPEN 1", INSN_FMOV, 1, ESR(7, 0x1e00000), 0);
    write_reg(cpacr_el1, 3u << 20);
}

/* ---- big-endian data, DC ZVA, RNDR ---- */

/* With the MMU off: SCTLR.EE is for the tables too. */
static void check_data(void)
{
    volatile uint64_t *data = (volatile uint64_t *)(SCRATCH + 0x3000);
    uint64_t value, big, pair;
    *data = 0x1122334455667788;
    data[1] = 0xa1a2a3a4a5a6a7a8;
    uint64_t sctlr = sctlr_of(1);
    __asm__ volatile("msr sctlr_el1, %3\n\tisb\n\tldr %0, [%5]\n\tldr %w1, [%5]\n\t"
                     "ldp %2, x9, [%5]\n\tadd %2, %2, x9\n\tmsr sctlr_el1, %4\n\tisb"
                     : "=&r"(value), "=&r"(big), "=&r"(pair)
                     : "r"(sctlr | SCTLR_EE), "r"(sctlr), "r"(data)
                     : "x9", "memory");
    check("big-endian load", value, 0x8877665544332211);
    check("big-endian load of a word", big, 0x88776655);
    check("big-endian pair", pair, 0x8877665544332211 + 0xa8a7a6a5a4a3a2a1);
}

static uint64_t big_endian_el1(uint64_t unused)
{
    check_data();
    return unused;
}

static void check_big_endian_el0(void)
{
    volatile uint64_t *data = (volatile uint64_t *)(SCRATCH + 0x100);
    uint64_t code = made(INSN_LDR);
    *data = 0x1122334455667788;
    uint64_t (*function)(uint64_t) = (uint64_t(*)(uint64_t))user(code);
    set_sctlr(1, sctlr_of(1) | SCTLR_E0E);
    check("big-endian EL0, SCTLR.E0E", run_lower(SPSR_EL0, function, (uint64_t)user(data)),
          0x8877665544332211);
    check("... and EL1 is not", *data, 0x1122334455667788);
    set_sctlr(1, sctlr_of(1) & ~SCTLR_E0E);
}

static void check_zva(void)
{
    volatile uint64_t *data = (volatile uint64_t *)(SCRATCH + 0x4000);
    unsigned bytes = 4u << (read_reg(dczid_el0) & 15);
    uint64_t sum = 0;
    for (unsigned i = 0; i < 3 * bytes / 8; i++) {
        data[i] = 1;
    }
    __asm__ volatile("dc zva, %0" ::"r"((uint64_t)data + bytes + 13) : "memory");
    for (unsigned i = 0; i < 3 * bytes / 8; i++) {
        sum += data[i] << (8 * (i / (bytes / 8)));
    }
    check("DC ZVA: one block of three", sum, (uint64_t)bytes / 8 * 0x10001);
}

static void check_random(void)
{
    uint64_t a, b, flags_a, flags_b;
    __asm__ volatile("msr nzcv, %4\n\tmrs %0, rndr\n\tmrs %1, nzcv\n\tmrs %2, rndrrs\n\t"
                     "mrs %3, nzcv"
                     : "=&r"(a), "=&r"(flags_a), "=&r"(b), "=&r"(flags_b)
                     : "r"(0xf0000000ull)
                     : "cc");
    check("RNDR: NZCV 0000 on success (C6.2.200)", flags_a, 0);
    check("RNDRRS: NZCV", flags_b, 0);
    check("RNDR: values differ", a != b, true);
}

/* ---- what EL2 and EL3 trap: prepared at EL3 ---- */

struct trap {
    const char *name;
    uint32_t insn;
    unsigned level;
    uint64_t esr;
    uint64_t x0;
};

static uint64_t run_trap(uint64_t argument)
{
    const struct trap *trap = (const struct trap *)argument;
    expect(trap->name, trap->insn, trap->x0, trap->level, trap->esr,
           trap->insn == INSN_WFE ? 4 : 0);
    return 0;
}

static void expect_trap(const char *name, uint32_t insn, unsigned level, uint64_t esr)
{
    struct trap trap = {name, insn, level, esr, sctlr_of(1)};
    at_el1(run_trap, (uint64_t)&trap);
}

static void check_upper_traps(void)
{
    write_reg(hcr_el2, HCR_RW | 1ull << 26); /* TVM */
    expect_trap("MSR SCTLR_EL1, HCR.TVM", INSN_MSR_SCTLR, 2, ESR_SYS(3, 0, 1, 0, 0, 0, 0));
    write_reg(hcr_el2, HCR_RW | 1ull << 30); /* TRVM */
    expect_trap("MRS SCTLR_EL1, HCR.TRVM", INSN_MRS_SCTLR, 2, ESR_SYS(3, 0, 1, 0, 0, 0, 1));
    write_reg(hcr_el2, HCR_RW | 1ull << 13 | 1ull << 14);
    expect_trap("WFI, HCR.TWI", INSN_WFI, 2, ESR(1, 0x1e00000));
    expect_trap("WFE, HCR.TWE", INSN_WFE, 2, ESR(1, 0x1e00001));
    write_reg(hcr_el2, HCR_RW | 1ull << 18);
    expect_trap("MRS of ID_AA64PFR0_EL1, HCR.TID3", 0xd5380400, 2,
                ESR_SYS(3, 0, 0, 4, 0, 0, 1));
    write_reg(hcr_el2, HCR_RW);
}

static void check_fp_traps(void)
{
    struct trap to_el2 = {"FMOV, CPTR_EL2.TFP", INSN_FMOV, 2, ESR(7, 0x1e00000), 0};
    struct trap to_el3 = {"FMOV, CPTR_EL3.TFP", INSN_FMOV, 3, ESR(7, 0x1e00000), 0};
    uint64_t cptr = read_reg(cptr_el2);
    write_reg(cptr_el2, cptr | 1u << 10);
    at_el1(run_trap, (uint64_t)&to_el2);
    write_reg(cptr_el2, cptr);
    write_reg(cptr_el3, 1u << 10);
    at_el1(run_trap, (uint64_t)&to_el3);
    write_reg(cptr_el3, 0);
}

static uint64_t tests_at_el1(uint64_t unused)
{
    check_calls();
    check_undefined();
    check_pstate();
    check_nesting();
    check_illegal_returns();
    check_alignment();
    check_sp_alignment();
    check_pc_alignment();
    check_el0_traps();
    check_big_endian_el0();
    check_zva();
    check_random();
    return unused;
}

void test_main(void)
{
    mmu_on(1);
    at_el1(tests_at_el1, 0);
    check_upper_traps();
    check_fp_traps();
    mmu_off(1);
    at_el1(big_endian_el1, 0);
}
