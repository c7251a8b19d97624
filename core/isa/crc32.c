/* SPDX-License-Identifier: MIT */
/*
 * CRC32 and CRC32C of FEAT_CRC32, a nibble at a time. A64, A32 and T32 have the same
 * instructions.
 */
#include "isa/crc32.h"

/* Remainders of the sixteen values of a nibble, bits reflected. */
static const uint32_t crc32_nibble[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
    0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
    0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};
static const uint32_t crc32c_nibble[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
    0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
    0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static uint32_t checksum(const uint32_t table[16], uint32_t remainder, uint64_t value,
                         unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        remainder ^= (uint8_t)(value >> (i * 8));
        remainder = (remainder >> 4) ^ table[remainder & 15];
        remainder = (remainder >> 4) ^ table[remainder & 15];
    }
    return remainder;
}

uint64_t el4_call_crc32(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    return checksum(crc32_nibble, (uint32_t)a, b, aux);
}

uint64_t el4_call_crc32c(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    return checksum(crc32c_nibble, (uint32_t)a, b, aux);
}
