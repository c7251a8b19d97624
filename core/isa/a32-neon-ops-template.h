/* SPDX-License-Identifier: MIT */
/*
 * Advanced SIMD floating point of AArch32 for one format; included by a32-neon-ops.c for
 * FP_BITS 16 and 32. All of it obeys the Standard FPSCR value, not the FPSCR.
 */
#if FP_BITS == 16
#define FP(name) el4_fp16_##name
#define FN(name) name##_16
#define FP_U     uint16_t
#define LANES    h
#else
#define FP(name) el4_fp32_##name
#define FN(name) name##_32
#define FP_U     uint32_t
#define LANES    s
#endif

/* expr in a (lane of Vn), b (of Vm), d (of Vd before) and env. */
#define NEON_OF(name, suffix, expr, y_init)                                                    \
    static void FN(name##suffix)(struct el4_cpu * cpu, struct el4_uop_desc desc)               \
    {                                                                                          \
        struct el4_fp_env environment = standard_environment(cpu);                             \
        struct el4_fp_env *env __attribute__((unused)) = &environment;                         \
        const union el4_vec x = get(cpu, desc.a, desc.aux);                                    \
        const union el4_vec y = y_init;                                                        \
        const union el4_vec z = get(cpu, desc.d, desc.aux);                                    \
        union el4_vec result = z;                                                              \
        for (unsigned i = 0; i < lanes(desc, FP_BITS); i++) {                                  \
            const FP_U a = x.LANES[i];                                                         \
            const FP_U b __attribute__((unused)) = y.LANES[i];                                 \
            const FP_U d __attribute__((unused)) = z.LANES[i];                                 \
            result.LANES[i] = (FP_U)(expr);                                                    \
        }                                                                                      \
        put(cpu, desc, result);                                                                \
        cpu->fp->fpsr = environment.fpsr;                                                      \
    }

#define NEON3(name, expr) NEON_OF(name, , expr, get(cpu, desc.b, desc.aux))
#define NEON2(name, expr) NEON_OF(name, , expr, (union el4_vec){0})
/* The same factor for all lanes. */
#define NEON_ELEM(name, expr)                                                                  \
    NEON_OF(name, _elem, expr, FN(repeat)(get(cpu, desc.b, 1), argument(desc)))

static union el4_vec FN(repeat)(union el4_vec v, unsigned index)
{
    const FP_U element = v.LANES[index % (64 / FP_BITS)];
    union el4_vec result;
    for (unsigned i = 0; i < 128 / FP_BITS; i++) {
        result.LANES[i] = element;
    }
    return result;
}

/* Product and sum are rounded each. */
#define PRODUCT FP(mul)(a, b, env)
#define MLA     FP(add)(d, PRODUCT, env)
#define MLS     FP(sub)(d, PRODUCT, env)

NEON3(add, FP(add)(a, b, env))
NEON3(sub, FP(sub)(a, b, env))
NEON3(mul, PRODUCT)
NEON3(mla, MLA)
NEON3(mls, MLS)
NEON3(fma, FP(muladd)(d, a, b, env))
NEON3(fms, FP(muladd)(d, FP(neg)(a), b, env))
NEON3(abd, FP(abs)(FP(sub)(a, b, env)))
NEON3(max, FP(max)(a, b, env))
NEON3(min, FP(min)(a, b, env))
NEON3(maxnm, FP(maxnum)(a, b, env))
NEON3(minnm, FP(minnum)(a, b, env))
NEON3(recps, FN(recip_step)(a, b, env))
NEON3(rsqrts, FN(rsqrt_step)(a, b, env))

#define MASK_IF(condition) ((condition) ? (FP_U) ~(FP_U)0 : 0)

NEON3(ceq, MASK_IF(FP(cmp_eq)(a, b, env)))
NEON3(cge, MASK_IF(FP(cmp_ge)(a, b, env)))
NEON3(cgt, MASK_IF(FP(cmp_gt)(a, b, env)))
NEON3(acge, MASK_IF(FP(cmp_ge)(FP(abs)(a), FP(abs)(b), env)))
NEON3(acgt, MASK_IF(FP(cmp_gt)(FP(abs)(a), FP(abs)(b), env)))
NEON2(ceq_zero, MASK_IF(FP(cmp_eq)(a, 0, env)))
NEON2(cge_zero, MASK_IF(FP(cmp_ge)(a, 0, env)))
NEON2(cgt_zero, MASK_IF(FP(cmp_gt)(a, 0, env)))
NEON2(cle_zero, MASK_IF(FP(cmp_ge)(0, a, env)))
NEON2(clt_zero, MASK_IF(FP(cmp_gt)(0, a, env)))

NEON2(abs, FP(abs)(a))
NEON2(neg, FP(neg)(a))
NEON2(recpe, FP(recip_estimate)(a, env))
NEON2(rsqrte, FP(rsqrt_estimate)(a, env))
NEON2(rint, FP(round_int)(a, (enum el4_fp_rounding)desc.b, argument(desc), env))
NEON2(to_int, FP(to_fixed)(a, desc.c, (desc.b & EL4_SIMD_UNSIGNED) != 0,
                           (enum el4_fp_rounding)(desc.b & 7), FP_BITS, env))
NEON2(from_int, FP(from_fixed)(a, FP_BITS, desc.c, (desc.b & EL4_SIMD_UNSIGNED) != 0,
                               EL4_FP_TIEEVEN, env))

NEON_ELEM(mul, PRODUCT)
NEON_ELEM(mla, MLA)
NEON_ELEM(mls, MLS)

/* Neighbours in Dn, then neighbours in Dm. */
#define PAIRS(name, operation)                                                                 \
    static void FN(name)(struct el4_cpu * cpu, struct el4_uop_desc desc)                       \
    {                                                                                          \
        struct el4_fp_env environment = standard_environment(cpu);                             \
        const unsigned pairs = 32 / FP_BITS;                                                   \
        const union el4_vec x = {.d = {get(cpu, desc.a, 1).d[0], get(cpu, desc.b, 1).d[0]}};   \
        union el4_vec result = {0};                                                            \
        for (unsigned i = 0; i < 2 * pairs; i++) {                                             \
            result.LANES[i] = FP(operation)(x.LANES[2 * i], x.LANES[2 * i + 1], &environment); \
        }                                                                                      \
        put(cpu, desc, result);                                                                \
        cpu->fp->fpsr = environment.fpsr;                                                      \
    }

PAIRS(padd, add)
PAIRS(pmax, max)
PAIRS(pmin, min)

#undef FP
#undef FN
#undef FP_U
#undef LANES
#undef NEON_OF
#undef NEON3
#undef NEON2
#undef NEON_ELEM
#undef PRODUCT
#undef MLA
#undef MLS
#undef MASK_IF
#undef PAIRS
#undef FP_BITS
