/* SPDX-License-Identifier: MIT */
/* A cpu with a machine around it that only takes notes, for the test-cpu* binaries. */
#ifndef EL4_TEST_CPU_FIXTURE_H
#define EL4_TEST_CPU_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cpu/cpu.h"
#include "cpu/env.h"
#include "cpu/sysreg.h"

struct machine {
    struct el4_cpu *cpu;
    uint64_t counter;
    uint64_t deadline;
    bool output[EL4_CPU_OUT_COUNT];
    unsigned calls; /* SMC and HVC offered to the chain */
    enum el4_conduit_result answer;
    unsigned unimplemented;
    unsigned devices_read;
};

struct machine_options {
    const char *model; /* NULL: max */
    bool no_el2, no_el3, emulated_el3, smc_conduit, gicv3, aarch32_only;
};

struct el4_cpu *machine_cpu(struct machine *machine, struct machine_options options);

/* Put the cpu at an EL, with SPSel set above EL0. */
void machine_set_el(struct el4_cpu *cpu, unsigned el);

/* MRS and MSR: false if it raised (cpu->exception says what). */
bool try_read(struct el4_cpu *cpu, uint32_t encoding, uint64_t *value);
bool try_write(struct el4_cpu *cpu, uint32_t encoding, uint64_t value);
bool try_call(struct el4_cpu *cpu, el4_call_fn *fn, uint64_t a, uint64_t b, uint32_t aux,
              uint64_t *result);

/* The same, asserting success. */
uint64_t read_register(struct el4_cpu *cpu, uint32_t encoding);
void write_register(struct el4_cpu *cpu, uint32_t encoding, uint64_t value);

/* Raise at pc and take it, as the run loop does. */
void raise_and_take(struct el4_cpu *cpu, enum el4_raise_kind kind, uint64_t esr, uint64_t pc);

static inline unsigned exception_class(uint64_t esr)
{
    return (esr >> 26) & 0x3f;
}

#endif
