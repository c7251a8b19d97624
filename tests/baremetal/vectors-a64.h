/* SPDX-License-Identifier: MIT */
/*
 * Exceptions as vectors-a64.S hands them over, and its stacks, one for each CPU and level. The
 * first part is for the assembler, too.
 */
#ifndef VECTORS_A64_H
#define VECTORS_A64_H

#define STACK_SHIFT 14
#define STACK_CPUS  8

#define FRAME_BYTES 304 /* struct frame, a multiple of 16 */

#ifndef __ASSEMBLER__
#include <stdint.h>

/* kind: 4 * (0 SP0, 1 SPx, 2 lower) + (0 sync, 1 IRQ, 2 FIQ, 3 SError) */
struct frame {
    uint64_t x[31];
    uint64_t elr, spsr, esr, far, kind, level;
};

/* The program's: called for every exception, on the stack that took it. */
void exception(struct frame *frame);

extern char vectors[];
extern char stacks[];
#endif

#endif
