/* SPDX-License-Identifier: MIT */
/*
 * Service calls: claims of services, chained in the configuration's order, flattened into one
 * sorted table a conduit and frozen before the guest runs. A call is one binary search.
 *
 * Build: el4_smccc_new, el4_smccc_chain for each conduit's services in order, el4_smccc_claim
 * for each claim, el4_smccc_freeze. Then el4_smccc_dispatch from any vCPU thread (the caller
 * holds the lock that services run under).
 */
#ifndef EL4_SMCCC_SMCCC_H
#define EL4_SMCCC_SMCCC_H

#include <el4/config.h>
#include <el4/service.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Exported from libel4. */
#pragma GCC visibility push(default)

struct el4_smccc;
struct el4_smccc_service; /* one service instance in the chains */

/* What an instruction's immediate other than 0 means for a chain. */
enum el4_smccc_immediates {
    EL4_SMCCC_IMMEDIATE_ZERO, /* only #0 is an SMCCC call, others are architectural (default) */
    EL4_SMCCC_IMMEDIATE_ANY,  /* the immediate is ignored */
};

/* How a service instance is reached. */
struct el4_smccc_handler {
    const char *name; /* of the instance, for messages and tables */
    enum el4_verdict (*call)(void *state, struct el4_call *call);
    void *state;
};

struct el4_smccc *el4_smccc_new(void);
void el4_smccc_free(struct el4_smccc *smccc);

/* Make a service known; it takes part in the chains it is appended to. */
struct el4_smccc_service *el4_smccc_add_service(struct el4_smccc *smccc,
                                                const struct el4_smccc_handler *handler);
/* Append to a conduit's chain; false if the service is in it already. */
bool el4_smccc_chain(struct el4_smccc *smccc, enum el4_conduit conduit,
                     struct el4_smccc_service *service, GError **error);
/* What becomes of a call that nobody takes on this machine, for the printed explanations. */
void el4_smccc_set_otherwise(struct el4_smccc *smccc, enum el4_conduit conduit,
                             const char *text);
void el4_smccc_set_immediates(struct el4_smccc *smccc, enum el4_conduit conduit,
                              enum el4_smccc_immediates immediates);

/*
 * Add a claim of a service. Errors: first > last; no conduit, caller or selector that exists;
 * only ids that have the hint bit (no call has them); overlap with another claim of the same
 * service for a common conduit, caller and selector (both named).
 *
 * A claim without a name answers its ids as unknown functions: it takes part in calls like any
 * other, but el4_smccc_who(), and so discovery calls, do not take it for an implementation.
 * Claims that replace (drop_claims) nothing but such claims are of the same kind.
 */
bool el4_smccc_claim(struct el4_smccc *smccc, struct el4_smccc_service *service,
                     const struct el4_claim *claim, GError **error);
/* The configuration replaces the claims of a service: drop those made so far. */
void el4_smccc_drop_claims(struct el4_smccc *smccc, struct el4_smccc_service *service);
/*
 * Narrow the claims made so far to some conduits and, if callers is not 0, to some callers;
 * claims that lose all of either are dropped.
 */
void el4_smccc_limit_claims(struct el4_smccc *smccc, struct el4_smccc_service *service,
                            uint32_t conduits, uint32_t callers);
/* The handler's state, for a service that is created after it was made known. */
void el4_smccc_set_state(struct el4_smccc_service *service, void *state);

/* Flatten and freeze. No claim or chain may be added afterwards (asserted). */
bool el4_smccc_freeze(struct el4_smccc *smccc, GError **error);

/* True if anything is chained on the conduit. */
bool el4_smccc_has_chain(const struct el4_smccc *smccc, enum el4_conduit conduit);

/* What an injected fault does with a call. */
enum el4_smccc_fault_action {
    EL4_SMCCC_FAULT_RETURN, /* these results, no service is asked */
    EL4_SMCCC_FAULT_DROP,   /* execution goes on after the call as if nothing had happened */
    EL4_SMCCC_FAULT_TRAP,   /* the architectural exception */
    EL4_SMCCC_FAULT_DELAY,  /* the chain is asked as ever, later */
};

/* A rule that makes calls fail on purpose: which calls, which of these, and how. */
struct el4_smccc_fault {
    const char *name;
    /* Which calls: all that match count. */
    uint32_t conduits, callers; /* bits */
    uint32_t selector;          /* register that holds the id */
    const struct el4_config_range *ids;
    size_t id_count; /* 0: every id */
    /* Which of them, counted from 1: those listed, each `every`th, and by chance. */
    const uint64_t *nth;
    size_t nth_count;
    uint64_t every;     /* 0: none */
    double probability; /* 0 to 1 */
    uint64_t seed;      /* of the chance: the same seed gives the same choices */
    uint64_t limit;     /* it happens at most so often; 0: without limit */
    enum el4_smccc_fault_action action;
    uint64_t results[18]; /* RETURN */
    uint32_t result_mask;
    uint64_t delay_ns; /* with any action */
};

/* Add a rule (copied); the first that hits a call decides. Before el4_smccc_freeze. */
void el4_smccc_add_fault(struct el4_smccc *smccc, const struct el4_smccc_fault *fault);

/* What came of a call. */
enum el4_smccc_outcome {
    EL4_SMCCC_HANDLED,       /* call->results are to be written back */
    EL4_SMCCC_ARCHITECTURAL, /* nobody claims or wants it, or a service said TRAP */
};

struct el4_smccc_answer {
    enum el4_smccc_outcome outcome;
    const struct el4_smccc_service *service; /* who handled it or said TRAP; NULL: nobody */
    const char *claim;                       /* name of the claim that matched, or NULL */
    const char *fault;                       /* name of the fault that was injected, or NULL */
    uint64_t delay_ns;                       /* of that fault: the caller is to wait so long */
};

/*
 * Ask the chain. call comes with conduit, caller, cpu, immediate, el, secure, aarch32 and args
 * set; id, hint and selector are filled in here for each service that is asked. The rule for
 * immediates concerns SMC and HVC; that of the el4 conduit is the machine's. Services that
 * claim the call by different selectors are asked in the chain's order all the same; one
 * service, in the order of the registers' numbers. After EL4_SMCCC_HANDLED, result_mask has
 * bits of registers that exist for the caller only. Takes no lock.
 */
void el4_smccc_dispatch(struct el4_smccc *smccc, struct el4_call *call,
                        struct el4_smccc_answer *answer);

/*
 * Who implements this id: the service that would be asked first (no call is made). NULL: nobody
 * claims it, or whoever does claims it without a name. The hint bit of a fast id is ignored.
 */
const struct el4_smccc_service *el4_smccc_who(const struct el4_smccc *smccc,
                                              enum el4_conduit conduit, uint32_t caller,
                                              unsigned selector, uint32_t id,
                                              const char **claim_name);
/* True if some service that the caller reaches on this conduit can start CPUs. */
bool el4_smccc_starts_cpus(const struct el4_smccc *smccc, enum el4_conduit conduit,
                           uint32_t caller);
/* True if the service is the first to be asked for at least one id on this conduit. */
bool el4_smccc_answers(const struct el4_smccc *smccc, const struct el4_smccc_service *service,
                       enum el4_conduit conduit, uint32_t caller);
const char *el4_smccc_service_name(const struct el4_smccc_service *service);

/* True for an SMCCC fast call id, whose bit 16 is a hint and no part of it. */
static inline bool el4_smccc_is_fast(uint32_t id)
{
    return id >> 31;
}
#define EL4_SMCCC_HINT (1u << 16)

/* The same for reports, which tell more apart. */
enum el4_smccc_verdict {
    EL4_SMCCC_WAS_HANDLED,
    EL4_SMCCC_WAS_TRAPPED, /* by a service or by an injected fault */
    EL4_SMCCC_WAS_UNCLAIMED,
};
enum el4_smccc_verdict el4_smccc_verdict(const struct el4_smccc_answer *answer);
/* "handled", "trapped", "unclaimed". */
const char *el4_smccc_verdict_name(enum el4_smccc_verdict verdict);

/* Calls with one verdict of one service. */
struct el4_smccc_tally {
    struct el4_smccc_tally *next;
    enum el4_smccc_verdict verdict;
    const struct el4_smccc_service *service; /* NULL: nobody, or an injected fault */
    uint64_t count;
};

/* What was counted of the calls of one id on one conduit. */
#define EL4_SMCCC_BUCKETS 32
struct el4_smccc_count {
    enum el4_conduit conduit;
    uint32_t id;
    bool others; /* of more ids than are told apart, `id` being none of theirs */
    uint64_t handled, trapped, unclaimed; /* by what came of them */
    struct el4_smccc_tally *tallies;      /* the same, and by service */
    uint64_t faults;                      /* of all these, met an injected fault */
    /* Host time that the answers took, and how many took less than 2^n ns (n the index) but
     * not less than half of that. Delays of faults are not in it. */
    uint64_t total_ns, longest_ns;
    uint64_t histogram[EL4_SMCCC_BUCKETS];
};

/* Count from now on. Costs two looks at the host's clock a call. */
void el4_smccc_enable_counts(struct el4_smccc *smccc);
/* By conduit and id. Whoever calls sees to it that no call is made meanwhile. */
void el4_smccc_visit_counts(const struct el4_smccc *smccc,
                            void (*visit)(const struct el4_smccc_count *count, void *data),
                            void *data);

/* Name of a function that some public document defines; NULL if none is known here. */
const char *el4_smccc_function_name(uint32_t id);

/* One row of the flattened table, for `el4 chain` and `el4 explain`. */
struct el4_smccc_row {
    uint32_t first, last;
    uint32_t selector;
    uint32_t callers; /* EL4_CALLER_* for which this row's order holds */
    /* Services in the order in which they are asked, ended by NULL; claim names beside. */
    const struct el4_smccc_service *const *services;
    const char *const *claims;
    size_t count;
};
void el4_smccc_visit(const struct el4_smccc *smccc, enum el4_conduit conduit,
                     void (*visit)(const struct el4_smccc_row *row, void *data), void *data);

/* "ns-el1" and so on, for one EL4_CALLER_* bit; NULL for others. And back: 0 if unknown. */
const char *el4_smccc_caller_name(uint32_t caller);
uint32_t el4_smccc_caller_from_name(const char *name);
/* "smc", "hvc", "el4"; and back, -1 if unknown. */
const char *el4_smccc_conduit_name(enum el4_conduit conduit);
int el4_smccc_conduit_from_name(const char *name);

/* Print the flattened table, and the decision for one id with its reasons, as text. */
void el4_smccc_print_chain(const struct el4_smccc *smccc, enum el4_conduit conduit,
                           GString *out);
void el4_smccc_print_decision(const struct el4_smccc *smccc, enum el4_conduit conduit,
                              uint32_t id, GString *out);

#pragma GCC visibility pop

#endif
