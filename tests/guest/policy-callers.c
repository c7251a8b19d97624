/* SPDX-License-Identifier: MIT */
/*
 * A claim for one caller only: psci answers Non-secure EL1, smccc-unknown answers EL2; what one
 * of them may call is nobody's for the other.
 */
#include "guest.h"

static void at_el1(void)
{
    check("goes on at EL1", current_level(), 1);
    check_answer("EL1: PSCI_VERSION", call(SMC, PSCI_VERSION, 0, 0, 0), 0x10001);
    check_undefined("EL1: unknown id", call(SMC, 0x8400001f, 0, 0, 0), 1);
    finish();
}

void guest_main(void)
{
    check("starts at EL2", current_level(), 2);
    check_answer("EL2: PSCI_VERSION", call(SMC, PSCI_VERSION, 0, 0, 0), NOT_SUPPORTED);
    check_answer("EL2: unknown id", call(SMC, 0x8400001f, 0, 0, 0), NOT_SUPPORTED);
    check_undefined("EL2: yielding id is outside the claim", call(SMC, 1, 0, 0, 0), 2);
    drop_to(1, false, 0, at_el1);
}
