/* SPDX-License-Identifier: MIT */
/*
 * Cross-calls between vCPU threads: nothing is lost, a wait means done, nobody waits for a cpu
 * that is not in guest code, two waiting cpus do not block each other. Built with the thread
 * sanitizer too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "cpu/code.h"
#include "cpu/crosscall.h"
#include "cpu/tlb.h"
#include "fake-cpu.h"

#define THREADS 4
#define ROUNDS  2000

static void add_to_slot(struct el4_cpu *cpu, uint64_t slot, uint64_t value, uint64_t unused)
{
    cpu->slot[slot] += value;
}

static void test_single_threaded(void **state)
{
    struct fake_machine *machine = fake_machine_new(3);
    machine->single_threaded = true;
    el4_crosscall_broadcast(machine->cpus[0], add_to_slot, 1, 5, 0);
    assert_int_equal(machine->cpus[0]->slot[1], 0);
    assert_int_equal(machine->cpus[1]->slot[1], 5);
    assert_int_equal(machine->cpus[2]->slot[1], 5);
    el4_crosscall_wait(machine->cpus[0]);
    fake_machine_free(machine);
}

static void test_queue_and_attention(void **state)
{
    struct fake_machine *machine = fake_machine_new(2);
    struct el4_cpu *target = machine->cpus[1];
    el4_crosscall_post(machine->cpus[0], target, add_to_slot, 1, 5, 0);
    assert_int_equal(target->slot[1], 0);
    assert_int_equal(target->attention, 0); /* not in guest code: nobody is disturbed */
    el4_crosscall_wait(machine->cpus[0]);   /* and nobody waits */
    el4_crosscall_enter_guest(target);
    assert_int_equal(target->slot[1], 5);
    el4_crosscall_post(machine->cpus[0], target, add_to_slot, 1, 5, 0);
    assert_int_equal(target->attention, EL4_ATTENTION_CALLS);
    el4_crosscall_run(target);
    assert_int_equal(target->slot[1], 10);
    assert_int_equal(target->attention, 0);
    /* From no cpu, and to oneself. */
    el4_crosscall_post(NULL, target, add_to_slot, 1, 1, 0);
    el4_crosscall_post(target, target, add_to_slot, 2, 1, 0);
    assert_int_equal(target->slot[2], 1);
    el4_crosscall_leave_guest(target);
    assert_int_equal(target->slot[1], 11);
    fake_machine_free(machine);
}

static unsigned flushes;

static void count_flush(struct el4_cpu *cpu)
{
    flushes++;
}

/* A cpu that is off while others go on must not pile up calls: it drops things instead. */
static void test_overflow(void **state)
{
    static const struct el4_code_ops ops = {.flush = count_flush};
    struct fake_machine *machine = fake_machine_new(2);
    struct el4_cpu *from = machine->cpus[0];
    struct el4_cpu *target = machine->cpus[1];
    target->code_ops = from->code_ops = &ops;
    flushes = 0;
    /* Translations: nothing but the TLB suffers, and other calls stay. */
    el4_crosscall_post(from, target, add_to_slot, 1, 1, 0);
    for (unsigned i = 0; i < 100000; i++) {
        el4_crosscall_post(from, target, el4_tlb_invalidate_va, 0, 0x1000, 0);
    }
    uint64_t generation = target->tlb_generation;
    el4_crosscall_enter_guest(target);
    assert_int_equal(flushes, 0);
    assert_int_equal(target->slot[1], 1);
    assert_true(target->tlb_generation != generation);
    assert_true(target->tlb_generation - generation < 100);
    /* Too many others: its code goes, not that of the rest, as it was not in guest code. */
    el4_crosscall_leave_guest(target);
    for (unsigned i = 0; i < 100000; i++) {
        el4_crosscall_post(from, target, add_to_slot, 2, 1, 0);
    }
    el4_crosscall_enter_guest(target);
    assert_int_equal(flushes, 1);
    el4_crosscall_enter_guest(from);
    assert_int_equal(flushes, 1);
    /* In guest code it may have written to code pages meanwhile. */
    for (unsigned i = 0; i < 100000; i++) {
        el4_crosscall_post(from, target, add_to_slot, 2, 1, 0);
    }
    el4_crosscall_run(target);
    assert_int_equal(flushes, 2);
    el4_crosscall_run(from);
    assert_int_equal(flushes, 3);
    el4_crosscall_post(from, target, add_to_slot, 3, 1, 0);
    el4_crosscall_run(target);
    assert_int_equal(target->slot[3], 1);
    fake_machine_free(machine);
}

struct worker {
    struct fake_machine *machine;
    unsigned index;
    _Atomic unsigned *finished;
    pthread_barrier_t *start;
};

static void set_seen(struct el4_cpu *cpu, uint64_t from, uint64_t round, uint64_t unused)
{
    cpu->slot[from] = round;
    cpu->slot[16 + from]++;
}

/* Guest code of a sort: cross-call everyone, wait, look at nothing but the own cpu. */
static void *run_worker(void *data)
{
    struct worker *worker = data;
    struct el4_cpu *cpu = worker->machine->cpus[worker->index];
    el4_crosscall_enter_guest(cpu);
    pthread_barrier_wait(worker->start);
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        el4_crosscall_broadcast(cpu, set_seen, worker->index, round, 0);
        if (round % 3 == 0) {
            el4_crosscall_wait(cpu);
        }
        if (atomic_load(&cpu->attention) & EL4_ATTENTION_CALLS) {
            el4_crosscall_run(cpu);
        }
    }
    el4_crosscall_wait(cpu);
    atomic_fetch_add(worker->finished, 1);
    while (atomic_load(worker->finished) < THREADS) {
        el4_crosscall_run(cpu);
        sched_yield();
    }
    el4_crosscall_leave_guest(cpu);
    return NULL;
}

static void test_threads(void **state)
{
    struct fake_machine *machine = fake_machine_new(THREADS);
    pthread_t threads[THREADS];
    struct worker workers[THREADS];
    _Atomic unsigned finished = 0;
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){machine, i, &finished, &start};
        assert_int_equal(pthread_create(&threads[i], NULL, run_worker, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        for (unsigned j = 0; j < THREADS; j++) {
            if (i != j) {
                assert_int_equal(machine->cpus[i]->slot[j], ROUNDS);
                assert_int_equal(machine->cpus[i]->slot[16 + j], ROUNDS);
            }
        }
    }
    pthread_barrier_destroy(&start);
    fake_machine_free(machine);
}

/*
 * What a TLBI must guarantee: after the wait, the other cpu does not use the old value. The
 * "translation" is a plain variable of the target, changed by the call, or by the flush that
 * stands for calls that did not fit.
 */
struct handshake {
    struct fake_machine *machine;
    _Atomic uint64_t used; /* what the target last worked with */
    _Atomic bool stop;
    bool broken;
};

static void set_translation(struct el4_cpu *cpu, uint64_t value, uint64_t b, uint64_t c)
{
    /* Older calls may run after the flush that stands for newer ones. */
    cpu->slot[1] = value > cpu->slot[1] ? value : cpu->slot[1];
}

static _Atomic uint64_t newest_translation;

static void flush_translation(struct el4_cpu *cpu)
{
    cpu->slot[1] = atomic_load(&newest_translation);
}

static void *use_translation(void *data)
{
    struct handshake *h = data;
    struct el4_cpu *cpu = h->machine->cpus[1];
    unsigned i = 0;
    while (!atomic_load(&h->stop)) {
        el4_crosscall_enter_guest(cpu);
        for (unsigned block = 0; block < 50; block++) {
            if (atomic_load(&cpu->attention)) {
                el4_crosscall_run(cpu);
            }
            atomic_store(&h->used, cpu->slot[1]);
        }
        el4_crosscall_leave_guest(cpu);
        if (i++ % 16 == 0) {
            sched_yield();
        }
    }
    return NULL;
}

static void test_wait_means_done(void **state)
{
    static const struct el4_code_ops ops = {.flush = flush_translation};
    struct handshake h = {.machine = fake_machine_new(2)};
    pthread_t thread;
    h.machine->cpus[1]->code_ops = &ops;
    atomic_store(&newest_translation, 0);
    assert_int_equal(pthread_create(&thread, NULL, use_translation, &h), 0);
    struct el4_cpu *cpu = h.machine->cpus[0];
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        atomic_store(&newest_translation, round);
        el4_crosscall_broadcast(cpu, set_translation, round, 0, 0);
        el4_crosscall_wait(cpu);
        /* Either the call ran or the target is outside; it may not use an older value now. */
        atomic_store(&h.used, UINT64_MAX);
        for (unsigned i = 0; i < 20; i++) {
            h.broken |= atomic_load(&h.used) < round;
        }
    }
    atomic_store(&h.stop, true);
    pthread_join(thread, NULL);
    assert_false(h.broken);
    fake_machine_free(h.machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single_threaded), cmocka_unit_test(test_queue_and_attention),
        cmocka_unit_test(test_overflow),        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_wait_means_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
