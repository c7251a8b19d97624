/* SPDX-License-Identifier: MIT */
/*
 * What a bench guest is made of: one workload, which does its work a given number of times and
 * returns a checksum, and the runtime that calls it with MMU and caches on, as an operating
 * system would have them.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

/* Memory for a workload's data, beyond the program: mapped, Normal, not cleared. */
#define BENCH_MEMORY       ((unsigned char *)0x42000000ul)
#define BENCH_MEMORY_BYTES (64ul << 20)

/* The workload's: prepare its data (not measured), then do the work `units` times. */
void bench_prepare(void);
uint64_t bench_run(uint64_t units);

/* A small pseudo-random generator for test data (xorshift). */
static inline uint64_t bench_random(uint64_t *state)
{
    uint64_t value = *state;
    value ^= value << 13;
    value ^= value >> 7;
    value ^= value << 17;
    return *state = value;
}

/* Folds a value into a checksum. */
static inline uint64_t bench_mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * 0x9e3779b97f4a7c15u + (sum >> 29);
}

#endif
