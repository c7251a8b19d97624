/* SPDX-License-Identifier: MIT */
/*
 * Raising and taking exceptions (DDI 0487 D1). Anything that runs under the engine raises with
 * el4_cpu_raise(), which unwinds to the run loop; the run loop finds the guest PC of the
 * instruction and calls el4_cpu_take_exception().
 */
#ifndef EL4_CPU_EXCEPTION_H
#define EL4_CPU_EXCEPTION_H

#include <stdbool.h>
#include <stdint.h>

struct el4_cpu;

/* Exception classes: ESR_ELx.EC. */
enum el4_ec {
    EL4_EC_UNKNOWN = 0x00,
    EL4_EC_WFX = 0x01,
    EL4_EC_CP15_32 = 0x03, /* AArch32: MCR, MRC to CP15; and so on */
    EL4_EC_CP15_64 = 0x04,
    EL4_EC_CP14_32 = 0x05,
    EL4_EC_CP14_LDC = 0x06,
    EL4_EC_FP_ACCESS = 0x07,
    EL4_EC_CP10 = 0x08, /* VMRS of an ID register */
    EL4_EC_PAUTH_TRAP = 0x09,
    EL4_EC_BXJ = 0x0a,
    EL4_EC_CP14_64 = 0x0c,
    EL4_EC_BTI = 0x0d,
    EL4_EC_ILLEGAL_STATE = 0x0e,
    EL4_EC_SVC32 = 0x11,
    EL4_EC_HVC32 = 0x12,
    EL4_EC_SMC32 = 0x13,
    EL4_EC_SVC64 = 0x15,
    EL4_EC_HVC64 = 0x16,
    EL4_EC_SMC64 = 0x17,
    EL4_EC_SYSREG = 0x18,
    EL4_EC_ERET_TRAP = 0x1a,
    EL4_EC_PAUTH_FAIL = 0x1c,
    EL4_EC_INSN_ABORT_LOWER = 0x20,
    EL4_EC_INSN_ABORT_SAME = 0x21,
    EL4_EC_PC_ALIGNMENT = 0x22,
    EL4_EC_DATA_ABORT_LOWER = 0x24,
    EL4_EC_DATA_ABORT_SAME = 0x25,
    EL4_EC_SP_ALIGNMENT = 0x26,
    EL4_EC_SERROR = 0x2f,
    EL4_EC_BREAKPOINT_LOWER = 0x30,
    EL4_EC_BREAKPOINT_SAME = 0x31,
    EL4_EC_STEP_LOWER = 0x32,
    EL4_EC_STEP_SAME = 0x33,
    EL4_EC_WATCHPOINT_LOWER = 0x34,
    EL4_EC_WATCHPOINT_SAME = 0x35,
    EL4_EC_BKPT32 = 0x38,
    EL4_EC_VECTOR_CATCH = 0x3a,
    EL4_EC_BRK64 = 0x3c,
};

#define EL4_ESR_IL       (1u << 25)
#define EL4_ESR(ec, iss) (((uint64_t)(ec) << 26) | EL4_ESR_IL | (iss))

/* Length of the instruction that a syndrome of SVC, HVC, SMC, BKPT or HLT is of. */
static inline unsigned el4_esr_insn_bytes(uint64_t esr)
{
    return esr & EL4_ESR_IL ? 4 : 2;
}

/* Which way a synchronous exception goes; the aux of the RAISE micro-op. */
enum el4_raise_kind {
    EL4_RAISE_UNDEF, /* UNDEFINED: to EL1 (EL2 by TGE), or to the current EL if higher; ESR
                        given */
    EL4_RAISE_SVC, /* preferred return: the next instruction; HCR_EL2.TGE routes EL0's to EL2 */
    EL4_RAISE_HVC, /* checks and the service chain first (el4_cpu_hvc) */
    EL4_RAISE_SMC, /* checks and the service chain first (el4_cpu_smc) */
    EL4_RAISE_BRK, /* routed as a debug exception (MDCR_EL2.TDE) */
    EL4_RAISE_DOORBELL, /* no exception: the store is over, and makes a service call */
    EL4_RAISE_HLT,      /* semihosting, EL4 call, halting debug or UNDEFINED */
    EL4_RAISE_FP_TRAP,  /* to mode.fp_trap_el, EC 0x07; AArch32: ESR's ISS as el4_a32_check_fp
                           wants it */
    EL4_RAISE_SYNC,     /* default routing: max(current EL, 1), TGE honoured; ESR given */
    EL4_RAISE_TARGET,   /* exception.target_el is set already */
};

enum el4_vector_offset {
    EL4_VECTOR_SYNC = 0x000,
    EL4_VECTOR_IRQ = 0x080,
    EL4_VECTOR_FIQ = 0x100,
    EL4_VECTOR_SERROR = 0x180,
};

struct el4_exception {
    uint64_t esr;
    uint64_t far;   /* written to FAR_ELx if far_valid */
    uint64_t hpfar; /* written to HPFAR_EL2 if hpfar_valid */
    unsigned target_el;
    enum el4_vector_offset vector;
    bool far_valid;
    bool hpfar_valid;
    enum el4_raise_kind kind; /* HVC, SMC and HLT are decided when taken */
    uint8_t domain;   /* AArch32 short descriptors: of the fault, for DFSR (0xff: none) */
    bool return_next; /* preferred return address is the next instruction (SVC, HVC, SMC) */
};

/*
 * Raise from inside translated code or a helper: does not return. The kind decides the target
 * as the enum says; exception-specific data (FAR) go in through el4_cpu_raise_abort.
 */
_Noreturn void el4_cpu_raise(struct el4_cpu *cpu, enum el4_raise_kind kind, uint64_t esr);
/*
 * The same without unwinding, for the instruction at pc when nothing of it or after it is left
 * to do: takes the exception (or has the call answered) and returns.
 */
void el4_cpu_raise_at(struct el4_cpu *cpu, enum el4_raise_kind kind, uint64_t esr, uint64_t pc);
_Noreturn void el4_cpu_raise_to(struct el4_cpu *cpu, unsigned target_el, uint64_t esr);
_Noreturn void el4_cpu_raise_exception(struct el4_cpu *cpu, const struct el4_exception *e);
#define el4_cpu_raise_undefined(cpu)                                                           \
    el4_cpu_raise((cpu), EL4_RAISE_UNDEF, EL4_ESR(EL4_EC_UNKNOWN, 0))

/*
 * Enter the exception: SPSR, ELR (= pc), PSTATE, vector. pc is the preferred return address: of
 * the instruction itself, or the next one if e->return_next. An SMC, HVC or HLT is offered to
 * the machine here first, and may be over after it: then the PC slot says where to go on (the
 * next instruction, or where a service sent the cpu; a cpu that was switched off has
 * EL4_ATTENTION_STOP set by the machine). Always leaves mode and PC slot right.
 */
void el4_cpu_take_exception(struct el4_cpu *cpu, const struct el4_exception *e, uint64_t pc);

/* Target EL of a synchronous exception with no rule of its own: EL1 at least, TGE honoured. */
unsigned el4_cpu_sync_target(const struct el4_cpu *cpu);
/* Target EL of a debug exception (MDCR_EL2.TDE, TGE). */
unsigned el4_cpu_debug_target(const struct el4_cpu *cpu);
/*
 * Route asynchronous exceptions (DDI 0487 D1.3.6): which EL takes a physical IRQ, FIQ or SError
 * (vector tells which), and whether it is taken now. Returns the target EL, or 0 if masked.
 */
unsigned el4_cpu_physical_target(const struct el4_cpu *cpu, enum el4_vector_offset vector);
unsigned el4_cpu_virtual_target(const struct el4_cpu *cpu, enum el4_vector_offset vector);

/*
 * HVC and SMC at pc_next - 4 (conduit.c): the checks of the manual and the service chain, in
 * their one order; enters the exception or leaves the PC slot where to go on. False: the vCPU
 * must leave its loop (EL4_ATTENTION_STOP is set).
 */
bool el4_cpu_hvc(struct el4_cpu *cpu, uint16_t immediate, uint64_t pc_next);
bool el4_cpu_smc(struct el4_cpu *cpu, uint16_t immediate, uint64_t pc_next);

/* AArch32: PSTATE.IT becomes the next instruction's, as when one completes. */
void el4_cpu_advance_it(struct el4_cpu *cpu);

/*
 * The general registers and PSTATE as software at an AArch64 level above would find them (X0 to
 * X30 and, returned, SPSR); and back: go on there in the same security state, at any level
 * below EL3, as firmware's ERET would. Only where may_resume() is true of the SPSR.
 */
uint32_t el4_cpu_save_x(struct el4_cpu *cpu, uint64_t x[31]);
bool el4_cpu_may_resume(const struct el4_cpu *cpu, uint32_t spsr);
void el4_cpu_resume(struct el4_cpu *cpu, const uint64_t x[31], uint64_t pc, uint32_t spsr);

/* ERET at the current EL with the given target address; handles illegal returns. */
void el4_cpu_exception_return(struct el4_cpu *cpu, uint64_t target);

#endif
