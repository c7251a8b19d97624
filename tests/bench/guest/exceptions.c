/* SPDX-License-Identifier: MIT */
/*
 * Calls and exceptions, chosen by BENCH_CALL: a PSCI call that the emulator answers, SVC from
 * EL1 to EL1, SMC from EL1 (in A32 from Secure EL3) to the guest's own monitor. A unit is one
 * there and back.
 */
#include "bench.h"

uint64_t BENCH_CALL(unsigned long count);

void bench_prepare(void)
{
}

uint64_t bench_run(uint64_t units)
{
    return BENCH_CALL((unsigned long)units);
}
