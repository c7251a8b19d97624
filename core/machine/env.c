/* SPDX-License-Identifier: MIT */
/*
 * What the machine gives its CPUs (core/cpu/env.h): the counter, wires, device-claimed system
 * registers, the service chain. env_data of a cpu is its struct vcpu.
 */
#include "machine/private.h"

#include "cpu/cp.h"
#include "cpu/crosscall.h"

#define NS_PER_S UINT64_C(1000000000)
/* Messages that CPUs cause are dropped after so many. */
#define CPU_MESSAGES_MAX 100

static uint64_t scale(uint64_t value, uint64_t numerator, uint64_t denominator)
{
    return (uint64_t)((unsigned __int128)value * numerator / denominator);
}

uint64_t el4_machine_counter(struct el4_machine *machine)
{
    return scale(el4_machine_now_ns(machine), machine->counter_hz, NS_PER_S);
}

static uint64_t counter(void *data)
{
    struct vcpu *vcpu = data;
    return el4_machine_counter(vcpu->machine);
}

static void timer_deadline(void *data, struct el4_cpu *cpu, uint64_t ticks)
{
    struct vcpu *vcpu = data;
    struct el4_machine *machine = vcpu->machine;
    uint64_t limit = EL4_MACHINE_TIME_MAX / NS_PER_S;
    el4_io_lock(machine->io);
    if (ticks / machine->counter_hz >= limit) {
        el4_io_timer_cancel(vcpu->timer);
    } else {
        /* Rounded up, so that the counter has really reached the value when it fires. */
        uint64_t at_ns = scale(ticks, NS_PER_S, machine->counter_hz);
        at_ns += scale(at_ns, machine->counter_hz, NS_PER_S) < ticks;
        el4_io_timer_set(vcpu->timer, at_ns);
        el4_machine_deadline_moved(machine, at_ns);
    }
    el4_io_unlock(machine->io);
}

static void output(void *data, struct el4_cpu *cpu, enum el4_cpu_output line, bool level)
{
    struct vcpu *vcpu = data;
    GArray *ends = g_ptr_array_index(vcpu->machine->wires_cpu, cpu->index);
    struct wire_end *end = &g_array_index(ends, struct wire_end, line);
    if (end->device) {
        el4_io_lock(vcpu->machine->io);
        el4_machine_drive(vcpu->machine, end, level);
        el4_io_unlock(vcpu->machine->io);
    }
}

static void wake(void *data, struct el4_cpu *cpu)
{
    el4_machine_wake(data);
}

/*
 * The device lock, taken by a vCPU in the middle of an instruction. If it must wait, whoever
 * has the lock may be waiting for this vCPU to take a cross-call, so it leaves guest code. With
 * the lock at once it stays: cross-calls wait as they do for any instruction (a quarter of the
 * time of a short PSCI call). Returns whether it left.
 */
static bool lock_from_guest(struct vcpu *vcpu, struct el4_cpu *cpu)
{
    if (el4_io_try_lock(vcpu->machine->io)) {
        return false;
    }
    el4_crosscall_leave_guest(cpu);
    el4_io_lock(vcpu->machine->io);
    return true;
}

static void unlock_to_guest(struct vcpu *vcpu, struct el4_cpu *cpu, bool left)
{
    el4_io_unlock(vcpu->machine->io);
    if (left) {
        el4_crosscall_enter_guest(cpu);
    }
}

uint32_t el4_machine_caller(const struct el4_cpu *cpu)
{
    bool secure = el4_cpu_is_secure_below_el3(cpu);
    switch (el4_cpu_el(cpu)) {
    case 1: return secure ? EL4_CALLER_S_EL1 : EL4_CALLER_NS_EL1;
    case 2: return secure ? EL4_CALLER_S_EL2 : EL4_CALLER_NS_EL2;
    case 3: /* with an AArch32 EL3 every Secure PL1 mode is there, only Monitor is its firmware
             */
        return cpu->features.el3_a32 && cpu->a32.mode != EL4_A32_MON ? EL4_CALLER_S_EL1
                                                                     : EL4_CALLER_EL3;
    default: return 0;
    }
}

static enum el4_conduit_result service_call(void *data, struct el4_cpu *cpu, int conduit,
                                            uint16_t immediate)
{
    static const enum el4_conduit conduits[] = {
        [EL4_CPU_CONDUIT_SMC] = EL4_CONDUIT_SMC,
        [EL4_CPU_CONDUIT_HVC] = EL4_CONDUIT_HVC,
        [EL4_CPU_CONDUIT_EL4] = EL4_CONDUIT_EL4,
    };
    struct vcpu *vcpu = data;
    struct el4_machine *machine = vcpu->machine;
    /* Field by field: clearing results that nobody reads would be half of the work here. */
    struct el4_call call;
    call.struct_size = sizeof(call);
    call.id = 0;
    call.conduit = conduits[conduit];
    call.caller = el4_machine_caller(cpu);
    call.cpu = cpu->index;
    call.immediate = immediate;
    call.el = (uint8_t)(call.caller == EL4_CALLER_S_EL1 ? 1 : el4_cpu_el(cpu));
    call.secure = el4_cpu_is_secure(cpu);
    call.aarch32 = el4_cpu_is_a32(cpu);
    call.hint = false;
    call.result_mask = 0;
    call.selector = 0;
    for (unsigned i = 0; i < G_N_ELEMENTS(call.args); i++) {
        call.args[i] = call.aarch32 && i > 14 ? 0 : cpu->slot[EL4_SLOT_X0 + i];
    }
    struct el4_smccc_answer answer;
    bool is_seen = machine->trace || machine->seen_calls;
    uint64_t start_ns = is_seen ? el4_machine_now_ns(machine) : 0;
    bool left = lock_from_guest(vcpu, cpu);
    machine->caller = vcpu;
    vcpu->calls++;
    vcpu->call_conduit = call.conduit;
    el4_smccc_dispatch(machine->smccc, &call, &answer);
    machine->caller = NULL;
    if (machine->seen_calls) {
        el4_machine_see_call(machine, &call, &answer, start_ns);
    }
    el4_power_settle(vcpu, answer.outcome == EL4_SMCCC_HANDLED ? answer.service : NULL);
    bool stopping = vcpu->request != REQUEST_NONE;
    unlock_to_guest(vcpu, cpu, left);
    if (answer.delay_ns) {
        el4_machine_delay(vcpu, answer.delay_ns);
    }
    if (machine->trace) {
        el4_trace_call(machine->trace, cpu, &call, &answer, start_ns);
    }
    if (answer.outcome != EL4_SMCCC_HANDLED) {
        return EL4_CONDUIT_NOT_CLAIMED;
    }
    /* AArch32 has R0..R14 only; the slots behind them keep what AArch64 left in X15 on. */
    uint32_t writable = call.aarch32 ? 0x7fff : UINT32_MAX;
    for (uint32_t mask = call.result_mask & writable; mask; mask &= mask - 1) {
        unsigned i = (unsigned)__builtin_ctz(mask);
        cpu->slot[EL4_SLOT_X0 + i] = call.aarch32 ? (uint32_t)call.results[i] : call.results[i];
    }
    if (stopping) {
        el4_cpu_notice(cpu, EL4_ATTENTION_STOP);
    }
    return el4_machine_enter_context(vcpu) ? EL4_CONDUIT_MOVED : EL4_CONDUIT_HANDLED;
}

static const struct sysreg_claim *find_claim(struct el4_machine *machine, uint32_t encoding)
{
    for (guint i = 0; i < machine->sysregs->len; i++) {
        const struct sysreg_claim *claim =
            &g_array_index(machine->sysregs, struct sysreg_claim, i);
        if (encoding >= claim->first && encoding <= claim->last) {
            return claim;
        }
    }
    return NULL;
}

static struct el4_sysreg_access describe_access(const struct el4_cpu *cpu, uint32_t encoding,
                                                uint64_t value)
{
    return (struct el4_sysreg_access){
        .struct_size = sizeof(struct el4_sysreg_access),
        .encoding = encoding,
        .cpu = cpu->index,
        .el = el4_cpu_el(cpu),
        .secure = el4_cpu_is_secure_below_el3(cpu),
        .hcr_el2 = el4_cpu_el2_enabled(cpu) ? cpu->regs.hcr_el2 : 0,
        .scr_el3 = cpu->features.el3 ? cpu->regs.scr_el3 : 0,
        .has_el2 = cpu->features.el2,
        .has_el3 = cpu->features.el3,
        .value = value,
    };
}

static enum el4_sysreg_result sysreg_access(struct vcpu *vcpu, struct el4_cpu *cpu,
                                            uint32_t encoding, bool is_write, uint64_t *value,
                                            unsigned *target_el)
{
    const struct el4_conduit_ways *ways = &vcpu->machine->ways;
    if (is_write && ways->has_sysreg && encoding == ways->sysreg) {
        return service_call(vcpu, cpu, EL4_CPU_CONDUIT_EL4, 0) == EL4_CONDUIT_HANDLED
                   ? EL4_SYSREG_OK
                   : EL4_SYSREG_UNDEFINED;
    }
    const struct sysreg_claim *claim = find_claim(vcpu->machine, encoding);
    if (!claim) {
        return EL4_SYSREG_UNKNOWN;
    }
    if (el4_cpu_el(cpu) == 0) {
        return EL4_SYSREG_UNDEFINED;
    }
    struct el4_sysreg_access access = describe_access(cpu, encoding, *value);
    bool left = lock_from_guest(vcpu, cpu);
    enum el4_sysreg_verdict verdict = is_write ? claim->ops.write(claim->owner->state, &access)
                                               : claim->ops.read(claim->owner->state, &access);
    unlock_to_guest(vcpu, cpu, left);
    *value = access.value;
    *target_el = access.trap_el;
    return verdict == EL4_SYSREG_DONE    ? EL4_SYSREG_OK
           : verdict == EL4_SYSREG_TRAPS ? EL4_SYSREG_TRAP
                                         : EL4_SYSREG_UNDEFINED;
}

static enum el4_sysreg_result sysreg_read(void *data, struct el4_cpu *cpu, uint32_t encoding,
                                          uint64_t *value, unsigned *target_el)
{
    *value = 0;
    return sysreg_access(data, cpu, encoding, false, value, target_el);
}

static enum el4_sysreg_result sysreg_write(void *data, struct el4_cpu *cpu, uint32_t encoding,
                                           uint64_t value, unsigned *target_el)
{
    return sysreg_access(data, cpu, encoding, true, &value, target_el);
}

static void control_changed(void *data, struct el4_cpu *cpu)
{
    struct vcpu *vcpu = data;
    struct el4_instance *controller = vcpu->machine->interrupt_controller;
    if (controller && el4_instance_device(controller)->cpu_changed) {
        struct el4_sysreg_access control = describe_access(cpu, 0, 0);
        el4_io_lock(vcpu->machine->io);
        el4_instance_device(controller)->cpu_changed(controller->state, cpu->index, &control);
        el4_io_unlock(vcpu->machine->io);
    }
}

static uint64_t random_word(void *data)
{
    struct vcpu *vcpu = data;
    uint64_t word;
    el4_io_lock(vcpu->machine->io);
    el4_machine_random(vcpu->machine, &word, sizeof(word));
    el4_io_unlock(vcpu->machine->io);
    return word;
}

static bool semihosting(void *data, struct el4_cpu *cpu)
{
    struct el4_machine *machine = ((struct vcpu *)data)->machine;
    return machine->semihosting && el4_machine_semihosting(machine, cpu);
}

/* HLT came with v8; as a semihosting call debuggers know it on v7 too. */
static bool hlt(void *data, struct el4_cpu *cpu, uint16_t immediate)
{
    struct vcpu *vcpu = data;
    const struct el4_conduit_ways *ways = &vcpu->machine->ways;
    bool is_thumb = el4_cpu_is_a32(cpu) && (cpu->pstate & EL4_PSTATE_T);
    if (ways->has_hlt && immediate == ways->hlt && cpu->features.a32_v8) {
        return service_call(data, cpu, EL4_CPU_CONDUIT_EL4, immediate) == EL4_CONDUIT_HANDLED;
    }
    return immediate == (is_thumb ? EL4_SEMIHOSTING_T32 : EL4_SEMIHOSTING_IMMEDIATE) &&
           semihosting(data, cpu);
}

static void cpu_message(struct vcpu *vcpu, enum el4_log_level level, const char *text)
{
    struct el4_machine *machine = vcpu->machine;
    guint count = (guint)g_atomic_int_add(&machine->cpu_log_count, 1);
    if (count > CPU_MESSAGES_MAX) {
        return;
    }
    g_autofree char *who = g_strdup_printf("cpu%u", vcpu->cpu->index);
    el4_machine_log(machine, level, who, text);
    if (count == CPU_MESSAGES_MAX) {
        el4_machine_log(machine, level, who, "further messages of CPUs are not shown");
    }
}

static void guest_error(void *data, struct el4_cpu *cpu, const char *text)
{
    cpu_message(data, EL4_LOG_GUEST_ERROR, text);
}

static void unimplemented(void *data, struct el4_cpu *cpu, uint32_t encoding, bool is_write)
{
    char name[48];
    if (encoding & EL4_CP_ENCODING) {
        el4_cp_name(encoding, name, sizeof(name));
    } else {
        g_snprintf(name, sizeof(name), "S%u_%u_C%u_C%u_%u", encoding >> 14 & 3,
                   encoding >> 11 & 7, encoding >> 7 & 15, encoding >> 3 & 15, encoding & 7);
    }
    g_autofree char *text = g_strdup_printf(
        "%s of system register %s at PC 0x%" G_GINT64_MODIFIER "x, which el4 does not model",
        is_write ? "write" : "read", name, el4_cpu_pc(cpu));
    cpu_message(data, EL4_LOG_UNIMPLEMENTED, text);
}

static struct el4_cpu *const *cpus(void *data, unsigned *count)
{
    struct vcpu *vcpu = data;
    *count = vcpu->machine->cpu_count;
    return vcpu->machine->cpus;
}

static bool single_threaded(void *data)
{
    struct vcpu *vcpu = data;
    return vcpu->machine->virtual_clock;
}

const struct el4_cpu_env el4_machine_cpu_env = {
    .counter = counter,
    .timer_deadline = timer_deadline,
    .output = output,
    .wake = wake,
    .sysreg_read = sysreg_read,
    .sysreg_write = sysreg_write,
    .control_changed = control_changed,
    .call = service_call,
    .random = random_word,
    .hlt = hlt,
    .semihosting = semihosting,
    .guest_error = guest_error,
    .unimplemented = unimplemented,
    .cpus = cpus,
    .single_threaded = single_threaded,
};
