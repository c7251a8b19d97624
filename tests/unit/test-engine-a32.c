/* SPDX-License-Identifier: MIT */
/*
 * The engine under A32 and T32: conditions, changes of the instruction set, ITSTATE and PC at
 * faults, instructions of two lengths, those across pages, code that changes, and the pass that
 * drops dead flags where instructions may be left out. Code runs at EL0 in AArch32; its SVC or
 * fault goes to an AArch64 EL1, whose vector stops.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "cpu/trace.h"
#include "engine/block.h"
#include "isa/isa.h"
#include "test-engine-fixture.h"

#define CODE      (RAM + 0x1000)
#define NEXT_PAGE (RAM + 0x2000)
#define VECTORS   (RAM + 0x10000)
#define LAST_PAGE (RAM + RAM_BYTES - 0x1000)
#define NOWHERE   UINT64_C(0x20000000)

enum {
    A32_SVC = 0xef000000,
    A32_CMP_R0_0 = 0xe3500000,
    A32_ADDEQ_R1_1 = 0x02811001,
    A32_BX_R3 = 0xe12fff13,
    A32_NE = 0x10000000,
    T16_SVC = 0xdf00,
    T16_IT = 0xbf00,
    T16_CMP_R0_0 = 0x2800,
    T16_ADDS_R1_1 = 0x3101,
    T16_ADDS_R2_1 = 0x3201,
    T16_LDR_R4_R3 = 0x681c,  /* LDR R4, [R3] */
    T16_STRH_R6_R3 = 0x801e, /* STRH R6, [R3] */
    T16_BX_R3 = 0x4718,
    T32_MOVW_R2 = 0xf2402200, /* 8 bits of the immediate are below */
};

struct fixture {
    struct el4_bus *bus;
    struct el4_cpu *cpu;
    uint8_t *host;
    uint64_t end; /* where code is written */
    struct el4_trace_ops trace;
    uint32_t traced[8];
    unsigned traced_bytes[8];
    unsigned traced_count;
};

static void put16(struct fixture *f, uint16_t value)
{
    memcpy(f->host + (f->end - RAM), &value, sizeof(value));
    f->end += sizeof(value);
}

static void put32(struct fixture *f, uint32_t value)
{
    memcpy(f->host + (f->end - RAM), &value, sizeof(value));
    f->end += sizeof(value);
}

/* A 32-bit instruction of T32: the upper half comes first. */
static void put_t32(struct fixture *f, uint32_t insn)
{
    put16(f, (uint16_t)(insn >> 16));
    put16(f, (uint16_t)insn);
}

static void begin(struct fixture *f, uint64_t address)
{
    f->end = address;
    el4_engine_flush(f->cpu);
}

static int set_up(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);
    const struct el4_cpu_config config = {0};
    engine_set_up(&config, &f->bus, &f->cpu, &f->host);
    f->end = VECTORS + 0x600; /* synchronous, from a lower EL in AArch32 */
    put32(f, 0xd503207f);     /* WFI */
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    engine_tear_down(f->bus, f->cpu);
    g_free(f);
    return 0;
}

/* Run at EL0 from an address (bit 0: T32) until an exception to EL1; gives its EC. */
static unsigned run_in(struct fixture *f, uint64_t from, uint32_t pstate)
{
    struct el4_cpu *cpu = f->cpu;
    cpu->pstate = EL4_PSTATE_NRW | (from & 1 ? EL4_PSTATE_T : 0) | pstate;
    cpu->a32.mode = EL4_A32_USR;
    cpu->regs.vbar[1] = VECTORS;
    cpu->slot[EL4_SLOT_PC] = from & ~UINT64_C(1);
    el4_cpu_update_mode(cpu);
    cpu->icount_limit = cpu->icount + 10000;
    assert_int_equal(el4_engine_run(cpu), EL4_ENGINE_WAIT);
    assert_int_equal(el4_cpu_pc(cpu), VECTORS + 0x604);
    assert_int_equal(el4_cpu_el(cpu), 1);
    assert_false(cpu->mode.aarch32);
    return (unsigned)(cpu->regs.esr[1] >> 26);
}

static unsigned run(struct fixture *f, uint64_t from)
{
    return run_in(f, from, 0);
}

static uint32_t saved_it(const struct fixture *f)
{
    return el4_pstate_it((uint32_t)f->cpu->regs.spsr[1]);
}

/* ---- conditions and instruction sets ---- */

static void test_conditions(void **state)
{
    struct fixture *f = *state;
    begin(f, CODE);
    put32(f, A32_CMP_R0_0);
    put32(f, A32_ADDEQ_R1_1);
    put32(f, (A32_ADDEQ_R1_1 | A32_NE) + 15); /* ADDNE R1, R1, #16 */
    put32(f, (A32_SVC & 0x0fffffff) | A32_NE);
    put32(f, 0xe2811c01); /* ADD R1, R1, #0x100 */
    put32(f, A32_SVC);
    for (unsigned zero = 0; zero < 2; zero++) {
        f->cpu->slot[0] = !zero;
        f->cpu->slot[1] = 0xffffffff;
        assert_int_equal(run(f, CODE), EL4_EC_SVC32);
        assert_int_equal(f->cpu->slot[1], zero ? 0x100 : 0xf);
        assert_int_equal(f->cpu->regs.elr[1], zero ? CODE + 24 : CODE + 16);
        assert_true(f->cpu->regs.spsr[1] & EL4_PSTATE_NRW);
        assert_false(f->cpu->regs.spsr[1] & EL4_PSTATE_T);
    }
}

static void test_exchange(void **state)
{
    struct fixture *f = *state;
    begin(f, CODE);
    put32(f, A32_BX_R3);
    begin(f, CODE + 0x102);
    put16(f, T16_ADDS_R1_1);
    put_t32(f, T32_MOVW_R2 | 0x34);
    put16(f, T16_SVC);
    for (unsigned i = 0; i < 3; i++) { /* found, then by the jump cache */
        f->cpu->slot[1] = 7;
        f->cpu->slot[3] = CODE + 0x103;
        assert_int_equal(run(f, CODE), EL4_EC_SVC32);
        assert_int_equal(f->cpu->slot[1], 8);
        assert_int_equal(f->cpu->slot[2], 0x234);
        assert_int_equal(f->cpu->regs.elr[1], CODE + 0x10a);
        assert_false(f->cpu->regs.esr[1] & EL4_ESR_IL); /* 16 bits */
        assert_true(f->cpu->regs.spsr[1] & EL4_PSTATE_T);
    }
    begin(f, CODE);
    put16(f, T16_BX_R3);
    begin(f, CODE + 0x200);
    put32(f, A32_SVC);
    for (unsigned i = 0; i < 3; i++) {
        f->cpu->slot[3] = CODE + 0x200;
        assert_int_equal(run(f, CODE | 1), EL4_EC_SVC32);
        assert_int_equal(f->cpu->regs.elr[1], CODE + 0x204);
        assert_true(f->cpu->regs.esr[1] & EL4_ESR_IL);
        assert_false(f->cpu->regs.spsr[1] & EL4_PSTATE_T);
    }
}

static void test_alignment(void **state)
{
    struct fixture *f = *state;
    begin(f, CODE);
    put32(f, A32_SVC);
    f->cpu->pstate = 0;
    assert_int_equal(run(f, CODE), EL4_EC_SVC32);
    assert_int_equal(run(f, CODE + 2), EL4_EC_PC_ALIGNMENT);
    assert_int_equal(f->cpu->regs.elr[1], CODE + 2);
    assert_int_equal(f->cpu->regs.far[1], CODE + 2);
}

/* The address after the last is the first. */
static void test_pc_wraps(void **state)
{
    struct fixture *f = *state;
    begin(f, CODE);
    put32(f, 0xe3e03002); /* MVN R3, #2: 0xfffffffd */
    put32(f, A32_BX_R3);
    assert_int_equal(run(f, CODE), EL4_EC_INSN_ABORT_LOWER);
    assert_int_equal(f->cpu->regs.elr[1], 0xfffffffc);
}

/* An amount of 0 shifts by 32 to the right; R15 reads as the instruction's address and 8. */
static void test_shifted_operands(void **state)
{
    struct fixture *f = *state;
    static const unsigned operations[] = {0, 1, 2, 4, 12}; /* AND EOR SUB ADD ORR */
    static const unsigned amounts[] = {0, 1, 13, 31};
    const uint32_t n = 0x9234567f;
    const uint32_t m = 0xf00dcafe;

    for (unsigned i = 0; i < 5 * 4 * 2 * 2; i++) {
        unsigned op = operations[i % 5];
        unsigned amount = amounts[i / 5 % 4];
        unsigned right = i / 20 % 2;
        unsigned from_pc = i / 40;
        begin(f, CODE);
        put32(f, 0xe0000003 | op << 21 | (from_pc ? 15 : 2) << 16 | 1 << 12 | amount << 7 |
                     right << 5); /* R1 = R2 or R15, and R3 shifted */
        put32(f, A32_SVC);
        f->cpu->slot[2] = n;
        f->cpu->slot[3] = m;
        assert_int_equal(run(f, CODE), EL4_EC_SVC32);

        uint32_t first = from_pc ? (uint32_t)CODE + 8 : n;
        uint32_t second = !right ? m << amount : amount == 0 ? 0 : m >> amount;
        uint32_t expected = op == 0   ? first & second
                            : op == 1 ? first ^ second
                            : op == 2 ? first - second
                            : op == 4 ? first + second
                                      : first | second;
        assert_int_equal(f->cpu->slot[1], expected);
    }
}

/* ---- IT blocks ---- */

/* The fault at each place of an IT block tells PC and ITSTATE, whatever came before. */
static void test_it_at_fault(void **state)
{
    struct fixture *f = *state;
    static const uint8_t states[4] = {0x01, 0x02, 0x04, 0x08}; /* ITTTT EQ */
    for (unsigned before = 0; before < 70; before += 23) {
        for (unsigned place = 0; place < 4; place++) {
            begin(f, CODE);
            for (unsigned i = 0; i < before; i++) {
                put16(f, T16_ADDS_R2_1);
            }
            put16(f, T16_CMP_R0_0);
            put16(f, T16_IT | 0x01);
            uint64_t first = f->end;
            for (unsigned i = 0; i < 4; i++) {
                put16(f, i == place ? T16_LDR_R4_R3 : T16_ADDS_R1_1);
            }
            put16(f, T16_SVC);
            f->cpu->slot[0] = 0;
            f->cpu->slot[1] = 0;
            f->cpu->slot[3] = NOWHERE;
            assert_int_equal(run(f, CODE | 1), EL4_EC_DATA_ABORT_LOWER);
            assert_int_equal(f->cpu->regs.elr[1], first + 2 * place);
            assert_int_equal(f->cpu->regs.far[1], NOWHERE);
            assert_int_equal(saved_it(f), states[place]);
            assert_int_equal(f->cpu->slot[1], place);
            /* 16-bit ADDS sets no flags in an IT block. */
            assert_int_equal(f->cpu->regs.spsr[1] >> 28, 6);

            f->cpu->slot[3] = RAM; /* go on where the fault was */
            uint32_t pstate = (uint32_t)f->cpu->regs.spsr[1] & EL4_PSTATE_IT;
            f->cpu->slot[EL4_SLOT_NZCV] = f->cpu->regs.spsr[1] & 0xf0000000;
            assert_int_equal(run_in(f, f->cpu->regs.elr[1] | 1, pstate), EL4_EC_SVC32);
            assert_int_equal(f->cpu->slot[1], 3);
            assert_int_equal(saved_it(f), 0);

            f->cpu->slot[0] = 1; /* and with nothing of it executed */
            f->cpu->slot[1] = 0;
            f->cpu->slot[3] = NOWHERE;
            assert_int_equal(run(f, CODE | 1), EL4_EC_SVC32);
            assert_int_equal(f->cpu->slot[1], 0);
        }
    }
}

static void test_it_else(void **state)
{
    struct fixture *f = *state;
    begin(f, CODE);
    put16(f, T16_CMP_R0_0);
    put16(f, T16_IT | 0x0c); /* ITE EQ */
    put16(f, T16_ADDS_R1_1);
    put16(f, T16_SVC);
    put16(f, T16_ADDS_R1_1);
    put16(f, T16_SVC);
    f->cpu->slot[0] = 0;
    f->cpu->slot[1] = 0;
    assert_int_equal(run(f, CODE | 1), EL4_EC_SVC32);
    assert_int_equal(f->cpu->slot[1], 2);
    assert_int_equal(f->cpu->regs.elr[1], CODE + 12);
    f->cpu->slot[0] = 1;
    f->cpu->slot[1] = 0;
    assert_int_equal(run(f, CODE | 1), EL4_EC_SVC32);
    assert_int_equal(f->cpu->slot[1], 0);
    assert_int_equal(f->cpu->regs.elr[1], CODE + 8);
    assert_int_equal(saved_it(f), 0); /* the SVC is the block's last */
}

/* An SVC in the middle returns into the IT block. */
static void test_it_at_call(void **state)
{
    struct fixture *f = *state;
    begin(f, CODE);
    put16(f, T16_CMP_R0_0);
    put16(f, T16_IT | 0x04); /* ITT EQ */
    put16(f, T16_SVC);
    put16(f, T16_ADDS_R1_1);
    f->cpu->slot[0] = 0;
    assert_int_equal(run(f, CODE | 1), EL4_EC_SVC32);
    assert_int_equal(f->cpu->regs.elr[1], CODE + 6);
    assert_int_equal(saved_it(f), 0x08);
}

static void note_insn(struct el4_trace_ops *trace, const struct el4_cpu *cpu, uint64_t pc,
                      uint32_t insn, unsigned bytes)
{
    struct fixture *f =
        (struct fixture *)(void *)((char *)trace - offsetof(struct fixture, trace));
    if (cpu->mode.aarch32 && f->traced_count < 8) {
        f->traced[f->traced_count] = insn;
        f->traced_bytes[f->traced_count++] = bytes;
    }
}

/* One instruction a block: what an IT block needs goes from one to the next. */
static void test_single_insn(void **state)
{
    struct fixture *f = *state;
    begin(f, CODE);
    put16(f, T16_CMP_R0_0);
    put16(f, T16_IT | 0x06); /* ITTE EQ */
    put16(f, T16_ADDS_R1_1);
    put_t32(f, T32_MOVW_R2 | 0x34);
    put16(f, T16_ADDS_R2_1);
    put16(f, T16_SVC);
    f->trace = (struct el4_trace_ops){.kinds = EL4_TRACE_INSN, .insn = note_insn};
    f->cpu->trace = &f->trace;
    f->cpu->mode.trace_insn = 1;
    for (unsigned zero = 0; zero < 2; zero++) {
        f->traced_count = 0;
        f->cpu->slot[0] = !zero;
        f->cpu->slot[1] = 0;
        f->cpu->slot[2] = 0;
        assert_int_equal(run(f, CODE | 1), EL4_EC_SVC32);
        assert_int_equal(f->cpu->slot[1], zero);
        assert_int_equal(f->cpu->slot[2], zero ? 0x234 : 1);
        static const uint8_t bytes[] = {2, 2, 2, 4, 2, 2};
        assert_int_equal(f->traced_count, 6);
        for (unsigned i = 0; i < 6; i++) {
            assert_int_equal(f->traced_bytes[i], bytes[i]);
        }
        assert_int_equal(f->traced[3], T32_MOVW_R2 | 0x34);
    }
    f->cpu->mode.trace_insn = 0;
    f->cpu->trace = NULL;
}

/* ---- pages ---- */

/*
 * SCTLR.ITD: IT may be followed by one instruction, and that of some kinds only; the others are
 * UNDEFINED whatever their condition. Kinds: 16-bit ones by their first halfword.
 */
static void test_it_disable(void **state)
{
    static const struct {
        uint16_t code[2];
        bool allowed;
    } rows[] = {
        {{T16_ADDS_R1_1}, true}, {{0x4611}, true},          /* MOV R1, R2 */
        {{T16_LDR_R4_R3}, true}, {{T16_SVC}, false},        /* */
        {{0xb001}, false},       {{0xa100}, false},         /* ADD SP; ADR */
        {{0x4900}, false},       {{0x4679}, false},         /* LDR literal; MOV R1, PC */
        {{0x4497}, false},       {{0xf102, 0x0201}, false}, /* ADD PC, R2; ADD.W R2, R2, #1 */
    };
    struct fixture *f = *state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (unsigned itd = 0; itd < 2; itd++) {
            begin(f, CODE);
            put16(f, T16_CMP_R0_0);
            put16(f, T16_IT | 0x18); /* IT NE, which fails */
            put16(f, rows[i].code[0]);
            if (rows[i].code[1]) {
                put16(f, rows[i].code[1]);
            }
            put16(f, T16_SVC);
            f->cpu->regs.sctlr[1] = itd ? EL4_SCTLR_A32_ITD : 0;
            f->cpu->slot[0] = 0;
            f->cpu->slot[3] = RAM;
            bool runs = rows[i].allowed || !itd;
            assert_int_equal(run(f, CODE | 1), runs ? EL4_EC_SVC32 : EL4_EC_UNKNOWN);
            assert_int_equal(f->cpu->regs.elr[1], runs ? f->end : CODE + 4);
            assert_int_equal(saved_it(f), runs ? 0 : 0x18);
        }
    }
    begin(f, CODE);
    put16(f, T16_IT | 0x04); /* ITT EQ */
    f->cpu->regs.sctlr[1] = EL4_SCTLR_A32_ITD;
    assert_int_equal(run(f, CODE | 1), EL4_EC_UNKNOWN);
    assert_int_equal(f->cpu->regs.elr[1], CODE);
    f->cpu->regs.sctlr[1] = 0;
}

/* A breakpoint in an IT block: taken with the ITSTATE of its instruction. */
static void test_it_at_breakpoint(void **state)
{
    struct fixture *f = *state;
    struct el4_sysregs *regs = &f->cpu->regs;
    begin(f, CODE);
    put16(f, T16_CMP_R0_0);
    put16(f, T16_IT | 0x04); /* ITT EQ */
    put16(f, T16_ADDS_R1_1);
    put16(f, T16_ADDS_R1_1);
    put16(f, T16_SVC);
    f->cpu->slot[0] = 0;
    f->cpu->slot[1] = 0;
    regs->os_lock = 0;
    regs->mdscr_el1 = EL4_MDSCR_MDE;
    regs->dbgbvr[0] = CODE + 4;
    regs->dbgbcr[0] = 12u << 5 | 2u << 1 | 1; /* the upper halfword, EL0 */
    assert_int_equal(run(f, CODE | 1), EL4_EC_BREAKPOINT_LOWER);
    assert_int_equal(regs->elr[1], CODE + 6);
    assert_int_equal(saved_it(f), 0x08);
    assert_int_equal(f->cpu->slot[1], 1);
    regs->mdscr_el1 = 0;
}

/*
 * FPSCR.Len makes data processing a vector operation, which is UNDEFINED, and FPEXC.DEX says
 * why; moves, Stride, and v8 cores do not care.
 */
static void test_short_vectors(void **state)
{
    enum {
        VMSR_FPSCR_R1 = 0xeee11a10,
        VADD_S0 = 0xee300a00,
        VMRS_R2_FPSCR = 0xeef12a10,
        VMOV_S1_R0 = 0xee000a90
    };
    static const struct {
        uint32_t fpscr;
        bool v7, runs;
    } rows[] = {
        {0, true, true},          {0x00010000, true, false}, {0x00370000, true, false},
        {0x00300000, true, true}, {0x00370000, false, true},
    };
    struct fixture *f = *state;
    struct el4_sysregs *regs = &f->cpu->regs;
    regs->cpacr_el1 = 3u << 20;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        f->cpu->features.vfp_short_vectors = rows[i].v7;
        regs->fpexc32_el2 = EL4_FPEXC_EN;
        begin(f, CODE);
        put32(f, VMSR_FPSCR_R1);
        put32(f, VMRS_R2_FPSCR);
        put32(f, VMOV_S1_R0);
        put32(f, VADD_S0);
        put32(f, A32_SVC);
        f->cpu->slot[1] = rows[i].fpscr;
        assert_int_equal(run(f, CODE), rows[i].runs ? EL4_EC_SVC32 : EL4_EC_UNKNOWN);
        assert_int_equal(regs->elr[1], rows[i].runs ? f->end : CODE + 12);
        assert_int_equal(f->cpu->slot[2], rows[i].v7 ? rows[i].fpscr : 0);
        assert_int_equal(!!(regs->fpexc32_el2 & EL4_FPEXC_DEX), !rows[i].runs);
    }
    regs->fp.fpcr = 0;
}

/* D16 to D31 are UNDEFINED where CPACR.D32DIS and the like say so. */
static void test_few_registers(void **state)
{
    enum { VADD_D0 = 0xee300b00, VADD_D16 = 0xee700b00, VADD_VM16 = 0xee300b20 };
    static const uint32_t code[] = {VADD_D0, VADD_D16, VADD_VM16};
    struct fixture *f = *state;
    f->cpu->regs.cpacr_el1 = 3u << 20;
    for (unsigned i = 0; i < 6; i++) {
        f->cpu->features.vfp_d32 = i < 3;
        begin(f, CODE);
        put32(f, code[i % 3]);
        put32(f, A32_SVC);
        bool runs = i < 4;
        assert_int_equal(run(f, CODE), runs ? EL4_EC_SVC32 : EL4_EC_UNKNOWN);
    }
}

static void test_across_pages(void **state)
{
    struct fixture *f = *state;
    struct el4_cpu *cpu = f->cpu;
    begin(f, NEXT_PAGE - 4);
    put16(f, T16_ADDS_R1_1);
    put_t32(f, T32_MOVW_R2 | 0x34);
    put16(f, T16_SVC);
    for (unsigned i = 0; i < 3; i++) {
        cpu->slot[1] = 0;
        assert_int_equal(run(f, (NEXT_PAGE - 4) | 1), EL4_EC_SVC32);
        assert_int_equal(cpu->slot[1], 1);
        assert_int_equal(cpu->slot[2], 0x234);
        assert_int_equal(cpu->regs.elr[1], NEXT_PAGE + 4);
    }
    /* The second half changes: nobody has to be told. */
    f->end = NEXT_PAGE;
    put16(f, 0x2256);
    el4_engine_invalidate_page(cpu, NEXT_PAGE);
    assert_int_equal(run(f, (NEXT_PAGE - 4) | 1), EL4_EC_SVC32);
    assert_int_equal(cpu->slot[2], 0x256);
}

/* The second half is not there: the abort is the instruction's, the address the page's. */
static void test_second_half_aborts(void **state)
{
    struct fixture *f = *state;
    uint64_t end = LAST_PAGE + 0x1000;
    begin(f, end - 4);
    put16(f, T16_ADDS_R1_1);
    put16(f, (uint16_t)(T32_MOVW_R2 >> 16));
    f->cpu->slot[1] = 0;
    assert_int_equal(run(f, (end - 4) | 1), EL4_EC_INSN_ABORT_LOWER);
    assert_int_equal(f->cpu->slot[1], 1);
    assert_int_equal(f->cpu->regs.elr[1], end - 2);
    assert_int_equal(f->cpu->regs.far[1], end);
}

static void test_changing_code(void **state)
{
    struct fixture *f = *state;
    struct el4_cpu *cpu = f->cpu;
    begin(f, CODE);
    put16(f, T16_STRH_R6_R3);
    put16(f, 0xe001); /* B to CODE + 8: the store's block has ended */
    put16(f, 0);
    put16(f, 0);
    put16(f, T16_ADDS_R1_1);
    put16(f, T16_SVC);
    cpu->slot[3] = CODE + 8;
    const uint16_t insns[] = {T16_ADDS_R1_1, T16_ADDS_R1_1 + 1, T16_ADDS_R1_1 + 2};
    for (unsigned i = 0; i < G_N_ELEMENTS(insns); i++) {
        cpu->slot[1] = 0;
        cpu->slot[6] = insns[i];
        assert_int_equal(run(f, CODE | 1), EL4_EC_SVC32);
        assert_int_equal(cpu->slot[1], i + 1);
    }
}

/* Blocks that begin two bytes apart do not share an entry. */
static void test_jump_cache(void **state)
{
    struct fixture *f = *state;
    struct el4_code_cache *cache = f->cpu->code_cache;
    for (uint64_t pc = CODE; pc < CODE + 64; pc += 2) {
        assert_ptr_not_equal(el4_jump_slot(cache, pc), el4_jump_slot(cache, pc + 2));
    }
}

/* ---- the pass ---- */

static struct el4_uop make(unsigned op, unsigned d, unsigned aux, uint64_t imm)
{
    return (struct el4_uop){.desc = {(uint8_t)d, 1, 2, 0, (uint16_t)aux, (uint16_t)op},
                            .imm = imm};
}

/* Flags that a SKIP reads stay, as do those it may leave as they were. */
static void test_skip_keeps_flags(void **state)
{
    struct el4_uop uops[] = {make(EL4_UOP_SUBS32, 3, 0, 0), make(EL4_UOP_SKIP, 0, 0, 1),
                             make(EL4_UOP_ADDS32, 4, 0, 0), make(EL4_UOP_B, 0, 0, 0)};
    struct el4_block_insn insns[] = {{.uop = 0}, {.uop = 1}, {.uop = 3}};
    unsigned count = 4;
    el4_pass_dead_flags(uops, &count, insns, 3);
    assert_int_equal(count, 4);
    assert_int_equal(uops[0].desc.op, EL4_UOP_SUBS32);
    assert_int_equal(uops[2].desc.op, EL4_UOP_ADDS32);
}

/* What is left out gets shorter with what is dead in it, a comparison here. */
static void test_skip_gets_shorter(void **state)
{
    struct el4_uop uops[] = {make(EL4_UOP_SKIP, 0, 1, 3),
                             make(EL4_UOP_ADD32, 4, 0, 0),
                             make(EL4_UOP_SUBS32, EL4_SLOT_SINK, 0, 0),
                             make(EL4_UOP_ADD32, 5, 0, 0),
                             make(EL4_UOP_SUBS32, 6, 0, 0),
                             make(EL4_UOP_B, 0, 0, 0)};
    struct el4_block_insn insns[] = {{.uop = 0}, {.uop = 4}, {.uop = 5}};
    unsigned count = 6;
    el4_pass_dead_flags(uops, &count, insns, 3);
    assert_int_equal(count, 5);
    assert_int_equal(uops[0].imm, 2);
    assert_int_equal(uops[3].desc.op, EL4_UOP_SUBS32);
    assert_int_equal(insns[1].uop, 3);
    assert_int_equal(insns[2].uop, 4);
}

/* ---- every word ---- */

struct limits {
    unsigned uops;
    unsigned temps;
};

/* No word makes more than there is room for, or leaves out more than its own micro-ops. */
static void translate_one(struct fixture *f, uint32_t insn, unsigned bytes,
                          union el4_cpu_mode mode, struct limits *most)
{
    static struct el4_uop uops[1024];
    struct el4_translator t = {
        .features = &f->cpu->features,
        .mode = mode,
        .insn = insn,
        .insn_bytes = bytes,
        .it = (uint8_t)mode.it,
        .temp_next = EL4_SLOT_TEMP,
        .uops = uops,
        .uop_capacity = G_N_ELEMENTS(uops),
    };
    assert_true(mode.thumb ? el4_t32_translate(&t, insn) : el4_a32_translate(&t, insn));
    most->uops = MAX(most->uops, t.uop_count);
    most->temps = MAX(most->temps, t.temp_next - EL4_SLOT_TEMP);
    if (t.uop_count > EL4_UOPS_PER_INSN_MAX || t.temp_next > EL4_SLOT_COUNT) {
        fail_msg("%08x (%u bytes): %u micro-ops, %u temporaries", insn, bytes, t.uop_count,
                 t.temp_next - EL4_SLOT_TEMP);
    }
    for (unsigned i = 0; i < t.uop_count; i++) {
        assert_true(uops[i].desc.op < EL4_UOP_COUNT);
        if (uops[i].desc.op == EL4_UOP_SKIP && uops[i].imm >= t.uop_count - i) {
            fail_msg("%08x (%u bytes): leaves out too much", insn, bytes);
        }
    }
}

static void test_limits(void **state)
{
    struct fixture *f = *state;
    g_autoptr(GRand) random = g_rand_new_with_seed(4);
    struct limits most = {0};
    for (unsigned i = 0; i < 3000000; i++) {
        union el4_cpu_mode mode = {.aarch32 = 1, .el = i >> 1 & 3, .mmu_index = 1};
        mode.big_endian = i >> 3 & 1;
        mode.align_check = i >> 4 & 1;
        mode.thumb = i & 1;
        mode.it = mode.thumb && (i >> 5 & 3) == 0 ? g_rand_int_range(random, 0, 256) : 0;
        mode.it = mode.it & 15 ? mode.it : 0;
        uint32_t insn = g_rand_int(random);
        if (mode.thumb) {
            translate_one(f, insn >> 16, 2, mode, &most);
            insn |= 0xe8000000; /* 32 bits begin with 11101 or 1111 */
        }
        translate_one(f, insn, 4, mode, &most);
    }
    print_message("at most %u micro-ops, %u temporaries\n", most.uops, most.temps);
}

/* ---- blocks against single instructions ---- */

#define DATA       (RAM + 0x20800)
#define DATA_BYTES 0x400

/* Some instruction whose micro-ops may be joined with those of its neighbours. */
static uint32_t random_insn(GRand *random)
{
    static const uint32_t insns[] = {
        0x03a00000, /* MOV Rd, #imm */
        0x01a00000, /* MOV Rd, Rm */
        0x02800000, /* ADD Rd, Rn, #imm */
        0x02500000, /* SUBS Rd, Rn, #imm */
        0x00500000, /* SUBS Rd, Rn, Rm */
        0x03500000, /* CMP Rn, #imm */
        0x01500000, /* CMP Rn, Rm */
        0x02100000, /* ANDS Rd, Rn, #imm */
        0x00800090, /* UMULL Rd, Rn, Rm, Rn */
        0x0a000000, /* B, over the next */
        0x04980004, /* LDR Rd, [R8], #4 */
        0x04080004, /* STR Rd, [R8], #-4 */
        0x04d80001, /* LDRB Rd, [R8], #1 */
        0x00c800b2, /* STRH Rd, [R8], #2 */
        0x07980007, /* LDR Rd, [R8, R7] */
        0x01c800b0, /* STRH Rd, [R8] */
        0x08b80000, /* LDMIA R8!, {...} */
        0x09280000, /* STMDB R8!, {...} */
        0x08980000, /* LDMIA R8, {...} */
    };
    /* Few conditions, so that neighbours often have the same or opposite ones. */
    static const uint32_t conditions[] = {0, 1, 0, 1, 2, 3, 14, 14};
    uint32_t insn = insns[g_rand_int_range(random, 0, G_N_ELEMENTS(insns))];
    unsigned rd = (unsigned)g_rand_int_range(random, 0, 3);
    unsigned rn = (unsigned)g_rand_int_range(random, 3, 6);
    unsigned rm = (unsigned)g_rand_int_range(random, 0, 6);
    insn |= conditions[g_rand_int_range(random, 0, G_N_ELEMENTS(conditions))] << 28;
    switch (insn >> 25 & 7) {
    case 4: return insn | (uint32_t)g_rand_int_range(random, 1, 64);
    case 5: return insn;
    }
    if (insn & 0xf0000) { /* memory, at R8 */
        return insn | rd << 12;
    }
    if ((insn & 0x0ff000f0) == 0x00800090) {
        return insn | rn << 16 | rd << 12 | rm << 8 | rm;
    }
    bool is_move = (insn >> 21 & 15) == 13;
    bool is_comparison = (insn >> 21 & 15) == 10;
    return insn | (is_comparison ? 0 : rd << 12) | (is_move ? 0 : rn << 16) | rm;
}

/* Registers, flags, memory, and the exception at the end of the code at CODE. */
static void run_from_scratch(struct fixture *f, bool single, uint64_t *slots, uint8_t *data)
{
    f->cpu->trace = single ? &f->trace : NULL;
    f->cpu->mode.trace_insn = single;
    f->traced_count = 0;
    for (unsigned n = 0; n < 13; n++) {
        f->cpu->slot[n] = n < 6 ? n * 3 / 2 : 4;
    }
    f->cpu->slot[8] = DATA;
    f->cpu->slot[EL4_SLOT_NZCV] = 0;
    for (unsigned i = 0; i < DATA_BYTES; i++) {
        f->host[DATA - RAM - DATA_BYTES / 2 + i] = (uint8_t)(i % 7);
    }
    slots[17] = run(f, CODE); /* or a multiple load that is not aligned */
    assert_int_equal(f->traced_count != 0, single);
    memcpy(slots, f->cpu->slot, 15 * sizeof(slots[0]));
    slots[15] = f->cpu->regs.spsr[1];
    slots[16] = f->cpu->regs.elr[1];
    memcpy(data, &f->host[DATA - RAM - DATA_BYTES / 2], DATA_BYTES);
}

static void test_blocks_and_single_insns(void **state)
{
    struct fixture *f = *state;
    GRand *random = g_rand_new_with_seed(20261122);
    f->trace = (struct el4_trace_ops){.kinds = EL4_TRACE_INSN, .insn = note_insn};
    for (unsigned round = 0; round < 3000; round++) {
        uint64_t slots[2][18];
        uint8_t data[2][DATA_BYTES];
        begin(f, CODE);
        for (unsigned i = 0; i < 10; i++) {
            put32(f, random_insn(random));
        }
        put32(f, A32_SVC);
        put32(f, A32_SVC); /* for a branch over the first */
        for (unsigned single = 0; single < 2; single++) {
            run_from_scratch(f, single, slots[single], data[single]);
        }
        assert_memory_equal(slots[0], slots[1], sizeof(slots[0]));
        assert_memory_equal(data[0], data[1], DATA_BYTES);
    }
    f->cpu->trace = NULL;
    f->cpu->mode.trace_insn = 0;
    g_rand_free(random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_conditions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_exchange, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_alignment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pc_wraps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shifted_operands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_it_at_fault, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_it_else, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_it_at_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_it_disable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_it_at_breakpoint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_short_vectors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_few_registers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_single_insn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_across_pages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_second_half_aborts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changing_code, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_jump_cache, set_up, tear_down),
        cmocka_unit_test(test_skip_keeps_flags),
        cmocka_unit_test(test_skip_gets_shorter),
        cmocka_unit_test_setup_teardown(test_blocks_and_single_insns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
