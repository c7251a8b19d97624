/* SPDX-License-Identifier: MIT */
/*
 * Running: a host thread for each vCPU with the real clock; with the virtual clock all vCPUs
 * take turns on the caller's thread, and time is the number of instructions retired by all
 * of them (one a nanosecond) plus the stretches skipped while all slept.
 */
#include "machine/private.h"

#include <string.h>
#include <time.h>

#include "cpu/timer.h"
#include "engine/engine.h"

/* Instructions of one turn of a vCPU (virtual clock). */
#define TURN_INSNS 20000
/* With everything asleep and no deadline, how long one wait for the host's input takes. */
#define IDLE_POLL_NS 100000000
/*
 * Longest sleep of a WFE. What it waits for may be a store to the address of an exclusive load
 * (DDI 0487 B2.12: clearing the global monitor is an event), which el4 does not see; WFE may
 * end early at any time, and Linux's own event stream is of this order.
 */
#define WFE_SLEEP_NS 50000
/* Virtual clock: the most time skipped at once when a loop waits in WFE, whose registers change
 * from round to round, or do not. */
#define WFE_SKIP_NS      10000
#define WFE_LONG_SKIP_NS IDLE_POLL_NS
/* Turns between two looks at the host's descriptors. */
#define TURNS_PER_POLL 64

void el4_machine_wake(struct vcpu *vcpu)
{
    pthread_mutex_lock(&vcpu->sleep_lock);
    pthread_cond_signal(&vcpu->sleep_wake);
    pthread_mutex_unlock(&vcpu->sleep_lock);
}

void el4_machine_ask_stop(struct el4_machine *machine, enum stop_event event)
{
    int none = STOP_NONE;
    if (event == STOP_EXIT) {
        atomic_store(&machine->stop_event, STOP_EXIT);
    } else if (!atomic_compare_exchange_strong(&machine->stop_event, &none, (int)event)) {
        return;
    }
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        if (machine->cpus[i]) { /* plugins may ask while the machine is built */
            el4_cpu_notice(machine->cpus[i], EL4_ATTENTION_STOP);
            el4_machine_wake(&machine->vcpus[i]);
        }
    }
    el4_io_kick(machine->io);
}

void el4_machine_stop(struct el4_machine *machine, enum el4_exit status)
{
    int unset = -1;
    atomic_compare_exchange_strong(&machine->exit_status, &unset, (int)status);
    el4_machine_ask_stop(machine, STOP_EXIT);
}

static bool is_stopping(const struct el4_machine *machine)
{
    return atomic_load(&machine->stop_event) != STOP_NONE;
}

/* What the power request of a service call means now that the vCPU is out of guest code. */
static void act_on_request(struct vcpu *vcpu)
{
    struct el4_machine *machine = vcpu->machine;
    /*
     * Before the lock: who asks for something later sets it again. Left set, it would end every
     * sleep; is_stopping() tells of stops.
     */
    el4_cpu_notice_clear(vcpu->cpu, EL4_ATTENTION_STOP);
    el4_io_lock(machine->io);
    enum power_request request = vcpu->request;
    switch (request) {
    case REQUEST_OFF:
        vcpu->request = REQUEST_NONE;
        el4_power_set(vcpu, EL4_POWER_OFF);
        g_ptr_array_set_size(vcpu->interrupted_by, 0);
        break;
    case REQUEST_SUSPEND: el4_power_set(vcpu, EL4_POWER_SUSPENDED); break;
    default: break;
    }
    el4_io_unlock(machine->io);
    if (request == REQUEST_OFF) {
        el4_timer_reset(vcpu->cpu);
    }
    el4_machine_serve_interrupts(vcpu);
}

/* ---- real clock: one thread a vCPU ---- */

static bool has_reason_to_wake(struct vcpu *vcpu)
{
    if (vcpu->awake_at_ns) {
        return el4_machine_now_ns(vcpu->machine) >= vcpu->awake_at_ns;
    }
    switch (atomic_load(&vcpu->cpu->power)) {
    case EL4_POWER_OFF: return false;
    case EL4_POWER_ON_PENDING: return true;
    default: return el4_cpu_wfi_wakes(vcpu->cpu);
    }
}

/* Attention bits that only this thread can serve (a due timer drives a wire, and so on). */
static void serve_while_asleep(struct vcpu *vcpu)
{
    if (atomic_load(&vcpu->cpu->attention) & EL4_ATTENTION_TIMER) {
        el4_cpu_serve_timers(vcpu->cpu);
    }
}

static void sleep_until_woken(struct vcpu *vcpu)
{
    while (!is_stopping(vcpu->machine)) {
        serve_while_asleep(vcpu);
        pthread_mutex_lock(&vcpu->sleep_lock);
        bool due = atomic_load(&vcpu->cpu->attention) & EL4_ATTENTION_TIMER;
        bool awake = has_reason_to_wake(vcpu) || is_stopping(vcpu->machine);
        if (!awake && !due) {
            pthread_cond_wait(&vcpu->sleep_wake, &vcpu->sleep_lock);
        }
        pthread_mutex_unlock(&vcpu->sleep_lock);
        if (awake) {
            return;
        }
    }
}

/* WFE: the event comes soon, as a rule from a vCPU that needs this host CPU to make it. */
static void sleep_for_event(struct vcpu *vcpu)
{
    struct el4_cpu *cpu = vcpu->cpu;
    if (cpu->exclusive_va != EL4_TLB_NO_TAG) {
        g_thread_yield();
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WFE_SLEEP_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&vcpu->sleep_lock);
    if (!atomic_load(&cpu->event) && !has_reason_to_wake(vcpu) &&
        !(atomic_load(&cpu->attention) & EL4_ATTENTION_TIMER)) {
        pthread_cond_timedwait(&vcpu->sleep_wake, &vcpu->sleep_lock, &until);
    }
    pthread_mutex_unlock(&vcpu->sleep_lock);
}

/* Bring a vCPU that is not running to where it runs; false: that takes more time. */
static bool come_to_life(struct vcpu *vcpu)
{
    if (atomic_load(&vcpu->cpu->power) == EL4_POWER_ON_PENDING) {
        el4_power_start(vcpu);
    } else if (vcpu->request == REQUEST_SUSPEND || vcpu->request == REQUEST_STANDBY) {
        if (!el4_power_is_awake(vcpu)) {
            return false;
        }
        el4_power_wake(vcpu);
    }
    return true;
}

static gpointer vcpu_thread(gpointer data)
{
    struct vcpu *vcpu = data;
    el4_io_lock(vcpu->machine->io);
    el4_machine_open_stolen(vcpu);
    el4_io_unlock(vcpu->machine->io);
    while (!is_stopping(vcpu->machine)) {
        if (atomic_load(&vcpu->cpu->power) != EL4_POWER_ON || vcpu->request != REQUEST_NONE) {
            sleep_until_woken(vcpu);
            if (!is_stopping(vcpu->machine)) {
                come_to_life(vcpu);
            }
            continue;
        }
        switch (el4_engine_run(vcpu->cpu)) {
        case EL4_ENGINE_STOP: act_on_request(vcpu); break;
        case EL4_ENGINE_WAIT:
            if (vcpu->cpu->waiting_for_event) {
                sleep_for_event(vcpu);
            } else {
                sleep_until_woken(vcpu);
            }
            break;
        case EL4_ENGINE_QUANTUM: break;
        }
    }
    el4_io_lock(vcpu->machine->io);
    el4_machine_close_stolen(vcpu);
    el4_io_unlock(vcpu->machine->io);
    return NULL;
}

static bool run_threads(struct el4_machine *machine, GError **error)
{
    if (!el4_io_start(machine->io, error)) {
        return false;
    }
    bool started = true;
    for (unsigned i = 0; i < machine->cpu_count && started; i++) {
        g_autofree char *name = g_strdup_printf("vcpu%u", i);
        machine->vcpus[i].thread =
            g_thread_try_new(name, vcpu_thread, &machine->vcpus[i], error);
        started = machine->vcpus[i].thread != NULL;
    }
    if (!started) {
        el4_machine_ask_stop(machine, STOP_EXIT);
    }
    for (unsigned i = 0; i < machine->cpu_count && machine->vcpus[i].thread; i++) {
        g_thread_join(machine->vcpus[i].thread);
        machine->vcpus[i].thread = NULL;
    }
    el4_io_stop(machine->io);
    return started;
}

/* ---- virtual clock: turns ---- */

uint64_t el4_machine_virtual_ns(struct el4_machine *machine)
{
    uint64_t retired = atomic_load_explicit(&machine->retired, memory_order_relaxed);
    struct vcpu *running = machine->running;
    if (running) {
        retired += running->cpu->icount - running->slice_start;
    }
    return retired + machine->idle_ns;
}

uint64_t el4_machine_now_ns(struct el4_machine *machine)
{
    return machine->virtual_clock ? el4_machine_virtual_ns(machine) : el4_io_now(machine->io);
}

uint64_t el4_machine_wall_clock_ns(struct el4_machine *machine)
{
    if (machine->virtual_clock) {
        return (uint64_t)machine->wall_clock_start_s * 1000000000 +
               el4_machine_virtual_ns(machine);
    }
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int64_t el4_machine_wall_clock_s(struct el4_machine *machine)
{
    return (int64_t)(el4_machine_wall_clock_ns(machine) / 1000000000);
}

void el4_machine_deadline_moved(struct el4_machine *machine, uint64_t at_ns)
{
    struct vcpu *running = machine->running;
    if (!machine->virtual_clock || !running) {
        return;
    }
    uint64_t now = el4_machine_virtual_ns(machine);
    uint64_t left = at_ns > now ? at_ns - now : 0;
    uint64_t limit = running->cpu->icount + left;
    if (limit < running->cpu->icount_limit) {
        running->cpu->icount_limit = limit;
    }
}

static void fire_timers(struct el4_machine *machine)
{
    el4_io_set_time(machine->io, el4_machine_virtual_ns(machine));
    el4_io_lock(machine->io);
    el4_io_run_timers(machine->io);
    el4_io_unlock(machine->io);
}

/* How a turn ended; the round's is that of the vCPU that had most to do. */
enum turn_end {
    TURN_NONE,  /* there was none: it sleeps or is off */
    TURN_WAITS, /* in WFE, with the registers as at the WFE before */
    TURN_POLLS, /* in WFE, with other registers */
    TURN_BUSY,  /* otherwise: also in WFI, as what woke it may have more to come */
};

/*
 * A loop that comes to its WFE with the same registers again has found nothing new, and as a
 * rule cannot until a timer or the host does something.
 */
static enum turn_end end_in_wfe(struct vcpu *vcpu)
{
    const uint64_t *now = vcpu->cpu->slot;
    bool same = memcmp(vcpu->wfe_registers, now, sizeof(vcpu->wfe_registers)) == 0;
    memcpy(vcpu->wfe_registers, now, sizeof(vcpu->wfe_registers));
    return same ? TURN_WAITS : TURN_POLLS;
}

/* A turn of one vCPU is time that the others, if they could run, did not. */
static void count_stolen(struct vcpu *turn, uint64_t ns)
{
    struct el4_machine *machine = turn->machine;
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        struct vcpu *other = &machine->vcpus[i];
        if (other != turn && !other->waiting && other->request == REQUEST_NONE &&
            atomic_load(&other->cpu->power) == EL4_POWER_ON) {
            other->stolen_ns += ns;
        }
    }
}

static enum turn_end take_turn(struct vcpu *vcpu)
{
    struct el4_machine *machine = vcpu->machine;
    struct el4_cpu *cpu = vcpu->cpu;
    uint64_t now = el4_machine_virtual_ns(machine);
    uint64_t deadline = el4_io_next_deadline(machine->io);
    uint64_t turn = TURN_INSNS;
    if (deadline <= now) {
        turn = 1;
    } else if (deadline - now < turn) {
        turn = deadline - now;
    }
    vcpu->slice_start = cpu->icount;
    cpu->icount_limit = cpu->icount + turn;
    machine->running = vcpu;
    enum el4_engine_exit reason = el4_engine_run(cpu);
    machine->running = NULL;
    uint64_t done = cpu->icount - vcpu->slice_start;
    atomic_fetch_add_explicit(&machine->retired, done, memory_order_relaxed);
    count_stolen(vcpu, done);
    bool for_event = reason == EL4_ENGINE_WAIT && cpu->waiting_for_event;
    vcpu->waiting = reason == EL4_ENGINE_WAIT && !for_event;
    if (reason == EL4_ENGINE_STOP) {
        act_on_request(vcpu);
    }
    fire_timers(machine);
    return for_event ? end_in_wfe(vcpu) : TURN_BUSY;
}

/* True if the vCPU can use a turn now. */
static bool wants_turn(struct vcpu *vcpu)
{
    serve_while_asleep(vcpu);
    uint32_t power = atomic_load(&vcpu->cpu->power);
    if (power == EL4_POWER_OFF) {
        return false;
    }
    if (power == EL4_POWER_ON && vcpu->request == REQUEST_NONE && !vcpu->waiting) {
        return true;
    }
    if (!has_reason_to_wake(vcpu)) {
        return false;
    }
    vcpu->waiting = false;
    return come_to_life(vcpu);
}

/* But that which ends the run. */
static bool has_no_timer(struct el4_machine *machine)
{
    return el4_io_next_deadline(machine->io) == UINT64_MAX ||
           (machine->limit && el4_io_timer_is_alone(machine->limit));
}

/*
 * Nobody can run: go to the next deadline, or wait for the host. A loop around WFE may look at
 * a clock, or at what another has stored without SEV: for it time moves in steps, small ones
 * while it makes progress. Otherwise the host rests for as long if there is no deadline.
 */
static void skip_time(struct el4_machine *machine, enum turn_end most)
{
    uint64_t deadline = el4_io_next_deadline(machine->io);
    if (most != TURN_NONE) {
        uint64_t skip = most == TURN_POLLS ? WFE_SKIP_NS : WFE_LONG_SKIP_NS;
        uint64_t step = el4_machine_virtual_ns(machine) + skip;
        if (most == TURN_WAITS && deadline == UINT64_MAX) {
            el4_io_poll(machine->io, skip);
        }
        deadline = deadline < step ? deadline : step;
    }
    bool is_idle = most == TURN_NONE && has_no_timer(machine);
    if (is_idle && machine->end_when_stuck && !el4_io_has_input(machine->io)) {
        machine->stuck = true;
        el4_machine_stop(machine, EL4_EXIT_TIMEOUT);
        return;
    }
    if (deadline == UINT64_MAX) {
        el4_io_poll(machine->io, IDLE_POLL_NS);
        return;
    }
    uint64_t now = el4_machine_virtual_ns(machine);
    if (deadline > now) {
        machine->idle_ns += deadline - now;
    }
    fire_timers(machine);
}

static void run_turns(struct el4_machine *machine)
{
    unsigned turns = 0;
    while (!is_stopping(machine)) {
        enum turn_end most = TURN_NONE;
        for (unsigned i = 0; i < machine->cpu_count && !is_stopping(machine); i++) {
            if (wants_turn(&machine->vcpus[i])) {
                enum turn_end end = take_turn(&machine->vcpus[i]);
                most = end > most ? end : most;
            }
        }
        bool is_due = ++turns % TURNS_PER_POLL == 0 || most != TURN_BUSY;
        if (is_due && !is_stopping(machine)) {
            el4_machine_begin_watch(machine);
        }
        if (most != TURN_BUSY && !is_stopping(machine)) {
            skip_time(machine, most);
        }
        if (is_due) {
            el4_io_poll(machine->io, 0);
        }
    }
}

enum el4_exit el4_machine_run(struct el4_machine *machine, GError **error)
{
    g_assert(!machine->look_only);
    do {
        atomic_store(&machine->stop_event, STOP_NONE);
        if (atomic_load(&machine->exit_status) >= 0) {
            break; /* stopped before it began */
        }
        if (!el4_machine_reset(machine, error)) {
            return EL4_EXIT_CONFIG;
        }
        if (machine->virtual_clock) {
            run_turns(machine);
        } else if (!run_threads(machine, error)) {
            return EL4_EXIT_INTERNAL;
        }
    } while (atomic_load(&machine->stop_event) == STOP_RESET);
    el4_io_flush(machine->io);
    el4_machine_report(machine);
    return (enum el4_exit)atomic_load(&machine->exit_status);
}
