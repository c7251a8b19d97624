/* SPDX-License-Identifier: MIT */
/*
 * Add, subtract, multiply, divide, square root, fused multiply-add and the Newton steps built
 * on it. The soft_* functions are the manual's FPAdd, FPMul and so on for any format; the
 * exported functions at the end instantiate them, after trying the host's arithmetic where
 * there is one.
 */
#include "fp.h"
#include "host.h"
#include "softfp.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE uint64_t soft_add(const struct fp_format *f, uint64_t a, uint64_t b,
                                bool subtract, struct el4_fp_env *env)
{
    enum el4_fp_rounding rounding = el4_fp_round_mode(env);
    struct fp_number x = fp_unpack(f, a, env);
    struct fp_number y = fp_unpack(f, b, env);

    if (fp_is_nan(x.class) || fp_is_nan(y.class)) {
        return fp_process_nans(f, x.class, a, y.class, b, env);
    }
    y.sign ^= subtract;
    if (x.class == CLASS_INFINITY || y.class == CLASS_INFINITY) {
        if (x.class == y.class && x.sign != y.sign) {
            return fp_invalid(f, env);
        }
        return fp_infinity(f, x.class == CLASS_INFINITY ? x.sign : y.sign);
    }
    if (x.class == CLASS_ZERO && y.class == CLASS_ZERO && x.sign == y.sign) {
        return fp_zero(f, x.sign);
    }
    struct fp_wide sum = fp_wide_sum(fp_widen(x), fp_widen(y));
    return sum.significand ? fp_round_wide(f, sum, rounding, env) : fp_zero_sum(f, rounding);
}

/* FPMul, and FPMulX with `extended`. */
ALWAYS_INLINE uint64_t soft_mul(const struct fp_format *f, uint64_t a, uint64_t b,
                                bool extended, struct el4_fp_env *env)
{
    struct fp_number x = fp_unpack(f, a, env);
    struct fp_number y = fp_unpack(f, b, env);
    bool sign = x.sign != y.sign;
    bool any_zero = x.class == CLASS_ZERO || y.class == CLASS_ZERO;

    if (fp_is_nan(x.class) || fp_is_nan(y.class)) {
        return fp_process_nans(f, x.class, a, y.class, b, env);
    }
    if (x.class == CLASS_INFINITY || y.class == CLASS_INFINITY) {
        if (any_zero) {
            return extended ? fp_two(f, sign) : fp_invalid(f, env);
        }
        return fp_infinity(f, sign);
    }
    if (any_zero) {
        return fp_zero(f, sign);
    }
    return fp_round_wide(f, fp_wide_product(x, y), el4_fp_round_mode(env), env);
}

/* The jammed quotient, times 2^63, of two significands that have bit 63 set. */
ALWAYS_INLINE uint64_t divide_significands(const struct fp_format *f, uint64_t a, uint64_t b)
{
    if (f->frac_bits < 31) {
        /* The low halves are 0: one 64-bit division gives the 31 or 32 bits that are enough. */
        uint64_t dividend = a >> 1;
        uint64_t divisor = b >> 32;
        return dividend / divisor << 32 | (dividend % divisor != 0);
    }
    unsigned __int128 dividend = (unsigned __int128)a << 63;
    uint64_t quotient = (uint64_t)(dividend / b);
    return quotient | ((unsigned __int128)quotient * b != dividend);
}

ALWAYS_INLINE uint64_t soft_div(const struct fp_format *f, uint64_t a, uint64_t b,
                                struct el4_fp_env *env)
{
    struct fp_number x = fp_unpack(f, a, env);
    struct fp_number y = fp_unpack(f, b, env);
    bool sign = x.sign != y.sign;

    if (fp_is_nan(x.class) || fp_is_nan(y.class)) {
        return fp_process_nans(f, x.class, a, y.class, b, env);
    }
    if (x.class == y.class && x.class != CLASS_FINITE) {
        return fp_invalid(f, env);
    }
    if (x.class == CLASS_INFINITY || y.class == CLASS_ZERO) {
        if (x.class != CLASS_INFINITY) {
            fp_raise(env, EL4_FPSR_DZC);
        }
        return fp_infinity(f, sign);
    }
    if (x.class == CLASS_ZERO || y.class == CLASS_INFINITY) {
        return fp_zero(f, sign);
    }
    uint64_t quotient = divide_significands(f, x.significand, y.significand);
    int exponent = x.exponent - y.exponent;
    if (!(quotient & SIGNIFICAND_ONE)) {
        quotient <<= 1;
        exponent--;
    }
    return fp_round_base(f, sign, exponent, quotient, env->fpcr & ~EL4_FPCR_AHP,
                         el4_fp_round_mode(env), env);
}

/*
 * The jammed square root of significand / 2^63, or of twice that, as a significand. It goes the
 * pencil's way: two bits of the radicand give one digit; one digit more than the format keeps.
 */
ALWAYS_INLINE uint64_t square_root_significand(const struct fp_format *f, uint64_t significand,
                                               bool twice)
{
    const unsigned digits = f->frac_bits + 2;
    uint64_t radicand = twice ? significand : significand >> 1;
    uint64_t rest = 0;
    uint64_t root = 0;

    for (unsigned i = 0; i < digits; i++) {
        rest = rest << 2 | radicand >> 62;
        radicand <<= 2;
        uint64_t trial = root << 2 | 1;
        bool digit = rest >= trial;
        rest -= digit ? trial : 0;
        root = root << 1 | digit;
    }
    return root << (64 - digits) | (rest != 0);
}

ALWAYS_INLINE uint64_t soft_sqrt(const struct fp_format *f, uint64_t a, struct el4_fp_env *env)
{
    struct fp_number x = fp_unpack(f, a, env);

    if (fp_is_nan(x.class)) {
        return fp_process_nan(f, x.class, a, env);
    }
    if (x.class == CLASS_ZERO) {
        return fp_zero(f, x.sign);
    }
    if (x.sign) {
        return fp_invalid(f, env);
    }
    if (x.class == CLASS_INFINITY) {
        return fp_infinity(f, false);
    }
    bool odd = x.exponent & 1;
    uint64_t root = square_root_significand(f, x.significand, odd);
    return fp_round_base(f, false, (x.exponent - odd) / 2, root, env->fpcr & ~EL4_FPCR_AHP,
                         el4_fp_round_mode(env), env);
}

/* FPMulAdd after the NaNs: f is the format of the result, whatever x and y came from. */
ALWAYS_INLINE uint64_t muladd_numbers(const struct fp_format *f, struct fp_number addend,
                                      struct fp_number x, struct fp_number y,
                                      struct el4_fp_env *env)
{
    enum el4_fp_rounding rounding = el4_fp_round_mode(env);
    bool product_sign = x.sign != y.sign;
    bool product_infinite = x.class == CLASS_INFINITY || y.class == CLASS_INFINITY;
    bool product_zero = x.class == CLASS_ZERO || y.class == CLASS_ZERO;

    if (product_infinite && product_zero) {
        return fp_invalid(f, env);
    }
    if (addend.class == CLASS_INFINITY) {
        if (product_infinite && addend.sign != product_sign) {
            return fp_invalid(f, env);
        }
        return fp_infinity(f, addend.sign);
    }
    if (product_infinite) {
        return fp_infinity(f, product_sign);
    }
    if (addend.class == CLASS_ZERO && product_zero && addend.sign == product_sign) {
        return fp_zero(f, product_sign);
    }
    struct fp_wide sum = fp_wide_sum(fp_widen(addend), fp_wide_product(x, y));
    return sum.significand ? fp_round_wide(f, sum, rounding, env) : fp_zero_sum(f, rounding);
}

static bool is_infinity_times_zero(struct fp_number x, struct fp_number y)
{
    return (x.class == CLASS_INFINITY && y.class == CLASS_ZERO) ||
           (x.class == CLASS_ZERO && y.class == CLASS_INFINITY);
}

/* FPMulAdd, and FPMulAddH where the factors' format g is narrower than the addend's f. */
ALWAYS_INLINE uint64_t soft_muladd(const struct fp_format *f, const struct fp_format *g,
                                   uint64_t addend, uint64_t a, uint64_t b,
                                   struct el4_fp_env *env)
{
    struct fp_number z = fp_unpack(f, addend, env);
    struct fp_number x = fp_unpack(g, a, env);
    struct fp_number y = fp_unpack(g, b, env);

    if (!fp_is_nan(z.class) && !fp_is_nan(x.class) && !fp_is_nan(y.class)) {
        return muladd_numbers(f, z, x, y, env);
    }
    if (z.class == CLASS_QNAN && is_infinity_times_zero(x, y)) {
        return fp_invalid(f, env);
    }
    bool any_signalling =
        z.class == CLASS_SNAN || x.class == CLASS_SNAN || y.class == CLASS_SNAN;
    if (z.class == CLASS_SNAN || (z.class == CLASS_QNAN && !any_signalling)) {
        return fp_process_nan(f, z.class, addend, env);
    }
    uint64_t nan = fp_process_nans(g, x.class, a, y.class, b, env);
    if (f->width == g->width) {
        return nan;
    }
    /* FPConvertNaN; the default NaN becomes the default NaN. */
    uint64_t payload = (nan & fp_frac_mask(g)) << (f->frac_bits - g->frac_bits);
    return fp_pack(f, fp_sign(g, nan), fp_exp_ones(f), payload);
}

/* FPRecipStepFused and, with `halve`, FPRSqrtStepFused: a is negated before all else. */
ALWAYS_INLINE uint64_t soft_step(const struct fp_format *f, uint64_t a, uint64_t b, bool halve,
                                 struct el4_fp_env *env)
{
    enum el4_fp_rounding rounding = el4_fp_round_mode(env);
    a ^= fp_sign_mask(f);
    struct fp_number x = fp_unpack(f, a, env);
    struct fp_number y = fp_unpack(f, b, env);

    if (fp_is_nan(x.class) || fp_is_nan(y.class)) {
        return fp_process_nans(f, x.class, a, y.class, b, env);
    }
    if (is_infinity_times_zero(x, y)) {
        return halve ? fp_pack(f, false, (unsigned)fp_bias(f), fp_quiet_bit(f))
                     : fp_two(f, false);
    }
    if (x.class == CLASS_INFINITY || y.class == CLASS_INFINITY) {
        return fp_infinity(f, x.sign != y.sign);
    }
    /* 1.5 or 1.0, times 2. */
    struct fp_wide constant = {false, 1, (unsigned __int128)(halve ? 3 : 2) << 126};
    struct fp_wide sum = fp_wide_sum(constant, fp_wide_product(x, y));
    sum.exponent -= halve;
    return sum.significand ? fp_round_wide(f, sum, rounding, env) : fp_zero_sum(f, rounding);
}

/*
 * The exported functions. The integer core is kept out of line, so that the host's way costs no
 * saving of registers.
 */
#define SOFT(type) static __attribute__((noinline)) type

#define DEFINE_BINARY(n, type, name, host_name, soft_call)                                     \
    SOFT(type) soft##n##_##name(type a, type b, struct el4_fp_env *env)                        \
    {                                                                                          \
        return (type)soft_call;                                                                \
    }                                                                                          \
    type el4_fp##n##_##name(type a, type b, struct el4_fp_env *env)                            \
    {                                                                                          \
        type result = 0;                                                                       \
        return host_name(a, b, &result, env) ? result : soft##n##_##name(a, b, env);           \
    }

#define DEFINE_ARITHMETIC(n, type)                                                             \
    DEFINE_BINARY(n, type, add, host##n##_add, soft_add(&format_##n, a, b, false, env))        \
    DEFINE_BINARY(n, type, sub, host##n##_sub, soft_add(&format_##n, a, b, true, env))         \
    DEFINE_BINARY(n, type, mul, host##n##_mul, soft_mul(&format_##n, a, b, false, env))        \
    DEFINE_BINARY(n, type, mulx, host##n##_mul, soft_mul(&format_##n, a, b, true, env))        \
    DEFINE_BINARY(n, type, div, host##n##_div, soft_div(&format_##n, a, b, env))               \
    SOFT(type) soft##n##_sqrt(type a, struct el4_fp_env *env)                                  \
    {                                                                                          \
        return (type)soft_sqrt(&format_##n, a, env);                                           \
    }                                                                                          \
    type el4_fp##n##_sqrt(type a, struct el4_fp_env *env)                                      \
    {                                                                                          \
        type result = 0;                                                                       \
        return host##n##_sqrt(a, &result, env) ? result : soft##n##_sqrt(a, env);              \
    }                                                                                          \
    SOFT(type) soft##n##_muladd(type addend, type a, type b, struct el4_fp_env *env)           \
    {                                                                                          \
        return (type)soft_muladd(&format_##n, &format_##n, addend, a, b, env);                 \
    }                                                                                          \
    type el4_fp##n##_muladd(type addend, type a, type b, struct el4_fp_env *env)               \
    {                                                                                          \
        type result = 0;                                                                       \
        return host##n##_muladd(addend, a, b, &result, env)                                    \
                   ? result                                                                    \
                   : soft##n##_muladd(addend, a, b, env);                                      \
    }                                                                                          \
    type el4_fp##n##_recip_step_fused(type a, type b, struct el4_fp_env *env)                  \
    {                                                                                          \
        return (type)soft_step(&format_##n, a, b, false, env);                                 \
    }                                                                                          \
    type el4_fp##n##_rsqrt_step_fused(type a, type b, struct el4_fp_env *env)                  \
    {                                                                                          \
        return (type)soft_step(&format_##n, a, b, true, env);                                  \
    }

DEFINE_ARITHMETIC(16, uint16_t)
DEFINE_ARITHMETIC(32, uint32_t)
DEFINE_ARITHMETIC(64, uint64_t)

uint32_t el4_fp_muladd_16_32(uint32_t addend, uint16_t a, uint16_t b, struct el4_fp_env *env)
{
    return (uint32_t)soft_muladd(&format_32, &format_16, addend, a, b, env);
}

/*
 * The unfused steps. NaNs go through the multiplication in FPProcessNaNs' order; constant minus
 * product sees an operand NaN already quietened, and passes it on unchanged.
 */
static uint32_t unfused_product(uint32_t a, uint32_t b, struct el4_fp_env *env)
{
    struct fp_number x = fp_unpack(&format_32, a, env);
    struct fp_number y = fp_unpack(&format_32, b, env);
    return is_infinity_times_zero(x, y) ? 0 : el4_fp32_mul(a, b, env);
}

uint32_t el4_fp32_recip_step(uint32_t a, uint32_t b, struct el4_fp_env *env)
{
    const uint32_t two = (uint32_t)fp_two(&format_32, false);
    return el4_fp32_sub(two, unfused_product(a, b, env), env);
}

uint32_t el4_fp32_rsqrt_step(uint32_t a, uint32_t b, struct el4_fp_env *env)
{
    const uint32_t two = (uint32_t)fp_two(&format_32, false);
    const uint32_t three = (uint32_t)(two | fp_quiet_bit(&format_32));
    uint32_t difference = el4_fp32_sub(three, unfused_product(a, b, env), env);
    return el4_fp32_div(difference, two, env);
}
