/* SPDX-License-Identifier: MIT */
/* The record that the host writes, the oracle completes, and the host reads back. */
#ifndef FP_ORACLE_CASES_H
#define FP_ORACLE_CASES_H

#include <stdint.h>

struct fp_case {
    uint32_t op;
    uint32_t fpcr;
    uint32_t fpsr; /* before; the oracle replaces it by that after */
    uint32_t unused;
    uint64_t a, b, c;
    uint64_t result;
};

#endif
