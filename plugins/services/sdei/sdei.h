/* SPDX-License-Identifier: MIT */
/*
 * The inside of the sdei plugin: events, which of them wait, and whose handlers run where
 * (Arm DEN0054). sdei.c has the instance and the calls, events.c the events' states, deliver.c
 * the way into a handler and out of it.
 */
#ifndef SDEI_H
#define SDEI_H

#include <el4/service.h>

enum {
    SDEI_SUCCESS = 0,
    SDEI_NOT_SUPPORTED = -1,
    SDEI_INVALID_PARAMETERS = -2,
    SDEI_DENIED = -3,
    SDEI_PENDING = -5,
    SDEI_OUT_OF_RESOURCE = -10,
};

#define SDEI_SLOTS_MAX   16u   /* interrupts that can be bound */
#define SDEI_FIRST_BOUND 1000u /* number of the first of those events */
#define SDEI_EVENTS      (1u + SDEI_SLOTS_MAX)
#define SDEI_REGISTERS   18u /* x0 to x17 are the event's to change */
#define SDEI_PRIORITIES  2u  /* normal, critical: as many handlers may be nested */

/* One event on one CPU, or, if it is shared, on all (place 0). */
struct sdei_place {
    bool registered, enabled, running, unregister_pending;
    bool pending; /* signalled, handler not entered */
    uint64_t entry, argument;
};

struct sdei_event {
    uint32_t number;
    bool exists; /* event 0; the others while an interrupt is bound */
    bool shared;
    bool critical;
    bool routed; /* shared: to routed_cpu alone */
    unsigned routed_cpu;
    uint32_t intid; /* bound: of the interrupt */
    bool level;     /* bound: of the interrupt, now */
    struct sdei_place *places;
};

/* A handler that runs on a CPU, and what it interrupted. */
struct sdei_frame {
    struct sdei_event *event;
    uint64_t x[SDEI_REGISTERS];
    uint64_t pc;
    uint32_t pstate;
};

struct sdei_cpu {
    bool masked;
    unsigned depth;
    struct sdei_frame frames[SDEI_PRIORITIES];
};

struct sdei {
    const struct el4_host *host;
    struct el4_instance *self;
    unsigned cpu_count;
    unsigned client_el;
    unsigned slots;
    bool bound_are_critical;
    struct el4_timer *retry;
    struct sdei_event events[SDEI_EVENTS];
    struct sdei_cpu *cpus;
};

/* ---- events.c ---- */
/* NULL: there is none with that number. */
struct sdei_event *sdei_find(struct sdei *sdei, uint64_t number);
struct sdei_place *sdei_place(struct sdei_event *event, unsigned cpu);
/* The CPU with that affinity; false: none. */
bool sdei_find_cpu(struct sdei *sdei, uint64_t affinity, unsigned *cpu);
int sdei_register(struct sdei *sdei, const struct el4_call *call);
int sdei_enable(struct sdei *sdei, uint64_t number, unsigned cpu, bool enable);
int sdei_unregister(struct sdei *sdei, uint64_t number, unsigned cpu);
int sdei_status(struct sdei *sdei, uint64_t number, unsigned cpu);
/* 64 bits: it may be an affinity. */
int64_t sdei_info(struct sdei *sdei, uint64_t number, uint64_t what);
int sdei_set_routing(struct sdei *sdei, uint64_t number, uint64_t mode, uint64_t affinity);
int sdei_bind(struct sdei *sdei, uint64_t intid);
int sdei_release(struct sdei *sdei, uint64_t number);
/* Unregister all of one kind; shared ones lose their interrupts, too. */
int sdei_reset_kind(struct sdei *sdei, bool shared, unsigned cpu);
/* A bound interrupt has another level. */
void sdei_interrupt_changed(struct sdei *sdei, uint32_t intid, bool level);
/* The handler is done with. */
void sdei_finished(struct sdei *sdei, struct sdei_event *event, unsigned cpu);

/* ---- deliver.c ---- */
/* Something may wait for a CPU, or for any: look at it there. */
void sdei_kick(struct sdei *sdei, unsigned cpu);
void sdei_kick_all(struct sdei *sdei);
/* The CPU is between two instructions: enter a handler if one is due. */
void sdei_deliver(struct sdei *sdei, unsigned cpu);
/* x<n> of what the running handler interrupted. */
bool sdei_context(const struct sdei *sdei, unsigned cpu, uint64_t n, uint64_t *value);
/* Leave the handler: to what it interrupted, or to `resume`, which can return there. */
int sdei_complete(struct sdei *sdei, unsigned cpu, const uint64_t *resume);

#endif
