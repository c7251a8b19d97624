/* SPDX-License-Identifier: MIT */
/*
 * Who may access a coprocessor register: existence, mode, and the traps. Those of HCR, HDCR,
 * CNTHCTL, CNTKCTL, PMUSERENR and what an AArch64 EL3 says are the same as for the AArch64
 * register and come from sysreg-access.c; AArch32 adds HSTR, HCR.TID0 and TIDCP, and makes
 * UNDEFINED of what an AArch32 EL1 denies to User mode.
 */
#include "cpu/cp-private.h"
#include "cpu/cpu.h"

#define HSTR_TTEE  EL4_BIT(16)
#define HSTR_TJDBX EL4_BIT(17)
#define TEECR_XED  EL4_BIT(0)
#define HSTR_NOT_T ((1u << 4) | (1u << 14)) /* bits that are no trap */

unsigned el4_cp_who(const struct el4_cpu *cpu)
{
    bool secure = el4_cpu_is_secure_below_el3(cpu);
    switch (cpu->a32.mode) {
    case EL4_A32_USR: return EL4_CP_BY_USER;
    case EL4_A32_HYP: return EL4_CP_BY_HYP;
    case EL4_A32_MON: return secure ? EL4_CP_BY_MON_S : EL4_CP_BY_MON_NS;
    default: return secure ? EL4_CP_BY_SECURE : EL4_CP_BY_NS;
    }
}

static unsigned mmfr4(const struct el4_cpu *cpu)
{
    return (unsigned)cpu->ids.id[EL4_ID_ISAR_A32][6];
}

static bool is_there(const struct el4_cpu *cpu, const struct el4_cp_reg *reg)
{
    const struct el4_features *f = &cpu->features;
    enum el4_a32_core core = cpu->model->a32_core;
    unsigned crm = EL4_CP_CRM(reg->key);
    switch ((enum el4_cp_need)reg->need) {
    case EL4_CP_NEED_NONE: return true;
    case EL4_CP_NEED_EL2: return f->el2;
    case EL4_CP_NEED_LPAE: return f->lpae;
    case EL4_CP_NEED_TIMER: return f->generic_timer;
    case EL4_CP_NEED_V7: return !f->a32_v8;
    case EL4_CP_NEED_V8: return f->a32_v8;
    case EL4_CP_NEED_V8_EL2: return f->a32_v8 && f->el2;
    case EL4_CP_NEED_PAN2: return f->pan2 && f->a32_v8;
    case EL4_CP_NEED_HPD: return EL4_FIELD(mmfr4(cpu), 19, 16) >= 1;
    case EL4_CP_NEED_ACTLR2: return EL4_FIELD(mmfr4(cpu), 7, 4) >= 1;
    case EL4_CP_NEED_CCIDX: return EL4_FIELD(mmfr4(cpu), 27, 24) >= 1;
    case EL4_CP_NEED_SPECRES: return EL4_FIELD(cpu->ids.id[EL4_ID_ISAR_A32][7], 19, 16) >= 1;
    case EL4_CP_NEED_THUMBEE: return f->a32_thumbee;
    case EL4_CP_NEED_BREAKPOINT: return crm < f->breakpoints;
    case EL4_CP_NEED_CONTEXT:
        return crm < f->breakpoints && crm + f->context_breakpoints >= f->breakpoints;
    case EL4_CP_NEED_WATCHPOINT: return crm < f->watchpoints;
    case EL4_CP_NEED_RMR_EL1: return f->a32_v8 && !f->el2 && !f->el3;
    case EL4_CP_NEED_RMR_EL2: return f->a32_v8 && f->el2 && !f->el3;
    case EL4_CP_NEED_A9: return core == EL4_CORE_A9;
    case EL4_CP_NEED_A7_A15: return core == EL4_CORE_A7 || core == EL4_CORE_A15;
    case EL4_CP_NEED_L2:
        return core == EL4_CORE_A7 || core == EL4_CORE_A15 || cpu->model->cortex;
    case EL4_CP_NEED_CORTEX: return cpu->model->cortex;
    }
    return false;
}

/* User mode below an AArch64 EL1, or PL1 under a hypervisor. */
static bool is_guest(const struct el4_cpu *cpu)
{
    return el4_cpu_el(cpu) <= 1 && !el4_cpu_e2h_tge(cpu) && el4_cpu_el2_enabled(cpu);
}

/* HSTR.T0 to T15: by CRn, or by CRm of the 64-bit forms; CP15 only. */
static bool hstr_traps(const struct el4_cpu *cpu, uint32_t key)
{
    unsigned n = key & EL4_CP_WIDE ? EL4_CP_CRM(key) : EL4_CP_CRN(key);
    return is_guest(cpu) && !EL4_CP_IS_14(key) && !(HSTR_NOT_T >> n & 1) &&
           (cpu->regs.hstr_el2 >> n & 1);
}

/* JOSCR and JMCR, whom HSTR.TJDBX means; JIDR is HCR.TID0's. */
static bool is_jazelle_control(uint32_t key)
{
    return EL4_CP_IS_14(key) && !(key & EL4_CP_WIDE) && EL4_CP_OPC1(key) == 7 &&
           EL4_CP_CRN(key) != 0;
}

uint64_t el4_cp_check_bxj(struct el4_cpu *cpu, uint64_t a, uint64_t iss, uint64_t c,
                          uint32_t aux)
{
    if (is_guest(cpu) && (cpu->regs.hstr_el2 & HSTR_TJDBX)) {
        el4_cpu_raise_to(cpu, 2, EL4_ESR(EL4_EC_BXJ, iss));
    }
    return 0;
}

/* The encodings of HCR.TIDCP: CRn and the CRms of each. */
static bool is_impdef_space(uint32_t key)
{
    static const uint16_t crms[16] = {[9] = 0x01e7, [10] = 0x0113, [11] = 0x81ff};
    return !(key & EL4_CP_WIDE) && !EL4_CP_IS_14(key) &&
           (crms[EL4_CP_CRN(key)] >> EL4_CP_CRM(key) & 1);
}

int el4_cp_check_key(const struct el4_cpu *cpu, uint32_t key)
{
    if (el4_cpu_el(cpu) != 1) {
        return 0;
    }
    bool impdef = (el4_cpu_hcr(cpu) & EL4_HCR_TIDCP) && is_impdef_space(key);
    return hstr_traps(cpu, key) || impdef ? 2 : 0;
}

/* What EL1 says to User mode; the traps of the classes do not know these. */
static bool user_is_denied(const struct el4_cpu *cpu, const struct el4_cp_reg *reg)
{
    bool udcc = (reg->flags & EL4_CP_UDCC) && (cpu->regs.mdscr_el1 & EL4_MDSCR_TDCC);
    bool xed = (reg->flags & EL4_CP_TTEE) && (cpu->regs.a32.teecr & TEECR_XED);
    return udcc || xed;
}

/* An exception to an AArch64 level has the access as its syndrome, AArch32 calls it UNDEFINED.
 */
static int deny_user(const struct el4_cpu *cpu, int target)
{
    bool to_a64 = !el4_cpu_el_is_a32(cpu, (unsigned)target);
    return to_a64 ? target : -1;
}

static int guest_trap(const struct el4_cpu *cpu, const struct el4_cp_reg *reg)
{
    if (!is_guest(cpu)) {
        return 0;
    }
    bool tid0 = (reg->flags & EL4_CP_TID0) && (cpu->regs.hcr_el2 & EL4_HCR_TID0);
    bool ttee = (reg->flags & EL4_CP_TTEE) && (cpu->regs.hstr_el2 & HSTR_TTEE);
    bool tjdbx = !cpu->features.a32_v8 && is_jazelle_control(reg->key) &&
                 (cpu->regs.hstr_el2 & HSTR_TJDBX);
    return hstr_traps(cpu, reg->key) || tid0 || ttee || tjdbx ? 2 : 0;
}

int el4_cp_check(const struct el4_cpu *cpu, const struct el4_cp_reg *reg, bool is_read)
{
    unsigned el = el4_cpu_el(cpu);
    unsigned who = el4_cp_who(cpu);

    if (!is_there(cpu, reg)) {
        return -1;
    }
    bool a64_el3 = cpu->features.el3 && !cpu->features.el3_a32 && !cpu->el3_is_emulated;
    if ((reg->flags & EL4_CP_TO_EL3) && who == EL4_CP_BY_SECURE && a64_el3) {
        return 3;
    }
    if (!((is_read ? reg->read_by : reg->write_by) & who)) {
        return -1;
    }
    if ((reg->flags & EL4_CP_CP15BEN) &&
        !(cpu->regs.sctlr[el4_cpu_regime_el(cpu)] & EL4_SCTLR_A32_CP15BEN)) {
        return -1;
    }
    if (el == 0 && user_is_denied(cpu, reg)) {
        return deny_user(cpu, (int)el4_cpu_sync_target(cpu));
    }
    int target = el4_sysreg_class_trap(cpu, (enum el4_trap_class)reg->trap, is_read);
    if (el == 0 && target && target == (int)el4_cpu_el0_owner(cpu)) {
        return deny_user(cpu, target);
    }
    if (target <= 0 || target == 3) {
        int by_el2 = target < 0 ? 0 : guest_trap(cpu, reg);
        return by_el2 ? by_el2 : target;
    }
    return target;
}
