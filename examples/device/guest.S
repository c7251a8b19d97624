/* SPDX-License-Identifier: MIT */
/* Lets the device pulse every 100 us, and ends with status 0 after its third interrupt. */
        .equ    PULSE, 0x0c000000
        .equ    GICD, 0x08000000        // GICv2: the distributor
        .equ    GICC, 0x08010000        // and the interface of this CPU
        .equ    INTID, 144              // of shared interrupt 112

        .globl  _start
_start: adr     x0, vectors
        msr     vbar_el1, x0
        ldr     x19, =PULSE
        ldr     x20, =GICD
        ldr     x21, =GICC
        mov     w22, #0                 // interrupts taken

        mov     w0, #1
        str     w0, [x20]               // GICD_CTLR: forward interrupts
        mov     w1, #1
        strb    w1, [x20, #0x800 + INTID] // GICD_ITARGETSR: to CPU 0
        mov     w1, #1 << (INTID % 32)
        str     w1, [x20, #0x100 + INTID / 32 * 4] // GICD_ISENABLER
        mov     w1, #0xff
        str     w1, [x21, #4]           // GICC_PMR: all priorities
        str     w0, [x21]               // GICC_CTLR: on

        mov     w1, #100
        str     w1, [x19]               // PERIOD
        msr     daifclr, #2
wait:   wfi
        cmp     w22, #3
        b.lo    wait

        ldr     w0, [x19, #8]           // COUNT: no interrupt without a pulse
        cmp     w0, w22
        cset    w2, lo
exit:   adr     x1, block
        str     x2, [x1, #8]            // the exit status
        mov     w0, #0x20               // SYS_EXIT_EXTENDED
        hlt     #0xf000
        b       .

irq:    ldr     w0, [x21, #0xc]         // GICC_IAR: which one
        mov     w2, #2
        cmp     w0, #INTID
        b.ne    exit
        mov     w1, #1
        str     w1, [x19, #4]           // PENDING: taken note of
        str     w0, [x21, #0x10]        // GICC_EOIR
        add     w22, w22, #1
        eret

        .balign 2048
vectors:
        .rept   5                       // anything but an IRQ at EL1 is a mistake
        mov     w2, #3
        b       exit
        .balign 128
        .endr
        b       irq                     // IRQ, EL1 with SP_EL1
        .balign 128
        .rept   10
        mov     w2, #3
        b       exit
        .balign 128
        .endr

        .balign 8
block:  .quad   0x20026, 0              // ADP_Stopped_ApplicationExit, status
