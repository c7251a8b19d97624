/* SPDX-License-Identifier: MIT */
/*
 * SYSTEM_RESET, SYSTEM_RESET2 and SYSTEM_OFF2: the guest starts again, and finds in RAM how far
 * it had come; the last call ends the machine.
 */
#include "guest.h"

#define MARK 0x6d61726b6d61726bull

/* RAM that no image covers: what stands there at the first start is zero. */
#define KEPT ((volatile uint64_t *)0x46000000)

enum { MAGIC, STAGE };

static void switch_off(void)
{
    summarise();
    psci(PSCI_SYSTEM_OFF2, 1, 0, 0);
    give_up("SYSTEM_OFF2 returned");
}

void guest_main(void)
{
    if (KEPT[MAGIC] != MARK) {
        check("memory is zero at first", KEPT[MAGIC] | KEPT[STAGE], 0);
        KEPT[MAGIC] = MARK;
        print("reset\n");
        psci(PSCI_SYSTEM_RESET, 0, 0, 0);
        give_up("SYSTEM_RESET returned");
    }
    check("RAM is kept by a reset", KEPT[MAGIC], MARK);
    check("starts at EL1", current_level(), 1);
    check("CPU 1 is off", (uint64_t)psci(PSCI_AFFINITY_INFO, 1, 0, 0), 1);
    switch (KEPT[STAGE]++) {
    case 0:
        print("warm reset\n");
        psci(PSCI_SYSTEM_RESET2 | SMC64, 0, 0, 0);
        give_up("SYSTEM_RESET2 returned");
    case 1:
        print("vendor reset\n");
        psci(PSCI_SYSTEM_RESET2 | SMC64, 0x80000007, 0, 0);
        give_up("SYSTEM_RESET2 of a vendor's type returned");
    default: switch_off();
    }
}
