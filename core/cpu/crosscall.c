/* SPDX-License-Identifier: MIT */
/*
 * A bounded queue of calls for each vCPU. Posting is a push under the target's lock and, if
 * the target runs guest code, a bit in its attention word; nobody is woken from sleep, since a
 * vCPU empties its queue before it enters guest code.
 *
 * The race between posting and entering is Dekker's: the poster counts the call in "posted"
 * and then looks at in_guest; the target sets in_guest and then looks at "posted". All four are
 * sequentially consistent, so that either the poster waits or the target finds the call.
 *
 * A queue that is full (its owner is off for long) is replaced by one promise: everything that
 * calls may concern, translations and translated code, is dropped.
 */
#include <glib.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "cpu/code.h"
#include "cpu/cpu.h"
#include "cpu/crosscall.h"
#include "cpu/env.h"
#include "cpu/tlb.h"

#define QUEUE_CALLS 256
#define BATCH_CALLS 32

#define SPINS_BEFORE_YIELD 64
#define YIELDS_BEFORE_NAP  200

struct call {
    el4_crosscall_fn *fn;
    uint64_t a, b, c;
};

struct el4_crosscall_queue {
    pthread_mutex_t lock;
    struct call calls[QUEUE_CALLS]; /* ring; guarded by lock */
    unsigned head, count;
    bool overflow;
    _Atomic uint64_t posted; /* calls ever; written under lock */
    _Atomic uint64_t done;   /* calls ever; written by the owner */
    /* The owner's thread only. */
    bool must_wait; /* posted to others since its last wait */
    bool running;
};

struct el4_crosscall_queue *el4_crosscall_queue_new(void)
{
    struct el4_crosscall_queue *queue = g_new0(struct el4_crosscall_queue, 1);
    pthread_mutex_init(&queue->lock, NULL);
    return queue;
}

void el4_crosscall_queue_free(struct el4_crosscall_queue *queue)
{
    if (queue) {
        pthread_mutex_destroy(&queue->lock);
        g_free(queue);
    }
}

static bool single_threaded(const struct el4_cpu *cpu)
{
    return cpu->env && cpu->env->single_threaded && cpu->env->single_threaded(cpu->env_data);
}

void el4_crosscall_post(struct el4_cpu *from, struct el4_cpu *target, el4_crosscall_fn *fn,
                        uint64_t a, uint64_t b, uint64_t c)
{
    if (from == target || single_threaded(target)) {
        fn(target, a, b, c);
        return;
    }
    struct el4_crosscall_queue *queue = target->crosscalls;
    pthread_mutex_lock(&queue->lock);
    if (queue->count == QUEUE_CALLS) {
        queue->count = 0;
        queue->overflow = true;
    }
    /* What the promise covers already need not be queued behind it. */
    if (!queue->overflow) {
        queue->calls[(queue->head + queue->count++) % QUEUE_CALLS] =
            (struct call){.fn = fn, .a = a, .b = b, .c = c};
    }
    atomic_fetch_add(&queue->posted, 1);
    pthread_mutex_unlock(&queue->lock);
    if (from) {
        from->crosscalls->must_wait = true;
    }
    if (atomic_load(&target->in_guest)) {
        atomic_fetch_or(&target->attention, EL4_ATTENTION_CALLS);
    }
}

void el4_crosscall_post_all(struct el4_cpu *from, struct el4_cpu *const *cpus, unsigned count,
                            el4_crosscall_fn *fn, uint64_t a, uint64_t b, uint64_t c)
{
    for (unsigned i = 0; i < count; i++) {
        if (cpus[i] != from) {
            el4_crosscall_post(from, cpus[i], fn, a, b, c);
        }
    }
}

void el4_crosscall_broadcast(struct el4_cpu *from, el4_crosscall_fn *fn, uint64_t a, uint64_t b,
                             uint64_t c)
{
    if (!from->env || !from->env->cpus) {
        return;
    }
    unsigned count = 0;
    struct el4_cpu *const *cpus = from->env->cpus(from->env_data, &count);
    el4_crosscall_post_all(from, cpus, count, fn, a, b, c);
}

static void drop_code(struct el4_cpu *cpu, uint64_t a, uint64_t b, uint64_t c)
{
    if (cpu->code_ops && cpu->code_ops->flush) {
        cpu->code_ops->flush(cpu);
    }
}

/*
 * Lost calls may have asked for write protection of code pages (mem.c), so that this cpu may
 * have written to pages whose code others hold: theirs goes too.
 */
static void drop_everything(struct el4_cpu *cpu)
{
    el4_tlb_invalidate_all(cpu, 0, 0, 0);
    drop_code(cpu, 0, 0, 0);
    el4_crosscall_broadcast(cpu, drop_code, 0, 0, 0);
}

/* Take up to BATCH_CALLS; *done is what "done" will be after they ran. */
static unsigned take_batch(struct el4_crosscall_queue *queue, struct call *batch,
                           bool *overflow, uint64_t *done)
{
    unsigned count = 0;
    pthread_mutex_lock(&queue->lock);
    *overflow = queue->overflow;
    queue->overflow = false;
    while (queue->count && count < BATCH_CALLS) {
        batch[count++] = queue->calls[queue->head];
        queue->head = (queue->head + 1) % QUEUE_CALLS;
        queue->count--;
    }
    *done = atomic_load(&queue->posted) - queue->count;
    pthread_mutex_unlock(&queue->lock);
    return count;
}

void el4_crosscall_run(struct el4_cpu *cpu)
{
    struct el4_crosscall_queue *queue = cpu->crosscalls;
    if (!queue || queue->running) {
        return;
    }
    if (atomic_load_explicit(&cpu->attention, memory_order_relaxed) & EL4_ATTENTION_CALLS) {
        el4_cpu_notice_clear(cpu, EL4_ATTENTION_CALLS);
    }
    queue->running = true;
    while (atomic_load(&queue->posted) != atomic_load(&queue->done)) {
        struct call batch[BATCH_CALLS];
        bool overflow;
        uint64_t done;
        unsigned count = take_batch(queue, batch, &overflow, &done);
        if (overflow) {
            drop_everything(cpu);
        }
        for (unsigned i = 0; i < count; i++) {
            batch[i].fn(cpu, batch[i].a, batch[i].b, batch[i].c);
        }
        atomic_store(&queue->done, done);
    }
    queue->running = false;
}

static void wait_for(struct el4_cpu *cpu, struct el4_cpu *target)
{
    struct el4_crosscall_queue *queue = target->crosscalls;
    uint64_t ticket = atomic_load(&queue->posted);
    for (unsigned rounds = 0;; rounds++) {
        /* Signed: the counters may not wrap in practice, but the idiom costs nothing. */
        if ((int64_t)(atomic_load(&queue->done) - ticket) >= 0 ||
            !atomic_load(&target->in_guest)) {
            return;
        }
        el4_crosscall_run(cpu);
        if (rounds < SPINS_BEFORE_YIELD) {
            continue;
        }
        if (rounds < SPINS_BEFORE_YIELD + YIELDS_BEFORE_NAP) {
            sched_yield();
        } else {
            /* More vCPUs than host CPUs: let the target's thread have this one. */
            nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
        }
    }
}

void el4_crosscall_wait(struct el4_cpu *cpu)
{
    struct el4_crosscall_queue *own = cpu->crosscalls;
    if (!own || !own->must_wait) {
        return;
    }
    own->must_wait = false;
    unsigned count = 0;
    struct el4_cpu *const *cpus = cpu->env->cpus(cpu->env_data, &count);
    for (unsigned i = 0; i < count; i++) {
        if (cpus[i] != cpu) {
            wait_for(cpu, cpus[i]);
        }
    }
}

void el4_crosscall_leave_guest(struct el4_cpu *cpu)
{
    el4_crosscall_run(cpu);
    atomic_store(&cpu->in_guest, 0);
}

void el4_crosscall_enter_guest(struct el4_cpu *cpu)
{
    atomic_store(&cpu->in_guest, 1);
    el4_crosscall_run(cpu);
}
