/* SPDX-License-Identifier: MIT */
/*
 * System registers and system instructions: one table of everything that MRS, MSR and SYS can
 * name (sysreg-table.c), the rules of who may access it (sysreg-access.c), and what translate
 * functions call.
 *
 * An encoding is op0:op1:CRn:CRm:op2 in 2+3+4+4+3 bits: it fits the aux of a micro-op. SYS
 * instructions are the entries with op0 = 1.
 */
#ifndef EL4_CPU_SYSREG_H
#define EL4_CPU_SYSREG_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/uop.h"

struct el4_cpu;

#define EL4_SYSREG(op0, op1, crn, crm, op2)                                                    \
    ((uint32_t)(((op0) << 14) | ((op1) << 11) | ((crn) << 7) | ((crm) << 3) | (op2)))
#define EL4_SYSREG_OP0(e) (((e) >> 14) & 3)
#define EL4_SYSREG_OP1(e) (((e) >> 11) & 7)
#define EL4_SYSREG_CRN(e) (((e) >> 7) & 15)
#define EL4_SYSREG_CRM(e) (((e) >> 3) & 15)
#define EL4_SYSREG_OP2(e) ((e)&7)

/* What the register does when written, and what must be recomputed after it. */
#define EL4_REG_MODE      0x0001 /* el4_cpu_update_mode() */
#define EL4_REG_TRANSLATE 0x0002 /* fast TLBs are void */
#define EL4_REG_MASKS     0x0004 /* interrupt routing: attention word, GIC interface */
#define EL4_REG_DEBUG     0x0008 /* breakpoints, watchpoints, step */
#define EL4_REG_ENDS      0x0020 /* a write ends the block for other reasons */
#define EL4_REG_E2H       0x0040 /* alias (_EL12, _EL02): EL2 with E2H and EL3 with E2H only */
#define EL4_REG_RES0_EL3  0x0080 /* without EL2: RES0 at EL3 instead of UNDEFINED */
#define EL4_REG_KEPT_EL3  0x0100 /* without EL2: there at EL3 all the same */

/* Which traps apply; sysreg-access.c says how. */
enum el4_trap_class {
    EL4_TRAP_NONE,
    EL4_TRAP_VM, /* HCR_EL2.TVM, TRVM */
    EL4_TRAP_TID1,
    EL4_TRAP_TID2,
    EL4_TRAP_TID2_CTR, /* CTR_EL0: SCTLR.UCT too */
    EL4_TRAP_TID3,
    EL4_TRAP_DCZID,
    EL4_TRAP_TACR,
    EL4_TRAP_CPACR, /* CPTR_EL2.TCPAC, CPTR_EL3.TCPAC */
    EL4_TRAP_CPTR,  /* CPTR_EL3.TCPAC */
    EL4_TRAP_FP,
    EL4_TRAP_TDA,
    EL4_TRAP_TDCC,
    EL4_TRAP_TDRA,
    EL4_TRAP_TDOSA,
    EL4_TRAP_PM,
    EL4_TRAP_PMCR,
    EL4_TRAP_PMSWINC,
    EL4_TRAP_PMCCNTR,
    EL4_TRAP_PMEVCNTR,
    EL4_TRAP_PMSELR,
    EL4_TRAP_PMUSERENR,
    EL4_TRAP_LOR,
    EL4_TRAP_PAUTH,
    EL4_TRAP_SCXTNUM,
    EL4_TRAP_DAIF,
    EL4_TRAP_CNTFRQ,
    EL4_TRAP_CNTPCT,
    EL4_TRAP_CNTVCT,
    EL4_TRAP_CNTP,
    EL4_TRAP_CNTV,
    EL4_TRAP_CNTPS,
    EL4_TRAP_IMPDEF,
    EL4_TRAP_IC_POU,
    EL4_TRAP_DC_POU,
    EL4_TRAP_DC_POC,
    EL4_TRAP_DC_SW,
    EL4_TRAP_DC_IVAC,
    EL4_TRAP_DC_ZVA,
    EL4_TRAP_TLB,
    EL4_TRAP_TLB_IS,
    EL4_TRAP_AT,
    EL4_TRAP_RCTX,
};

/* What must be implemented for the register to exist. */
enum el4_need {
    EL4_NEED_NONE,
    EL4_NEED_VHE,
    EL4_NEED_PAN,
    EL4_NEED_PAN2,
    EL4_NEED_UAO,
    EL4_NEED_DIT,
    EL4_NEED_SSBS,
    EL4_NEED_PAUTH,
    EL4_NEED_LOR,
    EL4_NEED_RNG,
    EL4_NEED_CSV2,
    EL4_NEED_DPB,
    EL4_NEED_DPB2,
    EL4_NEED_SPECRES,
    EL4_NEED_CORTEX,
    EL4_NEED_BREAKPOINT, /* CRm is the number of an existing one */
    EL4_NEED_WATCHPOINT,
    EL4_NEED_HIGHEST, /* its EL is the highest implemented one */
};

#define EL4_REG_NEVER 4 /* min EL of an access that does not exist */

struct el4_sysreg {
    const char *name;
    uint16_t encoding;
    uint8_t read_el, write_el; /* lowest EL that may access it */
    uint8_t trap;              /* enum el4_trap_class */
    uint8_t need;              /* enum el4_need */
    uint16_t flags;
    uint16_t field;      /* offset in struct el4_sysregs, or 0: none */
    uint16_t redirect;   /* E2H at EL2: this register instead; aliases: always. 0: none */
    uint64_t write_mask; /* bits that a write changes */
    uint64_t (*read)(struct el4_cpu *cpu, const struct el4_sysreg *reg);
    void (*write)(struct el4_cpu *cpu, const struct el4_sysreg *reg, uint64_t value);
};

/* The table, sorted by encoding. */
extern const struct el4_sysreg el4_sysreg_table[];
extern const unsigned el4_sysreg_table_count;

/* Entry of an encoding, or NULL: unknown to the cpu (perhaps a device's). */
const struct el4_sysreg *el4_sysreg_lookup(uint32_t encoding);
/* A write (or SYS) to it must end the block; true for all that the cpu does not know. */
bool el4_sysreg_write_ends_block(uint32_t encoding);

/*
 * Translate functions: MRS is d = el4_sysreg_read_call(aux = encoding), MSR and SYS are
 * el4_sysreg_write_call(a = value, aux = encoding). They check access and may raise. d and a
 * must be the slot of Xt itself (SINK or ZERO for XZR): a trap's syndrome takes Rt from there.
 */
uint64_t el4_sysreg_read_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                              uint32_t aux);
uint64_t el4_sysreg_write_call(struct el4_cpu *cpu, uint64_t value, uint64_t b, uint64_t c,
                               uint32_t aux);

/* MSR (immediate): aux = the four-bit immediate. Each ends its block but for SSBS and DIT. */
uint64_t el4_msr_daifset_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                              uint32_t aux);
uint64_t el4_msr_daifclr_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                              uint32_t aux);
uint64_t el4_msr_spsel_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                            uint32_t aux);
uint64_t el4_msr_pan_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                          uint32_t aux);
uint64_t el4_msr_uao_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                          uint32_t aux);
uint64_t el4_msr_dit_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                          uint32_t aux);
uint64_t el4_msr_ssbs_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                           uint32_t aux);

/*
 * Hints and returns (hints.c). WFI and WFE set cpu->waiting and return 1 when there is nothing
 * to do; the block must end after them. ERET: a = target; returns the new PC (also in the PC
 * slot), for EXITPC.
 */
uint64_t el4_wfi_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux);
uint64_t el4_wfe_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux);
uint64_t el4_sev_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux);
uint64_t el4_sevl_call(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t aux);
uint64_t el4_eret_call(struct el4_cpu *cpu, uint64_t target, uint64_t b, uint64_t c,
                       uint32_t aux);

/* DAIF, as in the DAIF register (bits 9:6). */
void el4_cpu_write_daif(struct el4_cpu *cpu, uint64_t value);

/* Raise the EC 0x18 trap of the access to target_el. */
_Noreturn void el4_sysreg_trap(struct el4_cpu *cpu, uint32_t encoding, bool is_read,
                               unsigned target_el);
/* Target EL of the trap that the access takes now, 0 for none, -1 for UNDEFINED. */
int el4_sysreg_check(const struct el4_cpu *cpu, const struct el4_sysreg *reg, bool is_read);
/* The traps of a class alone, for what is no entry of this table (cp-access.c). */
int el4_sysreg_class_trap(const struct el4_cpu *cpu, enum el4_trap_class class, bool is_read);

#endif
