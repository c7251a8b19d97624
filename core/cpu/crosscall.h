/* SPDX-License-Identifier: MIT */
/*
 * Work that one vCPU asks of the others: TLB invalidation, dropping translated code. A vCPU
 * that runs guest code handles its queue at the next block boundary; one that sleeps, is off,
 * or is inside a device access handles it before it runs guest code again.
 *
 * el4_crosscall_wait() is what DSB does: returns when every call posted by this cpu is done or
 * its target is not in guest code; it handles this cpu's own queue meanwhile, so that two
 * waiting cpus cannot block each other.
 */
#ifndef EL4_CPU_CROSSCALL_H
#define EL4_CPU_CROSSCALL_H

#include <stdbool.h>
#include <stdint.h>

struct el4_cpu;

typedef void el4_crosscall_fn(struct el4_cpu *target, uint64_t a, uint64_t b, uint64_t c);

/* Queue fn(target, a, b, c); runs at once when the machine is single-threaded. */
void el4_crosscall_post(struct el4_cpu *from, struct el4_cpu *target, el4_crosscall_fn *fn,
                        uint64_t a, uint64_t b, uint64_t c);
/* The same to all other cpus; the caller does its own part itself. */
void el4_crosscall_broadcast(struct el4_cpu *from, el4_crosscall_fn *fn, uint64_t a, uint64_t b,
                             uint64_t c);
/* The same with the cpus named; from may be NULL (DMA, which belongs to no cpu). */
void el4_crosscall_post_all(struct el4_cpu *from, struct el4_cpu *const *cpus, unsigned count,
                            el4_crosscall_fn *fn, uint64_t a, uint64_t b, uint64_t c);
/* Wait for the calls this cpu posted (DSB). */
void el4_crosscall_wait(struct el4_cpu *cpu);
/* Run this cpu's queue (attention handling, and before entering guest code). */
void el4_crosscall_run(struct el4_cpu *cpu);
/*
 * Bracket stretches in which the vCPU does not run guest code though its thread is busy
 * (device access, sleeping): others need not wait for it. Both run the queue, so that code
 * and translations may be gone afterwards.
 */
void el4_crosscall_leave_guest(struct el4_cpu *cpu);
void el4_crosscall_enter_guest(struct el4_cpu *cpu);

/* Calls were posted that are not done. What this cpu stored, later posters have seen. */
bool el4_crosscall_is_pending(const struct el4_cpu *cpu);
/*
 * This cpu has written to a page, or may have, without a write entry in its fast TLB to tell:
 * true for all calls until the queue is empty. mem.c says what for.
 */
void el4_crosscall_note_unseen_write(struct el4_cpu *cpu);
bool el4_crosscall_has_unseen_write(const struct el4_cpu *cpu);

struct el4_crosscall_queue *el4_crosscall_queue_new(void);
void el4_crosscall_queue_free(struct el4_crosscall_queue *queue);

#endif
