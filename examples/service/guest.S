/* SPDX-License-Identifier: MIT */
/* Calls 0x83000000 and ends with status 0 if the answer is 0x1234, as board-id.ini says. */
        .globl  _start
_start: mov     w0, #0x83000000
        smc     #0
        mov     w3, #0x1234
        cmp     x0, x3
        adr     x1, block
        cset    x2, ne
        str     x2, [x1, #8]            // the exit status
        mov     w0, #0x20               // SYS_EXIT_EXTENDED
        hlt     #0xf000
        b       .

        .balign 8
block:  .quad   0x20026, 0              // ADP_Stopped_ApplicationExit, status
