/* SPDX-License-Identifier: MIT */
/*
 * A64 data processing on general registers: immediate and register forms. The forms that
 * compilers use all the time (MOV, ADD, CMP, LSL, UBFX, CSET ...) become one micro-op each.
 * Pointer authentication of this class is in a64-branch.c with the rest of FEAT_PAuth.
 */
#include "isa/a64.h"
#include "isa/crc32.h"

/* The 64-bit micro-op of a pair, or the 32-bit one. */
#define SIZED(sf, name) ((sf) ? EL4_UOP_##name##64 : EL4_UOP_##name##32)

enum shift_type { SHIFT_LSL, SHIFT_LSR, SHIFT_ASR, SHIFT_ROR };

static uint64_t ones(unsigned count)
{
    return count >= 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
}

static void emit_move(struct el4_translator *t, unsigned sf, unsigned d, unsigned a)
{
    el4_emit_da(t, sf ? EL4_UOP_MOV : EL4_UOP_MOV32, d, a);
}

/* DecodeBitMasks() of the manual, for the encodings that the table lets through. */
static uint64_t bit_mask(unsigned sf, unsigned n, unsigned immr, unsigned imms)
{
    unsigned length = 31 - (unsigned)__builtin_clz((n << 6) | (~imms & 0x3f));
    unsigned size = 1u << length;
    unsigned count = (imms & (size - 1)) + 1;
    unsigned rotate = immr & (size - 1);
    uint64_t element = ones(count);

    if (rotate) {
        element = ((element >> rotate) | (element << (size - rotate))) & ones(size);
    }
    for (; size < 64; size *= 2) {
        element |= element << size;
    }
    return sf ? element : (uint32_t)element;
}

/* PC-relative addresses */

bool el4_a64_ADR(struct el4_translator *t, const struct a64_args_pc_rel *a)
{
    el4_emit_pcrel(t, el4_reg_out(a->rd), (uint64_t)(int64_t)a->imm);
    return true;
}

bool el4_a64_ADRP(struct el4_translator *t, const struct a64_args_pc_rel *a)
{
    /* A page's offset within 4 KiB is the same at every address that maps it. */
    uint64_t in_page = (t->page_offset + t->offset) & 0xfff;
    el4_emit_pcrel(t, el4_reg_out(a->rd), ((uint64_t)a->imm << 12) - in_page);
    return true;
}

/* Add and subtract, immediate */

static uint64_t add_sub_value(const struct a64_args_add_sub_imm *a)
{
    return (uint64_t)a->imm << (a->sh ? 12 : 0);
}

bool el4_a64_ADD_imm(struct el4_translator *t, const struct a64_args_add_sub_imm *a)
{
    if (a->imm == 0) {
        emit_move(t, a->sf, el4_reg_sp(a->rd), el4_reg_sp(a->rn));
        return true;
    }
    el4_emit_dai(t, SIZED(a->sf, ADDI), el4_reg_sp(a->rd), el4_reg_sp(a->rn), add_sub_value(a));
    return true;
}

bool el4_a64_ADDS_imm(struct el4_translator *t, const struct a64_args_add_sub_imm *a)
{
    el4_emit_dai(t, SIZED(a->sf, ADDSI), el4_reg_out(a->rd), el4_reg_sp(a->rn),
                 add_sub_value(a));
    return true;
}

bool el4_a64_SUB_imm(struct el4_translator *t, const struct a64_args_add_sub_imm *a)
{
    el4_emit_dai(t, SIZED(a->sf, ADDI), el4_reg_sp(a->rd), el4_reg_sp(a->rn),
                 -add_sub_value(a));
    return true;
}

bool el4_a64_SUBS_imm(struct el4_translator *t, const struct a64_args_add_sub_imm *a)
{
    el4_emit_dai(t, SIZED(a->sf, SUBSI), el4_reg_out(a->rd), el4_reg_sp(a->rn),
                 add_sub_value(a));
    return true;
}

/* Logical, immediate */

bool el4_a64_AND_imm(struct el4_translator *t, const struct a64_args_logical_imm *a)
{
    el4_emit_dai(t, SIZED(a->sf, ANDI), el4_reg_sp(a->rd), el4_reg(a->rn),
                 bit_mask(a->sf, a->n, a->immr, a->imms));
    return true;
}

bool el4_a64_ORR_imm(struct el4_translator *t, const struct a64_args_logical_imm *a)
{
    uint64_t mask = bit_mask(a->sf, a->n, a->immr, a->imms);
    if (a->rn == 31) {
        el4_emit_movi(t, el4_reg_sp(a->rd), mask);
        return true;
    }
    el4_emit_dai(t, SIZED(a->sf, ORRI), el4_reg_sp(a->rd), el4_reg(a->rn), mask);
    return true;
}

bool el4_a64_EOR_imm(struct el4_translator *t, const struct a64_args_logical_imm *a)
{
    el4_emit_dai(t, SIZED(a->sf, EORI), el4_reg_sp(a->rd), el4_reg(a->rn),
                 bit_mask(a->sf, a->n, a->immr, a->imms));
    return true;
}

bool el4_a64_ANDS_imm(struct el4_translator *t, const struct a64_args_logical_imm *a)
{
    el4_emit_dai(t, SIZED(a->sf, ANDSI), el4_reg_out(a->rd), el4_reg(a->rn),
                 bit_mask(a->sf, a->n, a->immr, a->imms));
    return true;
}

/* Move wide */

static void emit_constant(struct el4_translator *t, unsigned sf, unsigned rd, uint64_t value)
{
    if (rd != 31) {
        el4_emit_movi(t, rd, sf ? value : (uint32_t)value);
    }
}

bool el4_a64_MOVN(struct el4_translator *t, const struct a64_args_mov_wide *a)
{
    emit_constant(t, a->sf, a->rd, ~((uint64_t)a->imm << (a->hw * 16)));
    return true;
}

bool el4_a64_MOVZ(struct el4_translator *t, const struct a64_args_mov_wide *a)
{
    emit_constant(t, a->sf, a->rd, (uint64_t)a->imm << (a->hw * 16));
    return true;
}

/*
 * A MOVZ or MOVN with its MOVKs is how compilers make a constant: the value is patched into
 * the MOVI just emitted. That instruction cannot fault and nothing can look in between.
 */
bool el4_a64_MOVK(struct el4_translator *t, const struct a64_args_mov_wide *a)
{
    uint64_t mask = UINT64_C(0xffff) << (a->hw * 16);
    uint64_t value = (uint64_t)a->imm << (a->hw * 16);

    if (a->rd == 31) {
        return true;
    }
    if (t->uop_count > 0) {
        struct el4_uop *last = &t->uops[t->uop_count - 1];
        if (last->desc.op == EL4_UOP_MOVI && last->desc.d == a->rd) {
            last->imm = (last->imm & ~mask) | value;
            if (!a->sf) {
                last->imm = (uint32_t)last->imm;
            }
            return true;
        }
    }
    el4_emit_dai(t, SIZED(a->sf, ANDI), a->rd, a->rd, a->sf ? ~mask : (uint32_t)~mask);
    if (value) {
        el4_emit_dai(t, SIZED(a->sf, ORRI), a->rd, a->rd, value);
    }
    return true;
}

/* Bit fields */

bool el4_a64_SBFM(struct el4_translator *t, const struct a64_args_bitfield *a)
{
    unsigned bits = a->sf ? 64 : 32;
    unsigned d = el4_reg_out(a->rd);
    unsigned s = el4_reg(a->rn);

    if (a->imms == bits - 1) {
        el4_emit_dai(t, SIZED(a->sf, ASRI), d, s, a->immr);
    } else if (a->imms < a->immr) { /* SBFIZ */
        el4_emit(t, SIZED(a->sf, SBFX), d, s, 0, 0, 0, a->imms + 1);
        el4_emit_dai(t, SIZED(a->sf, LSLI), d, d, bits - a->immr);
    } else if (a->sf && a->immr == 0 && a->imms == 7) {
        el4_emit_da(t, EL4_UOP_SXTB64, d, s);
    } else if (a->sf && a->immr == 0 && a->imms == 15) {
        el4_emit_da(t, EL4_UOP_SXTH64, d, s);
    } else if (a->sf && a->immr == 0 && a->imms == 31) {
        el4_emit_da(t, EL4_UOP_SXTW64, d, s);
    } else {
        el4_emit(t, SIZED(a->sf, SBFX), d, s, 0, 0, a->immr, a->imms - a->immr + 1);
    }
    return true;
}

bool el4_a64_BFM(struct el4_translator *t, const struct a64_args_bitfield *a)
{
    unsigned bits = a->sf ? 64 : 32;
    unsigned d = el4_reg_out(a->rd);
    bool extracts = a->imms >= a->immr; /* BFXIL, else BFI */
    unsigned low = extracts ? 0 : bits - a->immr;
    unsigned count = extracts ? a->imms - a->immr + 1 : a->imms + 1;
    unsigned rotate_left = extracts ? (64 - a->immr) & 63 : low;

    el4_emit(t, EL4_UOP_BFI64, d, el4_reg(a->rd), el4_reg(a->rn), 0, rotate_left,
             ones(count) << low);
    if (!a->sf) {
        el4_emit_da(t, EL4_UOP_MOV32, d, d);
    }
    return true;
}

bool el4_a64_UBFM(struct el4_translator *t, const struct a64_args_bitfield *a)
{
    unsigned bits = a->sf ? 64 : 32;
    unsigned d = el4_reg_out(a->rd);
    unsigned s = el4_reg(a->rn);

    if (a->imms == bits - 1) {
        el4_emit_dai(t, SIZED(a->sf, LSRI), d, s, a->immr);
    } else if (a->imms + 1 == a->immr) {
        el4_emit_dai(t, SIZED(a->sf, LSLI), d, s, bits - a->immr);
    } else if (a->imms < a->immr) { /* UBFIZ */
        el4_emit(t, EL4_UOP_UBFIZ64, d, s, 0, 0, bits - a->immr, ones(a->imms + 1));
    } else if (a->immr == 0 && a->imms == 7) {
        el4_emit_da(t, EL4_UOP_UXTB, d, s);
    } else if (a->immr == 0 && a->imms == 15) {
        el4_emit_da(t, EL4_UOP_UXTH, d, s);
    } else {
        el4_emit(t, EL4_UOP_UBFX64, d, s, 0, 0, a->immr, ones(a->imms - a->immr + 1));
    }
    return true;
}

bool el4_a64_EXTR(struct el4_translator *t, const struct a64_args_extract *a)
{
    unsigned d = el4_reg_out(a->rd);

    if (a->imm == 0) {
        emit_move(t, a->sf, d, el4_reg(a->rm));
    } else if (a->rn == a->rm) {
        el4_emit_dai(t, SIZED(a->sf, RORI), d, el4_reg(a->rn), a->imm);
    } else {
        el4_emit(t, SIZED(a->sf, EXTR), d, el4_reg(a->rn), el4_reg(a->rm), 0, 0, a->imm);
    }
    return true;
}

/* Shifted register */

static enum el4_uop_code shift_uop(unsigned sf, unsigned shift)
{
    switch (shift) {
    case SHIFT_LSL: return SIZED(sf, LSLI);
    case SHIFT_LSR: return SIZED(sf, LSRI);
    case SHIFT_ASR: return SIZED(sf, ASRI);
    default: return SIZED(sf, RORI);
    }
}

/* Slot of the shifted operand: Rm itself where the amount is zero. */
static unsigned shifted(struct el4_translator *t, const struct a64_args_rrr_shift *a)
{
    if (a->imm == 0 || a->rm == 31) {
        return el4_reg(a->rm);
    }
    unsigned temp = el4_temp(t);
    el4_emit_dai(t, shift_uop(a->sf, a->shift), temp, el4_reg(a->rm), a->imm);
    return temp;
}

/* The micro-op that shifts its second operand itself, 0 (MOV) if there is none. */
static enum el4_uop_code shifting_uop(enum el4_uop_code op, unsigned shift)
{
#define BOTH_SHIFTS(name, bits)                                                                \
    [EL4_UOP_##name##bits] = {                                                                 \
        [SHIFT_LSL] = EL4_UOP_##name##LSL##bits,                                               \
        [SHIFT_LSR] = EL4_UOP_##name##LSR##bits                                                \
    }
    static const uint16_t uops[EL4_UOP_COUNT][4] = {
        BOTH_SHIFTS(ADD, 64), BOTH_SHIFTS(ADD, 32), BOTH_SHIFTS(SUB, 64), BOTH_SHIFTS(SUB, 32),
        BOTH_SHIFTS(AND, 64), BOTH_SHIFTS(AND, 32), BOTH_SHIFTS(ORR, 64), BOTH_SHIFTS(ORR, 32),
        BOTH_SHIFTS(EOR, 64), BOTH_SHIFTS(EOR, 32),
    };
#undef BOTH_SHIFTS
    return uops[op][shift];
}

static bool shifted_operation(struct el4_translator *t, const struct a64_args_rrr_shift *a,
                              enum el4_uop_code op)
{
    enum el4_uop_code shifting = shifting_uop(op, a->shift);
    if (shifting && a->imm != 0 && a->rm != 31) {
        el4_emit(t, shifting, el4_reg_out(a->rd), el4_reg(a->rn), el4_reg(a->rm), 0, a->imm, 0);
        return true;
    }
    unsigned operand = shifted(t, a);
    el4_emit_dab(t, op, el4_reg_out(a->rd), el4_reg(a->rn), operand);
    return true;
}

bool el4_a64_AND_shift(struct el4_translator *t, const struct a64_args_rrr_shift *a)
{
    return shifted_operation(t, a, SIZED(a->sf, AND));
}

bool el4_a64_BIC_shift(struct el4_translator *t, const struct a64_args_rrr_shift *a)
{
    return shifted_operation(t, a, SIZED(a->sf, BIC));
}

bool el4_a64_ORR_shift(struct el4_translator *t, const struct a64_args_rrr_shift *a)
{
    if (a->rn != 31) {
        return shifted_operation(t, a, SIZED(a->sf, ORR));
    }
    if (a->imm == 0) { /* MOV */
        emit_move(t, a->sf, el4_reg_out(a->rd), el4_reg(a->rm));
    } else {
        el4_emit_dai(t, shift_uop(a->sf, a->shift), el4_reg_out(a->rd), el4_reg(a->rm), a->imm);
    }
    return true;
}

bool el4_a64_ORN_shift(struct el4_translator *t, const struct a64_args_rrr_shift *a)
{
    if (a->rn != 31) {
        return shifted_operation(t, a, SIZED(a->sf, ORN));
    }
    unsigned operand = shifted(t, a);
    el4_emit_da(t, SIZED(a->sf, NOT), el4_reg_out(a->rd), operand);
    return true;
}

bool el4_a64_EOR_shift(struct el4_translator *t, const struct a64_args_rrr_shift *a)
{
    return shifted_operation(t, a, SIZED(a->sf, EOR));
}

bool el4_a64_EON_shift(struct el4_translator *t, const struct a64_args_rrr_shift *a)
{
    return shifted_operation(t, a, SIZED(a->sf, EON));
}

bool el4_a64_ANDS_shift(struct el4_translator *t, const struct a64_args_rrr_shift *a)
{
    return shifted_operation(t, a, SIZED(a->sf, ANDS));
}

bool el4_a64_BICS_shift(struct el4_translator *t, const struct a64_args_rrr_shift *a)
{
    return shifted_operation(t, a, SIZED(a->sf, BICS));
}

bool el4_a64_ADD_shift(struct el4_translator *t, const struct a64_args_rrr_shift *a)
{
    return shifted_operation(t, a, SIZED(a->sf, ADD));
}

bool el4_a64_ADDS_shift(struct el4_translator *t, const struct a64_args_rrr_shift *a)
{
    return shifted_operation(t, a, SIZED(a->sf, ADDS));
}

bool el4_a64_SUB_shift(struct el4_translator *t, const struct a64_args_rrr_shift *a)
{
    if (a->rn != 31) {
        return shifted_operation(t, a, SIZED(a->sf, SUB));
    }
    unsigned operand = shifted(t, a);
    el4_emit_da(t, SIZED(a->sf, NEG), el4_reg_out(a->rd), operand);
    return true;
}

bool el4_a64_SUBS_shift(struct el4_translator *t, const struct a64_args_rrr_shift *a)
{
    return shifted_operation(t, a, SIZED(a->sf, SUBS));
}

/* Extended register */

unsigned el4_a64_extended(struct el4_translator *t, unsigned rm, unsigned option,
                          unsigned shift)
{
    static const enum el4_uop_code extend[8] = {
        EL4_UOP_UXTB,   EL4_UOP_UXTH,   EL4_UOP_MOV32,  EL4_UOP_MOV,
        EL4_UOP_SXTB64, EL4_UOP_SXTH64, EL4_UOP_SXTW64, EL4_UOP_MOV,
    };
    unsigned source = el4_reg(rm);

    if (rm == 31 || ((option & 3) == 3 && shift == 0)) {
        return source;
    }
    unsigned temp = el4_temp(t);
    if ((option & 3) == 3) {
        el4_emit_dai(t, EL4_UOP_LSLI64, temp, source, shift);
    } else if (option < 3 && shift != 0) {
        el4_emit(t, EL4_UOP_UBFIZ64, temp, source, 0, 0, shift, ones(8u << option));
    } else {
        el4_emit_da(t, extend[option], temp, source);
        if (shift != 0) {
            el4_emit_dai(t, EL4_UOP_LSLI64, temp, temp, shift);
        }
    }
    return temp;
}

static bool extended_operation(struct el4_translator *t, const struct a64_args_rrr_ext *a,
                               enum el4_uop_code op, unsigned d)
{
    /* W of a 32-bit operation is the whole operand; the 32-bit micro-op truncates. */
    unsigned option = !a->sf && (a->option & 3) == 2 ? 3 : a->option;
    unsigned operand = el4_a64_extended(t, a->rm, option, a->imm);
    el4_emit_dab(t, op, d, el4_reg_sp(a->rn), operand);
    return true;
}

bool el4_a64_ADD_ext(struct el4_translator *t, const struct a64_args_rrr_ext *a)
{
    if (a->sf && a->imm != 0) {
        unsigned operand = el4_a64_extended(t, a->rm, a->option, 0);
        el4_emit(t, EL4_UOP_ADDLSL64, el4_reg_sp(a->rd), el4_reg_sp(a->rn), operand, 0, a->imm,
                 0);
        return true;
    }
    return extended_operation(t, a, SIZED(a->sf, ADD), el4_reg_sp(a->rd));
}

bool el4_a64_ADDS_ext(struct el4_translator *t, const struct a64_args_rrr_ext *a)
{
    return extended_operation(t, a, SIZED(a->sf, ADDS), el4_reg_out(a->rd));
}

bool el4_a64_SUB_ext(struct el4_translator *t, const struct a64_args_rrr_ext *a)
{
    return extended_operation(t, a, SIZED(a->sf, SUB), el4_reg_sp(a->rd));
}

bool el4_a64_SUBS_ext(struct el4_translator *t, const struct a64_args_rrr_ext *a)
{
    return extended_operation(t, a, SIZED(a->sf, SUBS), el4_reg_out(a->rd));
}

/* Three registers */

static bool three_registers(struct el4_translator *t, const struct a64_args_rrr *a,
                            enum el4_uop_code op)
{
    el4_emit_dab(t, op, el4_reg_out(a->rd), el4_reg(a->rn), el4_reg(a->rm));
    return true;
}

static bool subtract_with_carry(struct el4_translator *t, const struct a64_args_rrr *a,
                                enum el4_uop_code op)
{
    unsigned inverted = el4_temp(t);
    el4_emit_da(t, EL4_UOP_NOT64, inverted, el4_reg(a->rm));
    el4_emit_dab(t, op, el4_reg_out(a->rd), el4_reg(a->rn), inverted);
    return true;
}

bool el4_a64_ADC(struct el4_translator *t, const struct a64_args_rrr *a)
{
    return three_registers(t, a, SIZED(a->sf, ADC));
}

bool el4_a64_ADCS(struct el4_translator *t, const struct a64_args_rrr *a)
{
    return three_registers(t, a, SIZED(a->sf, ADCS));
}

bool el4_a64_SBC(struct el4_translator *t, const struct a64_args_rrr *a)
{
    return subtract_with_carry(t, a, SIZED(a->sf, ADC));
}

bool el4_a64_SBCS(struct el4_translator *t, const struct a64_args_rrr *a)
{
    return subtract_with_carry(t, a, SIZED(a->sf, ADCS));
}

bool el4_a64_UDIV(struct el4_translator *t, const struct a64_args_rrr *a)
{
    return three_registers(t, a, SIZED(a->sf, UDIV));
}

bool el4_a64_SDIV(struct el4_translator *t, const struct a64_args_rrr *a)
{
    return three_registers(t, a, SIZED(a->sf, SDIV));
}

bool el4_a64_LSLV(struct el4_translator *t, const struct a64_args_rrr *a)
{
    return three_registers(t, a, SIZED(a->sf, LSLV));
}

bool el4_a64_LSRV(struct el4_translator *t, const struct a64_args_rrr *a)
{
    return three_registers(t, a, SIZED(a->sf, LSRV));
}

bool el4_a64_ASRV(struct el4_translator *t, const struct a64_args_rrr *a)
{
    return three_registers(t, a, SIZED(a->sf, ASRV));
}

bool el4_a64_RORV(struct el4_translator *t, const struct a64_args_rrr *a)
{
    return three_registers(t, a, SIZED(a->sf, RORV));
}

bool el4_a64_SMULH(struct el4_translator *t, const struct a64_args_rrr *a)
{
    return three_registers(t, a, EL4_UOP_SMULH);
}

bool el4_a64_UMULH(struct el4_translator *t, const struct a64_args_rrr *a)
{
    return three_registers(t, a, EL4_UOP_UMULH);
}

static bool multiply_add(struct el4_translator *t, const struct a64_args_rrrr *a,
                         enum el4_uop_code op)
{
    el4_emit(t, op, el4_reg_out(a->rd), el4_reg(a->rn), el4_reg(a->rm), el4_reg(a->ra), 0, 0);
    return true;
}

bool el4_a64_MADD(struct el4_translator *t, const struct a64_args_rrrr *a)
{
    if (a->ra == 31) {
        el4_emit_dab(t, SIZED(a->sf, MUL), el4_reg_out(a->rd), el4_reg(a->rn), el4_reg(a->rm));
        return true;
    }
    return multiply_add(t, a, SIZED(a->sf, MADD));
}

bool el4_a64_MSUB(struct el4_translator *t, const struct a64_args_rrrr *a)
{
    return multiply_add(t, a, SIZED(a->sf, MSUB));
}

bool el4_a64_SMADDL(struct el4_translator *t, const struct a64_args_rrrr *a)
{
    return multiply_add(t, a, EL4_UOP_SMADDL);
}

bool el4_a64_SMSUBL(struct el4_translator *t, const struct a64_args_rrrr *a)
{
    return multiply_add(t, a, EL4_UOP_SMSUBL);
}

bool el4_a64_UMADDL(struct el4_translator *t, const struct a64_args_rrrr *a)
{
    return multiply_add(t, a, EL4_UOP_UMADDL);
}

bool el4_a64_UMSUBL(struct el4_translator *t, const struct a64_args_rrrr *a)
{
    return multiply_add(t, a, EL4_UOP_UMSUBL);
}

/* Two registers */

static bool two_registers(struct el4_translator *t, const struct a64_args_rr *a,
                          enum el4_uop_code op)
{
    el4_emit_da(t, op, el4_reg_out(a->rd), el4_reg(a->rn));
    return true;
}

/* Operations on parts of a register: the 32-bit form is the 64-bit one, cut off. */
static bool two_registers_cut(struct el4_translator *t, const struct a64_args_rr *a,
                              enum el4_uop_code op)
{
    unsigned d = el4_reg_out(a->rd);
    el4_emit_da(t, op, d, el4_reg(a->rn));
    if (!a->sf) {
        el4_emit_da(t, EL4_UOP_MOV32, d, d);
    }
    return true;
}

bool el4_a64_RBIT(struct el4_translator *t, const struct a64_args_rr *a)
{
    return two_registers(t, a, SIZED(a->sf, RBIT));
}

bool el4_a64_REV16(struct el4_translator *t, const struct a64_args_rr *a)
{
    return two_registers_cut(t, a, EL4_UOP_REV16);
}

bool el4_a64_REV(struct el4_translator *t, const struct a64_args_rr *a)
{
    return two_registers_cut(t, a, a->sf ? EL4_UOP_REV64 : EL4_UOP_REV32);
}

bool el4_a64_REV32(struct el4_translator *t, const struct a64_args_rr *a)
{
    return two_registers(t, a, EL4_UOP_REV32);
}

bool el4_a64_CLZ(struct el4_translator *t, const struct a64_args_rr *a)
{
    return two_registers(t, a, SIZED(a->sf, CLZ));
}

bool el4_a64_CLS(struct el4_translator *t, const struct a64_args_rr *a)
{
    return two_registers(t, a, SIZED(a->sf, CLS));
}

/* Checksums (FEAT_CRC32) */

static bool emit_checksum(struct el4_translator *t, const struct a64_args_crc32 *a,
                          el4_call_fn *fn)
{
    if (!t->features->crc32) {
        return false;
    }
    el4_emit_call(t, fn, el4_reg_out(a->rd), el4_reg(a->rn), el4_reg(a->rm), EL4_SLOT_ZERO,
                  1u << a->size);
    return true;
}

bool el4_a64_CRC32(struct el4_translator *t, const struct a64_args_crc32 *a)
{
    return emit_checksum(t, a, el4_call_crc32);
}

bool el4_a64_CRC32C(struct el4_translator *t, const struct a64_args_crc32 *a)
{
    return emit_checksum(t, a, el4_call_crc32c);
}

/* Flags (FEAT_FlagM) */

bool el4_a64_RMIF(struct el4_translator *t, const struct a64_args_rmif *a)
{
    if (!t->features->flagm) {
        return false;
    }
    unsigned flags = el4_temp(t);
    el4_emit(t, EL4_UOP_GETF, flags, 0, 0, 0, 0, 0);
    el4_emit(t, EL4_UOP_BFI64, flags, flags, el4_reg(a->rn), 0, (28 - a->imm) & 63,
             (uint64_t)a->mask << 28);
    el4_emit_da(t, EL4_UOP_SETF, 0, flags);
    return true;
}

static uint64_t call_setf(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    unsigned bits = aux;
    uint64_t carry = cpu->slot[EL4_SLOT_NZCV] & (1u << 29);
    uint64_t sign = (a >> (bits - 1)) & 1;
    uint64_t overflow = ((a >> bits) & 1) ^ sign;

    cpu->slot[EL4_SLOT_NZCV] =
        carry | (sign << 31) | (uint64_t)((a & ones(bits)) == 0) << 30 | (overflow << 28);
    return 0;
}

bool el4_a64_SETF(struct el4_translator *t, const struct a64_args_setf *a)
{
    if (!t->features->flagm) {
        return false;
    }
    el4_emit_call(t, call_setf, EL4_SLOT_SINK, el4_reg(a->rn), EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                  a->size ? 16 : 8);
    return true;
}

/* Conditional */

static void conditional_compare(struct el4_translator *t, enum el4_uop_code op, unsigned a,
                                unsigned b, unsigned cond, unsigned nzcv)
{
    el4_emit(t, op, 0, a, b, 0, el4_condition_mask(cond), (uint64_t)nzcv << 28);
}

bool el4_a64_CCMN_reg(struct el4_translator *t, const struct a64_args_cond_cmp_reg *a)
{
    conditional_compare(t, SIZED(a->sf, CCMN), el4_reg(a->rn), el4_reg(a->rm), a->cond,
                        a->nzcv);
    return true;
}

bool el4_a64_CCMP_reg(struct el4_translator *t, const struct a64_args_cond_cmp_reg *a)
{
    conditional_compare(t, SIZED(a->sf, CCMP), el4_reg(a->rn), el4_reg(a->rm), a->cond,
                        a->nzcv);
    return true;
}

static bool conditional_compare_imm(struct el4_translator *t,
                                    const struct a64_args_cond_cmp_imm *a, enum el4_uop_code op)
{
    unsigned operand = EL4_SLOT_ZERO;
    if (a->imm) {
        operand = el4_temp(t);
        el4_emit_movi(t, operand, a->imm);
    }
    conditional_compare(t, op, el4_reg(a->rn), operand, a->cond, a->nzcv);
    return true;
}

bool el4_a64_CCMN_imm(struct el4_translator *t, const struct a64_args_cond_cmp_imm *a)
{
    return conditional_compare_imm(t, a, SIZED(a->sf, CCMN));
}

bool el4_a64_CCMP_imm(struct el4_translator *t, const struct a64_args_cond_cmp_imm *a)
{
    return conditional_compare_imm(t, a, SIZED(a->sf, CCMP));
}

static bool conditional_select(struct el4_translator *t, const struct a64_args_cond_sel *a,
                               enum el4_uop_code op)
{
    el4_emit(t, op, el4_reg_out(a->rd), el4_reg(a->rn), el4_reg(a->rm), 0,
             el4_condition_mask(a->cond), 0);
    return true;
}

bool el4_a64_CSEL(struct el4_translator *t, const struct a64_args_cond_sel *a)
{
    return conditional_select(t, a, SIZED(a->sf, CSEL));
}

bool el4_a64_CSINC(struct el4_translator *t, const struct a64_args_cond_sel *a)
{
    return conditional_select(t, a, SIZED(a->sf, CSINC));
}

bool el4_a64_CSINV(struct el4_translator *t, const struct a64_args_cond_sel *a)
{
    return conditional_select(t, a, SIZED(a->sf, CSINV));
}

bool el4_a64_CSNEG(struct el4_translator *t, const struct a64_args_cond_sel *a)
{
    return conditional_select(t, a, SIZED(a->sf, CSNEG));
}
