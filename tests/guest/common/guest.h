/* SPDX-License-Identifier: MIT */
/*
 * Runtime of the guests that make calls, on that of ../../baremetal. A guest has one function,
 * guest_main, which CPU 0 enters at the level where the machine starts it; it makes calls,
 * checks what comes of them, and ends with finish(). Exceptions are noted and stepped over, so
 * that a check can ask what happened.
 */
#ifndef GUEST_H
#define GUEST_H

#include "a64.h"
#include "baremetal.h"
#include "vectors-a64.h"

#define CPUS_MAX 8

/* How a call is made. */
enum how {
    SMC,
    SMC_1,
    SMC_FFFF,
    SMC_EL0, /* at EL0; from EL1 only */
    HVC,
    HVC_1,
    HVC_EL0,
    EL4_HLT,
    EL4_DOORBELL,
    EL4_SYSREG
};

/* What came of one call. */
struct outcome {
    uint64_t x[18]; /* registers after it */
    bool trapped;   /* an exception was taken ... */
    unsigned level; /* ... to this level */
    uint64_t esr;
    uint64_t elr_offset; /* preferred return address - address of the instruction */
};

struct exception_note {
    uint64_t count;
    uint64_t level, esr, elr, kind;
    uint64_t x0, x12;
};

/* ---- the guest's own ---- */
void guest_main(void);

/* ---- checks ---- */
/* The call was answered: nothing trapped, and x0 is this. */
void check_answer(const char *name, struct outcome outcome, uint64_t want_x0);
/* The call was an exception: to this level, with this syndrome, returning so far on. */
void check_trap(const char *name, struct outcome outcome, unsigned level, uint64_t esr,
                uint64_t elr_offset);
/* UNDEFINED, taken to this level. */
void check_undefined(const char *name, struct outcome outcome, unsigned level);

/* ---- calls ---- */
/* x4 to x17 are filled with a pattern before the call. */
struct outcome call(enum how how, uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3);
struct outcome call_with_x12(enum how how, uint64_t x0, uint64_t x1, uint64_t x12);
/* True if no register but x0 changed (x0 to x3 as given). */
bool kept_registers(const struct outcome *outcome, uint64_t x1, uint64_t x2, uint64_t x3);
/* PSCI and the like by one conduit for all; `by` is set by the guest. */
extern enum how by;
int64_t psci(uint64_t id, uint64_t x1, uint64_t x2, uint64_t x3);

/* ---- levels ---- */
/* Set what SCR_EL3 gets beside RW, NS and (for EL2) HCE when EL3 is left. */
#define SCR_SMD (1u << 7)
#define SCR_HCE (1u << 8)
#define HCR_TSC (1ull << 19)
#define HCR_HCD (1ull << 29)
/* Go on in `function` at a lower level, Non-secure or Secure. Leaves stacks and vectors ready.
 */
void drop_to(unsigned level, bool secure, uint64_t scr, void (*function)(void))
    __attribute__((noreturn));
void write_hcr(uint64_t hcr);
/* What EL3's handler returns in x0 of an SMC, to tell that it was there. */
#define MONITOR_ANSWER 0x4d4f4e49544f52ull
/*
 * Called for each exception after it was noted; true if it did all there is to do (by changing
 * the frame). NULL: SMCs that reach EL3 return MONITOR_ANSWER, the rest is stepped over.
 */
extern bool (*exception_hook)(struct frame *frame);
/* What happened last on this CPU. */
struct exception_note *last_exception(void);

/* ---- CPUs ---- */
extern char secondary_entry[]; /* entry for CPU_ON and suspend */
/* Runs on the started CPU: context id, DAIF and SPSel at entry. */
extern void (*volatile secondary_hook)(uint64_t context, uint64_t daif, uint64_t spsel);
unsigned this_cpu(void);
/* ---- interrupts: the virt board's GICv2 or GICv3 ---- */
#define TIMER_INTERRUPT 30 /* EL1 physical timer */
void gic_start(void);      /* distributor and this CPU's interface, timer interrupt enabled */
void timer_in_us(uint64_t us);
void timer_off(void);
/* SGI to one CPU; and take what this CPU has pending: its INTID, 1023 if there is nothing. */
void gicv2_send_sgi(unsigned cpu, unsigned intid);
unsigned gicv2_acknowledge(void);

/* ---- PSCI names ---- */
#define PSCI_VERSION         0x84000000u
#define PSCI_CPU_SUSPEND     0x84000001u
#define PSCI_CPU_OFF         0x84000002u
#define PSCI_CPU_ON          0x84000003u
#define PSCI_AFFINITY_INFO   0x84000004u
#define PSCI_MIGRATE         0x84000005u
#define PSCI_MIGRATE_TYPE    0x84000006u
#define PSCI_MIGRATE_UP_CPU  0x84000007u
#define PSCI_SYSTEM_OFF      0x84000008u
#define PSCI_SYSTEM_RESET    0x84000009u
#define PSCI_FEATURES        0x8400000au
#define PSCI_CPU_FREEZE      0x8400000bu
#define PSCI_DEFAULT_SUSPEND 0x8400000cu
#define PSCI_NODE_HW_STATE   0x8400000du
#define PSCI_SYSTEM_SUSPEND  0x8400000eu
#define PSCI_SUSPEND_MODE    0x8400000fu
#define PSCI_STAT_RESIDENCY  0x84000010u
#define PSCI_STAT_COUNT      0x84000011u
#define PSCI_SYSTEM_RESET2   0x84000012u
#define PSCI_MEM_PROTECT     0x84000013u
#define PSCI_CHECK_RANGE     0x84000014u
#define PSCI_SYSTEM_OFF2     0x84000015u
#define SMC64                0x40000000u

#define NOT_SUPPORTED      ((uint64_t)-1)
#define INVALID_PARAMETERS ((uint64_t)-2)
#define DENIED             ((uint64_t)-3)
#define ALREADY_ON         ((uint64_t)-4)
#define ON_PENDING         ((uint64_t)-5)
#define INVALID_ADDRESS    ((uint64_t)-9)

/* ESR_ELx of the exceptions that calls make. */
#define ESR_UNDEFINED 0x02000000u
#define ESR_SMC(imm)  (0x5e000000u | (imm))
#define ESR_HVC(imm)  (0x5a000000u | (imm))

#endif
