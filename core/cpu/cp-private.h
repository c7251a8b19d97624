/* SPDX-License-Identifier: MIT */
/* The table of coprocessor registers, between cp.c, cp-access.c, cp-table.c and what it names.
 */
#ifndef EL4_CPU_CP_PRIVATE_H
#define EL4_CPU_CP_PRIVATE_H

#include "cpu/cp.h"
#include "cpu/sysreg.h"

/* Who may access a register: the modes, with Monitor seeing the bank that SCR.NS says. */
#define EL4_CP_BY_USER   0x01u
#define EL4_CP_BY_NS     0x02u /* PL1 modes, Non-secure (or without a Security Extension) */
#define EL4_CP_BY_SECURE 0x04u /* PL1 modes, Secure */
#define EL4_CP_BY_HYP    0x08u
#define EL4_CP_BY_MON_S  0x10u
#define EL4_CP_BY_MON_NS 0x20u

/* Beside EL4_REG_* of sysreg.h, which say what a write does. */
#define EL4_CP_HIGH    0x0200 /* bits 63:32 of the storage */
#define EL4_CP_MERGE   0x0400 /* a view of half a register: a write keeps the other half */
#define EL4_CP_TO_EL3  0x0800 /* an AArch64 EL3 takes what Secure EL1 asks for */
#define EL4_CP_TID0    0x1000 /* HCR.TID0 */
#define EL4_CP_UDCC    0x2000 /* MDSCR_EL1.TDCC, DBGDSCR.UDCCdis keeps User mode off */
#define EL4_CP_TTEE    0x4000 /* HSTR.TTEE */
#define EL4_CP_CP15BEN 0x8000 /* SCTLR.CP15BEN */

enum el4_cp_need {
    EL4_CP_NEED_NONE,
    EL4_CP_NEED_EL2,
    EL4_CP_NEED_LPAE,
    EL4_CP_NEED_TIMER,
    EL4_CP_NEED_V7,
    EL4_CP_NEED_V8,
    EL4_CP_NEED_V8_EL2,
    EL4_CP_NEED_PAN2,
    EL4_CP_NEED_HPD,     /* TTBCR2 */
    EL4_CP_NEED_ACTLR2,  /* ACTLR2, HACTLR2 */
    EL4_CP_NEED_CCIDX,   /* CCSIDR2 */
    EL4_CP_NEED_SPECRES, /* CFPRCTX and so on */
    EL4_CP_NEED_THUMBEE,
    EL4_CP_NEED_BREAKPOINT, /* CRm is the number of an existing one */
    EL4_CP_NEED_CONTEXT,    /* and of one that compares contexts */
    EL4_CP_NEED_WATCHPOINT,
    EL4_CP_NEED_RMR_EL1, /* EL1 is the highest there is */
    EL4_CP_NEED_RMR_EL2,
    EL4_CP_NEED_A9,
    EL4_CP_NEED_L2, /* the Cortex models with a second-level cache of their own */
    EL4_CP_NEED_A7_A15,
    EL4_CP_NEED_CORTEX, /* Cortex-A53, A57, A72 */
};

struct el4_cp_reg {
    const char *name;
    uint32_t key; /* with EL4_CP_WIDE */
    uint8_t read_by, write_by;
    uint8_t trap; /* enum el4_trap_class of the AArch64 register */
    uint8_t need;
    uint16_t flags;
    uint16_t view;         /* it is this AArch64 register, or half of it */
    uint16_t field;        /* else storage: offset in struct el4_sysregs, or 0 */
    uint16_t secure_field; /* of the Secure instance, 0: not banked */
    uint64_t mask;         /* bits that a write changes, as the guest numbers them */
    uint64_t (*read)(struct el4_cpu *cpu, const struct el4_cp_reg *reg);
    void (*write)(struct el4_cpu *cpu, const struct el4_cp_reg *reg, uint64_t value);
};

/* Sorted by key. */
extern const struct el4_cp_reg el4_cp_table[];
extern const unsigned el4_cp_table_count;

/* Whole 64-bit storage of the instance that the current state sees; NULL: there is none. */
uint64_t *el4_cp_storage(struct el4_cpu *cpu, const struct el4_cp_reg *reg);

/* Target EL of the trap that the access takes now, 0 for none, -1 for UNDEFINED. */
int el4_cp_check(const struct el4_cpu *cpu, const struct el4_cp_reg *reg, bool is_read);
/* The same of what comes before knowing the register: HSTR and HCR.TIDCP. */
int el4_cp_check_key(const struct el4_cpu *cpu, uint32_t key);
/* EL4_CP_BY_* of the current mode. */
unsigned el4_cp_who(const struct el4_cpu *cpu);

/* clang-format off */
#define EL4_CP_READERS(X)                                                                    \
    X(ccsidr) X(cpacr) X(nsacr) X(hcptr) X(cntp) X(cbar) X(l2ctlr) X(dbgdidr) X(dbgprsr)    \
    X(dbgdscr) X(dbgauthstatus)
#define EL4_CP_WRITERS(X)                                                                    \
    X(nothing) X(sctlr) X(hsctlr) X(actlr) X(cpacr) X(scr) X(hcptr) X(ttbcr) X(htcr)        \
    X(vtcr) X(cntp) X(cbar) X(dbgoslar) X(dbgdscr) X(barrier) X(at) X(tlbi) X(tlbi_hyp)
/* clang-format on */

#define X(name) uint64_t el4_cp_read_##name(struct el4_cpu *, const struct el4_cp_reg *);
EL4_CP_READERS(X)
#undef X
#define X(name) void el4_cp_write_##name(struct el4_cpu *, const struct el4_cp_reg *, uint64_t);
EL4_CP_WRITERS(X)
#undef X

/* Pieces of a 32-bit key. */
#define EL4_CP_IS_14(key)   ((key) >> 15 & 1)
#define EL4_CP_CRN(key)     ((key) >> 11 & 15)
#define EL4_CP_CRM(key)     ((key) >> 7 & 15)
#define EL4_CP_OPC1(key)    ((key) >> 4 & 7)
#define EL4_CP_OPC2(key)    ((key) >> 1 & 7)
#define EL4_CP_OPC1_64(key) ((key) >> 3 & 15)

#endif
