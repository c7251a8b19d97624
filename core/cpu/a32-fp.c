/* SPDX-License-Identifier: MIT */
/*
 * Who may use floating point and Advanced SIMD in AArch32 state: CPACR, NSACR, FPEXC, HCPTR and
 * what AArch64 levels above say (DDI 0487 AArch32.CheckAdvSIMDOrFPEnabled).
 */
#include "cpu/a32.h"
#include "cpu/cpu.h"

#define ISS_CV     (1u << 24)
#define ISS_COND   (15u << 20)
#define ISS_TA     (1u << 5) /* trapped Advanced SIMD */
#define ISS_COPROC 10u

bool el4_a32_nsacr_applies(const struct el4_cpu *cpu)
{
    return cpu->features.el3_a32 && !el4_cpu_is_secure(cpu);
}

static bool cpacr_denies(const struct el4_cpu *cpu, bool advsimd)
{
    uint64_t cpacr = cpu->regs.cpacr_el1;
    bool has_nsacr = el4_a32_nsacr_applies(cpu);
    uint64_t nsacr = cpu->regs.a32.nsacr;
    if (advsimd &&
        ((cpacr & EL4_CPACR_ASEDIS) || (has_nsacr && (nsacr & EL4_NSACR_NSASEDIS)))) {
        return true;
    }
    unsigned cp10 = has_nsacr && !(nsacr & EL4_NSACR_CP10) ? 0 : EL4_FIELD(cpacr, 21, 20);
    return !(cp10 & 1) || (cp10 == 1 && el4_cpu_el(cpu) == 0);
}

static bool hcptr_traps(const struct el4_cpu *cpu, bool advsimd)
{
    uint64_t hcptr = cpu->regs.cptr_el2;
    bool has_nsacr = el4_a32_nsacr_applies(cpu);
    uint64_t nsacr = cpu->regs.a32.nsacr;
    bool cp10 = (hcptr & EL4_HCPTR_TCP10) || (has_nsacr && !(nsacr & EL4_NSACR_CP10));
    bool tase = (hcptr & EL4_HCPTR_TASE) || (has_nsacr && (nsacr & EL4_NSACR_NSASEDIS));
    return cp10 || (advsimd && tase);
}

static bool undefined(const struct el4_cpu *cpu, struct el4_exception *e)
{
    e->target_el = el4_cpu_sync_target(cpu);
    e->esr = EL4_ESR(EL4_EC_UNKNOWN, 0);
    return true;
}

static bool trapped(struct el4_exception *e, unsigned target, uint32_t iss)
{
    e->target_el = target;
    e->esr = EL4_ESR(EL4_EC_FP_ACCESS, iss);
    return true;
}

/* User mode below an AArch64 EL1: FPEXC does not count. */
static bool under_a64(const struct el4_cpu *cpu, uint32_t iss, struct el4_exception *e)
{
    unsigned target = el4_cpu_fp_trap_el(cpu, 0);
    if (target == 1 && (el4_cpu_hcr(cpu) & EL4_HCR_TGE)) {
        return undefined(cpu, e);
    }
    return target ? trapped(e, target, iss) : false;
}

bool el4_a32_fp_is_trapped(const struct el4_cpu *cpu, bool fpexc_check, uint32_t iss,
                           struct el4_exception *e)
{
    unsigned el = el4_cpu_el(cpu);
    bool advsimd = iss & ISS_TA;
    uint32_t condition = iss & ISS_CV ? iss & (ISS_CV | ISS_COND) : ISS_CV | 14u << 20;

    if (el == 0 && !el4_cpu_el_is_a32(cpu, 1)) {
        return under_a64(cpu, condition, e);
    }
    if (el != 2 && cpacr_denies(cpu, advsimd)) {
        return undefined(cpu, e);
    }
    if (fpexc_check && !(cpu->regs.fpexc32_el2 & EL4_FPEXC_EN)) {
        return undefined(cpu, e);
    }
    if (el <= 2 && el4_cpu_el2_enabled(cpu) && el4_cpu_el_is_a32(cpu, 2)) {
        if (hcptr_traps(cpu, advsimd)) {
            return trapped(e, 2, condition | (advsimd ? ISS_TA : ISS_COPROC));
        }
    }
    unsigned above = el4_cpu_fp_trap_above_el1(cpu, el);
    return above ? trapped(e, above, condition) : false;
}

void el4_a32_check_fp(struct el4_cpu *cpu, bool fpexc_check, uint32_t iss)
{
    struct el4_exception e = {.vector = EL4_VECTOR_SYNC, .kind = EL4_RAISE_TARGET};
    if (el4_a32_fp_is_trapped(cpu, fpexc_check, iss, &e)) {
        el4_cpu_raise_exception(cpu, &e);
    }
}

unsigned el4_a32_fp_trap_el(const struct el4_cpu *cpu)
{
    struct el4_exception e = {0};
    return el4_a32_fp_is_trapped(cpu, true, 0, &e) ? e.target_el : 0;
}

bool el4_a32_simd_off(const struct el4_cpu *cpu)
{
    struct el4_exception e = {0};
    return el4_a32_fp_is_trapped(cpu, true, ISS_TA, &e);
}

bool el4_a32_d32_off(const struct el4_cpu *cpu)
{
    if (!cpu->features.vfp_d32) {
        return true;
    }
    if (cpu->features.a32_v8 || el4_cpu_el(cpu) == 2) {
        return false; /* v8 has neither bit */
    }
    return (cpu->regs.cpacr_el1 & EL4_CPACR_D32DIS) ||
           (el4_a32_nsacr_applies(cpu) && (cpu->regs.a32.nsacr & EL4_NSACR_NSD32DIS));
}
