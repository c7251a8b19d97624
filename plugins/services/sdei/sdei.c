/* SPDX-License-Identifier: MIT */
/*
 * Software delegated exceptions: the interface of Arm DEN0054 1.0. The guest registers
 * handlers for events; they interrupt whatever it does, with interrupts masked or not. Event 0
 * is the one that software signals, the others are interrupts that the guest binds.
 */
#include "sdei.h"

#include <stdlib.h>
#include <string.h>

#define VERSION_1_0    (UINT64_C(1) << 48)
#define BIND_SLOTS     0u /* of FEATURES */
#define FIRST_FUNCTION 0xc4000020u

enum function {
    VERSION,
    EVENT_REGISTER,
    EVENT_ENABLE,
    EVENT_DISABLE,
    EVENT_CONTEXT,
    EVENT_COMPLETE,
    EVENT_COMPLETE_AND_RESUME,
    EVENT_UNREGISTER,
    EVENT_STATUS,
    EVENT_GET_INFO,
    EVENT_ROUTING_SET,
    PE_MASK,
    PE_UNMASK,
    INTERRUPT_BIND,
    INTERRUPT_RELEASE,
    EVENT_SIGNAL,
    FEATURES,
    PRIVATE_RESET,
    SHARED_RESET,
    FUNCTION_COUNT,
};

static const char *const names[FUNCTION_COUNT] = {
    "SDEI_VERSION",
    "SDEI_EVENT_REGISTER",
    "SDEI_EVENT_ENABLE",
    "SDEI_EVENT_DISABLE",
    "SDEI_EVENT_CONTEXT",
    "SDEI_EVENT_COMPLETE",
    "SDEI_EVENT_COMPLETE_AND_RESUME",
    "SDEI_EVENT_UNREGISTER",
    "SDEI_EVENT_STATUS",
    "SDEI_EVENT_GET_INFO",
    "SDEI_EVENT_ROUTING_SET",
    "SDEI_PE_MASK",
    "SDEI_PE_UNMASK",
    "SDEI_INTERRUPT_BIND",
    "SDEI_INTERRUPT_RELEASE",
    "SDEI_EVENT_SIGNAL",
    "SDEI_FEATURES",
    "SDEI_PRIVATE_RESET",
    "SDEI_SHARED_RESET",
};

/* ---- calls ---- */

static int64_t context(const struct sdei *sdei, const struct el4_call *call)
{
    uint64_t value;
    if (call->args[1] >= SDEI_REGISTERS) {
        return SDEI_INVALID_PARAMETERS;
    }
    return sdei_context(sdei, call->cpu, call->args[1], &value) ? (int64_t)value : SDEI_DENIED;
}

/* 1 if this call changed it (5.1.12). */
static int mask(struct sdei *sdei, unsigned cpu)
{
    bool changed = !sdei->cpus[cpu].masked;
    sdei->cpus[cpu].masked = true;
    return changed;
}

static int unmask(struct sdei *sdei, unsigned cpu)
{
    sdei->cpus[cpu].masked = false;
    sdei_kick(sdei, cpu);
    return SDEI_SUCCESS;
}

static int signal_event(struct sdei *sdei, const struct el4_call *call)
{
    struct sdei_event *event = sdei_find(sdei, call->args[1]);
    unsigned cpu;
    if (!event || event->number || !sdei_find_cpu(sdei, call->args[2], &cpu)) {
        return SDEI_INVALID_PARAMETERS;
    }
    sdei_place(event, cpu)->pending = true;
    sdei_kick(sdei, cpu);
    return SDEI_SUCCESS;
}

static int64_t features(const struct sdei *sdei, uint64_t what)
{
    return what == BIND_SLOTS ? (int64_t)sdei->slots << 16 : SDEI_INVALID_PARAMETERS;
}

static int64_t answer(struct sdei *sdei, const struct el4_call *call)
{
    const uint64_t *x = call->args;
    unsigned cpu = call->cpu;
    switch (call->id - FIRST_FUNCTION) {
    case VERSION: return (int64_t)VERSION_1_0;
    case EVENT_REGISTER: return sdei_register(sdei, call);
    case EVENT_ENABLE: return sdei_enable(sdei, x[1], cpu, true);
    case EVENT_DISABLE: return sdei_enable(sdei, x[1], cpu, false);
    case EVENT_CONTEXT: return context(sdei, call);
    case EVENT_COMPLETE: return sdei_complete(sdei, cpu, NULL);
    case EVENT_COMPLETE_AND_RESUME: return sdei_complete(sdei, cpu, &x[1]);
    case EVENT_UNREGISTER: return sdei_unregister(sdei, x[1], cpu);
    case EVENT_STATUS: return sdei_status(sdei, x[1], cpu);
    case EVENT_GET_INFO: return sdei_info(sdei, x[1], x[2]);
    case EVENT_ROUTING_SET: return sdei_set_routing(sdei, x[1], x[2], x[3]);
    case PE_MASK: return mask(sdei, cpu);
    case PE_UNMASK: return unmask(sdei, cpu);
    case INTERRUPT_BIND: return sdei_bind(sdei, x[1]);
    case INTERRUPT_RELEASE: return sdei_release(sdei, x[1]);
    case EVENT_SIGNAL: return signal_event(sdei, call);
    case FEATURES: return features(sdei, x[1]);
    case PRIVATE_RESET: return sdei_reset_kind(sdei, false, cpu);
    case SHARED_RESET: return sdei_reset_kind(sdei, true, cpu);
    default: return SDEI_NOT_SUPPORTED;
    }
}

static enum el4_verdict call(void *state, struct el4_call *call)
{
    struct sdei *sdei = state;
    if (call->id < FIRST_FUNCTION || call->id >= FIRST_FUNCTION + FUNCTION_COUNT) {
        return EL4_PASS; /* a claim of the configuration goes further than this plugin */
    }
    if (call->aarch32) {
        el4_call_return_code(call, SDEI_NOT_SUPPORTED);
        return EL4_HANDLED;
    }
    if (call->el != sdei->client_el || call->secure) {
        return EL4_PASS; /* the client is who owns the Normal world (4.1) */
    }
    el4_call_return(call, 0, (uint64_t)answer(sdei, call));
    return EL4_HANDLED;
}

/* ---- the instance ---- */

static void cpu_interrupted(void *state, unsigned cpu)
{
    sdei_deliver(state, cpu);
}

static void interrupt_changed(void *state, uint32_t intid, bool level)
{
    sdei_interrupt_changed(state, intid, level);
}

static void retry(void *opaque, uint64_t now_ns)
{
    sdei_kick_all(opaque);
}

/* Events begin unregistered, CPUs masked (6.1). */
static void reset(void *state)
{
    struct sdei *sdei = state;
    sdei->host->timer_cancel(sdei->self, sdei->retry);
    for (unsigned i = 0; i < SDEI_EVENTS; i++) {
        struct sdei_event *event = &sdei->events[i];
        if (event->exists && event->number) {
            event->exists = false;
            sdei->host->interrupt_give_back(sdei->self, event->intid);
        }
        memset(event->places, 0, sdei->cpu_count * sizeof(*event->places));
    }
    for (unsigned cpu = 0; cpu < sdei->cpu_count; cpu++) {
        sdei->cpus[cpu] = (struct sdei_cpu){.masked = true};
    }
}

static void fdt(void *state, struct el4_fdt *fdt, unsigned conduit)
{
    const struct sdei *sdei = state;
    const struct el4_host *host = sdei->host;
    if (conduit == EL4_CONDUIT_EL4) {
        return;
    }
    host->fdt_open(fdt, "firmware");
    host->fdt_begin(fdt, "sdei");
    el4_fdt_add_string(host, fdt, "compatible", "arm,sdei-1.0");
    el4_fdt_add_method(host, fdt, conduit);
    host->fdt_end(fdt);
    host->fdt_end(fdt);
}

static void destroy(void *state)
{
    struct sdei *sdei = state;
    for (unsigned i = 0; i < SDEI_EVENTS; i++) {
        free(sdei->events[i].places);
    }
    free(sdei->cpus);
    free(sdei);
}

static bool make_events(struct sdei *sdei)
{
    sdei->cpus = calloc(sdei->cpu_count, sizeof(*sdei->cpus));
    bool made = sdei->cpus != NULL;
    for (unsigned i = 0; i < SDEI_EVENTS; i++) {
        struct sdei_event *event = &sdei->events[i];
        event->number = i ? SDEI_FIRST_BOUND + i - 1 : 0;
        event->exists = i == 0;
        event->places = calloc(sdei->cpu_count, sizeof(*event->places));
        made = made && event->places;
    }
    if (!made) {
        sdei->host->fail(sdei->self, "out of memory");
    }
    return made;
}

static bool build(struct sdei *sdei)
{
    const struct el4_host *host = sdei->host;
    if (!EL4_HOST_HAS(host, interrupt_give_back)) {
        host->fail(sdei->self, "this el4 is too old for it: services can't interrupt CPUs");
        return false;
    }
    sdei->cpu_count = host->cpu_count(sdei->self);
    sdei->client_el = host->machine_uint(sdei->self, "el2") ? 2 : 1;
    sdei->slots = (unsigned)host->config_uint(sdei->self, "bind-slots");
    sdei->bound_are_critical = host->config_bool(sdei->self, "bound-are-critical");
    sdei->retry = host->timer_new(sdei->self, retry, sdei);
    bool made = make_events(sdei);
    for (unsigned i = 0; made && i < FUNCTION_COUNT; i++) {
        made = el4_claim_function(host, sdei->self, FIRST_FUNCTION + i, names[i]);
    }
    return made;
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct sdei *sdei = calloc(1, sizeof(*sdei));
    if (!sdei) {
        host->fail(self, "out of memory");
        return NULL;
    }
    sdei->host = host;
    sdei->self = self;
    if (!build(sdei)) {
        destroy(sdei);
        return NULL;
    }
    return sdei;
}

static const struct el4_config_key keys[] = {
    {.name = "bind-slots",
     .type = EL4_CONFIG_UINT,
     .default_text = "4",
     .max = SDEI_SLOTS_MAX,
     .help = "How many shared interrupts the guest can bind to events."},
    {.name = "bound-are-critical",
     .type = EL4_CONFIG_BOOL,
     .default_text = "no",
     .help = "Events of bound interrupts have critical priority: they interrupt handlers of "
             "normal ones."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(keys[0]),
    .help = "Software delegated exceptions (Arm DEN0054).",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .call = call,
    .fdt = fdt,
    .cpu_interrupted = cpu_interrupted,
    .interrupt_changed = interrupt_changed,
};

EL4_PLUGIN_DEFINE(sdei) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "sdei",
    .version = "1.0",
    .description = "SDEI 1.0: events that interrupt the guest",
    .schema = &schema,
    .operations = &operations,
};
