/* SPDX-License-Identifier: MIT */
/*
 * MEM_PROTECT: protected memory is overwritten before the guest runs again, and protection is
 * off then. RAM cannot tell the two starts apart, since it is zero at both; the system counter
 * can, which no reset stops. The clock is virtual, so the first start comes early for certain.
 */
#include "guest.h"

#define SECRET ((volatile uint64_t *)0x46000000)
#define LATE   (counter_frequency() / 10)

void guest_main(void)
{
    if (counter() < LATE) {
        SECRET[0] = 0x5ec2e7;
        SECRET[0x200000] = 0x5ec2e7; /* 16 MiB on */
        if (psci(PSCI_MEM_PROTECT, 1, 0, 0) != 0) {
            give_up("memory was protected at first");
        }
        while (counter() < LATE) {
        }
        psci(PSCI_SYSTEM_RESET, 0, 0, 0);
        give_up("SYSTEM_RESET returned");
    }
    check("the secret is gone", SECRET[0], 0);
    check("everywhere", SECRET[0x200000], 0);
    check("MEM_PROTECT is off after that", (uint64_t)psci(PSCI_MEM_PROTECT, 0, 0, 0), 0);
}
