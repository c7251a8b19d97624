/* SPDX-License-Identifier: MIT */
/*
 * What GICv2 and GICv3 have in common: 32 interrupts as one block of bit masks, laid out like
 * the registers that show them, and the arithmetic of priorities, binary points and active
 * priority registers.
 */
#ifndef GIC_BLOCK_H
#define GIC_BLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Special INTIDs (IHI 0069 2.2.1). */
#define GIC_INTID_SECURE    1020u /* at EL3: Secure Group 1 */
#define GIC_INTID_NONSECURE 1021u /* at EL3: Non-secure Group 1 */
#define GIC_INTID_GROUP1    1022u /* GICv2: Group 1, but AckCtl is 0 */
#define GIC_INTID_NONE      1023u

#define GIC_PRIVATE     32u /* INTIDs 0 to 31 are a CPU's own */
#define GIC_SGIS        16u
#define GIC_BLOCKS_MAX  32u
#define GIC_MAINTENANCE 25u   /* INTID of the maintenance interrupt */
#define GIC_IDLE        0xffu /* running priority with nothing active */

/* Offsets of the banks of bit registers in a distributor, 0x80 each. */
enum gic_bank {
    GIC_BANK_GROUP = 0x080,
    GIC_BANK_SET_ENABLE = 0x100,
    GIC_BANK_CLEAR_ENABLE = 0x180,
    GIC_BANK_SET_PENDING = 0x200,
    GIC_BANK_CLEAR_PENDING = 0x280,
    GIC_BANK_SET_ACTIVE = 0x300,
    GIC_BANK_CLEAR_ACTIVE = 0x380,
    GIC_BANKS_END = 0x400,
};

struct gic_block {
    uint32_t implemented;
    uint32_t enabled;
    uint32_t line;     /* level of the input wires */
    uint32_t latch;    /* pending whatever the line says: an edge came, or software set it */
    uint32_t edge;     /* edge-triggered */
    uint32_t active;   /* active, or active and pending */
    uint32_t group;    /* IGROUPR */
    uint32_t modifier; /* IGRPMODR, GICv3 */
    uint32_t ns_set;   /* bits 0 and 1 of the NSACR fields, GICv3 */
    uint32_t ns_clear;
    uint8_t priority[32];
};

/* Levels of the wires are not the GIC's own state: they stay. */
static inline void gic_block_reset(struct gic_block *block, uint32_t implemented)
{
    uint32_t line = block->line;
    memset(block, 0, sizeof(*block));
    block->line = line;
    block->implemented = implemented;
}

static inline uint32_t gic_block_pending(const struct gic_block *block)
{
    return block->latch | (block->line & ~block->edge);
}

/* What can be forwarded to a CPU: an active interrupt is not, until it is deactivated. */
static inline uint32_t gic_block_candidates(const struct gic_block *block)
{
    return gic_block_pending(block) & block->enabled & ~block->active;
}

static inline void gic_block_set_line(struct gic_block *block, uint32_t bit, bool level)
{
    if (!level) {
        block->line &= ~bit;
        return;
    }
    if (block->edge & ~block->line & bit) {
        block->latch |= bit;
    }
    block->line |= bit;
}

static inline uint32_t gic_block_read(const struct gic_block *block, enum gic_bank bank)
{
    switch (bank) {
    case GIC_BANK_GROUP: return block->group;
    case GIC_BANK_SET_ENABLE:
    case GIC_BANK_CLEAR_ENABLE: return block->enabled;
    case GIC_BANK_SET_PENDING:
    case GIC_BANK_CLEAR_PENDING: return gic_block_pending(block);
    case GIC_BANK_SET_ACTIVE:
    case GIC_BANK_CLEAR_ACTIVE: return block->active;
    default: return 0;
    }
}

/* Write a bank's register; bits outside `writable` stay as they are. */
static inline void gic_block_write(struct gic_block *block, enum gic_bank bank, uint32_t value,
                                   uint32_t writable)
{
    writable &= block->implemented;
    uint32_t bits = value & writable;
    switch (bank) {
    case GIC_BANK_GROUP: block->group = (block->group & ~writable) | bits; break;
    case GIC_BANK_SET_ENABLE: block->enabled |= bits; break;
    case GIC_BANK_CLEAR_ENABLE: block->enabled &= ~bits; break;
    case GIC_BANK_SET_PENDING: block->latch |= bits; break;
    case GIC_BANK_CLEAR_PENDING: block->latch &= ~bits; break;
    case GIC_BANK_SET_ACTIVE: block->active |= bits; break;
    case GIC_BANK_CLEAR_ACTIVE: block->active &= ~bits; break;
    default: break;
    }
}

/* ICFGR shows two bits an interrupt, of which the upper says edge. half: 0 or 1. */
static inline uint32_t gic_block_read_config(const struct gic_block *block, unsigned half,
                                             uint32_t visible)
{
    uint32_t edges = (block->edge & visible) >> (half * 16);
    uint32_t value = 0;
    for (unsigned i = 0; i < 16; i++) {
        value |= (edges >> i & 1) << (2 * i + 1);
    }
    return value;
}

static inline void gic_block_write_config(struct gic_block *block, unsigned half,
                                          uint32_t value, uint32_t writable)
{
    for (unsigned i = 0; i < 16; i++) {
        uint32_t bit = 1u << (half * 16 + i);
        if (!(bit & writable & block->implemented)) {
            continue;
        }
        if (value >> (2 * i + 1) & 1) {
            block->edge |= bit;
        } else {
            block->edge &= ~bit;
        }
    }
}

/* Interrupts with INTIDs 1020 to 1023 do not exist. */
static inline uint32_t gic_block_existing(unsigned block)
{
    return block == GIC_BLOCKS_MAX - 1 ? 0x0fffffffu : UINT32_MAX;
}

/* ---- priorities: lower numbers are more urgent ---- */

static inline uint8_t gic_priority_mask(unsigned bits)
{
    return (uint8_t)(0xff << (8 - bits));
}

/* A priority as Non-secure software sees it (IHI 0069 4.8.1): the lower half of the range. */
static inline uint8_t gic_priority_to_ns(uint8_t priority)
{
    return (uint8_t)(priority << 1);
}

static inline uint8_t gic_priority_from_ns(uint8_t priority)
{
    return 0x80 | (priority >> 1);
}

/* A priority mask, which Non-secure software can't see if it is in the upper half. */
static inline uint8_t gic_mask_to_ns(uint8_t mask)
{
    return mask & 0x80 ? gic_priority_to_ns(mask) : 0;
}

/* The same for a running priority, where idle is told as it is. */
static inline uint8_t gic_running_to_ns(uint8_t running)
{
    return running == GIC_IDLE ? GIC_IDLE : gic_mask_to_ns(running);
}

/*
 * The bits of a priority that decide on preemption: 7 to n + 1 for binary point n, but 7 to n
 * for that of (Non-secure) Group 1 (IHI 0069 4.8.2, IHI 0048B 3.3.3).
 */
static inline uint8_t gic_group_mask(unsigned binary_point, bool group1)
{
    return (uint8_t)(0xff << (group1 ? binary_point : binary_point + 1));
}

/* Bits that can decide on preemption; also the smallest binary point is 7 less this. */
static inline unsigned gic_preemption_bits(unsigned priority_bits)
{
    return priority_bits > 7 ? 7 : priority_bits;
}

/* ---- active priority registers: a bit for each preemption level ---- */

#define GIC_APRS        4
#define GIC_APR_NOTHING 128u

static inline unsigned gic_apr_words(unsigned preemption_bits)
{
    return preemption_bits > 5 ? 1u << (preemption_bits - 5) : 1;
}

/* Implemented bits of each word. */
static inline uint32_t gic_apr_mask(unsigned preemption_bits)
{
    return preemption_bits < 5 ? (1u << (1u << preemption_bits)) - 1 : UINT32_MAX;
}

static inline unsigned gic_apr_first(const uint32_t *apr)
{
    for (unsigned i = 0; i < GIC_APRS; i++) {
        if (apr[i]) {
            return i * 32 + (unsigned)__builtin_ctz(apr[i]);
        }
    }
    return GIC_APR_NOTHING;
}

static inline void gic_apr_set(uint32_t *apr, uint8_t group_priority, unsigned preemption_bits)
{
    unsigned level = group_priority >> (8 - preemption_bits);
    apr[level / 32] |= 1u << (level % 32);
}

static inline void gic_apr_clear_first(uint32_t *apr)
{
    for (unsigned i = 0; i < GIC_APRS; i++) {
        if (apr[i]) {
            apr[i] &= apr[i] - 1;
            return;
        }
    }
}

static inline uint8_t gic_apr_priority(unsigned level, unsigned preemption_bits)
{
    return level == GIC_APR_NOTHING ? GIC_IDLE : (uint8_t)(level << (8 - preemption_bits));
}

#endif
