/* SPDX-License-Identifier: MIT */
/*
 * Translation table walks of VMSAv8-64 (DDI 0487 D8.2 to D8.6) and of the long-descriptor
 * format of VMSAv8-32 (G5.5), stage 1 and stage 2. All use the same loop, which reads
 * descriptors from level to level; what differs is how the walk is set up, how a leaf's
 * permissions read, and that a stage 1 walk's addresses go through stage 2.
 */
#include "bus/bus.h"
#include "cpu/a32.h"
#include "cpu/cpu.h"
#include "cpu/mem-private.h"
#include "cpu/mmu-private.h"

#define DESC_VALID   EL4_BIT(0)
#define DESC_TABLE   EL4_BIT(1) /* at level 3: page */
#define DESC_NS      EL4_BIT(5)
#define DESC_AP1     EL4_BIT(6) /* stage 2: S2AP read */
#define DESC_AP2     EL4_BIT(7) /* stage 1: read-only; stage 2: S2AP write */
#define DESC_AF      EL4_BIT(10)
#define DESC_NG      EL4_BIT(11)
#define DESC_GP      EL4_BIT(50)
#define DESC_DBM     EL4_BIT(51)
#define DESC_PXN     EL4_BIT(53)
#define DESC_XN      EL4_BIT(54)
#define TABLE_PXN    EL4_BIT(59)
#define TABLE_XN     EL4_BIT(60)
#define TABLE_NO_EL0 EL4_BIT(61)
#define TABLE_RO     EL4_BIT(62)
#define TABLE_NS     EL4_BIT(63)

#define A32_OUTPUT_BITS 40

struct walk {
    unsigned page_bits; /* 12, 14 or 16 */
    unsigned stride;    /* address bits a level resolves: page_bits - 3 */
    unsigned input_bits;
    unsigned output_bits;
    unsigned level; /* of the descriptor read last */
    bool wide;      /* 52-bit output addresses in descriptors (FEAT_LPA) */
    bool big_endian;
    bool access_update; /* HA */
    bool dirty_update;  /* HD */
    bool hierarchical;  /* table attributes count */
    bool stage2;
    uint64_t table;      /* address of the table at level */
    bool secure;         /* space of the table */
    uint64_t attributes; /* TABLE_* of all tables so far */
    uint64_t descriptor;
    uint64_t address; /* of the descriptor */
};

static bool fail(struct el4_mmu_fault *fault, unsigned fsc, unsigned level)
{
    fault->fsc = (uint8_t)(fsc + level);
    return false;
}

static uint64_t low_bits(unsigned bits)
{
    return bits >= 64 ? UINT64_MAX : EL4_BIT(bits) - 1;
}

/* TCR.PS, limited by what the cpu has and by what the granule can say. */
static unsigned output_bits(const struct el4_cpu *cpu, unsigned code, unsigned page_bits)
{
    static const uint8_t bits_of[8] = {32, 36, 40, 42, 44, 48, 52, 52};
    unsigned bits = bits_of[code & 7];
    unsigned most = page_bits == 16 && cpu->features.lpa ? 52 : 48;
    bits = bits < most ? bits : most;
    return bits < cpu->features.pa_bits ? bits : cpu->features.pa_bits;
}

/* TG0 and VTCR.TG0 (00 4K, 01 64K, 10 16K); what is not implemented reads as 4K. */
static unsigned page_bits_of_tg0(const struct el4_cpu *cpu, unsigned tg)
{
    if (tg == 1 && cpu->features.tgran64) {
        return 16;
    }
    return tg == 2 && cpu->features.tgran16 ? 14 : 12;
}

static unsigned page_bits_of_tg1(const struct el4_cpu *cpu, unsigned tg)
{
    if (tg == 3 && cpu->features.tgran64) {
        return 16;
    }
    return tg == 1 && cpu->features.tgran16 ? 14 : 12;
}

/* Table base of a TTBR or VTTBR whose first table takes table_bits of address. */
static bool set_table(struct walk *walk, uint64_t ttbr, unsigned table_bits,
                      struct el4_mmu_fault *fault)
{
    uint64_t base = ttbr & low_bits(48) & ~UINT64_C(1);
    if (walk->wide && walk->output_bits == 52) {
        base = (base & ~UINT64_C(0x3f)) | EL4_FIELD(ttbr, 5, 2) << 48;
        table_bits = table_bits < 6 ? 6 : table_bits;
    }
    walk->table = base & ~low_bits(table_bits);
    if (walk->table >> walk->output_bits) {
        return fail(fault, EL4_FSC_ADDRESS_SIZE, 0);
    }
    return true;
}

/* Where the descriptor lives on the host, if it is plain memory. */
static uint64_t *descriptor_host(struct el4_cpu *cpu, uint64_t pa, bool secure,
                                 struct el4_bus_page *page)
{
    if (!el4_bus_lookup_page(cpu->bus, pa, secure, page) || !page->host) {
        return NULL;
    }
    return (uint64_t *)(void *)(page->host + (pa & ~EL4_PAGE_MASK));
}

static bool external_abort(struct el4_mmu_fault *fault, const struct walk *walk)
{
    fault->external = true;
    return fail(fault, EL4_FSC_EXTERNAL_WALK, walk->level);
}

bool el4_walk_descriptor_pa(struct el4_cpu *cpu, const struct el4_mmu_context *context,
                            enum el4_access_kind access, uint64_t *pa, bool *secure,
                            struct el4_mmu_fault *fault)
{
    struct el4_mapping mapping;
    if (!context->stage2_on) {
        return true;
    }
    if (!el4_stage2_translate(cpu, context, *pa, access, true, &mapping, fault)) {
        return false;
    }
    *pa = mapping.base | (*pa & low_bits(mapping.size_bits));
    *secure = mapping.secure;
    return true;
}

/* The physical address of the descriptor: through stage 2 for a nested stage 1 walk. */
static bool descriptor_pa(struct el4_cpu *cpu, const struct el4_mmu_context *context,
                          const struct walk *walk, enum el4_access_kind access, uint64_t *pa,
                          bool *secure, struct el4_mmu_fault *fault)
{
    *pa = walk->address;
    *secure = walk->secure;
    return walk->stage2 || el4_walk_descriptor_pa(cpu, context, access, pa, secure, fault);
}

bool el4_walk_fetch(struct el4_cpu *cpu, uint64_t pa, bool secure, unsigned bytes,
                    uint64_t *value)
{
    struct el4_bus_page page;
    const void *host = descriptor_host(cpu, pa, secure, &page);
    if (!host) {
        const struct el4_bus_attrs attrs = {
            .secure = secure, .privileged = true, .cpu = (int)cpu->index};
        return el4_bus_read(cpu->bus, pa, bytes, value, &attrs) == EL4_BUS_OK;
    }
    *value = bytes == 4 ? __atomic_load_n((const uint32_t *)host, __ATOMIC_ACQUIRE)
                        : __atomic_load_n((const uint64_t *)host, __ATOMIC_ACQUIRE);
    return true;
}

static bool read_descriptor(struct el4_cpu *cpu, const struct el4_mmu_context *context,
                            struct walk *walk, struct el4_mmu_fault *fault)
{
    uint64_t pa;
    uint64_t value;
    bool secure;
    if (!descriptor_pa(cpu, context, walk, EL4_ACCESS_READ, &pa, &secure, fault)) {
        return false;
    }
    if (!el4_walk_fetch(cpu, pa, secure, 8, &value)) {
        return external_abort(fault, walk);
    }
    walk->descriptor = walk->big_endian ? __builtin_bswap64(value) : value;
    return true;
}

/*
 * FEAT_HAFDBS: change the descriptor if it is still what the walk saw. *changed tells whether
 * it was; if not, the walk must begin again. False: a fault of the update itself.
 */
static bool update_descriptor(struct el4_cpu *cpu, const struct el4_mmu_context *context,
                              const struct walk *walk, uint64_t desired, bool *changed,
                              struct el4_mmu_fault *fault)
{
    uint64_t pa;
    bool secure;
    if (!descriptor_pa(cpu, context, walk, EL4_ACCESS_WRITE, &pa, &secure, fault)) {
        return false;
    }
    struct el4_bus_page page;
    uint64_t *host = descriptor_host(cpu, pa, secure, &page);
    if (!host || !page.writable) {
        return external_abort(fault, walk);
    }
    uint64_t expected = walk->descriptor;
    if (walk->big_endian) {
        expected = __builtin_bswap64(expected);
        desired = __builtin_bswap64(desired);
    }
    *changed = __atomic_compare_exchange_n(host, &expected, desired, false, __ATOMIC_ACQ_REL,
                                           __ATOMIC_ACQUIRE);
    el4_mem_written_by_walk(cpu, &page, pa);
    return true;
}

static uint64_t output_address(const struct walk *walk)
{
    uint64_t address = walk->descriptor & low_bits(48) & ~low_bits(walk->page_bits);
    if (walk->wide) {
        address |= EL4_FIELD(walk->descriptor, 15, 12) << 48;
    }
    return address;
}

static unsigned level_bits(const struct walk *walk)
{
    return walk->page_bits + (3 - walk->level) * walk->stride;
}

/* A block descriptor is allowed at this level. */
static bool block_allowed(const struct walk *walk)
{
    switch (walk->page_bits) {
    case 12: return walk->level == 1 || walk->level == 2;
    case 14: return walk->level == 2;
    default: return walk->level == 2 || (walk->level == 1 && walk->wide);
    }
}

/* From walk->level and walk->table down to a leaf. */
static bool walk_tables(struct el4_cpu *cpu, const struct el4_mmu_context *context,
                        struct walk *walk, uint64_t input, struct el4_mmu_fault *fault)
{
    uint64_t index_mask = low_bits(walk->input_bits);
    for (;; walk->level++) {
        uint64_t index = (input & index_mask) >> level_bits(walk);
        walk->address = walk->table | index << 3;
        if (!read_descriptor(cpu, context, walk, fault)) {
            return false;
        }
        bool is_table = walk->descriptor & DESC_TABLE;
        if (!(walk->descriptor & DESC_VALID) ||
            (!is_table && (walk->level == 3 || !block_allowed(walk)))) {
            return fail(fault, EL4_FSC_TRANSLATION, walk->level);
        }
        uint64_t output = output_address(walk);
        if (!is_table || walk->level == 3) {
            /* A block's low address bits are RES0; they do not make an address size fault. */
            output &= ~low_bits(level_bits(walk));
        }
        if (output >> walk->output_bits) {
            return fail(fault, EL4_FSC_ADDRESS_SIZE, walk->level);
        }
        if (!is_table || walk->level == 3) {
            return true;
        }
        if (walk->hierarchical) {
            walk->attributes |= walk->descriptor;
        }
        /* NSTable is no permission: TCR.HPD does not switch it off. */
        walk->secure &= !(walk->descriptor & TABLE_NS);
        index_mask = low_bits(level_bits(walk));
        walk->table = output;
    }
}

/*
 * TTBCR, HTCR: which table, and how many bits of the address it resolves (G5.5.2); 0 bits: the
 * address lies between the two ranges.
 */
static unsigned a32_input_bits(uint64_t tcr, bool two_ranges, uint32_t va, bool *upper)
{
    unsigned size0 = (unsigned)EL4_FIELD(tcr, 2, 0);
    unsigned size1 = (unsigned)EL4_FIELD(tcr, 18, 16);
    bool in_lower = (uint64_t)va >> (32 - size0) == 0;
    *upper = false;
    if (!two_ranges || in_lower) {
        return in_lower ? 32 - size0 : 0;
    }
    *upper = true;
    if (!size1) {
        return 32; /* everything above the lower range */
    }
    return va >> (32 - size1) == low_bits(size1) ? 32 - size1 : 0;
}

static bool setup_stage1_a32(struct el4_cpu *cpu, const struct el4_mmu_context *context,
                             uint32_t va, struct walk *walk, struct el4_mmu_fault *fault)
{
    bool upper;
    walk->page_bits = 12;
    walk->stride = 9;
    walk->input_bits = a32_input_bits(context->tcr, context->two_ranges, va, &upper);
    if (!walk->input_bits ||
        (context->two_ranges && (context->tcr & EL4_BIT(upper ? 23 : 7)))) { /* EPD1, EPD0 */
        return fail(fault, EL4_FSC_TRANSLATION, 1);
    }
    walk->output_bits = A32_OUTPUT_BITS;
    walk->big_endian = context->sctlr & EL4_SCTLR_EE;
    walk->hierarchical = true;
    walk->secure = context->secure;
    walk->level = walk->input_bits > 30 ? 1 : 2;
    uint64_t ttbr = upper ? cpu->regs.ttbr1[context->el] : cpu->regs.ttbr0[context->el];
    return set_table(walk, ttbr & low_bits(A32_OUTPUT_BITS),
                     walk->input_bits - level_bits(walk) + 3, fault);
}

static bool setup_stage1(struct el4_cpu *cpu, const struct el4_mmu_context *context,
                         uint64_t va, bool execute, struct walk *walk,
                         struct el4_mmu_fault *fault)
{
    if (context->aarch32) {
        return setup_stage1_a32(cpu, context, (uint32_t)va, walk, fault);
    }
    uint64_t tcr = context->tcr;
    bool upper = context->two_ranges && (va & EL4_BIT(55));
    bool two = context->two_ranges;
    unsigned size = (unsigned)(upper ? EL4_FIELD(tcr, 21, 16) : EL4_FIELD(tcr, 5, 0));
    walk->page_bits = upper ? page_bits_of_tg1(cpu, (unsigned)EL4_FIELD(tcr, 31, 30))
                            : page_bits_of_tg0(cpu, (unsigned)EL4_FIELD(tcr, 15, 14));
    walk->stride = walk->page_bits - 3;
    walk->wide = walk->page_bits == 16 && cpu->features.lpa;
    unsigned size_min = walk->page_bits == 16 && cpu->features.lva ? 12 : 16;
    unsigned size_max = !cpu->features.ttst ? 39 : walk->page_bits == 16 ? 47 : 48;
    if (size < size_min || size > size_max) {
        return fail(fault, EL4_FSC_TRANSLATION, 0);
    }
    walk->input_bits = 64 - size;
    unsigned top = el4_mmu_ignores_top_byte(cpu, context, va, execute) ? 55 : 63;
    uint64_t above = EL4_FIELD(va, top, walk->input_bits);
    if (above != (upper ? low_bits(top - walk->input_bits + 1) : 0)) {
        return fail(fault, EL4_FSC_TRANSLATION, 0);
    }
    if (two && (tcr & (upper ? EL4_TCR_EPD1 : EL4_TCR_EPD0))) {
        return fail(fault, EL4_FSC_TRANSLATION, 0);
    }
    if (el4_mmu_hidden_from_el0(cpu, context, va)) {
        return fail(fault, EL4_FSC_TRANSLATION, 0);
    }
    unsigned ps = (unsigned)(two ? EL4_FIELD(tcr, 34, 32) : EL4_FIELD(tcr, 18, 16));
    walk->output_bits = output_bits(cpu, ps, walk->page_bits);
    walk->big_endian = context->sctlr & EL4_SCTLR_EE;
    walk->access_update =
        cpu->features.hafdbs_af && (tcr & (two ? EL4_TCR_HA : EL4_TCR_ONE_HA));
    walk->dirty_update = walk->access_update && cpu->features.hafdbs_dbm &&
                         (tcr & (two ? EL4_TCR_HD : EL4_TCR_ONE_HD));
    uint64_t no_hierarchy = !two ? EL4_TCR_ONE_HPD : upper ? EL4_TCR_HPD1 : EL4_TCR_HPD0;
    walk->hierarchical = !cpu->features.hpds || !(tcr & no_hierarchy);
    walk->secure = context->secure;
    unsigned levels = (walk->input_bits - walk->page_bits + walk->stride - 1) / walk->stride;
    walk->level = 4 - levels;
    uint64_t ttbr = upper ? cpu->regs.ttbr1[context->el] : cpu->regs.ttbr0[context->el];
    unsigned first_bits = walk->input_bits - level_bits(walk) + 3;
    return set_table(walk, ttbr, first_bits, fault);
}

/* EL4_MAP_* of a stage 1 leaf. read_only: as far as a dirty update cannot lift it. */
static unsigned stage1_permits(const struct el4_mmu_context *context, const struct walk *walk,
                               bool read_only)
{
    uint64_t leaf = walk->descriptor;
    uint64_t tables = walk->attributes;
    bool wxn = context->sctlr & EL4_SCTLR_WXN;
    bool xn = (leaf & DESC_XN) || (tables & TABLE_XN);
    unsigned data = EL4_PERMIT_READ | (read_only ? 0 : EL4_PERMIT_WRITE);
    if (!context->two_ranges) {
        bool execute = !xn && !(wxn && !read_only);
        return data | (execute ? EL4_PERMIT_EXECUTE : 0);
    }
    bool user = (leaf & DESC_AP1) && !(tables & TABLE_NO_EL0);
    bool user_writes = user && !read_only;
    bool pxn = (leaf & DESC_PXN) || (tables & TABLE_PXN);
    /* What EL0 may write is never executable at a higher level; AArch32 leaves it to UWXN, and
     * executes only what may be read. */
    bool barred = context->aarch32
                      ? xn || (user_writes && (context->sctlr & EL4_SCTLR_A32_UWXN))
                      : user_writes;
    bool priv_execute = !pxn && !barred && !(wxn && !read_only);
    bool user_execute = !xn && !(wxn && user_writes) && (user || !context->aarch32);
    unsigned priv = data | (priv_execute ? EL4_PERMIT_EXECUTE : 0);
    unsigned unpriv = (user ? data : 0) | (user_execute ? EL4_PERMIT_EXECUTE : 0);
    return priv | unpriv << EL4_MAP_UNPRIV_SHIFT | (user ? EL4_MAP_USER : 0);
}

/*
 * Access flag and dirty state. Sets *desired to the descriptor as it must become; false: an
 * access flag fault. With no_update (AT) a clear flag passes, and nothing is written.
 */
static bool plan_update(const struct walk *walk, bool no_update, uint64_t *desired)
{
    *desired = walk->descriptor;
    if (!(walk->descriptor & DESC_AF)) {
        if (!walk->access_update) {
            return false;
        }
        *desired |= no_update ? 0 : DESC_AF;
    }
    return true;
}

/* Below a Non-secure table of the Secure state everything is of one ASID. */
static bool is_global(const struct el4_mmu_context *context, const struct walk *walk)
{
    bool left_secure = context->secure && !walk->secure;
    return !context->two_ranges || (!(walk->descriptor & DESC_NG) && !left_secure);
}

static bool walk_stage1_once(struct el4_cpu *cpu, const struct el4_mmu_context *context,
                             uint64_t va, enum el4_access_kind access,
                             struct el4_mapping *mapping, bool *again,
                             struct el4_mmu_fault *fault)
{
    struct walk walk = {0};
    uint64_t desired;
    if (!setup_stage1(cpu, context, va, access == EL4_ACCESS_EXECUTE, &walk, fault) ||
        !walk_tables(cpu, context, &walk, va, fault)) {
        return false;
    }
    if (!plan_update(&walk, context->no_update, &desired)) {
        return fail(fault, EL4_FSC_ACCESS_FLAG, walk.level);
    }
    bool clean = walk.descriptor & DESC_AP2;
    bool liftable = clean && walk.dirty_update && (walk.descriptor & DESC_DBM);
    bool read_only = (clean && !liftable) || (walk.attributes & TABLE_RO);
    bool secure = context->secure && walk.secure && !(walk.descriptor & DESC_NS);
    unsigned permits = stage1_permits(context, &walk, read_only);
    if (context->secure && !secure && (cpu->regs.scr_el3 & EL4_SCR_SIF)) {
        permits &= ~(EL4_PERMIT_EXECUTE | EL4_PERMIT_EXECUTE << EL4_MAP_UNPRIV_SHIFT);
    }
    if (!(el4_mmu_effective_permits(context, permits) & el4_mmu_needed_permit(access))) {
        return fail(fault, EL4_FSC_PERMISSION, walk.level);
    }
    if (liftable && access == EL4_ACCESS_WRITE && !context->no_update) {
        desired &= ~DESC_AP2;
        clean = false;
    }
    if (desired != walk.descriptor) {
        bool changed = false;
        if (!update_descriptor(cpu, context, &walk, desired, &changed, fault)) {
            return false;
        }
        if (!changed) {
            *again = true;
            return false;
        }
    }
    if (liftable && clean) {
        permits &= ~(EL4_PERMIT_WRITE | EL4_PERMIT_WRITE << EL4_MAP_UNPRIV_SHIFT);
    }
    unsigned index = (unsigned)EL4_FIELD(walk.descriptor, 4, 2);
    unsigned size_bits = level_bits(&walk);
    uint8_t memory = (uint8_t)(cpu->regs.mair[context->el] >> (8 * index));
    *mapping = (struct el4_mapping){
        .base = output_address(&walk) & ~low_bits(size_bits),
        .size_bits = (uint8_t)size_bits,
        .stage1_bits = (uint8_t)size_bits,
        .permits = (uint8_t)permits,
        .memory = memory,
        .share = (uint8_t)EL4_FIELD(walk.descriptor, 9, 8),
        .secure = secure,
        .global = is_global(context, &walk),
        .guarded = walk.descriptor & DESC_GP,
        .device = !(memory & 0xf0),
    };
    return true;
}

bool el4_walk_stage1(struct el4_cpu *cpu, const struct el4_mmu_context *context, uint64_t va,
                     enum el4_access_kind access, struct el4_mapping *mapping,
                     struct el4_mmu_fault *fault)
{
    bool again;
    do {
        again = false;
        if (walk_stage1_once(cpu, context, va, access, mapping, &again, fault)) {
            return true;
        }
    } while (again);
    return false;
}

/*
 * VTCR_EL2.SL0 and T0SZ must fit each other: the first table is up to sixteen tables side by
 * side, and not all levels can start with every size of physical address (D8.2.7).
 */
static bool stage2_start(const struct el4_cpu *cpu, struct walk *walk, unsigned sl0)
{
    static const int8_t start_of[3][4] = {{2, 1, 0, 3}, {3, 2, 1, -1}, {3, 2, 1, -1}};
    int level = start_of[(walk->page_bits - 12) / 2][sl0];
    unsigned pa_bits = cpu->features.pa_bits;
    if (level < 0 || (walk->page_bits == 12 && level == 3 && !cpu->features.ttst) ||
        (walk->page_bits == 12 && level == 0 && pa_bits < 44) ||
        (walk->page_bits == 14 && level == 1 && pa_bits <= 40) ||
        (walk->page_bits == 16 && level == 1 && pa_bits <= 42)) {
        return false;
    }
    walk->level = (unsigned)level;
    int index_bits = (int)walk->input_bits - (int)level_bits(walk);
    return index_bits >= 1 && index_bits <= (int)walk->stride + 4;
}

/* VTCR of an AArch32 EL2 (G5.6.2): T0SZ is signed, and there is nothing but 4 KiB pages. */
static bool setup_stage2_a32(struct el4_cpu *cpu, uint64_t ipa, struct walk *walk,
                             struct el4_mmu_fault *fault)
{
    uint64_t vtcr = cpu->regs.vtcr_el2;
    int size = (int)((EL4_FIELD(vtcr, 3, 0) ^ 8)) - 8;
    unsigned sl0 = (unsigned)EL4_FIELD(vtcr, 7, 6);
    walk->stage2 = true;
    walk->page_bits = 12;
    walk->stride = 9;
    walk->input_bits = (unsigned)(32 - size);
    walk->output_bits = A32_OUTPUT_BITS;
    walk->big_endian = cpu->regs.sctlr[2] & EL4_SCTLR_EE;
    walk->level = 2 - (sl0 & 1);
    int index_bits = (int)walk->input_bits - (int)level_bits(walk);
    if (sl0 > 1 || index_bits < 1 || index_bits > (int)walk->stride + 4 ||
        ipa >> walk->input_bits) {
        return fail(fault, EL4_FSC_TRANSLATION, 1);
    }
    return set_table(walk, cpu->regs.vttbr_el2 & low_bits(A32_OUTPUT_BITS),
                     (unsigned)index_bits + 3, fault);
}

static bool setup_stage2(struct el4_cpu *cpu, uint64_t ipa, bool secure, struct walk *walk,
                         struct el4_mmu_fault *fault)
{
    if (el4_cpu_el_is_a32(cpu, 2)) {
        return setup_stage2_a32(cpu, ipa, walk, fault);
    }
    uint64_t vtcr = cpu->regs.vtcr_el2;
    unsigned size = (unsigned)EL4_FIELD(vtcr, 5, 0);
    walk->stage2 = true;
    walk->page_bits = page_bits_of_tg0(cpu, (unsigned)EL4_FIELD(vtcr, 15, 14));
    walk->stride = walk->page_bits - 3;
    walk->wide = walk->page_bits == 16 && cpu->features.lpa;
    unsigned size_min = walk->wide ? 12 : 16;
    unsigned size_max = !cpu->features.ttst ? 39 : walk->page_bits == 16 ? 47 : 48;
    walk->input_bits = 64 - size;
    if (size < size_min || size > size_max || ipa >> walk->input_bits ||
        !stage2_start(cpu, walk, (unsigned)EL4_FIELD(vtcr, 7, 6))) {
        walk->level = 0;
        return fail(fault, EL4_FSC_TRANSLATION, 0);
    }
    walk->output_bits = output_bits(cpu, (unsigned)EL4_FIELD(vtcr, 18, 16), walk->page_bits);
    walk->big_endian = cpu->regs.sctlr[2] & EL4_SCTLR_EE;
    walk->access_update = cpu->features.hafdbs_af && (vtcr & EL4_TCR_ONE_HA);
    walk->dirty_update =
        walk->access_update && cpu->features.hafdbs_dbm && (vtcr & EL4_TCR_ONE_HD);
    walk->secure = secure;
    unsigned first_bits = walk->input_bits - level_bits(walk) + 3;
    return set_table(walk, cpu->regs.vttbr_el2, first_bits, fault);
}

/* Execute permissions: XN[1:0] with FEAT_XNX, else its upper bit alone (D8.4.2). */
static unsigned stage2_execute(const struct el4_cpu *cpu, uint64_t leaf)
{
    unsigned xn = (unsigned)EL4_FIELD(leaf, 54, 53);
    if (!cpu->features.xnx) {
        xn &= 2;
    }
    bool priv = xn == 0 || xn == 3;
    bool unpriv = xn == 0 || xn == 1;
    return (priv ? EL4_PERMIT_EXECUTE : 0) |
           (unpriv ? EL4_PERMIT_EXECUTE << EL4_MAP_UNPRIV_SHIFT : 0);
}

/* Stage 2 MemAttr as a MAIR attribute: Device types, or outer and inner cacheability. */
static uint8_t stage2_memory(unsigned attributes)
{
    static const uint8_t normal[4] = {0x0, 0x4, 0xa, 0xf};
    if (!(attributes & 0xc)) {
        return (uint8_t)((attributes & 3) << 2);
    }
    return (uint8_t)(normal[attributes >> 2] << 4 | normal[attributes & 3]);
}

static bool walk_stage2_once(struct el4_cpu *cpu, const struct el4_mmu_context *context,
                             uint64_t ipa, enum el4_access_kind access, bool for_walk,
                             struct el4_mapping *mapping, bool *again,
                             struct el4_mmu_fault *fault)
{
    struct walk walk = {0};
    uint64_t desired;
    if (!setup_stage2(cpu, ipa, context->secure, &walk, fault) ||
        !walk_tables(cpu, context, &walk, ipa, fault)) {
        return false;
    }
    if (!plan_update(&walk, context->no_update, &desired)) {
        return fail(fault, EL4_FSC_ACCESS_FLAG, walk.level);
    }
    bool clean = !(walk.descriptor & DESC_AP2);
    bool liftable = clean && walk.dirty_update && (walk.descriptor & DESC_DBM);
    unsigned data = ((walk.descriptor & DESC_AP1) ? EL4_PERMIT_READ : 0) |
                    (!clean || liftable ? EL4_PERMIT_WRITE : 0);
    unsigned permits =
        data | data << EL4_MAP_UNPRIV_SHIFT | stage2_execute(cpu, walk.descriptor);
    uint8_t memory = stage2_memory((unsigned)EL4_FIELD(walk.descriptor, 5, 2));
    bool device = !(memory & 0xf0);
    bool forbidden = for_walk && device && (context->hcr & EL4_HCR_PTW);
    if (forbidden ||
        !(el4_mmu_effective_permits(context, permits) & el4_mmu_needed_permit(access))) {
        return fail(fault, EL4_FSC_PERMISSION, walk.level);
    }
    bool lift = liftable && access == EL4_ACCESS_WRITE;
    if (lift && !context->no_update) {
        desired |= DESC_AP2;
    }
    if (desired != walk.descriptor) {
        bool changed = false;
        if (!update_descriptor(cpu, context, &walk, desired, &changed, fault)) {
            return false;
        }
        if (!changed) {
            *again = true;
            return false;
        }
    }
    if (liftable && !lift) {
        permits &= ~(EL4_PERMIT_WRITE | EL4_PERMIT_WRITE << EL4_MAP_UNPRIV_SHIFT);
    }
    unsigned size_bits = level_bits(&walk);
    *mapping = (struct el4_mapping){
        .base = output_address(&walk) & ~low_bits(size_bits),
        .size_bits = (uint8_t)size_bits,
        .stage1_bits = (uint8_t)size_bits,
        .permits = (uint8_t)permits,
        .memory = memory,
        .share = (uint8_t)EL4_FIELD(walk.descriptor, 9, 8),
        .secure = walk.secure,
        .global = true,
        .device = device,
    };
    return true;
}

/* Fill in what makes a fault of the walk above one of stage 2. */
static bool stage2_failed(struct el4_mmu_fault *fault, uint64_t ipa,
                          enum el4_access_kind access, bool for_walk)
{
    fault->stage2 = true;
    fault->s1ptw = for_walk;
    fault->ipa = ipa;
    if (for_walk) {
        fault->is_write = access == EL4_ACCESS_WRITE;
    }
    return false;
}

bool el4_stage2_translate(struct el4_cpu *cpu, const struct el4_mmu_context *context,
                          uint64_t ipa, enum el4_access_kind access, bool for_walk,
                          struct el4_mapping *mapping, struct el4_mmu_fault *fault)
{
    struct el4_mmu_context inner = *context;
    inner.regime = EL4_REGIME_STAGE2;
    inner.asid = 0;
    inner.pan = false;
    /* A walk reads as data of no particular level; permissions for data are the same for all.
     */
    unsigned needed = el4_mmu_needed_permit(access);
    bool device_matters = for_walk && (context->hcr & EL4_HCR_PTW);
    if (!inner.no_update && el4_tlb_find(cpu->mmu, &inner, ipa, mapping) &&
        (el4_mmu_effective_permits(&inner, mapping->permits) & needed) &&
        !(device_matters && mapping->device)) {
        return true;
    }
    bool again;
    do {
        again = false;
        if (walk_stage2_once(cpu, &inner, ipa, access, for_walk, mapping, &again, fault)) {
            if (!inner.no_update) {
                el4_tlb_insert(cpu->mmu, &inner, ipa, mapping);
            }
            return true;
        }
    } while (again);
    return stage2_failed(fault, ipa, access, for_walk);
}
