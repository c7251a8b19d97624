/* SPDX-License-Identifier: MIT */
/*
 * Two PSCI services for different callers in one chain: the Secure world has one of version
 * 0.2, the Normal world one of 1.1, and the guest's EL3 gets what neither has. Each can start
 * a CPU, in its world.
 */
#include "guest.h"

static volatile uint64_t started, started_secure;

/* Which PSCI answers tells in which world it runs. */
static void other_cpu(uint64_t context, uint64_t daif, uint64_t spsel)
{
    (void)daif;
    (void)spsel;
    started_secure = call(SMC, PSCI_VERSION, 0, 0, 0).x[0];
    started = context;
    psci(PSCI_CPU_OFF, 0, 0, 0);
}

static void in_normal_world(void)
{
    check("Normal world: level", current_level(), 1);
    check_answer("Normal world: 1.1", call(SMC, PSCI_VERSION, 0, 0, 0), 0x10001);
    check_answer("Normal world: PSCI_FEATURES", call(SMC, PSCI_FEATURES, PSCI_CPU_ON, 0, 0), 0);
    check_trap("EL3 has the rest", call(SMC, 0x82000000, 0, 0, 0), 3, ESR_SMC(0), 4);
    check("CPU_ON",
          (uint64_t)psci(PSCI_CPU_ON | SMC64, 1, (uint64_t)(uintptr_t)secondary_entry, 8), 0);
    check("it runs", wait_for(&started, 8), 1);
    check("in the Normal world", started_secure, 0x10001);
    finish();
}

/* EL3: what neither service has; x0 = 0x83000000 asks to go on in the Normal world. */
static bool at_el3(struct frame *frame)
{
    if (frame->level == 3 && frame->x[0] == 0x83000000) {
        exception_hook = NULL;
        drop_to(1, false, 0, in_normal_world);
    }
    return false;
}

static void in_secure_world(void)
{
    check("Secure world: level", current_level(), 1);
    check_answer("Secure world: 0.2", call(SMC, PSCI_VERSION, 0, 0, 0), 2);
    check_trap("Secure world: no PSCI_FEATURES", call(SMC, PSCI_FEATURES, PSCI_CPU_ON, 0, 0), 3,
               ESR_SMC(0), 4);
    check("CPU_ON",
          (uint64_t)psci(PSCI_CPU_ON | SMC64, 1, (uint64_t)(uintptr_t)secondary_entry, 7), 0);
    check("it runs", wait_for(&started, 7), 1);
    check("in the Secure world", started_secure, 2);
    while (psci(PSCI_AFFINITY_INFO, 1, 0, 0) != 1) {
    }
    exception_hook = at_el3;
    call(SMC, 0x83000000, 0, 0, 0);
    give_up("the Normal world was not entered");
}

void guest_main(void)
{
    by = SMC;
    secondary_hook = other_cpu;
    check("starts at EL3", current_level(), 3);
    check_trap("EL3: nobody answers", call(SMC, PSCI_VERSION, 0, 0, 0), 3, ESR_SMC(0), 4);
    drop_to(1, true, 0, in_secure_world);
}
