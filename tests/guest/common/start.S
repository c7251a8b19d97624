/* SPDX-License-Identifier: MIT */
/*
 * Entry of the guests that make calls, the ways down from EL3 and EL2, and calls by SMC and HVC
 * with given registers. Everything runs with the MMU off.
 */

#include "vectors-a64.h"

#include "a64.inc"

    .section .text.start, "ax"
    .global _start
_start:
    msr daifset, #15
    mrs x0, mpidr_el1
    and x0, x0, #0xffffff
    cbnz x0, park
    bl set_up_level
    clear_bss
    bl guest_start
park:
    wfe
    b park

    /* Where CPU_ON and power-down suspend lead: x0 is the context id. */
    .global secondary_entry
secondary_entry:
    mrs x21, daif
    mrs x22, spsel
    mov x20, x0
    bl set_up_level
    mov x0, x20
    mov x1, x21
    mov x2, x22
    bl guest_secondary
    b park

    /* Stack and vectors for the current level; uses x0 to x3. */
set_up_level:
    load_address x3, vectors
    mrs x2, CurrentEL
    cmp x2, #(2 << 2)
    b.eq 2f
    b.hi 3f
    msr vbar_el1, x3
    stack_for_level 1, x0, x1
    mov sp, x0
    isb
    ret
2:  msr vbar_el2, x3
    stack_for_level 2, x0, x1
    mov sp, x0
    isb
    ret
3:  msr vbar_el3, x3
    stack_for_level 3, x0, x1
    mov sp, x0
    isb
    ret

    /* void drop_from_el3(function, spsr), drop_from_el2 likewise: never return. */
    .text
    .global drop_from_el3
drop_from_el3:
    msr elr_el3, x0
    msr spsr_el3, x1
    bl set_lower_stacks
    stack_for_level 2, x0, x1
    msr sp_el2, x0
    load_address x3, vectors
    msr vbar_el2, x3
    isb
    eret

    /* A machine without EL2 has neither SP_EL2 nor VBAR_EL2 to write. */
    .global drop_from_el3_no_el2
drop_from_el3_no_el2:
    msr elr_el3, x0
    msr spsr_el3, x1
    bl set_lower_stacks
    isb
    eret

    .global drop_from_el2
drop_from_el2:
    msr elr_el2, x0
    msr spsr_el2, x1
    bl set_lower_stacks
    isb
    eret

set_lower_stacks:
    stack_for_level 1, x0, x1
    msr sp_el1, x0
    load_address x3, vectors
    msr vbar_el1, x3
    ret

    /*
     * void NAME(uint64_t x[18]): the call with x0 to x17, and back; NAME_instruction is it. x30
     * holds `address` then.
     */
    .macro call_function name, instruction, operands, address=0, el0=0
    .global \name
    .global \name\()_instruction
\name:
    stp x29, x30, [sp, #-32]!
    str x0, [sp, #16]
    mov x30, x0
    ldp x0, x1, [x30]
    ldp x2, x3, [x30, #16]
    ldp x4, x5, [x30, #32]
    ldp x6, x7, [x30, #48]
    ldp x8, x9, [x30, #64]
    ldp x10, x11, [x30, #80]
    ldp x12, x13, [x30, #96]
    ldp x14, x15, [x30, #112]
    ldp x16, x17, [x30, #128]
    .if \el0
    mov x30, #0x3c0
    msr spsr_el1, x30
    adr x30, \name\()_instruction
    msr elr_el1, x30
    eret
    .endif
    mov x30, #\address
\name\()_instruction:
    \instruction \operands
    .if \el0
    svc #0 /* back to EL1 */
    .endif
    ldr x30, [sp, #16]
    stp x0, x1, [x30]
    stp x2, x3, [x30, #16]
    stp x4, x5, [x30, #32]
    stp x6, x7, [x30, #48]
    stp x8, x9, [x30, #64]
    stp x10, x11, [x30, #80]
    stp x12, x13, [x30, #96]
    stp x14, x15, [x30, #112]
    stp x16, x17, [x30, #128]
    ldp x29, x30, [sp], #32
    ret
    .endm

    call_function call_smc, smc, #0
    call_function call_smc_1, smc, #1
    call_function call_smc_ffff, smc, #0xffff
    call_function call_smc_el0, smc, #0, el0=1
    call_function call_hvc, hvc, #0
    call_function call_hvc_1, hvc, #1
    call_function call_hvc_el0, hvc, #0, el0=1
    /* The three ways into the el4 conduit, as policy-el4-call.ini has them. */
    call_function call_hlt, hlt, #0x34
    call_function call_doorbell, str, "wzr, [x30]", 0x0b000000
    call_function call_sysreg, msr, "s3_6_c15_c14_4, xzr"
