/* SPDX-License-Identifier: MIT */
/*
 * PSCI 0.1 with ids that a board chose: Calxeda's, which collide with other functions of later
 * versions. There are four functions and codes 0 to -3.
 */
#include "guest.h"

#define CALXEDA_SUSPEND 0x84000002u
#define CALXEDA_OFF     0x84000004u
#define CALXEDA_ON      0x84000006u
#define ENTRY           ((uint64_t)secondary_entry)

static volatile uint64_t started, may_stop;

static void entered(uint64_t context, uint64_t daif, uint64_t spsel)
{
    (void)context;
    (void)daif;
    (void)spsel;
    started = 1;
    while (!may_stop) {
    }
    started = 0;
    psci(CALXEDA_OFF, 0, 0, 0);
}

void guest_main(void)
{
    by = SMC;
    secondary_hook = entered;
    check_answer("no PSCI_VERSION", call(SMC, PSCI_VERSION, 0, 0, 0), NOT_SUPPORTED);
    check_answer("no CPU_ON of 0.2", call(SMC, PSCI_CPU_ON, 1, ENTRY, 0), NOT_SUPPORTED);
    check_answer("no MIGRATE, since no id was chosen", call(SMC, 0x95c1ba61, 1, 0, 0),
                 NOT_SUPPORTED);
    check_answer("CPU_ON: bad CPU", call(SMC, CALXEDA_ON, 9, ENTRY, 0), INVALID_PARAMETERS);
    check_answer("CPU_ON: bad entry", call(SMC, CALXEDA_ON, 1, 0x09000000, 0),
                 INVALID_PARAMETERS);
    check_answer("CPU_ON", call(SMC, CALXEDA_ON, 1, ENTRY, 0), 0);
    check("it starts", wait_for(&started, 1), true);
    check_answer("CPU_ON again", call(SMC, CALXEDA_ON, 1, ENTRY, 0), INVALID_PARAMETERS);
    may_stop = 1;
    wait_for(&started, 0);
    uint64_t end = counter() + 5 * counter_frequency();
    uint64_t again = INVALID_PARAMETERS;
    while (again != 0 && counter() < end) {
        again = (uint64_t)psci(CALXEDA_ON, 1, ENTRY, 0);
    }
    check("CPU_OFF, and CPU_ON once more", again, 0);
    gic_start();
    timer_in_us(5000);
    check("CPU_SUSPEND, standby", (uint64_t)psci(CALXEDA_SUSPEND, 0, 0, 0), 0);
    timer_off();
    check("CPU_SUSPEND: bad state", (uint64_t)psci(CALXEDA_SUSPEND, 0x20000, 0, 0),
          INVALID_PARAMETERS);
}
