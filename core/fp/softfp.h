/* SPDX-License-Identifier: MIT */
/*
 * The integer core under every operation: unpack to (class, sign, exponent, significand),
 * compute with 128 bits plus a sticky bit, round and pack. One code for the three formats,
 * driven by a descriptor; all of it is inline so that each exported function gets its own
 * specialised copy. It follows FPUnpackBase, FPRoundBase, FPProcessNaNs of DDI 0487
 * "shared/functions/float".
 *
 * "Jammed" below means that the lowest bit also stands for every nonzero bit shifted out. Such
 * a value rounds as the exact one does, because all formats keep fewer than 62 bits.
 */
#ifndef EL4_CORE_FP_SOFTFP_H
#define EL4_CORE_FP_SOFTFP_H

#include "fp.h"

struct fp_format {
    unsigned width;
    unsigned exp_bits;
    unsigned frac_bits;
};

static const struct fp_format format_16 = {16, 5, 10};
static const struct fp_format format_32 = {32, 8, 23};
static const struct fp_format format_64 = {64, 11, 52};

enum fp_class {
    CLASS_ZERO,
    CLASS_FINITE,
    CLASS_INFINITY,
    CLASS_QNAN,
    CLASS_SNAN,
};

/* CLASS_FINITE: the value is significand / 2^63 * 2^exponent, and bit 63 is set. */
struct fp_number {
    enum fp_class class;
    bool sign;
    int exponent;
    uint64_t significand;
};

/* An exact or jammed intermediate, significand / 2^127 * 2^exponent: bit 127 set, or all 0. */
struct fp_wide {
    bool sign;
    int exponent;
    unsigned __int128 significand;
};

#define SIGNIFICAND_ONE (UINT64_C(1) << 63)

static inline uint64_t fp_frac_mask(const struct fp_format *f)
{
    return (UINT64_C(1) << f->frac_bits) - 1;
}

static inline unsigned fp_exp_ones(const struct fp_format *f)
{
    return (1u << f->exp_bits) - 1;
}

static inline int fp_bias(const struct fp_format *f)
{
    return (1 << (f->exp_bits - 1)) - 1;
}

static inline uint64_t fp_sign_mask(const struct fp_format *f)
{
    return UINT64_C(1) << (f->width - 1);
}

static inline uint64_t fp_quiet_bit(const struct fp_format *f)
{
    return UINT64_C(1) << (f->frac_bits - 1);
}

static inline uint64_t fp_pack(const struct fp_format *f, bool sign, unsigned biased_exp,
                               uint64_t fraction)
{
    return (uint64_t)sign << (f->width - 1) | (uint64_t)biased_exp << f->frac_bits | fraction;
}

static inline unsigned fp_biased_exp(const struct fp_format *f, uint64_t raw)
{
    return (unsigned)(raw >> f->frac_bits) & fp_exp_ones(f);
}

static inline bool fp_sign(const struct fp_format *f, uint64_t raw)
{
    return (raw & fp_sign_mask(f)) != 0;
}

static inline uint64_t fp_zero(const struct fp_format *f, bool sign)
{
    return fp_pack(f, sign, 0, 0);
}

static inline uint64_t fp_infinity(const struct fp_format *f, bool sign)
{
    return fp_pack(f, sign, fp_exp_ones(f), 0);
}

static inline uint64_t fp_max_normal(const struct fp_format *f, bool sign)
{
    return fp_pack(f, sign, fp_exp_ones(f) - 1, fp_frac_mask(f));
}

static inline uint64_t fp_default_nan(const struct fp_format *f)
{
    return fp_pack(f, false, fp_exp_ones(f), fp_quiet_bit(f));
}

static inline uint64_t fp_two(const struct fp_format *f, bool sign)
{
    return fp_pack(f, sign, (unsigned)fp_bias(f) + 1, 0);
}

static inline void fp_raise(struct el4_fp_env *env, uint32_t flags)
{
    env->fpsr |= flags;
}

static inline uint64_t fp_invalid(const struct fp_format *f, struct el4_fp_env *env)
{
    fp_raise(env, EL4_FPSR_IOC);
    return fp_default_nan(f);
}

/* The sign of a sum that is exactly zero, of operands that are not both zeros of that sign. */
static inline uint64_t fp_zero_sum(const struct fp_format *f, enum el4_fp_rounding rounding)
{
    return fp_zero(f, rounding == EL4_FP_NEGINF);
}

static inline bool fp_flushes(const struct fp_format *f, uint32_t fpcr)
{
    return (fpcr & (f->width == 16 ? EL4_FPCR_FZ16 : EL4_FPCR_FZ)) != 0;
}

static inline bool fp_is_nan(enum fp_class class)
{
    return class == CLASS_QNAN || class == CLASS_SNAN;
}

/* FPUnpackBase. fpcr is an argument because FPUnpack hides AHP and FPUnpackCV hides FZ16. */
static inline struct fp_number fp_unpack_base(const struct fp_format *f, uint64_t raw,
                                              uint32_t fpcr, struct el4_fp_env *env)
{
    uint64_t fraction = raw & fp_frac_mask(f);
    unsigned biased = fp_biased_exp(f, raw);
    struct fp_number number = {.sign = fp_sign(f, raw)};

    if (biased == 0) {
        if (fraction == 0) {
            number.class = CLASS_ZERO;
        } else if (fp_flushes(f, fpcr)) {
            number.class = CLASS_ZERO;
            if (f->width != 16) {
                fp_raise(env, EL4_FPSR_IDC);
            }
        } else {
            int shift = __builtin_clzll(fraction);
            number.class = CLASS_FINITE;
            number.exponent = 1 - fp_bias(f) - (int)f->frac_bits + 63 - shift;
            number.significand = fraction << shift;
        }
    } else if (biased == fp_exp_ones(f) && !(f->width == 16 && (fpcr & EL4_FPCR_AHP))) {
        if (fraction == 0) {
            number.class = CLASS_INFINITY;
        } else {
            number.class = fraction & fp_quiet_bit(f) ? CLASS_QNAN : CLASS_SNAN;
        }
    } else {
        number.class = CLASS_FINITE;
        number.exponent = (int)biased - fp_bias(f);
        number.significand = SIGNIFICAND_ONE | fraction << (63 - f->frac_bits);
    }
    return number;
}

static inline struct fp_number fp_unpack(const struct fp_format *f, uint64_t raw,
                                         struct el4_fp_env *env)
{
    return fp_unpack_base(f, raw, env->fpcr & ~EL4_FPCR_AHP, env);
}

static inline uint64_t fp_shift_right_jam(uint64_t value, unsigned shift)
{
    if (shift == 0) {
        return value;
    }
    return shift < 64 ? value >> shift | (value << (64 - shift) != 0) : value != 0;
}

static inline unsigned __int128 fp_shift_right_jam_wide(unsigned __int128 value, unsigned shift)
{
    if (shift == 0) {
        return value;
    }
    return shift < 128 ? value >> shift | (value << (128 - shift) != 0) : value != 0;
}

/* Whether a magnitude whose discarded part is `error`, of `half` * 2 to one, is rounded up. */
static inline bool fp_rounds_up(enum el4_fp_rounding rounding, bool sign, bool odd,
                                uint64_t error, uint64_t half)
{
    switch (rounding) {
    case EL4_FP_TIEEVEN: return error > half || (error == half && odd);
    case EL4_FP_TIEAWAY: return error >= half;
    case EL4_FP_POSINF: return error != 0 && !sign;
    case EL4_FP_NEGINF: return error != 0 && sign;
    default: return false;
    }
}

/* Whether a magnitude too large for the format becomes infinity, not the largest number. */
static inline bool fp_overflows_to_infinity(enum el4_fp_rounding rounding, bool sign)
{
    switch (rounding) {
    case EL4_FP_TIEEVEN: return true;
    case EL4_FP_POSINF: return !sign;
    case EL4_FP_NEGINF: return sign;
    default: return false;
    }
}

/*
 * FPRoundBase of significand / 2^63 * 2^exponent: bit 63 is set, bit 0 may be jammed. Tininess
 * is detected before rounding, and a flushed result sets UFC only.
 */
static inline uint64_t fp_round_base(const struct fp_format *f, bool sign, int exponent,
                                     uint64_t significand, uint32_t fpcr,
                                     enum el4_fp_rounding rounding, struct el4_fp_env *env)
{
    const int min_exponent = 1 - fp_bias(f);
    const unsigned discard = 63 - f->frac_bits;
    const uint64_t half = UINT64_C(1) << (discard - 1);
    int biased = exponent + fp_bias(f);

    if (exponent < min_exponent) {
        if (fp_flushes(f, fpcr)) {
            fp_raise(env, EL4_FPSR_UFC);
            return fp_zero(f, sign);
        }
        significand = fp_shift_right_jam(significand, (unsigned)(min_exponent - exponent));
        biased = 0;
    }
    uint64_t mantissa = significand >> discard;
    uint64_t error = significand & (half * 2 - 1);
    if (biased == 0 && error != 0) {
        fp_raise(env, EL4_FPSR_UFC);
    }
    if (fp_rounds_up(rounding, sign, mantissa & 1, error, half)) {
        mantissa++;
        if (mantissa == UINT64_C(1) << f->frac_bits) {
            biased = 1;
        } else if (mantissa == UINT64_C(2) << f->frac_bits) {
            biased++;
            mantissa >>= 1;
        }
    }
    if (error != 0 && rounding == EL4_FP_ODD) {
        mantissa |= 1;
    }
    if (f->width == 16 && (fpcr & EL4_FPCR_AHP)) {
        if (biased > (int)fp_exp_ones(f)) {
            fp_raise(env, EL4_FPSR_IOC);
            return fp_pack(f, sign, fp_exp_ones(f), fp_frac_mask(f));
        }
    } else if (biased >= (int)fp_exp_ones(f)) {
        fp_raise(env, EL4_FPSR_OFC | EL4_FPSR_IXC);
        return fp_overflows_to_infinity(rounding, sign) ? fp_infinity(f, sign)
                                                        : fp_max_normal(f, sign);
    }
    if (error != 0) {
        fp_raise(env, EL4_FPSR_IXC);
    }
    return fp_pack(f, sign, (unsigned)biased, mantissa & fp_frac_mask(f));
}

/* FPRound of a nonzero wide value. */
static inline uint64_t fp_round_wide(const struct fp_format *f, struct fp_wide value,
                                     enum el4_fp_rounding rounding, struct el4_fp_env *env)
{
    uint64_t high = (uint64_t)(value.significand >> 64);
    uint64_t sticky = (uint64_t)value.significand != 0;
    return fp_round_base(f, value.sign, value.exponent, high | sticky,
                         env->fpcr & ~EL4_FPCR_AHP, rounding, env);
}

/* FPProcessNaN. */
static inline uint64_t fp_process_nan(const struct fp_format *f, enum fp_class class,
                                      uint64_t raw, struct el4_fp_env *env)
{
    if (class == CLASS_SNAN) {
        fp_raise(env, EL4_FPSR_IOC);
    }
    return env->fpcr & EL4_FPCR_DN ? fp_default_nan(f) : raw | fp_quiet_bit(f);
}

/* FPProcessNaNs, where at least one operand is a NaN. */
static inline uint64_t fp_process_nans(const struct fp_format *f, enum fp_class class_a,
                                       uint64_t a, enum fp_class class_b, uint64_t b,
                                       struct el4_fp_env *env)
{
    bool first = class_a == CLASS_SNAN || (class_a == CLASS_QNAN && class_b != CLASS_SNAN);
    return first ? fp_process_nan(f, class_a, a, env) : fp_process_nan(f, class_b, b, env);
}

static inline struct fp_wide fp_widen(struct fp_number number)
{
    struct fp_wide wide = {number.sign, number.exponent, 0};
    if (number.class == CLASS_FINITE) {
        wide.significand = (unsigned __int128)number.significand << 64;
    }
    return wide;
}

/* The exact product of two numbers that are finite or zero. */
static inline struct fp_wide fp_wide_product(struct fp_number a, struct fp_number b)
{
    struct fp_wide product = {.sign = a.sign != b.sign};
    if (a.class == CLASS_ZERO || b.class == CLASS_ZERO) {
        return product;
    }
    product.significand = (unsigned __int128)a.significand * b.significand;
    product.exponent = a.exponent + b.exponent + 1;
    if (!(product.significand >> 127)) {
        product.significand <<= 1;
        product.exponent--;
    }
    return product;
}

/*
 * The jammed sum. Operands have at most 106 significant bits, which leaves 21 guard bits after
 * the shift that makes room for the carry: enough for the one bit that cancellation can cost
 * when bits were jammed. An exact zero sum has significand 0 and a meaningless sign.
 */
static inline struct fp_wide fp_wide_sum(struct fp_wide a, struct fp_wide b)
{
    if (b.significand == 0) {
        return a;
    }
    if (a.significand == 0) {
        return b;
    }
    if (a.exponent < b.exponent ||
        (a.exponent == b.exponent && a.significand < b.significand)) {
        struct fp_wide larger = b;
        b = a;
        a = larger;
    }
    unsigned distance = (unsigned)(a.exponent - b.exponent);
    unsigned __int128 large = a.significand >> 1;
    unsigned __int128 small = fp_shift_right_jam_wide(b.significand >> 1, distance);
    unsigned __int128 sum = a.sign == b.sign ? large + small : large - small;
    if (sum == 0) {
        return (struct fp_wide){0};
    }
    uint64_t high = (uint64_t)(sum >> 64);
    int shift = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)sum);
    return (struct fp_wide){a.sign, a.exponent + 1 - shift, sum << shift};
}

#endif
