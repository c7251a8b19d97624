/* SPDX-License-Identifier: MIT */
/*
 * Runtime of the bench guests, on that of ../../baremetal: identity map of 4 KiB pages as user
 * programs have them, the number of units from the semihosting command line, power off.
 */
#ifdef __aarch64__
#include "a64.h"
#endif
#include "baremetal.h"
#include "bench.h"

#define RAM          0x40000000ul
#define RAM_BYTES    (128ul << 20)
#define TABLES       0x41000000ul
#define PAGE_BYTES   4096ul
#define SYS_CMDLINE  0x15
#define DESC_TABLE   3ull
#define DESC_PAGE    3ull
#define DESC_BLOCK   1ull
#define DESC_AF      (1ull << 10)
#define DESC_INNER   (3ull << 8)
#define DESC_NORMAL  (0ull << 2)
#define DESC_DEVICE  (1ull << 2)
#define DESC_UXN_PXN (3ull << 53)

#define MAIR       0x00ff /* 0: write-back, 1: Device-nGnRnE */
#define TCR_COMMON (1ul << 8 | 1ul << 10 | 3ul << 12 | 1ul << 23) /* write-back, no TTBR1 */

void asm_system_off(void) __attribute__((noreturn));
void bench_main(void);
extern const uint32_t bench_owns_el3;

/* Whether the program is started at EL3; in the text, not in .bss, for start-a32.S. */
#ifdef BENCH_OWNS_EL3
const uint32_t bench_owns_el3 = 1;
#else
const uint32_t bench_owns_el3 = 0;
#endif

#ifdef __aarch64__
static void enable_mmu(const uint64_t *tables)
{
    write_reg(mair_el1, MAIR);
    write_reg(tcr_el1, TCR_COMMON | 25);
    write_reg(ttbr0_el1, (uintptr_t)tables);
    __asm__ volatile("dsb ish; tlbi vmalle1; dsb ish; isb" ::: "memory");
    write_reg(sctlr_el1, 0x30d0180d); /* M, C, I, SA, SA0 */
}
#else
#define write_cp15(value, crn, crm, op2)                                                       \
    __asm__ volatile("mcr p15, 0, %0, c" #crn ", c" #crm ", " #op2 ::"r"(value) : "memory")

/* The long descriptors, which are those of AArch64. */
static void enable_mmu(const uint64_t *tables)
{
    uint32_t sctlr;
    write_cp15(MAIR, 10, 2, 0);
    write_cp15(TCR_COMMON | 1ul << 31, 2, 0, 2); /* TTBCR.EAE */
    __asm__ volatile("mcrr p15, 0, %0, %1, c2" ::"r"(tables), "r"(0) : "memory");
    write_cp15(0, 8, 7, 0); /* TLBIALL */
    __asm__ volatile("dsb; isb" ::: "memory");
    __asm__ volatile("mrc p15, 0, %0, c1, c0, 0" : "=r"(sctlr));
    write_cp15(sctlr | 0x1805, 1, 0, 0); /* M, C, Z, I */
    __asm__ volatile("isb");
}
#endif

/* The first GiB is devices, the second RAM in pages. */
static void start_mmu(void)
{
    uint64_t *level1 = (uint64_t *)TABLES;
    uint64_t *level2 = level1 + 512;
    uint64_t *level3 = level2 + 512;
    for (unsigned i = 0; i < 512; i++) {
        level1[i] = 0;
        level2[i] = 0;
    }
    level1[0] = DESC_BLOCK | DESC_AF | DESC_DEVICE | DESC_UXN_PXN;
    level1[1] = (uintptr_t)level2 | DESC_TABLE;
    for (unsigned long page = 0; page < RAM_BYTES / PAGE_BYTES; page++) {
        level3[page] =
            (RAM + page * PAGE_BYTES) | DESC_PAGE | DESC_AF | DESC_INNER | DESC_NORMAL;
    }
    for (unsigned long table = 0; table < RAM_BYTES >> 21; table++) {
        level2[table] = (uintptr_t)(level3 + 512 * table) | DESC_TABLE;
    }
    enable_mmu(level1);
}

/* The last word of the command line. */
static uint64_t requested_units(void)
{
    static char text[256];
    uintptr_t block[2] = {(uintptr_t)text, sizeof(text)};
    if (semihosting(SYS_CMDLINE, block) != 0) {
        print("no command line\n");
        semihosting_exit(3);
    }
    uint64_t units = 0;
    for (const char *at = text; *at; at++) {
        units = *at >= '0' && *at <= '9' ? units * 10 + (uint64_t)(*at - '0') : 0;
    }
    return units;
}

void bench_main(void)
{
    console_start();
    start_mmu();
    uint64_t units = requested_units();
    bench_prepare();
    uint64_t sum = bench_run(units);
    print("checksum ");
    print_hex(sum);
    print("\n");
    if (bench_owns_el3) {
        semihosting_exit(0); /* nobody answers its PSCI calls */
    }
    asm_system_off();
}
