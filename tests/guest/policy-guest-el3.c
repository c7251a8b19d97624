/* SPDX-License-Identifier: MIT */
/*
 * The guest owns EL3: every SMC is its own, PSCI ids, unknown ids and immediates alike, and
 * nothing is eaten on the way. This is what firmware on imx6ul-evk and the like needs.
 */
#include "guest.h"

/* SMC with this id: EL3 sets SCR_EL3's SMD, as x1 says. */
#define SET_SMD 0x5e7

static bool monitor(struct frame *frame)
{
    if (frame->level == 3 && (frame->esr >> 26 & 0x3f) == 0x17 && frame->x[0] == SET_SMD) {
        __asm__ volatile("msr scr_el3, %0\n\tisb" ::"r"(0x431 | SCR_HCE | frame->x[1]));
        frame->x[0] = 0;
        return true;
    }
    return false;
}

static void check_all_smcs(unsigned level)
{
    static const uint64_t ids[] = {PSCI_VERSION, PSCI_CPU_ON | SMC64, 0x8400001f, 0x80000000,
                                   0x95c1ba5e,   0x32000000,          0,          0xffffffff};
    for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        struct outcome outcome = call(SMC, ids[i], 1, 2, 3);
        check_trap("SMC goes to EL3", outcome, 3, ESR_SMC(0), 4);
        check("what EL3 saw in x0", last_exception()->x0, ids[i]);
        check("what EL3 returned", outcome.x[0], MONITOR_ANSWER);
    }
    check_trap("SMC #1", call(SMC_1, PSCI_VERSION, 0, 0, 0), 3, ESR_SMC(1), 4);
    check_trap("SMC #0xffff", call(SMC_FFFF, PSCI_VERSION, 0, 0, 0), 3, ESR_SMC(0xffff), 4);
    if (level > 1) {
        check_trap("HVC stays at its level", call(HVC, PSCI_VERSION, 0, 0, 0), level,
                   ESR_HVC(0), 4);
    }
}

static void at_el1(void)
{
    check("goes on at EL1", current_level(), 1);
    check_all_smcs(1);
    check_trap("EL1: HVC goes to EL2", call(HVC, PSCI_VERSION, 0, 0, 0), 2, ESR_HVC(0), 4);
    call(SMC, SET_SMD, SCR_SMD, 0, 0);
    check_undefined("EL1: SMD makes SMC undefined", call(SMC, PSCI_VERSION, 0, 0, 0), 1);
    finish();
}

static void at_el2(void)
{
    check("goes on at EL2", current_level(), 2);
    check_all_smcs(2);
    drop_to(1, false, 0, at_el1);
}

void guest_main(void)
{
    check("starts at EL3", current_level(), 3);
    check_all_smcs(0);
    check_undefined("EL3: HVC with HCE clear", call(HVC, PSCI_VERSION, 0, 0, 0), 3);
    __asm__ volatile("msr scr_el3, %0\n\tisb" ::"r"(0x431ull | SCR_SMD));
    check_undefined("EL3: SMD makes SMC undefined", call(SMC, PSCI_VERSION, 0, 0, 0), 3);
    exception_hook = monitor;
    drop_to(2, false, SCR_HCE, at_el2);
}
