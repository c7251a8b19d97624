/* SPDX-License-Identifier: MIT */
/* Indirect calls through a table of small functions. A unit is 1024 calls and returns. */
#include "bench.h"

#define CALLS 1024

typedef uint64_t step_function(uint64_t value);

#define STEP(number, expression)                                                               \
    static __attribute__((noinline)) uint64_t step_##number(uint64_t value)                    \
    {                                                                                          \
        return (expression);                                                                   \
    }
STEP(0, value + 12345)
STEP(1, value ^ value >> 3)
STEP(2, value * 5)
STEP(3, value - 77)
STEP(4, ~value)
STEP(5, value << 1 | value >> 63)
STEP(6, value ^ 0x5555)
STEP(7, value + (value >> 9))

static step_function *volatile const steps[8] = {
    step_0, step_1, step_2, step_3, step_4, step_5, step_6, step_7,
};
static unsigned char order[CALLS];

void bench_prepare(void)
{
    uint64_t random = 99;
    for (unsigned i = 0; i < CALLS; i++) {
        order[i] = (unsigned char)(bench_random(&random) >> 40 & 7);
    }
}

uint64_t bench_run(uint64_t units)
{
    uint64_t value = 1;
    for (uint64_t unit = 0; unit < units; unit++) {
        for (unsigned i = 0; i < CALLS; i++) {
            value = steps[order[i]](value);
        }
    }
    return value;
}
