/* SPDX-License-Identifier: MIT */
/*
 * System instructions: cache maintenance, DC ZVA, address translation, TLB invalidation.
 *
 * Data caches do not exist here, so that maintenance by address only checks the address, and
 * by set and way does nothing. Translated code follows stores by itself (mem.h); instruction
 * cache maintenance drops it all the same, on every cpu for the Inner Shareable forms.
 */
#include <string.h>

#include "bus/bus.h"
#include "cpu/cpu.h"
#include "cpu/crosscall.h"
#include "cpu/mem-inline.h"
#include "cpu/mmu.h"
#include "cpu/sysreg-private.h"
#include "cpu/tlb.h"

#define WRITER(name)                                                                           \
    void el4_sr_write_##name(struct el4_cpu *cpu, const struct el4_sysreg *reg, uint64_t value)

/* ---- caches ---- */

/* HCR_EL2.FB makes EL1's local maintenance Inner Shareable. */
static bool is_broadcast(const struct el4_cpu *cpu, bool inner_shareable)
{
    return inner_shareable || (el4_cpu_el(cpu) == 1 && (el4_cpu_hcr(cpu) & EL4_HCR_FB));
}

/* Of code or translations: here, and on the other cpus if the operation reaches them. */
static void invalidate(struct el4_cpu *cpu, bool everywhere, el4_crosscall_fn *fn, uint64_t a,
                       uint64_t b, uint64_t c)
{
    fn(cpu, a, b, c);
    if (is_broadcast(cpu, everywhere)) {
        el4_crosscall_broadcast(cpu, fn, a, b, c);
    }
}

/* IC IALLU, IC IALLUIS */
WRITER(ic_all)
{
    invalidate(cpu, EL4_SYSREG_CRM(reg->encoding) == 1, el4_mem_flush_code, 0, 0, 0);
}

/*
 * The address of maintenance must translate; EL0 needs read access, the others no permission.
 * False: it is mapped, but out of reach, so that *out says nothing.
 */
static bool translate_maintained(struct el4_cpu *cpu, uint64_t va, enum el4_access_kind access,
                                 bool needs_permission, struct el4_translation *out)
{
    struct el4_mmu_fault fault;
    enum el4_mmu_index index = cpu->mode.mmu_index;
    if (el4_mmu_translate(cpu, va, access, index, out, &fault)) {
        return true;
    }
    unsigned kind = fault.fsc & 0x3c;
    bool permission = (kind == EL4_FSC_PERMISSION || kind == EL4_FSC_DOMAIN) && !fault.s1ptw;
    if (permission && !needs_permission && !fault.stage2) {
        return false;
    }
    el4_mmu_raise(cpu, &fault, va, EL4_ABORT_CACHE_MAINT);
}

/* DC CVAC, CVAU, CVAP, CVADP, CIVAC */
WRITER(dc_va)
{
    struct el4_translation ignored;
    translate_maintained(cpu, value, EL4_ACCESS_READ, el4_cpu_el(cpu) == 0, &ignored);
}

/* DC IVAC writes, as far as permissions go. */
WRITER(dc_ivac)
{
    struct el4_translation ignored;
    translate_maintained(cpu, value, EL4_ACCESS_WRITE, true, &ignored);
}

WRITER(ic_ivau)
{
    struct el4_translation where;
    struct el4_bus_page page;
    if (!translate_maintained(cpu, value, EL4_ACCESS_READ, el4_cpu_el(cpu) == 0, &where)) {
        invalidate(cpu, true, el4_mem_flush_code, 0, 0, 0);
        return;
    }
    if (cpu->bus && el4_bus_lookup_page(cpu->bus, where.pa, where.secure, &page) && page.code &&
        *page.code != EL4_BUS_CODE_NONE) {
        el4_mem_code_written(cpu, where.pa);
    }
}

WRITER(dc_zva)
{
    unsigned bytes = 4u << (cpu->ids.dczid & 15);
    el4_mem_zero_block(cpu, value & ~(uint64_t)(bytes - 1), bytes, cpu->mode.mmu_index);
}

/* ---- address translation ---- */

WRITER(at)
{
    unsigned op1 = EL4_SYSREG_OP1(reg->encoding);
    unsigned op2 = EL4_SYSREG_OP2(reg->encoding);
    bool pan_form = EL4_SYSREG_CRM(reg->encoding) == 9;
    struct el4_at at = {
        .el = op1 == 6              ? 3
              : op1 == 4 && op2 < 4 ? 2
                                    : 1,
        .is_write = op2 & 1,
        .unpriv = op2 & 2,
        .stage12 = op1 == 4 && op2 >= 4,
        .pan = pan_form && (cpu->pstate & EL4_PSTATE_PAN),
    };
    if (op1 == 0 && el4_cpu_el(cpu) == 2 && el4_cpu_e2h_tge(cpu)) {
        at.el = 2; /* AT S1E1*, S1E0* of a host are about EL2&0 */
    }
    if (at.stage12 && !cpu->features.el2) {
        at.stage12 = false; /* at EL3 without EL2: stage 1 alone */
    }
    cpu->regs.par_el1 = el4_mmu_at(cpu, &at, value);
}

/* ---- TLB invalidation ---- */

/* Xt of the operations by address: VA[55:12] in 43:0, sign-extended from bit 55. */
static uint64_t va_argument(uint64_t xt)
{
    return (uint64_t)((int64_t)(xt << 20) >> 8);
}

/* TLBI *E1: op2 says which. */
static void invalidate_el1(struct el4_cpu *cpu, unsigned op2, uint64_t xt, bool everywhere)
{
    uint64_t scope = el4_tlb_scope_for_el(cpu, 1);
    uint64_t asid = xt >> 48;
    if (!cpu->features.asid16) {
        asid &= 0xff;
    }
    switch (op2) {
    case 0: invalidate(cpu, everywhere, el4_tlb_invalidate_vmid, scope, 0, 0); break;
    case 2: invalidate(cpu, everywhere, el4_tlb_invalidate_asid, scope, asid, 0); break;
    case 1:
    case 5:
        invalidate(cpu, everywhere, el4_tlb_invalidate_va, scope, va_argument(xt), asid);
        break;
    default: /* 3, 7: VAAE1, VAALE1 */
        invalidate(cpu, everywhere, el4_tlb_invalidate_va_all_asid, scope, va_argument(xt), 0);
    }
}

/* TLBI *E2, ALLE1, VMALLS12E1 (op1 = 4) and *E3 (op1 = 6). */
static void invalidate_higher(struct el4_cpu *cpu, unsigned el, unsigned op2, uint64_t xt,
                              bool everywhere)
{
    uint64_t scope = el4_tlb_scope_for_el(cpu, el);
    switch (op2) {
    case 0: invalidate(cpu, everywhere, el4_tlb_invalidate_regime, scope, 0, 0); break;
    case 4:
        /* The EL1&0 regime whatever E2H and TGE say. */
        scope = el4_tlb_scope(EL4_REGIME_EL10, el4_cpu_is_secure_below_el3(cpu), 0);
        invalidate(cpu, everywhere, el4_tlb_invalidate_regime, scope, 0, 0);
        break;
    case 6: {
        unsigned vmid = (cpu->regs.vttbr_el2 >> 48) & (cpu->features.vmid16 ? 0xffff : 0xff);
        bool el2 = el4_cpu_el2_enabled(cpu);
        scope =
            el4_tlb_scope(EL4_REGIME_EL10, el4_cpu_is_secure_below_el3(cpu), el2 ? vmid : 0);
        invalidate(cpu, everywhere, el4_tlb_invalidate_vmid, scope, 1, 0);
        break;
    }
    default: /* 1, 5: VAE2, VALE2, VAE3, VALE3 */
        invalidate(cpu, everywhere, el4_tlb_invalidate_va, scope, va_argument(xt), xt >> 48);
    }
}

WRITER(tlbi)
{
    unsigned op1 = EL4_SYSREG_OP1(reg->encoding);
    unsigned crm = EL4_SYSREG_CRM(reg->encoding);
    unsigned op2 = EL4_SYSREG_OP2(reg->encoding);

    if (op1 == 0) {
        invalidate_el1(cpu, op2, value, crm == 3);
    } else if (op1 == 4 && (crm == 0 || crm == 4)) { /* IPAS2E1, IPAS2LE1 */
        if (el4_cpu_el2_enabled(cpu)) {
            invalidate(cpu, crm == 0, el4_tlb_invalidate_ipa, el4_tlb_scope_stage2(cpu),
                       (value << 12) & ((UINT64_C(1) << 52) - 1), 0);
        }
    } else {
        invalidate_higher(cpu, op1 == 6 ? 3 : 2, op2, value, crm == 3);
    }
}
