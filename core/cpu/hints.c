/* SPDX-License-Identifier: MIT */
/*
 * WFI, WFE, SEV, SEVL and ERET as translate functions call them, with the traps of SCTLR,
 * HCR_EL2 and SCR_EL3 (DDI 0487 D1.7 "Mechanisms for entering a low-power state"). A trap is
 * taken only if the instruction would have had to wait.
 */
#include "cpu/cpu.h"
#include "cpu/env.h"
#include "cpu/sysreg.h"
#include "cpu/timer.h"

/* CV = 1, COND = always: a trapped A32 one that passed may say so. */
#define ISS_COND_ALWAYS (0x1eu << 20)

struct wfx_controls {
    uint64_t sctlr_no_trap; /* nTWI, nTWE */
    uint64_t hcr_trap;
    uint64_t scr_trap;
    uint32_t iss;
};

/* The EL that traps a wait, 0 for none (AArch64.CheckForWFxTrap). */
static unsigned wfx_trap_el(struct el4_cpu *cpu, const struct wfx_controls *controls)
{
    unsigned el = el4_cpu_el(cpu);
    bool v7 = !cpu->features.a32_v8; /* has the traps of HCR only */
    if (el == 0 && !v7) {
        unsigned regime = el4_cpu_regime_el(cpu);
        if (!(cpu->regs.sctlr[regime] & controls->sctlr_no_trap)) {
            unsigned target = el4_cpu_sync_target(cpu);
            if (target == 3) {
                el4_cpu_raise_undefined(cpu); /* Secure PL1's, and no Monitor Trap */
            }
            return target;
        }
    }
    if (el <= 1 && !el4_cpu_e2h_tge(cpu) && (el4_cpu_hcr(cpu) & controls->hcr_trap)) {
        return 2;
    }
    bool below = el <= 2 || (el4_cpu_is_a32(cpu) && cpu->a32.mode != EL4_A32_MON);
    if (below && cpu->features.el3 && !v7 && (cpu->regs.scr_el3 & controls->scr_trap)) {
        return 3;
    }
    return 0;
}

static uint64_t wait(struct el4_cpu *cpu, const struct wfx_controls *controls)
{
    unsigned target = wfx_trap_el(cpu, controls);
    if (target) {
        el4_cpu_raise_to(cpu, target, EL4_ESR(EL4_EC_WFX, ISS_COND_ALWAYS | controls->iss));
    }
    cpu->waiting = true;
    cpu->waiting_for_event = controls->iss == 1;
    return 1;
}

uint64_t el4_wfi_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    static const struct wfx_controls controls = {EL4_SCTLR_NTWI, EL4_HCR_TWI, EL4_SCR_TWI, 0};
    return el4_cpu_wfi_wakes(cpu) ? 0 : wait(cpu, &controls);
}

uint64_t el4_wfe_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    static const struct wfx_controls controls = {EL4_SCTLR_NTWE, EL4_HCR_TWE, EL4_SCR_TWE, 1};
    if (atomic_exchange_explicit(&cpu->event, 0, memory_order_acq_rel)) {
        return 0;
    }
    return el4_cpu_wfi_wakes(cpu) ? 0 : wait(cpu, &controls);
}

uint64_t el4_sev_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    if (!cpu->env || !cpu->env->cpus) {
        atomic_store_explicit(&cpu->event, 1, memory_order_release);
        return 0;
    }
    unsigned count = 0;
    struct el4_cpu *const *cpus = cpu->env->cpus(cpu->env_data, &count);
    for (unsigned i = 0; i < count; i++) {
        atomic_store_explicit(&cpus[i]->event, 1, memory_order_release);
        if (cpus[i] != cpu && cpus[i]->env->wake) {
            cpus[i]->env->wake(cpus[i]->env_data, cpus[i]);
        }
    }
    return 0;
}

uint64_t el4_sevl_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)
{
    atomic_store_explicit(&cpu->event, 1, memory_order_release);
    return 0;
}

uint64_t el4_eret_call(struct el4_cpu *cpu, uint64_t target, uint64_t b, uint64_t c,
                       uint32_t aux)
{
    el4_cpu_exception_return(cpu, target);
    return cpu->slot[EL4_SLOT_PC];
}
