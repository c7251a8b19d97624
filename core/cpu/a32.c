/* SPDX-License-Identifier: MIT */
/*
 * AArch32 modes: which exist and at which EL, their banked registers, and how those map to
 * X0..X30 (DDI 0487 G1.8, G1.9 and D1.20).
 */
#include "cpu/a32.h"

#include <stddef.h>

#include "cpu/a32-private.h"
#include "cpu/cpu.h"

/* ---- what uses AArch32 ---- */

bool el4_cpu_el_is_a32(const struct el4_cpu *cpu, unsigned el)
{
    if (!cpu->features.aarch64) {
        return true;
    }
    if (el == 3) {
        return false;
    }
    if (!(cpu->regs.scr_el3 & EL4_SCR_RW)) {
        return true;
    }
    if (el == 2) {
        return false;
    }
    if (!(el4_cpu_hcr(cpu) & EL4_HCR_RW) && !el4_cpu_e2h_tge(cpu)) {
        return true;
    }
    return el == 0 && el4_cpu_el(cpu) == 0 && el4_cpu_is_a32(cpu);
}

/* ---- modes ---- */

bool el4_a32_mode_el(const struct el4_cpu *cpu, uint32_t mode, unsigned *el)
{
    switch (mode) {
    case EL4_A32_USR: *el = 0; return true;
    case EL4_A32_HYP: *el = 2; return el4_cpu_el2_enabled(cpu);
    case EL4_A32_MON: *el = 3; return cpu->features.el3_a32;
    case EL4_A32_FIQ:
    case EL4_A32_IRQ:
    case EL4_A32_SVC:
    case EL4_A32_ABT:
    case EL4_A32_UND:
    case EL4_A32_SYS: *el = el4_cpu_el0_owner(cpu); return true;
    default: *el = 0; return false;
    }
}

static void set_el(struct el4_cpu *cpu, unsigned el)
{
    cpu->pstate &= ~(3u << EL4_PSTATE_EL_SHIFT);
    cpu->pstate |= el << EL4_PSTATE_EL_SHIFT;
}

void el4_a32_follow_security(struct el4_cpu *cpu)
{
    unsigned el;
    if (el4_cpu_el(cpu) & 1 && el4_a32_mode_el(cpu, cpu->a32.mode, &el)) {
        set_el(cpu, el);
    }
}

/* ---- banks ---- */

static enum el4_a32_bank bank_of(uint32_t mode, unsigned n)
{
    switch (mode) {
    case EL4_A32_FIQ: return EL4_A32_BANK_FIQ;
    case EL4_A32_IRQ: return EL4_A32_BANK_IRQ;
    case EL4_A32_SVC: return EL4_A32_BANK_SVC;
    case EL4_A32_MON: return EL4_A32_BANK_MON;
    case EL4_A32_ABT: return EL4_A32_BANK_ABT;
    case EL4_A32_HYP: return n == 13 ? EL4_A32_BANK_HYP : EL4_A32_BANK_USR;
    case EL4_A32_UND: return EL4_A32_BANK_UND;
    default: return EL4_A32_BANK_USR;
    }
}

static uint32_t *bank_of_r13_r14(struct el4_a32_banks *banks, uint32_t mode, unsigned n)
{
    enum el4_a32_bank bank = bank_of(mode, n);
    return n == 13 ? &banks->r13[bank] : &banks->r14[bank];
}

void el4_a32_set_mode(struct el4_cpu *cpu, uint32_t mode)
{
    struct el4_a32_banks *banks = &cpu->a32;
    uint32_t old = banks->mode;
    unsigned el = 0;

    for (unsigned n = 13; n <= 14; n++) {
        *bank_of_r13_r14(banks, old, n) = (uint32_t)cpu->slot[EL4_SLOT_X0 + n];
    }
    if ((old == EL4_A32_FIQ) != (mode == EL4_A32_FIQ)) {
        uint32_t *from = old == EL4_A32_FIQ ? banks->r8_fiq : banks->r8_usr;
        const uint32_t *to = old == EL4_A32_FIQ ? banks->r8_usr : banks->r8_fiq;
        for (unsigned i = 0; i < 5; i++) {
            from[i] = (uint32_t)cpu->slot[EL4_SLOT_X0 + 8 + i];
            cpu->slot[EL4_SLOT_X0 + 8 + i] = to[i];
        }
    }
    for (unsigned n = 13; n <= 14; n++) {
        cpu->slot[EL4_SLOT_X0 + n] = *bank_of_r13_r14(banks, mode, n);
    }
    banks->mode = mode;
    el4_a32_mode_el(cpu, mode, &el);
    set_el(cpu, el);
}

uint32_t el4_a32_read_mode_reg(const struct el4_cpu *cpu, uint32_t mode, unsigned n)
{
    enum el4_a32_bank bank = bank_of(mode, n);
    if (bank == bank_of(cpu->a32.mode, n)) {
        return (uint32_t)cpu->slot[EL4_SLOT_X0 + n];
    }
    return n == 13 ? cpu->a32.r13[bank] : cpu->a32.r14[bank];
}

void el4_a32_write_mode_reg(struct el4_cpu *cpu, uint32_t mode, unsigned n, uint32_t value)
{
    if (bank_of(mode, n) == bank_of(cpu->a32.mode, n)) {
        cpu->slot[EL4_SLOT_X0 + n] = value;
    } else {
        *bank_of_r13_r14(&cpu->a32, mode, n) = value;
    }
}

/* R8..R12 as FIQ mode sees them, or as all others do. */
static uint32_t *high_register(struct el4_cpu *cpu, bool of_fiq, unsigned n)
{
    return of_fiq ? &cpu->a32.r8_fiq[n - 8] : &cpu->a32.r8_usr[n - 8];
}

uint32_t el4_a32_read_user(const struct el4_cpu *cpu, unsigned n)
{
    if (n >= 13) {
        return el4_a32_read_mode_reg(cpu, EL4_A32_USR, n);
    }
    return n >= 8 && cpu->a32.mode == EL4_A32_FIQ ? cpu->a32.r8_usr[n - 8]
                                                  : (uint32_t)cpu->slot[EL4_SLOT_X0 + n];
}

void el4_a32_write_user(struct el4_cpu *cpu, unsigned n, uint32_t value)
{
    if (n >= 13) {
        el4_a32_write_mode_reg(cpu, EL4_A32_USR, n, value);
    } else if (n >= 8 && cpu->a32.mode == EL4_A32_FIQ) {
        *high_register(cpu, false, n) = value;
    } else {
        cpu->slot[EL4_SLOT_X0 + n] = value;
    }
}

/* ---- MRS and MSR (banked) ---- */

/* What a SYSm names: a mode and a register, 13 and 14 or R8..R12; 15: ELR_hyp; 16: its SPSR. */
struct banked {
    uint32_t mode;
    unsigned reg;
};

#define REG_ELR_HYP 15
#define REG_SPSR    16

static bool decode_banked(bool spsr, unsigned sysm, struct banked *banked)
{
    static const uint32_t modes[8] = {EL4_A32_IRQ, EL4_A32_SVC, EL4_A32_ABT, EL4_A32_UND,
                                      0,           0,           EL4_A32_MON, EL4_A32_HYP};
    if (sysm >= 16) {
        banked->mode = modes[(sysm - 16) / 2];
        banked->reg = sysm & 1 ? 13 : 14;
        if (banked->mode == EL4_A32_HYP && banked->reg == 14) {
            banked->reg = REG_ELR_HYP;
        }
        if (spsr) {
            bool named = banked->reg != 13;
            banked->reg = REG_SPSR;
            return banked->mode && named;
        }
        return banked->mode;
    }
    banked->mode = sysm >= 8 ? EL4_A32_FIQ : EL4_A32_USR;
    banked->reg = 8 + (sysm & 7);
    if (spsr) {
        bool named = sysm == 14; /* SPSR_fiq */
        banked->reg = REG_SPSR;
        return named;
    }
    return banked->reg <= 14;
}

/* BankedRegisterAccessValid(), SPSRaccessValid(): false if UNPREDICTABLE. */
static bool banked_is_valid(const struct el4_cpu *cpu, const struct banked *banked)
{
    uint32_t mode = cpu->a32.mode;
    switch (banked->mode) {
    case EL4_A32_USR:
        if (banked->reg <= 12) {
            return mode == EL4_A32_FIQ;
        }
        return mode != EL4_A32_SYS && !(banked->reg == 14 && mode == EL4_A32_HYP);
    case EL4_A32_MON:
        return cpu->features.el3_a32 && el4_cpu_is_secure(cpu) && mode != EL4_A32_MON;
    case EL4_A32_HYP:
        if (!cpu->features.el2) {
            return false;
        }
        return mode == EL4_A32_MON || (mode == EL4_A32_HYP && banked->reg == REG_ELR_HYP);
    default: return mode != banked->mode;
    }
}

static void check_banked(struct el4_cpu *cpu, bool spsr, unsigned sysm, struct banked *banked)
{
    bool named = decode_banked(spsr, sysm & 31, banked);
    unsigned el = el4_cpu_el(cpu);
    if (named && banked->mode == EL4_A32_MON && el == 1 && cpu->features.el3 &&
        !cpu->features.el3_a32 && el4_cpu_is_secure(cpu)) {
        el4_cpu_raise_to(cpu, 3, EL4_ESR(EL4_EC_UNKNOWN, 0)); /* AArch64.MonitorModeTrap() */
    }
    if (!named || el == 0 || !banked_is_valid(cpu, banked)) {
        el4_cpu_raise_undefined(cpu);
    }
}

uint64_t *el4_a32_spsr_of(struct el4_cpu *cpu, uint32_t mode)
{
    struct el4_sysregs *regs = &cpu->regs;
    switch (mode) {
    case EL4_A32_FIQ: return &regs->spsr_fiq;
    case EL4_A32_IRQ: return &regs->spsr_irq;
    case EL4_A32_SVC: return &regs->spsr[1];
    case EL4_A32_MON: return &regs->spsr[3];
    case EL4_A32_ABT: return &regs->spsr_abt;
    case EL4_A32_HYP: return &regs->spsr[2];
    case EL4_A32_UND: return &regs->spsr_und;
    default: return NULL;
    }
}

uint32_t el4_a32_read_banked(struct el4_cpu *cpu, bool spsr, unsigned sysm)
{
    struct banked banked;
    check_banked(cpu, spsr, sysm, &banked);
    switch (banked.reg) {
    case REG_SPSR: return (uint32_t)*el4_a32_spsr_of(cpu, banked.mode);
    case REG_ELR_HYP: return (uint32_t)cpu->regs.elr[2];
    case 13:
    case 14: return el4_a32_read_mode_reg(cpu, banked.mode, banked.reg);
    default: return *high_register(cpu, banked.mode == EL4_A32_FIQ, banked.reg);
    }
}

void el4_a32_write_banked(struct el4_cpu *cpu, bool spsr, unsigned sysm, uint32_t value)
{
    struct banked banked;
    check_banked(cpu, spsr, sysm, &banked);
    switch (banked.reg) {
    case REG_SPSR: *el4_a32_spsr_of(cpu, banked.mode) = value; break;
    case REG_ELR_HYP: cpu->regs.elr[2] = value; break;
    case 13:
    case 14: el4_a32_write_mode_reg(cpu, banked.mode, banked.reg, value); break;
    default: *high_register(cpu, banked.mode == EL4_A32_FIQ, banked.reg) = value;
    }
}

/* ---- the mapping to X0..X30 ---- */

/* Where X15..X30 come from (X8..X14 are User's and in their slots). */
static uint32_t *register_of_x(struct el4_a32_banks *banks, unsigned x)
{
    static const uint8_t r14_then_r13[] = {EL4_A32_BANK_IRQ, EL4_A32_BANK_SVC, EL4_A32_BANK_ABT,
                                           EL4_A32_BANK_UND};
    if (x == 15) {
        return &banks->r13[EL4_A32_BANK_HYP];
    }
    if (x < 24) {
        enum el4_a32_bank bank = r14_then_r13[(x - 16) / 2];
        return x & 1 ? &banks->r13[bank] : &banks->r14[bank];
    }
    if (x < 29) {
        return &banks->r8_fiq[x - 24];
    }
    return x == 29 ? &banks->r13[EL4_A32_BANK_FIQ] : &banks->r14[EL4_A32_BANK_FIQ];
}

/*
 * A register that AArch32 did not change keeps its upper half: the manual allows either for
 * those that were accessible, and demands it of those that were not.
 */
void el4_a32_leave_to_a64(struct el4_cpu *cpu)
{
    unsigned el = el4_cpu_el(cpu);
    el4_a32_set_mode(cpu, EL4_A32_USR);
    set_el(cpu, el);
    for (unsigned x = 15; x <= 30; x++) {
        uint32_t value = *register_of_x(&cpu->a32, x);
        if ((uint32_t)cpu->slot[EL4_SLOT_X0 + x] != value) {
            cpu->slot[EL4_SLOT_X0 + x] = value;
        }
    }
    cpu->slot[EL4_SLOT_GE] = 0;
    cpu->slot[EL4_SLOT_Q] = 0;
    cpu->a32.mode = 0;
    cpu->pstate &= 3u << EL4_PSTATE_EL_SHIFT | EL4_PSTATE_PAN | EL4_PSTATE_DIT;
}

void el4_a32_adopt_x(struct el4_cpu *cpu)
{
    for (unsigned x = 0; x <= 14; x++) {
        cpu->slot[EL4_SLOT_X0 + x] = (uint32_t)cpu->slot[EL4_SLOT_X0 + x];
    }
    for (unsigned x = 15; x <= 30; x++) {
        *register_of_x(&cpu->a32, x) = (uint32_t)cpu->slot[EL4_SLOT_X0 + x];
    }
    cpu->a32.mode = EL4_A32_USR;
}
