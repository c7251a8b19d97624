/* SPDX-License-Identifier: MIT */
/*
 * EL2 but no EL3: PSCI by SMC, -1 for unknown ids. The guest's hypervisor at EL2 owns HVC, and
 * HCR_EL2.TSC gives it its guest's SMCs before any service sees them.
 */
#include "guest.h"

/* EL2's own handler: HVC from EL1 sets HCR_EL2 to x1. */
static bool hypervisor(struct frame *frame)
{
    bool is_hvc = (frame->esr >> 26 & 0x3f) == 0x16 && frame->level == 2;
    if (is_hvc && (frame->kind & 15) >= 8 && frame->x[0] == 0x5e7) {
        write_hcr(frame->x[1]);
        return true;
    }
    return false;
}

static void at_el1(void)
{
    check("goes on at EL1", current_level(), 1);
    check_answer("EL1: PSCI_VERSION by SMC", call(SMC, PSCI_VERSION, 0, 0, 0), 0x10001);
    check_answer("EL1: unknown id by SMC", call(SMC, 0x8400001f, 0, 0, 0), NOT_SUPPORTED);
    check_trap("EL1: PSCI id by HVC is the hypervisor's", call(HVC, PSCI_VERSION, 0, 0, 0), 2,
               ESR_HVC(0), 4);
    check_trap("EL1: HVC #1", call(HVC_1, 0, 0, 0, 0), 2, ESR_HVC(1), 4);
    check_undefined("EL1: SMC #1", call(SMC_1, PSCI_VERSION, 0, 0, 0), 1);

    call(HVC, 0x5e7, HCR_RW | HCR_TSC, 0, 0);
    check_trap("TSC: PSCI id goes to EL2 first", call(SMC, PSCI_VERSION, 0, 0, 0), 2,
               ESR_SMC(0), 0);
    check_trap("TSC: unknown id", call(SMC, 0x8400001f, 0, 0, 0), 2, ESR_SMC(0), 0);
    check_trap("TSC: SMC #0xffff", call(SMC_FFFF, 0, 0, 0, 0), 2, ESR_SMC(0xffff), 0);
    call(HVC, 0x5e7, HCR_RW | HCR_HCD, 0, 0);
    check_undefined("HCD: HVC from EL1", call(HVC, 0x5e7, HCR_RW, 0, 0), 1);
    check_answer("SMC after that", call(SMC, PSCI_VERSION, 0, 0, 0), 0x10001);
    finish();
}

void guest_main(void)
{
    check("starts at EL2", current_level(), 2);
    check_answer("EL2: PSCI_VERSION by SMC", call(SMC, PSCI_VERSION, 0, 0, 0), 0x10001);
    check_answer("EL2: upper half of x0", call(SMC, 0xffffffff00000000 | PSCI_VERSION, 0, 0, 0),
                 0x10001);
    check_answer("EL2: hint bit", call(SMC, PSCI_VERSION | 1 << 16, 0, 0, 0), 0x10001);
    check_answer("EL2: unknown id by SMC", call(SMC, 0xc6000000, 0, 0, 0), NOT_SUPPORTED);
    check_undefined("EL2: SMC #1", call(SMC_1, PSCI_VERSION, 0, 0, 0), 2);
    check_trap("EL2: HVC is its own", call(HVC, PSCI_VERSION, 0, 0, 0), 2, ESR_HVC(0), 4);
    write_hcr(HCR_RW | HCR_TSC);
    check_answer("EL2: TSC does not trap EL2's SMC", call(SMC, PSCI_VERSION, 0, 0, 0), 0x10001);
    write_hcr(HCR_RW | HCR_HCD);
    check_undefined("EL2: HCD makes HVC undefined", call(HVC, 0, 0, 0, 0), 2);
    exception_hook = hypervisor;
    drop_to(1, false, 0, at_el1);
}
