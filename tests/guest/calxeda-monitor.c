/* SPDX-License-Identifier: MIT */
/*
 * Calxeda's monitor call on highbank, from the Normal world: function 0x102 in r12 switches the
 * level 2 cache, which the caller's own store can't.
 */
#include "guest-a32.h"

#define L2_CONTROL   (*(volatile uint32_t *)0xfff12100)
#define PSCI_CPU_ON  0x84000006u /* of highbank's device tree */
#define NO_CPU       0x00ffffffu
#define UNKNOWN      0xffffffffu
#define WRITE_L2     0x102u
#define OTHER_NUMBER 0x109u

static struct outcome ask(uint32_t r0, uint32_t r12)
{
    const uint32_t r0_to_r3[4] = {r0, 1, 2, 3};
    struct outcome outcome = call(SMC, r0_to_r3, 0, r12);
    check("it is answered, and r1 to r12 are kept",
          !outcome.trapped && kept_registers(&outcome, r0_to_r3, 0, r12), true);
    return outcome;
}

void guest_main(void)
{
    check("the cache is off", L2_CONTROL, 0);
    L2_CONTROL = 1;
    check("a store of the Normal world's is lost", L2_CONTROL, 0);
    check("0x102 with 1: r0 is kept", ask(1, WRITE_L2).r[0], 1);
    check("the cache is on", L2_CONTROL, 1);
    check("0x102 with 0: r0 is kept", ask(0, WRITE_L2).r[0], 0);
    check("the cache is off", L2_CONTROL, 0);
    check("0x109 is unknown", ask(1, OTHER_NUMBER).r[0], UNKNOWN);
    check("the cache is still off", L2_CONTROL, 0);
    check("PSCI is PSCI, whatever r12 has", ask(PSCI_CPU_ON, WRITE_L2).r[0] != PSCI_CPU_ON,
          true);
    check("the cache is still off", L2_CONTROL, 0);
    finish();
}
