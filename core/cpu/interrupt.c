/* SPDX-License-Identifier: MIT */
/*
 * Asynchronous exceptions: routing and masking of physical and virtual interrupts (DDI 0487
 * D1.3.6), the attention word, and what wakes a WFI.
 */
#include <stddef.h>

#include "cpu/cpu.h"
#include "cpu/crosscall.h"
#include "cpu/env.h"
#include "cpu/pmu.h"
#include "cpu/timer.h"

/* The three kinds differ only in these bits. */
struct interrupt_kind {
    enum el4_vector_offset vector;
    uint32_t line, virtual_line;
    uint32_t mask;            /* PSTATE */
    uint64_t scr_route;       /* to EL3 */
    uint64_t hcr_route;       /* to EL2, and enables the virtual one */
    uint64_t virtual_pending; /* HCR_EL2 */
    uint64_t scr_maskable;    /* SCR of an AArch32 EL3: the mask holds in the NS world too */
};

static const struct interrupt_kind interrupt_kinds[] = {
    {EL4_VECTOR_SERROR, EL4_ATTENTION_SERROR, 0, EL4_PSTATE_A, EL4_SCR_EA, EL4_HCR_AMO,
     EL4_HCR_VSE, EL4_SCR_AW},
    {EL4_VECTOR_FIQ, EL4_ATTENTION_FIQ, EL4_ATTENTION_VFIQ, EL4_PSTATE_F, EL4_SCR_FIQ,
     EL4_HCR_FMO, EL4_HCR_VF, EL4_SCR_FW},
    {EL4_VECTOR_IRQ, EL4_ATTENTION_IRQ, EL4_ATTENTION_VIRQ, EL4_PSTATE_I, EL4_SCR_IRQ,
     EL4_HCR_IMO, EL4_HCR_VI, 0},
};

#define KINDS (sizeof(interrupt_kinds) / sizeof(interrupt_kinds[0]))

static const struct interrupt_kind *find_kind(enum el4_vector_offset vector)
{
    for (unsigned i = 0; i < KINDS; i++) {
        if (interrupt_kinds[i].vector == vector) {
            return &interrupt_kinds[i];
        }
    }
    return NULL;
}

/*
 * With an AArch32 EL3 (DDI 0406C B1.8.6 and B1.9.3): Monitor and Secure PL1 modes are EL3 both,
 * and masks hold for higher levels, but in the Non-secure world with the Virtualization
 * Extensions: HCR's routing overrides them, and so does SCR's where SCR.AW or FW is clear.
 */
static unsigned physical_target_a32_el3(const struct el4_cpu *cpu,
                                        const struct interrupt_kind *kind, bool masked)
{
    unsigned el = el4_cpu_el(cpu);
    bool secure = el4_cpu_is_secure(cpu);
    bool to_monitor = cpu->regs.scr_el3 & kind->scr_route;
    bool to_hyp = el < 2 && (el4_cpu_hcr(cpu) & (kind->hcr_route | EL4_HCR_TGE));
    bool locked = to_monitor && kind->scr_maskable && cpu->features.el2 &&
                  !(cpu->regs.scr_el3 & kind->scr_maskable);
    bool override = !secure && (to_hyp || locked);

    if (masked && !override) {
        return 0;
    }
    if (to_monitor) {
        return 3;
    }
    return to_hyp || el == 2 ? 2 : secure ? 3 : 1;
}

unsigned el4_cpu_physical_target(const struct el4_cpu *cpu, enum el4_vector_offset vector)
{
    const struct interrupt_kind *kind = find_kind(vector);
    unsigned el = el4_cpu_el(cpu);
    if (!kind) {
        return 0;
    }
    bool masked = cpu->pstate & kind->mask;
    if (cpu->features.el3_a32) {
        return physical_target_a32_el3(cpu, kind, masked);
    }
    if (cpu->features.el3 && (cpu->regs.scr_el3 & kind->scr_route)) {
        return el < 3 || !masked ? 3 : 0;
    }
    if (el == 3) {
        return 0; /* would go to a lower EL: stays pending */
    }
    if (el == 2 && el4_cpu_is_a32(cpu)) {
        return masked ? 0 : 2; /* Hyp mode takes its own, routed there or not */
    }
    uint64_t hcr = el4_cpu_hcr(cpu);
    if (hcr & (kind->hcr_route | EL4_HCR_TGE)) {
        /* A higher EL's interrupt cannot be masked, but for a host's EL0 (E2H and TGE). */
        bool maskable = el == 2 || el4_cpu_e2h_tge(cpu);
        return maskable && masked ? 0 : 2;
    }
    return el == 2 || masked ? 0 : 1;
}

unsigned el4_cpu_virtual_target(const struct el4_cpu *cpu, enum el4_vector_offset vector)
{
    const struct interrupt_kind *kind = find_kind(vector);
    uint64_t hcr = el4_cpu_hcr(cpu);
    if (!kind || !(hcr & kind->hcr_route) || (hcr & EL4_HCR_TGE) || el4_cpu_el(cpu) > 1) {
        return 0;
    }
    return cpu->pstate & kind->mask ? 0 : 1;
}

static bool virtual_is_pending(const struct el4_cpu *cpu, const struct interrupt_kind *kind,
                               uint32_t lines)
{
    return (lines & kind->virtual_line) || (el4_cpu_hcr(cpu) & kind->virtual_pending);
}

static void take(struct el4_cpu *cpu, const struct interrupt_kind *kind, unsigned target)
{
    struct el4_exception e = {
        .target_el = target,
        .vector = kind->vector,
        .kind = EL4_RAISE_TARGET,
        .esr = kind->vector == EL4_VECTOR_SERROR ? EL4_ESR(EL4_EC_SERROR, 0) : 0,
    };
    el4_cpu_take_exception(cpu, &e, cpu->slot[EL4_SLOT_PC]);
}

/* Take one interrupt if any may be taken. */
static bool take_one(struct el4_cpu *cpu, uint32_t lines)
{
    for (unsigned i = 0; i < KINDS; i++) {
        const struct interrupt_kind *kind = &interrupt_kinds[i];
        unsigned target = lines & kind->line ? el4_cpu_physical_target(cpu, kind->vector) : 0;
        if (target) {
            if (kind->vector == EL4_VECTOR_SERROR) {
                el4_cpu_notice_clear(cpu, EL4_ATTENTION_SERROR); /* edge: taken once */
            }
            take(cpu, kind, target);
            return true;
        }
        if (virtual_is_pending(cpu, kind, lines)) {
            target = el4_cpu_virtual_target(cpu, kind->vector);
        }
        if (target) {
            if (kind->vector == EL4_VECTOR_SERROR) {
                cpu->regs.hcr_el2 &= ~EL4_HCR_VSE;
            }
            take(cpu, kind, target);
            return true;
        }
    }
    return false;
}

/* Lines that could not be taken now need no look until masks change. */
static uint32_t takeable_lines(const struct el4_cpu *cpu)
{
    uint32_t lines = 0;
    for (unsigned i = 0; i < KINDS; i++) {
        const struct interrupt_kind *kind = &interrupt_kinds[i];
        lines |= el4_cpu_physical_target(cpu, kind->vector) ? kind->line : 0;
        lines |= el4_cpu_virtual_target(cpu, kind->vector) ? kind->virtual_line : 0;
    }
    return lines;
}

void el4_cpu_serve_timers(struct el4_cpu *cpu)
{
    el4_cpu_notice_clear(cpu, EL4_ATTENTION_TIMER);
    el4_timer_update(cpu);
    el4_pmu_update(cpu); /* polls for its overflow with the timers' deadline */
}

bool el4_cpu_service_attention(struct el4_cpu *cpu)
{
    uint32_t once = EL4_ATTENTION_CALLS | EL4_ATTENTION_RECHECK |
                    EL4_ATTENTION_ICOUNT; /* the run loop looks at icount itself */
    uint32_t bits = atomic_fetch_and_explicit(&cpu->attention, ~once, memory_order_acq_rel);
    if (bits & EL4_ATTENTION_CALLS) {
        el4_crosscall_run(cpu);
    }
    if (bits & EL4_ATTENTION_TIMER) {
        el4_cpu_serve_timers(cpu);
    }
    if (bits & EL4_ATTENTION_STOP) {
        return false;
    }
    /* A timer's output may have come back as an interrupt just now: look again. */
    while (take_one(cpu, atomic_load_explicit(&cpu->attention, memory_order_acquire))) {
        /* Taking masks its own kind; a more urgent one may still follow. */
    }
    cpu->attention_enabled = ~EL4_ATTENTION_LINES | takeable_lines(cpu);
    return true;
}

bool el4_cpu_wfi_wakes(const struct el4_cpu *cpu)
{
    uint32_t bits = atomic_load_explicit(&cpu->attention, memory_order_acquire);
    uint32_t physical = EL4_ATTENTION_IRQ | EL4_ATTENTION_FIQ | EL4_ATTENTION_SERROR;
    if (bits & (physical | EL4_ATTENTION_STOP)) {
        return true;
    }
    uint64_t hcr = el4_cpu_hcr(cpu);
    if (el4_cpu_el(cpu) > 1 || (hcr & EL4_HCR_TGE)) {
        return false;
    }
    for (unsigned i = 0; i < KINDS; i++) {
        const struct interrupt_kind *kind = &interrupt_kinds[i];
        if ((hcr & kind->hcr_route) && virtual_is_pending(cpu, kind, bits)) {
            return true;
        }
    }
    return false;
}
