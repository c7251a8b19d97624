/* SPDX-License-Identifier: MIT */
/*
 * Firmware for the boards with 32-bit CPUs: it starts where the board resets, checks that this
 * is Secure state at the highest level with the registers as they are after reset, meets the
 * other CPUs, and says so by the board's own UART. RAM keeps its contents over a reset, so
 * nothing here takes memory for zero. The board is told by -D (see meson.build).
 */
#include <stdbool.h>
#include <stdint.h>

#define CPUS_MAX 4u

#define SYS_EXIT_EXTENDED 0x20
#define APPLICATION_EXIT  0x20026

/* What start.S notes of a CPU, in this order. */
struct start {
    uint32_t cpsr, pc, mpidr, sctlr, vbar, scr, nsacr;
};

uint32_t semihosting(uint32_t operation, const void *parameter);
uint32_t smc_reaches_monitor(void);
void firmware(const struct start *start, unsigned cpu);
void give_up(uint32_t lr) __attribute__((noreturn));
extern char _start[];

#define GREETING 0x600d0000u

/* GREETING + round, by each CPU but the first; `round` is the first one's. */
static volatile uint32_t greetings[CPUS_MAX], round;
static struct start starts[CPUS_MAX];
static uint32_t passed, failed;

/* ---- the UART ---- */

static void write_register(uint32_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

static uint32_t read_register(uint32_t address)
{
    return *(volatile uint32_t *)address;
}

#ifdef UART_IS_IMX
/* UCR1.UARTEN; UCR2: ignore RTS, 8 bits, transmitter on, no reset; UTS.TXFULL. */
static void uart_init(void)
{
    write_register(UART + 0x80, 1);
    write_register(UART + 0x84, 1u << 14 | 1u << 5 | 1u << 2 | 1);
}

static void print_char(char c)
{
    while (read_register(UART + 0xb4) & 1u << 4) {
    }
    write_register(UART + 0x40, (uint8_t)c);
}
#else
/* PL011. LCR_H: 8 bits with FIFO; CR: UARTEN, TXE; FR.TXFF. */
static void uart_init(void)
{
    write_register(UART + 0x2c, 0x70);
    write_register(UART + 0x30, 0x101);
}

static void print_char(char c)
{
    while (read_register(UART + 0x18) & 1u << 5) {
    }
    write_register(UART, (uint8_t)c);
}
#endif

static void print(const char *text)
{
    while (*text) {
        print_char(*text++);
    }
}

static void print_hex(uint32_t value)
{
    print("0x");
    for (int shift = 28; shift >= 0; shift -= 4) {
        print_char("0123456789abcdef"[value >> shift & 15]);
    }
}

static void print_decimal(uint32_t value)
{
    if (value >= 10) {
        print_decimal(value / 10);
    }
    print_char((char)('0' + value % 10));
}

/* ---- the end ---- */

static void finish(uint32_t status)
{
    const uint32_t block[2] = {APPLICATION_EXIT, status};
    semihosting(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}

void give_up(uint32_t lr)
{
    uart_init();
    print("firmware gives up: exception, lr ");
    print_hex(lr);
    print("\n");
    finish(3);
    for (;;) {
    }
}

static void check(const char *what, unsigned cpu, uint32_t got, uint32_t want)
{
    print("check ");
    print(what);
    print(" of cpu");
    print_decimal(cpu);
    print(": got ");
    print_hex(got);
    print(" want ");
    print_hex(want);
    print(got == want ? " ok\n" : " FAILED\n");
    *(got == want ? &passed : &failed) += 1;
}

/* ---- checks ---- */

static uint32_t read_midr(void)
{
    uint32_t value;
    __asm__("mrc p15, 0, %0, c0, c0, 0" : "=r"(value));
    return value;
}

#ifdef PERIPHBASE
static uint32_t read_cbar(void)
{
    uint32_t value;
    __asm__("mrc p15, 4, %0, c15, c0, 0" : "=r"(value));
    return value;
}
#endif

/* Supervisor mode in A32, all masked; Secure; the MMU and caches off. */
static void check_start(unsigned cpu)
{
    const struct start *start = &starts[cpu];
    check("CPSR (A, I, F, T, mode)", cpu, start->cpsr & 0x1ff, 0x1d3);
    check("first instruction", cpu, start->pc, (uint32_t)_start);
    check("MPIDR", cpu, start->mpidr, 0x80000000u | AFFINITY | cpu);
    check("SCTLR", cpu, start->sctlr, SCTLR);
    check("VBAR", cpu, start->vbar, 0);
    check("SCR", cpu, start->scr, 0);
    check("NSACR", cpu, start->nsacr, 0);
}

/* IGROUPR is there for Secure accesses only (IHI 0048, 4.3.4). */
static void check_secure_bus(void)
{
    uint32_t igroupr1 = GICD + 0x84;
    write_register(igroupr1, 0xffffffff);
    check("GICD_IGROUPR1", 0, read_register(igroupr1), 0xffffffff);
    write_register(igroupr1, 0);
    check("GICD_IGROUPR1 again", 0, read_register(igroupr1), 0);
}

static void wait_for(volatile uint32_t *word, uint32_t value)
{
    while (*word != value) {
        __asm__ volatile("wfe" ::: "memory");
    }
}

static void set(volatile uint32_t *word, uint32_t value)
{
    *word = value;
    __asm__ volatile("dsb\n\tsev" ::: "memory");
}

/* Each other CPU says that it is here, and sleeps till it is asked again. */
static void meet_others(void)
{
    for (uint32_t n = 1; n <= 2; n++) {
        set(&round, GREETING + n);
        for (unsigned cpu = 1; cpu < CPUS; cpu++) {
            wait_for(&greetings[cpu], GREETING + n);
        }
    }
}

static void be_met(unsigned cpu)
{
    for (uint32_t n = 1; n <= 2; n++) {
        wait_for(&round, GREETING + n);
        set(&greetings[cpu], GREETING + n);
    }
}

void firmware(const struct start *start, unsigned cpu)
{
    starts[cpu] = *start;
    __asm__ volatile("dmb" ::: "memory");
    if (cpu) {
        be_met(cpu);
        return;
    }
    passed = failed = 0;
    uart_init();
    meet_others();
    for (unsigned n = 0; n < CPUS; n++) {
        check_start(n);
    }
    check("MIDR", 0, read_midr(), MIDR);
#ifdef PERIPHBASE
    check("CBAR", 0, read_cbar(), PERIPHBASE);
#endif
    check_secure_bus();
    check("mode that takes SMC", 0, smc_reaches_monitor() & 0x1f, 0x16);
    print_decimal(passed);
    print(" passed, ");
    print_decimal(failed);
    print(" failed\n");
    finish(failed ? 1 : 0);
}
