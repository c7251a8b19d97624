/* SPDX-License-Identifier: MIT */
/*
 * What an SMC or HVC does: the manual's checks and the machine's service chain, in one order
 * that stands nowhere else.
 *
 *   SMC                                       HVC
 *   1 EL0: UNDEFINED                          1 EL0: UNDEFINED
 *   2 EL1, EL2 enabled, HCR_EL2.TSC: EL2      2 the service chain
 *     (returns to the SMC itself)             3 no EL2: UNDEFINED
 *   3 the service chain                       4 Secure below EL3 (no Secure EL2): UNDEFINED
 *   4 SCR_EL3.SMD: UNDEFINED                  5 EL3: SCR_EL3.HCE clear: UNDEFINED
 *   5 no guest code at EL3: UNDEFINED         6 no EL3: HCR_EL2.HCD set: UNDEFINED
 *   6 EL3                                     7 EL2, or EL3 if there already
 *
 * A guest hypervisor that traps its guest's SMCs comes before any service, so that nested
 * firmware calls are the hypervisor's. The chain comes before SMD and HCE: a service plays the
 * firmware that would have set them. With an AArch32 EL3 "EL3" is Monitor mode, and an HVC in
 * the Secure world, Monitor mode too, is UNDEFINED. TSC works without EL3 if the machine has an
 * smc chain.
 */
#include "cpu/cpu.h"
#include "cpu/env.h"

#define ISS_COND_ALWAYS (UINT64_C(0x1e) << 20) /* CV = 1, COND = always */

static enum el4_ec smc_class(const struct el4_cpu *cpu)
{
    return el4_cpu_is_a32(cpu) ? EL4_EC_SMC32 : EL4_EC_SMC64;
}

static enum el4_ec hvc_class(const struct el4_cpu *cpu)
{
    return el4_cpu_is_a32(cpu) ? EL4_EC_HVC32 : EL4_EC_HVC64;
}

/* The manual's exception with the SVC-like preferred return address, the next instruction. */
static void take(struct el4_cpu *cpu, enum el4_ec ec, unsigned target, uint16_t immediate,
                 uint64_t pc_next, bool return_next)
{
    struct el4_exception e = {
        .esr = EL4_ESR(ec, immediate),
        .target_el = target,
        .vector = EL4_VECTOR_SYNC,
        .kind = EL4_RAISE_TARGET,
        .return_next = return_next,
    };
    el4_cpu_take_exception(cpu, &e, return_next ? pc_next : pc_next - 4);
}

/* ESR_ELx and HSR have no immediate of an AArch32 SMC; a v7 HSR has the condition, passed. */
static uint16_t smc_syndrome(const struct el4_cpu *cpu, uint16_t immediate)
{
    return el4_cpu_is_a32(cpu) ? 0 : immediate;
}

static void take_smc_trap(struct el4_cpu *cpu, uint16_t immediate, uint64_t pc_next)
{
    struct el4_exception e = {
        .esr = EL4_ESR(smc_class(cpu), smc_syndrome(cpu, immediate)),
        .target_el = 2,
        .vector = EL4_VECTOR_SYNC,
        .kind = EL4_RAISE_TARGET,
    };
    if (el4_cpu_is_a32(cpu) && !cpu->features.a32_v8) {
        e.esr |= ISS_COND_ALWAYS;
    }
    el4_cpu_take_exception(cpu, &e, pc_next - 4);
}

static void take_undefined(struct el4_cpu *cpu, uint64_t pc_next)
{
    take(cpu, EL4_EC_UNKNOWN, el4_cpu_sync_target(cpu), 0, pc_next, false);
}

static bool may_go_on(const struct el4_cpu *cpu)
{
    return !(atomic_load_explicit(&cpu->attention, memory_order_acquire) & EL4_ATTENTION_STOP);
}

static enum el4_conduit_result offer(struct el4_cpu *cpu, enum el4_cpu_conduit conduit,
                                     uint16_t immediate, uint64_t pc_next)
{
    if (!cpu->env || !cpu->env->call) {
        return EL4_CONDUIT_NOT_CLAIMED;
    }
    cpu->slot[EL4_SLOT_PC] = pc_next;
    enum el4_conduit_result result = cpu->env->call(cpu->env_data, cpu, conduit, immediate);
    if (result == EL4_CONDUIT_HANDLED) {
        el4_cpu_advance_it(cpu);
        /* For software step it is a completed instruction, as for SVC and its return. */
        if (cpu->pstate & EL4_PSTATE_SS) {
            cpu->pstate &= ~EL4_PSTATE_SS;
            el4_cpu_update_mode(cpu);
        }
    }
    return result == EL4_CONDUIT_MOVED ? EL4_CONDUIT_HANDLED : result;
}

/* SCR_EL3.SMD; SCR.SCD of an AArch32 EL3 is for the Non-secure world, and came with EL2. */
static bool smc_is_disabled(const struct el4_cpu *cpu)
{
    if (!(cpu->regs.scr_el3 & EL4_SCR_SMD)) {
        return false;
    }
    return !cpu->features.el3_a32 || (cpu->features.el2 && !el4_cpu_is_secure(cpu));
}

bool el4_cpu_smc(struct el4_cpu *cpu, uint16_t immediate, uint64_t pc_next)
{
    unsigned el = el4_cpu_el(cpu);
    if (el == 0) {
        take_undefined(cpu, pc_next);
        return true;
    }
    bool tsc_works = cpu->features.el3 || cpu->smc_conduit;
    if (el == 1 && tsc_works && (el4_cpu_hcr(cpu) & EL4_HCR_TSC)) {
        take_smc_trap(cpu, immediate, pc_next);
        return true;
    }
    switch (offer(cpu, EL4_CPU_CONDUIT_SMC, immediate, pc_next)) {
    case EL4_CONDUIT_HANDLED: return may_go_on(cpu);
    case EL4_CONDUIT_UNDEFINED: take_undefined(cpu, pc_next); return true;
    default: break;
    }
    bool has_code_at_el3 = cpu->features.el3 && !cpu->el3_is_emulated;
    if (!has_code_at_el3 || smc_is_disabled(cpu)) {
        take_undefined(cpu, pc_next);
    } else {
        take(cpu, smc_class(cpu), 3, smc_syndrome(cpu, immediate), pc_next, true);
    }
    return true;
}

static bool hvc_is_enabled(const struct el4_cpu *cpu, unsigned el)
{
    if (!cpu->features.el2 || (el < 3 && el4_cpu_is_secure_below_el3(cpu)) ||
        (el == 3 && cpu->features.el3_a32)) {
        return false;
    }
    return cpu->features.el3 ? cpu->regs.scr_el3 & EL4_SCR_HCE
                             : !(cpu->regs.hcr_el2 & EL4_HCR_HCD);
}

bool el4_cpu_hvc(struct el4_cpu *cpu, uint16_t immediate, uint64_t pc_next)
{
    unsigned el = el4_cpu_el(cpu);
    if (el == 0) {
        take_undefined(cpu, pc_next);
        return true;
    }
    switch (offer(cpu, EL4_CPU_CONDUIT_HVC, immediate, pc_next)) {
    case EL4_CONDUIT_HANDLED: return may_go_on(cpu);
    case EL4_CONDUIT_UNDEFINED: take_undefined(cpu, pc_next); return true;
    default: break;
    }
    if (hvc_is_enabled(cpu, el)) {
        take(cpu, hvc_class(cpu), el == 3 ? 3 : 2, immediate, pc_next, true);
    } else {
        take_undefined(cpu, pc_next);
    }
    return true;
}
