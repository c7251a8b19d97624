/* SPDX-License-Identifier: MIT */
/*
 * No EL2, no EL3: PSCI by HVC, -1 for every id that nobody has, and no SMC at all.
 * (SMCCC 5.2.)
 */
#include "guest.h"

void guest_main(void)
{
    check("starts at EL1", current_level(), 1);
    check_answer("PSCI_VERSION", call(HVC, PSCI_VERSION, 0, 0, 0), 0x10001);
    check_answer("upper half of x0", call(HVC, 0xdeadbeef00000000 | PSCI_VERSION, 0, 0, 0),
                 0x10001);
    check_answer("hint bit", call(HVC, PSCI_VERSION | 1 << 16, 0, 0, 0), 0x10001);

    static const uint64_t unknown[] = {0x8400001f, 0xc400001f, 0x80000000, 0x8600ff01,
                                       0x95c1ba5e, 0x95c1ba60, 0x84020000, 0x32000004,
                                       0xffffffff, 0x00000000, 0x00000001, 0xdeadbeef};
    for (unsigned i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        check_answer("unknown id gives -1 in 64 bits", call(HVC, unknown[i], 1, 2, 3),
                     NOT_SUPPORTED);
    }
    struct outcome outcome = call(HVC, 0x8400001f, 1, 2, 3);
    check("unknown id changes x0 alone", kept_registers(&outcome, 1, 2, 3), true);
    outcome = call(HVC, PSCI_VERSION, 1, 2, 3);
    check("PSCI_VERSION changes x0 alone", kept_registers(&outcome, 1, 2, 3), true);

    check_undefined("HVC #1 is no call", call(HVC_1, PSCI_VERSION, 0, 0, 0), 1);
    check_undefined("SMC, PSCI id", call(SMC, PSCI_VERSION, 0, 0, 0), 1);
    check_undefined("SMC, unknown id", call(SMC, 0x8400001f, 0, 0, 0), 1);
    check_undefined("SMC #1", call(SMC_1, PSCI_VERSION, 0, 0, 0), 1);
}
