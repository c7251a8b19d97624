/* SPDX-License-Identifier: MIT */
/*
 * A chain without smccc-unknown and no EL3: a call that nobody claims is UNDEFINED, and ids
 * that PSCI's version lacks are nobody's.
 */
#include "guest.h"

void guest_main(void)
{
    check("starts at EL1", current_level(), 1);
    check_answer("PSCI_VERSION", call(HVC, PSCI_VERSION, 0, 0, 0), 0x2);
    check_undefined("PSCI_FEATURES is not in 0.2", call(HVC, PSCI_FEATURES, 0, 0, 0), 1);
    check_undefined("SYSTEM_RESET2 is not in 0.2", call(HVC, PSCI_SYSTEM_RESET2, 0, 0, 0), 1);
    check_undefined("unknown id", call(HVC, 0x8400001f, 0, 0, 0), 1);
    check_undefined("id 0", call(HVC, 0, 0, 0, 0), 1);
    struct outcome outcome = call(HVC, 0xffffffff, 1, 2, 3);
    check_undefined("id 0xffffffff", outcome, 1);
    check("x0 is left alone", outcome.x[0], 0xffffffff);
    check("so is the rest", kept_registers(&outcome, 1, 2, 3), true);
}
