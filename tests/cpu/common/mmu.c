/* SPDX-License-Identifier: MIT */
/*
 * Translation tables of the guests of tests/cpu: 39-bit addresses, 4 KiB granule, one set of
 * tables for the three regimes (cpu.h has the map), and a second set for tests of ASIDs.
 */
#include "cpu.h"

#define TABLE_ENTRIES 512

struct tables {
    uint64_t level1[TABLE_ENTRIES];
    uint64_t level2[TABLE_ENTRIES]; /* of the window */
    uint64_t level3[TABLE_ENTRIES];
};

static struct tables tables[2] __attribute__((aligned(4096)));

static void fill(struct tables *to)
{
    to->level1[0] = 0x00000000ull | PTE_VALID | PTE_NORMAL | PTE_DEVICE | PTE_PXN | PTE_UXN;
    to->level1[1] = 0x40000000ull | PTE_VALID | PTE_NORMAL;
    to->level1[2] = (uint64_t)to->level2 | 3;
    to->level1[3] = 0x40000000ull | PTE_VALID | PTE_NORMAL | PTE_EL0;
    to->level2[0] = (uint64_t)to->level3 | 3;
}

uint64_t sctlr_of(unsigned el)
{
    return el == 1 ? read_reg(sctlr_el1) : el == 2 ? read_reg(sctlr_el2) : read_reg(sctlr_el3);
}

void set_sctlr(unsigned el, uint64_t value)
{
    if (el == 1) {
        write_reg(sctlr_el1, value);
    } else if (el == 2) {
        write_reg(sctlr_el2, value);
    } else {
        write_reg(sctlr_el3, value);
    }
}

void mmu_on(unsigned el)
{
    /* T0SZ 25, write-back inner shareable walks; PS 40 bits. */
    uint64_t walks = 25 | 0x3500;
    uint64_t mair = 0x00ff; /* 0: Normal write-back, 1: Device-nGnRnE */
    fill(&tables[0]);
    dsb();
    if (el == 1) {
        write_reg(mair_el1, mair);
        write_reg(tcr_el1, walks | 1u << 23 | 2ull << 32 | 1ull << 36); /* EPD1, AS */
        write_reg(ttbr0_el1, (uint64_t)tables[0].level1);
    } else if (el == 2) {
        write_reg(mair_el2, mair);
        write_reg(tcr_el2, walks | 2u << 16 | 1u << 31 | 1u << 23);
        write_reg(ttbr0_el2, (uint64_t)tables[0].level1);
    } else {
        write_reg(mair_el3, mair);
        write_reg(tcr_el3, walks | 2u << 16 | 1u << 31 | 1u << 23);
        write_reg(ttbr0_el3, (uint64_t)tables[0].level1);
    }
    if (current_level() == el) {
        tlb_flush();
    }
    set_sctlr(el,
              (el == 1 ? SCTLR_RES1 : 0x30c50830) | SCTLR_M | SCTLR_C | SCTLR_I | SCTLR_SPAN);
}

void mmu_off(unsigned el)
{
    set_sctlr(el, sctlr_of(el) & ~SCTLR_M);
}

static void put_entry(volatile uint64_t *entry, uint64_t value)
{
    *entry = value;
    __asm__ volatile("dsb ishst" ::: "memory");
}

volatile uint64_t *page_entry(uint64_t va)
{
    return &tables[0].level3[(va - WINDOW) / PAGE];
}

void map_page(uint64_t va, uint64_t pa, uint64_t attributes)
{
    put_entry(page_entry(va), attributes ? pa | attributes | 3 : 0);
}

void map_block(uint64_t va, uint64_t pa, uint64_t attributes)
{
    put_entry(&tables[0].level2[(va - WINDOW) / BLOCK_BYTES],
              attributes ? pa | attributes | 1 : 0);
}

uint64_t second_tables(void)
{
    fill(&tables[1]);
    dsb();
    return (uint64_t)tables[1].level1;
}

volatile uint64_t *second_entry(uint64_t va)
{
    return &tables[1].level3[(va - WINDOW) / PAGE];
}

void tlb_flush(void)
{
    dsb();
    switch (current_level()) {
    case 3: tlbi(alle3); break;
    case 2: tlbi(alle2); break;
    default: tlbi(vmalle1); break;
    }
}
