/* SPDX-License-Identifier: MIT */
/*
 * Making a cpu, resetting it, and entering guest code where firmware would have: the enables
 * of the arm64 and arm boot protocols when the levels above the entry are the emulator's.
 */
#include <stdlib.h>
#include <string.h>

#include "cpu/cp.h"
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
#define SCTLR_EL2_RES1   UINT64_C(0x30000000)
#define A32_HIGH_VECTORS UINT64_C(0xffff0000)

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
    const struct el4_cpu_parts parts = {.el2 = config->has_el2,
                                        .el3 = config->has_el3,
                                        .gicv3 = config->has_gicv3,
                                        .aarch32_only = config->aarch32_only};
    el4_cpu_model_ids(config->model, &parts, &cpu->ids);
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
    el4_cp_reset(cpu);
}

/*
 * What firmware sets before it enters AArch32: with an AArch32 EL3 that is NSACR and SCR's say
 * over CPSR.A and F; an AArch64 EL3 clears RW, so that EL2 uses AArch32 as well.
 */
static void enable_below_a32_el3(struct el4_cpu *cpu, bool secure)
{
    uint64_t scr = (secure ? 0 : EL4_SCR_NS) | EL4_SCR_AW | EL4_SCR_FW | /* or RES1 */
                   (cpu->features.el2 ? EL4_SCR_HCE : 0);
    if (cpu->features.el3) {
        cpu->regs.scr_el3 = scr;
        cpu->regs.a32.nsacr = cpu->features.el3_a32 ? EL4_NSACR_CP10 | EL4_NSACR_CP11 : 0;
    } else {
        cpu->regs.scr_el3 &= ~EL4_SCR_RW;
    }
    cpu->regs.hcr_el2 &= ~EL4_HCR_RW;
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

/* Where the first instruction is, and how it is run. */
struct beginning {
    uint64_t pc; /* AArch32: bit 0 selects T32 */
    unsigned el;
    bool secure;
    bool aarch32;
};

static void begin_at(struct el4_cpu *cpu, const struct beginning *begin)
{
    memset(cpu->slot, 0, sizeof(cpu->slot));
    memset(cpu->v, 0, sizeof(cpu->v));
    memset(&cpu->a32, 0, sizeof(cpu->a32));
    cpu->pstate = EL4_PSTATE_A | EL4_PSTATE_I | EL4_PSTATE_F | begin->el << EL4_PSTATE_EL_SHIFT;
    if (begin->aarch32) {
        bool thumb = begin->pc & 1;
        cpu->a32.mode = begin->el == 2 ? EL4_A32_HYP : EL4_A32_SVC;
        cpu->pstate |= EL4_PSTATE_NRW | (thumb ? EL4_PSTATE_T : 0);
        cpu->slot[EL4_SLOT_PC] = (uint32_t)begin->pc & ~(thumb ? 1u : 3u);
    } else {
        cpu->pstate |= EL4_PSTATE_D | EL4_PSTATE_SP;
        cpu->slot[EL4_SLOT_PC] = begin->pc;
    }
    cpu->exclusive_va = EL4_TLB_NO_TAG;
    cpu->waiting = false;
    atomic_store(&cpu->event, 0);
}

static void reset_to(struct el4_cpu *cpu, const struct beginning *begin)
{
    reset_registers(cpu);
    if (begin->el < 3 && begin->aarch32) {
        enable_below_a32_el3(cpu, begin->secure);
    } else if (begin->el < 3) {
        enable_below_el3(cpu, begin->secure);
    }
    if (begin->el < 2) {
        enable_below_el2(cpu);
    }
    begin_at(cpu, begin);
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
    struct beginning begin = {
        .pc = cpu->regs.rvbar,
        .el = cpu->features.el2 ? 2 : 1,
        .aarch32 = !cpu->features.aarch64,
    };
    if (cpu->features.el3 && !cpu->el3_is_emulated) {
        begin.el = 3;
    }
    if (begin.aarch32) {
        bool high = cpu->ids.sctlr_reset & EL4_SCTLR_A32_V;
        begin.pc = high ? A32_HIGH_VECTORS : begin.pc & ~UINT64_C(3);
    }
    reset_to(cpu, &begin);
}

void el4_cpu_enter(struct el4_cpu *cpu, const struct el4_cpu_entry *entry)
{
    struct beginning begin = {
        .pc = entry->pc,
        .el = entry->el,
        .secure = entry->secure && cpu->features.el3,
        .aarch32 = entry->aarch32 || !cpu->features.aarch64,
    };
    if (begin.aarch32) {
        /* Supervisor mode is EL3 where that is what PL1 of the Secure world is. */
        bool hyp = entry->el == 2 && cpu->features.el2;
        begin.el = hyp ? 2 : begin.secure && cpu->features.el3_a32 ? 3 : 1;
    }
    reset_to(cpu, &begin);
    cpu->slot[EL4_SLOT_X0] = begin.aarch32 ? (uint32_t)entry->x0 : entry->x0;
    if (begin.aarch32) {
        cpu->slot[EL4_SLOT_X0 + 1] = (uint32_t)entry->r1;
        cpu->slot[EL4_SLOT_X0 + 2] = (uint32_t)entry->r2;
    }
    if (entry->big_endian) {
        cpu->regs.sctlr[begin.el] |= EL4_SCTLR_EE;
        cpu->pstate |= begin.aarch32 ? EL4_PSTATE_E : 0;
        el4_cpu_update_mode(cpu);
    }
}
