/* SPDX-License-Identifier: MIT */
/*
 * AArch32 state: modes and banks, CPSR writes, every exception's mode, vector, LR, SPSR and
 * fault status, returns within AArch32 and between the widths, and who takes interrupts and
 * calls (DDI 0406C B1.8 and B1.9, DDI 0487 G1, sections 5 to 7 of the reference).
 */
#include "test-cpu-fixture.h"

#include "cpu/mmu.h"

#define A9  "cortex-a9"
#define A15 "cortex-a15"
#define PC  UINT64_C(0x8000)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct el4_cpu *a32_cpu(struct machine *machine, const char *model)
{
    return machine_cpu(machine, (struct machine_options){.model = model});
}

/* Put an AArch32 cpu in a mode and a world, all else as it is. */
static void be_in(struct el4_cpu *cpu, uint32_t mode, bool secure)
{
    if (cpu->features.el3) {
        uint64_t ns = secure ? 0 : EL4_SCR_NS;
        cpu->regs.scr_el3 = (cpu->regs.scr_el3 & ~EL4_SCR_NS) | ns;
    }
    el4_a32_set_mode(cpu, mode);
    el4_cpu_update_mode(cpu);
}

static void set_state(struct el4_cpu *cpu, uint32_t set)
{
    cpu->pstate &= ~(EL4_PSTATE_A | EL4_PSTATE_I | EL4_PSTATE_F | EL4_PSTATE_T | EL4_PSTATE_E |
                     EL4_PSTATE_IT);
    cpu->pstate |= set;
    el4_cpu_update_mode(cpu);
}

static void take(struct el4_cpu *cpu, struct el4_exception e, uint64_t pc)
{
    e.kind = EL4_RAISE_TARGET;
    el4_cpu_take_exception(cpu, &e, pc);
}

static void vector_bases(struct el4_cpu *cpu)
{
    cpu->regs.vbar[1] = 0x10000;
    cpu->regs.vbar[2] = 0x20000;
    cpu->regs.vbar[3] = 0x30000;
    cpu->regs.a32.mvbar = 0x40000;
}

/* ---- models and reset ---- */

static void test_models(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = a32_cpu(&machine, A9);
    assert_false(cpu->features.aarch64 || cpu->features.el2 || cpu->features.generic_timer);
    assert_true(cpu->features.el3_a32 && cpu->features.multiprocessing);
    assert_false(cpu->features.lpae || cpu->features.a32_divide_t32 || cpu->features.vfp4);
    assert_true(cpu->features.vfp_d32 && cpu->features.neon && cpu->features.a32_swp);
    assert_int_equal(cpu->features.pa_bits, 32);
    el4_cpu_free(cpu);
    static const char *const lpae_models[] = {"cortex-a7", A15};
    for (size_t i = 0; i < COUNT(lpae_models); i++) {
        cpu = a32_cpu(&machine, lpae_models[i]);
        assert_true(cpu->features.el2 && cpu->features.el3_a32 && cpu->features.generic_timer);
        assert_true(cpu->features.lpae && cpu->features.a32_divide_a32 && cpu->features.vfp4);
        assert_false(cpu->features.a32_v8);
        el4_cpu_free(cpu);
    }
    cpu = machine_cpu(&machine,
                      (struct machine_options){.model = A15, .no_el2 = true, .no_el3 = true});
    assert_int_equal(cpu->ids.id[EL4_ID_PFR_A32][1], 0x00010001);
    assert_false(cpu->features.el2 || cpu->features.el3 || cpu->features.el3_a32);
    el4_cpu_free(cpu);
    cpu = a32_cpu(&machine, "max");
    assert_true(cpu->features.aarch64 && cpu->features.a32_v8 && cpu->features.a32_els == 0xf);
    assert_true(cpu->features.a32_jscvt && cpu->features.a32_dotprod && cpu->features.a32_fhm);
    assert_true(cpu->features.a32_sb && cpu->features.a32_rdm && cpu->features.a32_fp16);
    assert_false(cpu->features.a32_swp);
    el4_cpu_free(cpu);
}

static void test_reset(void **state)
{
    static const struct {
        bool no_el2, no_el3;
        uint32_t cpsr;
        unsigned el;
    } rows[] = {
        {false, false, 0x1d3, 3},
        {true, false, 0x1d3, 3},
        {false, true, 0x1da, 2},
        {true, true, 0x1d3, 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct machine machine;
        struct el4_cpu *cpu = machine_cpu(
            &machine, (struct machine_options){
                          .model = A15, .no_el2 = rows[i].no_el2, .no_el3 = rows[i].no_el3});
        assert_int_equal(el4_a32_cpsr(cpu), rows[i].cpsr);
        assert_int_equal(el4_cpu_el(cpu), rows[i].el);
        assert_int_equal(el4_cpu_pc(cpu), 0x1000);
        assert_true(cpu->mode.aarch32 && !cpu->mode.thumb);
        assert_int_equal(cpu->regs.sctlr[1], 0x00c50078);
        el4_cpu_free(cpu);
    }
}

static void test_entry(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = a32_cpu(&machine, A15);
    struct el4_cpu_entry entry = {
        .pc = 0x60008001, .r1 = ~UINT64_C(0), .r2 = 0x60000100, .el = 2, .aarch32 = true};
    el4_cpu_enter(cpu, &entry);
    assert_int_equal(el4_a32_cpsr(cpu), 0x1fa); /* Hyp, T32 */
    assert_int_equal(el4_cpu_pc(cpu), 0x60008000);
    assert_int_equal(cpu->slot[1], 0xffffffff);
    assert_int_equal(cpu->slot[2], 0x60000100);
    assert_int_equal(cpu->regs.a32.nsacr, 0xc00);
    assert_false(el4_cpu_is_secure(cpu));
    entry = (struct el4_cpu_entry){.pc = 0x8000, .el = 1, .secure = true, .aarch32 = true};
    el4_cpu_enter(cpu, &entry);
    assert_int_equal(el4_a32_cpsr(cpu), 0x1d3);
    assert_int_equal(el4_cpu_el(cpu), 3);
    assert_true(el4_cpu_is_secure(cpu));
    el4_cpu_free(cpu);

    /* A core with AArch64, entered in AArch32 by an EL3 or in its stead. */
    for (unsigned no_el3 = 0; no_el3 < 2; no_el3++) {
        cpu = machine_cpu(&machine, (struct machine_options){.no_el3 = no_el3});
        entry = (struct el4_cpu_entry){.pc = 0x8000, .el = 2, .aarch32 = true};
        el4_cpu_enter(cpu, &entry);
        assert_int_equal(el4_a32_cpsr(cpu) & EL4_CPSR_M, EL4_A32_HYP);
        assert_true(el4_cpu_el_is_a32(cpu, 2) && el4_cpu_el_is_a32(cpu, 1));
        assert_false(el4_cpu_el_is_a32(cpu, 3));
        el4_cpu_free(cpu);
    }
}

/* ---- modes and banks ---- */

static const uint32_t all_modes[] = {EL4_A32_USR, EL4_A32_FIQ, EL4_A32_IRQ,
                                     EL4_A32_SVC, EL4_A32_MON, EL4_A32_ABT,
                                     EL4_A32_HYP, EL4_A32_UND, EL4_A32_SYS};

static void test_banks(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = a32_cpu(&machine, A15);
    for (unsigned round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNT(all_modes); i++) {
            uint32_t mode = all_modes[i];
            uint32_t owner = mode == EL4_A32_SYS ? EL4_A32_USR : mode;
            uint32_t lr_owner = mode == EL4_A32_HYP ? EL4_A32_USR : owner;
            uint32_t high_owner = mode == EL4_A32_FIQ ? EL4_A32_FIQ : EL4_A32_USR;
            be_in(cpu, mode, mode != EL4_A32_HYP);
            for (unsigned n = 8; round == 0 && n < 15; n++) {
                uint32_t value = n == 13 ? owner : n == 14 ? lr_owner : high_owner;
                cpu->slot[n] = value << 8 | n;
            }
            for (unsigned n = 8; round == 1 && n < 15; n++) {
                uint32_t value = n == 13 ? owner : n == 14 ? lr_owner : high_owner;
                assert_int_equal(cpu->slot[n], value << 8 | n);
                assert_int_equal(el4_a32_read_user(cpu, n), EL4_A32_USR << 8 | n);
            }
        }
    }
    be_in(cpu, EL4_A32_FIQ, true);
    el4_a32_write_user(cpu, 8, 1);
    el4_a32_write_user(cpu, 14, 2);
    el4_a32_write_mode_reg(cpu, EL4_A32_FIQ, 13, 3);
    el4_a32_write_mode_reg(cpu, EL4_A32_ABT, 13, 4);
    assert_int_equal(cpu->slot[13], 3);
    be_in(cpu, EL4_A32_SYS, true);
    assert_int_equal(cpu->slot[8], 1);
    assert_int_equal(cpu->slot[14], 2);
    be_in(cpu, EL4_A32_ABT, true);
    assert_int_equal(cpu->slot[13], 4);
    el4_cpu_free(cpu);
}

static uint64_t read_banked(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                            uint32_t aux)
{
    return el4_a32_read_banked(cpu, a, aux);
}

static uint64_t write_banked(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                             uint32_t aux)
{
    el4_a32_write_banked(cpu, a, aux, (uint32_t)b);
    return 0;
}

/* SYSm of every banked register, and the modes (bits as in all_modes) that may name it. */
static const struct banked_row {
    bool spsr;
    unsigned sysm;
    const char *allowed; /* by Usr Fiq Irq Svc Mon Abt Hyp Und Sys */
} banked_rows[] = {
    {false, 0x00, ".F......."}, {false, 0x04, ".F......."}, {false, 0x05, ".FISMAHU."},
    {false, 0x06, ".FISMA.U."}, {false, 0x07, "........."}, {false, 0x08, "..ISMAHUS"},
    {false, 0x0d, "..ISMAHUS"}, {false, 0x0e, "..ISMAHUS"}, {true, 0x0e, "..ISMAHUS"},
    {false, 0x10, ".F.SMAHUS"}, {false, 0x11, ".F.SMAHUS"}, {true, 0x10, ".F.SMAHUS"},
    {true, 0x11, "........."},  {false, 0x12, ".FI.MAHUS"}, {false, 0x15, ".FISM.HUS"},
    {true, 0x16, ".FISMAH.S"},  {false, 0x18, "........."}, {false, 0x1c, ".FIS.A.US"},
    {true, 0x1c, ".FIS.A.US"},  {false, 0x1e, "....M.H.."}, {true, 0x1e, "....M...."},
    {false, 0x1f, "....M...."}, {true, 0x00, "........."},
};

static void test_banked_access(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = a32_cpu(&machine, A15);
    for (size_t i = 0; i < COUNT(banked_rows); i++) {
        const struct banked_row *row = &banked_rows[i];
        for (size_t m = 0; m < COUNT(all_modes); m++) {
            bool allowed = row->allowed[m] != '.';
            uint64_t value;
            be_in(cpu, all_modes[m], all_modes[m] != EL4_A32_HYP);
            uint64_t number = 0x100 * (i + 1) + m;
            assert_int_equal(try_call(cpu, write_banked, row->spsr, number, row->sysm, &value),
                             allowed);
            assert_int_equal(try_call(cpu, read_banked, row->spsr, 0, row->sysm, &value),
                             allowed);
            assert_true(!allowed || value == number);
        }
    }
    /* Non-secure code may not name Monitor's. */
    be_in(cpu, EL4_A32_SVC, false);
    uint64_t value;
    assert_false(try_call(cpu, read_banked, 0, 0, 0x1c, &value));
    el4_cpu_free(cpu);
}

/* ---- CPSR ---- */

static void test_cpsr_writes(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = a32_cpu(&machine, A15);
    be_in(cpu, EL4_A32_USR, false);
    set_state(cpu, EL4_PSTATE_T);
    el4_a32_write_cpsr(cpu, 0xffffffff, 0xffffffff, false);
    assert_int_equal(el4_a32_cpsr(cpu), 0xf80f0230); /* flags, GE and E alone */
    el4_a32_cps(cpu, 0, EL4_CPSR_M | EL4_CPSR_I);
    assert_int_equal(cpu->a32.mode, EL4_A32_USR);

    be_in(cpu, EL4_A32_SVC, false);
    el4_a32_write_cpsr(cpu, 0x000001df, 0xffffffff, false);
    assert_int_equal(el4_a32_cpsr(cpu), 0x000001ff); /* System; T stays */
    el4_a32_write_cpsr(cpu, 0x00000012, 0x0000ff00, false);
    assert_int_equal(el4_a32_cpsr(cpu), 0x000000ff); /* A is in byte 1, M is not */
    el4_a32_write_cpsr(cpu, EL4_A32_MON, EL4_CPSR_M, false);
    assert_int_equal(cpu->a32.mode, EL4_A32_SYS); /* Non-secure: no Monitor */
    el4_a32_write_cpsr(cpu, EL4_A32_HYP, EL4_CPSR_M, false);
    assert_int_equal(cpu->a32.mode, EL4_A32_SYS);
    assert_false(cpu->mode.illegal); /* v7 */

    be_in(cpu, EL4_A32_SVC, true);
    el4_a32_write_cpsr(cpu, EL4_A32_MON, EL4_CPSR_M, false);
    assert_int_equal(cpu->a32.mode, EL4_A32_MON);
    cpu->regs.scr_el3 |= EL4_SCR_NS;
    el4_cpu_update_mode(cpu);
    assert_true(el4_cpu_is_secure(cpu) && el4_cpu_el(cpu) == 3);
    el4_a32_write_cpsr(cpu, EL4_A32_SVC, EL4_CPSR_M, false);
    assert_true(!el4_cpu_is_secure(cpu) && el4_cpu_el(cpu) == 1);
    el4_cpu_free(cpu);

    /* Without the Virtualization Extensions A and F are the Secure world's. */
    cpu = a32_cpu(&machine, A9);
    be_in(cpu, EL4_A32_SVC, false);
    set_state(cpu, 0);
    el4_a32_cps(cpu, 0x1c0, 0x1c0);
    assert_int_equal(el4_a32_cpsr(cpu) & 0x1c0, EL4_CPSR_I);
    cpu->regs.scr_el3 |= EL4_SCR_FW | EL4_SCR_AW;
    el4_a32_cps(cpu, 0x1c0, 0x1c0);
    assert_int_equal(el4_a32_cpsr(cpu) & 0x1c0, 0x1c0);
    el4_cpu_free(cpu);

    /* v8: an illegal mode sets IL. */
    cpu = a32_cpu(&machine, "max");
    struct el4_cpu_entry entry = {.pc = 0x8000, .el = 1, .aarch32 = true};
    el4_cpu_enter(cpu, &entry);
    el4_a32_write_cpsr(cpu, 0x14, EL4_CPSR_M, false);
    assert_int_equal(cpu->a32.mode, EL4_A32_SVC);
    assert_true(cpu->mode.illegal);
    el4_cpu_free(cpu);
}

/* ---- entry ---- */

struct entry_row {
    enum el4_vector_offset vector;
    unsigned ec, iss;
    bool next;
    uint32_t mode, offset, lr_a32, lr_t32, masks;
};

/* DDI 0406C tables B1-3 (vectors), B1-6 and B1-7 (return addresses). */
static const struct entry_row pl1_rows[] = {
    {EL4_VECTOR_SYNC, EL4_EC_UNKNOWN, 0, false, EL4_A32_UND, 0x04, 4, 2, 0x080},
    {EL4_VECTOR_SYNC, EL4_EC_SVC32, 0, true, EL4_A32_SVC, 0x08, 0, 0, 0x080},
    {EL4_VECTOR_SYNC, EL4_EC_INSN_ABORT_SAME, 0x07, false, EL4_A32_ABT, 0x0c, 4, 4, 0x180},
    {EL4_VECTOR_SYNC, EL4_EC_BKPT32, 0, false, EL4_A32_ABT, 0x0c, 4, 4, 0x180},
    {EL4_VECTOR_SYNC, EL4_EC_DATA_ABORT_SAME, 0x07, false, EL4_A32_ABT, 0x10, 8, 8, 0x180},
    {EL4_VECTOR_SERROR, EL4_EC_SERROR, 0, false, EL4_A32_ABT, 0x10, 8, 8, 0x180},
    {EL4_VECTOR_IRQ, 0, 0, false, EL4_A32_IRQ, 0x18, 4, 4, 0x180},
    {EL4_VECTOR_FIQ, 0, 0, false, EL4_A32_FIQ, 0x1c, 4, 4, 0x1c0},
};

static struct el4_exception exception_of(const struct entry_row *row, unsigned target)
{
    return (struct el4_exception){
        .vector = row->vector,
        .esr = EL4_ESR(row->ec, row->iss),
        .return_next = row->next,
        .target_el = target,
    };
}

static void check_pl1(const struct entry_row *row, bool secure, bool thumb, uint64_t sctlr)
{
    struct machine machine;
    struct el4_cpu *cpu = a32_cpu(&machine, A15);
    unsigned target = secure ? 3 : 1;
    vector_bases(cpu);
    cpu->regs.sctlr[target] = sctlr;
    be_in(cpu, EL4_A32_USR, secure);
    set_state(cpu, thumb ? EL4_PSTATE_T | el4_pstate_of_it(0x0c) : 0);
    cpu->slot[EL4_SLOT_NZCV] = 0x60000000;
    cpu->slot[EL4_SLOT_GE] = 0x000a0000;
    cpu->slot[EL4_SLOT_Q] = EL4_CPSR_Q;
    uint32_t cpsr = el4_a32_cpsr(cpu);
    take(cpu, exception_of(row, target), PC);

    uint32_t expected = row->mode | row->masks | 0x680a0000 |
                        (sctlr & EL4_SCTLR_EE ? EL4_CPSR_E : 0) |
                        (sctlr & EL4_SCTLR_A32_TE ? EL4_CPSR_T : 0);
    assert_int_equal(el4_a32_cpsr(cpu), expected);
    assert_int_equal(el4_cpu_el(cpu), target);
    assert_int_equal(cpu->slot[14], PC + (thumb ? row->lr_t32 : row->lr_a32));
    if (row->next && thumb) {
        cpsr = (cpsr & ~EL4_CPSR_IT) | el4_pstate_of_it(0x18); /* the next instruction's */
    }
    uint32_t spsr = el4_a32_read_spsr(cpu);
    assert_int_equal(spsr, cpsr);
    uint32_t base = sctlr & EL4_SCTLR_A32_V ? 0xffff0000 : secure ? 0x30000 : 0x10000;
    assert_int_equal(el4_cpu_pc(cpu), base + row->offset);
    assert_int_equal(cpu->mode.big_endian, !!(sctlr & EL4_SCTLR_EE));
    assert_int_equal(cpu->mode.thumb, !!(sctlr & EL4_SCTLR_A32_TE));
    el4_cpu_free(cpu);
}

static void test_entry_pl1(void **state)
{
    static const uint64_t sctlrs[] = {0xc50078, 0xc50078 | EL4_SCTLR_EE,
                                      0xc50078 | EL4_SCTLR_A32_TE, 0xc50078 | EL4_SCTLR_A32_V};
    for (size_t i = 0; i < COUNT(pl1_rows); i++) {
        for (unsigned k = 0; k < 4 * COUNT(sctlrs); k++) {
            check_pl1(&pl1_rows[i], k & 1, k & 2, sctlrs[k / 4]);
        }
    }
}

static void test_entry_monitor(void **state)
{
    static const struct {
        struct entry_row row;
        uint64_t scr;
    } rows[] = {
        {{EL4_VECTOR_SYNC, EL4_EC_SMC32, 0, true, 0, 0x08, 0, 0, 0}, 0},
        {{EL4_VECTOR_SYNC, EL4_EC_INSN_ABORT_LOWER, 0x10, false, 0, 0x0c, 4, 4, 0}, EL4_SCR_EA},
        {{EL4_VECTOR_SYNC, EL4_EC_DATA_ABORT_LOWER, 0x16, false, 0, 0x10, 8, 8, 0}, EL4_SCR_EA},
        {{EL4_VECTOR_SERROR, EL4_EC_SERROR, 0, false, 0, 0x10, 8, 8, 0}, EL4_SCR_EA},
        {{EL4_VECTOR_IRQ, 0, 0, false, 0, 0x18, 4, 4, 0}, EL4_SCR_IRQ},
        {{EL4_VECTOR_FIQ, 0, 0, false, 0, 0x1c, 4, 4, 0}, EL4_SCR_FIQ},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct machine machine;
        struct el4_cpu *cpu = a32_cpu(&machine, A15);
        vector_bases(cpu);
        cpu->regs.scr_el3 = rows[i].scr | EL4_SCR_NS;
        be_in(cpu, EL4_A32_SVC, false);
        set_state(cpu, EL4_PSTATE_T);
        uint32_t cpsr = el4_a32_cpsr(cpu);
        take(cpu, exception_of(&rows[i].row, 3), PC);
        assert_int_equal(el4_a32_cpsr(cpu), 0x1d6);
        assert_int_equal(cpu->slot[14], PC + rows[i].row.lr_t32);
        assert_int_equal(cpu->regs.spsr[3], cpsr);
        assert_int_equal(el4_cpu_pc(cpu), 0x40000 + rows[i].row.offset);
        assert_true(cpu->regs.scr_el3 & EL4_SCR_NS);
        assert_int_equal(el4_cpu_el(cpu), 3);
        el4_cpu_free(cpu);
    }
    /* An exception in Monitor mode goes to the Secure world and clears SCR.NS. */
    struct machine machine;
    struct el4_cpu *cpu = a32_cpu(&machine, A15);
    vector_bases(cpu);
    be_in(cpu, EL4_A32_MON, false);
    raise_and_take(cpu, EL4_RAISE_SVC, EL4_ESR(EL4_EC_SVC32, 0), PC);
    assert_int_equal(cpu->a32.mode, EL4_A32_SVC);
    assert_int_equal(el4_cpu_pc(cpu), 0x30008);
    assert_false(cpu->regs.scr_el3 & EL4_SCR_NS);
    assert_int_equal(cpu->regs.spsr[1] & EL4_CPSR_M, EL4_A32_MON);
    el4_cpu_free(cpu);
}

static void test_entry_hyp(void **state)
{
    static const struct {
        struct entry_row row;
        uint32_t from_hyp, from_lower;
        uint64_t hsr_hyp, hsr_lower; /* 0: as raised; ~0: left alone */
    } rows[] = {
        {{EL4_VECTOR_SYNC, EL4_EC_UNKNOWN, 0, false, 0, 0, 0, 0, 0}, 0x04, 0x14, 0, 0},
        {{EL4_VECTOR_SYNC, EL4_EC_HVC32, 0x12, true, 0, 0, 0, 0, 0}, 0x08, 0x14, 0, 0},
        {{EL4_VECTOR_SYNC, EL4_EC_CP15_32, 0, false, 0, 0, 0, 0, 0}, 0x04, 0x14, 0, 0},
        {{EL4_VECTOR_SYNC, EL4_EC_INSN_ABORT_LOWER, 5, false, 0, 0, 0, 0, 0}, 0x0c, 0x14, 0, 0},
        {{EL4_VECTOR_SYNC, EL4_EC_DATA_ABORT_LOWER, 5, false, 0, 0, 0, 0, 0}, 0x10, 0x14, 0, 0},
        {{EL4_VECTOR_SYNC, EL4_EC_BKPT32, 9, false, 0, 0, 0, 0, 0},
         0x0c,
         0x14,
         EL4_ESR(EL4_EC_INSN_ABORT_SAME, 0x22),
         EL4_ESR(EL4_EC_INSN_ABORT_LOWER, 0x22)},
        {{EL4_VECTOR_SERROR, EL4_EC_SERROR, 0, false, 0, 0, 0, 0, 0},
         0x10,
         0x14,
         EL4_ESR(EL4_EC_DATA_ABORT_SAME, 0x11),
         EL4_ESR(EL4_EC_DATA_ABORT_LOWER, 0x11)},
        {{EL4_VECTOR_IRQ, 0, 0, false, 0, 0, 0, 0, 0}, 0x18, 0x18, ~0u, ~0u},
        {{EL4_VECTOR_FIQ, 0, 0, false, 0, 0, 0, 0, 0}, 0x1c, 0x1c, ~0u, ~0u},
    };
    for (size_t i = 0; i < 2 * COUNT(rows); i++) {
        bool from_hyp = i & 1;
        const struct entry_row *row = &rows[i / 2].row;
        uint64_t hsr = from_hyp ? rows[i / 2].hsr_hyp : rows[i / 2].hsr_lower;
        struct machine machine;
        struct el4_cpu *cpu = a32_cpu(&machine, A15);
        vector_bases(cpu);
        be_in(cpu, from_hyp ? EL4_A32_HYP : EL4_A32_USR, false);
        set_state(cpu, 0);
        uint32_t cpsr = el4_a32_cpsr(cpu);
        cpu->regs.esr[2] = UINT32_MAX;
        cpu->slot[14] = 0x1234;
        struct el4_exception e = exception_of(row, 2);
        e.far = 0xc0001234;
        e.far_valid = row->ec == EL4_EC_INSN_ABORT_LOWER || row->ec == EL4_EC_DATA_ABORT_LOWER;
        take(cpu, e, PC);
        assert_int_equal(el4_a32_cpsr(cpu), 0x1da);
        assert_int_equal(cpu->regs.elr[2], PC);
        assert_int_equal(cpu->regs.spsr[2], cpsr);
        assert_int_equal(cpu->slot[14], 0x1234); /* LR is User's */
        assert_int_equal(el4_cpu_pc(cpu),
                         0x20000 + (from_hyp ? rows[i / 2].from_hyp : rows[i / 2].from_lower));
        assert_int_equal(cpu->regs.esr[2], hsr ? hsr : e.esr);
        if (row->ec == EL4_EC_INSN_ABORT_LOWER) {
            assert_int_equal(cpu->regs.far[2], 0xc000123400000000); /* HIFAR */
        } else if (e.far_valid) {
            assert_int_equal(cpu->regs.far[2], 0xc0001234); /* HDFAR */
        }
        el4_cpu_free(cpu);
    }
}

/* ---- fault status ---- */

/* Long and short codes: DDI 0406C tables B3-23 and B3-24, DDI 0487 G5-30 and G5-31. */
static const struct {
    unsigned status, fs;
} fault_codes[] = {
    {0x05, 0x05}, {0x06, 0x07}, {0x07, 0x07}, {0x09, 0x03}, {0x0a, 0x06}, {0x0d, 0x0d},
    {0x0e, 0x0f}, {0x3d, 0x09}, {0x3e, 0x0b}, {0x21, 0x01}, {0x22, 0x02}, {0x10, 0x08},
    {0x15, 0x0c}, {0x16, 0x0e}, {0x18, 0x19}, {0x1d, 0x1c}, {0x1e, 0x1e}, {0x30, 0x10},
};

static uint32_t fs_bits(unsigned fs)
{
    return (fs & 15) | (fs & 16) << 6;
}

static void test_fault_status(void **state)
{
    for (size_t i = 0; i < COUNT(fault_codes) * 4; i++) {
        unsigned status = fault_codes[i / 4].status;
        unsigned target = i & 1 ? 3 : 1;
        bool eae = i & 2;
        struct machine machine;
        struct el4_cpu *cpu = a32_cpu(&machine, A15);
        be_in(cpu, EL4_A32_SVC, target == 3);
        cpu->regs.tcr[target] = eae ? EL4_TTBCR_EAE : 0;
        struct el4_exception e = {.far = 0x80000004, .far_valid = true, .target_el = target};
        uint32_t code = eae ? 0x200 | status : fs_bits(fault_codes[i / 4].fs);

        e.esr = EL4_ESR(EL4_EC_DATA_ABORT_SAME, status | 1u << 6); /* WnR */
        e.domain = 5;
        take(cpu, e, PC);
        assert_int_equal(cpu->regs.esr[target], code | 0x800 | (eae ? 0 : 0x50));
        assert_int_equal(cpu->regs.far[target], 0x80000004);
        e.esr = EL4_ESR(EL4_EC_INSN_ABORT_SAME, status | 1u << 9); /* EA */
        e.far = 0x90000000;
        take(cpu, e, PC);
        assert_int_equal(target == 3 ? cpu->regs.a32.ifsr_s : cpu->regs.ifsr32_el2,
                         code | 0x1000);
        assert_int_equal(cpu->regs.far[target], 0x9000000080000004);
        el4_cpu_free(cpu);
    }
}

/* ---- syndromes ---- */

#define ISV(size, sign, rt, ordered)                                                           \
    (1u << 24 | (size) << 22 | (sign) << 21 | (rt) << 16 | (ordered) << 14)

/* Words of GNU as; bytes 0: A32. */
static const struct {
    uint32_t insn;
    unsigned bytes;
    uint32_t iss;
} isv_rows[] = {
    {0xe5921004, 0, ISV(2u, 0u, 1u, 0u)}, /* ldr r1, [r2, #4] */
    {0xe7c43085, 0, ISV(0u, 0u, 3u, 0u)}, /* strb r3, [r4, r5, lsl #1] */
    {0xe1d760f2, 0, ISV(1u, 1u, 6u, 0u)}, /* ldrsh r6, [r7, #2] */
    {0xe19760d8, 0, ISV(0u, 1u, 6u, 0u)}, /* ldrsb r6, [r7, r8] */
    {0xe1ca90b0, 0, ISV(1u, 0u, 9u, 0u)}, /* strh r9, [r10] */
    {0xe1921c9f, 0, ISV(2u, 0u, 1u, 1u)}, /* lda r1, [r2] */
    {0xe1c4fc93, 0, ISV(0u, 0u, 3u, 1u)}, /* stlb r3, [r4] */
    {0xe1f25c9f, 0, ISV(1u, 0u, 5u, 1u)}, /* ldah r5, [r2] */
    {0xe4921004, 0, 0},                   /* ldr r1, [r2], #4 */
    {0xe5b21004, 0, 0},                   /* ldr r1, [r2, #4]! */
    {0xe1c420d0, 0, 0},                   /* ldrd r2, [r4] */
    {0xe891000c, 0, 0},                   /* ldm r1, {r2, r3} */
    {0xe0010392, 0, 0},                   /* mul r1, r2, r3 */
    {0xe592f000, 0, 0},                   /* ldr pc, [r2] */
    {0x6851, 2, ISV(2u, 0u, 1u, 0u)},     /* ldr r1, [r2, #4] */
    {0x9b01, 2, ISV(2u, 0u, 3u, 0u)},     /* ldr r3, [sp, #4] */
    {0x5ed1, 2, ISV(1u, 1u, 1u, 0u)},     /* ldrsh r1, [r2, r3] */
    {0x70d1, 2, ISV(0u, 0u, 1u, 0u)},     /* strb r1, [r2, #3] */
    {0xb402, 2, 0},                       /* push {r1} */
    {0xf8d29004, 4, ISV(2u, 0u, 9u, 0u)}, /* ldr.w r9, [r2, #4] */
    {0xf9129c04, 4, ISV(0u, 1u, 9u, 0u)}, /* ldrsb.w r9, [r2, #-4] */
    {0xf8229013, 4, ISV(1u, 0u, 9u, 0u)}, /* strh.w r9, [r2, r3, lsl #1] */
    {0xf8529e04, 4, ISV(2u, 0u, 9u, 0u)}, /* ldrt r9, [r2, #4] */
    {0xf8529b04, 4, 0},                   /* ldr.w r9, [r2], #4 */
    {0xe8d29faf, 4, ISV(2u, 0u, 9u, 1u)}, /* lda r9, [r2] */
    {0xe8c29f9f, 4, ISV(1u, 0u, 9u, 1u)}, /* stlh r9, [r2] */
    {0xf8df9006, 4, ISV(2u, 0u, 9u, 0u)}, /* ldr.w r9, [pc, #6] */
    {0xf892f000, 4, 0},                   /* pld [r2] */
};

static void test_instruction_syndrome(void **state)
{
    for (size_t i = 0; i < COUNT(isv_rows); i++) {
        uint32_t iss = isv_rows[i].bytes
                           ? el4_isv_syndrome_t32(isv_rows[i].insn, isv_rows[i].bytes)
                           : el4_isv_syndrome_a32(isv_rows[i].insn);
        assert_int_equal(iss, isv_rows[i].iss);
    }
    struct machine machine;
    struct el4_cpu *cpu = a32_cpu(&machine, A15);
    static const uint8_t of_r13_r14[][3] = {
        {EL4_A32_USR, 13, 14}, {EL4_A32_FIQ, 29, 30}, {EL4_A32_IRQ, 17, 16},
        {EL4_A32_SVC, 19, 18}, {EL4_A32_ABT, 21, 20}, {EL4_A32_HYP, 15, 14},
        {EL4_A32_UND, 23, 22}, {EL4_A32_SYS, 13, 14},
    };
    for (size_t i = 0; i < COUNT(of_r13_r14); i++) {
        be_in(cpu, of_r13_r14[i][0], of_r13_r14[i][0] != EL4_A32_HYP);
        assert_int_equal(el4_a32_register_as_x(cpu, 13), of_r13_r14[i][1]);
        assert_int_equal(el4_a32_register_as_x(cpu, 14), of_r13_r14[i][2]);
        assert_int_equal(el4_a32_register_as_x(cpu, 9),
                         of_r13_r14[i][0] == EL4_A32_FIQ ? 25 : 9);
    }
    el4_cpu_free(cpu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_entry),
        cmocka_unit_test(test_banks),
        cmocka_unit_test(test_banked_access),
        cmocka_unit_test(test_cpsr_writes),
        cmocka_unit_test(test_entry_pl1),
        cmocka_unit_test(test_entry_monitor),
        cmocka_unit_test(test_entry_hyp),
        cmocka_unit_test(test_fault_status),
        cmocka_unit_test(test_instruction_syndrome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
