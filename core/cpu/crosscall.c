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
 * A cpu that sleeps or is off handles nothing, while the others go on posting. So there is a
 * limit: beyond some TLB invalidations the cpu will drop its whole TLB instead, and beyond the
 * queue's size all its translated code.
 */
#include <glib.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "cpu/cpu.h"
#include "cpu/crosscall.h"
#include "cpu/env.h"
#include "cpu/mem.h"
#include "cpu/tlb.h"

#define QUEUE_CALLS 1024
#define QUEUE_TLB   64 /* more invalidations cost more than refilling the TLB */
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
    unsigned tlb_count; /* of them, TLB invalidations */
    bool drop_tlb;      /* calls were lost that this makes up for */
    bool drop_code;
    bool drop_others;        /* see drop_lost */
    _Atomic uint64_t posted; /* calls ever; written under lock */
    _Atomic uint64_t done;   /* calls ever; written by the owner */
    /* The owner's thread only. */
    bool must_wait; /* posted to others since its last wait */
    bool running;
    bool unseen_write;
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

static bool is_tlb_call(el4_crosscall_fn *fn)
{
    return fn == el4_tlb_invalidate_va || fn == el4_tlb_invalidate_va_all_asid ||
           fn == el4_tlb_invalidate_asid || fn == el4_tlb_invalidate_vmid ||
           fn == el4_tlb_invalidate_ipa || fn == el4_tlb_invalidate_regime ||
           fn == el4_tlb_invalidate_all;
}

/* With the lock held. True: the call is in the queue. */
static bool push(struct el4_crosscall_queue *queue, const struct call *call)
{
    if (is_tlb_call(call->fn)) {
        queue->drop_tlb |= queue->tlb_count == QUEUE_TLB || queue->count == QUEUE_CALLS;
        if (queue->drop_tlb) {
            return true; /* the promise is as good as the call */
        }
        queue->tlb_count++;
    } else {
        queue->drop_code |= queue->count == QUEUE_CALLS;
        if (queue->drop_code) {
            return false;
        }
    }
    queue->calls[(queue->head + queue->count++) % QUEUE_CALLS] = *call;
    return true;
}

void el4_crosscall_post(struct el4_cpu *from, struct el4_cpu *target, el4_crosscall_fn *fn,
                        uint64_t a, uint64_t b, uint64_t c)
{
    if (from == target || single_threaded(target)) {
        fn(target, a, b, c);
        return;
    }
    struct el4_crosscall_queue *queue = target->crosscalls;
    const struct call call = {.fn = fn, .a = a, .b = b, .c = c};
    pthread_mutex_lock(&queue->lock);
    bool lost = !push(queue, &call);
    atomic_fetch_add(&queue->posted, 1);
    bool in_guest = atomic_load(&target->in_guest);
    queue->drop_others |= lost && in_guest;
    pthread_mutex_unlock(&queue->lock);
    if (from) {
        from->crosscalls->must_wait = true;
    }
    if (in_guest) {
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

struct batch {
    struct call calls[BATCH_CALLS];
    unsigned count;
    bool drop_tlb, drop_code, drop_others;
    uint64_t done; /* what "done" is once the batch ran */
};

/*
 * Make up for calls that were lost. One of them may have asked for write protection of a code
 * page (mem.c), and if this cpu was in guest code it may have written there since: then what
 * the others translated may be stale.
 */
static void drop_lost(struct el4_cpu *cpu, const struct batch *batch)
{
    if (batch->drop_tlb) {
        el4_tlb_invalidate_all(cpu, 0, 0, 0);
    }
    if (batch->drop_code) {
        el4_mem_flush_fast_tlb(cpu);
        el4_mem_flush_code(cpu, 0, 0, 0);
    }
    if (batch->drop_others) {
        el4_crosscall_broadcast(cpu, el4_mem_flush_code, 0, 0, 0);
    }
}

static void take_batch(struct el4_crosscall_queue *queue, struct batch *batch)
{
    pthread_mutex_lock(&queue->lock);
    batch->drop_tlb = queue->drop_tlb;
    batch->drop_code = queue->drop_code;
    batch->drop_others = queue->drop_others;
    queue->drop_tlb = queue->drop_code = queue->drop_others = false;
    batch->count = 0;
    while (queue->count && batch->count < BATCH_CALLS) {
        const struct call *call = &queue->calls[queue->head];
        queue->tlb_count -= is_tlb_call(call->fn);
        batch->calls[batch->count++] = *call;
        queue->head = (queue->head + 1) % QUEUE_CALLS;
        queue->count--;
    }
    batch->done = atomic_load(&queue->posted) - queue->count;
    pthread_mutex_unlock(&queue->lock);
}

/*
 * A read-modify-write where a store of this cpu must not be missed: whoever posts after it has
 * synchronised with it, and so reads what was stored before.
 */
static bool is_pending(struct el4_crosscall_queue *queue, bool after_stores)
{
    uint64_t posted =
        after_stores ? atomic_fetch_add(&queue->posted, 0) : atomic_load(&queue->posted);
    return posted != atomic_load(&queue->done);
}

bool el4_crosscall_is_pending(const struct el4_cpu *cpu)
{
    return cpu->crosscalls && is_pending(cpu->crosscalls, true);
}

void el4_crosscall_note_unseen_write(struct el4_cpu *cpu)
{
    if (cpu->crosscalls) {
        cpu->crosscalls->unseen_write = true;
    }
}

bool el4_crosscall_has_unseen_write(const struct el4_cpu *cpu)
{
    return cpu->crosscalls && cpu->crosscalls->unseen_write;
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
    while (is_pending(queue, queue->unseen_write)) {
        struct batch batch;
        take_batch(queue, &batch);
        drop_lost(cpu, &batch);
        for (unsigned i = 0; i < batch.count; i++) {
            const struct call *call = &batch.calls[i];
            call->fn(cpu, call->a, call->b, call->c);
        }
        atomic_store(&queue->done, batch.done);
    }
    queue->unseen_write = false;
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
