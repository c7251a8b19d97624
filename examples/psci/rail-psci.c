/* SPDX-License-Identifier: MIT */
/*
 * A vendor's PSCI instead of el4's own. Its CPUs have power rails that a sequencer switches one
 * at a time, in steps that take time, and it has a power state that nobody else has.
 * Arm DEN0022 describes the functions; README.md, how this file works.
 */
#include <el4/service.h>
#include <stdlib.h>

enum psci_code {
    SUCCESS = 0,
    NOT_SUPPORTED = -1,
    INVALID_PARAMETERS = -2,
    DENIED = -3,
    ALREADY_ON = -4,
    ON_PENDING = -5,
    INVALID_ADDRESS = -9,
};

#define AFFINITY_MASK 0xff00ffffffull
#define WIDE          (1u << 30) /* set in the id of a function's 64-bit form */
#define POWER_DOWN    (1u << 16) /* in power_state: the CPU loses its registers */

/* What a rail goes through. UP and DOWN are states, what lies between takes time. */
enum rail_state { RAIL_DOWN, RAIL_RAMPS, RAIL_CLOCK_SETTLES, RAIL_UP, RAIL_DRAINS };

struct rail {
    struct psci *psci;
    struct el4_timer *timer;
    unsigned cpu;
    enum rail_state state;
    struct el4_power_entry entry; /* for when it is up */
    unsigned sleeps_in;           /* index into states[], while its CPU sleeps */
};

struct psci {
    const struct el4_host *host;
    struct el4_instance *self;
    uint64_t step_ns;
    uint64_t free_ns; /* when the sequencer is done with what it was asked */
    unsigned cpu_count;
    struct rail *rails;
    struct el4_timer *off_timer;
};

/* The power states, shallowest first. The last one is the vendor's own: to leave it takes the
 * sequencer, which lets the rail ramp and the clock settle. */
static const struct {
    const char *node;
    uint32_t power_state, exit_us, exit_steps, residency_us;
} states[] = {
    {"retention", 0x1, 5, 0, 20},
    {"core-off", POWER_DOWN | 0x2, 100, 0, 500},
    {"rail-sag", POWER_DOWN | 0xb55, 0, 2, 400},
};
enum { STATES = sizeof(states) / sizeof(states[0]) };

/* ---- the sequencer ---- */

/* When steps that are asked for now will be done; no two steps of the board overlap. */
static uint64_t book_steps(struct psci *psci, unsigned count)
{
    uint64_t now_ns = psci->host->now_ns(psci->self);
    psci->free_ns = (psci->free_ns > now_ns ? psci->free_ns : now_ns) + count * psci->step_ns;
    return psci->free_ns;
}

/* Call back when the rail's next step is done. */
static void queue_step(struct rail *rail)
{
    const struct psci *psci = rail->psci;
    psci->host->timer_set(psci->self, rail->timer, book_steps(rail->psci, 1));
}

static void step_done(void *opaque, uint64_t now_ns)
{
    struct rail *rail = opaque;
    const struct psci *psci = rail->psci;
    switch (rail->state) {
    case RAIL_RAMPS:
        rail->state = RAIL_CLOCK_SETTLES;
        queue_step(rail);
        break;
    case RAIL_CLOCK_SETTLES:
        rail->state = RAIL_UP; /* and out of reset */
        if (psci->host->cpu_on(psci->self, rail->cpu, &rail->entry) != 0) {
            psci->host->log(psci->self, EL4_LOG_WARNING, "CPU %u does not start", rail->cpu);
        }
        break;
    case RAIL_DRAINS: rail->state = RAIL_DOWN; break;
    default: break;
    }
}

static void all_rails_are_down(void *opaque, uint64_t now_ns)
{
    struct psci *psci = opaque;
    psci->host->system_event(psci->self, EL4_SYSTEM_OFF);
}

/* ---- the functions ---- */

static struct rail *find_rail(struct psci *psci, uint64_t affinity)
{
    for (unsigned i = 0; i < psci->cpu_count; i++) {
        if ((psci->host->cpu_mpidr(psci->self, i) & AFFINITY_MASK) == affinity) {
            return &psci->rails[i];
        }
    }
    return NULL;
}

/* DEN0022 6.4: at the highest Non-secure level, in the caller's width and byte order. */
static bool make_entry(struct psci *psci, const struct el4_call *call, uint64_t address,
                       uint64_t context_id, struct el4_power_entry *entry)
{
    struct el4_cpu_state caller = {.struct_size = sizeof(caller)};
    psci->host->cpu_state(psci->self, call->cpu, &caller);
    *entry = (struct el4_power_entry){
        .struct_size = sizeof(*entry),
        .pc = address & ~(uint64_t)call->aarch32,
        .context_id = context_id,
        .el = caller.has_el2 ? 2 : 1,
        .big_endian = caller.big_endian,
        .aarch32 = call->aarch32,
        .thumb = call->aarch32 && (address & 1),
    };
    return !(entry->pc & (entry->thumb ? 1 : 3)) &&
           psci->host->memory_is_ram(psci->self, entry->pc, 4);
}

static int64_t version(struct psci *psci, struct el4_call *call)
{
    return 0x10000;
}

static int64_t cpu_suspend(struct psci *psci, struct el4_call *call)
{
    struct el4_power_entry entry;
    uint32_t wanted = (uint32_t)el4_call_arg(call, 1);
    for (unsigned i = 0; i < STATES; i++) {
        if (states[i].power_state != wanted) {
            continue;
        }
        bool is_down = wanted & POWER_DOWN;
        if (is_down &&
            !make_entry(psci, call, el4_call_arg(call, 2), el4_call_arg(call, 3), &entry)) {
            return INVALID_ADDRESS;
        }
        psci->rails[call->cpu].sleeps_in = i;
        psci->host->cpu_suspend(psci->self, is_down ? &entry : NULL);
        return SUCCESS;
    }
    return INVALID_PARAMETERS;
}

/* An interrupt wants a sleeping CPU: how long until it runs. */
static uint64_t cpu_wake_ns(void *state, unsigned cpu)
{
    struct psci *psci = state;
    unsigned i = psci->rails[cpu].sleeps_in;
    return states[i].exit_steps
               ? book_steps(psci, states[i].exit_steps) - psci->host->now_ns(psci->self)
               : states[i].exit_us * 1000;
}

/* The CPU is gone when the call returns; its rail takes longer, and AFFINITY_INFO says so. */
static int64_t cpu_off(struct psci *psci, struct el4_call *call)
{
    struct rail *rail = &psci->rails[call->cpu];
    rail->state = RAIL_DRAINS;
    queue_step(rail);
    psci->host->cpu_off(psci->self);
    return DENIED; /* seen by nobody */
}

static int64_t cpu_on(struct psci *psci, struct el4_call *call)
{
    struct rail *rail = find_rail(psci, el4_call_arg(call, 1));
    struct el4_power_entry entry;
    if (!rail) {
        return INVALID_PARAMETERS;
    }
    if (!make_entry(psci, call, el4_call_arg(call, 2), el4_call_arg(call, 3), &entry)) {
        return INVALID_ADDRESS;
    }
    if (rail->state != RAIL_DOWN) {
        bool is_up = rail->state == RAIL_UP || rail->state == RAIL_DRAINS;
        return is_up ? ALREADY_ON : ON_PENDING;
    }
    rail->entry = entry;
    rail->state = RAIL_RAMPS;
    queue_step(rail);
    return SUCCESS;
}

static int64_t affinity_info(struct psci *psci, struct el4_call *call)
{
    const struct rail *rail = find_rail(psci, el4_call_arg(call, 1));
    if (!rail || el4_call_arg(call, 2) != 0) {
        return INVALID_PARAMETERS;
    }
    switch (rail->state) {
    case RAIL_DOWN: return EL4_CPU_OFF;
    case RAIL_RAMPS:
    case RAIL_CLOCK_SETTLES: return EL4_CPU_ON_PENDING;
    default: return EL4_CPU_ON;
    }
}

static int64_t migrate_info_type(struct psci *psci, struct el4_call *call)
{
    return 2; /* there is no Trusted OS to migrate */
}

/* The caller stops at once, the machine when all rails are drained. */
static int64_t system_off(struct psci *psci, struct el4_call *call)
{
    uint64_t drain_ns = psci->cpu_count * psci->step_ns;
    psci->host->timer_set(psci->self, psci->off_timer,
                          psci->host->now_ns(psci->self) + drain_ns);
    psci->host->cpu_off(psci->self);
    return DENIED;
}

static int64_t system_reset(struct psci *psci, struct el4_call *call)
{
    psci->host->system_event(psci->self, EL4_SYSTEM_RESET);
    return DENIED;
}

/* What is claimed is what there is, be it claimed here or by another service of the chain. */
static int64_t features(struct psci *psci, struct el4_call *call)
{
    uint32_t id = (uint32_t)call->args[1];
    bool is_there = psci->host->call_is_claimed(psci->self, call->conduit, id, call->cpu);
    return is_there ? SUCCESS : NOT_SUPPORTED;
}

static const struct {
    uint32_t id;
    bool has_wide;
    const char *name;
    int64_t (*answer)(struct psci *psci, struct el4_call *call);
} functions[] = {
    {0x84000000, false, "PSCI_VERSION", version},
    {0x84000001, true, "CPU_SUSPEND", cpu_suspend},
    {0x84000002, false, "CPU_OFF", cpu_off},
    {0x84000003, true, "CPU_ON", cpu_on},
    {0x84000004, true, "AFFINITY_INFO", affinity_info},
    {0x84000006, false, "MIGRATE_INFO_TYPE", migrate_info_type},
    {0x84000008, false, "SYSTEM_OFF", system_off},
    {0x84000009, false, "SYSTEM_RESET", system_reset},
    {0x8400000a, false, "PSCI_FEATURES", features},
};
enum { FUNCTIONS = sizeof(functions) / sizeof(functions[0]) };

static enum el4_verdict call(void *state, struct el4_call *call)
{
    for (unsigned i = 0; i < FUNCTIONS; i++) {
        if ((call->id & ~WIDE) == functions[i].id) {
            el4_call_return(call, 0, (uint64_t)functions[i].answer(state, call));
            return EL4_HANDLED;
        }
    }
    return EL4_PASS;
}

/* ---- the instance ---- */

static bool claim(struct psci *psci)
{
    for (unsigned i = 0; i < FUNCTIONS; i++) {
        struct el4_claim claim = {
            .struct_size = sizeof(claim),
            .conduits = EL4_CONDUITS_SMC | EL4_CONDUITS_HVC,
            .callers = EL4_CALLERS_NS,
            .first = functions[i].id,
            .last = functions[i].id,
            .name = functions[i].name,
            .flags = functions[i].answer == cpu_on ? EL4_CLAIM_STARTS_CPUS : 0,
        };
        struct el4_claim wide = claim;
        wide.first = wide.last = claim.first | WIDE;
        if (!psci->host->claim(psci->self, &claim) ||
            (functions[i].has_wide && !psci->host->claim(psci->self, &wide))) {
            return false;
        }
    }
    return true;
}

static void reset(void *state)
{
    struct psci *psci = state;
    psci->free_ns = 0;
    psci->host->timer_cancel(psci->self, psci->off_timer);
    for (unsigned i = 0; i < psci->cpu_count; i++) {
        psci->host->timer_cancel(psci->self, psci->rails[i].timer);
        psci->rails[i].state = i ? RAIL_DOWN : RAIL_UP;
    }
}

static void destroy(void *state)
{
    struct psci *psci = state;
    free(psci->rails);
    free(psci);
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct psci *psci = calloc(1, sizeof(*psci));
    unsigned cpu_count = host->cpu_count(self);
    struct rail *rails = calloc(cpu_count, sizeof(*rails));
    if (!psci || !rails) {
        host->fail(self, "out of memory");
        free(rails);
        free(psci);
        return NULL;
    }
    *psci = (struct psci){.host = host, .self = self, .cpu_count = cpu_count, .rails = rails};
    psci->step_ns = host->config_uint(self, "step-us") * 1000;
    psci->off_timer = host->timer_new(self, all_rails_are_down, psci);
    for (unsigned i = 0; i < cpu_count; i++) {
        rails[i] = (struct rail){.psci = psci, .cpu = i};
        rails[i].timer = host->timer_new(self, step_done, &rails[i]);
    }
    if (!claim(psci)) {
        destroy(psci);
        return NULL;
    }
    return psci;
}

/* ---- the device tree: Linux's bindings arm/psci.yaml and cpu/idle-states.yaml ---- */

static void fdt(void *state, struct el4_fdt *fdt, unsigned conduit)
{
    static const char *const psci_compatible[] = {"arm,psci-1.0", "arm,psci-0.2", NULL};
    const struct psci *psci = state;
    const struct el4_host *host = psci->host;
    host->fdt_begin(fdt, "psci");
    host->fdt_strings(fdt, "compatible", psci_compatible);
    el4_fdt_add_method(host, fdt, conduit);
    host->fdt_end(fdt);
    host->fdt_begin(fdt, "idle-states");
    for (unsigned i = 0; i < STATES; i++) {
        uint32_t steps_us = (uint32_t)(states[i].exit_steps * psci->step_ns / 1000);
        uint32_t exit_us = states[i].exit_us + steps_us;
        uint32_t residency_us = states[i].residency_us + 4 * steps_us;
        host->fdt_begin(fdt, states[i].node);
        el4_fdt_add_string(host, fdt, "compatible", "arm,idle-state");
        el4_fdt_add_cell(host, fdt, "arm,psci-suspend-param", states[i].power_state);
        el4_fdt_add_cell(host, fdt, "entry-latency-us", exit_us);
        el4_fdt_add_cell(host, fdt, "exit-latency-us", exit_us);
        el4_fdt_add_cell(host, fdt, "min-residency-us", residency_us);
        host->fdt_label(fdt, states[i].node);
        host->fdt_end(fdt);
    }
    host->fdt_end(fdt);
}

static void fdt_cpu(void *state, struct el4_fdt *fdt, unsigned cpu)
{
    const struct el4_host *host = ((struct psci *)state)->host;
    uint32_t handles[STATES];
    for (unsigned i = 0; i < STATES; i++) {
        handles[i] = host->fdt_phandle(fdt, states[i].node);
    }
    host->fdt_cells(fdt, "cpu-idle-states", handles, STATES);
}

static const struct el4_config_key keys[] = {
    {.name = "step-us",
     .type = EL4_CONFIG_UINT,
     .default_text = "200",
     .max = 1000000,
     .help = "How long a step of a power rail takes, in microseconds."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema), .key_size = sizeof(keys[0]), .keys = keys, .key_count = 1};

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .call = call,
    .fdt = fdt,
    .fdt_cpu = fdt_cpu,
    .cpu_wake_ns = cpu_wake_ns,
};

EL4_PLUGIN_DEFINE(rail_psci) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "rail-psci",
    .version = "1.0",
    .description = "PSCI with power rails and a state of its own",
    .schema = &schema,
    .operations = &operations,
};
