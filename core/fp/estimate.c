/* SPDX-License-Identifier: MIT */
/*
 * Reciprocal and reciprocal square root estimates, as the manual computes them: 8-bit results
 * from integer tables given by formula. FEAT_RPRES (12-bit single estimates) is not
 * implemented.
 */
#include "fp.h"
#include "softfp.h"

/* RecipEstimate: a is 256 to 511 for [0.5, 1), the result 256 to 511 for [1, 2). */
static unsigned recip_estimate(unsigned a)
{
    return ((1u << 19) / (2 * a + 1) + 1) / 2;
}

/* RecipSqrtEstimate: a is 128 to 511 for [0.25, 1), the result 256 to 511 for [1, 2). */
static unsigned recip_sqrt_estimate(unsigned a)
{
    a = a < 256 ? 2 * a + 1 : 2 * (a | 1);
    unsigned b = 512;
    /* The largest b such that b < 2^14 / sqrt(a), found from the top bit down. */
    for (unsigned bit = 256; bit != 0; bit >>= 1) {
        unsigned next = b + bit;
        if ((uint64_t)a * next * next < UINT64_C(1) << 28) {
            b = next;
        }
    }
    return (b + 1) / 2;
}

/* Below this exponent the reciprocal overflows; from `flush_exponent` on, FZ flushes it. */
struct recip_range {
    int overflow_exponent;
    int flush_exponent;
};

static inline struct recip_range recip_range_of(const struct fp_format *f)
{
    int bias = fp_bias(f);
    return (struct recip_range){-bias - 1, bias - 1};
}

static inline uint64_t soft_recip_estimate(const struct fp_format *f, uint64_t raw,
                                           struct el4_fp_env *env)
{
    const struct recip_range range = recip_range_of(f);
    struct fp_number x = fp_unpack(f, raw, env);

    if (fp_is_nan(x.class)) {
        return fp_process_nan(f, x.class, raw, env);
    }
    if (x.class == CLASS_INFINITY) {
        return fp_zero(f, x.sign);
    }
    if (x.class == CLASS_ZERO) {
        fp_raise(env, EL4_FPSR_DZC);
        return fp_infinity(f, x.sign);
    }
    if (x.exponent < range.overflow_exponent) {
        fp_raise(env, EL4_FPSR_OFC | EL4_FPSR_IXC);
        return fp_overflows_to_infinity(el4_fp_round_mode(env), x.sign)
                   ? fp_infinity(f, x.sign)
                   : fp_max_normal(f, x.sign);
    }
    if (fp_flushes(f, env->fpcr) && x.exponent >= range.flush_exponent) {
        fp_raise(env, EL4_FPSR_UFC);
        return fp_zero(f, x.sign);
    }
    /* The estimate's leading 1 at bit 8, in front of what becomes the fraction. */
    uint64_t estimate = recip_estimate((unsigned)(x.significand >> 55));
    uint64_t mantissa = estimate << (f->frac_bits - 8);
    int biased = fp_bias(f) - 1 - x.exponent;
    if (biased <= 0) {
        mantissa >>= 1 - biased;
        biased = 0;
    }
    return fp_pack(f, x.sign, (unsigned)biased, mantissa & fp_frac_mask(f));
}

static inline uint64_t soft_rsqrt_estimate(const struct fp_format *f, uint64_t raw,
                                           struct el4_fp_env *env)
{
    struct fp_number x = fp_unpack(f, raw, env);

    if (fp_is_nan(x.class)) {
        return fp_process_nan(f, x.class, raw, env);
    }
    if (x.class == CLASS_ZERO) {
        fp_raise(env, EL4_FPSR_DZC);
        return fp_infinity(f, x.sign);
    }
    if (x.sign) {
        return fp_invalid(f, env);
    }
    if (x.class == CLASS_INFINITY) {
        return fp_zero(f, false);
    }
    /* Scaled to [0.25, 1) by an even power of two: an odd exponent leaves [0.5, 1). */
    bool odd = x.exponent & 1;
    unsigned scaled = (unsigned)(x.significand >> (odd ? 55 : 56));
    uint64_t estimate = recip_sqrt_estimate(scaled) & 0xff;
    int biased = fp_bias(f) - 1 - (x.exponent - odd) / 2;
    return fp_pack(f, false, (unsigned)biased, estimate << (f->frac_bits - 8));
}

static inline uint64_t soft_recpx(const struct fp_format *f, uint64_t raw,
                                  struct el4_fp_env *env)
{
    struct fp_number x = fp_unpack(f, raw, env);
    unsigned biased = fp_biased_exp(f, raw);

    if (fp_is_nan(x.class)) {
        return fp_process_nan(f, x.class, raw, env);
    }
    return fp_pack(f, x.sign, biased == 0 ? fp_exp_ones(f) - 1 : fp_exp_ones(f) ^ biased, 0);
}

#define DEFINE_ESTIMATES(n, type)                                                              \
    type el4_fp##n##_recip_estimate(type a, struct el4_fp_env *env)                            \
    {                                                                                          \
        return (type)soft_recip_estimate(&format_##n, a, env);                                 \
    }                                                                                          \
    type el4_fp##n##_rsqrt_estimate(type a, struct el4_fp_env *env)                            \
    {                                                                                          \
        return (type)soft_rsqrt_estimate(&format_##n, a, env);                                 \
    }                                                                                          \
    type el4_fp##n##_recpx(type a, struct el4_fp_env *env)                                     \
    {                                                                                          \
        return (type)soft_recpx(&format_##n, a, env);                                          \
    }

DEFINE_ESTIMATES(16, uint16_t)
DEFINE_ESTIMATES(32, uint32_t)
DEFINE_ESTIMATES(64, uint64_t)

uint32_t el4_unsigned_recip_estimate(uint32_t a)
{
    return a >> 31 ? recip_estimate(a >> 23) << 23 : UINT32_MAX;
}

uint32_t el4_unsigned_rsqrt_estimate(uint32_t a)
{
    return a >> 30 ? recip_sqrt_estimate(a >> 23) << 23 : UINT32_MAX;
}
