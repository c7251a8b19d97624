/* SPDX-License-Identifier: MIT */
/*
 * States of events (Arm DEN0054 6.1): registered, enabled, running; and the interrupts that
 * events are bound to.
 */
#include "sdei.h"

#include <string.h>

#define AFFINITY_MASK UINT64_C(0xff00ffffff)
#define RM_ANY        0u
#define RM_PE         1u

enum info { EVENT_TYPE, EVENT_SIGNALED, EVENT_PRIORITY, EVENT_ROUTING, EVENT_AFFINITY };

struct sdei_event *sdei_find(struct sdei *sdei, uint64_t number)
{
    for (unsigned i = 0; i < SDEI_EVENTS; i++) {
        /* Event numbers are 32-bit; SMC64 callers may leave rubbish above. */
        if (sdei->events[i].exists && sdei->events[i].number == (uint32_t)number) {
            return &sdei->events[i];
        }
    }
    return NULL;
}

struct sdei_place *sdei_place(struct sdei_event *event, unsigned cpu)
{
    return &event->places[event->shared ? 0 : cpu];
}

bool sdei_find_cpu(struct sdei *sdei, uint64_t affinity, unsigned *cpu)
{
    for (unsigned i = 0; i < sdei->cpu_count; i++) {
        if ((sdei->host->cpu_mpidr(sdei->self, i) & AFFINITY_MASK) == affinity) {
            *cpu = i;
            return true;
        }
    }
    return false;
}

static bool read_routing(struct sdei *sdei, uint64_t mode, uint64_t affinity, unsigned *cpu)
{
    return mode == RM_ANY || (mode == RM_PE && sdei_find_cpu(sdei, affinity, cpu));
}

int sdei_register(struct sdei *sdei, const struct el4_call *call)
{
    struct sdei_event *event = sdei_find(sdei, call->args[1]);
    uint64_t mode = call->args[4];
    unsigned cpu = 0;
    if (!event || (call->args[2] & 3) || mode > RM_PE ||
        (event->shared && !read_routing(sdei, mode, call->args[5], &cpu))) {
        return SDEI_INVALID_PARAMETERS;
    }
    struct sdei_place *place = sdei_place(event, call->cpu);
    if (place->registered) {
        return SDEI_DENIED;
    }
    place->registered = true;
    place->entry = call->args[2];
    place->argument = call->args[3];
    event->routed = event->shared && mode == RM_PE;
    event->routed_cpu = cpu;
    return SDEI_SUCCESS;
}

int sdei_enable(struct sdei *sdei, uint64_t number, unsigned cpu, bool enable)
{
    struct sdei_event *event = sdei_find(sdei, number);
    if (!event) {
        return SDEI_INVALID_PARAMETERS;
    }
    struct sdei_place *place = sdei_place(event, cpu);
    if (!place->registered || place->unregister_pending) {
        return SDEI_DENIED;
    }
    place->enabled = enable;
    sdei_kick_all(sdei);
    return SDEI_SUCCESS;
}

static void forget(struct sdei_place *place)
{
    bool pending = place->pending; /* the signal is the event's, not the handler's */
    *place = (struct sdei_place){.pending = pending};
}

int sdei_unregister(struct sdei *sdei, uint64_t number, unsigned cpu)
{
    struct sdei_event *event = sdei_find(sdei, number);
    if (!event) {
        return SDEI_INVALID_PARAMETERS;
    }
    struct sdei_place *place = sdei_place(event, cpu);
    if (!place->registered || place->unregister_pending) {
        return SDEI_DENIED;
    }
    if (place->running) {
        place->enabled = false;
        place->unregister_pending = true;
        return SDEI_PENDING;
    }
    forget(place);
    return SDEI_SUCCESS;
}

int sdei_status(struct sdei *sdei, uint64_t number, unsigned cpu)
{
    struct sdei_event *event = sdei_find(sdei, number);
    if (!event) {
        return SDEI_INVALID_PARAMETERS;
    }
    const struct sdei_place *place = sdei_place(event, cpu);
    bool registered = place->registered && !place->unregister_pending;
    return registered | place->enabled << 1 | place->running << 2;
}

int64_t sdei_info(struct sdei *sdei, uint64_t number, uint64_t what)
{
    const struct sdei_event *event = sdei_find(sdei, number);
    if (!event) {
        return SDEI_INVALID_PARAMETERS;
    }
    switch (what) {
    case EVENT_TYPE: return event->shared;
    case EVENT_SIGNALED: return event->number == 0;
    case EVENT_PRIORITY: return event->critical;
    case EVENT_ROUTING: return event->shared ? event->routed : SDEI_INVALID_PARAMETERS;
    case EVENT_AFFINITY:
        if (event->shared && event->routed) {
            return (int64_t)(sdei->host->cpu_mpidr(sdei->self, event->routed_cpu) &
                             AFFINITY_MASK);
        }
        return SDEI_INVALID_PARAMETERS;
    default: return SDEI_INVALID_PARAMETERS;
    }
}

int sdei_set_routing(struct sdei *sdei, uint64_t number, uint64_t mode, uint64_t affinity)
{
    struct sdei_event *event = sdei_find(sdei, number);
    unsigned cpu = 0;
    if (!event || !event->shared || !read_routing(sdei, mode, affinity, &cpu)) {
        return SDEI_INVALID_PARAMETERS;
    }
    const struct sdei_place *place = sdei_place(event, 0);
    if (!place->registered || place->enabled || place->running || place->unregister_pending) {
        return SDEI_DENIED;
    }
    event->routed = mode == RM_PE;
    event->routed_cpu = cpu;
    return SDEI_SUCCESS;
}

/* ---- interrupts ---- */

static struct sdei_event *find_bound(struct sdei *sdei, uint32_t intid)
{
    for (unsigned i = 1; i < SDEI_EVENTS; i++) {
        if (sdei->events[i].exists && sdei->events[i].intid == intid) {
            return &sdei->events[i];
        }
    }
    return NULL;
}

int sdei_bind(struct sdei *sdei, uint64_t intid)
{
    /* The host knows shared interrupts alone. */
    if (intid < 32 || intid > 1019) {
        return SDEI_INVALID_PARAMETERS;
    }
    struct sdei_event *event = find_bound(sdei, (uint32_t)intid);
    if (event) {
        return (int)event->number;
    }
    for (unsigned i = 1; i <= sdei->slots && !event; i++) {
        event = sdei->events[i].exists ? NULL : &sdei->events[i];
    }
    if (!event) {
        return SDEI_OUT_OF_RESOURCE;
    }
    bool level;
    if (!sdei->host->interrupt_take(sdei->self, (uint32_t)intid, &level)) {
        return SDEI_DENIED;
    }
    event->exists = true;
    event->shared = true;
    event->critical = sdei->bound_are_critical;
    event->routed = false;
    event->intid = (uint32_t)intid;
    event->level = level;
    memset(event->places, 0, sizeof(*event->places));
    event->places->pending = level;
    return (int)event->number;
}

static void unbind(struct sdei *sdei, struct sdei_event *event)
{
    event->exists = false;
    sdei->host->interrupt_give_back(sdei->self, event->intid);
}

int sdei_release(struct sdei *sdei, uint64_t number)
{
    struct sdei_event *event = sdei_find(sdei, number);
    if (!event || event->number == 0) {
        return SDEI_INVALID_PARAMETERS;
    }
    if (event->places->registered) {
        return SDEI_DENIED;
    }
    unbind(sdei, event);
    return SDEI_SUCCESS;
}

void sdei_interrupt_changed(struct sdei *sdei, uint32_t intid, bool level)
{
    struct sdei_event *event = find_bound(sdei, intid);
    if (!event) {
        return;
    }
    event->level = level;
    if (level) {
        event->places->pending = true;
        sdei_kick_all(sdei);
    }
}

/* ---- the end of handlers, and of everything ---- */

void sdei_finished(struct sdei *sdei, struct sdei_event *event, unsigned cpu)
{
    struct sdei_place *place = sdei_place(event, cpu);
    place->running = false;
    if (event->number && event->level) {
        place->pending = true; /* the device still wants something */
    }
    if (place->unregister_pending) {
        forget(place);
    }
}

int sdei_reset_kind(struct sdei *sdei, bool shared, unsigned cpu)
{
    int status = SDEI_SUCCESS;
    for (unsigned i = 0; i < SDEI_EVENTS; i++) {
        struct sdei_event *event = &sdei->events[i];
        if (!event->exists || event->shared != shared) {
            continue;
        }
        struct sdei_place *place = sdei_place(event, cpu);
        if (place->running) {
            sdei_unregister(sdei, event->number, cpu);
            status = SDEI_DENIED;
            continue;
        }
        *place = (struct sdei_place){0};
        if (shared) {
            unbind(sdei, event);
        }
    }
    return status;
}
