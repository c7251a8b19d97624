/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 loads and stores of one register, or of two (LDRD, STRD), and preloads. The
 * common forms are one micro-op and one for writeback, which comes after the access so that a
 * fault leaves the base alone. Where a load writes its base twice (UNPREDICTABLE), the loaded
 * value wins; a store of its base stores the old value.
 */
#include "a32.h"

static bool writes_back(unsigned p, unsigned w)
{
    return !p || w;
}

static enum el4_uop_code load_uop(unsigned size, unsigned sign_extend)
{
    static const enum el4_uop_code uops[2][3] = {
        {EL4_UOP_LD8, EL4_UOP_LD16, EL4_UOP_LD32},
        {EL4_UOP_LD8S32, EL4_UOP_LD16S32, EL4_UOP_LD32},
    };
    return uops[sign_extend][size];
}

static enum el4_uop_code store_uop(unsigned size)
{
    static const enum el4_uop_code uops[3] = {EL4_UOP_ST8, EL4_UOP_ST16, EL4_UOP_ST32};
    return uops[size];
}

/* ---- immediate offset ---- */

static int32_t signed_offset(unsigned u, unsigned imm)
{
    return u ? (int32_t)imm : -(int32_t)imm;
}

static void emit_writeback(struct el4_translator *t, unsigned rn, int32_t offset)
{
    el4_emit_dai(t, EL4_UOP_ADDI32, rn, rn, (uint32_t)offset);
}

/* Slot of the base; a literal's is the PC slot itself, and what it is short of goes to *offset.
 */
static unsigned base_slot(const struct el4_translator *t, unsigned rn, int32_t *offset)
{
    if (rn != EL4_A32_PC) {
        return rn;
    }
    uint32_t pc = el4_a32_pc_offset(t);
    *offset += (int32_t)(pc - ((t->page_offset + pc) & 3));
    return EL4_SLOT_PC;
}

/* Address of the access of an immediate form; false for what is UNPREDICTABLE with the PC. */
static bool address_imm(struct el4_translator *t, unsigned p, unsigned w, unsigned rn,
                        int32_t offset, unsigned *base, uint64_t *imm)
{
    if (rn == EL4_A32_PC && writes_back(p, w)) {
        return false;
    }
    int32_t first = p ? offset : 0;
    unsigned slot = base_slot(t, rn, &first);
    *base = el4_a32_address(t, slot, first, imm);
    return true;
}

static bool load_imm(struct el4_translator *t, const struct a32_args_ldst_imm *a, unsigned aux)
{
    int32_t offset = signed_offset(a->u, a->imm);
    unsigned base;
    uint64_t imm;
    if ((a->rt == EL4_A32_PC && a->size != 2) ||
        !address_imm(t, a->p, a->w, a->rn, offset, &base, &imm)) {
        return false;
    }
    unsigned d = el4_a32_dest(t, a->rt);
    el4_emit(t, load_uop(a->size, a->s), d, base, 0, 0, aux, imm);
    if (writes_back(a->p, a->w) && a->rn != a->rt) {
        emit_writeback(t, a->rn, offset);
    }
    if (a->rt == EL4_A32_PC) {
        el4_a32_write_pc_load(t, d);
    }
    return true;
}

static bool store_imm(struct el4_translator *t, const struct a32_args_ldst_imm *a, unsigned aux)
{
    int32_t offset = signed_offset(a->u, a->imm);
    unsigned base;
    uint64_t imm;
    if ((a->rt == EL4_A32_PC && (a->size != 2 || el4_a32_is_thumb(t))) ||
        !address_imm(t, a->p, a->w, a->rn, offset, &base, &imm)) {
        return false;
    }
    el4_emit(t, store_uop(a->size), 0, base, el4_a32_reg(t, a->rt), 0, aux, imm);
    if (writes_back(a->p, a->w)) {
        emit_writeback(t, a->rn, offset);
    }
    return true;
}

bool el4_a32_LDR_imm(struct el4_translator *t, const struct a32_args_ldst_imm *a)
{
    return load_imm(t, a, el4_mem_aux(t));
}

bool el4_a32_STR_imm(struct el4_translator *t, const struct a32_args_ldst_imm *a)
{
    return store_imm(t, a, el4_mem_aux(t));
}

/* Unprivileged forms: UNPREDICTABLE in Hyp mode, and with the PC. */
static bool may_be_unprivileged(const struct el4_translator *t, unsigned rt)
{
    return t->mode.el != 2 && rt != EL4_A32_PC;
}

bool el4_a32_LDRT_imm(struct el4_translator *t, const struct a32_args_ldst_imm *a)
{
    return may_be_unprivileged(t, a->rt) && load_imm(t, a, el4_mem_aux_unpriv(t));
}

bool el4_a32_STRT_imm(struct el4_translator *t, const struct a32_args_ldst_imm *a)
{
    return may_be_unprivileged(t, a->rt) && store_imm(t, a, el4_mem_aux_unpriv(t));
}

/* ---- register offset ---- */

static unsigned shifted_by(struct el4_translator *t, enum el4_uop_code op, unsigned rm,
                           unsigned amount)
{
    unsigned d = el4_temp(t);
    el4_emit_dai(t, op, d, rm, amount);
    return d;
}

static unsigned rotated_with_carry(struct el4_translator *t, unsigned rm)
{
    unsigned d = el4_temp(t);
    el4_a32_emit_rrx(t, d, rm);
    return d;
}

/* Slot of Rm after a shift as encoded (DecodeImmShift()). */
static unsigned shifted_index(struct el4_translator *t, unsigned rm, unsigned shift,
                              unsigned amount)
{
    switch ((enum el4_a32_shift)shift) {
    case EL4_A32_LSL: return amount ? shifted_by(t, EL4_UOP_LSLI32, rm, amount) : rm;
    case EL4_A32_LSR: return amount ? shifted_by(t, EL4_UOP_LSRI32, rm, amount) : EL4_SLOT_ZERO;
    case EL4_A32_ASR: return shifted_by(t, EL4_UOP_ASRI32, rm, amount ? amount : 31);
    default:
        return amount ? shifted_by(t, EL4_UOP_RORI32, rm, amount) : rotated_with_carry(t, rm);
    }
}

static unsigned base_plus_index(struct el4_translator *t, unsigned u, unsigned base,
                                unsigned index)
{
    unsigned sum = el4_temp(t);
    el4_emit_dab(t, u ? EL4_UOP_ADD32 : EL4_UOP_SUB32, sum, base, index);
    return sum;
}

/* Slots of the address of the access, and of what is written back. */
static bool address_reg(struct el4_translator *t, const struct a32_args_ldst_reg *a,
                        unsigned *address, unsigned *updated)
{
    if (a->rm == EL4_A32_PC || (a->rn == EL4_A32_PC && writes_back(a->p, a->w))) {
        return false;
    }
    unsigned base = el4_a32_reg(t, a->rn);
    *updated = base_plus_index(t, a->u, base, shifted_index(t, a->rm, a->shift, a->amount));
    *address = a->p ? *updated : base;
    return true;
}

static bool load_reg(struct el4_translator *t, const struct a32_args_ldst_reg *a, unsigned aux)
{
    unsigned address, updated;
    if ((a->rt == EL4_A32_PC && a->size != 2) || !address_reg(t, a, &address, &updated)) {
        return false;
    }
    unsigned d = el4_a32_dest(t, a->rt);
    el4_emit(t, load_uop(a->size, a->s), d, address, 0, 0, aux, 0);
    if (writes_back(a->p, a->w) && a->rn != a->rt) {
        el4_emit_da(t, EL4_UOP_MOV32, a->rn, updated);
    }
    if (a->rt == EL4_A32_PC) {
        el4_a32_write_pc_load(t, d);
    }
    return true;
}

static bool store_reg(struct el4_translator *t, const struct a32_args_ldst_reg *a, unsigned aux)
{
    unsigned address, updated;
    if ((a->rt == EL4_A32_PC && (a->size != 2 || el4_a32_is_thumb(t))) ||
        !address_reg(t, a, &address, &updated)) {
        return false;
    }
    el4_emit(t, store_uop(a->size), 0, address, el4_a32_reg(t, a->rt), 0, aux, 0);
    if (writes_back(a->p, a->w)) {
        el4_emit_da(t, EL4_UOP_MOV32, a->rn, updated);
    }
    return true;
}

/* [Rn, Rm, LSL #n] without writeback: arrays. */
static bool is_array(const struct a32_args_ldst_reg *a)
{
    return a->p && !a->w && a->u && a->shift == EL4_A32_LSL && a->rm != EL4_A32_PC &&
           a->rn != EL4_A32_PC && a->rt != EL4_A32_PC;
}

bool el4_a32_LDR_reg(struct el4_translator *t, const struct a32_args_ldst_reg *a)
{
    static const enum el4_uop_code uops[3] = {EL4_UOP_LDXW8, EL4_UOP_LDXW16, EL4_UOP_LDXW32};
    if (is_array(a) && (a->size == 2 || !a->s)) {
        el4_emit(t, uops[a->size], a->rt, a->rn, a->rm, 0, el4_mem_aux(t), a->amount);
        return true;
    }
    return load_reg(t, a, el4_mem_aux(t));
}

bool el4_a32_STR_reg(struct el4_translator *t, const struct a32_args_ldst_reg *a)
{
    static const enum el4_uop_code uops[3] = {EL4_UOP_STXW8, EL4_UOP_STXW16, EL4_UOP_STXW32};
    if (is_array(a)) {
        el4_emit(t, uops[a->size], 0, a->rn, a->rm, a->rt, el4_mem_aux(t), a->amount);
        return true;
    }
    return store_reg(t, a, el4_mem_aux(t));
}

bool el4_a32_LDRT_reg(struct el4_translator *t, const struct a32_args_ldst_reg *a)
{
    return may_be_unprivileged(t, a->rt) && load_reg(t, a, el4_mem_aux_unpriv(t));
}

bool el4_a32_STRT_reg(struct el4_translator *t, const struct a32_args_ldst_reg *a)
{
    return may_be_unprivileged(t, a->rt) && store_reg(t, a, el4_mem_aux_unpriv(t));
}

/* ---- two words: one access of 64 bits where that is aligned (FEAT_LPAE's atomicity) ---- */

static void emit_load_dual(struct el4_translator *t, unsigned rt, unsigned rt2, unsigned base,
                           uint64_t imm)
{
    unsigned both = el4_temp(t);
    bool swapped = t->mode.big_endian;
    el4_emit(t, EL4_UOP_LD64, both, base, 0, 0, el4_mem_aux(t) | EL4_MEM_WORD_PAIR, imm);
    el4_emit_da(t, EL4_UOP_MOV32, swapped ? rt2 : rt, both);
    el4_emit_dai(t, EL4_UOP_LSRI64, swapped ? rt : rt2, both, 32);
}

static void emit_store_dual(struct el4_translator *t, unsigned rt, unsigned rt2, unsigned base,
                            uint64_t imm)
{
    unsigned both = el4_temp(t);
    bool swapped = t->mode.big_endian;
    el4_emit_dai(t, EL4_UOP_LSLI64, both, swapped ? rt : rt2, 32);
    el4_emit_dab(t, EL4_UOP_ORR64, both, both, swapped ? rt2 : rt);
    el4_emit(t, EL4_UOP_ST64, 0, base, both, 0, el4_mem_aux(t) | EL4_MEM_WORD_PAIR, imm);
}

typedef void emit_dual_fn(struct el4_translator *t, unsigned rt, unsigned rt2, unsigned base,
                          uint64_t imm);

/* With writeback the base must not be among the registers (UNPREDICTABLE). */
static bool dual_is_defined(unsigned rt, unsigned rt2, unsigned rn, bool writeback)
{
    return rt != EL4_A32_PC && rt2 != EL4_A32_PC && !(writeback && (rn == rt || rn == rt2));
}

static bool dual_imm(struct el4_translator *t, emit_dual_fn *emit, unsigned rt, unsigned rt2,
                     const struct a32_args_ldst_dual_imm *a)
{
    int32_t offset = signed_offset(a->u, a->imm);
    bool writeback = writes_back(a->p, a->w);
    unsigned base;
    uint64_t imm;
    if (!dual_is_defined(rt, rt2, a->rn, writeback) ||
        !address_imm(t, a->p, a->w, a->rn, offset, &base, &imm)) {
        return false;
    }
    emit(t, rt, rt2, base, imm);
    if (writeback) {
        emit_writeback(t, a->rn, offset);
    }
    return true;
}

bool el4_a32_LDRD_imm(struct el4_translator *t, const struct a32_args_ldst_dual_imm *a)
{
    return dual_imm(t, emit_load_dual, a->rt, a->rt + 1, a);
}

bool el4_a32_STRD_imm(struct el4_translator *t, const struct a32_args_ldst_dual_imm *a)
{
    return dual_imm(t, emit_store_dual, a->rt, a->rt + 1, a);
}

static bool dual_t32(struct el4_translator *t, emit_dual_fn *emit,
                     const struct a32_args_ldst_dual2 *a)
{
    const struct a32_args_ldst_dual_imm one = {
        .p = a->p, .u = a->u, .w = a->w, .imm = a->imm, .rn = a->rn, .rt = a->rt};
    return dual_imm(t, emit, a->rt, a->rt2, &one);
}

bool el4_a32_LDRD_imm_t(struct el4_translator *t, const struct a32_args_ldst_dual2 *a)
{
    return a->rt != a->rt2 && dual_t32(t, emit_load_dual, a);
}

bool el4_a32_STRD_imm_t(struct el4_translator *t, const struct a32_args_ldst_dual2 *a)
{
    return dual_t32(t, emit_store_dual, a);
}

static bool dual_reg(struct el4_translator *t, emit_dual_fn *emit,
                     const struct a32_args_ldst_dual_reg *a)
{
    const struct a32_args_ldst_reg one = {
        .p = a->p, .u = a->u, .w = a->w, .rn = a->rn, .rm = a->rm, .rt = a->rt};
    bool writeback = writes_back(a->p, a->w);
    unsigned address, updated;
    if (!dual_is_defined(a->rt, a->rt + 1, a->rn, writeback) ||
        !address_reg(t, &one, &address, &updated)) {
        return false;
    }
    emit(t, a->rt, a->rt + 1, address, 0);
    if (writeback) {
        el4_emit_da(t, EL4_UOP_MOV32, a->rn, updated);
    }
    return true;
}

bool el4_a32_LDRD_reg(struct el4_translator *t, const struct a32_args_ldst_dual_reg *a)
{
    return dual_reg(t, emit_load_dual, a);
}

bool el4_a32_STRD_reg(struct el4_translator *t, const struct a32_args_ldst_dual_reg *a)
{
    return dual_reg(t, emit_store_dual, a);
}

/* ---- preloads ---- */

bool el4_a32_PLD(struct el4_translator *t, const struct a32_args_none *a)
{
    return true;
}

bool el4_a32_PLI(struct el4_translator *t, const struct a32_args_none *a)
{
    return true;
}

bool el4_a32_PRELOAD_hint(struct el4_translator *t, const struct a32_args_none *a)
{
    return true;
}
