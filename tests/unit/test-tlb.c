/* SPDX-License-Identifier: MIT */
/*
 * Stage 2 alone and under stage 1, the tagged TLB with every kind of invalidation, AT, and the
 * syndromes of aborts; expected values from DDI 0487 D8 and D24.
 */
#include "mmu-cases.h"

/* Stage 2 of 4 KiB pages for a 40-bit IPA: level 1, two tables side by side. */
static struct fake_tables stage2_tables(struct fake_machine *machine, struct el4_cpu *cpu)
{
    struct fake_tables tables;
    fake_tables_init(&tables, machine, 12, 40);
    tables.start_level = 1;
    cpu->regs.vtcr_el2 = 24 | 1u << 6 | PS_48;
    cpu->regs.vttbr_el2 = tables.root;
    cpu->regs.hcr_el2 |= EL4_HCR_VM;
    flush(cpu);
    return tables;
}

static void test_stage2_only(void **state)
{
    struct fake_machine *machine = *state;
    struct el4_cpu *cpu = machine->cpus[0];
    struct fake_tables tables = stage2_tables(machine, cpu);
    uint64_t high = BIT(39) | 0x5000; /* in the second concatenated table */
    fake_tables_set(&tables, 0x1000, 3, DATA | S2RW | PAGE);
    fake_tables_set(&tables, high, 3, (DATA + 0x1000) | S2RW | PAGE);
    fake_tables_set(&tables, 0x2000, 3, DATA | PAGE | (S2RW & ~AF));
    fake_tables_set(&tables, 0x3000, 3, DATA | PAGE | S2R | S2NORMAL | AF);
    fake_tables_set(&tables, 0x4000, 3, DATA | PAGE | S2W | S2NORMAL | AF);
    fake_tables_set(&tables, 0x40000000, 2, BIT(33) | S2RW | VALID);
    assert_pa(cpu, 0x1008, DATA + 8);
    assert_true(out.device); /* stage 1 is off */
    assert_pa(cpu, high | 4, DATA + 0x1004);
    assert_pa(cpu, 0x40123456, BIT(33) | 0x123456);
    static const struct {
        uint64_t ipa;
        enum el4_access_kind access;
        unsigned fsc;
    } cases[] = {
        {0x2000, EL4_ACCESS_READ, EL4_FSC_ACCESS_FLAG + 3},
        {0x3000, EL4_ACCESS_WRITE, EL4_FSC_PERMISSION + 3},
        {0x4000, EL4_ACCESS_READ, EL4_FSC_PERMISSION + 3},
        {0x6000, EL4_ACCESS_READ, EL4_FSC_TRANSLATION + 3},
        {0x80000000, EL4_ACCESS_READ, EL4_FSC_TRANSLATION + 1},
        {BIT(40), EL4_ACCESS_READ, EL4_FSC_TRANSLATION},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_false(translate(cpu, cases[i].ipa | 0x10, cases[i].access, EL4_MMU_PRIV));
        assert_int_equal(fault.fsc, cases[i].fsc);
        assert_true(fault.stage2);
        assert_false(fault.s1ptw);
        assert_true(fault.ipa == (cases[i].ipa | 0x10));
        assert_int_equal(fault.is_write, cases[i].access == EL4_ACCESS_WRITE);
    }
    /* Hardware access flag and dirty state of stage 2. */
    uint64_t entry = fake_tables_set(&tables, 0x7000, 3, DATA | PAGE | S2R | S2NORMAL | DBM);
    cpu->regs.vtcr_el2 |= BIT(21) | BIT(22);
    assert_pa(cpu, 0x7000, DATA);
    assert_int_equal(out.permits & EL4_PERMIT_WRITE, 0);
    assert_true(fake_peek(machine, entry) & AF);
    assert_false(fake_peek(machine, entry) & S2W);
    assert_true(translate(cpu, 0x7000, EL4_ACCESS_WRITE, EL4_MMU_PRIV));
    assert_true(fake_peek(machine, entry) & S2W);
    /* DC: stage 1 off and cacheable. */
    cpu->regs.hcr_el2 |= EL4_HCR_DC;
    cpu->regs.sctlr[1] |= EL4_SCTLR_M;
    assert_pa(cpu, 0x1008, DATA + 8);
    assert_false(out.device);
}

static void test_stage2_start_levels(void **state)
{
    static const struct {
        unsigned page_bits, sl0, input_bits, pa_bits;
        int level; /* -1: translation fault of level 0 */
    } cases[] = {
        {12, 0, 25, 48, 2},  {12, 0, 34, 48, 2},  {12, 0, 35, 48, -1}, {12, 1, 31, 48, 1},
        {12, 1, 30, 48, -1}, {12, 1, 43, 48, 1},  {12, 1, 44, 48, -1}, {12, 2, 44, 48, 0},
        {12, 2, 48, 48, 0},  {12, 2, 40, 48, 0},  {12, 2, 39, 48, -1}, {12, 2, 44, 40, -1},
        {12, 3, 40, 48, -1}, {14, 0, 25, 48, 3},  {14, 0, 29, 48, 3},  {14, 0, 30, 48, -1},
        {14, 1, 36, 48, 2},  {14, 1, 40, 48, 2},  {14, 1, 41, 48, -1}, {14, 2, 41, 48, 1},
        {14, 2, 41, 40, -1}, {14, 3, 41, 48, -1}, {16, 0, 33, 48, 3},  {16, 0, 34, 48, -1},
        {16, 1, 40, 48, 2},  {16, 1, 46, 48, 2},  {16, 2, 48, 48, 1},  {16, 2, 48, 42, -1},
        {16, 3, 40, 48, -1},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct fake_machine *machine = fake_machine_new(1);
        struct el4_cpu *cpu = machine->cpus[0];
        struct fake_tables tables;
        fake_tables_init(&tables, machine, cases[i].page_bits, cases[i].input_bits);
        tables.start_level = cases[i].level < 0 ? 3 : (unsigned)cases[i].level;
        cpu->features.pa_bits = cases[i].pa_bits;
        cpu->regs.hcr_el2 |= EL4_HCR_VM;
        cpu->regs.vtcr_el2 = (64 - cases[i].input_bits) | cases[i].sl0 << 6 |
                             TCR_TG0(cases[i].page_bits) | PS_48;
        cpu->regs.vttbr_el2 = tables.root;
        uint64_t ipa = (BIT(cases[i].input_bits) - 1) & (BIT(cases[i].pa_bits) - 1) & ~0xfffu;
        if (cases[i].level < 0) {
            assert_fault(cpu, ipa, EL4_FSC_TRANSLATION);
        } else {
            assert_fault(cpu, ipa, EL4_FSC_TRANSLATION + (unsigned)cases[i].level);
            uint64_t page = ipa & ~(BIT(cases[i].page_bits) - 1);
            fake_tables_set(&tables, ipa, 3, DATA | S2RW | PAGE);
            assert_pa(cpu, ipa, DATA + (ipa - page));
        }
        fake_machine_free(machine);
    }
}

static void test_stage2_execute(void **state)
{
    static const struct {
        unsigned xn;
        bool priv, unpriv, priv_without, unpriv_without;
    } cases[] = {
        {0, true, true, true, true},
        {1, false, true, true, true},
        {2, false, false, false, false},
        {3, true, false, false, false},
    };
    struct fake_machine *machine = *state;
    struct el4_cpu *cpu = machine->cpus[0];
    struct fake_tables tables = stage2_tables(machine, cpu);
    for (unsigned i = 0; i < 8; i++) {
        bool xnx = i < 4;
        cpu->features.xnx = xnx;
        fake_tables_set(&tables, 0x1000, 3,
                        DATA | S2RW | PAGE | (uint64_t)cases[i & 3].xn << 53);
        flush(cpu);
        assert_int_equal(translate(cpu, 0x1000, EL4_ACCESS_EXECUTE, EL4_MMU_PRIV),
                         xnx ? cases[i & 3].priv : cases[i & 3].priv_without);
        assert_int_equal(translate(cpu, 0x1000, EL4_ACCESS_EXECUTE, EL4_MMU_EL0),
                         xnx ? cases[i & 3].unpriv : cases[i & 3].unpriv_without);
    }
}

/* IPA = PA for the gigabyte of RAM, with the page at hole left out. */
static void identity_stage2(struct fake_tables *tables, uint64_t attributes)
{
    fake_tables_set(tables, RAM_BASE, 1, RAM_BASE | attributes | VALID);
}

static void test_both_stages(void **state)
{
    struct fake_machine *machine = *state;
    struct el4_cpu *cpu = machine->cpus[0];
    struct fake_tables first = simple_tables(machine, cpu);
    struct fake_tables second = stage2_tables(machine, cpu);
    fake_tables_set(&first, 0x200000, 2, BIT(34) | AF | VALID | AP1);
    fake_tables_set(&first, 0x400000, 2, BIT(35) | AF | VALID | AP1);
    fake_tables_set(&first, 0x600000, 3, BIT(36) | AF | PAGE | RO);
    /* The tables of stage 1 are not mapped yet. */
    assert_fault(cpu, 0x200000, EL4_FSC_TRANSLATION + 1);
    assert_true(fault.stage2 && fault.s1ptw);
    assert_true(fault.ipa >= first.root && fault.ipa < first.root + 0x1000);
    identity_stage2(&second, S2RW);
    fake_tables_set(&second, BIT(34) + 0x1000, 3, DATA | S2RW | PAGE);
    fake_tables_set(&second, BIT(34) + 0x2000, 3, DATA | S2RW | PAGE | S2W);
    fake_tables_set(&second, BIT(35), 1, 0 | S2R | S2NORMAL | AF | VALID);
    fake_tables_set(&second, BIT(36), 3, DATA | (S2RW & ~S2NORMAL) | PAGE); /* nGnRnE */
    assert_pa(cpu, 0x201234, DATA + 0x234);
    assert_false(out.device);
    assert_fault(cpu, 0x200000, EL4_FSC_TRANSLATION + 3);
    assert_true(fault.stage2 && !fault.s1ptw && fault.ipa == BIT(34));
    assert_pa(cpu, 0x400123, 0x123);
    assert_false(translate(cpu, 0x400123, EL4_ACCESS_WRITE, EL4_MMU_PRIV));
    assert_int_equal(fault.fsc, EL4_FSC_PERMISSION + 1);
    assert_true(fault.stage2);
    assert_pa(cpu, 0x600000, DATA);
    assert_true(out.device);
    assert_int_equal(out.memory, 0);
    /* Stage 1's own permission comes first. */
    assert_false(translate(cpu, 0x600000, EL4_ACCESS_WRITE, EL4_MMU_PRIV));
    assert_int_equal(fault.fsc, EL4_FSC_PERMISSION + 3);
    assert_false(fault.stage2);
    /* PTW: tables in Device memory. */
    identity_stage2(&second, S2R | S2W | AF);
    flush(cpu);
    assert_pa(cpu, 0x201234, DATA + 0x234);
    cpu->regs.hcr_el2 |= EL4_HCR_PTW;
    flush(cpu);
    assert_fault(cpu, 0x201234, EL4_FSC_PERMISSION + 1);
    assert_true(fault.stage2 && fault.s1ptw);
    /* The hardware update of a stage 1 descriptor that stage 2 lets nobody write. */
    identity_stage2(&second, S2R | S2NORMAL | AF);
    cpu->regs.tcr[1] |= BIT(39);
    fake_tables_set(&first, 0x800000, 3, BIT(36) | PAGE);
    flush(cpu);
    assert_fault(cpu, 0x800000, EL4_FSC_PERMISSION + 1);
    assert_true(fault.stage2 && fault.s1ptw && fault.is_write);
    /* An address that stage 2 cannot even take in. */
    fake_tables_set(&first, 0xa00000, 3, BIT(41) | AF | PAGE);
    assert_fault(cpu, 0xa00000, EL4_FSC_TRANSLATION);
    assert_true(fault.stage2 && !fault.s1ptw);
}

static void test_combined_attributes(void **state)
{
    static const struct {
        unsigned first, second; /* MAIR encoding; MemAttr[3:0] */
        unsigned combined;
    } cases[] = {
        {0xff, 0xf, 0xff}, {0xff, 0xa, 0xbb}, {0xff, 0x5, 0x44}, {0xbb, 0xf, 0xbb},
        {0x44, 0xf, 0x44}, {0x4f, 0xa, 0x4b}, {0xee, 0xa, 0xaa}, {0xff, 0xb, 0xbf},
        {0xff, 0x0, 0x00}, {0x44, 0x2, 0x08}, {0x0c, 0x2, 0x08}, {0x04, 0xf, 0x04},
        {0x04, 0x3, 0x04}, {0x08, 0x1, 0x04},
    };
    struct fake_machine *machine = *state;
    struct el4_cpu *cpu = machine->cpus[0];
    struct fake_tables first = simple_tables(machine, cpu);
    struct fake_tables second = stage2_tables(machine, cpu);
    identity_stage2(&second, S2RW);
    fake_tables_set(&first, 0x1000, 3, BIT(34) | AF | PAGE);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        cpu->regs.mair[1] = cases[i].first;
        fake_tables_set(&second, BIT(34), 3,
                        DATA | S2R | S2W | AF | PAGE | (uint64_t)cases[i].second << 2);
        flush(cpu);
        assert_pa(cpu, 0x1000, DATA);
        assert_int_equal(out.memory, cases[i].combined);
    }
}

/* All kinds of TLBI, on lines for: EL1 (two ASIDs, global), another VMID, EL2, stage 2. */
enum { LINE_A1, LINE_A2, LINE_GLOBAL, LINE_VMID, LINE_EL2, LINE_COUNT };

struct tlbi_fixture {
    struct fake_machine *machine;
    struct el4_cpu *cpu;
    struct fake_tables tables[LINE_COUNT];
};

static bool select_line(struct tlbi_fixture *f, unsigned line)
{
    struct el4_cpu *cpu = f->cpu;
    fake_set_el(cpu, line == LINE_EL2 ? 2 : 1);
    cpu->regs.vttbr_el2 = (uint64_t)(line == LINE_VMID ? 7 : 3) << 48;
    cpu->regs.ttbr0[1] = f->tables[line].root | (uint64_t)(line == LINE_A2 ? 0x102 : 0x101)
                                                    << 48;
    cpu->regs.ttbr0[2] = f->tables[LINE_EL2].root;
    return line == LINE_EL2;
}

static uint64_t line_va(unsigned line)
{
    return line == LINE_GLOBAL ? 0x600000 : 0x200000;
}

static bool line_cached(struct tlbi_fixture *f, unsigned line)
{
    bool el2 = select_line(f, line);
    return translate(f->cpu, line_va(line) + 0x1000, EL4_ACCESS_READ,
                     el2 ? EL4_MMU_EL2 : EL4_MMU_PRIV);
}

static void fill_lines(struct tlbi_fixture *f)
{
    flush(f->cpu);
    for (unsigned i = 0; i < LINE_COUNT; i++) {
        uint64_t leaf = DATA | AF | VALID | (i == LINE_GLOBAL || i == LINE_EL2 ? 0 : NG);
        uint64_t entry = fake_tables_set(&f->tables[i], line_va(i), 2, leaf);
        assert_true(line_cached(f, i));
        fake_poke(f->machine, entry, 0);
        assert_true(line_cached(f, i));
    }
}

static void assert_lines(struct tlbi_fixture *f, const char *expected)
{
    for (unsigned i = 0; i < LINE_COUNT; i++) {
        if (line_cached(f, i) != (expected[i] == '1')) {
            fail_msg("line %u, expected %s", i, expected);
        }
    }
}

static void test_tlbi(void **state)
{
    struct tlbi_fixture f = {.machine = *state,
                             .cpu = ((struct fake_machine *)*state)->cpus[0]};
    struct el4_cpu *cpu = f.cpu;
    for (unsigned i = 0; i < LINE_COUNT; i++) {
        fake_tables_init(&f.tables[i], f.machine, 12, 39);
    }
    use_tables(cpu, &f.tables[0]);
    cpu->regs.tcr[1] |= BIT(36);
    cpu->regs.sctlr[2] = EL4_SCTLR_M;
    cpu->regs.tcr[2] = 25 | PS_48;
    cpu->regs.vtcr_el2 = BIT(19);
    select_line(&f, LINE_A1);
    uint64_t el1 = el4_tlb_scope_for_el(cpu, 1);
    uint64_t el2 = el4_tlb_scope_for_el(cpu, 2);
    fill_lines(&f);
    assert_lines(&f, "11111");
    /* Any address of the block will do. */
    el4_tlb_invalidate_va(cpu, el1, 0x3ff000, 0x101);
    assert_lines(&f, "01111");
    fill_lines(&f);
    el4_tlb_invalidate_va(cpu, el1, 0x7ff000, 0x999); /* global: whatever the ASID */
    assert_lines(&f, "11011");
    fill_lines(&f);
    el4_tlb_invalidate_va_all_asid(cpu, el1, 0x200000, 0);
    assert_lines(&f, "00111");
    fill_lines(&f);
    el4_tlb_invalidate_asid(cpu, el1, 0x102, 0);
    assert_lines(&f, "10111");
    fill_lines(&f);
    el4_tlb_invalidate_vmid(cpu, el1, 0, 0);
    assert_lines(&f, "00011");
    fill_lines(&f);
    el4_tlb_invalidate_regime(cpu, el1, 0, 0);
    assert_lines(&f, "00001");
    fill_lines(&f);
    el4_tlb_invalidate_regime(cpu, el2, 0, 0);
    assert_lines(&f, "11110");
    fill_lines(&f);
    el4_tlb_invalidate_va(cpu, el2, 0x200000, 0);
    assert_lines(&f, "11110");
    fill_lines(&f);
    el4_tlb_invalidate_all(cpu, 0, 0, 0);
    assert_lines(&f, "00000");
    fill_lines(&f);
    el4_tlb_invalidate_regime(cpu, el4_tlb_scope(EL4_REGIME_EL3, true, 0), 0, 0);
    el4_tlb_invalidate_va(cpu, el4_tlb_scope(EL4_REGIME_EL10, true, 3), 0x200000, 0x101);
    assert_lines(&f, "11111");
}

static void test_tlbi_stage2(void **state)
{
    struct fake_machine *machine = *state;
    struct el4_cpu *cpu = machine->cpus[0];
    struct fake_tables first = simple_tables(machine, cpu);
    struct fake_tables second = stage2_tables(machine, cpu);
    identity_stage2(&second, S2RW);
    uint64_t block = fake_tables_set(&first, 0x200000, 2, BIT(34) | AF | VALID);
    for (unsigned i = 0; i < 512; i++) {
        fake_tables_set(&second, BIT(34) + 0x1000 * i, 3, DATA | S2RW | PAGE);
        assert_pa(cpu, 0x200000 + 0x1000 * i, DATA);
    }
    /* One address of the block takes all its pieces away. */
    fake_poke(machine, block, 0);
    assert_pa(cpu, 0x200000, DATA);
    el4_tlb_invalidate_va(cpu, el4_tlb_scope_for_el(cpu, 1), 0x3ff000, 0);
    for (unsigned i = 0; i < 512; i++) {
        assert_fault(cpu, 0x200000 + 0x1000 * i, EL4_FSC_TRANSLATION + 2);
    }
    /* IPAS2E1 and then VMALLE1, as a hypervisor does. */
    fake_poke(machine, block, BIT(34) | AF | VALID);
    assert_pa(cpu, 0x200000, DATA);
    fake_tables_set(&second, BIT(34), 3, 0);
    el4_tlb_invalidate_vmid(cpu, el4_tlb_scope_for_el(cpu, 1), 0, 0);
    assert_pa(cpu, 0x200000, DATA); /* stage 2 line still there */
    el4_tlb_invalidate_ipa(cpu, el4_tlb_scope_stage2(cpu), BIT(34), 0);
    el4_tlb_invalidate_vmid(cpu, el4_tlb_scope_for_el(cpu, 1), 0, 0);
    assert_fault(cpu, 0x200000, EL4_FSC_TRANSLATION + 3);
    assert_pa(cpu, 0x201000, DATA);
    fake_tables_set(&second, BIT(34) + 0x1000, 3, 0);
    el4_tlb_invalidate_vmid(cpu, el4_tlb_scope_for_el(cpu, 1), 1, 0); /* VMALLS12E1 */
    assert_fault(cpu, 0x201000, EL4_FSC_TRANSLATION + 3);
}

/* More lines than the TLB has: every answer must still be right. */
static void test_tlb_pressure(void **state)
{
    struct fake_machine *machine = *state;
    struct el4_cpu *cpu = machine->cpus[0];
    struct fake_tables tables = simple_tables(machine, cpu);
    for (unsigned i = 0; i < 6000; i++) {
        fake_tables_set(&tables, (uint64_t)i << 12, 3,
                        (BIT(40) + ((uint64_t)i << 12)) | AF | PAGE);
    }
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 6000; i += 1 + round) {
            assert_pa(cpu, (uint64_t)i << 12, BIT(40) + ((uint64_t)i << 12));
        }
    }
}

static void test_at(void **state)
{
    struct fake_machine *machine = *state;
    struct el4_cpu *cpu = machine->cpus[0];
    struct fake_tables first = simple_tables(machine, cpu);
    const struct el4_at s1e1r = {.el = 1};
    const struct el4_at s1e1w = {.el = 1, .is_write = true};
    const struct el4_at s1e0r = {.el = 1, .unpriv = true};
    const struct el4_at s1e1rp = {.el = 1, .pan = true};
    const struct el4_at s12e1r = {.el = 1, .stage12 = true};
    fake_tables_set(&first, 0x1000, 3, DATA | AF | PAGE | RO | UINT64_C(3) << 8);
    fake_tables_set(&first, 0x2000, 3, DATA | AF | PAGE | UINT64_C(1) << 2 | AP1);
    uint64_t ns = BIT(9), res1 = BIT(11);
    assert_true(el4_mmu_at(cpu, &s1e1r, 0x1abc) ==
                (DATA | res1 | ns | UINT64_C(0xff) << 56 | 3 << 7));
    assert_true(el4_mmu_at(cpu, &s1e1r, 0x2abc) ==
                (DATA | res1 | ns | UINT64_C(0x04) << 56 | 2 << 7));
    assert_true(el4_mmu_at(cpu, &s1e1w, 0x1000) == (res1 | 1 | 0x0f << 1));
    assert_true(el4_mmu_at(cpu, &s1e0r, 0x1000) == (res1 | 1 | 0x0f << 1));
    assert_int_equal(el4_mmu_at(cpu, &s1e0r, 0x2000) & 1, 0);
    assert_true(el4_mmu_at(cpu, &s1e1rp, 0x2000) == (res1 | 1 | 0x0f << 1));
    assert_true(el4_mmu_at(cpu, &s1e1r, 0x3000) == (res1 | 1 | 0x07 << 1));
    assert_true(el4_mmu_at(cpu, &s1e1r, BIT(39)) == (res1 | 1 | 0x04 << 1));
    struct fake_tables second = stage2_tables(machine, cpu);
    /* From EL1 the stage 2 fault of the walk is an abort to EL2. */
    assert_true(RAISES(cpu, el4_mmu_at(cpu, &s1e1r, 0x1000)));
    assert_int_equal(cpu->exception.target_el, 2);
    assert_true(cpu->exception.esr ==
                EL4_ESR(EL4_EC_DATA_ABORT_LOWER, BIT(8) | BIT(7) | BIT(6) | 0x05));
    assert_true(cpu->exception.hpfar_valid);
    assert_true(cpu->exception.hpfar == (first.root >> 12 << 4));
    fake_set_el(cpu, 2);
    assert_true(el4_mmu_at(cpu, &s12e1r, 0x1000) == (res1 | ns | BIT(8) | 1 | 0x05 << 1));
    fake_tables_set(&second, TABLE_BASE, 2, TABLE_BASE | S2RW | VALID);
    /* Stage 1 alone succeeds; both do not. */
    assert_int_equal(el4_mmu_at(cpu, &s1e1r, 0x1000) & 1, 0);
    assert_true(el4_mmu_at(cpu, &s12e1r, 0x1000) == (res1 | ns | 1 | 0x06 << 1));
    fake_tables_set(&second, DATA, 3, (DATA + 0x5000) | S2RW | PAGE);
    assert_true((el4_mmu_at(cpu, &s12e1r, 0x1000) & 0xfffffffff000u) == DATA + 0x5000);
}

static void test_abort_syndromes(void **state)
{
    struct fake_machine *machine = *state;
    struct el4_cpu *cpu = machine->cpus[0];
    struct el4_mmu_fault f = {.fsc = 0x07, .is_write = true};
    assert_true(RAISES(cpu, el4_mmu_raise(cpu, &f, 0xab00000000001234u, 0)));
    assert_true(cpu->exception.esr == EL4_ESR(EL4_EC_DATA_ABORT_SAME, 0x47));
    assert_true(cpu->exception.far == 0xab00000000001234u && cpu->exception.far_valid);
    assert_false(cpu->exception.hpfar_valid);
    assert_int_equal(cpu->exception.target_el, 1);
    fake_set_el(cpu, 0);
    assert_true(RAISES(cpu, el4_mmu_raise(cpu, &f, 0x1000, EL4_ABORT_EXECUTE)));
    assert_true(cpu->exception.esr == EL4_ESR(EL4_EC_INSN_ABORT_LOWER, 0x07));
    cpu->regs.hcr_el2 |= EL4_HCR_TGE;
    assert_true(RAISES(cpu, el4_mmu_raise(cpu, &f, 0x1000, 0)));
    assert_int_equal(cpu->exception.target_el, 2);
    cpu->regs.hcr_el2 &= ~EL4_HCR_TGE;
    /* External aborts: SCR_EL3.EA; one of a stage 2 walk goes to EL2 without an IPA. */
    struct el4_mmu_fault external = {.fsc = EL4_FSC_EXTERNAL, .external = true};
    assert_true(RAISES(cpu, el4_mmu_raise(cpu, &external, 0, 0)));
    assert_int_equal(cpu->exception.target_el, 1);
    external.stage2 = true;
    assert_true(RAISES(cpu, el4_mmu_raise(cpu, &external, 0, 0)));
    assert_int_equal(cpu->exception.target_el, 2);
    assert_false(cpu->exception.hpfar_valid);
    cpu->regs.scr_el3 |= EL4_SCR_EA;
    assert_true(RAISES(cpu, el4_mmu_raise(cpu, &external, 0, 0)));
    assert_int_equal(cpu->exception.target_el, 3);
    assert_true(cpu->exception.esr == EL4_ESR(EL4_EC_DATA_ABORT_LOWER, 0x10));
    /* Stage 2: HPFAR, and the instruction syndrome once the PC is known. */
    fake_set_el(cpu, 1);
    struct el4_mmu_fault second = {
        .fsc = 0x07, .stage2 = true, .is_write = true, .ipa = 0x9000018};
    fake_poke(machine, DATA, 0xb9001841); /* STR W1, [X2, #24] */
    assert_true(RAISES(cpu, el4_mmu_raise(cpu, &second, 0x9000018, 0)));
    assert_true(cpu->exception.hpfar == 0x90000);
    el4_mmu_complete_exception(cpu, &cpu->exception, DATA);
    assert_true(cpu->exception.esr ==
                EL4_ESR(EL4_EC_DATA_ABORT_LOWER, BIT(24) | 2 << 22 | 1 << 16 | 0x47));
    /* Only for the abort it belongs to. */
    assert_true(RAISES(cpu, el4_mmu_raise(cpu, &second, 0x9000018, EL4_ABORT_CACHE_MAINT)));
    el4_mmu_complete_exception(cpu, &cpu->exception, DATA);
    assert_true(cpu->exception.esr == EL4_ESR(EL4_EC_DATA_ABORT_LOWER, BIT(8) | 0x47));
}

static void test_instruction_syndromes(void **state)
{
    /* size, sign, rt, 64-bit, acquire-release; all zero: not valid */
#define ISS(sas, sse, srt, sf, ar)                                                             \
    (BIT(24) | (uint64_t)(sas) << 22 | (uint64_t)(sse) << 21 | (uint64_t)(srt) << 16 |         \
     (uint64_t)(sf) << 15 | (uint64_t)(ar) << 14)
    static const struct {
        uint32_t insn;
        uint64_t iss;
    } cases[] = {
        {0x39400041, ISS(0, 0, 1, 0, 0)},  /* LDRB W1, [X2] */
        {0x39000041, ISS(0, 0, 1, 0, 0)},  /* STRB */
        {0x39800041, ISS(0, 1, 1, 1, 0)},  /* LDRSB X1 */
        {0x39c00041, ISS(0, 1, 1, 0, 0)},  /* LDRSB W1 */
        {0x79400041, ISS(1, 0, 1, 0, 0)},  /* LDRH */
        {0xb940005f, ISS(2, 0, 31, 0, 0)}, /* LDR WZR */
        {0xb9800041, ISS(2, 1, 1, 1, 0)},  /* LDRSW */
        {0xf9400041, ISS(3, 0, 1, 1, 0)},  /* LDR X1 */
        {0xf9800040, 0},                   /* PRFM */
        {0xf8404041, ISS(3, 0, 1, 1, 0)},  /* LDUR X1, [X2, #4] */
        {0xf8404841, ISS(3, 0, 1, 1, 0)},  /* LDTR */
        {0xf8404c41, 0},                   /* LDR X1, [X2, #4]! */
        {0xf8404441, 0},                   /* LDR X1, [X2], #4 */
        {0xf8636841, ISS(3, 0, 1, 1, 0)},  /* LDR X1, [X2, X3] */
        {0xb8236841, ISS(2, 0, 1, 0, 0)},  /* STR W1, [X2, X3] */
        {0x18000041, ISS(2, 0, 1, 0, 0)},  /* LDR W1, literal */
        {0x58000041, ISS(3, 0, 1, 1, 0)},  /* LDR X1, literal */
        {0x98000041, ISS(2, 1, 1, 1, 0)},  /* LDRSW X1, literal */
        {0xd8000041, 0},                   /* PRFM, literal */
        {0x88dffc41, ISS(2, 0, 1, 0, 1)},  /* LDAR W1 */
        {0xc89ffc41, ISS(3, 0, 1, 1, 1)},  /* STLR X1 */
        {0x38bfc041, ISS(0, 0, 1, 0, 1)},  /* LDAPRB */
        {0xd9400041, ISS(3, 0, 1, 1, 1)},  /* LDAPUR X1 */
        {0x885f7c41, 0},                   /* LDXR */
        {0xa9400c41, 0},                   /* LDP */
        {0xb8200041, 0},                   /* LDADD */
        {0x3d400041, 0},                   /* LDR B1 */
        {0xfd400041, 0},                   /* LDR D1 */
        {0x91000000, 0},                   /* ADD */
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        if (el4_isv_syndrome(cases[i].insn) != cases[i].iss) {
            fail_msg("%08x: %x", cases[i].insn, el4_isv_syndrome(cases[i].insn));
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_stage2_only),     TEST(test_stage2_start_levels),   TEST(test_stage2_execute),
        TEST(test_both_stages),     TEST(test_combined_attributes),   TEST(test_tlbi),
        TEST(test_tlbi_stage2),     TEST(test_tlb_pressure),          TEST(test_at),
        TEST(test_abort_syndromes), TEST(test_instruction_syndromes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
