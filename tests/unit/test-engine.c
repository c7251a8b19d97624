/* SPDX-License-Identifier: MIT */
/*
 * The engine below what a guest sees: the pass that drops dead flags, which instruction a
 * micro-op belongs to, the code cache's look-up, invalidation and links, blocks of one
 * instruction, pairs of words, and that no instruction emits more than the translator has room
 * for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "engine/block.h"
#include "isa/a64.h"
#include "test-engine-fixture.h"

#define CODE      (RAM + 0x1000)
#define NEXT_PAGE (RAM + 0x2000)
#define VECTORS   (RAM + 0x10000)
#define STOP      (VECTORS + 0x200 + 4) /* after the vector's WFI */
#define NOWHERE   UINT64_C(0x20000000)

enum {
    INSN_NOP = 0xd503201f,
    INSN_WFI = 0xd503207f,
    INSN_ADDS = 0xb1000442,   /* ADDS X2, X2, #1 */
    INSN_CCMP = 0xfa401840,   /* CCMP X2, #0, #0, NE */
    INSN_LDR_X9 = 0xf9400120, /* LDR X0, [X9] */
    INSN_LDP_X9 = 0xa9400920, /* LDP X0, X2, [X9] */
    INSN_STP_X9 = 0xa9020920, /* STP X0, X2, [X9, #32] */
    INSN_ADD_X1_1 = 0x91000421,
    INSN_ADD_X1_16 = 0x91004021,
};

static uint32_t insn_b(int words)
{
    return 0x14000000u | ((uint32_t)words & 0x3ffffff);
}

struct fixture {
    struct el4_bus *bus;
    struct el4_cpu *cpu;
    uint8_t *host;
};

static void put32(struct fixture *f, uint64_t address, uint32_t value)
{
    memcpy(f->host + (address - RAM), &value, sizeof(value));
}

static int set_up(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);
    const struct el4_cpu_config config = {0};
    engine_set_up(&config, &f->bus, &f->cpu, &f->host);
    put32(f, VECTORS + 0x200, INSN_WFI);
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

/* Run at EL1 from an address until a WFI; gives where that was. */
static uint64_t run(struct fixture *f, uint64_t from)
{
    struct el4_cpu *cpu = f->cpu;
    cpu->pstate = 1u << EL4_PSTATE_EL_SHIFT | EL4_PSTATE_SP;
    cpu->regs.vbar[1] = VECTORS;
    cpu->slot[EL4_SLOT_PC] = from;
    el4_cpu_update_mode(cpu);
    cpu->icount_limit = cpu->icount + 1000;
    assert_int_equal(el4_engine_run(cpu), EL4_ENGINE_WAIT);
    return el4_cpu_pc(cpu);
}

/* ---- dead flags ---- */

static const char *const flag_texts[EL4_UOP_COUNT] = {
#define X(name, d, a, b, c, flags) [EL4_UOP_##name] = flags,
    EL4_UOP_LIST(X)
#undef X
};

static bool has_flag(unsigned op, char flag)
{
    return strchr(flag_texts[op], flag) != NULL;
}

static struct el4_uop make(unsigned op, unsigned d)
{
    return (struct el4_uop){.desc = {.d = (uint8_t)d, .a = 1, .b = 2, .op = (uint16_t)op},
                            .imm = 5};
}

/*
 * A writer, something (EL4_UOP_COUNT: nothing), a writer that overwrites all flags, the end.
 * True: the first one's flags were kept.
 */
static bool flags_kept(unsigned writer, unsigned between)
{
    struct el4_uop uops[4];
    struct el4_block_insn insns[4] = {0};
    unsigned count = 0;
    uops[count++] = make(writer, 3);
    if (between != EL4_UOP_COUNT) {
        uops[count++] = make(between, 4);
    }
    uops[count++] = make(EL4_UOP_ADDS64, 5);
    uops[count++] = make(EL4_UOP_B, 0);
    for (unsigned i = 0; i < count; i++) {
        insns[i].uop = (uint16_t)i;
    }
    unsigned before = count;
    el4_pass_dead_flags(uops, &count, insns, before);
    assert_int_equal(uops[count - 1].desc.op, EL4_UOP_B);
    assert_int_equal(uops[count - 2].desc.op, EL4_UOP_ADDS64); /* live at the end */
    assert_int_equal(insns[before - 1].uop, count - 1);
    assert_int_equal(insns[before - 2].uop, count - 2);
    bool kept = count == before && uops[0].desc.op == writer;
    if (!kept && count == before) {
        assert_int_equal(uops[0].desc.d, 3);
        assert_false(has_flag(uops[0].desc.op, 'S'));
    }
    return kept;
}

static void test_dead_flags(void **state)
{
    for (unsigned writer = 0; writer < EL4_UOP_COUNT; writer++) {
        if (!has_flag(writer, 'S') || has_flag(writer, 'M') || has_flag(writer, 'E')) {
            continue; /* calls of C may do anything, and the end shows the flags */
        }
        assert_false(flags_kept(writer, EL4_UOP_COUNT));
        assert_false(flags_kept(writer, EL4_UOP_ADD64));
        for (unsigned between = 0; between < EL4_UOP_COUNT; between++) {
            bool barrier =
                has_flag(between, 'F') || has_flag(between, 'M') || has_flag(between, 'C');
            /* What only makes flags, and is dead, reads none either. */
            bool itself_dead = has_flag(between, 'S') && flag_texts[between][0] == 'F' &&
                               !has_flag(between, 'M');
            if (barrier && !has_flag(between, 'E') && !itself_dead) {
                assert_true(flags_kept(writer, between));
            }
        }
    }
    /* ADCS loses its flags, and reads the carry still. */
    assert_true(flags_kept(EL4_UOP_SUBS64, EL4_UOP_ADCS64));
    assert_true(flags_kept(EL4_UOP_SUBS32, EL4_UOP_ADCS32));
    /* A dead conditional compare goes, and what it read is dead with it. */
    assert_false(flags_kept(EL4_UOP_SUBS64, EL4_UOP_CCMP64));
}

static void test_dead_subtraction(void **state)
{
    struct el4_uop uops[] = {make(EL4_UOP_SUBSI64, 3), make(EL4_UOP_SUBSI64, EL4_SLOT_SINK),
                             make(EL4_UOP_SUBSI32, 3), make(EL4_UOP_ADDS64, 5)};
    struct el4_block_insn insns[] = {{.uop = 0}, {.uop = 1}, {.uop = 2}, {.uop = 3}};
    unsigned count = 4;
    el4_pass_dead_flags(uops, &count, insns, 4);
    assert_int_equal(count, 3); /* the comparison is gone */
    assert_int_equal(uops[0].desc.op, EL4_UOP_ADDI64);
    assert_int_equal(uops[0].imm, (uint64_t)-5);
    assert_int_equal(uops[1].desc.op, EL4_UOP_ADDI32);
    assert_int_equal((uint32_t)uops[1].imm, (uint32_t)-5);
    const uint16_t want[] = {0, 1, 1, 2};
    for (unsigned i = 0; i < G_N_ELEMENTS(want); i++) {
        assert_int_equal(insns[i].uop, want[i]);
    }
}

/* ---- two in one ---- */

/* What a pair becomes; EL4_UOP_COUNT: it stays a pair. */
static unsigned fused(struct el4_uop first, struct el4_uop second, uint64_t *imm)
{
    struct el4_uop uops[] = {make(EL4_UOP_MOV, 9), first, second, make(EL4_UOP_B, 0)};
    struct el4_block_insn insns[] = {{.uop = 0}, {.uop = 1}, {.uop = 2}, {.uop = 3}};
    unsigned count = 4;
    el4_pass_fuse(uops, &count, insns, 4);
    *imm = uops[1].imm;
    if (count == 4) {
        return EL4_UOP_COUNT;
    }
    /* What comes after the pair begins behind it. */
    assert_int_equal(insns[1].uop, 1);
    assert_int_equal(insns[2].uop, 2);
    assert_int_equal(insns[3].uop, 2);
    assert_int_equal(uops[2].desc.op, EL4_UOP_B);
    return uops[1].desc.op;
}

static struct el4_uop memory_op(unsigned op, unsigned d, unsigned base, uint64_t imm)
{
    return (struct el4_uop){
        .desc = {.d = (uint8_t)d, .a = (uint8_t)base, .b = 2, .c = 4, .op = (uint16_t)op},
        .imm = imm};
}

static struct el4_uop add(unsigned op, unsigned d, unsigned a, int64_t imm)
{
    return (struct el4_uop){.desc = {.d = (uint8_t)d, .a = (uint8_t)a, .op = (uint16_t)op},
                            .imm = (uint64_t)imm};
}

static void test_fused_writeback(void **state)
{
    uint64_t imm;
    const struct el4_uop step = add(EL4_UOP_ADDI64, 1, 1, -16);
    assert_int_equal(fused(memory_op(EL4_UOP_STP64, 0, 1, -16), step, &imm), EL4_UOP_STP64U64);
    assert_int_equal(imm, 0xfffffff0fffffff0);
    assert_int_equal(
        fused(memory_op(EL4_UOP_LD32, 3, 1, 4), add(EL4_UOP_ADDI32, 1, 1, 0xfffffffc), &imm),
        EL4_UOP_LD32U32);
    assert_int_equal(imm, 0xfffffffc00000004);
    /* A load of its base, another base, other results, and what does not fit. */
    assert_int_equal(fused(memory_op(EL4_UOP_LD64, 1, 1, 0), step, &imm), EL4_UOP_COUNT);
    assert_int_equal(
        fused(memory_op(EL4_UOP_LDP64, 3, 4, 0), add(EL4_UOP_ADDI64, 4, 4, 8), &imm),
        EL4_UOP_COUNT);
    assert_int_equal(fused(memory_op(EL4_UOP_LD64, 3, 5, 0), step, &imm), EL4_UOP_COUNT);
    assert_int_equal(
        fused(memory_op(EL4_UOP_LD64, 3, 1, 0), add(EL4_UOP_ADDI64, 5, 1, 8), &imm),
        EL4_UOP_COUNT);
    assert_int_equal(fused(memory_op(EL4_UOP_LD64, 3, 1, UINT64_C(1) << 31), step, &imm),
                     EL4_UOP_COUNT);
    assert_int_equal(fused(memory_op(EL4_UOP_LD64, 3, 1, 0),
                           add(EL4_UOP_ADDI64, 1, 1, INT64_C(1) << 31), &imm),
                     EL4_UOP_COUNT);
    assert_int_equal(
        fused(memory_op(EL4_UOP_LD64, 3, 1, 0), add(EL4_UOP_ADDI32, 1, 1, 8), &imm),
        EL4_UOP_COUNT);
}

/* A SKIP that leads to the second of a pair keeps them apart; one over both gets shorter. */
static void test_fused_under_skip(void **state)
{
    const struct el4_uop skip = {.desc = {.op = EL4_UOP_SKIP}, .imm = 1};
    struct el4_uop uops[] = {skip, memory_op(EL4_UOP_LD64, 3, 1, 0),
                             add(EL4_UOP_ADDI64, 1, 1, 8), make(EL4_UOP_B, 0)};
    struct el4_block_insn insns[] = {{.uop = 0}, {.uop = 2}, {.uop = 3}};
    unsigned count = 4;
    el4_pass_fuse(uops, &count, insns, 3);
    assert_int_equal(count, 4);
    uops[0].imm = 2;
    el4_pass_fuse(uops, &count, insns, 3);
    assert_int_equal(count, 3);
    assert_int_equal(uops[0].imm, 1);
}

static void test_fused_branch(void **state)
{
    uint64_t imm;
    struct el4_uop branch = make(EL4_UOP_BCOND, 0);
    branch.desc.aux = 0x55aa;
    branch.imm = (uint64_t)-64;
    assert_int_equal(fused(make(EL4_UOP_SUBS64, 3), branch, &imm), EL4_UOP_SUBSB64);
    assert_int_equal(imm, -64);
    assert_int_equal(fused(make(EL4_UOP_SUBS32, 3), branch, &imm), EL4_UOP_SUBSB32);
    assert_int_equal(fused(add(EL4_UOP_SUBSI64, 3, 1, 0xfff000), branch, &imm),
                     EL4_UOP_SUBSIB64);
    assert_int_equal(imm, 0xffffffc000fff000);
    assert_int_equal(fused(add(EL4_UOP_SUBSI32, 3, 1, 0xffffffff), branch, &imm),
                     EL4_UOP_SUBSIB32);
    assert_int_equal(imm, 0xffffffc0ffffffff);
    /* Another comparison, another branch, and what does not fit. */
    assert_int_equal(fused(make(EL4_UOP_ADDS64, 3), branch, &imm), EL4_UOP_COUNT);
    assert_int_equal(fused(make(EL4_UOP_SUBS64, 3), make(EL4_UOP_CBZ64, 0), &imm),
                     EL4_UOP_COUNT);
    assert_int_equal(fused(add(EL4_UOP_SUBSI64, 3, 1, -1), branch, &imm), EL4_UOP_COUNT);
    branch.imm = UINT64_C(1) << 31;
    assert_int_equal(fused(make(EL4_UOP_SUBSI64, 3), branch, &imm), EL4_UOP_COUNT);
}

/* NZCV of a - b in a number of bits, by wider arithmetic. */
static unsigned flags_of_difference(uint64_t a, uint64_t b, unsigned bits)
{
    const unsigned unused = 64 - bits;
    const __int128 exact =
        (__int128)((int64_t)(a << unused) >> unused) - ((int64_t)(b << unused) >> unused);
    const uint64_t result = (a - b) << unused;
    return (unsigned)(result >> 63) << 3 | (unsigned)(result == 0) << 2 |
           (unsigned)(a << unused >= b << unused) << 1 | (exact != (int64_t)result >> unused);
}

/* DDI 0487 C1.2.4 */
static bool condition_holds(unsigned condition, unsigned nzcv)
{
    const bool n = nzcv & 8, z = nzcv & 4, c = nzcv & 2, v = nzcv & 1;
    const bool of[8] = {z, c, n, v, c && !z, n == v, n == v && !z, true};
    return of[condition >> 1] != (condition & 1 && condition != 15);
}

/* A subtraction and a branch back: taken or not, with its result and flags. */
static void test_subtract_and_branch(void **state)
{
    struct fixture *f = *state;
    static const uint64_t values[] = {0,
                                      1,
                                      2,
                                      0xfff,
                                      0x7fffffff,
                                      0x80000000,
                                      0x80000fff,
                                      0xffffffff,
                                      0x7fffffffffffffff,
                                      0x8000000000000000,
                                      0x8000000000000fff,
                                      0xffffffffffffffff};
    static const uint32_t insns[] = {0xeb020020, 0x6b020020, 0xf1000020, 0x71000020};
    const unsigned count = G_N_ELEMENTS(values);

    put32(f, CODE, INSN_WFI);
    put32(f, CODE + 16, INSN_WFI);
    for (unsigned i = 0; i < count * count * 4 * 16; i++) {
        const unsigned form = i % 4; /* X0 or W0 = X1 - X2 or a number */
        const unsigned condition = i / 4 % 16;
        const unsigned bits = form % 2 ? 32 : 64;
        const uint64_t mask = UINT64_MAX >> (64 - bits);
        const uint64_t a = values[i / 64 % count];
        const uint64_t b = values[i / 64 / count] & (form < 2 ? UINT64_MAX : 0xfff);

        put32(f, CODE + 8, insns[form] | (form < 2 ? 0 : (uint32_t)b << 10));
        put32(f, CODE + 12, 0x54000000 | (uint32_t)(-3 & 0x7ffff) << 5 | condition);
        el4_engine_flush(f->cpu);
        f->cpu->slot[1] = a;
        f->cpu->slot[2] = b;
        const uint64_t end = run(f, CODE + 8);
        const unsigned flags = flags_of_difference(a & mask, b & mask, bits);
        assert_int_equal(end, condition_holds(condition, flags) ? CODE + 4 : CODE + 20);
        assert_int_equal(f->cpu->slot[0], (a - b) & mask);
        assert_int_equal(f->cpu->slot[EL4_SLOT_NZCV], (uint64_t)flags << 28);
    }
}

/* ---- faults ---- */

/* The faulting load at each place of a block whose other instructions have flags to drop. */
static void test_fault_pc(void **state)
{
    struct fixture *f = *state;
    const unsigned length = 24;
    for (unsigned place = 0; place < length; place++) {
        for (unsigned i = 0; i < length; i++) {
            put32(f, CODE + 4 * i, i % 3 == 1 ? INSN_CCMP : INSN_ADDS);
        }
        put32(f, CODE + 4 * place, INSN_LDR_X9);
        put32(f, CODE + 4 * length, INSN_WFI);
        el4_engine_flush(f->cpu);
        f->cpu->slot[9] = NOWHERE;
        f->cpu->slot[2] = 0;
        uint64_t before = f->cpu->icount;
        assert_int_equal(run(f, CODE), STOP);
        assert_int_equal(f->cpu->regs.elr[1], CODE + 4 * place);
        assert_int_equal(f->cpu->regs.far[1], NOWHERE);
        assert_int_equal(f->cpu->slot[2], place - (place + 1) / 3);
        /* Those before, the load itself, and the vector's WFI. */
        assert_int_equal(f->cpu->icount - before, place + 2);
    }
}

static void test_pc_alignment(void **state)
{
    struct fixture *f = *state;
    put32(f, CODE, INSN_WFI);
    for (unsigned offset = 1; offset < 4; offset++) {
        assert_int_equal(run(f, CODE + offset), STOP);
        assert_int_equal(f->cpu->regs.esr[1], EL4_ESR(EL4_EC_PC_ALIGNMENT, 0));
        assert_int_equal(f->cpu->regs.elr[1], CODE + offset);
        assert_int_equal(f->cpu->regs.far[1], CODE + offset);
    }
}

/* ---- the cache ---- */

static struct el4_block *find(struct fixture *f, uint64_t address)
{
    return el4_block_find(f->cpu->code_cache, address, f->cpu->mode.word);
}

static void test_cache(void **state)
{
    struct fixture *f = *state;
    put32(f, CODE, INSN_WFI);
    put32(f, NEXT_PAGE, INSN_WFI);
    run(f, CODE);
    run(f, NEXT_PAGE);
    assert_non_null(find(f, CODE));
    assert_non_null(find(f, NEXT_PAGE));
    assert_null(find(f, CODE + 4));
    assert_null(find(f, CODE | 1)); /* the Secure space */
    uint64_t made = f->cpu->code_cache->blocks_made;
    run(f, CODE);
    assert_int_equal(f->cpu->code_cache->blocks_made, made);
    el4_engine_invalidate_page(f->cpu, CODE | 1);
    assert_non_null(find(f, CODE));
    struct el4_block *block = find(f, CODE);
    el4_engine_invalidate_page(f->cpu, CODE + 0x123 * 4);
    assert_false(block->valid);
    assert_null(find(f, CODE));
    assert_non_null(find(f, NEXT_PAGE));
    el4_engine_flush(f->cpu);
    assert_null(find(f, NEXT_PAGE));
    uint64_t flushes = f->cpu->code_cache->flushes;
    run(f, CODE);
    assert_int_equal(f->cpu->code_cache->flushes, flushes + 1);
    assert_non_null(find(f, CODE));
}

/* A loop of two blocks that know each other; then the second changes. */
static void test_links(void **state)
{
    struct fixture *f = *state;
    struct el4_cpu *cpu = f->cpu;
    put32(f, CODE, 0xd1000400 | 3 << 5 | 3); /* SUB X3, X3, #1 */
    put32(f, CODE + 4, insn_b(15));          /* to + 64 */
    put32(f, CODE + 64, INSN_ADD_X1_1);
    put32(f, CODE + 68, 0xb5000000 | 3 | ((uint32_t)-17 & 0x7ffff) << 5); /* CBNZ X3, CODE */
    put32(f, CODE + 72, INSN_WFI);
    cpu->slot[1] = 0;
    cpu->slot[3] = 10;
    assert_int_equal(run(f, CODE), CODE + 76);
    assert_int_equal(cpu->slot[1], 10);
    struct el4_block *first = find(f, CODE);
    struct el4_block *second = find(f, CODE + 64);
    assert_ptr_equal(first->link[0], second);
    assert_ptr_equal(second->link[0], first);

    put32(f, CODE + 64, INSN_ADD_X1_16);
    el4_engine_invalidate_page(cpu, CODE);
    assert_false(second->valid);
    cpu->slot[1] = 0;
    cpu->slot[3] = 10;
    assert_int_equal(run(f, CODE), CODE + 76);
    assert_int_equal(cpu->slot[1], 160);
    assert_ptr_not_equal(find(f, CODE)->link[0], second);
}

static void test_no_block_crosses_a_page(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < 8; i++) {
        put32(f, NEXT_PAGE - 16 + 4 * i, INSN_ADD_X1_1);
    }
    put32(f, NEXT_PAGE + 16, INSN_WFI);
    f->cpu->slot[1] = 0;
    assert_int_equal(run(f, NEXT_PAGE - 16), NEXT_PAGE + 20);
    assert_int_equal(f->cpu->slot[1], 8);
    assert_int_equal(find(f, NEXT_PAGE - 16)->insn_count, 4);
    assert_int_equal(find(f, NEXT_PAGE)->insn_count, 5);
}

static void test_single_step_blocks(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < 8; i++) {
        put32(f, CODE + 4 * i, INSN_ADD_X1_1);
    }
    put32(f, CODE + 32, INSN_WFI);
    f->cpu->mode.trace_insn = 1;
    run(f, CODE);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(find(f, CODE + 4 * i)->insn_count, 1);
        assert_int_equal(find(f, CODE + 4 * i)->end_offset, 4);
    }
    f->cpu->mode.trace_insn = 0;
    run(f, CODE);
    assert_int_equal(find(f, CODE)->insn_count, 9);
}

/* ---- pairs ---- */

/* Copies within a page and across its end, then a pair whose second word is nowhere. */
static void test_pairs(void **state)
{
    struct fixture *f = *state;
    struct el4_cpu *cpu = f->cpu;
    put32(f, CODE, INSN_LDP_X9);
    put32(f, CODE + 4, INSN_STP_X9);
    put32(f, CODE + 8, INSN_WFI);
    for (unsigned offset = 0; offset <= 64; offset += 8) {
        uint64_t *words = (uint64_t *)(f->host + 0x20000 - 64 + offset);
        for (unsigned i = 0; i < 8; i++) {
            words[i] = UINT64_C(0x1111111111111111) * i;
        }
        cpu->slot[9] = RAM + 0x20000 - 64 + offset;
        assert_int_equal(run(f, CODE), CODE + 12);
        assert_true(words[3] == 3 * UINT64_C(0x1111111111111111));
        assert_true(words[4] == 0);
        assert_true(words[5] == UINT64_C(0x1111111111111111));
        assert_true(words[6] == 6 * UINT64_C(0x1111111111111111));
    }
    cpu->slot[0] = cpu->slot[2] = 42;
    cpu->slot[9] = RAM + RAM_BYTES - 8;
    assert_int_equal(run(f, CODE), STOP);
    assert_int_equal(cpu->slot[0], 42);
    assert_int_equal(cpu->slot[2], 42);
    assert_true(cpu->regs.far[1] == RAM + RAM_BYTES);
    assert_true(cpu->regs.elr[1] == CODE);
}

/* ---- limits ---- */

static void translate_one(struct fixture *f, uint32_t insn, union el4_cpu_mode mode,
                          unsigned *uops_max, unsigned *temps_max)
{
    static struct el4_uop uops[1024];
    struct el4_translator t = {
        .features = &f->cpu->features,
        .mode = mode,
        .insn = insn,
        .insn_bytes = 4,
        .temp_next = EL4_SLOT_TEMP,
        .uops = uops,
        .uop_capacity = G_N_ELEMENTS(uops),
    };
    el4_a64_translate(&t, insn);
    *uops_max = MAX(*uops_max, t.uop_count);
    *temps_max = MAX(*temps_max, t.temp_next);
    if (t.uop_count > EL4_UOPS_PER_INSN_MAX || t.temp_next > EL4_SLOT_COUNT) {
        fail_msg("%08x %s: %u micro-ops, %u temporaries", insn, el4_a64_insn_name(insn),
                 t.uop_count, t.temp_next - EL4_SLOT_TEMP);
    }
}

static void test_uop_limits(void **state)
{
    struct fixture *f = *state;
    g_autoptr(GRand) random = g_rand_new_with_seed(4);
    g_autoptr(GHashTable) names = g_hash_table_new(g_direct_hash, g_direct_equal);
    /* Vector loads and stores of lists emit most; the rest is found by chance. */
    static const uint32_t favourites[] = {0x0c000000, 0x0c800000, 0x0d000000, 0x0d800000,
                                          0x08000000, 0x28000000, 0x2c000000};
    unsigned uops_max = 0, temps_max = 0;
    for (unsigned i = 0; i < 3000000; i++) {
        uint32_t insn = g_rand_int(random);
        if (i & 1) {
            uint32_t base = favourites[(i >> 1) % G_N_ELEMENTS(favourites)];
            insn = base | (insn & 0xc07fffff);
        }
        union el4_cpu_mode mode = {.el = i % 4, .mmu_index = 1};
        mode.big_endian = i >> 3 & 1;
        mode.align_check = i >> 4 & 1;
        mode.sp_align_check = i >> 5 & 1;
        mode.bti = i >> 6 & 1;
        mode.btype = i >> 7 & 3;
        translate_one(f, insn, mode, &uops_max, &temps_max);
        const char *name = el4_a64_insn_name(insn);
        if (name) {
            g_hash_table_add(names, (gpointer)name);
        }
    }
    print_message("%u lines of the table, at most %u micro-ops, %u temporaries\n",
                  g_hash_table_size(names), uops_max, temps_max - EL4_SLOT_TEMP);
    assert_true(g_hash_table_size(names) > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dead_flags),
        cmocka_unit_test(test_dead_subtraction),
        cmocka_unit_test(test_fused_writeback),
        cmocka_unit_test(test_fused_under_skip),
        cmocka_unit_test(test_fused_branch),
        cmocka_unit_test_setup_teardown(test_subtract_and_branch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fault_pc, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pc_alignment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cache, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_links, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_block_crosses_a_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_single_step_blocks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pairs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_uop_limits, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
