/* SPDX-License-Identifier: MIT */
/*
 * Taking exceptions to AArch32 and returning from them within AArch32 (DDI 0487 G1.12 to G1.16,
 * DDI 0406C B1.8 and B1.9). An exception comes described as for AArch64; here it becomes a
 * mode, a vector, an LR offset and the fault status registers of that mode.
 */
#include "cpu/a32-private.h"
#include "cpu/cpu.h"

enum kind { UNDEFINED, CALL, PREFETCH_ABORT, DATA_ABORT, IRQ, FIQ, KINDS };

/* DDI 0406C tables B1-3 and B1-6, and the masks that PL1 modes are entered with. */
static const struct kind_entry {
    uint32_t mode;
    uint32_t vector;
    uint8_t offset[2]; /* LR is the preferred return address and this much, from A32 and T32 */
    uint32_t masks;
} kinds[KINDS] = {
    [UNDEFINED] = {EL4_A32_UND, 0x04, {4, 2}, EL4_PSTATE_I},
    [CALL] = {EL4_A32_SVC, 0x08, {0, 0}, EL4_PSTATE_I},
    [PREFETCH_ABORT] = {EL4_A32_ABT, 0x0c, {4, 4}, EL4_PSTATE_A | EL4_PSTATE_I},
    [DATA_ABORT] = {EL4_A32_ABT, 0x10, {8, 8}, EL4_PSTATE_A | EL4_PSTATE_I},
    [IRQ] = {EL4_A32_IRQ, 0x18, {4, 4}, EL4_PSTATE_A | EL4_PSTATE_I},
    [FIQ] = {EL4_A32_FIQ, 0x1c, {4, 4}, EL4_PSTATE_A | EL4_PSTATE_I | EL4_PSTATE_F},
};

#define VECTOR_HYP_TRAP 0x14u
#define FSC_ASYNC       0x11u
#define FSC_ALIGNMENT   0x21u
#define FSC_DEBUG       0x22u
#define ISS_WNR         (1u << 6)
#define ISS_CM          (1u << 8)
#define ISS_EA          (1u << 9)
#define FSR_LPAE        (1u << 9)
#define FSR_FS4         (1u << 10)
#define FSR_WNR         (1u << 11)
#define FSR_EXT         (1u << 12)
#define FSR_CM          (1u << 13)

static enum el4_ec class_of(const struct el4_exception *e)
{
    return (enum el4_ec)((e->esr >> 26) & 0x3f);
}

static enum kind kind_of(const struct el4_exception *e)
{
    switch (e->vector) {
    case EL4_VECTOR_IRQ: return IRQ;
    case EL4_VECTOR_FIQ: return FIQ;
    case EL4_VECTOR_SERROR: return DATA_ABORT;
    default: break;
    }
    switch (class_of(e)) {
    case EL4_EC_SVC32:
    case EL4_EC_HVC32:
    case EL4_EC_SMC32: return CALL;
    case EL4_EC_INSN_ABORT_LOWER:
    case EL4_EC_INSN_ABORT_SAME:
    case EL4_EC_PC_ALIGNMENT:
    case EL4_EC_BREAKPOINT_LOWER:
    case EL4_EC_BREAKPOINT_SAME:
    case EL4_EC_BKPT32:
    case EL4_EC_VECTOR_CATCH: return PREFETCH_ABORT;
    case EL4_EC_DATA_ABORT_LOWER:
    case EL4_EC_DATA_ABORT_SAME:
    case EL4_EC_WATCHPOINT_LOWER:
    case EL4_EC_WATCHPOINT_SAME: return DATA_ABORT;
    default: return UNDEFINED;
    }
}

/* Fault status as the long-descriptor format has it. */
static unsigned fault_status(const struct el4_exception *e)
{
    if (e->vector == EL4_VECTOR_SERROR) {
        return FSC_ASYNC;
    }
    switch (class_of(e)) {
    case EL4_EC_PC_ALIGNMENT: return FSC_ALIGNMENT;
    case EL4_EC_BREAKPOINT_LOWER:
    case EL4_EC_BREAKPOINT_SAME:
    case EL4_EC_BKPT32:
    case EL4_EC_VECTOR_CATCH:
    case EL4_EC_WATCHPOINT_LOWER:
    case EL4_EC_WATCHPOINT_SAME: return FSC_DEBUG;
    default: return e->esr & 0x3f;
    }
}

/* The same as FS[4:0] of the short-descriptor format (DDI 0487 tables G5-30 and G5-31). */
unsigned el4_a32_short_status(unsigned status)
{
    bool section = (status & 3) <= 1; /* level 0 is no level of a short walk */
    switch (status & ~3u) {
    case 0x00:
    case 0x04: return section ? 0x05 : 0x07;
    case 0x08: return section ? 0x03 : 0x06;
    case 0x0c: return section ? 0x0d : 0x0f;
    case 0x14: return section ? 0x0c : 0x0e;
    case 0x1c: return section ? 0x1c : 0x1e;
    case 0x3c: return section ? 0x09 : 0x0b; /* domain */
    default: break;
    }
    switch (status) {
    case 0x10: return 0x08;
    case FSC_ASYNC: return 0x16;
    case 0x18: return 0x19;
    case 0x19: return 0x18;
    case FSC_ALIGNMENT: return 0x01;
    case FSC_DEBUG: return 0x02;
    case 0x30: return 0x10; /* TLB conflict */
    case 0x34: return 0x14; /* lockdown */
    default: return 0x15;   /* unsupported exclusive */
    }
}

static uint32_t fault_status_register(const struct el4_cpu *cpu, const struct el4_exception *e,
                                      unsigned el, bool is_data)
{
    unsigned status = fault_status(e);
    bool is_async = e->vector == EL4_VECTOR_SERROR;
    uint32_t fsr = e->esr & ISS_EA ? FSR_EXT : 0;
    if (is_data && !is_async) {
        fsr |= e->esr & ISS_WNR ? FSR_WNR : 0;
        fsr |= e->esr & ISS_CM ? FSR_CM : 0;
    }
    if (cpu->regs.tcr[el] & EL4_TTBCR_EAE) {
        return fsr | FSR_LPAE | status;
    }
    unsigned fs = el4_a32_short_status(status);
    fsr |= (fs & 15) | (fs & 16 ? FSR_FS4 : 0);
    return fsr | (is_data && e->domain < 16 ? (uint32_t)e->domain << 4 : 0);
}

/* FAR has DFAR in its low half and IFAR in its high half, for EL1 and EL2 alike. */
static void set_fault_address(struct el4_cpu *cpu, const struct el4_exception *e, unsigned el,
                              bool is_data)
{
    uint64_t *far = &cpu->regs.far[el];
    uint64_t address = (uint32_t)e->far;
    if (e->far_valid) {
        *far = is_data ? (*far & ~UINT64_C(0xffffffff)) | address
                       : (*far & UINT64_C(0xffffffff)) | address << 32;
    }
}

/* DBGDSCR.MOE: what a debug exception is of. */
static uint32_t method_of_entry(const struct el4_exception *e)
{
    switch (class_of(e)) {
    case EL4_EC_BREAKPOINT_LOWER:
    case EL4_EC_BREAKPOINT_SAME: return 1;
    case EL4_EC_BKPT32: return 3;
    case EL4_EC_VECTOR_CATCH: return 5;
    default: return 10; /* a watchpoint */
    }
}

static void report_abort(struct el4_cpu *cpu, const struct el4_exception *e, enum kind kind,
                         unsigned el)
{
    bool is_data = kind == DATA_ABORT;
    if (!is_data && kind != PREFETCH_ABORT) {
        return;
    }
    uint32_t fsr = fault_status_register(cpu, e, el, is_data);
    if (is_data) {
        cpu->regs.esr[el] = fsr;
    } else if (el == 3) {
        cpu->regs.a32.ifsr_s = fsr;
    } else {
        cpu->regs.ifsr32_el2 = fsr;
    }
    set_fault_address(cpu, e, el, is_data);
}

/* SCR of an AArch32 EL3 routes this to Monitor mode, rather than to a Secure PL1 mode. */
static bool goes_to_monitor(const struct el4_cpu *cpu, const struct el4_exception *e,
                            enum kind kind)
{
    if (!cpu->features.el3_a32 || e->target_el != 3) {
        return false;
    }
    switch (kind) {
    case IRQ: return cpu->regs.scr_el3 & EL4_SCR_IRQ;
    case FIQ: return cpu->regs.scr_el3 & EL4_SCR_FIQ;
    case CALL: return class_of(e) == EL4_EC_SMC32;
    case UNDEFINED: return class_of(e) == EL4_EC_WFX; /* Monitor Trap: SCR.TWI, TWE */
    case PREFETCH_ABORT:
    case DATA_ABORT: break;
    default: return false;
    }
    unsigned status = fault_status(e);
    bool external = e->vector == EL4_VECTOR_SERROR || status == 0x10 || status == 0x18 ||
                    (status & 0x34) == 0x14;
    return external && (cpu->regs.scr_el3 & EL4_SCR_EA);
}

/* PSTATE at entry but for masks and PAN: the bank's SCTLR says T and E. */
static void begin_pstate(struct el4_cpu *cpu, uint64_t sctlr)
{
    cpu->pstate &=
        ~(EL4_PSTATE_T | EL4_PSTATE_E | EL4_PSTATE_IT | EL4_PSTATE_IL | EL4_PSTATE_SS);
    cpu->pstate |= (sctlr & EL4_SCTLR_A32_TE ? EL4_PSTATE_T : 0) |
                   (sctlr & EL4_SCTLR_EE ? EL4_PSTATE_E : 0);
    if (cpu->features.ssbs) {
        cpu->pstate &= ~EL4_CPSR_SSBS;
        cpu->pstate |= sctlr & EL4_SCTLR_A32_DSSBS ? EL4_CPSR_SSBS : 0;
    }
}

static void set_pan(struct el4_cpu *cpu, uint64_t sctlr)
{
    if (cpu->features.pan && !(sctlr & EL4_SCTLR_SPAN)) {
        cpu->pstate |= EL4_PSTATE_PAN;
    }
}

/* What Hyp mode is told: aborts and debug events as aborts, the rest as it is described. */
static uint64_t hyp_syndrome(const struct el4_cpu *cpu, const struct el4_exception *e,
                             enum kind kind)
{
    unsigned same = el4_cpu_el(cpu) == 2;
    uint32_t iss = (uint32_t)e->esr & 0x1ffffff;
    unsigned status = fault_status(e);
    if (e->vector == EL4_VECTOR_SERROR) {
        return EL4_ESR(EL4_EC_DATA_ABORT_LOWER + same, FSC_ASYNC | (iss & ISS_EA));
    }
    if (status == FSC_DEBUG && kind == PREFETCH_ABORT) {
        return EL4_ESR(EL4_EC_INSN_ABORT_LOWER + same, FSC_DEBUG);
    }
    if (status == FSC_DEBUG && kind == DATA_ABORT) {
        return EL4_ESR(EL4_EC_DATA_ABORT_LOWER + same, (iss & (ISS_WNR | ISS_CM)) | FSC_DEBUG);
    }
    return e->esr;
}

static void enter_hyp(struct el4_cpu *cpu, const struct el4_exception *e, enum kind kind,
                      uint32_t pc)
{
    struct el4_sysregs *regs = &cpu->regs;
    bool interrupt = kind == IRQ || kind == FIQ;
    bool from_hyp = el4_cpu_el(cpu) == 2;
    uint32_t vector = interrupt || from_hyp ? kinds[kind].vector : VECTOR_HYP_TRAP;

    regs->spsr[2] = el4_a32_cpsr(cpu);
    regs->elr[2] = pc;
    if (!interrupt) {
        regs->esr[2] = hyp_syndrome(cpu, e, kind);
    }
    set_fault_address(cpu, e, 2, kind == DATA_ABORT);
    if (e->hpfar_valid) {
        regs->hpfar_el2 = e->hpfar;
    }
    el4_a32_set_mode(cpu, EL4_A32_HYP);
    begin_pstate(cpu, regs->sctlr[2]);
    cpu->pstate |= (regs->scr_el3 & EL4_SCR_EA ? 0 : EL4_PSTATE_A) |
                   (regs->scr_el3 & EL4_SCR_IRQ ? 0 : EL4_PSTATE_I) |
                   (regs->scr_el3 & EL4_SCR_FIQ ? 0 : EL4_PSTATE_F);
    cpu->slot[EL4_SLOT_PC] = ((uint32_t)regs->vbar[2] & ~31u) + vector;
}

static void enter_monitor(struct el4_cpu *cpu, const struct el4_exception *e, enum kind kind,
                          uint32_t lr)
{
    struct el4_sysregs *regs = &cpu->regs;
    bool from_secure = el4_cpu_is_secure(cpu);

    regs->spsr[3] = el4_a32_cpsr(cpu);
    report_abort(cpu, e, kind, 3);
    el4_a32_set_mode(cpu, EL4_A32_MON);
    cpu->slot[EL4_SLOT_X0 + 14] = lr;
    begin_pstate(cpu, regs->sctlr[3]);
    cpu->pstate |= EL4_PSTATE_A | EL4_PSTATE_I | EL4_PSTATE_F;
    if (from_secure) {
        set_pan(cpu, regs->sctlr[3]);
    } else {
        cpu->pstate &= ~EL4_PSTATE_PAN;
    }
    cpu->slot[EL4_SLOT_PC] = ((uint32_t)regs->a32.mvbar & ~31u) + kinds[kind].vector;
}

uint32_t el4_a32_vector_base(const struct el4_cpu *cpu, unsigned el)
{
    const struct el4_sysregs *regs = &cpu->regs;
    return regs->sctlr[el] & EL4_SCTLR_A32_V ? 0xffff0000u : (uint32_t)regs->vbar[el] & ~31u;
}

static void enter_pl1(struct el4_cpu *cpu, const struct el4_exception *e, enum kind kind,
                      uint32_t lr)
{
    struct el4_sysregs *regs = &cpu->regs;
    const struct kind_entry *entry = &kinds[kind];
    unsigned bank = e->target_el;
    uint64_t sctlr = regs->sctlr[bank];
    uint32_t masks = entry->masks;

    *el4_a32_spsr_of(cpu, entry->mode) = el4_a32_cpsr(cpu);
    report_abort(cpu, e, kind, bank);
    if (el4_a32_mask_is_locked(cpu, EL4_SCR_AW)) {
        masks &= ~EL4_PSTATE_A;
    }
    if (el4_a32_mask_is_locked(cpu, EL4_SCR_FW)) {
        masks &= ~EL4_PSTATE_F;
    }
    el4_a32_set_mode(cpu, entry->mode);
    cpu->slot[EL4_SLOT_X0 + 14] = lr;
    begin_pstate(cpu, sctlr);
    cpu->pstate |= masks;
    set_pan(cpu, sctlr);
    cpu->slot[EL4_SLOT_PC] = el4_a32_vector_base(cpu, bank) + entry->vector;
}

void el4_a32_enter(struct el4_cpu *cpu, const struct el4_exception *e, uint64_t pc)
{
    enum kind kind = kind_of(e);
    bool thumb = cpu->pstate & EL4_PSTATE_T;
    uint32_t lr = (uint32_t)pc + kinds[kind].offset[thumb];

    if (e->vector == EL4_VECTOR_SYNC && (kind == PREFETCH_ABORT || kind == DATA_ABORT) &&
        fault_status(e) == FSC_DEBUG) {
        cpu->regs.a32.dbgdscr_moe = method_of_entry(e);
    }
    if (e->target_el == 2) {
        enter_hyp(cpu, e, kind, (uint32_t)pc);
        return;
    }
    bool monitor = goes_to_monitor(cpu, e, kind);
    if (cpu->a32.mode == EL4_A32_MON) {
        cpu->regs.scr_el3 &= ~EL4_SCR_NS; /* the handler runs in the Secure world */
    }
    if (monitor) {
        enter_monitor(cpu, e, kind, lr);
    } else {
        enter_pl1(cpu, e, kind, lr);
    }
}

/* ---- returns ---- */

void el4_a32_check_return(struct el4_cpu *cpu, bool is_eret)
{
    uint32_t mode = cpu->a32.mode;
    if (mode == EL4_A32_USR || mode == EL4_A32_SYS || (mode == EL4_A32_HYP && !is_eret)) {
        el4_cpu_raise_undefined(cpu);
    }
}

void el4_a32_eret(struct el4_cpu *cpu)
{
    bool hyp = cpu->a32.mode == EL4_A32_HYP;
    uint64_t target = hyp ? cpu->regs.elr[2] : cpu->slot[EL4_SLOT_X0 + 14];
    const uint64_t *spsr = el4_a32_spsr_of(cpu, cpu->a32.mode);
    el4_a32_exception_return(cpu, (uint32_t)target, spsr ? (uint32_t)*spsr : 0);
}
