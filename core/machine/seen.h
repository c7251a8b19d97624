/* SPDX-License-Identifier: MIT */
/*
 * What can be seen of a machine from outside: the calls that its guest made and, between runs,
 * what became of its CPUs. For test matrices, which hold it against what they expect.
 */
#ifndef EL4_MACHINE_SEEN_H
#define EL4_MACHINE_SEEN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "machine/machine.h"

/* Exported from libel4. */
#pragma GCC visibility push(default)

/* One call as it was answered. */
struct el4_machine_call {
    uint64_t ns; /* of machine time, as it was made */
    unsigned cpu;
    enum el4_conduit conduit;
    uint32_t id;
    enum el4_smccc_verdict verdict;
    const struct el4_smccc_service *service; /* NULL: nobody, or an injected fault */
    uint64_t result;                         /* x0 after it, if handled; else 0 */
};

/* Count calls, and keep the first so many: before the machine runs. */
void el4_machine_keep_calls(struct el4_machine *machine, guint most);

/* ---- not while it runs ---- */

/* The calls that were kept, in order; *count of them. They live as long as the machine. */
const struct el4_machine_call *el4_machine_kept_calls(const struct el4_machine *machine,
                                                      guint *count, uint64_t *dropped);
unsigned el4_machine_cpu_count(const struct el4_machine *machine);
/* "on", "off", "on-pending", "suspended". */
const char *el4_machine_cpu_power(const struct el4_machine *machine, unsigned cpu);
/* x0 to x30 (in AArch32 state r0 to r15, of the current mode), sp, pc, pstate as an SPSR has
 * it, el. */
void el4_machine_visit_registers(const struct el4_machine *machine, unsigned cpu,
                                 void (*visit)(const char *name, uint64_t value, void *data),
                                 void *data);
/* Machine time. */
uint64_t el4_machine_time_ns(struct el4_machine *machine);
/* What semihosting's EXIT said: its status, 1 for a reason without one; -1: it was not called.
 */
int64_t el4_machine_guest_status(const struct el4_machine *machine);

#pragma GCC visibility pop

#endif
