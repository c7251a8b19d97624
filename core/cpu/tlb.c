/* SPDX-License-Identifier: MIT */
/*
 * The tagged TLB: 2048 lines, 4 ways. A line keeps the size of its block, and a look-up tries
 * the sizes in use (two or three in practice), so that TLBI of any address in a block finds it.
 * The set comes from the address alone: TLBI by VA for all ASIDs then looks at one set a size.
 *
 * A line may be smaller than its stage 1 block where stage 2 maps it in smaller pieces. Those
 * cannot be found by address; they are counted on ("split_lines") and searched for.
 */
#include <string.h>

#include "cpu/cpu.h"
#include "cpu/mem.h"
#include "cpu/mmu-private.h"

/* Key: va[55:12] of the block, then its size and what never changes under a TLBI. */
#define KEY_SIZE_SHIFT   44
#define KEY_REGIME_SHIFT 50
#define KEY_SECURE       EL4_BIT(53)
#define KEY_STAGE2_ON    EL4_BIT(54)
#define KEY_VALID        EL4_BIT(63)
#define KEY_SCOPE        ((UINT64_C(7) << KEY_REGIME_SHIFT) | KEY_SECURE | KEY_VALID)
#define KEY_PAGE         ((UINT64_C(1) << KEY_SIZE_SHIFT) - 1)

#define LINE_SECURE  1u
#define LINE_GLOBAL  2u
#define LINE_GUARDED 4u
#define LINE_DEVICE  8u

#define SCOPE_SECURE     EL4_BIT(8)
#define SCOPE_VMID_SHIFT 16

static uint64_t page_of(uint64_t va, unsigned size_bits)
{
    return (va >> size_bits << (size_bits - EL4_PAGE_BITS)) & KEY_PAGE;
}

static unsigned set_of(uint64_t va, unsigned size_bits)
{
    uint64_t block = (va & (EL4_BIT(56) - 1)) >> size_bits;
    return (unsigned)((block ^ (block >> 8) ^ (block >> 19)) % EL4_TLB_SETS);
}

static uint64_t key_scope(enum el4_regime regime, bool secure)
{
    return KEY_VALID | (uint64_t)regime << KEY_REGIME_SHIFT | (secure ? KEY_SECURE : 0);
}

static uint64_t make_key(const struct el4_mmu_context *context, uint64_t va, unsigned size_bits)
{
    return key_scope(context->regime, context->secure) |
           (context->stage2_on ? KEY_STAGE2_ON : 0) | (uint64_t)size_bits << KEY_SIZE_SHIFT |
           page_of(va, size_bits);
}

bool el4_tlb_find(struct el4_mmu *mmu, const struct el4_mmu_context *context, uint64_t va,
                  struct el4_mapping *mapping)
{
    for (uint64_t sizes = mmu->sizes; sizes; sizes &= sizes - 1) {
        unsigned size_bits = (unsigned)__builtin_ctzll(sizes);
        uint64_t key = make_key(context, va, size_bits);
        const struct el4_tlb_line *set = mmu->lines[set_of(va, size_bits)];
        for (unsigned way = 0; way < EL4_TLB_WAYS; way++) {
            const struct el4_tlb_line *line = &set[way];
            if (line->key == key && line->vmid == context->vmid &&
                ((line->flags & LINE_GLOBAL) || line->asid == context->asid)) {
                *mapping = (struct el4_mapping){
                    .base = line->base,
                    .size_bits = line->size_bits,
                    .stage1_bits = line->stage1_bits,
                    .permits = line->permits,
                    .memory = line->memory,
                    .share = line->share,
                    .domain = line->domain,
                    .secure = line->flags & LINE_SECURE,
                    .global = line->flags & LINE_GLOBAL,
                    .guarded = line->flags & LINE_GUARDED,
                    .device = line->flags & LINE_DEVICE,
                };
                return true;
            }
        }
    }
    return false;
}

/* The line to replace: one for the same address (permissions changed), a free one, or any. */
static struct el4_tlb_line *choose_line(struct el4_mmu *mmu, unsigned set_index, uint64_t key,
                                        const struct el4_mmu_context *context, bool global)
{
    struct el4_tlb_line *set = mmu->lines[set_index];
    struct el4_tlb_line *free_line = NULL;
    for (unsigned way = 0; way < EL4_TLB_WAYS; way++) {
        struct el4_tlb_line *line = &set[way];
        if (!line->key) {
            free_line = line;
        } else if (line->key == key && line->vmid == context->vmid &&
                   (global || (line->flags & LINE_GLOBAL) || line->asid == context->asid)) {
            return line;
        }
    }
    return free_line ? free_line : &set[mmu->next_way[set_index]++ % EL4_TLB_WAYS];
}

void el4_tlb_insert(struct el4_mmu *mmu, const struct el4_mmu_context *context, uint64_t va,
                    const struct el4_mapping *mapping)
{
    unsigned set_index = set_of(va, mapping->size_bits);
    uint64_t key = make_key(context, va, mapping->size_bits);
    struct el4_tlb_line *line = choose_line(mmu, set_index, key, context, mapping->global);
    unsigned flags = (mapping->secure ? LINE_SECURE : 0) | (mapping->global ? LINE_GLOBAL : 0) |
                     (mapping->guarded ? LINE_GUARDED : 0) |
                     (mapping->device ? LINE_DEVICE : 0);
    *line = (struct el4_tlb_line){
        .key = key,
        .base = mapping->base,
        .asid = context->asid,
        .vmid = context->vmid,
        .size_bits = mapping->size_bits,
        .stage1_bits = mapping->stage1_bits,
        .permits = mapping->permits,
        .memory = mapping->memory,
        .share = mapping->share,
        .domain = mapping->domain,
        .flags = (uint8_t)flags,
    };
    mmu->sizes |= EL4_BIT(mapping->size_bits);
    mmu->split_lines |= mapping->stage1_bits > mapping->size_bits;
}

uint64_t el4_tlb_scope(enum el4_regime regime, bool secure, unsigned vmid)
{
    return (uint64_t)regime | (secure ? SCOPE_SECURE : 0) |
           (uint64_t)(vmid & 0xffff) << SCOPE_VMID_SHIFT;
}

static enum el4_regime scope_regime(uint64_t scope)
{
    return (enum el4_regime)(scope & 7);
}

static bool scope_secure(uint64_t scope)
{
    return scope & SCOPE_SECURE;
}

static unsigned scope_vmid(uint64_t scope)
{
    return (scope >> SCOPE_VMID_SHIFT) & 0xffff;
}

uint64_t el4_tlb_scope_for_el(const struct el4_cpu *cpu, unsigned el)
{
    bool secure = el4_cpu_is_secure_below_el3(cpu);
    if (el == 3) {
        return el4_tlb_scope(EL4_REGIME_EL3, true, 0);
    }
    if (el == 2 ? el4_cpu_e2h(cpu) : el4_cpu_e2h_tge(cpu)) {
        return el4_tlb_scope(EL4_REGIME_EL20, secure, 0);
    }
    if (el == 2) {
        return el4_tlb_scope(EL4_REGIME_EL2, secure, 0);
    }
    return el4_tlb_scope(EL4_REGIME_EL10, secure, el4_mmu_vmid(cpu));
}

uint64_t el4_tlb_scope_stage2(const struct el4_cpu *cpu)
{
    return el4_tlb_scope(EL4_REGIME_STAGE2, el4_cpu_is_secure_below_el3(cpu),
                         el4_mmu_vmid(cpu));
}

static void drop_line(struct el4_tlb_line *line)
{
    line->key = 0;
}

void el4_tlb_invalidate_all(struct el4_cpu *cpu, uint64_t unused_a, uint64_t unused_b,
                            uint64_t unused_c)
{
    struct el4_mmu *mmu = cpu->mmu;
    memset(mmu->lines, 0, sizeof(mmu->lines));
    mmu->sizes = 0;
    mmu->split_lines = false;
    el4_mem_flush_fast_tlb(cpu);
}

/* Lines of [scope] for which the rest holds; masks of zero ask for nothing. */
struct selection {
    uint64_t scope_key;
    bool any_vmid;
    bool any_asid; /* and global lines */
    uint16_t vmid, asid;
};

static bool selected(const struct el4_tlb_line *line, const struct selection *what)
{
    return (line->key & KEY_SCOPE) == what->scope_key &&
           (what->any_vmid || line->vmid == what->vmid) &&
           (what->any_asid || (line->asid == what->asid && !(line->flags & LINE_GLOBAL)));
}

/* Walks all lines; what survives says which sizes are in use. */
static void drop_selected(struct el4_mmu *mmu, const struct selection *what)
{
    uint64_t sizes = 0;
    bool split = false;
    for (unsigned set = 0; set < EL4_TLB_SETS; set++) {
        for (unsigned way = 0; way < EL4_TLB_WAYS; way++) {
            struct el4_tlb_line *line = &mmu->lines[set][way];
            if (!line->key) {
                continue;
            }
            if (selected(line, what)) {
                drop_line(line);
            } else {
                sizes |= EL4_BIT(line->size_bits);
                split |= line->stage1_bits > line->size_bits;
            }
        }
    }
    mmu->sizes = sizes;
    mmu->split_lines = split;
}

void el4_tlb_invalidate_regime(struct el4_cpu *cpu, uint64_t scope, uint64_t unused_b,
                               uint64_t unused_c)
{
    struct selection what = {
        .scope_key = key_scope(scope_regime(scope), scope_secure(scope)),
        .any_vmid = true,
        .any_asid = true,
    };
    drop_selected(cpu->mmu, &what);
    if (scope_regime(scope) == EL4_REGIME_EL10) {
        what.scope_key = key_scope(EL4_REGIME_STAGE2, scope_secure(scope));
        drop_selected(cpu->mmu, &what);
    }
    el4_mem_flush_fast_tlb(cpu);
}

void el4_tlb_invalidate_vmid(struct el4_cpu *cpu, uint64_t scope, uint64_t stage2,
                             uint64_t unused_c)
{
    struct selection what = {
        .scope_key = key_scope(scope_regime(scope), scope_secure(scope)),
        .vmid = (uint16_t)scope_vmid(scope),
        .any_asid = true,
    };
    drop_selected(cpu->mmu, &what);
    if (stage2 && scope_regime(scope) == EL4_REGIME_EL10) {
        what.scope_key = key_scope(EL4_REGIME_STAGE2, scope_secure(scope));
        drop_selected(cpu->mmu, &what);
    }
    el4_mem_flush_fast_tlb(cpu);
}

void el4_tlb_invalidate_asid(struct el4_cpu *cpu, uint64_t scope, uint64_t asid,
                             uint64_t unused_c)
{
    const struct selection what = {
        .scope_key = key_scope(scope_regime(scope), scope_secure(scope)),
        .vmid = (uint16_t)scope_vmid(scope),
        .asid = (uint16_t)asid,
    };
    drop_selected(cpu->mmu, &what);
    el4_mem_flush_fast_tlb(cpu);
}

static bool address_selected(const struct el4_tlb_line *line, const struct selection *what)
{
    return (line->key & KEY_SCOPE) == what->scope_key && line->vmid == what->vmid &&
           (what->any_asid || (line->flags & LINE_GLOBAL) || line->asid == what->asid);
}

/* Pieces of stage 1 blocks: anywhere in the TLB. */
static void drop_split(struct el4_mmu *mmu, const struct selection *what, uint64_t va)
{
    for (unsigned set = 0; set < EL4_TLB_SETS; set++) {
        for (unsigned way = 0; way < EL4_TLB_WAYS; way++) {
            struct el4_tlb_line *line = &mmu->lines[set][way];
            if (line->stage1_bits > line->size_bits && address_selected(line, what) &&
                page_of(va, line->stage1_bits) ==
                    page_of((line->key & KEY_PAGE) << EL4_PAGE_BITS, line->stage1_bits)) {
                drop_line(line);
            }
        }
    }
}

static void drop_address(struct el4_cpu *cpu, const struct selection *what, uint64_t va)
{
    struct el4_mmu *mmu = cpu->mmu;
    for (uint64_t sizes = mmu->sizes; sizes; sizes &= sizes - 1) {
        unsigned size_bits = (unsigned)__builtin_ctzll(sizes);
        struct el4_tlb_line *set = mmu->lines[set_of(va, size_bits)];
        for (unsigned way = 0; way < EL4_TLB_WAYS; way++) {
            struct el4_tlb_line *line = &set[way];
            if (line->size_bits == size_bits && address_selected(line, what) &&
                (line->key & KEY_PAGE) == page_of(va, size_bits)) {
                drop_line(line);
            }
        }
    }
    if (mmu->split_lines) {
        drop_split(mmu, what, va);
    }
}

void el4_tlb_invalidate_va(struct el4_cpu *cpu, uint64_t scope, uint64_t va, uint64_t asid)
{
    const struct selection what = {
        .scope_key = key_scope(scope_regime(scope), scope_secure(scope)),
        .vmid = (uint16_t)scope_vmid(scope),
        .asid = (uint16_t)asid,
    };
    drop_address(cpu, &what, va);
    el4_mem_flush_fast_tlb_page(cpu, va);
}

void el4_tlb_invalidate_va_all_asid(struct el4_cpu *cpu, uint64_t scope, uint64_t va,
                                    uint64_t unused_c)
{
    const struct selection what = {
        .scope_key = key_scope(scope_regime(scope), scope_secure(scope)),
        .vmid = (uint16_t)scope_vmid(scope),
        .any_asid = true,
    };
    drop_address(cpu, &what, va);
    el4_mem_flush_fast_tlb_page(cpu, va);
}

void el4_tlb_invalidate_ipa(struct el4_cpu *cpu, uint64_t scope, uint64_t ipa,
                            uint64_t unused_c)
{
    const struct selection what = {
        .scope_key = key_scope(EL4_REGIME_STAGE2, scope_secure(scope)),
        .vmid = (uint16_t)scope_vmid(scope),
        .any_asid = true,
    };
    drop_address(cpu, &what, ipa);
}
