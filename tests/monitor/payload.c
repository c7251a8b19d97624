/* SPDX-License-Identifier: MIT */
/*
 * What runs in Secure state below the monitor: it keeps the Secure timer ticking, and answers
 * what the monitor hands to it. A FIQ that comes while it runs is its own; one that comes while
 * the normal world runs is brought by the monitor.
 */
#include "monitor.h"

#define TRNG_RND 0x84000053u
#define TOS_ADD  0xb2000001u
#define TOS_WAIT 0xb2000002u
#define SMC64    0x40000000u

static uint32_t timer_period(void)
{
    return arch_frequency() / SECURE_TIMER_HZ;
}

void payload_fiq(bool own)
{
    struct cpu *cpu = &cpus[this_cpu()];
    unsigned intid = arch_fiq_acknowledge();
    if (intid != SECURE_TIMER_INTID) {
        cpu->other_fiqs++;
        return;
    }
    arch_secure_timer(timer_period());
    arch_fiq_end(intid);
    if (own) {
        cpu->timer_fiqs_own++;
    } else {
        cpu->timer_fiqs_normal++;
    }
}

/* A sequence that only a test may take for random: xorshift, stirred by the counter. */
static uint32_t next_word(void)
{
    static volatile uint32_t state[CPUS_MAX];
    uint32_t x = state[this_cpu()] ^ arch_counter();
    x = x ? x : 0x9e3779b9;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    state[this_cpu()] = x;
    return x;
}

/* TRNG_RND (DEN0098): bits 31:0 in r3, then r2 and r1. x[] is r0 to r3 of the answer. */
static void random(uint32_t id, uintptr_t bits, uintptr_t *x)
{
    unsigned width = id & SMC64 ? 64 : 32;
    if (bits == 0 || bits > 3 * width) {
        x[0] = (uintptr_t)-2;
        return;
    }
    for (unsigned i = 0; i < 3; i++) {
        unsigned have = bits > i * width ? (unsigned)bits - i * width : 0;
        uint64_t value = next_word();
        value |= width == 64 ? (uint64_t)next_word() << 32 : 0;
        if (have < width) {
            value &= have ? (UINT64_C(1) << have) - 1 : 0;
        }
        x[3 - i] = (uintptr_t)value;
    }
    x[0] = 0;
}

static uintptr_t wait_for_own_fiq(void)
{
    const struct cpu *cpu = &cpus[this_cpu()];
    uint32_t before = cpu->timer_fiqs_own, start = arch_counter();
    while (cpu->timer_fiqs_own == before && arch_counter() - start < arch_frequency()) {
    }
    return cpu->timer_fiqs_own != before;
}

static void answer(uint32_t id, uintptr_t *x)
{
    switch (id) {
    case TOS_ADD: x[0] = x[1] + x[2]; break;
    case TOS_WAIT: x[0] = wait_for_own_fiq(); break;
    case TRNG_RND:
    case TRNG_RND | SMC64: random(id, x[1], x); break;
    default: x[0] = (uintptr_t)-1;
    }
}

void payload_main(struct cpu *cpu)
{
    (void)cpu;
    uintptr_t x[4] = {0};
    arch_secure_timer(timer_period());
    for (;;) {
        uintptr_t y[4] = {x[0], x[1], x[2], x[3]};
        enum reason reason = (enum reason)payload_smc(PAYLOAD_DONE, y);
        if (reason == REASON_FIQ) {
            payload_fiq(false);
            continue;
        }
        /* y: the normal world's r1, r2 and its id. */
        x[0] = 0;
        x[1] = y[0];
        x[2] = y[1];
        x[3] = 0;
        arch_fiqs(true);
        answer((uint32_t)y[2], x);
        arch_fiqs(false);
    }
}
