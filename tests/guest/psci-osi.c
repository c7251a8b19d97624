/* SPDX-License-Identifier: MIT */
/*
 * OS-initiated mode: only the last CPU that runs may ask for the cluster, who is not is DENIED,
 * and one whose neighbour is in standby has INVALID_PARAMETERS. The extended power_state
 * format.
 */
#include "guest.h"

#define STANDBY     0x00000001u
#define CORE_OFF    0x40000002u
#define CLUSTER_OFF 0x40000022u
#define SLEEP_US    20000
#define WAKING_SGI  3
#define ENTRY       ((uint64_t)secondary_entry)

enum { START, SPIN, STAND_BY, SLEEP };
enum { HW_OFF = 1, HW_STANDBY = 2 };

static volatile uint64_t command, doing, woken_by;

static void other_cpu(void)
{
    for (;;) {
        doing = SPIN;
        while (command == SPIN) {
        }
        gic_start();
        doing = command;
        if (command == SLEEP) {
            psci(PSCI_CPU_SUSPEND | SMC64, CORE_OFF, ENTRY, SLEEP);
            give_up("CPU_SUSPEND returned on CPU 1");
        }
        psci(PSCI_CPU_SUSPEND | SMC64, STANDBY, 0, 0);
        woken_by = gicv2_acknowledge();
    }
}

static void entered(uint64_t context, uint64_t daif, uint64_t spsel)
{
    (void)daif;
    (void)spsel;
    if (this_cpu() == 1) {
        if (context == SLEEP) {
            give_up("CPU 1 woke from its sleep");
        }
        other_cpu();
    }
    timer_off();
    check("the last CPU was powered down with the cluster", context, 0xc1);
    check("the cluster was off once",
          (uint64_t)psci(PSCI_STAT_COUNT | SMC64, 0, CLUSTER_OFF, 0), 1);
    finish();
}

static uint64_t ask_for_cluster(void)
{
    return (uint64_t)psci(PSCI_CPU_SUSPEND | SMC64, CLUSTER_OFF, ENTRY, 0xc1);
}

/* CPU 1's request is under way once it is known to do something: wait for the firmware to see
 * it. */
static uint64_t state_of_cpu_1(uint64_t expected)
{
    uint64_t end = counter() + 5 * counter_frequency(), state;
    do {
        state = (uint64_t)psci(PSCI_NODE_HW_STATE, 1, 0, 0);
    } while (state != expected && counter() < end);
    return state;
}

void guest_main(void)
{
    secondary_hook = entered;
    command = SPIN;
    check("FEATURES: extended format, OSI",
          (uint64_t)psci(PSCI_FEATURES, PSCI_CPU_SUSPEND, 0, 0), 3);
    check("original format is refused",
          (uint64_t)psci(PSCI_CPU_SUSPEND | SMC64, 0x10000, ENTRY, 0), INVALID_PARAMETERS);
    check("CPU_ON", (uint64_t)psci(PSCI_CPU_ON | SMC64, 1, ENTRY, START), 0);
    check("CPU 1 runs", wait_for(&doing, SPIN), true);
    check("OSI with all CPUs on", (uint64_t)psci(PSCI_SUSPEND_MODE, 1, 0, 0), 0);
    check("CPU 1 runs: denied", ask_for_cluster(), DENIED);

    command = STAND_BY;
    check("CPU 1 goes to standby", wait_for(&doing, STAND_BY), true);
    check("core of CPU 1 is in standby", state_of_cpu_1(HW_STANDBY), HW_STANDBY);
    check("CPU 1 is in standby: the request does not fit", ask_for_cluster(),
          INVALID_PARAMETERS);
    command = SPIN;
    gicv2_send_sgi(1, WAKING_SGI);
    check("CPU 1 runs again", wait_for(&doing, SPIN), true);
    check("an interrupt woke it", woken_by, WAKING_SGI);

    command = SLEEP;
    check("CPU 1 goes to sleep", wait_for(&doing, SLEEP), true);
    check("core of CPU 1 is off", state_of_cpu_1(HW_OFF), HW_OFF);
    check("mode cannot be left now", (uint64_t)psci(PSCI_SUSPEND_MODE, 0, 0, 0), DENIED);
    gic_start();
    timer_in_us(SLEEP_US);
    ask_for_cluster();
    give_up("the cluster did not go down");
}
