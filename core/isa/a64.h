/* SPDX-License-Identifier: MIT */
/*
 * What the A64 translate functions share, and what the engine needs of them beside the
 * decoder itself: one function that translates.
 */
#ifndef EL4_ISA_A64_H
#define EL4_ISA_A64_H

#include <stdbool.h>
#include <stdint.h>

#include "a64-decode.h"
#include "engine/emit.h"

/*
 * Translate one instruction, for struct el4_engine_config.decode_a64: the table's decoder, and
 * before the first instruction of a block the check of FEAT_BTI.
 *
 * What BTI relies on: BR and BLR leave BTYPE in cpu->pstate; the engine enters a block of a
 * guarded page with mode.bti set and BTYPE moved from PSTATE to mode.btype, any other block
 * with BTYPE dropped. So PSTATE.BTYPE is clear inside a block until the branch at its end.
 */
bool el4_a64_translate(struct el4_translator *t, uint32_t insn);

/* Slot of Wm or Xm after an extend (option as encoded) and a left shift; a temporary or Xm. */
unsigned el4_a64_extended(struct el4_translator *t, unsigned rm, unsigned option,
                          unsigned shift);

/* The hints of FEAT_PAuth: XPACLRI (CRm 0), those of X16 and X17 (1), of X30 (3). */
void el4_a64_hint_pauth(struct el4_translator *t, unsigned crm, unsigned op2);

#endif
