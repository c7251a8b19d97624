/* SPDX-License-Identifier: MIT */
/*
 * What a service needs to play firmware that interrupts the guest: a call-back on a CPU between
 * two instructions, the CPU's context there, and interrupts that come to the service instead
 * of the guest's interrupt controller.
 *
 * Contexts are exchanged when the device lock is free again, since that may change wires.
 */
#include "machine/private.h"

#include <string.h>

#include "cpu/exception.h"

#define SHARED_FIRST 32u
#define SHARED_LAST  1019u

/* ---- a call-back on a CPU ---- */

bool el4_machine_cpu_interrupt(struct el4_instance *self, unsigned cpu)
{
    struct el4_machine *machine = self->machine;
    if (self->kind != EL4_PLUGIN_SERVICE || !el4_instance_service(self)->cpu_interrupted ||
        cpu >= machine->cpu_count || !machine->cpus[cpu]) {
        return false;
    }
    struct vcpu *vcpu = &machine->vcpus[cpu];
    unsigned power = el4_power_state(vcpu);
    if (power != EL4_CPU_ON && power != EL4_CPU_SUSPENDED) {
        return false;
    }
    if (!g_ptr_array_find(vcpu->interrupted_by, self, NULL)) {
        g_ptr_array_add(vcpu->interrupted_by, self);
    }
    el4_cpu_notice(vcpu->cpu, EL4_ATTENTION_STOP);
    return true;
}

/* Device lock. One at a time: a context that is set must be entered before the next is got. */
static struct el4_instance *next_interrupt(struct vcpu *vcpu)
{
    bool runs = atomic_load(&vcpu->cpu->power) == EL4_POWER_ON;
    if (!vcpu->interrupted_by->len || !runs || vcpu->request != REQUEST_NONE) {
        return NULL;
    }
    return g_ptr_array_steal_index(vcpu->interrupted_by, 0);
}

void el4_machine_serve_interrupts(struct vcpu *vcpu)
{
    struct el4_machine *machine = vcpu->machine;
    struct el4_instance *service;
    do {
        el4_io_lock(machine->io);
        service = next_interrupt(vcpu);
        if (service) {
            machine->interrupted = vcpu;
            el4_instance_service(service)->cpu_interrupted(service->state, vcpu->cpu->index);
            machine->interrupted = NULL;
        } else {
            el4_machine_renotice(vcpu);
        }
        el4_io_unlock(machine->io);
        el4_machine_enter_context(vcpu);
    } while (service);
}

void el4_machine_renotice(struct vcpu *vcpu)
{
    if (vcpu->interrupted_by->len) {
        el4_cpu_notice(vcpu->cpu, EL4_ATTENTION_STOP);
    }
}

/* ---- contexts ---- */

/* The vCPU whose context the service may have now; NULL after a message. */
static struct vcpu *accessible(struct el4_instance *self, unsigned cpu)
{
    struct el4_machine *machine = self->machine;
    struct vcpu *vcpu = machine->interrupted ? machine->interrupted : machine->caller;
    if (self->kind == EL4_PLUGIN_SERVICE && vcpu && vcpu->cpu->index == cpu) {
        return vcpu;
    }
    el4_instance_log(self, EL4_LOG_ERROR,
                     "the plugin wants the context of CPU %u, which neither calls nor is "
                     "interrupted for it",
                     cpu);
    return NULL;
}

bool el4_machine_context_get(struct el4_instance *self, unsigned cpu,
                             struct el4_cpu_context *context)
{
    struct vcpu *vcpu = accessible(self, cpu);
    if (!vcpu || context->struct_size < EL4_END_OF(struct el4_cpu_context, spsr)) {
        return false;
    }
    const struct el4_sysregs *regs = &vcpu->cpu->regs;
    struct el4_cpu_context now = {
        .struct_size = sizeof(now),
        .pc = el4_cpu_pc(vcpu->cpu),
        .elr = {regs->elr[1], regs->elr[2]},
        .spsr = {regs->spsr[1], regs->spsr[2]},
    };
    now.pstate = el4_cpu_save_x(vcpu->cpu, now.x);
    uint32_t theirs = context->struct_size;
    memcpy(context, &now, MIN(theirs, sizeof(now)));
    context->struct_size = theirs;
    return true;
}

bool el4_machine_context_set(struct el4_instance *self, unsigned cpu,
                             const struct el4_cpu_context *context)
{
    struct vcpu *vcpu = accessible(self, cpu);
    struct el4_cpu_context taken;
    if (!vcpu || vcpu->call_conduit == EL4_CONDUIT_EL4 ||
        !el4_instance_take(self, "el4_cpu_context", context, &taken, sizeof(taken),
                           EL4_END_OF(struct el4_cpu_context, spsr)) ||
        !el4_cpu_may_resume(vcpu->cpu, taken.pstate)) {
        return false;
    }
    vcpu->context = taken;
    vcpu->context_by = self;
    return true;
}

bool el4_machine_enter_context(struct vcpu *vcpu)
{
    if (!vcpu->context_by) {
        return false;
    }
    vcpu->context_by = NULL;
    const struct el4_cpu_context *context = &vcpu->context;
    struct el4_sysregs *regs = &vcpu->cpu->regs;
    for (unsigned el = 1; el <= 2; el++) {
        regs->elr[el] = context->elr[el - 1];
        regs->spsr[el] = context->spsr[el - 1];
    }
    el4_cpu_resume(vcpu->cpu, context->x, context->pc, context->pstate);
    return true;
}

/* ---- interrupts ---- */

static struct el4_instance *taker_of(const struct el4_machine *machine, uint32_t input)
{
    return g_hash_table_lookup(machine->taken_inputs, GUINT_TO_POINTER(input));
}

static void tell_controller(struct el4_machine *machine, uint32_t input, bool level)
{
    struct el4_instance *controller = machine->interrupt_controller;
    el4_instance_device(controller)->wire_changed(controller->state, input, level);
}

void el4_machine_drive(struct el4_machine *machine, const struct wire_end *end, bool level)
{
    if (end->device != machine->interrupt_controller) {
        el4_instance_device(end->device)->wire_changed(end->device->state, end->input, level);
        return;
    }
    if (level) {
        g_hash_table_add(machine->high_inputs, GUINT_TO_POINTER(end->input));
    } else {
        g_hash_table_remove(machine->high_inputs, GUINT_TO_POINTER(end->input));
    }
    struct el4_instance *taker = taker_of(machine, end->input);
    if (taker) {
        el4_instance_service(taker)->interrupt_changed(taker->state, end->input, level);
    } else {
        tell_controller(machine, end->input, level);
    }
}

bool el4_machine_interrupt_take(struct el4_instance *self, uint32_t intid, bool *level)
{
    struct el4_machine *machine = self->machine;
    if (self->kind != EL4_PLUGIN_SERVICE || !el4_instance_service(self)->interrupt_changed ||
        !machine->interrupt_controller || intid < SHARED_FIRST || intid > SHARED_LAST ||
        taker_of(machine, intid)) {
        return false;
    }
    g_hash_table_insert(machine->taken_inputs, GUINT_TO_POINTER(intid), self);
    *level = g_hash_table_contains(machine->high_inputs, GUINT_TO_POINTER(intid));
    if (*level) {
        tell_controller(machine, intid, false);
    }
    return true;
}

void el4_machine_interrupt_give_back(struct el4_instance *self, uint32_t intid)
{
    struct el4_machine *machine = self->machine;
    if (taker_of(machine, intid) != self) {
        return;
    }
    g_hash_table_remove(machine->taken_inputs, GUINT_TO_POINTER(intid));
    if (g_hash_table_contains(machine->high_inputs, GUINT_TO_POINTER(intid))) {
        tell_controller(machine, intid, true);
    }
}
