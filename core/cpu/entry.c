/* SPDX-License-Identifier: MIT */
/*
 * Making a cpu, resetting it, and entering guest code where firmware would have: the enables
 * of the arm64 boot protocol when the levels above the entry are the emulator's.
 */
#include <stdlib.h>
#include <string.h>

#include "cpu/cpu.h"
#include "cpu/crosscall.h"
#include "cpu/env.h"
#include "cpu/mmu.h"
#include "cpu/pmu.h"
#include "cpu/timer.h"
#include "cpu/tlb.h"

#define CNTHCTL_EL1PCTEN 1u
#define CNTHCTL_EL1PCEN  2u
#define CPTR_EL2_RES1    UINT64_C(0x33ff)
#define MPIDR_RES1       UINT64_C(0x80000000)
/* The TRMs of the Cortex models: SCTLR_EL2 has the RES1 bits 29:28 beside the common value. */
#define SCTLR_EL2_RES1 UINT64_C(0x30000000)

struct el4_cpu *el4_cpu_new(const struct el4_cpu_config *config)
{
    struct el4_cpu *cpu = calloc(1, sizeof(*cpu));
    if (!cpu) {
        return NULL;
    }
    cpu->model = config->model;
    cpu->index = config->index;
    cpu->el3_is_emulated = config->el3_is_emulated;
    cpu->smc_conduit = config->smc_conduit;
    cpu->pmu_counters = config->pmu_counters < EL4_PMU_COUNTERS_MAX ? config->pmu_counters
                                                                    : EL4_PMU_COUNTERS_MAX;
    cpu->bus = config->bus;
    cpu->env = config->env;
    cpu->env_data = config->env_data;
    cpu->fp = &cpu->regs.fp;
    cpu->icount_limit = UINT64_MAX;
    el4_cpu_model_ids(config->model, config->has_el2, config->has_el3, config->has_gicv3,
                      &cpu->ids);
    el4_features_derive(&cpu->ids, &cpu->features);
    cpu->regs.mpidr_el1 = config->mpidr | MPIDR_RES1;
    cpu->regs.rvbar = config->rvbar;
    cpu->regs.cbar_el1 = config->periphbase;
    cpu->regs.cntfrq_el0 = config->cntfrq_hz;

    cpu->mmu = el4_mmu_new();
    cpu->timers = calloc(1, sizeof(*cpu->timers));
    cpu->crosscalls = el4_crosscall_queue_new();
    if (!cpu->mmu || !cpu->timers || !cpu->crosscalls) {
        el4_cpu_free(cpu);
        return NULL;
    }
    el4_cpu_reset(cpu);
    return cpu;
}

void el4_cpu_free(struct el4_cpu *cpu)
{
    if (!cpu) {
        return;
    }
    if (cpu->crosscalls) {
        el4_crosscall_queue_free(cpu->crosscalls);
    }
    if (cpu->mmu) {
        el4_mmu_free(cpu->mmu);
    }
    free(cpu->timers);
    free(cpu);
}

/* Registers whose reset value is not zero; UNKNOWN ones get the reference model's. */
static void reset_registers(struct el4_cpu *cpu)
{
    struct el4_sysregs *regs = &cpu->regs;
    const struct el4_sysregs old = *regs;

    memset(regs, 0, sizeof(*regs));
    regs->mpidr_el1 = old.mpidr_el1;
    regs->rvbar = old.rvbar;
    regs->cbar_el1 = old.cbar_el1;
    regs->cntfrq_el0 = old.cntfrq_el0;
    regs->vmpidr_el2 = old.mpidr_el1;
    regs->vpidr_el2 = cpu->ids.id[EL4_ID_MIDR][0];
    regs->sctlr[1] = cpu->ids.sctlr_reset;
    regs->sctlr[2] = cpu->ids.sctlr_reset | SCTLR_EL2_RES1;
    regs->sctlr[3] = cpu->ids.sctlr_reset;
    regs->cptr_el2 = CPTR_EL2_RES1;
    regs->cnthctl_el2 = CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN;
    regs->mdcr_el2 = cpu->pmu_counters;
    regs->os_lock = 1;
    if (!cpu->features.el3) {
        regs->scr_el3 =
            EL4_SCR_NS | EL4_SCR_HCE | EL4_SCR_RW | EL4_SCR_API | EL4_SCR_APK | EL4_SCR_ENSCXT;
    }
    if (!cpu->features.el2) {
        regs->hcr_el2 = EL4_HCR_RW;
    }
}

/* What firmware at EL3 sets before it enters a lower level. */
static void enable_below_el3(struct el4_cpu *cpu, bool secure)
{
    if (cpu->features.el3) {
        cpu->regs.scr_el3 = EL4_SCR_RW | (secure ? 0 : EL4_SCR_NS) |
                            (cpu->features.el2 ? EL4_SCR_HCE : 0) |
                            (cpu->features.pauth ? EL4_SCR_API | EL4_SCR_APK : 0) |
                            (cpu->features.csv2 ? EL4_SCR_ENSCXT : 0);
    }
    cpu->regs.hcr_el2 |= EL4_HCR_RW;
}

/* What a hypervisor's stub at EL2 sets for an entry at EL1. */
static void enable_below_el2(struct el4_cpu *cpu)
{
    cpu->regs.hcr_el2 |= (cpu->features.pauth ? EL4_HCR_API | EL4_HCR_APK : 0) |
                         (cpu->features.csv2 ? EL4_HCR_ENSCXT : 0);
}

static void begin_at(struct el4_cpu *cpu, unsigned el, uint64_t pc)
{
    memset(cpu->slot, 0, sizeof(cpu->slot));
    memset(cpu->v, 0, sizeof(cpu->v));
    cpu->pstate = EL4_PSTATE_D | EL4_PSTATE_A | EL4_PSTATE_I | EL4_PSTATE_F | EL4_PSTATE_SP |
                  el << EL4_PSTATE_EL_SHIFT;
    cpu->slot[EL4_SLOT_PC] = pc;
    cpu->exclusive_va = EL4_TLB_NO_TAG;
    cpu->waiting = false;
    atomic_store(&cpu->event, 0);
}

static void reset_to(struct el4_cpu *cpu, unsigned el, bool secure, uint64_t pc)
{
    reset_registers(cpu);
    if (el < 3) {
        enable_below_el3(cpu, secure);
    }
    if (el < 2) {
        enable_below_el2(cpu);
    }
    begin_at(cpu, el, pc);
    el4_timer_reset(cpu);
    el4_pmu_reset(cpu);
    el4_tlb_invalidate_all(cpu, 0, 0, 0);
    el4_cpu_update_mode(cpu);
    if (cpu->env && cpu->env->control_changed) {
        cpu->env->control_changed(cpu->env_data, cpu);
    }
}

void el4_cpu_reset(struct el4_cpu *cpu)
{
    unsigned el = cpu->features.el2 ? 2 : 1;
    if (cpu->features.el3 && !cpu->el3_is_emulated) {
        el = 3;
    }
    reset_to(cpu, el, false, cpu->regs.rvbar);
}

void el4_cpu_enter(struct el4_cpu *cpu, const struct el4_cpu_entry *entry)
{
    reset_to(cpu, entry->el, entry->secure && cpu->features.el3, entry->pc);
    cpu->slot[EL4_SLOT_X0] = entry->x0;
    if (entry->big_endian) {
        cpu->regs.sctlr[entry->el] |= EL4_SCTLR_EE;
        el4_cpu_update_mode(cpu);
    }
}
