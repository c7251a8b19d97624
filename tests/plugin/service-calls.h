/* SPDX-License-Identifier: MIT */
/*
 * Calls to a service under test in the fake host (fake-host.h): as a guest at Non-secure EL1
 * would make them by SMC, unless a test changes the call before it is made.
 */
#ifndef SERVICE_CALLS_H
#define SERVICE_CALLS_H

#include "fake-host.h"

/* service_smc() of a call that returned nothing at all. */
#define SERVICE_NOTHING 0x5afe

/* True if the claims have this id for this conduit and caller. */
static inline bool service_claims(const struct el4_instance *fake, unsigned conduit,
                                  uint32_t caller, uint32_t id)
{
    for (unsigned i = 0; i < fake->claim_count; i++) {
        const struct el4_claim *claim = &fake->claims[i];
        if (id >= claim->first && id <= claim->last && (claim->conduits >> conduit & 1) &&
            (!claim->callers || (claim->callers & caller))) {
            return true;
        }
    }
    return false;
}

static inline struct el4_call service_make_call(unsigned cpu, uint64_t id, uint64_t x1,
                                                uint64_t x2, uint64_t x3)
{
    return (struct el4_call){
        .struct_size = sizeof(struct el4_call),
        .id = (uint32_t)id,
        .conduit = EL4_CONDUIT_SMC,
        .caller = EL4_CALLER_NS_EL1,
        .cpu = cpu,
        .el = 1,
        .args = {id, x1, x2, x3, 4, 5, 6, 7},
    };
}

static inline enum el4_verdict service_call(struct el4_instance *fake, struct el4_call *call)
{
    fake->caller = call->cpu;
    return fake_service_ops()->call(fake->state, call);
}

/* x0 of a call that must be HANDLED and return nothing else. */
static inline int64_t service_smc(struct el4_instance *fake, unsigned cpu, uint64_t id,
                                  uint64_t x1, uint64_t x2, uint64_t x3)
{
    struct el4_call call = service_make_call(cpu, id, x1, x2, x3);
    assert_int_equal(service_call(fake, &call), EL4_HANDLED);
    assert_int_equal(call.result_mask & ~1u, 0);
    return call.result_mask ? (int64_t)call.results[0] : SERVICE_NOTHING;
}

#endif
