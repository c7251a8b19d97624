/* SPDX-License-Identifier: MIT */
/*
 * AArch64: reset, the vectors of EL3 and of the payload at S-EL1, and the shim that checks the
 * monitor's answers from the normal world before it goes on to the kernel.
 */

#include "a64.inc"

#define FRAME_BYTES 272 /* struct frame */
#define STACK_SHIFT 13

    .macro save_frame
    sub sp, sp, #FRAME_BYTES
    stp x0, x1, [sp]
    save_x2_to_x29
    .endm

    .macro restore_frame
    restore_x0_to_x29
    add sp, sp, #FRAME_BYTES
    eret
    .endm

    .section .text.start, "ax"
    .global _start
_start:
    msr daifset, #15
    mov x19, x0
    load_address x1, vectors_el3
    msr vbar_el3, x1
    mrs x20, mpidr_el1
    and x20, x20, #0xff
    add x1, x20, #1
    lsl x1, x1, #STACK_SHIFT
    load_address x0, stacks
    add x0, x0, x1
    msr spsel, #1
    mov sp, x0
    isb
    sub sp, sp, #FRAME_BYTES
    mov x0, sp
    mov x1, x20
    mov x2, x19
    bl monitor_start
    b leave

    .text
    .macro vector_entry handler
    .balign 128
    save_frame
    b \handler
    .endm

    .macro vector_bad
    .balign 128
    save_frame
    b el3_bad
    .endm

    .balign 2048
vectors_el3:
    .rept 8
    vector_bad
    .endr
    .rept 2 /* from AArch64, and from AArch32 */
    vector_entry el3_sync
    vector_bad
    vector_entry el3_fiq
    vector_bad
    .endr

    .macro save_return
    mrs x0, elr_el3
    mrs x1, spsr_el3
    stp x30, x0, [sp, #240]
    str x1, [sp, #256]
    mov x0, sp
    .endm

el3_sync:
    save_return
    mrs x1, esr_el3
    lsr x2, x1, #26
    cmp x2, #0x17
    b.eq 1f
    cmp x2, #0x13
    b.ne bad
1:  bl monitor_smc
    b leave

el3_fiq:
    save_return
    bl monitor_fiq
    b leave

leave:
    ldp x30, x0, [sp, #240]
    ldr x1, [sp, #256]
    msr elr_el3, x0
    msr spsr_el3, x1
    restore_frame

el3_bad:
bad:
    mrs x1, elr_el3
    mrs x2, esr_el3
    load_address x0, text_el3
    bl monitor_panic

    /* The payload's: FIQs of its own, and nothing else. */
    .balign 2048
    .global vectors_payload
vectors_payload:
    .set at, 0
    .rept 16
    .balign 128
    .if at == 6
    save_frame
    stp x30, xzr, [sp, #240]
    mov w0, #1
    bl payload_fiq
    ldr x30, [sp, #240]
    restore_frame
    .else
    mrs x1, elr_el1
    mrs x2, esr_el1
    load_address x0, text_payload
    bl monitor_panic
    .endif
    .set at, at + 1
    .endr

    .text
    /* uintptr_t payload_smc(uintptr_t id, uintptr_t x[4]) */
    .global payload_smc
payload_smc:
    stp x19, x30, [sp, #-16]!
    mov x19, x1
    ldp x1, x2, [x19]
    ldp x3, x4, [x19, #16]
    smc #0
    stp x1, x2, [x19]
    str x3, [x19, #16]
    ldp x19, x30, [sp], #16
    ret

    /*
     * The shim: x0 is the device tree, x1 the kernel. It is copied to memory of the normal world.
     * Each step has its number in x21, for the report of a failure.
     */
    .macro step number, id, argument1, argument2, want
    mov x21, #\number
    ldr w0, =\id
    ldr x1, =\argument1
    ldr x2, =\argument2
    smc #0
    ldr x2, =\want
    cmp x0, x2
    b.ne shim_failed
    .endm

    .balign 16
    .global shim_start
shim_start:
    mov x19, x0
    mov x20, x1
    step 1, 0x84000000, 0, 0, 0x10001               /* PSCI_VERSION */
    step 2, 0xb2000001, 40, 2, 42                   /* the payload adds */
    step 3, 0xb2000002, 0, 0, 1                     /* the payload gets a FIQ of its own */
    step 4, 0x82000001, 0x84000000, 0, 1            /* how many PSCI_VERSION */
    step 5, 0x83001234, 0, 0, 0xffffffffffffffff    /* nobody's */
    step 6, 0x82000001, 0, 0, 6                     /* how many of all, this one too */
    step 7, 0x84000004, 1, 0, 1                     /* CPU 1 is off */
    step 8, 0xc4000003, 7, 0, 0xfffffffffffffffe    /* there is no CPU 7 */
    step 9, 0x8400000a, 0x84000013, 0, 0xffffffffffffffff /* MEM_PROTECT is not there */
    mov x0, x19
    mov x1, xzr
    mov x2, xzr
    mov x3, xzr
    br x20
shim_failed:
    mov x2, x0
    mov x1, x21
    ldr w0, =0x820000ff
    smc #0
    b shim_failed
    .balign 8
    .ltorg
    .balign 16
    .global shim_end
shim_end:

    .section .rodata
text_el3:
    .asciz "exception at EL3"
text_payload:
    .asciz "exception of the payload"

    .bss
    .balign 16
stacks:
    .skip 4 << STACK_SHIFT
