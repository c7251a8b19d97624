/* SPDX-License-Identifier: MIT */
/*
 * SDEI from AArch32: all of its functions have SMC64 ids (Arm DEN0054), which are unknown to an
 * AArch32 caller (DEN0028 5.2): so is each, and none does anything.
 */
#include "guest-a32.h"

#define FIRST          0xc4000020u
#define FUNCTION_COUNT 19u
#define SMC64          0x40000000u
#define UNKNOWN        0xffffffffu
#define PSCI_VERSION   0x84000000u

static struct outcome ask(uint32_t id, uint32_t r1)
{
    const uint32_t r0_to_r3[4] = {id, r1, 0, 0};
    return call(HVC, r0_to_r3, 0, 0);
}

void guest_main(void)
{
    check("PSCI is there", ask(PSCI_VERSION, 0).r[0] != UNKNOWN, true);
    for (unsigned n = 0; n < FUNCTION_COUNT; n++) {
        const uint32_t r0_to_r3[4] = {FIRST + n, 0, 0, 0};
        struct outcome outcome = call(HVC, r0_to_r3, 0, 0);
        check("SMC64 id", outcome.trapped ? 0xbad : outcome.r[0], UNKNOWN);
        check("... and nothing else changes", kept_registers(&outcome, r0_to_r3, 0, 0), true);
        check("as an SMC32 id", ask((FIRST + n) & ~SMC64, 0).r[0], UNKNOWN);
    }
    finish();
}
