/* SPDX-License-Identifier: MIT */
/*
 * What a translate function sees: the translator, and one emit function per operand shape.
 * A translate function `bool el4_a64_NAME(struct el4_translator *t, const struct a64_args_X
 * *a)` emits the micro-ops of one instruction and returns true, or returns false for UNDEFINED
 * (before emitting anything that matters: the translator drops what it emitted).
 *
 * Rules: results of an instruction that may fault are written after its last M micro-op
 * (address writeback included), so that a fault leaves the state as before the instruction;
 * loads may write their destinations as they go if no base or index register among them.
 */
#ifndef EL4_ENGINE_EMIT_H
#define EL4_ENGINE_EMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/cpu.h"
#include "engine/uop.h"

struct el4_translator {
    const struct el4_features *features;
    union el4_cpu_mode mode;
    uint32_t insn;        /* the encoding being translated */
    uint32_t page_offset; /* of the block's first instruction within its 4 KiB page */
    uint32_t offset;      /* of this instruction from the block's first, in bytes */
    uint32_t insn_bytes;  /* 4; 2 for T16 */
    bool ended;           /* a terminating micro-op was emitted */
    /* AArch32 (core/isa/a32.c): condition, and ITSTATE of this and of the next instruction. */
    uint8_t cond;      /* 14: always */
    uint8_t it;        /* 0: not in an IT block */
    uint8_t it_next;   /* the IT instruction sets it */
    bool cond_taken;   /* the instruction's micro-ops look at the condition themselves */
    unsigned skip_end; /* where the SKIP of the instruction before leads to, 0: there is none */
    unsigned skip_at;  /* that SKIP */
    unsigned temp_next; /* next free temporary slot; reset at each instruction */

    struct el4_uop *uops;
    unsigned uop_count;
    unsigned uop_capacity; /* EL4_UOPS_PER_INSN_MAX of it are free at each insn */
};

#define EL4_UOPS_PER_INSN_MAX 96

/* Slot of Xn as a source, 31 reading as zero. */
static inline uint8_t el4_reg(unsigned n)
{
    return n == 31 ? EL4_SLOT_ZERO : (uint8_t)n;
}

/* Slot of Xn as a destination, 31 being discarded. */
static inline uint8_t el4_reg_out(unsigned n)
{
    return n == 31 ? EL4_SLOT_SINK : (uint8_t)n;
}

/* Slot of Xn or SP (31), source or destination. */
static inline uint8_t el4_reg_sp(unsigned n)
{
    return (uint8_t)n;
}

/* A fresh temporary of this instruction. */
static inline uint8_t el4_temp(struct el4_translator *t)
{
    return (uint8_t)t->temp_next++;
}

/*
 * What a micro-op has for a condition (DDI 0487 C1.2.4): bit n says whether it holds when NZCV
 * is n.
 */
static inline unsigned el4_condition_mask(unsigned condition)
{
    static const uint16_t masks[16] = {
        0xf0f0, 0x0f0f, 0xcccc, 0x3333, 0xff00, 0x00ff, 0xaaaa, 0x5555,
        0x0c0c, 0xf3f3, 0xaa55, 0x55aa, 0x0a05, 0xf5fa, 0xffff, 0xffff,
    };
    return masks[condition & 15];
}

/* Whether a micro-op may change NZCV. */
bool el4_uop_writes_flags(enum el4_uop_code op);

/* The general emitter; all the others are short forms of it. */
struct el4_uop *el4_emit(struct el4_translator *t, enum el4_uop_code op, unsigned d, unsigned a,
                         unsigned b, unsigned c, unsigned aux, uint64_t imm);

static inline void el4_emit_da(struct el4_translator *t, enum el4_uop_code op, unsigned d,
                               unsigned a)
{
    el4_emit(t, op, d, a, 0, 0, 0, 0);
}

static inline void el4_emit_dab(struct el4_translator *t, enum el4_uop_code op, unsigned d,
                                unsigned a, unsigned b)
{
    el4_emit(t, op, d, a, b, 0, 0, 0);
}

static inline void el4_emit_dai(struct el4_translator *t, enum el4_uop_code op, unsigned d,
                                unsigned a, uint64_t imm)
{
    el4_emit(t, op, d, a, 0, 0, 0, imm);
}

static inline void el4_emit_movi(struct el4_translator *t, unsigned d, uint64_t imm)
{
    el4_emit(t, EL4_UOP_MOVI, d, 0, 0, 0, 0, imm);
}

/* d = PC of this instruction + delta. */
static inline void el4_emit_pcrel(struct el4_translator *t, unsigned d, uint64_t delta)
{
    el4_emit(t, EL4_UOP_PCREL, d, 0, 0, 0, 0, t->offset + delta);
}

/* d = fn(cpu, a, b, c, aux); d may be EL4_SLOT_SINK. */
static inline void el4_emit_call(struct el4_translator *t, el4_call_fn *fn, unsigned d,
                                 unsigned a, unsigned b, unsigned c, unsigned aux)
{
    el4_emit(t, EL4_UOP_CALL, d, a, b, c, aux, (uint64_t)(uintptr_t)fn);
}

/* fn(cpu, {d, a, b, c, aux}) on V registers (fn decides what each number means). */
static inline void el4_emit_vcall(struct el4_translator *t, el4_vcall_fn *fn, unsigned d,
                                  unsigned a, unsigned b, unsigned c, unsigned aux)
{
    el4_emit(t, EL4_UOP_VCALL, d, a, b, c, aux, (uint64_t)(uintptr_t)fn);
}

/* Raise; ends the block. */
static inline void el4_emit_raise(struct el4_translator *t, enum el4_raise_kind kind,
                                  uint64_t esr)
{
    el4_emit(t, EL4_UOP_RAISE, 0, 0, 0, 0, kind, esr);
    t->ended = true;
}

/* PSTATE.IT is not kept inside blocks: what the next one begins with, 0 being no work. */
void el4_emit_set_it(struct el4_translator *t, unsigned it);

/* End the block, going on at the next instruction with mode and events re-examined. */
static inline void el4_emit_exit_next(struct el4_translator *t)
{
    el4_emit_set_it(t, t->it_next);
    el4_emit(t, EL4_UOP_EXIT, 0, 0, 0, 0, 0, t->offset + t->insn_bytes);
    t->ended = true;
}

/* Direct branch to this instruction's PC + delta; ends the block. */
static inline void el4_emit_branch(struct el4_translator *t, int64_t delta)
{
    el4_emit(t, EL4_UOP_B, 0, 0, 0, 0, 0, t->offset + (uint64_t)delta);
    t->ended = true;
}

/* aux of a plain data access in the current mode. */
static inline unsigned el4_mem_aux(const struct el4_translator *t)
{
    return t->mode.mmu_index | (t->mode.big_endian ? EL4_MEM_BIG_ENDIAN : 0) |
           (t->mode.align_check ? EL4_MEM_ALIGN_CHECK : 0) |
           (t->mode.aarch32 ? EL4_MEM_ADDR32 : 0);
}

/* aux of an unprivileged access (LDTR, STTR). */
static inline unsigned el4_mem_aux_unpriv(const struct el4_translator *t)
{
    return (el4_mem_aux(t) & ~EL4_MEM_INDEX_MASK) | t->mode.unpriv_index;
}

/*
 * SIMD and FP instructions begin with this: emits the trap and returns false if the access is
 * trapped (the caller then returns true at once), else returns true.
 */
bool el4_emit_fp_check(struct el4_translator *t);

/* Base register Xn|SP of a load or store: emits the SP alignment check where it applies. */
void el4_emit_sp_check(struct el4_translator *t, unsigned rn);

#endif
