/* SPDX-License-Identifier: MIT */
/*
 * Translation as the rest of the cpu sees it: which regime an access belongs to, the tagged
 * TLB in front of the walks, stage 1 and stage 2 joined, AT instructions, and how a fault
 * becomes an exception (routing and syndrome).
 */
#include <glib.h>

#include "bus/bus.h"
#include "cpu/a32.h"
#include "cpu/cpu.h"
#include "cpu/mmu-private.h"

#define ISS_CM    EL4_BIT(8)
#define ISS_S1PTW EL4_BIT(7)
#define ISS_WNR   EL4_BIT(6)

#define ALL_PERMITS (EL4_PERMIT_READ | EL4_PERMIT_WRITE | EL4_PERMIT_EXECUTE)

struct el4_mmu *el4_mmu_new(void)
{
    struct el4_mmu *mmu = g_new0(struct el4_mmu, 1);
    mmu->fast_used = UINT8_MAX; /* the fast TLBs are not initialised: the first flush is full */
    return mmu;
}

void el4_mmu_free(struct el4_mmu *mmu)
{
    g_free(mmu);
}

uint16_t el4_mmu_vmid(const struct el4_cpu *cpu)
{
    if (!el4_cpu_el2_enabled(cpu)) {
        return 0;
    }
    bool wide = cpu->features.vmid16 && (cpu->regs.vtcr_el2 & EL4_VTCR_VS);
    return (uint16_t)((cpu->regs.vttbr_el2 >> 48) & (wide ? 0xffff : 0xff));
}

static uint16_t current_asid(const struct el4_cpu *cpu, const struct el4_mmu_context *context)
{
    unsigned el = context->el;
    uint64_t tcr = context->tcr;
    if (context->short_format) {
        return cpu->regs.contextidr[el] & 0xff;
    }
    uint64_t ttbr = tcr & EL4_TCR_A1 ? cpu->regs.ttbr1[el] : cpu->regs.ttbr0[el];
    bool wide = !context->aarch32 && cpu->features.asid16 && (tcr & EL4_TCR_AS);
    return (uint16_t)((ttbr >> 48) & (wide ? 0xffff : 0xff));
}

/* The rest of a context of which regime, unpriv and pan are set. */
static void complete_context(const struct el4_cpu *cpu, struct el4_mmu_context *context)
{
    static const uint8_t el_of[] = {1, 2, 2, 3};
    unsigned el = el_of[context->regime];
    context->el = el;
    context->secure = el == 3 ? cpu->features.el3 : el4_cpu_is_secure_below_el3(cpu);
    context->aarch32 = el4_cpu_el_is_a32(cpu, el);
    context->two_ranges = context->regime == EL4_REGIME_EL10 ||
                          context->regime == EL4_REGIME_EL20 || (el == 3 && context->aarch32);
    context->sctlr = cpu->regs.sctlr[el];
    context->tcr = cpu->regs.tcr[el];
    context->hcr = el4_cpu_hcr(cpu);
    context->short_format = context->aarch32 && el != 2 && !(context->tcr & EL4_TTBCR_EAE);
    context->asid = context->two_ranges ? current_asid(cpu, context) : 0;
    context->stage1_on = context->sctlr & EL4_SCTLR_M;
    if (context->regime == EL4_REGIME_EL10) {
        bool host = context->hcr & EL4_HCR_TGE;
        context->vmid = el4_mmu_vmid(cpu);
        context->stage2_on = !host && (context->hcr & (EL4_HCR_VM | EL4_HCR_DC));
        /* TGE and DC both make SCTLR_EL1.M read as 0 for everything but its own reading. */
        if (context->hcr & (EL4_HCR_TGE | EL4_HCR_DC)) {
            context->stage1_on = false;
        }
    }
}

void el4_mmu_context_for_index(const struct el4_cpu *cpu, enum el4_mmu_index index,
                               struct el4_mmu_context *context)
{
    *context = (struct el4_mmu_context){0};
    context->unpriv = index == EL4_MMU_EL0;
    context->pan = index == EL4_MMU_PRIV_PAN;
    bool secure_pl1 = cpu->features.el3_a32 && el4_cpu_regime_el(cpu) == 3;
    if (index == EL4_MMU_EL3 || secure_pl1) {
        context->regime = EL4_REGIME_EL3;
    } else if (index == EL4_MMU_EL2) {
        context->regime = EL4_REGIME_EL2;
    } else {
        unsigned el = el4_cpu_el(cpu);
        bool host = el == 2 || (el == 0 && el4_cpu_e2h_tge(cpu));
        context->regime = host ? EL4_REGIME_EL20 : EL4_REGIME_EL10;
    }
    complete_context(cpu, context);
}

unsigned el4_mmu_needed_permit(enum el4_access_kind access)
{
    return access == EL4_ACCESS_READ    ? EL4_PERMIT_READ
           : access == EL4_ACCESS_WRITE ? EL4_PERMIT_WRITE
                                        : EL4_PERMIT_EXECUTE;
}

unsigned el4_mmu_effective_permits(const struct el4_mmu_context *context, unsigned permits)
{
    if (context->unpriv) {
        return (permits >> EL4_MAP_UNPRIV_SHIFT) & ALL_PERMITS;
    }
    if (context->pan && (permits & EL4_MAP_USER)) {
        return permits & EL4_PERMIT_EXECUTE;
    }
    return permits & ALL_PERMITS;
}

bool el4_mmu_ignores_top_byte(const struct el4_cpu *cpu, const struct el4_mmu_context *context,
                              uint64_t va, bool execute)
{
    uint64_t tbi = EL4_TCR_ONE_TBI;
    uint64_t tbid = EL4_TCR_ONE_TBID;
    if (context->two_ranges) {
        bool upper = va & EL4_BIT(55);
        tbi = upper ? EL4_TCR_TBI1 : EL4_TCR_TBI0;
        tbid = upper ? EL4_TCR_TBID1 : EL4_TCR_TBID0;
    }
    bool data_only = execute && cpu->features.pauth && (context->tcr & tbid);
    return (context->tcr & tbi) && !data_only;
}

bool el4_mmu_hidden_from_el0(const struct el4_cpu *cpu, const struct el4_mmu_context *context,
                             uint64_t va)
{
    return context->two_ranges && context->unpriv && cpu->features.e0pd &&
           (context->tcr & (va & EL4_BIT(55) ? EL4_TCR_E0PD1 : EL4_TCR_E0PD0));
}

/* The top byte is ignored or says nothing that bit 55 (or, with one range, zero) does not. */
static bool top_byte_plain(const struct el4_cpu *cpu, const struct el4_mmu_context *context,
                           uint64_t va, bool execute)
{
    unsigned plain = context->two_ranges && (va & EL4_BIT(55)) ? 0xff : 0;
    return (va >> 56) == plain || el4_mmu_ignores_top_byte(cpu, context, va, execute);
}

/* Stage 1 is off: the address goes through as it is (D8.2.9), if it is one. */
static bool flat_mapping(const struct el4_cpu *cpu, const struct el4_mmu_context *context,
                         uint64_t va, enum el4_access_kind access, struct el4_mapping *mapping,
                         struct el4_mmu_fault *fault)
{
    bool execute = access == EL4_ACCESS_EXECUTE;
    unsigned top = el4_mmu_ignores_top_byte(cpu, context, va, execute) ? 55 : 63;
    unsigned pa_bits = cpu->features.pa_bits;
    if (EL4_FIELD(va, top, pa_bits)) {
        fault->fsc = EL4_FSC_ADDRESS_SIZE;
        return false;
    }
    bool cacheable = context->regime == EL4_REGIME_EL10 && (context->hcr & EL4_HCR_DC);
    uint8_t memory = 0;
    if (cacheable) {
        memory = 0xff;
    } else if (execute) {
        memory = context->sctlr & EL4_SCTLR_I ? 0xaa : 0x44;
    }
    *mapping = (struct el4_mapping){
        .base = 0,
        .size_bits = 52, /* more than any physical address */
        .stage1_bits = EL4_PAGE_BITS,
        .permits = ALL_PERMITS | ALL_PERMITS << EL4_MAP_UNPRIV_SHIFT,
        .memory = memory,
        .share = cacheable ? 0 : 2,
        .secure = context->secure,
        .global = true,
        .device = memory == 0,
    };
    return true;
}

/*
 * One nibble (inner or outer) of Normal attributes: the weaker kind of cacheability counts, and
 * stage 1 gives the allocation hints (D8.5.5). Bit 2 tells write-back from write-through.
 */
static unsigned combine_cacheability(unsigned first, unsigned second)
{
    if (first == 4 || second == 4) {
        return 4; /* Non-cacheable */
    }
    bool weakened = (first & 4) && !(second & 4);
    return weakened ? 8 | (first & 3) : first;
}

static uint8_t combine_memory(uint8_t first, uint8_t second)
{
    if (!(first & 0xf0) || !(second & 0xf0)) {
        /* Device wins, and among Device types the strictest, which encodes lowest. */
        bool both = !(first & 0xf0) && !(second & 0xf0);
        return both ? MIN(first, second) : (first & 0xf0) ? second : first;
    }
    unsigned outer = combine_cacheability(first >> 4, second >> 4);
    return (uint8_t)(outer << 4 | combine_cacheability(first & 15, second & 15));
}

/* Non-shareable 0, Outer 2, Inner 3: the most shareable counts. */
static uint8_t combine_share(uint8_t first, uint8_t second)
{
    if (first == 2 || second == 2) {
        return 2;
    }
    return first == 3 || second == 3 ? 3 : 0;
}

/* mapping: stage 1's, and then both stages' as seen from va. */
static bool add_stage2(struct el4_cpu *cpu, const struct el4_mmu_context *context, uint64_t va,
                       enum el4_access_kind access, struct el4_mapping *mapping,
                       struct el4_mmu_fault *fault)
{
    struct el4_mapping second;
    uint64_t ipa = mapping->base | (va & (EL4_BIT(mapping->size_bits) - 1));
    if (!el4_stage2_translate(cpu, context, ipa, access, false, &second, fault)) {
        return false;
    }
    uint8_t size_bits = MIN(mapping->size_bits, second.size_bits);
    uint64_t pa = second.base | (ipa & (EL4_BIT(second.size_bits) - 1));
    mapping->base = pa & ~(EL4_BIT(size_bits) - 1);
    mapping->size_bits = size_bits;
    /* With stage 1 off the piece is as large as stage 2's; nothing is split by it. */
    mapping->stage1_bits = MAX(mapping->stage1_bits, size_bits);
    mapping->permits &= second.permits | EL4_MAP_USER;
    mapping->memory = combine_memory(mapping->memory, second.memory);
    mapping->share = combine_share(mapping->share, second.share);
    mapping->secure = second.secure;
    mapping->device = !(mapping->memory & 0xf0);
    return true;
}

/* Stage 1 alone. */
static bool walk_first(struct el4_cpu *cpu, const struct el4_mmu_context *context, uint64_t va,
                       enum el4_access_kind access, struct el4_mapping *mapping,
                       struct el4_mmu_fault *fault)
{
    if (!context->stage1_on) {
        return flat_mapping(cpu, context, va, access, mapping, fault);
    }
    return context->short_format ? el4_walk_short(cpu, context, va, access, mapping, fault)
                                 : el4_walk_stage1(cpu, context, va, access, mapping, fault);
}

/* What an access through the context may do with the mapping now. */
static unsigned current_permits(const struct el4_cpu *cpu,
                                const struct el4_mmu_context *context,
                                const struct el4_mapping *mapping)
{
    unsigned permits = mapping->permits;
    if (context->short_format && context->stage1_on) {
        permits = el4_domain_permits(cpu, context, mapping->domain, permits);
    }
    return el4_mmu_effective_permits(context, permits);
}

static bool walk_both(struct el4_cpu *cpu, const struct el4_mmu_context *context, uint64_t va,
                      enum el4_access_kind access, struct el4_mapping *mapping,
                      struct el4_mmu_fault *fault)
{
    return walk_first(cpu, context, va, access, mapping, fault) &&
           (!context->stage2_on || add_stage2(cpu, context, va, access, mapping, fault));
}

static void start_fault(enum el4_access_kind access, struct el4_mmu_fault *fault)
{
    *fault = (struct el4_mmu_fault){
        .is_write = access == EL4_ACCESS_WRITE,
        .domain = EL4_NO_DOMAIN,
    };
}

bool el4_mmu_translate(struct el4_cpu *cpu, uint64_t va, enum el4_access_kind access,
                       enum el4_mmu_index index, struct el4_translation *out,
                       struct el4_mmu_fault *fault)
{
    struct el4_mmu_context context;
    struct el4_mapping mapping;
    el4_mmu_context_for_index(cpu, index, &context);
    bool execute = access == EL4_ACCESS_EXECUTE;
    unsigned needed = el4_mmu_needed_permit(access);
    bool cached = context.stage1_on && top_byte_plain(cpu, &context, va, execute) &&
                  !el4_mmu_hidden_from_el0(cpu, &context, va);
    if (!cached || !el4_tlb_find(cpu->mmu, &context, va, &mapping) ||
        !(current_permits(cpu, &context, &mapping) & needed)) {
        start_fault(access, fault);
        if (!walk_both(cpu, &context, va, access, &mapping, fault)) {
            return false;
        }
        if (context.stage1_on) {
            el4_tlb_insert(cpu->mmu, &context, va, &mapping);
        }
    }
    *out = (struct el4_translation){
        .pa = mapping.base | (va & (EL4_BIT(mapping.size_bits) - 1)),
        .secure = mapping.secure,
        .device = mapping.device,
        .guarded = mapping.guarded,
        .permits = (uint8_t)current_permits(cpu, &context, &mapping),
        .size_bits = MAX(mapping.size_bits, mapping.stage1_bits),
        .memory = mapping.memory,
        .share = mapping.share,
    };
    if (!context.stage1_on) {
        out->size_bits = EL4_PAGE_BITS; /* no TLBI by address goes with a flat mapping */
    }
    return true;
}

static void at_context(const struct el4_cpu *cpu, const struct el4_at *at,
                       struct el4_mmu_context *context)
{
    *context =
        (struct el4_mmu_context){.unpriv = at->unpriv, .pan = at->pan, .no_update = true};
    if (at->el == 3) {
        context->regime = EL4_REGIME_EL3;
    } else if (at->el == 2) {
        context->regime = el4_cpu_e2h(cpu) ? EL4_REGIME_EL20 : EL4_REGIME_EL2;
    } else {
        context->regime = el4_cpu_e2h_tge(cpu) ? EL4_REGIME_EL20 : EL4_REGIME_EL10;
    }
    complete_context(cpu, context);
}

static uint64_t par_of_fault(const struct el4_mmu_fault *fault)
{
    return 1u | (uint64_t)fault->fsc << 1 | (fault->s1ptw ? EL4_BIT(8) : 0) |
           (fault->stage2 ? EL4_BIT(9) : 0) | EL4_BIT(11);
}

static uint64_t par_of_mapping(const struct el4_mapping *mapping, uint64_t va)
{
    uint64_t pa = mapping->base | (va & (EL4_BIT(mapping->size_bits) - 1));
    /* Device and Non-cacheable memory is Outer Shareable whatever the descriptor says. */
    bool outer = mapping->device || mapping->memory == 0x44;
    return (pa & EL4_PAGE_MASK & (EL4_BIT(52) - 1)) | (uint64_t)mapping->memory << 56 |
           (uint64_t)(outer ? 2 : mapping->share) << 7 | (mapping->secure ? 0 : EL4_BIT(9)) |
           EL4_BIT(11);
}

uint32_t el4_mmu_short_par(uint64_t par)
{
    if (par & 1) {
        return 1 | el4_a32_short_status((unsigned)EL4_FIELD(par, 6, 1)) << 1;
    }
    unsigned memory = (unsigned)(par >> 56);
    unsigned inner = memory & 0xf;
    unsigned outer = memory >> 4;
    uint32_t attributes;
    if (!outer) {
        attributes = (inner ? 3u : 1u) << 4; /* Device, Strongly-ordered */
    } else {
        /* Non-cacheable, write-back allocating, write-through, write-back: outer 0, 1, 2, 3. */
        uint32_t inner_code = inner == 4 ? 0 : inner == 0xf ? 5 : inner & 4 ? 7 : 6;
        uint32_t outer_code = outer == 4 ? 0 : outer == 0xf ? 1 : outer & 4 ? 3 : 2;
        attributes = inner_code << 4 | outer_code << 2;
    }
    unsigned share = (unsigned)EL4_FIELD(par, 8, 7);
    return ((uint32_t)par & 0xfffff000u) | attributes | (share ? 1u << 7 : 0) |
           (uint32_t)(par & EL4_BIT(9)) | (share == 3 ? 1u << 10 : 0);
}

uint64_t el4_mmu_at(struct el4_cpu *cpu, const struct el4_at *at, uint64_t va)
{
    struct el4_mmu_context context;
    struct el4_mapping mapping;
    struct el4_mmu_fault fault;
    enum el4_access_kind access = at->is_write ? EL4_ACCESS_WRITE : EL4_ACCESS_READ;
    at_context(cpu, at, &context);
    start_fault(access, &fault);
    bool ok = walk_first(cpu, &context, va, access, &mapping, &fault);
    if (ok && at->stage12 && context.stage2_on) {
        ok = add_stage2(cpu, &context, va, access, &mapping, &fault);
    }
    if (ok) {
        return par_of_mapping(&mapping, va);
    }
    /* A stage 2 fault on EL1's tables is the hypervisor's business, not EL1's. */
    bool nested = fault.stage2 && fault.s1ptw && el4_cpu_el(cpu) < 2;
    if (nested || fault.external) {
        el4_mmu_raise(cpu, &fault, va, EL4_ABORT_CACHE_MAINT);
    }
    return par_of_fault(&fault);
}

/* AArch64.DataAbort(), InstructionAbort(): an external abort of a stage 2 walk is stage 2's. */
static unsigned target_of(const struct el4_cpu *cpu, const struct el4_mmu_fault *fault)
{
    if (fault->external && cpu->features.el3 && (cpu->regs.scr_el3 & EL4_SCR_EA)) {
        return 3;
    }
    unsigned el = el4_cpu_el(cpu);
    bool to_el2 = fault->stage2 || (el == 0 && (el4_cpu_hcr(cpu) & EL4_HCR_TGE));
    return MAX(el, to_el2 ? 2 : el4_cpu_el0_owner(cpu));
}

_Noreturn void el4_mmu_raise(struct el4_cpu *cpu, const struct el4_mmu_fault *fault,
                             uint64_t va, unsigned flags)
{
    unsigned target = target_of(cpu, fault);
    bool lower = target > el4_cpu_el(cpu);
    bool execute = flags & EL4_ABORT_EXECUTE;
    uint64_t iss = fault->fsc | (fault->s1ptw ? ISS_S1PTW : 0);
    unsigned ec;
    if (execute) {
        ec = lower ? EL4_EC_INSN_ABORT_LOWER : EL4_EC_INSN_ABORT_SAME;
    } else {
        ec = lower ? EL4_EC_DATA_ABORT_LOWER : EL4_EC_DATA_ABORT_SAME;
        iss |= flags & EL4_ABORT_CACHE_MAINT ? ISS_CM | ISS_WNR : fault->is_write ? ISS_WNR : 0;
        cpu->mmu->syndrome_wanted = fault->stage2 && !fault->s1ptw && !fault->external &&
                                    !(flags & EL4_ABORT_CACHE_MAINT);
    }
    const struct el4_exception exception = {
        .esr = EL4_ESR(ec, iss),
        .far = va,
        .hpfar = EL4_FIELD(fault->ipa, 51, 12) << 4,
        .target_el = target,
        .vector = EL4_VECTOR_SYNC,
        .far_valid = true,
        .hpfar_valid = fault->stage2 && !fault->external,
        .domain = fault->domain,
    };
    el4_cpu_raise_exception(cpu, &exception);
}

void el4_mmu_complete_exception(struct el4_cpu *cpu, struct el4_exception *exception,
                                uint64_t pc)
{
    if (!cpu->mmu->syndrome_wanted) {
        return;
    }
    cpu->mmu->syndrome_wanted = false;
    struct el4_translation code;
    struct el4_mmu_fault fault;
    struct el4_bus_page page;
    if (exception->esr >> 26 != EL4_EC_DATA_ABORT_LOWER ||
        !el4_mmu_translate(cpu, pc & ~UINT64_C(1), EL4_ACCESS_EXECUTE,
                           (enum el4_mmu_index)cpu->mode.mmu_index, &code, &fault) ||
        !el4_bus_lookup_page(cpu->bus, code.pa, code.secure, &page) || !page.host) {
        return;
    }
    unsigned offset = (unsigned)(code.pa & ~EL4_PAGE_MASK);
    el4_isv_complete(cpu, page.host + offset, EL4_PAGE_SIZE - offset, exception);
}
