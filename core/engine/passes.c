/* SPDX-License-Identifier: MIT */
/*
 * Passes over the micro-ops of one block. The first: flags that are overwritten before anybody
 * can see them are not computed, and micro-ops without any effect go. A micro-op that may fault
 * or calls C counts as a reader of NZCV, since an exception saves it. The second: two micro-ops
 * that often follow each other become one that does both.
 */
#include <string.h>

#include "engine/block.h"

enum {
    READS_FLAGS = 1,
    WRITES_FLAGS = 2,
    MAY_FAULT = 4,
    ENDS_BLOCK = 8,
    CALLS_C = 16,
};

static const char *const flag_texts[EL4_UOP_COUNT] = {
#define X(name, d, a, b, c, flags) [EL4_UOP_##name] = flags,
    EL4_UOP_LIST(X)
#undef X
};

static unsigned flag_bits(unsigned op)
{
    unsigned bits = 0;
    for (const char *flags = flag_texts[op]; *flags; flags++) {
        switch (*flags) {
        case 'F': bits |= READS_FLAGS; break;
        case 'S': bits |= WRITES_FLAGS; break;
        case 'M': bits |= MAY_FAULT; break;
        case 'E': bits |= ENDS_BLOCK; break;
        case 'C': bits |= CALLS_C; break;
        }
    }
    return bits;
}

bool el4_uop_writes_flags(enum el4_uop_code op)
{
    return flag_bits(op) & WRITES_FLAGS;
}

/* The same operation without its flags; EL4_UOP_COUNT: the flags are all it makes. */
static unsigned without_flags(unsigned op)
{
    switch (op) {
    case EL4_UOP_ADDS64: return EL4_UOP_ADD64;
    case EL4_UOP_ADDS32: return EL4_UOP_ADD32;
    case EL4_UOP_SUBS64: return EL4_UOP_SUB64;
    case EL4_UOP_SUBS32: return EL4_UOP_SUB32;
    case EL4_UOP_ADDSI64:
    case EL4_UOP_SUBSI64: return EL4_UOP_ADDI64;
    case EL4_UOP_ADDSI32:
    case EL4_UOP_SUBSI32: return EL4_UOP_ADDI32;
    case EL4_UOP_ADCS64: return EL4_UOP_ADC64;
    case EL4_UOP_ADCS32: return EL4_UOP_ADC32;
    case EL4_UOP_ANDS64: return EL4_UOP_AND64;
    case EL4_UOP_ANDS32: return EL4_UOP_AND32;
    case EL4_UOP_BICS64: return EL4_UOP_BIC64;
    case EL4_UOP_BICS32: return EL4_UOP_BIC32;
    case EL4_UOP_ANDSI64: return EL4_UOP_ANDI64;
    case EL4_UOP_ANDSI32: return EL4_UOP_ANDI32;
    default: return EL4_UOP_COUNT;
    }
}

/* What a SKIP leaves out gets shorter by the dead micro-ops in it. */
static void shorten_skips(struct el4_uop *uops, unsigned count, const bool *dead)
{
    for (unsigned i = 0; i < count; i++) {
        if (uops[i].desc.op != EL4_UOP_SKIP) {
            continue;
        }
        unsigned end = i + 1 + (unsigned)uops[i].imm;
        for (unsigned j = i + 1; j < end && j < count; j++) {
            uops[i].imm -= dead[j];
        }
    }
}

/* The dead micro-ops go; an instruction that began with one begins with what follows it. */
static void remove_dead(struct el4_uop *uops, unsigned *count, struct el4_block_insn *insns,
                        unsigned insn_count, const bool *dead)
{
    shorten_skips(uops, *count, dead);
    unsigned kept = 0;
    unsigned insn = 0;
    for (unsigned i = 0; i < *count; i++) {
        while (insn < insn_count && insns[insn].uop == i) {
            insns[insn++].uop = (uint16_t)kept;
        }
        if (!dead[i]) {
            uops[kept++] = uops[i];
        }
    }
    while (insn < insn_count) {
        insns[insn++].uop = (uint16_t)kept;
    }
    *count = kept;
}

void el4_pass_dead_flags(struct el4_uop *uops, unsigned *count, struct el4_block_insn *insns,
                         unsigned insn_count)
{
    bool dead[EL4_BLOCK_UOPS_MAX];
    bool flags_live = true;
    bool any_dead = false;

    for (unsigned i = *count; i-- > 0;) {
        struct el4_uop *uop = &uops[i];
        unsigned bits = flag_bits(uop->desc.op);
        dead[i] = false;
        if (bits & (MAY_FAULT | CALLS_C | ENDS_BLOCK)) {
            flags_live = true;
            continue;
        }
        if ((bits & WRITES_FLAGS) && !flags_live) {
            unsigned plain = without_flags(uop->desc.op);
            if (uop->desc.op == EL4_UOP_SUBSI64 || uop->desc.op == EL4_UOP_SUBSI32) {
                uop->imm = -uop->imm;
            }
            if (plain == EL4_UOP_COUNT || uop->desc.d == EL4_SLOT_SINK) {
                dead[i] = true;
                any_dead = true;
                continue;
            }
            uop->desc.op = (uint16_t)plain;
            bits &= ~WRITES_FLAGS;
        }
        if (bits & WRITES_FLAGS) {
            flags_live = false;
        }
        if (bits & READS_FLAGS) {
            flags_live = true;
        }
    }
    if (!any_dead) {
        return;
    }
    remove_dead(uops, count, insns, insn_count, dead);
}

/* ---- two in one ---- */

/* The access with writeback of its base, by an ADDI64 or an ADDI32. */
static unsigned updating(unsigned op, bool wide)
{
    switch (op) {
    case EL4_UOP_LD8: return wide ? EL4_UOP_LD8U64 : EL4_UOP_LD8U32;
    case EL4_UOP_LD64: return wide ? EL4_UOP_LD64U64 : EL4_UOP_COUNT;
    case EL4_UOP_LDP64: return wide ? EL4_UOP_LDP64U64 : EL4_UOP_COUNT;
    case EL4_UOP_STP64: return wide ? EL4_UOP_STP64U64 : EL4_UOP_COUNT;
    case EL4_UOP_LD16: return wide ? EL4_UOP_COUNT : EL4_UOP_LD16U32;
    case EL4_UOP_LD32: return wide ? EL4_UOP_COUNT : EL4_UOP_LD32U32;
    case EL4_UOP_ST8: return wide ? EL4_UOP_COUNT : EL4_UOP_ST8U32;
    case EL4_UOP_ST16: return wide ? EL4_UOP_COUNT : EL4_UOP_ST16U32;
    case EL4_UOP_ST32: return wide ? EL4_UOP_COUNT : EL4_UOP_ST32U32;
    default: return EL4_UOP_COUNT;
    }
}

/* Whether a load writes a slot. */
static bool loads_into(const struct el4_uop *uop, unsigned slot)
{
    switch (uop->desc.op) {
    case EL4_UOP_STP64:
    case EL4_UOP_ST8:
    case EL4_UOP_ST16:
    case EL4_UOP_ST32: return false;
    case EL4_UOP_LDP64: return uop->desc.d == slot || uop->desc.c == slot;
    default: return uop->desc.d == slot;
    }
}

static bool fuse_writeback(struct el4_uop *first, const struct el4_uop *second)
{
    bool wide = second->desc.op == EL4_UOP_ADDI64;
    unsigned base = first->desc.a;
    if ((!wide && second->desc.op != EL4_UOP_ADDI32) || second->desc.d != base ||
        second->desc.a != base) {
        return false;
    }
    unsigned op = updating(first->desc.op, wide);
    int64_t moves = wide ? (int64_t)second->imm : (int32_t)second->imm;
    if (op == EL4_UOP_COUNT || loads_into(first, base) || (int32_t)moves != moves ||
        (int64_t)first->imm != (int32_t)first->imm) {
        return false;
    }
    first->desc.op = (uint16_t)op;
    first->imm = (uint64_t)moves << 32 | (uint32_t)first->imm;
    return true;
}

static unsigned with_branch(unsigned op)
{
    switch (op) {
    case EL4_UOP_SUBS64: return EL4_UOP_SUBSB64;
    case EL4_UOP_SUBS32: return EL4_UOP_SUBSB32;
    case EL4_UOP_SUBSI64: return EL4_UOP_SUBSIB64;
    case EL4_UOP_SUBSI32: return EL4_UOP_SUBSIB32;
    default: return EL4_UOP_COUNT;
    }
}

static bool fuse_branch(struct el4_uop *first, const struct el4_uop *second)
{
    unsigned op = with_branch(first->desc.op);
    if (second->desc.op != EL4_UOP_BCOND || op == EL4_UOP_COUNT) {
        return false;
    }
    uint64_t imm = second->imm;
    if (op == EL4_UOP_SUBSIB64 || op == EL4_UOP_SUBSIB32) {
        if ((int64_t)imm != (int32_t)imm || first->imm != (uint32_t)first->imm) {
            return false;
        }
        imm = imm << 32 | first->imm;
    }
    first->desc.op = (uint16_t)op;
    first->desc.aux = second->desc.aux;
    first->imm = imm;
    return true;
}

/*
 * The second of two may belong to another instruction: it is never one that may fault, so that
 * a fault is the first one's.
 */
void el4_pass_fuse(struct el4_uop *uops, unsigned *count, struct el4_block_insn *insns,
                   unsigned insn_count)
{
    bool dead[EL4_BLOCK_UOPS_MAX] = {false};
    bool landing[EL4_BLOCK_UOPS_MAX + 1] = {false}; /* where a SKIP leads to */
    bool any_dead = false;

    for (unsigned i = 0; i < *count; i++) {
        if (uops[i].desc.op == EL4_UOP_SKIP) {
            landing[i + 1 + (unsigned)uops[i].imm] = true;
        }
    }
    for (unsigned i = 0; i + 1 < *count; i++) {
        if (!landing[i + 1] &&
            (fuse_writeback(&uops[i], &uops[i + 1]) || fuse_branch(&uops[i], &uops[i + 1]))) {
            dead[i + 1] = true;
            any_dead = true;
            i++;
        }
    }
    if (any_dead) {
        remove_dead(uops, count, insns, insn_count, dead);
    }
}
