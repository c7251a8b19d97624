/* SPDX-License-Identifier: MIT */
/*
 * Runtime of the AArch32 guests, on that of ../baremetal: calls with a note of what they did,
 * and the way down from Secure Supervisor mode to Hyp and Supervisor
 * mode.
 */
#ifndef GUEST_A32_H
#define GUEST_A32_H

#include "baremetal.h"

/* The tables of vectors: where an exception went. */
enum table { TABLE_SECURE, TABLE_NORMAL, TABLE_HYP, TABLE_MONITOR };

enum vector { VECTOR_UNDEFINED = 1, VECTOR_CALL = 2, VECTOR_HYP_TRAP = 5 };

enum { MODE_SVC = 0x13, MODE_MON = 0x16, MODE_HYP = 0x1a };

/* What came of one call. */
struct outcome {
    uint32_t r[13];
    bool trapped;
    enum table table;
    enum vector vector;
    uint32_t hsr;           /* of Hyp mode's */
    uint32_t return_offset; /* LR or ELR_hyp - address of the instruction */
};

/* TRUE and FALSE: with a condition that holds or does not, in A32, and by IT in T32. */
enum how {
    SMC,
    SMC_1,
    SMC_T32,
    SMC_TRUE,
    SMC_FALSE,
    SMC_IT_TRUE,
    SMC_IT_FALSE,
    SMC_USER, /* in User mode; from Supervisor mode of the Normal world only */
    SMC_T32_USER,
    HVC,
    HVC_1,
    HVC_T32,
    HVC_USER,
    HVC_T32_USER,
    READ_SCR,
    EL4_HLT,
    EL4_HLT_T32,
    EL4_DOORBELL,
    EL4_SYSREG
};

struct frame {
    uint32_t r[13];
    uint32_t lr;
};

/* ---- the guest's own ---- */
/* At the level where the machine starts it; and of a CPU that it starts, if it does. */
void guest_main(void);
void guest_secondary(uint32_t context, uint32_t cpsr);
/* Called for each exception; it may change the registers of the frame. */
extern void (*exception_hook)(struct frame *frame, enum table table, uint32_t hsr);

/* ---- calls ---- */
/* r4 to r12 are filled with a pattern, but for r9 and r12 if they are not 0 here. */
struct outcome call(enum how how, const uint32_t *r0_to_r3, uint32_t r9, uint32_t r12);
/* No register but r0 changed. */
bool kept_registers(const struct outcome *outcome, const uint32_t *r0_to_r3, uint32_t r9,
                    uint32_t r12);

/* ---- levels ---- */
bool has_security(void);       /* ID_PFR1 */
bool has_virtualization(void); /* ID_PFR1 */
bool is_v8(void);              /* ID_ISAR5 */
/* Mode (5 bits) of the caller; and whether it is in the Secure world. */
uint32_t current_mode(void);
bool is_secure(void);
#define SCR_NS  (1u << 0)
#define SCR_HCE (1u << 8)
#define HCR_TSC (1u << 19)
void leave_secure(void (*function)(void), uint32_t cpsr, uint32_t scr)
    __attribute__((noreturn));
void in_monitor_mode(void (*function)(void));
void leave_hyp(void (*function)(void)) __attribute__((noreturn));
void write_hcr(uint32_t hcr);
extern char secondary_entry[];

#endif
