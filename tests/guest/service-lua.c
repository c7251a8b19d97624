/* SPDX-License-Identifier: MIT */
/*
 * A service in Lua (service-lua.lua) as the guest sees it: results in the registers that it
 * returned and no others, a script's mistake as -1, PASS to smccc-unknown, TRAP as the
 * exception; and a CPU that the script starts.
 */
#include "guest.h"

static volatile uint64_t started;
static volatile uint64_t datum = 0x1122334455667788;

static void other_cpu(uint64_t context, uint64_t daif, uint64_t spsel)
{
    (void)daif;
    (void)spsel;
    started = context;
    for (;;) {
        __asm__ volatile("wfi");
    }
}

void guest_main(void)
{
    struct outcome outcome = call(HVC, 0xc2000000, 1, 2, 3);
    check_answer("a number", outcome, 42);
    check("nothing else changed", kept_registers(&outcome, 1, 2, 3), 1);

    outcome = call(HVC, 0xc2000001, 1, 2, 3);
    check_answer("several results", outcome, 0);
    check("x1: second call", outcome.x[1], 2);
    check("x2 was nil", outcome.x[2], 2);
    check("x3", outcome.x[3], 4);

    check_answer("a mistake", call(HVC, 0xc2000002, 0, 0, 0), NOT_SUPPORTED);
    check_answer("guest memory", call(HVC, 0xc2000003, (uint64_t)(uintptr_t)&datum, 0, 0),
                 datum);
    check_answer("passed on", call(HVC, 0xc2000005, 0, 0, 0), NOT_SUPPORTED);
    check_undefined("trap", call(HVC, 0xc2000004, 0, 0, 0), 1);

    secondary_hook = other_cpu;
    check_answer("no such CPU",
                 call(HVC, 0xc4000003, 2, (uint64_t)(uintptr_t)secondary_entry, 7),
                 INVALID_PARAMETERS);
    check_answer("CPU_ON", call(HVC, 0xc4000003, 1, (uint64_t)(uintptr_t)secondary_entry, 7),
                 0);
    check("the CPU runs", wait_for(&started, 7), 1);
    check_answer("again", call(HVC, 0xc4000003, 1, (uint64_t)(uintptr_t)secondary_entry, 7),
                 ALREADY_ON);
    check_answer("psci goes on", call(HVC, PSCI_AFFINITY_INFO, 1, 0, 0), 0);
}
