/* SPDX-License-Identifier: MIT */
/*
 * EL3 is reported by the ID registers, but the emulator plays its firmware: the guest starts
 * below it and calls by SMC. What nobody answers has no EL3 code to go to: UNDEFINED.
 */
#include "guest.h"

void guest_main(void)
{
    uint64_t features;
    __asm__("mrs %0, id_aa64pfr0_el1" : "=r"(features));
    check("ID_AA64PFR0_EL1.EL3 is there", (features >> 12 & 15) != 0, true);
    check("starts at EL1", current_level(), 1);
    check_answer("PSCI_VERSION by SMC", call(SMC, PSCI_VERSION, 0, 0, 0), 0x10001);
    check_undefined("id that nobody has", call(SMC, 0x8400001f, 0, 0, 0), 1);
    check_undefined("SMC #1", call(SMC_1, PSCI_VERSION, 0, 0, 0), 1);
    check_undefined("HVC without EL2", call(HVC, PSCI_VERSION, 0, 0, 0), 1);
}
