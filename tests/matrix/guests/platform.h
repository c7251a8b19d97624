/* SPDX-License-Identifier: MIT */
/*
 * What a guest that runs on every board knows of its machine, in A64 and A32: the words of its
 * command line, calls, the state at an entry point, a timer that wakes, and SGIs. The runtimes
 * below are those of tests/guest and tests/policies.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include "baremetal.h"

#define CPUS_LIMIT 8

/* ---- the command line: its last words, in this order ---- */
enum word { WORD_BOARD, WORD_VERSION, WORD_CONDUIT, WORD_CPUS, WORD_PART, WORDS };
void platform_start(void);
const char *word(enum word which);
bool is_same(const char *a, const char *b);
unsigned cpu_count(void);

/* ---- this board ---- */
extern uintptr_t ram_base, device_address;
uint32_t affinity_of(unsigned cpu); /* cpu_count() or more: of no CPU */
unsigned this_cpu_index(void);

/* ---- calls, by the conduit of the command line ---- */
uintptr_t firmware(uint32_t id, uintptr_t a, uintptr_t b, uintptr_t c);

/* ---- entry points ---- */
extern const uintptr_t entry_address;
/* An address that is aligned for no instruction. */
extern const uintptr_t misaligned_bits;
/* The guest's: what a CPU does that comes from CPU_ON or a power-down. */
void entered(uintptr_t context, bool state_is_right);
/* The guest's first function, on CPU 0. */
void probe_main(void);

/* ---- what CPUs wait for ---- */
void wait_for_event(void); /* for a short time */
void send_event(void);
uint64_t ticks(void);
/* This CPU's interrupt controller, and its timer's interrupt. */
void wakers_start(void);
void wake_in(uint32_t ticks_from_now);
void wake_done(void);
void send_sgi(unsigned cpu, unsigned intid);
/* Take what is pending: its INTID. */
unsigned acknowledge(void);

#endif
