/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 exclusives, load-acquire and store-release, and SWP: calls of mem.h, as in
 * a64-atomics.c. An exclusive of two words is one of 64 bits.
 *
 * The aux of these calls: the EL4_MEM_* bits of the access below bit 11, the rest above.
 */
#include "a32.h"
#include "cpu/a32.h"
#include "cpu/cpu.h"
#include "cpu/exception.h"
#include "cpu/mem.h"

#define AUX_MEM_MASK   0x07ffu
#define AUX_SIZE_SHIFT 11 /* log2 of the bytes, 2 bits */

enum { SIZE_DUAL = 3 };

static unsigned atomic_aux(const struct el4_translator *t, unsigned size)
{
    return el4_mem_aux(t) | EL4_MEM_ALIGNED | EL4_MEM_ATOMIC | size << AUX_SIZE_SHIFT;
}

static unsigned size_of(uint32_t aux)
{
    return 1u << (aux >> AUX_SIZE_SHIFT & 3);
}

static void emit_fence(struct el4_translator *t, unsigned kind)
{
    el4_emit(t, EL4_UOP_FENCE, 0, 0, 0, 0, kind, 0);
}

static uint64_t cut(uint64_t value, unsigned bytes)
{
    return bytes == 8 ? value : value & ((UINT64_C(1) << (bytes * 8)) - 1);
}

/* ---- exclusives ---- */

static uint64_t call_load_exclusive(struct el4_cpu *cpu, uint64_t va, uint64_t b, uint64_t c,
                                    uint32_t aux)
{
    uint64_t value[2];
    el4_mem_load_exclusive(cpu, va, size_of(aux), value, aux & AUX_MEM_MASK);
    return value[0];
}

static uint64_t call_store_exclusive(struct el4_cpu *cpu, uint64_t va, uint64_t b, uint64_t c,
                                     uint32_t aux)
{
    unsigned bytes = size_of(aux);
    const uint64_t value[2] = {cut(b, bytes), 0};
    return el4_mem_store_exclusive(cpu, va, bytes, value, aux & AUX_MEM_MASK);
}

/* Slot of Rn + offset. */
static unsigned exclusive_address(struct el4_translator *t, unsigned rn, unsigned offset)
{
    if (!offset) {
        return rn;
    }
    unsigned address = el4_temp(t);
    el4_emit_dai(t, EL4_UOP_ADDI32, address, rn, offset);
    return address;
}

/* rt2 counts for SIZE_DUAL only. */
static bool load_exclusive(struct el4_translator *t, unsigned size, unsigned rn,
                           unsigned offset, unsigned rt, unsigned rt2)
{
    if (rn == EL4_A32_PC || rt == EL4_A32_PC || rt2 == EL4_A32_PC || rt == rt2) {
        return false;
    }
    unsigned address = exclusive_address(t, rn, offset);
    if (size != SIZE_DUAL) {
        el4_emit_call(t, call_load_exclusive, rt, address, EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                      atomic_aux(t, size));
        return true;
    }
    unsigned both = el4_temp(t);
    bool swapped = t->mode.big_endian;
    el4_emit_call(t, call_load_exclusive, both, address, EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                  atomic_aux(t, size));
    el4_emit_da(t, EL4_UOP_MOV32, swapped ? rt2 : rt, both);
    el4_emit_dai(t, EL4_UOP_LSRI64, swapped ? rt : rt2, both, 32);
    return true;
}

static bool store_exclusive(struct el4_translator *t, unsigned size, unsigned rn,
                            unsigned offset, unsigned rd, unsigned rt, unsigned rt2)
{
    if (rn == EL4_A32_PC || rt == EL4_A32_PC || rt2 == EL4_A32_PC || rd == EL4_A32_PC ||
        rd == rn || rd == rt || rd == rt2) {
        return false;
    }
    unsigned address = exclusive_address(t, rn, offset);
    unsigned value = rt;
    if (size == SIZE_DUAL) {
        bool swapped = t->mode.big_endian;
        value = el4_temp(t);
        el4_emit_dai(t, EL4_UOP_LSLI64, value, swapped ? rt : rt2, 32);
        el4_emit_dab(t, EL4_UOP_ORR64, value, value, swapped ? rt2 : rt);
    }
    el4_emit_call(t, call_store_exclusive, rd, address, value, EL4_SLOT_ZERO,
                  atomic_aux(t, size));
    return true;
}

/* A second register that is none, for what has one only. */
#define NO_REGISTER 16

bool el4_a32_LDREX(struct el4_translator *t, const struct a32_args_ldst_excl *a)
{
    return load_exclusive(t, a->size, a->rn, a->imm, a->rt, NO_REGISTER);
}

bool el4_a32_STREX(struct el4_translator *t, const struct a32_args_st_excl *a)
{
    return store_exclusive(t, a->size, a->rn, a->imm, a->rd, a->rt, NO_REGISTER);
}

bool el4_a32_LDREXD(struct el4_translator *t, const struct a32_args_ldst_excl *a)
{
    return load_exclusive(t, SIZE_DUAL, a->rn, 0, a->rt, a->rt + 1);
}

bool el4_a32_STREXD(struct el4_translator *t, const struct a32_args_st_excl *a)
{
    return store_exclusive(t, SIZE_DUAL, a->rn, 0, a->rd, a->rt, a->rt + 1);
}

bool el4_a32_LDREXD_t(struct el4_translator *t, const struct a32_args_ldst_excl2 *a)
{
    return load_exclusive(t, SIZE_DUAL, a->rn, 0, a->rt, a->rt2);
}

bool el4_a32_STREXD_t(struct el4_translator *t, const struct a32_args_st_excl2 *a)
{
    return store_exclusive(t, SIZE_DUAL, a->rn, 0, a->rd, a->rt, a->rt2);
}

/* ---- with acquire and release (v8) ---- */

static bool load_acquire_exclusive(struct el4_translator *t, unsigned size, unsigned rn,
                                   unsigned rt, unsigned rt2)
{
    if (!t->features->a32_v8 || !load_exclusive(t, size, rn, 0, rt, rt2)) {
        return false;
    }
    emit_fence(t, EL4_FENCE_ACQUIRE);
    return true;
}

static bool store_release_exclusive(struct el4_translator *t, unsigned size, unsigned rn,
                                    unsigned rd, unsigned rt, unsigned rt2)
{
    if (!t->features->a32_v8) {
        return false;
    }
    emit_fence(t, EL4_FENCE_RELEASE);
    return store_exclusive(t, size, rn, 0, rd, rt, rt2);
}

bool el4_a32_LDAEX(struct el4_translator *t, const struct a32_args_ldst_excl *a)
{
    return load_acquire_exclusive(t, a->size, a->rn, a->rt, NO_REGISTER);
}

bool el4_a32_STLEX(struct el4_translator *t, const struct a32_args_st_excl *a)
{
    return store_release_exclusive(t, a->size, a->rn, a->rd, a->rt, NO_REGISTER);
}

bool el4_a32_LDAEXD(struct el4_translator *t, const struct a32_args_ldst_excl *a)
{
    return load_acquire_exclusive(t, SIZE_DUAL, a->rn, a->rt, a->rt + 1);
}

bool el4_a32_STLEXD(struct el4_translator *t, const struct a32_args_st_excl *a)
{
    return store_release_exclusive(t, SIZE_DUAL, a->rn, a->rd, a->rt, a->rt + 1);
}

bool el4_a32_LDAEXD_t(struct el4_translator *t, const struct a32_args_ldst_excl2 *a)
{
    return load_acquire_exclusive(t, SIZE_DUAL, a->rn, a->rt, a->rt2);
}

bool el4_a32_STLEXD_t(struct el4_translator *t, const struct a32_args_st_excl2 *a)
{
    return store_release_exclusive(t, SIZE_DUAL, a->rn, a->rd, a->rt, a->rt2);
}

bool el4_a32_LDA(struct el4_translator *t, const struct a32_args_ldst_excl *a)
{
    static const enum el4_uop_code uops[3] = {EL4_UOP_LD8, EL4_UOP_LD16, EL4_UOP_LD32};
    if (!t->features->a32_v8 || a->rn == EL4_A32_PC || a->rt == EL4_A32_PC) {
        return false;
    }
    el4_emit(t, uops[a->size], a->rt, a->rn, 0, 0, el4_mem_aux(t) | EL4_MEM_ALIGNED, 0);
    emit_fence(t, EL4_FENCE_ACQUIRE);
    return true;
}

/* Store-release keeps later load-acquires behind it: a full fence. */
bool el4_a32_STL(struct el4_translator *t, const struct a32_args_ldst_excl *a)
{
    static const enum el4_uop_code uops[3] = {EL4_UOP_ST8, EL4_UOP_ST16, EL4_UOP_ST32};
    if (!t->features->a32_v8 || a->rn == EL4_A32_PC || a->rt == EL4_A32_PC) {
        return false;
    }
    emit_fence(t, EL4_FENCE_RELEASE);
    el4_emit(t, uops[a->size], 0, a->rn, a->rt, 0, el4_mem_aux(t) | EL4_MEM_ALIGNED, 0);
    emit_fence(t, EL4_FENCE_FULL);
    return true;
}

/* ---- SWP: gone in v8, and in v7 only with SCTLR.SW ---- */

static uint64_t call_swap(struct el4_cpu *cpu, uint64_t va, uint64_t b, uint64_t c,
                          uint32_t aux)
{
    unsigned bytes = size_of(aux);
    if (!(cpu->regs.sctlr[el4_cpu_el0_owner(cpu)] & EL4_SCTLR_A32_SW)) {
        el4_cpu_raise_undefined(cpu);
    }
    return el4_mem_atomic(cpu, EL4_ATOMIC_SWP, va, cut(b, bytes), bytes, aux & AUX_MEM_MASK);
}

bool el4_a32_SWP(struct el4_translator *t, const struct a32_args_swap *a)
{
    if (!t->features->a32_swp || t->mode.el == 2 || a->rn == EL4_A32_PC ||
        a->rt == EL4_A32_PC || a->rt2 == EL4_A32_PC || a->rn == a->rt || a->rn == a->rt2) {
        return false;
    }
    el4_emit_call(t, call_swap, a->rt, a->rn, a->rt2, EL4_SLOT_ZERO,
                  atomic_aux(t, a->b ? 0 : 2));
    return true;
}
