/* SPDX-License-Identifier: MIT */
/*
 * Brings the second CPU up and sees its rail on the way, has it fall asleep in the vendor's own
 * power state and switch itself off, and switches the machine off. Then el4 ends with status 0;
 * if something was wrong, it greets nobody and stays, until el4's time limit.
 */
        .equ    CPU_SUSPEND, 0xc4000001
        .equ    CPU_OFF, 0x84000002
        .equ    CPU_ON, 0xc4000003
        .equ    AFFINITY_INFO, 0xc4000004
        .equ    SYSTEM_OFF, 0x84000008
        .equ    RAIL_SAG, 0x10b55       // a power-down that is this vendor's

        .macro  call id
        ldr     x0, =\id
        hvc     #0
        .endm

        .globl  _start
_start: bl      info
        cmp     x0, #1                  // OFF
        b.ne    .

        mov     x1, #1
        adr     x2, second
        mov     x3, #0x5a
        call    CPU_ON
        cbnz    x0, .
        bl      info
        cmp     x0, #2                  // ON_PENDING: the rail takes its time
        b.ne    .
        mov     x1, #1
        adr     x2, second
        call    CPU_ON
        cmn     x0, #5                  // ON_PENDING, again
        b.ne    .
up:     bl      info
        cbnz    x0, up

down:   bl      info                    // ON while the rail drains
        cmp     x0, #1
        b.ne    down
        ldr     w0, done
        cmp     w0, #0xa5
        b.ne    .
        call    SYSTEM_OFF
        b       .

info:   mov     x1, #1
        mov     x2, #0
        ldr     x0, =AFFINITY_INFO
        hvc     #0
        ret

/* The second CPU. A power-down with a timer to wake it. */
second: cmp     x0, #0x5a               // the context id
        b.ne    .
        ldr     x1, =0x08000000         // GICD
        mov     w0, #1
        str     w0, [x1]
        mov     w0, #1 << 27            // the virtual timer's interrupt, of this CPU
        str     w0, [x1, #0x100]
        ldr     x1, =0x08010000         // GICC
        mov     w0, #0xff
        str     w0, [x1, #4]
        mov     w0, #1
        str     w0, [x1]
        mov     x0, #62500              // 1 ms
        msr     cntv_tval_el0, x0
        mov     x0, #1
        msr     cntv_ctl_el0, x0
        ldr     x1, =RAIL_SAG
        adr     x2, awake
        mov     x3, #0xa5
        call    CPU_SUSPEND
        b       .                       // it does not return

awake:  mrs     x1, cntv_tval_el0       // below 0: so long ago it wanted to wake
        sxtw    x1, w1
        mov     x2, #-62000             // two steps of 500 us, but for rounding
        cmp     x1, x2
        b.gt    .
        adr     x1, done
        str     w0, [x1]                // the context id
        dmb     ish
        call    CPU_OFF
        b       .

done:   .word   0
