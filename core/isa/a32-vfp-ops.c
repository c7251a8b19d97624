/* SPDX-License-Identifier: MIT */
/*
 * Helpers of AArch32's scalar floating point, on S and D registers by their numbers, exact in
 * result and flags: one call an instruction. core/fp uses the host's arithmetic where it may.
 */
#include "fp/fp.h"
#include "isa/a32-simd.h"

static inline uint32_t *s_register(struct el4_cpu *cpu, unsigned n)
{
    return &cpu->v[n / 4 % EL4_VECTORS].s[n % 4];
}

static inline uint64_t *d_register(struct el4_cpu *cpu, unsigned n)
{
    return &cpu->v[n / 2 % EL4_VECTORS].d[n % 2];
}

static inline enum el4_fp_rounding rounding_of(unsigned rounding, const struct el4_fp_env *env)
{
    return rounding == EL4_SIMD_FPCR_ROUNDING ? el4_fp_round_mode(env)
                                              : (enum el4_fp_rounding)rounding;
}

#define FP_BITS 16
#include "isa/a32-vfp-ops-template.h"
#define FP_BITS 32
#include "isa/a32-vfp-ops-template.h"
#define FP_BITS 64
#include "isa/a32-vfp-ops-template.h"

#define FAMILY(name)                                                                           \
    el4_simd_family el4_a32_vfp_##name = {NULL, name##_16, name##_32, name##_64};

FAMILY(add)
FAMILY(sub)
FAMILY(mul)
FAMILY(div)
FAMILY(nmul)
FAMILY(mla)
FAMILY(mls)
FAMILY(nmla)
FAMILY(nmls)
FAMILY(fma)
FAMILY(fms)
FAMILY(fnma)
FAMILY(fnms)
FAMILY(maxnm)
FAMILY(minnm)
FAMILY(abs)
FAMILY(neg)
FAMILY(sqrt)
FAMILY(rint)
FAMILY(to_int)
FAMILY(from_int)
FAMILY(to_fix)
FAMILY(from_fix)

el4_call_fn *const el4_a32_vfp_cmp[4] = {NULL, cmp_16, cmp_32, cmp_64};

/* ---- between formats ---- */

void el4_a32_vfp_single_to_double(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    *d_register(cpu, desc.d) = el4_fp_convert_32_64(*s_register(cpu, desc.a), cpu->fp);
}

void el4_a32_vfp_double_to_single(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    *s_register(cpu, desc.d) = el4_fp_convert_64_32(*d_register(cpu, desc.a), cpu->fp);
}

static uint16_t get_half(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    return (uint16_t)(*s_register(cpu, desc.a) >> 16 * (desc.aux & 1));
}

/* The other half of the register stays. */
static void put_half(struct el4_cpu *cpu, struct el4_uop_desc desc, uint16_t half)
{
    uint32_t *d = s_register(cpu, desc.d);
    *d = desc.aux & 1 ? (*d & 0xffff) | (uint32_t)half << 16 : (*d & 0xffff0000) | half;
}

static void half_to_single(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    *s_register(cpu, desc.d) = el4_fp_convert_16_32(get_half(cpu, desc), cpu->fp);
}

static void half_to_double(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    *d_register(cpu, desc.d) = el4_fp_convert_16_64(get_half(cpu, desc), cpu->fp);
}

static void single_to_half(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    put_half(cpu, desc, el4_fp_convert_32_16(*s_register(cpu, desc.a), cpu->fp));
}

static void double_to_half(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    put_half(cpu, desc, el4_fp_convert_64_16(*d_register(cpu, desc.a), cpu->fp));
}

el4_simd_family el4_a32_vfp_from_half = {NULL, NULL, half_to_single, half_to_double};
el4_simd_family el4_a32_vfp_to_half = {NULL, NULL, single_to_half, double_to_half};

uint64_t el4_a32_vfp_jcvt(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    bool z;
    *s_register(cpu, aux & 31) =
        el4_fp64_to_int32_js(*d_register(cpu, aux >> 5 & 31), &z, cpu->fp);
    return (uint64_t)z << 30;
}
