/* SPDX-License-Identifier: MIT */
/*
 * Entry of the bench guests: stack, FP and vectors at EL1 (or EL3 for the guest that owns it),
 * then bench_main. Everything the workloads need in assembly is here too.
 */
#include "a64.inc"

    .section .text.start, "ax"
    .global _start
_start:
    load_address x0, stack_top
    load_address x1, vectors
    mrs x2, CurrentEL
    cmp x2, #(3 << 2)
    b.ne 1f
    /* EL3: keep its own stack and vectors, and go on at Secure EL1. */
    msr vbar_el3, x1
    sub x3, x0, #4096
    mov sp, x3
    msr cptr_el3, xzr
    mov x3, #0x430 /* SCR_EL3: RES1, RW; NS = 0 */
    msr scr_el3, x3
    mov x3, #0x0800
    movk x3, #0x30d0, lsl #16
    msr sctlr_el1, x3
    mov x3, #0x3c5
    msr spsr_el3, x3
    adr x3, 1f
    msr elr_el3, x3
    msr sp_el1, x0
    isb
    eret
1:  msr vbar_el1, x1
    mov sp, x0
    mov x3, #(3 << 20)
    msr cpacr_el1, x3
    isb
    clear_bss
    bl bench_main
    b .

    /* Calls counted in x9 come back at once; anything else is the end. */
    .macro vector name, level
    .balign 128
    mrs x10, esr_\level
    lsr x10, x10, #26
    cmp x10, #\name
    b.ne unexpected
    add x9, x9, #1
    eret
    .endm
    .macro no_vector count
    .rept \count
    .balign 128
    b unexpected
    .endr
    .endm

    .text
    .balign 2048
vectors:
    no_vector 4
    /* From the same level: SVC taken by EL1. */
    vector 0x15, el1
    no_vector 3
    /* From a lower level in AArch64: SMC taken by EL3. */
    vector 0x17, el3
    no_vector 7

unexpected:
    mov x0, #3
    b semihosting_exit

    /* uint64_t asm_svc(count), asm_smc(count): that many exceptions there and back. */
    .global asm_svc
asm_svc:
    mov x9, #0
    cbz x0, 2f
1:  svc #0
    subs x0, x0, #1
    b.ne 1b
2:  mov x0, x9
    ret

    .global asm_smc
asm_smc:
    mov x9, #0
    cbz x0, 2f
1:  smc #0
    subs x0, x0, #1
    b.ne 1b
2:  mov x0, x9
    ret

    /* uint64_t asm_psci_version(count): the sum of the major versions that came back. */
    .global asm_psci_version
asm_psci_version:
    mov x9, #0
    mov x8, x0
    cbz x8, 2f
1:  mov w0, #0x84000000
    hvc #0
    add x9, x9, x0, lsr #16
    subs x8, x8, #1
    b.ne 1b
2:  mov x0, x9
    ret

    .global asm_system_off
asm_system_off:
    mov w0, #0x0008
    movk w0, #0x8400, lsl #16
    hvc #0
    b .

    /* void asm_copy(to, from, bytes): 64 bytes a turn, as a C library's memcpy does it. */
    .balign 64 /* a loop within one page, wherever the linker puts the rest */
    .global asm_copy
asm_copy:
1:  ldp x3, x4, [x1]
    ldp x5, x6, [x1, #16]
    ldp x7, x8, [x1, #32]
    ldp x9, x10, [x1, #48]
    add x1, x1, #64
    stp x3, x4, [x0]
    stp x5, x6, [x0, #16]
    stp x7, x8, [x0, #32]
    stp x9, x10, [x0, #48]
    add x0, x0, #64
    subs x2, x2, #64
    b.hi 1b
    ret

    /* The same through vector registers. */
    .balign 64
    .global asm_copy_vector
asm_copy_vector:
1:  ldp q0, q1, [x1]
    ldp q2, q3, [x1, #32]
    add x1, x1, #64
    stp q0, q1, [x0]
    stp q2, q3, [x0, #32]
    add x0, x0, #64
    subs x2, x2, #64
    b.hi 1b
    ret

    .bss
    .balign 4096
    .skip 16384
stack_top:
