/* SPDX-License-Identifier: MIT */
/*
 * A64 loads and stores of SIMD and FP registers: the same addressing modes as those of general
 * registers, and the structure forms LD1 to LD4 and ST1 to ST4.
 *
 * LD1 and ST1 of whole registers are plain vector accesses. The other structure forms, and all
 * of them where element size matters to memory (big-endian data, alignment checks), are calls
 * that move elements through a buffer.
 */
#include <string.h>

#include "cpu/cpu.h"
#include "cpu/mem.h"
#include "isa/a64.h"

/* log2 of the bytes of a register of a pair or literal: opc 0 is S. */
#define OPC_SIZE(opc) ((opc) + 2)

static enum el4_uop_code load_uop(unsigned size)
{
    static const enum el4_uop_code uops[5] = {EL4_UOP_LDV8, EL4_UOP_LDV16, EL4_UOP_LDV32,
                                              EL4_UOP_LDV64, EL4_UOP_LDV128};
    return uops[size];
}

static enum el4_uop_code store_uop(unsigned size)
{
    static const enum el4_uop_code uops[5] = {EL4_UOP_STV8, EL4_UOP_STV16, EL4_UOP_STV32,
                                              EL4_UOP_STV64, EL4_UOP_STV128};
    return uops[size];
}

static void emit_access(struct el4_translator *t, enum el4_uop_code op, unsigned v,
                        unsigned base, int64_t offset)
{
    el4_emit(t, op, v, base, 0, 0, el4_mem_aux(t), (uint64_t)offset);
}

/* One register, immediate offset */

static bool access_one(struct el4_translator *t, enum el4_uop_code op, unsigned rt, unsigned rn,
                       int64_t offset, enum a64_addressing addressing)
{
    if (!el4_emit_fp_check(t)) {
        return true;
    }
    el4_emit_sp_check(t, rn);
    emit_access(t, op, rt, el4_reg_sp(rn), addressing == ADDRESS_POST ? 0 : offset);
    if (addressing != ADDRESS_OFFSET) {
        el4_a64_writeback(t, rn, offset);
    }
    return true;
}

bool el4_a64_LDR_imm_simd(struct el4_translator *t, const struct a64_args_ldst_simd_uimm *a)
{
    return access_one(t, load_uop(a->size), a->rt, a->rn, (int64_t)a->imm << a->size,
                      ADDRESS_OFFSET);
}

bool el4_a64_STR_imm_simd(struct el4_translator *t, const struct a64_args_ldst_simd_uimm *a)
{
    return access_one(t, store_uop(a->size), a->rt, a->rn, (int64_t)a->imm << a->size,
                      ADDRESS_OFFSET);
}

bool el4_a64_LDUR_simd(struct el4_translator *t, const struct a64_args_ldst_simd_imm *a)
{
    return access_one(t, load_uop(a->size), a->rt, a->rn, a->imm, ADDRESS_OFFSET);
}

bool el4_a64_STUR_simd(struct el4_translator *t, const struct a64_args_ldst_simd_imm *a)
{
    return access_one(t, store_uop(a->size), a->rt, a->rn, a->imm, ADDRESS_OFFSET);
}

bool el4_a64_LDR_imm_post_simd(struct el4_translator *t, const struct a64_args_ldst_simd_imm *a)
{
    return access_one(t, load_uop(a->size), a->rt, a->rn, a->imm, ADDRESS_POST);
}

bool el4_a64_STR_imm_post_simd(struct el4_translator *t, const struct a64_args_ldst_simd_imm *a)
{
    return access_one(t, store_uop(a->size), a->rt, a->rn, a->imm, ADDRESS_POST);
}

bool el4_a64_LDR_imm_pre_simd(struct el4_translator *t, const struct a64_args_ldst_simd_imm *a)
{
    return access_one(t, load_uop(a->size), a->rt, a->rn, a->imm, ADDRESS_PRE);
}

bool el4_a64_STR_imm_pre_simd(struct el4_translator *t, const struct a64_args_ldst_simd_imm *a)
{
    return access_one(t, store_uop(a->size), a->rt, a->rn, a->imm, ADDRESS_PRE);
}

/* Register offset */

static bool access_indexed(struct el4_translator *t, enum el4_uop_code op,
                           const struct a64_args_ldst_simd_reg *a)
{
    if (!el4_emit_fp_check(t)) {
        return true;
    }
    el4_emit_sp_check(t, a->rn);
    unsigned index = el4_a64_extended(t, a->rm, a->option, 0);
    unsigned address = el4_temp(t);
    el4_emit(t, EL4_UOP_ADDLSL64, address, el4_reg_sp(a->rn), index, 0, a->s ? a->size : 0, 0);
    emit_access(t, op, a->rt, address, 0);
    return true;
}

bool el4_a64_LDR_reg_simd(struct el4_translator *t, const struct a64_args_ldst_simd_reg *a)
{
    return access_indexed(t, load_uop(a->size), a);
}

bool el4_a64_STR_reg_simd(struct el4_translator *t, const struct a64_args_ldst_simd_reg *a)
{
    return access_indexed(t, store_uop(a->size), a);
}

bool el4_a64_LDR_lit_simd(struct el4_translator *t, const struct a64_args_ldst_simd_lit *a)
{
    if (el4_emit_fp_check(t)) {
        emit_access(t, load_uop(OPC_SIZE(a->opc)), a->rt, EL4_SLOT_PC,
                    (int64_t)t->offset + (int64_t)a->imm * 4);
    }
    return true;
}

/* Pairs */

static bool access_pair(struct el4_translator *t, enum el4_uop_code op,
                        const struct a64_args_ldst_simd_pair *a, enum a64_addressing addressing)
{
    int64_t bytes = 1 << OPC_SIZE(a->opc);
    int64_t offset = a->imm * bytes;
    int64_t first = addressing == ADDRESS_POST ? 0 : offset;

    if (!el4_emit_fp_check(t)) {
        return true;
    }
    el4_emit_sp_check(t, a->rn);
    emit_access(t, op, a->rt, el4_reg_sp(a->rn), first);
    emit_access(t, op, a->rt2, el4_reg_sp(a->rn), first + bytes);
    if (addressing != ADDRESS_OFFSET) {
        el4_a64_writeback(t, a->rn, offset);
    }
    return true;
}

bool el4_a64_STNP_simd(struct el4_translator *t, const struct a64_args_ldst_simd_pair *a)
{
    return access_pair(t, store_uop(OPC_SIZE(a->opc)), a, ADDRESS_OFFSET);
}

bool el4_a64_LDNP_simd(struct el4_translator *t, const struct a64_args_ldst_simd_pair *a)
{
    return access_pair(t, load_uop(OPC_SIZE(a->opc)), a, ADDRESS_OFFSET);
}

bool el4_a64_STP_post_simd(struct el4_translator *t, const struct a64_args_ldst_simd_pair *a)
{
    return access_pair(t, store_uop(OPC_SIZE(a->opc)), a, ADDRESS_POST);
}

bool el4_a64_LDP_post_simd(struct el4_translator *t, const struct a64_args_ldst_simd_pair *a)
{
    return access_pair(t, load_uop(OPC_SIZE(a->opc)), a, ADDRESS_POST);
}

bool el4_a64_STP_off_simd(struct el4_translator *t, const struct a64_args_ldst_simd_pair *a)
{
    return access_pair(t, store_uop(OPC_SIZE(a->opc)), a, ADDRESS_OFFSET);
}

bool el4_a64_LDP_off_simd(struct el4_translator *t, const struct a64_args_ldst_simd_pair *a)
{
    return access_pair(t, load_uop(OPC_SIZE(a->opc)), a, ADDRESS_OFFSET);
}

bool el4_a64_STP_pre_simd(struct el4_translator *t, const struct a64_args_ldst_simd_pair *a)
{
    return access_pair(t, store_uop(OPC_SIZE(a->opc)), a, ADDRESS_PRE);
}

bool el4_a64_LDP_pre_simd(struct el4_translator *t, const struct a64_args_ldst_simd_pair *a)
{
    return access_pair(t, load_uop(OPC_SIZE(a->opc)), a, ADDRESS_PRE);
}

/*
 * Structures. The descriptor of a call: d the first V register, a the base's slot, b and c as
 * each call says, aux the EL4_MEM_* bits and above them log2 of the element's bytes.
 */

#define AUX_SIZE_SHIFT EL4_MEM_AUX_BITS
#define STRUCTURES_MAX 64 /* bytes: four registers */

static bool by_elements(uint32_t aux)
{
    return aux & (EL4_MEM_BIG_ENDIAN | EL4_MEM_ALIGN_CHECK);
}

/* Memory to buffer, elements in the host's (little-endian) order. */
static void read_elements(struct el4_cpu *cpu, uint64_t va, uint8_t *buffer, unsigned bytes,
                          unsigned element_bytes, uint32_t aux)
{
    unsigned step = by_elements(aux) || bytes % 8 != 0 ? element_bytes : 8;

    for (unsigned at = 0; at < bytes; at += step) {
        uint64_t value = el4_mem_read(cpu, va + at, step, aux);
        memcpy(buffer + at, &value, step);
    }
}

static void write_elements(struct el4_cpu *cpu, uint64_t va, const uint8_t *buffer,
                           unsigned bytes, unsigned element_bytes, uint32_t aux)
{
    unsigned step = by_elements(aux) || bytes % 8 != 0 ? element_bytes : 8;

    el4_mem_probe(cpu, va, bytes, EL4_ACCESS_WRITE, aux & ~(uint32_t)EL4_MEM_ALIGN_CHECK);
    for (unsigned at = 0; at < bytes; at += step) {
        uint64_t value = 0;
        memcpy(&value, buffer + at, step);
        el4_mem_write(cpu, va + at, value, step, aux);
    }
}

/* b: registers; c: their bytes, 8 or 16, plus 1 if interleaved. */
#define INTERLEAVED 1u

/* Offset in the buffer of one element of one register. */
static unsigned element_place(unsigned reg, unsigned element, unsigned element_bytes,
                              unsigned registers, unsigned register_bytes, bool interleaved)
{
    return interleaved ? (element * registers + reg) * element_bytes
                       : reg * register_bytes + element * element_bytes;
}

static void vcall_load_multiple(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    unsigned element_bytes = 1u << (desc.aux >> AUX_SIZE_SHIFT);
    unsigned registers = desc.b;
    unsigned register_bytes = desc.c & ~INTERLEAVED;
    uint8_t buffer[STRUCTURES_MAX];

    read_elements(cpu, cpu->slot[desc.a], buffer, registers * register_bytes, element_bytes,
                  desc.aux & EL4_MEM_AUX_MASK);
    for (unsigned reg = 0; reg < registers; reg++) {
        union el4_vec *v = &cpu->v[(desc.d + reg) % 32];
        v->d[1] = 0;
        for (unsigned i = 0; i < register_bytes / element_bytes; i++) {
            memcpy(v->b + i * element_bytes,
                   buffer + element_place(reg, i, element_bytes, registers, register_bytes,
                                          desc.c & INTERLEAVED),
                   element_bytes);
        }
    }
}

static void vcall_store_multiple(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    unsigned element_bytes = 1u << (desc.aux >> AUX_SIZE_SHIFT);
    unsigned registers = desc.b;
    unsigned register_bytes = desc.c & ~INTERLEAVED;
    uint8_t buffer[STRUCTURES_MAX];

    for (unsigned reg = 0; reg < registers; reg++) {
        const union el4_vec *v = &cpu->v[(desc.d + reg) % 32];
        for (unsigned i = 0; i < register_bytes / element_bytes; i++) {
            memcpy(buffer + element_place(reg, i, element_bytes, registers, register_bytes,
                                          desc.c & INTERLEAVED),
                   v->b + i * element_bytes, element_bytes);
        }
    }
    write_elements(cpu, cpu->slot[desc.a], buffer, registers * register_bytes, element_bytes,
                   desc.aux & EL4_MEM_AUX_MASK);
}

/* b: registers; c: the lane. */
static void vcall_load_lane(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    unsigned bytes = 1u << (desc.aux >> AUX_SIZE_SHIFT);
    uint8_t buffer[4 * 8];

    read_elements(cpu, cpu->slot[desc.a], buffer, desc.b * bytes, bytes,
                  desc.aux & EL4_MEM_AUX_MASK);
    for (unsigned reg = 0; reg < desc.b; reg++) {
        memcpy(cpu->v[(desc.d + reg) % 32].b + desc.c * bytes, buffer + reg * bytes, bytes);
    }
}

static void vcall_store_lane(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    unsigned bytes = 1u << (desc.aux >> AUX_SIZE_SHIFT);
    uint8_t buffer[4 * 8];

    for (unsigned reg = 0; reg < desc.b; reg++) {
        memcpy(buffer + reg * bytes, cpu->v[(desc.d + reg) % 32].b + desc.c * bytes, bytes);
    }
    write_elements(cpu, cpu->slot[desc.a], buffer, desc.b * bytes, bytes,
                   desc.aux & EL4_MEM_AUX_MASK);
}

/* b: registers; c: their bytes, 8 or 16. */
static void vcall_load_replicate(struct el4_cpu *cpu, struct el4_uop_desc desc)
{
    unsigned bytes = 1u << (desc.aux >> AUX_SIZE_SHIFT);
    uint8_t buffer[4 * 8];

    read_elements(cpu, cpu->slot[desc.a], buffer, desc.b * bytes, bytes,
                  desc.aux & EL4_MEM_AUX_MASK);
    for (unsigned reg = 0; reg < desc.b; reg++) {
        union el4_vec *v = &cpu->v[(desc.d + reg) % 32];
        v->d[1] = 0;
        for (unsigned at = 0; at < desc.c; at += bytes) {
            memcpy(v->b + at, buffer + reg * bytes, bytes);
        }
    }
}

/* Post-index by a register, or by the bytes transferred (Rm 31). */
static void emit_post_index(struct el4_translator *t, unsigned post, unsigned rm, unsigned rn,
                            unsigned bytes)
{
    if (!post) {
        return;
    }
    if (rm == 31) {
        el4_a64_writeback(t, rn, bytes);
    } else {
        el4_emit_dab(t, EL4_UOP_ADD64, el4_reg_sp(rn), el4_reg_sp(rn), rm);
    }
}

static bool access_multiple(struct el4_translator *t, const struct a64_args_simd_multi *a,
                            bool is_load)
{
    unsigned registers = a->rpt * a->selem;
    unsigned register_bytes = a->q ? 16 : 8;

    if (!el4_emit_fp_check(t)) {
        return true;
    }
    el4_emit_sp_check(t, a->rn);
    if (a->selem == 1 && !by_elements(el4_mem_aux(t))) {
        unsigned size = a->q ? 4 : 3;
        for (unsigned reg = 0; reg < registers; reg++) {
            emit_access(t, is_load ? load_uop(size) : store_uop(size), (a->rt + reg) % 32,
                        el4_reg_sp(a->rn), reg * register_bytes);
        }
    } else {
        el4_emit_vcall(t, is_load ? vcall_load_multiple : vcall_store_multiple, a->rt,
                       el4_reg_sp(a->rn), registers,
                       register_bytes | (a->selem > 1 ? INTERLEAVED : 0),
                       el4_mem_aux(t) | a->size << AUX_SIZE_SHIFT);
    }
    emit_post_index(t, a->post, a->rm, a->rn, registers * register_bytes);
    return true;
}

bool el4_a64_LD_multi(struct el4_translator *t, const struct a64_args_simd_multi *a)
{
    return access_multiple(t, a, true);
}

bool el4_a64_ST_multi(struct el4_translator *t, const struct a64_args_simd_multi *a)
{
    return access_multiple(t, a, false);
}

static bool access_single(struct el4_translator *t, const struct a64_args_simd_single *a,
                          el4_vcall_fn *fn, unsigned c)
{
    unsigned registers = a->selem_m1 + 1;

    if (!el4_emit_fp_check(t)) {
        return true;
    }
    el4_emit_sp_check(t, a->rn);
    el4_emit_vcall(t, fn, a->rt, el4_reg_sp(a->rn), registers, c,
                   el4_mem_aux(t) | a->size << AUX_SIZE_SHIFT);
    emit_post_index(t, a->post, a->rm, a->rn, registers << a->size);
    return true;
}

bool el4_a64_LD_single(struct el4_translator *t, const struct a64_args_simd_single *a)
{
    return access_single(t, a, vcall_load_lane, a->idx);
}

bool el4_a64_ST_single(struct el4_translator *t, const struct a64_args_simd_single *a)
{
    return access_single(t, a, vcall_store_lane, a->idx);
}

bool el4_a64_LD_rep(struct el4_translator *t, const struct a64_args_simd_single *a)
{
    return access_single(t, a, vcall_load_replicate, a->q ? 16 : 8);
}
