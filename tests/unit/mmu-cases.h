/* SPDX-License-Identifier: MIT */
/*
 * What the tests of stage 1 (test-mmu.c) and of stage 2, TLB and AT (test-tlb.c) share:
 * descriptor bits and assertions on one translation.
 */
#ifndef EL4_TESTS_MMU_CASES_H
#define EL4_TESTS_MMU_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/tlb.h"
#include "fake-cpu.h"

#define BIT(n) (UINT64_C(1) << (n))
#define VALID  1u
#define PAGE   3u /* also: table */
#define AP1    BIT(6)
#define RO     BIT(7)
#define AF     BIT(10)
#define NG     BIT(11)
#define GP     BIT(50)
#define DBM    BIT(51)
#define PXN    BIT(53)
#define XN     BIT(54)
/* Stage 2: readable and writable, Normal memory. */
#define S2R      BIT(6)
#define S2W      BIT(7)
#define S2NORMAL (UINT64_C(0xf) << 2)
#define S2RW     (S2R | S2W | S2NORMAL | AF)

#define TCR_TG0(page_bits) ((uint64_t)((page_bits) == 16 ? 1 : (page_bits) == 14 ? 2 : 0) << 14)
#define TCR_TG1(page_bits) ((uint64_t)((page_bits) == 16 ? 3 : (page_bits) == 14 ? 1 : 2) << 30)
#define IPS_48             (UINT64_C(5) << 32)
#define PS_48              (UINT64_C(5) << 16)

#define DATA RAM_BASE

static struct el4_translation out;
static struct el4_mmu_fault fault;

static int setup(void **state)
{
    *state = fake_machine_new(1);
    return 0;
}

static int teardown(void **state)
{
    fake_machine_free(*state);
    return 0;
}

static bool translate(struct el4_cpu *cpu, uint64_t va, enum el4_access_kind access,
                      enum el4_mmu_index index)
{
    memset(&fault, 0xee, sizeof(fault));
    return el4_mmu_translate(cpu, va, access, index, &out, &fault);
}

static bool reads(struct el4_cpu *cpu, uint64_t va)
{
    return translate(cpu, va, EL4_ACCESS_READ, EL4_MMU_PRIV);
}

static void assert_pa(struct el4_cpu *cpu, uint64_t va, uint64_t pa)
{
    if (!reads(cpu, va)) {
        fail_msg("va %llx: fault %x", (unsigned long long)va, fault.fsc);
    }
    if (out.pa != pa) {
        fail_msg("va %llx: pa %llx, not %llx", (unsigned long long)va,
                 (unsigned long long)out.pa, (unsigned long long)pa);
    }
}

static void assert_fault(struct el4_cpu *cpu, uint64_t va, unsigned fsc)
{
    if (reads(cpu, va)) {
        fail_msg("va %llx: no fault, pa %llx", (unsigned long long)va,
                 (unsigned long long)out.pa);
    }
    assert_int_equal(fault.fsc, fsc);
}

static void flush(struct el4_cpu *cpu)
{
    el4_tlb_invalidate_all(cpu, 0, 0, 0);
}

/* EL1&0 with TTBR0 on tables, upper half switched off. */
static void use_tables(struct el4_cpu *cpu, const struct fake_tables *tables)
{
    cpu->regs.sctlr[1] = EL4_SCTLR_M;
    cpu->regs.tcr[1] = (64 - tables->input_bits) | TCR_TG0(tables->page_bits) | IPS_48 |
                       BIT(23) | UINT64_C(16) << 16 | TCR_TG1(12);
    cpu->regs.ttbr0[1] = tables->root;
    cpu->regs.mair[1] = 0x00000000004404ffu; /* 0: Normal WB, 1: nGnRE, 2: Normal NC */
    flush(cpu);
}

static struct fake_tables simple_tables(struct fake_machine *machine, struct el4_cpu *cpu)
{
    struct fake_tables tables;
    fake_tables_init(&tables, machine, 12, 39);
    use_tables(cpu, &tables);
    return tables;
}

#endif
