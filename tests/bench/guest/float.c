/* SPDX-License-Identifier: MIT */
/*
 * Floating point. BENCH_DAXPY: y = a * x + y over 4096 elements. Otherwise the product of two
 * matrices of 64 by 64 elements of type BENCH_ELEMENT. A unit is one of these. Compiled scalar
 * and vectorised.
 */
#include "bench.h"

#define SIDE     64
#define ELEMENTS 4096

static BENCH_ELEMENT x[ELEMENTS], y[ELEMENTS], z[ELEMENTS];

void bench_prepare(void)
{
    uint64_t random = 4711;
    for (unsigned i = 0; i < ELEMENTS; i++) {
        x[i] = (BENCH_ELEMENT)(uint32_t)(bench_random(&random) >> 40) / (BENCH_ELEMENT)12582917;
        y[i] = (BENCH_ELEMENT)(uint32_t)(bench_random(&random) >> 40) / (BENCH_ELEMENT)25165843;
    }
}

#ifdef BENCH_DAXPY
static __attribute__((noinline)) void work(BENCH_ELEMENT factor)
{
    for (unsigned i = 0; i < ELEMENTS; i++) {
        y[i] += factor * x[i];
    }
}
#else
static __attribute__((noinline)) void work(BENCH_ELEMENT factor)
{
    for (unsigned row = 0; row < SIDE; row++) {
        BENCH_ELEMENT sums[SIDE];
        for (unsigned column = 0; column < SIDE; column++) {
            sums[column] = z[row * SIDE + column] * factor;
        }
        for (unsigned k = 0; k < SIDE; k++) {
            BENCH_ELEMENT left = x[row * SIDE + k];
            for (unsigned column = 0; column < SIDE; column++) {
                sums[column] += left * y[k * SIDE + column];
            }
        }
        for (unsigned column = 0; column < SIDE; column++) {
            z[row * SIDE + column] = sums[column];
        }
    }
}
#endif

static uint64_t sum_of(const BENCH_ELEMENT *elements)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < ELEMENTS; i++) {
        union {
            BENCH_ELEMENT element;
            uint64_t bits;
        } view = {.bits = 0};
        view.element = elements[i];
        sum = bench_mix(sum, view.bits);
    }
    return sum;
}

uint64_t bench_run(uint64_t units)
{
    for (uint64_t unit = 0; unit < units; unit++) {
        work((BENCH_ELEMENT)(unit & 1 ? -0.37109 : 0.37108));
    }
    return bench_mix(sum_of(y), sum_of(z));
}
