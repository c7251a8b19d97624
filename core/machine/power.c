/* SPDX-License-Identifier: MIT */
/*
 * Power of CPUs and of the machine: the primitives that PSCI is made of. A request of another
 * CPU or of a service only changes states under the device lock and wakes the vCPU; what it
 * means for registers happens on the vCPU's own thread.
 */
#include "machine/private.h"

#include <errno.h>
#include <string.h>

#include "cpu/timer.h"

unsigned el4_power_state(const struct vcpu *vcpu)
{
    switch (atomic_load(&vcpu->cpu->power)) {
    case EL4_POWER_OFF: return EL4_CPU_OFF;
    case EL4_POWER_ON_PENDING: return EL4_CPU_ON_PENDING;
    case EL4_POWER_SUSPENDED: return EL4_CPU_SUSPENDED;
    default: return EL4_CPU_ON;
    }
}

void el4_power_set(struct vcpu *vcpu, unsigned power)
{
    static const char *const names[] = {
        [EL4_POWER_ON] = "on",
        [EL4_POWER_OFF] = "off",
        [EL4_POWER_ON_PENDING] = "on-pending",
        [EL4_POWER_SUSPENDED] = "suspended",
    };
    /* Before the others see the new state: then they are the ones who may change it. */
    if (vcpu->machine->trace) {
        el4_trace_power(vcpu->machine->trace, vcpu->cpu, names[power]);
    }
    atomic_store(&vcpu->cpu->power, power);
}

/* The cpu can run at that level in that state. */
static bool entry_is_possible(const struct el4_cpu *cpu, const struct el4_power_entry *entry)
{
    if (entry->el < 1 || entry->el > 3) {
        return false;
    }
    return entry->aarch32 ? cpu->features.a32_els >> entry->el & 1 : cpu->features.aarch64;
}

int el4_power_on(struct el4_machine *machine, unsigned cpu, const struct el4_power_entry *entry)
{
    if (cpu >= machine->cpu_count || !entry_is_possible(machine->cpus[cpu], entry)) {
        return -EINVAL;
    }
    struct vcpu *vcpu = &machine->vcpus[cpu];
    switch (el4_power_state(vcpu)) {
    case EL4_CPU_OFF: break;
    case EL4_CPU_ON_PENDING: return -EINPROGRESS;
    default: return -EALREADY;
    }
    vcpu->entry = *entry;
    el4_power_set(vcpu, EL4_POWER_ON_PENDING);
    el4_machine_wake(vcpu);
    return 0;
}

void el4_power_request(struct vcpu *vcpu, enum power_request request,
                       const struct el4_power_entry *entry, struct el4_instance *by)
{
    vcpu->request = request;
    vcpu->request_by = by;
    if (entry) {
        vcpu->entry = *entry;
    }
}

void el4_power_event(struct el4_machine *machine, enum el4_system_event event)
{
    switch (event) {
    case EL4_SYSTEM_OFF: el4_machine_stop(machine, EL4_EXIT_OFF); break;
    case EL4_SYSTEM_CRASH: el4_machine_stop(machine, EL4_EXIT_GUEST); break;
    case EL4_SYSTEM_RESET:
    case EL4_SYSTEM_WARM_RESET: el4_machine_ask_stop(machine, STOP_RESET); break;
    }
}

void el4_power_settle(struct vcpu *vcpu, const struct el4_smccc_service *answered)
{
    if (vcpu->request != REQUEST_NONE && (!answered || vcpu->request_by->service != answered)) {
        vcpu->request = REQUEST_NONE;
    }
    if (vcpu->context_by && (!answered || vcpu->context_by->service != answered)) {
        vcpu->context_by = NULL;
    }
    if (vcpu->event_by && answered && vcpu->event_by->service == answered) {
        el4_power_event(vcpu->machine, vcpu->event);
    }
    vcpu->event_by = NULL;
}

/* GIC CPU interface and the like go with the CPU's power. */
static void reset_cpu_interface(struct vcpu *vcpu)
{
    struct el4_machine *machine = vcpu->machine;
    struct el4_instance *controller = machine->interrupt_controller;
    if (controller && el4_instance_device(controller)->cpu_reset) {
        el4_io_lock(machine->io);
        el4_instance_device(controller)->cpu_reset(controller->state, vcpu->cpu->index);
        el4_io_unlock(machine->io);
    }
}

void el4_power_start(struct vcpu *vcpu)
{
    struct el4_machine *machine = vcpu->machine;
    el4_io_lock(machine->io);
    struct el4_power_entry entry = vcpu->entry;
    vcpu->request = REQUEST_NONE;
    el4_io_unlock(machine->io);

    struct el4_cpu_entry start = {
        .pc = entry.pc | (entry.aarch32 && entry.thumb),
        .x0 = entry.context_id,
        .aarch32 = entry.aarch32,
        .el = entry.el,
        .secure = entry.secure,
        .big_endian = entry.big_endian,
    };
    reset_cpu_interface(vcpu);
    el4_cpu_enter(vcpu->cpu, &start);
    el4_cpu_notice_clear(vcpu->cpu, EL4_ATTENTION_STOP);
    el4_power_set(vcpu, EL4_POWER_ON);
    el4_io_lock(machine->io);
    el4_machine_renotice(vcpu);
    el4_io_unlock(machine->io);
}

static void notify_services(struct vcpu *vcpu)
{
    struct el4_machine *machine = vcpu->machine;
    el4_io_lock(machine->io);
    for (guint i = 0; i < machine->instances->len; i++) {
        struct el4_instance *instance = g_ptr_array_index(machine->instances, i);
        if (instance->kind == EL4_PLUGIN_SERVICE && el4_instance_service(instance)->cpu_woke) {
            el4_instance_service(instance)->cpu_woke(instance->state, vcpu->cpu->index);
        }
    }
    el4_io_unlock(machine->io);
}

bool el4_power_is_awake(struct vcpu *vcpu)
{
    struct el4_machine *machine = vcpu->machine;
    el4_io_lock(machine->io);
    uint64_t now_ns = el4_machine_now_ns(machine);
    if (!vcpu->awake_at_ns) {
        const struct el4_instance *service = vcpu->request_by;
        const struct el4_service_operations *operations = el4_instance_service(service);
        uint64_t ns = operations->cpu_wake_ns
                          ? operations->cpu_wake_ns(service->state, vcpu->cpu->index)
                          : 0;
        bool is_never = ns > EL4_MACHINE_TIME_MAX - now_ns;
        vcpu->awake_at_ns = is_never ? UINT64_MAX : now_ns + ns;
        if (ns && !is_never) {
            el4_io_timer_set(vcpu->wake_timer, vcpu->awake_at_ns);
            el4_machine_deadline_moved(machine, vcpu->awake_at_ns);
        }
    }
    bool is_awake = now_ns >= vcpu->awake_at_ns;
    el4_io_unlock(machine->io);
    return is_awake;
}

void el4_power_wake(struct vcpu *vcpu)
{
    struct el4_cpu *cpu = vcpu->cpu;
    vcpu->awake_at_ns = 0;
    enum power_request request = vcpu->request;
    if (request == REQUEST_SUSPEND) {
        /*
         * The system counter and the compare values belong to the always-on domain, so that a
         * CPU timer can be the wake-up source; everything else of the CPU is lost.
         */
        struct el4_sysregs kept = cpu->regs;
        el4_power_start(vcpu);
        memcpy(cpu->regs.timer_cval, kept.timer_cval, sizeof(kept.timer_cval));
        memcpy(cpu->regs.timer_ctl, kept.timer_ctl, sizeof(kept.timer_ctl));
        cpu->regs.cntvoff_el2 = kept.cntvoff_el2;
        el4_timer_update(cpu);
    } else {
        el4_io_lock(vcpu->machine->io);
        vcpu->request = REQUEST_NONE;
        el4_cpu_notice_clear(cpu, EL4_ATTENTION_STOP);
        el4_machine_renotice(vcpu);
        el4_io_unlock(vcpu->machine->io);
    }
    notify_services(vcpu);
}
