/* SPDX-License-Identifier: MIT */
/*
 * Self-hosted debug: breakpoints, watchpoints and software step at EL1 and EL0, with debug
 * exceptions taken to EL1 or, by MDCR_EL2.TDE, to EL2 (DDI 0487 D2).
 */
#include "common/cpu.h"

#define MDSCR_SS      1u
#define MDSCR_KDE     (1u << 13)
#define MDSCR_MDE     (1u << 15)
#define SPSR_SS       (1u << 21)
#define BCR_EL1       (1u | 1u << 1 | 0xfu << 5) /* E, PMC EL1, BAS all */
#define BCR_EL0       (1u | 2u << 1 | 0xfu << 5)
#define WCR_EL1       (1u | 1u << 1)
#define BCR_TYPE(n)   ((n) << 20) /* 0 address, 1 linked address, 2 context, 3 linked context */
#define BCR_LINKED(n) ((n) << 16)
#define BCR_CONTEXT   (1u | 0xfu << 5) /* E, BAS all */
#define CONTEXT       0x1234u
#define WCR_LOAD      (1u << 3)
#define WCR_STORE     (2u << 3)

static uint64_t stops[64], esrs[64];
static unsigned stop_count, stop_level;
static bool disarm;

/* Debug exceptions: note where, and go on: with the breakpoint off, or one more step. */
static bool on_debug(struct frame *frame)
{
    unsigned class = CLASS(frame->esr);
    if (class < 0x30 || class > 0x35) {
        return false;
    }
    if (stop_count < 64) {
        stops[stop_count] = frame->elr;
        esrs[stop_count] = frame->esr;
        stop_count++;
    }
    stop_level = (unsigned)frame->level;
    if (class == 0x32 || class == 0x33) {
        if (stop_count < 63) {
            frame->spsr |= SPSR_SS;
        } else {
            write_reg(mdscr_el1, 0);
        }
    } else if (class == 0x34 || class == 0x35) {
        if (disarm) {
            write_reg(dbgwcr0_el1, 0);
        } else {
            frame->elr += 4;
        }
    } else {
        write_reg(dbgbcr0_el1, 0);
        write_reg(dbgbcr5_el1, 0);
    }
    return true;
}

extern char code_start[], code_third[], stepped_start[], stepped_svc[], stepped_fault[],
    stepped_branch[], stepped_target[], stepped_end[];
uint64_t code_under_test(uint64_t x0);
uint64_t stepped_code(uint64_t x0);
__asm__(".text\n.balign 64\n"
        "code_under_test: code_start: add x0, x0, #1\n add x0, x0, #2\n"
        "code_third: add x0, x0, #4\n add x0, x0, #8\n ret\n"
        /* x0: an address that faults. Ends with the step bit off. */
        "stepped_code: stepped_start: mov x9, x0\n"
        "stepped_svc: svc #7\n"
        "mov x0, #1\n"
        "stepped_fault: ldr x10, [x9]\n"
        "add x0, x0, #1\n"
        "stepped_branch: b stepped_target\n"
        "brk #0\n"
        "stepped_target: add x0, x0, #1\n"
        "stepped_end: msr mdscr_el1, xzr\n"
        "ret\n");

static void begin(void)
{
    stop_count = 0;
    disarm = true;
    exception_hook = on_debug;
    write_reg(daif, 0x1c0); /* PSTATE.D clear: debug exceptions at the own level (KDE) */
}

static void end(void)
{
    write_reg(mdscr_el1, 0);
    write_reg(dbgbcr0_el1, 0);
    write_reg(dbgbcr5_el1, 0);
    write_reg(dbgwcr0_el1, 0);
    write_reg(daif, 0x3c0);
    exception_hook = NULL;
}

static void check_breakpoints(void)
{
    begin();
    write_reg(dbgbvr0_el1, (uint64_t)code_third);
    write_reg(dbgbcr0_el1, BCR_EL1);
    write_reg(mdscr_el1, MDSCR_MDE | MDSCR_KDE);
    check("breakpoint: result of the code", code_under_test(0), 15);
    check("... stops", stop_count, 1);
    check("... at", stops[0], (uint64_t)code_third);
    check("... ESR", esrs[0], ESR(0x31, 0x22));
    check("... level", stop_level, 1);
    stop_count = 0;
    write_reg(dbgbcr0_el1, BCR_EL0);
    code_under_test(0);
    check("breakpoint for EL0 at EL1", stop_count, 0);
    write_reg(dbgbcr0_el1, BCR_EL1);
    write_reg(mdscr_el1, MDSCR_KDE);
    code_under_test(0);
    check("breakpoint, MDE clear", stop_count, 0);
    write_reg(mdscr_el1, MDSCR_MDE);
    code_under_test(0);
    check("breakpoint, KDE clear", stop_count, 0);
    write_reg(mdscr_el1, MDSCR_MDE | MDSCR_KDE);
    write_reg(daif, 0x3c0);
    code_under_test(0);
    check("breakpoint, PSTATE.D set", stop_count, 0);
    write_reg(oslar_el1, 1);
    write_reg(daif, 0x1c0);
    code_under_test(0);
    check("breakpoint, OS lock", stop_count, 0);
    write_reg(oslar_el1, 0);
    end();
}

static uint64_t run_one(uint32_t insn, uint64_t x0)
{
    put32(SCRATCH, insn);
    put32(SCRATCH + 4, INSN_RET);
    sync_code(SCRATCH);
    return ((uint64_t(*)(uint64_t))SCRATCH)(x0);
}

/* Does the instruction, with x0 as its address, hit? */
static void watch(const char *name, uint32_t insn, uint64_t x0, unsigned hits, bool is_write)
{
    stop_count = 0;
    run_one(insn, x0);
    check(name, stop_count, hits);
    if (hits && stop_count) {
        check("... ESR: WnR", esrs[0] & ~(1ull << 26), ESR(0x34, 0x22 | (is_write ? 0x40 : 0)));
        check("... ELR", stops[0], SCRATCH);
    }
}

static void check_watchpoints(void)
{
    uint64_t data = SCRATCH + 0x2000;
    begin();
    disarm = false;
    write_reg(dbgwvr0_el1, data);
    write_reg(dbgwcr0_el1, WCR_EL1 | WCR_LOAD | WCR_STORE | 0xffu << 5);
    write_reg(mdscr_el1, MDSCR_MDE | MDSCR_KDE);
    watch("watchpoint: LDR", 0xf9400000, data, 1, false);
    check("... FAR", note()->far, data);
    watch("watchpoint: STR", 0xf9000001, data, 1, true);
    watch("watchpoint: LDRB of the last byte", 0x39400000, data + 7, 1, false);
    watch("watchpoint: LDRB behind", 0x39400000, data + 8, 0, false);
    watch("watchpoint: LDR across its start", 0xf9400000, data - 4, 1, false);
    watch("watchpoint: LDP whose second half hits", 0xa9400400, data - 8, 1, false);
    watch("watchpoint: LDXR", 0xc85f7c00, data, 1, false);
    watch("watchpoint: LDTR at EL1 is of EL0", 0xf8400800, data, 0, false);
    write_reg(dbgwcr0_el1, WCR_EL1 | WCR_STORE | 0x0fu << 5);
    watch("watchpoint for stores: LDR", 0xf9400000, data, 0, false);
    watch("watchpoint of four bytes: STR W behind", 0xb9000001, data + 4, 0, true);
    watch("watchpoint of four bytes: STR W", 0xb9000001, data, 1, true);
    watch("watchpoint for stores: DC ZVA", 0xd50b7420, data, 1, true);
    write_reg(dbgwcr0_el1, WCR_EL1 | WCR_LOAD | 0xffu << 5 | 12u << 24); /* 4 KiB */
    watch("watchpoint with a mask: LDR", 0xf9400000, data + 0x7f8, 1, false);
    watch("watchpoint with a mask: LDR behind", 0xf9400000, data + 0x1000, 0, false);
    end();
}

/* ---- contexts: breakpoint 5, the highest, is context-aware (ID_AA64DFR0_EL1) ---- */

static void set_context_breakpoint(unsigned type, uint64_t value, unsigned more)
{
    write_reg(dbgbvr5_el1, value);
    write_reg(dbgbcr5_el1, BCR_CONTEXT | BCR_TYPE(type) | more);
}

static void check_context_breakpoint(void)
{
    uint64_t first;
    begin();
    write_reg(contextidr_el1, CONTEXT + 1);
    set_context_breakpoint(2, CONTEXT, 1u << 1);
    write_reg(mdscr_el1, MDSCR_MDE | MDSCR_KDE);
    code_under_test(0);
    check("context breakpoint, another context", stop_count, 0);
    /* At the first instruction after the ISB, or at the ISB if the write works at once. */
    __asm__ volatile("adr %0, 1f\n\tmsr contextidr_el1, %1\n\tisb\n1: nop"
                     : "=&r"(first)
                     : "r"((uint64_t)CONTEXT)
                     : "memory");
    check("context breakpoint: stops", stop_count, 1);
    check("... at", stops[0] == first - 4 ? first : stops[0], first);
    check("... ESR", esrs[0], ESR(0x31, 0x22));
    stop_count = 0;
    set_context_breakpoint(3, CONTEXT, 1u << 1);
    code_under_test(0);
    check("linked context breakpoint, by itself", stop_count, 0);
    write_reg(contextidr_el1, 0);
    end();
}

static void stop_linked(const char *name, uint64_t context, unsigned want)
{
    stop_count = 0;
    write_reg(dbgbcr0_el1, BCR_EL1 | BCR_TYPE(1) | BCR_LINKED(5));
    write_reg(contextidr_el1, context);
    code_under_test(0);
    check(name, stop_count, want);
    check("... at", want ? stops[0] : 0, want ? (uint64_t)code_third : 0);
}

static void check_linked_breakpoint(void)
{
    begin();
    write_reg(dbgbvr0_el1, (uint64_t)code_third);
    set_context_breakpoint(3, CONTEXT, 0);
    write_reg(mdscr_el1, MDSCR_MDE | MDSCR_KDE);
    stop_linked("linked breakpoint, another context", CONTEXT + 1, 0);
    stop_linked("linked breakpoint, its context", CONTEXT, 1);
    write_reg(dbgbcr5_el1, 0);
    stop_linked("linked breakpoint, context one off", CONTEXT, 0);
    write_reg(contextidr_el1, 0);
    end();
}

static void check_linked_watchpoint(void)
{
    uint64_t data = SCRATCH + 0x2000;
    begin();
    disarm = false;
    set_context_breakpoint(3, CONTEXT, 0);
    write_reg(dbgwvr0_el1, data);
    write_reg(dbgwcr0_el1, WCR_EL1 | WCR_LOAD | 0xffu << 5 | 1u << 20 | BCR_LINKED(5));
    write_reg(mdscr_el1, MDSCR_MDE | MDSCR_KDE);
    write_reg(contextidr_el1, CONTEXT + 1);
    watch("linked watchpoint, another context", 0xf9400000, data, 0, false);
    write_reg(contextidr_el1, CONTEXT);
    watch("linked watchpoint, its context", 0xf9400000, data, 1, false);
    write_reg(contextidr_el1, 0);
    end();
}

/* A page that was in use before: by the registers, and by PSTATE.D alone. */
static void check_watched_later(void)
{
    uint64_t data = SCRATCH + 0x3000;
    begin();
    disarm = false;
    write_reg(dbgwvr0_el1, data);
    write_reg(mdscr_el1, MDSCR_MDE | MDSCR_KDE);
    run_one(0xf9400000, data);
    run_one(0xf9000001, data);
    write_reg(dbgwcr0_el1, WCR_EL1 | WCR_LOAD | WCR_STORE | 0xffu << 5);
    watch("watchpoint on a page in use: LDR", 0xf9400000, data, 1, false);
    watch("watchpoint on a page in use: STR", 0xf9000001, data, 1, true);
    write_reg(daif, 0x3c0);
    watch("PSTATE.D set: LDR", 0xf9400000, data, 0, false);
    watch("PSTATE.D set: STR", 0xf9000001, data, 0, true);
    write_reg(daif, 0x1c0);
    watch("PSTATE.D clear again: LDR", 0xf9400000, data, 1, false);
    watch("PSTATE.D clear again: STR", 0xf9000001, data, 1, true);
    write_reg(mdscr_el1, MDSCR_KDE);
    watch("MDE clear: LDR", 0xf9400000, data, 0, false);
    write_reg(mdscr_el1, MDSCR_MDE | MDSCR_KDE);
    watch("MDE set again: LDR", 0xf9400000, data, 1, false);
    end();
}

/* The handler's own exceptions end a step: SVC goes to EL1 with SS clear in SPSR (D2.11). */
static void check_step(void)
{
    begin();
    uint64_t result;
    write_reg(daif, 0x3c0); /* not before the ERET */
    register uint64_t x0 __asm__("x0") = WINDOW + 0x5000;
    /* Arm: ERET to the code with SPSR.SS, so that its first instruction is one step. */
    __asm__ volatile("msr mdscr_el1, %1\n\tisb\n\tadr x30, 1f\n\tmsr elr_el1, %2\n\t"
                     "msr spsr_el1, %3\n\tisb\n\teret\n1:"
                     : "+r"(x0)
                     : "r"((uint64_t)(MDSCR_SS | MDSCR_KDE)), "r"(stepped_start),
                       "r"(0x1c5ull | SPSR_SS)
                     : "x9", "x10", "x30", "memory", "cc");
    result = x0;
    end();
    check("step: result of the code", result, 3);
    check("step: ESR, ISV and EX", esrs[0], ESR(0x33, 1u << 24 | 0x22));
    check("step: first stop, after one instruction", stops[0], (uint64_t)stepped_svc);
    /*
     * SVC has completed when it is taken, with SPSR.SS clear. The load has not: SPSR.SS is set,
     * and its handler, which goes on behind it, has that instruction stepped.
     */
    check("step: after SVC", stops[1], (uint64_t)stepped_svc + 4);
    check("step: next", stops[2], (uint64_t)stepped_fault);
    check("step: after the fault and one more", stops[3], (uint64_t)stepped_branch);
    check("step: after the branch", stops[4], (uint64_t)stepped_target);
    check("step: next", stops[5], (uint64_t)stepped_end);
}

static uint64_t tests_at_el1(uint64_t unused)
{
    check_breakpoints();
    check_watchpoints();
    check_watched_later();
    if ((read_reg(id_aa64dfr0_el1) >> 12 & 15) == 5) {
        check_context_breakpoint();
        check_linked_breakpoint();
        check_linked_watchpoint();
    }
    check_step();
    return unused;
}

/* TDE makes EL1's accesses to debug registers trap as well, so that EL3 sets them up. */
static uint64_t run_code(uint64_t unused)
{
    write_reg(daif, 0x3c0); /* no mask of EL1's holds for a higher level */
    return code_under_test(unused);
}

static void check_breakpoint_to_el2(void)
{
    stop_count = 0;
    exception_hook = on_debug;
    write_reg(mdcr_el2, read_reg(mdcr_el2) | 1u << 8);
    write_reg(dbgbvr0_el1, (uint64_t)code_third);
    write_reg(dbgbcr0_el1, BCR_EL1);
    write_reg(mdscr_el1, MDSCR_MDE);
    check("breakpoint, MDCR_EL2.TDE: result of the code", at_el1(run_code, 0), 15);
    exception_hook = NULL;
    write_reg(mdscr_el1, 0);
    check("... stops", stop_count, 1);
    check("... at", stops[0], (uint64_t)code_third);
    check("... ESR", esrs[0], ESR(0x30, 0x22));
    check("... level", stop_level, 2);
}

/* EL0 is stepped by EL1 without KDE. */
static uint64_t step_el0(uint64_t unused)
{
    put32(SCRATCH, 0x91000400); /* ADD X0, X0, #1 */
    put32(SCRATCH + 4, 0x91000400);
    put32(SCRATCH + 8, INSN_RET);
    sync_code(SCRATCH);
    stop_count = 0;
    exception_hook = on_debug;
    write_reg(mdscr_el1, MDSCR_SS);
    uint64_t code = user(SCRATCH);
    uint64_t result = run_lower(SPSR_EL0 | SPSR_SS, (uint64_t(*)(uint64_t))code, 5);
    write_reg(mdscr_el1, 0);
    exception_hook = NULL;
    check("step at EL0: result", result, 7);
    /* BLR of lower_by_svc, two ADDs, RET; SVC then is a step of its own. */
    check("step at EL0: stops", stop_count, 4);
    check("... the first", stops[0], code);
    check("... the second", stops[1], code + 4);
    check("... the third", stops[2], code + 8);
    check("... ESR", esrs[0], ESR(0x32, 1u << 24 | 0x22));
    return unused;
}

void test_main(void)
{
    mmu_on(1);
    at_el1(tests_at_el1, 0);
    at_el1(step_el0, 0);
    check_breakpoint_to_el2();
}
