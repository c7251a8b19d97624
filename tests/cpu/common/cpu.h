/* SPDX-License-Identifier: MIT */
/*
 * Runtime of the guests of tests/cpu, on that of ../../baremetal. They own EL3: every CPU
 * starts there, CPU 0 runs test_main() and the others wait for work (start_on). Exceptions are
 * noted, and by default stepped over or left by a return to the caller, so that a check can ask
 * what happened. All translation regimes share one identity map; see mmu_on().
 */
#ifndef CPU_H
#define CPU_H

#include "a64.h"
#include "baremetal.h"
#include "vectors-a64.h"

#define CPUS_MAX 4

#define dsb()    __asm__ volatile("dsb sy" ::: "memory")
#define dmb()    __asm__ volatile("dmb sy" ::: "memory")
#define tlbi(op) __asm__ volatile("tlbi " #op "\n\tdsb sy\n\tisb" ::: "memory")
#define tlbi_arg(op, x)                                                                        \
    __asm__ volatile("tlbi " #op ", %0\n\tdsb sy\n\tisb" ::"r"(x) : "memory")

/* The last exception of this CPU that was not the end of run_lower(). */
struct note {
    uint64_t count; /* of exceptions so far */
    uint64_t elr, spsr, esr, far, kind, level, hpfar;
    uint64_t intid; /* interrupts: what ICC_IAR gave */
};

/* ---- the guest's own ---- */
void test_main(void);

/* ---- exceptions ---- */
unsigned this_cpu(void);
struct note *note(void);
struct note *note_of(unsigned cpu);
/* Called after noting, on any CPU; true: the hook did all there is to do. */
extern bool (*volatile exception_hook)(struct frame *frame);

#define CLASS(esr)   ((unsigned)((esr) >> 26 & 0x3f))
#define ESR(ec, iss) ((uint64_t)(ec) << 26 | 1u << 25 | (iss))

/* ---- levels ---- */
#define SPSR_EL0  0x3c0u
#define SPSR_EL1  0x3c5u
#define SPSR_EL1T 0x3c4u
#define SPSR_EL2  0x3c9u
#define SCR_NS    1u
#define SCR_IRQ   2u
#define SCR_FIQ   4u
#define SCR_EA    8u
#define SCR_BASE  (0x30u | 1u << 8 | 1u << 10 | 1u << 16 | 1u << 17) /* RES1, HCE, RW, PAuth */
/*
 * Call a function at a lower level, with the given SPSR, and come back with what it returns.
 * For EL0 with the MMU on, give the function at user(). The current level's interrupt masks
 * stay as they are. SCR_EL3 and HCR_EL2 are the caller's affair.
 */
uint64_t run_lower(uint64_t spsr, uint64_t (*function)(uint64_t), uint64_t argument);
/* From EL3: at Non-secure EL1 or EL2, with HCR_EL2 as given (RW is added). */
uint64_t at_el1(uint64_t (*function)(uint64_t), uint64_t argument);
uint64_t at_el2(uint64_t (*function)(uint64_t), uint64_t argument);

/* ---- CPUs ---- */
void start_on(unsigned cpu, uint64_t (*function)(uint64_t), uint64_t argument); /* at EL3 */
uint64_t result_of(unsigned cpu);                                               /* waits */

/* ---- memory ---- */
/*
 * 0x00000000  1 GiB  devices
 * 0x40000000  1 GiB  RAM for EL1 to EL3
 * 0x80000000  2 MiB  pages that a test maps with map_page(); then 2 MiB blocks by map_block()
 * 0xc0000000  1 GiB  RAM once more, for EL0: user()
 */
#define WINDOW      0x80000000ul
#define BLOCKS      0x80200000ul
#define BLOCK_BYTES 0x200000ul
#define PAGE        4096ul
#define user(x)     ((__typeof__(x))((uint64_t)(x) + 0x80000000ul))

#define PTE_VALID  1ull
#define PTE_DEVICE (1ull << 2)
#define PTE_EL0    (1ull << 6)
#define PTE_RO     (1ull << 7)
#define PTE_AF     (1ull << 10)
#define PTE_NG     (1ull << 11)
#define PTE_GP     (1ull << 50)
#define PTE_DBM    (1ull << 51)
#define PTE_PXN    (1ull << 53)
#define PTE_UXN    (1ull << 54)
#define PTE_NORMAL (PTE_AF | 3ull << 8)

#define SCTLR_M    (1ull << 0)
#define SCTLR_A    (1ull << 1)
#define SCTLR_C    (1ull << 2)
#define SCTLR_SA   (1ull << 3)
#define SCTLR_SA0  (1ull << 4)
#define SCTLR_I    (1ull << 12)
#define SCTLR_WXN  (1ull << 19)
#define SCTLR_SPAN (1ull << 23)
#define SCTLR_E0E  (1ull << 24)
#define SCTLR_EE   (1ull << 25)
#define SCTLR_RES1 0x30d00800ull
#define SCTLR_ON   (SCTLR_RES1 | SCTLR_M | SCTLR_C | SCTLR_I)

/* Set up and switch on stage 1 of EL1&0 (1), EL2 (2) or EL3 (3); TTBR0 with ASID 0. */
void mmu_on(unsigned el);
void mmu_off(unsigned el);
uint64_t sctlr_of(unsigned el);
void set_sctlr(unsigned el, uint64_t value);
/* Descriptors only: the caller invalidates. attributes 0: unmapped. */
void map_page(uint64_t va, uint64_t pa, uint64_t attributes);
void map_block(uint64_t va, uint64_t pa, uint64_t attributes);
volatile uint64_t *page_entry(uint64_t va);
/* Invalidate everything of the regime of the current level, here. */
void tlb_flush(void);
/* A copy of the tables, with a window of its own: for another ASID. */
uint64_t second_tables(void);
volatile uint64_t *second_entry(uint64_t va);
/* Free RAM of the tests: 64 MiB from here. */
#define SCRATCH 0x42000000ul
/* Loads and stores that may fault: a fault gives FAULTED, and note() has it. */
#define FAULTED 0xfa017edfa017edull
uint64_t try_read(uint64_t va);
uint64_t try_write(uint64_t va, uint64_t value);
/* Call code at va; a fault on its fetch gives FAULTED. */
uint64_t try_call(uint64_t va);

/* ---- code made at run time ---- */
#define INSN_RET    0xd65f03c0u
#define INSN_NOP    0xd503201fu
#define INSN_B_SELF 0x14000000u
static inline uint32_t insn_movz_x0(unsigned imm)
{
    return 0xd2800000u | imm << 5;
}
static inline uint32_t insn_b(int64_t offset)
{
    return 0x14000000u | ((uint32_t)(offset / 4) & 0x3ffffffu);
}
/* MOVZ X0, #imm; RET at va. */
void put_function(uint64_t va, unsigned imm);
void put32(uint64_t va, uint32_t insn);
/* DC CVAU, DSB, IC IVAU, DSB, ISB for one line. */
void sync_code(uint64_t va);
uint64_t call_code(uint64_t va);

/* ---- GICv3 ---- */
#define SGI_G1S  8u  /* SGIs from this one on are Secure Group 1 ... */
#define SGI_G0   12u /* ... and from this one on Group 0; below they are Non-secure Group 1 */
#define SPURIOUS 1023u
unsigned gic_count_cpus(void);
void gic_start(void);                               /* on each CPU, at EL3 */
void gic_set_group(unsigned intid, unsigned group); /* PPI; 0: G0, 1: NS G1, 2: Secure G1 */
void send_sgi(unsigned intid, unsigned cpu);        /* at EL3; any group */

#endif
