/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 scalar floating point: arithmetic, comparisons and conversions (DDI 0487 F4.1,
 * "Floating-point data-processing"). One micro-op each, the helpers of a32-vfp-ops.c. While
 * FPSCR.Len or Stride ask for short vectors, which no core has, all that they apply to is
 * UNDEFINED.
 */
#include "fp/fp.h"
#include "isa/a32-simd.h"
#include "isa/a64-simd.h"

/* ---- access checks ---- */

#define ISS_ADVANCED_SIMD (1u << 5)

static uint64_t check_access(struct el4_cpu *cpu, uint64_t iss, uint64_t b, uint64_t c,
                             uint32_t aux)
{
    el4_a32_check_fp(cpu, true, (uint32_t)iss);
    return 0;
}

static void emit_check(struct el4_translator *t, uint32_t iss)
{
    unsigned slot = el4_a32_constant(t, el4_a32_iss_cond(t) | iss);
    el4_emit_call(t, check_access, EL4_SLOT_SINK, slot, EL4_SLOT_ZERO, EL4_SLOT_ZERO, 0);
}

void el4_a32_emit_fp_check(struct el4_translator *t)
{
    if (t->mode.fp_trap_el) {
        emit_check(t, 0);
    }
}

void el4_a32_emit_simd_check(struct el4_translator *t)
{
    if (t->mode.fp_trap_el || t->mode.simd_off) {
        emit_check(t, ISS_ADVANCED_SIMD);
    }
}

/* Before data processing in a format that exists; false: UNDEFINED. */
static bool begin(struct el4_translator *t, unsigned sz, unsigned highest)
{
    if (!a32_vfp_has(t, sz) || !a32_s_or_d_exists(t, sz, highest)) {
        return false;
    }
    el4_a32_emit_fp_check(t);
    return true;
}

/* FPEXC.DEX tells support code that an UNDEFINED instruction is a vector operation. */
static uint64_t note_vector(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                            uint32_t aux)
{
    cpu->regs.fpexc32_el2 |= EL4_FPEXC_DEX;
    return 0;
}

/*
 * The same of what FPSCR.Len would make a vector operation: the cores leave those to software
 * (the TRMs of Cortex-A9 and A15), and ignore Stride.
 */
static bool begin_vector(struct el4_translator *t, unsigned sz, unsigned highest)
{
    if (!begin(t, sz, highest)) {
        return false;
    }
    if (t->mode.fp_vectors) {
        el4_emit_call(t, note_vector, EL4_SLOT_SINK, EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                      EL4_SLOT_ZERO, 0);
        el4_a32_undefined(t);
        return false;
    }
    return true;
}

/* What begin_vector() refused: it may have emitted an UNDEFINED behind a check already. */
static bool refused(const struct el4_translator *t)
{
    return t->ended;
}

/* ---- three registers ---- */

static bool three(struct el4_translator *t, const struct a32_args_vfp_rrr *a,
                  el4_vcall_fn *const *family)
{
    if (!begin_vector(t, a->sz, a32_highest3(a->vd, a->vn, a->vm))) {
        return refused(t);
    }
    el4_emit_vcall(t, family[a->sz], a->vd, a->vn, a->vm, 0, 0);
    return true;
}

#define THREE(name, family, feature)                                                           \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_vfp_rrr *a)            \
    {                                                                                          \
        return t->features->feature && three(t, a, el4_a32_vfp_##family);                      \
    }

THREE(VADD_s, add, vfp)
THREE(VSUB_s, sub, vfp)
THREE(VMUL_s, mul, vfp)
THREE(VDIV_s, div, vfp)
THREE(VNMUL_s, nmul, vfp)
THREE(VMLA_s, mla, vfp)
THREE(VMLS_s, mls, vfp)
THREE(VNMLA_s, nmla, vfp)
THREE(VNMLS_s, nmls, vfp)
THREE(VFMA_s, fma, vfp4)
THREE(VFMS_s, fms, vfp4)
THREE(VFNMA_s, fnma, vfp4)
THREE(VFNMS_s, fnms, vfp4)
THREE(VMAXNM_s, maxnm, a32_v8)
THREE(VMINNM_s, minnm, a32_v8)

/* ---- two registers ---- */

static bool two(struct el4_translator *t, const struct a32_args_vfp_rr *a,
                el4_vcall_fn *const *family, unsigned rounding, unsigned exact)
{
    if (!begin_vector(t, a->sz, a32_highest2(a->vd, a->vm))) {
        return refused(t);
    }
    el4_emit_vcall(t, family[a->sz], a->vd, a->vm, rounding, 0, exact);
    return true;
}

#define TWO(name, family, feature, rounding, exact)                                            \
    bool el4_a32_##name(struct el4_translator *t, const struct a32_args_vfp_rr *a)             \
    {                                                                                          \
        return t->features->feature && two(t, a, el4_a32_vfp_##family, rounding, exact);       \
    }

TWO(VABS_s, abs, vfp, 0, 0)
TWO(VNEG_s, neg, vfp, 0, 0)
TWO(VSQRT_s, sqrt, vfp, 0, 0)
TWO(VRINTR_s, rint, a32_v8, EL4_SIMD_FPCR_ROUNDING, 0)
TWO(VRINTZ_s, rint, a32_v8, EL4_FP_ZERO, 0)
TWO(VRINTX_s, rint, a32_v8, EL4_SIMD_FPCR_ROUNDING, 1)

bool el4_a32_VRINT_rm(struct el4_translator *t, const struct a32_args_vfp_rm *a)
{
    const struct a32_args_vfp_rr registers = {.sz = a->sz, .vd = a->vd, .vm = a->vm};
    return t->features->a32_v8 &&
           two(t, &registers, el4_a32_vfp_rint, a32_rounding_of(a->rm), 0);
}

bool el4_a32_VMOV_s(struct el4_translator *t, const struct a32_args_vfp_rr *a)
{
    if (!begin_vector(t, a->sz, a32_highest2(a->vd, a->vm))) {
        return refused(t);
    }
    if (a->sz == 3) {
        a32_move_d(t, a->vd, a->vm);
    } else {
        a32_move_s(t, a->vd, a->vm);
    }
    return true;
}

bool el4_a32_VMOV_s_imm(struct el4_translator *t, const struct a32_args_vfp_imm *a)
{
    if (!begin_vector(t, a->sz, a->vd)) {
        return refused(t);
    }
    unsigned value = el4_temp(t);
    el4_emit_movi(t, value, el4_a64_fp_immediate(a->sz, a->imm));
    if (a->sz == 3) {
        a32_set_d(t, a->vd, value);
    } else {
        a32_set_s(t, a->vd, value);
    }
    return true;
}

/* FEAT_FP16: the halves of S registers. */
bool el4_a32_VINS(struct el4_translator *t, const struct a32_args_vfp_rr *a)
{
    if (!begin(t, 1, 0)) {
        return false;
    }
    unsigned low = el4_temp(t);
    unsigned high = el4_temp(t);
    a32_get_s(t, low, a->vd);
    a32_get_s(t, high, a->vm);
    el4_emit_dai(t, EL4_UOP_ANDI32, low, low, 0xffff);
    el4_emit(t, EL4_UOP_ORRLSL32, low, low, high, 0, 16, 0);
    a32_set_s(t, a->vd, low);
    return true;
}

bool el4_a32_VMOVX(struct el4_translator *t, const struct a32_args_vfp_rr *a)
{
    if (!begin(t, 1, 0)) {
        return false;
    }
    unsigned value = el4_temp(t);
    a32_get_s(t, value, a->vm);
    el4_emit_dai(t, EL4_UOP_LSRI32, value, value, 16);
    a32_set_s(t, a->vd, value);
    return true;
}

/* ---- comparisons ---- */

bool el4_a32_VCMP(struct el4_translator *t, const struct a32_args_vfp_cmp *a)
{
    if (!begin(t, a->sz, a32_highest2(a->vd, a->vm))) {
        return false;
    }
    el4_emit_call(t, el4_a32_vfp_cmp[a->sz], EL4_SLOT_FPNZCV, EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                  EL4_SLOT_ZERO,
                  a->vd | a->vm << 5 | (a->zero ? EL4_SIMD_CMP_ZERO : 0) |
                      (a->e ? EL4_SIMD_CMP_SIGNAL : 0));
    return true;
}

/* The conditions are four of those of CSEL: EQ, VS, GE, GT. */
bool el4_a32_VSEL(struct el4_translator *t, const struct a32_args_vfp_sel *a)
{
    static const uint8_t conditions[4] = {0, 6, 10, 12};

    if (!t->features->a32_v8 || !begin(t, a->sz, a32_highest3(a->vd, a->vn, a->vm))) {
        return false;
    }
    unsigned x = el4_temp(t);
    unsigned y = el4_temp(t);
    if (a->sz == 3) {
        a32_get_d(t, x, a->vn);
        a32_get_d(t, y, a->vm);
    } else {
        a32_get_s(t, x, a->vn);
        a32_get_s(t, y, a->vm);
    }
    el4_emit(t, EL4_UOP_CSEL64, x, x, y, 0, el4_condition_mask(conditions[a->cc & 3]), 0);
    if (a->sz == 1) {
        el4_emit_da(t, EL4_UOP_UXTH, x, x);
    }
    if (a->sz == 3) {
        a32_set_d(t, a->vd, x);
    } else {
        a32_set_s(t, a->vd, x);
    }
    return true;
}

/* ---- conversions ---- */

bool el4_a32_VCVT_sd(struct el4_translator *t, const struct a32_args_vfp_rr *a)
{
    if (!begin(t, 3, a->vd)) {
        return false;
    }
    el4_emit_vcall(t, el4_a32_vfp_single_to_double, a->vd, a->vm, 0, 0, 0);
    return true;
}

bool el4_a32_VCVT_ds(struct el4_translator *t, const struct a32_args_vfp_rr *a)
{
    if (!begin(t, 3, a->vm)) {
        return false;
    }
    el4_emit_vcall(t, el4_a32_vfp_double_to_single, a->vd, a->vm, 0, 0, 0);
    return true;
}

/* To and from double precision since ARMv8. */
static bool convert_half(struct el4_translator *t, const struct a32_args_vfp_half *a,
                         unsigned other, el4_vcall_fn *const *family)
{
    if (!t->features->vfp_half || (a->sz == 3 && !t->features->a32_v8) ||
        !begin(t, a->sz, other)) {
        return false;
    }
    el4_emit_vcall(t, family[a->sz], a->vd, a->vm, 0, 0, a->t);
    return true;
}

bool el4_a32_VCVT_from_half(struct el4_translator *t, const struct a32_args_vfp_half *a)
{
    return convert_half(t, a, a->vd, el4_a32_vfp_from_half);
}

bool el4_a32_VCVT_to_half(struct el4_translator *t, const struct a32_args_vfp_half *a)
{
    return convert_half(t, a, a->vm, el4_a32_vfp_to_half);
}

static bool convert_int(struct el4_translator *t, unsigned sz, unsigned vd, unsigned vm,
                        unsigned other, el4_vcall_fn *const *family, unsigned how)
{
    if (!begin(t, sz, other)) {
        return false;
    }
    el4_emit_vcall(t, family[sz], vd, vm, how, 0, 0);
    return true;
}

bool el4_a32_VCVT_from_int(struct el4_translator *t, const struct a32_args_vfp_int *a)
{
    return convert_int(t, a->sz, a->vd, a->vm, a->vd, el4_a32_vfp_from_int,
                       a->s ? 0 : EL4_SIMD_UNSIGNED);
}

bool el4_a32_VCVT_to_int(struct el4_translator *t, const struct a32_args_vfp_int *a)
{
    unsigned rounding = a->z ? (unsigned)EL4_FP_ZERO : EL4_SIMD_FPCR_ROUNDING;
    return convert_int(t, a->sz, a->vd, a->vm, a->vm, el4_a32_vfp_to_int,
                       rounding | (a->s ? 0 : EL4_SIMD_UNSIGNED));
}

bool el4_a32_VCVT_rm(struct el4_translator *t, const struct a32_args_vfp_rm *a)
{
    return t->features->a32_v8 &&
           convert_int(t, a->sz, a->vd, a->vm, a->vm, el4_a32_vfp_to_int,
                       a32_rounding_of(a->rm) | (a->s ? 0 : EL4_SIMD_UNSIGNED));
}

bool el4_a32_VCVT_fix(struct el4_translator *t, const struct a32_args_vfp_fix *a)
{
    el4_vcall_fn *const *family = a->op ? el4_a32_vfp_to_fix : el4_a32_vfp_from_fix;
    unsigned bits = a->x ? 32 : 16;

    if (!begin(t, a->sz, a->vd)) {
        return false;
    }
    el4_emit_vcall(t, family[a->sz], a->vd, 0, a->u ? EL4_SIMD_UNSIGNED : 0, bits - a->imm,
                   bits);
    return true;
}

bool el4_a32_VJCVT(struct el4_translator *t, const struct a32_args_vfp_rr *a)
{
    if (!t->features->a32_jscvt || !begin(t, 3, a->vm)) {
        return false;
    }
    el4_emit_call(t, el4_a32_vfp_jcvt, EL4_SLOT_FPNZCV, EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                  EL4_SLOT_ZERO, a->vd | a->vm << 5);
    return true;
}
