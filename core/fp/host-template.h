/* SPDX-License-Identifier: MIT */
/*
 * Host floating point for one format: included once with HOST_WIDTH 32 and once with 64 by
 * host.h.
 *
 * Each function tries an operation under round to nearest even and says whether *result surely
 * has the Arm bits and no flag other than IXC is due. It is so when
 *  - the result is finite and larger than the smallest normal number (equal might have been
 * tiny before rounding), so neither operand was a NaN or infinity that counts, and
 *  - with FZ, no operand is a denormal, and
 *  - IXC is already set, or the result is proved exact by a cheap sufficient test.
 * Exact zeros are accepted where they can't come from underflow. All else: the integer core.
 */
#if HOST_WIDTH == 32
#define HOST_FLOAT     float
#define HOST_BITS      uint32_t
#define HOST_FRAC_BITS 23
#define HOST_EXP_ONES  0xff
#define HOST_SQRT      __builtin_sqrtf
#define HOST_FMA       __builtin_fmaf
#define HOST(name)     host32_##name
#else
#define HOST_FLOAT     double
#define HOST_BITS      uint64_t
#define HOST_FRAC_BITS 52
#define HOST_EXP_ONES  0x7ff
#define HOST_SQRT      __builtin_sqrt
#define HOST_FMA       __builtin_fma
#define HOST(name)     host64_##name
#endif

static inline HOST_FLOAT HOST(from_bits)(HOST_BITS bits)
{
    HOST_FLOAT value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline HOST_BITS HOST(to_bits)(HOST_FLOAT value)
{
    HOST_BITS bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static inline HOST_BITS HOST(magnitude)(HOST_BITS bits)
{
    return bits & ~((HOST_BITS)1 << (HOST_WIDTH - 1));
}

static inline bool HOST(is_zero)(HOST_BITS bits)
{
    return HOST(magnitude)(bits) == 0;
}

static inline bool HOST(is_denormal)(HOST_BITS bits)
{
    return HOST(magnitude)(bits) - 1 < ((HOST_BITS)1 << HOST_FRAC_BITS) - 1;
}

static inline bool HOST(is_safe)(HOST_BITS result)
{
    const HOST_BITS smallest = (HOST_BITS)1 << HOST_FRAC_BITS;
    const HOST_BITS infinity = (HOST_BITS)HOST_EXP_ONES << HOST_FRAC_BITS;
    return HOST(magnitude)(result) - smallest - 1 < infinity - smallest - 1;
}

/* The mode allows the host, and FZ would change none of the operands. */
static inline bool HOST(usable)(HOST_BITS a, HOST_BITS b, HOST_BITS c,
                                const struct el4_fp_env *env)
{
    if (!(env->fpcr & (EL4_FPCR_RMODE | EL4_FPCR_FZ))) {
        return true;
    }
    return !(env->fpcr & EL4_FPCR_RMODE) && !HOST(is_denormal)(a) && !HOST(is_denormal)(b) &&
           !HOST(is_denormal)(c);
}

static inline bool HOST(inexact_is_set)(const struct el4_fp_env *env)
{
    return (env->fpsr & EL4_FPSR_IXC) != 0;
}

/* An upper bound of the significand's length, from its first to its last nonzero bit. */
static inline int HOST(length)(HOST_FLOAT value)
{
    HOST_BITS fraction = HOST(to_bits)(value) & (((HOST_BITS)1 << HOST_FRAC_BITS) - 1);
    return fraction ? HOST_FRAC_BITS + 1 - __builtin_ctzll(fraction) : 1;
}

static inline bool HOST(product_is_exact)(HOST_FLOAT x, HOST_FLOAT y)
{
    return HOST(length)(x) + HOST(length)(y) <= HOST_FRAC_BITS + 1;
}

/* Knuth's two-sum: the rounding error of a sum, itself exact; not zero if it overflowed. */
static inline bool HOST(sum_is_exact)(HOST_FLOAT x, HOST_FLOAT y, HOST_FLOAT sum)
{
    HOST_FLOAT y_part = sum - x;
    HOST_FLOAT x_part = sum - y_part;
    return (x - x_part) + (y - y_part) == 0;
}

static inline bool HOST(add)(HOST_BITS a, HOST_BITS b, HOST_BITS *result,
                             const struct el4_fp_env *env)
{
    if (!HOST(usable)(a, b, 0, env)) {
        return false;
    }
    HOST_FLOAT x = HOST(from_bits)(a);
    HOST_FLOAT y = HOST(from_bits)(b);
    HOST_FLOAT sum = x + y;
    *result = HOST(to_bits)(sum);
    /* A sum underflows to zero only if it is zero. */
    return (HOST(is_safe)(*result) || HOST(is_zero)(*result)) &&
           (HOST(inexact_is_set)(env) || HOST(sum_is_exact)(x, y, sum));
}

static inline bool HOST(sub)(HOST_BITS a, HOST_BITS b, HOST_BITS *result,
                             const struct el4_fp_env *env)
{
    return HOST(add)(a, b ^ (HOST_BITS)1 << (HOST_WIDTH - 1), result, env);
}

static inline bool HOST(mul)(HOST_BITS a, HOST_BITS b, HOST_BITS *result,
                             const struct el4_fp_env *env)
{
    if (!HOST(usable)(a, b, 0, env)) {
        return false;
    }
    HOST_FLOAT x = HOST(from_bits)(a);
    HOST_FLOAT y = HOST(from_bits)(b);
    *result = HOST(to_bits)(x * y);
    if (HOST(is_safe)(*result)) {
        return HOST(inexact_is_set)(env) || HOST(product_is_exact)(x, y);
    }
    return HOST(is_zero)(*result) && (HOST(is_zero)(a) || HOST(is_zero)(b));
}

static inline bool HOST(div)(HOST_BITS a, HOST_BITS b, HOST_BITS *result,
                             const struct el4_fp_env *env)
{
    if (!HOST(usable)(a, b, 0, env)) {
        return false;
    }
    HOST_FLOAT x = HOST(from_bits)(a);
    HOST_FLOAT y = HOST(from_bits)(b);
    HOST_FLOAT quotient = x / y;
    *result = HOST(to_bits)(quotient);
    if (HOST(is_safe)(*result)) {
        return HOST(inexact_is_set)(env) ||
               (HOST(is_safe)(a) && HOST(product_is_exact)(quotient, y) && quotient * y == x);
    }
    return HOST(is_zero)(*result) && HOST(is_zero)(a);
}

static inline bool HOST(sqrt)(HOST_BITS a, HOST_BITS *result, const struct el4_fp_env *env)
{
    if (!HOST(usable)(a, 0, 0, env)) {
        return false;
    }
    HOST_FLOAT x = HOST(from_bits)(a);
    HOST_FLOAT root = HOST_SQRT(x);
    *result = HOST(to_bits)(root);
    if (HOST(is_safe)(*result)) {
        return HOST(inexact_is_set)(env) ||
               (HOST(is_safe)(a) && HOST(product_is_exact)(root, root) && root * root == x);
    }
    return HOST(is_zero)(a);
}

#ifdef HOST_FMA_TARGET
/* Out of line, as only a function with this target may use the host's instruction. */
HOST_FMA_TARGET static HOST_FLOAT HOST(fused)(HOST_FLOAT x, HOST_FLOAT y, HOST_FLOAT addend)
{
    return HOST_FMA(x, y, addend);
}

static inline bool HOST(muladd)(HOST_BITS addend, HOST_BITS a, HOST_BITS b, HOST_BITS *result,
                                const struct el4_fp_env *env)
{
    if (!host_has_fma() || !HOST(usable)(addend, a, b, env)) {
        return false;
    }
    HOST_FLOAT x = HOST(from_bits)(a);
    HOST_FLOAT y = HOST(from_bits)(b);
    HOST_FLOAT z = HOST(from_bits)(addend);
    HOST_FLOAT sum = HOST(fused)(x, y, z);
    *result = HOST(to_bits)(sum);
    if (HOST(is_safe)(*result)) {
        HOST_FLOAT product = x * y;
        bool product_is_safe =
            HOST(is_safe)(HOST(to_bits)(product)) || HOST(is_zero)(a) || HOST(is_zero)(b);
        return HOST(inexact_is_set)(env) || (product_is_safe && HOST(product_is_exact)(x, y) &&
                                             HOST(sum_is_exact)(product, z, sum));
    }
    return HOST(is_zero)(*result) && HOST(is_zero)(addend) &&
           (HOST(is_zero)(a) || HOST(is_zero)(b));
}
#endif

#undef HOST_FLOAT
#undef HOST_BITS
#undef HOST_FRAC_BITS
#undef HOST_EXP_ONES
#undef HOST_SQRT
#undef HOST_FMA
#undef HOST
