/* SPDX-License-Identifier: MIT */
/*
 * Calls and exceptions, chosen by BENCH_CALL: a PSCI call that the emulator answers, SVC from
 * EL1 to EL1, SMC from EL1 to the guest's own EL3. A unit is one there and back.
 */
#include "bench.h"

uint64_t BENCH_CALL(uint64_t count);

void bench_prepare(void)
{
}

uint64_t bench_run(uint64_t units)
{
    return BENCH_CALL(units);
}
