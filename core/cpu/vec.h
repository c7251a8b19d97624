/* SPDX-License-Identifier: MIT */
/*
 * One 128-bit SIMD and FP register, seen as lanes of every width. Lane 0 holds the least
 * significant bits, whatever the host's byte order: code must go through the lane members of
 * the width it works in and never mix two views of one value on a big-endian host.
 */
#ifndef EL4_CPU_VEC_H
#define EL4_CPU_VEC_H

#include <stdint.h>

union el4_vec {
    uint8_t b[16];
    uint16_t h[8];
    uint32_t s[4];
    uint64_t d[2];
    int8_t sb[16];
    int16_t sh[8];
    int32_t ss[4];
    int64_t sd[2];
} __attribute__((aligned(16)));

_Static_assert(sizeof(union el4_vec) == 16, "a vector register is 128 bits");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "el4 supports little-endian hosts");

#endif
