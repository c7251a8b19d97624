/* SPDX-License-Identifier: MIT */
/*
 * The platform in A32, on the runtime of tests/policies. A Cortex-A9 has the timers of its
 * multiprocessor, all others the architected one.
 */
#include "platform.h"

#include "guest-a32.h"
#include "platform-isa.h"

#define TIMER_INTID    30
#define A9_TIMER_INTID 29
#define A9_PERIPHBASE  0xfff10000u /* of highbank */
#define CPSR_MASKED    0x1c0u      /* A, I, F */
#define CPSR_J_T       0x01000020u

const uintptr_t misaligned_bits = 2; /* bit 0 is for T32 */
const uintptr_t entry_address = (uintptr_t)secondary_entry;

static bool hvc;
static uint32_t boot_mode;

uint32_t isa_affinity(void)
{
    uint32_t mpidr;
    __asm__ volatile("mrc p15, 0, %0, c0, c0, 5" : "=r"(mpidr));
    return mpidr & 0xffffff;
}

void isa_by_hvc(bool by_hvc)
{
    hvc = by_hvc;
}

/* Several CPUs call at once, so this is not guest-a32.h's call(), which notes exceptions. */
uintptr_t firmware(uint32_t id, uintptr_t a, uintptr_t b, uintptr_t c)
{
    register uint32_t r0 __asm__("r0") = id;
    register uint32_t r1 __asm__("r1") = a;
    register uint32_t r2 __asm__("r2") = b;
    register uint32_t r3 __asm__("r3") = c;
    if (hvc) {
        __asm__ volatile(".arch_extension virt\n\thvc #0"
                         : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)::"memory");
    } else {
        __asm__ volatile(".arch_extension sec\n\tsmc #0"
                         : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)::"memory");
    }
    return r0;
}

static uint32_t sctlr(void)
{
    uint32_t value;
    if (boot_mode == MODE_HYP) {
        __asm__ volatile("mrc p15, 4, %0, c1, c0, 0" : "=r"(value));
    } else {
        __asm__ volatile("mrc p15, 0, %0, c1, c0, 0" : "=r"(value));
    }
    return value;
}

/* DEN0022 6.4: Hyp or Supervisor mode, ARM state, everything masked, MMU and caches off. */
void guest_secondary(uint32_t context, uint32_t cpsr)
{
    entered(context, (cpsr & 0x1f) == boot_mode && (cpsr & CPSR_MASKED) == CPSR_MASKED &&
                         !(cpsr & CPSR_J_T) && !(sctlr() & 5));
}

void guest_main(void)
{
    boot_mode = current_mode();
    platform_start();
    probe_main();
}

/* ---- what wakes ---- */

static bool is_a9(void)
{
    return is_same(word(WORD_BOARD), "highbank");
}

static volatile uint32_t *a9(uint32_t offset)
{
    return (volatile uint32_t *)(A9_PERIPHBASE + offset);
}

uint64_t ticks(void)
{
    uint32_t low, high, again;
    if (!is_a9()) {
        __asm__ volatile("isb\n\tmrrc p15, 0, %0, %1, c14" : "=r"(low), "=r"(high));
        return (uint64_t)high << 32 | low;
    }
    do {
        high = *a9(0x204);
        low = *a9(0x200);
        again = *a9(0x204);
    } while (high != again);
    return (uint64_t)high << 32 | low;
}

unsigned isa_timer_start(void)
{
    wake_done();
    if (is_a9()) {
        *a9(0x208) = 1; /* the global timer counts */
        return A9_TIMER_INTID;
    }
    return TIMER_INTID;
}

void wake_in(uint32_t ticks_from_now)
{
    if (is_a9()) {
        *a9(0x600) = ticks_from_now;
        *a9(0x608) = 1 | 4; /* on, with its interrupt */
        return;
    }
    uint64_t end = ticks() + ticks_from_now;
    __asm__ volatile("mcrr p15, 2, %0, %1, c14\n\t" /* CNTP_CVAL */
                     "mcr p15, 0, %2, c14, c2, 1\n\tisb" ::"r"((uint32_t)end),
                     "r"((uint32_t)(end >> 32)), "r"(1));
}

void wake_done(void)
{
    if (is_a9()) {
        *a9(0x608) = 0;
        *a9(0x60c) = 1; /* the event is over */
        return;
    }
    __asm__ volatile("mcr p15, 0, %0, c14, c2, 1\n\tisb" ::"r"(2));
}

/* No 32-bit board has a GICv3. */
void isa_gicv3_start(unsigned interrupt)
{
    give_up("no GICv3 here");
}

void isa_gicv3_send_sgi(unsigned cpu, unsigned intid)
{
    give_up("no GICv3 here");
}

unsigned isa_gicv3_acknowledge(void)
{
    give_up("no GICv3 here");
}
