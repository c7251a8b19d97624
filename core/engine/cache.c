/* SPDX-License-Identifier: MIT */
/*
 * The code cache of one vCPU: look-up by physical address, room for new blocks, invalidation by
 * physical page. Only the owning vCPU's thread touches it; others ask through cross-calls.
 */
#include "engine/block.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cpu/code.h"

#define CACHE_BYTES_DEFAULT (24u << 20)
#define BLOCK_BYTES_MAX                                                                        \
    (sizeof(struct el4_block) + EL4_BLOCK_INSNS_MAX * sizeof(struct el4_block_insn) + 16 +     \
     EL4_BLOCK_UOPS_MAX * sizeof(struct el4_uop))

/*
 * A page of the guest's has a window of the table, at a place that is as good as random. So a
 * small guest touches few pages of the host's, whose first touch is what it costs to start.
 */
static unsigned hash_pa(uint64_t pa, uint64_t mode)
{
    uint64_t mixed = (pa >> EL4_PAGE_BITS ^ mode << 20 ^ mode >> 20) * 0x9e3779b97f4a7c15u;
    uint64_t window = mixed >> (64 - EL4_BLOCK_HASH_BITS);
    uint64_t offset = (pa & ~EL4_PAGE_MASK) >> 2 ^ (pa & 2) << 8; /* bit 1 is T32's */
    return (window + offset) & ((1u << EL4_BLOCK_HASH_BITS) - 1);
}

static unsigned hash_page(uint64_t pa)
{
    uint64_t mixed = (pa >> EL4_PAGE_BITS) * 0x9e3779b97f4a7c15u;
    return (unsigned)(mixed >> (64 - EL4_PAGE_HASH_BITS));
}

struct el4_block *el4_block_find(struct el4_code_cache *cache, uint64_t pa, uint64_t mode)
{
    struct el4_block *block = cache->hash[hash_pa(pa, mode)];
    while (block && (block->pa != pa || block->mode != mode || !block->valid)) {
        block = block->hash_next;
    }
    return block;
}

unsigned el4_block_insn_at(const struct el4_block *block, const struct el4_uop *uop)
{
    size_t index = (size_t)(uop - block->uops);
    unsigned insn = 0;
    while (insn + 1 < block->insn_count && block->insns[insn + 1].uop <= index) {
        insn++;
    }
    return insn;
}

static void cache_empty(struct el4_code_cache *cache)
{
    memset(cache->hash, 0, sizeof(cache->hash));
    memset(cache->pages, 0, sizeof(cache->pages));
    memset(cache->jump, 0, sizeof(cache->jump));
    cache->arena_used = 0;
    cache->flushes++;
}

void el4_engine_flush(struct el4_cpu *cpu)
{
    struct el4_code_cache *cache = cpu->code_cache;
    cpu->tlb_generation++;
    if (!cache->arena_used) {
        return; /* a reset of a new machine, whose tables are not to be touched in vain */
    }
    /*
     * Blocks may be running: mark them all invalid now. The arena itself is emptied by the
     * next translation, which never happens inside a block.
     */
    for (unsigned i = 0; i < 1u << EL4_PAGE_HASH_BITS; i++) {
        for (struct el4_block *block = cache->pages[i]; block; block = block->page_next) {
            block->valid = false;
        }
    }
    cache->arena_used = cache->arena_bytes;
}

void el4_engine_invalidate_page(struct el4_cpu *cpu, uint64_t pa)
{
    struct el4_code_cache *cache = cpu->code_cache;
    struct el4_block **link = &cache->pages[hash_page(pa)];

    while (*link) {
        struct el4_block *block = *link;
        if (((block->pa ^ pa) & (EL4_PAGE_MASK | 1)) == 0) {
            struct el4_block **in_hash = &cache->hash[hash_pa(block->pa, block->mode)];
            while (*in_hash && *in_hash != block) {
                in_hash = &(*in_hash)->hash_next;
            }
            if (*in_hash) {
                *in_hash = block->hash_next;
            }
            block->valid = false;
            *link = block->page_next;
        } else {
            link = &block->page_next;
        }
    }
}

struct el4_block *el4_block_new(struct el4_code_cache *cache, unsigned insns, unsigned uops)
{
    if (cache->arena_bytes - cache->arena_used < BLOCK_BYTES_MAX) {
        cache_empty(cache);
    }
    struct el4_block *block = (struct el4_block *)(cache->arena + cache->arena_used);
    size_t header = (sizeof(*block) + insns * sizeof(struct el4_block_insn) + 15) & ~(size_t)15;
    *block = (struct el4_block){
        .insn_count = (uint16_t)insns,
        .uop_count = (uint16_t)uops,
        .uops = (struct el4_uop *)((uint8_t *)block + header),
    };
    cache->blocks_made++;
    return block;
}

void el4_block_enter(struct el4_code_cache *cache, struct el4_block *block)
{
    struct el4_uop *end = block->uops + block->uop_count;
    cache->arena_used = (size_t)((uint8_t *)end - cache->arena);
    block->valid = true;
    struct el4_block **bucket = &cache->hash[hash_pa(block->pa, block->mode)];
    block->hash_next = *bucket;
    *bucket = block;
    bucket = &cache->pages[hash_page(block->pa)];
    block->page_next = *bucket;
    *bucket = block;
}

static const struct el4_code_ops code_ops = {
    .invalidate_page = el4_engine_invalidate_page,
    .flush = el4_engine_flush,
};

bool el4_engine_attach(struct el4_cpu *cpu, const struct el4_engine_config *config)
{
    size_t bytes = config->cache_bytes ? config->cache_bytes : CACHE_BYTES_DEFAULT;
    if (bytes < 2 * BLOCK_BYTES_MAX) {
        bytes = 2 * BLOCK_BYTES_MAX;
    }
    struct el4_code_cache *cache = calloc(1, sizeof(*cache));
    if (!cache) {
        return false;
    }
    cache->config = *config;
    cache->arena = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (cache->arena == MAP_FAILED) {
        free(cache);
        return false;
    }
    cache->arena_bytes = bytes;
    cpu->code_cache = cache;
    cpu->code_ops = &code_ops;
    return true;
}

void el4_engine_detach(struct el4_cpu *cpu)
{
    if (cpu->code_cache) {
        munmap(cpu->code_cache->arena, cpu->code_cache->arena_bytes);
        free(cpu->code_cache);
        cpu->code_cache = NULL;
        cpu->code_ops = NULL;
    }
}
