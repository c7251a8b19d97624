/* SPDX-License-Identifier: MIT */
/*
 * Two opposite policies in one machine: ids of fast SMCCC calls that nobody has are answered
 * -1, while monitor calls that are no SMCCC calls (the number in x12, data in x0, as on
 * highbank) go to the guest's EL3.
 */
#include "guest.h"

static void at_el1(void)
{
    check("goes on at EL1", current_level(), 1);
    check_answer("PSCI id", call(SMC, PSCI_VERSION, 0, 0, 0), 0x10001);
    check_answer("unknown fast id", call(SMC, 0x8400001f, 0, 0, 0), NOT_SUPPORTED);
    check_answer("unknown fast id, SMC64", call(SMC, 0xc2000001, 0, 0, 0), NOT_SUPPORTED);
    check_answer("last id", call(SMC, 0xffffffff, 0, 0, 0), NOT_SUPPORTED);
    for (uint64_t data = 0; data < 2; data++) {
        struct outcome outcome = call_with_x12(SMC, data, 0, 0x102);
        check_trap("monitor call goes to EL3", outcome, 3, ESR_SMC(0), 4);
        check("what EL3 saw in x12", last_exception()->x12, 0x102);
        check("what EL3 saw in x0", last_exception()->x0, data);
    }
    check_trap("yielding id", call(SMC, 0x32000004, 0, 0, 0), 3, ESR_SMC(0), 4);
    check_trap("id just below", call(SMC, 0x7fffffff, 0, 0, 0), 3, ESR_SMC(0), 4);
    finish();
}

void guest_main(void)
{
    check("starts at EL3", current_level(), 3);
    check_trap("EL3's own SMC is its own", call(SMC, 0x8400001f, 0, 0, 0), 3, ESR_SMC(0), 4);
    drop_to(1, false, SCR_HCE, at_el1);
}
