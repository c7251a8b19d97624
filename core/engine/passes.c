/* SPDX-License-Identifier: MIT */
/*
 * Passes over the micro-ops of one block. There is one for now: flags that are overwritten
 * before anybody can see them are not computed, and micro-ops without any effect go. A
 * micro-op that may fault or calls C counts as a reader of NZCV, since an exception saves it.
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

static unsigned flag_bits(const char *flags)
{
    unsigned bits = 0;
    for (; *flags; flags++) {
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

void el4_pass_dead_flags(struct el4_uop *uops, unsigned *count, struct el4_block_insn *insns,
                         unsigned insn_count)
{
    static const char *const flag_texts[EL4_UOP_COUNT] = {
#define X(name, d, a, b, c, flags) [EL4_UOP_##name] = flags,
        EL4_UOP_LIST(X)
#undef X
    };
    bool dead[EL4_BLOCK_UOPS_MAX];
    bool flags_live = true;
    bool any_dead = false;

    for (unsigned i = *count; i-- > 0;) {
        struct el4_uop *uop = &uops[i];
        unsigned bits = flag_bits(flag_texts[uop->desc.op]);
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
