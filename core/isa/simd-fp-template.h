/* SPDX-License-Identifier: MIT */
/*
 * FP helpers lane by lane for one format; included by simd-fp.c for LANE_BITS 16, 32 and 64.
 * Only the lanes that take part are computed, because each may set FPSR flags.
 */
#include "isa/simd-lane.h"

#if LANE_BITS == 16
#define FP(name) el4_fp16_##name
#elif LANE_BITS == 32
#define FP(name) el4_fp32_##name
#else
#define FP(name) el4_fp64_##name
#endif

#define FP_LANES(desc) ((8u << simd_width(desc)) / LANE_BITS % (LANE_COUNT + 1))

/* expr in a (lane of Vn), b (of Vm), d (of Vd before) and env. */
#define FP_MAP(name, expr)                                                                     \
    static inline void FN(name##_of)(struct el4_cpu * cpu, struct el4_uop_desc desc,           \
                                     const union el4_vec y)                                    \
    {                                                                                          \
        struct el4_fp_env *env __attribute__((unused)) = cpu->fp;                              \
        const union el4_vec x = cpu->v[desc.a];                                                \
        const union el4_vec z = cpu->v[desc.d];                                                \
        union el4_vec result = {0};                                                            \
        for (unsigned i = 0; i < FP_LANES(desc); i++) {                                        \
            const LANE_U a = x.LANES_U[i];                                                     \
            const LANE_U b __attribute__((unused)) = y.LANES_U[i];                             \
            const LANE_U d __attribute__((unused)) = z.LANES_U[i];                             \
            result.LANES_U[i] = (LANE_U)(expr);                                                \
        }                                                                                      \
        cpu->v[desc.d] = result;                                                               \
    }                                                                                          \
    static void FN(name)(struct el4_cpu * cpu, struct el4_uop_desc desc)                       \
    {                                                                                          \
        FN(name##_of)(cpu, desc, cpu->v[desc.b]);                                              \
    }

FP_MAP(fadd, FP(add)(a, b, env))
FP_MAP(fsub, FP(sub)(a, b, env))
FP_MAP(fmul, FP(mul)(a, b, env))
FP_MAP(fnmul, FP(neg)(FP(mul)(a, b, env)))
FP_MAP(fmulx, FP(mulx)(a, b, env))
FP_MAP(fdiv, FP(div)(a, b, env))
FP_MAP(fmax, FP(max)(a, b, env))
FP_MAP(fmin, FP(min)(a, b, env))
FP_MAP(fmaxnm, FP(maxnum)(a, b, env))
FP_MAP(fminnm, FP(minnum)(a, b, env))
FP_MAP(fabd, FP(abs)(FP(sub)(a, b, env)))
FP_MAP(frecps, FP(recip_step_fused)(a, b, env))
FP_MAP(frsqrts, FP(rsqrt_step_fused)(a, b, env))
FP_MAP(fmla, FP(muladd)(d, a, b, env))
FP_MAP(fmls, FP(muladd)(d, FP(neg)(a), b, env))

/* Scalar only: the addend is Va. */
#define ADDEND cpu->v[desc.c].LANES_U[i]

FP_MAP(fmadd, FP(muladd)(ADDEND, a, b, env))
FP_MAP(fmsub, FP(muladd)(ADDEND, FP(neg)(a), b, env))
FP_MAP(fnmadd, FP(muladd)(FP(neg)(ADDEND), FP(neg)(a), b, env))
FP_MAP(fnmsub, FP(muladd)(FP(neg)(ADDEND), a, b, env))

#define MASK_IF(condition) ((condition) ? LANE_UMAX : 0)

FP_MAP(fcmeq, MASK_IF(FP(cmp_eq)(a, b, env)))
FP_MAP(fcmge, MASK_IF(FP(cmp_ge)(a, b, env)))
FP_MAP(fcmgt, MASK_IF(FP(cmp_gt)(a, b, env)))
FP_MAP(facge, MASK_IF(FP(cmp_ge)(FP(abs)(a), FP(abs)(b), env)))
FP_MAP(facgt, MASK_IF(FP(cmp_gt)(FP(abs)(a), FP(abs)(b), env)))
FP_MAP(fcmeq_zero, MASK_IF(FP(cmp_eq)(a, 0, env)))
FP_MAP(fcmge_zero, MASK_IF(FP(cmp_ge)(a, 0, env)))
FP_MAP(fcmgt_zero, MASK_IF(FP(cmp_gt)(a, 0, env)))
FP_MAP(fcmle_zero, MASK_IF(FP(cmp_ge)(0, a, env)))
FP_MAP(fcmlt_zero, MASK_IF(FP(cmp_gt)(0, a, env)))

FP_MAP(fabs, FP(abs)(a))
FP_MAP(fneg, FP(neg)(a))
FP_MAP(fsqrt, FP(sqrt)(a, env))
FP_MAP(frecpe, FP(recip_estimate)(a, env))
FP_MAP(frsqrte, FP(rsqrt_estimate)(a, env))
FP_MAP(frecpx, FP(recpx)(a, env))

FP_MAP(frint, FP(round_int)(a, rounding_of(desc, env), simd_arg(desc) & 1, env))
FP_MAP(fcvt_to_int, FP(to_fixed)(a, desc.c, (desc.b & EL4_SIMD_UNSIGNED) != 0,
                                 (enum el4_fp_rounding)(desc.b & 7), LANE_BITS, env))
FP_MAP(int_to_fp, FP(from_fixed)(a, LANE_BITS, desc.c, (desc.b & EL4_SIMD_UNSIGNED) != 0,
                                 el4_fp_round_mode(env), env))
#if LANE_BITS > 16
FP_MAP(frint_n, FP(round_int_n)(a, rounding_of(desc, env), desc.c, env))
#endif

#define WITH_ELEMENT(name)                                                                     \
    static void FN(name##_elem)(struct el4_cpu * cpu, struct el4_uop_desc desc)                \
    {                                                                                          \
        const LANE_U element = cpu->v[desc.b].LANES_U[simd_arg(desc) % LANE_COUNT];            \
        union el4_vec y;                                                                       \
        for (unsigned i = 0; i < LANE_COUNT; i++) {                                            \
            y.LANES_U[i] = element;                                                            \
        }                                                                                      \
        FN(name##_of)(cpu, desc, y);                                                           \
    }

WITH_ELEMENT(fmul)
WITH_ELEMENT(fmulx)
WITH_ELEMENT(fmla)
WITH_ELEMENT(fmls)

/* Neighbours in Vn, then neighbours in Vm. */
#define FP_PAIRS(name, operation)                                                              \
    static void FN(name)(struct el4_cpu * cpu, struct el4_uop_desc desc)                       \
    {                                                                                          \
        const union el4_vec x = cpu->v[desc.a];                                                \
        const union el4_vec y = cpu->v[desc.b];                                                \
        const unsigned pairs = FP_LANES(desc) / 2;                                             \
        union el4_vec result = {0};                                                            \
        for (unsigned i = 0; i < 2 * pairs; i++) {                                             \
            const LANE_U *source = i < pairs ? x.LANES_U : y.LANES_U;                          \
            const unsigned first = 2 * (i % pairs);                                            \
            result.LANES_U[i] = FP(operation)(source[first], source[first + 1], cpu->fp);      \
        }                                                                                      \
        cpu->v[desc.d] = result;                                                               \
    }

FP_PAIRS(faddp, add)
FP_PAIRS(fmaxp, max)
FP_PAIRS(fminp, min)
FP_PAIRS(fmaxnmp, maxnum)
FP_PAIRS(fminnmp, minnum)

/* Complex numbers are two lanes, real below imaginary. The rotation is of Vm: 90 or 270
 * degrees. */
static void FN(fcadd)(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const union el4_vec x = cpu->v[desc.a];
    const union el4_vec y = cpu->v[desc.b];
    const bool three_quarters = simd_arg(desc) == 3;
    union el4_vec result = {0};

    for (unsigned i = 0; i + 1 < FP_LANES(desc); i += 2) {
        const LANE_U real = y.LANES_U[i];
        const LANE_U imaginary = y.LANES_U[i + 1];
        result.LANES_U[i] =
            FP(add)(x.LANES_U[i], three_quarters ? imaginary : FP(neg)(imaginary), cpu->fp);
        result.LANES_U[i + 1] =
            FP(add)(x.LANES_U[i + 1], three_quarters ? FP(neg)(real) : real, cpu->fp);
    }
    cpu->v[desc.d] = result;
}

/*
 * Half of a complex product is accumulated: that with Vn's real part for rotations of 0 and 180
 * degrees, that with its imaginary part for 90 and 270.
 */
static inline void FN(fcmla_of)(struct el4_cpu *cpu, struct el4_uop_desc desc,
                                const union el4_vec y)
{
    const union el4_vec x = cpu->v[desc.a];
    const union el4_vec z = cpu->v[desc.d];
    const unsigned rotation = simd_arg(desc);
    const unsigned odd = rotation & 1;
    union el4_vec result = {0};

    for (unsigned i = 0; i + 1 < FP_LANES(desc); i += 2) {
        const LANE_U factor = x.LANES_U[i + odd];
        LANE_U real = y.LANES_U[i + odd];
        LANE_U imaginary = y.LANES_U[i + 1 - odd];
        if (rotation == 1 || rotation == 2) {
            real = FP(neg)(real);
        }
        if (rotation >= 2) {
            imaginary = FP(neg)(imaginary);
        }
        result.LANES_U[i] = FP(muladd)(z.LANES_U[i], factor, real, cpu->fp);
        result.LANES_U[i + 1] = FP(muladd)(z.LANES_U[i + 1], factor, imaginary, cpu->fp);
    }
    cpu->v[desc.d] = result;
}

static void FN(fcmla)(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    FN(fcmla_of)(cpu, desc, cpu->v[desc.b]);
}

#if LANE_BITS < 64
static void FN(fcmla_elem)(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const LANE_U *element = &cpu->v[desc.b].LANES_U[2 * desc.c % LANE_COUNT];
    union el4_vec y;

    for (unsigned i = 0; i < LANE_COUNT; i++) {
        y.LANES_U[i] = element[i & 1];
    }
    FN(fcmla_of)(cpu, desc, y);
}
#endif

#undef FP
#undef FP_LANES
#undef FP_MAP
#undef FP_PAIRS
#undef ADDEND
#undef MASK_IF
#undef WITH_ELEMENT
#undef LANE_BITS
