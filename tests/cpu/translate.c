/* SPDX-License-Identifier: MIT */
/*
 * Address translation as a program sees it: fault syndromes, access flag and dirty state by
 * hardware, PAN, UAO and unprivileged accesses, WXN, guarded pages, AT and PAR, TLBI, and
 * stage 2 with what a hypervisor gets to know of an abort (DDI 0487 D8, D17.2.37).
 */
#include "common/cpu.h"

#define VA      WINDOW
#define PA      (SCRATCH + 0x10000)
#define OTHER   (SCRATCH + 0x11000)
#define TCR_HA  (1ull << 39)
#define TCR_HD  (1ull << 40)
#define PAN     S3_0_C4_C2_3
#define UAO     S3_0_C4_C2_4
#define PAN_SET (1ull << 22)
#define UAO_SET (1ull << 23)

#define DATA_FAULT(fsc)  ESR(0x25, fsc)
#define WRITE_FAULT(fsc) ESR(0x25, 0x40 | (fsc))
#define FETCH_FAULT(fsc) ESR(0x21, fsc)

static void map(uint64_t va, uint64_t pa, uint64_t attributes)
{
    map_page(va, 0, 0);
    tlb_flush();
    map_page(va, pa, attributes);
    isb();
}

static void expect_fault(const char *name, uint64_t result, uint64_t esr, uint64_t far)
{
    check(name, result, FAULTED);
    check("... ESR", note()->esr, esr);
    check("... FAR", note()->far, far);
}

static uint64_t try_ldtr(uint64_t va)
{
    put32(SCRATCH, 0xf8400800); /* LDTR X0, [X0] */
    put32(SCRATCH + 4, INSN_RET);
    sync_code(SCRATCH);
    note()->esr = 0;
    uint64_t value = ((uint64_t(*)(uint64_t))SCRATCH)(va);
    return note()->esr ? FAULTED : value;
}

static void check_faults(void)
{
    map(VA, PA, PTE_NORMAL);
    check("mapped", try_write(VA, 5), 0);
    map(VA, 0, 0);
    expect_fault("translation, level 3", try_read(VA + 8), DATA_FAULT(7), VA + 8);
    expect_fault("... write", try_write(VA + 8, 1), WRITE_FAULT(7), VA + 8);
    expect_fault("translation, level 2", try_read(BLOCKS), DATA_FAULT(6), BLOCKS);
    expect_fault("translation, level 1", try_read(0x100000000), DATA_FAULT(5), 0x100000000);
    expect_fault("beyond TCR.T0SZ: level 0", try_read(1ull << 40), DATA_FAULT(4), 1ull << 40);
    expect_fault("TTBR1 with EPD1: level 0", try_read(-4096ull), DATA_FAULT(4), -4096ull);
    map(VA, PA, PTE_NORMAL & ~PTE_AF);
    expect_fault("access flag clear", try_read(VA), DATA_FAULT(0xb), VA);
    map(VA, 1ull << 45, PTE_NORMAL);
    expect_fault("beyond TCR.IPS: address size", try_read(VA), DATA_FAULT(3), VA);
    map(VA, PA, PTE_NORMAL | PTE_RO);
    expect_fault("read-only", try_write(VA, 1), WRITE_FAULT(0xf), VA);
    map(VA, 0x20000000, PTE_NORMAL);
    expect_fault("nothing there: external abort", try_read(VA), DATA_FAULT(0x10), VA);
}

static void check_hardware_flags(void)
{
    volatile uint64_t *entry = page_entry(VA);
    uint64_t tcr = read_reg(tcr_el1);
    if (!(read_reg(id_aa64mmfr1_el1) & 2)) {
        print("no FEAT_HAFDBS\n");
        return;
    }
    write_reg(tcr_el1, tcr | TCR_HA | TCR_HD);
    map(VA, PA, PTE_NORMAL & ~PTE_AF);
    try_read(VA);
    check("TCR.HA: a read sets AF", *entry & PTE_AF, PTE_AF);
    map(VA, PA, PTE_NORMAL | PTE_RO | PTE_DBM);
    try_read(VA);
    check("TCR.HD: a read leaves it clean", *entry & PTE_RO, PTE_RO);
    check("TCR.HD: the write works", try_write(VA, 6), 0);
    check("TCR.HD: and makes it dirty", *entry & PTE_RO, 0);
    map(VA, PA, PTE_NORMAL | PTE_RO);
    expect_fault("TCR.HD without DBM", try_write(VA, 1), WRITE_FAULT(0xf), VA);
    map(VA, PA, (PTE_NORMAL & ~PTE_AF) | PTE_RO | PTE_DBM);
    check("TCR.HD: write with AF clear", try_write(VA, 7), 0);
    check("... sets both", *entry & (PTE_AF | PTE_RO), PTE_AF);
    write_reg(tcr_el1, tcr);
    tlb_flush();
}

static void check_privilege(void)
{
    uint64_t user_page = VA + PAGE;
    map(VA, PA, PTE_NORMAL);
    map(user_page, OTHER, PTE_NORMAL | PTE_EL0);
    try_write(VA, 0x11);
    try_write(user_page, 0x22);
    expect_fault("EL1 executes what EL0 may write", try_call(user_page), FETCH_FAULT(0xf),
                 user_page);
    check("LDTR of a page of EL0", try_ldtr(user_page), 0x22);
    expect_fault("LDTR of a page of EL1", try_ldtr(VA), DATA_FAULT(0xf), VA);
    write_reg(UAO, UAO_SET);
    check("LDTR with UAO", try_ldtr(VA), 0x11);
    write_reg(UAO, 0);
    expect_fault("LDTR, UAO clear again", try_ldtr(VA), DATA_FAULT(0xf), VA);
    write_reg(PAN, PAN_SET);
    expect_fault("PAN: read", try_read(user_page), DATA_FAULT(0xf), user_page);
    expect_fault("PAN: write", try_write(user_page, 1), WRITE_FAULT(0xf), user_page);
    check("PAN: page of EL1", try_read(VA), 0x11);
    check("PAN: LDTR", try_ldtr(user_page), 0x22);
    write_reg(PAN, 0);
    check("PAN clear again", try_read(user_page), 0x22);
}

static void check_guarded(void)
{
    if (!(read_reg(S3_0_C0_C4_1) & 15)) { /* ID_AA64PFR1_EL1.BT */
        print("no FEAT_BTI\n");
        return;
    }
    put_function(PA, 55);
    put32(PA + 64, 0xd503245f); /* BTI c */
    put_function(PA + 68, 66);
    sync_code(PA);
    sync_code(PA + 64);
    map(VA, PA, PTE_NORMAL | PTE_GP);
    uint64_t before = note()->count;
    __asm__ volatile("blr %0" ::"r"(VA) : "x0", "x30", "memory");
    check("BLR into a guarded page: one exception", note()->count - before, 1);
    check("... branch target, BTYPE 2", note()->esr, ESR(0xd, 2));
    check("... SPSR.BTYPE", note()->spsr >> 10 & 3, 2);
    check("... ELR", note()->elr, VA);
    check("BLR to BTI c", try_call(VA + 64), 66);
    map(VA, PA, PTE_NORMAL);
    check("BLR, page not guarded", try_call(VA), 55);
}

static uint64_t par_after(unsigned op, uint64_t va)
{
    switch (op) {
    case 0: __asm__ volatile("at s1e1r, %0" ::"r"(va)); break;
    case 1: __asm__ volatile("at s1e1w, %0" ::"r"(va)); break;
    case 2: __asm__ volatile("at s1e0r, %0" ::"r"(va)); break;
    default: __asm__ volatile("at s1e0w, %0" ::"r"(va)); break;
    }
    isb();
    return read_reg(par_el1);
}

/* PAR_EL1: ATTR 63:56, PA 51:12, bit 11 RES1, NS 9 (UNKNOWN here, left out), SH 8:7. */
#define PAR_MASK ~(1ull << 9)

static void check_at(void)
{
    uint64_t good = 0xffull << 56 | 1u << 11 | 3u << 7;
    map(VA, PA, PTE_NORMAL | PTE_RO);
    check("AT S1E1R", par_after(0, VA + 0x123) & PAR_MASK, good | PA);
    check("AT S1E1W of a read-only page", par_after(1, VA), 1 | 0xf << 1 | 1u << 11);
    check("AT S1E0R of a page of EL1", par_after(2, VA), 1 | 0xf << 1 | 1u << 11);
    map(VA, PA, PTE_NORMAL | PTE_EL0);
    check("AT S1E0W", par_after(3, VA) & PAR_MASK, good | PA);
    check("AT of nothing, level 3", par_after(0, VA + 0x5000), 1 | 7 << 1 | 1u << 11);
    check("AT of a device: attributes", par_after(0, 0x09000000) >> 56, 0);
}

static void check_tlbi(void)
{
    *(volatile uint64_t *)PA = 1;
    *(volatile uint64_t *)OTHER = 2;
    uint64_t other_block = SCRATCH + BLOCK_BYTES;
    *(volatile uint64_t *)(other_block + 0x5000) = 3;
    *(volatile uint64_t *)(SCRATCH + 0x5000) = 4;
    map_block(BLOCKS, other_block, PTE_NORMAL);
    tlb_flush();
    check("block", try_read(BLOCKS + 0x5000), 3);
    map_block(BLOCKS, 0, 0);
    tlbi_arg(vaae1, (BLOCKS + 0x1ff000) >> 12);
    check("TLBI by another address of the block", try_read(BLOCKS + 0x5000), FAULTED);
    map_block(BLOCKS, SCRATCH, PTE_NORMAL);
    isb();
    check("another block", try_read(BLOCKS + 0x5000), 4);
    map_block(BLOCKS, 0, 0);
    tlbi(vmalle1);
    check("TLBI VMALLE1", try_read(BLOCKS + 0x5000), FAULTED);
    /* A non-cached translation needs no TLBI to appear (D8.14: faults are not cached). */
    map_block(BLOCKS, SCRATCH, PTE_NORMAL);
    isb();
    check("a valid entry after a fault needs no TLBI", try_read(BLOCKS + 0x5000), 4);
    map_block(BLOCKS, 0, 0);
    tlb_flush();
    /* Global pages stay with TLBI ASIDE1; those with nG go. */
    map(VA, PA, PTE_NORMAL | PTE_NG);
    check("page of an ASID", try_read(VA), 1);
    *page_entry(VA) = OTHER | PTE_NORMAL | PTE_NG | 3;
    dsb();
    tlbi_arg(aside1, 0ull);
    check("TLBI ASIDE1", try_read(VA), 2);
}

static uint64_t tests_at_el1(uint64_t unused)
{
    check_faults();
    check_hardware_flags();
    check_privilege();
    check_guarded();
    check_at();
    check_tlbi();
    return unused;
}

/*
 * SCTLR_EL2.WXN: all that is writable cannot be executed. The code that tests it is mapped
 * read-only, and its data lie in the other mapping of RAM (user()).
 */
uint64_t wxn_asm(uint64_t sctlr_on, uint64_t sctlr_off, uint64_t code);
__asm__(".text\n.balign 4096\n"
        "wxn_asm: mov x9, x30\n"
        /* TLBs may hold WXN (D8.4.6): flush */
        "msr sctlr_el2, x0\n isb\n tlbi alle2\n dsb sy\n isb\n mov x0, #0\n blr x2\n"
        "msr sctlr_el2, x1\n isb\n mov x30, x9\n ret\n"
        ".org wxn_asm + 0x200\n" /* vector: back with the syndrome */
        "mrs x0, esr_el2\n msr sctlr_el2, x1\n isb\n mov x30, x9\n ret\n"
        ".balign 4096\n");

static uint64_t wxn_at_el2(uint64_t unused)
{
    uint64_t code = (uint64_t)wxn_asm;
    uint64_t sctlr = sctlr_of(2);
    put_function(PA, 44);
    sync_code(PA);
    map(VA, PA, PTE_NORMAL | PTE_RO);
    map(VA + PAGE, code, PTE_NORMAL | PTE_RO);
    uint64_t (*run)(uint64_t, uint64_t, uint64_t) =
        (uint64_t(*)(uint64_t, uint64_t, uint64_t))(VA + PAGE);
    check("WXN: a read-only page runs", run(sctlr | SCTLR_WXN, sctlr, VA), 44);
    map(VA, PA, PTE_NORMAL);
    check("WXN clear: a writable page runs", run(sctlr, sctlr, VA), 44);
    uint64_t vectors = read_reg(vbar_el2);
    write_reg(vbar_el2, VA + PAGE);
    check("WXN: a writable page does not", run(sctlr | SCTLR_WXN, sctlr, VA), FETCH_FAULT(0xf));
    write_reg(vbar_el2, vectors);
    return unused;
}

/* ---- stage 2 ---- */

static uint64_t stage2_level1[512] __attribute__((aligned(4096)));
static uint64_t stage2_level2[512] __attribute__((aligned(4096)));
static uint64_t stage2_level3[512] __attribute__((aligned(4096)));

#define S2_NORMAL (0xfull << 2 | 3ull << 8 | PTE_AF)
#define S2_READ   (1ull << 6)
#define S2_WRITE  (2ull << 6)
#define IPA       WINDOW

static void map_stage2(uint64_t ipa, uint64_t pa, uint64_t attributes)
{
    *(volatile uint64_t *)&stage2_level3[(ipa - IPA) / PAGE] =
        attributes ? pa | attributes | 3 : 0;
    dsb();
}

static void stage2_flush(void)
{
    dsb();
    tlbi(vmalls12e1);
}

static void stage2_on(void)
{
    stage2_level1[0] = 1 | PTE_AF | S2_READ | S2_WRITE | 1u << 2;
    stage2_level1[1] = 0x40000000 | 1 | S2_NORMAL | S2_READ | S2_WRITE;
    stage2_level1[2] = (uint64_t)stage2_level2 | 3;
    stage2_level2[0] = (uint64_t)stage2_level3 | 3;
    dsb();
    /* T0SZ 25, SL0 1, write-back inner shareable walks, 4 KiB, PS 40 bits. */
    write_reg(vtcr_el2, 25 | 1u << 6 | 0x3500 | 2u << 16 | 1u << 31);
    write_reg(vttbr_el2, (uint64_t)stage2_level1 | 3ull << 48);
    write_reg(hcr_el2, HCR_RW | 1);
    stage2_flush();
}

/* The instruction gets the address in x0; its x1 is 0x55. */
static uint64_t run_access(uint64_t insn)
{
    put32(SCRATCH, (uint32_t)insn);
    put32(SCRATCH + 4, INSN_RET);
    sync_code(SCRATCH);
    register uint64_t x0 __asm__("x0") = IPA + 0x2010;
    register uint64_t x1 __asm__("x1") = 0x55;
    __asm__ volatile("blr %2" : "+r"(x0), "+r"(x1) : "r"(SCRATCH) : "x30", "x2", "memory");
    return x1;
}

static void expect_stage2(const char *name, uint32_t insn, uint64_t iss)
{
    note()->esr = 0;
    at_el1(run_access, insn);
    check(name, note()->esr, ESR(0x24, iss));
    check("... FAR", note()->far, IPA + 0x2010);
    check("... HPFAR", note()->hpfar, (IPA + 0x2000) >> 12 << 4);
    check("... level", note()->level, 2);
}

#define ISV(sas, sse, sf, srt)                                                                 \
    (1u << 24 | (sas) << 22 | (sse) << 21 | (srt) << 16 | (unsigned)(sf) << 15)

static uint64_t call_ipa(uint64_t ipa)
{
    return try_call(ipa);
}

static uint64_t read_ipa(uint64_t ipa)
{
    return try_read(ipa);
}

static uint64_t write_ipa(uint64_t ipa)
{
    return try_write(ipa, 0x77);
}

static void check_stage2(void)
{
    stage2_on();
    expect_stage2("LDR X1", 0xf9400001, ISV(3, 0, 1, 1) | 7);
    expect_stage2("LDR W1", 0xb9400001, ISV(2, 0, 0, 1) | 7);
    expect_stage2("LDRB W1", 0x39400001, ISV(0, 0, 0, 1) | 7);
    expect_stage2("LDRSH X1", 0x79800001, ISV(1, 1, 1, 1) | 7);
    expect_stage2("LDRSB W1", 0x39c00001, ISV(0, 1, 0, 1) | 7);
    expect_stage2("STR XZR", 0xf900001f, ISV(3, 0, 1, 31) | 0x47);
    expect_stage2("STRH W1", 0x79000001, ISV(1, 0, 0, 1) | 0x47);
    expect_stage2("LDP X1, X2: no syndrome", 0xa9400801, 7);
    expect_stage2("LDR X1, [X0], #8: no syndrome", 0xf8408401, 7);
    expect_stage2("LDAR X1", 0xc8dffc01, ISV(3, 0, 1, 1) | 1u << 14 | 7);
    expect_stage2("DC CIVAC: CM and WnR", 0xd50b7e20, 0x147);

    *(volatile uint64_t *)(PA + 0x10) = 0x1234;
    map_stage2(IPA + 0x2000, PA, S2_NORMAL | S2_READ);
    stage2_flush();
    check("mapped: read", at_el1(read_ipa, IPA + 0x2010), 0x1234);
    check("read-only in stage 2: write", at_el1(write_ipa, IPA + 0x2010), FAULTED);
    check("... ESR, without the access's own registers", note()->esr & 0x3f, 0xf);
    check("... WnR", note()->esr >> 6 & 1, 1);
    map_stage2(IPA + 0x2000, PA, S2_NORMAL | S2_READ | S2_WRITE);
    tlbi_arg(ipas2e1, (IPA + 0x2000) >> 12);
    tlbi(vmalle1);
    check("made writable, TLBI IPAS2E1 and VMALLE1", at_el1(write_ipa, IPA + 0x2010), 0);
    check("... written", *(volatile uint64_t *)(PA + 0x10), 0x77);
    map_stage2(IPA + 0x2000, 0, 0);
    stage2_flush();
    check("unmapped: fetch", at_el1(call_ipa, IPA + 0x2000), FAULTED);
    check("... ESR", note()->esr, ESR(0x20, 7));
    check("... HPFAR", note()->hpfar, (IPA + 0x2000) >> 12 << 4);
    map_stage2(IPA + 0x2000, PA, S2_NORMAL | S2_READ | S2_WRITE | 2ull << 53); /* XN */
    stage2_flush();
    check("XN in stage 2: fetch", at_el1(call_ipa, IPA + 0x2000), FAULTED);
    check("... ESR", note()->esr, ESR(0x20, 0xf));
}

static uint64_t at_s12e1r(uint64_t va)
{
    __asm__ volatile("at s12e1r, %0\n\tisb" ::"r"(va));
    return read_reg(par_el1);
}

static void check_stage2_tables(void)
{
    /* EL1's tables with one of them where stage 2 has nothing. */
    mmu_on(1);
    map_page(WINDOW + 0x8000, IPA + 0x2000, PTE_NORMAL);
    map_stage2(IPA + 0x2000, PA, S2_NORMAL | S2_READ | S2_WRITE);
    stage2_flush();
    *(volatile uint64_t *)(PA + 0x10) = 0x99;
    check("both stages: read", at_el1(read_ipa, WINDOW + 0x8010), 0x99);
    uint64_t par = at_el2(at_s12e1r, WINDOW + 0x8010);
    check("AT S12E1R", par & 0xfffffffff001, PA);
    map_stage2(IPA + 0x2000, 0, 0);
    stage2_flush();
    check("stage 2 unmapped: read", at_el1(read_ipa, WINDOW + 0x8010), FAULTED);
    check("... FAR is the VA", note()->far, WINDOW + 0x8010);
    check("... HPFAR is the IPA", note()->hpfar, (IPA + 0x2000) >> 12 << 4);
    par = at_el2(at_s12e1r, WINDOW + 0x8010);
    check("AT S12E1R: F, FST, S of stage 2", par & 0xfff, 1 | 7 << 1 | 1 << 9 | 1 << 11);
}

/* The fetch itself cannot be translated then: go back to EL3 from EL2's handler. */
static bool table_fault_seen;

static bool fix_table(struct frame *frame)
{
    if (frame->level != 2 || CLASS(frame->esr) != 0x20 || !(frame->esr >> 7 & 1)) {
        return false;
    }
    table_fault_seen = true;
    map_stage2(IPA + 0x3000, (uint64_t)read_reg(tpidr_el0), S2_NORMAL | S2_READ | S2_WRITE);
    return true;
}

static void check_table_fault(void)
{
    uint64_t ttbr = read_reg(ttbr0_el1);
    write_reg(tpidr_el0, ttbr); /* where the tables really are */
    map_stage2(IPA + 0x3000, 0, 0);
    stage2_flush();
    write_reg(ttbr0_el1, IPA + 0x3000);
    exception_hook = fix_table;
    map_stage2(IPA + 0x2000, PA, S2_NORMAL | S2_READ | S2_WRITE);
    check("table mapped on demand: read", at_el1(read_ipa, WINDOW + 0x8010), 0x99);
    exception_hook = NULL;
    check("... instruction abort with S1PTW", table_fault_seen, true);
    check("... ESR", note()->esr, ESR(0x20, 0x80 | 7));
    check("... HPFAR is the table", note()->hpfar, (IPA + 0x3000) >> 12 << 4);
    write_reg(ttbr0_el1, ttbr);
    write_reg(hcr_el2, HCR_RW);
    stage2_flush();
}

void test_main(void)
{
    mmu_on(1);
    at_el1(tests_at_el1, 0);
    mmu_off(1);
    mmu_on(2);
    at_el2(wxn_at_el2, 0);
    mmu_off(2);
    check_stage2();
    check_stage2_tables();
    check_table_fault();
}
