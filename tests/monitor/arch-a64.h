/* SPDX-License-Identifier: MIT */
/* AArch64: registers of an interrupted world. start-a64.S has the offsets, too. */
#ifndef ARCH_A64_H
#define ARCH_A64_H

#include <stdint.h>

struct frame {
    uintptr_t r[31];
    uintptr_t pc, psr;
    uintptr_t pad;
};

/* The registers of EL1 are one set for both worlds. */
/* clang-format off */
#define BANKED_LIST(X) \
    X(sctlr_el1) X(cpacr_el1) X(ttbr0_el1) X(ttbr1_el1) X(tcr_el1) X(mair_el1) \
    X(amair_el1) X(vbar_el1) X(sp_el1) X(sp_el0) X(elr_el1) X(spsr_el1) \
    X(esr_el1) X(far_el1) X(afsr0_el1) X(afsr1_el1) X(contextidr_el1) \
    X(tpidr_el0) X(tpidrro_el0) X(tpidr_el1) X(par_el1) X(cntkctl_el1) \
    X(csselr_el1)
/* clang-format on */

struct banked {
#define BANKED_MEMBER(name) uint64_t name;
    BANKED_LIST(BANKED_MEMBER)
#undef BANKED_MEMBER
};

#endif
