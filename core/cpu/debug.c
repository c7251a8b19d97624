/* SPDX-License-Identifier: MIT */
/*
 * Self-hosted debug (DDI 0487 D2.8 to D2.11 and G2, DDI 0406C C3): when debug exceptions are
 * generated, breakpoint and watchpoint matching with linked contexts, vector catch, and the
 * software step state machine. AArch32 has rules of its own where its stage 1 regime is in use;
 * User mode below an AArch64 EL1 follows those of AArch64. External debug is not there: EDSCR
 * does not exist, so the OS Double Lock has no effect but a read-back.
 */
#include "cpu/debug.h"

#include "cpu/cpu.h"

#define BCR_E       EL4_BIT(0)
#define FSC_DEBUG   0x22u
#define STEP_ISV    (1u << 24)
#define SDER_SUIDEN EL4_BIT(0)

/* DBGVCR: all vectors that can be caught, and those of Prefetch and Data Abort. */
#define VCR_VECTORS 0xde00dcdeu
#define VCR_ABORTS  0x18001818u

/* The stage 1 regime in use is AArch32's. */
static bool regime_is_a32(const struct el4_cpu *cpu)
{
    return el4_cpu_is_a32(cpu) && el4_cpu_el_is_a32(cpu, el4_cpu_regime_el(cpu));
}

bool el4_debug_goes_to_el2(const struct el4_cpu *cpu, bool secure)
{
    return cpu->features.el2 && !secure &&
           ((cpu->regs.hcr_el2 & EL4_HCR_TGE) || (cpu->regs.mdcr_el2 & EL4_MDCR2_TDE));
}

static unsigned debug_target_from(const struct el4_cpu *cpu, bool secure)
{
    return el4_debug_goes_to_el2(cpu, secure) ? 2 : 1;
}

/*
 * AArch32.GenerateDebugExceptionsFrom(): a target that uses AArch32 has no mask, and Hyp mode
 * no debug exceptions. Of the Secure world's privileged modes SPD (of SDCR or MDCR_EL3)
 * decides, and SPIDEN where that is 0: v7 cores, which have no SPD, have it tied high, for the
 * others DBGAUTHSTATUS says it is low.
 */
static bool enabled_from_a32(const struct el4_cpu *cpu, unsigned el, bool secure)
{
    if (el == 2 || (el == 3 && !cpu->features.el3_a32)) {
        return false;
    }
    if (!cpu->features.el3 || !secure || (el == 0 && (cpu->regs.sder32_el3 & SDER_SUIDEN))) {
        return true;
    }
    unsigned spd = EL4_FIELD(cpu->regs.mdcr_el3, 15, 14);
    return spd & 2 ? spd & 1 : !cpu->features.a32_v8;
}

bool el4_debug_exceptions_enabled_from(const struct el4_cpu *cpu, unsigned el, bool secure,
                                       bool masked)
{
    if (cpu->regs.os_lock & 1) {
        return false;
    }
    unsigned target = debug_target_from(cpu, secure);
    if (el4_cpu_el_is_a32(cpu, target)) {
        return enabled_from_a32(cpu, el, secure);
    }
    if (el == 3 || (cpu->features.el3 && secure && (cpu->regs.mdcr_el3 & EL4_MDCR3_SDD))) {
        return false;
    }
    if (el < target) {
        return true;
    }
    return el == target && (cpu->regs.mdscr_el1 & EL4_MDSCR_KDE) && !masked;
}

bool el4_debug_step_enabled(const struct el4_cpu *cpu, bool secure)
{
    return (cpu->regs.mdscr_el1 & EL4_MDSCR_SS) &&
           !el4_cpu_el_is_a32(cpu, debug_target_from(cpu, secure));
}

bool el4_debug_exceptions_enabled(const struct el4_cpu *cpu)
{
    return el4_debug_exceptions_enabled_from(cpu, el4_cpu_el(cpu), el4_cpu_is_secure(cpu),
                                             cpu->pstate & EL4_PSTATE_D);
}

static bool any_enabled(const uint64_t *controls, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (controls[i] & BCR_E) {
            return true;
        }
    }
    return false;
}

void el4_debug_update(struct el4_cpu *cpu)
{
    const struct el4_sysregs *regs = &cpu->regs;
    uint32_t active = 0;
    uint64_t uses = regs->mdscr_el1 & (EL4_MDSCR_SS | EL4_MDSCR_MDE);
    bool any_watchpoint =
        (uses & EL4_MDSCR_MDE) && any_enabled(regs->dbgwcr, cpu->features.watchpoints);
    if (any_watchpoint) {
        active |= EL4_DEBUG_WATCHED_PAGES;
    }
    if (uses && el4_debug_exceptions_enabled(cpu)) {
        if (el4_debug_step_enabled(cpu, el4_cpu_is_secure(cpu))) {
            active |= EL4_DEBUG_STEP;
        }
        bool catches = regime_is_a32(cpu) && (regs->dbgvcr32_el2 & VCR_VECTORS);
        if ((uses & EL4_MDSCR_MDE) &&
            (catches || any_enabled(regs->dbgbcr, cpu->features.breakpoints))) {
            active |= EL4_DEBUG_BREAKPOINTS;
        }
        if (any_watchpoint) {
            active |= EL4_DEBUG_WATCHPOINTS;
        }
    }
    cpu->debug_active = active;
}

/* StateMatch() of the manual for SSC (security), HMC and PAC (privilege) at an EL. */
static bool state_matches(const struct el4_cpu *cpu, uint64_t control, unsigned el)
{
    unsigned ssc = EL4_FIELD(control, 15, 14);
    bool hmc = EL4_FIELD(control, 13, 13);
    unsigned pac = EL4_FIELD(control, 2, 1);
    bool secure = el4_cpu_is_secure(cpu);
    bool security[4] = {true, !secure, secure, hmc || secure};
    bool level[4] = {
        pac & 2, pac & 1, (hmc && !(ssc == 2 && pac == 0)) || ssc == 3,
        regime_is_a32(cpu) ? pac & 1 : hmc && !(ssc & 1), /* Secure PL1, or EL3 */
    };
    return security[ssc] && level[el];
}

/* The same for breakpoints, which AArch32 can limit to User, System and Supervisor mode. */
static bool breakpoint_state_matches(const struct el4_cpu *cpu, uint64_t control)
{
    bool no_level = !(control & (EL4_BIT(13) | 6)) && EL4_FIELD(control, 15, 14) != 3;
    uint32_t mode = cpu->a32.mode;
    if (!no_level || !regime_is_a32(cpu)) {
        return state_matches(cpu, control, el4_cpu_el(cpu));
    }
    return state_matches(cpu, control | 6, 0) &&
           (mode == EL4_A32_USR || mode == EL4_A32_SYS || mode == EL4_A32_SVC);
}

/* A context breakpoint (BT 0b001x, 0b100x, 0b101x, 0b011x, 0b110x, 0b111x) matches now. */
static bool context_matches(const struct el4_cpu *cpu, unsigned n)
{
    const struct el4_sysregs *regs = &cpu->regs;
    unsigned first = cpu->features.breakpoints - cpu->features.context_breakpoints;
    if (n < first || n >= cpu->features.breakpoints || !(regs->dbgbcr[n] & BCR_E)) {
        return false;
    }
    unsigned type = EL4_FIELD(regs->dbgbcr[n], 23, 20) & 14;
    unsigned vmid_bits = cpu->features.vmid16 ? 0xffff : 0xff;
    bool host = el4_cpu_e2h_tge(cpu) || (el4_cpu_el(cpu) == 2 && el4_cpu_e2h(cpu));
    unsigned owner = el4_cpu_el0_owner(cpu);
    bool lower = el4_cpu_el(cpu) == 0 || el4_cpu_el(cpu) == owner;
    uint32_t context = (uint32_t)regs->contextidr[host ? 2 : owner];
    bool same_context = context == (uint32_t)regs->dbgbvr[n];
    bool el2 = el4_cpu_el2_enabled(cpu);
    bool same_vmid = ((regs->vttbr_el2 >> 48) & vmid_bits) ==
                     (EL4_FIELD(regs->dbgbvr[n], 47, 32) & vmid_bits);
    bool same_context2 = (uint32_t)regs->contextidr[2] == (uint32_t)(regs->dbgbvr[n] >> 32);
    switch (type) {
    case 2: return same_context && (lower || host);
    case 6:
        return cpu->features.vhe && lower && !el4_cpu_e2h_tge(cpu) &&
               (uint32_t)regs->contextidr[1] == (uint32_t)regs->dbgbvr[n];
    case 8: return el2 && lower && !host && same_vmid;
    case 10: return el2 && lower && !host && same_vmid && same_context;
    case 12: return cpu->features.vhe && el2 && el4_cpu_el(cpu) <= 2 && same_context2;
    case 14: return cpu->features.vhe && el2 && lower && !host && same_context2 && same_context;
    default: return false;
    }
}

static bool linked_matches(const struct el4_cpu *cpu, uint64_t control)
{
    unsigned linked = EL4_FIELD(control, 19, 16);
    unsigned type =
        linked < EL4_BREAKPOINTS_MAX ? EL4_FIELD(cpu->regs.dbgbcr[linked], 23, 20) : 0;
    return (type & 1) && context_matches(cpu, linked);
}

static bool address_matches(const struct el4_cpu *cpu, unsigned n, uint64_t pc)
{
    /* Bits 63:49 of the address are a sign extension, or RESS with FEAT_LVA from 52 on. */
    unsigned unused = 63 - (cpu->features.va_bits == 52 ? 52 : 48);
    if (regime_is_a32(cpu)) {
        unused = 32; /* DBGBXVR lies there */
    }
    uint64_t difference = (cpu->regs.dbgbvr[n] ^ pc) & ~UINT64_C(3);
    /* BAS tells the T32 instructions of a word apart; in AArch64 it is all ones. */
    unsigned select = EL4_FIELD(cpu->regs.dbgbcr[n], 8, 5);
    return !(difference << unused) && (!el4_cpu_is_a32(cpu) || (select >> (pc & 2) & 1));
}

static bool breakpoint_matches(const struct el4_cpu *cpu, unsigned n, uint64_t pc)
{
    uint64_t control = cpu->regs.dbgbcr[n];
    if (!(control & BCR_E) || !breakpoint_state_matches(cpu, control)) {
        return false;
    }
    unsigned type = EL4_FIELD(control, 23, 20);
    bool mismatch = (type & 14) == 4 && regime_is_a32(cpu);
    if (type > 1 && !mismatch) {
        return !(type & 1) && context_matches(cpu, n); /* linked ones serve others only */
    }
    if (address_matches(cpu, n, pc) == mismatch) {
        return false;
    }
    return !(type & 1) || linked_matches(cpu, control);
}

static bool breakpoint_hit(const struct el4_cpu *cpu, uint64_t pc)
{
    for (unsigned n = 0; n < cpu->features.breakpoints; n++) {
        if (breakpoint_matches(cpu, n, pc)) {
            return true;
        }
    }
    return false;
}

/*
 * AArch32.VCRMatch(): vectors are caught by address. Those of aborts are not where the catch is
 * an abort of the same level, which is UNPREDICTABLE.
 */
static bool vector_caught(const struct el4_cpu *cpu, uint32_t pc)
{
    if (!regime_is_a32(cpu) || el4_cpu_el(cpu) == 2 || (pc & 3)) {
        return false;
    }
    bool secure = el4_cpu_is_secure(cpu);
    uint32_t vector = 1u << (pc >> 2 & 7);
    uint32_t vectors = 0;
    if ((pc & ~31u) == el4_a32_vector_base(cpu, el4_cpu_el0_owner(cpu))) {
        vectors = vector << (cpu->features.el3 && !secure ? 24 : 0);
    }
    if (cpu->features.el3_a32 && secure &&
        (pc & ~31u) == ((uint32_t)cpu->regs.a32.mvbar & ~31u)) {
        vectors |= vector << 8;
    }
    if (el4_cpu_debug_target(cpu) == el4_cpu_el(cpu)) {
        vectors &= ~VCR_ABORTS;
    }
    return vectors & VCR_VECTORS & (uint32_t)cpu->regs.dbgvcr32_el2;
}

/* The class of a debug exception that has one for the same and, before it, one for lower
 * levels. */
static enum el4_ec class_from_here(const struct el4_cpu *cpu, enum el4_ec same)
{
    return el4_cpu_debug_target(cpu) > el4_cpu_el(cpu) ? same - 1 : same;
}

static void take(struct el4_cpu *cpu, enum el4_ec ec, uint32_t iss)
{
    struct el4_exception e = {
        .esr = EL4_ESR(ec, iss),
        .target_el = el4_cpu_debug_target(cpu),
        .vector = EL4_VECTOR_SYNC,
        .kind = EL4_RAISE_TARGET,
    };
    el4_cpu_take_exception(cpu, &e, cpu->slot[EL4_SLOT_PC]);
}

bool el4_debug_before(struct el4_cpu *cpu)
{
    cpu->stepping = cpu->debug_active & EL4_DEBUG_STEP;
    if ((cpu->debug_active & EL4_DEBUG_STEP) && !(cpu->pstate & EL4_PSTATE_SS)) {
        /* ISV: the syndrome says EX = 0; el4 does not tell stepped load-exclusives apart. */
        take(cpu, class_from_here(cpu, EL4_EC_STEP_SAME), STEP_ISV | FSC_DEBUG);
        return true;
    }
    if (!(cpu->debug_active & EL4_DEBUG_BREAKPOINTS)) {
        return false;
    }
    uint64_t pc = cpu->slot[EL4_SLOT_PC];
    if (breakpoint_hit(cpu, pc)) {
        take(cpu, class_from_here(cpu, EL4_EC_BREAKPOINT_SAME), FSC_DEBUG);
        return true;
    }
    if (vector_caught(cpu, (uint32_t)pc)) {
        take(cpu, EL4_EC_VECTOR_CATCH, FSC_DEBUG);
        return true;
    }
    return false;
}

void el4_debug_after(struct el4_cpu *cpu)
{
    /* Not if the instruction was the ERET that made the step active. */
    if (cpu->stepping) {
        cpu->pstate &= ~EL4_PSTATE_SS;
    }
}

/* The bytes that a watchpoint looks at; false: it is off or malformed. */
static bool watched_range(const struct el4_cpu *cpu, unsigned n, uint64_t *first,
                          uint64_t *last)
{
    uint64_t control = cpu->regs.dbgwcr[n];
    unsigned select = EL4_FIELD(control, 12, 5);
    unsigned mask = EL4_FIELD(control, 28, 24);
    unsigned unused = 63 - (cpu->features.va_bits == 52 ? 52 : 48);
    uint64_t address = (uint64_t)((int64_t)(cpu->regs.dbgwvr[n] << unused) >> unused);
    if (address & 4) {
        select &= 15; /* a word, not a doubleword */
    }
    if (!(control & BCR_E) || !select) {
        return false;
    }
    if (mask >= 3) {
        uint64_t span = (UINT64_C(1) << mask) - 1;
        *first = address & ~span;
        *last = *first + span;
        return true;
    }
    *first = address + (unsigned)__builtin_ctz(select);
    *last = address + 31 - (unsigned)__builtin_clz(select);
    return true;
}

/* Addresses are compared without their tag: bit 55 decides what the top byte should be. */
static uint64_t untagged(uint64_t va)
{
    return (uint64_t)((int64_t)(va << 8) >> 8);
}

bool el4_debug_page_watched(const struct el4_cpu *cpu, uint64_t va)
{
    uint64_t page = untagged(va) & EL4_PAGE_MASK;
    for (unsigned n = 0; n < cpu->features.watchpoints; n++) {
        uint64_t first, last;
        if (watched_range(cpu, n, &first, &last) && untagged(first) <= (page | 0xfff) &&
            untagged(last) >= page) {
            return true;
        }
    }
    return false;
}

static bool watchpoint_matches(const struct el4_cpu *cpu, unsigned n, uint64_t start,
                               unsigned bytes, bool is_write)
{
    uint64_t first, last;
    if (!(EL4_FIELD(cpu->regs.dbgwcr[n], 4, 3) & (is_write ? 2 : 1)) ||
        !watched_range(cpu, n, &first, &last)) {
        return false;
    }
    first = untagged(first);
    last = untagged(last);
    return start - first <= last - first || first - start < bytes;
}

bool el4_debug_watchpoint_hit(const struct el4_cpu *cpu, uint64_t va, unsigned bytes,
                              bool is_write, bool privileged)
{
    unsigned el = privileged ? el4_cpu_el(cpu) : 0;
    for (unsigned n = 0; n < cpu->features.watchpoints; n++) {
        uint64_t control = cpu->regs.dbgwcr[n];
        bool linked = control & EL4_BIT(20);
        if (watchpoint_matches(cpu, n, untagged(va), bytes, is_write) &&
            state_matches(cpu, control, el) && (!linked || linked_matches(cpu, control))) {
            return true;
        }
    }
    return false;
}

void el4_debug_check_watchpoints(struct el4_cpu *cpu, uint64_t va, unsigned bytes,
                                 bool is_write, bool privileged)
{
    if (!(cpu->debug_active & EL4_DEBUG_WATCHPOINTS) ||
        !el4_debug_watchpoint_hit(cpu, va, bytes, is_write, privileged)) {
        return;
    }
    enum el4_ec ec = class_from_here(cpu, EL4_EC_WATCHPOINT_SAME);
    struct el4_exception e = {
        .esr = EL4_ESR(ec, FSC_DEBUG | (is_write ? 1u << 6 : 0)),
        .far = va,
        .far_valid = true,
        .target_el = el4_cpu_debug_target(cpu),
        .vector = EL4_VECTOR_SYNC,
        .kind = EL4_RAISE_TARGET,
    };
    el4_cpu_raise_exception(cpu, &e);
}
