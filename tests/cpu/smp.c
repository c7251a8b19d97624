/* SPDX-License-Identifier: MIT */
/*
 * Memory between CPUs: atomics and exclusives under contention (sums must be exact), the
 * forbidden outcomes of litmus tests (DDI 0487 B2.3), exclusive monitors (B2.12), SEV and WFE.
 */
#include "common/cpu.h"

#define ADDS  20000u
#define TESTS 20000u

struct line {
    volatile uint64_t value;
    uint64_t padding[7];
};

static struct line shared[16];
static struct line left[1024], right[1024];
static volatile uint64_t seen_left[1024], seen_right[1024];
static volatile uint64_t gate;
static unsigned cpus;
static __uint128_t pair __attribute__((aligned(16)));

static void on_all(uint64_t (*function)(uint64_t))
{
    for (unsigned i = 1; i < cpus; i++) {
        start_on(i, function, i);
    }
    function(0);
    for (unsigned i = 1; i < cpus; i++) {
        result_of(i);
    }
}

static void add_exclusive(volatile uint64_t *at)
{
    uint64_t value;
    uint32_t failed;
    __asm__ volatile("1: ldxr %0, [%2]\n add %0, %0, #1\n stxr %w1, %0, [%2]\n cbnz %w1, 1b"
                     : "=&r"(value), "=&r"(failed)
                     : "r"(at)
                     : "memory");
}

static void add_exclusive_pair(__uint128_t *at)
{
    uint64_t low, high;
    uint32_t failed;
    __asm__ volatile("1: ldxp %0, %1, [%3]\n add %0, %0, #1\n add %1, %1, #2\n"
                     "stxp %w2, %0, %1, [%3]\n cbnz %w2, 1b"
                     : "=&r"(low), "=&r"(high), "=&r"(failed)
                     : "r"(at)
                     : "memory");
}

static void add_by_cas(volatile uint64_t *at)
{
    uint64_t old = *at, seen;
    for (;;) {
        seen = old;
        __asm__ volatile("casal %0, %1, [%2]" : "+r"(seen) : "r"(old + 1), "r"(at) : "memory");
        if (seen == old) {
            return;
        }
        old = seen;
    }
}

static void locked_add(volatile uint64_t *lock, volatile uint64_t *at)
{
    uint64_t old;
    do {
        __asm__ volatile("swpa %1, %0, [%2]" : "=r"(old) : "r"(1ull), "r"(lock) : "memory");
    } while (old);
    *at = *at + 1;
    __asm__ volatile("stlr xzr, [%0]" ::"r"(lock) : "memory");
}

static uint64_t contend(uint64_t cpu)
{
    for (unsigned i = 0; i < ADDS; i++) {
        __asm__ volatile("stadd %0, [%1]" ::"r"(1ull), "r"(&shared[0]) : "memory");
        __asm__ volatile("staddb %w0, [%1]" ::"r"(1), "r"(&shared[1]) : "memory");
        __asm__ volatile("steor %0, [%1]" ::"r"(1ull << cpu), "r"(&shared[2]) : "memory");
        add_exclusive(&shared[3].value);
        add_by_cas(&shared[4].value);
        locked_add(&shared[5].value, &shared[6].value);
        add_exclusive_pair(&pair);
        uint64_t mine = (uint64_t)i << 8 | cpu;
        __asm__ volatile("stumax %0, [%1]" ::"r"(mine), "r"(&shared[7]) : "memory");
    }
    return 0;
}

static void check_contention(void)
{
    uint64_t total = (uint64_t)ADDS * cpus;
    on_all(contend);
    check("STADD", shared[0].value, total);
    check("STADDB", shared[1].value, total & 0xff);
    check("STEOR", shared[2].value, 0);
    check("LDXR and STXR", shared[3].value, total);
    check("CASAL", shared[4].value, total);
    check("SWPA lock, STLR unlock", shared[6].value, total);
    check("STUMAX", shared[7].value, (uint64_t)(ADDS - 1) << 8 | (cpus - 1));
    check("LDXP and STXP, low half", (uint64_t)pair, total);
    check("LDXP and STXP, high half", (uint64_t)(pair >> 64), 2 * total);
}

/* ---- litmus tests: CPU 0 does the left column, CPU 1 the right one ---- */

static void meet(uint64_t count)
{
    __atomic_fetch_add(&gate, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&gate, __ATOMIC_SEQ_CST) < count) {
    }
}

#define STORE(at)   __asm__ volatile("str %0, [%1]" ::"r"(1ull), "r"(at) : "memory")
#define STLR(at)    __asm__ volatile("stlr %0, [%1]" ::"r"(1ull), "r"(at) : "memory")
#define LOAD(v, at) __asm__ volatile("ldr %0, [%1]" : "=r"(v) : "r"(at) : "memory")
#define LDAR(v, at) __asm__ volatile("ldar %0, [%1]" : "=r"(v) : "r"(at) : "memory")

enum litmus { MP_RELEASE, MP_DMB, SB_DMB, SB_RELEASE, LB_DMB, LB_DATA, LITMUS_COUNT };

static uint64_t left_column(enum litmus test, unsigned i)
{
    uint64_t seen = 0;
    volatile uint64_t *x = &left[i].value, *y = &right[i].value;
    switch (test) {
    case MP_RELEASE:
        STORE(x);
        STLR(y);
        break;
    case MP_DMB:
        STORE(x);
        __asm__ volatile("dmb ishst" ::: "memory");
        STORE(y);
        break;
    case SB_DMB:
        STORE(x);
        dmb();
        LOAD(seen, y);
        break;
    case SB_RELEASE:
        STLR(x);
        LDAR(seen, y);
        break;
    case LB_DMB:
        LOAD(seen, y);
        dmb();
        STORE(x);
        break;
    default: /* LB_DATA: the store's value depends on the load */
        LOAD(seen, y);
        __asm__ volatile("eor x9, %0, %0\n add x9, x9, #1\n str x9, [%1]" ::"r"(seen), "r"(x)
                         : "x9", "memory");
        break;
    }
    return seen;
}

static uint64_t right_column(enum litmus test, unsigned i, uint64_t *second)
{
    uint64_t seen = 0;
    volatile uint64_t *x = &left[i].value, *y = &right[i].value;
    *second = 0;
    switch (test) {
    case MP_RELEASE:
        LDAR(seen, y);
        LOAD(*second, x);
        break;
    case MP_DMB:
        LOAD(seen, y);
        __asm__ volatile("dmb ishld" ::: "memory");
        LOAD(*second, x);
        break;
    case SB_DMB:
        STORE(y);
        dmb();
        LOAD(seen, x);
        break;
    case SB_RELEASE:
        STLR(y);
        LDAR(seen, x);
        break;
    case LB_DMB:
        LOAD(seen, x);
        dmb();
        STORE(y);
        break;
    default:
        LOAD(seen, x);
        __asm__ volatile("eor x9, %0, %0\n add x9, x9, #1\n str x9, [%1]" ::"r"(seen), "r"(y)
                         : "x9", "memory");
        break;
    }
    return seen;
}

static bool forbidden(enum litmus test, uint64_t a, uint64_t b, uint64_t second)
{
    switch (test) {
    case MP_RELEASE:
    case MP_DMB: return b == 1 && second == 0;
    case SB_DMB:
    case SB_RELEASE: return a == 0 && b == 0;
    default: return a == 1 && b == 1;
    }
}

static volatile uint64_t seen_second[1024];

static uint64_t right_side(uint64_t test)
{
    for (unsigned round = 0; round < TESTS / 1024; round++) {
        meet(4 * round + 2);
        for (unsigned i = 0; i < 1024; i++) {
            uint64_t second;
            seen_right[i] = right_column((enum litmus)test, i, &second);
            seen_second[i] = second;
        }
        meet(4 * round + 4);
    }
    return 0;
}

static uint64_t litmus(enum litmus test)
{
    uint64_t bad = 0;
    gate = 0;
    start_on(1, right_side, test);
    for (unsigned round = 0; round < TESTS / 1024; round++) {
        for (unsigned i = 0; i < 1024; i++) {
            left[i].value = right[i].value = 0;
        }
        meet(4 * round + 2);
        for (unsigned i = 0; i < 1024; i++) {
            seen_left[i] = left_column(test, i);
        }
        meet(4 * round + 4);
        for (unsigned i = 0; i < 1024; i++) {
            bad += forbidden(test, seen_left[i], seen_right[i], seen_second[i]);
        }
    }
    result_of(1);
    return bad;
}

static void check_litmus(void)
{
    static const char *const names[LITMUS_COUNT] = {
        [MP_RELEASE] = "message passing, STLR and LDAR",
        [MP_DMB] = "message passing, DMB",
        [SB_DMB] = "store buffering, DMB",
        [SB_RELEASE] = "store buffering, STLR and LDAR",
        [LB_DMB] = "load buffering, DMB",
        [LB_DATA] = "load buffering, data dependency",
    };
    for (unsigned test = 0; test < LITMUS_COUNT; test++) {
        check(names[test], litmus((enum litmus)test), 0);
    }
}

/* ---- exclusive monitors ---- */

#define LDXR(v, at) __asm__ volatile("ldxr %0, [%1]" : "=r"(v) : "r"(at) : "memory")
#define STXR(at)                                                                               \
    ({                                                                                         \
        uint32_t stxr_failed;                                                                  \
        __asm__ volatile("stxr %w0, %1, [%2]"                                                  \
                         : "=&r"(stxr_failed)                                                  \
                         : "r"(77ull), "r"(at)                                                 \
                         : "memory");                                                          \
        stxr_failed;                                                                           \
    })

static uint64_t store_to(uint64_t at)
{
    *(volatile uint64_t *)at = 5;
    return 0;
}

static void check_monitors(void)
{
    volatile uint64_t *at = &shared[8].value;
    uint64_t value;
    LDXR(value, at);
    check("STXR after LDXR", STXR(at), 0);
    check("STXR once more", STXR(at), 1);
    LDXR(value, at);
    __asm__ volatile("clrex");
    check("STXR after CLREX", STXR(at), 1);
    LDXR(value, at);
    /* B2.12.2: an exception return clears the local monitor; the handler ends with ERET. */
    write_reg(scr_el3, read_reg(scr_el3));
    LDXR(value, at);
    __asm__ volatile("smc #1" ::: "memory");
    check("STXR after an exception return", STXR(at), 1);
    LDXR(value, at);
    start_on(1, store_to, (uint64_t)at);
    result_of(1);
    check("STXR after another CPU's store", STXR(at), 1);
    check("... whose value stays", *at, 5);
    (void)value;
}

/* ---- events ---- */

static uint64_t wait_for_event(uint64_t unused)
{
    __asm__ volatile("sevl\n\twfe"); /* now the register is clear */
    __atomic_store_n(&gate, 1, __ATOMIC_RELEASE);
    while (__atomic_load_n(&gate, __ATOMIC_ACQUIRE) != 2) {
        __asm__ volatile("wfe");
    }
    return 1;
}

static void check_events(void)
{
    gate = 0;
    start_on(1, wait_for_event, 0);
    wait_for(&gate, 1);
    delay_us(2000);
    __atomic_store_n(&gate, 2, __ATOMIC_RELEASE);
    __asm__ volatile("dsb sy\n\tsev");
    check("WFE ended by SEV", result_of(1), 1);
    __asm__ volatile("sevl\n\twfe\n\tsev\n\twfe" ::: "memory");
    check("WFE with the event register set", 1, 1);
}

void test_main(void)
{
    cpus = gic_count_cpus();
    if (cpus < 2) {
        give_up("needs two CPUs");
    }
    mmu_on(3);
    check_contention();
    check_litmus();
    check_monitors();
    check_events();
}
