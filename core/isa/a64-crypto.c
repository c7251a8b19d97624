/* SPDX-License-Identifier: MIT */
/*
 * A64 cryptographic instructions (DDI 0487 C4.1, "Cryptographic ..."): one VCALL each, if the
 * feature is there.
 */
#include "isa/a64-simd.h"

#define CRYPTO_RR(name, fn, feature)                                                           \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_crypto_rr *a)          \
    {                                                                                          \
        return t->features->feature && emit_simd(t, el4_simd_##fn, a->rd, a->rn, 0, 0, 4);     \
    }

#define CRYPTO_RRR(name, fn, feature)                                                          \
    bool el4_a64_##name(struct el4_translator *t, const struct a64_args_crypto_rrr *a)         \
    {                                                                                          \
        return t->features->feature && emit_simd(t, el4_simd_##fn, a->rd, a->rn, a->rm, 0, 4); \
    }

CRYPTO_RR(AESE, aese, aes)
CRYPTO_RR(AESD, aesd, aes)
CRYPTO_RR(AESMC, aesmc, aes)
CRYPTO_RR(AESIMC, aesimc, aes)

CRYPTO_RRR(SHA1C, sha1c, sha1)
CRYPTO_RRR(SHA1P, sha1p, sha1)
CRYPTO_RRR(SHA1M, sha1m, sha1)
CRYPTO_RRR(SHA1SU0, sha1su0, sha1)
CRYPTO_RR(SHA1H, sha1h, sha1)
CRYPTO_RR(SHA1SU1, sha1su1, sha1)

CRYPTO_RRR(SHA256H, sha256h, sha256)
CRYPTO_RRR(SHA256H2, sha256h2, sha256)
CRYPTO_RRR(SHA256SU1, sha256su1, sha256)
CRYPTO_RR(SHA256SU0, sha256su0, sha256)

CRYPTO_RRR(SHA512H, sha512h, sha512)
CRYPTO_RRR(SHA512H2, sha512h2, sha512)
CRYPTO_RRR(SHA512SU1, sha512su1, sha512)
CRYPTO_RR(SHA512SU0, sha512su0, sha512)

CRYPTO_RRR(RAX1, rax1, sha3)

bool el4_a64_EOR3(struct el4_translator *t, const struct a64_args_crypto_rrrr *a)
{
    return t->features->sha3 && emit_simd(t, el4_simd_eor3, a->rd, a->rn, a->rm, a->ra, 4);
}

bool el4_a64_BCAX(struct el4_translator *t, const struct a64_args_crypto_rrrr *a)
{
    return t->features->sha3 && emit_simd(t, el4_simd_bcax, a->rd, a->rn, a->rm, a->ra, 4);
}

bool el4_a64_XAR(struct el4_translator *t, const struct a64_args_crypto_rrri *a)
{
    return t->features->sha3 &&
           emit_simd(t, el4_simd_xar, a->rd, a->rn, a->rm, 0, el4_simd_aux(4, a->imm));
}
