/* SPDX-License-Identifier: MIT */
/*
 * Special cases of core/fp as DDI 0487 "shared/functions/float" defines them: NaNs, signs of
 * zero, flushing, tininess, overflow by rounding mode, saturation, the alternative half format.
 * Each is tried with IXC clear and set, as the latter lets the library use the host's
 * arithmetic.
 */
#include "fp/fp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* One function each so that the table can name it. */
#define OPERATION(name, call)                                                                  \
    static uint64_t name(uint64_t a, uint64_t b, uint64_t c, struct el4_fp_env *env)           \
    {                                                                                          \
        return call;                                                                           \
    }

OPERATION(add_32, el4_fp32_add(a, b, env))
OPERATION(add_16, el4_fp16_add(a, b, env))
OPERATION(sub_32, el4_fp32_sub(a, b, env))
OPERATION(mul_16, el4_fp16_mul(a, b, env))
OPERATION(mul_32, el4_fp32_mul(a, b, env))
OPERATION(mul_64, el4_fp64_mul(a, b, env))
OPERATION(mulx_32, el4_fp32_mulx(a, b, env))
OPERATION(div_32, el4_fp32_div(a, b, env))
OPERATION(sqrt_32, el4_fp32_sqrt(a, env))
OPERATION(muladd_32, el4_fp32_muladd(a, b, c, env))
OPERATION(muladd_half, el4_fp_muladd_16_32(a, b, c, env))
OPERATION(max_32, el4_fp32_max(a, b, env))
OPERATION(min_32, el4_fp32_min(a, b, env))
OPERATION(maxnum_32, el4_fp32_maxnum(a, b, env))
OPERATION(minnum_32, el4_fp32_minnum(a, b, env))
OPERATION(compare_quiet_32, el4_fp32_compare(a, b, false, env))
OPERATION(eq_32, el4_fp32_cmp_eq(a, b, env))
OPERATION(ge_32, el4_fp32_cmp_ge(a, b, env))
OPERATION(recip_32, el4_fp32_recip_estimate(a, env))
OPERATION(rsqrt_32, el4_fp32_rsqrt_estimate(a, env))
OPERATION(recpx_32, el4_fp32_recpx(a, env))
OPERATION(recip_step_32, el4_fp32_recip_step_fused(a, b, env))
OPERATION(rsqrt_step_32, el4_fp32_rsqrt_step_fused(a, b, env))
OPERATION(rsqrt_step_64, el4_fp64_rsqrt_step_fused(a, b, env))
OPERATION(old_recip_step_32, el4_fp32_recip_step(a, b, env))
OPERATION(old_rsqrt_step_32, el4_fp32_rsqrt_step(a, b, env))
OPERATION(frintn_32, el4_fp32_round_int(a, EL4_FP_TIEEVEN, false, env))
OPERATION(frinta_32, el4_fp32_round_int(a, EL4_FP_TIEAWAY, false, env))
OPERATION(frint32z_32, el4_fp32_round_int_n(a, EL4_FP_ZERO, 32, env))
OPERATION(frint64x_64, el4_fp64_round_int_n(a, EL4_FP_TIEEVEN, 64, env))
OPERATION(single_to_half, el4_fp_convert_32_16(a, env))
OPERATION(half_to_single, el4_fp_convert_16_32(a, env))
OPERATION(single_to_double, el4_fp_convert_32_64(a, env))
OPERATION(double_to_single, el4_fp_convert_64_32(a, env))
OPERATION(double_to_single_odd, el4_fp_convert_64_32_odd(a, env))
OPERATION(fcvtzs_w_32, el4_fp32_to_fixed(a, 0, false, EL4_FP_ZERO, 32, env))
OPERATION(fcvtzu_w_32, el4_fp32_to_fixed(a, 0, true, EL4_FP_ZERO, 32, env))
OPERATION(scvtf_16, el4_fp16_from_fixed(a, 64, 0, false, el4_fp_round_mode(env), env))
OPERATION(ucvtf_16_fixed, el4_fp16_from_fixed(a, 32, 32, true, el4_fp_round_mode(env), env))

#define IOC  EL4_FPSR_IOC
#define DZC  EL4_FPSR_DZC
#define OFC  EL4_FPSR_OFC
#define UFC  EL4_FPSR_UFC
#define IXC  EL4_FPSR_IXC
#define IDC  EL4_FPSR_IDC
#define FZ   EL4_FPCR_FZ
#define FZ16 EL4_FPCR_FZ16
#define DN   EL4_FPCR_DN
#define AHP  EL4_FPCR_AHP
#define UP   ((uint32_t)EL4_FP_POSINF << EL4_FPCR_RMODE_SHIFT)
#define DOWN ((uint32_t)EL4_FP_NEGINF << EL4_FPCR_RMODE_SHIFT)
#define CUT  ((uint32_t)EL4_FP_ZERO << EL4_FPCR_RMODE_SHIFT)

#define DEFAULT_NAN_32 0x7fc00000
#define P_INF          0x7f800000
#define N_INF          0xff800000
#define S_NAN          0x7f800001
#define Q_NAN          0xffc01234
#define TINY           0x00000001
#define P_ONE          0x3f800000
#define N_ONE          0xbf800000
#define P_TWO          0x40000000
#define N_0            0x80000000
#define MAX            0x7f7fffff

struct special_case {
    uint64_t (*run)(uint64_t a, uint64_t b, uint64_t c, struct el4_fp_env *env);
    uint64_t a, b, c;
    uint32_t fpcr;
    uint64_t result;
    uint32_t flags;
};

/* clang-format off */
static const struct special_case special_cases[] = {
    /* NaNs: signalling before quiet, then in operand order; DN replaces, IOC stays. */
    {add_32, Q_NAN, S_NAN, 0, 0, 0x7fc00001, IOC},
    {add_32, Q_NAN, 0x7fc00099, 0, 0, Q_NAN, 0},
    {add_32, P_ONE, Q_NAN, 0, DN, DEFAULT_NAN_32, 0},
    {add_32, S_NAN, P_ONE, 0, DN, DEFAULT_NAN_32, IOC},
    {sub_32, P_ONE, Q_NAN, 0, 0, Q_NAN, 0},
    {sub_32, P_INF, P_INF, 0, 0, DEFAULT_NAN_32, IOC},
    {mul_32, P_INF, N_0, 0, 0, DEFAULT_NAN_32, IOC},
    {mulx_32, P_INF, N_0, 0, 0, 0xc0000000, 0},
    {div_32, P_ONE, N_0, 0, 0, N_INF, DZC},
    {div_32, 0, 0, 0, 0, DEFAULT_NAN_32, IOC},
    {div_32, P_INF, 0, 0, 0, P_INF, 0},
    {sqrt_32, N_ONE, 0, 0, 0, DEFAULT_NAN_32, IOC},
    {sqrt_32, N_0, 0, 0, 0, N_0, 0},
    /* A NaN and a flushed denormal: the denormal is still noticed. */
    {add_32, TINY, Q_NAN, 0, FZ, Q_NAN, IDC},
    /* Zero sums. */
    {add_32, P_ONE, N_ONE, 0, 0, 0, 0},
    {add_32, P_ONE, N_ONE, 0, DOWN, N_0, 0},
    {add_32, N_0, N_0, 0, UP, N_0, 0},
    /* Flushing: inputs set IDC, outputs set UFC alone, even if they would round to normal. */
    {add_32, TINY, TINY, 0, FZ, 0, IDC},
    {mul_32, 0x00800000, 0x3f000000, 0, FZ, 0, UFC},
    {mul_32, 0x80800000, 0x3f7fffff, 0, FZ, N_0, UFC},
    {mul_32, 0x00800000, 0x3f7fffff, 0, UP | FZ, 0, UFC},
    {add_16, 0x0001, 0x8400, 0, FZ16, 0x8400, 0},
    {mul_16, 0x0400, 0x3800, 0, FZ16, 0, UFC},
    {mul_16, 0x0400, 0x3800, 0, FZ, 0x0200, 0},
    {add_32, TINY, P_ONE, 0, FZ16, P_ONE, IXC},
    /* Tiny before rounding, normal after it. */
    {mul_32, 0x00800001, 0x3f7ffffe, 0, UP, 0x00800000, UFC | IXC},
    {mul_64, 0x0010000000000001, 0x3feffffffffffffe, 0, 0, 0x0010000000000000, UFC | IXC},
    {div_32, 0x00ffffff, P_TWO, 0, 0, 0x00800000, UFC | IXC},
    /* Exact denormals raise nothing. */
    {mul_32, 0x00800000, 0x3f000000, 0, 0, 0x00400000, 0},
    /* Overflow by mode. */
    {mul_32, MAX, P_TWO, 0, 0, P_INF, OFC | IXC},
    {mul_32, MAX, P_TWO, 0, DOWN, MAX, OFC | IXC},
    {mul_32, MAX, 0xc0000000, 0, DOWN, N_INF, OFC | IXC},
    {mul_32, MAX, 0xc0000000, 0, CUT, 0xff7fffff, OFC | IXC},
    /* FPMulAdd (addend, a, b). */
    {muladd_32, Q_NAN, P_INF, 0, 0, DEFAULT_NAN_32, IOC},
    {muladd_32, S_NAN, P_INF, 0, 0, 0x7fc00001, IOC},
    {muladd_32, N_INF, P_INF, P_ONE, 0, DEFAULT_NAN_32, IOC},
    {muladd_32, P_ONE, Q_NAN, 0x7fc00099, 0, Q_NAN, 0},
    {muladd_32, 0x7fc00099, Q_NAN, P_ONE, 0, 0x7fc00099, 0},
    {muladd_32, N_0, N_ONE, 0, 0, N_0, 0},
    {muladd_32, 0xbf800002, 0x3f800001, 0x3f800001, 0, 0x28800000, 0},
    {muladd_half, P_ONE, 0x0001, 0x0001, UP, 0x3f800001, IXC},
    {muladd_half, 0, 0x0001, 0x0001, 0, 0x27800000, 0},
    {muladd_half, P_ONE, 0x0001, 0x7bff, FZ16, P_ONE, 0},
    {muladd_half, P_ONE, 0xfc01, 0x3c00, 0, 0xffc02000, IOC},
    {muladd_half, Q_NAN, 0x7c00, 0x0000, 0, DEFAULT_NAN_32, IOC},
    /* Maximum and minimum. */
    {max_32, N_0, 0, 0, 0, 0, 0},
    {max_32, 0, N_0, 0, 0, 0, 0},
    {min_32, 0, N_0, 0, 0, N_0, 0},
    {max_32, Q_NAN, P_ONE, 0, 0, Q_NAN, 0},
    {max_32, TINY, N_0, 0, FZ, 0, IDC},
    {maxnum_32, Q_NAN, N_INF, 0, 0, N_INF, 0},
    {maxnum_32, P_ONE, Q_NAN, 0, 0, P_ONE, 0},
    {maxnum_32, Q_NAN, 0x7fc00099, 0, 0, Q_NAN, 0},
    {maxnum_32, Q_NAN, S_NAN, 0, 0, 0x7fc00001, IOC},
    {minnum_32, S_NAN, P_ONE, 0, 0, 0x7fc00001, IOC},
    {minnum_32, Q_NAN, P_INF, 0, 0, P_INF, 0},
    /* Comparison. */
    {compare_quiet_32, Q_NAN, P_ONE, 0, 0, 0x3, 0},
    {compare_quiet_32, P_ONE, S_NAN, 0, 0, 0x3, IOC},
    {compare_quiet_32, TINY, N_0, 0, FZ, 0x6, IDC},
    {compare_quiet_32, TINY, N_0, 0, 0, 0x2, 0},
    {eq_32, Q_NAN, Q_NAN, 0, 0, 0, 0},
    {ge_32, Q_NAN, Q_NAN, 0, 0, 0, IOC},
    {ge_32, N_0, 0, 0, 0, 1, 0},
    /* Estimates. */
    {recip_32, P_ONE, 0, 0, 0, 0x3f7f8000, 0},
    {recip_32, N_0, 0, 0, 0, N_INF, DZC},
    {recip_32, N_INF, 0, 0, 0, N_0, 0},
    {recip_32, TINY, 0, 0, 0, P_INF, OFC | IXC},
    {recip_32, TINY, 0, 0, CUT, MAX, OFC | IXC},
    {recip_32, TINY, 0, 0, FZ, P_INF, DZC | IDC},
    {recip_32, 0x7e800000, 0, 0, FZ, 0, UFC},
    {recip_32, 0x7e800000, 0, 0, 0, 0x007fc000, 0},
    {rsqrt_32, P_ONE, 0, 0, 0, 0x3f7f8000, 0},
    {rsqrt_32, N_0, 0, 0, 0, N_INF, DZC},
    {rsqrt_32, N_INF, 0, 0, 0, DEFAULT_NAN_32, IOC},
    {recpx_32, P_ONE, 0, 0, 0, 0x40000000, 0},
    {recpx_32, N_0, 0, 0, 0, 0xff000000, 0},
    {recpx_32, P_INF, 0, 0, 0, 0, 0},
    {recpx_32, TINY, 0, 0, FZ, 0x7f000000, IDC},
    /* Newton steps: infinity times zero, the negated operand's NaN, one rounding. */
    {recip_step_32, P_INF, N_0, 0, 0, P_TWO, 0},
    {recip_step_32, Q_NAN, P_ONE, 0, 0, 0x7fc01234, 0},
    {recip_step_32, P_INF, P_ONE, 0, 0, N_INF, 0},
    {rsqrt_step_32, 0, P_INF, 0, 0, 0x3fc00000, 0},
    {rsqrt_step_32, P_ONE, P_ONE, 0, 0, P_ONE, 0},
    {rsqrt_step_32, MAX, P_TWO, 0, 0, 0xff7fffff, IXC},
    {rsqrt_step_64, 0x3ff8000000000000, 0x4000000000000000, 0, DOWN, UINT64_C(1) << 63, 0},
    {old_recip_step_32, P_INF, N_0, 0, FZ | DN, P_TWO, 0},
    {old_recip_step_32, Q_NAN, P_ONE, 0, FZ | DN, DEFAULT_NAN_32, 0},
    {old_rsqrt_step_32, P_ONE, P_TWO, 0, FZ | DN, 0x3f000000, 0},
    {old_rsqrt_step_32, P_INF, 0, 0, FZ | DN, 0x3fc00000, 0},
    /* Rounding to integral. */
    {frintn_32, 0xbf000000, 0, 0, 0, N_0, 0},
    {frintn_32, 0x3fc00000, 0, 0, 0, P_TWO, 0},
    {frinta_32, 0xc0200000, 0, 0, 0, 0xc0400000, 0},
    {frintn_32, S_NAN, 0, 0, 0, 0x7fc00001, IOC},
    {frint32z_32, 0x4f000000, 0, 0, 0, 0xcf000000, IOC},
    {frint32z_32, 0xcf000000, 0, 0, 0, 0xcf000000, 0},
    {frint32z_32, Q_NAN, 0, 0, 0, 0xcf000000, IOC},
    {frint32z_32, 0x3fc00000, 0, 0, 0, P_ONE, IXC},
    {frint64x_64, 0x43e0000000000000, 0, 0, 0, 0xc3e0000000000000, IOC},
    /* FPConvert: AHP has no infinities or NaNs; FZ16 does not apply, FZ does. */
    {single_to_half, P_INF, 0, 0, AHP, 0x7fff, IOC},
    {single_to_half, Q_NAN, 0, 0, AHP, 0x8000, IOC},
    {single_to_half, 0x47800000, 0, 0, AHP, 0x7c00, 0},
    {single_to_half, 0x48000000, 0, 0, AHP | CUT, 0x7fff, IOC},
    {single_to_half, 0x47800000, 0, 0, CUT, 0x7bff, OFC | IXC},
    {single_to_half, 0x33800000, 0, 0, FZ16, 0x0001, 0},
    {single_to_half, TINY, 0, 0, FZ | UP, 0, IDC},
    {single_to_half, 0xffffe001, 0, 0, 0, 0xffff, 0},
    {half_to_single, 0x0001, 0, 0, FZ16 | FZ, 0x33800000, 0},
    {half_to_single, 0x7c01, 0, 0, DN, DEFAULT_NAN_32, IOC},
    {single_to_double, TINY, 0, 0, 0, 0x36a0000000000000, 0},
    {single_to_double, TINY, 0, 0, FZ, 0, IDC},
    {double_to_single, 0x36a0000000000000, 0, 0, FZ, 0, UFC},
    {double_to_single_odd, 0x3ff0000000000001, 0, 0, 0, 0x3f800001, IXC},
    {double_to_single_odd, 0x7fefffffffffffff, 0, 0, UP, MAX, OFC | IXC},
    {double_to_single_odd, 0x0000000000000001, 0, 0, 0, TINY, UFC | IXC},
    /* Integers. */
    {fcvtzs_w_32, Q_NAN, 0, 0, 0, 0, IOC},
    {fcvtzs_w_32, N_INF, 0, 0, 0, 0x80000000, IOC},
    {fcvtzs_w_32, TINY, 0, 0, FZ, 0, IDC},
    {fcvtzu_w_32, 0xbf000000, 0, 0, 0, 0, IXC},
    {fcvtzu_w_32, N_ONE, 0, 0, 0, 0, IOC},
    {scvtf_16, 65520, 0, 0, 0, 0x7c00, OFC | IXC},
    {scvtf_16, UINT64_MAX, 0, 0, 0, 0xbc00, 0},
    {ucvtf_16_fixed, 1, 0, 0, UP, 0x0001, UFC | IXC},
    {ucvtf_16_fixed, 1, 0, 0, FZ16 | UP, 0, UFC},
};
/* clang-format on */

static void test_special_cases(void **state)
{
    for (size_t i = 0; i < sizeof(special_cases) / sizeof(special_cases[0]); i++) {
        const struct special_case *special = &special_cases[i];
        /* Flags only accumulate: what was set stays, and opens the host's way. */
        for (uint32_t before = 0; before <= IXC; before += IXC) {
            struct el4_fp_env env = {special->fpcr, before};
            uint64_t result = special->run(special->a, special->b, special->c, &env);
            if (result != special->result || env.fpsr != (special->flags | before)) {
                fail_msg("case %zu (%llx, %llx, %llx) fpcr %x: %llx/%x, not %llx/%x", i,
                         (unsigned long long)special->a, (unsigned long long)special->b,
                         (unsigned long long)special->c, special->fpcr,
                         (unsigned long long)result, env.fpsr,
                         (unsigned long long)special->result, special->flags | before);
            }
            assert_int_equal(env.fpcr, special->fpcr);
        }
    }
}

static void test_abs_neg_and_mode(void **state)
{
    assert_int_equal(el4_fp16_abs(0xfe01), 0x7e01);
    assert_int_equal(el4_fp16_neg(0x7c00), 0xfc00);
    assert_int_equal(el4_fp32_abs(N_0), 0);
    assert_int_equal(el4_fp32_neg(S_NAN), 0xff800001);
    assert_int_equal(el4_fp64_abs(UINT64_MAX), INT64_MAX);
    assert_int_equal(el4_fp64_neg(0), UINT64_C(1) << 63);
    assert_int_equal(el4_fp_round_mode(&(struct el4_fp_env){CUT | FZ, 0}), EL4_FP_ZERO);
    assert_int_equal(el4_fp_round_mode(&(struct el4_fp_env){UP | DN, 0}), EL4_FP_POSINF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_special_cases),
        cmocka_unit_test(test_abs_neg_and_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
