/* SPDX-License-Identifier: MIT */
/*
 * Firmware for the boards with 32-bit CPUs: it starts where the board resets, checks that this
 * is Secure state at the highest level with the registers as they are after reset, meets the
 * other CPUs, and says so by the board's own UART. RAM keeps its contents over a reset: CPU 0
 * clears .bss, and what the others write before or after that lies elsewhere. The board is told
 * by -D (see meson.build).
 */
#include "baremetal.h"

#define CPUS_MAX 4u

#define KEPT __attribute__((section(".kept")))

/* What start.S notes of a CPU, in this order. */
struct start {
    uint32_t cpsr, pc, mpidr, sctlr, vbar, scr, nsacr;
};

uint32_t smc_reaches_monitor(void);
void firmware(const struct start *start, unsigned cpu);
void report_exception(uint32_t lr) __attribute__((noreturn));
extern char _start[];

#define GREETING 0x600d0000u

/* GREETING + round, by each CPU but the first; `round` is the first one's. */
static volatile uint32_t KEPT greetings[CPUS_MAX], KEPT round;
static struct start KEPT starts[CPUS_MAX];

static void write_register(uint32_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

static uint32_t read_register(uint32_t address)
{
    return *(volatile uint32_t *)address;
}

void report_exception(uint32_t lr)
{
    console_start();
    print("exception, lr ");
    print_hex(lr);
    print("\n");
    give_up("unexpected exception");
}

/* ---- checks ---- */

static void check_cpu(const char *what, unsigned cpu, uint32_t got, uint32_t want)
{
    print("check ");
    print(what);
    print(" of cpu");
    print_number(cpu);
    print(": got ");
    print_hex(got);
    print(" want ");
    print_hex(want);
    conclude(got == want);
}

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
    check_cpu("CPSR (A, I, F, T, mode)", cpu, start->cpsr & 0x1ff, 0x1d3);
    check_cpu("first instruction", cpu, start->pc, (uint32_t)_start);
    check_cpu("MPIDR", cpu, start->mpidr, 0x80000000u | AFFINITY | cpu);
    check_cpu("SCTLR", cpu, start->sctlr, SCTLR);
    check_cpu("VBAR", cpu, start->vbar, 0);
    check_cpu("SCR", cpu, start->scr, 0);
    check_cpu("NSACR", cpu, start->nsacr, 0);
}

/* IGROUPR is there for Secure accesses only (IHI 0048, 4.3.4). */
static void check_secure_bus(void)
{
    uint32_t igroupr1 = GICD + 0x84;
    write_register(igroupr1, 0xffffffff);
    check("GICD_IGROUPR1", read_register(igroupr1), 0xffffffff);
    write_register(igroupr1, 0);
    check("GICD_IGROUPR1 again", read_register(igroupr1), 0);
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
    console_start();
    meet_others();
    for (unsigned n = 0; n < CPUS; n++) {
        check_start(n);
    }
    check("MIDR", read_midr(), MIDR);
#ifdef PERIPHBASE
    check("CBAR", read_cbar(), PERIPHBASE);
#endif
    check_secure_bus();
    check("mode that takes SMC", smc_reaches_monitor() & 0x1f, 0x16);
    finish();
}
