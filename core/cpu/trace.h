/* SPDX-License-Identifier: MIT */
/*
 * Where the cpu reports what may be traced. The cpu knows no tracer: it fills these call-backs'
 * table through cpu->trace, which is NULL while tracing is off.
 */
#ifndef EL4_CPU_TRACE_H
#define EL4_CPU_TRACE_H

#include <stdbool.h>
#include <stdint.h>

struct el4_cpu;
struct el4_exception;

#define EL4_TRACE_SMC       (1u << 0) /* service calls of every conduit */
#define EL4_TRACE_EXCEPTION (1u << 1)
#define EL4_TRACE_MMIO      (1u << 2)
#define EL4_TRACE_INSN      (1u << 3) /* every instruction; one a block, so it is slow */
#define EL4_TRACE_POWER     (1u << 4) /* power states of CPUs */

/* First member of struct el4_trace. */
struct el4_trace_ops {
    uint32_t kinds;
    /* Exception taken: from_el and the return address, after the state has changed. */
    void (*exception)(struct el4_trace_ops *trace, const struct el4_cpu *cpu,
                      const struct el4_exception *e, unsigned from_el, uint64_t return_pc);
    /* Exception return, after the state has changed. */
    void (*exception_return)(struct el4_trace_ops *trace, const struct el4_cpu *cpu,
                             unsigned from_el, uint64_t from_pc);
    void (*mmio)(struct el4_trace_ops *trace, const struct el4_cpu *cpu, uint64_t pa,
                 unsigned bytes, bool is_write, uint64_t value, const char *fault);
    /* Before the instruction: cpu->mode tells its set; T32: bytes 2, or 4 and insn the first
     * halfword, then the second. */
    void (*insn)(struct el4_trace_ops *trace, const struct el4_cpu *cpu, uint64_t pc,
                 uint32_t insn, unsigned bytes);
};

#endif
