/* SPDX-License-Identifier: MIT */
/*
 * CPU_SUSPEND: standby returns after the call, power-down resumes at the entry point with the
 * context id and a reset CPU. The timer's interrupt wakes although PSTATE masks it. Statistics
 * count what was entered.
 */
#include "guest.h"

#define STANDBY     0x00000000u
#define CORE_OFF    0x00010000u
#define CLUSTER_OFF 0x01010000u
#define SLEEP_US    20000
#define ENTRY       ((uint64_t)secondary_entry)

static volatile uint64_t stage, asleep_at;

static void arm_and_note(void)
{
    gic_start();
    asleep_at = counter();
    timer_in_us(SLEEP_US);
}

static void check_slept(void)
{
    uint64_t us = (counter() - asleep_at) * 1000000 / counter_frequency();
    check("it slept until the timer", us >= SLEEP_US && us < 200 * SLEEP_US, true);
    timer_off();
}

static void check_woken(const char *name, uint64_t context, uint64_t want, uint64_t daif)
{
    uint64_t sctlr;
    __asm__ volatile("mrs %0, sctlr_el1" : "=r"(sctlr));
    check(name, context, want);
    check("DAIF are masked", daif, 0x3c0);
    check("at EL1", current_level(), 1);
    check("MMU is off", sctlr & 5, 0);
    check_slept();
}

static uint64_t statistic(uint64_t id, uint64_t power_state)
{
    return (uint64_t)psci(id | SMC64, 0, power_state, 0);
}

static void check_statistics(void)
{
    check("STAT_COUNT standby", statistic(PSCI_STAT_COUNT, STANDBY), 2);
    check("STAT_COUNT core", statistic(PSCI_STAT_COUNT, CORE_OFF), 3);
    check("STAT_COUNT cluster", statistic(PSCI_STAT_COUNT, CLUSTER_OFF), 1);
    uint64_t us = statistic(PSCI_STAT_RESIDENCY, CORE_OFF);
    check("STAT_RESIDENCY core", us >= SLEEP_US && us < 600 * SLEEP_US, true);
    us = statistic(PSCI_STAT_RESIDENCY, CLUSTER_OFF);
    check("STAT_RESIDENCY cluster", us > 0 && us < 200 * SLEEP_US, true);
}

static void woken(uint64_t context, uint64_t daif, uint64_t spsel)
{
    (void)spsel;
    switch (stage++) {
    case 0:
        check_woken("core: context id", context, 0xfedcba9876543210, daif);
        /* All other CPUs are off, so the cluster goes down too. */
        arm_and_note();
        psci(PSCI_CPU_SUSPEND | SMC64, CLUSTER_OFF, ENTRY, 2);
        give_up("CPU_SUSPEND, cluster, returned");
    case 1:
        check_woken("cluster: context id", context, 2, daif);
        arm_and_note();
        psci(PSCI_DEFAULT_SUSPEND | SMC64, ENTRY, 3, 0);
        give_up("CPU_DEFAULT_SUSPEND returned");
    case 2:
        check_woken("default: context id", context, 3, daif);
        check_statistics();
        finish();
    default: give_up("woken too often");
    }
}

void guest_main(void)
{
    secondary_hook = woken;
    arm_and_note();
    check("standby returns 0", (uint64_t)psci(PSCI_CPU_SUSPEND | SMC64, STANDBY, 0, 0), 0);
    check_slept();
    /* An interrupt that is pending already: no sleep at all. */
    timer_in_us(0);
    delay_us(1000);
    check("standby with the interrupt pending",
          (uint64_t)psci(PSCI_CPU_SUSPEND | SMC64, STANDBY, 0, 0), 0);
    timer_off();
    arm_and_note();
    psci(PSCI_CPU_SUSPEND | SMC64, CORE_OFF, ENTRY, 0xfedcba9876543210);
    give_up("CPU_SUSPEND, core, returned");
}
