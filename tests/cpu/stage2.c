/* SPDX-License-Identifier: MIT */
/*
 * Stage 2 translation: what a hypervisor gets to know of an abort, permissions, faults of stage
 * 1 walks, access flag and dirty state by hardware, HCR_EL2.DC (DDI 0487 D8, D17.2.37).
 */
#include "common/cpu.h"

#define PA     (SCRATCH + 0x10000)
#define TCR_HA (1ull << 39)

#define HCR_VM  (1ull << 0)
#define HCR_DC  (1ull << 12)
#define VTCR_HA (1ull << 21)
#define VTCR_HD (1ull << 22)

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

/* ---- access flag and dirty state by hardware ---- */

static volatile uint64_t *stage2_entry(uint64_t ipa)
{
    return (volatile uint64_t *)&stage2_level3[(ipa - IPA) / PAGE];
}

static void remap_stage2(uint64_t ipa, uint64_t attributes)
{
    map_stage2(ipa, PA, attributes);
    stage2_flush();
}

static void check_hardware_flags(void)
{
    const uint64_t ipa = IPA + 0x2000, old = S2_NORMAL & ~PTE_AF;
    stage2_on();
    uint64_t vtcr = read_reg(vtcr_el2);
    remap_stage2(ipa, old | S2_READ);
    check("AF clear in stage 2: read", at_el1(read_ipa, ipa), FAULTED);
    check("... access flag fault, level 3", note()->esr & 0x3f, 0xb);
    check("... level", note()->level, 2);
    check("... HPFAR", note()->hpfar, ipa >> 12 << 4);
    if (!(read_reg(id_aa64mmfr1_el1) & 2)) {
        print("no FEAT_HAFDBS\n");
        return;
    }
    write_reg(vtcr_el2, vtcr | VTCR_HA);
    remap_stage2(ipa, old | S2_READ);
    *(volatile uint64_t *)PA = 0x4321;
    check("VTCR.HA: read", at_el1(read_ipa, ipa), 0x4321);
    check("... sets AF", *stage2_entry(ipa) & PTE_AF, PTE_AF);
    remap_stage2(ipa, S2_NORMAL | S2_READ | PTE_DBM);
    check("VTCR.HD clear, DBM: write", at_el1(write_ipa, ipa), FAULTED);
    check("... permission fault, level 3", note()->esr & 0x3f, 0xf);
    write_reg(vtcr_el2, vtcr | VTCR_HA | VTCR_HD);
    remap_stage2(ipa, S2_NORMAL | S2_READ | PTE_DBM);
    check("VTCR.HD, DBM: read", at_el1(read_ipa, ipa), 0x4321);
    check("... leaves it clean", *stage2_entry(ipa) & S2_WRITE, 0);
    check("VTCR.HD, DBM: write", at_el1(write_ipa, ipa), 0);
    check("... makes it dirty", *stage2_entry(ipa) & S2_WRITE, S2_WRITE);
    check("... and is done", *(volatile uint64_t *)PA, 0x77);
    remap_stage2(ipa, S2_NORMAL | S2_READ);
    check("VTCR.HD without DBM: write", at_el1(write_ipa, ipa), FAULTED);
    check("... permission fault, level 3", note()->esr & 0x3f, 0xf);
    remap_stage2(ipa, old | S2_READ | PTE_DBM);
    check("VTCR.HD: write with AF clear", at_el1(write_ipa, ipa), 0);
    check("... sets both", *stage2_entry(ipa) & (PTE_AF | S2_WRITE), PTE_AF | S2_WRITE);
    write_reg(vtcr_el2, vtcr);
}

/* The access flag that stage 1's walk sets is a write to the page of the table. */
static void check_table_becomes_dirty(void)
{
    const uint64_t va = WINDOW + 0x8000;
    const uint64_t table = (uint64_t)page_entry(WINDOW);
    if (!(read_reg(id_aa64mmfr1_el1) & 2)) {
        return;
    }
    mmu_on(1);
    stage2_on();
    write_reg(vtcr_el2, read_reg(vtcr_el2) | VTCR_HA | VTCR_HD);
    /* Level 2 of stage 1 points at the level 3 table by an IPA of the window. */
    uint64_t ttbr = read_reg(ttbr0_el1);
    volatile uint64_t *level2 =
        (volatile uint64_t *)(*(volatile uint64_t *)(ttbr + 16) & 0xfffffffff000);
    *level2 = (IPA + 0x3000) | 3;
    map_stage2(IPA + 0x3000, table, S2_NORMAL | S2_READ | PTE_DBM);
    map_page(va, SCRATCH + 0x12000, PTE_NORMAL & ~PTE_AF);
    stage2_flush();
    uint64_t tcr = read_reg(tcr_el1);
    write_reg(tcr_el1, tcr | TCR_HA);
    *(volatile uint64_t *)(SCRATCH + 0x12000) = 0x5a;
    check("TCR.HA below VTCR.HD: read", at_el1(read_ipa, va), 0x5a);
    check("... sets AF in stage 1", *page_entry(va) & PTE_AF, PTE_AF);
    check("... makes the table's page dirty", *stage2_entry(IPA + 0x3000) & S2_WRITE, S2_WRITE);
    map_page(va, SCRATCH + 0x12000, PTE_NORMAL & ~PTE_AF);
    map_stage2(IPA + 0x3000, table, S2_NORMAL | S2_READ);
    stage2_flush();
    check("TCR.HA, table read-only in stage 2: read", at_el1(read_ipa, va), FAULTED);
    check("... permission fault of a walk", note()->esr & 0xbf, 0x80 | 0xf);
    check("... HPFAR", note()->hpfar, (IPA + 0x3000) >> 12 << 4);
    write_reg(tcr_el1, tcr);
    *level2 = table | 3;
    write_reg(hcr_el2, HCR_RW);
    stage2_flush();
    mmu_off(1);
}

/* ---- HCR_EL2.DC ---- */

static uint64_t read_sctlr(uint64_t unused)
{
    return read_reg(sctlr_el1);
}

static uint64_t par_s1e1r(uint64_t va)
{
    __asm__ volatile("at s1e1r, %0\n\tisb" ::"r"(va));
    return read_reg(par_el1);
}

static void check_default_cacheable(void)
{
    const uint64_t data = SCRATCH + 0x13000;
    mmu_on(1);
    map_page(IPA + 0x2000, data, PTE_NORMAL);
    *(volatile uint64_t *)data = 0x1122334455667788;
    *(volatile uint64_t *)PA = 0x99;
    stage2_on();
    map_stage2(IPA + 0x2000, 0, 0);
    write_reg(hcr_el2, HCR_RW | HCR_DC); /* VM too, by DC */
    stage2_flush();
    check("DC: SCTLR_EL1.M reads as it was", at_el1(read_sctlr, 0) & SCTLR_M, SCTLR_M);
    check("DC: stage 1 is off, stage 2 on", at_el1(read_ipa, IPA + 0x2000), FAULTED);
    check("... translation fault, level 3", note()->esr & 0x3f, 7);
    check("... level", note()->level, 2);
    check("... HPFAR", note()->hpfar, (IPA + 0x2000) >> 12 << 4);
    map_stage2(IPA + 0x2000, PA, S2_NORMAL | S2_READ);
    stage2_flush();
    check("DC: the VA is the IPA", at_el1(read_ipa, IPA + 0x2000), 0x99);
    check("AT S1E1R: write-back, Non-shareable", at_el1(par_s1e1r, data) & ~(1ull << 9),
          0xffull << 56 | data | 1u << 11);
    check("unaligned load: Normal memory", at_el1(read_ipa, data + 4) & 0xffffffff, 0x11223344);
    write_reg(hcr_el2, HCR_RW | HCR_VM);
    mmu_off(1);
    stage2_flush();
    check("without DC, MMU off: Device memory", at_el1(read_ipa, data + 4), FAULTED);
    check("... alignment fault at EL1", note()->esr, ESR(0x25, 0x21));
    check("... level", note()->level, 1);
    write_reg(hcr_el2, HCR_RW);
    stage2_flush();
}

void test_main(void)
{
    check_stage2();
    check_stage2_tables();
    check_table_fault();
    mmu_off(1);
    check_hardware_flags();
    check_table_becomes_dirty();
    check_default_cacheable();
}
