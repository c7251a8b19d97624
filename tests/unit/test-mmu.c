/* SPDX-License-Identifier: MIT */
/*
 * Stage 1 translation against expected values worked out from DDI 0487 D8: levels and block
 * sizes of every granule, each kind of fault at each level, permissions, access flag and dirty
 * state, regimes and security states; and tables and registers full of garbage.
 */
#include "mmu-cases.h"

static bool block_level(unsigned page_bits, unsigned level)
{
    return level == 3 || level == 2 || (page_bits == 12 && level == 1);
}

static void test_granules_and_levels(void **state)
{
    for (unsigned page_bits = 12; page_bits <= 16; page_bits += 2) {
        for (unsigned input_bits = 25; input_bits <= 48; input_bits++) {
            struct fake_machine *machine = fake_machine_new(1);
            struct el4_cpu *cpu = machine->cpus[0];
            struct fake_tables tables;
            fake_tables_init(&tables, machine, page_bits, input_bits);
            use_tables(cpu, &tables);
            uint64_t va = (BIT(input_bits) - 1) & ~UINT64_C(0xfff);
            for (unsigned level = 3; level + 1 > tables.start_level; level--) {
                unsigned size_bits = page_bits + (3 - level) * (page_bits - 3);
                uint64_t entry = fake_tables_set(&tables, va, level, 0);
                assert_fault(cpu, va, EL4_FSC_TRANSLATION + level);
                uint64_t base = BIT(47) & ~(BIT(size_bits) - 1);
                uint64_t leaf = base | AF | (level == 3 ? PAGE : VALID);
                fake_poke(machine, entry, leaf);
                if (block_level(page_bits, level)) {
                    assert_pa(cpu, va | 0x123, base | ((va | 0x123) & (BIT(size_bits) - 1)));
                    assert_int_equal(out.size_bits, size_bits);
                    assert_false(out.device);
                } else {
                    assert_fault(cpu, va, EL4_FSC_TRANSLATION + level);
                }
                flush(cpu);
                fake_poke(machine, entry, leaf & ~AF);
                assert_fault(cpu, va,
                             (block_level(page_bits, level) ? EL4_FSC_ACCESS_FLAG
                                                            : EL4_FSC_TRANSLATION) +
                                 level);
                if (level == 3) {
                    fake_poke(machine, entry, base | AF | VALID); /* reserved at level 3 */
                    assert_fault(cpu, va, EL4_FSC_TRANSLATION + 3);
                } else {
                    /* A table where there is no memory. */
                    fake_poke(machine, entry, BIT(46) | PAGE);
                    assert_fault(cpu, va, EL4_FSC_EXTERNAL_WALK + level + 1);
                    assert_true(fault.external);
                }
                if (level == 0) {
                    break;
                }
            }
            if (input_bits < 48) {
                assert_fault(cpu, BIT(input_bits), EL4_FSC_TRANSLATION);
            }
            cpu->regs.ttbr0[1] = BIT(46);
            assert_fault(cpu, va, EL4_FSC_EXTERNAL_WALK + tables.start_level);
            fake_machine_free(machine);
        }
    }
}

static void test_address_ranges(void **state)
{
    struct fake_machine *machine = *state;
    struct el4_cpu *cpu = machine->cpus[0];
    struct fake_tables low = simple_tables(machine, cpu);
    struct fake_tables high;
    fake_tables_init(&high, machine, 16, 42);
    fake_tables_set(&low, 0x1000, 3, DATA | AF | PAGE);
    fake_tables_set(&high, 0xffffffff00010000u, 3, (DATA + 0x10000) | AF | PAGE);
    cpu->regs.ttbr1[1] = high.root;
    uint64_t tcr = 25 | IPS_48 | UINT64_C(22) << 16 | TCR_TG1(16);
    cpu->regs.tcr[1] = tcr;
    assert_pa(cpu, 0x1004, DATA + 4);
    assert_pa(cpu, 0xffffffff00010004u, DATA + 0x10004);
    assert_fault(cpu, 0xfffffbffffffffffu, EL4_FSC_TRANSLATION); /* below the upper range */
    assert_fault(cpu, 0x0100000000001004u, EL4_FSC_TRANSLATION); /* tagged */
    assert_fault(cpu, 0x00ffffff00010004u, EL4_FSC_TRANSLATION);
    cpu->regs.tcr[1] = tcr | BIT(37);
    assert_pa(cpu, 0xab00000000001004u, DATA + 4);
    assert_fault(cpu, 0x00ffffff00010004u, EL4_FSC_TRANSLATION); /* TBI1 is clear */
    cpu->regs.tcr[1] = tcr | BIT(38);
    assert_pa(cpu, 0x12ffffff00010004u, DATA + 0x10004);
    assert_fault(cpu, 0x0100000000001004u, EL4_FSC_TRANSLATION);
    /* TBID1: instruction addresses keep their top byte. */
    cpu->regs.tcr[1] = tcr | BIT(38) | BIT(52);
    assert_false(translate(cpu, 0x12ffffff00010004u, EL4_ACCESS_EXECUTE, EL4_MMU_PRIV));
    assert_true(translate(cpu, 0xffffffff00010004u, EL4_ACCESS_EXECUTE, EL4_MMU_PRIV));
    flush(cpu);
    cpu->regs.tcr[1] = tcr | BIT(7); /* EPD0 */
    assert_fault(cpu, 0x1004, EL4_FSC_TRANSLATION);
    assert_pa(cpu, 0xffffffff00010004u, DATA + 0x10004);
    flush(cpu);
    cpu->regs.tcr[1] = tcr | BIT(23); /* EPD1 */
    assert_fault(cpu, 0xffffffff00010004u, EL4_FSC_TRANSLATION);
    cpu->regs.tcr[1] = tcr | BIT(55); /* E0PD0 */
    assert_pa(cpu, 0x1004, DATA + 4); /* in the TLB now */
    assert_false(translate(cpu, 0x1004, EL4_ACCESS_READ, EL4_MMU_EL0));
    assert_int_equal(fault.fsc, EL4_FSC_TRANSLATION);
    for (unsigned size = 0; size < 64; size++) {
        flush(cpu);
        cpu->regs.tcr[1] = (tcr & ~UINT64_C(0x3f)) | size;
        if (size < 16 || size > 39) {
            assert_fault(cpu, 0x1004, EL4_FSC_TRANSLATION);
        }
    }
}

static void test_address_size(void **state)
{
    static const uint8_t bits[] = {32, 36, 40, 42, 44, 48};
    struct fake_machine *machine = *state;
    struct el4_cpu *cpu = machine->cpus[0];
    struct fake_tables tables = simple_tables(machine, cpu);
    for (unsigned ps = 0; ps < 6; ps++) {
        cpu->regs.tcr[1] = (cpu->regs.tcr[1] & ~(UINT64_C(7) << 32)) | (uint64_t)ps << 32;
        for (unsigned level = 1; level <= 3; level++) {
            uint64_t va = (uint64_t)level << 36;
            unsigned size_bits = 12 + 9 * (3 - level);
            uint64_t type = level == 3 ? PAGE : VALID;
            fake_tables_set(&tables, va, level, BIT(bits[ps] - 1) | AF | type);
            flush(cpu);
            assert_pa(cpu, va, BIT(bits[ps] - 1));
            if (bits[ps] < 48) {
                fake_tables_set(&tables, va, level, BIT(bits[ps]) | AF | type);
                flush(cpu);
                assert_fault(cpu, va, EL4_FSC_ADDRESS_SIZE + level);
                /* A table out of range faults at the level of its descriptor. */
                if (level < 3) {
                    fake_tables_set(&tables, va, level, BIT(bits[ps]) | PAGE);
                    assert_fault(cpu, va, EL4_FSC_ADDRESS_SIZE + level);
                }
            }
            assert_true(size_bits >= 12);
        }
        if (bits[ps] < 48) {
            uint64_t ttbr = cpu->regs.ttbr0[1];
            cpu->regs.ttbr0[1] = BIT(bits[ps]);
            flush(cpu);
            assert_fault(cpu, 0, EL4_FSC_ADDRESS_SIZE);
            cpu->regs.ttbr0[1] = ttbr;
        }
    }
    /* What the cpu has limits what software asks for. */
    cpu->features.pa_bits = 40;
    fake_tables_set(&tables, 0, 3, BIT(40) | AF | PAGE);
    flush(cpu);
    assert_fault(cpu, 0, EL4_FSC_ADDRESS_SIZE + 3);
    /* MMU off: the address itself. */
    cpu->regs.sctlr[1] = 0;
    assert_pa(cpu, BIT(40) - 1, BIT(40) - 1);
    assert_true(out.device);
    assert_fault(cpu, BIT(40), EL4_FSC_ADDRESS_SIZE);
    assert_fault(cpu, UINT64_MAX, EL4_FSC_ADDRESS_SIZE);
    cpu->regs.tcr[1] |= BIT(37);
    assert_pa(cpu, 0xff00000000001234u, 0x1234);
    assert_true(translate(cpu, 0x1000, EL4_ACCESS_EXECUTE, EL4_MMU_PRIV));
    assert_false(out.device);
}

static void test_wide_addresses(void **state)
{
    struct fake_machine *machine = *state;
    struct el4_cpu *cpu = machine->cpus[0];
    struct fake_tables tables;
    cpu->features.lpa = cpu->features.lva = true;
    cpu->features.pa_bits = 52;
    fake_tables_init(&tables, machine, 16, 52);
    use_tables(cpu, &tables);
    cpu->regs.tcr[1] = (cpu->regs.tcr[1] & ~(UINT64_C(7) << 32)) | UINT64_C(6) << 32;
    uint64_t va = 0x000f123456780000u;
    fake_tables_set(&tables, va, 3, 0x456780000000u | UINT64_C(0x9) << 12 | AF | PAGE);
    assert_pa(cpu, va | 0xabcd, 0x000945678000abcdu);
    /* Level 1 blocks exist with FEAT_LPA only. */
    uint64_t other = 0x0001000000000000u;
    fake_tables_set(&tables, other, 1, UINT64_C(0xa) << 12 | AF | VALID);
    assert_pa(cpu, other | 0x123, 0x000a000000000123u);
    assert_int_equal(out.size_bits, 42);
    cpu->features.lpa = false;
    flush(cpu);
    assert_fault(cpu, other, EL4_FSC_TRANSLATION + 1);
    /* 48-bit output programmed: bits 15:12 must be zero. */
    cpu->features.lpa = true;
    cpu->regs.tcr[1] = (cpu->regs.tcr[1] & ~(UINT64_C(7) << 32)) | UINT64_C(5) << 32;
    assert_fault(cpu, other, EL4_FSC_ADDRESS_SIZE + 1);
    cpu->features.lva = false;
    assert_fault(cpu, va, EL4_FSC_TRANSLATION);
}

/* Permissions of a leaf, as "rwx" of EL1, EL1 with PAN, and EL0. */
struct permission_case {
    uint64_t leaf, table;
    bool wxn;
    const char *priv, *pan, *user;
};

static const struct permission_case permission_cases[] = {
    {0, 0, false, "rwx", "rwx", "--x"},
    {AP1, 0, false, "rw-", "---", "rwx"},
    {RO, 0, false, "r-x", "r-x", "--x"},
    {AP1 | RO, 0, false, "r-x", "--x", "r-x"},
    {PXN, 0, false, "rw-", "rw-", "--x"},
    {XN, 0, false, "rwx", "rwx", "---"},
    {AP1 | XN, 0, false, "rw-", "---", "rw-"},
    {AP1 | RO | PXN, 0, false, "r--", "---", "r-x"},
    {AP1 | RO | PXN | XN, 0, false, "r--", "---", "r--"},
    {0, 0, true, "rw-", "rw-", "--x"},
    {AP1, 0, true, "rw-", "---", "rw-"},
    {RO, 0, true, "r-x", "r-x", "--x"},
    {AP1, BIT(61), false, "rwx", "rwx", "--x"}, /* APTable: no EL0 */
    {AP1, BIT(62), false, "r-x", "--x", "r-x"}, /* APTable: read-only */
    {AP1, BIT(61) | BIT(62), false, "r-x", "r-x", "--x"},
    {RO, BIT(60), false, "r-x", "r-x", "---"}, /* UXNTable */
    {RO, BIT(59), false, "r--", "r--", "--x"}, /* PXNTable */
};

static void check_permissions(struct el4_cpu *cpu, uint64_t va, enum el4_mmu_index index,
                              const char *expected, unsigned number)
{
    for (unsigned access = 0; access < 3; access++) {
        bool allowed = translate(cpu, va, (enum el4_access_kind)access, index);
        if (allowed != (expected[access] != '-')) {
            fail_msg("case %u, index %u, access %u", number, index, access);
        }
        if (!allowed) {
            assert_int_equal(fault.fsc, EL4_FSC_PERMISSION + 3);
            assert_int_equal(fault.is_write, access == EL4_ACCESS_WRITE);
            assert_false(fault.stage2);
        }
    }
}

static void test_permissions(void **state)
{
    struct fake_machine *machine = *state;
    struct el4_cpu *cpu = machine->cpus[0];
    for (unsigned i = 0; i < sizeof(permission_cases) / sizeof(*permission_cases); i++) {
        const struct permission_case *c = &permission_cases[i];
        struct fake_tables tables;
        fake_tables_init(&tables, machine, 12, 39);
        tables.table_attributes = c->table;
        use_tables(cpu, &tables);
        cpu->regs.sctlr[1] |= c->wxn ? EL4_SCTLR_WXN : 0;
        fake_tables_set(&tables, 0x1000, 3, DATA | AF | PAGE | c->leaf);
        for (unsigned round = 0; round < 2; round++) { /* the second time from the TLB */
            check_permissions(cpu, 0x1000, EL4_MMU_PRIV, c->priv, i);
            check_permissions(cpu, 0x1000, EL4_MMU_PRIV_PAN, c->pan, i);
            check_permissions(cpu, 0x1000, EL4_MMU_EL0, c->user, i);
        }
        /* HPD0: as if the tables said nothing. */
        if (c->table) {
            cpu->regs.tcr[1] |= BIT(41);
            flush(cpu);
            check_permissions(cpu, 0x1000, EL4_MMU_EL0, c->leaf & RO ? "--x" : "rwx", i);
        }
    }
}

static void test_access_flag_and_dirty(void **state)
{
    struct fake_machine *machine = *state;
    struct el4_cpu *cpu = machine->cpus[0];
    struct fake_tables tables = simple_tables(machine, cpu);
    uint64_t entry = fake_tables_set(&tables, 0x1000, 3, DATA | PAGE);
    assert_fault(cpu, 0x1000, EL4_FSC_ACCESS_FLAG + 3);
    assert_true(fake_peek(machine, entry) == (DATA | PAGE));
    cpu->regs.tcr[1] |= BIT(39); /* HA */
    assert_pa(cpu, 0x1000, DATA);
    assert_true(fake_peek(machine, entry) == (DATA | PAGE | AF));
    /* Not writable: the access flag is not set by a faulting access. */
    fake_poke(machine, entry, DATA | PAGE | RO | DBM);
    flush(cpu);
    assert_false(translate(cpu, 0x1000, EL4_ACCESS_WRITE, EL4_MMU_PRIV));
    assert_int_equal(fault.fsc, EL4_FSC_PERMISSION + 3);
    assert_true(fake_peek(machine, entry) == (DATA | PAGE | RO | DBM));
    cpu->regs.tcr[1] |= BIT(40); /* HD */
    assert_pa(cpu, 0x1000, DATA);
    assert_int_equal(out.permits & EL4_PERMIT_WRITE, 0); /* still clean */
    assert_true(fake_peek(machine, entry) == (DATA | PAGE | RO | DBM | AF));
    assert_true(translate(cpu, 0x1000, EL4_ACCESS_WRITE, EL4_MMU_PRIV));
    assert_true(out.permits & EL4_PERMIT_WRITE);
    assert_true(fake_peek(machine, entry) == (DATA | PAGE | DBM | AF));
    /* AT looks and leaves it alone. */
    fake_poke(machine, entry, DATA | PAGE | RO | DBM);
    flush(cpu);
    const struct el4_at at = {.el = 1, .is_write = true};
    assert_int_equal(el4_mmu_at(cpu, &at, 0x1000) & 1, 0);
    assert_true(fake_peek(machine, entry) == (DATA | PAGE | RO | DBM));
    /* Big-endian tables. */
    cpu->regs.sctlr[1] |= EL4_SCTLR_EE;
    struct fake_tables swapped;
    fake_tables_init(&swapped, machine, 16, 29); /* one table of level 3 */
    cpu->regs.tcr[1] = 35 | TCR_TG0(16) | IPS_48 | BIT(23) | BIT(39) | UINT64_C(16) << 16;
    cpu->regs.ttbr0[1] = swapped.root;
    entry = fake_tables_set(&swapped, 0x10000, 3, __builtin_bswap64(DATA | PAGE));
    flush(cpu);
    assert_pa(cpu, 0x10008, DATA + 8);
    assert_true(fake_peek(machine, entry) == __builtin_bswap64(DATA | PAGE | AF));
}

static void test_memory_attributes(void **state)
{
    struct fake_machine *machine = *state;
    struct el4_cpu *cpu = machine->cpus[0];
    struct fake_tables tables = simple_tables(machine, cpu);
    fake_tables_set(&tables, 0x1000, 3, DATA | AF | PAGE | GP | UINT64_C(3) << 8);
    fake_tables_set(&tables, 0x2000, 3, DATA | AF | PAGE | UINT64_C(1) << 2);
    assert_pa(cpu, 0x1000, DATA);
    assert_true(out.guarded);
    assert_false(out.device);
    assert_int_equal(out.memory, 0xff);
    assert_int_equal(out.share, 3);
    assert_pa(cpu, 0x2000, DATA);
    assert_true(out.device);
    assert_false(out.guarded);
}

static void test_security(void **state)
{
    struct fake_machine *machine = *state;
    struct el4_cpu *cpu = machine->cpus[0];
    struct fake_tables tables = simple_tables(machine, cpu);
    const uint64_t ns = BIT(5);
    fake_tables_set(&tables, 0x1000, 3, DATA | AF | PAGE);
    fake_tables_set(&tables, 0x2000, 3, DATA | AF | PAGE | ns);
    assert_pa(cpu, 0x1000, DATA);
    assert_false(out.secure);
    cpu->regs.scr_el3 &= ~EL4_SCR_NS;
    assert_pa(cpu, 0x1000, DATA); /* the Non-secure line does not hit */
    assert_true(out.secure);
    assert_pa(cpu, 0x2000, DATA);
    assert_false(out.secure);
    assert_true(translate(cpu, 0x2000, EL4_ACCESS_EXECUTE, EL4_MMU_PRIV));
    cpu->regs.scr_el3 |= EL4_SCR_SIF;
    flush(cpu);
    assert_false(translate(cpu, 0x2000, EL4_ACCESS_EXECUTE, EL4_MMU_PRIV));
    assert_true(translate(cpu, 0x1000, EL4_ACCESS_EXECUTE, EL4_MMU_PRIV));
    struct fake_tables non_secure;
    fake_tables_init(&non_secure, machine, 12, 39);
    non_secure.table_attributes = BIT(63);
    fake_tables_set(&non_secure, 0x1000, 3, DATA | AF | PAGE);
    use_tables(cpu, &non_secure);
    assert_pa(cpu, 0x1000, DATA);
    assert_false(out.secure);
    /* EL3: one range, no EL0, its own registers. */
    cpu->regs.scr_el3 |= EL4_SCR_NS;
    fake_set_el(cpu, 3);
    cpu->regs.sctlr[3] = EL4_SCTLR_M;
    cpu->regs.tcr[3] = 25 | PS_48;
    cpu->regs.ttbr0[3] = tables.root;
    assert_true(translate(cpu, 0x1000, EL4_ACCESS_WRITE, EL4_MMU_EL3));
    assert_true(out.secure);
    assert_true(translate(cpu, 0x2000, EL4_ACCESS_READ, EL4_MMU_EL3));
    assert_false(out.secure);
    assert_false(translate(cpu, 0xffffffff00001000u, EL4_ACCESS_READ, EL4_MMU_EL3));
    assert_int_equal(fault.fsc, EL4_FSC_TRANSLATION);
}

static void test_el2_regimes(void **state)
{
    struct fake_machine *machine = *state;
    struct el4_cpu *cpu = machine->cpus[0];
    struct fake_tables tables = simple_tables(machine, cpu);
    fake_tables_set(&tables, 0x1000, 3, DATA | AF | PAGE | AP1);
    fake_tables_set(&tables, 0x2000, 3, DATA | AF | PAGE | AP1 | XN);
    cpu->regs.sctlr[2] = EL4_SCTLR_M;
    cpu->regs.ttbr0[2] = tables.root;
    cpu->regs.tcr[2] = 25 | PS_48;
    fake_set_el(cpu, 2);
    /* One range: AP[1] is RES1 and says nothing of EL0. */
    assert_true(translate(cpu, 0x1000, EL4_ACCESS_EXECUTE, EL4_MMU_EL2));
    assert_false(translate(cpu, 0x2000, EL4_ACCESS_EXECUTE, EL4_MMU_EL2));
    /* E2H: two ranges, TCR_EL2 as TCR_EL1. */
    cpu->regs.hcr_el2 |= EL4_HCR_E2H;
    cpu->regs.tcr[2] = 25 | IPS_48 | BIT(23) | UINT64_C(25) << 16;
    fake_set_el(cpu, 2);
    assert_false(translate(cpu, 0x1000, EL4_ACCESS_EXECUTE, EL4_MMU_PRIV));
    assert_true(translate(cpu, 0x1000, EL4_ACCESS_READ, EL4_MMU_PRIV));
    assert_false(translate(cpu, 0x1000, EL4_ACCESS_READ, EL4_MMU_PRIV_PAN));
    /* EL0 belongs to it with TGE. */
    cpu->regs.hcr_el2 |= EL4_HCR_TGE;
    cpu->regs.sctlr[1] = 0;
    fake_set_el(cpu, 0);
    assert_true(translate(cpu, 0x1000, EL4_ACCESS_EXECUTE, EL4_MMU_EL0));
    assert_true(out.pa == DATA);
    /* Without E2H, TGE means that EL0 runs with stage 1 off. */
    cpu->regs.hcr_el2 &= ~EL4_HCR_E2H;
    cpu->regs.sctlr[1] = EL4_SCTLR_M;
    assert_true(translate(cpu, 0x1000, EL4_ACCESS_READ, EL4_MMU_EL0));
    assert_true(out.pa == 0x1000);
}

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void try_at(struct el4_cpu *cpu, const struct el4_at *at, uint64_t va)
{
    (void)RAISES(cpu, el4_mmu_at(cpu, at, va));
}

/* Any register contents and tables: no crash, and no address beyond the cpu's. */
static void test_hostile_registers(void **state)
{
    struct fake_machine *machine = *state;
    struct el4_cpu *cpu = machine->cpus[0];
    for (unsigned i = 0; i < 0x8000; i += 8) {
        uint64_t entry = next_random();
        if (entry & 2) { /* mostly into RAM */
            entry = (entry & ~UINT64_C(0xfffffffffffc)) | TABLE_BASE | (entry & 0x7ffc) | 3;
        }
        fake_poke(machine, TABLE_BASE + i, entry);
    }
    for (unsigned i = 0; i < 200000; i++) {
        if (i % 16 == 0) {
            for (unsigned el = 1; el < 4; el++) {
                cpu->regs.tcr[el] = next_random();
                cpu->regs.ttbr0[el] = TABLE_BASE | (next_random() & 0xffff00000000703eu);
                cpu->regs.ttbr1[el] = TABLE_BASE | (next_random() & 0xffff000000007000u);
                cpu->regs.sctlr[el] = next_random() | 1;
                cpu->regs.mair[el] = next_random();
            }
            cpu->regs.vtcr_el2 = next_random();
            cpu->regs.vttbr_el2 = TABLE_BASE | (next_random() & 0xffff000000007000u);
            cpu->regs.hcr_el2 = next_random();
            cpu->regs.scr_el3 = next_random();
            cpu->features.lpa = next_random() & 1;
            cpu->features.lva = next_random() & 1;
            cpu->features.ttst = next_random() & 1;
            cpu->features.pa_bits = next_random() & 1 ? 40 : cpu->features.lpa ? 52 : 48;
            fake_set_el(cpu, next_random() & 3);
            flush(cpu);
        }
        uint64_t va = next_random() >> (next_random() & 63);
        va = next_random() & 1 ? ~va : va;
        unsigned index = (unsigned)(next_random() % EL4_MMU_INDEX_COUNT);
        if (translate(cpu, va, (enum el4_access_kind)(next_random() % 3),
                      (enum el4_mmu_index)index)) {
            assert_true(out.pa >> cpu->features.pa_bits == 0);
        }
        if (i % 8 == 0) {
            el4_tlb_invalidate_va(cpu, next_random(), va, next_random());
            const struct el4_at at = {.el = 1 + (unsigned)(next_random() % 3),
                                      .stage12 = next_random() & 1};
            try_at(cpu, &at, va);
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_granules_and_levels), TEST(test_address_ranges),
        TEST(test_address_size),        TEST(test_wide_addresses),
        TEST(test_permissions),         TEST(test_access_flag_and_dirty),
        TEST(test_memory_attributes),   TEST(test_security),
        TEST(test_el2_regimes),         TEST(test_hostile_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
