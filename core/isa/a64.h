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

/* The hints of FEAT_PAuth: XPACLRI (CRm 0), those of X16 and X17 (1), of X30 (3). */
void el4_a64_hint_pauth(struct el4_translator *t, unsigned crm, unsigned op2);

#endif
