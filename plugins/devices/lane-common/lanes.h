/* SPDX-License-Identifier: MIT */
/*
 * Accesses of 1, 2 or 4 bytes to registers of 32 bits: which of their bytes they mean.
 */
#ifndef LANES_H
#define LANES_H

#include <stdint.h>

static inline uint32_t lane_mask(unsigned size)
{
    return UINT32_MAX >> (32 - 8 * size);
}

/* The part of a register that a read of `size` bytes at `offset` gets. */
static inline uint32_t lane_extract(uint32_t word, uint64_t offset, unsigned size)
{
    return word >> ((offset & 3) * 8) & lane_mask(size);
}

/* What a register reads after `size` bytes at `offset` were written; unwritten ones stay. */
static inline uint32_t lane_merge(uint32_t old, uint64_t offset, unsigned size, uint64_t value)
{
    unsigned shift = (unsigned)(offset & 3) * 8;
    uint32_t mask = lane_mask(size) << shift;
    return (old & ~mask) | ((uint32_t)value << shift & mask);
}

#endif
