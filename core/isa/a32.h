/* SPDX-License-Identifier: MIT */
/*
 * What the translate functions of AArch32 share. One function serves A32, T32 and T16; what
 * differs (the PC's offset, alignment, which writes to R15 change the instruction set) is here.
 *
 * A translate function does not look at its condition: el4_a32_translate() and
 * el4_t32_translate() put a SKIP around what it emits. It sets flags only if its `s` says so,
 * and in T16 that is el4_a32_t16_sets_flags().
 */
#ifndef EL4_ISA_A32_H
#define EL4_ISA_A32_H

#include <stdbool.h>
#include <stdint.h>

#include "a32-decode.h"
#include "engine/emit.h"
#include "isa/isa.h"

enum { EL4_A32_LR = 14, EL4_A32_SP = 13, EL4_A32_PC = 15, EL4_A32_ALWAYS = 14 };

/* ---- where we are ---- */

static inline bool el4_a32_is_thumb(const struct el4_translator *t)
{
    return t->mode.thumb;
}

static inline bool el4_a32_is_t16(const struct el4_translator *t)
{
    return t->insn_bytes == 2;
}

/* InITBlock() of the manual. */
static inline bool el4_a32_in_it(const struct el4_translator *t)
{
    return (t->it & 15) != 0;
}

/* LastInITBlock(): where an instruction that writes the PC may stand in an IT block. */
static inline bool el4_a32_last_in_it(const struct el4_translator *t)
{
    return (t->it & 15) == 8;
}

/* 16-bit data processing sets the flags outside IT blocks only. */
static inline bool el4_a32_t16_sets_flags(const struct el4_translator *t)
{
    return !el4_a32_in_it(t);
}

/* ESR of an exception that this instruction raises: IL is clear for a 16-bit one. */
static inline uint64_t el4_a32_esr(const struct el4_translator *t, unsigned ec, uint32_t iss)
{
    return EL4_ESR(ec, iss) & ~(el4_a32_is_t16(t) ? (uint64_t)EL4_ESR_IL : 0);
}

/* ISS.CV and ISS.COND of traps that have them. */
static inline uint32_t el4_a32_iss_cond(const struct el4_translator *t)
{
    return 1u << 24 | (uint32_t)t->cond << 20;
}

/* ---- operands ---- */

static inline unsigned el4_a32_constant(struct el4_translator *t, uint64_t value)
{
    unsigned slot = el4_temp(t);
    el4_emit_movi(t, slot, value);
    return slot;
}

/* Types of shifts as encoded; ROR by 0 is RRX. */
enum el4_a32_shift { EL4_A32_LSL, EL4_A32_LSR, EL4_A32_ASR, EL4_A32_ROR };

/* d = Rm one to the right, the carry moving in at the top. */
static inline void el4_a32_emit_rrx(struct el4_translator *t, unsigned d, unsigned m)
{
    unsigned carry = el4_temp(t);
    el4_emit(t, EL4_UOP_GETF, carry, 0, 0, 0, 0, 0);
    el4_emit_dai(t, EL4_UOP_LSRI32, carry, carry, 29);
    el4_emit(t, EL4_UOP_EXTR32, d, carry, m, 0, 0, 1);
}

/* ---- the PC as a source ---- */

/* What R15 reads as, from the block's first instruction: this one and 8, in T32 4. */
static inline uint32_t el4_a32_pc_offset(const struct el4_translator *t)
{
    return t->offset + (el4_a32_is_thumb(t) ? 4 : 8);
}

/* Slot with PC + delta. */
static inline unsigned el4_a32_pc_plus(struct el4_translator *t, int32_t delta)
{
    unsigned d = el4_temp(t);
    el4_emit_dai(t, EL4_UOP_ADDI32, d, EL4_SLOT_PC, el4_a32_pc_offset(t) + (uint32_t)delta);
    return d;
}

/* Slot with Align(PC, 4) + delta: literals, ADR, BLX. Where the page is does not matter. */
static inline unsigned el4_a32_pc_aligned_plus(struct el4_translator *t, int32_t delta)
{
    uint32_t beyond = (t->page_offset + el4_a32_pc_offset(t)) & 3;
    return el4_a32_pc_plus(t, (int32_t)((uint32_t)delta - beyond));
}

static inline unsigned el4_a32_read_pc(struct el4_translator *t)
{
    return el4_a32_pc_plus(t, 0);
}

/* Slot of Rn as a source; R15 is a temporary with the PC's value. */
static inline unsigned el4_a32_reg(struct el4_translator *t, unsigned n)
{
    return n == EL4_A32_PC ? el4_a32_read_pc(t) : n;
}

/* The same, R15 being Align(PC, 4): bases of loads and stores, and of ADR. */
static inline unsigned el4_a32_base(struct el4_translator *t, unsigned n)
{
    return n == EL4_A32_PC ? el4_a32_pc_aligned_plus(t, 0) : n;
}

/*
 * ---- the PC as a destination: all of these end the block ----
 * In an IT block they may only come last; elsewhere ITSTATE is dropped.
 */

/* BXWritePC(): bit 0 tells the instruction set. */
static inline void el4_a32_write_pc_bx(struct el4_translator *t, unsigned slot)
{
    el4_emit(t, EL4_UOP_BX32, 0, slot, 0, 0, 0, 0);
    t->ended = true;
}

/* BranchWritePC(): stays in its instruction set. */
static inline void el4_a32_write_pc_branch(struct el4_translator *t, unsigned slot)
{
    unsigned target = el4_temp(t);
    el4_emit_dai(t, EL4_UOP_ANDI32, target, slot, el4_a32_is_thumb(t) ? ~1u : ~3u);
    el4_emit(t, EL4_UOP_BR, 0, target, 0, 0, 0, 0);
    t->ended = true;
}

/* LoadWritePC(): as BX since ARMv5T. */
static inline void el4_a32_write_pc_load(struct el4_translator *t, unsigned slot)
{
    el4_a32_write_pc_bx(t, slot);
}

/* ALUWritePC(): as BX in A32 since ARMv7, a plain branch in T32. */
static inline void el4_a32_write_pc_alu(struct el4_translator *t, unsigned slot)
{
    if (el4_a32_is_thumb(t)) {
        el4_a32_write_pc_branch(t, slot);
    } else {
        el4_a32_write_pc_bx(t, slot);
    }
}

/*
 * Destination of a data-processing instruction: emit into el4_a32_dest(t, n), which is a
 * temporary for R15, and call el4_a32_dest_done() after the last micro-op.
 */
static inline unsigned el4_a32_dest(struct el4_translator *t, unsigned n)
{
    return n == EL4_A32_PC ? el4_temp(t) : n;
}

static inline void el4_a32_dest_done(struct el4_translator *t, unsigned n, unsigned slot)
{
    if (n == EL4_A32_PC) {
        el4_a32_write_pc_alu(t, slot);
    }
}

/* Rn = slot; R15 as a data-processing instruction writes it. */
static inline void el4_a32_write_reg(struct el4_translator *t, unsigned n, unsigned slot)
{
    if (n == EL4_A32_PC) {
        el4_a32_write_pc_alu(t, slot);
    } else {
        el4_emit_da(t, EL4_UOP_MOV32, n, slot);
    }
}

/*
 * SUBS PC, LR and the like: PC = slot and CPSR = SPSR of the current mode, as an exception
 * return does (a32-system.c). False: UNDEFINED here.
 */
bool el4_a32_return_with(struct el4_translator *t, unsigned slot);
/* The same with a PSR in a slot instead of the SPSR (RFE). */
void el4_a32_return_to(struct el4_translator *t, unsigned slot, unsigned psr);
/* Emit what refuses a return in System mode, for what must not load anything first. */
void el4_a32_emit_check_return(struct el4_translator *t);

/* ---- direct branches ---- */

/* imm of B, BCOND, CBZ32 and the like: PC + delta, PC as R15 reads. */
static inline uint64_t el4_a32_branch_imm(const struct el4_translator *t, int32_t delta)
{
    return (uint64_t)(int64_t)(int32_t)(el4_a32_pc_offset(t) + (uint32_t)delta);
}

/*
 * To PC + delta in the same instruction set: a BCOND if nothing comes before it under the
 * condition (B), else a B (BL). T32's B<cond>, which has its own condition, emits BCOND itself.
 */
void el4_a32_branch(struct el4_translator *t, int32_t delta);

/* BLX (immediate): to Align(PC, 4) + delta in the other instruction set. */
void el4_a32_branch_exchange(struct el4_translator *t, int32_t delta);

/* LR = address of the next instruction, bit 0 set in T32. */
static inline void el4_a32_link(struct el4_translator *t)
{
    el4_emit_dai(t, EL4_UOP_ADDI32, EL4_A32_LR, EL4_SLOT_PC,
                 (t->offset + t->insn_bytes) | (el4_a32_is_thumb(t) ? 1u : 0));
}

/* ---- addresses ---- */

/*
 * Address base + offset of a load or store: the slot for the micro-op, to which it adds *imm.
 * The sum wraps at 32 bits because aux says so (EL4_MEM_ADDR32, part of el4_mem_aux()): one
 * beyond 4 GiB misses the fast TLB, and the slow path cuts it.
 */
static inline unsigned el4_a32_address(struct el4_translator *t, unsigned base, int32_t offset,
                                       uint64_t *imm)
{
    *imm = (uint64_t)(int64_t)offset;
    return base;
}

/* ---- refusals ---- */

/* UNDEFINED when executed, for a translate function that has emitted something already. */
static inline bool el4_a32_undefined(struct el4_translator *t)
{
    el4_emit_raise(t, EL4_RAISE_UNDEF, EL4_ESR(EL4_EC_UNKNOWN, 0));
    return true;
}

#endif
