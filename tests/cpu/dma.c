/* SPDX-License-Identifier: MIT */
/*
 * Code that a device writes: fw_cfg's DMA puts its signature over an instruction that has been
 * run, over one that another mapping runs, and over one that another CPU runs. "QEMU" as an
 * instruction word is UNDEFINED.
 */
#include "common/cpu.h"

#define FW_CFG_DMA 0x09020010ul
#define READ       2u
#define SELECT     8u
#define SIGNATURE  0x554d4551u

struct request {
    uint32_t control, length; /* big-endian, all of them */
    uint64_t address;
};

static volatile struct request request __attribute__((aligned(16)));

/* The four bytes of the signature (key 0) to an address. */
static void dma_signature(uint64_t to)
{
    request.control = __builtin_bswap32(SELECT | READ);
    request.length = __builtin_bswap32(4);
    request.address = __builtin_bswap64(to);
    dsb();
    uint64_t at = (uint64_t)&request;
    *(volatile uint32_t *)FW_CFG_DMA = __builtin_bswap32((uint32_t)(at >> 32));
    *(volatile uint32_t *)(FW_CFG_DMA + 4) = __builtin_bswap32((uint32_t)at);
    while (request.control) {
    }
}

static uint64_t overwrite(uint64_t run_at, uint64_t write_at)
{
    uint64_t wrong = 0;
    for (unsigned i = 0; i < 200; i++) {
        put_function(write_at, i);
        sync_code(write_at);
        wrong += call_code(run_at) != i;
        uint64_t before = note()->count;
        dma_signature(write_at);
        sync_code(write_at);
        call_code(run_at);
        wrong +=
            note()->count != before + 1 || note()->elr != run_at || CLASS(note()->esr) != 0;
    }
    return wrong;
}

/* ---- code that another CPU runs: odd rounds a function, even ones the signature ---- */

#define ROUNDS 400u

static volatile uint64_t turn;

static uint64_t run_what_comes(uint64_t unused)
{
    uint64_t wrong = 0;
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) < 2 * i - 1) {
        }
        isb();
        uint64_t before = note()->count;
        uint64_t result = call_code(SCRATCH);
        if (i & 1) {
            wrong += result != i || note()->count != before;
        } else {
            wrong += note()->count != before + 1;
        }
        __atomic_fetch_add(&turn, 1, __ATOMIC_RELEASE);
    }
    return wrong;
}

static void check_other_cpu(void)
{
    turn = 0;
    start_on(1, run_what_comes, 0);
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        if (i & 1) {
            put_function(SCRATCH, (unsigned)i);
        } else {
            dma_signature(SCRATCH);
        }
        sync_code(SCRATCH);
        __atomic_fetch_add(&turn, 1, __ATOMIC_RELEASE);
        while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) < 2 * i) {
        }
    }
    check("code that another CPU runs: wrong results", result_of(1), 0);
}

void test_main(void)
{
    put_function(SCRATCH, 1);
    sync_code(SCRATCH);
    check("before", call_code(SCRATCH), 1);
    dma_signature(SCRATCH);
    check("fw_cfg wrote its signature", *(volatile uint32_t *)SCRATCH, SIGNATURE);
    check("code that a device overwrites: wrong results", overwrite(SCRATCH, SCRATCH), 0);
    if (gic_count_cpus() > 1) {
        check_other_cpu();
    }
    mmu_on(3);
    map_page(WINDOW, SCRATCH + PAGE, PTE_NORMAL);
    tlb_flush();
    check("... run at another address: wrong results", overwrite(WINDOW, SCRATCH + PAGE), 0);
}
