/* SPDX-License-Identifier: MIT */
/*
 * Entry of the guests of tests/cpu: every CPU begins here at EL3 with its stacks and vectors.
 * The vectors serve EL1, EL2 and EL3 alike and leave the decision to exception() in C.
 */

#define STACK_SHIFT 14 /* for each CPU and level */
#define FRAME_BYTES 304

    .arch armv8.2-a

    .section .text.start, "ax"
    .global _start
_start:
    msr daifset, #15
    mrs x19, mpidr_el1
    and x19, x19, #0xff
    msr tpidr_el1, x19
    msr tpidr_el2, x19
    msr tpidr_el3, x19
    adrp x3, vectors
    add x3, x3, :lo12:vectors
    msr vbar_el1, x3
    msr vbar_el2, x3
    msr vbar_el3, x3
    msr cptr_el3, xzr
    msr scr_el3, xzr
    isb
    cbnz x19, 3f
    adrp x0, bss_start
    adrp x1, bss_end
1:  stp xzr, xzr, [x0], #16
    cmp x0, x1
    b.lo 1b
    adrp x0, bss_is_clear
    add x0, x0, :lo12:bss_is_clear
    mov w1, #1
    stlr w1, [x0]
    sev
    b 4f
3:  adrp x0, bss_is_clear
    add x0, x0, :lo12:bss_is_clear
2:  ldar w1, [x0]
    cbz w1, 2b
4:  mov x0, x19
    mov x1, #3
    bl stack_top
    mov sp, x0
    mov x0, x19
    bl cpu_start
1:  wfe
    b 1b

    .text
    /* Top of the stack of CPU x0 at level x1; uses x2. */
    .global stack_top
stack_top:
    add x0, x1, x0, lsl #2
    add x0, x0, #1
    lsl x0, x0, #STACK_SHIFT
    adrp x2, stacks
    add x2, x2, :lo12:stacks
    add x0, x0, x2
    ret

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

    .macro vector kind
    .balign 128
    sub sp, sp, #FRAME_BYTES
    stp x0, x1, [sp]
    mov x0, #\kind
    b save
    .endm

    .balign 2048
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

    .data
    .balign 4
bss_is_clear:
    .word 0

    .bss
    .balign 16
exit_block:
    .skip 16
    .balign 4096
stacks:
    .skip (4 * 4 + 1) << STACK_SHIFT
