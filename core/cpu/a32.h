/* SPDX-License-Identifier: MIT */
/*
 * AArch32 state: modes, banked registers, CPSR, and exception entry and return (DDI 0487 G1,
 * DDI 0406C B1). The registers of the current mode are in the slots of X0..X14; cpu->a32 holds
 * the copies of the other modes, cpu->regs.a32 the system registers that have no AArch64 home.
 *
 * An EL3 that uses AArch32 (features.el3_a32: the v7 cores) is Monitor mode and every Secure
 * PL1 mode; PSTATE.EL is 3 there. Registers indexed by EL then have the Secure instance at [3]
 * and the Non-secure one at [1].
 */
#ifndef EL4_CPU_A32_H
#define EL4_CPU_A32_H

#include <stdbool.h>
#include <stdint.h>

struct el4_cpu;
struct el4_exception;

/* CPSR.M with bit 4, as in cpu->a32.mode. */
enum el4_a32_mode {
    EL4_A32_USR = 0x10,
    EL4_A32_FIQ = 0x11,
    EL4_A32_IRQ = 0x12,
    EL4_A32_SVC = 0x13,
    EL4_A32_MON = 0x16,
    EL4_A32_ABT = 0x17,
    EL4_A32_HYP = 0x1a,
    EL4_A32_UND = 0x1b,
    EL4_A32_SYS = 0x1f,
};

/* Whose R13 and R14 a mode has; System shares User's, Hyp has no R14 of its own. */
enum el4_a32_bank {
    EL4_A32_BANK_USR,
    EL4_A32_BANK_FIQ,
    EL4_A32_BANK_IRQ,
    EL4_A32_BANK_SVC,
    EL4_A32_BANK_MON,
    EL4_A32_BANK_ABT,
    EL4_A32_BANK_HYP,
    EL4_A32_BANK_UND,
    EL4_A32_BANK_COUNT,
};

/* The current mode, and the copies of what it does not show (stale for what it shows). */
struct el4_a32_banks {
    uint32_t mode; /* enum el4_a32_mode; 0 in AArch64 state */
    uint32_t r13[EL4_A32_BANK_COUNT];
    uint32_t r14[EL4_A32_BANK_COUNT];
    uint32_t r8_usr[5]; /* R8..R12 of all modes but FIQ */
    uint32_t r8_fiq[5];
};

/* Bits of the CPSR that are elsewhere than in PSTATE (EL4_PSTATE_*). */
#define EL4_CPSR_M    0x1fu
#define EL4_CPSR_T    (1u << 5)
#define EL4_CPSR_F    (1u << 6)
#define EL4_CPSR_I    (1u << 7)
#define EL4_CPSR_A    (1u << 8)
#define EL4_CPSR_E    (1u << 9)
#define EL4_CPSR_IT   0x0600fc00u
#define EL4_CPSR_GE   0x000f0000u
#define EL4_CPSR_IL   (1u << 20)
#define EL4_CPSR_DIT  (1u << 21)
#define EL4_CPSR_PAN  (1u << 22)
#define EL4_CPSR_SSBS (1u << 23)
#define EL4_CPSR_Q    (1u << 27)
#define EL4_CPSR_NZCV 0xf0000000u

/* SCTLR, HSCTLR: bits that AArch64's do not have. */
#define EL4_SCTLR_A32_V       (UINT64_C(1) << 13)
#define EL4_SCTLR_A32_TE      (UINT64_C(1) << 30)
#define EL4_SCTLR_A32_DSSBS   (UINT64_C(1) << 31)
#define EL4_SCTLR_A32_CP15BEN (UINT64_C(1) << 5)
#define EL4_SCTLR_A32_ITD     (UINT64_C(1) << 7)
#define EL4_SCTLR_A32_SED     (UINT64_C(1) << 8)
#define EL4_SCTLR_A32_SW      (UINT64_C(1) << 10)
#define EL4_SCTLR_A32_UWXN    (UINT64_C(1) << 20)
#define EL4_SCTLR_A32_TRE     (UINT64_C(1) << 28)
#define EL4_SCTLR_A32_AFE     (UINT64_C(1) << 29)
/* SCR of an AArch32 EL3; the others are where SCR_EL3 has them (SCD is SMD). */
#define EL4_SCR_FW (UINT64_C(1) << 4)
#define EL4_SCR_AW (UINT64_C(1) << 5)
/* TTBCR */
#define EL4_TTBCR_EAE (UINT64_C(1) << 31)
/* CPACR, NSACR, HCPTR, FPEXC, FPSCR */
#define EL4_CPACR_D32DIS   (UINT64_C(1) << 30)
#define EL4_CPACR_ASEDIS   (UINT64_C(1) << 31)
#define EL4_NSACR_CP10     (UINT64_C(1) << 10)
#define EL4_NSACR_CP11     (UINT64_C(1) << 11)
#define EL4_NSACR_NSD32DIS (UINT64_C(1) << 14)
#define EL4_NSACR_NSASEDIS (UINT64_C(1) << 15)
#define EL4_HCPTR_TCP10    (UINT64_C(1) << 10)
#define EL4_HCPTR_TASE     (UINT64_C(1) << 15)
#define EL4_FPEXC_DEX      (UINT64_C(1) << 29)
#define EL4_FPEXC_EN       (UINT64_C(1) << 30)
#define EL4_FPSCR_LEN      0x00070000u
#define EL4_FPSCR_VECTORS  0x00370000u /* Len and Stride; kept in regs.fp.fpcr */

/*
 * AArch32 system registers without a home in struct el4_sysregs, and Secure instances of what
 * is not an array by EL there. 64 bits wide each, so that tables can reach them by offset.
 */
struct el4_a32_regs {
    uint64_t mvbar;
    uint64_t nsacr;
    uint64_t dacr_s;
    uint64_t ifsr_s;
    uint64_t par_s;
    uint64_t csselr_s;
    uint64_t tpidrurw_s;
    uint64_t tpidruro_s;
    uint64_t teecr, teehbr;
    uint64_t dbgdscr_moe;                /* the rest of DBGDSCR is in MDSCR_EL1 */
    uint64_t a9_power, a9_diagnostic[2]; /* Cortex-A9 CRn 15; kept, without effect */
    uint64_t l2pfr;                      /* Cortex-A7, A15: likewise */
};

/* ---- what uses AArch32 ---- */

/* ELUsingAArch32() for EL1..EL3; EL0 outside of EL0 itself: the same as EL1. */
bool el4_cpu_el_is_a32(const struct el4_cpu *cpu, unsigned el);

/* ---- modes and banks ---- */

/* Switch registers and PSTATE.EL to a mode that exists; then el4_cpu_update_mode(). */
void el4_a32_set_mode(struct el4_cpu *cpu, uint32_t mode);
/* The EL of a mode now (ELFromM32); false if there is no such mode. */
bool el4_a32_mode_el(const struct el4_cpu *cpu, uint32_t mode, unsigned *el);
/* PSTATE.EL follows SCR.NS in an AArch32 EL3's world; called by el4_cpu_update_mode(). */
void el4_a32_follow_security(struct el4_cpu *cpu);

/* R0..R14 of the User mode (LDM and STM with ^), from any mode but User and System. */
uint32_t el4_a32_read_user(const struct el4_cpu *cpu, unsigned n);
void el4_a32_write_user(struct el4_cpu *cpu, unsigned n, uint32_t value);
/* R13 and R14 of any mode, the current one too (SRS, MRS and MSR banked). */
uint32_t el4_a32_read_mode_reg(const struct el4_cpu *cpu, uint32_t mode, unsigned n);
void el4_a32_write_mode_reg(struct el4_cpu *cpu, uint32_t mode, unsigned n, uint32_t value);
/*
 * MRS and MSR (banked): spsr is the R bit, sysm M:M1. What the manual leaves UNPREDICTABLE is
 * raised as UNDEFINED; both may trap to EL3.
 */
uint32_t el4_a32_read_banked(struct el4_cpu *cpu, bool spsr, unsigned sysm);
void el4_a32_write_banked(struct el4_cpu *cpu, bool spsr, unsigned sysm, uint32_t value);

/* The number of the X register that Rn of the current mode is (syndromes for AArch64). */
unsigned el4_a32_register_as_x(const struct el4_cpu *cpu, unsigned n);

/* ---- CPSR and SPSR ---- */

uint32_t el4_a32_cpsr(const struct el4_cpu *cpu);
/*
 * CPSRWriteByInstr(): the bits of mask, as far as the current privilege may write them; T, IT
 * and IL never. by_exception_return: everything, as el4_a32_exception_return() does. Updates
 * the mode word.
 */
void el4_a32_write_cpsr(struct el4_cpu *cpu, uint32_t value, uint32_t mask,
                        bool by_exception_return);
/* CPS: no effect in User mode. value and mask as for el4_a32_write_cpsr (A, I, F, M). */
void el4_a32_cps(struct el4_cpu *cpu, uint32_t value, uint32_t mask);
/* SETEND; raises UNDEFINED if SCTLR.SED forbids it. */
void el4_a32_setend(struct el4_cpu *cpu, bool big_endian);
/* SPSR of the current mode; raise UNDEFINED in User and System mode. */
uint32_t el4_a32_read_spsr(struct el4_cpu *cpu);
void el4_a32_write_spsr(struct el4_cpu *cpu, uint32_t value, uint32_t mask);

/* ---- exceptions ---- */

/*
 * The state part of entering an exception whose target EL uses AArch32 (exception.c does the
 * rest). pc is the preferred return address as for AArch64; the LR offset is added here.
 */
void el4_a32_enter(struct el4_cpu *cpu, const struct el4_exception *e, uint64_t pc);
/* Where the vectors of PL1 are (ExcVectorBase), by the bank's EL: 1 or 3. */
uint32_t el4_a32_vector_base(const struct el4_cpu *cpu, unsigned el);
/*
 * Return from an exception within AArch32: SUBS PC, LR; LDM with PC and ^; RFE; ERET. Raises
 * nothing; leaves PC slot and mode right. The caller has refused User and System mode (and Hyp
 * for all but ERET) with el4_a32_check_return().
 */
void el4_a32_exception_return(struct el4_cpu *cpu, uint32_t new_pc, uint32_t spsr);
/* ERET: to ELR_hyp in Hyp mode, else to LR. */
void el4_a32_eret(struct el4_cpu *cpu);
/* Raise UNDEFINED where an exception return is UNPREDICTABLE (is_eret: ERET itself). */
void el4_a32_check_return(struct el4_cpu *cpu, bool is_eret);
/* The same for RFE, which uses no SPSR: System mode may. */

/* Part of el4_cpu_exception_return(): AArch64 to AArch32, spsr as SPSR_ELx; legal already. */
void el4_a32_enter_from_a64(struct el4_cpu *cpu, uint32_t spsr);
/* Part of an exception from AArch32 to AArch64: R0..R14 and the banks into X0..X30. */
void el4_a32_leave_to_a64(struct el4_cpu *cpu);

/* A fault status of the long format as FS[4:0] of the short one. */
unsigned el4_a32_short_status(unsigned status);

/* ---- floating point ---- */

/* NSACR is there with an AArch32 EL3, and speaks to the Non-secure world. */
bool el4_a32_nsacr_applies(const struct el4_cpu *cpu);

/*
 * CheckAdvSIMDOrFPEnabled(): raises UNDEFINED or the trap, or returns. iss holds CV and COND
 * (bits 24:20), and bit 5 for an Advanced SIMD instruction. fpexc_check: FPEXC.EN counts (all
 * but VMRS and VMSR of FPEXC, FPSID and MVFRn).
 */
void el4_a32_check_fp(struct el4_cpu *cpu, bool fpexc_check, uint32_t iss);
/* The same without raising: true if it would, with target and ESR in *e. */
bool el4_a32_fp_is_trapped(const struct el4_cpu *cpu, bool fpexc_check, uint32_t iss,
                           struct el4_exception *e);
/* Parts of el4_cpu_update_mode(). */
unsigned el4_a32_fp_trap_el(const struct el4_cpu *cpu);
bool el4_a32_simd_off(const struct el4_cpu *cpu);
bool el4_a32_d32_off(const struct el4_cpu *cpu);

#endif
