/* SPDX-License-Identifier: MIT */
/*
 * Entry of bare-metal guests, exception vectors that serve EL1, EL2 and EL3 alike, and calls by
 * SMC and HVC with given registers. Everything runs with the MMU off.
 */

#define FRAME_BYTES 320
#define STACK_SHIFT 13 /* 8 KiB for each CPU and level */

    .macro stack_for_level level, to, scratch
    mrs \scratch, mpidr_el1
    and \scratch, \scratch, #0xff
    lsl \scratch, \scratch, #2
    add \scratch, \scratch, #(\level + 1)
    lsl \scratch, \scratch, #STACK_SHIFT
    adrp \to, stacks
    add \to, \to, :lo12:stacks
    add \to, \to, \scratch
    .endm

    .section .text.start, "ax"
    .global _start
_start:
    msr daifset, #15
    mrs x0, mpidr_el1
    and x0, x0, #0xffffff
    cbnz x0, park
    bl set_up_level
    adrp x0, bss_start
    add x0, x0, :lo12:bss_start
    adrp x1, bss_end
    add x1, x1, :lo12:bss_end
1:  cmp x0, x1
    b.hs 2f
    str xzr, [x0], #8
    b 1b
2:  bl guest_start
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
    adrp x3, vectors
    add x3, x3, :lo12:vectors
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
    adrp x3, vectors
    add x3, x3, :lo12:vectors
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
    adrp x3, vectors
    add x3, x3, :lo12:vectors
    msr vbar_el1, x3
    ret

    .macro vector kind
    .balign 128
    sub sp, sp, #FRAME_BYTES
    stp x0, x1, [sp]
    mov x0, #\kind
    b exception
    .endm

    .balign 2048
vectors:
    .set kind, 0
    .rept 16
    vector kind
    .set kind, kind + 1
    .endr

    /* struct frame: x0 to x30, elr, spsr, esr, far, kind, level. */
exception:
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x8, x9, [sp, #64]
    stp x10, x11, [sp, #80]
    stp x12, x13, [sp, #96]
    stp x14, x15, [sp, #112]
    stp x16, x17, [sp, #128]
    stp x18, x19, [sp, #144]
    stp x20, x21, [sp, #160]
    stp x22, x23, [sp, #176]
    stp x24, x25, [sp, #192]
    stp x26, x27, [sp, #208]
    stp x28, x29, [sp, #224]
    mov x19, x0
    mrs x20, CurrentEL
    lsr x20, x20, #2
    cmp x20, #2
    b.eq 2f
    b.hi 3f
    mrs x0, elr_el1
    mrs x1, spsr_el1
    mrs x2, esr_el1
    mrs x3, far_el1
    b 4f
2:  mrs x0, elr_el2
    mrs x1, spsr_el2
    mrs x2, esr_el2
    mrs x3, far_el2
    b 4f
3:  mrs x0, elr_el3
    mrs x1, spsr_el3
    mrs x2, esr_el3
    mrs x3, far_el3
4:  stp x30, x0, [sp, #240]
    stp x1, x2, [sp, #256]
    stp x3, x19, [sp, #272]
    str x20, [sp, #288]
    mov x0, sp
    bl guest_exception
    ldr x30, [sp, #240]
    ldp x0, x1, [sp, #248]
    cmp x20, #2
    b.eq 2f
    b.hi 3f
    msr elr_el1, x0
    msr spsr_el1, x1
    b 4f
2:  msr elr_el2, x0
    msr spsr_el2, x1
    b 4f
3:  msr elr_el3, x0
    msr spsr_el3, x1
4:  ldp x0, x1, [sp]
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    ldp x6, x7, [sp, #48]
    ldp x8, x9, [sp, #64]
    ldp x10, x11, [sp, #80]
    ldp x12, x13, [sp, #96]
    ldp x14, x15, [sp, #112]
    ldp x16, x17, [sp, #128]
    ldp x18, x19, [sp, #144]
    ldp x20, x21, [sp, #160]
    ldp x22, x23, [sp, #176]
    ldp x24, x25, [sp, #192]
    ldp x26, x27, [sp, #208]
    ldp x28, x29, [sp, #224]
    add sp, sp, #FRAME_BYTES
    eret

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

    /* Semihosting SYS_EXIT: x0 = status. */
    .global semihosting_exit
semihosting_exit:
    adrp x1, exit_block
    add x1, x1, :lo12:exit_block
    mov x2, #0x0026
    movk x2, #0x0002, lsl #16 /* ADP_Stopped_ApplicationExit */
    stp x2, x0, [x1]
    mov w0, #0x18
    hlt #0xf000
1:  wfe
    b 1b

    .bss
    .balign 16
exit_block:
    .skip 16
    .balign 4096
    .global stacks
stacks:
    .skip (8 * 4 + 1) << STACK_SHIFT
