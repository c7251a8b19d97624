/* SPDX-License-Identifier: MIT */
/*
 * A cpu for tests of memory and translation: state and bus, but nothing that takes exceptions
 * or runs code. What would be raised is caught and kept.
 */
#ifndef EL4_TESTS_FAKE_CPU_H
#define EL4_TESTS_FAKE_CPU_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "bus/bus.h"
#include "cpu/cpu.h"
#include "cpu/env.h"
#include "cpu/mmu.h"

#define RAM_BASE  UINT64_C(0x40000000)
#define RAM_BYTES UINT64_C(0x4000000)
/* Where tables are built; below it tests put data. */
#define TABLE_BASE (RAM_BASE + 0x2000000)

struct fake_machine {
    struct el4_bus *bus;
    struct el4_cpu *cpus[8];
    unsigned count;
    bool single_threaded;
    uint64_t next_table;
};

/* RAM and count cpus at EL1, Non-secure, MMU off, with every optional feature. */
struct fake_machine *fake_machine_new(unsigned count);
void fake_machine_free(struct fake_machine *machine);

void fake_set_el(struct el4_cpu *cpu, unsigned el);

/* Run the statement; true if it raised, and then cpu->exception says what. */
#define RAISES(cpu, statement)                                                                 \
    (fake_catch_begin(cpu), setjmp(*(cpu)->unwind) ? true : ((statement), false))
void fake_catch_begin(struct el4_cpu *cpu);

/* Tables: all sizes of pages, all levels. */
struct fake_tables {
    struct fake_machine *machine;
    uint64_t root;
    unsigned page_bits;
    unsigned start_level;
    unsigned input_bits;
    uint64_t table_attributes; /* ORed into table descriptors */
};

/* Start level as stage 1 has it. */
void fake_tables_init(struct fake_tables *tables, struct fake_machine *machine,
                      unsigned page_bits, unsigned input_bits);
/* Put a descriptor for va at a level; tables above it are made. Returns its address. */
uint64_t fake_tables_set(struct fake_tables *tables, uint64_t va, unsigned level,
                         uint64_t descriptor);
uint64_t fake_peek(struct fake_machine *machine, uint64_t pa);
void fake_poke(struct fake_machine *machine, uint64_t pa, uint64_t value);

/* What the debug fakes do. */
extern uint64_t fake_watched_page;
extern unsigned fake_watch_checks;

#endif
