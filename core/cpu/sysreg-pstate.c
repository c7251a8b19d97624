/* SPDX-License-Identifier: MIT */
/*
 * PSTATE and the special-purpose registers: as registers (MRS, MSR) and as MSR (immediate).
 */
#include <stddef.h>

#include "cpu/cpu.h"
#include "cpu/sysreg-private.h"

#define READER(name)                                                                           \
    uint64_t el4_sr_read_##name(struct el4_cpu *cpu, const struct el4_sysreg *reg)
#define WRITER(name)                                                                           \
    void el4_sr_write_##name(struct el4_cpu *cpu, const struct el4_sysreg *reg, uint64_t value)
#define CALL(name)                                                                             \
    uint64_t name(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux)

#define DAIF_BITS (EL4_PSTATE_D | EL4_PSTATE_A | EL4_PSTATE_I | EL4_PSTATE_F)
#define NZCV_BITS UINT64_C(0xf0000000)
#define FPCR_BITS (EL4_FPCR_FZ | EL4_FPCR_DN | EL4_FPCR_AHP | EL4_FPCR_RMODE)
#define FPSR_BITS UINT32_C(0xf800009f)

static void set_bits(struct el4_cpu *cpu, uint32_t mask, bool on)
{
    cpu->pstate = on ? cpu->pstate | mask : cpu->pstate & ~mask;
}

READER(currentel)
{
    return el4_cpu_el(cpu) << 2;
}

READER(spsel)
{
    return cpu->pstate & EL4_PSTATE_SP ? 1 : 0;
}

READER(pan)
{
    return cpu->pstate & EL4_PSTATE_PAN;
}

READER(uao)
{
    return cpu->pstate & EL4_PSTATE_UAO;
}

READER(nzcv)
{
    return cpu->slot[EL4_SLOT_NZCV];
}

READER(daif)
{
    return cpu->pstate & DAIF_BITS;
}

READER(dit)
{
    return cpu->pstate & EL4_PSTATE_DIT;
}

READER(ssbs)
{
    return cpu->pstate & EL4_PSTATE_SSBS;
}

READER(fpcr)
{
    return cpu->regs.fp.fpcr;
}

READER(fpsr)
{
    return cpu->regs.fp.fpsr;
}

/* SP_EL0 is UNDEFINED while it is the stack pointer. */
READER(sp_el0)
{
    if (!(cpu->pstate & EL4_PSTATE_SP)) {
        el4_cpu_raise_undefined(cpu);
    }
    return cpu->regs.sp[0];
}

WRITER(sp_el0)
{
    if (!(cpu->pstate & EL4_PSTATE_SP)) {
        el4_cpu_raise_undefined(cpu);
    }
    cpu->regs.sp[0] = value;
}

WRITER(spsel)
{
    el4_cpu_set_el_sp(cpu, el4_cpu_el(cpu), value & 1);
    el4_cpu_update_mode(cpu);
}

WRITER(pan)
{
    set_bits(cpu, EL4_PSTATE_PAN, value & EL4_PSTATE_PAN);
    el4_cpu_update_mode(cpu);
}

WRITER(uao)
{
    set_bits(cpu, EL4_PSTATE_UAO, value & EL4_PSTATE_UAO);
    el4_cpu_update_mode(cpu);
}

WRITER(nzcv)
{
    cpu->slot[EL4_SLOT_NZCV] = value & NZCV_BITS;
}

void el4_cpu_write_daif(struct el4_cpu *cpu, uint64_t value)
{
    uint32_t old = cpu->pstate;
    cpu->pstate = (old & ~DAIF_BITS) | ((uint32_t)value & DAIF_BITS);
    if (((old ^ cpu->pstate) & EL4_PSTATE_D) && cpu->regs.mdscr_el1) {
        el4_cpu_update_mode(cpu); /* PSTATE.D decides about debug exceptions */
    } else if (old & ~cpu->pstate & DAIF_BITS) {
        el4_cpu_masks_changed(cpu);
    }
}

WRITER(daif)
{
    el4_cpu_write_daif(cpu, value);
}

WRITER(dit)
{
    set_bits(cpu, EL4_PSTATE_DIT, value & EL4_PSTATE_DIT);
}

WRITER(ssbs)
{
    set_bits(cpu, EL4_PSTATE_SSBS, value & EL4_PSTATE_SSBS);
}

WRITER(fpcr)
{
    uint32_t mask = FPCR_BITS | (cpu->features.fp16 ? EL4_FPCR_FZ16 : 0);
    cpu->regs.fp.fpcr = (uint32_t)value & mask;
}

WRITER(fpsr)
{
    cpu->regs.fp.fpsr = (uint32_t)value & FPSR_BITS;
}

/* ---- MSR (immediate) ---- */

/* DAIFSet and DAIFClr at EL0 need SCTLR.UMA; the trap's ISS is that of the encoding. */
static void check_uma(struct el4_cpu *cpu, uint32_t immediate, unsigned op2)
{
    if (cpu->mode.uma_trap) {
        uint32_t iss = op2 << 17 | 3u << 14 | 4u << 10 | 31u << 5 | (immediate & 15) << 1;
        el4_cpu_raise_to(cpu, el4_cpu_sync_target(cpu), EL4_ESR(EL4_EC_SYSREG, iss));
    }
}

static void check_privileged(struct el4_cpu *cpu, bool feature)
{
    if (!feature || el4_cpu_el(cpu) == 0) {
        el4_cpu_raise_undefined(cpu);
    }
}

CALL(el4_msr_daifset_call)
{
    check_uma(cpu, aux, 6);
    el4_cpu_write_daif(cpu, cpu->pstate | (uint64_t)(aux & 15) << 6);
    return 0;
}

CALL(el4_msr_daifclr_call)
{
    check_uma(cpu, aux, 7);
    el4_cpu_write_daif(cpu, cpu->pstate & ~((uint64_t)(aux & 15) << 6));
    return 0;
}

CALL(el4_msr_spsel_call)
{
    check_privileged(cpu, true);
    el4_sr_write_spsel(cpu, NULL, aux & 1);
    return 0;
}

CALL(el4_msr_pan_call)
{
    check_privileged(cpu, cpu->features.pan);
    el4_sr_write_pan(cpu, NULL, aux & 1 ? EL4_PSTATE_PAN : 0);
    return 0;
}

CALL(el4_msr_uao_call)
{
    check_privileged(cpu, cpu->features.uao);
    el4_sr_write_uao(cpu, NULL, aux & 1 ? EL4_PSTATE_UAO : 0);
    return 0;
}

CALL(el4_msr_dit_call)
{
    if (!cpu->features.dit) {
        el4_cpu_raise_undefined(cpu);
    }
    set_bits(cpu, EL4_PSTATE_DIT, aux & 1);
    return 0;
}

CALL(el4_msr_ssbs_call)
{
    if (!cpu->features.ssbs) {
        el4_cpu_raise_undefined(cpu);
    }
    set_bits(cpu, EL4_PSTATE_SSBS, aux & 1);
    return 0;
}
