/* SPDX-License-Identifier: MIT */
/*
 * Entry, exception vectors and calls of the AArch32 guests. Everything runs with the MMU off.
 * The Secure world, the Normal world, Hyp and Monitor mode have tables of their own, so that a
 * note of an exception tells where it went.
 */
#include "a32.inc"

#define STACK_SHIFT 12
#define SECONDARIES 8

    .section .text.start, "ax"
    .global _start
_start:
    cpsid aif
    mrc p15, 0, r0, c0, c0, 5 @ MPIDR
    tst r0, #0xff
    bne park
    clear_bss
    mrs r0, cpsr
    and r0, r0, #0x1f
    cmp r0, #0x1a
    beq begin_hyp
    /* Which world this is, the guest finds out; the table says "Secure" for now. */
    ldr sp, =stack_svc
    ldr r1, =vectors_secure
    mcr p15, 0, r1, c12, c0, 0 @ VBAR
    isb
    bl guest_start
begin_hyp:
    ldr r4, =guest_start
    b enter_hyp
park:
    wfi
    b park

    /* r4: the function; these never return. */
enter_hyp:
    ldr sp, =stack_hyp
    ldr r1, =vectors_hyp
    mcr p15, 4, r1, c12, c0, 0 @ HVBAR
    isb
    mrs r0, cpsr
    and r0, r0, #0x1f
    blx r4
enter_svc:
    ldr sp, =stack_svc
    ldr r1, =vectors_normal
    mcr p15, 0, r1, c12, c0, 0 @ VBAR
    isb
    mrs r0, cpsr
    and r0, r0, #0x1f
    blx r4

    /* CPU_ON leads here, in ARM state and at Hyp or Supervisor mode: r0 is the context id. */
    .global secondary_entry
secondary_entry:
    mrs r1, cpsr
    mrc p15, 0, r2, c0, c0, 5 @ MPIDR
    and r2, r2, #SECONDARIES - 1
    ldr sp, =stack_secondary
    add sp, sp, r2, lsl #STACK_SHIFT
    bl guest_secondary
    b park

    .text
    /* void leave_secure(function, mode, scr): from Secure Supervisor mode by way of Monitor. */
    .global leave_secure
leave_secure:
    mov r4, r0
    and r5, r1, #0x1f
    cps #0x16
    mcr p15, 0, r2, c1, c1, 0 @ SCR
    isb
    ldr r3, =0x00c50838
    mcr p15, 0, r3, c1, c0, 0 @ SCTLR of the Normal world
    isb
    msr spsr_fsxc, r1
    cmp r5, #0x1a
    ldreq lr, =enter_hyp
    ldrne lr, =enter_svc
    movs pc, lr

    /*
     * void in_monitor_mode(function): from Secure Supervisor mode and back, on the same stack;
     * the function may not call SMC.
     */
    .global in_monitor_mode
in_monitor_mode:
    push {r4, lr}
    mov r4, sp
    cps #0x16
    mov sp, r4
    blx r0
    cps #0x13
    pop {r4, pc}

    /* void leave_hyp(function): to Supervisor mode. */
    .global leave_hyp
leave_hyp:
    mov r4, r0
    ldr r3, =0x00c50838
    mcr p15, 0, r3, c1, c0, 0
    mov r1, #0x1d3
    msr spsr_fsxc, r1
    ldr r1, =enter_svc
    msr elr_hyp, r1
    isb
    eret

    .global use_normal_vectors
use_normal_vectors:
    ldr r1, =vectors_normal
    mcr p15, 0, r1, c12, c0, 0
    isb
    bx lr

    .global use_monitor_vectors
use_monitor_vectors:
    ldr r1, =vectors_monitor
    mcr p15, 0, r1, c12, c0, 1 @ MVBAR
    isb
    bx lr

    /* struct frame: r0 to r12, lr. guest_exception(frame, table, vector, spsr) */
    .macro stub table, vector
stub_\table\()_\vector:
    ldr sp, =stack_exception
    push {r0-r12, lr}
    mov r1, #\table
    mov r2, #\vector
    b exception
    .endm

    .macro stub_hyp vector
stub_2_\vector:
    push {r0-r12, lr}
    mov r1, #2
    mov r2, #\vector
    b exception_hyp
    .endm

    .macro table number, svc
    b stub_\number\()_0
    b stub_\number\()_1
    .ifb \svc
    b stub_\number\()_2
    .else
    \svc
    .endif
    b stub_\number\()_3
    b stub_\number\()_4
    b stub_\number\()_5
    b stub_\number\()_6
    b stub_\number\()_7
    .endm

    .balign 32
vectors_secure:
    table 0
vectors_normal:
    table 1, "bx lr" @ from User mode, by call_function's SVC
vectors_hyp:
    table 2
vectors_monitor:
    table 3

    .irp vector, 0, 1, 2, 3, 4, 5, 6, 7
    stub 0, \vector
    stub 1, \vector
    stub_hyp \vector
    stub 3, \vector
    .endr
    .ltorg

exception:
    mov r0, sp
    mrs r3, spsr
    bl guest_exception
    str r0, [sp, #13 * 4]
    pop {r0-r12, lr}
    movs pc, lr

exception_hyp:
    mov r0, sp
    mrs r3, elr_hyp
    bl guest_exception
    msr elr_hyp, r0
    pop {r0-r12, lr}
    eret

    /*
     * void NAME(uint32_t r[13]): the call with r0 to r12, and back; NAME_instruction is it, and
     * NAME_end what comes next. `before` stands before it; `user`: it is in User mode.
     */
    .macro call_begin name
    .global \name
    .global \name\()_instruction
    .global \name\()_end
\name:
    push {r4-r11, lr}
    push {r0, r1}
    ldm r0, {r0-r12}
    .endm

    .macro call_end
    ldr lr, [sp]
    stm lr, {r0-r12}
    pop {r0, r1}
    pop {r4-r11, pc}
    .endm

    /* To the code that follows, in User mode; no stack is needed there. */
    .macro enter_user thumb
    mov lr, #(0x1d0 | \thumb << 5)
    msr spsr_fsxc, lr
    adr lr, 1f
    movs pc, lr
    .balign 4
1:
    .endm

    .macro call_function name, instruction, before, user=0
    call_begin \name
    .if \user
    enter_user 0
    .endif
    \before
\name\()_instruction:
    \instruction
\name\()_end:
    .if \user
    svc #0
    .endif
    call_end
    .endm

    /* In T32. What leads back to A32, BX PC or SVC, must end at a multiple of 4. */
    .macro call_function_t32 name, instruction, before, user=0
    call_begin \name
    .if \user
    enter_user 1
    .thumb
    .else
    blx 1f
    .thumb
1:
    .endif
    \before
\name\()_instruction:
    \instruction
\name\()_end:
    .if \user
    .balign 4
    nop
    svc #0
    .else
    .balign 4
    bx pc
    nop
    .endif
    .arm
    call_end
    .endm

    call_function call_smc, "smc #0"
    call_function call_smc_1, "smc #1"
    call_function call_smc_user, "smc #0", user=1
    call_function call_hvc, "hvc #0"
    call_function call_hvc_1, "hvc #1"
    call_function call_hvc_user, "hvc #0", user=1
    call_function_t32 call_smc_t32, "smc #0"
    call_function_t32 call_smc_t32_user, "smc #0", user=1
    call_function_t32 call_hvc_t32, "hvc #0"
    call_function_t32 call_hvc_t32_user, "hvc #0", user=1
    /* SP is not 0. */
    call_function call_smc_true, "smcne #0", "cmp sp, #0"
    call_function call_smc_false, "smceq #0", "cmp sp, #0"
    call_function_t32 call_smc_it_true, "smcne #0", "cmp sp, #0 ; it ne"
    call_function_t32 call_smc_it_false, "smceq #0", "cmp sp, #0 ; it eq"
    call_function call_read_scr, "mrc p15, 0, r0, c1, c1, 0"
    call_function call_sysreg, "mcr p15, 6, r0, c15, c14, 4"
    call_function call_hlt, ".inst 0xe1000374"      @ HLT #0x34
    call_function_t32 call_hlt_t32, ".inst.n 0xbab4" @ HLT #0x34

    /* The doorbell is a store to r9. */
    call_function call_doorbell, "str r9, [r9]"

    .section .stacks, "aw", %nobits
    .balign 8
    .skip 1 << STACK_SHIFT
stack_svc:
    .skip 1 << STACK_SHIFT
stack_hyp:
    .skip 1 << STACK_SHIFT
stack_exception:
    .skip 1 << STACK_SHIFT
stack_secondary: /* the first one's; more above it */
    .skip (SECONDARIES - 1) << STACK_SHIFT
