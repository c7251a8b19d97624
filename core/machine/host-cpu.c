/* SPDX-License-Identifier: MIT */
/*
 * The host table's CPUs: wires to them, system registers that devices claim, power, and the
 * service calls that they make.
 */
#include "machine/private.h"

#include <errno.h>
#include <string.h>

static void host_wire_set(struct el4_instance *self, unsigned output, bool level)
{
    if (output < self->outputs->len) {
        const struct wire_end *end = &g_array_index(self->outputs, struct wire_end, output);
        if (end->device) {
            el4_machine_drive(self->machine, end, level);
        }
    }
}

static void host_cpu_line_set(struct el4_instance *self, unsigned cpu, unsigned line,
                              bool level)
{
    static const uint32_t bits[] = {EL4_ATTENTION_IRQ, EL4_ATTENTION_FIQ, EL4_ATTENTION_VIRQ,
                                    EL4_ATTENTION_VFIQ};
    if (cpu >= self->machine->cpu_count || line >= G_N_ELEMENTS(bits)) {
        return;
    }
    struct el4_cpu *target = self->machine->cpus[cpu];
    if (!target) {
        return; /* still being built: it will start with all lines low */
    }
    if (level) {
        el4_cpu_notice(target, bits[line]);
    } else {
        el4_cpu_notice_clear(target, bits[line]);
    }
}

static unsigned host_cpu_count(struct el4_instance *self)
{
    return self->machine->cpu_count;
}

static uint64_t host_cpu_mpidr(struct el4_instance *self, unsigned cpu)
{
    return cpu < self->machine->cpu_count ? el4_machine_mpidr(self->machine, cpu) : 0;
}

static bool host_sysreg_claim(struct el4_instance *self, uint32_t first, uint32_t last,
                              const struct el4_sysreg_ops *ops)
{
    GArray *claims = self->machine->sysregs;
    struct sysreg_claim claim = {.first = first, .last = last, .owner = self};
    if (!el4_instance_take(self, "el4_sysreg_ops", ops, &claim.ops, sizeof(claim.ops),
                           EL4_END_OF(struct el4_sysreg_ops, write))) {
        return false;
    }
    if (!self->building || first > last || !claim.ops.read || !claim.ops.write) {
        el4_instance_fail(
            self,
            "system registers 0x%x to 0x%x are claimed outside create(), without a "
            "call-back, or end before they begin",
            first, last);
        return false;
    }
    for (guint i = 0; i < claims->len; i++) {
        const struct sysreg_claim *other = &g_array_index(claims, struct sysreg_claim, i);
        if (first <= other->last && other->first <= last) {
            el4_instance_fail(
                self,
                "it claims system registers 0x%x to 0x%x, and '%s' claims 0x%x to "
                "0x%x",
                first, last, other->owner->name, other->first, other->last);
            return false;
        }
    }
    g_array_append_val(claims, claim);
    return true;
}

static void host_cpu_state(struct el4_instance *self, unsigned cpu, struct el4_cpu_state *state)
{
    struct el4_machine *machine = self->machine;
    if (cpu >= machine->cpu_count || !machine->cpus[cpu]) {
        return;
    }
    const struct el4_cpu *target = machine->cpus[cpu];
    unsigned el = el4_cpu_el(target);
    const size_t theirs = state->struct_size;
    const struct el4_cpu_state now = {
        .struct_size = sizeof(*state),
        .el = (uint8_t)el,
        .secure = el4_cpu_is_secure(target),
        .big_endian = target->regs.sctlr[el ? el : 1] >> 25 & 1,
        .has_el2 = target->features.el2 &&
                   (!target->features.el3 || (target->regs.scr_el3 & EL4_SCR_HCE)),
        .has_el3 = target->features.el3,
        .el3_is_guest = machine->el3 == EL3_GUEST,
        .wake_pending = el4_cpu_wfi_wakes(target),
    };
    memcpy(state, &now, MIN(theirs, sizeof(now)));
}

static bool host_cpu_stolen_ns(struct el4_instance *self, unsigned cpu, uint64_t *ns)
{
    return cpu < self->machine->cpu_count &&
           el4_machine_stolen_ns(&self->machine->vcpus[cpu], ns);
}

static void host_cpu_clock(struct el4_instance *self, unsigned cpu, bool is_virtual,
                           uint64_t *wall_ns, uint64_t *count)
{
    struct el4_machine *machine = self->machine;
    *wall_ns = el4_machine_wall_clock_ns(machine);
    *count = el4_machine_counter(machine);
    if (is_virtual && cpu < machine->cpu_count && machine->cpus[cpu]) {
        *count -= machine->cpus[cpu]->regs.cntvoff_el2;
    }
}

/* ---- power ---- */

/* Only a service that is being called has a caller to act on. */
static struct vcpu *calling_vcpu(struct el4_instance *self)
{
    struct vcpu *caller = self->kind == EL4_PLUGIN_SERVICE ? self->machine->caller : NULL;
    if (!caller) {
        el4_instance_log(self, EL4_LOG_ERROR,
                         "the plugin switches its caller's power outside a call");
    }
    return caller;
}

static unsigned host_cpu_power(struct el4_instance *self, unsigned cpu)
{
    return cpu < self->machine->cpu_count ? el4_power_state(&self->machine->vcpus[cpu])
                                          : (unsigned)EL4_CPU_OFF;
}

static int host_cpu_on(struct el4_instance *self, unsigned cpu,
                       const struct el4_power_entry *entry)
{
    struct el4_power_entry taken;
    if (!el4_instance_take(self, "el4_power_entry", entry, &taken, sizeof(taken),
                           EL4_END_OF(struct el4_power_entry, thumb))) {
        return -EINVAL;
    }
    return el4_power_on(self->machine, cpu, &taken);
}

static void host_cpu_off(struct el4_instance *self)
{
    struct vcpu *caller = calling_vcpu(self);
    if (caller) {
        el4_power_request(caller, REQUEST_OFF, NULL, self);
    }
}

static void host_cpu_suspend(struct el4_instance *self, const struct el4_power_entry *entry)
{
    struct vcpu *caller = calling_vcpu(self);
    struct el4_power_entry taken;
    if (!caller) {
        return;
    }
    if (!entry) {
        el4_power_request(caller, REQUEST_STANDBY, NULL, self);
    } else if (el4_instance_take(self, "el4_power_entry", entry, &taken, sizeof(taken),
                                 EL4_END_OF(struct el4_power_entry, thumb))) {
        el4_power_request(caller, REQUEST_SUSPEND, &taken, self);
    }
}

static void host_system_event(struct el4_instance *self, enum el4_system_event event)
{
    struct vcpu *caller = self->kind == EL4_PLUGIN_SERVICE ? self->machine->caller : NULL;
    if (caller) {
        caller->event = event;
        caller->event_by = self;
    } else {
        el4_power_event(self->machine, event);
    }
}

static void host_memory_protect(struct el4_instance *self, bool enable)
{
    self->machine->memory_protected = enable;
}

static bool host_memory_is_ram(struct el4_instance *self, uint64_t base, uint64_t bytes)
{
    const struct el4_machine *machine = self->machine;
    for (unsigned i = 0; i < machine->ram_count; i++) {
        if ((machine->ram[i].view & EL4_BUS_NONSECURE) && base >= machine->ram[i].base &&
            bytes <= machine->ram[i].bytes &&
            base - machine->ram[i].base <= machine->ram[i].bytes - bytes) {
            return true;
        }
    }
    return false;
}

/* ---- service calls ---- */

static bool host_claim(struct el4_instance *self, const struct el4_claim *claim)
{
    if (!self->building || !self->service) {
        el4_instance_fail(self, "a claim outside a service's create(): claims are frozen when "
                                "the machine is made");
        return false;
    }
    GError *error = NULL;
    struct el4_claim taken;
    if (!el4_instance_take(self, "el4_claim", claim, &taken, sizeof(taken),
                           EL4_END_OF(struct el4_claim, name))) {
        return false;
    }
    if (!el4_smccc_claim(self->machine->smccc, self->service, &taken, &error)) {
        el4_instance_fail(self, "%s", error->message);
        g_error_free(error);
        return false;
    }
    return true;
}

static bool host_call_is_claimed(struct el4_instance *self, unsigned conduit, uint32_t id,
                                 unsigned cpu)
{
    struct el4_machine *machine = self->machine;
    if (conduit >= EL4_CONDUIT_COUNT || cpu >= machine->cpu_count || !machine->cpus[cpu]) {
        return false;
    }
    uint32_t caller = el4_machine_caller(machine->cpus[cpu]);
    return el4_smccc_who(machine->smccc, conduit, caller, 0, id, NULL) != NULL;
}

void el4_machine_fill_host_cpu(struct el4_host *host)
{
    host->wire_set = host_wire_set;
    host->cpu_line_set = host_cpu_line_set;
    host->cpu_count = host_cpu_count;
    host->cpu_mpidr = host_cpu_mpidr;
    host->sysreg_claim = host_sysreg_claim;
    host->cpu_state = host_cpu_state;
    host->cpu_stolen_ns = host_cpu_stolen_ns;
    host->cpu_clock = host_cpu_clock;
    host->cpu_interrupt = el4_machine_cpu_interrupt;
    host->cpu_context_get = el4_machine_context_get;
    host->cpu_context_set = el4_machine_context_set;
    host->interrupt_take = el4_machine_interrupt_take;
    host->interrupt_give_back = el4_machine_interrupt_give_back;
    host->cpu_power = host_cpu_power;
    host->cpu_on = host_cpu_on;
    host->cpu_off = host_cpu_off;
    host->cpu_suspend = host_cpu_suspend;
    host->system_event = host_system_event;
    host->memory_protect = host_memory_protect;
    host->memory_is_ram = host_memory_is_ram;
    host->claim = host_claim;
    host->call_is_claimed = host_call_is_claimed;
}
