/* SPDX-License-Identifier: MIT */
/*
 * Arm semihosting ("Semihosting for AArch32 and AArch64"): HLT #0xF000 with the operation in w0
 * and its parameter in x1; in AArch32 HLT or SVC (a32-system.c) with r0 and r1. Console and
 * exit; file operations on the special name ":tt" only. Everything else answers -1 with errno,
 * as the specification wants for what a host does not offer.
 */
#ifndef EL4_DEBUG_SEMIHOSTING_H
#define EL4_DEBUG_SEMIHOSTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct el4_cpu;

/* Of HLT: in A64 and A32, and in T32. */
#define EL4_SEMIHOSTING_IMMEDIATE 0xf000
#define EL4_SEMIHOSTING_T32       0x3c

/* What the machine does for it. */
struct el4_semihosting_ops {
    /* Write to the host's standard output or error stream. */
    void (*write)(void *data, int stream, const void *bytes, size_t count);
    /* One byte of the console, or -1 if there is none now. */
    int (*read)(void *data);
    /* SYS_EXIT: the reason ADP_Stopped_ApplicationExit with a status, or another reason. */
    void (*exit)(void *data, bool application_exit, uint64_t status);
    uint64_t (*now_ns)(void *data);
    int64_t (*wall_clock_s)(void *data);
    const char *command_line; /* SYS_GET_CMDLINE; may be NULL */
};

/*
 * Do the operation that the cpu asks for; x0 is its result. May raise (the parameter block is
 * read through the guest's own translation).
 */
void el4_semihosting_call(struct el4_cpu *cpu, const struct el4_semihosting_ops *ops,
                          void *data);

#endif
