/* SPDX-License-Identifier: MIT */
/*
 * What the three programs of the instruction tests exchange: gen.py writes cases, oracle.c (a
 * guest of qemu-aarch64) and run-el4.c each read them and write results, insn_test.py compares.
 * Both files are a header and then records; all is little-endian. gen.py knows the layout too.
 *
 * A case is one instruction, perhaps with a second one before it (LDXR before STXR, PACIA
 * before AUTIA), and everything that user mode can see before it. Where it runs is fixed:
 *
 *   0x40000000   data: the pages around the window of INSN_WINDOW_BYTES that is compared
 *   0x40010000   landing area, all BRK: where branches go
 *   0x40012000   slots of 16 bytes: [prefix] instruction BRK BRK
 *   0x40014000   landing area
 */
#ifndef EL4_TESTS_INSN_CASE_H
#define EL4_TESTS_INSN_CASE_H

#include <stdint.h>

#define INSN_MAGIC_CASES   UINT64_C(0x31736573616369) /* "icases1" */
#define INSN_MAGIC_RESULTS UINT64_C(0x31746c75736572) /* "result1" */

#define INSN_REGION       UINT64_C(0x40000000)
#define INSN_REGION_BYTES 0x20000u
#define INSN_WINDOW_BYTES 512u
#define INSN_WINDOW       (INSN_REGION + 0x2000 - INSN_WINDOW_BYTES / 2) /* crosses a page */
#define INSN_CODE         (INSN_REGION + 0x10000)
#define INSN_CODE_BYTES   0x6000u
#define INSN_SLOTS        (INSN_REGION + 0x12000)
#define INSN_SLOT_BYTES   16u
#define INSN_SLOT_COUNT   512u /* case number i runs in slot i modulo this */

#define INSN_BRK 0xd4200000u

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
    uint64_t pauth_keys[5][2]; /* IA, IB, DA, DB, GA; low half first */
    uint64_t at_random[2];     /* cases: what AT_RANDOM must hold if the keys are right */
};

struct insn_state {
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc;
    uint64_t nzcv; /* bits 31:28 */
    uint64_t fpcr;
    uint64_t fpsr;
    uint64_t v[32][2];
    uint8_t window[INSN_WINDOW_BYTES];
};

struct insn_case {
    uint32_t line;   /* number of the table line, for the report */
    uint32_t prefix; /* instruction before, or 0 */
    uint32_t insn;
    uint32_t reserved;
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

/* Where the run starts: at the prefix, if there is one. */
static inline uint64_t insn_start_address(const struct insn_case *c, uint32_t number)
{
    return insn_slot_address(number) + (c->prefix ? 0 : 4);
}

#endif
