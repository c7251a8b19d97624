/* SPDX-License-Identifier: MIT */
/*
 * A64 exclusives, compare and swap, and the atomic operations of FEAT_LSE: each is a call of
 * mem.h, whose atomics are sequentially consistent on the host. So acquire and release need a
 * fence only around the exclusive load, which is a plain load there.
 */
#include "cpu/cpu.h"
#include "cpu/mem.h"
#include "isa/a64.h"

#define AUX_SIZE_SHIFT   EL4_MEM_AUX_BITS       /* log2 of the bytes, 2 bits */
#define AUX_OP_SHIFT     (EL4_MEM_AUX_BITS + 2) /* enum el4_atomic_op, 4 bits */
#define AUX_DOUBLE_SHIFT EL4_MEM_AUX_BITS       /* pairs: 64-bit registers; words otherwise */
#define AUX_REG_SHIFT    (EL4_MEM_AUX_BITS + 1) /* pairs: a register number, 5 bits */

static unsigned atomic_aux(const struct el4_translator *t)
{
    return el4_mem_aux(t) | EL4_MEM_ALIGNED | EL4_MEM_ATOMIC;
}

static unsigned size_of(uint32_t aux)
{
    return 1u << ((aux >> AUX_SIZE_SHIFT) & 3);
}

static uint64_t cut(uint64_t value, unsigned bytes)
{
    return bytes == 8 ? value : value & ((UINT64_C(1) << (bytes * 8)) - 1);
}

/*
 * Two registers as the one value that memory holds: the first register is at the lower address,
 * which is the value's low part, or its high part in big-endian data.
 */
static uint64_t join_words(uint64_t first, uint64_t second, uint32_t aux)
{
    bool swapped = aux & EL4_MEM_BIG_ENDIAN;
    uint32_t low = (uint32_t)(swapped ? second : first);
    uint32_t high = (uint32_t)(swapped ? first : second);
    return (uint64_t)high << 32 | low;
}

static uint32_t word_of(uint64_t joined, unsigned index, uint32_t aux)
{
    bool high = (index == 1) != ((aux & EL4_MEM_BIG_ENDIAN) != 0);
    return (uint32_t)(high ? joined >> 32 : joined);
}

static unsigned half_of(unsigned index, uint32_t aux)
{
    return aux & EL4_MEM_BIG_ENDIAN ? 1 - index : index;
}

/* Exclusives */

static uint64_t call_load_exclusive(struct el4_cpu *cpu, uint64_t va, uint64_t b, uint64_t c,
                                    uint32_t aux)
{
    uint64_t value[2];
    el4_mem_load_exclusive(cpu, va, size_of(aux), value, aux & EL4_MEM_AUX_MASK);
    return value[0];
}

static uint64_t call_store_exclusive(struct el4_cpu *cpu, uint64_t va, uint64_t b, uint64_t c,
                                     uint32_t aux)
{
    unsigned bytes = size_of(aux);
    const uint64_t value[2] = {cut(b, bytes), 0};
    return el4_mem_store_exclusive(cpu, va, bytes, value, aux & EL4_MEM_AUX_MASK);
}

/* Returns the first register of the pair; the second, by its slot number in aux, is written. */
static uint64_t call_load_exclusive_pair(struct el4_cpu *cpu, uint64_t va, uint64_t b,
                                         uint64_t c, uint32_t aux)
{
    uint64_t *second = &cpu->slot[el4_reg_out((aux >> AUX_REG_SHIFT) & 31)];
    uint64_t value[2];

    if ((aux >> AUX_DOUBLE_SHIFT) & 1) {
        el4_mem_load_exclusive(cpu, va, 16, value, aux & EL4_MEM_AUX_MASK);
        *second = value[half_of(1, aux)];
        return value[half_of(0, aux)];
    }
    el4_mem_load_exclusive(cpu, va, 8, value, aux & EL4_MEM_AUX_MASK);
    *second = word_of(value[0], 1, aux);
    return word_of(value[0], 0, aux);
}

static uint64_t call_store_exclusive_pair(struct el4_cpu *cpu, uint64_t va, uint64_t b,
                                          uint64_t c, uint32_t aux)
{
    uint64_t value[2] = {0};

    if ((aux >> AUX_DOUBLE_SHIFT) & 1) {
        value[half_of(0, aux)] = b;
        value[half_of(1, aux)] = c;
        return el4_mem_store_exclusive(cpu, va, 16, value, aux & EL4_MEM_AUX_MASK);
    }
    value[0] = join_words(b, c, aux);
    return el4_mem_store_exclusive(cpu, va, 8, value, aux & EL4_MEM_AUX_MASK);
}

static void emit_fence(struct el4_translator *t, unsigned kind)
{
    el4_emit(t, EL4_UOP_FENCE, 0, 0, 0, 0, kind, 0);
}

static void load_exclusive(struct el4_translator *t, const struct a64_args_ldst_excl *a)
{
    el4_emit_sp_check(t, a->rn);
    el4_emit_call(t, call_load_exclusive, el4_reg_out(a->rt), el4_reg_sp(a->rn), EL4_SLOT_ZERO,
                  EL4_SLOT_ZERO, atomic_aux(t) | a->size << AUX_SIZE_SHIFT);
}

static bool store_exclusive(struct el4_translator *t, const struct a64_args_ldst_excl *a)
{
    el4_emit_sp_check(t, a->rn);
    el4_emit_call(t, call_store_exclusive, el4_reg_out(a->rs), el4_reg_sp(a->rn),
                  el4_reg(a->rt), EL4_SLOT_ZERO, atomic_aux(t) | a->size << AUX_SIZE_SHIFT);
    return true;
}

bool el4_a64_LDXR(struct el4_translator *t, const struct a64_args_ldst_excl *a)
{
    load_exclusive(t, a);
    return true;
}

bool el4_a64_LDAXR(struct el4_translator *t, const struct a64_args_ldst_excl *a)
{
    load_exclusive(t, a);
    emit_fence(t, EL4_FENCE_ACQUIRE);
    return true;
}

bool el4_a64_STXR(struct el4_translator *t, const struct a64_args_ldst_excl *a)
{
    return store_exclusive(t, a);
}

bool el4_a64_STLXR(struct el4_translator *t, const struct a64_args_ldst_excl *a)
{
    emit_fence(t, EL4_FENCE_RELEASE);
    return store_exclusive(t, a);
}

static unsigned pair_aux(const struct el4_translator *t, unsigned size)
{
    return atomic_aux(t) | (size == 3 ? 1u << AUX_DOUBLE_SHIFT : 0);
}

static void load_exclusive_pair(struct el4_translator *t,
                                const struct a64_args_ldst_excl_pair *a)
{
    el4_emit_sp_check(t, a->rn);
    el4_emit_call(t, call_load_exclusive_pair, el4_reg_out(a->rt), el4_reg_sp(a->rn),
                  EL4_SLOT_ZERO, EL4_SLOT_ZERO, pair_aux(t, a->size) | a->rt2 << AUX_REG_SHIFT);
}

static bool store_exclusive_pair(struct el4_translator *t,
                                 const struct a64_args_ldst_excl_pair *a)
{
    el4_emit_sp_check(t, a->rn);
    el4_emit_call(t, call_store_exclusive_pair, el4_reg_out(a->rs), el4_reg_sp(a->rn),
                  el4_reg(a->rt), el4_reg(a->rt2), pair_aux(t, a->size));
    return true;
}

bool el4_a64_LDXP(struct el4_translator *t, const struct a64_args_ldst_excl_pair *a)
{
    load_exclusive_pair(t, a);
    return true;
}

bool el4_a64_LDAXP(struct el4_translator *t, const struct a64_args_ldst_excl_pair *a)
{
    load_exclusive_pair(t, a);
    emit_fence(t, EL4_FENCE_ACQUIRE);
    return true;
}

bool el4_a64_STXP(struct el4_translator *t, const struct a64_args_ldst_excl_pair *a)
{
    return store_exclusive_pair(t, a);
}

bool el4_a64_STLXP(struct el4_translator *t, const struct a64_args_ldst_excl_pair *a)
{
    emit_fence(t, EL4_FENCE_RELEASE);
    return store_exclusive_pair(t, a);
}

/* Compare and swap */

static uint64_t call_cas(struct el4_cpu *cpu, uint64_t va, uint64_t b, uint64_t c, uint32_t aux)
{
    unsigned bytes = size_of(aux);
    return el4_mem_cas(cpu, va, cut(b, bytes), cut(c, bytes), bytes, aux & EL4_MEM_AUX_MASK);
}

bool el4_a64_CAS(struct el4_translator *t, const struct a64_args_cas *a)
{
    if (!t->features->lse) {
        return false;
    }
    el4_emit_sp_check(t, a->rn);
    el4_emit_call(t, call_cas, el4_reg_out(a->rs), el4_reg_sp(a->rn), el4_reg(a->rs),
                  el4_reg(a->rt), atomic_aux(t) | a->size << AUX_SIZE_SHIFT);
    return true;
}

/* b and c: what to store. aux names the first register of the pair compared and loaded. */
static uint64_t call_casp(struct el4_cpu *cpu, uint64_t va, uint64_t b, uint64_t c,
                          uint32_t aux)
{
    unsigned rs = (aux >> AUX_REG_SHIFT) & 31;
    uint64_t first = cpu->slot[rs];
    uint64_t second = cpu->slot[el4_reg(rs + 1)];

    if ((aux >> AUX_DOUBLE_SHIFT) & 1) {
        uint64_t expected[2], desired[2];
        expected[half_of(0, aux)] = first;
        expected[half_of(1, aux)] = second;
        desired[half_of(0, aux)] = b;
        desired[half_of(1, aux)] = c;
        el4_mem_cas128(cpu, va, expected, desired, aux & EL4_MEM_AUX_MASK);
        first = expected[half_of(0, aux)];
        second = expected[half_of(1, aux)];
    } else {
        uint64_t old = el4_mem_cas(cpu, va, join_words(first, second, aux),
                                   join_words(b, c, aux), 8, aux & EL4_MEM_AUX_MASK);
        first = word_of(old, 0, aux);
        second = word_of(old, 1, aux);
    }
    cpu->slot[el4_reg_out(rs + 1)] = second;
    return first;
}

bool el4_a64_CASP(struct el4_translator *t, const struct a64_args_cas *a)
{
    if (!t->features->lse) {
        return false;
    }
    el4_emit_sp_check(t, a->rn);
    el4_emit_call(t, call_casp, el4_reg_out(a->rs), el4_reg_sp(a->rn), el4_reg(a->rt),
                  el4_reg(a->rt + 1), pair_aux(t, a->size) | a->rs << AUX_REG_SHIFT);
    return true;
}

/* Read, modify, write */

static uint64_t call_atomic(struct el4_cpu *cpu, uint64_t va, uint64_t b, uint64_t c,
                            uint32_t aux)
{
    unsigned bytes = size_of(aux);
    return el4_mem_atomic(cpu, (enum el4_atomic_op)((aux >> AUX_OP_SHIFT) & 15), va,
                          cut(b, bytes), bytes, aux & EL4_MEM_AUX_MASK);
}

static bool emit_atomic(struct el4_translator *t, const struct a64_args_atomic *a,
                        enum el4_atomic_op op)
{
    if (!t->features->lse) {
        return false;
    }
    el4_emit_sp_check(t, a->rn);
    el4_emit_call(t, call_atomic, el4_reg_out(a->rt), el4_reg_sp(a->rn), el4_reg(a->rs),
                  EL4_SLOT_ZERO,
                  atomic_aux(t) | a->size << AUX_SIZE_SHIFT | (unsigned)op << AUX_OP_SHIFT);
    return true;
}

bool el4_a64_LDADD(struct el4_translator *t, const struct a64_args_atomic *a)
{
    return emit_atomic(t, a, EL4_ATOMIC_ADD);
}

bool el4_a64_LDCLR(struct el4_translator *t, const struct a64_args_atomic *a)
{
    return emit_atomic(t, a, EL4_ATOMIC_CLR);
}

bool el4_a64_LDEOR(struct el4_translator *t, const struct a64_args_atomic *a)
{
    return emit_atomic(t, a, EL4_ATOMIC_EOR);
}

bool el4_a64_LDSET(struct el4_translator *t, const struct a64_args_atomic *a)
{
    return emit_atomic(t, a, EL4_ATOMIC_SET);
}

bool el4_a64_LDSMAX(struct el4_translator *t, const struct a64_args_atomic *a)
{
    return emit_atomic(t, a, EL4_ATOMIC_SMAX);
}

bool el4_a64_LDSMIN(struct el4_translator *t, const struct a64_args_atomic *a)
{
    return emit_atomic(t, a, EL4_ATOMIC_SMIN);
}

bool el4_a64_LDUMAX(struct el4_translator *t, const struct a64_args_atomic *a)
{
    return emit_atomic(t, a, EL4_ATOMIC_UMAX);
}

bool el4_a64_LDUMIN(struct el4_translator *t, const struct a64_args_atomic *a)
{
    return emit_atomic(t, a, EL4_ATOMIC_UMIN);
}

bool el4_a64_SWP(struct el4_translator *t, const struct a64_args_atomic *a)
{
    return emit_atomic(t, a, EL4_ATOMIC_SWP);
}
