/* SPDX-License-Identifier: MIT */
/*
 * The instruction sets, as the engine takes them: one translate function each
 * (struct el4_engine_config).
 */
#ifndef EL4_ISA_ISA_H
#define EL4_ISA_ISA_H

#include <stdbool.h>
#include <stdint.h>

struct el4_translator;

/*
 * Translate one A64 instruction: the table's decoder, and before the first instruction of a
 * block the check of FEAT_BTI.
 *
 * What BTI relies on: BR and BLR leave BTYPE in cpu->pstate; the engine enters a block of a
 * guarded page with mode.bti set and BTYPE moved from PSTATE to mode.btype, any other block
 * with BTYPE dropped. So PSTATE.BTYPE is clear inside a block until the branch at its end.
 */
bool el4_a64_translate(struct el4_translator *t, uint32_t insn);

/*
 * Translate one instruction of A32 or T32 under its condition; t->it_next is the ITSTATE that
 * follows. A T32 instruction has two bytes (t->insn_bytes), or four, the first halfword then
 * being the upper half of insn.
 */
bool el4_a32_translate(struct el4_translator *t, uint32_t insn);
bool el4_t32_translate(struct el4_translator *t, uint32_t insn);

/* Name of the table's line that an encoding matches, NULL for UNDEFINED ones. */
const char *el4_a64_insn_name(uint32_t insn);

#endif
