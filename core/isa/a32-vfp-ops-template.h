/* SPDX-License-Identifier: MIT */
/*
 * AArch32 scalar floating point for one format; included by a32-vfp-ops.c for FP_BITS 16, 32
 * and 64. A half is the low part of an S register and clears the high part.
 */
#if FP_BITS == 16
#define FP(name)   el4_fp16_##name
#define FN(name)   name##_16
#define FP_U       uint16_t
#define REGISTER   s_register
#define REGISTER_U uint32_t
#elif FP_BITS == 32
#define FP(name)   el4_fp32_##name
#define FN(name)   name##_32
#define FP_U       uint32_t
#define REGISTER   s_register
#define REGISTER_U uint32_t
#else
#define FP(name)   el4_fp64_##name
#define FN(name)   name##_64
#define FP_U       uint64_t
#define REGISTER   d_register
#define REGISTER_U uint64_t
#endif

/* expr in a (Vn), b (Vm), d (Vd before) and env. */
#define VFP(name, expr)                                                                        \
    static void FN(name)(struct el4_cpu * cpu, struct el4_uop_desc desc)                       \
    {                                                                                          \
        struct el4_fp_env *env __attribute__((unused)) = cpu->fp;                              \
        const FP_U a = (FP_U)*REGISTER(cpu, desc.a);                                           \
        const FP_U b __attribute__((unused)) = (FP_U)*REGISTER(cpu, desc.b);                   \
        const FP_U d __attribute__((unused)) = (FP_U)*REGISTER(cpu, desc.d);                   \
        *REGISTER(cpu, desc.d) = (FP_U)(expr);                                                 \
    }

VFP(add, FP(add)(a, b, env))
VFP(sub, FP(sub)(a, b, env))
VFP(mul, FP(mul)(a, b, env))
VFP(div, FP(div)(a, b, env))
VFP(nmul, FP(neg)(FP(mul)(a, b, env)))

/* Product and sum are rounded each. */
#define PRODUCT FP(mul)(a, b, env)

VFP(mla, FP(add)(d, PRODUCT, env))
VFP(mls, FP(add)(d, FP(neg)(PRODUCT), env))
VFP(nmla, FP(add)(FP(neg)(d), FP(neg)(PRODUCT), env))
VFP(nmls, FP(add)(FP(neg)(d), PRODUCT, env))

VFP(fma, FP(muladd)(d, a, b, env))
VFP(fms, FP(muladd)(d, FP(neg)(a), b, env))
VFP(fnma, FP(muladd)(FP(neg)(d), FP(neg)(a), b, env))
VFP(fnms, FP(muladd)(FP(neg)(d), a, b, env))

VFP(maxnm, FP(maxnum)(a, b, env))
VFP(minnm, FP(minnum)(a, b, env))
VFP(abs, FP(abs)(a))
VFP(neg, FP(neg)(a))
VFP(sqrt, FP(sqrt)(a, env))
VFP(rint, FP(round_int)(a, rounding_of(desc.b, env), desc.aux & 1, env))

static uint64_t FN(cmp)(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    const FP_U x = (FP_U)*REGISTER(cpu, aux & 31);
    const FP_U y = aux & EL4_SIMD_CMP_ZERO ? 0 : (FP_U)*REGISTER(cpu, aux >> 5 & 31);
    return (uint64_t)FP(compare)(x, y, aux & EL4_SIMD_CMP_SIGNAL, cpu->fp) << 28;
}

static void FN(to_int)(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const FP_U value = (FP_U)*REGISTER(cpu, desc.a);
    *s_register(cpu, desc.d) = (uint32_t)FP(to_fixed)(
        value, 0, desc.b & EL4_SIMD_UNSIGNED, rounding_of(desc.b & 7, cpu->fp), 32, cpu->fp);
}

static void FN(from_int)(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const uint32_t value = *s_register(cpu, desc.a);
    *REGISTER(cpu, desc.d) = FP(from_fixed)(value, 32, 0, desc.b & EL4_SIMD_UNSIGNED,
                                            el4_fp_round_mode(cpu->fp), cpu->fp);
}

/* The integer is extended to the register. */
static void FN(to_fix)(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const bool is_unsigned = desc.b & EL4_SIMD_UNSIGNED;
    uint64_t value = FP(to_fixed)((FP_U)*REGISTER(cpu, desc.d), desc.c, is_unsigned,
                                  EL4_FP_ZERO, desc.aux, cpu->fp);
    if (!is_unsigned) {
        value = desc.aux == 16 ? (uint64_t)(int16_t)value : (uint64_t)(int32_t)value;
    }
    *REGISTER(cpu, desc.d) = (REGISTER_U)value;
}

/* To nearest, whatever the FPSCR says. */
static void FN(from_fix)(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    *REGISTER(cpu, desc.d) =
        FP(from_fixed)(*REGISTER(cpu, desc.d), desc.aux, desc.c, desc.b & EL4_SIMD_UNSIGNED,
                       EL4_FP_TIEEVEN, cpu->fp);
}

#undef FP
#undef FN
#undef FP_U
#undef REGISTER
#undef REGISTER_U
#undef VFP
#undef PRODUCT
#undef FP_BITS
