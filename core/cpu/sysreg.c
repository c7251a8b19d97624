/* SPDX-License-Identifier: MIT */
/*
 * MRS, MSR and SYS: find the register, check the access, follow the redirections of
 * HCR_EL2.E2H, do it, and recompute what depends on it. What the table does not know is
 * offered to the machine's devices (GICv3 CPU interface) and is UNDEFINED otherwise.
 */
#include "cpu/sysreg.h"

#include <stddef.h>

#include "cpu/cpu.h"
#include "cpu/debug.h"
#include "cpu/env.h"
#include "cpu/mem.h"

const struct el4_sysreg *el4_sysreg_lookup(uint32_t encoding)
{
    unsigned low = 0;
    unsigned high = el4_sysreg_table_count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (el4_sysreg_table[middle].encoding < encoding) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < el4_sysreg_table_count && el4_sysreg_table[low].encoding == encoding;
    return found ? &el4_sysreg_table[low] : NULL;
}

bool el4_sysreg_write_ends_block(uint32_t encoding)
{
    const struct el4_sysreg *reg = el4_sysreg_lookup(encoding);
    if (!reg || reg->redirect) {
        return true; /* a device's register, or one that may become another's */
    }
    return reg->flags &
           (EL4_REG_MODE | EL4_REG_TRANSLATE | EL4_REG_MASKS | EL4_REG_DEBUG | EL4_REG_ENDS);
}

/* ISS of EC 0x18 (DDI 0487 "ISS encoding for an exception from MSR, MRS, or System"). */
static uint32_t access_iss(uint32_t encoding, unsigned rt, bool is_read)
{
    return EL4_SYSREG_OP0(encoding) << 20 | EL4_SYSREG_OP2(encoding) << 17 |
           EL4_SYSREG_OP1(encoding) << 14 | EL4_SYSREG_CRN(encoding) << 10 | rt << 5 |
           EL4_SYSREG_CRM(encoding) << 1 | (is_read ? 1 : 0);
}

void el4_sysreg_trap(struct el4_cpu *cpu, uint32_t encoding, bool is_read, unsigned target_el)
{
    /* Rt: the slot that the access micro-op reads or writes; XZR is SINK or ZERO there. */
    unsigned slot = 31;
    if (cpu->fault_uop) {
        slot = is_read ? cpu->fault_uop->desc.d : cpu->fault_uop->desc.a;
    }
    unsigned rt = slot < 31 ? slot : 31;
    el4_cpu_raise_to(cpu, target_el, EL4_ESR(EL4_EC_SYSREG, access_iss(encoding, rt, is_read)));
}

/* CRn 11 and 15 are IMPLEMENTATION DEFINED space: HCR_EL2.TIDCP comes before anything. */
static void check_impdef(struct el4_cpu *cpu, uint32_t encoding, bool is_read)
{
    unsigned crn = EL4_SYSREG_CRN(encoding);
    bool impdef = (crn == 11 || crn == 15) && (EL4_SYSREG_OP0(encoding) & 1);
    if (impdef && el4_cpu_el(cpu) == 1 && (el4_cpu_hcr(cpu) & EL4_HCR_TIDCP)) {
        el4_sysreg_trap(cpu, encoding, is_read, 2);
    }
}

static _Noreturn void refuse_unknown(struct el4_cpu *cpu, uint32_t encoding, bool is_write)
{
    if (cpu->env && cpu->env->unimplemented) {
        cpu->env->unimplemented(cpu->env_data, cpu, encoding, is_write);
    }
    el4_cpu_raise_undefined(cpu);
}

static void refuse(struct el4_cpu *cpu, const struct el4_sysreg *reg, bool is_read, int target)
{
    if (target == 0) {
        return;
    }
    if (target < 0) {
        el4_cpu_raise_undefined(cpu);
    }
    if (reg->trap == EL4_TRAP_FP) {
        el4_cpu_raise(cpu, EL4_RAISE_FP_TRAP, 0);
    }
    el4_sysreg_trap(cpu, reg->encoding, is_read, (unsigned)target);
}

/* The register that an access really reaches: E2H at EL2, EL0 of a host, _EL12 and _EL02. */
static const struct el4_sysreg *redirected(const struct el4_cpu *cpu,
                                           const struct el4_sysreg *reg)
{
    if (!reg->redirect) {
        return reg;
    }
    unsigned el = el4_cpu_el(cpu);
    bool follow = (reg->flags & EL4_REG_E2H) || (el == 2 && el4_cpu_e2h(cpu)) ||
                  (el == 0 && el4_cpu_e2h_tge(cpu));
    return follow ? el4_sysreg_lookup(reg->redirect) : reg;
}

static uint64_t *storage(struct el4_cpu *cpu, const struct el4_sysreg *reg)
{
    return (uint64_t *)(void *)((char *)&cpu->regs + reg->field);
}

/* Without EL2 its registers read as zero at EL3, but for the two that show the real ids. */
static bool is_res0_here(const struct el4_cpu *cpu, const struct el4_sysreg *reg)
{
    return !cpu->features.el2 && (reg->flags & EL4_REG_RES0_EL3);
}

static void after_write(struct el4_cpu *cpu, const struct el4_sysreg *reg)
{
    if (reg->flags & EL4_REG_TRANSLATE) {
        el4_mem_flush_fast_tlb(cpu);
    }
    if (reg->flags & (EL4_REG_MODE | EL4_REG_DEBUG)) {
        el4_cpu_update_mode(cpu);
    }
    if (reg->flags & EL4_REG_MASKS) {
        el4_cpu_masks_changed(cpu);
        if (cpu->env && cpu->env->control_changed) {
            cpu->env->control_changed(cpu->env_data, cpu);
        }
    }
}

static uint64_t read_unknown(struct el4_cpu *cpu, uint32_t encoding)
{
    unsigned target = 0;
    uint64_t value = 0;
    if (cpu->env && cpu->env->sysreg_read) {
        switch (cpu->env->sysreg_read(cpu->env_data, cpu, encoding, &value, &target)) {
        case EL4_SYSREG_OK: return value;
        case EL4_SYSREG_TRAP: el4_sysreg_trap(cpu, encoding, true, target);
        case EL4_SYSREG_UNDEFINED: el4_cpu_raise_undefined(cpu);
        case EL4_SYSREG_UNKNOWN: break;
        }
    }
    refuse_unknown(cpu, encoding, false);
}

static void write_unknown(struct el4_cpu *cpu, uint32_t encoding, uint64_t value)
{
    unsigned target = 0;
    if (cpu->env && cpu->env->sysreg_write) {
        switch (cpu->env->sysreg_write(cpu->env_data, cpu, encoding, value, &target)) {
        case EL4_SYSREG_OK: return;
        case EL4_SYSREG_TRAP: el4_sysreg_trap(cpu, encoding, false, target);
        case EL4_SYSREG_UNDEFINED: el4_cpu_raise_undefined(cpu);
        case EL4_SYSREG_UNKNOWN: break;
        }
    }
    refuse_unknown(cpu, encoding, true);
}

uint64_t el4_sysreg_read_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                              uint32_t encoding)
{
    const struct el4_sysreg *reg = el4_sysreg_lookup(encoding);
    check_impdef(cpu, encoding, true);
    if (!reg) {
        return read_unknown(cpu, encoding);
    }
    refuse(cpu, reg, true, el4_sysreg_check(cpu, reg, true));
    if (is_res0_here(cpu, reg) && !reg->read) {
        return 0;
    }
    reg = redirected(cpu, reg);
    if (reg->read) {
        return reg->read(cpu, reg);
    }
    return reg->field ? *storage(cpu, reg) : 0;
}

uint64_t el4_sysreg_write_call(struct el4_cpu *cpu, uint64_t value, uint64_t b, uint64_t c,
                               uint32_t encoding)
{
    const struct el4_sysreg *reg = el4_sysreg_lookup(encoding);
    check_impdef(cpu, encoding, false);
    if (!reg) {
        write_unknown(cpu, encoding, value);
        return 0;
    }
    refuse(cpu, reg, false, el4_sysreg_check(cpu, reg, false));
    if (is_res0_here(cpu, reg)) {
        return 0;
    }
    reg = redirected(cpu, reg);
    if (reg->write) {
        reg->write(cpu, reg, value);
    } else if (reg->field) {
        uint64_t *field = storage(cpu, reg);
        *field = (*field & ~reg->write_mask) | (value & reg->write_mask);
    }
    after_write(cpu, reg);
    return 0;
}
