/* SPDX-License-Identifier: MIT */
/*
 * Services: they answer SMC and HVC calls.
 *
 * A service claims ranges of function ids. The configuration chains services in order; for each
 * call the first service of the conduit's chain that claims the id for that caller is asked. It
 * answers with a verdict. Ids follow the SMC Calling Convention (Arm DEN0028), unless the claim
 * names another selector register.
 */
#ifndef EL4_SERVICE_H
#define EL4_SERVICE_H

#include <el4/host.h>
#include <el4/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a call arrives. */
enum el4_conduit {
    EL4_CONDUIT_SMC,  /* the instruction SMC */
    EL4_CONDUIT_HVC,  /* the instruction HVC */
    EL4_CONDUIT_EL4,  /* guest firmware hands a call on to the emulator */
    EL4_CONDUIT_COUNT /* how many there are; no conduit */
};

/* Bits for el4_claim.conduits. */
#define EL4_CONDUITS_SMC (1u << EL4_CONDUIT_SMC) /* by SMC */
#define EL4_CONDUITS_HVC (1u << EL4_CONDUIT_HVC) /* by HVC */
#define EL4_CONDUITS_EL4 (1u << EL4_CONDUIT_EL4) /* by the ways that [chain el4] names */
#define EL4_CONDUITS_ALL 0x7u                    /* by all of them */

/* Bits for el4_claim.callers: exception level and security state of the caller. */
#define EL4_CALLER_NS_EL1 (1u << 0) /* EL1 of the Normal world; Supervisor mode */
#define EL4_CALLER_NS_EL2 (1u << 1) /* EL2, which is Non-secure; Hyp mode */
#define EL4_CALLER_S_EL1  (1u << 2) /* Secure EL1; Secure Supervisor mode */
#define EL4_CALLER_S_EL2  (1u << 3) /* Secure EL2 */
#define EL4_CALLER_EL3    (1u << 4) /* EL3; Monitor mode */
#define EL4_CALLERS_NS    0x03u     /* the Normal world */
#define EL4_CALLERS_ALL   0x1fu     /* all of them */

/*
 * "This service answers ids first..last." Claims are data: they are checked, flattened and
 * frozen before the guest runs, and printed by `el4 chain`. Keys of the service's section
 * (claim, callers, selector, conduits) replace what the plugin claims.
 */
struct el4_claim {
    uint32_t struct_size; /* sizeof(struct el4_claim) where it was compiled */
    uint32_t conduits;    /* EL4_CONDUITS_* */
    uint32_t callers;     /* EL4_CALLER_*; 0 means all */
    uint32_t selector;    /* register that holds the id: 0 for x0/r0 */
    uint32_t first;       /* inclusive; the hint bit (16) of fast calls is not part of an id */
    uint32_t last;        /* inclusive */
    const char *name;     /* of the function or group, for traces and tables */
    uint32_t flags;       /* EL4_CLAIM_* */
};

/* Bits for el4_claim.flags. */
/* The ids are answered as unknown functions: discovery must not take them for implemented. */
#define EL4_CLAIM_UNKNOWN (1u << 0)
/* A function that starts CPUs: where a kernel can reach it, all but the first CPU stay off at
 * reset, and the device tree says that CPUs are started by it. */
#define EL4_CLAIM_STARTS_CPUS (1u << 1)

/* What a service says of a call. */
enum el4_verdict {
    EL4_HANDLED, /* results are set; execution goes on after the call */
    EL4_PASS,    /* ask the next service in the chain that claims the id */
    EL4_TRAP,    /* no service: the architectural exception is taken now */
};

/* One call. The service reads the arguments and sets results with el4_call_return(). */
struct el4_call {
    uint32_t struct_size; /* sizeof(struct el4_call) of the running el4 */
    uint32_t id;          /* low 32 bits of the selector, hint bit removed for fast SMCCC ids */
    uint32_t conduit;     /* enum el4_conduit */
    uint32_t caller;      /* one EL4_CALLER_* bit */
    uint32_t cpu;         /* index of the calling CPU */
    uint16_t immediate;   /* of the instruction */
    uint8_t el;           /* of the caller */
    bool secure;          /* the caller is in Secure state */
    bool aarch32;         /* the caller is in AArch32 state */
    bool hint;            /* SMCCC 1.3 hint bit: no live SVE state */
    uint64_t args[18];    /* x0 .. x17 (r0 .. r14 in the low halves) as the caller left them */
    uint64_t results[18]; /* set by el4_call_return() */
    uint32_t result_mask; /* bit n: results[n] is written back to register n, nothing else is */
    uint32_t selector;    /* register the id came from */
};

/* Set register `n` of the caller when the call is HANDLED. */
static inline void el4_call_return(struct el4_call *call, unsigned n, uint64_t value)
{
    if (n < 18) {
        call->results[n] = value;
        call->result_mask |= 1u << n;
    }
}

/* Return a signed code in x0/r0, sign-extended to the register width (DEN0028 5.2). */
static inline void el4_call_return_code(struct el4_call *call, int32_t code)
{
    el4_call_return(call, 0, (uint64_t)(int64_t)code);
}

/* Argument n, cut to 32 bits if the id is an SMC32/HVC32 one. */
static inline uint64_t el4_call_arg(const struct el4_call *call, unsigned n)
{
    uint64_t value = n < 18 ? call->args[n] : 0;
    return (call->id & (1u << 30)) && !call->aarch32 ? value : (uint32_t)value;
}

/* Claim one function for every conduit and caller, from create; false after fail(). */
static inline bool el4_claim_function(const struct el4_host *host, struct el4_instance *self,
                                      uint32_t id, const char *name)
{
    const struct el4_claim claim = {
        .struct_size = sizeof(claim),
        .conduits = EL4_CONDUITS_ALL,
        .callers = EL4_CALLERS_ALL,
        .selector = 0,
        .first = id,
        .last = id,
        .name = name,
        .flags = 0,
    };
    return host->claim(self, &claim);
}

/* The property `method` of the open node, as the bindings of firmware services have it: "smc"
 * or "hvc". None has a name for other conduits: nothing is written. */
static inline void el4_fdt_add_method(const struct el4_host *host, struct el4_fdt *fdt,
                                      unsigned conduit)
{
    if (conduit == EL4_CONDUIT_SMC || conduit == EL4_CONDUIT_HVC) {
        el4_fdt_add_string(host, fdt, "method", conduit == EL4_CONDUIT_SMC ? "smc" : "hvc");
    }
}

/* What services may know about a CPU's control state. */
struct el4_cpu_state {
    uint32_t struct_size; /* sizeof(struct el4_cpu_state) where it was compiled: the caller sets
                             it */
    uint8_t el;           /* current exception level */
    bool secure;          /* in Secure state */
    bool aarch32;         /* in AArch32 state */
    bool big_endian;      /* SCTLR_ELx.EE of the current EL */
    bool has_el2; /* EL2 exists and HVC is enabled (SCR_EL3.HCE), so it may be entered */
    /* EL3 exists, the guest's or el4's */
    bool has_el3;
    bool el3_is_guest; /* guest code owns EL3 */
    bool wake_pending; /* an interrupt would wake the CPU now */
};

/* Power state of a CPU (cpu_power); values of AFFINITY_INFO but for SUSPENDED. */
enum el4_cpu_power {
    EL4_CPU_ON = 0,         /* it runs, or waits in WFI or WFE */
    EL4_CPU_OFF = 1,        /* it waits for cpu_on */
    EL4_CPU_ON_PENDING = 2, /* cpu_on was called, its first instruction is to come */
    EL4_CPU_SUSPENDED = 3,  /* powered down by cpu_suspend, will wake: counts as on */
};

/* Where and how a CPU starts (DEN0022 6.4). */
struct el4_power_entry {
    uint32_t struct_size; /* sizeof(struct el4_power_entry) where it was compiled */
    uint64_t pc;          /* address of the first instruction; the MMU is off */
    uint64_t context_id;  /* x0 */
    uint8_t el;           /* 1 or 2 (3 only for guests that own EL3) */
    bool secure;          /* it starts in Secure state */
    bool big_endian;      /* SCTLR_ELx.EE at that level */
    bool aarch32;         /* it starts in AArch32 state */
    /* AArch32 only: the code is T32 */
    bool thumb;
};

/* A CPU's registers as firmware above it would save them (cpu_context_get). */
struct el4_cpu_context {
    uint32_t struct_size;     /* sizeof(struct el4_cpu_context) where it was compiled */
    uint32_t pstate;          /* as SPSR_ELx has it */
    uint64_t pc;              /* address of the next instruction */
    uint64_t x[31];           /* x0 to x30 */
    uint64_t elr[2], spsr[2]; /* of EL1 and EL2 */
};

/* Guest RAM that a service shares with the kernel (memory_reserve). Strings are copied. */
struct el4_reservation {
    uint32_t struct_size;   /* sizeof(struct el4_reservation) where it was compiled */
    const char *name;       /* of the node, and its label */
    uint64_t bytes;         /* multiple of 4096 */
    uint64_t alignment;     /* a power of 2 from 4096 on; 0: 4096 */
    const char *compatible; /* of the node; may be NULL */
};

/* What a service plugin gives to el4 (el4_plugin.operations): constant, and there as long as
 * the plugin is. */
struct el4_service_operations {
    uint32_t struct_size; /* sizeof(struct el4_service_operations) where it was compiled */
    /* Make an instance and declare its claims. NULL after fail(). */
    void *(*create)(const struct el4_host *host, struct el4_instance *self);
    void (*destroy)(void *state); /* may be NULL */
    void (*reset)(void *state);   /* system reset; may be NULL */
    /* Answer a call. Called for claimed ids only. */
    enum el4_verdict (*call)(void *state, struct el4_call *call);
    /*
     * The root node is open: describe what is offered to a guest that would call by this
     * conduit from its boot level (enum el4_conduit). Called only if the service really is the
     * one that answers there. May be NULL.
     */
    void (*fdt)(void *state, struct el4_fdt *fdt, unsigned conduit);
    /* A CPU that cpu_suspend put to sleep, with or without an entry, wakes up. May be NULL. */
    void (*cpu_woke)(void *state, unsigned cpu);
    /* What cpu_interrupt asked for: the CPU is between two instructions. May be NULL. */
    void (*cpu_interrupted)(void *state, unsigned cpu);
    /* An interrupt that interrupt_take took has another level. May be NULL. */
    void (*interrupt_changed)(void *state, uint32_t intid, bool level);
    /*
     * The node of a CPU is open: say how the service deals with this one (its idle states, for
     * example). Called where fdt is, after it. May be NULL. An el4 that does not know it yet
     * does not call it.
     */
    void (*fdt_cpu)(void *state, struct el4_fdt *fdt, unsigned cpu);
    /*
     * A CPU that this service's cpu_suspend put to sleep has a reason to wake: how long it
     * takes, in nanoseconds of machine time, until it runs. It stays asleep for that time
     * whatever comes. Called once each time it wakes, before cpu_woke, which comes when it
     * runs. May be NULL: no time, as on an el4 that does not know it yet.
     */
    uint64_t (*cpu_wake_ns)(void *state, unsigned cpu);
};

#ifdef __cplusplus
}
#endif

#endif
