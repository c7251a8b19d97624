/* SPDX-License-Identifier: MIT */
/*
 * The chain's order decides between services that claim the same id: on the SMC chain psci
 * stands before smccc-unknown, on the HVC chain behind it. An id of PSCI 0.1 that another
 * instance of psci has is answered beside those of 1.1.
 */
#include "guest.h"

void guest_main(void)
{
    check("starts at EL1", current_level(), 1);
    check_answer("psci first", call(SMC, PSCI_VERSION, 0, 0, 0), 0x10001);
    check_answer("smccc-unknown first", call(HVC, PSCI_VERSION, 0, 0, 0), NOT_SUPPORTED);
    /* PSCI 0.1 CPU_ON by KVM's id: CPU 0 is on; that version folds ALREADY_ON into -2. */
    check_answer("0.1 beside 1.1", call(SMC, 0x95c1ba60, 0, 0x40080000, 0), INVALID_PARAMETERS);
    check_answer("CPU_ON of 1.1", call(SMC, PSCI_CPU_ON, 0, 0x40080000, 0), ALREADY_ON);
    check_answer("bit 16 of a 0.1 id is no hint", call(SMC, 0x95c0ba60, 0, 0x40080000, 0),
                 NOT_SUPPORTED);
}
