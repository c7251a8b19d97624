/* SPDX-License-Identifier: MIT */
/*
 * PSCI 0.2 and no more (Arm DEN0022B): the functions that it makes mandatory, without states,
 * statistics or keys. To be put in the place of `psci`, to see what a guest does without the
 * rest, and as the shortest example of a service that switches CPUs.
 */
#include <el4/service.h>

#include <errno.h>
#include <stdlib.h>

#define PSCI_VERSION      0x84000000u
#define CPU_SUSPEND       0x84000001u
#define CPU_OFF           0x84000002u
#define CPU_ON            0x84000003u
#define AFFINITY_INFO     0x84000004u
#define MIGRATE_INFO_TYPE 0x84000006u
#define SYSTEM_OFF        0x84000008u
#define SYSTEM_RESET      0x84000009u
#define SMC64             0x40000000u

#define VERSION_0_2      2u
#define STATE_POWER_DOWN (1u << 16) /* StateType of power_state */
#define NO_TRUSTED_OS    2

enum {
    SUCCESS = 0,
    NOT_SUPPORTED = -1,
    INVALID_PARAMETERS = -2,
    ALREADY_ON = -4,
    ON_PENDING = -5
};

/* Aff3..Aff0 of MPIDR_EL1. */
#define AFFINITY_MASK      UINT64_C(0xff00ffffff)
#define AFFINITY_LEVEL_MAX 3

struct psci {
    const struct el4_host *host;
    struct el4_instance *self;
};

static const struct {
    uint32_t id;
    const char *name;
    bool both; /* also as an SMC64 function */
} functions[] = {
    {PSCI_VERSION, "PSCI_VERSION", false},
    {CPU_SUSPEND, "CPU_SUSPEND", true},
    {CPU_OFF, "CPU_OFF", false},
    {CPU_ON, "CPU_ON", true},
    {AFFINITY_INFO, "AFFINITY_INFO", true},
    {MIGRATE_INFO_TYPE, "MIGRATE_INFO_TYPE", false},
    {SYSTEM_OFF, "SYSTEM_OFF", false},
    {SYSTEM_RESET, "SYSTEM_RESET", false},
};

static bool claim(const struct psci *psci, uint32_t id, const char *name)
{
    const struct el4_claim claim = {
        .struct_size = sizeof(claim),
        .conduits = EL4_CONDUITS_ALL,
        .callers = EL4_CALLERS_ALL,
        .first = id,
        .last = id,
        .name = name,
        .flags = (id | SMC64) == (CPU_ON | SMC64) ? EL4_CLAIM_STARTS_CPUS : 0,
    };
    return psci->host->claim(psci->self, &claim);
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct psci *psci = calloc(1, sizeof(*psci));
    if (!psci) {
        host->fail(self, "out of memory");
        return NULL;
    }
    psci->host = host;
    psci->self = self;
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        if (!claim(psci, functions[i].id, functions[i].name) ||
            (functions[i].both && !claim(psci, functions[i].id | SMC64, functions[i].name))) {
            free(psci);
            return NULL;
        }
    }
    return psci;
}

/* The CPU with this affinity, -1 if there is none. */
static int find_cpu(const struct psci *psci, uint64_t affinity)
{
    for (unsigned cpu = 0; cpu < psci->host->cpu_count(psci->self); cpu++) {
        if ((psci->host->cpu_mpidr(psci->self, cpu) & AFFINITY_MASK) == affinity) {
            return (int)cpu;
        }
    }
    return -1;
}

/* A CPU starts where its starter could have called from: Secure callers in their world, others
 * at the highest Non-secure level (DEN0022 6.4). */
static struct el4_power_entry entry_of(const struct psci *psci, const struct el4_call *call,
                                       uint64_t address, uint64_t context_id)
{
    struct el4_cpu_state state = {.struct_size = sizeof(state)};
    psci->host->cpu_state(psci->self, call->cpu, &state);
    bool secure = call->secure && call->el < 3;
    return (struct el4_power_entry){
        .struct_size = sizeof(struct el4_power_entry),
        .pc = call->aarch32 ? address & ~UINT64_C(1) : address,
        .context_id = context_id,
        .el = state.has_el2 && !secure ? 2 : 1,
        .secure = secure,
        .big_endian = state.big_endian,
        .aarch32 = call->aarch32,
        .thumb = call->aarch32 && (address & 1),
    };
}

static int cpu_on(const struct psci *psci, const struct el4_call *call)
{
    int cpu = find_cpu(psci, el4_call_arg(call, 1));
    const struct el4_power_entry entry =
        entry_of(psci, call, el4_call_arg(call, 2), el4_call_arg(call, 3));
    if (cpu < 0 || (entry.pc & (entry.thumb ? 1 : 3))) {
        return INVALID_PARAMETERS;
    }
    switch (psci->host->cpu_on(psci->self, (unsigned)cpu, &entry)) {
    case 0: return SUCCESS;
    case -EALREADY: return ALREADY_ON;
    case -EINPROGRESS: return ON_PENDING;
    default: return INVALID_PARAMETERS;
    }
}

static int cpu_suspend(const struct psci *psci, const struct el4_call *call)
{
    if (el4_call_arg(call, 1) & STATE_POWER_DOWN) {
        const struct el4_power_entry entry =
            entry_of(psci, call, el4_call_arg(call, 2), el4_call_arg(call, 3));
        psci->host->cpu_suspend(psci->self, &entry);
    } else {
        psci->host->cpu_suspend(psci->self, NULL);
    }
    return SUCCESS;
}

/* The fields of an affinity that name a node of this level: those of it and of the ones above.
 */
static uint64_t node_of(uint64_t affinity, unsigned level)
{
    return level == AFFINITY_LEVEL_MAX ? affinity >> 32 : affinity >> level * 8;
}

/* PSCI 0.2 asks for all levels. A node is ON if a CPU of it is. */
static int affinity_info(const struct psci *psci, const struct el4_call *call)
{
    uint64_t target = el4_call_arg(call, 1);
    uint64_t level = (uint32_t)el4_call_arg(call, 2);
    if (target & ~AFFINITY_MASK || level > AFFINITY_LEVEL_MAX) {
        return INVALID_PARAMETERS;
    }
    int info = INVALID_PARAMETERS;
    for (unsigned cpu = 0; cpu < psci->host->cpu_count(psci->self); cpu++) {
        uint64_t affinity = psci->host->cpu_mpidr(psci->self, cpu) & AFFINITY_MASK;
        if (node_of(affinity, (unsigned)level) != node_of(target, (unsigned)level)) {
            continue;
        }
        switch (psci->host->cpu_power(psci->self, cpu)) {
        case EL4_CPU_OFF: info = info < 0 ? EL4_CPU_OFF : info; break;
        case EL4_CPU_ON_PENDING: info = EL4_CPU_ON_PENDING; break;
        default: return EL4_CPU_ON; /* suspended is on, too */
        }
    }
    return info;
}

static enum el4_verdict call(void *state, struct el4_call *call)
{
    struct psci *psci = state;
    if (call->aarch32 && (call->id & SMC64)) {
        el4_call_return_code(call, NOT_SUPPORTED);
        return EL4_HANDLED;
    }
    switch (call->id & ~SMC64) {
    case PSCI_VERSION: el4_call_return_code(call, VERSION_0_2); break;
    case CPU_SUSPEND: el4_call_return_code(call, cpu_suspend(psci, call)); break;
    case CPU_OFF: psci->host->cpu_off(psci->self); break; /* does not return */
    case CPU_ON: el4_call_return_code(call, cpu_on(psci, call)); break;
    case AFFINITY_INFO: el4_call_return_code(call, affinity_info(psci, call)); break;
    case MIGRATE_INFO_TYPE: el4_call_return_code(call, NO_TRUSTED_OS); break;
    case SYSTEM_OFF: psci->host->system_event(psci->self, EL4_SYSTEM_OFF); break;
    case SYSTEM_RESET: psci->host->system_event(psci->self, EL4_SYSTEM_RESET); break;
    default: return EL4_PASS;
    }
    return EL4_HANDLED;
}

static void fdt(void *state, struct el4_fdt *fdt, unsigned conduit)
{
    const struct psci *psci = state;
    if (conduit == EL4_CONDUIT_SMC || conduit == EL4_CONDUIT_HVC) {
        psci->host->fdt_begin(fdt, "psci");
        el4_fdt_add_string(psci->host, fdt, "compatible", "arm,psci-0.2");
        el4_fdt_add_method(psci->host, fdt, conduit);
        psci->host->fdt_end(fdt);
    }
}

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = free,
    .call = call,
    .fdt = fdt,
};

EL4_PLUGIN_DEFINE(psci_minimal) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "psci-minimal",
    .version = "1.0",
    .description = "PSCI 0.2 and no more",
    .operations = &operations,
};
