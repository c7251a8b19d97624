/* SPDX-License-Identifier: MIT */
/*
 * SYSTEM_SUSPEND: refused while another CPU is on; else the caller is powered down, and an
 * interrupt wakes it at its entry point.
 */
#include "guest.h"

#define ENTRY    ((uint64_t)secondary_entry)
#define SLEEP_US 20000

static volatile uint64_t asleep_at, other_is_on, other_may_stop;

static void entered(uint64_t context, uint64_t daif, uint64_t spsel)
{
    (void)daif;
    (void)spsel;
    if (this_cpu() == 1) {
        other_is_on = 1;
        while (!other_may_stop) {
        }
        psci(PSCI_CPU_OFF, 0, 0, 0);
    }
    uint64_t us = (counter() - asleep_at) * 1000000 / counter_frequency();
    check("woken with the context id", context, 0xc0ffee);
    check("at EL1", current_level(), 1);
    check("after the timer", us >= SLEEP_US && us < 200 * SLEEP_US, true);
    check("the other CPU is still off", (uint64_t)psci(PSCI_AFFINITY_INFO, 1, 0, 0), 1);
    timer_off();
    finish();
}

void guest_main(void)
{
    secondary_hook = entered;
    check("CPU_ON", (uint64_t)psci(PSCI_CPU_ON | SMC64, 1, ENTRY, 0), 0);
    check("refused at once", (uint64_t)psci(PSCI_SYSTEM_SUSPEND | SMC64, ENTRY, 1, 0), DENIED);
    check("the other CPU runs", wait_for(&other_is_on, 1), true);
    check("refused while it runs", (uint64_t)psci(PSCI_SYSTEM_SUSPEND | SMC64, ENTRY, 1, 0),
          DENIED);
    other_may_stop = 1;
    uint64_t end = counter() + 5 * counter_frequency();
    while (psci(PSCI_AFFINITY_INFO, 1, 0, 0) != 1 && counter() < end) {
    }
    gic_start();
    asleep_at = counter();
    timer_in_us(SLEEP_US);
    psci(PSCI_SYSTEM_SUSPEND | SMC64, ENTRY, 0xc0ffee, 0);
    give_up("SYSTEM_SUSPEND returned");
}
