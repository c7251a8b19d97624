/* SPDX-License-Identifier: MIT */
/*
 * CPU_ON, CPU_OFF and AFFINITY_INFO with four CPUs: the state at the entry point (DEN0022 6.4),
 * the states in between, and a race in which two CPUs switch on a third: exactly one succeeds.
 */
#include "guest.h"

#define ENTRY   ((uint64_t)secondary_entry)
#define CONTEXT 0x123456789abcdef0ull
#define ROUNDS  20

/* Where the started CPUs write. */
static volatile uint64_t started[CPUS_MAX], context_seen[CPUS_MAX], level_seen[CPUS_MAX];
static volatile uint64_t daif_seen[CPUS_MAX], spsel_seen[CPUS_MAX], sctlr_seen[CPUS_MAX];
static volatile uint64_t command[CPUS_MAX], answer[CPUS_MAX];

enum { STAY, GO_OFF, START_3 };

static void secondary(uint64_t context, uint64_t daif, uint64_t spsel)
{
    unsigned cpu = this_cpu();
    uint64_t sctlr;
    __asm__ volatile("mrs %0, sctlr_el1" : "=r"(sctlr));
    context_seen[cpu] = context;
    level_seen[cpu] = current_level();
    daif_seen[cpu] = daif;
    spsel_seen[cpu] = spsel;
    sctlr_seen[cpu] = sctlr;
    answer[cpu] = 0x77;
    started[cpu] = 1;
    for (;;) {
        uint64_t what = command[cpu];
        if (what == GO_OFF) {
            command[cpu] = STAY;
            answer[cpu] = (uint64_t)psci(PSCI_CPU_OFF, 0, 0, 0);
        } else if (what == START_3) {
            command[cpu] = STAY;
            answer[cpu] = (uint64_t)psci(PSCI_CPU_ON | SMC64, 3, ENTRY, cpu);
        }
    }
}

static uint64_t info(uint64_t cpu, uint64_t level)
{
    return (uint64_t)psci(PSCI_AFFINITY_INFO, cpu, level, 0);
}

static bool wait_until_off(unsigned cpu)
{
    uint64_t end = counter() + 5 * counter_frequency();
    while (info(cpu, 0) != 1 && counter() < end) {
    }
    return info(cpu, 0) == 1;
}

static void check_entry_state(unsigned cpu)
{
    check("context id", context_seen[cpu], CONTEXT + cpu);
    check("level is the highest Non-secure one", level_seen[cpu], current_level());
    check("DAIF are masked", daif_seen[cpu], 0x3c0);
    check("SPSel is 1", spsel_seen[cpu], 1);
    check("MMU and data cache are off", sctlr_seen[cpu] & 5, 0);
}

static void start_one(unsigned cpu)
{
    started[cpu] = 0;
    check("AFFINITY_INFO before: OFF", info(cpu, 0), 1);
    check("CPU_ON", (uint64_t)psci(PSCI_CPU_ON | SMC64, cpu, ENTRY, CONTEXT + cpu), 0);
    check("it starts", wait_for(&started[cpu], 1), true);
    check("AFFINITY_INFO after: ON", info(cpu, 0), 0);
    check("CPU_ON again", (uint64_t)psci(PSCI_CPU_ON | SMC64, cpu, ENTRY, 0), ALREADY_ON);
    check_entry_state(cpu);
}

static void stop(unsigned cpu)
{
    answer[cpu] = 0x77;
    command[cpu] = GO_OFF;
    check("CPU_OFF is seen by AFFINITY_INFO", wait_until_off(cpu), true);
    check("CPU_OFF does not return", answer[cpu], 0x77);
}

/* CPUs 1 and 2 both start CPU 3; whoever comes late gets ON_PENDING or ALREADY_ON. */
static void race(void)
{
    unsigned successes = 0, others = 0, starts = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        started[3] = 0;
        answer[1] = answer[2] = 0x77;
        command[1] = START_3;
        command[2] = START_3;
        uint64_t end = counter() + 5 * counter_frequency();
        while ((answer[1] == 0x77 || answer[2] == 0x77) && counter() < end) {
        }
        for (unsigned cpu = 1; cpu <= 2; cpu++) {
            successes += answer[cpu] == 0;
            others += answer[cpu] == ON_PENDING || answer[cpu] == ALREADY_ON;
        }
        starts += wait_for(&started[3], 1);
        command[3] = GO_OFF;
        wait_until_off(3);
    }
    check("race: one success each time", successes, ROUNDS);
    check("race: the other one is told so", others, ROUNDS);
    check("race: CPU 3 starts each time", starts, ROUNDS);
}

/* From the call until the CPU runs, AFFINITY_INFO may say ON_PENDING and then ON, nothing else.
 */
static void pending(void)
{
    unsigned odd = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        started[3] = 0;
        psci(PSCI_CPU_ON | SMC64, 3, ENTRY, 0);
        uint64_t second = (uint64_t)psci(PSCI_CPU_ON | SMC64, 3, ENTRY, 0);
        odd += second != ON_PENDING && second != ALREADY_ON;
        bool on = false;
        while (!started[3]) {
            uint64_t now = info(3, 0);
            odd += now != 2 && now != 0;
            odd += on && now != 0;
            on = now == 0;
        }
        command[3] = GO_OFF;
        wait_until_off(3);
    }
    check("pending: OFF, ON_PENDING, ON in order", odd, 0);
}

void guest_main(void)
{
    secondary_hook = secondary;
    check("CPU 0 is ON", info(0, 0), 0);
    check("CPU_ON of oneself", (uint64_t)psci(PSCI_CPU_ON | SMC64, 0, ENTRY, 0), ALREADY_ON);
    for (unsigned cpu = 1; cpu < 4; cpu++) {
        start_one(cpu);
    }
    check("level 1: ON", info(0, 1), 0);
    check("lower fields do not matter", info(0x3, 1), 0);
    for (unsigned cpu = 1; cpu < 4; cpu++) {
        stop(cpu);
    }
    check("level 1: still ON", info(0, 1), 0);
    /* An SMC32 call has 32-bit arguments. */
    started[1] = 0;
    check("CPU_ON, SMC32",
          (uint64_t)psci(PSCI_CPU_ON, 0xffffffff00000001, 0xffffffff00000000 | ENTRY,
                         0xffffffff00000000 | CONTEXT),
          0);
    check("it starts", wait_for(&started[1], 1), true);
    check("context id has 32 bits", context_seen[1], (uint32_t)CONTEXT);
    start_one(2);
    pending();
    race();
    stop(1);
    stop(2);
}
