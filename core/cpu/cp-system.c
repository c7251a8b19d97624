/* SPDX-License-Identifier: MIT */
/*
 * System operations of CP15: barriers, address translation, TLB invalidation. Cache
 * maintenance needs nothing here: its entries are views of the AArch64 instructions.
 */
#include <setjmp.h>
#include <stdatomic.h>

#include "cpu/cp-private.h"
#include "cpu/cpu.h"
#include "cpu/crosscall.h"
#include "cpu/mmu.h"
#include "cpu/tlb.h"

#define WRITER(name)                                                                           \
    void el4_cp_write_##name(struct el4_cpu *cpu, const struct el4_cp_reg *reg, uint64_t value)

/* CP15DSB and CP15DMB; the DSB waits for the other cpus' part of TLBI and the like. */
WRITER(barrier)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (EL4_CP_OPC2(reg->key) == 4) {
        el4_crosscall_wait(cpu);
    }
}

/* ---- address translation ---- */

/* PAR has the 64-bit format (DDI 0487 G5.8, DDI 0406C B3.12). */
static bool is_long_par(const struct el4_cpu *cpu, const struct el4_at *at)
{
    if (at->el == 2) {
        return true;
    }
    if (at->stage12 && cpu->features.el2 && (cpu->regs.hcr_el2 & (EL4_HCR_VM | EL4_HCR_DC))) {
        return true;
    }
    if (!at->stage12 && el4_cpu_el(cpu) == 2) {
        return true;
    }
    return cpu->features.lpae && (cpu->regs.tcr[at->el] & EL4_TTBCR_EAE);
}

/*
 * ATS12NSO* from the Secure world are about the Non-secure one: translate as if SCR.NS were
 * set, and clear it again if an abort comes of it.
 */
static uint64_t translate_nonsecure(struct el4_cpu *cpu, const struct el4_at *at, uint64_t va)
{
    uint64_t scr = cpu->regs.scr_el3;
    jmp_buf *outer = cpu->unwind;
    jmp_buf here;
    cpu->unwind = &here;
    if (setjmp(here)) {
        cpu->unwind = outer;
        cpu->regs.scr_el3 = scr;
        el4_cpu_raise_exception(cpu, &cpu->exception);
    }
    cpu->regs.scr_el3 |= EL4_SCR_NS;
    uint64_t par = el4_mmu_at(cpu, at, va);
    cpu->regs.scr_el3 = scr;
    cpu->unwind = outer;
    return par;
}

/* ATS1C*, ATS12NSO*, ATS1C*P, ATS1H* */
WRITER(at)
{
    unsigned opc2 = EL4_CP_OPC2(reg->key);
    bool hyp = EL4_CP_OPC1(reg->key) == 4;
    bool pan_form = EL4_CP_CRM(reg->key) == 9;
    bool stage12 = !hyp && opc2 >= 4;
    struct el4_at at = {
        .el = hyp       ? 2
              : stage12 ? 1
                        : el4_cpu_el0_owner(cpu),
        .is_write = opc2 & 1,
        .unpriv = opc2 & 2,
        .stage12 = stage12 && cpu->features.el2,
        .pan = pan_form && (cpu->pstate & EL4_PSTATE_PAN),
    };
    bool is_long = is_long_par(cpu, &at);
    bool to_nonsecure = stage12 && el4_cpu_is_secure_below_el3(cpu);
    value = (uint32_t)value;
    uint64_t par =
        to_nonsecure ? translate_nonsecure(cpu, &at, value) : el4_mmu_at(cpu, &at, value);
    uint64_t *field = el4_cpu_el0_owner(cpu) == 3 ? &cpu->regs.a32.par_s : &cpu->regs.par_el1;
    *field = is_long ? par : el4_mmu_short_par(par);
}

/* ---- TLB invalidation ---- */

/* HCR.FB makes EL1's local maintenance Inner Shareable. */
static void invalidate(struct el4_cpu *cpu, bool everywhere, el4_crosscall_fn *fn, uint64_t a,
                       uint64_t b, uint64_t c)
{
    bool forced = el4_cpu_el(cpu) == 1 && (el4_cpu_hcr(cpu) & EL4_HCR_FB);
    fn(cpu, a, b, c);
    if (everywhere || forced) {
        el4_crosscall_broadcast(cpu, fn, a, b, c);
    }
}

/*
 * TLBI, ITLBI and DTLBI of the PL1&0 regime of the bank that is in use: with an AArch32 EL3
 * the Secure one is EL3's. From Hyp mode TLBIALL takes stage 2 with it.
 */
WRITER(tlbi)
{
    uint64_t scope = el4_tlb_scope_for_el(cpu, el4_cpu_el0_owner(cpu));
    bool everywhere = EL4_CP_CRM(reg->key) == 3;
    uint64_t va = value & 0xfffff000;
    uint64_t asid = value & 0xff;
    switch (EL4_CP_OPC2(reg->key)) {
    case 0: {
        bool stage2 = el4_cpu_el(cpu) >= 2 && cpu->features.el2;
        invalidate(cpu, everywhere, el4_tlb_invalidate_vmid, scope, stage2, 0);
        break;
    }
    case 2: invalidate(cpu, everywhere, el4_tlb_invalidate_asid, scope, asid, 0); break;
    case 1:
    case 5: invalidate(cpu, everywhere, el4_tlb_invalidate_va, scope, va, asid); break;
    default: /* 3, 7: TLBIMVAA, TLBIMVAAL */
        invalidate(cpu, everywhere, el4_tlb_invalidate_va_all_asid, scope, va, 0);
    }
}

/* TLBIALLH, TLBIMVAH, TLBIALLNSNH, TLBIIPAS2 and their kin (opc1 = 4). */
WRITER(tlbi_hyp)
{
    unsigned crm = EL4_CP_CRM(reg->key);
    unsigned opc2 = EL4_CP_OPC2(reg->key);
    bool everywhere = crm == 0 || crm == 3;
    uint64_t hyp = el4_tlb_scope(EL4_REGIME_EL2, false, 0);

    if (crm == 0 || crm == 4) {
        invalidate(cpu, everywhere, el4_tlb_invalidate_ipa, el4_tlb_scope_stage2(cpu),
                   (value & 0x0fffffff) << 12, 0);
    } else if (opc2 == 0) {
        invalidate(cpu, everywhere, el4_tlb_invalidate_regime, hyp, 0, 0);
    } else if (opc2 == 4) {
        invalidate(cpu, everywhere, el4_tlb_invalidate_regime,
                   el4_tlb_scope(EL4_REGIME_EL10, false, 0), 0, 0);
    } else {
        invalidate(cpu, everywhere, el4_tlb_invalidate_va, hyp, value & 0xfffff000, 0);
    }
}
