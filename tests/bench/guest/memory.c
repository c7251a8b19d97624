/* SPDX-License-Identifier: MIT */
/*
 * Copying 16 MiB from one buffer to another (BENCH_COPY), or following a chain of pointers that
 * visits 16 MiB in random order. A unit is one copy, or 4096 hops.
 */
#include "bench.h"

#define BUFFER_BYTES (16ul << 20)
#define LINE_BYTES   64
#define LINES        (BUFFER_BYTES / LINE_BYTES)
#define HOPS         4096
#define SAMPLE       64 /* words between two that are filled and summed */

#ifdef BENCH_COPY
void BENCH_COPY(void *to, const void *from, size_t bytes);

void bench_prepare(void)
{
    uint64_t *words = (uint64_t *)BENCH_MEMORY;
    for (size_t i = 0; i < BUFFER_BYTES / 8; i += SAMPLE) {
        words[i] = i * 0x9e3779b97f4a7c15u;
    }
}

uint64_t bench_run(uint64_t units)
{
    unsigned char *from = BENCH_MEMORY;
    unsigned char *to = BENCH_MEMORY + BUFFER_BYTES;
    for (uint64_t i = 0; i < units; i++) {
        *(uint64_t *)(from + 512 * (i & 1023)) += i;
        BENCH_COPY(to, from, BUFFER_BYTES);
    }
    uint64_t sum = 0;
    for (size_t i = 0; units && i < BUFFER_BYTES / 8; i += SAMPLE) {
        sum = bench_mix(sum, ((uint64_t *)to)[i]);
    }
    return sum;
}
#else
/* One cycle through all lines, by Sattolo's shuffle. */
void bench_prepare(void)
{
    uint32_t *order = (uint32_t *)(BENCH_MEMORY + BUFFER_BYTES);
    uint64_t random = 88172645463325252u;
    for (uint32_t i = 0; i < LINES; i++) {
        order[i] = i;
    }
    for (uint32_t i = LINES - 1; i > 0; i--) {
        uint32_t other = (uint32_t)(bench_random(&random) >> 32) % i;
        uint32_t swapped = order[i];
        order[i] = order[other];
        order[other] = swapped;
    }
    for (uint32_t i = 0; i < LINES; i++) {
        *(void **)(BENCH_MEMORY + i * LINE_BYTES) = BENCH_MEMORY + order[i] * LINE_BYTES;
    }
}

uint64_t bench_run(uint64_t units)
{
    void **at = (void **)BENCH_MEMORY;
    for (uint64_t i = 0; i < units * HOPS; i++) {
        at = *at;
    }
    return (uintptr_t)at;
}
#endif
