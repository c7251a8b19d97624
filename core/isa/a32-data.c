/* SPDX-License-Identifier: MIT */
/*
 * AArch32 data processing: the sixteen operations of A32 and ORN of T32, with an immediate, a
 * register shifted by an immediate, and one shifted by a register; moves of 16 bits and
 * addresses. One core, data_processing(), serves A32, T32 and T16.
 *
 * Logical operations that set flags take C from the shifter. Shifts by an immediate put some
 * bit of Rm there, so the flags micro-op gets Rm and the number of that bit.
 */
#include <stddef.h>

#include "isa/a32.h"

enum operation {
    OP_AND,
    OP_EOR,
    OP_SUB,
    OP_RSB,
    OP_ADD,
    OP_ADC,
    OP_SBC,
    OP_RSC,
    OP_TST,
    OP_TEQ,
    OP_CMP,
    OP_CMN,
    OP_ORR,
    OP_MOV,
    OP_BIC,
    OP_MVN,
    OP_ORN,
};

/* The second operand: a constant or a slot, and the shifter's carry if it makes one. */
struct operand {
    bool is_constant;
    bool has_carry;
    uint32_t constant;
    unsigned slot;
    unsigned carry_slot, carry_bit;
};

/* s of the tables: 2 stands for "outside an IT block". */
static bool sets_flags(const struct el4_translator *t, unsigned s)
{
    return s == 2 ? el4_a32_t16_sets_flags(t) : s;
}

static unsigned operand_slot(struct el4_translator *t, const struct operand *operand)
{
    if (!operand->is_constant) {
        return operand->slot;
    }
    if (operand->constant == 0) {
        return EL4_SLOT_ZERO;
    }
    return el4_a32_constant(t, operand->constant);
}

static bool is_compare(enum operation op)
{
    return op == OP_TST || op == OP_TEQ || op == OP_CMP || op == OP_CMN;
}

static bool is_logical(enum operation op)
{
    return !(op >= OP_SUB && op <= OP_RSC) && op != OP_CMP && op != OP_CMN;
}

static enum el4_uop_code logical_uop(enum operation op, bool is_constant)
{
    switch (op) {
    case OP_AND:
    case OP_TST: return is_constant ? EL4_UOP_ANDI32 : EL4_UOP_AND32;
    case OP_BIC: return is_constant ? EL4_UOP_ANDI32 : EL4_UOP_BIC32;
    case OP_EOR:
    case OP_TEQ: return is_constant ? EL4_UOP_EORI32 : EL4_UOP_EOR32;
    case OP_ORR: return is_constant ? EL4_UOP_ORRI32 : EL4_UOP_ORR32;
    case OP_ORN: return is_constant ? EL4_UOP_ORRI32 : EL4_UOP_ORN32;
    case OP_MVN: return is_constant ? EL4_UOP_MOVI : EL4_UOP_NOT32;
    default: return is_constant ? EL4_UOP_MOVI : EL4_UOP_MOV32;
    }
}

/* d = n op operand, flags left alone. */
static void logical(struct el4_translator *t, enum operation op, unsigned d, unsigned n,
                    const struct operand *operand)
{
    bool inverts = op == OP_BIC || op == OP_ORN || op == OP_MVN;
    uint32_t constant = inverts ? ~operand->constant : operand->constant;
    enum el4_uop_code uop = logical_uop(op, operand->is_constant);

    if (op == OP_MOV || op == OP_MVN) {
        if (uop != EL4_UOP_MOV32 || operand->slot != d) {
            el4_emit_dai(t, uop, d, operand->slot, constant);
        }
        return;
    }
    el4_emit(t, uop, d, n, operand->slot, 0, 0, constant);
}

/* N and Z of a logical result, C of the shifter. */
static void logical_flags(struct el4_translator *t, unsigned result,
                          const struct operand *operand)
{
    if (!operand->has_carry) {
        el4_emit(t, EL4_UOP_NZ32, 0, result, 0, 0, 0, 0);
        return;
    }
    unsigned carry = operand->is_constant ? operand_slot(t, operand) : operand->carry_slot;
    el4_emit(t, EL4_UOP_NZC32, 0, result, carry, 0, operand->carry_bit, 0);
}

static void arithmetic(struct el4_translator *t, enum operation op, bool s, unsigned d,
                       unsigned n, const struct operand *operand)
{
    if (operand->is_constant && (op == OP_ADD || op == OP_CMN)) {
        el4_emit_dai(t, s ? EL4_UOP_ADDSI32 : EL4_UOP_ADDI32, d, n, operand->constant);
        return;
    }
    if (operand->is_constant && (op == OP_SUB || op == OP_CMP)) {
        el4_emit_dai(t, s ? EL4_UOP_SUBSI32 : EL4_UOP_ADDI32, d, n,
                     s ? operand->constant : -operand->constant);
        return;
    }
    struct operand inverse = *operand;
    unsigned b;
    if (op == OP_SBC && operand->is_constant) {
        inverse.constant = ~operand->constant;
        b = operand_slot(t, &inverse);
    } else if (op == OP_SBC) {
        b = el4_temp(t);
        el4_emit_da(t, EL4_UOP_NOT32, b, operand->slot);
    } else {
        b = operand_slot(t, operand);
    }
    switch (op) {
    case OP_ADD:
    case OP_CMN: el4_emit_dab(t, s ? EL4_UOP_ADDS32 : EL4_UOP_ADD32, d, n, b); return;
    case OP_SUB:
    case OP_CMP: el4_emit_dab(t, s ? EL4_UOP_SUBS32 : EL4_UOP_SUB32, d, n, b); return;
    case OP_RSB: el4_emit_dab(t, s ? EL4_UOP_SUBS32 : EL4_UOP_SUB32, d, b, n); return;
    case OP_RSC: {
        unsigned inverted = el4_temp(t);
        el4_emit_da(t, EL4_UOP_NOT32, inverted, n);
        el4_emit_dab(t, s ? EL4_UOP_ADCS32 : EL4_UOP_ADC32, d, b, inverted);
        return;
    }
    default: /* ADC, SBC */
        el4_emit_dab(t, s ? EL4_UOP_ADCS32 : EL4_UOP_ADC32, d, n, b);
        return;
    }
}

/* Rd = Rn op operand, n being the slot of Rn. */
static bool data_processing(struct el4_translator *t, enum operation op, bool s, unsigned rd,
                            unsigned n, const struct operand *operand)
{
    bool compares = is_compare(op);
    bool returns = s && rd == EL4_A32_PC && !compares; /* SUBS PC, LR and the like */
    bool flags = s && !returns;
    unsigned d = compares ? (unsigned)EL4_SLOT_SINK : el4_a32_dest(t, rd);

    if (is_logical(op)) {
        /* The result must not overwrite the register that has the carry. */
        bool moves =
            flags && operand->has_carry && !operand->is_constant && operand->carry_slot == d;
        unsigned result = compares || moves ? el4_temp(t) : d;
        logical(t, op, result, n, operand);
        if (flags) {
            logical_flags(t, result, operand);
        }
        if (moves) {
            el4_emit_da(t, EL4_UOP_MOV32, d, result);
        }
    } else {
        arithmetic(t, op, flags, d, n, operand);
    }
    if (returns) {
        return el4_a32_return_with(t, d);
    }
    if (!compares) {
        el4_a32_dest_done(t, rd, d);
    }
    return true;
}

/* Immediates */

/* A32ExpandImm_C() and T32ExpandImm_C(): if the value is rotated, its top bit is C. */
static struct operand expanded(const struct el4_translator *t, uint32_t imm)
{
    struct operand operand = {.is_constant = true, .carry_bit = 31};
    uint32_t value = imm & 0xff;
    unsigned rotation = imm >> 8 << 1;

    if (el4_a32_is_thumb(t)) {
        if (imm < 0x400) {
            static const uint32_t copies[4] = {0x1, 0x10001, 0x1000100, 0x1010101};
            operand.constant = value * copies[imm >> 8];
            return operand;
        }
        value = 0x80 | (imm & 0x7f);
        rotation = imm >> 7;
    }
    operand.has_carry = rotation != 0;
    operand.constant = rotation ? value >> rotation | value << (32 - rotation) : value;
    return operand;
}

static bool immediate(struct el4_translator *t, enum operation op,
                      const struct a32_args_dp_imm *a)
{
    struct operand operand = expanded(t, a->imm);
    unsigned n = 0;

    if (op == OP_MOV && !a->s && a->rd != EL4_A32_PC) {
        el4_emit_movi(t, a->rd, operand.constant);
        return true;
    }
    if (op != OP_MOV && op != OP_MVN) {
        n = el4_a32_reg(t, a->rn);
    }
    return data_processing(t, op, sets_flags(t, a->s), a->rd, n, &operand);
}

/* Shifts by an immediate */

/* d = Rm shifted (amount as encoded); the operand may be Rm itself or a constant. */
static struct operand shifted(struct el4_translator *t, unsigned d, unsigned m, unsigned shift,
                              unsigned amount)
{
    struct operand operand = {.slot = d, .has_carry = true, .carry_slot = m};

    operand.carry_bit = amount == 0 ? 31 : amount - 1;
    switch (shift) {
    case EL4_A32_LSL:
        if (amount == 0) {
            operand.slot = m;
            operand.has_carry = false;
            return operand;
        }
        operand.carry_bit = 32 - amount;
        el4_emit_dai(t, EL4_UOP_LSLI32, d, m, amount);
        return operand;
    case EL4_A32_LSR:
        if (amount == 0) {
            el4_emit_movi(t, d, 0);
        } else {
            el4_emit_dai(t, EL4_UOP_LSRI32, d, m, amount);
        }
        return operand;
    case EL4_A32_ASR:
        el4_emit_dai(t, EL4_UOP_ASRI32, d, m, operand.carry_bit == 31 ? 31 : amount);
        return operand;
    default:
        if (amount != 0) {
            el4_emit_dai(t, EL4_UOP_RORI32, d, m, amount);
            return operand;
        }
        break;
    }
    el4_a32_emit_rrx(t, d, m);
    operand.carry_bit = 0;
    return operand;
}

/* The operation with an operand shifted left or right; 0: not in one micro-op. */
static unsigned shifting_uop(enum operation op, unsigned shift)
{
    static const uint16_t uops[OP_ORN + 1][2] = {
        [OP_ADD] = {EL4_UOP_ADDLSL32, EL4_UOP_ADDLSR32},
        [OP_SUB] = {EL4_UOP_SUBLSL32, EL4_UOP_SUBLSR32},
        [OP_AND] = {EL4_UOP_ANDLSL32, EL4_UOP_ANDLSR32},
        [OP_ORR] = {EL4_UOP_ORRLSL32, EL4_UOP_ORRLSR32},
        [OP_EOR] = {EL4_UOP_EORLSL32, EL4_UOP_EORLSR32},
    };
    return shift == EL4_A32_LSL || shift == EL4_A32_LSR ? uops[op][shift == EL4_A32_LSR] : 0;
}

static bool registers(struct el4_translator *t, enum operation op,
                      const struct a32_args_dp_reg *a)
{
    bool s = sets_flags(t, a->s);
    unsigned m = el4_a32_reg(t, a->rm);
    unsigned n = 0;
    /* An amount of 0 is none to the left and 32 to the right. */
    unsigned shifting = s || a->amount == 0 ? 0 : shifting_uop(op, a->shift);

    if (shifting != 0) {
        n = el4_a32_reg(t, a->rn);
        unsigned d = el4_a32_dest(t, a->rd);
        el4_emit(t, shifting, d, n, m, 0, a->amount, 0);
        el4_a32_dest_done(t, a->rd, d);
        return true;
    }
    /* Straight into Rd, unless the carry still has to be taken from Rm. */
    bool direct = op == OP_MOV && a->rd != EL4_A32_PC && !(s && a->rd == a->rm);

    struct operand operand = shifted(t, direct ? a->rd : el4_temp(t), m, a->shift, a->amount);
    if (op != OP_MOV && op != OP_MVN) {
        n = el4_a32_reg(t, a->rn);
    }
    return data_processing(t, op, s, a->rd, n, &operand);
}

/* Shifts by a register */

/* Shift_C() with the low byte of b: the result, the carry-out above it in bit 32. */
static uint64_t call_shift(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                           uint32_t aux)
{
    uint32_t value = (uint32_t)a;
    unsigned amount = (uint8_t)b;
    uint64_t result;

    if (amount == 0) {
        return value | (cpu->slot[EL4_SLOT_NZCV] >> 29 & 1) << 32;
    }
    switch (aux) {
    case EL4_A32_LSL: return amount > 32 ? 0 : ((uint64_t)value << amount) & 0x1ffffffff;
    case EL4_A32_LSR: result = amount > 32 ? 0 : ((uint64_t)value << 1) >> amount; break;
    case EL4_A32_ASR: {
        int64_t extended = (int64_t)(int32_t)value * 2;
        result = (uint64_t)(extended >> (amount > 32 ? 32 : amount));
        break;
    }
    default: {
        unsigned by = amount & 31;
        uint32_t rotated = value >> by | value << (-by & 31);
        return rotated | (uint64_t)(rotated >> 31) << 32;
    }
    }
    /* One place too far left, so that the carry-out is bit 0. */
    return (uint32_t)(result >> 1) | (result & 1) << 32;
}

static bool shifted_by_register(struct el4_translator *t, enum operation op,
                                const struct a32_args_dp_rsr *a)
{
    static const enum el4_uop_code shifts[4] = {EL4_UOP_LSLR32, EL4_UOP_LSRR32, EL4_UOP_ASRR32,
                                                EL4_UOP_RORV32};
    bool s = sets_flags(t, a->s);

    if (op == OP_MOV && !s) {
        el4_emit_dab(t, shifts[a->shift], a->rd, a->rm, a->rs);
        return true;
    }
    unsigned temp = el4_temp(t);
    struct operand operand = {.slot = temp, .carry_slot = temp, .carry_bit = 32};
    if (s && is_logical(op)) {
        operand.has_carry = true;
        el4_emit_call(t, call_shift, temp, a->rm, a->rs, EL4_SLOT_ZERO, a->shift);
    } else {
        el4_emit_dab(t, shifts[a->shift], temp, a->rm, a->rs);
    }
    return data_processing(t, op, s, a->rd, a->rn, &operand);
}

/* clang-format off */

/* The functions of the tables: X(name) for each form. */
#define OPERATIONS_IMM(X)                                                                      \
    X(AND) X(EOR) X(SUB) X(RSB) X(ADD) X(ADC) X(SBC) X(RSC) X(TST) X(TEQ) X(CMP) X(CMN)        \
    X(ORR) X(MOV) X(BIC) X(MVN) X(ORN)
#define OPERATIONS_RSR(X)                                                                      \
    X(AND) X(EOR) X(SUB) X(RSB) X(ADD) X(ADC) X(SBC) X(RSC) X(TST) X(TEQ) X(CMP) X(CMN)        \
    X(ORR) X(MOV) X(BIC) X(MVN)
#define OPERATIONS_RDN(X) X(AND) X(EOR) X(ADD) X(ADC) X(SBC) X(ORR) X(BIC)

#define IMMEDIATE(name)                                                                        \
    bool el4_a32_##name##_imm(struct el4_translator *t, const struct a32_args_dp_imm *a)       \
    {                                                                                          \
        return immediate(t, OP_##name, a);                                                     \
    }
OPERATIONS_IMM(IMMEDIATE)

#define REGISTERS(name)                                                                        \
    bool el4_a32_##name##_reg(struct el4_translator *t, const struct a32_args_dp_reg *a)       \
    {                                                                                          \
        return registers(t, OP_##name, a);                                                     \
    }
OPERATIONS_IMM(REGISTERS)

#define SHIFTED_BY_REGISTER(name)                                                              \
    bool el4_a32_##name##_rsr(struct el4_translator *t, const struct a32_args_dp_rsr *a)       \
    {                                                                                          \
        return shifted_by_register(t, OP_##name, a);                                           \
    }
OPERATIONS_RSR(SHIFTED_BY_REGISTER)

/* T16 with one register as destination and first operand. */
#define TWO_OPERANDS(name)                                                                     \
    bool el4_a32_##name##_rdn(struct el4_translator *t, const struct a32_args_rdn_reg *a)      \
    {                                                                                          \
        const struct a32_args_dp_reg args = {                                                  \
            .s = a->s, .rd = a->rdn, .rn = a->rdn, .rm = a->rm};                               \
        return registers(t, OP_##name, &args);                                                 \
    }
OPERATIONS_RDN(TWO_OPERANDS)

/* clang-format on */

bool el4_a32_MOV_rdn_rsr(struct el4_translator *t, const struct a32_args_rdn_shift *a)
{
    const struct a32_args_dp_rsr args = {
        .s = 2, .rd = a->rdn, .rm = a->rdn, .rs = a->rs, .shift = a->shift};
    return shifted_by_register(t, OP_MOV, &args);
}

bool el4_a32_ADD_rdn_imm(struct el4_translator *t, const struct a32_args_rdn_imm *a)
{
    const struct a32_args_dp_imm args = {.s = 2, .rd = a->rdn, .rn = a->rdn, .imm = a->imm};
    return immediate(t, OP_ADD, &args);
}

bool el4_a32_SUB_rdn_imm(struct el4_translator *t, const struct a32_args_rdn_imm *a)
{
    const struct a32_args_dp_imm args = {.s = 2, .rd = a->rdn, .rn = a->rdn, .imm = a->imm};
    return immediate(t, OP_SUB, &args);
}

/* Plain immediates */

static bool add_offset(struct el4_translator *t, const struct a32_args_rd_rn_imm *a,
                       int32_t offset)
{
    if (a->rn == EL4_A32_PC) { /* ADR */
        el4_emit_da(t, EL4_UOP_MOV32, a->rd, el4_a32_pc_aligned_plus(t, offset));
    } else {
        el4_emit_dai(t, EL4_UOP_ADDI32, a->rd, a->rn, (uint32_t)offset);
    }
    return true;
}

bool el4_a32_ADDW(struct el4_translator *t, const struct a32_args_rd_rn_imm *a)
{
    return add_offset(t, a, (int32_t)a->imm);
}

bool el4_a32_SUBW(struct el4_translator *t, const struct a32_args_rd_rn_imm *a)
{
    return add_offset(t, a, -(int32_t)a->imm);
}

bool el4_a32_MOVW(struct el4_translator *t, const struct a32_args_rd_imm *a)
{
    el4_emit_movi(t, a->rd, a->imm);
    return true;
}

/* The MOVI to Rd that was emitted last, if it is always executed. */
static struct el4_uop *constant_before(struct el4_translator *t, unsigned rd)
{
    if (t->uop_count == 0) {
        return NULL;
    }
    unsigned last = t->uop_count - 1;
    if (t->uops[last].desc.op != EL4_UOP_MOVI || t->uops[last].desc.d != rd) {
        return NULL;
    }
    for (unsigned i = 0; i < last; i++) {
        if (t->uops[i].desc.op == EL4_UOP_SKIP && i + t->uops[i].imm >= last) {
            return NULL;
        }
    }
    return &t->uops[last];
}

/* MOVW and MOVT make a constant: its upper half is patched in, as that of MOVK in A64. */
bool el4_a32_MOVT(struct el4_translator *t, const struct a32_args_rd_imm *a)
{
    struct el4_uop *before = constant_before(t, a->rd);
    if (before) {
        before->imm = (before->imm & 0xffff) | (uint64_t)a->imm << 16;
        return true;
    }
    el4_emit_dai(t, EL4_UOP_ANDI32, a->rd, a->rd, 0xffff);
    if (a->imm) {
        el4_emit_dai(t, EL4_UOP_ORRI32, a->rd, a->rd, (uint64_t)a->imm << 16);
    }
    return true;
}
