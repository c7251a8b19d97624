/* SPDX-License-Identifier: MIT */
/*
 * A chain that ignores the immediate, as some firmware does,
 * beside one that does not.
 */
#include "guest.h"

void guest_main(void)
{
    check("starts at EL2", current_level(), 2);
    check_answer("SMC #0", call(SMC, PSCI_VERSION, 0, 0, 0), 0x10001);
    check_answer("SMC #1", call(SMC_1, PSCI_VERSION, 0, 0, 0), 0x10001);
    check_answer("SMC #0xffff", call(SMC_FFFF, PSCI_VERSION, 0, 0, 0), 0x10001);
    check_answer("SMC #1, unknown id", call(SMC_1, 0x8400001f, 0, 0, 0), NOT_SUPPORTED);
    check_answer("HVC #0", call(HVC, PSCI_VERSION, 0, 0, 0), 0x10001);
    check_trap("HVC #1", call(HVC_1, PSCI_VERSION, 0, 0, 0), 2, ESR_HVC(1), 4);
}
