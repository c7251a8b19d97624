/* SPDX-License-Identifier: MIT */
/*
 * What surrounds every AArch32 instruction: its condition, the IT block of T32, and the way to
 * one of the three decoders. A condition is a SKIP over the instruction's micro-ops, which its
 * translate function emits as if it were always executed.
 */
#include "a32.h"

void el4_a32_branch(struct el4_translator *t, int32_t delta)
{
    unsigned last = t->uop_count - 1; /* wraps when there is none */
    if (t->cond < EL4_A32_ALWAYS && !t->it_next && t->uop_count > 0 &&
        t->uops[last].desc.op == EL4_UOP_SKIP) {
        t->uop_count = last;
        t->cond_taken = true;
        el4_emit(t, EL4_UOP_BCOND, 0, 0, 0, 0, t->cond, el4_a32_branch_imm(t, delta));
    } else {
        el4_emit(t, EL4_UOP_B, 0, 0, 0, 0, 0, el4_a32_branch_imm(t, delta));
    }
    t->ended = true;
}

void el4_a32_branch_exchange(struct el4_translator *t, int32_t delta)
{
    uint32_t thumb = el4_a32_is_thumb(t) ? 0 : 1;
    el4_a32_write_pc_bx(t, el4_a32_pc_aligned_plus(t, (int32_t)((uint32_t)delta | thumb)));
}

/* Where a conditional instruction that ends the block goes on if it is not executed. */
static void go_on_behind(struct el4_translator *t)
{
    uint32_t next = t->offset + t->insn_bytes;
    if (t->it_next) {
        el4_emit_exit_next(t);
    } else {
        el4_emit(t, EL4_UOP_B, 0, 0, 0, 0, 1, next);
    }
}

/* Translate under t->cond. */
static void translate(struct el4_translator *t,
                      bool (*decode)(struct el4_translator *, uint32_t), uint32_t insn)
{
    bool conditional = t->cond < EL4_A32_ALWAYS;
    unsigned skip = t->uop_count;
    if (conditional) {
        el4_emit(t, EL4_UOP_SKIP, 0, 0, 0, 0, t->cond, 0);
    }
    unsigned start = t->uop_count;
    t->cond_taken = false;
    if (!decode(t, insn)) {
        /* UNDEFINED, and of those that fail their condition the manual allows that they do
           nothing. */
        t->uop_count = start;
        t->ended = false;
        el4_a32_undefined(t);
    }
    if (conditional && !t->cond_taken) {
        t->uops[skip].imm = t->uop_count - start;
        if (t->ended) {
            go_on_behind(t);
        }
    }
}

bool el4_a32_translate(struct el4_translator *t, uint32_t insn)
{
    unsigned cond = insn >> 28;
    t->cond = cond == 15 ? EL4_A32_ALWAYS : (uint8_t)cond;
    t->it_next = 0;
    translate(t, el4_a32_decode, insn);
    return true;
}

bool el4_t32_simd_word(uint32_t insn, uint32_t *a32)
{
    if ((insn & 0xef000000) == 0xef000000) { /* data processing: U moves */
        *a32 = 0xf2000000 | (insn >> 28 & 1) << 24 | (insn & 0xffffff);
        return true;
    }
    if ((insn & 0xff100000) == 0xf9000000) { /* element and structure loads and stores */
        *a32 = 0xf4000000 | (insn & 0xffffff);
        return true;
    }
    /* Coprocessors 8 to 13: as in A32, always or unconditional. */
    *a32 = insn;
    unsigned coprocessor = insn >> 8 & 15;
    return (insn & 0xec000000) == 0xec000000 && coprocessor >= 8 && coprocessor < 14;
}

static bool decode_t32(struct el4_translator *t, uint32_t insn)
{
    uint32_t simd;
    if (el4_t32_simd_word(insn, &simd)) {
        return el4_a32_decode(t, simd);
    }
    return el4_t32_decode(t, insn);
}

bool el4_t32_translate(struct el4_translator *t, uint32_t insn)
{
    t->cond = el4_a32_in_it(t) ? t->it >> 4 : EL4_A32_ALWAYS;
    t->it_next = (uint8_t)el4_it_advance(t->it);
    translate(t, el4_a32_is_t16(t) ? el4_t16_decode : decode_t32, insn);
    return true;
}
