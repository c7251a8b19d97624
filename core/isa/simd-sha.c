/* SPDX-License-Identifier: MIT */
/*
 * SHA-1, SHA-256, SHA-512 and SHA-3 instruction helpers, after the pseudocode of their pages in
 * DDI 0487 and "shared/functions/crypto". Names of functions are those of FIPS 180-4.
 */
#include "isa/simd-lanes.h"

static uint32_t rotr32(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static uint64_t rotr64(uint64_t x, unsigned n)
{
    return x >> n | x << (-n & 63);
}

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
    return ((y ^ z) & x) ^ z;
}

static uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) | ((x | y) & z);
}

static uint32_t parity(uint32_t x, uint32_t y, uint32_t z)
{
    return x ^ y ^ z;
}

/* Four rounds: a to d are the lanes of Vd, e is Sn, the schedule words are in Vm. */
static inline void sha1_rounds(struct el4_cpu *cpu, struct el4_uop_desc desc,
                               uint32_t (*function)(uint32_t, uint32_t, uint32_t))
{
    union el4_vec x = cpu->v[desc.d];
    const union el4_vec w = cpu->v[desc.b];
    uint32_t e = cpu->v[desc.a].s[0];

    for (unsigned i = 0; i < 4; i++) {
        const uint32_t a = e + rotr32(x.s[0], 27) + function(x.s[1], x.s[2], x.s[3]) + w.s[i];
        e = x.s[3];
        x = (union el4_vec){.s = {a, x.s[0], rotr32(x.s[1], 2), x.s[2]}};
    }
    cpu->v[desc.d] = x;
}

void el4_simd_sha1c(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    sha1_rounds(cpu, desc, choose);
}

void el4_simd_sha1p(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    sha1_rounds(cpu, desc, parity);
}

void el4_simd_sha1m(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    sha1_rounds(cpu, desc, majority);
}

void el4_simd_sha1h(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    cpu->v[desc.d] = (union el4_vec){.s = {rotr32(cpu->v[desc.a].s[0], 2)}};
}

void el4_simd_sha1su0(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const union el4_vec x = cpu->v[desc.d];
    const union el4_vec y = cpu->v[desc.a];
    const union el4_vec z = cpu->v[desc.b];

    cpu->v[desc.d] = (union el4_vec){.d = {x.d[1] ^ x.d[0] ^ z.d[0], y.d[0] ^ x.d[1] ^ z.d[1]}};
}

void el4_simd_sha1su1(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const union el4_vec x = cpu->v[desc.d];
    const union el4_vec y = cpu->v[desc.a];
    union el4_vec result;

    for (unsigned i = 0; i < 4; i++) {
        result.s[i] = rotr32(x.s[i] ^ (i < 3 ? y.s[i + 1] : 0), 31);
    }
    result.s[3] ^= rotr32(result.s[0], 31);
    cpu->v[desc.d] = result;
}

/* SHA256hash(): four rounds on x (a to d) and y (e to h). */
static void sha256_rounds(union el4_vec *x, union el4_vec *y, const union el4_vec *w)
{
    for (unsigned i = 0; i < 4; i++) {
        const uint32_t a = x->s[0];
        const uint32_t e = y->s[0];
        const uint32_t t = y->s[3] + (rotr32(e, 6) ^ rotr32(e, 11) ^ rotr32(e, 25)) +
                           choose(e, y->s[1], y->s[2]) + w->s[i];
        const uint32_t next_a =
            t + (rotr32(a, 2) ^ rotr32(a, 13) ^ rotr32(a, 22)) + majority(a, x->s[1], x->s[2]);
        const uint32_t next_e = t + x->s[3];
        *x = (union el4_vec){.s = {next_a, a, x->s[1], x->s[2]}};
        *y = (union el4_vec){.s = {next_e, e, y->s[1], y->s[2]}};
    }
}

void el4_simd_sha256h(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    union el4_vec x = cpu->v[desc.d];
    union el4_vec y = cpu->v[desc.a];
    const union el4_vec w = cpu->v[desc.b];

    sha256_rounds(&x, &y, &w);
    cpu->v[desc.d] = x;
}

void el4_simd_sha256h2(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    union el4_vec x = cpu->v[desc.a];
    union el4_vec y = cpu->v[desc.d];
    const union el4_vec w = cpu->v[desc.b];

    sha256_rounds(&x, &y, &w);
    cpu->v[desc.d] = y;
}

void el4_simd_sha256su0(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const union el4_vec x = cpu->v[desc.d];
    const union el4_vec y = cpu->v[desc.a];
    union el4_vec result;

    for (unsigned i = 0; i < 4; i++) {
        const uint32_t word = i < 3 ? x.s[i + 1] : y.s[0];
        result.s[i] = x.s[i] + (rotr32(word, 7) ^ rotr32(word, 18) ^ word >> 3);
    }
    cpu->v[desc.d] = result;
}

void el4_simd_sha256su1(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const union el4_vec x = cpu->v[desc.d];
    const union el4_vec y = cpu->v[desc.a];
    const union el4_vec z = cpu->v[desc.b];
    union el4_vec result;

    for (unsigned i = 0; i < 4; i++) {
        const uint32_t word = i < 2 ? z.s[i + 2] : result.s[i - 2];
        result.s[i] = x.s[i] + (i < 3 ? y.s[i + 1] : z.s[0]) +
                      (rotr32(word, 17) ^ rotr32(word, 19) ^ word >> 10);
    }
    cpu->v[desc.d] = result;
}

void el4_simd_sha512h(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const union el4_vec x = cpu->v[desc.a];
    const union el4_vec y = cpu->v[desc.b];
    union el4_vec w = cpu->v[desc.d];
    const uint64_t e = y.d[1];

    w.d[1] += (rotr64(e, 14) ^ rotr64(e, 18) ^ rotr64(e, 41)) + ((e & x.d[0]) ^ (~e & x.d[1]));
    const uint64_t next = w.d[1] + y.d[0];
    w.d[0] += (rotr64(next, 14) ^ rotr64(next, 18) ^ rotr64(next, 41)) +
              ((next & e) ^ (~next & x.d[0]));
    cpu->v[desc.d] = w;
}

void el4_simd_sha512h2(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const union el4_vec x = cpu->v[desc.a];
    const union el4_vec y = cpu->v[desc.b];
    union el4_vec w = cpu->v[desc.d];
    const uint64_t a = y.d[0];
    const uint64_t b = y.d[1];

    w.d[1] += (rotr64(a, 28) ^ rotr64(a, 34) ^ rotr64(a, 39)) +
              ((x.d[0] & b) ^ (x.d[0] & a) ^ (b & a));
    const uint64_t next = w.d[1];
    w.d[0] += (rotr64(next, 28) ^ rotr64(next, 34) ^ rotr64(next, 39)) +
              ((next & a) ^ (next & b) ^ (b & a));
    cpu->v[desc.d] = w;
}

void el4_simd_sha512su0(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    union el4_vec w = cpu->v[desc.d];
    const uint64_t second = w.d[1];
    const uint64_t third = cpu->v[desc.a].d[0];

    w.d[0] += rotr64(second, 1) ^ rotr64(second, 8) ^ second >> 7;
    w.d[1] += rotr64(third, 1) ^ rotr64(third, 8) ^ third >> 7;
    cpu->v[desc.d] = w;
}

void el4_simd_sha512su1(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const union el4_vec x = cpu->v[desc.a];
    const union el4_vec y = cpu->v[desc.b];
    union el4_vec w = cpu->v[desc.d];

    for (unsigned i = 0; i < 2; i++) {
        w.d[i] += (rotr64(x.d[i], 19) ^ rotr64(x.d[i], 61) ^ x.d[i] >> 6) + y.d[i];
    }
    cpu->v[desc.d] = w;
}

/* SHA-3: expr in a (Vn), b (Vm) and c (Va), 64 bits at a time. */
#define SHA3(name, expr)                                                                       \
    void el4_simd_##name(struct el4_cpu *cpu, struct el4_uop_desc desc)                        \
    {                                                                                          \
        const union el4_vec x = cpu->v[desc.a];                                                \
        const union el4_vec y = cpu->v[desc.b];                                                \
        const union el4_vec z = cpu->v[desc.c];                                                \
        for (unsigned i = 0; i < 2; i++) {                                                     \
            const uint64_t a = x.d[i];                                                         \
            const uint64_t b = y.d[i];                                                         \
            const uint64_t c __attribute__((unused)) = z.d[i];                                 \
            cpu->v[desc.d].d[i] = (expr);                                                      \
        }                                                                                      \
    }

SHA3(rax1, a ^ rotr64(b, 63))
SHA3(eor3, a ^ b ^ c)
SHA3(bcax, a ^ (b & ~c))
SHA3(xar, rotr64(a ^ b, simd_arg(desc)))
