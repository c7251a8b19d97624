/* SPDX-License-Identifier: MIT */
/*
 * Helpers of AArch32's Advanced SIMD that A64 has no like of: floating point under the Standard
 * FPSCR value (unfused VMLA, VRECPS and VRSQRTS among it), VTBL of D registers, and VDUP. They
 * take D registers by their numbers.
 */
#include <string.h>

#include "fp/fp.h"
#include "isa/a32-simd.h"

static inline uint64_t *d_register(struct el4_cpu *cpu, unsigned n)
{
    return &cpu->v[n / 2 % EL4_VECTORS].d[n % 2];
}

static inline unsigned count_of(unsigned aux)
{
    return aux & 3;
}

static inline unsigned argument(struct el4_uop_desc desc)
{
    return desc.aux >> EL4_A32_NEON_ARG_SHIFT;
}

static inline unsigned lanes(struct el4_uop_desc desc, unsigned bits)
{
    return (count_of(desc.aux) == 2 ? 128 : 64) / bits;
}

/* Dn, and Dn+1 if there are two. */
static inline union el4_vec get(struct el4_cpu *cpu, unsigned n, unsigned aux)
{
    return (union el4_vec){
        .d = {*d_register(cpu, n), count_of(aux) == 2 ? *d_register(cpu, n + 1) : 0}};
}

static inline void put(struct el4_cpu *cpu, struct el4_uop_desc desc, union el4_vec v)
{
    *d_register(cpu, desc.d) = v.d[0];
    if (count_of(desc.aux) == 2) {
        *d_register(cpu, desc.d + 1u) = v.d[1];
    }
}

/* StandardFPSCRValue() of the manual. */
static inline uint32_t standard_fpcr(const struct el4_cpu *cpu)
{
    return EL4_FPCR_DN | EL4_FPCR_FZ | (cpu->fp->fpcr & (EL4_FPCR_AHP | EL4_FPCR_FZ16));
}

static inline struct el4_fp_env standard_environment(const struct el4_cpu *cpu)
{
    return (struct el4_fp_env){.fpcr = standard_fpcr(cpu), .fpsr = cpu->fp->fpsr};
}

/* ---- the steps, whose product and difference are rounded each ---- */

enum { HALF_INFINITY = 0x7c00, HALF_TWO = 0x4000, HALF_THREE = 0x4200, HALF_ONE_HALF = 0x3800 };

static uint16_t half_product(uint16_t a, uint16_t b, struct el4_fp_env *env)
{
    const unsigned x = a & 0x7fff;
    const unsigned y = b & 0x7fff;
    const unsigned smallest = env->fpcr & EL4_FPCR_FZ16 ? 0x400 : 1; /* that is not 0 */
    if ((x == HALF_INFINITY && y < smallest) || (y == HALF_INFINITY && x < smallest)) {
        return 0;
    }
    return el4_fp16_mul(a, b, env);
}

static inline uint16_t recip_step_16(uint16_t a, uint16_t b, struct el4_fp_env *env)
{
    return el4_fp16_sub(HALF_TWO, half_product(a, b, env), env);
}

static inline uint16_t rsqrt_step_16(uint16_t a, uint16_t b, struct el4_fp_env *env)
{
    const uint16_t difference = el4_fp16_sub(HALF_THREE, half_product(a, b, env), env);
    return el4_fp16_mul(difference, HALF_ONE_HALF, env);
}

static inline uint32_t recip_step_32(uint32_t a, uint32_t b, struct el4_fp_env *env)
{
    return el4_fp32_recip_step(a, b, env);
}

static inline uint32_t rsqrt_step_32(uint32_t a, uint32_t b, struct el4_fp_env *env)
{
    return el4_fp32_rsqrt_step(a, b, env);
}

#define FP_BITS 16
#include "isa/a32-neon-ops-template.h"
#define FP_BITS 32
#include "isa/a32-neon-ops-template.h"

#define FAMILY(name) el4_simd_family el4_a32_neon_##name = {NULL, name##_16, name##_32, NULL};

FAMILY(add)
FAMILY(sub)
FAMILY(mul)
FAMILY(mla)
FAMILY(mls)
FAMILY(fma)
FAMILY(fms)
FAMILY(abd)
FAMILY(max)
FAMILY(min)
FAMILY(maxnm)
FAMILY(minnm)
FAMILY(recps)
FAMILY(rsqrts)
FAMILY(ceq)
FAMILY(cge)
FAMILY(cgt)
FAMILY(acge)
FAMILY(acgt)
FAMILY(padd)
FAMILY(pmax)
FAMILY(pmin)
FAMILY(ceq_zero)
FAMILY(cge_zero)
FAMILY(cgt_zero)
FAMILY(cle_zero)
FAMILY(clt_zero)
FAMILY(abs)
FAMILY(neg)
FAMILY(recpe)
FAMILY(rsqrte)
FAMILY(rint)
FAMILY(to_int)
FAMILY(from_int)

#define FAMILY_ELEM(name)                                                                      \
    el4_simd_family el4_a32_neon_##name##_elem = {NULL, name##_elem_16, name##_elem_32, NULL};

FAMILY_ELEM(mul)
FAMILY_ELEM(mla)
FAMILY_ELEM(mls)

/*
 * The FPCR is kept in a vector temporary meanwhile. Nothing between may raise, and nobody
 * else reads the FPCR.
 */
#define SAVED_FPCR(cpu) ((cpu)->v[EL4_VECTORS - 1].s[0])

void el4_a32_neon_standard_begin(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    SAVED_FPCR(cpu) = cpu->fp->fpcr;
    cpu->fp->fpcr = standard_fpcr(cpu);
}

void el4_a32_neon_standard_end(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    cpu->fp->fpcr = SAVED_FPCR(cpu);
}

/* ---- bytes ---- */

void el4_a32_neon_tbl(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    uint8_t table[32];
    const union el4_vec index = get(cpu, desc.b, 1);
    union el4_vec result = get(cpu, desc.d, 1);

    for (unsigned i = 0; i < desc.c && i < 4; i++) {
        memcpy(table + 8 * i, d_register(cpu, desc.a + i), 8);
    }
    for (unsigned i = 0; i < 8; i++) {
        if (index.b[i] < 8 * desc.c && index.b[i] < sizeof(table)) {
            result.b[i] = table[index.b[i]];
        } else if (!(desc.aux & 1)) {
            result.b[i] = 0;
        }
    }
    *d_register(cpu, desc.d) = result.d[0];
}

uint64_t el4_a32_neon_dup(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    static const uint64_t ones[4] = {UINT64_C(0x0101010101010101), UINT64_C(0x0001000100010001),
                                     UINT64_C(0x0000000100000001), 1};
    const unsigned esz = aux >> 6 & 3;
    const uint64_t element = esz == 0 ? (uint8_t)a : esz == 1 ? (uint16_t)a : (uint32_t)a;

    *d_register(cpu, aux & 31) = element * ones[esz];
    if (aux & 32) {
        *d_register(cpu, (aux & 31) + 1) = element * ones[esz];
    }
    return 0;
}
