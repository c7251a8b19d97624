/* SPDX-License-Identifier: MIT */
#ifndef EL4_TESTS_INSN_CASE_H
#define EL4_TESTS_INSN_CASE_H

#include <stdint.h>

#define INSN_MAGIC_CASES   UINT64_C(0x32736573616369) /* "icases2" */
#define INSN_MAGIC_RESULTS UINT64_C(0x32746c75736572) /* "result2" */

#define INSN_REGION       UINT64_C(0x60000000)
#define INSN_REGION_BYTES 0x20000u
#define INSN_WINDOW_BYTES 512u
#define INSN_WINDOW       (INSN_REGION + 0x2000 - INSN_WINDOW_BYTES / 2) /* crosses a page */
#define INSN_CODE         (INSN_REGION + 0x10000)
#define INSN_CODE_BYTES   0x6000u
#define INSN_SLOTS        (INSN_REGION + 0x12000)
#define INSN_LANDING_HIGH UINT64_C(0x4000) /* from INSN_CODE */
#define INSN_SLOT_BYTES   32u
#define INSN_SLOT_COUNT   256u /* case number i runs in slot i modulo this */

/* N Z C V Q IT GE E T */
#define INSN_CPSR 0xfe0ffe20u

enum insn_isa { INSN_A64, INSN_AARCH32 };

/* How a run of the instruction ended. */
enum insn_outcome {
    INSN_DONE,      /* completed; pc says where control went */
    INSN_UNDEFINED, /* SIGILL, or an Unknown or system register exception */
    INSN_FAULT,     /* SIGSEGV, or a data or instruction abort but for alignment */
    INSN_ALIGNMENT, /* SIGBUS, or an alignment fault of data, PC or SP */
    INSN_OTHER,     /* anything else; detail says what */
};

struct insn_header {
    uint64_t magic;
    uint32_t count;
    uint32_t record_bytes;
    uint32_t isa;     /* enum insn_isa */
    uint32_t fill[2]; /* breakpoints of the lower landing area and the slots; of the upper */
    uint32_t reserved;
    uint64_t pauth_keys[5][2]; /* IA, IB, DA, DB, GA; low half first */
    uint64_t at_random[2];     /* cases: what AT_RANDOM must hold if the keys are right */
};

/*
 * AArch32: R0 to R14 are x[0] to x[14], the FPSCR is fpcr, and D0 to D31 are v[0] to v[15]; the
 * rest is zero.
 */
struct insn_state {
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc;    /* before: where to start, at the prefix if there is one */
    uint64_t flags; /* NZCV in bits 31:28; AArch32: the bits INSN_CPSR of the CPSR */
    uint64_t fpcr;
    uint64_t fpsr;
    uint64_t v[32][2];
    uint8_t window[INSN_WINDOW_BYTES];
};

struct insn_case {
    uint32_t line; /* number of the table line, for the report */
    uint32_t insn; /* for the report, as the next one */
    uint32_t word; /* as the tables have it: differs for T32's SIMD instructions */
    uint32_t reserved;
    uint8_t code[INSN_SLOT_BYTES]; /* what its slot holds */
    struct insn_state before;
};

struct insn_result {
    uint32_t outcome; /* enum insn_outcome */
    uint32_t detail;  /* signal number, or exception class */
    struct insn_state after;
};

_Static_assert(sizeof(struct insn_state) == 36 * 8 + 512 + INSN_WINDOW_BYTES, "no padding");

static inline uint64_t insn_slot_address(uint32_t number)
{
    return INSN_SLOTS + number % INSN_SLOT_COUNT * INSN_SLOT_BYTES;
}

#endif
