/* SPDX-License-Identifier: MIT */
/* AArch32: registers of an interrupted world. start-a32.S has the offsets, too. */
#ifndef ARCH_A32_H
#define ARCH_A32_H

#include <stdint.h>

struct frame {
    uintptr_t r[13];
    uintptr_t pc, psr;
    uintptr_t pad;
};

/* The registers of the modes are one set for both worlds; system registers have two. */
struct banked {
    uint32_t sp_usr, lr_usr;
    uint32_t sp_svc, lr_svc, spsr_svc;
    uint32_t sp_abt, lr_abt, spsr_abt;
    uint32_t sp_und, lr_und, spsr_und;
    uint32_t sp_irq, lr_irq, spsr_irq;
    uint32_t r_fiq[5], sp_fiq, lr_fiq, spsr_fiq;
};

#endif
