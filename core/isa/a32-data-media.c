/* SPDX-License-Identifier: MIT */
/*
 * AArch32 "media" and other data processing of one, two or three registers: parallel addition
 * and subtraction with PSTATE.GE, saturation with PSTATE.Q, extension, packing, bit fields,
 * reversal, checksums.
 */
#include "cpu/a32.h"
#include "isa/a32.h"
#include "isa/crc32.h"

/* Parallel addition and subtraction */

enum parallel_op {
    PAR_ADD16 = 0,
    PAR_ASX = 1, /* top: add, bottom: subtract, halves of Rm exchanged */
    PAR_SAX = 2, /* the other way round */
    PAR_SUB16 = 3,
    PAR_ADD8 = 4,
    PAR_SUB8 = 7,
};

enum parallel_kind { PAR_PLAIN, PAR_SATURATING, PAR_HALVING };

#define PAR_AUX(op, kind, is_signed) ((op) | (unsigned)(kind) << 4 | (unsigned)(is_signed) << 6)

static int32_t clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* One lane's number, sign- or zero-extended. */
static int32_t lane_of(uint64_t value, unsigned shift, unsigned bits, bool is_signed)
{
    uint32_t lane = (uint32_t)(value >> shift) & ((1u << bits) - 1);
    bool negative = is_signed && lane >> (bits - 1);
    return negative ? (int32_t)lane - (1 << bits) : (int32_t)lane;
}

/* A lane's result before it is cut to its bits. */
static int32_t lane_result(int32_t result, unsigned bits, enum parallel_kind kind,
                           bool is_signed)
{
    switch (kind) {
    case PAR_SATURATING:
        return is_signed ? clamp(result, -(1 << (bits - 1)), (1 << (bits - 1)) - 1)
                         : clamp(result, 0, (1 << bits) - 1);
    case PAR_HALVING: return result >> 1;
    default: return result;
    }
}

static uint64_t call_parallel(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                              uint32_t aux)
{
    enum parallel_op op = aux & 7;
    enum parallel_kind kind = aux >> 4 & 3;
    bool is_signed = aux >> 6;
    unsigned bits = op == PAR_ADD8 || op == PAR_SUB8 ? 8 : 16;
    bool exchanges = op == PAR_ASX || op == PAR_SAX;
    uint32_t value = 0;
    uint32_t ge = 0;

    for (unsigned shift = 0; shift < 32; shift += bits) {
        bool subtracts = op == PAR_SUB16 || op == PAR_SUB8 || (op == PAR_ASX && shift == 0) ||
                         (op == PAR_SAX && shift != 0);
        int32_t x = lane_of(a, shift, bits, is_signed);
        int32_t y = lane_of(b, exchanges ? 16 - shift : shift, bits, is_signed);
        int32_t result = subtracts ? x - y : x + y;
        /* Signed: not negative. Unsigned: a sum's carry, a difference without borrow. */
        bool greater = is_signed || subtracts ? result >= 0 : result >= 1 << bits;
        uint32_t lane = (uint32_t)lane_result(result, bits, kind, is_signed);
        value |= (lane & ((1u << bits) - 1)) << shift;
        ge |= greater ? (bits == 8 ? 1u : 3u) << (shift / 8) : 0;
    }
    if (kind == PAR_PLAIN) {
        cpu->slot[EL4_SLOT_GE] = (uint64_t)ge << 16;
    }
    return value;
}

static bool parallel(struct el4_translator *t, const struct a32_args_parallel *a,
                     enum parallel_kind kind, bool is_signed)
{
    el4_emit_call(t, call_parallel, a->rd, a->rn, a->rm, EL4_SLOT_ZERO,
                  PAR_AUX(a->op, kind, is_signed));
    return true;
}

bool el4_a32_PAR_S(struct el4_translator *t, const struct a32_args_parallel *a)
{
    return parallel(t, a, PAR_PLAIN, true);
}

bool el4_a32_PAR_Q(struct el4_translator *t, const struct a32_args_parallel *a)
{
    return parallel(t, a, PAR_SATURATING, true);
}

bool el4_a32_PAR_SH(struct el4_translator *t, const struct a32_args_parallel *a)
{
    return parallel(t, a, PAR_HALVING, true);
}

bool el4_a32_PAR_U(struct el4_translator *t, const struct a32_args_parallel *a)
{
    return parallel(t, a, PAR_PLAIN, false);
}

bool el4_a32_PAR_UQ(struct el4_translator *t, const struct a32_args_parallel *a)
{
    return parallel(t, a, PAR_SATURATING, false);
}

bool el4_a32_PAR_UH(struct el4_translator *t, const struct a32_args_parallel *a)
{
    return parallel(t, a, PAR_HALVING, false);
}

static uint64_t call_sel(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    uint64_t ge = cpu->slot[EL4_SLOT_GE] >> 16;
    uint64_t mask = 0;

    for (unsigned i = 0; i < 4; i++) {
        mask |= (ge >> i & 1) * (UINT64_C(0xff) << (i * 8));
    }
    return (a & mask) | (b & ~mask);
}

bool el4_a32_SEL(struct el4_translator *t, const struct a32_args_rrr *a)
{
    el4_emit_call(t, call_sel, a->rd, a->rn, a->rm, EL4_SLOT_ZERO, 0);
    return true;
}

static uint64_t call_usada8(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                            uint32_t aux)
{
    uint32_t sum = (uint32_t)c;

    for (unsigned i = 0; i < 32; i += 8) {
        int difference = (int)(a >> i & 0xff) - (int)(b >> i & 0xff);
        sum += (uint32_t)(difference < 0 ? -difference : difference);
    }
    return sum;
}

bool el4_a32_USAD8(struct el4_translator *t, const struct a32_args_rrr *a)
{
    el4_emit_call(t, call_usada8, a->rd, a->rn, a->rm, EL4_SLOT_ZERO, 0);
    return true;
}

bool el4_a32_USADA8(struct el4_translator *t, const struct a32_args_rrrr *a)
{
    el4_emit_call(t, call_usada8, a->rd, a->rn, a->rm, a->ra, 0);
    return true;
}

/* Saturation */

static int64_t saturate(struct el4_cpu *cpu, int64_t value, int64_t low, int64_t high)
{
    int64_t clamped = value < low ? low : value > high ? high : value;
    if (clamped != value) {
        cpu->slot[EL4_SLOT_Q] |= EL4_CPSR_Q;
    }
    return clamped;
}

#define Q_SUBTRACTS 1u
#define Q_DOUBLES   2u

static uint64_t call_qadd(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    int64_t m = (int32_t)a;
    int64_t n = (int32_t)b;

    if (aux & Q_DOUBLES) {
        n = saturate(cpu, n * 2, INT32_MIN, INT32_MAX);
    }
    int64_t sum = aux & Q_SUBTRACTS ? m - n : m + n;
    return (uint32_t)saturate(cpu, sum, INT32_MIN, INT32_MAX);
}

static bool saturating_add(struct el4_translator *t, const struct a32_args_rrr *a, unsigned aux)
{
    el4_emit_call(t, call_qadd, a->rd, a->rm, a->rn, EL4_SLOT_ZERO, aux);
    return true;
}

bool el4_a32_QADD(struct el4_translator *t, const struct a32_args_rrr *a)
{
    return saturating_add(t, a, 0);
}

bool el4_a32_QSUB(struct el4_translator *t, const struct a32_args_rrr *a)
{
    return saturating_add(t, a, Q_SUBTRACTS);
}

bool el4_a32_QDADD(struct el4_translator *t, const struct a32_args_rrr *a)
{
    return saturating_add(t, a, Q_DOUBLES);
}

bool el4_a32_QDSUB(struct el4_translator *t, const struct a32_args_rrr *a)
{
    return saturating_add(t, a, Q_DOUBLES | Q_SUBTRACTS);
}

/* To aux bits: 1 to 32, signed. */
static uint64_t call_ssat(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    int64_t limit = INT64_C(1) << (aux - 1);
    return (uint32_t)saturate(cpu, (int32_t)a, -limit, limit - 1);
}

/* To aux bits: 0 to 31, unsigned. */
static uint64_t call_usat(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    return (uint32_t)saturate(cpu, (int32_t)a, 0, (INT64_C(1) << aux) - 1);
}

static uint64_t call_ssat16(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                            uint32_t aux)
{
    int64_t limit = INT64_C(1) << (aux - 1);
    uint32_t low = (uint32_t)saturate(cpu, (int16_t)a, -limit, limit - 1);
    uint32_t high = (uint32_t)saturate(cpu, (int16_t)(a >> 16), -limit, limit - 1);
    return (low & 0xffff) | high << 16;
}

static uint64_t call_usat16(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                            uint32_t aux)
{
    int64_t limit = (INT64_C(1) << aux) - 1;
    uint32_t low = (uint32_t)saturate(cpu, (int16_t)a, 0, limit);
    uint32_t high = (uint32_t)saturate(cpu, (int16_t)(a >> 16), 0, limit);
    return low | high << 16;
}

static bool saturate_to(struct el4_translator *t, const struct a32_args_sat *a, el4_call_fn *fn,
                        unsigned bits)
{
    unsigned source = a->rn;
    if (a->shift || a->amount) {
        source = el4_temp(t);
        unsigned amount = a->shift && a->amount == 0 ? 31 : a->amount; /* ASR by 32 */
        el4_emit_dai(t, a->shift ? EL4_UOP_ASRI32 : EL4_UOP_LSLI32, source, a->rn, amount);
    }
    el4_emit_call(t, fn, a->rd, source, EL4_SLOT_ZERO, EL4_SLOT_ZERO, bits);
    return true;
}

bool el4_a32_SSAT(struct el4_translator *t, const struct a32_args_sat *a)
{
    return saturate_to(t, a, call_ssat, a->imm + 1);
}

bool el4_a32_USAT(struct el4_translator *t, const struct a32_args_sat *a)
{
    return saturate_to(t, a, call_usat, a->imm);
}

bool el4_a32_SSAT16(struct el4_translator *t, const struct a32_args_sat16 *a)
{
    el4_emit_call(t, call_ssat16, a->rd, a->rn, EL4_SLOT_ZERO, EL4_SLOT_ZERO, a->imm + 1);
    return true;
}

bool el4_a32_USAT16(struct el4_translator *t, const struct a32_args_sat16 *a)
{
    el4_emit_call(t, call_usat16, a->rd, a->rn, EL4_SLOT_ZERO, EL4_SLOT_ZERO, a->imm);
    return true;
}

/* Packing */

#define TOP_HALF    0xffff0000u
#define BOTTOM_HALF 0x0000ffffu

bool el4_a32_PKHBT(struct el4_translator *t, const struct a32_args_pack *a)
{
    unsigned m = a->rm;
    if (a->amount) {
        m = el4_temp(t);
        el4_emit_dai(t, EL4_UOP_LSLI32, m, a->rm, a->amount);
    }
    el4_emit(t, EL4_UOP_BFI64, a->rd, a->rn, m, 0, 0, TOP_HALF);
    return true;
}

bool el4_a32_PKHTB(struct el4_translator *t, const struct a32_args_pack *a)
{
    unsigned m = el4_temp(t);
    el4_emit_dai(t, EL4_UOP_ASRI32, m, a->rm, a->amount ? a->amount : 31); /* 0: by 32 */
    el4_emit(t, EL4_UOP_BFI64, a->rd, a->rn, m, 0, 0, BOTTOM_HALF);
    return true;
}

/* Extension */

/* d = the extended bits of Rm rotated right by whole bytes. */
static void extend(struct el4_translator *t, unsigned d, unsigned m, unsigned rotate,
                   unsigned bits, bool is_signed)
{
    unsigned first = rotate * 8;
    if (first + bits > 32) {
        unsigned temp = el4_temp(t);
        el4_emit_dai(t, EL4_UOP_RORI32, temp, m, first);
        m = temp;
        first = 0;
    }
    if (is_signed) {
        el4_emit(t, EL4_UOP_SBFX32, d, m, 0, 0, first, bits);
    } else {
        el4_emit(t, EL4_UOP_UBFX64, d, m, 0, 0, first, (1u << bits) - 1);
    }
}

static bool extend_and_add(struct el4_translator *t, const struct a32_args_ext_add *a,
                           unsigned bits, bool is_signed)
{
    unsigned temp = el4_temp(t);
    extend(t, temp, a->rm, a->rotate, bits, is_signed);
    el4_emit_dab(t, EL4_UOP_ADD32, a->rd, a->rn, temp);
    return true;
}

bool el4_a32_SXTB(struct el4_translator *t, const struct a32_args_ext *a)
{
    extend(t, a->rd, a->rm, a->rotate, 8, true);
    return true;
}

bool el4_a32_SXTH(struct el4_translator *t, const struct a32_args_ext *a)
{
    extend(t, a->rd, a->rm, a->rotate, 16, true);
    return true;
}

bool el4_a32_UXTB(struct el4_translator *t, const struct a32_args_ext *a)
{
    extend(t, a->rd, a->rm, a->rotate, 8, false);
    return true;
}

bool el4_a32_UXTH(struct el4_translator *t, const struct a32_args_ext *a)
{
    extend(t, a->rd, a->rm, a->rotate, 16, false);
    return true;
}

bool el4_a32_SXTAB(struct el4_translator *t, const struct a32_args_ext_add *a)
{
    return extend_and_add(t, a, 8, true);
}

bool el4_a32_SXTAH(struct el4_translator *t, const struct a32_args_ext_add *a)
{
    return extend_and_add(t, a, 16, true);
}

bool el4_a32_UXTAB(struct el4_translator *t, const struct a32_args_ext_add *a)
{
    return extend_and_add(t, a, 8, false);
}

bool el4_a32_UXTAH(struct el4_translator *t, const struct a32_args_ext_add *a)
{
    return extend_and_add(t, a, 16, false);
}

/* Bytes 0 and 2 of b, rotated by aux & 31, added to the halves of a; aux bit 5: signed. */
static uint64_t call_extend16(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                              uint32_t aux)
{
    unsigned by = aux & 31;
    uint32_t value = (uint32_t)b;
    value = value >> by | value << (-by & 31);
    uint32_t low = value & 0xff;
    uint32_t high = value >> 16 & 0xff;

    if (aux & 32) {
        low = (uint32_t)(int8_t)low;
        high = (uint32_t)(int8_t)high;
    }
    low += (uint32_t)a;
    high += (uint32_t)a >> 16;
    return (low & 0xffff) | high << 16;
}

static bool extend16(struct el4_translator *t, unsigned rd, unsigned n, unsigned rm,
                     unsigned rotate, bool is_signed)
{
    el4_emit_call(t, call_extend16, rd, n, rm, EL4_SLOT_ZERO,
                  rotate * 8 | (is_signed ? 32u : 0));
    return true;
}

bool el4_a32_SXTB16(struct el4_translator *t, const struct a32_args_ext *a)
{
    return extend16(t, a->rd, EL4_SLOT_ZERO, a->rm, a->rotate, true);
}

bool el4_a32_UXTB16(struct el4_translator *t, const struct a32_args_ext *a)
{
    return extend16(t, a->rd, EL4_SLOT_ZERO, a->rm, a->rotate, false);
}

bool el4_a32_SXTAB16(struct el4_translator *t, const struct a32_args_ext_add *a)
{
    return extend16(t, a->rd, a->rn, a->rm, a->rotate, true);
}

bool el4_a32_UXTAB16(struct el4_translator *t, const struct a32_args_ext_add *a)
{
    return extend16(t, a->rd, a->rn, a->rm, a->rotate, false);
}

/* Bit fields; those that do not fit 32 bits are UNPREDICTABLE, here UNDEFINED */

static uint32_t field_mask(unsigned lsb, unsigned msb)
{
    return (uint32_t)((UINT64_C(2) << msb) - (UINT64_C(1) << lsb));
}

bool el4_a32_SBFX(struct el4_translator *t, const struct a32_args_bitfield *a)
{
    if (a->lsb + a->widthm1 > 31) {
        return false;
    }
    el4_emit(t, EL4_UOP_SBFX32, a->rd, a->rn, 0, 0, a->lsb, a->widthm1 + 1);
    return true;
}

bool el4_a32_UBFX(struct el4_translator *t, const struct a32_args_bitfield *a)
{
    if (a->lsb + a->widthm1 > 31) {
        return false;
    }
    el4_emit(t, EL4_UOP_UBFX64, a->rd, a->rn, 0, 0, a->lsb, field_mask(0, a->widthm1));
    return true;
}

bool el4_a32_BFI(struct el4_translator *t, const struct a32_args_bfi *a)
{
    if (a->msb < a->lsb) {
        return false;
    }
    el4_emit(t, EL4_UOP_BFI64, a->rd, a->rd, a->rn, 0, a->lsb, field_mask(a->lsb, a->msb));
    return true;
}

bool el4_a32_BFC(struct el4_translator *t, const struct a32_args_bfc *a)
{
    if (a->msb < a->lsb) {
        return false;
    }
    el4_emit_dai(t, EL4_UOP_ANDI32, a->rd, a->rd, (uint32_t)~field_mask(a->lsb, a->msb));
    return true;
}

/* Counting and reversal */

static bool two_registers(struct el4_translator *t, const struct a32_args_rr *a,
                          enum el4_uop_code op)
{
    el4_emit_da(t, op, a->rd, a->rm);
    return true;
}

bool el4_a32_CLZ(struct el4_translator *t, const struct a32_args_rr *a)
{
    return two_registers(t, a, EL4_UOP_CLZ32);
}

bool el4_a32_RBIT(struct el4_translator *t, const struct a32_args_rr *a)
{
    return two_registers(t, a, EL4_UOP_RBIT32);
}

bool el4_a32_REV(struct el4_translator *t, const struct a32_args_rr *a)
{
    return two_registers(t, a, EL4_UOP_REV32);
}

bool el4_a32_REV16(struct el4_translator *t, const struct a32_args_rr *a)
{
    return two_registers(t, a, EL4_UOP_REV16);
}

bool el4_a32_REVSH(struct el4_translator *t, const struct a32_args_rr *a)
{
    unsigned temp = el4_temp(t);
    el4_emit_da(t, EL4_UOP_REV16, temp, a->rm);
    el4_emit(t, EL4_UOP_SBFX32, a->rd, temp, 0, 0, 0, 16);
    return true;
}

/* Checksums (FEAT_CRC32) */

static bool checksum(struct el4_translator *t, const struct a32_args_crc32 *a, el4_call_fn *fn)
{
    if (!t->features->a32_crc32) {
        return false;
    }
    el4_emit_call(t, fn, a->rd, a->rn, a->rm, EL4_SLOT_ZERO, 1u << a->size);
    return true;
}

bool el4_a32_CRC32(struct el4_translator *t, const struct a32_args_crc32 *a)
{
    return checksum(t, a, el4_call_crc32);
}

bool el4_a32_CRC32C(struct el4_translator *t, const struct a32_args_crc32 *a)
{
    return checksum(t, a, el4_call_crc32c);
}
