/* SPDX-License-Identifier: MIT */
/*
 * Conversions between the formats, to and from integers and fixed point, and rounding to an
 * integral value: FPConvert, FPToFixed, FixedToFP, FPToFixedJS, FPRoundInt, FPRoundIntN.
 */
#include "fp.h"
#include "host.h"
#include "softfp.h"

/* FPConvertNaN: the payload keeps its place below the quiet bit. */
static inline uint64_t convert_nan(const struct fp_format *from, const struct fp_format *to,
                                   uint64_t raw)
{
    uint64_t fraction = raw & fp_frac_mask(from);
    if (to->frac_bits > from->frac_bits) {
        fraction <<= to->frac_bits - from->frac_bits;
    } else {
        fraction >>= from->frac_bits - to->frac_bits;
    }
    return fp_pack(to, fp_sign(from, raw), fp_exp_ones(to), fraction | fp_quiet_bit(to));
}

static inline uint64_t soft_convert(const struct fp_format *from, const struct fp_format *to,
                                    uint64_t raw, enum el4_fp_rounding rounding,
                                    struct el4_fp_env *env)
{
    const uint32_t fpcr = env->fpcr & ~EL4_FPCR_FZ16;
    const bool alternative = to->width == 16 && (fpcr & EL4_FPCR_AHP);
    struct fp_number x = fp_unpack_base(from, raw, fpcr, env);

    switch (x.class) {
    case CLASS_SNAN:
    case CLASS_QNAN:
        if (x.class == CLASS_SNAN || alternative) {
            fp_raise(env, EL4_FPSR_IOC);
        }
        if (alternative) {
            return fp_zero(to, x.sign);
        }
        return fpcr & EL4_FPCR_DN ? fp_default_nan(to) : convert_nan(from, to, raw);
    case CLASS_INFINITY:
        if (alternative) {
            fp_raise(env, EL4_FPSR_IOC);
            return fp_pack(to, x.sign, fp_exp_ones(to), fp_frac_mask(to));
        }
        return fp_infinity(to, x.sign);
    case CLASS_ZERO: return fp_zero(to, x.sign);
    default: return fp_round_base(to, x.sign, x.exponent, x.significand, fpcr, rounding, env);
    }
}

uint32_t el4_fp_convert_16_32(uint16_t a, struct el4_fp_env *env)
{
    return (uint32_t)soft_convert(&format_16, &format_32, a, el4_fp_round_mode(env), env);
}

uint64_t el4_fp_convert_16_64(uint16_t a, struct el4_fp_env *env)
{
    return soft_convert(&format_16, &format_64, a, el4_fp_round_mode(env), env);
}

uint16_t el4_fp_convert_32_16(uint32_t a, struct el4_fp_env *env)
{
    return (uint16_t)soft_convert(&format_32, &format_16, a, el4_fp_round_mode(env), env);
}

uint16_t el4_fp_convert_64_16(uint64_t a, struct el4_fp_env *env)
{
    return (uint16_t)soft_convert(&format_64, &format_16, a, el4_fp_round_mode(env), env);
}

uint64_t el4_fp_convert_32_64(uint32_t a, struct el4_fp_env *env)
{
#if EL4_FP_USE_HOST
    if (host32_is_safe(a)) {
        return host64_to_bits((double)host32_from_bits(a));
    }
#endif
    return soft_convert(&format_32, &format_64, a, el4_fp_round_mode(env), env);
}

uint32_t el4_fp_convert_64_32(uint64_t a, struct el4_fp_env *env)
{
#if EL4_FP_USE_HOST
    if (host64_usable(a, 0, 0, env)) {
        double value = host64_from_bits(a);
        float rounded = (float)value;
        uint32_t result = host32_to_bits(rounded);
        if (host32_is_safe(result) &&
            (host64_inexact_is_set(env) || (double)rounded == value)) {
            return result;
        }
    }
#endif
    return (uint32_t)soft_convert(&format_64, &format_32, a, el4_fp_round_mode(env), env);
}

uint32_t el4_fp_convert_64_32_odd(uint64_t a, struct el4_fp_env *env)
{
    return (uint32_t)soft_convert(&format_64, &format_32, a, EL4_FP_ODD, env);
}

/* A number rounded to an integer, as sign and magnitude. */
struct fp_integer {
    bool sign;
    bool inexact;
    bool too_large; /* 2^64 or more: the magnitude is not valid */
    uint64_t magnitude;
};

/* Rounds significand / 2^63 * 2^exponent, exactly. */
static struct fp_integer round_to_integer(struct fp_number x, enum el4_fp_rounding rounding)
{
    const uint64_t half = SIGNIFICAND_ONE;
    struct fp_integer integer = {.sign = x.sign};

    if (x.exponent > 63) {
        integer.too_large = true;
        return integer;
    }
    if (x.exponent == 63) {
        integer.magnitude = x.significand;
        return integer;
    }
    /* The discarded part as a fraction of 2^64, jammed; a value below 1/2 is all discarded. */
    uint64_t error = x.significand;
    if (x.exponent >= 0) {
        integer.magnitude = x.significand >> (63 - x.exponent);
        error = x.significand << (x.exponent + 1);
    } else if (x.exponent < -1) {
        error = fp_shift_right_jam(x.significand, (unsigned)(-1 - x.exponent));
    }
    integer.inexact = error != 0;
    /* The sum can't wrap: a 64-bit magnitude has no discarded part. */
    integer.magnitude +=
        fp_rounds_up(rounding, x.sign, integer.magnitude & 1, error, half) ? 1 : 0;
    return integer;
}

/* An integer of any magnitude but 0, divided by 2^fbits. */
static inline uint64_t round_integer_to_fp(const struct fp_format *f, bool sign,
                                           uint64_t magnitude, unsigned fbits,
                                           enum el4_fp_rounding rounding,
                                           struct el4_fp_env *env)
{
    int shift = __builtin_clzll(magnitude);
    return fp_round_base(f, sign, 63 - shift - (int)fbits, magnitude << shift,
                         env->fpcr & ~EL4_FPCR_AHP, rounding, env);
}

static inline uint64_t soft_to_fixed(const struct fp_format *f, uint64_t raw, unsigned fbits,
                                     bool is_unsigned, enum el4_fp_rounding rounding,
                                     unsigned intsize, struct el4_fp_env *env)
{
    const uint64_t ones = ~UINT64_C(0) >> (64 - intsize);
    struct fp_number x = fp_unpack(f, raw, env);
    struct fp_integer integer = {.sign = x.sign, .too_large = x.class == CLASS_INFINITY};

    if (fp_is_nan(x.class)) {
        fp_raise(env, EL4_FPSR_IOC);
        return 0;
    }
    if (x.class == CLASS_FINITE) {
        x.exponent += (int)fbits;
        integer = round_to_integer(x, rounding);
    }
    uint64_t limit = is_unsigned ? (integer.sign ? 0 : ones) : (ones >> 1) + integer.sign;
    if (integer.too_large || integer.magnitude > limit) {
        fp_raise(env, EL4_FPSR_IOC);
        integer.magnitude = limit;
    } else if (integer.inexact) {
        fp_raise(env, EL4_FPSR_IXC);
    }
    return (integer.sign ? -integer.magnitude : integer.magnitude) & ones;
}

static inline uint64_t soft_from_fixed(const struct fp_format *f, uint64_t value,
                                       unsigned intsize, unsigned fbits, bool is_unsigned,
                                       enum el4_fp_rounding rounding, struct el4_fp_env *env)
{
    const unsigned unused = 64 - intsize;
    uint64_t magnitude = value << unused >> unused;
    bool sign = !is_unsigned && magnitude >> (intsize - 1);

    if (magnitude == 0) {
        return fp_zero(f, false);
    }
    if (sign) {
        magnitude = -magnitude << unused >> unused;
    }
    return round_integer_to_fp(f, sign, magnitude, fbits, rounding, env);
}

static inline uint64_t soft_round_int(const struct fp_format *f, uint64_t raw,
                                      enum el4_fp_rounding rounding, bool exact,
                                      struct el4_fp_env *env)
{
    struct fp_number x = fp_unpack(f, raw, env);

    if (fp_is_nan(x.class)) {
        return fp_process_nan(f, x.class, raw, env);
    }
    if (x.class == CLASS_ZERO) {
        return fp_zero(f, x.sign);
    }
    if (x.class == CLASS_INFINITY || x.exponent >= (int)f->frac_bits) {
        return raw;
    }
    struct fp_integer integer = round_to_integer(x, rounding);
    if (integer.inexact && exact) {
        fp_raise(env, EL4_FPSR_IXC);
    }
    if (integer.magnitude == 0) {
        return fp_zero(f, x.sign);
    }
    return round_integer_to_fp(f, x.sign, integer.magnitude, 0, EL4_FP_ZERO, env);
}

static inline uint64_t soft_round_int_n(const struct fp_format *f, uint64_t raw,
                                        enum el4_fp_rounding rounding, unsigned intsize,
                                        struct el4_fp_env *env)
{
    struct fp_number x = fp_unpack(f, raw, env);
    struct fp_integer integer = {.too_large = true};

    if (x.class == CLASS_ZERO) {
        return fp_zero(f, x.sign);
    }
    if (x.class == CLASS_FINITE) {
        integer = round_to_integer(x, rounding);
    }
    uint64_t limit = (~UINT64_C(0) >> (65 - intsize)) + integer.sign;
    if (integer.too_large || integer.magnitude > limit) {
        /* NaNs, infinities and what does not fit: the most negative integer. */
        fp_raise(env, EL4_FPSR_IOC);
        return fp_pack(f, true, (unsigned)fp_bias(f) + intsize - 1, 0);
    }
    if (integer.inexact) {
        fp_raise(env, EL4_FPSR_IXC);
    }
    if (integer.magnitude == 0) {
        return fp_zero(f, x.sign);
    }
    return round_integer_to_fp(f, x.sign, integer.magnitude, 0, EL4_FP_ZERO, env);
}

uint32_t el4_fp32_round_int_n(uint32_t a, enum el4_fp_rounding rounding, unsigned intsize,
                              struct el4_fp_env *env)
{
    return (uint32_t)soft_round_int_n(&format_32, a, rounding, intsize, env);
}

uint64_t el4_fp64_round_int_n(uint64_t a, enum el4_fp_rounding rounding, unsigned intsize,
                              struct el4_fp_env *env)
{
    return soft_round_int_n(&format_64, a, rounding, intsize, env);
}

#if EL4_FP_USE_HOST
/* Truncation is the same on every host, whatever FPCR says: only range and flags matter. */
static inline bool host_to_integer(double value, unsigned fbits, bool is_unsigned,
                                   enum el4_fp_rounding rounding, unsigned intsize,
                                   uint64_t *result, const struct el4_fp_env *env)
{
    if (fbits != 0 || rounding != EL4_FP_ZERO || intsize == 16 ||
        !(value > -0x1p63 && value < 0x1p63) || (is_unsigned && !(value >= 0))) {
        return false;
    }
    int64_t integer = (int64_t)value;
    *result = (uint64_t)integer;
    if (intsize == 32) {
        if (is_unsigned ? integer > UINT32_MAX : integer != (int32_t)integer) {
            return false;
        }
        *result = (uint32_t)integer;
    }
    return (double)integer == value ||
           (host64_inexact_is_set(env) && !host64_is_denormal(host64_to_bits(value)));
}

/* The integer, if a host conversion that rounds to nearest even does what is asked. */
static inline bool host_from_integer(uint64_t value, unsigned intsize, unsigned fbits,
                                     bool is_unsigned, enum el4_fp_rounding rounding,
                                     unsigned frac_bits, int64_t *integer,
                                     const struct el4_fp_env *env)
{
    if (fbits != 0 || rounding != EL4_FP_TIEEVEN || intsize == 16) {
        return false;
    }
    if (intsize == 32) {
        *integer = is_unsigned ? (int64_t)(uint32_t)value : (int64_t)(int32_t)value;
    } else if (is_unsigned && value >> 63) {
        return false;
    } else {
        *integer = (int64_t)value;
    }
    const int64_t exact_limit = INT64_C(1) << frac_bits;
    return host64_inexact_is_set(env) || (*integer >= -exact_limit && *integer <= exact_limit);
}
#endif

uint64_t el4_fp16_to_fixed(uint16_t a, unsigned fbits, bool is_unsigned,
                           enum el4_fp_rounding rounding, unsigned intsize,
                           struct el4_fp_env *env)
{
    return soft_to_fixed(&format_16, a, fbits, is_unsigned, rounding, intsize, env);
}

uint64_t el4_fp32_to_fixed(uint32_t a, unsigned fbits, bool is_unsigned,
                           enum el4_fp_rounding rounding, unsigned intsize,
                           struct el4_fp_env *env)
{
#if EL4_FP_USE_HOST
    uint64_t result = 0;
    if (!host32_is_denormal(a) && host_to_integer(host32_from_bits(a), fbits, is_unsigned,
                                                  rounding, intsize, &result, env)) {
        return result;
    }
#endif
    return soft_to_fixed(&format_32, a, fbits, is_unsigned, rounding, intsize, env);
}

uint64_t el4_fp64_to_fixed(uint64_t a, unsigned fbits, bool is_unsigned,
                           enum el4_fp_rounding rounding, unsigned intsize,
                           struct el4_fp_env *env)
{
#if EL4_FP_USE_HOST
    uint64_t result = 0;
    if (host_to_integer(host64_from_bits(a), fbits, is_unsigned, rounding, intsize, &result,
                        env)) {
        return result;
    }
#endif
    return soft_to_fixed(&format_64, a, fbits, is_unsigned, rounding, intsize, env);
}

uint16_t el4_fp16_from_fixed(uint64_t value, unsigned intsize, unsigned fbits, bool is_unsigned,
                             enum el4_fp_rounding rounding, struct el4_fp_env *env)
{
    return (uint16_t)soft_from_fixed(&format_16, value, intsize, fbits, is_unsigned, rounding,
                                     env);
}

uint32_t el4_fp32_from_fixed(uint64_t value, unsigned intsize, unsigned fbits, bool is_unsigned,
                             enum el4_fp_rounding rounding, struct el4_fp_env *env)
{
#if EL4_FP_USE_HOST
    int64_t integer;
    if (host_from_integer(value, intsize, fbits, is_unsigned, rounding, 24, &integer, env)) {
        return host32_to_bits((float)integer);
    }
#endif
    return (uint32_t)soft_from_fixed(&format_32, value, intsize, fbits, is_unsigned, rounding,
                                     env);
}

uint64_t el4_fp64_from_fixed(uint64_t value, unsigned intsize, unsigned fbits, bool is_unsigned,
                             enum el4_fp_rounding rounding, struct el4_fp_env *env)
{
#if EL4_FP_USE_HOST
    int64_t integer;
    if (host_from_integer(value, intsize, fbits, is_unsigned, rounding, 53, &integer, env)) {
        return host64_to_bits((double)integer);
    }
#endif
    return soft_from_fixed(&format_64, value, intsize, fbits, is_unsigned, rounding, env);
}

uint16_t el4_fp16_round_int(uint16_t a, enum el4_fp_rounding rounding, bool exact,
                            struct el4_fp_env *env)
{
    return (uint16_t)soft_round_int(&format_16, a, rounding, exact, env);
}

uint32_t el4_fp32_round_int(uint32_t a, enum el4_fp_rounding rounding, bool exact,
                            struct el4_fp_env *env)
{
    return (uint32_t)soft_round_int(&format_32, a, rounding, exact, env);
}

uint64_t el4_fp64_round_int(uint64_t a, enum el4_fp_rounding rounding, bool exact,
                            struct el4_fp_env *env)
{
    return soft_round_int(&format_64, a, rounding, exact, env);
}

uint32_t el4_fp64_to_int32_js(uint64_t a, bool *z, struct el4_fp_env *env)
{
    struct fp_number x = fp_unpack(&format_64, a, env);

    /* Minus zero is not exact, nor is a denormal that FZ flushed. */
    *z = x.class == CLASS_ZERO && a == 0;
    if (x.class == CLASS_ZERO) {
        return 0;
    }
    if (x.class != CLASS_FINITE) {
        fp_raise(env, EL4_FPSR_IOC);
        return 0;
    }
    /* From 2^84 on, the low 32 bits are 0. */
    uint64_t low = 0;
    struct fp_integer integer = round_to_integer(x, EL4_FP_ZERO);
    if (!integer.too_large) {
        low = integer.magnitude;
    } else if (x.exponent < 63 + 32) {
        low = x.significand << (x.exponent - 63);
    }
    if (integer.too_large || integer.magnitude > UINT64_C(0x7fffffff) + x.sign) {
        fp_raise(env, EL4_FPSR_IOC);
    } else if (integer.inexact) {
        fp_raise(env, EL4_FPSR_IXC);
    } else {
        *z = true;
    }
    return (uint32_t)(x.sign ? -low : low);
}
