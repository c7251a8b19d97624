/* SPDX-License-Identifier: MIT */
/*
 * What a cpu asks of whoever keeps translated code for it (the engine stands above the cpu, so
 * it comes as a table in cpu->code_ops). All are called on the cpu's own thread; any may be
 * NULL, and so may the table (no engine attached).
 */
#ifndef EL4_CPU_CODE_H
#define EL4_CPU_CODE_H

#include <stdint.h>

struct el4_cpu;

struct el4_code_ops {
    /* Drop the code of one physical page (bit 0: Secure space) on this cpu. */
    void (*invalidate_page)(struct el4_cpu *cpu, uint64_t pa);
    /* Drop all code of this cpu. */
    void (*flush)(struct el4_cpu *cpu);
};

#endif
