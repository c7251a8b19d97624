/* SPDX-License-Identifier: MIT */
/*
 * The engine: runs guest code of one vCPU. Translation (core/isa) comes in as a function, so
 * that the engine knows no instruction set; the interpreter behind el4_engine_run() is one of
 * the possible consumers of micro-ops.
 */
#ifndef EL4_ENGINE_ENGINE_H
#define EL4_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

struct el4_cpu;
struct el4_translator;

/* Translate t->insn, t->insn_bytes long; false: UNDEFINED. */
typedef bool el4_decode_fn(struct el4_translator *t, uint32_t insn);

struct el4_engine_config {
    el4_decode_fn *decode_a64;
    el4_decode_fn *decode_a32; /* of AArch32 */
    el4_decode_fn *decode_t32;
    uint64_t cache_bytes; /* translated code of one cpu; 0: default */
    /* For tests/insn: all is right too where the passes are not run. */
    bool no_passes;
};

/* Give the cpu a code cache; false when out of memory. */
bool el4_engine_attach(struct el4_cpu *cpu, const struct el4_engine_config *config);
void el4_engine_detach(struct el4_cpu *cpu);

enum el4_engine_exit {
    EL4_ENGINE_STOP,    /* el4_cpu_service_attention() said leave: power or machine event */
    EL4_ENGINE_QUANTUM, /* icount_limit reached (virtual clock) */
    EL4_ENGINE_WAIT,    /* WFI or WFE: nothing to run until something wakes the cpu */
};

/* Run guest code until something needs the caller. */
enum el4_engine_exit el4_engine_run(struct el4_cpu *cpu);

/* Drop translated code: all of it, or that of one physical page (bit 0: Secure). */
void el4_engine_flush(struct el4_cpu *cpu);
void el4_engine_invalidate_page(struct el4_cpu *cpu, uint64_t pa);

#endif
