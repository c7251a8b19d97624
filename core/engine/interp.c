/* SPDX-License-Identifier: MIT */
/*
 * The portable interpreter: one labelled piece of code a micro-op, each jumping straight to the
 * next (GNU C's labels as values: a switch costs about a third more, the branch predictor then
 * sees one indirect jump for all). The table is made from EL4_UOP_LIST, so a micro-op without
 * code does not compile.
 */
#include <stdatomic.h>
#include <string.h>

#include "cpu/branch.h"
#include "cpu/exception.h"
#include "cpu/mem-inline.h"
#include "cpu/mem.h"
#include "engine/block.h"

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Bit NZCV of the mask says whether the condition holds (el4_condition_mask). */
static inline bool holds(unsigned mask, uint64_t nzcv)
{
    return mask >> (nzcv >> 28) & 1;
}

static inline uint64_t nzcv_of(unsigned n, unsigned z, unsigned c, unsigned v)
{
    /* Like this it takes the fewest host instructions: a set-if and an LEA each. */
    return (uint64_t)(((n * 2 + z) * 2 + c) * 2 + v) << 28;
}

static inline uint64_t flags_nz64(uint64_t result)
{
    return (result >> 63) << 31 | (uint64_t)(result == 0) << 30;
}

static inline uint64_t flags_nz32(uint32_t result)
{
    return (uint64_t)(result >> 31) << 31 | (uint64_t)(result == 0) << 30;
}

/* The overflow built-ins take V from where the host has it. */
#define FLAGS(bits)                                                                            \
    static inline uint64_t flags_add##bits(uint##bits##_t a, uint##bits##_t b, unsigned carry, \
                                           uint64_t *sum)                                      \
    {                                                                                          \
        int##bits##_t result;                                                                  \
        unsigned overflow =                                                                    \
            __builtin_add_overflow((int##bits##_t)a, (int##bits##_t)b, &result);               \
        unsigned carry_out = (uint##bits##_t)result < a;                                       \
        if (carry) {                                                                           \
            overflow ^= __builtin_add_overflow(result, 1, &result);                            \
            carry_out |= result == 0;                                                          \
        }                                                                                      \
        *sum = (uint##bits##_t)result;                                                         \
        return nzcv_of(result < 0, result == 0, carry_out, overflow);                          \
    }                                                                                          \
    static inline uint64_t flags_sub##bits(uint##bits##_t a, uint##bits##_t b,                 \
                                           uint64_t *difference)                               \
    {                                                                                          \
        int##bits##_t result;                                                                  \
        unsigned overflow =                                                                    \
            __builtin_sub_overflow((int##bits##_t)a, (int##bits##_t)b, &result);               \
        *difference = (uint##bits##_t)result;                                                  \
        return nzcv_of(result < 0, result == 0, a >= b, overflow);                             \
    }

FLAGS(64)
FLAGS(32)

static inline uint64_t ror64(uint64_t value, unsigned by)
{
    return value >> (by & 63) | value << (-by & 63);
}

static inline uint32_t ror32(uint32_t value, unsigned by)
{
    return value >> (by & 31) | value << (-by & 31);
}

static inline uint64_t sign_extend(uint64_t value, unsigned bits)
{
    return (uint64_t)((int64_t)(value << (64 - bits)) >> (64 - bits));
}

static uint64_t reverse_bits64(uint64_t value)
{
    value = (value >> 1 & 0x5555555555555555) | (value & 0x5555555555555555) << 1;
    value = (value >> 2 & 0x3333333333333333) | (value & 0x3333333333333333) << 2;
    value = (value >> 4 & 0x0f0f0f0f0f0f0f0f) | (value & 0x0f0f0f0f0f0f0f0f) << 4;
    return __builtin_bswap64(value);
}

static inline uint64_t rev32_halves(uint64_t value)
{
    uint64_t swapped = __builtin_bswap64(value);
    return swapped >> 32 | swapped << 32;
}

static inline uint64_t rev16_parts(uint64_t value)
{
    return (value >> 8 & 0x00ff00ff00ff00ff) | (value & 0x00ff00ff00ff00ff) << 8;
}

static inline uint64_t sdiv64(uint64_t a, uint64_t b)
{
    if (b == 0) {
        return 0;
    }
    if (b == UINT64_MAX) {
        return -a; /* also INT64_MIN / -1 */
    }
    return (uint64_t)((int64_t)a / (int64_t)b);
}

static inline uint32_t sdiv32(uint32_t a, uint32_t b)
{
    if (b == 0) {
        return 0;
    }
    if (b == UINT32_MAX) {
        return -a;
    }
    return (uint32_t)((int32_t)a / (int32_t)b);
}

/* Leading bits equal to the sign, the sign itself not counted. */
static inline unsigned cls64(uint64_t value)
{
    return (unsigned)__builtin_clrsbll((int64_t)value);
}

static inline unsigned cls32(uint32_t value)
{
    return (unsigned)__builtin_clrsb((int32_t)value);
}

static void fence(unsigned kind)
{
    switch (kind) {
    case EL4_FENCE_ACQUIRE: atomic_thread_fence(memory_order_acquire); break;
    case EL4_FENCE_RELEASE: atomic_thread_fence(memory_order_release); break;
    default: atomic_thread_fence(memory_order_seq_cst); break;
    }
}

/*
 * Where the block goes on at its PC slot: the chained successor, else the jump cache. NULL
 * hands over to the loop in engine.c.
 */
static inline struct el4_block *successor(struct el4_cpu *cpu, struct el4_block *block,
                                          unsigned which, uint64_t offset)
{
    uint64_t from = cpu->slot[EL4_SLOT_PC];
    uint64_t pc = from + offset;
    cpu->slot[EL4_SLOT_PC] = pc;
    struct el4_block *next = block->link[which];
    if (LIKELY(next && next->valid)) {
        return next;
    }
    if (block->mode & EL4_MODE_AARCH32) {
        pc = (uint32_t)pc;
        cpu->slot[EL4_SLOT_PC] = pc;
    }
    if (cpu->mode.single_insn) {
        return NULL; /* the loop looks between any two instructions */
    }
    struct el4_jump_entry *entry = el4_jump_slot(cpu->code_cache, pc);
    if (entry->pc != pc || entry->generation != el4_code_generation(cpu, pc) ||
        !entry->block->valid || entry->block->cpu_mode != block->cpu_mode) {
        return NULL;
    }
    if (((from ^ pc) & EL4_PAGE_MASK) == 0) {
        block->link[which] = entry->block;
    }
    return entry->block;
}

/*
 * An indirect branch: the jump cache only. btype matters to a guarded page alone (FEAT_BTI);
 * the loop looks for a block that checks it.
 */
static inline struct el4_block *indirect(struct el4_cpu *cpu, struct el4_block *block,
                                         uint64_t target, unsigned btype)
{
    uint64_t pc = el4_cpu_branch_target(cpu, target);
    cpu->slot[EL4_SLOT_PC] = pc;
    struct el4_jump_entry *entry = el4_jump_slot(cpu->code_cache, pc);
    if (LIKELY(entry->pc == pc && entry->generation == el4_code_generation(cpu, pc) &&
               entry->block->valid && entry->block->cpu_mode == block->cpu_mode &&
               !(btype && (entry->block->mode & EL4_MODE_BLOCK_BITS)) &&
               !cpu->mode.single_insn)) {
        return entry->block;
    }
    cpu->pstate |= btype << EL4_PSTATE_BTYPE_SHIFT;
    return NULL;
}

/* A branch of AArch32 that bit 0 of the target takes to A32 or T32: the jump cache only. */
static inline struct el4_block *exchange(struct el4_cpu *cpu, uint32_t target)
{
    uint32_t thumb = target & 1;
    uint64_t pc = target & (thumb ? ~1u : ~3u);
    cpu->pstate = (cpu->pstate & ~EL4_PSTATE_T) | (thumb ? EL4_PSTATE_T : 0);
    cpu->mode.thumb = thumb;
    cpu->slot[EL4_SLOT_PC] = pc;
    struct el4_jump_entry *entry = el4_jump_slot(cpu->code_cache, pc);
    if (LIKELY(entry->pc == pc && entry->generation == el4_code_generation(cpu, pc) &&
               entry->block->valid && entry->block->cpu_mode == cpu->mode.word &&
               !cpu->mode.single_insn)) {
        return entry->block;
    }
    return NULL;
}

/* Host address of aligned words side by side in one page of the fast TLB, else NULL. */
static inline void *span_host(struct el4_cpu *cpu, uint64_t va, unsigned word, unsigned count,
                              bool writes, uint32_t aux)
{
    const struct el4_tlb_entry *entry = el4_mem_fast_entry(cpu, va, aux);
    uint64_t tag = writes ? entry->write_tag : entry->read_tag;
    bool hit = tag == (va & (EL4_PAGE_MASK | (word - 1))) &&
               (va & ~EL4_PAGE_MASK) <= EL4_PAGE_SIZE - count * word;
    return LIKELY(hit && !(aux & EL4_MEM_BIG_ENDIAN)) ? (void *)(entry->addend + va) : NULL;
}

/* LDM32 and STM32, whose imm has the list, the offset of the first word, and the writeback. */
static inline uint64_t multiple_address(const struct el4_cpu *cpu, const struct el4_uop *u)
{
    return cpu->slot[u->desc.a] + (uint64_t)(int64_t)(int16_t)(u->imm >> 16);
}

static inline void multiple_writeback(struct el4_cpu *cpu, const struct el4_uop *u)
{
    cpu->slot[u->desc.a] = (uint32_t)(cpu->slot[u->desc.a] + (u->imm >> 32));
}

static inline void load_multiple(struct el4_cpu *cpu, const struct el4_uop *u)
{
    uint64_t va = multiple_address(cpu, u);
    const uint32_t *host = span_host(cpu, va, 4, u->desc.b, false, u->desc.aux);
    for (uint32_t list = (uint16_t)u->imm; list; list &= list - 1) {
        unsigned n = (unsigned)__builtin_ctz(list);
        uint64_t value = LIKELY(host) ? __atomic_load_n(host++, __ATOMIC_RELAXED)
                                      : el4_mem_read(cpu, va, 4, u->desc.aux);
        cpu->slot[n == 15 ? u->desc.d : n] = value;
        va += 4;
    }
    multiple_writeback(cpu, u);
}

static inline void store_multiple(struct el4_cpu *cpu, const struct el4_uop *u)
{
    uint64_t va = multiple_address(cpu, u);
    uint32_t *host = span_host(cpu, va, 4, u->desc.b, true, u->desc.aux);
    for (uint32_t list = (uint16_t)u->imm; list; list &= list - 1) {
        uint32_t value = (uint32_t)cpu->slot[__builtin_ctz(list)];
        if (LIKELY(host)) {
            __atomic_store_n(host++, value, __ATOMIC_RELAXED);
        } else {
            el4_mem_write(cpu, va, value, 4, u->desc.aux);
        }
        va += 4;
    }
    multiple_writeback(cpu, u);
}

/* Shorthands of the micro-op at hand. */
#define D    slot[u->desc.d]
#define A    slot[u->desc.a]
#define B    slot[u->desc.b]
#define C    slot[u->desc.c]
#define A32  ((uint32_t)slot[u->desc.a])
#define B32  ((uint32_t)slot[u->desc.b])
#define C32  ((uint32_t)slot[u->desc.c])
#define IMM  (u->imm)
#define AUX  (u->desc.aux)
#define NZCV slot[EL4_SLOT_NZCV]

#define NEXT                                                                                   \
    do {                                                                                       \
        u++;                                                                                   \
        goto *labels[u->desc.op];                                                              \
    } while (0)

#define OP(name, ...)                                                                          \
    do_##name:                                                                                 \
    {                                                                                          \
        __VA_ARGS__;                                                                           \
        NEXT;                                                                                  \
    }

/* An operation at both widths: expression of (a, b), each of type. */
#define OP_PAIR(name, expression64, expression32)                                              \
    OP(name##64, D = (expression64));                                                          \
    OP(name##32, D = (uint32_t)(expression32))

#define LOAD(name, bytes, convert)                                                             \
    do_##name:                                                                                 \
    {                                                                                          \
        cpu->fault_uop = u;                                                                    \
        D = convert(el4_mem_fast_read##bytes(cpu, A + IMM, AUX));                              \
        NEXT;                                                                                  \
    }

#define STORE(name, bytes)                                                                     \
    do_##name:                                                                                 \
    {                                                                                          \
        cpu->fault_uop = u;                                                                    \
        el4_mem_fast_write##bytes(cpu, A + IMM, B, AUX);                                       \
        NEXT;                                                                                  \
    }

#define LOAD_VECTOR(name, bytes)                                                               \
    do_##name:                                                                                 \
    {                                                                                          \
        cpu->fault_uop = u;                                                                    \
        uint64_t value = el4_mem_fast_read##bytes(cpu, A + IMM, AUX);                          \
        cpu->v[u->desc.d].d[0] = value;                                                        \
        cpu->v[u->desc.d].d[1] = 0;                                                            \
        NEXT;                                                                                  \
    }

#define STORE_VECTOR(name, bytes, lane)                                                        \
    do_##name:                                                                                 \
    {                                                                                          \
        cpu->fault_uop = u;                                                                    \
        el4_mem_fast_write##bytes(cpu, A + IMM, cpu->v[u->desc.d].lane[0], AUX);               \
        NEXT;                                                                                  \
    }

/* With writeback: the displacement of the access, and what the base moves by. */
#define NEAR ((uint64_t)(int64_t)(int32_t)IMM)
#define MOVE ((uint64_t)((int64_t)IMM >> 32))

#define LOAD_UPDATE(bits, bytes)                                                               \
    OP(LD##bits##U32, cpu->fault_uop = u;                                                      \
       uint64_t value = el4_mem_fast_read##bytes(cpu, A + NEAR, AUX);                          \
       A = (uint32_t)(A + MOVE); D = value)

#define STORE_UPDATE(bits, bytes)                                                              \
    OP(ST##bits##U32, cpu->fault_uop = u; el4_mem_fast_write##bytes(cpu, A + NEAR, B, AUX);    \
       A = (uint32_t)(A + MOVE))

#define INDEXED64 (A + (B << (IMM & 63)))
#define INDEXED32 ((uint32_t)(A32 + (B32 << (IMM & 31))))

#define LOAD_INDEXED(bits, bytes)                                                              \
    OP(LDX##bits, cpu->fault_uop = u; D = el4_mem_fast_read##bytes(cpu, INDEXED64, AUX));      \
    OP(LDXW##bits, cpu->fault_uop = u; D = el4_mem_fast_read##bytes(cpu, INDEXED32, AUX))

#define STORE_INDEXED(bits, bytes)                                                             \
    OP(STX##bits, cpu->fault_uop = u; el4_mem_fast_write##bytes(cpu, INDEXED64, C, AUX));      \
    OP(STXW##bits, cpu->fault_uop = u; el4_mem_fast_write##bytes(cpu, INDEXED32, C, AUX))

/* Two words: one look-up if both are in the same page, else one access after the other. */
#define LOAD_PAIR(name, bytes, type, convert, displacement, ...)                               \
    do_##name:                                                                                 \
    {                                                                                          \
        cpu->fault_uop = u;                                                                    \
        uint64_t va = A + (displacement);                                                      \
        uint64_t first, second;                                                                \
        const type *host = span_host(cpu, va, bytes, 2, false, AUX);                           \
        if (LIKELY(host)) {                                                                    \
            first = __atomic_load_n(host, __ATOMIC_RELAXED);                                   \
            second = __atomic_load_n(host + 1, __ATOMIC_RELAXED);                              \
        } else {                                                                               \
            first = el4_mem_read(cpu, va, bytes, AUX);                                         \
            second = el4_mem_read(cpu, va + bytes, bytes, AUX);                                \
        }                                                                                      \
        __VA_ARGS__;                                                                           \
        D = convert(first);                                                                    \
        C = convert(second);                                                                   \
        NEXT;                                                                                  \
    }

#define STORE_PAIR(name, bytes, type, displacement, ...)                                       \
    do_##name:                                                                                 \
    {                                                                                          \
        cpu->fault_uop = u;                                                                    \
        uint64_t va = A + (displacement);                                                      \
        type *host = span_host(cpu, va, bytes, 2, true, AUX);                                  \
        if (LIKELY(host)) {                                                                    \
            __atomic_store_n(host, (type)B, __ATOMIC_RELAXED);                                 \
            __atomic_store_n(host + 1, (type)C, __ATOMIC_RELAXED);                             \
        } else {                                                                               \
            el4_mem_write(cpu, va, B, bytes, AUX);                                             \
            el4_mem_write(cpu, va + bytes, C, bytes, AUX);                                     \
        }                                                                                      \
        __VA_ARGS__;                                                                           \
        NEXT;                                                                                  \
    }

#define FOLLOW(which, offset)                                                                  \
    do {                                                                                       \
        next = successor(cpu, block, (which), (offset));                                       \
        goto enter;                                                                            \
    } while (0)

#define BRANCH_IF(name, condition)                                                             \
    do_##name:                                                                                 \
    {                                                                                          \
        if (condition) {                                                                       \
            FOLLOW(0, IMM);                                                                    \
        }                                                                                      \
        FOLLOW(1, block->end_offset);                                                          \
    }

#define SUBTRACT_AND_BRANCH(name, flags, offset)                                               \
    do_##name:                                                                                 \
    {                                                                                          \
        uint64_t nzcv = (flags);                                                               \
        NZCV = nzcv;                                                                           \
        if (holds(AUX, nzcv)) {                                                                \
            FOLLOW(0, (offset));                                                               \
        }                                                                                      \
        FOLLOW(1, block->end_offset);                                                          \
    }

#define TO_U(x)   (x)
#define TO_S8(x)  ((uint64_t)(int64_t)(int8_t)(x))
#define TO_S16(x) ((uint64_t)(int64_t)(int16_t)(x))
#define TO_S32(x) ((uint64_t)(int64_t)(int32_t)(x))
#define TO_W8(x)  ((uint64_t)(uint32_t)(int8_t)(x))
#define TO_W16(x) ((uint64_t)(uint32_t)(int16_t)(x))

/* clang-format off */
void el4_interpret(struct el4_cpu *cpu, struct el4_block *block)
{
    static const void *const labels[EL4_UOP_COUNT] = {
#define X(name, d, a, b, c, flags) [EL4_UOP_##name] = &&do_##name,
        EL4_UOP_LIST(X)
#undef X
    };
    uint64_t *const slot = cpu->slot;
    struct el4_block *next = block;
    const struct el4_uop *u;

enter:
    if (UNLIKELY(!next)) {
        return;
    }
    block = next;
    if (UNLIKELY((atomic_load_explicit(&cpu->attention, memory_order_relaxed) &
                  cpu->attention_enabled) != 0 ||
                 cpu->icount >= cpu->icount_limit)) {
        return;
    }
    cpu->block = block;
    cpu->icount += block->insn_count;
    u = block->uops;
    goto *labels[u->desc.op];

    /* moves */
    OP(MOV, D = A);
    OP(MOV32, D = A32);
    OP(MOVI, D = IMM);
    OP(PCREL, D = slot[EL4_SLOT_PC] + IMM);

    /* arithmetic */
    OP_PAIR(ADD, A + B, A32 + B32);
    OP_PAIR(SUB, A - B, A32 - B32);
    OP_PAIR(ADDI, A + IMM, A32 + (uint32_t)IMM);
    OP(ADDS64, NZCV = flags_add64(A, B, 0, &D));
    OP(ADDS32, NZCV = flags_add32(A32, B32, 0, &D));
    OP(SUBS64, NZCV = flags_sub64(A, B, &D));
    OP(SUBS32, NZCV = flags_sub32(A32, B32, &D));
    OP(ADDSI64, NZCV = flags_add64(A, IMM, 0, &D));
    OP(ADDSI32, NZCV = flags_add32(A32, (uint32_t)IMM, 0, &D));
    OP(SUBSI64, NZCV = flags_sub64(A, IMM, &D));
    OP(SUBSI32, NZCV = flags_sub32(A32, (uint32_t)IMM, &D));
    OP_PAIR(ADC, A + B + (NZCV >> 29 & 1), A32 + B32 + (uint32_t)(NZCV >> 29 & 1));
    OP(ADCS64, NZCV = flags_add64(A, B, NZCV >> 29 & 1, &D));
    OP(ADCS32, NZCV = flags_add32(A32, B32, NZCV >> 29 & 1, &D));
    OP_PAIR(NEG, -A, -A32);

    /* logical */
    OP_PAIR(AND, A & B, A32 & B32);
    OP_PAIR(ORR, A | B, A32 | B32);
    OP_PAIR(EOR, A ^ B, A32 ^ B32);
    OP_PAIR(BIC, A & ~B, A32 & ~B32);
    OP_PAIR(ORN, A | ~B, A32 | ~B32);
    OP_PAIR(EON, A ^ ~B, A32 ^ ~B32);
    OP_PAIR(NOT, ~A, ~A32);
    OP_PAIR(ANDI, A & IMM, A32 & (uint32_t)IMM);
    OP_PAIR(ORRI, A | IMM, A32 | (uint32_t)IMM);
    OP_PAIR(EORI, A ^ IMM, A32 ^ (uint32_t)IMM);
    OP(ANDS64, uint64_t r = A & B; D = r; NZCV = flags_nz64(r));
    OP(ANDS32, uint32_t r = A32 & B32; D = r; NZCV = flags_nz32(r));
    OP(BICS64, uint64_t r = A & ~B; D = r; NZCV = flags_nz64(r));
    OP(BICS32, uint32_t r = A32 & ~B32; D = r; NZCV = flags_nz32(r));
    OP(ANDSI64, uint64_t r = A & IMM; D = r; NZCV = flags_nz64(r));
    OP(ANDSI32, uint32_t r = A32 & (uint32_t)IMM; D = r; NZCV = flags_nz32(r));

    /* shifts */
    OP_PAIR(LSLI, A << IMM, A32 << IMM);
    OP_PAIR(LSRI, A >> IMM, A32 >> IMM);
    OP_PAIR(ASRI, (int64_t)A >> IMM, (int32_t)A32 >> IMM);
    OP_PAIR(RORI, ror64(A, (unsigned)IMM), ror32(A32, (unsigned)IMM));
    OP_PAIR(LSLV, A << (B & 63), A32 << (B & 31));
    OP_PAIR(LSRV, A >> (B & 63), A32 >> (B & 31));
    OP_PAIR(ASRV, (int64_t)A >> (B & 63), (int32_t)A32 >> (B & 31));
    OP_PAIR(RORV, ror64(A, (unsigned)B), ror32(A32, (unsigned)B));
    OP(LSLR32, D = B & 0xe0 ? 0 : A32 << (B & 31));
    OP(LSRR32, D = B & 0xe0 ? 0 : A32 >> (B & 31));
    OP(ASRR32, D = (uint32_t)((int32_t)A32 >> (B & 0xe0 ? 31 : B & 31)));
    OP_PAIR(EXTR, B >> IMM | A << (64 - IMM), B32 >> IMM | A32 << (32 - IMM));

    /* with a shifted operand */
    OP_PAIR(ADDLSL, A + (B << AUX), A32 + (B32 << AUX));
    OP_PAIR(ADDLSR, A + (B >> AUX), A32 + (B32 >> AUX));
    OP_PAIR(SUBLSL, A - (B << AUX), A32 - (B32 << AUX));
    OP_PAIR(SUBLSR, A - (B >> AUX), A32 - (B32 >> AUX));
    OP_PAIR(ANDLSL, A & (B << AUX), A32 & (B32 << AUX));
    OP_PAIR(ANDLSR, A & (B >> AUX), A32 & (B32 >> AUX));
    OP_PAIR(ORRLSL, A | (B << AUX), A32 | (B32 << AUX));
    OP_PAIR(ORRLSR, A | (B >> AUX), A32 | (B32 >> AUX));
    OP_PAIR(EORLSL, A ^ (B << AUX), A32 ^ (B32 << AUX));
    OP_PAIR(EORLSR, A ^ (B >> AUX), A32 ^ (B32 >> AUX));

    /* bit fields */
    OP(UBFX64, D = A >> AUX & IMM);
    OP(SBFX64, D = sign_extend(A >> AUX, (unsigned)IMM));
    OP(SBFX32, D = (uint32_t)sign_extend(A >> AUX, (unsigned)IMM));
    OP(UBFIZ64, D = (A & IMM) << AUX);
    OP(BFI64, D = (A & ~IMM) | (ror64(B, -(unsigned)AUX) & IMM));
    OP(SXTB64, D = TO_S8(A));
    OP(SXTH64, D = TO_S16(A));
    OP(SXTW64, D = TO_S32(A));
    OP(UXTB, D = (uint8_t)A);
    OP(UXTH, D = (uint16_t)A);
    OP(CLZ64, D = A ? (unsigned)__builtin_clzll(A) : 64);
    OP(CLZ32, D = A32 ? (unsigned)__builtin_clz(A32) : 32);
    OP(CLS64, D = cls64(A));
    OP(CLS32, D = cls32(A32));
    OP(RBIT64, D = reverse_bits64(A));
    OP(RBIT32, D = reverse_bits64(A) >> 32);
    OP(REV64, D = __builtin_bswap64(A));
    OP(REV32, D = rev32_halves(A));
    OP(REV16, D = rev16_parts(A));

    /* multiply, divide */
    OP_PAIR(MADD, C + A * B, C32 + A32 * B32);
    OP_PAIR(MSUB, C - A * B, C32 - A32 * B32);
    OP_PAIR(MUL, A * B, A32 * B32);
    OP(SMADDL, D = C + (uint64_t)((int64_t)(int32_t)A * (int32_t)B));
    OP(SMSUBL, D = C - (uint64_t)((int64_t)(int32_t)A * (int32_t)B));
    OP(UMADDL, D = C + (uint64_t)A32 * B32);
    OP(UMSUBL, D = C - (uint64_t)A32 * B32);
    OP(SMULH, D = (uint64_t)(((__int128)(int64_t)A * (int64_t)B) >> 64));
    OP(UMULH, D = (uint64_t)(((unsigned __int128)A * B) >> 64));
    OP(UMULL32, uint64_t r = (uint64_t)A32 * B32; D = (uint32_t)r; C = r >> 32);
    OP(SMULL32, uint64_t r = (uint64_t)((int64_t)(int32_t)A * (int32_t)B); D = (uint32_t)r;
       C = r >> 32);
    OP(UDIV64, D = B ? A / B : 0);
    OP(UDIV32, D = B32 ? A32 / B32 : 0);
    OP(SDIV64, D = sdiv64(A, B));
    OP(SDIV32, D = sdiv32(A32, B32));

    /* conditional */
    OP_PAIR(CSEL, holds(AUX, NZCV) ? A : B, holds(AUX, NZCV) ? A32 : B32);
    OP_PAIR(CSINC, holds(AUX, NZCV) ? A : B + 1, holds(AUX, NZCV) ? A32 : B32 + 1);
    OP_PAIR(CSINV, holds(AUX, NZCV) ? A : ~B, holds(AUX, NZCV) ? A32 : ~B32);
    OP_PAIR(CSNEG, holds(AUX, NZCV) ? A : -B, holds(AUX, NZCV) ? A32 : -B32);
    OP(MOVIC, D = holds(AUX, NZCV) ? IMM : A);
    OP(CCMP64, uint64_t r; NZCV = holds(AUX, NZCV) ? flags_sub64(A, B, &r) : IMM);
    OP(CCMP32, uint64_t r; NZCV = holds(AUX, NZCV) ? flags_sub32(A32, B32, &r) : IMM);
    OP(CCMN64, uint64_t r; NZCV = holds(AUX, NZCV) ? flags_add64(A, B, 0, &r) : IMM);
    OP(CCMN32, uint64_t r; NZCV = holds(AUX, NZCV) ? flags_add32(A32, B32, 0, &r) : IMM);
    OP(NZ32, NZCV = flags_nz32(A32) | (NZCV & 0x30000000));
    OP(NZC32, NZCV = flags_nz32(A32) | (B >> AUX & 1) << 29 | (NZCV & 0x10000000));
    OP(GETF, D = NZCV);
    OP(SETF, NZCV = A & 0xf0000000);

    /* memory */
    LOAD(LD8, 1, TO_U)
    LOAD(LD16, 2, TO_U)
    LOAD(LD32, 4, TO_U)
    LOAD(LD64, 8, TO_U)
    LOAD(LD8S64, 1, TO_S8)
    LOAD(LD16S64, 2, TO_S16)
    LOAD(LD32S64, 4, TO_S32)
    LOAD(LD8S32, 1, TO_W8)
    LOAD(LD16S32, 2, TO_W16)
    LOAD_INDEXED(8, 1)
    LOAD_INDEXED(16, 2)
    LOAD_INDEXED(32, 4)
    OP(LDX64, cpu->fault_uop = u; D = el4_mem_fast_read8(cpu, INDEXED64, AUX));
    STORE(ST8, 1)
    STORE(ST16, 2)
    STORE(ST32, 4)
    STORE(ST64, 8)
    STORE_INDEXED(8, 1)
    STORE_INDEXED(16, 2)
    STORE_INDEXED(32, 4)
    OP(STX64, cpu->fault_uop = u; el4_mem_fast_write8(cpu, INDEXED64, C, AUX));
    LOAD_PAIR(LDP32, 4, uint32_t, TO_U, IMM, )
    LOAD_PAIR(LDP32S64, 4, uint32_t, TO_S32, IMM, )
    LOAD_PAIR(LDP64, 8, uint64_t, TO_U, IMM, )
    STORE_PAIR(STP32, 4, uint32_t, IMM, )
    STORE_PAIR(STP64, 8, uint64_t, IMM, )
    LOAD_PAIR(LDP64U64, 8, uint64_t, TO_U, NEAR, A += MOVE)
    STORE_PAIR(STP64U64, 8, uint64_t, NEAR, A += MOVE)
    OP(LD8U64, cpu->fault_uop = u; uint64_t value = el4_mem_fast_read1(cpu, A + NEAR, AUX);
       A += MOVE; D = value);
    OP(LD64U64, cpu->fault_uop = u; uint64_t value = el4_mem_fast_read8(cpu, A + NEAR, AUX);
       A += MOVE; D = value);
    LOAD_UPDATE(8, 1)
    LOAD_UPDATE(16, 2)
    LOAD_UPDATE(32, 4)
    STORE_UPDATE(8, 1)
    STORE_UPDATE(16, 2)
    STORE_UPDATE(32, 4)
    OP(LDM32, cpu->fault_uop = u; load_multiple(cpu, u));
    OP(STM32, cpu->fault_uop = u; store_multiple(cpu, u));
    LOAD_VECTOR(LDV8, 1)
    LOAD_VECTOR(LDV16, 2)
    LOAD_VECTOR(LDV32, 4)
    LOAD_VECTOR(LDV64, 8)
    OP(LDV128, cpu->fault_uop = u; el4_mem_fast_read16(cpu, A + IMM, cpu->v[u->desc.d].d, AUX));
    STORE_VECTOR(STV8, 1, b)
    STORE_VECTOR(STV16, 2, h)
    STORE_VECTOR(STV32, 4, s)
    STORE_VECTOR(STV64, 8, d)
    OP(STV128, cpu->fault_uop = u; el4_mem_fast_write16(cpu, A + IMM, cpu->v[u->desc.d].d, AUX));
    OP(FENCE, fence(AUX));
    OP(CHECKSP, if (UNLIKELY(A & 15)) {
        cpu->fault_uop = u;
        el4_cpu_raise(cpu, EL4_RAISE_SYNC, EL4_ESR(EL4_EC_SP_ALIGNMENT, 0));
    });

    /* simple vector operations */
    OP(VMOV, uint64_t high = AUX ? 0 : cpu->v[u->desc.a].d[1];
       cpu->v[u->desc.d].d[0] = cpu->v[u->desc.a].d[0]; cpu->v[u->desc.d].d[1] = high);
    OP(VMOVI, cpu->v[u->desc.d].d[0] = IMM; cpu->v[u->desc.d].d[1] = AUX ? IMM : 0);
    OP(VGETD, D = cpu->v[u->desc.a].d[AUX & 1]);
    OP(VGETS, D = cpu->v[u->desc.a].s[AUX & 3]);
    OP(VSETD, cpu->v[u->desc.d].d[0] = A; cpu->v[u->desc.d].d[1] = 0);
    OP(VSETS, cpu->v[u->desc.d].d[0] = A32; cpu->v[u->desc.d].d[1] = 0);

    /* C functions */
    OP(CALL, cpu->fault_uop = u; D = ((el4_call_fn *)(uintptr_t)IMM)(cpu, A, B, C, AUX));
    OP(VCALL, cpu->fault_uop = u; ((el4_vcall_fn *)(uintptr_t)IMM)(cpu, u->desc));

    /* control */
do_B:
    FOLLOW(AUX & 1, IMM);
    BRANCH_IF(BCOND, holds(AUX, NZCV))
    SUBTRACT_AND_BRANCH(SUBSB64, flags_sub64(A, B, &D), IMM)
    SUBTRACT_AND_BRANCH(SUBSB32, flags_sub32(A32, B32, &D), IMM)
    SUBTRACT_AND_BRANCH(SUBSIB64, flags_sub64(A, (uint32_t)IMM, &D), MOVE)
    SUBTRACT_AND_BRANCH(SUBSIB32, flags_sub32(A32, (uint32_t)IMM, &D), MOVE)
    BRANCH_IF(CBZ64, A == 0)
    BRANCH_IF(CBNZ64, A != 0)
    BRANCH_IF(CBZ32, A32 == 0)
    BRANCH_IF(CBNZ32, A32 != 0)
    BRANCH_IF(TBZ, !(A >> (AUX & 63) & 1))
    BRANCH_IF(TBNZ, A >> (AUX & 63) & 1)
do_BR:
    cpu->fault_uop = u;
    next = indirect(cpu, block, A, AUX);
    goto enter;
do_EXIT:
    if (!AUX) {
        slot[EL4_SLOT_PC] += IMM;
    }
    return;
    OP(SKIP, u += holds(AUX, NZCV) ? 0 : IMM);
do_BX32:
    next = exchange(cpu, A32);
    goto enter;
do_EXITPC:
    slot[EL4_SLOT_PC] = A;
    return;
do_RAISE:
    /* The block's last instruction: no unwinding, which would cost as much as the rest. */
    cpu->fault_uop = u;
    cpu->block = NULL;
    el4_block_restore_it(cpu, block, block->insn_count - 1u);
    el4_cpu_raise_at(cpu, AUX, IMM,
                     slot[EL4_SLOT_PC] + 2u * block->insns[block->insn_count - 1].offset);
    return;
}
/* clang-format on */
