/* SPDX-License-Identifier: MIT */
/*
 * External aborts: of loads, stores, fetches and table walks, of addresses where nothing is
 * and of devices that refuse; who takes them (SCR_EL3.EA, stage 2), and that SCR_EL3.EA and
 * HCR_EL2.AMO send an SError to where they say (DDI 0487 D1.3.6, AArch64.DataAbort()).
 */
#include "common/cpu.h"

#define VA      WINDOW
#define NOTHING 0x0f000000ul /* behind the Secure memory of virt */

#define HCR_VM  (1ull << 0)
#define HCR_AMO (1ull << 5)
#define HCR_VSE (1ull << 8)

#define ESR_EA (1u << 9) /* IMPLEMENTATION DEFINED */

/* EC of an abort taken to a level from a level: data 0x24 and 0x25, fetches 0x20 and 0x21. */
static unsigned abort_class(unsigned base, unsigned from, unsigned to)
{
    return base + (from == to);
}

static uint64_t abort_from(unsigned el, uint64_t (*access)(uint64_t), uint64_t va)
{
    note()->esr = note()->level = 0;
    return el == 3 ? access(va) : el == 2 ? at_el2(access, va) : at_el1(access, va);
}

static void expect_abort(const char *name, unsigned el, uint64_t (*access)(uint64_t),
                         uint64_t va, unsigned base, unsigned iss, unsigned level)
{
    check(name, abort_from(el, access, va), FAULTED);
    check("... ESR", note()->esr & ~(uint64_t)ESR_EA, ESR(abort_class(base, el, level), iss));
    check("... FAR", note()->far, va);
    check("... level", note()->level, level);
}

static uint64_t read_it(uint64_t va)
{
    return try_read(va);
}

static uint64_t write_it(uint64_t va)
{
    return try_write(va, 1);
}

static uint64_t call_it(uint64_t va)
{
    return try_call(va);
}

static void route_to_el3(bool yes)
{
    write_reg(scr_el3, SCR_BASE | SCR_NS | (yes ? SCR_EA : 0));
}

/* All regimes have the same map: level 1 of it as if EL3 had mapped it. */
static void check_accesses(void)
{
    map_page(VA, NOTHING, PTE_NORMAL);
    route_to_el3(false);
    expect_abort("EL1 reads nothing", 1, read_it, VA + 8, 0x24, 0x10, 1);
    expect_abort("EL1 writes nothing", 1, write_it, VA + 8, 0x24, 0x50, 1);
    expect_abort("EL1 reads a device address", 1, read_it, NOTHING, 0x24, 0x10, 1);
    expect_abort("EL1 executes nothing", 1, call_it, VA, 0x20, 0x10, 1);
    expect_abort("EL2 reads nothing", 2, read_it, VA + 8, 0x24, 0x10, 2);
    expect_abort("EL2 executes nothing", 2, call_it, VA, 0x20, 0x10, 2);
    expect_abort("EL3 reads nothing", 3, read_it, VA + 8, 0x24, 0x10, 3);
    route_to_el3(true);
    expect_abort("SCR.EA: EL1 reads nothing", 1, read_it, VA + 8, 0x24, 0x10, 3);
    expect_abort("SCR.EA: EL1 writes nothing", 1, write_it, VA + 8, 0x24, 0x50, 3);
    expect_abort("SCR.EA: EL1 executes nothing", 1, call_it, VA, 0x20, 0x10, 3);
    expect_abort("SCR.EA: EL2 reads nothing", 2, read_it, VA + 8, 0x24, 0x10, 3);
    expect_abort("SCR.EA: EL3 reads nothing", 3, read_it, VA + 8, 0x24, 0x10, 3);
    /* Only external ones. */
    map_page(VA, 0, 0);
    at_el1(read_it, VA);
    check("SCR.EA: a translation fault of EL1 stays there", note()->level, 1);
    route_to_el3(false);
}

static void check_walks(void)
{
    uint64_t ttbr = read_reg(ttbr0_el1);
    volatile uint64_t *level1 = (volatile uint64_t *)ttbr;
    uint64_t old = level1[2];
    level1[2] = NOTHING | 3;
    dsb();
    tlbi(alle1);
    expect_abort("table of level 2 where nothing is", 1, read_it, VA, 0x24, 0x16, 1);
    expect_abort("... write", 1, write_it, VA, 0x24, 0x56, 1);
    expect_abort("... fetch", 1, call_it, VA, 0x20, 0x16, 1);
    route_to_el3(true);
    expect_abort("SCR.EA: table where nothing is", 1, read_it, VA, 0x24, 0x16, 3);
    expect_abort("SCR.EA: ... fetch", 1, call_it, VA, 0x20, 0x16, 3);
    route_to_el3(false);
    level1[2] = old;
    dsb();
    tlbi(alle1);
}

static uint64_t stage2_level1[512] __attribute__((aligned(4096)));

static void check_stage2_walks(void)
{
    const uint64_t attributes = 0xfull << 2 | 3ull << 8 | PTE_AF | 3ull << 6;
    stage2_level1[0] = 1 | PTE_AF | 3ull << 6 | 1u << 2;
    stage2_level1[1] = 0x40000000 | 1 | attributes;
    stage2_level1[2] = NOTHING | 3;
    dsb();
    mmu_off(1);
    write_reg(vtcr_el2, 25 | 1u << 6 | 0x3500 | 2u << 16 | 1u << 31);
    write_reg(vttbr_el2, (uint64_t)stage2_level1 | 1ull << 48);
    write_reg(hcr_el2, HCR_RW | HCR_VM);
    tlbi(vmalls12e1);
    expect_abort("stage 2 table where nothing is", 1, read_it, VA, 0x24, 0x16, 2);
    expect_abort("... fetch", 1, call_it, VA, 0x20, 0x16, 2);
    route_to_el3(true);
    expect_abort("SCR.EA: stage 2 table where nothing is", 1, read_it, VA, 0x24, 0x16, 3);
    route_to_el3(false);
    write_reg(hcr_el2, HCR_RW);
    mmu_on(1);
}

/* AT does not put an external abort into PAR_EL1: it is taken. */
static uint64_t translate_it(uint64_t va)
{
    __asm__ volatile("at s1e1r, %0\n\tisb" ::"r"(va) : "memory");
    return FAULTED;
}

static void check_at(void)
{
    uint64_t ttbr = read_reg(ttbr0_el1);
    volatile uint64_t *level1 = (volatile uint64_t *)ttbr;
    uint64_t old = level1[2];
    level1[2] = NOTHING | 3;
    dsb();
    tlbi(alle1);
    abort_from(1, translate_it, VA);
    check("AT, table where nothing is: EC", CLASS(note()->esr), 0x25);
    check("... CM, WnR and DFSC", note()->esr & 0x17f, 0x156);
    route_to_el3(true);
    abort_from(1, translate_it, VA);
    check("SCR.EA: AT: EC", CLASS(note()->esr), 0x24);
    check("... level", note()->level, 3);
    route_to_el3(false);
    level1[2] = old;
    dsb();
    tlbi(alle1);
}

/* ---- SError: virtual ones, which nothing but HCR_EL2 makes pending here ---- */

static bool note_serror(struct frame *frame)
{
    frame->spsr |= 0x3c0;
    return (frame->kind & 3) == 3;
}

static uint64_t unmask(uint64_t unused)
{
    write_reg(daif, 0);
    for (volatile unsigned i = 0; i < 20; i++) {
    }
    write_reg(daif, 0x3c0);
    return unused;
}

static uint64_t read_isr(uint64_t unused)
{
    return read_reg(isr_el1);
}

static void check_serror(void)
{
    exception_hook = note_serror;
    for (unsigned ea = 0; ea < 2; ea++) {
        uint64_t before = note()->count;
        route_to_el3(ea);
        write_reg(hcr_el2, HCR_RW | HCR_AMO | HCR_VSE);
        check("ISR_EL1.A of a virtual SError", at_el1(read_isr, 0), 1u << 8);
        at_el1(unmask, 0);
        check(ea ? "SCR.EA: virtual SError, once" : "virtual SError, once",
              note()->count - before, 1);
        check("... level, EC", note()->level << 8 | CLASS(note()->esr), 0x12f);
        check("... vector of the own level with SPx", note()->kind, 7);
        check("... HCR_EL2.VSE", read_reg(hcr_el2) & HCR_VSE, 0);
        write_reg(hcr_el2, HCR_RW | HCR_VSE);
        before = note()->count;
        at_el1(unmask, 0);
        check("... not without AMO", note()->count - before, 0);
        write_reg(hcr_el2, HCR_RW);
    }
    exception_hook = NULL;
    route_to_el3(false);
}

void test_main(void)
{
    mmu_on(2);
    mmu_on(3);
    mmu_on(1);
    check_accesses();
    check_walks();
    check_stage2_walks();
    check_at();
    check_serror();
}
