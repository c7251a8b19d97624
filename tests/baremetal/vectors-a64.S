/* SPDX-License-Identifier: MIT */
/*
 * Vectors that serve EL1, EL2 and EL3 alike: exception() in C gets a struct frame, and what it
 * leaves there is what goes on. And the stacks of all CPUs and levels.
 */
#include "vectors-a64.h"

#include "a64.inc"

    .macro vector kind
    .balign 128
    sub sp, sp, #FRAME_BYTES
    stp x0, x1, [sp]
    mov x0, #\kind
    b save
    .endm

    .text
    .balign 2048
    .global vectors
vectors:
    .set kind, 0
    .rept 16
    vector kind
    .set kind, kind + 1
    .endr

    .macro save_special level
    mrs x0, elr_el\level
    mrs x1, spsr_el\level
    mrs x2, esr_el\level
    mrs x3, far_el\level
    b 4f
    .endm

    .macro restore_special level
    msr elr_el\level, x0
    msr spsr_el\level, x1
    b 4f
    .endm

save:
    save_x2_to_x29
    mov x19, x0
    mrs x20, CurrentEL
    lsr x20, x20, #2
    cmp x20, #2
    b.eq 2f
    b.hi 3f
    save_special 1
2:  save_special 2
3:  save_special 3
4:  stp x30, x0, [sp, #240]
    stp x1, x2, [sp, #256]
    stp x3, x19, [sp, #272]
    str x20, [sp, #288]
    mov x0, sp
    bl exception
    ldr x30, [sp, #240]
    ldp x0, x1, [sp, #248]
    cmp x20, #2
    b.eq 2f
    b.hi 3f
    restore_special 1
2:  restore_special 2
3:  restore_special 3
4:  restore_x0_to_x29
    add sp, sp, #FRAME_BYTES
    eret

    .section .stacks, "aw", %nobits
    .balign 4096
    .global stacks
stacks:
    .skip (STACK_CPUS * 4 + 1) << STACK_SHIFT
