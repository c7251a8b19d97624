/* SPDX-License-Identifier: MIT */
/*
 * Into a handler and out of it (Arm DEN0054 5.2, 5.3): x0 to x17, PC and PSTATE of what is
 * interrupted are kept here; the handler begins at the client's exception level with
 * everything masked.
 */
#include "sdei.h"

#include <string.h>

#define PSTATE_SP   1u
#define PSTATE_EL   0xcu
#define PSTATE_NRW  0x10u
#define PSTATE_DAIF 0x3c0u
#define PSTATE_KEPT 0x00c00000u /* PAN and UAO: the handler sets its own */
/* A CPU that can't take an event now, as it is at EL3, is asked again. */
#define RETRY_NS UINT64_C(100000)

static bool may_run_on(const struct sdei_event *event, unsigned cpu)
{
    return !event->shared || !event->routed || event->routed_cpu == cpu;
}

/* A critical event interrupts a normal one's handler, nothing else is nested (6.2). */
static bool is_due(const struct sdei *sdei, struct sdei_event *event, unsigned cpu)
{
    const struct sdei_cpu *at = &sdei->cpus[cpu];
    const struct sdei_place *place = event->exists ? sdei_place(event, cpu) : NULL;
    bool outranks =
        at->depth == 0 || (event->critical && !at->frames[at->depth - 1].event->critical);
    return place && place->pending && place->enabled && !place->running && !at->masked &&
           outranks && at->depth < SDEI_PRIORITIES && may_run_on(event, cpu);
}

static struct sdei_event *next_due(struct sdei *sdei, unsigned cpu)
{
    struct sdei_event *found = NULL;
    for (unsigned i = 0; i < SDEI_EVENTS; i++) {
        struct sdei_event *event = &sdei->events[i];
        if (is_due(sdei, event, cpu) && (!found || (event->critical && !found->critical))) {
            found = event;
        }
    }
    return found;
}

void sdei_kick(struct sdei *sdei, unsigned cpu)
{
    if (next_due(sdei, cpu)) {
        sdei->host->cpu_interrupt(sdei->self, cpu);
    }
}

/* Each CPU looks for itself; of a shared event the first that comes has it. */
void sdei_kick_all(struct sdei *sdei)
{
    for (unsigned cpu = 0; cpu < sdei->cpu_count; cpu++) {
        sdei_kick(sdei, cpu);
    }
}

static void keep(struct sdei_frame *frame, const struct el4_cpu_context *context)
{
    memcpy(frame->x, context->x, sizeof(frame->x));
    frame->pc = context->pc;
    frame->pstate = context->pstate;
}

void sdei_deliver(struct sdei *sdei, unsigned cpu)
{
    const struct el4_host *host = sdei->host;
    struct sdei_cpu *at = &sdei->cpus[cpu];
    struct sdei_event *event = next_due(sdei, cpu);
    struct el4_cpu_context context = {.struct_size = sizeof(context)};
    struct el4_cpu_state state = {.struct_size = sizeof(state)};
    if (!event) {
        return;
    }
    host->cpu_state(sdei->self, cpu, &state);
    bool below = state.el <= sdei->client_el && !state.secure &&
                 host->cpu_context_get(sdei->self, cpu, &context);
    struct sdei_place *place = sdei_place(event, cpu);
    struct sdei_frame *frame = &at->frames[at->depth];
    if (below) {
        keep(frame, &context);
        context.x[0] = event->number;
        context.x[1] = place->argument;
        context.x[2] = context.pc;
        context.x[3] = context.pstate;
        context.pc = place->entry;
        uint32_t kept = context.pstate & PSTATE_NRW ? 0 : context.pstate & PSTATE_KEPT;
        context.pstate = kept | PSTATE_DAIF | sdei->client_el << 2 | PSTATE_SP;
    }
    if (!below || !host->cpu_context_set(sdei->self, cpu, &context)) {
        host->timer_set(sdei->self, sdei->retry, host->now_ns(sdei->self) + RETRY_NS);
        return;
    }
    frame->event = event;
    at->depth++;
    place->pending = false;
    place->running = true;
}

bool sdei_context(const struct sdei *sdei, unsigned cpu, uint64_t n, uint64_t *value)
{
    const struct sdei_cpu *at = &sdei->cpus[cpu];
    *value = at->depth && n < SDEI_REGISTERS ? at->frames[at->depth - 1].x[n] : 0;
    return at->depth != 0;
}

/* As after an exception from there: ELR and SPSR lead back. */
static void resume_at(struct sdei *sdei, struct el4_cpu_context *context,
                      const struct sdei_frame *frame, uint64_t resume)
{
    context->elr[sdei->client_el - 1] = frame->pc;
    context->spsr[sdei->client_el - 1] = frame->pstate;
    context->pc = resume;
    context->pstate = (context->pstate & (PSTATE_KEPT | PSTATE_EL)) | PSTATE_SP | PSTATE_DAIF;
}

int sdei_complete(struct sdei *sdei, unsigned cpu, const uint64_t *resume)
{
    struct sdei_cpu *at = &sdei->cpus[cpu];
    struct el4_cpu_context context = {.struct_size = sizeof(context)};
    if (!at->depth || !sdei->host->cpu_context_get(sdei->self, cpu, &context)) {
        return SDEI_DENIED;
    }
    const struct sdei_frame *frame = &at->frames[at->depth - 1];
    memcpy(context.x, frame->x, sizeof(frame->x));
    if (resume) {
        resume_at(sdei, &context, frame, *resume);
    } else {
        context.pc = frame->pc;
        context.pstate = frame->pstate;
    }
    if (!sdei->host->cpu_context_set(sdei->self, cpu, &context)) {
        return SDEI_DENIED;
    }
    at->depth--;
    sdei_finished(sdei, frame->event, cpu);
    sdei_kick_all(sdei);
    return SDEI_SUCCESS;
}
