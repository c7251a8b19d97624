/* SPDX-License-Identifier: MIT */
/*
 * What surrounds every AArch32 instruction: its condition, the IT block of T32, and the way to
 * one of the three decoders. A condition is a SKIP over the instruction's micro-ops, which its
 * translate function emits as if it were always executed.
 */
#include "a32.h"

#include <string.h>

void el4_a32_branch(struct el4_translator *t, int32_t delta)
{
    unsigned last = t->uop_count - 1; /* wraps when there is none */
    if (t->cond < EL4_A32_ALWAYS && !t->it_next && t->uop_count > 0 &&
        t->uops[last].desc.op == EL4_UOP_SKIP) {
        t->uop_count = last;
        t->cond_taken = true;
        el4_emit(t, EL4_UOP_BCOND, 0, 0, 0, 0, el4_condition_mask(t->cond),
                 el4_a32_branch_imm(t, delta));
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

/* A move under a condition, SKIP and MOVI or MOV32, is one micro-op. */
static bool select_instead(struct el4_translator *t, unsigned skip)
{
    struct el4_uop move = t->uops[skip + 1];
    if (t->uop_count != skip + 2 || t->ended) {
        return false;
    }
    if (move.desc.op == EL4_UOP_MOVI) {
        t->uop_count = skip;
        el4_emit(t, EL4_UOP_MOVIC, move.desc.d, move.desc.d, 0, 0, el4_condition_mask(t->cond),
                 move.imm);
        return true;
    }
    if (move.desc.op == EL4_UOP_MOV32) {
        t->uop_count = skip;
        el4_emit(t, EL4_UOP_CSEL32, move.desc.d, move.desc.a, move.desc.d, 0,
                 el4_condition_mask(t->cond), 0);
        return true;
    }
    return false;
}

static bool writes_flags(const struct el4_translator *t, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        if (el4_uop_writes_flags(t->uops[i].desc.op)) {
            return true;
        }
    }
    return false;
}

/*
 * The SKIP at the end of what the one before leads over. Under the opposite condition the first
 * need not come to the second. Under the same one, the flags being still the same, the first
 * does for both.
 */
static void join_skips(struct el4_translator *t, unsigned skip)
{
    struct el4_uop *before = &t->uops[t->skip_at];
    unsigned condition = before->desc.aux;
    if (condition == (t->cond ^ 1u)) {
        before->imm++;
    } else if (condition == t->cond && !t->ended && !writes_flags(t, t->skip_at + 1, skip)) {
        t->uop_count--;
        memmove(&t->uops[skip], &t->uops[skip + 1], (t->uop_count - skip) * sizeof(t->uops[0]));
        before->imm = t->uop_count - t->skip_at - 1;
        t->skip_end = t->uop_count;
        return;
    }
    t->skip_at = skip;
    t->skip_end = t->uop_count;
}

/* The SKIP that leads over the instruction, once all of it is there. */
static void finish_skip(struct el4_translator *t, unsigned skip)
{
    unsigned leads_to = t->skip_end;
    t->skip_end = 0;
    if (t->cond_taken || select_instead(t, skip)) {
        return;
    }
    t->uops[skip].imm = t->uop_count - skip - 1;
    if (t->ended) {
        go_on_behind(t);
    }
    if (leads_to == skip && skip > 0) {
        t->skip_end = leads_to;
        join_skips(t, skip);
    } else {
        t->skip_at = skip;
        t->skip_end = t->uop_count;
    }
}

/* Translate under t->cond. */
static void translate(struct el4_translator *t,
                      bool (*decode)(struct el4_translator *, uint32_t), uint32_t insn)
{
    bool conditional = t->cond < EL4_A32_ALWAYS;
    unsigned skip = t->uop_count;
    if (conditional) {
        el4_emit(t, EL4_UOP_SKIP, 0, 0, 0, 0, el4_condition_mask(t->cond), 0);
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
    if (conditional) {
        finish_skip(t, skip);
    } else {
        t->skip_end = 0;
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

/*
 * The A32 word of a T32 Advanced SIMD or floating-point instruction: those differ in the place
 * of a few bits only, and the A32 tables serve both. False: it is none of these.
 */
static bool simd_word(uint32_t insn, uint32_t *a32)
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
    if (simd_word(insn, &simd)) {
        return el4_a32_decode(t, simd);
    }
    return el4_t32_decode(t, insn);
}

/* What SCTLR.ITD makes UNDEFINED in an IT block, by the first halfword. */
static bool is_itd_instruction(unsigned halfword)
{
    return (halfword & 0xc000) == 0xc000 || /* 32 bits, B, UDF, SVC, LDM, STM */
           (halfword & 0xf000) == 0xb000 || /* miscellaneous */
           (halfword & 0xf800) == 0xa000 || /* ADD Rd, PC, #imm */
           (halfword & 0xf800) == 0x4800 || /* LDR literal */
           (halfword & 0xf478) == 0x4478 || /* ADD, CMP, MOV, BX, BLX with Rm PC */
           (halfword & 0xfc87) == 0x4487;   /* ADD, CMP, MOV with Rdn PC */
}

bool el4_t32_translate(struct el4_translator *t, uint32_t insn)
{
    unsigned first = el4_a32_is_t16(t) ? insn : insn >> 16;
    if (t->mode.it_disable && el4_a32_in_it(t) && is_itd_instruction(first)) {
        t->cond = EL4_A32_ALWAYS; /* whatever its condition */
        t->it_next = 0;
        return el4_a32_undefined(t);
    }
    t->cond = el4_a32_in_it(t) ? t->it >> 4 : EL4_A32_ALWAYS;
    t->it_next = (uint8_t)el4_it_advance(t->it);
    translate(t, el4_a32_is_t16(t) ? el4_t16_decode : decode_t32, insn);
    return true;
}
