/* SPDX-License-Identifier: MIT */
/*
 * Guest memory accesses: fast path and slow path against each other, alignment, page crossing,
 * byte order, devices, faults and their syndromes, care for translated code, atomics and
 * exclusives, the latter also from several threads at once (run with the thread sanitizer).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "cpu/code.h"
#include "cpu/crosscall.h"
#include "cpu/debug.h"
#include "cpu/mem-inline.h"
#include "cpu/tlb.h"
#include "fake-cpu.h"

#define BIT(n)    (UINT64_C(1) << (n))
#define BLOCK_RW  (BIT(10) | 1)
#define PAGE_RW   (BIT(10) | 3)
#define READ_ONLY BIT(7)
#define USER      BIT(6)
#define DEVICE    (UINT64_C(1) << 2)
#define VA        UINT64_C(0x10000000)
#define DATA      RAM_BASE
#define MMIO      UINT64_C(0x9000000)

#define PRIV ((uint32_t)EL4_MMU_PRIV)

static uint64_t device_value;
static unsigned device_accesses;
static bool device_in_guest;
static struct el4_cpu *device_cpu;

static enum el4_bus_result device_read(void *opaque, uint64_t offset, unsigned size,
                                       uint64_t *value, const struct el4_bus_attrs *attrs)
{
    device_accesses++;
    device_in_guest = device_cpu && device_cpu->in_guest;
    *value = device_value + offset;
    return EL4_BUS_OK;
}

static enum el4_bus_result device_write(void *opaque, uint64_t offset, unsigned size,
                                        uint64_t value, const struct el4_bus_attrs *attrs)
{
    device_accesses++;
    device_value = value;
    return EL4_BUS_OK;
}

static const struct el4_bus_mmio_ops device_ops = {
    .read = device_read, .write = device_write, .size_min = 1, .size_max = 8};

struct fixture {
    struct fake_machine *machine;
    struct el4_cpu *cpu;
    struct fake_tables tables;
};

/*
 * VA: four pages of RAM in reverse order, then one read-only, one of Device type, one hole.
 * MMIO at its own address. VA + 2 MiB: a block of RAM.
 */
static int setup_count(void **state, unsigned count)
{
    struct fixture *f = g_new0(struct fixture, 1);
    f->machine = fake_machine_new(count);
    f->cpu = f->machine->cpus[0];
    g_assert(el4_bus_add_mmio(f->machine->bus, "device", MMIO, 0x1000, EL4_BUS_BOTH,
                              &device_ops, NULL, NULL));
    fake_tables_init(&f->tables, f->machine, 12, 39);
    for (unsigned i = 0; i < 4; i++) {
        fake_tables_set(&f->tables, VA + 0x1000 * i, 3, (DATA + 0x1000 * (3 - i)) | PAGE_RW);
    }
    fake_tables_set(&f->tables, VA + 0x4000, 3, (DATA + 0x4000) | PAGE_RW | READ_ONLY);
    fake_tables_set(&f->tables, VA + 0x5000, 3, (DATA + 0x5000) | PAGE_RW | DEVICE);
    fake_tables_set(&f->tables, VA + 0x7000, 3, (DATA + 0x7000) | PAGE_RW | USER);
    fake_tables_set(&f->tables, VA + 0x8000, 3, BIT(45) | PAGE_RW); /* no memory there */
    fake_tables_set(&f->tables, VA + 0x9000, 3, MMIO | PAGE_RW);    /* Normal type */
    fake_tables_set(&f->tables, MMIO, 3, MMIO | PAGE_RW | DEVICE);
    fake_tables_set(&f->tables, VA + 0x200000, 2, (DATA + 0x200000) | BLOCK_RW);
    for (unsigned i = 0; i < count; i++) {
        struct el4_cpu *cpu = f->machine->cpus[i];
        cpu->regs.sctlr[1] = EL4_SCTLR_M;
        cpu->regs.tcr[1] = 25 | UINT64_C(5) << 32 | BIT(23) | UINT64_C(16) << 16 | BIT(37);
        cpu->regs.ttbr0[1] = f->tables.root;
        cpu->regs.mair[1] = 0x04ff;
        el4_tlb_invalidate_all(cpu, 0, 0, 0);
    }
    device_accesses = 0;
    *state = f;
    return 0;
}

static int setup(void **state)
{
    return setup_count(state, 1);
}

static int setup_four(void **state)
{
    return setup_count(state, 4);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    fake_machine_free(f->machine);
    g_free(f);
    return 0;
}

static uint64_t mask_of(unsigned bytes)
{
    return UINT64_MAX >> (64 - 8 * bytes);
}

static uint64_t fast_read(struct el4_cpu *cpu, uint64_t va, unsigned bytes, uint32_t aux)
{
    return bytes == 1   ? el4_mem_fast_read1(cpu, va, aux)
           : bytes == 2 ? el4_mem_fast_read2(cpu, va, aux)
           : bytes == 4 ? el4_mem_fast_read4(cpu, va, aux)
                        : el4_mem_fast_read8(cpu, va, aux);
}

static void fast_write(struct el4_cpu *cpu, uint64_t va, uint64_t value, unsigned bytes,
                       uint32_t aux)
{
    if (bytes == 1) {
        el4_mem_fast_write1(cpu, va, value, aux);
    } else if (bytes == 2) {
        el4_mem_fast_write2(cpu, va, value, aux);
    } else if (bytes == 4) {
        el4_mem_fast_write4(cpu, va, value, aux);
    } else {
        el4_mem_fast_write8(cpu, va, value, aux);
    }
}

/* Every size at every offset around a page boundary, both byte orders, against a byte array. */
static void test_sizes_and_crossing(void **state)
{
    struct fixture *f = *state;
    uint8_t model[0x2000];
    for (unsigned i = 0; i < sizeof(model); i++) {
        model[i] = (uint8_t)(i * 13 + 5);
        el4_mem_write(f->cpu, VA + i, model[i], 1, PRIV);
    }
    for (unsigned bytes = 1; bytes <= 8; bytes *= 2) {
        for (unsigned offset = 0xff0; offset < 0x1010; offset++) {
            uint64_t little = 0, big = 0;
            for (unsigned i = 0; i < bytes; i++) {
                little |= (uint64_t)model[offset + i] << (8 * i);
                big = big << 8 | model[offset + i];
            }
            assert_true(fast_read(f->cpu, VA + offset, bytes, PRIV) == little);
            assert_true(fast_read(f->cpu, VA + offset, bytes, PRIV | EL4_MEM_BIG_ENDIAN) ==
                        big);
            uint64_t value = 0x8877665544332211u ^ offset * 0x0101010101010101u;
            bool swap = offset & 1;
            fast_write(f->cpu, VA + offset, value, bytes,
                       PRIV | (swap ? EL4_MEM_BIG_ENDIAN : 0));
            for (unsigned i = 0; i < bytes; i++) {
                model[offset + i] = (uint8_t)(value >> (8 * (swap ? bytes - 1 - i : i)));
            }
        }
    }
    for (unsigned offset = 0xfe0; offset < 0x1020; offset++) {
        uint64_t pair[2], swapped[2];
        el4_mem_fast_read16(f->cpu, VA + offset, pair, PRIV);
        assert_memory_equal(pair, model + offset, 16);
        el4_mem_fast_read16(f->cpu, VA + offset, swapped, PRIV | EL4_MEM_BIG_ENDIAN);
        assert_true(swapped[0] == __builtin_bswap64(pair[1]));
        assert_true(swapped[1] == __builtin_bswap64(pair[0]));
        const uint64_t value[2] = {offset * 0x1111111111u, ~(uint64_t)offset};
        el4_mem_fast_write16(f->cpu, VA + offset, value, PRIV);
        memcpy(model + offset, value, 16);
        el4_mem_fast_write16(f->cpu, VA + offset + 1, swapped, PRIV | EL4_MEM_BIG_ENDIAN);
        memcpy(model + offset + 1, pair, 16);
    }
    for (unsigned i = 0; i < sizeof(model); i++) {
        assert_int_equal(el4_mem_fast_read1(f->cpu, VA + i, PRIV), model[i]);
    }
    /* The pages are in reverse order in RAM. */
    assert_int_equal(fake_peek(f->machine, DATA + 0x3000) & 0xff, model[0]);
}

static void try_write(struct el4_cpu *cpu, uint64_t va, unsigned bytes, uint32_t aux,
                      uint64_t esr, uint64_t far)
{
    assert_true(RAISES(cpu, el4_mem_write(cpu, va, 0x5555555555555555u, bytes, aux)));
    if (cpu->exception.esr != esr) {
        fail_msg("va %llx: esr %llx, not %llx", (unsigned long long)va,
                 (unsigned long long)cpu->exception.esr, (unsigned long long)esr);
    }
    assert_true(cpu->exception.far == far);
}

static void try_read(struct el4_cpu *cpu, uint64_t va, unsigned bytes, uint32_t aux,
                     uint64_t esr, uint64_t far)
{
    assert_true(RAISES(cpu, el4_mem_read(cpu, va, bytes, aux)));
    assert_true(cpu->exception.esr == esr);
    assert_true(cpu->exception.far == far);
}

#define DABT(iss) EL4_ESR(EL4_EC_DATA_ABORT_SAME, iss)

static void test_faults(void **state)
{
    struct fixture *f = *state;
    struct el4_cpu *cpu = f->cpu;
    el4_mem_write(cpu, VA + 0x3ff8, 0x1122334455667788u, 8, PRIV);
    try_write(cpu, VA + 0x4000, 4, PRIV, DABT(0x4f), VA + 0x4000);
    try_read(cpu, VA + 0x6008, 4, PRIV, DABT(0x07), VA + 0x6008);
    try_read(cpu, VA + 0x7000, 4, EL4_MMU_PRIV_PAN, DABT(0x0f), VA + 0x7000);
    try_read(cpu, VA, 4, EL4_MMU_EL0, DABT(0x0f), VA);
    try_read(cpu, VA + 0x8000, 4, PRIV, DABT(0x10), VA + 0x8000);
    try_write(cpu, VA + 0x8000, 4, PRIV, DABT(0x50), VA + 0x8000);
    /* Over a page boundary: the fault is at the second page, and nothing is written. */
    try_write(cpu, VA + 0x3ffc, 8, PRIV, DABT(0x4f), VA + 0x4000);
    assert_true(el4_mem_read(cpu, VA + 0x3ff8, 8, PRIV) == 0x1122334455667788u);
    assert_int_equal(el4_mem_read(cpu, VA + 0x3ffe, 4, PRIV), 0x1122);
    try_read(cpu, VA + 0x5ffe, 4, PRIV, DABT(0x07), VA + 0x6000);
    /* Alignment: asked for by the instruction, by SCTLR.A, by Device memory. */
    try_read(cpu, VA + 2, 4, PRIV | EL4_MEM_ALIGNED, DABT(0x21), VA + 2);
    try_write(cpu, VA + 1, 2, PRIV | EL4_MEM_ALIGN_CHECK, DABT(0x61), VA + 1);
    try_read(cpu, VA + 0x6001, 2, PRIV | EL4_MEM_ALIGNED, DABT(0x21), VA + 0x6001);
    try_read(cpu, VA + 0x5002, 4, PRIV, DABT(0x21), VA + 0x5002);
    try_write(cpu, VA + 0x5001, 8, PRIV, DABT(0x61), VA + 0x5001);
    assert_int_equal(el4_mem_read(cpu, VA + 0x5004, 4, PRIV), 0);
    el4_mem_write(cpu, VA + 0x5008, 7, 8, PRIV); /* aligned: fine, and now in the fast TLB */
    try_write(cpu, VA + 0x5009, 4, PRIV, DABT(0x61), VA + 0x5009);
    uint64_t pair[2];
    assert_true(RAISES(cpu, el4_mem_read128(cpu, VA + 8, pair, PRIV | EL4_MEM_ALIGN16)));
    assert_true(cpu->exception.esr == DABT(0x21));
    assert_true(RAISES(cpu, el4_mem_read128(cpu, VA + 0x5004, pair, PRIV)));
    /* MMU off: all data is Device. */
    cpu->regs.sctlr[1] = 0;
    el4_mem_flush_fast_tlb(cpu);
    assert_true(el4_mem_read(cpu, DATA + 0x5008, 8, PRIV) == 7);
    try_read(cpu, DATA + 0x5009, 2, PRIV, DABT(0x21), DATA + 0x5009);
}

static void test_devices(void **state)
{
    struct fixture *f = *state;
    struct el4_cpu *cpu = f->cpu;
    device_cpu = cpu;
    device_value = 0x1000;
    el4_crosscall_enter_guest(cpu);
    assert_int_equal(el4_mem_fast_read4(cpu, MMIO + 8, PRIV), 0x1008);
    assert_false(device_in_guest);
    assert_int_equal(cpu->in_guest, 1);
    el4_crosscall_leave_guest(cpu);
    el4_mem_fast_read4(cpu, MMIO + 8, PRIV);
    assert_int_equal(cpu->in_guest, 0);
    assert_int_equal(device_accesses, 2);
    el4_mem_fast_write2(cpu, MMIO, 0x1234, PRIV | EL4_MEM_BIG_ENDIAN);
    assert_int_equal(device_value, 0x3412);
    assert_int_equal(el4_mem_read(cpu, MMIO, 2, PRIV | EL4_MEM_BIG_ENDIAN), 0x1234);
    try_read(cpu, MMIO + 2, 4, PRIV, DABT(0x21), MMIO + 2);
    /* Normal type, but the device does not take it: external abort. */
    try_read(cpu, VA + 0x9002, 4, PRIV, DABT(0x10), VA + 0x9002);
    device_value = 0;
    uint64_t pair[2];
    device_accesses = 0;
    el4_mem_read128(cpu, MMIO, pair, PRIV);
    assert_int_equal(device_accesses, 2);
    assert_true(pair[0] == 0 && pair[1] == 8);
    /* Exclusives and atomics work on RAM only. */
    assert_true(RAISES(cpu, el4_mem_atomic(cpu, EL4_ATOMIC_ADD, MMIO, 1, 4, PRIV)));
    assert_true(cpu->exception.esr == DABT(0x75));
    assert_true(RAISES(cpu, el4_mem_load_exclusive(cpu, MMIO, 4, pair, PRIV)));
    assert_true(cpu->exception.esr == DABT(0x35));
    device_cpu = NULL;
}

static void test_zero_block(void **state)
{
    struct fixture *f = *state;
    struct el4_cpu *cpu = f->cpu;
    for (unsigned i = 0; i < 0x100; i += 8) {
        el4_mem_write(cpu, VA + i, UINT64_MAX, 8, PRIV);
    }
    el4_mem_zero_block(cpu, VA + 0x40, 64, PRIV);
    for (unsigned i = 0; i < 0x100; i += 8) {
        assert_true(el4_mem_read(cpu, VA + i, 8, PRIV) ==
                    (i >= 0x40 && i < 0x80 ? 0 : UINT64_MAX));
    }
    assert_true(RAISES(cpu, el4_mem_zero_block(cpu, VA + 0x5000, 64, PRIV)));
    assert_true(cpu->exception.esr == DABT(0x61));
    assert_true(RAISES(cpu, el4_mem_zero_block(cpu, VA + 0x4000, 64, PRIV)));
    assert_true(cpu->exception.esr == DABT(0x4f));
}

static void test_probe(void **state)
{
    struct fixture *f = *state;
    struct el4_cpu *cpu = f->cpu;
    assert_false(RAISES(cpu, el4_mem_probe(cpu, VA + 0xff0, 64, EL4_ACCESS_WRITE, PRIV)));
    assert_false(RAISES(cpu, el4_mem_probe(cpu, VA + 0x3ff0, 16, EL4_ACCESS_WRITE, PRIV)));
    assert_false(RAISES(cpu, el4_mem_probe(cpu, VA + 0x3ff0, 17, EL4_ACCESS_READ, PRIV)));
    assert_true(RAISES(cpu, el4_mem_probe(cpu, VA + 0x3ff0, 17, EL4_ACCESS_WRITE, PRIV)));
    assert_true(cpu->exception.far == VA + 0x4000);
    assert_false(RAISES(cpu, el4_mem_probe(cpu, VA + 0x6000, 0, EL4_ACCESS_WRITE, PRIV)));
}

/* The fast TLB must forget what a TLBI takes away: pages, tags, and any address of a block. */
static void test_fast_tlb_invalidation(void **state)
{
    struct fixture *f = *state;
    struct el4_cpu *cpu = f->cpu;
    uint64_t scope = el4_tlb_scope_for_el(cpu, 1);
    uint64_t tagged = VA | UINT64_C(0xab) << 56;
    el4_mem_fast_write8(cpu, VA, 1, PRIV);
    assert_int_equal(el4_mem_fast_read8(cpu, tagged, PRIV), 1);
    fake_tables_set(&f->tables, VA, 3, 0);
    assert_int_equal(el4_mem_fast_read8(cpu, tagged, PRIV), 1);
    uint64_t *page_generation = el4_cpu_page_generation(cpu, VA);
    uint64_t all = cpu->tlb_generation;
    uint64_t generation = all + *page_generation;
    el4_tlb_invalidate_va(cpu, scope, VA, 0);
    assert_true(cpu->tlb_generation + *page_generation != generation);
    assert_true(RAISES(cpu, el4_mem_fast_read8(cpu, tagged, PRIV)));
    assert_true(RAISES(cpu, el4_mem_fast_read8(cpu, VA, PRIV)));
    /* The block: another page of it is named. */
    el4_mem_fast_write8(cpu, VA + 0x234560, 2, PRIV);
    fake_tables_set(&f->tables, VA + 0x200000, 2, 0);
    assert_int_equal(el4_mem_fast_read8(cpu, VA + 0x234560, PRIV), 2);
    el4_tlb_invalidate_va(cpu, scope, VA + 0x3ff000, 0);
    assert_true(RAISES(cpu, el4_mem_fast_read8(cpu, VA + 0x234560, PRIV)));
    /* A page elsewhere stays. */
    el4_mem_fast_write8(cpu, VA + 0x1000, 3, PRIV);
    el4_mem_flush_fast_tlb_page(cpu, VA + 0x2000);
    assert_true(el4_mem_fast_entry(cpu, VA + 0x1000, PRIV)->read_tag == VA + 0x1000);
    el4_mem_flush_fast_tlb(cpu);
    assert_true(el4_mem_fast_entry(cpu, VA + 0x1000, PRIV)->read_tag == EL4_TLB_NO_TAG);
}

/* What the engine knows of a PC is void. */
static bool forgets_code(struct el4_cpu *cpu, uint64_t pc, uint64_t invalidated_va)
{
    uint64_t before = cpu->tlb_generation + *el4_cpu_page_generation(cpu, pc);
    el4_tlb_invalidate_va(cpu, el4_tlb_scope_for_el(cpu, 1), invalidated_va, 0);
    return cpu->tlb_generation + *el4_cpu_page_generation(cpu, pc) != before;
}

static void test_code_invalidation(void **state)
{
    struct fixture *f = *state;
    struct el4_cpu *cpu = f->cpu;
    struct el4_fetch_page page;
    el4_mem_flush_fast_tlb(cpu);
    el4_mem_fetch_page(cpu, VA, &page);
    assert_true(forgets_code(cpu, VA, VA));
    assert_false(forgets_code(cpu, VA, VA + 0x1000));
    assert_false(forgets_code(cpu, VA + 0x200000, VA + 0x3ff000));
    /* Code in a block: any address of that. */
    el4_mem_fetch_page(cpu, VA + 0x200000, &page);
    assert_true(forgets_code(cpu, VA + 0x200000, VA + 0x3ff000));
    assert_false(forgets_code(cpu, VA, VA + 0x1000));
}

static struct {
    unsigned calls;
    uint64_t pa;
} invalidated[4];

static void note_invalidation(struct el4_cpu *cpu, uint64_t pa)
{
    invalidated[cpu->index].calls++;
    invalidated[cpu->index].pa = pa & EL4_PAGE_MASK;
}

static const struct el4_code_ops code_ops = {.invalidate_page = note_invalidation};

static void test_code_pages(void **state)
{
    struct fixture *f = *state;
    struct el4_bus_page page;
    memset(invalidated, 0, sizeof(invalidated));
    for (unsigned i = 0; i < 4; i++) {
        f->machine->cpus[i]->code_ops = &code_ops;
    }
    struct el4_cpu *runner = f->machine->cpus[0];
    struct el4_cpu *writer = f->machine->cpus[1];
    uint64_t pa = DATA + 0x3000;
    struct el4_fetch_page fetch;
    el4_mem_fetch_page(runner, VA + 0x10, &fetch);
    assert_true(fetch.pa == pa);
    assert_non_null(fetch.host);
    assert_true(el4_bus_lookup_page(f->machine->bus, pa, false, &page));
    /* Nobody has a write entry: translating disturbs nobody. */
    *page.code = 1;
    el4_mem_protect_code_page(runner, pa);
    el4_crosscall_enter_guest(writer);
    assert_int_equal(invalidated[0].calls + invalidated[1].calls, 0);
    /* Reading is fine; writing drops the code everywhere, and then is fast. */
    el4_mem_fast_read4(writer, VA, PRIV);
    assert_int_equal(*page.code, 1);
    assert_true(el4_mem_fast_entry(writer, VA, PRIV)->write_tag == EL4_TLB_NO_TAG);
    el4_mem_fast_write4(writer, VA, 1, PRIV);
    assert_int_equal(*page.code, 0);
    assert_true(invalidated[1].calls && invalidated[1].pa == pa);
    el4_crosscall_enter_guest(runner);
    assert_true(invalidated[0].calls && invalidated[0].pa == pa);
    assert_true(el4_mem_fast_entry(writer, VA, PRIV)->write_tag == VA);
    /* Translated again while the writer has a write entry: it goes, with the code once more. */
    memset(invalidated, 0, sizeof(invalidated));
    *page.code = 1;
    el4_mem_protect_code_page(runner, pa);
    assert_true(el4_mem_fast_entry(writer, VA, PRIV)->write_tag == VA);
    el4_crosscall_run(writer);
    assert_true(el4_mem_fast_entry(writer, VA, PRIV)->write_tag == EL4_TLB_NO_TAG);
    assert_true(el4_mem_fast_entry(writer, VA, PRIV)->read_tag == VA);
    el4_crosscall_run(runner);
    assert_true(invalidated[0].calls && invalidated[0].pa == pa);
    /* The own write entry goes at once; exclusives and atomics count as writes. */
    el4_mem_atomic(runner, EL4_ATOMIC_ADD, VA, 1, 4, PRIV);
    assert_int_equal(*page.code, 0);
    *page.code = 1;
    el4_mem_protect_code_page(runner, pa);
    assert_true(el4_mem_fast_entry(runner, VA, PRIV)->write_tag == EL4_TLB_NO_TAG);
    el4_crosscall_leave_guest(writer);
    el4_crosscall_leave_guest(runner);
    memset(invalidated, 0, sizeof(invalidated));
    el4_mem_code_written_by_dma(f->machine->cpus, 4, pa);
    for (unsigned i = 0; i < 4; i++) {
        el4_crosscall_run(f->machine->cpus[i]);
        assert_true(invalidated[i].calls && invalidated[i].pa == pa);
    }
}

/* CPU 0 translates the page of VA after CPU 1 wrote it; 1 says that the code was dropped. */
static unsigned dropped_after_translation(struct fixture *f)
{
    struct el4_cpu *runner = f->machine->cpus[0];
    struct el4_bus_page page;
    assert_true(el4_bus_lookup_page(f->machine->bus, DATA + 0x3000, false, &page));
    el4_crosscall_run(runner);
    memset(invalidated, 0, sizeof(invalidated));
    *page.code = EL4_BUS_CODE_THERE;
    el4_mem_protect_code_page(runner, DATA + 0x3000);
    el4_crosscall_run(f->machine->cpus[1]);
    el4_crosscall_run(runner);
    *page.code = EL4_BUS_CODE_NONE;
    return invalidated[0].calls != 0;
}

/*
 * A store and a translation of its page at the same time, with no write entry left when the
 * call of the translator is handled: the code may be older than the store, and must go.
 */
static void test_code_pages_without_entry(void **state)
{
    struct fixture *f = *state;
    struct el4_cpu *writer = f->machine->cpus[1];
    uint64_t scope = el4_tlb_scope_for_el(writer, 1);
    /* A page of the same place in the fast TLB. */
    uint64_t rival = VA;
    do {
        rival += EL4_PAGE_SIZE;
    } while (el4_mem_fast_entry(writer, rival, PRIV) != el4_mem_fast_entry(writer, VA, PRIV));
    fake_tables_set(&f->tables, rival, 3, (DATA + 0x6000) | PAGE_RW);
    f->machine->cpus[0]->code_ops = writer->code_ops = &code_ops;
    el4_crosscall_enter_guest(f->machine->cpus[0]);
    el4_crosscall_enter_guest(writer);

    writer->debug_active = EL4_DEBUG_WATCHPOINTS | EL4_DEBUG_WATCHED_PAGES;
    fake_watched_page = VA;
    el4_mem_fast_write4(writer, VA, 1, PRIV);
    writer->debug_active = 0;
    fake_watched_page = UINT64_MAX;
    assert_int_equal(dropped_after_translation(f), 1); /* watched */
    assert_int_equal(dropped_after_translation(f), 0); /* nothing was written since */

    el4_mem_fast_write4(writer, VA, 2, PRIV);
    el4_crosscall_post(f->machine->cpus[0], writer, el4_tlb_invalidate_va, scope, VA, 0);
    assert_int_equal(dropped_after_translation(f), 1); /* TLBI came before the call */
    assert_int_equal(dropped_after_translation(f), 0);

    el4_mem_fast_write4(writer, VA, 3, PRIV);
    el4_crosscall_post(f->machine->cpus[0], writer, el4_tlb_invalidate_va, scope, VA + 0x4000,
                       0);
    el4_mem_fast_read4(writer, rival, PRIV);
    assert_int_equal(dropped_after_translation(f), 1); /* replaced with calls under way */
    assert_int_equal(dropped_after_translation(f), 0);

    el4_mem_write(writer, VA + EL4_PAGE_SIZE - 2, 4, 4, PRIV);
    el4_mem_flush_fast_tlb(writer);
    assert_int_equal(dropped_after_translation(f), 1); /* across pages */
    assert_int_equal(dropped_after_translation(f), 0);

    /* An entry that went with nothing posted: whoever translates later reads the store. */
    el4_mem_fast_write4(writer, VA, 5, PRIV);
    el4_mem_flush_fast_tlb(writer);
    assert_int_equal(dropped_after_translation(f), 0);
    el4_crosscall_leave_guest(writer);
    el4_crosscall_leave_guest(f->machine->cpus[0]);
}

static void test_watchpoints(void **state)
{
    struct fixture *f = *state;
    struct el4_cpu *cpu = f->cpu;
    cpu->debug_active = EL4_DEBUG_WATCHPOINTS | EL4_DEBUG_WATCHED_PAGES;
    fake_watched_page = VA + 0x1000;
    fake_watch_checks = 0;
    el4_mem_fast_write4(cpu, VA + 0x1000, 1, PRIV);
    el4_mem_fast_write4(cpu, VA + 0x1000, 1, PRIV);
    assert_int_equal(fake_watch_checks, 2);
    el4_mem_fast_read8(cpu, VA + 0xffc, PRIV);
    assert_int_equal(fake_watch_checks, 3);
    el4_mem_fast_write4(cpu, VA + 0x2000, 1, PRIV);
    unsigned checks = fake_watch_checks;
    el4_mem_fast_write4(cpu, VA + 0x2000, 1, PRIV); /* another page: the fast path */
    assert_int_equal(fake_watch_checks, checks);
    fake_watched_page = UINT64_MAX;
}

static void test_atomic_operations(void **state)
{
    static const struct {
        enum el4_atomic_op op;
        uint64_t old, operand, result;
    } cases[] = {
        {EL4_ATOMIC_ADD, 0xf0, 0x20, 0x110},
        {EL4_ATOMIC_CLR, 0xff, 0x0f, 0xf0},
        {EL4_ATOMIC_EOR, 0xff, 0x0f, 0xf0},
        {EL4_ATOMIC_SET, 0xf0, 0x0f, 0xff},
        {EL4_ATOMIC_SMAX, 0xffffffffffffff80u, 0x7f, 0x7f},
        {EL4_ATOMIC_SMIN, 0xffffffffffffff80u, 0x7f, 0xffffffffffffff80u},
        {EL4_ATOMIC_UMAX, 0xffffffffffffff80u, 0x7f, 0xffffffffffffff80u},
        {EL4_ATOMIC_UMIN, 0xffffffffffffff80u, 0x7f, 0x7f},
        {EL4_ATOMIC_SWP, 0x12, 0x34, 0x34},
    };
    struct fixture *f = *state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases) * 8; i++) {
        unsigned bytes = 1u << (i & 3);
        uint32_t aux = PRIV | (i & 4 ? EL4_MEM_BIG_ENDIAN : 0);
        uint64_t mask = mask_of(bytes);
        uint64_t va = VA + 0x10 + bytes;
        el4_mem_write(f->cpu, VA + 0x10, UINT64_MAX, 8, PRIV);
        el4_mem_write(f->cpu, va, cases[i / 8].old, bytes, aux);
        uint64_t old =
            el4_mem_atomic(f->cpu, cases[i / 8].op, va, cases[i / 8].operand, bytes, aux);
        assert_true(old == (cases[i / 8].old & mask));
        assert_true(el4_mem_read(f->cpu, va, bytes, aux) == (cases[i / 8].result & mask));
        assert_true(el4_mem_cas(f->cpu, va, ~cases[i / 8].result, 0x77, bytes, aux) ==
                    (cases[i / 8].result & mask));
        assert_true(el4_mem_cas(f->cpu, va, cases[i / 8].result, 0x77, bytes, aux) ==
                    (cases[i / 8].result & mask));
        assert_int_equal(el4_mem_read(f->cpu, va, bytes, aux), 0x77);
    }
    for (unsigned big = 0; big < 2; big++) {
        uint32_t aux = PRIV | (big ? EL4_MEM_BIG_ENDIAN : 0);
        uint64_t expected[2] = {3, 4};
        const uint64_t desired[2] = {5, 6};
        el4_mem_write(f->cpu, VA + 0x20, 1, 8, aux);
        el4_mem_write(f->cpu, VA + 0x28, 2, 8, aux);
        el4_mem_cas128(f->cpu, VA + 0x20, expected, desired, aux);
        assert_true(expected[0] == 1 && expected[1] == 2);
        el4_mem_cas128(f->cpu, VA + 0x20, expected, desired, aux);
        assert_int_equal(el4_mem_read(f->cpu, VA + 0x20, 8, aux), 5);
        assert_int_equal(el4_mem_read(f->cpu, VA + 0x28, 8, aux), 6);
    }
    /* Faults: WnR says whether a read would have faulted too. */
    struct el4_cpu *cpu = f->cpu;
    assert_true(RAISES(cpu, el4_mem_cas(cpu, VA + 0x4000, 0, 0, 4, PRIV)));
    assert_true(cpu->exception.esr == DABT(0x4f));
    assert_true(RAISES(cpu, el4_mem_cas(cpu, VA + 0x6000, 0, 0, 4, PRIV)));
    assert_true(cpu->exception.esr == DABT(0x07));
    assert_true(RAISES(cpu, el4_mem_cas(cpu, VA + 0x6001, 0, 0, 4, PRIV)));
    assert_true(cpu->exception.esr == DABT(0x61));
}

static void test_exclusives(void **state)
{
    struct fixture *f = *state;
    struct el4_cpu *cpu = f->cpu;
    for (unsigned bytes = 1; bytes <= 16; bytes *= 2) {
        for (unsigned big = 0; big < 2; big++) {
            uint32_t aux = PRIV | EL4_MEM_ALIGNED | (big ? EL4_MEM_BIG_ENDIAN : 0);
            uint64_t va = VA + 0x100;
            uint64_t half = bytes == 16 ? 8 : bytes;
            uint64_t value[2] = {0, 0};
            el4_mem_write(cpu, va, 0x12, (unsigned)half, aux);
            el4_mem_write(cpu, va + 8, 0x34, 8, aux);
            const uint64_t next[2] = {0x56, 0x78};
            assert_int_equal(el4_mem_store_exclusive(cpu, va, bytes, next, aux), 1);
            el4_mem_load_exclusive(cpu, va, bytes, value, aux);
            assert_int_equal(value[0], 0x12);
            assert_true(bytes != 16 || value[1] == 0x34);
            assert_int_equal(el4_mem_store_exclusive(cpu, va, bytes, next, aux), 0);
            assert_int_equal(el4_mem_store_exclusive(cpu, va, bytes, next, aux), 1);
            assert_int_equal(el4_mem_read(cpu, va, (unsigned)half, aux), 0x56);
            assert_int_equal(el4_mem_read(cpu, va + 8, 8, aux), bytes == 16 ? 0x78 : 0x34);
            /* Somebody else wrote; another address; another size. */
            el4_mem_load_exclusive(cpu, va, bytes, value, aux);
            el4_mem_write(cpu, va, 0x99, (unsigned)half, aux);
            assert_int_equal(el4_mem_store_exclusive(cpu, va, bytes, next, aux), 1);
            el4_mem_load_exclusive(cpu, va, bytes, value, aux);
            assert_int_equal(el4_mem_store_exclusive(cpu, va + 0x20, bytes, next, aux), 1);
            if (bytes < 16) {
                el4_mem_load_exclusive(cpu, va, bytes, value, aux);
                assert_int_equal(el4_mem_store_exclusive(cpu, va, bytes * 2, next, aux), 1);
            }
        }
    }
    uint64_t value[2];
    assert_true(RAISES(cpu, el4_mem_load_exclusive(cpu, VA + 0x102, 4, value, PRIV)));
    assert_true(cpu->exception.esr == DABT(0x21));
    el4_mem_load_exclusive(cpu, VA + 0x4000, 4, value, PRIV);
    assert_true(RAISES(cpu, el4_mem_store_exclusive(cpu, VA + 0x4000, 4, value, PRIV)));
    assert_true(cpu->exception.esr == DABT(0x4f));
}

#define THREADS 4
#define ROUNDS  5000

struct worker {
    struct fixture *fixture;
    unsigned index;
};

static void add_exclusively(struct el4_cpu *cpu, uint64_t va, unsigned bytes)
{
    uint64_t value[2] = {0, 0};
    do {
        el4_mem_load_exclusive(cpu, va, bytes, value, PRIV);
        value[0]++;
        value[1] += 2;
    } while (el4_mem_store_exclusive(cpu, va, bytes, value, PRIV));
}

/* Counters that all threads add to, and a page that one thread has "code" in. */
static void *run_worker(void *data)
{
    struct worker *worker = data;
    struct el4_cpu *cpu = worker->fixture->machine->cpus[worker->index];
    struct el4_bus_page page;
    el4_bus_lookup_page(cpu->bus, DATA + 0x2000, false, &page);
    el4_crosscall_enter_guest(cpu);
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (unsigned bytes = 1; bytes <= 8; bytes *= 2) {
            el4_mem_atomic(cpu, EL4_ATOMIC_ADD, VA + 8 * bytes, 1, bytes, PRIV);
            add_exclusively(cpu, VA + 0x100 + 8 * bytes, bytes);
        }
        add_exclusively(cpu, VA + 0x200, 16);
        el4_mem_atomic(cpu, EL4_ATOMIC_UMAX, VA + 0x300, i, 8, PRIV);
        el4_mem_atomic(cpu, EL4_ATOMIC_ADD, VA + 0x308, 1, 8, PRIV | EL4_MEM_BIG_ENDIAN);
        el4_mem_fast_write4(cpu, VA + 0x1000 + 4 * worker->index, i, PRIV);
        el4_mem_fast_write8(cpu, VA + 0x1103, i, PRIV); /* a race, unaligned: theirs */
        if (worker->index == 0 && i % 64 == 0 && atomic_exchange(page.code, 1) != 1) {
            el4_mem_protect_code_page(cpu, DATA + 0x2000);
        }
        if (i % 100 == 0) {
            uint64_t scope = el4_tlb_scope_for_el(cpu, 1);
            el4_crosscall_broadcast(cpu, el4_tlb_invalidate_va, scope, VA, 0);
            el4_tlb_invalidate_va(cpu, scope, VA, 0);
            el4_crosscall_wait(cpu);
        }
        if (atomic_load(&cpu->attention)) {
            el4_crosscall_run(cpu);
        }
    }
    el4_crosscall_leave_guest(cpu);
    return NULL;
}

static void test_threads(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[THREADS];
    struct worker workers[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){f, i};
        f->machine->cpus[i]->code_ops = NULL;
        assert_int_equal(pthread_create(&threads[i], NULL, run_worker, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    uint64_t total = THREADS * ROUNDS;
    for (unsigned bytes = 1; bytes <= 8; bytes *= 2) {
        assert_true(el4_mem_read(f->cpu, VA + 8 * bytes, bytes, PRIV) ==
                    (total & mask_of(bytes)));
        assert_true(el4_mem_read(f->cpu, VA + 0x100 + 8 * bytes, bytes, PRIV) ==
                    (total & mask_of(bytes)));
    }
    assert_true(el4_mem_read(f->cpu, VA + 0x200, 8, PRIV) == total);
    assert_true(el4_mem_read(f->cpu, VA + 0x208, 8, PRIV) == 2 * total);
    assert_true(el4_mem_read(f->cpu, VA + 0x300, 8, PRIV) == ROUNDS - 1);
    assert_true(el4_mem_read(f->cpu, VA + 0x308, 8, PRIV | EL4_MEM_BIG_ENDIAN) == total);
    for (unsigned i = 0; i < THREADS; i++) {
        assert_true(el4_mem_read(f->cpu, VA + 0x1000 + 4 * i, 4, PRIV) == ROUNDS - 1);
    }
}

int main(void)
{
#define TEST(name)      cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_FOUR(name) cmocka_unit_test_setup_teardown(name, setup_four, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_sizes_and_crossing),
        TEST(test_faults),
        TEST(test_devices),
        TEST(test_zero_block),
        TEST(test_probe),
        TEST(test_fast_tlb_invalidation),
        TEST_FOUR(test_code_invalidation),
        TEST_FOUR(test_code_pages),
        TEST_FOUR(test_code_pages_without_entry),
        TEST(test_watchpoints),
        TEST(test_atomic_operations),
        TEST(test_exclusives),
        TEST_FOUR(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
