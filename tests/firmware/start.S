/* SPDX-License-Identifier: MIT */
/*
 * Reset of the firmware: every CPU notes the state it starts in before it changes any of it.
 * The code may lie in flash; memory that is written is in RAM.
 */
#include "a32.inc"

#define STACK_SHIFT 12

    .section .text.start, "ax"
    .global _start
_start:
    mrs r4, cpsr
    sub r5, pc, #12
    mrc p15, 0, r6, c0, c0, 5  @ MPIDR
    mrc p15, 0, r7, c1, c0, 0  @ SCTLR
    mrc p15, 0, r8, c12, c0, 0 @ VBAR
    /* A stack and a struct start for each CPU, by affinity level 0. */
    and r9, r6, #3
    ldr sp, =stacks
    add r10, r9, #1
    add sp, sp, r10, lsl #STACK_SHIFT
    ldr r0, =vectors
    mcr p15, 0, r0, c12, c0, 0
    isb
    /* From the Normal world this is UNDEFINED. */
    mrc p15, 0, r10, c1, c1, 0 @ SCR
    mrc p15, 0, r11, c1, c1, 2 @ NSACR
    push {r4-r8, r10, r11}
    cmp r9, #0
    bne 2f
    clear_bss
2:
    mov r0, sp
    mov r1, r9
    bl firmware
1:  wfi
    b 1b

    /* uint32_t smc_reaches_monitor(void): what the vector put into r0. */
    .global smc_reaches_monitor
smc_reaches_monitor:
    push {r4, lr}
    ldr r0, =vectors
    mcr p15, 0, r0, c12, c0, 1 @ MVBAR
    isb
    mov r0, #0
    smc #0
    pop {r4, pc}

    .balign 32
vectors:
    b .
    b undefined
    b monitor
    b undefined
    b undefined
    b .
    b .
    b .
monitor:
    mrs r0, cpsr
    movs pc, lr
undefined:
    mov r0, lr
    cps #0x13 @ which has a stack
    b report_exception

    .section .kept, "aw", %nobits
    .balign 8
stacks:
    .skip 4 << STACK_SHIFT
