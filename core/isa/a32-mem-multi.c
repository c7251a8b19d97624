/* SPDX-License-Identifier: MIT */
/*
 * LDM and STM in all their forms (PUSH and POP are two of them), and the loads and stores of
 * exception entry and return, SRS and RFE. The common forms are one micro-op, the others one a
 * register; the base is written last, so that a fault leaves it alone and the instruction can
 * be restarted.
 *
 * Base in the list with writeback: LDM leaves the loaded value, as T16's LDM must, and STM
 * stores the old one.
 */
#include "a32.h"
#include "cpu/a32.h"
#include "cpu/cpu.h"
#include "cpu/exception.h"
#include "cpu/mem.h"

#define WORD 4

static unsigned multi_aux(const struct el4_translator *t)
{
    return el4_mem_aux(t) | EL4_MEM_ALIGNED;
}

/* Offset of the lowest address, and of the base after it, for a number of words. */
static int32_t lowest_offset(unsigned p, unsigned u, unsigned words)
{
    int32_t bytes = (int32_t)(WORD * words);
    if (u) {
        return p ? WORD : 0;
    }
    return p ? -bytes : WORD - bytes;
}

static int32_t final_offset(unsigned u, unsigned words)
{
    int32_t bytes = (int32_t)(WORD * words);
    return u ? bytes : -bytes;
}

static unsigned count_of(uint32_t list)
{
    return (unsigned)__builtin_popcount(list);
}

static bool in_list(uint32_t list, unsigned n)
{
    return list >> n & 1;
}

static bool is_defined(const struct a32_args_ldst_multi *a)
{
    return a->list != 0 && a->rn != EL4_A32_PC;
}

/* ---- registers of the current mode ---- */

/* LDM32 or STM32; d gets R15. */
static void emit_multiple(struct el4_translator *t, enum el4_uop_code op, unsigned d,
                          const struct a32_args_ldst_multi *a)
{
    unsigned words = count_of(a->list);
    uint64_t first = (uint16_t)lowest_offset(a->p, a->u, words);
    uint64_t moves = a->w ? (uint32_t)final_offset(a->u, words) : 0;
    el4_emit(t, op, d, a->rn, words, 0, multi_aux(t), moves << 32 | first << 16 | a->list);
}

/*
 * The loads; returns the temporary that got the PC, or 0. The base, if it is loaded, and the
 * PC go to temporaries.
 */
static unsigned emit_loads(struct el4_translator *t, const struct a32_args_ldst_multi *a)
{
    int32_t offset = lowest_offset(a->p, a->u, count_of(a->list));
    unsigned new_base = 0;
    unsigned new_pc = 0;

    if (!in_list(a->list, a->rn)) {
        new_pc = in_list(a->list, EL4_A32_PC) ? el4_temp(t) : 0;
        emit_multiple(t, EL4_UOP_LDM32, new_pc, a);
        return new_pc;
    }
    for (unsigned n = 0; n < 16; n++) {
        if (!in_list(a->list, n)) {
            continue;
        }
        unsigned d = n;
        uint64_t imm;
        unsigned base = el4_a32_address(t, a->rn, offset, &imm);
        if (n == a->rn) {
            d = new_base = el4_temp(t);
        } else if (n == EL4_A32_PC) {
            d = new_pc = el4_temp(t);
        }
        el4_emit(t, EL4_UOP_LD32, d, base, 0, 0, multi_aux(t), imm);
        offset += WORD;
    }
    el4_emit_da(t, EL4_UOP_MOV32, a->rn, new_base);
    return new_pc;
}

bool el4_a32_LDM(struct el4_translator *t, const struct a32_args_ldst_multi *a)
{
    if (!is_defined(a)) {
        return false;
    }
    unsigned new_pc = emit_loads(t, a);
    if (new_pc) {
        el4_a32_write_pc_load(t, new_pc);
    }
    return true;
}

bool el4_a32_STM(struct el4_translator *t, const struct a32_args_ldst_multi *a)
{
    if (!is_defined(a)) {
        return false;
    }
    if (!in_list(a->list, a->rn) && !in_list(a->list, EL4_A32_PC)) {
        emit_multiple(t, EL4_UOP_STM32, 0, a);
        return true;
    }
    int32_t offset = lowest_offset(a->p, a->u, count_of(a->list));
    for (unsigned n = 0; n < 16; n++) {
        if (in_list(a->list, n)) {
            uint64_t imm;
            unsigned base = el4_a32_address(t, a->rn, offset, &imm);
            el4_emit(t, EL4_UOP_ST32, 0, base, el4_a32_reg(t, n), 0, multi_aux(t), imm);
            offset += WORD;
        }
    }
    if (a->w) {
        el4_emit_dai(t, EL4_UOP_ADDI32, a->rn, a->rn,
                     (uint32_t)final_offset(a->u, count_of(a->list)));
    }
    return true;
}

/* LDM with the PC and ^: an exception return. */
bool el4_a32_LDM_return(struct el4_translator *t, const struct a32_args_ldst_multi *a)
{
    if (!is_defined(a) || t->mode.el == 0 || t->mode.el == 2) {
        return false;
    }
    el4_a32_emit_check_return(t);
    unsigned new_pc = emit_loads(t, a);
    return el4_a32_return_with(t, new_pc);
}

/* ---- registers of the User mode ---- */

/* aux of the accesses that C code makes for an instruction of this mode. */
static uint32_t runtime_aux(const struct el4_cpu *cpu)
{
    return cpu->mode.mmu_index | (cpu->mode.big_endian ? EL4_MEM_BIG_ENDIAN : 0) |
           EL4_MEM_ALIGNED | EL4_MEM_ADDR32;
}

/* User and System mode have no other registers than these: UNPREDICTABLE. */
static void check_has_bank(struct el4_cpu *cpu)
{
    if (cpu->a32.mode == EL4_A32_USR || cpu->a32.mode == EL4_A32_SYS) {
        el4_cpu_raise_undefined(cpu);
    }
}

static uint64_t call_load_user(struct el4_cpu *cpu, uint64_t address, uint64_t b, uint64_t c,
                               uint32_t list)
{
    uint32_t values[16];
    check_has_bank(cpu);
    for (unsigned n = 0; n < 16; n++) {
        if (in_list(list, n)) {
            values[n] = (uint32_t)el4_mem_read(cpu, address, WORD, runtime_aux(cpu));
            address += WORD;
        }
    }
    for (unsigned n = 0; n < 16; n++) {
        if (in_list(list, n)) {
            el4_a32_write_user(cpu, n, values[n]);
        }
    }
    return 0;
}

/* b: what R15 reads as. */
static uint64_t call_store_user(struct el4_cpu *cpu, uint64_t address, uint64_t b, uint64_t c,
                                uint32_t list)
{
    check_has_bank(cpu);
    for (unsigned n = 0; n < 16; n++) {
        if (in_list(list, n)) {
            uint64_t value = n == EL4_A32_PC ? b : el4_a32_read_user(cpu, n);
            el4_mem_write(cpu, address, value, WORD, runtime_aux(cpu));
            address += WORD;
        }
    }
    return 0;
}

static bool user_multi(struct el4_translator *t, el4_call_fn *fn,
                       const struct a32_args_ldst_multi *a)
{
    if (!is_defined(a) || t->mode.el == 0 || t->mode.el == 2) {
        return false;
    }
    unsigned address = el4_temp(t);
    el4_emit_dai(t, EL4_UOP_ADDI32, address, a->rn,
                 (uint32_t)lowest_offset(a->p, a->u, count_of(a->list)));
    el4_emit_call(t, fn, EL4_SLOT_SINK, address, el4_a32_read_pc(t), EL4_SLOT_ZERO, a->list);
    return true;
}

bool el4_a32_LDM_user(struct el4_translator *t, const struct a32_args_ldst_multi *a)
{
    return user_multi(t, call_load_user, a);
}

bool el4_a32_STM_user(struct el4_translator *t, const struct a32_args_ldst_multi *a)
{
    return user_multi(t, call_store_user, a);
}

/* ---- SRS and RFE ---- */

/* aux of call_srs */
#define SRS_MODE_MASK 0x1fu
#define SRS_P         0x20u
#define SRS_U         0x40u
#define SRS_W         0x80u

/* A mode whose stack SRS may use from here (DDI 0487 F5, SRS: else UNPREDICTABLE). */
static void check_srs_mode(struct el4_cpu *cpu, uint32_t mode)
{
    unsigned el;
    if (mode == EL4_A32_MON && el4_cpu_is_secure(cpu) && el4_cpu_el(cpu) == 1) {
        el4_cpu_raise_to(cpu, 3, EL4_ESR(EL4_EC_UNKNOWN, 0)); /* EL3 uses AArch64 */
    }
    bool secure_only = mode == EL4_A32_MON && !el4_cpu_is_secure(cpu);
    if (mode == EL4_A32_HYP || secure_only || !el4_a32_mode_el(cpu, mode, &el)) {
        el4_cpu_raise_undefined(cpu);
    }
}

/* a: LR. Stores it and the SPSR on the stack of a mode. */
static uint64_t call_srs(struct el4_cpu *cpu, uint64_t lr, uint64_t b, uint64_t c, uint32_t aux)
{
    uint32_t mode = aux & SRS_MODE_MASK;
    uint32_t spsr = el4_a32_read_spsr(cpu);
    check_srs_mode(cpu, mode);
    uint32_t base = el4_a32_read_mode_reg(cpu, mode, EL4_A32_SP);
    uint32_t address = base + (uint32_t)lowest_offset(aux & SRS_P, aux & SRS_U, 2);

    el4_mem_write(cpu, address, lr, WORD, runtime_aux(cpu));
    el4_mem_write(cpu, address + WORD, spsr, WORD, runtime_aux(cpu));
    if (aux & SRS_W) {
        el4_a32_write_mode_reg(cpu, mode, EL4_A32_SP,
                               base + (uint32_t)final_offset(aux & SRS_U, 2));
    }
    return 0;
}

bool el4_a32_SRS(struct el4_translator *t, const struct a32_args_srs *a)
{
    if (t->mode.el == 0 || t->mode.el == 2) {
        return false;
    }
    el4_emit_call(t, call_srs, EL4_SLOT_SINK, EL4_A32_LR, EL4_SLOT_ZERO, EL4_SLOT_ZERO,
                  a->mode | (a->p ? SRS_P : 0) | (a->u ? SRS_U : 0) | (a->w ? SRS_W : 0));
    return true;
}

bool el4_a32_RFE(struct el4_translator *t, const struct a32_args_rfe *a)
{
    if (t->mode.el == 0 || t->mode.el == 2 || a->rn == EL4_A32_PC) {
        return false;
    }
    unsigned pc = el4_temp(t);
    unsigned spsr = el4_temp(t);
    int32_t offset = lowest_offset(a->p, a->u, 2);
    uint64_t imm;
    unsigned base = el4_a32_address(t, a->rn, offset, &imm);
    el4_emit(t, EL4_UOP_LD32, pc, base, 0, 0, multi_aux(t), imm);
    base = el4_a32_address(t, a->rn, offset + WORD, &imm);
    el4_emit(t, EL4_UOP_LD32, spsr, base, 0, 0, multi_aux(t), imm);
    if (a->w) {
        el4_emit_dai(t, EL4_UOP_ADDI32, a->rn, a->rn, (uint32_t)final_offset(a->u, 2));
    }
    el4_a32_return_to(t, pc, spsr);
    return true;
}
