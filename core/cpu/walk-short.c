/* SPDX-License-Identifier: MIT */
/*
 * Table walks of the short-descriptor format of VMSAv8-32 (DDI 0487 G5.4, DDI 0406C B3.5): two
 * levels of 32-bit descriptors, domains, TEX remap. Faults are told in the long format's codes
 * as far as there are any; exception entry turns them into FSRs.
 */
#include "cpu/a32.h"
#include "cpu/cpu.h"
#include "cpu/mmu-private.h"

/* First level: sections and supersections. */
#define SECTION_PXN   EL4_BIT(0)
#define SECTION_B     EL4_BIT(2)
#define SECTION_C     EL4_BIT(3)
#define SECTION_XN    EL4_BIT(4)
#define SECTION_AP2   EL4_BIT(15)
#define SECTION_S     EL4_BIT(16)
#define SECTION_NG    EL4_BIT(17)
#define SECTION_SUPER EL4_BIT(18)
#define SECTION_NS    EL4_BIT(19)
#define TABLE_PXN     EL4_BIT(2)
#define TABLE_NS      EL4_BIT(3)
/* Second level: pages. */
#define SMALL_XN   EL4_BIT(0)
#define PAGE_SMALL EL4_BIT(1)
#define PAGE_B     EL4_BIT(2)
#define PAGE_C     EL4_BIT(3)
#define PAGE_AP2   EL4_BIT(9)
#define PAGE_S     EL4_BIT(10)
#define PAGE_NG    EL4_BIT(11)
#define LARGE_XN   EL4_BIT(15)

enum { TYPE_FAULT, TYPE_TABLE, TYPE_SECTION, TYPE_SECTION_PXN };

/* What both levels' leaves say, in one form. */
struct leaf {
    uint64_t base;
    unsigned size_bits;
    unsigned level;
    unsigned domain;
    unsigned ap; /* AP[2:0] */
    unsigned texcb;
    bool shareable, not_global, xn, pxn, ns;
};

/* ID_MMFR0.VMSA: 4 and more have PXN. */
static bool has_pxn(const struct el4_cpu *cpu)
{
    return (cpu->ids.id[EL4_ID_PFR_A32][4] & 15) >= 4;
}

static bool fail(struct el4_mmu_fault *fault, unsigned fsc, unsigned level, unsigned domain)
{
    fault->fsc = (uint8_t)(fsc + level);
    fault->domain = (uint8_t)domain;
    return false;
}

static bool read_word(struct el4_cpu *cpu, const struct el4_mmu_context *context,
                      uint64_t address, unsigned level, uint32_t *word,
                      struct el4_mmu_fault *fault)
{
    uint64_t pa = address;
    uint64_t value;
    bool secure = context->secure;
    if (!el4_walk_descriptor_pa(cpu, context, EL4_ACCESS_READ, &pa, &secure, fault)) {
        return false;
    }
    if (!el4_walk_fetch(cpu, pa, secure, 4, &value)) {
        fault->external = true;
        return fail(fault, EL4_FSC_EXTERNAL_WALK, level, EL4_NO_DOMAIN);
    }
    *word =
        context->sctlr & EL4_SCTLR_EE ? __builtin_bswap32((uint32_t)value) : (uint32_t)value;
    return true;
}

/* Address of the first level's descriptor; false: the range has no table (TTBCR.PD0, PD1). */
static bool first_level(const struct el4_cpu *cpu, const struct el4_mmu_context *context,
                        uint32_t va, uint64_t *address)
{
    unsigned n = (unsigned)EL4_FIELD(context->tcr, 2, 0);
    bool upper = n && va >> (32 - n);
    if (context->tcr & EL4_BIT(upper ? 5 : 4)) {
        return false;
    }
    uint64_t ttbr = upper ? cpu->regs.ttbr1[context->el] : cpu->regs.ttbr0[context->el];
    unsigned table_bits = upper ? 14 : 14 - n;
    uint64_t index = (va >> 20) & (EL4_BIT(table_bits - 2) - 1);
    *address = (ttbr & UINT32_MAX & ~(EL4_BIT(table_bits) - 1)) | index << 2;
    return true;
}

static void read_section(uint32_t word, struct leaf *leaf)
{
    bool super = word & SECTION_SUPER;
    *leaf = (struct leaf){
        .base = super ? (word & 0xff000000u) | EL4_FIELD(word, 23, 20) << 32 |
                            EL4_FIELD(word, 8, 5) << 36
                      : word & 0xfff00000u,
        .size_bits = super ? 24 : 20,
        .level = 1,
        .domain = super ? 0 : (unsigned)EL4_FIELD(word, 8, 5),
        .ap = (unsigned)EL4_FIELD(word, 11, 10) | (word & SECTION_AP2 ? 4u : 0),
        .texcb = (unsigned)(EL4_FIELD(word, 14, 12) << 2 | EL4_FIELD(word, 3, 2)),
        .shareable = word & SECTION_S,
        .not_global = word & SECTION_NG,
        .xn = word & SECTION_XN,
        .pxn = word & SECTION_PXN,
        .ns = word & SECTION_NS,
    };
}

static void read_page(uint32_t table, uint32_t word, struct leaf *leaf)
{
    bool small = word & PAGE_SMALL;
    unsigned tex = (unsigned)(small ? EL4_FIELD(word, 8, 6) : EL4_FIELD(word, 14, 12));
    *leaf = (struct leaf){
        .base = word & (small ? 0xfffff000u : 0xffff0000u),
        .size_bits = small ? 12 : 16,
        .level = 2,
        .domain = (unsigned)EL4_FIELD(table, 8, 5),
        .ap = (unsigned)EL4_FIELD(word, 5, 4) | (word & PAGE_AP2 ? 4u : 0),
        .texcb = tex << 2 | (unsigned)EL4_FIELD(word, 3, 2),
        .shareable = word & PAGE_S,
        .not_global = word & PAGE_NG,
        .xn = word & (small ? SMALL_XN : LARGE_XN),
        .pxn = table & TABLE_PXN,
        .ns = table & TABLE_NS,
    };
}

static bool find_leaf(struct el4_cpu *cpu, const struct el4_mmu_context *context, uint32_t va,
                      struct leaf *leaf, struct el4_mmu_fault *fault)
{
    uint64_t address;
    uint32_t word;
    if (!first_level(cpu, context, va, &address)) {
        return fail(fault, EL4_FSC_TRANSLATION, 1, EL4_NO_DOMAIN);
    }
    if (!read_word(cpu, context, address, 1, &word, fault)) {
        return false;
    }
    unsigned type = word & 3;
    if (type == TYPE_SECTION || (type == TYPE_SECTION_PXN && has_pxn(cpu))) {
        read_section(word, leaf);
        leaf->pxn = leaf->pxn && has_pxn(cpu);
        return true;
    }
    if (type != TYPE_TABLE) {
        return fail(fault, EL4_FSC_TRANSLATION, 1, EL4_NO_DOMAIN);
    }
    uint32_t table = word;
    address = (table & 0xfffffc00u) | EL4_FIELD(va, 19, 12) << 2;
    if (!read_word(cpu, context, address, 2, &word, fault)) {
        fault->domain = (uint8_t)EL4_FIELD(table, 8, 5);
        return false;
    }
    if ((word & 3) == TYPE_FAULT) {
        return fail(fault, EL4_FSC_TRANSLATION, 2, (unsigned)EL4_FIELD(table, 8, 5));
    }
    read_page(table, word, leaf);
    leaf->pxn = leaf->pxn && has_pxn(cpu);
    return true;
}

/* EL4_MAP_* of a leaf (AArch32.CheckS1Permission). SCTLR.AFE: AP[0] is the access flag. */
static unsigned leaf_permits(const struct el4_mmu_context *context, const struct leaf *leaf)
{
    enum { NONE, READ = EL4_PERMIT_READ, BOTH = EL4_PERMIT_READ | EL4_PERMIT_WRITE };
    static const uint8_t priv_of[8] = {NONE, BOTH, BOTH, BOTH, NONE, READ, READ, READ};
    static const uint8_t user_of[8] = {NONE, NONE, READ, BOTH, NONE, NONE, READ, READ};
    unsigned ap = context->sctlr & EL4_SCTLR_A32_AFE ? leaf->ap | 1 : leaf->ap;
    unsigned priv = priv_of[ap];
    unsigned user = user_of[ap];
    bool wxn = context->sctlr & EL4_SCTLR_WXN;
    bool uwxn = context->sctlr & EL4_SCTLR_A32_UWXN;
    bool user_writes = user & EL4_PERMIT_WRITE;
    bool priv_writes = priv & EL4_PERMIT_WRITE;
    if (priv && !leaf->xn && !leaf->pxn && !(wxn && priv_writes) && !(uwxn && user_writes)) {
        priv |= EL4_PERMIT_EXECUTE;
    }
    if (user && !leaf->xn && !(wxn && user_writes)) {
        user |= EL4_PERMIT_EXECUTE;
    }
    return priv | user << EL4_MAP_UNPRIV_SHIFT | (user & EL4_PERMIT_READ ? EL4_MAP_USER : 0);
}

/* Nibble of MAIR for the two bits of a cache policy: none, write-back allocating, through,
 * back. */
static unsigned policy_nibble(unsigned policy)
{
    static const uint8_t nibbles[4] = {0x4, 0xf, 0xa, 0xe};
    return nibbles[policy & 3];
}

/* PRRR and NMRR (SCTLR.TRE): TEX[0], C and B choose; S becomes what PRRR makes of it. */
static void remapped_memory(const struct el4_cpu *cpu, const struct el4_mmu_context *context,
                            const struct leaf *leaf, struct el4_mapping *mapping)
{
    uint64_t mair = cpu->regs.mair[context->el];
    uint32_t prrr = (uint32_t)mair;
    uint32_t nmrr = (uint32_t)(mair >> 32);
    unsigned index = leaf->texcb & 7;
    unsigned type = (prrr >> (2 * index)) & 3;
    if (type != 2) { /* Strongly-ordered, Device */
        mapping->memory = type == 1 ? 0x04 : 0x00;
        mapping->share = 2;
        return;
    }
    unsigned inner = policy_nibble(nmrr >> (2 * index));
    unsigned outer = policy_nibble(nmrr >> (2 * index + 16));
    bool shareable = prrr & EL4_BIT(leaf->shareable ? 19 : 18);
    bool inner_only = prrr & EL4_BIT(24 + index);
    mapping->memory = (uint8_t)(outer << 4 | inner);
    mapping->share = !shareable ? 0 : inner_only ? 3 : 2;
}

/* The encoding without TEX remap (DDI 0487 table G5-33). */
static void plain_memory(const struct leaf *leaf, struct el4_mapping *mapping)
{
    static const uint8_t memory_of[8] = {0x00, 0x04, 0xaa, 0xee, 0x44, 0x44, 0x44, 0xff};
    unsigned texcb = leaf->texcb;
    if (texcb & 0x10) {
        mapping->memory = (uint8_t)(policy_nibble(texcb >> 2) << 4 | policy_nibble(texcb));
    } else {
        mapping->memory = texcb < 8 ? memory_of[texcb] : 0x04; /* 01000: Device, not shared */
    }
    mapping->share = !(mapping->memory & 0xf0) || leaf->shareable ? 2 : 0;
}

unsigned el4_domain_permits(const struct el4_cpu *cpu, const struct el4_mmu_context *context,
                            unsigned domain, unsigned permits)
{
    uint64_t dacr = context->el == 3 ? cpu->regs.a32.dacr_s : cpu->regs.dacr32_el2;
    switch ((dacr >> (2 * domain)) & 3) {
    case 1: return permits;
    case 3: return 0x3fu; /* manager: nothing is checked */
    default: return 0;
    }
}

bool el4_walk_short(struct el4_cpu *cpu, const struct el4_mmu_context *context, uint64_t va,
                    enum el4_access_kind access, struct el4_mapping *mapping,
                    struct el4_mmu_fault *fault)
{
    struct leaf leaf;
    if (!find_leaf(cpu, context, (uint32_t)va, &leaf, fault)) {
        return false;
    }
    if ((context->sctlr & EL4_SCTLR_A32_AFE) && !(leaf.ap & 1)) {
        return fail(fault, EL4_FSC_ACCESS_FLAG, leaf.level, leaf.domain);
    }
    unsigned permits = leaf_permits(context, &leaf);
    bool secure = context->secure && !leaf.ns;
    if (context->secure && !secure && (cpu->regs.scr_el3 & EL4_SCR_SIF)) {
        permits &= ~(EL4_PERMIT_EXECUTE | EL4_PERMIT_EXECUTE << EL4_MAP_UNPRIV_SHIFT);
    }
    unsigned allowed = el4_domain_permits(cpu, context, leaf.domain, permits);
    if (!allowed && !el4_domain_permits(cpu, context, leaf.domain, 1)) {
        return fail(fault, EL4_FSC_DOMAIN, leaf.level, leaf.domain);
    }
    if (!(el4_mmu_effective_permits(context, allowed) & el4_mmu_needed_permit(access))) {
        return fail(fault, EL4_FSC_PERMISSION, leaf.level, leaf.domain);
    }
    *mapping = (struct el4_mapping){
        .base = leaf.base,
        .size_bits = (uint8_t)leaf.size_bits,
        .stage1_bits = (uint8_t)leaf.size_bits,
        .permits = (uint8_t)permits,
        .domain = (uint8_t)leaf.domain,
        .secure = secure,
        .global = !leaf.not_global,
    };
    if (context->sctlr & EL4_SCTLR_A32_TRE) {
        remapped_memory(cpu, context, &leaf, mapping);
    } else {
        plain_memory(&leaf, mapping);
    }
    mapping->device = !(mapping->memory & 0xf0);
    return true;
}
