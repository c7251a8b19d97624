/* SPDX-License-Identifier: MIT */
/*
 * core/fp against expectations that don't come from it: the host's arithmetic in all four
 * rounding modes, half precision recomputed in double, and the estimates by the manual's older
 * real-number formulas. Built twice, with and without the library's use of host arithmetic.
 * test-fp-special.c has the special cases, tools/fp-oracle the comparison with an Arm machine.
 */
#include "fp/fp.h"

#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define DEFAULT_NAN_32 UINT32_C(0x7fc00000)
#define DEFAULT_NAN_64 UINT64_C(0x7ff8000000000000)
#define MIN_NORMAL_32  UINT32_C(0x00800000)
#define MIN_NORMAL_64  UINT64_C(0x0010000000000000)
#define ALL_FLAGS      0x9f

static const int host_modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

/* Exponents crowd round the middle and the two ends, fractions round 0 and all ones. */
static uint64_t random_bits(unsigned width, uint64_t *state)
{
    const unsigned frac_bits = width == 32 ? 23 : 52;
    const uint64_t exp_ones = width == 32 ? 0xff : 0x7ff;
    const uint64_t frac_mask = (UINT64_C(1) << frac_bits) - 1;
    uint64_t choice = next_random(state);
    uint64_t fraction = next_random(state) & frac_mask;
    uint64_t exponent = next_random(state);

    switch (choice & 3) {
    case 0: fraction &= frac_mask << (choice >> 32) % frac_bits; break;
    case 1: fraction >>= (choice >> 32) % frac_bits; break;
    case 2: fraction |= frac_mask >> (choice >> 32) % frac_bits; break;
    default: break;
    }
    switch (choice >> 2 & 7) {
    case 0: exponent &= 1; break;
    case 1: exponent = exp_ones - (exponent & 3); break;
    case 2:
    case 3: exponent = exp_ones / 2 + exponent % 64 - 32; break;
    case 4:
    case 5: exponent = exp_ones / 2 + (exponent & 3) - 1; break;
    default: break;
    }
    return (choice >> 8 & 1) << (width - 1) | (exponent & exp_ones) << frac_bits | fraction;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static uint64_t bits_of_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static uint32_t bits_of_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static uint32_t host_flags(void)
{
    int raised = fetestexcept(FE_ALL_EXCEPT);
    return (raised & FE_INVALID ? EL4_FPSR_IOC : 0) |
           (raised & FE_DIVBYZERO ? EL4_FPSR_DZC : 0) |
           (raised & FE_OVERFLOW ? EL4_FPSR_OFC : 0) |
           (raised & FE_UNDERFLOW ? EL4_FPSR_UFC : 0) |
           (raised & FE_INEXACT ? EL4_FPSR_IXC : 0);
}

static void host_begin(enum el4_fp_rounding rounding)
{
    fesetround(host_modes[rounding]);
    feclearexcept(FE_ALL_EXCEPT);
}

static uint32_t host_end(void)
{
    uint32_t flags = host_flags();
    fesetround(FE_TONEAREST);
    return flags;
}

/* Half of the runs start with IXC set, which is what opens the library's host path. */
static struct el4_fp_env make_env(enum el4_fp_rounding rounding, bool ixc)
{
    return (struct el4_fp_env){(uint32_t)rounding << EL4_FPCR_RMODE_SHIFT,
                               ixc ? EL4_FPSR_IXC : 0};
}

/* The operations that the host has too. Volatile keeps them between the fenv calls. */
enum host_op {
    HOST_ADD,
    HOST_SUB,
    HOST_MUL,
    HOST_DIV,
    HOST_SQRT,
    HOST_FMA,
    HOST_RECIP_STEP,
    HOST_RINT,
    HOST_OP_COUNT,
};

static double host_run_64(enum host_op op, uint64_t a, uint64_t b, uint64_t c)
{
    volatile double x = double_of(a), y = double_of(b), z = double_of(c), result = 0;
    switch (op) {
    case HOST_ADD: result = x + y; break;
    case HOST_SUB: result = x - y; break;
    case HOST_MUL: result = x * y; break;
    case HOST_DIV: result = x / y; break;
    case HOST_SQRT: result = sqrt(x); break;
    case HOST_FMA: result = fma(x, y, z); break;
    case HOST_RECIP_STEP: result = fma(-x, y, 2.0); break;
    default: result = rint(x); break;
    }
    return result;
}

static float host_run_32(enum host_op op, uint32_t a, uint32_t b, uint32_t c)
{
    volatile float x = float_of(a), y = float_of(b), z = float_of(c), result = 0;
    switch (op) {
    case HOST_ADD: result = x + y; break;
    case HOST_SUB: result = x - y; break;
    case HOST_MUL: result = x * y; break;
    case HOST_DIV: result = x / y; break;
    case HOST_SQRT: result = sqrtf(x); break;
    case HOST_FMA: result = fmaf(x, y, z); break;
    case HOST_RECIP_STEP: result = fmaf(-x, y, 2.0f); break;
    default: result = rintf(x); break;
    }
    return result;
}

static uint64_t el4_run_64(enum host_op op, uint64_t a, uint64_t b, uint64_t c,
                           struct el4_fp_env *env)
{
    switch (op) {
    case HOST_ADD: return el4_fp64_add(a, b, env);
    case HOST_SUB: return el4_fp64_sub(a, b, env);
    case HOST_MUL: return el4_fp64_mul(a, b, env);
    case HOST_DIV: return el4_fp64_div(a, b, env);
    case HOST_SQRT: return el4_fp64_sqrt(a, env);
    case HOST_FMA: return el4_fp64_muladd(c, a, b, env);
    case HOST_RECIP_STEP: return el4_fp64_recip_step_fused(a, b, env);
    default: return el4_fp64_round_int(a, el4_fp_round_mode(env), true, env);
    }
}

static uint32_t el4_run_32(enum host_op op, uint32_t a, uint32_t b, uint32_t c,
                           struct el4_fp_env *env)
{
    switch (op) {
    case HOST_ADD: return el4_fp32_add(a, b, env);
    case HOST_SUB: return el4_fp32_sub(a, b, env);
    case HOST_MUL: return el4_fp32_mul(a, b, env);
    case HOST_DIV: return el4_fp32_div(a, b, env);
    case HOST_SQRT: return el4_fp32_sqrt(a, env);
    case HOST_FMA: return el4_fp32_muladd(c, a, b, env);
    case HOST_RECIP_STEP: return el4_fp32_recip_step_fused(a, b, env);
    default: return el4_fp32_round_int(a, el4_fp_round_mode(env), true, env);
    }
}

/* A host that detects tininess after rounding misses UFC if rounding reached the normals. */
static void check_flags(uint32_t got, uint32_t expected, bool smallest_normal, const char *op,
                        uint64_t a, uint64_t b)
{
    uint32_t compared = smallest_normal ? ALL_FLAGS & ~EL4_FPSR_UFC : ALL_FLAGS;
    if ((got & compared) != (expected & compared)) {
        fail_msg("%s(%llx, %llx): flags %x, not %x", op, (unsigned long long)a,
                 (unsigned long long)b, got, expected);
    }
}

static void test_arithmetic_64(void **state)
{
    uint64_t seed = 0x640064;
    for (unsigned i = 0; i < 400000; i++) {
        enum host_op op = (enum host_op)(i % HOST_OP_COUNT);
        enum el4_fp_rounding rounding = (enum el4_fp_rounding)(i / HOST_OP_COUNT % 4);
        uint64_t a = random_bits(64, &seed), b = random_bits(64, &seed);
        uint64_t c = random_bits(64, &seed);
        if (isnan(double_of(a)) || isnan(double_of(b)) || isnan(double_of(c)) ||
            (op == HOST_RECIP_STEP && isinf(double_of(a) + double_of(b)))) {
            continue;
        }
        host_begin(rounding);
        double expected = host_run_64(op, a, b, c);
        uint32_t flags = host_end();
        struct el4_fp_env env = make_env(rounding, next_random(&seed) & 1);
        flags |= env.fpsr;
        uint64_t result = el4_run_64(op, a, b, c, &env);
        uint64_t bits = isnan(expected) ? DEFAULT_NAN_64 : bits_of_double(expected);
        if (result != bits) {
            fail_msg("op %d mode %d (%llx, %llx, %llx): %llx, not %llx", op, rounding,
                     (unsigned long long)a, (unsigned long long)b, (unsigned long long)c,
                     (unsigned long long)result, (unsigned long long)bits);
        }
        check_flags(env.fpsr, flags, (bits & INT64_MAX) == MIN_NORMAL_64, "double", a, b);
    }
}

static void test_arithmetic_32(void **state)
{
    uint64_t seed = 0x320032;
    for (unsigned i = 0; i < 400000; i++) {
        enum host_op op = (enum host_op)(i % HOST_OP_COUNT);
        enum el4_fp_rounding rounding = (enum el4_fp_rounding)(i / HOST_OP_COUNT % 4);
        uint32_t a = (uint32_t)random_bits(32, &seed), b = (uint32_t)random_bits(32, &seed);
        uint32_t c = (uint32_t)random_bits(32, &seed);
        if (isnan(float_of(a)) || isnan(float_of(b)) || isnan(float_of(c)) ||
            (op == HOST_RECIP_STEP && isinf(float_of(a) + float_of(b)))) {
            continue;
        }
        host_begin(rounding);
        float expected = host_run_32(op, a, b, c);
        uint32_t flags = host_end();
        struct el4_fp_env env = make_env(rounding, next_random(&seed) & 1);
        flags |= env.fpsr;
        uint32_t result = el4_run_32(op, a, b, c, &env);
        uint32_t bits = isnan(expected) ? DEFAULT_NAN_32 : bits_of_float(expected);
        if (result != bits) {
            fail_msg("op %d mode %d (%x, %x, %x): %x, not %x", op, rounding, a, b, c, result,
                     bits);
        }
        check_flags(env.fpsr, flags, (bits & INT32_MAX) == MIN_NORMAL_32, "single", a, b);
    }
}

/* Small integers and quarters: exact results must leave IXC clear whichever path is taken. */
static void test_exact_results_raise_nothing(void **state)
{
    for (int a = -40; a <= 40; a++) {
        for (int b = -40; b <= 40; b++) {
            struct el4_fp_env env = {0, 0};
            double x = a / 4.0, y = b;
            uint64_t bits_x = bits_of_double(x), bits_y = bits_of_double(y);
            assert_true(double_of(el4_fp64_add(bits_x, bits_y, &env)) == x + y);
            assert_true(double_of(el4_fp64_mul(bits_x, bits_y, &env)) == x * y);
            assert_true(double_of(el4_fp64_muladd(bits_y, bits_x, bits_y, &env)) == x * y + y);
            assert_true(double_of(el4_fp64_sqrt(bits_of_double(x * x), &env)) == fabs(x));
            if (b != 0) {
                double product = x * y;
                uint64_t quotient = el4_fp64_div(bits_of_double(product), bits_y, &env);
                assert_true(double_of(quotient) == x);
            }
            assert_int_equal(env.fpsr, 0);
        }
    }
}

static void test_convert_64_32(void **state)
{
    uint64_t seed = 0x6432;
    for (unsigned i = 0; i < 200000; i++) {
        enum el4_fp_rounding rounding = (enum el4_fp_rounding)(i % 4);
        uint64_t a = random_bits(64, &seed);
        if (i & 4) {
            /* Into the range of single, denormals included. */
            a = (a & ~(UINT64_C(0x7ff) << 52)) | ((a >> 52 & 0x1ff) % 300 + 860) << 52;
        }
        if (isnan(double_of(a))) {
            continue;
        }
        host_begin(rounding);
        volatile double wide = double_of(a);
        volatile float narrow = (float)wide;
        uint32_t flags = host_end();
        struct el4_fp_env env = make_env(rounding, next_random(&seed) & 1);
        flags |= env.fpsr;
        uint32_t bits = bits_of_float(narrow);
        assert_int_equal(el4_fp_convert_64_32(a, &env), bits);
        check_flags(env.fpsr, flags, (bits & INT32_MAX) == MIN_NORMAL_32, "convert", a, 0);
        env.fpsr = 0;
        assert_int_equal(el4_fp_convert_32_64(bits, &env), bits_of_double((double)narrow));
        assert_int_equal(env.fpsr, 0);
    }
}

/* What FPToFixed should give for an integral value, from the host's comparison alone. */
static uint64_t saturate(double value, bool is_unsigned, unsigned intsize, bool *invalid)
{
    double high = ldexp(1.0, (int)intsize - !is_unsigned);
    double low = is_unsigned ? 0 : -high;
    uint64_t ones = ~UINT64_C(0) >> (64 - intsize);
    *invalid = true;
    if (value >= high) {
        return is_unsigned ? ones : ones >> 1;
    }
    if (value < low) {
        return is_unsigned ? 0 : (ones >> 1) + 1;
    }
    *invalid = false;
    return (value < 0 ? (uint64_t)(int64_t)value : (uint64_t)value) & ones;
}

static void test_to_fixed(void **state)
{
    static const unsigned sizes[] = {16, 32, 64};
    uint64_t seed = 0xf1f1;
    for (unsigned i = 0; i < 300000; i++) {
        enum el4_fp_rounding rounding = (enum el4_fp_rounding)(i % 5);
        unsigned intsize = sizes[i / 5 % 3], fbits = i & 64 ? i % (intsize + 1) : 0;
        bool is_unsigned = i & 128, single = i & 256;
        uint64_t a = random_bits(single ? 32 : 64, &seed);
        double value = single ? (double)float_of((uint32_t)a) : double_of(a);
        /* Scaling must be exact. */
        if (isnan(value) || (value != 0 && fabs(value) < 0x1p-900)) {
            continue;
        }
        volatile double scaled = ldexp(value, (int)fbits);
        fesetround(host_modes[rounding % 4]);
        volatile double integral =
            rounding == EL4_FP_TIEAWAY ? round(scaled) : nearbyint(scaled);
        fesetround(FE_TONEAREST);
        bool invalid;
        uint64_t expected = saturate(integral, is_unsigned, intsize, &invalid);
        struct el4_fp_env env = make_env(EL4_FP_TIEEVEN, i & 512);
        uint32_t flags = env.fpsr | (invalid              ? EL4_FPSR_IOC
                                     : integral != scaled ? EL4_FPSR_IXC
                                                          : 0);
        uint64_t result =
            single ? el4_fp32_to_fixed((uint32_t)a, fbits, is_unsigned, rounding, intsize, &env)
                   : el4_fp64_to_fixed(a, fbits, is_unsigned, rounding, intsize, &env);
        if (result != expected || env.fpsr != flags) {
            fail_msg("%a << %u to %u bits, mode %d: %llx/%x, not %llx/%x", value, fbits,
                     intsize, rounding, (unsigned long long)result, env.fpsr,
                     (unsigned long long)expected, flags);
        }
    }
}

static void test_from_fixed(void **state)
{
    uint64_t seed = 0xf2f2;
    for (unsigned i = 0; i < 200000; i++) {
        enum el4_fp_rounding rounding = (enum el4_fp_rounding)(i % 4);
        uint64_t value = next_random(&seed) >> (next_random(&seed) & 63);
        unsigned intsize = i & 4 ? 32 : 64, fbits = i & 8 ? i % (intsize + 1) : 0;
        bool is_unsigned = i & 16;
        value = i & 32 ? -value : value;
        volatile uint64_t low = intsize == 32 ? (uint32_t)value : value;
        volatile int64_t integer = intsize == 32 ? (int32_t)value : (int64_t)value;
        host_begin(rounding);
        volatile float single = is_unsigned ? (float)low : (float)integer;
        host_end();
        host_begin(rounding);
        volatile double wide = is_unsigned ? (double)low : (double)integer;
        host_end();
        struct el4_fp_env env = make_env(rounding, i & 64);
        uint32_t got_32 =
            el4_fp32_from_fixed(value, intsize, fbits, is_unsigned, rounding, &env);
        uint64_t got_64 =
            el4_fp64_from_fixed(value, intsize, fbits, is_unsigned, rounding, &env);
        assert_true(float_of(got_32) == ldexpf(single, -(int)fbits));
        assert_true(double_of(got_64) == ldexp(wide, -(int)fbits));
        bool exact = is_unsigned ? single < 0x1p64f && (uint64_t)single == low
                                 : single < 0x1p63f && (int64_t)single == integer;
        assert_int_equal(env.fpsr, exact && !(i & 64) ? 0 : EL4_FPSR_IXC);
    }
}

static void test_to_int32_js(void **state)
{
    uint64_t seed = 0x15;
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t a = random_bits(64, &seed);
        double value = double_of(a);
        struct el4_fp_env env = {0, 0};
        bool z, exact = false;
        uint32_t expected = 0, flags = EL4_FPSR_IOC;
        if (isfinite(value)) {
            double whole = trunc(value);
            bool in_range = whole >= -0x1p31 && whole < 0x1p31;
            exact = in_range && whole == value && a != UINT64_C(1) << 63;
            expected = (uint32_t)(int64_t)fmod(whole, 0x1p32);
            flags = !in_range ? EL4_FPSR_IOC : whole != value ? EL4_FPSR_IXC : 0;
        }
        assert_int_equal(el4_fp64_to_int32_js(a, &z, &env), expected);
        assert_int_equal(z, exact);
        assert_int_equal(env.fpsr, flags);
    }
}

/* Half precision in double: every half is exact there, and so are sums and products. */
static double double_of_half(uint16_t half, bool alternative)
{
    int exponent = half >> 10 & 0x1f, fraction = half & 0x3ff;
    double value = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    if (exponent == 31 && !alternative) {
        value = fraction ? NAN : INFINITY;
    }
    return half & 0x8000 ? -value : value;
}

/* The nearest value that half can have, as a double; infinity for overflow. */
static double round_to_half(double value, enum el4_fp_rounding rounding, uint32_t *flags)
{
    int exponent;
    *flags = 0;
    if (value == 0 || isinf(value)) {
        return value;
    }
    frexp(value, &exponent);
    double quantum = ldexp(1, (exponent < -13 ? -13 : exponent) - 11);
    volatile double steps = value / quantum;
    fesetround(host_modes[rounding]);
    steps = nearbyint(steps);
    fesetround(FE_TONEAREST);
    double rounded = steps * quantum;
    if (fabs(rounded) > 65504) {
        bool to_infinity = rounding == EL4_FP_TIEEVEN ||
                           (rounding == EL4_FP_POSINF && value > 0) ||
                           (rounding == EL4_FP_NEGINF && value < 0);
        *flags = EL4_FPSR_OFC | EL4_FPSR_IXC;
        return copysign(to_infinity ? INFINITY : 65504, value);
    }
    if (rounded != value) {
        *flags = EL4_FPSR_IXC | (fabs(value) < 0x1p-14 ? EL4_FPSR_UFC : 0);
    }
    return rounded;
}

static void test_half_conversions(void **state)
{
    for (unsigned half = 0; half < 0x10000; half++) {
        for (unsigned alternative = 0; alternative < 2; alternative++) {
            struct el4_fp_env env = {alternative ? EL4_FPCR_AHP : 0, 0};
            double value = double_of_half((uint16_t)half, alternative);
            uint32_t single = el4_fp_convert_16_32((uint16_t)half, &env);
            uint64_t wide = el4_fp_convert_16_64((uint16_t)half, &env);
            if (isnan(value)) {
                /* The payload keeps its place, the quiet bit is set. */
                uint32_t nan = (half & 0x8000u) << 16 | 0x7fc00000 | (half & 0x1ffu) << 13;
                assert_int_equal(single, nan);
                assert_int_equal(env.fpsr, half & 0x200 ? 0 : EL4_FPSR_IOC);
                assert_int_equal(el4_fp_convert_32_16(single, &env), half | 0x200);
                assert_int_equal(el4_fp_convert_64_16(wide, &env), half | 0x200);
                continue;
            }
            assert_int_equal(single, bits_of_float((float)value));
            assert_int_equal(wide, bits_of_double(value));
            assert_int_equal(el4_fp_convert_32_16(single, &env), half);
            assert_int_equal(el4_fp_convert_64_16(wide, &env), half);
            assert_int_equal(env.fpsr, 0);
        }
    }
}

/* Every half, the middle to the next one, and the singles on either side of both. */
static void test_single_to_half_rounding(void **state)
{
    for (uint32_t half = 0; half < 0x7c00; half++) {
        double value = double_of_half((uint16_t)half, true);
        double next = double_of_half((uint16_t)(half + 1), true);
        uint32_t points[] = {bits_of_float((float)value),
                             bits_of_float((float)((value + next) / 2))};
        for (unsigned i = 0; i < 24; i++) {
            enum el4_fp_rounding rounding = (enum el4_fp_rounding)(i & 3);
            uint32_t single = points[i / 12] + (i >> 2) % 3 - (half != 0);
            uint32_t flags;
            double expected = round_to_half((double)float_of(single), rounding, &flags);
            struct el4_fp_env env = make_env(rounding, false);
            uint16_t result = el4_fp_convert_32_16(single, &env);
            assert_true(double_of_half(result, false) == expected);
            assert_int_equal(env.fpsr, flags);
        }
    }
}

static void check_half(uint16_t result, double expected, enum el4_fp_rounding rounding,
                       const struct el4_fp_env *env)
{
    uint32_t flags;
    double rounded = round_to_half(expected, rounding, &flags);
    assert_true(double_of_half(result, false) == rounded);
    assert_int_equal(env->fpsr, flags);
}

static void test_half_arithmetic(void **state)
{
    uint64_t seed = 16;
    for (unsigned a = 0; a < 0x7c00; a++) {
        for (unsigned i = 0; i < 16; i++) {
            enum el4_fp_rounding rounding = (enum el4_fp_rounding)(i & 3);
            uint16_t b = (uint16_t)(next_random(&seed) % 0x7c00 | (i & 4) << 13);
            double x = double_of_half((uint16_t)a, false), y = double_of_half(b, false);
            struct el4_fp_env env = make_env(rounding, false);
            check_half(el4_fp16_add((uint16_t)a, b, &env), x + y, rounding, &env);
            env.fpsr = 0;
            check_half(el4_fp16_mul((uint16_t)a, b, &env), x * y, rounding, &env);
            env.fpsr = 0;
            check_half(el4_fp16_muladd(0x3555, (uint16_t)a, b, &env),
                       x * y + double_of_half(0x3555, false), rounding, &env);
            env.fpsr = 0;
            /* Correct rounding to 53 bits first is harmless only to nearest. */
            if (rounding == EL4_FP_TIEEVEN && y != 0) {
                check_half(el4_fp16_div((uint16_t)a, b, &env), x / y, rounding, &env);
                env.fpsr = 0;
                check_half(el4_fp16_sqrt((uint16_t)a, &env), sqrt(x), rounding, &env);
            }
        }
    }
}

/* The estimate functions as older editions of the manual gave them, in real arithmetic. */
static double recip_reference(double scaled)
{
    int quantum = (int)(scaled * 512);
    return floor(256 / ((quantum + 0.5) / 512) + 0.5) / 256;
}

static double rsqrt_reference(double scaled)
{
    double quantum = scaled < 0.5 ? 512 : 256;
    double centre = ((int)(scaled * quantum) + 0.5) / quantum;
    return floor(256 / sqrt(centre) + 0.5) / 256;
}

static void test_half_estimates(void **state)
{
    for (unsigned half = 1; half < 0x7c00; half++) {
        struct el4_fp_env env = {0, 0};
        int exponent;
        double value = double_of_half((uint16_t)half, false);
        double scaled = frexp(value, &exponent);
        uint16_t recip = el4_fp16_recip_estimate((uint16_t)half, &env);
        if (value < 0x1p-16) {
            assert_int_equal(recip, 0x7c00);
            assert_int_equal(env.fpsr, EL4_FPSR_OFC | EL4_FPSR_IXC);
        } else {
            double expected = ldexp(recip_reference(scaled), -exponent);
            /* A denormal estimate is cut off, not rounded. */
            expected = floor(expected * 0x1p24) / 0x1p24;
            assert_true(double_of_half(recip, false) == expected);
            assert_int_equal(env.fpsr, 0);
        }
        if (exponent & 1) {
            scaled /= 2;
            exponent++;
        }
        env.fpsr = 0;
        uint16_t rsqrt = el4_fp16_rsqrt_estimate((uint16_t)half, &env);
        double expected = ldexp(rsqrt_reference(scaled), -exponent / 2);
        assert_true(double_of_half(rsqrt, false) == expected);
        assert_int_equal(env.fpsr, 0);
    }
}

static void test_unsigned_estimates(void **state)
{
    for (uint64_t a = 0; a <= UINT32_MAX; a += 0x100001) {
        double scaled = (double)a / 0x1p32;
        uint32_t recip = el4_unsigned_recip_estimate((uint32_t)a);
        uint32_t rsqrt = el4_unsigned_rsqrt_estimate((uint32_t)a);
        uint32_t expected =
            scaled < 0.5 ? UINT32_MAX : (uint32_t)(recip_reference(scaled) * 0x1p31);
        assert_int_equal(recip, expected);
        expected = scaled < 0.25 ? UINT32_MAX : (uint32_t)(rsqrt_reference(scaled) * 0x1p31);
        assert_int_equal(rsqrt, expected);
    }
}

static void test_compare(void **state)
{
    uint64_t seed = 0xc0;
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t a = random_bits(64, &seed);
        uint64_t b = i & 1 ? random_bits(64, &seed) : a ^ (next_random(&seed) & 3) << 62;
        double x = double_of(a), y = double_of(b);
        bool ordered = !isunordered(x, y);
        struct el4_fp_env env = {0, 0};
        unsigned expected = !ordered ? 0x3 : x == y ? 0x6 : x < y ? 0x8 : 0x2;
        assert_int_equal(el4_fp64_compare(a, b, true, &env), expected);
        assert_int_equal(env.fpsr, ordered ? 0 : EL4_FPSR_IOC);
        assert_int_equal(el4_fp64_cmp_eq(a, b, &env), x == y);
        assert_int_equal(el4_fp64_cmp_ge(a, b, &env), isgreaterequal(x, y));
        assert_int_equal(el4_fp64_cmp_gt(a, b, &env), isgreater(x, y));
        if (ordered && x != y) {
            assert_true(double_of(el4_fp64_max(a, b, &env)) == fmax(x, y));
            assert_true(double_of(el4_fp64_minnum(a, b, &env)) == fmin(x, y));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arithmetic_64),
        cmocka_unit_test(test_arithmetic_32),
        cmocka_unit_test(test_exact_results_raise_nothing),
        cmocka_unit_test(test_convert_64_32),
        cmocka_unit_test(test_to_fixed),
        cmocka_unit_test(test_from_fixed),
        cmocka_unit_test(test_to_int32_js),
        cmocka_unit_test(test_half_conversions),
        cmocka_unit_test(test_single_to_half_rounding),
        cmocka_unit_test(test_half_arithmetic),
        cmocka_unit_test(test_half_estimates),
        cmocka_unit_test(test_unsigned_estimates),
        cmocka_unit_test(test_compare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
