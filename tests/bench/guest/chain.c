/* SPDX-License-Identifier: MIT */
/* Plain ALU work in one long dependency chain: xorshift. A unit is 4096 numbers. */
#include "bench.h"

void bench_prepare(void)
{
}

uint64_t bench_run(uint64_t units)
{
    uint64_t state = 88172645463325252u;
    for (uint64_t i = 0; i < units * 4096; i++) {
        bench_random(&state);
    }
    return state;
}
