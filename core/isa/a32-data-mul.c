/* SPDX-License-Identifier: MIT */
/*
 * AArch32 multiplies and divides. 64-bit results and accumulators are made in one 64-bit slot
 * and then split. What may set Q (the accumulations of 16-bit products) calls C.
 */
#include "cpu/a32.h"
#include "isa/a32.h"

/* Plain */

static void multiply_flags(struct el4_translator *t, unsigned s, unsigned result)
{
    if (s) {
        el4_emit(t, EL4_UOP_NZ32, 0, result, 0, 0, 0, 0);
    }
}

bool el4_a32_MUL(struct el4_translator *t, const struct a32_args_mul *a)
{
    el4_emit_dab(t, EL4_UOP_MUL32, a->rd, a->rn, a->rm);
    multiply_flags(t, a->s, a->rd);
    return true;
}

/* T16: Rdm = Rn * Rdm. */
bool el4_a32_MUL_rdm(struct el4_translator *t, const struct a32_args_rdm_rn *a)
{
    el4_emit_dab(t, EL4_UOP_MUL32, a->rdm, a->rn, a->rdm);
    multiply_flags(t, el4_a32_t16_sets_flags(t), a->rdm);
    return true;
}

bool el4_a32_MLA(struct el4_translator *t, const struct a32_args_mla *a)
{
    el4_emit(t, EL4_UOP_MADD32, a->rd, a->rn, a->rm, a->ra, 0, 0);
    multiply_flags(t, a->s, a->rd);
    return true;
}

bool el4_a32_MLS(struct el4_translator *t, const struct a32_args_rrrr *a)
{
    el4_emit(t, EL4_UOP_MSUB32, a->rd, a->rn, a->rm, a->ra, 0, 0);
    return true;
}

/* 64-bit results */

/* A slot with hi:lo. */
static unsigned joined(struct el4_translator *t, unsigned lo, unsigned hi)
{
    unsigned temp = el4_temp(t);
    el4_emit(t, EL4_UOP_BFI64, temp, lo, hi, 0, 32, UINT64_C(0xffffffff00000000));
    return temp;
}

static void split(struct el4_translator *t, unsigned lo, unsigned hi, unsigned value)
{
    el4_emit_da(t, EL4_UOP_MOV32, lo, value);
    el4_emit_dai(t, EL4_UOP_LSRI64, hi, value, 32);
}

/* N and Z of 64 bits; C and V stay. */
static void long_flags(struct el4_translator *t, unsigned lo, unsigned hi)
{
    /* The low half counts for Z only: any bit of it, but not as the top bit. */
    unsigned any = el4_temp(t);
    el4_emit_dai(t, EL4_UOP_LSRI32, any, lo, 1);
    el4_emit_dab(t, EL4_UOP_ORR32, any, any, hi);
    unsigned low = el4_temp(t);
    el4_emit_dai(t, EL4_UOP_ANDI32, low, lo, 1);
    el4_emit_dab(t, EL4_UOP_ORR32, any, any, low);
    el4_emit(t, EL4_UOP_NZ32, 0, any, 0, 0, 0, 0);
}

static bool long_multiply(struct el4_translator *t, const struct a32_args_mull *a,
                          enum el4_uop_code op, bool accumulates)
{
    if (accumulates) {
        unsigned result = el4_temp(t);
        el4_emit(t, op, result, a->rn, a->rm, joined(t, a->lo, a->hi), 0, 0);
        split(t, a->lo, a->hi, result);
    } else {
        el4_emit(t, op, a->lo, a->rn, a->rm, a->hi, 0, 0);
    }
    if (a->s) {
        long_flags(t, a->lo, a->hi);
    }
    return true;
}

bool el4_a32_UMULL(struct el4_translator *t, const struct a32_args_mull *a)
{
    return long_multiply(t, a, EL4_UOP_UMULL32, false);
}

bool el4_a32_UMLAL(struct el4_translator *t, const struct a32_args_mull *a)
{
    return long_multiply(t, a, EL4_UOP_UMADDL, true);
}

bool el4_a32_SMULL(struct el4_translator *t, const struct a32_args_mull *a)
{
    return long_multiply(t, a, EL4_UOP_SMULL32, false);
}

bool el4_a32_SMLAL(struct el4_translator *t, const struct a32_args_mull *a)
{
    return long_multiply(t, a, EL4_UOP_SMADDL, true);
}

bool el4_a32_UMAAL(struct el4_translator *t, const struct a32_args_mull *a)
{
    unsigned result = el4_temp(t);
    el4_emit(t, EL4_UOP_UMADDL, result, a->rn, a->rm, a->hi, 0, 0);
    el4_emit_dab(t, EL4_UOP_ADD64, result, result, a->lo);
    split(t, a->lo, a->hi, result);
    return true;
}

/* Most significant word; x of the arguments: rounded */

static bool most_significant(struct el4_translator *t, const struct a32_args_mla_x *a,
                             enum el4_uop_code op, bool accumulates)
{
    unsigned result = el4_temp(t);
    unsigned sum = EL4_SLOT_ZERO;

    if (accumulates) {
        sum = el4_temp(t);
        el4_emit_dai(t, EL4_UOP_LSLI64, sum, a->ra, 32);
    }
    el4_emit(t, op, result, a->rn, a->rm, sum, 0, 0);
    if (a->x) {
        el4_emit_dai(t, EL4_UOP_ADDI64, result, result, 0x80000000);
    }
    el4_emit_dai(t, EL4_UOP_LSRI64, a->rd, result, 32);
    return true;
}

bool el4_a32_SMMLA(struct el4_translator *t, const struct a32_args_mla_x *a)
{
    return most_significant(t, a, EL4_UOP_SMADDL, true);
}

bool el4_a32_SMMLS(struct el4_translator *t, const struct a32_args_mla_x *a)
{
    return most_significant(t, a, EL4_UOP_SMSUBL, true);
}

bool el4_a32_SMMUL(struct el4_translator *t, const struct a32_args_mul_x *a)
{
    const struct a32_args_mla_x args = {.rd = a->rd, .rn = a->rn, .rm = a->rm, .x = a->x};
    return most_significant(t, &args, EL4_UOP_SMADDL, false);
}

/* Halfwords */

/* Slot with the bottom or top half of Rn, sign-extended. */
static unsigned half(struct el4_translator *t, unsigned n, unsigned top)
{
    unsigned temp = el4_temp(t);
    el4_emit(t, EL4_UOP_SBFX32, temp, n, 0, 0, top ? 16 : 0, 16);
    return temp;
}

static int32_t low_half(uint64_t value)
{
    return (int16_t)value;
}

static int32_t high_half(uint64_t value)
{
    return (int16_t)(value >> 16);
}

/* The sum of 33 or more bits, cut off; Q if that lost something. */
static uint32_t sum_with_q(struct el4_cpu *cpu, int64_t sum)
{
    if (sum != (int32_t)sum) {
        cpu->slot[EL4_SLOT_Q] |= EL4_CPSR_Q;
    }
    return (uint32_t)sum;
}

/* c + a * b, the product fitting 32 bits. */
static uint64_t call_smla(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    return sum_with_q(cpu, (int64_t)(int32_t)c + (int64_t)(int32_t)a * (int32_t)b);
}

bool el4_a32_SMULxy(struct el4_translator *t, const struct a32_args_mul_xy *a)
{
    unsigned n = half(t, a->rn, a->x);
    unsigned m = half(t, a->rm, a->y);
    el4_emit_dab(t, EL4_UOP_MUL32, a->rd, n, m);
    return true;
}

bool el4_a32_SMLAxy(struct el4_translator *t, const struct a32_args_mla_xy *a)
{
    unsigned n = half(t, a->rn, a->x);
    unsigned m = half(t, a->rm, a->y);
    el4_emit_call(t, call_smla, a->rd, n, m, a->ra, 0);
    return true;
}

bool el4_a32_SMLALxy(struct el4_translator *t, const struct a32_args_mull_xy *a)
{
    unsigned n = half(t, a->rn, a->x);
    unsigned m = half(t, a->rm, a->y);
    unsigned sum = joined(t, a->lo, a->hi);
    el4_emit(t, EL4_UOP_SMADDL, sum, n, m, sum, 0, 0);
    split(t, a->lo, a->hi, sum);
    return true;
}

/* Bits 47:16 of the product of Rn and half of Rm. */
static unsigned wide_product(struct el4_translator *t, unsigned n, unsigned m, unsigned top)
{
    unsigned product = half(t, m, top);
    el4_emit(t, EL4_UOP_SMADDL, product, n, product, EL4_SLOT_ZERO, 0, 0);
    el4_emit_dai(t, EL4_UOP_LSRI64, product, product, 16);
    return product;
}

static uint64_t call_add_q(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                           uint32_t aux)
{
    return sum_with_q(cpu, (int64_t)(int32_t)a + (int32_t)b);
}

bool el4_a32_SMULWy(struct el4_translator *t, const struct a32_args_mul_xy *a)
{
    el4_emit_da(t, EL4_UOP_MOV32, a->rd, wide_product(t, a->rn, a->rm, a->y));
    return true;
}

bool el4_a32_SMLAWy(struct el4_translator *t, const struct a32_args_mla_xy *a)
{
    unsigned product = wide_product(t, a->rn, a->rm, a->y);
    el4_emit_call(t, call_add_q, a->rd, product, a->ra, EL4_SLOT_ZERO, 0);
    return true;
}

/* Two halfwords at once; x of the arguments: Rm's halves exchanged */

static uint64_t call_dual_add(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                              uint32_t aux)
{
    int64_t low = (int64_t)low_half(a) * low_half(b);
    int64_t high = (int64_t)high_half(a) * high_half(b);
    return sum_with_q(cpu, low + high + (int32_t)c);
}

static uint64_t call_dual_subtract(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                   uint32_t aux)
{
    int64_t low = (int64_t)low_half(a) * low_half(b);
    int64_t high = (int64_t)high_half(a) * high_half(b);
    return sum_with_q(cpu, low - high + (int32_t)c);
}

static uint64_t call_dual_add_long(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                   uint32_t aux)
{
    int64_t low = (int64_t)low_half(a) * low_half(b);
    int64_t high = (int64_t)high_half(a) * high_half(b);
    return c + (uint64_t)(low + high);
}

static uint64_t call_dual_subtract_long(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                        uint32_t aux)
{
    int64_t low = (int64_t)low_half(a) * low_half(b);
    int64_t high = (int64_t)high_half(a) * high_half(b);
    return c + (uint64_t)(low - high);
}

static unsigned exchanged(struct el4_translator *t, unsigned m, unsigned x)
{
    if (!x) {
        return m;
    }
    unsigned temp = el4_temp(t);
    el4_emit_dai(t, EL4_UOP_RORI32, temp, m, 16);
    return temp;
}

static bool dual(struct el4_translator *t, const struct a32_args_mla_x *a, el4_call_fn *fn)
{
    el4_emit_call(t, fn, a->rd, a->rn, exchanged(t, a->rm, a->x), a->ra, 0);
    return true;
}

static bool dual_product(struct el4_translator *t, const struct a32_args_mul_x *a,
                         el4_call_fn *fn)
{
    el4_emit_call(t, fn, a->rd, a->rn, exchanged(t, a->rm, a->x), EL4_SLOT_ZERO, 0);
    return true;
}

static bool dual_long(struct el4_translator *t, const struct a32_args_mull_x *a,
                      el4_call_fn *fn)
{
    unsigned sum = joined(t, a->lo, a->hi);
    el4_emit_call(t, fn, sum, a->rn, exchanged(t, a->rm, a->x), sum, 0);
    split(t, a->lo, a->hi, sum);
    return true;
}

bool el4_a32_SMLAD(struct el4_translator *t, const struct a32_args_mla_x *a)
{
    return dual(t, a, call_dual_add);
}

bool el4_a32_SMLSD(struct el4_translator *t, const struct a32_args_mla_x *a)
{
    return dual(t, a, call_dual_subtract);
}

bool el4_a32_SMUAD(struct el4_translator *t, const struct a32_args_mul_x *a)
{
    return dual_product(t, a, call_dual_add);
}

bool el4_a32_SMUSD(struct el4_translator *t, const struct a32_args_mul_x *a)
{
    return dual_product(t, a, call_dual_subtract);
}

bool el4_a32_SMLALD(struct el4_translator *t, const struct a32_args_mull_x *a)
{
    return dual_long(t, a, call_dual_add_long);
}

bool el4_a32_SMLSLD(struct el4_translator *t, const struct a32_args_mull_x *a)
{
    return dual_long(t, a, call_dual_subtract_long);
}

/* Divide */

static bool divide(struct el4_translator *t, const struct a32_args_rrr *a, enum el4_uop_code op)
{
    const struct el4_features *features = t->features;
    if (!(el4_a32_is_thumb(t) ? features->a32_divide_t32 : features->a32_divide_a32)) {
        return false;
    }
    el4_emit_dab(t, op, a->rd, a->rn, a->rm);
    return true;
}

bool el4_a32_SDIV(struct el4_translator *t, const struct a32_args_rrr *a)
{
    return divide(t, a, EL4_UOP_SDIV32);
}

bool el4_a32_UDIV(struct el4_translator *t, const struct a32_args_rrr *a)
{
    return divide(t, a, EL4_UOP_UDIV32);
}
