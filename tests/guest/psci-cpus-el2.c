/* SPDX-License-Identifier: MIT */
/*
 * The same as psci-cpus, started at EL2 and by SMC: CPUs start at EL2 then, also when the
 * caller is at EL1, because that is the highest Non-secure level.
 */
#include "guest.h"

static volatile uint64_t level_seen;
static volatile uint64_t started;

static void secondary(uint64_t context, uint64_t daif, uint64_t spsel)
{
    (void)daif;
    (void)spsel;
    level_seen = current_level();
    started = context;
    psci(PSCI_CPU_OFF, 0, 0, 0);
}

static void start(const char *name, uint64_t cpu, uint64_t context)
{
    check(name, (uint64_t)psci(PSCI_CPU_ON | SMC64, cpu, (uint64_t)secondary_entry, context),
          0);
    check("it starts", wait_for(&started, context), true);
    check("at EL2", level_seen, 2);
}

static void at_el1(void)
{
    check("goes on at EL1", current_level(), 1);
    start("CPU_ON from EL1", 2, 2);
    finish();
}

void guest_main(void)
{
    by = SMC;
    secondary_hook = secondary;
    check("starts at EL2", current_level(), 2);
    start("CPU_ON from EL2", 1, 1);
    drop_to(1, false, 0, at_el1);
}
