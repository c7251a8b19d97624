/* SPDX-License-Identifier: MIT */
/*
 * What highbank needs: PSCI ids are answered, while every other SMC goes to the monitor that
 * the guest has at EL3. PSCI is for the Normal world: SMCs of Secure EL1 and of EL3 itself with
 * the same ids are not taken from them. (The case that made one emulator
 * go back on a change.)
 */
#include "guest.h"

static void check_normal_world(const char *psci_name, const char *rest_name)
{
    static const uint64_t others[] = {0x8400001f, 0x80000000, 0x82000001, 0x95c1ba60,
                                      0x32000000, 0x00000001, 0xffffffff};
    check_answer(psci_name, call(SMC, PSCI_VERSION, 0, 0, 0), 0x10001);
    check_answer(psci_name, call(SMC, PSCI_MIGRATE_TYPE, 0, 0, 0), 2);
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct outcome outcome = call(SMC, others[i], 0, 0, 0);
        check_trap(rest_name, outcome, 3, ESR_SMC(0), 4);
        check("what EL3 returned", outcome.x[0], MONITOR_ANSWER);
    }
    check_trap("a PSCI id with SMC #1 is EL3's", call(SMC_1, PSCI_VERSION, 0, 0, 0), 3,
               ESR_SMC(1), 4);
}

static void at_normal_el1(void);
static void at_normal_el2(void);

/* SMC 0x5e7 from anywhere: EL3 leaves for the next stage. */
static bool monitor(struct frame *frame)
{
    bool is_smc = frame->level == 3 && (frame->esr >> 26 & 0x3f) == 0x17;
    bool is_hvc = frame->level == 2 && (frame->esr >> 26 & 0x3f) == 0x16;
    if (is_smc && frame->x[0] == 0x5e7) {
        drop_to(2, false, SCR_HCE, at_normal_el2);
    }
    if (is_smc && frame->x[0] == 0x5e8) {
        __asm__ volatile("msr scr_el3, %0\n\tisb" ::"r"(0x431ull | SCR_HCE | SCR_SMD));
        return true;
    }
    if (is_hvc && frame->x[0] == 0x5e7) {
        write_hcr(frame->x[1]);
        return true;
    }
    return false;
}

static void at_normal_el1(void)
{
    check("then at EL1", current_level(), 1);
    check_normal_world("EL1: PSCI id is answered", "EL1: other id goes to EL3");
    call(HVC, 0x5e7, HCR_RW | HCR_TSC, 0, 0);
    check_trap("TSC comes before the chain", call(SMC, PSCI_VERSION, 0, 0, 0), 2, ESR_SMC(0),
               0);
    call(HVC, 0x5e7, HCR_RW, 0, 0);
    call(SMC, 0x5e8, 0, 0, 0);
    check_answer("SMD does not silence the service", call(SMC, PSCI_VERSION, 0, 0, 0), 0x10001);
    check_undefined("SMD: other id is undefined", call(SMC, 0x82000001, 0, 0, 0), 1);
    finish();
}

static void at_normal_el2(void)
{
    check("then at EL2", current_level(), 2);
    check_normal_world("EL2: PSCI id is answered", "EL2: other id goes to EL3");
    drop_to(1, false, 0, at_normal_el1);
}

static void at_secure_el1(void)
{
    check("at Secure EL1", current_level(), 1);
    check_trap("Secure EL1: PSCI id goes to EL3", call(SMC, PSCI_VERSION, 0, 0, 0), 3,
               ESR_SMC(0), 4);
    check_trap("Secure EL1: other id", call(SMC, 0x82000001, 0, 0, 0), 3, ESR_SMC(0), 4);
    call(SMC, 0x5e7, 0, 0, 0);
    give_up("EL3 did not go on");
}

void guest_main(void)
{
    check("starts at EL3", current_level(), 3);
    check_trap("EL3: PSCI id", call(SMC, PSCI_VERSION, 0, 0, 0), 3, ESR_SMC(0), 4);
    exception_hook = monitor;
    drop_to(1, true, 0, at_secure_el1);
}
