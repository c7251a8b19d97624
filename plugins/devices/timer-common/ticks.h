/* SPDX-License-Identifier: MIT */
/*
 * Ticks of a clock within machine time, and a counter that such a clock counts down: what the
 * timers of several devices have in common. Nothing runs between accesses; values and events
 * are worked out from the time that has passed. An access reads the time once and gives it to
 * all of these: a zero between two readings would be lost, or count twice.
 */
#ifndef TIMER_TICKS_H
#define TIMER_TICKS_H

#include <el4/host.h>

#define TICKS_NS_PER_S 1000000000u
#define TICKS_NEVER    UINT64_MAX

/* A clock of hz / divider; neither is 0. */
struct tick_rate {
    uint64_t hz;
    uint32_t divider;
};

static inline uint64_t ticks_of_ns(struct tick_rate rate, uint64_t ns)
{
    unsigned __int128 ticks = (unsigned __int128)ns * rate.hz;
    return (uint64_t)(ticks / ((uint64_t)TICKS_NS_PER_S * rate.divider));
}

/* The first moment at which so many ticks have passed. */
static inline uint64_t ns_of_ticks(struct tick_rate rate, uint64_t ticks)
{
    unsigned __int128 scaled =
        (unsigned __int128)ticks * ((uint64_t)TICKS_NS_PER_S * rate.divider);
    unsigned __int128 ns = (scaled + rate.hz - 1) / rate.hz;
    return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

/* Set the host's timer, or cancel it for TICKS_NEVER. */
static inline void ticks_wake_at(const struct el4_host *host, struct el4_instance *self,
                                 struct el4_timer *timer, uint64_t at_ns)
{
    if (at_ns != TICKS_NEVER) {
        host->timer_set(self, timer, at_ns);
    } else {
        host->timer_cancel(self, timer);
    }
}

struct down_counter {
    struct tick_rate rate;
    bool running;
    bool one_shot;     /* stays at zero */
    bool skips_zero;   /* periodic: zero is replaced by `reload` at once, not a tick later */
    uint32_t reload;   /* what follows zero */
    uint32_t start;    /* value at start_ns, or while it stands still */
    uint64_t start_ns; /* when it began to run from `start` */
    uint64_t taken;    /* zeros since then that were taken note of */
};

/* Ticks from one zero to the next. */
static inline uint64_t down_counter_period(const struct down_counter *counter)
{
    uint64_t period = (uint64_t)counter->reload + !counter->skips_zero;
    return period ? period : 1;
}

static inline uint64_t down_counter_ticks(const struct down_counter *counter, uint64_t now_ns)
{
    return counter->running ? ticks_of_ns(counter->rate, now_ns - counter->start_ns) : 0;
}

static inline uint32_t down_counter_value(const struct down_counter *counter, uint64_t now_ns)
{
    uint64_t ticks = down_counter_ticks(counter, now_ns);
    if (!counter->running || ticks < counter->start) {
        return counter->start - (uint32_t)ticks;
    }
    if (counter->one_shot) {
        return 0;
    }
    uint64_t phase = (ticks - counter->start) % down_counter_period(counter);
    if (counter->skips_zero) {
        return counter->reload - (uint32_t)phase;
    }
    return phase ? (uint32_t)(counter->reload + (uint64_t)1 - phase) : 0;
}

static inline uint64_t down_counter_zeros(const struct down_counter *counter, uint64_t now_ns)
{
    uint64_t ticks = down_counter_ticks(counter, now_ns);
    if (!counter->running || ticks < counter->start) {
        return 0;
    }
    return counter->one_shot ? 1 : 1 + (ticks - counter->start) / down_counter_period(counter);
}

/* How often it came to zero since this was asked last. */
static inline uint64_t down_counter_take_zeros(struct down_counter *counter, uint64_t now_ns)
{
    uint64_t zeros = down_counter_zeros(counter, now_ns);
    uint64_t fresh = zeros > counter->taken ? zeros - counter->taken : 0;
    counter->taken += fresh;
    return fresh;
}

/* When it comes to zero next, after those that were taken; TICKS_NEVER if it won't. */
static inline uint64_t down_counter_next_zero_ns(const struct down_counter *counter)
{
    if (!counter->running || (counter->one_shot && counter->taken)) {
        return TICKS_NEVER;
    }
    uint64_t ticks = counter->start + counter->taken * down_counter_period(counter);
    uint64_t after = ns_of_ticks(counter->rate, ticks);
    return after > UINT64_MAX - counter->start_ns ? TICKS_NEVER : counter->start_ns + after;
}

/* Begin anew from a value. */
static inline void down_counter_set(struct down_counter *counter, uint32_t value,
                                    uint64_t now_ns)
{
    counter->start = value;
    counter->start_ns = now_ns;
    counter->taken = 0;
}

/*
 * To be called before the rate, the mode or `reload` change, and before it starts or stops,
 * when zeros have been taken. A zero that was taken must not count again, so its tick is cut
 * short.
 */
static inline void down_counter_hold(struct down_counter *counter, uint64_t now_ns)
{
    uint32_t value = down_counter_value(counter, now_ns);
    bool was_taken = counter->taken && value == 0;
    bool stays = counter->one_shot && was_taken;
    down_counter_set(counter, was_taken && !stays ? counter->reload : value, now_ns);
    counter->running = counter->running && !stays;
}

#endif
