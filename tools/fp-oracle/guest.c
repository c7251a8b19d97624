/* SPDX-License-Identifier: MIT */
/*
 * The oracle's side: an AArch64 Linux program that runs the instruction of each record on
 * standard input and writes the record with its result to standard output. For qemu-aarch64 or
 * real silicon.
 */
#include "cases.h"

#include <stdio.h>
#include <stdlib.h>

#define OP(name, width, code, call)                                                            \
    static void run_##name(struct fp_case *record)                                             \
    {                                                                                          \
        uint64_t fpcr = record->fpcr, fpsr = record->fpsr, result;                             \
        __asm__ volatile("fmov d0, %2\n fmov d1, %3\n fmov d2, %4\n"                           \
                         "msr fpcr, %5\n msr fpsr, %1\n" code "\n"                             \
                         "mrs %1, fpsr\n msr fpcr, xzr\n mov %0, x9\n"                         \
                         : "=&r"(result), "+&r"(fpsr)                                          \
                         : "r"(record->a), "r"(record->b), "r"(record->c), "r"(fpcr)           \
                         : "x9", "x10", "v0", "v1", "v2", "v3", "cc", "memory");               \
        record->result = result;                                                               \
        record->fpsr = (uint32_t)fpsr;                                                         \
    }
#include "ops.h"
#undef OP

#define OP(name, width, code, call) run_##name,
static void (*const runners[])(struct fp_case *) = {
#include "ops.h"
};
#undef OP

int main(void)
{
    static struct fp_case records[4096];
    size_t count;

    while ((count = fread(records, sizeof(records[0]), 4096, stdin)) > 0) {
        for (size_t i = 0; i < count; i++) {
            runners[records[i].op](&records[i]);
        }
        if (fwrite(records, sizeof(records[0]), count, stdout) != count) {
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
