/* SPDX-License-Identifier: MIT */
/*
 * Code and mappings that one CPU changes while the others use them: code written elsewhere
 * (DDI 0487 B2.7.4.2), and broadcast TLBI, after whose DSB no CPU may reach the old page
 * (D8.14.5). Runs with 2 to 4 CPUs at EL1.
 */
#include "common/cpu.h"

#define ROUNDS 1000u
#define REMAPS (cpus > 2 ? 20u : 60u)
#define POISON 0xdeadull
#define VA     WINDOW
#define VA2    (WINDOW + 64 * PAGE)
#define PAGE_A (SCRATCH + 0x10000)
#define PAGE_B (SCRATCH + 0x11000)
/* In each page: a function at 0, a value at 256, a slot for each CPU's stores at 512. */
#define VALUE 256
#define SLOTS 512

static volatile uint64_t turn, stop, wrong[CPUS_MAX], accesses[CPUS_MAX];
static unsigned cpus;

/* ---- code written by another CPU ---- */

static uint64_t run_what_comes(uint64_t unused)
{
    uint64_t bad = 0;
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) < 2 * i - 1) {
        }
        isb();
        bad += call_code(SCRATCH) != i;
        __atomic_fetch_add(&turn, 1, __ATOMIC_RELEASE);
    }
    return bad;
}

static void write_what_runs(bool with_ic)
{
    turn = 0;
    put_function(SCRATCH, 0);
    sync_code(SCRATCH);
    start_on(1, run_what_comes, 0);
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        put32(SCRATCH, insn_movz_x0((unsigned)i));
        if (with_ic) {
            sync_code(SCRATCH);
        }
        __atomic_fetch_add(&turn, 1, __ATOMIC_RELEASE);
        while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) < 2 * i) {
        }
    }
    check(with_ic ? "code written by another CPU: wrong results"
                  : "code written by another CPU, no IC: wrong results",
          result_of(1), 0);
}

/*
 * The same with an interrupt instead of a flag: taking it is the context synchronization that
 * the other CPU needs.
 */
static volatile uint64_t interrupts, last_result;

static bool run_in_handler(struct frame *frame)
{
    if ((frame->kind & 3) != 2 || this_cpu() == 0) {
        return false;
    }
    uint64_t id = read_reg(S3_0_C12_C8_0); /* ICC_IAR0_EL1 */
    if (id == SGI_G0) {
        last_result = call_code(SCRATCH);
        dmb();
        interrupts++;
    }
    if (id < 1020) {
        write_reg(S3_0_C12_C8_1, id); /* ICC_EOIR0_EL1 */
    }
    return true;
}

static uint64_t wait_for_interrupts(uint64_t unused)
{
    gic_start();
    write_reg(scr_el3, SCR_BASE | SCR_NS | SCR_FIQ);
    interrupts = 0;
    write_reg(daif, 0x380);
    while (!stop) {
    }
    write_reg(daif, 0x3c0);
    return unused;
}

/* invalidate: 0 IC IVAU, 1 IC IALLUIS, 2 nothing (el4 promises that DSB is enough). */
static void write_and_interrupt(const char *name, unsigned invalidate)
{
    uint64_t wrong = 0;
    put_function(SCRATCH, 0);
    sync_code(SCRATCH);
    stop = 0;
    interrupts = 1;
    start_on(1, wait_for_interrupts, 0);
    wait_for(&interrupts, 0);
    exception_hook = run_in_handler;
    for (uint64_t i = 1; i <= ROUNDS / 2; i++) {
        put32(SCRATCH, insn_movz_x0((unsigned)i));
        if (invalidate == 0) {
            sync_code(SCRATCH);
        } else if (invalidate == 1) {
            __asm__ volatile(
                "dc cvau, %0\n\tdsb ish\n\tic ialluis\n\tdsb ish\n\tisb" ::"r"(SCRATCH)
                : "memory");
        } else {
            dsb();
        }
        send_sgi(SGI_G0, 1);
        if (!wait_for(&interrupts, i)) {
            wrong += 1u << 20;
            break;
        }
        dmb();
        wrong += last_result != i;
    }
    stop = 1;
    result_of(1);
    exception_hook = NULL;
    check(name, wrong, 0);
}

/* All CPUs patch and run functions of one page, each its own. */
static uint64_t patch_own_function(uint64_t at)
{
    uint64_t bad = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        put_function(at, i);
        sync_code(at);
        bad += call_code(at) != i;
    }
    return bad;
}

static void check_shared_page(void)
{
    uint64_t bad = 0;
    for (unsigned i = 1; i < cpus; i++) {
        start_on(i, patch_own_function, SCRATCH + PAGE + 64 * i);
    }
    bad += patch_own_function(SCRATCH + PAGE);
    for (unsigned i = 1; i < cpus; i++) {
        bad += result_of(i);
    }
    check("all patch one page: wrong results", bad, 0);
}

/* ---- mappings ---- */

static void use_page(unsigned cpu, uint64_t va)
{
    uint64_t value = try_read(va + VALUE);
    wrong[cpu] += value != 0xa && value != 0xb && value != FAULTED;
    value = try_call(va);
    wrong[cpu] += value != 0xa && value != 0xb && value != FAULTED;
    try_write(va + SLOTS + 8 * cpu, value);
    accesses[cpu]++;
}

static uint64_t use_until_stopped(uint64_t cpu)
{
    mmu_on(1);
    while (!stop) {
        use_page((unsigned)cpu, VA);
        use_page((unsigned)cpu, VA2);
    }
    return 0;
}

static uint64_t user_cpu(uint64_t cpu)
{
    return at_el1(use_until_stopped, cpu);
}

static void fill_page(uint64_t page, unsigned value)
{
    *(volatile uint64_t *)(page + VALUE) = value;
    put_function(page, value);
    sync_code(page);
    for (unsigned i = 0; i < CPUS_MAX; i++) {
        *(volatile uint64_t *)(page + SLOTS + 8 * i) = 0;
    }
    dsb();
}

/* Nobody may reach the page now: poison it, and see that the stores have ended. */
static uint64_t retire_page(uint64_t page)
{
    uint64_t bad = 0;
    fill_page(page, POISON);
    for (unsigned i = 0; i < 20; i++) {
        for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
            bad += *(volatile uint64_t *)(page + SLOTS + 8 * cpu) != 0;
        }
    }
    return bad;
}

static uint64_t remap_while_used(uint64_t unused)
{
    uint64_t bad = 0;
    for (unsigned i = 0; i < REMAPS; i++) {
        uint64_t page = i & 1 ? PAGE_B : PAGE_A;
        fill_page(page, i & 1 ? 0xb : 0xa);
        map_page(VA, page, PTE_NORMAL);
        map_page(VA2, page, PTE_NORMAL);
        dsb();
        for (volatile unsigned spin = 0; spin < 300; spin++) {
        }
        map_page(VA, 0, 0);
        map_page(VA2, 0, 0);
        if (i & 2) {
            tlbi_arg(vaae1is, VA >> 12);
            tlbi_arg(vale1is, VA2 >> 12);
        } else {
            tlbi(vmalle1is);
        }
        bad += retire_page(page);
    }
    return bad;
}

static uint64_t protect_while_used(uint64_t unused)
{
    uint64_t bad = 0;
    fill_page(PAGE_A, 0xa);
    for (unsigned i = 0; i < REMAPS; i++) {
        map_page(VA, PAGE_A, PTE_NORMAL);
        dsb();
        for (volatile unsigned spin = 0; spin < 300; spin++) {
        }
        *page_entry(VA) |= PTE_RO;
        dsb();
        tlbi_arg(vae1is, VA >> 12);
        volatile uint64_t *slots = (volatile uint64_t *)(PAGE_A + SLOTS);
        for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
            slots[cpu] = 0;
        }
        dsb();
        for (unsigned again = 0; again < 20; again++) {
            for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
                bad += slots[cpu] != 0;
            }
        }
    }
    return bad;
}

static void check_while_used(const char *name, uint64_t (*change)(uint64_t))
{
    uint64_t bad_reads = 0;
    bool all_ran = true;
    stop = 0;
    for (unsigned i = 1; i < cpus; i++) {
        wrong[i] = accesses[i] = 0;
        start_on(i, user_cpu, i);
    }
    for (unsigned i = 1; i < cpus; i++) {
        while (accesses[i] == 0) {
        }
    }
    uint64_t bad_writes = at_el1(change, 0);
    stop = 1;
    for (unsigned i = 1; i < cpus; i++) {
        result_of(i);
        bad_reads += wrong[i];
        all_ran = all_ran && accesses[i] > 10;
    }
    print(name);
    print("\n");
    check("stale loads and fetches", bad_reads, 0);
    check("stale stores", bad_writes, 0);
    check("everybody was busy", all_ran, true);
}

void test_main(void)
{
    cpus = gic_count_cpus();
    if (cpus < 2) {
        give_up("needs two CPUs");
    }
    write_what_runs(true);
    write_what_runs(false);
    gic_start();
    write_and_interrupt("code, IC IVAU, interrupt: wrong results", 0);
    write_and_interrupt("code, IC IALLUIS, interrupt: wrong results", 1);
    write_and_interrupt("code, DSB, interrupt: wrong results", 2);
    check_shared_page();
    mmu_on(1);
    check_while_used("pages change their address:", remap_while_used);
    check_while_used("a page becomes read-only:", protect_while_used);
}
