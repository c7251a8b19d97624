/* SPDX-License-Identifier: MIT */
/* Between a32.c, a32-psr.c, a32-exception.c and a32-fp.c. */
#ifndef EL4_CPU_A32_PRIVATE_H
#define EL4_CPU_A32_PRIVATE_H

#include "cpu/a32.h"

/* Where a mode's SPSR is kept; NULL for User and System. */
uint64_t *el4_a32_spsr_of(struct el4_cpu *cpu, uint32_t mode);
/* R0..R14 and the banks from X0..X30, as User mode. */
void el4_a32_adopt_x(struct el4_cpu *cpu);
/* SetPSTATEFromPSR() within AArch32; then el4_cpu_update_mode(). */
void el4_a32_set_psr(struct el4_cpu *cpu, uint32_t spsr);
/* A PC from an exception return: aligned for the instruction set of PSTATE.T. */
uint32_t el4_a32_align_pc(const struct el4_cpu *cpu, uint64_t pc);
/* CPSR.A and F are the Secure world's: writes and exceptions leave them alone. */
bool el4_a32_mask_is_locked(const struct el4_cpu *cpu, uint64_t scr_enable);

#endif
