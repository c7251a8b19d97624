/* SPDX-License-Identifier: MIT */
/*
 * Address translation as a program sees it: fault syndromes, access flag and dirty state by
 * hardware, PAN, UAO and unprivileged accesses, WXN, guarded pages, AT and PAR, TLBI (DDI 0487
 * D8, D17.2.37). Stage 2 is in stage2.c.
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

void test_main(void)
{
    mmu_on(1);
    at_el1(tests_at_el1, 0);
    mmu_off(1);
    mmu_on(2);
    at_el2(wxn_at_el2, 0);
    mmu_off(2);
}
