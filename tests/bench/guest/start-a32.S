/* SPDX-License-Identifier: MIT */
/*
 * Entry of the A32 and T32 bench guests: System mode, so that SVC is an exception to another
 * mode; stack, FP and vectors (also Monitor's, for the guest that owns EL3), then bench_main.
 * Everything the workloads need in assembly is here too.
 */
#include "a32.inc"

    .fpu neon-vfpv4
    .section .text.start, "ax"
    .global _start
_start:
    cps #0x1f
    ldr sp, =stack_top
    ldr r1, =vectors
    mcr p15, 0, r1, c12, c0, 0 /* VBAR */
    /* The bench guest that owns EL3 ends by semihosting, and its name for it is not 0. */
    ldr r0, =bench_owns_el3
    ldr r0, [r0]
    cmp r0, #0
    mcrne p15, 0, r1, c12, c0, 1 /* MVBAR */
    mov r0, #(0xf << 20)
    mcr p15, 0, r0, c1, c0, 2 /* CPACR */
    isb
    mov r0, #(1 << 30)
    vmsr fpexc, r0
    clear_bss
    bl bench_main
    b .

    /* Calls counted in r9 come back at once; anything else is the end. */
    .text
    .balign 32
vectors:
    b unexpected
    b unexpected
    b count_and_return /* SVC to Supervisor mode, SMC to Monitor mode */
    b unexpected
    b unexpected
    b unexpected
    b unexpected
    b unexpected

count_and_return:
    add r9, r9, #1
    movs pc, lr

unexpected:
    mov r0, #3
    b semihosting_exit

    /* uint64_t asm_svc(count), asm_smc(count): that many exceptions there and back. */
    .macro counted name, instruction
    .global \name
    .type \name, %function
\name:
    push {r9, lr}
    mov r9, #0
    cmp r0, #0
    beq 2f
1:  \instruction
    subs r0, r0, #1
    bne 1b
2:  mov r0, r9
    mov r1, #0
    pop {r9, pc}
    .endm
    counted asm_svc, "svc #0"
    counted asm_smc, "smc #0"

    /* uint64_t asm_psci_version(count): the sum of the major versions that came back. */
    .global asm_psci_version
    .type asm_psci_version, %function
asm_psci_version:
    push {r8, r9}
    mov r9, #0
    movs r8, r0
    beq 2f
1:  mov r0, #0x84000000
    hvc #0
    add r9, r9, r0, lsr #16
    subs r8, r8, #1
    bne 1b
2:  mov r0, r9
    mov r1, #0
    pop {r8, r9}
    bx lr

    .global asm_system_off
    .type asm_system_off, %function
asm_system_off:
    movw r0, #0x0008
    movt r0, #0x8400
    hvc #0
    b .

    /* void asm_copy(to, from, bytes): 64 bytes a turn, as a C library's memcpy does it. */
    .balign 64 /* a loop within one page, wherever the linker puts the rest */
    .global asm_copy
    .type asm_copy, %function
asm_copy:
    push {r4-r10, lr}
1:  ldmia r1!, {r3-r10}
    stmia r0!, {r3-r10}
    ldmia r1!, {r3-r10}
    stmia r0!, {r3-r10}
    subs r2, r2, #64
    bhi 1b
    pop {r4-r10, pc}

    /* The same through vector registers. */
    .balign 64
    .global asm_copy_vector
    .type asm_copy_vector, %function
asm_copy_vector:
1:  vld1.64 {d0-d3}, [r1]!
    vld1.64 {d4-d7}, [r1]!
    vst1.64 {d0-d3}, [r0]!
    vst1.64 {d4-d7}, [r0]!
    subs r2, r2, #64
    bhi 1b
    bx lr

    .bss
    .balign 4096
    .skip 16384
stack_top:
