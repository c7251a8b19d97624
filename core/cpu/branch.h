/* SPDX-License-Identifier: MIT */
/*
 * What becomes of an address that goes into the PC (DDI 0487, AArch64.BranchAddr): the tag of
 * a tagged address is replaced where the regime ignores the top byte for instruction fetches.
 */
#ifndef EL4_CPU_BRANCH_H
#define EL4_CPU_BRANCH_H

#include "cpu/cpu.h"

/* The slow part of el4_cpu_branch_target: bits 63:55 are not all equal. */
static inline uint64_t el4_cpu_branch_target_tagged(const struct el4_cpu *cpu, uint64_t target)
{
    unsigned regime = el4_cpu_regime_el(cpu);
    uint64_t tcr = cpu->regs.tcr[regime];
    if (regime == 1 || (regime == 2 && el4_cpu_e2h(cpu))) {
        bool upper = target & EL4_BIT(55);
        bool ignored = tcr & (upper ? EL4_TCR_TBI1 : EL4_TCR_TBI0);
        bool data_only = tcr & (upper ? EL4_TCR_TBID1 : EL4_TCR_TBID0);
        if (ignored && !(data_only && cpu->features.pauth)) {
            return (uint64_t)((int64_t)(target << 8) >> 8);
        }
        return target;
    }
    bool ignored = tcr & EL4_TCR_ONE_TBI;
    bool data_only = tcr & EL4_TCR_ONE_TBID;
    return ignored && !(data_only && cpu->features.pauth) ? target & ~(UINT64_C(0xff) << 56)
                                                          : target;
}

static inline uint64_t el4_cpu_branch_target(const struct el4_cpu *cpu, uint64_t target)
{
    int64_t top = (int64_t)target >> 55;
    return top == 0 || top == -1 ? target : el4_cpu_branch_target_tagged(cpu, target);
}

#endif
