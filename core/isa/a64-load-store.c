/* SPDX-License-Identifier: MIT */
/*
 * A64 loads and stores of general registers, and prefetches. A load from [Xn, #imm] is one
 * micro-op; writeback comes after the access, so that a fault leaves Xn alone. Where the manual
 * leaves a choice because Xn is written twice, the written-back address wins.
 */
#include "cpu/cpu.h"
#include "cpu/pauth.h"
#include "isa/a64.h"

/* How a loaded value fills its register. */
enum extension { EXTEND_ZERO, EXTEND_SIGN_64, EXTEND_SIGN_32 };

static enum extension sign_extension(unsigned w)
{
    return w ? EXTEND_SIGN_32 : EXTEND_SIGN_64;
}

static enum el4_uop_code load_uop(unsigned size, enum extension extension)
{
    static const enum el4_uop_code uops[3][4] = {
        [EXTEND_ZERO] = {EL4_UOP_LD8, EL4_UOP_LD16, EL4_UOP_LD32, EL4_UOP_LD64},
        [EXTEND_SIGN_64] = {EL4_UOP_LD8S64, EL4_UOP_LD16S64, EL4_UOP_LD32S64, EL4_UOP_LD64},
        [EXTEND_SIGN_32] = {EL4_UOP_LD8S32, EL4_UOP_LD16S32, EL4_UOP_LD32, EL4_UOP_LD64},
    };
    return uops[extension][size];
}

static enum el4_uop_code store_uop(unsigned size)
{
    static const enum el4_uop_code uops[4] = {EL4_UOP_ST8, EL4_UOP_ST16, EL4_UOP_ST32,
                                              EL4_UOP_ST64};
    return uops[size];
}

static void emit_load(struct el4_translator *t, enum el4_uop_code op, unsigned d, unsigned base,
                      int64_t offset, unsigned aux)
{
    el4_emit(t, op, d, base, 0, 0, aux, (uint64_t)offset);
}

static void emit_store(struct el4_translator *t, enum el4_uop_code op, unsigned value,
                       unsigned base, int64_t offset, unsigned aux)
{
    el4_emit(t, op, 0, base, value, 0, aux, (uint64_t)offset);
}

/* Register 31 is SP as a base and XZR as data: no overlap. */
static bool is_base(unsigned rt, unsigned rn)
{
    return rt == rn && rn != 31;
}

/* One register, immediate offset */

static bool load(struct el4_translator *t, enum el4_uop_code op, unsigned rt, unsigned rn,
                 int64_t offset, enum a64_addressing addressing, unsigned aux)
{
    unsigned d = el4_reg_out(rt);

    el4_emit_sp_check(t, rn);
    if (addressing != ADDRESS_OFFSET && is_base(rt, rn)) {
        d = EL4_SLOT_SINK;
    }
    emit_load(t, op, d, el4_reg_sp(rn), addressing == ADDRESS_POST ? 0 : offset, aux);
    if (addressing != ADDRESS_OFFSET) {
        el4_a64_writeback(t, rn, offset);
    }
    return true;
}

static bool store(struct el4_translator *t, enum el4_uop_code op, unsigned rt, unsigned rn,
                  int64_t offset, enum a64_addressing addressing, unsigned aux)
{
    el4_emit_sp_check(t, rn);
    emit_store(t, op, el4_reg(rt), el4_reg_sp(rn), addressing == ADDRESS_POST ? 0 : offset,
               aux);
    if (addressing != ADDRESS_OFFSET) {
        el4_a64_writeback(t, rn, offset);
    }
    return true;
}

bool el4_a64_LDR_imm(struct el4_translator *t, const struct a64_args_ldst_uimm *a)
{
    return load(t, load_uop(a->size, EXTEND_ZERO), a->rt, a->rn, (int64_t)a->imm << a->size,
                ADDRESS_OFFSET, el4_mem_aux(t));
}

bool el4_a64_LDRS_imm(struct el4_translator *t, const struct a64_args_ldst_uimm *a)
{
    return load(t, load_uop(a->size, sign_extension(a->w)), a->rt, a->rn,
                (int64_t)a->imm << a->size, ADDRESS_OFFSET, el4_mem_aux(t));
}

bool el4_a64_STR_imm(struct el4_translator *t, const struct a64_args_ldst_uimm *a)
{
    return store(t, store_uop(a->size), a->rt, a->rn, (int64_t)a->imm << a->size,
                 ADDRESS_OFFSET, el4_mem_aux(t));
}

static bool load_imm(struct el4_translator *t, const struct a64_args_ldst_imm *a,
                     enum a64_addressing addressing)
{
    return load(t, load_uop(a->size, EXTEND_ZERO), a->rt, a->rn, a->imm, addressing,
                el4_mem_aux(t));
}

static bool load_signed_imm(struct el4_translator *t, const struct a64_args_ldst_imm *a,
                            enum a64_addressing addressing)
{
    return load(t, load_uop(a->size, sign_extension(a->w)), a->rt, a->rn, a->imm, addressing,
                el4_mem_aux(t));
}

static bool store_imm(struct el4_translator *t, const struct a64_args_ldst_imm *a,
                      enum a64_addressing addressing)
{
    return store(t, store_uop(a->size), a->rt, a->rn, a->imm, addressing, el4_mem_aux(t));
}

bool el4_a64_LDUR(struct el4_translator *t, const struct a64_args_ldst_imm *a)
{
    return load_imm(t, a, ADDRESS_OFFSET);
}

bool el4_a64_LDURS(struct el4_translator *t, const struct a64_args_ldst_imm *a)
{
    return load_signed_imm(t, a, ADDRESS_OFFSET);
}

bool el4_a64_STUR(struct el4_translator *t, const struct a64_args_ldst_imm *a)
{
    return store_imm(t, a, ADDRESS_OFFSET);
}

bool el4_a64_LDR_imm_post(struct el4_translator *t, const struct a64_args_ldst_imm *a)
{
    return load_imm(t, a, ADDRESS_POST);
}

bool el4_a64_LDRS_imm_post(struct el4_translator *t, const struct a64_args_ldst_imm *a)
{
    return load_signed_imm(t, a, ADDRESS_POST);
}

bool el4_a64_STR_imm_post(struct el4_translator *t, const struct a64_args_ldst_imm *a)
{
    return store_imm(t, a, ADDRESS_POST);
}

bool el4_a64_LDR_imm_pre(struct el4_translator *t, const struct a64_args_ldst_imm *a)
{
    return load_imm(t, a, ADDRESS_PRE);
}

bool el4_a64_LDRS_imm_pre(struct el4_translator *t, const struct a64_args_ldst_imm *a)
{
    return load_signed_imm(t, a, ADDRESS_PRE);
}

bool el4_a64_STR_imm_pre(struct el4_translator *t, const struct a64_args_ldst_imm *a)
{
    return store_imm(t, a, ADDRESS_PRE);
}

/* Unprivileged */

bool el4_a64_LDTR(struct el4_translator *t, const struct a64_args_ldst_imm *a)
{
    return load(t, load_uop(a->size, EXTEND_ZERO), a->rt, a->rn, a->imm, ADDRESS_OFFSET,
                el4_mem_aux_unpriv(t));
}

bool el4_a64_LDTRS(struct el4_translator *t, const struct a64_args_ldst_imm *a)
{
    return load(t, load_uop(a->size, sign_extension(a->w)), a->rt, a->rn, a->imm,
                ADDRESS_OFFSET, el4_mem_aux_unpriv(t));
}

bool el4_a64_STTR(struct el4_translator *t, const struct a64_args_ldst_imm *a)
{
    return store(t, store_uop(a->size), a->rt, a->rn, a->imm, ADDRESS_OFFSET,
                 el4_mem_aux_unpriv(t));
}

/* Register offset */

/* Slot of base + (extended index << shift). */
static unsigned indexed_address(struct el4_translator *t, const struct a64_args_ldst_reg *a)
{
    unsigned index = el4_a64_extended(t, a->rm, a->option, 0);
    unsigned address = el4_temp(t);
    el4_emit(t, EL4_UOP_ADDLSL64, address, el4_reg_sp(a->rn), index, 0, a->s ? a->size : 0, 0);
    return address;
}

bool el4_a64_LDR_reg(struct el4_translator *t, const struct a64_args_ldst_reg *a)
{
    static const enum el4_uop_code uops[4] = {EL4_UOP_LDX8, EL4_UOP_LDX16, EL4_UOP_LDX32,
                                              EL4_UOP_LDX64};
    el4_emit_sp_check(t, a->rn);
    unsigned index = el4_a64_extended(t, a->rm, a->option, 0);
    el4_emit(t, uops[a->size], el4_reg_out(a->rt), el4_reg_sp(a->rn), index, 0, el4_mem_aux(t),
             a->s ? a->size : 0);
    return true;
}

bool el4_a64_LDRS_reg(struct el4_translator *t, const struct a64_args_ldst_reg *a)
{
    el4_emit_sp_check(t, a->rn);
    unsigned address = indexed_address(t, a);
    emit_load(t, load_uop(a->size, sign_extension(a->w)), el4_reg_out(a->rt), address, 0,
              el4_mem_aux(t));
    return true;
}

bool el4_a64_STR_reg(struct el4_translator *t, const struct a64_args_ldst_reg *a)
{
    static const enum el4_uop_code uops[4] = {EL4_UOP_STX8, EL4_UOP_STX16, EL4_UOP_STX32,
                                              EL4_UOP_STX64};
    el4_emit_sp_check(t, a->rn);
    unsigned index = el4_a64_extended(t, a->rm, a->option, 0);
    el4_emit(t, uops[a->size], 0, el4_reg_sp(a->rn), index, el4_reg(a->rt), el4_mem_aux(t),
             a->s ? a->size : 0);
    return true;
}

/* Literal: the PC slot is the base. */

static bool load_literal(struct el4_translator *t, const struct a64_args_ldst_lit *a,
                         enum extension extension)
{
    emit_load(t, load_uop(a->size, extension), el4_reg_out(a->rt), EL4_SLOT_PC,
              (int64_t)t->offset + (int64_t)a->imm * 4, el4_mem_aux(t));
    return true;
}

bool el4_a64_LDR_lit(struct el4_translator *t, const struct a64_args_ldst_lit *a)
{
    return load_literal(t, a, EXTEND_ZERO);
}

bool el4_a64_LDRSW_lit(struct el4_translator *t, const struct a64_args_ldst_lit *a)
{
    return load_literal(t, a, EXTEND_SIGN_64);
}

/* Pairs */

static bool load_pair(struct el4_translator *t, const struct a64_args_ldst_pair *a,
                      enum el4_uop_code op, enum a64_addressing addressing)
{
    int64_t offset = a->imm * (1 << a->size);
    bool writes_back = addressing != ADDRESS_OFFSET;
    unsigned d1 = writes_back && is_base(a->rt, a->rn) ? EL4_SLOT_SINK : el4_reg_out(a->rt);
    unsigned d2 = writes_back && is_base(a->rt2, a->rn) ? EL4_SLOT_SINK : el4_reg_out(a->rt2);

    el4_emit_sp_check(t, a->rn);
    el4_emit(t, op, d1, el4_reg_sp(a->rn), 0, d2, el4_mem_aux(t),
             addressing == ADDRESS_POST ? 0 : (uint64_t)offset);
    if (writes_back) {
        el4_a64_writeback(t, a->rn, offset);
    }
    return true;
}

static bool load_zero_pair(struct el4_translator *t, const struct a64_args_ldst_pair *a,
                           enum a64_addressing addressing)
{
    return load_pair(t, a, a->size == 3 ? EL4_UOP_LDP64 : EL4_UOP_LDP32, addressing);
}

static bool store_pair(struct el4_translator *t, const struct a64_args_ldst_pair *a,
                       enum a64_addressing addressing)
{
    int64_t offset = a->imm * (1 << a->size);

    el4_emit_sp_check(t, a->rn);
    el4_emit(t, a->size == 3 ? EL4_UOP_STP64 : EL4_UOP_STP32, 0, el4_reg_sp(a->rn),
             el4_reg(a->rt), el4_reg(a->rt2), el4_mem_aux(t),
             addressing == ADDRESS_POST ? 0 : (uint64_t)offset);
    if (addressing != ADDRESS_OFFSET) {
        el4_a64_writeback(t, a->rn, offset);
    }
    return true;
}

bool el4_a64_STNP(struct el4_translator *t, const struct a64_args_ldst_pair *a)
{
    return store_pair(t, a, ADDRESS_OFFSET);
}

bool el4_a64_LDNP(struct el4_translator *t, const struct a64_args_ldst_pair *a)
{
    return load_zero_pair(t, a, ADDRESS_OFFSET);
}

bool el4_a64_STP_post(struct el4_translator *t, const struct a64_args_ldst_pair *a)
{
    return store_pair(t, a, ADDRESS_POST);
}

bool el4_a64_LDP_post(struct el4_translator *t, const struct a64_args_ldst_pair *a)
{
    return load_zero_pair(t, a, ADDRESS_POST);
}

bool el4_a64_STP_off(struct el4_translator *t, const struct a64_args_ldst_pair *a)
{
    return store_pair(t, a, ADDRESS_OFFSET);
}

bool el4_a64_LDP_off(struct el4_translator *t, const struct a64_args_ldst_pair *a)
{
    return load_zero_pair(t, a, ADDRESS_OFFSET);
}

bool el4_a64_STP_pre(struct el4_translator *t, const struct a64_args_ldst_pair *a)
{
    return store_pair(t, a, ADDRESS_PRE);
}

bool el4_a64_LDP_pre(struct el4_translator *t, const struct a64_args_ldst_pair *a)
{
    return load_zero_pair(t, a, ADDRESS_PRE);
}

bool el4_a64_LDPSW_post(struct el4_translator *t, const struct a64_args_ldst_pair *a)
{
    return load_pair(t, a, EL4_UOP_LDP32S64, ADDRESS_POST);
}

bool el4_a64_LDPSW_off(struct el4_translator *t, const struct a64_args_ldst_pair *a)
{
    return load_pair(t, a, EL4_UOP_LDP32S64, ADDRESS_OFFSET);
}

bool el4_a64_LDPSW_pre(struct el4_translator *t, const struct a64_args_ldst_pair *a)
{
    return load_pair(t, a, EL4_UOP_LDP32S64, ADDRESS_PRE);
}

/* Acquire and release. Store-release keeps later load-acquires behind it: a full fence. */

static bool load_acquire(struct el4_translator *t, enum el4_uop_code op, unsigned rt,
                         unsigned rn, int64_t offset)
{
    load(t, op, rt, rn, offset, ADDRESS_OFFSET, el4_mem_aux(t) | EL4_MEM_ALIGNED);
    el4_emit(t, EL4_UOP_FENCE, 0, 0, 0, 0, EL4_FENCE_ACQUIRE, 0);
    return true;
}

static bool store_release(struct el4_translator *t, enum el4_uop_code op, unsigned rt,
                          unsigned rn, int64_t offset)
{
    el4_emit(t, EL4_UOP_FENCE, 0, 0, 0, 0, EL4_FENCE_RELEASE, 0);
    store(t, op, rt, rn, offset, ADDRESS_OFFSET, el4_mem_aux(t) | EL4_MEM_ALIGNED);
    el4_emit(t, EL4_UOP_FENCE, 0, 0, 0, 0, EL4_FENCE_FULL, 0);
    return true;
}

bool el4_a64_LDAR(struct el4_translator *t, const struct a64_args_ldst_ordered *a)
{
    return load_acquire(t, load_uop(a->size, EXTEND_ZERO), a->rt, a->rn, 0);
}

bool el4_a64_STLR(struct el4_translator *t, const struct a64_args_ldst_ordered *a)
{
    return store_release(t, store_uop(a->size), a->rt, a->rn, 0);
}

/* Limited ordering regions: as if one region were all of memory. */
bool el4_a64_LDLAR(struct el4_translator *t, const struct a64_args_ldst_ordered *a)
{
    return t->features->lor && load_acquire(t, load_uop(a->size, EXTEND_ZERO), a->rt, a->rn, 0);
}

bool el4_a64_STLLR(struct el4_translator *t, const struct a64_args_ldst_ordered *a)
{
    return t->features->lor && store_release(t, store_uop(a->size), a->rt, a->rn, 0);
}

bool el4_a64_LDAPR(struct el4_translator *t, const struct a64_args_ldst_ordered *a)
{
    return t->features->rcpc &&
           load_acquire(t, load_uop(a->size, EXTEND_ZERO), a->rt, a->rn, 0);
}

bool el4_a64_LDAPUR(struct el4_translator *t, const struct a64_args_ldst_rcpc *a)
{
    return t->features->rcpc2 &&
           load_acquire(t, load_uop(a->size, EXTEND_ZERO), a->rt, a->rn, a->imm);
}

bool el4_a64_LDAPURS(struct el4_translator *t, const struct a64_args_ldst_rcpc *a)
{
    return t->features->rcpc2 &&
           load_acquire(t, load_uop(a->size, sign_extension(a->w)), a->rt, a->rn, a->imm);
}

bool el4_a64_STLUR(struct el4_translator *t, const struct a64_args_ldst_rcpc *a)
{
    return t->features->rcpc2 && store_release(t, store_uop(a->size), a->rt, a->rn, a->imm);
}

/* With pointer authentication: the authenticated address is what is written back. */
bool el4_a64_LDRAA(struct el4_translator *t, const struct a64_args_ldst_pac *a)
{
    if (!t->features->pauth) {
        return false;
    }
    int64_t offset = (int64_t)a->imm * 8;
    unsigned base = el4_temp(t);

    el4_emit_sp_check(t, a->rn);
    el4_emit_call(t, el4_pauth_auth_call, base, el4_reg_sp(a->rn), EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                  a->m ? EL4_KEY_DB : EL4_KEY_DA);
    emit_load(t, EL4_UOP_LD64, el4_reg_out(a->rt), base, offset, el4_mem_aux(t));
    if (a->w) {
        el4_emit_dai(t, EL4_UOP_ADDI64, el4_reg_sp(a->rn), base, (uint64_t)offset);
    }
    return true;
}

/* Prefetches: hints without effect, and without an alignment check of SP. */

bool el4_a64_PRFM_imm(struct el4_translator *t, const struct a64_args_prfm_uimm *a)
{
    return true;
}

bool el4_a64_PRFUM(struct el4_translator *t, const struct a64_args_prfm_imm *a)
{
    return true;
}

bool el4_a64_PRFM_reg(struct el4_translator *t, const struct a64_args_prfm_reg *a)
{
    return true;
}

bool el4_a64_PRFM_lit(struct el4_translator *t, const struct a64_args_prfm_lit *a)
{
    return true;
}
