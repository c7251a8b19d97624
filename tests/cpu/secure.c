/* SPDX-License-Identifier: MIT */
/*
 * Secure EL1 and EL0, without Secure EL2: what of EL2 no longer counts, memory of both spaces,
 * the NS bit of descriptors, SCR_EL3.SIF, TLBs of both states, the Secure timer, interrupts
 * and debug exceptions (DDI 0487 D1, D8.6, IHI 0069 4.6).
 */
#include "common/cpu.h"

#define SECURE_RAM 0x0e000000ul /* in the Secure space alone */
#define VA         WINDOW
#define PA         (SCRATCH + 0x10000)
#define OTHER      (SCRATCH + 0x11000)
#define PTE_NS     (1ull << 5)

#define SCR_SIF  (1u << 9)
#define SCR_ST   (1u << 11)
#define HCR_VM   (1ull << 0)
#define HCR_FMO  (1ull << 3)
#define HCR_IMO  (1ull << 4)
#define HCR_TSC  (1ull << 19)
#define HCR_TVM  (1ull << 26)
#define HCR_TGE  (1ull << 27)
#define MDCR_SDD (1u << 16)

static uint64_t at_secure_el1(uint64_t (*function)(uint64_t), uint64_t argument)
{
    write_reg(scr_el3,
              (read_reg(scr_el3) & (SCR_IRQ | SCR_FIQ | SCR_EA | SCR_SIF | SCR_ST)) | SCR_BASE);
    return run_lower(SPSR_EL1, function, argument);
}

static void map(uint64_t va, uint64_t pa, uint64_t attributes)
{
    map_page(va, 0, 0);
    dsb();
    tlbi(alle1);
    write_reg(scr_el3, read_reg(scr_el3) & ~(uint64_t)SCR_NS);
    tlbi(alle1);
    map_page(va, pa, attributes);
    isb();
}

static uint64_t read_it(uint64_t va)
{
    return try_read(va);
}

static uint64_t write_it(uint64_t va)
{
    return try_write(va, 0x77);
}

static uint64_t call_it(uint64_t va)
{
    return try_call(va);
}

/* ---- EL2 is out of the game ---- */

static uint64_t write_sctlr(uint64_t unused)
{
    write_reg(sctlr_el1, read_reg(sctlr_el1));
    return unused;
}

static uint64_t do_hvc(uint64_t unused)
{
    __asm__ volatile("hvc #1" ::: "memory");
    return unused;
}

static uint64_t do_smc(uint64_t unused)
{
    __asm__ volatile("smc #2" ::: "memory");
    return unused;
}

static void one_exception(const char *name, uint64_t before, uint64_t esr, unsigned level)
{
    check(name, note()->count - before, 1);
    check("... ESR", note()->esr, esr);
    check("... level", note()->level, level);
}

static void check_without_el2(void)
{
    uint64_t before = note()->count;
    write_reg(vttbr_el2, 0x20000000); /* nothing there: any walk would show */
    write_reg(hcr_el2, HCR_RW | HCR_TVM | HCR_VM | HCR_TSC);
    at_secure_el1(write_sctlr, 0);
    check("HCR.TVM, VM: no exception", note()->count - before, 0);
    before = note()->count;
    at_secure_el1(do_smc, 0);
    one_exception("HCR.TSC: SMC to EL3", before, ESR(0x17, 2), 3);
    write_reg(hcr_el2, HCR_RW | HCR_TGE);
    before = note()->count;
    at_secure_el1(write_sctlr, 0);
    check("HCR.TGE: EL1 is entered all the same", note()->count - before, 0);
    write_reg(hcr_el2, HCR_RW);
    write_reg(vttbr_el2, 0);
    before = note()->count;
    at_secure_el1(do_hvc, 0);
    one_exception("HVC: UNDEFINED, whatever SCR.HCE says", before, ESR(0, 0), 1);
    /* ERET to Secure EL2 (D1.3.4.2: illegal without Secure EL2). */
    before = note()->count;
    write_reg(scr_el3, SCR_BASE);
    __asm__ volatile("adr x9, 1f\n\tmsr elr_el3, x9\n\tmov x9, #0x3c9\n\tmsr spsr_el3, x9\n\t"
                     "isb\n\teret\n1: nop" ::
                         : "x9", "memory");
    one_exception("ERET to Secure EL2 is illegal", before, ESR(0xe, 0), 3);
}

static bool clear_il(struct frame *frame)
{
    if (CLASS(frame->esr) != 0xe) {
        return false;
    }
    frame->spsr &= ~(1ull << 20);
    return true;
}

/* ---- memory ---- */

static uint64_t par_of(uint64_t va)
{
    __asm__ volatile("at s1e1r, %0\n\tisb" ::"r"(va));
    return read_reg(par_el1);
}

static void check_spaces(void)
{
    map(VA, SECURE_RAM, PTE_NORMAL);
    check("Secure EL1 writes Secure memory", at_secure_el1(write_it, VA), 0);
    check("... and reads it", at_secure_el1(read_it, VA), 0x77);
    check("AT S1E1R: PAR_EL1.NS", at_secure_el1(par_of, VA) >> 9 & 1, 0);
    check("Non-secure EL1 reads it", at_el1(read_it, VA), FAULTED);
    check("... external abort", note()->esr & ~(1ull << 9), ESR(0x25, 0x10));
    map(VA, SECURE_RAM, PTE_NORMAL | PTE_NS);
    check("Secure EL1 reads it with NS", at_secure_el1(read_it, VA), FAULTED);
    check("... external abort", note()->esr & ~(1ull << 9), ESR(0x25, 0x10));
    map(VA, PA, PTE_NORMAL | PTE_NS);
    *(volatile uint64_t *)PA = 0x1234;
    check("memory of both spaces, with NS", at_secure_el1(read_it, VA), 0x1234);
    check("AT S1E1R: PAR_EL1.NS", at_secure_el1(par_of, VA) >> 9 & 1, 1);
    put_function(PA, 9);
    sync_code(PA);
    check("SCR.SIF clear: Non-secure memory runs", at_secure_el1(call_it, VA), 9);
    write_reg(scr_el3, read_reg(scr_el3) | SCR_SIF);
    tlbi(alle1);
    map(VA, PA, PTE_NORMAL | PTE_NS);
    check("SCR.SIF: it does not", at_secure_el1(call_it, VA), FAULTED);
    check("... permission fault, level 3", note()->esr, ESR(0x21, 0xf));
    check("SCR.SIF: it can be read", at_secure_el1(read_it, VA) & 0xffffffff, insn_movz_x0(9));
    map(VA, PA, PTE_NORMAL);
    check("SCR.SIF: the same as Secure memory runs", at_secure_el1(call_it, VA), 9);
    write_reg(scr_el3, SCR_BASE);
    tlbi(alle1);
}

/* One VA and ASID; the other state's TLB entries and code do not count. */
static void check_states_apart(void)
{
    uint64_t wrong = 0;
    put_function(PA, 1);
    put_function(OTHER, 2);
    sync_code(PA);
    sync_code(OTHER);
    for (unsigned i = 0; i < 100; i++) {
        map(VA, PA, PTE_NORMAL);
        wrong += at_el1(call_it, VA) != 1;
        *page_entry(VA) = 0;
        dsb();
        *page_entry(VA) = OTHER | PTE_NORMAL | 3;
        dsb();
        wrong += at_secure_el1(call_it, VA) != 2;
        wrong += (uint32_t)at_secure_el1(read_it, VA) != insn_movz_x0(2);
    }
    check("one VA in both states: wrong results", wrong, 0);
    /* Code of one page, written by the other state. */
    map(VA, PA, PTE_NORMAL);
    wrong = 0;
    for (unsigned i = 0; i < 100; i++) {
        put_function(PA, i); /* by EL3: the Secure space */
        sync_code(PA);
        wrong += at_el1(call_it, VA) != i;
        wrong += at_secure_el1(call_it, VA) != i;
    }
    check("code of both spaces patched: wrong results", wrong, 0);
}

static uint64_t run_el0(uint64_t code)
{
    return run_lower(SPSR_EL0, (uint64_t(*)(uint64_t))code, 0);
}

static void check_el0(void)
{
    put_function(SCRATCH, 0x31);
    sync_code(SCRATCH);
    check("Secure EL0", at_secure_el1(run_el0, user(SCRATCH)), 0x31);
}

/* ---- the Secure physical timer ---- */

static uint64_t touch_timer(uint64_t unused)
{
    write_reg(cntps_cval_el1, 0x1234);
    return read_reg(cntps_cval_el1);
}

static void check_timer(void)
{
    write_reg(cntps_cval_el1, 0);
    write_reg(scr_el3, SCR_BASE);
    uint64_t before = note()->count;
    at_secure_el1(touch_timer, 0);
    check("SCR.ST clear: CNTPS_CVAL_EL1 traps, twice", note()->count - before, 2);
    check("... EC", CLASS(note()->esr), 0x18);
    check("... level", note()->level, 3);
    write_reg(scr_el3, SCR_BASE | SCR_ST);
    check("SCR.ST: it is EL1's", at_secure_el1(touch_timer, 0), 0x1234);
    before = note()->count;
    at_el1(touch_timer, 0);
    check("Non-secure EL1: exceptions", note()->count - before, 2);
    check("... UNDEFINED", note()->esr, ESR(0, 0));
    check("... level", note()->level, 1);
    write_reg(scr_el3, SCR_BASE);
}

/* ---- interrupts ---- */

static uint64_t first; /* level << 8 | kind */

static bool take_once(struct frame *frame)
{
    if ((frame->kind & 3) == 0) {
        return false;
    }
    first = first ? first : frame->level << 8 | (frame->kind & 3);
    frame->spsr |= 0x3c0;
    if (frame->level == 3) {
        write_reg(scr_el3, read_reg(scr_el3) & ~(uint64_t)(SCR_IRQ | SCR_FIQ));
    }
    return true;
}

static uint64_t unmask(uint64_t unused)
{
    write_reg(daif, 0);
    for (volatile unsigned i = 0; i < 20; i++) {
    }
    write_reg(daif, 0x3c0);
    return unused;
}

/* Takes what is left pending, where it can be acknowledged. */
static uint64_t drain(uint64_t unused)
{
    uint64_t id;
    while ((id = read_reg(S3_0_C12_C12_0)) < 1020) {
        write_reg(S3_0_C12_C12_1, id);
    }
    while ((id = read_reg(S3_0_C12_C8_0)) < 1020) {
        write_reg(S3_0_C12_C8_1, id);
    }
    return unused;
}

static void route(const char *name, unsigned sgi, uint64_t scr, uint64_t hcr, uint64_t want)
{
    write_reg(scr_el3, SCR_BASE | scr);
    write_reg(hcr_el2, HCR_RW | hcr);
    send_sgi(sgi, 0);
    delay_us(50);
    first = 0;
    at_secure_el1(unmask, 0);
    check(name, first, want);
    write_reg(hcr_el2, HCR_RW);
    write_reg(scr_el3, SCR_BASE);
    at_secure_el1(drain, 0);
    at_el1(drain, 0);
}

static void check_interrupts(void)
{
    const uint64_t irq = 1, fiq = 2, el1 = 1 << 8, el3 = 3 << 8;
    gic_start();
    exception_hook = take_once;
    route("Secure Group 1: IRQ", SGI_G1S, 0, 0, el1 | irq);
    route("Secure Group 1, HCR.IMO: no EL2", SGI_G1S, 0, HCR_IMO | HCR_FMO, el1 | irq);
    route("Secure Group 1, SCR.IRQ", SGI_G1S, SCR_IRQ, 0, el3 | irq);
    route("Group 0: FIQ", SGI_G0, 0, 0, el1 | fiq);
    route("Group 0, SCR.FIQ", SGI_G0, SCR_FIQ, 0, el3 | fiq);
    route("Non-secure Group 1: FIQ", 1, 0, 0, el1 | fiq);
    route("Non-secure Group 1, SCR.FIQ", 1, SCR_FIQ, 0, el3 | fiq);
    exception_hook = NULL;
}

/* ---- debug: a breakpoint on the function, SSC says for which state ---- */

static unsigned stops;

static bool count_stops(struct frame *frame)
{
    if (CLASS(frame->esr) != 0x31) {
        return false;
    }
    stops++;
    write_reg(dbgbcr0_el1, 0);
    return true;
}

static uint64_t breakpoint_at_el1(uint64_t control)
{
    write_reg(dbgbvr0_el1, SCRATCH);
    write_reg(dbgbcr0_el1, 1u | 1u << 1 | 0xfu << 5 | control);
    write_reg(mdscr_el1, 1u << 15 | 1u << 13);
    write_reg(daif, 0x1c0);
    call_code(SCRATCH);
    write_reg(daif, 0x3c0);
    write_reg(mdscr_el1, 0);
    write_reg(dbgbcr0_el1, 0);
    return 0;
}

static unsigned stops_at(bool secure, unsigned ssc)
{
    stops = 0;
    (secure ? at_secure_el1 : at_el1)(breakpoint_at_el1, ssc << 14);
    return stops;
}

static void check_debug(void)
{
    exception_hook = count_stops;
    write_reg(mdcr_el3, 0);
    check("breakpoint of both states, Secure", stops_at(true, 0), 1);
    check("breakpoint of Non-secure state, Secure", stops_at(true, 1), 0);
    check("breakpoint of Secure state, Secure", stops_at(true, 2), 1);
    check("breakpoint of Secure state, Non-secure", stops_at(false, 2), 0);
    check("breakpoint of Non-secure state, Non-secure", stops_at(false, 1), 1);
    write_reg(mdcr_el3, MDCR_SDD);
    check("MDCR_EL3.SDD, Secure", stops_at(true, 0), 0);
    check("MDCR_EL3.SDD, Non-secure", stops_at(false, 0), 1);
    write_reg(mdcr_el3, 0);
    exception_hook = NULL;
}

void test_main(void)
{
    mmu_on(1);
    exception_hook = clear_il;
    check_without_el2();
    exception_hook = NULL;
    check_spaces();
    check_states_apart();
    check_el0();
    check_timer();
    check_debug();
    check_interrupts();
}
