/* SPDX-License-Identifier: MIT */
/*
 * Comparison, maximum and minimum. No rounding happens here, so raw patterns are compared as
 * sign-magnitude integers once denormals are flushed: as quick as the host's own compare.
 */
#include "fp.h"
#include "softfp.h"

/* What FPUnpack does to a denormal operand under FZ or FZ16. */
static inline uint64_t flush_input(const struct fp_format *f, uint64_t raw,
                                   struct el4_fp_env *env)
{
    if (!fp_flushes(f, env->fpcr) || fp_biased_exp(f, raw) != 0 ||
        (raw & fp_frac_mask(f)) == 0) {
        return raw;
    }
    if (f->width != 16) {
        fp_raise(env, EL4_FPSR_IDC);
    }
    return raw & fp_sign_mask(f);
}

static inline enum fp_class class_of(const struct fp_format *f, uint64_t raw)
{
    uint64_t magnitude = raw & ~fp_sign_mask(f);
    if (magnitude > fp_infinity(f, false)) {
        return raw & fp_quiet_bit(f) ? CLASS_QNAN : CLASS_SNAN;
    }
    return CLASS_FINITE;
}

/* An integer that orders as the number does; both zeros give 0. */
static inline int64_t order_of(const struct fp_format *f, uint64_t raw)
{
    int64_t magnitude = (int64_t)(raw & ~fp_sign_mask(f));
    return fp_sign(f, raw) ? -magnitude : magnitude;
}

enum fp_relation {
    LESS,
    EQUAL,
    GREATER,
    UNORDERED,
};

static inline enum fp_relation relate(const struct fp_format *f, uint64_t a, uint64_t b,
                                      bool signal_nans, struct el4_fp_env *env)
{
    a = flush_input(f, a, env);
    b = flush_input(f, b, env);
    enum fp_class class_a = class_of(f, a);
    enum fp_class class_b = class_of(f, b);

    if (fp_is_nan(class_a) || fp_is_nan(class_b)) {
        if (signal_nans || class_a == CLASS_SNAN || class_b == CLASS_SNAN) {
            fp_raise(env, EL4_FPSR_IOC);
        }
        return UNORDERED;
    }
    int64_t order_a = order_of(f, a);
    int64_t order_b = order_of(f, b);
    /* Without a branch, which would often be mispredicted. */
    return (enum fp_relation)(EQUAL + (order_a > order_b) - (order_a < order_b));
}

/* FPCompare's PSTATE results. */
static const uint8_t nzcv_of[] = {
    [LESS] = 0x8,
    [EQUAL] = 0x6,
    [GREATER] = 0x2,
    [UNORDERED] = 0x3,
};

static inline uint64_t pick_extreme(const struct fp_format *f, uint64_t a, uint64_t b,
                                    bool maximum, struct el4_fp_env *env)
{
    a = flush_input(f, a, env);
    b = flush_input(f, b, env);
    enum fp_class class_a = class_of(f, a);
    enum fp_class class_b = class_of(f, b);

    if (fp_is_nan(class_a) || fp_is_nan(class_b)) {
        return fp_process_nans(f, class_a, a, class_b, b, env);
    }
    int64_t order_a = order_of(f, a);
    int64_t order_b = order_of(f, b);
    if (order_a == order_b) {
        /* Two zeros may differ in sign: +0 is the larger. Other equals are identical. */
        return maximum ? a & b : a | b;
    }
    return (order_a > order_b) == maximum ? a : b;
}

/* A single quiet NaN is taken for the infinity that loses. */
static inline uint64_t pick_extreme_number(const struct fp_format *f, uint64_t a, uint64_t b,
                                           bool maximum, struct el4_fp_env *env)
{
    bool quiet_a = class_of(f, a) == CLASS_QNAN;
    bool quiet_b = class_of(f, b) == CLASS_QNAN;

    if (quiet_a && !quiet_b) {
        a = fp_infinity(f, maximum);
    } else if (quiet_b && !quiet_a) {
        b = fp_infinity(f, maximum);
    }
    return pick_extreme(f, a, b, maximum, env);
}

#define DEFINE_COMPARE(n, type)                                                                \
    unsigned el4_fp##n##_compare(type a, type b, bool signal_nans, struct el4_fp_env *env)     \
    {                                                                                          \
        return nzcv_of[relate(&format_##n, a, b, signal_nans, env)];                           \
    }                                                                                          \
    bool el4_fp##n##_cmp_eq(type a, type b, struct el4_fp_env *env)                            \
    {                                                                                          \
        return relate(&format_##n, a, b, false, env) == EQUAL;                                 \
    }                                                                                          \
    bool el4_fp##n##_cmp_ge(type a, type b, struct el4_fp_env *env)                            \
    {                                                                                          \
        enum fp_relation relation = relate(&format_##n, a, b, true, env);                      \
        return relation == GREATER || relation == EQUAL;                                       \
    }                                                                                          \
    bool el4_fp##n##_cmp_gt(type a, type b, struct el4_fp_env *env)                            \
    {                                                                                          \
        return relate(&format_##n, a, b, true, env) == GREATER;                                \
    }                                                                                          \
    type el4_fp##n##_max(type a, type b, struct el4_fp_env *env)                               \
    {                                                                                          \
        return (type)pick_extreme(&format_##n, a, b, true, env);                               \
    }                                                                                          \
    type el4_fp##n##_min(type a, type b, struct el4_fp_env *env)                               \
    {                                                                                          \
        return (type)pick_extreme(&format_##n, a, b, false, env);                              \
    }                                                                                          \
    type el4_fp##n##_maxnum(type a, type b, struct el4_fp_env *env)                            \
    {                                                                                          \
        return (type)pick_extreme_number(&format_##n, a, b, true, env);                        \
    }                                                                                          \
    type el4_fp##n##_minnum(type a, type b, struct el4_fp_env *env)                            \
    {                                                                                          \
        return (type)pick_extreme_number(&format_##n, a, b, false, env);                       \
    }

DEFINE_COMPARE(16, uint16_t)
DEFINE_COMPARE(32, uint32_t)
DEFINE_COMPARE(64, uint64_t)
