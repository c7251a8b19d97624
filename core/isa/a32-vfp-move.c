/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 moves between general registers and those of floating point and Advanced SIMD,
 * VDUP from a general register, and the system registers of the two: VMRS and VMSR.
 */
#include "cpu/exception.h"
#include "fp/fp.h"
#include "isa/a32-simd.h"

/* ---- general registers ---- */

static bool one_single(struct el4_translator *t, const struct a32_args_vfp_gp *a, bool is_half)
{
    el4_a32_emit_fp_check(t);
    if (!a->op) {
        unsigned value = a->rt;
        if (is_half) {
            value = el4_temp(t);
            el4_emit_da(t, EL4_UOP_UXTH, value, a->rt);
        }
        a32_set_s(t, a->vn, value);
        return true;
    }
    a32_get_s(t, a->rt, a->vn);
    if (is_half) {
        el4_emit_da(t, EL4_UOP_UXTH, a->rt, a->rt);
    }
    return true;
}

bool el4_a32_VMOV_half_gp(struct el4_translator *t, const struct a32_args_vfp_gp *a)
{
    return t->features->a32_fp16 && one_single(t, a, true);
}

bool el4_a32_VMOV_single_gp(struct el4_translator *t, const struct a32_args_vfp_gp *a)
{
    return t->features->vfp && one_single(t, a, false);
}

bool el4_a32_VMOV_single2(struct el4_translator *t, const struct a32_args_vfp_gp2 *a)
{
    if (!t->features->vfp) {
        return false;
    }
    el4_a32_emit_fp_check(t);
    if (a->op) {
        a32_get_s(t, a->rt, a->vm);
        a32_get_s(t, a->rt2, a->vm + 1);
    } else {
        a32_set_s(t, a->vm, a->rt);
        a32_set_s(t, a->vm + 1, a->rt2);
    }
    return true;
}

bool el4_a32_VMOV_double(struct el4_translator *t, const struct a32_args_vfp_gp2 *a)
{
    if (!t->features->vfp || !a32_d_exists(t, a->vm)) {
        return false;
    }
    el4_a32_emit_fp_check(t);
    unsigned both = el4_temp(t);
    if (a->op) {
        a32_get_d(t, both, a->vm);
        el4_emit_da(t, EL4_UOP_MOV32, a->rt, both);
        el4_emit_dai(t, EL4_UOP_LSRI64, a->rt2, both, 32);
    } else {
        el4_emit_dai(t, EL4_UOP_LSLI64, both, a->rt2, 32);
        el4_emit_dab(t, EL4_UOP_ORR64, both, both, a->rt);
        a32_set_d(t, a->vm, both);
    }
    return true;
}

/* Scalars of 32 bits belong to floating point too. */
static bool begin_scalar(struct el4_translator *t, const struct a32_args_vfp_scalar *a)
{
    const bool exists = a->esz == 2 ? t->features->vfp : t->features->neon;
    if (!exists || !a32_d_exists(t, a->vd)) {
        return false;
    }
    if (a->esz == 2) {
        el4_a32_emit_fp_check(t);
    } else {
        el4_a32_emit_simd_check(t);
    }
    return true;
}

bool el4_a32_VMOV_to_scalar(struct el4_translator *t, const struct a32_args_vfp_scalar *a)
{
    if (!begin_scalar(t, a)) {
        return false;
    }
    const unsigned element = a->idx + (a->vd % 2 << (3 - a->esz));
    el4_emit_call(t, el4_simd_ins_gp[a->esz], EL4_SLOT_SINK, a->rt, EL4_SLOT_ZERO,
                  EL4_SLOT_ZERO, a->vd / 2 | element << 5);
    return true;
}

bool el4_a32_VMOV_from_scalar(struct el4_translator *t, const struct a32_args_vfp_scalar *a)
{
    if (!begin_scalar(t, a)) {
        return false;
    }
    if (a->esz == 2) {
        a32_get_s(t, a->rt, 2 * a->vd + a->idx);
        return true;
    }
    const unsigned whole = el4_temp(t);
    const unsigned bits = 8u << a->esz;
    a32_get_d(t, whole, a->vd);
    if (a->u) {
        el4_emit(t, EL4_UOP_UBFX64, a->rt, whole, 0, 0, a->idx * bits, (1u << bits) - 1);
    } else {
        el4_emit(t, EL4_UOP_SBFX32, a->rt, whole, 0, 0, a->idx * bits, bits);
    }
    return true;
}

bool el4_a32_VDUP_gp(struct el4_translator *t, const struct a32_args_vfp_dup *a)
{
    const unsigned esz = a->b ? 0 : 2 - a->e;

    if (!t->features->neon || !a32_d_exists(t, a->vd)) {
        return false;
    }
    el4_a32_emit_simd_check(t);
    el4_emit_call(t, el4_a32_neon_dup, EL4_SLOT_SINK, a->rt, EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                  a->vd | a->q << 5 | esz << 6);
    return true;
}

/* ---- system registers ---- */

/* As VMRS and VMSR number them. */
enum { FPSID = 0, FPSCR = 1, MVFR2 = 5, MVFR1 = 6, MVFR0 = 7, FPEXC = 8 };

#define FPSR_BITS                                                                              \
    (EL4_FPSR_IOC | EL4_FPSR_DZC | EL4_FPSR_OFC | EL4_FPSR_UFC | EL4_FPSR_IXC | EL4_FPSR_IDC)

static uint32_t fpcr_bits(const struct el4_features *f)
{
    return EL4_FPCR_RMODE | EL4_FPCR_FZ | EL4_FPCR_DN | (f->vfp_half ? EL4_FPCR_AHP : 0) |
           (f->a32_fp16 ? EL4_FPCR_FZ16 : 0) | (f->vfp_short_vectors ? EL4_FPSCR_VECTORS : 0);
}

static uint32_t fpsr_bits(const struct el4_features *f)
{
    return FPSR_BITS | (f->neon ? EL4_FPSR_QC : 0);
}

/* HCR.TID0 and TID3: reads of ID registers at EL1 go to EL2 (ISS of an MCR or MRC). */
static void check_id_trap(struct el4_cpu *cpu, unsigned reg, uint64_t trap, uint64_t info)
{
    if (el4_cpu_el(cpu) == 1 && el4_cpu_el2_enabled(cpu) && (el4_cpu_hcr(cpu) & trap)) {
        uint32_t iss = (uint32_t)(info & 0x1f00000) | 7u << 14 | reg << 10 |
                       (uint32_t)(info & 15) << 5 | 1;
        struct el4_exception e = {.vector = EL4_VECTOR_SYNC,
                                  .kind = EL4_RAISE_TARGET,
                                  .target_el = 2,
                                  .esr = EL4_ESR(EL4_EC_CP10, iss)};
        el4_cpu_raise_exception(cpu, &e);
    }
}

/* All but the FPSCR belong to EL1 and above, and are there while FPEXC.EN is clear. */
static void check_privileged(struct el4_cpu *cpu, uint64_t info)
{
    if (el4_cpu_el(cpu) == 0) {
        el4_cpu_raise_undefined(cpu);
    }
    el4_a32_check_fp(cpu, false, (uint32_t)info & 0x1f00000);
}

static uint32_t read_fpscr(const struct el4_cpu *cpu)
{
    return (cpu->regs.fp.fpcr & fpcr_bits(&cpu->features)) |
           (cpu->regs.fp.fpsr & fpsr_bits(&cpu->features)) |
           (uint32_t)cpu->slot[EL4_SLOT_FPNZCV];
}

static void write_fpscr(struct el4_cpu *cpu, uint32_t value)
{
    cpu->regs.fp.fpcr = value & fpcr_bits(&cpu->features);
    cpu->regs.fp.fpsr = value & fpsr_bits(&cpu->features);
    cpu->slot[EL4_SLOT_FPNZCV] = value & 0xf0000000;
    if (cpu->mode.fp_vectors != !!(cpu->regs.fp.fpcr & EL4_FPSCR_LEN)) {
        el4_cpu_update_mode(cpu);
    }
}

/* b: condition as in an ISS, and Rt in bits 3:0; aux is the register. */
static uint64_t call_vmrs(struct el4_cpu *cpu, uint64_t a, uint64_t info, uint64_t c,
                          uint32_t aux)
{
    const uint64_t *mvfr = cpu->ids.id[EL4_ID_MVFR];

    if (aux == FPSCR) {
        return read_fpscr(cpu);
    }
    check_privileged(cpu, info);
    switch (aux) {
    case FPSID:
        check_id_trap(cpu, aux, EL4_HCR_TID0, info);
        return (uint32_t)cpu->model->ids.fpsid;
    case FPEXC: return (uint32_t)cpu->regs.fpexc32_el2;
    default: check_id_trap(cpu, aux, EL4_HCR_TID3, info); return (uint32_t)mvfr[MVFR0 - aux];
    }
}

/* Of FPEXC EN is there, and DEX for vectors: no core traps exceptions. FPSID ignores writes. */
static uint64_t call_vmsr(struct el4_cpu *cpu, uint64_t value, uint64_t info, uint64_t c,
                          uint32_t aux)
{
    if (aux == FPSCR) {
        write_fpscr(cpu, (uint32_t)value);
        return 0;
    }
    check_privileged(cpu, info);
    if (aux == FPEXC) {
        uint64_t dex = cpu->features.vfp_short_vectors ? EL4_FPEXC_DEX : 0;
        cpu->regs.fpexc32_el2 = value & (EL4_FPEXC_EN | dex);
        el4_cpu_update_mode(cpu);
    }
    return 0;
}

static unsigned system_info(struct el4_translator *t, unsigned rt)
{
    return el4_a32_constant(t, el4_a32_iss_cond(t) | rt);
}

bool el4_a32_VMRS(struct el4_translator *t, const struct a32_args_vfp_sys *a)
{
    if (!t->features->vfp || (a->reg == MVFR2 && !t->features->a32_v8)) {
        return false;
    }
    if (a->reg == FPSCR) {
        el4_a32_emit_fp_check(t);
    }
    if (a->rt == EL4_A32_PC) {
        el4_emit_da(t, EL4_UOP_SETF, 0, EL4_SLOT_FPNZCV);
        return true;
    }
    el4_emit_call(t, call_vmrs, a->rt, EL4_SLOT_ZERO, system_info(t, a->rt), EL4_SLOT_ZERO,
                  a->reg);
    return true;
}

/* The block ends where the mode may have changed. */
bool el4_a32_VMSR(struct el4_translator *t, const struct a32_args_vfp_sys *a)
{
    if (!t->features->vfp) {
        return false;
    }
    if (a->reg == FPSCR) {
        el4_a32_emit_fp_check(t);
    }
    el4_emit_call(t, call_vmsr, EL4_SLOT_SINK, a->rt, system_info(t, a->rt), EL4_SLOT_ZERO,
                  a->reg);
    if (a->reg != FPSCR || t->features->vfp_short_vectors) {
        el4_emit_exit_next(t);
    }
    return true;
}
