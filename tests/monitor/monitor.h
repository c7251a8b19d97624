/* SPDX-License-Identifier: MIT */
/*
 * A small secure monitor at EL3 (Monitor mode in AArch32), for one test: a Linux above it makes
 * all of its calls to it, and el4 eats none. monitor.c is the monitor, payload.c what it runs
 * in Secure state, fdt.c tells Linux about it; arch-a64.c with start-a64.S, and arch-a32.c with
 * start-a32.S, know the two execution states. There is no cache maintenance: MMUs are off here.
 */
#ifndef MONITOR_H
#define MONITOR_H

#include "baremetal.h"

#ifdef __aarch64__
#include "arch-a64.h"
#else
#include "arch-a32.h"
#endif
#include "platform.h"

#define CPUS_MAX 4

enum world { SECURE, NORMAL, WORLDS };

/* Why the payload goes on after its SMC, in r0; arguments or nothing in r1 to r3. */
enum reason { REASON_CALL = 1, REASON_FIQ };

/* The payload's own calls of the monitor. */
#define PAYLOAD_DONE 0xb2000000u /* r1 to r4: what the normal world gets in r0 to r3 */

enum power { POWER_OFF, POWER_ON_PENDING, POWER_ON };

struct cpu {
    struct frame saved[WORLDS];   /* registers of a world that does not run */
    struct banked banked[WORLDS]; /* and the system registers it shares with the other */
    enum world world;
    enum reason reason; /* what the payload was given to do */
    bool payload_ready; /* its first PAYLOAD_DONE was seen since power-on */
    volatile enum power power;
    volatile uintptr_t entry, context; /* for CPU_ON */
    uint32_t smcs_normal, smcs_secure, fiqs, calls_to_payload;
    /* Of the payload: timer FIQs that came while the normal world ran, and while it ran. */
    volatile uint32_t timer_fiqs_normal, timer_fiqs_own, other_fiqs, entered;
};

extern struct cpu cpus[CPUS_MAX];

/* monitor.c, called by the start code. `fdt` is of CPU 0. */
void monitor_start(struct frame *frame, unsigned cpu, uintptr_t fdt);
void monitor_smc(struct frame *frame);
void monitor_fiq(struct frame *frame);
void monitor_panic(const char *what, uintptr_t pc, uintptr_t syndrome)
    __attribute__((noreturn));

/* payload.c: runs at S-EL1 or in Secure Supervisor mode, on every CPU. */
void payload_main(struct cpu *cpu) __attribute__((noreturn));
void payload_fiq(bool own);

/* fdt.c: writes a device tree with PSCI in it; false if there is no making sense of `from`. */
bool fdt_add_psci(const void *from, void *to, size_t bytes_max);

/* arch-*.c and start-*.S */
unsigned this_cpu(void);
void arch_init_cpu(void); /* of EL3, at each power-on */
void arch_normal_frame(struct frame *frame, struct banked *banked, uintptr_t pc,
                       uintptr_t argument, uintptr_t fdt);
void arch_secure_frame(struct frame *frame, struct banked *banked, void (*pc)(struct cpu *),
                       uintptr_t stack, struct cpu *argument);
void arch_save_banked(struct banked *banked);
void arch_restore_banked(const struct banked *banked, enum world world);
void arch_gic_cpu(void); /* CPU interface and private interrupts */
void arch_gic_distributor(void);
void arch_gic_cpu_off(void);
unsigned arch_fiq_acknowledge(void);
void arch_fiq_end(unsigned intid);
void arch_secure_timer(uint32_t ticks); /* 0: off */
void arch_wait(void);                   /* for arch_wake() of another CPU */
void arch_wake(void);
void arch_fiqs(bool enabled); /* of the payload */
bool arch_is_smc64_caller(const struct frame *frame);
uintptr_t payload_smc(uintptr_t id, uintptr_t *x); /* x[4]: r1 to r4 in, r1 to r3 out */
uint32_t arch_counter(void);
uint32_t arch_frequency(void);
extern const char shim_start[], shim_end[];

static inline uint32_t mmio_read(uintptr_t address)
{
    return *(volatile uint32_t *)address;
}

static inline void mmio_write(uintptr_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

#endif
