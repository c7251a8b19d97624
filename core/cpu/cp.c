/* SPDX-License-Identifier: MIT */
/*
 * MCR, MRC, MCRR and MRRC of CP14 and CP15: find the register, check the access, do it, and
 * recompute what depends on it. The GICv3 CPU interface is offered to the machine's devices
 * under its AArch64 encodings; what nobody knows is UNDEFINED.
 */
#include "cpu/cp.h"

#include <stdio.h>

#include "cpu/cp-private.h"
#include "cpu/cpu.h"
#include "cpu/env.h"
#include "cpu/mem.h"

#define LOW32 UINT64_C(0xffffffff)
#define UPPER (~LOW32)

/* An access on its way. */
struct access {
    uint32_t key; /* with EL4_CP_WIDE */
    uint32_t info;
    bool is_read;
};

/* ---- look-up ---- */

static const struct el4_cp_reg *find(uint32_t key)
{
    unsigned low = 0;
    unsigned high = el4_cp_table_count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (el4_cp_table[middle].key < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < el4_cp_table_count && el4_cp_table[low].key == key ? &el4_cp_table[low] : NULL;
}

uint32_t el4_cp_resolve(uint32_t key, bool is_64bit)
{
    const struct el4_cp_reg *reg = find(key | (is_64bit ? EL4_CP_WIDE : 0));
    return reg ? (uint32_t)(reg - el4_cp_table) << 1 | 1 : key;
}

static const struct el4_cp_reg *look_up(uint32_t aux, uint32_t wide, uint32_t *key)
{
    const struct el4_cp_reg *reg =
        aux & 1 ? &el4_cp_table[(aux >> 1) % el4_cp_table_count] : find(aux | wide);
    *key = reg ? reg->key : aux | wide;
    return reg;
}

void el4_cp_name(uint32_t encoding, char *text, size_t size)
{
    unsigned coprocessor = EL4_CP_IS_14(encoding) ? 14 : 15;
    if (encoding & EL4_CP_WIDE) {
        snprintf(text, size, "p%u, %u, c%u", coprocessor, EL4_CP_OPC1_64(encoding),
                 EL4_CP_CRM(encoding));
    } else {
        snprintf(text, size, "p%u, %u, c%u, c%u, %u", coprocessor, EL4_CP_OPC1(encoding),
                 EL4_CP_CRN(encoding), EL4_CP_CRM(encoding), EL4_CP_OPC2(encoding));
    }
}

/* ---- refusing ---- */

/* Rt in a syndrome: AArch64 numbers the registers of all modes as X0 to X30. */
static uint32_t register_in(const struct el4_cpu *cpu, unsigned target, unsigned n)
{
    return el4_cpu_el_is_a32(cpu, target) ? n : el4_a32_register_as_x(cpu, n);
}

/* DDI 0487 "ISS encoding for an exception from an MCR or MRC access", and its neighbours. */
static _Noreturn void trap(struct el4_cpu *cpu, const struct access *access, unsigned target)
{
    uint32_t key = access->key;
    uint32_t info = access->info;
    bool debug = EL4_CP_IS_14(key);
    uint32_t iss =
        1u << 24 | EL4_CP_INFO_COND(info) << 20 | EL4_CP_CRM(key) << 1 | access->is_read;
    enum el4_ec ec;
    uint32_t rt = register_in(cpu, target, EL4_CP_INFO_RT(info));
    iss |= rt << 5;
    if (info & EL4_CP_INFO_LDC) {
        /* LDC reads memory and writes the register: its direction is the other way round. */
        ec = EL4_EC_CP14_LDC;
        iss &= ~0x1fu;
        iss |= (info >> 8 & 0xff) << 12 | (info >> 25 & 1) << 4 | (info >> 26 & 7) << 1 |
               !access->is_read;
    } else if (key & EL4_CP_WIDE) {
        ec = debug ? EL4_EC_CP14_64 : EL4_EC_CP15_64;
        iss |= EL4_CP_OPC1_64(key) << 16 | register_in(cpu, target, EL4_CP_INFO_RT2(info))
                                               << 10;
    } else {
        ec = debug ? EL4_EC_CP14_32 : EL4_EC_CP15_32;
        iss |= EL4_CP_OPC2(key) << 17 | EL4_CP_OPC1(key) << 14 | EL4_CP_CRN(key) << 10;
    }
    el4_cpu_raise_to(cpu, target, EL4_ESR(ec, iss));
}

static void refuse(struct el4_cpu *cpu, const struct access *access, int target)
{
    if (target > 0) {
        trap(cpu, access, (unsigned)target);
    }
    if (target < 0) {
        el4_cpu_raise_undefined(cpu);
    }
}

static _Noreturn void refuse_unknown(struct el4_cpu *cpu, const struct access *access)
{
    if (cpu->env && cpu->env->unimplemented) {
        cpu->env->unimplemented(cpu->env_data, cpu, EL4_CP_ENCODING | access->key,
                                !access->is_read);
    }
    el4_cpu_raise_undefined(cpu);
}

/* ---- devices: ICC_* and ICH_* of GICv3, and c15, which is the implementation's ---- */

/*
 * The AArch64 register of c12, c15 and ICC_PMR: the fields are the same. ICH_LRC<n> are the
 * upper halves of ICH_LR<n>_EL2, and the SGI registers are 64 bits wide.
 */
static bool device_encoding(uint32_t key, uint32_t *encoding, bool *upper_half)
{
    unsigned opc1 = EL4_CP_OPC1(key);
    unsigned crm = EL4_CP_CRM(key);
    *upper_half = false;
    if (EL4_CP_IS_14(key)) {
        return false;
    }
    if (key & EL4_CP_WIDE) { /* ICC_SGI1R, ICC_ASGI1R, ICC_SGI0R */
        *encoding = EL4_SYSREG(3u, 0u, 12u, 11u, 5u + EL4_CP_OPC1_64(key));
        return crm == 12 && EL4_CP_OPC1_64(key) < 3;
    }
    bool priority_mask = (key & 0xffff) == EL4_CP_KEY(15, 0u, 4u, 6u, 0u);
    if (!priority_mask && EL4_CP_CRN(key) != 12 && EL4_CP_CRN(key) != 15) {
        return false;
    }
    if (EL4_CP_CRN(key) == 12 && opc1 == 4 && crm >= 14) {
        *upper_half = true;
        crm -= 2;
    }
    *encoding = EL4_SYSREG(3u, opc1, EL4_CP_CRN(key), crm, EL4_CP_OPC2(key));
    return true;
}

/* True: *value holds what was read. */
static bool device_read(struct el4_cpu *cpu, const struct access *access, uint64_t *value)
{
    uint32_t encoding;
    bool upper_half;
    unsigned target = 0;
    if (!cpu->env || !cpu->env->sysreg_read ||
        !device_encoding(access->key, &encoding, &upper_half)) {
        return false;
    }
    switch (cpu->env->sysreg_read(cpu->env_data, cpu, encoding, value, &target)) {
    case EL4_SYSREG_OK: break;
    case EL4_SYSREG_TRAP: trap(cpu, access, target);
    case EL4_SYSREG_UNDEFINED: el4_cpu_raise_undefined(cpu);
    case EL4_SYSREG_UNKNOWN: return false;
    }
    *value = upper_half ? *value >> 32 : *value;
    return true;
}

static bool device_write(struct el4_cpu *cpu, const struct access *access, uint64_t value)
{
    uint32_t encoding;
    bool upper_half;
    unsigned target = 0;
    uint64_t old = 0;
    if (!cpu->env || !cpu->env->sysreg_write ||
        !device_encoding(access->key, &encoding, &upper_half)) {
        return false;
    }
    /* ICH_LR<n> and ICH_LRC<n> are halves of one register. */
    bool is_list =
        (encoding & ~EL4_SYSREG(0u, 0u, 0u, 1u, 7u)) == EL4_SYSREG(3u, 4u, 12u, 12u, 0u);
    if (is_list && cpu->env->sysreg_read &&
        cpu->env->sysreg_read(cpu->env_data, cpu, encoding, &old, &target) == EL4_SYSREG_OK) {
        value = upper_half ? (old & LOW32) | value << 32 : (old & UPPER) | value;
    }
    switch (cpu->env->sysreg_write(cpu->env_data, cpu, encoding, value, &target)) {
    case EL4_SYSREG_OK: return true;
    case EL4_SYSREG_TRAP: trap(cpu, access, target);
    case EL4_SYSREG_UNDEFINED: el4_cpu_raise_undefined(cpu);
    case EL4_SYSREG_UNKNOWN: break;
    }
    return false;
}

/* ---- reading and writing ---- */

uint64_t *el4_cp_storage(struct el4_cpu *cpu, const struct el4_cp_reg *reg)
{
    bool secure = reg->secure_field && el4_cpu_el0_owner(cpu) == 3;
    unsigned offset = secure ? reg->secure_field : reg->field;
    return offset ? (uint64_t *)(void *)((char *)&cpu->regs + offset) : NULL;
}

static uint64_t *view_storage(struct el4_cpu *cpu, const struct el4_sysreg *view)
{
    return view->field ? (uint64_t *)(void *)((char *)&cpu->regs + view->field) : NULL;
}

/* All 64 bits of what the register is, or is half of. */
static uint64_t read_whole(struct el4_cpu *cpu, const struct el4_cp_reg *reg)
{
    if (reg->read) {
        return reg->read(cpu, reg);
    }
    const uint64_t *field;
    if (reg->view) {
        const struct el4_sysreg *view = el4_sysreg_lookup(reg->view);
        if (view->read) {
            return view->read(cpu, view);
        }
        field = view_storage(cpu, view);
    } else {
        field = el4_cp_storage(cpu, reg);
    }
    return field ? *field : 0;
}

/* value as bits of the whole, and which of these a write may change. */
static uint64_t place(const struct el4_cp_reg *reg, uint64_t value, uint64_t *mask)
{
    bool high = reg->flags & EL4_CP_HIGH;
    uint64_t all = reg->key & EL4_CP_WIDE ? ~UINT64_C(0) : LOW32;
    *mask = reg->mask ? reg->mask : all;
    *mask = high ? *mask << 32 : *mask;
    return high ? value << 32 : value;
}

static void write_view(struct el4_cpu *cpu, const struct el4_cp_reg *reg, uint64_t value)
{
    const struct el4_sysreg *view = el4_sysreg_lookup(reg->view);
    uint64_t mask;
    uint64_t bits = place(reg, value, &mask);
    if (reg->flags & EL4_CP_MERGE) {
        bits = (read_whole(cpu, reg) & ~mask) | (bits & mask);
    }
    uint64_t *field = view_storage(cpu, view);
    if (view->write) {
        view->write(cpu, view, bits);
    } else if (field) {
        mask &= view->write_mask;
        *field = (*field & ~mask) | (bits & mask);
    }
}

static void write_whole(struct el4_cpu *cpu, const struct el4_cp_reg *reg, uint64_t value)
{
    uint64_t *field = el4_cp_storage(cpu, reg);
    if (reg->write) {
        reg->write(cpu, reg, value);
    } else if (reg->view) {
        write_view(cpu, reg, value);
    } else if (field) {
        uint64_t mask;
        uint64_t bits = place(reg, value, &mask);
        *field = (*field & ~mask) | (bits & mask);
    }
}

static void after_write(struct el4_cpu *cpu, unsigned flags, bool changed)
{
    if ((flags & EL4_REG_TRANSLATE) && changed) {
        el4_mem_flush_fast_tlb(cpu);
    }
    if (flags & (EL4_REG_MODE | EL4_REG_DEBUG)) {
        el4_cpu_update_mode(cpu);
    }
    if (flags & EL4_REG_MASKS) {
        el4_cpu_masks_changed(cpu);
        if (cpu->env && cpu->env->control_changed) {
            cpu->env->control_changed(cpu->env_data, cpu);
        }
    }
}

static uint64_t read_register(struct el4_cpu *cpu, uint32_t aux, uint32_t wide, uint64_t info)
{
    struct access access = {.info = (uint32_t)info, .is_read = true};
    const struct el4_cp_reg *reg = look_up(aux, wide, &access.key);
    refuse(cpu, &access, el4_cp_check_key(cpu, access.key));
    if (reg) {
        refuse(cpu, &access, el4_cp_check(cpu, reg, true));
        uint64_t value = read_whole(cpu, reg);
        return reg->flags & EL4_CP_HIGH ? value >> 32 : value;
    }
    uint64_t value = 0;
    if (el4_cpu_el(cpu) == 0 || !device_read(cpu, &access, &value)) {
        refuse_unknown(cpu, &access);
    }
    return value;
}

static void write_register(struct el4_cpu *cpu, uint32_t aux, uint32_t wide, uint64_t info,
                           uint64_t value)
{
    struct access access = {.info = (uint32_t)info, .is_read = false};
    const struct el4_cp_reg *reg = look_up(aux, wide, &access.key);
    refuse(cpu, &access, el4_cp_check_key(cpu, access.key));
    if (!reg) {
        if (el4_cpu_el(cpu) == 0 || !device_write(cpu, &access, value)) {
            refuse_unknown(cpu, &access);
        }
        return;
    }
    refuse(cpu, &access, el4_cp_check(cpu, reg, false));
    uint64_t *field = el4_cp_storage(cpu, reg);
    uint64_t old = field ? *field : 0;
    unsigned flags = reg->flags;
    flags |= reg->view ? el4_sysreg_lookup(reg->view)->flags : 0;
    write_whole(cpu, reg, value);
    after_write(cpu, flags, !field || *field != old);
}

/* ---- what micro-ops call ---- */

uint64_t el4_cp_read(struct el4_cpu *cpu, uint64_t a, uint64_t info, uint64_t c, uint32_t aux)
{
    return (uint32_t)read_register(cpu, aux, 0, info);
}

uint64_t el4_cp_write(struct el4_cpu *cpu, uint64_t value, uint64_t b, uint64_t info,
                      uint32_t aux)
{
    write_register(cpu, aux, 0, info, (uint32_t)value);
    return 0;
}

uint64_t el4_cp_read64(struct el4_cpu *cpu, uint64_t a, uint64_t info, uint64_t c, uint32_t aux)
{
    return read_register(cpu, aux, EL4_CP_WIDE, info);
}

uint64_t el4_cp_write64(struct el4_cpu *cpu, uint64_t value, uint64_t b, uint64_t info,
                        uint32_t aux)
{
    write_register(cpu, aux, EL4_CP_WIDE, info, value);
    return 0;
}
