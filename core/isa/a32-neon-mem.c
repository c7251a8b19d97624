/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 element and structure loads and stores: VLD1 to VLD4 and VST1 to VST4, of whole
 * registers, of one lane, to all lanes. An alignment that the instruction promises is checked
 * always, that of the elements if SCTLR.A says so.
 *
 * VLD1 and VST1 of whole registers are 64-bit accesses, two at a time where they are a Q. The
 * other forms, and all of them where element size matters to memory (big-endian data, alignment
 * checks), are calls that move elements through a buffer.
 */
#include <string.h>

#include "cpu/exception.h"
#include "cpu/mem.h"
#include "isa/a32-neon.h"

/*
 * aux of the calls: EL4_MEM_* in the low bits, EL4_MEM_ADDR32 always being meant; above them
 * log2 of the element's bytes, and whether structures' registers are two apart.
 */
#define AUX_SIZE_SHIFT EL4_MEM_AUX_BITS
#define AUX_DOUBLE     (1u << (AUX_SIZE_SHIFT + 2))
#define BUFFER_BYTES   32

static uint32_t memory_aux(struct el4_uop_desc desc)
{
    return (desc.aux & EL4_MEM_AUX_MASK) | EL4_MEM_ADDR32;
}

static unsigned element_bytes(struct el4_uop_desc desc)
{
    return 1u << (desc.aux >> AUX_SIZE_SHIFT & 3);
}

/* The bytes of the elements' register number i. */
static uint8_t *register_bytes(struct el4_cpu *cpu, struct el4_uop_desc desc, unsigned i)
{
    const unsigned n = (desc.d + i * (desc.aux & AUX_DOUBLE ? 2 : 1)) % 32;
    return cpu->v[n / 2].b + 8 * (n % 2);
}

/* Memory to buffer, elements in the host's (little-endian) order; and the way back. */
static void read_elements(struct el4_cpu *cpu, struct el4_uop_desc desc, uint8_t *buffer,
                          unsigned count)
{
    const unsigned bytes = element_bytes(desc);
    for (unsigned i = 0; i < count; i++) {
        const uint64_t value =
            el4_mem_read(cpu, cpu->slot[desc.a] + i * bytes, bytes, memory_aux(desc));
        memcpy(buffer + i * bytes, &value, bytes);
    }
}

static void write_elements(struct el4_cpu *cpu, struct el4_uop_desc desc, const uint8_t *buffer,
                           unsigned count)
{
    const unsigned bytes = element_bytes(desc);
    for (unsigned i = 0; i < count; i++) {
        uint64_t value = 0;
        memcpy(&value, buffer + i * bytes, bytes);
        el4_mem_write(cpu, cpu->slot[desc.a] + i * bytes, value, bytes, memory_aux(desc));
    }
}

/*
 * Whole registers: b registers hold the elements of eight bytes' worth of structures, and there
 * are c such groups, one register apart: VLD2 of four registers has two of two.
 */
static void vcall_load_multiple(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const unsigned bytes = element_bytes(desc);
    const unsigned in_register = 8 / bytes;
    uint8_t buffer[BUFFER_BYTES];

    read_elements(cpu, desc, buffer, desc.b * desc.c * in_register);
    for (unsigned group = 0; group < desc.c; group++) {
        for (unsigned i = 0; i < desc.b * in_register; i++) {
            const unsigned structure = i / desc.b;
            struct el4_uop_desc target = desc;
            target.d = (uint8_t)(desc.d + group);
            memcpy(register_bytes(cpu, target, i % desc.b) + structure * bytes,
                   buffer + (group * desc.b * in_register + i) * bytes, bytes);
        }
    }
}

static void vcall_store_multiple(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const unsigned bytes = element_bytes(desc);
    const unsigned in_register = 8 / bytes;
    uint8_t buffer[BUFFER_BYTES];

    for (unsigned group = 0; group < desc.c; group++) {
        for (unsigned i = 0; i < desc.b * in_register; i++) {
            const unsigned structure = i / desc.b;
            struct el4_uop_desc source = desc;
            source.d = (uint8_t)(desc.d + group);
            memcpy(buffer + (group * desc.b * in_register + i) * bytes,
                   register_bytes(cpu, source, i % desc.b) + structure * bytes, bytes);
        }
    }
    write_elements(cpu, desc, buffer, desc.b * desc.c * in_register);
}

/* One lane: b registers; c: the lane. */
static void vcall_load_lane(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const unsigned bytes = element_bytes(desc);
    uint8_t buffer[BUFFER_BYTES];

    read_elements(cpu, desc, buffer, desc.b);
    for (unsigned i = 0; i < desc.b; i++) {
        memcpy(register_bytes(cpu, desc, i) + desc.c * bytes, buffer + i * bytes, bytes);
    }
}

static void vcall_store_lane(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const unsigned bytes = element_bytes(desc);
    uint8_t buffer[BUFFER_BYTES];

    for (unsigned i = 0; i < desc.b; i++) {
        memcpy(buffer + i * bytes, register_bytes(cpu, desc, i) + desc.c * bytes, bytes);
    }
    write_elements(cpu, desc, buffer, desc.b);
}

/* All lanes: b elements; c: registers that each fills (VLD1: 1 or 2). */
static void vcall_load_replicate(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const unsigned bytes = element_bytes(desc);
    uint8_t buffer[BUFFER_BYTES];

    read_elements(cpu, desc, buffer, desc.b);
    for (unsigned i = 0; i < desc.b; i++) {
        for (unsigned copy = 0; copy < desc.c; copy++) {
            for (unsigned at = 0; at < 8; at += bytes) {
                memcpy(register_bytes(cpu, desc, i + copy) + at, buffer + i * bytes, bytes);
            }
        }
    }
}

/* a: the slot; aux: bytes of alignment, and bit 15 for a store. */
#define ALIGN_STORE 0x8000u

static void vcall_check_alignment(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    const uint64_t va = cpu->slot[desc.a];
    if (va & ((desc.aux & ~ALIGN_STORE) - 1)) {
        el4_mem_raise_alignment(cpu, va, desc.aux & ALIGN_STORE);
    }
}

static void emit_alignment(struct el4_translator *t, unsigned rn, unsigned bytes, bool is_load)
{
    if (bytes > 1) {
        el4_emit_vcall(t, vcall_check_alignment, 0, rn, 0, 0,
                       bytes | (is_load ? 0 : ALIGN_STORE));
    }
}

static unsigned call_aux(const struct el4_translator *t, unsigned size, unsigned inc)
{
    return (el4_mem_aux(t) & EL4_MEM_AUX_MASK) | size << AUX_SIZE_SHIFT |
           (inc ? AUX_DOUBLE : 0);
}

/* Rm: 15 none, 13 by the bytes transferred. */
static void emit_writeback(struct el4_translator *t, unsigned rn, unsigned rm, unsigned bytes)
{
    if (rm == EL4_A32_SP) {
        el4_emit_dai(t, EL4_UOP_ADDI32, rn, rn, bytes);
    } else if (rm != EL4_A32_PC) {
        el4_emit_dab(t, EL4_UOP_ADD32, rn, rn, rm);
    }
}

/* ---- whole registers ---- */

static void emit_doublewords(struct el4_translator *t, const struct a32_args_neon_multi *a,
                             bool is_load)
{
    const unsigned value = el4_temp(t);
    for (unsigned i = 0; i < a->regs; i++) {
        uint64_t imm;
        const unsigned base = el4_a32_address(t, a->rn, (int32_t)(8 * i), &imm);
        const unsigned d = a->vd + i;
        /* Two registers that are one Q: much the most of them come from copies. */
        if (d % 2 == 0 && i + 1 < a->regs) {
            el4_emit(t, is_load ? EL4_UOP_LDV128 : EL4_UOP_STV128, d / 2, base, 0, 0,
                     el4_mem_aux(t), imm);
            i++;
        } else if (is_load) {
            el4_emit(t, EL4_UOP_LD64, value, base, 0, 0, el4_mem_aux(t), imm);
            a32_set_d(t, d, value);
        } else {
            a32_get_d(t, value, d);
            el4_emit(t, EL4_UOP_ST64, 0, base, value, 0, el4_mem_aux(t), imm);
        }
    }
}

static bool access_multiple(struct el4_translator *t, const struct a32_args_neon_multi *a,
                            bool is_load)
{
    const unsigned registers = a->regs * a->elems;
    const unsigned highest = a->vd + a->regs - 1 + (a->elems - 1) * a->inc;
    const bool by_element = el4_mem_aux(t) & (EL4_MEM_BIG_ENDIAN | EL4_MEM_ALIGN_CHECK);

    if (!a32_neon_begin(t, highest)) {
        return false;
    }
    emit_alignment(t, a->rn, a->align ? 4u << a->align : 1, is_load);
    if (a->elems == 1 && !by_element) {
        emit_doublewords(t, a, is_load);
    } else {
        el4_emit_vcall(t, is_load ? vcall_load_multiple : vcall_store_multiple, a->vd, a->rn,
                       a->elems, a->regs, call_aux(t, a->size, a->inc == 2));
    }
    emit_writeback(t, a->rn, a->rm, 8 * registers);
    return true;
}

bool el4_a32_VLD_multi(struct el4_translator *t, const struct a32_args_neon_multi *a)
{
    return access_multiple(t, a, true);
}

bool el4_a32_VST_multi(struct el4_translator *t, const struct a32_args_neon_multi *a)
{
    return access_multiple(t, a, false);
}

/* ---- one lane ---- */

/* Bytes of alignment that index_align promises. */
static unsigned single_alignment(const struct a32_args_neon_single *a)
{
    const unsigned whole = a->elems << a->size;
    if (a->align == 0) {
        return 1;
    }
    return a->elems == 4 && a->size == 2 ? 4u << a->align : whole;
}

static bool access_single(struct el4_translator *t, const struct a32_args_neon_single *a,
                          bool is_load)
{
    if (!a32_neon_begin(t, a->vd + (a->elems - 1) * (a->inc + 1))) {
        return false;
    }
    emit_alignment(t, a->rn, single_alignment(a), is_load);
    el4_emit_vcall(t, is_load ? vcall_load_lane : vcall_store_lane, a->vd, a->rn, a->elems,
                   a->idx, call_aux(t, a->size, a->inc));
    emit_writeback(t, a->rn, a->rm, a->elems << a->size);
    return true;
}

bool el4_a32_VLD_single(struct el4_translator *t, const struct a32_args_neon_single *a)
{
    return access_single(t, a, true);
}

bool el4_a32_VST_single(struct el4_translator *t, const struct a32_args_neon_single *a)
{
    return access_single(t, a, false);
}

/* ---- all lanes: inc of VLD1 is a second register; size 3 of VLD4 is 2 with 16 bytes ---- */

bool el4_a32_VLD_rep(struct el4_translator *t, const struct a32_args_neon_rep *a)
{
    const unsigned size = a->size == 3 ? 2 : a->size;
    const unsigned step = a->elems == 1 ? 1 : a->inc + 1;
    const unsigned whole = a->size == 3 ? 16 : a->elems << size;
    const unsigned aligned = a->elems == 4 && a->size == 2 ? 8 : whole;
    const unsigned copies = a->elems == 1 ? a->inc + 1 : 1;

    if (!a32_neon_begin(t, a->vd + (a->elems - 1) * step + copies - 1)) {
        return false;
    }
    emit_alignment(t, a->rn, a->align ? aligned : 1, true);
    el4_emit_vcall(t, vcall_load_replicate, a->vd, a->rn, a->elems, copies,
                   call_aux(t, size, a->elems > 1 && a->inc));
    emit_writeback(t, a->rn, a->rm, a->elems << size);
    return true;
}
