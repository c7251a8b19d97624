/* SPDX-License-Identifier: MIT */
/*
 * Does translated code follow the guest's code? Self-modifying code, code under changing
 * mappings, permissions and levels, code of any length and place, more code than a cache
 * holds. DDI 0487 B2.7.4.2 says what a program must do after it wrote code; el4 promises more,
 * that a context synchronization alone is enough.
 */
#include "common/cpu.h"

#define LOOP_COUNT     20000u
#define MANY_FUNCTIONS 24000u
#define MANY_INSNS     64u
#define ADD_X0_1       0x91000400u
#define ADD_X0_2       0x91000800u
#define ADR_X0_HERE    0x10000000u
#define MRS_X0_EL      0xd5384240u

extern uint32_t patch_own_page[], patch_own_page_end[], patch_successor[],
    patch_successor_end[];

/* x0: address to patch, in this code; x1: the new instruction. Runs where it is copied to. */
__asm__(".text\n"
        "patch_own_page:\n"
        "str w1, [x0]\n"
        "dc cvau, x0\n dsb ish\n ic ivau, x0\n dsb ish\n isb\n"
        "mov x0, #1\n" /* the one that is patched, at +24 */
        "ret\n"
        "patch_own_page_end:\n"
        /* A loop through a block of the same page, which is patched after ten rounds. */
        "patch_successor:\n"
        "mov x2, x0\n mov x0, #0\n mov x3, #0\n"
        "1: b 4f\n"
        "2: add x3, x3, #1\n cmp x3, #10\n b.ne 3f\n"
        "str w1, [x2]\n dc cvau, x2\n dsb ish\n ic ivau, x2\n dsb ish\n isb\n"
        "3: cmp x3, #20\n b.lo 1b\n ret\n"
        "4: add x0, x0, #1\n" /* at +64 */
        "b 2b\n"
        "patch_successor_end:\n");

static void copy_code(uint64_t to, const uint32_t *from, const uint32_t *end)
{
    for (; from < end; from++, to += 4) {
        put32(to, *from);
        sync_code(to);
    }
}

static uint64_t call2(uint64_t code, uint64_t x0, uint64_t x1)
{
    return ((uint64_t(*)(uint64_t, uint64_t))code)(x0, x1);
}

static void check_patching(void)
{
    uint64_t code = SCRATCH;
    put_function(code, 1);
    sync_code(code);
    check("function made at run time", call_code(code), 1);
    put_function(code, 2);
    sync_code(code);
    check("patched, with the full sequence", call_code(code), 2);
    put_function(code, 3);
    isb();
    check("patched, with ISB only", call_code(code), 3);
    __asm__ volatile("strb %w0, [%1]\n\tisb" ::"r"(insn_movz_x0(7)), "r"(code) : "memory");
    check("patched by a byte", call_code(code), 7);
    put32(code, insn_movz_x0(8));
    isb();
    copy_code(code + 0x100, patch_own_page, patch_own_page_end);
    check("patch of the running page", call2(code + 0x100, code + 0x118, insn_movz_x0(5)), 5);
    check("patch of the running page, again",
          call2(code + 0x100, code + 0x118, insn_movz_x0(6)), 6);
    copy_code(code + 0x200, patch_successor, patch_successor_end);
    check("patch of a chained successor", call2(code + 0x200, code + 0x240, ADD_X0_2), 30);
}

static void check_invalidate_all(void)
{
    uint64_t code = SCRATCH + 0x800, wrong = 0;
    for (unsigned i = 0; i < 1000; i++) {
        put_function(code, i);
        put_function(code + 8 * PAGE, i + 1);
        __asm__ volatile("dc cvau, %0\n\tdc cvau, %1\n\tdsb ish" ::"r"(code),
                         "r"(code + 8 * PAGE)
                         : "memory");
        if (i & 1) {
            __asm__ volatile("ic iallu\n\tdsb ish\n\tisb" ::: "memory");
        } else {
            __asm__ volatile("ic ialluis\n\tdsb ish\n\tisb" ::: "memory");
        }
        wrong += call_code(code) != i;
        wrong += call_code(code + 8 * PAGE) != i + 1;
    }
    check("IC IALLU and IALLUIS: wrong results", wrong, 0);
}

static void check_patch_loop(void)
{
    uint64_t wrong = 0;
    for (unsigned i = 0; i < LOOP_COUNT; i++) {
        put32(SCRATCH, insn_movz_x0(i & 0xffff));
        sync_code(SCRATCH);
        wrong += call_code(SCRATCH) != (i & 0xffff);
    }
    check("patched many times: wrong results", wrong, 0);
    /* Data beside the code: the page goes back and forth between written and executed. */
    volatile uint64_t *data = (volatile uint64_t *)(SCRATCH + 0x800);
    *data = 0;
    for (unsigned i = 0; i < LOOP_COUNT; i++) {
        *data += call_code(SCRATCH) == ((LOOP_COUNT - 1) & 0xffff);
    }
    check("data written beside running code", *data, LOOP_COUNT);
}

static void check_aliases(void)
{
    uint64_t a = WINDOW, b = WINDOW + 5 * PAGE;
    map_page(a, SCRATCH + PAGE, PTE_NORMAL);
    map_page(b, SCRATCH + PAGE, PTE_NORMAL);
    tlb_flush();
    put32(a, ADR_X0_HERE);
    put32(a + 4, INSN_RET);
    sync_code(a);
    check("one page at two addresses: first", call_code(a), a);
    check("one page at two addresses: second", call_code(b), b);
    check("one page at two addresses: first again", call_code(a), a);
    put_function(a, 9);
    sync_code(a);
    check("written at one, run at the other", call_code(b), 9);
    put_function(SCRATCH + PAGE, 10);
    sync_code(b);
    check("written at a third, run at both", call_code(a) << 8 | call_code(b), 0xa0a);
}

/* Break before make (D8.14.1). */
static void remap(uint64_t va, uint64_t pa, uint64_t attributes)
{
    map_page(va, pa, 0);
    tlbi_arg(vaae1, va >> 12);
    map_page(va, pa, attributes);
    isb();
}

static void check_remap(void)
{
    uint64_t va = WINDOW + 7 * PAGE;
    uint64_t wrong = 0;
    put_function(SCRATCH + 2 * PAGE, 11);
    put_function(SCRATCH + 3 * PAGE, 22);
    for (unsigned i = 0; i < 2000; i++) {
        remap(va, SCRATCH + (2 + (i & 1)) * PAGE, PTE_NORMAL);
        wrong += call_code(va) != (i & 1 ? 22 : 11);
    }
    check("two pages under one address, TLBI: wrong results", wrong, 0);
}

static void check_asids(void)
{
    uint64_t va = WINDOW + 8 * PAGE;
    uint64_t first = read_reg(ttbr0_el1) | 1ull << 48;
    uint64_t second = second_tables() | 2ull << 48;
    uint64_t wrong = 0;
    map_page(va, SCRATCH + 2 * PAGE, PTE_NORMAL | PTE_NG);
    *second_entry(va) = (SCRATCH + 3 * PAGE) | PTE_NORMAL | PTE_NG | 3;
    dsb();
    for (unsigned i = 0; i < 2000; i++) {
        write_reg(ttbr0_el1, i & 1 ? second : first);
        wrong += call_code(va) != (i & 1 ? 22 : 11);
        wrong += *(volatile uint32_t *)va != insn_movz_x0(i & 1 ? 22 : 11);
    }
    check("two pages under one address, ASIDs: wrong results", wrong, 0);
    /* TLBI ASIDE1 of one leaves the other's entry, which now differs from its table (D8.14). */
    write_reg(ttbr0_el1, second);
    *second_entry(va) = (SCRATCH + 2 * PAGE) | PTE_NORMAL | PTE_NG | 3;
    dsb();
    tlbi_arg(aside1, 2ull << 48);
    check("TLBI ASIDE1 takes the own entry", call_code(va), 11);
    write_reg(ttbr0_el1, first);
    map_page(va, 0, 0);
    tlbi_arg(vae1, 1ull << 48 | va >> 12);
    check("TLBI VAE1 takes the own entry", try_call(va), FAULTED);
    write_reg(ttbr0_el1, second);
    check("TLBI VAE1 leaves another ASID's page", try_call(va), 11);
    write_reg(ttbr0_el1, first & 0xffffffffffff);
    tlb_flush();
}

static void check_permissions(void)
{
    uint64_t va = WINDOW + 9 * PAGE;
    remap(va, SCRATCH + 2 * PAGE, PTE_NORMAL);
    check("executable", try_call(va), 11);
    *page_entry(va) |= PTE_PXN;
    dsb();
    tlbi_arg(vale1, va >> 12);
    check("no longer executable", try_call(va), FAULTED);
    check("... instruction abort, permission, level 3", note()->esr, ESR(0x21, 0xf));
    check("... FAR", note()->far, va);
    check("... ELR", note()->elr, va);
    *page_entry(va) &= ~PTE_PXN;
    dsb();
    tlbi_arg(vale1, va >> 12);
    check("executable again", try_call(va), 11);
    check("writable", try_write(va + 64, 1), 0);
    *page_entry(va) |= PTE_RO;
    dsb();
    tlbi_arg(vale1, va >> 12);
    check("no longer writable", try_write(va + 64, 2), FAULTED);
    check("... data abort, permission, level 3, write", note()->esr, ESR(0x25, 0x4f));
    check("... FAR", note()->far, va + 64);
    check("still readable", try_read(va + 64), 1);
    check("still executable", try_call(va), 11);
    map_page(va, 0, 0);
    tlbi_arg(vale1, va >> 12);
    check("unmapped: read", try_read(va), FAULTED);
    check("... translation, level 3", note()->esr, ESR(0x25, 7));
    check("unmapped: fetch", try_call(va), FAULTED);
    check("... translation, level 3", note()->esr, ESR(0x21, 7));
}

static void fill_adds(uint64_t va, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        put32(va + 4 * i, ADD_X0_1);
    }
}

static uint64_t call1(uint64_t code, uint64_t x0)
{
    return ((uint64_t(*)(uint64_t))code)(x0);
}

static void check_long_code(void)
{
    uint64_t code = SCRATCH + 0x10000;
    uint64_t wrong = 0;
    fill_adds(code, 10000);
    put32(code + 40000, INSN_RET);
    isb();
    check("10000 instructions without a branch", call1(code, 5), 10005);
    for (unsigned i = 0; i < 9000; i += 7) {
        wrong += call1(code + 4 * i, 0) != 10000 - i;
    }
    check("entered anywhere: wrong results", wrong, 0);
    /* Adjacent addresses, pages in reverse order. */
    uint64_t va = WINDOW + 16 * PAGE;
    map_page(va, SCRATCH + 0x31000, PTE_NORMAL);
    map_page(va + PAGE, SCRATCH + 0x30000, PTE_NORMAL);
    map_page(va + 2 * PAGE, 0, 0);
    tlb_flush();
    fill_adds(va, 1024);
    fill_adds(va + PAGE, 1024);
    put32(va + PAGE + 8, INSN_RET);
    isb();
    check("over a page's end into another page", call1(va + PAGE - 8, 0), 4);
    put32(va + PAGE + 8, ADD_X0_1);
    isb();
    uint64_t before = note()->count;
    call1(va + PAGE, 0); /* runs off the end: back by x30 */
    check("over a page's end into nothing: aborts", note()->count - before, 1);
    check("... ELR", note()->elr, va + 2 * PAGE);
    check("... translation, level 3", note()->esr, ESR(0x21, 7));
}

static void check_overflow(void)
{
    uint64_t code = SCRATCH + 0x100000;
    uint64_t bytes = MANY_INSNS * 4;
    for (unsigned i = 0; i < MANY_FUNCTIONS; i++) {
        uint64_t at = code + i * bytes;
        put32(at, insn_movz_x0(i & 0xffff));
        fill_adds(at + 4, MANY_INSNS - 2);
        put32(at + bytes - 4, INSN_RET);
    }
    isb();
    for (unsigned round = 0; round < 2; round++) {
        uint64_t wrong = 0;
        for (unsigned i = 0; i < MANY_FUNCTIONS; i++) {
            wrong += call_code(code + i * bytes) != (i & 0xffff) + MANY_INSNS - 2;
        }
        check("more code than the cache holds: wrong results", wrong, 0);
    }
}

static void check_mmu_transitions(void)
{
    uint64_t on = read_reg(sctlr_el1);
    uint64_t wrong = 0;
    put_function(SCRATCH, 33);
    isb();
    for (unsigned i = 0; i < 1000; i++) {
        set_sctlr(1, i & 1 ? on : on & ~SCTLR_M);
        wrong += call_code(SCRATCH) != 33;
    }
    set_sctlr(1, on);
    check("MMU on and off: wrong results", wrong, 0);
}

static uint64_t tests_at_el1(uint64_t unused)
{
    check_patching();
    check_invalidate_all();
    check_patch_loop();
    check_aliases();
    check_remap();
    check_asids();
    check_permissions();
    check_long_code();
    check_overflow();
    check_mmu_transitions();
    return unused;
}

static uint64_t call_scratch(uint64_t unused)
{
    return call_code(SCRATCH);
}

void test_main(void)
{
    mmu_on(1);
    at_el1(tests_at_el1, 0);
    put32(SCRATCH, MRS_X0_EL);
    put32(SCRATCH + 4, INSN_RET);
    isb();
    uint64_t wrong = 0;
    for (unsigned i = 0; i < 300; i++) {
        wrong += call_scratch(0) != 3 << 2;
        wrong += at_el2(call_scratch, 0) != 2 << 2;
        wrong += at_el1(call_scratch, 0) != 1 << 2;
    }
    check("one code at three levels: wrong results", wrong, 0);
}
