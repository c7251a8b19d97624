/* SPDX-License-Identifier: MIT */
/*
 * Entry of the guests of tests/cpu, where every CPU begins at EL3, and calls of functions at a
 * lower level.
 */

#include "vectors-a64.h"

#include "a64.inc"

    .section .text.start, "ax"
    .global _start
_start:
    msr daifset, #15
    mrs x19, mpidr_el1
    and x19, x19, #0xff
    msr tpidr_el1, x19
    msr tpidr_el2, x19
    msr tpidr_el3, x19
    load_address x3, vectors
    msr vbar_el1, x3
    msr vbar_el2, x3
    msr vbar_el3, x3
    msr cptr_el3, xzr
    msr scr_el3, xzr
    isb
    cbnz x19, 3f
    clear_bss
    load_address x0, bss_is_clear
    mov w1, #1
    stlr w1, [x0]
    sev
    b 2f
3:  load_address x0, bss_is_clear
1:  ldar w1, [x0]
    cbz w1, 1b
2:  stack_for_level 3, x0, x1
    mov sp, x0
    mov x0, x19
    bl cpu_start
1:  wfe
    b 1b

    .text
    /* uint64_t run_lower(spsr, function, argument): in cpu.h. */
    .global run_lower
run_lower:
    stp x29, x30, [sp, #-96]!
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    mov x19, x1
    mov x20, x2
    mov x2, sp
    bl prepare_lower
    mov x0, x20
    mov x1, x19
    eret

    /* Back in the caller of run_lower: x0 is its stack pointer, x1 the result. */
    .global resume_upper
resume_upper:
    mov sp, x0
    mov x0, x1
    ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    ldp x29, x30, [sp], #96
    ret

    /* First and last instructions of a function that run_lower() calls. */
    .global lower_by_svc, lower_by_hvc, lower_by_smc
lower_by_svc:
    blr x1
    svc #0x4e0
lower_by_hvc:
    blr x1
    hvc #0x4e0
lower_by_smc:
    blr x1
    smc #0x4e0

    .data
    .balign 4
bss_is_clear:
    .word 0
