/* SPDX-License-Identifier: MIT */
/*
 * What the A64 translate functions share.
 */
#ifndef EL4_ISA_A64_H
#define EL4_ISA_A64_H

#include <stdbool.h>
#include <stdint.h>

#include "a64-decode.h"
#include "engine/emit.h"
#include "isa/isa.h"

/* Slot of Wm or Xm after an extend (option as encoded) and a left shift; a temporary or Xm. */
unsigned el4_a64_extended(struct el4_translator *t, unsigned rm, unsigned option,
                          unsigned shift);

/* Addressing of a load or store by an immediate, and its writeback, which goes last. */
enum a64_addressing { ADDRESS_OFFSET, ADDRESS_POST, ADDRESS_PRE };

static inline void el4_a64_writeback(struct el4_translator *t, unsigned rn, int64_t offset)
{
    el4_emit_dai(t, EL4_UOP_ADDI64, el4_reg_sp(rn), el4_reg_sp(rn), (uint64_t)offset);
}

/* The hints of FEAT_PAuth: XPACLRI (CRm 0), those of X16 and X17 (1), of X30 (3). */
void el4_a64_hint_pauth(struct el4_translator *t, unsigned crm, unsigned op2);

#endif
