/* SPDX-License-Identifier: MIT */
/*
 * Runtime of the bench guests: identity map of 4 KiB pages as user programs have them, the
 * number of units from the semihosting command line, result on the PL011, power off.
 */
#include "bench.h"

#define UART         0x09000000ul
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

#define write_register(name, value)                                                            \
    __asm__ volatile("msr " #name ", %0" ::"r"((uint64_t)(value)) : "memory")

uint64_t asm_semihosting(uint64_t operation, void *parameter);
void asm_system_off(void) __attribute__((noreturn));
void semihosting_exit(uint64_t status) __attribute__((noreturn));
void bench_main(void);
void *memset(void *to, int byte, size_t bytes);
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);

/* The compiler calls these by itself. */
void *memset(void *to, int byte, size_t bytes)
{
    for (char *at = to; bytes--; at++) {
        *at = (char)byte;
        __asm__ volatile("" ::: "memory");
    }
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    char *at = to;
    const char *source = from;
    while (bytes--) {
        *at++ = *source++;
        __asm__ volatile("" ::: "memory");
    }
    return to;
}

static void print_char(char c)
{
    while (*(volatile uint32_t *)(UART + 0x18) & 0x20) {
    }
    *(volatile uint32_t *)UART = (uint32_t)c;
}

static void print(const char *text)
{
    for (; *text; text++) {
        print_char(*text);
    }
}

static void print_hex(uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4) {
        print_char("0123456789abcdef"[value >> shift & 15]);
    }
}

/* Level 1 covers 512 GiB; the first GiB is devices, the second RAM in pages. */
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
    level1[1] = (uint64_t)level2 | DESC_TABLE;
    for (uint64_t page = 0; page < RAM_BYTES / PAGE_BYTES; page++) {
        level3[page] =
            (RAM + page * PAGE_BYTES) | DESC_PAGE | DESC_AF | DESC_INNER | DESC_NORMAL;
    }
    for (uint64_t table = 0; table < RAM_BYTES >> 21; table++) {
        level2[table] = (uint64_t)(level3 + 512 * table) | DESC_TABLE;
    }
    write_register(mair_el1, 0x00ff); /* 0: write-back, 1: Device-nGnRnE */
    write_register(tcr_el1, 25 | 1ull << 8 | 1ull << 10 | 3ull << 12 | 1ull << 23);
    write_register(ttbr0_el1, level1);
    __asm__ volatile("dsb ish; tlbi vmalle1; dsb ish; isb" ::: "memory");
    write_register(sctlr_el1, 0x30d0180d); /* M, C, I, SA, SA0 */
    __asm__ volatile("isb");
}

/* The last word of the command line. */
static uint64_t requested_units(void)
{
    static char text[256];
    uint64_t block[2] = {(uint64_t)text, sizeof(text)};
    if (asm_semihosting(SYS_CMDLINE, block) != 0) {
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
    *(volatile uint32_t *)(UART + 0x30) = 0x301;
    start_mmu();
    uint64_t units = requested_units();
    bench_prepare();
    uint64_t sum = bench_run(units);
    print("checksum ");
    print_hex(sum);
    print("\n");
#ifdef BENCH_END_BY_SEMIHOSTING
    semihosting_exit(0);
#else
    asm_system_off();
#endif
}
