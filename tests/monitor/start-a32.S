/* SPDX-License-Identifier: MIT */
/*
 * AArch32: reset in Secure Supervisor mode, the vectors of Monitor mode and of the payload, the
 * registers of the modes, and the shim that checks the monitor's answers from the normal world
 * before it goes on to the kernel.
 */

#include "a32.inc"

#define FRAME_BYTES 64 /* struct frame */
#define STACK_SHIFT 13
#define MODE_FIQ 0x11
#define MODE_IRQ 0x12
#define MODE_SVC 0x13
#define MODE_MON 0x16
#define MODE_ABT 0x17
#define MODE_UND 0x1b
#define MODE_SYS 0x1f

    .section .text.start, "ax"
    .global _start
_start:
    cpsid aif
    mov r4, r2
    ldr r0, =vectors_monitor
    mcr p15, 0, r0, c12, c0, 1 /* MVBAR */
    mrc p15, 0, r5, c0, c0, 5  /* MPIDR */
    and r5, r5, #0xff
    cps #MODE_MON
    add r1, r5, #1
    ldr r0, =stacks
    add sp, r0, r1, lsl #STACK_SHIFT
    isb
    sub sp, sp, #FRAME_BYTES
    mov r0, sp
    mov r1, r5
    mov r2, r4
    bl monitor_start
    b leave

    .text
    .macro save_frame
    sub sp, sp, #FRAME_BYTES
    stmia sp, {r0-r12}
    str lr, [sp, #52]
    mrs r1, spsr
    str r1, [sp, #56]
    /* C code of the monitor sees the Secure registers: SCR.NS is 0 until we leave. */
    mrc p15, 0, r2, c1, c1, 0
    bic r2, r2, #1
    mcr p15, 0, r2, c1, c1, 0
    isb
    mov r0, sp
    .endm

    .balign 32
vectors_monitor:
    b bad_monitor
    b bad_monitor
    b monitor_smc_entry
    b bad_monitor_abort
    b bad_monitor_abort
    b bad_monitor
    b bad_monitor
    b monitor_fiq_entry

monitor_smc_entry:
    save_frame
    bl monitor_smc
    b leave

monitor_fiq_entry:
    sub lr, lr, #4
    save_frame
    bl monitor_fiq
    /* fall through */

    /* To the world whose frame lies on the stack. */
leave:
    mov r0, sp
    bl monitor_scr
    mcr p15, 0, r0, c1, c1, 0
    isb
    ldr lr, [sp, #52]
    ldr r0, [sp, #56]
    msr spsr_cxsf, r0
    ldmia sp, {r0-r12}
    add sp, sp, #FRAME_BYTES
    movs pc, lr

bad_monitor_abort:
bad_monitor:
    mov r1, lr
    mrs r2, spsr
    ldr r0, =text_monitor
    bl monitor_panic

    .balign 32
    .global vectors_payload
vectors_payload:
    b bad_payload
    b bad_payload
    b bad_payload
    b bad_payload
    b bad_payload
    b bad_payload
    b bad_payload
    /* FIQ: on the payload's stack for them. */
    sub lr, lr, #4
    push {r0-r3, r12, lr}
    mov r0, #1
    bl payload_fiq
    ldmia sp!, {r0-r3, r12, pc}^

bad_payload:
    mov r1, lr
    mrs r2, spsr
    ldr r0, =text_payload
    bl monitor_panic

    /* uintptr_t payload_smc(uintptr_t id, uintptr_t x[4]) */
    .global payload_smc
payload_smc:
    push {r4, r5, r6, lr}
    mov r5, r1
    ldmia r5, {r1-r4}
    smc #0
    stmia r5, {r1-r3}
    pop {r4, r5, r6, pc}

    /* void arch_save_banked(struct banked *), void restore_modes(const struct banked *) */
    .macro save_mode mode
    cps #\mode
    mrs r3, spsr
    str sp, [r0], #4
    str lr, [r0], #4
    str r3, [r0], #4
    .endm

    .macro restore_mode mode
    cps #\mode
    ldr sp, [r0], #4
    ldr lr, [r0], #4
    ldr r3, [r0], #4
    msr spsr_cxsf, r3
    .endm

    .global arch_save_banked
arch_save_banked:
    mrs r2, cpsr
    cps #MODE_SYS
    str sp, [r0], #4
    str lr, [r0], #4
    save_mode MODE_SVC
    save_mode MODE_ABT
    save_mode MODE_UND
    save_mode MODE_IRQ
    cps #MODE_FIQ
    stmia r0!, {r8-r12}
    save_mode MODE_FIQ
    msr cpsr_c, r2
    bx lr

    .global restore_modes
restore_modes:
    mrs r2, cpsr
    cps #MODE_SYS
    ldr sp, [r0], #4
    ldr lr, [r0], #4
    restore_mode MODE_SVC
    restore_mode MODE_ABT
    restore_mode MODE_UND
    restore_mode MODE_IRQ
    cps #MODE_FIQ
    ldmia r0!, {r8-r12}
    restore_mode MODE_FIQ
    msr cpsr_c, r2
    bx lr

    /*
     * The shim: r0 is the device tree, r1 the kernel. It is copied to memory of the normal world.
     * Each step has its number in r6, for the report of a failure.
     */
    .macro step number, id, argument1, argument2, want
    mov r6, #\number
    ldr r0, =\id
    ldr r1, =\argument1
    ldr r2, =\argument2
    smc #0
    ldr r2, =\want
    cmp r0, r2
    bne shim_failed
    .endm

    .balign 16
    .global shim_start
shim_start:
    mov r4, r0
    mov r5, r1
    step 1, 0x84000000, 0, 0, 0x10001       /* PSCI_VERSION */
    step 2, 0xb2000001, 40, 2, 42           /* the payload adds */
    step 3, 0xb2000002, 0, 0, 1             /* the payload gets a FIQ of its own */
    step 4, 0x82000001, 0x84000000, 0, 1    /* how many PSCI_VERSION */
    step 5, 0x83001234, 0, 0, 0xffffffff    /* nobody's */
    step 6, 0x82000001, 0, 0, 6             /* how many of all, this one too */
    step 7, 0x84000004, 1, 0, 1             /* CPU 1 is off */
    step 8, 0x84000003, 7, 0, 0xfffffffe    /* there is no CPU 7 */
    step 9, 0xc4000003, 1, 0, 0xffffffff    /* SMC64 from AArch32 */
    mov r0, #0
    mvn r1, #0
    mov r2, r4
    bx r5
shim_failed:
    mov r2, r0
    mov r1, r6
    ldr r0, =0x820000ff
    smc #0
    b shim_failed
    .ltorg
    .balign 16
    .global shim_end
shim_end:

    .section .rodata
text_monitor:
    .asciz "exception in Monitor mode"
text_payload:
    .asciz "exception of the payload"

    .bss
    .balign 16
stacks:
    .skip 4 << STACK_SHIFT
