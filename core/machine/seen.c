/* SPDX-License-Identifier: MIT */
/*
 * What can be seen of a machine from outside (seen.h). Only a call that is kept costs anything
 * while it runs.
 */
#include "machine/private.h"

#include <stdio.h>

void el4_machine_keep_calls(struct el4_machine *machine, guint most)
{
    g_assert(!machine->seen_calls);
    machine->seen_calls = g_array_new(FALSE, FALSE, sizeof(struct el4_machine_call));
    machine->seen_calls_max = most;
    el4_smccc_enable_counts(machine->smccc);
}

/* X0 as the caller finds it: results that are not given leave it alone. */
static uint64_t result_of(const struct el4_call *call)
{
    uint64_t result = call->result_mask & 1 ? call->results[0] : call->args[0];
    return call->aarch32 ? (uint32_t)result : result;
}

void el4_machine_see_call(struct el4_machine *machine, const struct el4_call *call,
                          const struct el4_smccc_answer *answer, uint64_t start_ns)
{
    if (machine->seen_calls->len >= machine->seen_calls_max) {
        machine->seen_calls_dropped++;
        return;
    }
    struct el4_machine_call seen = {
        .ns = start_ns,
        .cpu = call->cpu,
        .conduit = (enum el4_conduit)call->conduit,
        .id = call->id,
        .verdict = el4_smccc_verdict(answer),
        .service = answer->service,
    };
    if (seen.verdict == EL4_SMCCC_WAS_HANDLED) {
        seen.result = result_of(call);
    }
    g_array_append_val(machine->seen_calls, seen);
}

const struct el4_machine_call *el4_machine_kept_calls(const struct el4_machine *machine,
                                                      guint *count, uint64_t *dropped)
{
    const GArray *calls = machine->seen_calls;
    *count = calls ? calls->len : 0;
    *dropped = machine->seen_calls_dropped;
    return calls ? (const struct el4_machine_call *)(const void *)calls->data : NULL;
}

unsigned el4_machine_cpu_count(const struct el4_machine *machine)
{
    return machine->cpu_count;
}

const char *el4_machine_power_name(const struct vcpu *vcpu)
{
    static const char *const names[] = {
        [EL4_CPU_ON] = "on",
        [EL4_CPU_OFF] = "off",
        [EL4_CPU_ON_PENDING] = "on-pending",
        [EL4_CPU_SUSPENDED] = "suspended",
    };
    return names[el4_power_state(vcpu)];
}

const char *el4_machine_cpu_power(const struct el4_machine *machine, unsigned cpu)
{
    return el4_machine_power_name(&machine->vcpus[cpu]);
}

void el4_machine_visit_registers(const struct el4_machine *machine, unsigned cpu,
                                 void (*visit)(const char *name, uint64_t value, void *data),
                                 void *data)
{
    const struct el4_cpu *of = machine->cpus[cpu];
    bool is_a32 = el4_cpu_is_a32(of);
    /* R13 of the current mode, and R14, are where X13 and X14 are. */
    unsigned count = is_a32 ? 15 : 31;
    for (unsigned i = 0; i < count; i++) {
        char name[8];
        snprintf(name, sizeof(name), "%c%u", is_a32 ? 'r' : 'x', i);
        uint64_t value = of->slot[EL4_SLOT_X0 + i];
        visit(name, is_a32 ? (uint32_t)value : value, data);
    }
    if (is_a32) {
        visit("r15", el4_cpu_pc(of), data);
    }
    visit("sp", is_a32 ? (uint32_t)of->slot[EL4_SLOT_X0 + 13] : of->slot[EL4_SLOT_SP], data);
    visit("pc", el4_cpu_pc(of), data);
    visit("pstate", el4_cpu_spsr(of), data);
    visit("el", el4_cpu_el(of), data);
}

uint64_t el4_machine_time_ns(struct el4_machine *machine)
{
    return el4_machine_now_ns(machine);
}

int64_t el4_machine_guest_status(const struct el4_machine *machine)
{
    return machine->guest_status;
}
