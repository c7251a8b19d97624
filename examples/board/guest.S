/* SPDX-License-Identifier: MIT */
/* Greets on the console, and switches the board off by PSCI: el4 ends with status 0. */
        .globl  _start
_start: ldr     x1, =0x1c090000         // the PL011
        adr     x2, text
next:   ldrb    w3, [x2], #1
        cbz     w3, off
full:   ldr     w4, [x1, #0x18]         // UARTFR
        tbnz    w4, #5, full            // no room to send
        str     w3, [x1]                // UARTDR
        b       next
off:    ldr     w0, =0x84000008         // SYSTEM_OFF
        hvc     #0
        b       .

text:   .asciz  "pocket: hello\n"
