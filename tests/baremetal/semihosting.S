/* SPDX-License-Identifier: MIT */
/* uintptr_t semihosting(operation, parameter), called from A64, A32 and T32. */
    .text
#ifndef __aarch64__
    .arm
#endif
    .balign 4
    .global semihosting
    .type semihosting, %function
semihosting:
#ifdef __aarch64__
    hlt #0xf000
    ret
#else
    .inst 0xe10f0070 /* hlt #0xf000, which .arch v7 does not know */
    bx lr
#endif
