/* SPDX-License-Identifier: MIT */
/* Fake services and short forms for the tests of core/smccc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smccc-fixture.h"

static enum el4_verdict fake_call(void *state, struct el4_call *call)
{
    struct fake *fake = state;
    fake->asked++;
    fake->last = *call;
    if (fake->log) {
        fake->log[(*fake->log_length)++] = fake;
    }
    el4_call_return(call, 0, fake->result);
    return fake->verdict;
}

struct el4_smccc_service *add(struct el4_smccc *smccc, const char *name, struct fake *fake)
{
    struct el4_smccc_handler handler = {.name = name, .call = fake_call, .state = fake};
    fake->service = el4_smccc_add_service(smccc, &handler);
    return fake->service;
}

void chain(struct el4_smccc *smccc, enum el4_conduit conduit, struct fake *fake)
{
    GError *error = NULL;
    assert_true(el4_smccc_chain(smccc, conduit, fake->service, &error));
    assert_null(error);
}

struct el4_claim claim_of(uint32_t first, uint32_t last, const char *name)
{
    return (struct el4_claim){.struct_size = sizeof(struct el4_claim),
                              .conduits = EL4_CONDUITS_ALL,
                              .first = first,
                              .last = last,
                              .name = name ? name : "unknown functions",
                              .flags = name ? 0 : EL4_CLAIM_UNKNOWN};
}

void claim_with(struct el4_smccc *smccc, struct fake *fake, struct el4_claim claim)
{
    GError *error = NULL;
    if (!el4_smccc_claim(smccc, fake->service, &claim, &error)) {
        fail_msg("%s", error->message);
    }
}

void claim(struct el4_smccc *smccc, struct fake *fake, uint32_t first, uint32_t last)
{
    claim_with(smccc, fake, claim_of(first, last, "function"));
}

void freeze(struct el4_smccc *smccc)
{
    GError *error = NULL;
    assert_true(el4_smccc_freeze(smccc, &error));
}

struct el4_call call_from(uint32_t caller, uint64_t x0)
{
    struct el4_call call = {.struct_size = sizeof(call), .caller = caller};
    call.args[0] = x0;
    return call;
}

struct el4_smccc_answer smc(struct el4_smccc *smccc, struct el4_call *call)
{
    struct el4_smccc_answer answer;
    el4_smccc_dispatch(smccc, call, &answer);
    return answer;
}
