/* SPDX-License-Identifier: MIT */
/*
 * Chains for the tests of core/smccc: fake services that remember what they were asked, and
 * short forms of claiming, chaining and calling that fail the test where they fail.
 */
#ifndef SMCCC_FIXTURE_H
#define SMCCC_FIXTURE_H

#include "smccc/smccc.h"

/* A service that says what it is told to, and remembers what it was asked. */
struct fake {
    enum el4_verdict verdict;
    uint64_t result;
    unsigned asked;
    struct el4_call last;
    struct fake **log;
    unsigned *log_length;
    struct el4_smccc_service *service;
};

struct el4_smccc_service *add(struct el4_smccc *smccc, const char *name, struct fake *fake);
void chain(struct el4_smccc *smccc, enum el4_conduit conduit, struct fake *fake);
/* Without a name: ids that are answered as unknown functions. */
struct el4_claim claim_of(uint32_t first, uint32_t last, const char *name);
void claim_with(struct el4_smccc *smccc, struct fake *fake, struct el4_claim claim);
void claim(struct el4_smccc *smccc, struct fake *fake, uint32_t first, uint32_t last);
void freeze(struct el4_smccc *smccc);
struct el4_call call_from(uint32_t caller, uint64_t x0);
struct el4_smccc_answer smc(struct el4_smccc *smccc, struct el4_call *call);

#endif
