/* SPDX-License-Identifier: MIT */
/*
 * Self-hosted debug (DDI 0487 D2, G2): breakpoints, watchpoints, vector catch, software step.
 *
 * Engine: while mode.single_insn is set each block is one instruction, and the run loop calls
 * el4_debug_before() ahead of it and el4_debug_after() once it completed without exception.
 * Nothing else is needed for step and breakpoints; neither costs anything while unused.
 *
 * Memory: while cpu->debug_active has EL4_DEBUG_WATCHED_PAGES, a page for which
 * el4_debug_page_watched() is true stays out of the fast TLB; with EL4_DEBUG_WATCHPOINTS the
 * slow path calls el4_debug_check_watchpoints() after translation succeeded and before the
 * access is done. The former depends on no mode, so that only writes of the debug registers
 * need to empty the fast TLBs.
 */
#ifndef EL4_CPU_DEBUG_H
#define EL4_CPU_DEBUG_H

#include <stdbool.h>
#include <stdint.h>

struct el4_cpu;

#define EL4_DEBUG_BREAKPOINTS   1u /* some breakpoint or vector catch may hit in this mode */
#define EL4_DEBUG_WATCHPOINTS   2u
#define EL4_DEBUG_STEP          4u /* software step is active */
#define EL4_DEBUG_WATCHED_PAGES 8u /* some watchpoint is enabled, for this mode or another */

/* Work out cpu->debug_active for the current mode and registers. */
void el4_debug_update(struct el4_cpu *cpu);

/* Debug exceptions of EL1 and EL0 of that world are for EL2 (DebugTargetFrom). */
bool el4_debug_goes_to_el2(const struct el4_cpu *cpu, bool secure);

/* Debug exceptions are generated now (AArch64.GenerateDebugExceptions). */
bool el4_debug_exceptions_enabled(const struct el4_cpu *cpu);
/* The same from another EL, security state and PSTATE.D (for exception returns). */
bool el4_debug_exceptions_enabled_from(const struct el4_cpu *cpu, unsigned el, bool secure,
                                       bool masked);

/* Software step is on, for what the debug target of that world (it uses AArch64) is told. */
bool el4_debug_step_enabled(const struct el4_cpu *cpu, bool secure);

/* True: a step, breakpoint or vector catch exception was taken instead of the instruction at
 * the PC slot. */
bool el4_debug_before(struct el4_cpu *cpu);
/* The instruction completed: an active step becomes pending. */
void el4_debug_after(struct el4_cpu *cpu);

/* Some enabled watchpoint looks at the 4 KiB page of va (top byte ignored). */
bool el4_debug_page_watched(const struct el4_cpu *cpu, uint64_t va);
/* The access hits a watchpoint; privileged: not an EL0 or unprivileged (LDTR) access. */
bool el4_debug_watchpoint_hit(const struct el4_cpu *cpu, uint64_t va, unsigned bytes,
                              bool is_write, bool privileged);
/* Raise the watchpoint exception if it hits. */
void el4_debug_check_watchpoints(struct el4_cpu *cpu, uint64_t va, unsigned bytes,
                                 bool is_write, bool privileged);

#endif
